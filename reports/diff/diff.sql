-- title: What changed
-- about: Two snapshots, or two sets of snapshots: what grew, shrank, came and went.
-- param: top = 10
-- param: maxmemory = -1

-- section: files | The two
-- column: side = -
-- column: side_text = WHICH
-- column: file = FILE
-- column: saved_at = SAVED (UTC)
-- column: server = SERVER
-- column: state = READ
-- column: keys = KEYS
-- column: complete = -
-- column: why_incomplete = -
-- column: snapshots = -
-- column: path = -
SELECT side, CASE side WHEN 'old' THEN 'earlier' ELSE 'later' END AS side_text,
       CASE snapshots WHEN 1 THEN label ELSE snapshots || ' snapshots' END AS file,
       saved_at, server, CASE WHEN complete THEN 'complete' ELSE 'NOT COMPLETE' END AS state, keys,
       complete, why_incomplete, snapshots, CASE snapshots WHEN 1 THEN path END AS path
  FROM (SELECT 'old' AS side, 0 AS n, max(label) AS label, max(path) AS path, count(*) AS snapshots, min(complete) AS complete,
               max(why_incomplete) AS why_incomplete, sum(keys) AS keys,
               max(coalesce(server, 'not known') || coalesce(' ' || server_version, '')) AS server,
               (SELECT old_saved_at FROM diff_pair) AS saved_at FROM old_snapshots
        UNION ALL
        SELECT 'new', 1, max(label), max(path), count(*), min(complete), max(why_incomplete), sum(keys),
               max(coalesce(server, 'not known') || coalesce(' ' || server_version, '')),
               (SELECT saved_at FROM diff_pair) FROM report_snapshots)
 ORDER BY n;

-- section: pair |
-- line: {between_text}
-- line: The SAME snapshot twice: nothing can differ but options. Is the backup job at work?{?is_same_snapshot}
-- line: NOT COMPLETE: {incomplete_text}. What is missing looks as if it were gone.
-- line: Sizes of {old_model} beside {model}: not comparable to the byte. --model makes them so.{?is_other_model}
-- line: Filters differ: {old_filter_text}; now: {filter_text}. Figures are not of the same keys.{?is_other_filter}
-- line: Only keys that pass {filter_text}{?is_filtered}
-- line: {merged_text}
-- line: Names are hashed: only those hashed with the same secret can be found again.{?is_redacted}
SELECT between_ms, days,
       CASE WHEN between_ms IS NULL THEN 'Time between: not known, because a file does not say when it was saved; no rates'
            WHEN is_same_snapshot THEN NULL
            WHEN between_ms < 0 THEN 'The later one was saved ' || human_duration(-between_ms) || ' BEFORE the earlier one: are they swapped? No rates'
            WHEN between_ms < 3600000 THEN human_duration(between_ms) || ' between them: too little for rates'
            WHEN NOT old_complete OR NOT complete THEN human_duration(between_ms) || ' between them; no rates, because not both are complete'
            WHEN NOT is_same_filter THEN human_duration(between_ms) || ' between them; no rates, because the filters differ'
            ELSE human_duration(between_ms) || ' between them' END AS between_text,
       is_same_snapshot, old_model, model, NOT is_same_model AS is_other_model,
       CASE WHEN old_complete AND complete THEN NULL WHEN old_complete THEN 'the later one' WHEN complete THEN 'the earlier one' ELSE 'both' END AS incomplete_text,
       NOT is_same_filter AS is_other_filter, coalesce(old_filter, 'none') AS old_filter_text, coalesce(filter, 'none') AS filter_text,
       is_same_filter AND filter IS NOT NULL AS is_filtered,
       CASE WHEN old_merged_keys + merged_keys > 0
            THEN 'Too many patterns: ' || count_text(old_merged_keys, 'key') || ' of the earlier one and ' || human_count(merged_keys) ||
                 ' of the later one are in none of their own (--max-patterns)' END AS merged_text,
       redacted IS NOT NULL AS is_redacted, old_merged_keys, merged_keys
  FROM diff_pair;

-- section: totals | In all
-- column: what = -
-- column: label = WHAT
-- column: old_text = EARLIER
-- column: new_text = LATER
-- column: change_text = CHANGE
-- column: change_pct = OF EARLIER
-- column: day_text = A DAY
-- column: unit = -
-- column: old_value = -
-- column: new_value = -
-- column: change_value = -
-- column: a_day = -
WITH s AS (SELECT (SELECT predicted_bytes FROM old_server) AS old_predicted, (SELECT predicted_bytes FROM report_server) AS predicted),
v(n, what, label, unit, old_value, new_value) AS (
  SELECT 1, 'keys', 'keys', 'keys', old_keys, keys FROM diff_pair
  UNION ALL SELECT 2, 'size_bytes', CASE WHEN is_alloc THEN 'allocated bytes' ELSE 'bytes' END, 'bytes', old_size_bytes, size_bytes FROM diff_pair
  UNION ALL SELECT 3, 'keys_without_ttl', 'keys without TTL', 'keys', old_keys_without_ttl, keys_without_ttl FROM diff_pair
  UNION ALL SELECT 4, 'size_bytes_without_ttl', 'bytes without TTL', 'bytes', old_size_bytes_without_ttl, size_bytes_without_ttl FROM diff_pair
  UNION ALL SELECT 5, 'keys_with_ttl', 'keys with TTL', 'keys', old_keys - old_keys_without_ttl, keys - keys_without_ttl FROM diff_pair
  UNION ALL SELECT 6, 'predicted_bytes', 'server once loaded', 'bytes', old_predicted, predicted FROM s
  UNION ALL SELECT 7, 'used_memory', 'used_memory as saved', 'bytes', old_used_memory, used_memory FROM diff_pair),
c AS (SELECT v.*, new_value - old_value AS change_value, (new_value - old_value) / (SELECT days FROM diff_pair) AS a_day FROM v)
SELECT what, label,
       CASE WHEN old_value IS NULL THEN 'not known' WHEN unit = 'keys' THEN human_count(old_value) ELSE human_bytes(old_value) END AS old_text,
       CASE WHEN new_value IS NULL THEN 'not known' WHEN unit = 'keys' THEN human_count(new_value) ELSE human_bytes(new_value) END AS new_text,
       CASE WHEN change_value IS NULL THEN 'not known'
            ELSE CASE WHEN change_value > 0 THEN '+' ELSE '' END || CASE unit WHEN 'keys' THEN human_count(change_value) ELSE human_bytes(change_value) END END AS change_text,
       pct(change_value, old_value) AS change_pct,
       CASE WHEN (SELECT days FROM diff_pair) IS NULL THEN '' WHEN a_day IS NULL THEN 'not known'
            ELSE CASE WHEN a_day >= 1 THEN '+' ELSE '' END || CASE unit WHEN 'keys' THEN human_count(CAST(round(a_day) AS INTEGER)) ELSE human_bytes(CAST(round(a_day) AS INTEGER)) END END AS day_text,
       unit, old_value, new_value, change_value, a_day
  FROM c ORDER BY n;

-- section: ttl_share |
-- line: Without TTL: {old_keys_pct} of the keys before, {keys_pct} now; {old_bytes_pct} of the bytes before, {bytes_pct} now
SELECT coalesce(pct(old_keys_without_ttl, old_keys), 0) AS old_keys_pct, coalesce(pct(keys_without_ttl, keys), 0) AS keys_pct,
       coalesce(pct(old_size_bytes_without_ttl, old_size_bytes), 0) AS old_bytes_pct, coalesce(pct(size_bytes_without_ttl, size_bytes), 0) AS bytes_pct
  FROM diff_pair;

-- section: projection | Until maxmemory
-- line: {text}
-- line: That is what a straight line through the two gives: two nights are no trend.{?days_left}
WITH s AS (
  SELECT CASE WHEN p.between_ms >= 3600000 THEN p.between_ms / 86400000.0 END AS days, n.snapshots + o.snapshots AS servers, o.predicted_bytes AS old_bytes, n.predicted_bytes AS now_bytes, p.saved_at,
         p.is_same_model, p.is_same_snapshot, CASE WHEN p.between_ms >= 3600000 THEN (n.predicted_bytes - o.predicted_bytes) / (p.between_ms / 86400000.0) END AS bytes_a_day
    FROM diff_pair p, old_server o, report_server n),
d AS (SELECT *, CASE WHEN servers = 2 AND is_same_model AND bytes_a_day > 0 AND now_bytes < :maxmemory
                     THEN (:maxmemory - now_bytes) / bytes_a_day END AS days_left FROM s)
SELECT CAST(:maxmemory AS INTEGER) AS maxmemory_bytes, now_bytes, bytes_a_day, days_left,
       CASE WHEN servers > 2 THEN 'Not said: maxmemory is of one server, and here are the sums of several'
            WHEN now_bytes IS NULL OR old_bytes IS NULL THEN 'Not known, because the memory of an incomplete snapshot is not'
            WHEN NOT is_same_model THEN 'Not known, because the two are sized by different models'
            WHEN now_bytes >= :maxmemory THEN 'The later one takes ' || human_bytes(now_bytes) || ' once loaded: at or above ' || human_bytes(:maxmemory) || ' already'
            WHEN days IS NULL THEN 'Not known, because the later one is not known to be at least an hour younger'
            WHEN bytes_a_day <= 0 THEN human_bytes(now_bytes) || ' of ' || human_bytes(:maxmemory) || ', and not growing'
            ELSE human_bytes(now_bytes) || ' of ' || human_bytes(:maxmemory) || ', ' || human_bytes(CAST(round(bytes_a_day) AS INTEGER)) || ' more a day: full in ' ||
                 CASE WHEN days_left > 36500 THEN 'more than 100 years' ELSE human_duration(CAST(days_left * 86400000 AS INTEGER)) END END AS text
  FROM d WHERE :maxmemory >= 0;

-- section: types | By type
-- note: No keys in either.
-- column: change_bytes = CHANGE
-- column: change_pct = OF EARLIER
-- column: change_keys = KEYS
-- column: type = TYPE
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
-- column: old_keys = -
-- column: keys = KEYS NOW
SELECT type, change_bytes, pct(change_bytes, old_size_bytes) AS change_pct, change_keys, old_size_bytes, size_bytes, old_keys, keys
  FROM (SELECT type, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(change_bytes) AS change_bytes,
               sum(old_keys) AS old_keys, sum(keys) AS keys, sum(change_keys) AS change_keys FROM diff_patterns GROUP BY type)
 ORDER BY abs(change_bytes) DESC, abs(change_keys) DESC, type;

-- section: databases | By database
-- column: db = -
-- column: db_text = DB
-- column: change_bytes = CHANGE
-- column: change_pct = OF EARLIER
-- column: change_keys = KEYS
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
-- column: old_keys = -
-- column: keys = KEYS NOW
-- column: databases = -
SELECT CASE WHEN count(*) = 1 AND rank <= :top THEN db END AS db,
       CASE WHEN rank <= :top THEN db ELSE 'and ' || count(*) || ' more' END AS db_text, count(*) AS databases,
       sum(change_bytes) AS change_bytes, pct(sum(change_bytes), sum(old_size_bytes)) AS change_pct, sum(change_keys) AS change_keys,
       sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys
  FROM (SELECT *, row_number() OVER (ORDER BY abs(change_bytes) DESC, abs(change_keys) DESC, db) AS rank
          FROM (SELECT db, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(change_bytes) AS change_bytes,
                       sum(old_keys) AS old_keys, sum(keys) AS keys, sum(change_keys) AS change_keys FROM diff_patterns GROUP BY db))
 WHERE (SELECT count(DISTINCT db) FROM diff_patterns) > 1 OR (SELECT max(db) FROM diff_patterns) > 0
 GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: patterns | Patterns by what became of them
-- note: No keys in either.
-- caption: The same pattern is the same database, name and type. The last row is the change in all.
-- column: change = PATTERNS THAT
-- column: patterns = HOW MANY
-- column: change_keys = KEYS
-- column: change_bytes = SIZE
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
WITH names(n, change, name) AS (VALUES (1, 'grown', 'grew'), (2, 'new', 'are new'), (3, 'shrunk', 'shrank'), (4, 'gone', 'are gone'),
                                      (5, 'ttl', 'changed TTLs or contents only'), (6, 'same', 'are as they were'), (7, NULL, 'all'))
SELECT name AS change, count(*) AS patterns, sum(change_keys) AS change_keys, sum(change_bytes) AS change_bytes,
       sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes
  FROM names JOIN diff_patterns p ON names.change IS NULL OR p.change = names.change GROUP BY n ORDER BY n;

-- section: patterns_grown | Patterns that grew
-- column: change_bytes = CHANGE
-- column: change_keys = KEYS
-- column: change_pct = OF EARLIER
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: type = TYPE | wide
-- column: db = DB | wide
-- column: old_keys = -
-- column: keys = -
-- column: old_bytes = -
-- column: bytes = -
-- column: patterns = -
SELECT CASE WHEN rank <= :top THEN pattern_text ELSE 'and ' || count_text(count(*), 'more pattern') END AS pattern_text,
       CASE WHEN rank <= :top THEN type END AS type, CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN role END AS role,
       count(*) AS patterns, sum(change_bytes) AS change_bytes, pct(sum(change_bytes), sum(old_size_bytes)) AS change_pct,
       sum(change_keys) AS change_keys, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys,
       sum(old_bytes) AS old_bytes, sum(bytes) AS bytes
  FROM diff_patterns WHERE change = 'grown' GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: patterns_new | New patterns
-- column: change_bytes = SIZE
-- column: change_keys = KEYS
-- column: change_pct = -
-- column: old_size_bytes = -
-- column: size_bytes = -
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: type = TYPE
-- column: db = DB | wide
-- column: old_keys = -
-- column: keys = -
-- column: old_bytes = -
-- column: bytes = -
-- column: patterns = -
SELECT CASE WHEN rank <= :top THEN pattern_text ELSE 'and ' || count_text(count(*), 'more pattern') END AS pattern_text,
       CASE WHEN rank <= :top THEN type END AS type, CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN role END AS role,
       count(*) AS patterns, sum(change_bytes) AS change_bytes, pct(sum(change_bytes), sum(old_size_bytes)) AS change_pct,
       sum(change_keys) AS change_keys, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys,
       sum(old_bytes) AS old_bytes, sum(bytes) AS bytes
  FROM diff_patterns WHERE change = 'new' GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: patterns_shrunk | Patterns that shrank
-- column: change_bytes = CHANGE
-- column: change_keys = KEYS
-- column: change_pct = OF EARLIER
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: type = TYPE | wide
-- column: db = DB | wide
-- column: old_keys = -
-- column: keys = -
-- column: old_bytes = -
-- column: bytes = -
-- column: patterns = -
SELECT CASE WHEN rank <= :top THEN pattern_text ELSE 'and ' || count_text(count(*), 'more pattern') END AS pattern_text,
       CASE WHEN rank <= :top THEN type END AS type, CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN role END AS role,
       count(*) AS patterns, sum(change_bytes) AS change_bytes, pct(sum(change_bytes), sum(old_size_bytes)) AS change_pct,
       sum(change_keys) AS change_keys, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys,
       sum(old_bytes) AS old_bytes, sum(bytes) AS bytes
  FROM diff_patterns WHERE change = 'shrunk' GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: patterns_gone | Patterns that are gone
-- column: change_bytes = SIZE
-- column: change_keys = KEYS
-- column: change_pct = -
-- column: old_size_bytes = -
-- column: size_bytes = -
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: type = TYPE
-- column: db = DB | wide
-- column: old_keys = -
-- column: keys = -
-- column: old_bytes = -
-- column: bytes = -
-- column: patterns = -
SELECT CASE WHEN rank <= :top THEN pattern_text ELSE 'and ' || count_text(count(*), 'more pattern') END AS pattern_text,
       CASE WHEN rank <= :top THEN type END AS type, CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN role END AS role,
       count(*) AS patterns, sum(change_bytes) AS change_bytes, pct(sum(change_bytes), sum(old_size_bytes)) AS change_pct,
       sum(change_keys) AS change_keys, sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys,
       sum(old_bytes) AS old_bytes, sum(bytes) AS bytes
  FROM diff_patterns WHERE change = 'gone' GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: ttl_patterns | Patterns whose keys without TTL changed
-- column: change_without_ttl = CHANGE
-- column: old_keys_without_ttl = EARLIER
-- column: keys_without_ttl = LATER
-- column: keys = OF KEYS
-- column: pattern_text = PATTERN
-- column: type = TYPE | wide
-- column: db = DB | wide
-- column: patterns = -
SELECT CASE WHEN ttl_rank <= :top THEN pattern_text ELSE 'and ' || count_text(count(*), 'more pattern') END AS pattern_text,
       CASE WHEN ttl_rank <= :top THEN type END AS type, CASE WHEN ttl_rank <= :top THEN db END AS db, count(*) AS patterns,
       sum(change_without_ttl) AS change_without_ttl, sum(old_keys_without_ttl) AS old_keys_without_ttl,
       sum(keys_without_ttl) AS keys_without_ttl, sum(keys) AS keys
  FROM diff_patterns WHERE change_without_ttl <> 0 GROUP BY min(ttl_rank, :top + 1) ORDER BY ttl_rank;

-- section: ttl | By remaining life
-- caption: As of when each was saved. A key moves up as its time comes.
-- column: bucket = TTL
-- column: change_bytes = CHANGE
-- column: change_keys = KEYS
-- column: old_size_bytes = EARLIER
-- column: size_bytes = LATER
-- column: old_keys = -
-- column: keys = KEYS NOW
SELECT bucket, sum(size_bytes) - sum(old_size_bytes) AS change_bytes, sum(keys) - sum(old_keys) AS change_keys,
       sum(old_size_bytes) AS old_size_bytes, sum(size_bytes) AS size_bytes, sum(old_keys) AS old_keys, sum(keys) AS keys
  FROM (SELECT bucket_order, bucket, 0 AS old_keys, keys, 0 AS old_size_bytes, CASE WHEN is_alloc THEN t.size_bytes ELSE bytes END AS size_bytes
          FROM report_ttl t, (SELECT is_alloc FROM diff_pair)
        UNION ALL
        SELECT bucket_order, bucket, keys, 0, CASE WHEN is_alloc THEN t.size_bytes ELSE bytes END, 0 FROM old_ttl t, (SELECT is_alloc FROM diff_pair))
 GROUP BY bucket_order, bucket ORDER BY bucket_order;

-- section: sidekiq_sets | Sidekiq: queues and sets
-- doubt: EXISTS (SELECT 1 FROM report_sidekiq_sets) AND EXISTS (SELECT 1 FROM old_sidekiq_sets) | As many jobs in each as before.
-- column: change_jobs = CHANGE
-- column: old_jobs = EARLIER
-- column: jobs = LATER
-- column: kind = KIND
-- column: name = NAME
-- column: db = DB | wide
-- column: namespace = NAMESPACE | wide
-- column: sets = -
WITH b AS (
  SELECT db, namespace, kind, name, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs, sum(jobs) - sum(old_jobs) AS change_jobs
    FROM (SELECT db, namespace, kind, name, 0 AS old_jobs, jobs FROM report_sidekiq_sets
          UNION ALL SELECT db, namespace, kind, name, jobs, 0 FROM old_sidekiq_sets)
   GROUP BY db, namespace, kind, name HAVING sum(jobs) <> sum(old_jobs)),
r AS (SELECT *, row_number() OVER (ORDER BY abs(change_jobs) DESC, db, namespace, kind, name) AS rank FROM b)
SELECT CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN namespace ELSE '' END AS namespace,
       CASE WHEN rank <= :top THEN kind ELSE '' END AS kind,
       CASE WHEN rank <= :top THEN name ELSE 'and ' || count(*) || ' more' END AS name, count(*) AS sets,
       sum(change_jobs) AS change_jobs, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs
  FROM r GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: sidekiq_jobs | Sidekiq: jobs by class
-- doubt: EXISTS (SELECT 1 FROM report_sidekiq_jobs) AND EXISTS (SELECT 1 FROM old_sidekiq_jobs) | As many jobs of each class as before.
-- column: change_jobs = CHANGE
-- column: old_jobs = EARLIER
-- column: jobs = LATER
-- column: change_bytes = BYTES
-- column: kind = IN
-- column: class = CLASS
-- column: db = DB | wide
-- column: namespace = NAMESPACE | wide
-- column: classes = -
WITH b AS (
  SELECT db, namespace, kind, class, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs, sum(jobs) - sum(old_jobs) AS change_jobs,
         sum(bytes) - sum(old_bytes) AS change_bytes
    FROM (SELECT db, namespace, kind, class, 0 AS old_jobs, jobs, 0 AS old_bytes, bytes FROM report_sidekiq_jobs
          UNION ALL SELECT db, namespace, kind, class, jobs, 0, bytes, 0 FROM old_sidekiq_jobs)
   GROUP BY db, namespace, kind, class HAVING sum(jobs) <> sum(old_jobs) OR sum(bytes) <> sum(old_bytes)),
r AS (SELECT *, row_number() OVER (ORDER BY abs(change_jobs) DESC, abs(change_bytes) DESC, db, namespace, kind, class) AS rank FROM b)
SELECT CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN namespace ELSE '' END AS namespace,
       CASE WHEN rank <= :top THEN kind ELSE '' END AS kind,
       CASE WHEN rank <= :top THEN class ELSE 'and ' || count(*) || ' more' END AS class, count(*) AS classes,
       sum(change_jobs) AS change_jobs, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs, sum(change_bytes) AS change_bytes
  FROM r GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: job_queues | Other queues: jobs by state
-- doubt: EXISTS (SELECT 1 FROM report_job_queues) AND EXISTS (SELECT 1 FROM old_job_queues) | As many jobs in each as before.
-- column: change_jobs = CHANGE
-- column: old_jobs = EARLIER
-- column: jobs = LATER
-- column: system = SYSTEM
-- column: state = STATE
-- column: queue = QUEUE
-- column: db = DB | wide
-- column: prefix = PREFIX | wide
-- column: queues = -
WITH b AS (
  SELECT db, system, prefix, queue, state, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs, sum(jobs) - sum(old_jobs) AS change_jobs
    FROM (SELECT db, system, prefix, queue, state, 0 AS old_jobs, jobs FROM report_job_queues
          UNION ALL SELECT db, system, prefix, queue, state, jobs, 0 FROM old_job_queues)
   WHERE (SELECT is_same_filter FROM diff_pair) -- under a filter nothing is known of them
   GROUP BY db, system, prefix, queue, state HAVING sum(jobs) <> sum(old_jobs)),
r AS (SELECT *, row_number() OVER (ORDER BY abs(change_jobs) DESC, db, system, prefix, queue, state) AS rank FROM b)
SELECT CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN system ELSE '' END AS system,
       CASE WHEN rank <= :top THEN prefix ELSE '' END AS prefix, CASE WHEN rank <= :top THEN state ELSE '' END AS state,
       CASE WHEN rank <= :top THEN queue ELSE 'and ' || count(*) || ' more' END AS queue, count(*) AS queues,
       sum(change_jobs) AS change_jobs, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs
  FROM r GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: job_classes | Other queues: jobs by class
-- doubt: EXISTS (SELECT 1 FROM report_job_classes) AND EXISTS (SELECT 1 FROM old_job_classes) | As many jobs of each class as before.
-- column: change_jobs = CHANGE
-- column: old_jobs = EARLIER
-- column: jobs = LATER
-- column: system = SYSTEM
-- column: state = STATE
-- column: class = CLASS
-- column: queue = QUEUE | wide
-- column: db = DB | wide
-- column: classes = -
WITH b AS (
  SELECT db, system, queue, state, class, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs, sum(jobs) - sum(old_jobs) AS change_jobs
    FROM (SELECT db, system, queue, state, class, 0 AS old_jobs, jobs FROM report_job_classes
          UNION ALL SELECT db, system, queue, state, class, jobs, 0 FROM old_job_classes)
   WHERE (SELECT is_same_filter FROM diff_pair) -- under a filter nothing is known of them
   GROUP BY db, system, queue, state, class HAVING sum(jobs) <> sum(old_jobs)),
r AS (SELECT *, row_number() OVER (ORDER BY abs(change_jobs) DESC, db, system, queue, state, class) AS rank FROM b)
SELECT CASE WHEN rank <= :top THEN db END AS db, CASE WHEN rank <= :top THEN system ELSE '' END AS system,
       CASE WHEN rank <= :top THEN queue ELSE '' END AS queue, CASE WHEN rank <= :top THEN state ELSE '' END AS state,
       CASE WHEN rank <= :top THEN class ELSE 'and ' || count(*) || ' more' END AS class, count(*) AS classes,
       sum(change_jobs) AS change_jobs, sum(old_jobs) AS old_jobs, sum(jobs) AS jobs
  FROM r GROUP BY min(rank, :top + 1) ORDER BY rank;

-- section: keys | Largest keys that changed most
-- doubt: (SELECT old_has_no_keys OR has_no_keys FROM diff_pair) | Not known, because a report database was made with --keys none.
-- caption: MEMORY USAGE. Of the 1,000 largest keys of each; not listed: not among them, so smaller or not there.
-- column: change_text = CHANGE
-- column: old_text = EARLIER
-- column: new_text = LATER
-- column: key_text = KEY
-- column: type = TYPE | wide
-- column: db = DB | wide
-- column: change = -
-- column: change_bytes = -
-- column: old_bytes = -
-- column: bytes = -
WITH w AS MATERIALIZED (
  SELECT (SELECT count(*) FROM old_top_keys) >= (SELECT keys - keys_without_size FROM old_totals) AS is_old_whole,
         (SELECT count(*) FROM report_top_keys WHERE measure = 'bytes' AND scope = 'all') >= (SELECT keys - keys_without_size FROM report_totals) AS is_new_whole),
k AS (
  SELECT db, key_text, coalesce(max(type) FILTER (WHERE side = 1), max(type)) AS type, max(bytes) FILTER (WHERE side = 0) AS old_bytes,
         max(bytes) FILTER (WHERE side = 1) AS bytes, is_old_whole, is_new_whole
    FROM (SELECT 1 AS side, db, key_text, type, bytes FROM report_top_keys WHERE measure = 'bytes' AND scope = 'all'
          UNION ALL SELECT 0, db, key_text, type, bytes FROM old_top_keys), w
   GROUP BY db, key_text)
SELECT CASE WHEN old_bytes IS NULL THEN CASE WHEN is_old_whole THEN 'new' ELSE 'listed' END
            WHEN bytes IS NULL THEN CASE WHEN is_new_whole THEN 'gone' ELSE 'not listed' END
            WHEN bytes > old_bytes THEN 'grown' ELSE 'shrunk' END AS change,
       CASE WHEN old_bytes IS NULL AND NOT is_old_whole THEN 'not known' WHEN bytes IS NULL AND NOT is_new_whole THEN 'not known'
            WHEN coalesce(bytes, 0) > coalesce(old_bytes, 0) THEN '+' ELSE '' END ||
       CASE WHEN (old_bytes IS NULL AND NOT is_old_whole) OR (bytes IS NULL AND NOT is_new_whole) THEN ''
            ELSE human_bytes(coalesce(bytes, 0) - coalesce(old_bytes, 0)) END AS change_text,
       CASE WHEN old_bytes IS NOT NULL THEN human_bytes(old_bytes) WHEN is_old_whole THEN 'new' ELSE 'not listed' END AS old_text,
       CASE WHEN bytes IS NOT NULL THEN human_bytes(bytes) WHEN is_new_whole THEN 'gone' ELSE 'not listed' END AS new_text,
       key_text, type, db, old_bytes, bytes,
       CASE WHEN (old_bytes IS NULL AND NOT is_old_whole) OR (bytes IS NULL AND NOT is_new_whole) THEN NULL
            ELSE coalesce(bytes, 0) - coalesce(old_bytes, 0) END AS change_bytes
  FROM k WHERE old_bytes IS NOT bytes AND NOT (SELECT old_has_no_keys OR has_no_keys FROM diff_pair)
 ORDER BY abs(coalesce(bytes, 0) - coalesce(old_bytes, 0)) DESC, db, key_text LIMIT :top;
