-- title: Databases
-- about: What each database holds.
-- reports: databases
-- empty: The snapshot has no keys.

-- section: databases |
WITH d AS (SELECT * FROM report_databases ORDER BY size_bytes DESC, db LIMIT 16)
SELECT d.db, d.keys, d.size_bytes, pct(d.size_bytes, t.size_bytes) AS share_pct, pct(d.size_bytes_without_ttl, d.size_bytes) AS never_pct,
       pct(d.size_bytes_without_ttl, t.size_bytes) AS never_width, pct(d.size_bytes - d.size_bytes_without_ttl, t.size_bytes) AS expires_width,
       pct(d.size_bytes, t.size_bytes) AS end_x
  FROM d, report_totals t WHERE t.size_bytes > 0 ORDER BY d.db;

-- section: more |
SELECT databases - 16 AS more FROM report_totals WHERE databases > 16;
