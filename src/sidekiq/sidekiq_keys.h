/* sidekiq_keys.h -- what a key's name and type could be in a Sidekiq installation. */
#ifndef RDBLENS_SIDEKIQ_KEYS_H
#define RDBLENS_SIDEKIQ_KEYS_H

#include "rdbparse/rdbparse.h"

enum key_shape {
    KEY_SHAPE_NONE = 0,
    KEY_SHAPE_QUEUE,       /* list with a segment `queue:`; see queue_split_before() */
    KEY_SHAPE_FAILED_LIST, /* list `failed`: Resque's */
    KEY_SHAPE_SCHEDULE,    /* zsets */
    KEY_SHAPE_RETRY,
    KEY_SHAPE_DEAD,
    KEY_SHAPE_PROFILES,
    KEY_SHAPE_QUEUES, /* sets */
    KEY_SHAPE_PROCESSES,
    KEY_SHAPE_STAT_PROCESSED, /* strings; with day when dated */
    KEY_SHAPE_STAT_FAILED,
    KEY_SHAPE_HISTOGRAM,      /* h|<Class>-d-H:M: 8 */
    KEY_SHAPE_WORKER_STARTED, /* worker:<id>:started: 2.x */
    KEY_SHAPE_PROCESS,        /* hashes; prefix_bytes: 0, the host part may hold colons */
    KEY_SHAPE_WORK,           /* prefix_bytes: of <identity> */
    KEY_SHAPE_WORKERS,
    KEY_SHAPE_ITERATION,   /* it-<jid>: 7.3 */
    KEY_SHAPE_METRICS_8,   /* j|YYMMDD|... */
    KEY_SHAPE_METRICS_7,   /* j|YYYYMMDD|H:M */
    KEY_SHAPE_METRICS_6_5, /* j|YYYYMMDD, j|YYYYMMDD|H */
    KEY_SHAPE_LOCKED,      /* <digest>:LOCKED of sidekiq-unique-jobs 7 and later */
    KEY_SHAPE_DIGESTS,     /* its zsets */
    KEY_SHAPE_EXPIRING_DIGESTS,
    KEY_SHAPE_BATCH, /* b-<bid>: Pro */
    KEY_SHAPE_BATCH_JIDS,
    KEY_SHAPE_BATCHES,
    KEY_SHAPE_BATCH_DIED,
    KEY_SHAPE_PAUSED,
    KEY_SHAPE_FETCHER_BEAT, /* reliable-fetcher-heartbeat-<host>-<pid>-<nonce>: GitLab's fetcher */
    KEY_SHAPE_CRON_TIMES    /* cron_job:<name>:enqueued of sidekiq-cron */
};

struct key_name {
    enum key_shape shape;
    size_t prefix_bytes; /* with its colon; 0: none */
    char day[11];        /* YYYY-MM-DD, or "" */
    size_t owner_at;     /* QUEUE: the process in the name of its working queue; 0: is none */
    int16_t minute;      /* METRICS_7, METRICS_8: of the day, of a key of one minute; else -1 */
};

/* Never reads beyond key_bytes; never fails. */
void key_name_of(enum rdbp_type type, const uint8_t *key, size_t key_bytes,
                 struct key_name *ret_name);

/* The places where a list's name can be split into prefix + "queue:" + name, last first: start with
 * end = key_bytes; returns the prefix' length, SIZE_MAX after the first place.  Pass the result as
 * the next end. */
size_t queue_split_before(const uint8_t *key, size_t key_bytes, size_t end);
#define QUEUE_PREFIX_BYTES 6 /* "queue:" */
#define FETCHER_BEAT       "reliable-fetcher-heartbeat-"

/* <host>:<pid>:<12 hex digits>, what `processes` holds since 3.0. */
bool is_identity(const uint8_t *bytes, size_t size_bytes);
/* <token>-<24 hex digits>, what `profiles` holds. */
bool is_profile_name(const uint8_t *bytes, size_t size_bytes);

#endif
