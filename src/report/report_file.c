/* report_file.c -- reads a report's .sql file.
 *
 * The file is plain SQL, so that it can be tried in any SQLite shell; what SQL has no word for
 * stands in comments of one form, at the start of a line:
 *
 *      -- title: Biggest keys              of the report: before the first section
 *      -- param: top = 20
 *      -- section: largest | The largest keys
 *      -- column: bytes_pct = % OF BYTES   of the section
 *      SELECT ... ;                        its one statement
 *
 * `-- word:` with a word that is not known is an error and not a comment: a typing error in `--
 * needs:` would otherwise give a report without rows.  Other comments are free.  How long a
 * directive's text is shall not matter, so texts are copies; the SQL keeps its number of lines, so
 * that an error in it can be told with its place in the file.
 */
// SPDX-License-Identifier: MIT
#include "report/report_file.h"

#include <stdlib.h>
#include <string.h>

#include "report/strbuf.h"
#include "util/text.h"

#define DEFAULT_BAR_WIDTH 10
#define MAX_BAR_WIDTH     60

struct reading {
    struct report_file *file;
    struct report_section *section; /* NULL before the first */
    struct strbuf sql;              /* of the section, so far */
    int line;
    bool is_panel;
    struct error *err;
};

static int fail(const struct reading *r, const char *what, const char *text, size_t size_bytes)
{
    return error_set(r->err, EXIT_CANNOT_RUN, "%s:%d: %s%s%.*s%s", r->file->path, r->line, what,
                     size_bytes > 0 ? " '" : "", (int)(size_bytes < 80 ? size_bytes : 80), text,
                     size_bytes > 0 ? "'" : "");
}

static int fail_memory(const struct reading *r)
{
    return fail(r, "out of memory", "", 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A piece of a line, without blanks around it. */
struct piece {
    const char *text;
    size_t size_bytes;
};

static struct piece trim(const char *text, size_t size_bytes)
{
    while (size_bytes > 0 && is_blank(text[0])) {
        text++;
        size_bytes--;
    }
    while (size_bytes > 0 && is_blank(text[size_bytes - 1]))
        size_bytes--;
    return (struct piece){text, size_bytes};
}

/* Splits at the first `c`; without one, after is empty and false comes back. */
static bool split(struct piece whole, char c, struct piece *ret_before, struct piece *ret_after)
{
    const char *at = whole.size_bytes > 0 ? memchr(whole.text, c, whole.size_bytes) : NULL;

    if (at == NULL) {
        *ret_before = whole;
        *ret_after = (struct piece){"", 0};
        return false;
    }
    *ret_before = trim(whole.text, (size_t)(at - whole.text));
    *ret_after = trim(at + 1, whole.size_bytes - (size_t)(at - whole.text) - 1);
    return true;
}

static bool piece_is(struct piece p, const char *word)
{
    return p.size_bytes == strlen(word) && memcmp(p.text, word, p.size_bytes) == 0;
}

bool report_name_is_valid(const char *name, size_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > 64 || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < size_bytes; i++) {
        const char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static char *copy_piece(struct piece p)
{
    return strndup(p.text, p.size_bytes);
}

/* Sets a text that may be given once. */
static int set_text(const struct reading *r, char **text, struct piece p)
{
    if (*text != NULL)
        return fail(r, "given twice", "", 0);
    *text = copy_piece(p);
    return *text == NULL ? fail_memory(r) : 0;
}

/* The array with one more element, zeroed, counted only by the caller; NULL when out of memory. */
static void *grow(void *array, size_t count, size_t element_bytes)
{
    char *bigger = realloc(array, (count + 1) * element_bytes);

    if (bigger != NULL)
        memset(bigger + count * element_bytes, 0, element_bytes);
    return bigger;
}

static int read_param(struct reading *r, struct piece rest)
{
    struct report_file *f = r->file;
    struct report_file_param *params, *param;
    struct piece name, value;

    if (!split(rest, '=', &name, &value) || !report_name_is_valid(name.text, name.size_bytes))
        return fail(r, "expected `-- param: name = default`", "", 0);
    for (size_t i = 0; i < f->param_count; i++)
        if (piece_is(name, f->params[i].name))
            return fail(r, "parameter given twice:", name.text, name.size_bytes);
    params = grow(f->params, f->param_count, sizeof *params);
    if (params == NULL)
        return fail_memory(r);
    f->params = params;
    param = &params[f->param_count++];
    param->name = copy_piece(name);
    param->value = copy_piece(value);
    return param->name == NULL || param->value == NULL ? fail_memory(r) : 0;
}

static int read_needs(struct reading *r, struct piece rest)
{
    if (!piece_is(rest, "keys") && !piece_is(rest, "aggregates"))
        return fail(r, "needs is `keys` or `aggregates`, not", rest.text, rest.size_bytes);
    r->file->info.needs_keys = piece_is(rest, "keys");
    return 0;
}

static int end_section(struct reading *r)
{
    if (r->section == NULL)
        return 0;
    if (trim(strbuf_text(&r->sql), r->sql.size_bytes).size_bytes == 0 || r->section->sql_line == 0)
        return fail(r, "no SQL in section", r->section->name, strlen(r->section->name));
    r->section->sql = strdup(strbuf_text(&r->sql));
    if (r->sql.failed || r->section->sql == NULL)
        return fail_memory(r);
    strbuf_clear(&r->sql);
    r->section = NULL;
    return 0;
}

static int read_section(struct reading *r, struct piece rest)
{
    struct report_file *f = r->file;
    struct report_section *sections;
    struct piece name, title;

    if (end_section(r) < 0)
        return -1;
    if (!split(rest, '|', &name, &title) || !report_name_is_valid(name.text, name.size_bytes))
        return fail(r, "expected `-- section: name | Title`", "", 0);
    for (size_t i = 0; i < f->section_count; i++)
        if (piece_is(name, f->sections[i].name))
            return fail(r, "section given twice:", name.text, name.size_bytes);
    sections = grow(f->sections, f->section_count, sizeof *sections);
    if (sections == NULL)
        return fail_memory(r);
    f->sections = sections;
    r->section = &sections[f->section_count++];
    r->section->name = copy_piece(name);
    r->section->title = copy_piece(title);
    return r->section->name == NULL || r->section->title == NULL ? fail_memory(r) : 0;
}

/* `bar` or `bar=N`: the columns it takes at 100 %. */
static int read_bar(const struct reading *r, struct piece word, unsigned *ret_width)
{
    struct piece name, value;
    char digits[8] = "";
    int64_t width = DEFAULT_BAR_WIDTH;

    if (!split(word, '=', &name, &value)) {
        *ret_width = DEFAULT_BAR_WIDTH;
        return 0;
    }
    if (value.size_bytes < sizeof digits)
        memcpy(digits, value.text, value.size_bytes);
    if (text_parse_int(digits, 2, MAX_BAR_WIDTH, &width) < 0)
        return fail(r, "a bar is 2 to 60 columns wide, not", value.text, value.size_bytes);
    *ret_width = (unsigned)width;
    return 0;
}

static int read_column_options(const struct reading *r, struct piece options,
                               struct report_file_column *column)
{
    while (options.size_bytes > 0) {
        struct piece word;

        split(options, ' ', &word, &options);
        if (piece_is(word, "wide"))
            column->is_wide = true;
        else if (piece_is(word, "tree"))
            column->is_tree = true;
        else if (word.size_bytes > 6 && memcmp(word.text, "exact=", 6) == 0) {
            if (set_text(r, &column->exact_name,
                         (struct piece){word.text + 6, word.size_bytes - 6}) < 0)
                return -1;
        } else if (!piece_is(word, "bar") &&
                   (word.size_bytes < 4 || memcmp(word.text, "bar=", 4) != 0))
            return fail(r, "a column's options are `wide`, `bar`, `exact=` and `tree`, not",
                        word.text, word.size_bytes);
        else if (read_bar(r, word, &column->bar_width) < 0)
            return -1;
    }
    return 0;
}

/* `name = HEADING`, `name = HEADING | wide`, `name = HEADING | bar`, `name = HEADING |
 * exact=other`, `name = -` (hidden) */
static int read_column(struct reading *r, struct piece rest)
{
    struct report_file_column *columns, *column;
    struct piece name, value, heading, options;

    if (!split(rest, '=', &name, &value) || name.size_bytes == 0 || value.size_bytes == 0)
        return fail(r, "expected `-- column: name = HEADING`", "", 0);
    split(value, '|', &heading, &options);
    columns = grow(r->section->columns, r->section->column_count, sizeof *columns);
    if (columns == NULL)
        return fail_memory(r);
    r->section->columns = columns;
    column = &columns[r->section->column_count++];
    column->name = copy_piece(name);
    column->heading = copy_piece(heading);
    column->is_hidden = piece_is(heading, "-");
    if (column->name == NULL || column->heading == NULL)
        return fail_memory(r);
    return read_column_options(r, options, column);
}

static int read_line(struct reading *r, struct piece rest)
{
    struct report_section *s = r->section;
    char **lines = grow(s->lines, s->line_count, sizeof *lines);

    if (lines == NULL)
        return fail_memory(r);
    s->lines = lines;
    lines[s->line_count] = copy_piece(rest);
    return lines[s->line_count++] == NULL ? fail_memory(r) : 0;
}

static int read_report_directive(struct reading *r, struct piece word, struct piece rest)
{
    struct report_file *f = r->file;

    if (piece_is(word, "title"))
        return set_text(r, &f->title, rest);
    if (piece_is(word, "about"))
        return set_text(r, &f->about, rest);
    if (piece_is(word, "applies")) {
        f->applies_line = r->line;
        return set_text(r, &f->applies, rest);
    }
    if (piece_is(word, "needs"))
        return read_needs(r, rest);
    if (piece_is(word, "param"))
        return read_param(r, rest);
    if (r->is_panel && piece_is(word, "reports"))
        return set_text(r, &f->reports, rest);
    if (r->is_panel && piece_is(word, "empty"))
        return set_text(r, &f->empty, rest);
    return fail(r, "not a word of a report's head:", word.text, word.size_bytes);
}

/* EXPRESSION | note; the bar that splits is the last one, for SQL has || too. */
static int read_doubt(struct reading *r, struct piece rest)
{
    struct report_section *s = r->section;
    const char *bar = memrchr(rest.text, '|', rest.size_bytes);
    struct piece expression, note;

    if (bar == NULL)
        return fail(r, "expected `-- doubt: EXPRESSION | note`", "", 0);
    expression = trim(rest.text, (size_t)(bar - rest.text));
    note = trim(bar + 1, rest.size_bytes - (size_t)(bar - rest.text) - 1);
    s->doubt_line = r->line;
    return set_text(r, &s->doubt, expression) < 0 ? -1 : set_text(r, &s->doubt_note, note);
}

static int read_section_directive(struct reading *r, struct piece word, struct piece rest)
{
    struct report_section *s = r->section;

    if (s->sql_line != 0)
        return fail(r, "stands behind the section's SQL:", word.text, word.size_bytes);
    if (piece_is(word, "note"))
        return set_text(r, &s->note, rest);
    if (piece_is(word, "doubt"))
        return read_doubt(r, rest);
    if (piece_is(word, "caption"))
        return set_text(r, &s->caption, rest);
    if (piece_is(word, "column"))
        return read_column(r, rest);
    if (piece_is(word, "line"))
        return read_line(r, rest);
    if (piece_is(word, "brief")) {
        if (!piece_is(rest, "no"))
            return fail(r, "brief is `no`, not", rest.text, rest.size_bytes);
        s->is_long = true;
        return 0;
    }
    return fail(r, "not a word of a section's head:", word.text, word.size_bytes);
}

/* `-- word: rest`: 1; anything else: 0. */
static int is_directive(const char *line, size_t size_bytes, struct piece *ret_word,
                        struct piece *ret_rest)
{
    size_t end = 3;

    if (size_bytes < 5 || memcmp(line, "-- ", 3) != 0)
        return 0;
    while (end < size_bytes && line[end] >= 'a' && line[end] <= 'z')
        end++;
    if (end == 3 || end == size_bytes || line[end] != ':')
        return 0;
    *ret_word = (struct piece){line + 3, end - 3};
    *ret_rest = trim(line + end + 1, size_bytes - end - 1);
    return 1;
}

static int read_text_line(struct reading *r, const char *line, size_t size_bytes)
{
    const struct piece trimmed = trim(line, size_bytes);
    struct piece word, rest;
    bool is_sql;

    if (is_directive(line, size_bytes, &word, &rest)) {
        if (piece_is(word, "section"))
            return read_section(r, rest);
        return r->section == NULL ? read_report_directive(r, word, rest)
                                  : read_section_directive(r, word, rest);
    }
    is_sql =
        trimmed.size_bytes > 0 && !(trimmed.size_bytes >= 2 && memcmp(trimmed.text, "--", 2) == 0);
    if (r->section == NULL)
        return is_sql ? fail(r, "SQL before the first `-- section:`", "", 0) : 0;
    if (is_sql && r->section->sql_line == 0)
        r->section->sql_line = r->line;
    if (r->section->sql_line != 0) {
        strbuf_add(&r->sql, line, size_bytes);
        strbuf_putc(&r->sql, '\n');
    }
    return r->sql.failed ? fail_memory(r) : 0;
}

static int read_all(struct reading *r, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        const size_t size_bytes = strcspn(line, "\n");

        r->line++;
        if (read_text_line(r, line, size_bytes) < 0)
            return -1;
        line += size_bytes + (line[size_bytes] == '\n');
    }
    if (end_section(r) < 0)
        return -1;
    if (r->file->section_count == 0 && !r->is_panel)
        return fail(r, "no `-- section:`", "", 0);
    if (r->file->title == NULL)
        return fail(r, "no `-- title:`", "", 0);
    r->file->info.name = r->file->name;
    r->file->info.title = r->file->title;
    r->file->info.about = r->file->about;
    return 0;
}

static int parse(const char *name, const char *path, const char *text, bool is_panel,
                 struct report_file **ret_file, struct error *err)
{
    struct reading reading = {.is_panel = is_panel, .err = err};
    int r = -1;

    reading.file = calloc(1, sizeof *reading.file);
    if (reading.file == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", path);
    reading.file->path = strdup(path);
    reading.file->name = strdup(name);
    if (reading.file->path == NULL || reading.file->name == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", path);
        goto out;
    }
    r = read_all(&reading, text);
out:
    strbuf_done(&reading.sql);
    if (r < 0)
        report_file_free(reading.file);
    else
        *ret_file = reading.file;
    return r;
}

int report_file_parse(const char *name, const char *path, const char *text,
                      struct report_file **ret_file, struct error *err)
{
    return parse(name, path, text, false, ret_file, err);
}

int report_file_parse_panel(const char *name, const char *path, const char *text,
                            struct report_file **ret_file, struct error *err)
{
    return parse(name, path, text, true, ret_file, err);
}

static void section_done(struct report_section *s)
{
    for (size_t i = 0; i < s->line_count; i++)
        free(s->lines[i]);
    for (size_t i = 0; i < s->column_count; i++) {
        free(s->columns[i].name);
        free(s->columns[i].heading);
        free(s->columns[i].exact_name);
    }
    free(s->lines);
    free(s->columns);
    free(s->name);
    free(s->title);
    free(s->note);
    free(s->doubt);
    free(s->doubt_note);
    free(s->caption);
    free(s->sql);
}

void report_file_free(struct report_file *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->param_count; i++) {
        free(f->params[i].name);
        free(f->params[i].value);
    }
    for (size_t i = 0; i < f->section_count; i++)
        section_done(&f->sections[i]);
    free(f->params);
    free(f->sections);
    free(f->name);
    free(f->title);
    free(f->about);
    free(f->applies);
    free(f->reports);
    free(f->empty);
    free(f->path);
    free(f);
}
