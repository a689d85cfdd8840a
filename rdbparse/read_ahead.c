/* read_ahead.c -- a thread that fetches and unpacks the input beside the parser.
 *
 *      thread: feed_read() ---> [room|piece] [room|piece] [room|piece] [room|piece] ---> the window
 *                                              a ring, each place in one hand at a time
 *
 * Unpacking costs about what decoding costs, so side by side they take half the time.  A piece is
 * not copied: the window is put over it, and the few bytes that were left of the piece before are
 * copied into the room in front.
 *
 * The error travels behind the last good byte: pieces that were read before it come first.
 *
 * A piece is handed over when it is full, or with every read when the input may make us wait (a
 * pipe): nothing that has arrived lies here unseen.  All waiting is in slices of WAIT_MS.  So the
 * caller's check() is asked in the caller's own thread, and the thread notices that it is to end,
 * without a signal to either: the thread blocks all signals, since an interrupted read() here would
 * tell nobody.
 */
// SPDX-License-Identifier: MIT
#include "read_ahead.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "quiet_thread.h"

#define PLACES 4
/* A piece has room for two of the largest blocks of LZ4, and is handed over with one: so blocks are
 * unpacked to where they stay. */
#define PIECE_BYTES  ((size_t)8 * 1024 * 1024)
#define ENOUGH_BYTES (PIECE_BYTES / 2)
#define WAIT_MS      SOURCE_WAIT_MS

struct place {
    uint8_t *buffer; /* room, then the piece, then one byte more */
    struct ahead_piece piece;
};

struct read_ahead {
    struct feed *feed;
    const struct raw_source *raw;
    struct allocator allocator;
    size_t capacity_bytes, enough_bytes; /* of a piece */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_piece, has_place;
    atomic_bool is_stopped;

    /* Under the mutex. */
    size_t filled; /* places with a piece that was not taken back, from `first` on */
    size_t first;
    bool has_ended; /* the thread puts no more */
    bool has_failed;

    bool is_held; /* the caller's: it has the piece at `first` */
    struct place places[PLACES];
};

/* ---- the thread's side ---------------------------------------------------------------------- */

/* The place for the next piece, or NULL when it is time to end. */
static struct place *wait_place(struct read_ahead *a)
{
    struct place *place = NULL;

    pthread_mutex_lock(&a->mutex);
    while (a->filled == PLACES && !atomic_load(&a->is_stopped))
        pthread_cond_wait(&a->has_place, &a->mutex);
    if (!atomic_load(&a->is_stopped))
        place = &a->places[(a->first + a->filled) % PLACES];
    pthread_mutex_unlock(&a->mutex);
    return place;
}

/* 1: there is more behind it; 0: the end; -1: failed. */
static int fill_piece(struct read_ahead *a, struct ahead_piece *piece)
{
    size_t got = 0;

    piece->size_bytes = 0;
    do {
        if (feed_read(a->feed, piece->bytes + piece->size_bytes,
                      a->capacity_bytes - piece->size_bytes, &got) < 0)
            return -1;
        piece->size_bytes += got;
    } while (got > 0 && piece->size_bytes < a->enough_bytes && a->raw->has_size);
    piece->input_offset = a->raw->bytes_read;
    return got > 0;
}

static void *run(void *arg)
{
    struct read_ahead *a = arg;
    int more = 1;

    while (more > 0) {
        struct place *place = wait_place(a);

        if (!place)
            break;
        more = fill_piece(a, &place->piece);
        pthread_mutex_lock(&a->mutex);
        a->filled += place->piece.size_bytes > 0;
        a->has_ended = more <= 0;
        a->has_failed = more < 0;
        pthread_cond_signal(&a->has_piece);
        pthread_mutex_unlock(&a->mutex);
    }
    return NULL;
}

/* ---- the caller's side ---------------------------------------------------------------------- */

static void wait_slice(struct read_ahead *a)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&a->has_piece, &a->mutex, &until);
}

int read_ahead_next(struct read_ahead *a, const uint8_t *rest, size_t rest_bytes,
                    struct source_env *asker, struct ahead_piece *ret_piece)
{
    struct place *place;
    int r = 1;

    pthread_mutex_lock(&a->mutex);
    while (a->filled == a->is_held && !a->has_ended && r > 0) {
        wait_slice(a);
        pthread_mutex_unlock(&a->mutex);
        r = source_check(asker) < 0 ? -1 : 1;
        pthread_mutex_lock(&a->mutex);
    }
    if (r > 0 && a->filled == a->is_held)
        r = a->has_failed ? -1 : 0;
    pthread_mutex_unlock(&a->mutex);
    if (r <= 0)
        return r;

    /* Both places are this side's as long as `first` stands. */
    place = &a->places[(a->first + a->is_held) % PLACES];
    memcpy(place->piece.bytes - rest_bytes, rest, rest_bytes);
    if (a->is_held) {
        pthread_mutex_lock(&a->mutex);
        a->first = (a->first + 1) % PLACES;
        a->filled--;
        pthread_cond_signal(&a->has_place);
        pthread_mutex_unlock(&a->mutex);
    }
    a->is_held = true;
    *ret_piece = place->piece;
    return 1;
}

/* ---- starting and stopping ------------------------------------------------------------------ */

static int start_thread(struct read_ahead *a)
{
    pthread_condattr_t monotonic;
    int r;

    pthread_mutex_init(&a->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&a->has_piece, &monotonic);
    pthread_cond_init(&a->has_place, NULL);
    pthread_condattr_destroy(&monotonic);
    r = quiet_thread_start(&a->thread, run, a);
    if (r == 0)
        return 0;
    pthread_cond_destroy(&a->has_piece);
    pthread_cond_destroy(&a->has_place);
    pthread_mutex_destroy(&a->mutex);
    return -1;
}

static void free_places(struct read_ahead *a)
{
    for (size_t i = 0; i < PLACES; i++)
        allocator_release(&a->allocator, a->places[i].buffer);
    allocator_release(&a->allocator, a);
}

struct read_ahead *read_ahead_start(struct feed *feed, const struct raw_source *raw,
                                    size_t room_bytes)
{
    struct source_env *env = feed->up->env;
    enum rdbp_errcode (*const check)(void *) = env->check;
    struct read_ahead *a = allocator_get(&env->allocator, sizeof(*a));

    if (!a)
        return NULL;
    *a = (struct read_ahead){.feed = feed,
                             .raw = raw,
                             .allocator = env->allocator,
                             .capacity_bytes = PIECE_BYTES,
                             .enough_bytes = ENOUGH_BYTES};
    if (env->read_bytes < ENOUGH_BYTES) /* a read, then, is a piece */
        a->capacity_bytes = a->enough_bytes = env->read_bytes;
    atomic_init(&a->is_stopped, false);
    for (size_t i = 0; i < PLACES; i++) {
        a->places[i].buffer = allocator_get(&a->allocator, room_bytes + a->capacity_bytes + 1);
        if (!a->places[i].buffer)
            goto fail;
        a->places[i].piece.bytes = a->places[i].buffer + room_bytes;
    }
    env->check = NULL; /* asked by the caller's side from now on */
    env->is_stopped = &a->is_stopped;
    if (start_thread(a) == 0)
        return a;
    env->check = check;
    env->is_stopped = NULL;
fail:
    free_places(a);
    return NULL;
}

void read_ahead_stop(struct read_ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->mutex);
    atomic_store(&a->is_stopped, true);
    pthread_cond_signal(&a->has_place);
    pthread_mutex_unlock(&a->mutex);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->has_piece);
    pthread_cond_destroy(&a->has_place);
    pthread_mutex_destroy(&a->mutex);
    a->feed->up->env->is_stopped = NULL;
    free_places(a);
}
