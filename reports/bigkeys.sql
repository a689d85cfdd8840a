-- title: Biggest keys
-- about: The largest keys as MEMORY USAGE counts them, over all and by type; the most elements; the largest elements.
-- param: top = 20
-- param: per_type = 5

-- section: largest | The largest keys
-- caption: SHARE: of all bytes. TTL when saved: - never expires, below 0 expired.
-- note: No keys are kept in this database (it was made with --keys none).
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

-- section: most_elements | The most elements
-- brief: no
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: ttl_seconds = TTL
-- column: encoding = ENCODING | wide
SELECT key_text, db, type, elements, bytes, ttl_seconds, encoding
  FROM report_top_keys WHERE measure = 'elements' AND scope = 'all' AND rank <= :top AND type <> 'string'
 ORDER BY elements DESC, id LIMIT :top;

-- section: largest_elements | The largest single elements
-- caption: The bytes of a key's largest element, member, field or value. Only values that were opened (--deep: all).
-- brief: no
-- column: key_text = KEY
-- column: largest_element = LARGEST ELEMENT
-- column: bytes = SIZE OF KEY
SELECT key_text, db, type, largest_element, elements, bytes
  FROM report_top_keys WHERE measure = 'largest_element' AND scope = 'all' AND rank <= :top AND type <> 'string'
 ORDER BY largest_element DESC, id LIMIT :top;

-- section: limits |
-- line: Only the 1,000 largest of each kind are kept: rdblens query SRC 'SELECT ... FROM keys ORDER BY bytes DESC' has no limit.{?top}
SELECT :top > 1000 AS top WHERE :top > 1000;
