/* listpack.c -- one listpack entry after another.
 *
 *      entry = encoding + data | backlen
 *      0xxxxxxx              uint 0..127
 *      10xxxxxx              string, 6-bit length
 *      110xxxxx xxxxxxxx     13-bit signed integer
 *      1110xxxx xxxxxxxx     string, 12-bit length
 *      F0 u32 LE             string, 32-bit length
 *      F1 i16 | F2 i24 | F3 i32 | F4 i64      little-endian
 *      FF                    end
 *
 * backlen holds the size of encoding + data in 7-bit groups, most significant first; all bytes but
 * the leftmost have the top bit set.  Width by size: <= 127: 1, <= 16383: 2, <= 2097151: 3, <=
 * 268435455: 4, else 5.  Until May 2026 (redis #15151) writers compared with < at the last three
 * limits, so entries of exactly 16383, 2097151 or 268435455 bytes may carry one byte more: both are
 * read.  Upstream: listpack.c (lpGet, lpDecodeBacklen, lpValidateNext), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "packed.h"

#include "bytes.h"

static int cut_short(struct packed *w, uint64_t needs_bytes)
{
    return packed_fail(w, "listpack entry %llu needs %llu bytes, %llu left",
                       (unsigned long long)w->entries_seen, (unsigned long long)needs_bytes,
                       (unsigned long long)cursor_left(w->cursor));
}

static int read_string(struct packed *w, uint64_t header_bytes, uint64_t n,
                       struct packed_entry *ret_entry)
{
    /* Back length and end mark must still follow. */
    if (cursor_left(w->cursor) < 2 || n > cursor_left(w->cursor) - 2)
        return cut_short(w, n + 2);
    w->body_bytes = header_bytes + n;
    *ret_entry = (struct packed_entry){.is_string = true, .size_bytes = n};
    return 1;
}

static int read_integer(struct packed *w, size_t n, struct packed_entry *ret_entry)
{
    const uint8_t *p = cursor_take(w->cursor, n);
    uint64_t v = 0;

    if (!p)
        return cut_short(w, n);
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    w->body_bytes = 1 + n;
    *ret_entry = (struct packed_entry){.integer = sign_extend(v, 8 * (unsigned)n)};
    return 1;
}

/* The encodings of two bytes and more, 0xC0 and up. */
static int read_long(struct packed *w, uint8_t first, struct packed_entry *ret_entry)
{
    struct cursor *c = w->cursor;
    const uint8_t *p;

    if (first < 0xF0) {
        p = cursor_take(c, 1);
        if (!p)
            return cut_short(w, 1);
        if (first >= 0xE0)
            return read_string(w, 2, (uint64_t)(first & 0x0F) << 8 | p[0], ret_entry);
        w->body_bytes = 2;
        *ret_entry =
            (struct packed_entry){.integer = sign_extend((uint64_t)(first & 0x1F) << 8 | p[0], 13)};
        return 1;
    }
    switch (first) {
    case 0xF0:
        p = cursor_take(c, 4);
        return p ? read_string(w, 5, load_u32le(p), ret_entry) : cut_short(w, 4);
    case 0xF1: return read_integer(w, 2, ret_entry);
    case 0xF2: return read_integer(w, 3, ret_entry);
    case 0xF3: return read_integer(w, 4, ret_entry);
    case 0xF4: return read_integer(w, 8, ret_entry);
    default:
        return packed_fail(w, "listpack entry %llu: encoding byte 0x%02x does not exist",
                           (unsigned long long)w->entries_seen, first);
    }
}

int listpack_next(struct packed *w, struct packed_entry *ret_entry)
{
    struct cursor *c = w->cursor;
    const uint8_t *p = cursor_take(c, 1);

    if (!p)
        return packed_fail(w, "listpack has no end mark");
    if (p[0] == 0xFF) {
        if (cursor_left(c) != 0)
            return packed_fail(w, "listpack ends %llu bytes before its string does",
                               (unsigned long long)cursor_left(c));
        return 0;
    }
    if (p[0] < 0x80) {
        w->body_bytes = 1;
        *ret_entry = (struct packed_entry){.integer = p[0]};
        return 1;
    }
    if (p[0] < 0xC0)
        return read_string(w, 1, p[0] & 0x3F, ret_entry);
    return read_long(w, p[0], ret_entry);
}

static unsigned backlen_width(uint64_t body_bytes)
{
    return body_bytes <= 127         ? 1
           : body_bytes <= 16383     ? 2
           : body_bytes <= 2097151   ? 3
           : body_bytes <= 268435455 ? 4
                                     : 5;
}

static uint64_t decode_backlen(const uint8_t *p, unsigned width)
{
    uint64_t v = p[0];

    if (v & 0x80)
        return UINT64_MAX; /* the leftmost byte has no continuation bit */
    for (unsigned i = 1; i < width; i++) {
        if (!(p[i] & 0x80))
            return UINT64_MAX;
        v = v << 7 | (p[i] & 0x7F);
    }
    return v;
}

int listpack_end_entry(struct packed *w)
{
    const uint64_t n = w->body_bytes;
    const unsigned width = backlen_width(n);
    const bool quirk = n == 16383 || n == 2097151 || n == 268435455;

    for (unsigned extra = 0; extra <= (quirk ? 1u : 0u); extra++) {
        const uint8_t *p = cursor_peek(w->cursor, width + extra);

        if (!p)
            return cut_short(w, width + extra);
        if (decode_backlen(p, width + extra) == n) {
            w->cursor->pos += width + extra;
            return 0;
        }
    }
    return packed_fail(w, "listpack entry %llu of %llu bytes has another back length",
                       (unsigned long long)w->entries_seen - 1, (unsigned long long)n);
}
