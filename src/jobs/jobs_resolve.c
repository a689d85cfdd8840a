/* jobs_resolve.c -- what was collected becomes systems, queues, states and classes.
 *
 * Whether a set belongs to a system is asked of the evidence that patterns are judged by, with the
 * set's own key: there is one place for that knowledge (pattern/role_rules.c).  Here is only how a
 * system's key names are read:
 *
 *     bull:mail:wait              prefix bull, queue mail, state wait     Bull, BullMQ, bee-queue
 *     resque:queue:low            prefix resque, queue low, state queue
 *     rq:failed:low               prefix rq, queue low, state failed
 *     app_database_queues:mail    prefix app_database_, queue mail, state queue
 *     asynq:{low}:retry           prefix asynq, queue low, state retry
 *     {hangfire}:queue:low        prefix {hangfire}, queue low, state queue
 *
 * Ids and jobs are sorted by the hash of the job's key, so that a job stands beside the places that
 * name it:
 *
 *     5e1f.. JOB welcome-mail    5e1f.. LOCK    5e1f.. MEMBER of bull:mail:active
 *     77a0.. JOB invoice-pdf                                               an orphan: nowhere
 *     91c2.. MEMBER of bull:mail:wait                                      an id without a job
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_tables.h"
#include "pattern/pattern.h"
#include "util/hash.h"
#include "util/text.h"

#define STATE_TEXT_BYTES 64

struct resolver {
    struct jobs_collector *c;
    const struct role_evidence *evidence;
    const struct sidekiq_result *sidekiq;
    struct hash_index queue_index, system_index;
    uint32_t *base_queues; /* of the orphans of a base; JOBS_NO_ITEM - 1: not looked for yet */
};

/* A name's parts, in the key. */
struct place {
    const char *system, *state;
    const char *prefix, *queue;
    size_t prefix_bytes, queue_bytes;
    bool is_index; /* names jobs that are counted elsewhere */
};

/* ---- what a key is ------------------------------------------------------------------------ */

static const char *system_of(const struct resolver *r, uint64_t db, enum rdbp_type type,
                             const char *key, size_t key_bytes, unsigned signature)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    struct role_pattern p = {
        .db = db, .pattern = pattern, .type = type, .keys = 1, .keys_without_ttl = 1};
    const char *system = NULL;

    p.pattern_bytes = pattern_fold((const uint8_t *)key, key_bytes, pattern);
    for (unsigned i = 0; i < 8; i++)
        p.signature_keys[i] = signature >> i & 1;
    role_of_pattern(r->evidence, r->sidekiq, &p, &system, NULL);
    return system;
}

static bool is_word(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Without the separator at its end. */
static void set_prefix(struct place *p, const char *key, size_t bytes)
{
    p->prefix = key;
    p->prefix_bytes = bytes > 0 && key[bytes - 1] == ':' ? bytes - 1 : bytes;
}

static bool place_node(struct place *p, const struct jobs_set *s)
{
    size_t end = s->base_bytes - 1, at = end;

    while (at > 0 && s->key[at - 1] != ':')
        at--;
    set_prefix(p, s->key, at);
    p->queue = s->key + at;
    p->queue_bytes = end - at;
    p->state = s->key + s->base_bytes;
    return true;
}

static bool place_resque(struct place *p, const struct jobs_set *s)
{
    const uint8_t *key = (const uint8_t *)s->key;
    size_t at;

    p->queue = "";
    if (s->shape == JOBS_SHAPE_RESQUE_DELAYED || s->shape == JOBS_SHAPE_TIMESTAMPS) {
        set_prefix(p, s->key, s->base_bytes);
        p->state = s->shape == JOBS_SHAPE_TIMESTAMPS ? "timestamps" : "delayed";
        return true;
    }
    if (jobs_ends_with(key, s->key_bytes, "failed") &&
        jobs_find_last(key, s->key_bytes, "queue:") == SIZE_MAX) {
        set_prefix(p, s->key, s->key_bytes - 6);
        p->state = "failed";
        return true;
    }
    at = jobs_find_last(key, s->key_bytes, "queue:");
    if (at == SIZE_MAX)
        return false;
    set_prefix(p, s->key, at);
    p->queue = s->key + at + 6;
    p->queue_bytes = s->key_bytes - at - 6;
    p->state = "queue";
    return true;
}

/* mail\x06\x163 is mail's list of priority 3. */
static bool place_celery(struct place *p, const struct jobs_set *s)
{
    const char *mark = memmem(s->key, s->key_bytes, "\x06\x16", 2);

    p->queue = s->key;
    p->queue_bytes = s->key_bytes;
    p->prefix = "";
    switch (s->shape) {
    case JOBS_SHAPE_UNACKED:
    case JOBS_SHAPE_UNACKED_INDEX:
        set_prefix(p, s->key, s->base_bytes);
        p->queue_bytes = 0;
        p->state = "unacked";
        p->is_index = s->shape == JOBS_SHAPE_UNACKED_INDEX;
        return true;
    case JOBS_SHAPE_RESULT:
        set_prefix(p, s->key, s->base_bytes);
        p->queue_bytes = 0;
        p->state = s->label;
        return true;
    case JOBS_SHAPE_REPLIES: p->state = "replies"; return true;
    case JOBS_SHAPE_JSON:
        p->state = "queue";
        if (mark == NULL)
            return true;
        p->queue_bytes = (size_t)(mark - s->key);
        p->state = mark + 2; /* the priority, for now */
        return true;
    default: return false;
    }
}

static bool place_rq(struct place *p, const struct jobs_set *s)
{
    const char *colon = memchr(s->key + 3, ':', s->key_bytes - 3);

    if (s->shape != JOBS_SHAPE_RQ_IDS || colon == NULL)
        return false;
    p->prefix = "rq";
    p->prefix_bytes = 2;
    p->queue = colon + 1;
    p->queue_bytes = s->key_bytes - (size_t)(p->queue - s->key);
    switch (s->key[3]) {
    case 'q': p->state = "queue"; break;
    case 'w': p->state = "started"; break;
    case 'f': p->state = s->key[4] == 'a' ? "failed" : "finished"; break;
    case 'd': p->state = "deferred"; break;
    case 's': p->state = "scheduled"; break;
    default: p->state = "canceled"; break;
    }
    if (s->type == RDBP_TYPE_LIST &&
        jobs_ends_with((const uint8_t *)p->queue, p->queue_bytes, ":intermediate")) {
        p->queue_bytes -= sizeof(":intermediate") - 1;
        p->state = "intermediate";
    }
    return true;
}

static bool place_laravel(struct place *p, const struct jobs_set *s)
{
    const size_t at = jobs_find_last((const uint8_t *)s->key, s->key_bytes, "queues:");
    const size_t end = s->shape == JOBS_SHAPE_IDS ? s->base_bytes - 1 : s->key_bytes;

    p->queue = "";
    if (s->shape == JOBS_SHAPE_TAG_ENTRIES) {
        set_prefix(p, s->key, s->base_bytes);
        p->queue = s->key + s->base_bytes + 4;
        p->queue_bytes = s->key_bytes - s->base_bytes - 4 - (sizeof(":entries") - 1);
        p->state = "tag entries";
        return true;
    }
    if (s->shape == JOBS_SHAPE_HORIZON) {
        size_t name = s->key_bytes;

        while (name > 0 && s->key[name - 1] != ':')
            name--;
        set_prefix(p, s->key, name);
        p->state = s->key + name;
        return true;
    }
    if ((s->shape != JOBS_SHAPE_JSON && s->shape != JOBS_SHAPE_IDS) || at == SIZE_MAX ||
        at + 7 > end)
        return false;
    set_prefix(p, s->key, at);
    p->queue = s->key + at + 7;
    p->queue_bytes = end - at - 7;
    p->state = s->shape == JOBS_SHAPE_IDS ? s->key + s->base_bytes : "queue";
    return true;
}

static bool place_asynq(struct place *p, const struct jobs_set *s)
{
    static const char head[] = "asynq:{", tail[] = "}:";
    const char *rest = s->key + s->base_bytes;

    set_prefix(p, s->key, sizeof("asynq:") - 1);
    p->queue = s->key + sizeof(head) - 1;
    p->queue_bytes = s->base_bytes - (sizeof(head) - 1) - (sizeof(tail) - 1);
    p->state = rest;
    if (strncmp(rest, "g:", 2) == 0) {
        p->state = "aggregating";
    } else if (strcmp(rest, "lease") == 0) {
        p->state = "active";
        p->is_index = true;
    }
    return true;
}

/* What ends in .DQ and .XQ are the queue's delayed and dead messages. */
static bool place_dramatiq(struct place *p, const struct jobs_set *s)
{
    const uint8_t *queue;

    set_prefix(p, s->key, s->base_bytes);
    p->queue = s->key + s->base_bytes;
    p->queue_bytes = s->key_bytes - s->base_bytes;
    p->state = "queue";
    if (s->type == RDBP_TYPE_SET) { /* __acks__.<worker>.<queue> */
        const size_t skipped = sizeof("__acks__.") + JOBS_UUID_BYTES;

        if (p->queue_bytes <= skipped)
            return false;
        p->queue += skipped;
        p->queue_bytes -= skipped;
        p->state = "unacked";
    }
    queue = (const uint8_t *)p->queue;
    if (jobs_ends_with(queue, p->queue_bytes, ".DQ")) {
        p->state = s->type == RDBP_TYPE_SET ? p->state : "delayed";
        p->queue_bytes -= 3;
    } else if (jobs_ends_with(queue, p->queue_bytes, ".XQ")) {
        p->state = "dead";
        p->queue_bytes -= 3;
    }
    return true;
}

static bool place_faktory(struct place *p, const struct jobs_set *s)
{
    p->prefix = "";
    p->queue = s->key + s->base_bytes;
    p->queue_bytes = s->base_bytes > 0 ? s->key_bytes - s->base_bytes : 0;
    p->state = s->base_bytes > 0 ? "queue" : s->key;
    return true;
}

static bool place_hangfire(struct place *p, const struct jobs_set *s)
{
    static const char queue[] = "queue:", fetched[] = ":dequeued";
    const uint8_t *const rest = (const uint8_t *)s->key + s->base_bytes;
    const size_t bytes = s->key_bytes - s->base_bytes;

    set_prefix(p, s->key, s->base_bytes);
    p->queue = "";
    p->state = s->key + s->base_bytes;
    if (s->type != RDBP_TYPE_LIST || !jobs_begins_with(rest, bytes, queue))
        return true;
    p->queue = p->state + sizeof(queue) - 1;
    p->queue_bytes = bytes - (sizeof(queue) - 1);
    p->state = "queue";
    if (jobs_ends_with(rest, bytes, fetched)) {
        p->queue_bytes -= sizeof(fetched) - 1;
        p->state = "fetched";
    }
    return true;
}

static bool find_place(const struct resolver *r, const struct jobs_set *s, struct place *p)
{
    *p = (struct place){.prefix = "", .queue = ""};
    if (s->is_foreign)
        return false;
    p->system = system_of(r, s->db, s->type, s->key, s->key_bytes, s->signature);
    if (is_word(p->system, "bull") || is_word(p->system, "bullmq") ||
        is_word(p->system, "bee-queue"))
        return s->shape == JOBS_SHAPE_IDS && place_node(p, s);
    if (is_word(p->system, "resque"))
        return place_resque(p, s);
    if (is_word(p->system, "celery"))
        return place_celery(p, s);
    if (is_word(p->system, "rq"))
        return place_rq(p, s);
    if (is_word(p->system, "laravel"))
        return place_laravel(p, s);
    if (is_word(p->system, "asynq"))
        return s->shape == JOBS_SHAPE_ASYNQ_IDS && place_asynq(p, s);
    if (is_word(p->system, "dramatiq"))
        return s->shape == JOBS_SHAPE_DRAMATIQ_IDS && place_dramatiq(p, s);
    if (is_word(p->system, "faktory"))
        return s->shape == JOBS_SHAPE_FAKTORY && place_faktory(p, s);
    if (is_word(p->system, "hangfire"))
        return (s->shape == JOBS_SHAPE_IDS || s->shape == JOBS_SHAPE_HANGFIRE_IDS) &&
               place_hangfire(p, s);
    if (is_word(p->system, "spring session") && s->shape == JOBS_SHAPE_SPRING_INDEX) {
        set_prefix(p, s->key, s->base_bytes);
        p->state = "principal index";
        return true;
    }
    return false;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* NULL: out of memory, or the limit was reached. */
static const char *escape(struct resolver *r, const char *bytes, size_t size_bytes)
{
    const size_t n = text_escaped_bytes((const uint8_t *)bytes, size_bytes);
    char *out = arena_alloc(&r->c->result_arena, n + 1);

    if (out == NULL) {
        if (arena_is_full(&r->c->result_arena, n + 1))
            r->c->ignored++;
        else
            r->c->is_out_of_memory = true;
        return NULL;
    }
    text_escape((const uint8_t *)bytes, size_bytes, out);
    out[n] = '\0';
    return out;
}

/* The state's name, in the key or in text. */
static const char *state_text(const struct jobs_set *s, const struct place *p,
                              char text[STATE_TEXT_BYTES])
{
    static const char head[] = "queue, priority ";
    const size_t at = sizeof(head) - 1;
    size_t n;

    if (s == NULL || s->shape != JOBS_SHAPE_JSON || !is_word(p->system, "celery") ||
        p->queue_bytes == s->key_bytes)
        return s != NULL && s->shape == JOBS_SHAPE_RESULT && p->state[0] == '\0' ? "result"
                                                                                 : p->state;
    n = strlen(p->state);
    if (n > STATE_TEXT_BYTES - at - 1)
        n = STATE_TEXT_BYTES - at - 1;
    memcpy(text, head, at);
    memcpy(text + at, p->state, n);
    text[at + n] = '\0';
    return text;
}

/* The texts of a new row.  False: out of memory, or the limit was reached. */
static bool set_texts(struct resolver *r, struct jobs_queue *q, const struct place *p,
                      const char *state)
{
    q->prefix = escape(r, p->prefix, p->prefix_bytes);
    q->queue = q->prefix != NULL ? escape(r, p->queue, p->queue_bytes) : NULL;
    q->state = q->queue != NULL ? escape(r, state, strlen(state)) : NULL;
    return q->state != NULL;
}

/* The row of a place, made when it is not there yet.  JOBS_NO_ITEM: out of memory. */
static uint32_t queue_get(struct resolver *r, uint64_t db, const struct place *p,
                          const struct jobs_set *s)
{
    struct jobs_collector *c = r->c;
    struct jobs_queue q = {.db = db,
                           .system = p->system,
                           .oldest_at = ROW_NULL,
                           .newest_at = ROW_NULL,
                           .first_due_at = ROW_NULL};
    char text[STATE_TEXT_BYTES];
    const char *const state = state_text(s, p, text);
    uint64_t hash = hash_bytes(q.system, strlen(q.system), hash_seed() ^ db);
    size_t cursor = 0;
    uint32_t i;

    hash = hash_bytes(p->prefix, p->prefix_bytes, hash);
    hash = hash_bytes(p->queue, p->queue_bytes, hash);
    hash = hash_bytes(state, strlen(state), hash);
    i = hash_index_next(&r->queue_index, hash, &cursor);
    if (i != JOBS_NO_ITEM)
        return i;
    if (!set_texts(r, &q, p, state) || !JOBS_RESERVE(c, c->queues))
        return JOBS_NO_ITEM;
    if (hash_index_add(&r->queue_index, hash, (uint32_t)c->queues.count) < 0) {
        c->is_out_of_memory = true;
        return JOBS_NO_ITEM;
    }
    c->queues.items[c->queues.count] = q;
    return (uint32_t)c->queues.count++;
}

static void add_set(struct resolver *r, struct jobs_set *s)
{
    struct place p;
    struct jobs_queue *q;

    s->queue = JOBS_NO_ITEM;
    if (s->jobs == 0 || !find_place(r, s, &p))
        return;
    s->queue = queue_get(r, s->db, &p, s);
    if (s->queue == JOBS_NO_ITEM)
        return;
    q = &r->c->queues.items[s->queue];
    if (!p.is_index)
        q->jobs += s->jobs;
    q->bytes += s->bytes;
    q->overdue += s->overdue;
    q->oldest_at = jobs_earlier(q->oldest_at, s->oldest_at);
    q->newest_at = jobs_later(q->newest_at, s->newest_at);
    q->first_due_at = jobs_earlier(q->first_due_at, s->first_due_at);
    if (s->shape == JOBS_SHAPE_RESULT)
        q->without_ttl += s->without_ttl;
    if (q->key == NULL) {
        q->key = (const uint8_t *)s->key;
        q->key_bytes = s->key_bytes;
        q->type = s->type;
    }
}

/* ---- ids and jobs ------------------------------------------------------------------------- */

/* A job that ended well has no error, though it may have failed before. */
static uint32_t names_in_state(struct jobs_collector *c, uint32_t names, const char *state)
{
    const struct jobs_names n = c->names.items[names];

    if (n.error_bytes == 0 || (strcmp(state, "completed") != 0 && strcmp(state, "succeeded") != 0 &&
                               strcmp(state, "finished") != 0))
        return names;
    return jobs_names_get(c, n.class_, n.class_bytes, "", 0);
}

static int64_t made_at(const struct jobs_id *job)
{
    return job->made_at_s == 0 ? ROW_NULL : (int64_t)job->made_at_s * 1000;
}

/* A failed job of Hangfire's has its error in a key of its own. */
static uint32_t names_with_error(struct jobs_collector *c, uint32_t job, uint32_t state)
{
    const struct jobs_names names = c->names.items[job], error = c->names.items[state];

    return jobs_names_get(c, names.class_, names.class_bytes, error.error, error.error_bytes);
}

/* What was noted of one job's key. */
struct job_notes {
    const struct jobs_id *job, *state, *zset; /* NULL: not there */
    bool has_lock, has_member;
};

static void join_member(struct resolver *r, uint32_t set, const struct job_notes *notes)
{
    const struct jobs_id *const job = notes->job;
    uint32_t names;
    struct jobs_collector *c = r->c;
    struct jobs_set *s = &c->sets.items[set];
    struct jobs_queue *q;

    if (s->queue == JOBS_NO_ITEM)
        return;
    q = &c->queues.items[s->queue];
    if (strcmp(q->state, "active") == 0 && strncmp(q->system, "bull", 4) == 0 && !notes->has_lock &&
        !c->are_locks_cut)
        q->without_lock++;
    if (job == NULL) {
        s->missing++;
        return;
    }
    s->joined++;
    q->bytes += job->bytes;
    q->without_ttl += job->is_without_ttl;
    if (s->shape == JOBS_SHAPE_TIMESTAMPS || s->shape == JOBS_SHAPE_SPRING_INDEX)
        return;
    if (s->oldest_at == ROW_NULL) { /* completed and failed ones have the time they ended */
        q->oldest_at = jobs_earlier(q->oldest_at, made_at(job));
        q->newest_at = jobs_later(q->newest_at, made_at(job));
    }
    names = notes->state != NULL && strcmp(q->state, "failed") == 0
                ? names_with_error(c, job->item, notes->state->item)
                : names_in_state(c, job->item, q->state);
    jobs_tally_add(c, set, names, job->bytes, made_at(job));
}

/* A sorted set that Horizon's set of monitored tags names. */
static void join_tag(struct resolver *r, const struct jobs_set *monitoring, struct jobs_set *tag)
{
    struct place p = {.queue = tag->key + monitoring->base_bytes,
                      .queue_bytes = tag->key_bytes - monitoring->base_bytes,
                      .state = "monitored tag"};
    struct jobs_queue *q;

    if (tag->queue != JOBS_NO_ITEM || monitoring->shape != JOBS_SHAPE_MONITORING)
        return;
    p.system =
        system_of(r, monitoring->db, monitoring->type, monitoring->key, monitoring->key_bytes, 0);
    if (!is_word(p.system, "laravel"))
        return;
    set_prefix(&p, tag->key, monitoring->base_bytes);
    tag->queue = queue_get(r, tag->db, &p, NULL);
    if (tag->queue == JOBS_NO_ITEM)
        return;
    q = &r->c->queues.items[tag->queue];
    q->jobs = tag->jobs;
    q->bytes = tag->bytes;
    q->key = (const uint8_t *)tag->key;
    q->key_bytes = tag->key_bytes;
    q->type = tag->type;
}

/* Whose a base is, by a key that its system has beside the jobs: its place is then p. */
static bool place_orphans(const struct resolver *r, const struct jobs_base *b, char *key,
                          struct place *p)
{
    struct jobs_set s = {.db = b->db,
                         .shape = JOBS_SHAPE_IDS,
                         .type = RDBP_TYPE_LIST,
                         .key = key,
                         .key_bytes = b->size_bytes,
                         .base_bytes = b->size_bytes};
    const uint8_t *const base = (const uint8_t *)b->bytes;

    memcpy(key, b->bytes, b->size_bytes);
    if (jobs_begins_with(base, b->size_bytes, "dramatiq:")) {
        p->system = system_of(r, b->db, RDBP_TYPE_LIST, key, b->size_bytes, 0);
        s.base_bytes = sizeof("dramatiq:") - 1;
        return is_word(p->system, "dramatiq") && place_dramatiq(p, &s);
    }
    memcpy(key + b->size_bytes, "active", 7);
    p->system = system_of(r, b->db, RDBP_TYPE_LIST, key, b->size_bytes + 6, 0);
    if (is_word(p->system, "asynq"))
        return place_asynq(p, &s);
    if (is_word(p->system, "bull") || is_word(p->system, "bullmq") ||
        is_word(p->system, "bee-queue"))
        return place_node(p, &s);
    memcpy(key + b->size_bytes, "servers", 8);
    p->system = system_of(r, b->db, RDBP_TYPE_SET, key, b->size_bytes + 7, 0);
    return is_word(p->system, "hangfire") && place_hangfire(p, &s);
}

/* The row for jobs of a base that nothing names. */
static uint32_t orphan_row(struct resolver *r, uint32_t base)
{
    const struct jobs_base *b = &r->c->bases.items[base];
    char key[JOBS_MAX_KEY_BYTES + 8];
    struct place p = {.prefix = "rq", .prefix_bytes = 2, .queue = "", .system = "rq"};
    uint32_t row;

    if (b->size_bytes == 3 && memcmp(b->bytes, "rq:", 3) == 0) {
        if (!is_word(system_of(r, b->db, RDBP_TYPE_LIST, "rq:queue:default", 16, 0), "rq"))
            return JOBS_NO_ITEM;
    } else if (!place_orphans(r, b, key, &p)) {
        return JOBS_NO_ITEM;
    }
    p.state = "orphan";
    row = queue_get(r, b->db, &p, NULL);
    if (row != JOBS_NO_ITEM && r->c->queues.items[row].key == NULL) {
        r->c->queues.items[row].key = (const uint8_t *)b->bytes;
        r->c->queues.items[row].key_bytes = b->size_bytes;
        r->c->queues.items[row].type = RDBP_TYPE_HASH;
    }
    return row;
}

static void add_orphan(struct resolver *r, const struct jobs_id *job)
{
    struct jobs_queue *q;
    uint32_t *row;

    if (job->base >= r->c->bases.count)
        return;
    row = &r->base_queues[job->base];
    if (*row == JOBS_NO_ITEM - 1)
        *row = orphan_row(r, job->base);
    if (*row == JOBS_NO_ITEM)
        return;
    q = &r->c->queues.items[*row];
    q->jobs++;
    q->bytes += job->bytes;
    q->without_ttl += job->is_without_ttl;
    q->oldest_at = jobs_earlier(q->oldest_at, made_at(job));
    q->newest_at = jobs_later(q->newest_at, made_at(job));
}

static void join_job(struct resolver *r, const struct jobs_id *ids, size_t count)
{
    struct job_notes notes = {0};

    for (size_t i = count; i > 0; i--) {
        switch ((enum jobs_id_kind)ids[i - 1].kind) {
        case JOBS_ID_JOB: notes.job = &ids[i - 1]; break;
        case JOBS_ID_LOCK: notes.has_lock = true; break;
        case JOBS_ID_STATE: notes.state = &ids[i - 1]; break;
        case JOBS_ID_ZSET: notes.zset = &ids[i - 1]; break;
        default: break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (ids[i].kind != JOBS_ID_MEMBER)
            continue;
        notes.has_member = true;
        join_member(r, ids[i].item, &notes);
        if (notes.zset != NULL)
            join_tag(r, &r->c->sets.items[ids[i].item], &r->c->sets.items[notes.zset->item]);
    }
    /* When ids were left out, the one that names it may be among them. */
    if (notes.job != NULL && !notes.has_member && !r->c->are_members_cut)
        add_orphan(r, notes.job);
}

static bool has_job_keys(const struct jobs_set *s)
{
    return s->joined + s->missing > 0;
}

static bool is_same_job(const struct jobs_id *a, const struct jobs_id *b)
{
    return a->hash_low == b->hash_low && a->hash_high == b->hash_high;
}

static void join(struct resolver *r)
{
    struct jobs_collector *c = r->c;

    jobs_sort_ids(c->ids.items, c->ids.count);
    for (size_t i = 0, next; i < c->ids.count; i = next) {
        for (next = i + 1;
             next < c->ids.count && is_same_job(&c->ids.items[next], &c->ids.items[i]); next++)
            ;
        join_job(r, &c->ids.items[i], next - i);
    }
    for (size_t i = 0; i < c->sets.count; i++) {
        struct jobs_set *s = &c->sets.items[i];

        if (s->queue == JOBS_NO_ITEM || (!has_job_keys(s) && s->left_out == 0))
            continue;
        if (c->are_jobs_cut || s->left_out > 0)
            c->queues.items[s->queue].without_class += s->missing + s->left_out;
        else
            c->queues.items[s->queue].missing += s->missing;
    }
    free(c->ids.items); /* the most of all, and of no more use */
    c->ids.items = NULL;
    c->ids.count = c->ids.cap = 0;
}

/* ---- the result --------------------------------------------------------------------------- */

/* A name is told in many states; its text is there once.  When there is no more room for texts, it
 * is told with the others. */
static void name_class(struct resolver *r, uint32_t names, struct jobs_class *texts,
                       struct jobs_class *out)
{
    const struct jobs_names *n = &r->c->names.items[names];
    struct jobs_class *t = &texts[names];

    if (t->class_ == NULL) {
        t->class_ = escape(r, n->class_, n->class_bytes);
        t->error_class = escape(r, n->error, n->error_bytes);
        if (t->class_ == NULL || t->error_class == NULL)
            *t = (struct jobs_class){.class_ = "(other)", .error_class = ""};
    }
    out->class_ = t->class_;
    out->error_class = t->error_class;
}

static void add_classes(struct resolver *r)
{
    struct jobs_collector *c = r->c;
    struct jobs_class *texts = calloc(c->names.count + 1, sizeof(*texts));

    if (texts == NULL) {
        c->is_out_of_memory = true;
        return;
    }

    for (size_t i = 0; i < c->tallies.count && !c->is_out_of_memory; i++) {
        const struct jobs_tally *t = &c->tallies.items[i];
        const struct jobs_set *s = &c->sets.items[t->set];
        struct jobs_class *out;

        if (s->queue == JOBS_NO_ITEM || !JOBS_RESERVE(c, c->classes))
            continue;
        out = &c->classes.items[c->classes.count++];
        *out = (struct jobs_class){.queue = &c->queues.items[s->queue],
                                   .jobs = t->jobs,
                                   .bytes = t->bytes,
                                   .oldest_at = t->oldest_at,
                                   .newest_at = t->newest_at};
        name_class(r, t->names, texts, out);
    }
    free(texts);
}

static struct jobs_system *system_get(struct resolver *r, uint64_t db, const char *system,
                                      const char *prefix)
{
    struct jobs_collector *c = r->c;
    const uint64_t hash =
        hash_bytes(prefix, strlen(prefix), hash_bytes(system, strlen(system), hash_seed() ^ db));
    size_t cursor = 0;
    const uint32_t i = hash_index_next(&r->system_index, hash, &cursor);

    if (i != JOBS_NO_ITEM)
        return &c->systems.items[i];
    if (!JOBS_RESERVE(c, c->systems))
        return NULL;
    if (hash_index_add(&r->system_index, hash, (uint32_t)c->systems.count) < 0) {
        c->is_out_of_memory = true;
        return NULL;
    }
    c->systems.items[c->systems.count] =
        (struct jobs_system){.db = db, .system = system, .prefix = prefix, .version = ""};
    return &c->systems.items[c->systems.count++];
}

/* Of Bull's queues their meta tells the version, and that a queue is paused. */
static void add_meta(struct resolver *r, const struct jobs_base *b)
{
    struct jobs_set s = {.db = b->db, .base_bytes = b->size_bytes};
    char key[JOBS_MAX_KEY_BYTES + 8];
    struct place p = {0};
    const char *prefix;
    struct jobs_system *system;

    if (b->version[0] == '\0')
        return;
    memcpy(key, b->bytes, b->size_bytes);
    memcpy(key + b->size_bytes, "meta", 4);
    p.system = system_of(r, b->db, RDBP_TYPE_HASH, key, b->size_bytes + 4, 0);
    if (!is_word(p.system, "bull") && !is_word(p.system, "bullmq"))
        return;
    s.key = key;
    place_node(&p, &s);
    prefix = escape(r, p.prefix, p.prefix_bytes);
    system = prefix == NULL ? NULL : system_get(r, b->db, p.system, prefix);
    if (system == NULL)
        return;
    if (strcmp(b->version, system->version) > 0)
        system->version = b->version;
}

/* Of the sets' base: all states of a paused queue are.  A list of Faktory's is its own. */
static void mark_paused(struct jobs_collector *c)
{
    for (size_t i = 0; i < c->sets.count; i++) {
        const struct jobs_set *s = &c->sets.items[i];
        const bool is_faktory = s->shape == JOBS_SHAPE_FAKTORY;
        uint32_t base;

        if (s->queue == JOBS_NO_ITEM ||
            (s->shape != JOBS_SHAPE_IDS && s->shape != JOBS_SHAPE_ASYNQ_IDS && !is_faktory))
            continue;
        base = jobs_base_find(c, s->db, (const uint8_t *)s->key,
                              is_faktory ? s->key_bytes : s->base_bytes);
        if (base != JOBS_NO_ITEM && c->bases.items[base].is_paused)
            c->queues.items[s->queue].is_paused = true;
    }
}

static void add_systems(struct resolver *r)
{
    struct jobs_collector *c = r->c;

    for (size_t i = 0; i < c->queues.count; i++)
        if (!system_get(r, c->queues.items[i].db, c->queues.items[i].system,
                        c->queues.items[i].prefix))
            return;
    for (size_t i = 0; i < c->bases.count && !c->is_out_of_memory; i++)
        add_meta(r, &c->bases.items[i]);
    mark_paused(c);
}

const struct jobs_result *jobs_resolve(struct jobs_collector *c, const struct role_evidence *e,
                                       const struct sidekiq_result *sidekiq)
{
    struct resolver r = {.c = c, .evidence = e, .sidekiq = sidekiq};

    if (c->is_out_of_memory)
        return NULL;
    r.base_queues = malloc((c->bases.count + 1) * sizeof(*r.base_queues));
    if (r.base_queues == NULL)
        return NULL;
    for (size_t i = 0; i < c->bases.count; i++)
        r.base_queues[i] = JOBS_NO_ITEM - 1;
    for (size_t i = 0; i < c->sets.count; i++)
        add_set(&r, &c->sets.items[i]);
    join(&r);
    add_classes(&r);
    add_systems(&r);
    free(r.base_queues);
    hash_index_clear(&r.queue_index);
    hash_index_clear(&r.system_index);
    if (c->queues.count == 0 && c->bases.count == 0)
        c->ignored = 0; /* of an application's keys, of which nothing is said anyway */
    c->result = (struct jobs_result){c->systems.items, c->systems.count, c->queues.items,
                                     c->queues.count,  c->classes.items, c->classes.count};
    return c->is_out_of_memory ? NULL : &c->result;
}
