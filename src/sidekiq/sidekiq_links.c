/* sidekiq_links.c -- which jobs are there, and what points to jobs that are not.
 *
 *     it-<jid>                      iteration state of a job
 *     uniquejobs:<digest>:LOCKED    jid -> time: the lock of a job
 *     b-<bid>-jids                  jobs a batch waits for
 *     working:queue:<queue>:<process>    jobs that a process of GitLab's fetcher is at; it is alive
 *                                        while reliable-fetcher-heartbeat-<process> is there (its
 *                                        nonce is not that of the member of `processes`)
 *     cron_job:<name>:enqueued      when sidekiq-cron enqueued a job last, of a day
 *     uniquejobs:digests            names of locks; :expiring_digests too
 *     batches, batch-died           names of batches
 *
 * Keys come in hash order, so both sides are kept as 64-bit hashes until the end: jids of all jobs
 * in queues, sorted sets and work hashes, and the claims on them.  Each side is bounded; past a
 * bound nothing is concluded from what is missing, and the figure is "not known".
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "sidekiq/job_time.h"
#include "sidekiq/sidekiq_tables.h"
#include "util/hash.h"

#define JID_BYTES       24 /* of an iteration's key */
#define MIN_CRON_RUNS   3  /* two gaps: what is usual */
#define STALE_CRON_GAPS 10

static const char *const link_names[LINK_COUNT_] = {
    "iteration",        "lock",    "batch jids", "working", "cron", "digests",
    "expiring digests", "batches", "batch-died",
};

/* Of one database, so that the same jid in two is two. */
static uint64_t hash_name(const struct sidekiq_collector *c, const void *bytes, size_t size_bytes)
{
    return hash_bytes(bytes, size_bytes, hash_seed() ^ (c->db * UINT64_C(0x9e3779b97f4a7c15)));
}

/* A set made when it is needed.  False: out of memory. */
static bool set_get(struct sidekiq_collector *c, struct seen **set, size_t max_count)
{
    if (!*set)
        *set = seen_new(max_count);
    if (!*set)
        c->is_out_of_memory = true;
    return *set != NULL;
}

void note_jid(struct sidekiq_collector *c, enum sidekiq_kind kind, const struct job_text *jid)
{
    struct seen **set = kind == SIDEKIQ_DEAD ? &c->dead_jids : &c->jids;

    if (!jid->is_set || !set_get(c, set, kind == SIDEKIQ_DEAD ? MAX_DEAD_JIDS : MAX_JIDS))
        return;
    if (seen_add(*set, hash_name(c, jid->bytes, jid->size_bytes)) == SEEN_FULL)
        c->has_all_jids = false;
}

static struct link_sum *sums_of(struct sidekiq_collector *c, uint32_t root)
{
    struct root *r = &c->roots.items[root];

    if (!r->links) {
        r->links = calloc(LINK_COUNT_, sizeof(*r->links));
        if (!r->links) {
            c->is_out_of_memory = true;
            return NULL;
        }
        for (size_t i = 0; i < LINK_COUNT_; i++)
            r->links[i].oldest_expires_at = ROW_NULL;
    }
    return r->links;
}

/* ---- holders of jids ---------------------------------------------------------------------- */

static void add_claim(struct sidekiq_collector *c, const void *jid, size_t jid_bytes)
{
    if (c->claims.count >= MAX_CLAIMS) {
        c->has_all_claims = false;
        c->is_dropped = true;
    } else if (TABLE_RESERVE(c, c->claims)) {
        c->claims.items[c->claims.count++] =
            (struct claim){hash_name(c, jid, jid_bytes), (uint32_t)c->holders.count};
    }
}

void holder_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    const uint8_t wanted =
        c->name.shape == KEY_SHAPE_BATCH_JIDS ? RDBP_ROLE_MEMBER : RDBP_ROLE_FIELD;

    if (item->role != wanted || !join_text(c, item))
        return;
    c->element_count++;
    if (!c->is_text_cut)
        add_claim(c, c->text, c->text_bytes);
}

static enum link holder_link(enum key_shape shape)
{
    return shape == KEY_SHAPE_ITERATION ? LINK_ITERATION
           : shape == KEY_SHAPE_LOCKED  ? LINK_LOCK
                                        : LINK_BATCH_JIDS;
}

/* A key whose name entries of others may be: without :LOCKED, b-<bid>. */
static void note_name(struct sidekiq_collector *c)
{
    const size_t n = c->name.shape == KEY_SHAPE_LOCKED ? c->key_bytes - 7 : c->key_bytes;

    if (set_get(c, &c->names, MAX_NAMES) &&
        seen_add(c->names, hash_name(c, c->key, n)) == SEEN_FULL)
        c->has_all_names = false;
}

void end_holder(struct sidekiq_collector *c, const struct rdbp_value_end *end,
                const struct key_row *row)
{
    struct holder h = {.bytes = row->bytes == ROW_NULL ? 0 : row->bytes,
                       .expires_at = row->expires_at_ms};

    if (c->name.shape == KEY_SHAPE_LOCKED || c->name.shape == KEY_SHAPE_BATCH)
        note_name(c);
    if (c->name.shape == KEY_SHAPE_BATCH)
        return;
    h.link = (uint8_t)holder_link(c->name.shape);
    if (!end->ok || (h.root = root_get(c)) == NO_ITEM) {
        c->claims.count = c->first_claim;
        return;
    }
    if (c->name.shape == KEY_SHAPE_ITERATION)
        add_claim(c, c->key + c->key_bytes - JID_BYTES, JID_BYTES);
    if (c->holders.count >= MAX_HOLDERS) {
        c->has_all_claims = false;
        c->claims.count = c->first_claim;
    } else if (TABLE_RESERVE(c, c->holders)) {
        c->holders.items[c->holders.count++] = h;
    }
}

/* ---- GitLab's fetcher ---------------------------------------------------------------------- */

void note_fetcher(struct sidekiq_collector *c, const struct key_row *row)
{
    if (row->expires_at_ms != ROW_NULL && c->now_ms != ROW_NULL && row->expires_at_ms <= c->now_ms)
        return;
    if (set_get(c, &c->names, MAX_NAMES) &&
        seen_add(c->names, hash_name(c, c->key, c->key_bytes)) == SEEN_FULL)
        c->has_all_names = false;
}

void end_working(struct sidekiq_collector *c, const struct job_set *s, const struct key_row *row)
{
    static const char beat[] = FETCHER_BEAT;
    uint8_t name[MAX_KEY_BYTES + sizeof(beat)];
    const size_t prefix_bytes = c->name.prefix_bytes;
    struct holder h = {.link = LINK_WORKING,
                       .elements = s->jobs < UINT32_MAX ? (uint32_t)s->jobs : UINT32_MAX,
                       .bytes = row->bytes == ROW_NULL ? 0 : row->bytes,
                       .expires_at = row->expires_at_ms};
    size_t n = prefix_bytes;

    if ((h.root = root_get(c)) == NO_ITEM)
        return;
    if (c->holders.count >= MAX_HOLDERS || c->claims.count >= MAX_CLAIMS) {
        c->has_all_claims = false;
        return;
    }
    memcpy(name, c->key, n);
    memcpy(name + n, beat, sizeof(beat) - 1);
    n += sizeof(beat) - 1;
    for (size_t i = c->name.owner_at; i < c->key_bytes; i++)
        name[n++] = c->key[i] == ':' ? '-' : c->key[i];
    add_claim(c, name, n);
    if (TABLE_RESERVE(c, c->holders))
        c->holders.items[c->holders.count++] = h;
}

/* ---- sidekiq-cron -------------------------------------------------------------------------- */

void cron_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    int64_t at;

    if (item->role != RDBP_ROLE_SCORE || (at = job_time_of_score(item->u.score)) == ROW_NULL)
        return;
    c->element_count++;
    if (c->first_run_at == ROW_NULL || at < c->first_run_at)
        c->first_run_at = at;
    if (c->last_run_at == ROW_NULL || at > c->last_run_at)
        c->last_run_at = at;
}

/* A job that did not run for ten times its usual gap.  Runs older than a day are dropped with the
 * next run, so that at least three are there only of what runs more often than daily. */
void end_cron(struct sidekiq_collector *c)
{
    uint32_t root;
    struct link_sum *sums;
    int64_t gap_ms;

    if (c->element_count < MIN_CRON_RUNS || c->now_ms == ROW_NULL ||
        (root = root_get(c)) == NO_ITEM || !(sums = sums_of(c, root)))
        return;
    gap_ms = (c->last_run_at - c->first_run_at) / (int64_t)(c->element_count - 1);
    sums[LINK_CRON].entries++;
    if (gap_ms > 0 && c->now_ms - c->last_run_at > STALE_CRON_GAPS * gap_ms)
        sums[LINK_CRON].lost++;
}

/* ---- names of holders --------------------------------------------------------------------- */

static enum link pointer_link(enum key_shape shape)
{
    switch (shape) {
    case KEY_SHAPE_DIGESTS: return LINK_DIGESTS;
    case KEY_SHAPE_EXPIRING_DIGESTS: return LINK_EXPIRING_DIGESTS;
    case KEY_SHAPE_BATCHES: return LINK_BATCHES;
    default: return LINK_BATCH_DIED;
    }
}

static void add_pointer(struct sidekiq_collector *c)
{
    uint8_t name[2 * MAX_KEY_BYTES + 2];
    const enum link link = pointer_link(c->name.shape);
    const size_t prefix = c->name.prefix_bytes;
    size_t n = prefix;
    struct link_sum *sums;

    if (c->root == NO_ITEM && (c->root = root_get(c)) == NO_ITEM) {
        c->is_dropped = true;
        return;
    }
    sums = sums_of(c, c->root);
    if (!sums)
        return;
    sums[link].entries++;
    if (c->is_text_cut || c->pointers.count >= MAX_CLAIMS) {
        sums[link].is_unknown = true;
        return;
    }
    memcpy(name, c->key, n);
    if (link == LINK_BATCHES || link == LINK_BATCH_DIED) {
        memcpy(name + n, "b-", 2);
        n += 2;
    }
    memcpy(name + n, c->text, c->text_bytes);
    n += c->text_bytes;
    if (TABLE_RESERVE(c, c->pointers))
        c->pointers.items[c->pointers.count++] =
            (struct pointer){hash_name(c, name, n), c->root, (uint8_t)link};
}

void pointer_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (item->role == RDBP_ROLE_MEMBER && join_text(c, item)) {
        c->element_count++;
        c->is_waiting = true;
        if (c->name.shape == KEY_SHAPE_BATCH_DIED) {
            add_pointer(c);
            c->is_waiting = false;
        }
    } else if (item->role == RDBP_ROLE_SCORE && c->is_waiting) {
        const int64_t at = job_time_of_score(item->u.score);

        c->is_waiting = false;
        /* What is to go now may go before its index entry does. */
        if (c->name.shape == KEY_SHAPE_DIGESTS ||
            (at != ROW_NULL && c->now_ms != ROW_NULL && at > c->now_ms))
            add_pointer(c);
    }
}

void end_pointers(struct sidekiq_collector *c, const struct rdbp_value_end *end)
{
    struct link_sum *sums;

    if (end->ok || c->root == NO_ITEM)
        return;
    c->pointers.count = c->first_pointer;
    sums = sums_of(c, c->root);
    if (sums)
        sums[pointer_link(c->name.shape)].is_unknown = true;
}

/* ---- the result --------------------------------------------------------------------------- */

static bool has_job(const struct sidekiq_collector *c, const struct claim *claim)
{
    if (c->holders.items[claim->holder].link == LINK_WORKING)
        return c->names && seen_has(c->names, claim->jid);
    return (c->jids && seen_has(c->jids, claim->jid)) ||
           (c->holders.items[claim->holder].link == LINK_ITERATION && c->dead_jids &&
            seen_has(c->dead_jids, claim->jid));
}

static void add_lost_holder(struct link_sum *sum, const struct holder *h)
{
    sum->lost++;
    sum->lost_without_ttl += h->expires_at == ROW_NULL;
    sum->lost_bytes += h->bytes;
    sum->lost_elements += h->elements;
    if (h->expires_at != ROW_NULL &&
        (sum->oldest_expires_at == ROW_NULL || h->expires_at < sum->oldest_expires_at))
        sum->oldest_expires_at = h->expires_at;
}

static void forget_sums(struct sidekiq_collector *c)
{
    for (size_t i = 0; i < c->roots.count; i++) {
        struct link_sum *sums = c->roots.items[i].links;

        for (size_t k = 0; sums && k < LINK_COUNT_; k++) {
            if (k == LINK_CRON)
                continue; /* summed while reading */
            sums[k].lost = sums[k].lost_without_ttl = sums[k].lost_elements = 0;
            sums[k].lost_bytes = 0;
            sums[k].oldest_expires_at = ROW_NULL;
            if (k < LINK_DIGESTS)
                sums[k].entries = 0;
        }
    }
    for (size_t i = 0; i < c->holders.count; i++)
        c->holders.items[i].is_found = false;
}

static void add_up(struct sidekiq_collector *c)
{
    for (size_t i = 0; i < c->claims.count; i++)
        if (c->claims.items[i].holder < c->holders.count && has_job(c, &c->claims.items[i]))
            c->holders.items[c->claims.items[i].holder].is_found = true;
    for (size_t i = 0; i < c->holders.count; i++) {
        const struct holder *h = &c->holders.items[i];
        struct link_sum *sums = sums_of(c, h->root);

        if (!sums)
            return;
        sums[h->link].entries++;
        if (!h->is_found)
            add_lost_holder(&sums[h->link], h);
    }
    for (size_t i = 0; i < c->pointers.count; i++) {
        const struct pointer *p = &c->pointers.items[i];

        if (!c->names || !seen_has(c->names, p->name))
            c->roots.items[p->root].links[p->link].lost++;
    }
}

static struct sidekiq_link result_link(const struct sidekiq_collector *c, const struct root *r,
                                       enum link which)
{
    const struct link_sum *sum = &r->links[which];
    const bool is_known =
        !sum->is_unknown && (which == LINK_CRON      ? true
                             : which == LINK_WORKING ? c->has_all_claims && c->has_all_names
                             : which < LINK_DIGESTS  ? c->has_all_jids && c->has_all_claims
                                                     : c->has_all_names);
    struct sidekiq_link out = {
        .db = r->db,
        .namespace_ = r->namespace_,
        .name = link_names[which],
        .entries = sum->entries,
        .lost = ROW_NULL,
        .lost_without_ttl = ROW_NULL,
        .lost_bytes = ROW_NULL,
        .lost_elements = ROW_NULL,
        .oldest_expires_at = ROW_NULL,
    };

    if (!is_known)
        return out;
    out.lost = (int64_t)sum->lost;
    if (which == LINK_WORKING)
        out.lost_elements = (int64_t)sum->lost_elements;
    if (which < LINK_CRON) {
        out.lost_without_ttl = (int64_t)sum->lost_without_ttl;
        out.lost_bytes = sum->lost_bytes;
        out.oldest_expires_at = sum->oldest_expires_at;
    }
    return out;
}

bool build_links(struct sidekiq_collector *c)
{
    struct sidekiq_link *out;
    size_t roots = 0, n = 0;

    forget_sums(c);
    add_up(c);
    for (size_t i = 0; i < c->roots.count; i++)
        roots += c->roots.items[i].links && (c->roots.items[i].flags & ROOT_INSTALLED) != 0;
    out = calloc(LINK_COUNT_ * roots + 1, sizeof(*out));
    if (!out)
        return false;
    for (size_t i = 0; i < c->roots.count; i++) {
        const struct root *r = &c->roots.items[i];

        if (!r->links || (r->flags & ROOT_INSTALLED) == 0)
            continue;
        for (unsigned k = 0; k < LINK_COUNT_; k++)
            if (r->links[k].entries > 0)
                out[n++] = result_link(c, r, (enum link)k);
    }
    c->result.links = out;
    c->result.link_count = n;
    return true;
}
