/* sidekiq_arena.c -- strings that live as long as the collector, within a limit; and an index by
 * hash.
 *
 * The collector keeps names (keys, queue names, classes) until the last key was read, when it can
 * say which of them matter.  They are many, small and freed together, so they are cut from chunks
 * of 64 KiB.  The limit makes a hostile file lose names instead of growing the process.
 *
 * The index is open addressing with linear probing, at most half full; items are never removed.  It
 * keeps the whole hash, so that a probe hardly ever looks at an item that is not the one.
 */
// SPDX-License-Identifier: MIT
#include "sidekiq/sidekiq_arena.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used_bytes, size_bytes;
    max_align_t bytes[];
};

bool arena_is_full(const struct arena *a, size_t size_bytes)
{
    return a->limit_bytes != 0 &&
           (a->used_bytes > a->limit_bytes || size_bytes > a->limit_bytes - a->used_bytes);
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
    const size_t align = sizeof(max_align_t);
    struct arena_chunk *chunk = a->chunks;
    uint8_t *p;

    if (size_bytes > SIZE_MAX / 2 || arena_is_full(a, size_bytes))
        return NULL;
    size_bytes = (size_bytes + align - 1) / align * align;
    if (!chunk || chunk->size_bytes - chunk->used_bytes < size_bytes) {
        const size_t want = size_bytes > CHUNK_BYTES ? size_bytes : CHUNK_BYTES;

        chunk = malloc(sizeof(*chunk) + want);
        if (!chunk)
            return NULL;
        *chunk = (struct arena_chunk){.next = a->chunks, .size_bytes = want};
        a->chunks = chunk;
    }
    p = (uint8_t *)chunk->bytes + chunk->used_bytes;
    chunk->used_bytes += size_bytes;
    a->used_bytes += size_bytes;
    return p;
}

char *arena_copy(struct arena *a, const void *bytes, size_t size_bytes)
{
    char *copy = arena_alloc(a, size_bytes + 1);

    if (!copy)
        return NULL;
    if (size_bytes > 0)
        memcpy(copy, bytes, size_bytes);
    copy[size_bytes] = '\0';
    return copy;
}

void arena_clear(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *next = a->chunks->next;

        free(a->chunks);
        a->chunks = next;
    }
    a->used_bytes = 0;
}

uint32_t hash_index_next(const struct hash_index *ix, uint64_t hash, size_t *cursor)
{
    if (ix->slot_count == 0)
        return HASH_INDEX_NONE;
    for (;;) {
        const struct hash_slot *slot = &ix->slots[(hash + *cursor) & (ix->slot_count - 1)];

        if (slot->item_plus_1 == 0)
            return HASH_INDEX_NONE;
        *cursor += 1;
        if (slot->hash == hash)
            return slot->item_plus_1 - 1;
    }
}

static void put(struct hash_slot *slots, size_t slot_count, struct hash_slot slot)
{
    size_t i = slot.hash & (slot_count - 1);

    while (slots[i].item_plus_1 != 0)
        i = (i + 1) & (slot_count - 1);
    slots[i] = slot;
}

int hash_index_add(struct hash_index *ix, uint64_t hash, uint32_t item)
{
    if (ix->used + 1 > ix->slot_count / 2) {
        const size_t slot_count = ix->slot_count ? ix->slot_count * 2 : 64;
        struct hash_slot *slots = calloc(slot_count, sizeof(*slots));

        if (!slots)
            return -1;
        for (size_t i = 0; i < ix->slot_count; i++)
            if (ix->slots[i].item_plus_1 != 0)
                put(slots, slot_count, ix->slots[i]);
        free(ix->slots);
        ix->slots = slots;
        ix->slot_count = slot_count;
    }
    put(ix->slots, ix->slot_count, (struct hash_slot){hash, item + 1});
    ix->used++;
    return 0;
}

void hash_index_clear(struct hash_index *ix)
{
    free(ix->slots);
    *ix = (struct hash_index){0};
}
