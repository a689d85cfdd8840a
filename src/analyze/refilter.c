/* refilter.c -- a finished report database gone through again: with a filter, from another now.
 *
 * Every key row that passes goes through the same aggregates and lists of the largest that a
 * snapshot's keys go through, into a private database.  Two things cannot be had from key rows and
 * are taken from the source: a key's pattern (when the snapshot had too many, it was charged to a
 * coarser one) and the pattern's role: they are read before the keys, so that the keys are one
 * scan without joins.  What is not about keys (AUX, functions, modules, defects) is copied.
 * With the user's patterns, a key that one of them matches leaves the pattern it has; a role stays
 * where all keys of the new pattern had it.
 *
 * Of Sidekiq two figures hang on `now`: a queue's latency moves with it, and a process is alive
 * until its heartbeat expires.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/analyze.h"
#include "analyze/save.h"
#include "pattern/role.h"
#include "util/signals.h"

#define MAX_SYSTEMS 512 /* distinct names of systems and families: there is a fixed list of them   \
                         */

struct refilter {
    sqlite3 *src;
    struct store *store;
    const struct filter *filter;
    const struct pattern_rules *rules;
    char *filter_text; /* NULL: no filter */
    char *rules_text;  /* NULL: no rules */
    int64_t now_ms;    /* ROW_NULL: each snapshot's own */
    enum keys_stored keys;
    char *systems[MAX_SYSTEMS];
    size_t system_count;
};

static int fail_source(const struct refilter *r, struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "the report database: %s", sqlite3_errmsg(r->src));
}

static int fail_copy(const struct refilter *r, struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "the filtered database: %s",
                     sqlite3_errmsg(store_db(r->store)));
}

static int prepare(const struct refilter *r, const char *sql, int64_t snapshot_id,
                   sqlite3_stmt **ret_stmt, struct error *err)
{
    if (sqlite3_prepare_v2(r->src, sql, -1, ret_stmt, NULL) != SQLITE_OK)
        return fail_source(r, err);
    if (sqlite3_bind_parameter_count(*ret_stmt) > 0)
        sqlite3_bind_int64(*ret_stmt, 1, snapshot_id);
    return 0;
}

/* 1: a row; 0: no more; -1. */
static int step(const struct refilter *r, sqlite3_stmt *stmt, struct error *err)
{
    const int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : fail_source(r, err);
}

static int copy_row(const struct refilter *r, sqlite3_stmt *from, sqlite3_stmt *to,
                    struct error *err)
{
    for (int i = 0; i < sqlite3_column_count(from); i++)
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
    if (sqlite3_step(to) != SQLITE_DONE) {
        fail_copy(r, err);
        sqlite3_reset(to);
        return -1;
    }
    sqlite3_reset(to);
    return 0;
}

static int64_t column_nullable(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? ROW_NULL
                                                            : sqlite3_column_int64(stmt, column);
}

/* Rows of one table.  passes (may be NULL) looks at the source's row. */
static int copy_table(struct refilter *r, const char *table,
                      bool (*passes)(struct refilter *, sqlite3_stmt *), struct error *err)
{
    char *select = sqlite3_mprintf("SELECT * FROM %s", table);
    char *insert = NULL;
    sqlite3_stmt *from = NULL, *to = NULL;
    int more = -1;

    if (select == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    if (prepare(r, select, 0, &from, err) < 0)
        goto out;
    insert = sqlite3_mprintf(
        "INSERT OR IGNORE INTO %s VALUES(?%.*s)", table, 2 * (sqlite3_column_count(from) - 1),
        ",?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
        ",?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?");
    if (insert == NULL ||
        sqlite3_prepare_v2(store_db(r->store), insert, -1, &to, NULL) != SQLITE_OK) {
        fail_copy(r, err);
        goto out;
    }
    while ((more = step(r, from, err)) > 0) {
        if ((passes == NULL || passes(r, from)) && copy_row(r, from, to, err) < 0) {
            more = -1;
            break;
        }
    }
out:
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    sqlite3_free(select);
    sqlite3_free(insert);
    return more;
}

/* ---- Sidekiq -------------------------------------------------------------------------------- */

static const char *column_text(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text == NULL ? "" : text;
}

static bool set_passes(struct refilter *r, sqlite3_stmt *stmt)
{
    enum { DB = 1, KIND = 4, BYTES = 6, KEY = 16 };
    const struct sidekiq_set set = {
        .db = (uint64_t)sqlite3_column_int64(stmt, DB),
        .kind = strcmp(column_text(stmt, KIND), "queue") == 0 ? SIDEKIQ_QUEUE : SIDEKIQ_RETRY,
        .key = sqlite3_column_blob(stmt, KEY),
        .key_bytes = (size_t)sqlite3_column_bytes(stmt, KEY),
        .bytes = sqlite3_column_int64(stmt, BYTES),
    };

    return save_sidekiq_set_passes(r->filter, &set);
}

/* Of other job queues nothing is known under a filter: their figures are of many keys together. */
static bool jobs_known(struct refilter *r, sqlite3_stmt *stmt)
{
    (void)stmt;
    return r->filter->count == 0;
}

static bool stat_passes(struct refilter *r, sqlite3_stmt *stmt)
{
    enum { DB = 1, NAMESPACE, STAT, FIRST_DAY = 10, LAST_DAY };
    struct sidekiq_stat stat = {.db = (uint64_t)sqlite3_column_int64(stmt, DB),
                                .namespace_ = column_text(stmt, NAMESPACE),
                                .stat = column_text(stmt, STAT)};

    snprintf(stat.first_day, sizeof stat.first_day, "%s", column_text(stmt, FIRST_DAY));
    snprintf(stat.last_day, sizeof stat.last_day, "%s", column_text(stmt, LAST_DAY));
    return save_sidekiq_stat_passes(r->filter, &stat);
}

/* The set of the jobs came through: it is in the copy.  name: the column of its name. */
static bool is_of_copied_set(struct refilter *r, sqlite3_stmt *stmt, int name)
{
    sqlite3_stmt *find = NULL;
    bool is_found = false;

    if (sqlite3_prepare_v2(store_db(r->store), store_sql("copy-has-set"), -1, &find, NULL) !=
        SQLITE_OK)
        return false;
    for (int i = 0; i < 4; i++)
        sqlite3_bind_value(find, i + 1, sqlite3_column_value(stmt, i));
    sqlite3_bind_value(find, 5, sqlite3_column_value(stmt, name));
    is_found = sqlite3_step(find) == SQLITE_ROW;
    sqlite3_finalize(find);
    return is_found;
}

static bool jobs_pass(struct refilter *r, sqlite3_stmt *stmt)
{
    return is_of_copied_set(r, stmt, 4);
}

static bool bucket_passes(struct refilter *r, sqlite3_stmt *stmt)
{
    return is_of_copied_set(r, stmt, 3); /* a sorted set is named as its kind */
}

static bool passes_unfiltered(struct refilter *r, sqlite3_stmt *stmt)
{
    (void)stmt;
    return r->filter->count == 0;
}

/* ---- values --------------------------------------------------------------------------------- */

/* What is summed over values by pattern holds as long as all keys are in the copy, under the
 * patterns that they had: both number them by first appearance. */
static bool is_unfiltered(struct refilter *r, sqlite3_stmt *stmt)
{
    (void)stmt;
    return r->filter->count == 0 && r->rules->count == 0;
}

static bool stream_passes(struct refilter *r, sqlite3_stmt *stmt)
{
    enum { DB = 2, KEY, EXPIRES_AT = 5, BYTES };
    static const uint8_t nothing[1];
    struct key_row row = {
        .db = (uint64_t)sqlite3_column_int64(stmt, DB),
        .key = sqlite3_column_blob(stmt, KEY),
        .key_stored_bytes = (size_t)sqlite3_column_bytes(stmt, KEY),
        .type = RDBP_TYPE_STREAM,
        .expires_at_ms = column_nullable(stmt, EXPIRES_AT),
        .bytes = column_nullable(stmt, BYTES),
    };

    if (row.key == NULL)
        row.key = nothing;
    return filter_passes(r->filter, &row);
}

/* The stream of a group or a consumer came through. */
static bool stream_is_there(struct refilter *r, sqlite3_stmt *stmt)
{
    sqlite3_stmt *find = NULL;
    bool is_found = false;

    if (sqlite3_prepare_v2(store_db(r->store), store_sql("copy-has-stream"), -1, &find, NULL) !=
        SQLITE_OK)
        return false;
    sqlite3_bind_value(find, 1, sqlite3_column_value(stmt, 0));
    is_found = sqlite3_step(find) == SQLITE_ROW;
    sqlite3_finalize(find);
    return is_found;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static const char *intern(struct refilter *r, const char *system)
{
    if (system == NULL)
        return NULL;
    for (size_t i = 0; i < r->system_count; i++) {
        if (strcmp(r->systems[i], system) == 0)
            return r->systems[i];
    }
    if (r->system_count == MAX_SYSTEMS)
        return NULL;
    r->systems[r->system_count] = strdup(system);
    return r->systems[r->system_count] == NULL ? NULL : r->systems[r->system_count++];
}

/* One of the source's patterns, by the number that its keys carry. */
struct source_pattern {
    uint64_t n;
    uint8_t *bytes;
    size_t size_bytes;
    unsigned stars;
    bool is_rule;
    int role;
    const char *system, *family;
};

struct source_patterns {
    struct source_pattern *items; /* by n, usually without gaps */
    size_t count, capacity;
};

static void patterns_done(struct source_patterns *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].bytes);
    free(p->items);
}

static int take_pattern(struct refilter *r, struct source_patterns *p, sqlite3_stmt *stmt)
{
    enum { N, PATTERN, ROLE, SYSTEM, FAMILY, IS_RULE, STARS };
    const uint8_t *bytes = sqlite3_column_blob(stmt, PATTERN);
    const size_t n = (size_t)sqlite3_column_bytes(stmt, PATTERN);
    struct source_pattern *grown, *item;

    if (p->count == p->capacity) {
        const size_t wanted = p->capacity == 0 ? 64 : 2 * p->capacity;

        grown = realloc(p->items, wanted * sizeof *grown);
        if (grown == NULL)
            return -1;
        p->items = grown;
        p->capacity = wanted;
    }
    item = &p->items[p->count];
    item->n = (uint64_t)sqlite3_column_int64(stmt, N);
    item->size_bytes = n < PATTERN_MAX_BYTES ? n : PATTERN_MAX_BYTES;
    item->bytes = malloc(item->size_bytes + 1);
    if (item->bytes == NULL)
        return -1;
    if (item->size_bytes > 0)
        memcpy(item->bytes, bytes, item->size_bytes);
    item->is_rule = sqlite3_column_int(stmt, IS_RULE) != 0;
    item->stars = (unsigned)sqlite3_column_int(stmt, STARS) & PATTERN_STARS_ANY;
    item->role = sqlite3_column_int(stmt, ROLE);
    item->system = intern(r, (const char *)sqlite3_column_text(stmt, SYSTEM));
    item->family = intern(r, (const char *)sqlite3_column_text(stmt, FAMILY));
    p->count++;
    return 0;
}

static int take_patterns(struct refilter *r, struct source_patterns *p, int64_t id,
                         struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-patterns"), id, &stmt, err) < 0)
        goto out;
    while ((more = step(r, stmt, err)) > 0) {
        if (take_pattern(r, p, stmt) < 0) {
            more = error_set(err, EXIT_CANNOT_RUN, "out of memory");
            break;
        }
    }
out:
    sqlite3_finalize(stmt);
    return more;
}

/* A key without a pattern, which no database of ours has, belongs to the root. */
static const struct source_pattern *find_pattern(const struct source_patterns *p, uint64_t n)
{
    static uint8_t star[1] = {'*'};
    static const struct source_pattern root = {
        .bytes = star, .size_bytes = 1, .stars = PATTERN_STARS_ANY};
    size_t first = 0, end = p->count;

    if (n > 0 && n <= p->count && p->items[n - 1].n == n)
        return &p->items[n - 1];
    while (first < end) {
        const size_t middle = first + (end - first) / 2;

        if (p->items[middle].n == n)
            return &p->items[middle];
        if (p->items[middle].n < n)
            first = middle + 1;
        else
            end = middle;
    }
    return &root;
}

/* Columns of `source-keys`. */
enum {
    C_ID = 0,
    C_DB,
    C_KEY,
    C_KEY_BYTES,
    C_TYPE,
    C_ENCODING,
    C_RDB_TYPE,
    C_NOTE,
    C_BYTES,
    C_ALLOC_BYTES,
    C_RDB_BYTES,
    C_ELEMENTS,
    C_LARGEST,
    C_EXPIRES_AT,
    C_IDLE,
    C_FREQ,
    C_PATTERN_N
};

/* What filters and sums look at; the pattern is the source's. */
static void read_row(const struct refilter *r, sqlite3_stmt *stmt, struct key_row *row)
{
    static const uint8_t nothing[1];
    const char *module;

    row->n = (uint64_t)sqlite3_column_int64(stmt, C_ID) & ((UINT64_C(1) << 40) - 1);
    row->db = (uint64_t)sqlite3_column_int64(stmt, C_DB);
    row->key = sqlite3_column_blob(stmt, C_KEY); /* NULL when it is empty */
    row->key_stored_bytes = (size_t)sqlite3_column_bytes(stmt, C_KEY);
    if (row->key == NULL)
        row->key = nothing;
    row->type_id = (uint32_t)sqlite3_column_int64(stmt, C_TYPE);
    row->type = row->type_id < RDBP_TYPE_COUNT_ ? (enum rdbp_type)row->type_id : RDBP_TYPE_MODULE;
    row->module_name[0] = '\0';
    if (row->type_id >= STORE_FIRST_MODULE_TYPE) {
        module = store_module_type_name(r->store, row->type_id - STORE_FIRST_MODULE_TYPE);
        snprintf(row->module_name, sizeof row->module_name, "%s", module == NULL ? "" : module);
    }
    row->bytes = column_nullable(stmt, C_BYTES);
    row->expires_at_ms = column_nullable(stmt, C_EXPIRES_AT);
}

/* Of a key that passed. */
static void read_rest(sqlite3_stmt *stmt, struct key_row *row)
{
    row->alloc_bytes = column_nullable(stmt, C_ALLOC_BYTES);
    row->rdb_bytes = column_nullable(stmt, C_RDB_BYTES);
    row->elements = column_nullable(stmt, C_ELEMENTS);
    row->largest_element = column_nullable(stmt, C_LARGEST);
    row->pattern_n = (uint64_t)sqlite3_column_int64(stmt, C_PATTERN_N);
    row->key_bytes = sqlite3_column_type(stmt, C_KEY_BYTES) == SQLITE_NULL
                         ? row->key_stored_bytes
                         : (uint64_t)sqlite3_column_int64(stmt, C_KEY_BYTES);
    row->encoding = (enum encoding)sqlite3_column_int(stmt, C_ENCODING);
    row->rdb_type = (uint16_t)sqlite3_column_int(stmt, C_RDB_TYPE);
    row->size_note = (enum size_note)sqlite3_column_int(stmt, C_NOTE);
    row->idle_seconds = column_nullable(stmt, C_IDLE);
    row->freq = column_nullable(stmt, C_FREQ);
}

struct keys_pass {
    struct aggregate *aggregate;
    struct hints *hints;
    struct top *top;
    struct source_patterns patterns;
    struct store_batch batch;
    bool has_slots;
};

static int put_row(struct refilter *r, struct keys_pass *pass, const struct key_row *row,
                   struct error *err)
{
    struct store_key *k;

    if (store_batch_is_full(&pass->batch)) {
        if (store_put_keys(r->store, &pass->batch, err) < 0)
            return -1;
        store_batch_clear(&pass->batch);
    }
    k = store_batch_add(&pass->batch, row->key, row->key_stored_bytes, row->key_bytes);
    if (k == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    k->row = *row;
    store_batch_accept(&pass->batch);
    if (store_batch_add_text(&pass->batch, k) < 0)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    return 0;
}

static void keep_common_role(struct aggregate_pattern *p, const struct source_pattern *source)
{
    if (p->family != source->family)
        p->family = NULL;
    if (p->role == source->role && p->system == source->system)
        return;
    p->role = ROLE_APP;
    p->system = p->family = NULL;
}

static int take_key(struct refilter *r, struct keys_pass *pass, sqlite3_stmt *stmt,
                    struct key_row *row, struct error *err)
{
    const size_t known = aggregate_pattern_count(pass->aggregate);
    const struct source_pattern *pattern;
    struct pattern_shape shape;
    bool is_new_rule;
    int is_top;

    read_rest(stmt, row);
    pattern = find_pattern(&pass->patterns, row->pattern_n);
    is_new_rule = r->rules->count > 0 && row->key_bytes <= STORE_MAX_KEY_BYTES &&
                  pattern_rules_shape(r->rules, row->key, row->key_stored_bytes, &shape);
    if (!is_new_rule)
        shape = (struct pattern_shape){pattern->bytes, pattern->size_bytes, pattern->stars,
                                       pattern->is_rule};
    row->pattern_n = aggregate_add(pass->aggregate, row, &shape, 0);
    is_top = row->pattern_n == 0 ? -1 : top_add(pass->top, row);
    if (pass->has_slots && aggregate_add_slot(pass->aggregate, row) < 0)
        is_top = -1;
    if (is_top < 0)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    if (aggregate_pattern_count(pass->aggregate) > known) {
        struct aggregate_pattern *p = aggregate_pattern_at(pass->aggregate, known);

        p->role = pattern->role;
        p->system = pattern->system;
        p->family = pattern->family;
    } else if (is_new_rule) {
        keep_common_role(aggregate_pattern_at(pass->aggregate, row->pattern_n - 1), pattern);
    }
    if (r->keys != KEYS_ALL && is_top == 0)
        return 0;
    return put_row(r, pass, row, err);
}

static int take_keys(struct refilter *r, struct keys_pass *pass, int64_t id, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-keys"), id, &stmt, err) < 0)
        goto out;
    while ((more = step(r, stmt, err)) > 0) {
        struct key_row row = {0};

        if (signals_cancelled() != 0) {
            more = error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
            break;
        }
        read_row(r, stmt, &row);
        if (filter_passes(r->filter, &row) && take_key(r, pass, stmt, &row, err) < 0) {
            more = -1;
            break;
        }
    }
    if (more == 0)
        more = store_put_keys(r->store, &pass->batch, err);
    if (more == 0)
        more = store_end_keys(r->store, err);
out:
    sqlite3_finalize(stmt);
    return more;
}

static int take_has_slots(struct refilter *r, struct keys_pass *pass, int64_t id, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-has-slots"), id, &stmt, err) == 0)
        more = step(r, stmt, err);
    sqlite3_finalize(stmt);
    pass->has_slots = more > 0;
    return more < 0 ? -1 : 0;
}

/* The file's own figures stay with the databases that still have keys. */
static int take_hints(struct refilter *r, struct hints *hints, int64_t id, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-hints"), id, &stmt, err) < 0)
        goto out;
    while ((more = step(r, stmt, err)) > 0) {
        if (hints_add(hints, (uint64_t)sqlite3_column_int64(stmt, 0),
                      (uint64_t)sqlite3_column_int64(stmt, 1),
                      (uint64_t)sqlite3_column_int64(stmt, 2)) < 0) {
            more = error_set(err, EXIT_CANNOT_RUN, "out of memory");
            break;
        }
    }
out:
    sqlite3_finalize(stmt);
    return more;
}

/* The tables of the server are a fact of the file, whatever the filter. */
static int copy_tables_of(struct refilter *r, int64_t id, struct error *err)
{
    sqlite3_stmt *from = NULL, *to = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-tables"), id, &from, err) < 0)
        goto out;
    if (sqlite3_prepare_v2(store_db(r->store), store_sql("copy-tables"), -1, &to, NULL) !=
        SQLITE_OK) {
        fail_copy(r, err);
        goto out;
    }
    while ((more = step(r, from, err)) > 0) {
        if (copy_row(r, from, to, err) < 0) {
            more = -1;
            break;
        }
    }
out:
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    return more;
}

static const char *store_type_name(const void *user, uint32_t type_id)
{
    const char *name = type_id < STORE_FIRST_MODULE_TYPE
                           ? rdbp_type_name((enum rdbp_type)type_id)
                           : store_module_type_name(user, type_id - STORE_FIRST_MODULE_TYPE);

    return name == NULL ? "module" : name;
}

static int update_snapshot(struct refilter *r, int64_t id, const struct aggregate *a,
                           struct error *err)
{
    const struct aggregate_totals t = aggregate_totals(a);
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (sqlite3_prepare_v2(store_db(r->store), store_sql("copy-snapshot"), -1, &stmt, NULL) !=
        SQLITE_OK)
        return fail_copy(r, err);
    sqlite3_bind_text(stmt, 1, r->filter_text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, (int64_t)t.all.keys);
    sqlite3_bind_int64(stmt, 3, (int64_t)t.expires);
    sqlite3_bind_int64(stmt, 4, t.all.bytes);
    if (t.all.alloc_keys > 0)
        sqlite3_bind_int64(stmt, 5, t.all.alloc_bytes);
    sqlite3_bind_int64(stmt, 6, t.rdb_bytes);
    sqlite3_bind_int64(stmt, 7, (int64_t)t.keys_without_size);
    sqlite3_bind_int64(stmt, 8, id);
    sqlite3_bind_text(stmt, 9, r->rules_text, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : fail_copy(r, err);
}

static int refilter_snapshot(struct refilter *r, int64_t id, int64_t now_ms, struct error *err)
{
    struct keys_pass pass = {0};
    int result = -1;

    pass.aggregate = aggregate_new(now_ms, SIZE_MAX);
    pass.hints = hints_new();
    pass.top = top_new();
    if (pass.aggregate == NULL || pass.hints == NULL || pass.top == NULL ||
        store_batch_init(&pass.batch) < 0) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    store_resume_snapshot(r->store, (uint64_t)id);
    if (take_patterns(r, &pass.patterns, id, err) < 0 || take_has_slots(r, &pass, id, err) < 0 ||
        take_keys(r, &pass, id, err) < 0 || take_hints(r, pass.hints, id, err) < 0)
        goto out;
    top_sort(pass.top);
    if (save_aggregate(r->store, pass.aggregate, pass.hints, NULL, r->filter_text != NULL, err) <
            0 ||
        copy_tables_of(r, id, err) < 0 ||
        save_top(r->store, pass.top, store_type_name, r->store, err) < 0 ||
        store_keep_top_rows(r->store, err) < 0)
        goto out;
    result = update_snapshot(r, id, pass.aggregate, err);
out:
    aggregate_free(pass.aggregate);
    hints_free(pass.hints);
    top_free(pass.top);
    patterns_done(&pass.patterns);
    store_batch_done(&pass.batch);
    return result;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int copy_tables(struct refilter *r, struct error *err)
{
    static const struct {
        const char *name;
        bool (*passes)(struct refilter *, sqlite3_stmt *);
    } tables[] = {
        {"sets", NULL},
        {"snapshots", NULL},
        {"rdb_encoding_names", NULL},
        {"aux", NULL},
        {"functions", NULL},
        {"modules", NULL},
        {"defects", NULL},
        {"job_systems", jobs_known},
        {"job_queues", jobs_known},
        {"job_classes", jobs_known},
        {"sidekiq_installations", NULL},
        {"sidekiq_sets", set_passes},
        {"sidekiq_jobs", jobs_pass},
        {"sidekiq_stats", stat_passes},
        {"sidekiq_buckets", bucket_passes},
        {"sidekiq_processes", passes_unfiltered},
        {"sidekiq_threads", passes_unfiltered},
        {"sidekiq_metrics", passes_unfiltered},
        {"sidekiq_links", passes_unfiltered},
        {"packed_limits", is_unfiltered},
        {"string_classes", is_unfiltered},
        {"string_rows", is_unfiltered},
        {"past_limit_rows", is_unfiltered},
        {"field_ttl_rows", is_unfiltered},
        {"streams", stream_passes},
        {"stream_groups", stream_is_there},
        {"stream_consumers", stream_is_there},
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (copy_table(r, tables[i].name, tables[i].passes, err) < 0)
            return -1;
    }
    return 0;
}

static int copy_module_types(struct refilter *r, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-module-types"), STORE_FIRST_MODULE_TYPE, &stmt, err) < 0)
        goto out;
    while ((more = step(r, stmt, err)) > 0) {
        if (store_put_module_type(r->store, (uint32_t)sqlite3_column_int64(stmt, 0),
                                  column_text(stmt, 1), err) < 0) {
            more = -1;
            break;
        }
    }
out:
    sqlite3_finalize(stmt);
    return more;
}

/* Runs a statement on the copy; now_ms is its parameter. */
static int update_copy(const struct refilter *r, const char *name, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store_db(r->store), store_sql(name), -1, &stmt, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, r->now_ms);
        rc = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : fail_copy(r, err);
}

static int move_heartbeats(const struct refilter *r, struct error *err)
{
    sqlite3_stmt *from = NULL, *to = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-heartbeats"), r->now_ms, &from, err) < 0)
        goto out;
    if (sqlite3_prepare_v2(store_db(r->store), store_sql("copy-heartbeats"), -1, &to, NULL) !=
        SQLITE_OK) {
        fail_copy(r, err);
        goto out;
    }
    while ((more = step(r, from, err)) > 0) {
        if (copy_row(r, from, to, err) < 0) {
            more = -1;
            break;
        }
    }
out:
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    return more;
}

/* What the copied tables say relative to now; the sums over keys have it already. */
static int move_now(const struct refilter *r, struct error *err)
{
    if (r->now_ms == ROW_NULL)
        return 0;
    if (update_copy(r, "copy-now-buckets", err) < 0 || update_copy(r, "copy-now-metrics", err) < 0)
        return -1;
    if (update_copy(r, "copy-now-jobs", err) < 0 || update_copy(r, "copy-latencies", err) < 0 ||
        move_heartbeats(r, err) < 0)
        return -1;
    if (update_copy(r, "copy-now-field-ttls", err) < 0 ||
        update_copy(r, "copy-now-databases", err) < 0 ||
        update_copy(r, "copy-now-snapshots", err) < 0 || update_copy(r, "copy-now", err) < 0)
        return -1;
    return store_end_sets(r->store, 0, err);
}

static int refilter_all(struct refilter *r, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int more = -1;

    if (prepare(r, store_sql("source-snapshots"), 0, &stmt, err) < 0)
        goto out;
    while ((more = step(r, stmt, err)) > 0) {
        const int64_t now_ms = r->now_ms == ROW_NULL ? sqlite3_column_int64(stmt, 1) : r->now_ms;

        if (strcmp(column_text(stmt, 2), "all") != 0) {
            more = error_set(err, EXIT_CANNOT_RUN,
                             "snapshot '%.200s' was stored with --keys %s: %s needs all keys",
                             column_text(stmt, 3), column_text(stmt, 2),
                             r->filter_text != NULL  ? "a filter"
                             : r->rules_text != NULL ? "--pattern"
                                                     : "another --now");
            break;
        }
        more = refilter_snapshot(r, sqlite3_column_int64(stmt, 0), now_ms, err);
        if (more < 0)
            break;
    }
out:
    sqlite3_finalize(stmt);
    return more;
}

int analyze_refilter(sqlite3 *src, const struct filter *filter, const struct pattern_rules *rules,
                     int64_t now_ms, enum keys_stored keys, sqlite3 **ret_db, struct error *err)
{
    struct refilter r = {
        .src = src, .filter = filter, .rules = rules, .now_ms = now_ms, .keys = keys};
    int result = -1;

    if (filter_text(filter, &r.filter_text) < 0 || pattern_rules_text(rules, &r.rules_text) < 0) {
        free(r.filter_text);
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    if (store_open(STORE_PRIVATE, NULL, keys, &r.store, err) < 0)
        goto out;
    if (copy_module_types(&r, err) < 0 || copy_tables(&r, err) < 0 || refilter_all(&r, err) < 0 ||
        move_now(&r, err) < 0)
        goto out;
    result = store_finish(r.store, ret_db, err);
    r.store = NULL;
out:
    store_abort(r.store);
    for (size_t i = 0; i < r.system_count; i++)
        free(r.systems[i]);
    free(r.filter_text);
    free(r.rules_text);
    return result;
}
