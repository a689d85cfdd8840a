/* role_internal.h -- what role.c (evidence) and role_rules.c (judgement) share.
 */
#ifndef RDBLENS_ROLE_INTERNAL_H
#define RDBLENS_ROLE_INTERNAL_H

#include "pattern/role.h"

/* Bits of role_value_signature(): their meaning depends on the type. */
enum {
    /* string */
    SIGNATURE_RAILS_ENTRY = 1,
    SIGNATURE_PICKLE = 2,
    SIGNATURE_COMPRESSED = 4,
    SIGNATURE_COOKIE_JSON = 8,
    SIGNATURE_PHP = 16,
    SIGNATURE_INTEGER = 32,
    SIGNATURE_CELERY_RESULT = 64,
    SIGNATURE_EMPTY = 128,
    /* list */
    SIGNATURE_CELERY_MESSAGE = 1,
    SIGNATURE_LARAVEL_JOB = 2,
    SIGNATURE_RUBY_JOB = 4,
    SIGNATURE_RESQUE_FAILURE = 8,
    SIGNATURE_FAKTORY_JOB = 16, /* seen by jobs/ alone; of sorted sets too */
    /* hash */
    SIGNATURE_BULL_META = 1,
    SIGNATURE_BULL_JOB = 2,
    SIGNATURE_SPRING_SESSION = 4,
    SIGNATURE_HANGFIRE_JOB = 8, /* these two are seen by jobs/ alone */
    SIGNATURE_DRAMATIQ_MESSAGE = 16,
    /* set */
    SIGNATURE_KOMBU_BINDING = 1
};

enum role_root_kind {
    ROOT_NODE_QUEUE = 0, /* Bull, BullMQ, bee-queue: one root a queue */
    ROOT_RESQUE,
    ROOT_CELERY,
    ROOT_CELERY_QUEUE, /* the prefix is the whole name of a queue */
    ROOT_RQ,
    ROOT_LARAVEL_QUEUE,
    ROOT_LARAVEL_CACHE,
    ROOT_HORIZON,
    ROOT_DJANGO,
    ROOT_SPRING,
    ROOT_ASYNQ,
    ROOT_DRAMATIQ,
    ROOT_FAKTORY,
    ROOT_HANGFIRE,
    ROOT_PROCESS, /* the prefix is the whole pattern of host:pid:nonce keys */
    ROOT_KIND_COUNT_
};

/* Facts of a root, by kind. */
enum {
    FACT_NODE_ID = 1,
    FACT_NODE_DELAYED = 2,
    FACT_NODE_ACTIVE = 4,
    FACT_BULL_META_PROOF = 8,
    FACT_BULL_META = 0x10,
    FACT_BULL_WAIT = 0x20,
    FACT_BULL_PAUSED = 0x40,
    FACT_BULL_COMPLETED = 0x80,
    FACT_BULL_FAILED = 0x100,
    FACT_BULL_STALLED_CHECK = 0x200,
    FACT_BULL_REPEAT = 0x400,
    FACT_BULL_META_PAUSED = 0x800,
    FACT_BULL_PRIORITY = 0x1000,
    FACT_BULL_JOB = 0x2000,
    FACT_BULLMQ_EVENTS = 0x4000,
    FACT_BULLMQ_MARKER = 0x8000,
    FACT_BULLMQ_OTHER = 0x10000,
    FACT_BEE_STALL_BLOCK = 0x20000,
    FACT_BEE_JOBS = 0x40000,
    FACT_BEE_WAITING = 0x80000,
    FACT_BEE_SUCCEEDED = 0x100000,
    FACT_BEE_FAILED = 0x200000,

    FACT_RESQUE_QUEUES = 1,
    FACT_RESQUE_WORKERS = 2,
    FACT_RESQUE_FAILED = 4,
    FACT_RESQUE_FAILED_PROOF = 8,
    FACT_RESQUE_STAT = 0x10,
    FACT_RESQUE_SCHEDULE = 0x20,

    FACT_CELERY_BINDING = 1,
    FACT_CELERY_RESULT = 2,
    FACT_CELERY_UNACKED = 4,
    FACT_CELERY_UNACKED_INDEX = 8,

    FACT_RQ_QUEUES = 1,
    FACT_RQ_WORKERS = 2,
    FACT_RQ_JOB = 4,
    FACT_RQ_QUEUE = 8,
    FACT_RQ_REGISTRY = 0x10,

    FACT_LARAVEL_JOB = 1,
    FACT_LARAVEL_NOTIFY = 2,
    FACT_LARAVEL_TAG = 4,
    FACT_LARAVEL_VALUE = 8,

    FACT_HORIZON_JOBS = 1,
    FACT_HORIZON_RECENT_FAILED = 2,
    FACT_HORIZON_MASTERS = 4,
    FACT_HORIZON_SUPERVISORS = 8,

    FACT_DJANGO_PICKLE = 1,
    FACT_DJANGO_COMPRESSED = 2,

    FACT_SPRING_PROOF = 1,
    FACT_SPRING_SESSION = 2,
    FACT_SPRING_EXPIRES = 4,

    FACT_ASYNQ_QUEUES = 1,
    FACT_ASYNQ_TASK = 2,
    FACT_ASYNQ_STATE = 4,
    FACT_ASYNQ_SERVERS = 8,

    FACT_DRAMATIQ_HEARTBEATS = 1,
    FACT_DRAMATIQ_MESSAGES = 2,

    FACT_FAKTORY_JOB = 1,
    FACT_FAKTORY_QUEUES = 2,
    FACT_FAKTORY_PROCESSED = 4,
    FACT_FAKTORY_FAILURES = 8,
    FACT_FAKTORY_PROCESSED_DAY = 0x10,
    FACT_FAKTORY_FAILURES_DAY = 0x20,

    FACT_HANGFIRE_JOB = 1,
    FACT_HANGFIRE_SERVERS = 2,
    FACT_HANGFIRE_SUCCEEDED = 4,
    FACT_HANGFIRE_DELETED = 8,
    FACT_HANGFIRE_PROCESSING = 0x10,
    FACT_HANGFIRE_RECURRING = 0x20,
    FACT_HANGFIRE_STAT = 0x40,

    FACT_PROCESS = 1
};

enum { ROOT_PREFIX_MAX_BYTES = 128 };

struct role_root {
    uint64_t db;
    uint64_t keys; /* that gave evidence */
    uint32_t facts;
    uint8_t kind; /* enum role_root_kind */
    uint8_t prefix_bytes;
    uint8_t prefix[ROOT_PREFIX_MAX_BYTES]; /* as in patterns: folded */
};

/* NULL when there is none. */
const struct role_root *role_root_find(const struct role_evidence *e, uint64_t db,
                                       enum role_root_kind kind, const uint8_t *prefix,
                                       size_t prefix_bytes);
/* The roots of one kind, in the order they were met: NULL after the last.  *at: 0 to begin. */
const struct role_root *role_root_next(const struct role_evidence *e, enum role_root_kind kind,
                                       size_t *at);

#endif
