/* display.h -- values as people read them: units, UTC, and names that cannot disturb a terminal. */
#ifndef RDBLENS_DISPLAY_H
#define RDBLENS_DISPLAY_H

#include "report/strbuf.h"
#include "report/value.h"

void display_bytes(struct strbuf *b, double bytes);      /* 812 B, 1.2 GiB */
void display_count(struct strbuf *b, int64_t count);     /* 1,234,567 */
void display_duration_ms(struct strbuf *b, double ms);   /* 3 d 4 h */
void display_time_ms(struct strbuf *b, int64_t unix_ms); /* 2026-11-20 02:00:13 */
void display_percent(struct strbuf *b, double percent);  /* 12.3 % */

/* Text with everything that is not plainly visible as \xNN: bytes that are no UTF-8, control
 * characters (C1 too), bidi overrides and isolates, characters of no width that are not combining
 * marks, and what the locale cannot print.  The result has as many columns as wcswidth() says. */
void display_text(struct strbuf *b, const char *bytes, size_t size_bytes);
/* Any bytes as key_text is made: valid UTF-8 stays, other bytes become \xNN, a backslash is
 * doubled. */
void display_blob_as_text(struct strbuf *b, const char *bytes, size_t size_bytes);

/* The value as its column wants it; NULL is "-". */
void display_value(struct strbuf *b, const struct value *v, enum column_kind kind);
/* The value as a cell of a table: display_value(), or the bar that the column asks for. */
void display_cell(struct strbuf *b, const struct value *v, const struct column *column);
/* What is counted: `key` (keys unless there is one), or `slot has|slots have`. */
void display_noun(struct strbuf *b, const struct value *count, const char *words,
                  size_t words_bytes);
/* A bar of `percent` of `width` columns, in eighths of a column where the locale has them.  Only 0
 * is no bar, and only 100 and more a full one. */
void display_bar(struct strbuf *b, double percent, unsigned width);

/* Columns that displayed text takes on a terminal. */
size_t display_width(const char *text, size_t size_bytes);
/* Cuts displayed text in its middle to `width` columns, with a mark at the cut. */
void display_cut(struct strbuf *b, const char *text, size_t size_bytes, size_t width);

#endif
