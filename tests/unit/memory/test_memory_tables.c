/* test_memory_tables.c -- structures whose bytes are found by replaying additions: Valkey's hash
 * tables and sets of field TTLs, Redis' trees of pending entries.
 *
 * Tables are compared with a simulation that moves members of random hashes from bucket to bucket.
 * What a set of TTLs takes are answers of Valkey 9.0.4: MEMORY USAGE of a hash whose fields have
 * these times, less that of the same hash without (with hash-max-listpack-entries 0), less what the
 * times take in the fields.  Where a bucket is a hash table, the mean of the different answers of
 * eight starts.
 */
// SPDX-License-Identifier: MIT
#include "memory/bucket_table.h"
#include "memory/model.h"
#include "memory/stream_ids.h"
#include "memory/vset_size.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check(const char *what, uint64_t of, uint64_t found, uint64_t expected)
{
    if (found != expected)
        fail_msg("%s (%llu): found %llu, expected %llu", what, (unsigned long long)of,
                 (unsigned long long)found, (unsigned long long)expected);
}

static uint64_t random_state;

/* Knuth's MMIX generator, its upper 31 bits. */
static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return random_state >> 33;
}

/* ---- tables of buckets ---- */

#define MEMBERS_MAX 3000
#define BUCKETS_MAX 1024

/* A table as a server has it, but members are nothing but their hashes. */
struct simulation {
    unsigned chains[2][BUCKETS_MAX]; /* members of each bucket; [1]: being emptied */
    unsigned buckets[2], moved;
    uint32_t hashes[MEMBERS_MAX];
    unsigned count;
    bool is_moving;
};

static unsigned smallest_power(unsigned members)
{
    const double least = ceil(5.0 * members / 32);
    unsigned power = 1;

    while (power < least)
        power *= 2;
    return power;
}

static void put_member(struct simulation *s, uint32_t hash)
{
    s->chains[0][hash % s->buckets[0]]++;
}

/* Members of the next bucket of the old table go to the new one. */
static void move_bucket(struct simulation *s)
{
    const unsigned from = s->moved++;

    for (unsigned i = 0; i < s->count; i++) {
        if (s->chains[1][from] > 0 && s->hashes[i] % s->buckets[1] == from &&
            (s->hashes[i] & 0x80000000) == 0)
            put_member(s, s->hashes[i]);
    }
    s->chains[1][from] = 0;
    if (s->moved == s->buckets[1]) {
        s->is_moving = false;
        for (unsigned i = 0; i < s->count; i++)
            s->hashes[i] &= 0x7fffffff;
    }
}

static void start_moving(struct simulation *s, unsigned buckets)
{
    memcpy(s->chains[1], s->chains[0], sizeof s->chains[1]);
    memset(s->chains[0], 0, sizeof s->chains[0]);
    s->buckets[1] = s->buckets[0];
    s->buckets[0] = buckets;
    s->moved = 0;
    s->is_moving = true;
}

static void simulate_add(struct simulation *s)
{
    uint32_t hash = (uint32_t)next_random() & 0x7fffffff;

    if (s->is_moving)
        move_bucket(s);
    else if (s->count + 1 > 7 * s->buckets[0])
        start_moving(s, smallest_power(s->count + 1));
    put_member(s, hash);
    if (s->is_moving)
        hash |= 0x80000000; /* it is in the new table */
    s->hashes[s->count++] = hash;
}

static unsigned count_children(const struct simulation *s)
{
    unsigned children = 0;

    for (unsigned t = 0; t <= (s->is_moving ? 1U : 0U); t++) {
        for (unsigned i = 0; i < s->buckets[t]; i++) {
            if (s->chains[t][i] > 7)
                children += (s->chains[t][i] - 7 + 5) / 6;
        }
    }
    return children;
}

/* Grown by insertion: buckets at every step, children on the average of many tables. */
static void test_growth(void **state)
{
    enum { TABLES = 150, STEP = 25 };
    static double sum[MEMBERS_MAX + 1], squares[MEMBERS_MAX + 1];
    static struct simulation s;
    struct bucket_table t;

    (void)state;
    random_state = 1;
    for (unsigned table = 0; table < TABLES; table++) {
        memset(&s, 0, sizeof s);
        s.buckets[0] = 1;
        bucket_table_init(&t, 0);
        for (unsigned n = 1; n <= MEMBERS_MAX; n++) {
            double children;

            simulate_add(&s);
            if (table == 0) {
                bucket_table_add(&t, 1);
                check("buckets", n, t.buckets, s.buckets[0]);
                check("old buckets", n, t.old_buckets, s.is_moving ? s.buckets[1] : 0);
            }
            if (n % STEP != 0)
                continue;
            children = count_children(&s);
            sum[n] += children;
            squares[n] += children * children;
        }
    }
    bucket_table_init(&t, 0);
    for (unsigned n = STEP; n <= MEMBERS_MAX; n += STEP) {
        const double mean = sum[n] / TABLES;
        const double deviation = sqrt((squares[n] / TABLES - mean * mean) / TABLES);

        bucket_table_add(&t, STEP); /* many at a time are the same as one by one */
        check("buckets", n, t.buckets, t.old_buckets != 0 ? 2 * t.old_buckets : t.buckets);
        if (fabs(bucket_table_children(&t) - mean) > 5 * deviation + 0.2)
            fail_msg("children of %u: found %f, simulated %f +- %f", n, bucket_table_children(&t),
                     mean, deviation);
    }
}

/* Many at once end where one by one ends. */
static void test_batches(void **state)
{
    static const uint64_t batches[] = {1, 2, 7, 8, 15, 16, 113, 128, 1000, 100000};

    (void)state;
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct bucket_table one, many;

        bucket_table_init(&one, 0);
        bucket_table_init(&many, 0);
        for (unsigned round = 0; round < 5; round++) {
            bucket_table_add(&many, batches[i]);
            for (uint64_t n = 0; n < batches[i]; n++)
                bucket_table_add(&one, 1);
            check("members", batches[i], many.used, one.used);
            check("buckets", batches[i], many.buckets, one.buckets);
            check("old buckets", batches[i], many.old_buckets, one.old_buckets);
            check("steps", batches[i], many.steps_left, one.steps_left);
        }
    }
}

/* The smallest power of two that is at least 5/32 of the members. */
static void test_made_for(void **state)
{
    static const struct {
        uint64_t members, buckets;
    } rows[] = {
        {0, 1},
        {1, 1},
        {6, 1},
        {7, 2},
        {12, 2},
        {13, 4},
        {25, 4},
        {26, 8},
        {51, 8},
        {52, 16},
        {102, 16},
        {103, 32},
        {819, 128},
        {820, 256},
        {13107, 2048},
        {13108, 4096},
        {UINT64_C(13743895347), UINT64_C(1) << 31},
        {UINT64_C(13743895348), UINT64_C(1) << 32},
    };
    struct bucket_table t;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bucket_table_init(&t, rows[i].members);
        check("made for", rows[i].members, t.buckets, rows[i].buckets);
    }
    /* Counts that no file can have must come to an end all the same. */
    bucket_table_init(&t, UINT64_MAX);
    bucket_table_expand(&t, UINT64_MAX);
    bucket_table_init(&t, 0);
    bucket_table_add(&t, UINT64_C(1) << 50);
    check("members", 50, t.used, UINT64_C(1) << 50);
    assert_true(bucket_table_children(&t) >= 0);
}

/* A chain of c buckets holds 6 c and 7 more; with one bucket there is no chance in it. */
static void test_chains(void **state)
{
    static const struct {
        uint64_t members;
        double children;
    } rows[] = {{7, 0}, {8, 1}, {13, 1}, {14, 2}, {19, 2}, {20, 3}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct bucket_table t = {.buckets = 1, .used = rows[i].members};

        if (bucket_table_children(&t) != rows[i].children)
            fail_msg("%u members: %f children", (unsigned)rows[i].members,
                     bucket_table_children(&t));
    }
}

static void test_expand(void **state)
{
    static const struct {
        uint64_t first, want, second;
        uint64_t buckets, old_buckets;
    } rows[] = {
        {0, 100, 0, 16, 0}, /* of an empty table nothing is left behind */
        {3, 100, 0, 16, 1},    {3, 100, 1, 16, 0},  {20, 100, 3, 16, 4},
        {20, 100, 4, 16, 0},   {20, 19, 0, 4, 0},   /* fewer than there are */
        {20, 25, 0, 4, 0},                          /* the same size */
        {20, 26, 0, 8, 4},     {29, 1000, 0, 8, 4}, /* not during a rehash */
        {33, 1000, 0, 256, 8},                      /* it is over */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bucket_table t;

        bucket_table_init(&t, 0);
        bucket_table_add(&t, rows[i].first);
        bucket_table_expand(&t, rows[i].want);
        bucket_table_add(&t, rows[i].second);
        check("buckets, row", i, t.buckets, rows[i].buckets);
        check("old buckets, row", i, t.old_buckets, rows[i].old_buckets);
    }
}

/* ---- sets of field TTLs ---- */

#define BASE_MS UINT64_C(4102444800000)

static uint64_t up_1(uint64_t i)
{
    return BASE_MS + i;
}

static uint64_t up_7(uint64_t i)
{
    return BASE_MS + 7 * i;
}

static uint64_t up_16(uint64_t i)
{
    return BASE_MS + 16 * i;
}

static uint64_t up_100(uint64_t i)
{
    return BASE_MS + 100 * i;
}

static uint64_t up_10000(uint64_t i)
{
    return BASE_MS + 10000 * i;
}

static uint64_t down_1(uint64_t i)
{
    return BASE_MS + 1000000000 - i;
}

static uint64_t down_100(uint64_t i)
{
    return BASE_MS + 1000000000 - 100 * i;
}

static uint64_t down_9000(uint64_t i)
{
    return BASE_MS + 1000000000 - 9000 * i;
}

static uint64_t within_1_s(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 1000;
}

static uint64_t within_20_s(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 20000;
}

static uint64_t within_3_h(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 8640000;
}

static uint64_t within_12_days(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 1000000000;
}

static uint64_t within_32_ms(uint64_t i)
{
    (void)i;
    return BASE_MS + next_random() % 32;
}

static uint64_t equal(uint64_t i)
{
    (void)i;
    return BASE_MS;
}

static void fill(struct vset_size *v, uint64_t (*time_of)(uint64_t i), uint64_t count)
{
    vset_size_clear(v, alloc_size_jemalloc, 72);
    random_state = 0;
    for (uint64_t i = 0; i < count; i++)
        vset_size_add(v, time_of(i));
}

static void test_vset_measured(void **state)
{
    static const uint64_t counts[] = {128, 129, 200, 255, 256, 500, 1000, 5000};
    static const struct {
        const char *name;
        uint64_t (*time_of)(uint64_t i);
        uint64_t bytes[COUNT(counts)];
    } rows[] = {
        /* clang-format off */
        {"up 1", up_1, {1392, 1448, 2088, 2472, 2752, 5144, 10368, 52336}},
        {"up 7", up_7, {1296, 1336, 1976, 2360, 2528, 4832, 9776, 49680}},
        {"up 16", up_16, {1168, 1224, 1864, 2248, 2288, 4376, 8608, 42568}},
        {"up 100", up_100, {1384, 1384, 2096, 2608, 2608, 5040, 9904, 49664}},
        {"up 10000", up_10000, {5784, 5824, 8984, 11424, 11464, 22408, 44712, 223216}},
        {"down 1", down_1, {1296, 1424, 2088, 2472, 2472, 5144, 10368, 52240}},
        {"down 100", down_100, {1392, 1392, 2072, 2672, 2680, 5112, 10056, 49536}},
        {"down 9000", down_9000, {5744, 5784, 8912, 11384, 11440, 22184, 44400, 221800}},
        {"within 1 s", within_1_s, {1296, 1424, 1808, 2360, 2360, 4624, 9248, 46256}},
        {"within 20 s", within_20_s, {1360, 1360, 2000, 2448, 2448, 4840, 9200, 46792}},
        {"within 3 h", within_3_h, {5648, 5704, 8896, 11048, 11104, 20224, 36120, 93648}},
        {"within 12 days", within_12_days, {5896, 5936, 9256, 11616, 11656, 22072, 42984, 216736}},
        /* clang-format on */
    };
    struct vset_size v = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t n = 0; n < COUNT(counts); n++) {
            fill(&v, rows[i].time_of, counts[n]);
            check(rows[i].name, counts[n], vset_size_bytes(&v), rows[i].bytes[n]);
            assert_false(v.is_random || v.is_estimate || v.out_of_memory);
        }
    }
    vset_size_done(&v);
}

/* More than 127 within 16 ms: a hash table, its children a matter of chance. */
static void test_vset_tables(void **state)
{
    static const struct {
        const char *name;
        uint64_t (*time_of)(uint64_t i);
        uint64_t count;
        double bytes, slack; /* mean, one and a half standard deviations */
    } rows[] = {
        {"equal", equal, 128, 3280, 96},
        {"equal", equal, 129, 2320, 96},
        {"equal", equal, 200, 2823, 214},
        {"equal", equal, 255, 6557, 165},
        {"equal", equal, 256, 6531, 165},
        {"equal", equal, 500, 13040, 164},
        {"equal", equal, 1000, 25979, 239},
        {"equal", equal, 5000, 73360, 528},
        {"within 32 ms", within_32_ms, 255, 4408, 136},
        {"within 32 ms", within_32_ms, 256, 3352, 107},
        {"within 32 ms", within_32_ms, 500, 13235, 222},
        {"within 32 ms", within_32_ms, 1000, 26133, 358},
        {"within 32 ms", within_32_ms, 5000, 73856, 813},
    };
    struct vset_size v = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double found;

        fill(&v, rows[i].time_of, rows[i].count);
        found = (double)vset_size_bytes(&v);
        if (fabs(found - rows[i].bytes) > rows[i].slack)
            fail_msg("%s, %llu: found %.0f, expected %.0f +- %.0f", rows[i].name,
                     (unsigned long long)rows[i].count, found, rows[i].bytes, rows[i].slack);
        assert_true(v.is_random);
    }
    vset_size_done(&v);
}

static void test_vset_small(void **state)
{
    static const struct {
        uint64_t count, bytes; /* up to 127: a vector, 8 + 8 n */
    } rows[] = {{0, 0}, {1, 0}, {2, 24}, {3, 32}, {9, 80}, {10, 96}, {126, 1024}, {127, 1024}};
    struct vset_size v = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        fill(&v, down_9000, rows[i].count);
        check("vector", rows[i].count, vset_size_bytes(&v), rows[i].bytes);
        fill(&v, equal, rows[i].count);
        check("vector of equals", rows[i].count, vset_size_bytes(&v), rows[i].bytes);
    }
    /* A tree of two keys: run of 6 bytes, branch, run of the last byte, leaves; two vectors:
     * up to half of 128 in windows of 16 times go to the left. */
    fill(&v, up_1, 128);
    check("128 in one window", 128, vset_size_bytes(&v),
          32 + 32 + 24 + 16 + 2 * 16 + 512 + 640 + 104);
    vset_size_done(&v);
}

/* What is too much for a replay is known by number, and whatever comes after takes its share. */
static void test_vset_beyond(void **state)
{
    enum { ITEMS = 300000 };
    struct vset_size v = {0};
    uint64_t bytes;

    (void)state;
    /* Each in a window of its own: the bytes of a tree of so many keys, and nothing more. */
    fill(&v, up_10000, 16384);
    bytes = vset_size_bytes(&v);
    assert_false(v.is_estimate);
    fill(&v, up_10000, ITEMS);
    assert_true(v.is_estimate);
    assert_in_range(vset_size_bytes(&v), bytes * ITEMS / 16384 * 98 / 100,
                    bytes * ITEMS / 16384 * 102 / 100);
    /* The next hash knows nothing of it. */
    fill(&v, equal, 127);
    assert_false(v.is_estimate || v.is_random);
    check("after that", 127, vset_size_bytes(&v), 1024);
    vset_size_done(&v);
}

/* No server has loaded these; they must come to an end. */
static void test_vset_hostile(void **state)
{
    struct vset_size v = {0};

    (void)state;
    vset_size_clear(&v, alloc_size_jemalloc, 72);
    for (uint64_t i = 0; i < 20000; i++)
        vset_size_add(&v, UINT64_MAX - i % 9000);
    check("negative times are one", 20000, v.bucket_count, 1);
    for (uint64_t i = 0; i < 20000; i++)
        vset_size_add(&v, INT64_MAX - i % 9000);
    assert_false(v.out_of_memory);
    assert_true(vset_size_bytes(&v) > 40000);
    vset_size_done(&v);
}

/* ---- ids of pending entries ---- */

static uint64_t tree_bytes(struct rax_size *r)
{
    rax_size_finish(r);
    return r->alloc_bytes;
}

/* In any order, any number of times: the same tree as in order and once. */
static void test_ids_in_order(void **state)
{
    enum { IDS = 1000 };
    struct stream_ids ids = {0};
    struct rax_size r = {0}, ordered = {0};

    (void)state;
    rax_size_clear(&ordered, alloc_size_jemalloc, 24);
    for (uint64_t i = 0; i < IDS; i++)
        rax_size_add_id(&ordered, BASE_MS + i / 3 * 100, i % 3);
    for (unsigned round = 0; round < 2; round++) {
        stream_ids_clear(&ids);
        rax_size_clear(&r, alloc_size_jemalloc, 24);
        for (uint64_t i = 0; i < 2 * IDS; i++) {
            const uint64_t id = i * 389 % IDS; /* each twice */

            stream_ids_add(&ids, BASE_MS + id / 3 * 100, id % 3, 0);
        }
        stream_ids_build(&ids, &r, 2);
        check("keys", round, r.key_count, IDS);
        assert_false(r.is_estimate);
        if (round == 0)
            rax_size_finish(&ordered);
        check("bytes", round, tree_bytes(&r), ordered.alloc_bytes);
    }
    rax_size_done(&ordered);
    rax_size_done(&r);
    stream_ids_done(&ids);
}

/* Words are compared as numbers, from the first to the last. */
static void test_ids_of_three_words(void **state)
{
    static const uint64_t words[][3] = {{256, 0, 0},        {255, 9, 9}, {255, 9, 8},
                                        {0, UINT64_MAX, 1}, {255, 9, 9}, {UINT64_MAX, 0, 0}};
    struct stream_ids ids = {0};
    struct rax_size r = {0};

    (void)state;
    rax_size_clear(&r, alloc_size_jemalloc, 32);
    r.has_no_values = true;
    for (size_t i = 0; i < COUNT(words); i++)
        stream_ids_add(&ids, words[i][0], words[i][1], words[i][2]);
    stream_ids_build(&ids, &r, 3);
    check("keys", 3, r.key_count, 5);
    assert_false(r.is_estimate);
    /* 00 | ff first; below 00 a run of 5, then 00 | 01; below 00 there: 00 | ff; below ff a run of
     * 15 and 08 | 09.  Runs: 00: 16 of a key from 0 on, 01: 17, ff first: 23. */
    check("bytes", 3, tree_bytes(&r),
          32 + 24 /* root */ + 24 /* 5 */ + 24 /* 00 01 */ + 24 /* 00 ff */ + 32 /* 16 */ +
              32 /* 15 */ + 24 /* 08 09 */ + 32 /* 17 */ + 40 /* 23 */ + 5 * 8);
    rax_size_done(&r);
    stream_ids_done(&ids);
}

static void test_ids_beyond(void **state)
{
    enum { KEPT = 1 << 19 };
    struct stream_ids ids = {0};
    struct rax_size r = {0};
    uint64_t kept_bytes;

    (void)state;
    for (uint64_t i = 0; i < KEPT; i++)
        stream_ids_add(&ids, BASE_MS + i / 2, 0, 0); /* each twice */
    rax_size_clear(&r, alloc_size_jemalloc, 24);
    stream_ids_build(&ids, &r, 2);
    assert_false(r.is_estimate);
    check("keys", KEPT, r.key_count, KEPT / 2);
    kept_bytes = tree_bytes(&r);

    /* As many again, of which half are taken to be new, too. */
    for (uint64_t i = 0; i < KEPT; i++)
        stream_ids_add(&ids, BASE_MS + KEPT + i / 2, 0, 0);
    rax_size_clear(&r, alloc_size_jemalloc, 24);
    stream_ids_build(&ids, &r, 2);
    assert_true(r.is_estimate);
    check("keys beyond", KEPT, r.key_count, KEPT);
    check("bytes beyond", KEPT, tree_bytes(&r), 2 * (kept_bytes - 24) + 24);

    stream_ids_clear(&ids);
    rax_size_clear(&r, alloc_size_jemalloc, 24);
    stream_ids_build(&ids, &r, 2);
    assert_false(r.is_estimate);
    check("none after that", 0, r.key_count, 0);
    rax_size_done(&r);
    stream_ids_done(&ids);
}

/* ---- trees without values ---- */

static void test_rax_without_values(void **state)
{
    static const struct {
        const char *name, *keys[4];
        uint64_t bytes, bytes_with_values; /* of nodes; the empty head is 8 */
    } rows[] = {
        {"none", {NULL}, 8, 8},
        {"the empty key", {"", NULL}, 8, 16},
        {"one", {"abc", NULL}, 16 + 8, 16 + 16}, /* 4 + 3 and 1 to 8, 8 */
        {"a long one", {"abcdefghijklmnopqrstuvwx", NULL}, 40 + 8, 40 + 16},
        {"prefix", {"ab", "abc", NULL}, 16 + 16 + 8, 16 + 24 + 16},
        {"branch", {"abc", "abd", NULL}, 16 + 24 + 8 + 8, 16 + 24 + 16 + 16},
        {"branch at a key", {"ab", "abc", "abd", NULL}, 16 + 24 + 8 + 8, 16 + 32 + 16 + 16},
    };
    struct rax_size r = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned has_no_values = 0; has_no_values < 2; has_no_values++) {
            rax_size_clear(&r, alloc_size_jemalloc, 32);
            assert_false(r.has_no_values);
            r.has_no_values = has_no_values;
            for (size_t k = 0; rows[i].keys[k] != NULL; k++)
                rax_size_add(&r, (const uint8_t *)rows[i].keys[k], strlen(rows[i].keys[k]));
            check(rows[i].name, has_no_values, tree_bytes(&r),
                  32 + (has_no_values ? rows[i].bytes : rows[i].bytes_with_values));
        }
    }
    rax_size_done(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_made_for),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_vset_small),
        cmocka_unit_test(test_vset_measured),
        cmocka_unit_test(test_vset_tables),
        cmocka_unit_test(test_vset_beyond),
        cmocka_unit_test(test_vset_hostile),
        cmocka_unit_test(test_ids_in_order),
        cmocka_unit_test(test_ids_of_three_words),
        cmocka_unit_test(test_ids_beyond),
        cmocka_unit_test(test_rax_without_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
