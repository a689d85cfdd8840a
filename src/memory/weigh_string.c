/* weigh_string.c -- what a string value weighs.
 *
 * A load tries to make every string smaller (object.c: tryObjectEncoding()): the canonical text of
 * an int64 becomes an integer inside the object, up to 44 bytes live in one allocation with the
 * object, longer ones have a buffer of their own.  How the file stores the string plays no part,
 * but for 4.0: that turns the text of an integer into one in place and keeps the text's room.
 *
 * Integers 0..9999 point to objects that exist since startup: MEMORY USAGE counts one all the same,
 * the allocator gives nothing.  Servers with a maxmemory and an LRU or LFU policy do not share
 * them, as each key needs its own clock; 4.0 shares those that the file stores as integers even so.
 *
 * Upstream: object.c: tryObjectEncoding(), createStringObjectFromLongLongWithOptions(); rdb.c:
 * rdbLoadIntegerObject(), Redis 4.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

/* Whether a saving server stores the integer as such: rdb.c: rdbEncodeInteger(). */
static bool is_stored_as_integer(int64_t v)
{
    return v >= INT32_MIN && v <= INT32_MAX;
}

static struct weight weigh_integer(const struct memory_model *m, uint64_t n, int64_t v,
                                   bool has_private_integers)
{
    struct weight w = {.encoding = ENCODING_INT, .note = SIZE_EXACT, .bytes = OBJECT_BYTES};

    if (v >= 0 && v < SHARED_INTEGERS &&
        (!has_private_integers || m->version->shares_stored_integers))
        return w;
    if (m->version->keeps_embstr_of_integers && !is_stored_as_integer(v))
        w.alloc_bytes = m->alloc_size(n + EMBSTR_OVERHEAD_BYTES);
    else
        w.alloc_bytes = m->alloc_size(OBJECT_BYTES);
    return w;
}

struct weight weigh_string(const struct memory_model *m, uint64_t n, const int64_t *integer,
                           bool has_private_integers)
{
    struct weight w = {.note = SIZE_EXACT};
    struct string_bytes text = {0};

    if (integer != NULL)
        return weigh_integer(m, n, *integer, has_private_integers);
    if (n <= EMBSTR_MAX_BYTES) {
        w.encoding = m->version->has_embstr ? ENCODING_EMBSTR : ENCODING_RAW;
        w.alloc_bytes = m->alloc_size(n + EMBSTR_OVERHEAD_BYTES);
        /* Up to 6.2 the string's header, which is that of an embedded one, was left out of it. */
        w.bytes = m->version->rounds_blobs ? w.alloc_bytes : OBJECT_BYTES + n + 2;
    } else {
        add_sds(&text, m, n);
        w.encoding = ENCODING_RAW;
        w.bytes = OBJECT_BYTES + text.counted;
        w.alloc_bytes = m->alloc_size(OBJECT_BYTES) + text.allocated;
    }
    return w;
}
