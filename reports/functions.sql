-- title: Functions and scripts
-- about: Function libraries of the file, and EVAL scripts that an older server kept in it.
-- param: top = 100
-- applies: EXISTS (SELECT 1 FROM functions WHERE snapshot_id IN (SELECT id FROM report_ids))

-- section: sums |
-- line: Libraries  {libraries}, {library_bytes} of source: a server from 7.0 on loads them with the keys{?libraries}
-- line: Scripts    {scripts}, {script_bytes} of source: EVAL scripts, saved by servers from 4.0 to 6.2 only, and not loaded from 7.0 on{?scripts}
-- line: Loaded     {functions_bytes} of memory, by the model, for all of these{?functions_bytes}
SELECT count(*) FILTER (WHERE kind = 'library') AS libraries,
       sum(bytes) FILTER (WHERE kind = 'library') AS library_bytes,
       count(*) FILTER (WHERE kind = 'script') AS scripts,
       sum(bytes) FILTER (WHERE kind = 'script') AS script_bytes,
       (SELECT functions_bytes FROM report_server) AS functions_bytes
  FROM functions WHERE snapshot_id IN (SELECT id FROM report_ids) HAVING count(*) > 0;

-- section: functions | By size of source
-- caption: SHA1: of the source. EVAL scripts have no name: EVALSHA calls them by it.
-- note: No function library and no script is in the file. Scripts that EVAL has cached are not saved from 7.0 on.
-- column: kind = KIND
-- column: name = NAME
-- column: engine = ENGINE
-- column: bytes = SOURCE
-- column: snapshots = FILES | wide
-- column: sha1 = SHA1
SELECT kind, name, engine, bytes, sha1, nullif(count(*), 1) AS snapshots
  FROM functions WHERE snapshot_id IN (SELECT id FROM report_ids)
 GROUP BY kind, name, engine, bytes, sha1
 ORDER BY bytes DESC, kind, name, sha1 LIMIT :top;

-- section: more |
-- line: and {functions} more with {bytes}
SELECT count(*) AS functions, sum(bytes) AS bytes
  FROM (SELECT kind, name, engine, bytes, sha1
          FROM functions WHERE snapshot_id IN (SELECT id FROM report_ids)
         GROUP BY kind, name, engine, bytes, sha1
         ORDER BY bytes DESC, kind, name, sha1 LIMIT -1 OFFSET :top)
HAVING count(*) > 0;
