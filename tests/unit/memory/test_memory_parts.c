/* test_memory_parts.c -- the arithmetic under the key meter: allocations, strings, packed entries,
 * table growth, radix trees.
 *
 * Expected values are hand-made from the rules of the memory model (jemalloc's size classes,
 * listpack entries, dict growth), and for radix trees from a second, recursive way to count that
 * works on the whole set of keys at once.
 */
// SPDX-License-Identifier: MIT
#include "memory/model.h"
#include "memory/packed_size.h"
#include "memory/rax_size.h"
#include "memory/table_growth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check(const char *what, const char *name, uint64_t found, uint64_t expected)
{
    if (found != expected)
        fail_msg("%s %s: found %llu, expected %llu", what, name, (unsigned long long)found,
                 (unsigned long long)expected);
}

static struct memory_model model_of(const char *version)
{
    static const struct memory_settings defaults = MEMORY_SETTINGS_INIT;
    struct memory_model m;

    assert_non_null(memory_version_find(version));
    memory_model_init(&m, memory_version_find(version), ALLOCATOR_JEMALLOC, &defaults);
    return m;
}

static void test_size_classes(void **state)
{
    /* Every class up to 64 KiB, in order. */
    static const uint64_t classes[] = {
        8,     16,    24,    32,    40,    48,    56,    64,    80,    96,    112,   128,
        160,   192,   224,   256,   320,   384,   448,   512,   640,   768,   896,   1024,
        1280,  1536,  1792,  2048,  2560,  3072,  3584,  4096,  5120,  6144,  7168,  8192,
        10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768, 40960, 49152, 57344, 65536};
    uint64_t below = 0;
    char name[32];

    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++) {
        for (uint64_t n = below + 1; n <= classes[i]; n++) {
            snprintf(name, sizeof name, "%llu", (unsigned long long)n);
            check("size class of", name, alloc_size_jemalloc(n), classes[i]);
        }
        below = classes[i];
    }
    check("size class of", "65537", alloc_size_jemalloc(65537), 81920);
    check("size class of", "4 MiB + 11", alloc_size_jemalloc(4194315), 5242880);
    check("size class of", "0", alloc_size_jemalloc(0), 8);
}

static void test_sds(void **state)
{
    /* Header 3 for the empty one, then 1, 3, 5, 9; and a closing zero. */
    static const struct {
        const char *name;
        uint64_t n, expected;
    } rows[] = {
        {"empty", 0, 8},
        {"1", 1, 8},
        {"6", 6, 8},
        {"7", 7, 16},
        {"30", 30, 32},
        {"31", 31, 40},
        {"32", 32, 40},
        {"36", 36, 40},
        {"37", 37, 48},
        {"252", 252, 256},
        {"253", 253, 320},
        {"255", 255, 320},
        {"314", 314, 320},
        {"315", 315, 384},
        {"65530", 65530, 65536},
        {"65531", 65531, 81920},
        {"81910", 81910, 81920},
        {"81911", 81911, 98304},
    };
    const struct memory_model m = model_of("redis-7.2");

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check("sds", rows[i].name, sds_bytes(&m, rows[i].n), rows[i].expected);
}

static void test_listpack_entries(void **state)
{
    static const struct {
        const char *name;
        int64_t integer;
        uint64_t expected;
    } integers[] = {
        {"0", 0, 2},
        {"127", 127, 2},
        {"128", 128, 3},
        {"-1", -1, 3},
        {"4095", 4095, 3},
        {"-4096", -4096, 3},
        {"4096", 4096, 4},
        {"-4097", -4097, 4},
        {"32767", 32767, 4},
        {"32768", 32768, 5},
        {"-32768", -32768, 4},
        {"-32769", -32769, 5},
        {"2^23 - 1", 8388607, 5},
        {"2^23", 8388608, 6},
        {"-2^23", -8388608, 5},
        {"-2^23 - 1", -8388609, 6},
        {"2^31 - 1", INT32_MAX, 6},
        {"2^31", 2147483648, 10},
        {"-2^31", INT32_MIN, 6},
        {"-2^31 - 1", -2147483649, 10},
        {"smallest", INT64_MIN, 10},
    };
    static const struct {
        const char *name;
        uint64_t n, expected;
    } texts[] = {
        {"0", 0, 2},
        {"63", 63, 65},
        {"64", 64, 67},
        {"125", 125, 128},
        {"126", 126, 130},
        {"4095", 4095, 4099},
        {"4096", 4096, 4103},
        {"16377", 16377, 16384},
        {"16378", 16378, 16386},
        {"2097145", 2097145, 2097153},
        {"2097146", 2097146, 2097155},
        {"268435449", 268435449, 268435458},
        {"268435450", 268435450, 268435460},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(integers); i++)
        check("listpack integer", integers[i].name, listpack_integer_bytes(integers[i].integer),
              integers[i].expected);
    for (size_t i = 0; i < COUNT(texts); i++)
        check("listpack text of", texts[i].name, listpack_text_bytes(texts[i].n),
              texts[i].expected);
}

static void test_scores(void **state)
{
    /* What the server writes for a score: an integer, or this text. */
    static const struct {
        const char *text;
        double score;
        uint64_t expected;
    } rows[] = {
        {"0", 0.0, 2},
        {"0 (negative)", -0.0, 2},
        {"100", 100.0, 2},
        {"-1", -1.0, 3},
        {"1700000000", 1700000000.0, 6},
        {"1700000000123", 1700000000123.0, 10},
        {"4611686018427387904", 0x1p62, 10},
        {"6917529027641082000", 0x1.8p62, 10},
        {"-6917529027641082000", -0x1.8p62, 10},
        {"9223372036854775000", 0x1.fffffffffffffp62, 10},
        {"9223372036854776000", 0x1p63, 19 + 2},
        {"5e+18", 5e18, 5 + 2},
        {"inf", (double)INFINITY, 3 + 2},
        {"-inf", (double)-INFINITY, 4 + 2},
        {"0.5", 0.5, 3 + 2},
        {"-0.5", -0.5, 4 + 2},
        {"0.1", 0.1, 3 + 2},
        {"3.14159", 3.14159, 7 + 2},
        {"0.30000000000000004", 0.1 + 0.2, 19 + 2},
        {"1234.5678", 1234.5678, 9 + 2},
        {"0.000001", 1e-6, 8 + 2},
        {"1e-7", 1e-7, 4 + 2},
        {"1.5e-7", 1.5e-7, 6 + 2},
        {"0.0015", 0.0015, 6 + 2},
        {"0.0012345678901234", 0.0012345678901234, 18 + 2},
        {"1.2345678901234e-5", 1.2345678901234e-5, 18 + 2},
        {"1e+20", 1e20, 5 + 2},
        {"1e+100", 1e100, 6 + 2},
        {"1.7976931348623157e+308", 1.7976931348623157e308, 23 + 2},
        {"5e-324", 5e-324, 6 + 2},
        {"123456789012345680000", 123456789012345678901.0, 21 + 2},
        {"1700000000.123456", 1700000000.123456, 17 + 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct score_element e = score_element_of(rows[i].score, SCORE_SHORTEST);

        check("score", rows[i].text, listpack_string_bytes(e.size_bytes, e.is_integer, e.integer),
              rows[i].expected);
    }
}

static void test_sampled_sum(void **state)
{
    /* IEEE 754 doubles, rounded after each operation: truncation loses one byte now and then. */
    static const struct {
        const char *name;
        uint64_t asize, elements_bytes, count, expected;
    } rows[] = {
        {"none", 56, 0, 0, 56},
        {"exact", 56, 8232, 1, 8288},
        {"a third", 56, 100, 3, 156},
        {"one less", 88, 707, 11, 794},
    };
    const struct memory_model m = model_of("redis-7.2");

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check("sum", rows[i].name,
              add_sampled(&m, rows[i].asize, rows[i].elements_bytes, rows[i].count, rows[i].count),
              rows[i].expected);
}

static void add_many(struct table_growth *t, unsigned count)
{
    while (count-- > 0)
        table_add(t);
}

static void test_table_growth(void **state)
{
    static const struct {
        const char *name;
        unsigned init, first, expand, second; /* init, add, expand (0: not), add */
        uint64_t slots, old_slots;
        bool is_random;
    } rows[] = {
        {"smallest", 0, 4, 0, 0, 4, 0, false},
        {"fifth starts a rehash", 0, 5, 0, 0, 8, 4, false},
        {"sixth moves one bucket", 0, 6, 0, 0, 8, 4, true},
        {"ninth finds it done", 0, 9, 0, 0, 16, 8, false},
        {"made for 5", 5, 5, 0, 0, 8, 0, false},
        {"made for 600, full as announced", 600, 600, 0, 0, 1024, 0, false},
        {"513 in 512: just begun", 0, 513, 0, 0, 1024, 512, false},
        {"600: far from done", 0, 600, 0, 0, 1024, 512, false},
        {"830: border, 317 steps of 324", 0, 830, 0, 0, 1024, 512, true},
        {"840: border, 327 steps of 324", 0, 840, 0, 0, 1024, 0, true},
        {"1000: done", 0, 1000, 0, 0, 1024, 0, false},
        {"expanded for fewer than are in: ignored", 100, 101, 99, 0, 128, 0, false},
        {"expanded to the same size: ignored", 5, 6, 8, 0, 8, 0, false},
        {"expanded while rehashing: ignored", 0, 5, 400, 0, 8, 4, false},
        {"expanded for 199, first addition drops the old one", 0, 1, 199, 1, 256, 0, false},
        {"expanded for 199, 6 members to move, all done", 5, 6, 199, 6, 256, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct table_growth t;

        table_init(&t, rows[i].init);
        add_many(&t, rows[i].first);
        if (rows[i].expand > 0)
            table_expand(&t, rows[i].expand);
        add_many(&t, rows[i].second);
        check("slots,", rows[i].name, t.slots, rows[i].slots);
        check("old slots,", rows[i].name, t.old_slots, rows[i].old_slots);
        check("random,", rows[i].name, table_is_random(&t), rows[i].is_random);
    }
}

/* ---- radix trees: the rule of the memory model, applied to the whole sorted set ---- */

struct key {
    size_t n;
    uint8_t bytes[24];
};

struct tree_sum {
    uint64_t nodes, bytes;
};

static void count_node(struct tree_sum *sum, uint64_t s, uint64_t children, bool has_value)
{
    uint64_t bytes = 4 + s;

    while (bytes % 8 != 0)
        bytes++;
    sum->nodes++;
    sum->bytes += alloc_size_jemalloc(bytes + 8 * children + (has_value ? 8 : 0));
}

/* keys[0..count) share their first `depth` bytes. */
static void count_subtree(struct tree_sum *sum, const struct key *keys, size_t count, size_t depth)
{
    const bool has_value = count > 0 && keys[0].n == depth;
    size_t i, run = 0;
    uint64_t branches = 0;

    if (has_value) {
        keys++;
        count--;
    }
    if (count == 0) {
        count_node(sum, 0, 0, has_value);
        return;
    }
    /* Sorted, so what the first and the last have in common all have. */
    while (depth + run < keys[0].n && depth + run < keys[count - 1].n &&
           keys[0].bytes[depth + run] == keys[count - 1].bytes[depth + run])
        run++;
    if (run > 0) {
        count_node(sum, run, 1, has_value);
        count_subtree(sum, keys, count, depth + run);
        return;
    }
    for (i = 0; i < count; branches++) {
        size_t j = i;

        while (j < count && keys[j].bytes[depth] == keys[i].bytes[depth])
            j++;
        count_subtree(sum, keys + i, j - i, depth + 1);
        i = j;
    }
    count_node(sum, branches, branches, has_value);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *const x = a, *const y = b;
    const int order = memcmp(x->bytes, y->bytes, x->n < y->n ? x->n : y->n);

    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static void test_rax_by_hand(void **state)
{
    static const struct {
        const char *name;
        const char *keys[5];
        uint64_t nodes, bytes;
    } rows[] = {
        {"empty", {NULL}, 1, 24 + 8},
        {"one key of 16", {"0123456789abcdef"}, 2, 24 + 32 + 16},
        {"two, last byte differs",
         {"0123456789abcdeX", "0123456789abcdeY"},
         4,
         24 + 32 + 24 + 2 * 16},
        /* run of 10, branch, two runs of 5, leaves */
        {"two, byte 10 differs",
         {"0123456789Xbcdef", "0123456789Ybcdef"},
         6,
         24 + 24 + 24 + 2 * 24 + 2 * 16},
        /* run of 14, branch, two runs of a single character, leaves */
        {"two, one character remains",
         {"0123456789abcdXf", "0123456789abcdYf"},
         6,
         24 + 32 + 24 + 2 * 16 + 2 * 16},
        {"one is the other's beginning", {"ab", "abcd"}, 3, 24 + 16 + 24 + 16},
        {"the empty name", {""}, 1, 24 + 16},
        {"the empty name and another", {"", "x"}, 2, 24 + 24 + 16},
        {"branch at the root", {"a", "b", "c"}, 4, 24 + 32 + 3 * 16},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rax_size r = {0};

        rax_size_clear(&r, alloc_size_jemalloc, 24);
        for (size_t j = 0; rows[i].keys[j] != NULL; j++)
            rax_size_add(&r, (const uint8_t *)rows[i].keys[j], strlen(rows[i].keys[j]));
        rax_size_finish(&r);
        check("nodes,", rows[i].name, r.node_count, rows[i].nodes);
        check("bytes,", rows[i].name, r.alloc_bytes, rows[i].bytes);
        rax_size_done(&r);
    }
}

static void test_rax_random(void **state)
{
    enum { MANY = 300 };
    static struct key keys[MANY];
    struct rax_size r = {0};
    char name[32];

    (void)state;
    srand(20261123);
    for (unsigned round = 0; round < 400; round++) {
        const size_t count = (size_t)rand() % (round % 2 == 0 ? 12 : MANY) + 1;
        const unsigned alphabet = round % 5 == 0 ? 256 : 3;
        struct tree_sum sum = {0, 0};
        size_t unique = 0;

        for (size_t i = 0; i < count; i++) {
            keys[i].n = round % 3 == 0 ? 16 : (size_t)rand() % 9;
            for (size_t j = 0; j < keys[i].n; j++)
                keys[i].bytes[j] = (uint8_t)((unsigned)rand() % alphabet);
        }
        qsort(keys, count, sizeof keys[0], compare_keys);
        rax_size_clear(&r, alloc_size_jemalloc, 24);
        for (size_t i = 0; i < count; i++) {
            rax_size_add(&r, keys[i].bytes, keys[i].n);
            if (i == 0 || compare_keys(&keys[unique - 1], &keys[i]) != 0)
                keys[unique++] = keys[i];
        }
        rax_size_finish(&r);
        count_subtree(&sum, keys, unique, 0);
        snprintf(name, sizeof name, "round %u", round);
        check("keys,", name, r.key_count, unique);
        check("nodes,", name, r.node_count, sum.nodes);
        check("bytes,", name, r.alloc_bytes, 24 + sum.bytes);
        assert_false(r.is_estimate);
    }
    rax_size_done(&r);
}

static void test_rax_out_of_order(void **state)
{
    struct rax_size r = {0};
    uint8_t *const long_name = calloc(1, 100000);

    (void)state;
    assert_non_null(long_name);
    rax_size_clear(&r, alloc_size_jemalloc, 24);
    rax_size_add_id(&r, 5, 1);
    rax_size_add_id(&r, 5, 3);
    rax_size_add_id(&r, 5, 2);
    rax_size_add_id(&r, 4, 9);
    rax_size_finish(&r);
    assert_true(r.is_estimate);
    check("keys,", "out of order", r.key_count, 4);
    check("nodes,", "twice those of two keys", r.node_count, 8);

    rax_size_clear(&r, alloc_size_jemalloc, 24);
    rax_size_add(&r, long_name, 100000);
    rax_size_finish(&r);
    assert_true(r.is_estimate);
    check("keys,", "long name", r.key_count, 1);
    rax_size_done(&r);
    free(long_name);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_classes),     cmocka_unit_test(test_sds),
        cmocka_unit_test(test_listpack_entries), cmocka_unit_test(test_scores),
        cmocka_unit_test(test_sampled_sum),      cmocka_unit_test(test_table_growth),
        cmocka_unit_test(test_rax_by_hand),      cmocka_unit_test(test_rax_random),
        cmocka_unit_test(test_rax_out_of_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
