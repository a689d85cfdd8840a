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
#include "util/seen.h"

#define MAX_KEY_BYTES     1024 /* a longer key is no candidate */
#define MAX_NAME_BYTES    256  /* of a class or error class; cut */
#define MAX_ROOTS         16384
#define MAX_SETS          65536
#define MAX_UNPROVEN_SETS 4096
#define MAX_GROUPS        10000
#define MAX_MEMBERS       10000 /* of one set `queues` or `processes` */
#define MAX_ALL_MEMBERS   65536
#define MAX_PROCESSES     16384
#define MAX_DETAILS       1024 /* sorted sets with buckets */
#define MAX_THREADS       10000
#define MAX_METRICS       10000 /* classes */
#define MAX_INFO_BYTES    16384 /* of a process; longer is left out */
#define MAX_INFOS_BYTES   ((size_t)4 * 1024 * 1024)
#define MAX_JIDS          ((size_t)1 << 20) /* compared with what points to jobs */
#define MAX_DEAD_JIDS     ((size_t)1 << 17)
#define MAX_NAMES         ((size_t)1 << 18) /* of locks and batches */
#define MAX_DIFFERENT     ((size_t)1 << 18) /* jobs of one queue compared with each other */
#define MAX_HOLDERS       ((size_t)1 << 17)
#define MAX_CLAIMS        ((size_t)1 << 18)
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

/* What points to jobs, or to other keys. */
enum link {
    LINK_ITERATION = 0, /* holders of jids */
    LINK_LOCK,
    LINK_BATCH_JIDS,
    LINK_WORKING, /* holder of jobs that names the process at work on them */
    LINK_CRON,
    LINK_DIGESTS, /* names of holders */
    LINK_EXPIRING_DIGESTS,
    LINK_BATCHES,
    LINK_BATCH_DIED,
    LINK_COUNT_
};

struct link_sum {
    uint64_t entries, lost, lost_without_ttl, lost_elements;
    int64_t lost_bytes, oldest_expires_at;
    bool is_unknown; /* not all could be kept */
};

struct root {
    uint64_t db;
    const char *prefix; /* with its colon, NUL-terminated */
    size_t prefix_bytes;
    unsigned flags;
    struct stat_days *stats[2]; /* processed, failed; NULL: no such key */
    struct link_sum *links;     /* LINK_COUNT_ of them; NULL: none */
    uint64_t process_count;     /* members of `processes` */
    uint32_t first_member;      /* chain, NO_ITEM at its end */
    /* The resolver's. */
    const char *namespace_;
};

struct stat_days {
    int64_t total;
    uint64_t keys, keys_without_ttl, keys_zero;
    uint64_t keys_180_days, keys_5_years; /* by how long after their day they expire */
    int64_t bytes, bytes_without_ttl, alloc_bytes, alloc_bytes_without_ttl;
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
    bool is_member;     /* the resolver's */
    int64_t expires_at; /* of the heartbeat */
    int64_t work_expires_at;
    char version[32]; /* "" unknown */
    const char *info; /* in info_arena */
    int64_t busy, concurrency, rss_kb, quiet, beat_at;
};

/* An entry of a work hash. */
struct thread {
    uint32_t process;
    const char *name, *queue, *class_;
    size_t name_bytes, queue_bytes, class_bytes;
    int64_t run_at;
};

struct metric {
    uint32_t root;
    const char *class_;
    size_t class_bytes;
    uint64_t processed, failed, total_ms, minutes;
    int64_t first_at, last_at;
    int64_t seen_at; /* of the hash being read */
};

/* A key that points to jobs by their jids. */
struct holder {
    uint32_t root;
    uint8_t link;
    bool is_found;     /* the resolver's: one of its jobs is there */
    uint32_t elements; /* UINT32_MAX: so many and more */
    int64_t bytes, expires_at;
};

struct claim {
    uint64_t jid;
    uint32_t holder;
};

/* An entry that points to a key. */
struct pointer {
    uint64_t name;
    uint32_t root;
    uint8_t link;
};

#define ATTEMPT_BUCKETS 32 /* the last: that many and more */
enum due {
    DUE_OVERDUE = 0, /* for more than a minute */
    DUE_NOW,
    DUE_HOUR,
    DUE_DAY,
    DUE_WEEK,
    DUE_MONTH,
    DUE_YEAR,
    DUE_LATER,
    DUE_COUNT_
};
struct set_detail {
    uint64_t attempts[ATTEMPT_BUCKETS], due[DUE_COUNT_];
};

struct tally {
    uint64_t jobs, payload_bytes, largest_payload_bytes, backtrace_bytes, args_bytes;
    uint64_t retry_count_max;
    uint64_t message_bytes, largest_args_bytes;
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
    int64_t next_at;           /* queue: when the last element was enqueued */
    struct tally unparsable;   /* jobs 0: none */
    struct tally *other;       /* beyond MAX_GROUPS; NULL: none */
    struct set_detail *detail; /* NULL: none */
    int64_t oldest_created_at;
    uint64_t duplicates;
    bool has_more_duplicates; /* not all were compared */
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
    MODE_PROCESS,  /* a heartbeat: fields */
    MODE_WORK,     /* its threads */
    MODE_METRICS,  /* counters by class */
    MODE_HOLDER,   /* jids */
    MODE_POINTERS, /* names of holders */
    MODE_CRON,     /* times of a job's runs */
    MODE_NAME      /* the name says it all; waits for the value's end */
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

    TABLE(struct thread) threads;
    TABLE(struct metric) metrics;
    struct hash_index metric_index;
    TABLE(struct holder) holders;
    TABLE(struct claim) claims;
    TABLE(struct pointer) pointers;
    struct seen *jids, *dead_jids, *names, *different;
    bool has_all_jids, has_all_names, has_all_claims;
    size_t details;
    struct arena info_arena;
    int64_t now_ms;

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
    uint8_t info[MAX_INFO_BYTES];
    size_t info_bytes;
    bool is_info_cut;
    bool is_waiting;                   /* MODE_POINTERS: a member waits for its score */
    struct process found;              /* MODE_PROCESS: what it says */
    size_t first_thread;               /* MODE_WORK: of this value */
    uint8_t field_text[MAX_KEY_BYTES]; /* of the value to come */
    size_t field_bytes;
    bool is_field_cut;
    char payload[JOB_TOKEN_BYTES];
    size_t first_claim, first_pointer; /* of this value */
    int64_t first_run_at, last_run_at; /* MODE_CRON */
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
struct process *process_find_mutable(struct sidekiq_collector *c, uint64_t db, const uint8_t *key,
                                     size_t key_bytes);
/* The process of the key being read, whose heartbeat's name has base_bytes.  NULL: no room. */
struct process *process_get(struct sidekiq_collector *c, size_t base_bytes);

/* ---- more that is collected ---------------------------------------------------------------- */

struct key_row;

/* The text of an item, joined in c->text; true when it is whole. */
bool join_text(struct sidekiq_collector *c, const rdbp_item *item);

/* sidekiq_live.c: heartbeats, work hashes, metrics. */
void process_item(struct sidekiq_collector *c, const rdbp_item *item);
void end_process(struct sidekiq_collector *c, const struct key_row *row);
void work_item(struct sidekiq_collector *c, const rdbp_item *item);
void end_work(struct sidekiq_collector *c, const struct rdbp_value_end *end,
              const struct key_row *row);
bool wants_metrics(const struct sidekiq_collector *c);
void metrics_item(struct sidekiq_collector *c, const rdbp_item *item);
bool build_live(struct sidekiq_collector *c);

/* sidekiq_links.c: jobs by their jids, and what points to them. */
void note_jid(struct sidekiq_collector *c, enum sidekiq_kind kind, const struct job_text *jid);
void holder_item(struct sidekiq_collector *c, const rdbp_item *item);
void end_holder(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                const struct key_row *row);
void pointer_item(struct sidekiq_collector *c, const rdbp_item *item);
/* A process of GitLab's fetcher is alive; a list of jobs that such a process is at. */
void note_fetcher(struct sidekiq_collector *c, const struct key_row *row);
void end_working(struct sidekiq_collector *c, const struct job_set *s, const struct key_row *row);
void cron_item(struct sidekiq_collector *c, const rdbp_item *item);
void end_cron(struct sidekiq_collector *c);
void end_pointers(struct sidekiq_collector *c, const struct rdbp_value_end *end);
bool build_links(struct sidekiq_collector *c);

/* ---- the resolver's ----------------------------------------------------------------------- */

void sidekiq_result_clear(struct sidekiq_collector *c);
/* A name as it is shown: itself where nothing needs escaping and it is NUL-terminated. */
const char *escaped_name(struct sidekiq_collector *c, const char *name, size_t name_bytes,
                         bool is_terminated);

#endif
