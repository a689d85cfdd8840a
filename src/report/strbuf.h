/* strbuf.h -- a growing piece of text, always NUL-terminated.
 *
 * Running out of memory is sticky: later calls do nothing, and the owner looks at `failed` once.
 */
#ifndef RDBLENS_STRBUF_H
#define RDBLENS_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *text; /* NULL until the first byte; see strbuf_text() */
    size_t size_bytes;
    size_t room_bytes;
    bool failed;
};

void strbuf_done(struct strbuf *b);
void strbuf_clear(struct strbuf *b);             /* empty, keeps the room */
const char *strbuf_text(const struct strbuf *b); /* never NULL */
void strbuf_add(struct strbuf *b, const void *bytes, size_t size_bytes);
/* size_bytes more bytes, to be written by the caller; NULL when out of memory. */
char *strbuf_extend(struct strbuf *b, size_t size_bytes);
void strbuf_puts(struct strbuf *b, const char *text);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
