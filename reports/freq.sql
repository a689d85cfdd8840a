-- title: Hot keys
-- about: The keys used most often, and how use spreads over each pattern (files with LFU data).
-- param: top = 20
-- applies: EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'freq')

-- section: policy |
-- line: {policy}
SELECT CASE
  WHEN EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'freq')
    THEN 'The file has counters of use: the server that saved it ran a maxmemory-policy with LFU (allkeys-lfu or volatile-lfu).'
  WHEN (SELECT keys FROM report_totals) = 0 THEN 'Not known: no keys to look at.'
  WHEN EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'idle')
    THEN 'Not known: the server kept when keys were last used (LRU) instead. See report idle.'
  WHEN (SELECT max(rdb_version) FROM report_snapshots) < 9 THEN 'Not known: Redis before 5 writes no counters of use.'
  ELSE 'Not known: the file has no counters of use. Servers write them only under a maxmemory-policy with LFU (allkeys-lfu, volatile-lfu).'
  END AS policy;

-- section: hot | The keys used most
-- caption: COUNTER: 0 to 255, grows with the logarithm of the uses and falls with time; a new key has 5.
-- column: key_text = KEY
-- column: freq = COUNTER
-- column: bytes = SIZE
-- column: ttl_seconds = TTL
-- column: role = ROLE | wide
-- column: pattern = PATTERN | wide
SELECT key_text, db, type, freq, bytes, ttl_seconds, role, pattern
  FROM report_top_keys WHERE measure = 'freq' AND scope = 'all' AND rank <= :top
 ORDER BY freq DESC, id LIMIT :top;

-- section: buckets | How often keys are used
-- caption: Shares: of all keys, of all bytes.
-- column: bucket_order = -
-- column: bucket = COUNTER
-- column: keys_pct = % OF KEYS
-- column: keys_bar_pct = OF KEYS | bar=15
-- column: size_bytes = SIZE
-- column: share_pct = % OF BYTES
SELECT bucket_order, bucket, u.keys, pct(u.keys, t.keys) AS keys_pct, pct(u.keys, t.keys) AS keys_bar_pct, u.size_bytes,
       pct(u.size_bytes, t.size_bytes) AS share_pct
  FROM report_usage_buckets u, report_totals t WHERE kind = 'freq'
 ORDER BY bucket_order;

-- section: without |
-- line: Keys that have no counter in the file: {keys}
SELECT t.keys - sum(u.keys) AS keys FROM report_usage_buckets u, report_totals t WHERE kind = 'freq' HAVING t.keys > sum(u.keys);

-- section: patterns | By pattern, the largest first
-- caption: Keys with a counter of so much. Below 5: used less than when it was new.
-- column: pattern_text = PATTERN
-- column: type = TYPE | wide
-- column: role = ROLE | wide
-- column: size_bytes = SIZE
-- column: keys_0 = 0
-- column: keys_1 = 1-4
-- column: keys_5 = 5
-- column: keys_6 = 6-9
-- column: keys_10 = 10-49
-- column: keys_50 = 50-255
SELECT db, pattern_text, type, role, sum(size_bytes) AS size_bytes,
       coalesce(sum(keys) FILTER (WHERE from_value = 0), 0) AS keys_0, coalesce(sum(keys) FILTER (WHERE from_value = 1), 0) AS keys_1,
       coalesce(sum(keys) FILTER (WHERE from_value = 5), 0) AS keys_5, coalesce(sum(keys) FILTER (WHERE from_value = 6), 0) AS keys_6,
       coalesce(sum(keys) FILTER (WHERE from_value = 10), 0) AS keys_10, coalesce(sum(keys) FILTER (WHERE from_value >= 50), 0) AS keys_50
  FROM report_usage WHERE kind = 'freq' GROUP BY db, pattern_text, type, role
 ORDER BY size_bytes DESC, pattern_text, db, type LIMIT :top;
