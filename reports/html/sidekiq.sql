-- title: Sidekiq
-- about: Queues, retries and the dead set of each installation.
-- reports: sidekiq
-- empty: No Sidekiq in this snapshot: no key has its structure.
-- param: dead_limit = 10000

-- section: any |
SELECT 1 AS is_any WHERE EXISTS (SELECT 1 FROM report_sidekiq_installations);

-- section: tiles |
WITH i AS (SELECT snapshot_id, db, namespace FROM report_sidekiq_installations),
     x AS (SELECT kind, count(*) FILTER (WHERE jobs > 0) AS sets, sum(jobs) AS jobs, sum(bytes) AS bytes, max(latency_ms) AS latency_ms,
                  min(CASE WHEN kind IN ('retry', 'schedule') THEN first_score_at - (SELECT now FROM report_snapshots s WHERE s.id = snapshot_id) END) AS due_ms
             FROM report_sidekiq_sets GROUP BY kind),
     f AS (SELECT count(*) AS installations FROM i)
SELECT * FROM (
  SELECT 1 AS place, 'Jobs waiting' AS label, human_count(coalesce((SELECT jobs FROM x WHERE kind = 'queue'), 0)) AS value_text,
         'in ' || human_count(coalesce((SELECT sets FROM x WHERE kind = 'queue'), 0)) || ' queues' ||
         coalesce('; the oldest ' || human_duration((SELECT latency_ms FROM x WHERE kind = 'queue' AND latency_ms > 0)), '') AS more_text, 0 AS is_alarm FROM f WHERE installations > 0
  UNION ALL SELECT 2, 'Scheduled', human_count(coalesce((SELECT jobs FROM x WHERE kind = 'schedule'), 0)),
         coalesce((SELECT CASE WHEN due_ms < -60000 THEN 'OVERDUE by ' || human_duration(-due_ms) ELSE 'the next in ' || human_duration(max(0, due_ms)) END
                     FROM x WHERE kind = 'schedule' AND due_ms IS NOT NULL), 'none'),
         coalesce((SELECT due_ms < -60000 FROM x WHERE kind = 'schedule'), 0) FROM f WHERE installations > 0
  UNION ALL SELECT 3, 'Retries', human_count(coalesce((SELECT jobs FROM x WHERE kind = 'retry'), 0)),
         coalesce((SELECT CASE WHEN due_ms < -60000 THEN 'OVERDUE by ' || human_duration(-due_ms) ELSE 'the next in ' || human_duration(max(0, due_ms)) END
                     FROM x WHERE kind = 'retry' AND due_ms IS NOT NULL), 'none'),
         coalesce((SELECT due_ms < -60000 FROM x WHERE kind = 'retry'), 0) FROM f WHERE installations > 0
  UNION ALL SELECT 4, 'Processes alive', human_count((SELECT sum(live_processes) FROM report_sidekiq_installations)),
         'of ' || human_count((SELECT sum(processes) FROM report_sidekiq_installations)) || ' known when saved', 0 FROM f
   WHERE installations > 0 AND NOT EXISTS (SELECT 1 FROM report_snapshots WHERE filter IS NOT NULL))
 ORDER BY place;

-- section: dead |
SELECT CASE (SELECT count(*) FROM report_sidekiq_installations) WHEN 1 THEN 'Dead set' ELSE 'Dead set, db ' || i.db || CASE i.namespace WHEN '' THEN '' ELSE ' ' || i.namespace END END AS place,
       coalesce(x.jobs, 0) AS jobs, :dead_limit - 1 AS settles, min(100.0, pct(coalesce(x.jobs, 0), :dead_limit - 1)) AS width,
       coalesce(x.jobs, 0) BETWEEN :dead_limit - 1 AND :dead_limit AS is_full, coalesce(x.jobs, 0) > :dead_limit AS is_above,
       coalesce(human_duration(x.last_score_at - x.first_score_at), '') AS reach_text
  FROM report_sidekiq_installations i LEFT JOIN report_sidekiq_sets x
       ON (x.snapshot_id, x.db, x.namespace, x.kind) = (i.snapshot_id, i.db, i.namespace, 'dead')
 ORDER BY i.snapshot_id, i.db, i.namespace LIMIT 8;

-- section: sets |
WITH s AS (
  SELECT CASE x.kind WHEN 'queue' THEN 'queue:' || x.name ELSE x.name END || CASE (SELECT count(*) FROM report_sidekiq_installations) WHEN 1 THEN ''
              ELSE ' (db ' || x.db || CASE x.namespace WHEN '' THEN '' ELSE ' ' || x.namespace END || ')' END AS set_text,
         x.kind, x.jobs, x.bytes, CASE WHEN x.kind = 'queue' AND x.latency_ms > 0 THEN 'oldest waits ' || human_duration(x.latency_ms) ELSE '' END AS what_text,
         x.snapshot_id, x.db, x.namespace, x.name
    FROM report_sidekiq_sets x WHERE x.jobs > 0 ORDER BY x.bytes DESC, x.jobs DESC LIMIT 12)
SELECT CASE WHEN length(set_text) > 80 THEN substr(set_text, 1, 80) || '...' ELSE set_text END AS set_text, kind, jobs, bytes, what_text, coalesce(pct(coalesce(bytes, 0), max(bytes) OVER ()), 0) AS width
  FROM s ORDER BY bytes DESC, jobs DESC, snapshot_id, db, namespace, name;
