/* server_costs.h -- what a server version holds besides keys: constants.  Private to src/memory. */
#ifndef RDBLENS_SERVER_COSTS_H
#define RDBLENS_SERVER_COSTS_H

#include "memory/model.h"

/* `databases` is an int. */
#define SERVER_DATABASE_NUMBERS UINT64_C(0x7fffffff)

struct server_costs {
    bool is_valkey;
    uint32_t number; /* of the first version it holds for, as in struct memory_version */

    uint32_t startup_bytes;       /* with the bundled allocator, what is reckoned below left out */
    uint32_t database_bytes;      /* sizeof(redisDb) */
    uint32_t dicts_per_database;  /* besides those of a kvstore */
    bool has_defrag_list;         /* of each database */
    uint32_t kvstore_bytes;       /* sizeof(kvstore); 0: tables are plain dicts */
    uint32_t database_rest_bytes; /* of each database, measured instead of reckoned */
    /* Of each used one but the first, which alone is there at startup; and in cluster mode. */
    uint32_t used_database_bytes, used_database_cluster_bytes;
    bool has_short_event_loop; /* two of its arrays begin with 1024 clients */
    uint32_t io_thread_bytes;  /* each beyond the first */

    enum {
        TABLES_BY_HINT = 0, /* dicts, made for the file's hint */
        TABLES_STORED,      /* dicts of a kvstore, made when their first key comes */
        TABLES_STORED_BY_HINT
    } tables;
    uint32_t keys_metadata_bytes, expires_metadata_bytes; /* behind dicts of a kvstore */

    uint32_t cluster_bytes;           /* what cluster-enabled adds at startup */
    bool has_one_database_in_cluster; /* whatever `databases` says */
    bool has_slots_tree;              /* slots and names in a radix tree */

    bool has_functions;
    bool counts_lua;  /* Lua allocates as the server does: with jemalloc only */
    bool has_scripts; /* scripts in AUX fields are loaded */
};

/* Never NULL: of a version we have no figures for, those of the nearest older one. */
const struct server_costs *server_costs_of(const struct memory_version *v);

/* used_memory_startup, within some hundred bytes where the very build was measured.  database_count
 * is used outside of cluster mode only. */
uint64_t server_startup_bytes(const struct memory_model *m, uint64_t database_count);

#endif
