-- title: AUX fields
-- about: What the saving server wrote about itself, field by field.
-- param: top = 200

-- section: fields | Fields in the order of the file
-- caption: A field that is not in the table of known ones is shown without a meaning: servers ignore it.
-- note: No AUX field is in the file: it is of a server before 3.2, or of a program that writes none.
-- column: snapshot_id = -
-- column: file_text = FILE
-- column: offset = OFFSET | wide
-- column: db = -
-- column: name = FIELD
-- column: value = -
-- column: value_text = VALUE
-- column: value_bytes = -
-- column: fields = TIMES | wide
-- column: meaning = MEANS
SELECT a.snapshot_id, CASE WHEN (SELECT count(*) FROM report_ids) > 1 THEN s.label ELSE '' END AS file_text,
       a.offset, a.db, a.name, a.value, a.value_bytes, nullif(a.fields, 1) AS fields,
       CASE WHEN length(a.value) > 44 THEN substr(a.value, 1, 41) || '...' ELSE a.value END AS value_text,
       CASE a.name
         WHEN 'redis-ver' THEN 'version of the server'
         WHEN 'valkey-ver' THEN 'version of the server'
         WHEN 'redis-bits' THEN 'its pointers'
         WHEN 'ctime' THEN 'saved at ' || human_time(1000 * CAST(a.value AS INTEGER)) || ' UTC'
         WHEN 'used-mem' THEN 'used_memory when saved: ' || human_bytes(CAST(a.value AS INTEGER))
         WHEN 'repl-stream-db' THEN 'database selected in the replication stream'
         WHEN 'repl-id' THEN 'replication history: a replica may go on from it'
         WHEN 'repl-offset' THEN 'place in that history'
         WHEN 'aof-preamble' THEN iif(a.value = '1', 'head of an append-only file', 'a snapshot, no append-only file')
         WHEN 'aof-base' THEN iif(a.value = '1', 'base of an append-only file: the newest commands are in others',
                                  'a snapshot, no append-only file')
         WHEN 'lua' THEN 'an EVAL script: see report functions'
         WHEN 'slot-info' THEN 'keys of a cluster slot'
         WHEN 'cluster-asm-task' THEN 'a slot migration under way'
         WHEN 'mvcc-tstamp' THEN 'KeyDB: version of a key'
         WHEN 'keydb-subexpire-key' THEN 'KeyDB: a member that expires'
         WHEN 'keydb-subexpire-when' THEN 'KeyDB: and when'
         WHEN 'repl-masters' THEN 'KeyDB: its masters'
         WHEN 'df-ver' THEN 'Dragonfly: its own version'
         WHEN 'snapshot-id' THEN 'Dragonfly: the file set'
         WHEN 'shard-count' THEN 'Dragonfly: files of the set'
         WHEN 'shard-id' THEN 'Dragonfly: this file of them'
         WHEN 'table-mem' THEN 'Dragonfly: memory of its tables'
         WHEN 'bigdb-ram-keys' THEN 'Redis Enterprise: keys in memory'
         WHEN 'bigdb-disk-keys' THEN 'Redis Enterprise: keys on flash'
         ELSE '' END AS meaning
  FROM (SELECT snapshot_id, min(offset) AS offset, db, name, value, value_bytes, count(*) AS fields
          FROM aux WHERE snapshot_id IN (SELECT id FROM report_ids)
         GROUP BY snapshot_id, db, name, value, value_bytes) a
  JOIN report_snapshots s ON s.id = a.snapshot_id
 ORDER BY a.snapshot_id, a.offset LIMIT :top;

-- section: more |
-- line: and {fields} more
SELECT count(*) - :top AS fields
  FROM (SELECT DISTINCT snapshot_id, db, name, value, value_bytes FROM aux WHERE snapshot_id IN (SELECT id FROM report_ids))
HAVING count(*) > :top;
