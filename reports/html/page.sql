-- title: The page
-- about: What its shell says.

-- section: page |
SELECT CASE (SELECT count(*) FROM report_snapshots) WHEN 1 THEN (SELECT label FROM report_snapshots)
            ELSE (SELECT label FROM sets WHERE id = (SELECT id FROM report_set)) END AS title,
       (SELECT max(redacted) FROM report_snapshots) AS redacted,
       :rdblens_version AS version, :wall_now AS made_at;
