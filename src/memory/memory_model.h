/* memory_model.h -- what a key weighs on a server that has loaded it.
 *
 * The rules are one engine, the server versions rows of data (docs: memory-model.md).  A key_meter
 * weighs one key at a time from the parser's events:
 *
 *      key_meter_begin()  at KEY         -> the depth it needs
 *      key_meter_blob()   at each BLOB   -> the depth it needs for this blob
 *      key_meter_items()  at each ITEMS
 *      key_meter_end()    at VALUE_END   -> bytes, alloc_bytes, encoding, largest element
 *
 * It allocates only what a value's replay needs (bounded by the version's conversion limits) and
 * keeps it from key to key.
 */
#ifndef RDBLENS_MEMORY_MODEL_H
#define RDBLENS_MEMORY_MODEL_H

#include "key_row.h"
#include "memory/settings.h"

struct memory_version; /* the rules of one server version: immutable data */

/* "redis-7.2", "valkey-8.0"; a patch version counts as its minor one, and one between two known
 * ones as the older.  NULL when there is no such server or it is older than all we know. */
const struct memory_version *memory_version_find(const char *name);
/* The same for a name that somebody typed: NULL as well when it is of a major version that is not
 * known yet, or something stands behind the number. */
const struct memory_version *memory_version_named(const char *name);
/* All of them in order; NULL at the end. */
const struct memory_version *memory_version_at(size_t i);
const char *memory_version_name(const struct memory_version *v);
/* The minor version whose sizes these are: another one for servers before 4.0, which have no MEMORY
 * USAGE. */
const char *memory_version_sizes_name(const struct memory_version *v);
bool memory_version_has_memory_usage(const struct memory_version *v);
/* The version of the server that wrote a file.  server_version: of the AUX field ("7.2.6"), NULL or
 * "" when there is none.  *ret_is_guess: the file does not say so itself. */
const struct memory_version *memory_version_of_file(enum rdbp_family family,
                                                    const char *server_version,
                                                    uint32_t rdb_version, bool *ret_is_guess);

enum memory_allocator {
    ALLOCATOR_JEMALLOC = 0,    /* as the servers bundle it: an 8-byte quantum */
    ALLOCATOR_JEMALLOC_SYSTEM, /* as distributions build it: a 16-byte quantum */
    ALLOCATOR_LIBC,            /* glibc's malloc */
    ALLOCATOR_COUNT_
};
const char *memory_allocator_name(enum memory_allocator a);
bool memory_allocator_find(const char *name, enum memory_allocator *ret_allocator);

/* A version with its settings and allocator: what keys are weighed by.  Plain data. */
struct memory_model {
    const struct memory_version *version;
    enum memory_allocator allocator;
    uint64_t (*alloc_size)(uint64_t n); /* usable bytes of an allocation of n bytes */
    struct memory_settings settings;
};
void memory_model_init(struct memory_model *m, const struct memory_version *version,
                       enum memory_allocator allocator, const struct memory_settings *settings);

/* Both figures are ROW_NULL for a damaged value, 0 for an empty collection: servers drop it. */
struct key_size {
    int64_t bytes;
    enum encoding encoding;
    int64_t largest_element; /* ROW_NULL where an element was not looked at */
    enum size_note note;     /* of `bytes`; alloc_bytes of a set's table is always an expectation */
    int64_t alloc_bytes;
    int64_t first_field_ttl_ms; /* the earliest TTL of a hash's fields, where the version keeps
                                 * such; else ROW_NULL */
    struct other_form form;
    uint64_t lzf_bytes; /* of a string that is compressed in the file; else 0 */
};

/* The settings that decide whether a value is packed, as the version calls them; "": there is no
 * such.  false: the version does not pack such values. */
struct form_limit {
    char entries_name[32], value_name[32];
    uint64_t entries, value_bytes;
};
bool form_limit_at(const struct memory_model *m, enum form_kind kind, struct form_limit *ret_limit);

struct key_meter;

/* deep: open every value, so that largest_element is always known. m is copied.  NULL when out of
 * memory. */
struct key_meter *key_meter_new(const struct memory_model *m, bool deep);
void key_meter_free(struct key_meter *k);

/* _begin and _blob return the mask for rdbp_set_depth(); a caller that wants more adds its own
 * bits.  Items beyond what was asked for, and strings in pieces, do no harm. */
unsigned key_meter_begin(struct key_meter *k, const struct rdbp_key *key);
unsigned key_meter_blob(struct key_meter *k, const struct rdbp_blob *blob);
void key_meter_items(struct key_meter *k, const struct rdbp_items *items);
/* Returns 0, or -1 when memory ran out while weighing (the figures are then ROW_NULL). */
int key_meter_end(struct key_meter *k, const struct rdbp_value_end *end, struct key_size *ret_size);

#endif
