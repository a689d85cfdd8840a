-- title: Modules
-- about: Module data in the file: whose, how many keys, how much of the file.
-- applies: EXISTS (SELECT 1 FROM modules WHERE snapshot_id IN (SELECT id FROM report_ids))

-- section: modules | Module types
-- caption: IN FILE: of the keys' values; what they take in memory only the module knows. RECORDS: its data beside keys. VERSION: of the encoding.
-- note: No module's data is in the file.
-- column: name = TYPE
-- column: product = HOLDS
-- column: version = VERSION
-- column: rdb_bytes = IN FILE
-- column: share_pct = % OF FILE
-- column: aux_records = RECORDS
-- column: aux_bytes = THEIR SIZE
SELECT name,
       CASE WHEN name = 'ReJSON-RL' THEN 'JSON'
            WHEN name = 'MBbloom--' THEN 'Bloom filters'
            WHEN name = 'MBbloomCF' THEN 'cuckoo filters'
            WHEN name = 'CMSk-TYPE' THEN 'count-min sketches'
            WHEN name = 'TopK-TYPE' THEN 'top-k'
            WHEN name = 'TDIS-TYPE' THEN 't-digests'
            WHEN name = 'TSDB-TYPE' THEN 'time series'
            WHEN name IN ('graphdata', 'graphmeta') THEN 'RedisGraph, FalkorDB'
            WHEN name IN ('ft_index0', 'ft_invidx', 'numericdx', 'trietype0') THEN 'RediSearch'
            WHEN name = 'vectorset' THEN 'vector sets'
            WHEN name = 'exstrtype' THEN 'Tair strings'
            WHEN name = 'tairhash-' THEN 'Tair hashes'
            WHEN name = 'tairzset_' THEN 'Tair sorted sets'
            WHEN name = 'bloomfltr' THEN 'valkey-bloom'
            ELSE '' END AS product,
       version, sum(keys) AS keys, sum(m.rdb_bytes) AS rdb_bytes,
       pct(sum(m.rdb_bytes), (SELECT sum(bytes_read) FROM report_snapshots)) AS share_pct,
       sum(aux_records) AS aux_records, sum(aux_bytes) AS aux_bytes
  FROM modules m WHERE snapshot_id IN (SELECT id FROM report_ids)
 GROUP BY name, version ORDER BY rdb_bytes + aux_bytes DESC, name, version;

-- section: needed |
-- line: Needed   a server that is to load this file needs these modules: without one of them it stops at the first such value
-- line: Memory   values of modules count as the key and its entry alone in all reports: a lower bound{?keys}
SELECT sum(keys) AS keys FROM modules WHERE snapshot_id IN (SELECT id FROM report_ids) HAVING count(*) > 0;
