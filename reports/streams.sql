-- title: Streams
-- about: Streams with their groups and consumers: what is never trimmed, what piles up, who has stopped reading.
-- param: top = 20
-- param: quiet_hours = 24
-- applies: EXISTS (SELECT 1 FROM streams WHERE snapshot_id IN (SELECT id FROM report_ids))

-- section: streams | The largest streams
-- caption: OLDEST: the first entry's age when saved, if ids are times. GONE: of all entries ever added, what was trimmed or deleted (not in files before 7.0).
-- note: No stream is in the file.
-- column: id = -
-- column: db = DB
-- column: key_text = KEY
-- column: size_bytes = SIZE
-- column: bytes = -
-- column: length = ENTRIES
-- column: oldest_age_ms = OLDEST
-- column: newest_age_ms = NEWEST | wide
-- column: gone_pct = GONE
-- column: entries_added = ADDED | wide
-- column: deleted_entries = DELETED IN NODES | wide
-- column: nodes = NODES | wide
-- column: groups = GROUPS
-- column: consumers = CONSUMERS | wide
-- column: pending = PENDING
-- column: first_id = -
-- column: last_id = -
SELECT t.id, t.db, coalesce(t.key_text, t.key) AS key_text, iif(r.has_alloc_bytes, t.alloc_bytes, t.bytes) AS size_bytes, t.bytes, t.length,
       CASE WHEN t.first_id_ms BETWEEN 1262304000000 AND s.now + 86400000 THEN age_ms(s.now, t.first_id_ms) END AS oldest_age_ms,
       CASE WHEN t.last_id_ms BETWEEN 1262304000000 AND s.now + 86400000 THEN age_ms(s.now, t.last_id_ms) END AS newest_age_ms,
       pct(max(0, t.entries_added - t.length), t.entries_added) AS gone_pct, t.entries_added, t.deleted_entries, t.nodes,
       t.groups, t.consumers, t.pending, t.first_id, t.last_id
  FROM streams t JOIN report_snapshots s ON s.id = t.snapshot_id, report_set r
 ORDER BY size_bytes DESC, t.id LIMIT :top;

-- section: streams_more |
-- line: and {streams} more with {size_bytes}, {length:entry|entries}
SELECT count(*) AS streams, sum(size_bytes) AS size_bytes, sum(length) AS length
  FROM (SELECT iif(r.has_alloc_bytes, alloc_bytes, bytes) AS size_bytes, length FROM streams, report_set r
         WHERE snapshot_id IN (SELECT id FROM report_ids) ORDER BY 1 DESC, streams.id LIMIT -1 OFFSET :top)
HAVING count(*) > 0;

-- section: untrimmed | Never trimmed
-- caption: Not one entry was ever removed, so no MAXLEN or MINID has taken effect, as far as servers count it: since 7.0. A DAY: entries, from the first one's time to the last's.
-- column: id = -
-- column: db = DB
-- column: key_text = KEY
-- column: size_bytes = SIZE
-- column: length = ENTRIES
-- column: first_at = SINCE (UTC)
-- column: entries_a_day = A DAY
-- column: ttl = TTL | wide
SELECT t.id, t.db, coalesce(t.key_text, t.key) AS key_text, iif(r.has_alloc_bytes, t.alloc_bytes, t.bytes) AS size_bytes, t.length,
       t.first_id_ms AS first_at, CAST(t.length * 86400000.0 / (t.last_id_ms - t.first_id_ms) AS INTEGER) AS entries_a_day,
       CASE WHEN t.expires_at IS NOT NULL THEN 'yes' END AS ttl
  FROM streams t JOIN report_snapshots s ON s.id = t.snapshot_id, report_set r
 WHERE t.entries_added = t.length AND t.length >= 100
   AND t.first_id_ms BETWEEN 1262304000000 AND s.now - 86400000 AND t.last_id_ms BETWEEN t.first_id_ms + 3600000 AND s.now + 86400000
 ORDER BY size_bytes DESC, t.id LIMIT :top;

-- section: groups | Groups, the most pending first
-- caption: PENDING: given to a consumer, not acknowledged. WAITS: age of the one whose last delivery is longest ago. LAG: not given to any yet (XINFO STREAM). SEEN: last sign of a consumer.
-- column: stream = -
-- column: db = DB
-- column: key_text = KEY
-- column: name = GROUP
-- column: consumers = CONSUMERS
-- column: pending = PENDING
-- column: waits_ms = WAITS
-- column: lag = LAG
-- column: seen_age_ms = SEEN
-- column: active_age_ms = ACTIVE | wide
-- column: consumers_with_pending = WITH PENDING | wide
-- column: most_deliveries = MOST DELIVERIES | wide
-- column: entries_read = READ | wide
-- column: last_id = -
SELECT g.stream, t.db, coalesce(t.key_text, t.key) AS key_text, g.name, g.consumers, g.pending, age_ms(s.now, g.first_delivered_at) AS waits_ms, g.lag,
       age_ms(s.now, g.last_seen_at) AS seen_age_ms, age_ms(s.now, g.last_active_at) AS active_age_ms, g.consumers_with_pending,
       g.most_deliveries, g.entries_read, g.last_id
  FROM stream_groups g JOIN streams t ON t.id = g.stream JOIN report_snapshots s ON s.id = t.snapshot_id
 ORDER BY g.pending DESC, g.lag DESC, g.stream, g.name LIMIT :top;

-- section: unread |
-- line: Unread   {groups:group has|groups have} entries to read but no consumer, or none seen for {quiet_hours} h before the file was saved; in all {pending:pending entry|pending entries}{?groups}
-- line: Stuck    {stuck_groups:group has|groups have} pending entries that were last delivered more than {quiet_hours} h before{?stuck_groups}
-- line: Quiet    {consumers:consumer was|consumers were} not seen for {quiet_hours} h; {pending_of_quiet:pending entry is|pending entries are} theirs until claimed (XAUTOCLAIM) or acknowledged{?consumers}
WITH
  g AS (SELECT g.pending, g.lag > 0 AND (g.consumers = 0 OR s.now - g.last_seen_at > :quiet_hours * 3600000) AS is_unread,
               s.now - g.first_delivered_at > :quiet_hours * 3600000 AS is_stuck
          FROM stream_groups g JOIN streams t ON t.id = g.stream JOIN report_snapshots s ON s.id = t.snapshot_id),
  c AS (SELECT c.pending FROM stream_consumers c JOIN streams t ON t.id = c.stream JOIN report_snapshots s ON s.id = t.snapshot_id
         WHERE s.now - c.seen_at > :quiet_hours * 3600000)
SELECT :quiet_hours AS quiet_hours,
       (SELECT count(*) FROM g WHERE is_unread) AS groups, (SELECT coalesce(sum(pending), 0) FROM g WHERE is_unread) AS pending,
       (SELECT count(*) FROM g WHERE is_stuck) AS stuck_groups,
       (SELECT count(*) FROM c) AS consumers, (SELECT coalesce(sum(pending), 0) FROM c) AS pending_of_quiet
  FROM (SELECT 1);

-- section: quiet | Consumers not seen for long
-- caption: For more than 24 h before the file was saved (--param quiet_hours=24). The names of consumers that stopped reading; new names at each start leave the old ones behind. ACTIVE: when it last got an entry (7.2+).
-- brief: no
-- column: stream = -
-- column: db = DB
-- column: key_text = KEY
-- column: group_name = GROUP
-- column: name = CONSUMER
-- column: pending = PENDING
-- column: seen_age_ms = SEEN
-- column: active_age_ms = ACTIVE
SELECT c.stream, t.db, coalesce(t.key_text, t.key) AS key_text, c.group_name, c.name, c.pending,
       age_ms(s.now, c.seen_at) AS seen_age_ms, age_ms(s.now, c.active_at) AS active_age_ms
  FROM stream_consumers c JOIN streams t ON t.id = c.stream JOIN report_snapshots s ON s.id = t.snapshot_id
 WHERE s.now - c.seen_at > :quiet_hours * 3600000
 ORDER BY c.pending DESC, c.seen_at, c.stream, c.group_name, c.name LIMIT :top;
