/* test_memory_key_meter.c -- keys of every RDB type, from hand-made events to their size.
 *
 * A row's script stands for the events of one value, in file order:
 *
 *      S:<n>          a string of n bytes (a value, or a plain list node)
 *      N:<n>:<int>    a string value that is an integer, n characters of text
 *      L:<n>:<count>  a blob: L listpack, Z ziplist, M zipmap, I intset; count in its header, or ?
 *      X<ms>-<seq>:<n>  a stream's listpack
 *      e5 e#77        items: e element, m member, f field, v value; by length, or an integer
 *      s1.5 t1700     a score (also with the text's length), a field's TTL
 *      G<name> P<ms>-<seq> C<name> Q<ms>-<seq>   group, its pending entry, consumer, its entry
 *      20*f5,v5       twenty times f5 v5
 *
 * Expected sizes are sums by hand after the memory model: KEY is the entry of 24 and a name of 12
 * bytes in 16, then the object of 16, dict 56, 8 a slot, and so on.  Rows marked "14.10" are
 * figures that were measured on a server.
 */
// SPDX-License-Identifier: MIT
#include "memory/memory_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static enum rdbp_type type_of(uint16_t rdb_type)
{
    switch (rdb_type) {
    case RDBP_RDB_STRING: return RDBP_TYPE_STRING;
    case RDBP_RDB_LIST:
    case RDBP_RDB_LIST_ZIPLIST:
    case RDBP_RDB_LIST_QUICKLIST:
    case RDBP_RDB_LIST_QUICKLIST_2: return RDBP_TYPE_LIST;
    case RDBP_RDB_SET:
    case RDBP_RDB_SET_INTSET:
    case RDBP_RDB_SET_LISTPACK: return RDBP_TYPE_SET;
    case RDBP_RDB_ZSET:
    case RDBP_RDB_ZSET_2:
    case RDBP_RDB_ZSET_ZIPLIST:
    case RDBP_RDB_ZSET_LISTPACK: return RDBP_TYPE_ZSET;
    case RDBP_RDB_MODULE_2: return RDBP_TYPE_MODULE;
    case RDBP_RDB_STREAM_LISTPACKS:
    case RDBP_RDB_STREAM_LISTPACKS_2:
    case RDBP_RDB_STREAM_LISTPACKS_3: return RDBP_TYPE_STREAM;
    default: return RDBP_TYPE_HASH;
    }
}

/* ---- scripts ---- */

static uint64_t parse_number(const char **p)
{
    char *end;
    const uint64_t n = strtoull(*p, &end, 10);

    assert_ptr_not_equal(end, *p);
    *p = end;
    return n;
}

static void parse_id(const char **p, uint64_t *ret_ms, uint64_t *ret_seq)
{
    *ret_ms = parse_number(p);
    assert_int_equal(*(*p)++, '-');
    *ret_seq = parse_number(p);
}

static void parse_sized_blob(const char **p, struct rdbp_blob *b)
{
    static const char letters[] = "SZLIMX"; /* enum rdbp_format */

    b->format = (enum rdbp_format)(strchr(letters, *(*p)++) - letters);
    if (b->format == RDBP_FORMAT_STREAM_LISTPACK)
        parse_id(p, &b->id_ms, &b->id_seq);
    assert_int_equal(*(*p)++, ':');
    b->raw_bytes = parse_number(p);
    if (**p != ':')
        return;
    (*p)++;
    if (**p == '?') {
        (*p)++;
        return;
    }
    b->has_count = true;
    b->entry_count = parse_number(p);
}

static void parse_integer_blob(const char **p, struct rdbp_blob *b)
{
    char *end;

    b->format = RDBP_FORMAT_STRING;
    b->is_integer = true;
    *p += 2;
    b->raw_bytes = parse_number(p);
    (*p)++;
    b->integer = strtoll(*p, &end, 10);
    *p = end;
}

static void parse_payload(const char **p, rdbp_item *it)
{
    if (**p == '#') {
        char *end;

        it->is_integer = true;
        it->u.integer = strtoll(*p + 1, &end, 10);
        it->size_bytes = (uint64_t)(end - *p - 1);
        *p = end;
    } else {
        it->size_bytes = parse_number(p);
    }
}

static void parse_score(const char **p, rdbp_item *it)
{
    char *end;

    it->role = RDBP_ROLE_SCORE;
    it->u.score = strtod(*p, &end);
    it->size_bytes = (uint64_t)(end - *p);
    it->is_integer = memchr(*p, '.', it->size_bytes) == NULL;
    *p = end;
}

static void parse_name(const char **p, rdbp_item *it)
{
    it->bytes.bytes = (const uint8_t *)*p;
    it->bytes.size_bytes = it->size_bytes = strcspn(*p, " ,");
    *p += it->size_bytes;
}

static void parse_item(const char **p, rdbp_item *it)
{
    char *end;

    switch (*(*p)++) {
    case 'e':
        it->role = RDBP_ROLE_ELEMENT;
        parse_payload(p, it);
        break;
    case 'm':
        it->role = RDBP_ROLE_MEMBER;
        parse_payload(p, it);
        break;
    case 'f':
        it->role = RDBP_ROLE_FIELD;
        parse_payload(p, it);
        break;
    case 'v':
        it->role = RDBP_ROLE_VALUE;
        parse_payload(p, it);
        break;
    case 's': parse_score(p, it); break;
    case 't':
        it->role = RDBP_ROLE_FIELD_TTL;
        it->u.expire_at_ms = strtoll(*p, &end, 10);
        *p = end;
        break;
    case 'G':
        it->role = RDBP_ROLE_STREAM_GROUP;
        parse_name(p, it);
        break;
    case 'C':
        it->role = RDBP_ROLE_STREAM_CONSUMER;
        parse_name(p, it);
        break;
    case 'P':
        it->role = RDBP_ROLE_STREAM_PENDING;
        parse_id(p, &it->u.pending.id.ms, &it->u.pending.id.seq);
        break;
    case 'Q':
        it->role = RDBP_ROLE_STREAM_CONSUMER_PENDING;
        parse_id(p, &it->u.id.ms, &it->u.id.seq);
        break;
    default: fail_msg("script: '%s'", *p - 1);
    }
}

struct run {
    struct key_meter *meter;
    uint64_t blob_count;
    bool is_lzf;
    unsigned depth; /* as asked for last */
    bool asked_for_items;
};

static void give_token(struct run *run, const char **p)
{
    if (strchr("SZLIMXN", **p) != NULL) {
        struct rdbp_blob b = {.blob_index = run->blob_count++, .is_lzf = run->is_lzf};

        if (**p == 'N')
            parse_integer_blob(p, &b);
        else
            parse_sized_blob(p, &b);
        run->depth = key_meter_blob(run->meter, &b);
    } else {
        rdbp_item it = {0};
        const struct rdbp_items items = {&it, 1};

        parse_item(p, &it);
        key_meter_items(run->meter, &items);
    }
    run->asked_for_items |= (run->depth & RDBP_DEPTH_ITEMS) != 0;
}

/* One word of a script: [<times>*]token,token,... */
static void give_word(struct run *run, const char **p)
{
    const char *start = *p;
    uint64_t times = 1;

    if (*start >= '0' && *start <= '9') {
        times = parse_number(&start);
        assert_int_equal(*start++, '*');
    }
    for (uint64_t i = 0; i < times; i++) {
        *p = start;
        give_token(run, p);
        while (**p == ',') {
            (*p)++;
            give_token(run, p);
        }
    }
}

static struct key_size weigh(struct run *run, uint16_t rdb_type, const char *script,
                             uint64_t elements, bool has_expire)
{
    const struct rdbp_key key = {
        .key_bytes = 12, .rdb_type = rdb_type, .type = type_of(rdb_type), .has_expire = has_expire};
    const struct rdbp_value_end end = {
        .ok = true, .has_element_count = true, .element_count = elements};
    struct key_size size;
    const char *p = script;

    run->blob_count = 0;
    run->depth = key_meter_begin(run->meter, &key);
    run->asked_for_items = (run->depth & RDBP_DEPTH_ITEMS) != 0;
    while (*p != '\0') {
        give_word(run, &p);
        while (*p == ' ')
            p++;
    }
    assert_int_equal(key_meter_end(run->meter, &end, &size), 0);
    return size;
}

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

static void check(const char *name, const char *what, int64_t found, int64_t expected)
{
    if (found != expected)
        fail_msg("%s: %s %lld, expected %lld", name, what, (long long)found, (long long)expected);
}

static struct memory_model model_of(const char *version)
{
    static const struct memory_settings defaults = MEMORY_SETTINGS_INIT;
    struct memory_model m;

    assert_non_null(memory_version_find(version));
    memory_model_init(&m, memory_version_find(version), ALLOCATOR_JEMALLOC, &defaults);
    return m;
}

static struct key_meter *meter_of(const char *version, bool deep)
{
    const struct memory_model m = model_of(version);

    return key_meter_new(&m, deep);
}

static void check_rows(const char *version, const struct row *rows, size_t count)
{
    /* One meter for all, as in the program: nothing of one key may reach the next. */
    struct run run = {meter_of(version, false), 0, false, 0, false};

    assert_non_null(run.meter);
    for (size_t i = 0; i < count; i++) {
        const struct row *const r = &rows[i];
        const struct key_size s = weigh(&run, r->rdb_type, r->script, r->elements, false);

        check(r->name, "bytes", s.bytes, r->bytes);
        check(r->name, "alloc_bytes", s.alloc_bytes, r->alloc_bytes);
        check(r->name, "encoding", s.encoding, r->encoding);
        check(r->name, "note", s.note, r->note);
        check(r->name, "largest_element", s.largest_element, r->largest_element);
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
    struct run run = {meter_of("redis-7.2", false), 0, false, 0, false};
    const struct rdbp_value_end end = {.ok = true, .has_element_count = true};
    const struct rdbp_blob value = {.raw_bytes = 3};
    struct rdbp_key key = {0};
    struct key_size s;

    (void)state;
    assert_non_null(run.meter);
    /* Events that contradict the count must not make the replay run away. */
    weigh(&run, RDBP_RDB_HASH, "4*f5,v5 f5,v65", 1, false);
    s = weigh(&run, RDBP_RDB_STRING, "S:20", 20, true);
    check("with TTL (14.10)", "bytes", s.bytes, 80);
    check("with TTL (14.10)", "alloc_bytes", s.alloc_bytes, 104);

    key_meter_begin(run.meter, &key);
    key_meter_blob(run.meter, &value);
    assert_int_equal(key_meter_end(run.meter, &end, &s), 0);
    check("empty name", "bytes", s.bytes, 24 + 8 + 24);
    key.key_bytes = 70000;
    key_meter_begin(run.meter, &key);
    key_meter_blob(run.meter, &value);
    assert_int_equal(key_meter_end(run.meter, &end, &s), 0);
    check("name of 70000", "bytes", s.bytes, 24 + 81920 + 24);
    key_meter_free(run.meter);
}

static void test_no_size(void **state)
{
    struct key_meter *const meter = meter_of("redis-7.2", false);
    struct rdbp_key key = {.key_bytes = 12, .rdb_type = RDBP_RDB_SET, .type = RDBP_TYPE_SET};
    struct rdbp_value_end end = {.ok = false};
    struct key_size s;

    (void)state;
    assert_non_null(meter);
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check("damaged", "bytes", s.bytes, ROW_NULL);
    check("damaged", "alloc_bytes", s.alloc_bytes, ROW_NULL);
    check("damaged", "encoding", s.encoding, ENCODING_UNKNOWN);
    check("damaged", "note", s.note, SIZE_UNKNOWN);
    check("damaged", "largest_element", s.largest_element, ROW_NULL);

    end.ok = end.has_element_count = end.is_empty = true;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check("empty", "bytes", s.bytes, 0);
    check("empty", "alloc_bytes", s.alloc_bytes, 0);
    check("empty", "note", s.note, SIZE_EXACT);

    end.has_element_count = end.is_empty = false;
    key.rdb_type = RDBP_RDB_MODULE_2;
    key.type = RDBP_TYPE_MODULE;
    key_meter_begin(meter, &key);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check("module", "bytes", s.bytes, KEY);
    check("module", "alloc_bytes", s.alloc_bytes, KEY + 16 + 16);
    check("module", "encoding", s.encoding, ENCODING_RAW);
    check("module", "note", s.note, SIZE_LOWER_BOUND);
    check("module", "largest_element", s.largest_element, ROW_NULL);
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
    assert_non_null(meter);
    key_meter_begin(meter, &key);
    key_meter_items(meter, &first);
    key_meter_items(meter, &second);
    assert_int_equal(key_meter_end(meter, &end, &s), 0);
    check("one element in three pieces", "bytes", s.bytes, KEY + 16 + 192);
    check("one element in three pieces", "largest_element", s.largest_element, 150);
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
    struct run closed = {meter_of("redis-7.2", false), 0, true, 0, false};
    struct run deep = {meter_of("redis-7.2", true), 0, true, 0, false};

    (void)state;
    assert_non_null(closed.meter);
    assert_non_null(deep.meter);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct key_size s = weigh(&closed, rows[i].rdb_type, rows[i].script, 1, false);
        const bool is_string = rows[i].script[0] == 'S';

        check(rows[i].name, "opened", closed.asked_for_items, rows[i].is_opened);
        assert_true(closed.depth & RDBP_DEPTH_SHAPE);
        check(rows[i].name, "largest element known", s.largest_element != ROW_NULL,
              rows[i].is_opened || is_string);
        s = weigh(&deep, rows[i].rdb_type, rows[i].script, 1, false);
        check(rows[i].name, "opened when deep", deep.asked_for_items, true);
        check(rows[i].name, "largest element known when deep", s.largest_element != ROW_NULL, true);
        closed.is_lzf = false;
        s = weigh(&closed, rows[i].rdb_type, rows[i].script, 1, false);
        check(rows[i].name, "opened when uncompressed", closed.asked_for_items, !is_string);
        check(rows[i].name, "largest element known when uncompressed",
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
        cmocka_unit_test(test_sorted_sets),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_expiry_and_names),
        cmocka_unit_test(test_no_size),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
