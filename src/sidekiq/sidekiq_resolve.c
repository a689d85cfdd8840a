/* sidekiq_resolve.c -- from what the collector remembers to installations, sets, jobs and counters.
 *
 * A (db, prefix) is an installation when one of these holds:
 *
 *     stat:processed is a string of digits, and nothing says Resque
 *     `queues` is a set, and a queue it names holds jobs (JSON objects with class and jid)
 *     `processes` is a set with a member of the form host:pid:nonce
 *     `retry`, `schedule` or `dead` is a zset that holds jobs
 *
 * Resque writes queues, queue:* and stat:processed too: its prefix ends with `resque:`, its
 * `failed` is a list, its items have no jid.  Everything else that was collected and belongs to no
 * installation is left out: other systems have lists named queue:x and zsets named retry.
 *
 * A queue's key may be split in several places, because namespaces and queue names may both hold
 * colons. The last split wins whose prefix is an installation that has the name in `queues`; else
 * the last whose prefix is an installation.
 *
 * The version is told by the best witness there is; see version_of().
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sidekiq/job_time.h"
#include "sidekiq/sidekiq_tables.h"
#include "util/text.h"

const char *sidekiq_measure_name(enum sidekiq_measure m)
{
    return m == SIDEKIQ_ATTEMPTS ? "attempts" : "due";
}

const char *sidekiq_kind_name(enum sidekiq_kind k)
{
    static const char *const names[] = {"queue", "schedule", "retry", "dead"};

    return names[k];
}

void sidekiq_result_clear(struct sidekiq_collector *c)
{
    /* The arrays are the collector's own; const is for the reader. */
    free((void *)c->result.installations);
    free((void *)c->result.sets);
    free((void *)c->result.jobs);
    free((void *)c->result.stats);
    free((void *)c->result.buckets);
    free((void *)c->result.processes);
    free((void *)c->result.threads);
    free((void *)c->result.metrics);
    free((void *)c->result.links);
    c->result = (struct sidekiq_result){0};
    arena_clear(&c->result_arena);
}

/* The escaped form of a name that the collector keeps NUL-terminated: itself where possible. */
const char *escaped_name(struct sidekiq_collector *c, const char *name, size_t name_bytes,
                         bool is_terminated)
{
    const uint8_t *bytes = (const uint8_t *)name;
    const size_t need = text_escaped_bytes(bytes, name_bytes);
    char *out;

    if (need == name_bytes && is_terminated)
        return name;
    out = arena_alloc(&c->result_arena, need + 1);
    if (!out) {
        c->is_out_of_memory = true;
        return "";
    }
    text_escape(bytes, name_bytes, out);
    out[need] = '\0';
    return out;
}

/* ---- installations ------------------------------------------------------------------------ */

static size_t zset_prefix_bytes(const struct job_set *s)
{
    return s->key_bytes - strlen(sidekiq_kind_name(s->kind));
}

/* Flags from the processes that a root's `processes` names. */
static void look_at_processes(struct sidekiq_collector *c, struct root *r)
{
    uint8_t key[2 * MAX_KEY_BYTES];

    for (uint32_t i = r->first_member; i != NO_ITEM; i = c->members.items[i].next) {
        const struct member *m = &c->members.items[i];
        const struct process *p;

        if (m->set != KEY_SHAPE_PROCESSES || m->is_void ||
            !is_identity((const uint8_t *)m->name, m->name_bytes))
            continue;
        r->flags |= ROOT_IDENTITY;
        memcpy(key, r->prefix, r->prefix_bytes);
        memcpy(key + r->prefix_bytes, m->name, m->name_bytes);
        p = process_find(c, r->db, key, r->prefix_bytes + m->name_bytes);
        if (p && p->has_work)
            r->flags |= ROOT_WORK;
        if (p && p->has_workers)
            r->flags |= ROOT_WORKERS;
    }
}

/* A queue's list: evidence for every root it could belong to. */
static void look_at_queue(struct sidekiq_collector *c, const struct job_set *s)
{
    const uint8_t *key = (const uint8_t *)s->key;
    size_t at = s->key_bytes;

    while ((at = queue_split_before(key, s->key_bytes, at)) != SIZE_MAX) {
        const size_t name_at = at + QUEUE_PREFIX_BYTES;
        const uint32_t root = root_find(c, s->db, key, at);

        if (root == NO_ITEM)
            continue;
        if (s->has_resque_items)
            c->roots.items[root].flags |= ROOT_RESQUE_ITEMS;
        if (s->is_proven && member_find(c, root, KEY_SHAPE_QUEUES, key + name_at,
                                        s->key_bytes - name_at) != NO_ITEM)
            c->roots.items[root].flags |= ROOT_QUEUE_JOBS;
    }
}

static bool is_resque(const struct root *r)
{
    static const char suffix[] = "resque:";
    const size_t n = sizeof(suffix) - 1;

    return (r->flags & (ROOT_FAILED_LIST | ROOT_RESQUE_ITEMS)) != 0 ||
           (r->prefix_bytes >= n && memcmp(r->prefix + r->prefix_bytes - n, suffix, n) == 0);
}

static void find_installations(struct sidekiq_collector *c)
{
    static const unsigned job_flags[] = {0, ROOT_SCHEDULE_JOBS, ROOT_RETRY_JOBS, ROOT_DEAD_JOBS};
    const unsigned proof =
        ROOT_QUEUE_JOBS | ROOT_IDENTITY | ROOT_SCHEDULE_JOBS | ROOT_RETRY_JOBS | ROOT_DEAD_JOBS;

    for (size_t i = 0; i < c->sets.count; i++) {
        const struct job_set *s = &c->sets.items[i];

        if (s->is_damaged)
            continue;
        if (s->kind == SIDEKIQ_QUEUE) {
            look_at_queue(c, s);
        } else if (s->is_proven) {
            const uint32_t root =
                root_find(c, s->db, (const uint8_t *)s->key, zset_prefix_bytes(s));

            if (root != NO_ITEM)
                c->roots.items[root].flags |= job_flags[s->kind];
        }
    }
    for (size_t i = 0; i < c->roots.count; i++) {
        struct root *r = &c->roots.items[i];

        look_at_processes(c, r);
        if ((r->flags & proof) != 0 || ((r->flags & ROOT_STAT_PROCESSED) != 0 && !is_resque(r)))
            r->flags |= ROOT_INSTALLED;
        if ((r->flags & ROOT_INSTALLED) != 0)
            r->namespace_ =
                r->prefix_bytes == 0 ? "" : escaped_name(c, r->prefix, r->prefix_bytes - 1, false);
    }
}

/* ---- sets --------------------------------------------------------------------------------- */

/* Which installation a list belongs to; NO_ITEM: none. */
static uint32_t root_of_queue(struct sidekiq_collector *c, struct job_set *s)
{
    const uint8_t *key = (const uint8_t *)s->key;
    uint32_t best = NO_ITEM;
    size_t at = s->key_bytes;

    while ((at = queue_split_before(key, s->key_bytes, at)) != SIZE_MAX) {
        const size_t name_at = at + QUEUE_PREFIX_BYTES;
        const uint32_t root = root_find(c, s->db, key, at);
        uint32_t member;

        if (root == NO_ITEM || (c->roots.items[root].flags & ROOT_INSTALLED) == 0)
            continue;
        member = member_find(c, root, KEY_SHAPE_QUEUES, key + name_at, s->key_bytes - name_at);
        if (member != NO_ITEM) {
            c->members.items[member].has_key = true;
            s->is_registered = true;
            s->name_at = name_at;
            return root;
        }
        if (best == NO_ITEM) {
            best = root;
            s->name_at = name_at;
        }
    }
    return best;
}

/* Gives every set its root, and the roots what their jobs' times tell. */
static size_t assign_sets(struct sidekiq_collector *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->sets.count; i++) {
        struct job_set *s = &c->sets.items[i];
        uint32_t root = NO_ITEM;

        s->root = NO_ITEM;
        s->is_registered = false;
        if (!s->key)
            continue;
        if (s->kind == SIDEKIQ_QUEUE) {
            root = root_of_queue(c, s);
        } else {
            s->name_at = zset_prefix_bytes(s);
            root = root_find(c, s->db, (const uint8_t *)s->key, s->name_at);
            if (root != NO_ITEM && (c->roots.items[root].flags & ROOT_INSTALLED) == 0)
                root = NO_ITEM;
        }
        if (root == NO_ITEM || s->is_damaged)
            continue;
        s->root = root;
        c->roots.items[root].flags |=
            (s->has_ms_times ? ROOT_MS_TIMES : 0u) | (s->has_s_times ? ROOT_S_TIMES : 0u);
        count++;
    }
    return count;
}

static const char *set_name(struct sidekiq_collector *c, const struct job_set *s)
{
    return escaped_name(c, s->key + s->name_at, s->key_bytes - s->name_at, true);
}

static bool is_private_name(const char *name)
{
    return strncmp(name, "sq|", 3) == 0 || strncmp(name, "sq_", 3) == 0;
}

static struct sidekiq_set result_set(struct sidekiq_collector *c, const struct job_set *s,
                                     int64_t now_ms)
{
    struct sidekiq_set out = {
        .db = s->db,
        .namespace_ = c->roots.items[s->root].namespace_,
        .name = set_name(c, s),
        .kind = s->kind,
        .key = (const uint8_t *)s->key,
        .key_bytes = s->key_bytes,
        .jobs = s->jobs,
        .bytes = s->bytes,
        .payload_bytes = s->payload_bytes,
        .oldest_at = s->oldest_at,
        .newest_at = s->newest_at,
        .first_score_at = s->first_score_at,
        .last_score_at = s->last_score_at,
        .latency_ms = ROW_NULL,
        .unparsable = s->unparsable.jobs,
        .is_registered = s->is_registered,
        .oldest_created_at = s->oldest_created_at,
        .duplicates =
            s->has_more_duplicates || s->kind != SIDEKIQ_QUEUE ? ROW_NULL : (int64_t)s->duplicates,
    };

    /* ctime is taken when the save starts, in whole seconds: a job may seem younger than that. */
    if (s->next_at != ROW_NULL && now_ms != ROW_NULL)
        out.latency_ms = now_ms > s->next_at ? now_ms - s->next_at : 0;
    out.is_private = s->kind == SIDEKIQ_QUEUE && is_private_name(out.name);
    out.is_paused = s->kind == SIDEKIQ_QUEUE &&
                    member_find(c, s->root, KEY_SHAPE_PAUSED, (const uint8_t *)s->key + s->name_at,
                                s->key_bytes - s->name_at) != NO_ITEM;
    return out;
}

static int compare_place(uint64_t db_a, const char *ns_a, uint64_t db_b, const char *ns_b)
{
    if (db_a != db_b)
        return db_a < db_b ? -1 : 1;
    return strcmp(ns_a, ns_b);
}

static int compare_sets(const void *va, const void *vb)
{
    const struct sidekiq_set *a = va, *b = vb;
    int r = compare_place(a->db, a->namespace_, b->db, b->namespace_);

    if (r == 0)
        r = (int)a->kind - (int)b->kind;
    return r != 0 ? r : strcmp(a->name, b->name);
}

/* A queue that is only a name in `queues`.  Of a damaged list nothing is said: has_key is set. */
static bool is_bare_queue(const struct sidekiq_collector *c, const struct member *m)
{
    return m->set == KEY_SHAPE_QUEUES && !m->is_void && !m->has_key &&
           (c->roots.items[m->root].flags & ROOT_INSTALLED) != 0;
}

static bool build_sets(struct sidekiq_collector *c, size_t set_count, int64_t now_ms)
{
    size_t bare = 0, n = 0;
    struct sidekiq_set *sets;

    for (size_t i = 0; i < c->members.count; i++)
        bare += is_bare_queue(c, &c->members.items[i]);
    sets = calloc(set_count + bare + 1, sizeof(*sets));
    if (!sets)
        return false;
    for (size_t i = 0; i < c->sets.count; i++)
        if (c->sets.items[i].root != NO_ITEM)
            sets[n++] = result_set(c, &c->sets.items[i], now_ms);
    for (size_t i = 0; i < c->members.count; i++) {
        const struct member *m = &c->members.items[i];

        if (!is_bare_queue(c, m))
            continue;
        sets[n] = (struct sidekiq_set){
            .db = c->roots.items[m->root].db,
            .namespace_ = c->roots.items[m->root].namespace_,
            .name = escaped_name(c, m->name, m->name_bytes, true),
            .kind = SIDEKIQ_QUEUE,
            .oldest_at = ROW_NULL,
            .newest_at = ROW_NULL,
            .first_score_at = ROW_NULL,
            .last_score_at = ROW_NULL,
            .latency_ms = ROW_NULL,
            .is_registered = true,
            .oldest_created_at = ROW_NULL,
            .is_paused = member_find(c, m->root, KEY_SHAPE_PAUSED, (const uint8_t *)m->name,
                                     m->name_bytes) != NO_ITEM,
        };
        sets[n].is_private = is_private_name(sets[n].name);
        n++;
    }
    qsort(sets, n, sizeof(*sets), compare_sets);
    c->result.sets = sets;
    c->result.set_count = n;
    return true;
}

/* ---- jobs --------------------------------------------------------------------------------- */

static struct sidekiq_job_group result_group(struct sidekiq_collector *c, const struct job_set *s,
                                             const char *class_, const char *error_class,
                                             const struct tally *t)
{
    return (struct sidekiq_job_group){
        .db = s->db,
        .namespace_ = c->roots.items[s->root].namespace_,
        .kind = s->kind,
        .set_name = set_name(c, s),
        .class_ = class_,
        .error_class = error_class,
        .jobs = t->jobs,
        .payload_bytes = t->payload_bytes,
        .largest_payload_bytes = t->largest_payload_bytes,
        .backtrace_bytes = t->backtrace_bytes,
        .args_bytes = t->args_bytes,
        .message_bytes = t->message_bytes,
        .largest_args_bytes = t->largest_args_bytes,
        .oldest_at = t->oldest_at,
        .newest_at = t->newest_at,
        .retry_count_max = t->retry_count_max,
    };
}

/* The largest groups of a set first. */
static int compare_groups(const void *va, const void *vb)
{
    const struct sidekiq_job_group *a = va, *b = vb;
    int r = compare_place(a->db, a->namespace_, b->db, b->namespace_);

    if (r == 0)
        r = (int)a->kind - (int)b->kind;
    if (r == 0)
        r = strcmp(a->set_name, b->set_name);
    if (r == 0 && a->jobs != b->jobs)
        r = a->jobs > b->jobs ? -1 : 1;
    if (r == 0)
        r = strcmp(a->class_, b->class_);
    return r != 0 ? r : strcmp(a->error_class, b->error_class);
}

static bool build_jobs(struct sidekiq_collector *c)
{
    struct sidekiq_job_group *jobs;
    size_t n = 0;

    for (size_t i = 0; i < c->sets.count; i++)
        if (c->sets.items[i].root != NO_ITEM)
            n += (c->sets.items[i].unparsable.jobs > 0) + (c->sets.items[i].other != NULL);
    jobs = calloc(c->groups.count + n + 1, sizeof(*jobs));
    if (!jobs)
        return false;
    n = 0;
    for (size_t i = 0; i < c->groups.count; i++) {
        const struct job_group *g = &c->groups.items[i];

        /* A set beyond the table is one whose value did not end. */
        if (g->set < c->sets.count && c->sets.items[g->set].root != NO_ITEM)
            jobs[n++] = result_group(
                c, &c->sets.items[g->set], escaped_name(c, g->class_, g->class_bytes, true),
                escaped_name(c, g->error_class, g->error_class_bytes, true), &g->tally);
    }
    for (size_t i = 0; i < c->sets.count; i++) {
        const struct job_set *s = &c->sets.items[i];

        if (s->root == NO_ITEM)
            continue;
        if (s->unparsable.jobs > 0)
            jobs[n++] = result_group(c, s, "(unparsable)", "", &s->unparsable);
        if (s->other)
            jobs[n++] = result_group(c, s, "(other)", "", s->other);
    }
    qsort(jobs, n, sizeof(*jobs), compare_groups);
    c->result.jobs = jobs;
    c->result.job_count = n;
    return true;
}

/* ---- buckets ------------------------------------------------------------------------------ */

static struct sidekiq_bucket result_bucket(struct sidekiq_collector *c, const struct job_set *s,
                                           enum sidekiq_measure measure, unsigned order)
{
    static const char *const due[DUE_COUNT_] = {"overdue",     "now",      "within 1 h",
                                                "1 h to 1 d",  "1 to 7 d", "7 to 30 d",
                                                "30 d to 1 y", "after 1 y"};
    struct sidekiq_bucket out = {
        .db = s->db,
        .namespace_ = c->roots.items[s->root].namespace_,
        .kind = s->kind,
        .measure = measure,
        .order = order,
        .jobs = measure == SIDEKIQ_ATTEMPTS ? s->detail->attempts[order] : s->detail->due[order],
    };
    char text[16];

    if (measure == SIDEKIQ_DUE) {
        out.bucket = due[order];
    } else {
        const int n =
            snprintf(text, sizeof(text), "%u%s", order, order == ATTEMPT_BUCKETS - 1 ? "+" : "");

        out.bucket = escaped_name(c, text, (size_t)n, false);
    }
    return out;
}

static int compare_buckets(const void *va, const void *vb)
{
    const struct sidekiq_bucket *a = va, *b = vb;
    int r = compare_place(a->db, a->namespace_, b->db, b->namespace_);

    if (r == 0)
        r = (int)a->kind - (int)b->kind;
    if (r == 0)
        r = (int)a->measure - (int)b->measure;
    return r != 0 ? r : (int)a->order - (int)b->order;
}

static bool build_buckets(struct sidekiq_collector *c)
{
    struct sidekiq_bucket *out =
        calloc(c->details * (ATTEMPT_BUCKETS + DUE_COUNT_) + 1, sizeof(*out));
    size_t n = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < c->sets.count; i++) {
        const struct job_set *s = &c->sets.items[i];

        if (s->root == NO_ITEM || !s->detail)
            continue;
        for (unsigned k = 0; k < ATTEMPT_BUCKETS; k++)
            if (s->detail->attempts[k] > 0)
                out[n++] = result_bucket(c, s, SIDEKIQ_ATTEMPTS, k);
        for (unsigned k = 0; k < DUE_COUNT_; k++)
            if (s->detail->due[k] > 0)
                out[n++] = result_bucket(c, s, SIDEKIQ_DUE, k);
    }
    qsort(out, n, sizeof(*out), compare_buckets);
    c->result.buckets = out;
    c->result.bucket_count = n;
    return true;
}

/* ---- counters ----------------------------------------------------------------------------- */

static int compare_stats(const void *va, const void *vb)
{
    const struct sidekiq_stat *a = va, *b = vb;
    int r = compare_place(a->db, a->namespace_, b->db, b->namespace_);

    return r != 0 ? r : -strcmp(a->stat, b->stat); /* processed first */
}

static bool build_stats(struct sidekiq_collector *c, size_t root_count)
{
    struct sidekiq_stat *stats = calloc(2 * root_count + 1, sizeof(*stats));
    size_t n = 0;

    if (!stats)
        return false;
    for (size_t i = 0; i < c->roots.count; i++) {
        const struct root *r = &c->roots.items[i];

        for (size_t k = 0; k < 2 && (r->flags & ROOT_INSTALLED) != 0; k++) {
            const struct stat_days *d = r->stats[k];
            struct sidekiq_stat *out = &stats[n];

            if (!d)
                continue;
            *out = (struct sidekiq_stat){
                .db = r->db,
                .namespace_ = r->namespace_,
                .stat = k == 0 ? "processed" : "failed",
                .total = d->total,
                .dated_keys = d->keys,
                .dated_keys_without_ttl = d->keys_without_ttl,
                .dated_keys_zero = d->keys_zero,
                .dated_keys_180_days = d->keys_180_days,
                .dated_keys_5_years = d->keys_5_years,
                .dated_bytes = d->bytes,
                .dated_bytes_without_ttl = d->bytes_without_ttl,
                .dated_alloc_bytes = d->alloc_bytes,
                .dated_alloc_bytes_without_ttl = d->alloc_bytes_without_ttl,
            };
            memcpy(out->first_day, d->first_day, sizeof(out->first_day));
            memcpy(out->last_day, d->last_day, sizeof(out->last_day));
            memcpy(out->first_day_without_ttl, d->first_day_without_ttl,
                   sizeof(out->first_day_without_ttl));
            memcpy(out->last_day_without_ttl, d->last_day_without_ttl,
                   sizeof(out->last_day_without_ttl));
            n++;
        }
    }
    qsort(stats, n, sizeof(*stats), compare_stats);
    c->result.stats = stats;
    c->result.stat_count = n;
    return true;
}

/* ---- versions ----------------------------------------------------------------------------- */

struct words {
    char text[256];
    size_t used;
};

static void add_words(struct words *w, const char *separator, const char *text)
{
    const int n = snprintf(w->text + w->used, sizeof(w->text) - w->used, "%s%s",
                           w->used > 0 ? separator : "", text);

    if (n > 0 && (size_t)n < sizeof(w->text) - w->used)
        w->used += (size_t)n;
    else
        w->text[w->used] = '\0'; /* what does not fit is left out whole */
}

static bool has_word(const struct words *w, const char *word)
{
    const size_t n = strlen(word);

    for (const char *p = w->text; (p = strstr(p, word)) != NULL; p++)
        if ((p == w->text || p[-1] == ' ') && (p[n] == '\0' || p[n] == ','))
            return true;
    return false;
}

/* What the heartbeats of the living say; of the dead only when nobody lives. */
static void look_at_versions(const struct sidekiq_collector *c, const struct root *r,
                             int64_t now_ms, struct words *live, struct words *dead,
                             uint64_t *ret_live_processes)
{
    uint8_t key[2 * MAX_KEY_BYTES];

    for (uint32_t i = r->first_member; i != NO_ITEM; i = c->members.items[i].next) {
        const struct member *m = &c->members.items[i];
        const struct process *p;
        bool is_live;

        if (m->set != KEY_SHAPE_PROCESSES || m->is_void)
            continue;
        memcpy(key, r->prefix, r->prefix_bytes);
        memcpy(key + r->prefix_bytes, m->name, m->name_bytes);
        p = process_find(c, r->db, key, r->prefix_bytes + m->name_bytes);
        if (!p || !p->has_heartbeat)
            continue;
        is_live = p->expires_at == ROW_NULL || p->expires_at > now_ms;
        *ret_live_processes += is_live;
        if (p->version[0] != '\0' && !has_word(is_live ? live : dead, p->version))
            add_words(is_live ? live : dead, ", ", p->version);
    }
}

/* The witnesses in order of trust.  Leaves w empty when nothing is known; *ret_why: what tells. */
static void version_of(const struct root *r, const struct words *live, const struct words *dead,
                       struct words *w, const char **ret_why)
{
    static const struct {
        enum root_flag flag;
        const char *version, *why;
    } shapes[] = {
        {ROOT_METRICS_8, ">= 8", "metrics keys of 8"},
        {ROOT_MS_TIMES, ">= 8", "times in ms"},
        {ROOT_ITERATION, ">= 7.3", "iteration state"},
        {ROOT_METRICS_7, "7", "metrics keys of 7"},
        {ROOT_METRICS_6_5, "6.5", "metrics keys of 6.5"},
        {ROOT_WORK, ">= 6.4.2", "work hashes"},
        {ROOT_WORKERS, "<= 6.4.1", "workers hashes"},
    };
    const struct stat_days *d = r->stats[0] && r->stats[0]->last_day[0] ? r->stats[0] : r->stats[1];

    if (live->used > 0 || dead->used > 0) {
        add_words(w, "", live->used > 0 ? live->text : dead->text);
        *ret_why = live->used > 0 ? "a live process' info" : "a dead process' info";
        return;
    }
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if ((r->flags & shapes[i].flag) != 0) {
            add_words(w, "", shapes[i].version);
            *ret_why = shapes[i].why;
            return;
        }
    if (d && d->last_day[0] != '\0' && d->last_expires_at == ROW_NULL) {
        add_words(w, "", "4.0-5.1");
        *ret_why = "newest dated counter without TTL";
    } else if (d && job_time_is_days_after(d->last_day, d->last_expires_at, STAT_DAYS_5_YEARS)) {
        add_words(w, "", ">= 5.2");
        *ret_why = "dated counters with 5 years";
    } else if ((r->flags & ROOT_WORKER_STARTED) != 0) {
        add_words(w, "", "2");
        *ret_why = "worker:*:started keys";
    }
}

static int major_of(const char *version)
{
    while (*version != '\0' && (*version < '0' || *version > '9'))
        version++;
    return *version >= '1' && *version <= '9' ? *version - '0' : 0;
}

static void describe(struct sidekiq_collector *c, const struct root *r, int64_t now_ms,
                     struct sidekiq_installation *out)
{
    static const struct {
        enum root_flag flag;
        const char *words;
    } proofs[] = {
        {ROOT_STAT_PROCESSED, "stat:processed"},
        {ROOT_QUEUE_JOBS, "queues with jobs"},
        {ROOT_IDENTITY, "processes"},
        {ROOT_SCHEDULE_JOBS, "jobs in schedule"},
        {ROOT_RETRY_JOBS, "jobs in retry"},
        {ROOT_DEAD_JOBS, "jobs in dead"},
    };
    struct words evidence = {.used = 0}, live = {.used = 0}, dead = {.used = 0},
                 version = {.used = 0};
    const char *why = NULL;
    int major;

    for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++)
        if ((r->flags & proofs[i].flag) != 0)
            add_words(&evidence, ", ", proofs[i].words);
    *out = (struct sidekiq_installation){
        .db = r->db, .namespace_ = r->namespace_, .processes = r->process_count};
    look_at_versions(c, r, now_ms, &live, &dead, &out->live_processes);
    version_of(r, &live, &dead, &version, &why);
    if (why) {
        add_words(&evidence, "; version by ", why);
        major = major_of(version.text);
        if (major < 8 && (r->flags & ROOT_MS_TIMES) != 0)
            add_words(&evidence, "; ", "jobs from a client >= 8");
        else if (major >= 8 && (r->flags & ROOT_S_TIMES) != 0)
            add_words(&evidence, "; ", "jobs from a client < 8");
    }
    out->evidence = escaped_name(c, evidence.text, evidence.used, false);
    out->version = escaped_name(c, version.text, version.used, false);
}

static int compare_installations(const void *va, const void *vb)
{
    const struct sidekiq_installation *a = va, *b = vb;

    return compare_place(a->db, a->namespace_, b->db, b->namespace_);
}

static bool build_installations(struct sidekiq_collector *c, size_t count, int64_t now_ms)
{
    struct sidekiq_installation *installations = calloc(count + 1, sizeof(*installations));
    size_t n = 0;

    if (!installations)
        return false;
    for (size_t i = 0; i < c->roots.count; i++)
        if ((c->roots.items[i].flags & ROOT_INSTALLED) != 0)
            describe(c, &c->roots.items[i], now_ms, &installations[n++]);
    qsort(installations, n, sizeof(*installations), compare_installations);
    c->result.installations = installations;
    c->result.installation_count = n;
    return true;
}

const struct sidekiq_result *sidekiq_resolve(struct sidekiq_collector *c, int64_t now_ms)
{
    size_t installed = 0, set_count;

    sidekiq_result_clear(c);
    find_installations(c);
    set_count = assign_sets(c);
    for (size_t i = 0; i < c->roots.count; i++)
        installed += (c->roots.items[i].flags & ROOT_INSTALLED) != 0;
    if (!build_installations(c, installed, now_ms) || !build_sets(c, set_count, now_ms) ||
        !build_jobs(c) || !build_stats(c, installed) || !build_buckets(c) || !build_live(c) ||
        !build_links(c))
        c->is_out_of_memory = true;
    if (c->is_out_of_memory)
        return NULL;
    c->result.ignored_keys = c->ignored_keys;
    return &c->result;
}
