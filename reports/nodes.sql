-- title: Nodes
-- about: Several files as one cluster: what each node has, how they differ, slots that are in more than one.
-- applies: (SELECT count(*) FROM report_snapshots) > 1

-- section: one |
-- line: One file: there is nothing to compare. analyze NODE1.rdb NODE2.rdb ... takes several as one cluster.
SELECT 1 AS is_one FROM report_totals WHERE snapshots = 1;

-- section: nodes | The files of this set
-- caption: SHARE: of all bytes of the set. SLOTS: those with keys; - not in the file.
-- column: label = FILE
-- column: server_text = SERVER | wide
-- column: created_at = SAVED
-- column: complete_text = COMPLETE
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: slots = SLOTS
-- column: used_memory = USED MEMORY | wide
-- column: complete = -
SELECT s.label, s.created_at, CASE WHEN s.complete THEN 'yes' ELSE 'NO' END AS complete_text, s.keys,
       CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN s.alloc_bytes ELSE s.bytes END AS size_bytes,
       pct(CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN s.alloc_bytes ELSE s.bytes END, t.size_bytes) AS share_pct,
       (SELECT nullif(count(*), 0) FROM slots o WHERE o.snapshot_id = s.id AND o.slot IS NOT NULL) AS slots,
       coalesce(s.server, '?') || ' ' || coalesce(s.server_version, '?') AS server_text, s.used_memory, s.complete
  FROM report_snapshots s, report_totals t WHERE t.snapshots > 1 ORDER BY s.id;

-- section: differences | How they differ
-- line: {text}
SELECT 1 AS place, 'Saved within ' || human_duration(max(created_at) - min(created_at)) || ' of each other' ||
       CASE WHEN max(created_at) - min(created_at) > 600000 THEN ': figures of the sum are of no one moment.' ELSE '.' END AS text
  FROM report_snapshots HAVING count(*) > 1 AND count(created_at) = count(*)
UNION ALL
SELECT 2, count(*) - sum(complete) || ' of ' || count(*) || ' files are not complete: sums lack what was not read.'
  FROM report_snapshots HAVING count(*) > 1 AND sum(complete) < count(*)
UNION ALL
SELECT 3, 'Different servers: ' || group_concat(name, ', ') || '.'
  FROM (SELECT DISTINCT coalesce(server, '?') || ' ' || coalesce(server_version, '?') AS name FROM report_snapshots) HAVING count(*) > 1
UNION ALL
SELECT 4, 'The largest node has ' || printf('%.1f', max(z) / avg(z)) || ' times the mean of ' || human_bytes(CAST(avg(z) AS INTEGER)) || '.'
  FROM (SELECT CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN alloc_bytes ELSE bytes END AS z FROM report_snapshots)
HAVING count(*) > 1 AND sum(z) > 0
UNION ALL
SELECT 5, count_text(count(*), 'slot has|slots have') || ' keys in more than one file: replicas, a slot on its way, or not one cluster. Their keys may be counted twice.'
  FROM report_slots WHERE slot IS NOT NULL AND snapshots > 1 HAVING count(*) > 0
UNION ALL
SELECT 6, 'No slot has keys in more than one file.' FROM report_totals
 WHERE snapshots > 1 AND (SELECT count(DISTINCT snapshot_id) FROM slots WHERE snapshot_id IN (SELECT id FROM report_ids)) = snapshots
   AND NOT EXISTS (SELECT 1 FROM report_slots WHERE slot IS NOT NULL AND snapshots > 1)
UNION ALL
SELECT 7, count_text(16384 - count(*), 'slot has|slots have') || ' no key in any file: empty, or of a node whose file is not here.'
  FROM report_slots WHERE slot IS NOT NULL HAVING count(*) BETWEEN 1 AND 16383 AND (SELECT snapshots FROM report_totals) > 1
   AND (SELECT count(DISTINCT snapshot_id) FROM slots WHERE snapshot_id IN (SELECT id FROM report_ids)) = (SELECT snapshots FROM report_totals)
UNION ALL
SELECT 8, 'Whether slots overlap or are missing is not known: not all files have slots in them.' FROM report_totals
 WHERE snapshots > 1 AND (SELECT count(DISTINCT snapshot_id) FROM slots WHERE snapshot_id IN (SELECT id FROM report_ids)) < snapshots
 ORDER BY place;

-- section: databases | Databases by node
-- column: label = FILE
-- column: size_bytes = SIZE
-- column: expires = WITH TTL
-- column: expired_keys = EXPIRED
SELECT d.db, s.label, d.keys, d.expires, CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN d.alloc_bytes ELSE d.bytes END AS size_bytes, d.expired_keys
  FROM databases d JOIN report_snapshots s ON s.id = d.snapshot_id
 WHERE (SELECT snapshots FROM report_totals) > 1 ORDER BY d.db, s.id;
