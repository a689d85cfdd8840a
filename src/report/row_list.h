/* row_list.h -- rows that are kept in memory: the few of the head, and those that charts are drawn
 * from. */
#ifndef RDBLENS_ROW_LIST_H
#define RDBLENS_ROW_LIST_H

#include "report/section.h"

struct row_list {
    struct column *columns;
    size_t column_count;
    struct value *values; /* row_count * column_count, owned with their bytes */
    size_t row_count;
};

/* Runs the section and keeps at most max_rows rows.  where: for messages.  After a failure, too,
 * row_list_done() frees what there is. */
int row_list_load(sqlite3 *db, const struct report_section *section, const char *where,
                  const struct binding *bindings, size_t binding_count, size_t max_rows,
                  struct row_list *rows, struct error *err);
void row_list_done(struct row_list *rows);

#endif
