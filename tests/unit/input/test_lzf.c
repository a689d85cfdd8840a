/* test_lzf.c -- expansion against liblzf: everything it packed must come out, however it is pulled.
 *
 * The oracle is lzf_compress() for good input, and lzf_decompress() for damaged input: what it
 * refuses the stream must refuse, what it accepts (damage can make another valid blob) must be
 * equal.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <liblzf/lzf.h>

#include "lzf.h"
#include "pack.h"
#include "reader.h"

#define MAGIC_BYTES 9

/* ---- contents ------------------------------------------------------------------------------- */

static void fill_random(uint8_t *p, size_t n)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)next_random(&seed);
}

static void fill_same(uint8_t *p, size_t n)
{
    memset(p, 'x', n);
}

/* Periods on both sides of the 16-byte copy steps and of the 8 KiB that a copy can reach back. */
static void fill_period(uint8_t *p, size_t n, size_t period)
{
    fill_random(p, n < period ? n : period);
    for (size_t i = period; i < n; i++)
        p[i] = p[i - period];
}

static void fill_period_3(uint8_t *p, size_t n)
{
    fill_period(p, n, 3);
}
static void fill_period_15(uint8_t *p, size_t n)
{
    fill_period(p, n, 15);
}
static void fill_period_16(uint8_t *p, size_t n)
{
    fill_period(p, n, 16);
}
static void fill_period_8192(uint8_t *p, size_t n)
{
    fill_period(p, n, 8192);
}

static void fill_text(uint8_t *p, size_t n)
{
    static const char *const words[] = {"{\"class\":\"", "HardWorker",   "\",\"args\":[",
                                        "1742",          "],\"jid\":\"", "retry",
                                        "\",\"queue\":", "\"default\"}"};
    uint32_t seed = 3;

    for (size_t i = 0; i < n;) {
        const char *word = words[next_random(&seed) % 8];
        const size_t length = strlen(word) < n - i ? strlen(word) : n - i;

        memcpy(p + i, word, length);
        i += length;
    }
}

static const struct {
    const char *name;
    void (*fill)(uint8_t *p, size_t n);
} contents[] = {
    {"random", fill_random},       {"same", fill_same},           {"period 3", fill_period_3},
    {"period 15", fill_period_15}, {"period 16", fill_period_16}, {"period 8192", fill_period_8192},
    {"text", fill_text},
};
#define CONTENT_COUNT (sizeof(contents) / sizeof(contents[0]))

/* Packs as literal runs only, for what liblzf would not make smaller. */
static struct bytes pack_literal(const uint8_t *p, size_t n)
{
    struct bytes b = {0};

    for (size_t i = 0; i < n; i += 32) {
        const size_t run = n - i < 32 ? n - i : 32;
        const uint8_t control = (uint8_t)(run - 1);

        bytes_append(&b, &control, 1);
        bytes_append(&b, p + i, run);
    }
    return b;
}

static struct bytes pack_lzf(const uint8_t *p, size_t n)
{
    const size_t room = n + n / 16 + 64;
    struct bytes b = bytes_copy(p, 0);
    uint8_t *packed = malloc(room);
    unsigned packed_bytes;

    assert_non_null(packed);
    packed_bytes = lzf_compress(p, (unsigned)n, packed, (unsigned)room);
    bytes_free(&b);
    b = packed_bytes > 0 ? bytes_copy(packed, packed_bytes) : pack_literal(p, n);
    free(packed);
    return b;
}

/* ---- decoding through a stream -------------------------------------------------------------- */

struct decoded {
    bool ok; /* everything came out, and finish found the blob's end */
    bool input_failed;
    uint64_t offset; /* of the reader, afterwards */
};

/* Magic, blob and a final byte, read with the given refill size; the content goes to out. */
static struct decoded decode_stream(const struct bytes *packed, size_t raw_bytes,
                                    size_t refill_bytes, size_t pull_bytes, uint8_t *out)
{
    struct bytes input = bytes_copy("REDIS0011", MAGIC_BYTES);
    rdbp_options options = RDBP_OPTIONS_INIT;
    uint8_t *buffer = malloc(LZF_STREAM_BUFFER_BYTES);
    struct decoded result = {.ok = true};
    struct lzf_stream s;
    struct reader *r;
    rdbp_error error;
    size_t done = 0;
    uint32_t seed = (uint32_t)raw_bytes;

    assert_non_null(buffer);
    bytes_append(&input, packed->at, packed->size_bytes);
    bytes_append(&input, "\xff", 1);
    options.refill_bytes = refill_bytes;
    assert_int_equal(reader_open(&r, NULL, -1, input.at, input.size_bytes, &options, &error), 0);
    assert_int_equal(reader_skip(r, MAGIC_BYTES), 0);
    lzf_stream_init(&s, r, packed->size_bytes, raw_bytes, buffer);
    while (result.ok && done < raw_bytes) {
        size_t n = pull_bytes ? pull_bytes : 1 + next_random(&seed) % READER_PEEK_MAX;

        if (n > raw_bytes - done)
            n = raw_bytes - done;
        result.ok = lzf_stream_fill(&s, n);
        if (result.ok) {
            memcpy(out + done, s.pos, n);
            s.pos += n;
            done += n;
        }
    }
    result.ok = result.ok && !lzf_stream_fill(&s, 1) && !s.failed;
    result.input_failed = s.input_failed;
    result.ok = lzf_stream_finish(&s) && result.ok;
    result.offset = reader_offset(r);
    reader_free(r);
    free(buffer);
    bytes_free(&input);
    return result;
}

static void check_round_trip(size_t content, size_t n, size_t refill_bytes, size_t pull_bytes)
{
    uint8_t *raw = malloc(n), *out = malloc(n);
    struct bytes packed;
    struct decoded d;

    assert_non_null(raw);
    assert_non_null(out);
    contents[content].fill(raw, n);
    packed = pack_lzf(raw, n);
    d = decode_stream(&packed, n, refill_bytes, pull_bytes, out);
    if (!d.ok || memcmp(raw, out, n) != 0 || d.offset != MAGIC_BYTES + packed.size_bytes)
        fail_msg("%s, %zu bytes, refill %zu, pull %zu: ok %d, offset %llu", contents[content].name,
                 n, refill_bytes, pull_bytes, d.ok, (unsigned long long)d.offset);
    bytes_free(&packed);
    free(raw);
    free(out);
}

static void test_stream_round_trip(void **state)
{
    static const size_t sizes[] = {1,    2,    31,   32,    33,     264,    300,
                                   8191, 8192, 8193, 70000, 139264, 139265, 300000};
    static const size_t refills[] = {1, 2, 7, 4096, 0};
    static const size_t pulls[] = {1, 64, 5000, READER_PEEK_MAX, 0};

    (void)state;
    for (size_t c = 0; c < CONTENT_COUNT; c++)
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
            for (size_t r = 0; r < 5; r++)
                for (size_t p = 0; p < 5; p++)
                    if (sizes[s] < 10000 || p != 0)
                        check_round_trip(c, sizes[s], refills[r], pulls[p]);
}

static void test_stream_large(void **state)
{
    (void)state;
    for (size_t c = 0; c < CONTENT_COUNT; c++) {
        check_round_trip(c, 5000011, 0, 0);
        check_round_trip(c, 2000003, 4096, 7777);
    }
}

static void test_expand_and_prefix(void **state)
{
    (void)state;
    for (size_t c = 0; c < CONTENT_COUNT; c++)
        for (size_t n = 1; n < 20000; n = n * 3 + 1) {
            uint8_t *raw = malloc(n), *out = malloc(n);
            struct bytes packed;

            assert_non_null(raw);
            assert_non_null(out);
            contents[c].fill(raw, n);
            packed = pack_lzf(raw, n);
            if (!lzf_expand(packed.at, packed.size_bytes, out, n) || memcmp(raw, out, n) != 0)
                fail_msg("%s, %zu bytes: not expanded", contents[c].name, n);
            if (lzf_expand(packed.at, packed.size_bytes, out, n - 1))
                fail_msg("%s, %zu bytes: expanded into less", contents[c].name, n);
            for (size_t want = 0; want <= n; want += 1 + n / 50) {
                memset(out, 0, n);
                if (lzf_prefix(packed.at, packed.size_bytes, out, want) != want ||
                    memcmp(raw, out, want) != 0 || (want < n && out[want] != 0))
                    fail_msg("%s, %zu bytes: prefix of %zu", contents[c].name, n, want);
            }
            /* From the head of the compressed bytes alone: what comes is right, if less. */
            for (size_t have = 0; have < packed.size_bytes; have += 1 + packed.size_bytes / 50) {
                struct bytes head = bytes_copy(packed.at, have);
                const size_t got = lzf_prefix(head.at, have, out, n);

                if (got > n || memcmp(raw, out, got) != 0 || (have > 40 && got == 0))
                    fail_msg("%s, %zu bytes: prefix from %zu", contents[c].name, n, have);
                bytes_free(&head);
            }
            bytes_free(&packed);
            free(raw);
            free(out);
        }
}

/* Blobs written by hand, from the format's description. */
static void test_by_hand(void **state)
{
    static const struct {
        const char *name, *packed;
        size_t packed_bytes;
        const char *raw; /* NULL: damaged */
        size_t raw_bytes;
    } rows[] = {
        {"literal", "\x02\x61\x62\x63", 4, "abc", 3},
        {"copy of 3 from 1 back", "\x00\x61\x20\x00", 4, "aaaa", 4},
        {"copy of 4 from 2 back", "\x01\x61\x62\x40\x01", 5, "ababab", 6},
        {"long copy of 9", "\x00\x61\xe0\x00\x00", 5, "aaaaaaaaaa", 10},
        {"copy before the start", "\x00\x61\x20\x01", 4, NULL, 4},
        {"copy first", "\x20\x00", 2, NULL, 3},
        {"literal cut", "\x05\x61\x62\x63", 4, NULL, 6},
        {"copy cut", "\x00\x61\x20", 3, NULL, 4},
        {"long copy cut at its length", "\x00\x61\xe0", 3, NULL, 10},
        {"long copy cut at its distance", "\x00\x61\xe0\x00", 4, NULL, 10},
        {"less than announced", "\x02\x61\x62\x63", 4, NULL, 4},
        {"literal beyond announced", "\x02\x61\x62\x63", 4, NULL, 2},
        {"copy beyond announced", "\x00\x61\x20\x00", 4, NULL, 3},
        {"more operations than announced", "\x00\x61\x00\x62", 4, NULL, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t refill = 0; refill < 3; refill++) {
            struct bytes packed = bytes_copy(rows[i].packed, rows[i].packed_bytes);
            uint8_t *out = malloc(rows[i].raw_bytes);
            const struct decoded d =
                decode_stream(&packed, rows[i].raw_bytes, refill, rows[i].raw_bytes, out);
            const bool expanded = lzf_expand(packed.at, packed.size_bytes, out, rows[i].raw_bytes);

            if (d.ok != (rows[i].raw != NULL) || expanded != d.ok || d.input_failed ||
                d.offset != MAGIC_BYTES + packed.size_bytes)
                fail_msg("%s: refill %zu: stream %d, expand %d", rows[i].name, refill, d.ok,
                         expanded);
            if (expanded && memcmp(out, rows[i].raw, rows[i].raw_bytes) != 0)
                fail_msg("%s: wrong content", rows[i].name);
            bytes_free(&packed);
            free(out);
        }
}

/* It takes any content length up to the room, and no empty input. */
static bool expand_with_liblzf(const struct bytes *packed, uint8_t *out, size_t raw_bytes)
{
    return packed->size_bytes > 0 && lzf_decompress(packed->at, (unsigned)packed->size_bytes, out,
                                                    (unsigned)raw_bytes) == raw_bytes;
}

/* Changes bytes and compares with liblzf; ASan watches the buffers' ends. */
static void test_damage(void **state)
{
    uint32_t seed = 99;

    (void)state;
    for (int round = 0; round < 6000; round++) {
        const size_t c = (size_t)round % CONTENT_COUNT;
        const size_t n = 1 + next_random(&seed) % (round % 10 ? 600 : 60000);
        uint8_t *raw = malloc(n), *mine = malloc(n), *theirs = malloc(n), *whole = malloc(n);
        struct bytes packed;
        struct decoded d;
        bool accepted;

        assert_non_null(raw);
        assert_non_null(mine);
        assert_non_null(theirs);
        assert_non_null(whole);
        contents[c].fill(raw, n);
        packed = pack_lzf(raw, n);
        for (uint32_t k = 1 + next_random(&seed) % 3; k > 0; k--)
            packed.at[next_random(&seed) % packed.size_bytes] = (uint8_t)next_random(&seed);
        if (round % 3 == 0)
            packed.size_bytes = 1 + next_random(&seed) % packed.size_bytes;
        accepted = expand_with_liblzf(&packed, theirs, n);
        if (lzf_expand(packed.at, packed.size_bytes, whole, n) != accepted)
            fail_msg("round %d (%s): expand, liblzf %d", round, contents[c].name, accepted);
        d = decode_stream(&packed, n, (size_t)round % 5, (size_t)round % 97, mine);
        if (d.ok != accepted || d.input_failed || d.offset != MAGIC_BYTES + packed.size_bytes)
            fail_msg("round %d (%s): stream %d, liblzf %d", round, contents[c].name, d.ok,
                     accepted);
        if (accepted && (memcmp(mine, theirs, n) != 0 || memcmp(whole, theirs, n) != 0))
            fail_msg("round %d (%s): another content", round, contents[c].name);
        (void)lzf_prefix(packed.at, packed.size_bytes, mine, n);
        bytes_free(&packed);
        free(raw);
        free(mine);
        free(theirs);
        free(whole);
    }
}

/* The reader ends inside the blob: that is not damage of the blob. */
static void test_input_ends(void **state)
{
    struct bytes input = bytes_copy("REDIS0011\x1f\x61\x62\x63\x64\x65\x66", 16);
    uint8_t *buffer = malloc(LZF_STREAM_BUFFER_BYTES);
    struct lzf_stream s;
    struct reader *r;
    rdbp_error error;

    (void)state;
    assert_int_equal(reader_open(&r, NULL, -1, input.at, input.size_bytes, NULL, &error), 0);
    assert_int_equal(reader_skip(r, MAGIC_BYTES), 0);
    lzf_stream_init(&s, r, 33, 32, buffer);
    assert_false(lzf_stream_fill(&s, 32));
    assert_true(s.input_failed);
    assert_false(s.failed);
    assert_false(lzf_stream_finish(&s));
    reader_error(r, &error);
    assert_int_equal(error.code, RDBP_ERR_TRUNCATED);
    reader_free(r);
    free(buffer);
    bytes_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_expand_and_prefix),
        cmocka_unit_test(test_stream_round_trip),
        cmocka_unit_test(test_stream_large),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_input_ends),
    };

    return cmocka_run_group_tests_name("lzf", tests, NULL, NULL);
}
