/* fuzz_packed.c -- the packed walkers alone: the first byte chooses the format, the rest is the
 * blob; from 128 on blobs are looked for everywhere in it, so that snapshots are a corpus too.
 *
 * Where packed_span() sees an entry whole, the walker must find the same one, and end it where it
 * ends.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "packed.h"
#include "packed_span.h"

/* What the walker found in the entry that packed_span() says it saw. */
static void check_span(const struct packed_span *s, const struct packed_entry *e, size_t text_at)
{
    if (s->is_string != e->is_string)
        abort();
    if (s->is_string ? s->text_bytes != e->size_bytes || s->text_at != text_at
                     : s->integer != e->integer)
        abort();
}

static void walk(enum rdbp_format format, const uint8_t *blob, size_t size_bytes)
{
    struct packed_span span = {0};
    struct packed_entry e = {0};
    struct cursor c;
    struct packed w;
    uint64_t entries = 0;
    bool has_span;
    int r;

    cursor_open_memory(&c, blob, size_bytes);
    if (packed_begin(&w, format, &c) < 0)
        return;
    for (;;) {
        const uint8_t *const start = c.pos;

        has_span = packed_span(&w, start, (size_t)(c.end - start), &span);
        r = packed_next(&w, &e);
        if (has_span && r != 1)
            abort();
        if (r != 1)
            break;
        if (has_span)
            check_span(&span, &e, (size_t)(c.pos - start));
        if (e.is_string && !cursor_skip(&c, e.size_bytes))
            abort(); /* the walker has promised that they are there */
        r = packed_end_entry(&w);
        if (has_span && (r < 0 || (size_t)(c.pos - start) != span.size_bytes))
            abort();
        if (r < 0)
            break;
        if (++entries > size_bytes)
            abort(); /* every entry takes at least a byte */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    enum rdbp_format format;

    if (size_bytes < 2)
        return 0;
    format = (enum rdbp_format)(1 + data[0] % 5);
    walk(format, data + 1, size_bytes - 1);
    /* Blobs somewhere in a snapshot: these formats begin with their size. */
    for (size_t i = 2; i + 4 < size_bytes && data[0] >= 128; i++) {
        const size_t n = load_u32le(data + i);

        if (n <= size_bytes - i)
            walk(format, data + i, n);
    }
    return 0;
}
