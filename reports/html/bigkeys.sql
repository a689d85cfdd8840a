-- title: Largest keys, and how large keys are
-- about: The top keys, and all keys by size with p50 to p99.9.
-- reports: bigkeys
-- empty: The snapshot has no keys.

-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- section: top |
WITH k AS (SELECT * FROM report_top_keys WHERE measure = 'bytes' AND scope = 'all' AND rank <= 12 ORDER BY bytes DESC, id LIMIT 12)
SELECT CASE WHEN length(key_text) > 80 THEN substr(key_text, 1, 80) || '...' ELSE key_text END AS key_text,
       type || CASE (SELECT databases FROM report_totals) WHEN 1 THEN '' ELSE ', db ' || k.db END ||
       CASE WHEN elements IS NULL OR type = 'string' THEN '' ELSE ', ' || human_count(elements) || ' elements' END ||
       CASE WHEN ttl_seconds IS NULL THEN ', never expires' WHEN ttl_seconds < 0 THEN ', past its time' ELSE ', expires in ' || human_duration(1000 * ttl_seconds) END AS what_text,
       k.bytes, pct(k.size_bytes, t.size_bytes) AS share_pct, coalesce(pct(k.bytes, max(k.bytes) OVER ()), 0) AS width, ttl_seconds IS NULL AS is_never
  FROM k, report_totals t WHERE k.bytes > 0 ORDER BY k.bytes DESC, k.id;

-- section: percentiles |
WITH ranked AS (
  SELECT sum(keys) OVER (ORDER BY low_bytes) AS up_to, sum(keys) OVER () AS of_keys, largest_bytes
    FROM (SELECT low_bytes, sum(keys) AS keys, max(largest_bytes) AS largest_bytes FROM report_sizes GROUP BY low_bytes)),
marks(n, label, per_1000) AS (VALUES (1, 'p50', 500), (2, 'p90', 900), (3, 'p99', 990), (4, 'p99.9', 999), (5, 'largest', 1000))
SELECT n, label, (SELECT min(largest_bytes) FROM ranked WHERE up_to * 1000 >= of_keys * per_1000) AS at_bytes,
       CASE n WHEN 5 THEN 'of all keys' ELSE printf('%g %% of the keys are at most as large', per_1000 / 10.0) END AS what_text
  FROM marks WHERE EXISTS (SELECT 1 FROM ranked) ORDER BY n;

-- section: sizes |
WITH RECURSIVE powers(p) AS (
  SELECT 16 UNION ALL SELECT p * 2 FROM powers WHERE p < (SELECT max(low_bytes) FROM report_sizes) / 2 + 1),
sums AS (
  SELECT coalesce(p, 0) AS from_bytes, sum(keys) AS keys, sum(size_bytes) AS size_bytes
    FROM report_sizes LEFT JOIN powers ON low_bytes >= p AND low_bytes < 2 * p GROUP BY 1),
filled AS (
  SELECT p AS from_bytes, coalesce(keys, 0) AS keys, coalesce(size_bytes, 0) AS size_bytes
    FROM (SELECT 0 AS p UNION ALL SELECT p FROM powers) LEFT JOIN sums ON from_bytes = p
   WHERE p BETWEEN (SELECT min(from_bytes) FROM sums) AND (SELECT max(from_bytes) FROM sums)),
ranked AS (
  SELECT sum(keys) OVER (ORDER BY low_bytes) AS up_to, sum(keys) OVER () AS of_keys, largest_bytes
    FROM (SELECT low_bytes, sum(keys) AS keys, max(largest_bytes) AS largest_bytes FROM report_sizes GROUP BY low_bytes)),
marks(n, label, at_bytes) AS (
  SELECT n, label, (SELECT min(largest_bytes) FROM ranked WHERE up_to * 1000 >= of_keys * per_1000)
    FROM (SELECT 1 AS n, 'p50' AS label, 500 AS per_1000 UNION ALL SELECT 2, 'p90', 900 UNION ALL SELECT 3, 'p99', 990 UNION ALL SELECT 4, 'p99.9', 999))
SELECT CASE from_bytes WHEN 0 THEN 'below 16 B' ELSE human_bytes(from_bytes) || ' and more' END AS from_text,
       keys, pct(keys, t.of_keys) AS keys_pct, size_bytes, pct(size_bytes, t.of_bytes) AS share_pct,
       coalesce(pct(keys, t.of_keys), 0) AS keys_width, coalesce(pct(size_bytes, t.of_bytes), 0) AS size_width,
       (SELECT group_concat(label, ', ') FROM (SELECT label FROM marks WHERE at_bytes >= from_bytes AND (at_bytes < 2 * from_bytes OR (from_bytes = 0 AND at_bytes < 16)) ORDER BY n)) AS mark_text
  FROM filled, (SELECT sum(keys) AS of_keys, sum(size_bytes) AS of_bytes FROM filled) t ORDER BY from_bytes;
