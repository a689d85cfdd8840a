/* vset_size.c -- bytes of the structure that keeps times of hash fields in order (Valkey 9.0).
 *
 *      0 or 1 item     nothing
 *      up to 127       a vector: length (8), a pointer an item (8), in order of time
 *      more            a radix tree of buckets; the key is the end of the time window of a bucket:
 *                      a single item, a vector of up to 127, or a hash table
 *
 * Windows are of 8192 ms when a bucket is made, and get narrower, down to 16 ms, as full vectors
 * are split.  A vector that cannot be split, as all its times are in one window of 16 ms, becomes a
 * hash table.  How many buckets there are depends on the times and their order, so it is replayed.
 *
 * Upstream: vset.c: vsetAddEntry(), insertToBucket_RAX(), splitBucketIfPossible(), Valkey 9.0.
 */
// SPDX-License-Identifier: MIT
#include "memory/vset_size.h"

#include <stdlib.h>
#include <string.h>

#include "memory/bucket_table.h"

#define WIDEST_WINDOW_MS    UINT64_C(8192)
#define NARROWEST_WINDOW_MS UINT64_C(16)
#define VECTOR_HEAD_BYTES   8
#define POINTER_BYTES       8
#define RAX_BYTES           32
#define BUCKETS_MAX         ((size_t)1 << 14) /* of at most a KiB each */

struct vset_bucket {
    uint64_t count;
    bool is_table;
    bool is_closed; /* full, with no room for another bucket to split into */
    uint64_t times[VSET_VECTOR_MAX];
};

static uint64_t window_end(uint64_t time_ms, uint64_t window_ms)
{
    return (time_ms & ~(window_ms - 1)) + window_ms;
}

void vset_size_clear(struct vset_size *v, uint64_t (*alloc_size)(uint64_t n), uint32_t table_bytes)
{
    v->alloc_size = alloc_size;
    v->table_bytes = table_bytes;
    v->item_count = v->skipped_count = 0;
    v->is_estimate = v->is_random = v->out_of_memory = false;
    for (size_t i = 0; i < v->bucket_count; i++)
        free(v->places[i].bucket);
    v->bucket_count = 0;
}

void vset_size_done(struct vset_size *v)
{
    for (size_t i = 0; i < v->bucket_count; i++)
        free(v->places[i].bucket);
    free(v->places);
    rax_size_done(&v->rax);
    v->places = NULL;
    v->bucket_count = v->bucket_room = 0;
}

/* ---- buckets -------------------------------------------------------------------------------- */

/* Index of the first bucket whose key is greater than the time. */
static size_t find_bucket(const struct vset_size *v, uint64_t time_ms)
{
    size_t low = 0, high = v->bucket_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (v->places[middle].key > time_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void put_place(struct vset_size *v, struct vset_place place)
{
    const size_t at = find_bucket(v, place.key - 1);

    memmove(v->places + at + 1, v->places + at, (v->bucket_count - at) * sizeof *v->places);
    v->places[at] = place;
    v->bucket_count++;
}

/* An empty bucket in its place; NULL: out of memory, or there are too many. */
static struct vset_bucket *make_bucket(struct vset_size *v, uint64_t key)
{
    struct vset_bucket *b;

    if (v->bucket_count == BUCKETS_MAX)
        return NULL;
    if (v->bucket_count == v->bucket_room) {
        const size_t room = v->bucket_room == 0 ? 16 : 2 * v->bucket_room;
        struct vset_place *const places = realloc(v->places, room * sizeof *places);

        if (places == NULL) {
            v->out_of_memory = true;
            return NULL;
        }
        v->places = places;
        v->bucket_room = room;
    }
    b = malloc(sizeof *b);
    if (b == NULL) {
        v->out_of_memory = true;
        return NULL;
    }
    b->count = 0;
    b->is_table = b->is_closed = false;
    put_place(v, (struct vset_place){key, b});
    return b;
}

static void change_key(struct vset_size *v, size_t at, uint64_t key)
{
    struct vset_bucket *const b = v->places[at].bucket;

    memmove(v->places + at, v->places + at + 1, (v->bucket_count - at - 1) * sizeof *v->places);
    v->bucket_count--;
    put_place(v, (struct vset_place){key, b});
}

static int compare_times(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_border(const struct vset_bucket *b, size_t at)
{
    return at > 0 && at < b->count &&
           window_end(b->times[at - 1], NARROWEST_WINDOW_MS) <
               window_end(b->times[at], NARROWEST_WINDOW_MS);
}

/* Where to split a sorted vector: the border between windows next to its middle. There is one. */
static size_t find_border(const struct vset_bucket *b)
{
    const size_t middle = b->count / 2;

    for (size_t off = 0; off <= middle + 1; off++) {
        if (off <= middle && is_border(b, middle - off))
            return middle - off;
        if (is_border(b, middle + off))
            return middle + off;
    }
    return middle;
}

/* Makes room in a full vector.  false: nothing can be done. */
static bool make_room(struct vset_size *v, size_t at)
{
    struct vset_bucket *const b = v->places[at].bucket;
    uint64_t first, last;
    struct vset_bucket *left;
    size_t border;

    qsort(b->times, b->count, sizeof b->times[0], compare_times);
    first = window_end(b->times[0], NARROWEST_WINDOW_MS);
    last = window_end(b->times[b->count - 1], NARROWEST_WINDOW_MS);
    if (last < v->places[at].key) {
        change_key(v, at, last);
        return true;
    }
    if (first == last) {
        b->is_table = true;
        v->is_random = true;
        return true;
    }
    border = find_border(b);
    left = make_bucket(v, window_end(b->times[border - 1], NARROWEST_WINDOW_MS));
    if (left == NULL)
        return false;
    memcpy(left->times, b->times, border * sizeof b->times[0]);
    left->count = border;
    b->count -= border;
    memmove(b->times, b->times + border, b->count * sizeof b->times[0]);
    return true;
}

static void insert_into_tree(struct vset_size *v, uint64_t time_ms)
{
    for (;;) {
        const size_t at = find_bucket(v, time_ms);
        const uint64_t end = window_end(time_ms, WIDEST_WINDOW_MS);
        struct vset_bucket *b = at < v->bucket_count ? v->places[at].bucket : NULL;

        if (b == NULL || v->places[at].key > end)
            b = make_bucket(v, end);
        else if (b->count == VSET_VECTOR_MAX && !b->is_table) {
            if (!b->is_closed && make_room(v, at))
                continue;
            b->is_closed = true;
            b = NULL;
        }
        if (b == NULL) {
            v->skipped_count++;
            v->is_estimate = true;
            return;
        }
        if (!b->is_table)
            b->times[b->count] = time_ms;
        b->count++;
        return;
    }
}

/* ---- items ---------------------------------------------------------------------------------- */

/* The 128th item turns the vector into a tree. */
static void make_tree(struct vset_size *v)
{
    const uint64_t end = window_end(v->vector[0], WIDEST_WINDOW_MS);
    struct vset_bucket *b;

    if (window_end(v->vector[VSET_VECTOR_MAX - 1], WIDEST_WINDOW_MS) != end) {
        for (size_t i = 0; i < VSET_VECTOR_MAX; i++)
            insert_into_tree(v, v->vector[i]);
        return;
    }
    b = make_bucket(v, end);
    if (b == NULL) {
        v->skipped_count += VSET_VECTOR_MAX;
        return;
    }
    memcpy(b->times, v->vector, sizeof v->vector);
    b->count = VSET_VECTOR_MAX;
}

void vset_size_add(struct vset_size *v, uint64_t time_ms)
{
    if (time_ms >
        INT64_MAX) /* negative: servers refuse it, and a window must not end beyond 64 bits */
        time_ms = 0;
    if (v->item_count < VSET_VECTOR_MAX) {
        size_t at = (size_t)v->item_count++;

        for (; at > 0 && v->vector[at - 1] > time_ms; at--)
            v->vector[at] = v->vector[at - 1];
        v->vector[at] = time_ms;
        return;
    }
    if (v->item_count++ == VSET_VECTOR_MAX)
        make_tree(v);
    insert_into_tree(v, time_ms);
}

static uint64_t bucket_bytes(const struct vset_size *v, const struct vset_bucket *b)
{
    struct bucket_table table;

    if (b->is_table) {
        bucket_table_init(&table, 0);
        bucket_table_add(&table, b->count);
        return v->alloc_size(v->table_bytes) +
               BUCKET_TABLE_BUCKET_BYTES * (table.buckets + table.old_buckets) +
               (uint64_t)(bucket_table_children(&table) * BUCKET_TABLE_BUCKET_BYTES + 0.5);
    }
    return b->count < 2 ? 0 : v->alloc_size(VECTOR_HEAD_BYTES + POINTER_BYTES * b->count);
}

uint64_t vset_size_bytes(struct vset_size *v)
{
    uint64_t bytes = 0;

    if (v->item_count < 2)
        return 0;
    if (v->item_count <= VSET_VECTOR_MAX)
        return v->alloc_size(VECTOR_HEAD_BYTES + POINTER_BYTES * v->item_count);
    rax_size_clear(&v->rax, v->alloc_size, RAX_BYTES);
    for (size_t i = 0; i < v->bucket_count; i++) {
        uint8_t key[8];

        for (unsigned byte = 0; byte < sizeof key; byte++)
            key[byte] = (uint8_t)(v->places[i].key >> (56 - 8 * byte));
        rax_size_add(&v->rax, key, sizeof key);
        bytes += bucket_bytes(v, v->places[i].bucket);
    }
    rax_size_finish(&v->rax);
    v->out_of_memory |= v->rax.out_of_memory;
    bytes += v->rax.alloc_bytes;
    if (v->skipped_count > 0 && v->skipped_count < v->item_count)
        bytes = (uint64_t)((double)bytes * (double)v->item_count /
                           (double)(v->item_count - v->skipped_count));
    return bytes;
}
