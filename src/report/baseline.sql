-- baseline.sql: what `diff` and checks of growth read of two sets, the views report_* of the newer beside the tables
-- old_* of the earlier.  Made once: patterns of both are joined, which takes time when there are many.

-- diff_patterns: a pattern of either side, by database and type.  size_bytes is allocated bytes where both sides know
-- them, else bytes.  change: new, gone, grown, shrunk (by bytes, then keys), ttl (only how many keys expire), same.
DROP TABLE IF EXISTS temp.diff_patterns;
CREATE TEMP TABLE diff_patterns AS
WITH m AS MATERIALIZED (
  SELECT (SELECT size_measure FROM report_totals) = 'alloc_bytes' AND (SELECT size_measure FROM old_totals) = 'alloc_bytes' AS is_alloc),
both AS (
  SELECT db, pattern_text, type, role, system, 0 AS old_keys, keys, 0 AS old_size_bytes,
         coalesce(CASE WHEN m.is_alloc THEN size_bytes ELSE bytes END, 0) AS size_bytes, 0 AS old_bytes, bytes,
         0 AS old_keys_without_ttl, keys_without_ttl, 0 AS old_elements, elements,
         NULL AS old_first_expires_at, first_expires_at, NULL AS old_last_expires_at, last_expires_at
    FROM report_patterns, m
  UNION ALL
  SELECT db, pattern_text, type, role, system, keys, 0, coalesce(CASE WHEN m.is_alloc THEN size_bytes ELSE bytes END, 0),
         0, bytes, 0, keys_without_ttl, 0, elements, 0, first_expires_at, NULL, last_expires_at, NULL
    FROM old_patterns, m),
sums AS (
  SELECT db, pattern_text, type, coalesce(max(role) FILTER (WHERE keys > 0), max(role)) AS role,
         coalesce(max(system) FILTER (WHERE keys > 0), max(system)) AS system,
         sum(old_keys) AS old_keys, sum(keys) AS keys, sum(keys) - sum(old_keys) AS change_keys,
         sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes,
         sum(size_bytes) - sum(old_size_bytes) AS change_bytes, sum(old_bytes) AS old_bytes, sum(bytes) AS bytes,
         sum(old_keys_without_ttl) AS old_keys_without_ttl, sum(keys_without_ttl) AS keys_without_ttl,
         sum(keys_without_ttl) - sum(old_keys_without_ttl) AS change_without_ttl,
         sum(bytes) <> sum(old_bytes) OR sum(elements) <> sum(old_elements)
           OR min(first_expires_at) IS NOT min(old_first_expires_at)
           OR max(last_expires_at) IS NOT max(old_last_expires_at) AS is_other
    FROM both GROUP BY db, pattern_text, type),
named AS (
  SELECT *, CASE WHEN old_keys = 0 THEN 'new' WHEN keys = 0 THEN 'gone'
                 WHEN change_bytes > 0 OR (change_bytes = 0 AND change_keys > 0) THEN 'grown'
                 WHEN change_bytes < 0 OR change_keys < 0 THEN 'shrunk'
                 WHEN change_without_ttl <> 0 OR is_other THEN 'ttl' ELSE 'same' END AS change
    FROM sums)
SELECT *, row_number() OVER (PARTITION BY change ORDER BY abs(change_bytes) DESC, abs(change_keys) DESC, db, pattern_text, type) AS rank,
       row_number() OVER (ORDER BY abs(change_without_ttl) DESC, db, pattern_text, type) AS ttl_rank
  FROM named;

-- diff_pair: the two sides.  days is NULL where no rate can be said of them: a time is not known, there is less than an
-- hour between them, one is not complete, or they are not of the same keys.
DROP TABLE IF EXISTS temp.diff_pair;
CREATE TEMP TABLE diff_pair AS
SELECT *, saved_at - old_saved_at AS between_ms,
       CASE WHEN saved_at - old_saved_at >= 3600000 AND old_complete AND complete AND filter IS old_filter THEN (saved_at - old_saved_at) / 86400000.0 END AS days,
       CASE WHEN is_alloc THEN old_alloc ELSE old_sum END AS old_size_bytes, CASE WHEN is_alloc THEN alloc ELSE sum END AS size_bytes,
       CASE WHEN is_alloc THEN old_alloc_without_ttl ELSE old_sum_without_ttl END AS old_size_bytes_without_ttl,
       CASE WHEN is_alloc THEN alloc_without_ttl ELSE sum_without_ttl END AS size_bytes_without_ttl,
       model IS old_model AS is_same_model, filter IS old_filter AS is_same_filter,
       old_keys <> keys OR old_sum <> sum OR old_keys_without_ttl <> keys_without_ttl
         OR EXISTS (SELECT 1 FROM diff_patterns WHERE change <> 'same') AS differs
  FROM (SELECT o.complete AS old_complete, n.complete, o.snapshots AS old_snapshots, n.snapshots,
               o.keys AS old_keys, n.keys, o.bytes AS old_sum, n.bytes AS sum, o.size_bytes AS old_alloc, n.size_bytes AS alloc,
               o.keys_without_ttl AS old_keys_without_ttl, n.keys_without_ttl,
               o.bytes_without_ttl AS old_sum_without_ttl, n.bytes_without_ttl AS sum_without_ttl,
               o.size_bytes_without_ttl AS old_alloc_without_ttl, n.size_bytes_without_ttl AS alloc_without_ttl,
               o.used_memory AS old_used_memory, n.used_memory, o.patterns_merged_keys AS old_merged_keys, n.patterns_merged_keys AS merged_keys,
               o.size_measure = 'alloc_bytes' AND n.size_measure = 'alloc_bytes' AS is_alloc
          FROM old_totals o, report_totals n),
       (SELECT CASE WHEN count(created_at) = count(*) THEN max(created_at) END AS old_saved_at FROM old_snapshots),
       (SELECT CASE WHEN count(created_at) = count(*) THEN max(created_at) END AS saved_at FROM report_snapshots),
       (SELECT group_concat(text, '; ') AS old_model FROM (SELECT DISTINCT model || ', ' || allocator || coalesce(', ' || config, '') AS text FROM old_snapshots ORDER BY 1)),
       (SELECT group_concat(text, '; ') AS model FROM (SELECT DISTINCT model || ', ' || allocator || coalesce(', ' || config, '') AS text FROM report_snapshots ORDER BY 1)),
       (SELECT max(filter) AS old_filter, max(redacted) AS old_redacted, max(keys_stored = 'none') AS old_has_no_keys FROM old_snapshots),
       (SELECT max(filter) AS filter, max(redacted) AS redacted, max(keys_stored = 'none') AS has_no_keys FROM report_snapshots),
       (SELECT count(*) = (SELECT count(*) FROM old_snapshots)
               AND count(*) FILTER (WHERE identity IN (SELECT identity FROM old_snapshots)) = count(*) AS is_same_snapshot FROM report_snapshots);
