/* aggregate.h -- sums kept while keys stream by: per database, per TTL bucket, per pattern.
 *
 * The same code runs over a snapshot and, to filter a finished report, over the key rows of a
 * report database, so both give the same figures.  Memory is bounded whatever the keys are.
 */
#ifndef RDBLENS_AGGREGATE_H
#define RDBLENS_AGGREGATE_H

#include "key_row.h"
#include "pattern/pattern.h"

#define TTL_BUCKET_COUNT   10
#define TTL_BUCKET_EXPIRED 0
#define TTL_BUCKET_NONE    9

/* The bucket of a key (ttl_bucket_names.id); expires_at_ms ROW_NULL: none. */
int ttl_bucket(int64_t expires_at_ms, int64_t now_ms);

/* Databases beyond the limit are summed under this number. */
#define AGGREGATE_DB_OTHER   INT64_C(-1)
#define AGGREGATE_MAX_GROUPS 65536 /* (db, type) pairs */
#define LARGEST_KEY_BYTES    1024  /* of a pattern's largest key, so much of the name is kept */

struct sum {
    uint64_t keys;
    int64_t bytes;
    int64_t alloc_bytes;
    uint64_t alloc_keys; /* keys whose alloc_bytes is known */
};

struct aggregate_group { /* one (db, type) */
    int64_t db;
    uint32_t type_id;
    struct sum ttl[TTL_BUCKET_COUNT];
};

struct aggregate_pattern {
    const struct aggregate_group *group;
    uint8_t *pattern;
    size_t pattern_bytes;
    enum rdbp_type type;
    uint64_t n;         /* 1-based, by first appearance */
    int role;           /* enum role; set by whoever knows */
    const char *system; /* borrowed, or NULL */
    const char *family; /* likewise: which of its structures */
    struct sum all;     /* as aggregate_pattern_at() found it */
    struct sum without_ttl, expired;
    int64_t rdb_bytes, elements;
    int64_t first_expires_at, last_expires_at; /* ROW_NULL: none */
    int64_t largest_bytes;                     /* ROW_NULL: none has a size */
    uint8_t *largest_key;
    size_t largest_key_bytes, largest_key_capacity;
    uint64_t signature_keys[8];
};

struct aggregate;

/* NULL when out of memory. */
struct aggregate *aggregate_new(int64_t now_ms, size_t max_patterns);
void aggregate_free(struct aggregate *a); /* NULL is fine */

/* Adds a key (row->key set) under the pattern given and returns the row's pattern_n, 0 when out of
 * memory. signature: role_value_signature() of its value. */
uint64_t aggregate_add(struct aggregate *a, const struct key_row *row, const uint8_t *pattern,
                       size_t pattern_bytes, unsigned signature);

/* In order of n; valid until the next add. */
size_t aggregate_pattern_count(const struct aggregate *a);
struct aggregate_pattern *aggregate_pattern_at(const struct aggregate *a, size_t i);
/* In order of first appearance. */
size_t aggregate_group_count(const struct aggregate *a);
const struct aggregate_group *aggregate_group_at(const struct aggregate *a, size_t i);

struct aggregate_totals {
    struct sum all;
    uint64_t expires;
    int64_t rdb_bytes;
    uint64_t keys_without_size;
    uint64_t merged_keys; /* charged to a coarser pattern than their own */
};
struct aggregate_totals aggregate_totals(const struct aggregate *a);

/* a + b, at most INT64_MAX: sums of figures that a file invented must not wrap.  Neither is
 * negative. */
static inline int64_t add_capped(int64_t a, int64_t b)
{
    const uint64_t sum = (uint64_t)a + (uint64_t)b;

    return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

#endif
