/* globs.c -- how many keys of the chosen set a glob would hit, and how large they are.
 *
 *      glob_keys(db, glob)       keys      glob_is_exact(db, glob)   1: both are what a server
 * would glob_bytes(db, glob)      bytes                               answer, 0: they are at most
 * so
 *
 * How: the set's patterns are read once.  A pattern whose keys are all hit, or none, is settled by
 * its shape (pattern/shape.c); of the others the stored keys are matched.  These are read once,
 * too, and only when there are few: going through all keys of a large database takes longer than a
 * report may.  What stays unsettled counts as hit, so a figure never promises too little: a glob
 * is looked at before something is done to what it hits.
 *
 * NULL when nobody can know: the snapshot was read or is shown with a filter, or the database is
 * among those that are summed (db -1).  A snapshot that is not complete has keys that nobody saw:
 * not exact, and neither is what only names that are redacted could tell.  The work for a glob is
 * bounded.
 */
// SPDX-License-Identifier: MIT
#include "report/globs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pattern/pattern.h"
#include "report/strbuf.h"
#include "util/grow.h"

#define MAX_TESTED_KEYS 200000  /* that are read to be matched, some 50 ms */
#define MAX_STEPS       5000000 /* of comparing shapes for a glob, some 10 ms */
#define MAX_TESTS       5000000 /* bytes of names that are matched for a glob, likewise */

enum { DB_OF_ALL_OTHERS = -1, NO_KEY = -1 };

/* A row of pattern_rows. */
struct entry {
    int64_t id, db, keys, bytes;
    size_t text_at, text_bytes;
    unsigned stars;
    bool is_rule;
    int32_t first_key; /* of the stored ones; NO_KEY: none */
};

struct stored_key {
    size_t name_at;
    uint32_t name_bytes;
    int32_t next; /* of the same entry */
    int64_t bytes;
    bool is_cut;
};

struct hits {
    int64_t db, keys, bytes;
    bool is_known, is_exact;
    char *glob; /* NULL: nothing was asked yet */
    size_t glob_bytes;
};

struct globs {
    bool is_loaded, keys_are_loaded, has_keys;
    bool is_filtered, is_complete, is_one; /* snapshot */
    struct entry *entries;                 /* by id */
    size_t entry_count, entry_capacity;
    struct strbuf text; /* of the patterns */
    struct stored_key *keys;
    size_t key_count, key_capacity;
    struct strbuf names; /* of the keys */
    struct pattern_automaton *automaton;
    int64_t steps, tests; /* what may still be spent */
    struct hits last;     /* one row asks three times for the same */
};

static void globs_free(void *data)
{
    struct globs *g = data;

    free(g->entries);
    free(g->keys);
    strbuf_done(&g->text);
    strbuf_done(&g->names);
    pattern_automaton_free(g->automaton);
    free(g->last.glob);
    free(g);
}

/* ---- reading -------------------------------------------------------------------------------- */

static int take_entry(struct globs *g, sqlite3_stmt *stmt)
{
    enum { ID, DB, PATTERN, IS_RULE, STARS, KEYS, BYTES };
    struct entry *const entries =
        grow_array(g->entries, g->entry_count, &g->entry_capacity, sizeof *entries);
    const void *text = sqlite3_column_blob(stmt, PATTERN);
    struct entry *e;

    if (entries == NULL)
        return -1;
    g->entries = entries;
    e = &entries[g->entry_count++];
    *e = (struct entry){.id = sqlite3_column_int64(stmt, ID),
                        .db = sqlite3_column_int64(stmt, DB),
                        .keys = sqlite3_column_int64(stmt, KEYS),
                        .bytes = sqlite3_column_int64(stmt, BYTES),
                        .text_at = g->text.size_bytes,
                        .text_bytes = (size_t)sqlite3_column_bytes(stmt, PATTERN),
                        .stars = (unsigned)sqlite3_column_int(stmt, STARS) & PATTERN_STARS_ANY,
                        .is_rule = sqlite3_column_int(stmt, IS_RULE) != 0,
                        .first_key = NO_KEY};
    if (e->text_bytes > PATTERN_MAX_BYTES) /* no file of ours has such */
        e->text_bytes = PATTERN_MAX_BYTES;
    if (e->text_bytes > 0)
        strbuf_add(&g->text, text, e->text_bytes);
    return g->text.failed ? -1 : 0;
}

static struct entry *find_entry(struct globs *g, int64_t id)
{
    size_t first = 0, end = g->entry_count;

    while (first < end) {
        const size_t middle = first + (end - first) / 2;

        if (g->entries[middle].id == id)
            return &g->entries[middle];
        if (g->entries[middle].id < id)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

static int take_key(struct globs *g, sqlite3_stmt *stmt)
{
    enum { ID, KEY, IS_CUT, BYTES };
    struct stored_key *const keys =
        grow_array(g->keys, g->key_count, &g->key_capacity, sizeof *keys);
    struct entry *const e = find_entry(g, sqlite3_column_int64(stmt, ID));
    const void *name = sqlite3_column_blob(stmt, KEY);
    struct stored_key *k;

    if (keys == NULL)
        return -1;
    g->keys = keys;
    if (e == NULL)
        return 0;
    k = &keys[g->key_count];
    *k = (struct stored_key){.name_at = g->names.size_bytes,
                             .name_bytes = (uint32_t)sqlite3_column_bytes(stmt, KEY),
                             .next = e->first_key,
                             .bytes = sqlite3_column_int64(stmt, BYTES),
                             .is_cut = sqlite3_column_int(stmt, IS_CUT) != 0};
    e->first_key = (int32_t)g->key_count++;
    if (k->name_bytes > 0)
        strbuf_add(&g->names, name, k->name_bytes);
    return g->names.failed ? -1 : 0;
}

/* Gives every row to take().  An SQLite code. */
static int read_rows(sqlite3 *db, const char *sql, struct globs *g,
                     int (*take)(struct globs *, sqlite3_stmt *))
{
    sqlite3_stmt *stmt = NULL;
    int r = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    while (r == SQLITE_OK && (r = sqlite3_step(stmt)) == SQLITE_ROW)
        r = take(g, stmt) < 0 ? SQLITE_NOMEM : SQLITE_OK;
    sqlite3_finalize(stmt);
    return r == SQLITE_DONE ? SQLITE_OK : r;
}

static int take_set(struct globs *g, sqlite3_stmt *stmt)
{
    g->is_filtered = sqlite3_column_int(stmt, 0) > 0;
    g->is_complete = sqlite3_column_int(stmt, 1) != 0;
    g->has_keys =
        sqlite3_column_int(stmt, 2) != 0 && sqlite3_column_int64(stmt, 3) <= MAX_TESTED_KEYS;
    g->is_one = sqlite3_column_int(stmt, 4) == 1;
    return 0;
}

#define SIZE_OF_SUMS                                                                               \
    "CASE WHEN (SELECT has_alloc_bytes FROM temp.report_set) THEN alloc_bytes ELSE bytes END"

static int load(sqlite3 *db, struct globs *g)
{
    int r;

    if (g->is_loaded)
        return SQLITE_OK;
    g->automaton = pattern_automaton_new();
    r = g->automaton == NULL ? SQLITE_NOMEM
                             : read_rows(db,
                                         "SELECT count(filter), min(complete),"
                                         "       min(keys_stored = 'all' AND redacted IS NULL),"
                                         "       sum(keys), count(*)"
                                         "  FROM temp.report_snapshots",
                                         g, take_set);
    if (r == SQLITE_OK)
        r = read_rows(db,
                      "SELECT id, db, pattern, is_rule, stars, keys, " SIZE_OF_SUMS
                      "  FROM main.pattern_rows"
                      " WHERE id >> 40 IN (SELECT id FROM temp.report_ids) ORDER BY id",
                      g, take_entry);
    g->is_loaded = r == SQLITE_OK;
    return r;
}

static int load_keys(sqlite3 *db, struct globs *g)
{
    if (g->keys_are_loaded || !g->has_keys)
        return SQLITE_OK;
    g->keys_are_loaded = true;
    return read_rows(
        db,
        "SELECT id >> 40 << 40 | pattern_n, key, coalesce(key_bytes > 1048576, 0), " SIZE_OF_SUMS
        "  FROM main.key_rows WHERE id >> 40 IN (SELECT id FROM temp.report_ids)",
        g, take_key);
}

/* ---- asking --------------------------------------------------------------------------------- */

static void add_all(struct hits *h, const struct entry *e)
{
    h->keys += e->keys;
    h->bytes += e->bytes;
}

/* The keys of an entry one by one. */
static void add_matching(struct globs *g, struct hits *h, const struct entry *e)
{
    if (!g->has_keys || g->tests < 0) {
        add_all(h, e);
        h->is_exact = false;
        return;
    }
    for (int32_t i = e->first_key; i != NO_KEY; i = g->keys[i].next) {
        const struct stored_key *const k = &g->keys[i];

        g->tests -= 16 + (int64_t)k->name_bytes;
        if (!k->is_cut &&
            !glob_match((const uint8_t *)h->glob, h->glob_bytes,
                        (const uint8_t *)strbuf_text(&g->names) + k->name_at, k->name_bytes))
            continue;
        h->is_exact = h->is_exact && !k->is_cut;
        h->keys++;
        h->bytes += k->bytes;
    }
}

/* Whether the glob is one name, and the entry is the key of that name. */
static bool is_its_name(const struct hits *h, const struct pattern_shape *shape)
{
    uint8_t glob[2 * PATTERN_MAX_BYTES];

    return !shape->is_rule && shape->size_bytes > 0 && shape->size_bytes <= PATTERN_MAX_BYTES &&
           memchr(shape->bytes, '*', shape->size_bytes) == NULL &&
           pattern_glob(shape, glob) == h->glob_bytes && memcmp(glob, h->glob, h->glob_bytes) == 0;
}

static int count_hits(sqlite3 *db, struct globs *g, struct hits *h)
{
    const struct pattern_shape of = {.bytes = (const uint8_t *)h->glob,
                                     .size_bytes = h->glob_bytes,
                                     .stars = PATTERN_STARS_ANY,
                                     .is_rule = true};
    int r = SQLITE_OK;

    h->is_exact = g->is_complete;
    g->steps = MAX_STEPS;
    g->tests = MAX_TESTS;
    pattern_automaton_set(g->automaton, &of);
    for (size_t i = 0; i < g->entry_count && r == SQLITE_OK; i++) {
        const struct entry *const e = &g->entries[i];
        const struct pattern_shape shape = {(const uint8_t *)strbuf_text(&g->text) + e->text_at,
                                            e->text_bytes, e->stars, e->is_rule};
        enum pattern_relation relation;

        if (e->db != h->db && e->db != DB_OF_ALL_OTHERS)
            continue;
        relation = pattern_relate(g->automaton, &shape, &g->steps);
        if (relation == PATTERN_APART)
            continue;
        if (g->is_one && e->db == h->db && relation == PATTERN_INSIDE && is_its_name(h, &shape)) {
            /* A name is there once in a database. */
            h->keys = e->keys;
            h->bytes = e->bytes;
            h->is_exact = g->is_complete;
            break;
        }
        if (e->db == DB_OF_ALL_OTHERS) {
            add_all(h, e);
            h->is_exact = false;
        } else if (relation == PATTERN_INSIDE) {
            add_all(h, e);
        } else {
            r = load_keys(db, g);
            add_matching(g, h, e);
        }
    }
    return r;
}

static int ask(sqlite3 *db, struct globs *g, sqlite3_value **argv)
{
    struct hits h = {.db = sqlite3_value_int64(argv[0])};
    const void *glob = sqlite3_value_blob(argv[1]);
    int r;

    h.glob_bytes = (size_t)sqlite3_value_bytes(argv[1]);
    if (g->last.glob != NULL && g->last.db == h.db && g->last.glob_bytes == h.glob_bytes &&
        memcmp(g->last.glob, h.glob_bytes > 0 ? glob : "", h.glob_bytes) == 0)
        return SQLITE_OK;
    r = load(db, g);
    if (r != SQLITE_OK)
        return r;
    h.glob = malloc(h.glob_bytes + 1);
    if (h.glob == NULL)
        return SQLITE_NOMEM;
    if (h.glob_bytes > 0)
        memcpy(h.glob, glob, h.glob_bytes);
    h.is_known = !g->is_filtered && h.db != DB_OF_ALL_OTHERS &&
                 h.glob_bytes <= (size_t)2 * PATTERN_MAX_BYTES;
    if (h.is_known)
        r = count_hits(db, g, &h);
    free(g->last.glob);
    g->last = h;
    return r;
}

enum question { ASK_KEYS, ASK_BYTES, ASK_IS_EXACT };

static void answer(sqlite3_context *context, sqlite3_value **argv, enum question question)
{
    struct globs *const g = sqlite3_user_data(context);
    int r;

    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
        return;
    r = ask(sqlite3_context_db_handle(context), g, argv);
    if (r != SQLITE_OK)
        sqlite3_result_error_code(context, r);
    else if (!g->last.is_known)
        sqlite3_result_null(context);
    else
        sqlite3_result_int64(context, question == ASK_KEYS    ? g->last.keys
                                      : question == ASK_BYTES ? g->last.bytes
                                                              : g->last.is_exact);
}

static void glob_keys(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    answer(context, argv, ASK_KEYS);
}

static void glob_bytes(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    answer(context, argv, ASK_BYTES);
}

static void glob_is_exact(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    answer(context, argv, ASK_IS_EXACT);
}

int globs_register(sqlite3 *db, struct error *err)
{
    struct globs *const g = calloc(1, sizeof *g);
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    int r;

    if (g == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    /* The last to be registered owns what the three share: it is replaced and freed last. */
    r = sqlite3_create_function_v2(db, "glob_keys", 2, flags, g, glob_keys, NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_create_function_v2(db, "glob_bytes", 2, flags, g, glob_bytes, NULL, NULL, NULL);
    if (r != SQLITE_OK) {
        globs_free(g);
        return error_set(err, EXIT_CANNOT_RUN, "SQLite: %s", sqlite3_errmsg(db));
    }
    r = sqlite3_create_function_v2(db, "glob_is_exact", 2, flags, g, glob_is_exact, NULL, NULL,
                                   globs_free);
    return r == SQLITE_OK ? 0 : error_set(err, EXIT_CANNOT_RUN, "SQLite: %s", sqlite3_errmsg(db));
}
