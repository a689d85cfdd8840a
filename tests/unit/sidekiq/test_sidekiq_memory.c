/* test_sidekiq_memory.c -- every allocation of the collector and the resolver fails once.
 *
 * The events are fed without any allocation of the test's own, so the n-th allocation is always the
 * same one.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_malloc.h"
#include "sidekiq/sidekiq.h"

static int feed(struct sidekiq_collector *c, enum rdbp_type type, const char *name,
                const char *const *texts, size_t count)
{
    const struct rdbp_key key = {
        .type = type, .key = {(const uint8_t *)name, strlen(name)}, .key_bytes = strlen(name)};
    const struct rdbp_blob blob = {
        .is_integer = true, .integer = 7, .raw_bytes = 1, .prefix = {(const uint8_t *)"7", 1}};
    const struct rdbp_value_end end = {
        .ok = true, .has_element_count = true, .element_count = count};
    const struct key_row row = {.bytes = 1, .expires_at_ms = ROW_NULL};

    sidekiq_begin(c, &key);
    sidekiq_blob(c, &blob);
    for (size_t i = 0; i < count; i++) {
        const enum rdbp_role role = type == RDBP_TYPE_LIST ? RDBP_ROLE_ELEMENT
                                    : type == RDBP_TYPE_HASH
                                        ? (i % 2 ? RDBP_ROLE_VALUE : RDBP_ROLE_FIELD)
                                        : RDBP_ROLE_MEMBER;
        const rdbp_item items[] = {{.role = (uint8_t)role,
                                    .size_bytes = strlen(texts[i]),
                                    .bytes = {(const uint8_t *)texts[i], strlen(texts[i])}},
                                   {.role = RDBP_ROLE_SCORE, .u.score = 1}};
        const struct rdbp_items batch = {items, type == RDBP_TYPE_ZSET ? 2 : 1};

        sidekiq_items(c, &batch);
    }
    return sidekiq_end(c, &end, &row);
}

/* Returns 0 when all went well, -1 when something said it ran out of memory. */
static int run(struct sidekiq_collector *c)
{
    static const char *const names[] = {"default", "low\xff"};
    static const char *const identity[] = {"h:1:0123456789ab"};
    static const char *const info[] = {"info", "{\"version\":\"7.0.0\"}"};
    static const char *const work[] = {
        "t1", "{\"queue\":\"q\",\"payload\":\"{\\\"class\\\":\\\"W\\\"}\",\"run_at\":1}"};
    static const char *const counters[] = {"A|p", "3"};
    static const char *const locks[] = {"j1", "1"};
    static const char *const digests[] = {"uniquejobs:a", "uniquejobs:b"};
    static char jobs[40][64];
    static const char *elements[41];
    const struct sidekiq_result *r;
    int failed = 0;

    for (int i = 0; i < 40; i++) {
        snprintf(jobs[i], sizeof(jobs[i]), "{\"class\":\"C%d\\\\\",\"jid\":\"1\"}", i);
        elements[i] = jobs[i];
    }
    elements[40] = "x";
    failed |= feed(c, RDBP_TYPE_STRING, "a\xff:stat:processed", NULL, 0);
    failed |= feed(c, RDBP_TYPE_STRING, "a\xff:stat:failed:2024-01-01", NULL, 0);
    failed |= feed(c, RDBP_TYPE_SET, "a\xff:queues", names, 2);
    failed |= feed(c, RDBP_TYPE_SET, "a\xff:processes", identity, 1);
    failed |= feed(c, RDBP_TYPE_HASH, "a\xff:h:1:0123456789ab", info, 2);
    failed |= feed(c, RDBP_TYPE_LIST, "a\xff:queue:default", elements, 41);
    failed |= feed(c, RDBP_TYPE_ZSET, "a\xff:retry", elements, 41);
    failed |= feed(c, RDBP_TYPE_ZSET, "b:dead", elements, 40);
    failed |= feed(c, RDBP_TYPE_LIST, "b:queue:x", elements + 40, 1);
    sidekiq_set_now(c, 60000);
    failed |= feed(c, RDBP_TYPE_HASH, "a\xff:h:1:0123456789ab:work", work, 2);
    failed |= feed(c, RDBP_TYPE_HASH, "a\xff:j|19700101|0:1", counters, 2);
    failed |= feed(c, RDBP_TYPE_HASH, "a\xff:uniquejobs:a:LOCKED", locks, 2);
    failed |= feed(c, RDBP_TYPE_ZSET, "a\xff:uniquejobs:digests", digests, 2);
    failed |= feed(c, RDBP_TYPE_HASH, "a\xff:it-0123456789abcdef01234567", NULL, 0);
    if (failed != 0)
        return -1;
    r = sidekiq_resolve(c, 0);
    if (!r)
        return -1;
    assert_int_equal(r->installation_count, 2);
    assert_int_equal(r->set_count, 5);
    assert_int_equal(r->job_count, 40 + 41 + 41 + 1);
    assert_int_equal(r->stat_count, 2);
    assert_int_equal(r->process_count, 1);
    assert_int_equal(r->thread_count, 1);
    assert_int_equal(r->metric_count, 1);
    assert_int_equal(r->link_count, 3); /* iteration, lock, digests */
    return 0;
}

static void test_each_allocation_fails(void **state)
{
    long n;

    (void)state;
    for (n = 0; n < 1000; n++) {
        struct sidekiq_collector *c;
        int result;

        allocations_left = n;
        c = sidekiq_collector_new();
        result = c ? run(c) : -1;
        allocations_left = -1;
        sidekiq_collector_free(c);
        if (result == 0)
            break;
    }
    /* Tables, indexes, arena chunks, the parser, the four arrays of the result. */
    assert_in_range(n, 20, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_fails)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
