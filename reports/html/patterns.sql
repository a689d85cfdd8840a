-- title: Pattern map
-- about: Namespaces and patterns by the bytes they take.
-- reports: patterns
-- empty: The snapshot has no keys.
-- param: delimiter = :

-- An icicle: each level's boxes lie below their parent's.  The rows come as the tree is drawn and every level adds up to the one
-- above, so a box begins where the leaves before it end.  The chart has room for 8 levels, and the script cuts what is not needed.
-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- section: box |
WITH tree AS MATERIALIZED (
  SELECT row_number() OVER () AS n, name, node, kind, depth + 1 AS depth, keys, size_bytes, size_bytes_without_ttl
    FROM pattern_tree(:delimiter, '', 6, 120)),
leaves AS (
  SELECT *, CASE WHEN coalesce(lead(depth) OVER (ORDER BY n), 0) <= depth THEN size_bytes ELSE 0 END AS leaf_bytes FROM tree),
placed AS (
  SELECT n, name, node, kind, depth, keys, size_bytes, size_bytes_without_ttl,
         coalesce(sum(leaf_bytes) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_bytes FROM leaves
  UNION ALL
  SELECT 0, 'all keys', '', 'all', 0, keys, size_bytes, size_bytes_without_ttl, 0 FROM report_totals),
boxes AS (
  SELECT p.*, pct(p.size_bytes, t.size_bytes) AS share_pct, pct(p.size_bytes_without_ttl, p.size_bytes) AS never_pct,
         round(1000.0 * before_bytes / t.size_bytes, 3) AS x, round(1000.0 * p.size_bytes / t.size_bytes, 3) AS width,
         CASE WHEN kind IN ('all', 'more', 'database') OR node IS NULL OR node = '' THEN name ELSE node END AS whole_text
    FROM placed p, report_totals t WHERE t.size_bytes > 0 AND p.size_bytes > 0)
SELECT n, depth, x, width, 22 * depth AS y, 22 * depth + 15 AS text_y, x + 4 AS text_x,
       CASE WHEN length(whole_text) > 120 THEN substr(whole_text, 1, 120) || '...' ELSE whole_text END AS whole_text,
       substr(name, 1, 60) AS label_text,
       CASE WHEN width < 27 THEN '' WHEN length(name) <= CAST((width - 6) / 7 AS INTEGER) THEN name
            ELSE substr(name, 1, CAST((width - 6) / 7 AS INTEGER) - 2) || '..' END AS name_text,
       size_bytes, keys, share_pct, never_pct,
       CASE WHEN kind = 'more' THEN 'rest' WHEN never_pct < 33 THEN 'i0' WHEN never_pct < 67 THEN 'i1' ELSE 'i2' END AS look
  FROM boxes ORDER BY n;
