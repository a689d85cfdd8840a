/* test_refilter.c -- the loader on fixtures, and a filter or --now given late against the same
 * given early.
 *
 *      test_refilter FILE.rdb...
 *
 * A snapshot read with a filter, and a report database filtered afterwards, must hold the same
 * rows; likewise with another now.  The expected side is the other path through the program; what
 * both read is compared with real content elsewhere. Runs the decoder thread against the writer, so
 * it is also what the thread sanitizer looks at.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"

static const struct pattern_rules no_rules;
static char **files;
static int file_count;

static const struct {
    const char *name;
    struct {
        enum filter_kind kind;
        bool is_negated;
        const char *text;
    } terms[3];
    size_t count;
} filters[] = {
    {"db", {{FILTER_DB, false, "0"}}, 1},
    {"not db", {{FILTER_DB, true, "0"}}, 1},
    {"type", {{FILTER_TYPE, false, "hash"}}, 1},
    {"match", {{FILTER_MATCH, false, "*e*"}}, 1},
    {"not match", {{FILTER_MATCH, true, "*e*"}}, 1},
    {"small without TTL", {{FILTER_MAX_BYTES, false, "200"}, {FILTER_NO_TTL, false, NULL}}, 2},
    {"large or damaged", {{FILTER_MAX_BYTES, true, "200"}}, 1},
    {"nothing", {{FILTER_DB, false, "77777"}}, 1},
};

#define FILTER_COUNT (sizeof filters / sizeof *filters)

/* All rows of a query as one text; the caller frees it. */
static char *dump(sqlite3 *db, const char *sql)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *f = open_memstream(&text, &size_bytes);
    sqlite3_stmt *stmt;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const unsigned char *v = sqlite3_column_text(stmt, i);

            fprintf(f, "%s|", v == NULL ? "NULL" : (const char *)v);
        }
        fputc('\n', f);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    fclose(f);
    return text;
}

static int64_t query_int(sqlite3 *db, const char *sql)
{
    char *text = dump(db, sql);
    const int64_t v = strtoll(text, NULL, 10);

    free(text);
    return v;
}

static void compare_rows(sqlite3 *early, sqlite3 *late, const char *sql)
{
    char *const a = dump(early, sql), *const b = dump(late, sql);

    if (strcmp(a, b) != 0)
        fail_msg("%s\nfiltered early:\n%s\nfiltered late:\n%s", sql, a, b);
    free(a);
    free(b);
}

/* The server is the whole file's, whatever the filter.  What of it hangs on now cannot be had from
 * the rows. */
static void compare_server(sqlite3 *early, sqlite3 *late, bool is_now_moved)
{
    compare_rows(early, late,
                 "SELECT model, model_note, allocator, config, startup_bytes, functions_bytes,"
                 " tables_bytes_with_expired, predicted_used_memory_with_expired FROM snapshots");
    if (!is_now_moved) {
        compare_rows(early, late,
                     "SELECT tables_bytes, rehash_bytes, predicted_used_memory FROM snapshots");
        compare_rows(early, late,
                     "SELECT db, main_table_bytes, expires_table_bytes, other_table_bytes,"
                     " rehash_bytes FROM databases ORDER BY db");
        return;
    }
    assert_int_equal(query_int(late, "SELECT count(*) FROM snapshots WHERE"
                                     " coalesce(tables_bytes, rehash_bytes,"
                                     " predicted_used_memory) IS NOT NULL"),
                     0);
    assert_int_equal(query_int(late, "SELECT count(*) FROM databases WHERE"
                                     " coalesce(main_table_bytes, expires_table_bytes,"
                                     " other_table_bytes, rehash_bytes) IS NOT NULL"),
                     0);
}

static void compare(sqlite3 *early, sqlite3 *late)
{
    static const char *const queries[] = {
        "SELECT id, db, quote(key), key_text, key_bytes, type, encoding, rdb_encoding, bytes,"
        " bytes_note, rdb_bytes, elements, largest_element, expires_at, ttl_seconds, idle_seconds,"
        " freq, quote(pattern), role FROM keys ORDER BY id",
        "SELECT db, quote(pattern), pattern_text, type, role, system, keys, bytes, alloc_bytes,"
        " rdb_bytes, elements, keys_without_ttl, bytes_without_ttl, alloc_bytes_without_ttl,"
        " expired_keys, expired_bytes, expired_alloc_bytes, first_expires_at, last_expires_at, "
        "largest_bytes, quote(largest_key) FROM patterns"
        " ORDER BY db, type, pattern_text",
        "SELECT db, keys, expires, bytes, alloc_bytes, bytes_without_ttl, alloc_bytes_without_ttl,"
        " expired_keys, expired_bytes, expired_alloc_bytes, resizedb_keys, resizedb_expires"
        " FROM databases ORDER BY db",
        "SELECT * FROM ttl_rows ORDER BY db, type, bucket",
        "SELECT * FROM size_rows ORDER BY type, low_bytes",
        "SELECT * FROM encoding_rows ORDER BY type, encoding, rdb_encoding",
        "SELECT * FROM expiry_rows ORDER BY from_at",
        "SELECT * FROM usage_rows ORDER BY pattern, kind, bucket",
        "SELECT * FROM dated_rows ORDER BY pattern",
        "SELECT * FROM slots ORDER BY slot",
        "SELECT *, quote(tag) FROM hash_tags ORDER BY slot, tag",
        "SELECT * FROM top_rows ORDER BY measure, scope, scope_value, rank",
        "SELECT count(*) FROM top_keys",
        /* its words on versions are about the processes that lived when the snapshot was read */
        "SELECT snapshot_id, db, namespace, processes, live_processes FROM sidekiq_installations"
        " ORDER BY db, namespace",
        "SELECT snapshot_id, db, namespace, name, kind, jobs, bytes, latency_ms FROM sidekiq_sets"
        " ORDER BY db, namespace, kind, name",
        "SELECT * FROM sidekiq_jobs ORDER BY db, namespace, kind, set_name, class, error_class",
        "SELECT * FROM sidekiq_stats ORDER BY db, namespace, stat",
        "SELECT keys, expires, bytes, alloc_bytes, rdb_bytes, keys_without_size, filter, complete,"
        " identity, now, now_source FROM snapshots",
        "SELECT * FROM sets",
        "SELECT * FROM aux ORDER BY offset",
        "SELECT * FROM functions ORDER BY offset",
        "SELECT * FROM modules ORDER BY name",
        "SELECT * FROM defects ORDER BY offset",
    };

    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        compare_rows(early, late, queries[i]);
}

static sqlite3 *load(const char *path, const struct filter *filter, int64_t now_ms,
                     enum keys_stored keys)
{
    struct analyze_options options = ANALYZE_OPTIONS_INIT;
    struct analyze_outcome outcome;
    struct error err = {0};
    sqlite3 *db = NULL;

    options.paths = &path;
    options.path_count = 1;
    options.is_quiet = true;
    options.now_ms = now_ms;
    options.keys = keys;
    if (filter != NULL)
        options.filter = *filter;
    if (analyze_to_private_db(&options, &db, &outcome, &err) < 0)
        fail_msg("%s", err.message);
    return db;
}

static void test_early_and_late(void **state)
{
    (void)state;
    for (int i = 0; i < file_count; i++) {
        sqlite3 *whole = load(files[i], NULL, ROW_NULL, KEYS_ALL);
        char *check = dump(whole, "PRAGMA integrity_check");

        assert_string_equal(check, "ok|\n");
        free(check);
        for (size_t k = 0; k < 2 * FILTER_COUNT; k++) {
            const enum keys_stored keys = k < FILTER_COUNT ? KEYS_ALL : KEYS_TOP;
            struct filter f = {0};
            struct error err = {0};
            sqlite3 *early, *late;

            print_message("%s, %s\n", files[i], filters[k % FILTER_COUNT].name);
            for (size_t t = 0; t < filters[k % FILTER_COUNT].count; t++)
                assert_int_equal(filter_add(&f, filters[k % FILTER_COUNT].terms[t].kind,
                                            filters[k % FILTER_COUNT].terms[t].is_negated,
                                            filters[k % FILTER_COUNT].terms[t].text, &err),
                                 0);
            early = load(files[i], &f, ROW_NULL, keys);
            if (analyze_refilter(whole, &f, &no_rules, ROW_NULL, keys, &late, &err) < 0)
                fail_msg("%s", err.message);
            compare(early, late);
            compare_server(early, late, false);
            sqlite3_close(early);
            sqlite3_close(late);
            filter_done(&f);
        }
        sqlite3_close(whole);
    }
}

/* Moments around every expiry of the file, a little before and long after the save. */
static void test_now_early_and_late(void **state)
{
    static const int64_t shifts_ms[] = {-3600000, -1,    0,        1,
                                        1500,     61000, 90000000, INT64_C(400) * 86400000};

    (void)state;
    for (int i = 0; i < file_count; i++) {
        sqlite3 *whole = load(files[i], NULL, ROW_NULL, KEYS_ALL);
        const int64_t saved_at = query_int(whole, "SELECT now FROM snapshots");
        const int64_t expiry = query_int(whole, "SELECT min(expires_at) FROM keys");
        const int64_t bases[] = {saved_at, expiry};
        const struct filter none = {0};

        for (size_t b = 0; b < 2; b++) {
            for (size_t k = 0; k < sizeof shifts_ms / sizeof *shifts_ms; k++) {
                const int64_t now_ms = bases[b] + shifts_ms[k];
                struct error err = {0};
                sqlite3 *early, *late;

                if (now_ms < 0)
                    continue;
                print_message("%s, now %lld\n", files[i], (long long)now_ms);
                early = load(files[i], NULL, now_ms, KEYS_ALL);
                if (analyze_refilter(whole, &none, &no_rules, now_ms, KEYS_ALL, &late, &err) < 0)
                    fail_msg("%s", err.message);
                compare(early, late);
                compare_server(early, late, now_ms != saved_at);
                sqlite3_close(early);
                sqlite3_close(late);
            }
        }
        sqlite3_close(whole);
    }
}

/* A filter needs all keys, and so does another now. */
static void test_not_all_keys(void **state)
{
    static const enum keys_stored modes[] = {KEYS_TOP, KEYS_NONE};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct analyze_options options = ANALYZE_OPTIONS_INIT;
        struct analyze_outcome outcome;
        struct error err = {0};
        struct filter f = {0};
        sqlite3 *db = NULL, *late = NULL;

        options.paths = (const char *const *)files;
        options.path_count = 1;
        options.is_quiet = true;
        options.keys = modes[i];
        assert_int_equal(analyze_to_private_db(&options, &db, &outcome, &err), 0);
        assert_int_equal(filter_add(&f, FILTER_DB, false, "0", &err), 0);
        assert_int_equal(analyze_refilter(db, &f, &no_rules, ROW_NULL, KEYS_ALL, &late, &err), -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        assert_non_null(strstr(err.message, "a filter needs all keys"));
        filter_done(&f);
        assert_int_equal(analyze_refilter(db, &f, &no_rules, 1700000000000, KEYS_ALL, &late, &err),
                         -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        assert_non_null(strstr(err.message, "another --now needs all keys"));
        sqlite3_close(db);
        filter_done(&f);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_and_late),
        cmocka_unit_test(test_now_early_and_late),
        cmocka_unit_test(test_not_all_keys),
    };

    files = argv + 1;
    file_count = argc - 1;
    if (file_count == 0) {
        fputs("usage: test_refilter FILE.rdb...\n", stderr);
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
