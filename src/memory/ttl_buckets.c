/* ttl_buckets.c -- bytes of the structure that keeps times of hash fields in order (Redis 7.4).
 *
 * Every hash with field TTLs has one over its fields, every database one over its hashes.  Up to 16
 * items are chained through themselves and cost nothing.  From the 17th on a radix tree leads to
 * buckets, by the smallest of a bucket's times:
 *
 *      tree --1732000000000--> [header] -> t t t t t            a segment: up to 16 items in order
 *         \----1732000003600--> [header] -> t t [header] -> t t t ... t    chained: all of one time
 *
 * An item goes to the bucket with the greatest key at or below its time.  What a bucket does when
 * it is full depends on the times it holds, so the number of buckets is known only by replaying the
 * additions.  Times within a segment are all we need to keep; of chained segments only how full the
 * first one is, as their items share one time.  (Upstream keys may be smaller than their bucket's
 * times once items were removed.  A load removes nothing.)
 *
 * Bounded: at most TTL_BUCKETS_MAX buckets (some 5 MiB) are replayed, and the bytes scaled by the
 * number of items after that.  The buckets' order is a list of blocks of numbers, so that adding
 * one in front moves a block and not the whole.
 *
 * Upstream: ebuckets.c: ebAddToList(), ebAddToRax(), ebAddToBucket(), ebTrySegSplit(), Redis 7.4.
 */
// SPDX-License-Identifier: MIT
#include "memory/ttl_buckets.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_BYTES = 6,
    RAX_BYTES = 24,
    RAX_METADATA_BYTES = 8, /* the number of items, behind the structure */
    FIRST_SEGMENT_BYTES = 16,
    NEXT_SEGMENT_BYTES = 24,
    BLOCK_ROOM = 255 /* with its count a block is 1 KiB */
};

#define TIME_MASK ((UINT64_C(1) << 48) - 1)

struct ttl_bucket {
    uint64_t times[TTL_SEGMENT_ITEMS]; /* of the first segment, ascending; [0] is the key */
    uint32_t count;                    /* in the first segment */
    bool is_chained;
};

struct ttl_block {
    uint32_t count;
    uint32_t numbers[BLOCK_ROOM];
};

/* A place in the order of buckets. */
struct place {
    uint32_t block, index;
};

void ttl_buckets_clear(struct ttl_buckets *b, uint64_t (*alloc_size)(uint64_t n))
{
    b->alloc_size = alloc_size;
    b->rax_bytes = RAX_BYTES;
    b->item_count = b->skipped_count = b->chained_count = 0;
    b->is_estimate = b->out_of_memory = false;
    b->bucket_count = b->block_count = 0;
}

/* Keeps count ascending times ascending with one more. */
static void insert_time(uint64_t *times, uint32_t count, uint64_t time_ms)
{
    while (count > 0 && times[count - 1] > time_ms) {
        times[count] = times[count - 1];
        count--;
    }
    times[count] = time_ms;
}

/* An empty block before number `at`. */
static struct ttl_block *insert_block(struct ttl_buckets *b, uint32_t at)
{
    if (b->block_count == b->block_room) {
        const uint32_t room = b->block_room == 0 ? 1 : 2 * b->block_room;
        struct ttl_block *const blocks = realloc(b->blocks, room * sizeof *blocks);

        if (blocks == NULL)
            return NULL;
        b->blocks = blocks;
        b->block_room = room;
    }
    memmove(b->blocks + at + 1, b->blocks + at, (b->block_count - at) * sizeof *b->blocks);
    b->block_count++;
    b->blocks[at].count = 0;
    return &b->blocks[at];
}

/* Room for one more bucket number at a place: a full block is halved first. */
static bool make_room(struct ttl_buckets *b, struct place *p)
{
    const uint32_t half = BLOCK_ROOM / 2;
    struct ttl_block *first, *second;

    if (b->block_count == 0)
        return insert_block(b, 0) != NULL;
    if (b->blocks[p->block].count < BLOCK_ROOM)
        return true;
    second = insert_block(b, p->block + 1);
    if (second == NULL)
        return false;
    first = second - 1;
    second->count = BLOCK_ROOM - half;
    memcpy(second->numbers, first->numbers + half, second->count * sizeof *second->numbers);
    first->count = half;
    if (p->index > half) {
        p->block++;
        p->index -= half;
    }
    return true;
}

/* A bucket of `count` times at a place.  False: it does not fit any more. */
static bool insert_bucket(struct ttl_buckets *b, struct place p, const uint64_t *times,
                          uint32_t count)
{
    struct ttl_bucket *bucket;
    struct ttl_block *block;

    if (b->bucket_count == TTL_BUCKETS_MAX)
        return false;
    if (b->bucket_count == b->bucket_room) {
        const uint32_t room = b->bucket_room == 0 ? 8 : 2 * b->bucket_room;
        struct ttl_bucket *const buckets = realloc(b->buckets, room * sizeof *buckets);

        if (buckets == NULL) {
            b->out_of_memory = true;
            return false;
        }
        b->buckets = buckets;
        b->bucket_room = room;
    }
    if (!make_room(b, &p)) {
        b->out_of_memory = true;
        return false;
    }
    bucket = &b->buckets[b->bucket_count];
    *bucket = (struct ttl_bucket){.count = count};
    memcpy(bucket->times, times, count * sizeof *times);
    block = &b->blocks[p.block];
    memmove(block->numbers + p.index + 1, block->numbers + p.index,
            (block->count - p.index) * sizeof *block->numbers);
    block->numbers[p.index] = b->bucket_count++;
    block->count++;
    return true;
}

static uint32_t number_at(const struct ttl_buckets *b, struct place p)
{
    return b->blocks[p.block].numbers[p.index];
}

static uint64_t key_at(const struct ttl_buckets *b, struct place p)
{
    return b->buckets[number_at(b, p)].times[0];
}

/* The bucket with the greatest key at or below a time.  Blocks are never empty. */
static bool find_bucket(const struct ttl_buckets *b, uint64_t time_ms, struct place *ret_place)
{
    struct place p = {0, 0};
    uint32_t low = 0, high = b->block_count; /* the first block that starts above is in between */

    while (low < high) {
        p.block = low + (high - low) / 2;
        if (key_at(b, p) <= time_ms)
            low = p.block + 1;
        else
            high = p.block;
    }
    if (low == 0)
        return false;
    p.block = low - 1;
    low = 0;
    high = b->blocks[p.block].count;
    while (low < high) {
        p.index = low + (high - low) / 2;
        if (key_at(b, p) <= time_ms)
            low = p.index + 1;
        else
            high = p.index;
    }
    p.index = low - 1;
    *ret_place = p;
    return true;
}

/* Before which of 16 times to split: where they differ, the nearer to the middle the better, but of
 * the boundaries up to the ninth time simply the last.  0: they are all the same. */
static uint32_t find_split(const uint64_t *times)
{
    const uint32_t half = TTL_SEGMENT_ITEMS / 2;
    uint32_t best = 0, distance = half;

    for (uint32_t i = 0; i + 1 < TTL_SEGMENT_ITEMS; i++) {
        if (times[i] == times[i + 1])
            continue;
        if (i < half)
            distance = half - i;
        else if (i + 1 - half < distance)
            distance = i + 1 - half;
        else
            continue;
        best = i + 1;
    }
    return best;
}

/* Into a full segment of different times. */
static bool split_and_add(struct ttl_buckets *b, struct place p, uint32_t split, uint64_t time_ms)
{
    const uint32_t number = number_at(b, p);
    const struct ttl_bucket full = b->buckets[number];
    struct ttl_bucket *bucket;

    p.index++;
    if (!insert_bucket(b, p, full.times + split, TTL_SEGMENT_ITEMS - split))
        return false;
    b->buckets[number].count = split;
    bucket = &b->buckets[time_ms < full.times[split] ? number : b->bucket_count - 1];
    insert_time(bucket->times, bucket->count++, time_ms);
    return true;
}

/* Into a bucket of one time that cannot be split: chained already, or full. */
static bool chain_or_part(struct ttl_buckets *b, struct place p, uint64_t time_ms)
{
    struct ttl_bucket *const bucket = &b->buckets[number_at(b, p)];

    if (time_ms > bucket->times[0]) {
        p.index++;
        return insert_bucket(b, p, &time_ms, 1);
    }
    if (bucket->count == TTL_SEGMENT_ITEMS) {
        bucket->is_chained = true;
        bucket->count = 0;
        b->chained_count++;
    }
    bucket->times[bucket->count++] = time_ms;
    return true;
}

static bool add_to_tree(struct ttl_buckets *b, uint64_t time_ms)
{
    struct ttl_bucket *bucket;
    struct place p;
    uint32_t split;

    if (!find_bucket(b, time_ms, &p))
        return insert_bucket(b, (struct place){0, 0}, &time_ms, 1);
    bucket = &b->buckets[number_at(b, p)];
    if (bucket->is_chained)
        return chain_or_part(b, p, time_ms);
    if (bucket->count < TTL_SEGMENT_ITEMS) {
        insert_time(bucket->times, bucket->count++, time_ms);
        return true;
    }
    split = find_split(bucket->times);
    return split == 0 ? chain_or_part(b, p, time_ms) : split_and_add(b, p, split, time_ms);
}

void ttl_buckets_add(struct ttl_buckets *b, uint64_t time_ms)
{
    time_ms &= TIME_MASK;
    if (b->item_count < TTL_SEGMENT_ITEMS) {
        insert_time(b->list, (uint32_t)b->item_count++, time_ms);
        return;
    }
    b->item_count++;
    if (b->skipped_count == 0 &&
        (b->bucket_count > 0 ||
         insert_bucket(b, (struct place){0, 0}, b->list, TTL_SEGMENT_ITEMS)) &&
        add_to_tree(b, time_ms))
        return;
    b->skipped_count++;
    b->is_estimate = true;
}

uint64_t ttl_buckets_bytes(struct ttl_buckets *b)
{
    uint64_t own_bytes, bytes;
    struct place p;

    if (b->bucket_count == 0)
        return 0;
    own_bytes = b->alloc_size(b->rax_bytes + RAX_METADATA_BYTES);
    rax_size_clear(&b->rax, b->alloc_size, b->rax_bytes + RAX_METADATA_BYTES);
    for (p.block = 0; p.block < b->block_count; p.block++) {
        for (p.index = 0; p.index < b->blocks[p.block].count; p.index++) {
            const uint64_t time_ms = key_at(b, p);
            uint8_t key[KEY_BYTES];

            for (unsigned i = 0; i < KEY_BYTES; i++)
                key[i] = (uint8_t)(time_ms >> (8 * (KEY_BYTES - 1 - i)));
            rax_size_add(&b->rax, key, sizeof key);
        }
    }
    rax_size_finish(&b->rax);
    b->out_of_memory |= b->rax.out_of_memory;
    bytes = b->rax.alloc_bytes + b->bucket_count * b->alloc_size(FIRST_SEGMENT_BYTES) +
            b->chained_count * b->alloc_size(NEXT_SEGMENT_BYTES);
    if (b->skipped_count == 0)
        return bytes;
    return own_bytes + (uint64_t)((double)(bytes - own_bytes) * (double)b->item_count /
                                  (double)(b->item_count - b->skipped_count));
}

void ttl_buckets_done(struct ttl_buckets *b)
{
    free(b->buckets);
    free(b->blocks);
    rax_size_done(&b->rax);
    b->buckets = NULL;
    b->blocks = NULL;
    b->bucket_count = b->bucket_room = b->block_count = b->block_room = 0;
}
