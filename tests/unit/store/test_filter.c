/* test_filter.c -- which keys pass which options. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/filter.h"

struct option_given {
    enum filter_kind kind;
    bool is_negated;
    const char *text;
};

/* The keys that every row below is tried on; a letter each. */
static const struct {
    char letter;
    uint64_t db;
    enum rdbp_type type;
    const char *module_name;
    const char *key;
    int64_t bytes, expires_at_ms;
} keys[] = {
    {'a', 0, RDBP_TYPE_STRING, "", "session:1", 100, 5000},
    {'b', 0, RDBP_TYPE_HASH, "", "user:1", 1000, ROW_NULL},
    {'c', 1, RDBP_TYPE_STRING, "", "session:2", 2048, ROW_NULL},
    {'d', 3, RDBP_TYPE_MODULE, "ReJSON-RL", "doc:1", 50, ROW_NULL},
    {'e', 3, RDBP_TYPE_LIST, "", "user:2", ROW_NULL, 9000}, /* damaged: no size */
};

static void test_filter(void **state)
{
    static const struct {
        const char *name;
        struct option_given given[4];
        size_t count;
        const char *passing;
        const char *text; /* snapshots.filter */
    } rows[] = {
        {"none", {{0}}, 0, "abcde", NULL},
        {"db", {{FILTER_DB, false, "3"}}, 1, "de", "--db 3"},
        {"db or db", {{FILTER_DB, false, "1"}, {FILTER_DB, false, "3"}}, 2, "cde", "--db 1 --db 3"},
        {"not db", {{FILTER_DB, true, "0"}}, 1, "cde", "--not-db 0"},
        {"neither db",
         {{FILTER_DB, true, "0"}, {FILTER_DB, true, "1"}},
         2,
         "de",
         "--not-db 0 --not-db 1"},
        {"type", {{FILTER_TYPE, false, "string"}}, 1, "ac", "--type string"},
        {"any module", {{FILTER_TYPE, false, "module"}}, 1, "d", "--type module"},
        {"a module's type", {{FILTER_TYPE, false, "ReJSON-RL"}}, 1, "d", "--type ReJSON-RL"},
        {"not type", {{FILTER_TYPE, true, "string"}}, 1, "bde", "--not-type string"},
        {"match", {{FILTER_MATCH, false, "user:*"}}, 1, "be", "--match 'user:*'"},
        {"match is of the whole", {{FILTER_MATCH, false, "ser"}}, 1, "", "--match ser"},
        {"not match", {{FILTER_MATCH, true, "*:1"}}, 1, "ce", "--not-match '*:1'"},
        {"min", {{FILTER_MIN_BYTES, false, "1k"}}, 1, "bc", "--min-bytes 1k"},
        {"min is met", {{FILTER_MIN_BYTES, false, "2kb"}}, 1, "c", "--min-bytes 2kb"},
        {"not min", {{FILTER_MIN_BYTES, true, "1k"}}, 1, "ade", "--not-min-bytes 1k"},
        {"max", {{FILTER_MAX_BYTES, false, "100"}}, 1, "ad", "--max-bytes 100"},
        {"not max", {{FILTER_MAX_BYTES, true, "100"}}, 1, "bce", "--not-max-bytes 100"},
        {"no TTL", {{FILTER_NO_TTL, false, NULL}}, 1, "bcd", "--no-ttl"},
        {"with TTL", {{FILTER_NO_TTL, true, NULL}}, 1, "ae", "--not-no-ttl"},
        {"and",
         {{FILTER_DB, false, "0"}, {FILTER_TYPE, false, "string"}},
         2,
         "a",
         "--db 0 --type string"},
        {"or, and, not",
         {{FILTER_MATCH, false, "user:*"},
          {FILTER_MATCH, false, "session:*"},
          {FILTER_NO_TTL, false, NULL},
          {FILTER_TYPE, true, "hash"}},
         4,
         "c",
         "--match 'user:*' --match 'session:*' --no-ttl --not-type hash"},
        {"quoting", {{FILTER_MATCH, false, "it's"}}, 1, "", "--match 'it'\\''s'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct filter f = {0};
        struct error err;
        char passing[8] = "", *text = NULL;
        size_t n = 0;

        print_message("%s\n", rows[i].name);
        for (size_t k = 0; k < rows[i].count; k++)
            assert_int_equal(filter_add(&f, rows[i].given[k].kind, rows[i].given[k].is_negated,
                                        rows[i].given[k].text, &err),
                             0);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            struct key_row row = {.db = keys[k].db,
                                  .type = keys[k].type,
                                  .key = (const uint8_t *)keys[k].key,
                                  .key_stored_bytes = strlen(keys[k].key),
                                  .bytes = keys[k].bytes,
                                  .expires_at_ms = keys[k].expires_at_ms};

            memcpy(row.module_name, keys[k].module_name, strlen(keys[k].module_name) + 1);
            if (filter_passes(&f, &row))
                passing[n++] = keys[k].letter;
        }
        assert_string_equal(passing, rows[i].passing);
        assert_int_equal(filter_text(&f, &text), 0);
        if (rows[i].text == NULL)
            assert_null(text);
        else
            assert_string_equal(text, rows[i].text);
        free(text);
        filter_done(&f);
    }
}

static void test_refused(void **state)
{
    static const struct option_given rows[] = {
        {FILTER_DB, false, "x"},         {FILTER_DB, false, "-1"},
        {FILTER_DB, true, "1.5"},        {FILTER_MIN_BYTES, false, "many"},
        {FILTER_MAX_BYTES, true, "-5"},  {FILTER_MIN_BYTES, false, ""},
        {FILTER_TYPE, false, "strings"}, {FILTER_TYPE, true, "String"},
        {FILTER_TYPE, false, ""},        {FILTER_TYPE, false, "ReJSON_R+"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct filter f = {0};
        struct error err = {0};

        print_message("%s\n", rows[i].text);
        assert_int_equal(filter_add(&f, rows[i].kind, rows[i].is_negated, rows[i].text, &err), -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        filter_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
