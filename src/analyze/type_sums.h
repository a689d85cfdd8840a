/* type_sums.h -- what is summed per type over all databases: sizes as a histogram, encodings.
 *
 * Bounded: so many types (those of modules beyond it together, as `module`), so many encodings
 * each, and a histogram's buckets, which come in pieces when a size falls there.
 */
#ifndef RDBLENS_TYPE_SUMS_H
#define RDBLENS_TYPE_SUMS_H

#include "analyze/sum.h"

#define TYPE_SUMS_MAX      32
#define TYPE_ENCODINGS_MAX 64
#define SIZE_PIECE_BUCKETS 256
#define SIZE_EXACT_BYTES   4096 /* below, every size is a bucket of its own */
#define SIZE_PIECES        (SIZE_EXACT_BYTES / SIZE_PIECE_BUCKETS + 51)

struct size_bucket {
    struct sum sum;
    int64_t largest_bytes;
};

struct encoding_sum {
    enum encoding encoding;
    uint16_t rdb_type;
    struct sum sum;
    int64_t rdb_bytes, elements, key_bytes;
};

struct type_sums {
    uint32_t type_id;
    struct size_bucket *sizes[SIZE_PIECES]; /* NULL: no key there */
    struct encoding_sum encodings[TYPE_ENCODINGS_MAX];
    size_t encoding_count, recent_encoding;
};

/* -1: out of memory. */
int type_sums_add(struct type_sums *t, const struct key_row *row);
void type_sums_done(struct type_sums *t);

/* The bucket of a size (not negative), and the least size of a bucket. */
size_t size_bucket_of(int64_t bytes);
int64_t size_bucket_low(size_t bucket);

#endif
