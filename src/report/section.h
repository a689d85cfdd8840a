/* section.h -- one section's SQL as it runs: bound, with its columns named and its rows as values.
 */
#ifndef RDBLENS_SECTION_H
#define RDBLENS_SECTION_H

#include <sqlite3.h>

#include "report/report_file.h"
#include "report/value.h"

/* What :name in SQL stands for. */
struct binding {
    const char *name;
    struct value value;
};

struct section_run {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    const char *where; /* for messages, as guard.h wants them */
    int line;
    struct column *columns;
    struct value *values; /* of the current row */
    size_t column_count;
};

/* section: NULL for a query, whose sql then counts.  On failure nothing is left to close. */
int section_open(sqlite3 *db, const struct report_section *section, const char *sql,
                 const char *where, int line, const struct binding *bindings, size_t binding_count,
                 struct section_run *ret_run, struct error *err);
/* 1: a row in run->values; 0: the end; -1: *err. */
int section_next(struct section_run *run, struct error *err);
void section_close(struct section_run *run);

#endif
