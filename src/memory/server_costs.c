/* server_costs.c -- what a server version holds besides keys: constants.
 *
 *      startup = rest + event loop + database array + databases [+ cluster] [+ I/O threads]
 *
 * The event loop has three arrays of one element a client (maxclients and 128 more): 32, 8 and 12
 * bytes; from Redis 8.0 on the first two grow with the clients.  A database has its dicts, from 5.0
 * on a list for the defragmentation, and where keys are kept in kvstores two of these, each with an
 * array of one pointer and a list (48 bytes); for the newest versions it was measured as a whole.
 * "rest" is used_memory_startup, measured, less all that: command tables, shared objects, Lua's
 * entry points.  It moves by some 200 bytes with paths and environment, and by some KB from build
 * to build.  What cluster-enabled adds was measured too; its arrays over slots are in it.
 *
 * Other allocators were measured with one version each (jemalloc of Debian with 7.0, glibc with
 * 7.2).  For other versions "rest" and the cluster's part are scaled as in that one; the reckoned
 * parts are exact.
 *
 * Upstream: server.c: initServer(), ae.c: aeCreateEventLoop(), kvstore.c: kvstoreCreate(),
 * server.h: redisDb, of each version.
 */
// SPDX-License-Identifier: MIT
#include "memory/server_costs.h"

enum {
    RESERVED_CLIENTS = 128, /* CONFIG_FDSET_INCR */
    FIRST_EVENTS = 1024,    /* from Redis 8.0 on */
    FILE_EVENT_BYTES = 32,
    FIRED_EVENT_BYTES = 8,
    EPOLL_EVENT_BYTES = 12,
    LIST_BYTES = 48,
    POINTER_BYTES = 8,
    IO_THREADS_MAX = 256
};

static const struct server_costs rows[] = {
    {.number = 40000,
     .startup_bytes = 216440,
     .database_bytes = 56,
     .dicts_per_database = 5,
     .cluster_bytes = 658296,
     .has_slots_tree = true,
     .has_scripts = true},
    {.number = 40009, /* and a client of its own for modules */
     .startup_bytes = 237344,
     .database_bytes = 56,
     .dicts_per_database = 5,
     .cluster_bytes = 658296,
     .has_slots_tree = true,
     .has_scripts = true},
    {.number = 50000,
     .startup_bytes = 241240,
     .database_bytes = 64,
     .dicts_per_database = 5,
     .has_defrag_list = true,
     .cluster_bytes = 658296,
     .has_slots_tree = true,
     .has_scripts = true},
    {.number = 60000,
     .startup_bytes = 252824,
     .database_bytes = 72,
     .dicts_per_database = 5,
     .has_defrag_list = true,
     .cluster_bytes = 658296,
     .has_slots_tree = true,
     .has_scripts = true},
    {.number = 60200,
     .startup_bytes = 261520,
     .database_bytes = 72,
     .dicts_per_database = 5,
     .has_defrag_list = true,
     .cluster_bytes = 658296,
     .has_slots_tree = true,
     .has_scripts = true},
    {.number = 70000,
     .startup_bytes = 311500,
     .database_bytes = 80,
     .dicts_per_database = 5,
     .has_defrag_list = true,
     .cluster_bytes = 723600,
     .has_functions = true},
    {.number = 70200,
     .startup_bytes = 317450,
     .database_bytes = 88,
     .dicts_per_database = 6,
     .has_defrag_list = true,
     .cluster_bytes = 724000,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.number = 70400,
     .startup_bytes = 390800,
     .database_bytes = 88,
     .dicts_per_database = 4,
     .has_defrag_list = true,
     .kvstore_bytes = 216,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 8,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 1346500,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.number = 80000,
     .startup_bytes = 418760,
     .database_bytes = 88,
     .database_rest_bytes = 3646,
     .has_short_event_loop = true,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 2400,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 1346544,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.number = 80200,
     .startup_bytes = 420696,
     .database_bytes = 88,
     .database_rest_bytes = 3614,
     .has_short_event_loop = true,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 2400,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 1805296,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.number = 80400,
     .startup_bytes = 435816,
     .database_bytes = 88,
     .database_rest_bytes = 3742,
     .has_short_event_loop = true,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 2408,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 2035064,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.number = 80600,
     .startup_bytes = 438304,
     .database_bytes = 88,
     .database_rest_bytes = 5846,
     .has_short_event_loop = true,
     .tables = TABLES_STORED_BY_HINT,
     .keys_metadata_bytes = 2440,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 1641848,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.number = 80800,
     .startup_bytes = 443104,
     .database_bytes = 88,
     .database_rest_bytes = 5878,
     .has_short_event_loop = true,
     .tables = TABLES_STORED_BY_HINT,
     .keys_metadata_bytes = 40,
     .expires_metadata_bytes = 8,
     .cluster_bytes = 1641864,
     .has_one_database_in_cluster = true,
     .has_functions = true,
     .counts_lua = true},
    {.is_valkey = true,
     .number = 70200,
     .startup_bytes = 332050,
     .database_bytes = 88,
     .dicts_per_database = 6,
     .has_defrag_list = true,
     .cluster_bytes = 724000,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.is_valkey = true,
     .number = 80000,
     .startup_bytes = 360296,
     .database_bytes = 80,
     .dicts_per_database = 4,
     .has_defrag_list = true,
     .kvstore_bytes = 104,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 16,
     .expires_metadata_bytes = 16,
     .io_thread_bytes = 40008,
     .cluster_bytes = 1805450,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.is_valkey = true,
     .number = 80100,
     .startup_bytes = 330248,
     .database_bytes = 80,
     .database_rest_bytes = 354,
     .io_thread_bytes = 40008,
     .tables = TABLES_STORED,
     .keys_metadata_bytes = 16,
     .expires_metadata_bytes = 16,
     .cluster_bytes = 1543368,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.is_valkey = true,
     .number = 80104,
     .startup_bytes = 330248,
     .database_bytes = 80,
     .database_rest_bytes = 354,
     .io_thread_bytes = 40008,
     .tables = TABLES_STORED_BY_HINT,
     .keys_metadata_bytes = 16,
     .expires_metadata_bytes = 16,
     .cluster_bytes = 1543368,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.is_valkey = true,
     .number = 90000,
     .startup_bytes = 337712,
     .used_database_bytes = 1064,
     .used_database_cluster_bytes = 885776,
     .io_thread_bytes = 40008,
     .tables = TABLES_STORED_BY_HINT,
     .keys_metadata_bytes = 16,
     .expires_metadata_bytes = 16,
     .cluster_bytes = 1576536,
     .has_one_database_in_cluster = true,
     .has_functions = true},
    {.is_valkey = true,
     .number = 90100,
     .startup_bytes = 386648,
     .used_database_bytes = 1064,
     .used_database_cluster_bytes = 885776,
     .io_thread_bytes = 40008,
     .tables = TABLES_STORED_BY_HINT,
     .keys_metadata_bytes = 16,
     .expires_metadata_bytes = 16,
     .cluster_bytes = 1576032,
     .has_one_database_in_cluster = true,
     .has_functions = true},
};

/* The one version an allocator was measured with, and what it came to there. */
static const struct {
    uint32_t number;
    uint32_t startup_bytes, cluster_bytes;
} measured[ALLOCATOR_COUNT_] = {
    [ALLOCATOR_JEMALLOC_SYSTEM] = {70000, 328300, 723700},
    [ALLOCATOR_LIBC] = {70200, 418900, 666600},
};

static const struct server_costs *find_row(bool is_valkey, uint32_t number)
{
    const struct server_costs *found = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].is_valkey == is_valkey && (found == NULL || rows[i].number <= number))
            found = &rows[i];
    }
    return found;
}

const struct server_costs *server_costs_of(const struct memory_version *v)
{
    const struct memory_version *const sizes_of =
        v->sizes_of == NULL ? v : memory_version_find(v->sizes_of);

    return find_row(v->is_valkey, sizes_of->number);
}

static uint64_t scale(uint64_t bytes, uint64_t numerator, uint64_t denominator)
{
    return (bytes * numerator + denominator / 2) / denominator;
}

/* Of one empty database, its place in the array left out. */
static uint64_t empty_database_bytes(const struct memory_model *m, const struct server_costs *c)
{
    uint64_t bytes = c->dicts_per_database * m->alloc_size(m->version->dict_bytes);

    bytes += c->database_rest_bytes;
    if (c->has_defrag_list)
        bytes += m->alloc_size(LIST_BYTES);
    if (c->kvstore_bytes != 0)
        bytes += 2 * (m->alloc_size(c->kvstore_bytes) + m->alloc_size(POINTER_BYTES) +
                      m->alloc_size(LIST_BYTES));
    return bytes;
}

static uint64_t event_loop_bytes(const struct memory_model *m, const struct server_costs *c)
{
    /* No server can have more than an int's worth. */
    const uint64_t clients =
        m->settings.maxclients > INT32_MAX ? INT32_MAX : m->settings.maxclients;
    const uint64_t events = clients + RESERVED_CLIENTS;
    const uint64_t first_events =
        c->has_short_event_loop && events > FIRST_EVENTS ? FIRST_EVENTS : events;

    return m->alloc_size(EPOLL_EVENT_BYTES * events) +
           m->alloc_size(FILE_EVENT_BYTES * first_events) +
           m->alloc_size(FIRED_EVENT_BYTES * first_events);
}

uint64_t server_startup_bytes(const struct memory_model *m, uint64_t database_count)
{
    const struct memory_settings *const s = &m->settings;
    const struct server_costs *const c = server_costs_of(m->version);
    uint64_t bytes = c->startup_bytes, cluster_bytes = c->cluster_bytes;
    const uint64_t threads = s->io_threads > IO_THREADS_MAX ? IO_THREADS_MAX : s->io_threads;

    if (measured[m->allocator].number != 0) {
        const struct server_costs *const own = find_row(false, measured[m->allocator].number);

        bytes = scale(bytes, measured[m->allocator].startup_bytes, own->startup_bytes);
        cluster_bytes =
            scale(cluster_bytes, measured[m->allocator].cluster_bytes, own->cluster_bytes);
    }
    if (s->cluster_enabled) {
        bytes += cluster_bytes;
        if (c->has_one_database_in_cluster)
            database_count = memory_settings_databases(s);
    }
    if (database_count > SERVER_DATABASE_NUMBERS)
        database_count = SERVER_DATABASE_NUMBERS;
    if (threads > 1)
        bytes += (threads - 1) * c->io_thread_bytes;
    if (c->database_bytes != 0)
        bytes += m->alloc_size(c->database_bytes * database_count);
    return bytes + event_loop_bytes(m, c) + database_count * empty_database_bytes(m, c);
}
