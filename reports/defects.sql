-- title: Defects
-- about: What was wrong with the file, by its offset.
-- param: top = 200
-- applies: EXISTS (SELECT 1 FROM report_defects)

-- section: defects | By offset
-- caption: warning: read and understood all the same. failed: this key has no size. fatal: reading stopped there.
-- note: None: everything in the file was understood.
-- line: {severity}  offset {offset}{place_text}: {message} ({code})
SELECT snapshot_id, offset, severity, db, key AS key_text,
       CASE WHEN (SELECT count(*) FROM report_snapshots) > 1 THEN ' of snapshot ' || snapshot_id ELSE '' END ||
       CASE WHEN key IS NOT NULL THEN ', db ' || db || ', key ' || key ELSE '' END AS place_text, code, message
  FROM report_defects ORDER BY snapshot_id, offset LIMIT :top;

-- section: more |
-- line: and {defects} more
SELECT count(*) - :top AS defects FROM report_defects HAVING count(*) > :top;
