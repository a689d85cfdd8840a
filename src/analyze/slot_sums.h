/* slot_sums.h -- keys and bytes by cluster slot and by hash tag. */
#ifndef RDBLENS_SLOT_SUMS_H
#define RDBLENS_SLOT_SUMS_H

#include "analyze/sum.h"
#include "memory/slot_keys.h"

#define HASH_TAGS_MAX       65536
#define HASH_TAGS_KEPT      1000 /* of them, those with the most bytes are stored */
#define HASH_TAG_KEPT_BYTES 256  /* of a longer tag, so much is kept */

struct hash_tag {
    uint8_t *tag;
    size_t tag_bytes, kept_bytes;
    unsigned slot;
    struct sum sum;
};

struct slot_sums;

struct slot_sums *slot_sums_new(void); /* NULL: out of memory */
void slot_sums_free(struct slot_sums *s);
/* -1: out of memory. */
int slot_sums_add(struct slot_sums *s, const struct key_row *row);
/* slot CLUSTER_SLOTS: of keys whose names are cut, so that their slot cannot be known. */
const struct sum *slot_sums_at(const struct slot_sums *s, size_t slot);
/* Sorts the tags, the largest first; nothing may be added afterwards. */
size_t slot_sums_tags(struct slot_sums *s, const struct hash_tag **ret_tags);
/* Keys with a tag that came when HASH_TAGS_MAX were there. */
const struct sum *slot_sums_other_tags(const struct slot_sums *s);

#endif
