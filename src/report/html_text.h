/* html_text.h -- values as text of an HTML page: escaped, and harmless to whoever reads it. */
#ifndef RDBLENS_HTML_TEXT_H
#define RDBLENS_HTML_TEXT_H

#include "report/strbuf.h"
#include "report/value.h"

/* Text with & < > " ' as references: for content and for attributes in quotes. */
void html_escape(struct strbuf *b, const char *text, size_t size_bytes);
/* The value as people read it, text cut in its middle to max_width columns.  False: it was cut. */
bool html_shown(struct strbuf *b, const struct value *v, enum column_kind kind, size_t max_width);
/* The value itself: a number in digits, reals with at most 6 decimals; NULL is nothing. */
void html_raw(struct strbuf *b, const struct value *v, size_t max_width);
/* The exact value with its unit; nothing where what is shown is exact. */
void html_exact(struct strbuf *b, const struct value *v, enum column_kind kind);

bool html_is_number(const struct value *v);

#endif
