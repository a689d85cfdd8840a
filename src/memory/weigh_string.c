/* weigh_string.c -- what a string value weighs.
 *
 * A load tries to make every string smaller (object.c: tryObjectEncoding()): the canonical text of
 * an int64 becomes an integer inside the object, up to 44 bytes live in one allocation with the
 * object, longer ones have a buffer of their own.  How the file stores the string plays no part,
 * but for versions before 5.0.6: they turn the text of an integer into one in place and keep its
 * room.
 *
 * Integers 0..9999 point to objects that exist since startup: MEMORY USAGE counts one all the same,
 * the allocator gives nothing.  Servers with a maxmemory and an LRU or LFU policy do not share
 * them, as each key needs its own clock; 4.0 shares those that the file stores as integers even so.
 *
 * Where the key is part of the object nothing is shared, and a short string joins them
 * (weigh_key.c).
 *
 * Upstream: object.c: tryObjectEncoding(), createStringObjectFromLongLongWithOptions(); rdb.c:
 * rdbLoadIntegerObject(), Redis 4.0 to 8.8, Valkey 8.0 to 9.1.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

/* Whether a saving server stores the integer as such: rdb.c: rdbEncodeInteger(). */
static bool is_stored_as_integer(int64_t v)
{
    return v >= INT32_MIN && v <= INT32_MAX;
}

static struct weight weigh_integer(const struct memory_model *m, const struct key_frame *key,
                                   uint64_t n, int64_t v)
{
    const struct memory_version *const version = m->version;
    struct weight w = {.encoding = ENCODING_INT,
                       .note = SIZE_EXACT,
                       .bytes = key->object.counted,
                       .alloc_bytes = key->object.allocated};

    if (version->key_layout == KEY_IN_OBJECT)
        return w;
    if (v >= 0 && v < SHARED_INTEGERS &&
        (!key->has_private_integers || version->shares_stored_integers))
        w.alloc_bytes = 0;
    else if (version->keeps_embstr_of_integers && !is_stored_as_integer(v))
        w.alloc_bytes = m->alloc_size(n + EMBSTR_OVERHEAD_BYTES);
    return w;
}

/* With its object in one allocation, or with the whole key; 0: it has a buffer of its own. */
static uint64_t joined_bytes(const struct memory_model *m, const struct key_frame *key, uint64_t n)
{
    if (m->version->key_layout == KEY_IN_OBJECT)
        return embedded_string_bytes(m, key, n);
    return n <= EMBSTR_MAX_BYTES ? m->alloc_size(n + EMBSTR_OVERHEAD_BYTES) : 0;
}

struct weight weigh_string(const struct memory_model *m, const struct key_frame *key, uint64_t n,
                           const int64_t *integer)
{
    const uint64_t joined = joined_bytes(m, key, n);
    struct weight w = {.note = SIZE_EXACT};
    struct string_bytes text = {0};

    if (integer != NULL)
        return weigh_integer(m, key, n, *integer);
    if (joined > 0) {
        w.encoding = n < m->version->embstr_below_bytes ? ENCODING_EMBSTR : ENCODING_RAW;
        w.alloc_bytes = joined;
        /* Up to 6.2 the string's header, which is that of an embedded one, was left out of it. */
        w.bytes = m->version->counts_embstr_rounded ? joined : OBJECT_BYTES + n + 2;
    } else {
        add_sds(&text, m, n);
        w.encoding = ENCODING_RAW;
        w.bytes = key->object.counted + text.counted;
        w.alloc_bytes = key->object.allocated + text.allocated;
    }
    return w;
}
