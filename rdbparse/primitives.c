/* primitives.c -- lengths and strings, the two things RDB framing is made of.
 *
 *      len   00xxxxxx                 6 bits
 *            01xxxxxx xxxxxxxx        14 bits, big-endian
 *            10000000 + 4 bytes       32 bits, big-endian
 *            10000001 + 8 bytes       64 bits, big-endian (RDB 8)
 *            11tttttt                 a string in special form t
 *
 *      str   len, bytes | C0 i8 | C1 i16 | C2 i32 | C3 clen ulen LZF bytes
 *
 * Upstream: rdb.c (rdbLoadLenByRef, rdbGenericLoadStringObject, rdbLoadLzfStringObject), Redis 7.2.
 * Two points are stricter than upstream: 10xxxxxx with other low bits, and a special form where a
 * count must stand, are corruption (no writer makes either).
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* 3 bytes of LZF give at most 264. */
#define LZF_MAX_RATIO 88

void *parser_realloc(rdbp_parser *p, void *ptr, size_t size_bytes)
{
    if (p->options.reallocate)
        return p->options.reallocate(p->options.reallocate_user, ptr, size_bytes);
    if (size_bytes == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, size_bytes);
}

int parser_reserve(rdbp_parser *p, void **buffer, size_t *capacity, size_t need,
                   size_t element_bytes)
{
    size_t n = *capacity ? *capacity : 256;
    void *grown;

    if (need <= *capacity)
        return 0;
    while (n < need && n <= SIZE_MAX / 2)
        n *= 2;
    grown = n >= need && n <= SIZE_MAX / element_bytes
                ? parser_realloc(p, *buffer, n * element_bytes)
                : NULL;
    if (!grown)
        return fatal(p, RDBP_ERR_NOMEM, reader_offset(p->reader), "out of memory");
    *buffer = grown;
    *capacity = n;
    return 0;
}

int read_u8(rdbp_parser *p, const char *what, uint8_t *ret)
{
    const uint8_t *b = reader_take(p->reader, 1);

    if (!b)
        return fatal_input(p, what);
    *ret = b[0];
    return 0;
}

int read_u64le(rdbp_parser *p, const char *what, uint64_t *ret)
{
    const uint8_t *b = reader_take(p->reader, 8);

    if (!b)
        return fatal_input(p, what);
    *ret = load_u64le(b);
    return 0;
}

/* Reads a length, or tells the special string form (*ret_special 0..63, else -1). */
static int read_len_or_special(rdbp_parser *p, const char *what, uint64_t *ret, int *ret_special)
{
    struct reader *r = p->reader;
    const uint64_t offset = reader_offset(r);
    const uint8_t *b = reader_peek(r, 1);
    uint8_t first;

    if (!b)
        return fatal_input(p, what);
    first = b[0];
    *ret_special = -1;
    switch (first >> 6) {
    case 0:
        *ret = first;
        reader_consume(r, 1);
        return 0;
    case 1:
        b = reader_take(r, 2);
        if (!b)
            return fatal_input(p, what);
        *ret = (uint64_t)(first & 0x3F) << 8 | b[1];
        return 0;
    case 2:
        if (first > 0x81)
            return fatal(p, RDBP_ERR_CORRUPT, offset, "%s: length byte 0x%02x does not exist", what,
                         first);
        b = reader_take(r, first == 0x80 ? 5 : 9);
        if (!b)
            return fatal_input(p, what);
        *ret = first == 0x80 ? load_u32be(b + 1) : load_u64be(b + 1);
        return 0;
    default:
        reader_consume(r, 1);
        *ret = 0;
        *ret_special = first & 0x3F;
        return 0;
    }
}

int read_len_slow(rdbp_parser *p, const char *what, uint64_t *ret)
{
    const uint64_t offset = reader_offset(p->reader);
    int special = -1;

    if (read_len_or_special(p, what, ret, &special) < 0)
        return -1;
    if (special >= 0)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "%s: byte 0x%02x where a length must stand", what,
                     0xC0 | special);
    return 0;
}

int read_count(rdbp_parser *p, const char *what, uint64_t min_bytes, uint64_t *ret)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t n = 0;

    if (read_len(p, what, &n) < 0)
        return -1;
    if (n >> 56 != 0 && n > UINT64_MAX / min_bytes) /* min_bytes < 256: no division for most */
        return fatal(p, RDBP_ERR_CORRUPT, offset, "%s: %llu cannot be", what,
                     (unsigned long long)n);
    if (!reader_may_have(p->reader, n * min_bytes))
        return fatal(p, RDBP_ERR_TRUNCATED, offset,
                     "%s: %llu need at least %llu bytes, fewer are left", what,
                     (unsigned long long)n, (unsigned long long)(n * min_bytes));
    *ret = n;
    return 0;
}

static int read_integer_form(rdbp_parser *p, const char *what, int special, struct str_head *h)
{
    const size_t width = (size_t)1 << special; /* C0, C1, C2: 1, 2, 4 bytes */
    const uint8_t *b = reader_take(p->reader, width);

    if (!b)
        return fatal_input(p, what);
    h->kind = STR_INTEGER;
    h->integer = load_integer_form(b, width);
    h->integer_width = width;
    h->raw_bytes = integer_text_bytes(h->integer);
    return 0;
}

static int read_lzf_form(rdbp_parser *p, const char *what, struct str_head *h)
{
    h->kind = STR_LZF;
    if (read_len(p, what, &h->stored_bytes) < 0 || read_len(p, what, &h->raw_bytes) < 0)
        return -1;
    if (h->stored_bytes == 0 || h->raw_bytes == 0)
        h->impossible = "compressed string of no bytes";
    else if (h->raw_bytes / LZF_MAX_RATIO > h->stored_bytes)
        h->impossible = "compressed string says it expands to more than LZF can";
    return 0;
}

/* A compressed string or an integer that lies in the window whole and says nothing impossible. */
static bool take_window_head(struct reader *r, struct str_head *ret)
{
    const uint8_t *const b = r->pos;
    const size_t window = (size_t)(r->end - r->pos);
    uint64_t stored_bytes = 0, raw_bytes = 0;
    size_t n, more;

    if (window < 1 + 2 * LEN_MAX_SHORT || b[0] < 0xC0 || b[0] > 0xC3)
        return false;
    ret->impossible = NULL;
    if (b[0] != 0xC3) {
        n = (size_t)1 << (b[0] & 3);
        ret->kind = STR_INTEGER;
        ret->integer = load_integer_form(b + 1, n);
        ret->integer_width = n;
        ret->raw_bytes = integer_text_bytes(ret->integer);
        ret->stored_bytes = 0;
        r->pos += 1 + n;
        return true;
    }
    n = decode_short_len(b + 1, &stored_bytes);
    more = decode_short_len(b + 1 + n, &raw_bytes);
    if (n == 0 || more == 0 || stored_bytes == 0 || raw_bytes == 0 ||
        raw_bytes / LZF_MAX_RATIO > stored_bytes || stored_bytes > window - 1 - n - more)
        return false;
    ret->kind = STR_LZF;
    ret->raw_bytes = raw_bytes;
    ret->stored_bytes = stored_bytes;
    r->pos += 1 + n + more;
    return true;
}

int read_str_head_slow(rdbp_parser *p, const char *what, struct str_head *ret)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t len = 0;
    int special = -1, r = 0;

    if (take_window_head(p->reader, ret))
        return 0;
    *ret = (struct str_head){0};
    if (read_len_or_special(p, what, &len, &special) < 0)
        return -1;
    if (special < 0)
        ret->raw_bytes = ret->stored_bytes = len;
    else if (special <= 2)
        r = read_integer_form(p, what, special, ret);
    else if (special == 3)
        r = read_lzf_form(p, what, ret);
    else
        r = fatal(p, RDBP_ERR_CORRUPT, offset, "%s: string form 0x%02x does not exist", what,
                  0xC0 | special);
    if (r < 0)
        return -1;
    if (!reader_may_have(p->reader, ret->stored_bytes))
        return fatal(p, RDBP_ERR_TRUNCATED, offset, "%s needs %llu bytes, fewer are left", what,
                     (unsigned long long)ret->stored_bytes);
    return 0;
}

int skip_str(rdbp_parser *p, const char *what)
{
    struct str_head h;

    if (read_str_head(p, what, &h) < 0)
        return -1;
    return reader_skip(p->reader, h.stored_bytes) < 0 ? fatal_input(p, what) : 0;
}

static int reserve_fixed(rdbp_parser *p, uint8_t **buffer, size_t size_bytes)
{
    if (!*buffer)
        *buffer = parser_realloc(p, NULL, size_bytes);
    return *buffer ? 0 : fatal(p, RDBP_ERR_NOMEM, reader_offset(p->reader), "out of memory");
}

static int open_small_lzf(rdbp_parser *p, const struct str_head *h)
{
    const uint8_t *in = reader_peek(p->reader, (size_t)h->stored_bytes);
    bool ok;

    if (!in)
        return fatal_input(p, "a compressed string");
    if (reserve_fixed(p, &p->scratch, SCRATCH_BYTES) < 0)
        return -1;
    ok = lzf_expand(in, (size_t)h->stored_bytes, p->scratch, (size_t)h->raw_bytes);
    reader_consume(p->reader, (size_t)h->stored_bytes);
    cursor_open_memory(&p->cursor, p->scratch, ok ? (size_t)h->raw_bytes : 0);
    return ok ? 0 : 1;
}

int open_str(rdbp_parser *p, const struct str_head *h)
{
    switch (h->kind) {
    case STR_RAW: cursor_open_file(&p->cursor, p->reader, h->raw_bytes); return 0;
    case STR_INTEGER:
        cursor_open_memory(&p->cursor, (const uint8_t *)p->integer_text,
                           integer_to_text(h->integer, p->integer_text));
        return 0;
    case STR_LZF: break;
    }
    if (h->impossible) {
        cursor_open_memory(&p->cursor, (const uint8_t *)p->integer_text, 0);
        return reader_skip(p->reader, h->stored_bytes) < 0 ? fatal_input(p, "a compressed string")
                                                           : 1;
    }
    if (h->raw_bytes <= SCRATCH_BYTES && h->stored_bytes <= READER_PEEK_MAX)
        return open_small_lzf(p, h);
    if (reserve_fixed(p, &p->lzf_buffer, LZF_STREAM_BUFFER_BYTES) < 0)
        return -1;
    lzf_stream_init(&p->lzf, p->reader, h->stored_bytes, h->raw_bytes, p->lzf_buffer);
    cursor_open_lzf(&p->cursor, &p->lzf);
    return 0;
}

/* Copies up to max_bytes from the open cursor, growing the buffer as data arrives. */
static int copy_out(rdbp_parser *p, const char *what, size_t max_bytes, uint8_t **buffer,
                    size_t *capacity, size_t *ret_size_bytes)
{
    struct cursor *c = &p->cursor;
    size_t done = 0, n;

    while (done < max_bytes && cursor_left(c) > 0) {
        const uint8_t *from = cursor_chunk(c, max_bytes - done, &n);

        if (!from)
            return c->input_failed ? fatal_input(p, what)
                                   : fatal(p, RDBP_ERR_CORRUPT, reader_offset(p->reader),
                                           "%s: compressed bytes are damaged", what);
        if (parser_reserve(p, (void **)buffer, capacity, done + n, 1) < 0)
            return -1;
        memcpy(*buffer + done, from, n);
        c->pos += n;
        done += n;
    }
    *ret_size_bytes = done;
    return 0;
}

int load_str(rdbp_parser *p, const char *what, size_t max_bytes, uint8_t **buffer, size_t *capacity,
             rdbp_slice *ret_slice, uint64_t *ret_total_bytes)
{
    const uint64_t offset = reader_offset(p->reader);
    struct str_head h;
    size_t n = 0;
    int r;

    if (read_str_head(p, what, &h) < 0)
        return -1;
    if (h.kind == STR_RAW && p->reader->is_stable) { /* it stays where it is: no copy */
        n = (size_t)(h.raw_bytes < max_bytes ? h.raw_bytes : max_bytes);
        *ret_slice = (rdbp_slice){p->reader->pos, n};
        *ret_total_bytes = h.raw_bytes;
        return reader_skip(p->reader, h.raw_bytes) < 0 ? fatal_input(p, what) : 0;
    }
    r = open_str(p, &h);
    if (r > 0)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "%s: %s", what,
                     h.impossible ? h.impossible : "compressed bytes are damaged");
    if (r < 0 || copy_out(p, what, max_bytes, buffer, capacity, &n) < 0)
        return -1;
    if (!cursor_close(&p->cursor))
        return fatal_input(p, what);
    *ret_slice = (rdbp_slice){*buffer, n};
    *ret_total_bytes = h.raw_bytes;
    return 0;
}
