/* test_memory_exhausted.c -- every allocation of the key meter and the server meter fails once.
 *
 * The events are made without any allocation of the test's own, so the n-th allocation is always
 * the same one.  A meter says that memory ran out, or gives the same figures as if nothing had
 * happened: never others.
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
#include "memory/memory_model.h"
#include "memory/server_size.h"

#define FEW_FIELDS  400 /* packed, until the long one comes */
#define MANY_FIELDS 3000
#define PENDING     300
#define KEYS        4

static void give(struct key_meter *k, const rdbp_item *item)
{
    const struct rdbp_items items = {item, 1};

    key_meter_items(k, &items);
}

/* Many fields with TTLs of all kinds of order, and one too long to be packed. */
static void give_hash(struct key_meter *k, bool is_valkey, int field_count)
{
    const struct rdbp_key key = {.type = RDBP_TYPE_HASH,
                                 .rdb_type = is_valkey ? RDBP_RDB_HASH_2 : RDBP_RDB_HASH_METADATA,
                                 .key_bytes = 5};

    key_meter_begin(k, &key);
    for (int i = 0; i < field_count; i++) {
        const rdbp_item ttl = {.role = RDBP_ROLE_FIELD_TTL,
                               .u.expire_at_ms = 1732000000000 + (int64_t)i * 7919 % 100000};
        const rdbp_item field = {.role = RDBP_ROLE_FIELD, .size_bytes = 8};
        const rdbp_item value = {.role = RDBP_ROLE_VALUE, .size_bytes = i == 9 ? 200 : 3};

        if (!is_valkey)
            give(k, &ttl);
        give(k, &field);
        give(k, &value);
        if (is_valkey)
            give(k, &ttl);
    }
}

static void give_stream(struct key_meter *k)
{
    const struct rdbp_key key = {
        .type = RDBP_TYPE_STREAM, .rdb_type = RDBP_RDB_STREAM_LISTPACKS_3, .key_bytes = 5};
    const rdbp_slice name = {(const uint8_t *)"group", 5};

    key_meter_begin(k, &key);
    for (uint64_t i = 0; i < 40; i++) {
        const struct rdbp_blob node = {.format = RDBP_FORMAT_STREAM_LISTPACK,
                                       .blob_index = i,
                                       .raw_bytes = 4000,
                                       .id_ms = 1000 + i * i};

        key_meter_blob(k, &node);
    }
    for (int group = 0; group < 2; group++) {
        const rdbp_item head = {.role = RDBP_ROLE_STREAM_GROUP, .size_bytes = 5, .bytes = name};
        const rdbp_item consumer = {
            .role = RDBP_ROLE_STREAM_CONSUMER, .size_bytes = 5, .bytes = name};

        give(k, &head);
        for (uint64_t i = 0; i < PENDING; i++) {
            const rdbp_item pending = {
                .role = RDBP_ROLE_STREAM_PENDING,
                .u.pending = {{1000 + i * (uint64_t)(group + 1), i}, (int64_t)(5000 - i), 1}};

            give(k, &pending);
        }
        give(k, &consumer);
        for (uint64_t i = 0; i < PENDING; i++) {
            const rdbp_item pending = {.role = RDBP_ROLE_STREAM_CONSUMER_PENDING,
                                       .u.id = {1000 + i * (uint64_t)(group + 1), i}};

            give(k, &pending);
        }
    }
}

static void give_list(struct key_meter *k)
{
    const struct rdbp_key key = {
        .type = RDBP_TYPE_LIST, .rdb_type = RDBP_RDB_LIST_QUICKLIST_2, .key_bytes = 5};

    key_meter_begin(k, &key);
    for (uint64_t i = 0; i < 9; i++) {
        const struct rdbp_blob node = {.format = RDBP_FORMAT_LISTPACK,
                                       .blob_index = i,
                                       .blob_count = 9,
                                       .raw_bytes = 8000,
                                       .stored_bytes = 900,
                                       .is_lzf = true,
                                       .has_count = true,
                                       .entry_count = 10};

        key_meter_blob(k, &node);
    }
}

/* The keys' sizes; -1: memory ran out. */
static int weigh_keys(const struct memory_model *m, bool is_valkey, struct key_size sizes[KEYS])
{
    const struct rdbp_value_end end = {.ok = true, .has_element_count = true, .element_count = 90};
    struct rdbp_value_end hash_end = end;
    struct key_meter *const k = key_meter_new(m, false);
    int r = -1;

    if (k == NULL)
        return -1;
    hash_end.element_count = FEW_FIELDS;
    give_hash(k, is_valkey, FEW_FIELDS);
    if (key_meter_end(k, &hash_end, &sizes[3]) < 0)
        goto out;
    hash_end.element_count = MANY_FIELDS;
    give_hash(k, is_valkey, MANY_FIELDS);
    if (key_meter_end(k, &hash_end, &sizes[0]) < 0)
        goto out;
    give_stream(k);
    if (key_meter_end(k, &end, &sizes[1]) < 0)
        goto out;
    give_list(k);
    if (key_meter_end(k, &end, &sizes[2]) < 0)
        goto out;
    r = 0;
out:
    key_meter_free(k);
    return r;
}

static void check_model(const char *name)
{
    struct memory_settings settings = MEMORY_SETTINGS_INIT;
    const bool is_valkey = strncmp(name, "valkey", 6) == 0;
    struct key_size expected[KEYS], sizes[KEYS];
    struct memory_model m;
    int failures = 0;

    settings.list_compress_depth = 2;
    memory_model_init(&m, memory_version_find(name), ALLOCATOR_JEMALLOC, &settings);
    allocations_left = -1;
    assert_int_equal(weigh_keys(&m, is_valkey, expected), 0);
    for (long n = 0;; n++) {
        int r;

        allocations_left = n;
        r = weigh_keys(&m, is_valkey, sizes);
        if (allocations_left > 0) { /* all of them worked */
            allocations_left = -1;
            assert_int_equal(r, 0);
            break;
        }
        allocations_left = -1;
        failures += r < 0;
        for (int i = 0; r == 0 && i < KEYS; i++) {
            if (sizes[i].bytes != expected[i].bytes ||
                sizes[i].alloc_bytes != expected[i].alloc_bytes)
                fail_msg("%s, allocation %ld, key %d: another size, and no word of it", name, n, i);
        }
    }
    assert_true(failures > 5);
}

static void test_key_meter(void **state)
{
    (void)state;
    check_model("redis-7.2");
    check_model("redis-7.4");
    check_model("redis-8.4");
    check_model("valkey-9.0");
}

/* -1: memory ran out. */
static int weigh_server(const struct memory_model *m, uint64_t *ret_bytes)
{
    struct server_meter *const s = server_meter_new(m, ROW_NULL);
    struct server_size z = {0};
    int r = -1;

    if (s == NULL)
        return -1;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t name[16];
        struct server_key key = {0};

        snprintf((char *)name, sizeof name, "key:%u", i);
        key.db = i % 3;
        key.name = name;
        key.stored_bytes = key.name_bytes = strlen((const char *)name);
        key.has_expire = i % 2 == 0;
        key.alloc_bytes = 64;
        key.first_field_ttl_ms = i % 5 == 0 ? (int64_t)(1732000000000 + i) : ROW_NULL;
        if (server_meter_key(s, &key) < 0)
            goto out;
    }
    if (server_meter_end(s, &z) < 0)
        goto out;
    *ret_bytes = z.sides[SERVER_REPLICA].used_memory;
    r = 0;
out:
    server_meter_free(s);
    return r;
}

static void test_server_meter(void **state)
{
    static const char *const models[] = {"redis-6.2", "redis-7.4", "valkey-9.0"};

    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct memory_settings settings = MEMORY_SETTINGS_INIT;
        uint64_t expected, bytes;
        struct memory_model m;

        settings.cluster_enabled = true;
        memory_model_init(&m, memory_version_find(models[i]), ALLOCATOR_JEMALLOC, &settings);
        allocations_left = -1;
        assert_int_equal(weigh_server(&m, &expected), 0);
        for (long n = 0;; n++) {
            int r;

            allocations_left = n;
            r = weigh_server(&m, &bytes);
            if (allocations_left > 0) {
                allocations_left = -1;
                assert_int_equal(r, 0);
                break;
            }
            allocations_left = -1;
            if (r == 0 && bytes != expected)
                fail_msg("%s, allocation %ld: another size, and no word of it", models[i], n);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_meter),
        cmocka_unit_test(test_server_meter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
