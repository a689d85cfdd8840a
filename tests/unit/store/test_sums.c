/* test_sums.c -- edges of the sums beside patterns: sizes' buckets, periods of expiry, buckets of
 * use, days in names, slots.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/expiry.h"
#include "analyze/name_day.h"
#include "analyze/slot_sums.h"
#include "analyze/type_sums.h"
#include "analyze/usage.h"

/* Every bucket starts where the one before ends, and is narrow enough for the promised error. */
static void test_size_buckets(void **state)
{
    static const int64_t sizes[] = {0,    1,    4095,  4096,       4111,     4112,
                                    8191, 8192, 65535, 1234567890, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < SIZE_PIECES * SIZE_PIECE_BUCKETS - 1; i++) {
        const int64_t low = size_bucket_low(i), next = size_bucket_low(i + 1);

        assert_true(next > low);
        assert_int_equal(size_bucket_of(low), i);
        assert_int_equal(size_bucket_of(next - 1), i);
        assert_true(low < 4096 ? next == low + 1 : (next - low) * 256 <= low);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_true(size_bucket_low(size_bucket_of(sizes[i])) <= sizes[i]);
    assert_int_equal(size_bucket_low(size_bucket_of(4111)), 4096);
    assert_int_equal(size_bucket_low(size_bucket_of(4112)), 4112);
}

static void test_encodings_are_bounded(void **state)
{
    struct type_sums *const t = calloc(1, sizeof *t);
    struct key_row row = {.bytes = 10, .alloc_bytes = ROW_NULL, .elements = 1, .key_bytes = 3};
    uint64_t keys = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        row.rdb_type = (uint16_t)i;
        assert_int_equal(type_sums_add(t, &row), 0);
    }
    assert_int_equal(t->encoding_count, TYPE_ENCODINGS_MAX);
    for (size_t i = 0; i < t->encoding_count; i++)
        keys += t->encodings[i].sum.keys;
    assert_int_equal(keys, 1000);
    type_sums_done(t);
    free(t);
}

static void test_expiry(void **state)
{
    enum { HOUR = 3600000, DAY = 86400000 };
    static const struct {
        uint64_t left_ms;
        int64_t from_ms, until_ms;
    } rows[] = {
        {0, 0, 60000},
        {59999, 0, 60000},
        {60000, 60000, 120000},
        {DAY - 1, DAY - 60000, DAY},
        {DAY, DAY, DAY + HOUR},
        {INT64_C(30) * DAY - 1, INT64_C(30) * DAY - HOUR, INT64_C(30) * DAY},
        {INT64_C(30) * DAY, INT64_C(30) * DAY, INT64_C(31) * DAY},
        {INT64_C(3652) * DAY - 1, INT64_C(3651) * DAY, INT64_C(3652) * DAY},
        {INT64_C(3652) * DAY, INT64_C(3652) * DAY, ROW_NULL},
        {UINT64_MAX, INT64_C(3652) * DAY, ROW_NULL},
    };
    const struct key_row key = {.bytes = 1, .alloc_bytes = 1};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expiry *const e = calloc(1, sizeof *e);
        size_t found = 0;

        expiry_add(e, rows[i].left_ms, &key, 1);
        for (size_t b = 0; b < EXPIRY_BUCKETS; b++) {
            int64_t from_ms, until_ms;

            if (e->buckets[b].sum.keys == 0)
                continue;
            expiry_bucket_range(b, &from_ms, &until_ms);
            assert_int_equal(from_ms, rows[i].from_ms);
            assert_int_equal(until_ms, rows[i].until_ms);
            found++;
        }
        assert_int_equal(found, 1);
        free(e);
    }
}

/* 6 of 11 keys are of pattern 7, in an order that makes others the candidate in between. */
static void test_majority(void **state)
{
    static const uint64_t patterns[] = {1, 2, 7, 3, 7, 4, 7, 7, 5, 7, 7};
    struct expiry *const e = calloc(1, sizeof *e);
    const struct key_row key = {.bytes = 1, .alloc_bytes = 1};

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        expiry_add(e, 0, &key, patterns[i]);
    assert_int_equal(e->buckets[0].pattern_n, 7);
    assert_in_range(e->buckets[0].pattern_keys, 1, 6);
    free(e);
}

static void test_usage_buckets(void **state)
{
    static const struct {
        enum usage_kind kind;
        int64_t value;
        size_t bucket;
    } rows[] = {
        {USAGE_IDLE, 0, 0},         {USAGE_IDLE, 3599, 0},    {USAGE_IDLE, 3600, 1},
        {USAGE_IDLE, 86399, 1},     {USAGE_IDLE, 86400, 2},   {USAGE_IDLE, 604799, 2},
        {USAGE_IDLE, 604800, 3},    {USAGE_IDLE, 2591999, 3}, {USAGE_IDLE, 2592000, 4},
        {USAGE_IDLE, INT64_MAX, 4}, {USAGE_FREQ, 0, 0},       {USAGE_FREQ, 1, 1},
        {USAGE_FREQ, 4, 1},         {USAGE_FREQ, 5, 2},       {USAGE_FREQ, 6, 3},
        {USAGE_FREQ, 9, 3},         {USAGE_FREQ, 10, 4},      {USAGE_FREQ, 49, 4},
        {USAGE_FREQ, 50, 5},        {USAGE_FREQ, 254, 5},     {USAGE_FREQ, 255, 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(usage_bucket(rows[i].kind, rows[i].value), rows[i].bucket);
}

static void test_days_of_names(void **state)
{
    static const struct {
        const char *name;
        int32_t day;
    } rows[] = {
        {"stat:processed:2023-11-20", 20231120},
        {"20231120", 20231120},
        {"visits:20231120:home", 20231120},
        {"log.2023.11.20.gz", 20231120},
        {"a/2023/11/20/b", 20231120},
        {"2023_11_20", 20231120},
        {"at:2023-11-20T10", 20231120},
        {"leap:2024-02-29", 20240229},
        {"leap:2000-02-29", 20000229},
        {"", 0},
        {"user:1", 0},
        {"2023112", 0},
        {"2023-11-2", 0},
        {"x:2023-02-29", 0}, /* no such day */
        {"x:2023-13-01", 0}, /* no such month */
        {"x:2023-00-10", 0},
        {"x:2023-10-00", 0},
        {"x:2023-04-31", 0},
        {"x:1999-12-31", 0}, /* before there was a server */
        {"x:2023-11.20", 0}, /* two kinds of gaps */
        {"x:120231120", 0},  /* inside a longer number */
        {"x:202311201", 0},
        {"f20231120", 0},             /* perhaps a hash */
        {"2023-11-20:2023-11-21", 0}, /* which of them? */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* A copy of its own size: a read past its end is seen by the sanitizer. */
        const size_t n = strlen(rows[i].name);
        uint8_t *const name = malloc(n + (n == 0));

        print_message("%s\n", rows[i].name);
        memcpy(name, rows[i].name, n);
        assert_int_equal(name_day(name, n), rows[i].day);
        free(name);
    }
}

/* "123456789" and the tags are the examples of the cluster specification (redis.io). */
static void test_slots(void **state)
{
    static const struct {
        const char *name, *tag; /* tag NULL: none */
    } rows[] = {
        {"{user1000}.following", "user1000"},
        {"foo{}{bar}", NULL},
        {"foo{{bar}}zap", "{bar"},
        {"foo{bar}{zap}", "bar"},
        {"foo{bar", NULL},
        {"foo}bar{", NULL},
    };

    (void)state;
    assert_int_equal(slot_of_key((const uint8_t *)"123456789", 9), 0x31c3);
    assert_int_equal(slot_of_key((const uint8_t *)"a{123456789}b", 13), 0x31c3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *tag = NULL;
        size_t tag_bytes = 0;
        const bool has_tag =
            hash_tag_of_key((const uint8_t *)rows[i].name, strlen(rows[i].name), &tag, &tag_bytes);

        print_message("%s\n", rows[i].name);
        assert_int_equal(has_tag, rows[i].tag != NULL);
        if (has_tag) {
            assert_int_equal(tag_bytes, strlen(rows[i].tag));
            assert_memory_equal(tag, rows[i].tag, tag_bytes);
        }
    }
}

static void test_tags_are_bounded(void **state)
{
    struct slot_sums *const s = slot_sums_new();
    const struct hash_tag *tags;
    char name[40];
    struct key_row row = {.key = (const uint8_t *)name, .alloc_bytes = ROW_NULL};

    (void)state;
    assert_non_null(s);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < HASH_TAGS_MAX + 100; i++) {
            row.key_stored_bytes = (size_t)snprintf(name, sizeof name, "k:{%u}", i);
            row.key_bytes = row.key_stored_bytes;
            row.bytes = i == 4711 ? 1000 : 1;
            assert_int_equal(slot_sums_add(s, &row), 0);
        }
    }
    assert_int_equal(slot_sums_other_tags(s)->keys, 200);
    assert_int_equal(slot_sums_tags(s, &tags), HASH_TAGS_MAX);
    assert_int_equal(tags[0].sum.bytes, 2000);
    assert_int_equal(tags[0].sum.keys, 2);
    assert_memory_equal(tags[0].tag, "4711", 4);
    slot_sums_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_buckets),  cmocka_unit_test(test_encodings_are_bounded),
        cmocka_unit_test(test_expiry),        cmocka_unit_test(test_majority),
        cmocka_unit_test(test_usage_buckets), cmocka_unit_test(test_days_of_names),
        cmocka_unit_test(test_slots),         cmocka_unit_test(test_tags_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
