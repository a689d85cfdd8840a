-- title: Defects
-- about: What was wrong with the file, by its offset.
-- param: top = 200
-- applies: EXISTS (SELECT 1 FROM report_defects)

-- section: defects | Defects
-- caption: warning: read and understood all the same. failed: this key has no size. fatal: reading stopped there.
-- note: None: everything in the file was understood.
-- column: snapshot_id = -
-- column: key_text = KEY
-- column: code = CODE | wide
SELECT snapshot_id, offset, severity, db, key AS key_text, code, message
  FROM report_defects ORDER BY snapshot_id, offset LIMIT :top;

-- section: more |
-- line: and {defects} more
SELECT count(*) - :top AS defects FROM report_defects HAVING count(*) > :top;
