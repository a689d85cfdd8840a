/* weigh_string.c -- what a string value weighs.
 *
 * A load tries to make every string smaller (object.c: tryObjectEncoding(), Redis 7.2): the
 * canonical text of an int64 becomes an integer inside the object, up to 44 bytes live in one
 * allocation with the object, longer ones have a buffer of their own.  How the file stores the
 * string plays no part.
 *
 * Integers 0..9999 point to objects that exist since startup: MEMORY USAGE counts one all the same,
 * the allocator gives nothing.  (Servers with maxmemory and an LRU or LFU policy do not share them;
 * the defaults have no maxmemory.)
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

struct weight weigh_string(const struct memory_model *m, uint64_t n, const int64_t *integer)
{
    struct weight w = {.note = SIZE_EXACT};

    if (integer != NULL) {
        w.encoding = ENCODING_INT;
        w.bytes = OBJECT_BYTES;
        if (*integer < 0 || *integer >= SHARED_INTEGERS)
            w.alloc_bytes = m->alloc_size(OBJECT_BYTES);
    } else if (n <= EMBSTR_MAX_BYTES) {
        w.encoding = ENCODING_EMBSTR;
        w.bytes = w.alloc_bytes = m->alloc_size(n + EMBSTR_OVERHEAD_BYTES);
    } else {
        w.encoding = ENCODING_RAW;
        w.bytes = OBJECT_BYTES + sds_bytes(m, n);
        w.alloc_bytes = m->alloc_size(OBJECT_BYTES) + sds_bytes(m, n);
    }
    return w;
}
