/* slot_keys.c -- cluster slots of keys, and the tree over slots and names.
 *
 * To list the keys of a slot, servers up to 6.2 keep all names in a radix tree whose keys are
 *
 *      [slot: 2 bytes, big-endian][name]         without values
 *
 * Its size needs the names in order, a file has them in none, so they are kept until the end:
 *
 *      arena    [name bytes: 2][flags: 1][slot: 2][name]([whole length: 8]) ...   offsets of each
 *
 * Both are bounded.  What is below one slot does not depend on other slots, so when the room is
 * used up only the slots that agree with the first key's in one more of their low bits stay, half
 * of them each time, and the sum is scaled by the number of keys.
 *
 * Upstream: db.c: slotToKeyUpdateKey() (6.2), crc16.c, cluster.c: keyHashSlot().
 */
// SPDX-License-Identifier: MIT
#include "memory/slot_keys.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD_BYTES = 3, /* before slot and name */
    IS_EXPIRED = 1, /* flags */
    IS_CUT = 2,
    SLOT_BYTES = 2,
    NAME_KEPT_BYTES = 4094, /* with the slot what rax_size compares */
    NAME_LENGTH_BYTES = 8,  /* behind a name that is cut */
    EXPECTED_NAME_BYTES = 24,
    TREE_BYTES = 24,
    EMPTY_NODE_BYTES = 8
};

struct slot_tree {
    uint8_t *arena;
    uint32_t *offsets;
    size_t arena_room, arena_used;
    size_t count_room, count;
    size_t arena_max, count_max;
    unsigned slot_mask, slot_kept; /* (slot & mask) == kept */
    uint64_t keys, expired_keys;   /* seen */
    uint64_t kept_expired;
};

/* CRC-16/XMODEM, most significant bit first, four bits at a time. */
static unsigned crc16(const uint8_t *bytes, size_t size_bytes)
{
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5,
                                       0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b,
                                       0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    unsigned crc = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        crc = (crc << 4 & 0xffff) ^ table[(crc >> 12 ^ bytes[i] >> 4) & 15];
        crc = (crc << 4 & 0xffff) ^ table[(crc >> 12 ^ bytes[i]) & 15];
    }
    return crc;
}

bool hash_tag_of_key(const uint8_t *name, size_t name_bytes, const uint8_t **ret_tag,
                     size_t *ret_tag_bytes)
{
    const uint8_t *const open = name_bytes == 0 ? NULL : memchr(name, '{', name_bytes);
    const uint8_t *close;
    size_t left_bytes;

    if (open == NULL)
        return false;
    left_bytes = name_bytes - (size_t)(open + 1 - name);
    close = left_bytes == 0 ? NULL : memchr(open + 1, '}', left_bytes);
    if (close == NULL || close == open + 1)
        return false;
    *ret_tag = open + 1;
    *ret_tag_bytes = (size_t)(close - open - 1);
    return true;
}

unsigned slot_of_key(const uint8_t *name, size_t name_bytes)
{
    const uint8_t *tag;
    size_t tag_bytes;

    return hash_tag_of_key(name, name_bytes, &tag, &tag_bytes)
               ? crc16(tag, tag_bytes) % CLUSTER_SLOTS
               : crc16(name, name_bytes) % CLUSTER_SLOTS;
}

struct slot_tree *slot_tree_new(size_t memory_bytes)
{
    struct slot_tree *const t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->count_max =
        memory_bytes / (sizeof *t->offsets + HEAD_BYTES + SLOT_BYTES + EXPECTED_NAME_BYTES);
    t->arena_max = memory_bytes - t->count_max * sizeof *t->offsets;
    return t;
}

void slot_tree_free(struct slot_tree *t)
{
    if (t == NULL)
        return;
    free(t->arena);
    free(t->offsets);
    free(t);
}

static unsigned slot_at(const uint8_t *record)
{
    return (unsigned)record[HEAD_BYTES] << 8 | record[HEAD_BYTES + 1];
}

/* Of slot and name. */
static size_t key_bytes_at(const uint8_t *record)
{
    return SLOT_BYTES + ((size_t)record[0] << 8 | record[1]);
}

static bool is_expired_at(const uint8_t *record)
{
    return (record[2] & IS_EXPIRED) != 0;
}

static size_t record_bytes_of(size_t key_bytes, bool is_cut)
{
    return HEAD_BYTES + key_bytes + (is_cut ? NAME_LENGTH_BYTES : 0);
}

/* Of slot and name, with what is cut off. */
static uint64_t whole_bytes_at(const uint8_t *record)
{
    const size_t key_bytes = key_bytes_at(record);
    uint64_t name_bytes;

    if ((record[2] & IS_CUT) == 0)
        return key_bytes;
    memcpy(&name_bytes, record + HEAD_BYTES + key_bytes, sizeof name_bytes);
    return SLOT_BYTES + name_bytes;
}

static bool is_kept(const struct slot_tree *t, unsigned slot)
{
    return (slot & t->slot_mask) == t->slot_kept;
}

/* Drops every other slot of those that are there. */
static void halve(struct slot_tree *t)
{
    const unsigned first_slot = slot_at(t->arena);
    size_t to = 0, count = 0;

    t->slot_mask = t->slot_mask << 1 | 1;
    t->slot_kept = first_slot & t->slot_mask;
    t->kept_expired = 0;
    for (size_t i = 0; i < t->count; i++) {
        const uint8_t *const record = t->arena + t->offsets[i];
        const size_t record_bytes =
            record_bytes_of(key_bytes_at(record), (record[2] & IS_CUT) != 0);

        if (!is_kept(t, slot_at(record)))
            continue;
        memmove(t->arena + to, record, record_bytes);
        t->offsets[count++] = (uint32_t)to;
        t->kept_expired += is_expired_at(t->arena + to);
        to += record_bytes;
    }
    t->count = count;
    t->arena_used = to;
}

/* Room for one more element in a buffer that doubles up to a limit.  False: out of memory. */
static bool grow(void **buffer, size_t element_bytes, size_t wanted, size_t limit, size_t *room)
{
    size_t new_room = *room == 0 ? 4096 : *room;
    void *grown;

    if (wanted <= *room)
        return true;
    while (new_room < wanted)
        new_room *= 2;
    if (new_room > limit)
        new_room = limit;
    grown = realloc(*buffer, new_room * element_bytes);
    if (grown == NULL)
        return false;
    *buffer = grown;
    *room = new_room;
    return true;
}

int slot_tree_add(struct slot_tree *t, const uint8_t *name, size_t stored_bytes,
                  uint64_t name_bytes, bool is_expired)
{
    const unsigned slot = slot_of_key(name, stored_bytes);
    const size_t kept_bytes = stored_bytes < NAME_KEPT_BYTES ? stored_bytes : NAME_KEPT_BYTES;
    const bool is_cut = kept_bytes < name_bytes;
    const size_t record_bytes = record_bytes_of(SLOT_BYTES + kept_bytes, is_cut);
    uint8_t *record;

    t->keys++;
    t->expired_keys += is_expired;
    while (is_kept(t, slot) &&
           (t->arena_used + record_bytes > t->arena_max || t->count == t->count_max)) {
        if (t->count == 0 || t->slot_mask >= CLUSTER_SLOTS - 1)
            return 0; /* one slot alone is too much */
        halve(t);
    }
    if (!is_kept(t, slot))
        return 0;
    if (!grow((void **)&t->arena, 1, t->arena_used + record_bytes, t->arena_max, &t->arena_room) ||
        !grow((void **)&t->offsets, sizeof *t->offsets, t->count + 1, t->count_max, &t->count_room))
        return -1;
    record = t->arena + t->arena_used;
    record[0] = (uint8_t)(kept_bytes >> 8);
    record[1] = (uint8_t)kept_bytes;
    record[2] = (uint8_t)((is_expired ? IS_EXPIRED : 0) | (is_cut ? IS_CUT : 0));
    record[HEAD_BYTES] = (uint8_t)(slot >> 8);
    record[HEAD_BYTES + 1] = (uint8_t)slot;
    if (kept_bytes > 0)
        memcpy(record + HEAD_BYTES + SLOT_BYTES, name, kept_bytes);
    if (is_cut)
        memcpy(record + HEAD_BYTES + SLOT_BYTES + kept_bytes, &name_bytes, sizeof name_bytes);
    t->offsets[t->count++] = (uint32_t)t->arena_used;
    t->arena_used += record_bytes;
    t->kept_expired += is_expired;
    return 0;
}

static int compare_records(const void *a, const void *b, void *arena)
{
    const uint8_t *const x = (const uint8_t *)arena + *(const uint32_t *)a;
    const uint8_t *const y = (const uint8_t *)arena + *(const uint32_t *)b;
    const size_t x_bytes = key_bytes_at(x), y_bytes = key_bytes_at(y);
    const int order = memcmp(x + HEAD_BYTES, y + HEAD_BYTES, x_bytes < y_bytes ? x_bytes : y_bytes);

    return order != 0 ? order : (x_bytes > y_bytes) - (x_bytes < y_bytes);
}

int slot_tree_bytes(struct slot_tree *t, uint64_t (*alloc_size)(uint64_t n), bool with_expired,
                    uint64_t *ret_bytes, bool *ret_is_estimate)
{
    const uint64_t keys = with_expired ? t->keys : t->keys - t->expired_keys;
    const uint64_t kept = with_expired ? t->count : t->count - t->kept_expired;
    const uint64_t empty_bytes = alloc_size(TREE_BYTES) + alloc_size(EMPTY_NODE_BYTES);
    struct rax_size rax = {0};
    uint64_t bytes;
    int r = -1;

    if (kept == 0) {
        *ret_bytes = 0;
        *ret_is_estimate = keys > 0;
        return 0;
    }
    qsort_r(t->offsets, t->count, sizeof *t->offsets, compare_records, t->arena);
    rax_size_clear(&rax, alloc_size, TREE_BYTES);
    rax.has_no_values = true;
    for (size_t i = 0; i < t->count; i++) {
        const uint8_t *const record = t->arena + t->offsets[i];

        if (with_expired || !is_expired_at(record))
            rax_size_add_cut(&rax, record + HEAD_BYTES, key_bytes_at(record),
                             whole_bytes_at(record));
    }
    rax_size_finish(&rax);
    if (rax.out_of_memory)
        goto out;
    bytes = rax.alloc_bytes > empty_bytes ? rax.alloc_bytes - empty_bytes : 0;
    if (kept < keys)
        bytes = (uint64_t)((double)bytes * (double)keys / (double)kept);
    *ret_bytes = bytes;
    *ret_is_estimate = kept < keys || rax.is_estimate;
    r = 0;
out:
    rax_size_done(&rax);
    return r;
}
