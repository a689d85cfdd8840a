/* fuzz_packed.c -- the packed walkers alone: the first byte chooses the format, the rest is the
 * blob. */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>

#include "packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct packed_entry e;
    struct cursor c;
    struct packed w;
    uint64_t entries = 0;

    if (size_bytes < 2)
        return 0;
    cursor_open_memory(&c, data + 1, size_bytes - 1);
    if (packed_begin(&w, (enum rdbp_format)(1 + data[0] % 5), &c) < 0)
        return 0;
    while (packed_next(&w, &e) == 1) {
        if (e.is_string && !cursor_skip(&c, e.size_bytes))
            abort(); /* the walker has promised that they are there */
        if (packed_end_entry(&w) < 0)
            break;
        if (++entries > size_bytes)
            abort(); /* every entry takes at least a byte */
    }
    return 0;
}
