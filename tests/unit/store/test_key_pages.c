/* test_key_pages.c -- the page writer against SQLite: the same rows, the same bytes, and nothing
 * that integrity_check finds.
 *
 * What is expected is always made by SQLite: rows are inserted a second time into a table of
 * another database, and pages of one leaf are compared byte for byte.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
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

#include "query.h"
#include "store/key_pages.h"
#include "store/sqlite_bytes.h"
#include "store/store.h"
#include "util/embedded.h"

extern const struct embedded_file schema_files[];

static const uint32_t page_sizes[] = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};
#define PAGE_SIZE_COUNT (sizeof page_sizes / sizeof *page_sizes)

static char folder[] = "/var/tmp/rdblens-test-XXXXXX";
static char path[200];          /* written by the page writer */
static char expected_path[200]; /* written by SQLite */

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static sqlite3 *open_db(const char *name)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
    run(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF");
    return db;
}

/* CREATE TABLE key_rows of schema.sql: the rest would be parsed hundreds of times for nothing. */
static const char *key_rows_schema(void)
{
    static char sql[4000];

    if (sql[0] == '\0') {
        const char *start = strstr(schema_files[0].text, "CREATE TABLE key_rows(");
        const char *end = start == NULL ? NULL : strstr(start, "\n);");

        assert_non_null(end);
        snprintf(sql, sizeof sql, "%.*s;", (int)(end + 2 - start), start);
    }
    return sql;
}

/* A database with an empty key_rows.  before: statements ahead of the schema. */
static void make_db(const char *name, uint32_t page_size, const char *before)
{
    sqlite3 *db;
    char sql[100];

    unlink(name);
    db = open_db(name);
    snprintf(sql, sizeof sql, "PRAGMA page_size = %" PRIu32, page_size);
    run(db, sql);
    run(db, before);
    run(db, "BEGIN; CREATE TABLE other(x)"); /* not the first table, as in a report's */
    run(db, key_rows_schema());
    run(db, "COMMIT");
    sqlite3_close(db);
}

static uint32_t root_of(const char *name)
{
    sqlite3 *db = open_db(name);
    const int64_t root =
        query_int(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'key_rows'");

    sqlite3_close(db);
    return (uint32_t)root;
}

/* ---- both ways at once ---------------------------------------------------------------------- */

struct both {
    int fd;
    struct key_pages *pages;
    struct store_batch batch;
    uint64_t snapshot_id;
    uint64_t n;
    sqlite3 *expected;
    sqlite3_stmt *insert;
};

static void open_both(struct both *x, uint32_t page_size)
{
    memset(x, 0, sizeof *x);
    make_db(path, page_size, "");
    make_db(expected_path, page_size, "");
    x->fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(x->fd >= 0);
    x->pages = key_pages_new(x->fd, root_of(path));
    assert_non_null(x->pages);
    assert_int_equal(store_batch_init(&x->batch), 0);
    x->snapshot_id = 1;
    x->expected = open_db(expected_path);
    assert_int_equal(
        sqlite3_prepare_v2(x->expected,
                           "INSERT INTO key_rows VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", -1,
                           &x->insert, NULL),
        SQLITE_OK);
    run(x->expected, "BEGIN");
}

static void insert_row(struct both *x, const struct store_key *k)
{
    const struct key_row *r = &k->row;
    const char *key = (const char *)store_batch_key(&x->batch, k);
    const int64_t figures[] = {r->bytes,           r->alloc_bytes,   r->rdb_bytes,    r->elements,
                               r->largest_element, r->expires_at_ms, r->idle_seconds, r->freq};
    sqlite3_stmt *s = x->insert;

    sqlite3_bind_int64(s, 1, (int64_t)(x->snapshot_id * 1099511627776 + r->n));
    sqlite3_bind_int64(s, 2, r->db > INT64_MAX ? INT64_MAX : (int64_t)r->db);
    if (k->key_is_text)
        sqlite3_bind_text(s, 3, key, (int)r->key_stored_bytes, SQLITE_STATIC);
    else
        sqlite3_bind_blob(s, 3, key, (int)r->key_stored_bytes, SQLITE_STATIC);
    if (k->text_bytes == 0)
        sqlite3_bind_null(s, 4);
    else
        sqlite3_bind_text(s, 4, (const char *)x->batch.bytes + k->text_offset, (int)k->text_bytes,
                          SQLITE_STATIC);
    if (r->key_bytes == r->key_stored_bytes)
        sqlite3_bind_null(s, 5);
    else
        sqlite3_bind_int64(s, 5, r->key_bytes > INT64_MAX ? INT64_MAX : (int64_t)r->key_bytes);
    sqlite3_bind_int64(s, 6, r->type_id);
    sqlite3_bind_int64(s, 7, r->encoding);
    sqlite3_bind_int64(s, 8, r->rdb_type);
    sqlite3_bind_int64(s, 9, r->size_note);
    for (int i = 0; i < 8; i++) {
        if (figures[i] == ROW_NULL)
            sqlite3_bind_null(s, 10 + i);
        else
            sqlite3_bind_int64(s, 10 + i, figures[i]);
    }
    if (r->pattern_n == 0)
        sqlite3_bind_null(s, 18);
    else
        sqlite3_bind_int64(s, 18, (int64_t)r->pattern_n);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
}

static void put_batch(struct both *x)
{
    for (size_t i = 0; i < x->batch.count; i++)
        insert_row(x, &x->batch.keys[i]);
    assert_int_equal(key_pages_add(x->pages, x->snapshot_id, &x->batch), 0);
    x->batch.count = x->batch.size_bytes = 0;
}

static void put_row(struct both *x, const uint8_t *key, size_t key_bytes, struct key_row row)
{
    struct store_key *k = store_batch_add(&x->batch, key, key_bytes, key_bytes);

    assert_non_null(k);
    row.n = ++x->n;
    row.key_stored_bytes = key_bytes;
    row.key_bytes = row.key_bytes == 0 ? key_bytes : row.key_bytes;
    k->row = row;
    store_batch_accept(&x->batch);
    if (store_batch_is_full(&x->batch))
        put_batch(x);
}

static uint64_t random_state = 1;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Of any magnitude, and NULL now and then. */
static int64_t random_figure(void)
{
    const uint64_t v = random_number() >> random_number() % 64;

    switch (random_number() % 8) {
    case 0: return ROW_NULL;
    case 1: return -(int64_t)(v >> 1);
    default: return (int64_t)(v >> 1);
    }
}

static struct key_row random_row(void)
{
    return (struct key_row){
        .db = random_number() % 3,
        .type_id = (uint32_t)(random_number() % 200),
        .encoding = (enum encoding)(random_number() % ENCODING_COUNT_),
        .rdb_type = (uint16_t)(random_number() % 30),
        .size_note = (enum size_note)(random_number() % 4),
        .bytes = random_figure(),
        .alloc_bytes = random_figure(),
        .rdb_bytes = random_figure(),
        .elements = random_figure(),
        .largest_element = random_figure(),
        .expires_at_ms = random_figure(),
        .idle_seconds = random_figure(),
        .freq = random_figure(),
        .pattern_n = random_number() % 1000,
    };
}

/* A name of that length: letters, no two stretches the same, or bytes that make it a BLOB with an
 * escaped form. */
static void put_name(struct both *x, size_t key_bytes, bool is_binary, struct key_row row)
{
    uint8_t *key = malloc(key_bytes + 1);

    assert_non_null(key);
    for (size_t i = 0; i < key_bytes; i += 8) {
        const uint64_t letters = (random_number() & 0x0f0f0f0f0f0f0f0f) + 0x6161616161616161;

        memcpy(key + i, &letters, key_bytes - i < 8 ? key_bytes - i : 8);
    }
    if (is_binary && key_bytes > 0)
        memset(key, 0xff, key_bytes / 2 + 1);
    put_row(x, key, key_bytes, row);
    free(key);
}

static void put_random(struct both *x, size_t key_bytes, bool is_binary)
{
    put_name(x, key_bytes, is_binary, random_row());
}

static void begin_both(struct both *x)
{
    assert_int_equal(key_pages_begin(x->pages), 1);
}

static void end_both(struct both *x)
{
    put_batch(x);
    assert_int_equal(key_pages_end(x->pages), 0);
}

#define ROW(t)                                                                                     \
    "(" t ".db, " t ".key, " t ".key_text, " t ".key_bytes, " t ".type, " t ".encoding, " t        \
    ".rdb_encoding, " t ".size_note, " t ".bytes, " t ".alloc_bytes, " t ".rdb_bytes, " t          \
    ".elements, " t ".largest_element, " t ".expires_at, " t ".idle_seconds, " t ".freq, " t       \
    ".pattern_n)"

/* The length stands in the header and is vouched for: SQLite need not ask the file system. */
static void check_header(const struct both *x)
{
    uint8_t header[100];
    struct stat st;
    uint32_t page_size;

    assert_int_equal(pread(x->fd, header, sizeof header, 0), sizeof header);
    assert_int_equal(fstat(x->fd, &st), 0);
    page_size = get_be16(header + 16) == 1 ? 65536 : get_be16(header + 16);
    assert_int_equal((int64_t)get_be32(header + 28) * page_size, st.st_size);
    assert_int_equal(get_be32(header + 24), get_be32(header + 92));
}

/* SQLite finds no fault and the same rows, of the same types. */
static void check_both(struct both *x)
{
    sqlite3 *db = open_db(path);
    char sql[300];

    check_header(x);
    run(x->expected, "COMMIT; BEGIN");
    assert_query_text(db, "PRAGMA integrity_check", "ok");
    snprintf(sql, sizeof sql, "ATTACH '%s' AS expected", expected_path);
    run(db, sql);
    assert_int_equal(query_int(db, "SELECT count(*) FROM main.key_rows"), x->n);
    assert_int_equal(query_int(db, "SELECT count(*) FROM expected.key_rows"), x->n);
    assert_int_equal(query_int(db, "SELECT count(*) FROM main.key_rows a"
                                   "  JOIN expected.key_rows b ON a.id = b.id"
                                   " WHERE " ROW("a") " IS " ROW("b")),
                     x->n);
    sqlite3_close(db);
}

static void close_both(struct both *x)
{
    key_pages_free(x->pages);
    close(x->fd);
    store_batch_done(&x->batch);
    sqlite3_finalize(x->insert);
    sqlite3_close(x->expected);
    unlink(path);
    unlink(expected_path);
}

/* Bytes of one page of a file; to be freed. */
static uint8_t *read_page(const char *name, uint32_t page_size, uint32_t page)
{
    uint8_t *bytes = malloc(page_size);
    const int fd = open(name, O_RDONLY | O_CLOEXEC);

    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, page_size, ((int64_t)page - 1) * page_size), page_size);
    close(fd);
    return bytes;
}

/* Levels of the tree, counted along the left. */
static unsigned tree_depth(uint32_t page_size)
{
    uint32_t page = root_of(path);
    unsigned depth = 1;

    for (;;) {
        uint8_t *bytes = read_page(path, page_size, page);
        const uint8_t type = bytes[0];

        if (type == 5)
            page = get_be32(bytes + get_be16(bytes + 12));
        free(bytes);
        if (type != 5)
            return depth;
        depth++;
    }
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* Varints of one to nine bytes, against the format's own words: 7 bits a byte, 8 in a ninth. */
static void test_varints(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++) {
        for (int less = 0; less < 2; less++) {
            const uint64_t v = (bits == 64 ? 0 : UINT64_C(1) << bits) - (uint64_t)less;
            uint8_t bytes[9];
            const uint8_t *p = put_varint_before(bytes + sizeof bytes, v);
            const size_t n = (size_t)(bytes + sizeof bytes - p);
            uint64_t read = 0;

            for (size_t i = 0; i < n; i++) {
                assert_int_equal(i < 8 ? p[i] >> 7 : 1, i < 8 ? i + 1 < n : 1);
                read = i < 8 ? read << 7 | (p[i] & 0x7f) : read << 8 | p[i];
            }
            assert_true(read == v);
            assert_int_equal(n, varint_bytes(v));
            assert_true(n == 1 || n == 9 || v >> (7 * (n - 1)) != 0);
        }
    }
}

/* A leaf that is the root: SQLite's bytes, whole. */
static void test_bytes_are_sqlites(void **state)
{
    static const int64_t numbers[] = {0,
                                      1,
                                      2,
                                      -1,
                                      -2,
                                      127,
                                      128,
                                      -128,
                                      -129,
                                      32767,
                                      32768,
                                      -32768,
                                      -32769,
                                      8388607,
                                      8388608,
                                      -8388608,
                                      -8388609,
                                      2147483647,
                                      2147483648,
                                      -2147483648,
                                      -2147483649,
                                      1LL << 47,
                                      (1LL << 47) - 1,
                                      -(1LL << 47),
                                      -(1LL << 47) - 1,
                                      INT64_MAX,
                                      INT64_MIN + 1,
                                      ROW_NULL};
    static const size_t name_bytes[] = {0, 1, 56, 57, 58, 100, 5000, 20000, 140000, 1048576};

    (void)state;
    for (size_t i = 0; i < PAGE_SIZE_COUNT; i++) {
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            const size_t n = name_bytes[k % (sizeof name_bytes / sizeof *name_bytes)];
            const int64_t v = numbers[k];
            struct key_row row = {.bytes = v,
                                  .alloc_bytes = v,
                                  .rdb_bytes = v,
                                  .elements = v,
                                  .largest_element = v,
                                  .expires_at_ms = v,
                                  .idle_seconds = v,
                                  .freq = v};
            uint8_t *key = malloc(n + 1), *page, *expected;
            struct both x;

            if (v > 0) {
                row.db = v == INT64_MAX ? UINT64_MAX : (uint64_t)v;
                row.pattern_n = (uint64_t)v;
                row.type_id = (uint32_t)(v & UINT32_MAX);
                row.rdb_type = (uint16_t)(v & UINT16_MAX);
            }
            memset(key, k % 3 == 0 ? 0xfe : 'k', n + 1);
            open_both(&x, page_sizes[i]);
            x.snapshot_id = k % 2 == 0 ? 1 : (1U << 23) - 1; /* ids of six and of nine bytes */
            begin_both(&x);
            put_row(&x, key, n, row);
            row.key_bytes = n + (uint64_t)(v > 0 ? v : 7); /* cut */
            put_row(&x, key, n < 50 ? n : 50, row);
            end_both(&x);
            check_both(&x);
            page = read_page(path, page_sizes[i], root_of(path));
            expected = read_page(expected_path, page_sizes[i], root_of(path));
            assert_memory_equal(page, expected, page_sizes[i]);
            close_both(&x);
            free(key);
            free(page);
            free(expected);
        }
    }
}

/* ---- trees ---------------------------------------------------------------------------------- */

/* Rows for so many levels, and for more leaves than are held back before they are written. */
static void test_page_sizes(void **state)
{
    static const struct {
        uint32_t page_size;
        unsigned rows, longest_name, depth;
    } rows[] = {
        {512, 12000, 60, 4},   {1024, 12000, 60, 3},  {2048, 12000, 60, 3},
        {4096, 18000, 60, 3},  {8192, 4000, 700, 2},  {16384, 4000, 700, 2},
        {32768, 4000, 700, 2}, {65536, 4000, 700, 2}, {65536, 14000, 60, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both x;
        struct stat st;

        print_message("pages of %" PRIu32 "\n", rows[i].page_size);
        open_both(&x, rows[i].page_size);
        begin_both(&x);
        for (unsigned n = 0; n < rows[i].rows; n++)
            put_random(&x, random_number() % rows[i].longest_name, n % 50 == 0);
        end_both(&x);
        check_both(&x);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, key_pages_file_bytes(x.pages));
        assert_true(st.st_size > 1 << 20);
        assert_true(tree_depth(rows[i].page_size) >= rows[i].depth);
        close_both(&x);
    }
}

/* Records of every length around the limits: what stays in the cell, and the pages of the rest. */
static void test_spilling(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAGE_SIZE_COUNT; i++) {
        const size_t usable = page_sizes[i];
        const size_t limits[] = {usable - 35, (usable - 12) * 32 / 255 - 23 + usable - 4,
                                 usable - 35 + usable - 4, usable - 35 + 3 * (usable - 4)};
        struct both x;

        open_both(&x, page_sizes[i]);
        begin_both(&x);
        for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
            /* A record without figures is its name and 19 to 21 bytes, with them up to 100. */
            for (size_t n = limits[k] - 30; n < limits[k] - 10; n++)
                put_name(&x, n, false, (struct key_row){0});
            for (size_t n = limits[k] - 110; n < limits[k] + 5; n += 9)
                put_random(&x, n, false);
            /* The escaped form takes two and a half times the name. */
            for (size_t n = 0; n < 10; n++)
                put_name(&x, (limits[k] - 30) * 2 / 7 - 4 + n, true, (struct key_row){0});
        }
        end_both(&x);
        check_both(&x);
        close_both(&x);
    }
}

static void test_longest_names(void **state)
{
    static const uint32_t sizes[] = {512, 4096, 65536};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct both x;

        open_both(&x, sizes[i]);
        begin_both(&x);
        put_random(&x, 10, false);
        put_random(&x, STORE_MAX_KEY_BYTES, true); /* 1 MiB and 2.5 MiB escaped */
        put_random(&x, STORE_MAX_KEY_BYTES, false);
        put_random(&x, 10, false);
        end_both(&x);
        check_both(&x);
        close_both(&x);
    }
}

/* What is left of a chain's last page holds nothing of the pages before it.  Only a rest of nearly
 * a page leaves any: 489 bytes stay in the cell here, and 4 pages of 4,092 and 3,600 bytes follow.
 */
static void test_end_of_overflow(void **state)
{
    static const uint8_t zeros[400];
    uint8_t *page;
    struct both x;
    struct stat st;

    (void)state;
    open_both(&x, 4096);
    begin_both(&x);
    put_name(&x, 489 + 4 * 4092 + 3600 - 21, false, (struct key_row){0});
    end_both(&x);
    check_both(&x);
    assert_int_equal(stat(path, &st), 0);
    page = read_page(path, 4096, (uint32_t)(st.st_size / 4096));
    assert_int_equal(get_be32(page), 0); /* no other follows */
    assert_int_not_equal(page[3000], 0);
    assert_memory_equal(page + 4096 - sizeof zeros, zeros, sizeof zeros);
    free(page);
    close_both(&x);
}

/* ---- again and again ------------------------------------------------------------------------ */

/* After each end of rows the file is whole, SQLite takes pages, and rows go on. */
static void test_snapshots(void **state)
{
    static const struct {
        uint32_t page_size;
        unsigned rounds, most_rows;
    } rows[] = {
        {512, 150, 12}, {512, 25, 700}, {1024, 25, 300}, {4096, 16, 1500}, {65536, 10, 3000}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t root = (make_db(path, rows[i].page_size, ""), root_of(path));
        struct both x;

        open_both(&x, rows[i].page_size);
        for (unsigned round = 1; round <= rows[i].rounds; round++) {
            sqlite3 *db;
            uint64_t count = random_number() % rows[i].most_rows;

            x.snapshot_id = round;
            begin_both(&x);
            for (; count > 0; count--)
                put_random(&x, random_number() % (count % 20 == 0 ? 2000 : 80), false);
            end_both(&x);
            db = open_db(path);
            assert_query_text(db, "PRAGMA integrity_check", "ok");
            run(db,
                "CREATE TABLE IF NOT EXISTS filler(x); INSERT INTO filler VALUES(zeroblob(3000))");
            if (round % 7 == 0)
                run(db, "DELETE FROM filler WHERE rowid % 2"); /* free pages */
            sqlite3_close(db);
        }
        check_both(&x);
        assert_int_equal(root_of(path), root);
        close_both(&x);
    }
}

/* A connection that stayed open sees the rows, as a private database's does. */
static void test_open_connection(void **state)
{
    struct both x;
    sqlite3 *db;

    (void)state;
    open_both(&x, 4096);
    db = open_db(path);
    for (unsigned round = 1; round <= 5; round++) {
        run(db, "BEGIN; INSERT INTO other VALUES('value'); COMMIT");
        assert_int_equal(query_int(db, "SELECT count(*) FROM key_rows"), x.n);
        begin_both(&x);
        for (unsigned n = 0; n < (round == 3 ? 300 : 1); n++) /* one: the file's length stays */
            put_random(&x, 40, false);
        end_both(&x);
        assert_int_equal(query_int(db, "SELECT count(*) FROM key_rows"), x.n);
        assert_int_equal(query_int(db, "SELECT count(*) FROM other"), round);
    }
    check_both(&x);
    sqlite3_close(db);
    close_both(&x);
}

static void test_sql_afterwards(void **state)
{
    struct both x;
    sqlite3 *db;

    (void)state;
    open_both(&x, 512);
    begin_both(&x);
    for (unsigned n = 0; n < 5000; n++)
        put_random(&x, random_number() % 700, n % 9 == 0);
    end_both(&x);
    db = open_db(path);
    run(db, "PRAGMA journal_mode = DELETE");
    run(db, "INSERT INTO key_rows SELECT id + 100000, db, key, key_text, key_bytes, type, encoding,"
            " rdb_encoding, size_note, bytes, alloc_bytes, rdb_bytes, elements, largest_element,"
            " expires_at, idle_seconds, freq, pattern_n FROM key_rows");
    assert_query_text(db, "PRAGMA integrity_check", "ok");
    run(db, "DELETE FROM key_rows WHERE id % 3 = 0; DELETE FROM key_rows WHERE id > 1099511700000");
    assert_query_text(db, "PRAGMA integrity_check", "ok");
    run(db, "VACUUM");
    assert_query_text(db, "PRAGMA integrity_check", "ok");
    sqlite3_close(db);
    close_both(&x);
}

/* ---- the lock-byte page --------------------------------------------------------------------- */

/* Makes the file end `pages` before byte 2^30 without writing a gigabyte: free pages need no bytes.
 * [next trunk 4][leaves 4][numbers 4 each] is a trunk of the list, which the header names. */
static void grow_to_lock_page(uint32_t page_size, uint32_t pages)
{
    const uint32_t last = 0x40000000U / page_size - pages;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t header[100], *trunk = calloc(1, page_size);
    uint32_t first, page;

    assert_non_null(trunk);
    assert_int_equal(pread(fd, header, sizeof header, 0), sizeof header);
    first = get_be32(header + 28) + 1;
    for (page = first; page <= last;) {
        const uint32_t room = page_size / 4 - 8; /* SQLite leaves the last six alone */
        const uint32_t count = last - page < room ? last - page : room;
        const uint32_t next = page + count + 1;

        memset(trunk, 0, page_size);
        put_be32(trunk, next <= last ? next : 0);
        put_be32(trunk + 4, count);
        for (uint32_t i = 0; i < count; i++)
            put_be32(trunk + 8 + 4 * i, page + 1 + i);
        assert_int_equal(pwrite(fd, trunk, page_size, ((int64_t)page - 1) * page_size), page_size);
        page = next;
    }
    put_be32(header + 28, last);
    put_be32(header + 32, first);
    put_be32(header + 36, last - first + 1);
    assert_int_equal(pwrite(fd, header, sizeof header, 0), sizeof header);
    assert_int_equal(ftruncate(fd, (off_t)last * page_size), 0);
    close(fd);
    free(trunk);
}

static void test_lock_page(void **state)
{
    static const struct {
        uint32_t page_size;
        uint32_t pages; /* before it */
        size_t name_bytes;
    } rows[] = {
        {512, 40, 30},      {4096, 40, 30},    {4096, 0, 30},   {4096, 1, 30},     {16384, 40, 30},
        {65536, 5, 30},     {65536, 0, 30},    {65536, 20, 30}, {4096, 40, 20000}, {4096, 3, 20000},
        {65536, 4, 300000}, {65536, 4, 60000}, {512, 2, 5000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t lock_page = 0x40000000U / rows[i].page_size + 1;
        uint8_t *page;
        struct both x;

        print_message("%" PRIu32 " pages of %" PRIu32 " before it, names of %zu\n", rows[i].pages,
                      rows[i].page_size, rows[i].name_bytes);
        open_both(&x, rows[i].page_size);
        grow_to_lock_page(rows[i].page_size, rows[i].pages);
        begin_both(&x);
        while (key_pages_file_bytes(x.pages) < ((int64_t)lock_page + 8) * rows[i].page_size)
            put_random(&x, rows[i].name_bytes, false);
        end_both(&x);
        check_both(&x);
        page = read_page(path, rows[i].page_size, lock_page);
        for (uint32_t k = 0; k < rows[i].page_size; k++)
            assert_int_equal(page[k], 0);
        free(page);
        close_both(&x);
    }
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void test_other_files(void **state)
{
    static const struct {
        const char *name, *before, *after;
    } rows[] = {
        {"as it should be", "", ""},
        {"auto_vacuum", "PRAGMA auto_vacuum = FULL", ""},
        {"incremental", "PRAGMA auto_vacuum = INCREMENTAL", ""},
        {"UTF-16", "PRAGMA encoding = 'UTF-16'", ""},
        {"rows", "",
         "INSERT INTO key_rows(id, db, key, type, encoding, rdb_encoding, size_note)"
         " VALUES(1, 0, 'k', 0, 0, 0, 0)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key_pages *p;
        sqlite3 *db;
        int fd;

        print_message("%s\n", rows[i].name);
        make_db(path, 4096, rows[i].before);
        db = open_db(path);
        run(db, rows[i].after);
        sqlite3_close(db);
        fd = open(path, O_RDWR | O_CLOEXEC);
        p = key_pages_new(fd, root_of(path));
        assert_int_equal(key_pages_begin(p), i == 0);
        key_pages_free(p);
        p = key_pages_new(fd, 1000000);
        assert_int_equal(key_pages_begin(p), 0);
        key_pages_free(p);
        p = key_pages_new(fd, 0);
        assert_int_equal(key_pages_begin(p), 0);
        key_pages_free(p);
        assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) + 4096), 0); /* not in the header */
        p = key_pages_new(fd, root_of(path));
        assert_int_equal(key_pages_begin(p), 0);
        key_pages_free(p);
        close(fd);
        unlink(path);
    }
}

static void test_other_headers(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        uint8_t value;
    } rows[] = {
        {"magic", 0, 's'},          {"page size", 17, 1},      {"write version", 18, 2},
        {"read version", 19, 2},    {"reserved bytes", 20, 8}, {"changes", 27, 200},
        {"number of pages", 31, 1}, {"schema format", 47, 1},  {"valid for", 95, 200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key_pages *p;
        uint32_t root;
        int fd;

        print_message("%s\n", rows[i].name);
        make_db(path, 4096, "");
        root = root_of(path);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_int_equal(pwrite(fd, &rows[i].value, 1, (off_t)rows[i].offset), 1);
        p = key_pages_new(fd, root);
        assert_int_equal(key_pages_begin(p), 0);
        key_pages_free(p);
        close(fd);
        unlink(path);
    }
}

static void test_order(void **state)
{
    struct both x;

    (void)state;
    open_both(&x, 4096);
    begin_both(&x);
    put_random(&x, 5, false);
    put_batch(&x);
    x.n = 0; /* the same number again */
    assert_non_null(store_batch_add(&x.batch, (const uint8_t *)"k", 1, 1));
    x.batch.keys[0].row.n = 1;
    store_batch_accept(&x.batch);
    errno = 0;
    assert_int_equal(key_pages_add(x.pages, x.snapshot_id, &x.batch), -1);
    assert_int_equal(errno, EINVAL);
    close_both(&x);
}

/* ---- no space ------------------------------------------------------------------------------- */

/* The file may not grow past `bytes`: each of the writer's writes fails in turn. */
static void test_no_space(void **state)
{
    struct rlimit before;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (unsigned more = 0; more < 40; more++) {
        struct rlimit limit = before;
        struct both x;
        struct stat st;
        int r;

        open_both(&x, 4096);
        assert_int_equal(stat(path, &st), 0);
        begin_both(&x);
        for (unsigned n = 0; n < 60; n++)
            put_random(&x, n % 6 == 0 ? 20000 : 2000, false); /* overflow pages, leaves, a level */
        limit.rlim_cur = (rlim_t)st.st_size + more * 8000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        errno = 0;
        r = key_pages_add(x.pages, 1, &x.batch);
        if (r == 0)
            r = key_pages_end(x.pages);
        assert_int_equal(errno, EFBIG);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(r, -1);
        close_both(&x);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/pages.db", folder);
    snprintf(expected_path, sizeof expected_path, "%s/expected.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varints),         cmocka_unit_test(test_bytes_are_sqlites),
        cmocka_unit_test(test_page_sizes),      cmocka_unit_test(test_spilling),
        cmocka_unit_test(test_longest_names),   cmocka_unit_test(test_snapshots),
        cmocka_unit_test(test_open_connection), cmocka_unit_test(test_sql_afterwards),
        cmocka_unit_test(test_lock_page),       cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_other_headers),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_no_space),        cmocka_unit_test(test_end_of_overflow),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
