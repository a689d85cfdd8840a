/* test_crc64.c -- the checksum: known values, and both ways to compute it agree.
 *
 * Known values: the check value is in Redis' src/crc64.c; the others were computed bit by bit in
 * the reference below, which follows the definition (polynomial 0xad93d23594c935a9, reflected).
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crc64.h"
#include "pack.h"

/* Straight from the definition: reflect each byte, shift left through the polynomial, reflect. */
static uint64_t reflect(uint64_t x, int bits)
{
    uint64_t y = 0;

    for (int i = 0; i < bits; i++)
        if (x & UINT64_C(1) << i)
            y |= UINT64_C(1) << (bits - 1 - i);
    return y;
}

static uint64_t crc_by_definition(const uint8_t *p, size_t n)
{
    uint64_t crc = 0;

    for (size_t i = 0; i < n; i++) {
        crc ^= reflect(p[i], 8) << 56;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ ((crc >> 63) ? UINT64_C(0xad93d23594c935a9) : 0);
    }
    return reflect(crc, 64);
}

static void test_check_value(void **state)
{
    const uint8_t *digits = (const uint8_t *)"123456789";

    (void)state;
    assert_true(crc64_update(0, digits, 9) == UINT64_C(0xe9c6d914c4b8d9ca));
    assert_true(crc64_update_portable(0, digits, 9) == UINT64_C(0xe9c6d914c4b8d9ca));
    assert_true(crc_by_definition(digits, 9) == UINT64_C(0xe9c6d914c4b8d9ca));
    assert_true(crc64_update(0, digits, 0) == 0);
}

static void test_every_length_and_alignment(void **state)
{
    struct bytes b = make_content(700);

    (void)state;
    for (size_t from = 0; from < 17; from++)
        for (size_t n = 0; from + n <= b.size_bytes; n += n < 100 ? 1 : 61) {
            const uint64_t want = crc_by_definition(b.at + from, n);

            if (crc64_update(0, b.at + from, n) != want ||
                crc64_update_portable(0, b.at + from, n) != want)
                fail_msg("%zu bytes from %zu", n, from);
        }
    bytes_free(&b);
}

static void test_splits(void **state)
{
    struct bytes b = make_content(300000);
    const uint64_t want = crc64_update_portable(0, b.at, b.size_bytes);
    uint32_t seed = 7;

    (void)state;
    assert_true(crc64_update(0, b.at, b.size_bytes) == want);
    for (int round = 0; round < 200; round++) {
        uint64_t fast = 0, portable = 0;
        size_t pos = 0;

        while (pos < b.size_bytes) {
            size_t n = next_random(&seed) % (round % 2 ? 70000 : 3000);

            if (n > b.size_bytes - pos)
                n = b.size_bytes - pos;
            fast = crc64_update(fast, b.at + pos, n);
            portable = crc64_update_portable(portable, b.at + pos, n);
            pos += n;
        }
        if (fast != want || portable != want)
            fail_msg("round %d: %016llx, %016llx, expected %016llx", round,
                     (unsigned long long)fast, (unsigned long long)portable,
                     (unsigned long long)want);
    }
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_every_length_and_alignment),
        cmocka_unit_test(test_splits),
    };

    return cmocka_run_group_tests_name("crc64", tests, NULL, NULL);
}
