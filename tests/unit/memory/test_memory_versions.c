/* test_memory_versions.c -- the same events on every server version, with every allocator and
 * setting that changes what they weigh.
 *
 * Where a version begins and what it counts was read in the sources of both sides of each border
 * (object.c: objectComputeSize(), memoryCommand(); rdb.c: rdbLoadObject()); the figures are sums by
 * hand, or what the truth corpus says where that is noted.  KEY_* is the entry with a name of 12
 * bytes; then come the object of 16, dict 96 or 56, 8 a slot, and so on.
 */
// SPDX-License-Identifier: MIT
#include "meter_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is counted for the key: 4.0.0 the length of "usage", up to 5.0.2 that of the argument. */
#define KEY_400  (24 + 9)
#define KEY_403  (24 + 16)
#define KEY_503  (24 + 14) /* not rounded */
#define KEY_609  (24 + 16)
#define KEY_V80  32        /* A(17 + 1 + 12 + 1) */
#define KEY_LIBC (24 + 24) /* also allocated */
/* What is allocated for it, up to Valkey 8.0. */
#define KEY_ALLOC  (24 + 16)
#define KEY_SYSTEM (32 + 16)

#define DICT_60 (16 + 96) /* object, dict */
#define DICT_70 (16 + 56)

#define ONE_KEY_TREE (16 + 2 * 244) /* as MEMORY USAGE counts */
#define EMPTY_TREE   244
#define RAX_EMPTY    (24 + 8) /* as allocated */
#define RAX_ONE_ID   (24 + 32 + 16)
#define RAX_ONE_NAME (24 + 16 + 16)
#define RAX_ONE_ID_V (32 + 32 + 16) /* Valkey of October 2024 */

struct row {
    const char *server;
    uint16_t rdb_type;
    const char *script;
    uint64_t elements;
    int64_t bytes, alloc_bytes;
    enum encoding encoding;
    enum size_note note;
};

static void check_one(const struct row *r, const struct rdbp_key *key)
{
    struct meter_run run = {.meter = meter_of(r->server, false)};
    const struct key_size s = weigh_script(&run, key, r->script, r->elements);
    char name[200];

    snprintf(name, sizeof name, "%s: type %u %s", r->server, r->rdb_type, r->script);
    check_figure(name, "bytes", s.bytes, r->bytes);
    check_figure(name, "alloc_bytes", s.alloc_bytes, r->alloc_bytes);
    check_figure(name, "encoding", s.encoding, r->encoding);
    check_figure(name, "note", s.note, r->note);
    key_meter_free(run.meter);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rdbp_key key = key_of(rows[i].rdb_type);

        check_one(&rows[i], &key);
    }
}

/* ---- keys ---- */

static void test_names(void **state)
{
    static const uint64_t lengths[] = {0, 12, 31, 32, 44, 45, 252, 253, 70000};
    enum { LENGTHS = COUNT(lengths) };
    static const struct {
        const char *server;
        int64_t counted[LENGTHS], allocated[LENGTHS];
        int64_t value; /* of a string of 3 bytes */
        int64_t value_alloc;
    } rows[] = {
#define ALLOC_8 32, 40, 64, 64, 72, 80, 280, 344, 81944
#define FIXED   33, 33, 33, 33, 33, 33, 33, 33, 33
    /* The last one: the query buffer, 2 * 70002 + 9 + 1 (140057 in the corpus). */
#define ARGUMENT  28, 40, 59, 60, 72, 73, 280, 281, 140038
#define EXACT_SDS 28, 38, 57, 60, 72, 73, 280, 281, 70034
        {"redis-4.0.0", {FIXED}, {ALLOC_8}, 21, 24},
        {"redis-4.0.2", {FIXED}, {ALLOC_8}, 21, 24},
        {"redis-4.0.3", {ARGUMENT}, {ALLOC_8}, 21, 24},
        {"redis-4.0", {ARGUMENT}, {ALLOC_8}, 21, 24},
        {"redis-5.0.0", {ARGUMENT}, {ALLOC_8}, 21, 24},
        {"redis-5.0.2", {ARGUMENT}, {ALLOC_8}, 21, 24},
        {"redis-5.0.3", {EXACT_SDS}, {ALLOC_8}, 21, 24},
        {"redis-5.0", {EXACT_SDS}, {ALLOC_8}, 21, 24},
        {"redis-6.0.0", {EXACT_SDS}, {ALLOC_8}, 21, 24},
        {"redis-6.0.8", {EXACT_SDS}, {ALLOC_8}, 21, 24},
        {"redis-6.0.9", {ALLOC_8}, {ALLOC_8}, 21, 24},
        {"redis-6.2.0", {ALLOC_8}, {ALLOC_8}, 21, 24},
        {"redis-6.2", {ALLOC_8}, {ALLOC_8}, 21, 24},
        {"redis-6.2 cluster-enabled=yes", {ALLOC_8}, {ALLOC_8}, 21, 24},
        {"redis-7.0.0", {ALLOC_8}, {ALLOC_8}, 24, 24},
        {"redis-7.2", {ALLOC_8}, {ALLOC_8}, 24, 24},
        {"redis-7.4", {ALLOC_8}, {ALLOC_8}, 24, 24},
        {"redis-7.4 cluster-enabled=yes", {ALLOC_8}, {ALLOC_8}, 24, 24},
        {"redis-8.0 cluster-enabled=yes", {ALLOC_8}, {ALLOC_8}, 24, 24},
    /* An entry of 40, of which 16 or 8 more are counted. */
#define ALLOC_40 48, 56, 80, 80, 88, 96, 296, 360, 81960
        {"redis-7.0 cluster-enabled=yes", {ALLOC_40}, {ALLOC_40}, 24, 24},
        {"redis-7.2 cluster-enabled=yes",
         {40, 48, 72, 72, 80, 88, 288, 352, 81952},
         {ALLOC_40},
         24,
         24},
        {"valkey-7.2 cluster-enabled=yes",
         {40, 48, 72, 72, 80, 88, 288, 352, 81952},
         {ALLOC_40},
         24,
         24},
    /* 17 + h + n + 1: 21, 31, 50, 53, 65, 66, 273, 276 (h = 5), 70027 */
#define EMBEDDED 24, 32, 56, 56, 80, 80, 320, 320, 81920
        {"valkey-8.0", {EMBEDDED}, {EMBEDDED}, 24, 24},
        {"valkey-8.0 cluster-enabled=yes", {EMBEDDED}, {EMBEDDED}, 24, 24},
        {"valkey-unstable", {EMBEDDED}, {EMBEDDED}, 24, 24},
        /* A quantum of 16: 24 is 32, 40 is 48, 56 is 64. */
        {"redis-7.0 jemalloc-system",
         {32, 40, 72, 72, 72, 88, 280, 344, 81944},
         {40, 48, 80, 80, 80, 96, 288, 352, 81952},
         32,
         32},
        {"redis-7.0 jemalloc-system cluster-enabled=yes",
         {48, 56, 88, 88, 88, 104, 296, 360, 81960},
         {56, 64, 96, 96, 96, 112, 304, 368, 81968},
         32,
         32},
        {"valkey-8.0 jemalloc-system",
         {32, 32, 64, 64, 80, 80, 320, 320, 81920},
         {32, 32, 64, 64, 80, 80, 320, 320, 81920},
         32,
         32},
        /* 24, or 8 below a multiple of 16 */
        {"redis-7.2 libc",
         {48, 48, 64, 64, 80, 80, 288, 288, 70048},
         {48, 48, 64, 64, 80, 80, 288, 288, 70048},
         24,
         24},
        {"valkey-8.0 libc",
         {24, 40, 56, 56, 72, 72, 280, 280, 70040},
         {24, 40, 56, 56, 72, 72, 280, 280, 70040},
         24,
         24},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < LENGTHS; j++) {
            struct rdbp_key key = key_of(RDBP_RDB_STRING);
            const struct row r = {rows[i].server,
                                  RDBP_RDB_STRING,
                                  "S:3",
                                  3,
                                  rows[i].counted[j] + rows[i].value,
                                  rows[i].allocated[j] + rows[i].value_alloc,
                                  ENCODING_EMBSTR,
                                  SIZE_EXACT};

            key.key_bytes = lengths[j];
            check_one(&r, &key);
        }
    }
}

/* An entry in the second dictionary: never counted. */
static void test_expiry(void **state)
{
    static const struct row rows[] = {
        {"redis-4.0", 0, "S:3", 3, KEY_403 + 21, KEY_ALLOC + 24 + 24, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.2", 0, "S:3", 3, KEY_609 + 24, KEY_ALLOC + 24 + 24, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.2 cluster-enabled=yes", 0, "S:3", 3, KEY_609 + 8 + 24, 40 + 16 + 24 + 24,
         ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.2 jemalloc-system", 0, "S:3", 3, KEY_609 + 32, KEY_SYSTEM + 32 + 32,
         ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.2 libc", 0, "S:3", 3, KEY_LIBC + 24, KEY_LIBC + 24 + 24, ENCODING_EMBSTR,
         SIZE_EXACT},
        {"valkey-8.0", 0, "S:3", 3, KEY_V80 + 24, KEY_V80 + 24 + 24, ENCODING_EMBSTR, SIZE_EXACT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rdbp_key key = key_of(RDBP_RDB_STRING);

        key.has_expire = true;
        check_one(&rows[i], &key);
    }
}

/* ---- strings ---- */

static void test_strings(void **state)
{
    static const struct row rows[] = {
        {"redis-4.0.0", 0, "S:0", 0, KEY_400 + 18, KEY_ALLOC + 24, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-6.2", 0, "S:0", 0, KEY_609 + 18, KEY_ALLOC + 24, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.0.0", 0, "S:0", 0, KEY_609 + 24, KEY_ALLOC + 24, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-5.0", 0, "S:44", 44, KEY_503 + 62, KEY_ALLOC + 64, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-7.4", 0, "S:44", 44, KEY_609 + 64, KEY_ALLOC + 64, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-4.0", 0, "S:45", 45, KEY_403 + 16 + 49, KEY_ALLOC + 16 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-5.0.0", 0, "S:45", 45, KEY_403 + 16 + 49, KEY_ALLOC + 16 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-6.0.0", 0, "S:45", 45, KEY_503 + 16 + 49, KEY_ALLOC + 16 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-6.0", 0, "S:45", 45, KEY_609 + 16 + 56, KEY_ALLOC + 16 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-6.2.0", 0, "S:45", 45, KEY_609 + 16 + 56, KEY_ALLOC + 16 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"valkey-8.0", 0, "S:300", 300, KEY_V80 + 16 + 320, KEY_V80 + 16 + 320, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-7.0 jemalloc-system", 0, "S:45", 45, KEY_609 + 16 + 64, KEY_SYSTEM + 16 + 64,
         ENCODING_RAW, SIZE_EXACT},
        {"redis-7.2 libc", 0, "S:45", 45, KEY_LIBC + 16 + 56, KEY_LIBC + 24 + 56, ENCODING_RAW,
         SIZE_EXACT},
        {"redis-7.2 libc", 0, "S:12", 12, KEY_LIBC + 40, KEY_LIBC + 40, ENCODING_EMBSTR,
         SIZE_EXACT},
        /* 200010 and the chunk's 16 in whole pages: 49 * 4096 */
        {"redis-7.2 libc", 0, "S:200000", 200000, KEY_LIBC + 16 + 200688, KEY_LIBC + 24 + 200688,
         ENCODING_RAW, SIZE_EXACT},
        /* The words of OBJECT ENCODING. */
        {"redis-2.4", 0, "S:3", 3, KEY_403 + 21, KEY_ALLOC + 24, ENCODING_RAW, SIZE_EXACT},
        {"redis-2.8", 0, "S:44", 44, KEY_403 + 62, KEY_ALLOC + 64, ENCODING_RAW, SIZE_EXACT},
        /* object.c: OBJ_ENCODING_EMBSTR_SIZE_LIMIT, 39 in 3.0. */
        {"redis-3.0", 0, "S:39", 39, KEY_403 + 57, KEY_ALLOC + 64, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-3.0", 0, "S:40", 40, KEY_403 + 58, KEY_ALLOC + 64, ENCODING_RAW, SIZE_EXACT},
        {"redis-3.2", 0, "S:44", 44, KEY_403 + 62, KEY_ALLOC + 64, ENCODING_EMBSTR, SIZE_EXACT},
        {"redis-2.8", 0, "N:1:7", 1, KEY_403 + 16, KEY_ALLOC, ENCODING_INT, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

#define FREQ 1
#define IDLE 2

static void test_integers(void **state)
{
    static const struct {
        const char *server;
        unsigned attributes;
        const char *script;
        int64_t bytes, alloc_bytes;
    } rows[] = {
        /* Shared, unless each key has a clock. */
        {"redis-7.2", 0, "N:1:0", KEY_609 + 16, KEY_ALLOC},
        {"redis-7.2", 0, "N:4:9999", KEY_609 + 16, KEY_ALLOC},
        {"redis-7.2", 0, "N:5:10000", KEY_609 + 16, KEY_ALLOC + 16},
        {"redis-7.2", 0, "N:2:-1", KEY_609 + 16, KEY_ALLOC + 16},
        {"redis-7.2", FREQ, "N:1:7", KEY_609 + 16, KEY_ALLOC + 16},
        {"redis-7.2", IDLE, "N:1:7", KEY_609 + 16, KEY_ALLOC + 16},
        {"valkey-8.0", IDLE, "N:1:7", KEY_V80 + 16, KEY_V80 + 16},
        {"redis-5.0.0", FREQ, "N:1:7", KEY_403 + 16, KEY_ALLOC + 16},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=allkeys-lru", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC + 16},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=allkeys-lfu", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC + 16},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=volatile-lru", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC + 16},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=volatile-lfu", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC + 16},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=allkeys-random", FREQ, "N:1:7", KEY_609 + 16,
         KEY_ALLOC},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=volatile-random", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=volatile-ttl", 0, "N:1:7", KEY_609 + 16,
         KEY_ALLOC},
        {"redis-7.2 maxmemory=1gb maxmemory-policy=noeviction", IDLE, "N:1:7", KEY_609 + 16,
         KEY_ALLOC},
        {"redis-7.2 maxmemory=1gb", IDLE, "N:1:7", KEY_609 + 16, KEY_ALLOC},
        {"redis-7.2 maxmemory=0 maxmemory-policy=allkeys-lru", IDLE, "N:1:7", KEY_609 + 16,
         KEY_ALLOC},
        {"redis-7.2 maxmemory-policy=allkeys-lru", 0, "N:1:7", KEY_609 + 16, KEY_ALLOC},
        {"redis-7.2 maxmemory-policy=allkeys-lru", IDLE, "N:1:7", KEY_609 + 16, KEY_ALLOC},
        /* 4.0 shares what the file stores as integer, whatever the policy. */
        {"redis-4.0 maxmemory=1gb maxmemory-policy=allkeys-lru", 0, "N:4:9999", KEY_403 + 16,
         KEY_ALLOC},
        {"redis-4.0", FREQ, "N:1:7", KEY_403 + 16, KEY_ALLOC},
        /* Up to 5.0.5 a text becomes an integer where it is: 20 and its length. */
        {"redis-4.0", 0, "N:16:1234567890123456", KEY_403 + 16, KEY_ALLOC + 40},
        {"redis-4.0", 0, "N:11:-2147483649", KEY_403 + 16, KEY_ALLOC + 32},
        {"redis-4.0", 0, "N:10:2147483648", KEY_403 + 16, KEY_ALLOC + 32},
        {"redis-4.0", 0, "N:10:2147483647", KEY_403 + 16, KEY_ALLOC + 16},
        {"redis-4.0", 0, "N:11:-2147483648", KEY_403 + 16, KEY_ALLOC + 16},
        {"redis-5.0.0", 0, "N:16:1234567890123456", KEY_403 + 16, KEY_ALLOC + 40},
        {"redis-5.0.5", 0, "N:16:1234567890123456", KEY_503 + 16, KEY_ALLOC + 40},
        {"redis-5.0.6", 0, "N:16:1234567890123456", KEY_503 + 16, KEY_ALLOC + 16},
        {"redis-5.0", 0, "N:20:-9223372036854775808", KEY_503 + 16, KEY_ALLOC + 16},
        {"redis-6.0.0", 0, "N:16:1234567890123456", KEY_503 + 16, KEY_ALLOC + 16},
        {"redis-7.2", 0, "N:16:1234567890123456", KEY_609 + 16, KEY_ALLOC + 16},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row r = {rows[i].server, RDBP_RDB_STRING,     rows[i].script, 1,
                              rows[i].bytes,  rows[i].alloc_bytes, ENCODING_INT,   SIZE_EXACT};
        struct rdbp_key key = key_of(RDBP_RDB_STRING);

        key.has_freq = (rows[i].attributes & FREQ) != 0;
        key.has_idle = (rows[i].attributes & IDLE) != 0;
        check_one(&r, &key);
    }
}

/* ---- lists ---- */

#define QUICKLIST (16 + 40)
/* With a 32-bit length until 4.0.5: quicklist.h. */
#define QUICKLIST_405 (16 + 32)

static void test_list_nodes(void **state)
{
    static const struct row rows[] = {
        /* Ziplists of 40 and 100 bytes.  4.0.0: the mean node of 102 times five elements. */
        {"redis-4.0.0", 14, "Z:40:3 Z:100:2", 5, KEY_400 + QUICKLIST_405 + 5 * 102,
         KEY_ALLOC + QUICKLIST_405 + 32 + 40 + 32 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-4.0.5", 14, "Z:40:3 Z:100:2", 5, KEY_403 + QUICKLIST_405 + 5 * 102,
         KEY_ALLOC + QUICKLIST_405 + 32 + 40 + 32 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-4.0.6", 14, "Z:40:3 Z:100:2", 5, KEY_403 + QUICKLIST + 5 * 102,
         KEY_ALLOC + QUICKLIST + 32 + 40 + 32 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-4.0.7", 14, "Z:40:3 Z:100:2", 5, KEY_403 + QUICKLIST + 2 * 102,
         KEY_ALLOC + QUICKLIST + 32 + 40 + 32 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.0.0", 14, "Z:40:3 Z:100:2", 5, KEY_503 + QUICKLIST + 2 * 102,
         KEY_ALLOC + QUICKLIST + 32 + 40 + 32 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 14, "Z:40:1 Z:7:0 Z:40:1", 2, KEY_609 + QUICKLIST + 2 * 72,
         KEY_ALLOC + QUICKLIST + 2 * 72, ENCODING_QUICKLIST, SIZE_EXACT},
        /* What a file claims, times what it claims: as much as a column holds. */
        {"redis-4.0.0", 14, "Z:4611686018427387904:9", 1000, INT64_MAX,
         KEY_ALLOC + QUICKLIST_405 + 32 + (INT64_C(1) << 56), ENCODING_QUICKLIST, SIZE_EXACT},
        /* One small node: a quicklist up to 7.0. */
        {"redis-6.2", 14, "Z:40:3", 3, KEY_609 + QUICKLIST + 72, KEY_ALLOC + QUICKLIST + 72,
         ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.0", 18, "L:128:10", 10, KEY_609 + QUICKLIST + 40 + 128,
         KEY_ALLOC + QUICKLIST + 40 + 128, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.0 libc", 18, "L:128:10", 10, KEY_LIBC + QUICKLIST + 40 + 136,
         KEY_LIBC + 24 + 40 + 40 + 136, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.0 jemalloc-system", 18, "L:128:10", 10, KEY_609 + QUICKLIST + 40 + 128,
         KEY_SYSTEM + 16 + 48 + 48 + 128, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.4", 18, "L:128:10", 10, KEY_609 + 16 + 128, KEY_ALLOC + 16 + 128,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"valkey-8.0", 18, "L:128:10", 10, KEY_V80 + 16 + 128, KEY_V80 + 16 + 128,
         ENCODING_LISTPACK, SIZE_EXACT},
        /* Rewritten as a listpack: 7 + 3 * 7; on 6.2 as a ziplist: 11 + 3 * 7. */
        {"redis-7.0", 14, "Z:40:3 3*e5", 3, KEY_609 + QUICKLIST + 40 + 32,
         KEY_ALLOC + QUICKLIST + 40 + 32, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 18, "L:40:3 3*e5", 3, KEY_609 + QUICKLIST + 32 + 32,
         KEY_ALLOC + QUICKLIST + 32 + 32, ENCODING_QUICKLIST, SIZE_EXACT},
        /* A plain node on a server without such: 11 + 1 + 2 + 9000. */
        {"redis-6.2", 18, "S:9000", 1, KEY_609 + QUICKLIST + 32 + 9014,
         KEY_ALLOC + QUICKLIST + 32 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 18, "S:9000 e9000 L:40:2 2*e5", 3, KEY_609 + QUICKLIST + 32 + 9014 + 32 + 25,
         KEY_ALLOC + QUICKLIST + 32 + 10240 + 32 + 32, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.0", 18, "S:9000", 1, KEY_609 + QUICKLIST + 40 + 10240,
         KEY_ALLOC + QUICKLIST + 40 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        /* OBJECT ENCODING before there were quicklists. */
        {"redis-2.4", 1, "3*e5", 3, KEY_403 + QUICKLIST + 32 + 32, KEY_ALLOC + QUICKLIST + 32 + 32,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-2.8", 1, "e65", 1, KEY_403 + QUICKLIST + 32 + 11 + 68,
         KEY_ALLOC + QUICKLIST + 32 + 80, ENCODING_LINKEDLIST, SIZE_EXACT},
        {"redis-2.8 list-max-ziplist-value=65", 1, "e65", 1, KEY_403 + QUICKLIST + 32 + 11 + 68,
         KEY_ALLOC + QUICKLIST + 32 + 80, ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-2.8", 10, "Z:90:1 e65", 1, KEY_403 + QUICKLIST + 32 + 11 + 68,
         KEY_ALLOC + QUICKLIST + 32 + 80, ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-2.8", 1, "512*e1", 512, KEY_403 + QUICKLIST + 32 + 11 + 512 * 3,
         KEY_ALLOC + QUICKLIST + 32 + 1792, ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-3.0", 1, "513*e1", 513, KEY_403 + QUICKLIST + 32 + 11 + 513 * 3,
         KEY_ALLOC + QUICKLIST + 32 + 1792, ENCODING_LINKEDLIST, SIZE_EXACT},
        {"redis-3.2", 1, "513*e1", 513, KEY_403 + QUICKLIST + 32 + 11 + 513 * 3,
         KEY_ALLOC + QUICKLIST + 32 + 1792, ENCODING_QUICKLIST, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* Elements pushed one by one: where a node is full. */
static void test_list_limits(void **state)
{
    static const struct row rows[] = {
        /* A node of 11 + 1 + 2 + 8000 = 8014 takes 175 more: 8014 + 175 + 3 = 8192. What it really
         * takes is 5 + 2 + 175, as the entry before is long. */
        {"redis-6.2", 1, "e8000 e175", 2, KEY_609 + QUICKLIST + 32 + 8196,
         KEY_ALLOC + QUICKLIST + 32 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 1, "e8000 e176", 2, KEY_609 + QUICKLIST + 32 + 8014 + 32 + 190,
         KEY_ALLOC + QUICKLIST + 32 + 8192 + 32 + 192, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-5.0", 10, "Z:9000:2 e8000 e176", 2, KEY_503 + QUICKLIST + 32 + 8014 + 32 + 190,
         KEY_ALLOC + QUICKLIST + 32 + 8192 + 32 + 192, ENCODING_QUICKLIST, SIZE_EXACT},
        /* From 254 bytes on 5 and 2 are reckoned: 4014 + 4171 + 7 = 8192. */
        {"redis-6.2", 1, "e4000 e4171", 2, KEY_609 + QUICKLIST + 32 + 8192,
         KEY_ALLOC + QUICKLIST + 32 + 8192, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 1, "e4000 e4172", 2, KEY_609 + QUICKLIST + 32 + 4014 + 32 + 4186,
         KEY_ALLOC + QUICKLIST + 32 + 4096 + 32 + 5120, ENCODING_QUICKLIST, SIZE_EXACT},
        /* 7 + 8000 + 5 + 2 = 8014; 8014 + 170 + 8 = 8192 */
        {"redis-7.0", 1, "e8000 e170", 2, KEY_609 + QUICKLIST + 40 + 8192,
         KEY_ALLOC + QUICKLIST + 40 + 8192, ENCODING_QUICKLIST, SIZE_EXACT},
        /* 4 KiB and 64 KiB; what is beyond -5 is -5. */
        {"redis-7.2 list-max-listpack-size=-1", 1, "e4000 e170", 2,
         KEY_609 + QUICKLIST + 40 + 4096 + 40 + 192, KEY_ALLOC + QUICKLIST + 40 + 4096 + 40 + 192,
         ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=-5", 1, "e40000 e20000", 2, KEY_609 + 16 + 65536,
         KEY_ALLOC + 16 + 65536, ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=-100", 1, "e40000 e20000", 2, KEY_609 + 16 + 65536,
         KEY_ALLOC + 16 + 65536, ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=-4", 1, "e40000 e20000", 2,
         KEY_609 + QUICKLIST + 2 * 40 + 40960 + 20480,
         KEY_ALLOC + QUICKLIST + 2 * 40 + 40960 + 20480, ENCODING_QUICKLIST, SIZE_EXACT},
        /* A number of elements: 3, 3, 1; and none is one. */
        {"redis-7.2 list-max-listpack-size=3", 1, "7*e5", 7,
         KEY_609 + QUICKLIST + 3 * 40 + 32 + 32 + 16, KEY_ALLOC + QUICKLIST + 3 * 40 + 32 + 32 + 16,
         ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=3", 1, "3*e5", 3, KEY_609 + 16 + 32, KEY_ALLOC + 16 + 32,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-6.2 list-max-ziplist-size=3", 1, "7*e5", 7,
         KEY_609 + QUICKLIST + 3 * 32 + 32 + 32 + 18, KEY_ALLOC + QUICKLIST + 3 * 32 + 32 + 32 + 24,
         ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=0", 1, "2*e5", 2, KEY_609 + QUICKLIST + 2 * (40 + 16),
         KEY_ALLOC + QUICKLIST + 2 * (40 + 16), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=0", 1, "e5", 1, KEY_609 + 16 + 16, KEY_ALLOC + 16 + 16,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-5.0 list-max-ziplist-size=0", 1, "2*e5", 2, KEY_503 + QUICKLIST + 2 * (32 + 18),
         KEY_ALLOC + QUICKLIST + 2 * (32 + 24), ENCODING_QUICKLIST, SIZE_EXACT},
        /* However many elements, no node grows beyond 8 KiB. */
        {"redis-7.2 list-max-listpack-size=1000", 1, "e8000 e171", 2,
         KEY_609 + QUICKLIST + 2 * 40 + 8192 + 192, KEY_ALLOC + QUICKLIST + 2 * 40 + 8192 + 192,
         ENCODING_QUICKLIST, SIZE_EXACT},
        /* A loaded node may be any size with such a limit. */
        {"redis-7.2 list-max-listpack-size=10", 18, "L:20000:10", 10, KEY_609 + 16 + 20480,
         KEY_ALLOC + 16 + 20480, ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2 list-max-listpack-size=9", 18, "L:20000:10", 10,
         KEY_609 + QUICKLIST + 40 + 20480, KEY_ALLOC + QUICKLIST + 40 + 20480, ENCODING_QUICKLIST,
         SIZE_EXACT},
        /* Big elements: plain above the node's limit since 7.4, packed (15 bytes more) before. */
        {"redis-7.4", 1, "e10235", 1, KEY_609 + QUICKLIST + 40 + 10240,
         KEY_ALLOC + QUICKLIST + 40 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        {"valkey-8.0", 1, "e10235", 1, KEY_V80 + QUICKLIST + 40 + 10240,
         KEY_V80 + QUICKLIST + 40 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2", 1, "e10235", 1, KEY_609 + QUICKLIST + 40 + 12288,
         KEY_ALLOC + QUICKLIST + 40 + 12288, ENCODING_QUICKLIST, SIZE_EXACT},
        {"valkey-7.2", 1, "e10235", 1, KEY_609 + QUICKLIST + 40 + 12288,
         KEY_ALLOC + QUICKLIST + 40 + 12288, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.4 list-max-listpack-size=-1", 1, "e5115", 1, KEY_609 + QUICKLIST + 40 + 5120,
         KEY_ALLOC + QUICKLIST + 40 + 5120, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.4 list-max-listpack-size=10", 1, "e10235", 1, KEY_609 + QUICKLIST + 40 + 10240,
         KEY_ALLOC + QUICKLIST + 40 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.4", 1, "e5 e10235 e5", 3, KEY_609 + QUICKLIST + 3 * 40 + 16 + 10240 + 16,
         KEY_ALLOC + QUICKLIST + 3 * 40 + 16 + 10240 + 16, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2", 1, "e9000", 1, KEY_609 + QUICKLIST + 32 + 9014,
         KEY_ALLOC + QUICKLIST + 32 + 10240, ENCODING_QUICKLIST, SIZE_EXACT},
        /* Element by element, a ziplist: integers, 4-bit ones and all. 11 + 2 + 3 + 5 + 7 */
        {"redis-4.0", 1, "e#12 e#13 e#70000 e5", 4, KEY_403 + QUICKLIST + 32 + 28,
         KEY_ALLOC + QUICKLIST + 32 + 32, ENCODING_QUICKLIST, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* Five nodes of 1000 bytes that compress to 400. */
#define FIVE_Z "Z:1000:10/400 Z:1000:10/400 Z:1000:10/400 Z:1000:10/400 Z:1000:10/400"
#define FIVE_L "L:1000:10/400 L:1000:10/400 L:1000:10/400 L:1000:10/400 L:1000:10/400"

static void test_list_compression(void **state)
{
    static const struct row rows[] = {
        /* Counted is the compressed length, allocated that and 4, or 8 since 7.0. */
        {"redis-6.2", 14, FIVE_Z, 50, KEY_609 + QUICKLIST + 5 * 1032,
         KEY_ALLOC + QUICKLIST + 5 * (32 + 1024), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2 list-compress-depth=1", 14, FIVE_Z, 50,
         KEY_609 + QUICKLIST + 2 * 1032 + 3 * 432,
         KEY_ALLOC + QUICKLIST + 2 * (32 + 1024) + 3 * (32 + 448), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-4.0 list-compress-depth=1", 14, FIVE_Z, 50,
         KEY_403 + QUICKLIST + 2 * 1032 + 3 * 432,
         KEY_ALLOC + QUICKLIST + 2 * (32 + 1024) + 3 * (32 + 448), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-5.0 list-compress-depth=2", 14, FIVE_Z, 50, KEY_503 + QUICKLIST + 4 * 1032 + 432,
         KEY_ALLOC + QUICKLIST + 4 * (32 + 1024) + 32 + 448, ENCODING_QUICKLIST, SIZE_EXACT},
        /* 444 and 4 are a size class, 8 are not. */
        {"redis-6.2 list-compress-depth=1", 14, "Z:90:5 Z:1000:5/444 Z:90:5", 15,
         KEY_609 + QUICKLIST + 3 * 32 + 90 + 444 + 90,
         KEY_ALLOC + QUICKLIST + 3 * 32 + 96 + 448 + 96, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-compress-depth=1", 18, "L:90:5 L:1000:5/444 L:90:5", 15,
         KEY_609 + QUICKLIST + 3 * 40 + 96 + 512 + 96,
         KEY_ALLOC + QUICKLIST + 3 * 40 + 96 + 512 + 96, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2 list-compress-depth=3", 14, FIVE_Z, 50, KEY_609 + QUICKLIST + 5 * 1032,
         KEY_ALLOC + QUICKLIST + 5 * (32 + 1024), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-6.2 list-compress-depth=3", 14, FIVE_Z " " FIVE_Z, 100,
         KEY_609 + QUICKLIST + 6 * 1032 + 4 * 432,
         KEY_ALLOC + QUICKLIST + 6 * (32 + 1024) + 4 * (32 + 448), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-compress-depth=1", 18, FIVE_L, 50,
         KEY_609 + QUICKLIST + 2 * (40 + 1024) + 3 * (40 + 448),
         KEY_ALLOC + QUICKLIST + 2 * (40 + 1024) + 3 * (40 + 448), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-compress-depth=2", 18, FIVE_L, 50,
         KEY_609 + QUICKLIST + 4 * (40 + 1024) + 40 + 448,
         KEY_ALLOC + QUICKLIST + 4 * (40 + 1024) + 40 + 448, ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-compress-depth=3", 18, FIVE_L, 50, KEY_609 + QUICKLIST + 5 * (40 + 1024),
         KEY_ALLOC + QUICKLIST + 5 * (40 + 1024), ENCODING_QUICKLIST, SIZE_EXACT},
        {"redis-7.2 list-compress-depth=65535", 18, FIVE_L, 50,
         KEY_609 + QUICKLIST + 5 * (40 + 1024), KEY_ALLOC + QUICKLIST + 5 * (40 + 1024),
         ENCODING_QUICKLIST, SIZE_EXACT},
        /* Only of those between, and only where more than 8 are won from 48 and more. */
        {"redis-6.2 list-compress-depth=1", 14,
         "Z:90:5 Z:48:5/39 Z:48:5/40 Z:47:5/20 Z:90:5", 25,
         KEY_609 + QUICKLIST + 5 * 32 + 90 + 39 + 48 + 47 + 90,
         KEY_ALLOC + QUICKLIST + 5 * 32 + 96 + 48 + 48 + 48 + 96, ENCODING_QUICKLIST, SIZE_EXACT},
        /* One that the file stores as it is may be one that was never tried. */
        {"redis-6.2 list-compress-depth=1", 14, "Z:90:5 Z:48:5 Z:90:5", 15,
         KEY_609 + QUICKLIST + 3 * 32 + 90 + 48 + 90,
         KEY_ALLOC + QUICKLIST + 3 * 32 + 96 + 48 + 96, ENCODING_QUICKLIST, SIZE_EXPECTED},
        {"redis-6.2 list-compress-depth=1", 14, "Z:90:5 Z:47:5 Z:90:5", 15,
         KEY_609 + QUICKLIST + 3 * 32 + 90 + 47 + 90,
         KEY_ALLOC + QUICKLIST + 3 * 32 + 96 + 48 + 96, ENCODING_QUICKLIST, SIZE_EXACT},
        /* Plain nodes are compressed as well. */
        {"redis-7.2 list-compress-depth=1", 18, "L:90:5 S:9000/100 L:90:5", 11,
         KEY_609 + QUICKLIST + 2 * (40 + 96) + 40 + 112,
         KEY_ALLOC + QUICKLIST + 2 * (40 + 96) + 40 + 112, ENCODING_QUICKLIST, SIZE_EXACT},
        /* A blob that compression made longer: nonsense, and not compressed again. */
        {"redis-7.2 list-compress-depth=1", 14,
         "Z:90:5/9000000 5*e5 Z:90:5/9000000 5*e5 Z:90:5/9000000 5*e5", 15,
         KEY_609 + QUICKLIST + 3 * (40 + 48), KEY_ALLOC + QUICKLIST + 3 * (40 + 48),
         ENCODING_QUICKLIST, SIZE_EXPECTED},
        /* One node is a listpack, whatever the depth. */
        {"redis-7.2 list-compress-depth=1", 18, "L:1000:10/400", 10, KEY_609 + 16 + 1024,
         KEY_ALLOC + 16 + 1024, ENCODING_LISTPACK, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* ---- sets ---- */

static void test_sets(void **state)
{
    static const struct row rows[] = {
        {"redis-4.0", 11, "I:12:2", 2, KEY_403 + 16 + 12, KEY_ALLOC + 16 + 16, ENCODING_INTSET,
         SIZE_EXACT},
        {"redis-6.2", 11, "I:12:2", 2, KEY_609 + 16 + 12, KEY_ALLOC + 16 + 16, ENCODING_INTSET,
         SIZE_EXACT},
        {"redis-7.0", 11, "I:12:2", 2, KEY_609 + 16 + 16, KEY_ALLOC + 16 + 16, ENCODING_INTSET,
         SIZE_EXACT},
        {"redis-7.2 libc", 11, "I:12:2", 2, KEY_LIBC + 16 + 24, KEY_LIBC + 24 + 24, ENCODING_INTSET,
         SIZE_EXACT},
        {"redis-6.2", 2, "m#1 m#70000", 2, KEY_609 + 16 + 16, KEY_ALLOC + 16 + 16, ENCODING_INTSET,
         SIZE_EXACT},
        /* No packed form for strings before 7.2.  Members of 5: 1 + 5 + 1. */
        {"redis-4.0", 2, "3*m5", 3, KEY_403 + DICT_60 + 32 + 3 * (24 + 7),
         KEY_ALLOC + DICT_60 + 32 + 3 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.0.0", 2, "3*m5", 3, KEY_503 + DICT_60 + 32 + 3 * (24 + 7),
         KEY_ALLOC + DICT_60 + 32 + 3 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.2", 2, "3*m5", 3, KEY_609 + DICT_60 + 32 + 3 * (24 + 8),
         KEY_ALLOC + DICT_60 + 32 + 3 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.0", 2, "3*m5", 3, KEY_609 + DICT_70 + 32 + 3 * (24 + 8),
         KEY_ALLOC + DICT_70 + 32 + 3 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.0 jemalloc-system", 2, "3*m5", 3, KEY_609 + DICT_70 + 32 + 3 * (24 + 8),
         KEY_SYSTEM + 16 + 64 + 32 + 3 * (32 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        /* What a SET_LISTPACK holds, on a server without such. */
        {"redis-7.0", 20, "L:40:3 3*m5", 3, KEY_609 + DICT_70 + 32 + 3 * (24 + 8),
         KEY_ALLOC + DICT_70 + 32 + 3 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.0", 20, "L:40:3 m#1 m#70000", 2, KEY_609 + 16 + 16, KEY_ALLOC + 16 + 16,
         ENCODING_INTSET, SIZE_EXACT},
        {"redis-7.2", 20, "L:40:3", 3, KEY_609 + 16 + 40, KEY_ALLOC + 16 + 40, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-7.2 set-max-listpack-entries=2", 20, "L:40:3 3*m5", 3,
         KEY_609 + DICT_70 + 32 + 3 * (24 + 8),
         /* one shares a bucket of 4, on the average 3 - 4 (1 - (3/4)^3) = 0.6875 */
         KEY_ALLOC + DICT_70 + 32 + 3 * 8 + 11, ENCODING_HASHTABLE, SIZE_EXACT},
        /* An intset of 16 becomes a table of 16, is expanded for 17, one addition moves a bucket.
         */
        {"redis-7.0", 2, "16*m#1 m5", 17, KEY_609 + DICT_70 + 8 * (16 + 32) + 17 * (24 + 8),
         KEY_ALLOC + DICT_70 + 128 + 256 + 17 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-5.0", 2, "16*m#1 m5", 17,
         KEY_503 + DICT_60 + 8 * (16 + 32) + 16 * (24 + 3) + 24 + 7,
         KEY_ALLOC + DICT_60 + 128 + 256 + 17 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        /* A table of 4 is expanded for 23. */
        {"redis-7.0", 2, "3*m#1 20*m5", 23, KEY_609 + DICT_70 + 8 * 32 + 23 * (24 + 8),
         KEY_ALLOC + DICT_70 + 256 + 23 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.2", 2, "16*m#1 16*m5", 32, KEY_609 + DICT_60 + 8 * 32 + 32 * (24 + 8),
         KEY_ALLOC + DICT_60 + 256 + 32 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-4.0", 2, "16*m#1 12*m5", 28,
         KEY_403 + DICT_60 + 8 * 32 + 16 * (24 + 3) + 12 * (24 + 7),
         KEY_ALLOC + DICT_60 + 256 + 28 * (24 + 8), ENCODING_HASHTABLE, SIZE_EXPECTED},
        {"redis-7.0 set-max-intset-entries=15", 2, "16*m#1 m5", 17,
         KEY_609 + DICT_70 + 8 * 32 + 17 * (24 + 8), KEY_ALLOC + DICT_70 + 256 + 17 * (24 + 8),
         ENCODING_HASHTABLE, SIZE_EXACT},
        /* 200 in 256 slots: 61.026 share a bucket with an earlier one. */
        {"redis-7.4", 2, "200*m8", 200, KEY_609 + DICT_70 + 2048 + 200 * (24 + 16),
         KEY_ALLOC + DICT_70 + 2048 + 200 * 16 + 976, ENCODING_HASHTABLE, SIZE_EXACT},
        {"valkey-8.0", 2, "200*m8", 200, KEY_V80 + DICT_70 + 2048 + 200 * 16 + 976,
         KEY_V80 + DICT_70 + 2048 + 200 * 16 + 976, ENCODING_HASHTABLE, SIZE_EXPECTED},
        {"valkey-unstable", 20, "L:2000:200 200*m8", 200, KEY_V80 + DICT_70 + 2048 + 200 * 16 + 976,
         KEY_V80 + DICT_70 + 2048 + 200 * 16 + 976, ENCODING_HASHTABLE, SIZE_EXPECTED},
        {"valkey-8.0", 2, "m65", 1, KEY_V80 + DICT_70 + 32 + 80, KEY_V80 + DICT_70 + 32 + 80,
         ENCODING_HASHTABLE, SIZE_EXACT},
        /* 61.026 entries of 24 */
        {"redis-7.2 libc", 2, "200*m8", 200, KEY_LIBC + DICT_70 + 2048 + 200 * (24 + 24),
         KEY_LIBC + 24 + 56 + 2056 + 200 * 24 + 1465, ENCODING_HASHTABLE, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* ---- hashes ---- */

static void test_hashes(void **state)
{
    static const struct row rows[] = {
        {"redis-4.0", 13, "Z:53:6", 3, KEY_403 + 16 + 53, KEY_ALLOC + 16 + 56, ENCODING_ZIPLIST,
         SIZE_EXACT},
        {"redis-6.2", 13, "Z:53:6", 3, KEY_609 + 16 + 53, KEY_ALLOC + 16 + 56, ENCODING_ZIPLIST,
         SIZE_EXACT},
        {"redis-7.0", 13, "Z:53:6 3*f5,v5", 3, KEY_609 + 16 + 56, KEY_ALLOC + 16 + 56,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.0", 16, "L:49:6", 3, KEY_609 + 16 + 56, KEY_ALLOC + 16 + 56, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-7.2 libc", 16, "L:112:10", 5, KEY_LIBC + 16 + 120, KEY_LIBC + 24 + 120,
         ENCODING_LISTPACK, SIZE_EXACT},
        /* 11 + 6 * 7, 11 + 7 + 73: packed values are trusted with their lengths. */
        {"redis-6.2", 16, "L:49:6 3*f5,v5", 3, KEY_609 + 16 + 53, KEY_ALLOC + 16 + 56,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-6.2", 16, "L:90:2 f5,v70", 1, KEY_609 + 16 + 91, KEY_ALLOC + 16 + 96,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-5.0", 4, "3*f5,v5", 3, KEY_503 + 16 + 53, KEY_ALLOC + 16 + 56, ENCODING_ZIPLIST,
         SIZE_EXACT},
        /* A long entry before makes the next one longer: 11 + 7 + (1 + 2 + 300) + (5 + 1 + 5) + 7
         */
        {"redis-5.0 hash-max-ziplist-value=300", 4, "f5,v300 f5,v5", 2, KEY_503 + 16 + 339 - 7 + 7,
         KEY_ALLOC + 16 + 384, ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-2.4", 9, "M:60:3 3*f5,v5", 3, KEY_403 + 16 + 53, KEY_ALLOC + 16 + 56,
         ENCODING_ZIPMAP, SIZE_EXACT},
        {"redis-2.6", 9, "M:60:3 3*f5,v5", 3, KEY_403 + 16 + 53, KEY_ALLOC + 16 + 56,
         ENCODING_ZIPLIST, SIZE_EXACT},
        /* 513 pairs: 4.0 lets the table grow, and a blob's did so up to 6.2. */
        {"redis-4.0", 4, "513*f5,v5", 513, KEY_403 + DICT_60 + 8 * (512 + 1024) + 513 * (24 + 14),
         KEY_ALLOC + DICT_60 + 4096 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-5.0.0", 4, "513*f5,v5", 513, KEY_403 + DICT_60 + 8 * 1024 + 513 * (24 + 14),
         KEY_ALLOC + DICT_60 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.0.0", 4, "513*f5,v5", 513, KEY_503 + DICT_60 + 8 * 1024 + 513 * (24 + 14),
         KEY_ALLOC + DICT_60 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.2", 4, "513*f5,v5", 513, KEY_609 + DICT_60 + 8 * 1024 + 513 * (24 + 16),
         KEY_ALLOC + DICT_60 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.2", 13, "Z:9000:1026 513*f5,v5", 513,
         KEY_609 + DICT_60 + 8 * (512 + 1024) + 513 * (24 + 16),
         KEY_ALLOC + DICT_60 + 4096 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.0", 13, "Z:9000:1026 513*f5,v5", 513,
         KEY_609 + DICT_70 + 8 * 1024 + 513 * (24 + 16),
         KEY_ALLOC + DICT_70 + 8192 + 513 * (24 + 16), ENCODING_HASHTABLE, SIZE_EXACT},
        {"valkey-8.0", 16, "L:9000:1026 513*f5,v5", 513,
         KEY_V80 + DICT_70 + 8 * 1024 + 513 * (24 + 16), KEY_V80 + DICT_70 + 8192 + 513 * (24 + 16),
         ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.2 hash-max-listpack-entries=2", 4, "3*f5,v5", 3,
         KEY_609 + DICT_70 + 32 + 3 * (24 + 16), KEY_ALLOC + DICT_70 + 32 + 3 * (24 + 16),
         ENCODING_HASHTABLE, SIZE_EXACT},
        /* The long one is number 18, one more follows.  Since 7.0 the table is made for the 18: 32.
         * Before, it grew to 16, and the 17th began a rehash of which three steps are done. */
        {"redis-7.0", 4, "18*f5,v5 f5,v65 f5,v5", 20,
         KEY_609 + DICT_70 + 8 * 32 + 20 * 24 + 39 * 8 + 80,
         KEY_ALLOC + DICT_70 + 256 + 20 * 24 + 39 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-6.2", 4, "18*f5,v5 f5,v65 f5,v5", 20,
         KEY_609 + DICT_60 + 8 * (16 + 32) + 20 * 24 + 39 * 8 + 80,
         KEY_ALLOC + DICT_60 + 128 + 256 + 20 * 24 + 39 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-5.0", 4, "18*f5,v5 f5,v65 f5,v5", 20,
         KEY_503 + DICT_60 + 8 * (16 + 32) + 20 * 24 + 39 * 7 + 69,
         KEY_ALLOC + DICT_60 + 128 + 256 + 20 * 24 + 39 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXACT},
        /* 17 follow the long one: expanded to 32 for them, but not in 4.0. */
        {"redis-5.0", 4, "3*f5,v5 f5,v65 17*f5,v5", 21,
         KEY_503 + DICT_60 + 8 * 32 + 21 * 24 + 41 * 7 + 69,
         KEY_ALLOC + DICT_60 + 256 + 21 * 24 + 41 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-4.0", 4, "3*f5,v5 f5,v65 17*f5,v5", 21,
         KEY_403 + DICT_60 + 8 * (16 + 32) + 21 * 24 + 41 * 7 + 69,
         KEY_ALLOC + DICT_60 + 128 + 256 + 21 * 24 + 41 * 8 + 80, ENCODING_HASHTABLE, SIZE_EXACT},
        /* Since 7.4 a field is a string of another kind: 3 and 1 around 316 are 320; before 5 and
         * 1: 322. */
        {"redis-7.4", 4, "f316,v5", 1, KEY_609 + DICT_70 + 32 + 24 + 320 + 8,
         KEY_ALLOC + DICT_70 + 32 + 24 + 320 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.2", 4, "f316,v5", 1, KEY_609 + DICT_70 + 32 + 24 + 384 + 8,
         KEY_ALLOC + DICT_70 + 32 + 24 + 384 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        {"valkey-8.0", 4, "f316,v5", 1, KEY_V80 + DICT_70 + 32 + 24 + 384 + 8,
         KEY_V80 + DICT_70 + 32 + 24 + 384 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.4", 4, "f70000,v5", 1, KEY_609 + DICT_70 + 32 + 24 + 81920 + 8,
         KEY_ALLOC + DICT_70 + 32 + 24 + 81920 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        /* Other allocators: string of 65 80 or 72, entry 32 or 24, object 16 or 24, dict 64 or 56.
         */
        {"redis-7.0 jemalloc-system", 4, "3*f5,v65", 3, KEY_609 + DICT_70 + 32 + 3 * (24 + 8 + 80),
         KEY_SYSTEM + 16 + 64 + 32 + 3 * (32 + 8 + 80), ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.2 libc", 4, "3*f5,v65", 3, KEY_LIBC + DICT_70 + 32 + 3 * (24 + 24 + 72),
         KEY_LIBC + 24 + 56 + 40 + 3 * (24 + 24 + 72), ENCODING_HASHTABLE, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* Ten pairs, two with TTL: what becomes of them on servers that know no such thing. */
static void test_field_ttls(void **state)
{
#define TEN_SPREAD "2*t1700000000000,f5,v5 8*t0,f5,v5"
#define TEN_PACKED "L:192:30 2*f5,v5,t1700000000000 8*f5,v5,t0"
    static const struct row rows[] = {
        /* 7 + 20 * 7 + 2 * 10 + 8 * 2 */
        {"redis-7.4", 24, TEN_SPREAD, 10, KEY_609 + 16 + 32 + 192, KEY_ALLOC + 16 + 32 + 192,
         ENCODING_LISTPACKEX, SIZE_EXACT},
        {"redis-8.0", 25, TEN_PACKED, 10, KEY_609 + 16 + 32 + 192, KEY_ALLOC + 16 + 32 + 192,
         ENCODING_LISTPACKEX, SIZE_EXACT},
        {"redis-7.4 libc", 25, TEN_PACKED, 10, KEY_LIBC + 16 + 40 + 200, KEY_LIBC + 24 + 40 + 200,
         ENCODING_LISTPACKEX, SIZE_EXACT},
        /* 7 + 20 * 7, or 11 + 20 * 7 */
        {"redis-7.2", 24, TEN_SPREAD, 10, KEY_609 + 16 + 160, KEY_ALLOC + 16 + 160,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2", 22, TEN_SPREAD, 10, KEY_609 + 16 + 160, KEY_ALLOC + 16 + 160,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2", 25, TEN_PACKED, 10, KEY_609 + 16 + 160, KEY_ALLOC + 16 + 160,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.2", 23, TEN_PACKED, 10, KEY_609 + 16 + 160, KEY_ALLOC + 16 + 160,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"valkey-8.0", 25, TEN_PACKED, 10, KEY_V80 + 16 + 160, KEY_V80 + 16 + 160,
         ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-6.2", 24, TEN_SPREAD, 10, KEY_609 + 16 + 151, KEY_ALLOC + 16 + 160,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-6.2", 25, TEN_PACKED, 10, KEY_609 + 16 + 151, KEY_ALLOC + 16 + 160,
         ENCODING_ZIPLIST, SIZE_EXACT},
        /* A table: a plain one on 7.2. */
        {"redis-7.4", 24, "f5,v65,t0 t1700000000000,f5,v5", 2,
         KEY_609 + DICT_70 + 32 + 2 * 24 + 80 + 8 + 32 + 8,
         KEY_ALLOC + 16 + 96 + 32 + 2 * 24 + 80 + 8 + 32 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.2", 24, "t0,f5,v65 t1700000000000,f5,v5", 2,
         KEY_609 + DICT_70 + 32 + 2 * 24 + 80 + 8 + 8 + 8,
         KEY_ALLOC + DICT_70 + 32 + 2 * 24 + 80 + 8 + 8 + 8, ENCODING_HASHTABLE, SIZE_EXACT},
        {"redis-7.2", 25, "L:9000:1539 513*f5,v5,t1700000000000", 513,
         KEY_609 + DICT_70 + 8192 + 513 * (24 + 16), KEY_ALLOC + DICT_70 + 8192 + 513 * (24 + 16),
         ENCODING_HASHTABLE, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* ---- sorted sets ---- */

/* Nodes of 129: 45.836, 53.336 or 45.333 each. */
#define NODES_JEMALLOC 5913
#define NODES_SYSTEM   6880
#define NODES_LIBC     5848

static void test_skiplists(void **state)
{
    static const struct row rows[] = {
        /* 4.0 counts neither dict nor skiplist, and its table grew. */
        {"redis-4.0", 5, "129*m5,s1", 129,
         KEY_403 + 16 + 16 + 8 * (128 + 256) + 129 * (24 + 7) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 640 + 1024 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-5.0.0", 5, "129*m5,s1", 129,
         KEY_403 + 16 + 16 + 8 * 256 + 129 * (24 + 7) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 1280 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-5.0.5", 5, "129*m5,s1", 129,
         KEY_503 + 16 + 16 + 8 * 256 + 129 * (24 + 7) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 1280 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-5.0.6", 5, "129*m5,s1", 129,
         KEY_503 + 16 + 16 + 32 + 96 + 1280 + 8 * 256 + 129 * (24 + 7) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 1280 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-6.0.0", 5, "129*m5,s1", 129,
         KEY_503 + 16 + 16 + 32 + 96 + 640 + 8 * 256 + 129 * (24 + 7) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 640 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-6.2", 5, "129*m5,s1", 129,
         KEY_609 + 16 + 16 + 32 + 96 + 640 + 8 * 256 + 129 * (24 + 8) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 640 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-7.0", 3, "129*m5,s1", 129,
         KEY_609 + 16 + 16 + 32 + 56 + 640 + 8 * 256 + 129 * (24 + 8) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 56 + 640 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        /* Converted from a packed value: expanded since 7.2. */
        {"redis-6.2", 12, "Z:1100:258 129*m5,s1", 129,
         KEY_609 + 16 + 16 + 32 + 96 + 640 + 8 * (128 + 256) + 129 * (24 + 8) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 96 + 640 + 1024 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-7.0", 17, "L:1100:258 129*m5,s1", 129,
         KEY_609 + 16 + 16 + 32 + 56 + 640 + 8 * (128 + 256) + 129 * (24 + 8) + NODES_JEMALLOC,
         KEY_ALLOC + 16 + 16 + 32 + 56 + 640 + 1024 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"valkey-8.0", 17, "L:1100:258 129*m5,s1", 129,
         KEY_V80 + 16 + 16 + 32 + 56 + 640 + 8 * 256 + 129 * (24 + 8) + NODES_JEMALLOC,
         KEY_V80 + 16 + 16 + 32 + 56 + 640 + 2048 + 129 * (24 + 8) + NODES_JEMALLOC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-7.0 jemalloc-system", 5, "129*m5,s1", 129,
         KEY_609 + 16 + 16 + 32 + 56 + 640 + 8 * 256 + 129 * (24 + 8) + NODES_SYSTEM,
         KEY_SYSTEM + 16 + 16 + 32 + 64 + 640 + 2048 + 129 * (32 + 8) + NODES_SYSTEM,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        /* 536 for the head: 544 and 8 for the chunk is a multiple of 16 less 8. */
        {"redis-7.2 libc", 5, "129*m5,s1", 129,
         KEY_LIBC + 16 + 16 + 32 + 56 + 536 + 8 * 256 + 129 * (24 + 24) + NODES_LIBC,
         KEY_LIBC + 24 + 24 + 40 + 56 + 536 + 2056 + 129 * (24 + 24) + NODES_LIBC,
         ENCODING_SKIPLIST, SIZE_EXPECTED},
        {"redis-7.2 zset-max-listpack-entries=1", 5, "2*m5,s1", 2,
         KEY_609 + 16 + 16 + 32 + 56 + 640 + 32 + 2 * (24 + 8) + 92,
         KEY_ALLOC + 16 + 16 + 32 + 56 + 640 + 32 + 2 * (24 + 8) + 92, ENCODING_SKIPLIST,
         SIZE_EXPECTED},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* One member of 5 bytes: 18 in a ziplist with header and end, 14 in a listpack; then its score. */
static void test_packed_scores(void **state)
{
    static const struct row rows[] = {
        {"redis-6.2", 5, "m5,s1.5", 1, KEY_609 + 16 + 18 + 5, KEY_ALLOC + 16 + 24, ENCODING_ZIPLIST,
         SIZE_EXACT},
        /* 0.10000000000000001 up to 7.0, then 0.1 */
        {"redis-6.2", 5, "m5,s0.1", 1, KEY_609 + 16 + 18 + 21, KEY_ALLOC + 16 + 40,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-4.0", 3, "m5,s0.1", 1, KEY_403 + 16 + 18 + 21, KEY_ALLOC + 16 + 40,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-7.0", 5, "m5,s0.1", 1, KEY_609 + 16 + 40, KEY_ALLOC + 16 + 40, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-7.2", 5, "m5,s0.1", 1, KEY_609 + 16 + 24, KEY_ALLOC + 16 + 24, ENCODING_LISTPACK,
         SIZE_EXACT},
        /* -0: a text of two, an integer since 7.0 */
        {"redis-6.2", 5, "m5,s-0", 1, KEY_609 + 16 + 18 + 4, KEY_ALLOC + 16 + 24, ENCODING_ZIPLIST,
         SIZE_EXACT},
        {"redis-6.2", 5, "m5,s0", 1, KEY_609 + 16 + 18 + 2, KEY_ALLOC + 16 + 24, ENCODING_ZIPLIST,
         SIZE_EXACT},
        {"redis-7.0", 5, "m5,s-0", 1, KEY_609 + 16 + 16, KEY_ALLOC + 16 + 16, ENCODING_LISTPACK,
         SIZE_EXACT},
        /* 1e+17, but 10000000000000000; integers of 64 bits since 7.0 */
        {"redis-6.2", 5, "m5,s1e17", 1, KEY_609 + 16 + 18 + 7, KEY_ALLOC + 16 + 28 - 28 + 32,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-6.2", 5, "m5,s1e16", 1, KEY_609 + 16 + 18 + 10, KEY_ALLOC + 16 + 32,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-7.0", 5, "m5,s1e17", 1, KEY_609 + 16 + 24, KEY_ALLOC + 16 + 24, ENCODING_LISTPACK,
         SIZE_EXACT},
        /* 1.0000000000000001e+300, 1e+300 */
        {"redis-6.2", 5, "m5,s1e300", 1, KEY_609 + 16 + 18 + 25, KEY_ALLOC + 16 + 48,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-7.0", 5, "m5,s1e300", 1, KEY_609 + 16 + 40, KEY_ALLOC + 16 + 40, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-7.2", 5, "m5,s1e300", 1, KEY_609 + 16 + 24, KEY_ALLOC + 16 + 24, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-6.2", 5, "m5,sinf", 1, KEY_609 + 16 + 18 + 5, KEY_ALLOC + 16 + 24, ENCODING_ZIPLIST,
         SIZE_EXACT},
        /* Packed in the file: taken as it is, or rewritten with the texts it has. */
        {"redis-6.2", 12, "Z:99:4", 2, KEY_609 + 16 + 99, KEY_ALLOC + 16 + 112, ENCODING_ZIPLIST,
         SIZE_EXACT},
        {"redis-7.0", 12, "Z:99:2 m5,s0.10000000000000001", 1, KEY_609 + 16 + 40,
         KEY_ALLOC + 16 + 40, ENCODING_LISTPACK, SIZE_EXACT},
        {"redis-7.0", 17, "L:99:4", 2, KEY_609 + 16 + 112, KEY_ALLOC + 16 + 112, ENCODING_LISTPACK,
         SIZE_EXACT},
        {"redis-6.2", 17, "L:99:2 m5,s0.1", 1, KEY_609 + 16 + 18 + 21, KEY_ALLOC + 16 + 40,
         ENCODING_ZIPLIST, SIZE_EXACT},
        {"redis-6.2", 17, "L:99:4 m5,s1.5 m5,s3", 2, KEY_609 + 16 + 18 + 5 + 7 + 2,
         KEY_ALLOC + 16 + 32, ENCODING_ZIPLIST, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

/* ---- streams ---- */

#define STREAM "X1526919030474-0:90"
#define GROUP  STREAM " Gg P1-0 Cc Q1-0"

static void test_streams(void **state)
{
    static const struct row rows[] = {
        /* Neither the structure nor what the allocator adds is counted at first. */
        {"redis-5.0.0", 15, STREAM, 3, KEY_403 + 16 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_NO_WORD, SIZE_EXACT},
        {"redis-5.0", 15, STREAM, 3, KEY_503 + 16 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_NO_WORD, SIZE_EXACT},
        {"redis-6.0.0", 15, STREAM, 3, KEY_503 + 16 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_NO_WORD, SIZE_EXACT},
        {"redis-6.0", 15, STREAM, 3, KEY_609 + 16 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-6.2.4", 15, STREAM, 3, KEY_609 + 16 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-6.2.5", 15, STREAM, 3, KEY_609 + 16 + 40 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-6.2.11", 15, STREAM, 3, KEY_609 + 16 + 40 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-6.2.12", 15, STREAM, 3, KEY_609 + 16 + 40 + ONE_KEY_TREE + 96,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-7.0.9", 19, STREAM, 3, KEY_609 + 16 + 80 + ONE_KEY_TREE + 90,
         KEY_ALLOC + 16 + 80 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-7.0.10", 19, STREAM, 3, KEY_609 + 16 + 80 + ONE_KEY_TREE + 96,
         KEY_ALLOC + 16 + 80 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"valkey-8.0", 21, STREAM, 3, KEY_V80 + 16 + 80 + ONE_KEY_TREE + 96,
         KEY_V80 + 16 + 80 + RAX_ONE_ID + 96, ENCODING_STREAM, SIZE_EXACT},
        {"valkey-unstable", 21, STREAM, 3, KEY_V80 + 16 + 80 + RAX_ONE_ID_V + 96,
         KEY_V80 + 16 + 80 + RAX_ONE_ID_V + 96, ENCODING_STREAM, SIZE_EXACT},
        /* Group 32, 40; consumer 24, 32 from 7.2. */
        {"redis-5.0", 15, GROUP, 3,
         KEY_503 + 16 + ONE_KEY_TREE + 90 + 32 + ONE_KEY_TREE + 24 + 24 + 1 + ONE_KEY_TREE,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96 + RAX_ONE_NAME + 32 + RAX_ONE_ID + 24 +
             RAX_ONE_NAME + 24 + 8 + RAX_ONE_ID,
         ENCODING_NO_WORD, SIZE_EXACT},
        {"redis-7.0", 19, GROUP, 3,
         KEY_609 + 16 + 80 + ONE_KEY_TREE + 96 + 40 + ONE_KEY_TREE + 24 + 24 + 1 + ONE_KEY_TREE,
         KEY_ALLOC + 16 + 80 + RAX_ONE_ID + 96 + RAX_ONE_NAME + 40 + RAX_ONE_ID + 24 +
             RAX_ONE_NAME + 24 + 8 + RAX_ONE_ID,
         ENCODING_STREAM, SIZE_EXACT},
        {"redis-7.4", 21, GROUP, 3,
         KEY_609 + 16 + 80 + ONE_KEY_TREE + 96 + 40 + ONE_KEY_TREE + 24 + 32 + 1 + ONE_KEY_TREE,
         KEY_ALLOC + 16 + 80 + RAX_ONE_ID + 96 + RAX_ONE_NAME + 40 + RAX_ONE_ID + 24 +
             RAX_ONE_NAME + 32 + 8 + RAX_ONE_ID,
         ENCODING_STREAM, SIZE_EXACT},
        {"valkey-unstable", 21, GROUP, 3,
         KEY_V80 + 16 + 80 + RAX_ONE_ID_V + 96 + 40 + RAX_ONE_ID_V + 24 + 32 + 1 + RAX_ONE_ID_V,
         KEY_V80 + 16 + 80 + RAX_ONE_ID_V + 96 + (RAX_ONE_NAME + 8) + 40 + RAX_ONE_ID_V + 24 +
             (RAX_ONE_NAME + 8) + 32 + 8 + RAX_ONE_ID_V,
         ENCODING_STREAM, SIZE_EXACT},
        {"redis-6.2", 15, "X1-0:90 Gg", 3, KEY_609 + 16 + 40 + ONE_KEY_TREE + 96 + 32 + EMPTY_TREE,
         KEY_ALLOC + 16 + 40 + RAX_ONE_ID + 96 + RAX_ONE_NAME + 32 + 2 * RAX_EMPTY, ENCODING_STREAM,
         SIZE_EXACT},
        /* Structure of a tree 32, its nodes 32 and 16; stream 80, listpack 96: as they are.  glibc:
         * 24 of structure, 40 and 24 of nodes; 88; 104. */
        {"redis-7.0 jemalloc-system", 19, STREAM, 3, KEY_609 + 16 + 80 + ONE_KEY_TREE + 96,
         KEY_SYSTEM + 16 + 80 + (32 + 32 + 16) + 96, ENCODING_STREAM, SIZE_EXACT},
        {"redis-7.2 libc", 21, STREAM, 3, KEY_LIBC + 16 + 80 + ONE_KEY_TREE + 104,
         KEY_LIBC + 24 + 88 + (24 + 40 + 24) + 104, ENCODING_STREAM, SIZE_EXACT},
    };

    (void)state;
    check_rows(rows, COUNT(rows));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_list_nodes),
        cmocka_unit_test(test_list_limits),
        cmocka_unit_test(test_list_compression),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_field_ttls),
        cmocka_unit_test(test_skiplists),
        cmocka_unit_test(test_packed_scores),
        cmocka_unit_test(test_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
