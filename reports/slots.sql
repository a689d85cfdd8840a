-- title: Slots
-- about: Keys and bytes by cluster slot and hash tag, and how uneven they are (files of cluster nodes).
-- param: top = 20
-- applies: EXISTS (SELECT 1 FROM report_slots)

-- section: known |
-- line: Not known: no slots in the file. Cluster nodes write them from Redis 7.4 and Valkey 8 on; if it is one of an older server, analyze it with --config cluster-enabled=yes.
SELECT 1 AS is_unknown WHERE NOT EXISTS (SELECT 1 FROM report_slots);

-- section: skew |
-- line: Slots with keys    {slots} of 16,384; which slots a node owns is not in a snapshot
-- line: Mean of these      {mean_keys:key}, {mean_bytes}
-- line: Largest by bytes   {largest_size_bytes}, {largest_times} times the mean; {largest_share_pct} of the bytes in slots
-- line: Most keys          {most_keys:key}, {most_times} times the mean
-- line: The largest tenth  {tenth_slots:slot has|slots have} {tenth_share_pct} of the bytes in slots
SELECT count(*) AS slots, CAST(round(avg(keys)) AS INTEGER) AS mean_keys, CAST(round(avg(size_bytes)) AS INTEGER) AS mean_bytes,
       max(size_bytes) AS largest_size_bytes, printf('%.1f', max(size_bytes) / avg(size_bytes)) AS largest_times,
       pct(max(size_bytes), sum(size_bytes)) AS largest_share_pct, max(keys) AS most_keys,
       printf('%.1f', max(keys) / avg(keys)) AS most_times, (count(*) + 9) / 10 AS tenth_slots,
       pct(sum(size_bytes) FILTER (WHERE n <= (of_slots + 9) / 10), sum(size_bytes)) AS tenth_share_pct
  FROM (SELECT *, row_number() OVER (ORDER BY size_bytes DESC, slot) AS n, count(*) OVER () AS of_slots
          FROM report_slots WHERE slot IS NOT NULL)
HAVING count(*) > 0;

-- section: largest | The largest slots
-- caption: SHARE: of the bytes in all slots. TIMES: of the mean of slots with keys.
-- column: slot_id = SLOT
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: share_pct = SHARE
-- column: times = TIMES
-- column: tag_text = LARGEST HASH TAG
-- column: tag_bytes = ITS SIZE
WITH s AS (SELECT * FROM report_slots WHERE slot IS NOT NULL)
SELECT s.slot AS slot_id, s.keys, s.size_bytes, pct(s.size_bytes, (SELECT sum(size_bytes) FROM s)) AS share_pct,
       round(s.size_bytes / (SELECT avg(size_bytes) FROM s), 1) AS times,
       (SELECT h.tag_text FROM report_hash_tags h WHERE h.slot = s.slot ORDER BY h.size_bytes DESC, h.tag_text LIMIT 1) AS tag_text,
       (SELECT max(h.size_bytes) FROM report_hash_tags h WHERE h.slot = s.slot) AS tag_bytes, s.bytes
  FROM s ORDER BY s.size_bytes DESC, s.slot LIMIT :top;

-- section: tags | The largest hash tags
-- caption: Keys with the same {...} are in one slot and cannot be spread over nodes. SHARE: of the bytes in all slots.
-- column: tag_text = HASH TAG
-- column: slot_id = SLOT
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
SELECT tag_text, slot AS slot_id, h.keys, h.size_bytes, pct(h.size_bytes, (SELECT sum(size_bytes) FROM report_slots)) AS share_pct
  FROM report_hash_tags h WHERE NOT is_rest
 ORDER BY h.size_bytes DESC, tag_text LIMIT :top;

-- section: beyond |
-- line: {keys:key has|keys have} tags that were not told apart, {size_bytes}: the first 65,536 tags of a file are.
SELECT sum(keys) AS keys, sum(size_bytes) AS size_bytes FROM report_hash_tags WHERE is_rest HAVING count(*) > 0;

-- section: cut |
-- line: {keys:key has|keys have} names so long that their slot is not known.
SELECT keys FROM report_slots WHERE slot IS NULL;
