/* vset_size.h -- bytes of the structure that keeps times of hash fields in order (Valkey 9.0). */
#ifndef RDBLENS_VSET_SIZE_H
#define RDBLENS_VSET_SIZE_H

#include "memory/rax_size.h"

enum { VSET_VECTOR_MAX = 127 };

struct vset_bucket;

struct vset_place {
    uint64_t key; /* all times of the bucket are less */
    struct vset_bucket *bucket;
};

struct vset_size {
    uint64_t (*alloc_size)(uint64_t n);
    uint32_t table_bytes; /* of a hashtable's structure */
    uint64_t item_count;
    uint64_t skipped_count; /* items known by number only */
    bool is_estimate;
    bool is_random; /* a bucket is a hash table */
    bool out_of_memory;
    uint64_t vector[VSET_VECTOR_MAX]; /* in order, as long as there are no more */
    struct vset_place *places;        /* of the buckets, in order of their keys */
    size_t bucket_count, bucket_room;
    struct rax_size rax;
};

/* Zeroed memory is a valid empty struct; _clear keeps what is allocated, _done frees it. */
void vset_size_clear(struct vset_size *v, uint64_t (*alloc_size)(uint64_t n), uint32_t table_bytes);
/* In the order in which a server adds them; Unix time. */
void vset_size_add(struct vset_size *v, uint64_t time_ms);
/* What is allocated for all items so far, themselves not included. */
uint64_t vset_size_bytes(struct vset_size *v);
void vset_size_done(struct vset_size *v);

#endif
