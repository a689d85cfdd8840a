-- title: Sidekiq
-- about: Every Sidekiq installation in the file: its statistics, queues, scheduled, failing and dead jobs.
-- param: top = 15
-- param: dead_limit = 10000
-- applies: EXISTS (SELECT 1 FROM report_sidekiq_installations)

-- section: installations | Installations
-- note: No Sidekiq in this snapshot: no key has its structure.
-- line: db {db}{namespace_text}: Sidekiq {version_text}; {live_processes} of {processes} known processes alive. Found by {evidence}.
SELECT snapshot_id, db, namespace, CASE namespace WHEN '' THEN ', no namespace' ELSE ', namespace ' || namespace END AS namespace_text,
       nullif(version, '') AS version, coalesce(nullif(version, ''), 'of a version that is not known') AS version_text,
       processes, live_processes, evidence
  FROM report_sidekiq_installations ORDER BY snapshot_id, db, namespace;

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
-- line: Dead{place}: {jobs} jobs of {dead_limit}: FULL. Each new death drops the oldest job. The set really reaches back {reach_ms}, not 180 d.{?is_full}
-- line: Dead{place}: {jobs} jobs, more than {dead_limit}: a larger dead_max_jobs is set, or jobs were killed without trimming.{?is_above}
-- line: Dead{place}: {jobs} jobs of {dead_limit}; the set settles at {settles}, or drops jobs after 180 d, whichever is first.{?is_below}
-- line: Dead{place}: the oldest is {oldest_age_ms} old, beyond 180 d: the set is trimmed only when another job dies, and none has since.{?is_untrimmed}
-- line: Retry{place}: {jobs} jobs; with the default 25 attempts each stays for up to about 21 d, then it is dead.{?is_retry}
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

-- section: stats | Statistics
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
-- column: first_day_without_ttl = -
-- column: last_day_without_ttl = -
SELECT snapshot_id, db, namespace, stat, dated_bytes, total, dated_keys, dated_keys_without_ttl, dated_bytes_without_ttl, dated_keys_zero,
       nullif(first_day, '') AS first_day, nullif(last_day, '') AS last_day,
       nullif(first_day_without_ttl, '') AS first_day_without_ttl, nullif(last_day_without_ttl, '') AS last_day_without_ttl
  FROM report_sidekiq_stats ORDER BY snapshot_id, db, namespace, stat DESC;

-- section: stats_verdict |
-- line: All dated stat keys together take {dated_bytes}: noise, {share_pct} of all bytes.{?is_noise}
-- line: All dated stat keys together take {dated_bytes}, {share_pct} of all bytes.{?is_not_noise}
-- line: {dated_keys_without_ttl} of them have no TTL, days {first_day_text} to {last_day_text}: Sidekiq 4.0 to 5.1, or before 2.12.3, wrote them. From 5.2 on they live 5 years, but an upgrade does not touch old ones.{?dated_keys_without_ttl}
-- line: Only the history graph of the Web UI reads them, at most 180 days back. They can be expired or unlinked by the date in the name, stat:processed:2* and stat:failed:2* of each namespace; never stat:processed and stat:failed themselves, which hold the totals.{?may_remedy}
-- line: No remedy is shown, because the snapshot is not complete.{?is_incomplete}
SELECT sum(dated_bytes) AS dated_bytes, pct(sum(dated_bytes), (SELECT bytes FROM report_totals)) AS share_pct,
       sum(dated_bytes) < 1048576 AND sum(dated_bytes) < (SELECT bytes FROM report_totals) / 100 AS is_noise,
       sum(dated_bytes) >= 1048576 OR sum(dated_bytes) >= (SELECT bytes FROM report_totals) / 100 AS is_not_noise,
       sum(dated_keys) AS dated_keys, sum(dated_keys_without_ttl) AS dated_keys_without_ttl,
       min(nullif(first_day_without_ttl, '')) AS first_day_text, max(nullif(last_day_without_ttl, '')) AS last_day_text,
       sum(dated_keys_without_ttl) > 0 AND (SELECT complete FROM report_totals) AS may_remedy,
       sum(dated_keys_without_ttl) > 0 AND NOT (SELECT complete FROM report_totals) AS is_incomplete
  FROM report_sidekiq_stats HAVING sum(dated_keys) > 0;

-- section: classes | Classes
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
