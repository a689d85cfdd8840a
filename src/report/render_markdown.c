/* render_markdown.c -- reports for tickets and wikis (GitHub's tables).
 *
 * Names are made harmless twice: first as for a terminal (display.h: control characters, bidi),
 * then for Markdown: every character with a meaning gets a backslash, < > & become entities so that
 * no HTML is left, and @name, www. and :// are broken up, because renderers make links and mentions
 * of them without being asked.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/display.h"
#include "report/line.h"
#include "report/render.h"

struct markdown {
    struct renderer base;
    bool head_is_done;
    bool title_is_done; /* of the section */
    bool table_is_begun;
    bool *is_text; /* by column, as the first row says */
};

static void fail_memory(struct markdown *m)
{
    if (m->base.out.error_number == 0)
        m->base.out.error_number = ENOMEM;
}

static void put_escaped(struct markdown *m, const char *text)
{
    struct out *o = &m->base.out;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '<')
            out_puts(o, "&lt;");
        else if (*p == '>')
            out_puts(o, "&gt;");
        else if (*p == '&')
            out_puts(o, "&amp;");
        else if (*p == '@')
            out_puts(o, "&#64;");
        else if (strncmp(p, "://", 3) == 0)
            out_puts(o, "&#58;");
        else if (*p == '.' && p - text >= 3 && strncasecmp(p - 3, "www", 3) == 0)
            out_puts(o, "&#46;");
        else if (strchr("\\`*_[]|~$#!", *p) != NULL) {
            out_putc(o, '\\');
            out_putc(o, *p);
        } else
            out_putc(o, *p);
    }
}

static void put_heading(struct markdown *m, const char *marks, const char *text)
{
    out_puts(&m->base.out, marks);
    put_escaped(m, text);
    out_puts(&m->base.out, "\n\n");
}

static void put_head(struct markdown *m, const struct report_head *head)
{
    struct out *o = &m->base.out;

    for (size_t i = 0; i < head->line_count; i++) {
        const char *mark = head->lines[i].is_alarm ? "**" : "";

        out_puts(o, "- ");
        put_escaped(m, head->lines[i].label);
        out_puts(o, ": ");
        out_puts(o, mark);
        put_escaped(m, head->lines[i].text);
        out_puts(o, mark);
        out_putc(o, '\n');
    }
    out_putc(o, '\n');
}

static void markdown_report_begin(struct renderer *r, const struct report_info *report,
                                  const struct report_head *head)
{
    struct markdown *m = (struct markdown *)r;

    put_heading(m, "# ", report->title);
    if (!m->head_is_done)
        put_head(m, head);
    m->head_is_done = true;
}

static void markdown_section_begin(struct renderer *r, const struct section_view *section)
{
    struct markdown *m = (struct markdown *)r;

    m->title_is_done = r->is_query;
    m->table_is_begun = false;
    m->is_text = calloc(section->column_count + 1, sizeof *m->is_text);
    if (m->is_text == NULL)
        fail_memory(m);
}

static void put_title(struct markdown *m, bool with_caption)
{
    const struct section_view *s = m->base.section;

    if (m->title_is_done)
        return;
    m->title_is_done = true;
    if (s->title[0] != '\0')
        put_heading(m, "## ", s->title);
    if (with_caption && s->caption != NULL) {
        put_escaped(m, s->caption);
        out_puts(&m->base.out, "\n\n");
    }
}

static void put_lines(struct markdown *m, const struct value *values)
{
    const struct section_view *s = m->base.section;
    struct strbuf line = {0};

    for (size_t i = 0; i < s->line_count; i++) {
        strbuf_clear(&line);
        if (!line_format(s->lines[i], s->columns, s->column_count, values, &line))
            continue;
        put_title(m, true);
        out_puts(&m->base.out, "- ");
        put_escaped(m, strbuf_text(&line));
        out_putc(&m->base.out, '\n');
        m->table_is_begun = true; /* something to be closed with an empty line */
    }
    if (line.failed)
        fail_memory(m);
    strbuf_done(&line);
}

static void put_table_head(struct markdown *m, const struct value *values)
{
    const struct section_view *s = m->base.section;
    struct out *o = &m->base.out;

    out_putc(o, '|');
    for (size_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].is_hidden)
            continue;
        out_putc(o, ' ');
        put_escaped(m, s->columns[i].heading);
        out_puts(o, " |");
    }
    out_puts(o, "\n|");
    for (size_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].is_hidden)
            continue;
        m->is_text[i] = values[i].type == VALUE_TEXT || values[i].type == VALUE_BLOB ||
                        s->columns[i].bar_width > 0;
        out_puts(o, m->is_text[i] ? " --- |" : " ---: |");
    }
    out_putc(o, '\n');
    m->table_is_begun = true;
}

static void markdown_row(struct renderer *r, const struct value *values)
{
    struct markdown *m = (struct markdown *)r;
    const struct section_view *s = r->section;
    struct strbuf text = {0};

    if (r->out.error_number != 0)
        return;
    if (s->line_count > 0) {
        put_lines(m, values);
        return;
    }
    put_title(m, true);
    if (!m->table_is_begun)
        put_table_head(m, values);
    out_putc(&r->out, '|');
    for (size_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].is_hidden)
            continue;
        strbuf_clear(&text);
        display_cell(&text, &values[i], &s->columns[i]);
        out_putc(&r->out, ' ');
        put_escaped(m, strbuf_text(&text));
        out_puts(&r->out, " |");
    }
    out_putc(&r->out, '\n');
    if (text.failed)
        fail_memory(m);
    strbuf_done(&text);
}

static void markdown_section_end(struct renderer *r)
{
    struct markdown *m = (struct markdown *)r;

    if (r->row_count == 0 && r->section->note != NULL) {
        put_title(m, false);
        put_escaped(m, r->section->note);
        out_puts(&r->out, "\n\n");
    }
    if (m->table_is_begun)
        out_putc(&r->out, '\n');
    free(m->is_text);
    m->is_text = NULL;
}

static void markdown_nothing(struct renderer *r)
{
    (void)r;
}

static void markdown_free(struct renderer *r)
{
    free(r);
}

struct renderer *render_markdown_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        markdown_nothing,     markdown_report_begin, markdown_section_begin, markdown_row,
        markdown_section_end, markdown_nothing,      markdown_nothing,       markdown_free,
    };
    struct markdown *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->base.ops = &ops;
    m->base.out = (struct out){.file = output->file, .path = output->path};
    return &m->base;
}
