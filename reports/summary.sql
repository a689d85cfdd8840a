-- title: Summary
-- about: What the snapshot holds, on one screen.
-- param: top = 7
-- param: dead_limit = 10000

-- section: server |
-- line: Loaded   {predicted_bytes}: keys {keys_bytes}, tables {tables_bytes}, empty server {startup_bytes}
-- line: Saved    {used_memory} used_memory, {above_bytes} more: clients, buffers, spare room
-- line: Saved    {used_memory} used_memory, {below_bytes} less: were its settings others?
-- line: Saved    {used_memory} used_memory, about the same{?is_same}
SELECT predicted_bytes, tables_bytes, startup_bytes + functions_bytes AS startup_bytes, functions_bytes, keys_bytes, used_memory, more_bytes, is_same,
       CASE WHEN more_bytes >= 0 AND NOT is_same THEN more_bytes END AS above_bytes,
       CASE WHEN more_bytes < 0 AND NOT is_same THEN -more_bytes END AS below_bytes
  FROM report_server WHERE predicted_bytes IS NOT NULL AND NOT is_filtered;

-- section: totals |
-- line: Saved    {used_memory} used_memory{?is_used_memory_alone}
-- line: Absent   maxmemory, RSS, evictions and hit rate are not in a snapshot: ask INFO{?has_room}
-- line: Keys     {keys}{databases_text}, {size_bytes}; no TTL {keys_without_ttl_pct} ({size_without_ttl_pct} of bytes)
-- line: Frees    in 1 h {bytes_in_1h} ({in_1h_pct} of all bytes), in 24 h {bytes_in_24h} ({in_24h_pct}){?is_not_tight}
-- line: Expired  {expired_keys:key is|keys are} past the TTL: {expired_bytes} that go by themselves{?expired_keys}
SELECT keys, CASE databases WHEN 1 THEN '' ELSE ' in ' || databases || ' databases' END AS databases_text,
       databases, keys_without_ttl, coalesce(pct(keys_without_ttl, keys), 0) AS keys_without_ttl_pct,
       size_bytes, size_bytes_without_ttl, coalesce(pct(size_bytes_without_ttl, size_bytes), 0) AS size_without_ttl_pct,
       bytes, bytes_without_ttl, size_measure, complete AND NOT (SELECT is_tight FROM report_screen) AS has_room, NOT (SELECT is_tight FROM report_screen) AS is_not_tight,
       bytes_in_1h, coalesce(pct(bytes_in_1h, size_bytes), 0) AS in_1h_pct,
       bytes_in_24h, coalesce(pct(bytes_in_24h, size_bytes), 0) AS in_24h_pct,
       used_memory, used_memory IS NOT NULL AND NOT is_told_above AS is_used_memory_alone, expired_keys, expired_bytes
  FROM report_totals,
       (SELECT more_bytes IS NOT NULL AND NOT is_filtered AS is_told_above FROM report_server),
       (SELECT coalesce(sum(size_bytes) FILTER (WHERE bucket = '<1h'), 0) AS bytes_in_1h,
               coalesce(sum(size_bytes) FILTER (WHERE bucket IN ('<1h', '<4h', '<12h', '<24h')), 0) AS bytes_in_24h
          FROM report_ttl);

-- section: patterns | What fills it (SHARE of all bytes, NO TTL of the pattern's keys)
-- note: No keys.
-- column: pattern_text = PATTERN
-- column: kind = KIND
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_bar_pct = OF ALL | bar=8
-- column: share_pct = SHARE
-- column: keys_without_ttl_pct = NO TTL
-- column: role = -
-- column: system = -
-- column: type = TYPE | wide
-- column: db = -
-- column: db_text = DB
SELECT db, CASE t.databases WHEN 1 THEN '' ELSE db END AS db_text, pattern_text, type, kind, role, system, p.keys, p.size_bytes,
       pct(p.size_bytes, t.size_bytes) AS share_pct, pct(p.size_bytes, t.size_bytes) AS share_bar_pct, pct(p.keys_without_ttl, p.keys) AS keys_without_ttl_pct, p.bytes
  FROM report_patterns p, report_totals t
 ORDER BY p.size_bytes DESC, p.keys DESC, pattern_text
 LIMIT (SELECT CASE :top WHEN 7 THEN min(7, max(1, spare - (length(coalesce(:source, '')) > 26))) ELSE :top END FROM report_screen);

-- section: other_patterns |
-- line: and {patterns} more with {keys:key}, {share_pct} of the bytes
SELECT a.patterns - t.patterns AS patterns, a.keys - t.keys AS keys,
       -- All less the largest: to sort all of many patterns takes longer.
       CASE WHEN a.sized > t.sized THEN pct(a.size_bytes - coalesce(t.size_bytes, 0), (SELECT size_bytes FROM report_totals)) END AS share_pct
  FROM (SELECT count(*) AS patterns, sum(keys) AS keys, count(size_bytes) AS sized, sum(size_bytes) AS size_bytes FROM report_patterns) a,
       (SELECT count(*) AS patterns, sum(keys) AS keys, count(size_bytes) AS sized, sum(size_bytes) AS size_bytes
          FROM (SELECT keys, size_bytes FROM report_patterns ORDER BY size_bytes DESC, keys DESC, pattern_text
                 LIMIT (SELECT CASE :top WHEN 7 THEN min(7, max(1, spare - (length(coalesce(:source, '')) > 26))) ELSE :top END FROM report_screen))) t
 WHERE a.patterns > t.patterns;

-- section: sidekiq |
-- line: Sidekiq  {place}: {retry_text}{dead_text}
WITH i AS (SELECT x.*, s.now FROM report_sidekiq_installations x JOIN report_snapshots s ON s.id = x.snapshot_id
            ORDER BY snapshot_id, db, namespace LIMIT (SELECT installations FROM report_screen)),
     j AS (SELECT snapshot_id, db, namespace, kind, sum(jobs) AS jobs, min(first_score_at) AS first_score_at, max(last_score_at) AS last_score_at
             FROM report_sidekiq_sets WHERE kind IN ('retry', 'dead') GROUP BY 1, 2, 3, 4)
SELECT CASE WHEN i.namespace = '' AND i.version <> '' AND (SELECT count(*) FROM report_sidekiq_installations) = 1 THEN i.version
            ELSE 'db ' || i.db || CASE i.namespace WHEN '' THEN '' ELSE ' ' || i.namespace END ||
                 CASE i.version WHEN '' THEN '' ELSE ' (' || i.version || ')' END END AS place,
       i.db, i.namespace, coalesce(r.jobs, 0) AS retry, coalesce(d.jobs, 0) AS dead,
       r.first_score_at AS next_retry_at, d.last_score_at - d.first_score_at AS dead_reach_ms,
       coalesce(d.jobs >= :dead_limit - 1, 0) AS is_dead_full,
       'retry ' || human_count(coalesce(r.jobs, 0)) ||
       CASE WHEN r.first_score_at < i.now - 60000 THEN ', overdue ' || human_duration(i.now - r.first_score_at)
            WHEN r.first_score_at >= i.now THEN ', next in ' || human_duration(r.first_score_at - i.now) WHEN r.jobs > 0 THEN ', due now' ELSE '' END AS retry_text,
       '; dead ' || human_count(coalesce(d.jobs, 0)) ||
       CASE WHEN d.jobs >= :dead_limit - 1 THEN ' FULL, ' || human_duration(d.last_score_at - d.first_score_at) || ' back'
            WHEN d.jobs > 0 THEN ' of ' || human_count(:dead_limit - 1) || ', ' || human_duration(max(0, i.now - d.first_score_at)) || ' back' ELSE '' END AS dead_text
  FROM i LEFT JOIN j r ON (r.snapshot_id, r.db, r.namespace, r.kind) = (i.snapshot_id, i.db, i.namespace, 'retry')
         LEFT JOIN j d ON (d.snapshot_id, d.db, d.namespace, d.kind) = (i.snapshot_id, i.db, i.namespace, 'dead')
 ORDER BY i.snapshot_id, i.db, i.namespace;

-- section: more_sidekiq |
-- line: Sidekiq  and {installations} more: see report sidekiq
SELECT count(*) - s.installations AS installations FROM report_sidekiq_installations, report_screen s HAVING count(*) > s.installations;

-- section: queues |
-- line: Queues   {jobs:job} in {queues}{of_text}{oldest_text}{scheduled_text}
SELECT coalesce(sum(jobs) FILTER (WHERE kind = 'queue'), 0) AS jobs,
       count(*) FILTER (WHERE kind = 'queue' AND jobs > 0) AS queues,
       CASE WHEN (SELECT count(*) FROM report_sidekiq_installations) > 1 THEN ' (of all installations)' ELSE '' END AS of_text,
       max(latency_ms) AS longest_latency_ms,
       coalesce((SELECT '; oldest in ' || name || ', ' || human_duration(max(0, latency_ms))
                   FROM report_sidekiq_sets WHERE kind = 'queue' AND jobs > 0 AND NOT private AND latency_ms IS NOT NULL
                  ORDER BY latency_ms DESC, name LIMIT 1), '') AS oldest_text,
       sum(jobs) FILTER (WHERE kind = 'schedule') AS scheduled,
       coalesce('; ' || human_count(sum(jobs) FILTER (WHERE kind = 'schedule')) || ' scheduled', '') AS scheduled_text
  FROM report_sidekiq_sets HAVING count(*) > 0 AND NOT (SELECT is_tight FROM report_screen);

-- section: stats |
-- line: Stats    {dated_keys:dated stat key}, {share_pct} of the bytes: noise, not your problem{?is_noise}
-- line: Stats    {dated_keys:dated stat key}, {share_pct} of the bytes; {dated_keys_without_ttl:never expires|never expire}{?is_much}
SELECT dated_keys, dated_keys_without_ttl, dated_bytes, share_pct, share_pct < 1 AS is_noise, share_pct >= 1 AS is_much
  FROM (SELECT sum(dated_keys) AS dated_keys, sum(dated_keys_without_ttl) AS dated_keys_without_ttl, sum(dated_size_bytes) AS dated_bytes,
               coalesce(pct(sum(dated_size_bytes), (SELECT size_bytes FROM report_totals)), 0) AS share_pct
          FROM report_sidekiq_stats HAVING sum(dated_keys) > 0);

-- section: other_jobs |
-- line: Jobs     {systems}: {pending} to do{queues_text}{failed_text}{finished_text}
WITH q AS (SELECT *, CASE WHEN state IN ('completed', 'finished', 'succeeded', 'success', 'canceled', 'deleted', 'completed_jobs', 'silenced_jobs') THEN 'finished'
                          WHEN state IN ('failed', 'failure', 'failed_jobs') OR (system = 'asynq' AND state = 'archived')
                            OR (system IN ('dramatiq', 'faktory') AND state = 'dead') THEN 'failed'
                          -- what is no job (timers, replies, caches, sessions), jobs that are told elsewhere too (Resque's timestamps, Celery's
                          -- results of tasks that come again, Hangfire's processing, the other lists of Horizon's), and those that nothing will run
                          WHEN state IN ('repeat', 'replies', 'tag entries', 'principal index', 'timestamps', 'monitored tag', 'orphan')
                            OR (system = 'celery' AND state = 'retry') OR (system = 'hangfire' AND state = 'processing')
                            OR (system = 'laravel' AND state GLOB '*_jobs') THEN 'none'
                          ELSE 'pending' END AS stage
             FROM main.job_queues WHERE snapshot_id IN (SELECT id FROM report_ids))
SELECT *, CASE queues WHEN 0 THEN '' ELSE ' in ' || count_text(queues, 'queue') END AS queues_text,
       CASE WHEN failed > 0 THEN '; ' || human_count(failed) || ' failed' ELSE '' END AS failed_text,
       CASE WHEN finished > 0 THEN '; ' || human_count(finished) || ' finished and kept' ELSE '' END AS finished_text
  FROM (SELECT (SELECT group_concat(system, ', ') FROM (SELECT DISTINCT system FROM q ORDER BY system)) AS systems,
               coalesce(sum(jobs) FILTER (WHERE stage = 'pending'), 0) AS pending,
               count(DISTINCT snapshot_id || '/' || db || '/' || system || '/' || prefix || '/' || queue) FILTER (WHERE stage = 'pending') AS queues,
               coalesce(sum(jobs) FILTER (WHERE stage = 'failed'), 0) AS failed,
               coalesce(sum(jobs) FILTER (WHERE stage = 'finished'), 0) AS finished
          FROM q WHERE stage <> 'none' HAVING count(*) > 0);

-- section: next |
-- line: Next     rdblens report {source_text} {names}
SELECT coalesce(shell_word(:source), 'SNAPSHOT') AS source_text,
       CASE WHEN (SELECT complete FROM report_totals) THEN '' ELSE 'defects ' END || 'patterns bigkeys ttl' ||
       CASE WHEN EXISTS (SELECT 1 FROM report_sidekiq_installations) AND (SELECT complete FROM report_totals) THEN ' sidekiq' ELSE '' END ||
       CASE WHEN EXISTS (SELECT 1 FROM main.job_systems WHERE snapshot_id IN (SELECT id FROM report_ids)) THEN ' jobs' ELSE '' END AS names;
