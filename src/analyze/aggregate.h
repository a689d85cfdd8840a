/* aggregate.h -- sums kept while keys stream by: per database, TTL bucket, pattern, type, slot.
 *
 * The same code runs over a snapshot and, to filter a finished report, over the key rows of a
 * report database, so both give the same figures.  Memory is bounded whatever the keys are.
 */
#ifndef RDBLENS_AGGREGATE_H
#define RDBLENS_AGGREGATE_H

#include "analyze/expiry.h"
#include "analyze/slot_sums.h"
#include "analyze/sum.h"
#include "analyze/type_sums.h"
#include "analyze/usage.h"
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

struct aggregate_group { /* one (db, type) */
    int64_t db;
    uint32_t type_id;
    struct sum ttl[TTL_BUCKET_COUNT];
};

struct aggregate_pattern {
    const struct aggregate_group *group;
    uint8_t *pattern;
    size_t pattern_bytes;
    unsigned stars; /* as struct pattern_shape has it, over all keys */
    bool is_rule;   /* likewise */
    enum rdbp_type type;
    uint64_t n;         /* 1-based, by first appearance */
    int role;           /* enum role; set by whoever knows */
    const char *system; /* borrowed, or NULL */
    const char *family; /* likewise: which of its structures */
    struct sum all;     /* as aggregate_pattern_at() found it */
    struct sum without_ttl, expired;
    int64_t rdb_bytes, elements, key_bytes;
    int64_t first_expires_at, last_expires_at; /* ROW_NULL: none */
    int64_t largest_bytes;                     /* ROW_NULL: none has a size */
    uint8_t *largest_key;
    size_t largest_key_bytes, largest_key_capacity;
    uint64_t signature_keys[8];
    struct usage usage;
    /* Names with a day in them (name_day.h), counted if the first has one. */
    uint64_t dated_keys;
    int32_t first_day, last_day;
    bool has_keys;
};

struct aggregate;

/* NULL when out of memory. */
struct aggregate *aggregate_new(int64_t now_ms, size_t max_patterns);
void aggregate_free(struct aggregate *a); /* NULL is fine */
int64_t aggregate_now(const struct aggregate *a);

/* Adds a key (row->key set) under the pattern given and returns the row's pattern_n, 0 when out of
 * memory. signature: role_value_signature() of its value. */
uint64_t aggregate_add(struct aggregate *a, const struct key_row *row,
                       const struct pattern_shape *pattern, unsigned signature);

/* In order of n; valid until the next add. */
size_t aggregate_pattern_count(const struct aggregate *a);
struct aggregate_pattern *aggregate_pattern_at(const struct aggregate *a, size_t i);
/* In order of first appearance. */
size_t aggregate_group_count(const struct aggregate *a);
const struct aggregate_group *aggregate_group_at(const struct aggregate *a, size_t i);

/* The sums of a type over all databases, in order of first appearance. */
size_t aggregate_type_count(const struct aggregate *a);
const struct type_sums *aggregate_type_at(const struct aggregate *a, size_t i);
const struct expiry *aggregate_expiry(const struct aggregate *a);

/* A key of a cluster node's file, besides aggregate_add().  -1: out of memory. */
int aggregate_add_slot(struct aggregate *a, const struct key_row *row);
/* NULL: there was none. */
struct slot_sums *aggregate_slots(const struct aggregate *a);

struct aggregate_totals {
    struct sum all;
    uint64_t expires;
    int64_t rdb_bytes;
    uint64_t keys_without_size;
    uint64_t merged_keys; /* charged to a coarser pattern than their own */
};
struct aggregate_totals aggregate_totals(const struct aggregate *a);

#endif
