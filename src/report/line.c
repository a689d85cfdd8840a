/* line.c -- rows as lines of text.  See line.h. */
// SPDX-License-Identifier: MIT
#include "report/line.h"

#include <string.h>

#include "report/display.h"

/* The next {name} at or after *p: true, with the name and what stands before it; *p moves behind
 * it. */
static bool next_field(const char **p, const char **ret_before_end, const char **ret_name,
                       size_t *ret_name_bytes, bool *ret_is_condition)
{
    const char *open = strchr(*p, '{');
    const char *close = open != NULL ? strchr(open, '}') : NULL;

    if (close == NULL)
        return false;
    *ret_is_condition = open[1] == '?';
    *ret_before_end = open;
    *ret_name = open + (*ret_is_condition ? 2 : 1);
    *ret_name_bytes = (size_t)(close - *ret_name);
    *p = close + 1;
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
    const char *p = line, *from = line, *before_end, *name;
    size_t name_bytes;
    bool is_condition;

    while (next_field(&p, &before_end, &name, &name_bytes, &is_condition)) {
        const size_t i = find_column(columns, column_count, name, name_bytes);

        writer->text(b, from, (size_t)(before_end - from));
        from = p;
        if (i == column_count)
            continue;
        if (is_nothing(&values[i], is_condition)) {
            b->size_bytes = start_bytes;
            if (b->text != NULL)
                b->text[start_bytes] = '\0';
            return false;
        }
        if (!is_condition)
            writer->value(b, &values[i], &columns[i]);
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
    const char *p = line, *before_end, *name;
    bool is_condition;

    while (next_field(&p, &before_end, &name, ret_bytes, &is_condition))
        if (find_column(columns, column_count, name, *ret_bytes) == column_count)
            return name;
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
