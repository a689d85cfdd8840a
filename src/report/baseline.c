/* baseline.c -- an earlier snapshot beside the one that is reported on.
 *
 *      old connection: report_NAME --prepare, step--> bind, step --> TEMP old_NAME: new connection
 *
 * Rows are copied, because ATTACH cannot be used: a private database is a file without a name.
 * What is copied are aggregates, so their number is bounded by those of patterns and job classes,
 * whatever the number of keys.
 */
// SPDX-License-Identifier: MIT
#include "report/baseline.h"

#include "report/functions.h"
#include "report/guard.h"
#include "report/head.h"
#include "report/strbuf.h"
#include "report/views.h"
#include "util/signals.h"

/* Of each view report_NAME, which of its rows become old_NAME. */
static const struct copied {
    const char *name;
    const char *rows;
} copied[] = {
    {"snapshots", ""},     {"totals", ""},
    {"server", ""},        {"databases", ""},
    {"types", ""},         {"ttl", ""},
    {"patterns", ""},      {"top_keys", " WHERE measure = 'bytes' AND scope = 'all'"},
    {"sidekiq_sets", ""},  {"sidekiq_jobs", ""},
    {"sidekiq_stats", ""}, {"job_queues", ""},
    {"job_classes", ""},
};

static int fail(sqlite3 *db, struct error *err)
{
    if (sqlite3_errcode(db) == SQLITE_INTERRUPT && signals_cancelled() != 0)
        return error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
    return error_set(err, EXIT_CANNOT_RUN, "report database: %s", sqlite3_errmsg(db));
}

static int prepare(sqlite3 *db, const struct strbuf *sql, sqlite3_stmt **ret_stmt,
                   struct error *err)
{
    if (sql->failed)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    return sqlite3_prepare_v2(db, sql->text, -1, ret_stmt, NULL) != SQLITE_OK ? fail(db, err) : 0;
}

int baseline_make(sqlite3 *db, struct error *err)
{
    int64_t set, newest;
    int r = functions_register(db, err);

    if (r == 0)
        r = views_choose_set(db, NULL, &set, &newest, err);
    if (r == 0)
        r = views_make(db, set, err);
    if (r == 0)
        r = views_make_sidekiq(db, err);
    for (size_t i = 0; i < sizeof copied / sizeof *copied && r == 0; i++) {
        const char *const name = copied[i].name;
        struct strbuf sql = {0};

        strbuf_printf(&sql,
                      "DROP TABLE IF EXISTS temp.old_%s;"
                      "CREATE TEMP TABLE old_%s AS SELECT * FROM report_%s LIMIT 0",
                      name, name, name);
        r = sql.failed ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
                       : views_execute(db, strbuf_text(&sql), err);
        strbuf_done(&sql);
    }
    return r;
}

static int copy_rows(sqlite3 *old_db, sqlite3_stmt *from, sqlite3 *db, sqlite3_stmt *into,
                     struct error *err)
{
    const int columns = sqlite3_column_count(from);
    int r;

    while ((r = sqlite3_step(from)) == SQLITE_ROW) {
        for (int i = 0; i < columns; i++)
            if (sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i)) != SQLITE_OK)
                return fail(db, err);
        if (sqlite3_step(into) != SQLITE_DONE || sqlite3_reset(into) != SQLITE_OK)
            return fail(db, err);
    }
    return r == SQLITE_DONE ? 0 : fail(old_db, err);
}

static int copy_view(sqlite3 *old_db, const struct copied *view, sqlite3 *db, struct error *err)
{
    struct strbuf select = {0}, insert = {0};
    sqlite3_stmt *from = NULL, *into = NULL;
    int r;

    strbuf_printf(&select, "SELECT * FROM report_%s%s", view->name, view->rows);
    r = prepare(old_db, &select, &from, err);
    if (r == 0) {
        strbuf_printf(&insert, "INSERT INTO temp.old_%s VALUES(?", view->name);
        for (int i = 1; i < sqlite3_column_count(from); i++)
            strbuf_puts(&insert, ", ?");
        strbuf_putc(&insert, ')');
        r = prepare(db, &insert, &into, err);
    }
    if (r == 0)
        r = copy_rows(old_db, from, db, into, err);
    sqlite3_finalize(from);
    sqlite3_finalize(into);
    strbuf_done(&select);
    strbuf_done(&insert);
    return r;
}

int baseline_copy(sqlite3 *old_db, int64_t old_set, sqlite3 *db, struct error *err)
{
    int r = functions_register(old_db, err);

    if (r == 0)
        r = views_make(old_db, old_set, err);
    if (r == 0)
        r = views_make_sidekiq(old_db, err);
    if (r == 0)
        r = views_fill_patterns(old_db, err);
    if (r == 0)
        r = views_execute(db, "BEGIN", err);
    if (r < 0)
        return -1;
    guard_watch_signals(old_db);
    for (size_t i = 0; i < sizeof copied / sizeof *copied && r == 0; i++)
        r = copy_view(old_db, &copied[i], db, err);
    guard_off(old_db);
    if (r < 0) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* what failed has been said */
        return -1;
    }
    return views_execute(db, "COMMIT", err);
}

/* Hashed names of one side have no counterpart in the other when that is not hashed alike. */
static int check_names(sqlite3 *db, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int r = -1;

    if (sqlite3_prepare_v2(db,
                           "SELECT coalesce(old_redacted, 'no'), coalesce(redacted, 'no'), "
                           "old_redacted IS redacted FROM temp.diff_pair",
                           -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        fail(db, err);
    else if (sqlite3_column_int(stmt, 2) == 0)
        error_set(err, EXIT_CANNOT_RUN,
                  "names of the two cannot be compared: redacted in the earlier one: %s, in the "
                  "later one: %s",
                  sqlite3_column_text(stmt, 0), sqlite3_column_text(stmt, 1));
    else
        r = 0;
    sqlite3_finalize(stmt);
    return r;
}

int baseline_compare(sqlite3 *db, int64_t set, struct error *err)
{
    if (views_make(db, set, err) < 0 || views_make_sidekiq(db, err) < 0 ||
        views_fill_patterns(db, err) < 0)
        return -1;
    if (views_execute(db, head_part_text("baseline.sql"), err) < 0)
        return -1;
    return check_names(db, err);
}

int baseline_verdict(sqlite3 *db, bool *ret_differs, bool *ret_is_complete, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int r = -1;

    if (sqlite3_prepare_v2(db, "SELECT differs, old_complete FROM temp.diff_pair", -1, &stmt,
                           NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        *ret_differs = sqlite3_column_int(stmt, 0) != 0;
        *ret_is_complete = sqlite3_column_int(stmt, 1) != 0;
        r = 0;
    } else {
        fail(db, err);
    }
    sqlite3_finalize(stmt);
    return r;
}
