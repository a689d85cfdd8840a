/* rax_size.h -- nodes and bytes of the radix tree that a series of keys makes. */
#ifndef RDBLENS_RAX_SIZE_H
#define RDBLENS_RAX_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rax_point;

/* Keys are given in ascending order, as every server writes them.  Memory: the last key and one
 * point for each key that is a prefix of it or branches off it. */
struct rax_size {
    uint64_t (*alloc_size)(uint64_t n);
    uint32_t own_bytes; /* of the tree's structure */
    uint64_t key_count;
    uint64_t node_count;    /* of the finished part; of the whole tree after rax_size_finish() */
    uint64_t alloc_bytes;   /* likewise, with the tree's own structure */
    uint64_t skipped_count; /* keys out of order: known by number only */
    bool has_no_values;     /* keys without a value pointer; _clear makes it false */
    bool is_estimate;       /* keys came out of order, or are alike as far as they are compared */
    bool out_of_memory;
    uint8_t *last;
    size_t last_bytes, last_room;
    struct rax_point *points;
    size_t point_count, point_room;
};

/* Zeroed memory is a valid empty struct; _clear keeps what is allocated, _done frees it. */
void rax_size_clear(struct rax_size *r, uint64_t (*alloc_size)(uint64_t n), uint32_t own_bytes);
void rax_size_add(struct rax_size *r, const uint8_t *key, size_t key_bytes);
/* Of a key of key_bytes, stored_bytes are at hand. */
void rax_size_add_cut(struct rax_size *r, const uint8_t *key, size_t stored_bytes,
                      uint64_t key_bytes);
void rax_size_add_id(struct rax_size *r, uint64_t ms, uint64_t seq);
void rax_size_finish(struct rax_size *r);
void rax_size_done(struct rax_size *r);

#endif
