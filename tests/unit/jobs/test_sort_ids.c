/* test_sort_ids.c -- ids sorted in place, beside qsort(): any number, any distribution. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobs/jobs_tables.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int compare(const void *a, const void *b)
{
    const struct jobs_id *x = a, *y = b;
    const uint64_t xh = (uint64_t)x->hash_high << 32 | x->hash_low;
    const uint64_t yh = (uint64_t)y->hash_high << 32 | y->hash_low;

    if (xh != yh)
        return xh < yh ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

/* hash & mask, so that many ids are equal or fall into one bucket.  The sums tell that none was
 * lost or is there twice. */
static void check(size_t count, uint64_t mask)
{
    struct jobs_id *const ids = calloc(count + 1, sizeof *ids);
    struct jobs_id *const want = calloc(count + 1, sizeof *want);
    uint64_t random = 88172645463325252, sum = 0, want_sum = 0;

    assert_non_null(ids);
    assert_non_null(want);
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = next_random(&random) & mask;

        ids[i].hash_high = (uint32_t)(hash >> 32);
        ids[i].hash_low = (uint32_t)hash;
        ids[i].kind = next_random(&random) % 3 & 3;
        ids[i].made_at_s = (uint32_t)i;
        want_sum += i * (hash | 1);
    }
    memcpy(want, ids, count * sizeof *ids);
    qsort(want, count, sizeof *want, compare);
    jobs_sort_ids(ids, count);
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = (uint64_t)ids[i].hash_high << 32 | ids[i].hash_low;

        assert_int_equal(compare(&ids[i], &want[i]), 0);
        sum += ids[i].made_at_s * (hash | 1);
    }
    assert_int_equal(sum, want_sum);
    free(ids);
    free(want);
}

static void test_like_qsort(void **state)
{
    static const size_t counts[] = {0, 1, 2, 3, 24, 25, 511, 512, 513, 5000, 200000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        check(counts[i], UINT64_MAX);
}

static void test_crowded(void **state)
{
    static const uint64_t masks[] = {0,
                                     7,
                                     UINT64_C(0xff),
                                     UINT64_C(0x1f00000000),
                                     UINT64_C(0x0000ffff00000000),
                                     UINT64_C(0xff00000000000000),
                                     UINT64_C(0x8000000000000001),
                                     UINT64_C(0x001fe000ffffffff)};

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++)
        check(100000, masks[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_like_qsort),
                                       cmocka_unit_test(test_crowded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
