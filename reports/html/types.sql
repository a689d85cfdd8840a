-- title: Types and encodings
-- about: Bytes by type, and how the server keeps them once loaded.
-- reports: types encodings
-- empty: The snapshot has no keys.

-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- A row is a piece of its type's bar; the fourth encoding and those after it are one piece.
-- section: pieces |
WITH e AS (
  SELECT x.type, coalesce(x.encoding, 'not known') AS encoding, sum(x.keys) AS keys,
         iif(s.has_alloc_bytes, coalesce(sum(x.alloc_bytes), 0), sum(x.bytes)) AS size_bytes
    FROM encodings x, report_set s WHERE x.snapshot_id IN (SELECT id FROM report_ids) GROUP BY 1, 2),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY type ORDER BY size_bytes DESC, encoding) AS r FROM e),
pieces AS (
  SELECT type, min(r, 4) AS n, CASE WHEN r < 4 THEN encoding ELSE 'others' END AS encoding, sum(keys) AS keys, sum(size_bytes) AS size_bytes
    FROM ranked GROUP BY type, min(r, 4)),
placed AS (
  SELECT p.*, sum(size_bytes) OVER w AS end_bytes, sum(size_bytes) OVER t AS type_bytes, sum(keys) OVER t AS type_keys,
         row_number() OVER w = 1 AS is_first, count(*) OVER t = n AS is_last
    FROM pieces p WINDOW t AS (PARTITION BY type), w AS (PARTITION BY type ORDER BY n))
SELECT p.type, n, encoding, p.keys, p.size_bytes, pct(p.size_bytes, type_bytes) AS piece_pct, type_bytes, human_count(type_keys) || CASE type_keys WHEN 1 THEN ' key' ELSE ' keys' END AS keys_text, pct(type_bytes, a.size_bytes) AS share_pct,
       is_first, is_last, coalesce(pct(end_bytes - p.size_bytes, a.size_bytes), 0) AS x, coalesce(pct(p.size_bytes, a.size_bytes), 0) AS width, coalesce(pct(end_bytes, a.size_bytes), 0) AS end_x
  FROM placed p, report_totals a WHERE a.size_bytes > 0 AND p.type IN (SELECT type FROM report_types ORDER BY size_bytes DESC, type LIMIT 12)
 ORDER BY type_bytes DESC, p.type, n;

-- section: named |
WITH e AS (
  SELECT x.type, coalesce(x.encoding, 'not known') AS encoding,
         iif(s.has_alloc_bytes, coalesce(sum(x.alloc_bytes), 0), sum(x.bytes)) AS size_bytes
    FROM encodings x, report_set s WHERE x.snapshot_id IN (SELECT id FROM report_ids) GROUP BY 1, 2),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY type ORDER BY size_bytes DESC, encoding) AS r, sum(size_bytes) OVER (PARTITION BY type) AS type_bytes FROM e)
SELECT type, min(r, 4) AS n, CASE WHEN r < 4 THEN encoding ELSE 'others' END AS encoding, pct(sum(size_bytes), type_bytes) AS piece_pct,
       min(r, 4) = 1 AS is_first, min(r, 4) = max(min(r, 4)) OVER (PARTITION BY type) AS is_last
  FROM ranked WHERE type IN (SELECT type FROM report_types ORDER BY size_bytes DESC, type LIMIT 12)
 GROUP BY type, min(r, 4) ORDER BY type_bytes DESC, type, 2;
