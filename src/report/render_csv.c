/* render_csv.c -- tables for spreadsheets and scripts: RFC 4180.
 *
 *      section,key_text,bytes      the names of the columns
 *      largest,user:1,4096
 *                                  an empty line before the next section's names
 *
 * The first column is `section` when the output has several, before it `report` when it has several
 * of those.  Lines end with CR LF, cells with a comma or a quote stand in quotes.  NULL is an empty
 * cell, an empty text is "".
 *
 * Characters that are harmful in every locale (text_is_harmful: controls, bidi, no width) are
 * written as \xNN, as tables show them: CSV is also read with cat and grep, where a key's name must
 * not recolour a terminal or turn its line, and so a row is always one line.
 * Bytes that are no UTF-8 are written in the escaped form of key_text.  JSON has the exact text.
 *
 * A spreadsheet runs a cell that begins with = + - or @: a key named `=cmd|...` would be a formula.
 * Such text gets a ' in front, which spreadsheets hide.  Numbers are left alone.
 *
 * redis-rdb-tools' columns (rdbtools.sql) are the same but for the end of a line: a bare LF, as
 * that program writes it.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/display.h"
#include "report/render.h"
#include "util/text.h"

struct csv {
    struct renderer base;
    const char *report;
    const char *line_end;
    bool is_begun; /* something was written: the next section is set off */
};

static bool is_formula(const char *text, size_t size_bytes)
{
    return size_bytes > 0 && memchr("=+-@", text[0], 4) != NULL;
}

/* Names of columns are what somebody typed: they, too, may be no UTF-8. */
static void put_visible(struct out *o, const char *text, size_t size_bytes)
{
    for (size_t i = 0, n; i < size_bytes; i += n) {
        uint32_t ch = 0;

        n = text_utf8_char((const uint8_t *)text + i, size_bytes - i, &ch);
        if (n > 0 && !text_is_harmful(ch)) {
            if (ch == '"')
                out_putc(o, '"');
            out_bytes(o, text + i, n);
            continue;
        }
        n = n > 0 ? n : 1;
        for (size_t k = i; k < i + n; k++) {
            char hex[8];

            snprintf(hex, sizeof hex, "\\x%02x", (unsigned)(unsigned char)text[k]);
            out_puts(o, hex);
        }
    }
}

static void put_text(struct csv *c, const char *text, size_t size_bytes)
{
    struct out *o = &c->base.out;
    const bool defuse = is_formula(text, size_bytes);
    bool needs_quotes = size_bytes == 0 || text[0] == ' ' || text[size_bytes - 1] == ' ';

    for (size_t i = 0; i < size_bytes && !needs_quotes; i++)
        needs_quotes = text[i] == ',' || text[i] == '"';
    if (needs_quotes)
        out_putc(o, '"');
    if (defuse)
        out_putc(o, '\'');
    put_visible(o, text, size_bytes);
    if (needs_quotes)
        out_putc(o, '"');
}

static void put_value(struct csv *c, const struct value *v)
{
    struct strbuf text = {0};

    switch (v->type) {
    case VALUE_NULL: return;
    case VALUE_INT: strbuf_printf(&text, "%" PRId64, v->integer); break;
    case VALUE_REAL:
        strbuf_printf(&text, "%.15g", v->real); /* inf and -inf too */
        break;
    case VALUE_TEXT:
        if (text_is_utf8((const uint8_t *)v->bytes, v->size_bytes))
            strbuf_add(&text, v->bytes, v->size_bytes);
        else
            display_blob_as_text(&text, v->bytes, v->size_bytes);
        break;
    case VALUE_BLOB: display_blob_as_text(&text, v->bytes, v->size_bytes); break;
    }
    if (text.failed && c->base.out.error_number == 0)
        c->base.out.error_number = ENOMEM;
    if (v->type == VALUE_TEXT || v->type == VALUE_BLOB)
        put_text(c, strbuf_text(&text), text.size_bytes);
    else
        out_bytes(&c->base.out, strbuf_text(&text), text.size_bytes);
    strbuf_done(&text);
}

static void put_prefix(struct csv *c, const char *report, const char *section)
{
    struct out *o = &c->base.out;

    if (c->base.has_many_reports) {
        out_puts(o, report);
        out_putc(o, ',');
    }
    if (c->base.has_many_sections) {
        out_puts(o, section);
        out_putc(o, ',');
    }
}

static void put_names(struct csv *c, const struct column *columns, size_t column_count)
{
    struct out *o = &c->base.out;

    if (c->is_begun)
        out_puts(o, c->line_end);
    c->is_begun = true;
    put_prefix(c, "report", "section");
    for (size_t i = 0; i < column_count; i++) {
        if (i > 0)
            out_putc(o, ',');
        put_text(c, columns[i].name, strlen(columns[i].name));
    }
    out_puts(o, c->line_end);
}

static void put_row(struct csv *c, const char *section, size_t column_count,
                    const struct value *values)
{
    put_prefix(c, c->report, section);
    for (size_t i = 0; i < column_count; i++) {
        if (i > 0)
            out_putc(&c->base.out, ',');
        put_value(c, &values[i]);
    }
    out_puts(&c->base.out, c->line_end);
}

static void csv_report_begin(struct renderer *r, const struct report_info *report,
                             const struct report_head *head)
{
    struct csv *c = (struct csv *)r;

    c->report = report->name;
    /* A single table stays one: it can be read without looking for an empty line. */
    if (!r->has_many_sections)
        return;
    put_names(c, head->snapshots->columns, head->snapshots->column_count);
    for (size_t i = 0; i < head->snapshots->row_count; i++)
        put_row(c, "snapshots", head->snapshots->column_count,
                head->snapshots->values + i * head->snapshots->column_count);
}

static void csv_section_begin(struct renderer *r, const struct section_view *section)
{
    put_names((struct csv *)r, section->columns, section->column_count);
}

static void csv_row(struct renderer *r, const struct value *values)
{
    put_row((struct csv *)r, r->section->name, r->section->column_count, values);
}

static void csv_nothing(struct renderer *r)
{
    (void)r;
}

static void csv_free(struct renderer *r)
{
    free(r);
}

struct renderer *render_csv_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        csv_nothing, csv_report_begin, csv_section_begin, csv_row,
        csv_nothing, csv_nothing,      csv_nothing,       csv_free,
    };
    struct csv *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->base.ops = &ops;
    c->base.out = (struct out){.file = output->file, .path = output->path};
    c->line_end = output->format == REPORT_RDBTOOLS ? "\n" : "\r\n";
    return &c->base;
}
