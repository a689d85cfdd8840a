-- title: The head of every report
-- about: Read by the program, in the form of a report; see head.c.

-- section: set | The set
SELECT s.id, s.label, s.taken_at,
       (SELECT count(DISTINCT set_id) FROM snapshots) AS sets_in_database
  FROM sets s WHERE s.id = (SELECT id FROM report_set);

-- section: snapshots | Its snapshots
SELECT s.id, s.label, s.path, s.container, s.file_bytes, s.bytes_read, s.rdb_version, s.server, s.server_version,
       s.created_at, :wall_now - s.created_at AS age_ms, s.checksum, s.trailing, s.complete,
       s.why_incomplete, (SELECT verdict FROM report_restore r WHERE r.snapshot_id = s.id) AS restore_point,
       s.depth, s.filter, s.keys_stored, s.keys, s.expires, s.bytes, s.alloc_bytes, s.rdb_bytes, s.used_memory,
       s.keys_without_size, s.model, s.model_note, s.allocator, s.config, s.startup_bytes, s.functions_bytes,
       s.tables_bytes, s.tables_bytes_with_expired, s.rehash_bytes, s.predicted_used_memory, s.predicted_used_memory_with_expired, s.now, s.now_source, s.patterns_merged_keys, s.loaded_at, s.rdblens_version, s.pattern_rules, s.redacted
  FROM report_snapshots s ORDER BY s.id;

-- section: lines | What people read
WITH
  h AS (SELECT s.*, :wall_now - s.created_at AS age_ms, row_number() OVER (ORDER BY s.id) AS n, count(*) OVER () AS of_n
          FROM report_snapshots s),
  l(place, n, label, text, is_alarm) AS (
    SELECT 1, n, CASE of_n WHEN 1 THEN 'File' ELSE 'File ' || n || '/' || of_n END,
           CASE WHEN length(path) > 60 THEN substr(path, 1, 20) || '...' || substr(path, -37) ELSE path END ||
           coalesce(', ' || human_bytes(file_bytes), '') ||
           CASE container WHEN 'plain' THEN '' ELSE ' (' || container || ')' END, 0
      FROM h WHERE n <= 5
    UNION ALL
    SELECT 1, 6, 'Files', 'and ' || count_text(of_n - 5, 'more snapshot') || ', all summed', 0 FROM h WHERE n = 6
    UNION ALL
    SELECT 2, min(n), 'Server',
           coalesce(server, 'server not known') || ' ' || coalesce(server_version, '(version not in the file)') || ', RDB ' || coalesce(rdb_version, '?') ||
           CASE WHEN max(created_at) IS NULL
                THEN '; the file does not say when it was saved, TTLs are as of ' || human_time(max(now)) || ' UTC (' || now_source || ')'
                ELSE '; saved ' || CASE WHEN max(created_at) - min(created_at) > 60000
                                        THEN human_time(min(created_at)) || ' to ' ELSE '' END ||
                     human_time(max(created_at)) || ' UTC, ' ||
                     CASE WHEN min(age_ms) < -60000 THEN human_duration(-min(age_ms)) || ' in the FUTURE: is a clock wrong?'
                          ELSE human_duration(max(0, max(age_ms))) || ' ago' END ||
                     CASE WHEN now_source = 'ctime' THEN '' ELSE '; TTLs as of ' || human_time(max(now)) || ' UTC (' || now_source || ')' END
           END, 0
      FROM h GROUP BY server, server_version, rdb_version, now_source
    UNION ALL
    SELECT 3, min(n), 'Backup',
           CASE WHEN count(*) = max(of_n) THEN '' WHEN count(*) = 1 THEN label || ': '
                ELSE count(*) || ' of ' || max(of_n) || ' files: ' END ||
           CASE WHEN complete THEN 'complete' ELSE 'NOT COMPLETE' END ||
           CASE WHEN checksum IS NOT NULL THEN ', checksum ' || checksum
                WHEN complete THEN '' ELSE ', checksum not reached' END || ': ' || verdict_text, verdict = 'no'
      FROM (SELECT h.n, h.of_n, h.label, r.* FROM h JOIN report_restore r ON r.snapshot_id = h.id)
     GROUP BY complete, checksum, verdict_text
    UNION ALL
    SELECT 4, n, 'Why', CASE of_n WHEN 1 THEN '' ELSE label || ': ' END || why_incomplete ||
           '. Figures cover only what was read: ' || count_text(keys, 'key') || ', ' || human_bytes(bytes_read), 1
      FROM h WHERE why_incomplete IS NOT NULL AND n <= 5
    UNION ALL
    SELECT 5, 0, 'Sizes', 'MEMORY USAGE on ' || group_concat(DISTINCT model) || ' once loaded' ||
           CASE WHEN count(model_note) + count(config) > 0 OR max(allocator <> 'jemalloc') THEN ' (assumed: see report memory)' ELSE '' END ||
           CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN '; sums: allocated bytes' ELSE '' END, 0
      FROM h
    UNION ALL
    SELECT 6, 0, 'Filter', group_concat(DISTINCT filter) || ': all figures are of the keys it lets pass', 1
      FROM h WHERE filter IS NOT NULL HAVING count(*) > 0
    UNION ALL
    SELECT 6, 1, 'Patterns', 'yours first: ' || group_concat(DISTINCT rules), 0
      FROM (SELECT (SELECT group_concat(value, ' ') FROM json_each(pattern_rules)) AS rules FROM h WHERE pattern_rules IS NOT NULL)
    HAVING count(*) > 0
    UNION ALL
    SELECT 6, 2, 'Names', 'redacted: ' || CASE redacted WHEN 'parts' THEN 'variable parts are keyed hashes'
                                         ELSE 'whole names and patterns are keyed hashes' END, 0
      FROM h WHERE redacted IS NOT NULL GROUP BY redacted
    UNION ALL
    SELECT 7, 0, 'Set', s.label || ' (id ' || s.id || '), one of ' || (SELECT count(DISTINCT set_id) FROM snapshots) || ' in the database' ||
           CASE WHEN s.id = :newest_set THEN ': the newest' ELSE '' END, 0
      FROM sets s WHERE s.id = (SELECT id FROM report_set) AND (SELECT count(DISTINCT set_id) FROM snapshots) > 1
    UNION ALL
    SELECT 8, 0, 'Note',
           CASE damaged WHEN 0 THEN '' ELSE count_text(damaged, 'key is damaged and has|keys are damaged and have') || ' no size' END ||
           CASE WHEN damaged > 0 AND warnings > 0 THEN '; ' ELSE '' END ||
           CASE warnings WHEN 0 THEN '' ELSE count_text(warnings, 'warning') END ||
           CASE damaged WHEN 0 THEN ' while reading' ELSE '' END || ': see report defects', damaged > 0
      FROM (SELECT coalesce(sum(keys_without_size), 0) AS damaged FROM h),
           (SELECT count(*) AS warnings FROM defects
             WHERE snapshot_id IN (SELECT id FROM h) AND severity = 'warning')
     WHERE damaged > 0 OR warnings > 0)
SELECT label, text, is_alarm FROM l ORDER BY place, n;
