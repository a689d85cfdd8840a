-- title: Summary
-- about: What the snapshot holds, and what fills it.
-- reports: summary
-- empty: The snapshot has no keys.

-- section: tiles |
WITH t AS (SELECT * FROM report_totals), s AS (SELECT * FROM report_server),
     soon AS (SELECT coalesce(sum(size_bytes), 0) AS size_bytes FROM report_ttl WHERE bucket IN ('<1h', '<4h', '<12h', '<24h')),
     restore AS (SELECT verdict, verdict_text, count(*) OVER () AS files,
                        CASE verdict WHEN 'no' THEN 1 WHEN 'limited' THEN 2 WHEN 'unproven' THEN 3 ELSE 4 END AS worst
                   FROM report_restore ORDER BY 4 LIMIT 1)
SELECT * FROM (
  SELECT 1 AS place, 'Keys' AS label, human_count(keys) AS value_text, NULL AS exact_text,
         CASE databases WHEN 0 THEN 'in no database' WHEN 1 THEN 'in one database' ELSE 'in ' || human_count(databases) || ' databases' END AS more_text, 0 AS is_alarm FROM t
  UNION ALL SELECT 2, 'Memory of the keys', human_bytes(size_bytes), human_count(size_bytes) || ' bytes',
         CASE size_measure WHEN 'alloc_bytes' THEN 'allocated bytes, once loaded' ELSE 'by MEMORY USAGE, once loaded' END, 0 FROM t
  UNION ALL SELECT 3, 'Server once loaded', human_bytes(predicted_bytes), human_count(predicted_bytes) || ' bytes',
         'used_memory, predicted' || CASE WHEN is_filtered THEN ', of the whole file' ELSE '' END, 0 FROM s WHERE predicted_bytes IS NOT NULL
  UNION ALL SELECT 4, 'Server when saved', human_bytes(used_memory), human_count(used_memory) || ' bytes', 'used_memory in the file', 0 FROM s WHERE used_memory IS NOT NULL
  UNION ALL SELECT 5, 'Never expires', printf('%.1f %%', pct(size_bytes_without_ttl, size_bytes)), human_count(size_bytes_without_ttl) || ' bytes',
         'of all bytes; ' || human_count(keys_without_ttl) || CASE keys_without_ttl WHEN 1 THEN ' key' ELSE ' keys' END, 0 FROM t WHERE size_bytes > 0
  UNION ALL SELECT 6, 'Frees within 24 h', human_bytes(soon.size_bytes), human_count(soon.size_bytes) || ' bytes',
         printf('%.1f %% of all bytes, by itself', pct(soon.size_bytes, t.size_bytes)) ||
         CASE WHEN expired_keys > 0 THEN '; ' || human_count(expired_keys) || ' keys more are past their time' ELSE '' END, 0 FROM t, soon WHERE t.size_bytes > 0
  UNION ALL SELECT 7, 'Age of the file', CASE WHEN max(created_at) IS NULL THEN 'Not known' WHEN max(created_at) > :wall_now + 60000 THEN 'In the FUTURE'
                                    ELSE human_duration(max(0, :wall_now - min(created_at))) END, NULL,
         CASE WHEN max(created_at) IS NULL THEN 'the file does not say when' ELSE 'saved ' || human_time(max(created_at)) || ' UTC' END, coalesce(max(created_at) > :wall_now + 60000, 0) FROM report_snapshots
  UNION ALL SELECT 8, 'Restore point', CASE verdict WHEN 'good' THEN 'Good' WHEN 'unproven' THEN 'Not proven' WHEN 'limited' THEN 'Limited' ELSE 'No' END, NULL,
         CASE WHEN verdict_text = 'good as a restore point' THEN 'complete, checksum ok' ELSE verdict_text END || CASE WHEN files > 1 THEN ' (the worst of ' || files || ' files)' ELSE '' END, verdict = 'no' FROM restore)
 ORDER BY place;

-- section: any |
SELECT 1 AS is_any FROM report_totals WHERE size_bytes > 0;

-- section: fills |
WITH p AS (SELECT *, row_number() OVER (ORDER BY size_bytes DESC, keys DESC, pattern_text, db, type) AS n
             FROM (SELECT db, type, kind, pattern_text, keys, size_bytes, keys_without_ttl, size_bytes_without_ttl FROM report_patterns WHERE size_bytes > 0
                    ORDER BY size_bytes DESC, keys DESC, pattern_text, db, type LIMIT 12)),
     rows AS (
  SELECT n, CASE WHEN length(pattern_text) > 80 THEN substr(pattern_text, 1, 80) || '...' ELSE pattern_text END AS pattern_text,
         type || CASE (SELECT databases FROM report_totals) WHEN 1 THEN '' ELSE ', db ' || db END || ', ' || kind AS what_text, 0 AS is_rest,
         keys, size_bytes, keys_without_ttl, size_bytes_without_ttl FROM p
  UNION ALL
  SELECT 99, human_count(m.patterns - x.patterns) || CASE m.patterns - x.patterns WHEN 1 THEN ' more pattern' ELSE ' more patterns' END, 'all the others together', 1,
         t.keys - x.keys, t.size_bytes - x.size_bytes, t.keys_without_ttl - x.keys_without_ttl, t.size_bytes_without_ttl - x.size_bytes_without_ttl
    FROM report_totals t, (SELECT count(*) AS patterns FROM report_patterns) m,
         (SELECT count(*) AS patterns, sum(keys) AS keys, sum(size_bytes) AS size_bytes, sum(keys_without_ttl) AS keys_without_ttl,
                 sum(size_bytes_without_ttl) AS size_bytes_without_ttl FROM p) x
   WHERE m.patterns > x.patterns)
SELECT n, pattern_text, what_text, is_rest, r.keys, r.size_bytes, pct(r.size_bytes, t.size_bytes) AS share_pct,
       pct(r.size_bytes_without_ttl, r.size_bytes) AS never_pct,
       coalesce(pct(r.size_bytes_without_ttl, t.size_bytes), 0) AS never_width,
       coalesce(pct(r.size_bytes - r.size_bytes_without_ttl, t.size_bytes), 0) AS expires_width,
       coalesce(pct(r.size_bytes, t.size_bytes), 0) AS end_x
  FROM rows r, report_totals t ORDER BY n;
