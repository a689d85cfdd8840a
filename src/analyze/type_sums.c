/* type_sums.c -- sizes as a histogram and sums by encoding, of one type.
 *
 * A size's bucket is found from its highest bit and the eight below it, so that a bucket is at most
 * 1/256 as wide as the sizes in it; small sizes, which are most, are told apart exactly:
 *
 *      pieces 0..15     sizes 0..4095, each a bucket of its own
 *      piece 16 + k     [2^(12+k), 2^(13+k)) in 256 buckets of 2^(4+k)
 *
 * A percentile is given as the largest size of its bucket: a size that some key really has, at most
 * 0.4 % above the exact one.  Pieces are made when a size falls there: a snapshot has few.
 *
 * Damaged values have no size and are in no bucket.
 */
// SPDX-License-Identifier: MIT
#include "analyze/type_sums.h"

#include <stdlib.h>

enum { EXACT_BITS = 12, PIECE_BITS = 8, EXACT_PIECES = SIZE_EXACT_BYTES / SIZE_PIECE_BUCKETS };

size_t size_bucket_of(int64_t bytes)
{
    const uint64_t v = (uint64_t)bytes;
    unsigned high;

    if (v < SIZE_EXACT_BYTES)
        return (size_t)v;
    high = 63 - (unsigned)__builtin_clzll(v);
    return (size_t)(EXACT_PIECES + high - EXACT_BITS) * SIZE_PIECE_BUCKETS +
           (size_t)(v >> (high - PIECE_BITS) & (SIZE_PIECE_BUCKETS - 1));
}

int64_t size_bucket_low(size_t bucket)
{
    const size_t piece = bucket / SIZE_PIECE_BUCKETS;
    unsigned high;

    if (bucket < SIZE_EXACT_BYTES)
        return (int64_t)bucket;
    high = (unsigned)(piece - EXACT_PIECES) + EXACT_BITS;
    return INT64_C(1) << high | (int64_t)(bucket % SIZE_PIECE_BUCKETS) << (high - PIECE_BITS);
}

static int add_size(struct type_sums *t, const struct key_row *row)
{
    const size_t bucket = size_bucket_of(row->bytes);
    struct size_bucket **const piece = &t->sizes[bucket / SIZE_PIECE_BUCKETS];
    struct size_bucket *b;

    if (*piece == NULL) {
        *piece = calloc(SIZE_PIECE_BUCKETS, sizeof **piece);
        if (*piece == NULL)
            return -1;
    }
    b = &(*piece)[bucket % SIZE_PIECE_BUCKETS];
    sum_add(&b->sum, row);
    if (row->bytes > b->largest_bytes)
        b->largest_bytes = row->bytes;
    return 0;
}

/* The last of them takes what no server's file needs room for. */
static struct encoding_sum *encoding_of(struct type_sums *t, const struct key_row *row)
{
    struct encoding_sum *e = &t->encodings[t->recent_encoding];
    size_t i = 0;

    if (t->encoding_count > 0 && e->encoding == row->encoding && e->rdb_type == row->rdb_type)
        return e;
    while (i < t->encoding_count &&
           (t->encodings[i].encoding != row->encoding || t->encodings[i].rdb_type != row->rdb_type))
        i++;
    if (i == TYPE_ENCODINGS_MAX)
        i--;
    e = &t->encodings[i];
    t->recent_encoding = i;
    if (i == t->encoding_count) {
        e->encoding = row->encoding;
        e->rdb_type = row->rdb_type;
        t->encoding_count++;
    }
    return e;
}

int type_sums_add(struct type_sums *t, const struct key_row *row)
{
    struct encoding_sum *const e = encoding_of(t, row);

    sum_add(&e->sum, row);
    if (row->rdb_bytes != ROW_NULL)
        e->rdb_bytes = add_capped(e->rdb_bytes, row->rdb_bytes);
    if (row->elements != ROW_NULL)
        e->elements = add_capped(e->elements, row->elements);
    e->key_bytes =
        add_capped(e->key_bytes, row->key_bytes > INT64_MAX ? INT64_MAX : (int64_t)row->key_bytes);
    return row->bytes == ROW_NULL ? 0 : add_size(t, row);
}

void type_sums_done(struct type_sums *t)
{
    for (size_t i = 0; i < SIZE_PIECES; i++)
        free(t->sizes[i]);
}
