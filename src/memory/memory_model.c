/* memory_model.c -- the server versions we can weigh for.
 *
 * A version is a row of facts.  Each fact is written once, with the versions it holds for: a row
 * is the same list read at its own number (major * 10000 + minor * 100 + patch).  The rules that
 * use the facts are in weigh_*.c and key_meter.c; where each comes from and what confirmed it is in
 * docs/memory-model.md.
 *
 * Servers before 4.0 have no MEMORY USAGE.  Their rows differ from 4.0's in what OBJECT ENCODING
 * says, and are weighed as 4.0 would weigh them.
 */
// SPDX-License-Identifier: MIT
#include "memory/model.h"

#include <stdlib.h>
#include <string.h>

/* n: number; v: is it Valkey? */
#define VERSION_ROW(row_name, v, n, sizes)                                                         \
    {                                                                                              \
        .name = (row_name), .is_valkey = (v), .number = (n), .sizes_of = (sizes),                  \
        .counted_strings = (n) < 60009          ? STRING_ASKED                                     \
                           : (v) || (n) < 80400 ? STRING_ROUNDED                                   \
                                                : STRING_ROUNDED_FROM_32,                          \
        .rounds_stream_listpacks =                                                                 \
            ((n) >= 60212 && (n) < 70000) || ((n) >= 70010 && ((v) || (n) < 80400)),               \
        .rounds_blobs = (n) >= 70000 && ((v) || (n) < 80400),                                      \
        .counts_embstr_rounded = (n) >= 70000,                                                     \
        .counts_asked_bytes = !(v) && (n) >= 80400 && (n) < 80600,                                 \
        .counts_no_name = (v) ? (n) >= 80100 && (n) < 80104 : (n) >= 80200 && (n) < 80202,         \
        .sums_exactly = !(v) && (n) >= 80400,                                                      \
                                                                                                   \
        .key_layout = (n) >= ((v) ? 80100 : 80200) ? KEY_IN_OBJECT                                 \
                      : (v) && (n) >= 80000        ? KEY_IN_ENTRY                                  \
                                                   : KEY_BESIDE_ENTRY,                             \
        .embeds_strings = (n) < ((v) ? 80100 : 80200)   ? EMBED_NEVER                              \
                          : (n) < ((v) ? 90000 : 80600) ? EMBED_BY_GUESS                           \
                          : !(v)                        ? EMBED_BY_GUESS_OF_NAME                   \
                          : (n) < 90100                 ? EMBED_BY_SIZE                            \
                                                        : EMBED_VALKEY_9_1,                        \
        .sets_expiry_after = (v),                                                                  \
        .counted_name = (n) >= 40000 && (n) < 40003 ? NAME_IS_SUBCOMMAND                           \
                        : (n) < 50003               ? NAME_IS_ARGUMENT                             \
                                                    : NAME_IS_KEY,                                 \
        .cluster_entry_bytes = (n) >= 70000 && (n) < 70400 ? 40 : 24,                              \
        .cluster_counted_bytes = (n) >= 70400   ? 0                                                \
                                 : (n) >= 70200 ? 8                                                \
                                 : (n) >= 70000 ? 16                                               \
                                                : 0,                                               \
                                                                                                   \
        .keeps_embstr_of_integers = (n) < 50006, .shares_stored_integers = (n) < 50000,            \
        .embstr_below_bytes = (n) < 30000   ? 0                                                    \
                              : (n) < 30200 ? 40                                                   \
                                            : UINT32_MAX,                                          \
                                                                                                   \
        .has_listpack = (n) >= 70000, .has_zipmap = (n) < 20600, .has_quicklist = (n) >= 30200,    \
        .has_set_listpack = (n) >= 70200, .has_list_listpack = (n) >= 70200,                       \
        .has_shortest_score = (n) >= 70200, .has_stream_word = (n) >= 60009,                       \
        .field_ttl = (n) < ((v) ? 90000 : 70400) ? FIELD_TTL_NONE                                  \
                     : (v)                       ? FIELD_TTL_VSET                                  \
                                                 : FIELD_TTL_BUCKETS,                              \
                                                                                                   \
        .expands_tables = (n) >= 50000, .expands_hash_first = (n) >= 70000,                        \
        .expands_zset_first = (n) >= 70200, .expands_hash_whole = !(v) && (n) >= 80600,            \
        .has_bucket_tables = (v) && (n) >= 80100, .bucket_table_bytes = (n) >= 90100 ? 80 : 72,    \
        .hash_metadata_bytes = (n) >= ((v) ? 90000 : 80400) ? 8 : 0,                               \
        .ttl_metadata_bytes = (v)            ? 8                                                   \
                              : (n) >= 80400 ? 32                                                  \
                              : (n) >= 80200 ? 24                                                  \
                                             : 32,                                                 \
        .set_metadata_bytes = !(v) && (n) >= 80400 ? 8 : 0, .dict_bytes = (n) >= 70000 ? 56 : 96,  \
        .set_entries = (v) && (n) >= 80000 ? ENTRY_COLLIDING                                       \
                       : (n) >= 70200      ? ENTRY_COUNTED                                         \
                                           : ENTRY_WHOLE,                                          \
        .hash_entries = !(v) && (n) >= 80600 ? ENTRY_COUNTED : ENTRY_WHOLE,                        \
        .zset_entries = !(v) && (n) >= 80600 ? ENTRY_COUNTED : ENTRY_WHOLE,                        \
        .zset_entry_counted_bytes = !(v) && (n) >= 80200 && (n) < 80400 ? 16 : 24,                 \
        .hash_pairs = (v)            ? ((n) >= 80100 ? PAIR_JOINED : PAIR_APART)                   \
                      : (n) >= 80600 ? PAIR_JOINED_AS_ASKED                                        \
                      : (n) >= 70400 ? PAIR_FIELD_STRING                                           \
                                     : PAIR_APART,                                                 \
        .listpack_ex_bytes = (n) >= 80200 ? 24 : 32,                                               \
                                                                                                   \
        .counts_skiplist = (n) >= 50006,                                                           \
        .skiplist_max_level = (n) >= 50000 && (n) < 60000 ? 64 : SKIPLIST_MAX_LEVEL,               \
        .skiplist_bytes = (v)            ? ((n) >= 90100 ? 528 : 32)                               \
                          : (n) >= 80400 ? 40                                                      \
                                         : 32,                                                     \
        .has_head_in_skiplist = (v) && (n) >= 90100,                                               \
        .embedded_member_overhead = (v)            ? ((n) >= 90100 ? 17 : 0)                       \
                                    : (n) >= 80600 ? 16                                            \
                                                   : 0,                                            \
                                                                                                   \
        .plain_nodes = (n) >= 70400   ? PLAIN_ABOVE_NODE_SIZE                                      \
                       : (n) >= 70000 ? PLAIN_FROM_1_GIB                                           \
                                      : PLAIN_NEVER,                                               \
        .list_samples = (n) >= 40000 && (n) < 40007 ? LIST_NODES_BY_ELEMENTS                       \
                        : !(v) && (n) >= 80000      ? LIST_BY_ELEMENTS                             \
                                                    : LIST_BY_NODES,                               \
        .quicklist_bytes = (n) >= 40000 && (n) < 40006 ? 32                                        \
                           : !(v) && (n) >= 80400      ? 48                                        \
                                                       : 40,                                       \
        .quicklist_node_bytes = (n) >= 70000 ? 40 : 32, .lzf_header_bytes = (n) >= 70000 ? 8 : 4,  \
        .lzf_header_counted_bytes = (n) >= 70000 ? 8 : 0,                                          \
                                                                                                   \
        .counts_rax_nodes = (n) >= ((v) ? 80099 : 80400),                                          \
        .rax_bytes = (n) >= ((v) ? 80099 : 80400) ? 32 : 24,                                       \
        .stream_bytes = (n) < 70000          ? 40                                                  \
                        : (v) || (n) < 80200 ? 80                                                  \
                        : (n) < 80400        ? 112                                                 \
                        : (n) < 80600        ? 120                                                 \
                                             : 160,                                                \
        .stream_counted_bytes = (n) < 60205          ? 0                                           \
                                : (n) < 70000        ? 40                                          \
                                : (v) || (n) < 80200 ? 80                                          \
                                                     : 112,                                        \
        .stream_group_bytes = (n) < 70000          ? 32                                            \
                              : (v) || (n) < 80400 ? 40                                            \
                              : (n) < 80600        ? 48                                            \
                              : (n) < 80800        ? 56                                            \
                                                   : 64,                                           \
        .stream_consumer_bytes = (n) >= 70200 ? 32 : 24,                                           \
        .stream_nack_bytes = (v) || (n) < 80200 ? 24                                               \
                             : (n) < 80600      ? 32                                               \
                                                : 64,                                              \
        .averages_groups = (v) && (((n) >= 70209 && (n) < 80000) ||                                \
                                   ((n) >= 80003 && (n) < 80099) || (n) >= 80101),                 \
        .has_producers = !(v) && (n) >= 80600, .counts_producers = !(v) && (n) >= 80800,           \
        .counts_whole_stream = !(v) && (n) >= 80400, .has_group_refs = !(v) && (n) >= 80200,       \
        .has_pending_times = !(v) && (n) >= 80400 && (n) < 80600,                                  \
    }

/* Oldest first within a server.  A minor version whose patches count differently has a row from
 * each such patch on; the last one bears the minor version's name. */
static const struct memory_version versions[] = {
    VERSION_ROW("redis-2.4", false, 20400, "redis-4.0"),
    VERSION_ROW("redis-2.6", false, 20600, "redis-4.0"),
    VERSION_ROW("redis-2.8", false, 20800, "redis-4.0"),
    VERSION_ROW("redis-3.0", false, 30000, "redis-4.0"),
    VERSION_ROW("redis-3.2", false, 30200, "redis-4.0"),
    VERSION_ROW("redis-4.0.0", false, 40000, NULL), /* key: the length of "usage" is counted */
    VERSION_ROW("redis-4.0.3", false, 40003, NULL), /* lists: as many nodes as elements */
    VERSION_ROW("redis-4.0.6", false, 40006, NULL), /* the same; a larger quicklist */
    VERSION_ROW("redis-4.0.7", false, 40007, NULL), /* a smaller empty server (server_costs.c) */
    VERSION_ROW("redis-4.0", false, 40009, NULL),
    VERSION_ROW("redis-5.0.0", false, 50000, NULL), /* key, integers and zsets as in 4.0 */
    VERSION_ROW("redis-5.0.3", false, 50003, NULL), /* integers and zsets as in 4.0 */
    VERSION_ROW("redis-5.0", false, 50006, NULL),
    VERSION_ROW("redis-6.0.0", false, 60000, NULL), /* strings not rounded */
    VERSION_ROW("redis-6.0", false, 60009, NULL),
    VERSION_ROW("redis-6.2.0", false, 60200, NULL), /* streams without their structure, */
    VERSION_ROW("redis-6.2.5", false, 60205, NULL), /* listpacks of streams not rounded */
    VERSION_ROW("redis-6.2", false, 60212, NULL),
    VERSION_ROW("redis-7.0.0", false, 70000, NULL), /* listpacks of streams not rounded */
    VERSION_ROW("redis-7.0", false, 70010, NULL),
    VERSION_ROW("redis-7.2", false, 70200, NULL),
    VERSION_ROW("redis-7.4", false, 70400, NULL),
    VERSION_ROW("redis-unstable", false, 79999, NULL), /* as of October 2024 */
    VERSION_ROW("redis-8.0", false, 80000, NULL),
    VERSION_ROW("redis-8.2.0", false, 80200, NULL), /* the name is not counted */
    VERSION_ROW("redis-8.2", false, 80202, NULL),
    VERSION_ROW("redis-8.4", false, 80400, NULL),
    VERSION_ROW("redis-8.6", false, 80600, NULL),
    VERSION_ROW("redis-8.8", false, 80800, NULL),
    VERSION_ROW("valkey-7.2.0", true, 70200, NULL), /* groups of streams added as they are */
    VERSION_ROW("valkey-7.2", true, 70209, NULL),
    VERSION_ROW("valkey-8.0.0", true, 80000, NULL), /* the same */
    VERSION_ROW("valkey-8.0", true, 80003, NULL),
    VERSION_ROW("valkey-unstable", true, 80099, NULL), /* as of October 2024 */
    VERSION_ROW("valkey-8.1.0", true, 80100, NULL),    /* the same; the name is not counted */
    VERSION_ROW("valkey-8.1.1", true, 80101, NULL),    /* the name is not counted */
    VERSION_ROW("valkey-8.1", true, 80104, NULL),
    VERSION_ROW("valkey-9.0", true, 90000, NULL),
    VERSION_ROW("valkey-9.1", true, 90100, NULL),
};

#define VERSION_COUNT (sizeof versions / sizeof versions[0])

/* What development builds of October 2024 are weighed as; they call themselves 255.255.255. */
#define REDIS_UNSTABLE  79999
#define VALKEY_UNSTABLE 80099
#define UNSTABLE_MAJOR  255

#define NEWEST                   999999
#define FIRST_VALKEY_RDB_VERSION 80 /* Valkey 8.1 still wrote Redis' 11 */
#define LAST_PATCH               98 /* 99 is for what came after it */

/* The newest of a server that is not newer than number; NULL when all are. */
static const struct memory_version *find_version(bool is_valkey, unsigned number)
{
    const struct memory_version *best = NULL;

    for (size_t i = 0; i < VERSION_COUNT; i++) {
        if (versions[i].is_valkey == is_valkey && versions[i].number <= number)
            best = &versions[i];
    }
    return best;
}

/* Digits at *text, at most three of them; -1: there are none. */
static int parse_part(const char **text)
{
    const char *p = *text;
    int v = 0;

    while (*p >= '0' && *p <= '9' && p - *text < 3)
        v = v * 10 + (*p++ - '0');
    if (p == *text)
        return -1;
    *text = p;
    return v;
}

/* A release candidate calls itself by the version before it: 7.1.240 is 7.2-rc1, 5.9.101
 * is 6.0-rc1. 8.0's milestones (7.9.22x) are not as far. */
static bool is_candidate(int major, int minor, int patch)
{
    return minor % 2 == 1 && patch >= (major == 7 && minor == 9 ? 240 : 100);
}

/* The number of "7.2.6"; "7.2" is its last patch, "7" its last minor version.  What follows is
 * ignored, as in "8.0.0-rc1".  0: it is none. */
static unsigned parse_number(const char *text, bool is_valkey)
{
    int major, minor = 99, patch = LAST_PATCH;

    if (strcmp(text, "unstable") == 0)
        return is_valkey ? VALKEY_UNSTABLE : REDIS_UNSTABLE;
    major = parse_part(&text);
    if (*text == '.') {
        text++;
        minor = parse_part(&text);
    }
    if (*text == '.') {
        text++;
        patch = parse_part(&text);
    }
    if (major < 0 || minor < 0 || patch < 0 || (*text != '\0' && *text != '.' && *text != '-'))
        return 0;
    if (major == UNSTABLE_MAJOR)
        return is_valkey ? VALKEY_UNSTABLE : REDIS_UNSTABLE;
    if (is_candidate(major, minor, patch))
        return (unsigned)(minor == 9 ? (major + 1) * 10000 : major * 10000 + (minor + 1) * 100);
    return (unsigned)(major * 10000 + (minor > 99 ? 99 : minor) * 100 +
                      (patch > LAST_PATCH ? LAST_PATCH : patch));
}

const struct memory_version *memory_version_find(const char *name)
{
    const bool is_valkey = strncmp(name, "valkey-", 7) == 0;
    unsigned number;

    if (!is_valkey && strncmp(name, "redis-", 6) != 0)
        return NULL;
    number = parse_number(name + (is_valkey ? 7 : 6), is_valkey);
    return number == 0 ? NULL : find_version(is_valkey, number);
}

const struct memory_version *memory_version_named(const char *name)
{
    const struct memory_version *const v = memory_version_find(name);
    const char *const number = strchr(name, '-');
    const char *end;

    if (v == NULL || strcmp(number, "-unstable") == 0)
        return v;
    end = number + 1 + strspn(number + 1, ".0123456789");
    if (*end == '-') /* "-rc1", "-m01" */
        end += 1 + strcspn(end + 1, ".-");
    if (*end != '\0' ||
        strtol(number + 1, NULL, 10) > find_version(v->is_valkey, NEWEST)->number / 10000)
        return NULL;
    return v;
}

const struct memory_version *memory_version_at(size_t i)
{
    return i < VERSION_COUNT ? &versions[i] : NULL;
}

const char *memory_version_name(const struct memory_version *v)
{
    return v->name;
}

const char *memory_version_sizes_name(const struct memory_version *v)
{
    const char *name = v->sizes_of == NULL ? v->name : v->sizes_of;

    for (size_t i = 0; i < VERSION_COUNT; i++) {
        const struct memory_version *const o = &versions[i];

        if (v->sizes_of == NULL && o->is_valkey == v->is_valkey &&
            o->number / 100 == v->number / 100 && o->number % 100 <= LAST_PATCH &&
            v->number % 100 <= LAST_PATCH)
            name = o->name;
    }
    return name;
}

bool memory_version_has_memory_usage(const struct memory_version *v)
{
    return v->sizes_of == NULL;
}

/* What wrote an RDB version, when nothing else is known: the newest minor that did. */
static unsigned number_of_rdb_version(uint32_t rdb_version, bool is_valkey)
{
    static const unsigned numbers[] = {
        [6] = 20898,  [7] = 30298,  [8] = 40098,  [9] = 60298,  [10] = 70098,
        [11] = 70298, [12] = 80498, [13] = 80698, [14] = 80898,
    };

    if (is_valkey)
        return rdb_version < FIRST_VALKEY_RDB_VERSION ? 80198 : NEWEST;
    if (rdb_version < 6)
        return rdb_version < 3 ? 20498 : 20698;
    return rdb_version < sizeof numbers / sizeof numbers[0] ? numbers[rdb_version] : NEWEST;
}

/* A later development build writes a later format than those of October 2024. */
static bool is_late_development(unsigned number, bool is_valkey, uint32_t rdb_version)
{
    return is_valkey ? number == VALKEY_UNSTABLE && rdb_version > 11
                     : number == REDIS_UNSTABLE && rdb_version > 12;
}

const struct memory_version *memory_version_of_file(enum rdbp_family family,
                                                    const char *server_version,
                                                    uint32_t rdb_version, bool *ret_is_guess)
{
    const bool is_valkey = family == RDBP_FAMILY_VALKEY;
    const bool has_version = server_version != NULL && server_version[0] != '\0';
    const struct memory_version *v = NULL;
    unsigned number = 0;

    /* A fork's own version number says nothing about the Redis it came from: the format does. */
    if (has_version && (is_valkey || family == RDBP_FAMILY_REDIS))
        number = parse_number(server_version, is_valkey);
    *ret_is_guess = number == 0;
    if (number == 0 || is_late_development(number, is_valkey, rdb_version))
        number = number_of_rdb_version(rdb_version, is_valkey);
    v = find_version(is_valkey, number);
    if (v == NULL) { /* older than all we know */
        *ret_is_guess = true;
        v = find_version(is_valkey, is_valkey ? 70200 : 20400);
    }
    return v;
}

void memory_model_init(struct memory_model *m, const struct memory_version *version,
                       enum memory_allocator allocator, const struct memory_settings *settings)
{
    static uint64_t (*const alloc_sizes[])(uint64_t) = {
        [ALLOCATOR_JEMALLOC] = alloc_size_jemalloc,
        [ALLOCATOR_JEMALLOC_SYSTEM] = alloc_size_jemalloc_system,
        [ALLOCATOR_LIBC] = alloc_size_libc,
    };

    m->version = version;
    m->allocator = allocator;
    m->alloc_size = alloc_sizes[allocator];
    m->settings = *settings;
}
