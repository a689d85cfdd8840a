/* test_aggregate.c -- the same patterns in many databases are kept apart.
 *
 * A pattern is looked up among recent ones first, by a hash of its ends and of its group: with more
 * groups than places, the same text comes by where another group's stands.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/aggregate.h"

enum { DB_COUNT = 3000, ROUNDS = 3 };

static const char *const patterns[] = {"session:<n>", "session:<hex>"};

static void add_key(struct aggregate *a, uint64_t db, size_t pattern)
{
    const struct key_row row = {
        .db = db,
        .key = (const uint8_t *)"session:1",
        .key_stored_bytes = 9,
        .key_bytes = 9,
        .type = RDBP_TYPE_STRING,
        .type_id = RDBP_TYPE_STRING,
        .bytes = (int64_t)db + 1,
        .alloc_bytes = ROW_NULL,
        .rdb_bytes = 1,
        .elements = ROW_NULL,
        .largest_element = ROW_NULL,
        .expires_at_ms = ROW_NULL,
    };

    const struct pattern_shape shape = {.bytes = (const uint8_t *)patterns[pattern],
                                        .size_bytes = strlen(patterns[pattern])};

    assert_int_equal(aggregate_add(a, &row, &shape, 0), db * 2 + pattern + 1);
}

static void test_groups_apart(void **state)
{
    struct aggregate *const a = aggregate_new(0, 65536);

    (void)state;
    assert_non_null(a);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint64_t db = 0; db < DB_COUNT; db++) {
            add_key(a, db, 0);
            add_key(a, db, 1);
        }
    }
    assert_int_equal(aggregate_pattern_count(a), DB_COUNT * 2);
    for (size_t i = 0; i < DB_COUNT * 2; i++) {
        const struct aggregate_pattern *const p = aggregate_pattern_at(a, i);

        assert_int_equal(p->group->db, i / 2);
        assert_int_equal(p->all.keys, ROUNDS);
        assert_int_equal(p->all.bytes, ROUNDS * (i / 2 + 1));
    }
    aggregate_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups_apart)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
