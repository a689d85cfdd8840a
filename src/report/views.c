/* views.c -- the chosen set, and the TEMP views that SQL of reports and checks reads.
 *
 * set.sql holds the one row that says which set is chosen, views.sql makes what nearly everything
 * reads.  What takes longer and only some read is made when it is asked for: sidekiq_views.sql, and
 * the rows of report_patterns.
 */
// SPDX-License-Identifier: MIT
#include "report/views.h"

#include <string.h>

#include "report/guard.h"
#include "report/head.h"
#include "report/value.h"
#include "util/signals.h"
#include "util/text.h"

static int run_statement(sqlite3 *db, const char *sql, const struct value *value, struct error *err,
                         sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return error_set(err, EXIT_CANNOT_RUN, "report database: %s", sqlite3_errmsg(db));
    if (value != NULL && value->type == VALUE_INT)
        sqlite3_bind_int64(stmt, 1, value->integer);
    else if (value != NULL)
        sqlite3_bind_text64(stmt, 1, value->bytes, value->size_bytes, SQLITE_TRANSIENT,
                            SQLITE_UTF8);
    *ret_stmt = stmt;
    return 0;
}

/* The first column of the first row; 1: there is one, 0: no row. *ret_rows counts them. */
static int query_integer(sqlite3 *db, const char *sql, const struct value *value,
                         int64_t *ret_integer, int *ret_rows, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rows = 0, r;

    if (run_statement(db, sql, value, err, &stmt) < 0)
        return -1;
    while ((r = sqlite3_step(stmt)) == SQLITE_ROW)
        if (rows++ == 0)
            *ret_integer = sqlite3_column_int64(stmt, 0);
    if (r != SQLITE_DONE)
        error_set(err, EXIT_CANNOT_RUN, "report database: %s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    *ret_rows = rows;
    return r == SQLITE_DONE ? 0 : -1;
}

#define SQL_NEWEST_SET                                                                             \
    "SELECT id FROM sets WHERE id IN (SELECT set_id FROM snapshots) "                              \
    "ORDER BY taken_at IS NULL, taken_at DESC, id DESC LIMIT 1"
#define SQL_SET_BY_ID "SELECT id FROM sets WHERE id = ?1 AND id IN (SELECT set_id FROM snapshots)"
#define SQL_SET_BY_LABEL                                                                           \
    "SELECT id FROM sets WHERE label = ?1 AND id IN (SELECT set_id FROM snapshots)"

int views_choose_set(sqlite3 *db, const char *wanted, int64_t *ret_set, int64_t *ret_newest,
                     struct error *err)
{
    struct value v = {0};
    int rows = 0;

    if (query_integer(db, SQL_NEWEST_SET, NULL, ret_newest, &rows, err) < 0)
        return -1;
    if (rows == 0)
        return error_set(err, EXIT_CANNOT_RUN, "the report database holds no snapshot");
    *ret_set = *ret_newest;
    if (wanted == NULL || strcmp(wanted, "newest") == 0)
        return 0;
    if (text_parse_int(wanted, 0, INT64_MAX, &v.integer) == 0) {
        v.type = VALUE_INT;
        if (query_integer(db, SQL_SET_BY_ID, &v, ret_set, &rows, err) < 0)
            return -1;
        if (rows == 1)
            return 0;
    }
    v = (struct value){.type = VALUE_TEXT, .bytes = wanted, .size_bytes = strlen(wanted)};
    if (query_integer(db, SQL_SET_BY_LABEL, &v, ret_set, &rows, err) < 0)
        return -1;
    if (rows == 0)
        return error_set(err, EXIT_CANNOT_RUN,
                         "no set '%.80s': --set takes an id or a label of the table `sets`",
                         wanted);
    if (rows > 1)
        return error_set(err, EXIT_CANNOT_RUN, "%d sets are called '%.80s': take one by its id",
                         rows, wanted);
    return 0;
}

#define SQL_SET_BEFORE                                                                             \
    "WITH s AS (SELECT id, row_number() OVER (ORDER BY taken_at IS NULL, taken_at DESC, id DESC) " \
    "AS n FROM sets WHERE id IN (SELECT set_id FROM snapshots)) "                                  \
    "SELECT id FROM s WHERE n = (SELECT n FROM s WHERE id = ?1) + 1"

int views_choose_set_before(sqlite3 *db, int64_t set, int64_t *ret_set, struct error *err)
{
    const struct value v = {.type = VALUE_INT, .integer = set};
    int rows = 0;

    if (query_integer(db, SQL_SET_BEFORE, &v, ret_set, &rows, err) < 0)
        return -1;
    if (rows == 0)
        return error_set(err, EXIT_CANNOT_RUN, "there is no set of snapshots before this one");
    return 0;
}

int views_execute(sqlite3 *db, const char *sql, struct error *err)
{
    int r;

    guard_watch_signals(db);
    r = sqlite3_exec(db, sql, NULL, NULL, NULL);
    guard_off(db);
    if (r == SQLITE_INTERRUPT)
        return error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
    if (r != SQLITE_OK)
        return error_set(err, EXIT_CANNOT_RUN, "report database: %s", sqlite3_errmsg(db));
    return 0;
}

int views_make(sqlite3 *db, int64_t set, struct error *err)
{
    const struct value v = {.type = VALUE_INT, .integer = set};
    int64_t none;
    int rows;

    if (views_execute(db, head_part_text("set.sql"), err) < 0 ||
        query_integer(db,
                      "INSERT INTO temp.report_set "
                      "SELECT set_id, count(*) = count(alloc_bytes) FROM main.snapshots "
                      "WHERE set_id = ?1 GROUP BY set_id",
                      &v, &none, &rows, err) < 0)
        return -1;
    return views_execute(db, head_part_text("views.sql"), err);
}

int views_make_sidekiq(sqlite3 *db, struct error *err)
{
    return views_execute(db, head_part_text("sidekiq_views.sql"), err);
}

int views_fill_patterns(sqlite3 *db, struct error *err)
{
    return views_execute(db, "INSERT INTO temp.report_patterns SELECT * FROM report_pattern_sums",
                         err);
}
