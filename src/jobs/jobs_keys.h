/* jobs_keys.h -- what a key's type and name could be in a job queue or session store. */
#ifndef RDBLENS_JOBS_KEYS_H
#define RDBLENS_JOBS_KEYS_H

#include <string.h>

#include "rdbparse/rdbparse.h"

enum jobs_shape {
    JOBS_SHAPE_NONE = 0,
    JOBS_SHAPE_IDS,    /* list, set, zset: ids of jobs, or their JSON; base: before the state */
    JOBS_SHAPE_RQ_IDS, /* list, zset of ids whose jobs are rq:job:<id> */
    JOBS_SHAPE_JSON,   /* list of JSON, found by its first bytes */
    JOBS_SHAPE_RESQUE_DELAYED, /* list delayed:<epoch>; base: before delayed: */
    JOBS_SHAPE_TIMESTAMPS,     /* set timestamps:<job>: base: before timestamps: */
    JOBS_SHAPE_REPLIES,        /* list of replies that nobody reads */
    JOBS_SHAPE_UNACKED,        /* hash tag -> message */
    JOBS_SHAPE_UNACKED_INDEX,  /* zset */
    JOBS_SHAPE_TAG_ENTRIES,    /* zset tag:<name>:entries */
    JOBS_SHAPE_HORIZON,        /* zset ..._jobs */
    JOBS_SHAPE_SPRING_INDEX,   /* set ...:index:...; base: before index: */
    JOBS_SHAPE_SPRING_SESSION, /* hash ...:sessions:<id> */
    JOBS_SHAPE_JOB,            /* hash of a job; base: before its id */
    JOBS_SHAPE_BEE_JOBS,       /* hash id -> job; base: before jobs */
    JOBS_SHAPE_META,           /* hash; base: before meta */
    JOBS_SHAPE_LOCK,           /* string <job>:lock; base: before :lock */
    JOBS_SHAPE_RESULT,         /* string celery-task-meta-<id>, found by its first bytes */
    JOBS_SHAPE_ASYNQ_IDS,      /* list, zset asynq:{<queue>}:<state>; base: before the state */
    JOBS_SHAPE_ASYNQ_PAUSED,   /* string asynq:{<queue>}:paused; base: before paused */
    JOBS_SHAPE_DRAMATIQ_IDS,   /* list, zset, set of ids; base: before the queue, or __acks__ */
    JOBS_SHAPE_DRAMATIQ_MSGS,  /* hash id -> message, <queue>.msgs; base: before .msgs */
    JOBS_SHAPE_FAKTORY,        /* list q:<queue>, zset: JSON; base: before the queue or state */
    JOBS_SHAPE_FAKTORY_PAUSED, /* set of queues */
    JOBS_SHAPE_HANGFIRE_IDS,   /* list, zset of GUIDs; base: before the state or queue:<queue> */
    JOBS_SHAPE_HANGFIRE_STATE, /* hash job:<id>:state; base: before job: */
    JOBS_SHAPE_RQ_RESULTS,     /* stream rq:results:<id>; base: before the id */
    JOBS_SHAPE_MONITORING,     /* Horizon's set of tags; base: before monitoring */
    JOBS_SHAPE_LARGE_ZSET      /* any other: may be one of these tags when it is large */
};

#define JOBS_UUID_BYTES 36

struct jobs_name {
    enum jobs_shape shape;
    size_t base_bytes;
};

/* By type and name; never reads beyond key_bytes. */
struct jobs_name jobs_name_of(enum rdbp_type type, const uint8_t *key, size_t key_bytes);
/* Where name begins in the key, its last place; SIZE_MAX when it is not there. */
size_t jobs_find_last(const uint8_t *key, size_t key_bytes, const char *name);
/* Here, so that texts that are constants are compared without calls: every key is looked at. */
static inline bool jobs_ends_with(const uint8_t *key, size_t key_bytes, const char *tail)
{
    const size_t bytes = strlen(tail);

    return key_bytes >= bytes && memcmp(key + key_bytes - bytes, tail, bytes) == 0;
}
static inline bool jobs_begins_with(const uint8_t *key, size_t key_bytes, const char *head)
{
    const size_t bytes = strlen(head);

    return key_bytes >= bytes && memcmp(key, head, bytes) == 0;
}
/* 36 bytes with dashes where a UUID has them. */
bool jobs_is_uuid(const uint8_t *text, size_t text_bytes);

#endif
