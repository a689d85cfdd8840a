/* test_memory_key_meter.c -- keys of every RDB type, from hand-made events to their size.
 *
 * Expected sizes are sums by hand after the memory model: KEY is the entry of 24 and a name of 12
 * bytes in 16, then the object of 16, dict 56, 8 a slot, and so on.  Rows marked "14.10" are
 * figures that were measured on a server.
 */
// SPDX-License-Identifier: MIT
#include "meter_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEY      (24 + 16)
#define TABLE    (16 + 56) /* object, dict */
#define SKIPLIST (16 + 16 + 32 + 56 + 640)
/* Allocated trees: of nothing, of one id, of a name of one character. */
#define RAX_0    (24 + 8)
#define RAX_ID   (24 + 32 + 16)
#define RAX_NAME (24 + 16 + 16)
/* The tree of n field TTLs of one time: structure, run of characters, leaf, bucket, segments of 16.
 */
#define ONE_TTL(n) (32 + 24 + 16 + 16 + ((n) + 15) / 16 * 24 - 24)
#define NODES      244 /* MEMORY USAGE's guess of a node */

/* ---- sizes ---- */

struct row {
    const char *name;
    uint16_t rdb_type;
    const char *script;
    uint64_t elements;
    int64_t bytes, alloc_bytes;
    enum encoding encoding;
    enum size_note note;
    int64_t largest_element;
};

static void check_rows(const char *version, const struct row *rows, size_t count)
{
    /* One meter for all, as in the program: nothing of one key may reach the next. */
    struct meter_run run = {.meter = meter_of(version, false)};

    for (size_t i = 0; i < count; i++) {
        const struct row *const r = &rows[i];
        const struct rdbp_key key = key_of(r->rdb_type);
        const struct key_size s = weigh_script(&run, &key, r->script, r->elements);

        check_figure(r->name, "bytes", s.bytes, r->bytes);
        check_figure(r->name, "alloc_bytes", s.alloc_bytes, r->alloc_bytes);
        check_figure(r->name, "encoding", s.encoding, r->encoding);
        check_figure(r->name, "note", s.note, r->note);
        check_figure(r->name, "largest_element", s.largest_element, r->largest_element);
    }
    key_meter_free(run.meter);
}

#define EXACT SIZE_EXACT

static void test_strings(void **state)
{
    static const struct row rows[] = {
        {"empty", 0, "S:0", 0, KEY + 24, KEY + 24, ENCODING_EMBSTR, EXACT, 0},
        {"3 bytes (14.10)", 0, "S:3", 3, 64, 64, ENCODING_EMBSTR, EXACT, 3},
        {"20 bytes (14.10)", 0, "S:20", 20, 80, 80, ENCODING_EMBSTR, EXACT, 20},
        {"44 bytes", 0, "S:44", 44, KEY + 64, KEY + 64, ENCODING_EMBSTR, EXACT, 44},
        {"45 bytes", 0, "S:45", 45, KEY + 16 + 56, KEY + 16 + 56, ENCODING_RAW, EXACT, 45},
        {"100 bytes (14.10)", 0, "S:100", 100, 168, 168, ENCODING_RAW, EXACT, 100},
        {"65535 bytes", 0, "S:65535", 65535, KEY + 16 + 81920, KEY + 16 + 81920, ENCODING_RAW,
         EXACT, 65535},
        {"4 MiB and 1", 0, "S:4194305", 4194305, KEY + 16 + 5242880, KEY + 16 + 5242880,
         ENCODING_RAW, EXACT, 4194305},
        {"shared integer (14.10)", 0, "N:1:7", 1, 56, 40, ENCODING_INT, EXACT, 1},
        {"last shared integer", 0, "N:4:9999", 4, 56, 40, ENCODING_INT, EXACT, 4},
        {"private integer (14.10)", 0, "N:5:10000", 5, 56, 56, ENCODING_INT, EXACT, 5},
        {"negative integer", 0, "N:2:-1", 2, 56, 56, ENCODING_INT, EXACT, 2},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

static void test_lists(void **state)
{
    static const struct row rows[] = {
        {"10 elements (14.10)", 18, "L:128:10", 10, 184, 184, ENCODING_LISTPACK, EXACT, 0},
        {"one node of 8192", 18, "L:8192:80 e99", 80, KEY + 16 + 8192, KEY + 16 + 8192,
         ENCODING_LISTPACK, EXACT, 99},
        {"one node of 8193", 18, "L:8193:80", 80, KEY + 16 + 40 + 40 + 10240,
         KEY + 16 + 40 + 40 + 10240, ENCODING_QUICKLIST, EXACT, 0},
        {"one plain node", 18, "S:9000", 1, KEY + 16 + 40 + 40 + 10240, KEY + 16 + 40 + 40 + 10240,
         ENCODING_QUICKLIST, EXACT, 9000},
        {"an empty node is left out", 18, "L:7:0 L:128:10 L:7:0", 10, 184, 184, ENCODING_LISTPACK,
         EXACT, 0},
        {"two nodes", 18, "L:128:10 L:128:?", 70000, KEY + 56 + 2 * (40 + 128),
         KEY + 56 + 2 * (40 + 128), ENCODING_QUICKLIST, EXACT, 0},
        {"pushed: 1000 of 100 bytes (14.10: 105065)", 1, "1000*e100", 1000,
         KEY + 56 + 13 * 40 + 12 * 8192 + 6144, KEY + 56 + 13 * 40 + 12 * 8192 + 6144,
         ENCODING_QUICKLIST, EXACT, 100},
        {"pushed: 5 of 9000 bytes (14.10: 51499)", 1, "5*e9000", 5, KEY + 56 + 5 * (40 + 10240),
         KEY + 56 + 5 * (40 + 10240), ENCODING_QUICKLIST, EXACT, 9000},
        {"pushed: three", 1, "e5 e#7 e#70000", 3, KEY + 16 + 24, KEY + 16 + 24, ENCODING_LISTPACK,
         EXACT, 5},
        /* 7 + 8000 + 5 + 2 = 8014; 8014 + 170 + 8 = 8192 */
        {"pushed: the second just fits", 1, "e8000 e170", 2, KEY + 16 + 8192, KEY + 16 + 8192,
         ENCODING_LISTPACK, EXACT, 8000},
        {"pushed: the second does not fit", 1, "e8000 e171", 2, KEY + 56 + 40 + 8192 + 40 + 192,
         KEY + 56 + 40 + 8192 + 40 + 192, ENCODING_QUICKLIST, EXACT, 8000},
        {"pushed: 1 GiB is a plain node", 1, "e1 e1073741824 e1", 3,
         KEY + 56 + 3 * 40 + 2 * 16 + 1073741824, KEY + 56 + 3 * 40 + 2 * 16 + 1073741824,
         ENCODING_QUICKLIST, EXACT, 1073741824},
        {"ziplist stays a quicklist", 10, "Z:40:3 3*e5", 3, KEY + 56 + 40 + 32, KEY + 56 + 40 + 32,
         ENCODING_QUICKLIST, EXACT, 5},
        {"two ziplists and an empty one", 14, "Z:40:3 3*e5 Z:11:0 Z:40:2 2*e#1", 5,
         KEY + 56 + 40 + 32 + 40 + 16, KEY + 56 + 40 + 32 + 40 + 16, ENCODING_QUICKLIST, EXACT, 5},
        {"one ziplist becomes a listpack", 14, "Z:40:3 3*e5", 3, KEY + 16 + 32, KEY + 16 + 32,
         ENCODING_LISTPACK, EXACT, 5},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

static void test_sets(void **state)
{
    static const struct row rows[] = {
        {"intset, 50 members of 4 bytes (14.10)", 11, "I:208:50", 50, 280, 280, ENCODING_INTSET,
         EXACT, 0},
        {"intset, 512 members", 11, "I:1032:512 512*m#1", 512, KEY + 16 + 1280, KEY + 16 + 1280,
         ENCODING_INTSET, EXACT, 1},
        /* members that share their bucket: 513 - 1024 (1 - (1023/1024)^513) = 109.33 */
        {"intset, 513 members", 11, "I:1034:513 513*m#1", 513, KEY + TABLE + 8192 + 513 * 32,
         KEY + TABLE + 8192 + 513 * 8 + 1749, ENCODING_HASHTABLE, EXACT, 1},
        {"listpack, 20 of 8 bytes (14.10)", 20, "L:207:20", 20, 280, 280, ENCODING_LISTPACK, EXACT,
         0},
        {"listpack, 129 members", 20, "L:910:129 129*m5", 129, KEY + TABLE + 2048 + 129 * 32,
         KEY + TABLE + 2048 + 129 * 8 + 440, ENCODING_HASHTABLE, EXACT, 5},
        {"2-byte integers", 2, "m#1 m#-32768 m#32767", 3, KEY + 16 + 16, KEY + 16 + 16,
         ENCODING_INTSET, EXACT, 6},
        {"4-byte integers", 2, "m#1 m#32768 m#2", 3, KEY + 16 + 24, KEY + 16 + 24, ENCODING_INTSET,
         EXACT, 5},
        {"8-byte integers", 2, "m#-2147483649 m#1 m#2", 3, KEY + 16 + 32, KEY + 16 + 32,
         ENCODING_INTSET, EXACT, 11},
        {"512 integers", 2, "512*m#1", 512, KEY + 16 + 1280, KEY + 16 + 1280, ENCODING_INTSET,
         EXACT, 1},
        {"513 integers", 2, "513*m#1", 513, KEY + TABLE + 8192 + 513 * 32,
         KEY + TABLE + 8192 + 513 * 8 + 1749, ENCODING_HASHTABLE, EXACT, 1},
        {"20 of 8 bytes (14.10)", 2, "20*m8", 20, 280, 280, ENCODING_LISTPACK, EXACT, 8},
        {"128 strings", 2, "128*m5", 128, KEY + 16 + 1024, KEY + 16 + 1024, ENCODING_LISTPACK,
         EXACT, 5},
        {"129 strings", 2, "129*m5", 129, KEY + TABLE + 2048 + 129 * 32,
         KEY + TABLE + 2048 + 129 * 8 + 440, ENCODING_HASHTABLE, EXACT, 5},
        {"200 of 8 bytes (14.10: 6339)", 2, "200*m8", 200, KEY + TABLE + 2048 + 200 * 40, 6336,
         ENCODING_HASHTABLE, EXACT, 8},
        {"600 of 30 bytes (14)", 2, "600*m30", 600, 41904, 29836, ENCODING_HASHTABLE, EXACT, 30},
        {"64 bytes", 2, "m64", 1, KEY + 16 + 80, KEY + 16 + 80, ENCODING_LISTPACK, EXACT, 64},
        {"65 bytes at once", 2, "m65", 1, KEY + TABLE + 32 + 24 + 80, KEY + TABLE + 32 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        {"65 bytes later", 2, "m#1 m5 m65", 3, KEY + TABLE + 32 + 3 * 24 + 2 * 8 + 80,
         KEY + TABLE + 32 + 2 * 8 + 80 + 11, ENCODING_HASHTABLE, EXACT, 65},
        /* Room for 127 integers: 7 + 127 * 2; with the string 268. */
        {"127 integers and a string", 2, "127*m#1 m5", 128, KEY + 16 + 320, KEY + 16 + 320,
         ENCODING_LISTPACK, EXACT, 5},
        {"128 integers and a string", 2, "128*m#1 m5", 129, KEY + TABLE + 2048 + 129 * 32,
         KEY + TABLE + 2048 + 129 * 8 + 440, ENCODING_HASHTABLE, EXACT, 5},
        /* Room for 94 integers of 10 bytes: 947; used: 7 + 93 * 2 + 10 + 7. */
        {"a large integer among small ones", 2, "93*m#1 m#9000000000000000000 m5", 95,
         KEY + 16 + 1024, KEY + 16 + 1024, ENCODING_LISTPACK, EXACT, 19},
        /* Room for 11 integers of 3 bytes: 7 + 11 * 3 = 40, of which 7 + 10 * 2 + 3 + 7 are used.
         */
        {"an estimate that fills its class", 2, "10*m#1 m#1000 m5", 12, KEY + 16 + 40,
         KEY + 16 + 40, ENCODING_LISTPACK, EXACT, 5},
        /* 7 + 2 * 3 of room, then 40 strings. */
        {"an estimate outgrown", 2, "2*m#1 40*m5", 42, KEY + 16 + 320, KEY + 16 + 320,
         ENCODING_LISTPACK, EXACT, 5},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

static void test_hashes(void **state)
{
    static const struct row rows[] = {
        {"listpack, 5 pairs (14.10)", 16, "L:112:10", 5, 168, 168, ENCODING_LISTPACK, EXACT, 0},
        {"listpack, 512 pairs", 16, "L:8192:1024", 512, KEY + 16 + 8192, KEY + 16 + 8192,
         ENCODING_LISTPACK, EXACT, 0},
        {"listpack, 513 pairs", 16, "L:8200:1026 513*f5,v5", 513,
         KEY + TABLE + 8192 + 513 * (24 + 8 + 8), KEY + TABLE + 8192 + 513 * (24 + 8 + 8),
         ENCODING_HASHTABLE, EXACT, 5},
        {"a ziplist's long value", 13, "Z:500:10 5*f5,v70", 5, KEY + 16 + 448, KEY + 16 + 448,
         ENCODING_LISTPACK, EXACT, 70},
        {"ziplist, 513 pairs", 13, "Z:9000:1026 513*f5,v5", 513,
         KEY + TABLE + 8192 + 513 * (24 + 8 + 8), KEY + TABLE + 8192 + 513 * (24 + 8 + 8),
         ENCODING_HASHTABLE, EXACT, 5},
        {"zipmap", 9, "M:60:3 3*f5,v5", 3, KEY + 16 + 56, KEY + 16 + 56, ENCODING_LISTPACK, EXACT,
         5},
        {"zipmap, a long value", 9, "M:90:2 f5,v5 f5,v65", 2,
         KEY + TABLE + 32 + 2 * 24 + 3 * 8 + 80, KEY + TABLE + 32 + 2 * 24 + 3 * 8 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        {"512 pairs", 4, "512*f5,v5", 512, KEY + 16 + 8192, KEY + 16 + 8192, ENCODING_LISTPACK,
         EXACT, 5},
        {"513 pairs", 4, "513*f5,v5", 513, KEY + TABLE + 8192 + 513 * (24 + 8 + 8),
         KEY + TABLE + 8192 + 513 * (24 + 8 + 8), ENCODING_HASHTABLE, EXACT, 5},
        {"64 bytes", 4, "f64,v64", 1, KEY + 16 + 144 + 16, KEY + 16 + 144 + 16, ENCODING_LISTPACK,
         EXACT, 64},
        {"a long field", 4, "f65,v5", 1, KEY + TABLE + 32 + 24 + 80 + 8,
         KEY + TABLE + 32 + 24 + 80 + 8, ENCODING_HASHTABLE, EXACT, 65},
        {"20 values of 70 (14.10)", 4, "10*f5,v70 10*f7,v70", 20, 2688, 2688, ENCODING_HASHTABLE,
         EXACT, 70},
        /* Four remaining pairs are not worth an expansion: the last one starts a rehash. */
        {"the long one first, 4 remain", 4, "f5,v65 4*f5,v5", 5,
         KEY + TABLE + 8 * 12 + 5 * 24 + 9 * 8 + 80, KEY + TABLE + 32 + 64 + 5 * 24 + 9 * 8 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        {"the long one first, 5 remain", 4, "f5,v65 5*f5,v5", 6,
         KEY + TABLE + 8 * 8 + 6 * 24 + 11 * 8 + 80, KEY + TABLE + 64 + 6 * 24 + 11 * 8 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        /* The memory model's example: the last addition moves one bucket of 4. */
        {"6 pairs, the long one at 3", 4, "3*f5,v5 f5,v65 2*f5,v5", 6,
         KEY + TABLE + 8 * 12 + 6 * 24 + 11 * 8 + 80, KEY + TABLE + 32 + 64 + 6 * 24 + 11 * 8 + 80,
         ENCODING_HASHTABLE, SIZE_EXPECTED, 65},
        /* 128 full at the 129th addition, 20 of some 81 buckets moved. */
        {"149 pairs, the long one at 100", 4, "100*f5,v5 f5,v65 48*f5,v5", 149,
         KEY + TABLE + 8 * 384 + 149 * 24 + 297 * 8 + 80,
         KEY + TABLE + 1024 + 2048 + 149 * 24 + 297 * 8 + 80, ENCODING_HASHTABLE, EXACT, 65},
        {"200 pairs, the long one at 100: a border", 4, "100*f5,v5 f5,v65 99*f5,v5", 200,
         KEY + TABLE + 8 * 384 + 200 * 24 + 399 * 8 + 80,
         KEY + TABLE + 1024 + 2048 + 200 * 24 + 399 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXPECTED,
         65},
        {"256 pairs, the long one at 100", 4, "100*f5,v5 f5,v65 155*f5,v5", 256,
         KEY + TABLE + 8 * 256 + 256 * 24 + 511 * 8 + 80,
         KEY + TABLE + 2048 + 256 * 24 + 511 * 8 + 80, ENCODING_HASHTABLE, EXACT, 65},
        {"300 pairs, the long one last", 4, "299*f5,v5 f5,v65", 300,
         KEY + TABLE + 8 * 512 + 300 * 24 + 599 * 8 + 80,
         KEY + TABLE + 4096 + 300 * 24 + 599 * 8 + 80, ENCODING_HASHTABLE, EXACT, 65},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

/* By the rules of 7.4, as 7.2 loads none of these. */
static void test_hashes_with_field_ttls(void **state)
{
    static const struct row rows[] = {
        {"listpackex", 25, "L:192:30", 10, KEY + 16 + 32 + 192, KEY + 16 + 32 + 192,
         ENCODING_LISTPACKEX, EXACT, 0},
        {"listpackex of a release candidate", 23, "L:192:30", 10, KEY + 16 + 32 + 192,
         KEY + 16 + 32 + 192, ENCODING_LISTPACKEX, EXACT, 0},
        {"listpackex, 513 fields", 25, "L:9000:1539 256*f8,v5,t1700000000000 257*f8,v5,t0", 513,
         KEY + TABLE + 8192 + 513 * (24 + 8) + 256 * 32 + 257 * 16,
         KEY + 16 + 96 + 8192 + 513 * (24 + 8) + 256 * 32 + 257 * 16 + ONE_TTL(256),
         ENCODING_HASHTABLE, EXACT, 8},
        {"10 fields, 2 with TTL", 24, "2*t1700000000000,f5,v5 8*t0,f5,v5", 10, KEY + 16 + 32 + 192,
         KEY + 16 + 32 + 192, ENCODING_LISTPACKEX, EXACT, 5},
        {"600 fields, each with TTL (14)", 24, "600*t1700000000000,f8,v5", 600, 50800,
         KEY + 16 + 96 + 4096 + 8192 + 600 * 64 + ONE_TTL(600), ENCODING_HASHTABLE, EXACT, 8},
        /* A field without TTL: 1 + n + 1, or 3 + n + 1. */
        {"a long value, no TTL", 22, "t0,f5,v65 t0,f32,v5", 2,
         KEY + TABLE + 32 + 2 * 24 + 8 + 80 + 40 + 8, KEY + 16 + 96 + 32 + 2 * 24 + 8 + 80 + 40 + 8,
         ENCODING_HASHTABLE, EXACT, 65},
        /* Expanded for the five that remain, before the long one is added. */
        {"a long value, 5 remain", 24, "t0,f5,v65 5*t0,f5,v5", 6,
         KEY + TABLE + 64 + 6 * 24 + 11 * 8 + 80, KEY + 16 + 96 + 64 + 6 * 24 + 11 * 8 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        {"a long value fifth and last", 24, "4*t0,f5,v5 t0,f5,v65", 5,
         KEY + TABLE + 8 * 12 + 5 * 24 + 9 * 8 + 80, KEY + 16 + 96 + 32 + 64 + 5 * 24 + 9 * 8 + 80,
         ENCODING_HASHTABLE, EXACT, 65},
        /* No Redis loads this one; it is weighed as what 7.4 would make of the same hash.
         * 7 + (7 + 7 + 10) + (7 + 7 + 2) */
        {"HASH_2", RDBP_RDB_HASH_2, "f5,v5,t1700000000000 f5,v5,t0", 2, KEY + 16 + 32 + 48,
         KEY + 16 + 32 + 48, ENCODING_LISTPACKEX, EXACT, 5},
        {"HASH_2, a long value", RDBP_RDB_HASH_2, "f5,v65,t1700000000000 f5,v5,t0", 2,
         KEY + TABLE + 32 + 2 * 24 + 32 + 80 + 8 + 8, KEY + 16 + 96 + 32 + 2 * 24 + 32 + 80 + 8 + 8,
         ENCODING_HASHTABLE, EXACT, 65},
    };

    (void)state;
    check_rows("redis-7.4", rows, COUNT(rows));
}

/* 18 fields with descending times, then a long value without one: up to it the hash was packed, in
 * the order of the times.  So there are two buckets, of 8 and 10, the second with the time of the
 * ninth as its key; in file order there would be three. */
static void test_order_of_field_ttls(void **state)
{
    struct meter_run run = {.meter = meter_of("redis-7.4", false)};
    const struct rdbp_key key = key_of(RDBP_RDB_HASH_METADATA);
    char script[1000];
    struct key_size s;
    size_t at = 0;

    (void)state;
    for (int i = 17; i >= 0; i--)
        at +=
            (size_t)snprintf(script + at, sizeof script - at, "t%lld,f5,v5 ", 1700000000000LL + i);
    snprintf(script + at, sizeof script - at, "t0,f5,v65");
    s = weigh_script(&run, &key, script, 19);
    check_figure("descending", "bytes", s.bytes,
                 KEY + TABLE + 8 * 32 + 19 * 24 + 18 * (32 + 8) + 8 + 80);
    /* Structure, five common characters, a branch, two leaves; two buckets. */
    check_figure("descending", "alloc_bytes", s.alloc_bytes,
                 KEY + 16 + 96 + 256 + 19 * 24 + 18 * (32 + 8) + 8 + 80 + 32 + 24 + 24 + 2 * 16 +
                     2 * 16);
    check_figure("descending", "first_field_ttl_ms", s.first_field_ttl_ms, 1700000000000);
    key_meter_free(run.meter);
}

static void test_sorted_sets(void **state)
{
    static const struct row rows[] = {
        {"listpack, 20 members (14.10)", 17, "L:320:40", 20, 376, 376, ENCODING_LISTPACK, EXACT, 0},
        {"listpack, 128 members", 17, "L:1000:256", 128, KEY + 16 + 1024, KEY + 16 + 1024,
         ENCODING_LISTPACK, EXACT, 0},
        /* Expected nodes: 129 * 45.836 = 5912.8 */
        {"listpack, 129 members", 17, "L:1100:258 129*m5,s1", 129,
         KEY + SKIPLIST + 2048 + 129 * (24 + 8) + 5913,
         KEY + SKIPLIST + 2048 + 129 * (24 + 8) + 5913, ENCODING_SKIPLIST, SIZE_EXPECTED, 5},
        /* 7 + 7 + 5 + 7 + 6 */
        {"ziplist, rewritten", 12, "Z:99:4 m5,s1.5 m5,s100000", 2, KEY + 16 + 32, KEY + 16 + 32,
         ENCODING_LISTPACK, EXACT, 5},
        {"ziplist, long members", 12, "Z:99:2 m100,s1", 1, KEY + 16 + 112, KEY + 16 + 112,
         ENCODING_LISTPACK, EXACT, 100},
        {"128 members", 5, "128*m5,s1.5", 128, KEY + 16 + 1792, KEY + 16 + 1792, ENCODING_LISTPACK,
         EXACT, 5},
        {"200 members (14.10: 20002)", 5, "200*m8,s1.5", 200, 20015, 20015, ENCODING_SKIPLIST,
         SIZE_EXPECTED, 8},
        {"a long member", 3, "m5,s1 m65,s2", 2, KEY + SKIPLIST + 32 + 2 * 24 + 8 + 80 + 92,
         KEY + SKIPLIST + 32 + 2 * 24 + 8 + 80 + 92, ENCODING_SKIPLIST, SIZE_EXPECTED, 65},
        {"64 bytes", 3, "m64,s1", 1, KEY + 16 + 80, KEY + 16 + 80, ENCODING_LISTPACK, EXACT, 64},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

static void test_streams(void **state)
{
    static const struct row rows[] = {
        {"3 entries (14)", 15, "X1526919030474-0:96", 3, 736, 304, ENCODING_STREAM, EXACT, 0},
        {"emptied", 19, "", 0, KEY + 16 + 80 + NODES, KEY + 16 + 80 + RAX_0, ENCODING_STREAM, EXACT,
         0},
        {"two nodes, last byte differs", 21, "X5-0:90 X5-1:90 f5,v77", 6,
         KEY + 16 + 80 + 2 * 16 + 4 * NODES + 2 * 96,
         KEY + 16 + 80 + (24 + 32 + 24 + 2 * 16) + 2 * 96, ENCODING_STREAM, EXACT, 77},
        {"a group without consumers", 21, "X1-0:96 Gg", 3, 736 + 40 + NODES,
         304 + RAX_NAME + 40 + 2 * RAX_0, ENCODING_STREAM, EXACT, 0},
        {"a group, a consumer, an entry", 21, "X1-0:96 Gg P1-0 Cc Q1-0", 3,
         736 + 40 + (16 + 2 * NODES) + 24 + 32 + 1 + (16 + 2 * NODES),
         304 + RAX_NAME + 40 + RAX_ID + 24 + RAX_NAME + 32 + 8 + RAX_ID, ENCODING_STREAM, EXACT, 0},
        /* Entries 1-0 and 1-1 pending: 4 nodes in the group's tree, 2 and 1 in the consumers'. */
        {"two consumers", 21, "X1-0:96 Gg P1-0 P1-1 Ca Q1-1 Cbb", 3,
         736 + 40 + (2 * 16 + 4 * NODES) + 2 * 24 + 2 * 32 + 3 + (16 + 2 * NODES) + NODES,
         304 + RAX_NAME + 40 + (24 + 32 + 24 + 2 * 16) + 2 * 24 +
             (24 + 24 + 16 + 16 + 16) /* a | b, then b */ + 2 * (32 + 8) + RAX_ID + RAX_0,
         ENCODING_STREAM, EXACT, 0},
        {"two groups", 21, "X1-0:96 Gg P1-0 Cc Q1-0 Gh", 3,
         736 + 40 + (16 + 2 * NODES) + 24 + 32 + 1 + (16 + 2 * NODES) + 40 + NODES,
         304 + (24 + 24 + 2 * 16) + 40 + RAX_ID + 24 + RAX_NAME + 32 + 8 + RAX_ID + 40 + 2 * RAX_0,
         ENCODING_STREAM, EXACT, 0},
        {"entries out of order", 21, "X1-0:96 Gg P1-1 P1-0", 3,
         736 + 40 + (2 * 16 + 4 * NODES) + 2 * 24,
         304 + RAX_NAME + 40 + 24 + 2 * 48 + 2 * 24 + RAX_0, ENCODING_STREAM, SIZE_EXPECTED, 0},
    };

    (void)state;
    check_rows("redis-7.2", rows, COUNT(rows));
}

static void test_expiry_and_names(void **state)
{
    struct meter_run run = {.meter = meter_of("redis-7.2", false)};
    const struct rdbp_value_end end = {.ok = true, .has_element_count = true};
    const struct rdbp_blob value = {.raw_bytes = 3};
    struct rdbp_key key = {0};
    struct key_size s;

    (void)state;
    /* Events that contradict the count must not make the replay run away. */
    key = key_of(RDBP_RDB_HASH);
    weigh_script(&run, &key, "4*f5,v5 f5,v65", 1);
    key = key_of(RDBP_RDB_STRING);
    key.has_expire = true;
    s = weigh_script(&run, &key, "S:20", 20);
    check_figure("with TTL (14.10)", "bytes", s.bytes, 80);
    check_figure("with TTL (14.10)", "alloc_bytes", s.alloc_bytes, 104);

    key = (struct rdbp_key){0};
    key_meter_begin(run.meter, &key);
    key_meter_blob(run.meter, &value);
    assert_int_equal(key_meter_end(run.meter, &end, &s), 0);
    check_figure("empty name", "bytes", s.bytes, 24 + 8 + 24);
    key.key_bytes = 70000;
    key_meter_begin(run.meter, &key);
    key_meter_blob(run.meter, &value);
    assert_int_equal(key_meter_end(run.meter, &end, &s), 0);
    check_figure("name of 70000", "bytes", s.bytes, 24 + 81920 + 24);
    key_meter_free(run.meter);
}

static void test_no_size(void **state)
{
    struct key_meter *const meter = meter_of("redis-7.2", false);
    struct rdbp_key key = {.key_bytes = 12, .rdb_type = RDBP_RDB_SET, .type = RDBP_TYPE_SET};
    struct rdbp_value_end end = {.ok = false};
    struct key_size s;

    (void)state;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check_figure("damaged", "bytes", s.bytes, ROW_NULL);
    check_figure("damaged", "alloc_bytes", s.alloc_bytes, ROW_NULL);
    check_figure("damaged", "encoding", s.encoding, ENCODING_UNKNOWN);
    check_figure("damaged", "note", s.note, SIZE_UNKNOWN);
    check_figure("damaged", "largest_element", s.largest_element, ROW_NULL);

    end.ok = end.has_element_count = end.is_empty = true;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check_figure("empty", "bytes", s.bytes, 0);
    check_figure("empty", "alloc_bytes", s.alloc_bytes, 0);
    check_figure("empty", "note", s.note, SIZE_EXACT);

    end.has_element_count = end.is_empty = false;
    key.rdb_type = RDBP_RDB_MODULE_2;
    key.type = RDBP_TYPE_MODULE;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check_figure("module", "bytes", s.bytes, KEY);
    check_figure("module", "alloc_bytes", s.alloc_bytes, KEY + 16 + 16);
    check_figure("module", "encoding", s.encoding, ENCODING_RAW);
    check_figure("module", "note", s.note, SIZE_LOWER_BOUND);
    check_figure("module", "largest_element", s.largest_element, ROW_NULL);
    key_meter_free(meter);
}

static void test_pieces(void **state)
{
    struct key_meter *const meter = meter_of("redis-7.2", false);
    const struct rdbp_key key = {
        .key_bytes = 12, .rdb_type = RDBP_RDB_LIST, .type = RDBP_TYPE_LIST};
    const struct rdbp_value_end end = {.ok = true, .has_element_count = true, .element_count = 1};
    const rdbp_item pieces[] = {
        {.size_bytes = 150, .is_partial = true},
        {.size_bytes = 150, .is_partial = true, .piece_offset = 64},
        {.size_bytes = 150, .piece_offset = 128},
    };
    const struct rdbp_items first = {pieces, 2}, second = {pieces + 2, 1};
    struct key_size s;

    (void)state;
    key_meter_begin(meter, &key);
    key_meter_items(meter, &first);
    key_meter_items(meter, &second);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check_figure("one element in three pieces", "bytes", s.bytes, KEY + 16 + 192);
    check_figure("one element in three pieces", "largest_element", s.largest_element, 150);
    key_meter_free(meter);
}

/* What the parser saw while it walked a value whose elements nobody asked for. */
static void test_walked(void **state)
{
    struct key_meter *const meter = meter_of("redis-7.2", false);
    const struct rdbp_key key = key_of(RDBP_RDB_HASH_LISTPACK);
    const struct rdbp_blob blob = {.raw_bytes = 100,
                                   .stored_bytes = 100,
                                   .format = RDBP_FORMAT_LISTPACK,
                                   .has_count = true,
                                   .entry_count = 4};
    const struct rdbp_value_end end = {
        .ok = true, .has_element_count = true, .element_count = 2, .longest_bytes = 70};
    struct key_size s;

    (void)state;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_blob(meter, &blob), RDBP_DEPTH_SHAPE | RDBP_DEPTH_WALK);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check_figure("a walked hash", "bytes", s.bytes, KEY + 16 + 112);
    check_figure("a walked hash", "largest_element", s.largest_element, 70);
    key_meter_free(meter);
}

/* ---- depth: what is compressed is opened only for a reason ---- */

static void test_depth(void **state)
{
    static const struct {
        const char *name;
        uint16_t rdb_type;
        const char *script;
        bool is_opened;
    } rows[] = {
        {"string", 0, "S:1000", false},
        {"list", 1, "", true},
        {"set", 2, "", true},
        {"sorted set, text scores", 3, "", true},
        {"hash", 4, "", true},
        {"sorted set", 5, "", true},
        {"hash with TTLs", 24, "", true},
        {"hash with TTLs, release candidate", 22, "", true},
        {"HASH_2", RDBP_RDB_HASH_2, "", true},
        {"zipmap", 9, "M:100:3", true},
        {"list ziplist", 10, "Z:100:3", true},
        {"sorted set ziplist", 12, "Z:100:4", true},
        {"hash ziplist", 13, "Z:100:4", true},
        {"quicklist", 14, "Z:100:4", true},
        {"quicklist 2", 18, "L:100:? L:100:70", false},
        {"quicklist 2, plain", 18, "S:10000", false},
        {"stream", 21, "X1-1:100 Gg P1-1", false},
        {"intset of 512", 11, "I:1032:512", false},
        {"intset of 513", 11, "I:1034:513", true},
        {"set of 128", 20, "L:900:128", false},
        {"set of 129", 20, "L:900:129", true},
        {"set of unknown count", 20, "L:900:?", true},
        {"sorted set of 128", 17, "L:900:256", false},
        {"sorted set of 129", 17, "L:900:258", true},
        {"hash of 512", 16, "L:9000:1024", false},
        {"hash of 513", 16, "L:9000:1026", true},
        {"hash of unknown count", 16, "L:9000:?", true},
        {"hash with TTLs of 512", 25, "L:9000:1536", true},
        {"hash with TTLs of 513", 25, "L:9000:1539", true},
        {"hash with TTLs of 513, release candidate", 23, "L:9000:1539", true},
    };
    struct meter_run closed = {.meter = meter_of("redis-7.2", false), .is_lzf = true};
    struct meter_run deep = {.meter = meter_of("redis-7.2", true), .is_lzf = true};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct rdbp_key key = key_of(rows[i].rdb_type);
        struct key_size s = weigh_script(&closed, &key, rows[i].script, 1);
        const bool is_string = rows[i].script[0] == 'S';

        check_figure(rows[i].name, "items", closed.asked_for_items, rows[i].is_opened);
        check_figure(rows[i].name, "opened", closed.asked_to_open, rows[i].is_opened);
        assert_true(closed.depth & RDBP_DEPTH_SHAPE);
        check_figure(rows[i].name, "largest element known", s.largest_element != ROW_NULL,
                     rows[i].is_opened || is_string);
        s = weigh_script(&deep, &key, rows[i].script, 1);
        check_figure(rows[i].name, "opened when deep", deep.asked_to_open, true);
        check_figure(rows[i].name, "largest element known when deep", s.largest_element != ROW_NULL,
                     true);
        closed.is_lzf = false;
        s = weigh_script(&closed, &key, rows[i].script, 1);
        check_figure(rows[i].name, "items when uncompressed", closed.asked_for_items,
                     rows[i].is_opened);
        check_figure(rows[i].name, "opened when uncompressed", closed.asked_to_open, !is_string);
        check_figure(rows[i].name, "largest element known when uncompressed",
                     s.largest_element != ROW_NULL, true);
        closed.is_lzf = true;
    }
    key_meter_free(closed.meter);
    key_meter_free(deep.meter);
}

static void test_models(void **state)
{
    (void)state;
    assert_string_equal(memory_version_name(memory_version_find("redis-7.2")), "redis-7.2");
    assert_string_equal(memory_version_name(memory_version_find("valkey-7.2")), "valkey-7.2");
    assert_null(memory_version_find("redis"));
}

static void test_words(void **state)
{
    (void)state;
    assert_null(encoding_name(ENCODING_UNKNOWN));
    for (int e = ENCODING_UNKNOWN + 1; e < ENCODING_COUNT_; e++)
        assert_non_null(encoding_name((enum encoding)e));
    assert_null(encoding_name(ENCODING_COUNT_));
    assert_string_equal(encoding_name(ENCODING_EMBSTR), "embstr");
    assert_string_equal(encoding_name(ENCODING_LISTPACKEX), "listpackex");
    assert_string_equal(encoding_name(ENCODING_STREAM), "stream");
    assert_string_equal(size_note_name(SIZE_EXACT), "exact");
    assert_string_equal(size_note_name(SIZE_EXPECTED), "expected");
    assert_string_equal(size_note_name(SIZE_LOWER_BOUND), "lower bound");
    assert_string_equal(size_note_name(SIZE_UNKNOWN), "unknown");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_hashes_with_field_ttls),
        cmocka_unit_test(test_order_of_field_ttls),
        cmocka_unit_test(test_sorted_sets),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_expiry_and_names),
        cmocka_unit_test(test_no_size),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_walked),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
