-- title: Memory, once loaded and when saved
-- about: What a server takes with the file loaded, beside what the saving server took.
-- reports: memory
-- empty: Not known: the file was not read to its end, or values are damaged.

-- section: any |
SELECT 1 AS is_any FROM report_server WHERE predicted_bytes > 0;

-- section: bars |
WITH v AS (SELECT *, max(predicted_bytes, coalesce(used_memory, 0)) AS full_bytes FROM report_server WHERE predicted_bytes IS NOT NULL),
parts(bar, n, bar_text, part_text, part_bytes) AS (
  SELECT 1, 1, 'Once loaded', 'keys', keys_bytes - coalesce(expired_bytes, 0) FROM v
  UNION ALL SELECT 1, 2, 'Once loaded', 'hash tables of the databases', tables_bytes FROM v
  UNION ALL SELECT 1, 3, 'Once loaded', 'the empty server, functions, scripts', startup_bytes + functions_bytes FROM v
  UNION ALL SELECT 1, 4, 'Once loaded', 'keys past their time', expired_bytes FROM v
  UNION ALL SELECT 2, 5, 'When saved', 'used_memory', used_memory FROM v),
placed AS (SELECT p.*, v.full_bytes, sum(part_bytes) OVER (PARTITION BY bar ORDER BY n) AS end_bytes, sum(part_bytes) OVER (PARTITION BY bar) AS bar_bytes,
                  row_number() OVER (PARTITION BY bar ORDER BY n) = 1 AS is_first, row_number() OVER (PARTITION BY bar ORDER BY n DESC) = 1 AS is_last
             FROM parts p, v WHERE part_bytes > 0)
SELECT bar, n, bar_text, part_text, part_bytes, pct(part_bytes, bar_bytes) AS part_pct, bar_bytes, is_first, is_last,
       coalesce(pct(end_bytes - part_bytes, full_bytes), 0) AS x, coalesce(pct(part_bytes, full_bytes), 0) AS width, coalesce(pct(end_bytes, full_bytes), 0) AS end_x
  FROM placed ORDER BY bar, n;

-- section: key |
SELECT n, part_text, part_bytes, pct(part_bytes, predicted_bytes) AS part_pct FROM report_server,
       (SELECT 1 AS n, 'keys' AS part_text, keys_bytes - coalesce(expired_bytes, 0) AS part_bytes FROM report_server
         UNION ALL SELECT 2, 'hash tables of the databases', tables_bytes FROM report_server
         UNION ALL SELECT 3, 'the empty server, functions, scripts', startup_bytes + functions_bytes FROM report_server
         UNION ALL SELECT 4, 'keys past their time', expired_bytes FROM report_server)
 WHERE predicted_bytes IS NOT NULL AND part_bytes > 0 ORDER BY n;
