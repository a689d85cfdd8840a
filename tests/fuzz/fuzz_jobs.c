/* fuzz_jobs.c -- the collectors of job queues, Sidekiq's and the others', on whatever the parser
 * makes of arbitrary bytes.
 *
 * The first byte chooses the size of refills and the moment, the rest is the file.  Whatever comes,
 * both collectors give a result whose counts are not negative and whose texts end.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/jobs.h"
#include "sidekiq/sidekiq.h"

#define MAX_NAME_BYTES 4096

struct run {
    rdbp_parser *parser;
    struct sidekiq_collector *sidekiq;
    struct jobs_collector *jobs;
    struct role_evidence *evidence;
    int64_t now_ms;
    struct key_row row;
    uint8_t name[MAX_NAME_BYTES];
    unsigned signature;
};

static void on_key(struct run *r, const struct rdbp_key *key)
{
    const size_t n = key->key.size_bytes < sizeof r->name ? key->key.size_bytes : sizeof r->name;

    if (n > 0)
        memcpy(r->name, key->key.bytes, n);
    r->signature = 0;
    r->row = (struct key_row){.db = key->db,
                              .key = r->name,
                              .key_stored_bytes = n,
                              .key_bytes = key->key_bytes,
                              .type = key->type,
                              .bytes = 100,
                              .alloc_bytes = 112,
                              .expires_at_ms = key->has_expire ? key->expire_at_ms : ROW_NULL};
    rdbp_set_depth(r->parser, sidekiq_begin(r->sidekiq, key) | jobs_begin(r->jobs, key, r->now_ms) |
                                  RDBP_DEPTH_SHAPE);
}

static void on_blob(struct run *r, const struct rdbp_blob *blob)
{
    const rdbp_slice name = {r->name, r->row.key_stored_bytes};
    unsigned depth = sidekiq_blob(r->sidekiq, blob);

    if (blob->blob_index == 0)
        r->signature =
            role_value_signature(r->row.type, blob->prefix.bytes, blob->prefix.size_bytes);
    depth |= jobs_blob(r->jobs, name, blob, r->signature);
    rdbp_set_depth(r->parser, depth | RDBP_DEPTH_SHAPE);
}

static int on_value_end(struct run *r, const struct rdbp_value_end *end)
{
    if (!end->ok)
        r->row.bytes = r->row.alloc_bytes = ROW_NULL;
    if (sidekiq_end(r->sidekiq, end, &r->row) < 0 || jobs_end(r->jobs, end, &r->row) < 0)
        return -1;
    r->signature |= jobs_signature(r->jobs);
    return role_evidence_key(r->evidence, r->row.db, r->row.key, r->row.key_stored_bytes,
                             r->row.type, r->signature);
}

static void check_sidekiq(const struct sidekiq_result *s)
{
    for (size_t i = 0; i < s->set_count; i++)
        if (s->sets[i].name == NULL || (s->sets[i].bytes < 0 && s->sets[i].bytes != ROW_NULL) ||
            s->sets[i].unparsable > s->sets[i].jobs)
            abort();
    for (size_t i = 0; i < s->job_count; i++)
        if (s->jobs[i].class_ == NULL || s->jobs[i].error_class == NULL ||
            s->jobs[i].largest_payload_bytes > s->jobs[i].payload_bytes)
            abort();
    for (size_t i = 0; i < s->stat_count; i++)
        if (s->stats[i].dated_keys_without_ttl > s->stats[i].dated_keys ||
            strlen(s->stats[i].first_day) >= sizeof s->stats[i].first_day)
            abort();
    for (size_t i = 0; i < s->installation_count; i++)
        if (s->installations[i].live_processes > s->installations[i].processes ||
            s->installations[i].version == NULL)
            abort();
}

static void check_jobs(const struct jobs_result *j)
{
    for (size_t i = 0; i < j->queue_count; i++)
        if (j->queues[i].system == NULL || strlen(j->queues[i].state) == 0 ||
            j->queues[i].bytes < 0 ||
            (j->queues[i].oldest_at != ROW_NULL && j->queues[i].oldest_at > j->queues[i].newest_at))
            abort();
    for (size_t i = 0; i < j->class_count; i++)
        if (j->classes[i].queue == NULL || strlen(j->classes[i].class_) == 0 ||
            j->classes[i].bytes < 0)
            abort();
    for (size_t i = 0; i < j->system_count; i++)
        if (j->systems[i].prefix == NULL || j->systems[i].version == NULL)
            abort();
}

static int feed(struct run *r, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_KEY: on_key(r, &ev->u.key); break;
    case RDBP_EVENT_BLOB: on_blob(r, &ev->u.blob); break;
    case RDBP_EVENT_ITEMS:
        sidekiq_items(r->sidekiq, &ev->u.items);
        jobs_items(r->jobs, &ev->u.items);
        break;
    case RDBP_EVENT_VALUE_END: return on_value_end(r, &ev->u.value_end);
    default: break;
    }
    return 0;
}

static void read_all(struct run *r)
{
    const struct sidekiq_result *sidekiq;
    const struct jobs_result *jobs;
    const rdbp_event *ev;

    sidekiq_set_now(r->sidekiq, r->now_ms);
    while (rdbp_next(r->parser, &ev) > 0)
        if (feed(r, ev) < 0)
            return;
    sidekiq = sidekiq_resolve(r->sidekiq, r->now_ms);
    if (sidekiq == NULL)
        return;
    check_sidekiq(sidekiq);
    jobs = jobs_resolve(r->jobs, r->evidence, sidekiq);
    if (jobs != NULL)
        check_jobs(jobs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static const size_t refill_bytes[4] = {0, 1, 7, 4096};
    static const int64_t moments_ms[4] = {1763089200000, 0, INT64_MAX, -1763089200000};
    static struct run r; /* its name is large */
    rdbp_options options = RDBP_OPTIONS_INIT;
    rdbp_error err;

    if (size_bytes == 0)
        return 0;
    options.refill_bytes = refill_bytes[data[0] & 3];
    memset(&r, 0, sizeof r);
    r.now_ms = moments_ms[data[0] >> 2 & 3];
    r.sidekiq = sidekiq_collector_new();
    r.jobs = jobs_collector_new();
    r.evidence = role_evidence_new();
    if (r.sidekiq != NULL && r.jobs != NULL && r.evidence != NULL &&
        rdbp_open_memory(data + 1, size_bytes - 1, &options, &r.parser, &err) == 0) {
        read_all(&r);
        rdbp_close(r.parser);
    }
    sidekiq_collector_free(r.sidekiq);
    jobs_collector_free(r.jobs);
    role_evidence_free(r.evidence);
    return 0;
}
