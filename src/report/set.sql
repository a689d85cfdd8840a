-- set.sql: the chosen set, one row that the program puts here before views.sql is run.
CREATE TEMP TABLE IF NOT EXISTS report_set(id INTEGER, has_alloc_bytes INTEGER);
DELETE FROM temp.report_set;
