/* test_reader.c -- every container through every kind of input gives the same bytes and offsets.
 *
 * The content is made here, packed by the formats' own libraries, and must come back byte for byte
 * with its checksum, whatever the refill size and however it is pulled.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crc64.h"
#include "supply.h"

/* ---- pulling -------------------------------------------------------------------------------- */

enum pull { PULL_CHUNKS, PULL_PEEKS, PULL_TAKES_AND_SKIPS, PULL_SKIP, PULL_COUNT };

/* Takes n bytes in one of the ways; false: other bytes or offsets than content's, or too few. */
static bool pull(struct reader *r, const uint8_t *content, size_t n, enum pull how)
{
    uint32_t seed = (uint32_t)n;
    size_t done = 0;

    while (done < n) {
        size_t want = 1 + next_random(&seed) % (next_random(&seed) % 8 ? 300 : READER_PEEK_MAX),
               got;
        const uint8_t *p;

        if (want > n - done)
            want = n - done;
        got = want;
        if (how == PULL_SKIP)
            return reader_skip(r, n) == 0 && reader_offset(r) == n;
        if (how == PULL_TAKES_AND_SKIPS && want % 2) {
            if (reader_skip(r, want) < 0)
                return false;
            done += want;
            continue;
        }
        p = how == PULL_CHUNKS ? reader_chunk(r, want, &got) : reader_peek(r, want);
        if (!p || got == 0 || got > want || memcmp(p, content + done, got) != 0)
            return false;
        if (how == PULL_PEEKS && got > 3)
            got = got / 2;
        reader_consume(r, got);
        done += got;
        reader_mark(r);
        if (reader_offset(r) != done || !reader_may_have(r, n - done))
            return false;
    }
    return true;
}

static bool has_ended(struct reader *r, size_t content_bytes)
{
    rdbp_error error;
    size_t n;

    if (reader_peek(r, 1) || reader_chunk(r, 10, &n) || reader_skip(r, 1) == 0)
        return false;
    reader_error(r, &error);
    return error.code == RDBP_ERR_TRUNCATED && error.offset == content_bytes &&
           error.severity == RDBP_SEVERITY_FATAL && error.key_index == RDBP_NO_KEY;
}

static void check_input(const struct container_row *row, enum input input,
                        const struct bytes *content, size_t refill_bytes, bool verify_checksum)
{
    struct bytes packed = row->pack(content->at, content->size_bytes);
    const uint64_t want_crc =
        verify_checksum ? crc64_update_portable(0, content->at, content->size_bytes) : 0;
    rdbp_options options = RDBP_OPTIONS_INIT;
    const bool is_plain = strcmp(row->container, "plain") == 0;

    options.refill_bytes = refill_bytes;
    options.verify_checksum = verify_checksum;
    for (int how = 0; how < PULL_COUNT; how++) {
        struct supply s;
        struct reader *r;
        rdbp_error error;
        bool ok, sized;
        uint64_t crc, tail_bytes;

        supply_open(&s, input, &packed);
        if (open_supply(&r, &s, options, &error) < 0)
            fail_msg("%s, %s, refill %zu: not opened: %s", row->name, input_names[input],
                     refill_bytes, error.message);
        ok = strcmp(reader_container(r), row->container) == 0 && reader_offset(r) == 0;
        sized = reader_input_size(r) == (input == INPUT_PIPE ? 0 : packed.size_bytes);
        ok = ok && pull(r, content->at, content->size_bytes, (enum pull)how) &&
             has_ended(r, content->size_bytes);
        crc = reader_crc(r);
        if (is_plain)
            ok = ok && reader_input_offset(r) == content->size_bytes &&
                 reader_may_have(r, 1) == false;
        ok = ok && reader_classify_tail(r, &tail_bytes) == RDBP_TRAILING_NONE && tail_bytes == 0;
        reader_error(r, &error);
        if (!ok || !sized || crc != want_crc || error.code != RDBP_ERR_NONE ||
            reader_check_unchanged(r) != RDBP_ERR_NONE)
            fail_msg("%s, %s, refill %zu, pull %d: ok %d, sized %d, crc %016llx, '%s'", row->name,
                     input_names[input], refill_bytes, how, ok, sized, (unsigned long long)crc,
                     error.message);
        reader_free(r);
        supply_close(&s);
    }
    bytes_free(&packed);
}

static void test_every_input(void **state)
{
    static const size_t refills[] = {1, 2, 7, 4096, 0};

    (void)state;
    for (size_t c = 0; c < container_count; c++)
        for (int input = 0; input < INPUT_COUNT; input++)
            for (size_t i = 0; i < 5; i++) {
                struct bytes content = make_content(refills[i] == 0      ? 1300000
                                                    : refills[i] == 4096 ? 500000
                                                                         : 2000);

                check_input(&containers[c], (enum input)input, &content, refills[i], i % 2 == 0);
                bytes_free(&content);
            }
}

/* Too long a skip ends at the end, whatever the input, and tells where it began. */
static void test_skip_too_far(void **state)
{
    struct bytes content = make_content(1300000);

    (void)state;
    for (size_t c = 0; c < container_count; c++)
        for (int input = 0; input < INPUT_COUNT; input++) {
            struct bytes packed = containers[c].pack(content.at, content.size_bytes);
            rdbp_options options = RDBP_OPTIONS_INIT;
            struct supply s;
            struct reader *r;
            rdbp_error error;

            supply_open(&s, (enum input)input, &packed);
            assert_int_equal(open_supply(&r, &s, options, &error), 0);
            assert_int_equal(reader_skip(r, 10), 0);
            assert_int_equal(reader_skip(r, UINT64_MAX), -1);
            reader_error(r, &error);
            if (error.code != RDBP_ERR_TRUNCATED || error.offset != 10 ||
                reader_offset(r) != content.size_bytes || !strstr(error.message, "1299990 left"))
                fail_msg("%s, %s: offset %llu, '%s' at %llu", containers[c].name,
                         input_names[input], (unsigned long long)reader_offset(r), error.message,
                         (unsigned long long)error.offset);
            reader_free(r);
            supply_close(&s);
            bytes_free(&packed);
        }
    bytes_free(&content);
}

/* A small refill reaches through every layer: no more than that shows at a time. */
static void test_refill_is_kept(void **state)
{
    struct bytes content = make_content(500);

    (void)state;
    for (size_t refill = 1; refill < 8; refill += 6)
        for (size_t c = 0; c < container_count; c++)
            for (int input = 0; input < INPUT_COUNT; input++) {
                struct bytes packed = containers[c].pack(content.at, content.size_bytes);
                rdbp_options options = RDBP_OPTIONS_INIT;
                struct supply s;
                struct reader *r;
                rdbp_error error;
                size_t n;

                options.refill_bytes = refill;
                supply_open(&s, (enum input)input, &packed);
                assert_int_equal(open_supply(&r, &s, options, &error), 0);
                while (reader_chunk(r, UINT64_MAX, &n)) {
                    if (n > refill)
                        fail_msg("%s, %s: %zu bytes at once", containers[c].name,
                                 input_names[input], n);
                    reader_consume(r, n);
                }
                assert_true(reader_offset(r) == content.size_bytes);
                reader_free(r);
                supply_close(&s);
                bytes_free(&packed);
            }
    bytes_free(&content);
}

/* A path's descriptor is closed, whatever came of it. */
static void test_descriptors_are_closed(void **state)
{
    const int lowest_before = dup(0);
    int lowest_after;
    struct reader *r;
    rdbp_error error;

    (void)state;
    close(lowest_before);
    for (size_t c = 0; c < container_count; c++) {
        struct bytes content = make_content(500);
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);
        struct supply s;

        supply_open(&s, INPUT_MMAP, &packed);
        assert_int_equal(reader_open(&r, s.path, -1, NULL, 0, NULL, &error), 0);
        reader_free(r);
        supply_close(&s);
        bytes_free(&packed);
        bytes_free(&content);
    }
    assert_int_equal(reader_open(&r, "/dev/null", -1, NULL, 0, NULL, &error), -1);
    lowest_after = dup(0);
    close(lowest_after);
    assert_int_equal(lowest_before, lowest_after);
}

static void test_small_refill_over_many_windows(void **state)
{
    struct bytes content = make_content(800000);

    (void)state;
    check_input(&containers[CONTAINER_PLAIN], INPUT_MEMORY, &content, 7, true);
    check_input(&containers[CONTAINER_GZIP], INPUT_MEMORY, &content, 7, true);
    bytes_free(&content);
}

static void test_legacy_blocks(void **state)
{
    struct bytes content = make_content((8u << 20) + 12345);

    (void)state;
    check_input(&containers[CONTAINER_LZ4_LEGACY], INPUT_MMAP, &content, 0, true);
    bytes_free(&content);

    /* Unpacks to nearly 255 times its size, the most a block can; the buffer is made by that. */
    for (size_t n = 10; n < 4000000; n = n * 7 + 1) {
        content = make_content(n);
        memset(content.at + 9, 'x', n - 9);
        check_input(&containers[CONTAINER_LZ4_LEGACY], INPUT_MEMORY, &content, 0, true);
        bytes_free(&content);
    }
}

/* What is stable says so, stays in place, and may be peeked at beyond the limit of streams. */
static void test_stable(void **state)
{
    struct bytes content = make_content(9000000);

    (void)state;
    for (int input = 0; input < INPUT_COUNT; input++) {
        const bool want_stable = input != INPUT_PIPE && input != INPUT_PREAD;
        const bool want_map = input == INPUT_MMAP || input == INPUT_FD;
        rdbp_options options = RDBP_OPTIONS_INIT;
        struct supply s;
        struct reader *r;
        rdbp_error error;
        const void *base;
        size_t map_bytes;

        supply_open(&s, (enum input)input, &content);
        assert_int_equal(open_supply(&r, &s, options, &error), 0);
        if (r->is_stable != want_stable || r->has_size != (input != INPUT_PIPE) ||
            reader_mapping(r, &base, &map_bytes) != want_map)
            fail_msg("%s: stable %d", input_names[input], r->is_stable);
        if (want_stable) {
            const uint8_t *first = reader_peek(r, 100);
            const uint8_t *all = reader_peek(r, content.size_bytes);

            assert_ptr_equal(first, all);
            assert_memory_equal(all, content.at, content.size_bytes);
            assert_int_equal(reader_skip(r, content.size_bytes), 0);
            assert_memory_equal(first, content.at, 100);
        }
        if (want_map) {
            assert_int_equal(map_bytes, content.size_bytes);
            assert_memory_equal(base, content.at, 9);
        }
        reader_free(r);
        supply_close(&s);
    }
    bytes_free(&content);
}

static void check_crc_anywhere(const struct bytes *content, size_t largest,
                               enum rdbp_read_ahead read_ahead)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    uint64_t crc = 0, done = 0, tail_bytes;
    uint32_t seed = 1 + (uint32_t)largest;
    struct reader *r;
    rdbp_error error;

    options.read_ahead = read_ahead;
    assert_int_equal(reader_open(&r, NULL, -1, content->at, content->size_bytes, &options, &error),
                     0);
    for (;;) {
        const uint64_t step = 1 + next_random(&seed) % largest;

        if (done + step > content->size_bytes - 1000000)
            break;
        assert_non_null(reader_peek(r, 1 + next_random(&seed) % READER_PEEK_MAX));
        assert_int_equal(reader_skip(r, step), 0);
        crc = crc64_update_portable(crc, content->at + done, step);
        done += step;
        if (next_random(&seed) % 64 == 0)
            assert_true(reader_crc(r) == crc);
    }
    assert_true(reader_crc(r) == crc);
    (void)reader_classify_tail(r, &tail_bytes);
    assert_true(tail_bytes == content->size_bytes - done);
    assert_true(reader_crc(r) == crc);
    reader_free(r);
}

/* Wherever it is asked for, the checksum is of what was taken, not of what has been looked at: with
 * steps that mostly end inside a peek, and with ones that jump over windows; what follows does not
 * change it.  With the thread, steps are shorter and longer than what it may be ahead, so that both
 * sides wait. */
static void test_crc_anywhere(void **state)
{
    struct bytes content = make_content(40000000);

    (void)state;
    for (size_t largest = 1000; largest <= 10000000; largest *= 10)
        for (int thread = 0; thread < 2; thread++)
            check_crc_anywhere(&content, largest,
                               thread ? RDBP_READ_AHEAD_ALWAYS : RDBP_READ_AHEAD_NEVER);
    bytes_free(&content);
}

/* A borrowed descriptor is read from where it stands, and stays there if it is a file. */
static void test_fd_position(void **state)
{
    struct bytes content = make_content(50000), file = bytes_copy("skipped", 7);

    (void)state;
    bytes_append(&file, content.at, content.size_bytes);
    for (int mode = 0; mode < 2; mode++) {
        rdbp_options options = RDBP_OPTIONS_INIT;
        struct supply s;
        struct reader *r;
        rdbp_error error;

        options.input_mode = mode ? RDBP_INPUT_PREAD : RDBP_INPUT_AUTO;
        supply_open(&s, INPUT_FD, &file);
        assert_true(lseek(s.fd, 7, SEEK_SET) == 7);
        assert_int_equal(open_supply(&r, &s, options, &error), 0);
        assert_true(pull(r, content.at, content.size_bytes, PULL_CHUNKS));
        assert_true(has_ended(r, content.size_bytes));
        assert_true(reader_input_size(r) == content.size_bytes);
        assert_true(lseek(s.fd, 0, SEEK_CUR) == 7);
        reader_free(r);
        supply_close(&s);
    }
    bytes_free(&file);
    bytes_free(&content);
}

/* ---- resident memory ------------------------------------------------------------------------ */

static size_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f)
        return 0;
    if (fscanf(f, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* A value of 256 MiB (a hole in the file, read as zeros), passed over with the checksum. */
static void test_resident_memory(void **state)
{
    const size_t value_bytes = (size_t)256 << 20, allowed = (size_t)24 << 20;

    (void)state;
    for (int way = 0; way < 4; way++) {
        const bool in_chunks = way % 2 == 1;
        struct bytes head = bytes_copy("REDIS0011", 9);
        rdbp_options options = RDBP_OPTIONS_INIT;
        size_t before, after, left = value_bytes, n;
        struct supply s;
        struct reader *r;
        rdbp_error error;

        options.read_ahead = way / 2 == 1 ? RDBP_READ_AHEAD_ALWAYS : RDBP_READ_AHEAD_NEVER;
        supply_open(&s, INPUT_MMAP, &head);
        assert_int_equal(ftruncate(s.fd, (off_t)(9 + value_bytes)), 0);
        assert_int_equal(open_supply(&r, &s, options, &error), 0);
        (void)reader_skip(r, 9);
        before = resident_bytes();
        if (!in_chunks)
            assert_int_equal(reader_skip(r, value_bytes), 0);
        while (in_chunks && left > 0) {
            assert_non_null(reader_chunk(r, left, &n));
            reader_consume(r, n);
            left -= n;
        }
        after = resident_bytes();
        if (after > before + allowed)
            fail_msg("way %d: %zu MiB more than before", way, (after - before) >> 20);
        assert_true(reader_offset(r) == 9 + value_bytes);
        reader_free(r);
        supply_close(&s);
        bytes_free(&head);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_input),
        cmocka_unit_test(test_skip_too_far),
        cmocka_unit_test(test_refill_is_kept),
        cmocka_unit_test(test_descriptors_are_closed),
        cmocka_unit_test(test_small_refill_over_many_windows),
        cmocka_unit_test(test_legacy_blocks),
        cmocka_unit_test(test_stable),
        cmocka_unit_test(test_crc_anywhere),
        cmocka_unit_test(test_fd_position),
        cmocka_unit_test(test_resident_memory),
    };

    supply_take_arguments(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader may stop before its pipe's writer does */
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
