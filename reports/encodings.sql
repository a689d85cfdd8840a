-- title: Encodings
-- about: Bytes by type and encoding, what raised limits and compression would give back, and what names and entries cost.
-- param: top = 15
-- param: from_bytes = 64
-- param: min_gain_bytes = 1048576
-- param: min_gain_pct = 1

-- section: encodings | By type and encoding, once loaded
-- caption: SHARE: of all bytes. EACH: bytes a key.
-- note: No keys.
-- column: type = TYPE
-- column: encoding = ENCODING
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_pct = SHARE
-- column: bytes_each = EACH
-- column: elements_each = ELEMENTS EACH
-- column: rdb_bytes = IN FILE | wide
SELECT e.type, coalesce(e.encoding, 'not known') AS encoding, sum(e.keys) AS keys, sum(e.bytes) AS bytes,
       iif(s.has_alloc_bytes, sum(e.alloc_bytes), sum(e.bytes)) AS size_bytes,
       pct(iif(s.has_alloc_bytes, sum(e.alloc_bytes), sum(e.bytes)), t.size_bytes) AS share_pct,
       iif(s.has_alloc_bytes, sum(e.alloc_bytes), sum(e.bytes)) / sum(e.keys) AS bytes_each,
       CASE WHEN e.type IN ('list', 'set', 'zset', 'hash', 'stream') THEN sum(e.elements) / sum(e.keys) END AS elements_each,
       sum(e.rdb_bytes) AS rdb_bytes
  FROM encodings e, report_set s, report_totals t WHERE e.snapshot_id IN (SELECT id FROM report_ids)
 GROUP BY e.type, e.encoding ORDER BY 5 DESC, e.type, 2;

-- section: changed | Packed in the file or loaded, not both
-- caption: Hashes, sets and sorted sets that change from packed to table, or back, when the file is loaded.
-- line: Packs     {keys:key} ({type}, {rdb_encoding} -> {encoding}), {size_bytes} once loaded: a table or skiplist when saved, packed after a load{?is_packed}
-- line: Unpacks   {keys:key} ({type}, {rdb_encoding} -> {encoding}), {size_bytes} once loaded: their server's limit is higher than the one assumed; give it with --config or --redis-conf{?is_unpacked}
SELECT e.type, e.rdb_encoding, e.encoding, sum(e.keys) AS keys, sum(e.bytes) AS bytes,
       iif(s.has_alloc_bytes, sum(e.alloc_bytes), sum(e.bytes)) AS size_bytes, NOT is_unpacked AS is_packed, is_unpacked
  FROM (SELECT *, encoding IN ('hashtable', 'skiplist') AS is_unpacked,
               rdb_encoding LIKE '%ZIPLIST' OR rdb_encoding LIKE '%LISTPACK%' OR rdb_encoding IN ('SET_INTSET', 'HASH_ZIPMAP') AS was_packed
          FROM encodings WHERE snapshot_id IN (SELECT id FROM report_ids) AND type IN ('hash', 'set', 'zset') AND encoding IS NOT NULL) e, report_set s
 WHERE is_unpacked = was_packed
 GROUP BY e.type, e.rdb_encoding, e.encoding ORDER BY 6 DESC, 1, 2, 3;

-- section: limits | A little past the limits of packed values
-- caption: What higher limits would pack, and give back, by the memory model; without keys that have expired. SETTING-entries and SETTING-value, NOW -> RAISED TO. A row includes the ones of a lower limit of its name. GAIN: of all bytes.
-- doubt: EXISTS (SELECT 1 FROM report_limits) | None that gives back enough.
-- column: setting = -
-- column: is_now = -
-- column: raised_to = -
-- column: setting_of = SETTING
-- column: entries_text = -ENTRIES
-- column: value_text = -VALUE
-- column: keys = KEYS
-- column: elements_each = EACH | wide
-- column: size_bytes = SIZE | wide
-- column: packed_bytes = PACKED | wide
-- column: gain_bytes = GIVES BACK
-- column: gain_pct = GAIN
SELECT setting, is_now, raised_to, setting_of, entries_text, value_text, keys, elements_each, size_bytes, packed_bytes, gain_bytes, gain_pct
  FROM report_limits WHERE gain_bytes >= :min_gain_bytes AND gain_pct >= :min_gain_pct ORDER BY n;

-- section: limits_small |
-- line: Not shown: {limits:raised limit gives|raised limits give} back less than {least_bytes} or {min_gain_pct} of all bytes, at most {most_bytes} ({most_setting}). --param min_gain_bytes=0 --param min_gain_pct=0 shows all.
SELECT count(*) AS limits, max(gain_bytes) AS most_bytes, text_of_largest(gain_bytes, setting) AS most_setting,
       CAST(:min_gain_bytes AS INTEGER) AS least_bytes, CAST(:min_gain_pct AS REAL) AS min_gain_pct
  FROM report_limits WHERE gain_bytes < :min_gain_bytes OR gain_pct < :min_gain_pct HAVING count(*) > 0;

-- section: limits_words |
-- line: Both     keys of a row with two settings need both raised; they are in no other row{?has_both}
-- line: Cost     a packed value is searched from its start: commands on it take longer the more it holds. Keep limits to some hundreds of elements
-- line: When     values that are there are packed when a server with the new limits loads the file, others as they are written; used_memory falls, RSS may not follow
SELECT EXISTS (SELECT 1 FROM report_limits WHERE setting LIKE '%(both)' AND gain_bytes >= :min_gain_bytes AND gain_pct >= :min_gain_pct) AS has_both
 WHERE EXISTS (SELECT 1 FROM past_limits WHERE snapshot_id IN (SELECT id FROM report_ids));

-- section: limits_none | A little past the limits of packed values
-- line: No table or skiplist would be packed by limits of up to four times what they are.
SELECT 1 AS is_none WHERE EXISTS (SELECT 1 FROM packed_limits WHERE snapshot_id IN (SELECT id FROM report_ids))
   AND NOT EXISTS (SELECT 1 FROM past_limits WHERE snapshot_id IN (SELECT id FROM report_ids));

-- section: limits_unknown | A little past the limits of packed values
-- line: Not known here: it is not in the rows of keys that a filter goes through. rdblens analyze SNAPSHOT with the same filter tells it, of compression below too.
SELECT 1 AS is_unknown WHERE NOT EXISTS (SELECT 1 FROM packed_limits) AND EXISTS (SELECT 1 FROM report_ids);

-- section: limit_patterns | Whose they are
-- caption: NEEDS: how far entries, or the bytes of one, must be raised. GIVES BACK: packed, of all its keys in this row.
-- brief: no
-- column: pattern_text = PATTERN
-- column: type = TYPE
-- column: needs = NEEDS
-- column: elements_each = ELEMENTS EACH | wide
-- column: size_bytes = SIZE
-- column: gain_bytes = GIVES BACK
-- column: role = ROLE | wide
-- column: db = DB
SELECT db, pattern_text, type, role,
       CASE WHEN entries_factor > 1 THEN 'entries x' || entries_factor ELSE '' END ||
       CASE WHEN entries_factor > 1 AND value_factor > 1 THEN ', ' ELSE '' END ||
       CASE WHEN value_factor > 1 THEN 'value x' || value_factor ELSE '' END AS needs,
       sum(keys) AS keys, sum(elements) / sum(keys) AS elements_each, sum(alloc_bytes) AS size_bytes,
       sum(alloc_bytes) - sum(alloc_bytes_after) AS gain_bytes
  FROM past_limits WHERE snapshot_id IN (SELECT id FROM report_ids)
 GROUP BY db, pattern_text, type, role, entries_name, entries_factor, value_factor
 ORDER BY gain_bytes DESC, pattern_text, db, needs LIMIT :top;

-- section: strings | How strings compress
-- caption: By the server's own compression (LZF) in this file; it tries strings of more than 20 bytes. COMPRESSED TO: of the length of those that it did compress. GIVES BACK: if clients stored them so, without what has expired.
-- column: from_bytes = FROM LENGTH
-- column: keys = STRINGS
-- column: raw_bytes = TOGETHER
-- column: lzf_keys_pct = COMPRESSED
-- column: lzf_keys = -
-- column: lzf_raw_bytes = -
-- column: lzf_bytes = -
-- column: lzf_bytes_pct = TO
-- column: gain_bytes = GIVES BACK
SELECT from_bytes, sum(keys) AS keys, sum(raw_bytes) AS raw_bytes, pct(sum(lzf_keys), sum(keys)) AS lzf_keys_pct, sum(lzf_keys) AS lzf_keys,
       sum(lzf_raw_bytes) AS lzf_raw_bytes, sum(lzf_bytes) AS lzf_bytes, pct(sum(lzf_bytes), sum(lzf_raw_bytes)) AS lzf_bytes_pct,
       sum(lzf_alloc_bytes) - sum(lzf_alloc_bytes_after) AS gain_bytes
  FROM string_classes WHERE snapshot_id IN (SELECT id FROM report_ids)
   AND EXISTS (SELECT 1 FROM string_classes WHERE snapshot_id IN (SELECT id FROM report_ids) AND lzf_keys > 0)
 GROUP BY from_bytes ORDER BY from_bytes;

-- section: strings_none | How strings compress
-- line: Not known: none of {keys:string} of more than 20 bytes is compressed in the file. Either it was saved with rdbcompression no, or none of them compresses.
SELECT sum(keys) AS keys FROM string_classes WHERE snapshot_id IN (SELECT id FROM report_ids) HAVING sum(keys) > 0 AND sum(lzf_keys) = 0;

-- section: strings_plain |
-- line: Plain    {plain_keys:string} of 1 KiB or more, {plain_bytes}, not compressible: compressed already, encrypted, or random{?plain_keys}
-- line: Cost     APPEND, GETRANGE, SETBIT, INCR and scripts that look inside no longer work on what a client has compressed, and every reader must know
SELECT coalesce(sum(keys - lzf_keys) FILTER (WHERE from_bytes >= 1024), 0) AS plain_keys,
       coalesce(sum(raw_bytes - lzf_raw_bytes) FILTER (WHERE from_bytes >= 1024), 0) AS plain_bytes
  FROM string_classes WHERE snapshot_id IN (SELECT id FROM report_ids) HAVING sum(lzf_keys) > 0;

-- section: string_patterns | What compressing in the client would give back
-- caption: Of the application, caches and sessions. EACH: mean length. COMPRESSED, TO: as above, of the pattern's strings. GAIN: of all bytes.
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: keys = STRINGS
-- column: raw_bytes = -
-- column: bytes_each = EACH
-- column: lzf_keys_pct = COMPRESSED
-- column: lzf_bytes_pct = TO
-- column: gain_bytes = GIVES BACK
-- column: gain_pct = GAIN
SELECT db, pattern_text, role, sum(keys) AS keys, sum(raw_bytes) AS raw_bytes, sum(raw_bytes) / sum(keys) AS bytes_each,
       pct(sum(lzf_keys), sum(keys)) AS lzf_keys_pct, pct(sum(lzf_bytes), sum(lzf_raw_bytes)) AS lzf_bytes_pct,
       sum(lzf_alloc_bytes) - sum(lzf_alloc_bytes_after) AS gain_bytes,
       pct(sum(lzf_alloc_bytes) - sum(lzf_alloc_bytes_after), (SELECT size_bytes FROM report_totals)) AS gain_pct
  FROM strings WHERE snapshot_id IN (SELECT id FROM report_ids) AND role IN ('app', 'cache', 'session')
 GROUP BY db, pattern_text, role
HAVING gain_bytes > 0 AND sum(lzf_raw_bytes) >= :from_bytes * sum(lzf_keys)
 ORDER BY gain_bytes DESC, pattern_text, db LIMIT :top;

-- section: overhead | What strings cost beside their content
-- caption: NAMES: bytes of key names. CONTENT: of values. OVERHEAD: entries, objects, headers and rounding: the rest of SIZE, and its share of it.
-- column: encoding = ENCODING
-- column: keys = STRINGS
-- column: size_bytes = SIZE
-- column: name_bytes = NAMES
-- column: content_bytes = CONTENT
-- column: overhead_bytes = OVERHEAD
-- column: overhead_pct = OF SIZE
SELECT encoding, sum(keys) AS keys, sum(alloc_bytes) AS size_bytes, sum(key_bytes) AS name_bytes, sum(elements) AS content_bytes,
       sum(alloc_bytes) - sum(key_bytes) - sum(elements) AS overhead_bytes,
       pct(sum(alloc_bytes) - sum(key_bytes) - sum(elements), sum(alloc_bytes)) AS overhead_pct
  FROM encodings WHERE snapshot_id IN (SELECT id FROM report_ids) AND type = 'string' AND encoding IS NOT NULL
 GROUP BY encoding HAVING count(alloc_bytes) = count(*) AND overhead_bytes >= 0 ORDER BY size_bytes DESC, encoding;

-- section: overhead_patterns | Whose strings cost more than they hold
-- caption: Patterns by OVERHEAD, where it is more than half. EACH: a key. OF SIZE: entry, object and rounding. What has expired is counted too.
-- brief: no
-- column: pattern_text = PATTERN
-- column: keys = STRINGS
-- column: size_bytes = SIZE
-- column: bytes_each = EACH
-- column: name_each = NAME
-- column: content_each = CONTENT
-- column: name_bytes = -
-- column: content_bytes = -
-- column: overhead_bytes = OVERHEAD
-- column: overhead_pct = OF SIZE
-- column: role = ROLE | wide
-- column: db = DB
SELECT db, pattern_text, role, keys, size_bytes, size_bytes / keys AS bytes_each, name_bytes / keys AS name_each, content_bytes / keys AS content_each,
       name_bytes, content_bytes, size_bytes - name_bytes - content_bytes AS overhead_bytes,
       pct(size_bytes - name_bytes - content_bytes, size_bytes) AS overhead_pct
  FROM (SELECT db, pattern_text, role, sum(keys) AS keys, sum(alloc_bytes) AS size_bytes, sum(key_bytes) AS name_bytes, sum(elements) AS content_bytes
          FROM patterns WHERE snapshot_id IN (SELECT id FROM report_ids) AND type = 'string'
         GROUP BY db, pattern_text, role, is_rule HAVING count(alloc_bytes) = count(*))
 WHERE 2 * (size_bytes - name_bytes - content_bytes) > size_bytes
 ORDER BY overhead_bytes DESC, pattern_text, db LIMIT :top;

-- section: overhead_words |
-- line: Cost     each key has an entry, an object and a rounded allocation; fields of a packed hash have none of them. Clients would have to read and write fields, which have no TTLs of their own before Redis 7.4
SELECT 1 AS is_told WHERE EXISTS (SELECT 1 FROM patterns WHERE snapshot_id IN (SELECT id FROM report_ids) AND type = 'string' AND role IN ('app', 'cache', 'session')
   AND keys >= 1000 AND 2 * (alloc_bytes - key_bytes - elements) > alloc_bytes);

-- section: long_names | Whose names are more than half of their keys
-- caption: NAMES: bytes of key names, and their share of SIZE. What has expired is counted too.
-- brief: no
-- column: pattern_text = PATTERN
-- column: type = TYPE
-- column: keys = KEYS
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: name_bytes = NAMES
-- column: name_each = EACH
-- column: name_pct = OF SIZE
-- column: role = ROLE | wide
-- column: db = DB
SELECT db, pattern_text, type, role, keys, bytes, size_bytes, name_bytes, name_bytes / keys AS name_each, pct(name_bytes, size_bytes) AS name_pct
  FROM (SELECT p.db, p.pattern_text, p.type, p.role, sum(p.keys) AS keys, sum(p.bytes) AS bytes,
               iif(s.has_alloc_bytes, sum(p.alloc_bytes), sum(p.bytes)) AS size_bytes, sum(p.key_bytes) AS name_bytes
          FROM patterns p, report_set s WHERE p.snapshot_id IN (SELECT id FROM report_ids)
         GROUP BY p.db, p.pattern_text, p.type, p.role, p.is_rule)
 WHERE 2 * name_bytes > size_bytes
 ORDER BY name_bytes DESC, pattern_text, db, type LIMIT :top;
