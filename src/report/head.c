/* head.c -- the head of every report: which snapshots, whole or not, how old.
 *
 * What it says is SQL too: head.sql, written as a report of three sections.  `set` and `snapshots`
 * are what programs get, `lines` is the same for people.
 */
// SPDX-License-Identifier: MIT
#include "report/head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/display.h"
#include "util/embedded.h"

extern const struct embedded_file embedded_report_parts[];
extern const size_t embedded_report_parts_count;

const char *head_part_text(const char *name)
{
    for (size_t i = 0; i < embedded_report_parts_count; i++)
        if (strcmp(embedded_report_parts[i].name, name) == 0)
            return embedded_report_parts[i].text;
    return "";
}

static int fail_memory(struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "out of memory");
}

/* Runs a section of head.sql and keeps its rows. */
static int load_rows(sqlite3 *db, const struct report_file *file, const char *name,
                     const struct binding *bindings, size_t binding_count, struct row_list *rows,
                     struct error *err)
{
    for (size_t i = 0; i < file->section_count; i++)
        if (strcmp(file->sections[i].name, name) == 0)
            return row_list_load(db, &file->sections[i], "head.sql", bindings, binding_count,
                                 SIZE_MAX, rows, err);
    return error_set(err, EXIT_CANNOT_RUN, "head.sql: no section %s", name);
}

/* Rows of (label, text, is_alarm). */
static int make_lines(struct head *h, const struct row_list *rows, struct error *err)
{
    h->lines = calloc(rows->row_count + 1, sizeof *h->lines);
    if (h->lines == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < rows->row_count; i++) {
        const struct value *row = &rows->values[i * rows->column_count];
        struct strbuf label = {0}, text = {0};

        display_text(&label, row[0].bytes, row[0].size_bytes);
        display_text(&text, row[1].bytes, row[1].size_bytes);
        h->lines[i] = (struct head_line){strdup(strbuf_text(&label)), strdup(strbuf_text(&text)),
                                         row[2].integer != 0};
        h->line_count++;
        strbuf_done(&label);
        strbuf_done(&text);
        if (h->lines[i].label == NULL || h->lines[i].text == NULL)
            return fail_memory(err);
    }
    return 0;
}

static bool all_complete(const struct row_list *snapshots)
{
    size_t column = 0;

    while (strcmp(snapshots->columns[column].name, "complete") != 0)
        column++;
    for (size_t i = 0; i < snapshots->row_count; i++)
        if (snapshots->values[i * snapshots->column_count + column].integer == 0)
            return false;
    return true;
}

int head_load(sqlite3 *db, const struct binding *bindings, size_t binding_count,
              struct head *ret_head, struct error *err)
{
    struct report_file *file = NULL;
    struct row_list lines = {0};
    struct head h = {0};
    int r;

    r = report_file_parse("head", "head.sql", head_part_text("head.sql"), &file, err);
    if (r == 0)
        r = load_rows(db, file, "set", bindings, binding_count, &h.set, err);
    if (r == 0)
        r = load_rows(db, file, "snapshots", bindings, binding_count, &h.snapshots, err);
    if (r == 0)
        r = load_rows(db, file, "lines", bindings, binding_count, &lines, err);
    if (r == 0)
        r = make_lines(&h, &lines, err);
    row_list_done(&lines);
    report_file_free(file);
    if (r < 0) {
        head_done(&h);
        return -1;
    }
    h.is_complete = all_complete(&h.snapshots);
    *ret_head = h;
    ret_head->report_head = (struct report_head){
        ret_head->lines, ret_head->line_count, &ret_head->set, &ret_head->snapshots, h.is_complete};
    return 0;
}

void head_done(struct head *h)
{
    for (size_t i = 0; i < h->line_count; i++) {
        free((char *)h->lines[i].label);
        free((char *)h->lines[i].text);
    }
    free(h->lines);
    row_list_done(&h->set);
    row_list_done(&h->snapshots);
    *h = (struct head){0};
}
