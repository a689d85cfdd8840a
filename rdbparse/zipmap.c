/* zipmap.c -- fields and values of a zipmap, the small hash of Redis before 2.6.
 *
 *      u8 count (254: unknown) | { field length, field, value length, u8 free, value, free bytes }
 * | FF length: one byte 0..253, or FE + u32 LE (below 254 in that form is damage: CVE-2026-25243)
 *
 * Upstream: zipmap.c (zipmapValidateIntegrity), Redis 7.2.  Only RDB 2-3 files hold it.
 */
// SPDX-License-Identifier: MIT
#include "packed.h"

#include "bytes.h"

int zipmap_next(struct packed *w, struct packed_entry *ret_entry)
{
    struct cursor *c = w->cursor;
    const bool is_value = w->entries_seen % 2 == 1;
    const uint8_t *p = cursor_take(c, 1);
    uint64_t n;

    if (!p)
        return packed_fail(w, "zipmap has no end mark");
    n = p[0];
    if (n == 0xFF) {
        if (is_value || cursor_left(c) != 0)
            return packed_fail(w, is_value ? "zipmap ends after a field"
                                           : "zipmap ends before its string does");
        return 0;
    }
    if (n == 0xFE) {
        p = cursor_take(c, 4);
        if (!p)
            return packed_fail(w, "zipmap length is cut short");
        n = load_u32le(p);
        if (n < 254)
            return packed_fail(w, "zipmap length %llu in the long form", (unsigned long long)n);
    }
    w->free_bytes = 0;
    if (is_value) {
        p = cursor_take(c, 1);
        if (!p)
            return packed_fail(w, "zipmap value is cut short");
        w->free_bytes = p[0];
    }
    /* The end mark must still follow. */
    if (n + w->free_bytes >= cursor_left(c))
        return packed_fail(
            w, "zipmap entry %llu needs %llu bytes, %llu left", (unsigned long long)w->entries_seen,
            (unsigned long long)(n + w->free_bytes), (unsigned long long)cursor_left(c));
    *ret_entry = (struct packed_entry){.is_string = true, .size_bytes = n};
    return 1;
}

int zipmap_end_entry(struct packed *w)
{
    if (!cursor_skip(w->cursor, w->free_bytes))
        return packed_fail(w, "zipmap free space is cut short");
    return 0;
}
