/* test_parser.c -- every fixture through the parser, in every way a file can arrive or be broken.
 *
 * Content against the generator's model; equal transcripts however the bytes come; a cut at every byte;
 * random damage; failing allocations; depth masks.  Run with a fixture's name to test that one alone:
 * a found seed can be looked at again with `test_parser NAME`.
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
#include <pthread.h>
#include <unistd.h>

#include "counting_alloc.h"
#include "dump_json.h"
#include "fixture.h"
#include "transcript.h"

#define DEPTH_ALL    (RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)
#define DAMAGE_SEED  UINT64_C(20261123)
#define MEMORY_LIMIT ((size_t)8 * 1024 * 1024)
/* Larger ones would make the tests that parse a file thousands of times take minutes. */
#define SMALL_BYTES  ((size_t)6000)

static const char *only_row; /* NULL: all */

static bool is_wanted(const struct fixture_row *row)
{
    return !only_row || strcmp(only_row, row->name) == 0;
}

static rdbp_options options_with(unsigned depth)
{
    rdbp_options o = RDBP_OPTIONS_INIT;

    o.depth = depth;
    return o;
}

/* Parses from memory; false when it could not be opened, then t->error says why. */
static bool parse_memory(const uint8_t *bytes, size_t size_bytes, const rdbp_options *o,
                         struct transcript *t)
{
    rdbp_parser *p;
    rdbp_error error;

    memset(t, 0, sizeof(*t));
    if (rdbp_open_memory(bytes, size_bytes, o, &p, &error) < 0) {
        t->error = error.code;
        t->error_offset = error.offset;
        return false;
    }
    transcript_make(t, p);
    rdbp_close(p);
    return true;
}

/* ---- content ------------------------------------------------------------------------------ */

static void print_first_difference(const struct buf *found, const struct buf *wanted)
{
    size_t i = 0, line = 0;

    while (i < found->size_bytes && i < wanted->size_bytes && found->bytes[i] == wanted->bytes[i]) {
        i++;
        if (found->bytes[i - 1] == '\n')
            line = i;
    }
    print_error("found:    %.*s\n",
                (int)(found->size_bytes - line < 400 ? found->size_bytes - line : 400),
                (const char *)found->bytes + line);
    print_error("expected: %.*s\n",
                (int)(wanted->size_bytes - line < 400 ? wanted->size_bytes - line : 400),
                (const char *)wanted->bytes + line);
}

static bool is_equal(const struct buf *a, const struct buf *b)
{
    return a->size_bytes == b->size_bytes &&
           (a->size_bytes == 0 || memcmp(a->bytes, b->bytes, a->size_bytes) == 0);
}

static void test_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct buf found = {0}, wanted = {0}, problems = {0};
        rdbp_options o = options_with(DEPTH_ALL);
        rdbp_parser *p;
        rdbp_error error;

        if (!is_wanted(&fixture_rows[i]))
            continue;
        fixture_rows[i].build(&f);
        if (rdbp_open_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &p, &error) < 0)
            fail_msg("%s: %s", fixture_rows[i].name, error.message);
        dump_json(p, &found, &problems);
        rdbp_close(p);
        canon_document_render(&wanted, &f.document);
        if (!is_equal(&found, &wanted)) {
            print_first_difference(&found, &wanted);
            fail_msg("%s: content differs", fixture_rows[i].name);
        }
        if (problems.size_bytes > 0)
            fail_msg("%s: %.*s", fixture_rows[i].name, (int)problems.size_bytes,
                     (const char *)problems.bytes);
        fixture_done(&f);
        buf_done(&found);
        buf_done(&wanted);
        buf_done(&problems);
    }
}

/* ---- ways to arrive ----------------------------------------------------------------------- */

enum way { WAY_MAPPED = 0, WAY_PREAD, WAY_PIPE, WAY_FD_AT_OFFSET, WAY_COUNT };
static const char *const way_names[] = {"mapped", "pread", "pipe", "file descriptor"};

struct feed {
    int fd;
    const struct buf *bytes;
};

static void *feed_pipe(void *user)
{
    const struct feed *feed = user;
    size_t done = 0;

    while (done < feed->bytes->size_bytes) {
        const ssize_t n =
            write(feed->fd, feed->bytes->bytes + done, feed->bytes->size_bytes - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    close(feed->fd);
    return NULL;
}

static void parse_from_fd(int fd, const rdbp_options *o, struct transcript *t, const char *name)
{
    rdbp_parser *p;
    rdbp_error error;

    if (rdbp_open_fd(fd, o, &p, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    transcript_make(t, p);
    rdbp_close(p);
}

static void parse_through_pipe(const struct buf *bytes, const rdbp_options *o,
                               struct transcript *t, const char *name)
{
    int fds[2];
    struct feed feed;
    pthread_t thread;

    assert_int_equal(pipe(fds), 0);
    feed = (struct feed){fds[1], bytes};
    assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &feed), 0);
    parse_from_fd(fds[0], o, t, name);
    /* Drain: a file that ends in a fatal error leaves the feeder blocked otherwise. */
    for (char rest[4096]; read(fds[0], rest, sizeof(rest)) > 0;)
        ;
    pthread_join(thread, NULL);
    close(fds[0]);
}

static void parse_way(enum way way, const char *path, const struct buf *bytes, rdbp_options *o,
                      struct transcript *t, const char *name)
{
    rdbp_parser *p;
    rdbp_error error;

    if (way == WAY_PIPE) {
        parse_through_pipe(bytes, o, t, name);
        return;
    }
    if (way == WAY_FD_AT_OFFSET) {
        FILE *f = fopen(path, "rb");

        assert_non_null(f);
        parse_from_fd(fileno(f), o, t, name);
        fclose(f);
        return;
    }
    if (way == WAY_PREAD)
        o->input_mode = RDBP_INPUT_PREAD;
    if (rdbp_open_path(path, o, &p, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    transcript_make(t, p);
    rdbp_close(p);
}

static void test_same_however_it_arrives(void **state)
{
    static const size_t small_refills[] = {1, 2, 7, 4096, 0};
    static const size_t big_refills[] = {4096, 65537, 0};
    char path[] = "/var/tmp/rdblens-test-XXXXXX";
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        rdbp_options o = options_with(DEPTH_ALL);
        struct transcript wanted;

        if (!is_wanted(&fixture_rows[i]))
            continue;
        fixture_rows[i].build(&f);
        const bool is_big = f.rdb.size_bytes > 400000;
        const size_t refill_count = is_big ? 3 : 5;

        assert_true(parse_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &wanted));
        assert_int_equal(buf_write_file(&f.rdb, path), 0);
        for (size_t r = 0; r < refill_count; r++) {
            for (enum way way = 0; way < WAY_COUNT; way++) {
                struct transcript t;

                o = options_with(DEPTH_ALL);
                o.refill_bytes = is_big ? big_refills[r] : small_refills[r];
                parse_way(way, path, &f.rdb, &o, &t, fixture_rows[i].name);
                if (!is_equal(&t.text, &wanted.text)) {
                    print_first_difference(&t.text, &wanted.text);
                    fail_msg("%s: %s, refill %zu: not what memory gives", fixture_rows[i].name,
                             way_names[way], o.refill_bytes);
                }
                transcript_done(&t);
            }
        }
        transcript_done(&wanted);
        fixture_done(&f);
    }
    unlink(path);
}

/* ---- cut ---------------------------------------------------------------------------------- */

static void check_cut(const char *name, size_t cut, bool was_opened, const struct transcript *t,
                      const struct transcript *whole)
{
    /* The FATAL line is the only one the whole transcript does not have. */
    size_t n = t->text.size_bytes;

    if (!was_opened) {
        if (t->error != (cut == 0 ? RDBP_ERR_EMPTY : RDBP_ERR_TRUNCATED) &&
            !(cut > 0 && cut < 9 && t->error == RDBP_ERR_NOT_RDB))
            fail_msg("%s cut at %zu: open said %s", name, cut, rdbp_errcode_name(t->error));
        return;
    }
    if (t->error != RDBP_ERR_TRUNCATED && t->error != whole->error)
        fail_msg("%s cut at %zu: error %s", name, cut, rdbp_errcode_name(t->error));
    if (t->error_offset > cut)
        fail_msg("%s cut at %zu: error at offset %" PRIu64, name, cut, t->error_offset);
    if (t->error != RDBP_ERR_NONE) {
        do
            n--;
        while (n > 0 && t->text.bytes[n - 1] != '\n');
    }
    if (n > whole->text.size_bytes || memcmp(t->text.bytes, whole->text.bytes, n) != 0) {
        print_first_difference(&t->text, &whole->text);
        fail_msg("%s cut at %zu: events before the cut differ", name, cut);
    }
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct transcript whole;
        rdbp_options o = options_with(DEPTH_ALL);

        if (!is_wanted(&fixture_rows[i]) || !fixture_rows[i].is_committed)
            continue;
        fixture_rows[i].build(&f);
        if (f.rdb.size_bytes > SMALL_BYTES) {
            fixture_done(&f);
            continue;
        }
        assert_true(parse_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &whole));
        for (size_t cut = 0; cut < f.rdb.size_bytes; cut++) {
            /* A block of exactly that size, so that the sanitizer sees one byte too many. */
            uint8_t *copy = malloc(cut ? cut : 1);
            struct transcript t;
            struct counting_alloc a;
            bool was_opened;

            assert_non_null(copy);
            memcpy(copy, f.rdb.bytes, cut);
            o = options_with(DEPTH_ALL);
            counting_alloc_use(&a, &o);
            was_opened = parse_memory(copy, cut, &o, &t);
            check_cut(fixture_rows[i].name, cut, was_opened, &t, &whole);
            if (a.live_blocks != 0)
                fail_msg("%s cut at %zu: %zu blocks leaked", fixture_rows[i].name, cut,
                         a.live_blocks);
            transcript_done(&t);
            free(copy);
        }
        transcript_done(&whole);
        fixture_done(&f);
    }
}

/* The same through a window: a file whose end is not known until it is reached. */
static void test_cut_through_pipe(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct transcript whole;
        rdbp_options o = options_with(DEPTH_ALL);

        if (!is_wanted(&fixture_rows[i]) || !fixture_rows[i].is_committed)
            continue;
        fixture_rows[i].build(&f);
        if (f.rdb.size_bytes > SMALL_BYTES) {
            fixture_done(&f);
            continue;
        }
        assert_true(parse_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &whole));
        for (size_t cut = 9; cut < f.rdb.size_bytes; cut += 1 + cut % 7) {
            const struct buf head = {f.rdb.bytes, cut, cut};
            struct transcript t;

            o = options_with(DEPTH_ALL);
            o.refill_bytes = 1 + cut % 50;
            parse_through_pipe(&head, &o, &t, fixture_rows[i].name);
            check_cut(fixture_rows[i].name, cut, true, &t, &whole);
            transcript_done(&t);
        }
        transcript_done(&whole);
        fixture_done(&f);
    }
}

/* ---- damage ------------------------------------------------------------------------------- */

static uint32_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33);
}

static void test_random_damage(void **state)
{
    static const unsigned depths[] = {DEPTH_ALL, RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS,
                                      RDBP_DEPTH_SHAPE, RDBP_DEPTH_NONE};

    (void)state;
    print_message("damage seed %" PRIu64 "\n", DAMAGE_SEED);
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;

        if (!is_wanted(&fixture_rows[i]) || !fixture_rows[i].is_committed)
            continue;
        fixture_rows[i].build(&f);
        const size_t size = f.rdb.size_bytes;
        const unsigned rounds = size > 100000 ? 30 : 1000;

        for (unsigned round = 0; round < rounds; round++) {
            uint64_t random = DAMAGE_SEED + round;
            uint8_t *copy = malloc(size);
            rdbp_options o = options_with(depths[round % 4]);
            struct counting_alloc a;
            struct transcript t;

            assert_non_null(copy);
            memcpy(copy, f.rdb.bytes, size);
            /* One byte in a hundred, mostly behind the magic; some rounds one byte alone. */
            for (size_t k = round % 3 ? size / 100 + 1 : 1; k > 0; k--) {
                const size_t from = round % 10 ? 9 : 0;

                copy[from + next_random(&random) % (size - from)] = (uint8_t)next_random(&random);
            }
            o.verify_checksum = false;
            counting_alloc_use(&a, &o);
            parse_memory(copy, size, &o, &t);
            if (a.peak_bytes > MEMORY_LIMIT)
                fail_msg("%s round %u: %zu bytes allocated", fixture_rows[i].name, round,
                         a.peak_bytes);
            if (a.live_blocks != 0)
                fail_msg("%s round %u: %zu blocks leaked", fixture_rows[i].name, round,
                         a.live_blocks);
            if (t.error == RDBP_ERR_NOMEM || t.error == RDBP_ERR_CANCELLED)
                fail_msg("%s round %u: %s", fixture_rows[i].name, round,
                         rdbp_errcode_name(t.error));
            transcript_done(&t);
            free(copy);
        }
        fixture_done(&f);
    }
}

/* ---- failing allocations ------------------------------------------------------------------ */

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct transcript whole;
        rdbp_options o = options_with(DEPTH_ALL);

        if (!is_wanted(&fixture_rows[i]) || !fixture_rows[i].is_committed)
            continue;
        fixture_rows[i].build(&f);
        assert_true(parse_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &whole));
        for (uint64_t n = 1;; n++) {
            struct counting_alloc a;
            struct transcript t;

            o = options_with(DEPTH_ALL);
            counting_alloc_use(&a, &o);
            a.fail_at = n;
            parse_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &t);
            if (a.live_blocks != 0)
                fail_msg("%s, allocation %" PRIu64 " fails: %zu blocks leaked",
                         fixture_rows[i].name, n, a.live_blocks);
            if (a.call_count < n) { /* nothing failed any more */
                assert_true(t.error == whole.error);
                transcript_done(&t);
                break;
            }
            if (t.error != RDBP_ERR_NOMEM)
                fail_msg("%s, allocation %" PRIu64 " fails: %s", fixture_rows[i].name, n,
                         rdbp_errcode_name(t.error));
            transcript_done(&t);
        }
        transcript_done(&whole);
        fixture_done(&f);
    }
}

/* ---- depth -------------------------------------------------------------------------------- */

static void add_count(struct buf *ret, const struct rdbp_value_end *v)
{
    buf_add_format(ret, "ok=%d has=%d count=%" PRIu64 " bytes=%" PRIu64 " empty=%d\n", v->ok,
                   v->has_element_count, v->element_count, v->rdb_bytes, v->is_empty);
}

/* SHAPE and WALK alone give the trailing items of streams, never an element. */
static void check_no_elements(const struct rdbp_items *items, const char *name)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->items[i].role < RDBP_ROLE_STREAM_META)
            fail_msg("%s: an element that was not asked for", name);
}

/* Lists what every key came to; at lower_after, if not 0, that many events into a value the depth is
 * lowered to nothing, and no more of the value may be given. */
static void list_counts(const struct buf *rdb, unsigned depth, unsigned lower_after,
                        struct buf *ret, const char *name)
{
    rdbp_options o = options_with(depth);
    rdbp_parser *p;
    rdbp_error error;
    const rdbp_event *ev;
    unsigned in_value = 0;
    bool is_lowered = false;

    if (rdbp_open_memory(rdb->bytes, rdb->size_bytes, &o, &p, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type == RDBP_EVENT_KEY) {
            in_value = 0;
            is_lowered = false;
        } else if (ev->type == RDBP_EVENT_BLOB || ev->type == RDBP_EVENT_ITEMS) {
            if (is_lowered)
                fail_msg("%s: more of a value after its depth was lowered", name);
            if (depth == RDBP_DEPTH_NONE)
                fail_msg("%s: an event inside a value at depth NONE", name);
            if (ev->type == RDBP_EVENT_ITEMS &&
                (depth & (RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)) == 0)
                check_no_elements(&ev->u.items, name);
            if (++in_value == lower_after) {
                rdbp_set_depth(p, RDBP_DEPTH_NONE);
                is_lowered = true;
            }
        } else if (ev->type == RDBP_EVENT_VALUE_END) {
            add_count(ret, &ev->u.value_end);
        }
    }
    rdbp_close(p);
}

static void test_depth_masks(void **state)
{
    static const unsigned depths[] = {RDBP_DEPTH_NONE, RDBP_DEPTH_SHAPE, RDBP_DEPTH_ITEMS,
                                      RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS, RDBP_DEPTH_BYTES,
                                      RDBP_DEPTH_WALK, RDBP_DEPTH_SHAPE | RDBP_DEPTH_WALK};

    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct buf wanted = {0};

        /* Damage inside a value is found only where it is looked at. */
        if (!is_wanted(&fixture_rows[i]) || strcmp(fixture_rows[i].name, "damaged_v11") == 0)
            continue;
        fixture_rows[i].build(&f);
        list_counts(&f.rdb, DEPTH_ALL, 0, &wanted, fixture_rows[i].name);
        for (size_t k = 0; k < sizeof(depths) / sizeof(depths[0]); k++) {
            struct buf found = {0};

            list_counts(&f.rdb, depths[k], 0, &found, fixture_rows[i].name);
            if (!is_equal(&found, &wanted)) {
                print_first_difference(&found, &wanted);
                fail_msg("%s: depth %u counts otherwise", fixture_rows[i].name, depths[k]);
            }
            buf_done(&found);
        }
        for (unsigned after = 1; after <= 4; after++) {
            struct buf found = {0};

            list_counts(&f.rdb, DEPTH_ALL, after, &found, fixture_rows[i].name);
            if (!is_equal(&found, &wanted)) {
                print_first_difference(&found, &wanted);
                fail_msg("%s: lowered after event %u: counts otherwise", fixture_rows[i].name,
                         after);
            }
            buf_done(&found);
        }
        buf_done(&wanted);
        fixture_done(&f);
    }
}

/* Touches every byte that is given, so that the sanitizer sees what is not there. */
static uint64_t touch(const rdbp_event *ev)
{
    uint64_t crc = 0;

    if (ev->type == RDBP_EVENT_BLOB)
        crc = crc64_bitwise(crc, ev->u.blob.prefix.bytes, ev->u.blob.prefix.size_bytes);
    if (ev->type == RDBP_EVENT_ITEMS)
        for (size_t i = 0; i < ev->u.items.count; i++)
            crc = crc64_bitwise(crc, ev->u.items.items[i].bytes.bytes,
                                ev->u.items.items[i].bytes.size_bytes);
    return crc;
}

/* The depth changes after every event, up and down: the counts stay, and nothing is read that is not
 * there. */
static void test_depth_changes_at_random(void **state)
{
    (void)state;
    for (size_t i = 0; i < fixture_row_count; i++) {
        struct fixture f;
        struct buf wanted = {0};

        if (!is_wanted(&fixture_rows[i]) || strcmp(fixture_rows[i].name, "damaged_v11") == 0)
            continue;
        fixture_rows[i].build(&f);
        list_counts(&f.rdb, DEPTH_ALL, 0, &wanted, fixture_rows[i].name);
        for (uint64_t round = 0; round < (f.rdb.size_bytes > 400000 ? 4 : 50); round++) {
            rdbp_options o = options_with(DEPTH_ALL);
            uint64_t random = DAMAGE_SEED + round;
            struct buf found = {0};
            const rdbp_event *ev;
            rdbp_parser *p;
            rdbp_error error;

            assert_true(rdbp_open_memory(f.rdb.bytes, f.rdb.size_bytes, &o, &p, &error) == 0);
            while (rdbp_next(p, &ev) > 0) {
                touch(ev);
                if (ev->type == RDBP_EVENT_VALUE_END)
                    add_count(&found, &ev->u.value_end);
                rdbp_set_depth(p, next_random(&random) % 16);
            }
            rdbp_close(p);
            if (!is_equal(&found, &wanted)) {
                print_first_difference(&found, &wanted);
                fail_msg("%s round %" PRIu64 ": counts otherwise", fixture_rows[i].name, round);
            }
            buf_done(&found);
        }
        buf_done(&wanted);
        fixture_done(&f);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_same_however_it_arrives),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_cut_through_pipe),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_depth_masks),
        cmocka_unit_test(test_depth_changes_at_random),
    };

    only_row = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
