/* sidekiq_tables.c -- what the collector remembers: roots, members, processes.
 *
 * Each table is an array that only grows, up to its limit, and an index by hash over it.  Names
 * live in the collector's arena.
 */
// SPDX-License-Identifier: MIT
#include "sidekiq/sidekiq_tables.h"

#include <string.h>

#include "util/grow.h"
#include "util/hash.h"

bool table_reserve(struct sidekiq_collector *c, void *items, size_t count, size_t *cap,
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

bool table_index(struct sidekiq_collector *c, struct hash_index *ix, uint64_t hash, size_t item)
{
    if (hash_index_add(ix, hash, (uint32_t)item) == 0)
        return true;
    c->is_out_of_memory = true;
    return false;
}

const char *keep_bytes(struct sidekiq_collector *c, const void *bytes, size_t size_bytes)
{
    const char *copy = arena_copy(&c->arena, bytes, size_bytes);

    if (copy)
        return copy;
    if (arena_is_full(&c->arena, size_bytes + 1))
        c->ignored_keys++;
    else
        c->is_out_of_memory = true;
    return NULL;
}

uint32_t root_find(const struct sidekiq_collector *c, uint64_t db, const uint8_t *prefix,
                   size_t prefix_bytes)
{
    const uint64_t hash = hash_bytes(prefix, prefix_bytes, db);
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->root_index, hash, &cursor)) != NO_ITEM) {
        const struct root *r = &c->roots.items[i];

        if (r->db == db && r->prefix_bytes == prefix_bytes &&
            memcmp(r->prefix, prefix, prefix_bytes) == 0)
            return i;
    }
    return NO_ITEM;
}

uint32_t root_get(struct sidekiq_collector *c)
{
    const size_t prefix_bytes = c->name.prefix_bytes;
    uint32_t i = root_find(c, c->db, c->key, prefix_bytes);
    struct root root = {.db = c->db, .prefix_bytes = prefix_bytes, .first_member = NO_ITEM};

    if (i != NO_ITEM)
        return i;
    /* A file full of odd prefixes must not push out the one without: it always gets its place. */
    if (c->roots.count >= (prefix_bytes > 0 ? MAX_ROOTS : 2 * MAX_ROOTS)) {
        c->ignored_keys++;
        return NO_ITEM;
    }
    root.prefix = keep_bytes(c, c->key, prefix_bytes);
    if (!root.prefix || !TABLE_RESERVE(c, c->roots) ||
        !table_index(c, &c->root_index, hash_bytes(c->key, prefix_bytes, c->db), c->roots.count))
        return NO_ITEM;
    c->roots.items[c->roots.count] = root;
    return (uint32_t)c->roots.count++;
}

void root_mark(struct sidekiq_collector *c, enum root_flag flag)
{
    const uint32_t i = root_get(c);

    if (i != NO_ITEM)
        c->roots.items[i].flags |= flag;
}

static uint64_t member_hash(uint32_t root, enum key_shape set, const uint8_t *name,
                            size_t name_bytes)
{
    return hash_bytes(name, name_bytes, (uint64_t)root << 8 | (uint64_t)set);
}

uint32_t member_find(const struct sidekiq_collector *c, uint32_t root, enum key_shape set,
                     const uint8_t *name, size_t name_bytes)
{
    const uint64_t hash = member_hash(root, set, name, name_bytes);
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->member_index, hash, &cursor)) != NO_ITEM) {
        const struct member *m = &c->members.items[i];

        if (!m->is_void && m->root == root && m->set == set && m->name_bytes == name_bytes &&
            memcmp(m->name, name, name_bytes) == 0)
            return i;
    }
    return NO_ITEM;
}

void member_add(struct sidekiq_collector *c, uint32_t root, enum key_shape set, const uint8_t *name,
                size_t name_bytes)
{
    struct member m = {.root = root, .set = set, .name_bytes = name_bytes};

    if (member_find(c, root, set, name, name_bytes) != NO_ITEM)
        return;
    if (c->members.count >= MAX_ALL_MEMBERS) {
        c->ignored_keys++;
        return;
    }
    m.name = keep_bytes(c, name, name_bytes);
    if (!m.name || !TABLE_RESERVE(c, c->members) ||
        !table_index(c, &c->member_index, member_hash(root, set, name, name_bytes),
                     c->members.count))
        return;
    m.next = c->roots.items[root].first_member;
    c->roots.items[root].first_member = (uint32_t)c->members.count;
    c->members.items[c->members.count++] = m;
}

static uint32_t process_index_of(const struct sidekiq_collector *c, uint64_t db, const uint8_t *key,
                                 size_t key_bytes)
{
    const uint64_t hash = hash_bytes(key, key_bytes, db);
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->process_index, hash, &cursor)) != NO_ITEM) {
        const struct process *p = &c->processes.items[i];

        if (p->db == db && p->key_bytes == key_bytes && memcmp(p->key, key, key_bytes) == 0)
            return i;
    }
    return NO_ITEM;
}

const struct process *process_find(const struct sidekiq_collector *c, uint64_t db,
                                   const uint8_t *key, size_t key_bytes)
{
    const uint32_t i = process_index_of(c, db, key, key_bytes);

    return i == NO_ITEM ? NULL : &c->processes.items[i];
}

struct process *process_find_mutable(struct sidekiq_collector *c, uint64_t db, const uint8_t *key,
                                     size_t key_bytes)
{
    const uint32_t i = process_index_of(c, db, key, key_bytes);

    return i == NO_ITEM ? NULL : &c->processes.items[i];
}

struct process *process_get(struct sidekiq_collector *c, size_t base_bytes)
{
    const uint32_t i = process_index_of(c, c->db, c->key, base_bytes);
    struct process process = {
        .db = c->db, .key_bytes = base_bytes, .expires_at = ROW_NULL, .work_expires_at = ROW_NULL};

    if (i != NO_ITEM)
        return &c->processes.items[i];
    if (c->processes.count >= MAX_PROCESSES) {
        c->ignored_keys++;
        return NULL;
    }
    process.key = keep_bytes(c, c->key, base_bytes);
    if (!process.key || !TABLE_RESERVE(c, c->processes) ||
        !table_index(c, &c->process_index, hash_bytes(c->key, base_bytes, c->db),
                     c->processes.count))
        return NULL;
    c->processes.items[c->processes.count] = process;
    return &c->processes.items[c->processes.count++];
}
