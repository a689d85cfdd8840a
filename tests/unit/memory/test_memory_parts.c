/* test_memory_parts.c -- the arithmetic under the key meter: allocations, strings, packed entries,
 * table growth, radix trees; and the names of versions.
 *
 * Expected values are hand-made from the rules of the memory model (jemalloc's size classes,
 * listpack and ziplist entries, dict growth), and for radix trees from a second, recursive way to
 * count that works on the whole set of keys at once.  What glibc gives is asked of the one below
 * us.
 */
// SPDX-License-Identifier: MIT
#include "memory/bucket_table.h"
#include "memory/model.h"
#include "memory/packed_size.h"
#include "memory/rax_size.h"
#include "memory/table_growth.h"

#include <malloc.h>
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

static void check_classes(const char *what, uint64_t (*size_of)(uint64_t n),
                          const uint64_t *classes, size_t count)
{
    uint64_t below = 0;
    char name[32];

    for (size_t i = 0; i < count; i++) {
        for (uint64_t n = below + 1; n <= classes[i]; n++) {
            snprintf(name, sizeof name, "%llu", (unsigned long long)n);
            check(what, name, size_of(n), classes[i]);
        }
        below = classes[i];
    }
    check(what, "65537", size_of(65537), 81920);
    check(what, "4 MiB + 11", size_of(4194315), 5242880);
    check(what, "0", size_of(0), 8);
}

/* Every class up to 64 KiB, in order; a quantum of 16 has no 24, 40, 56. */
#define CLASSES_FROM_64                                                                            \
    64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, \
        1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384,    \
        20480, 24576, 28672, 32768, 40960, 49152, 57344, 65536

static void test_size_classes(void **state)
{
    static const uint64_t bundled[] = {8, 16, 24, 32, 40, 48, 56, CLASSES_FROM_64};
    static const uint64_t distribution[] = {8, 16, 32, 48, CLASSES_FROM_64};

    (void)state;
    check_classes("jemalloc", alloc_size_jemalloc, bundled, COUNT(bundled));
    check_classes("system jemalloc", alloc_size_jemalloc_system, distribution, COUNT(distribution));
}

/* Sums of such sizes must not wrap, whatever a file claims. */
static void test_size_of_huge(void **state)
{
    static uint64_t (*const sizes[])(uint64_t) = {alloc_size_jemalloc, alloc_size_jemalloc_system,
                                                  alloc_size_libc};
    static const uint64_t huge[] = {(UINT64_C(1) << 56) + 1, UINT64_C(1) << 62, UINT64_MAX - 8,
                                    UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t j = 0; j < COUNT(huge); j++) {
            assert_true(sizes[i](huge[j]) >= UINT64_C(1) << 56);
            assert_true(sizes[i](huge[j]) < UINT64_C(1) << 58);
        }
    }
}

static void test_libc_sizes(void **state)
{
    static const struct {
        const char *name;
        uint64_t n, expected;
    } rows[] = {
        {"0", 0, 24},
        {"24", 24, 24},
        {"25", 25, 40},
        {"40", 40, 40},
        {"41", 41, 56},
        {"536", 536, 536},
        {"65536", 65536, 65544},
        {"last in the heap", 131048, 131048},
        {"first mapped", 131049, 33 * 4096 - 16},
        {"200010", 200010, 49 * 4096 - 16},
        /* A chunk that would end with the page needs a word more. */
        {"the page's last", 49 * 4096 - 24, 49 * 4096 - 16},
        {"a byte more", 49 * 4096 - 23, 50 * 4096 - 16},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check("libc", rows[i].name, alloc_size_libc(rows[i].n), rows[i].expected);
}

/* The C library itself: now and then it gives 16 more, so the least of several counts. */
static void test_libc_really(void **state)
{
    enum { TRIES = 8, SIZES = 3000 };
    static void *blocks[TRIES * (SIZES + 8)];
    static const uint64_t mapped[] = {200010,         300000,         1048576,       49 * 4096 - 24,
                                      49 * 4096 - 23, 49 * 4096 - 16, 49 * 4096 - 15};
    size_t held = 0;
    char name[32];

    (void)state;
    blocks[held++] = malloc(1);
    if (malloc_usable_size(blocks[0]) != 24) {
        free(blocks[0]);
        skip(); /* another allocator is in its place: a sanitizer's, or of another C library */
    }
    mallopt(M_MMAP_THRESHOLD, 128 * 1024); /* and no moving of it */
    for (uint64_t i = 0; i < SIZES + COUNT(mapped); i++) {
        const uint64_t n = i < SIZES ? i : mapped[i - SIZES];
        uint64_t least = UINT64_MAX;

        for (unsigned j = 0; j < TRIES; j++) {
            void *const block = malloc(n);
            const uint64_t given = malloc_usable_size(block);

            assert_non_null(block);
            blocks[held++] = block;
            least = given < least ? given : least;
        }
        snprintf(name, sizeof name, "%llu", (unsigned long long)n);
        check("libc, measured, of", name, alloc_size_libc(n), least);
    }
    while (held > 0)
        free(blocks[--held]);
}

static void test_allocator_names(void **state)
{
    enum memory_allocator a = ALLOCATOR_COUNT_;

    (void)state;
    for (unsigned i = 0; i < ALLOCATOR_COUNT_; i++) {
        assert_true(memory_allocator_find(memory_allocator_name((enum memory_allocator)i), &a));
        assert_int_equal(a, i);
    }
    assert_true(memory_allocator_find("jemalloc-system", &a));
    assert_int_equal(a, ALLOCATOR_JEMALLOC_SYSTEM);
    assert_false(memory_allocator_find("tcmalloc", &a));
    assert_int_equal(a, ALLOCATOR_JEMALLOC_SYSTEM);
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

static void test_ziplist_entries(void **state)
{
    /* One byte for the length of the entry before, then the encoding and the bytes. */
    static const struct {
        const char *name;
        int64_t integer;
        uint64_t expected;
    } integers[] = {
        {"0", 0, 1 + 1},
        {"12", 12, 1 + 1},
        {"13", 13, 1 + 2},
        {"-1", -1, 1 + 2},
        {"127", 127, 1 + 2},
        {"-128", -128, 1 + 2},
        {"128", 128, 1 + 3},
        {"-129", -129, 1 + 3},
        {"32767", 32767, 1 + 3},
        {"-32768", -32768, 1 + 3},
        {"32768", 32768, 1 + 4},
        {"2^23 - 1", 8388607, 1 + 4},
        {"-2^23", -8388608, 1 + 4},
        {"2^23", 8388608, 1 + 5},
        {"-2^23 - 1", -8388609, 1 + 5},
        {"2^31 - 1", INT32_MAX, 1 + 5},
        {"-2^31", INT32_MIN, 1 + 5},
        {"2^31", 2147483648, 1 + 9},
        {"smallest", INT64_MIN, 1 + 9},
    };
    static const struct {
        const char *name;
        uint64_t n, expected, expected_next; /* and a string of one byte behind it */
    } texts[] = {
        {"0", 0, 1 + 1, 1 + 1 + 1},
        {"63", 63, 1 + 1 + 63, 3},
        {"64", 64, 1 + 2 + 64, 3},
        {"250: 253 in all", 250, 253, 3},
        {"251: 254 in all", 251, 254, 5 + 1 + 1},
        {"16383", 16383, 1 + 2 + 16383, 7},
        {"16384", 16384, 1 + 5 + 16384, 7},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(integers); i++) {
        struct ziplist_size z = {0};

        ziplist_size_add(&z, 3, true, integers[i].integer);
        check("ziplist integer", integers[i].name, z.bytes, integers[i].expected);
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct ziplist_size z = {0};

        ziplist_size_add(&z, texts[i].n, false, 0);
        check("ziplist text of", texts[i].name, z.bytes, texts[i].expected);
        ziplist_size_add(&z, 1, false, 0);
        check("behind a text of", texts[i].name, z.bytes - texts[i].expected,
              texts[i].expected_next);
        ziplist_size_add(&z, 1, false, 0);
        check("third, behind", texts[i].name, z.bytes - texts[i].expected - texts[i].expected_next,
              3);
    }
}

/* What a score becomes: as text of so many bytes, or as an integer. */
static void test_score_formats(void **state)
{
    enum { INTEGER = 0 };
    static const struct {
        const char *name;
        double score;
        uint64_t narrow, g17, shortest; /* length of the text, INTEGER */
        int64_t integer;
    } rows[] = {
        {"0", 0.0, INTEGER, INTEGER, INTEGER, 0},
        {"-0", -0.0, 2, INTEGER, INTEGER, 0},
        {"-1", -1.0, INTEGER, INTEGER, INTEGER, -1},
        {"2^52 - 1", 0x1p52 - 1, INTEGER, INTEGER, INTEGER, 4503599627370495},
        /* A text, but a list takes it for an integer. */
        {"2^52", 0x1p52, INTEGER, INTEGER, INTEGER, 4503599627370496},
        {"1e16", 1e16, INTEGER, INTEGER, INTEGER, 10000000000000000},
        {"1e17", 1e17, 5, INTEGER, INTEGER, 100000000000000000},
        {"-1e17", -1e17, 6, INTEGER, INTEGER, -100000000000000000},
        {"2^62", 0x1p62, 22, INTEGER, INTEGER, 4611686018427387904},
        /* 6.9175290276410819e+18; 6917529027641082000 */
        {"1.5 * 2^62", 0x1.8p62, 22, 22, INTEGER, INT64_MAX},
        {"0.5", 0.5, 3, 3, 3, 0},
        {"0.1", 0.1, 19, 19, 3, 0},
        {"1/3", 1.0 / 3, 19, 19, 18, 0},
        {"1e-4", 1e-4, 6, 6, 6, 0},
        {"1e-5", 1e-5, 22, 22, 7, 0},
        {"1e300", 1e300, 23, 23, 6, 0},
        {"inf", (double)INFINITY, 3, 3, 3, 0},
        {"-inf", (double)-INFINITY, 4, 4, 4, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint64_t expected[] = {rows[i].narrow, rows[i].g17, rows[i].shortest};

        for (unsigned format = SCORE_G17_NARROW; format <= SCORE_SHORTEST; format++) {
            const struct score_element e =
                score_element_of(rows[i].score, (enum score_format)format);

            check("score, integer,", rows[i].name, e.is_integer, expected[format] == INTEGER);
            if (e.is_integer)
                check("score's listpack entry", rows[i].name, listpack_integer_bytes(e.integer),
                      listpack_integer_bytes(rows[i].integer));
            else
                check("score's text", rows[i].name, e.size_bytes, expected[format]);
        }
    }
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

/* Valkey's tables: buckets of 7, a child for every six that are too many. */
static void test_bucket_tables(void **state)
{
    static const struct {
        const char *name;
        uint64_t want, first, expand, second; /* made for, add, expand (0: not), add */
        uint64_t buckets, old_buckets;
        double children; /* sum of the binomial distribution, made elsewhere; to half a bucket */
    } rows[] = {
        {"empty", 0, 0, 0, 0, 1, 0, 0},
        {"one bucket, full", 0, 7, 0, 0, 1, 0, 0},
        {"the eighth", 0, 8, 0, 0, 2, 1, 0},
        {"the ninth moves the only bucket", 0, 9, 0, 0, 2, 0, 0},
        {"made for 6", 6, 6, 0, 0, 1, 0, 0},
        {"made for 7: 32 of 35 and no more", 7, 7, 0, 0, 2, 0, 0},
        {"made for 100", 100, 100, 0, 0, 16, 0, 4.66},
        {"two integers of a set, expanded", 2, 2, 100, 98, 16, 0, 4.66},
        {"expanded to fewer than are in", 100, 50, 40, 50, 16, 0, 4.66},
        {"full", 0, 224, 0, 0, 32, 0, 13.21},
        /* Old buckets keep their children until they are moved. */
        {"full, and one", 0, 225, 0, 0, 64, 32, 13.21},
        {"half of it moved", 0, 241, 0, 0, 64, 32, 7.77},
        {"all moved", 0, 257, 0, 0, 64, 0, 3.25},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bucket_table t;

        bucket_table_init(&t, rows[i].want);
        bucket_table_add(&t, rows[i].first);
        if (rows[i].expand > 0)
            bucket_table_expand(&t, rows[i].expand);
        bucket_table_add(&t, rows[i].second);
        check("members,", rows[i].name, t.used, rows[i].first + rows[i].second);
        check("buckets,", rows[i].name, t.buckets, rows[i].buckets);
        check("old buckets,", rows[i].name, t.old_buckets, rows[i].old_buckets);
        if (fabs(bucket_table_children(&t) - rows[i].children) > 0.5)
            fail_msg("children, %s: found %f, expected %f", rows[i].name, bucket_table_children(&t),
                     rows[i].children);
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
    uint8_t *const long_name = calloc(1, 200000);

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
    assert_false(r.is_estimate);
    check("keys,", "long name", r.key_count, 1);
    /* 24 bytes of its own; 4 and 100000 and a pointer, rounded; 8 for the end with one more. */
    check("bytes,", "long name", r.alloc_bytes, 24 + 114688 + 16);

    rax_size_clear(&r, alloc_size_jemalloc, 24);
    rax_size_add(&r, long_name, 100000);
    rax_size_add(&r, long_name, 200000); /* alike as far as they are compared */
    rax_size_finish(&r);
    assert_true(r.is_estimate);
    check("keys,", "two long names", r.key_count, 2);
    rax_size_done(&r);
    free(long_name);
}

/* ---- names of versions ---- */

static void test_version_names(void **state)
{
    static const struct {
        const char *name, *expected;
    } rows[] = {
        {"redis-7.2", "redis-7.2"},
        {"redis-7.2.0", "redis-7.2"},
        {"redis-7.2.99", "redis-7.2"},
        {"redis-4.0.2", "redis-4.0.0"},
        {"redis-4.0.3", "redis-4.0.3"},
        {"redis-4.0.6", "redis-4.0.6"},
        {"redis-4.0.7", "redis-4.0.7"},
        {"redis-4.0.9", "redis-4.0"},
        {"redis-4.0", "redis-4.0"},
        {"redis-5.0.2", "redis-5.0.0"},
        {"redis-5.0.5", "redis-5.0.3"},
        {"redis-5.0.6", "redis-5.0"},
        {"redis-6.0.8", "redis-6.0.0"},
        {"redis-6.0.20", "redis-6.0"},
        {"redis-6.2.4", "redis-6.2.0"},
        {"redis-6.2.11", "redis-6.2.5"},
        {"redis-6.2.12", "redis-6.2"},
        {"redis-7.0.9", "redis-7.0.0"},
        {"redis-7.0.10", "redis-7.0"},
        {"redis-7.0.15-alpine", "redis-7.0"},
        {"redis-8.0-m01", "redis-8.0"},
        {"redis-unstable", "redis-unstable"},
        {"redis-255.255.255", "redis-unstable"},
        {"valkey-7.2.7", "valkey-7.2.0"},
        {"valkey-7.2.9", "valkey-7.2"},
        {"valkey-8.0.1", "valkey-8.0.0"},
        {"valkey-8.0.3", "valkey-8.0"},
        {"valkey-8.1.3", "valkey-8.1.1"},
        {"valkey-255.255.255", "valkey-unstable"},
        /* Between two, the older. */
        {"redis-2.5", "redis-2.4"},
        {"redis-3.1", "redis-3.0"},
        {"redis-6.4.1", "redis-6.2"},
        {"redis-7.1", "redis-7.0"},
        {"valkey-7.9", "valkey-7.2"},
        /* A major version is its newest minor one. */
        {"redis-7", "redis-7.4"},
        {"redis-4", "redis-4.0"},
        {"valkey-7", "valkey-7.2"},
        /* No such server, or one that is too old. */
        {"", NULL},
        {"redis", NULL},
        {"redis-", NULL},
        {"redis-7.", NULL},
        {"redis-7.2.", NULL},
        {"redis-7.x", NULL},
        {"redis-7.2x", NULL},
        {"redis-7.1234", NULL},
        {"redis-2.2", NULL},
        {"redis-0.0", NULL},
        {"valkey-7.0", NULL},
        {"keydb-6.3", NULL},
        {"Redis-7.2", NULL},
        {"7.2", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct memory_version *const v = memory_version_find(rows[i].name);
        const char *const found = v == NULL ? "none" : memory_version_name(v);

        if (strcmp(found, rows[i].expected == NULL ? "none" : rows[i].expected) != 0)
            fail_msg("'%s': %s", rows[i].name, found);
    }
}

/* What somebody types must be meant: no typing error becomes the newest version. */
static void test_typed_names(void **state)
{
    static const struct {
        const char *name, *expected;
    } rows[] = {
        {"redis-7.2", "redis-7.2"},
        {"redis-7.2.6", "redis-7.2"},
        {"redis-7.2-rc1", "redis-7.2"},
        {"redis-8", "redis-8.8"},
        {"redis-8.99", "redis-8.8"},
        {"valkey-unstable", "valkey-unstable"},
        {"redis-72", NULL},
        {"redis-99", NULL},
        {"redis-9.0", NULL},
        {"valkey-10.0", NULL},
        {"redis-7.2.6.1", "redis-7.2"},
        {"redis-7.2.6.junk", NULL},
        {"redis-7.2-rc1.x", NULL},
        {"redis-", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct memory_version *const v = memory_version_named(rows[i].name);
        const char *const found = v == NULL ? "none" : memory_version_name(v);

        if (strcmp(found, rows[i].expected == NULL ? "none" : rows[i].expected) != 0)
            fail_msg("'%s': %s", rows[i].name, found);
    }
}

static void test_version_list(void **state)
{
    const struct memory_version *v;
    size_t count = 0;

    (void)state;
    for (; (v = memory_version_at(count)) != NULL; count++)
        assert_ptr_equal(memory_version_find(memory_version_name(v)), v);
    assert_true(count > 20);
    assert_null(memory_version_at(SIZE_MAX));
    assert_string_equal(memory_version_sizes_name(memory_version_find("redis-2.8")), "redis-4.0");
    assert_string_equal(memory_version_sizes_name(memory_version_find("redis-4.0")), "redis-4.0");
}

static void test_version_of_file(void **state)
{
    static const struct {
        enum rdbp_family family;
        const char *server_version;
        uint32_t rdb_version;
        const char *expected;
        bool is_guess;
    } rows[] = {
        {RDBP_FAMILY_REDIS, "7.2.6", 11, "redis-7.2", false},
        {RDBP_FAMILY_REDIS, "4.0.2", 8, "redis-4.0.0", false},
        {RDBP_FAMILY_REDIS, "255.255.255", 12, "redis-unstable", false},
        /* A milestone of 8.0, when it still was as 7.4. */
        {RDBP_FAMILY_REDIS, "7.9.225", 12, "redis-7.4", false},
        /* version.h of 4.0-rc1, 5.0-rc1, 6.0-rc1, 6.2-rc1, 7.0-rc1, 7.2-rc1, 7.4-rc1; 8.0-rc1. */
        {RDBP_FAMILY_REDIS, "3.9.101", 8, "redis-4.0.0", false},
        {RDBP_FAMILY_REDIS, "4.9.101", 9, "redis-5.0.0", false},
        {RDBP_FAMILY_REDIS, "5.9.101", 9, "redis-6.0.0", false},
        {RDBP_FAMILY_REDIS, "6.1.240", 9, "redis-6.2.0", false},
        {RDBP_FAMILY_REDIS, "6.9.240", 10, "redis-7.0.0", false},
        {RDBP_FAMILY_REDIS, "7.1.240", 11, "redis-7.2", false},
        {RDBP_FAMILY_REDIS, "7.3.240", 12, "redis-7.4", false},
        {RDBP_FAMILY_REDIS, "7.9.240", 12, "redis-8.0", false},
        {RDBP_FAMILY_REDIS, "99.0.0", 12, NULL, false},
        {RDBP_FAMILY_VALKEY, "8.0.1", 11, "valkey-8.0.0", false},
        {RDBP_FAMILY_VALKEY, "255.255.255", 11, "valkey-unstable", false},
        /* By the format alone: the newest that wrote it. */
        {RDBP_FAMILY_REDIS, NULL, 1, "redis-2.4", true},
        {RDBP_FAMILY_REDIS, NULL, 2, "redis-2.4", true},
        {RDBP_FAMILY_REDIS, NULL, 3, "redis-2.6", true},
        {RDBP_FAMILY_REDIS, "", 5, "redis-2.6", true},
        {RDBP_FAMILY_REDIS, NULL, 6, "redis-2.8", true},
        {RDBP_FAMILY_REDIS, NULL, 7, "redis-3.2", true},
        {RDBP_FAMILY_REDIS, NULL, 8, "redis-4.0", true},
        {RDBP_FAMILY_REDIS, NULL, 9, "redis-6.2", true},
        {RDBP_FAMILY_REDIS, NULL, 10, "redis-7.0", true},
        {RDBP_FAMILY_REDIS, NULL, 11, "redis-7.2", true},
        {RDBP_FAMILY_REDIS, NULL, 99999, NULL, true},
        {RDBP_FAMILY_REDIS, "seven", 10, "redis-7.0", true},
        {RDBP_FAMILY_VALKEY, NULL, 11, "valkey-8.1", true},
        {RDBP_FAMILY_VALKEY, "", 80, NULL, true},
        {RDBP_FAMILY_VALKEY, "7.0.0", 10, "valkey-7.2.0", true},
        /* Their own numbers are not Redis's. */
        {RDBP_FAMILY_KEYDB, "6.3.4", 9, "redis-6.2", true},
        {RDBP_FAMILY_DRAGONFLY, "1.2.3", 9, "redis-6.2", true},
        {RDBP_FAMILY_REDIS, "1.2.6", 1, "redis-2.4", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const newest =
            rows[i].family == RDBP_FAMILY_VALKEY ? "valkey-99.0" : "redis-99.0";
        const struct memory_version *const expected =
            memory_version_find(rows[i].expected == NULL ? newest : rows[i].expected);
        bool is_guess = !rows[i].is_guess;
        const struct memory_version *const v = memory_version_of_file(
            rows[i].family, rows[i].server_version, rows[i].rdb_version, &is_guess);

        if (v != expected || is_guess != rows[i].is_guess)
            fail_msg("%d, %s, RDB %u: %s%s", rows[i].family,
                     rows[i].server_version == NULL ? "-" : rows[i].server_version,
                     rows[i].rdb_version, memory_version_name(v), is_guess ? ", a guess" : "");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_classes),     cmocka_unit_test(test_size_of_huge),
        cmocka_unit_test(test_libc_sizes),       cmocka_unit_test(test_libc_really),
        cmocka_unit_test(test_allocator_names),  cmocka_unit_test(test_ziplist_entries),
        cmocka_unit_test(test_score_formats),    cmocka_unit_test(test_typed_names),
        cmocka_unit_test(test_version_names),    cmocka_unit_test(test_version_list),
        cmocka_unit_test(test_version_of_file),  cmocka_unit_test(test_sds),
        cmocka_unit_test(test_listpack_entries), cmocka_unit_test(test_scores),
        cmocka_unit_test(test_sampled_sum),      cmocka_unit_test(test_table_growth),
        cmocka_unit_test(test_bucket_tables),    cmocka_unit_test(test_rax_by_hand),
        cmocka_unit_test(test_rax_random),       cmocka_unit_test(test_rax_out_of_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
