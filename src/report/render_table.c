/* render_table.c -- reports on a terminal.
 *
 * libsmartcols aligns; what fits is decided here, because it can only cut at the end and without a
 * mark, and because a report knows which columns may go:
 *
 *  1. in a report, columns that say nothing are left out: empty texts in all rows (no namespace),
 *     and of those marked `wide` also NULL in all rows; elsewhere NULL is news (no TTL);
 *  2. columns marked `wide` are left out, the last first, while names would get less than 24
 *     columns;
 *  3. text columns are cut in their middle, always the widest, down to 8;
 *  4. when even that is too wide (a query with many columns), each row becomes a block, a line a
 *     column.
 *
 * A table of any number of rows takes little memory: 1,000 rows are laid out at a time.  A tree is
 * cut only before a row of its first level, where no branch goes on.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/display.h"
#include "report/line.h"
#include "report/render.h"
#include "util/text.h"

#define BATCH_ROWS      1000
#define MIN_TEXT_WIDTH  8
#define MIN_NAME_WIDTH  24 /* before a wide column is shown */
#define GAP_WIDTH       2
#define BRANCH_WIDTH    2 /* as libsmartcols draws each level below the first */
#define MAX_TREE_DEPTH  64
#define NO_COLUMN       SIZE_MAX
#define MIN_LABEL_WIDTH 7 /* in the head: as wide as the labels of the summary's lines */

struct cell {
    char *text;
    size_t size_bytes;
    size_t width;
};

struct layout_column {
    size_t index; /* in section->columns */
    bool is_text;
    size_t width;
    size_t branch_width; /* of the branches before the deepest text */
};

struct table {
    struct renderer base;
    size_t width;
    bool color;
    bool head_is_done;
    bool is_after_blank; /* the line before is empty */
    bool title_is_done;  /* of the section */
    bool batch_is_first;
    struct cell *cells; /* batch_rows * column_count */
    size_t batch_rows, batch_capacity;
    size_t *depths;                 /* by row of the batch, when the section is a tree */
    size_t tree_index, depth_index; /* columns; NO_COLUMN */
    bool *is_text;                  /* by column: text was seen in this section */
    bool *is_filled;                /* by column: something to show was seen */
};

static void fail_memory(struct table *t)
{
    if (t->base.out.error_number == 0)
        t->base.out.error_number = ENOMEM;
}

static void set_style(struct table *t, const char *style)
{
    if (t->color)
        out_puts(&t->base.out, style);
}

#define STYLE_BOLD  "\033[1m"
#define STYLE_ALARM "\033[1;31m"
#define STYLE_NONE  "\033[0m"

/* Bytes of text that fit into `width` columns: at least one character. */
static size_t fit(const char *text, size_t size_bytes, size_t width)
{
    size_t bytes = 0, used = 0;
    uint32_t c;

    while (bytes < size_bytes) {
        const size_t decoded =
            text_utf8_char((const uint8_t *)text + bytes, size_bytes - bytes, &c);
        const size_t n = decoded > 0 ? decoded : 1;
        const size_t w = display_width(text + bytes, n);

        if (used + w > width && bytes > 0)
            break;
        used += w;
        bytes += n;
    }
    return bytes;
}

/* Prints text over as many lines as it needs, broken at blanks, the next ones indented. */
static void print_wrapped(struct table *t, const char *text, size_t indent)
{
    const size_t room = t->width > indent + 8 ? t->width - indent : 8;
    size_t left = strlen(text), width = t->width, label_bytes = indent;

    while (left > 0) {
        size_t n = fit(text, left, width);

        if (n < left && text[n] != ' ') {
            const char *blank = memrchr(text, ' ', n);

            /* The blanks behind a label are no place to break at. */
            if (blank != NULL && blank > text && (size_t)(blank - text) >= label_bytes)
                n = (size_t)(blank - text);
        }
        out_bytes(&t->base.out, text, n);
        while (n < left && text[n] == ' ')
            n++;
        text += n;
        left -= n;
        width = room;
        label_bytes = 0;
        if (left > 0) {
            out_putc(&t->base.out, '\n');
            for (size_t i = 0; i < indent && i + 8 < t->width; i++)
                out_putc(&t->base.out, ' ');
        }
    }
    out_putc(&t->base.out, '\n');
}

static void print_head(struct table *t, const struct report_head *head)
{
    struct strbuf line = {0};
    int label_width = MIN_LABEL_WIDTH;

    for (size_t i = 0; i < head->line_count; i++) {
        const int width = (int)strlen(head->lines[i].label);

        label_width = width > label_width ? width : label_width;
    }
    for (size_t i = 0; i < head->line_count; i++) {
        strbuf_clear(&line);
        strbuf_printf(&line, "%-*s  %s", label_width, head->lines[i].label, head->lines[i].text);
        set_style(t, head->lines[i].is_alarm ? STYLE_ALARM : "");
        print_wrapped(t, strbuf_text(&line), (size_t)label_width + 2);
        set_style(t, head->lines[i].is_alarm ? STYLE_NONE : "");
    }
    if (line.failed)
        fail_memory(t);
    strbuf_done(&line);
}

static void table_begin(struct renderer *r)
{
    (void)r;
}

static void table_report_begin(struct renderer *r, const struct report_info *report,
                               const struct report_head *head)
{
    struct table *t = (struct table *)r;

    if (!t->head_is_done)
        print_head(t, head);
    t->head_is_done = true;
    t->is_after_blank = true;
    out_putc(&r->out, '\n');
    if (!r->has_many_reports)
        return;
    t->is_after_blank = false;
    set_style(t, STYLE_BOLD);
    out_puts(&r->out, "== ");
    out_puts(&r->out, report->title);
    out_puts(&r->out, " ==\n");
    set_style(t, STYLE_NONE);
}

static void table_section_begin(struct renderer *r, const struct section_view *section)
{
    struct table *t = (struct table *)r;

    t->title_is_done = r->is_query;
    t->batch_is_first = true;
    t->batch_rows = 0;
    t->batch_capacity = BATCH_ROWS;
    t->tree_index = t->depth_index = NO_COLUMN;
    for (size_t i = 0; i < section->column_count; i++) {
        if (section->columns[i].is_tree)
            t->tree_index = i;
        if (strcmp(section->columns[i].name, "depth") == 0)
            t->depth_index = i;
    }
    t->cells = calloc(BATCH_ROWS * section->column_count + 1, sizeof *t->cells);
    t->depths = calloc(BATCH_ROWS, sizeof *t->depths);
    t->is_text = calloc(section->column_count + 1, sizeof *t->is_text);
    t->is_filled = calloc(section->column_count + 1, sizeof *t->is_filled);
    if (t->cells == NULL || t->depths == NULL || t->is_text == NULL || t->is_filled == NULL)
        fail_memory(t);
}

/* Not before there is something to say under it. */
static void print_title(struct table *t, bool with_caption)
{
    const struct section_view *s = t->base.section;

    if (t->title_is_done)
        return;
    t->title_is_done = true;
    /* A section without a title goes on where the one before it ended. */
    if (s->title[0] != '\0') {
        if (!t->is_after_blank)
            out_putc(&t->base.out, '\n');
        set_style(t, STYLE_BOLD);
        print_wrapped(t, s->title, 0);
        set_style(t, STYLE_NONE);
    }
    t->is_after_blank = false;
    if (with_caption && s->caption != NULL)
        print_wrapped(t, s->caption, 0);
}

static void print_lines(struct table *t, const struct value *values)
{
    const struct section_view *s = t->base.section;
    struct strbuf line = {0};

    for (size_t i = 0; i < s->line_count; i++) {
        strbuf_clear(&line);
        if (!line_format(s->lines[i], s->columns, s->column_count, values, &line))
            continue;
        print_title(t, true);
        print_wrapped(t, strbuf_text(&line), line_label_bytes(strbuf_text(&line)));
    }
    if (line.failed)
        fail_memory(t);
    strbuf_done(&line);
}

/* --- layout of a batch --- */

static const struct cell *cell_at(const struct table *t, size_t row, size_t column)
{
    return &t->cells[row * t->base.section->column_count + column];
}

/* Columns that the branches before a cell take. */
static size_t branches_of(const struct table *t, size_t row, size_t column)
{
    return column == t->tree_index ? t->depths[row] * BRANCH_WIDTH : 0;
}

static size_t natural_width(const struct table *t, size_t column)
{
    size_t width = t->batch_is_first
                       ? display_width(t->base.section->columns[column].heading,
                                       strlen(t->base.section->columns[column].heading))
                       : 0;

    for (size_t row = 0; row < t->batch_rows; row++) {
        const size_t needed = cell_at(t, row, column)->width + branches_of(t, row, column);

        width = needed > width ? needed : width;
    }
    return width;
}

static size_t natural_branch_width(const struct table *t, size_t column)
{
    size_t width = 0;

    for (size_t row = 0; row < t->batch_rows; row++)
        if (branches_of(t, row, column) > width)
            width = branches_of(t, row, column);
    return width;
}

/* text_limit is for texts: a tree's branches come on top. */
static bool is_over(const struct layout_column *column, size_t text_limit)
{
    return column->is_text && column->width > column->branch_width &&
           column->width - column->branch_width > text_limit;
}

/* Width of the table when no text column is wider than text_limit. */
static size_t table_width(const struct layout_column *columns, size_t count, size_t text_limit)
{
    size_t width = count > 0 ? (count - 1) * GAP_WIDTH : 0;

    for (size_t i = 0; i < count; i++)
        width += is_over(&columns[i], text_limit) ? text_limit + columns[i].branch_width
                                                  : columns[i].width;
    return width;
}

static void drop_wide_columns(const struct table *t, struct layout_column *columns, size_t *count)
{
    for (size_t i = *count; i-- > 0;) {
        if (table_width(columns, *count, MIN_NAME_WIDTH) <= t->width)
            return;
        if (!t->base.section->columns[columns[i].index].is_wide)
            continue;
        memmove(&columns[i], &columns[i + 1], (*count - i - 1) * sizeof *columns);
        (*count)--;
    }
}

/* Cuts the widest text columns to what is left.  False when that is too little. */
static bool cut_text_columns(const struct table *t, struct layout_column *columns, size_t count)
{
    size_t limit = SIZE_MAX, width = table_width(columns, count, limit);

    if (width <= t->width)
        return true;
    if (table_width(columns, count, MIN_TEXT_WIDTH) > t->width)
        return false;
    /* All columns wider than the limit get the limit: the largest one that fits, by halving. */
    for (size_t low = MIN_TEXT_WIDTH, high = t->width; low <= high;) {
        const size_t middle = low + (high - low) / 2;

        if (table_width(columns, count, middle) <= t->width) {
            limit = middle;
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    width = table_width(columns, count, limit);
    for (size_t i = 0; i < count; i++) {
        if (!is_over(&columns[i], limit))
            continue;
        columns[i].width = limit + columns[i].branch_width;
        if (width < t->width) { /* the remainder of the division */
            columns[i].width++;
            width++;
        }
    }
    return true;
}

/* parent: NULL unless the row hangs on another one of a tree.  NULL when out of memory. */
static struct libscols_line *fill_line(struct table *t, struct libscols_table *tb, size_t row,
                                       struct libscols_line *parent,
                                       const struct layout_column *columns, size_t count)
{
    struct libscols_line *line = scols_table_new_line(tb, parent);
    struct strbuf text = {0};
    int r = line != NULL ? 0 : -1;

    for (size_t i = 0; i < count && r == 0; i++) {
        const struct cell *cell = cell_at(t, row, columns[i].index);

        strbuf_clear(&text);
        display_cut(&text, cell->text, cell->size_bytes,
                    columns[i].width - branches_of(t, row, columns[i].index));
        if (text.failed || scols_line_set_data(line, i, strbuf_text(&text)) != 0)
            r = -1;
    }
    strbuf_done(&text);
    return r == 0 ? line : NULL;
}

/* Each row hangs on the last one of the level above. */
static int fill_lines(struct table *t, struct libscols_table *tb,
                      const struct layout_column *columns, size_t count)
{
    struct libscols_line *last[MAX_TREE_DEPTH] = {NULL};

    for (size_t row = 0; row < t->batch_rows; row++) {
        const size_t depth = t->depths[row];

        last[depth] = fill_line(t, tb, row, depth > 0 ? last[depth - 1] : NULL, columns, count);
        if (last[depth] == NULL)
            return -1;
    }
    return 0;
}

static int fill_table(struct table *t, struct libscols_table *tb,
                      const struct layout_column *columns, size_t count)
{
    struct strbuf heading = {0};
    int r = 0;

    scols_table_enable_noencoding(tb, 1); /* cells are displayed text already */
    scols_table_enable_noheadings(tb, !t->batch_is_first);
    scols_table_enable_colors(tb, t->color);
    scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER); /* the widths are settled */
    if (scols_table_set_column_separator(tb, "  ") != 0)
        return -1;
    for (size_t i = 0; i < count && r == 0; i++) {
        const struct column *c = &t->base.section->columns[columns[i].index];
        const bool is_left = columns[i].is_text || c->bar_width > 0;
        struct libscols_column *column;

        strbuf_clear(&heading);
        display_cut(&heading, c->heading, strlen(c->heading), columns[i].width);
        column = scols_table_new_column(tb, strbuf_text(&heading), 0,
                                        columns[i].index == t->tree_index ? SCOLS_FL_TREE
                                        : is_left                         ? 0
                                                                          : SCOLS_FL_RIGHT);
        if (heading.failed || column == NULL)
            r = -1;
    }
    strbuf_done(&heading);
    return r == 0 ? fill_lines(t, tb, columns, count) : -1;
}

/* Prints what libsmartcols laid out, without the blanks it pads the last column with. */
static void print_trimmed(struct table *t, const char *text)
{
    while (*text != '\0') {
        const size_t size_bytes = strcspn(text, "\n");
        size_t end = size_bytes;

        while (end > 0 && text[end - 1] == ' ')
            end--;
        out_bytes(&t->base.out, text, end);
        out_putc(&t->base.out, '\n');
        text += size_bytes + (text[size_bytes] == '\n');
    }
}

static void print_table(struct table *t, const struct layout_column *columns, size_t count)
{
    struct libscols_table *tb = scols_new_table();
    char *text = NULL;

    if (tb == NULL || fill_table(t, tb, columns, count) < 0 ||
        scols_print_table_to_string(tb, &text) != 0)
        fail_memory(t);
    else
        print_trimmed(t, text);
    free(text);
    scols_unref_table(tb);
}

/* A row as a block of lines: the columns' headings and values. */
static void print_blocks(struct table *t, const struct layout_column *columns, size_t count)
{
    struct strbuf line = {0};
    size_t label_width = 0;

    for (size_t i = 0; i < count; i++) {
        const char *heading = t->base.section->columns[columns[i].index].heading;
        const size_t width = display_width(heading, strlen(heading));

        label_width = width > label_width ? width : label_width;
    }
    if (label_width + GAP_WIDTH + MIN_TEXT_WIDTH > t->width)
        label_width =
            t->width > GAP_WIDTH + MIN_TEXT_WIDTH ? t->width - GAP_WIDTH - MIN_TEXT_WIDTH : 1;
    for (size_t row = 0; row < t->batch_rows; row++) {
        if (row > 0 || !t->batch_is_first)
            out_putc(&t->base.out, '\n');
        for (size_t i = 0; i < count; i++) {
            const char *heading = t->base.section->columns[columns[i].index].heading;
            const struct cell *cell = cell_at(t, row, columns[i].index);

            strbuf_clear(&line);
            display_cut(&line, heading, strlen(heading), label_width);
            for (size_t w = display_width(strbuf_text(&line), line.size_bytes);
                 w < label_width + GAP_WIDTH; w++)
                strbuf_putc(&line, ' ');
            strbuf_add(&line, cell->text, cell->size_bytes);
            print_wrapped(t, strbuf_text(&line), label_width + GAP_WIDTH);
        }
    }
    if (line.failed)
        fail_memory(t);
    strbuf_done(&line);
}

static void clear_batch(struct table *t)
{
    const size_t count = t->batch_rows * t->base.section->column_count;

    for (size_t i = 0; i < count; i++)
        free(t->cells[i].text);
    if (t->cells != NULL)
        memset(t->cells, 0, count * sizeof *t->cells);
    t->batch_rows = 0;
}

static void print_batch(struct table *t)
{
    const struct section_view *s = t->base.section;
    struct layout_column *columns = calloc(s->column_count + 1, sizeof *columns);
    size_t count = 0;

    if (columns == NULL) {
        fail_memory(t);
        return;
    }
    for (size_t i = 0; i < s->column_count; i++)
        if (!s->columns[i].is_hidden && t->is_filled[i])
            columns[count++] = (struct layout_column){i, t->is_text[i], natural_width(t, i),
                                                      natural_branch_width(t, i)};
    drop_wide_columns(t, columns, &count);
    if (cut_text_columns(t, columns, count))
        print_table(t, columns, count);
    else
        print_blocks(t, columns, count);
    free(columns);
    clear_batch(t);
    t->batch_is_first = false;
}

/* A query gets every column it asked for. */
static bool says_something(const struct table *t, const struct column *column,
                           const struct value *v)
{
    if (t->base.is_query)
        return true;
    return v->type == VALUE_NULL ? !column->is_wide : v->type != VALUE_TEXT || v->size_bytes > 0;
}

/* How deep the next row hangs; never deeper than below the row before it. */
static size_t depth_of(const struct table *t, const struct value *values)
{
    const size_t most = t->batch_rows == 0 ? 0 : t->depths[t->batch_rows - 1] + 1;
    const struct value *v;

    if (t->tree_index == NO_COLUMN || t->depth_index == NO_COLUMN)
        return 0;
    v = &values[t->depth_index];
    if (v->type != VALUE_INT || v->integer <= 0)
        return 0;
    return (uint64_t)v->integer > most   ? (most < MAX_TREE_DEPTH ? most : MAX_TREE_DEPTH - 1)
           : v->integer < MAX_TREE_DEPTH ? (size_t)v->integer
                                         : MAX_TREE_DEPTH - 1;
}

static void add_cells(struct table *t, const struct value *values)
{
    const struct section_view *s = t->base.section;
    struct strbuf text = {0};

    for (size_t i = 0; i < s->column_count; i++) {
        struct cell *cell = &t->cells[t->batch_rows * s->column_count + i];

        strbuf_clear(&text);
        display_cell(&text, &values[i], &s->columns[i]);
        cell->size_bytes = text.size_bytes;
        cell->width = display_width(strbuf_text(&text), text.size_bytes);
        cell->text = strdup(strbuf_text(&text));
        if (cell->text == NULL || text.failed)
            fail_memory(t);
        if (values[i].type == VALUE_TEXT || values[i].type == VALUE_BLOB)
            t->is_text[i] = true;
        if (says_something(t, &s->columns[i], &values[i]))
            t->is_filled[i] = true;
    }
    strbuf_done(&text);
    t->depths[t->batch_rows] = depth_of(t, values);
    t->batch_rows++;
}

/* Room for one more row.  A batch ends before a row that hangs on no other. */
static void make_room(struct table *t, const struct value *values)
{
    const size_t columns = t->base.section->column_count;
    const size_t wanted = 2 * t->batch_capacity;
    struct cell *cells;
    size_t *depths;

    if (t->batch_rows >= BATCH_ROWS && depth_of(t, values) == 0)
        print_batch(t);
    if (t->batch_rows < t->batch_capacity)
        return;
    cells = realloc(t->cells, wanted * columns * sizeof *cells);
    if (cells != NULL) {
        memset(cells + t->batch_rows * columns, 0,
               (wanted - t->batch_rows) * columns * sizeof *cells);
        t->cells = cells;
    }
    depths = realloc(t->depths, wanted * sizeof *depths);
    if (depths != NULL)
        t->depths = depths;
    if (cells != NULL && depths != NULL)
        t->batch_capacity = wanted;
    else
        fail_memory(t);
}

static void table_row(struct renderer *r, const struct value *values)
{
    struct table *t = (struct table *)r;

    if (r->out.error_number != 0)
        return;
    if (r->section->line_count > 0) {
        print_lines(t, values);
        return;
    }
    print_title(t, true);
    make_room(t, values);
    if (r->out.error_number == 0)
        add_cells(t, values);
}

static void table_section_end(struct renderer *r)
{
    struct table *t = (struct table *)r;

    if (t->batch_rows > 0 && r->out.error_number == 0)
        print_batch(t);
    if (r->row_count == 0 && r->section->note != NULL) {
        print_title(t, false);
        print_wrapped(t, r->section->note, 0);
    }
    clear_batch(t);
    free(t->cells);
    free(t->depths);
    free(t->is_text);
    free(t->is_filled);
    t->cells = NULL;
    t->depths = NULL;
    t->is_text = NULL;
    t->is_filled = NULL;
}

static void table_nothing(struct renderer *r)
{
    (void)r;
}

static void table_free(struct renderer *r)
{
    free(r);
}

static size_t terminal_width(FILE *file)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    const int fd = fileno(file);

    if (fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    if (columns != NULL) {
        const long n = strtol(columns, NULL, 10);

        if (n > 0 && n < 100000)
            return (size_t)n;
    }
    return 80;
}

bool report_wants_color(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const int fd = fileno(file);

    return fd >= 0 && isatty(fd) && (no_color == NULL || no_color[0] == '\0');
}

struct renderer *render_table_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        table_begin,       table_report_begin, table_section_begin, table_row,
        table_section_end, table_nothing,      table_nothing,       table_free,
    };
    struct table *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->base.ops = &ops;
    t->base.out = (struct out){.file = output->file, .path = output->path};
    t->width = output->width > 0 ? (size_t)output->width : terminal_width(output->file);
    if (t->width < 20)
        t->width = 20;
    t->color = output->color;
    return &t->base;
}
