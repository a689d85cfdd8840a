-- redact.sql: every table of the report database, and what becomes of its names when they are redacted.
-- A statement gives a table's rows as they are copied, in the order of its columns.  A table that is not here, or a
-- column that is not known here, fails: who adds one says here whether it can hold a name.
--   redact_key(name, pattern, is_rule)  by its pattern; without one (NULL) as redact_name() does
--   redact_pattern(pattern, is_rule)    parts: as it is; names: its words hashed, its stars kept
--   redact_name(text)                   another name: of it stay words that are literal parts of some pattern
--   redact_word(text)                   what programs are made of (classes, libraries): parts: as it is
--   redact_whole(text)                  one hash
--   redact_filter(text)                 options: their globs as patterns are
--   escaped(name)                       its escaped form, NULL when that is the same

-- table: sets
SELECT id, label, taken_at FROM sets;

-- Folders and names of files say nothing of keys.
-- table: snapshots
SELECT id, set_id, path, label, container, file_bytes, bytes_read, rdb_version, server, server_version, created_at, used_memory,
       checksum, trailing, trailing_bytes, complete, depth, redact_filter(filter), keys_stored, keys, expires, bytes, alloc_bytes,
       rdb_bytes, keys_without_size, model, model_note, allocator, config, startup_bytes, functions_bytes, tables_bytes,
       tables_bytes_with_expired, rehash_bytes, predicted_used_memory, predicted_used_memory_with_expired, now, now_source,
       patterns_merged_keys, loaded_at, rdblens_version, redact_whole(identity),
       CASE WHEN pattern_rules IS NOT NULL THEN (SELECT json_group_array(redact_pattern(value, 1)) FROM json_each(pattern_rules)) END,
       redact_mode()
  FROM snapshots;

-- table: databases
SELECT * FROM databases;

-- Modules' types are names of programs' parts, not of keys.
-- table: type_names
SELECT * FROM type_names;
-- table: encoding_names
SELECT * FROM encoding_names;
-- table: rdb_encoding_names
SELECT * FROM rdb_encoding_names;
-- table: role_names
SELECT * FROM role_names;
-- table: size_note_names
SELECT * FROM size_note_names;
-- table: ttl_bucket_names
SELECT * FROM ttl_bucket_names;

-- Systems and families are words of this program.
-- table: pattern_rows
SELECT id, db, redact_pattern(pattern, is_rule), escaped(redact_pattern(pattern, is_rule)), type, role, system, keys, bytes,
       alloc_bytes, rdb_bytes, elements, keys_without_ttl, bytes_without_ttl, alloc_bytes_without_ttl, expired_keys, expired_bytes,
       expired_alloc_bytes, first_expires_at, last_expires_at, largest_bytes, redact_key(largest_key, pattern, is_rule),
       escaped(redact_key(largest_key, pattern, is_rule)), family, is_rule, stars, key_bytes
  FROM pattern_rows ORDER BY id;

-- A name without an escaped form has none when redacted.  The length stays that of the original.
-- table: key_rows
SELECT k.id, k.db, redact_key(k.key, p.pattern, p.is_rule),
       CASE WHEN k.key_text IS NOT NULL THEN escaped(redact_key(k.key, p.pattern, p.is_rule)) END,
       coalesce(k.key_bytes, length(CAST(k.key AS BLOB))), k.type, k.encoding, k.rdb_encoding, k.size_note, k.bytes, k.alloc_bytes,
       k.rdb_bytes, k.elements, k.largest_element, k.expires_at, k.idle_seconds, k.freq, k.pattern_n
  FROM key_rows k LEFT JOIN pattern_rows p ON p.id = (k.id >> 40 << 40 | k.pattern_n) ORDER BY k.id;

-- table: top_rows
SELECT * FROM top_rows;
-- table: ttl_rows
SELECT * FROM ttl_rows;
-- table: size_rows
SELECT * FROM size_rows;
-- table: encoding_rows
SELECT * FROM encoding_rows;
-- table: expiry_rows
SELECT * FROM expiry_rows;
-- table: usage_bucket_names
SELECT * FROM usage_bucket_names;
-- table: usage_rows
SELECT * FROM usage_rows;
-- First and last days of a whole pattern are sums over its keys, as its expiries are.
-- table: dated_rows
SELECT * FROM dated_rows;
-- table: slots
SELECT * FROM slots;

-- table: hash_tags
SELECT snapshot_id, slot, redact_name(tag), escaped(redact_name(tag)), keys, bytes, alloc_bytes FROM hash_tags;

-- table: string_classes
SELECT * FROM string_classes;
-- table: string_rows
SELECT * FROM string_rows;
-- table: packed_limits
SELECT * FROM packed_limits;
-- table: past_limit_rows
SELECT * FROM past_limit_rows;
-- table: field_ttl_rows
SELECT * FROM field_ttl_rows;

-- table: streams
SELECT s.id, s.snapshot_id, s.db, redact_key(s.key, p.pattern, p.is_rule), escaped(redact_key(s.key, p.pattern, p.is_rule)),
       s.expires_at, s.bytes, s.alloc_bytes, s.length, s.first_id, s.last_id, s.first_id_ms, s.last_id_ms, s.entries_added,
       s.deleted_entries, s.nodes, s.nodes_bytes, s.groups, s.consumers, s.pending
  FROM streams s LEFT JOIN key_rows k ON k.id = s.id
       LEFT JOIN pattern_rows p ON p.id = (k.id >> 40 << 40 | k.pattern_n);
-- table: stream_groups
SELECT stream, redact_name(name), last_id, last_id_ms, entries_read, lag, consumers, consumers_with_pending, pending,
       first_pending_id_ms, first_delivered_at, last_delivered_at, most_deliveries, last_seen_at, last_active_at
  FROM stream_groups;
-- table: stream_consumers
SELECT stream, redact_name(group_name), redact_name(name), pending, seen_at, active_at FROM stream_consumers;

-- Numbers and versions that servers write stay; of other fields (scripts, members, ids) nothing does.
-- table: aux
SELECT snapshot_id, offset, db, CASE WHEN is_known THEN name ELSE redact_name(name) END,
       CASE WHEN is_known AND value NOT GLOB '*[^0-9.,]*' THEN value ELSE redact_whole(value) END, value_bytes
  FROM (SELECT *, name IN ('redis-ver', 'valkey-ver', 'redis-bits', 'ctime', 'used-mem', 'repl-stream-db', 'repl-offset',
                           'repl-id', 'aof-preamble', 'aof-base', 'lua', 'slot-info', 'cluster-asm-task', 'mvcc-tstamp',
                           'keydb-subexpire-key', 'keydb-subexpire-when', 'repl-masters', 'df-ver', 'snapshot-id',
                           'shard-count', 'shard-id', 'table-mem', 'bigdb-ram-keys', 'bigdb-disk-keys')
                 AS is_known FROM aux);
-- The digest of a script is no keyed one.
-- table: functions
SELECT snapshot_id, offset, kind, redact_word(name), engine, bytes, CASE redact_mode() WHEN 'parts' THEN sha1 ELSE redact_whole(sha1) END
  FROM functions;
-- table: modules
SELECT * FROM modules;
-- Messages are the parser's own words.
-- table: defects
SELECT snapshot_id, offset, db, redact_name(key), severity, code, message FROM defects;

-- table: job_systems
SELECT snapshot_id, db, system, redact_name(prefix), version FROM job_systems;
-- table: job_queues
SELECT snapshot_id, db, system, redact_name(prefix), redact_name(queue), state, jobs, bytes, oldest_at, newest_at, first_due_at,
       overdue, without_ttl, missing, without_lock, without_class, paused
  FROM job_queues;
-- table: job_classes
SELECT snapshot_id, db, system, redact_name(prefix), redact_name(queue), state, redact_word(class), redact_word(error_class),
       jobs, bytes, oldest_at, newest_at
  FROM job_classes;

-- table: sidekiq_installations
SELECT snapshot_id, db, redact_name(namespace), evidence, version, processes, live_processes FROM sidekiq_installations;
-- A sorted set is named as its kind.
-- table: sidekiq_sets
SELECT snapshot_id, db, redact_name(namespace), CASE WHEN name = kind THEN name ELSE redact_name(name) END, kind, jobs, bytes,
       oldest_at, newest_at, first_score_at, last_score_at, latency_ms, payload_bytes, unparsable, registered, private,
       redact_name(key), escaped(redact_name(key)), paused, oldest_created_at, duplicates
  FROM sidekiq_sets;
-- table: sidekiq_jobs
SELECT snapshot_id, db, redact_name(namespace), kind, CASE WHEN set_name = kind THEN set_name ELSE redact_name(set_name) END,
       redact_word(class), redact_word(error_class), jobs, bytes, largest_bytes, backtrace_bytes, args_bytes, oldest_at,
       newest_at, retry_count_max, message_bytes, largest_args_bytes
  FROM sidekiq_jobs;
-- table: sidekiq_buckets
SELECT snapshot_id, db, redact_name(namespace), kind, measure, bucket_order, bucket, jobs FROM sidekiq_buckets;
-- table: sidekiq_processes
SELECT snapshot_id, db, redact_name(namespace), redact_name(identity), member, heartbeat, expires_at, version, redact_name(hostname),
       redact_name(tag), concurrency,
       CASE WHEN json_valid(queues) THEN (SELECT json_group_array(iif(type = 'text', redact_name(value), redact_whole(value))) FROM json_each(queues)) END,
       started_at, busy, rss_bytes, quiet, beat_at, work, work_expires_at
  FROM sidekiq_processes;
-- table: sidekiq_threads
SELECT snapshot_id, db, redact_name(namespace), redact_name(identity), redact_name(thread), redact_name(queue), redact_word(class),
       run_at
  FROM sidekiq_threads;
-- table: sidekiq_metrics
SELECT snapshot_id, db, redact_name(namespace), redact_word(class), processed, failed, total_ms, minutes, first_at, last_at
  FROM sidekiq_metrics;
-- table: sidekiq_links
SELECT snapshot_id, db, redact_name(namespace), link, entries, lost, lost_without_ttl, lost_bytes, first_expires_at, lost_elements FROM sidekiq_links;
-- table: sidekiq_stats
SELECT snapshot_id, db, redact_name(namespace), stat, total, dated_keys, dated_keys_without_ttl, dated_keys_zero, dated_bytes,
       dated_bytes_without_ttl, first_day, last_day, first_day_without_ttl, last_day_without_ttl, dated_keys_180_days,
       dated_keys_5_years, dated_alloc_bytes, dated_alloc_bytes_without_ttl
  FROM sidekiq_stats;
