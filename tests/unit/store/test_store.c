/* test_store.c -- sums and sink together, seen from the database; and what is left of a file after
 * each end.
 *
 * Sums are compared with GROUP BY over the key rows, which SQLite works out by itself.
 */
// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyze/aggregate.h"
#include "analyze/save.h"
#include "analyze/top.h"
#include "query.h"
#include "store/store.h"

#define NOW_MS INT64_C(1700000000000)

static char folder[] = "/var/tmp/rdblens-test-XXXXXX";

static char *path_in_folder(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static size_t count_files(void)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    size_t n = 0;

    while ((e = readdir(d)) != NULL)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* ---- a made-up snapshot --------------------------------------------------------------------- */

struct made {
    struct aggregate *aggregate;
    struct hints *hints;
    struct top *top;
    struct store_batch batch;
};

static const char *type_name(const void *user, uint32_t type_id)
{
    (void)user;
    return rdbp_type_name((enum rdbp_type)type_id);
}

static void add_key(struct store *s, struct made *m, const uint8_t *key, size_t key_bytes,
                    struct key_row row)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    struct pattern_shape shape = {.bytes = pattern};
    struct store_key *k;
    struct error err;
    int is_top;

    if (store_batch_is_full(&m->batch)) {
        assert_int_equal(store_put_keys(s, &m->batch, &err), 0);
        store_batch_clear(&m->batch);
    }
    row.key = key;
    row.key_stored_bytes = key_bytes;
    row.key_bytes = row.key_bytes == 0 ? key_bytes : row.key_bytes;
    row.type_id = (uint32_t)row.type;
    shape.size_bytes = pattern_fold_stars(key, key_bytes, false, pattern, &shape.stars);
    row.pattern_n = aggregate_add(m->aggregate, &row, &shape, 0);
    assert_int_not_equal(row.pattern_n, 0);
    is_top = top_add(m->top, &row);
    assert_true(is_top >= 0);
    k = store_batch_add(&m->batch, key, key_bytes, row.key_bytes);
    assert_non_null(k);
    k->row = row;
    store_batch_accept(&m->batch);
    assert_int_equal(store_batch_add_text(&m->batch, k), 0);
}

/* Keys of many patterns, types and databases, with and without TTL and size. */
static void add_many_keys(struct store *s, struct made *m, uint64_t count)
{
    static const char *const words[] = {"user", "session", "cart", "views", "lock"};

    for (uint64_t i = 0; i < count; i++) {
        struct key_row row = {
            .n = i + 1,
            .db = i % 3,
            .type = i % 2 == 0 ? RDBP_TYPE_STRING : RDBP_TYPE_HASH,
            .encoding = ENCODING_RAW,
            .bytes = i % 101 == 0 ? ROW_NULL : (int64_t)(i * 7919 % 10007),
            .alloc_bytes = i % 101 == 0 ? ROW_NULL : (int64_t)(i * 7919 % 10007) + 8,
            .rdb_bytes = (int64_t)(i % 333),
            .elements = i % 101 == 0 ? ROW_NULL : (int64_t)(i % 50),
            .largest_element = ROW_NULL,
            .expires_at_ms = i % 4 == 0
                                 ? ROW_NULL
                                 : NOW_MS + (int64_t)(i * 6700417 % 100000000000) - 10000000000,
            .idle_seconds = ROW_NULL,
            .freq = ROW_NULL,
        };
        char key[80];
        /* The letters make patterns that do not fold together. */
        const int n =
            snprintf(key, sizeof key, "%s:%c%c%c:%" PRIu64, words[i % 5], 'a' + (char)(i / 7 % 26),
                     'a' + (char)(i / 200 % 26), 'a' + (char)(i / 5000 % 26), i);

        add_key(s, m, (const uint8_t *)key, (size_t)n, row);
    }
}

static void begin_made(struct store *s, struct made *m, size_t max_patterns)
{
    const struct store_snapshot_start start = {"dump.rdb", "dump"};
    uint64_t id;
    struct error err;

    assert_int_equal(store_begin_set(s, "set", &id, &err), 0);
    assert_int_equal(store_begin_snapshot(s, &start, &id, &err), 0);
    m->aggregate = aggregate_new(NOW_MS, max_patterns);
    m->hints = hints_new();
    m->top = top_new();
    assert_int_equal(store_batch_init(&m->batch), 0);
}

static int end_made(struct store *s, struct made *m, const char *identity, struct error *err)
{
    const struct aggregate_totals t = aggregate_totals(m->aggregate);
    const struct store_snapshot row = {
        .container = "plain",
        .depth = "needed",
        .model = "redis-7.2",
        .now_source = "option",
        .identity = identity,
        .file_bytes = ROW_NULL,
        .created_at = ROW_NULL,
        .used_memory = ROW_NULL,
        .rdb_version = 11,
        .trailing_bytes = ROW_NULL,
        .is_complete = true,
        .keys = t.all.keys,
        .expires = t.expires,
        .bytes = t.all.bytes,
        .alloc_bytes = t.all.alloc_bytes,
        .rdb_bytes = t.rdb_bytes,
        .keys_without_size = t.keys_without_size,
        .now_ms = NOW_MS,
        .patterns_merged_keys = t.merged_keys,
    };
    int r;

    top_sort(m->top);
    r = store_put_keys(s, &m->batch, err) < 0 ||
                save_aggregate(s, m->aggregate, m->hints, NULL, false, err) < 0 ||
                save_top(s, m->top, type_name, NULL, err) < 0 || store_put_rdb_type(s, 0, err) < 0
            ? -1
            : store_end_snapshot(s, &row, err);
    aggregate_free(m->aggregate);
    hints_free(m->hints);
    top_free(m->top);
    store_batch_done(&m->batch);
    return r;
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* Rows on either side that the other does not have. */
#define DIFFERENCE(a, b)                                                                           \
    "SELECT (SELECT count(*) FROM (" a " EXCEPT " b ")) + (SELECT count(*) FROM (" b " EXCEPT " a  \
    "))"

#define NOW_TEXT "1700000000000"

static void check_sums(sqlite3 *db)
{
    assert_int_equal(
        query_int(db, DIFFERENCE(
                          "SELECT id & 0xffffffffff, db, type, keys, bytes, alloc_bytes, rdb_bytes,"
                          " elements, keys_without_ttl, bytes_without_ttl,"
                          " alloc_bytes_without_ttl, expired_keys, expired_bytes,"
                          " expired_alloc_bytes, first_expires_at, last_expires_at, largest_bytes,"
                          " key_bytes"
                          " FROM pattern_rows",
                          "SELECT pattern_n, db, type, count(*), coalesce(sum(bytes), 0),"
                          " sum(alloc_bytes), sum(rdb_bytes), coalesce(sum(elements), 0),"
                          " sum(expires_at IS NULL),"
                          " coalesce(sum(bytes) FILTER (WHERE expires_at IS NULL), 0),"
                          " iif(sum(alloc_bytes) IS NULL, NULL,"
                          " coalesce(sum(alloc_bytes) FILTER (WHERE expires_at IS NULL), 0)),"
                          " coalesce(sum(expires_at < " NOW_TEXT "), 0),"
                          " coalesce(sum(bytes) FILTER (WHERE expires_at < " NOW_TEXT "), 0),"
                          " iif(sum(alloc_bytes) IS NULL, NULL, coalesce("
                          "sum(alloc_bytes) FILTER (WHERE expires_at < " NOW_TEXT "), 0)),"
                          " min(expires_at) FILTER (WHERE expires_at >= " NOW_TEXT "),"
                          " max(expires_at) FILTER (WHERE expires_at >= " NOW_TEXT "),"
                          " max(bytes), sum(coalesce(key_bytes, length(CAST(key AS BLOB))))"
                          " FROM key_rows GROUP BY pattern_n, db, type")),
        0);
    assert_int_equal(
        query_int(db, DIFFERENCE("SELECT db, keys, expires, bytes, alloc_bytes, bytes_without_ttl,"
                                 " alloc_bytes_without_ttl, expired_keys, expired_bytes,"
                                 " expired_alloc_bytes FROM databases",
                                 "SELECT db, count(*), count(expires_at), sum(bytes),"
                                 " sum(alloc_bytes), sum(bytes) FILTER (WHERE expires_at IS NULL),"
                                 " sum(alloc_bytes) FILTER (WHERE expires_at IS NULL),"
                                 " sum(expires_at < " NOW_TEXT "),"
                                 " sum(bytes) FILTER (WHERE expires_at < " NOW_TEXT "),"
                                 " sum(alloc_bytes) FILTER (WHERE expires_at < " NOW_TEXT
                                 ") FROM key_rows GROUP BY db")),
        0);
    assert_int_equal(
        query_int(db,
                  DIFFERENCE("SELECT db, type, bucket, keys, bytes FROM ttl_rows",
                             "SELECT db, type, (SELECT min(id) FROM ttl_bucket_names WHERE"
                             " CASE WHEN expires_at IS NULL THEN name = 'none'"
                             " WHEN expires_at < " NOW_TEXT " THEN name = 'expired'"
                             " ELSE name = 'later' OR expires_at - " NOW_TEXT
                             " < up_to_seconds * 1000 END) AS bucket,"
                             " count(*), coalesce(sum(bytes), 0) FROM key_rows GROUP BY 1, 2, 3")),
        0);
    assert_int_equal(
        query_int(db, DIFFERENCE("SELECT keys, expires, bytes, alloc_bytes, rdb_bytes,"
                                 " keys_without_size FROM snapshots",
                                 "SELECT count(*), count(expires_at), sum(bytes),"
                                 " sum(alloc_bytes), sum(rdb_bytes), sum(bytes IS NULL)"
                                 " FROM key_rows")),
        0);
    assert_int_equal(query_int(db, "SELECT count(*) FROM pattern_rows p LEFT JOIN key_rows k"
                                   " ON k.key = p.largest_key AND k.bytes = p.largest_bytes"
                                   " AND k.pattern_n = p.id & 0xffffffffff"
                                   " WHERE p.largest_key IS NOT NULL AND k.id IS NULL"),
                     0);
}

static void test_sums(void **state)
{
    static const size_t limits[] = {65536, 500, 10, 1};

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct made m;
        struct store *s;
        struct error err;
        sqlite3 *db;

        print_message("at most %zu patterns\n", limits[i]);
        assert_int_equal(store_open(STORE_PRIVATE, NULL, KEYS_ALL, &s, &err), 0);
        begin_made(s, &m, limits[i]);
        add_many_keys(s, &m, 30000);
        assert_int_equal(end_made(s, &m, "x", &err), 0);
        assert_int_equal(store_finish(s, &db, &err), 0);
        assert_int_equal(query_int(db, "SELECT count(*) FROM keys"), 30000);
        check_sums(db);
        if (limits[i] < 65536) {
            /* one `*` for each of 3 databases and 2 types may come on top */
            assert_in_range(query_int(db, "SELECT count(*) FROM patterns"), 1, limits[i] + 6);
            assert_int_not_equal(query_int(db, "SELECT patterns_merged_keys FROM snapshots"), 0);
        } else {
            assert_int_equal(query_int(db, "SELECT patterns_merged_keys FROM snapshots"), 0);
        }
        sqlite3_close(db);
    }
}

static void test_ttl_bucket(void **state)
{
    static const struct {
        int64_t expires_at_ms;
        int bucket;
    } rows[] = {
        {ROW_NULL, 9},
        {INT64_MIN + 1, 0},
        {-1, 0},
        {0, 0},
        {NOW_MS - 1, 0},
        {NOW_MS, 1},
        {NOW_MS + 3599999, 1},
        {NOW_MS + 3600000, 2},
        {NOW_MS + 4 * 3600000 - 1, 2},
        {NOW_MS + 4 * 3600000, 3},
        {NOW_MS + 12 * 3600000, 4},
        {NOW_MS + 24 * 3600000, 5},
        {NOW_MS + INT64_C(7) * 86400000, 6},
        {NOW_MS + INT64_C(30) * 86400000, 7},
        {NOW_MS + INT64_C(365) * 86400000 - 1, 7},
        {NOW_MS + INT64_C(365) * 86400000, 8},
        {INT64_MAX, 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%" PRId64 "\n", rows[i].expires_at_ms);
        assert_int_equal(ttl_bucket(rows[i].expires_at_ms, NOW_MS), rows[i].bucket);
    }
}

static void test_too_many_databases(void **state)
{
    struct aggregate *a = aggregate_new(NOW_MS, 100);
    struct key_row row = {.key = (const uint8_t *)"k",
                          .key_stored_bytes = 1,
                          .key_bytes = 1,
                          .bytes = 10,
                          .alloc_bytes = 10,
                          .expires_at_ms = ROW_NULL};
    const struct pattern_shape shape = {.bytes = row.key, .size_bytes = 1};
    uint64_t keys = 0;
    const uint64_t count = AGGREGATE_MAX_GROUPS + 1000;

    (void)state;
    for (uint64_t db = 0; db < count; db++) {
        row.db = db;
        assert_int_not_equal(aggregate_add(a, &row, &shape, 0), 0);
    }
    row.db = UINT64_MAX;
    assert_int_not_equal(aggregate_add(a, &row, &shape, 0), 0);
    assert_int_equal(aggregate_group_count(a), AGGREGATE_MAX_GROUPS + 1);
    for (size_t i = 0; i < aggregate_group_count(a); i++)
        keys += aggregate_group_at(a, i)->ttl[TTL_BUCKET_NONE].keys;
    assert_int_equal(keys, count + 1);
    assert_int_equal(aggregate_group_at(a, AGGREGATE_MAX_GROUPS)->db, AGGREGATE_DB_OTHER);
    assert_int_equal(aggregate_group_at(a, AGGREGATE_MAX_GROUPS)->ttl[TTL_BUCKET_NONE].keys, 1001);
    aggregate_free(a);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void test_key_names(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t size_bytes;
        uint64_t key_bytes;
        const char *sql_type, *key_text;
        int is_cut;
    } rows[] = {
        {"plain", "user:1", 6, 6, "text", "user:1", 0},
        {"empty", "", 0, 0, "text", "", 0},
        {"utf-8", "caf\xc3\xa9", 5, 5, "text", "caf\xc3\xa9", 0},
        {"backslash", "a\\b", 3, 3, "text", "a\\\\b", 0},
        {"binary", "a\xff\\", 3, 3, "blob", "a\\xff\\\\", 0},
        {"NUL", "a\0b", 3, 3, "blob", "a\\x00b", 0},
        {"cut", "abc", 3, 2000000, "text", "abc", 1},
    };
    struct made m;
    struct store *s;
    struct error err;
    sqlite3 *db;

    (void)state;
    assert_int_equal(store_open(STORE_PRIVATE, NULL, KEYS_ALL, &s, &err), 0);
    begin_made(s, &m, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct key_row row = {.n = i + 1,
                                    .key_bytes = rows[i].key_bytes,
                                    .bytes = 1,
                                    .expires_at_ms = ROW_NULL,
                                    .idle_seconds = 0,
                                    .freq = ROW_NULL};

        add_key(s, &m, (const uint8_t *)rows[i].bytes, rows[i].size_bytes, row);
    }
    assert_int_equal(end_made(s, &m, "x", &err), 0);
    assert_int_equal(store_finish(s, &db, &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[200];

        print_message("%s\n", rows[i].name);
        snprintf(sql, sizeof sql,
                 "SELECT typeof(key) || ' ' || hex(key_text) || ' ' || key_bytes || ' ' ||"
                 " key_is_cut FROM keys WHERE id = (1 << 40) + %zu",
                 i + 1);
        char expected[200], hex[100] = "";

        for (size_t k = 0; rows[i].key_text[k] != '\0'; k++)
            snprintf(hex + 2 * k, 3, "%02X", (unsigned char)rows[i].key_text[k]);
        snprintf(expected, sizeof expected, "%s %s %" PRIu64 " %d", rows[i].sql_type, hex,
                 rows[i].key_bytes, rows[i].is_cut);
        assert_query_text(db, sql, expected);
    }
    assert_int_equal(
        query_int(db, "SELECT count(*) FROM keys WHERE freq IS NULL AND idle_seconds = 0"), 7);
    sqlite3_close(db);
}

static void test_keys_top(void **state)
{
    static const enum keys_stored modes[] = {KEYS_ALL, KEYS_TOP};
    char tops[2][64];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct made m;
        struct store *s;
        struct error err;
        sqlite3 *db;

        assert_int_equal(store_open(STORE_PRIVATE, NULL, modes[i], &s, &err), 0);
        begin_made(s, &m, 65536);
        add_many_keys(s, &m, 30000);
        assert_int_equal(end_made(s, &m, "x", &err), 0);
        assert_int_equal(store_finish(s, &db, &err), 0);
        snprintf(tops[i], sizeof tops[i], "%" PRId64 " %" PRId64,
                 query_int(db, "SELECT count(*) FROM top_keys"),
                 query_int(db, "SELECT sum((key_id & 0xffffff) * rank % 1000003) FROM top_rows"));
        if (modes[i] == KEYS_TOP)
            assert_int_equal(query_int(db, "SELECT count(*) FROM key_rows"),
                             query_int(db, "SELECT count(DISTINCT key_id) FROM top_rows"));
        sqlite3_close(db);
    }
    assert_string_equal(tops[0], tops[1]);
}

/* Every list, against the window function over all keys. */
static void test_top_rows(void **state)
{
    static const char *const measures[] = {"bytes", "elements", "largest_element", "rdb_bytes"};
    static const char *const scopes[][2] = {
        {"all", "''"},
        {"type", "(SELECT name FROM type_names t WHERE t.id = k.type)"},
        {"db", "CAST(k.db AS TEXT)"},
    };
    struct made m;
    struct store *s;
    struct error err;
    sqlite3 *db;

    (void)state;
    assert_int_equal(store_open(STORE_PRIVATE, NULL, KEYS_ALL, &s, &err), 0);
    begin_made(s, &m, 65536);
    add_many_keys(s, &m, 8000);
    assert_int_equal(end_made(s, &m, "x", &err), 0);
    assert_int_equal(store_finish(s, &db, &err), 0);
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        for (size_t k = 0; k < sizeof scopes / sizeof *scopes; k++) {
            char expected[600], stored[200], sql[2000];

            snprintf(stored, sizeof stored,
                     "SELECT scope_value, rank, key_id FROM top_rows"
                     " WHERE measure = '%s' AND scope = '%s'",
                     measures[i], scopes[k][0]);
            snprintf(expected, sizeof expected,
                     "SELECT * FROM (SELECT %s AS v, row_number() OVER"
                     " (PARTITION BY %s ORDER BY %s DESC, id) AS rank, id"
                     " FROM key_rows k WHERE %s IS NOT NULL) WHERE rank <= 1000",
                     scopes[k][1], scopes[k][1], measures[i], measures[i]);
            snprintf(sql, sizeof sql,
                     "SELECT (SELECT count(*) FROM (%s EXCEPT %s))"
                     " + (SELECT count(*) FROM (%s EXCEPT %s))",
                     stored, expected, expected, stored);
            assert_int_equal(query_int(db, sql), 0);
        }
    assert_int_equal(query_int(db, "SELECT count(*) FROM top_rows WHERE rank = 1000"
                                   " AND measure = 'bytes' AND scope = 'all'"),
                     1);
    sqlite3_close(db);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* One snapshot of `keys` keys into path; returns store_finish()'s (or the end's) result. */
static int write_file(enum store_mode mode, const char *path, const char *identity, uint64_t keys,
                      bool is_aborted, struct error *err)
{
    struct made m;
    struct store *s;
    int r;

    if (store_open(mode, path, KEYS_ALL, &s, err) < 0)
        return -1;
    begin_made(s, &m, 100);
    add_many_keys(s, &m, keys);
    r = end_made(s, &m, identity, err);
    if (r < 0 || is_aborted) {
        store_abort(s);
        return r;
    }
    return store_finish(s, NULL, err);
}

static int64_t count_in_file(const char *path, const char *table)
{
    struct error err;
    sqlite3 *db;
    char sql[80];
    int64_t n;

    assert_int_equal(store_open_existing(path, false, &db, &err), 0);
    assert_query_text(db, "PRAGMA integrity_check", "ok");
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    n = query_int(db, sql);
    sqlite3_close(db);
    return n;
}

static void test_new_and_existing(void **state)
{
    struct error err;
    struct stat st;
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("new.db"));
    umask(027);
    assert_int_equal(write_file(STORE_NEW, path, "a", 10, true, &err), 0);
    assert_int_equal(count_files(), 0); /* aborted: nothing */
    assert_int_equal(write_file(STORE_NEW, path, "a", 10, false, &err), 0);
    assert_int_equal(count_files(), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(count_in_file(path, "keys"), 10);

    assert_int_equal(write_file(STORE_NEW, path, "b", 20, false, &err), -1);
    assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
    assert_int_equal(write_file(STORE_REPLACE, path, "b", 20, true, &err), 0);
    assert_int_equal(count_in_file(path, "keys"), 10); /* aborted: as it was */
    assert_int_equal(write_file(STORE_REPLACE, path, "b", 20, false, &err), 0);
    assert_int_equal(count_in_file(path, "keys"), 20);
    assert_int_equal(count_files(), 1);
    unlink(path);
}

static void test_append(void **state)
{
    struct error err;
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("append.db"));
    assert_int_equal(write_file(STORE_APPEND, path, "a", 10, false, &err), 0); /* not there: made */
    assert_int_equal(write_file(STORE_APPEND, path, "b", 5, false, &err), 0);
    assert_int_equal(count_in_file(path, "keys"), 15);
    assert_int_equal(count_in_file(path, "snapshots"), 2);
    assert_int_equal(write_file(STORE_APPEND, path, "b", 7, false, &err), -1);
    assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
    assert_int_equal(count_in_file(path, "keys"), 15);
    assert_int_equal(write_file(STORE_APPEND, path, "c", 7, true, &err), 0);
    assert_int_equal(count_in_file(path, "keys"), 15);
    assert_int_equal(count_files(), 1); /* no journal left */
    unlink(path);
}

/* The same rows by SQL (--append does that even when it makes the file) and past it. */
static void test_both_ways(void **state)
{
    struct error err;
    char past[200], by_sql[200], sql[250];
    sqlite3 *db;

    (void)state;
    snprintf(past, sizeof past, "%s", path_in_folder("past.db"));
    snprintf(by_sql, sizeof by_sql, "%s", path_in_folder("sql.db"));
    assert_int_equal(write_file(STORE_NEW, past, "a", 20000, false, &err), 0);
    assert_int_equal(write_file(STORE_APPEND, by_sql, "a", 20000, false, &err), 0);
    assert_int_equal(write_file(STORE_APPEND, past, "b", 300, false, &err), 0);
    assert_int_equal(write_file(STORE_APPEND, by_sql, "b", 300, false, &err), 0);
    assert_int_equal(count_in_file(past, "keys"), 20300);
    assert_int_equal(store_open_existing(past, true, &db, &err), 0);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS other", by_sql);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        query_int(db, DIFFERENCE("SELECT * FROM main.key_rows", "SELECT * FROM other.key_rows")),
        0);
    assert_int_equal(query_int(db, DIFFERENCE("SELECT type, name, sql FROM main.sqlite_schema",
                                              "SELECT type, name, sql FROM other.sqlite_schema")),
                     0);
    assert_int_equal(sqlite3_exec(db, "VACUUM", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(count_in_file(past, "keys"), 20300);
    unlink(past);
    unlink(by_sql);
}

static void test_several_snapshots(void **state)
{
    static const uint64_t counts[] = {1, 0, 9000, 3, 20000};
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("several.db"));
    for (int is_private = 0; is_private < 2; is_private++) {
        struct store *s;
        struct error err;
        sqlite3 *db;

        assert_int_equal(store_open(is_private ? STORE_PRIVATE : STORE_NEW,
                                    is_private ? NULL : path, KEYS_ALL, &s, &err),
                         0);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            struct made m;
            char identity[8];

            snprintf(identity, sizeof identity, "%zu", i);
            begin_made(s, &m, 100);
            add_many_keys(s, &m, counts[i]);
            assert_int_equal(end_made(s, &m, identity, &err), 0);
        }
        assert_int_equal(store_finish(s, &db, &err), 0);
        if (!is_private)
            assert_int_equal(store_open_existing(path, false, &db, &err), 0);
        assert_query_text(db, "PRAGMA integrity_check", "ok");
        assert_query_text(db,
                          "SELECT group_concat(n) FROM (SELECT s.keys = count(k.id) AND s.bytes ="
                          " coalesce(sum(k.bytes), 0) AS n FROM snapshots s LEFT JOIN key_rows k"
                          " ON k.id >> 40 = s.id GROUP BY s.id)",
                          "1,1,1,1,1");
        sqlite3_close(db);
    }
    unlink(path);
    assert_int_equal(count_files(), 0);
}

/* A file that may not grow is a full disk, whoever writes: exit code 2 and nothing is left. */
static void test_no_space(void **state)
{
    struct rlimit before;
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("full.db"));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (int is_private = 0; is_private < 2; is_private++) {
        struct rlimit limit = before;
        struct store *s;
        struct made m;
        struct error err = {0};
        int r = 0;

        assert_int_equal(store_open(is_private ? STORE_PRIVATE : STORE_NEW,
                                    is_private ? NULL : path, KEYS_ALL, &s, &err),
                         0);
        begin_made(s, &m, 100);
        add_many_keys(s, &m, 4000);
        store_set_progress(s, 0.5);
        limit.rlim_cur = 2000000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (int i = 0; r == 0 && i < 100; i++) {
            r = store_put_keys(s, &m.batch, &err);
            for (size_t k = 0; k < m.batch.count; k++)
                m.batch.keys[k].row.n += m.batch.count;
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(r, -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        assert_non_null(strstr(err.message, "no space left for the report database, about "));
        assert_int_equal(strstr(err.message, "-o FILE") != NULL, is_private);
        store_abort(s);
        aggregate_free(m.aggregate);
        hints_free(m.hints);
        top_free(m.top);
        store_batch_done(&m.batch);
        assert_int_equal(count_files(), 0);
    }
}

/* The same wherever space ends: in the schema, at the first COMMIT, in rows, in what follows them.
 */
static void test_no_space_anywhere(void **state)
{
    struct rlimit before, limit;
    char path[200];
    struct error err;
    struct stat st;

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("full.db"));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(write_file(STORE_NEW, path, "a", 2000, false, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    unlink(path);
    limit = before;
    for (off_t bytes = 0; bytes < st.st_size; bytes += 10000) {
        int r;

        limit.rlim_cur = (rlim_t)bytes;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        r = write_file(STORE_NEW, path, "a", 2000, false, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(r, -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        assert_non_null(strstr(err.message, "no space left for the report database"));
        assert_int_equal(count_files(), 0);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_files_of_others(void **state)
{
    static const enum store_mode modes[] = {STORE_NEW, STORE_APPEND, STORE_REPLACE};
    static const struct {
        const char *name;
        const char *sql; /* NULL: text */
        bool is_replaced;
    } rows[] = {
        {"text", NULL, false},
        {"another database", "CREATE TABLE t(x)", false},
        {"a newer one of ours",
         "PRAGMA application_id = 0x52444c53; PRAGMA user_version = 5;"
         "CREATE TABLE t(x)",
         false},
        {"an older one of ours",
         "PRAGMA application_id = 0x52444c53; PRAGMA user_version = 3;"
         "CREATE TABLE t(x)",
         true},
    };
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("other"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stat before, after;
        sqlite3 *db;

        print_message("%s\n", rows[i].name);
        unlink(path);
        if (rows[i].sql == NULL) {
            write_text(path, "REDIS0011 or whatever it is that should stay as it is");
        } else {
            assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
            assert_int_equal(sqlite3_exec(db, rows[i].sql, NULL, NULL, NULL), SQLITE_OK);
            sqlite3_close(db);
        }
        assert_int_equal(stat(path, &before), 0);
        for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
            struct error err = {0};
            struct store *s;

            if (rows[i].is_replaced && modes[k] == STORE_REPLACE)
                continue;
            assert_int_equal(store_open(modes[k], path, KEYS_ALL, &s, &err), -1);
            assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        }
        assert_int_equal(stat(path, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(count_files(), 1);
        if (rows[i].is_replaced) {
            struct error err = {0};

            assert_int_equal(write_file(STORE_REPLACE, path, "a", 3, false, &err), 0);
            assert_int_equal(count_in_file(path, "keys"), 3);
        }
    }
    unlink(path);
}

static void test_replacing_through_a_link(void **state)
{
    struct error err;
    struct stat st;
    char path[200], name[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("real.db"));
    snprintf(name, sizeof name, "%s", path_in_folder("link.db"));
    assert_int_equal(write_file(STORE_NEW, path, "a", 3, false, &err), 0);
    assert_int_equal(symlink(path, name), 0);
    assert_int_equal(write_file(STORE_REPLACE, name, "b", 4, false, &err), 0);
    assert_int_equal(lstat(name, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(count_in_file(path, "keys"), 4);
    unlink(name);
    unlink(path);
}

static void test_link_to_nothing(void **state)
{
    struct error err;
    struct stat st;
    char name[200];

    (void)state;
    snprintf(name, sizeof name, "%s", path_in_folder("link.db"));
    assert_int_equal(symlink("nothing.db", name), 0);
    assert_int_equal(write_file(STORE_NEW, name, "a", 3, false, &err), -1);
    assert_non_null(strstr(err.message, "leads to no file"));
    assert_int_equal(lstat(name, &st), 0);
    assert_int_equal(count_files(), 1);
    unlink(name);
}

static void test_name_taken_meanwhile(void **state)
{
    struct made m;
    struct store *s;
    struct error err;
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s", path_in_folder("late.db"));
    assert_int_equal(store_open(STORE_NEW, path, KEYS_ALL, &s, &err), 0);
    begin_made(s, &m, 100);
    assert_int_equal(end_made(s, &m, "a", &err), 0);
    write_text(path, "someone else's");
    assert_int_equal(store_finish(s, NULL, &err), -1);
    assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
    assert_int_equal(count_files(), 1);
    unlink(path);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_ttl_bucket),
        cmocka_unit_test(test_too_many_databases),
        cmocka_unit_test(test_key_names),
        cmocka_unit_test(test_keys_top),
        cmocka_unit_test(test_top_rows),
        cmocka_unit_test(test_new_and_existing),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_several_snapshots),
        cmocka_unit_test(test_no_space),
        cmocka_unit_test(test_no_space_anywhere),
        cmocka_unit_test(test_files_of_others),
        cmocka_unit_test(test_replacing_through_a_link),
        cmocka_unit_test(test_link_to_nothing),
        cmocka_unit_test(test_name_taken_meanwhile),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
