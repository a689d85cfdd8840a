/* buf.c -- a growing byte buffer for test programs.
 *
 * Doubling growth, explicit byte order: what the RDB writer and the JSON renderers append to.
 */
// SPDX-License-Identifier: MIT
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(struct buf *b, size_t more_bytes)
{
    size_t capacity = b->capacity_bytes ? b->capacity_bytes : 256;

    while (capacity - b->size_bytes < more_bytes)
        capacity *= 2;
    if (capacity == b->capacity_bytes)
        return;
    b->bytes = realloc(b->bytes, capacity);
    if (!b->bytes) {
        fprintf(stderr, "out of memory\n");
        exit(99);
    }
    b->capacity_bytes = capacity;
}

void buf_done(struct buf *b)
{
    free(b->bytes);
    memset(b, 0, sizeof(*b));
}

void buf_clear(struct buf *b)
{
    b->size_bytes = 0;
}

void buf_add(struct buf *b, const void *bytes, size_t size_bytes)
{
    if (size_bytes == 0)
        return;
    buf_reserve(b, size_bytes);
    memcpy(b->bytes + b->size_bytes, bytes, size_bytes);
    b->size_bytes += size_bytes;
}

void buf_add_buf(struct buf *b, const struct buf *from)
{
    buf_add(b, from->bytes, from->size_bytes);
}

void buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_format(struct buf *b, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    buf_reserve(b, (size_t)n + 1);
    va_start(args, format);
    vsnprintf((char *)b->bytes + b->size_bytes, (size_t)n + 1, format, args);
    va_end(args);
    b->size_bytes += (size_t)n;
}

void buf_add_repeat(struct buf *b, uint8_t byte, size_t count)
{
    buf_reserve(b, count);
    memset(b->bytes + b->size_bytes, byte, count);
    b->size_bytes += count;
}

void buf_add_le(struct buf *b, uint64_t v, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        buf_add_u8(b, (uint8_t)(v >> (8 * i)));
}

void buf_add_be(struct buf *b, uint64_t v, size_t size_bytes)
{
    for (size_t i = size_bytes; i > 0; i--)
        buf_add_u8(b, (uint8_t)(v >> (8 * (i - 1))));
}

void buf_add_f64(struct buf *b, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    buf_add_le(b, bits, 8);
}

void buf_add_f32(struct buf *b, float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    buf_add_le(b, bits, 4);
}

int buf_read_file(struct buf *b, const char *path)
{
    uint8_t chunk[65536];
    FILE *f = fopen(path, "rb");
    size_t n;
    int r = 0;

    if (!f)
        return -1;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(b, chunk, n);
    if (ferror(f))
        r = -1;
    fclose(f);
    return r;
}

int buf_write_file(const struct buf *b, const char *path)
{
    FILE *f = fopen(path, "wb");
    int r = 0;

    if (!f)
        return -1;
    if (b->size_bytes && fwrite(b->bytes, 1, b->size_bytes, f) != b->size_bytes)
        r = -1;
    if (fclose(f) != 0)
        r = -1;
    return r;
}
