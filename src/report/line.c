/* line.c -- rows as lines of text.  See line.h. */
// SPDX-License-Identifier: MIT
#include "report/line.h"

#include <string.h>

#include "report/display.h"

/* {name}, {name:words} or {?name}. */
struct field {
    const char *open; /* the brace */
    const char *name, *words;
    size_t name_bytes, words_bytes; /* no words: 0 */
    bool is_condition;
};

/* The next field at or after *p; *p moves behind it. */
static bool next_field(const char **p, struct field *ret_field)
{
    struct field f = {.open = strchr(*p, '{')};
    const char *close = f.open != NULL ? strchr(f.open, '}') : NULL;
    const char *colon;

    if (close == NULL)
        return false;
    f.is_condition = f.open[1] == '?';
    f.name = f.open + (f.is_condition ? 2 : 1);
    f.name_bytes = (size_t)(close - f.name);
    colon = memchr(f.name, ':', f.name_bytes);
    if (colon != NULL) {
        f.name_bytes = (size_t)(colon - f.name);
        f.words = colon + 1;
        f.words_bytes = (size_t)(close - f.words);
    }
    *p = close + 1;
    *ret_field = f;
    return true;
}

static size_t find_column(const struct column *columns, size_t column_count, const char *name,
                          size_t name_bytes)
{
    size_t i = 0;

    while (i < column_count && (strlen(columns[i].name) != name_bytes ||
                                memcmp(columns[i].name, name, name_bytes) != 0))
        i++;
    return i;
}

static bool is_nothing(const struct value *v, bool is_condition)
{
    if (v->type == VALUE_NULL)
        return true;
    return is_condition &&
           ((v->type == VALUE_INT && v->integer == 0) || (v->type == VALUE_REAL && v->real == 0));
}

bool line_format_as(const struct line_writer *writer, const char *line,
                    const struct column *columns, size_t column_count, const struct value *values,
                    struct strbuf *b)
{
    const size_t start_bytes = b->size_bytes;
    const char *p = line, *from = line;
    struct field f;

    while (next_field(&p, &f)) {
        const size_t i = find_column(columns, column_count, f.name, f.name_bytes);

        writer->text(b, from, (size_t)(f.open - from));
        from = p;
        if (i == column_count)
            continue;
        if (is_nothing(&values[i], f.is_condition)) {
            b->size_bytes = start_bytes;
            if (b->text != NULL)
                b->text[start_bytes] = '\0';
            return false;
        }
        if (f.is_condition)
            continue;
        writer->value(b, &values[i], &columns[i]);
        if (f.words_bytes > 0) {
            writer->text(b, " ", 1);
            display_noun(b, &values[i], f.words, f.words_bytes);
        }
    }
    writer->text(b, from, strlen(from));
    return true;
}

static void put_text(struct strbuf *b, const char *text, size_t size_bytes)
{
    strbuf_add(b, text, size_bytes);
}

bool line_format(const char *line, const struct column *columns, size_t column_count,
                 const struct value *values, struct strbuf *b)
{
    static const struct line_writer writer = {put_text, display_cell};

    return line_format_as(&writer, line, columns, column_count, values, b);
}

const char *line_unknown_column(const char *line, const struct column *columns, size_t column_count,
                                size_t *ret_bytes)
{
    const char *p = line;
    struct field f;

    while (next_field(&p, &f))
        if (find_column(columns, column_count, f.name, f.name_bytes) == column_count) {
            *ret_bytes = f.name_bytes;
            return f.name;
        }
    return NULL;
}

size_t line_label_bytes(const char *text)
{
    const char *gap = strstr(text, "  ");
    size_t bytes;

    if (gap == NULL || gap - text > 16)
        return 0;
    bytes = (size_t)(gap - text);
    return bytes + strspn(gap, " ");
}
