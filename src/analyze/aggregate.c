/* aggregate.c -- sums kept while keys stream by.
 *
 *      group    (db, type)           -> ttl[10]         databases and TTL buckets come from these
 *      pattern  (group, pattern)     -> sums, largest key, first and last expiry, usage, days
 *      type                          -> sizes, encodings (type_sums.h)
 *      snapshot                      -> expiry (expiry.h), slots (slot_sums.h)
 *
 * The first two are uthash tables with the hash given.  A key's group is found first, then its
 * pattern under the group's number, so the pattern's hash key is
 *
 *      [group number: 4 bytes][pattern: up to 512 bytes]
 *
 * with the number's top bit set for a rule of the user's, which may be spelt as a folded pattern
 * is.
 *
 * Files have millions of keys and few patterns, so in front of both tables lie small arrays of what
 * was found last, at a place worked out from a few bytes.  They are compared in full; a file made
 * to miss them costs the keyed hash that the tables need anyway.
 *
 * A key is added to one sum of its group and one of its pattern; whatever is a sum of these is
 * worked out when somebody asks.
 *
 * Bounds.  When max_patterns rows exist, a key with a new pattern is charged at once to its nearest
 * ancestor that exists (pattern_parent), at last to `*`, which may always be made: nothing is
 * rewritten, so the sums equal GROUP BY over the rows' pattern_n.  A rule's keys go to `*` at once:
 * an ancestor of a glob would be no pattern of theirs.  There is at most one `*` a group, and at
 * most AGGREGATE_MAX_GROUPS groups; databases beyond are summed under db -1, which a real server's
 * files never need.
 */
// SPDX-License-Identifier: MIT
#include "analyze/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/name_day.h"
#include "util/hash.h"

/* A failed allocation inside uthash leaves the element out of the table; the caller checks. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element)                                                               \
    do {                                                                                           \
        (element)->is_lost = true;                                                                 \
    } while (0)
#include <uthash.h>

struct group_node {
    struct aggregate_group group;
    struct {
        int64_t db;
        uint64_t type_id;
    } key; /* without padding: hashed and compared as bytes */
    uint32_t number;
    struct type_sums *type; /* shared by the groups of a type */
    bool is_lost;
    UT_hash_handle hh;
};

struct pattern_node {
    struct aggregate_pattern pattern;
    struct sum live; /* has a TTL, and time left */
    bool is_lost;
    UT_hash_handle hh;
    uint8_t key[]; /* group number, pattern */
};

#define GROUP_NUMBER_BYTES sizeof(uint32_t)
#define RULE_BIT           (UINT32_C(1) << 31) /* there are fewer groups */
#define RECENT_GROUPS      16                  /* powers of two */
#define RECENT_PATTERNS    512

struct aggregate {
    int64_t now_ms;
    size_t max_patterns;
    uint64_t seed;
    struct group_node *group_table;
    struct group_node *recent_groups[RECENT_GROUPS];
    struct group_node **groups;
    size_t group_count, group_capacity;
    struct pattern_node *pattern_table;
    struct pattern_node **patterns;
    size_t pattern_count, pattern_capacity;
    struct pattern_node *recent_patterns[RECENT_PATTERNS];
    uint64_t keys_without_size, merged_keys;
    struct type_sums *types[TYPE_SUMS_MAX];
    size_t type_count;
    struct expiry expiry;
    struct slot_sums *slots; /* NULL: no key of a cluster node */
};

int ttl_bucket(int64_t expires_at_ms, int64_t now_ms)
{
    static const int64_t hours[] = {1, 4, 12, 24, 7 * 24, 30 * 24, 365 * 24};
    uint64_t left_ms;

    if (expires_at_ms == ROW_NULL)
        return TTL_BUCKET_NONE;
    if (expires_at_ms < now_ms) /* as keyIsExpired(): at its very millisecond it still lives */
        return TTL_BUCKET_EXPIRED;
    left_ms = (uint64_t)expires_at_ms - (uint64_t)now_ms;
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        if (left_ms < (uint64_t)hours[i] * 3600000)
            return (int)i + 1;
    }
    return TTL_BUCKET_NONE - 1;
}

struct aggregate *aggregate_new(int64_t now_ms, size_t max_patterns)
{
    struct aggregate *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->now_ms = now_ms;
    a->max_patterns = max_patterns;
    a->seed = hash_seed();
    return a;
}

void aggregate_free(struct aggregate *a)
{
    if (a == NULL)
        return;
    HASH_CLEAR(hh, a->group_table);
    HASH_CLEAR(hh, a->pattern_table);
    for (size_t i = 0; i < a->group_count; i++)
        free(a->groups[i]);
    for (size_t i = 0; i < a->pattern_count; i++) {
        free(a->patterns[i]->pattern.largest_key);
        usage_done(&a->patterns[i]->pattern.usage);
        free(a->patterns[i]);
    }
    for (size_t i = 0; i < a->type_count; i++) {
        type_sums_done(a->types[i]);
        free(a->types[i]);
    }
    slot_sums_free(a->slots);
    free(a->groups);
    free(a->patterns);
    free(a);
}

/* Room for one more pointer in *array. */
static int grow_pointers(void **array, size_t count, size_t *capacity)
{
    void *grown;
    const size_t wanted = *capacity == 0 ? 64 : *capacity * 2;

    if (count < *capacity)
        return 0;
    grown = realloc(*array, wanted * sizeof(void *));
    if (grown == NULL)
        return -1;
    *array = grown;
    *capacity = wanted;
    return 0;
}

static unsigned fold_hash(uint64_t h)
{
    return (unsigned)(h ^ h >> 32);
}

static struct group_node *find_group(const struct aggregate *a, int64_t db, uint32_t type_id,
                                     unsigned *ret_hash)
{
    struct group_node *g = NULL, probe;

    probe.key.db = db;
    probe.key.type_id = type_id;
    *ret_hash = fold_hash(hash_bytes(&probe.key, sizeof probe.key, a->seed));
    HASH_FIND_BYHASHVALUE(hh, a->group_table, &probe.key, sizeof probe.key, *ret_hash, g);
    return g;
}

/* Types of modules beyond the limit are summed as `module`; those of servers always have room. */
static struct type_sums *type_of(struct aggregate *a, uint32_t type_id)
{
    struct type_sums **const end = a->types + a->type_count;
    struct type_sums **t = a->types;

    if (a->type_count + RDBP_TYPE_COUNT_ >= TYPE_SUMS_MAX && type_id >= RDBP_TYPE_COUNT_) {
        while (t < end && (*t)->type_id != type_id)
            t++;
        if (t < end)
            return *t;
        type_id = RDBP_TYPE_MODULE;
        t = a->types;
    }
    while (t < end && (*t)->type_id != type_id)
        t++;
    if (t == end) {
        *t = calloc(1, sizeof **t);
        if (*t == NULL)
            return NULL;
        (*t)->type_id = type_id;
        a->type_count++;
    }
    return *t;
}

static struct group_node *make_group(struct aggregate *a, int64_t db, uint32_t type_id,
                                     unsigned hash)
{
    struct group_node *g;

    if (grow_pointers((void **)&a->groups, a->group_count, &a->group_capacity) < 0)
        return NULL;
    g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->type = type_of(a, type_id);
    if (g->type == NULL) {
        free(g);
        return NULL;
    }
    g->group.db = g->key.db = db;
    g->group.type_id = type_id;
    g->key.type_id = type_id;
    g->number = (uint32_t)a->group_count;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, a->group_table, &g->key, sizeof g->key, hash, g);
    if (g->is_lost) {
        free(g);
        return NULL;
    }
    a->groups[a->group_count++] = g;
    return g;
}

static struct group_node *group_of(struct aggregate *a, uint64_t db, uint32_t type_id)
{
    int64_t number = db > INT64_MAX ? AGGREGATE_DB_OTHER : (int64_t)db;
    struct group_node **const recent = &a->recent_groups[(db * 5 + type_id) % RECENT_GROUPS];
    struct group_node *g = *recent;
    unsigned hash;

    if (g != NULL && g->key.db == number && g->key.type_id == type_id)
        return g;
    g = find_group(a, number, type_id, &hash);
    if (g == NULL && a->group_count >= AGGREGATE_MAX_GROUPS) {
        number = AGGREGATE_DB_OTHER;
        g = find_group(a, number, type_id, &hash);
    }
    if (g == NULL)
        g = make_group(a, number, type_id, hash);
    *recent = g;
    return g;
}

static struct pattern_node *make_pattern(struct aggregate *a, const struct group_node *g,
                                         enum rdbp_type type, const uint8_t *key, size_t key_bytes,
                                         bool is_rule, unsigned hash)
{
    struct pattern_node *p;

    if (grow_pointers((void **)&a->patterns, a->pattern_count, &a->pattern_capacity) < 0)
        return NULL;
    p = calloc(1, sizeof *p + key_bytes);
    if (p == NULL)
        return NULL;
    memcpy(p->key, key, key_bytes);
    p->pattern.group = &g->group;
    p->pattern.pattern = p->key + GROUP_NUMBER_BYTES;
    p->pattern.pattern_bytes = key_bytes - GROUP_NUMBER_BYTES;
    p->pattern.is_rule = is_rule;
    p->pattern.type = type;
    p->pattern.n = a->pattern_count + 1;
    p->pattern.first_expires_at = p->pattern.last_expires_at = ROW_NULL;
    p->pattern.largest_bytes = ROW_NULL;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, a->pattern_table, p->key, key_bytes, hash, p);
    if (p->is_lost) {
        free(p);
        return NULL;
    }
    a->patterns[a->pattern_count++] = p;
    return p;
}

static bool is_star(const uint8_t *pattern, size_t pattern_bytes)
{
    return pattern_bytes == 1 && pattern[0] == '*';
}

/* What a key of that pattern, for which there is no room, is charged to. */
static size_t write_parent(uint8_t *pattern, size_t pattern_bytes, bool is_rule)
{
    const size_t n = is_rule ? 0 : pattern_parent(pattern, pattern_bytes);

    if (n > 0)
        return n;
    pattern[0] = '*'; /* an empty pattern has no parent but the root either */
    return 1;
}

/* The pattern's own row, or an ancestor's when there is no room for a new one. */
static struct pattern_node *find_or_make(struct aggregate *a, const struct group_node *g,
                                         enum rdbp_type type, const struct pattern_shape *pattern)
{
    uint8_t key[GROUP_NUMBER_BYTES + PATTERN_MAX_BYTES];
    uint8_t *const text = key + GROUP_NUMBER_BYTES;
    size_t pattern_bytes = pattern->size_bytes;
    bool is_own = true, is_rule = pattern->is_rule;

    if (pattern_bytes > 0)
        memcpy(text, pattern->bytes, pattern_bytes);
    for (;;) {
        const size_t key_bytes = GROUP_NUMBER_BYTES + pattern_bytes;
        const uint32_t number = g->number | (is_rule ? RULE_BIT : 0);
        struct pattern_node *p = NULL;
        unsigned hash;

        memcpy(key, &number, GROUP_NUMBER_BYTES);
        hash = fold_hash(hash_bytes(key, key_bytes, a->seed));
        HASH_FIND_BYHASHVALUE(hh, a->pattern_table, key, key_bytes, hash, p);
        if (p == NULL &&
            (a->pattern_count < a->max_patterns || (!is_rule && is_star(text, pattern_bytes)))) {
            p = make_pattern(a, g, type, key, key_bytes, is_rule, hash);
        } else if (p == NULL) {
            is_own = false;
            pattern_bytes = write_parent(text, pattern_bytes, is_rule);
            is_rule = false;
            continue;
        }
        if (p != NULL && !is_own) {
            a->merged_keys++;
            p->pattern.stars = PATTERN_STARS_ANY;
        }
        return p;
    }
}

/* Where a pattern is kept among the recent ones: by its length, its ends and its group. */
static size_t place_of(const struct group_node *g, const uint8_t *pattern, size_t pattern_bytes)
{
    const size_t n = pattern_bytes < sizeof(uint64_t) ? pattern_bytes : sizeof(uint64_t);
    uint64_t first = 0, last = 0;

    if (n > 0) {
        memcpy(&first, pattern, n);
        memcpy(&last, pattern + pattern_bytes - n, n);
    }
    first = (first ^ pattern_bytes) * UINT64_C(0x9e3779b97f4a7c15);
    last = (last ^ g->number) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (size_t)((first ^ last >> 7) >> 32) % RECENT_PATTERNS;
}

static struct pattern_node *pattern_of(struct aggregate *a, const struct group_node *g,
                                       enum rdbp_type type, const struct pattern_shape *pattern)
{
    struct pattern_node **const recent =
        &a->recent_patterns[place_of(g, pattern->bytes, pattern->size_bytes)];
    struct pattern_node *p = *recent;

    if (p != NULL && p->pattern.group == &g->group &&
        p->pattern.pattern_bytes == pattern->size_bytes && p->pattern.is_rule == pattern->is_rule &&
        memcmp(p->pattern.pattern, pattern->bytes, pattern->size_bytes) == 0)
        return p;
    p = find_or_make(a, g, type, pattern);
    *recent = p;
    return p;
}

/* The first of equal keys stays. */
static int note_largest(struct aggregate_pattern *p, const struct key_row *row)
{
    const size_t n =
        row->key_stored_bytes < LARGEST_KEY_BYTES ? row->key_stored_bytes : LARGEST_KEY_BYTES;

    if (row->bytes == ROW_NULL || (p->largest_bytes != ROW_NULL && row->bytes <= p->largest_bytes))
        return 0;
    if (p->largest_key == NULL || n > p->largest_key_capacity) {
        uint8_t *grown = realloc(p->largest_key, n + 16);

        if (grown == NULL)
            return -1;
        p->largest_key = grown;
        p->largest_key_capacity = n + 16;
    }
    if (n > 0)
        memcpy(p->largest_key, row->key, n);
    p->largest_key_bytes = n;
    p->largest_bytes = row->bytes;
    return 0;
}

static void note_expiry(struct aggregate_pattern *p, int64_t expires_at_ms)
{
    if (p->first_expires_at == ROW_NULL || expires_at_ms < p->first_expires_at)
        p->first_expires_at = expires_at_ms;
    if (p->last_expires_at == ROW_NULL || expires_at_ms > p->last_expires_at)
        p->last_expires_at = expires_at_ms;
}

/* Only a pattern whose first key has a day is looked at further: it is about patterns all of whose
 * keys have one. */
static void note_day(struct aggregate_pattern *p, const struct key_row *row)
{
    int32_t day;

    if (p->has_keys && p->dated_keys == 0)
        return;
    p->has_keys = true;
    day = name_day(row->key, row->key_stored_bytes);
    if (day == 0)
        return;
    if (p->dated_keys == 0 || day < p->first_day)
        p->first_day = day;
    if (p->dated_keys == 0 || day > p->last_day)
        p->last_day = day;
    p->dated_keys++;
}

uint64_t aggregate_add(struct aggregate *a, const struct key_row *row,
                       const struct pattern_shape *pattern, unsigned signature)
{
    const int bucket = ttl_bucket(row->expires_at_ms, a->now_ms);
    struct group_node *g = group_of(a, row->db, row->type_id);
    struct pattern_node *node;
    struct aggregate_pattern *p;

    if (g == NULL)
        return 0;
    node = pattern_of(a, g, row->type, pattern);
    if (node == NULL || note_largest(&node->pattern, row) < 0 ||
        usage_add(&node->pattern.usage, row) < 0 || type_sums_add(g->type, row) < 0)
        return 0;
    p = &node->pattern;
    note_day(p, row);
    p->stars |= pattern->stars;
    sum_add(&g->group.ttl[bucket], row);
    sum_add(bucket == TTL_BUCKET_NONE      ? &p->without_ttl
            : bucket == TTL_BUCKET_EXPIRED ? &p->expired
                                           : &node->live,
            row);
    if (bucket != TTL_BUCKET_NONE && bucket != TTL_BUCKET_EXPIRED) {
        note_expiry(p, row->expires_at_ms);
        expiry_add(&a->expiry, (uint64_t)row->expires_at_ms - (uint64_t)a->now_ms, row, p->n);
    }
    if (row->bytes == ROW_NULL)
        a->keys_without_size++;
    if (row->rdb_bytes != ROW_NULL)
        p->rdb_bytes = add_capped(p->rdb_bytes, row->rdb_bytes);
    if (row->elements != ROW_NULL)
        p->elements = add_capped(p->elements, row->elements);
    p->key_bytes =
        add_capped(p->key_bytes, row->key_bytes > INT64_MAX ? INT64_MAX : (int64_t)row->key_bytes);
    for (unsigned i = 0; signature != 0 && i < 8; i++, signature >>= 1)
        p->signature_keys[i] += signature & 1;
    return p->n;
}

static void add_sum(struct sum *to, const struct sum *s)
{
    to->keys += s->keys;
    to->bytes = add_capped(to->bytes, s->bytes);
    to->alloc_bytes = add_capped(to->alloc_bytes, s->alloc_bytes);
    to->alloc_keys += s->alloc_keys;
}

size_t aggregate_pattern_count(const struct aggregate *a)
{
    return a->pattern_count;
}

struct aggregate_pattern *aggregate_pattern_at(const struct aggregate *a, size_t i)
{
    struct pattern_node *const node = a->patterns[i];

    node->pattern.all = node->live;
    add_sum(&node->pattern.all, &node->pattern.without_ttl);
    add_sum(&node->pattern.all, &node->pattern.expired);
    return &node->pattern;
}

size_t aggregate_group_count(const struct aggregate *a)
{
    return a->group_count;
}

const struct aggregate_group *aggregate_group_at(const struct aggregate *a, size_t i)
{
    return &a->groups[i]->group;
}

struct aggregate_totals aggregate_totals(const struct aggregate *a)
{
    struct aggregate_totals t = {.keys_without_size = a->keys_without_size,
                                 .merged_keys = a->merged_keys};

    for (size_t i = 0; i < a->group_count; i++) {
        const struct sum *const ttl = a->groups[i]->group.ttl;

        for (int bucket = 0; bucket < TTL_BUCKET_COUNT; bucket++) {
            add_sum(&t.all, &ttl[bucket]);
            if (bucket != TTL_BUCKET_NONE)
                t.expires += ttl[bucket].keys;
        }
    }
    for (size_t i = 0; i < a->pattern_count; i++)
        t.rdb_bytes = add_capped(t.rdb_bytes, a->patterns[i]->pattern.rdb_bytes);
    return t;
}

size_t aggregate_type_count(const struct aggregate *a)
{
    return a->type_count;
}

const struct type_sums *aggregate_type_at(const struct aggregate *a, size_t i)
{
    return a->types[i];
}

const struct expiry *aggregate_expiry(const struct aggregate *a)
{
    return &a->expiry;
}

int64_t aggregate_now(const struct aggregate *a)
{
    return a->now_ms;
}

int aggregate_add_slot(struct aggregate *a, const struct key_row *row)
{
    if (a->slots == NULL)
        a->slots = slot_sums_new();
    return a->slots == NULL ? -1 : slot_sums_add(a->slots, row);
}

struct slot_sums *aggregate_slots(const struct aggregate *a)
{
    return a->slots;
}
