/* test_text.c -- the escaped form, JSON strings, sizes and times: tables, expected values by hand.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/error.h"
#include "util/hash.h"
#include "util/text.h"

#define BYTES(s) s, sizeof(s) - 1

static void test_escape(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t size_bytes;
        bool is_text;
        const char *escaped;
        const char *line;
    } rows[] = {
        {"empty", BYTES(""), true, "", ""},
        {"ascii", BYTES("session:1"), true, "session:1", "session:1"},
        {"backslash", BYTES("a\\b"), true, "a\\\\b", "a\\\\b"},
        {"looks escaped", BYTES("\\x00"), true, "\\\\x00", "\\\\x00"},
        {"NUL", BYTES("a\0b"), false, "a\\x00b", "a\\x00b"},
        {"latin-1", BYTES("caf\xe9"), false, "caf\\xe9", "caf\\xe9"},
        {"two bytes", BYTES("caf\xc3\xa9"), true, "caf\xc3\xa9", "caf\xc3\xa9"},
        {"three bytes", BYTES("\xe2\x82\xac"), true, "\xe2\x82\xac", "\xe2\x82\xac"},
        {"four bytes", BYTES("\xf0\x9f\x98\x80"), true, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"overlong slash", BYTES("\xc0\xaf"), false, "\\xc0\\xaf", "\\xc0\\xaf"},
        {"overlong euro", BYTES("\xf0\x82\x82\xac"), false, "\\xf0\\x82\\x82\\xac",
         "\\xf0\\x82\\x82\\xac"},
        {"surrogate", BYTES("\xed\xa0\x80"), false, "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},
        {"above U+10FFFF", BYTES("\xf4\x90\x80\x80"), false, "\\xf4\\x90\\x80\\x80",
         "\\xf4\\x90\\x80\\x80"},
        {"U+10FFFF", BYTES("\xf4\x8f\xbf\xbf"), true, "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"cut sequence", BYTES("\xe2\x82"), false, "\\xe2\\x82", "\\xe2\\x82"},
        {"lone continuation", BYTES("\x80"), false, "\\x80", "\\x80"},
        {"newline, escape", BYTES("a\n\x1b["), true, "a\n\x1b[", "a\\x0a\\x1b["},
        {"C1", BYTES("\xc2\x9b"), true, "\xc2\x9b", "\\xc2\\x9b"},
        {"no-break space", BYTES("\xc2\xa0"), true, "\xc2\xa0", "\xc2\xa0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *bytes = (const uint8_t *)rows[i].bytes;
        const size_t n = text_escaped_bytes(bytes, rows[i].size_bytes);
        char out[64] = "", line[64];

        print_message("%s\n", rows[i].name);
        assert_int_equal(text_is_utf8(bytes, rows[i].size_bytes), rows[i].is_text);
        assert_int_equal(n, strlen(rows[i].escaped));
        text_escape(bytes, rows[i].size_bytes, out);
        assert_string_equal(out, rows[i].escaped);
        assert_string_equal(text_escape_line(bytes, rows[i].size_bytes, line, sizeof line),
                            rows[i].line);
    }
}

static void test_line_is_cut_between_escapes(void **state)
{
    char line[6];

    (void)state;
    assert_string_equal(text_escape_line((const uint8_t *)"a\xff\xff", 3, line, sizeof line),
                        "a\\xff");
    assert_string_equal(
        text_escape_line((const uint8_t *)"abc\xc3\xa9\xc3\xa9", 7, line, sizeof line),
        "abc\xc3\xa9");
}

/* A message has words, names as they are, and names that were escaped before. */
static void test_messages(void **state)
{
    static const struct {
        const char *name, *path, *line;
    } rows[] = {
        {"plain", "dump.rdb", "dump.rdb: x"},
        {"newline", "a\nb", "a\\x0ab: x"},
        {"escape sequence", "\x1b[31m\x7f", "\\x1b[31m\\x7f: x"},
        {"C1", "\xc2\x9b", "\\xc2\\x9b: x"},
        {"no UTF-8", "a\xff", "a\\xff: x"},
        {"UTF-8", "caf\xc3\xa9", "caf\xc3\xa9: x"},
        {"escaped before", "a\\x00\\\\b", "a\\x00\\\\b: x"},
    };
    char long_path[2000];
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].name);
        error_set(&err, EXIT_CANNOT_RUN, "%s: x", rows[i].path);
        assert_string_equal(err.message, rows[i].line);
    }
    memset(long_path, '\n', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    error_set(&err, EXIT_CANNOT_RUN, "%s", long_path);
    assert_int_equal(strlen(err.message), 508); /* whole escapes of four, below 512 */
}

static void test_json(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t size_bytes;
        const char *json;
    } rows[] = {
        {"plain", BYTES("a b"), "\"a b\""},
        {"quote and backslash", BYTES("\"\\"), "\"\\\"\\\\\""},
        {"controls", BYTES("\n\x01\x7f"), "\"\\u000a\\u0001\\u007f\""},
        {"utf-8", BYTES("\xc3\xa9"), "\"\xc3\xa9\""},
        {"bytes", BYTES("\xff\\"), "\"\\\\xff\\\\\\\\\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *out = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&out, &n);

        print_message("%s\n", rows[i].name);
        text_write_json(f, (const uint8_t *)rows[i].bytes, rows[i].size_bytes);
        fclose(f);
        assert_string_equal(out, rows[i].json);
        free(out);
    }
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes; /* -1: refused */
    } rows[] = {
        {"0", 0},
        {"1500", 1500},
        {"1500b", 1500},
        {"10k", 10000},
        {"10K", 10000},
        {"10kb", 10240},
        {"10KiB", 10240},
        {"10Ki", 10240},
        {"3m", 3000000},
        {"3MB", 3145728},
        {"3Mi", 3145728},
        {"2g", 2000000000},
        {"2gb", 2147483648},
        {"1Gi", 1073741824},
        {"1t", 1000000000000},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", -1},
        {"9007199254740993kb", -1},
        {"", -1},
        {"k", -1},
        {"-1", -1},
        {"1.5k", -1},
        {"10 k", -1},
        {"10kk", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got = -1;

        print_message("'%s'\n", rows[i].text);
        assert_int_equal(text_parse_size(rows[i].text, &got), rows[i].bytes < 0 ? -1 : 0);
        assert_int_equal(got, rows[i].bytes);
    }
}

/* Expected values: date -u -d TEXT +%s */
static void test_times(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"0", 0},
        {"1706695200", 1706695200000},
        {"1706695200123", 1706695200123},
        {"2024-01-31", 1706659200000},
        {"2024-01-31T10:00", 1706695200000},
        {"2024-01-31T10:00:00Z", 1706695200000},
        {"2024-01-31 10:00:00", 1706695200000},
        {"2024-01-31T10:00:00.25Z", 1706695200250},
        {"2024-01-31T10:00:00+01:00", 1706691600000},
        {"2024-01-31T10:00:00-0530", 1706715000000},
        {"2024-02-29", 1709164800000},
        {"2023-02-29", -1},
        {"2024-13-01", -1},
        {"2024-1-31", -1},
        {"2024-01-31T", -1},
        {"2024-01-31T10", -1},
        {"2024-01-31T25:00", -1},
        {"2024-01-31T10:00:00.", -1},
        {"2024-01-31T10:00:00 UTC", -1},
        {"yesterday", -1},
        {"", -1},
        {"-1", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got = -1;

        print_message("'%s'\n", rows[i].text);
        assert_int_equal(text_parse_time(rows[i].text, &got), rows[i].ms < 0 ? -1 : 0);
        assert_int_equal(got, rows[i].ms);
    }
}

/* Expected values: PYTHONHASHSEED=0 python3 -c 'print("%016x" % (hash(b"...") & 2**64 - 1))' */
static void test_hash(void **state)
{
    static const struct {
        const char *bytes;
        uint64_t hash;
    } rows[] = {
        {"a", UINT64_C(0x407448d2b89b1813)},
        {"session:1", UINT64_C(0x20c515f80538c460)},
        {"01234567", UINT64_C(0xda3dcedf84ea6cc6)},
        {"0123456789abcdef", UINT64_C(0x1d42b30f7e060c24)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].bytes);
        assert_true(hash_bytes(rows[i].bytes, strlen(rows[i].bytes), 0) == rows[i].hash);
        assert_true(hash_bytes(rows[i].bytes, strlen(rows[i].bytes), 1) != rows[i].hash);
    }
    assert_true(hash_seed() != 0 && hash_seed() == hash_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),   cmocka_unit_test(test_line_is_cut_between_escapes),
        cmocka_unit_test(test_messages), cmocka_unit_test(test_json),
        cmocka_unit_test(test_sizes),    cmocka_unit_test(test_times),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
