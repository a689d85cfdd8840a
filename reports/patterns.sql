-- title: Key patterns
-- about: What fills the memory by namespace and pattern, and the glob that hits each pattern's keys.
-- param: top = 20
-- param: delimiter = :
-- param: under =
-- param: depth = all

-- section: tree | By namespace
-- caption: SHARE: of all bytes. NO TTL: of the node's own keys. and N more: all its smaller patterns.
-- column: name = NAMESPACE | tree
-- column: size_bytes = SIZE
-- column: share_pct = SHARE
-- column: average_bytes = AVERAGE
-- column: keys_without_ttl_pct = NO TTL
-- column: whose = KIND
-- column: depth = -
-- column: node = -
-- column: parent = -
-- column: node_kind = -
-- column: type = TYPE | wide
-- column: role = -
-- column: system = -
-- column: db = -
-- column: patterns = PATTERNS | wide
-- column: bytes = -
-- column: keys_without_ttl = -
-- column: size_bytes_without_ttl = -
SELECT name, n.size_bytes, pct(n.size_bytes, t.size_bytes) AS share_pct, n.keys, n.size_bytes / max(n.keys, 1) AS average_bytes,
       pct(n.keys_without_ttl, n.keys) AS keys_without_ttl_pct, coalesce(whose, '') AS whose, type, patterns,
       depth, node, parent, n.kind AS node_kind, role, system, db, n.bytes, n.keys_without_ttl, n.size_bytes_without_ttl
  FROM pattern_tree(:delimiter, :under, :depth, :top) n, report_totals t;

-- section: patterns | By size
-- caption: NO TTL: of the pattern's own keys. GLOB: as SCAN MATCH takes it. ALSO HITS: keys of other patterns and types that it hits in this database, and their size.
-- note: No keys.
-- column: glob = GLOB
-- column: size_bytes = SIZE
-- column: pattern_text = -
-- column: share_pct = SHARE | wide
-- column: keys_without_ttl_pct = NO TTL
-- column: glob_other_keys = ALSO HITS | exact=glob_is_exact
-- column: glob_other_bytes = OF SIZE | exact=glob_is_exact
-- column: glob_is_exact = -
-- column: is_rule = -
-- column: type = TYPE
-- column: role = ROLE | wide
-- column: system = SYSTEM | wide
-- column: bytes = -
-- column: rdb_bytes = IN FILE | wide
-- column: elements = ELEMENTS | wide
-- column: keys_without_ttl = -
-- column: bytes_without_ttl = -
-- column: expired_keys = EXPIRED | wide
-- column: expired_bytes = -
-- column: first_expires_at = -
-- column: last_expires_at = LAST EXPIRES (UTC) | wide
-- column: largest_bytes = LARGEST | wide
-- column: largest_key_text = -
WITH p AS MATERIALIZED (
  SELECT *, CASE WHEN EXISTS (SELECT 1 FROM report_snapshots WHERE redacted = 'names') THEN pattern_text
                 ELSE glob_of(pattern, is_rule) END AS glob FROM report_patterns
   WHERE is_below(pattern_text, :under, :delimiter)
   ORDER BY size_bytes DESC, keys DESC, db, pattern_text LIMIT :top)
SELECT p.db, pattern_text, glob, type, role, system, p.keys, p.size_bytes, p.bytes,
       pct(p.size_bytes, t.size_bytes) AS share_pct, pct(p.keys_without_ttl, p.keys) AS keys_without_ttl_pct,
       max(glob_keys(p.db, real_glob) - p.keys, 0) AS glob_other_keys, max(glob_bytes(p.db, real_glob) - p.size_bytes, 0) AS glob_other_bytes,
       glob_is_exact(p.db, real_glob) AS glob_is_exact, is_rule,
       p.keys_without_ttl, p.bytes_without_ttl, p.rdb_bytes, p.elements, p.expired_keys, p.expired_bytes,
       p.first_expires_at, p.last_expires_at, p.largest_bytes, p.largest_key_text
  FROM (SELECT *, CASE WHEN EXISTS (SELECT 1 FROM report_snapshots WHERE redacted = 'names') THEN NULL ELSE glob END AS real_glob FROM p) p,
       report_totals t
 ORDER BY p.size_bytes DESC, p.keys DESC, p.db, pattern_text;

-- section: below | The largest keys below it
-- caption: Of the 1,000 largest keys of each type and database, and the largest of each pattern. TTL: - never expires, or is not kept.
-- column: key_text = KEY
-- column: bytes = SIZE
-- column: ttl_seconds = TTL
-- column: pattern = PATTERN | wide
WITH k AS (
  SELECT db, key_text, type, bytes, ttl_seconds, pattern FROM report_top_keys
   WHERE :under <> '' AND measure = 'bytes' AND is_below(pattern, :under, :delimiter)
  UNION ALL
  SELECT db, largest_key_text, type, largest_bytes, NULL, pattern_text FROM report_patterns
   WHERE :under <> '' AND is_below(pattern_text, :under, :delimiter) AND largest_bytes IS NOT NULL)
SELECT key_text, db, type, bytes, max(ttl_seconds) AS ttl_seconds, pattern FROM k
 GROUP BY db, key_text, type ORDER BY bytes DESC, db, key_text LIMIT :top;

-- section: not_known |
-- line: What a glob also hits is not known under a filter.{?is_filtered}
SELECT count(filter) > 0 AS is_filtered FROM report_snapshots HAVING count(filter) > 0;

-- section: redacted |
-- line: Names are hashed: no key on a server has them, and these globs find none. The globs are in the reports that are not redacted.
SELECT 1 AS is_redacted FROM report_snapshots WHERE redacted = 'names' LIMIT 1;
