/* test_integers.c -- integers as decimal text and back, against the C library.
 *
 * At every power of ten and of two, on both sides of zero: where the number of digits changes, and
 * where what it is guessed from, the number of bits, does.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <inttypes.h>

#include "packed.h"

static void check(int64_t v)
{
    char expected[24], text[24] = "";
    const int n = snprintf(expected, sizeof expected, "%" PRId64, v);
    int64_t back = 0;

    assert_int_equal(integer_text_bytes(v), n);
    assert_int_equal(integer_to_text(v, text), n);
    assert_memory_equal(text, expected, (size_t)n);
    assert_true(parse_canonical_integer((const uint8_t *)text, (size_t)n, &back));
    assert_true(back == v);
}

static void check_around(uint64_t size)
{
    for (uint64_t u = size - 2; u != size + 3; u++) {
        if (u > INT64_MAX)
            continue;
        check((int64_t)u);
        check(-(int64_t)u);
    }
}

static void test_digits(void **state)
{
    uint64_t power = 1;

    (void)state;
    for (int i = 0; i < 19; i++, power *= 10)
        check_around(power);
    for (int i = 0; i < 63; i++)
        check_around(UINT64_C(1) << i);
    check(INT64_MAX);
    check(INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_digits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
