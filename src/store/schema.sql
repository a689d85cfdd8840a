-- schema.sql: the report database.  docs/schema.md says what each column means and what is promised.
-- Base tables hold integers (codes resolved by *_names tables); views are what people read.
-- Every *_at and `now`: Unix milliseconds.  Sizes in bytes.  NULL: not known.
PRAGMA application_id = 0x52444c53; -- 'RDLS'
PRAGMA user_version = 4;

CREATE TABLE sets(
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL,
  taken_at INTEGER -- newest created_at (else now) of its snapshots
);

CREATE TABLE snapshots(
  id INTEGER PRIMARY KEY,
  set_id INTEGER NOT NULL REFERENCES sets(id),
  path TEXT NOT NULL,
  label TEXT NOT NULL,
  container TEXT NOT NULL,         -- 'plain', 'gzip', 'zstd', 'lz4', 'gzip, replication', ...
  file_bytes INTEGER,              -- NULL for a pipe
  bytes_read INTEGER NOT NULL DEFAULT 0, -- of RDB, unpacked
  rdb_version INTEGER,
  server TEXT,                     -- 'redis', 'valkey', 'keydb', ...
  server_version TEXT,
  created_at INTEGER,              -- ctime
  used_memory INTEGER,             -- used-mem
  checksum TEXT,                   -- 'ok', 'absent', 'zero', 'mismatch'; NULL: not reached
  trailing TEXT,                   -- 'none', 'aof', 'eof-mark', 'zeros', 'rdb', 'other'; NULL: not reached
  trailing_bytes INTEGER,
  complete INTEGER NOT NULL DEFAULT 0,
  depth TEXT NOT NULL,             -- 'needed', 'deep'
  filter TEXT,                     -- as given, NULL: none
  keys_stored TEXT NOT NULL,       -- 'all', 'top', 'none'
  keys INTEGER NOT NULL DEFAULT 0,
  expires INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  alloc_bytes INTEGER,
  rdb_bytes INTEGER NOT NULL DEFAULT 0,
  keys_without_size INTEGER NOT NULL DEFAULT 0, -- damaged values
  model TEXT NOT NULL,             -- the server whose bytes are counted: 'redis-7.2', ...
  model_note TEXT,                 -- why it is not simply the file's own; cluster mode by slots; NULL: neither
  allocator TEXT NOT NULL,         -- 'jemalloc', 'jemalloc-system', 'libc'
  config TEXT,                     -- settings that are not the defaults, 'name=value ...'; NULL: none
  -- The whole server after loading the file, whatever the filter; all but startup_bytes are NULL when the
  -- file is not complete.
  -- Without keys past their time at `now`, as a primary has it; with them, as a replica has it.
  startup_bytes INTEGER,           -- of an empty server
  functions_bytes INTEGER,         -- libraries and scripts
  tables_bytes INTEGER,            -- of all databases
  tables_bytes_with_expired INTEGER,
  rehash_bytes INTEGER,            -- old tables that go away in the background, in no sum
  predicted_used_memory INTEGER,   -- startup, functions, tables, keys
  predicted_used_memory_with_expired INTEGER,
  now INTEGER NOT NULL,
  now_source TEXT NOT NULL,        -- 'option', 'ctime', 'mtime', 'clock'
  patterns_merged_keys INTEGER NOT NULL DEFAULT 0,
  loaded_at INTEGER NOT NULL,      -- wall clock of the analysis
  rdblens_version TEXT NOT NULL,
  identity TEXT NOT NULL,          -- what tells the same snapshot given twice
  pattern_rules TEXT,              -- JSON array of the user's own patterns; NULL: none
  redacted TEXT                    -- 'parts', 'names': names are keyed hashes; NULL: they are not
);
CREATE UNIQUE INDEX snapshots_identity ON snapshots(identity);

CREATE TABLE databases(
  snapshot_id INTEGER NOT NULL,
  db INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  expires INTEGER NOT NULL,        -- keys with a TTL
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  bytes_without_ttl INTEGER NOT NULL,
  alloc_bytes_without_ttl INTEGER, -- NULL when alloc_bytes is
  expired_keys INTEGER NOT NULL,   -- past their time at `now`, still in the file
  expired_bytes INTEGER NOT NULL,
  expired_alloc_bytes INTEGER,     -- NULL when alloc_bytes is
  resizedb_keys INTEGER,           -- the file's own hints; NULL: none
  resizedb_expires INTEGER,
  main_table_bytes INTEGER,        -- hash table of the keys, without keys past their time; NULL: not known
  expires_table_bytes INTEGER,     -- likewise of those with a TTL
  other_table_bytes INTEGER,       -- slots and names in cluster mode, times of hash fields
  rehash_bytes INTEGER,            -- old tables that go away in the background
  PRIMARY KEY(snapshot_id, db)
) WITHOUT ROWID;

CREATE TABLE type_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);  -- >= 100: module types
CREATE TABLE encoding_names(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE rdb_encoding_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL); -- RDB type numbers
CREATE TABLE role_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE size_note_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE ttl_bucket_names(id INTEGER PRIMARY KEY, name TEXT NOT NULL, up_to_seconds INTEGER);
-- A bucket holds what expires in less than up_to_seconds and is in none before it.
INSERT INTO ttl_bucket_names VALUES
  (0, 'expired', 0), (1, '<1h', 3600), (2, '<4h', 14400), (3, '<12h', 43200), (4, '<24h', 86400),
  (5, '<7d', 604800), (6, '<30d', 2592000), (7, '<1y', 31536000), (8, 'later', NULL), (9, 'none', NULL);

CREATE TABLE pattern_rows(
  id INTEGER PRIMARY KEY,          -- snapshot_id << 40 | n
  db INTEGER NOT NULL,
  pattern NOT NULL,                -- TEXT or BLOB, as keys.key
  pattern_text TEXT,               -- NULL: same as pattern
  type INTEGER NOT NULL,
  role INTEGER NOT NULL,
  system TEXT,                     -- 'sidekiq', 'bullmq', 'rails cache', ...; NULL for role app
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  rdb_bytes INTEGER NOT NULL,
  elements INTEGER NOT NULL,
  keys_without_ttl INTEGER NOT NULL,
  bytes_without_ttl INTEGER NOT NULL,
  alloc_bytes_without_ttl INTEGER, -- NULL when alloc_bytes is
  expired_keys INTEGER NOT NULL,
  expired_bytes INTEGER NOT NULL,
  expired_alloc_bytes INTEGER,     -- NULL when alloc_bytes is
  first_expires_at INTEGER,        -- of keys not expired at `now`
  last_expires_at INTEGER,
  largest_bytes INTEGER,
  largest_key,                     -- its name, as keys.key
  largest_key_text TEXT,
  family TEXT,                     -- which of the system's structures: 'wait', '*:lock', 'entry', ...
  is_rule INTEGER NOT NULL DEFAULT 0, -- 1: one of snapshots.pattern_rules
  stars INTEGER NOT NULL DEFAULT 65535, -- classes of the bytes that its stars stand for (src/pattern)
  key_bytes INTEGER NOT NULL DEFAULT 0 -- of all its keys' names
);
CREATE VIEW patterns AS
  SELECT p.id >> 40 AS snapshot_id, p.db, p.pattern, coalesce(p.pattern_text, p.pattern) AS pattern_text,
         t.name AS type, r.name AS role, p.system, p.keys, p.bytes, p.alloc_bytes, p.rdb_bytes, p.elements,
         p.keys_without_ttl, p.bytes_without_ttl, p.alloc_bytes_without_ttl,
         p.expired_keys, p.expired_bytes, p.expired_alloc_bytes, p.first_expires_at, p.last_expires_at,
         p.largest_bytes, p.largest_key, coalesce(p.largest_key_text, p.largest_key) AS largest_key_text, p.id, p.family,
         p.is_rule, p.stars, p.key_bytes
    FROM pattern_rows p JOIN type_names t ON t.id = p.type JOIN role_names r ON r.id = p.role;

CREATE TABLE key_rows(
  id INTEGER PRIMARY KEY,          -- snapshot_id << 40 | n; ranges by id BETWEEN
  db INTEGER NOT NULL,
  key NOT NULL,                    -- TEXT when valid UTF-8 without NUL, else BLOB; longer than 1 MiB: its first 1,024 bytes
  key_text TEXT,                   -- NULL: same as key
  key_bytes INTEGER,               -- of the name itself; NULL: octet length of key
  type INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  rdb_encoding INTEGER NOT NULL,
  size_note INTEGER NOT NULL,
  bytes INTEGER,
  alloc_bytes INTEGER,
  rdb_bytes INTEGER,
  elements INTEGER,
  largest_element INTEGER,
  expires_at INTEGER,
  idle_seconds INTEGER,
  freq INTEGER,
  pattern_n INTEGER                -- pattern_rows.id = (id >> 40) << 40 | pattern_n
);
CREATE VIEW keys AS
  SELECT k.id >> 40 AS snapshot_id, k.db, k.key, coalesce(k.key_text, k.key) AS key_text,
         coalesce(k.key_bytes, length(CAST(k.key AS BLOB))) AS key_bytes,
         coalesce(k.key_bytes > 1048576, 0) AS key_is_cut,
         t.name AS type, e.name AS encoding, f.name AS rdb_encoding, k.bytes, z.name AS bytes_note,
         k.alloc_bytes, k.rdb_bytes, k.elements, k.largest_element, k.expires_at,
         -- rounded down: what has just expired has -1.  The cast is for times so far off that the difference is REAL.
         CAST((k.expires_at - s.now) / 1000 - ((k.expires_at - s.now) % 1000 < 0) AS INTEGER) AS ttl_seconds,
         k.idle_seconds, k.freq,
         coalesce(p.pattern_text, p.pattern) AS pattern, r.name AS role, k.id
    FROM key_rows k
    JOIN snapshots s ON s.id = k.id >> 40
    JOIN type_names t ON t.id = k.type
    JOIN encoding_names e ON e.id = k.encoding
    JOIN rdb_encoding_names f ON f.id = k.rdb_encoding
    JOIN size_note_names z ON z.id = k.size_note
    LEFT JOIN pattern_rows p ON p.id = ((k.id >> 40) << 40 | k.pattern_n)
    LEFT JOIN role_names r ON r.id = p.role;

-- The 1,000 largest per measure: over all, per type, per db.  key_id is in key_rows unless
-- snapshots.keys_stored is 'none' (then there are no rows here either).
CREATE TABLE top_rows(
  snapshot_id INTEGER NOT NULL,
  measure TEXT NOT NULL,           -- 'bytes', 'elements', 'largest_element', 'rdb_bytes', 'key_bytes', 'freq'
  scope TEXT NOT NULL,             -- 'all', 'type', 'db'
  scope_value TEXT NOT NULL,       -- '' | type name | db number
  rank INTEGER NOT NULL,           -- 1-based
  key_id INTEGER NOT NULL,
  PRIMARY KEY(snapshot_id, measure, scope, scope_value, rank)
) WITHOUT ROWID;
CREATE VIEW top_keys AS
  SELECT o.measure, o.scope, o.scope_value, o.rank, k.*
    FROM top_rows o JOIN keys k ON k.id = o.key_id;

CREATE TABLE ttl_rows(
  snapshot_id INTEGER NOT NULL,
  db INTEGER NOT NULL,
  type INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  PRIMARY KEY(snapshot_id, db, type, bucket)
) WITHOUT ROWID;
CREATE VIEW ttl_buckets AS
  SELECT b.snapshot_id, b.db, t.name AS type, n.id AS bucket_order, n.name AS bucket, b.keys, b.bytes, b.alloc_bytes
    FROM ttl_rows b JOIN type_names t ON t.id = b.type JOIN ttl_bucket_names n ON n.id = b.bucket;

-- Sizes of keys as a histogram: every size below 4,096 has a row of its own, above there are 256 to each
-- doubling.  Types of modules past the 24th are summed as 'module'.
CREATE TABLE size_rows(
  snapshot_id INTEGER NOT NULL,
  type INTEGER NOT NULL,
  low_bytes INTEGER NOT NULL,      -- the least `bytes` a key of this row may have
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  largest_bytes INTEGER NOT NULL,  -- of a key of this row
  PRIMARY KEY(snapshot_id, type, low_bytes)
) WITHOUT ROWID;
CREATE VIEW sizes AS
  SELECT s.snapshot_id, t.name AS type, s.low_bytes, s.keys, s.bytes, s.alloc_bytes, s.largest_bytes
    FROM size_rows s JOIN type_names t ON t.id = s.type;

CREATE TABLE encoding_rows(
  snapshot_id INTEGER NOT NULL,
  type INTEGER NOT NULL,           -- as in size_rows
  encoding INTEGER NOT NULL,
  rdb_encoding INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  rdb_bytes INTEGER NOT NULL,
  elements INTEGER NOT NULL,
  key_bytes INTEGER NOT NULL,      -- of the names
  PRIMARY KEY(snapshot_id, type, encoding, rdb_encoding)
) WITHOUT ROWID;
CREATE VIEW encodings AS
  SELECT c.snapshot_id, t.name AS type, e.name AS encoding, f.name AS rdb_encoding,
         c.keys, c.bytes, c.alloc_bytes, c.rdb_bytes, c.elements, c.key_bytes
    FROM encoding_rows c
    JOIN type_names t ON t.id = c.type
    JOIN encoding_names e ON e.id = c.encoding
    JOIN rdb_encoding_names f ON f.id = c.rdb_encoding;

-- What expires from one moment to the next: minutes of the first 24 hours after `now`, hours up to 30 days,
-- days up to 3,652, then the rest.  Without what has expired at `now`.
CREATE TABLE expiry_rows(
  snapshot_id INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  until_at INTEGER,                -- exclusive; NULL: no end
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  pattern INTEGER NOT NULL,        -- pattern_rows.id: has more than half of the keys if any pattern has
  pattern_keys INTEGER NOT NULL,   -- at least so many of the keys are its
  PRIMARY KEY(snapshot_id, from_at)
) WITHOUT ROWID;
CREATE VIEW expiry AS
  SELECT e.snapshot_id, e.from_at, e.until_at, e.keys, e.bytes, e.alloc_bytes, p.db,
         coalesce(p.pattern_text, p.pattern) AS pattern_text, e.pattern_keys
    FROM expiry_rows e LEFT JOIN pattern_rows p ON p.id = e.pattern;

-- Of files that carry LRU (idle) or LFU (freq) data.
CREATE TABLE usage_bucket_names(kind INTEGER NOT NULL, id INTEGER NOT NULL, kind_name TEXT NOT NULL, name TEXT NOT NULL,
  from_value INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
INSERT INTO usage_bucket_names VALUES
  (0, 0, 'idle', '<1h', 0), (0, 1, 'idle', '<1d', 3600), (0, 2, 'idle', '<7d', 86400), (0, 3, 'idle', '<30d', 604800),
  (0, 4, 'idle', '30d or more', 2592000),
  (1, 0, 'freq', '0', 0), (1, 1, 'freq', '1-4', 1), (1, 2, 'freq', '5', 5), (1, 3, 'freq', '6-9', 6),
  (1, 4, 'freq', '10-49', 10), (1, 5, 'freq', '50-254', 50), (1, 6, 'freq', '255', 255);
CREATE TABLE usage_rows(
  pattern INTEGER NOT NULL,        -- pattern_rows.id
  kind INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER,
  PRIMARY KEY(pattern, kind, bucket)
) WITHOUT ROWID;
CREATE VIEW usage AS
  SELECT u.pattern >> 40 AS snapshot_id, p.db, coalesce(p.pattern_text, p.pattern) AS pattern_text, t.name AS type,
         r.name AS role, b.kind_name AS kind, b.id AS bucket_order, b.name AS bucket, b.from_value,
         u.keys, u.bytes, u.alloc_bytes, p.id
    FROM usage_rows u
    JOIN usage_bucket_names b ON b.kind = u.kind AND b.id = u.bucket
    JOIN pattern_rows p ON p.id = u.pattern
    JOIN type_names t ON t.id = p.type JOIN role_names r ON r.id = p.role;

-- Patterns all of whose keys have one day in their names.
CREATE TABLE dated_rows(
  pattern INTEGER PRIMARY KEY,     -- pattern_rows.id
  keys INTEGER NOT NULL,
  first_day TEXT NOT NULL,         -- '2023-11-20'
  last_day TEXT NOT NULL);

-- Of files of cluster nodes.
CREATE TABLE slots(
  snapshot_id INTEGER NOT NULL,
  slot INTEGER,                    -- NULL: not known, since the name is stored by its first bytes
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER);
CREATE TABLE hash_tags(            -- the 1,000 with the most bytes of the first 65,536
  snapshot_id INTEGER NOT NULL,
  slot INTEGER,
  tag,                             -- TEXT or BLOB, its first 256 bytes; NULL: of all that came past the limit
  tag_text TEXT,                   -- NULL: same as tag
  keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  alloc_bytes INTEGER);

-- Strings of more than 20 bytes, which a saving server tries to compress, and those that it did compress.
-- By length (from_bytes up to the next class), and by pattern.
CREATE TABLE string_classes(
  snapshot_id INTEGER NOT NULL,
  from_bytes INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,      -- sum of STRLEN
  lzf_keys INTEGER NOT NULL,       -- compressed in the file
  lzf_raw_bytes INTEGER NOT NULL,  -- sum of their STRLEN
  lzf_bytes INTEGER NOT NULL,      -- and compressed
  lzf_alloc_bytes INTEGER NOT NULL, -- of these keys in memory, now
  lzf_alloc_bytes_after INTEGER NOT NULL, -- and if the client stored the compressed bytes
  PRIMARY KEY(snapshot_id, from_bytes)
) WITHOUT ROWID;
CREATE TABLE string_rows(
  pattern INTEGER PRIMARY KEY,     -- pattern_rows.id
  keys INTEGER NOT NULL, raw_bytes INTEGER NOT NULL,
  lzf_keys INTEGER NOT NULL, lzf_raw_bytes INTEGER NOT NULL, lzf_bytes INTEGER NOT NULL,
  lzf_alloc_bytes INTEGER NOT NULL, lzf_alloc_bytes_after INTEGER NOT NULL);
CREATE VIEW strings AS
  SELECT v.pattern >> 40 AS snapshot_id, p.db, coalesce(p.pattern_text, p.pattern) AS pattern_text, r.name AS role,
         v.keys, v.raw_bytes, v.lzf_keys, v.lzf_raw_bytes, v.lzf_bytes, v.lzf_alloc_bytes, v.lzf_alloc_bytes_after, p.id
    FROM string_rows v JOIN pattern_rows p ON p.id = v.pattern JOIN role_names r ON r.id = p.role;

-- The limits up to which values are packed, as the model's version calls them.  Also says that the tables
-- about values were filled for the snapshot: they cannot be rebuilt from keys.
CREATE TABLE packed_limits(
  snapshot_id INTEGER NOT NULL,
  form INTEGER NOT NULL,           -- 2 hash, 3 set, 4 zset, 5 set of integers
  entries_name TEXT NOT NULL,
  entries INTEGER NOT NULL,
  value_name TEXT,                 -- NULL: has no such limit
  value_bytes INTEGER,
  PRIMARY KEY(snapshot_id, form)
) WITHOUT ROWID;
-- Tables and skiplists that limits of two or four times as much would pack.  1: that limit holds as it is.
CREATE TABLE past_limit_rows(
  pattern INTEGER NOT NULL,        -- pattern_rows.id
  form INTEGER NOT NULL,
  entries_factor INTEGER NOT NULL,
  value_factor INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  elements INTEGER NOT NULL,
  alloc_bytes INTEGER NOT NULL,
  alloc_bytes_after INTEGER NOT NULL, -- packed
  PRIMARY KEY(pattern, form, entries_factor, value_factor)
) WITHOUT ROWID;
CREATE VIEW past_limits AS
  SELECT l.pattern >> 40 AS snapshot_id, p.db, coalesce(p.pattern_text, p.pattern) AS pattern_text, t.name AS type, r.name AS role,
         n.entries_name, n.entries, l.entries_factor, n.value_name, n.value_bytes, l.value_factor,
         l.keys, l.elements, l.alloc_bytes, l.alloc_bytes_after, p.id
    FROM past_limit_rows l
    JOIN packed_limits n ON n.snapshot_id = l.pattern >> 40 AND n.form = l.form
    JOIN pattern_rows p ON p.id = l.pattern
    JOIN type_names t ON t.id = p.type JOIN role_names r ON r.id = p.role;

-- Hashes some of whose fields have a TTL.
CREATE TABLE field_ttl_rows(
  pattern INTEGER PRIMARY KEY,     -- pattern_rows.id
  keys INTEGER NOT NULL,
  fields INTEGER NOT NULL,         -- all of these hashes
  ttl_fields INTEGER NOT NULL,
  expired_fields INTEGER,          -- past their time at `now`; NULL: not known for another `now`
  first_expires_at INTEGER NOT NULL,
  last_expires_at INTEGER NOT NULL);
CREATE VIEW field_ttls AS
  SELECT v.pattern >> 40 AS snapshot_id, p.db, coalesce(p.pattern_text, p.pattern) AS pattern_text, r.name AS role,
         v.keys, v.fields, v.ttl_fields, v.expired_fields, v.first_expires_at, v.last_expires_at, p.id
    FROM field_ttl_rows v JOIN pattern_rows p ON p.id = v.pattern JOIN role_names r ON r.id = p.role;

-- Times of ids are their first halves, if ids were left to the server.
CREATE TABLE streams(
  id INTEGER PRIMARY KEY,          -- as key_rows.id
  snapshot_id INTEGER NOT NULL,
  db INTEGER NOT NULL,
  key, key_text TEXT,              -- as in key_rows
  expires_at INTEGER,
  bytes INTEGER,
  alloc_bytes INTEGER,
  length INTEGER NOT NULL,         -- XLEN
  first_id TEXT, last_id TEXT,     -- first: at or before the first entry, for files before 7.0; NULL: it is empty
  first_id_ms INTEGER, last_id_ms INTEGER,
  entries_added INTEGER,           -- of all time; NULL: not in files before 7.0
  deleted_entries INTEGER NOT NULL, -- by XDEL, still taking room in their nodes
  nodes INTEGER NOT NULL,
  nodes_bytes INTEGER NOT NULL,
  groups INTEGER NOT NULL,
  consumers INTEGER NOT NULL,
  pending INTEGER NOT NULL);
CREATE TABLE stream_groups(
  stream INTEGER NOT NULL,         -- streams.id
  name TEXT NOT NULL,              -- escaped, cut to 255 bytes
  last_id TEXT NOT NULL, last_id_ms INTEGER NOT NULL,
  entries_read INTEGER,
  lag INTEGER,                     -- entries it has not been given yet; NULL: not known
  consumers INTEGER NOT NULL,
  consumers_with_pending INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  first_pending_id_ms INTEGER,
  first_delivered_at INTEGER, last_delivered_at INTEGER, -- of what is pending
  most_deliveries INTEGER NOT NULL,
  last_seen_at INTEGER,            -- of any consumer
  last_active_at INTEGER);
CREATE TABLE stream_consumers(
  stream INTEGER NOT NULL, group_name TEXT NOT NULL, name TEXT NOT NULL,
  pending INTEGER NOT NULL, seen_at INTEGER, active_at INTEGER);

-- Records outside keys.
CREATE TABLE aux(
  snapshot_id INTEGER NOT NULL, offset INTEGER NOT NULL, db INTEGER NOT NULL,
  name TEXT NOT NULL, value TEXT NOT NULL, value_bytes INTEGER NOT NULL);
CREATE TABLE functions(
  snapshot_id INTEGER NOT NULL, offset INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- 'library', or 'script' for an EVAL script kept in AUX
  name TEXT, engine TEXT, bytes INTEGER NOT NULL,
  sha1 TEXT);                      -- NULL: the source was too long to come whole
CREATE TABLE modules(
  snapshot_id INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
  keys INTEGER NOT NULL, rdb_bytes INTEGER NOT NULL,
  aux_records INTEGER NOT NULL, aux_bytes INTEGER NOT NULL);
CREATE TABLE defects(
  snapshot_id INTEGER NOT NULL, offset INTEGER NOT NULL, db INTEGER, key TEXT,
  severity TEXT NOT NULL,          -- 'warning', 'failed', 'fatal'
  code TEXT NOT NULL, message TEXT NOT NULL);

-- Job queues other than Sidekiq; without rows when the analysis was filtered.
CREATE TABLE job_systems(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, system TEXT NOT NULL, prefix TEXT NOT NULL,
  version TEXT);                   -- NULL: the system did not write it
CREATE TABLE job_queues(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, system TEXT NOT NULL, prefix TEXT NOT NULL,
  queue TEXT NOT NULL, state TEXT NOT NULL,
  jobs INTEGER NOT NULL, bytes INTEGER NOT NULL, -- of the state's keys and of its jobs' keys
  oldest_at INTEGER, newest_at INTEGER, first_due_at INTEGER,
  overdue INTEGER,                 -- due more than a minute before `now`; unacked: delivered an hour before.
                                   -- NULL under another --now that the first is not before
  without_ttl INTEGER NOT NULL,    -- keys of jobs or results that never expire
  missing INTEGER NOT NULL,        -- ids without a job
  without_lock INTEGER NOT NULL,   -- active: ids without their lock
  without_class INTEGER NOT NULL,  -- jobs in no row of job_classes, for a limit
  paused INTEGER NOT NULL);
CREATE TABLE job_classes(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, system TEXT NOT NULL, prefix TEXT NOT NULL,
  queue TEXT NOT NULL, state TEXT NOT NULL, class TEXT NOT NULL, error_class TEXT NOT NULL,
  jobs INTEGER NOT NULL, bytes INTEGER NOT NULL, oldest_at INTEGER, newest_at INTEGER);

CREATE TABLE sidekiq_installations(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL,
  evidence TEXT NOT NULL, version TEXT NOT NULL,
  processes INTEGER NOT NULL, live_processes INTEGER NOT NULL);
CREATE TABLE sidekiq_sets(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('queue', 'schedule', 'retry', 'dead')),
  jobs INTEGER NOT NULL, bytes INTEGER, oldest_at INTEGER, newest_at INTEGER,
  first_score_at INTEGER, last_score_at INTEGER, latency_ms INTEGER,
  payload_bytes INTEGER NOT NULL, unparsable INTEGER NOT NULL,
  registered INTEGER NOT NULL, private INTEGER NOT NULL, key, key_text TEXT,
  paused INTEGER NOT NULL DEFAULT 0, oldest_created_at INTEGER, duplicates INTEGER);
CREATE TABLE sidekiq_jobs(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, kind TEXT NOT NULL,
  set_name TEXT NOT NULL, class TEXT NOT NULL, error_class TEXT NOT NULL,
  jobs INTEGER NOT NULL, bytes INTEGER NOT NULL, largest_bytes INTEGER NOT NULL,
  backtrace_bytes INTEGER NOT NULL, args_bytes INTEGER NOT NULL,
  oldest_at INTEGER, newest_at INTEGER, retry_count_max INTEGER NOT NULL,
  message_bytes INTEGER NOT NULL DEFAULT 0, largest_args_bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE sidekiq_buckets(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, kind TEXT NOT NULL,
  measure TEXT NOT NULL CHECK(measure IN ('attempts', 'due')),
  bucket_order INTEGER NOT NULL, bucket TEXT NOT NULL, jobs INTEGER NOT NULL);
CREATE TABLE sidekiq_processes(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, identity TEXT NOT NULL,
  member INTEGER NOT NULL, heartbeat INTEGER NOT NULL, expires_at INTEGER,
  version TEXT, hostname TEXT, tag TEXT, concurrency INTEGER, queues TEXT, started_at INTEGER,
  busy INTEGER, rss_bytes INTEGER, quiet INTEGER, beat_at INTEGER,
  work INTEGER NOT NULL, work_expires_at INTEGER);
CREATE TABLE sidekiq_threads(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, identity TEXT NOT NULL,
  thread TEXT NOT NULL, queue TEXT NOT NULL, class TEXT NOT NULL, run_at INTEGER);
CREATE TABLE sidekiq_metrics(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, class TEXT NOT NULL,
  processed INTEGER NOT NULL, failed INTEGER NOT NULL, total_ms INTEGER NOT NULL,
  minutes INTEGER NOT NULL, first_at INTEGER, last_at INTEGER);
CREATE TABLE sidekiq_links(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, link TEXT NOT NULL,
  entries INTEGER NOT NULL, lost INTEGER, lost_without_ttl INTEGER, lost_bytes INTEGER,
  first_expires_at INTEGER, lost_elements INTEGER);
CREATE TABLE sidekiq_stats(
  snapshot_id INTEGER NOT NULL, db INTEGER NOT NULL, namespace TEXT NOT NULL, stat TEXT NOT NULL,
  total INTEGER, dated_keys INTEGER NOT NULL, dated_keys_without_ttl INTEGER NOT NULL,
  dated_keys_zero INTEGER NOT NULL, dated_bytes INTEGER NOT NULL, dated_bytes_without_ttl INTEGER NOT NULL,
  first_day TEXT, last_day TEXT, first_day_without_ttl TEXT, last_day_without_ttl TEXT,
  dated_keys_180_days INTEGER NOT NULL DEFAULT 0, dated_keys_5_years INTEGER NOT NULL DEFAULT 0,
  dated_alloc_bytes INTEGER, dated_alloc_bytes_without_ttl INTEGER);
