-- title: Stacks
-- about: Read by the program, in the form of a report: -f folded, for flame graphs; see run.c.
-- param: delimiter = :
-- param: under =

-- section: stacks |
SELECT CASE WHEN (SELECT count(*) FROM (SELECT DISTINCT db FROM report_patterns LIMIT 2)) > 1 THEN 'db\x20' || db || ';' ELSE '' END ||
       folded_stack(pattern_text, :delimiter) AS stack, sum(size_bytes) AS size_bytes
  FROM report_patterns WHERE is_below(pattern_text, :under, :delimiter)
 GROUP BY 1 HAVING sum(size_bytes) > 0 ORDER BY 1;
