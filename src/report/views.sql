-- views.sql: what reports read.  TEMP, so that a report database stays as it is.
-- All is about the chosen set (report_set, of set.sql); its snapshots are summed.  size_bytes is alloc_bytes when
-- every snapshot knows it, else bytes, so that all sums and shares of one report have one base.
-- What nearly every section reads is a table: SQLite works its way through all of a view wherever it is named.

DROP TABLE IF EXISTS temp.report_ids;
CREATE TEMP TABLE report_ids AS
  SELECT id FROM main.snapshots WHERE set_id = (SELECT id FROM report_set);

DROP TABLE IF EXISTS temp.report_snapshots;
CREATE TEMP TABLE report_snapshots AS
  SELECT s.*,
         CASE WHEN s.complete THEN NULL ELSE coalesce(
           (SELECT 'offset ' || d.offset || ': ' || d.message FROM main.defects d
             WHERE d.snapshot_id = s.id AND d.severity = 'fatal' ORDER BY d.offset LIMIT 1),
           CASE s.checksum WHEN 'mismatch' THEN 'the checksum does not match' END,
           (SELECT count(*) || ' damaged values, the first at offset ' || min(d.offset) || ': ' || d.message
              FROM main.defects d WHERE d.snapshot_id = s.id AND d.severity = 'failed' HAVING count(*) > 0),
           'the reason was not recorded') END AS why_incomplete
    FROM main.snapshots s WHERE s.set_id = (SELECT id FROM report_set);

DROP TABLE IF EXISTS temp.report_ttl;
CREATE TEMP TABLE report_ttl AS
  SELECT db, type, bucket_order, bucket, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS size_bytes
    FROM main.ttl_buckets WHERE snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY db, type, bucket_order, bucket;

-- Every key is in one bucket, so all sums over keys come from here.
DROP TABLE IF EXISTS temp.report_groups;
CREATE TEMP TABLE report_groups AS
  SELECT db, type, sum(keys) AS keys, sum(bytes) AS bytes, sum(size_bytes) AS size_bytes,
         coalesce(sum(keys) FILTER (WHERE bucket = 'none'), 0) AS keys_without_ttl,
         coalesce(sum(bytes) FILTER (WHERE bucket = 'none'), 0) AS bytes_without_ttl,
         coalesce(sum(size_bytes) FILTER (WHERE bucket = 'none'), 0) AS size_bytes_without_ttl,
         coalesce(sum(keys) FILTER (WHERE bucket = 'expired'), 0) AS expired_keys,
         coalesce(sum(size_bytes) FILTER (WHERE bucket = 'expired'), 0) AS expired_bytes
    FROM report_ttl GROUP BY db, type;

CREATE TEMP VIEW IF NOT EXISTS report_databases AS
  SELECT db, sum(keys) AS keys, sum(bytes) AS bytes, sum(size_bytes) AS size_bytes,
         sum(keys_without_ttl) AS keys_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl,
         sum(size_bytes_without_ttl) AS size_bytes_without_ttl,
         sum(expired_keys) AS expired_keys, sum(expired_bytes) AS expired_bytes
    FROM report_groups GROUP BY db;

CREATE TEMP VIEW IF NOT EXISTS report_types AS
  SELECT type, sum(keys) AS keys, sum(bytes) AS bytes, sum(size_bytes) AS size_bytes,
         sum(keys_without_ttl) AS keys_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl,
         sum(size_bytes_without_ttl) AS size_bytes_without_ttl,
         sum(expired_keys) AS expired_keys, sum(expired_bytes) AS expired_bytes
    FROM report_groups GROUP BY type;

DROP TABLE IF EXISTS temp.report_totals;
CREATE TEMP TABLE report_totals AS
  SELECT s.*, g.*
    FROM (SELECT count(*) AS snapshots, min(complete) AS complete,
                 CASE WHEN count(used_memory) = count(*) THEN sum(used_memory) END AS used_memory,
                 sum(keys_without_size) AS keys_without_size,
                 sum(patterns_merged_keys) AS patterns_merged_keys, max(now) AS now,
                 CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN 'alloc_bytes' ELSE 'bytes' END AS size_measure
            FROM report_snapshots) s,
         (SELECT count(DISTINCT db) AS databases, coalesce(sum(keys), 0) AS keys, coalesce(sum(bytes), 0) AS bytes,
                 coalesce(sum(size_bytes), 0) AS size_bytes,
                 coalesce(sum(keys_without_ttl), 0) AS keys_without_ttl,
                 coalesce(sum(bytes_without_ttl), 0) AS bytes_without_ttl,
                 coalesce(sum(size_bytes_without_ttl), 0) AS size_bytes_without_ttl,
                 coalesce(sum(expired_keys), 0) AS expired_keys,
                 coalesce(sum(expired_bytes), 0) AS expired_bytes
            FROM report_groups) g;

-- The servers that have loaded the whole files, whatever was filtered; several are summed, and a figure that
-- one of them lacks is NULL.  keys_bytes with those past their time, as the saving server had them.  is_same: the
-- difference is what expected values may be off by.
DROP TABLE IF EXISTS temp.report_server;
CREATE TEMP TABLE report_server AS
  SELECT *, predicted_bytes - startup_bytes - functions_bytes - tables_bytes AS keys_bytes,
         (predicted_bytes - tables_bytes) - (primary_bytes - primary_tables_bytes) AS expired_bytes, used_memory - predicted_bytes AS more_bytes,
         abs(used_memory - predicted_bytes) < 0.003 * predicted_bytes AS is_same
    FROM (SELECT count(*) AS snapshots, count(filter) > 0 AS is_filtered,
                 CASE WHEN count(startup_bytes) = count(*) THEN sum(startup_bytes) END AS startup_bytes,
                 CASE WHEN count(functions_bytes) = count(*) THEN sum(functions_bytes) END AS functions_bytes,
                 CASE WHEN count(tables_bytes_with_expired) = count(*) THEN sum(tables_bytes_with_expired) END AS tables_bytes,
                 CASE WHEN count(predicted_used_memory_with_expired) = count(*)
                      THEN sum(predicted_used_memory_with_expired) END AS predicted_bytes,
                 CASE WHEN count(predicted_used_memory) = count(*) THEN sum(predicted_used_memory) END AS primary_bytes,
                 CASE WHEN count(tables_bytes) = count(*) THEN sum(tables_bytes) END AS primary_tables_bytes,
                 CASE WHEN count(rehash_bytes) = count(*) THEN sum(rehash_bytes) END AS rehash_bytes,
                 CASE WHEN count(used_memory) = count(*) THEN sum(used_memory) END AS used_memory
            FROM report_snapshots);

-- A table, because a set can have a million patterns and reports read them many times: the program fills
-- it when a report names it.
DROP TABLE IF EXISTS temp.report_patterns;
CREATE TEMP TABLE report_patterns(
  db, pattern_text, type, role, system, keys, bytes, size_bytes, rdb_bytes, elements, keys_without_ttl,
  bytes_without_ttl, size_bytes_without_ttl, expired_keys, expired_bytes, first_expires_at, last_expires_at, largest_bytes, largest_key_text,
  pattern, is_rule,
  -- In a word: whose it is, and that job systems' own keys are not to be touched.
  kind AS (CASE WHEN role = 'app' THEN 'app' WHEN role IN ('cache', 'session') THEN coalesce(system, role)
                WHEN role = 'jobs' THEN 'JOBS keep' ELSE role || ' keep' END));
-- A snapshot has a pattern once, so that of one there is nothing to group, which would take longer than the report.
CREATE TEMP VIEW IF NOT EXISTS report_pattern_parts AS
  SELECT db, pattern_text, type, role, system, keys, bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN alloc_bytes ELSE bytes END AS size_bytes,
         rdb_bytes, elements, keys_without_ttl, bytes_without_ttl,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(alloc_bytes_without_ttl, 0)
              ELSE bytes_without_ttl END AS size_bytes_without_ttl,
         expired_keys,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(expired_alloc_bytes, 0)
              ELSE expired_bytes END AS expired_bytes,
         first_expires_at, last_expires_at, largest_bytes, largest_key_text, pattern, is_rule
    FROM main.patterns WHERE snapshot_id IN (SELECT id FROM report_ids);
-- The largest key's name goes with its size: beside other min() and max() a bare column is of any row.
CREATE TEMP VIEW IF NOT EXISTS report_pattern_sums AS
  SELECT * FROM report_pattern_parts WHERE (SELECT count(*) FROM report_ids) = 1
   UNION ALL
  SELECT db, pattern_text, type, role, max(system), sum(keys), sum(bytes), sum(size_bytes), sum(rdb_bytes), sum(elements),
         sum(keys_without_ttl), sum(bytes_without_ttl), sum(size_bytes_without_ttl), sum(expired_keys), sum(expired_bytes),
         min(first_expires_at), max(last_expires_at), max(largest_bytes),
         text_of_largest(largest_bytes, largest_key_text), pattern, is_rule
    FROM report_pattern_parts WHERE (SELECT count(*) FROM report_ids) > 1
   GROUP BY db, pattern_text, type, role, is_rule;

-- What raised limits of packed values give back: a limit of twice and four times, alone or both of a name.
CREATE TEMP VIEW IF NOT EXISTS report_limits AS
WITH step(factor) AS (VALUES (2), (4)),
  l AS (SELECT *, CASE WHEN entries_factor > 1 AND value_factor > 1 THEN 2 ELSE value_factor > 1 END AS needs
          FROM main.past_limits WHERE snapshot_id IN (SELECT id FROM report_ids))
SELECT row_number() OVER (ORDER BY min(entries_name), needs, entries, value_bytes, factor) AS n,
       CASE needs WHEN 0 THEN entries_name WHEN 1 THEN value_name ELSE replace(entries_name, '-entries', '-* (both)') END AS setting,
       CASE needs WHEN 0 THEN entries WHEN 1 THEN value_bytes ELSE entries || ', ' || value_bytes END AS is_now,
       CASE needs WHEN 0 THEN factor * entries WHEN 1 THEN factor * value_bytes ELSE (factor * entries) || ', ' || (factor * value_bytes) END AS raised_to,
       replace(entries_name, '-entries', '') AS setting_of,
       entries || CASE needs WHEN 1 THEN '' ELSE ' -> ' || (factor * entries) END AS entries_text,
       coalesce(value_bytes || CASE needs WHEN 0 THEN '' ELSE ' -> ' || (factor * value_bytes) END, '') AS value_text,
       sum(keys) AS keys, sum(elements) / sum(keys) AS elements_each, sum(alloc_bytes) AS size_bytes, sum(alloc_bytes_after) AS packed_bytes,
       sum(alloc_bytes) - sum(alloc_bytes_after) AS gain_bytes,
       pct(sum(alloc_bytes) - sum(alloc_bytes_after), (SELECT size_bytes FROM report_totals)) AS gain_pct
  FROM l JOIN step ON entries_factor <= factor AND value_factor <= factor
 WHERE EXISTS (SELECT 1 FROM main.packed_limits)
 GROUP BY entries_name, entries, value_bytes, needs, factor;

-- The ranks are each snapshot's own: order by the measure.
CREATE TEMP VIEW IF NOT EXISTS report_top_keys AS
  SELECT o.measure, o.scope, o.scope_value, o.rank, k.*,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN k.alloc_bytes ELSE k.bytes END AS size_bytes
    FROM main.top_rows o JOIN main.keys k ON k.id = o.key_id
   WHERE o.snapshot_id IN (SELECT id FROM report_ids);

CREATE TEMP VIEW IF NOT EXISTS report_sizes AS
  SELECT type, low_bytes, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(alloc_bytes), 0) ELSE sum(bytes) END AS size_bytes,
         max(largest_bytes) AS largest_bytes
    FROM main.sizes WHERE snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY type, low_bytes;

-- From and until in milliseconds after now, because each snapshot has its own.
CREATE TEMP VIEW IF NOT EXISTS report_expiry AS
  SELECT e.from_at - s.now AS from_ms, e.until_at - s.now AS until_ms, sum(e.keys) AS keys, sum(e.bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(e.alloc_bytes), 0) ELSE sum(e.bytes) END AS size_bytes,
         e.db, e.pattern_text, max(e.pattern_keys) AS pattern_keys
    FROM main.expiry e JOIN main.snapshots s ON s.id = e.snapshot_id
   WHERE e.snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY 1, 2;

-- A row for each snapshot, pattern and bucket: whoever reads them sums them once.
CREATE TEMP VIEW IF NOT EXISTS report_usage AS
  SELECT kind, db, pattern_text, type, role, bucket_order, bucket, from_value, keys, bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(alloc_bytes, 0) ELSE bytes END AS size_bytes
    FROM main.usage WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_usage_buckets AS
  SELECT b.kind_name AS kind, b.id AS bucket_order, b.name AS bucket, b.from_value, sum(u.keys) AS keys, sum(u.bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(u.alloc_bytes), 0) ELSE sum(u.bytes) END AS size_bytes
    FROM main.usage_rows u JOIN main.usage_bucket_names b ON b.kind = u.kind AND b.id = u.bucket
   WHERE u.pattern >> 40 IN (SELECT id FROM report_ids)
   GROUP BY u.kind, u.bucket;

-- Patterns with a day in the name of every key, in each snapshot that has them.
CREATE TEMP VIEW IF NOT EXISTS report_dated AS
  SELECT p.db, p.pattern_text, p.type, p.role, p.system, sum(p.keys) AS keys, sum(p.bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(p.alloc_bytes), 0) ELSE sum(p.bytes) END AS size_bytes,
         sum(p.keys_without_ttl) AS keys_without_ttl, min(d.first_day) AS first_day, max(d.last_day) AS last_day,
         CAST(julianday(max(d.last_day)) - julianday(min(d.first_day)) AS INTEGER) + 1 AS days
    FROM main.dated_rows d JOIN main.patterns p ON p.id = d.pattern
   WHERE p.snapshot_id IN (SELECT id FROM report_ids)
     AND (p.db, p.pattern_text, p.type, p.role) NOT IN (
         SELECT o.db, o.pattern_text, o.type, o.role FROM main.patterns o
          WHERE (SELECT count(*) FROM report_ids) > 1 AND o.snapshot_id IN (SELECT id FROM report_ids)
            AND o.id NOT IN (SELECT pattern FROM main.dated_rows))
   GROUP BY p.db, p.pattern_text, p.type, p.role;

CREATE TEMP VIEW IF NOT EXISTS report_slots AS
  SELECT slot, count(DISTINCT snapshot_id) AS snapshots, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(alloc_bytes), 0) ELSE sum(bytes) END AS size_bytes
    FROM main.slots WHERE snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY slot;
CREATE TEMP VIEW IF NOT EXISTS report_hash_tags AS
  SELECT slot, coalesce(tag_text, tag) AS tag_text, tag IS NULL AS is_rest, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(alloc_bytes), 0) ELSE sum(bytes) END AS size_bytes
    FROM main.hash_tags WHERE snapshot_id IN (SELECT id FROM report_ids)
   GROUP BY slot, tag;

-- Job queues other than Sidekiq, caches, sessions.  Families hang on patterns, so that they are known under a
-- filter; the others are not.
CREATE TEMP VIEW IF NOT EXISTS report_job_families AS
  SELECT db, system, replace(family, '[*]', '<id>') AS family, role, type, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS size_bytes,
         sum(keys_without_ttl) AS keys_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(sum(alloc_bytes_without_ttl), 0)
              ELSE sum(bytes_without_ttl) END AS size_bytes_without_ttl,
         min(first_expires_at - (SELECT now FROM main.snapshots s WHERE s.id = snapshot_id)) AS ttl_min_ms,
         max(last_expires_at - (SELECT now FROM main.snapshots s WHERE s.id = snapshot_id)) AS ttl_max_ms
    FROM main.patterns WHERE snapshot_id IN (SELECT id FROM report_ids) AND system IS NOT NULL AND system <> 'sidekiq'
   GROUP BY db, system, family, role, type;
CREATE TEMP VIEW IF NOT EXISTS report_job_systems AS
  SELECT * FROM main.job_systems WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_job_queues AS
  SELECT * FROM main.job_queues WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_job_classes AS
  SELECT * FROM main.job_classes WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_installations AS
  SELECT * FROM main.sidekiq_installations WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_sets AS
  SELECT * FROM main.sidekiq_sets WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_jobs AS
  SELECT * FROM main.sidekiq_jobs WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_stats AS
  SELECT *, CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(dated_alloc_bytes, dated_bytes) ELSE dated_bytes END AS dated_size_bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN coalesce(dated_alloc_bytes_without_ttl, dated_bytes_without_ttl)
              ELSE dated_bytes_without_ttl END AS dated_size_bytes_without_ttl
    FROM main.sidekiq_stats WHERE snapshot_id IN (SELECT id FROM report_ids);
CREATE TEMP VIEW IF NOT EXISTS report_defects AS
  SELECT * FROM main.defects WHERE snapshot_id IN (SELECT id FROM report_ids);

-- What a snapshot is worth as a backup, as far as a reading that opens what sizes need can tell (`verify` opens all).
-- verdict: good, unproven (nothing proves its bytes), limited (for some servers, or not all that was there), no.
DROP TABLE IF EXISTS temp.report_restore;
CREATE TEMP TABLE report_restore AS
  SELECT id AS snapshot_id, complete, checksum,
         CASE WHEN NOT complete OR is_twice THEN 'no'
              WHEN is_newer OR trailing = 'aof' OR is_aof_base OR modules > 0 THEN 'limited'
              WHEN coalesce(checksum, '') <> 'ok' THEN 'unproven' ELSE 'good' END AS verdict,
         CASE WHEN NOT complete THEN 'NOT a restore point'
              WHEN is_twice THEN 'NOT a restore point, as a server stops at a key that is there twice'
              WHEN is_newer THEN 'a restore point only for servers that read RDB version ' || rdb_version
              WHEN trailing = 'aof' THEN 'the head of an AOF; what follows it is newer and was not read'
              WHEN is_aof_base THEN 'the base of an AOF, without the writes that came after it'
              WHEN modules > 0 THEN 'a restore point for a server with the same modules'
              WHEN coalesce(checksum, '') <> 'ok' THEN 'a restore point as far as can be told without a checksum'
              ELSE 'good as a restore point' END ||
         CASE WHEN complete AND NOT is_twice AND container <> 'plain' THEN ', once unpacked' ELSE '' END AS verdict_text
    FROM (SELECT s.*,
                 EXISTS (SELECT 1 FROM main.defects d WHERE d.snapshot_id = s.id AND d.code = 'duplicate-key') AS is_twice,
                 EXISTS (SELECT 1 FROM main.defects d WHERE d.snapshot_id = s.id AND d.code IN ('higher-version', 'pre-release-layout')) AS is_newer,
                 EXISTS (SELECT 1 FROM main.aux a WHERE a.snapshot_id = s.id AND a.name = 'aof-base' AND a.value = '1') AS is_aof_base,
                 (SELECT count(*) FROM main.modules m WHERE m.snapshot_id = s.id) AS modules
            FROM report_snapshots s);

-- How much the summary can show on a screen of 24 lines and 80 columns.  spare: lines left for patterns, when the
-- head (head.sql) is long or there is more to say fewer.  Of a line of the head 66 columns are counted, because it is broken at
-- blanks.  11 lines are always there: server, sizes, two empty ones, absent (when complete), keys, frees, two above the patterns, the
-- rest of them, next.
DROP TABLE IF EXISTS temp.report_screen;
CREATE TEMP TABLE report_screen(spare, is_tight, installations);
CREATE TEMP VIEW IF NOT EXISTS report_screen_sums AS
  SELECT spare, spare < 1 AS is_tight,
         CASE WHEN spare < 1 AND (SELECT count(*) FROM report_sidekiq_installations) > 2 THEN 1 ELSE 2 END AS installations
    FROM (SELECT 24 - 10 - (SELECT complete FROM report_totals) - sum(lines) AS spare FROM (
    SELECT 1 + min(60, length(path)) / 50 AS lines FROM report_snapshots
    UNION ALL SELECT 1 + length(verdict_text) / 44 FROM (SELECT DISTINCT verdict_text FROM report_restore)
    UNION ALL SELECT 1 + (length(why_incomplete) + 64) / 66 FROM report_snapshots WHERE NOT complete
    UNION ALL SELECT count(DISTINCT coalesce(server, '') || '/' || coalesce(server_version, '')) - 1 +
                     (max(length(server) + length(server_version)) > 16) FROM report_snapshots
    UNION ALL SELECT count(model_note) + count(config) > 0 OR max(allocator <> 'jemalloc') FROM report_snapshots
    UNION ALL SELECT count(*) FROM (SELECT 1 FROM report_snapshots WHERE created_at IS NULL OR now_source <> 'ctime' OR created_at > unixepoch() * 1000 LIMIT 1)
    UNION ALL SELECT 1 + length(pattern_rules) / 60 FROM (SELECT pattern_rules FROM report_snapshots WHERE pattern_rules IS NOT NULL LIMIT 1)
    UNION ALL SELECT 1 + length(filter) / 30 FROM (SELECT filter FROM report_snapshots WHERE filter IS NOT NULL LIMIT 1)
    UNION ALL SELECT 1 + length(pattern_rules) / 60 FROM (SELECT pattern_rules FROM report_snapshots WHERE pattern_rules IS NOT NULL LIMIT 1)
    UNION ALL SELECT 2 * ((SELECT count(DISTINCT set_id) FROM main.snapshots) > 1)
    UNION ALL SELECT (keys_without_size > 0 OR EXISTS (SELECT 1 FROM report_defects WHERE severity = 'warning')) FROM report_totals
    UNION ALL SELECT expired_keys > 0 FROM report_totals
    UNION ALL SELECT (predicted_bytes IS NOT NULL AND NOT is_filtered) + (used_memory IS NOT NULL) FROM report_server
    UNION ALL SELECT min(3, count(*)) + (count(*) > 0) + (max(length(namespace) + length(version)) > 5) + (count(*) > 1) FROM report_sidekiq_installations
    UNION ALL SELECT coalesce(max(length(name)) > 12, 0) FROM report_sidekiq_sets WHERE kind = 'queue'
    UNION ALL SELECT count(*) > 0 FROM main.job_systems WHERE snapshot_id IN (SELECT id FROM report_ids)
    UNION ALL SELECT sum(dated_keys) > 0 FROM report_sidekiq_stats));
