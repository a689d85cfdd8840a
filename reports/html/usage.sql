-- title: Idle and busy keys
-- about: When keys were last used, or how often, where the file says it.
-- reports: idle freq
-- empty: Not known: the file has neither idle times nor counters of use.

-- section: idle |
SELECT CASE bucket_order WHEN 0 THEN 'less than 1 h' WHEN 1 THEN '1 to 24 h' WHEN 2 THEN '1 to 7 d' WHEN 3 THEN '7 to 30 d' ELSE '30 d or more' END AS idle_text,
       u.keys, pct(u.keys, t.keys) AS keys_pct, u.size_bytes, pct(u.size_bytes, t.size_bytes) AS share_pct, coalesce(pct(u.size_bytes, t.size_bytes), 0) AS width,
       row_number() OVER (ORDER BY bucket_order) = 1 AS is_first, row_number() OVER (ORDER BY bucket_order DESC) = 1 AS is_last
  FROM report_usage_buckets u, report_totals t WHERE kind = 'idle' ORDER BY bucket_order;

-- section: freq |
SELECT bucket AS counter_text, u.keys, pct(u.keys, t.keys) AS keys_pct, u.size_bytes, pct(u.size_bytes, t.size_bytes) AS share_pct,
       coalesce(pct(u.size_bytes, t.size_bytes), 0) AS width,
       row_number() OVER (ORDER BY bucket_order) = 1 AS is_first, row_number() OVER (ORDER BY bucket_order DESC) = 1 AS is_last
  FROM report_usage_buckets u, report_totals t WHERE kind = 'freq' ORDER BY bucket_order;
