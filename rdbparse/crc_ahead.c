/* crc_ahead.c -- a thread that computes the checksum of mapped bytes ahead of the parser.
 *
 *      given back      parser              thread
 *   ...............|-----pos----|--------|----|............
 *                    <-LAG  at most  AHEAD->
 *      crcs:           c0  c1  c2  c3  c4  c5           the CRC before each piece: a ring
 *
 * Reading a mapping costs faults and misses before it costs instructions, and the parser, which
 * jumps from head to head, meets them one by one.  The checksum reads every byte in order: it is
 * the one to meet them, so far ahead that the parser finds its bytes in the shared cache, and no
 * farther, lest they have left it.
 *
 * Where the parser will ask for the checksum nobody knows before it is there: the end of a snapshot
 * is not the end of the file.  So the CRC before every piece is kept as long as pos can still be
 * asked for in it, and what is left of the piece is computed when asked.
 *
 * A page that is not there (the file shrank, the disk failed) is the parser's to meet, in its own
 * thread and at the place that is damaged: pages are first asked for by MADV_POPULATE_READ, which
 * says so, and then the thread ends.  Where the kernel has no such call (before Linux 5.14), the
 * fault happens here.
 */
// SPDX-License-Identifier: MIT
#include "crc_ahead.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crc64.h"
#include "quiet_thread.h"

#define PIECE_BYTES ((size_t)256 * 1024)
#define AHEAD_BYTES ((size_t)2 * 1024 * 1024)
#define LAG_BYTES   ((size_t)8 * 1024 * 1024)
#define RING        64 /* pieces: more than AHEAD and what one call of the parser may pass over */
/* Pages are given back in pieces of at least this (a system call each), and stay this far behind
 * the parser. */
#define DROP_BYTES        ((size_t)4 * 1024 * 1024)
#define DROP_BEHIND_BYTES ((size_t)1024 * 1024)

struct crc_ahead {
    struct allocator allocator;
    struct crc_ahead_range range;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_moved, has_piece;

    /* The thread's. */
    size_t page_bytes;
    size_t dropped; /* from map_base on, in pages that were given back */
    bool cannot_populate;

    /* Under the mutex. */
    size_t pos;  /* of the parser */
    size_t done; /* by the thread: whole pieces, but for the last */
    uint64_t crcs[RING];
    bool is_stopped, has_ended;
};

/* ---- the thread's side ---------------------------------------------------------------------- */

/* False when it is time to end. */
static bool wait_turn(struct crc_ahead *a, size_t *ret_pos)
{
    bool goes_on;

    pthread_mutex_lock(&a->mutex);
    while (!a->is_stopped && a->done > a->pos && a->done - a->pos >= AHEAD_BYTES)
        pthread_cond_wait(&a->has_moved, &a->mutex);
    goes_on = !a->is_stopped && a->done < a->range.size_bytes;
    *ret_pos = a->pos < a->done ? a->pos : a->done;
    pthread_mutex_unlock(&a->mutex);
    return goes_on;
}

/* Makes the pages present; false: one of them cannot be had. */
static bool populate(struct crc_ahead *a, const uint8_t *bytes, size_t n)
{
#ifdef MADV_POPULATE_READ
    const uint8_t *const base = a->range.map_base;
    size_t from;

    if (!base || a->cannot_populate)
        return true;
    from = (size_t)(bytes - base) / a->page_bytes * a->page_bytes;
    n += (size_t)(bytes - base) - from;
    while (madvise((uint8_t *)base + from, n, MADV_POPULATE_READ) < 0) {
        if (errno == EFAULT || errno == EHWPOISON)
            return false;
        if (errno != EINTR) {
            a->cannot_populate = true;
            break;
        }
    }
#else
    (void)a, (void)bytes, (void)n;
#endif
    return true;
}

static void drop_behind(struct crc_ahead *a, size_t pos)
{
    const uint8_t *const base = a->range.map_base;
    size_t to;

    if (!base)
        return;
    to = (size_t)(a->range.bytes - base) + pos;
    if (to < a->dropped + DROP_BYTES + DROP_BEHIND_BYTES)
        return;
    to = (to - DROP_BEHIND_BYTES) / a->page_bytes * a->page_bytes;
    (void)madvise((uint8_t *)base + a->dropped, to - a->dropped, MADV_DONTNEED);
    a->dropped = to;
}

static void *run(void *arg)
{
    struct crc_ahead *a = arg;
    const struct crc_ahead_range *const range = &a->range;
    uint64_t crc = range->crc;
    size_t at = 0, pos;

    while (wait_turn(a, &pos)) {
        const size_t left = range->size_bytes - at;
        const size_t n = left < PIECE_BYTES ? left : PIECE_BYTES;

        drop_behind(a, pos);
        if (!populate(a, range->bytes + at, n))
            break;
        crc = crc64_update(crc, range->bytes + at, n);
        at += n;
        pthread_mutex_lock(&a->mutex);
        a->done = at;
        if (n == PIECE_BYTES)
            a->crcs[at / PIECE_BYTES % RING] = crc;
        pthread_cond_signal(&a->has_piece);
        pthread_mutex_unlock(&a->mutex);
    }
    pthread_mutex_lock(&a->mutex);
    a->has_ended = true;
    pthread_cond_signal(&a->has_piece);
    pthread_mutex_unlock(&a->mutex);
    return NULL;
}

/* ---- the parser's side ---------------------------------------------------------------------- */

int crc_ahead_move(struct crc_ahead *a, const uint8_t *pos)
{
    int r;

    pthread_mutex_lock(&a->mutex);
    a->pos = (size_t)(pos - a->range.bytes);
    if (a->done < a->pos + AHEAD_BYTES / 2) /* so that it does not wake for every piece */
        pthread_cond_signal(&a->has_moved);
    while (!a->has_ended && a->pos > a->done && a->pos - a->done > LAG_BYTES)
        pthread_cond_wait(&a->has_piece, &a->mutex);
    r = a->has_ended && a->done < a->range.size_bytes ? -1 : 0;
    pthread_mutex_unlock(&a->mutex);
    return r;
}

uint64_t crc_ahead_get(struct crc_ahead *a, const uint8_t *pos)
{
    const size_t to = (size_t)(pos - a->range.bytes);
    size_t from = to / PIECE_BYTES * PIECE_BYTES;
    uint64_t crc;

    pthread_mutex_lock(&a->mutex);
    if (a->pos < to) { /* it may be waiting for the parser */
        a->pos = to;
        pthread_cond_signal(&a->has_moved);
    }
    while (!a->has_ended && a->done < from)
        pthread_cond_wait(&a->has_piece, &a->mutex);
    if (a->done < from)
        from = a->done; /* ended early: on a piece's border */
    crc = a->crcs[from / PIECE_BYTES % RING];
    pthread_mutex_unlock(&a->mutex);
    return crc64_update(crc, a->range.bytes + from, to - from);
}

/* ---- starting and stopping ------------------------------------------------------------------ */

static void free_all(struct crc_ahead *a)
{
    const struct allocator allocator = a->allocator;

    pthread_cond_destroy(&a->has_moved);
    pthread_cond_destroy(&a->has_piece);
    pthread_mutex_destroy(&a->mutex);
    allocator_release(&allocator, a);
}

struct crc_ahead *crc_ahead_start(const struct allocator *allocator,
                                  const struct crc_ahead_range *range)
{
    struct crc_ahead *a = allocator_get(allocator, sizeof(*a));

    if (!a)
        return NULL;
    *a = (struct crc_ahead){
        .allocator = *allocator,
        .range = *range,
        .page_bytes = (size_t)sysconf(_SC_PAGESIZE),
        .crcs = {range->crc},
    };
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->has_moved, NULL);
    pthread_cond_init(&a->has_piece, NULL);
    if (quiet_thread_start(&a->thread, run, a) == 0)
        return a;
    free_all(a);
    return NULL;
}

void crc_ahead_stop(struct crc_ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->mutex);
    a->is_stopped = true;
    pthread_cond_signal(&a->has_moved);
    pthread_mutex_unlock(&a->mutex);
    pthread_join(a->thread, NULL);
    free_all(a);
}
