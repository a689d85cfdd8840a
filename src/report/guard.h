/* guard.h -- a connection that can only be read, for SQL that others wrote. */
#ifndef RDBLENS_GUARD_H
#define RDBLENS_GUARD_H

#include <sqlite3.h>

#include "util/error.h"

/* From here on a signal (util/signals.h) interrupts statements; guard_off() ends it. */
void guard_watch_signals(sqlite3 *db);
/* From here on statements may read and nothing else, and signals are watched. */
void guard_on(sqlite3 *db);
void guard_off(sqlite3 *db);

/* Prepares the one SELECT in sql.  where: for messages, "FILE" or NULL for the command line, whose
 * first line is number `line`. */
int guard_prepare(sqlite3 *db, const char *sql, const char *where, int line,
                  sqlite3_stmt **ret_stmt, struct error *err);
/* 1: a row; 0: the end; -1: *err. */
int guard_step(sqlite3 *db, sqlite3_stmt *stmt, const char *where, int line, struct error *err);

#endif
