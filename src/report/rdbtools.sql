-- title: All keys, in redis-rdb-tools' columns
-- about: Read by the program, in the form of a report; see run.c.

-- section: whole | Snapshots whose keys are not all there
SELECT keys_stored FROM report_snapshots WHERE keys_stored <> 'all' LIMIT 1;

-- section: keys | All keys
-- The words are those of redis-rdb-tools: a string's encoding is `string`, a module's the name of its type; a module
-- has one element, of its own size.  Times as Python's isoformat() has them: no fraction when it is 0, none after 9999.
SELECT db AS "database",
       CASE WHEN rdb_encoding GLOB 'MODULE*' THEN 'module' WHEN type = 'zset' THEN 'sortedset' ELSE type END AS type,
       key_text AS "key", bytes AS size_in_bytes,
       CASE WHEN rdb_encoding GLOB 'MODULE*' THEN type WHEN type = 'string' THEN 'string'
            WHEN type = 'stream' THEN 'listpack' ELSE encoding END AS encoding,
       CASE WHEN rdb_encoding GLOB 'MODULE*' THEN 1 ELSE elements END AS num_elements,
       CASE WHEN rdb_encoding GLOB 'MODULE*' THEN bytes ELSE largest_element END AS len_largest_element,
       strftime('%Y-%m-%dT%H:%M:%S', max(min(expires_at, 253402300799000), -62135596800000) / 1000, 'unixepoch') ||
       CASE WHEN expires_at % 1000 = 0 OR expires_at > 253402300799000 THEN '' ELSE printf('.%06d', expires_at % 1000 * 1000) END AS expiry
  FROM keys WHERE snapshot_id IN (SELECT id FROM report_ids) ORDER BY id;
