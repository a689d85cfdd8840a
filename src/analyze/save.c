/* save.c -- what is known after the last key, into the store.
 *
 * Databases are not counted apart: their figures are sums over the TTL buckets of their types.
 */
// SPDX-License-Identifier: MIT
#include "analyze/save.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/save_sums.h"
#include "analyze/save_values.h"
#include "rdb_error.h"

/* Of a part of what `all` sums: nothing is a figure too, as long as the whole has one. */
static int64_t alloc_of_part(const struct sum *part, const struct sum *all)
{
    return all->alloc_keys == 0 ? ROW_NULL : part->alloc_bytes;
}

static int save_patterns(struct store *s, const struct aggregate *a, struct error *err)
{
    for (size_t i = 0; i < aggregate_pattern_count(a); i++) {
        const struct aggregate_pattern *p = aggregate_pattern_at(a, i);
        const struct store_pattern row = {
            .n = p->n,
            .db = p->group->db,
            .pattern = p->pattern,
            .pattern_bytes = p->pattern_bytes,
            .type_id = p->group->type_id,
            .role = p->role,
            .system = p->system,
            .family = p->family,
            .keys = p->all.keys,
            .bytes = p->all.bytes,
            .alloc_bytes = sum_alloc(&p->all),
            .rdb_bytes = p->rdb_bytes,
            .elements = p->elements,
            .keys_without_ttl = p->without_ttl.keys,
            .bytes_without_ttl = p->without_ttl.bytes,
            .alloc_bytes_without_ttl = alloc_of_part(&p->without_ttl, &p->all),
            .expired_keys = p->expired.keys,
            .expired_bytes = p->expired.bytes,
            .expired_alloc_bytes = alloc_of_part(&p->expired, &p->all),
            .first_expires_at = p->first_expires_at,
            .last_expires_at = p->last_expires_at,
            .largest_bytes = p->largest_bytes,
            .largest_key = p->largest_key,
            .largest_key_bytes = p->largest_key_bytes,
            .is_rule = p->is_rule,
            .stars = p->stars,
            .key_bytes = p->key_bytes,
        };

        if (store_put_pattern(s, &row, err) < 0)
            return -1;
    }
    return 0;
}

static int save_ttl(struct store *s, const struct aggregate *a, struct error *err)
{
    for (size_t i = 0; i < aggregate_group_count(a); i++) {
        const struct aggregate_group *g = aggregate_group_at(a, i);

        for (int bucket = 0; bucket < TTL_BUCKET_COUNT; bucket++) {
            const struct sum *sum = &g->ttl[bucket];
            const struct store_ttl row = {g->db,     g->type_id, bucket,
                                          sum->keys, sum->bytes, sum_alloc(sum)};

            if (sum->keys > 0 && store_put_ttl(s, &row, err) < 0)
                return -1;
        }
    }
    return 0;
}

/* ---- databases: groups and hints, sorted by number, summed ---------------------------------- */

static int compare_databases(const void *a, const void *b)
{
    const struct store_database *x = a, *y = b;

    return x->db < y->db ? -1 : x->db > y->db;
}

static struct store_database empty_database(int64_t db)
{
    return (struct store_database){.db = db,
                                   .alloc_bytes = ROW_NULL,
                                   .alloc_bytes_without_ttl = ROW_NULL,
                                   .expired_alloc_bytes = ROW_NULL,
                                   .resizedb_keys = ROW_NULL,
                                   .resizedb_expires = ROW_NULL,
                                   .main_table_bytes = ROW_NULL,
                                   .expires_table_bytes = ROW_NULL,
                                   .other_table_bytes = ROW_NULL,
                                   .rehash_bytes = ROW_NULL};
}

static struct store_database database_of_group(const struct aggregate_group *g)
{
    struct store_database d = empty_database(g->db);

    for (int bucket = 0; bucket < TTL_BUCKET_COUNT; bucket++) {
        const struct sum *sum = &g->ttl[bucket];

        d.keys += sum->keys;
        d.bytes = add_capped(d.bytes, sum->bytes);
        if (sum->alloc_keys > 0)
            d.alloc_bytes =
                add_capped(d.alloc_bytes == ROW_NULL ? 0 : d.alloc_bytes, sum->alloc_bytes);
        if (bucket == TTL_BUCKET_NONE)
            d.bytes_without_ttl = sum->bytes;
        else
            d.expires += sum->keys;
    }
    d.expired_keys = g->ttl[TTL_BUCKET_EXPIRED].keys;
    d.expired_bytes = g->ttl[TTL_BUCKET_EXPIRED].bytes;
    if (d.alloc_bytes != ROW_NULL) {
        d.alloc_bytes_without_ttl = g->ttl[TTL_BUCKET_NONE].alloc_bytes;
        d.expired_alloc_bytes = g->ttl[TTL_BUCKET_EXPIRED].alloc_bytes;
    }
    return d;
}

static void add_nullable(int64_t *sum, int64_t v)
{
    if (v != ROW_NULL)
        *sum = add_capped(*sum == ROW_NULL ? 0 : *sum, v);
}

static void add_database(struct store_database *sum, const struct store_database *d)
{
    sum->keys += d->keys;
    sum->expires += d->expires;
    sum->bytes = add_capped(sum->bytes, d->bytes);
    sum->bytes_without_ttl = add_capped(sum->bytes_without_ttl, d->bytes_without_ttl);
    sum->expired_keys += d->expired_keys;
    sum->expired_bytes = add_capped(sum->expired_bytes, d->expired_bytes);
    add_nullable(&sum->alloc_bytes, d->alloc_bytes);
    add_nullable(&sum->alloc_bytes_without_ttl, d->alloc_bytes_without_ttl);
    add_nullable(&sum->expired_alloc_bytes, d->expired_alloc_bytes);
    add_nullable(&sum->resizedb_keys, d->resizedb_keys);
    add_nullable(&sum->resizedb_expires, d->resizedb_expires);
}

static int64_t capped(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* Those of a primary: without keys past their time. */
static void add_tables(struct store_database *d, const struct server_meter *server)
{
    const struct server_database *const of = server_meter_database(server, d->db);
    const struct server_tables *t;

    if (of == NULL)
        return;
    t = &of->sides[SERVER_PRIMARY];
    d->main_table_bytes = capped(t->main_bytes);
    d->expires_table_bytes = capped(t->expires_bytes);
    d->other_table_bytes = capped(t->other_bytes);
    d->rehash_bytes = capped(t->rehash_bytes);
}

static int save_databases(struct store *s, const struct aggregate *a, const struct hints *hints,
                          const struct server_meter *server, bool is_filtered, struct error *err)
{
    const size_t groups = aggregate_group_count(a), hint_count = hints_count(hints);
    struct store_database *all;
    size_t count = 0;
    int r = 0;

    if (groups + hint_count == 0)
        return 0;
    all = malloc((groups + hint_count) * sizeof *all);
    if (all == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < groups; i++)
        all[count++] = database_of_group(aggregate_group_at(a, i));
    for (size_t i = 0; i < hint_count; i++) {
        const struct hint *h = hints_at(hints, i);

        all[count] = empty_database(capped(h->db));
        all[count].resizedb_keys = capped(h->keys);
        all[count++].resizedb_expires = capped(h->expires);
    }
    qsort(all, count, sizeof *all, compare_databases);
    for (size_t i = 0, next; r == 0 && i < count; i = next) {
        for (next = i + 1; next < count && all[next].db == all[i].db; next++)
            add_database(&all[i], &all[next]);
        if (server != NULL)
            add_tables(&all[i], server);
        if (!is_filtered || all[i].keys > 0)
            r = store_put_database(s, &all[i], err);
    }
    free(all);
    return r;
}

int save_aggregate(struct store *s, const struct aggregate *a, const struct hints *hints,
                   const struct server_meter *server, bool is_filtered, struct error *err)
{
    if (save_patterns(s, a, err) < 0 || save_databases(s, a, hints, server, is_filtered, err) < 0)
        return -1;
    return save_ttl(s, a, err) < 0 ? -1 : save_sums(s, a, err);
}

/* ---- the largest keys ----------------------------------------------------------------------- */

#define DB_TEXT_BYTES 24

struct named_list {
    const struct top_list *list;
    struct store_top row;
};

/* As the table's primary key has them. */
static int compare_lists(const void *a, const void *b)
{
    const struct store_top *const x = &((const struct named_list *)a)->row;
    const struct store_top *const y = &((const struct named_list *)b)->row;
    int r = strcmp(x->measure, y->measure);

    if (r == 0)
        r = strcmp(x->scope, y->scope);
    return r != 0 ? r : strcmp(x->scope_value, y->scope_value);
}

static int save_list(struct store *s, struct named_list *named, struct error *err)
{
    const struct top_list *l = named->list;
    uint64_t n[TOP_KEYS];

    for (size_t i = 0; i < l->count; i++)
        n[i] = l->entries[i].n;
    named->row.n = n;
    named->row.count = l->count;
    return store_put_top(s, &named->row, err);
}

int save_top(struct store *s, const struct top *t, const char *(*type_name)(const void *, uint32_t),
             const void *user, struct error *err)
{
    const size_t count = top_list_count(t);
    struct named_list *const all = calloc(count, sizeof *all);
    char(*const dbs)[DB_TEXT_BYTES] = calloc(count, sizeof *dbs);
    int r = 0;

    if (count > 0 && (all == NULL || dbs == NULL))
        r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct top_list *l = top_list_at(t, i);
        struct store_top *row = &all[i].row;

        all[i].list = l;
        row->measure = top_measure_name(l->measure);
        row->scope = top_scope_name(l->scope);
        row->scope_value = dbs[i];
        if (l->scope == TOP_TYPE)
            row->scope_value = type_name(user, (uint32_t)l->scope_value);
        else if (l->scope == TOP_DB)
            snprintf(dbs[i], sizeof dbs[i], "%" PRIu64, l->scope_value);
    }
    if (r == 0 && count > 0)
        qsort(all, count, sizeof *all, compare_lists);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = save_list(s, &all[i], err);
    free(dbs);
    free(all);
    return r;
}

static const char *decoder_type_name(const void *user, uint32_t type_id)
{
    const struct decoder *d = user;

    return type_id < STORE_FIRST_MODULE_TYPE ? rdbp_type_name((enum rdbp_type)type_id)
                                             : d->module_types[type_id - STORE_FIRST_MODULE_TYPE];
}

/* ---- Sidekiq -------------------------------------------------------------------------------- */

bool save_sidekiq_set_passes(const struct filter *f, const struct sidekiq_set *set)
{
    const struct key_row row = {
        .db = set->db,
        .key = set->key,
        .key_stored_bytes = set->key_bytes,
        .type = set->kind == SIDEKIQ_QUEUE ? RDBP_TYPE_LIST : RDBP_TYPE_ZSET,
        .bytes = set->bytes,
        .expires_at_ms = ROW_NULL,
    };

    /* A queue known by its registration only has no key that a filter could look at. */
    return f->count == 0 || (set->key != NULL && filter_passes(f, &row));
}

static bool jobs_pass(const struct filter *f, const struct sidekiq_result *r,
                      const struct sidekiq_job_group *g)
{
    for (size_t i = 0; i < r->set_count; i++) {
        const struct sidekiq_set *set = &r->sets[i];

        if (set->db == g->db && set->kind == g->kind && strcmp(set->name, g->set_name) == 0 &&
            strcmp(set->namespace_, g->namespace_) == 0)
            return save_sidekiq_set_passes(f, set);
    }
    return f->count == 0;
}

bool save_sidekiq_stat_passes(const struct filter *f, const struct sidekiq_stat *stat)
{
    const char *colon = stat->namespace_[0] == '\0' ? "" : ":";
    const char *const days[] = {"", stat->first_day, stat->last_day};

    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        char key[1200];
        const int n = snprintf(key, sizeof key, "%s%sstat:%s%s%s", stat->namespace_, colon,
                               stat->stat, days[i][0] == '\0' ? "" : ":", days[i]);

        if (n > 0 && (size_t)n < sizeof key &&
            filter_passes_name(f, stat->db, RDBP_TYPE_STRING, (const uint8_t *)key, (size_t)n))
            return true;
    }
    return false;
}

static bool bucket_passes(const struct filter *f, const struct sidekiq_result *r,
                          const struct sidekiq_bucket *b)
{
    for (size_t i = 0; i < r->set_count; i++) {
        const struct sidekiq_set *set = &r->sets[i];

        if (set->db == b->db && set->kind == b->kind && strcmp(set->namespace_, b->namespace_) == 0)
            return save_sidekiq_set_passes(f, set);
    }
    return f->count == 0;
}

/* What is known of no key, or of several: left out when there is a filter. */
static int save_sidekiq_life(struct store *s, const struct sidekiq_result *r,
                             const struct filter *f, struct error *err)
{
    for (size_t i = 0; i < r->bucket_count; i++) {
        if (bucket_passes(f, r, &r->buckets[i]) &&
            store_put_sidekiq_bucket(s, &r->buckets[i], err) < 0)
            return -1;
    }
    if (f->count > 0)
        return 0;
    for (size_t i = 0; i < r->process_count; i++) {
        if (store_put_sidekiq_process(s, &r->processes[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->thread_count; i++) {
        if (store_put_sidekiq_thread(s, &r->threads[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->metric_count; i++) {
        if (store_put_sidekiq_metric(s, &r->metrics[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->link_count; i++) {
        if (store_put_sidekiq_link(s, &r->links[i], err) < 0)
            return -1;
    }
    return 0;
}

static int save_sidekiq(struct store *s, const struct sidekiq_result *r, const struct filter *f,
                        struct error *err)
{
    for (size_t i = 0; i < r->installation_count; i++) {
        if (store_put_sidekiq_installation(s, &r->installations[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->set_count; i++) {
        if (save_sidekiq_set_passes(f, &r->sets[i]) &&
            store_put_sidekiq_set(s, &r->sets[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->job_count; i++) {
        if (jobs_pass(f, r, &r->jobs[i]) && store_put_sidekiq_jobs(s, &r->jobs[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->stat_count; i++) {
        if (save_sidekiq_stat_passes(f, &r->stats[i]) &&
            store_put_sidekiq_stat(s, &r->stats[i], err) < 0)
            return -1;
    }
    return save_sidekiq_life(s, r, f, err);
}

/* Their figures are of many keys together, so that under a filter nothing is known of them. */
static int save_jobs(struct store *s, const struct jobs_result *r, struct error *err)
{
    for (size_t i = 0; i < r->system_count; i++) {
        if (store_put_job_system(s, &r->systems[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->queue_count; i++) {
        if (store_put_job_queue(s, &r->queues[i], err) < 0)
            return -1;
    }
    for (size_t i = 0; i < r->class_count; i++) {
        if (store_put_job_class(s, &r->classes[i], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- beside keys ---------------------------------------------------------------------------- */

static int save_defects(struct store *s, const struct outside *o, struct error *err)
{
    char message[80];

    for (size_t i = 0; i < o->defect_count; i++) {
        const struct defect_record *d = &o->defects[i];

        if (store_put_defect(s, d->offset, d->db, d->key, rdb_severity_name(d->severity),
                             d->code_name, d->message, err) < 0)
            return -1;
    }
    if (o->defects_beyond == 0)
        return 0;
    snprintf(message, sizeof message, "%" PRIu64 " more defects are not listed", o->defects_beyond);
    return store_put_defect(s, o->defects[o->defect_count - 1].offset, -1, NULL, "warning",
                            "more-defects", message, err);
}

static int save_outside(struct store *s, const struct outside *o, struct error *err)
{
    for (size_t i = 0; i < o->aux_count; i++) {
        const struct aux_record *a = &o->aux[i];

        if (store_put_aux(s, a->offset, a->db, a->name, a->value, a->value_bytes, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < o->function_count; i++) {
        const struct function_record *f = &o->functions[i];

        if (store_put_function(s, f->offset, f->is_script ? "script" : "library", f->name,
                               f->engine, f->source_bytes, f->sha1[0] == '\0' ? NULL : f->sha1,
                               err) < 0)
            return -1;
    }
    for (size_t i = 0; i < o->module_count; i++) {
        const struct module_record *m = &o->modules[i];

        if (store_put_module(s, m->name, m->version, m->keys, m->rdb_bytes, m->aux_records,
                             m->aux_bytes, err) < 0)
            return -1;
    }
    return save_defects(s, o, err);
}

static int save_names(struct store *s, const struct decoder *d, struct error *err)
{
    for (size_t i = 0; i < d->module_type_count; i++) {
        if (store_put_module_type(s, (uint32_t)(STORE_FIRST_MODULE_TYPE + i), d->module_types[i],
                                  err) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof d->rdb_types_used / sizeof *d->rdb_types_used; i++) {
        if (d->rdb_types_used[i] && store_put_rdb_type(s, (uint16_t)i, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- the whole server ----------------------------------------------------------------------- */

/* "8.1" of "8.1.0", in bytes. */
static size_t minor_version_bytes(const char *number)
{
    const size_t major = strcspn(number, ".");

    return number[major] == '\0' ? major : major + 1 + strcspn(number + major + 1, ".");
}

/* Why the file is not weighed by the rules of the very server that wrote it, and what it says of
 * that itself; "": there is nothing to say. */
static void write_model_note(const struct decoder *d, char *out, size_t out_bytes)
{
    const char *const name = memory_version_name(d->model.version);
    const char *const number = strchr(name, '-') + 1, *const written_by = d->outside.server_version;
    const size_t same = minor_version_bytes(written_by);
    const bool is_fork =
        rdbp_family(d->parser) != RDBP_FAMILY_REDIS && rdbp_family(d->parser) != RDBP_FAMILY_VALKEY;
    size_t used = 0;

    out[0] = '\0';
    if (d->options->model != NULL)
        used = (size_t)snprintf(out, out_bytes, "chosen by --model");
    else if (d->is_model_guessed && is_fork)
        used = (size_t)snprintf(out, out_bytes, "%s is not modelled: by the file's RDB version",
                                rdbp_family_name(rdbp_family(d->parser)));
    else if (d->is_model_guessed)
        used = (size_t)snprintf(out, out_bytes,
                                "the file does not say what server wrote it: by its RDB version");
    else if (strncmp(written_by, "255.", 4) == 0)
        used = (size_t)snprintf(out, out_bytes, "for a development build");
    else if (same != minor_version_bytes(number) || strncmp(written_by, number, same) != 0)
        used = (size_t)snprintf(out, out_bytes, "the nearest version known to %.40s", written_by);
    if (!memory_version_has_memory_usage(d->model.version))
        used += (size_t)snprintf(out + used, out_bytes - used,
                                 "%sencodings of %s, which has no MEMORY USAGE",
                                 used == 0 ? "" : "; ", name);
    if (d->model.settings.cluster_enabled && !d->options->settings.cluster_enabled)
        snprintf(out + used, out_bytes - used, "%s; a cluster node by its slots",
                 used == 0 ? "it wrote the file" : "");
}

bool save_is_complete(const struct decoder *d)
{
    return d->has_end && !d->has_fatal && d->worst_exit_code == EXIT_DONE;
}

static int save_server(struct store *s, const struct decoder *d, struct error *err)
{
    const struct server_size *const z = &d->server_size;
    const struct server_side_size *const primary = &z->sides[SERVER_PRIMARY];
    const struct server_side_size *const replica = &z->sides[SERVER_REPLICA];
    const bool is_known = save_is_complete(d) && z->keys_without_size == 0;
    char *const config = memory_settings_text(&d->model.settings);
    char note[256];
    struct store_server row = {.allocator = memory_allocator_name(d->model.allocator),
                               .startup_bytes = capped(z->startup_bytes)};
    int r;

    if (config == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    write_model_note(d, note, sizeof note);
    row.model_note = note[0] == '\0' ? NULL : note;
    row.config = config[0] == '\0' ? NULL : config;
    row.functions_bytes =
        is_known ? add_capped(capped(z->functions_bytes), capped(z->scripts_bytes)) : ROW_NULL;
    row.tables_bytes = is_known ? capped(primary->tables_bytes) : ROW_NULL;
    row.tables_bytes_with_expired = is_known ? capped(replica->tables_bytes) : ROW_NULL;
    row.rehash_bytes = is_known ? capped(primary->rehash_bytes) : ROW_NULL;
    row.predicted_used_memory = is_known ? capped(primary->used_memory) : ROW_NULL;
    row.predicted_used_memory_with_expired = is_known ? capped(replica->used_memory) : ROW_NULL;
    r = store_put_server(s, &row, err);
    free(config);
    return r;
}

/* Of what only the tally knows; the decoder's limits are among the defects already. */
static int save_limits(struct store *s, const struct decoder *d, const struct aggregate *a,
                       struct error *err)
{
    struct slot_sums *const slots = aggregate_slots(a);
    const uint64_t beyond = slots == NULL ? 0 : slot_sums_other_tags(slots)->keys;
    char message[120];

    if (beyond == 0)
        return 0;
    snprintf(message, sizeof message,
             "hash tags: the first %d are told apart, %" PRIu64 " keys have others", HASH_TAGS_MAX,
             beyond);
    return store_put_defect(s, rdbp_offset(d->parser), -1, NULL, "warning", "limit", message, err);
}

int save_snapshot_parts(struct store *s, const struct decoder *d, const struct tally *t,
                        struct error *err)
{
    const struct server_meter *const server = save_is_complete(d) ? d->server : NULL;

    if (save_names(s, d, err) < 0 || save_server(s, d, err) < 0 ||
        save_aggregate(s, t->aggregate, d->hints, server, d->options->filter.count > 0, err) < 0 ||
        save_limits(s, d, t->aggregate, err) < 0)
        return -1;
    if (d->options->keys != KEYS_NONE && save_top(s, t->top, decoder_type_name, d, err) < 0)
        return -1;
    if (save_sidekiq(s, d->sidekiq, &d->options->filter, err) < 0 ||
        (d->options->filter.count == 0 && save_jobs(s, d->jobs, err) < 0))
        return -1;
    if (save_values(s, d, t, err) < 0)
        return -1;
    return save_outside(s, &d->outside, err);
}
