/* guard.c -- a connection that can only be read, for SQL that others wrote.
 *
 * Reports come from files that a user may have been given, and the report database itself may come
 * from elsewhere, with views of its own.  The authorizer is asked while a statement is compiled and
 * allows a short list: SELECT, reading columns, functions that touch nothing outside, recursion,
 * and the PRAGMAs that describe tables.  So ATTACH, writing, loading code and changing settings
 * fail before anything runs, on a connection that may be writable for other reasons (a private
 * database).
 *
 * DEFENSIVE and an untrusted schema close what the authorizer does not see: what a database file's
 * own views and expressions may call.
 */
// SPDX-License-Identifier: MIT
#include "report/guard.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/signals.h"

/* Virtual machine steps between two looks at the signal flag: some 0.1 ms. */
#define STEPS_BETWEEN_CHECKS 10000

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (name != NULL && strcmp(name, *names) == 0)
            return true;
    return false;
}

static int authorize(void *data, int action, const char *arg1, const char *arg2, const char *db,
                     const char *view)
{
    static const char *const denied_functions[] = {"load_extension", "fts3_tokenizer", "readfile",
                                                   "writefile",      "edit",           NULL};
    static const char *const pragmas[] = {"table_info", "table_xinfo", "table_list", "index_list",
                                          "index_info", "index_xinfo", NULL};

    (void)data;
    (void)db;
    (void)view;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: return is_one_of(arg2, denied_functions) ? SQLITE_DENY : SQLITE_OK;
    /* Asked when a table-valued function (json_each, pragma_table_info) is first used and declares
     * its columns.  A real UPDATE of the schema is stopped by DEFENSIVE and by
     * sqlite3_stmt_readonly(). */
    case SQLITE_UPDATE:
        return arg1 != NULL && strcmp(arg1, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: return is_one_of(arg1, pragmas) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

static int on_progress(void *data)
{
    (void)data;
    return signals_cancelled() != 0;
}

void guard_watch_signals(sqlite3 *db)
{
    sqlite3_progress_handler(db, STEPS_BETWEEN_CHECKS, on_progress, NULL);
}

void guard_on(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_set_authorizer(db, authorize, NULL);
    guard_watch_signals(db);
}

void guard_off(sqlite3 *db)
{
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_progress_handler(db, 0, NULL, NULL);
}

static int fail(const char *where, int line, const char *message, struct error *err)
{
    if (where == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "SQL: %s", message);
    return error_set(err, EXIT_CANNOT_RUN, "%s:%d: %s", where, line, message);
}

/* What SQLite says, at the line it means. */
static int fail_sqlite(sqlite3 *db, const char *sql, const char *where, int line, struct error *err)
{
    const int code = sqlite3_errcode(db) & 0xff;
    const int offset = sqlite3_error_offset(db);

    if (code == SQLITE_INTERRUPT && signals_cancelled() != 0)
        return error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
    if (code == SQLITE_AUTH)
        return fail(where, line, "only reading is allowed: SELECT, and no ATTACH or PRAGMA", err);
    for (int i = 0; sql != NULL && i < offset && sql[i] != '\0'; i++)
        line += sql[i] == '\n';
    return fail(where, line, sqlite3_errmsg(db), err);
}

/* Blanks and comments only. */
static bool is_empty_sql(const char *sql)
{
    for (;;) {
        const char *end;

        while (isspace((unsigned char)*sql) || *sql == ';')
            sql++;
        if (strncmp(sql, "--", 2) == 0)
            end = strchr(sql, '\n');
        else if (strncmp(sql, "/*", 2) == 0)
            end = strstr(sql + 2, "*/");
        else
            return *sql == '\0';
        if (end == NULL)
            return true;
        sql = end + 1 + (*end == '*');
    }
}

int guard_prepare(sqlite3 *db, const char *sql, const char *where, int line,
                  sqlite3_stmt **ret_stmt, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *rest = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, &rest) != SQLITE_OK)
        return fail_sqlite(db, sql, where, line, err);
    if (stmt == NULL)
        return fail(where, line, "no statement", err);
    if (!is_empty_sql(rest)) {
        sqlite3_finalize(stmt);
        return fail(where, line, "more than one statement", err);
    }
    if (!sqlite3_stmt_readonly(stmt) || sqlite3_column_count(stmt) == 0) {
        sqlite3_finalize(stmt);
        return fail(where, line, "only reading is allowed: not a SELECT", err);
    }
    *ret_stmt = stmt;
    return 0;
}

int guard_step(sqlite3 *db, sqlite3_stmt *stmt, const char *where, int line, struct error *err)
{
    const int r = sqlite3_step(stmt);

    if (r == SQLITE_ROW)
        return 1;
    if (r == SQLITE_DONE)
        return 0;
    return fail_sqlite(db, NULL, where, line, err);
}
