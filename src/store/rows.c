/* rows.c -- one INSERT a kind of row.
 *
 * put() binds a row by a format, a letter a column, so that each function below reads like its
 * table:
 *
 *      i  int64_t                          s  const char *, NULL allowed
 *      n  int64_t, ROW_NULL is NULL        k  const uint8_t *, size_t: TEXT or BLOB
 *                                          e  const uint8_t *, size_t: escaped form, NULL if the
 * same
 *
 * Unsigned figures are passed through number(): SQLite's integers are signed, and what does not fit
 * is given as the largest, not as a negative number.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/streams.h"
#include "analyze/value_sums.h"
#include "jobs/jobs.h"
#include "memory/memory_model.h"
#include "sidekiq/sidekiq.h"
#include "store/store_internal.h"
#include "util/text.h"

#define SYNC_STEP_BYTES (INT64_C(8) << 20)

static int64_t number(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int bind_key(sqlite3_stmt *stmt, int column, const uint8_t *bytes, size_t size_bytes)
{
    if (bytes == NULL)
        return sqlite3_bind_null(stmt, column);
    if (text_is_utf8(bytes, size_bytes))
        return sqlite3_bind_text(stmt, column, (const char *)bytes, (int)size_bytes, SQLITE_STATIC);
    return sqlite3_bind_blob(stmt, column, bytes, (int)size_bytes, SQLITE_STATIC);
}

static int bind_escaped(sqlite3_stmt *stmt, int column, const uint8_t *bytes, size_t size_bytes)
{
    const size_t n = bytes == NULL ? size_bytes : text_escaped_bytes(bytes, size_bytes);
    char *text;

    if (n == size_bytes)
        return sqlite3_bind_null(stmt, column);
    text = malloc(n);
    if (text == NULL)
        return SQLITE_NOMEM;
    text_escape(bytes, size_bytes, text);
    return sqlite3_bind_text(stmt, column, text, (int)n, free);
}

static int bind_row(sqlite3_stmt *stmt, const char *format, va_list ap)
{
    int rc = SQLITE_OK;

    for (int column = 1; rc == SQLITE_OK && *format != '\0'; format++, column++) {
        const char *text;
        const uint8_t *bytes;
        int64_t v;

        switch (*format) {
        case 'i':
        case 'n':
            v = va_arg(ap, int64_t);
            rc = *format == 'n' && v == ROW_NULL ? sqlite3_bind_null(stmt, column)
                                                 : sqlite3_bind_int64(stmt, column, v);
            break;
        case 's':
            text = va_arg(ap, const char *);
            rc = sqlite3_bind_text(stmt, column, text, -1, SQLITE_STATIC);
            break;
        case 'k':
            bytes = va_arg(ap, const uint8_t *);
            rc = bind_key(stmt, column, bytes, va_arg(ap, size_t));
            break;
        default: /* 'e' */
            bytes = va_arg(ap, const uint8_t *);
            rc = bind_escaped(stmt, column, bytes, va_arg(ap, size_t));
            break;
        }
    }
    return rc;
}

static int put(struct store *s, enum statement which, struct error *err, const char *format, ...)
{
    sqlite3_stmt *stmt;
    va_list ap;
    int rc;

    if (store_prepare(s, which, err) < 0)
        return -1;
    stmt = s->statements[which];
    va_start(ap, format);
    rc = bind_row(stmt, format, ap);
    va_end(ap);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE) {
        store_fail(s, err);
        sqlite3_reset(stmt);
        return -1;
    }
    sqlite3_reset(stmt);
    return 0;
}

int store_begin_set(struct store *s, const char *label, uint64_t *ret_set_id, struct error *err)
{
    if (put(s, STATEMENT_SET, err, "s", label) < 0)
        return -1;
    s->set_id = sqlite3_last_insert_rowid(s->db);
    if (s->first_set_id == 0)
        s->first_set_id = s->set_id;
    *ret_set_id = (uint64_t)s->set_id;
    return 0;
}

static void bind_nullable(sqlite3_stmt *stmt, int column, int64_t v)
{
    if (v == ROW_NULL)
        sqlite3_bind_null(stmt, column);
    else
        sqlite3_bind_int64(stmt, column, v);
}

/* The one INSERT that may run millions of times: bound by hand. */
static void bind_key_row(sqlite3_stmt *stmt, int64_t snapshot_id, const struct store_batch *b,
                         const struct store_key *k)
{
    const struct key_row *row = &k->row;
    const uint8_t *key = store_batch_key(b, k);
    const int key_bytes = (int)row->key_stored_bytes;

    sqlite3_bind_int64(stmt, 1, (int64_t)((uint64_t)snapshot_id << 40 | row->n));
    sqlite3_bind_int64(stmt, 2, number(row->db));
    if (k->key_is_text)
        sqlite3_bind_text(stmt, 3, (const char *)key, key_bytes, SQLITE_STATIC);
    else
        sqlite3_bind_blob(stmt, 3, key, key_bytes, SQLITE_STATIC);
    if (k->text_bytes > 0)
        sqlite3_bind_text(stmt, 4, (const char *)b->bytes + k->text_offset, (int)k->text_bytes,
                          SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, 4);
    if (row->key_bytes != row->key_stored_bytes)
        sqlite3_bind_int64(stmt, 5, number(row->key_bytes));
    else
        sqlite3_bind_null(stmt, 5);
    sqlite3_bind_int64(stmt, 6, row->type_id);
    sqlite3_bind_int(stmt, 7, (int)row->encoding);
    sqlite3_bind_int(stmt, 8, row->rdb_type);
    sqlite3_bind_int(stmt, 9, (int)row->size_note);
    bind_nullable(stmt, 10, row->bytes);
    bind_nullable(stmt, 11, row->alloc_bytes);
    bind_nullable(stmt, 12, row->rdb_bytes);
    bind_nullable(stmt, 13, row->elements);
    bind_nullable(stmt, 14, row->largest_element);
    bind_nullable(stmt, 15, row->expires_at_ms);
    bind_nullable(stmt, 16, row->idle_seconds);
    bind_nullable(stmt, 17, row->freq);
    bind_nullable(stmt, 18, row->pattern_n == 0 ? ROW_NULL : (int64_t)row->pattern_n);
}

static int insert_keys(struct store *s, const struct store_batch *b, struct error *err)
{
    sqlite3_stmt *stmt;

    if (store_prepare(s, STATEMENT_KEY, err) < 0)
        return -1;
    stmt = s->statements[STATEMENT_KEY];
    for (size_t i = 0; i < b->count; i++) {
        bind_key_row(stmt, s->snapshot_id, b, &b->keys[i]);
        if (sqlite3_step(stmt) != SQLITE_DONE) {
            store_fail(s, err);
            sqlite3_reset(stmt);
            return -1;
        }
        sqlite3_reset(stmt);
    }
    return 0;
}

/* What has been written is on its way to the disk while rows still come, so that the sync at the
 * end need not wait for all of it.  Just a hint: errors are that sync's to tell. */
static void start_sync(struct store *s)
{
#ifdef SYNC_FILE_RANGE_WRITE
    const int64_t end = key_pages_file_bytes(s->pages);

    if (end - s->syncing_bytes < SYNC_STEP_BYTES)
        return;
    (void)sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* of what is not yet */
    s->syncing_bytes = end;
#else
    (void)s;
#endif
}

int store_put_keys(struct store *s, const struct store_batch *b, struct error *err)
{
    if (b->count == 0)
        return 0;
    if (store_begin_keys(s, err) < 0)
        return -1;
    if (s->are_keys_by_sql)
        return insert_keys(s, b, err);
    if (key_pages_add(s->pages, (uint64_t)s->snapshot_id, b) < 0)
        return store_fail_write(s, errno, err);
    if (s->mode != STORE_PRIVATE)
        start_sync(s);
    return 0;
}

int store_put_database(struct store *s, const struct store_database *d, struct error *err)
{
    return put(s, STATEMENT_DATABASE, err, "iiiiininiinnnnnnn", s->snapshot_id, d->db,
               number(d->keys), number(d->expires), d->bytes, d->alloc_bytes, d->bytes_without_ttl,
               d->alloc_bytes_without_ttl, number(d->expired_keys), d->expired_bytes,
               d->expired_alloc_bytes, d->resizedb_keys, d->resizedb_expires, d->main_table_bytes,
               d->expires_table_bytes, d->other_table_bytes, d->rehash_bytes);
}

int store_put_pattern(struct store *s, const struct store_pattern *p, struct error *err)
{
    return put(s, STATEMENT_PATTERN, err, "iikeiisiiniiiiniinnnnkesiii",
               (int64_t)((uint64_t)s->snapshot_id << 40 | p->n), p->db, p->pattern,
               p->pattern_bytes, p->pattern, p->pattern_bytes, (int64_t)p->type_id,
               (int64_t)p->role, p->system, number(p->keys), p->bytes, p->alloc_bytes, p->rdb_bytes,
               p->elements, number(p->keys_without_ttl), p->bytes_without_ttl,
               p->alloc_bytes_without_ttl, number(p->expired_keys), p->expired_bytes,
               p->expired_alloc_bytes, p->first_expires_at, p->last_expires_at, p->largest_bytes,
               p->largest_key, p->largest_key_bytes, p->largest_key, p->largest_key_bytes,
               p->family, (int64_t)p->is_rule, (int64_t)p->stars, p->key_bytes);
}

int store_put_ttl(struct store *s, const struct store_ttl *t, struct error *err)
{
    return put(s, STATEMENT_TTL, err, "iiiiiin", s->snapshot_id, t->db, (int64_t)t->type_id,
               (int64_t)t->bucket, number(t->keys), t->bytes, t->alloc_bytes);
}

int store_put_size(struct store *s, uint32_t type_id, int64_t low_bytes,
                   const struct store_sum *sum, int64_t largest_bytes, struct error *err)
{
    return put(s, STATEMENT_SIZE, err, "iiiiini", s->snapshot_id, (int64_t)type_id, low_bytes,
               number(sum->keys), sum->bytes, sum->alloc_bytes, largest_bytes);
}

int store_put_encoding(struct store *s, const struct store_encoding *e, struct error *err)
{
    return put(s, STATEMENT_ENCODING, err, "iiiiiiniii", s->snapshot_id, (int64_t)e->type_id,
               (int64_t)e->encoding, (int64_t)e->rdb_type, number(e->sum.keys), e->sum.bytes,
               e->sum.alloc_bytes, e->rdb_bytes, e->elements, e->key_bytes);
}

static int64_t pattern_id(const struct store *s, uint64_t pattern_n)
{
    return (int64_t)((uint64_t)s->snapshot_id << 40 | pattern_n);
}

int store_put_expiry(struct store *s, const struct store_expiry *e, struct error *err)
{
    return put(s, STATEMENT_EXPIRY, err, "iiniinii", s->snapshot_id, e->from_at, e->until_at,
               number(e->sum.keys), e->sum.bytes, e->sum.alloc_bytes, pattern_id(s, e->pattern_n),
               number(e->pattern_keys));
}

int store_put_usage(struct store *s, uint64_t pattern_n, int kind, int bucket,
                    const struct store_sum *sum, struct error *err)
{
    return put(s, STATEMENT_USAGE, err, "iiiiin", pattern_id(s, pattern_n), (int64_t)kind,
               (int64_t)bucket, number(sum->keys), sum->bytes, sum->alloc_bytes);
}

int store_put_dated(struct store *s, uint64_t pattern_n, uint64_t keys, int32_t first_day,
                    int32_t last_day, struct error *err)
{
    return put(s, STATEMENT_DATED, err, "iiii", pattern_id(s, pattern_n), number(keys),
               (int64_t)first_day, (int64_t)last_day);
}

int store_put_slot(struct store *s, int64_t slot, const struct store_sum *sum, struct error *err)
{
    return put(s, STATEMENT_SLOT, err, "iniin", s->snapshot_id, slot, number(sum->keys), sum->bytes,
               sum->alloc_bytes);
}

int store_put_hash_tag(struct store *s, int64_t slot, const uint8_t *tag, size_t tag_bytes,
                       const struct store_sum *sum, struct error *err)
{
    return put(s, STATEMENT_HASH_TAG, err, "inkeiin", s->snapshot_id, slot, tag, tag_bytes, tag,
               tag_bytes, number(sum->keys), sum->bytes, sum->alloc_bytes);
}

int store_put_top(struct store *s, const struct store_top *t, struct error *err)
{
    const size_t number_bytes = sizeof ",18446744073709551615";
    char *const array = malloc(sizeof "[]" + t->count * number_bytes);
    size_t size_bytes = 1;
    int r;

    if (array == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    array[0] = '[';
    for (size_t i = 0; i < t->count; i++)
        size_bytes += (size_t)snprintf(array + size_bytes, number_bytes, "%s%" PRIu64,
                                       i == 0 ? "" : ",", t->n[i]);
    memcpy(array + size_bytes, "]", sizeof "]");
    r = put(s, STATEMENT_TOP, err, "issss", s->snapshot_id, t->measure, t->scope, t->scope_value,
            array);
    free(array);
    return r;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int64_t id_of(const struct store *s, uint64_t n)
{
    return (int64_t)((uint64_t)s->snapshot_id << 40 | n);
}

int store_put_strings(struct store *s, uint64_t pattern_n, uint64_t from_bytes,
                      const struct string_sum *sum, struct error *err)
{
    if (pattern_n == 0)
        return put(s, STATEMENT_STRING_CLASS, err, "iiiiiiiii", s->snapshot_id, number(from_bytes),
                   number(sum->keys), sum->raw_bytes, number(sum->lzf_keys), sum->lzf_raw_bytes,
                   sum->lzf_bytes, sum->lzf_alloc_bytes, sum->lzf_alloc_bytes_after);
    return put(s, STATEMENT_STRING, err, "iiiiiiii", id_of(s, pattern_n), number(sum->keys),
               sum->raw_bytes, number(sum->lzf_keys), sum->lzf_raw_bytes, sum->lzf_bytes,
               sum->lzf_alloc_bytes, sum->lzf_alloc_bytes_after);
}

int store_put_packed_limit(struct store *s, enum form_kind kind, const struct form_limit *limit,
                           struct error *err)
{
    const bool has_value = limit->value_name[0] != '\0';

    return put(s, STATEMENT_PACKED_LIMIT, err, "iisisn", s->snapshot_id, (int64_t)kind,
               limit->entries_name, number(limit->entries), has_value ? limit->value_name : NULL,
               has_value ? number(limit->value_bytes) : ROW_NULL);
}

int store_put_past_limit(struct store *s, uint64_t pattern_n, const struct other_form *form,
                         const struct form_sum *sum, struct error *err)
{
    return put(s, STATEMENT_PAST_LIMIT, err, "iiiiiiii", id_of(s, pattern_n), (int64_t)form->kind,
               (int64_t)form->entries_factor, (int64_t)form->value_factor, number(sum->keys),
               sum->elements, sum->alloc_bytes, sum->alloc_bytes_after);
}

int store_put_field_ttls(struct store *s, uint64_t pattern_n, const struct field_ttl_sum *sum,
                         struct error *err)
{
    return put(s, STATEMENT_FIELD_TTL, err, "iiiiiii", id_of(s, pattern_n), number(sum->keys),
               sum->fields, sum->ttl_fields, sum->expired_fields, sum->first_ms, sum->last_ms);
}

#define ID_BYTES 44 /* two numbers of 20 digits */

static const char *id_text(struct rdbp_stream_id id, char *out)
{
    snprintf(out, ID_BYTES, "%" PRIu64 "-%" PRIu64, id.ms, id.seq);
    return out;
}

int store_put_stream(struct store *s, const struct stream_record *r, struct error *err)
{
    char first[ID_BYTES], last[ID_BYTES];
    const bool has_first = r->length > 0;

    return put(s, STATEMENT_STREAM, err, "iiikennnissniniiiiii", id_of(s, r->n), s->snapshot_id,
               number(r->db), r->key, r->key_stored_bytes, r->key, r->key_stored_bytes,
               r->expires_at_ms, r->bytes, r->alloc_bytes, number(r->length),
               has_first ? id_text(r->first_id, first) : NULL, id_text(r->last_id, last),
               has_first ? number(r->first_id.ms) : ROW_NULL, number(r->last_id.ms),
               r->has_v2 ? number(r->entries_added) : ROW_NULL, number(r->deleted),
               number(r->nodes), number(r->nodes_bytes), number(r->groups), number(r->consumers),
               number(r->pending));
}

int store_put_stream_group(struct store *s, const struct stream_group_record *g, struct error *err)
{
    char last[ID_BYTES];

    return put(s, STATEMENT_STREAM_GROUP, err, "issinniiinnninn", id_of(s, g->stream_n), g->name,
               id_text(g->last_id, last), number(g->last_id.ms), g->entries_read, g->lag,
               number(g->consumers), number(g->consumers_with_pending), number(g->pending),
               g->first_pending_ms, g->first_delivered_at, g->last_delivered_at,
               number(g->most_deliveries), g->last_seen_at, g->last_active_at);
}

int store_put_stream_consumer(struct store *s, const struct stream_consumer_record *c,
                              struct error *err)
{
    return put(s, STATEMENT_STREAM_CONSUMER, err, "issinn", id_of(s, c->stream_n), c->group,
               c->name, number(c->pending), c->seen_at, c->active_at);
}

/* ---- beside keys ----------------------------------------------------------------------------- */

int store_put_aux(struct store *s, uint64_t offset, uint64_t db, const char *name,
                  const char *value, uint64_t value_bytes, struct error *err)
{
    return put(s, STATEMENT_AUX, err, "iiissi", s->snapshot_id, number(offset), number(db), name,
               value, number(value_bytes));
}

int store_put_function(struct store *s, uint64_t offset, const char *kind, const char *name,
                       const char *engine, uint64_t bytes, const char *sha1, struct error *err)
{
    return put(s, STATEMENT_FUNCTION, err, "iisssis", s->snapshot_id, number(offset), kind, name,
               engine, number(bytes), sha1);
}

int store_put_module(struct store *s, const char *name, uint64_t version, uint64_t keys,
                     uint64_t rdb_bytes, uint64_t aux_records, uint64_t aux_bytes,
                     struct error *err)
{
    return put(s, STATEMENT_MODULE, err, "isiiiii", s->snapshot_id, name, number(version),
               number(keys), number(rdb_bytes), number(aux_records), number(aux_bytes));
}

int store_put_defect(struct store *s, uint64_t offset, int64_t db, const char *key,
                     const char *severity, const char *code, const char *message, struct error *err)
{
    return put(s, STATEMENT_DEFECT, err, "iinssss", s->snapshot_id, number(offset),
               db < 0 ? ROW_NULL : db, key, severity, code, message);
}

int store_put_sidekiq_installation(struct store *s, const struct sidekiq_installation *i,
                                   struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_INSTALLATION, err, "iisssii", s->snapshot_id, number(i->db),
               i->namespace_, i->evidence, i->version, number(i->processes),
               number(i->live_processes));
}

int store_put_sidekiq_set(struct store *s, const struct sidekiq_set *set, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_SET, err, "iisssinnnnnniiiikeinn", s->snapshot_id,
               number(set->db), set->namespace_, set->name, sidekiq_kind_name(set->kind),
               number(set->jobs), set->bytes, set->oldest_at, set->newest_at, set->first_score_at,
               set->last_score_at, set->latency_ms, number(set->payload_bytes),
               number(set->unparsable), (int64_t)set->is_registered, (int64_t)set->is_private,
               set->key, set->key_bytes, set->key, set->key_bytes, (int64_t)set->is_paused,
               set->oldest_created_at, set->duplicates);
}

int store_put_sidekiq_jobs(struct store *s, const struct sidekiq_job_group *g, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_JOBS, err, "iisssssiiiiinniii", s->snapshot_id, number(g->db),
               g->namespace_, sidekiq_kind_name(g->kind), g->set_name, g->class_, g->error_class,
               number(g->jobs), number(g->payload_bytes), number(g->largest_payload_bytes),
               number(g->backtrace_bytes), number(g->args_bytes), g->oldest_at, g->newest_at,
               number(g->retry_count_max), number(g->message_bytes), number(g->largest_args_bytes));
}

static const char *null_if_empty(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

int store_put_sidekiq_stat(struct store *s, const struct sidekiq_stat *stat, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_STAT, err, "iissniiiiissssiiii", s->snapshot_id,
               number(stat->db), stat->namespace_, stat->stat, stat->total,
               number(stat->dated_keys), number(stat->dated_keys_without_ttl),
               number(stat->dated_keys_zero), stat->dated_bytes, stat->dated_bytes_without_ttl,
               null_if_empty(stat->first_day), null_if_empty(stat->last_day),
               null_if_empty(stat->first_day_without_ttl),
               null_if_empty(stat->last_day_without_ttl), number(stat->dated_keys_180_days),
               number(stat->dated_keys_5_years), stat->dated_alloc_bytes,
               stat->dated_alloc_bytes_without_ttl);
}

int store_put_sidekiq_bucket(struct store *s, const struct sidekiq_bucket *b, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_BUCKET, err, "iisssisi", s->snapshot_id, number(b->db),
               b->namespace_, sidekiq_kind_name(b->kind), sidekiq_measure_name(b->measure),
               (int64_t)b->order, b->bucket, number(b->jobs));
}

int store_put_sidekiq_process(struct store *s, const struct sidekiq_process *p, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_PROCESS, err, "iissiinssnnnninn", s->snapshot_id, number(p->db),
               p->namespace_, p->identity, (int64_t)p->is_member, (int64_t)p->has_heartbeat,
               p->expires_at, p->version, p->info, p->busy, p->rss_kb, p->quiet, p->beat_at,
               (int64_t)p->has_work, p->work_expires_at, p->concurrency);
}

int store_put_sidekiq_thread(struct store *s, const struct sidekiq_thread *t, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_THREAD, err, "iisssssn", s->snapshot_id, number(t->db),
               t->namespace_, t->identity, t->thread, t->queue, t->class_, t->run_at);
}

int store_put_sidekiq_metric(struct store *s, const struct sidekiq_metric *m, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_METRIC, err, "iissiiiinn", s->snapshot_id, number(m->db),
               m->namespace_, m->class_, number(m->processed), number(m->failed),
               number(m->total_ms), number(m->minutes), m->first_at, m->last_at);
}

int store_put_sidekiq_link(struct store *s, const struct sidekiq_link *l, struct error *err)
{
    return put(s, STATEMENT_SIDEKIQ_LINK, err, "iissinnnnn", s->snapshot_id, number(l->db),
               l->namespace_, l->name, number(l->entries), l->lost, l->lost_without_ttl,
               l->lost_bytes, l->oldest_expires_at, l->lost_elements);
}

int store_put_job_system(struct store *s, const struct jobs_system *j, struct error *err)
{
    return put(s, STATEMENT_JOB_SYSTEM, err, "iisss", s->snapshot_id, number(j->db), j->system,
               j->prefix, null_if_empty(j->version));
}

int store_put_job_queue(struct store *s, const struct jobs_queue *q, struct error *err)
{
    return put(s, STATEMENT_JOB_QUEUE, err, "iissssiinnniiiiii", s->snapshot_id, number(q->db),
               q->system, q->prefix, q->queue, q->state, number(q->jobs), q->bytes, q->oldest_at,
               q->newest_at, q->first_due_at, number(q->overdue), number(q->without_ttl),
               number(q->missing), number(q->without_lock), number(q->without_class),
               (int64_t)q->is_paused);
}

int store_put_job_class(struct store *s, const struct jobs_class *j, struct error *err)
{
    const struct jobs_queue *q = j->queue;

    return put(s, STATEMENT_JOB_CLASS, err, "iissssssiinn", s->snapshot_id, number(q->db),
               q->system, q->prefix, q->queue, q->state, j->class_, j->error_class, number(j->jobs),
               j->bytes, j->oldest_at, j->newest_at);
}

const char *store_module_type_name(const struct store *s, size_t index)
{
    return index < s->module_type_count ? s->module_types[index] : NULL;
}

/* A name that is there already stays. */
int store_put_module_type(struct store *s, uint32_t type_id, const char *name, struct error *err)
{
    if (put(s, STATEMENT_TYPE_NAME, err, "is", (int64_t)type_id, name) < 0)
        return -1;
    return type_id - STORE_FIRST_MODULE_TYPE < s->module_type_count
               ? 0
               : store_load_module_types(s, err);
}

int store_put_rdb_type(struct store *s, uint16_t rdb_type, struct error *err)
{
    return put(s, STATEMENT_RDB_NAME, err, "is", (int64_t)rdb_type, rdbp_rdb_type_name(rdb_type));
}

int store_begin_snapshot(struct store *s, const struct store_snapshot_start *start,
                         uint64_t *ret_snapshot_id, struct error *err)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (put(s, STATEMENT_SNAPSHOT, err, "isssis", s->set_id, start->path, start->label,
            keys_stored_name(s->keys), (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
            RDBLENS_VERSION) < 0)
        return -1;
    s->snapshot_id = sqlite3_last_insert_rowid(s->db);
    /* key_rows.id leaves 23 bits for it. */
    if (s->snapshot_id >= INT64_C(1) << 23)
        return error_set(err, EXIT_CANNOT_RUN, "%s: holds too many snapshots", s->path);
    *ret_snapshot_id = (uint64_t)s->snapshot_id;
    return 0;
}

/* The snapshot in the database that has the identity already. */
static int fail_identity(struct store *s, const char *identity, struct error *err)
{
    sqlite3_stmt *stmt = NULL;

    error_set(err, EXIT_CANNOT_RUN, "the same snapshot is given twice");
    if (sqlite3_prepare_v2(s->db, store_sql("same-identity"), -1, &stmt, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(stmt, 1, identity, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, s->snapshot_id);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        error_set(err, EXIT_CANNOT_RUN, "%.200s: is in the database already, read from %.200s",
                  (const char *)sqlite3_column_text(stmt, 0),
                  (const char *)sqlite3_column_text(stmt, 1));
    sqlite3_finalize(stmt);
    return -1;
}

int store_keep_top_rows(struct store *s, struct error *err)
{
    if (s->keys != KEYS_TOP)
        return 0;
    if (store_run(s, "unstage", err) < 0)
        return -1;
    return store_exec(s, "DELETE FROM temp.staged_rows", err);
}

int store_put_server(struct store *s, const struct store_server *v, struct error *err)
{
    return put(s, STATEMENT_SNAPSHOT_SERVER, err, "sssnnnnnnni", v->model_note, v->allocator,
               v->config, v->startup_bytes, v->functions_bytes, v->tables_bytes,
               v->tables_bytes_with_expired, v->rehash_bytes, v->predicted_used_memory,
               v->predicted_used_memory_with_expired, s->snapshot_id);
}

int store_end_snapshot(struct store *s, const struct store_snapshot *e, struct error *err)
{
    int r;

    if (store_keep_top_rows(s, err) < 0)
        return -1;
    r = put(s, STATEMENT_SNAPSHOT_END, err, "snissnnssninssiiiniisiisssi", e->container,
            e->file_bytes, e->bytes_read, e->server, e->server_version, e->rdb_version,
            e->created_at, e->checksum, e->trailing, e->trailing_bytes, (int64_t)e->is_complete,
            e->used_memory, e->depth, e->filter, number(e->keys), number(e->expires), e->bytes,
            e->alloc_bytes, e->rdb_bytes, number(e->keys_without_size), e->model, e->now_ms,
            number(e->patterns_merged_keys), e->now_source, e->identity, e->pattern_rules,
            s->snapshot_id);
    if (r < 0 && sqlite3_extended_errcode(s->db) == SQLITE_CONSTRAINT_UNIQUE)
        return fail_identity(s, e->identity, err);
    return r;
}
