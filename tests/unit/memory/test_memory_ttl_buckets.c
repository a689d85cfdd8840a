/* test_memory_ttl_buckets.c -- the structure over times of hash fields.
 *
 * Small cases are computed by hand from the rules; what scattered times come to was found by giving
 * the same times to ebuckets.c of Redis 7.4.1 itself, its allocations counted in jemalloc's size
 * classes.
 */
// SPDX-License-Identifier: MIT
#include "memory/model.h"
#include "memory/ttl_buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BASE_MS UINT64_C(1732000000000)

/* A tree of one key of 6 bytes: structure, run of characters, leaf. */
#define ONE_KEY_TREE (32 + 24 + 16)

static uint64_t random_state;

/* Knuth's MMIX generator, its upper 31 bits. */
static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return random_state >> 33;
}

static uint64_t ascending(uint64_t i)
{
    return BASE_MS + i;
}

static uint64_t descending(uint64_t i)
{
    return BASE_MS + 1000000 - i;
}

static uint64_t equal(uint64_t i)
{
    (void)i;
    return BASE_MS;
}

static uint64_t scattered(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 1000000000;
}

static uint64_t of_seven(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 7;
}

static uint64_t of_fifty(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 50;
}

/* Sixteen equal times, then an earlier one: it goes in front. */
static uint64_t one_before_equals(uint64_t i)
{
    return i < 16 ? BASE_MS + 256 : BASE_MS + 1;
}

static uint64_t one_after_equals(uint64_t i)
{
    return i < 16 ? BASE_MS : BASE_MS + 1;
}

/* Two segments of one time, the first with room; then a later time. */
static uint64_t one_after_chained(uint64_t i)
{
    return i < 17 ? BASE_MS : BASE_MS + 1;
}

static void test_bytes(void **state)
{
    static const struct {
        const char *name;
        uint64_t (*time)(uint64_t i);
        uint64_t count, bytes, buckets;
    } rows[] = {
        {"none", ascending, 0, 0, 0},
        {"a chain", ascending, 16, 0, 0},
        /* Keys BASE and BASE + 8: run of 5, branch of 2, two leaves. */
        {"the 17th splits in the middle", ascending, 17, 32 + 24 + 24 + 2 * 16 + 2 * 16, 2},
        {"the 17th is of the same time", equal, 17, ONE_KEY_TREE + 16 + 24, 1},
        {"two full segments", equal, 32, ONE_KEY_TREE + 16 + 24, 1},
        {"300 of one time", equal, 300, 520, 1},
        /* Run of 4, branch of 2, two runs of 1, two leaves. */
        {"an earlier one", one_before_equals, 17, 32 + 16 + 24 + 2 * 16 + 2 * 16 + 2 * 16, 2},
        {"a later one", one_after_equals, 17, 32 + 24 + 24 + 2 * 16 + 2 * 16, 2},
        {"beside a chained one", one_after_chained, 18, 32 + 24 + 24 + 2 * 16 + 2 * 16 + 24, 2},
        {"600 ascending", ascending, 600, 3184, 74},
        {"600 descending", descending, 600, 24664, 585},
        {"300 scattered", scattered, 300, 1768, 29},
        {"600 scattered", scattered, 600, 3464, 58},
        {"600 of seven times", of_seven, 600, 1152, 7},
        {"600 of fifty times", of_fifty, 600, 2168, 49},
    };
    struct ttl_buckets b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t bytes;

        random_state = 1;
        ttl_buckets_clear(&b, alloc_size_jemalloc);
        for (uint64_t k = 0; k < rows[i].count; k++)
            ttl_buckets_add(&b, rows[i].time(k));
        bytes = ttl_buckets_bytes(&b);
        if (bytes != rows[i].bytes || b.bucket_count != rows[i].buckets || b.is_estimate ||
            b.out_of_memory)
            fail_msg("%s: %llu bytes, %u buckets", rows[i].name, (unsigned long long)bytes,
                     b.bucket_count);
    }
    ttl_buckets_done(&b);
}

/* 16-byte quantum: a chained segment and a run of characters take 32 instead of 24. */
static void test_allocator(void **state)
{
    struct ttl_buckets b = {0};

    (void)state;
    ttl_buckets_clear(&b, alloc_size_jemalloc_system);
    for (uint64_t k = 0; k < 300; k++)
        ttl_buckets_add(&b, BASE_MS);
    assert_int_equal(ttl_buckets_bytes(&b), 32 + 32 + 16 + 16 + 18 * 32);
    ttl_buckets_done(&b);
}

/* More can be added after the bytes were asked for. */
static void test_asked_in_between(void **state)
{
    struct ttl_buckets b = {0};

    (void)state;
    random_state = 1;
    ttl_buckets_clear(&b, alloc_size_jemalloc);
    for (uint64_t k = 0; k < 600; k++) {
        ttl_buckets_add(&b, scattered(k));
        if (k == 299)
            assert_int_equal(ttl_buckets_bytes(&b), 1768);
    }
    assert_int_equal(ttl_buckets_bytes(&b), 3464);
    ttl_buckets_done(&b);
}

/* Beyond the limit: scaled, and said so.  Redis 7.4.1's own code takes 3280352 and 25223216. */
static void test_limit(void **state)
{
    struct ttl_buckets b = {0};
    uint64_t bytes;

    (void)state;
    random_state = 1;
    ttl_buckets_clear(&b, alloc_size_jemalloc);
    for (uint64_t k = 0; k < 600000; k++)
        ttl_buckets_add(&b, scattered(k));
    assert_true(b.is_estimate);
    assert_int_equal(b.bucket_count, TTL_BUCKETS_MAX);
    bytes = ttl_buckets_bytes(&b);
    assert_in_range(bytes, 3280352 - 100000, 3280352 + 100000);

    ttl_buckets_clear(&b, alloc_size_jemalloc);
    for (uint64_t k = 0; k < 600000; k++)
        ttl_buckets_add(&b, descending(k));
    assert_true(b.is_estimate);
    bytes = ttl_buckets_bytes(&b);
    assert_in_range(bytes, 25223216 - 30000, 25223216 + 30000);

    ttl_buckets_clear(&b, alloc_size_jemalloc);
    for (uint64_t k = 0; k < 600000; k++)
        ttl_buckets_add(&b, BASE_MS);
    assert_false(b.is_estimate);
    assert_int_equal(ttl_buckets_bytes(&b), ONE_KEY_TREE + 16 + (600000 / 16 - 1) * 24);
    ttl_buckets_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_allocator),
        cmocka_unit_test(test_asked_in_between),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
