/* test_reader_faults.c -- inputs cut and changed, no memory, a caller who stops, a file that
 * changes.
 *
 * Every outcome must be an error that is told, without a leak (ASan) or a hang.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "supply.h"

/* ---- damage --------------------------------------------------------------------------------- */

/* Reads all; true when the whole content came and nothing was wrong behind it. */
static bool reads_whole(const struct bytes *b, enum input input, size_t refill_bytes,
                        const struct bytes *content, rdbp_error *ret_error)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    struct supply s;
    struct reader *r;
    uint64_t tail_bytes;
    bool is_whole = false;

    options.refill_bytes = refill_bytes;
    supply_open(&s, input, b);
    if (open_supply(&r, &s, options, ret_error) < 0) {
        if (ret_error->code == RDBP_ERR_NONE || ret_error->message[0] == '\0')
            fail_msg("not opened, without an error");
    } else {
        if (reader_skip(r, content->size_bytes) < 0) {
            reader_error(r, ret_error);
            if (ret_error->code == RDBP_ERR_NONE || ret_error->message[0] == '\0')
                fail_msg("ended, without an error");
        } else {
            (void)reader_classify_tail(r, &tail_bytes);
            reader_error(r, ret_error);
            is_whole = ret_error->code == RDBP_ERR_NONE;
        }
        reader_free(r);
    }
    supply_close(&s);
    return is_whole;
}

static void test_cut_everywhere(void **state)
{
    struct bytes content = make_content(700);
    const size_t step = supply_is_ahead() ? 7 : 1;

    (void)state;
    for (size_t c = 0; c < container_count; c++) {
        const struct container_row *row = &containers[c];
        struct bytes packed = row->pack(content.at, content.size_bytes);
        rdbp_error error;

        for (size_t n = 0; n <= packed.size_bytes && n < 5000; n += step) {
            struct bytes cut = bytes_copy(packed.at, n);
            const bool may_be_whole = n == packed.size_bytes || row->may_be_cut;

            for (size_t refill = 0; refill < 2; refill++)
                if (reads_whole(&cut, INPUT_MEMORY, refill, &content, &error) && !may_be_whole)
                    fail_msg("%s cut at %zu: nothing was said", row->name, n);
            if (n / step % 16 == 0 && reads_whole(&cut, INPUT_MMAP, 0, &content, &error) &&
                !may_be_whole)
                fail_msg("%s cut at %zu, file: nothing was said", row->name, n);
            bytes_free(&cut);
        }
        if (!reads_whole(&packed, INPUT_MEMORY, 0, &content, &error))
            fail_msg("%s: %s", row->name, error.message);
        bytes_free(&packed);
    }
    bytes_free(&content);
}

/* Changed bytes: any outcome but a crash, a hang or silence about an error; ASan and UBSan watch.
 * */
static void test_flipped_bytes(void **state)
{
    struct bytes content = make_content(5000);
    const int rounds = supply_is_ahead() ? 30 : 300;
    uint32_t seed = 11;

    (void)state;
    for (size_t c = 0; c < container_count; c++) {
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);

        for (int round = 0; round < rounds; round++) {
            struct bytes damaged = bytes_copy(packed.at, packed.size_bytes);
            const size_t reach = round % 2 ? packed.size_bytes : 40;
            rdbp_error error;

            damaged.at[next_random(&seed) % reach] ^= (uint8_t)(1 + next_random(&seed) % 255);
            (void)reads_whole(&damaged, INPUT_MEMORY, (size_t)round % 3, &content, &error);
            bytes_free(&damaged);
        }
        bytes_free(&packed);
    }
    bytes_free(&content);
}

/* ---- stopping, changing, no memory ---------------------------------------------------------- */

static enum rdbp_errcode count_down(void *user)
{
    long *left = user;

    return --*left < 0 ? RDBP_ERR_CANCELLED : RDBP_ERR_NONE;
}

static void test_check_stops(void **state)
{
    struct bytes content = make_content(2500000);

    (void)state;
    for (int input = 0; input < INPUT_COUNT; input++)
        for (int c = 0; c < 2; c++) {
            struct bytes packed = containers[c].pack(content.at, content.size_bytes);
            bool was_read_whole = false;

            for (long allowed = 0; !was_read_whole; allowed += 1 + allowed / 4) {
                rdbp_options options = RDBP_OPTIONS_INIT;
                long left = allowed;
                struct supply s;
                struct reader *r;
                rdbp_error error;

                options.check = count_down;
                options.check_user = &left;
                supply_open(&s, (enum input)input, &packed);
                if (open_supply(&r, &s, options, &error) == 0) {
                    was_read_whole = reader_skip(r, content.size_bytes) == 0;
                    reader_error(r, &error);
                    if (!was_read_whole && reader_peek(r, READER_PEEK_MAX))
                        fail_msg("goes on after it was stopped");
                    reader_free(r);
                }
                supply_close(&s);
                if (!was_read_whole && error.code != RDBP_ERR_CANCELLED)
                    fail_msg("%s, %s, stopped at %ld: %d '%s'", containers[c].name,
                             input_names[input], allowed, error.code, error.message);
                if (was_read_whole && allowed < 3)
                    fail_msg("%s, %s: asked %ld times", containers[c].name, input_names[input],
                             allowed);
            }
            bytes_free(&packed);
        }
    bytes_free(&content);
}

static void test_changed(void **state)
{
    struct bytes content = make_content(100000);

    (void)state;
    for (int what = 0; what < 3; what++)
        for (int input = INPUT_MMAP; input <= INPUT_FD; input++) {
            rdbp_options options = RDBP_OPTIONS_INIT;
            const struct timespec before[2] = {{.tv_sec = 1}, {.tv_sec = 1, .tv_nsec = 5000}};
            const struct timespec after[2] = {{.tv_sec = 1}, {.tv_sec = 1, .tv_nsec = 6000}};
            struct supply s;
            struct reader *r;
            rdbp_error error;

            supply_open(&s, (enum input)input, &content);
            assert_int_equal(futimens(s.fd, before), 0);
            assert_int_equal(open_supply(&r, &s, options, &error), 0);
            assert_int_equal(reader_check_unchanged(r), RDBP_ERR_NONE);
            if (what == 0)
                assert_int_equal(ftruncate(s.fd, 200000), 0);
            if (what == 1)
                assert_int_equal(ftruncate(s.fd, 99999), 0);
            if (what == 2)
                assert_int_equal(futimens(s.fd, after), 0);
            if (reader_check_unchanged(r) != RDBP_ERR_CHANGED)
                fail_msg("%s, change %d: not seen", input_names[input], what);
            if (what == 0)
                assert_false(reader_may_have(r, 100001));
            reader_free(r);
            supply_close(&s);
        }
    bytes_free(&content);
}

/* Asked by a thread that reads ahead too. */
struct scarce {
    atomic_long left; /* allocations that still succeed */
    atomic_long outstanding;
};

static void *scarce_reallocate(void *user, void *ptr, size_t size_bytes)
{
    struct scarce *a = user;

    if (size_bytes == 0) {
        atomic_fetch_sub(&a->outstanding, ptr != NULL);
        free(ptr);
        return NULL;
    }
    if (atomic_fetch_sub(&a->left, 1) <= 0)
        return NULL;
    atomic_fetch_add(&a->outstanding, ptr == NULL);
    return realloc(ptr, size_bytes);
}

static void test_no_memory(void **state)
{
    struct bytes content = make_content(3000);

    (void)state;
    for (size_t c = 0; c < container_count; c++) {
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);
        bool was_read_whole = false;

        for (long allowed = 0; !was_read_whole; allowed++) {
            struct scarce a = {.left = allowed};
            rdbp_options options = RDBP_OPTIONS_INIT;
            struct supply s;
            struct reader *r = NULL;
            rdbp_error error;

            options.reallocate = scarce_reallocate;
            options.reallocate_user = &a;
            supply_open(&s, INPUT_MEMORY, &packed);
            if (open_supply(&r, &s, options, &error) == 0) {
                was_read_whole = reader_skip(r, content.size_bytes) == 0;
                reader_error(r, &error);
                reader_free(r);
            }
            supply_close(&s);
            if ((!was_read_whole && error.code != RDBP_ERR_NOMEM) || a.outstanding != 0)
                fail_msg("%s, %ld allocations: %d '%s', %ld not given back", containers[c].name,
                         allowed, error.code, error.message, a.outstanding);
            if (was_read_whole && allowed < 3)
                fail_msg("%s: only %ld allocations went through the hook", containers[c].name,
                         allowed);
        }
        bytes_free(&packed);
    }
    bytes_free(&content);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_everywhere), cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_check_stops),    cmocka_unit_test(test_changed),
        cmocka_unit_test(test_no_memory),
    };

    supply_take_arguments(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader may stop before its pipe's writer does */
    return cmocka_run_group_tests_name("reader faults", tests, NULL, NULL);
}
