/* test_seen.c -- the set of hashes against a sorted array, its limit, and hashing in pieces. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/hash.h"
#include "util/seen.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Every hash is new once and there from then on, through several growths. */
static void test_new_then_before(void **state)
{
    enum { COUNT = 100000 };
    struct seen *s = seen_new(1 << 20);
    uint64_t random;

    (void)state;
    assert_non_null(s);
    for (int round = 0; round < 2; round++) {
        random = 88172645463325252;
        for (int i = 0; i < COUNT; i++) {
            const uint64_t hash = next_random(&random);

            assert_int_equal(seen_has(s, hash), round == 1);
            assert_int_equal(seen_add(s, hash), round == 0 ? SEEN_NEW : SEEN_BEFORE);
        }
        assert_int_equal(seen_count(s), COUNT);
    }
    seen_free(s);
}

/* Hashes that all want the last places run on at the front; the marks of free places are values
 * like others. */
static void test_awkward_hashes(void **state)
{
    static const uint64_t hashes[] = {
        UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2, UINT64_MAX - 3, 1, 2, 3, 4};
    struct seen *s = seen_new(1000);

    (void)state;
    assert_non_null(s);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        assert_int_equal(seen_add(s, hashes[i]), SEEN_NEW);
        assert_int_equal(seen_add(s, hashes[i]), SEEN_BEFORE);
    }
    for (uint64_t i = 0; i < 500; i++) /* make it grow */
        assert_int_equal(seen_add(s, (UINT64_MAX - 1000) - i), SEEN_NEW);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        assert_true(seen_has(s, hashes[i]));
    assert_false(seen_has(s, 5));
    seen_free(s);
}

static void test_limit(void **state)
{
    static const size_t limits[] = {1, 100, 128, 129, 5000};

    (void)state;
    for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++) {
        struct seen *s = seen_new(limits[k]);
        uint64_t random = 88172645463325252, first = 0;

        assert_non_null(s);
        for (size_t i = 0; i < limits[k]; i++) {
            const uint64_t hash = next_random(&random);

            first = i == 0 ? hash : first;
            assert_int_equal(seen_add(s, hash), SEEN_NEW);
        }
        for (int i = 0; i < 10; i++)
            assert_int_equal(seen_add(s, next_random(&random)), SEEN_FULL);
        assert_int_equal(seen_add(s, first), SEEN_BEFORE);
        assert_int_equal(seen_count(s), limits[k]);
        seen_clear(s);
        assert_int_equal(seen_count(s), 0);
        assert_false(seen_has(s, first));
        assert_int_equal(seen_add(s, first), SEEN_NEW);
        seen_free(s);
    }
}

/* A table too large to keep is another one after clearing. */
static void test_clear_of_large(void **state)
{
    enum { COUNT = 200000 };
    struct seen *s = seen_new(1 << 20);

    (void)state;
    assert_non_null(s);
    for (int round = 0; round < 3; round++) {
        uint64_t random = 88172645463325252;

        for (int i = 0; i < COUNT; i++)
            assert_int_equal(seen_add(s, next_random(&random)), SEEN_NEW);
        seen_clear(s);
    }
    seen_free(s);
}

/* Pieces of any size hash like the whole; the whole is held against Python in test_text. */
static void test_hash_in_pieces(void **state)
{
    uint8_t bytes[100];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        for (size_t piece = 1; piece <= size + 1; piece++) {
            struct hash h;

            hash_begin(&h, 5);
            for (size_t i = 0; i < size; i += piece)
                hash_add(&h, bytes + i, size - i < piece ? size - i : piece);
            if (hash_end(&h) != hash_bytes(bytes, size, 5))
                fail_msg("%zu bytes in pieces of %zu", size, piece);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_then_before), cmocka_unit_test(test_awkward_hashes),
        cmocka_unit_test(test_limit),           cmocka_unit_test(test_clear_of_large),
        cmocka_unit_test(test_hash_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
