/* fixture_rows.c -- the catalogue: what each file in fixtures/ holds.
 *
 * Named <what>_v<rdb>: one file a topic and version, so that a failing test names the encoding.  Every
 * type number appears in the first version that wrote it, and the odd forms (non-canonical lengths, wide
 * prevlen, unknown counts, free bytes) in files of their own.  All times are fixed: 1700000000 is
 * 2023-11-14.
 */
// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define T0_S  INT32_C(1700000000)
#define T0_MS INT64_C(1700000000000)
#define YEAR_2100_MS UINT64_C(4102444800000)

static const struct cell all_bytes_key = {
    {"\x00\x01\x09\x0a\x0d\x1b[31m\"'\\<>&,;=\x7f\x80\xc3\x28\xff", 23}, FORM_AUTO};

static void add_server_aux(struct fixture *f, const char *version)
{
    fixture_aux(f, LIT("redis-ver"), text_of(version));
    fixture_aux(f, LIT("redis-bits"), LIT("64"));
    fixture_aux(f, LIT("ctime"), LIT("1700000000"));
    fixture_aux(f, LIT("used-mem"), LIT("1048576"));
}

/* ---- versions 1 to 6 ---------------------------------------------------------------------- */

static void build_strings(struct fixture *f)
{
    fixture_string(f, C("hello"), C("world"));
    fixture_string(f, C("empty value"), C(""));
    fixture_string(f, C(""), C("empty key name"));
    fixture_string(f, all_bytes_key, C("binary\x00value\xff"));
    fixture_string(f, C("int8"), CF("-128", FORM_INT_8));
    fixture_string(f, C("int8 max"), CF("127", FORM_INT_8));
    fixture_string(f, C("int16"), CF("-32768", FORM_INT_16));
    fixture_string(f, C("int16 small"), CF("7", FORM_INT_16));
    fixture_string(f, C("int32"), CF("2147483647", FORM_INT_32));
    fixture_string(f, C("int32 min"), CF("-2147483648", FORM_INT_32));
    fixture_string(f, C("int64 as text"), CF("9223372036854775807", FORM_RAW));
    fixture_string(f, C("int64 min as text"), CF("-9223372036854775808", FORM_RAW));
    fixture_string(f, C("one beyond int64"), CF("9223372036854775808", FORM_RAW));
    fixture_string(f, C("not canonical"), CF("007", FORM_RAW));
    fixture_string(f, C("minus zero"), CF("-0", FORM_RAW));
    fixture_string(f, C("plus"), CF("+1", FORM_RAW));
    fixture_string(f, CF("12345", FORM_INT_16), C("integer-encoded key"));
    fixture_string(f, CF("-1", FORM_INT_8), C("negative key"));
    fixture_string(f, C("lzf"), CF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FORM_LZF));
    fixture_string(f, C("lzf literals"), CF("no repetition", FORM_LZF_LITERAL));
    fixture_string(f, CF("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", FORM_LZF),
                   C("compressed key"));
    fixture_string(f, C("63"), C("123456789012345678901234567890123456789012345678901234567890123"));
    fixture_string(f, C("64"),
                   C("1234567890123456789012345678901234567890123456789012345678901234"));
}

static void build_tables(struct fixture *f)
{
    static const double scores[] = {1.5, -2, 0, 1e300, 3.0000000000000004, INFINITY, -INFINITY};

    fixture_list(f, C("list"), T_LIST, ALL(C("c"), C("a"), C("b"), C("a"), C("")), 0);
    fixture_list(f, C("list of one"), T_LIST, ALL(C("-42")), 0);
    fixture_set(f, C("set"), T_SET, ALL(C("x"), C("1"), C("10"), C(""), C("\xff\x00")));
    fixture_zset(f, C("zset"), T_ZSET,
                 CELLS(C("a"), C("b"), C("c"), C("d"), C("e"), C("f"), C("g")), scores, 7);
    fixture_hash(f, C("hash"), T_HASH,
                 ALL(C("f"), C("v"), C("1"), C("2"), C(""), C(""), C("long"),
                     C("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv")),
                 NULL);
}

static void build_strings_v1(struct fixture *f)
{
    fixture_begin(f, 1, "redis");
    fixture_db(f, 0);
    build_strings(f);
    build_tables(f);
    fixture_db(f, 9);
    fixture_expire_s(f, T0_S);
    fixture_string(f, C("expires in seconds"), C("v"));
    fixture_expire_s(f, -1);
    fixture_string(f, C("expired before 1970"), C("v"));
    fixture_db(f, 0);
    fixture_string(f, C("back in db 0"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_integer_sets(struct fixture *f)
{
    fixture_set(f, C("intset 16"), T_SET_INTSET, ALL(C("-32768"), C("-1"), C("0"), C("32767")));
    fixture_set(f, C("intset 32"), T_SET_INTSET, ALL(C("-2147483648"), C("0"), C("32768")));
    fixture_set(f, C("intset 64"), T_SET_INTSET,
                ALL(C("-9223372036854775808"), C("5"), C("9223372036854775807")));
}

static void build_packed_v2(struct fixture *f)
{
    static const double scores[] = {-1.25, 0, 3};

    fixture_begin(f, 2, "redis");
    fixture_db(f, 0);
    fixture_hash(f, C("zipmap"), T_HASH_ZIPMAP, ALL(C("f1"), C("v1"), C("2"), C("20")), NULL);
    fixture_list(f, C("list ziplist"), T_LIST_ZIPLIST,
                 ALL(C("one"), CF("2", FORM_INT_16), CF("70000", FORM_INT_32)), 0);
    build_integer_sets(f);
    fixture_zset(f, C("zset ziplist"), T_ZSET_ZIPLIST,
                 CELLS(C("low"), C("mid"), CF("300", FORM_INT_16)), scores, 3);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Free bytes after values, five-byte lengths, and a count that must be walked. */
static void build_zipmap_v2(struct fixture *f)
{
    struct buf long_text = {0};
    struct cell pairs[520];
    char names[260][8];

    buf_add_repeat(&long_text, 'z', 300);
    fixture_begin(f, 2, "redis");
    fixture_db(f, 0);
    fixture_hash(f, C("free bytes"), T_HASH_ZIPMAP,
                 ALL(C("a"), CF("1", 3u << 16), C("b"), CF("", 255u << 16), C("c"), C("3")), NULL);
    fixture_hash(f, C("long value"), T_HASH_ZIPMAP,
                 ALL(C("a"), {text_of_buf(&long_text), 4u << 16}, C("b"), C("2")), NULL);
    fixture_hash(f, C("long field"), T_HASH_ZIPMAP,
                 ALL({text_of_buf(&long_text), FORM_AUTO}, C("v")), NULL);
    buf_clear(&long_text);
    buf_add_repeat(&long_text, 'y', 253);
    fixture_hash(f, C("253"), T_HASH_ZIPMAP,
                 ALL({text_of_buf(&long_text), FORM_AUTO}, {text_of_buf(&long_text), FORM_AUTO}),
                 NULL);
    buf_add_repeat(&long_text, 'y', 1);
    fixture_hash(f, C("254"), T_HASH_ZIPMAP,
                 ALL({text_of_buf(&long_text), FORM_AUTO}, {text_of_buf(&long_text), FORM_AUTO}),
                 NULL);
    for (size_t i = 0; i < 260; i++) {
        snprintf(names[i], sizeof(names[i]), "n%03zu", i);
        pairs[2 * i] = pairs[2 * i + 1] = (struct cell){text_of(names[i]), FORM_AUTO};
    }
    fixture_hash(f, C("260 pairs"), T_HASH_ZIPMAP, pairs, 520, NULL);
    fixture_hash(f, C("253 pairs"), T_HASH_ZIPMAP, pairs, 506, NULL);
    fixture_hash(f, C("254 pairs"), T_HASH_ZIPMAP, pairs, 508, NULL);
    f->hide_packed_count = true;
    fixture_hash(f, C("count not said"), T_HASH_ZIPMAP, ALL(C("k"), C("v")), NULL);
    fixture_end(f, CHECKSUM_AUTO);
    buf_done(&long_text);
}

static void build_expire_v3(struct fixture *f)
{
    fixture_begin(f, 3, "redis");
    fixture_db(f, 0);
    fixture_expire_ms(f, T0_MS + 1);
    fixture_string(f, C("ms"), C("v"));
    fixture_expire_s(f, T0_S);
    fixture_string(f, C("s"), C("v"));
    fixture_expire_ms(f, T0_MS);
    fixture_list(f, C("list"), T_LIST, ALL(C("a")), 0);
    fixture_string(f, C("none"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_hash_ziplist_v4(struct fixture *f)
{
    fixture_begin(f, 4, "redis");
    fixture_db(f, 0);
    fixture_hash(f, C("hash"), T_HASH_ZIPLIST, ALL(C("f"), C("v"), C("n"), CF("500", FORM_INT_16)),
                 NULL);
    f->blob_form = FORM_LZF;
    fixture_hash(f, C("compressed"), T_HASH_ZIPLIST,
                 ALL(C("field"), C("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")), NULL);
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_checksum_v5(struct fixture *f)
{
    fixture_begin(f, 5, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("a"), C("5"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_nochecksum_v5(struct fixture *f)
{
    fixture_begin(f, 5, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("a"), C("5"));
    fixture_end(f, CHECKSUM_ZERO);
}

static void build_wrong_checksum_v6(struct fixture *f)
{
    fixture_begin(f, 6, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("a"), C("5"));
    fixture_end(f, CHECKSUM_WRONG);
}

/* Every entry encoding at its limits, and every width of a length. */
static const struct cell ziplist_cells[] = {
    K("0"),           K("12"),          KF("12", FORM_INT_8), K("13"),         K("-1"),
    K("-128"),        K("127"),         K("128"),             K("-129"),       K("32767"),
    K("-32768"),      K("32768"),       K("-32769"),          K("8388607"),    K("-8388608"),
    K("8388608"),     K("-8388609"),    K("2147483647"),      K("-2147483648"), K("2147483648"),
    K("-9223372036854775808"),          K("9223372036854775807"),
    KF("5", FORM_INT_64),               KF("5", FORM_INT_32), KF("-5", FORM_INT_24),
    KF("5", FORM_STR_6),                KF("six", FORM_STR_14), KF("five bytes", FORM_STR_32),
    KF("wide prevlen", FORM_PREVLEN_5), KF("3", FORM_INT_4 | FORM_PREVLEN_5),
    K(""),            KF("", FORM_STR_32), K("\xff\xff\xff\xff"),
    K("123456789012345678901234567890123456789012345678901234567890123"),
    K("1234567890123456789012345678901234567890123456789012345678901234")};
#define ZIPLIST_CELL_COUNT (sizeof(ziplist_cells) / sizeof(ziplist_cells[0]))

static void build_ziplist_v6(struct fixture *f)
{
    struct buf a = {0}, b = {0}, c = {0};
    struct cell pairs[2 * ZIPLIST_CELL_COUNT];
    char fields[ZIPLIST_CELL_COUNT][8];

    for (size_t i = 0; i < ZIPLIST_CELL_COUNT; i++) {
        snprintf(fields[i], sizeof(fields[i]), "%s%zu", i % 2 ? "f" : "", i);
        pairs[2 * i] = (struct cell){text_of(fields[i]), FORM_AUTO};
        pairs[2 * i + 1] = ziplist_cells[i];
    }
    buf_add_repeat(&a, 'a', 251); /* with its two-byte head and prevlen: 254, the first long one */
    buf_add_repeat(&b, 'b', 250);
    buf_add_repeat(&c, 'c', 16384);
    fixture_begin(f, 6, "redis");
    fixture_db(f, 0);
    fixture_list(f, C("every entry"), T_LIST_ZIPLIST, ziplist_cells, ZIPLIST_CELL_COUNT, 0);
    fixture_hash(f, C("every value"), T_HASH_ZIPLIST, pairs, 2 * ZIPLIST_CELL_COUNT, NULL);
    fixture_list(f, C("prevlen limits"), T_LIST_ZIPLIST,
                 ALL({text_of_buf(&b), FORM_AUTO}, C("x"), {text_of_buf(&a), FORM_AUTO}, C("y"),
                     {text_of_buf(&c), FORM_AUTO}, C("z")),
                 0);
    f->hide_packed_count = true;
    fixture_list(f, C("count not said"), T_LIST_ZIPLIST, ALL(C("a"), C("b")), 0);
    fixture_end(f, CHECKSUM_AUTO);
    buf_done(&a);
    buf_done(&b);
    buf_done(&c);
}

/* ---- versions 7 to 9 ---------------------------------------------------------------------- */

static void build_quicklist_v7(struct fixture *f)
{
    fixture_begin(f, 7, "redis");
    add_server_aux(f, "3.2.13");
    fixture_db(f, 0);
    fixture_resizedb(f, 4, 1);
    fixture_list(f, C("nodes of ten"), T_LIST_QUICKLIST, ziplist_cells, ZIPLIST_CELL_COUNT, 10);
    fixture_expire_ms(f, T0_MS);
    fixture_list(f, C("nodes of one"), T_LIST_QUICKLIST, ALL(C("a"), C("-7"), C("c")), 1);
    f->blob_form = FORM_LZF;
    fixture_list(f, C("compressed nodes"), T_LIST_QUICKLIST,
                 ALL(C("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), C("b"),
                     C("cccccccccccccccccccccccccccccccccccccccccccccccccc"), C("d")),
                 2);
    f->blob_form = FORM_RAW;
    f->count_form = LENGTH_32;
    fixture_list(f, C("wide count"), T_LIST_QUICKLIST, ALL(C("a"), C("b")), 1);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Every length in every form that can hold it: none of them is canonical, all are valid. */
static void build_lengths_v8(struct fixture *f)
{
    static const enum length_form forms[] = {LENGTH_6, LENGTH_14, LENGTH_32, LENGTH_64};
    static const unsigned string_forms[] = {FORM_RAW, FORM_RAW_14, FORM_RAW_32, FORM_RAW_64};

    fixture_begin(f, 8, "redis");
    fixture_db(f, 0);
    for (size_t i = 0; i < 4; i++) {
        char key[16];
        struct cell k = {{key, 0}, string_forms[i]};

        f->count_form = forms[i];
        snprintf(key, sizeof(key), "string %zu", i);
        k.text = text_of(key);
        fixture_string(f, k, CF("value", string_forms[i]));
        snprintf(key, sizeof(key), "list %zu", i);
        k.text = text_of(key);
        fixture_list(f, k, T_LIST, ALL(CF("a", string_forms[i]), C("b")), 0);
        snprintf(key, sizeof(key), "hash %zu", i);
        k.text = text_of(key);
        fixture_hash(f, k, T_HASH, ALL(CF("f", string_forms[i]), C("v")), NULL);
        snprintf(key, sizeof(key), "quick %zu", i);
        k.text = text_of(key);
        fixture_list(f, k, T_LIST_QUICKLIST, ALL(C("a"), C("b")), 1);
    }
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_zset_v8(struct fixture *f)
{
    static const double scores[] = {INFINITY, 1e300, 2, 1.5, 0, -0.1, -INFINITY};

    fixture_begin(f, 8, "redis");
    add_server_aux(f, "4.0.14");
    fixture_aux(f, LIT("lua"), LIT("return redis.call('PING')"));
    fixture_db(f, 0);
    fixture_resizedb(f, 2, 0);
    fixture_zset(f, C("binary scores"), T_ZSET_2,
                 CELLS(C("g"), C("f"), C("e"), C("d"), C("c"), C("b"), C("a")), scores, 7);
    fixture_zset(f, C("packed scores"), T_ZSET_ZIPLIST,
                 CELLS(C("g"), C("f"), C("e"), C("d"), C("c"), C("b"), C("a")), scores, 7);
    fixture_end(f, CHECKSUM_AUTO);
}

static void add_module_items(struct buf *b)
{
    put_module_signed(b, -5);
    put_module_unsigned(b, 4102444800000);
    put_module_float(b, 1.5f);
    put_module_double(b, 2.5);
    put_module_string(b, LIT("module text"), FORM_AUTO);
    put_module_string(b, LIT("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"), FORM_LZF);
    put_module_string(b, LIT("12"), FORM_INT_8);
    put_module_end(b);
}

static void build_module_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    add_server_aux(f, "6.2.16");
    fixture_module_aux(f, "test__aux", 1, 1);
    add_module_items(&f->rdb);
    fixture_db(f, 0);
    fixture_resizedb(f, 3, 0);
    fixture_module(f, C("json"), "ReJSON-RL", 3);
    put_module_string(&f->rdb, LIT("{\"a\":1}"), FORM_AUTO);
    put_module_end(&f->rdb);
    fixture_expect_defect(f, "module-skipped");
    fixture_module(f, C("bloom"), "MBbloom--", 4);
    add_module_items(&f->rdb);
    fixture_expect_defect(f, "module-skipped");
    fixture_module(f, C("json again"), "ReJSON-RL", 3);
    put_module_end(&f->rdb);
    fixture_string(f, C("after modules"), C("v"));
    fixture_module_aux(f, "test__aux", 1, 2);
    put_module_end(&f->rdb);
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_module_pre_ga_v8(struct fixture *f)
{
    fixture_begin(f, 8, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("before"), C("v"));
    fixture_put_key(f, C("module"), T_MODULE_PRE_GA);
    put_module_id(&f->rdb, "test__rdb", 1);
    buf_add_str(&f->rdb, "no opcodes: its end is not known");
    put_eof(&f->rdb, 8, CHECKSUM_AUTO);
    fixture_end_fatal(f, "unsupported");
}

static void build_lru_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    add_server_aux(f, "5.0.14");
    fixture_db(f, 0);
    fixture_resizedb(f, 5, 2);
    fixture_expire_ms(f, T0_MS);
    fixture_idle(f, 12);
    fixture_string(f, C("expire then idle"), C("v"));
    fixture_idle(f, 100000);
    fixture_expire_ms(f, T0_MS + 5);
    fixture_string(f, C("idle then expire"), C("v"));
    fixture_idle(f, 0);
    fixture_string(f, C("just used"), C("v"));
    fixture_string(f, C("no attributes"), C("v"));
    fixture_idle(f, 1);
    fixture_idle(f, 2);
    fixture_string(f, C("the last one wins"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_lfu_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    fixture_db(f, 0);
    fixture_freq(f, 0);
    fixture_string(f, C("never"), C("v"));
    fixture_freq(f, 255);
    fixture_string(f, C("always"), C("v"));
    fixture_freq(f, 128);
    fixture_expire_ms(f, T0_MS);
    fixture_set(f, C("beyond 127"), T_SET_INTSET, ALL(C("1"), C("2")));
    fixture_freq(f, 5);
    fixture_expire_ms(f, 0);
    fixture_string(f, C("expired at zero"), C("v"));
    fixture_expire_ms(f, -1000);
    fixture_string(f, C("expired before 1970"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* Attributes belong to the next key whatever stands between them and it. */
static void build_attributes_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    fixture_db(f, 0);
    fixture_expire_ms(f, T0_MS);
    fixture_aux(f, LIT("unknown-aux"), LIT("between"));
    fixture_string(f, C("aux between"), C("v"));
    fixture_expire_ms(f, T0_MS);
    fixture_db(f, 3);
    fixture_resizedb(f, 1, 1);
    fixture_string(f, C("db between"), C("v"));
    fixture_string(f, C("nothing left over"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_keydb_v9(struct fixture *f)
{
    fixture_begin(f, 9, "keydb");
    fixture_aux(f, LIT("redis-ver"), LIT("6.3.4"));
    fixture_db(f, 0);
    fixture_expire_ms(f, T0_MS);
    fixture_freq(f, 7);
    fixture_aux(f, LIT("mvcc-tstamp"), LIT("1700000000001"));
    fixture_string(f, C("a"), C("v"));
    fixture_aux(f, LIT("mvcc-tstamp"), LIT("1700000000002"));
    fixture_set(f, C("members expire"), T_SET, ALL(C("m1"), C("m2")));
    fixture_aux(f, LIT("keydb-subexpire-key"), LIT("m1"));
    fixture_aux(f, LIT("keydb-subexpire-when"), LIT("1700000000003"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_enterprise_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    fixture_db(f, 0);
    fixture_aux(f, LIT("bigdb-ram-keys"), LIT("2"));
    put_enterprise(&f->rdb, OP_ENTERPRISE_SLOT_NUM, 12345);
    fixture_idle(f, 3);
    put_enterprise(&f->rdb, OP_ENTERPRISE_RAM_LRU, 1000000);
    fixture_string(f, C("a"), C("v"));
    put_enterprise(&f->rdb, OP_ENTERPRISE_RAM_LRU, 0);
    fixture_string(f, C("b"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* Servers before 6.2 could write collections without elements; later ones drop them on load. */
static void build_empty_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    fixture_db(f, 0);
    fixture_list(f, C("list"), T_LIST, NULL, 0, 0);
    fixture_list(f, C("ziplist"), T_LIST_ZIPLIST, NULL, 0, 0);
    fixture_list(f, C("quicklist"), T_LIST_QUICKLIST, NULL, 0, 1);
    fixture_set(f, C("set"), T_SET, NULL, 0);
    fixture_zset(f, C("zset"), T_ZSET_2, NULL, NULL, 0);
    fixture_zset(f, C("zset ziplist"), T_ZSET_ZIPLIST, NULL, NULL, 0);
    fixture_hash(f, C("hash"), T_HASH, NULL, 0, NULL);
    fixture_hash(f, C("hash ziplist"), T_HASH_ZIPLIST, NULL, 0, NULL);
    fixture_string(f, C("string"), C(""));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_nothing_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    fixture_end(f, CHECKSUM_AUTO);
}

/* ---- streams ------------------------------------------------------------------------------ */

#define ID(ms, seq)   ((struct stream_id){(ms), (seq)})
#define TEXTS(...)    (const struct text[]){__VA_ARGS__},                                          \
                      sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text)
#define ARRAY(type, ...) (const struct type[]){__VA_ARGS__},                                       \
                      sizeof((const struct type[]){__VA_ARGS__}) / sizeof(struct type)

/* The entries of section 11: same fields, other fields, deleted ones, a step back in seq. */
static void add_stream(struct fixture *f, const char *key, enum rdb_type_byte type,
                       const struct fixture_group *groups, size_t group_count)
{
    const struct fixture_node nodes[] = {
        {ID(1000, 1), TEXTS(LIT("f")),
         ARRAY(fixture_entry, {ID(1000, 1), false, true, TEXTS(LIT("v"))},
               {ID(1000, 2), true, true, TEXTS(LIT("w"))},
               {ID(1001, 0), false, false, TEXTS(LIT("g"), LIT("x"))})},
        {ID(T0_MS, 5), TEXTS(LIT("sensor"), LIT("temperature")),
         ARRAY(fixture_entry, {ID(T0_MS, 5), false, true, TEXTS(LIT("7"), LIT("-12.5"))},
               {ID(T0_MS, 6), false, true, TEXTS(LIT(""), LIT("\xff\x00"))},
               {ID(T0_MS + 100000, 0), false, false, TEXTS(LIT("a"), LIT("1"), LIT("b"), LIT("2"))},
               {ID(T0_MS + 100001, 77), false, true, TEXTS(LIT("300"), LIT("9999999999"))})}};
    const struct fixture_stream stream = {.nodes = nodes,
                                          .node_count = 2,
                                          .length = 6,
                                          .last_id = ID(T0_MS + 100001, 77),
                                          .first_id = ID(1000, 1),
                                          .max_deleted_id = ID(1000, 2),
                                          .entries_added = 7,
                                          .groups = groups,
                                          .group_count = group_count,
                                          .idmp_duration_s = 100,
                                          .idmp_max_entries = 100};

    fixture_stream(f, (struct cell){text_of(key), FORM_AUTO}, type, &stream);
}

static void add_streams(struct fixture *f, enum rdb_type_byte type)
{
    const struct fixture_group groups[] = {
        {"workers", ID(1001, 0), 3,
         ARRAY(fixture_pending, {ID(1000, 1), T0_MS, 1}, {ID(1000, 2), T0_MS + 1, 3},
               {ID(1001, 0), T0_MS + 2, UINT64_C(5000000000)}),
         ARRAY(fixture_consumer,
               {"alice", T0_MS + 9, T0_MS + 8, (const struct stream_id[]){{1000, 1}, {1001, 0}}, 2},
               {"bob", T0_MS + 7, -1, (const struct stream_id[]){{1000, 2}}, 1},
               {"idle", T0_MS, -1, NULL, 0}),
         NULL, 0},
        {"empty", ID(0, 0), UINT64_MAX, NULL, 0, NULL, 0, NULL, 0},
        {"12345", ID(T0_MS, 5), 0, NULL, 0, ARRAY(fixture_consumer, {"c", 1, 2, NULL, 0}), NULL, 0}};
    const struct fixture_stream none = {.last_id = ID(5, 5), .max_deleted_id = ID(5, 5),
                                        .entries_added = 1, .idmp_duration_s = 100,
                                        .idmp_max_entries = 100};

    add_stream(f, "no groups", type, NULL, 0);
    add_stream(f, "groups", type, groups, 3);
    f->blob_form = FORM_LZF_LITERAL;
    add_stream(f, "compressed nodes", type, groups + 1, 1);
    f->blob_form = FORM_AUTO;
    fixture_stream(f, C("empty"), type, &none);
    fixture_expire_ms(f, T0_MS);
    add_stream(f, "expires", type, groups + 2, 1);
}

static void build_stream_v9(struct fixture *f)
{
    fixture_begin(f, 9, "redis");
    add_server_aux(f, "6.2.16");
    fixture_db(f, 0);
    add_streams(f, T_STREAM_LISTPACKS);
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_stream_v10(struct fixture *f)
{
    fixture_begin(f, 10, "redis");
    add_server_aux(f, "7.0.15");
    fixture_db(f, 0);
    add_streams(f, T_STREAM_LISTPACKS_2);
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_stream_v11(struct fixture *f)
{
    fixture_begin(f, 11, "redis");
    add_server_aux(f, "7.2.6");
    fixture_db(f, 0);
    add_streams(f, T_STREAM_LISTPACKS_3);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Idempotent producers: one whose ids have expired, names and ids in several forms.  The entries' times
 * are far ahead, so that a server keeps them all. */
static void add_producer_stream(struct fixture *f, enum rdb_type_byte type,
                                const struct fixture_group *groups, size_t group_count)
{
    static const struct fixture_iid orders[] = {{K("order-1"), {YEAR_2100_MS, 1}},
                                                {KF("order-2", FORM_RAW_32), {YEAR_2100_MS, 2}},
                                                {K("300"), {YEAR_2100_MS, 3}},
                                                {K(""), {YEAR_2100_MS + 1, 0}}};
    static const struct fixture_iid repeated[] = {
        {KF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FORM_LZF),
         {UINT64_MAX, UINT64_MAX}}};
    static const struct fixture_producer producers[] = {
        {"12345", repeated, 1}, {"expired", NULL, 0}, {"shop", orders, 4}};
    const struct fixture_node node = {
        ID(1000, 1), TEXTS(LIT("f")),
        ARRAY(fixture_entry, {ID(1000, 1), false, true, TEXTS(LIT("v"))},
              {ID(1000, 2), false, true, TEXTS(LIT("w"))},
              {ID(1001, 0), false, true, TEXTS(LIT("x"))})};
    const struct fixture_stream stream = {.nodes = &node,
                                          .node_count = 1,
                                          .length = 3,
                                          .last_id = ID(1001, 0),
                                          .first_id = ID(1000, 1),
                                          .entries_added = 3,
                                          .groups = groups,
                                          .group_count = group_count,
                                          .idmp_duration_s = 86400,
                                          .idmp_max_entries = 10000,
                                          .producers = producers,
                                          .producer_count = 3,
                                          .iids_added = UINT64_C(5000000000),
                                          .iids_duplicates = 70};

    fixture_stream(f, C("producers"), type, &stream);
}

static void build_stream_v13(struct fixture *f)
{
    const struct fixture_group group = {"g", ID(1000, 1), 1, NULL, 0, NULL, 0, NULL, 0};

    fixture_begin(f, 13, "redis");
    add_server_aux(f, "8.6.0");
    fixture_db(f, 0);
    add_streams(f, T_STREAM_LISTPACKS_4);
    add_producer_stream(f, T_STREAM_LISTPACKS_4, &group, 1);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Entries that their consumer has given back, in the order in which that was done. */
static void build_stream_v14(struct fixture *f)
{
    const struct fixture_group groups[] = {
        {"all", ID(1001, 0), 3,
         ARRAY(fixture_pending, {ID(1000, 1), 0, 1}, {ID(1000, 2), 0, 0}), NULL, 0,
         (const struct stream_id[]){{1000, 2}, {1000, 1}}, 2},
        {"none", ID(0, 0), UINT64_MAX, NULL, 0, NULL, 0, NULL, 0},
        {"some", ID(1001, 0), 3,
         ARRAY(fixture_pending, {ID(1000, 1), T0_MS, 1}, {ID(1000, 2), 0, 2},
               {ID(1001, 0), T0_MS, 1}),
         ARRAY(fixture_consumer,
               {"c", T0_MS, T0_MS, (const struct stream_id[]){{1000, 1}, {1001, 0}}, 2},
               {"d", T0_MS, T0_MS, NULL, 0}),
         (const struct stream_id[]){{1000, 2}}, 1}};

    fixture_begin(f, 14, "redis");
    add_server_aux(f, "8.8.0");
    fixture_db(f, 0);
    add_streams(f, T_STREAM_LISTPACKS_5);
    add_producer_stream(f, T_STREAM_LISTPACKS_5, groups, 3);
    fixture_end(f, CHECKSUM_AUTO);
}

/* ---- arrays ------------------------------------------------------------------------------- */

/* Texts of the doubles: ARGET of Redis 8.8. */
static void build_array_v14(struct fixture *f)
{
    static const struct fixture_slot mixed[] = {
        {0, ARRAY_SHORT_STRING, 0, K("a")},
        {1, ARRAY_INTEGER, 0, K("5")},
        {2, ARRAY_DOUBLE, 3.25, K("3.25")},
        {3, ARRAY_STRING, 0, K("hello world")},
        {4, ARRAY_STRING, 0, KF("0123456789012345678901234567890123456789", FORM_LZF)},
        {70, ARRAY_INTEGER, 0, K("-2305843009213693952")},
        {71, ARRAY_SHORT_STRING, 0, K("")},
        {4096, ARRAY_STRING, 0, KF("300", FORM_INT_16)},
        {UINT64_MAX - 1, ARRAY_SHORT_STRING, 0, K("end")}};
    static const struct fixture_slot doubles[] = {
        {0, ARRAY_DOUBLE, 1.0, K("1.0")},
        {1, ARRAY_DOUBLE, -3.25, K("-3.25")},
        {2, ARRAY_DOUBLE, 0.5, K("0.5")},
        {3, ARRAY_DOUBLE, -0.0, K("-0.0")},
        {4, ARRAY_DOUBLE, 100.0, K("100.0")},
        {5, ARRAY_DOUBLE, 123456789.25, K("123456789.25")},
        {6, ARRAY_DOUBLE, 0x1p-20, K("9.5367431640625e-7")},
        {7, ARRAY_DOUBLE, 0x1p-10, K("9.765625e-4")},
        {8, ARRAY_DOUBLE, 0x1p+50, K("1125899906842624.0")},
        {9, ARRAY_DOUBLE, 0x1p+100, K("1.2676506002282294e+30")},
        {10, ARRAY_DOUBLE, 0x1p-5, K("0.03125")},
        {11, ARRAY_DOUBLE, -INFINITY, K("-inf")},
        {12, ARRAY_DOUBLE, NAN, K("nan")}};

    fixture_begin(f, 14, "redis");
    add_server_aux(f, "8.8.0");
    fixture_db(f, 0);
    fixture_array(f, C("mixed"), mixed, sizeof mixed / sizeof mixed[0], UINT64_MAX);
    f->count_form = LENGTH_32;
    fixture_expire_ms(f, T0_MS);
    fixture_array(f, C("inserted"), mixed, 1, 0);
    f->count_form = LENGTH_AUTO;
    fixture_array(f, C("doubles"), doubles, sizeof doubles / sizeof doubles[0], 9);
    fixture_string(f, C("after"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* What modules hang on keys: no class, one, and all a key can have, after other attributes. */
static void build_key_meta_v13(struct fixture *f)
{
    static const char *const names[] = {"ABCD", "a-_9", "0000", "zzzz", "meta", "Tags", "----"};

    fixture_begin(f, 13, "redis");
    add_server_aux(f, "8.6.0");
    fixture_db(f, 0);
    fixture_key_meta(f, 1);
    put_key_meta_class(&f->rdb, "ABCD", 1, 1);
    put_module_unsigned(&f->rdb, 7);
    put_module_end(&f->rdb);
    fixture_string(f, C("one"), C("v"));
    fixture_expire_ms(f, T0_MS);
    fixture_freq(f, 9);
    fixture_key_meta(f, 7);
    for (size_t i = 0; i < 7; i++) {
        put_key_meta_class(&f->rdb, names[i], (unsigned)i, 0);
        put_module_signed(&f->rdb, -5);
        put_module_string(&f->rdb, LIT("text"), FORM_AUTO);
        put_module_double(&f->rdb, 1.5);
        put_module_float(&f->rdb, 1.5f);
        put_module_end(&f->rdb);
    }
    fixture_list(f, C("all"), T_LIST, ALL(C("a"), C("b")), 0);
    fixture_key_meta(f, 0);
    fixture_string(f, C("none"), C("v"));
    fixture_string(f, C("after"), C("v"));
    for (size_t i = 0; i < 8; i++) /* ABCD comes in two versions */
        fixture_expect_defect(f, "module-skipped");
    fixture_end(f, CHECKSUM_AUTO);
}

/* The announced length is larger than the entries there: old servers wrote such streams. */
static void build_stream_length_v9(struct fixture *f)
{
    const struct fixture_node node = {
        ID(1, 1), TEXTS(LIT("f")),
        ARRAY(fixture_entry, {ID(1, 1), false, true, TEXTS(LIT("v"))},
              {ID(2, 0), false, true, TEXTS(LIT("w"))})};
    const struct fixture_stream stream = {
        .nodes = &node, .node_count = 1, .length = 4, .last_id = ID(2, 0)};

    fixture_begin(f, 9, "redis");
    fixture_db(f, 0);
    fixture_stream(f, C("stream"), T_STREAM_LISTPACKS, &stream);
    fixture_string(f, C("after"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* ---- versions 10 to 12, Valkey ------------------------------------------------------------ */

/* Every entry encoding at its limits. */
static const struct cell listpack_cells[] = {
    K("0"),           K("127"),         K("128"),       K("-1"),           K("4095"),
    K("-4096"),       K("4096"),        K("-4097"),     K("32767"),        K("-32768"),
    K("32768"),       K("-32769"),      K("8388607"),   K("-8388608"),     K("8388608"),
    K("-8388609"),    K("2147483647"),  K("-2147483648"), K("2147483648"), K("-2147483649"),
    K("9223372036854775807"),           K("-9223372036854775808"),
    KF("5", FORM_INT_13),               KF("6", FORM_INT_16), KF("7", FORM_INT_24),
    KF("8", FORM_INT_32),               KF("-9", FORM_INT_64), KF("10", FORM_STR_6),
    KF("twelve", FORM_STR_12),          KF("wide", FORM_STR_32),
    K(""),            KF("", FORM_STR_12), KF("", FORM_STR_32), K("\xff\xff\xff\xff"),
    K("123456789012345678901234567890123456789012345678901234567890123"),
    K("1234567890123456789012345678901234567890123456789012345678901234")};
#define LISTPACK_CELL_COUNT (sizeof(listpack_cells) / sizeof(listpack_cells[0]))

static void build_listpack_v10(struct fixture *f)
{
    static const double scores[] = {-INFINITY, -0.5, 0, 3, 1e21, INFINITY};

    fixture_begin(f, 10, "redis");
    add_server_aux(f, "7.0.15");
    fixture_aux(f, LIT("aof-base"), LIT("0"));
    fixture_db(f, 0);
    fixture_resizedb(f, 9, 0);
    fixture_hash(f, C("hash"), T_HASH_LISTPACK, listpack_cells, LISTPACK_CELL_COUNT, NULL);
    fixture_zset(f, C("zset"), T_ZSET_LISTPACK,
                 CELLS(C("a"), C("b"), C("17"), C("-300"), C(""), C("f")), scores, 6);
    fixture_list(f, C("nodes of seven"), T_LIST_QUICKLIST_2, listpack_cells, LISTPACK_CELL_COUNT,
                 7);
    f->plain_from_bytes = 10;
    fixture_list(f, C("plain nodes"), T_LIST_QUICKLIST_2,
                 ALL(C("packed"), C("a plain node's element"), CF("12345678901", FORM_RAW),
                     C("pppppppppppppppppppppppppppppppppppppppppppppppp"), C("x"), C("y")),
                 2);
    f->plain_from_bytes = 1;
    fixture_list(f, C("plain integers"), T_LIST_QUICKLIST_2,
                 ALL(CF("5", FORM_INT_8), CF("-70000", FORM_INT_32)), 1);
    f->plain_from_bytes = 0;
    f->blob_form = FORM_LZF;
    fixture_list(f, C("compressed nodes"), T_LIST_QUICKLIST_2,
                 ALL(C("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), C("b")), 1);
    f->blob_form = FORM_AUTO;
    f->hide_packed_count = true;
    fixture_list(f, C("count not said"), T_LIST_QUICKLIST_2, ALL(C("a"), C("b"), C("c")), 2);
    fixture_hash(f, C("count not said hash"), T_HASH_LISTPACK, ALL(C("a"), C("b")), NULL);
    f->hide_packed_count = false;
    fixture_hash(f, C("empty"), T_HASH_LISTPACK, NULL, 0, NULL);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Entries at the limits of the backward length, in both widths writers have used for 16383. */
static void build_backlen_v10(struct fixture *f)
{
    struct cell cells[8];
    struct buf texts[8];
    static const struct {
        size_t text_bytes;
        unsigned form;
    } rows[] = {{125, FORM_STR_12},   {126, FORM_STR_12},  {4095, FORM_AUTO},
                {16377, FORM_STR_32}, {16378, FORM_STR_32}, {16378, FORM_STR_32 | FORM_BACKLEN_LONG},
                {16379, FORM_STR_32}, {4096, FORM_AUTO}};

    fixture_begin(f, 10, "redis");
    fixture_db(f, 0);
    for (size_t i = 0; i < 8; i++) {
        memset(&texts[i], 0, sizeof(texts[i]));
        buf_add_repeat(&texts[i], (uint8_t)('a' + i), rows[i].text_bytes);
        cells[i] = (struct cell){text_of_buf(&texts[i]), rows[i].form};
    }
    f->blob_form = FORM_LZF;
    fixture_list(f, C("backward lengths"), T_LIST_QUICKLIST_2, cells, 8, 8);
    fixture_list(f, C("one a node"), T_LIST_QUICKLIST_2, cells, 8, 1);
    fixture_end(f, CHECKSUM_AUTO);
    for (size_t i = 0; i < 8; i++)
        buf_done(&texts[i]);
}

static void build_function_v10(struct fixture *f)
{
    fixture_begin(f, 10, "redis");
    add_server_aux(f, "7.0.15");
    fixture_function(f,
                     LIT("#!lua name=mylib\nredis.register_function('f', function(keys, args) "
                         "return keys[1] end)\n"),
                     FORM_RAW);
    fixture_function(f, LIT("#!lua name=other\n-- ------------------------------------\n"
                         "redis.register_function('g', function(keys, args) return 1 end)\n"),
                     FORM_LZF);
    fixture_db(f, 0);
    fixture_string(f, C("a"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_function_pre_ga_v10(struct fixture *f)
{
    fixture_begin(f, 10, "redis");
    fixture_function_pre_ga(f, LIT("lib1"), LIT("LUA"), LIT("what it does"), LIT("return 1"));
    fixture_expect_defect(f, "pre-release-layout");
    fixture_function_pre_ga(f, LIT("lib2"), LIT("LUA"), (struct text){NULL, 0}, LIT("return 2"));
    fixture_expect_defect(f, "pre-release-layout");
    fixture_db(f, 0);
    fixture_string(f, C("a"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_set_listpack_v11(struct fixture *f)
{
    fixture_begin(f, 11, "redis");
    add_server_aux(f, "7.2.6");
    fixture_db(f, 0);
    fixture_set(f, C("small"), T_SET_LISTPACK, ALL(C("a"), C("1")));
    fixture_set(f, C("mixed"), T_SET_LISTPACK,
                ALL(C("-4097"), C("text"), C(""), C("9223372036854775807"), C("007"), C("1.5")));
    build_integer_sets(f);
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_valkey_slots_v11(struct fixture *f)
{
    fixture_begin(f, 11, "valkey");
    fixture_aux(f, LIT("valkey-ver"), LIT("8.0.1"));
    fixture_db(f, 0);
    fixture_resizedb(f, 2, 0);
    fixture_aux(f, LIT("slot-info"), LIT("15495,1,0"));
    fixture_string(f, C("a"), C("v"));
    fixture_aux(f, LIT("slot-info"), LIT("3300,1,0"));
    fixture_string(f, C("b"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_slot_info_v12(struct fixture *f)
{
    fixture_begin(f, 12, "redis");
    add_server_aux(f, "7.4.1");
    fixture_db(f, 0);
    fixture_resizedb(f, 2, 1);
    fixture_slot_info(f, 15495, 1, 0);
    fixture_string(f, C("a"), C("v"));
    fixture_slot_info(f, 3300, 1, 1);
    fixture_expire_ms(f, T0_MS);
    fixture_string(f, C("b"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

static void build_hash_ttl_v12(struct fixture *f)
{
    static const int64_t some[] = {0, T0_MS + 5000, T0_MS};
    static const int64_t sorted[] = {T0_MS, T0_MS + 5000, 0};
    static const int64_t none[] = {0, 0, 0};
    static const int64_t largest[] = {T0_MS, INT64_C(281474976710655), 0};

    fixture_begin(f, 12, "redis");
    add_server_aux(f, "7.4.1");
    fixture_db(f, 0);
    fixture_hash(f, C("table"), T_HASH_METADATA,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), some);
    fixture_hash(f, C("listpack"), T_HASH_LISTPACK_EX,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), sorted);
    fixture_hash(f, C("listpack, none left"), T_HASH_LISTPACK_EX,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), none);
    fixture_hash(f, C("largest"), T_HASH_METADATA,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), largest);
    fixture_hash(f, C("largest packed"), T_HASH_LISTPACK_EX,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), largest);
    f->hide_packed_count = true;
    fixture_hash(f, C("count not said"), T_HASH_LISTPACK_EX,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), sorted);
    f->hide_packed_count = false;
    fixture_expire_ms(f, T0_MS + 1);
    fixture_hash(f, C("key expires too"), T_HASH_METADATA, ALL(C("f"), C("v")), sorted);
    fixture_end(f, CHECKSUM_AUTO);
}

/* Types 22 and 23 of 7.4's release candidates: absolute times, no leading minimum. */
static void build_hash_ttl_pre_ga_v12(struct fixture *f)
{
    static const int64_t some[] = {0, T0_MS + 5000, T0_MS};
    static const int64_t sorted[] = {T0_MS, T0_MS + 5000, 0};

    fixture_begin(f, 12, "redis");
    fixture_db(f, 0);
    fixture_hash(f, C("table"), T_HASH_METADATA_PRE_GA,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), some);
    fixture_hash(f, C("listpack"), T_HASH_LISTPACK_EX_PRE_GA,
                 ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")), sorted);
    fixture_end(f, CHECKSUM_AUTO);
    fixture_expect_defect(f, "pre-release-layout"); /* once a file */
}

static void build_valkey_v80(struct fixture *f)
{
    static const int64_t some[] = {0, T0_MS + 5000, T0_MS};
    static const uint64_t ranges[] = {0, 100, 5000, 5000};

    fixture_begin(f, 80, "valkey");
    fixture_aux(f, LIT("valkey-ver"), LIT("9.0.0"));
    put_slot_import(&f->rdb, LIT("0123456789abcdef0123456789abcdef01234567"), ranges, 2);
    fixture_db(f, 0);
    fixture_resizedb(f, 4, 0);
    fixture_hash(f, C("hash 2"), T_HASH_2, ALL(C("f"), C("v"), C("g"), C("2"), C("h"), C("")),
                 some);
    fixture_hash(f, C("listpack"), T_HASH_LISTPACK, ALL(C("f"), C("v")), NULL);
    add_streams(f, T_STREAM_LISTPACKS_3);
    fixture_string(f, C("a"), C("5"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* ---- damage ------------------------------------------------------------------------------- */

static void add_damaged_blob(struct fixture *f, const char *key, enum rdb_type_byte type,
                             const char *word, const void *bytes, size_t size_bytes)
{
    struct buf value = {0};

    if (type == T_LIST_QUICKLIST_2) {
        put_length(&value, 1, LENGTH_AUTO);
        put_length(&value, 2, LENGTH_AUTO);
    } else if (type == T_LIST_QUICKLIST) {
        put_length(&value, 1, LENGTH_AUTO);
    }
    put_string(&value, (struct text){bytes, size_bytes}, FORM_RAW);
    fixture_damaged(f, (struct cell){text_of(key), FORM_AUTO}, type, word, &value,
                    "damaged-value");
    buf_done(&value);
}
#define DAMAGED(f, key, type, word, literal)                                                       \
    add_damaged_blob(f, key, type, word, literal, sizeof(literal) - 1)

/* Values that are broken inside a blob whose end is known: each costs its key, not the file. */
static void build_damaged_v11(struct fixture *f)
{
    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("good, first"), C("v"));
    DAMAGED(f, "ziplist shorter than its header", T_LIST_ZIPLIST, "list", "\x0b\x00\x00");
    DAMAGED(f, "ziplist size wrong", T_LIST_ZIPLIST, "list",
            "\xff\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01"
            "a\xff");
    DAMAGED(f, "ziplist entry beyond the end", T_LIST_ZIPLIST, "list",
            "\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x20"
            "a\xff");
    DAMAGED(f, "ziplist without end", T_LIST_QUICKLIST, "list",
            "\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01"
            "a\x00");
    DAMAGED(f, "listpack size wrong", T_HASH_LISTPACK, "hash",
            "\x0e\x00\x00\x00\x02\x00\x81\x66\x02\x81\x76\x02\xff");
    DAMAGED(f, "listpack entry beyond the end", T_HASH_LISTPACK, "hash",
            "\x0d\x00\x00\x00\x02\x00\x81\x66\x02\xbf\x76\x02\xff");
    DAMAGED(f, "listpack reserved encoding", T_SET_LISTPACK, "set",
            "\x0a\x00\x00\x00\x01\x00\xf6\x00\x01\xff");
    DAMAGED(f, "listpack backlen wrong", T_LIST_QUICKLIST_2, "list",
            "\x0a\x00\x00\x00\x01\x00\x81\x61\x07\xff");
    DAMAGED(f, "hash with an odd count", T_HASH_LISTPACK, "hash",
            "\x0a\x00\x00\x00\x01\x00\x81\x66\x02\xff");
    DAMAGED(f, "score that is no number", T_ZSET_LISTPACK, "zset",
            "\x0d\x00\x00\x00\x02\x00\x81\x61\x02\x81\x62\x02\xff");
    DAMAGED(f, "intset of three-byte integers", T_SET_INTSET, "set",
            "\x03\x00\x00\x00\x01\x00\x00\x00\x01\x02\x03");
    DAMAGED(f, "intset count too high", T_SET_INTSET, "set",
            "\x02\x00\x00\x00\xff\xff\xff\x7f\x01\x00");
    DAMAGED(f, "intset without elements", T_SET_INTSET, "set", "\x02\x00\x00\x00\x00\x00\x00\x00");
    DAMAGED(f, "zipmap without elements", T_HASH_ZIPMAP, "hash", "\x00\xff");
    DAMAGED(f, "zipmap field beyond the end", T_HASH_ZIPMAP, "hash", "\x01\x40"
                                                                     "ab\xff");
    DAMAGED(f, "zipmap without end", T_HASH_ZIPMAP, "hash", "\x01\x01"
                                                            "a\x01\x00"
                                                            "b");
    fixture_string(f, C("good, last"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
}

/* Good keys, then a type byte nobody has assigned. */
static void build_unknown_type_v11(struct fixture *f)
{
    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("before"), C("v"));
    buf_add_u8(&f->rdb, 8);
    put_string(&f->rdb, LIT("key"), FORM_RAW);
    put_string(&f->rdb, LIT("value"), FORM_RAW);
    put_eof(&f->rdb, 11, CHECKSUM_AUTO);
    fixture_end_fatal(f, "unknown-type");
}

static void build_unknown_opcode_v11(struct fixture *f)
{
    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    fixture_string(f, C("before"), C("v"));
    buf_add_u8(&f->rdb, 240);
    put_eof(&f->rdb, 11, CHECKSUM_AUTO);
    fixture_end_fatal(f, "unknown-opcode");
}

/* ---- made at test time: larger than a committed file may be ------------------------------- */

static void build_big_strings_v11(struct fixture *f)
{
    static const size_t sizes[] = {4096, 65535, 65536, 65537, 300000, 2097152};
    struct buf raw = {0};
    uint32_t random = 7;

    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char key[32];

        buf_clear(&raw);
        while (raw.size_bytes < sizes[i]) {
            random = random * 1664525u + 1013904223u;
            buf_add_repeat(&raw, (uint8_t)(random >> 24), 1 + (random >> 16) % 40);
        }
        raw.size_bytes = sizes[i];
        snprintf(key, sizeof(key), "raw %zu", sizes[i]);
        fixture_string(f, (struct cell){text_of(key), FORM_AUTO},
                       (struct cell){text_of_buf(&raw), FORM_RAW});
        snprintf(key, sizeof(key), "lzf %zu", sizes[i]);
        fixture_string(f, (struct cell){text_of(key), FORM_AUTO},
                       (struct cell){text_of_buf(&raw), FORM_LZF});
        snprintf(key, sizeof(key), "library %zu", sizes[i]);
        fixture_string(f, (struct cell){text_of(key), FORM_AUTO},
                       (struct cell){text_of_buf(&raw), FORM_LZF_LIBRARY});
        if (sizes[i] <= 70000)
            fixture_string(f, (struct cell){text_of_buf(&raw), FORM_RAW}, C("a long key"));
    }
    fixture_end(f, CHECKSUM_AUTO);
    buf_done(&raw);
}

/* Many elements, so that batches and windows end inside values; and elements longer than a window. */
static void build_big_collections_v11(struct fixture *f)
{
    enum { COUNT = 20000 };
    static struct cell cells[COUNT];
    static char texts[COUNT][24];
    static double scores[COUNT];
    struct buf longest = {0};

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof(texts[i]), i % 3 ? "member:%zu" : "%zu", i * 7919);
        cells[i] = (struct cell){text_of(texts[i]), FORM_AUTO};
        scores[i] = (double)i * 0.5;
    }
    buf_add_repeat(&longest, 'L', 400000);
    cells[COUNT / 2].text = text_of_buf(&longest);
    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    fixture_list(f, C("list"), T_LIST, cells, COUNT, 0);
    fixture_list(f, C("ziplist nodes"), T_LIST_QUICKLIST, cells, COUNT, 500);
    fixture_list(f, C("listpack nodes"), T_LIST_QUICKLIST_2, cells, COUNT, 128);
    fixture_list(f, C("one ziplist"), T_LIST_ZIPLIST, cells, COUNT, 0);
    fixture_set(f, C("set"), T_SET, cells, COUNT);
    fixture_set(f, C("set listpack"), T_SET_LISTPACK, cells, COUNT);
    fixture_zset(f, C("zset"), T_ZSET_2, cells, scores, COUNT);
    fixture_zset(f, C("zset listpack"), T_ZSET_LISTPACK, cells, scores, COUNT);
    fixture_hash(f, C("hash"), T_HASH, cells, COUNT, NULL);
    f->blob_form = FORM_LZF;
    fixture_hash(f, C("hash listpack, compressed"), T_HASH_LISTPACK, cells, COUNT, NULL);
    fixture_hash(f, C("hash ziplist, compressed"), T_HASH_ZIPLIST, cells, COUNT, NULL);
    f->blob_form = FORM_RAW;
    fixture_hash(f, C("hash listpack, raw"), T_HASH_LISTPACK, cells, COUNT, NULL);
    f->blob_form = FORM_AUTO;
    f->hide_packed_count = true;
    fixture_set(f, C("count not said"), T_SET_LISTPACK, cells, COUNT);
    fixture_hash(f, C("zipmap"), T_HASH_ZIPMAP, cells, COUNT, NULL);
    f->hide_packed_count = false;
    fixture_string(f, C("after"), C("v"));
    fixture_end(f, CHECKSUM_AUTO);
    buf_done(&longest);
}

/* Nodes of more entries than a batch holds, many nodes, and pending entries beyond one batch. */
static void build_big_stream_v11(struct fixture *f)
{
    enum { NODES = 5, PER_NODE = 700, PENDING = 1000 };
    static const struct text fields[] = {{"course", 6}, {"lesson", 6}};
    static const struct text other_fields[] = {{"course", 6}, {"17", 2}};
    static struct fixture_entry entries[NODES][PER_NODE];
    static struct text texts[NODES][PER_NODE][4];
    static char numbers[NODES][PER_NODE][12];
    static struct fixture_pending pending[PENDING];
    static struct stream_id ids[PENDING];
    struct fixture_node nodes[NODES];
    uint64_t live = 0;

    for (uint64_t n = 0; n < NODES; n++) {
        nodes[n] = (struct fixture_node){ID(1000 * n, 7), fields, 2, entries[n], PER_NODE};
        for (uint64_t i = 0; i < PER_NODE; i++) {
            struct fixture_entry *e = &entries[n][i];
            struct text *t = texts[n][i];

            snprintf(numbers[n][i], sizeof(numbers[n][i]), "%" PRIu64, i * i * 37);
            *e = (struct fixture_entry){ID(1000 * n + i, i ? 0 : 7), i % 10 == 3, i % 4 != 1, t, 2};
            if (!e->is_samefields) {
                t[0] = LIT("other field");
                t[2] = LIT("course");
                t[3] = LIT("");
                e->text_count = 4;
            }
            t[1] = text_of(numbers[n][i]);
            if (e->is_samefields)
                t[0] = LIT("a value of some length");
            live += !e->is_deleted;
        }
    }
    for (uint64_t i = 0; i < PENDING; i++) {
        ids[i] = entries[i / PER_NODE][i % PER_NODE].id;
        pending[i] = (struct fixture_pending){ids[i], T0_MS + (int64_t)i, i % 5};
    }
    const struct fixture_consumer consumers[] = {{"first", 1, 2, ids, 600},
                                                 {"second", 3, 4, ids + 600, 400}};
    const struct fixture_group groups[] = {
        {"group", ids[PENDING - 1], 1, pending, PENDING, consumers, 2, NULL, 0}};
    const struct fixture_stream stream = {.nodes = nodes,
                                          .node_count = NODES,
                                          .length = live,
                                          .last_id = ID(1000 * (NODES - 1) + PER_NODE - 1, 0),
                                          .first_id = ID(0, 7),
                                          .max_deleted_id = ID(4693, 0),
                                          .entries_added = (uint64_t)NODES * PER_NODE,
                                          .groups = groups,
                                          .group_count = 1};

    fixture_begin(f, 11, "redis");
    fixture_db(f, 0);
    fixture_stream(f, C("long nodes"), T_STREAM_LISTPACKS_3, &stream);
    f->blob_form = FORM_RAW;
    for (size_t n = 0; n < NODES; n++)
        nodes[n].fields = other_fields;
    fixture_stream(f, C("long nodes, raw"), T_STREAM_LISTPACKS_3, &stream);
    fixture_end(f, CHECKSUM_AUTO);
}

const struct fixture_row fixture_rows[] = {
    {"strings_v1", build_strings_v1, true},
    {"packed_v2", build_packed_v2, true},
    {"zipmap_v2", build_zipmap_v2, true},
    {"expire_v3", build_expire_v3, true},
    {"hash_ziplist_v4", build_hash_ziplist_v4, true},
    {"checksum_v5", build_checksum_v5, true},
    {"nochecksum_v5", build_nochecksum_v5, true},
    {"wrong_checksum_v6", build_wrong_checksum_v6, true},
    {"ziplist_v6", build_ziplist_v6, true},
    {"quicklist_v7", build_quicklist_v7, true},
    {"lengths_v8", build_lengths_v8, true},
    {"zset_v8", build_zset_v8, true},
    {"module_pre_ga_v8", build_module_pre_ga_v8, true},
    {"module_v9", build_module_v9, true},
    {"lru_v9", build_lru_v9, true},
    {"lfu_v9", build_lfu_v9, true},
    {"attributes_v9", build_attributes_v9, true},
    {"keydb_v9", build_keydb_v9, true},
    {"enterprise_v9", build_enterprise_v9, true},
    {"empty_v9", build_empty_v9, true},
    {"nothing_v9", build_nothing_v9, true},
    {"stream_v9", build_stream_v9, true},
    {"stream_length_v9", build_stream_length_v9, true},
    {"listpack_v10", build_listpack_v10, true},
    {"backlen_v10", build_backlen_v10, true},
    {"function_v10", build_function_v10, true},
    {"function_pre_ga_v10", build_function_pre_ga_v10, true},
    {"stream_v10", build_stream_v10, true},
    {"set_listpack_v11", build_set_listpack_v11, true},
    {"stream_v11", build_stream_v11, true},
    {"valkey_slots_v11", build_valkey_slots_v11, true},
    {"damaged_v11", build_damaged_v11, true},
    {"unknown_type_v11", build_unknown_type_v11, true},
    {"unknown_opcode_v11", build_unknown_opcode_v11, true},
    {"sidekiq_v11", build_sidekiq_v11, true},
    {"jobs_v11", build_jobs_v11, true},
    {"cluster_1_v12", build_cluster_1_v12, true},
    {"cluster_2_v12", build_cluster_2_v12, true},
    {"cluster_3_v12", build_cluster_3_v12, true},
    {"slot_info_v12", build_slot_info_v12, true},
    {"hash_ttl_v12", build_hash_ttl_v12, true},
    {"hash_ttl_pre_ga_v12", build_hash_ttl_pre_ga_v12, true},
    {"stream_v13", build_stream_v13, true},
    {"key_meta_v13", build_key_meta_v13, true},
    {"stream_v14", build_stream_v14, true},
    {"array_v14", build_array_v14, true},
    {"valkey_v80", build_valkey_v80, true},
    {"big_strings_v11", build_big_strings_v11, false},
    {"big_stream_v11", build_big_stream_v11, false},
    {"big_collections_v11", build_big_collections_v11, false},
};
const size_t fixture_row_count = sizeof(fixture_rows) / sizeof(fixture_rows[0]);
