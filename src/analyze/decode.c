/* decode.c -- the decoder thread: a snapshot to batches of weighed keys.
 *
 *      KEY        a row is begun in the batch; meter and Sidekiq collector say how deep to look
 *      BLOB       the value's first bytes may prove a system; the depth is asked for again
 *      ITEMS      to meter and collector
 *      VALUE_END  the row is finished
 *
 * Every key goes into the batches, whatever the filter: the tally thread decides (tally.c).  The
 * meters and the collector see every key, too.
 *
 * Nothing here is an error to the writer: damage, Ctrl-C and lack of memory end the rows, and the
 * cause is left in the decoder for whoever joins the thread.
 */
// SPDX-License-Identifier: MIT
#include "analyze/decode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/aggregate.h"
#include "pattern/role.h"
#include "rdb_error.h"
#include "util/hash.h"
#include "util/signals.h"

#define EVENTS_PER_PROGRESS 64

int decoder_init(struct decoder *d)
{
    atomic_init(&d->is_stopped, false);
    atomic_init(&d->keys_done, 0);
    atomic_init(&d->input_offset, 0);
    outside_init(&d->outside);
    d->hints = hints_new();
    d->collector = sidekiq_collector_new();
    d->jobs_collector = jobs_collector_new();
    d->seen = seen_new(MAX_KEYS_SEEN);
    d->now_ms = ROW_NULL;
    if (d->seen != NULL && d->hints != NULL && d->collector != NULL && d->jobs_collector != NULL)
        return 0;
    decoder_done(d);
    return -1;
}

void decoder_done(struct decoder *d)
{
    key_meter_free(d->meter);
    server_meter_free(d->server);
    hints_free(d->hints);
    outside_done(&d->outside);
    sidekiq_collector_free(d->collector);
    jobs_collector_free(d->jobs_collector);
    streams_done(&d->streams);
    seen_free(d->seen);
    free(d->module_types);
    d->seen = NULL;
    d->meter = NULL;
    d->server = NULL;
    d->hints = NULL;
    d->collector = NULL;
    d->jobs_collector = NULL;
    d->module_types = NULL;
}

enum rdbp_errcode decoder_check(void *user)
{
    const struct decoder *d = user;

    if (signals_mapping_failed())
        return RDBP_ERR_CHANGED;
    if (atomic_load(&d->is_stopped) || signals_cancelled() != 0)
        return RDBP_ERR_CANCELLED;
    return RDBP_ERR_NONE;
}

static void fix_now(struct decoder *d)
{
    struct timespec clock;

    if (d->options->now_ms != ROW_NULL) {
        d->now_ms = d->options->now_ms;
        d->now_source = "option";
    } else if (d->outside.created_at_ms != ROW_NULL) {
        d->now_ms = d->outside.created_at_ms;
        d->now_source = "ctime";
    } else if (d->mtime_ms != ROW_NULL) {
        d->now_ms = d->mtime_ms;
        d->now_source = "mtime";
    } else {
        clock_gettime(CLOCK_REALTIME, &clock);
        d->now_ms = (int64_t)clock.tv_sec * 1000 + clock.tv_nsec / 1000000;
        d->now_source = "clock";
    }
}

static void fix_model(struct decoder *d)
{
    const struct analyze_options *const o = d->options;
    const struct memory_version *const written_by = memory_version_of_file(
        rdbp_family(d->parser), d->outside.server_version, d->rdb_version, &d->is_model_guessed);

    memory_model_init(&d->model, o->model != NULL ? o->model : written_by, o->allocator,
                      &o->settings);
}

/* What TTLs are measured from and what keys are weighed by: known once the header's AUX fields are
 * through. */
static int fix_rules(struct decoder *d)
{
    if (d->server != NULL)
        return 0;
    fix_now(d);
    sidekiq_set_now(d->collector, d->now_ms);
    fix_model(d);
    d->meter = key_meter_new(&d->model, d->options->deep);
    d->server = server_meter_new(&d->model, d->options->startup_bytes);
    return d->meter == NULL || d->server == NULL ? -1 : 0;
}

/* type_names.id of a key's type; module types get theirs by first appearance. */
static int type_id_of(struct decoder *d, const struct rdbp_key *key, uint32_t *ret_id)
{
    char(*grown)[10];

    *ret_id = (uint32_t)key->type;
    if (key->type != RDBP_TYPE_MODULE || key->module_name[0] == '\0')
        return 0;
    for (size_t i = 0; i < d->module_type_count; i++) {
        if (strcmp(d->module_types[i], key->module_name) == 0) {
            *ret_id = STORE_FIRST_MODULE_TYPE + (uint32_t)i;
            return 0;
        }
    }
    if (d->module_type_count >= MAX_MODULE_TYPES)
        return 0;
    grown = realloc(d->module_types, (d->module_type_count + 1) * sizeof *grown);
    if (grown == NULL)
        return -1;
    d->module_types = grown;
    memcpy(grown[d->module_type_count], key->module_name, sizeof *grown);
    *ret_id = STORE_FIRST_MODULE_TYPE + (uint32_t)d->module_type_count++;
    return 0;
}

/* A batch with room: the current one, or the next empty one.  -1: somebody gave up. */
static int need_batch(struct decoder *d)
{
    if (d->batch != NULL && store_batch_is_full(d->batch)) {
        queue_put(d->queue, QUEUE_DECODED, d->batch);
        d->batch = NULL;
    }
    if (d->batch == NULL)
        d->batch = queue_take(d->queue, QUEUE_EMPTY);
    return d->batch == NULL ? -1 : 0;
}

static int64_t expires_at_of(const struct rdbp_key *key)
{
    if (!key->has_expire)
        return ROW_NULL;
    /* The one time that means "none" here. */
    return key->expire_at_ms == ROW_NULL ? ROW_NULL + 1 : key->expire_at_ms;
}

static void fill_row(struct key_row *row, const struct rdbp_key *key, uint32_t type_id)
{
    row->n = key->key_index + 1;
    row->db = key->db;
    row->type = key->type;
    row->rdb_type = key->rdb_type;
    memcpy(row->module_name, key->module_name, sizeof row->module_name);
    row->type_id = type_id;
    row->expires_at_ms = expires_at_of(key);
    row->idle_seconds = !key->has_idle            ? ROW_NULL
                        : key->idle_s > INT64_MAX ? INT64_MAX
                                                  : (int64_t)key->idle_s;
    row->freq = key->has_freq ? key->freq : ROW_NULL;
}

static void note_duplicate(struct decoder *d, const struct rdbp_key *key)
{
    const rdbp_error e = {.offset = key->record_offset,
                          .db = key->db,
                          .key_index = key->key_index,
                          .message = "key is there twice"};

    outside_warning(&d->outside, "duplicate-key", &e, store_batch_key(d->batch, d->pending),
                    d->pending->row.key_stored_bytes);
}

static int on_key(struct decoder *d, const struct rdbp_key *key)
{
    const bool is_whole =
        key->key_bytes <= STORE_MAX_KEY_BYTES && key->key.size_bytes == key->key_bytes;
    size_t stored_bytes = key->key.size_bytes;
    uint32_t type_id;
    unsigned depth;

    if (!is_whole && stored_bytes > STORE_CUT_KEY_BYTES)
        stored_bytes = STORE_CUT_KEY_BYTES;
    if (fix_rules(d) < 0 || type_id_of(d, key, &type_id) < 0)
        goto out_of_memory;
    if (need_batch(d) < 0)
        return -1;
    d->pending = store_batch_add(d->batch, key->key.bytes, stored_bytes, key->key_bytes);
    if (d->pending == NULL)
        goto out_of_memory;
    fill_row(&d->pending->row, key, type_id);
    d->rdb_types_used[key->rdb_type] = true;
    d->pending_index = key->key_index;
    /* A server stops loading at a key that is there twice; here both get their row. */
    if (seen_count(d->seen) < MAX_KEYS_SEEN && seen_add(d->seen, hash_key(key)) == SEEN_BEFORE)
        note_duplicate(d, key);
    d->pending_module_version = key->module_version;
    streams_begin(&d->streams, key);
    field_times_begin(&d->field_times, key->rdb_type, d->now_ms);
    depth = key_meter_begin(d->meter, key) | sidekiq_begin(d->collector, key) |
            jobs_begin(d->jobs_collector, key, d->now_ms);
    rdbp_set_depth(d->parser, depth | RDBP_DEPTH_SHAPE); /* for the signature */
    return 0;
out_of_memory:
    d->is_out_of_memory = true;
    return -1;
}

static void on_blob(struct decoder *d, const struct rdbp_blob *blob)
{
    unsigned depth = key_meter_blob(d->meter, blob) | sidekiq_blob(d->collector, blob);
    rdbp_slice name;

    if (d->pending == NULL)
        return;
    streams_blob(&d->streams, blob);
    if (blob->blob_index == 0)
        d->pending->signature = (uint8_t)role_value_signature(
            d->pending->row.type, blob->prefix.bytes, blob->prefix.size_bytes);
    name = (rdbp_slice){store_batch_key(d->batch, d->pending), d->pending->row.key_stored_bytes};
    depth |= jobs_blob(d->jobs_collector, name, blob, d->pending->signature);
    rdbp_set_depth(d->parser, depth | RDBP_DEPTH_SHAPE);
}

static void note_defect(struct decoder *d, const rdbp_error *e, const uint8_t *key,
                        size_t key_bytes)
{
    const int code = rdb_exit_code(e->code);

    if (code == EXIT_DAMAGED)
        d->worst_exit_code = code;
    if (e->code == RDBP_ERR_CHANGED) /* the name may be of bytes that could not be read */
        key = NULL;
    outside_defect(&d->outside, e, key, key_bytes);
}

/* A defect may be told after its key's VALUE_END: the name is still there. */
static void on_defect(struct decoder *d, const rdbp_error *e)
{
    const bool is_in_key = d->pending != NULL && e->key_index == d->pending_index;

    note_defect(d, e, is_in_key ? store_batch_key(d->batch, d->pending) : NULL,
                is_in_key ? d->pending->row.key_stored_bytes : 0);
}

static bool is_expired(const struct decoder *d, const struct key_row *row)
{
    return row->expires_at_ms != ROW_NULL &&
           ttl_bucket(row->expires_at_ms, d->now_ms) == TTL_BUCKET_EXPIRED;
}

/* Into the sums over the whole server. */
static int count_for_server(struct decoder *d, const struct key_row *row,
                            int64_t first_field_ttl_ms)
{
    const struct server_key key = {
        .db = row->db,
        .name = row->key,
        .stored_bytes = row->key_stored_bytes,
        .name_bytes = row->key_bytes,
        .has_expire = row->expires_at_ms != ROW_NULL,
        .is_expired = is_expired(d, row),
        .alloc_bytes = row->alloc_bytes,
        .first_field_ttl_ms = first_field_ttl_ms,
    };

    return server_meter_key(d->server, &key);
}

/* Most values have nothing to tell beyond their row. */
static int note_facts(struct decoder *d, const struct key_size *size)
{
    const struct field_times *const times = &d->field_times;
    struct value_facts facts;

    if (size->form.kind == FORM_NONE && times->fields == 0)
        return 0;
    facts = (struct value_facts){.form = size->form,
                                 .is_expired = is_expired(d, &d->pending->row),
                                 .lzf_bytes = size->lzf_bytes,
                                 .ttl_fields = times->fields,
                                 .expired_fields = times->expired_fields,
                                 .first_field_ttl_ms = times->first_ms,
                                 .last_field_ttl_ms = times->last_ms};
    return store_batch_add_facts(d->batch, d->pending, &facts);
}

static int measure(struct decoder *d, const struct rdbp_value_end *end, struct key_row *row)
{
    struct key_size size;

    if (key_meter_end(d->meter, end, &size) < 0)
        return -1;
    row->encoding = size.encoding;
    row->size_note = size.note;
    row->bytes = row->alloc_bytes = row->elements = row->largest_element = ROW_NULL;
    row->rdb_bytes = end->rdb_bytes > INT64_MAX ? INT64_MAX : (int64_t)end->rdb_bytes;
    if (!end->ok) {
        row->size_note = SIZE_UNKNOWN;
        return count_for_server(d, row, ROW_NULL);
    }
    row->bytes = size.bytes;
    row->alloc_bytes = size.alloc_bytes;
    row->largest_element = size.largest_element;
    if (note_facts(d, &size) < 0)
        return -1;
    if (end->has_element_count)
        row->elements = end->element_count > INT64_MAX ? INT64_MAX : (int64_t)end->element_count;
    return end->is_empty ? 0 : count_for_server(d, row, size.first_field_ttl_ms);
}

static int on_value_end(struct decoder *d, const struct rdbp_value_end *end)
{
    struct key_row *const row = &d->pending->row;

    row->key = store_batch_key(d->batch, d->pending);
    if (measure(d, end, row) < 0 || sidekiq_end(d->collector, end, row) < 0 ||
        jobs_end(d->jobs_collector, end, row) < 0 || streams_end(&d->streams, end, row) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    d->pending->signature |= (uint8_t)jobs_signature(d->jobs_collector);
    d->key_count++;
    atomic_store_explicit(&d->keys_done, d->key_count, memory_order_relaxed);
    if (!end->ok)
        note_defect(d, &end->error, row->key, row->key_stored_bytes);
    if (row->type == RDBP_TYPE_MODULE)
        outside_module_key(&d->outside, row->module_name, d->pending_module_version,
                           end->rdb_bytes);
    d->pending->is_clustered = d->model.settings.cluster_enabled;
    d->pending->is_dropped = end->ok && end->is_empty; /* the parser gives a DEFECT for it */
    store_batch_accept(d->batch);
    return 0;
}

static int on_hint(struct decoder *d, const struct rdbp_resizedb *hint)
{
    if (fix_rules(d) < 0 || hints_add(d->hints, d->db, hint->key_count, hint->expires_count) < 0 ||
        server_meter_hint(d->server, d->db, hint->key_count, hint->expires_count) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    return 0;
}

/* A file that has its keys by slot is of a cluster node. */
static int take_slot(struct decoder *d, const struct server_slot *slot)
{
    bool is_cluster = false;

    if (server_meter_slot(d->server, slot, &is_cluster) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    d->model.settings.cluster_enabled |= is_cluster;
    return 0;
}

static int on_slot(struct decoder *d, const struct rdbp_slot_info *info)
{
    const struct server_slot slot = {
        .db = d->db, .slot = info->slot, .keys = info->key_count, .expires = info->expires_count};

    if (fix_rules(d) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    return take_slot(d, &slot);
}

/* Valkey tells of slots in AUX fields. */
static int on_aux(struct decoder *d, uint64_t offset, const struct rdbp_aux *aux)
{
    struct server_slot slot;

    if (!outside_slot(aux, &slot)) {
        outside_aux(&d->outside, offset, d->db, aux);
        return 0;
    }
    if (fix_rules(d) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    slot.db = d->db;
    return take_slot(d, &slot);
}

static int on_function(struct decoder *d, uint64_t offset, const struct rdbp_function *f)
{
    outside_function(&d->outside, offset, f);
    if (fix_rules(d) < 0) {
        d->is_out_of_memory = true;
        return -1;
    }
    server_meter_function(d->server, f);
    return 0;
}

/* -1: ends the rows; the cause is in d. */
static int on_event(struct decoder *d, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_HEADER: d->rdb_version = ev->u.header.rdb_version; break;
    case RDBP_EVENT_AUX: return on_aux(d, ev->offset, &ev->u.aux);
    case RDBP_EVENT_DB: d->db = ev->u.db; break;
    case RDBP_EVENT_RESIZEDB: return on_hint(d, &ev->u.resizedb);
    case RDBP_EVENT_SLOT_INFO: return on_slot(d, &ev->u.slot_info);
    case RDBP_EVENT_FUNCTION: return on_function(d, ev->offset, &ev->u.function);
    case RDBP_EVENT_MODULE_AUX: outside_module_aux(&d->outside, &ev->u.module_aux); break;
    case RDBP_EVENT_KEY: return on_key(d, &ev->u.key);
    case RDBP_EVENT_BLOB: on_blob(d, &ev->u.blob); break;
    case RDBP_EVENT_ITEMS:
        key_meter_items(d->meter, &ev->u.items);
        streams_items(&d->streams, &ev->u.items);
        field_times_items(&d->field_times, &ev->u.items);
        sidekiq_items(d->collector, &ev->u.items);
        jobs_items(d->jobs_collector, &ev->u.items);
        break;
    case RDBP_EVENT_VALUE_END: return on_value_end(d, &ev->u.value_end);
    case RDBP_EVENT_DEFECT: on_defect(d, &ev->u.defect); break;
    case RDBP_EVENT_END:
        d->has_end = true;
        d->end = ev->u.end;
        break;
    default: break;
    }
    return 0;
}

static void note_stream_limits(struct decoder *d)
{
    const struct streams *const s = &d->streams;

    if (s->streams_beyond + s->groups_beyond + s->consumers_beyond > 0)
        outside_limit(&d->outside, rdbp_offset(d->parser),
                      "streams: %" PRIu64 " of them, %" PRIu64 " groups and %" PRIu64
                      " consumers are not listed one by one",
                      s->streams_beyond, s->groups_beyond, s->consumers_beyond);
}

static void finish(struct decoder *d)
{
    if (fix_rules(d) < 0) {
        d->is_out_of_memory = true;
        return;
    }
    d->sidekiq = sidekiq_resolve(d->collector, d->now_ms);
    if (d->sidekiq != NULL)
        outside_end(&d->outside, rdbp_offset(d->parser), d->sidekiq->ignored_keys);
    note_stream_limits(d);
    for (size_t i = 0; i < d->outside.function_count; i++) {
        if (d->outside.functions[i].is_script)
            server_meter_script(d->server, d->outside.functions[i].source_bytes);
    }
    if (d->sidekiq == NULL || d->outside.is_out_of_memory ||
        server_meter_end(d->server, &d->server_size) < 0)
        d->is_out_of_memory = true;
}

void *decoder_run(void *arg)
{
    struct decoder *d = arg;
    const rdbp_event *ev;
    unsigned events = 0;
    int r;

    while ((r = rdbp_next(d->parser, &ev)) > 0) {
        if (on_event(d, ev) < 0)
            break;
        if (events++ % EVENTS_PER_PROGRESS == 0)
            atomic_store_explicit(&d->input_offset, rdbp_input_offset(d->parser),
                                  memory_order_relaxed);
    }
    if (r < 0) {
        d->has_fatal = true;
        d->fatal = *rdbp_last_error(d->parser);
        on_defect(d, &d->fatal);
    }
    if (d->batch != NULL)
        queue_put(d->queue, QUEUE_DECODED, d->batch);
    d->batch = NULL;
    d->pending = NULL;
    if (!atomic_load(&d->is_stopped))
        finish(d);
    if (d->is_out_of_memory)
        queue_stop(d->queue);
    queue_end(d->queue, QUEUE_DECODED);
    return d;
}

int decoder_resolve_jobs(struct decoder *d, const struct role_evidence *e)
{
    d->jobs = jobs_resolve(d->jobs_collector, e, d->sidekiq);
    if (d->jobs == NULL)
        return -1;
    outside_jobs_end(&d->outside, rdbp_offset(d->parser), jobs_ignored(d->jobs_collector));
    return d->outside.is_out_of_memory ? -1 : 0;
}
