/* sidekiq_tables.h -- what the collector remembers while streaming and the resolver reads.
 *
 * Everything here is bounded; what does not fit is counted in ignored_keys and named there.
 */
#ifndef RDBLENS_SIDEKIQ_TABLES_H
#define RDBLENS_SIDEKIQ_TABLES_H

#include "sidekiq/job_json.h"
#include "sidekiq/sidekiq.h"
#include "sidekiq/sidekiq_arena.h"
#include "sidekiq/sidekiq_keys.h"

#define MAX_KEY_BYTES     1024 /* a longer key is no candidate */
#define MAX_NAME_BYTES    256  /* of a class or error class; cut */
#define MAX_ROOTS         16384
#define MAX_SETS          65536
#define MAX_UNPROVEN_SETS 4096
#define MAX_GROUPS        10000
#define MAX_MEMBERS       10000 /* of one set `queues` or `processes` */
#define MAX_ALL_MEMBERS   65536
#define MAX_PROCESSES     16384
#define MAX_ARENA_BYTES   ((size_t)12 * 1024 * 1024)
#define TRIAL_ELEMENTS    1000 /* looked at before a candidate without a job is dropped */

#define NO_ITEM HASH_INDEX_NONE

/* What is known of a (db, prefix). */
enum root_flag {
    ROOT_STAT_PROCESSED = 1 << 0, /* stat:processed is a string of digits */
    ROOT_FAILED_LIST = 1 << 1,    /* Resque's */
    ROOT_METRICS_8 = 1 << 3,
    ROOT_METRICS_7 = 1 << 4,
    ROOT_METRICS_6_5 = 1 << 5,
    ROOT_ITERATION = 1 << 6,
    ROOT_WORKER_STARTED = 1 << 7,
    /* Set by the resolver. */
    ROOT_IDENTITY = 1 << 2,   /* `processes` has a member of the right form */
    ROOT_QUEUE_JOBS = 1 << 8, /* a queue of `queues` holds jobs */
    ROOT_SCHEDULE_JOBS = 1 << 9,
    ROOT_RETRY_JOBS = 1 << 10,
    ROOT_DEAD_JOBS = 1 << 11,
    ROOT_RESQUE_ITEMS = 1 << 12, /* queue items with a class and no jid */
    ROOT_MS_TIMES = 1 << 13,
    ROOT_S_TIMES = 1 << 14,
    ROOT_WORK = 1 << 15,
    ROOT_WORKERS = 1 << 16,
    ROOT_INSTALLED = 1 << 17
};

struct root {
    uint64_t db;
    const char *prefix; /* with its colon, NUL-terminated */
    size_t prefix_bytes;
    unsigned flags;
    struct stat_days *stats[2]; /* processed, failed; NULL: no such key */
    uint64_t process_count;     /* members of `processes` */
    uint32_t first_member;      /* chain, NO_ITEM at its end */
    /* The resolver's. */
    const char *namespace_;
};

struct stat_days {
    int64_t total;
    uint64_t keys, keys_without_ttl, keys_zero;
    int64_t bytes, bytes_without_ttl;
    char first_day[11], last_day[11], first_day_without_ttl[11], last_day_without_ttl[11];
    int64_t last_expires_at; /* of last_day's key; ROW_NULL: none */
};

/* A name in a root's `queues` or `processes`. */
struct member {
    uint32_t root;
    uint32_t next;      /* of the same root */
    enum key_shape set; /* KEY_SHAPE_QUEUES, KEY_SHAPE_PROCESSES */
    const char *name;
    size_t name_bytes;
    bool is_void; /* the set it came from is damaged */
    bool has_key; /* the resolver met the queue's list */
};

/* A process' hashes, by the key of its heartbeat. */
struct process {
    uint64_t db;
    const char *key;
    size_t key_bytes;
    bool has_heartbeat, has_work, has_workers;
    int64_t expires_at; /* of the heartbeat */
    char version[32];   /* "" unknown */
};

struct tally {
    uint64_t jobs, payload_bytes, largest_payload_bytes, backtrace_bytes, args_bytes;
    uint64_t retry_count_max;
    int64_t oldest_at, newest_at;
};

/* A list or zset that holds, or may hold, jobs. */
struct job_set {
    uint64_t db;
    const char *key;
    size_t key_bytes;
    enum sidekiq_kind kind;
    bool is_proven;  /* an element was a job */
    bool is_damaged; /* the value's end was not reached in order: nothing is said of it */
    bool has_resque_items;
    bool has_ms_times, has_s_times;
    uint64_t jobs, payload_bytes;
    int64_t bytes;
    int64_t oldest_at, newest_at, first_score_at, last_score_at;
    int64_t next_at;         /* queue: when the last element was enqueued */
    struct tally unparsable; /* jobs 0: none */
    struct tally *other;     /* beyond MAX_GROUPS; NULL: none */
    /* The resolver's. */
    uint32_t root; /* NO_ITEM: of no installation */
    size_t name_at;
    bool is_registered;
};

struct job_group {
    uint32_t set;
    const char *class_;
    size_t class_bytes;
    const char *error_class;
    size_t error_class_bytes;
    struct tally tally;
};

/* A growing array of structs. */
#define TABLE(type)                                                                                \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, cap;                                                                         \
    }

enum value_mode {
    MODE_NONE = 0,
    MODE_JOBS,
    MODE_MEMBERS, /* of queues, processes, profiles */
    MODE_STAT,
    MODE_PROCESS, /* a heartbeat: fields */
    MODE_NAME     /* the name says it all; waits for the value's end */
};

struct sidekiq_collector {
    struct arena arena;
    bool is_out_of_memory;
    uint64_t ignored_keys;

    TABLE(struct root) roots;
    struct hash_index root_index;
    TABLE(struct member) members;
    struct hash_index member_index;
    TABLE(struct process) processes;
    struct hash_index process_index;
    TABLE(struct job_set) sets;
    size_t unproven_sets;
    TABLE(struct job_group) groups;
    struct hash_index group_index;

    struct job_parser *parser;

    /* The value being read. */
    enum value_mode mode;
    struct key_name name;
    uint64_t db;
    uint8_t key[MAX_KEY_BYTES];
    size_t key_bytes;
    bool is_dropped;        /* wants no more of it */
    uint64_t element_count; /* so far */
    struct job_set set;     /* MODE_JOBS */
    bool in_element;        /* between pieces */
    bool has_job;           /* zset: a member waits for its score */
    uint64_t job_bytes;
    uint32_t root;               /* MODE_MEMBERS: NO_ITEM until it is needed */
    size_t first_member;         /* of this value */
    bool is_profiles;            /* a profile's name was seen */
    uint8_t text[MAX_KEY_BYTES]; /* of a member or field, joined */
    size_t text_bytes;
    bool is_text_cut;
    bool is_info; /* MODE_PROCESS: the field was `info` */
    char version[32];
    bool has_stat_value, is_stat_digits;
    int64_t stat_value;

    /* The resolver's. */
    struct arena result_arena;
    struct sidekiq_result result;
};

/* Room for one more item, at the table's end; false: out of memory. */
#define TABLE_RESERVE(c, t) table_reserve((c), &(t).items, (t).count, &(t).cap, sizeof(*(t).items))
/* items: the address of the table's pointer. */
bool table_reserve(struct sidekiq_collector *c, void *items, size_t count, size_t *cap,
                   size_t item_bytes);
bool table_index(struct sidekiq_collector *c, struct hash_index *ix, uint64_t hash, size_t item);
/* A copy that lives as long as the collector, NUL-terminated.  NULL: out of memory, or the limit
 * was reached. */
const char *keep_bytes(struct sidekiq_collector *c, const void *bytes, size_t size_bytes);

/* The root's number, or NO_ITEM when there is none. */
uint32_t root_find(const struct sidekiq_collector *c, uint64_t db, const uint8_t *prefix,
                   size_t prefix_bytes);
/* The root of the key being read, made when it is not there yet.  NO_ITEM: no room. */
uint32_t root_get(struct sidekiq_collector *c);
void root_mark(struct sidekiq_collector *c, enum root_flag flag);

/* set: KEY_SHAPE_QUEUES or KEY_SHAPE_PROCESSES. */
uint32_t member_find(const struct sidekiq_collector *c, uint32_t root, enum key_shape set,
                     const uint8_t *name, size_t name_bytes);
void member_add(struct sidekiq_collector *c, uint32_t root, enum key_shape set, const uint8_t *name,
                size_t name_bytes);

/* By the key of its heartbeat. */
const struct process *process_find(const struct sidekiq_collector *c, uint64_t db,
                                   const uint8_t *key, size_t key_bytes);
/* The process of the key being read, whose heartbeat's name has base_bytes.  NULL: no room. */
struct process *process_get(struct sidekiq_collector *c, size_t base_bytes);

/* ---- the resolver's ----------------------------------------------------------------------- */

void sidekiq_result_clear(struct sidekiq_collector *c);

#endif
