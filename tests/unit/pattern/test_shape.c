/* test_shape.c -- globs of patterns and what else they hit, against matching the names themselves.
 *
 * Names come from a grammar of what makes globs go wrong: glob characters, quotes, newlines, bytes
 * that are no text, words beside numbers, shapes that cross separators.  Every claim that is made
 * about a pattern (its glob hits all its keys; it hits all, or none, of another pattern's) is held
 * against glob_match() on the names, which has a server as its own witness (test_glob.c).
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pattern/rules.h"

static uint64_t random_state = 20261123;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static const char *const pieces[] = {
    "user",
    "cart",
    "items",
    "admin",
    "config",
    "1",
    "17",
    "2024-01-31",
    "a*b",
    "[x]",
    "\\",
    "?",
    "q\"q",
    "it's",
    "two words",
    "line\nbreak",
    "\xff\xfe",
    "\x01",
    "e9f0c1d2a3b4c5d6e7f8091a2b3c4d5e",
    "7f3a9c1e-1b2c-4d3e-8f4a-5b6c7d8e9f00",
    "{tag1}",
    "v2",
    "-",
    "",
    "^",
    "]",
    "2001:db8::1",
    "{\"a\":1}",
    "\xc3\xa9t\xc3\xa9",
    "x@example.com",
    "Zk3vQ9xT1bW",
    "10.0.0.1",
    "+49151",
    "99%",
    "a=",
    "==",
};
static const char *const separators[] = {":", ":", ":", ".", "-", "_", "/", "|", " ", ""};

static size_t write_name(uint8_t *out)
{
    const uint32_t count = draw(5);
    size_t n = 0;

    for (uint32_t i = 0; i <= count; i++) {
        const char *const piece = pieces[draw(sizeof pieces / sizeof *pieces)];
        const char *const separator = separators[draw(sizeof separators / sizeof *separators)];

        n += (size_t)snprintf((char *)out + n, 256 - n, "%s%s", i > 0 ? separator : "", piece);
        if (draw(3) == 0)
            n += (size_t)snprintf((char *)out + n, 256 - n, "%u", draw(100000));
    }
    return n;
}

struct named {
    uint8_t key[300], pattern[PATTERN_MAX_BYTES];
    size_t key_bytes;
    struct pattern_shape shape;
};

static void make(struct named *k)
{
    k->key_bytes = write_name(k->key);
    k->shape = (struct pattern_shape){.bytes = k->pattern};
    k->shape.size_bytes =
        pattern_fold_stars(k->key, k->key_bytes, false, k->pattern, &k->shape.stars);
}

static bool hits(const struct pattern_shape *shape, const uint8_t *key, size_t key_bytes)
{
    uint8_t glob[2 * PATTERN_MAX_BYTES];

    return glob_match(glob, pattern_glob(shape, glob), key, key_bytes);
}

static void test_own_keys_are_hit(void **state)
{
    struct named k;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        make(&k);
        if (!hits(&k.shape, k.key, k.key_bytes))
            fail_msg("%.*s is not hit by its pattern %.*s", (int)k.key_bytes, (char *)k.key,
                     (int)k.shape.size_bytes, (char *)k.pattern);
    }
}

/* The pattern of the first n bytes of a name that goes on. */
static void test_cut_names_are_hit(void **state)
{
    struct named k;
    uint8_t pattern[PATTERN_MAX_BYTES];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        struct pattern_shape shape = {.bytes = pattern};
        size_t cut;

        make(&k);
        if (k.key_bytes < 2)
            continue;
        cut = 1 + draw((uint32_t)k.key_bytes - 1);
        shape.size_bytes = pattern_fold_stars(k.key, cut, true, pattern, &shape.stars);
        assert_true(hits(&shape, k.key, k.key_bytes));
    }
}

/* Two numbers in one star, and a glob that demands what joined them. */
static void test_joined_stars_keep_what_joined_them(void **state)
{
    static const char *const cases[][2] = {{"n:1-2", "*-*"}, {"n:1.2", "*.*"}, {"n:1 2", "* *"}};
    struct pattern_automaton *const a = pattern_automaton_new();
    uint8_t pattern[PATTERN_MAX_BYTES];

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *const key = (const uint8_t *)cases[i][0];
        const struct pattern_shape of = {.bytes = (const uint8_t *)cases[i][1],
                                         .size_bytes = 3,
                                         .stars = PATTERN_STARS_ANY,
                                         .is_rule = true};
        struct pattern_shape shape = {.bytes = pattern};
        int64_t steps = 100000;

        shape.size_bytes = pattern_fold_stars(key, 5, false, pattern, &shape.stars);
        assert_int_equal(shape.size_bytes, 3);
        assert_memory_equal(pattern, "n:*", 3);
        assert_true(glob_match(of.bytes, of.size_bytes, key, 5));
        pattern_automaton_set(a, &of);
        assert_int_not_equal(pattern_relate(a, &shape, &steps), PATTERN_APART);
    }
    pattern_automaton_free(a);
}

static void test_relations_hold(void **state)
{
    enum { COUNT = 1500 };
    struct named *const names = calloc(COUNT, sizeof *names);
    struct pattern_automaton *const a = pattern_automaton_new();
    uint64_t seen[3] = {0};
    int64_t steps = INT64_MAX;

    (void)state;
    assert_non_null(names);
    assert_non_null(a);
    for (int i = 0; i < COUNT; i++) {
        make(&names[i]);
        if (draw(8) == 0) /* merged: its stars may be anything */
            names[i].shape.stars = PATTERN_STARS_ANY;
    }
    for (int i = 0; i < COUNT; i++) {
        pattern_automaton_set(a, &names[i].shape);
        for (int k = 0; k < COUNT; k++) {
            const enum pattern_relation relation = pattern_relate(a, &names[k].shape, &steps);
            const bool is_hit = hits(&names[i].shape, names[k].key, names[k].key_bytes);

            seen[relation]++;
            if ((relation == PATTERN_INSIDE && !is_hit) || (relation == PATTERN_APART && is_hit))
                fail_msg("glob of %.*s and key %.*s of %.*s: relation %d, hit %d",
                         (int)names[i].shape.size_bytes, (char *)names[i].pattern,
                         (int)names[k].key_bytes, (char *)names[k].key,
                         (int)names[k].shape.size_bytes, (char *)names[k].pattern, (int)relation,
                         is_hit);
        }
        assert_int_equal(pattern_relate(a, &names[i].shape, &steps), PATTERN_INSIDE);
    }
    assert_true(seen[PATTERN_INSIDE] > COUNT);
    assert_true(seen[PATTERN_APART] > COUNT * 100);
    pattern_automaton_free(a);
    free(names);
}

/* Random globs with few letters, so that much is hit, on all short texts. */
static void test_relations_of_globs(void **state)
{
    static const char *const elements[] = {"a", "b", "*", "?", "[ab]", "[^a]", "\\*", "[a", "[]"};
    struct pattern_automaton *const a = pattern_automaton_new();
    uint64_t seen[3] = {0};
    int64_t steps = INT64_MAX;

    (void)state;
    assert_non_null(a);
    for (int round = 0; round < 30000; round++) {
        char text[2][64] = {"", ""};
        struct pattern_shape shapes[2];
        enum pattern_relation relation;

        for (int s = 0; s < 2; s++) {
            size_t n = 0;

            for (uint32_t i = draw(5) + 1; i > 0; i--)
                n += (size_t)snprintf(text[s] + n, sizeof text[s] - n, "%s",
                                      elements[draw(sizeof elements / sizeof *elements)]);
            shapes[s] = (struct pattern_shape){(uint8_t *)text[s], n, PATTERN_STARS_ANY, true};
        }
        pattern_automaton_set(a, &shapes[0]);
        relation = pattern_relate(a, &shapes[1], &steps);
        seen[relation]++;
        for (unsigned n = 0; n < 4 * 4 * 4 * 4 * 4; n++) {
            uint8_t key[5];
            size_t bytes = 0;

            for (unsigned rest = n; rest > 0; rest /= 4)
                key[bytes++] = (uint8_t) "ab*c"[rest % 4];
            if (!glob_match(shapes[1].bytes, shapes[1].size_bytes, key, bytes))
                continue;
            if (glob_match(shapes[0].bytes, shapes[0].size_bytes, key, bytes)
                    ? relation == PATTERN_APART
                    : relation == PATTERN_INSIDE)
                fail_msg("%s and keys of %s: relation %d, %.*s", text[0], text[1], (int)relation,
                         (int)bytes, (char *)key);
        }
    }
    for (int i = 0; i < 3; i++)
        assert_true(seen[i] > 1000);
    pattern_automaton_free(a);
}

static const struct {
    const char *of, *keys;
    unsigned digits; /* the stars of the keys are digits */
    enum pattern_relation relation;
} rows[] = {
    {"user:*", "user:admin:config", 1, PATTERN_INSIDE},
    {"user:*", "user:*:cart", 1, PATTERN_INSIDE},
    {"user:*", "users:*", 1, PATTERN_APART},
    {"user:*:cart", "user:*", 1, PATTERN_APART},
    {"user:*:cart", "user:*:*", 1, PATTERN_APART},
    {"user:*:cart", "user:*:*", 0, PATTERN_UNDECIDED},
    {"*:cart", "user:*:cart", 1, PATTERN_INSIDE},
    {"*", "", 1, PATTERN_INSIDE},
    {"", "", 1, PATTERN_INSIDE},
    {"", "a", 1, PATTERN_APART},
    {"a?c", "abc", 1, PATTERN_APART}, /* of a pattern only * is special */
    {"a[b]c", "abc", 1, PATTERN_APART},
};

static void test_rows(void **state)
{
    struct pattern_automaton *const a = pattern_automaton_new();
    uint8_t out[PATTERN_MAX_BYTES];
    unsigned digits, any;
    int64_t steps = INT64_MAX;

    (void)state;
    assert_non_null(a);
    pattern_fold_stars((const uint8_t *)"17", 2, false, out, &digits);
    pattern_fold_stars((const uint8_t *)"\xff:c", 3, false, out, &any);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pattern_shape of = {.bytes = (const uint8_t *)rows[i].of,
                                         .size_bytes = strlen(rows[i].of)};
        const struct pattern_shape keys = {.bytes = (const uint8_t *)rows[i].keys,
                                           .size_bytes = strlen(rows[i].keys),
                                           .stars = rows[i].digits ? digits : any};

        pattern_automaton_set(a, &of);
        if (pattern_relate(a, &keys, &steps) != rows[i].relation)
            fail_msg("%s and keys of %s", rows[i].of, rows[i].keys);
    }
    pattern_automaton_free(a);
}

static void test_nothing_left_to_spend(void **state)
{
    struct pattern_automaton *const a = pattern_automaton_new();
    const struct pattern_shape of = {.bytes = (const uint8_t *)"a*b", .size_bytes = 3};
    const struct pattern_shape keys = {.bytes = (const uint8_t *)"a*", .size_bytes = 2, .stars = 1};
    int64_t steps = 0;

    (void)state;
    assert_non_null(a);
    pattern_automaton_set(a, &of);
    assert_int_equal(pattern_relate(a, &keys, &steps), PATTERN_UNDECIDED);
    pattern_automaton_free(a);
}

static void test_rules(void **state)
{
    struct pattern_rules r = {0};
    struct pattern_shape shape;
    struct error err;
    char long_glob[PATTERN_MAX_BYTES + 2], *text = NULL;

    (void)state;
    assert_int_equal(pattern_rules_text(&r, &text), 0);
    assert_null(text);
    assert_int_equal(pattern_rules_add(&r, "--pattern", "cart:*:items", &err), 0);
    assert_int_equal(pattern_rules_add(&r, "--pattern", "cart:*", &err), 0);
    assert_int_equal(pattern_rules_add(&r, "--pattern", "[xy]\"\xff", &err), 0);
    assert_true(pattern_rules_shape(&r, (const uint8_t *)"cart:17:items", 13, &shape));
    assert_int_equal(shape.size_bytes, 12);
    assert_true(shape.is_rule);
    assert_true(pattern_rules_shape(&r, (const uint8_t *)"cart:17:owner", 13, &shape));
    assert_int_equal(shape.size_bytes, 6);
    assert_false(pattern_rules_shape(&r, (const uint8_t *)"carts", 5, &shape));
    assert_false(pattern_rules_shape(&r, (const uint8_t *)"", 0, &shape));
    assert_true(pattern_rules_shape(&r, (const uint8_t *)"y\"\xff", 3, &shape));
    assert_int_equal(pattern_rules_text(&r, &text), 0);
    assert_string_equal(text, "[\"cart:*:items\",\"cart:*\",\"[xy]\\\"\\\\xff\"]");
    free(text);
    assert_int_equal(pattern_rules_add(&r, "--pattern", "", &err), -1);
    memset(long_glob, 'x', sizeof long_glob);
    long_glob[sizeof long_glob - 1] = '\0';
    assert_int_equal(pattern_rules_add(&r, "--pattern", long_glob, &err), -1);
    assert_non_null(strstr(err.message, "512"));
    while (r.count < PATTERN_MAX_RULES)
        assert_int_equal(pattern_rules_add(&r, "--pattern", "a*", &err), 0);
    assert_int_equal(pattern_rules_add(&r, "--pattern", "a*", &err), -1);
    pattern_rules_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_keys_are_hit),
        cmocka_unit_test(test_cut_names_are_hit),
        cmocka_unit_test(test_joined_stars_keep_what_joined_them),
        cmocka_unit_test(test_relations_hold),
        cmocka_unit_test(test_relations_of_globs),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nothing_left_to_spend),
        cmocka_unit_test(test_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
