/* hints.c -- RESIZEDB records: one sum a database, found by its number in a uthash table. */
// SPDX-License-Identifier: MIT
#include "analyze/hints.h"

#include <stdbool.h>
#include <stdlib.h>

#include "util/hash.h"

/* A failed allocation inside uthash leaves the element out of the table; the caller checks. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element)                                                               \
    do {                                                                                           \
        (element)->is_lost = true;                                                                 \
    } while (0)
#include <uthash.h>

#define FIRST_CAPACITY 16

struct hint_node {
    struct hint hint;
    bool is_lost;
    UT_hash_handle hh;
};

struct hints {
    struct hint_node *table;
    struct hint_node **all;
    size_t count, capacity;
    uint64_t seed;
};

struct hints *hints_new(void)
{
    struct hints *h = calloc(1, sizeof *h);

    if (h != NULL)
        h->seed = hash_seed();
    return h;
}

void hints_free(struct hints *h)
{
    if (h == NULL)
        return;
    HASH_CLEAR(hh, h->table);
    for (size_t i = 0; i < h->count; i++)
        free(h->all[i]);
    free(h->all);
    free(h);
}

static struct hint_node *make_node(struct hints *h, uint64_t db, unsigned hash)
{
    struct hint_node *node;

    if (h->count == h->capacity) {
        const size_t capacity = h->capacity == 0 ? FIRST_CAPACITY : h->capacity * 2;
        struct hint_node **grown = realloc(h->all, capacity * sizeof(struct hint_node *));

        if (grown == NULL)
            return NULL;
        h->all = grown;
        h->capacity = capacity;
    }
    node = calloc(1, sizeof *node);
    if (node == NULL)
        return NULL;
    node->hint.db = db;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, h->table, &node->hint.db, sizeof node->hint.db, hash, node);
    if (node->is_lost) {
        free(node);
        return NULL;
    }
    h->all[h->count++] = node;
    return node;
}

static uint64_t add_capped_unsigned(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

int hints_add(struct hints *h, uint64_t db, uint64_t keys, uint64_t expires)
{
    const unsigned hash = (unsigned)hash_bytes(&db, sizeof db, h->seed);
    struct hint_node *node = NULL;

    HASH_FIND_BYHASHVALUE(hh, h->table, &db, sizeof db, hash, node);
    if (node == NULL && h->count >= HINTS_MAX)
        return 0;
    if (node == NULL)
        node = make_node(h, db, hash);
    if (node == NULL)
        return -1;
    node->hint.keys = add_capped_unsigned(node->hint.keys, keys);
    node->hint.expires = add_capped_unsigned(node->hint.expires, expires);
    return 0;
}

size_t hints_count(const struct hints *h)
{
    return h->count;
}

const struct hint *hints_at(const struct hints *h, size_t i)
{
    return &h->all[i]->hint;
}
