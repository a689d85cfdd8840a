/* render_ndjson.c -- a JSON object a line: one for every row.
 *
 *      {"report": "bigkeys", "section": "largest", ...the row's columns...}
 *
 * The snapshots come first in every report, as rows of a section `snapshots`.  A query's lines have
 * the query's columns alone.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "report/json_value.h"
#include "report/render.h"

struct ndjson {
    struct renderer base;
    yajl_gen gen;
    const char *report; /* of report_begin: it lives until report_end */
};

static void put_line(struct ndjson *n, const char *section, const struct column *columns,
                     size_t column_count, const struct value *values)
{
    struct out *o = &n->base.out;

    yajl_gen_map_open(n->gen);
    if (!n->base.is_query) {
        json_text(n->gen, o, "report");
        json_text(n->gen, o, n->report);
        json_text(n->gen, o, "section");
        json_text(n->gen, o, section);
    }
    json_fields(n->gen, o, columns, column_count, values);
    yajl_gen_map_close(n->gen);
    yajl_gen_reset(n->gen, "");
    out_putc(o, '\n');
}

static void ndjson_report_begin(struct renderer *r, const struct report_info *report,
                                const struct report_head *head)
{
    struct ndjson *n = (struct ndjson *)r;

    n->report = report->name;
    for (size_t i = 0; i < head->snapshots->row_count; i++)
        put_line(n, "snapshots", head->snapshots->columns, head->snapshots->column_count,
                 head->snapshots->values + i * head->snapshots->column_count);
}

static void ndjson_section_begin(struct renderer *r, const struct section_view *section)
{
    (void)r;
    (void)section;
}

static void ndjson_row(struct renderer *r, const struct value *values)
{
    put_line((struct ndjson *)r, r->section->name, r->section->columns, r->section->column_count,
             values);
}

static void ndjson_nothing(struct renderer *r)
{
    (void)r;
}

static void ndjson_free(struct renderer *r)
{
    yajl_gen_free(((struct ndjson *)r)->gen);
    free(r);
}

struct renderer *render_ndjson_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        ndjson_nothing, ndjson_report_begin, ndjson_section_begin, ndjson_row,
        ndjson_nothing, ndjson_nothing,      ndjson_nothing,       ndjson_free,
    };
    struct ndjson *n = calloc(1, sizeof *n);

    if (n == NULL)
        return NULL;
    n->base.ops = &ops;
    n->base.out = (struct out){.file = output->file, .path = output->path};
    n->gen = json_new(&n->base.out);
    if (n->gen == NULL) {
        free(n);
        return NULL;
    }
    return &n->base;
}
