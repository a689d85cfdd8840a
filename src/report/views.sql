-- views.sql: what reports read.  TEMP, so that a report database stays as it is.
-- report_set has one row, filled by the program: the chosen set.  All other views are about its snapshots;
-- several are summed.  share_bytes is alloc_bytes when every snapshot knows it, else bytes, so that the
-- shares of one report always have one base.
CREATE TEMP TABLE IF NOT EXISTS report_set(id INTEGER, has_alloc_bytes INTEGER);

CREATE TEMP VIEW IF NOT EXISTS report_snapshots AS
  SELECT s.*,
         CASE WHEN s.complete THEN NULL ELSE coalesce(
           (SELECT 'offset ' || d.offset || ': ' || d.message FROM main.defects d
             WHERE d.snapshot_id = s.id AND d.severity = 'fatal' ORDER BY d.offset LIMIT 1),
           CASE s.checksum WHEN 'mismatch' THEN 'the checksum does not match' END,
           (SELECT count(*) || ' damaged values, the first at offset ' || min(d.offset) || ': ' || d.message
              FROM main.defects d WHERE d.snapshot_id = s.id AND d.severity = 'failed' HAVING count(*) > 0),
           'the reason was not recorded') END AS why_incomplete
    FROM main.snapshots s WHERE s.set_id = (SELECT id FROM report_set);

CREATE TEMP VIEW IF NOT EXISTS report_databases AS
  SELECT db, sum(keys) AS keys, sum(keys) - sum(expires) AS keys_without_ttl, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS share_bytes,
         sum(bytes_without_ttl) AS bytes_without_ttl,
         sum(expired_keys) AS expired_keys, sum(expired_bytes) AS expired_bytes
    FROM main.databases WHERE snapshot_id IN (SELECT id FROM report_snapshots) GROUP BY db;

CREATE TEMP VIEW IF NOT EXISTS report_totals AS
  SELECT s.*, d.bytes_without_ttl, d.expired_keys, d.expired_bytes, d.databases
    FROM (SELECT count(*) AS snapshots, min(complete) AS complete, sum(keys) AS keys,
                 sum(keys) - sum(expires) AS keys_without_ttl, sum(bytes) AS bytes,
                 CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS share_bytes,
                 CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN 'alloc_bytes' ELSE 'bytes' END AS share_measure,
                 CASE WHEN count(used_memory) = count(*) THEN sum(used_memory) END AS used_memory,
                 sum(keys_without_size) AS keys_without_size,
                 sum(patterns_merged_keys) AS patterns_merged_keys,
                 min(keys_stored) AS keys_stored, max(now) AS now
            FROM report_snapshots) s,
         (SELECT coalesce(sum(bytes_without_ttl), 0) AS bytes_without_ttl,
                 coalesce(sum(expired_keys), 0) AS expired_keys,
                 coalesce(sum(expired_bytes), 0) AS expired_bytes, count(*) AS databases
            FROM report_databases) d;

CREATE TEMP VIEW IF NOT EXISTS report_patterns AS
  SELECT db, pattern_text, type, role, max(system) AS system, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS share_bytes,
         sum(rdb_bytes) AS rdb_bytes, sum(elements) AS elements,
         sum(keys_without_ttl) AS keys_without_ttl, sum(bytes_without_ttl) AS bytes_without_ttl,
         sum(expired_keys) AS expired_keys, sum(expired_bytes) AS expired_bytes,
         min(first_expires_at) AS first_expires_at, max(last_expires_at) AS last_expires_at,
         max(largest_bytes) AS largest_bytes, largest_key_text
    FROM main.patterns WHERE snapshot_id IN (SELECT id FROM report_snapshots)
   GROUP BY db, pattern_text, type, role;

CREATE TEMP VIEW IF NOT EXISTS report_types AS
  SELECT type, sum(keys) AS keys, sum(elements) AS elements, sum(bytes) AS bytes,
         sum(share_bytes) AS share_bytes, sum(keys_without_ttl) AS keys_without_ttl,
         sum(bytes_without_ttl) AS bytes_without_ttl, sum(expired_keys) AS expired_keys
    FROM report_patterns GROUP BY type;

CREATE TEMP VIEW IF NOT EXISTS report_ttl AS
  SELECT bucket_order, bucket, sum(keys) AS keys, sum(bytes) AS bytes,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN sum(alloc_bytes) ELSE sum(bytes) END AS share_bytes
    FROM main.ttl_buckets WHERE snapshot_id IN (SELECT id FROM report_snapshots)
   GROUP BY bucket_order, bucket;

-- The ranks are each snapshot's own: order by the measure.
CREATE TEMP VIEW IF NOT EXISTS report_top_keys AS
  SELECT o.measure, o.scope, o.scope_value, o.rank, k.*,
         CASE WHEN (SELECT has_alloc_bytes FROM report_set) THEN k.alloc_bytes ELSE k.bytes END AS share_bytes
    FROM main.top_rows o JOIN main.keys k ON k.id = o.key_id
   WHERE o.snapshot_id IN (SELECT id FROM report_snapshots);

CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_installations AS
  SELECT * FROM main.sidekiq_installations WHERE snapshot_id IN (SELECT id FROM report_snapshots);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_sets AS
  SELECT * FROM main.sidekiq_sets WHERE snapshot_id IN (SELECT id FROM report_snapshots);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_jobs AS
  SELECT * FROM main.sidekiq_jobs WHERE snapshot_id IN (SELECT id FROM report_snapshots);
CREATE TEMP VIEW IF NOT EXISTS report_sidekiq_stats AS
  SELECT * FROM main.sidekiq_stats WHERE snapshot_id IN (SELECT id FROM report_snapshots);
CREATE TEMP VIEW IF NOT EXISTS report_defects AS
  SELECT * FROM main.defects WHERE snapshot_id IN (SELECT id FROM report_snapshots);
