/* ttl_buckets.h -- bytes of the structure that keeps times of hash fields in order (Redis 7.4). */
#ifndef RDBLENS_TTL_BUCKETS_H
#define RDBLENS_TTL_BUCKETS_H

#include "memory/rax_size.h"

enum {
    TTL_SEGMENT_ITEMS = 16,
    /* So many are replayed; what comes when another one is needed is known by number only.  With
     * scattered times that is some 350,000 items. */
    TTL_BUCKETS_MAX = 32768
};

struct ttl_bucket;
struct ttl_block;

struct ttl_buckets {
    uint64_t (*alloc_size)(uint64_t n);
    uint32_t rax_bytes; /* of a radix tree's structure; _clear makes it that of Redis 7.4 to 8.2 */
    uint64_t item_count;
    uint64_t skipped_count; /* items known by number only */
    uint64_t chained_count; /* segments behind the first of their bucket */
    bool is_estimate;       /* some were skipped */
    bool out_of_memory;
    uint64_t list[TTL_SEGMENT_ITEMS]; /* the first items, as long as there are no more */
    struct ttl_bucket *buckets;       /* in order of appearance */
    uint32_t bucket_count, bucket_room;
    struct ttl_block *blocks; /* bucket numbers in order of their keys */
    uint32_t block_count, block_room;
    struct rax_size rax;
};

/* Zeroed memory is a valid empty struct; _clear keeps what is allocated, _done frees it. */
void ttl_buckets_clear(struct ttl_buckets *b, uint64_t (*alloc_size)(uint64_t n));
/* In the order in which a server adds them; Unix time, of which servers keep 48 bits. */
void ttl_buckets_add(struct ttl_buckets *b, uint64_t time_ms);
/* What is allocated for all items so far, themselves not included; more may be added after. */
uint64_t ttl_buckets_bytes(struct ttl_buckets *b);
void ttl_buckets_done(struct ttl_buckets *b);

#endif
