/* line.h -- rows as lines of text: `Keys  {keys}, {bytes}` with the columns' values put in.
 *
 *      {column}    its value, shown as its kind wants
 *      {column:key}   its value and what is counted, see display_noun(): 1 key, 2 keys
 *      {?column}   nothing; the line is dropped when the value is NULL or 0
 *
 * A line with a {column} that is NULL is dropped too, so that a line says something only when it is
 * known.
 */
#ifndef RDBLENS_LINE_H
#define RDBLENS_LINE_H

#include "report/strbuf.h"
#include "report/value.h"

/* How a line's own text and the values in it are written. */
struct line_writer {
    void (*text)(struct strbuf *b, const char *text, size_t size_bytes);
    void (*value)(struct strbuf *b, const struct value *v, const struct column *column);
};

bool line_format_as(const struct line_writer *writer, const char *line,
                    const struct column *columns, size_t column_count, const struct value *values,
                    struct strbuf *b);
/* Appends the line to b; false (and nothing appended) when it is dropped. */
bool line_format(const char *line, const struct column *columns, size_t column_count,
                 const struct value *values, struct strbuf *b);
/* The first name in braces that is no column, cut to ret_bytes, or NULL when all is well. */
const char *line_unknown_column(const char *line, const struct column *columns, size_t column_count,
                                size_t *ret_bytes);
/* Where the text after the label begins ("Label   text"), in bytes; 0: there is no label. */
size_t line_label_bytes(const char *text);

#endif
