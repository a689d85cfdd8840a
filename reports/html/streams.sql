-- title: Streams
-- about: The largest streams, and what their groups have not acknowledged.
-- reports: streams
-- empty: No streams in this snapshot.

-- section: top |
WITH s AS (SELECT id, db, key_text, key, length, groups, pending, coalesce(bytes, 0) AS bytes FROM streams WHERE snapshot_id IN (SELECT id FROM report_ids)
            ORDER BY coalesce(bytes, 0) DESC, id LIMIT 10)
SELECT CASE WHEN length(coalesce(key_text, key)) > 80 THEN substr(coalesce(key_text, key), 1, 80) || '...' ELSE coalesce(key_text, key) END AS key_text,
       human_count(length) || ' entries, ' || human_count(groups) || CASE groups WHEN 1 THEN ' group, ' ELSE ' groups, ' END || human_count(pending) || ' pending' ||
       CASE (SELECT databases FROM report_totals) WHEN 1 THEN '' ELSE ', db ' || s.db END AS what_text,
       s.bytes, pct(s.bytes, t.bytes) AS share_pct, coalesce(pct(s.bytes, max(s.bytes) OVER ()), 0) AS width,
       row_number() OVER (ORDER BY s.bytes DESC, id) = 1 AS is_first, row_number() OVER (ORDER BY s.bytes, id DESC) = 1 AS is_last
  FROM s, report_totals t ORDER BY s.bytes DESC, id;
