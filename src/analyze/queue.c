/* queue.c -- a fixed number of batches between three threads: one mutex, a condition a place.
 *
 * Batches carry thousands of rows, so the lock is taken some thousand times a second and nothing
 * cleverer is worth its risk.  Eight batches: one with each thread, the others for jitter; on two
 * processors two of the three threads run, and the third catches up when one of them waits.
 */
// SPDX-License-Identifier: MIT
#include "analyze/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define BATCH_COUNT 8
#define WAIT_NS     200000000

struct place { /* a ring */
    pthread_cond_t has_some;
    struct store_batch *batches[BATCH_COUNT];
    size_t first, count;
    bool is_ended;
};

struct queue {
    pthread_mutex_t mutex;
    struct store_batch batches[BATCH_COUNT];
    struct place places[QUEUE_PLACE_COUNT_];
    bool is_stopped;
};

struct queue *queue_new(void)
{
    struct queue *q = calloc(1, sizeof *q);
    pthread_condattr_t attr;

    if (q == NULL)
        return NULL;
    pthread_mutex_init(&q->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (int i = 0; i < QUEUE_PLACE_COUNT_; i++)
        pthread_cond_init(&q->places[i].has_some, &attr);
    pthread_condattr_destroy(&attr);
    for (size_t i = 0; i < BATCH_COUNT; i++) {
        if (store_batch_init(&q->batches[i]) < 0) {
            queue_free(q);
            return NULL;
        }
        queue_put(q, QUEUE_EMPTY, &q->batches[i]);
    }
    return q;
}

void queue_free(struct queue *q)
{
    if (q == NULL)
        return;
    for (size_t i = 0; i < BATCH_COUNT; i++)
        store_batch_done(&q->batches[i]);
    for (int i = 0; i < QUEUE_PLACE_COUNT_; i++)
        pthread_cond_destroy(&q->places[i].has_some);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}

void queue_put(struct queue *q, enum queue_place place, struct store_batch *b)
{
    struct place *const p = &q->places[place];

    if (place == QUEUE_EMPTY)
        store_batch_clear(b);
    pthread_mutex_lock(&q->mutex);
    p->batches[(p->first + p->count) % BATCH_COUNT] = b;
    p->count++;
    pthread_cond_signal(&p->has_some);
    pthread_mutex_unlock(&q->mutex);
}

void queue_end(struct queue *q, enum queue_place place)
{
    pthread_mutex_lock(&q->mutex);
    q->places[place].is_ended = true;
    pthread_cond_signal(&q->places[place].has_some);
    pthread_mutex_unlock(&q->mutex);
}

void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->is_stopped = true;
    for (int i = 0; i < QUEUE_PLACE_COUNT_; i++)
        pthread_cond_signal(&q->places[i].has_some);
    pthread_mutex_unlock(&q->mutex);
}

bool queue_is_stopped(struct queue *q)
{
    bool is_stopped;

    pthread_mutex_lock(&q->mutex);
    is_stopped = q->is_stopped;
    pthread_mutex_unlock(&q->mutex);
    return is_stopped;
}

static bool must_wait(const struct queue *q, const struct place *p)
{
    return p->count == 0 && !p->is_ended && !q->is_stopped;
}

static struct store_batch *take_first(const struct queue *q, struct place *p)
{
    struct store_batch *b;

    if (q->is_stopped || p->count == 0)
        return NULL;
    b = p->batches[p->first];
    p->first = (p->first + 1) % BATCH_COUNT;
    p->count--;
    return b;
}

struct store_batch *queue_take(struct queue *q, enum queue_place place)
{
    struct place *const p = &q->places[place];
    struct store_batch *b;

    pthread_mutex_lock(&q->mutex);
    while (must_wait(q, p))
        pthread_cond_wait(&p->has_some, &q->mutex);
    b = take_first(q, p);
    pthread_mutex_unlock(&q->mutex);
    return b;
}

enum queue_result queue_try_take(struct queue *q, enum queue_place place,
                                 struct store_batch **ret_batch)
{
    struct place *const p = &q->places[place];
    struct store_batch *b;
    struct timespec until;
    bool is_late = false;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&q->mutex);
    while (must_wait(q, p) && !is_late)
        is_late = pthread_cond_timedwait(&p->has_some, &q->mutex, &until) == ETIMEDOUT;
    is_late = must_wait(q, p);
    b = take_first(q, p);
    pthread_mutex_unlock(&q->mutex);
    if (b == NULL)
        return is_late ? QUEUE_TIMEOUT : QUEUE_END;
    *ret_batch = b;
    return QUEUE_BATCH;
}
