-- sidekiq_views.sql: what the Sidekiq report judges by.  After views.sql, TEMP like them.
-- Facts are in the sidekiq_* tables and in patterns (families); here are the rules over them: what is found, how
-- bad it is, why it is so and which setting changes it in which version.

CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_buckets AS
  SELECT * FROM main.sidekiq_buckets WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_threads AS
  SELECT * FROM main.sidekiq_threads WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_metrics AS
  SELECT * FROM main.sidekiq_metrics WHERE snapshot_id IN (SELECT id FROM report_ids);
-- Of a snapshot that is not complete nothing is lost: it may stand behind the end.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_links AS
  SELECT l.snapshot_id, l.db, l.namespace, l.link, l.entries, CASE WHEN s.complete THEN l.lost END AS lost,
         CASE WHEN s.complete THEN l.lost_without_ttl END AS lost_without_ttl, CASE WHEN s.complete THEN l.lost_bytes END AS lost_bytes, l.first_expires_at,
         CASE WHEN s.complete THEN l.lost_elements END AS lost_elements
    FROM main.sidekiq_links l JOIN report_snapshots s ON s.id = l.snapshot_id;

-- state: alive; expired (its hash is past its time and still in the file); gone (a member of processes without a hash);
-- not known: the same when the snapshot is not complete
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_processes AS
  SELECT p.*, CASE WHEN NOT p.heartbeat THEN CASE WHEN s.complete THEN 'gone' ELSE 'not known' END WHEN p.expires_at <= s.now THEN 'expired' ELSE 'alive' END AS state
    FROM main.sidekiq_processes p JOIN report_snapshots s ON s.id = p.snapshot_id;

-- The versions an installation can be of, as numbers (7.3.10 is 70310): one when its processes say it, a range when
-- only shapes tell (>= 8, 4.0-5.1), all when nothing does.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_versions AS
  WITH v AS (SELECT snapshot_id, db, namespace, version, replace(replace(version, '"', ''), '\', '') AS text FROM report_sidekiq_installations),
       parts AS (SELECT v.snapshot_id, v.db, v.namespace, ltrim(trim(j.value), '<>= ') AS text,
                        substr(trim(j.value), 1, 2) AS sign
                   FROM v, json_each('["' || replace(replace(v.text, ', ', '","'), '-', '","') || '"]') j),
       split AS (SELECT *, CAST(text AS INTEGER) AS major, instr(text, '.') AS dot, substr(text, instr(text, '.') + 1) AS rest FROM parts),
       numbers AS (SELECT *, CASE WHEN dot THEN min(CAST(rest AS INTEGER), 99) END AS minor,
                          CASE WHEN dot AND instr(rest, '.') THEN min(CAST(substr(rest, instr(rest, '.') + 1) AS INTEGER), 99) END AS patch FROM split)
  SELECT v.snapshot_id, v.db, v.namespace, v.version,
         coalesce(min(CASE WHEN n.major BETWEEN 1 AND 99 AND n.sign <> '<=' THEN n.major * 10000 + coalesce(n.minor, 0) * 100 + coalesce(n.patch, 0) END), 0) AS low,
         CASE WHEN sum(n.sign = '>=') THEN 999999 ELSE
         coalesce(max(CASE WHEN n.major BETWEEN 1 AND 99 THEN n.major * 10000 + coalesce(n.minor, 99) * 100 + coalesce(n.patch, 99) END), 999999) END AS high
    FROM v LEFT JOIN numbers n ON (n.snapshot_id, n.db, n.namespace) = (v.snapshot_id, v.db, v.namespace)
   GROUP BY v.snapshot_id, v.db, v.namespace;

-- Sidekiq's own structures and its plugins', as role_rules.c names them.  ttl: every key of it has one in all versions
-- without an old bug; ttl_text: how long.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_structures(family, part, ttl, ttl_text, remark) AS VALUES
  ('process', 'heartbeats and work', 1, '60 s', 'renewed at every beat'),
  ('process-signals', 'signals to processes', 1, '60 s', 'quiet, stop or dump, asked by the Web UI or the API'),
  ('process:super_queues', 'Pro: super_fetch', 0, '-', 'the private queues of a process'),
  ('j|[*]', 'metrics: counters', 1, '90 d', 'beta of 6.5; do not enable it there'),
  ('j|[*]|[*]', 'metrics: counters', 1, '7 d', 'beta of 6.5; do not enable it there'),
  ('j|[*]|[*]:[*]', 'metrics: counters', 1, '8 h, 3 d', 'always on from 7; goes by itself'),
  ('h|*-[*]:[*]', 'metrics: histograms', 1, '8 h', 'one a class and minute; goes by itself'),
  ('[A-Z]*-[*]:[*]', 'metrics: histograms', 1, '8 h', 'one a class and minute (24 h in 6.5); goes by itself'),
  ('[*]-marks', 'deploy marks', 1, '90 d', 'goes by itself'),
  ('deploylock-*', 'deploy marks', 1, '60 s', 'goes by itself'),
  ('it-[*]', 'iteration state', 1, '30 d', 'removed when the job completes'),
  ('profiles', 'profiles', 0, '-', 'trimmed when the list is looked at'),
  ('worker:*[*]', 'workers of 2.x', 1, '24 h', NULL),
  ('worker:*[*]:started', 'workers of 2.x', 1, '24 h', NULL),
  ('b-[*]', 'Pro: batches', 1, '30 d', 'before 2.0: 3 d'),
  ('b-[*]-jids', 'Pro: batches', 1, '30 d', 'before 2.0: 3 d'),
  ('b-[*]-failinfo', 'Pro: batches', 1, '30 d', 'grows with failing jobs; gone in Pro 8'),
  ('b-[*]-failed', 'Pro: batches', 1, '30 d', NULL),
  ('b-[*]-died', 'Pro: batches', 1, '180 d', 'Pro 4 keeps copies of dead jobs'),
  ('b-[*]-notify', 'Pro: batches', 1, '30 d', NULL),
  ('b-[*]-complete', 'Pro: batches', 1, '30 d', NULL),
  ('b-[*]-success', 'Pro: batches', 1, '30 d', NULL),
  ('b-[*]-cbsucc', 'Pro: batches', 1, '30 d', NULL),
  ('b-[*]-pending', 'Pro: batches', 1, '30 d', 'Pro 1.x; never expired before 1.2.0'),
  ('batches', 'Pro: batch indexes', 0, '-', 'one for all batches'),
  ('batch-died', 'Pro: batch indexes', 0, '-', 'cleaned only from Pro 8.1.4 on'),
  ('super_processes', 'Pro: super_fetch', 0, '-', 'names of processes'),
  ('lmtr-*', 'Enterprise: limiters', 1, '90 d', 'a limiter per user or tenant is a key for each'),
  ('unique:[*]', 'Enterprise: unique jobs', 1, 'unique_for', NULL),
  ('working:queue:*:[*]:[*]', 'GitLab fetcher', 0, '-', 'jobs at work; of dead processes until a cleanup'),
  ('reliable-fetcher-heartbeat-*', 'GitLab fetcher', 1, '60 s', NULL),
  ('reliable-fetcher-cleanup-lock', 'GitLab fetcher', 1, 'short', NULL),
  ('interrupted', 'GitLab fetcher', 0, '-', 'has a cap and an age limit of its own'),
  ('unique:keys', 'sidekiq-unique-jobs', 0, '-', 'version 6'),
  ('uniquejobs', 'sidekiq-unique-jobs', 0, '-', 'version 4: never trimmed, no longer read'),
  ('uniquejobs:digests', 'sidekiq-unique-jobs', 0, '-', 'the index of locks'),
  ('uniquejobs:expiring_digests', 'sidekiq-unique-jobs', 0, '-', 'the index of locks with a TTL'),
  ('uniquejobs:orphaned_digests', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:changelog', 'sidekiq-unique-jobs', 0, '-', 'capped at 1,000'),
  ('uniquejobs:live', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:dead', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:reaper', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:working:*', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:heartbeat:*', 'sidekiq-unique-jobs', 0, '-', NULL),
  ('uniquejobs:[*]', 'sidekiq-unique-jobs', 0, 'lock_ttl', 'none unless lock_ttl is set'),
  ('uniquejobs:[*]:*', 'sidekiq-unique-jobs', 0, 'lock_ttl', 'none unless lock_ttl is set'),
  ('sidekiq_unique:*', 'sidekiq-unique-jobs', 0, '-', 'version 3'),
  ('sidekiq:status:[*]', 'sidekiq-status', 1, '30 min', 'holds a copy of args; a large `expiration` keeps many'),
  ('cron_jobs', 'sidekiq-cron', 0, '-', 'renamed jobs stay unless loaded with load_from_hash!'),
  ('cron_jobs:*', 'sidekiq-cron', 0, '-', 'renamed jobs stay unless loaded with load_from_hash!'),
  ('cron_job:*', 'sidekiq-cron', 0, '-', 'renamed jobs stay unless loaded with load_from_hash!'),
  ('cron_job:*:enqueued', 'sidekiq-cron', 0, '-', 'members older than 24 h go at the next enqueue'),
  ('cron_job:*:jid_history', 'sidekiq-cron', 0, '-', 'ten jobs'),
  ('schedules', 'sidekiq-scheduler', 0, '-', NULL),
  ('schedules_changed', 'sidekiq-scheduler', 0, '-', 'not trimmed'),
  ('sidekiq-scheduler:states', 'sidekiq-scheduler', 0, '-', 'removed jobs stay'),
  ('sidekiq-scheduler:next_times', 'sidekiq-scheduler', 0, '-', 'removed jobs stay'),
  ('sidekiq-scheduler:last_times', 'sidekiq-scheduler', 0, '-', 'removed jobs stay'),
  ('sidekiq-scheduler:pushed:*', 'sidekiq-scheduler', 1, '24 h', NULL),
  ('sidekiq:statistic', 'sidekiq-statistic', 0, '-', 'grows with every day and class, for ever'),
  ('sidekiq:statistic:realtime:[*]', 'sidekiq-statistic', 1, '2 s', NULL),
  ('[*]:*:timeslist', 'sidekiq-statistic', 0, '-', 'up to 250,000 entries each: max_timelist_length'),
  ('limit_fetch:*:*', 'sidekiq-limit_fetch', 0, '-', 'probed and busy can keep dead ids'),
  ('limit:processes', 'sidekiq-limit_fetch', 0, '-', NULL),
  ('limit:heartbeat:[*]', 'sidekiq-limit_fetch', 1, 'short', NULL),
  ('throttled:*:concurrency*', 'sidekiq-throttled', 1, '', 'one a key suffix'),
  ('throttled:*:threshold*', 'sidekiq-throttled', 1, '', 'one a key suffix'),
  ('failed', 'sidekiq-failures', 0, '-', 'max_count is 1,000 by default; false: no cap'),
  ('BID-[*]', 'sidekiq-batch', 1, '30 d', NULL),
  ('BID-[*]-*', 'sidekiq-batch', 1, '30 d', NULL);

-- bytes: allocated ones where they are known, as in all sums.
-- Keys of Sidekiq by structure, other than the sets of jobs, the counters and the small registers.  CROSS JOIN: the
-- patterns are the outer loop, read once; there can be 65,536 of them.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_families AS
  SELECT p.snapshot_id, p.db, s.part, p.family, s.ttl, s.ttl_text, s.remark, sum(p.keys) AS keys, sum(p.bytes) AS bytes,
         sum(p.keys_without_ttl) AS keys_without_ttl, sum(p.bytes_without_ttl) AS bytes_without_ttl,
         sum(p.expired_keys) AS expired_keys, sum(p.elements) AS elements, max(p.largest_bytes) AS largest_bytes,
         min(p.first_expires_at) AS first_expires_at, max(p.last_expires_at) AS last_expires_at
    FROM (SELECT id >> 40 AS snapshot_id, db, keys, keys_without_ttl, expired_keys,
                 CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(alloc_bytes, 0) ELSE bytes END AS bytes,
                 CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(alloc_bytes_without_ttl, 0) ELSE bytes_without_ttl END AS bytes_without_ttl, elements, largest_bytes, first_expires_at, last_expires_at,
                 family || CASE WHEN family <> 'process' THEN '' WHEN pattern LIKE '%-signals' THEN '-signals' WHEN pattern LIKE '%:super_queues' THEN ':super_queues' ELSE '' END AS family
            FROM main.pattern_rows WHERE system = 'sidekiq') p CROSS JOIN report_sidekiq_structures s ON s.family = p.family
   WHERE p.snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY p.snapshot_id, p.db, p.family;

-- What changes it, in which versions (numbers as in report_sidekiq_versions; Pro and plugins have numbers of their own,
-- said in the text).  destructive: never shown for a snapshot that is not complete.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_remedies(id, low, high, versions, remedy, destructive) AS VALUES
  ('SK-01', 0, 50199, 'before 5.2', 'delete them, or give them an expiry, by the date in the name; upgrade to 5.2 or later: from there on new ones live 5 years', 1),
  ('SK-01', 50200, 999999, '5.2 and later', 'delete them, or give them an expiry, by the date in the name; new ones live 5 years', 1),
  ('SK-02', 0, 30301, '3.0 to 3.3.1', 'the limits are constants: upgrade; from 3.0.1 on sidekiq_options dead: false for classes nobody looks at', 0),
  ('SK-02', 30302, 60499, '3.3.2 to 6.4', 'Sidekiq.options[:dead_max_jobs] = 50_000, or :dead_max_jobs: in sidekiq.yml; sidekiq_options dead: false for classes nobody looks at', 0),
  ('SK-02', 60500, 60501, '6.5.0 and 6.5.1', 'Sidekiq[:dead_max_jobs] = 50_000, or config[:dead_max_jobs] in the configure block; sidekiq_options dead: false for classes nobody looks at', 0),
  ('SK-02', 60502, 69999, '6.5.2 to 6.5', 'Sidekiq[:dead_max_jobs] = 50_000, or config[:dead_max_jobs] in the configure block; sidekiq_options dead: false for classes nobody looks at, or return :discard from sidekiq_retry_in', 0),
  ('SK-02', 70000, 70304, '7.0.0 to 7.3.4', 'config[:dead_max_jobs] = 50_000 in both configure_server and configure_client; a kill by Web UI or API still trims to 9,999 before 7.3.5: upgrade; sidekiq_options dead: false for classes nobody looks at, or return :discard from sidekiq_retry_in', 0),
  ('SK-02', 70305, 999999, '7.3.5 and later', 'config[:dead_max_jobs] = 50_000 in both configure_server and configure_client; sidekiq_options dead: false for classes nobody looks at, or return :discard from sidekiq_retry_in', 0),
  ('SK-03', 0, 999999, 'all', 'as for SK-02', 0),
  ('SK-04', 0, 60401, 'before 6.4.2', 'backtrace: false, or a small number of lines, in sidekiq_options of the class or in Sidekiq.default_worker_options; the default is off', 0),
  ('SK-04', 60402, 70099, '6.4.2 to 7.0', 'backtrace: false, or a small number of lines, in sidekiq_options of the class or in Sidekiq.default_job_options; the default is off', 0),
  ('SK-04', 70100, 999999, '7.1 and later', 'backtrace: false, or a small number of lines, in sidekiq_options of the class or in Sidekiq.default_job_options (the default is off), or config[:backtrace_cleaner], which is that of Rails where there is one', 0),
  ('SK-05', 0, 999999, 'all', 'start processes: they move due jobs to their queues; is one alive, its Redis connection pool may be too small', 0),
  ('SK-06', 0, 999999, 'all', 'more threads or processes for this queue, or fewer of the slow jobs in it', 0),
  ('SK-07', 0, 69999, 'before 7', 'add the queue to a process: -q, or :queues: in sidekiq.yml', 0),
  ('SK-07', 70000, 999999, '7 and later', 'add the queue to a process: -q, :queues: in sidekiq.yml, or a capsule (config.capsule)', 0),
  ('SK-09', 0, 30205, 'before 3.2.6', 'open the Web UI', 0),
  ('SK-09', 30206, 50199, '3.2.6 to 5.1', 'open the Web UI, or call Sidekiq::ProcessSet.cleanup in a periodic task', 0),
  ('SK-09', 50200, 999999, '5.2 and later', 'open the Web UI, or call Sidekiq::ProcessSet.new.cleanup in a periodic task', 0),
  ('SK-10', 0, 40101, 'up to 4.1.1', 'upgrade to 4.1.2 or later, which set a TTL; then delete these', 1),
  ('SK-10', 40102, 999999, '4.1.2 and later', 'every version from 4.1.2 on sets a TTL: these are remnants or of other code; delete them after a look', 1),
  ('SK-11', 0, 69999, 'before 7', 'when nothing uses the namespace any more: delete it after review', 1),
  ('SK-11', 70000, 999999, '7 and later', 'Sidekiq 7 has no namespaces: when the move to a database of its own is over, delete it after review', 1),
  ('SK-12', 0, 60399, 'before 6.4', 'pass ids, not objects', 0),
  ('SK-12', 60400, 69999, '6.4 and 6.5', 'pass ids, not objects; Sidekiq.strict_args! makes types that are not JSON an error (by default a warning), but no size', 0),
  ('SK-12', 70000, 999999, '7 and later', 'pass ids, not objects; types that are not JSON are an error by default (strict_args!), but no size is', 0),
  ('SK-13', 0, 39999, 'before 4', 'make the job unique (unique: of sidekiq-unique-jobs) where running it once is enough', 0),
  ('SK-13', 40000, 999999, '4 and later', 'make the job unique (unique_for of Enterprise, lock: of sidekiq-unique-jobs 6 and later) where running it once is enough', 0),
  ('SK-14', 0, 999999, 'all', 'perform_at takes seconds: check for milliseconds', 0),
  ('SK-15', 0, 999999, 'all', 'find what writes there: Sidekiq moves what is no JSON to dead and cannot run it', 0),
  ('SK-16', 0, 999999, 'all', 'keep the old class name as an alias until these jobs are gone', 0),
  ('SK-17', 0, 999999, 'all', 'look at the thread: a TTIN signal to the process logs its backtrace', 0),
  ('SK-18', 0, 70299, 'before 7.3', 'iteration is not in this version: the keys are of another', 0),
  ('SK-18', 70300, 79999, '7.3', 'none needed: they go 30 d after their last flush', 0),
  ('SK-18', 80000, 999999, '8', 'none needed: they go 30 d after they were begun', 0),
  ('SP-01', 0, 999999, 'all', 'start one process that serves the queue: it recovers them at boot; upgrade Pro', 0),
  ('SF-01', 0, 999999, 'all', 'start one process with the same fetcher: it puts such jobs back to their queues when it cleans up, at most once an hour (cleanup_interval)', 0),
  ('SC-01', 0, 999999, 'all', 'remove definitions that are no longer wanted: Sidekiq::Cron::Job.destroy(name), or load_from_hash! and load_from_array!, which remove what is not in the list', 0),
  ('SP-02', 0, 69999, 'Pro before 7', 'upgrade Pro; batches live 30 d from Pro 2.0 on: delete what is older', 1),
  ('SP-02', 70000, 999999, 'Pro 7 and 8', 'not of this version: delete what is older than 30 d', 1),
  ('SP-03', 0, 999999, 'all', 'the callbacks never fire: jobs were lost, or failed with retry: false', 0),
  ('SP-04', 0, 79999, 'Pro before 8', 'upgrade to Pro 8, which keeps ids only', 0),
  ('SP-04', 80000, 999999, 'Pro 8', 'of an older Pro: it goes with its batch', 0),
  ('SP-05', 0, 999999, 'all', 'Pro 8.1.4 and later clean it', 0),
  ('SE-01', 0, 999999, 'all', 'ttl: on the limiter, as one day', 0),
  ('SE-02', 0, 999999, 'all', 'delete them: they block new jobs', 1),
  ('SU-01', 0, 999999, 'all', 'UNLINK it: a remnant of sidekiq-unique-jobs 4, not written from 5.0.11 on', 1),
  ('SU-02', 0, 999999, 'all', 'set lock_ttl; raise reaper_count (1,000 digests in 600 s by default), both in SidekiqUniqueJobs.configure', 0),
  ('SU-03', 0, 999999, 'all', 'sidekiq-unique-jobs 7.1.26 to 8.1.0 write scores with ms as s: ZREM such members, and move off these versions', 1),
  ('SU-04', 0, 999999, 'all', 'delete the digest (Web UI of the plugin), set lock_ttl; not for lock: :until_expired, whose purpose it is', 1),
  ('SU-05', 0, 999999, 'all', 'UNLINK those whose <digest>:LOCKED is not there', 1),
  ('SK-20', 0, 999999, 'all', 'maxmemory-policy noeviction here, and the cache on a server of its own', 0),
  ('SS-01', 0, 999999, 'all', 'lower max_timelist_length, then delete the lists', 1);

-- How long each thing is kept, and what changes that in which versions, whether or not there is something to find.
-- subject: 'retry', 'stats', 'metrics', 'batches'.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_settings(subject, low, high, versions, setting) AS VALUES
  ('retry', 0, 49999, 'before 5', 'sidekiq_options retry: N of a class; for all, max_retries: N of the middleware Sidekiq::Middleware::Server::RetryJobs'),
  ('retry', 50000, 60499, '5.0 to 6.4', 'sidekiq_options retry: N of a class; for all, Sidekiq.options[:max_retries] = N'),
  ('retry', 60500, 69999, '6.5', 'sidekiq_options retry: N of a class; for all, config[:max_retries] = N in configure_server'),
  ('retry', 70000, 70102, '7.0.0 to 7.1.2', 'sidekiq_options retry: N of a class; for all, config[:max_retries] = N in configure_server'),
  ('retry', 70103, 999999, '7.1.3 and later', 'sidekiq_options retry: N, or retry_for: seconds, of a class; for all, config[:max_retries] = N in configure_server'),
  ('stats', 20600, 21202, '2.6.0 to 2.12.2', 'no TTL: an upgrade gives one to new ones'),
  ('stats', 21203, 29999, '2.12.3 to 2.x', '180 d, a constant'),
  ('stats', 30000, 39999, '3', '5 years, a constant'),
  ('stats', 40000, 50199, '4.0 to 5.1', 'no TTL: 5.2 and later give 5 years to new ones'),
  ('stats', 50200, 999999, '5.2 and later', '5 years, a constant'),
  ('metrics', 60500, 69999, '6.5', '8 h, 7 d and 90 d: an experiment of 6.5.2 and later; do not enable it'),
  ('metrics', 70000, 79999, '7', '8 h, always on'),
  ('metrics', 80000, 999999, '8', '8 h and 3 d, always on'),
  ('batches', 0, 49999, 'Pro up to 3', '30 d from Pro 2.0 on; 24 h after success from Pro 3.3.0 on, one linger for all batches from 3.3.2 on'),
  ('batches', 50000, 59999, 'Pro 4', '30 d, 24 h after success: one linger for all batches'),
  ('batches', 60000, 80103, 'Pro 5.2.1 to 8.1.3', '30 d, 24 h after success: linger of a batch'),
  ('batches', 80104, 999999, 'Pro 8.1.4 and later', '30 d, 24 h after success: linger of a batch, 30 s at least');

-- Each rule over each thing it can be about: value against threshold, both in what the rule counts.  It is found when
-- value > threshold; a report with thresholds of its own compares again.
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_findings AS
WITH s AS MATERIALIZED (SELECT x.*, x.jobs IN (9999, 10000) OR x.jobs + 1 IN (500, 1000, 2000, 2500, 3000, 5000, 20000, 25000, 30000, 50000, 100000, 200000, 250000, 500000, 1000000) AS is_capped,
                  n.now, n.complete AND n.filter IS NULL AS is_whole FROM report_sidekiq_sets x JOIN report_snapshots n ON n.id = x.snapshot_id),
     f AS MATERIALIZED (SELECT * FROM report_sidekiq_families),
     alive AS MATERIALIZED (SELECT * FROM report_sidekiq_processes WHERE state = 'alive'),
     served AS MATERIALIZED (SELECT DISTINCT a.snapshot_id, a.db, a.namespace, j.value AS queue FROM alive a, json_each(coalesce(a.queues, '[]')) j WHERE j.type = 'text'),
     jobs AS MATERIALIZED (SELECT snapshot_id, db, namespace, class, sum(jobs) AS jobs, sum(bytes) AS bytes, sum(args_bytes) AS args_bytes, max(largest_args_bytes) AS largest_args_bytes
                FROM report_sidekiq_jobs WHERE class <> '(unparsable)' GROUP BY 1, 2, 3, 4),
     locks AS MATERIALIZED (SELECT id >> 40 AS snapshot_id, db, coalesce(sum(keys) FILTER (WHERE pattern LIKE '%:LOCKED'), 0) AS locked,
                      coalesce(sum(keys_without_ttl) FILTER (WHERE pattern LIKE '%:INFO'), 0) AS info, coalesce(sum(keys_without_ttl) FILTER (WHERE pattern LIKE '%:QUEUED'), 0) AS queued,
                      coalesce(sum(keys_without_ttl) FILTER (WHERE pattern LIKE '%:PRIMED'), 0) AS primed
                 FROM main.pattern_rows WHERE family = 'uniquejobs:[*]:*' AND system = 'sidekiq' AND id >> 40 IN (SELECT id FROM report_ids WHERE EXISTS (SELECT 1 FROM report_sidekiq_installations)) GROUP BY 1, 2),
     others AS MATERIALIZED (SELECT id >> 40 AS snapshot_id, db, sum(keys - keys_without_ttl) AS keys_with_ttl, sum(CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN alloc_bytes - alloc_bytes_without_ttl ELSE bytes - bytes_without_ttl END) AS bytes_with_ttl
                 FROM main.pattern_rows WHERE system IS NOT 'sidekiq' AND id >> 40 IN (SELECT id FROM report_ids WHERE EXISTS (SELECT 1 FROM report_sidekiq_installations)) GROUP BY 1, 2),
     found(id, severity, snapshot_id, db, namespace, subject, count, bytes, value, threshold, what, cause) AS (
  SELECT 'SK-01', 'C', snapshot_id, db, namespace, 'dated stat keys', sum(dated_keys_without_ttl), sum(dated_size_bytes_without_ttl), sum(dated_keys_without_ttl), 0,
         count_text(sum(dated_keys_without_ttl), 'dated stat key never expires|dated stat keys never expire') || ', days ' || min(nullif(first_day_without_ttl, '')) || ' to ' || max(last_day_without_ttl),
         'Sidekiq 4.0 to 5.1 (or before 2.12.3) wrote them without a TTL; an upgrade does not touch old ones. Only the history graph of the Web UI reads them, at most 180 days back. Never delete stat:processed and stat:failed, which hold the totals'
    FROM report_sidekiq_stats WHERE dated_keys_without_ttl > 0 GROUP BY 3, 4, 5
  UNION ALL
  SELECT 'SK-02', 'A', snapshot_id, db, namespace, 'dead', jobs, bytes, jobs, jobs - is_capped,
         CASE WHEN jobs IN (9999, 10000) THEN 'dead is full' ELSE 'dead looks capped' END || ': ' || count_text(jobs, 'job') || '; it reaches back only ' || human_duration(last_score_at - first_score_at),
         'each new death drops the oldest job without a trace: the set settles at dead_max_jobs - 1' || CASE WHEN jobs IN (9999, 10000) THEN ' (default 10,000)' ELSE '' END ||
         '. First mend the errors that fill it'
    FROM s WHERE kind = 'dead'
  UNION ALL  -- its values are minus the seconds that dead reaches back, because less is worse
  SELECT 'SK-03', 'A', snapshot_id, db, namespace, 'dead', jobs, bytes, (first_score_at - last_score_at) / 1000, CASE WHEN is_capped THEN -604800 ELSE 0 END,
         'dead keeps what died in the last ' || human_duration(last_score_at - first_score_at) || ' only: less than a week to look at a failure',
         'so many jobs die that the limit is reached long before 180 d are over'
    FROM s WHERE kind = 'dead' AND jobs > 1
  UNION ALL
  SELECT 'SK-04', 'C', snapshot_id, db, namespace, 'backtraces', sum(jobs), sum(backtrace_bytes), pct(sum(backtrace_bytes), sum(bytes)), 30,
         printf('backtraces are %.0f %% of the bytes of retry and dead', pct(sum(backtrace_bytes), sum(bytes))), 'a class has backtrace: true, or a large number of lines'
    FROM report_sidekiq_jobs WHERE kind IN ('retry', 'dead') GROUP BY 3, 4, 5
  UNION ALL
  SELECT 'SK-05', 'A', s.snapshot_id, s.db, s.namespace, s.kind, b.jobs, NULL, (s.now - s.first_score_at) / 1000, CASE WHEN b.jobs > 100 THEN 60 ELSE 300 END,
         coalesce(count_text(b.jobs, 'job'), 'jobs') || ' of ' || s.kind || ' overdue, the first by ' || human_duration(s.now - s.first_score_at),
         CASE WHEN EXISTS (SELECT 1 FROM alive a WHERE (a.snapshot_id, a.db, a.namespace) = (s.snapshot_id, s.db, s.namespace)) THEN 'processes live, but do not keep up, or cannot reach Redis'
              WHEN NOT s.is_whole THEN 'whether a process lives is not known, because not all keys were looked at' ELSE 'no process was alive to move them to their queues' END
    FROM s LEFT JOIN report_sidekiq_buckets b ON (b.snapshot_id, b.db, b.namespace, b.kind) = (s.snapshot_id, s.db, s.namespace, s.kind) AND b.measure = 'due' AND b.bucket_order = 0
   WHERE s.kind IN ('schedule', 'retry') AND s.first_score_at < s.now - 60000
  UNION ALL
  SELECT 'SK-06', 'A', snapshot_id, db, namespace, 'queue:' || name, jobs, bytes, latency_ms / 1000, 3600,
         'the next job of queue:' || name || ' has waited ' || human_duration(latency_ms) || '; ' || count_text(jobs, 'job') || ' in it',
         'jobs come faster than they are done, or nothing works on the queue'
    FROM s WHERE kind = 'queue' AND NOT private AND NOT paused AND latency_ms > 0
  UNION ALL
  SELECT 'SK-07', 'A', snapshot_id, db, namespace, 'queue:' || name, jobs, bytes, jobs, 0,
         'no live process serves queue:' || name || ': ' || count_text(jobs, 'job'), 'the queue is in no living process'' list of queues'
    FROM s WHERE is_whole AND kind = 'queue' AND jobs > 0 AND NOT private AND NOT paused
     AND EXISTS (SELECT 1 FROM served v WHERE (v.snapshot_id, v.db, v.namespace) = (s.snapshot_id, s.db, s.namespace))
     AND NOT EXISTS (SELECT 1 FROM served v WHERE (v.snapshot_id, v.db, v.namespace, v.queue) = (s.snapshot_id, s.db, s.namespace, s.name))
  UNION ALL
  SELECT 'SK-08', 'I', snapshot_id, db, namespace, 'queue:' || name, jobs, bytes, jobs, 0,
         'queue:' || name || ' is paused, with ' || count_text(jobs, 'job'), 'somebody paused it (Pro)'
    FROM s WHERE kind = 'queue' AND jobs > 0 AND paused
  UNION ALL
  SELECT 'SK-09', 'C', snapshot_id, db, namespace, 'processes', sum(state IN ('gone', 'expired')), NULL, sum(state IN ('gone', 'expired')), 0,
         human_count(sum(state IN ('gone', 'expired'))) || ' of ' || human_count(count(*)) || ' members of processes have no live heartbeat',
         'a crash, an OOM kill or a lost node leaves them; only reading the list (Web UI, API) removes them. A few bytes: noise'
    FROM report_sidekiq_processes WHERE member GROUP BY 3, 4, 5 HAVING sum(state IN ('gone', 'expired')) > 0
  UNION ALL
  SELECT 'SK-10', 'C', snapshot_id, db, '', f.part, keys_without_ttl, bytes_without_ttl, keys_without_ttl, 0,
         count_text(keys_without_ttl, 'key') || ' without TTL: ' || f.part, 'every version sets a TTL there' || CASE f.family WHEN 'process' THEN ', but 4.0.0 to 4.1.1 for work hashes' ELSE '' END || ': an old bug, or other code'
    FROM f WHERE ttl AND keys_without_ttl > 0 AND part NOT IN ('Pro: batches', 'Enterprise: limiters', 'Enterprise: unique jobs')
  UNION ALL
  SELECT 'SK-11', 'C', i.snapshot_id, i.db, i.namespace, i.namespace, 1,
         coalesce((SELECT sum(bytes) FROM s WHERE (s.snapshot_id, s.db, s.namespace) = (i.snapshot_id, i.db, i.namespace)), 0) + t.bytes,
         t.age_days, 30, 'namespace ' || i.namespace || ' looks abandoned: no live process, newest counter ' || t.last_day,
         'nobody wrote a counter for ' || CAST(t.age_days AS INTEGER) || ' days'
    FROM report_sidekiq_installations i JOIN (
           SELECT x.snapshot_id, x.db, x.namespace, max(x.last_day) AS last_day, sum(x.dated_size_bytes) AS bytes,
                  n.now / 86400000.0 - (julianday(max(x.last_day)) - 2440587.5) AS age_days
             FROM report_sidekiq_stats x JOIN report_snapshots n ON n.id = x.snapshot_id GROUP BY 1, 2, 3) t
         ON (t.snapshot_id, t.db, t.namespace) = (i.snapshot_id, i.db, i.namespace)
   WHERE i.namespace <> '' AND i.live_processes = 0 AND t.age_days IS NOT NULL AND (SELECT n.complete AND n.filter IS NULL FROM report_snapshots n WHERE n.id = i.snapshot_id)
  UNION ALL
  SELECT 'SK-12', 'B', snapshot_id, db, namespace, class, jobs, args_bytes, max(args_bytes / jobs, CASE WHEN largest_args_bytes > 1048576 THEN largest_args_bytes ELSE 0 END), 10240,
         class || ': arguments of ' || human_bytes(args_bytes / jobs) || ' on average, ' || human_bytes(largest_args_bytes) || ' at most, in ' || count_text(jobs, 'job'),
         'whole objects or documents are passed as arguments' FROM jobs WHERE jobs > 0
  UNION ALL
  SELECT 'SK-13', 'C', snapshot_id, db, namespace, 'queue:' || name, duplicates, NULL, 100.0 * duplicates / jobs, 20,
         printf('%.0f %% of queue:%s is there twice or more: ', 100.0 * duplicates / jobs, name) || count_text(duplicates, 'job') || ' with class and arguments of another',
         'the same job is enqueued again before it has run' FROM s WHERE kind = 'queue' AND duplicates > 0 AND jobs > 0
  UNION ALL
  SELECT 'SK-14', 'I', snapshot_id, db, namespace, kind, jobs, NULL, jobs, 0, count_text(jobs, 'job') || ' of ' || kind || ' due more than a year from now', 'often milliseconds given as seconds'
    FROM report_sidekiq_buckets WHERE measure = 'due' AND bucket_order = 7
  UNION ALL
  SELECT 'SK-15', 'A', snapshot_id, db, namespace, kind || ' ' || name, unparsable, NULL, unparsable, 0,
         human_count(unparsable) || ' entries of ' || CASE kind WHEN 'queue' THEN 'queue:' || name ELSE name END || ' are no jobs', 'not JSON, or without class or jid' FROM s WHERE unparsable > 0
  UNION ALL
  SELECT 'SK-17', 'A', t.snapshot_id, t.db, t.namespace, t.class, count(*), NULL, (n.now - min(t.run_at)) / 1000, 3600,
         human_count(count(*)) || ' threads at ' || CASE t.class WHEN '' THEN '(class not readable)' ELSE t.class END || ', the longest for ' || human_duration(n.now - min(t.run_at)), 'a slow job, or a thread that hangs'
    FROM report_sidekiq_threads t JOIN report_snapshots n ON n.id = t.snapshot_id JOIN alive a USING (snapshot_id, db, namespace, identity) WHERE t.run_at IS NOT NULL GROUP BY 3, 4, 5, 6
  UNION ALL
  SELECT 'SK-18', 'C', snapshot_id, db, namespace, 'iterations', lost, lost_bytes, lost, 0, human_count(lost) || ' iteration states (it-*) of ' || human_count(entries) || ' have no job any more', 'the job was deleted or lost in the middle of its iteration'
    FROM report_sidekiq_links WHERE link = 'iteration' AND lost > 0
  UNION ALL
  SELECT 'SK-19', 'I', snapshot_id, db, namespace, 'queue:' || name, jobs, bytes, jobs, 0, 'queue:' || name || ' is not in the set queues: the Web UI does not show it', 'something pushed to the list itself, or the queue was removed there'
    FROM s WHERE is_whole AND kind = 'queue' AND jobs > 0 AND NOT registered AND NOT private
  UNION ALL
  SELECT 'SP-01', 'A', snapshot_id, db, namespace, 'private queues', sum(jobs), sum(bytes), sum(jobs), 0, count_text(sum(jobs), 'job lies|jobs lie') || ' in ' || count_text(count(*), 'private queue') || ' of processes that are gone', 'super_fetch moves a job there while it runs; its process died'
    FROM s WHERE is_whole AND private AND jobs > 0 AND NOT EXISTS (SELECT 1 FROM alive a WHERE (a.snapshot_id, a.db, a.namespace) = (s.snapshot_id, s.db, s.namespace) AND instr(s.name, a.identity) = 4) GROUP BY 3, 4, 5
  UNION ALL
  SELECT 'SF-01', 'A', snapshot_id, db, namespace, 'working queues', lost_elements, lost_bytes, lost_elements, 0,
         human_count(lost_elements) || CASE lost_elements WHEN 1 THEN ' job lies' ELSE ' jobs lie' END || ' in ' || human_count(lost) || CASE lost WHEN 1 THEN ' working queue' ELSE ' working queues' END || ' (working:queue:*) of processes that are gone',
         'GitLab''s fetcher moves a job there while it runs; its process has no reliable-fetcher-heartbeat-* any more (60 s)'
    FROM report_sidekiq_links WHERE link = 'working' AND lost > 0
  UNION ALL
  SELECT 'SC-01', 'I', snapshot_id, db, namespace, 'cron jobs', lost, NULL, lost, 0,
         human_count(lost) || ' of ' || human_count(entries) || ' cron jobs that ran three times and more a day did not for ten times their usual gap', 'the job is disabled, its schedule was changed, or no process with sidekiq-cron is alive'
    FROM report_sidekiq_links WHERE link = 'cron' AND lost > 0
  UNION ALL
  SELECT 'SP-02', 'B', snapshot_id, db, '', 'batches', sum(keys_without_ttl), sum(bytes_without_ttl), sum(keys_without_ttl), 0, count_text(sum(keys_without_ttl), 'key') || ' of batches (b-*) without TTL', 'an old bug of Pro (b-<bid>-pending before 1.2.0; b-<bid>-notify when the status is deleted in its own callback), or other code'
    FROM f WHERE part = 'Pro: batches' GROUP BY 3, 4 HAVING sum(keys_without_ttl) > 0
  UNION ALL
  SELECT 'SP-03', 'A', l.snapshot_id, l.db, l.namespace, 'batches', l.lost, l.lost_bytes, (n.now + 2592000000 - coalesce(l.first_expires_at, n.now)) / 86400000, 7, human_count(l.lost) || ' batches wait for jobs that are nowhere', 'their jobs were lost or deleted: the callbacks never fire'
    FROM report_sidekiq_links l JOIN report_snapshots n ON n.id = l.snapshot_id WHERE l.link = 'batch jids' AND l.lost > 0
  UNION ALL
  SELECT 'SP-04', 'B', snapshot_id, db, '', 'failinfo', keys, bytes, largest_bytes, 10485760, 'the largest b-<bid>-failinfo has ' || human_bytes(largest_bytes), 'it keeps the error of every failed job of the batch' FROM f WHERE family = 'b-[*]-failinfo'
  UNION ALL
  SELECT 'SP-05', 'C', snapshot_id, db, namespace, 'batch-died', lost, NULL, lost, 0, human_count(lost) || ' of ' || human_count(entries) || ' members of batch-died have no batch any more', 'it is cleaned only from Pro 8.1.4 on' FROM report_sidekiq_links WHERE link = 'batch-died' AND lost > 0
  UNION ALL
  SELECT 'SE-01', 'B', snapshot_id, db, '', 'limiters', keys, bytes, CASE WHEN keys_without_ttl > 0 THEN 100000 + keys_without_ttl ELSE keys END, 100000, count_text(keys, 'key') || ' of limiters, ' || human_count(keys_without_ttl) || ' without TTL', 'a limiter made per user or tenant: a key for each, for 90 d' FROM f WHERE family = 'lmtr-*'
  UNION ALL
  SELECT 'SE-02', 'A', snapshot_id, db, '', 'unique locks', keys_without_ttl, bytes_without_ttl, keys_without_ttl, 0, human_count(keys_without_ttl) || ' unique locks have no TTL', 'they block new jobs of the kind for ever' FROM f WHERE family = 'unique:[*]' AND keys_without_ttl > 0
  UNION ALL
  SELECT 'SU-01', 'B', snapshot_id, db, '', 'uniquejobs', elements, bytes, keys, 0, 'the hash uniquejobs has ' || count_text(elements, 'field') || ' that nothing reads', 'sidekiq-unique-jobs 4 to 5.0.10 never trimmed it' FROM f WHERE family = 'uniquejobs'
  UNION ALL
  SELECT 'SU-02', 'B', snapshot_id, db, namespace, 'digests', lost, NULL, lost, 0, human_count(lost) || ' of ' || human_count(entries) || ' digests have no lock any more', 'the reaper does not keep up: 1,000 digests every 600 s by default' FROM report_sidekiq_links WHERE link = 'digests' AND lost > 0
  UNION ALL
  SELECT 'SU-03', 'B', snapshot_id, db, namespace, 'expiring digests', lost, NULL, lost, 0, human_count(lost) || ' expiring digests lie in the future, but their locks are gone', 'the score is the time in seconds plus the TTL in milliseconds: members outlive their locks a thousand times' FROM report_sidekiq_links WHERE link = 'expiring digests' AND lost > 0
  UNION ALL
  SELECT 'SU-04', 'A', snapshot_id, db, namespace, 'locks', lost_without_ttl, NULL, lost_without_ttl, 0, count_text(lost_without_ttl, 'lock without TTL is|locks without TTL are') || ' of jobs that are nowhere: they block new ones', 'the job was lost or deleted (crash, cleared queue) and its lock stayed' FROM report_sidekiq_links WHERE link = 'lock' AND lost_without_ttl > 0
  UNION ALL  -- a digest has at most one key of each kind: what is more than the locks has none
  SELECT 'SU-05', 'B', l.snapshot_id, l.db, '', 'keys of locks', max(info - locked, 0) + max(queued - locked, 0) + max(primed - locked, 0), NULL, max(info - locked, 0) + max(queued - locked, 0) + max(primed - locked, 0), 100,
         'at least ' || count_text(max(info - locked, 0) + max(queued - locked, 0) + max(primed - locked, 0), 'key') || ' :INFO, :QUEUED or :PRIMED of sidekiq-unique-jobs without TTL and lock',
         'there are fewer :LOCKED keys than those; what remains of a lock that is gone is never read again'
    FROM locks l JOIN report_snapshots n ON n.id = l.snapshot_id WHERE n.complete AND n.filter IS NULL AND max(info, queued, primed) > locked
  UNION ALL
  SELECT 'SK-20', 'I', o.snapshot_id, o.db, '', 'keys with a TTL', keys_with_ttl, bytes_with_ttl, keys_with_ttl, 10000,
         'db ' || o.db || ' is shared with ' || count_text(keys_with_ttl, 'key') || ' with a TTL, not Sidekiq''s', 'a cache wants a server that evicts, Sidekiq one that never does (maxmemory-policy noeviction): where one server has both, jobs can be evicted or cannot be enqueued. The file does not hold the policy'
    FROM others o WHERE (o.snapshot_id, o.db) IN (SELECT snapshot_id, db FROM report_sidekiq_installations)
  UNION ALL
  SELECT 'SS-01', 'B', snapshot_id, db, '', 'timeslist', keys, bytes, keys, 0, count_text(keys, 'list') || ' of run times of sidekiq-statistic', 'a list a class and day, without TTL, of up to 250,000 entries' FROM f WHERE family = '[*]:*:timeslist')
  -- Sums of many keys are of what the allocator gives, those of queues and sets what MEMORY USAGE says: each has its base.
  SELECT *, value > threshold AS is_found,
         pct(bytes, (SELECT CASE WHEN id IN ('SK-01', 'SK-10', 'SP-02', 'SP-04', 'SE-01', 'SE-02', 'SU-01', 'SK-20', 'SS-01') THEN size_bytes ELSE bytes END FROM report_totals)) AS share_pct FROM found;
