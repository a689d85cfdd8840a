-- statements.sql: what the program runs on report databases.  A statement follows its name; only the one
-- after the name asked for is run (see store_sql()).

-- name: set
INSERT INTO sets(label) VALUES(?);

-- name: snapshot
INSERT INTO snapshots(set_id, path, label, keys_stored, loaded_at, rdblens_version,
                      container, depth, model, allocator, now, now_source, identity)
VALUES(?, ?, ?, ?, ?, ?, '', '', '', '', 0, '', 'unfinished');

-- name: snapshot-end
UPDATE snapshots
   SET container = ?, file_bytes = ?, bytes_read = ?, server = ?, server_version = ?, rdb_version = ?,
       created_at = ?, checksum = ?, trailing = ?, trailing_bytes = ?, complete = ?, used_memory = ?,
       depth = ?, filter = ?, keys = ?, expires = ?, bytes = ?, alloc_bytes = ?, rdb_bytes = ?,
       keys_without_size = ?, model = ?, now = ?, patterns_merged_keys = ?, now_source = ?, identity = ?,
       pattern_rules = ?
 WHERE id = ?;

-- name: snapshot-server
UPDATE snapshots
   SET model_note = ?, allocator = ?, config = ?, startup_bytes = ?, functions_bytes = ?, tables_bytes = ?,
       tables_bytes_with_expired = ?, rehash_bytes = ?, predicted_used_memory = ?, predicted_used_memory_with_expired = ?
 WHERE id = ?;

-- name: key
INSERT INTO key_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- Where key_pages.c puts the rows: nothing else may hang on them.
-- name: key-rows-root
SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'key_rows'
   AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE tbl_name = 'key_rows' AND type IN ('index', 'trigger'));

-- name: database
INSERT INTO databases VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: pattern
INSERT INTO pattern_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ttl
INSERT INTO ttl_rows VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: size
INSERT INTO size_rows VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: encoding
INSERT INTO encoding_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: expiry
INSERT INTO expiry_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?);

-- name: usage
INSERT INTO usage_rows VALUES(?, ?, ?, ?, ?, ?);

-- name: dated
INSERT INTO dated_rows VALUES(?1, ?2, format('%04d-%02d-%02d', ?3 / 10000, ?3 / 100 % 100, ?3 % 100),
                              format('%04d-%02d-%02d', ?4 / 10000, ?4 / 100 % 100, ?4 % 100));

-- name: slot
INSERT INTO slots VALUES(?, ?, ?, ?, ?);

-- name: hash-tag
INSERT INTO hash_tags VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: string-class
INSERT INTO string_classes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: string
INSERT INTO string_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?);

-- name: packed-limit
INSERT INTO packed_limits VALUES(?, ?, ?, ?, ?, ?);

-- name: past-limit
INSERT INTO past_limit_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?);

-- name: field-ttl
INSERT INTO field_ttl_rows VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: stream
INSERT INTO streams VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: stream-group
INSERT INTO stream_groups VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: stream-consumer
INSERT INTO stream_consumers VALUES(?, ?, ?, ?, ?, ?);

-- A whole list at a time: a cursor that stays where it is costs a tenth of one that looks for each row's place.
-- name: top
INSERT INTO top_rows SELECT ?1, ?2, ?3, ?4, key + 1, (?1 << 40) + value FROM json_each(?5);

-- name: aux
INSERT INTO aux VALUES(?, ?, ?, ?, ?, ?);

-- name: function
INSERT INTO functions VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: module
INSERT INTO modules VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: defect
INSERT INTO defects VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: job-system
INSERT INTO job_systems VALUES(?, ?, ?, ?, ?);

-- name: job-queue
INSERT INTO job_queues VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: job-class
INSERT INTO job_classes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-installation
INSERT INTO sidekiq_installations VALUES(?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-set
INSERT INTO sidekiq_sets VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-jobs
INSERT INTO sidekiq_jobs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-bucket
INSERT INTO sidekiq_buckets VALUES(?, ?, ?, ?, ?, ?, ?, ?);

-- What a process says of itself is JSON as it wrote it.
-- name: sidekiq-process
INSERT INTO sidekiq_processes
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''),
       CASE json_type(info, '$.hostname') WHEN 'text' THEN json_extract(info, '$.hostname') END,
       CASE json_type(info, '$.tag') WHEN 'text' THEN json_extract(info, '$.tag') END,
       coalesce(?16, CASE json_type(info, '$.concurrency') WHEN 'integer' THEN json_extract(info, '$.concurrency') END),
       CASE json_type(info, '$.queues') WHEN 'array' THEN json_extract(info, '$.queues') END,
       CASE WHEN json_type(info, '$.started_at') IN ('integer', 'real')
            THEN CAST(min(max(json_extract(info, '$.started_at'), 0), 1e11) * 1000 AS INTEGER) END,
       ?10, ?11 * 1024, ?12, ?13, ?14, ?15
  FROM (SELECT CASE WHEN json_valid(?9) THEN ?9 END AS info);

-- name: sidekiq-thread
INSERT INTO sidekiq_threads VALUES(?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-metric
INSERT INTO sidekiq_metrics VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-link
INSERT INTO sidekiq_links VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: sidekiq-stat
INSERT INTO sidekiq_stats VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: type-name
INSERT OR IGNORE INTO type_names VALUES(?, ?);

-- name: rdb-encoding-name
INSERT OR IGNORE INTO rdb_encoding_names VALUES(?, ?);

-- name: module-types
SELECT name FROM type_names WHERE id >= ? ORDER BY id;

-- name: same-identity
SELECT n.path, o.path FROM snapshots o, snapshots n WHERE o.identity = ? AND n.id = ?;

-- name: sets-end
UPDATE sets SET taken_at = (SELECT max(coalesce(created_at, now)) FROM snapshots WHERE set_id = sets.id)
 WHERE id >= ?;

-- --keys top: rows of all keys that were among the largest at some time, and those that stayed.

-- name: stage
CREATE TEMP TABLE staged_rows AS SELECT * FROM key_rows WHERE 0;

-- name: stage-key
INSERT INTO temp.staged_rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: unstage
INSERT INTO key_rows SELECT * FROM temp.staged_rows WHERE id IN (SELECT key_id FROM top_rows) ORDER BY id;

-- A finished database gone through again (refilter.c): first what is asked of the source.

-- name: source-snapshots
SELECT id, now, keys_stored, label FROM snapshots ORDER BY id;

-- name: source-module-types
SELECT id, name FROM type_names WHERE id >= ? ORDER BY id;

-- name: source-patterns
SELECT id & ((1 << 40) - 1), pattern, role, system, family, is_rule, stars FROM pattern_rows
 WHERE id BETWEEN ?1 << 40 AND (?1 << 40) + ((1 << 40) - 1) ORDER BY id;

-- name: source-keys
SELECT id, db, key, key_bytes, type, encoding, rdb_encoding, size_note, bytes, alloc_bytes, rdb_bytes, elements,
       largest_element, expires_at, idle_seconds, freq, pattern_n
  FROM key_rows WHERE id BETWEEN ?1 << 40 AND (?1 << 40) + ((1 << 40) - 1) ORDER BY id;

-- name: source-hints
SELECT db, resizedb_keys, resizedb_expires FROM databases
 WHERE snapshot_id = ? AND resizedb_keys IS NOT NULL;

-- name: source-has-slots
SELECT 1 FROM slots WHERE snapshot_id = ? LIMIT 1;

-- name: source-tables
SELECT main_table_bytes, expires_table_bytes, other_table_bytes, rehash_bytes, snapshot_id, db FROM databases
 WHERE snapshot_id = ?;

-- Sidekiq processes whose heartbeat runs out between the source's now and another one.  Their hashes are
-- known by their names, PREFIX:HOST:PID:12 hex digits.
-- name: source-heartbeats
SELECT i.snapshot_id, i.db, i.namespace, sum(k.expires_at > ?1) - sum(k.expires_at > s.now)
  FROM key_rows k
  CROSS JOIN sidekiq_installations i ON i.snapshot_id = k.id >> 40 AND i.db = k.db
  JOIN snapshots s ON s.id = i.snapshot_id
 WHERE EXISTS (SELECT 1 FROM sidekiq_installations WHERE processes > 0) -- else the keys need not be read
   AND k.type = (SELECT id FROM type_names WHERE name = 'hash')
   AND (k.expires_at > ?1) <> (k.expires_at > s.now)
   AND i.processes > 0
   AND (i.namespace = '' OR substr(coalesce(k.key_text, k.key), 1, length(i.namespace) + 1) = i.namespace || ':')
   AND substr(coalesce(k.key_text, k.key), iif(i.namespace = '', 1, length(i.namespace) + 2)) GLOB
       '*:[0-9]*:[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
 GROUP BY 1, 2, 3;

-- Then what is done to the copy.

-- name: copy-has-set
SELECT 1 FROM sidekiq_sets
 WHERE snapshot_id = ? AND db = ? AND namespace = ? AND kind = ? AND name = ?;

-- name: copy-has-stream
SELECT 1 FROM streams WHERE id = ?;

-- name: copy-snapshot
UPDATE snapshots
   SET filter = CASE WHEN ?1 IS NULL THEN filter ELSE coalesce(filter || ' and ', '') || ?1 END,
       keys = ?2, expires = ?3, bytes = ?4, alloc_bytes = ?5, rdb_bytes = ?6, keys_without_size = ?7,
       -- the new rules go before those that the snapshot was read with
       pattern_rules = CASE WHEN ?9 IS NULL THEN pattern_rules WHEN pattern_rules IS NULL THEN ?9
                            ELSE substr(?9, 1, length(?9) - 1) || ',' || substr(pattern_rules, 2) END
 WHERE id = ?8;

-- name: copy-tables
UPDATE databases SET main_table_bytes = ?, expires_table_bytes = ?, other_table_bytes = ?, rehash_bytes = ?
 WHERE snapshot_id = ? AND db = ?;

-- name: copy-latencies
UPDATE sidekiq_sets
   SET latency_ms = max(0, latency_ms + ?1 - (SELECT now FROM snapshots WHERE id = snapshot_id));

-- What was counted from the snapshot's own now.
-- name: copy-now-buckets
DELETE FROM sidekiq_buckets WHERE measure = 'due' AND ?1 <> (SELECT now FROM snapshots WHERE id = snapshot_id);

-- name: copy-now-jobs
UPDATE job_queues
   SET overdue = CASE WHEN first_due_at IS NULL
                        OR first_due_at >= ?1 - CASE state WHEN 'tag entries' THEN 0 WHEN 'unacked' THEN 3600000 ELSE 60000 END
                      THEN 0 END
 WHERE ?1 <> (SELECT now FROM snapshots WHERE id = snapshot_id);

-- name: copy-now-metrics
DELETE FROM sidekiq_metrics WHERE ?1 <> (SELECT now FROM snapshots WHERE id = snapshot_id);

-- name: copy-heartbeats
UPDATE sidekiq_installations SET live_processes = min(max(live_processes + ?4, 0), processes)
 WHERE snapshot_id = ?1 AND db = ?2 AND namespace = ?3;

-- What a primary would load depends on now, and the tables are not told apart by key.
-- name: copy-now-databases
UPDATE databases SET main_table_bytes = NULL, expires_table_bytes = NULL, other_table_bytes = NULL, rehash_bytes = NULL
 WHERE ?1 <> (SELECT now FROM snapshots WHERE id = snapshot_id);

-- name: copy-now-snapshots
UPDATE snapshots SET tables_bytes = NULL, rehash_bytes = NULL, predicted_used_memory = NULL WHERE now <> ?1;

-- name: copy-now-field-ttls
UPDATE field_ttl_rows SET expired_fields = NULL
 WHERE ?1 <> (SELECT now FROM snapshots WHERE id = pattern >> 40);

-- name: copy-now
UPDATE snapshots SET now = ?1, now_source = 'option';
