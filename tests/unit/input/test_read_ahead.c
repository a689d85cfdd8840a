/* test_read_ahead.c -- the thread that reads ahead: pipes that fall silent, early ends, errors in
 * their place.
 *
 * What the reader gives through it is compared byte for byte by test_reader and its like, which run
 * with it too.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "supply.h"

#define PROMPT_MS 5000 /* for what must not wait for a pipe that stays silent for ever */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* For the thread to do what it should not, or what it may: no test is red for want of it. */
static void give_time(void)
{
    const struct timespec ample = {.tv_nsec = 100000000};

    nanosleep(&ample, NULL);
}

static rdbp_options ahead(void)
{
    rdbp_options options = RDBP_OPTIONS_INIT;

    options.read_ahead = RDBP_READ_AHEAD_ALWAYS;
    return options;
}

/* A pipe with so much of b in it, whose writer does not close. */
static void open_silent_pipe(int ends[2], const struct bytes *b, size_t n)
{
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], b->at, n), (ssize_t)n);
}

static void close_pipe(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* What has arrived is given at once, and nobody waits for more than was asked for. */
static void test_what_has_arrived(void **state)
{
    struct bytes content = make_content(20000);
    const rdbp_options options = ahead();

    (void)state;
    for (size_t c = 0; c < 2; c++) {
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);
        const int64_t start = now_ms();
        struct reader *r;
        rdbp_error error;
        const uint8_t *p;
        int ends[2];

        open_silent_pipe(ends, &packed, packed.size_bytes);
        assert_int_equal(reader_open(&r, NULL, ends[0], NULL, 0, &options, &error), 0);
        p = reader_peek(r, content.size_bytes);
        assert_non_null(p);
        assert_memory_equal(p, content.at, content.size_bytes);
        reader_free(r); /* while the thread waits */
        assert_true(now_ms() - start < PROMPT_MS);
        close_pipe(ends);
        bytes_free(&packed);
    }
    bytes_free(&content);
}

struct stopper {
    int64_t stop_at_ms;
    pthread_t caller;
    bool is_asked_elsewhere;
};

static enum rdbp_errcode stop_later(void *user)
{
    struct stopper *s = user;

    s->is_asked_elsewhere |= !pthread_equal(s->caller, pthread_self());
    return now_ms() < s->stop_at_ms ? RDBP_ERR_NONE : RDBP_ERR_CANCELLED;
}

/* The caller's check is asked while the pipe is silent, in the caller's thread, and ends the
 * waiting. */
static void test_check_while_waiting(void **state)
{
    struct bytes content = make_content(20000);

    (void)state;
    for (size_t c = 0; c < 2; c++) {
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);
        const int64_t start = now_ms();
        struct stopper stopper = {.stop_at_ms = start + 200, .caller = pthread_self()};
        rdbp_options options = ahead();
        struct reader *r;
        rdbp_error error;
        int ends[2];

        options.check = stop_later;
        options.check_user = &stopper;
        open_silent_pipe(ends, &packed, packed.size_bytes - 1);
        assert_int_equal(reader_open(&r, NULL, ends[0], NULL, 0, &options, &error), 0);
        assert_int_equal(reader_skip(r, content.size_bytes + 1), -1);
        reader_error(r, &error);
        assert_int_equal(error.code, RDBP_ERR_CANCELLED);
        assert_null(reader_peek(r, READER_PEEK_MAX));
        reader_free(r);
        assert_true(now_ms() - start < PROMPT_MS);
        assert_false(stopper.is_asked_elsewhere);
        close_pipe(ends);
        bytes_free(&packed);
    }
    bytes_free(&content);
}

/* Signals belong to the program: the thread takes none, whoever else could. */
static void note_signal(int signal_number)
{
    (void)signal_number;
}

static void test_signals_blocked(void **state)
{
    struct sigaction action = {.sa_handler = note_signal};
    struct bytes content = make_content(20000);
    const rdbp_options options = ahead();
    sigset_t usr1, pending;
    struct reader *r;
    rdbp_error error;
    int ends[2], taken;

    (void)state;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    open_silent_pipe(ends, &content, content.size_bytes);
    assert_int_equal(reader_open(&r, NULL, ends[0], NULL, 0, &options, &error), 0);
    assert_non_null(reader_peek(r, content.size_bytes));
    pthread_sigmask(SIG_BLOCK, &usr1, NULL); /* now nobody else takes it */
    kill(getpid(), SIGUSR1);
    give_time();
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGUSR1), 1);
    assert_int_equal(sigwait(&usr1, &taken), 0);
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    reader_free(r);
    close_pipe(ends);
    bytes_free(&content);
}

/* Closing early, with more waiting than the thread can hold. */
static void test_early_end(void **state)
{
    struct bytes content = make_content(6000000);

    (void)state;
    for (size_t c = 0; c < container_count; c++) {
        struct bytes packed = containers[c].pack(content.at, content.size_bytes);

        for (int input = 0; input < INPUT_COUNT; input++)
            for (size_t n = 1; n < content.size_bytes; n *= 61) {
                rdbp_error error;
                struct supply s;
                struct reader *r;

                supply_open(&s, (enum input)input, &packed);
                assert_int_equal(open_supply(&r, &s, ahead(), &error), 0);
                assert_int_equal(reader_skip(r, n), 0);
                reader_free(r);
                supply_close(&s);
            }
        bytes_free(&packed);
    }
    bytes_free(&content);
}

/* Every good byte comes before the error behind it, even when the thread met that long ago. */
static void test_error_in_its_place(void **state)
{
    struct bytes content = make_content(900000); /* less than the thread may hold */
    struct bytes packed = containers[CONTAINER_GZIP].pack(content.at, content.size_bytes);
    const rdbp_options options = ahead();
    uint64_t tail_bytes;
    struct reader *r;
    rdbp_error error;

    (void)state;
    packed.at[packed.size_bytes - 8] ^= 1; /* the member's CRC-32 */
    assert_int_equal(reader_open(&r, NULL, -1, packed.at, packed.size_bytes, &options, &error), 0);
    assert_non_null(reader_peek(r, 1));
    give_time();
    for (size_t done = 0; done < content.size_bytes;) {
        size_t n;
        const uint8_t *p = reader_chunk(r, content.size_bytes - done, &n);

        assert_non_null(p);
        assert_memory_equal(p, content.at + done, n);
        reader_consume(r, n);
        done += n;
    }
    (void)reader_classify_tail(r, &tail_bytes);
    reader_error(r, &error);
    assert_int_equal(error.code, RDBP_ERR_DECOMPRESS);
    assert_int_equal(error.offset, content.size_bytes);
    reader_free(r);
    bytes_free(&packed);
    bytes_free(&content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_arrived),   cmocka_unit_test(test_check_while_waiting),
        cmocka_unit_test(test_signals_blocked),    cmocka_unit_test(test_early_end),
        cmocka_unit_test(test_error_in_its_place),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* a reader may stop before its pipe's writer does */
    return cmocka_run_group_tests_name("reading ahead", tests, NULL, NULL);
}
