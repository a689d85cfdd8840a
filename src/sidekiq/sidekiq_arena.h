/* sidekiq_arena.h -- strings that live as long as the collector, within a limit; and an index by
 * hash.
 *
 * Hashes come from util/hash.h. */
#ifndef RDBLENS_SIDEKIQ_ARENA_H
#define RDBLENS_SIDEKIQ_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/* All zero but limit_bytes: an empty arena. */
struct arena {
    struct arena_chunk *chunks;
    size_t used_bytes;  /* given out, over all chunks */
    size_t limit_bytes; /* 0: none */
};

/* Memory aligned for any type, not cleared.  NULL when out of memory or beyond the limit;
 * arena_is_full() tells which. */
void *arena_alloc(struct arena *a, size_t size_bytes);
/* A copy with a NUL behind it. */
char *arena_copy(struct arena *a, const void *bytes, size_t size_bytes);
bool arena_is_full(const struct arena *a, size_t size_bytes);
void arena_clear(struct arena *a);

/* From a hash to the numbers of the items that have it.  All zero: an empty index. */
struct hash_slot {
    uint64_t hash;
    uint32_t item_plus_1; /* 0: free */
};
struct hash_index {
    struct hash_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t used;
};

#define HASH_INDEX_NONE UINT32_MAX

/* The items with this hash, one a call: start with *cursor = 0; HASH_INDEX_NONE after the last. */
uint32_t hash_index_next(const struct hash_index *ix, uint64_t hash, size_t *cursor);
/* 0, or -1 out of memory. */
int hash_index_add(struct hash_index *ix, uint64_t hash, uint32_t item);
void hash_index_clear(struct hash_index *ix);

#endif
