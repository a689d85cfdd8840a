-- title: Databases
-- about: What each database holds.
-- reports: databases
-- empty: The snapshot has no keys.

-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- section: databases |
WITH d AS (SELECT * FROM report_databases ORDER BY size_bytes DESC, db LIMIT 16)
SELECT d.db, human_count(d.keys) || CASE d.keys WHEN 1 THEN ' key' ELSE ' keys' END AS keys_text, d.size_bytes, pct(d.size_bytes, t.size_bytes) AS share_pct, pct(d.size_bytes_without_ttl, d.size_bytes) AS never_pct,
       coalesce(pct(d.size_bytes_without_ttl, t.size_bytes), 0) AS never_width, coalesce(pct(d.size_bytes - d.size_bytes_without_ttl, t.size_bytes), 0) AS expires_width,
       coalesce(pct(d.size_bytes, t.size_bytes), 0) AS end_x
  FROM d, report_totals t WHERE t.size_bytes > 0 ORDER BY d.db;

-- section: more |
SELECT databases - 16 AS more FROM report_totals WHERE databases > 16;
