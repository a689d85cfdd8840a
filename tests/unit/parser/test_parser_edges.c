/* test_parser_edges.c -- hand-made files at the parser's edges: what it refuses, cuts, warns of.
 *
 * Tables of whole files built from primitives, each with the verdict docs/rdb-format.md gives.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>

#include "counting_alloc.h"
#include "fixture.h"
#include "transcript.h"

#define DEPTH_ALL (RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)

static rdbp_options all_options(void)
{
    rdbp_options o = RDBP_OPTIONS_INIT;

    o.depth = DEPTH_ALL;
    return o;
}

/* ---- what is no RDB ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct text bytes;
    enum rdbp_errcode code; /* of open, or of the first rdbp_next() that fails */
} unopened[] = {
    {"empty", {"", 0}, RDBP_ERR_EMPTY},
    {"text", {"hello, world\n", 13}, RDBP_ERR_NOT_RDB},
    {"wrong case", {"redis0009\xff", 10}, RDBP_ERR_NOT_RDB},
    {"letters for digits", {"REDIS00x9\xff", 10}, RDBP_ERR_NOT_RDB},
    {"sign for a digit", {"REDIS+009\xff", 10}, RDBP_ERR_NOT_RDB},
    {"blank for a digit", {"REDIS 009\xff", 10}, RDBP_ERR_NOT_RDB},
    {"version 0", {"REDIS0000\xff", 10}, RDBP_ERR_NOT_RDB},
    {"zeros", {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16}, RDBP_ERR_NOT_RDB},
    {"an AOF", {"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", 23}, RDBP_ERR_NOT_RDB},
    {"bzip2", {"BZh91AY&SY\0\0\0\0\0\0", 16}, RDBP_ERR_NOT_RDB},
    {"zip", {"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0", 16}, RDBP_ERR_NOT_RDB},
    {"xz",
     {"\xfd"
      "7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01",
      16},
     RDBP_ERR_NOT_RDB},
};

static enum rdbp_errcode first_error(const void *bytes, size_t size_bytes, rdbp_error *ret_error)
{
    rdbp_options o = all_options();
    rdbp_parser *p;
    const rdbp_event *ev;
    int r;

    memset(ret_error, 0, sizeof(*ret_error));
    if (rdbp_open_memory(bytes, size_bytes, &o, &p, ret_error) < 0)
        return ret_error->code;
    while ((r = rdbp_next(p, &ev)) > 0)
        ;
    if (r < 0)
        *ret_error = *rdbp_last_error(p);
    rdbp_close(p);
    return ret_error->code;
}

static void test_what_is_no_rdb(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(unopened) / sizeof(unopened[0]); i++) {
        rdbp_error error;
        const enum rdbp_errcode code =
            first_error(unopened[i].bytes.bytes, unopened[i].bytes.size_bytes, &error);

        if (code != unopened[i].code)
            fail_msg("%s: found %s (%s), expected %s", unopened[i].name, rdbp_errcode_name(code),
                     error.message, rdbp_errcode_name(unopened[i].code));
        assert_true(error.message[0] != '\0');
        assert_int_equal(error.severity, RDBP_SEVERITY_FATAL);
    }
}

/* ---- framing that is impossible ----------------------------------------------------------- */

struct bad_row {
    const char *name;
    unsigned version;
    struct text record; /* follows the magic and SELECTDB 0, and is followed by EOF */
    enum rdbp_errcode code;
};
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct bad_row bad_rows[] = {
    {"length byte 10xxxxxx", 9, BYTES("\x00\x01k\x82zzzz"), RDBP_ERR_CORRUPT},
    {"string encoding 4", 9, BYTES("\x00\x01k\xc4\x01"), RDBP_ERR_CORRUPT},
    {"string encoding 63", 9, BYTES("\x00\x01k\xff"), RDBP_ERR_CORRUPT},
    {"encoded where a count stands", 9,
     BYTES("\x01\x01k\xc0\x01\x01"
           "a"),
     RDBP_ERR_CORRUPT},
    {"string of 2^63 bytes", 9, BYTES("\x00\x01k\x81\x80\0\0\0\0\0\0\0"), RDBP_ERR_TRUNCATED},
    {"string of 2^64-1 bytes", 9, BYTES("\x00\x01k\x81\xff\xff\xff\xff\xff\xff\xff\xff"),
     RDBP_ERR_TRUNCATED},
    {"key of 2^62 bytes", 9, BYTES("\x00\x81\x40\0\0\0\0\0\0\0"), RDBP_ERR_TRUNCATED},
    {"unknown type 34", 9, BYTES("\x22\x01kv"), RDBP_ERR_UNKNOWN_TYPE},
    {"unknown type 99", 9, BYTES("\x63\x01kv"), RDBP_ERR_UNKNOWN_TYPE},
    {"unknown opcode 100", 9, BYTES("\x64"), RDBP_ERR_UNKNOWN_OPCODE},
    {"unknown opcode 200", 9, BYTES("\xc8"), RDBP_ERR_UNKNOWN_OPCODE},
    {"Valkey's opcode 243 in a Redis file", 12, BYTES("\xf3\x01"), RDBP_ERR_NONE},
    {"key metadata of 8 classes", 13, BYTES("\xf3\x08"), RDBP_ERR_CORRUPT},
    {"key metadata of 2^63 classes", 13, BYTES("\xf3\x81\x80\0\0\0\0\0\0\0"), RDBP_ERR_CORRUPT},
    {"key metadata before an expiry", 13, BYTES("\xf3\x00\xfc\0\0\0\0\0\0\0\0\x00\x01k\x01v"),
     RDBP_ERR_CORRUPT},
    {"key metadata before EOF", 13, BYTES("\xf3\x01zzzz\x00"), RDBP_ERR_CORRUPT},
    {"key metadata with module opcode 6", 13, BYTES("\xf3\x01zzzz\x06\x00\x00\x01k\x01v"),
     RDBP_ERR_CORRUPT},
    {"array with insert index flag 2", 14, BYTES("\x1c\x01k\x01\x02\x00\x00\x03\x01v"),
     RDBP_ERR_CORRUPT},
    {"array with tag 4", 14, BYTES("\x1c\x01k\x01\x00\x00\x04\x01v"), RDBP_ERR_CORRUPT},
    {"array with an encoded index", 14, BYTES("\x1c\x01k\x01\x00\xc0\x00\x03\x01v"),
     RDBP_ERR_CORRUPT},
    {"array of 2^60 elements", 14, BYTES("\x1c\x01k\x81\x10\0\0\0\0\0\0\0\x00\x00\x03\x01v"),
     RDBP_ERR_TRUNCATED},
    {"2^60 released entries", 14,
     BYTES("\x1b\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x00\x00"
           "\x81\x10\0\0\0\0\0\0\0"),
     RDBP_ERR_NONE},
    {"2^60 producers", 13,
     BYTES("\x1a\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01"
           "\x81\x10\0\0\0\0\0\0\0"),
     RDBP_ERR_TRUNCATED},
    {"2^60 ids of a producer", 13,
     BYTES("\x1a\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x01\x01p"
           "\x81\x10\0\0\0\0\0\0\0"),
     RDBP_ERR_TRUNCATED},
    {"module opcode 6", 9, BYTES("\x07\x01k\x81\x45\xe2\x52\x38\xdf\x91\x2c\x03\x06"),
     RDBP_ERR_CORRUPT},
    {"list of 2^60 elements", 9,
     BYTES("\x01\x01k\x81\x10\0\0\0\0\0\0\0\x01"
           "a"),
     RDBP_ERR_NONE},
    {"quicklist node container 3", 10,
     BYTES("\x12\x01k\x01\x03\x01"
           "a"),
     RDBP_ERR_CORRUPT},
};

static void test_bad_framing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
        const struct bad_row *row = &bad_rows[i];
        struct buf b = {0};
        rdbp_error error;
        enum rdbp_errcode code;
        size_t record_at;

        put_magic(&b, row->version);
        put_select_db(&b, 0);
        record_at = b.size_bytes;
        buf_add(&b, row->record.bytes, row->record.size_bytes);
        put_eof(&b, row->version, CHECKSUM_AUTO);
        code = first_error(b.bytes, b.size_bytes, &error);
        /* NONE in the table: any refusal will do, but a refusal it must be. */
        if (row->code == RDBP_ERR_NONE ? code == RDBP_ERR_NONE : code != row->code)
            fail_msg("%s: found %s (%s), expected %s", row->name, rdbp_errcode_name(code),
                     error.message, rdbp_errcode_name(row->code));
        if (error.offset < record_at || error.offset > b.size_bytes)
            fail_msg("%s: offset %" PRIu64 " outside the record", row->name, error.offset);
        buf_done(&b);
    }
}

/* ---- damaged values: the next key must be reached ------------------------------------------ */

static const struct {
    const char *name;
    unsigned version;
    struct text value; /* type byte, key "k", value */
} damaged_rows[] = {
    {"NaN as text score", 7, BYTES("\x03\x01k\x01\x01m\xfd")},
    {"empty text score", 7, BYTES("\x03\x01k\x01\x01m\x00")},
    {"text score that is no number", 7,
     BYTES("\x03\x01k\x01\x01m\x03"
           "abc")},
    {"NaN as binary score", 9, BYTES("\x05\x01k\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x7f")},
    {"LZF of no bytes", 9, BYTES("\x00\x01k\xc3\x00\x05")},
    {"LZF to no bytes", 9,
     BYTES("\x00\x01k\xc3\x02\x00\x00"
           "a")},
    {"LZF beyond its best ratio", 9,
     BYTES("\x00\x01k\xc3\x02\x80\x00\x10\x00\x00\x00"
           "a")},
    {"LZF reference before the start", 9,
     BYTES("\x00\x01k\xc3\x04\x05\x00"
           "a\x20\x09")},
    {"LZF too short", 9,
     BYTES("\x00\x01k\xc3\x02\x05\x00"
           "a")},
    {"LZF too long", 9,
     BYTES("\x00\x01k\xc3\x04\x02\x02"
           "abc")},
    {"stream node id of 3 bytes", 9,
     BYTES("\x0f\x01k\x01\x03"
           "abc\x07\x07\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00")},
    {"stream node with a broken listpack", 9,
     BYTES("\x0f\x01k\x01\x10"
           "aaaaaaaabbbbbbbb\x03"
           "abc\x00\x00\x00\x00")},
    {"array without elements", 14, BYTES("\x1c\x01k\x00\x00")},
    {"array index 2^64-1", 14,
     BYTES("\x1c\x01k\x01\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x03\x01v")},
    {"array with a short string of 8 bytes", 14,
     BYTES("\x1c\x01k\x01\x00\x00\x03\x08"
           "aaaaaaaa")},
    {"array element with damaged LZF", 14,
     BYTES("\x1c\x01k\x01\x00\x00\x00\xc3\x02\x05\x00"
           "a")},
    {"producer's id that LZF cannot give", 13,
     BYTES("\x1a\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x01\x01p\x01"
           "\xc3\x00\x05\x01\x01\x01\x00")},
    {"hash field TTL beyond 2^48", 12,
     BYTES("\x18\x01k\x01\x00\x00\x00\x00\x00\x00\x00\x01\x81\x00\x02\x00\x00\x00\x00\x00\x00\x01"
           "f\x01v")},
    {"listpack field TTL that is text", 12,
     BYTES("\x19\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x10\x10\x00\x00\x00\x03\x00\x81"
           "f\x02\x81v\x02\x81t\x02\xff")},
    {"listpack field TTLs that go down", 12,
     BYTES("\x19\x01k\x05\x00\x00\x00\x00\x00\x00\x00\x17\x17\x00\x00\x00\x06\x00\x81"
           "f\x02\x81v\x02\x06\x01\x81g\x02\x81v\x02\x05\x01\xff")},
    {"listpack field TTL after a field without one", 12,
     BYTES("\x19\x01k\x05\x00\x00\x00\x00\x00\x00\x00\x17\x17\x00\x00\x00\x06\x00\x81"
           "f\x02\x81v\x02\x00\x01\x81g\x02\x81v\x02\x05\x01\xff")},
    {"stream with a length and no nodes", 9, BYTES("\x0f\x01k\x00\x05\x01\x01\x00")},
};

static void test_damaged_values_cost_their_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damaged_rows) / sizeof(damaged_rows[0]); i++) {
        struct buf b = {0};
        rdbp_options o = all_options();
        rdbp_parser *p;
        rdbp_error error;
        const rdbp_event *ev;
        int r, failed_count = 0, ok_count = 0;

        put_magic(&b, damaged_rows[i].version);
        buf_add(&b, damaged_rows[i].value.bytes, damaged_rows[i].value.size_bytes);
        buf_add_u8(&b, 0);
        put_string(&b, LIT("next"), FORM_RAW);
        put_string(&b, LIT("value"), FORM_RAW);
        put_eof(&b, damaged_rows[i].version, CHECKSUM_AUTO);
        assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
        while ((r = rdbp_next(p, &ev)) > 0) {
            if (ev->type != RDBP_EVENT_VALUE_END)
                continue;
            if (!ev->u.value_end.ok) {
                failed_count++;
                assert_false(ev->u.value_end.has_element_count);
                assert_int_equal(ev->u.value_end.error.code, RDBP_ERR_VALUE);
                assert_int_equal(ev->u.value_end.error.severity, RDBP_SEVERITY_FAILED);
                assert_true(ev->u.value_end.error.key_index == 0);
                assert_true(ev->u.value_end.error.offset < b.size_bytes);
            } else {
                ok_count++;
                assert_true(ev->u.value_end.element_count == 5);
            }
        }
        if (r < 0)
            fail_msg("%s: fatal: %s", damaged_rows[i].name, rdbp_last_error(p)->message);
        if (failed_count != 1 || ok_count != 1)
            fail_msg("%s: %d keys failed, %d were read", damaged_rows[i].name, failed_count,
                     ok_count);
        rdbp_close(p);
        buf_done(&b);
    }
}

/* ---- walked, and nothing told of it but the longest ------------------------------------------ */

static const struct {
    const char *name;
    unsigned version;
    struct text value; /* type byte, key "k", value */
    uint64_t longest_bytes;
    bool is_damaged;
} walked_rows[] = {
    {"hash listpack, a text", 11,
     BYTES("\x10\x01k\x17\x17\0\0\0\x04\0\x81"
           "f\x02\x83vvv\x04\x81g\x02\x83www\x04\xff"),
     3, false},
    {"hash listpack, an integer", 11,
     BYTES("\x10\x01k\x0f\x0f\0\0\0\x02\0\x83"
           "fff\x04\xdc\x18\x02\xff"),
     5, false}, /* -1000 */
    {"zset listpack: scores are no elements", 11,
     BYTES("\x11\x01k\x14\x14\0\0\0\x02\0\x81"
           "m\x02\xf4\0\0\0\0\x01\0\0\0\x09\xff"),
     1, false},
    {"zset listpack, a text score", 11,
     BYTES("\x11\x01k\x10\x10\0\0\0\x02\0\x81"
           "m\x02\x84"
           "1.25\x05\xff"),
     1, false},
    {"zset listpack, a score that is no number", 11,
     BYTES("\x11\x01k\x10\x10\0\0\0\x02\0\x81"
           "m\x02\x84"
           "1.2x\x05\xff"),
     0, true},
    {"set intset", 11, BYTES("\x0b\x01k\x0c\x02\0\0\0\x02\0\0\0\x9c\xff\x07\0"), 4, false},
    {"set intset that goes down", 11, BYTES("\x0b\x01k\x0c\x02\0\0\0\x02\0\0\0\x07\0\x9c\xff"), 0,
     true},
    {"list ziplist", 9,
     BYTES("\x0a\x01k\x13\x13\0\0\0\x0e\0\0\0\x02\0\0\x02zz\x04\xc0\x39\x30\xff"), 5, false},
    {"list ziplist with another length before", 9,
     BYTES("\x0a\x01k\x13\x13\0\0\0\x0e\0\0\0\x02\0\0\x02zz\x05\xc0\x39\x30\xff"), 0, true},
    {"quicklist of a plain node and a listpack", 11,
     BYTES("\x12\x01k\x02\x01\x03ppp\x02\x0b\x0b\0\0\0\x01\0\x82qq\x03\xff"), 3, false},
    {"quicklist, back length wrong", 11,
     BYTES("\x12\x01k\x01\x02\x0b\x0b\0\0\0\x01\0\x82qq\x02\xff"), 0, true},
    {"listpack field TTLs that go down", 12,
     BYTES("\x19\x01k\x05\x00\x00\x00\x00\x00\x00\x00\x17\x17\x00\x00\x00\x06\x00\x81"
           "f\x02\x81v\x02\x06\x01\x81g\x02\x81v\x02\x05\x01\xff"),
     0, true},
    {"stream node with a broken listpack", 9,
     BYTES("\x0f\x01k\x01\x10"
           "aaaaaaaabbbbbbbb\x03"
           "abc\x00\x00\x00\x00"),
     0, true},
};

static void test_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(walked_rows) / sizeof(walked_rows[0]); i++) {
        struct buf b = {0};
        rdbp_options o = all_options();
        rdbp_parser *p;
        rdbp_error error;
        const rdbp_event *ev;
        unsigned ends = 0;

        put_magic(&b, walked_rows[i].version);
        buf_add(&b, walked_rows[i].value.bytes, walked_rows[i].value.size_bytes);
        put_eof(&b, walked_rows[i].version, CHECKSUM_AUTO);
        o.depth = RDBP_DEPTH_WALK;
        assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
        while (rdbp_next(p, &ev) > 0) {
            if (ev->type == RDBP_EVENT_ITEMS)
                fail_msg("%s: items", walked_rows[i].name);
            if (ev->type != RDBP_EVENT_VALUE_END)
                continue;
            ends++;
            if (ev->u.value_end.ok == walked_rows[i].is_damaged)
                fail_msg("%s: %s", walked_rows[i].name,
                         ev->u.value_end.ok ? "not found damaged" : ev->u.value_end.error.message);
            if (ev->u.value_end.ok && ev->u.value_end.longest_bytes != walked_rows[i].longest_bytes)
                fail_msg("%s: longest %" PRIu64 ", expected %" PRIu64, walked_rows[i].name,
                         ev->u.value_end.longest_bytes, walked_rows[i].longest_bytes);
        }
        assert_int_equal(ends, 1);
        rdbp_close(p);
        buf_done(&b);
    }
}

/* ---- the end of the file ------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct text tail;
    enum rdbp_trailing trailing;
    enum rdbp_errcode defect;
} tails[] = {
    {"nothing", {"", 0}, RDBP_TRAILING_NONE, RDBP_ERR_NONE},
    {"commands", BYTES("*1\r\n$4\r\nPING\r\n"), RDBP_TRAILING_AOF, RDBP_ERR_AOF_TAIL},
    {"annotated commands", BYTES("#TS:1700000000\r\n*1\r\n$4\r\nPING\r\n"), RDBP_TRAILING_AOF,
     RDBP_ERR_AOF_TAIL},
    {"EOF mark", BYTES("0123456789abcdef0123456789abcdef01234567"), RDBP_TRAILING_EOF_MARK,
     RDBP_ERR_EOF_MARK},
    {"zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), RDBP_TRAILING_ZEROS, RDBP_ERR_ZERO_PADDING},
    {"another RDB", BYTES("REDIS0009\xff\0\0\0\0\0\0\0\0"), RDBP_TRAILING_RDB, RDBP_ERR_TRAILING},
    {"rubbish", BYTES("rubbish"), RDBP_TRAILING_OTHER, RDBP_ERR_TRAILING},
    {"zeros, then something", BYTES("\0\0\0\0x"), RDBP_TRAILING_OTHER, RDBP_ERR_TRAILING},
};

static void test_tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        struct buf b = {0};
        rdbp_options o = all_options();
        rdbp_parser *p;
        rdbp_error error;
        const rdbp_event *ev;
        enum rdbp_errcode defect = RDBP_ERR_NONE;
        bool has_end = false;
        int r;

        put_magic(&b, 9);
        put_eof(&b, 9, CHECKSUM_AUTO);
        buf_add(&b, tails[i].tail.bytes, tails[i].tail.size_bytes);
        assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
        while ((r = rdbp_next(p, &ev)) > 0) {
            if (ev->type == RDBP_EVENT_DEFECT)
                defect = ev->u.defect.code;
            if (ev->type != RDBP_EVENT_END)
                continue;
            has_end = true;
            if (ev->u.end.trailing != tails[i].trailing)
                fail_msg("%s: trailing %d", tails[i].name, (int)ev->u.end.trailing);
            assert_true(ev->u.end.trailing_bytes == tails[i].tail.size_bytes);
            assert_true(ev->u.end.rdb_bytes == 18);
        }
        assert_true(r == 0 && has_end);
        assert_true(rdbp_next(p, &ev) == 0);
        if (defect != tails[i].defect)
            fail_msg("%s: defect %s", tails[i].name, rdbp_errcode_name(defect));
        rdbp_close(p);
        buf_done(&b);
    }
}

/* ---- what a replication frame announces, and slots ------------------------------------------ */

#define MARK "0123456789abcdef0123456789abcdef01234567"

static const struct {
    const char *name;
    struct text before, after;
    enum rdbp_errcode defect;
} frames[] = {
    {"$EOF with its mark", BYTES("$EOF:" MARK "\r\n"), BYTES(MARK), RDBP_ERR_EOF_MARK},
    {"$EOF without its mark", BYTES("$EOF:" MARK "\r\n"), {"", 0}, RDBP_ERR_FRAME},
    {"$LENGTH", BYTES("$18\r\n"), {"", 0}, RDBP_ERR_NONE},
    {"$LENGTH and commands", BYTES("$18\r\n"), BYTES("\n*1\r\n$4\r\nPING\r\n"), RDBP_ERR_AOF_TAIL},
    {"$LENGTH of more than is there", BYTES("$22\r\n"), {"", 0}, RDBP_ERR_FRAME},
    {"$LENGTH and rubbish", BYTES("$18\r\n"), BYTES("\x01\x02\x03"), RDBP_ERR_TRAILING},
};

static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct buf b = {0}, rdb = {0};
        rdbp_options o = all_options();
        enum rdbp_errcode defect = RDBP_ERR_NONE;
        const rdbp_event *ev;
        rdbp_error error;
        rdbp_parser *p;
        int r;

        put_magic(&rdb, 9);
        put_eof(&rdb, 9, CHECKSUM_AUTO);
        buf_add(&b, frames[i].before.bytes, frames[i].before.size_bytes);
        buf_add_buf(&b, &rdb);
        buf_add(&b, frames[i].after.bytes, frames[i].after.size_bytes);
        assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
        while ((r = rdbp_next(p, &ev)) > 0)
            if (ev->type == RDBP_EVENT_DEFECT)
                defect = ev->u.defect.code;
        assert_int_equal(r, 0);
        if (defect != frames[i].defect)
            fail_msg("%s: defect %s, expected %s", frames[i].name, rdbp_errcode_name(defect),
                     rdbp_errcode_name(frames[i].defect));
        rdbp_close(p);
        buf_done(&b);
        buf_done(&rdb);
    }
}

static void test_slots(void **state)
{
    static const struct {
        uint64_t slot;
        enum rdbp_errcode defect;
    } rows[] = {{0, RDBP_ERR_NONE}, {16383, RDBP_ERR_NONE}, {16384, RDBP_ERR_SLOT}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = {0};
        rdbp_options o = all_options();
        enum rdbp_errcode defect = RDBP_ERR_NONE;
        const rdbp_event *ev;
        rdbp_error error;
        rdbp_parser *p;

        put_magic(&b, 12);
        put_slot_info(&b, rows[i].slot, 1, 0);
        put_eof(&b, 12, CHECKSUM_AUTO);
        assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
        while (rdbp_next(p, &ev) > 0)
            if (ev->type == RDBP_EVENT_DEFECT)
                defect = ev->u.defect.code;
        assert_int_equal(defect, rows[i].defect);
        rdbp_close(p);
        buf_done(&b);
    }
}

static void test_higher_version_warns(void **state)
{
    struct buf b = {0};
    rdbp_options o = all_options();
    struct transcript t;
    rdbp_parser *p;
    rdbp_error error;

    (void)state;
    buf_add_str(&b, "REDIS0099");
    buf_add_u8(&b, 0);
    put_string(&b, LIT("k"), FORM_RAW);
    put_string(&b, LIT("v"), FORM_RAW);
    put_eof(&b, 99, CHECKSUM_AUTO);
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    transcript_make(&t, p);
    buf_add_u8(&t.text, 0);
    assert_int_equal(t.error, RDBP_ERR_NONE);
    assert_true(t.key_count == 1);
    assert_non_null(strstr((const char *)t.text.bytes, "DEFECT higher-version"));
    rdbp_close(p);
    transcript_done(&t);
    buf_done(&b);
}

/* The default depth holds for each key anew; what is set for one key ends with it. */
static void test_default_depth(void **state)
{
    struct buf b = {0};
    rdbp_options o = all_options();
    const rdbp_event *ev;
    rdbp_error error;
    rdbp_parser *p;
    unsigned keys = 0, blobs = 0;

    (void)state;
    put_magic(&b, 9);
    for (unsigned i = 0; i < 3; i++) {
        buf_add_u8(&b, 0);
        put_string(&b, LIT("key"), FORM_RAW);
        put_string(&b, LIT("value"), FORM_RAW);
    }
    put_eof(&b, 9, CHECKSUM_AUTO);
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    rdbp_set_default_depth(p, RDBP_DEPTH_NONE);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type == RDBP_EVENT_KEY && ++keys == 2)
            rdbp_set_depth(p, RDBP_DEPTH_SHAPE); /* the second key alone is opened */
        blobs += ev->type == RDBP_EVENT_BLOB;
    }
    assert_int_equal(keys, 3);
    assert_int_equal(blobs, 1);
    rdbp_close(p);
    buf_done(&b);
}

/* ---- what is cut -------------------------------------------------------------------------- */

static void test_long_key_is_cut(void **state)
{
    struct buf b = {0}, name = {0};
    rdbp_options o = all_options();
    rdbp_parser *p;
    rdbp_error error;
    const rdbp_event *ev;
    unsigned keys = 0;

    (void)state;
    for (unsigned i = 0; i < 70000; i++)
        buf_add_u8(&name, (uint8_t)('a' + i % 26));
    put_magic(&b, 9);
    for (unsigned form = FORM_RAW; form <= FORM_LZF; form += FORM_LZF - FORM_RAW) {
        buf_add_u8(&b, 0);
        put_string(&b, text_of_buf(&name), form);
        put_string(&b, LIT("v"), FORM_RAW);
    }
    put_eof(&b, 9, CHECKSUM_AUTO);
    o.max_key_bytes = 1000;
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type != RDBP_EVENT_KEY)
            continue;
        keys++;
        assert_true(ev->u.key.key_bytes == 70000);
        assert_int_equal(ev->u.key.key.size_bytes, 1000);
        assert_memory_equal(ev->u.key.key.bytes, name.bytes, 1000);
    }
    assert_null(rdbp_last_error(p));
    assert_int_equal(keys, 2);
    rdbp_close(p);
    buf_done(&b);
    buf_done(&name);
}

/* AUX values beyond 64 KiB come cut; function sources come in pieces. */
static void test_long_aux_and_function(void **state)
{
    struct buf b = {0}, script = {0}, joined = {0};
    rdbp_options o = all_options();
    struct counting_alloc a;
    rdbp_parser *p;
    rdbp_error error;
    const rdbp_event *ev;
    unsigned aux = 0;
    bool is_complete = false;

    (void)state;
    for (unsigned i = 0; i < 300000; i++)
        buf_add_u8(&script, (uint8_t)('a' + i % 7));
    put_magic(&b, 10);
    buf_add_u8(&b, OP_AUX);
    put_string(&b, LIT("lua"), FORM_RAW);
    put_string(&b, text_of_buf(&script), FORM_RAW);
    put_function2(&b, text_of_buf(&script), FORM_LZF);
    put_eof(&b, 10, CHECKSUM_AUTO);
    counting_alloc_use(&a, &o);
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type == RDBP_EVENT_AUX) {
            aux++;
            assert_true(ev->u.aux.value_bytes == 300000);
            assert_int_equal(ev->u.aux.value.size_bytes, 65536);
            assert_memory_equal(ev->u.aux.value.bytes, script.bytes, 65536);
        } else if (ev->type == RDBP_EVENT_FUNCTION) {
            assert_true(ev->u.function.piece_offset == joined.size_bytes);
            assert_true(ev->u.function.source_bytes == 300000);
            buf_add(&joined, ev->u.function.piece.bytes, ev->u.function.piece.size_bytes);
            is_complete = ev->u.function.is_last;
        }
    }
    assert_null(rdbp_last_error(p));
    assert_int_equal(aux, 1);
    assert_true(is_complete);
    assert_int_equal(joined.size_bytes, script.size_bytes);
    assert_memory_equal(joined.bytes, script.bytes, script.size_bytes);
    rdbp_close(p);
    assert_int_equal(a.live_blocks, 0);
    buf_done(&b);
    buf_done(&script);
    buf_done(&joined);
}

/* ---- the caller's check ------------------------------------------------------------------- */

static enum rdbp_errcode say_changed_from_third(void *user)
{
    unsigned *asked = user;

    return ++*asked >= 3 ? RDBP_ERR_CHANGED : RDBP_ERR_NONE;
}

static void test_check_ends_the_parse(void **state)
{
    struct buf b = {0};
    rdbp_options o = all_options();
    rdbp_parser *p;
    rdbp_error error;
    const rdbp_event *ev;
    unsigned asked = 0, ends = 0;
    int r;

    (void)state;
    put_magic(&b, 9);
    for (unsigned i = 0; i < 100; i++) {
        char key[16];

        snprintf(key, sizeof(key), "key:%u", i);
        buf_add_u8(&b, 0);
        put_string(&b, text_of(key), FORM_RAW);
        put_string(&b, LIT("v"), FORM_RAW);
    }
    put_eof(&b, 9, CHECKSUM_AUTO);
    o.check = say_changed_from_third;
    o.check_user = &asked;
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    while ((r = rdbp_next(p, &ev)) > 0)
        ends += ev->type == RDBP_EVENT_VALUE_END;
    assert_int_equal(r, -1);
    assert_int_equal(rdbp_last_error(p)->code, RDBP_ERR_CHANGED);
    /* It is asked before every VALUE_END, so no later value counted. */
    assert_true(ends < 3);
    assert_int_equal(rdbp_next(p, &ev), -1);
    rdbp_close(p);
    buf_done(&b);
}

/* Attribute bytes, key and value, in the order writers use: rdb_bytes covers them all. */
static void test_rdb_bytes(void **state)
{
    struct buf b = {0};
    rdbp_options o = all_options();
    rdbp_parser *p;
    rdbp_error error;
    const rdbp_event *ev;
    size_t from, to;
    unsigned ends = 0;

    (void)state;
    put_magic(&b, 9);
    put_select_db(&b, 0);
    from = b.size_bytes;
    put_expire_ms(&b, 1);
    put_idle(&b, 100000);
    buf_add_u8(&b, 0);
    put_string(&b, LIT("key"), FORM_RAW);
    put_string(&b, LIT("value"), FORM_RAW);
    to = b.size_bytes;
    put_eof(&b, 9, CHECKSUM_AUTO);
    assert_int_equal(rdbp_open_memory(b.bytes, b.size_bytes, &o, &p, &error), 0);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type == RDBP_EVENT_KEY)
            assert_true(ev->u.key.record_offset == from);
        if (ev->type != RDBP_EVENT_VALUE_END)
            continue;
        ends++;
        assert_true(ev->u.value_end.rdb_bytes == to - from);
    }
    assert_int_equal(ends, 1);
    rdbp_close(p);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_rdb),
        cmocka_unit_test(test_bad_framing),
        cmocka_unit_test(test_damaged_values_cost_their_key),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_default_depth),
        cmocka_unit_test(test_higher_version_warns),
        cmocka_unit_test(test_long_key_is_cut),
        cmocka_unit_test(test_long_aux_and_function),
        cmocka_unit_test(test_check_ends_the_parse),
        cmocka_unit_test(test_rdb_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
