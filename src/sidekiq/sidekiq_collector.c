/* sidekiq_collector.c -- Sidekiq's structures, collected from the parser's events.
 *
 * A key is taken by its type and name alone (sidekiq_keys.c), because the keys that prove an
 * installation may come after the keys it owns: a snapshot is in hash order.  What is kept is
 * small:
 *
 *     root     (db, prefix): flags of what was seen there, the stat counters
 *     member   a name in a root's `queues` or `processes`
 *     process  a heartbeat hash and what it says; threads of its work hash (sidekiq_live.c)
 *     metric   a class' counters of the last eight hours
 *     claim    a jid that something points to (sidekiq_links.c)
 *     job_set  a list or zset; its groups by class and error class
 *
 * A list or zset is opened to its end only when one of its first 1,000 elements is a job: a JSON
 * object with class and jid.  Until then elements that are no jobs are only counted.  One without a
 * job is still remembered, in a small table: if its name belongs to an installation found
 * otherwise, it is a dead set full of broken payloads, and Sidekiq counts those too.
 *
 * What is said of a key counts only at its VALUE_END.  Groups are written before that; when the end
 * then says the value was damaged, its set stays as a mark that nothing is said of it.
 *
 * sidekiq_resolve.c turns this into the result.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "sidekiq/job_time.h"
#include "sidekiq/sidekiq_tables.h"
#include "util/hash.h"

#define DEPTH_CONTENT (RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)
/* A heartbeat has 6 or 7 fields. */
#define MAX_PROCESS_ENTRIES 128
#define MINUTE_MS           INT64_C(60000)

static int64_t later(int64_t a, int64_t b)
{
    return a == ROW_NULL || (b != ROW_NULL && b > a) ? b : a;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == ROW_NULL || (b != ROW_NULL && b < a) ? b : a;
}

/* ---- jobs --------------------------------------------------------------------------------- */

/* MAX_NAME_BYTES at most, never cut inside a UTF-8 sequence. */
static size_t cut_name(const char *name, size_t name_bytes)
{
    size_t n = MAX_NAME_BYTES;

    if (name_bytes <= n)
        return name_bytes;
    while (n > MAX_NAME_BYTES - 4 && ((uint8_t)name[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* The tally of a class in the set being read.  NULL: out of memory. */
static struct tally *tally_of(struct sidekiq_collector *c, const char *class_, size_t class_bytes,
                              const struct job_text *error)
{
    const size_t error_bytes = error->is_set ? cut_name(error->bytes, error->size_bytes) : 0;
    const uint32_t set = (uint32_t)c->sets.count; /* its number, when the value has ended */
    const uint64_t hash =
        hash_bytes(error->bytes, error_bytes, hash_bytes(class_, class_bytes, set));
    struct job_group group = {
        .set = set, .class_bytes = class_bytes, .error_class_bytes = error_bytes};
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->group_index, hash, &cursor)) != NO_ITEM) {
        struct job_group *g = &c->groups.items[i];

        if (g->set == set && g->class_bytes == class_bytes && g->error_class_bytes == error_bytes &&
            memcmp(g->class_, class_, class_bytes) == 0 &&
            memcmp(g->error_class, error->bytes, error_bytes) == 0)
            return &g->tally;
    }
    if (c->groups.count < MAX_GROUPS && !arena_is_full(&c->arena, 2 * (MAX_NAME_BYTES + 64))) {
        group.tally.oldest_at = group.tally.newest_at = ROW_NULL;
        group.class_ = keep_bytes(c, class_, class_bytes);
        group.error_class = keep_bytes(c, error->bytes, error_bytes);
        if (!group.class_ || !group.error_class || !TABLE_RESERVE(c, c->groups) ||
            !table_index(c, &c->group_index, hash, c->groups.count))
            return NULL;
        c->groups.items[c->groups.count] = group;
        return &c->groups.items[c->groups.count++].tally;
    }
    if (!c->set.other) {
        /* Not from the arena: it may be full, and then this is where everything goes. */
        c->set.other = malloc(sizeof(*c->set.other));
        if (!c->set.other) {
            c->is_out_of_memory = true;
            return NULL;
        }
        *c->set.other = (struct tally){.oldest_at = ROW_NULL, .newest_at = ROW_NULL};
    }
    return c->set.other;
}

static void add_to_tally(struct tally *t, const struct job_facts *job, uint64_t payload_bytes,
                         int64_t at)
{
    t->jobs++;
    t->payload_bytes += payload_bytes;
    if (payload_bytes > t->largest_payload_bytes)
        t->largest_payload_bytes = payload_bytes;
    t->oldest_at = earlier(t->oldest_at, at);
    t->newest_at = later(t->newest_at, at);
    if (!job)
        return;
    t->backtrace_bytes += job->backtrace_bytes;
    t->args_bytes += job->args_bytes;
    t->message_bytes += job->message_bytes;
    if (job->args_bytes > t->largest_args_bytes)
        t->largest_args_bytes = job->args_bytes;
    if (job->retry_count > t->retry_count_max)
        t->retry_count_max = job->retry_count;
}

/* What "age" means in a set; see struct sidekiq_set. */
static int64_t time_of_job(enum sidekiq_kind kind, const struct job_facts *job, int64_t score_at)
{
    if (kind == SIDEKIQ_DEAD)
        return score_at;
    if (!job)
        return ROW_NULL;
    switch (kind) {
    case SIDEKIQ_QUEUE: return job->enqueued_at != ROW_NULL ? job->enqueued_at : job->created_at;
    case SIDEKIQ_RETRY: return job->failed_at;
    default: return job->created_at;
    }
}

/* When a job of a sorted set is to run, seen from now. */
static enum due due_of(int64_t at, int64_t now)
{
    static const int64_t limits[] = {-1, 0, 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60, 365 * 24 * 60};
    enum due d = DUE_OVERDUE;

    while (d < DUE_LATER && at >= now + limits[d] * MINUTE_MS)
        d++;
    return d;
}

static void add_detail(struct sidekiq_collector *c, const struct job_facts *job, int64_t score_at)
{
    struct set_detail *d = c->set.detail;

    if (!d)
        return;
    if (job && (c->set.kind == SIDEKIQ_RETRY || c->set.kind == SIDEKIQ_DEAD))
        d->attempts[job->retry_count < ATTEMPT_BUCKETS - 1 ? job->retry_count
                                                           : ATTEMPT_BUCKETS - 1]++;
    if (c->set.kind != SIDEKIQ_DEAD && score_at != ROW_NULL && c->now_ms != ROW_NULL)
        d->due[due_of(score_at, c->now_ms)]++;
}

/* Jobs of a queue with the same class and arguments. */
static void compare_job(struct sidekiq_collector *c, const struct job_facts *job,
                        const char *class_, size_t class_bytes)
{
    const uint64_t hash = hash_bytes(class_, class_bytes, hash_seed() ^ job->args_hash);

    if (c->set.kind != SIDEKIQ_QUEUE)
        return;
    switch (seen_add(c->different, hash)) {
    case SEEN_BEFORE: c->set.duplicates++; break;
    case SEEN_FULL: c->set.has_more_duplicates = true; break;
    default: break;
    }
}

/* An element and, in a zset, its score are complete. */
static void end_job(struct sidekiq_collector *c, int64_t score_at)
{
    const struct job_facts *facts = job_parser_end(c->parser);
    const struct job_facts *job = NULL;
    struct job_set *s = &c->set;
    char class_[JOB_CLASS_BYTES];
    size_t class_bytes = 0;
    int64_t at;

    c->has_job = false;
    if (facts->is_object)
        class_bytes = cut_name(class_, job_display_class(facts, class_));
    if (class_bytes > 0 && facts->has_jid)
        job = facts;
    else if (class_bytes > 0)
        s->has_resque_items = true;
    at = time_of_job(s->kind, job, score_at);
    c->element_count++;
    s->payload_bytes += c->job_bytes;
    s->oldest_at = earlier(s->oldest_at, at);
    s->newest_at = later(s->newest_at, at);
    s->first_score_at = earlier(s->first_score_at, score_at);
    s->last_score_at = later(s->last_score_at, score_at);
    s->next_at = s->kind == SIDEKIQ_QUEUE ? at : ROW_NULL;
    if (job) {
        struct tally *t = tally_of(c, class_, class_bytes, &job->error_class);

        s->is_proven = true;
        s->oldest_created_at = earlier(s->oldest_created_at, job->created_at);
        note_jid(c, s->kind, &job->jid);
        compare_job(c, job, class_, class_bytes);
        s->has_ms_times |= job->has_ms_times;
        s->has_s_times |= job->has_s_times;
        if (t)
            add_to_tally(t, job, c->job_bytes, at);
    } else {
        add_to_tally(&s->unparsable, NULL, c->job_bytes, at);
    }
    add_detail(c, job, score_at);
    if (!s->is_proven && c->element_count >= TRIAL_ELEMENTS)
        c->is_dropped = true;
}

static void job_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (item->role == RDBP_ROLE_SCORE) {
        if (c->has_job)
            end_job(c, job_time_of_score(item->u.score));
        return;
    }
    if (item->role != RDBP_ROLE_ELEMENT && item->role != RDBP_ROLE_MEMBER)
        return;
    if (!c->in_element) {
        if (c->has_job)
            end_job(c, ROW_NULL);
        c->in_element = true;
        c->job_bytes = item->size_bytes;
        job_parser_begin(c->parser, item->size_bytes);
    }
    job_parser_feed(c->parser, item->bytes.bytes, item->bytes.size_bytes);
    if (item->is_partial)
        return;
    c->in_element = false;
    c->has_job = true;
    if (item->role == RDBP_ROLE_ELEMENT)
        end_job(c, ROW_NULL);
}

static void begin_jobs(struct sidekiq_collector *c, enum sidekiq_kind kind)
{
    c->mode = MODE_JOBS;
    c->set = (struct job_set){.db = c->db,
                              .kind = kind,
                              .oldest_at = ROW_NULL,
                              .newest_at = ROW_NULL,
                              .first_score_at = ROW_NULL,
                              .last_score_at = ROW_NULL,
                              .next_at = ROW_NULL,
                              .oldest_created_at = ROW_NULL,
                              .unparsable = {.oldest_at = ROW_NULL, .newest_at = ROW_NULL}};
    seen_clear(c->different);
    if (kind != SIDEKIQ_QUEUE && c->details < MAX_DETAILS) {
        c->set.detail = calloc(1, sizeof(*c->set.detail));
        if (!c->set.detail)
            c->is_out_of_memory = true;
    }
}

static void end_jobs(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                     const struct key_row *row)
{
    struct job_set *s = &c->set;

    if (c->has_job)
        end_job(c, ROW_NULL);
    s->jobs = end->has_element_count ? end->element_count : c->element_count;
    s->bytes = row->bytes;
    s->is_damaged = !end->ok;
    if (!end->ok)
        c->has_all_jids = false;
    if (!s->is_proven) {
        if (s->jobs == 0 && end->ok)
            return;
        if (c->unproven_sets >= MAX_UNPROVEN_SETS)
            return;
        c->unproven_sets++;
        if (c->is_dropped) {
            /* What was not looked at counts like what was. */
            s->unparsable.jobs = s->jobs;
        }
    }
    s->key_bytes = c->key_bytes;
    s->key = keep_bytes(c, c->key, c->key_bytes);
    if (s->key && s->is_proven && s->kind != SIDEKIQ_QUEUE)
        root_get(c);
    if (!s->key)
        s->is_damaged = true; /* its groups are there already: keep their number taken */
    if (!TABLE_RESERVE(c, c->sets))
        return;
    if (s->is_proven && !s->is_damaged && c->name.owner_at > 0)
        end_working(c, s, row);
    c->sets.items[c->sets.count++] = *s;
    c->details += s->detail != NULL;
    s->other = NULL; /* now the table's */
    s->detail = NULL;
}

/* ---- names in sets, heartbeats ------------------------------------------------------------ */

/* Joins the pieces of a short string in c->text; true when it is whole. */
bool join_text(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (!c->in_element) {
        c->text_bytes = 0;
        c->is_text_cut = false;
    }
    if (item->bytes.size_bytes > sizeof(c->text) - c->text_bytes)
        c->is_text_cut = true;
    else if (item->bytes.size_bytes > 0) {
        memcpy(c->text + c->text_bytes, item->bytes.bytes, item->bytes.size_bytes);
        c->text_bytes += item->bytes.size_bytes;
    }
    c->in_element = item->is_partial;
    return !item->is_partial;
}

/* The root of the set being read, NO_ITEM when there is no room for it. */
static uint32_t member_root(struct sidekiq_collector *c)
{
    if (c->root == NO_ITEM)
        c->root = root_get(c);
    return c->root;
}

static void add_member(struct sidekiq_collector *c)
{
    const uint32_t root = member_root(c);

    if (root == NO_ITEM)
        return;
    if (c->element_count > MAX_MEMBERS || c->is_text_cut)
        c->ignored_keys++;
    else
        member_add(c, root, c->name.shape, c->text, c->text_bytes);
}

static void member_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (item->role != RDBP_ROLE_MEMBER || !join_text(c, item))
        return;
    c->element_count++;
    if (c->name.shape == KEY_SHAPE_PROFILES) {
        c->is_profiles = !c->is_text_cut && is_profile_name(c->text, c->text_bytes);
        c->is_dropped = true; /* one is enough */
    } else {
        add_member(c);
        c->is_dropped = c->element_count > MAX_MEMBERS;
    }
}

/* ---- stat counters ------------------------------------------------------------------------ */

static void stat_blob(struct sidekiq_collector *c, const struct rdbp_blob *blob)
{
    size_t digits = 0;

    c->has_stat_value = blob->is_integer;
    c->stat_value = blob->integer;
    while (digits < blob->prefix.size_bytes && blob->prefix.bytes[digits] >= '0' &&
           blob->prefix.bytes[digits] <= '9')
        digits++;
    c->is_stat_digits =
        (blob->is_integer && blob->integer >= 0) || (digits > 0 && digits == blob->raw_bytes);
}

static void add_day(struct stat_days *s, const char *day, int64_t value, const struct key_row *row)
{
    const int64_t bytes = row->bytes == ROW_NULL ? 0 : row->bytes;
    const int64_t alloc_bytes = row->alloc_bytes == ROW_NULL ? 0 : row->alloc_bytes;

    s->keys++;
    s->bytes += bytes;
    s->alloc_bytes += alloc_bytes;
    s->keys_zero += value == 0;
    if (s->first_day[0] == '\0' || strcmp(day, s->first_day) < 0)
        memcpy(s->first_day, day, sizeof(s->first_day));
    if (strcmp(day, s->last_day) > 0) {
        memcpy(s->last_day, day, sizeof(s->last_day));
        s->last_expires_at = row->expires_at_ms;
    }
    if (row->expires_at_ms != ROW_NULL) {
        s->keys_180_days += job_time_is_days_after(day, row->expires_at_ms, STAT_DAYS_180);
        s->keys_5_years += job_time_is_days_after(day, row->expires_at_ms, STAT_DAYS_5_YEARS);
        return;
    }
    s->keys_without_ttl++;
    s->bytes_without_ttl += bytes;
    s->alloc_bytes_without_ttl += alloc_bytes;
    if (s->first_day_without_ttl[0] == '\0' || strcmp(day, s->first_day_without_ttl) < 0)
        memcpy(s->first_day_without_ttl, day, sizeof(s->first_day_without_ttl));
    if (strcmp(day, s->last_day_without_ttl) > 0)
        memcpy(s->last_day_without_ttl, day, sizeof(s->last_day_without_ttl));
}

static void end_stat(struct sidekiq_collector *c, const struct key_row *row)
{
    const size_t which = c->name.shape == KEY_SHAPE_STAT_FAILED;
    const uint32_t i = root_get(c);
    struct root *r;

    if (i == NO_ITEM)
        return;
    r = &c->roots.items[i];
    if (!r->stats[which]) {
        r->stats[which] = calloc(1, sizeof(*r->stats[which]));
        if (!r->stats[which]) {
            c->is_out_of_memory = true;
            return;
        }
        r->stats[which]->total = ROW_NULL;
        r->stats[which]->last_expires_at = ROW_NULL;
    }
    if (c->name.day[0] != '\0') {
        /* Only a zero is asked for, so any other value will do for what is no number. */
        add_day(r->stats[which], c->name.day, c->has_stat_value ? c->stat_value : 1, row);
        return;
    }
    r->stats[which]->total = c->has_stat_value ? c->stat_value : ROW_NULL;
    if (which == 0 && c->is_stat_digits)
        r->flags |= ROOT_STAT_PROCESSED;
}

/* ---- events ------------------------------------------------------------------------------- */

struct sidekiq_collector *sidekiq_collector_new(void)
{
    struct sidekiq_collector *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->arena.limit_bytes = MAX_ARENA_BYTES;
    c->info_arena.limit_bytes = MAX_INFOS_BYTES;
    c->now_ms = ROW_NULL;
    c->has_all_jids = c->has_all_names = c->has_all_claims = true;
    c->parser = job_parser_new();
    c->different = seen_new(MAX_DIFFERENT);
    if (!c->parser || !c->different) {
        sidekiq_collector_free(c);
        return NULL;
    }
    return c;
}

void sidekiq_collector_free(struct sidekiq_collector *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->roots.count; i++) {
        free(c->roots.items[i].stats[0]);
        free(c->roots.items[i].stats[1]);
        free(c->roots.items[i].links);
    }
    for (size_t i = 0; i < c->sets.count; i++) {
        free(c->sets.items[i].other);
        free(c->sets.items[i].detail);
    }
    free(c->set.other);
    free(c->set.detail);
    free(c->threads.items);
    free(c->metrics.items);
    free(c->holders.items);
    free(c->claims.items);
    free(c->pointers.items);
    hash_index_clear(&c->metric_index);
    seen_free(c->jids);
    seen_free(c->dead_jids);
    seen_free(c->names);
    seen_free(c->different);
    arena_clear(&c->info_arena);
    free(c->roots.items);
    free(c->members.items);
    free(c->processes.items);
    free(c->sets.items);
    free(c->groups.items);
    hash_index_clear(&c->root_index);
    hash_index_clear(&c->member_index);
    hash_index_clear(&c->process_index);
    hash_index_clear(&c->group_index);
    arena_clear(&c->arena);
    sidekiq_result_clear(c);
    job_parser_free(c->parser);
    free(c);
}

void sidekiq_set_now(struct sidekiq_collector *c, int64_t now_ms)
{
    c->now_ms = now_ms;
}

static unsigned begin_set_of_jobs(struct sidekiq_collector *c, enum sidekiq_kind kind)
{
    if (c->sets.count >= MAX_SETS) {
        c->ignored_keys++;
        c->has_all_jids = false;
        c->mode = MODE_NONE;
        return 0;
    }
    begin_jobs(c, kind);
    return DEPTH_CONTENT;
}

static unsigned begin_mode(struct sidekiq_collector *c, enum value_mode mode, unsigned depth)
{
    c->mode = mode;
    return depth;
}

static unsigned begin_value(struct sidekiq_collector *c)
{
    switch (c->name.shape) {
    case KEY_SHAPE_QUEUE: return begin_set_of_jobs(c, SIDEKIQ_QUEUE);
    case KEY_SHAPE_SCHEDULE: return begin_set_of_jobs(c, SIDEKIQ_SCHEDULE);
    case KEY_SHAPE_RETRY: return begin_set_of_jobs(c, SIDEKIQ_RETRY);
    case KEY_SHAPE_DEAD: return begin_set_of_jobs(c, SIDEKIQ_DEAD);
    case KEY_SHAPE_PROFILES:
    case KEY_SHAPE_QUEUES:
    case KEY_SHAPE_PAUSED:
    case KEY_SHAPE_PROCESSES: return begin_mode(c, MODE_MEMBERS, DEPTH_CONTENT);
    case KEY_SHAPE_STAT_PROCESSED:
    case KEY_SHAPE_STAT_FAILED: return begin_mode(c, MODE_STAT, RDBP_DEPTH_SHAPE);
    case KEY_SHAPE_PROCESS: return begin_mode(c, MODE_PROCESS, DEPTH_CONTENT);
    case KEY_SHAPE_WORK:
    case KEY_SHAPE_WORKERS: return begin_mode(c, MODE_WORK, DEPTH_CONTENT);
    case KEY_SHAPE_LOCKED:
    case KEY_SHAPE_BATCH_JIDS: return begin_mode(c, MODE_HOLDER, DEPTH_CONTENT);
    case KEY_SHAPE_DIGESTS:
    case KEY_SHAPE_EXPIRING_DIGESTS:
    case KEY_SHAPE_BATCHES:
    case KEY_SHAPE_BATCH_DIED: return begin_mode(c, MODE_POINTERS, DEPTH_CONTENT);
    case KEY_SHAPE_CRON_TIMES: return begin_mode(c, MODE_CRON, DEPTH_CONTENT);
    case KEY_SHAPE_METRICS_7:
    case KEY_SHAPE_METRICS_8:
        return wants_metrics(c) ? begin_mode(c, MODE_METRICS, DEPTH_CONTENT)
                                : begin_mode(c, MODE_NAME, 0);
    default: return begin_mode(c, MODE_NAME, 0);
    }
}

unsigned sidekiq_begin(struct sidekiq_collector *c, const struct rdbp_key *key)
{
    /* A value that did not end (there is none after a fatal error) leaves nothing but its groups.
     */
    free(c->set.other);
    free(c->set.detail);
    c->set.other = NULL;
    c->set.detail = NULL;
    c->mode = MODE_NONE;
    if (key->key.size_bytes > MAX_KEY_BYTES || key->key_bytes != key->key.size_bytes)
        return 0;
    key_name_of(key->type, key->key.bytes, key->key.size_bytes, &c->name);
    if (c->name.shape == KEY_SHAPE_NONE)
        return 0;
    c->db = key->db;
    c->key_bytes = key->key.size_bytes;
    memcpy(c->key, key->key.bytes, c->key_bytes);
    c->is_dropped = false;
    c->element_count = 0;
    c->in_element = c->has_job = false;
    c->root = NO_ITEM;
    c->first_member = c->members.count;
    c->first_thread = c->threads.count;
    c->first_claim = c->claims.count;
    c->first_pointer = c->pointers.count;
    c->first_run_at = c->last_run_at = ROW_NULL;
    c->field_bytes = 0;
    c->is_profiles = c->is_info = c->is_waiting = false;
    c->found = (struct process){.busy = ROW_NULL,
                                .concurrency = ROW_NULL,
                                .rss_kb = ROW_NULL,
                                .quiet = ROW_NULL,
                                .beat_at = ROW_NULL};
    c->has_stat_value = c->is_stat_digits = false;
    return begin_value(c);
}

unsigned sidekiq_blob(struct sidekiq_collector *c, const struct rdbp_blob *blob)
{
    switch (c->mode) {
    case MODE_STAT: stat_blob(c, blob); return RDBP_DEPTH_SHAPE;
    case MODE_PROCESS:
        if (blob->has_count && blob->entry_count > MAX_PROCESS_ENTRIES)
            c->is_dropped = true;
        return c->is_dropped ? 0 : DEPTH_CONTENT;
    case MODE_JOBS:
    case MODE_MEMBERS:
    case MODE_WORK:
    case MODE_METRICS:
    case MODE_CRON:
    case MODE_HOLDER:
    case MODE_POINTERS: return c->is_dropped ? 0 : DEPTH_CONTENT;
    default: return 0;
    }
}

void sidekiq_items(struct sidekiq_collector *c, const struct rdbp_items *items)
{
    for (size_t i = 0; i < items->count && !c->is_dropped; i++) {
        switch (c->mode) {
        case MODE_JOBS: job_item(c, &items->items[i]); break;
        case MODE_MEMBERS: member_item(c, &items->items[i]); break;
        case MODE_PROCESS: process_item(c, &items->items[i]); break;
        case MODE_WORK: work_item(c, &items->items[i]); break;
        case MODE_METRICS: metrics_item(c, &items->items[i]); break;
        case MODE_HOLDER: holder_item(c, &items->items[i]); break;
        case MODE_POINTERS: pointer_item(c, &items->items[i]); break;
        case MODE_CRON: cron_item(c, &items->items[i]); break;
        default: return;
        }
    }
}

/* A key whose name, type and (where needed) first element are evidence. */
static void end_name(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                     const struct key_row *row)
{
    switch (c->name.shape) {
    case KEY_SHAPE_FAILED_LIST: root_mark(c, ROOT_FAILED_LIST); break;
    case KEY_SHAPE_HISTOGRAM:
    case KEY_SHAPE_METRICS_8: root_mark(c, ROOT_METRICS_8); break;
    case KEY_SHAPE_METRICS_7: root_mark(c, ROOT_METRICS_7); break;
    case KEY_SHAPE_METRICS_6_5: root_mark(c, ROOT_METRICS_6_5); break;
    case KEY_SHAPE_ITERATION:
        root_mark(c, ROOT_ITERATION);
        end_holder(c, end, row);
        break;
    case KEY_SHAPE_BATCH: end_holder(c, end, row); break;
    case KEY_SHAPE_FETCHER_BEAT: note_fetcher(c, row); break;
    case KEY_SHAPE_WORKER_STARTED: root_mark(c, ROOT_WORKER_STARTED); break;
    default: break;
    }
}

static void end_members(struct sidekiq_collector *c, const struct rdbp_value_end *end)
{
    if (!end->ok) {
        for (size_t i = c->first_member; i < c->members.count; i++)
            c->members.items[i].is_void = true;
    } else if (c->name.shape == KEY_SHAPE_PROFILES) {
        if (c->is_profiles)
            root_mark(c, ROOT_METRICS_8);
    } else if (c->name.shape == KEY_SHAPE_PROCESSES && c->root != NO_ITEM) {
        c->roots.items[c->root].process_count =
            end->has_element_count ? end->element_count : c->element_count;
    }
}

int sidekiq_end(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                const struct key_row *row)
{
    const enum value_mode mode = c->mode;

    c->mode = MODE_NONE;
    if (mode == MODE_JOBS) {
        end_jobs(c, end, row);
    } else if (mode == MODE_MEMBERS) {
        end_members(c, end);
    } else if (mode == MODE_WORK) {
        end_work(c, end, row);
    } else if (mode == MODE_HOLDER) {
        end_holder(c, end, row);
    } else if (mode == MODE_POINTERS) {
        end_pointers(c, end);
    } else if (end->ok) {
        if (mode == MODE_STAT)
            end_stat(c, row);
        else if (mode == MODE_PROCESS)
            end_process(c, row);
        else if (mode == MODE_CRON)
            end_cron(c);
        else if (mode == MODE_NAME || mode == MODE_METRICS)
            end_name(c, end, row);
    }
    return c->is_out_of_memory ? -1 : 0;
}
