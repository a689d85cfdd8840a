/* strbuf.c -- a growing piece of text.  See strbuf.h. */
// SPDX-License-Identifier: MIT
#include "report/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_done(struct strbuf *b)
{
    free(b->text);
    *b = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *b)
{
    b->size_bytes = 0;
    if (b->text != NULL)
        b->text[0] = '\0';
}

const char *strbuf_text(const struct strbuf *b)
{
    return b->text != NULL ? b->text : "";
}

/* Room for size_bytes more and the NUL. */
static bool make_room(struct strbuf *b, size_t size_bytes)
{
    size_t want, room;
    char *text;

    if (b->failed || size_bytes > SIZE_MAX / 4 - b->size_bytes) {
        b->failed = true;
        return false;
    }
    want = b->size_bytes + size_bytes + 1;
    if (want <= b->room_bytes)
        return true;
    room = b->room_bytes < 64 ? 64 : b->room_bytes;
    while (room < want)
        room *= 2;
    text = realloc(b->text, room);
    if (text == NULL) {
        b->failed = true;
        return false;
    }
    b->text = text;
    b->room_bytes = room;
    return true;
}

void strbuf_add(struct strbuf *b, const void *bytes, size_t size_bytes)
{
    if (!make_room(b, size_bytes))
        return;
    if (size_bytes > 0)
        memcpy(b->text + b->size_bytes, bytes, size_bytes);
    b->size_bytes += size_bytes;
    b->text[b->size_bytes] = '\0';
}

char *strbuf_extend(struct strbuf *b, size_t size_bytes)
{
    if (!make_room(b, size_bytes))
        return NULL;
    b->size_bytes += size_bytes;
    b->text[b->size_bytes] = '\0';
    return b->text + b->size_bytes - size_bytes;
}

void strbuf_puts(struct strbuf *b, const char *text)
{
    strbuf_add(b, text, strlen(text));
}

void strbuf_putc(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_printf(struct strbuf *b, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0 || !make_room(b, (size_t)n)) {
        b->failed = true;
        return;
    }
    va_start(ap, format);
    vsnprintf(b->text + b->size_bytes, (size_t)n + 1, format, ap);
    va_end(ap);
    b->size_bytes += (size_t)n;
}
