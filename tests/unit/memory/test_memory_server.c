/* test_memory_server.c -- the memory of the whole server: startup, tables, slots, libraries.
 *
 * Startup figures are used_memory_startup of real servers, which moves by some 200 bytes with paths
 * and environment.  Other measured figures are used_memory of a server that has loaded a file and
 * come to rest, less that of an empty one, which moves by some 64 bytes.  Slots are those of
 * CLUSTER KEYSLOT.
 */
// SPDX-License-Identifier: MIT
#include "analyze/outside.h"
#include "memory/model.h"
#include "memory/server_costs.h"
#include "memory/server_size.h"
#include "memory/slot_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define STARTUP_NOISE 250
#define USED_NOISE    130

static struct memory_model model_of(const char *version, enum memory_allocator allocator,
                                    bool cluster_enabled)
{
    struct memory_settings settings = MEMORY_SETTINGS_INIT;
    struct memory_model m;

    settings.cluster_enabled = cluster_enabled;
    memory_model_init(&m, memory_version_find(version), allocator, &settings);
    return m;
}

static void check_near(const char *what, uint64_t found, uint64_t expected, uint64_t noise)
{
    const uint64_t distance = found > expected ? found - expected : expected - found;

    if (distance > noise)
        fail_msg("%s: %llu, expected %llu", what, (unsigned long long)found,
                 (unsigned long long)expected);
}

static void test_startup(void **state)
{
    static const struct {
        const char *version;
        enum memory_allocator allocator;
        bool cluster_enabled;
        uint64_t bytes;
    } rows[] = {
        {"redis-4.0", ALLOCATOR_JEMALLOC, false, 786656},
        {"redis-4.0", ALLOCATOR_JEMALLOC, true, 1445000},
        {"redis-5.0", ALLOCATOR_JEMALLOC, false, 791448},
        {"redis-5.0", ALLOCATOR_JEMALLOC, true, 1449792},
        {"redis-6.0", ALLOCATOR_JEMALLOC, false, 803224},
        {"redis-6.2", ALLOCATOR_JEMALLOC, false, 811984},
        {"redis-6.2", ALLOCATOR_JEMALLOC, true, 1470328},
        {"redis-7.0", ALLOCATOR_JEMALLOC, false, 858704},
        {"redis-7.0", ALLOCATOR_JEMALLOC_SYSTEM, false, 876000},
        {"redis-7.2", ALLOCATOR_JEMALLOC, false, 865896},
        {"redis-7.2", ALLOCATOR_JEMALLOC, true, 1582688},
        {"redis-7.2", ALLOCATOR_LIBC, false, 956888},
        {"redis-7.4", ALLOCATOR_JEMALLOC, false, 946280},
        {"redis-7.4", ALLOCATOR_JEMALLOC, true, 2278976},
        {"redis-8.0", ALLOCATOR_JEMALLOC, false, 650664},
        {"redis-8.0", ALLOCATOR_JEMALLOC, true, 1941072},
        {"redis-8.2", ALLOCATOR_JEMALLOC, false, 652088},
        {"redis-8.4", ALLOCATOR_JEMALLOC, true, 2646744},
        {"redis-8.6", ALLOCATOR_JEMALLOC, false, 705408},
        {"redis-8.8", ALLOCATOR_JEMALLOC, true, 2262968},
        {"valkey-7.2", ALLOCATOR_JEMALLOC, false, 880352},
        {"valkey-8.0", ALLOCATOR_JEMALLOC, false, 912056},
        {"valkey-8.0", ALLOCATOR_JEMALLOC, true, 2707240},
        {"valkey-8.1", ALLOCATOR_JEMALLOC, false, 877864},
        {"valkey-8.1", ALLOCATOR_JEMALLOC, true, 2414720},
        {"valkey-9.0", ALLOCATOR_JEMALLOC, false, 878384},
        {"valkey-9.1", ALLOCATOR_JEMALLOC, true, 2503448},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct memory_model m =
            model_of(rows[i].version, rows[i].allocator, rows[i].cluster_enabled);
        char what[80];

        snprintf(what, sizeof what, "startup of %s, allocator %d, cluster %d", rows[i].version,
                 rows[i].allocator, rows[i].cluster_enabled);
        check_near(what, server_startup_bytes(&m, 16), rows[i].bytes, STARTUP_NOISE);
    }
}

/* Of real servers with these options; the rest by hand. */
static void test_startup_settings(void **state)
{
    struct memory_model m = model_of("redis-7.2", ALLOCATOR_JEMALLOC, false);
    const uint64_t usual = server_startup_bytes(&m, 16);

    (void)state;
    m.settings.maxclients = 100;
    check_near("100 clients", server_startup_bytes(&m, 16), 338544, STARTUP_NOISE);
    m.settings.maxclients = 4000;
    check_near("4000 clients", server_startup_bytes(&m, 16), 587440, STARTUP_NOISE);
    m.settings.maxclients = 10000;
    check_near("64 databases", server_startup_bytes(&m, 64), 889008, STARTUP_NOISE);
    check_near("1 database", server_startup_bytes(&m, 1), 858808, STARTUP_NOISE);
    /* 6 dicts of 56 and a list of 48 each, and 88 in an array. */
    assert_int_equal(
        server_startup_bytes(&m, UINT64_C(5) << 25) - server_startup_bytes(&m, UINT64_C(5) << 24),
        (UINT64_C(5) << 24) * (6 * 56 + 48) + alloc_size_jemalloc(88 * (UINT64_C(5) << 25)) -
            alloc_size_jemalloc(88 * (UINT64_C(5) << 24)));
    m.settings.io_threads = 4;
    assert_int_equal(server_startup_bytes(&m, 16), usual);
    m = model_of("redis-8.4", ALLOCATOR_JEMALLOC, false);
    m.settings.maxclients = 100;
    check_near("8.4, 100 clients", server_startup_bytes(&m, 16), 510560, STARTUP_NOISE);
    m.settings.maxclients = 4000;
    check_near("8.4, 4000 clients", server_startup_bytes(&m, 16), 595552, STARTUP_NOISE);
    m = model_of("valkey-9.0", ALLOCATOR_JEMALLOC, false);
    check_near("9.0, 32 databases", server_startup_bytes(&m, 32), 878408, STARTUP_NOISE);
    m = model_of("valkey-8.0", ALLOCATOR_JEMALLOC, false);
    m.settings.io_threads = 4;
    check_near("I/O threads", server_startup_bytes(&m, 16), 1032080, STARTUP_NOISE);
}

static void test_slots(void **state)
{
    static const struct {
        const char *name;
        unsigned slot;
    } rows[] = {
        {"", 0},
        {"123456789", 12739},
        {"somekey", 11058},
        {"foo{hash_tag}", 2515},
        {"bar{hash_tag}", 2515},
        {"hash_tag", 2515},
        {"foo{bar}{zap}", 5061},
        {"bar", 5061},
        {"foo{}{bar}", 8363},
        {"foo{{bar}}zap", 4015},
        {"{bar", 4015},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(slot_of_key((const uint8_t *)rows[i].name, strlen(rows[i].name)),
                         rows[i].slot);
}

static void add_key(struct server_meter *s, uint64_t db, const char *name, bool has_expire,
                    bool is_expired, int64_t alloc_bytes)
{
    const struct server_key key = {.db = db,
                                   .name = (const uint8_t *)name,
                                   .stored_bytes = strlen(name),
                                   .name_bytes = strlen(name),
                                   .has_expire = has_expire,
                                   .is_expired = is_expired,
                                   .alloc_bytes = alloc_bytes,
                                   .first_field_ttl_ms = ROW_NULL};

    assert_int_equal(server_meter_key(s, &key), 0);
}

struct table_row {
    const char *name, *version;
    uint64_t keys, expires, expired; /* the expired ones are among expires */
    bool has_hint;
    uint64_t hint_keys, hint_expires;
    struct server_tables primary, replica;
};

static void check_tables(const struct table_row *row)
{
    const struct memory_model m = model_of(row->version, ALLOCATOR_JEMALLOC, false);
    struct server_meter *const s = server_meter_new(&m, 1000000);
    const struct server_database *d;
    struct server_size size;

    assert_non_null(s);
    if (row->has_hint)
        assert_int_equal(server_meter_hint(s, 3, row->hint_keys, row->hint_expires), 0);
    for (uint64_t i = 0; i < row->keys; i++)
        add_key(s, 3, "k", i < row->expires, i < row->expired, 100);
    assert_int_equal(server_meter_end(s, &size), 0);
    d = server_meter_database(s, 3);
    assert_non_null(d);
    assert_null(server_meter_database(s, 0));
    if (memcmp(&d->sides[SERVER_PRIMARY], &row->primary, sizeof row->primary) != 0 ||
        memcmp(&d->sides[SERVER_REPLICA], &row->replica, sizeof row->replica) != 0)
        fail_msg("%s: primary %llu %llu %llu, replica %llu %llu %llu", row->name,
                 (unsigned long long)d->sides[0].main_bytes,
                 (unsigned long long)d->sides[0].expires_bytes,
                 (unsigned long long)d->sides[0].rehash_bytes,
                 (unsigned long long)d->sides[1].main_bytes,
                 (unsigned long long)d->sides[1].expires_bytes,
                 (unsigned long long)d->sides[1].rehash_bytes);
    assert_int_equal(size.startup_bytes, 1000000);
    for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++) {
        const struct server_tables *const t = &d->sides[side];

        assert_int_equal(size.sides[side].keys_bytes,
                         100 * (row->keys - (side == SERVER_PRIMARY ? row->expired : 0)));
        assert_int_equal(size.sides[side].tables_bytes,
                         t->main_bytes + t->expires_bytes + t->other_bytes);
        assert_int_equal(size.sides[side].rehash_bytes, t->rehash_bytes);
        assert_int_equal(size.sides[side].used_memory,
                         1000000 + size.sides[side].tables_bytes + size.sides[side].keys_bytes);
    }
    server_meter_free(s);
}

/* Slots * 8; from kvstores on with a dict of 56 and 8 (Redis) or 16 (Valkey) behind it. */
static const struct table_row table_rows[] = {
    /* Measured with 5.0, 6.2 and 7.2: a hint of 0 makes a table all the same. */
    {"one key", "redis-7.2", 1, 0, 0, true, 1, 0, {32, 32, 0, 0}, {32, 32, 0, 0}},
    {"by the hint", "redis-6.2", 20, 0, 0, true, 100, 0, {1024, 32, 0, 0}, {1024, 32, 0, 0}},
    {"the hint counts expired ones",
     "redis-4.0",
     100,
     60,
     50,
     true,
     100,
     60,
     {1024, 512, 0, 0},
     {1024, 512, 0, 0}},
    /* 10 of 128 slots in use, 0 of 128. */
    {"shrunk",
     "redis-7.0",
     100,
     90,
     90,
     true,
     100,
     90,
     {128, 32, 0, 1024 + 1024},
     {1024, 1024, 0, 0}},
    {"13 of 128 are enough",
     "redis-7.0",
     100,
     87,
     87,
     true,
     100,
     0,
     {1024, 32, 0, 0},
     {1024, 1024, 0, 512}},
    {"without a hint", "redis-5.0", 100, 0, 0, false, 0, 0, {1024, 0, 0, 512}, {1024, 0, 0, 512}},
    {"the hint has no effect",
     "redis-7.4",
     20,
     0,
     0,
     true,
     100,
     100,
     {64 + 256, 0, 0, 128},
     {64 + 256, 0, 0, 128}},
    /* 128 slots: 81 of them hold something; the old table is empty with key number 210. */
    {"209 keys",
     "valkey-8.0",
     209,
     0,
     0,
     false,
     0,
     0,
     {80 + 2048, 0, 0, 1024},
     {80 + 2048, 0, 0, 1024}},
    {"210 keys", "valkey-8.0", 210, 0, 0, false, 0, 0, {80 + 2048, 0, 0, 0}, {80 + 2048, 0, 0, 0}},
    /* Measured with 7.4.1 and 8.0.1: 16384 keys, 4096 with a TTL; 4 slots stay 4. */
    {"full ones are doubled",
     "redis-7.4",
     16384,
     4096,
     0,
     true,
     16384,
     4096,
     {64 + 262144, 64 + 65536, 0, 0},
     {64 + 262144, 64 + 65536, 0, 0}},
    {"not the smallest",
     "valkey-8.0",
     4,
     4,
     0,
     true,
     4,
     4,
     {80 + 32, 80 + 32, 0, 0},
     {80 + 32, 80 + 32, 0, 0}},
    {"not up to 7.2", "redis-7.2", 16, 0, 0, true, 16, 0, {128, 32, 0, 0}, {128, 32, 0, 0}},
    {"expired ones are not loaded",
     "redis-7.4",
     65,
     65,
     33,
     true,
     65,
     65,
     {64 + 512, 64 + 512, 0, 0},
     {64 + 1024, 64 + 1024, 0, 512 + 512}},
    /* Histograms are in the structure: 56 + 2400; of 20 keys in 32 slots 20 - 32 (1 -
     * (31/32)^20) = 4.96 share a bucket. */
    {"8.0", "redis-8.0", 20, 0, 0, true, 20, 0, {2560 + 256, 0, 0, 128}, {2560 + 256, 0, 0, 128}},
    {"8.2",
     "redis-8.2",
     20,
     0,
     0,
     true,
     20,
     0,
     {2560 + 256 + 5 * 16, 0, 0, 128},
     {2560 + 256 + 5 * 16, 0, 0, 128}},
    /* The hint counts again: 128 slots, 20 - 128 (1 - (127/128)^20) = 1.41. */
    {"8.8",
     "redis-8.8",
     20,
     0,
     0,
     true,
     100,
     0,
     {96 + 1024 + 16, 0, 0, 0},
     {96 + 1024 + 16, 0, 0, 0}},
    /* 100 * 5/32 = 15.6 buckets, 16; and 4, of which 0.4 overflow with 20 members. */
    {"8.1",
     "valkey-8.1",
     20,
     20,
     0,
     true,
     100,
     20,
     {96 + 1024, 96 + 256, 0, 0},
     {96 + 1024, 96 + 256, 0, 0}},
    /* Until 8.1.3 there was no table yet to expand (kvstore.c: kvstoreHashtableExpand()): 1 bucket,
     * 2 from the 8th member on, 4 from the 15th. */
    {"8.1.3",
     "valkey-8.1.3",
     20,
     20,
     0,
     true,
     100,
     20,
     {96 + 256, 96 + 256, 0, 0},
     {96 + 256, 96 + 256, 0, 0}},
    /* Measured with 8.1.7 and 9.0.4: 14 members of 16 * 7 places are 13 % and let the table shrink
     * to 4 buckets, 15 do not; an empty one has one bucket; a full one grows. */
    {"8.1, 14 of 112",
     "valkey-8.1",
     14,
     0,
     0,
     true,
     100,
     100,
     {96 + 256, 96 + 64, 0, 1024},
     {96 + 256, 96 + 64, 0, 1024}},
    {"9.0, 15 of 112",
     "valkey-9.0",
     15,
     0,
     0,
     true,
     100,
     100,
     {96 + 1024, 96 + 64, 1064, 0},
     {96 + 1024, 96 + 64, 1064, 0}},
    {"8.1, full", "valkey-8.1", 7, 0, 0, false, 0, 0, {96 + 128, 0, 0, 64}, {96 + 128, 0, 0, 64}},
    {"9.0, not full",
     "valkey-9.0",
     6,
     0,
     0,
     false,
     0,
     0,
     {96 + 64, 0, 1064, 0},
     {96 + 64, 0, 1064, 0}},
    {"all expired", "redis-7.4", 5, 5, 5, true, 5, 5, {0, 0, 0, 0}, {64 + 64, 64 + 64, 0, 32 + 32}},
};

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table_rows); i++)
        check_tables(&table_rows[i]);
}

/* Measured with 4.0.14, 5.0.14 and 6.2.16: 20000 strings of 20 bytes, half of the names with a tag:
 * used_memory was 2933600 higher than that of an empty cluster node. */
static void test_slots_tree(void **state)
{
    static const char *const versions[] = {"redis-4.0", "redis-5.0", "redis-6.2"};

    (void)state;
    for (size_t v = 0; v < COUNT(versions); v++) {
        const struct memory_model m = model_of(versions[v], ALLOCATOR_JEMALLOC, true);
        struct server_meter *const s = server_meter_new(&m, 0);
        struct server_size size;

        assert_non_null(s);
        assert_int_equal(server_meter_hint(s, 0, 20000, 0), 0);
        for (int i = 0; i < 20000; i++) {
            char name[40];

            if (i % 2 == 0)
                snprintf(name, sizeof name, "key:%08d", i);
            else
                snprintf(name, sizeof name, "user:%d:{tag%d}:x", i, i % 300);
            /* Entry, name, embedded string. */
            add_key(s, 0, name, false, false, 24 + (int64_t)sds_bytes(&m, strlen(name)) + 40);
        }
        assert_int_equal(server_meter_end(s, &size), 0);
        assert_false(size.is_estimate);
        assert_int_equal(size.sides[SERVER_PRIMARY].used_memory, 2933600);
        assert_int_equal(size.sides[SERVER_REPLICA].used_memory, 2933600);
        server_meter_free(s);
    }
}

/* Measured with 4.0.14 and 6.2.16: what three strings took more in a cluster node. */
static void test_slots_tree_long_names(void **state)
{
    static const struct {
        const char *head;
        char fill;
        size_t bytes[3];
        bool is_estimate;
        uint64_t tree_bytes;
    } rows[] = {
        {"", 'x', {65536, 65536, 65536}, false, 245808},
        {"{t}", 'z', {5004, 12004, 19004}, false, 37960},
        {"{t}", 'p', {6000, 9000, 20000}, true, 21504}, /* without the digit */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slot_tree *const t = slot_tree_new(1 << 20);
        uint64_t bytes, live_bytes;
        bool is_estimate;

        assert_non_null(t);
        for (size_t k = 0; k < 3; k++) {
            uint8_t *const name = malloc(rows[i].bytes[k] + 1);
            const int head_bytes = rows[i].is_estimate
                                       ? snprintf((char *)name, 20, "%s", rows[i].head)
                                       : snprintf((char *)name, 20, "%s%zu", rows[i].head, k);

            memset(name + head_bytes, rows[i].fill, rows[i].bytes[k] - (size_t)head_bytes);
            assert_int_equal(slot_tree_add(t, name, rows[i].bytes[k], rows[i].bytes[k], k == 2), 0);
            free(name);
        }
        assert_int_equal(slot_tree_bytes(t, alloc_size_jemalloc, true, &bytes, &is_estimate), 0);
        assert_int_equal(is_estimate, rows[i].is_estimate);
        if (is_estimate)
            check_near("alike", bytes, rows[i].tree_bytes, rows[i].tree_bytes / 2);
        else
            assert_int_equal(bytes, rows[i].tree_bytes);
        assert_int_equal(slot_tree_bytes(t, alloc_size_jemalloc, false, &live_bytes, &is_estimate),
                         0);
        assert_true(live_bytes < bytes);
        slot_tree_free(t);
    }
}

/* A tree that has no room for all names is scaled: as good as the whole one. */
static void test_slots_tree_bounded(void **state)
{
    struct slot_tree *const whole = slot_tree_new(8 << 20), *const part = slot_tree_new(200000);
    uint64_t whole_bytes, part_bytes, live_bytes;
    bool is_estimate;

    (void)state;
    assert_non_null(whole);
    assert_non_null(part);
    for (int i = 0; i < 40000; i++) {
        char name[40];
        const int bytes = snprintf(name, sizeof name, "session:%d", i * 7);

        assert_int_equal(
            slot_tree_add(whole, (uint8_t *)name, (size_t)bytes, (uint64_t)bytes, i % 4 == 0), 0);
        assert_int_equal(
            slot_tree_add(part, (uint8_t *)name, (size_t)bytes, (uint64_t)bytes, i % 4 == 0), 0);
    }
    assert_int_equal(slot_tree_bytes(whole, alloc_size_jemalloc, true, &whole_bytes, &is_estimate),
                     0);
    assert_false(is_estimate);
    assert_int_equal(slot_tree_bytes(part, alloc_size_jemalloc, true, &part_bytes, &is_estimate),
                     0);
    assert_true(is_estimate);
    check_near("scaled tree", part_bytes, whole_bytes, whole_bytes / 50);
    assert_int_equal(slot_tree_bytes(part, alloc_size_jemalloc, false, &live_bytes, &is_estimate),
                     0);
    check_near("without expired ones", live_bytes, part_bytes * 3 / 4, part_bytes / 20);
    slot_tree_free(whole);
    slot_tree_free(part);
}

/* Measured with servers of these versions: 20000 strings of 20 bytes in names of 12, every third
 * with a TTL, less the 64 (in 9.1: 48) bytes of a key and the 8 of a TTL. */
static void test_measured_tables(void **state)
{
    static const struct {
        const char *version;
        uint64_t bytes;
        int64_t key_bytes, expiry_bytes;
    } rows[] = {
        {"redis-8.0", 2090352, 80, 24}, {"redis-8.2", 1618200, 56, 8},
        {"redis-8.4", 1616760, 56, 8},  {"redis-8.6", 1618888, 56, 8},
        {"redis-8.8", 1615848, 56, 8},  {"valkey-8.1", 1600472, 56, 8},
        {"valkey-9.0", 1599384, 56, 8}, {"valkey-9.1", 1439128, 48, 8},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct memory_model m = model_of(rows[i].version, ALLOCATOR_JEMALLOC, false);
        struct server_meter *const s = server_meter_new(&m, 0);
        struct server_size size;

        assert_non_null(s);
        assert_int_equal(server_meter_hint(s, 0, 20000, 6667), 0);
        for (int k = 0; k < 20000; k++)
            add_key(s, 0, "k", k % 3 == 0, false,
                    rows[i].key_bytes + (k % 3 == 0 ? rows[i].expiry_bytes : 0));
        assert_int_equal(server_meter_end(s, &size), 0);
        /* Collisions are random: 16 or 64 bytes each. */
        check_near(rows[i].version, size.sides[SERVER_PRIMARY].used_memory, rows[i].bytes, 4000);
        server_meter_free(s);
    }
}

/* Two keys of one slot, one of another; the third has a TTL that is over. */
static void test_slot_dictionaries(void **state)
{
    const struct memory_model redis = model_of("redis-7.4", ALLOCATOR_JEMALLOC, true);
    const struct memory_model valkey = model_of("valkey-8.0", ALLOCATOR_JEMALLOC, true);
    const struct memory_model *const models[] = {&redis, &valkey};
    static const uint64_t dict_bytes[] = {64, 80};

    (void)state;
    for (size_t i = 0; i < COUNT(models); i++) {
        struct server_meter *const s = server_meter_new(models[i], 0);
        const struct server_database *d;
        struct server_size size;

        assert_non_null(s);
        assert_int_equal(server_meter_hint(s, 0, 1000, 1000), 0);
        add_key(s, 0, "foo{hash_tag}", false, false, 0);
        add_key(s, 0, "bar{hash_tag}", false, false, 0);
        add_key(s, 0, "somekey", true, true, 0);
        assert_int_equal(server_meter_end(s, &size), 0);
        d = server_meter_database(s, 0);
        assert_int_equal(d->sides[SERVER_PRIMARY].main_bytes, dict_bytes[i] + 32);
        assert_int_equal(d->sides[SERVER_PRIMARY].expires_bytes, 0);
        assert_int_equal(d->sides[SERVER_REPLICA].main_bytes, 2 * (dict_bytes[i] + 32));
        assert_int_equal(d->sides[SERVER_REPLICA].expires_bytes, dict_bytes[i] + 32);
        server_meter_free(s);
    }
}

/* A file that tells the slots of its keys is of a cluster node. */
static void test_slots_of_file(void **state)
{
    static const struct {
        const char *version, *aux; /* Valkey's form; NULL: Redis' one */
        bool is_cluster;
        uint64_t main_bytes, expires_bytes, other_bytes, startup_bytes;
    } rows[] = {
        {"redis-7.4", NULL, true, 64 + 32, 0, 0, 2278976},
        {"redis-7.2", NULL, false, 32, 0, 0, 865896},
        /* Measured with 8.1.7 and 9.0.4: tables of 16 buckets shrink to one of 64 bytes. */
        {"valkey-8.1", "12182,100,100", true, 96 + 64, 96 + 64, 0, 2414720},
        {"valkey-9.0", "12182,100,100,100", true, 96 + 64, 96 + 64, 96 + 64, 2454700},
        {"valkey-9.0", "12182,1,0,0", true, 96 + 64, 0, 0, 2454700},
        {"valkey-8.0", "12182,100,100", true, 80 + 32, 0, 0, 2707240},
        /* 56 + 40; what Valkey says of slots has no effect. */
        {"redis-8.8", "12182,100,100", true, 96 + 32, 0, 0, 2262968},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct memory_model m = model_of(rows[i].version, ALLOCATOR_JEMALLOC, false);
        struct server_meter *const s = server_meter_new(&m, ROW_NULL);
        struct server_size size;
        struct server_slot slot = {.slot = 12182, .keys = 100, .expires = 100};
        const struct server_tables *t;
        bool is_cluster = false;

        assert_non_null(s);
        if (rows[i].aux != NULL) {
            const rdbp_slice name = {(const uint8_t *)"slot-info", 9};
            const size_t bytes = strlen(rows[i].aux);
            const struct rdbp_aux aux = {name, {(const uint8_t *)rows[i].aux, bytes}, bytes};

            assert_true(outside_slot(&aux, &slot));
        }
        assert_int_equal(server_meter_slot(s, &slot, &is_cluster), 0);
        assert_int_equal(is_cluster, rows[i].is_cluster);
        add_key(s, 0, "foo", false, false, INT64_MAX);
        add_key(s, 0, "foo", false, false, INT64_MAX); /* no sum may wrap */
        assert_int_equal(server_meter_end(s, &size), 0);
        t = &server_meter_database(s, 0)->sides[SERVER_PRIMARY];
        if (t->main_bytes != rows[i].main_bytes || t->expires_bytes != rows[i].expires_bytes ||
            t->other_bytes != rows[i].other_bytes)
            fail_msg("row %zu: %llu %llu %llu", i, (unsigned long long)t->main_bytes,
                     (unsigned long long)t->expires_bytes, (unsigned long long)t->other_bytes);
        assert_true(size.sides[SERVER_PRIMARY].used_memory > size.sides[SERVER_PRIMARY].keys_bytes);
        check_near("startup", size.startup_bytes, rows[i].startup_bytes, STARTUP_NOISE);
        server_meter_free(s);
    }
}

/* Unless the user says that it is not. */
static void test_slots_denied(void **state)
{
    struct memory_model m = model_of("valkey-8.0", ALLOCATOR_JEMALLOC, false);
    const struct server_slot slot = {.slot = 12182, .keys = 1, .is_aux = true};
    struct server_meter *s;
    struct server_size size;
    bool is_cluster = true;

    (void)state;
    m.settings.has_cluster_enabled = true;
    s = server_meter_new(&m, ROW_NULL);
    assert_non_null(s);
    assert_int_equal(server_meter_slot(s, &slot, &is_cluster), 0);
    assert_false(is_cluster);
    add_key(s, 0, "foo", false, false, 0);
    assert_int_equal(server_meter_end(s, &size), 0);
    check_near("startup", size.startup_bytes, 912056, STARTUP_NOISE);
    server_meter_free(s);
}

/* Measured with 9.0.4: one string of 32 bytes in each of 41 databases took 35438720 more than in
 * one; in a server that is no cluster node 50240 more. */
static void test_slots_of_databases(void **state)
{
    (void)state;
    for (int is_cluster = 0; is_cluster < 2; is_cluster++) {
        struct memory_model m = model_of("valkey-9.0", ALLOCATOR_JEMALLOC, is_cluster);
        uint64_t used[2];

        m.settings.has_cluster_enabled = true;
        for (uint64_t more = 0; more < 2; more++) {
            struct server_meter *const s = server_meter_new(&m, 0);
            struct server_size size;

            assert_non_null(s);
            for (uint64_t db = 0; db < 1 + more * 40; db++) {
                const struct server_slot slot = {.db = db, .slot = 12182, .keys = 1};
                bool is_now;

                assert_int_equal(server_meter_slot(s, &slot, &is_now), 0);
                assert_int_equal(is_now, is_cluster);
                add_key(s, db, "foo", false, false, 32);
            }
            assert_int_equal(server_meter_end(s, &size), 0);
            assert_false(size.is_estimate);
            used[more] = size.sides[SERVER_PRIMARY].used_memory;
            server_meter_free(s);
        }
        assert_int_equal(used[1] - used[0], is_cluster ? 35438720 : 50240);
    }
}

/* Hints that no server could follow, again and again: the sum must not wrap. */
static void test_slots_invented(void **state)
{
    const struct memory_model m = model_of("valkey-9.0", ALLOCATOR_JEMALLOC, true);
    struct server_meter *const s = server_meter_new(&m, 0);
    struct server_size size;

    (void)state;
    assert_non_null(s);
    for (uint64_t i = 0; i < 1100000; i++) {
        const struct server_slot slot = {
            .db = i % 2, .slot = 12182, .keys = INT64_MAX, .expires = INT64_MAX};
        bool is_cluster;

        assert_int_equal(server_meter_slot(s, &slot, &is_cluster), 0);
        add_key(s, i % 2, "foo", true, false, 0);
    }
    assert_int_equal(server_meter_end(s, &size), 0);
    assert_true(size.is_estimate);
    assert_int_equal(size.sides[SERVER_PRIMARY].rehash_bytes, UINT64_C(1) << 62);
    server_meter_free(s);
}

/* Each database has its own hints and keys of a slot; the first may be any. */
static void test_slots_apart(void **state)
{
    const struct memory_model m = model_of("valkey-9.0", ALLOCATOR_JEMALLOC, false);
    const struct server_slot few = {.db = 2, .slot = 12182, .keys = 2};
    const struct server_slot many = {.db = 3, .slot = 12182, .keys = 50, .expires = 20};
    struct server_meter *const s = server_meter_new(&m, 0);
    const struct server_tables *t;
    struct server_size size;
    bool is_cluster;

    (void)state;
    assert_non_null(s);
    assert_int_equal(server_meter_slot(s, &few, &is_cluster), 0);
    add_key(s, 2, "foo", false, false, 0);
    add_key(s, 2, "{foo}", true, true, 0);
    assert_int_equal(server_meter_slot(s, &many, &is_cluster), 0);
    for (int i = 0; i < 20; i++)
        add_key(s, 3, "foo", true, false, 0);
    assert_int_equal(server_meter_end(s, &size), 0);
    assert_false(size.is_estimate);
    t = server_meter_database(s, 2)->sides;
    assert_int_equal(t[SERVER_PRIMARY].main_bytes, 96 + 64);
    assert_int_equal(t[SERVER_PRIMARY].expires_bytes, 0);
    assert_int_equal(t[SERVER_REPLICA].expires_bytes, 96 + 64);
    assert_int_equal(t[SERVER_REPLICA].main_bytes, 96 + 64);
    /* 50 * 5/32 = 7.8 buckets, 8; 4 for 20 of them. */
    t = server_meter_database(s, 3)->sides;
    assert_int_equal(t[SERVER_PRIMARY].main_bytes, 96 + 512);
    assert_int_equal(t[SERVER_PRIMARY].expires_bytes, 96 + 256);
    server_meter_free(s);
}

/* Measured with 7.4.1: 5000 hashes of two fields, one with a TTL, came to 651992 bytes.  A file has
 * them in the order of its server's hash table; any other gives nearly the same. */
static void test_field_ttls(void **state)
{
    const struct memory_model m = model_of("redis-7.4", ALLOCATOR_JEMALLOC, false);
    struct server_meter *const s = server_meter_new(&m, 0);
    struct server_size size;

    (void)state;
    assert_non_null(s);
    for (int64_t i = 0; i < 5000; i++) {
        /* Entry, name, object, the structure around the listpack, and the listpack: 7 bytes, four
         * texts of one byte, a time and a 0. */
        const struct server_key key = {
            .name = (const uint8_t *)"h00000",
            .stored_bytes = 6,
            .name_bytes = 6,
            .alloc_bytes = 24 + 8 + 16 + 32 + 32,
            .first_field_ttl_ms = 1900000000000 + i * 2741 % 5000 * 104729 % 1000000007,
        };

        assert_int_equal(server_meter_key(s, &key), 0);
    }
    assert_int_equal(server_meter_end(s, &size), 0);
    check_near("used_memory", size.sides[SERVER_PRIMARY].used_memory, 651992, 1000);
    assert_int_equal(size.sides[SERVER_PRIMARY].tables_bytes - 64 - 65536,
                     server_meter_database(s, 0)->sides[SERVER_PRIMARY].other_bytes);
    server_meter_free(s);
}

static void add_library(struct server_meter *s, const char *source, size_t piece_bytes)
{
    const size_t bytes = strlen(source);

    for (size_t at = 0; at < bytes; at += piece_bytes) {
        const size_t left = bytes - at;
        const struct rdbp_function f = {
            .piece = {.bytes = (const uint8_t *)source + at,
                      .size_bytes = left < piece_bytes ? left : piece_bytes},
            .piece_offset = at,
            .source_bytes = bytes,
            .is_last = left <= piece_bytes,
        };

        server_meter_function(s, &f);
    }
}

static uint64_t libraries_bytes(const char *version, enum memory_allocator allocator)
{
    const struct memory_model m = model_of(version, allocator, false);
    struct server_meter *const s = server_meter_new(&m, 0);
    struct server_size size;

    assert_non_null(s);
    for (int i = 0; i < 20; i++) {
        char source[2000], fill[800];

        memset(fill, 'x', sizeof fill);
        fill[i * 40] = '\0';
        snprintf(source, sizeof source,
                 "#!lua name=library_number_%02d\n"
                 "redis.register_function('first_%02d', function(k,a) return 1 end)\n"
                 "redis.register_function{function_name='second_function_%02d', "
                 "callback=function(k,a) return 1 end, "
                 "description='what it does, in a line of text'}\n"
                 "redis.register_function(\"third_%02d\", "
                 "function(k,a) return redis.call('GET',k[1]) end)\n"
                 "-- %s\n",
                 i, i, i, i, fill);
        add_library(s, source, 65536);
    }
    assert_int_equal(server_meter_end(s, &size), 0);
    server_meter_free(s);
    return size.functions_bytes;
}

/* Measured: 30368 with 7.2.6, 30272 with 7.0.15, 30336 with Valkey 8.0.1; with 7.4.1, where Lua's
 * part is counted, 89416. */
static void test_libraries(void **state)
{
    (void)state;
    check_near("7.0", libraries_bytes("redis-7.0", ALLOCATOR_JEMALLOC), 30272, USED_NOISE);
    check_near("7.2", libraries_bytes("redis-7.2", ALLOCATOR_JEMALLOC), 30368, USED_NOISE);
    check_near("8.0", libraries_bytes("valkey-8.0", ALLOCATOR_JEMALLOC), 30336, USED_NOISE);
    check_near("7.4", libraries_bytes("redis-7.4", ALLOCATOR_JEMALLOC), 89416, 89416 / 2);
    assert_int_equal(libraries_bytes("redis-6.2", ALLOCATOR_JEMALLOC), 0);
}

/* Measured with 7.2.6: 251904 for 200 libraries of 5 functions each. */
static void test_many_libraries(void **state)
{
    const struct memory_model m = model_of("redis-7.2", ALLOCATOR_JEMALLOC, false);
    struct server_meter *const s = server_meter_new(&m, 0);
    struct server_size size;

    (void)state;
    assert_non_null(s);
    for (int i = 0; i < 200; i++) {
        char source[2000];
        int bytes = snprintf(source, sizeof source, "#!lua name=lib%d\n", i);

        for (int k = 0; k < 5; k++)
            bytes +=
                snprintf(source + bytes, sizeof source - (size_t)bytes,
                         "redis.register_function('f%d_%d', function(k,a) return 1 end)\n", i, k);
        snprintf(source + bytes, sizeof source - (size_t)bytes, "-- \n");
        add_library(s, source, 65536);
    }
    assert_int_equal(server_meter_end(s, &size), 0);
    check_near("libraries", size.functions_bytes, 251904, USED_NOISE);
    server_meter_free(s);
}

/* Hostile or odd sources: nothing to read beyond their end. */
static void test_odd_sources(void **state)
{
    static const char *const sources[] = {
        "",
        "#!lua",
        "#!lua name=",
        "redis.register_function",
        "redis.register_function(",
        "redis.register_function('",
        "redis.register_function('name",
        "redis.register_function{['function_name'] = 'f', description",
        "redis.register_function{function_name'",
        "-",
    };
    const struct memory_model m = model_of("redis-7.4", ALLOCATOR_JEMALLOC, false);

    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        /* On the heap and without a zero behind: for the sanitizers. */
        const size_t bytes = strlen(sources[i]);
        char *const exact = malloc(bytes + 1);
        struct server_meter *const s = server_meter_new(&m, 0);
        const struct rdbp_function f = {
            .piece = {.bytes = (const uint8_t *)exact + 1, .size_bytes = bytes},
            .source_bytes = bytes,
            .is_last = true,
        };
        struct server_size size;

        assert_non_null(exact);
        assert_non_null(s);
        memcpy(exact + 1, sources[i], bytes);
        server_meter_function(s, &f);
        assert_int_equal(server_meter_end(s, &size), 0);
        assert_true(size.functions_bytes > 0);
        server_meter_free(s);
        free(exact);
    }
}

/* Measured with 6.2: about 210 for each body of 97 bytes. */
static void test_scripts(void **state)
{
    const struct memory_model old = model_of("redis-6.2", ALLOCATOR_JEMALLOC, false);
    const struct memory_model later = model_of("redis-7.0", ALLOCATOR_JEMALLOC, false);
    struct server_meter *s = server_meter_new(&old, 0);
    struct server_size size;

    (void)state;
    assert_non_null(s);
    for (int i = 0; i < 100; i++)
        server_meter_script(s, 97);
    assert_int_equal(server_meter_end(s, &size), 0);
    check_near("scripts", size.scripts_bytes, 21000, 300);
    server_meter_free(s);

    s = server_meter_new(&later, 0); /* does not load them */
    assert_non_null(s);
    server_meter_script(s, 97);
    assert_int_equal(server_meter_end(s, &size), 0);
    assert_int_equal(size.scripts_bytes, 0);
    server_meter_free(s);
}

/* More databases than are told apart, numbers no server has, hints no server could follow. */
static void test_many_databases(void **state)
{
    const struct memory_model m = model_of("redis-7.2", ALLOCATOR_JEMALLOC, false);
    struct server_meter *const s = server_meter_new(&m, ROW_NULL);
    struct server_size size;

    (void)state;
    assert_non_null(s);
    for (uint64_t db = 0; db < SERVER_DATABASES_MAX + 100; db++) {
        assert_int_equal(server_meter_hint(s, db, UINT64_MAX, UINT64_MAX), 0);
        add_key(s, db, "k", true, false, ROW_NULL);
    }
    add_key(s, UINT64_MAX, "k", true, false, 10);
    assert_int_equal(server_meter_end(s, &size), 0);
    assert_int_equal(size.keys_without_size, SERVER_DATABASES_MAX + 100);
    assert_int_equal(size.sides[SERVER_PRIMARY].keys_bytes, 10);
    assert_non_null(server_meter_database(s, SERVER_DATABASES_MAX - 1));
    assert_null(server_meter_database(s, SERVER_DATABASES_MAX));
    /* A number that no server has does not count; 88 * 65636 is in the size class of 6 MiB. */
    assert_int_equal(size.startup_bytes - server_startup_bytes(&m, 1),
                     (UINT64_C(6) << 20) - 96 + 65635 * (6 * 56 + 48));
    /* 101 keys in one table of 128 slots. */
    assert_int_equal(
        server_meter_database(s, SERVER_DATABASE_OTHER)->sides[SERVER_PRIMARY].main_bytes, 1024);
    server_meter_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_startup),
        cmocka_unit_test(test_startup_settings),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_measured_tables),
        cmocka_unit_test(test_slots_tree),
        cmocka_unit_test(test_slots_tree_long_names),
        cmocka_unit_test(test_slots_tree_bounded),
        cmocka_unit_test(test_slot_dictionaries),
        cmocka_unit_test(test_slots_of_file),
        cmocka_unit_test(test_slots_denied),
        cmocka_unit_test(test_slots_of_databases),
        cmocka_unit_test(test_slots_apart),
        cmocka_unit_test(test_slots_invented),
        cmocka_unit_test(test_field_ttls),
        cmocka_unit_test(test_libraries),
        cmocka_unit_test(test_many_libraries),
        cmocka_unit_test(test_odd_sources),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_many_databases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
