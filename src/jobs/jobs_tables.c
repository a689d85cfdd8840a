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

#include "util/hash.h"

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
    const size_t new_cap = *cap ? *cap * 2 : 16;
    void *p;

    if (count < *cap)
        return true;
    memcpy(&p, items, sizeof(p));
    p = realloc(p, new_cap * item_bytes);
    if (!p) {
        c->is_out_of_memory = true;
        return false;
    }
    memcpy(items, &p, sizeof(p));
    *cap = new_cap;
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

uint32_t jobs_base_get(struct jobs_collector *c, uint64_t db, const uint8_t *bytes,
                       size_t size_bytes)
{
    const uint64_t hash = hash_bytes(bytes, size_bytes, db);
    struct jobs_base base = {.db = db, .size_bytes = size_bytes};
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->base_index, hash, &cursor)) != JOBS_NO_ITEM) {
        const struct jobs_base *b = &c->bases.items[i];

        if (b->db == db && b->size_bytes == size_bytes && memcmp(b->bytes, bytes, size_bytes) == 0)
            return i;
    }
    if (c->bases.count >= JOBS_MAX_BASES) {
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
    hash = hash_bytes(error, error_bytes, hash_bytes(class_, class_bytes, 1));
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

uint32_t jobs_set_get(struct jobs_collector *c, const struct jobs_set *like, size_t ident_bytes)
{
    const char *label = like->label ? like->label : "";
    const uint64_t seed = hash_bytes(label, strlen(label), like->db << 8 | (uint64_t)like->shape);
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
    if (c->sets.count >= JOBS_MAX_SETS) {
        c->ignored++;
        return JOBS_NO_ITEM;
    }
    set.key = jobs_keep(c, like->key, like->key_bytes);
    set.label = jobs_keep(c, label, strlen(label));
    if (!set.key || !set.label || !JOBS_RESERVE(c, c->sets) ||
        !add_index(c, &c->set_index, hash, c->sets.count))
        return JOBS_NO_ITEM;
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
        const uint64_t hash = hash_bytes(key, sizeof(key), 2);
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

bool jobs_id_add(struct jobs_collector *c, const struct jobs_id *id)
{
    if (c->ids.count >= JOBS_MAX_IDS) {
        c->ignored++;
        return false;
    }
    if (c->ids.cap == 0) {
        /* All at once: pages that nothing is written to take no memory. */
        c->ids.items = malloc(JOBS_MAX_IDS * sizeof(*c->ids.items));
        if (!c->ids.items) {
            c->is_out_of_memory = true;
            return false;
        }
        c->ids.cap = JOBS_MAX_IDS;
    }
    c->ids.items[c->ids.count++] = *id;
    return true;
}
