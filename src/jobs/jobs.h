/* jobs.h -- job queues other than Sidekiq, collected while streaming and resolved at the end.
 *
 * Resque, Bull, BullMQ, bee-queue, Celery, RQ, Dramatiq, Laravel, Hangfire, asynq, Faktory; of
 * session stores what needs two keys to be seen together.  A key is taken by its type, name and
 * first bytes; whether it belongs to a system is asked once after the last key, of the evidence
 * that patterns are judged by (pattern/role.h).
 *
 * Of contents only classes, tasks, functions, queue names, error classes, times, counts and bytes
 * are kept, never arguments or messages.
 */
#ifndef RDBLENS_JOBS_H
#define RDBLENS_JOBS_H

#include "key_row.h"
#include "pattern/role.h"

/* All *_at in Unix ms, ROW_NULL when not known.  Strings end with a NUL, escaped as key_text. */
struct jobs_queue {
    uint64_t db;
    const char *system; /* "bullmq", "celery", ... */
    const char *prefix; /* of the system's keys, without the separator; "" none or not known */
    const char *queue;  /* "" for a structure that all queues share */
    const char *state;  /* "wait", "failed", ...; jobs_resolve.c has the list */
    uint64_t jobs;
    int64_t bytes; /* of the state's own keys, and of the keys of its jobs where they have one */
    int64_t oldest_at; /* made, queued or ended, whatever the state's elements say */
    int64_t newest_at;
    int64_t first_due_at;   /* states with a time to come: the first */
    uint64_t overdue;       /* of those: more than 60 s late at `now`; unacked: an hour */
    uint64_t without_ttl;   /* job keys that never expire */
    uint64_t missing;       /* ids without a job key */
    uint64_t without_lock;  /* active: ids whose lock is not there */
    uint64_t without_class; /* jobs whose class was not looked for, because of a limit */
    bool is_paused;
    const uint8_t *key; /* of its first key, for filters */
    size_t key_bytes;
    enum rdbp_type type;
};

struct jobs_class {
    const struct jobs_queue *queue;
    const char *class_;      /* job name, class, task or function; "(unknown)", "(other)" */
    const char *error_class; /* "" none */
    uint64_t jobs;
    int64_t bytes; /* of the elements, or of the jobs' keys */
    int64_t oldest_at, newest_at;
};

struct jobs_system {
    uint64_t db;
    const char *system, *prefix;
    const char *version; /* as the system wrote it, "" when it did not */
    const uint8_t *key;  /* of one of its keys, for filters */
    size_t key_bytes;
    enum rdbp_type type;
};

struct jobs_result {
    const struct jobs_system *systems;
    size_t system_count;
    const struct jobs_queue *queues;
    size_t queue_count;
    const struct jobs_class *classes;
    size_t class_count;
};

struct jobs_collector;
struct jobs_collector *jobs_collector_new(void);
void jobs_collector_free(struct jobs_collector *c);

/* At KEY: the depth it wants for this value, 0 when the key is of no interest by its name. */
unsigned jobs_begin(struct jobs_collector *c, const struct rdbp_key *key, int64_t now_ms);
/* At BLOB: the depth it (still) wants.  signature: role_value_signature() of the first
 * blob; key: the whole name. */
unsigned jobs_blob(struct jobs_collector *c, rdbp_slice key, const struct rdbp_blob *blob,
                   unsigned signature);
void jobs_items(struct jobs_collector *c, const struct rdbp_items *items);
/* At VALUE_END, with the finished row.  0, or -1 out of memory. */
int jobs_end(struct jobs_collector *c, const struct rdbp_value_end *end, const struct key_row *row);

/* After jobs_end(): what its fields prove, as role_value_signature() would; of a value that is not
 * packed there is no blob to see it in. */
unsigned jobs_signature(const struct jobs_collector *c);

/* What was left out for a limit: 0 unless the file has millions of jobs, or is hostile. */
uint64_t jobs_ignored(const struct jobs_collector *c);

/* After the last key; both may be NULL only together with their systems' keys.  The result belongs
 * to the collector.  NULL when out of memory. */
const struct jobs_result *jobs_resolve(struct jobs_collector *c, const struct role_evidence *e,
                                       const struct sidekiq_result *sidekiq);

#endif
