/* render_json.c -- all reports as one JSON document.
 *
 *      {"schema_version": 1,
 *       "reports": [{"name": ..., "title": ..., "set": {...}, "snapshots": [{...}],
 *                    "sections": [{"name": ..., "title": ...,
 *                                  "columns": [...], "rows": [{...}]}]}]}
 *
 * and a query's rows as {"schema_version": 1, "columns": [...], "rows": [{...}]}.  Nothing is kept
 * in memory, so a failure in the middle leaves a document that does not end: that is why a file is
 * renamed only when it is whole.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "report/json_value.h"
#include "report/render.h"

#define SCHEMA_VERSION 1

struct json {
    struct renderer base;
    yajl_gen gen;
};

static void put_text(struct json *j, const char *name, const char *text)
{
    json_text(j->gen, &j->base.out, name);
    json_text(j->gen, &j->base.out, text);
}

static void put_row(struct json *j, const struct column *columns, size_t column_count,
                    const struct value *values)
{
    yajl_gen_map_open(j->gen);
    json_fields(j->gen, &j->base.out, columns, column_count, values);
    yajl_gen_map_close(j->gen);
}

static void json_begin(struct renderer *r)
{
    struct json *j = (struct json *)r;

    yajl_gen_map_open(j->gen);
    json_text(j->gen, &r->out, "schema_version");
    yajl_gen_integer(j->gen, SCHEMA_VERSION);
    if (r->is_query)
        return;
    json_text(j->gen, &r->out, "reports");
    yajl_gen_array_open(j->gen);
}

static void json_report_begin(struct renderer *r, const struct report_info *report,
                              const struct report_head *head)
{
    struct json *j = (struct json *)r;

    yajl_gen_map_open(j->gen);
    put_text(j, "name", report->name);
    put_text(j, "title", report->title);
    json_text(j->gen, &r->out, "set");
    put_row(j, head->set->columns, head->set->column_count, head->set->values);
    json_text(j->gen, &r->out, "snapshots");
    yajl_gen_array_open(j->gen);
    for (size_t i = 0; i < head->snapshots->row_count; i++)
        put_row(j, head->snapshots->columns, head->snapshots->column_count,
                head->snapshots->values + i * head->snapshots->column_count);
    yajl_gen_array_close(j->gen);
    json_text(j->gen, &r->out, "sections");
    yajl_gen_array_open(j->gen);
}

static void json_section_begin(struct renderer *r, const struct section_view *section)
{
    struct json *j = (struct json *)r;

    if (!r->is_query) {
        yajl_gen_map_open(j->gen);
        put_text(j, "name", section->name);
        put_text(j, "title", section->title);
    }
    json_text(j->gen, &r->out, "columns");
    yajl_gen_array_open(j->gen);
    for (size_t i = 0; i < section->column_count; i++)
        json_text(j->gen, &r->out, section->columns[i].name);
    yajl_gen_array_close(j->gen);
    json_text(j->gen, &r->out, "rows");
    yajl_gen_array_open(j->gen);
}

static void json_row(struct renderer *r, const struct value *values)
{
    put_row((struct json *)r, r->section->columns, r->section->column_count, values);
}

static void json_section_end(struct renderer *r)
{
    struct json *j = (struct json *)r;

    yajl_gen_array_close(j->gen);
    if (!r->is_query)
        yajl_gen_map_close(j->gen);
}

static void json_report_end(struct renderer *r)
{
    struct json *j = (struct json *)r;

    yajl_gen_array_close(j->gen);
    yajl_gen_map_close(j->gen);
}

static void json_end(struct renderer *r)
{
    struct json *j = (struct json *)r;

    if (!r->is_query)
        yajl_gen_array_close(j->gen);
    yajl_gen_map_close(j->gen);
    out_putc(&r->out, '\n');
}

static void json_free(struct renderer *r)
{
    yajl_gen_free(((struct json *)r)->gen);
    free(r);
}

struct renderer *render_json_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        json_begin,       json_report_begin, json_section_begin, json_row,
        json_section_end, json_report_end,   json_end,           json_free,
    };
    struct json *j = calloc(1, sizeof *j);

    if (j == NULL)
        return NULL;
    j->base.ops = &ops;
    j->base.out = (struct out){.file = output->file, .path = output->path};
    j->gen = json_new(&j->base.out);
    if (j->gen == NULL) {
        free(j);
        return NULL;
    }
    return &j->base;
}
