-- title: Idle keys
-- about: Bytes that nobody used for an hour, a day, a week, a month, by pattern (files with LRU data).
-- param: top = 20
-- applies: EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'idle')

-- section: policy |
-- line: {policy}
SELECT CASE
  WHEN EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'idle')
    THEN 'The file has idle times: the server that saved it ran a maxmemory-policy with LRU (allkeys-lru or volatile-lru' ||
         CASE WHEN (SELECT max(rdb_version) FROM report_snapshots) >= 13 THEN '; from Redis 8.6 on perhaps with LRM' ELSE '' END || ').'
  WHEN (SELECT keys FROM report_totals) = 0 THEN 'Not known: no keys to look at.'
  WHEN EXISTS (SELECT 1 FROM report_usage_buckets WHERE kind = 'freq')
    THEN 'Not known: the server kept how often keys are used (LFU) instead. See report freq.'
  WHEN (SELECT max(rdb_version) FROM report_snapshots) < 9 THEN 'Not known: Redis before 5 writes no idle times.'
  ELSE 'Not known: the file has no idle times. Servers write them only under a maxmemory-policy with LRU (allkeys-lru, volatile-lru).'
  END AS policy;

-- section: buckets | When keys were last used
-- caption: Time since the last read or write when the file was saved. Shares: of all keys, of all bytes.
-- column: bucket_order = -
-- column: bucket = -
-- column: idle = NOT USED FOR
-- column: keys_pct = % OF KEYS
-- column: size_bytes = SIZE
-- column: share_pct = % OF BYTES
-- column: share_bar_pct = OF BYTES | bar=15
SELECT bucket_order, bucket,
       CASE bucket_order WHEN 0 THEN 'less than 1 h' WHEN 1 THEN '1 to 24 h' WHEN 2 THEN '1 to 7 d' WHEN 3 THEN '7 to 30 d' ELSE '30 d or more' END AS idle,
       u.keys, pct(u.keys, t.keys) AS keys_pct, u.size_bytes, pct(u.size_bytes, t.size_bytes) AS share_pct,
       pct(u.size_bytes, t.size_bytes) AS share_bar_pct
  FROM report_usage_buckets u, report_totals t WHERE kind = 'idle'
 ORDER BY bucket_order;

-- section: without |
-- line: Keys that have no idle time in the file: {keys}
SELECT t.keys - sum(u.keys) AS keys FROM report_usage_buckets u, report_totals t WHERE kind = 'idle' HAVING t.keys > sum(u.keys);

-- section: patterns | Cold bytes by pattern, the most first
-- caption: The size of all keys, and of those that were not used for so long or longer.
-- column: pattern_text = PATTERN
-- column: type = TYPE | wide
-- column: role = ROLE | wide
-- column: keys = KEYS | wide
-- column: size_bytes = SIZE
-- column: hour_bytes = 1 H
-- column: day_bytes = 1 D
-- column: week_bytes = 7 D
-- column: month_bytes = 30 D
-- column: day_pct = 1 D OF SIZE | wide
SELECT db, pattern_text, type, role, sum(keys) AS keys, sum(size_bytes) AS size_bytes,
       coalesce(sum(size_bytes) FILTER (WHERE from_value >= 3600), 0) AS hour_bytes,
       coalesce(sum(size_bytes) FILTER (WHERE from_value >= 86400), 0) AS day_bytes,
       coalesce(sum(size_bytes) FILTER (WHERE from_value >= 604800), 0) AS week_bytes,
       coalesce(sum(size_bytes) FILTER (WHERE from_value >= 2592000), 0) AS month_bytes,
       pct(coalesce(sum(size_bytes) FILTER (WHERE from_value >= 86400), 0), sum(size_bytes)) AS day_pct
  FROM report_usage WHERE kind = 'idle'
 GROUP BY db, pattern_text, type, role HAVING max(from_value) > 0
 ORDER BY day_bytes DESC, hour_bytes DESC, pattern_text, db, type LIMIT :top;
