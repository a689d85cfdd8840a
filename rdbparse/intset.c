/* intset.c -- the integers of an intset.
 *
 *      u32 width (2, 4, 8) | u32 count | count x signed LE integers, strictly ascending
 *
 * The head (packed.c) has already proved that count x width is exactly what follows.  Upstream:
 * intset.c (intsetValidateIntegrity), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "packed.h"

int intset_next(struct packed *w, struct packed_entry *ret_entry)
{
    const uint8_t *p;
    uint64_t v = 0;
    int64_t integer;

    if (w->entries_seen == w->entry_count)
        return 0;
    p = cursor_take(w->cursor, w->int_bytes);
    if (!p)
        return packed_fail(w, "intset is cut short at integer %llu",
                           (unsigned long long)w->entries_seen);
    for (unsigned i = 0; i < w->int_bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    integer = w->int_bytes == 2 ? (int16_t)v : w->int_bytes == 4 ? (int32_t)v : (int64_t)v;
    if (w->entries_seen > 0 && integer <= w->previous_integer)
        return packed_fail(w, "intset integer %llu is not above the one before",
                           (unsigned long long)w->entries_seen);
    w->previous_integer = integer;
    *ret_entry = (struct packed_entry){.integer = integer};
    return 1;
}
