/* row_list.c -- rows that are kept in memory.
 *
 * SQLite's bytes last until the next row, so a row that is kept is a copy; each value's bytes end
 * with a NUL that is not counted.
 */
// SPDX-License-Identifier: MIT
#include "report/row_list.h"

#include <stdlib.h>
#include <string.h>

static int fail_memory(struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "out of memory");
}

void row_list_done(struct row_list *rows)
{
    for (size_t i = 0; i < rows->row_count * rows->column_count; i++)
        free((char *)rows->values[i].bytes);
    for (size_t i = 0; i < rows->column_count; i++) {
        free((char *)rows->columns[i].name);
        free((char *)rows->columns[i].heading);
    }
    free(rows->columns);
    free(rows->values);
    *rows = (struct row_list){0};
}

/* One more row, its bytes copied.  On failure the list stays as it was. */
static int add_row(struct row_list *rows, const struct value *values, struct error *err)
{
    const size_t start = rows->row_count * rows->column_count;
    struct value *all = realloc(rows->values, (start + rows->column_count) * sizeof *rows->values);

    if (all == NULL)
        return fail_memory(err);
    rows->values = all;
    for (size_t i = 0; i < rows->column_count; i++) {
        char *bytes = malloc(values[i].size_bytes + 1);

        if (bytes == NULL) {
            while (i-- > 0)
                free((char *)all[start + i].bytes);
            return fail_memory(err);
        }
        memcpy(bytes, values[i].bytes, values[i].size_bytes);
        bytes[values[i].size_bytes] = '\0';
        all[start + i] = values[i];
        all[start + i].bytes = bytes;
    }
    rows->row_count++;
    return 0;
}

int row_list_load(sqlite3 *db, const struct report_section *section, const char *where,
                  const struct binding *bindings, size_t binding_count, size_t max_rows,
                  struct row_list *rows, struct error *err)
{
    struct section_run run;
    int r = 0;

    if (section_open(db, section, NULL, where, section->sql_line, bindings, binding_count, &run,
                     err) < 0)
        return -1;
    rows->column_count = run.column_count;
    while (rows->row_count < max_rows && (r = section_next(&run, err)) == 1) {
        if (add_row(rows, run.values, err) < 0) {
            r = -1;
            break;
        }
    }
    /* The names change hands. */
    rows->columns = run.columns;
    run.columns = NULL;
    run.column_count = 0;
    section_close(&run);
    return r < 0 ? -1 : 0;
}
