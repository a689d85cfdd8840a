-- title: Expiry
-- about: What never expires, what will when, and what should be gone.
-- param: top = 15

-- section: coverage |
-- line: Never expires     {keys_without_ttl} keys, {keys_without_ttl_pct} of all; {size_bytes_without_ttl}, {size_without_ttl_pct} of all bytes
-- line: Expires           {keys_with_ttl} keys, {keys_with_ttl_pct} of all; {size_bytes_with_ttl}, {size_with_ttl_pct} of all bytes
-- line: Expired, in file  {expired_keys} of these, with {expired_bytes}: gone when a server loads the file{?expired_keys}
SELECT keys_without_ttl, pct(keys_without_ttl, keys) AS keys_without_ttl_pct,
       size_bytes_without_ttl, pct(size_bytes_without_ttl, size_bytes) AS size_without_ttl_pct,
       keys - keys_without_ttl AS keys_with_ttl, pct(keys - keys_without_ttl, keys) AS keys_with_ttl_pct,
       size_bytes - size_bytes_without_ttl AS size_bytes_with_ttl,
       pct(size_bytes - size_bytes_without_ttl, size_bytes) AS size_with_ttl_pct,
       expired_keys, expired_bytes, bytes, bytes_without_ttl
  FROM report_totals;

-- section: yours | Yours without TTL, the worst first
-- caption: The application, caches, sessions. % OF ITS: own keys. SHARE: of all bytes.
-- note: Every key of the application, of caches and of sessions has a TTL.
-- column: pattern_text = PATTERN
-- column: keys_without_ttl = NO-TTL KEYS
-- column: keys_without_ttl_pct = % OF ITS
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: bytes_without_ttl = -
-- column: share_pct = SHARE
-- column: type = TYPE | wide
SELECT p.db, pattern_text, type, role, p.keys_without_ttl, pct(p.keys_without_ttl, p.keys) AS keys_without_ttl_pct,
       p.size_bytes_without_ttl, pct(p.size_bytes_without_ttl, t.size_bytes) AS share_pct, p.bytes_without_ttl
  FROM report_patterns p, report_totals t
 WHERE p.keys_without_ttl > 0 AND role IN ('app', 'cache', 'session')
 ORDER BY p.size_bytes_without_ttl DESC, p.keys_without_ttl DESC, pattern_text LIMIT :top;

-- section: yours_more |
-- line: and {patterns} more patterns with {keys_without_ttl} keys, {size_bytes_without_ttl}
SELECT count(*) AS patterns, sum(keys_without_ttl) AS keys_without_ttl,
       sum(size_bytes_without_ttl) AS size_bytes_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl
  FROM (SELECT keys_without_ttl, size_bytes_without_ttl, bytes_without_ttl FROM report_patterns
         WHERE keys_without_ttl > 0 AND role IN ('app', 'cache', 'session')
         ORDER BY size_bytes_without_ttl DESC, keys_without_ttl DESC, pattern_text LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: by_design | Without TTL by design
-- caption: Known systems: never expire or delete these by hand (dated statistics: see report sidekiq). SHARE: of all bytes.
-- column: pattern_text = PATTERN
-- column: keys_without_ttl = NO-TTL KEYS
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: bytes_without_ttl = -
-- column: share_pct = SHARE
-- column: type = TYPE | wide
SELECT p.db, pattern_text, type, system, role, p.keys_without_ttl,
       p.size_bytes_without_ttl, pct(p.size_bytes_without_ttl, t.size_bytes) AS share_pct, p.bytes_without_ttl
  FROM report_patterns p, report_totals t
 WHERE p.keys_without_ttl > 0 AND role NOT IN ('app', 'cache', 'session')
 ORDER BY p.size_bytes_without_ttl DESC, p.keys_without_ttl DESC, pattern_text LIMIT :top;

-- section: by_design_more |
-- line: and {patterns} more patterns with {keys_without_ttl} keys, {size_bytes_without_ttl}
SELECT count(*) AS patterns, sum(keys_without_ttl) AS keys_without_ttl,
       sum(size_bytes_without_ttl) AS size_bytes_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl
  FROM (SELECT keys_without_ttl, size_bytes_without_ttl, bytes_without_ttl FROM report_patterns
         WHERE keys_without_ttl > 0 AND role NOT IN ('app', 'cache', 'session')
         ORDER BY size_bytes_without_ttl DESC, keys_without_ttl DESC, pattern_text LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: when | When it expires
-- caption: Seen from the moment of saving or --now. Shares: of all keys, of all bytes.
-- column: bucket_order = -
-- column: bucket = -
-- column: expires = EXPIRES
-- column: keys_pct = % OF KEYS
-- column: size_bytes = SIZE
-- column: share_pct = % OF BYTES
SELECT bucket_order, bucket,
       CASE bucket WHEN 'expired' THEN 'expired, still in the file' WHEN '<1h' THEN 'in less than 1 h' WHEN '<4h' THEN '1 to 4 h'
                   WHEN '<12h' THEN '4 to 12 h' WHEN '<24h' THEN '12 to 24 h' WHEN '<7d' THEN '1 to 7 d' WHEN '<30d' THEN '7 to 30 d'
                   WHEN '<1y' THEN '30 d to 1 year' WHEN 'later' THEN 'later' WHEN 'none' THEN 'never' ELSE bucket END AS expires,
       b.keys, pct(b.keys, t.keys) AS keys_pct, b.size_bytes, pct(b.size_bytes, t.size_bytes) AS share_pct
  FROM (SELECT bucket_order, bucket, sum(keys) AS keys, sum(size_bytes) AS size_bytes FROM report_ttl GROUP BY 1, 2) b,
       report_totals t
 ORDER BY bucket_order;

-- section: databases | By database
-- caption: Shares are of the database's own keys and bytes.
-- brief: no
-- column: keys_without_ttl = NO-TTL KEYS
-- column: keys_without_ttl_pct = % OF KEYS
-- column: size_bytes = SIZE
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: size_without_ttl_pct = % OF SIZE
-- column: bytes = -
-- column: bytes_without_ttl = -
SELECT db, keys, keys_without_ttl, pct(keys_without_ttl, keys) AS keys_without_ttl_pct,
       size_bytes, size_bytes_without_ttl, pct(size_bytes_without_ttl, size_bytes) AS size_without_ttl_pct, bytes, bytes_without_ttl
  FROM report_databases ORDER BY db;

-- section: types | By type
-- caption: Shares are of the type's own keys and bytes.
-- brief: no
-- column: keys_without_ttl = NO-TTL KEYS
-- column: keys_without_ttl_pct = % OF KEYS
-- column: size_bytes = SIZE
-- column: size_bytes_without_ttl = NO-TTL SIZE
-- column: size_without_ttl_pct = % OF SIZE
-- column: bytes = -
-- column: bytes_without_ttl = -
SELECT type, keys, keys_without_ttl, pct(keys_without_ttl, keys) AS keys_without_ttl_pct,
       size_bytes, size_bytes_without_ttl, pct(size_bytes_without_ttl, size_bytes) AS size_without_ttl_pct, bytes, bytes_without_ttl
  FROM report_types ORDER BY size_bytes_without_ttl DESC, type;

-- section: expired | Expired but still in the file
-- caption: A master that loads the file drops them; a replica keeps them until it is told.
-- brief: no
-- column: pattern_text = PATTERN
-- column: expired_keys = EXPIRED
-- column: expired_pct = % OF ITS KEYS
-- column: expired_bytes = SIZE
-- column: type = TYPE | wide
SELECT db, pattern_text, type, role, expired_keys, pct(expired_keys, keys) AS expired_pct, expired_bytes
  FROM report_patterns WHERE expired_keys > 0
 ORDER BY expired_bytes DESC, expired_keys DESC, pattern_text LIMIT :top;
