/* test_streams.c -- streams, groups and consumers beyond what is kept, damaged ones, and memory
 * that runs out.
 *
 * What is beyond the limits is counted, and a stream's own sums are of all its groups and
 * consumers.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/streams.h"
#include "failing_malloc.h"

static const uint8_t NAME[] = "name";

static void give(struct streams *s, const rdbp_item *item)
{
    const struct rdbp_items items = {item, 1};

    streams_items(s, &items);
}

/* A stream of one entry, with groups that have consumers each; every consumer has one pending. */
static int give_stream(struct streams *s, uint64_t n, uint64_t groups, uint64_t consumers, bool ok)
{
    const struct rdbp_key key = {.type = RDBP_TYPE_STREAM};
    const struct rdbp_value_end end = {.ok = ok};
    const struct key_row row = {
        .n = n, .key = (uint8_t *)NAME, .key_stored_bytes = sizeof NAME - 1};
    const rdbp_slice name = {NAME, sizeof NAME - 1};
    const rdbp_item meta = {.role = RDBP_ROLE_STREAM_META,
                            .u.stream = {.length = 1, .group_count = groups, .has_v2 = true}};
    const rdbp_item group = {.role = RDBP_ROLE_STREAM_GROUP, .bytes = name};
    const rdbp_item pending = {.role = RDBP_ROLE_STREAM_PENDING,
                               .u.pending = {.id = {5, 1}, .delivery_count = 3}};
    const rdbp_item consumer = {
        .role = RDBP_ROLE_STREAM_CONSUMER, .bytes = name, .u.consumer = {.pel_count = 1}};

    streams_begin(s, &key);
    give(s, &meta);
    for (uint64_t g = 0; g < groups; g++) {
        give(s, &group);
        for (uint64_t c = 0; c < consumers; c++)
            give(s, &pending);
        for (uint64_t c = 0; c < consumers; c++)
            give(s, &consumer);
    }
    return streams_end(s, &end, &row);
}

static void test_streams_beyond(void **state)
{
    struct streams s = {0};

    (void)state;
    for (uint64_t n = 0; n < STREAMS_MAX + 7; n++)
        assert_int_equal(give_stream(&s, n, 1, 1, true), 0);
    assert_int_equal(s.stream_count, STREAMS_MAX);
    assert_int_equal(s.streams_beyond, 7);
    assert_int_equal(s.group_count, STREAM_GROUPS_MAX);
    assert_int_equal(s.groups_beyond, 7);
    assert_int_equal(s.consumers_beyond, 7);
    assert_int_equal(s.streams[STREAMS_MAX - 1].n, STREAMS_MAX - 1);
    streams_done(&s);
}

static void test_groups_and_consumers_beyond(void **state)
{
    struct streams s = {0};

    (void)state;
    assert_int_equal(give_stream(&s, 1, STREAM_GROUPS_MAX + 5, 2, true), 0);
    assert_int_equal(s.group_count, STREAM_GROUPS_MAX);
    assert_int_equal(s.groups_beyond, 5);
    assert_int_equal(s.consumer_count, STREAM_CONSUMERS_MAX);
    assert_int_equal(s.consumers_beyond, 2 * (STREAM_GROUPS_MAX + 5) - STREAM_CONSUMERS_MAX);
    assert_int_equal(s.streams[0].groups, STREAM_GROUPS_MAX + 5);
    assert_int_equal(s.streams[0].consumers, 2 * (STREAM_GROUPS_MAX + 5));
    assert_int_equal(s.streams[0].pending, 2 * (STREAM_GROUPS_MAX + 5));
    /* The last group that is kept has lost its consumers, not their number. */
    assert_int_equal(s.groups[STREAM_GROUPS_MAX - 1].consumers, 2);
    assert_int_equal(s.groups[STREAM_GROUPS_MAX - 1].pending, 2);
    assert_int_equal(s.groups[STREAM_GROUPS_MAX - 1].most_deliveries, 3);
    streams_done(&s);
}

static void test_damaged(void **state)
{
    struct streams s = {0};

    (void)state;
    assert_int_equal(give_stream(&s, 1, 3, 2, true), 0);
    assert_int_equal(give_stream(&s, 2, STREAM_GROUPS_MAX + 1, 2, false), 0);
    assert_int_equal(give_stream(&s, 3, 2, 1, true), 0);
    assert_int_equal(s.stream_count, 2);
    assert_int_equal(s.group_count, 5);
    assert_int_equal(s.consumer_count, 8);
    assert_int_equal(s.groups_beyond + s.consumers_beyond + s.streams_beyond, 0);
    assert_int_equal(s.groups[4].stream_n, 3);
    streams_done(&s);
}

static int give_some(struct streams *s)
{
    for (uint64_t n = 1; n <= 40; n++) {
        if (give_stream(s, n, 3, 2, n % 7 != 0) < 0)
            return -1;
    }
    return 0;
}

/* Said, at once or at the end of the stream, and nothing is left behind. */
static void test_memory_runs_out(void **state)
{
    int result = -1;
    long n = 0;

    (void)state;
    for (; result < 0; n++) {
        struct streams s = {0};

        allocations_left = n;
        result = give_some(&s);
        allocations_left = -1;
        assert_int_equal(result < 0, s.is_out_of_memory);
        if (result == 0)
            assert_int_equal(s.stream_count, 35);
        streams_done(&s);
    }
    assert_true(n > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_beyond),
        cmocka_unit_test(test_groups_and_consumers_beyond),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
