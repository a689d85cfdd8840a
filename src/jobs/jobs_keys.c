/* jobs_keys.c -- what a key's type and name could be in a job queue or session store.
 *
 * Nothing is proven here: this only keeps the collector from opening every value.  It runs for
 * every key, so strings, which most keys are, cost one look at their last byte.
 *
 * Schemas: job-queues-in-redis, sections 8 to 13.
 */
// SPDX-License-Identifier: MIT
#include "jobs/jobs_keys.h"

#include <string.h>

static const struct jobs_name none = {JOBS_SHAPE_NONE, 0};

size_t jobs_find_last(const uint8_t *key, size_t key_bytes, const char *name)
{
    const size_t bytes = strlen(name);

    for (size_t at = key_bytes < bytes ? 0 : key_bytes - bytes + 1; at > 0; at--)
        if (key[at - 1] == (uint8_t)name[0] && memcmp(key + at - 1, name, bytes) == 0)
            return at - 1;
    return SIZE_MAX;
}

/* After the last colon; 0: there is none. */
static size_t last_segment(const uint8_t *key, size_t key_bytes)
{
    const uint8_t *colon = memrchr(key, ':', key_bytes);

    return colon == NULL ? 0 : (size_t)(colon - key) + 1;
}

static bool is_one_of(const uint8_t *text, size_t bytes, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == bytes && memcmp(*words, text, bytes) == 0)
            return true;
    return false;
}

bool jobs_is_uuid(const uint8_t *text, size_t text_bytes)
{
    return text_bytes == JOBS_UUID_BYTES && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
           text[23] == '-';
}

static bool ends_with_uuid(const uint8_t *key, size_t key_bytes)
{
    return key_bytes >= JOBS_UUID_BYTES &&
           jobs_is_uuid(key + key_bytes - JOBS_UUID_BYTES, JOBS_UUID_BYTES);
}

static struct jobs_name ids_name(const uint8_t *key, size_t key_bytes, const char *const *states)
{
    const size_t at = last_segment(key, key_bytes);

    if (at == 0 || !is_one_of(key + at, key_bytes - at, states))
        return none;
    return (struct jobs_name){JOBS_SHAPE_IDS, at};
}

static struct jobs_name before(enum jobs_shape shape, const uint8_t *key, size_t key_bytes,
                               const char *name)
{
    const uint8_t *at = memmem(key, key_bytes, name, strlen(name));

    return at == NULL ? none : (struct jobs_name){shape, (size_t)(at - key)};
}

static bool is_epoch_list(const uint8_t *key, size_t key_bytes, size_t *ret_base)
{
    const size_t at = last_segment(key, key_bytes);

    if (at < 8 || at == key_bytes || memcmp(key + at - 8, "delayed:", 8) != 0)
        return false;
    for (size_t i = at; i < key_bytes; i++)
        if (key[i] < '0' || key[i] > '9')
            return false;
    *ret_base = at - 8;
    return true;
}

/* asynq:{<queue>}:<rest>; 0: it is not. */
static size_t asynq_base(const uint8_t *key, size_t key_bytes)
{
    const uint8_t *end;

    if (!jobs_begins_with(key, key_bytes, "asynq:{"))
        return 0;
    end = memmem(key, key_bytes, "}:", 2);
    return end == NULL ? 0 : (size_t)(end - key) + 2;
}

static struct jobs_name asynq_name(const uint8_t *key, size_t key_bytes, const char *const *states)
{
    const size_t at = asynq_base(key, key_bytes);

    if (at == 0 || !(is_one_of(key + at, key_bytes - at, states) ||
                     jobs_begins_with(key + at, key_bytes - at, "g:")))
        return none;
    return (struct jobs_name){JOBS_SHAPE_ASYNQ_IDS, at};
}

/* Hangfire's queue:<queue> and queue:<queue>:dequeued, under a prefix. */
static struct jobs_name hangfire_queue(const uint8_t *key, size_t key_bytes)
{
    const uint8_t *at = memmem(key, key_bytes, ":queue:", 7);

    return at == NULL ? none : (struct jobs_name){JOBS_SHAPE_HANGFIRE_IDS, (size_t)(at - key) + 1};
}

static struct jobs_name hangfire_ids(const uint8_t *key, size_t key_bytes,
                                     const char *const *states)
{
    struct jobs_name name = ids_name(key, key_bytes, states);

    if (name.shape != JOBS_SHAPE_NONE)
        name.shape = JOBS_SHAPE_HANGFIRE_IDS;
    return name;
}

static struct jobs_name list_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"wait", "active", "paused", "waiting", NULL};
    static const char *const asynq[] = {"pending", "active", NULL};
    static const char *const ended[] = {"succeeded", "deleted", NULL};
    struct jobs_name name;
    size_t base;

    if (jobs_begins_with(key, key_bytes, "q:"))
        return (struct jobs_name){JOBS_SHAPE_FAKTORY, 2};
    if (jobs_begins_with(key, key_bytes, "asynq:"))
        return asynq_name(key, key_bytes, asynq);
    if (jobs_begins_with(key, key_bytes, "dramatiq:"))
        return (struct jobs_name){JOBS_SHAPE_DRAMATIQ_IDS, 9};
    if (jobs_begins_with(key, key_bytes, "rq:queue:"))
        return (struct jobs_name){JOBS_SHAPE_RQ_IDS, 3};
    if (is_epoch_list(key, key_bytes, &base))
        return (struct jobs_name){JOBS_SHAPE_RESQUE_DELAYED, base};
    if (jobs_ends_with(key, key_bytes, ".reply.celery.pidbox") ||
        memmem(key, key_bytes, "celeryev.", 9) != NULL)
        return (struct jobs_name){JOBS_SHAPE_REPLIES, 0};
    name = ids_name(key, key_bytes, states);
    if (name.shape == JOBS_SHAPE_NONE)
        name = hangfire_ids(key, key_bytes, ended);
    return name.shape == JOBS_SHAPE_NONE ? hangfire_queue(key, key_bytes) : name;
}

static struct jobs_name rq_registry(const uint8_t *key, size_t key_bytes)
{
    static const char *const registries[] = {"wip",       "finished", "failed", "deferred",
                                             "scheduled", "canceled", NULL};
    const uint8_t *colon = memchr(key + 3, ':', key_bytes - 3);

    if (colon != NULL && is_one_of(key + 3, (size_t)(colon - key) - 3, registries))
        return (struct jobs_name){JOBS_SHAPE_RQ_IDS, 3};
    return none;
}

static struct jobs_name zset_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"delayed",          "completed", "failed",   "prioritized",
                                         "waiting-children", "repeat",    "reserved", NULL};
    static const char *const asynq[] = {"scheduled", "retry", "archived",
                                        "completed", "lease", NULL};
    static const char *const faktory[] = {"scheduled", "retries", "dead", "working", NULL};
    static const char *const hangfire[] = {"schedule", "processing", "awaiting", NULL};
    struct jobs_name name;

    if (jobs_begins_with(key, key_bytes, "rq:"))
        return rq_registry(key, key_bytes);
    if (jobs_begins_with(key, key_bytes, "asynq:"))
        return asynq_name(key, key_bytes, asynq);
    if (is_one_of(key, key_bytes, faktory))
        return (struct jobs_name){JOBS_SHAPE_FAKTORY, 0};
    if (jobs_ends_with(key, key_bytes, ".XQ") && jobs_begins_with(key, key_bytes, "dramatiq:"))
        return (struct jobs_name){JOBS_SHAPE_DRAMATIQ_IDS, 9};
    if (jobs_ends_with(key, key_bytes, "unacked_index"))
        return (struct jobs_name){JOBS_SHAPE_UNACKED_INDEX, key_bytes - 13};
    if (jobs_ends_with(key, key_bytes, "_jobs"))
        return (struct jobs_name){JOBS_SHAPE_HORIZON, 0};
    if (jobs_ends_with(key, key_bytes, ":entries"))
        return before(JOBS_SHAPE_TAG_ENTRIES, key, key_bytes, "tag:");
    name = ids_name(key, key_bytes, states);
    if (name.shape == JOBS_SHAPE_NONE)
        name = hangfire_ids(key, key_bytes, hangfire);
    return name.shape == JOBS_SHAPE_NONE ? (struct jobs_name){JOBS_SHAPE_LARGE_ZSET, 0} : name;
}

static struct jobs_name set_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"succeeded", "failed", NULL};
    struct jobs_name name = before(JOBS_SHAPE_TIMESTAMPS, key, key_bytes, "timestamps:{");

    if (name.shape != JOBS_SHAPE_NONE)
        return name;
    if (jobs_begins_with(key, key_bytes, "dramatiq:__acks__."))
        return (struct jobs_name){JOBS_SHAPE_DRAMATIQ_IDS, 9};
    if (key_bytes == 6 && memcmp(key, "paused", 6) == 0)
        return (struct jobs_name){JOBS_SHAPE_FAKTORY_PAUSED, 0};
    if (jobs_ends_with(key, key_bytes, ":monitoring"))
        return (struct jobs_name){JOBS_SHAPE_MONITORING, key_bytes - 10};
    name = before(JOBS_SHAPE_SPRING_INDEX, key, key_bytes, "index:org.springframework.session");
    return name.shape != JOBS_SHAPE_NONE ? name : ids_name(key, key_bytes, states);
}

/* Hangfire's job:<id> and job:<id>:state, Spring's sessions:<id>. */
static struct jobs_name uuid_hash(const uint8_t *key, size_t key_bytes)
{
    const bool is_state = jobs_ends_with(key, key_bytes, ":state");
    const size_t bytes = is_state ? key_bytes - 6 : key_bytes;
    const size_t at = bytes > JOBS_UUID_BYTES ? bytes - JOBS_UUID_BYTES : 0;

    if (!ends_with_uuid(key, bytes))
        return none;
    if (jobs_ends_with(key, at, ":job:"))
        return (struct jobs_name){is_state ? JOBS_SHAPE_HANGFIRE_STATE : JOBS_SHAPE_JOB, at - 4};
    if (!is_state && jobs_ends_with(key, at, ":sessions:"))
        return (struct jobs_name){JOBS_SHAPE_SPRING_SESSION, at - 9};
    return none;
}

/* memmem() takes five times as long to begin as most names are to read. */
static const uint8_t *find_repeat(const uint8_t *key, size_t key_bytes)
{
    static const char name[] = ":repeat:";
    const size_t bytes = sizeof(name) - 1;

    for (const uint8_t *p = key, *end = key + key_bytes; (size_t)(end - p) >= bytes; p++) {
        p = memchr(p, ':', (size_t)(end - p) - bytes + 1);
        if (p == NULL)
            return NULL;
        if (memcmp(p, name, bytes) == 0)
            return p;
    }
    return NULL;
}

static struct jobs_name hash_name(const uint8_t *key, size_t key_bytes)
{
    const uint8_t *repeat;
    struct jobs_name name;
    size_t at;

    if (jobs_begins_with(key, key_bytes, "rq:job:"))
        return (struct jobs_name){JOBS_SHAPE_JOB, 3};
    if (jobs_ends_with(key, key_bytes, ":meta"))
        return (struct jobs_name){JOBS_SHAPE_META, key_bytes - 4};
    if (jobs_ends_with(key, key_bytes, ":jobs"))
        return (struct jobs_name){JOBS_SHAPE_BEE_JOBS, key_bytes - 4};
    if (jobs_ends_with(key, key_bytes, "unacked"))
        return (struct jobs_name){JOBS_SHAPE_UNACKED, key_bytes - 7};
    if (jobs_ends_with(key, key_bytes, ".msgs") && jobs_begins_with(key, key_bytes, "dramatiq:"))
        return (struct jobs_name){JOBS_SHAPE_DRAMATIQ_MSGS, key_bytes - 5};
    at = asynq_base(key, key_bytes);
    if (at > 0)
        return jobs_begins_with(key + at, key_bytes - at, "t:")
                   ? (struct jobs_name){JOBS_SHAPE_JOB, at}
                   : none;
    name = uuid_hash(key, key_bytes);
    if (name.shape != JOBS_SHAPE_NONE)
        return name;
    /* Bull's: <prefix>:<queue>:<id>, where an id may be repeat:<name>:<ms>. */
    repeat = find_repeat(key, key_bytes);
    at = repeat != NULL ? (size_t)(repeat - key) + 1 : last_segment(key, key_bytes);
    if (at < 2 || memchr(key, ':', at - 1) == NULL)
        return none;
    return (struct jobs_name){JOBS_SHAPE_JOB, at};
}

static struct jobs_name string_name(const uint8_t *key, size_t key_bytes)
{
    size_t at;

    if (key_bytes < 6)
        return none;
    if (key[key_bytes - 1] == 'k' && jobs_ends_with(key, key_bytes, ":lock"))
        return (struct jobs_name){JOBS_SHAPE_LOCK, key_bytes - 5};
    if (key[key_bytes - 1] != 'd' || !jobs_ends_with(key, key_bytes, ":paused"))
        return none;
    at = asynq_base(key, key_bytes);
    return at != key_bytes - 6 ? none : (struct jobs_name){JOBS_SHAPE_ASYNQ_PAUSED, at};
}

struct jobs_name jobs_name_of(enum rdbp_type type, const uint8_t *key, size_t key_bytes)
{
    switch (type) {
    case RDBP_TYPE_STRING: return string_name(key, key_bytes);
    case RDBP_TYPE_LIST: return list_name(key, key_bytes);
    case RDBP_TYPE_ZSET: return zset_name(key, key_bytes);
    case RDBP_TYPE_SET: return set_name(key, key_bytes);
    case RDBP_TYPE_HASH: return hash_name(key, key_bytes);
    case RDBP_TYPE_STREAM:
        return jobs_begins_with(key, key_bytes, "rq:results:")
                   ? (struct jobs_name){JOBS_SHAPE_RQ_RESULTS, sizeof("rq:results:") - 1}
                   : none;
    default: return none;
    }
}
