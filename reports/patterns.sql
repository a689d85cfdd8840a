-- title: Key patterns
-- about: All patterns of key names, as one flat list: for CSV and scripts.
-- param: top = 100

-- section: patterns | By size
-- caption: SHARE: of all bytes. NO TTL: of the pattern's own keys. Not a glob: a pattern written as a glob may match other keys too.
-- note: No keys.
-- column: pattern_text = PATTERN
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: keys_without_ttl_pct = NO TTL
-- column: type = TYPE
-- column: system = SYSTEM | wide
-- column: bytes = -
-- column: rdb_bytes = IN FILE | wide
-- column: elements = ELEMENTS | wide
-- column: keys_without_ttl = -
-- column: bytes_without_ttl = -
-- column: expired_keys = EXPIRED | wide
-- column: expired_bytes = -
-- column: first_expires_at = -
-- column: last_expires_at = LAST EXPIRES (UTC) | wide
-- column: largest_bytes = LARGEST | wide
-- column: largest_key_text = -
SELECT p.db, pattern_text, type, role, system, p.keys, p.size_bytes, p.bytes,
       pct(p.size_bytes, t.size_bytes) AS share_pct, pct(p.keys_without_ttl, p.keys) AS keys_without_ttl_pct,
       p.keys_without_ttl, p.bytes_without_ttl, p.rdb_bytes, p.elements, p.expired_keys, p.expired_bytes,
       p.first_expires_at, p.last_expires_at, p.largest_bytes, p.largest_key_text
  FROM report_patterns p, report_totals t
 ORDER BY p.size_bytes DESC, p.keys DESC, p.db, pattern_text LIMIT :top;
