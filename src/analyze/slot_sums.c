/* slot_sums.c -- keys and bytes by cluster slot and by hash tag.
 *
 *      user:{4711}:cart      slot of "4711": all keys with that tag lie in one slot
 *
 * Slots are an array.  Tags are a table from (length, bytes) to sums, the first HASH_TAGS_MAX of
 * them; keys of others are summed together.  A name that is stored by its first bytes has a slot
 * only if its tag is among them.
 */
// SPDX-License-Identifier: MIT
#include "analyze/slot_sums.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

#define TABLE_PLACES (2 * HASH_TAGS_MAX) /* a power of two, half of it in use at most */

struct slot_sums {
    struct sum slots[CLUSTER_SLOTS + 1];
    struct hash_tag *tags;
    size_t tag_count, tag_capacity;
    uint32_t *table; /* number of the tag + 1; NULL: no tag yet */
    uint64_t seed;
    struct sum other_tags;
};

struct slot_sums *slot_sums_new(void)
{
    struct slot_sums *s = calloc(1, sizeof *s);

    if (s != NULL)
        s->seed = hash_seed();
    return s;
}

void slot_sums_free(struct slot_sums *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->tag_count; i++)
        free(s->tags[i].tag);
    free(s->tags);
    free(s->table);
    free(s);
}

static bool is_tag(const struct hash_tag *t, const uint8_t *tag, size_t tag_bytes)
{
    return t->tag_bytes == tag_bytes && memcmp(t->tag, tag, t->kept_bytes) == 0;
}

static int make_tag(struct slot_sums *s, uint32_t *place, const uint8_t *tag, size_t tag_bytes,
                    unsigned slot)
{
    const size_t kept_bytes = tag_bytes < HASH_TAG_KEPT_BYTES ? tag_bytes : HASH_TAG_KEPT_BYTES;
    struct hash_tag made = {.tag_bytes = tag_bytes, .kept_bytes = kept_bytes, .slot = slot};

    if (s->tag_count == s->tag_capacity) {
        const size_t wanted = s->tag_capacity == 0 ? 256 : s->tag_capacity * 2;
        struct hash_tag *const grown = realloc(s->tags, wanted * sizeof *grown);

        if (grown == NULL)
            return -1;
        s->tags = grown;
        s->tag_capacity = wanted;
    }
    made.tag = malloc(kept_bytes);
    if (made.tag == NULL)
        return -1;
    memcpy(made.tag, tag, kept_bytes);
    s->tags[s->tag_count++] = made;
    *place = (uint32_t)s->tag_count;
    return 0;
}

static int add_tag(struct slot_sums *s, const struct key_row *row, const uint8_t *tag,
                   size_t tag_bytes, unsigned slot)
{
    const size_t compared = tag_bytes < HASH_TAG_KEPT_BYTES ? tag_bytes : HASH_TAG_KEPT_BYTES;
    size_t i = (size_t)hash_bytes(tag, compared, s->seed + tag_bytes);

    if (s->table == NULL) {
        s->table = calloc(TABLE_PLACES, sizeof *s->table);
        if (s->table == NULL)
            return -1;
    }
    for (i %= TABLE_PLACES; s->table[i] != 0; i = (i + 1) % TABLE_PLACES) {
        struct hash_tag *const t = &s->tags[s->table[i] - 1];

        if (is_tag(t, tag, tag_bytes)) {
            sum_add(&t->sum, row);
            return 0;
        }
    }
    if (s->tag_count == HASH_TAGS_MAX) {
        sum_add(&s->other_tags, row);
        return 0;
    }
    if (make_tag(s, &s->table[i], tag, tag_bytes, slot) < 0)
        return -1;
    sum_add(&s->tags[s->tag_count - 1].sum, row);
    return 0;
}

int slot_sums_add(struct slot_sums *s, const struct key_row *row)
{
    const bool is_cut = row->key_bytes != row->key_stored_bytes;
    const uint8_t *tag;
    size_t tag_bytes;
    const bool has_tag = hash_tag_of_key(row->key, row->key_stored_bytes, &tag, &tag_bytes);
    const unsigned slot =
        is_cut && !has_tag ? CLUSTER_SLOTS : slot_of_key(row->key, row->key_stored_bytes);

    sum_add(&s->slots[slot], row);
    return has_tag ? add_tag(s, row, tag, tag_bytes, slot) : 0;
}

const struct sum *slot_sums_at(const struct slot_sums *s, size_t slot)
{
    return &s->slots[slot];
}

static int compare_tags(const void *a, const void *b)
{
    const struct hash_tag *const x = a, *const y = b;
    const size_t n = x->kept_bytes < y->kept_bytes ? x->kept_bytes : y->kept_bytes;
    int r;

    if (x->sum.bytes != y->sum.bytes)
        return x->sum.bytes > y->sum.bytes ? -1 : 1;
    r = memcmp(x->tag, y->tag, n);
    if (r == 0)
        r = (x->tag_bytes > y->tag_bytes) - (x->tag_bytes < y->tag_bytes);
    return r;
}

size_t slot_sums_tags(struct slot_sums *s, const struct hash_tag **ret_tags)
{
    if (s->tag_count > 0)
        qsort(s->tags, s->tag_count, sizeof *s->tags, compare_tags);
    free(s->table);
    s->table = NULL;
    *ret_tags = s->tags;
    return s->tag_count;
}

const struct sum *slot_sums_other_tags(const struct slot_sums *s)
{
    return &s->other_tags;
}
