-- title: Expiry: memory that frees itself
-- about: When the keys go by themselves, and what never does.
-- reports: ttl
-- empty: The snapshot has no keys.

-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- section: buckets |
WITH b AS (SELECT bucket_order, bucket, sum(keys) AS keys, sum(size_bytes) AS size_bytes FROM report_ttl GROUP BY 1, 2),
     wanted(n, bucket, when_text, is_never, is_expired) AS (VALUES
       (1, 'expired', 'past their time, still in the file', 0, 1), (2, '<1h', 'in less than 1 h', 0, 0), (3, '<4h', '1 to 4 h', 0, 0), (4, '<12h', '4 to 12 h', 0, 0),
       (5, '<24h', '12 to 24 h', 0, 0), (6, '<7d', '1 to 7 d', 0, 0), (7, '<30d', '7 to 30 d', 0, 0), (8, '<1y', '30 d to 1 year', 0, 0), (9, 'later', 'later', 0, 0),
       (10, 'none', 'never', 1, 0))
SELECT n, when_text, is_never, is_expired, coalesce(b.keys, 0) AS keys, pct(coalesce(b.keys, 0), t.keys) AS keys_pct,
       coalesce(b.size_bytes, 0) AS size_bytes, pct(coalesce(b.size_bytes, 0), t.size_bytes) AS share_pct,
       coalesce(pct(coalesce(b.size_bytes, 0), t.size_bytes), 0) AS width
  FROM report_totals t, wanted w LEFT JOIN b ON b.bucket = w.bucket
 WHERE t.size_bytes > 0 ORDER BY n;

-- What is gone after so long, as an area: the steps of the time axis are equally far apart.
-- section: freed |
WITH steps(n, within_ms, step_text) AS (VALUES (0, 0, 'now'), (1, 3600000, '1 h'), (2, 4 * 3600000, '4 h'), (3, 12 * 3600000, '12 h'), (4, 24 * 3600000, '1 d'),
  (5, 3 * 86400000, '3 d'), (6, 7 * 86400000, '7 d'), (7, 30 * 86400000, '30 d'), (8, 90 * 86400000, '90 d'), (9, 365 * 86400000, '1 y'), (10, 3652 * 86400000, '10 y')),
last AS (SELECT max(2, coalesce(min(n), 10)) AS n FROM steps WHERE within_ms > (SELECT max(from_ms) FROM report_expiry)),
points AS (SELECT s.n, step_text, 100.0 * s.n / last.n AS x,
                  coalesce((SELECT sum(size_bytes) FROM report_expiry e WHERE e.from_ms < s.within_ms), 0) AS freed_bytes
             FROM steps s, last WHERE s.n <= last.n),
whole AS (SELECT max(freed_bytes) AS most_bytes FROM points)
SELECT 'M0 100' || group_concat(printf('L%.1f %.1f', x, 100 - 100.0 * freed_bytes / most_bytes), '') || 'L100 100Z' AS path,
       'M' || group_concat(printf('%.1f %.1f', x, 100 - 100.0 * freed_bytes / most_bytes), 'L') AS line_path,
       most_bytes, pct(most_bytes, (SELECT size_bytes FROM report_totals)) AS most_pct, (SELECT step_text FROM points ORDER BY n DESC LIMIT 1) AS last_text
  FROM (SELECT * FROM points ORDER BY n), whole WHERE most_bytes > 0 GROUP BY most_bytes;

-- section: freed_steps |
WITH steps(n, within_ms, step_text) AS (VALUES (0, 0, 'now'), (1, 3600000, '1 h'), (2, 4 * 3600000, '4 h'), (3, 12 * 3600000, '12 h'), (4, 24 * 3600000, '1 d'),
  (5, 3 * 86400000, '3 d'), (6, 7 * 86400000, '7 d'), (7, 30 * 86400000, '30 d'), (8, 90 * 86400000, '90 d'), (9, 365 * 86400000, '1 y'), (10, 3652 * 86400000, '10 y')),
last AS (SELECT max(2, coalesce(min(n), 10)) AS n FROM steps WHERE within_ms > (SELECT max(from_ms) FROM report_expiry))
SELECT step_text, coalesce((SELECT sum(size_bytes) FROM report_expiry e WHERE e.from_ms < s.within_ms), 0) AS freed_bytes, (last.n - s.n) % 2 AS is_minor
  FROM steps s, last WHERE s.n <= last.n AND (SELECT sum(size_bytes) FROM report_expiry) > 0 ORDER BY s.n;
