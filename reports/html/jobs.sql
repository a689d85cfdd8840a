-- title: Other job queues, caches, sessions
-- about: What BullMQ, Resque, Celery and others keep, by queue and state.
-- reports: jobs
-- empty: No job queue other than Sidekiq, no known cache and no session store in this snapshot.

-- section: queues |
WITH q AS (SELECT * FROM report_job_queues WHERE state <> 'timestamps' AND jobs > 0
            ORDER BY bytes DESC, jobs DESC, db, system, prefix, queue, state LIMIT 12)
SELECT CASE WHEN length(queue) > 80 THEN substr(queue, 1, 80) || '...' ELSE queue END AS queue_text, state AS state_text,
       q.system || CASE (SELECT databases FROM report_totals) WHEN 1 THEN '' ELSE ', db ' || q.db END AS what_text,
       jobs, bytes, coalesce(pct(bytes, max(bytes) OVER ()), 0) AS width,
       row_number() OVER (ORDER BY bytes DESC, jobs DESC, db, system, prefix, queue, state) = 1 AS is_first,
       row_number() OVER (ORDER BY bytes, jobs, db DESC, system DESC, prefix DESC, queue DESC, state DESC) = 1 AS is_last
  FROM q ORDER BY bytes DESC, jobs DESC, db, system, prefix, queue, state;

-- section: families |
WITH f AS (SELECT system, role, sum(keys) AS keys, sum(size_bytes) AS size_bytes, sum(size_bytes_without_ttl) AS never_bytes
             FROM report_job_families GROUP BY system, role ORDER BY size_bytes DESC, system, role LIMIT 12)
SELECT f.system AS system_text, role AS role_text, human_count(f.keys) || CASE f.keys WHEN 1 THEN ' key' ELSE ' keys' END AS keys_text, f.size_bytes, pct(f.size_bytes, t.size_bytes) AS share_pct, pct(never_bytes, f.size_bytes) AS never_pct,
       coalesce(pct(never_bytes, t.size_bytes), 0) AS never_width, coalesce(pct(f.size_bytes - never_bytes, t.size_bytes), 0) AS expires_width, coalesce(pct(f.size_bytes, t.size_bytes), 0) AS end_x,
       row_number() OVER (ORDER BY f.size_bytes DESC, system, role) = 1 AS is_first, row_number() OVER (ORDER BY f.size_bytes, system DESC, role DESC) = 1 AS is_last
  FROM f, report_totals t ORDER BY f.size_bytes DESC, system, role;
