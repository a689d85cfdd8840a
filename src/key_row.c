/* key_row.c -- the words for the small numbers of a key row.  See key_row.h.
 *
 * The words of encodings are those of OBJECT ENCODING (object.c: strEncoding(), Redis 7.2).
 */
// SPDX-License-Identifier: MIT
#include "key_row.h"

#include "util/hash.h"

const char *encoding_name(enum encoding e)
{
    static const char *const names[ENCODING_COUNT_] = {
        [ENCODING_UNKNOWN] = NULL,
        [ENCODING_INT] = "int",
        [ENCODING_EMBSTR] = "embstr",
        [ENCODING_RAW] = "raw",
        [ENCODING_LINKEDLIST] = "linkedlist",
        [ENCODING_ZIPLIST] = "ziplist",
        [ENCODING_QUICKLIST] = "quicklist",
        [ENCODING_LISTPACK] = "listpack",
        [ENCODING_INTSET] = "intset",
        [ENCODING_HASHTABLE] = "hashtable",
        [ENCODING_SKIPLIST] = "skiplist",
        [ENCODING_ZIPMAP] = "zipmap",
        [ENCODING_LISTPACKEX] = "listpackex",
        [ENCODING_STREAM] = "stream",
        [ENCODING_NO_WORD] = "unknown",
        [ENCODING_SLICED_ARRAY] = "sliced-array",
    };

    return (unsigned)e < ENCODING_COUNT_ ? names[e] : NULL;
}

const char *size_note_name(enum size_note n)
{
    switch (n) {
    case SIZE_EXACT: return "exact";
    case SIZE_EXPECTED: return "expected";
    case SIZE_LOWER_BOUND: return "lower bound";
    case SIZE_UNKNOWN: break;
    }
    return "unknown";
}

uint64_t hash_key(const struct rdbp_key *key)
{
    /* The multiplier is odd: no two databases have the same seed. */
    const uint64_t seed = (hash_seed() ^ key->db * UINT64_C(0x9e3779b97f4a7c15)) + key->key_bytes;

    return hash_bytes(key->key.bytes, key->key.size_bytes, seed);
}
