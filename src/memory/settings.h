/* settings.h -- the server's configuration, as far as it decides what keys weigh.
 *
 * A snapshot does not hold its server's settings: these start as redis.conf's defaults, which are
 * the same in all versions, and --config and --redis-conf change them.
 */
#ifndef RDBLENS_MEMORY_SETTINGS_H
#define RDBLENS_MEMORY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum maxmemory_policy {
    POLICY_NOEVICTION = 0,
    POLICY_ALLKEYS_LRU,
    POLICY_ALLKEYS_LFU,
    POLICY_ALLKEYS_LRM,
    POLICY_ALLKEYS_RANDOM,
    POLICY_VOLATILE_LRU,
    POLICY_VOLATILE_LFU,
    POLICY_VOLATILE_LRM,
    POLICY_VOLATILE_RANDOM,
    POLICY_VOLATILE_TTL
};

/* Names are those of Redis 7.0 and later; the old ones mean the same settings. */
struct memory_settings {
    uint64_t hash_max_listpack_entries, hash_max_listpack_value;
    uint64_t zset_max_listpack_entries, zset_max_listpack_value;
    uint64_t set_max_intset_entries;
    uint64_t set_max_listpack_entries, set_max_listpack_value;
    int64_t list_max_listpack_size; /* -1..-5 a size per node, 0 and more a count */
    uint64_t list_compress_depth;
    uint64_t list_max_ziplist_entries, list_max_ziplist_value; /* up to 3.0 */
    uint64_t maxmemory_bytes;
    enum maxmemory_policy maxmemory_policy;
    bool has_maxmemory; /* given: else the file's FREQ and IDLE say whether integers are shared */
    bool has_maxmemory_policy;
    bool cluster_enabled, has_cluster_enabled; /* given: else the file's slots say it */
    uint64_t maxclients;
    uint64_t databases, cluster_databases; /* the second in cluster mode, from Valkey 9.0 on */
    uint64_t io_threads;
};

/* redis.conf's defaults. */
#define MEMORY_SETTINGS_INIT                                                                       \
    {                                                                                              \
        .hash_max_listpack_entries = 512, .hash_max_listpack_value = 64,                           \
        .zset_max_listpack_entries = 128, .zset_max_listpack_value = 64,                           \
        .set_max_intset_entries = 512, .set_max_listpack_entries = 128,                            \
        .set_max_listpack_value = 64, .list_max_listpack_size = -2,                                \
        .list_max_ziplist_entries = 512, .list_max_ziplist_value = 64, .maxclients = 10000,        \
        .databases = 16, .cluster_databases = 1, .io_threads = 1,                                  \
    }

/* Takes one directive as redis.conf writes it, its words apart; name case-insensitive.  What costs
 * no memory is checked by name and number of words only.  -1: *err, exit code 2 (no such directive
 * in any version, or a value the server would refuse), and *s is as it was. */
int memory_settings_set(struct memory_settings *s, const char *name, const char *const *values,
                        size_t value_count, struct error *err);

/* "NAME=VALUE" as --config has it; VALUE may hold several words. */
int memory_settings_set_text(struct memory_settings *s, const char *text, struct error *err);

/* All of a redis.conf, its includes too.  -1: *err names file and line, and *s is as it was. */
int memory_settings_load(struct memory_settings *s, const char *path, struct error *err);

/* What differs from the defaults, as "name=value name=value", each of which
 * memory_settings_set_text() takes; NULL when out of memory.  Owned by the caller; "" when nothing
 * differs. */
char *memory_settings_text(const struct memory_settings *s);

/* How many databases the server has: cluster mode has its own number, 1 before Valkey 9.0. */
uint64_t memory_settings_databases(const struct memory_settings *s);

#endif
