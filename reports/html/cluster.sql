-- title: Slots and nodes
-- about: How evenly a cluster's slots and nodes are filled.
-- reports: slots nodes
-- empty: One file of a server that is no cluster node, or of one that does not write its slots.

-- section: nodes |
WITH n AS (SELECT id, label, keys, CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN alloc_bytes ELSE bytes END AS size_bytes, complete
             FROM report_snapshots WHERE (SELECT snapshots FROM report_totals) > 1 ORDER BY size_bytes DESC, id LIMIT 16)
SELECT CASE WHEN length(label) > 80 THEN substr(label, 1, 80) || '...' ELSE label END AS label_text, n.keys, n.size_bytes, NOT n.complete AS is_damaged,
       pct(n.size_bytes, t.size_bytes) AS share_pct, coalesce(pct(n.size_bytes, max(n.size_bytes) OVER ()), 0) AS width,
       row_number() OVER (ORDER BY n.size_bytes DESC, id) = 1 AS is_first, row_number() OVER (ORDER BY n.size_bytes, id DESC) = 1 AS is_last
  FROM n, report_totals t ORDER BY n.size_bytes DESC, id;

-- 128 strips of 128 slots each.
-- section: strips |
WITH RECURSIVE strip(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM strip WHERE n < 127),
s AS (SELECT slot / 128 AS n, sum(size_bytes) AS size_bytes, sum(keys) AS keys FROM report_slots WHERE slot IS NOT NULL GROUP BY 1)
SELECT strip.n + 0.1 AS x, 128 * strip.n AS first_slot_id, 128 * strip.n + 127 AS last_slot_id, coalesce(s.keys, 0) AS keys, coalesce(s.size_bytes, 0) AS size_bytes,
       100 - coalesce(pct(coalesce(s.size_bytes, 0), (SELECT max(size_bytes) FROM s)), 0) AS y, coalesce(pct(coalesce(s.size_bytes, 0), (SELECT max(size_bytes) FROM s)), 0) AS height
  FROM strip LEFT JOIN s ON s.n = strip.n WHERE EXISTS (SELECT 1 FROM s) ORDER BY strip.n;

-- section: skew |
SELECT count(*) AS slots, max(size_bytes) AS largest_bytes, printf('%.1f', max(size_bytes) / avg(size_bytes)) AS times_text,
       (SELECT max(strip_bytes) FROM (SELECT sum(size_bytes) AS strip_bytes FROM report_slots WHERE slot IS NOT NULL GROUP BY slot / 128)) AS strip_bytes,
       100 - 100.0 * sum(size_bytes) / 128 / (SELECT max(strip_bytes) FROM (SELECT sum(size_bytes) AS strip_bytes FROM report_slots WHERE slot IS NOT NULL GROUP BY slot / 128)) AS mean_y
  FROM report_slots WHERE slot IS NOT NULL HAVING count(*) > 0 AND sum(size_bytes) > 0;
