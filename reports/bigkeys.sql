-- title: Biggest keys
-- about: The largest keys by size, elements, name and space in the file; by type, database and pattern; percentiles and a histogram.
-- param: top = 20
-- param: per_type = 5

-- section: largest | The largest keys
-- caption: SHARE: of all bytes. TTL when saved: - never expires, below 0 expired.
-- note: No keys are kept in this database (it was made with --keys none).
-- doubt: (SELECT keys FROM report_totals) = 0 | No keys.
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: share_pct = SHARE
-- column: ttl_seconds = TTL
-- column: key_bytes = -
-- column: bytes_note = SIZE IS | wide
-- column: encoding = ENCODING | wide
-- column: largest_element = LARGEST ELEMENT | wide
-- column: rdb_bytes = IN FILE | wide
-- column: pattern = -
-- column: role = ROLE | wide
SELECT key_text, db, type, bytes, pct(size_bytes, (SELECT size_bytes FROM report_totals)) AS share_pct, elements,
       ttl_seconds, role, encoding, largest_element, rdb_bytes, bytes_note, key_bytes, pattern
  FROM report_top_keys WHERE measure = 'bytes' AND scope = 'all' AND rank <= :top
 ORDER BY bytes DESC, id LIMIT :top;

-- section: percentiles | How large keys are
-- caption: Half of the keys are at most as large as P50, 99 in 100 as P99. Sizes of keys that exist; from 4 KiB on within 0.4 %.
-- brief: no
-- column: type = TYPE
-- column: keys = KEYS
-- column: p50_bytes = P50
-- column: p90_bytes = P90
-- column: p99_bytes = P99
-- column: p999_bytes = P99.9
-- column: largest_bytes = LARGEST
WITH sizes AS (
  SELECT 0 AS is_all, type, low_bytes, keys, largest_bytes FROM report_sizes
  UNION ALL
  SELECT 1, 'all', low_bytes, sum(keys), max(largest_bytes) FROM report_sizes GROUP BY low_bytes),
ranked AS (
  SELECT *, sum(keys) OVER (PARTITION BY is_all, type ORDER BY low_bytes) AS up_to,
         sum(keys) OVER (PARTITION BY is_all, type) AS of_keys FROM sizes)
SELECT type, of_keys AS keys,
       min(largest_bytes) FILTER (WHERE up_to * 2 >= of_keys) AS p50_bytes,
       min(largest_bytes) FILTER (WHERE up_to * 10 >= of_keys * 9) AS p90_bytes,
       min(largest_bytes) FILTER (WHERE up_to * 100 >= of_keys * 99) AS p99_bytes,
       min(largest_bytes) FILTER (WHERE up_to * 1000 >= of_keys * 999) AS p999_bytes,
       max(largest_bytes) AS largest_bytes
  FROM ranked GROUP BY is_all, type ORDER BY is_all DESC, of_keys DESC, type;

-- section: histogram | Keys by size
-- caption: Each row is twice as large as the one before. Bars: keys and bytes against the row with the most of them.
-- brief: no
-- column: from_bytes = FROM
-- column: below_bytes = BELOW
-- column: keys = KEYS
-- column: keys_pct = % OF KEYS | wide
-- column: keys_bar_pct = OF KEYS | bar
-- column: size_bytes = SIZE
-- column: share_pct = % OF BYTES | wide
-- column: size_bar_pct = OF BYTES | bar
WITH RECURSIVE powers(p) AS (
  SELECT 1 UNION ALL SELECT p * 2 FROM powers WHERE p < (SELECT max(low_bytes) FROM report_sizes) / 2 + 1),
sums AS (
  SELECT coalesce(p, 0) AS from_bytes, sum(keys) AS keys, sum(size_bytes) AS size_bytes
    FROM report_sizes LEFT JOIN powers ON low_bytes >= p AND low_bytes < 2 * p GROUP BY 1)
SELECT from_bytes, max(1, 2 * from_bytes) AS below_bytes, keys, pct(keys, sum(keys) OVER ()) AS keys_pct,
       pct(keys, max(keys) OVER ()) AS keys_bar_pct, size_bytes, pct(size_bytes, sum(size_bytes) OVER ()) AS share_pct,
       pct(size_bytes, max(size_bytes) OVER ()) AS size_bar_pct
  FROM sums ORDER BY from_bytes;

-- section: by_type | The largest keys of each type
-- caption: SHARE: of the bytes of all keys of that type.
-- brief: no
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: share_pct = SHARE
-- column: ttl_seconds = TTL
-- column: encoding = ENCODING | wide
-- column: largest_element = LARGEST ELEMENT | wide
SELECT k.type, key_text, db, k.bytes, pct(k.size_bytes, t.size_bytes) AS share_pct, k.elements, ttl_seconds, encoding, largest_element
  FROM (SELECT *, row_number() OVER (PARTITION BY type ORDER BY bytes DESC, id) AS n
          FROM report_top_keys WHERE measure = 'bytes' AND scope = 'type' AND rank <= :per_type) k
  JOIN report_types t ON t.type = k.type
 WHERE n <= :per_type
 ORDER BY t.size_bytes DESC, k.type, n;

-- section: by_db | The largest keys of each database
-- caption: SHARE: of the bytes of all keys of that database.
-- brief: no
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: share_pct = SHARE
-- column: ttl_seconds = TTL
-- column: encoding = ENCODING | wide
SELECT k.db, key_text, k.type, k.bytes, pct(k.size_bytes, d.size_bytes) AS share_pct, k.elements, ttl_seconds, encoding
  FROM (SELECT *, row_number() OVER (PARTITION BY db ORDER BY bytes DESC, id) AS n
          FROM report_top_keys WHERE measure = 'bytes' AND scope = 'db' AND rank <= :per_type) k
  JOIN report_databases d ON d.db = k.db
 WHERE n <= :per_type AND (SELECT count(*) FROM report_databases) > 1
 ORDER BY k.db, n;

-- section: by_pattern | The largest key of each of the largest patterns
-- caption: Patterns by their bytes.
-- brief: no
-- column: largest_key_text = LARGEST KEY
-- column: largest_bytes = ITS SIZE
-- column: keys = KEYS OF PATTERN
-- column: size_bytes = SIZE OF PATTERN
-- column: pattern_text = PATTERN | wide
SELECT largest_key_text, db, type, largest_bytes, keys, size_bytes, pattern_text
  FROM report_patterns WHERE largest_bytes IS NOT NULL
 ORDER BY size_bytes DESC, pattern_text, db, type LIMIT :top;

-- section: most_elements | The most elements
-- brief: no
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: ttl_seconds = TTL
-- column: encoding = ENCODING
SELECT key_text, db, type, elements, bytes, ttl_seconds, encoding
  FROM report_top_keys WHERE measure = 'elements' AND scope = 'type' AND rank <= :top AND type <> 'string'
 ORDER BY elements DESC, id LIMIT :top;

-- section: largest_elements | The largest single elements
-- caption: The bytes of a key's largest element, member, field or value. Only values that were opened (--deep: all).
-- brief: no
-- column: key_text = KEY
-- column: largest_element = LARGEST ELEMENT
-- column: bytes = SIZE OF KEY
SELECT key_text, db, type, largest_element, elements, bytes
  FROM report_top_keys WHERE measure = 'largest_element' AND scope = 'type' AND rank <= :top AND type <> 'string'
 ORDER BY largest_element DESC, id LIMIT :top;

-- section: in_file | The most space in the file
-- caption: What makes the file large, not the server: strings may be compressed in it. SHARE: of all keys' space in the file.
-- brief: no
-- column: key_text = KEY
-- column: rdb_bytes = IN FILE
-- column: share_pct = SHARE
-- column: bytes = SIZE
-- column: rdb_encoding = STORED AS | wide
SELECT key_text, db, type, rdb_bytes, pct(rdb_bytes, (SELECT sum(rdb_bytes) FROM report_snapshots)) AS share_pct, bytes, rdb_encoding
  FROM report_top_keys WHERE measure = 'rdb_bytes' AND scope = 'all' AND rank <= :top
 ORDER BY rdb_bytes DESC, id LIMIT :top;

-- section: longest_names | The longest names
-- caption: OF SIZE: the part that the name has of the size of its key. Servers keep names whole, uncompressed.
-- brief: no
-- column: key_text = KEY
-- column: key_bytes = LENGTH OF NAME
-- column: bytes = SIZE
-- column: name_pct = OF SIZE
SELECT key_text, db, type, key_bytes, bytes, pct(key_bytes, bytes) AS name_pct
  FROM report_top_keys WHERE measure = 'key_bytes' AND scope = 'all' AND rank <= :top
 ORDER BY key_bytes DESC, id LIMIT :top;

-- section: limits |
-- line: Only the 1,000 largest of each kind are kept: rdblens query SRC 'SELECT ... FROM keys ORDER BY bytes DESC' has no limit.{?top}
SELECT :top > 1000 AS top WHERE :top > 1000;
