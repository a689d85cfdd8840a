-- title: Memory
-- about: The whole server: what it takes with the file loaded, beside what it took when saved.

-- section: parts | A server with the file loaded
-- caption: Come to rest, nobody connected. The whole file, whatever the filter. SHARE: of used_memory as predicted.
-- note: Not known: the file was not read to its end, or values are damaged.
-- column: n = -
-- column: part = PART
-- column: part_bytes = SIZE
-- column: share_pct = SHARE
WITH v AS (SELECT * FROM report_server WHERE predicted_bytes IS NOT NULL)
SELECT n, part, part_bytes, share_pct FROM (
  SELECT 1 AS n, 'the empty server' AS part, startup_bytes AS part_bytes, pct(startup_bytes, predicted_bytes) AS share_pct FROM v
  UNION ALL SELECT 2, 'function libraries and scripts', functions_bytes, pct(functions_bytes, predicted_bytes) FROM v WHERE functions_bytes > 0
  UNION ALL SELECT 3, 'hash tables of the databases', tables_bytes, pct(tables_bytes, predicted_bytes) FROM v
  UNION ALL SELECT 4, 'keys', keys_bytes - coalesce(expired_bytes, 0), pct(keys_bytes - coalesce(expired_bytes, 0), predicted_bytes) FROM v
  UNION ALL SELECT 5, 'keys past their time', expired_bytes, pct(expired_bytes, predicted_bytes) FROM v WHERE expired_bytes > 0
  UNION ALL SELECT 6, 'used_memory, predicted', predicted_bytes, pct(predicted_bytes, predicted_bytes) FROM v
  UNION ALL SELECT 7, 'used_memory when saved', used_memory, NULL FROM v WHERE used_memory IS NOT NULL
  UNION ALL SELECT 8, iif(more_bytes < 0, 'less than predicted', 'more than predicted'), abs(more_bytes), NULL FROM v WHERE more_bytes IS NOT NULL)
 ORDER BY n;

-- section: expired |
-- line: Expired  a primary leaves out keys that are past their time and has {primary_bytes}{?expired_bytes}
-- line: Same     used_memory when saved and as predicted differ by less than 0.3 %: as expected values may{?is_same}
-- line: Rehash   {rehash_bytes} of old tables come on top until the background rehash is through, about a minute a million slots{?rehash_bytes}
SELECT expired_bytes, primary_bytes, rehash_bytes, is_same
  FROM report_server WHERE predicted_bytes IS NOT NULL;

-- section: above | Above the prediction
-- line: The saving server had {above_bytes} more than it takes to hold the data: {of_saved_pct} of its used_memory. Each of these is part of used_memory:
-- line: Clients      their input and output buffers (mem_clients_normal, mem_clients_slaves)
-- line: Replication  the backlog (mem_replication_backlog), and buffers of replicas that lag
-- line: AOF          its buffer (mem_aof_buffer)
-- line: Scripts      cached by EVAL and SCRIPT LOAD; a file holds them up to 6.2, if at all (used_memory_scripts_eval)
-- line: Latency      from 7.0 on 24,688 bytes for every command name used since the start
-- line: Spare room   strings that were appended to, tables and collections that were larger once: smaller when loaded
-- line: Others       slow log, watched and subscribed keys, tracking tables, modules' own memory
-- line: Not fragmentation: that is in resident memory (used_memory_rss), never in used_memory.
SELECT more_bytes AS above_bytes, pct(more_bytes, used_memory) AS of_saved_pct FROM report_server WHERE more_bytes > 0 AND NOT is_same;

-- section: below | Below the prediction
-- line: The saving server had {below_bytes} less than it takes to hold the data on the server assumed below. So it was another:
-- line: Settings   limits of packed encodings, list compression, maxmemory and its policy, databases, maxclients (--config, --redis-conf)
-- line: Allocator  glibc's or the distribution's jemalloc (--allocator); mem_allocator of INFO names it
-- line: Build      an empty server of another build (--startup-bytes: used_memory_startup of INFO memory)
-- line: Version    the file was saved by another one than it was weighed for (--model)
SELECT -more_bytes AS below_bytes FROM report_server WHERE more_bytes < 0 AND NOT is_same;

-- section: databases | Tables by database
-- caption: Of a primary. OTHER: slots and names of a cluster, times of hash fields. REHASH: old tables, for a while.
-- brief: no
-- column: db = DB
-- column: keys = KEYS
-- column: main_table_bytes = KEYS' TABLE
-- column: expires_table_bytes = TTL TABLE
-- column: other_table_bytes = OTHER
-- column: rehash_bytes = REHASH
SELECT db, sum(keys) AS keys, sum(main_table_bytes) AS main_table_bytes, sum(expires_table_bytes) AS expires_table_bytes,
       sum(other_table_bytes) AS other_table_bytes, sum(rehash_bytes) AS rehash_bytes
  FROM databases WHERE snapshot_id IN (SELECT id FROM report_ids) AND NOT (SELECT is_filtered FROM report_server)
 GROUP BY db HAVING count(main_table_bytes) = count(*) ORDER BY db;

-- section: filtered_databases | Tables by database
-- caption: Of a primary, whatever the filter; a database without a key that passes is left out. OTHER: slots and names of a cluster, times of hash fields. REHASH: old tables, for a while.
-- brief: no
-- column: db = DB
-- column: main_table_bytes = KEYS' TABLE
-- column: expires_table_bytes = TTL TABLE
-- column: other_table_bytes = OTHER
-- column: rehash_bytes = REHASH
SELECT db, sum(main_table_bytes) AS main_table_bytes, sum(expires_table_bytes) AS expires_table_bytes,
       sum(other_table_bytes) AS other_table_bytes, sum(rehash_bytes) AS rehash_bytes
  FROM databases WHERE snapshot_id IN (SELECT id FROM report_ids) AND (SELECT is_filtered FROM report_server)
 GROUP BY db HAVING count(main_table_bytes) = count(*) ORDER BY db;

-- section: assumed | The server assumed
-- line: Model      {model}: {why}
-- line: Allocator  {allocator}
-- line: Settings   {settings}; a file {tells} its server's
SELECT model, coalesce(model_note, 'it wrote the file') AS why, allocator,
       coalesce(iif(is_by_slots, replace(config, 'cluster-enabled=yes', 'cluster-enabled=yes (by the file''s slots)'), config), 'the defaults') AS settings,
       iif(is_by_slots, 'holds no others of', 'does not hold') AS tells,
       model_note, config, count(*) AS snapshots
  FROM (SELECT *, coalesce(model_note LIKE '%; a cluster node by its slots', 0) AS is_by_slots FROM report_snapshots)
 GROUP BY model, model_note, allocator, config ORDER BY min(id);

-- section: notes |
-- line: Random     sizes of large sorted sets and sets are expected values: each load differs, by some 0.2 % of them
-- line: Modules    {module_keys:value is|values are} not known: each counts as the key and its entry alone, so the sum is a lower bound{?module_keys}
SELECT (SELECT coalesce(sum(keys), 0) FROM modules WHERE snapshot_id IN (SELECT id FROM report_ids)) AS module_keys
  FROM report_server WHERE predicted_bytes IS NOT NULL;
