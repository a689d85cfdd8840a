-- title: Expiry
-- about: What never expires, what frees when, cliffs, what should be gone, and what grows by the day.
-- param: top = 15

-- section: coverage |
-- line: Never expires     {keys_without_ttl:key}, {keys_without_ttl_pct} of all; {size_bytes_without_ttl}, {size_without_ttl_pct} of all bytes
-- line: Expires           {keys_with_ttl:key}, {keys_with_ttl_pct} of all; {size_bytes_with_ttl}, {size_with_ttl_pct} of all bytes
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
-- doubt: (SELECT keys FROM report_totals) = 0 | No keys.
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
-- line: and {patterns:more pattern} with {keys_without_ttl:key}, {size_bytes_without_ttl}
SELECT count(*) AS patterns, sum(keys_without_ttl) AS keys_without_ttl,
       sum(size_bytes_without_ttl) AS size_bytes_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl
  FROM (SELECT keys_without_ttl, size_bytes_without_ttl, bytes_without_ttl FROM report_patterns
         WHERE keys_without_ttl > 0 AND role IN ('app', 'cache', 'session')
         ORDER BY size_bytes_without_ttl DESC, keys_without_ttl DESC, pattern_text LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: by_design | Without TTL by design
-- caption: Known systems keep these: no TTL and no delete by hand, but for what a finding of their own report proves to be left over. SHARE: of all bytes.
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
-- line: and {patterns:more pattern} with {keys_without_ttl:key}, {size_bytes_without_ttl}
SELECT count(*) AS patterns, sum(keys_without_ttl) AS keys_without_ttl,
       sum(size_bytes_without_ttl) AS size_bytes_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl
  FROM (SELECT keys_without_ttl, size_bytes_without_ttl, bytes_without_ttl FROM report_patterns
         WHERE keys_without_ttl > 0 AND role NOT IN ('app', 'cache', 'session')
         ORDER BY size_bytes_without_ttl DESC, keys_without_ttl DESC, pattern_text LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: left_over |
-- line: Not by design: {dated_keys:dated stat key is|dated stat keys are} among these, {size_bytes_without_ttl}. Old versions of Sidekiq left them; SK-01 of report sidekiq says how they go, by the date in the name. stat:processed and stat:failed, the totals, stay.
SELECT sum(keys_without_ttl) AS dated_keys, sum(size_bytes_without_ttl) AS size_bytes_without_ttl
  FROM report_patterns WHERE keys_without_ttl > 0 AND role = 'metrics' AND system = 'sidekiq'
   AND (pattern_text GLOB '*stat:processed:*' OR pattern_text GLOB '*stat:failed:*') HAVING count(*) > 0;

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

-- section: freed | What frees by itself
-- caption: From the moment of saving or --now on, if nothing is written; without what has expired already; steps at which nothing more frees are left out. SHARE: of all bytes. In used_memory: RSS may not follow.
-- column: within_order = -
-- column: within_ms = WITHIN
-- column: size_bytes = FREED
-- column: share_pct = SHARE
-- column: share_bar_pct = OF BYTES | bar=20
WITH steps(within_order, within_ms) AS (VALUES (1, 3600000), (2, 4 * 3600000), (3, 12 * 3600000), (4, 24 * 3600000), (5, 2 * 86400000),
  (6, 3 * 86400000), (7, 7 * 86400000), (8, 14 * 86400000), (9, 30 * 86400000), (10, 90 * 86400000), (11, 365 * 86400000),
  (12, 3652 * 86400000)),
needed AS (SELECT *, lag(within_ms, 1, 0) OVER (ORDER BY within_order) AS before_ms FROM steps),
freed AS (
  SELECT within_order, within_ms, coalesce(sum(e.keys), 0) AS keys, coalesce(sum(e.size_bytes), 0) AS size_bytes
    FROM needed LEFT JOIN report_expiry e ON e.from_ms < within_ms
   WHERE before_ms <= (SELECT max(from_ms) FROM report_expiry)
   GROUP BY within_order)
SELECT within_order, within_ms, f.keys, f.size_bytes, pct(f.size_bytes, t.size_bytes) AS share_pct, pct(f.size_bytes, t.size_bytes) AS share_bar_pct
  FROM (SELECT *, lag(keys, 1, 0) OVER (ORDER BY within_order) AS before_keys, max(within_order) OVER () AS last_order FROM freed) f, report_totals t
 WHERE f.keys > before_keys OR within_order = last_order
 ORDER BY within_order;

-- What is far more than around it: at least 1 % of all keys or bytes in one minute (of the first 24 hours), hour
-- (up to 30 days) or day, at least 100 keys, and five times the mean of the 30 minutes, 12 hours or 7 days
-- before and after.  Neighbours that are cliffs both are one.
-- section: cliffs | Cliffs: far more expires than around it
-- caption: 1 % and more of all keys or bytes within a minute (hours after 24 h, days after 30 d), five times what is usual around it. SHARE: of all bytes. OF IT: so much of it, by keys, is proven to be of PATTERN.
-- column: in_ms = IN
-- column: expires_at = AT
-- column: lasts_ms = LASTS | wide
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: keys_pct = % OF KEYS | wide
-- column: pattern_text = PATTERN
-- column: pattern_pct = OF IT
WITH e AS (
  SELECT *, CASE WHEN from_ms < 86400000 THEN 1 WHEN from_ms < 30 * 86400000 THEN 2 ELSE 3 END AS tier
    FROM report_expiry WHERE until_ms IS NOT NULL),
limits(tier, step_ms, first_ms, end_ms, reach) AS (VALUES (1, 60000, 0, 86400000, 30),
  (2, 3600000, 86400000, 30 * 86400000, 12), (3, 86400000, 30 * 86400000, 3652 * 86400000, 7)),
around AS (
  SELECT e.*, l.step_ms,
         CASE e.tier
           WHEN 1 THEN sum(size_bytes) OVER (PARTITION BY e.tier ORDER BY from_ms RANGE BETWEEN 1800000 PRECEDING AND 1800000 FOLLOWING)
           WHEN 2 THEN sum(size_bytes) OVER (PARTITION BY e.tier ORDER BY from_ms RANGE BETWEEN 43200000 PRECEDING AND 43200000 FOLLOWING)
           ELSE sum(size_bytes) OVER (PARTITION BY e.tier ORDER BY from_ms RANGE BETWEEN 604800000 PRECEDING AND 604800000 FOLLOWING) END
         - size_bytes AS other_bytes,
         min(reach, (from_ms - first_ms) / step_ms) + min(reach, (end_ms - from_ms) / step_ms - 1) AS others
    FROM e JOIN limits l ON l.tier = e.tier),
cliff AS (
  SELECT a.*, from_ms - step_ms * row_number() OVER (PARTITION BY tier ORDER BY from_ms) AS island
    FROM around a, report_totals t
   WHERE a.keys >= 100 AND (a.keys * 100 >= t.keys OR a.size_bytes * 100 >= t.size_bytes)
     AND a.size_bytes * others >= 5 * other_bytes)
SELECT min(from_ms) AS in_ms, t.now + min(from_ms) AS expires_at, max(until_ms) - min(from_ms) AS lasts_ms, sum(c.keys) AS keys,
       pct(sum(c.keys), t.keys) AS keys_pct, sum(c.size_bytes) AS size_bytes, pct(sum(c.size_bytes), t.size_bytes) AS share_pct,
       (SELECT pattern_text FROM cliff o WHERE o.tier = c.tier AND o.island = c.island ORDER BY o.pattern_keys DESC LIMIT 1) AS pattern_text,
       pct((SELECT sum(pattern_keys) FROM cliff o WHERE o.tier = c.tier AND o.island = c.island AND (o.db, o.pattern_text) =
            (SELECT p.db, p.pattern_text FROM cliff p WHERE p.tier = c.tier AND p.island = c.island ORDER BY p.pattern_keys DESC LIMIT 1)),
           sum(c.keys)) AS pattern_pct
  FROM cliff c, report_totals t GROUP BY c.tier, c.island
 ORDER BY size_bytes DESC, in_ms LIMIT :top;

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
-- caption: They go by themselves: a primary drops them when it loads the file or comes by, a replica when it is told. Nothing is gained by deleting them.
-- brief: no
-- column: pattern_text = PATTERN
-- column: expired_keys = EXPIRED
-- column: expired_pct = % OF ITS KEYS
-- column: expired_bytes = SIZE
-- column: type = TYPE | wide
SELECT db, pattern_text, type, role, expired_keys, pct(expired_keys, keys) AS expired_pct, expired_bytes
  FROM report_patterns WHERE expired_keys > 0
 ORDER BY expired_bytes DESC, expired_keys DESC, pattern_text LIMIT :top;

-- section: grows | Dated names: what comes every day
-- caption: Patterns with a day in the name of every key. A DAY: mean from the first day to the last. Without TTL they only grow.
-- brief: no
-- column: pattern_text = PATTERN
-- column: type = TYPE | wide
-- column: role = ROLE | wide
-- column: first_day = FIRST DAY
-- column: last_day = LAST DAY
-- column: days = DAYS | wide
-- column: keys_a_day = KEYS A DAY
-- column: a_day_bytes = A DAY
-- column: size_bytes = SIZE | wide
-- column: keys_without_ttl_pct = NO TTL
-- column: bytes = -
SELECT db, pattern_text, type, role, first_day, last_day, days, keys, round(1.0 * keys / days, 1) AS keys_a_day,
       size_bytes / days AS a_day_bytes, size_bytes, pct(keys_without_ttl, keys) AS keys_without_ttl_pct, bytes
  FROM report_dated WHERE days > 1
 ORDER BY keys_without_ttl = 0, size_bytes DESC, pattern_text, db, type LIMIT :top;

-- section: fields | TTL of hash fields
-- caption: Hashes some of whose fields have a TTL of their own (7.4+). EXPIRED: past their time, they go by themselves. FIRST, LAST: time left when saved.
-- column: pattern_text = PATTERN
-- column: role = ROLE | wide
-- column: keys = HASHES
-- column: fields = FIELDS | wide
-- column: ttl_fields = WITH TTL
-- column: ttl_fields_pct = % OF THEM | wide
-- column: expired_fields = EXPIRED
-- column: first_expires_at = FIRST (UTC) | wide
-- column: first_ttl_ms = FIRST
-- column: last_expires_at = LAST (UTC) | wide
-- column: last_ttl_ms = LAST
SELECT f.db, f.pattern_text, f.role, sum(f.keys) AS keys, sum(f.fields) AS fields, sum(f.ttl_fields) AS ttl_fields,
       pct(sum(f.ttl_fields), sum(f.fields)) AS ttl_fields_pct,
       CASE WHEN count(f.expired_fields) = count(*) THEN sum(f.expired_fields) END AS expired_fields,
       min(f.first_expires_at) AS first_expires_at, min(f.first_expires_at - s.now) AS first_ttl_ms,
       max(f.last_expires_at) AS last_expires_at, max(f.last_expires_at - s.now) AS last_ttl_ms
  FROM field_ttls f JOIN report_snapshots s ON s.id = f.snapshot_id
 GROUP BY f.db, f.pattern_text, f.role ORDER BY ttl_fields DESC, f.pattern_text, f.db LIMIT :top;

-- section: fields_unknown |
-- line: Hash fields' TTLs are not known here: they are not in the rows of keys that a filter goes through. rdblens analyze SNAPSHOT with the same filter tells them.
SELECT 1 AS is_unknown WHERE NOT EXISTS (SELECT 1 FROM packed_limits)
   AND EXISTS (SELECT 1 FROM encodings WHERE snapshot_id IN (SELECT id FROM report_ids)
                  AND (rdb_encoding LIKE 'HASH_METADATA%' OR rdb_encoding LIKE 'HASH_LISTPACK_EX%' OR rdb_encoding = 'HASH_2'));
