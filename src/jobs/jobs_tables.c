/* jobs_tables.c -- what the collector remembers: bases, sets, names, tallies, ids.
 *
 * Each table is an array that only grows, up to its limit, with an index by hash over it; names
 * live in the collector's arena.  The ids are by far the most.  They have no index: they are sorted
 * once, when the last key was read.
 */
// SPDX-License-Identifier: MIT
#include "jobs/jobs_tables.h"

#include <stdlib.h>
#include <string.h>

#include "util/grow.h"
#include "util/hash.h"

/* An index is twice as large as what it holds, at most four times as it grows by doubling. */
#define INDEX_BYTES(items) ((items)*4 * sizeof(struct hash_slot))

/* While streaming, and then while the ids are brought together; they are freed before classes and
 * systems are made. */
_Static_assert(JOBS_MAX_IDS * sizeof(struct jobs_id) + JOBS_MAX_ARENA_BYTES +
                       JOBS_MAX_RESULT_BYTES + JOBS_MAX_SETS * sizeof(struct jobs_set) +
                       JOBS_MAX_BASES * sizeof(struct jobs_base) +
                       JOBS_MAX_NAMES * sizeof(struct jobs_names) +
                       JOBS_MAX_TALLIES * sizeof(struct jobs_tally) +
                       JOBS_MAX_QUEUES * sizeof(struct jobs_queue) +
                       INDEX_BYTES((size_t)JOBS_MAX_SETS + JOBS_MAX_BASES + JOBS_MAX_NAMES +
                                   JOBS_MAX_TALLIES) /
                           2 +
                       INDEX_BYTES((size_t)JOBS_MAX_QUEUES) <=
                   (size_t)64 * 1024 * 1024,
               "job queues: the tables must fit into 64 MiB");
_Static_assert(JOBS_MAX_SETS <= 1 << 14 && JOBS_MAX_NAMES <= 1 << 14 && JOBS_NO_BASE < 1 << 14,
               "job queues: numbers must fit into struct jobs_id");

int64_t jobs_later(int64_t a, int64_t b)
{
    return a == ROW_NULL || (b != ROW_NULL && b > a) ? b : a;
}

int64_t jobs_earlier(int64_t a, int64_t b)
{
    return a == ROW_NULL || (b != ROW_NULL && b < a) ? b : a;
}

bool jobs_reserve(struct jobs_collector *c, void *items, size_t count, size_t *cap,
                  size_t item_bytes)
{
    void *p;

    memcpy(&p, items, sizeof(p));
    p = grow_array(p, count, cap, item_bytes);
    if (!p) {
        c->is_out_of_memory = true;
        return false;
    }
    memcpy(items, &p, sizeof(p));
    return true;
}

const char *jobs_keep(struct jobs_collector *c, const void *bytes, size_t size_bytes)
{
    const char *copy = arena_copy(&c->arena, bytes, size_bytes);

    if (!copy) {
        if (arena_is_full(&c->arena, size_bytes + 1))
            c->ignored++;
        else
            c->is_out_of_memory = true;
    }
    return copy;
}

static bool add_index(struct jobs_collector *c, struct hash_index *ix, uint64_t hash, size_t item)
{
    if (hash_index_add(ix, hash, (uint32_t)item) == 0)
        return true;
    c->is_out_of_memory = true;
    return false;
}

uint32_t jobs_base_find(const struct jobs_collector *c, uint64_t db, const uint8_t *bytes,
                        size_t size_bytes)
{
    const uint64_t hash = hash_bytes(bytes, size_bytes, hash_seed() ^ db);
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->base_index, hash, &cursor)) != JOBS_NO_ITEM) {
        const struct jobs_base *b = &c->bases.items[i];

        if (b->db == db && b->size_bytes == size_bytes && memcmp(b->bytes, bytes, size_bytes) == 0)
            break;
    }
    return i;
}

uint32_t jobs_base_get(struct jobs_collector *c, uint64_t db, const uint8_t *bytes,
                       size_t size_bytes, bool is_proof)
{
    const uint64_t hash = hash_bytes(bytes, size_bytes, hash_seed() ^ db);
    struct jobs_base base = {.db = db, .size_bytes = size_bytes};
    const uint32_t i = jobs_base_find(c, db, bytes, size_bytes);

    if (i != JOBS_NO_ITEM)
        return i;
    if (c->bases.count >= (is_proof ? JOBS_MAX_BASES : JOBS_MAX_BASES / 4 * 3)) {
        c->ignored++;
        return JOBS_NO_ITEM;
    }
    base.bytes = jobs_keep(c, bytes, size_bytes);
    if (!base.bytes || !JOBS_RESERVE(c, c->bases) ||
        !add_index(c, &c->base_index, hash, c->bases.count))
        return JOBS_NO_ITEM;
    c->bases.items[c->bases.count] = base;
    return (uint32_t)c->bases.count++;
}

/* Never cut inside a UTF-8 sequence. */
static size_t cut_name(const char *name, size_t name_bytes)
{
    size_t n = JOBS_MAX_NAME_BYTES;

    if (name_bytes <= n)
        return name_bytes;
    while (n > JOBS_MAX_NAME_BYTES - 4 && ((uint8_t)name[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static uint32_t add_names(struct jobs_collector *c, uint64_t hash, const char *class_,
                          size_t class_bytes, const char *error, size_t error_bytes)
{
    struct jobs_names n = {.class_bytes = class_bytes, .error_bytes = error_bytes};

    n.class_ = jobs_keep(c, class_, class_bytes);
    n.error = jobs_keep(c, error, error_bytes);
    if (!n.class_ || !n.error || !JOBS_RESERVE(c, c->names) ||
        !add_index(c, &c->name_index, hash, c->names.count))
        return 0;
    c->names.items[c->names.count] = n;
    return (uint32_t)c->names.count++;
}

uint32_t jobs_names_get(struct jobs_collector *c, const char *class_, size_t class_bytes,
                        const char *error, size_t error_bytes)
{
    uint64_t hash;
    size_t cursor = 0;
    uint32_t i;

    if (c->names.count == 0)
        add_names(c, 0, "(other)", 7, "", 0);
    class_bytes = cut_name(class_, class_bytes);
    error_bytes = cut_name(error, error_bytes);
    hash = hash_bytes(error, error_bytes, hash_bytes(class_, class_bytes, hash_seed()));
    while ((i = hash_index_next(&c->name_index, hash, &cursor)) != JOBS_NO_ITEM) {
        const struct jobs_names *n = &c->names.items[i];

        if (n->class_bytes == class_bytes && n->error_bytes == error_bytes &&
            memcmp(n->class_, class_, class_bytes) == 0 &&
            memcmp(n->error, error, error_bytes) == 0)
            return i;
    }
    if (c->names.count >= JOBS_MAX_NAMES) {
        c->ignored++;
        return 0;
    }
    return add_names(c, hash, class_, class_bytes, error, error_bytes);
}

uint32_t jobs_set_get(struct jobs_collector *c, const struct jobs_set *like, size_t ident_bytes,
                      bool is_stranger)
{
    const char *label = like->label ? like->label : "";
    const uint64_t seed =
        hash_bytes(label, strlen(label), hash_seed() ^ (like->db << 8 | (uint64_t)like->shape));
    const uint64_t hash = hash_bytes(like->key, ident_bytes, seed);
    struct jobs_set set = *like;
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->set_index, hash, &cursor)) != JOBS_NO_ITEM) {
        const struct jobs_set *s = &c->sets.items[i];

        if (s->db == like->db && s->shape == like->shape && s->type == like->type &&
            s->key_bytes >= ident_bytes && memcmp(s->key, like->key, ident_bytes) == 0 &&
            strcmp(s->label, label) == 0)
            return i;
    }
    if (c->sets.count >= JOBS_MAX_SETS ||
        (is_stranger && (c->stranger_sets >= JOBS_MAX_SETS / 2 ||
                         c->arena.used_bytes >= JOBS_MAX_ARENA_BYTES / 2))) {
        c->ignored++;
        c->are_members_cut = true;
        return JOBS_NO_ITEM;
    }
    set.key = jobs_keep(c, like->key, like->key_bytes);
    set.label = jobs_keep(c, label, strlen(label));
    if (!set.key || !set.label || !JOBS_RESERVE(c, c->sets) ||
        !add_index(c, &c->set_index, hash, c->sets.count)) {
        c->are_members_cut = true;
        return JOBS_NO_ITEM;
    }
    c->stranger_sets += is_stranger;
    set.oldest_at = set.newest_at = set.first_due_at = ROW_NULL;
    c->sets.items[c->sets.count] = set;
    return (uint32_t)c->sets.count++;
}

void jobs_tally_add(struct jobs_collector *c, uint32_t set, uint32_t names, int64_t bytes,
                    int64_t at)
{
    struct jobs_tally *t = NULL;

    for (int attempt = 0; t == NULL; attempt++) {
        const uint64_t key[2] = {set, names};
        const uint64_t hash = hash_bytes(key, sizeof(key), hash_seed());
        size_t cursor = 0;
        uint32_t i;

        while ((i = hash_index_next(&c->tally_index, hash, &cursor)) != JOBS_NO_ITEM)
            if (c->tallies.items[i].set == set && c->tallies.items[i].names == names)
                break;
        if (i != JOBS_NO_ITEM) {
            t = &c->tallies.items[i];
            break;
        }
        /* Beyond the limit a set still has its "(other)". */
        if (c->tallies.count >= JOBS_MAX_TALLIES && attempt == 0) {
            c->ignored++;
            names = 0;
            continue;
        }
        if (!JOBS_RESERVE(c, c->tallies) || !add_index(c, &c->tally_index, hash, c->tallies.count))
            return;
        t = &c->tallies.items[c->tallies.count++];
        *t = (struct jobs_tally){
            .set = set, .names = names, .oldest_at = ROW_NULL, .newest_at = ROW_NULL};
    }
    t->jobs++;
    t->bytes += bytes;
    t->oldest_at = jobs_earlier(t->oldest_at, at);
    t->newest_at = jobs_later(t->newest_at, at);
}

/* Whether there is room for one of its kind; notes what is then not known. */
static bool has_room_for_id(struct jobs_collector *c, const struct jobs_id *id, bool is_stranger)
{
    bool has_room = c->ids.count < JOBS_MAX_IDS;

    if (id->kind == JOBS_ID_LOCK)
        has_room = has_room && c->locks < JOBS_MAX_LOCKS;
    else if (is_stranger)
        has_room = has_room && c->stranger_ids < JOBS_MAX_STRANGER_IDS;
    if (has_room)
        return true;
    c->ignored++;
    c->are_jobs_cut |= id->kind == JOBS_ID_JOB;
    c->are_locks_cut |= id->kind == JOBS_ID_LOCK;
    c->are_members_cut |= id->kind == JOBS_ID_MEMBER;
    return false;
}

bool jobs_id_add(struct jobs_collector *c, const struct jobs_id *id, uint64_t hash,
                 bool is_stranger)
{
    struct jobs_id *new_id;

    if (!has_room_for_id(c, id, is_stranger))
        return false;
    if (c->ids.cap == 0) {
        /* All at once: pages that nothing is written to take no memory. */
        c->ids.items = malloc(JOBS_MAX_IDS * sizeof(*c->ids.items));
        if (!c->ids.items) {
            c->is_out_of_memory = true;
            return false;
        }
        c->ids.cap = JOBS_MAX_IDS;
    }
    new_id = &c->ids.items[c->ids.count++];
    *new_id = *id;
    new_id->hash_high = (uint32_t)(hash >> 32);
    new_id->hash_low = (uint32_t)hash;
    if (id->kind == JOBS_ID_LOCK)
        c->locks++;
    else
        c->stranger_ids += is_stranger;
    return true;
}

/* ---- sorting ids ---------------------------------------------------------------------------- */

#define SORT_HIGH_BITS 8  /* so many places to write at once stay in the cache */
#define SORT_LOW_BITS  11 /* and of a million ids, 4,000 are left here: they lie in the cache */
#define SORT_ONE_PIECE 512
#define SORT_BY_MOVES  24

static bool is_before(const struct jobs_id *a, const struct jobs_id *b)
{
    if (a->hash_high != b->hash_high)
        return a->hash_high < b->hash_high;
    if (a->hash_low != b->hash_low)
        return a->hash_low < b->hash_low;
    return a->kind < b->kind;
}

static void sift_down(struct jobs_id *ids, size_t root, size_t count)
{
    const struct jobs_id id = ids[root];
    size_t child;

    while ((child = 2 * root + 1) < count) {
        if (child + 1 < count && is_before(&ids[child], &ids[child + 1]))
            child++;
        if (!is_before(&id, &ids[child]))
            break;
        ids[root] = ids[child];
        root = child;
    }
    ids[root] = id;
}

/* Few: each is moved down to its place.  Many: a heap, for which no bucket can be made that it is
 * slow for. */
static void sort_bucket(struct jobs_id *ids, size_t count)
{
    for (size_t i = 1; i < count && count <= SORT_BY_MOVES; i++) {
        const struct jobs_id id = ids[i];
        size_t to = i;

        for (; to > 0 && is_before(&id, &ids[to - 1]); to--)
            ids[to] = ids[to - 1];
        ids[to] = id;
    }
    if (count <= SORT_BY_MOVES)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift_down(ids, i - 1, count);
    for (size_t end = count; end > 1; end--) {
        const struct jobs_id last = ids[end - 1];

        ids[end - 1] = ids[0];
        ids[0] = last;
        sift_down(ids, 0, end - 1);
    }
}

/* Each id into the bucket of those bits of its hash, by swaps.  Buckets end at ends[]. */
static void part(struct jobs_id *ids, size_t count, unsigned shift, unsigned bits, uint32_t *ends)
{
    const uint32_t mask = (UINT32_C(1) << bits) - 1;
    uint32_t nexts[1 << SORT_LOW_BITS], sum = 0;

    memset(ends, 0, sizeof(*ends) << bits);
    for (size_t i = 0; i < count; i++)
        ends[ids[i].hash_high >> shift & mask]++;
    for (size_t b = 0; b <= mask; b++) {
        nexts[b] = sum;
        sum += ends[b];
        ends[b] = sum;
    }
    for (size_t b = 0; b <= mask; b++) {
        while (nexts[b] < ends[b]) {
            const struct jobs_id id = ids[nexts[b]];
            const size_t to = id.hash_high >> shift & mask;

            if (to != b)
                ids[nexts[b]] = ids[nexts[to]];
            ids[nexts[to]++] = id;
        }
    }
}

/* In place, as qsort() would take as much memory again, and in two steps: to put each into one of
 * 2^19 buckets at once would miss the cache at every id. */
void jobs_sort_ids(struct jobs_id *ids, size_t count)
{
    uint32_t ends[1 << SORT_HIGH_BITS], low_ends[1 << SORT_LOW_BITS];

    if (count <= SORT_ONE_PIECE) {
        sort_bucket(ids, count);
        return;
    }
    part(ids, count, 32 - SORT_HIGH_BITS, SORT_HIGH_BITS, ends);
    for (size_t h = 0, begin = 0; h < 1 << SORT_HIGH_BITS; begin = ends[h++]) {
        struct jobs_id *const piece = ids + begin;

        if (ends[h] - begin <= SORT_ONE_PIECE) {
            sort_bucket(piece, ends[h] - begin);
            continue;
        }
        part(piece, ends[h] - begin, 32 - SORT_HIGH_BITS - SORT_LOW_BITS, SORT_LOW_BITS, low_ends);
        for (size_t l = 0, from = 0; l < 1 << SORT_LOW_BITS; from = low_ends[l++])
            sort_bucket(piece + from, low_ends[l] - from);
    }
}
