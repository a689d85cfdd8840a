-- title: Method and limits
-- about: How the figures came about, and what they cannot say.
-- reports: defects
-- empty: Nothing to say.

-- section: facts |
WITH s AS (SELECT * FROM report_snapshots)
SELECT label, text, is_alarm FROM (
  SELECT 1 AS place, 'Sizes' AS label, 'what MEMORY USAGE with SAMPLES 0 answers on ' || replace(group_concat(DISTINCT model), ',', ', ') || ' that has just loaded the file, allocator ' || replace(group_concat(DISTINCT allocator), ',', ', ') ||
         coalesce('; ' || replace(group_concat(DISTINCT model_note), ',', ', '), '') || coalesce('; settings: ' || group_concat(DISTINCT config), '') AS text, 0 AS is_alarm FROM s
  UNION ALL SELECT 2, 'Sums, shares', CASE size_measure WHEN 'alloc_bytes' THEN 'bytes that the allocator really gives: keys, their entries in tables, and the room lost in its size classes; lists of single keys show MEMORY USAGE'
                                      ELSE 'MEMORY USAGE of the keys, because what the allocator gives is not known for all of them' END, 0 FROM report_totals
  UNION ALL SELECT 3, 'Against used_memory', CASE WHEN is_same THEN 'as predicted, within 0.3 %'
         WHEN more_bytes > 0 THEN human_bytes(more_bytes) || printf(' (%.1f %% of the prediction) ', pct(more_bytes, predicted_bytes)) || 'more when saved than predicted: clients, buffers, spare room (see Memory)'
         ELSE human_bytes(-more_bytes) || printf(' (%.1f %% of the prediction) ', pct(-more_bytes, predicted_bytes)) || 'less when saved than predicted: another server or other settings (see Memory)' END, 0
    FROM report_server WHERE more_bytes IS NOT NULL
  UNION ALL SELECT 4, 'Time', 'TTLs and ages are as of ' || human_time(max(now)) || ' UTC (' || replace(group_concat(DISTINCT now_source), ',', ', ') || ')', 0 FROM s
  UNION ALL SELECT 5, 'Patterns', 'variable parts of names are folded by their shape' || CASE WHEN sum(patterns_merged_keys) > 0
         THEN '; ' || human_count(sum(patterns_merged_keys)) || ' keys came past the limit of patterns and are counted with the nearest wider one' ELSE '' END, 0 FROM s
  UNION ALL SELECT 6, 'Read', CASE WHEN sum(complete) < count(*) THEN 'NOT COMPLETE: ' || (count(*) - sum(complete)) || ' of ' || count(*) || ' files; figures cover only what was read'
         ELSE 'the whole of ' || CASE count(*) WHEN 1 THEN 'the file' ELSE count(*) || ' files' END || ', ' || human_bytes(sum(bytes_read)) || '; depth ' || replace(group_concat(DISTINCT depth), ',', ', ') END, sum(complete) < count(*) FROM s
  UNION ALL SELECT 7, 'Damaged', human_count(sum(keys_without_size)) || ' keys have no size, because their values are damaged', 1 FROM s HAVING sum(keys_without_size) > 0
  UNION ALL SELECT 8, 'Filter', group_concat(DISTINCT filter) || ': all figures are of the keys it lets pass', 1 FROM s WHERE filter IS NOT NULL HAVING count(*) > 0
  UNION ALL SELECT 9, 'Not in a snapshot', 'maxmemory and its policy, resident memory (RSS), fragmentation, evictions, hit rate, clients: ask INFO', 0
  UNION ALL SELECT 10, 'Program', 'rdblens ' || replace(group_concat(DISTINCT rdblens_version), ',', ', '), 0 FROM s
  UNION ALL SELECT 11, 'Command', :command, 0)
 WHERE text IS NOT NULL ORDER BY place;
