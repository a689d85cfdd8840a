-- title: Types
-- about: Keys and bytes by type: shares, sizes of keys, elements, what never expires.

-- section: types | By type
-- caption: Shares: of all keys, of all bytes. P50, P99: half of the keys, 99 in 100, are at most as large, by MEMORY USAGE.
-- note: No keys.
-- column: keys_pct = % OF KEYS | wide
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_pct = SHARE
-- column: share_bar_pct = OF BYTES | wide bar
-- column: p50_bytes = P50
-- column: p99_bytes = P99
-- column: largest_bytes = LARGEST
-- column: elements = ELEMENTS | wide
-- column: keys_without_ttl = NO-TTL KEYS | wide
-- column: keys_without_ttl_pct = NO TTL
-- column: size_bytes_without_ttl = NO-TTL SIZE | wide
WITH ranked AS (
  SELECT type, largest_bytes, sum(keys) OVER (PARTITION BY type ORDER BY low_bytes) AS up_to,
         sum(keys) OVER (PARTITION BY type) AS of_keys FROM report_sizes),
p AS (
  SELECT type, min(largest_bytes) FILTER (WHERE up_to * 2 >= of_keys) AS p50_bytes,
         min(largest_bytes) FILTER (WHERE up_to * 100 >= of_keys * 99) AS p99_bytes, max(largest_bytes) AS largest_bytes
    FROM ranked GROUP BY type),
e AS (
  SELECT type, sum(elements) AS elements FROM encodings WHERE snapshot_id IN (SELECT id FROM report_ids) GROUP BY type)
SELECT t.type, t.keys, pct(t.keys, a.keys) AS keys_pct, t.size_bytes, pct(t.size_bytes, a.size_bytes) AS share_pct,
       pct(t.size_bytes, a.size_bytes) AS share_bar_pct, p50_bytes, p99_bytes, largest_bytes,
       pct(t.keys_without_ttl, t.keys) AS keys_without_ttl_pct, t.keys_without_ttl, t.size_bytes_without_ttl, elements, t.bytes
  FROM report_totals a, report_types t LEFT JOIN p ON p.type = t.type LEFT JOIN e ON e.type = t.type
 ORDER BY t.size_bytes DESC, t.type;

-- section: patterns | The largest patterns of each type
-- caption: Three each of the ten largest types. SHARE: of the bytes of all keys of that type.
-- column: pattern_text = PATTERN
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: role = ROLE | wide
SELECT k.type, k.db, k.pattern_text, k.role, k.keys, k.size_bytes, pct(k.size_bytes, t.size_bytes) AS share_pct
  FROM (SELECT type, size_bytes FROM report_types ORDER BY size_bytes DESC, type LIMIT 10) t
  JOIN report_patterns k ON k.rowid IN (
       SELECT p.rowid FROM report_patterns p WHERE p.type = t.type ORDER BY p.size_bytes DESC, p.keys DESC, p.pattern_text, p.db LIMIT 3)
 ORDER BY t.size_bytes DESC, k.type, k.size_bytes DESC, k.keys DESC, k.pattern_text, k.db;
