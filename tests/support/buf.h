/* buf.h -- a growing byte buffer for test programs.
 *
 * Running out of memory ends the program: these are tools of the tests, not part of the product.
 */
#ifndef TESTS_SUPPORT_BUF_H
#define TESTS_SUPPORT_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *bytes; /* owned; NULL while empty */
    size_t size_bytes;
    size_t capacity_bytes;
};

void buf_done(struct buf *b); /* frees the content and leaves an empty buffer */
void buf_clear(struct buf *b);
void buf_reserve(struct buf *b, size_t more_bytes); /* room at bytes + size_bytes */
void buf_add(struct buf *b, const void *bytes, size_t size_bytes);
void buf_add_buf(struct buf *b, const struct buf *from);
void buf_add_str(struct buf *b, const char *text);
void buf_add_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void buf_add_repeat(struct buf *b, uint8_t byte, size_t count);
static inline void buf_add_u8(struct buf *b, uint8_t v)
{
    if (b->size_bytes == b->capacity_bytes)
        buf_reserve(b, 1);
    b->bytes[b->size_bytes++] = v;
}
/* The low size_bytes (1..8) bytes of v, least or most significant first. */
void buf_add_le(struct buf *b, uint64_t v, size_t size_bytes);
void buf_add_be(struct buf *b, uint64_t v, size_t size_bytes);
void buf_add_f64(struct buf *b, double v); /* IEEE-754, little-endian */
void buf_add_f32(struct buf *b, float v);
/* Reads a file whole; returns 0, or -1 with errno set. */
int buf_read_file(struct buf *b, const char *path);
int buf_write_file(const struct buf *b, const char *path);

#endif
