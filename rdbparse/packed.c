/* packed.c -- what the packed formats share: heads, dispatch, and integers in text form.
 *
 *      ziplist   u32 zlbytes | u32 zltail | u16 zllen | entries | FF
 *      listpack  u32 total   | u16 count              | entries | FF
 *      intset    u32 width   | u32 count              | integers
 *      zipmap    u8 count                             | entries | FF
 *
 * All little-endian.  A count of 0xFFFF (zipmap: 254) means "walk to know".  Upstream: ziplist.c,
 * listpack.c, intset.c, zipmap.c of Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "packed.h"

#include <stdarg.h>
#include <stdio.h>

#include "bytes.h"

int packed_fail(struct packed *w, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(w->message, sizeof w->message, format, ap);
    va_end(ap);
    return -1;
}

static const char *format_name(enum rdbp_format format)
{
    static const char *const names[RDBP_FORMAT_COUNT_] = {"string", "ziplist", "listpack",
                                                          "intset", "zipmap",  "stream listpack"};
    return names[format];
}

/* Bytes of header, and the least a blob of the format can have. */
static void format_sizes(enum rdbp_format format, size_t *ret_head_bytes, size_t *ret_min_bytes)
{
    static const uint8_t head_bytes[RDBP_FORMAT_COUNT_] = {0, 10, 6, 8, 1, 6};
    static const uint8_t min_bytes[RDBP_FORMAT_COUNT_] = {0, 11, 7, 8, 2, 7};

    *ret_head_bytes = head_bytes[format];
    *ret_min_bytes = min_bytes[format];
}

/* entry_count entries of at least entry_bytes each must fit beside the frame. */
static bool count_fits(const struct packed_head *h, uint64_t raw_bytes, uint64_t frame_bytes,
                       uint64_t entry_bytes)
{
    return !h->has_count || h->entry_count <= (raw_bytes - frame_bytes) / entry_bytes;
}

bool packed_read_head(enum rdbp_format format, const uint8_t *head, size_t head_bytes,
                      uint64_t raw_bytes, struct packed_head *ret_head, char *message,
                      size_t message_size)
{
    struct packed_head h = {0};
    uint64_t total = raw_bytes;
    size_t need, min_bytes;
    bool fits = true;

    format_sizes(format, &need, &min_bytes);
    if (raw_bytes < min_bytes || head_bytes < need) {
        snprintf(message, message_size, "%s of %llu bytes, the least is %zu", format_name(format),
                 (unsigned long long)raw_bytes, min_bytes);
        return false;
    }
    switch (format) {
    case RDBP_FORMAT_ZIPLIST:
        total = load_u32le(head);
        h.entry_count = load_u16le(head + 8);
        h.has_count = h.entry_count != UINT16_MAX;
        fits = count_fits(&h, raw_bytes, 11, 2);
        break;
    case RDBP_FORMAT_LISTPACK:
    case RDBP_FORMAT_STREAM_LISTPACK:
        total = load_u32le(head);
        h.entry_count = load_u16le(head + 4);
        h.has_count = h.entry_count != UINT16_MAX;
        fits = count_fits(&h, raw_bytes, 7, 2);
        break;
    case RDBP_FORMAT_INTSET:
        h.int_bytes = load_u32le(head);
        h.entry_count = load_u32le(head + 4);
        h.has_count = true;
        if (h.int_bytes != 2 && h.int_bytes != 4 && h.int_bytes != 8) {
            snprintf(message, message_size, "intset of %u-byte integers, must be 2, 4 or 8",
                     (unsigned)h.int_bytes);
            return false;
        }
        total = 8 + (uint64_t)h.int_bytes * h.entry_count;
        break;
    case RDBP_FORMAT_ZIPMAP:
        h.entry_count = 2 * (uint64_t)head[0];
        h.has_count = head[0] < 254;
        fits = count_fits(&h, raw_bytes, 2, 1);
        break;
    case RDBP_FORMAT_STRING:
    case RDBP_FORMAT_COUNT_: break;
    }
    if (total != raw_bytes) {
        snprintf(message, message_size, "%s says it has %llu bytes, its string has %llu",
                 format_name(format), (unsigned long long)total, (unsigned long long)raw_bytes);
        return false;
    }
    if (!fits) {
        snprintf(message, message_size, "%s of %llu bytes says it has %llu entries",
                 format_name(format), (unsigned long long)raw_bytes,
                 (unsigned long long)h.entry_count);
        return false;
    }
    /* Lists, sets, sorted sets and hashes may be empty in a file (servers drop them); these two
     * formats may not: a server refuses the whole file. */
    if ((format == RDBP_FORMAT_INTSET && h.entry_count == 0) ||
        (format == RDBP_FORMAT_ZIPMAP && raw_bytes == min_bytes)) {
        snprintf(message, message_size, "%s without elements", format_name(format));
        return false;
    }
    *ret_head = h;
    return true;
}

int packed_begin(struct packed *w, enum rdbp_format format, struct cursor *c)
{
    const uint64_t raw_bytes = cursor_left(c);
    size_t head_bytes, min_bytes;
    struct packed_head h;
    const uint8_t *head;

    format_sizes(format, &head_bytes, &min_bytes);
    *w = (struct packed){.format = format, .cursor = c};
    if (raw_bytes < min_bytes)
        return packed_fail(w, "%s of %llu bytes, the least is %zu", format_name(format),
                           (unsigned long long)raw_bytes, min_bytes);
    head = cursor_take(c, head_bytes);
    if (!head)
        return packed_fail(w, "%s head cannot be read", format_name(format));
    if (!packed_read_head(format, head, head_bytes, raw_bytes, &h, w->message, sizeof w->message))
        return -1;
    w->has_count = h.has_count;
    w->entry_count = h.entry_count;
    w->int_bytes = h.int_bytes;
    w->tail_offset = format == RDBP_FORMAT_ZIPLIST ? load_u32le(head + 4) : 0;
    w->last_offset = head_bytes; /* an empty ziplist's tail points behind its head */
    w->previous_integer = INT64_MIN;
    return 0;
}

int packed_next(struct packed *w, struct packed_entry *ret_entry)
{
    int r = -1;

    w->entry_offset = cursor_offset(w->cursor);
    switch (w->format) {
    case RDBP_FORMAT_ZIPLIST: r = ziplist_next(w, ret_entry); break;
    case RDBP_FORMAT_LISTPACK:
    case RDBP_FORMAT_STREAM_LISTPACK: r = listpack_next(w, ret_entry); break;
    case RDBP_FORMAT_INTSET: r = intset_next(w, ret_entry); break;
    case RDBP_FORMAT_ZIPMAP: r = zipmap_next(w, ret_entry); break;
    case RDBP_FORMAT_STRING:
    case RDBP_FORMAT_COUNT_: break;
    }
    if (r > 0) {
        w->entries_seen++;
        if (w->has_count && w->entries_seen > w->entry_count)
            return packed_fail(w, "more than the %llu entries its head says",
                               (unsigned long long)w->entry_count);
    } else if (r == 0 && w->has_count && w->entries_seen != w->entry_count) {
        return packed_fail(w, "%llu entries, its head says %llu",
                           (unsigned long long)w->entries_seen, (unsigned long long)w->entry_count);
    }
    return r;
}

int packed_end_entry(struct packed *w)
{
    switch (w->format) {
    case RDBP_FORMAT_ZIPLIST: return ziplist_end_entry(w);
    case RDBP_FORMAT_LISTPACK:
    case RDBP_FORMAT_STREAM_LISTPACK: return listpack_end_entry(w);
    case RDBP_FORMAT_ZIPMAP: return zipmap_end_entry(w);
    case RDBP_FORMAT_INTSET:
    case RDBP_FORMAT_STRING:
    case RDBP_FORMAT_COUNT_: break;
    }
    return 0;
}

bool parse_canonical_integer(const uint8_t *text, size_t n, int64_t *ret_integer)
{
    const bool negative = n > 0 && text[0] == '-';
    uint64_t v = 0;
    size_t i = negative ? 1 : 0;

    if (n == i || n > 20)
        return false;
    if (text[i] == '0') {
        if (n != 1)
            return false;
        *ret_integer = 0;
        return true;
    }
    for (; i < n; i++) {
        const unsigned digit = (unsigned)text[i] - '0';

        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_integer = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

size_t integer_text_bytes(int64_t v)
{
    static const uint64_t powers_of_10[] = {
        UINT64_C(0),
        UINT64_C(10),
        UINT64_C(100),
        UINT64_C(1000),
        UINT64_C(10000),
        UINT64_C(100000),
        UINT64_C(1000000),
        UINT64_C(10000000),
        UINT64_C(100000000),
        UINT64_C(1000000000),
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    const uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    /* By the number of bits, of which 1233 / 4096 is log10(2): one too few at a power of ten. */
    const unsigned bits = 64 - (unsigned)__builtin_clzll(u | 1);
    const size_t n = bits * 1233 >> 12;

    return n + (u >= powers_of_10[n]) + (v < 0);
}

/* Two digits a division. */
size_t integer_to_text(int64_t v, char *out)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    const size_t n = integer_text_bytes(v);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    char *at = out + n;

    for (; u >= 10; u /= 100)
        memcpy(at -= 2, pairs + u % 100 * 2, 2);
    if (at - out > (v < 0)) /* an odd number of digits */
        *--at = (char)('0' + u);
    if (v < 0)
        out[0] = '-';
    return n;
}
