-- title: Summary
-- about: What the snapshot holds, on one screen.
-- param: top = 7

-- section: totals |
-- line: Keys     {keys}{databases_text}; {keys_without_ttl_pct} of them without TTL
-- line: Memory   {size_bytes} in keys, {size_without_ttl_pct} of it without TTL; used_memory was {used_memory}
-- line: Memory   {size_bytes} in keys, {size_without_ttl_pct} of it without TTL{?no_used_memory}
-- line: Expired  {expired_keys} keys with {expired_bytes} were past their time and still in the file{?expired_keys}
SELECT keys, CASE databases WHEN 1 THEN '' ELSE ' in ' || databases || ' databases' END AS databases_text,
       databases, keys_without_ttl, coalesce(pct(keys_without_ttl, keys), 0) AS keys_without_ttl_pct,
       size_bytes, size_bytes_without_ttl, coalesce(pct(size_bytes_without_ttl, size_bytes), 0) AS size_without_ttl_pct,
       bytes, bytes_without_ttl, size_measure,
       CASE WHEN is_told_below THEN NULL ELSE used_memory END AS used_memory,
       used_memory IS NULL OR is_told_below AS no_used_memory, expired_keys, expired_bytes
  FROM report_totals, (SELECT more_bytes IS NOT NULL AND NOT is_filtered AS is_told_below FROM report_server);

-- section: server |
-- line: Loaded   used_memory will be {predicted_bytes}: tables {tables_bytes}, empty server {startup_bytes}
-- line: Saved    used_memory was {used_memory}, {above_bytes} more: clients, buffers, spare room
-- line: Saved    used_memory was {used_memory}, {below_bytes} less: were its settings others?
-- line: Saved    used_memory was {used_memory}, about the same{?is_same}
SELECT predicted_bytes, tables_bytes, startup_bytes, functions_bytes, keys_bytes, used_memory, more_bytes, is_same,
       CASE WHEN more_bytes >= 0 AND NOT is_same THEN more_bytes END AS above_bytes,
       CASE WHEN more_bytes < 0 AND NOT is_same THEN -more_bytes END AS below_bytes
  FROM report_server WHERE predicted_bytes IS NOT NULL AND NOT is_filtered;

-- section: patterns | What fills it
-- caption: SHARE: of all bytes. NO TTL: of the pattern's own keys. app: your application.
-- note: No keys.
-- column: pattern_text = PATTERN
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_pct = SHARE
-- column: keys_without_ttl_pct = NO TTL
-- column: type = TYPE | wide
SELECT db, pattern_text, type, role, p.keys, p.size_bytes, pct(p.size_bytes, t.size_bytes) AS share_pct,
       pct(p.keys_without_ttl, p.keys) AS keys_without_ttl_pct, p.bytes
  FROM report_patterns p, report_totals t
 ORDER BY p.size_bytes DESC, p.keys DESC, pattern_text
 LIMIT (SELECT CASE :top WHEN 7 THEN patterns ELSE :top END FROM report_screen);

-- section: other_patterns |
-- line: and {patterns} more with {keys} keys, {share_pct} of the bytes
SELECT count(*) AS patterns, sum(keys) AS keys, pct(sum(size_bytes), (SELECT size_bytes FROM report_totals)) AS share_pct
  FROM (SELECT keys, size_bytes FROM report_patterns
         ORDER BY size_bytes DESC, keys DESC, pattern_text
         LIMIT -1 OFFSET (SELECT CASE :top WHEN 7 THEN patterns ELSE :top END FROM report_screen))
HAVING count(*) > 0;

-- section: sidekiq |
-- line: Sidekiq  {place}: {queued} queued, {scheduled} scheduled, {retry} retry, {dead} dead
WITH i AS (SELECT snapshot_id, db, namespace FROM report_sidekiq_installations ORDER BY 1, 2, 3
            LIMIT (SELECT installations FROM report_screen)),
     j AS (SELECT snapshot_id, db, namespace, kind, sum(jobs) AS jobs FROM report_sidekiq_sets GROUP BY 1, 2, 3, 4)
SELECT 'db ' || db || CASE namespace WHEN '' THEN '' ELSE ' ' || namespace END AS place, db, namespace,
       coalesce((SELECT jobs FROM j WHERE (j.snapshot_id, j.db, j.namespace) = (i.snapshot_id, i.db, i.namespace) AND kind = 'queue'), 0) AS queued,
       coalesce((SELECT jobs FROM j WHERE (j.snapshot_id, j.db, j.namespace) = (i.snapshot_id, i.db, i.namespace) AND kind = 'schedule'), 0) AS scheduled,
       coalesce((SELECT jobs FROM j WHERE (j.snapshot_id, j.db, j.namespace) = (i.snapshot_id, i.db, i.namespace) AND kind = 'retry'), 0) AS retry,
       coalesce((SELECT jobs FROM j WHERE (j.snapshot_id, j.db, j.namespace) = (i.snapshot_id, i.db, i.namespace) AND kind = 'dead'), 0) AS dead
  FROM i;

-- section: more_sidekiq |
-- line: Sidekiq  and {installations} more: see report sidekiq
SELECT count(*) - s.installations AS installations FROM report_sidekiq_installations, report_screen s HAVING count(*) > s.installations;

-- section: stats |
-- line: Stats    {dated_keys_without_ttl} dated Sidekiq counters never expire, {dated_bytes_without_ttl}: see report sidekiq
SELECT sum(dated_keys_without_ttl) AS dated_keys_without_ttl, sum(dated_bytes_without_ttl) AS dated_bytes_without_ttl
  FROM report_sidekiq_stats HAVING sum(dated_keys_without_ttl) > 0;

-- section: next |
-- line: Next     rdblens report {source_text} {names}
SELECT coalesce(shell_word(:source), 'SNAPSHOT') AS source_text,
       'bigkeys ttl' || CASE WHEN EXISTS (SELECT 1 FROM report_sidekiq_installations) THEN ' sidekiq' ELSE '' END ||
       CASE WHEN (SELECT complete FROM report_totals) THEN ' memory' ELSE ' defects' END AS names;
