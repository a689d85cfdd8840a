/* test_rdb_writer.c -- holds the tests' RDB writer against bytes that servers wrote.
 *
 * The writer is the oracle of the parser's tests, so it needs an oracle of its own: the vectors of
 * docs/rdb-format.md, section 20 (DUMP bodies of a Redis 7.4 server and two whole files), and liblzf for
 * its compressor.  A run against a live server is tests/integration/writer_against_server.py.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <liblzf/lzf.h>
#include <math.h>

#include "rdb_writer.h"

static void build_string(struct buf *b, struct text s)
{
    buf_add_u8(b, 0);
    put_string(b, s, FORM_AUTO);
}

static void build_hello(struct buf *b)
{
    build_string(b, LIT("hello"));
}
static void build_5(struct buf *b)
{
    build_string(b, LIT("5"));
}
static void build_minus_129(struct buf *b)
{
    build_string(b, LIT("-129"));
}
static void build_65536(struct buf *b)
{
    build_string(b, LIT("65536"));
}
static void build_3000000000(struct buf *b)
{
    build_string(b, LIT("3000000000"));
}
/* The server's compressor leaves two literals at the end, ours does not: compare by liblzf below,
 * and here give the server's bytes through the hand-made form. */
static void build_40_a(struct buf *b)
{
    buf_add_u8(b, 0);
    put_lzf_bytes(b, "\x01"
                     "aa\xe0\x1b\x00\x01"
                     "aa",
                  9, 40);
}

static void build_intset(struct buf *b)
{
    static const int64_t values[] = {-3, 1, 2};
    struct buf blob = {0};

    buf_add_u8(b, 11);
    intset_build(&blob, 2, values, 3);
    put_string(b, text_of_buf(&blob), FORM_RAW);
    buf_done(&blob);
}

static void put_listpack(struct buf *b, const char *const *texts, size_t count)
{
    struct packed p = {0};
    struct buf blob = {0};

    for (size_t i = 0; i < count; i++)
        listpack_add(&p, text_of(texts[i]), FORM_AUTO);
    listpack_finish(&p, p.entry_count, &blob);
    put_string(b, text_of_buf(&blob), FORM_RAW);
    packed_done(&p);
    buf_done(&blob);
}

static void build_set_listpack(struct buf *b)
{
    buf_add_u8(b, 20);
    put_listpack(b, (const char *const[]){"a", "1"}, 2);
}
static void build_hash_listpack(struct buf *b)
{
    buf_add_u8(b, 16);
    put_listpack(b, (const char *const[]){"f", "v"}, 2);
}
static void build_zset_listpack(struct buf *b)
{
    buf_add_u8(b, 17);
    put_listpack(b, (const char *const[]){"a", "1.5", "b", "2"}, 4);
}
static void build_hash_table(struct buf *b)
{
    buf_add_u8(b, 4);
    put_length(b, 1, LENGTH_AUTO);
    put_string(b, LIT("f"), FORM_AUTO);
    put_string(b, LIT("v"), FORM_AUTO);
}
static void build_zset_2(struct buf *b)
{
    buf_add_u8(b, 5);
    put_length(b, 2, LENGTH_AUTO);
    put_string(b, LIT("b"), FORM_AUTO);
    buf_add_f64(b, INFINITY);
    put_string(b, LIT("a"), FORM_AUTO);
    buf_add_f64(b, 1.5);
}
static void build_hash_listpack_ex(struct buf *b)
{
    buf_add_u8(b, 25);
    buf_add_le(b, 4102444800000, 8);
    put_listpack(b, (const char *const[]){"g", "w", "4102444800000", "f", "v", "0"}, 6);
}
static void build_hash_metadata(struct buf *b)
{
    buf_add_u8(b, 24);
    buf_add_le(b, 4102444800000, 8);
    put_length(b, 2, LENGTH_AUTO);
    put_length(b, 1, LENGTH_AUTO);
    put_string(b, LIT("g"), FORM_AUTO);
    put_string(b, LIT("w"), FORM_AUTO);
    put_length(b, 0, LENGTH_AUTO);
    put_string(b, LIT("f"), FORM_AUTO);
    put_string(b, LIT("v"), FORM_AUTO);
}

static void build_lp_entries(struct buf *b)
{
    static const int64_t values[] = {-1, 4095, -4096, 4096, 70000, 3000000000};
    struct packed p = {0};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        listpack_add_integer(&p, values[i], FORM_AUTO);
    buf_add_buf(b, &p.entries);
    packed_done(&p);
}

static void build_stream_node(struct buf *b)
{
    static const struct text fields[] = {{"f", 1}};
    static const struct text v = {"v", 1}, w = {"w", 1}, gx[] = {{"g", 1}, {"x", 1}};
    struct stream_node n;

    stream_node_init(&n, (struct stream_id){1000, 1}, fields, 1);
    stream_node_add(&n, (struct stream_id){1000, 1}, false, true, &v, 1);
    stream_node_add(&n, (struct stream_id){1000, 2}, true, true, &w, 1);
    stream_node_add(&n, (struct stream_id){1001, 0}, false, false, gx, 2);
    stream_node_finish(&n, b);
    stream_node_done(&n);
}

static void build_empty_file(struct buf *b)
{
    put_magic(b, 9);
    put_eof(b, 9, CHECKSUM_AUTO);
}
static void build_small_file(struct buf *b)
{
    put_magic(b, 9);
    put_aux(b, LIT("redis-ver"), LIT("7.0.0"));
    put_select_db(b, 0);
    put_resizedb(b, 1, 0);
    buf_add_u8(b, 0);
    put_string(b, LIT("a"), FORM_AUTO);
    put_string(b, LIT("5"), FORM_AUTO);
    put_eof(b, 9, CHECKSUM_AUTO);
}
static void build_module_ids(struct buf *b)
{
    buf_add_be(b, module_id("ReJSON-RL", 3), 8);
    buf_add_be(b, module_id("vectorset", 0), 8);
    buf_add_be(b, module_id("MBbloom--", 4), 8);
    buf_add_be(b, module_id("tairhash-", 0), 8);
}
static void build_lengths(struct buf *b)
{
    put_length(b, 5, LENGTH_14);
    put_length(b, 5, LENGTH_32);
    put_length(b, UINT64_MAX, LENGTH_AUTO);
}

static const struct {
    const char *name;
    void (*build)(struct buf *b);
    const char *hex;
} vectors[] = {
    {"string hello", build_hello, "00 05 68 65 6c 6c 6f"},
    {"string 5", build_5, "00 c0 05"},
    {"string -129", build_minus_129, "00 c1 7f ff"},
    {"string 65536", build_65536, "00 c2 00 00 01 00"},
    {"string 3000000000", build_3000000000, "00 0a 33 30 30 30 30 30 30 30 30 30"},
    {"string 40 a", build_40_a, "00 c3 09 28 01 61 61 e0 1b 00 01 61 61"},
    {"intset", build_intset, "0b 0e 02 00 00 00 03 00 00 00 fd ff 01 00 02 00"},
    {"set listpack", build_set_listpack, "14 0c 0c 00 00 00 02 00 81 61 02 01 01 ff"},
    {"hash listpack", build_hash_listpack, "10 0d 0d 00 00 00 02 00 81 66 02 81 76 02 ff"},
    {"hash table", build_hash_table, "04 01 01 66 01 76"},
    {"zset listpack", build_zset_listpack,
     "11 14 14 00 00 00 04 00 81 61 02 83 31 2e 35 04 81 62 02 02 01 ff"},
    {"zset 2", build_zset_2,
     "05 02 01 62 00 00 00 00 00 00 f0 7f 01 61 00 00 00 00 00 00 f8 3f"},
    {"hash listpack ex", build_hash_listpack_ex,
     "19 00 d8 c3 2c bb 03 00 00 1f 1f 00 00 00 06 00 81 67 02 81 77 02 f4 00 d8 c3 2c bb 03 00 "
     "00 09 81 66 02 81 76 02 00 01 ff"},
    {"hash metadata", build_hash_metadata,
     "18 00 d8 c3 2c bb 03 00 00 02 01 01 67 01 77 00 01 66 01 76"},
    {"listpack entries", build_lp_entries,
     "df ff 02 cf ff 02 d0 00 02 f1 00 10 03 f2 70 11 01 04 f4 00 5e d0 b2 00 00 00 00 09"},
    {"stream node", build_stream_node,
     "39 00 00 00 16 00 02 01 01 01 01 01 81 66 02 00 01 02 01 00 01 00 01 81 76 02 04 01 03 01 "
     "00 01 01 01 81 77 02 04 01 00 01 01 01 df ff 02 01 01 81 67 02 81 78 02 06 01 ff"},
    {"empty file", build_empty_file, "52 45 44 49 53 30 30 30 39 ff 9a ac 7a bc fb 0f ad 74"},
    {"small file", build_small_file,
     "52 45 44 49 53 30 30 30 39 fa 09 72 65 64 69 73 2d 76 65 72 05 37 2e 30 2e 30 fe 00 fb 01 "
     "00 00 01 61 c0 05 ff 3d 31 88 8f f9 d1 26 d4"},
    {"module ids", build_module_ids,
     "45 e2 52 38 df 91 2c 03 bd e7 2d a2 bb 1e b4 00 30 16 e5 a2 89 be f8 04 b5 a8 ab 85 ab 21 "
     "f8 00"},
    {"length forms", build_lengths, "40 05 80 00 00 00 05 81 ff ff ff ff ff ff ff ff"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct buf got = {0}, text = {0};

        vectors[i].build(&got);
        for (size_t k = 0; k < got.size_bytes; k++)
            buf_add_format(&text, k ? " %02x" : "%02x", got.bytes[k]);
        buf_add_u8(&text, 0);
        if (strcmp((const char *)text.bytes, vectors[i].hex) != 0)
            fail_msg("%s: found %s, expected %s", vectors[i].name, (const char *)text.bytes,
                     vectors[i].hex);
        buf_done(&got);
        buf_done(&text);
    }
}

static void test_crc64_check_value(void **state)
{
    (void)state;
    assert_true(crc64_bitwise(0, "123456789", 9) == UINT64_C(0xe9c6d914c4b8d9ca));
}

/* liblzf must get back what lzf_pack() packed. */
static void test_lzf_against_liblzf(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 4, 31, 32, 33, 40, 263, 264, 265, 8192, 9000, 40000};
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint32_t alphabet = 1; alphabet <= 64; alphabet *= 4) {
            for (int literal_only = 0; literal_only < 2; literal_only++) {
                struct buf raw = {0}, stored = {0}, back = {0};
                unsigned n;

                for (size_t k = 0; k < sizes[i]; k++) {
                    random = random * 1664525u + 1013904223u;
                    buf_add_u8(&raw, (uint8_t)('a' + (random >> 24) % alphabet));
                }
                lzf_pack(&stored, text_of_buf(&raw), literal_only);
                buf_add_repeat(&back, 0, sizes[i]);
                n = lzf_decompress(stored.bytes, (unsigned)stored.size_bytes, back.bytes,
                                   (unsigned)back.size_bytes);
                if (n != sizes[i] || memcmp(raw.bytes, back.bytes, n) != 0)
                    fail_msg("size %zu alphabet %u literal_only %d: liblzf gave %u bytes", sizes[i],
                             alphabet, literal_only, n);
                buf_done(&raw);
                buf_done(&stored);
                buf_done(&back);
            }
        }
    }
}

static void test_backlen_widths(void **state)
{
    static const struct {
        size_t entry_bytes; /* encoding and data */
        unsigned form;
        const char *hex;
    } rows[] = {
        {127, FORM_STR_12, "7f"},
        {128, FORM_STR_12, "0180"},
        {16383, FORM_STR_32, "7fff"},
        {16383, FORM_STR_32 | FORM_BACKLEN_LONG, "00ffff"},
        {16384, FORM_STR_32, "018080"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t head = (rows[i].form & FORM_MASK) == FORM_STR_12 ? 2 : 5;
        struct packed p = {0};
        struct buf content = {0}, text = {0};

        buf_add_repeat(&content, 'x', rows[i].entry_bytes - head);
        listpack_add(&p, text_of_buf(&content), rows[i].form);
        for (size_t k = rows[i].entry_bytes; k < p.entries.size_bytes; k++)
            buf_add_format(&text, "%02x", p.entries.bytes[k]);
        buf_add_u8(&text, 0);
        assert_string_equal((const char *)text.bytes, rows[i].hex);
        packed_done(&p);
        buf_done(&content);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_crc64_check_value),
        cmocka_unit_test(test_lzf_against_liblzf),
        cmocka_unit_test(test_backlen_widths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
