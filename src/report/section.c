/* section.c -- one section's SQL as it runs.
 *
 * Column names are made unique ("bytes", "bytes_2"), because they become the fields of JSON
 * objects. What people see above a column is what the section's `column:` lines say, else the name
 * in capitals; a query's columns keep the name that was typed.
 */
// SPDX-License-Identifier: MIT
#include "report/section.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/display.h"
#include "report/guard.h"
#include "report/line.h"
#include "report/strbuf.h"

static int fail(const struct section_run *run, const char *what, const char *name,
                struct error *err)
{
    if (run->where == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "SQL: %s%.80s", what, name);
    return error_set(err, EXIT_CANNOT_RUN, "%s:%d: %s%.80s", run->where, run->line, what, name);
}

static int bind_all(const struct section_run *run, const struct binding *bindings, size_t count,
                    struct error *err)
{
    const int parameters = sqlite3_bind_parameter_count(run->stmt);

    for (int i = 1; i <= parameters; i++) {
        const char *name = sqlite3_bind_parameter_name(run->stmt, i);
        const struct value *v = NULL;
        int r = SQLITE_OK;

        if (name == NULL)
            return fail(run, "a parameter without a name", "", err);
        for (size_t k = 0; k < count && v == NULL; k++)
            if (name[0] == ':' && strcmp(bindings[k].name, name + 1) == 0)
                v = &bindings[k].value;
        if (v == NULL)
            return fail(run, "there is no parameter ", name, err);
        if (v->type == VALUE_INT)
            r = sqlite3_bind_int64(run->stmt, i, v->integer);
        else if (v->type == VALUE_REAL)
            r = sqlite3_bind_double(run->stmt, i, v->real);
        else if (v->type == VALUE_TEXT)
            r = sqlite3_bind_text64(run->stmt, i, v->bytes, v->size_bytes, SQLITE_TRANSIENT,
                                    SQLITE_UTF8);
        if (r != SQLITE_OK)
            return fail(run, "SQLite: ", sqlite3_errmsg(run->db), err);
    }
    return 0;
}

static bool is_taken(const struct section_run *run, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(run->columns[i].name, name) == 0)
            return true;
    return false;
}

/* The name of column i as no column before it has it. */
static char *unique_name(const struct section_run *run, size_t i)
{
    const char *name = sqlite3_column_name(run->stmt, (int)i);
    struct strbuf unique = {0};

    if (name == NULL)
        return NULL;
    strbuf_puts(&unique, name);
    for (int n = 2; is_taken(run, i, strbuf_text(&unique)); n++) {
        strbuf_clear(&unique);
        strbuf_printf(&unique, "%s_%d", name, n);
    }
    return unique.failed ? NULL : unique.text;
}

static char *heading_of(const struct report_section *section, struct column *column)
{
    struct strbuf shown = {0};
    char *heading;

    for (size_t i = 0; section != NULL && i < section->column_count; i++) {
        const struct report_file_column *c = &section->columns[i];

        if (strcmp(c->name, column->name) != 0)
            continue;
        column->is_hidden = c->is_hidden;
        column->is_wide = c->is_wide;
        column->bar_width = c->bar_width;
        column->exact_name = c->exact_name;
        column->is_tree = c->is_tree;
        return strdup(c->heading);
    }
    /* A query's column can be called anything. */
    display_text(&shown, column->name, strlen(column->name));
    heading = shown.failed ? NULL : strdup(strbuf_text(&shown));
    strbuf_done(&shown);
    for (char *p = heading; section != NULL && p != NULL && *p != '\0'; p++)
        *p = *p == '_' ? ' ' : (char)toupper((unsigned char)*p);
    return heading;
}

static int name_columns(struct section_run *run, const struct report_section *section,
                        struct error *err)
{
    run->column_count = (size_t)sqlite3_column_count(run->stmt);
    run->columns = calloc(run->column_count, sizeof *run->columns);
    run->values = calloc(run->column_count, sizeof *run->values);
    if (run->columns == NULL || run->values == NULL)
        return fail(run, "out of memory", "", err);
    for (size_t i = 0; i < run->column_count; i++) {
        struct column *c = &run->columns[i];

        c->name = unique_name(run, i);
        if (c->name == NULL)
            return fail(run, "out of memory", "", err);
        c->kind = column_kind_of_name(c->name);
        c->heading = heading_of(section, c);
        if (c->heading == NULL)
            return fail(run, "out of memory", "", err);
    }
    return 0;
}

/* The section's own lines name columns: a typing error there is an error in the file. */
static int check_names(const struct section_run *run, const struct report_section *section,
                       struct error *err)
{
    for (size_t i = 0; i < section->line_count; i++) {
        size_t size_bytes = 0;
        const char *name =
            line_unknown_column(section->lines[i], run->columns, run->column_count, &size_bytes);

        if (name != NULL)
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s:%d: section %s: `line:` names {%.*s}, not a column", run->where,
                             run->line, section->name, (int)(size_bytes < 80 ? size_bytes : 80),
                             name);
    }
    for (size_t i = 0; i < section->column_count; i++)
        if (!is_taken(run, run->column_count, section->columns[i].name))
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s:%d: section %s: `column:` names %.80s, not a column", run->where,
                             run->line, section->name, section->columns[i].name);
    for (size_t i = 0; i < run->column_count; i++)
        if (run->columns[i].is_tree && !is_taken(run, run->column_count, "depth"))
            return error_set(err, EXIT_CANNOT_RUN, "%s:%d: section %s: a tree needs a column depth",
                             run->where, run->line, section->name);
    for (size_t i = 0; i < run->column_count; i++)
        if (run->columns[i].exact_name != NULL &&
            !is_taken(run, run->column_count, run->columns[i].exact_name))
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s:%d: section %s: `exact=` names %.80s, not a column", run->where,
                             run->line, section->name, run->columns[i].exact_name);
    return 0;
}

int section_open(sqlite3 *db, const struct report_section *section, const char *sql,
                 const char *where, int line, const struct binding *bindings, size_t binding_count,
                 struct section_run *ret_run, struct error *err)
{
    struct section_run run = {.db = db, .where = where, .line = line};

    if (guard_prepare(db, section != NULL ? section->sql : sql, where, line, &run.stmt, err) < 0)
        return -1;
    if (bind_all(&run, bindings, binding_count, err) < 0 || name_columns(&run, section, err) < 0 ||
        (section != NULL && check_names(&run, section, err) < 0)) {
        section_close(&run);
        return -1;
    }
    *ret_run = run;
    return 0;
}

static void read_value(sqlite3_stmt *stmt, int i, struct value *v)
{
    *v = (struct value){0};
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        v->type = VALUE_INT;
        v->integer = sqlite3_column_int64(stmt, i);
        break;
    case SQLITE_FLOAT:
        v->type = VALUE_REAL;
        v->real = sqlite3_column_double(stmt, i);
        break;
    case SQLITE_TEXT:
        v->type = VALUE_TEXT;
        v->bytes = (const char *)sqlite3_column_text(stmt, i);
        v->size_bytes = (size_t)sqlite3_column_bytes(stmt, i);
        break;
    case SQLITE_BLOB:
        v->type = VALUE_BLOB;
        v->bytes = sqlite3_column_blob(stmt, i);
        v->size_bytes = (size_t)sqlite3_column_bytes(stmt, i);
        break;
    default: break;
    }
    if (v->bytes == NULL) { /* an empty BLOB is a NULL pointer */
        v->bytes = "";
        v->size_bytes = 0;
    }
}

/* Marks numbers whose other column says that they are not exact. */
static void mark_about(struct section_run *run)
{
    for (size_t i = 0; i < run->column_count; i++)
        for (size_t k = 0; run->columns[i].exact_name != NULL && k < run->column_count; k++)
            if (strcmp(run->columns[k].name, run->columns[i].exact_name) == 0)
                run->values[i].is_about =
                    run->values[k].type == VALUE_INT && run->values[k].integer == 0;
}

int section_next(struct section_run *run, struct error *err)
{
    const int r = guard_step(run->db, run->stmt, run->where, run->line, err);

    if (r == 1)
        for (size_t i = 0; i < run->column_count; i++)
            read_value(run->stmt, (int)i, &run->values[i]);
    if (r == 1)
        mark_about(run);
    return r;
}

void section_close(struct section_run *run)
{
    for (size_t i = 0; i < run->column_count && run->columns != NULL; i++) {
        free((char *)run->columns[i].name);
        free((char *)run->columns[i].heading);
    }
    free(run->columns);
    free(run->values);
    sqlite3_finalize(run->stmt);
    *run = (struct section_run){0};
}
