/* slot_keys.h -- cluster slots of keys, and the tree over slots and names that servers up to 6.2
 * keep in cluster mode. */
#ifndef RDBLENS_SLOT_KEYS_H
#define RDBLENS_SLOT_KEYS_H

#include <stdbool.h>

#include "memory/rax_size.h"

#define CLUSTER_SLOTS 16384

/* The part between the first { and the next }, which alone decides about the slot; false: there is
 * none, or nothing in it. */
bool hash_tag_of_key(const uint8_t *name, size_t name_bytes, const uint8_t **ret_tag,
                     size_t *ret_tag_bytes);
/* The slot of a key: of its hash tag, else of its name. */
unsigned slot_of_key(const uint8_t *name, size_t name_bytes);

struct slot_tree;

/* Holds at most memory_bytes of names: when they are full, those of every other slot are dropped,
 * and the tree is scaled from what is left. */
struct slot_tree *slot_tree_new(size_t memory_bytes);
void slot_tree_free(struct slot_tree *t);

/* stored_bytes of a name of name_bytes are at hand.  -1: out of memory. */
int slot_tree_add(struct slot_tree *t, const uint8_t *name, size_t stored_bytes,
                  uint64_t name_bytes, bool is_expired);

/* The whole tree less an empty one's bytes.  -1: out of memory. */
int slot_tree_bytes(struct slot_tree *t, uint64_t (*alloc_size)(uint64_t n), bool with_expired,
                    uint64_t *ret_bytes, bool *ret_is_estimate);

#endif
