-- title: Job queues, caches, sessions
-- about: Resque, BullMQ, Celery, RQ, Dramatiq, Laravel, Hangfire, asynq, Faktory, caches, sessions: queues, TTLs, findings.
-- param: top = 15
-- param: kept_jobs = 10000
-- param: kept_days = 7
-- param: resque_failed = 10000
-- param: resque_failed_bytes = 10485760
-- param: reply_messages = 1000
-- param: rq_failed = 10000
-- param: tag_entries = 100000
-- param: tag_expired_pct = 50
-- param: horizon_minutes = 60
-- param: horizon_tag_jobs = 100000
-- param: hangfire_failed = 10000
-- param: horizon_failed_minutes = 10080
-- param: cache_no_ttl_pct = 10
-- applies: EXISTS (SELECT 1 FROM report_job_families)

-- section: systems | Systems
-- caption: Found by the structure of their keys, not by a name alone. SHARE: of all bytes.
-- note: None in this snapshot: no key has the structure of a job queue (Sidekiq has a report of its own), cache or session store known here.
-- column: version_text = VERSION
-- column: share_pct = SHARE
-- column: keys_without_ttl = NO-TTL KEYS
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: bytes = -
-- column: size_bytes = SIZE
SELECT f.db, f.system,
       coalesce((SELECT group_concat(version, ', ') FROM (SELECT DISTINCT version FROM report_job_systems v
                  WHERE v.db = f.db AND v.system = f.system AND version IS NOT NULL ORDER BY version)), '') AS version_text,
       sum(f.keys) AS keys, sum(f.bytes) AS bytes, sum(f.size_bytes) AS size_bytes,
       pct(sum(f.size_bytes), (SELECT size_bytes FROM report_totals)) AS share_pct,
       sum(f.keys_without_ttl) AS keys_without_ttl, sum(f.size_bytes_without_ttl) AS size_bytes_without_ttl
  FROM report_job_families f GROUP BY f.db, f.system ORDER BY sum(f.size_bytes) DESC, f.db, f.system;

-- section: filtered |
-- line: Queues, states, classes and most findings are not known under a filter: they are figures of many keys together. What follows is of the keys that passed.
SELECT filter FROM report_snapshots WHERE filter IS NOT NULL AND EXISTS (SELECT 1 FROM report_job_families) LIMIT 1;

-- section: findings | Findings
-- note: None of the known problems of these systems is proven by this snapshot.
-- doubt: EXISTS (SELECT 1 FROM report_defects WHERE code = 'limit' AND message GLOB 'job queues:*') OR EXISTS (SELECT 1 FROM report_snapshots WHERE filter IS NOT NULL OR NOT complete) | Nothing was found in what could be counted; there may be problems in the rest.
-- line: {id}  {severity_text}: {what}
-- line:   {cause_text}
-- line:   Remedy: {remedy_text}
-- line:   No remedy is shown, because the snapshot is not complete.{?is_incomplete}
WITH q AS (SELECT j.*, s.now, s.now - j.oldest_at AS age_ms,
                  'db ' || j.db || CASE WHEN j.prefix = '' THEN '' ELSE ' ' || j.prefix END AS place
             FROM report_job_queues j JOIN report_snapshots s ON s.id = j.snapshot_id),
     kept AS (SELECT system, place, queue, sum(jobs) AS jobs, sum(bytes) AS bytes, max(age_ms) AS age_ms
                FROM q WHERE system IN ('bull', 'bullmq', 'bee-queue') AND state IN ('completed', 'succeeded', 'failed')
               GROUP BY snapshot_id, system, place, queue
              HAVING sum(jobs) > :kept_jobs OR max(age_ms) > :kept_days * 86400000),
     found AS (
  SELECT 'BM-01' AS id, 'B' AS severity, system, place, sum(jobs) AS count, sum(bytes) AS bytes,
         human_count(sum(jobs)) || ' finished jobs kept in ' || count(*) || CASE count(*) WHEN 1 THEN ' queue' ELSE ' queues' END ||
         ', the oldest finished ' || coalesce(human_duration(max(age_ms)) || ' before the save', 'at a time the file does not tell') AS what,
         'By default every completed and failed job is kept for ever.' AS cause,
         CASE system WHEN 'bee-queue' THEN 'set removeOnSuccess and removeOnFailure in the queue''s settings; this holds for new jobs.'
         ELSE 'give removeOnComplete and removeOnFail to new jobs (a count, or ' || CASE system WHEN 'bull' THEN 'since Bull 4.4 ' ELSE '' END ||
              '{age, count}); older ones go with queue.clean(). An age limit is only looked at when another job finishes.' END AS remedy
    FROM kept GROUP BY system, place
  UNION ALL
  SELECT 'BM-02', 'B', system, place, sum(jobs), sum(bytes),
         count_text(sum(jobs), 'job is|jobs are') || ' in no list or set of their queue',
         'Nothing will run or remove them: a worker or a clean-up was interrupted, or a state was deleted by hand.',
         CASE WHEN system = 'rq' THEN 'look at one with Job.fetch(); delete them through RQ when they are not needed.'
         WHEN system NOT IN ('bull', 'bullmq') THEN 'look at some of them before any is deleted: they may be work that was never done.'
         WHEN system = 'bullmq' THEN 'check them by id; BullMQ 5.70.2 and later has queue.removeOrphanedJobs().'
         ELSE 'check them by id; those that are not needed go with job.remove().' END
    FROM q WHERE state = 'orphan' GROUP BY system, place
  UNION ALL
  SELECT 'BM-03', 'A', system, place, sum(without_lock), NULL,
         human_count(sum(without_lock)) || ' active jobs have no lock: their worker is gone, or froze',
         'A worker renews the lock of its job; these locks have run out. The next worker that checks for stalled jobs takes them back or fails them.',
         'see that a worker of the queue runs; keep jobs from blocking the event loop, or raise lockDuration.'
    FROM q WHERE without_lock > 0 AND system IN ('bull', 'bullmq') GROUP BY system, place
  UNION ALL
  SELECT 'RS-01', 'B', system, place, jobs, bytes, human_count(jobs) || ' failed jobs of ' || human_bytes(bytes) || coalesce(', the first ' || human_duration(age_ms) || ' before the save', ''),
         'Resque never removes a failed job by itself, and each keeps its backtrace.',
         'clear the list regularly through Resque (Resque::Failure), or use a retry plugin with an expiry.'
    FROM q WHERE system = 'resque' AND state = 'failed' AND (jobs > :resque_failed OR bytes > :resque_failed_bytes)
  UNION ALL
  SELECT 'RS-02', 'B', system, place, missing, NULL, human_count(missing) || ' entries of timestamps:* name a list delayed:* that is not there',
         'The scheduler stores each delayed job a second time in a key name, and leaves these behind when a run is interrupted.',
         'a newer resque-scheduler.'
    FROM q WHERE system = 'resque' AND state = 'timestamps' AND missing > 0
  UNION ALL
  SELECT 'CE-01', 'B', system, 'db ' || db, sum(keys_without_ttl), sum(size_bytes_without_ttl), human_count(sum(keys_without_ttl)) || ' task results never expire',
         'result_expires was None or 0 where they were stored (the default is one day).',
         'set result_expires; for tasks whose result nobody reads, ignore_result=True. This holds for new results.'
    FROM report_job_families WHERE system = 'celery' AND family GLOB 'celery-task*meta-*' GROUP BY db HAVING sum(keys_without_ttl) > 0
  UNION ALL
  SELECT 'CE-02', 'A', system, place, overdue, NULL, human_count(overdue) || ' messages were delivered more than an hour ago and not acknowledged',
         'Their worker is gone, they run long, or they wait for their eta: past the visibility timeout they are delivered a second time.',
         'set visibility_timeout in broker_transport_options above the longest task and eta; without a worker start one.'
    FROM q WHERE system = 'celery' AND state = 'unacked' AND overdue > 0
  UNION ALL
  SELECT 'CE-03', 'B', system, 'db ' || db, sum(jobs), sum(bytes), human_count(sum(jobs)) || ' replies and events in ' || count_text(count(*), 'list') || ' that nobody reads',
         'A process that sent control commands, or watched events, ended without removing its list.',
         'stop monitors (Flower, celery events) and inspect commands cleanly; Celery documents event_queue_expires for AMQP brokers only.'
    FROM q WHERE system = 'celery' AND state = 'replies' AND jobs > :reply_messages GROUP BY db
  UNION ALL
  SELECT 'RQ-01', 'B', system, place, jobs, bytes, human_count(jobs) || ' failed jobs in queue ' || queue,
         'A failed job is kept for a year unless failure_ttl says otherwise.', 'give failure_ttl to new jobs.'
    FROM q WHERE system = 'rq' AND state = 'failed' AND jobs > :rq_failed
  UNION ALL
  SELECT 'RQ-02', 'B', system, place, sum(without_ttl), NULL, human_count(sum(without_ttl)) || ' finished jobs never expire',
         'They were enqueued with result_ttl=-1 (the default is 500 s).', 'give new jobs a result_ttl.'
    FROM q WHERE system = 'rq' AND state = 'finished' GROUP BY system, place HAVING sum(without_ttl) > 0
  UNION ALL
  SELECT 'LV-01', 'B', system, place, sum(jobs), sum(bytes), human_count(sum(jobs)) || ' entries in ' || count(*) || CASE count(*) WHEN 1 THEN ' cache tag, ' ELSE ' cache tags, ' END || human_count(sum(overdue)) || ' of them past their time',
         'Laravel removes entries of a cache tag only when cache:prune-stale-tags runs.', 'schedule cache:prune-stale-tags.'
    FROM q WHERE system = 'laravel' AND state = 'tag entries' AND (jobs > :tag_entries OR 100 * overdue > :tag_expired_pct * jobs) GROUP BY system, place
  UNION ALL
  SELECT 'HZ-01', 'B', system, place, jobs, bytes, count_text(jobs, 'job') || ' under the monitored tag ' || queue,
         'Of a tag that is monitored Horizon keeps every job''s id, and trims it never.', 'stop monitoring the tag (on Horizon''s dashboard, Monitoring): that deletes the list.'
    FROM q WHERE system = 'laravel' AND state = 'monitored tag' AND jobs > :horizon_tag_jobs
  UNION ALL
  SELECT 'HZ-02', 'B', system, place, jobs, bytes, state || ' reaches back ' || human_duration(age_ms) || ', longer than Horizon keeps it',
         'Only the Horizon master trims these lists: none runs, or horizon.trim is set higher.', 'run one master (php artisan horizon); see horizon.trim.'
    FROM q WHERE system = 'laravel' AND state GLOB '*_jobs'
     AND age_ms > 3600000 + 60000 * CASE WHEN state GLOB '*failed_jobs' OR state = 'monitored_jobs' THEN :horizon_failed_minutes ELSE :horizon_minutes END
  UNION ALL
  SELECT 'HF-01', 'B', system, place, jobs, bytes, human_count(jobs) || ' failed jobs' || coalesce(', the first failed ' || human_duration(age_ms) || ' before the save', ''),
         'A failed job of Hangfire''s never expires, nor do its state and its history.',
         'requeue or delete them on the dashboard; AutomaticRetry with OnAttemptsExceeded = AttemptsExceededAction.Delete lets those that nobody looks at expire.'
    FROM q WHERE system = 'hangfire' AND state = 'failed' AND jobs > :hangfire_failed
  UNION ALL
  SELECT 'FK-01', 'C', system, 'db ' || db, sum(keys_without_ttl), sum(size_bytes_without_ttl), human_count(sum(keys_without_ttl)) || ' daily counters never expire',
         'Faktory sets no TTL on them, and shows at most the last 180 days.', 'delete those older than the history wanted; the totals (processed, failures) are other keys.'
    FROM report_job_families WHERE system = 'faktory' AND family IN ('processed:<id>', 'failures:<id>') GROUP BY db HAVING sum(keys_without_ttl) > 0
  UNION ALL
  SELECT 'RC-01', 'B', system, 'db ' || db, sum(keys_without_ttl), sum(size_bytes_without_ttl), human_count(sum(keys_without_ttl)) || ' of ' || human_count(sum(keys)) || ' cache entries never expire',
         'A Rails cache entry has a TTL only when expires_in is given.', 'set expires_in, or give the cache a server of its own with an LRU policy.'
    FROM report_job_families WHERE system = 'rails cache' GROUP BY db HAVING 100 * sum(keys_without_ttl) > :cache_no_ttl_pct * sum(keys)
  UNION ALL
  SELECT 'RC-02', 'A', system, 'db ' || f.db, sum(keys), sum(size_bytes), 'a Rails cache shares its database with a job queue',
         'Rails.cache.clear without a namespace empties the whole database, jobs included.', 'another database, better another server, for one of the two.'
    FROM report_job_families f WHERE system = 'rails cache' AND f.db IN (SELECT p.db FROM report_patterns p WHERE p.role = 'jobs') GROUP BY f.db
  UNION ALL
  SELECT 'SG-01', 'B', system, place, sum(missing), NULL, human_count(sum(missing)) || ' entries of the principal index name a session that is not there',
         'An index entry goes with its session only when the expiry is noticed: keyspace events must be on and the clean-up task must run.',
         'see that notify-keyspace-events has Egx and that the application''s clean-up runs.'
    FROM q WHERE system = 'spring session' AND state = 'principal index' AND missing > 0 GROUP BY system, place)
SELECT id, severity, severity_text, system, place, count, bytes, share_pct, what, cause, remedy, CASE WHEN is_last THEN cause END AS cause_text,
       CASE WHEN is_last THEN remedy END AS remedy_text, is_last AND NOT (SELECT complete FROM report_totals) AS is_incomplete
  FROM (SELECT *, CASE severity WHEN 'A' THEN 'loses or blocks work' WHEN 'B' THEN 'grows without bound' ELSE 'waste' END AS severity_text,
               pct(bytes, (SELECT size_bytes FROM report_totals)) AS share_pct, max(bytes) OVER (PARTITION BY id, system) AS most_bytes,
               -- cause and remedy are said once, below the last
               row_number() OVER (PARTITION BY id, system ORDER BY bytes, place DESC, what DESC) = 1 AS is_last
          FROM (SELECT id, severity, system, place, count, bytes, system || ' (' || place || '): ' || what || coalesce('; ' || human_bytes(bytes), '') || '.' AS what, cause,
                       CASE WHEN (SELECT complete FROM report_totals) THEN remedy END AS remedy FROM found))
 WHERE EXISTS (SELECT 1 FROM report_job_families) ORDER BY severity, most_bytes DESC, id, system, bytes DESC, place, what;

-- section: findings_limited |
-- line: Not every queue, job or class could be counted, for a limit (see the report defects): there may be more problems than are shown here.
SELECT 1 AS is_limited WHERE EXISTS (SELECT 1 FROM report_defects WHERE code = 'limit' AND message GLOB 'job queues:*');

-- section: queues | Queues
-- caption: SIZE: of the state's keys and its jobs' keys. OLDEST: when saved, as the jobs or their state tell it. LATE: jobs past their time.
-- column: snapshot_id = -
-- column: prefix = PREFIX | wide
-- column: queue = QUEUE
-- column: state = STATE
-- column: bytes = SIZE
-- column: oldest_age_ms = OLDEST
-- column: overdue = LATE
-- column: without_ttl = NO TTL | wide
-- column: missing = MISSING | wide
-- column: remark = REMARK | wide
SELECT j.snapshot_id, j.db, j.system, j.prefix, j.queue, j.state, j.jobs, j.bytes, age_ms(s.now, j.oldest_at) AS oldest_age_ms,
       nullif(j.overdue, 0) AS overdue, nullif(j.without_ttl, 0) AS without_ttl, nullif(j.missing, 0) AS missing,
       CASE WHEN j.paused THEN 'paused' WHEN j.without_class > 0 THEN 'classes of ' || count_text(j.without_class, 'job') || ' not known, for a limit' END AS remark
  FROM report_job_queues j JOIN report_snapshots s ON s.id = j.snapshot_id
 WHERE j.state <> 'timestamps' AND j.jobs > 0
 ORDER BY j.bytes DESC, j.jobs DESC, j.db, j.system, j.prefix, j.queue, j.state LIMIT :top;

-- section: queues_more |
-- line: and {states:more state} of queues with {jobs:job}, {bytes}
SELECT count(*) AS states, sum(jobs) AS jobs, sum(bytes) AS bytes
  FROM (SELECT jobs, bytes FROM report_job_queues WHERE state <> 'timestamps' AND jobs > 0
         ORDER BY bytes DESC, jobs DESC, db, system, prefix, queue, state LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: late_unknown |
-- line: Late     in some states not known: jobs past their time are counted for the time of the analysis, and --now is another.
SELECT 1 AS is_unknown WHERE EXISTS (SELECT 1 FROM report_job_queues WHERE overdue IS NULL);

-- section: classes | Classes, tasks, functions
-- caption: As the file tells them; never from arguments. SIZE: of the jobs.
-- column: system = SYSTEM | wide
-- column: class = CLASS
-- column: error_class = ERROR
-- column: bytes = SIZE
-- column: oldest_age_ms = OLDEST | wide
SELECT db, system, class, state, CASE WHEN error_class = '' THEN NULL ELSE error_class END AS error_class,
       sum(jobs) AS jobs, sum(bytes) AS bytes, age_ms((SELECT now FROM report_totals), min(oldest_at)) AS oldest_age_ms
  FROM report_job_classes WHERE class <> '(unknown)' OR error_class <> ''
 GROUP BY db, system, class, state, error_class ORDER BY jobs DESC, bytes DESC, class, state LIMIT :top;

-- section: families | Keys and their TTL
-- caption: TTL when saved, of those that have one: the longest. <id> and * stand for what varies.
-- brief: no
-- column: type = TYPE | wide
-- column: role = ROLE | wide
-- column: bytes = -
-- column: size_bytes = SIZE
-- column: keys_without_ttl = NO TTL
-- column: bytes_without_ttl = -
-- column: size_bytes_without_ttl = NO-TTL SIZE | wide
-- column: ttl_min_ms = SHORTEST TTL | wide
-- column: ttl_max_ms = LONGEST TTL
SELECT db, system, family, type, role, keys, bytes, size_bytes, keys_without_ttl, bytes_without_ttl, size_bytes_without_ttl, ttl_min_ms, ttl_max_ms
  FROM report_job_families ORDER BY size_bytes DESC, db, system, family, type LIMIT 3 * :top;
