/* server_size.h -- the memory of the whole server that has loaded a snapshot.
 *
 * Fed with every key of the file, whatever is filtered, and with what the file holds besides keys;
 * at the end
 *
 *      used_memory = startup + functions + scripts + tables + keys (their alloc_bytes)
 *
 * of a server that has just loaded the file and come to rest: without clients, replication backlog,
 * histograms of command latencies and what else comes with use.  (The very connection that asks a
 * fresh server shows as 62 KB up to Redis 6.2, 24 KB in 7.x, 4 KB in Valkey 8.0, and from 7.0 on
 * every command name ever used as 24,688 bytes.)
 *
 * Every figure is there twice: a primary does not load keys that are past their time, a replica
 * does.
 */
#ifndef RDBLENS_SERVER_SIZE_H
#define RDBLENS_SERVER_SIZE_H

#include "memory/memory_model.h"

#define SERVER_DATABASES_MAX  65536
#define SERVER_DATABASE_OTHER INT64_C(-1) /* databases beyond that, as one */

enum server_side {
    SERVER_PRIMARY = 0, /* without keys past their time */
    SERVER_REPLICA,     /* with them */
    SERVER_SIDE_COUNT_
};

struct server_tables {
    uint64_t main_bytes,
        expires_bytes;    /* with the dicts around them where they come with the keys */
    uint64_t other_bytes; /* slots and names, times of hash fields */
    /* Old tables, until the background rehash is through: not in any sum.  It needs about a minute
     * a million slots. */
    uint64_t rehash_bytes;
};

struct server_database {
    int64_t db;
    struct server_tables sides[SERVER_SIDE_COUNT_];
};

struct server_side_size {
    uint64_t keys_bytes;                 /* sum of alloc_bytes */
    uint64_t tables_bytes, rehash_bytes; /* of all databases */
    uint64_t used_memory;
};

struct server_size {
    uint64_t startup_bytes, functions_bytes, scripts_bytes;
    struct server_side_size sides[SERVER_SIDE_COUNT_];
    uint64_t keys_without_size; /* damaged values: the figures are too low */
    bool is_estimate;           /* too many names or times to replay them all */
};

struct server_meter;

/* m is copied.  startup_bytes: used_memory_startup as the user read it, ROW_NULL to reckon it.
 * NULL: out of memory. */
struct server_meter *server_meter_new(const struct memory_model *m, int64_t startup_bytes);
void server_meter_free(struct server_meter *s);

/* The functions below return 0, or -1 when out of memory. */

struct server_slot {
    uint64_t db, slot;
    uint64_t keys, expires;
    uint64_t timed_hashes; /* hashes that have fields with a TTL */
    bool is_aux;           /* told in an AUX field, which Redis passes over */
};
/* The file says what a slot has: a server of that kind is in cluster mode.  No effect on versions
 * before kvstores, nor after the first key.  *ret_is_cluster: it is now. */
int server_meter_slot(struct server_meter *s, const struct server_slot *slot, bool *ret_is_cluster);
/* RESIZEDB */
int server_meter_hint(struct server_meter *s, uint64_t db, uint64_t keys, uint64_t expires);

struct server_key {
    uint64_t db;
    const uint8_t *name; /* borrowed; stored_bytes of it are at hand */
    size_t stored_bytes;
    uint64_t name_bytes;
    bool has_expire, is_expired;
    int64_t alloc_bytes;        /* ROW_NULL: not known */
    int64_t first_field_ttl_ms; /* earliest time of a hash's fields, ROW_NULL: none has one */
};
int server_meter_key(struct server_meter *s, const struct server_key *key);

/* A piece of a library's source. */
void server_meter_function(struct server_meter *s, const struct rdbp_function *f);
/* An EVAL script in an AUX field `lua`. */
void server_meter_script(struct server_meter *s, uint64_t body_bytes);

int server_meter_end(struct server_meter *s, struct server_size *ret_size);
/* After server_meter_end(); NULL when the file has no such database. */
const struct server_database *server_meter_database(const struct server_meter *s, int64_t db);

#endif
