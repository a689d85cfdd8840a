-- title: Databases
-- about: Keys and bytes by database, what each holds, and the hash tables of each.

-- section: databases | By database
-- caption: SHARE: of all bytes. NO TTL: of the database's keys. EXPIRED: keys past their time, which go by themselves.
-- note: No keys.
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_pct = SHARE
-- column: share_bar_pct = OF BYTES | wide bar
-- column: keys_without_ttl = NO-TTL KEYS | wide
-- column: keys_without_ttl_pct = NO TTL
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: expired_keys = EXPIRED
-- column: expired_bytes = EXPIRED SIZE | wide
SELECT d.db, d.keys, d.size_bytes, pct(d.size_bytes, t.size_bytes) AS share_pct, pct(d.size_bytes, t.size_bytes) AS share_bar_pct,
       pct(d.keys_without_ttl, d.keys) AS keys_without_ttl_pct, d.size_bytes_without_ttl, d.expired_keys,
       d.keys_without_ttl, d.expired_bytes, d.bytes
  FROM report_databases d, report_totals t ORDER BY d.db;

-- section: types | By database and type
-- caption: SHARE: of the bytes of all keys of that database.
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: keys_without_ttl_pct = NO TTL
-- column: expired_keys = EXPIRED
SELECT db, type, keys, size_bytes, pct(size_bytes, sum(size_bytes) OVER (PARTITION BY db)) AS share_pct,
       pct(keys_without_ttl, keys) AS keys_without_ttl_pct, expired_keys
  FROM report_groups ORDER BY db, size_bytes DESC, type;

-- section: patterns | The largest patterns of each database
-- caption: Five each of the 16 largest databases. SHARE: of the bytes of all keys of that database.
-- column: pattern_text = PATTERN
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
SELECT k.db, k.pattern_text, k.type, k.role, k.keys, k.size_bytes, pct(k.size_bytes, d.size_bytes) AS share_pct
  FROM (SELECT db, size_bytes FROM report_databases ORDER BY size_bytes DESC, db LIMIT 16) d
  JOIN report_patterns k ON k.rowid IN (
       SELECT p.rowid FROM report_patterns p WHERE p.db = d.db ORDER BY p.size_bytes DESC, p.keys DESC, p.pattern_text, p.type LIMIT 5)
 ORDER BY k.db, k.size_bytes DESC, k.keys DESC, k.pattern_text, k.type;

-- section: tables | Hash tables of each database
-- caption: Of a primary with the whole file loaded, in no key's size. REHASH: old tables that go away in the background.
-- column: main_table_bytes = KEYS
-- column: expires_table_bytes = EXPIRES
-- column: other_table_bytes = OTHER
-- column: rehash_bytes = REHASH
SELECT db, sum(main_table_bytes) AS main_table_bytes, sum(expires_table_bytes) AS expires_table_bytes,
       sum(other_table_bytes) AS other_table_bytes, sum(rehash_bytes) AS rehash_bytes
  FROM databases WHERE snapshot_id IN (SELECT id FROM report_ids)
 GROUP BY db HAVING count(main_table_bytes) = count(*) ORDER BY db;
