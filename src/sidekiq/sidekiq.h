/* sidekiq.h -- Sidekiq's structures, collected while streaming and resolved after the last key.
 *
 * Candidates are taken by name and type (a list with `queue:` in its name, a zset whose last
 * segment is retry, schedule or dead, under any prefix; stat:* strings; the sets queues and
 * processes) and kept only when their content proves it: JSON objects with class and jid.  A prefix
 * with such proof in a database is an installation; its namespace is the prefix without the
 * trailing colon.
 *
 * Of element contents only class, queue, error class, times, attempt counts and byte counts are
 * kept, never arguments or messages.
 */
#ifndef RDBLENS_SIDEKIQ_H
#define RDBLENS_SIDEKIQ_H

#include "key_row.h"

enum sidekiq_kind { SIDEKIQ_QUEUE = 0, SIDEKIQ_SCHEDULE, SIDEKIQ_RETRY, SIDEKIQ_DEAD };
const char *sidekiq_kind_name(enum sidekiq_kind k);

/* All *_at in Unix ms, ROW_NULL when not known.  Strings end with a NUL, escaped as key_text. */
struct sidekiq_set {
    uint64_t db;
    const char *namespace_; /* "" when none */
    const char *name;       /* queue: without `queue:`; else the key's last segment */
    enum sidekiq_kind kind;
    const uint8_t *key; /* NULL for a queue known only from the set `queues` */
    size_t key_bytes;
    uint64_t jobs;
    int64_t bytes; /* of the key, as in keys.bytes, ROW_NULL included; 0 when there is no key */
    /* Of what was looked at: all elements, or the first 1,000 when none of those is a job. */
    uint64_t payload_bytes;
    /* queue: enqueued_at (else created_at); retry: failed_at; schedule: created_at; dead: score */
    int64_t oldest_at, newest_at;
    int64_t first_score_at, last_score_at; /* zsets: smallest and largest score; queue: ROW_NULL */
    /* queue: now - enqueued_at (else created_at) of the job to be taken next, the last element */
    int64_t latency_ms;
    uint64_t unparsable;       /* elements that are no JSON object with class and jid */
    bool is_registered;        /* queue: member of the set `queues` */
    bool is_private;           /* queue: sq| or sq_ : a super_fetch private queue */
    bool is_paused;            /* queue: member of the set `paused` */
    int64_t oldest_created_at; /* of all jobs: a retried job keeps it */
    /* queue: jobs whose class and arguments another job of it has, the first not counted; ROW_NULL:
     * not known, because there are more different jobs than are compared */
    int64_t duplicates;
};

/* How many jobs of a sorted set are in a bucket of one measure. */
enum sidekiq_measure { SIDEKIQ_ATTEMPTS = 0, SIDEKIQ_DUE };
const char *sidekiq_measure_name(enum sidekiq_measure m);
struct sidekiq_bucket {
    uint64_t db;
    const char *namespace_;
    enum sidekiq_kind kind;
    enum sidekiq_measure measure;
    unsigned order;
    const char *bucket;
    uint64_t jobs;
};

struct sidekiq_process {
    uint64_t db;
    const char *namespace_;
    const char *identity;
    bool is_member;     /* of `processes` */
    bool has_heartbeat; /* its hash is there */
    int64_t expires_at; /* of the hash; ROW_NULL: no TTL, or no hash */
    const char *info;   /* JSON as it was written; NULL: not there, too long or no UTF-8 */
    const char *version;
    int64_t busy, rss_kb, quiet, beat_at; /* ROW_NULL: not there */
    int64_t concurrency;                  /* of the hash: 8.1 has it no more in info */
    bool has_work;
    int64_t work_expires_at;
};

struct sidekiq_thread {
    uint64_t db;
    const char *namespace_;
    const char *identity;
    const char *thread;
    const char *queue;
    const char *class_; /* "" when it could not be read */
    int64_t run_at;
};

/* Sidekiq's own execution metrics, of the minutes in the 8 hours before now. */
struct sidekiq_metric {
    uint64_t db;
    const char *namespace_;
    const char *class_;
    uint64_t processed, failed, total_ms;
    uint64_t minutes; /* with an entry */
    int64_t first_at, last_at;
};

/* Entries of one structure that lack what they point to. */
struct sidekiq_link {
    uint64_t db;
    const char *namespace_;
    const char *name; /* iteration, lock, batch jids, working, cron, digests, expiring digests,
                         batches, batch-died */
    uint64_t entries;
    int64_t lost; /* without their job or key; ROW_NULL: more than are compared */
    int64_t lost_without_ttl;
    int64_t lost_bytes;        /* of keys */
    int64_t oldest_expires_at; /* of what is lost; ROW_NULL */
    int64_t lost_elements;     /* working: jobs of what is lost; else ROW_NULL */
};

struct sidekiq_job_group {
    uint64_t db;
    const char *namespace_;
    enum sidekiq_kind kind;
    const char *set_name;
    const char *class_;      /* display class, "(unparsable)", "(other)" */
    const char *error_class; /* "" when none */
    uint64_t jobs;
    uint64_t payload_bytes;
    uint64_t largest_payload_bytes;
    uint64_t backtrace_bytes; /* of error_backtrace, in payload_bytes */
    uint64_t args_bytes;      /* of args, in payload_bytes */
    uint64_t message_bytes;   /* of error_message, in payload_bytes */
    uint64_t largest_args_bytes;
    int64_t oldest_at, newest_at;
    uint64_t retry_count_max;
};

/* stat:processed / stat:failed with their dated keys. */
struct sidekiq_stat {
    uint64_t db;
    const char *namespace_;
    const char *stat; /* "processed" or "failed" */
    int64_t total;    /* the lifetime counter's value; ROW_NULL when the key is absent */
    uint64_t dated_keys, dated_keys_without_ttl, dated_keys_zero;
    uint64_t dated_keys_180_days, dated_keys_5_years; /* expire so long after their day */
    int64_t dated_bytes, dated_bytes_without_ttl;     /* keys.bytes summed */
    int64_t dated_alloc_bytes,
        dated_alloc_bytes_without_ttl; /* what is known of keys.alloc_bytes */
    char first_day[11], last_day[11];  /* YYYY-MM-DD or "" */
    char first_day_without_ttl[11], last_day_without_ttl[11];
};

struct sidekiq_installation {
    uint64_t db;
    const char *namespace_;
    const char *evidence;    /* what proved it, in words */
    const char *version;     /* of live processes, else what shapes prove (">= 8"); "" unknown */
    uint64_t processes;      /* members of `processes` */
    uint64_t live_processes; /* identity hashes present and not expired at now */
};

struct sidekiq_result {
    const struct sidekiq_installation *installations;
    size_t installation_count;
    const struct sidekiq_set *sets;
    size_t set_count;
    const struct sidekiq_job_group *jobs;
    size_t job_count;
    const struct sidekiq_stat *stats;
    size_t stat_count;
    const struct sidekiq_bucket *buckets;
    size_t bucket_count;
    const struct sidekiq_process *processes;
    size_t process_count;
    const struct sidekiq_thread *threads;
    size_t thread_count;
    const struct sidekiq_metric *metrics;
    size_t metric_count;
    const struct sidekiq_link *links;
    size_t link_count;
    /* Keys and names left out because a limit was reached (65,536 sets, 10,000 names in a `queues`,
     * 12 MiB of names, ...): 0 unless the file is odd or hostile.  Then the counts above are of
     * what was kept. */
    uint64_t ignored_keys;
};

struct sidekiq_collector;
struct sidekiq_collector *sidekiq_collector_new(void);
void sidekiq_collector_free(struct sidekiq_collector *c);

/* Once now is known, before the first key: what is judged while streaming is seen from there.
 * Without it there are no buckets of due times and no metrics. */
void sidekiq_set_now(struct sidekiq_collector *c, int64_t now_ms);

/* At KEY: the depth it wants for this value, 0 when the key is of no interest. */
unsigned sidekiq_begin(struct sidekiq_collector *c, const struct rdbp_key *key);
/* At BLOB: the depth it (still) wants for this blob. */
unsigned sidekiq_blob(struct sidekiq_collector *c, const struct rdbp_blob *blob);
void sidekiq_items(struct sidekiq_collector *c, const struct rdbp_items *items);
/* At VALUE_END, with the finished row of the key (also for keys it did not want: cheap).
 * 0, or -1 out of memory. */
int sidekiq_end(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                const struct key_row *row);

/* After the last key.  The result belongs to the collector.  NULL when out of memory. */
const struct sidekiq_result *sidekiq_resolve(struct sidekiq_collector *c, int64_t now_ms);

#endif
