/* jobs_tables.h -- what the collector remembers while streaming and the resolver reads.
 *
 * Everything here is bounded, together to 64 MiB (jobs_tables.c adds it up); what does not fit is
 * counted in `ignored`.  Whose keys they are is known only at the end, and an application may have
 * millions of keys named order:12:failed or order:12:lock: such strangers, under whose prefix no
 * job was seen yet, get a part of the tables, so that the queues of the file find room.
 */
#ifndef RDBLENS_JOBS_TABLES_H
#define RDBLENS_JOBS_TABLES_H

#include "jobs/jobs.h"
#include "jobs/jobs_keys.h"
#include "jobs/json_pick.h"
#include "jobs/python_error.h"
#include "sidekiq/sidekiq_arena.h"

#define JOBS_MAX_KEY_BYTES    1024
#define JOBS_MAX_NAME_BYTES   256 /* of a class or error class; cut */
#define JOBS_MAX_SETS         16384
#define JOBS_MAX_BASES        8192
#define JOBS_MAX_NAMES        8192
#define JOBS_MAX_TALLIES      32768
#define JOBS_MAX_QUEUES       (JOBS_MAX_SETS + JOBS_MAX_BASES) /* a state each, and the orphans */
#define JOBS_MAX_ARENA_BYTES  ((size_t)4 * 1024 * 1024)
#define JOBS_MAX_RESULT_BYTES ((size_t)4 * 1024 * 1024) /* texts of the result */
/* Ids and jobs: 20 bytes each, 42 MiB.  A job has two, its key and its place in a list or zset. */
#define JOBS_MAX_IDS          ((size_t)2200000)
#define JOBS_MAX_LOCKS        (JOBS_MAX_IDS / 8)
#define JOBS_MAX_STRANGER_IDS (JOBS_MAX_IDS / 2)
#define JOBS_MIN_TAG_JOBS     1000 /* in a sorted set that may be a tag of Horizon's */
#define JOBS_NO_ITEM          HASH_INDEX_NONE
#define JOBS_NO_BASE          JOBS_MAX_BASES /* of a struct jobs_id */

/* Of a queue of Bull, BullMQ, bee-queue: the prefix of its keys, "bull:mail:". */
struct jobs_base {
    uint64_t db;
    const char *bytes;
    size_t size_bytes;
    bool is_paused;
    char version[24]; /* "" not known */
};

/* A class with an error class; 0 is "(other)". */
struct jobs_names {
    const char *class_, *error;
    size_t class_bytes, error_bytes;
};

/* A list, set, zset or hash; or several of a shape that are told together. */
struct jobs_set {
    uint64_t db;
    enum jobs_shape shape;
    enum rdbp_type type;
    const char *key; /* of the first */
    size_t key_bytes, base_bytes;
    const char *label;  /* RESULT: the status */
    unsigned signature; /* JSON, RESULT: of the first value */
    bool is_foreign;    /* what was seen in it speaks against it */
    uint64_t jobs, overdue, without_ttl;
    int64_t bytes;
    int64_t oldest_at, newest_at, first_due_at;
    /* The resolver's. */
    uint64_t joined, missing, without_lock;
    uint64_t left_out; /* ids beyond JOBS_MAX_IDS */
    uint32_t queue;    /* number of its row; JOBS_NO_ITEM: of no system */
};

struct jobs_tally {
    uint32_t set, names;
    uint64_t jobs;
    int64_t bytes;
    int64_t oldest_at, newest_at;
};

enum jobs_id_kind {
    JOBS_ID_JOB = 0,
    JOBS_ID_LOCK,
    JOBS_ID_MEMBER,
    JOBS_ID_STATE, /* the error of a job that keeps it in a key of its own */
    JOBS_ID_ZSET   /* a large sorted set, which a member may name */
};

/* hash is of database and the name of the job's key, so that equal ones belong together.  In two
 * halves, for then it takes 20 bytes and not 24. */
struct jobs_id {
    uint32_t hash_high, hash_low;
    uint32_t made_at_s; /* JOB: when it was made; 0 not known */
    uint32_t bytes;     /* JOB; capped */
    uint32_t item : 14; /* JOB, STATE: names; MEMBER, ZSET: set */
    uint32_t base : 14; /* JOB: base, or JOBS_NO_BASE */
    uint32_t kind : 3;
    uint32_t is_without_ttl : 1;
};

#define JOBS_TABLE(type)                                                                           \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, cap;                                                                         \
    }

struct jobs_text {
    size_t size_bytes;
    bool is_set;
    char bytes[JSON_PICK_TEXT_BYTES];
};

/* What is wanted of an element, or of the fields of a job's hash. */
struct jobs_facts {
    struct jobs_text class_, error, status, stack, method;
    int64_t at;
    bool has_jid, has_jobtype, has_actor;
    /* Of a job's hash. */
    bool has_name, has_data, has_timestamp, has_created, has_message;
};

struct jobs_collector {
    struct arena arena;
    bool is_out_of_memory;
    uint64_t ignored;

    JOBS_TABLE(struct jobs_base) bases;
    struct hash_index base_index;
    JOBS_TABLE(struct jobs_names) names;
    struct hash_index name_index;
    JOBS_TABLE(struct jobs_set) sets;
    struct hash_index set_index;
    JOBS_TABLE(struct jobs_tally) tallies;
    struct hash_index tally_index;
    JOBS_TABLE(struct jobs_id) ids;
    size_t stranger_sets, stranger_ids, locks;
    /* What was left out, for then it is not known what is missing, nowhere, or not locked. */
    bool are_jobs_cut, are_members_cut, are_locks_cut;

    struct json_pick json;
    struct python_error python;

    /* The value being read. */
    struct jobs_name name;
    uint64_t db;
    enum rdbp_type type;
    unsigned signature;
    uint8_t key[JOBS_MAX_KEY_BYTES];
    size_t key_bytes;
    int64_t now_ms;
    bool is_dropped;
    bool in_element, is_json, is_text_cut, has_member;
    bool is_first_field;
    uint64_t element_count, element_bytes, mark_count;
    uint32_t set; /* its number, made at the first element; JOBS_NO_ITEM */
    bool is_stranger;
    int field; /* of a hash */
    uint8_t text[512];
    size_t text_bytes;
    uint64_t member_hash;
    struct jobs_facts facts;
    int64_t oldest_at, newest_at, first_due_at;
    uint64_t overdue;
    char version[24];
    bool is_paused;

    /* The resolver's. */
    struct arena result_arena;
    JOBS_TABLE(struct jobs_system) systems;
    JOBS_TABLE(struct jobs_queue) queues;
    JOBS_TABLE(struct jobs_class) classes;
    struct jobs_result result;
};

/* Room for one more item, at the table's end; false: out of memory. */
#define JOBS_RESERVE(c, t) jobs_reserve((c), &(t).items, (t).count, &(t).cap, sizeof(*(t).items))
bool jobs_reserve(struct jobs_collector *c, void *items, size_t count, size_t *cap,
                  size_t item_bytes);
/* A copy, NUL-terminated.  NULL: out of memory, or the limit was reached. */
const char *jobs_keep(struct jobs_collector *c, const void *bytes, size_t size_bytes);

/* All give JOBS_NO_ITEM when there is no room; names: 0. */
uint32_t jobs_base_find(const struct jobs_collector *c, uint64_t db, const uint8_t *bytes,
                        size_t size_bytes);
/* Jobs leave a quarter of the room to what a library itself wrote about a queue: is_proof. */
uint32_t jobs_base_get(struct jobs_collector *c, uint64_t db, const uint8_t *bytes,
                       size_t size_bytes, bool is_proof);
uint32_t jobs_names_get(struct jobs_collector *c, const char *class_, size_t class_bytes,
                        const char *error, size_t error_bytes);
/* By database, shape and the ident_bytes of the key that tell it from others, and a label.
 * is_stranger: one that may take only part of the room. */
uint32_t jobs_set_get(struct jobs_collector *c, const struct jobs_set *like, size_t ident_bytes,
                      bool is_stranger);
void jobs_tally_add(struct jobs_collector *c, uint32_t set, uint32_t names, int64_t bytes,
                    int64_t at);
bool jobs_id_add(struct jobs_collector *c, const struct jobs_id *id, uint64_t hash,
                 bool is_stranger);
/* By hash, those of a hash by kind; in place. */
void jobs_sort_ids(struct jobs_id *ids, size_t count);

int64_t jobs_earlier(int64_t a, int64_t b);
int64_t jobs_later(int64_t a, int64_t b);

#endif
