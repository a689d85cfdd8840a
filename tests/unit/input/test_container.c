/* test_container.c -- what is not an RDB is named, and what follows one is classified. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "supply.h"

/* ---- what is not an RDB --------------------------------------------------------------------- */

#define ROW(name, bytes, code, message)                                                            \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, code, message                                              \
    }

static const struct {
    const char *name, *bytes;
    size_t size_bytes;
    enum rdbp_errcode code;
    const char *message; /* part of it */
} refused[] = {
    ROW("empty", "", RDBP_ERR_EMPTY, "empty"),
    ROW("one byte of the magic", "R", RDBP_ERR_TRUNCATED, "9 bytes needed, 1 left"),
    ROW("eight bytes of the magic", "REDIS001", RDBP_ERR_TRUNCATED, "9 bytes needed, 8 left"),
    ROW("Valkey's magic cut", "VALKEY0", RDBP_ERR_TRUNCATED, "9 bytes needed, 7 left"),
    ROW("not quite the magic", "REDISX", RDBP_ERR_NOT_RDB, "52 45 44 49 53 58"),
    ROW("no version", "REDIS is fast", RDBP_ERR_NOT_RDB,
        "starts with '52 45 44 49 53 20 69 73 ...'"),
    ROW("Valkey's magic, four digits of Redis", "VALKE0011", RDBP_ERR_NOT_RDB, "starts with '56"),
    ROW("noise", "\x12\x34", RDBP_ERR_NOT_RDB, "starts with '12 34'"),
    ROW("bzip2", "BZh91AY&SY", RDBP_ERR_NOT_RDB, "bzip2 -dc FILE | rdblens -"),
    ROW("xz", "\xfd\x37zXZ\0\0\4", RDBP_ERR_NOT_RDB, "xz -dc FILE | rdblens -"),
    ROW("zip", "PK\3\4\x14\0\0\0\x08\0", RDBP_ERR_NOT_RDB, "unzip -p FILE | rdblens -"),
    ROW("7z", "7z\xbc\xaf\x27\x1c\0\4", RDBP_ERR_NOT_RDB, "7z x -so FILE"),
    ROW("snappy", "\xff\6\0\0sNaPpY", RDBP_ERR_NOT_RDB, "snappy"),
    ROW("openssl", "Salted__12345678", RDBP_ERR_NOT_RDB, "openssl"),
    ROW("age", "age-encryption.org/v1\n-> X", RDBP_ERR_NOT_RDB, "age -d FILE"),
    ROW("PGP armour", "-----BEGIN PGP MESSAGE-----\n", RDBP_ERR_NOT_RDB, "gpg -d FILE"),
    ROW("PGP, public key", "\x85\x01\x0c\x03\x01\x02\x03\x04\x05", RDBP_ERR_NOT_RDB, "OpenPGP"),
    ROW("PGP, password", "\x8c\x0d\x04\x09\x03\x02\x01\x02\x03", RDBP_ERR_NOT_RDB, "OpenPGP"),
    ROW("PGP, new format", "\xc1\xc0\x4c\x03\x01\x02\x03\x04\x05", RDBP_ERR_NOT_RDB, "OpenPGP"),
    ROW("AOF", "*2\r\n$6\r\nSELECT\r\n", RDBP_ERR_NOT_RDB, "AOF"),
    ROW("AOF with a time", "#TS:1700000000\r\n*1\r\n", RDBP_ERR_NOT_RDB, "AOF"),
    ROW("AOF manifest", "file appendonly.aof.1.base.rdb seq 1 type b\n", RDBP_ERR_NOT_RDB,
        "manifest"),
    ROW("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0", RDBP_ERR_NOT_RDB, "zeros"),
    ROW("Valkey envelope", "VCS\1\1\0\1\x04\x22\x4d\x18", RDBP_ERR_NOT_RDB, "Valkey 9.2"),
    ROW("report database", "SQLite format 3\0", RDBP_ERR_NOT_RDB, "SQLite"),
    ROW("error reply", "-NOAUTH Authentication required.\r\n", RDBP_ERR_NOT_RDB, "NOAUTH"),
    ROW("base64", "UkVESVMwMDEx+glyZWRpcw==", RDBP_ERR_NOT_RDB, "base64 -d"),
    ROW("UTF-16", "\xff\xfeR\0E\0D\0I\0S\0\x30\0", RDBP_ERR_NOT_RDB, "UTF-16"),
    ROW("HTML", "<!DOCTYPE html>", RDBP_ERR_NOT_RDB, "HTML"),
    ROW("JSON", "[{\"db\":0}]", RDBP_ERR_NOT_RDB, "JSON"),
    ROW("replication, nothing follows", "\n\n\n", RDBP_ERR_TRUNCATED, "ends before its snapshot"),
    ROW("replication, cut in a line", "+FULLRES", RDBP_ERR_TRUNCATED, "ends before its snapshot"),
    ROW("replication, cut in the length", "+OK\r\n$12", RDBP_ERR_TRUNCATED, "ends before"),
    ROW("replication, malformed length", "$12x\r\nREDIS0011xxx", RDBP_ERR_NOT_RDB, "its head"),
    ROW("replication, short mark", "$EOF:0123\r\nREDIS0011", RDBP_ERR_NOT_RDB, "its head"),
    ROW("replication, length beyond u64", "$99999999999999999999\r\nREDIS0011", RDBP_ERR_NOT_RDB,
        "its head"),
    ROW("replication, partial resync", "+CONTINUE\r\n*1\r\n$4\r\nPING\r\n", RDBP_ERR_NOT_RDB,
        "AOF"),
    ROW("replication, other payload", "$5\r\nhello, world", RDBP_ERR_NOT_RDB, "starts with '68 65"),
    ROW("gzip cut in its magic", "\x1f\x8b", RDBP_ERR_TRUNCATED, "gzip"),
    ROW("gzip, unknown method", "\x1f\x8b\x07\0\0\0\0\0\0\0\0\0", RDBP_ERR_DECOMPRESS, "gzip"),
    ROW("zstd, window of 256 MiB", "\x28\xb5\x2f\xfd\x00\x90\x01\0\0", RDBP_ERR_DECOMPRESS,
        "--long=31"),
    ROW("skippable frame cut", "\x50\x2a\x4d\x18\xff\xff\xff\xff\x61\x62\x63", RDBP_ERR_TRUNCATED,
        "skippable"),
    ROW("skippable frame alone", "\x50\x2a\x4d\x18\1\0\0\0\x61", RDBP_ERR_EMPTY, "empty"),
};

static void check_refused(size_t row, const struct bytes *b, const char *inside)
{
    static const size_t refills[] = {1, 7, 0};

    for (size_t i = 0; i < 3; i++)
        for (int input = 0; input < INPUT_COUNT; input++) {
            rdbp_options options = RDBP_OPTIONS_INIT;
            struct supply s;
            struct reader *r;
            rdbp_error error;

            options.refill_bytes = refills[i];
            supply_open(&s, (enum input)input, b);
            if (open_supply(&r, &s, options, &error) == 0)
                fail_msg("%s%s: opened", refused[row].name, inside);
            if (error.code != refused[row].code || !strstr(error.message, refused[row].message) ||
                error.severity != RDBP_SEVERITY_FATAL || strchr(error.message, '\n'))
                fail_msg("%s%s, %s: %s '%s'", refused[row].name, inside, input_names[input], "said",
                         error.message);
            supply_close(&s);
        }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct bytes b = bytes_copy(refused[i].bytes, refused[i].size_bytes);
        struct bytes packed = pack_gzip(b.at, b.size_bytes);

        check_refused(i, &b, "");
        check_refused(i, &packed, " in gzip");
        bytes_free(&b);
        bytes_free(&packed);
    }
}

static void test_tar(void **state)
{
    uint8_t header[1024] = "backup/dump.rdb";
    struct bytes packed;
    rdbp_error error;
    struct reader *r;

    (void)state;
    memcpy(header + 257, "ustar", 6);
    memcpy(header + 512, "REDIS0011", 9);
    assert_int_equal(reader_open(&r, NULL, -1, header, sizeof(header), NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_NOT_RDB);
    assert_non_null(strstr(error.message, "a tar archive: extract"));
    packed = pack_gzip(header, sizeof(header));
    assert_int_equal(reader_open(&r, NULL, -1, packed.at, packed.size_bytes, NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_NOT_RDB);
    assert_non_null(strstr(error.message, "a tar archive (inside gzip): extract"));
    bytes_free(&packed);
}

static void test_nested_too_deep(void **state)
{
    struct bytes content = make_content(100);
    struct bytes packed = pack_twice(pack_zstd, pack_nested(content.at, content.size_bytes));
    struct reader *r;
    rdbp_error error;

    (void)state;
    assert_int_equal(reader_open(&r, NULL, -1, packed.at, packed.size_bytes, NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_NOT_RDB);
    assert_non_null(strstr(error.message, "zstd, gzip, lz4, zstd, gzip"));
    bytes_free(&packed);
    bytes_free(&content);
}

static void test_cannot_open(void **state)
{
    struct reader *r;
    rdbp_error error;

    (void)state;
    assert_int_equal(reader_open(&r, "no/such/file", -1, NULL, 0, NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_IO);
    assert_string_equal(error.message, "No such file or directory");
    assert_int_equal(reader_open(&r, "/", -1, NULL, 0, NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_IO);
    assert_string_equal(error.message, "Is a directory");
    assert_int_equal(reader_open(&r, "/dev/null", -1, NULL, 0, NULL, &error), -1);
    assert_int_equal(error.code, RDBP_ERR_EMPTY);
    reader_free(NULL);
}

/* ---- behind the RDB ------------------------------------------------------------------------- */

#define TAIL(name, frame, bytes, want)                                                             \
    {                                                                                              \
        name, frame, bytes, sizeof(bytes) - 1, want                                                \
    }

enum framing { BARE, BY_MARK, BY_LENGTH };

static void test_tail(void **state)
{
    static const struct {
        const char *name;
        enum framing framing;
        const char *tail;
        size_t tail_bytes;
        enum rdbp_trailing want;
    } rows[] = {
        TAIL("nothing", BARE, "", RDBP_TRAILING_NONE),
        TAIL("commands", BARE, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", RDBP_TRAILING_AOF),
        TAIL("commands after a line end", BARE, "\r\n*1\r\n$4\r\nPING\r\n", RDBP_TRAILING_AOF),
        TAIL("a time", BARE, "#TS:1700000000\r\n*1\r\n", RDBP_TRAILING_AOF),
        TAIL("a line end alone", BARE, "\r\n", RDBP_TRAILING_OTHER),
        TAIL("mark", BARE, MARK, RDBP_TRAILING_EOF_MARK),
        TAIL("mark, then commands", BARE, MARK "*1\r\n", RDBP_TRAILING_EOF_MARK),
        TAIL("39 digits", BARE, "0123456789abcdef0123456789abcdef0123456", RDBP_TRAILING_OTHER),
        TAIL("41 digits", BARE, MARK "8", RDBP_TRAILING_OTHER),
        TAIL("one zero", BARE, "\0", RDBP_TRAILING_ZEROS),
        TAIL("another RDB", BARE, "REDIS0009\xfa", RDBP_TRAILING_RDB),
        TAIL("another RDB of Valkey", BARE, "VALKEY080\xfa", RDBP_TRAILING_RDB),
        TAIL("noise", BARE, "\x01\x02", RDBP_TRAILING_OTHER),
        TAIL("zeros, then noise", BARE, "\0\0\0\0\x01", RDBP_TRAILING_OTHER),
        TAIL("the mark announced", BY_MARK, MARK, RDBP_TRAILING_EOF_MARK),
        TAIL("the mark announced, then commands", BY_MARK, MARK "\n*1\r\n", RDBP_TRAILING_EOF_MARK),
        TAIL("another mark", BY_MARK, "1123456789abcdef0123456789abcdef01234567",
             RDBP_TRAILING_OTHER),
        TAIL("half a mark", BY_MARK, "0123456789", RDBP_TRAILING_OTHER),
        TAIL("no mark", BY_MARK, "", RDBP_TRAILING_NONE),
        TAIL("commands instead of the mark", BY_MARK, "*1\r\n$4\r\nPING\r\n", RDBP_TRAILING_OTHER),
        TAIL("commands behind the length", BY_LENGTH, "*1\r\n$4\r\nPING\r\n", RDBP_TRAILING_AOF),
        TAIL("keep-alives behind the length", BY_LENGTH, "\n\n*1\r\n", RDBP_TRAILING_AOF),
        TAIL("nothing behind the length", BY_LENGTH, "", RDBP_TRAILING_NONE),
        TAIL("padding behind the length", BY_LENGTH, "\0\0\0", RDBP_TRAILING_ZEROS),
    };
    struct bytes content = make_content(1000);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t refill = 0; refill < 3; refill++)
            for (int input = 0; input < INPUT_COUNT; input++) {
                struct bytes b =
                    rows[i].framing == BARE      ? pack_plain(content.at, content.size_bytes)
                    : rows[i].framing == BY_MARK ? frame_eof_mark(content.at, content.size_bytes)
                                                 : frame_length(content.at, content.size_bytes);
                rdbp_options options = RDBP_OPTIONS_INIT;
                uint64_t tail_bytes = 0;
                enum rdbp_trailing got;
                struct supply s;
                struct reader *r;
                rdbp_error error;

                options.refill_bytes = refill;
                bytes_append(&b, rows[i].tail, rows[i].tail_bytes);
                supply_open(&s, (enum input)input, &b);
                assert_int_equal(open_supply(&r, &s, options, &error), 0);
                assert_int_equal(reader_skip(r, content.size_bytes), 0);
                got = reader_classify_tail(r, &tail_bytes);
                reader_error(r, &error);
                if (got != rows[i].want || tail_bytes != rows[i].tail_bytes ||
                    error.code != RDBP_ERR_NONE)
                    fail_msg("%s, %s, refill %zu: %d, %llu bytes", rows[i].name, input_names[input],
                             refill, got, (unsigned long long)tail_bytes);
                reader_free(r);
                supply_close(&s);
                bytes_free(&b);
            }
    bytes_free(&content);
}

/* Long tails: padding is looked at to its end, and all of it is counted. */
static void test_long_tail(void **state)
{
    static uint8_t zeros[3000000];
    struct bytes content = make_content(1000);

    (void)state;
    for (int last = 0; last < 3; last++)
        for (int input = 0; input < INPUT_COUNT; input++) {
            struct bytes b = bytes_copy(content.at, content.size_bytes);
            rdbp_options options = RDBP_OPTIONS_INIT;
            enum rdbp_trailing got;
            uint64_t tail_bytes, crc;
            struct supply s;
            struct reader *r;
            rdbp_error error;

            bytes_append(&b, zeros, sizeof(zeros));
            if (last == 1)
                b.at[b.size_bytes - 1] = 1;
            if (last == 2)
                b.at[content.size_bytes] = '*';
            supply_open(&s, (enum input)input, &b);
            assert_int_equal(open_supply(&r, &s, options, &error), 0);
            assert_int_equal(reader_skip(r, content.size_bytes), 0);
            crc = reader_crc(r);
            got = reader_classify_tail(r, &tail_bytes);
            if (got != (last == 0   ? RDBP_TRAILING_ZEROS
                        : last == 1 ? RDBP_TRAILING_OTHER
                                    : RDBP_TRAILING_AOF) ||
                tail_bytes != sizeof(zeros) || reader_crc(r) != crc)
                fail_msg("%s, last %d: %d, %llu bytes", input_names[input], last, got,
                         (unsigned long long)tail_bytes);
            reader_free(r);
            supply_close(&s);
            bytes_free(&b);
        }
    bytes_free(&content);
}

/* The packed data's own checksum lies behind the RDB: classifying the tail reads it. */
static void test_damage_behind(void **state)
{
    struct bytes content = make_content(1000), packed = pack_gzip(content.at, content.size_bytes);
    struct reader *r;
    rdbp_error error;
    uint64_t tail_bytes;

    (void)state;
    packed.at[packed.size_bytes - 6] ^= 1;
    assert_int_equal(reader_open(&r, NULL, -1, packed.at, packed.size_bytes, NULL, &error), 0);
    assert_int_equal(reader_skip(r, content.size_bytes), 0);
    reader_error(r, &error);
    assert_int_equal(error.code, RDBP_ERR_NONE);
    (void)reader_classify_tail(r, &tail_bytes);
    reader_error(r, &error);
    assert_int_equal(error.code, RDBP_ERR_DECOMPRESS);
    reader_free(r);
    bytes_free(&packed);
    bytes_free(&content);
}

/* A RDB longer than its $LENGTH ends there, whatever follows. */
static void test_length_limits(void **state)
{
    struct bytes content = make_content(2000), b = frame("$100\r\n", bytes_copy(content.at, 2000));

    (void)state;
    for (size_t refill = 0; refill < 2; refill++)
        for (int input = 0; input < INPUT_COUNT; input++) {
            rdbp_options options = RDBP_OPTIONS_INIT;
            uint64_t tail_bytes;
            struct supply s;
            struct reader *r;
            rdbp_error error;

            options.refill_bytes = refill;
            supply_open(&s, (enum input)input, &b);
            assert_int_equal(open_supply(&r, &s, options, &error), 0);
            assert_true(reader_may_have(r, 100));
            assert_false(reader_may_have(r, 101));
            assert_null(reader_peek(r, 101));
            reader_error(r, &error);
            assert_int_equal(error.code, RDBP_ERR_TRUNCATED);
            assert_non_null(strstr(error.message, "101 bytes needed, 100 left"));
            assert_non_null(reader_peek(r, 100));
            assert_int_equal(reader_skip(r, 60), 0);
            assert_int_equal(reader_classify_tail(r, &tail_bytes), RDBP_TRAILING_OTHER);
            assert_true(tail_bytes == 1940);
            reader_free(r);
            supply_close(&s);
        }
    bytes_free(&b);
    bytes_free(&content);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_tar),
        cmocka_unit_test(test_nested_too_deep),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_long_tail),
        cmocka_unit_test(test_damage_behind),
        cmocka_unit_test(test_length_limits),
    };

    supply_take_arguments(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader may stop before its pipe's writer does */
    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
