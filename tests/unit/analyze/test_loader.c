/* test_loader.c -- snapshots made here, loaded, and looked at with SQL: what needs the decoder and
 * the store together, and limits that no file of a reasonable server reaches.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "buf.h"
#include "rdb_writer.h"

#define SAVED_AT_MS INT64_C(1700000000000)
#define RDB_VERSION 11

/* Columns of all rows, with | between them. */
static void assert_rows(sqlite3 *db, const char *sql, const char *expected)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *f = open_memstream(&text, &size_bytes);
    sqlite3_stmt *stmt;
    bool is_first = true;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++, is_first = false) {
            const unsigned char *v = sqlite3_column_text(stmt, i);

            fprintf(f, "%s%s", is_first ? "" : "|", v == NULL ? "NULL" : (const char *)v);
        }
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    fclose(f);
    if (strcmp(text, expected) != 0)
        fail_msg("%s\nfound:    %s\nexpected: %s", sql, text, expected);
    free(text);
}

static void begin_snapshot(struct buf *b)
{
    put_magic(b, RDB_VERSION);
    put_aux(b, LIT("ctime"), LIT("1700000000"));
}

static void put_string_key(struct buf *b, struct text key, struct text value)
{
    buf_add_u8(b, RDBP_RDB_STRING);
    put_string(b, key, FORM_AUTO);
    put_string(b, value, FORM_AUTO);
}

/* Ends the snapshot, frees it, and loads it; now_ms: ROW_NULL or --now. */
static sqlite3 *load(struct buf *b, int64_t now_ms)
{
    char path[] = "/var/tmp/rdblens-test-XXXXXX";
    const char *const paths[] = {path};
    struct analyze_options options = ANALYZE_OPTIONS_INIT;
    struct analyze_outcome outcome;
    struct error err = {0};
    sqlite3 *db = NULL;
    const int fd = mkstemp(path);
    int r;

    put_eof(b, RDB_VERSION, CHECKSUM_AUTO);
    assert_true(fd >= 0);
    assert_true(write(fd, b->bytes, b->size_bytes) == (ssize_t)b->size_bytes);
    close(fd);
    buf_done(b);
    options.paths = paths;
    options.path_count = 1;
    options.is_quiet = true;
    options.now_ms = now_ms;
    r = analyze_to_private_db(&options, &db, &outcome, &err);
    unlink(path);
    if (r < 0)
        fail_msg("%s", err.message);
    assert_int_equal(outcome.exit_code, EXIT_DONE);
    return db;
}

/* BullMQ's queue without jobs is proven by a hash's content alone: job-queues-in-redis, section 9.
 */
static void test_hash_as_evidence(void **state)
{
    struct packed fields = {0};
    struct buf b = {0}, blob = {0};
    sqlite3 *db;

    (void)state;
    begin_snapshot(&b);
    put_select_db(&b, 0);
    listpack_add(&fields, LIT("opts.maxLenEvents"), FORM_AUTO);
    listpack_add(&fields, LIT("10000"), FORM_AUTO);
    listpack_finish(&fields, fields.entry_count, &blob);
    buf_add_u8(&b, RDBP_RDB_HASH_LISTPACK);
    put_string(&b, LIT("bull:mail:meta"), FORM_AUTO);
    put_string(&b, text_of_buf(&blob), FORM_AUTO);
    packed_done(&fields);
    buf_done(&blob);
    db = load(&b, ROW_NULL);
    assert_rows(db, "SELECT pattern, role, system FROM patterns", "bull:mail:meta|state|bullmq");
    sqlite3_close(db);
}

/* Rounded down, as whoever asks TTL a moment later would see it: expired is never 0. */
static void test_ttl_seconds(void **state)
{
    static const struct {
        const char *key;
        int64_t left_ms;
        const char *ttl, *bucket;
    } rows[] = {
        {"a", -1001, "-2", "expired"}, {"b", -1000, "-1", "expired"}, {"c", -1, "-1", "expired"},
        {"d", 0, "0", "<1h"},          {"e", 999, "0", "<1h"},        {"f", 1000, "1", "<1h"},
    };
    struct buf b = {0};
    sqlite3 *db;

    (void)state;
    begin_snapshot(&b);
    put_select_db(&b, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_expire_ms(&b, SAVED_AT_MS + rows[i].left_ms);
        put_string_key(&b, text_of(rows[i].key), LIT("v"));
    }
    put_expire_ms(&b, INT64_MIN + 2);
    put_string_key(&b, LIT("far"), LIT("v"));
    db = load(&b, ROW_NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[100];

        print_message("%s\n", rows[i].key);
        snprintf(sql, sizeof sql, "SELECT ttl_seconds FROM keys WHERE key = '%s'", rows[i].key);
        assert_rows(db, sql, rows[i].ttl);
    }
    assert_rows(db, "SELECT sum(keys) FROM ttl_buckets WHERE bucket = 'expired'", "4");
    assert_rows(db, "SELECT typeof(ttl_seconds), ttl_seconds < 0 FROM keys WHERE key = 'far'",
                "integer|1");
    assert_rows(db, "SELECT sum(ttl_seconds < 0) FROM keys", "4");
    sqlite3_close(db);
}

/* Sizes are a 7.2 server's: a string key with its dict entry and embedded value; the figures are
 * not the point here, only that parts and wholes agree. */
static void test_alloc_bytes_of_parts(void **state)
{
    struct buf b = {0};
    sqlite3 *db;

    (void)state;
    begin_snapshot(&b);
    put_select_db(&b, 0);
    put_string_key(&b, LIT("user:1"), LIT("never expires"));
    put_expire_ms(&b, SAVED_AT_MS - 5);
    put_string_key(&b, LIT("user:2"), LIT("is expired"));
    put_expire_ms(&b, SAVED_AT_MS + 5);
    put_string_key(&b, LIT("user:3"), LIT("expires"));
    put_select_db(&b, 1);
    put_expire_ms(&b, SAVED_AT_MS + 5);
    put_string_key(&b, LIT("user:4"), LIT("nothing without TTL"));
    db = load(&b, ROW_NULL);
    for (int i = 0; i < 2; i++) {
        char sql[400];

        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM (SELECT db, alloc_bytes_without_ttl, expired_alloc_bytes"
                 " FROM %s EXCEPT SELECT db,"
                 " coalesce(sum(alloc_bytes) FILTER (WHERE expires_at IS NULL), 0),"
                 " coalesce(sum(alloc_bytes) FILTER (WHERE expires_at < %lld), 0)"
                 " FROM key_rows GROUP BY db)",
                 i == 0 ? "patterns" : "databases", (long long)SAVED_AT_MS);
        assert_rows(db, sql, "0");
    }
    assert_rows(db,
                "SELECT sum(alloc_bytes_without_ttl > 0), sum(alloc_bytes_without_ttl = 0),"
                " sum(expired_alloc_bytes > 0) FROM databases",
                "1|1|1");
    sqlite3_close(db);
}

/* EVALSHA's name of a script that the parser does not give whole is not known. */
static void test_long_script(void **state)
{
    struct buf b = {0}, script = {0};
    sqlite3 *db;

    (void)state;
    buf_add_repeat(&script, '-', 70000);
    begin_snapshot(&b);
    put_aux(&b, LIT("lua"), text_of_buf(&script));
    put_aux(&b, LIT("lua"), LIT("return 1"));
    db = load(&b, ROW_NULL);
    assert_rows(db, "SELECT bytes, sha1 FROM functions ORDER BY bytes",
                "8|e0e1f9fabfc9d4800c877a703b823ac0578ff8db|70000|NULL");
    buf_done(&script);
    sqlite3_close(db);
}

static void test_limits(void **state)
{
    struct buf b = {0};
    char name[24];
    sqlite3 *db;

    (void)state;
    begin_snapshot(&b);
    for (int i = 0; i < 1004; i++) {
        snprintf(name, sizeof name, "field-%d", i);
        put_aux(&b, text_of(name), LIT("x"));
    }
    put_select_db(&b, 0);
    for (int i = 0; i < 1003; i++) {
        snprintf(name, sizeof name, "mod%06d", i);
        buf_add_u8(&b, RDBP_RDB_MODULE_2);
        put_string(&b, text_of(name), FORM_AUTO);
        put_module_id(&b, name, 1);
        put_module_end(&b);
    }
    put_string_key(&b, LIT("stat:processed"), LIT("5"));
    buf_add_u8(&b, RDBP_RDB_SET);
    put_string(&b, LIT("queues"), FORM_AUTO);
    put_length(&b, 10006, LENGTH_AUTO);
    for (int i = 0; i < 10006; i++) {
        snprintf(name, sizeof name, "queue-%d", i);
        put_string(&b, text_of(name), FORM_AUTO);
    }
    db = load(&b, ROW_NULL);
    assert_rows(db, "SELECT count(*) FROM aux", "1000");
    assert_rows(db,
                "SELECT message FROM defects WHERE code = 'limit' AND severity = 'warning'"
                " ORDER BY message",
                "AUX fields: the first 1000 are kept, 5 more are not|"
                "Sidekiq: something was left out for a limit 1 times; its figures are of the rest|"
                "modules: the first 1000 are told apart, the others are summed");
    assert_rows(db, "SELECT complete FROM snapshots", "1");
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_as_evidence),
        cmocka_unit_test(test_ttl_seconds),
        cmocka_unit_test(test_alloc_bytes_of_parts),
        cmocka_unit_test(test_long_script),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
