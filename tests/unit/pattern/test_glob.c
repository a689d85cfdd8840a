/* test_glob.c -- globs against names, as a server answers KEYS.
 *
 * The table was made by redis-server 7.0.15: one key at a time was set and asked for by KEYS with
 * each glob.  A column is a text of `texts`, in order; 1: the server gave it.  6,000 random globs
 * against 184 random names gave the same as glob_match() too, when the table was made.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pattern/pattern.h"

static const char *const texts[] = {
    "",  "a",  "b",  "c",   "]",     "-",  "^",  "\\", "[",  "*",
    "?", "ab", "a]", "abc", "aXbYc", "a*", "**", "aa", "b]",
};

static const struct {
    const char *glob, *matches;
} rows[] = {
    {"*", "1111111111111111111"},      {"**", "0111111111111111111"},
    {"", "1000000000000000000"},       {"?", "0111111111100000000"},
    {"[", "0000000000000000000"},      {"[a", "0100000000000000000"},
    {"[^", "0111111111100000000"},     {"[^]", "0111111111100000000"},
    {"[]", "0000000000000000000"},     {"[a-", "0100010000000000000"},
    {"[a-]", "0100101000000000000"},   {"[a-]b", "0110101000000000000"},
    {"[c-a]*", "0111000000011111011"}, {"\\", "0000000100000000000"},
    {"a\\", "0000000000000000000"},    {"[\\]]", "0000100000000000000"},
    {"[\\", "0000000100000000000"},    {"*\\*", "0000000001000001100"},
    {"\\**", "0000000001000000100"},   {"[^a]*", "0011111111100000101"},
    {"[-a]", "0100010000000000000"},   {"[a^]", "0100001000000000000"},
    {"[^^]", "0111110111100000000"},   {"*a*b*c*", "0000000000000110000"},
    {"a*b", "0000000000010000000"},    {"[a-c-]", "0111010000000000000"},
    {"?\?", "0000000000011001111"},    {"*[", "0000000000000000000"},
    {"*[^", "0111111111111111111"},    {"[]a]", "0000000000000000000"},
    {"[*]", "0000000001000000000"},    {"[?]", "0000000000100000000"},
};

static bool match(const char *glob, const char *text)
{
    return glob_match((const uint8_t *)glob, strlen(glob), (const uint8_t *)text, strlen(text));
}

static void test_as_the_server(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
            if (match(rows[i].glob, texts[k]) != (rows[i].matches[k] == '1')) {
                print_error("%s against %s: expected %c\n", rows[i].glob, texts[k],
                            rows[i].matches[k]);
                failed++;
            }
    assert_int_equal(failed, 0);
}

/* Bytes are bytes: NUL and 0x80 too.  Rules: util.c, stringmatchlen. */
static void test_bytes(void **state)
{
    (void)state;
    assert_true(glob_match((const uint8_t *)"a?b", 3, (const uint8_t *)"a\0b", 3));
    assert_true(glob_match((const uint8_t *)"[\x80-\xff]*", 6, (const uint8_t *)"\xc3\xa9", 2));
    assert_false(glob_match((const uint8_t *)"a\0", 2, (const uint8_t *)"a", 1));
    assert_true(glob_match((const uint8_t *)"\0*", 2, (const uint8_t *)"\0\0", 2));
}

/* What takes naive recursion exponential time must end at once: CVE-2022-36021. */
static void test_many_stars(void **state)
{
    static uint8_t text[100000], glob[4000];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(glob); i += 2) {
        glob[i] = '*';
        glob[i + 1] = 'a';
    }
    assert_true(glob_match(glob, sizeof(glob), text, sizeof(text)));
    glob[sizeof(glob) - 1] = 'b';
    assert_false(glob_match(glob, sizeof(glob), text, sizeof(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_server),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_many_stars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
