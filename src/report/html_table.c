/* html_table.c -- the rows of one section as HTML.
 *
 * Which columns say something is known after the last row, so cells are kept until then:
 *
 *      cells  >a</td> data-raw="1"...>1</td>>b</td>...     each begins behind its "<td"
 *      ends          ^                      ^       ^
 *
 * A row that would not fit into the budget is counted and left out, and so are all after it: what
 * is shown are the section's first rows.  When not even the first fits, names are cut shorter.
 */
// SPDX-License-Identifier: MIT
#include "report/html_table.h"

#include <stdlib.h>
#include <string.h>

#include "report/display.h"
#include "report/html_text.h"
#include "report/line.h"

#define MAX_CELL_WIDTH   500
#define SHORT_CELL_WIDTH 60
#define MAX_TREE_DEPTH   9 /* that style.css has */

void html_table_begin(struct html_table *t, const char *report, const struct section_view *section,
                      size_t budget_bytes)
{
    *t = (struct html_table){.section = section,
                             .report = report,
                             .budget_bytes = budget_bytes,
                             .cell_width = MAX_CELL_WIDTH};
    t->is_said = calloc(section->column_count + 1, sizeof *t->is_said);
    t->is_text = calloc(section->column_count + 1, sizeof *t->is_text);
    t->failed = t->is_said == NULL || t->is_text == NULL;
}

static void put_bar(struct strbuf *b, const struct value *v)
{
    const double percent = v->type == VALUE_REAL ? v->real : (double)v->integer;
    const struct value width = {.type = VALUE_REAL,
                                .real = percent > 100 ? 100
                                        : percent > 0 ? percent
                                                      : 0};

    strbuf_puts(b, "<svg class=\"bar\" role=\"img\" aria-label=\"");
    html_shown(b, v, COLUMN_PERCENT, MAX_CELL_WIDTH);
    strbuf_puts(
        b, "\" viewBox=\"0 0 100 10\" width=\"100\" height=\"10\"><rect height=\"10\" width=\"");
    html_raw(b, &width, MAX_CELL_WIDTH);
    strbuf_puts(b, "\"/></svg>");
}

/* data-raw and title: only where they say more than what is shown. */
static void put_number_attributes(struct strbuf *b, const struct value *v, enum column_kind kind)
{
    struct strbuf exact = {0};

    strbuf_puts(b, " data-raw=\"");
    html_raw(b, v, MAX_CELL_WIDTH);
    strbuf_putc(b, '"');
    html_exact(&exact, v, kind);
    if (exact.size_bytes > 0)
        strbuf_printf(b, " title=\"%s\"", strbuf_text(&exact));
    b->failed = b->failed || exact.failed;
    strbuf_done(&exact);
}

static int64_t tree_depth(const struct section_view *s, const struct value *values)
{
    for (size_t i = 0; i < s->column_count; i++)
        if (strcmp(s->columns[i].name, "depth") == 0 && values[i].type == VALUE_INT)
            return values[i].integer;
    return 0;
}

static void put_text_cell(struct html_table *t, const struct value *v, const struct column *column,
                          const struct value *values)
{
    struct strbuf *b = &t->cells, shown = {0};
    const bool is_whole = html_shown(&shown, v, column->kind, t->cell_width);
    const int64_t depth = column->is_tree ? tree_depth(t->section, values) : 0;

    if (depth > 0)
        strbuf_printf(b, " class=\"depth-%d\"",
                      depth > MAX_TREE_DEPTH ? MAX_TREE_DEPTH : (int)depth);
    if (!is_whole)
        strbuf_printf(b, " title=\"cut; %zu bytes in all\"", v->size_bytes);
    strbuf_putc(b, '>');
    strbuf_add(b, strbuf_text(&shown), shown.size_bytes);
    strbuf_puts(b, "</td>");
    b->failed = b->failed || shown.failed;
    strbuf_done(&shown);
}

static void put_cell(struct html_table *t, const struct value *v, const struct column *column,
                     const struct value *values)
{
    struct strbuf *b = &t->cells;

    if (v->type == VALUE_TEXT || v->type == VALUE_BLOB) {
        put_text_cell(t, v, column, values);
        return;
    }
    put_number_attributes(b, v, column->kind);
    strbuf_putc(b, '>');
    if (column->bar_width > 0 && v->type != VALUE_NULL)
        put_bar(b, v);
    else
        html_shown(b, v, column->kind, MAX_CELL_WIDTH);
    strbuf_puts(b, "</td>");
}

static bool add_end(struct html_table *t)
{
    if (t->end_count == t->end_room) {
        const size_t room = t->end_room == 0 ? 256 : t->end_room * 2;
        size_t *ends = realloc(t->ends, room * sizeof *ends);

        if (ends == NULL) {
            t->failed = true;
            return false;
        }
        t->ends = ends;
        t->end_room = room;
    }
    t->ends[t->end_count++] = t->cells.size_bytes;
    return true;
}

static void put_line_text(struct strbuf *b, const char *text, size_t size_bytes)
{
    html_escape(b, text, size_bytes);
}

/* A number in a line with its exact value. */
static void put_line_value(struct strbuf *b, const struct value *v, const struct column *column)
{
    struct strbuf exact = {0};

    if (!html_is_number(v)) {
        html_shown(b, v, column->kind, MAX_CELL_WIDTH);
        return;
    }
    html_exact(&exact, v, column->kind);
    strbuf_puts(b, "<data value=\"");
    html_raw(b, v, MAX_CELL_WIDTH);
    if (exact.size_bytes > 0)
        strbuf_printf(b, "\" title=\"%s", strbuf_text(&exact));
    strbuf_puts(b, "\">");
    if (column->bar_width > 0)
        put_bar(b, v);
    else
        html_shown(b, v, column->kind, MAX_CELL_WIDTH);
    strbuf_puts(b, "</data>");
    b->failed = b->failed || exact.failed;
    strbuf_done(&exact);
}

static void open_list(struct html_table *t, bool is_list)
{
    if (t->is_list_open != is_list)
        strbuf_puts(&t->cells, is_list ? "<dl class=\"lines\">\n" : "</dl>\n");
    t->is_list_open = is_list;
}

/* "Label   text" as a term and what is said of it, other lines as paragraphs. */
static void put_line(struct html_table *t, const char *plain, const char *html)
{
    const char *gap = line_label_bytes(plain) > 0 ? strstr(html, "  ") : NULL;
    struct strbuf *b = &t->cells;

    open_list(t, gap != NULL);
    if (gap == NULL) {
        strbuf_printf(b, "<p class=\"line\">%s</p>\n", html);
        return;
    }
    strbuf_puts(b, "<dt>");
    strbuf_add(b, html, (size_t)(gap - html));
    strbuf_printf(b, "</dt><dd>%s</dd>\n", gap + strspn(gap, " "));
}

static void add_line(struct html_table *t, const struct strbuf *plain, const struct strbuf *html)
{
    if (t->text_line_count++ == 0)
        strbuf_add(&t->first_line, strbuf_text(html), html->size_bytes);
    put_line(t, strbuf_text(plain), strbuf_text(html));
}

static void put_lines(struct html_table *t, const struct value *values)
{
    static const struct line_writer writer = {put_line_text, put_line_value};
    const struct section_view *s = t->section;
    struct strbuf plain = {0}, html = {0};

    for (size_t i = 0; i < s->line_count; i++) {
        strbuf_clear(&plain);
        strbuf_clear(&html);
        if (line_format(s->lines[i], s->columns, s->column_count, values, &plain) &&
            line_format_as(&writer, s->lines[i], s->columns, s->column_count, values, &html))
            add_line(t, &plain, &html);
    }
    t->failed = t->failed || plain.failed || html.failed;
    strbuf_done(&plain);
    strbuf_done(&html);
}

/* Takes back what was put since; true when it did not fit. */
static bool is_too_much(struct html_table *t, size_t size_bytes, size_t end_count,
                        bool is_list_open)
{
    if (t->cells.size_bytes <= t->budget_bytes)
        return false;
    if (t->cells.text != NULL)
        t->cells.text[size_bytes] = '\0';
    t->cells.size_bytes = size_bytes;
    t->end_count = end_count;
    t->is_list_open = is_list_open;
    return true;
}

static bool says_something(const struct column *column, const struct value *v)
{
    if (v->type == VALUE_NULL)
        return !column->is_wide;
    return html_is_number(v) || v->size_bytes > 0;
}

/* The row's cells or lines; false, and nothing put, when they do not fit. */
static bool put_row(struct html_table *t, const struct value *values)
{
    const struct section_view *s = t->section;
    const size_t size_bytes = t->cells.size_bytes, end_count = t->end_count;
    const bool is_list_open = t->is_list_open;

    if (s->line_count > 0)
        put_lines(t, values);
    for (size_t i = 0; i < s->column_count && s->line_count == 0; i++) {
        if (s->columns[i].is_hidden)
            continue;
        put_cell(t, &values[i], &s->columns[i], values);
        if (!add_end(t))
            return false;
    }
    return !is_too_much(t, size_bytes, end_count, is_list_open);
}

void html_table_row(struct html_table *t, const struct value *values)
{
    const struct section_view *s = t->section;
    bool is_put;

    t->row_count++;
    if (t->failed || t->shown_rows + 1 < t->row_count)
        return;
    is_put = put_row(t, values);
    if (!is_put && t->shown_rows == 0) {
        t->cell_width = SHORT_CELL_WIDTH;
        is_put = put_row(t, values);
    }
    if (!is_put)
        return;
    t->shown_rows++;
    for (size_t i = 0; i < s->column_count; i++) {
        t->is_said[i] = t->is_said[i] || says_something(&s->columns[i], &values[i]);
        t->is_text[i] =
            t->is_text[i] || values[i].type == VALUE_TEXT || values[i].type == VALUE_BLOB;
    }
}

/* Whether the column's cells are numbers, which stand at the right. */
static bool is_numbers(const struct html_table *t, size_t i)
{
    return !t->is_text[i] && t->section->columns[i].bar_width == 0;
}

static void put_heading(const struct html_table *t, size_t i, struct strbuf *b)
{
    static const char *const kinds[] = {
        [COLUMN_COUNT] = "count",     [COLUMN_PLAIN] = "plain",     [COLUMN_BYTES] = "bytes",
        [COLUMN_TIME] = "time",       [COLUMN_SECONDS] = "seconds", [COLUMN_MS] = "ms",
        [COLUMN_PERCENT] = "percent",
    };
    const struct column *column = &t->section->columns[i];

    strbuf_printf(b, "<th scope=\"col\" data-column=\"%s\" data-kind=\"%s\"%s>", column->name,
                  t->is_text[i] ? "text" : kinds[column->kind],
                  is_numbers(t, i) ? " class=\"num\"" : "");
    html_escape(b, column->heading, strlen(column->heading));
    strbuf_puts(b, "</th>");
}

static void put_rows(struct html_table *t, struct strbuf *b)
{
    const struct section_view *s = t->section;
    size_t start = 0, end = 0;

    for (size_t row = 0; row < t->shown_rows; row++) {
        strbuf_puts(b, "<tr>");
        for (size_t i = 0; i < s->column_count; i++) {
            if (s->columns[i].is_hidden)
                continue;
            if (t->is_said[i]) {
                strbuf_puts(b, is_numbers(t, i) ? "<td class=\"num\"" : "<td");
                strbuf_add(b, t->cells.text + start, t->ends[end] - start);
            }
            start = t->ends[end++];
        }
        strbuf_puts(b, "</tr>\n");
    }
}

static void put_table(struct html_table *t, struct strbuf *b)
{
    const struct section_view *s = t->section;
    const char *label = s->title[0] != '\0' ? s->title : s->name;

    strbuf_puts(b, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    html_escape(b, label, strlen(label));
    strbuf_printf(b,
                  "\"><table class=\"rows\" data-report=\"%s\" data-section=\"%s\">\n<thead><tr>",
                  t->report, s->name);
    for (size_t i = 0; i < s->column_count; i++)
        if (!s->columns[i].is_hidden && t->is_said[i])
            put_heading(t, i, b);
    strbuf_puts(b, "</tr></thead>\n<tbody>\n");
    put_rows(t, b);
    strbuf_puts(b, "</tbody></table></div>\n");
}

static void put_paragraph(struct strbuf *b, const char *tag, const char *class, const char *text)
{
    strbuf_printf(b, class[0] != '\0' ? "<%s class=\"%s\">" : "<%s>", tag, class);
    html_escape(b, text, strlen(text));
    strbuf_printf(b, "</%s>\n", tag);
}

static void put_more(struct html_table *t, const char *command, struct strbuf *b)
{
    const size_t more = t->row_count - t->shown_rows;

    if (more == 0)
        return;
    strbuf_puts(b, "<p class=\"note\">");
    display_count(b, (int64_t)more);
    strbuf_puts(b, more == 1 ? " more row: <code>" : " more rows: <code>");
    html_escape(b, command, strlen(command));
    strbuf_puts(b, " -f csv</code></p>\n");
}

static void put_section(struct html_table *t, const char *command, struct strbuf *b)
{
    const struct section_view *s = t->section;

    if (t->row_count == 0 && s->note == NULL)
        return;
    if (s->title[0] != '\0' && (t->row_count == 0 || s->line_count == 0 || t->cells.size_bytes > 0))
        put_paragraph(b, "h3", "", s->title);
    if (t->row_count == 0) {
        put_paragraph(b, "p", "note", s->note);
        return;
    }
    if (s->caption != NULL)
        put_paragraph(b, "p", "caption", s->caption);
    if (s->line_count > 0) {
        open_list(t, false);
        strbuf_printf(b, "<div class=\"text\" data-report=\"%s\" data-section=\"%s\">\n", t->report,
                      s->name);
        strbuf_add(b, strbuf_text(&t->cells), t->cells.size_bytes);
        strbuf_puts(b, "</div>\n");
    } else if (t->shown_rows > 0) {
        put_table(t, b);
    }
    put_more(t, command, b);
}

void html_table_end(struct html_table *t, const char *command, struct strbuf *b)
{
    if (!t->failed)
        put_section(t, command, b);
    b->failed = b->failed || t->failed || t->cells.failed || t->first_line.failed;
    free(t->ends);
    free(t->is_said);
    free(t->is_text);
    strbuf_done(&t->cells);
    strbuf_done(&t->first_line);
    *t = (struct html_table){0};
}
