/* role_rules.c -- what a pattern's keys are for, judged from the evidence.
 *
 * A pattern gets a role in one of two ways, and never by its name alone:
 *
 *   by its values   nearly all of its keys carry a signature (SHARE of them: a foreign key may have
 *                   folded into the pattern): Rails' cache entries, express-session's JSON,
 * Celery's results by a root       its prefix has a proven root in the same database, and its type
 * and the rest of its name are ones that the system writes: the tables below, as globs over
 * patterns (so [*] stands for a folded part)
 *
 * Sidekiq's roots are the installations that sidekiq/ resolved by content.  Its queues and job sets
 * are taken from there one by one: beside a Sidekiq an application may have a list queue:foo of its
 * own. Identities (host:pid:nonce) are counted, since user:12:0a1b2c3d4e5f has the same shape by
 * chance.
 *
 * What is missing on purpose: names that only lists of settings know (Sidekiq Enterprise's periodic
 * and loop* keys), and every rule that would need a name without a root.
 *
 * Key schemas: job-queues-in-redis, sections 2 to 5 (Sidekiq), 8 (Resque), 9 (Bull, BullMQ,
 * bee-queue), 10 (Celery, RQ, Dramatiq), 11 (Laravel), 12 (Hangfire, Faktory, asynq), 13 (caches,
 * sessions).
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "pattern/pattern.h"
#include "pattern/role_internal.h"

#define STRING   (1u << RDBP_TYPE_STRING)
#define LIST     (1u << RDBP_TYPE_LIST)
#define SET      (1u << RDBP_TYPE_SET)
#define ZSET     (1u << RDBP_TYPE_ZSET)
#define HASH     (1u << RDBP_TYPE_HASH)
#define STREAM   (1u << RDBP_TYPE_STREAM)
#define ANY_TYPE 0xffu

struct name_rule {
    const char *glob; /* over the pattern without the root's prefix */
    uint8_t types;
    uint8_t role;
};

static const struct name_rule sidekiq_rules[] = {
    /* Sidekiq */
    {"queues", SET, ROLE_STATE},
    {"processes", SET, ROLE_STATE},
    {"paused", SET, ROLE_STATE},
    {"stat:processed", STRING, ROLE_COUNTER},
    {"stat:failed", STRING, ROLE_COUNTER},
    {"stat:processed:[*]", STRING, ROLE_METRICS},
    {"stat:failed:[*]", STRING, ROLE_METRICS},
    {"process_cleanup", STRING, ROLE_LOCK},
    {"dear-leader", STRING, ROLE_LOCK},
    {"workers", SET, ROLE_STATE},
    {"worker:*[*]", STRING, ROLE_STATE},
    {"worker:*[*]:started", STRING, ROLE_STATE},
    {"j|[*]", HASH, ROLE_METRICS},
    {"j|[*]|[*]", HASH, ROLE_METRICS},
    {"j|[*]|[*]:[*]", HASH, ROLE_METRICS},
    {"h|*-[*]:[*]", STRING, ROLE_METRICS},
    {"[A-Z]*-[*]:[*]", STRING, ROLE_METRICS},
    {"[*]-marks", HASH, ROLE_STATE},
    {"deploylock-*", STRING, ROLE_LOCK},
    {"it-[*]", HASH, ROLE_STATE},
    {"profiles", ZSET, ROLE_STATE},
    /* Pro and Enterprise */
    {"b-[*]", HASH, ROLE_STATE},
    {"b-[*]-jids", SET, ROLE_STATE},
    {"b-[*]-failinfo", HASH, ROLE_STATE},
    {"b-[*]-failed", SET, ROLE_STATE},
    {"b-[*]-died", SET, ROLE_STATE},
    {"b-[*]-notify", STRING | SET, ROLE_STATE},
    {"b-[*]-complete", STRING | SET, ROLE_STATE},
    {"b-[*]-success", STRING | SET, ROLE_STATE},
    {"b-[*]-cbsucc", STRING | SET, ROLE_STATE},
    {"b-[*]-pending", ANY_TYPE, ROLE_STATE},
    {"batches", ZSET, ROLE_STATE},
    {"batch-died", SET, ROLE_STATE},
    {"super_processes", SET, ROLE_STATE},
    {"lmtr-*", STRING | ZSET | HASH | LIST, ROLE_STATE},
    {"unique:[*]", STRING, ROLE_LOCK},
    {"unique:keys", SET, ROLE_LOCK},
    /* gitlab-sidekiq-fetcher */
    {"working:queue:*:[*]:[*]", LIST, ROLE_JOBS},
    {"reliable-fetcher-heartbeat-*", STRING, ROLE_STATE},
    {"reliable-fetcher-cleanup-lock", STRING, ROLE_LOCK},
    {"interrupted", ZSET, ROLE_JOBS},
    /* sidekiq-unique-jobs */
    {"uniquejobs", HASH, ROLE_LOCK},
    {"uniquejobs:digests", ZSET, ROLE_LOCK},
    {"uniquejobs:expiring_digests", ZSET, ROLE_LOCK},
    {"uniquejobs:orphaned_digests", ZSET, ROLE_LOCK},
    {"uniquejobs:changelog", ZSET, ROLE_STATE},
    {"uniquejobs:live", ANY_TYPE, ROLE_STATE},
    {"uniquejobs:dead", ANY_TYPE, ROLE_STATE},
    {"uniquejobs:reaper", STRING, ROLE_LOCK},
    {"uniquejobs:working:*", ANY_TYPE, ROLE_STATE},
    {"uniquejobs:heartbeat:*", ANY_TYPE, ROLE_STATE},
    {"uniquejobs:[*]", STRING, ROLE_LOCK},
    {"uniquejobs:[*]:*", STRING | LIST | HASH | ZSET, ROLE_LOCK},
    {"sidekiq_unique:*", STRING, ROLE_LOCK},
    /* other plugins */
    {"sidekiq:status:[*]", HASH, ROLE_STATE},
    {"cron_jobs", SET, ROLE_STATE},
    {"cron_jobs:*", SET, ROLE_STATE},
    {"cron_job:*:enqueued", ZSET, ROLE_STATE},
    {"cron_job:*:jid_history", LIST, ROLE_STATE},
    {"cron_job:*", HASH, ROLE_STATE},
    {"schedules", HASH, ROLE_STATE},
    {"schedules_changed", ZSET, ROLE_STATE},
    {"sidekiq-scheduler:states", HASH, ROLE_STATE},
    {"sidekiq-scheduler:next_times", HASH, ROLE_STATE},
    {"sidekiq-scheduler:last_times", HASH, ROLE_STATE},
    {"sidekiq-scheduler:pushed:*", ZSET, ROLE_STATE},
    {"sidekiq:statistic", HASH, ROLE_METRICS},
    {"sidekiq:statistic:realtime:[*]", HASH, ROLE_METRICS},
    {"[*]:*:timeslist", LIST, ROLE_METRICS},
    {"limit_fetch:*:*", STRING | LIST | SET, ROLE_STATE},
    {"limit:processes", SET, ROLE_STATE},
    {"limit:heartbeat:[*]", STRING, ROLE_STATE},
    {"throttled:*:concurrency*", ZSET | HASH, ROLE_LOCK},
    {"throttled:*:threshold*", LIST, ROLE_LOCK},
    {"failed", ZSET, ROLE_JOBS},
    {"BID-[*]", HASH, ROLE_STATE},
    {"BID-[*]-*", SET | STRING | HASH, ROLE_STATE},
    {NULL, 0, 0},
};

static const struct name_rule resque_rules[] = {
    {"queues", SET, ROLE_STATE},
    {"queue:*", LIST, ROLE_JOBS},
    {"failed", LIST, ROLE_JOBS},
    {"failed_queues", SET, ROLE_STATE},
    {"*_failed", LIST, ROLE_JOBS},
    {"workers", SET, ROLE_STATE},
    {"workers:heartbeat", HASH, ROLE_STATE},
    {"worker:*", STRING, ROLE_STATE},
    {"stat:processed", STRING, ROLE_COUNTER},
    {"stat:failed", STRING, ROLE_COUNTER},
    {"stat:processed:*", STRING, ROLE_COUNTER},
    {"stat:failed:*", STRING, ROLE_COUNTER},
    {"pruning_dead_workers_in_progress", STRING, ROLE_LOCK},
    {"delayed_queue_schedule", ZSET, ROLE_JOBS},
    {"delayed:[*]", LIST, ROLE_JOBS},
    {"timestamps:*", SET, ROLE_JOBS},
    {"schedules", HASH, ROLE_STATE},
    {"schedules_changed", SET, ROLE_STATE},
    {"resque_scheduler_master_lock*", STRING, ROLE_LOCK},
    {NULL, 0, 0},
};

static const struct name_rule bull_rules[] = {
    {"id", STRING, ROLE_COUNTER},
    {"pc", STRING, ROLE_COUNTER},
    {"meta", HASH, ROLE_STATE},
    {"meta-paused", STRING, ROLE_STATE},
    {"events", STREAM, ROLE_STATE},
    {"marker", ZSET, ROLE_STATE},
    {"stalled", SET, ROLE_STATE},
    {"stalled-check", STRING, ROLE_LOCK},
    {"limiter", STRING, ROLE_LOCK},
    {"limiter:*", STRING, ROLE_LOCK},
    {"wait", LIST, ROLE_JOBS},
    {"active", LIST, ROLE_JOBS},
    {"paused", LIST, ROLE_JOBS},
    {"delayed", ZSET, ROLE_JOBS},
    {"prioritized", ZSET, ROLE_JOBS},
    {"priority", ZSET, ROLE_JOBS},
    {"completed", ZSET, ROLE_JOBS},
    {"failed", ZSET, ROLE_JOBS},
    {"waiting-children", ZSET, ROLE_JOBS},
    {"repeat", ZSET, ROLE_JOBS},
    {"repeat:*", HASH, ROLE_JOBS},
    {"de:*", STRING, ROLE_LOCK},
    {"metrics:completed*", HASH | LIST, ROLE_METRICS},
    {"metrics:failed*", HASH | LIST, ROLE_METRICS},
    {"*:lock", STRING, ROLE_LOCK},
    {"*:logs", LIST, ROLE_JOBS},
    {"*:dependencies", SET, ROLE_JOBS},
    {"*:processed", HASH, ROLE_JOBS},
    {"*:failed", HASH, ROLE_JOBS},
    {"*:unsuccessful", ZSET, ROLE_JOBS},
    {"*", HASH, ROLE_JOBS}, /* jobs have any id the application gives them */
    {NULL, 0, 0},
};

static const struct name_rule bee_rules[] = {
    {"id", STRING, ROLE_COUNTER},      {"jobs", HASH, ROLE_JOBS},
    {"waiting", LIST, ROLE_JOBS},      {"active", LIST, ROLE_JOBS},
    {"delayed", ZSET, ROLE_JOBS},      {"succeeded", SET, ROLE_JOBS},
    {"failed", SET, ROLE_JOBS},        {"stalling", SET, ROLE_STATE},
    {"stallBlock", STRING, ROLE_LOCK}, {NULL, 0, 0},
};

static const struct name_rule celery_rules[] = {
    {"_kombu.binding.*", SET, ROLE_STATE},
    {"unacked", HASH, ROLE_JOBS},
    {"unacked_index", ZSET, ROLE_JOBS},
    {"unacked_mutex", STRING, ROLE_LOCK},
    {"celery-task-meta-*", STRING, ROLE_STATE},
    {"celery-taskset-meta-*", STRING | ZSET | LIST | SET, ROLE_STATE},
    {"[*].reply.celery.pidbox", LIST, ROLE_STATE},
    {"celeryev.*", LIST, ROLE_STATE},
    {NULL, 0, 0},
};

static const struct name_rule rq_rules[] = {
    {"queues", SET, ROLE_STATE},
    {"queue:*", LIST, ROLE_JOBS},
    {"job:*:dependents", SET, ROLE_STATE},
    {"job::*:dependencies", SET, ROLE_STATE},
    {"job:*", HASH, ROLE_JOBS},
    {"results:*", STREAM, ROLE_STATE},
    {"wip:*", ZSET, ROLE_JOBS},
    {"finished:*", ZSET, ROLE_JOBS},
    {"failed:*", ZSET, ROLE_JOBS},
    {"deferred:*", ZSET, ROLE_JOBS},
    {"scheduled:*", ZSET, ROLE_JOBS},
    {"canceled:*", ZSET, ROLE_JOBS},
    {"clean_registries:*", STRING, ROLE_LOCK},
    {"scheduler-lock:*", STRING, ROLE_LOCK},
    {"workers", SET, ROLE_STATE},
    {"workers:*", SET, ROLE_STATE},
    {"worker:*", HASH, ROLE_STATE},
    {NULL, 0, 0},
};

static const struct name_rule laravel_queue_rules[] = {
    {"queues:*:delayed", ZSET, ROLE_JOBS},
    {"queues:*:reserved", ZSET, ROLE_JOBS},
    {"queues:*", LIST, ROLE_JOBS}, /* also :notify */
    {NULL, 0, 0},
};

static const struct name_rule laravel_cache_rules[] = {
    {"tag:*:entries", ZSET, ROLE_CACHE},
    {"*:standard_ref", SET, ROLE_CACHE},
    {"*:forever_ref", SET, ROLE_CACHE},
    {"*", STRING, ROLE_CACHE}, /* the prefix is the cache's own */
    {NULL, 0, 0},
};

static const struct name_rule horizon_rules[] = {
    {"*_jobs", ZSET, ROLE_JOBS},
    {"masters", ZSET, ROLE_STATE},
    {"supervisors", ZSET, ROLE_STATE},
    {"master:*", HASH, ROLE_STATE},
    {"supervisor:*", HASH, ROLE_STATE},
    {"monitoring", SET, ROLE_STATE},
    {"failed:*", ZSET, ROLE_JOBS},
    {"job:*", HASH, ROLE_METRICS},
    {"queue:*", HASH, ROLE_METRICS},
    {"snapshot:*", ZSET, ROLE_METRICS},
    {"measured_*", SET, ROLE_METRICS},
    {"[*]", HASH, ROLE_JOBS},
    {"*", ZSET, ROLE_JOBS}, /* tags have any name; the prefix is Horizon's own */
    {NULL, 0, 0},
};

static const struct name_rule asynq_rules[] = {
    {"queues", SET, ROLE_STATE},
    {"servers", ZSET, ROLE_STATE},
    {"servers:*", STRING, ROLE_STATE},
    {"workers", ZSET, ROLE_STATE},
    {"workers:*", HASH, ROLE_STATE},
    {"schedulers", ZSET, ROLE_STATE},
    {"schedulers:*", LIST, ROLE_STATE},
    {"scheduler_history:*", ZSET, ROLE_STATE},
    {"{*}:t:*", HASH, ROLE_JOBS},
    {"{*}:pending", LIST, ROLE_JOBS},
    {"{*}:active", LIST, ROLE_JOBS},
    {"{*}:scheduled", ZSET, ROLE_JOBS},
    {"{*}:retry", ZSET, ROLE_JOBS},
    {"{*}:archived", ZSET, ROLE_JOBS},
    {"{*}:completed", ZSET, ROLE_JOBS},
    {"{*}:lease", ZSET, ROLE_STATE},
    {"{*}:g:*", ZSET, ROLE_JOBS},
    {"{*}:groups", SET, ROLE_STATE},
    {"{*}:aggregation_sets", ZSET, ROLE_STATE},
    {"{*}:unique:*", STRING, ROLE_LOCK},
    {"{*}:paused", STRING, ROLE_STATE},
    {"{*}:processed", STRING, ROLE_COUNTER},
    {"{*}:failed", STRING, ROLE_COUNTER},
    {"{*}:processed:[*]", STRING, ROLE_METRICS},
    {"{*}:failed:[*]", STRING, ROLE_METRICS},
    {NULL, 0, 0},
};

static const struct name_rule dramatiq_rules[] = {
    {"__heartbeats__", ZSET, ROLE_STATE},
    {"__acks__.*", SET, ROLE_JOBS},
    {"*.XQ.msgs", HASH, ROLE_JOBS},
    {"*.DQ.msgs", HASH, ROLE_JOBS},
    {"*.msgs", HASH, ROLE_JOBS},
    {"*.XQ", ZSET, ROLE_JOBS},
    {"*.DQ", LIST, ROLE_JOBS},
    {"*", LIST, ROLE_JOBS}, /* queues have any name without a colon */
    {NULL, 0, 0},
};

static const struct name_rule faktory_rules[] = {
    {"queues", SET, ROLE_STATE},
    {"paused", SET, ROLE_STATE},
    {"q:*", LIST, ROLE_JOBS},
    {"scheduled", ZSET, ROLE_JOBS},
    {"retries", ZSET, ROLE_JOBS},
    {"dead", ZSET, ROLE_JOBS},
    {"working", ZSET, ROLE_JOBS},
    {"processed", STRING, ROLE_COUNTER},
    {"failures", STRING, ROLE_COUNTER},
    {"processed:[*]", STRING, ROLE_METRICS},
    {"failures:[*]", STRING, ROLE_METRICS},
    {NULL, 0, 0},
};

static const struct name_rule hangfire_rules[] = {
    {"job:[*]", HASH, ROLE_JOBS},          {"job:[*]:state", HASH, ROLE_JOBS},
    {"job:[*]:history", LIST, ROLE_JOBS},  {"queues", SET, ROLE_STATE},
    {"queue:*:dequeued", LIST, ROLE_JOBS}, {"queue:*:dequeued:lock", STRING, ROLE_LOCK},
    {"queue:*", LIST, ROLE_JOBS},          {"servers", SET, ROLE_STATE},
    {"server:*:queues", LIST, ROLE_STATE}, {"server:*", HASH, ROLE_STATE},
    {"succeeded", LIST, ROLE_JOBS},        {"deleted", LIST, ROLE_JOBS},
    {"failed", ZSET, ROLE_JOBS},           {"schedule", ZSET, ROLE_JOBS},
    {"processing", ZSET, ROLE_JOBS},       {"awaiting", ZSET, ROLE_JOBS},
    {"recurring-jobs", ZSET, ROLE_STATE},  {"recurring-job:*", HASH, ROLE_STATE},
    {"retries", ZSET, ROLE_STATE},         {"stats:*:[*]", STRING, ROLE_METRICS},
    {"stats:*", STRING, ROLE_COUNTER},     {NULL, 0, 0},
};

static const struct name_rule spring_rules[] = {
    {"sessions:expirations", ZSET, ROLE_SESSION},
    {"sessions:expires:*", STRING, ROLE_SESSION},
    {"sessions:*", HASH, ROLE_SESSION},
    {"expirations:[*]", SET, ROLE_SESSION},
    {"index:*", SET, ROLE_SESSION},
    {NULL, 0, 0},
};

static const struct name_rule *find_rule(const struct name_rule *rules, const uint8_t *rest,
                                         size_t rest_bytes, enum rdbp_type type)
{
    for (; rules->glob != NULL; rules++)
        if ((rules->types >> type & 1) && rest_bytes > 0 &&
            glob_match((const uint8_t *)rules->glob, strlen(rules->glob), rest, rest_bytes))
            return rules;
    return NULL;
}

/* ---- Sidekiq ------------------------------------------------------------------------------ */

static bool is_same_pattern(const struct role_pattern *p, const uint8_t *key, size_t key_bytes)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    size_t bytes;

    if (key == NULL || key_bytes == 0 || (key[0] != p->pattern[0] && p->pattern[0] != '*'))
        return false;
    bytes = pattern_fold(key, key_bytes, pattern);
    return bytes == p->pattern_bytes && memcmp(pattern, p->pattern, bytes) == 0;
}

/* Counts of jobs by name would let an application's list pass, so the keys themselves are asked. */
static bool is_job_set(const struct sidekiq_result *sidekiq, const struct role_pattern *p)
{
    const bool is_list = p->type == RDBP_TYPE_LIST;

    for (size_t i = 0; i < sidekiq->set_count; i++) {
        const struct sidekiq_set *s = &sidekiq->sets[i];

        if (s->db == p->db && (s->kind == SIDEKIQ_QUEUE) == is_list &&
            is_same_pattern(p, s->key, s->key_bytes))
            return true;
    }
    return false;
}

/* Bytes of the installation's prefix as it stands in patterns, SIZE_MAX when p is not under it. */
static size_t match_namespace(const char *namespace_, const struct role_pattern *p)
{
    uint8_t name[PATTERN_MAX_BYTES], pattern[PATTERN_MAX_BYTES];
    const size_t bytes = strlen(namespace_);
    size_t prefix_bytes;

    if (bytes == 0)
        return 0;
    if (bytes > PATTERN_MAX_BYTES / 2)
        return SIZE_MAX;
    /* Folded together with a key, for tokens are judged by what follows them too. */
    memcpy(name, namespace_, bytes);
    memcpy(name + bytes, ":queues", 7);
    prefix_bytes = pattern_fold(name, bytes + 7, pattern) - 6;
    if (prefix_bytes >= p->pattern_bytes || memcmp(pattern, p->pattern, prefix_bytes) != 0)
        return SIZE_MAX;
    return prefix_bytes;
}

static bool is_nearly_all(uint64_t part, uint64_t whole)
{
    return whole > 0 && part >= whole - whole / 20;
}

/* What a rule's keys are called. */
static const char *family_of(const struct name_rule *rule)
{
    if (strcmp(rule->glob, "*") != 0)
        return rule->glob;
    return rule->role == ROLE_CACHE ? "entry" : "[*]";
}

static enum role role_in_sidekiq(const struct role_evidence *e,
                                 const struct sidekiq_result *sidekiq, const struct role_pattern *p,
                                 const char **ret_family)
{
    const struct role_root *process;
    bool is_under = false;

    for (size_t i = 0; i < sidekiq->installation_count; i++) {
        const struct sidekiq_installation *s = &sidekiq->installations[i];
        const struct name_rule *rule;
        size_t prefix_bytes;

        if (s->db != p->db)
            continue;
        prefix_bytes = match_namespace(s->namespace_, p);
        if (prefix_bytes == SIZE_MAX)
            continue;
        is_under = true;
        rule = find_rule(sidekiq_rules, p->pattern + prefix_bytes, p->pattern_bytes - prefix_bytes,
                         p->type);
        if (rule != NULL) {
            *ret_family = family_of(rule);
            return (enum role)rule->role;
        }
    }
    if (!is_under)
        return ROLE_APP;
    if ((p->type == RDBP_TYPE_LIST || p->type == RDBP_TYPE_ZSET) && is_job_set(sidekiq, p)) {
        *ret_family = p->type == RDBP_TYPE_LIST ? "queue:*" : "retry, schedule, dead";
        return ROLE_JOBS;
    }
    *ret_family = "process";
    process = role_root_find(e, p->db, ROOT_PROCESS, p->pattern, p->pattern_bytes);
    return process != NULL && is_nearly_all(process->keys, p->keys) ? ROLE_STATE : ROLE_APP;
}

/* ---- systems known by roots ---------------------------------------------------------------- */

static bool has_all(uint32_t facts, uint32_t wanted)
{
    return (facts & wanted) == wanted;
}

static unsigned count_bits(uint32_t bits)
{
    unsigned n = 0;

    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

enum {
    BULLMQ_FACTS =
        FACT_BULL_META_PROOF | FACT_BULLMQ_EVENTS | FACT_BULLMQ_MARKER | FACT_BULLMQ_OTHER,
    BULL_FACTS = FACT_NODE_ID | FACT_NODE_DELAYED | FACT_NODE_ACTIVE | FACT_BULL_META |
                 FACT_BULL_WAIT | FACT_BULL_PAUSED | FACT_BULL_COMPLETED | FACT_BULL_FAILED |
                 FACT_BULL_STALLED_CHECK | FACT_BULL_REPEAT | FACT_BULL_META_PAUSED |
                 FACT_BULL_PRIORITY | BULLMQ_FACTS,
    BEE_FACTS = FACT_NODE_ID | FACT_NODE_DELAYED | FACT_NODE_ACTIVE | FACT_BEE_STALL_BLOCK |
                FACT_BEE_JOBS | FACT_BEE_WAITING | FACT_BEE_SUCCEEDED | FACT_BEE_FAILED
};

/* One structure of a queue may stand anywhere (order:12:id, user:7:failed); three of them, each of
 * its type, under one prefix are a queue's.  A fact of the other library speaks against. */
static const struct name_rule *judge_node_queue(uint32_t facts, const char **ret_system)
{
    if ((facts & FACT_BULL_META_PROOF) || count_bits(facts & BULL_FACTS) >= 3) {
        if (!(facts & (FACT_BEE_STALL_BLOCK | FACT_BEE_JOBS)) || (facts & FACT_BULL_META_PROOF)) {
            *ret_system = facts & BULLMQ_FACTS ? "bullmq" : "bull";
            return bull_rules;
        }
    }
    if ((facts & (FACT_BEE_STALL_BLOCK | FACT_BEE_JOBS)) && count_bits(facts & BEE_FACTS) >= 3) {
        *ret_system = "bee-queue";
        return bee_rules;
    }
    return NULL;
}

static bool is_resque(const struct role_root *r)
{
    static const char usual[] = "resque:";
    const uint32_t beside = r->facts & ~(uint32_t)(FACT_RESQUE_FAILED | FACT_RESQUE_FAILED_PROOF);
    const bool is_usual =
        r->prefix_bytes >= 7 && memcmp(r->prefix + r->prefix_bytes - 7, usual, 7) == 0;

    if (is_usual)
        return count_bits(r->facts) >= 2;
    return (r->facts & FACT_RESQUE_FAILED_PROOF) && (beside & FACT_RESQUE_QUEUES) &&
           count_bits(beside) >= 2;
}

/* Of a Faktory without jobs its counters tell; a server that has shown its history has all. */
enum {
    FAKTORY_FACTS = FACT_FAKTORY_QUEUES | FACT_FAKTORY_PROCESSED | FACT_FAKTORY_FAILURES |
                    FACT_FAKTORY_PROCESSED_DAY | FACT_FAKTORY_FAILURES_DAY
};

/* The rules that hold under a root, NULL when it proves nothing. */
static const struct name_rule *judge_root(const struct role_root *r, const char **ret_system)
{
    switch ((enum role_root_kind)r->kind) {
    case ROOT_NODE_QUEUE: return judge_node_queue(r->facts, ret_system);
    case ROOT_RESQUE: *ret_system = "resque"; return is_resque(r) ? resque_rules : NULL;
    case ROOT_CELERY:
        *ret_system = "celery";
        if ((r->facts & (FACT_CELERY_BINDING | FACT_CELERY_RESULT)) ||
            has_all(r->facts, FACT_CELERY_UNACKED | FACT_CELERY_UNACKED_INDEX))
            return celery_rules;
        return NULL;
    case ROOT_RQ:
        *ret_system = "rq";
        return (r->facts & (FACT_RQ_QUEUES | FACT_RQ_WORKERS)) && count_bits(r->facts) >= 2
                   ? rq_rules
                   : NULL;
    case ROOT_LARAVEL_QUEUE: *ret_system = "laravel"; return laravel_queue_rules;
    case ROOT_LARAVEL_CACHE:
        *ret_system = "laravel";
        return r->facts & FACT_LARAVEL_TAG ? laravel_cache_rules : NULL;
    case ROOT_HORIZON:
        *ret_system = "laravel";
        return count_bits(r->facts) >= 2 ? horizon_rules : NULL;
    case ROOT_ASYNQ: *ret_system = "asynq"; return count_bits(r->facts) >= 2 ? asynq_rules : NULL;
    case ROOT_DRAMATIQ:
        *ret_system = "dramatiq";
        return r->facts & FACT_DRAMATIQ_MESSAGES ? dramatiq_rules : NULL;
    case ROOT_FAKTORY:
        *ret_system = "faktory";
        return (r->facts & FACT_FAKTORY_JOB) || has_all(r->facts, FAKTORY_FACTS) ? faktory_rules
                                                                                 : NULL;
    case ROOT_HANGFIRE:
        *ret_system = "hangfire";
        return count_bits(r->facts) >= (r->facts & FACT_HANGFIRE_JOB ? 2 : 4) ? hangfire_rules
                                                                              : NULL;
    case ROOT_SPRING:
        *ret_system = "spring session";
        return (r->facts & FACT_SPRING_PROOF) ||
                       has_all(r->facts, FACT_SPRING_SESSION | FACT_SPRING_EXPIRES)
                   ? spring_rules
                   : NULL;
    default: return NULL;
    }
}

static enum role role_under(const struct role_root *r, const struct role_pattern *p,
                            const char **ret_system, const char **ret_family)
{
    const char *system = NULL;
    const struct name_rule *rules = judge_root(r, &system), *rule;

    if (rules == NULL)
        return ROLE_APP;
    rule =
        find_rule(rules, p->pattern + r->prefix_bytes, p->pattern_bytes - r->prefix_bytes, p->type);
    if (rule == NULL)
        return ROLE_APP;
    *ret_system = system;
    *ret_family = family_of(rule);
    return (enum role)rule->role;
}

/* Roots whose prefix ends where a segment of the pattern begins: the longest first. */
static enum role role_by_segments(const struct role_evidence *e, const struct role_pattern *p,
                                  const char **ret_system, const char **ret_family)
{
    static const uint8_t kinds[] = {ROOT_NODE_QUEUE, ROOT_RESQUE,  ROOT_RQ,      ROOT_LARAVEL_CACHE,
                                    ROOT_HORIZON,    ROOT_SPRING,  ROOT_CELERY,  ROOT_ASYNQ,
                                    ROOT_DRAMATIQ,   ROOT_FAKTORY, ROOT_HANGFIRE};
    size_t at = p->pattern_bytes < ROOT_PREFIX_MAX_BYTES ? p->pattern_bytes : ROOT_PREFIX_MAX_BYTES;

    for (;; at--) {
        if (at == 0 || p->pattern[at - 1] == ':') {
            for (size_t i = 0; i < sizeof(kinds); i++) {
                const struct role_root *r =
                    role_root_find(e, p->db, (enum role_root_kind)kinds[i], p->pattern, at);
                const enum role role =
                    r != NULL ? role_under(r, p, ret_system, ret_family) : ROLE_APP;

                if (role != ROLE_APP)
                    return role;
            }
        }
        if (at == 0)
            return ROLE_APP;
    }
}

/* Roots whose prefix may end anywhere: Laravel's `app_database_`, Celery's global_keyprefix. */
static enum role role_by_name(const struct role_evidence *e, const struct role_pattern *p,
                              const char **ret_system, const char **ret_family)
{
    static const struct {
        const char *name;
        enum role_root_kind kind;
    } names[] = {
        {"queues:", ROOT_LARAVEL_QUEUE},
        {"_kombu.binding.", ROOT_CELERY},
        {"unacked", ROOT_CELERY},
        {"celery-task-meta-", ROOT_CELERY},
        {"celery-taskset-meta-", ROOT_CELERY},
        {"celeryev.", ROOT_CELERY},
        {"*.reply.celery.pidbox", ROOT_CELERY},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const uint8_t *at =
            memmem(p->pattern, p->pattern_bytes, names[i].name, strlen(names[i].name));
        const struct role_root *r = NULL;
        enum role role;

        if (at == NULL)
            continue;
        r = role_root_find(e, p->db, names[i].kind, p->pattern, (size_t)(at - p->pattern));
        role = r != NULL ? role_under(r, p, ret_system, ret_family) : ROLE_APP;
        if (role != ROLE_APP)
            return role;
    }
    return ROLE_APP;
}

/* Kombu's queues have any name: one that an exchange of the same prefix has, or messages in it.
 * Priorities are behind the name, after two control bytes, which fold to a star. */
static bool is_celery_queue(const struct role_evidence *e, const struct role_pattern *p)
{
    size_t bytes = p->pattern_bytes, at = 0;
    const struct role_root *r;

    if (p->type != RDBP_TYPE_LIST)
        return false;
    if (role_root_find(e, p->db, ROOT_CELERY_QUEUE, p->pattern, bytes) != NULL)
        return true;
    if (bytes > 1 && p->pattern[bytes - 1] == '*' &&
        role_root_find(e, p->db, ROOT_CELERY_QUEUE, p->pattern, bytes - 1) != NULL)
        return true;
    if (!is_nearly_all(p->signature_keys[0], p->keys)) /* SIGNATURE_CELERY_MESSAGE */
        return false;
    while ((r = role_root_next(e, ROOT_CELERY, &at)) != NULL)
        if (r->db == p->db && (r->facts & FACT_CELERY_BINDING))
            return true;
    return false;
}

/* ---- systems known by values --------------------------------------------------------------- */

static bool has_signature(const struct role_pattern *p, unsigned signature)
{
    uint64_t keys = 0;

    for (unsigned i = 0; i < 8; i++)
        if (signature >> i & 1)
            keys += p->signature_keys[i]; /* these never stand together */
    return is_nearly_all(keys, p->keys);
}

/* The prefix <name>:<version>: of a Django cache with pickled values; compressed ones count when
 * another cache of this database is proven. */
static bool is_django(const struct role_evidence *e, const struct role_pattern *p)
{
    const struct role_root *r, *other;
    size_t bytes = 0, at = 0;
    unsigned colons = 0;

    while (bytes < p->pattern_bytes && colons < 2)
        colons += p->pattern[bytes++] == ':';
    if (colons < 2 || (r = role_root_find(e, p->db, ROOT_DJANGO, p->pattern, bytes)) == NULL)
        return false;
    if (r->facts & FACT_DJANGO_PICKLE)
        return has_signature(p, SIGNATURE_PICKLE | SIGNATURE_COMPRESSED | SIGNATURE_INTEGER);
    if (!has_signature(p, SIGNATURE_COMPRESSED | SIGNATURE_INTEGER))
        return false;
    while ((other = role_root_next(e, ROOT_DJANGO, &at)) != NULL)
        if (other->db == p->db && (other->facts & FACT_DJANGO_PICKLE))
            return true;
    return false;
}

static bool is_laravel_value(const struct role_evidence *e, const struct role_pattern *p)
{
    static const char *const names[] = {"_cache_:", "_cache:"};

    if (!has_signature(p, SIGNATURE_PHP | SIGNATURE_INTEGER))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const uint8_t *at = memmem(p->pattern, p->pattern_bytes, names[i], strlen(names[i]));
        const struct role_root *r = NULL;

        if (at != NULL)
            r = role_root_find(e, p->db, ROOT_LARAVEL_CACHE, p->pattern, (size_t)(at - p->pattern));
        if (r != NULL && (r->facts & FACT_LARAVEL_VALUE))
            return true;
    }
    return false;
}

static enum role role_by_values(const struct role_evidence *e, const struct role_pattern *p,
                                const char **ret_system, const char **ret_family)
{
    static const char session[] = ":django.contrib.sessions.";

    if (p->type != RDBP_TYPE_STRING)
        return ROLE_APP;
    if (has_signature(p, SIGNATURE_RAILS_ENTRY)) {
        *ret_system = "rails cache";
        *ret_family = "entry";
        return ROLE_CACHE;
    }
    if (has_signature(p, SIGNATURE_COOKIE_JSON)) {
        *ret_system = "express session";
        *ret_family = "session";
        return ROLE_SESSION;
    }
    if (is_django(e, p)) {
        const bool is_session =
            memmem(p->pattern, p->pattern_bytes, session, sizeof(session) - 1) != NULL;

        *ret_system = "django";
        *ret_family = is_session ? "session" : "entry";
        return is_session ? ROLE_SESSION : ROLE_CACHE;
    }
    if (is_laravel_value(e, p)) {
        *ret_system = "laravel";
        *ret_family = "entry";
        return ROLE_CACHE;
    }
    return ROLE_APP;
}

enum role role_of_pattern(const struct role_evidence *e, const struct sidekiq_result *sidekiq,
                          const struct role_pattern *p, const char **ret_system,
                          const char **ret_family)
{
    const char *family = NULL;
    enum role role = ROLE_APP;

    *ret_system = NULL;
    if (ret_family != NULL)
        *ret_family = NULL;
    if (p->pattern_bytes == 0 || p->keys == 0 || (unsigned)p->type > RDBP_TYPE_STREAM)
        return ROLE_APP;
    role = role_by_values(e, p, ret_system, &family);
    if (role == ROLE_APP && sidekiq != NULL && sidekiq->installation_count > 0) {
        role = role_in_sidekiq(e, sidekiq, p, &family);
        if (role != ROLE_APP)
            *ret_system = "sidekiq";
    }
    if (role == ROLE_APP)
        role = role_by_segments(e, p, ret_system, &family);
    if (role == ROLE_APP)
        role = role_by_name(e, p, ret_system, &family);
    if (role == ROLE_APP && is_celery_queue(e, p)) {
        *ret_system = "celery";
        family = "queue";
        role = ROLE_JOBS;
    }
    if (ret_family != NULL && role != ROLE_APP)
        *ret_family = family;
    return role;
}
