-- title: Sidekiq
-- about: Every Sidekiq installation in the file: its statistics, queues, scheduled, failing and dead jobs.
-- param: top = 15
-- param: dead_limit = 10000
-- param: dead_days = 7
-- param: latency_s = 3600
-- param: overdue_s = 300
-- param: stuck_s = 3600
-- param: backtrace_pct = 30
-- param: args_bytes = 10240
-- param: duplicates_pct = 20
-- param: namespace_days = 30
-- param: limiters = 100000
-- param: volatile_keys = 10000
-- param: batch_days = 7
-- param: renamed = none
-- applies: EXISTS (SELECT 1 FROM report_sidekiq_installations)

-- section: installations | Installations
-- note: No Sidekiq in this snapshot: no key has its structure.
-- line: db {db}{namespace_text}: Sidekiq {version_text}; {live_processes} of {processes} known processes alive. Found by {evidence}.
SELECT snapshot_id, db, namespace, CASE namespace WHEN '' THEN ', no namespace' ELSE ', namespace ' || namespace END AS namespace_text,
       nullif(version, '') AS version, coalesce(nullif(version, ''), 'of a version that is not known') AS version_text,
       processes, live_processes, evidence
  FROM report_sidekiq_installations ORDER BY snapshot_id, db, namespace;

-- section: findings | What to look at, the worst first
-- caption: A: work is lost or blocked. B: grows without bound. C: waste. I: to know.
-- line: {severity} {id}  {what}{place}{size_text}.
-- line: Cause    {cause}.
-- line: Fix      {remedy}.
WITH place AS (SELECT count(*) > 1 AS is_needed FROM report_sidekiq_installations),
     renamed AS (SELECT 'SK-16' AS id, 'A' AS severity, snapshot_id, db, namespace, class AS subject, sum(jobs) AS count, sum(bytes) AS bytes, sum(jobs) AS value, 0 AS threshold,
                        human_count(sum(jobs)) || ' scheduled or failing jobs are of ' || class || ', which is gone' AS what, 'the class was renamed or removed: none of them can run' AS cause, 1 AS is_found,
                        pct(sum(bytes), (SELECT bytes FROM report_totals)) AS share_pct
                   FROM report_sidekiq_jobs WHERE kind IN ('schedule', 'retry') AND instr(',' || :renamed || ',', ',' || class || ',') > 0 GROUP BY 3, 4, 5, 6),
     found AS (SELECT * FROM report_sidekiq_findings
                WHERE CASE id WHEN 'SK-02' THEN (is_found AND value NOT IN (9999, 10000)) OR value BETWEEN :dead_limit - 1 AND :dead_limit
                              WHEN 'SK-03' THEN value > -86400 * :dead_days AND ((threshold < 0 AND count NOT IN (9999, 10000)) OR count BETWEEN :dead_limit - 1 AND :dead_limit)
                              WHEN 'SK-04' THEN value > :backtrace_pct WHEN 'SK-05' THEN value > min(threshold, :overdue_s)
                              WHEN 'SK-06' THEN value > :latency_s WHEN 'SK-11' THEN value > :namespace_days WHEN 'SK-12' THEN value > :args_bytes
                              WHEN 'SK-13' THEN value > :duplicates_pct WHEN 'SK-17' THEN value > :stuck_s
                              WHEN 'SE-01' THEN value > :limiters WHEN 'SP-03' THEN value > :batch_days WHEN 'SK-20' THEN value > :volatile_keys ELSE is_found END
               UNION ALL SELECT * FROM renamed)
SELECT f.severity, f.id, f.snapshot_id, f.db, f.namespace, f.subject, f.count, f.bytes, f.share_pct, f.what, f.cause,
       CASE WHEN place.is_needed THEN ' (db ' || f.db || CASE f.namespace WHEN '' THEN '' ELSE ' ' || f.namespace END || ')' ELSE '' END AS place,
       coalesce('; ' || human_bytes(f.bytes) || ', ' || CASE WHEN f.share_pct < 0.1 THEN '<0.1' ELSE printf('%.1f', f.share_pct) END || ' % of all bytes' || CASE WHEN f.severity = 'C' AND f.share_pct < 1 THEN ': noise' ELSE '' END, '') AS size_text,
       CASE WHEN max(r.destructive) AND NOT (SELECT complete FROM report_totals) THEN 'none is shown, because the snapshot is not complete'
            WHEN count(r.id) = 1 AND v.low = v.high THEN 'Sidekiq ' || v.version || ': ' || max(r.remedy)
            WHEN count(r.id) = 1 THEN max(r.remedy)
            ELSE group_concat(r.versions || ': ' || r.remedy, '. ') END AS remedy
  FROM found f CROSS JOIN place
  LEFT JOIN report_sidekiq_versions v ON (v.snapshot_id, v.db) = (f.snapshot_id, f.db) AND (v.namespace = f.namespace OR (f.namespace = '' AND f.id IN ('SK-10', 'SP-02', 'SP-04', 'SE-01', 'SE-02', 'SU-01', 'SU-05', 'SK-20', 'SS-01')))
  LEFT JOIN (SELECT * FROM report_sidekiq_remedies ORDER BY id, low) r ON r.id = f.id AND r.low <= coalesce(v.high, 999999) AND r.high >= coalesce(v.low, 0)
 GROUP BY f.id, f.snapshot_id, f.db, f.namespace, f.subject
 ORDER BY f.severity = 'I', f.severity, f.id, f.bytes DESC, f.count DESC, f.snapshot_id, f.db, f.namespace, f.subject LIMIT 40;

-- section: sets | Queues and sets
-- caption: Ages when saved. LATE: how long the next job of a queue has waited, or how long the first of a set is overdue.
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = -
-- column: name = -
-- column: set_text = NAME
-- column: bytes = SIZE
-- column: oldest_age_ms = OLDEST
-- column: newest_age_ms = NEWEST | wide
-- column: late_ms = LATE
-- column: latency_ms = -
-- column: overdue_ms = -
-- column: payload_bytes = PAYLOADS | wide
-- column: unparsable = NOT JSON | wide
-- column: registered = -
-- column: private = -
-- column: oldest_at = -
-- column: newest_at = -
-- column: remark = REMARK | wide
SELECT *, coalesce(latency_ms, overdue_ms) AS late_ms FROM (
SELECT x.snapshot_id, x.db, x.namespace, CASE x.kind WHEN 'queue' THEN 'queue:' || x.name ELSE x.name END AS set_text, x.kind, x.name,
       x.jobs, x.bytes, age_ms(s.now, x.oldest_at) AS oldest_age_ms, age_ms(s.now, x.newest_at) AS newest_age_ms,
       max(0, x.latency_ms) AS latency_ms, CASE WHEN s.now - x.first_score_at > 60000 AND x.kind IN ('schedule', 'retry') THEN s.now - x.first_score_at END AS overdue_ms,
       x.payload_bytes, x.unparsable, x.registered, x.private, x.oldest_at, x.newest_at,
       CASE WHEN x.private THEN 'private queue of super_fetch'
            WHEN x.kind = 'queue' AND NOT x.registered THEN 'not in the set queues: the Web UI does not show it' END AS remark
  FROM report_sidekiq_sets x JOIN report_snapshots s ON s.id = x.snapshot_id)
 ORDER BY snapshot_id, db, namespace, CASE kind WHEN 'queue' THEN 1 WHEN 'schedule' THEN 2 WHEN 'retry' THEN 3 ELSE 4 END, jobs DESC, name;

-- section: limits | Limits
-- brief: no
-- line: Dead{place}: {jobs:job} of {dead_limit}: FULL. Each new death drops the oldest job. The set really reaches back {reach_ms}, not 180 d.{?is_full}
-- line: Dead{place}: {jobs:job}, more than {dead_limit}: a larger dead_max_jobs is set, or jobs were killed without trimming.{?is_above}
-- line: Dead{place}: {jobs:job} of {dead_limit}; the set settles at {settles}, or drops jobs after 180 d, whichever is first.{?is_below}
-- line: Dead{place}: the oldest is {oldest_age_ms} old, beyond 180 d: the set is trimmed only when another job dies, and none has since.{?is_untrimmed}
-- line: Retry{place}: {jobs:job}; with the default 25 attempts each stays for up to about 21 d, then it is dead.{?is_retry}
SELECT CASE (SELECT count(*) FROM report_sidekiq_installations) WHEN 1 THEN '' ELSE ' (db ' || x.db || CASE x.namespace WHEN '' THEN '' ELSE ' ' || x.namespace END || ')' END AS place,
       x.db, x.namespace, x.kind, x.jobs, :dead_limit AS dead_limit, :dead_limit - 1 AS settles,
       x.kind = 'retry' AS is_retry,
       x.kind = 'dead' AND x.jobs BETWEEN :dead_limit - 1 AND :dead_limit AS is_full,
       x.kind = 'dead' AND x.jobs > :dead_limit AS is_above,
       x.kind = 'dead' AND x.jobs < :dead_limit - 1 AS is_below,
       x.kind = 'dead' AND s.now - x.first_score_at > 15552000000 AS is_untrimmed,
       CASE x.kind WHEN 'dead' THEN x.last_score_at - x.first_score_at END AS reach_ms,
       s.now - x.first_score_at AS oldest_age_ms
  FROM report_sidekiq_sets x JOIN report_snapshots s ON s.id = x.snapshot_id
 WHERE x.kind IN ('retry', 'dead') AND x.jobs > 0
 ORDER BY x.snapshot_id, x.db, x.namespace, x.kind;

-- section: settings | How long things are kept, and what sets it
-- brief: no
-- line: {what}{place}: {setting}.
WITH there AS (SELECT snapshot_id, db, namespace, 'retry' AS subject FROM report_sidekiq_sets WHERE kind = 'retry' AND jobs > 0
               UNION SELECT snapshot_id, db, namespace, 'stats' FROM report_sidekiq_stats WHERE dated_keys > 0
               UNION SELECT i.snapshot_id, i.db, i.namespace, CASE f.part WHEN 'metrics: counters' THEN 'metrics' ELSE 'batches' END
                 FROM report_sidekiq_families f JOIN report_sidekiq_installations i ON (i.snapshot_id, i.db) = (f.snapshot_id, f.db) WHERE f.part IN ('metrics: counters', 'Pro: batches'))
SELECT t.snapshot_id, t.db, t.namespace, t.subject,
       CASE t.subject WHEN 'retry' THEN 'Retries' WHEN 'stats' THEN 'Statistics of a day' WHEN 'metrics' THEN 'Metrics' ELSE 'Batches' END AS what,
       CASE (SELECT count(*) FROM report_sidekiq_installations) WHEN 1 THEN '' ELSE ' (db ' || t.db || CASE t.namespace WHEN '' THEN '' ELSE ' ' || t.namespace END || ')' END AS place,
       CASE WHEN count(*) = 1 AND v.low = v.high THEN 'Sidekiq ' || v.version || ': ' || max(r.setting) ELSE group_concat(r.versions || ': ' || r.setting, '. ') END AS setting
  FROM there t JOIN report_sidekiq_versions v ON (v.snapshot_id, v.db, v.namespace) = (t.snapshot_id, t.db, t.namespace)
  JOIN (SELECT * FROM report_sidekiq_settings ORDER BY subject, low) r ON r.subject = t.subject AND r.low <= v.high AND r.high >= v.low
 GROUP BY t.snapshot_id, t.db, t.namespace, t.subject
 ORDER BY t.snapshot_id, t.db, t.namespace, t.subject DESC;

-- section: classes | Classes
-- brief: no
-- caption: OF KIND: of the installation's jobs of that kind. PAYLOAD: the jobs' JSON.
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = KIND
-- column: set_name = QUEUE
-- column: class = CLASS
-- column: jobs_pct = OF KIND
-- column: payload_bytes = PAYLOAD
-- column: largest_bytes = LARGEST | wide
-- column: args_pct = ARGS, OF PAYLOAD | wide
-- column: oldest_age_ms = OLDEST | wide
SELECT snapshot_id, db, namespace, kind, CASE kind WHEN 'queue' THEN set_name END AS set_name, class, jobs,
       pct(jobs, sum(jobs) OVER (PARTITION BY snapshot_id, db, namespace, kind)) AS jobs_pct, payload_bytes, largest_bytes,
       pct(args_bytes, payload_bytes) AS args_pct, oldest_age_ms
  FROM (SELECT j.snapshot_id, j.db, j.namespace, j.kind, j.set_name, j.class, sum(j.jobs) AS jobs, sum(j.bytes) AS payload_bytes,
               max(j.largest_bytes) AS largest_bytes, sum(j.args_bytes) AS args_bytes, age_ms(s.now, min(j.oldest_at)) AS oldest_age_ms
          FROM report_sidekiq_jobs j JOIN report_snapshots s ON s.id = j.snapshot_id
         GROUP BY j.snapshot_id, j.db, j.namespace, j.kind, j.set_name, j.class)
 ORDER BY jobs DESC, payload_bytes DESC, class LIMIT :top;

-- section: errors | Errors
-- caption: OF KIND: of the installation's jobs of that kind. PAYLOAD: the jobs' JSON.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = KIND
-- column: error_class = ERROR
-- column: class = CLASS
-- column: jobs_pct = OF KIND
-- column: payload_bytes = PAYLOAD
-- column: backtrace_pct = BACKTRACE, OF PAYLOAD | wide
-- column: retry_count_max = MOST RETRIES | wide
-- column: oldest_age_ms = OLDEST | wide
SELECT snapshot_id, db, namespace, kind, error_class, class, jobs,
       pct(jobs, sum(jobs) OVER (PARTITION BY snapshot_id, db, namespace, kind)) AS jobs_pct, payload_bytes,
       pct(backtrace_bytes, payload_bytes) AS backtrace_pct, retry_count_max, oldest_age_ms
  FROM (SELECT j.snapshot_id, j.db, j.namespace, j.kind, CASE j.error_class WHEN '' THEN '(none)' ELSE j.error_class END AS error_class, j.class,
               sum(j.jobs) AS jobs, sum(j.bytes) AS payload_bytes, sum(j.backtrace_bytes) AS backtrace_bytes,
               max(j.retry_count_max) AS retry_count_max, age_ms(s.now, min(j.oldest_at)) AS oldest_age_ms
          FROM report_sidekiq_jobs j JOIN report_snapshots s ON s.id = j.snapshot_id
         WHERE j.kind IN ('retry', 'dead')
         GROUP BY j.snapshot_id, j.db, j.namespace, j.kind, j.error_class, j.class)
 ORDER BY jobs DESC, payload_bytes DESC, error_class LIMIT :top;

-- section: attempts | Retry and dead by attempt
-- caption: Failures so far of each job. By default the 26th is the last.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = KIND
-- column: failures = FAILURES
-- column: jobs = JOBS
-- column: jobs_pct = OF KIND
SELECT snapshot_id, db, namespace, kind, CASE WHEN lo = hi THEN lo || CASE WHEN hi = 32 THEN '+' ELSE '' END ELSE lo || ' to ' || hi || CASE WHEN hi = 32 THEN '+' ELSE '' END END AS failures, jobs,
       pct(jobs, sum(jobs) OVER (PARTITION BY snapshot_id, db, namespace, kind)) AS jobs_pct
  FROM (SELECT snapshot_id, db, namespace, kind, min(bucket_order) + 1 AS lo, max(bucket_order) + 1 AS hi, sum(jobs) AS jobs,
               CASE WHEN bucket_order < 3 THEN bucket_order WHEN bucket_order < 5 THEN 3 WHEN bucket_order < 10 THEN 4 WHEN bucket_order < 25 THEN 5 ELSE 6 END AS step
          FROM report_sidekiq_buckets WHERE measure = 'attempts' GROUP BY 1, 2, 3, 4, 8)
 ORDER BY snapshot_id, db, namespace, kind DESC, lo;

-- section: due | When jobs are due
-- caption: Of schedule and retry, seen from when the snapshot was saved. OVERDUE: by more than a minute.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = KIND
-- column: hour = <1 h
-- column: day = <1 d
-- column: week = <7 d
-- column: month = <30 d
-- column: year = <1 y
-- column: later = LATER
-- column: overdue = OVERDUE
SELECT snapshot_id, db, namespace, kind, sum(jobs) FILTER (WHERE bucket_order = 0) AS overdue, sum(jobs) FILTER (WHERE bucket_order IN (1, 2)) AS hour, sum(jobs) FILTER (WHERE bucket_order = 3) AS day,
       sum(jobs) FILTER (WHERE bucket_order = 4) AS week, sum(jobs) FILTER (WHERE bucket_order = 5) AS month, sum(jobs) FILTER (WHERE bucket_order = 6) AS year,
       sum(jobs) FILTER (WHERE bucket_order = 7) AS later
  FROM report_sidekiq_buckets WHERE measure = 'due' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 DESC;

-- section: payloads | What the payloads hold
-- caption: Shares of the JSON of each kind. REST: times, ids, options and what middleware adds.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: kind = KIND
-- column: payload_bytes = PAYLOAD
-- column: args_pct = ARGS
-- column: message_pct = MESSAGES
-- column: backtrace_pct = BACKTRACES
-- column: rest_pct = REST
SELECT snapshot_id, db, namespace, kind, sum(jobs) AS jobs, sum(bytes) AS payload_bytes, pct(sum(args_bytes), sum(bytes)) AS args_pct, pct(sum(message_bytes), sum(bytes)) AS message_pct,
       pct(sum(backtrace_bytes), sum(bytes)) AS backtrace_pct, pct(sum(bytes) - sum(args_bytes) - sum(message_bytes) - sum(backtrace_bytes), sum(bytes)) AS rest_pct
  FROM report_sidekiq_jobs GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, CASE kind WHEN 'queue' THEN 1 WHEN 'schedule' THEN 2 WHEN 'retry' THEN 3 ELSE 4 END;

-- section: processes | Processes
-- caption: STATE: gone is a member of processes without a heartbeat. BEAT: how long before the save.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: identity = PROCESS
-- column: state = STATE
-- column: version = VERSION
-- column: busy_text = BUSY
-- column: rss_bytes = RSS
-- column: beat_age_ms = BEAT
-- column: up_ms = UP | wide
-- column: queues = QUEUES | wide
-- column: quiet = -
-- column: busy = -
-- column: concurrency = -
SELECT p.snapshot_id, p.db, p.namespace, p.identity, p.state, coalesce(p.version, '') AS version, p.busy || ' of ' || coalesce(p.concurrency, '?') || CASE WHEN p.quiet THEN ', quiet' ELSE '' END AS busy_text,
       p.rss_bytes, age_ms(s.now, p.beat_at) AS beat_age_ms, age_ms(s.now, p.started_at) AS up_ms,
       (SELECT group_concat(value, ' ') FROM json_each(coalesce(p.queues, '[]'))) AS queues, p.quiet, p.busy, p.concurrency
  FROM report_sidekiq_processes p JOIN report_snapshots s ON s.id = p.snapshot_id
 ORDER BY p.snapshot_id, p.db, p.namespace, p.state <> 'alive', p.identity LIMIT :top;

-- section: more_processes |
-- brief: no
-- line: and {more:more process|more processes}, {alive} of all alive
SELECT count(*) - :top AS more, sum(state = 'alive') AS alive FROM report_sidekiq_processes HAVING count(*) > :top;

-- section: filtered |
-- line: Processes, threads, metrics and locks are not known under a filter.{?is_filtered}
SELECT max(filter IS NOT NULL) AS is_filtered FROM report_snapshots;

-- section: threads | Jobs at work
-- caption: What the threads were at when the snapshot was saved, the longest first.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: class = CLASS
-- column: queue = QUEUE
-- column: threads = THREADS
-- column: longest_ms = LONGEST
SELECT t.snapshot_id, t.db, t.namespace, CASE t.class WHEN '' THEN '(not readable)' ELSE t.class END AS class, t.queue, count(*) AS threads, age_ms(s.now, min(t.run_at)) AS longest_ms
  FROM report_sidekiq_threads t JOIN report_snapshots s ON s.id = t.snapshot_id GROUP BY 1, 2, 3, 4, 5 ORDER BY longest_ms DESC, class LIMIT :top;

-- section: metrics | Run times, the last 8 h
-- caption: From Sidekiq's own metrics (7 and later). MEAN: of jobs that did not fail. /MIN: over the minutes that have an entry.
-- brief: no
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: class = CLASS
-- column: processed = DONE
-- column: per_minute = /MIN
-- column: failed = FAILED
-- column: failed_pct = OF DONE
-- column: mean_ms = MEAN
-- column: total_ms = TOTAL | wide
-- column: minutes = -
SELECT snapshot_id, db, namespace, class, processed, round(1.0 * processed / minutes, 1) AS per_minute, failed, pct(failed, processed) AS failed_pct,
       CASE WHEN processed > failed THEN total_ms / (processed - failed) END AS mean_ms, total_ms, minutes
  FROM report_sidekiq_metrics WHERE minutes > 0 ORDER BY total_ms DESC, class LIMIT :top;

-- section: families | Other structures
-- caption: Of Sidekiq, Pro, Enterprise and plugins. TTL: what each version gives. SHARE: of all bytes.
-- brief: no
-- column: snapshot_id = -
-- column: part = STRUCTURE
-- column: family = -
-- column: bytes = SIZE
-- column: share_pct = SHARE
-- column: keys_without_ttl = NO TTL
-- column: ttl_text = TTL
-- column: expires_ms = GONE IN | wide
-- column: remark = REMARK | wide
SELECT snapshot_id, db, part, family, keys, bytes, pct(bytes, (SELECT size_bytes FROM report_totals)) AS share_pct, keys_without_ttl, ttl_text, expires_ms, remark
  FROM (SELECT f.snapshot_id, f.db, f.part, min(f.family) AS family, sum(f.keys) AS keys, sum(f.bytes) AS bytes, sum(f.keys_without_ttl) AS keys_without_ttl,
               max(f.ttl_text) AS ttl_text, max(0, max(f.last_expires_at) - max(s.now)) AS expires_ms, max(f.remark) AS remark
          FROM report_sidekiq_families f JOIN report_snapshots s ON s.id = f.snapshot_id GROUP BY f.snapshot_id, f.db, f.part)
 ORDER BY bytes DESC, part LIMIT :top;

-- section: shared_families |
-- brief: no
-- line: Db {db} has {installations:installation}: these structures are of all of them together.
SELECT i.snapshot_id, i.db, count(*) AS installations FROM report_sidekiq_installations i
 WHERE EXISTS (SELECT 1 FROM report_sidekiq_families f WHERE (f.snapshot_id, f.db) = (i.snapshot_id, i.db))
 GROUP BY i.snapshot_id, i.db HAVING count(*) > 1 ORDER BY i.snapshot_id, i.db;

-- section: stats | Statistics
-- brief: no
-- caption: TOTAL: the lifetime counter; it never expires, by design. DATED: a key a day.
-- column: snapshot_id = -
-- column: namespace = NAMESPACE
-- column: stat = STAT
-- column: dated_bytes = SIZE
-- column: dated_keys = DATED
-- column: dated_keys_without_ttl = NO TTL
-- column: dated_bytes_without_ttl = SIZE, NO TTL | wide
-- column: dated_keys_zero = VALUE 0 | wide
-- column: first_day = FIRST DAY | wide
-- column: last_day = LAST DAY | wide
-- column: dated_keys_180_days = -
-- column: dated_keys_5_years = -
-- column: first_day_without_ttl = -
-- column: last_day_without_ttl = -
SELECT snapshot_id, db, namespace, stat, dated_size_bytes AS dated_bytes, total, dated_keys, dated_keys_without_ttl, dated_size_bytes_without_ttl AS dated_bytes_without_ttl, dated_keys_zero,
       nullif(first_day, '') AS first_day, nullif(last_day, '') AS last_day,
       nullif(first_day_without_ttl, '') AS first_day_without_ttl, nullif(last_day_without_ttl, '') AS last_day_without_ttl, dated_keys_180_days, dated_keys_5_years
  FROM report_sidekiq_stats ORDER BY snapshot_id, db, namespace, stat DESC;

-- section: stats_verdict |
-- line: All dated stat keys together take {dated_bytes}: noise, {share_pct} of all bytes. Not your problem.{?is_noise}
-- line: All dated stat keys together take {dated_bytes}, {share_pct} of all bytes.{?is_not_noise}
SELECT sum(dated_size_bytes) AS dated_bytes, pct(sum(dated_size_bytes), (SELECT size_bytes FROM report_totals)) AS share_pct,
       sum(dated_size_bytes) < (SELECT size_bytes FROM report_totals) / 100.0 AS is_noise,
       sum(dated_size_bytes) >= (SELECT size_bytes FROM report_totals) / 100.0 AS is_not_noise, sum(dated_keys) AS dated_keys
  FROM report_sidekiq_stats HAVING sum(dated_keys) > 0;

-- section: stats_remedy |
-- brief: no
-- line: {dated_keys_without_ttl} of them have no TTL, days {first_day_text} to {last_day_text}: Sidekiq 4.0 to 5.1, or before 2.12.3, wrote them. From 5.2 on they live 5 years, but an upgrade does not touch old ones.{?dated_keys_without_ttl}
-- line: {dated_keys_with_ttl} have one and go by themselves: 3,652 keys are the steady state of one installation from 5.2 on.{?dated_keys_with_ttl}
-- line: {dated_keys_180_days} of these expire 180 d after their day: Sidekiq 2.12.3 to 2.x wrote them; {dated_keys_5_years} after 5 years: 3.x, or 5.2 and later.{?dated_keys_180_days}
-- line: Only the history graph of the Web UI reads them, at most 180 days back. They can be expired or unlinked by the date in the name, stat:processed:2* and stat:failed:2* of each namespace; never stat:processed and stat:failed themselves, which hold the totals.{?may_remedy}
-- line: No remedy is shown, because the snapshot is not complete.{?is_incomplete}
SELECT sum(dated_keys_without_ttl) AS dated_keys_without_ttl, sum(dated_keys) - sum(dated_keys_without_ttl) AS dated_keys_with_ttl,
       sum(dated_keys_180_days) AS dated_keys_180_days, sum(dated_keys_5_years) AS dated_keys_5_years,
       min(nullif(first_day_without_ttl, '')) AS first_day_text, max(nullif(last_day_without_ttl, '')) AS last_day_text,
       sum(dated_keys_without_ttl) > 0 AND (SELECT complete FROM report_totals) AS may_remedy,
       sum(dated_keys_without_ttl) > 0 AND NOT (SELECT complete FROM report_totals) AS is_incomplete
  FROM report_sidekiq_stats HAVING sum(dated_keys) > 0;
