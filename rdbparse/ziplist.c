/* ziplist.c -- one ziplist entry after another.
 *
 *      entry = prevlen | encoding | data
 *      prevlen   1 byte 0..253, or FE + u32 LE; FF here is the end of the list
 *      encoding  00pppppp                  string, 6-bit length
 *                01pppppp qqqqqqqq         string, 14-bit length, big-endian
 *                10______ + 4 bytes        string, 32-bit length, big-endian
 *                C0 i16 | D0 i32 | E0 i64 | F0 i24 | FE i8 | F1..FD immediate 0..12
 *
 * prevlen must be the real size of the entry before (0 for the first), zltail must point at the
 * last entry.  Upstream: ziplist.c (zipEntrySafe, ziplistValidateIntegrity), Redis 6.2 and 7.2. RDB
 * versions 2-9; integers of 24 and 8 bits and immediates came with RDB 6 and are accepted in any.
 */
// SPDX-License-Identifier: MIT
#include "packed.h"

#include "bytes.h"

/* Width and sign of the integer encodings; 0 bytes: not an integer encoding. */
static size_t integer_bytes(uint8_t encoding)
{
    switch (encoding) {
    case 0xC0: return 2;
    case 0xD0: return 4;
    case 0xE0: return 8;
    case 0xF0: return 3;
    case 0xFE: return 1;
    default: return 0;
    }
}

static int read_integer(struct packed *w, uint8_t encoding, struct packed_entry *ret_entry)
{
    const size_t n = integer_bytes(encoding);
    const uint8_t *p;
    uint64_t v = 0;

    if (encoding >= 0xF1 && encoding <= 0xFD) {
        *ret_entry = (struct packed_entry){.integer = (encoding & 0x0F) - 1};
        return 1;
    }
    if (n == 0)
        return packed_fail(w, "ziplist entry %llu: encoding byte 0x%02x does not exist",
                           (unsigned long long)w->entries_seen, encoding);
    p = cursor_take(w->cursor, n);
    if (!p)
        return packed_fail(w, "ziplist entry %llu needs %zu bytes, %llu left",
                           (unsigned long long)w->entries_seen, n,
                           (unsigned long long)cursor_left(w->cursor));
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    *ret_entry = (struct packed_entry){.integer = sign_extend(v, 8 * (unsigned)n)};
    return 1;
}

static int read_string(struct packed *w, uint8_t encoding, struct packed_entry *ret_entry)
{
    struct cursor *c = w->cursor;
    const uint8_t *p;
    uint64_t n = encoding & 0x3F;

    if (encoding >> 6 == 1) {
        p = cursor_take(c, 1);
        n = p ? n << 8 | p[0] : 0;
    } else if (encoding >> 6 == 2) {
        p = cursor_take(c, 4);
        n = p ? load_u32be(p) : 0;
    } else {
        p = c->pos;
    }
    /* The end mark must still follow the string. */
    if (!p || n >= cursor_left(c))
        return packed_fail(w, "ziplist entry %llu needs %llu bytes, %llu left",
                           (unsigned long long)w->entries_seen, (unsigned long long)n,
                           (unsigned long long)cursor_left(c));
    *ret_entry = (struct packed_entry){.is_string = true, .size_bytes = n};
    return 1;
}

static int read_end(struct packed *w)
{
    if (cursor_left(w->cursor) != 0)
        return packed_fail(w, "ziplist ends %llu bytes before its string does",
                           (unsigned long long)cursor_left(w->cursor));
    if (w->tail_offset != w->last_offset)
        return packed_fail(w, "ziplist tail offset %llu, the last entry is at %llu",
                           (unsigned long long)w->tail_offset, (unsigned long long)w->last_offset);
    return 0;
}

int ziplist_next(struct packed *w, struct packed_entry *ret_entry)
{
    struct cursor *c = w->cursor;
    const uint8_t *p = cursor_take(c, 1);
    uint64_t prevlen;

    if (!p)
        return packed_fail(w, "ziplist has no end mark");
    if (p[0] == 0xFF)
        return read_end(w);
    prevlen = p[0];
    if (prevlen == 0xFE) {
        p = cursor_take(c, 4);
        prevlen = p ? load_u32le(p) : 0;
    }
    if (p && prevlen != w->previous_bytes)
        return packed_fail(w, "ziplist entry %llu says the one before has %llu bytes, it has %llu",
                           (unsigned long long)w->entries_seen, (unsigned long long)prevlen,
                           (unsigned long long)w->previous_bytes);
    p = p ? cursor_take(c, 1) : NULL;
    if (!p)
        return packed_fail(w, "ziplist entry %llu is cut short",
                           (unsigned long long)w->entries_seen);
    w->last_offset = w->entry_offset;
    return p[0] < 0xC0 ? read_string(w, p[0], ret_entry) : read_integer(w, p[0], ret_entry);
}

int ziplist_end_entry(struct packed *w)
{
    w->previous_bytes = cursor_offset(w->cursor) - w->entry_offset;
    return 0;
}
