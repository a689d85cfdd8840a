/* packed_span.h -- packed entries that lie in memory whole, without the walker's steps.
 *
 *      pos                        next                          end
 *       | head | text, if any | tail | head | ...                |
 *              ^ text_at             ^ size_bytes
 *
 * A walker (packed.h) takes an entry in three steps, each of which may have to ask for more bytes.
 * Nearly all entries lie in the window whole; packed_span() sees such a one in a single look.  It
 * knows no errors: what it does not take for granted (the end, an entry at the window's border, a
 * length of five bytes, anything damaged) it leaves to the walker, which reads the same bytes with
 * all its checks.
 */
#ifndef RDBPARSE_PACKED_SPAN_H
#define RDBPARSE_PACKED_SPAN_H

#include "bytes.h"
#include "packed.h"

struct packed_span {
    bool is_string;
    int64_t integer;   /* if !is_string */
    size_t text_bytes; /* if is_string, and */
    size_t text_at;    /* where they begin */
    size_t size_bytes; /* of the entry */
};

static inline void set_integer(struct packed_span *s, uint64_t v, unsigned bits, size_t size_bytes)
{
    s->is_string = false;
    s->integer = sign_extend(v, bits);
    s->size_bytes = size_bytes;
}

static inline void set_text(struct packed_span *s, size_t at, size_t n)
{
    s->is_string = true;
    s->integer = 0;
    s->text_at = at;
    s->text_bytes = n;
    s->size_bytes = at + n;
}

/* Encoding and data; left is at least 2, and what is found may still reach beyond it. */
static inline bool listpack_body(const uint8_t *b, size_t left, struct packed_span *s)
{
    if (b[0] < 0x80) {
        set_integer(s, b[0], 64, 1);
        return true;
    }
    if (b[0] < 0xC0) {
        set_text(s, 1, b[0] & 0x3F);
        return true;
    }
    if (b[0] < 0xE0) {
        set_integer(s, (uint64_t)(b[0] & 0x1F) << 8 | b[1], 13, 2);
        return true;
    }
    if (b[0] < 0xF0) {
        set_text(s, 2, (size_t)(b[0] & 0x0F) << 8 | b[1]);
        return true;
    }
    if (left < 9)
        return false;
    switch (b[0]) {
    case 0xF0:
        if (load_u32le(b + 1) > left) /* else the sum may wrap where size_t has 32 bits */
            return false;
        set_text(s, 5, load_u32le(b + 1));
        return true;
    case 0xF1: set_integer(s, load_u16le(b + 1), 16, 3); return true;
    case 0xF2: set_integer(s, load_u24le(b + 1), 24, 4); return true;
    case 0xF3: set_integer(s, load_u32le(b + 1), 32, 5); return true;
    case 0xF4: set_integer(s, load_u64le(b + 1), 64, 9); return true;
    default: return false;
    }
}

static inline bool listpack_span(const uint8_t *b, size_t left, struct packed_span *s)
{
    size_t n;

    if (left < 3 || !listpack_body(b, left, s))
        return false;
    n = s->size_bytes;
    if (n <= 127) {
        s->size_bytes = n + 1;
        return n + 1 < left && b[n] == n;
    }
    s->size_bytes = n + 2;
    return n < 16383 && n + 2 < left && b[n] == n >> 7 && b[n + 1] == (0x80 | (n & 0x7F));
}

/* previous_bytes: size of the entry before, 0 for the first. */
static inline bool ziplist_span(const uint8_t *b, size_t left, uint64_t previous_bytes,
                                struct packed_span *s)
{
    if (left < 3 || b[0] != previous_bytes || b[0] >= 0xFE)
        return false;
    if (b[1] < 0x40)
        set_text(s, 2, b[1]);
    else if (b[1] < 0x80)
        set_text(s, 3, (size_t)(b[1] & 0x3F) << 8 | b[2]);
    else if (b[1] >= 0xF1 && b[1] <= 0xFD)
        set_integer(s, (uint64_t)(b[1] & 0x0F) - 1, 64, 2);
    else if (left < 11)
        return false;
    else if (b[1] == 0xFE)
        set_integer(s, b[2], 8, 3);
    else if (b[1] == 0xC0)
        set_integer(s, load_u16le(b + 2), 16, 4);
    else if (b[1] == 0xF0)
        set_integer(s, load_u24le(b + 2), 24, 5);
    else if (b[1] == 0xD0)
        set_integer(s, load_u32le(b + 2), 32, 6);
    else if (b[1] == 0xE0)
        set_integer(s, load_u64le(b + 2), 64, 10);
    else
        return false;
    return s->size_bytes < left;
}

static inline bool intset_span(const uint8_t *b, size_t left, const struct packed *w,
                               struct packed_span *s)
{
    const unsigned n = w->int_bytes;

    if (left < n)
        return false;
    set_integer(s, n == 2 ? load_u16le(b) : n == 4 ? load_u32le(b) : load_u64le(b), 8 * n, n);
    return w->entries_seen == 0 || s->integer > w->previous_integer;
}

/* The entry at b of a walker that has none half done; false: ask packed_next(). */
static inline bool packed_span(const struct packed *w, const uint8_t *b, size_t left,
                               struct packed_span *ret_span)
{
    if (w->has_count && w->entries_seen >= w->entry_count)
        return false;
    switch (w->format) {
    case RDBP_FORMAT_LISTPACK:
    case RDBP_FORMAT_STREAM_LISTPACK: return listpack_span(b, left, ret_span);
    case RDBP_FORMAT_ZIPLIST: return ziplist_span(b, left, w->previous_bytes, ret_span);
    case RDBP_FORMAT_INTSET: return intset_span(b, left, w, ret_span);
    default: return false;
    }
}

/* The walker goes past that entry, which begins at offset in the blob; the caller moves the cursor.
 */
static inline void packed_pass(struct packed *w, const struct packed_span *s, uint64_t offset)
{
    w->entries_seen++;
    w->previous_bytes = s->size_bytes;
    w->last_offset = offset;
    w->previous_integer = s->integer;
}

#endif
