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

bool jobs_ends_with(const uint8_t *key, size_t key_bytes, const char *tail)
{
    const size_t bytes = strlen(tail);

    return key_bytes >= bytes && memcmp(key + key_bytes - bytes, tail, bytes) == 0;
}

static bool begins_with(const uint8_t *key, size_t key_bytes, const char *head)
{
    const size_t bytes = strlen(head);

    return key_bytes >= bytes && memcmp(key, head, bytes) == 0;
}

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

static struct jobs_name list_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"wait", "active", "paused", "waiting", NULL};
    size_t base;

    if (begins_with(key, key_bytes, "rq:queue:"))
        return (struct jobs_name){JOBS_SHAPE_RQ_IDS, 3};
    if (is_epoch_list(key, key_bytes, &base))
        return (struct jobs_name){JOBS_SHAPE_RESQUE_DELAYED, base};
    if (jobs_ends_with(key, key_bytes, ".reply.celery.pidbox") ||
        memmem(key, key_bytes, "celeryev.", 9) != NULL)
        return (struct jobs_name){JOBS_SHAPE_REPLIES, 0};
    return ids_name(key, key_bytes, states);
}

static struct jobs_name zset_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"delayed",          "completed", "failed",   "prioritized",
                                         "waiting-children", "repeat",    "reserved", NULL};
    static const char *const registries[] = {"wip",       "finished", "failed", "deferred",
                                             "scheduled", "canceled", NULL};

    if (begins_with(key, key_bytes, "rq:")) {
        const uint8_t *colon = memchr(key + 3, ':', key_bytes - 3);

        if (colon != NULL && is_one_of(key + 3, (size_t)(colon - key) - 3, registries))
            return (struct jobs_name){JOBS_SHAPE_RQ_IDS, 3};
        return none;
    }
    if (jobs_ends_with(key, key_bytes, "unacked_index"))
        return (struct jobs_name){JOBS_SHAPE_UNACKED_INDEX, key_bytes - 13};
    if (jobs_ends_with(key, key_bytes, "_jobs"))
        return (struct jobs_name){JOBS_SHAPE_HORIZON, 0};
    if (jobs_ends_with(key, key_bytes, ":entries"))
        return before(JOBS_SHAPE_TAG_ENTRIES, key, key_bytes, "tag:");
    return ids_name(key, key_bytes, states);
}

static struct jobs_name set_name(const uint8_t *key, size_t key_bytes)
{
    static const char *const states[] = {"succeeded", "failed", NULL};
    struct jobs_name name = before(JOBS_SHAPE_TIMESTAMPS, key, key_bytes, "timestamps:{");

    if (name.shape != JOBS_SHAPE_NONE)
        return name;
    name = before(JOBS_SHAPE_SPRING_INDEX, key, key_bytes, "index:org.springframework.session");
    return name.shape != JOBS_SHAPE_NONE ? name : ids_name(key, key_bytes, states);
}

/* Ends like one: Spring's ids, unless the application makes its own. */
static bool is_uuid(const uint8_t *key, size_t key_bytes)
{
    return key_bytes > 36 && key[key_bytes - 28] == '-' && key[key_bytes - 23] == '-' &&
           key[key_bytes - 18] == '-' && key[key_bytes - 13] == '-';
}

static struct jobs_name hash_name(const uint8_t *key, size_t key_bytes)
{
    const uint8_t *repeat;
    size_t at;

    if (begins_with(key, key_bytes, "rq:job:"))
        return (struct jobs_name){JOBS_SHAPE_JOB, 3};
    if (jobs_ends_with(key, key_bytes, ":meta"))
        return (struct jobs_name){JOBS_SHAPE_META, key_bytes - 4};
    if (jobs_ends_with(key, key_bytes, ":jobs"))
        return (struct jobs_name){JOBS_SHAPE_BEE_JOBS, key_bytes - 4};
    if (jobs_ends_with(key, key_bytes, "unacked"))
        return (struct jobs_name){JOBS_SHAPE_UNACKED, key_bytes - 7};
    if (is_uuid(key, key_bytes) && key_bytes > 46 &&
        memcmp(key + key_bytes - 46, ":sessions:", 10) == 0)
        return (struct jobs_name){JOBS_SHAPE_SPRING_SESSION, key_bytes - 45};
    /* Bull's: <prefix>:<queue>:<id>, where an id may be repeat:<name>:<ms>. */
    repeat = memmem(key, key_bytes, ":repeat:", 8);
    at = repeat != NULL ? (size_t)(repeat - key) + 1 : last_segment(key, key_bytes);
    if (at < 2 || memchr(key, ':', at - 1) == NULL)
        return none;
    return (struct jobs_name){JOBS_SHAPE_JOB, at};
}

struct jobs_name jobs_name_of(enum rdbp_type type, const uint8_t *key, size_t key_bytes)
{
    switch (type) {
    case RDBP_TYPE_STRING:
        if (key_bytes < 6 || key[key_bytes - 1] != 'k' || !jobs_ends_with(key, key_bytes, ":lock"))
            return none;
        return (struct jobs_name){JOBS_SHAPE_LOCK, key_bytes - 5};
    case RDBP_TYPE_LIST: return list_name(key, key_bytes);
    case RDBP_TYPE_ZSET: return zset_name(key, key_bytes);
    case RDBP_TYPE_SET: return set_name(key, key_bytes);
    case RDBP_TYPE_HASH: return hash_name(key, key_bytes);
    default: return none;
    }
}
