/* queue.c -- a fixed number of batches between two threads: one mutex, two conditions.
 *
 * Batches carry thousands of rows, so the lock is taken a few hundred times a second and nothing
 * cleverer is worth its risk.  Four batches: one being filled, one being written, two for jitter.
 */
// SPDX-License-Identifier: MIT
#include "analyze/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define BATCH_COUNT 4
#define WAIT_NS     200000000

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_empty, has_full;
    struct store_batch batches[BATCH_COUNT];
    struct store_batch *empty[BATCH_COUNT];
    struct store_batch *full[BATCH_COUNT]; /* a ring: first in, first out */
    size_t empty_count, full_count, full_first;
    bool is_ended, is_stopped;
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
    pthread_cond_init(&q->has_empty, &attr);
    pthread_cond_init(&q->has_full, &attr);
    pthread_condattr_destroy(&attr);
    for (size_t i = 0; i < BATCH_COUNT; i++) {
        if (store_batch_init(&q->batches[i]) < 0) {
            queue_free(q);
            return NULL;
        }
        q->empty[q->empty_count++] = &q->batches[i];
    }
    return q;
}

void queue_free(struct queue *q)
{
    if (q == NULL)
        return;
    for (size_t i = 0; i < BATCH_COUNT; i++)
        store_batch_done(&q->batches[i]);
    pthread_cond_destroy(&q->has_empty);
    pthread_cond_destroy(&q->has_full);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}

struct store_batch *queue_take_empty(struct queue *q)
{
    struct store_batch *b = NULL;

    pthread_mutex_lock(&q->mutex);
    while (q->empty_count == 0 && !q->is_stopped)
        pthread_cond_wait(&q->has_empty, &q->mutex);
    if (!q->is_stopped)
        b = q->empty[--q->empty_count];
    pthread_mutex_unlock(&q->mutex);
    if (b != NULL) {
        b->count = 0;
        b->size_bytes = 0;
    }
    return b;
}

void queue_send(struct queue *q, struct store_batch *b)
{
    pthread_mutex_lock(&q->mutex);
    q->full[(q->full_first + q->full_count) % BATCH_COUNT] = b;
    q->full_count++;
    pthread_cond_signal(&q->has_full);
    pthread_mutex_unlock(&q->mutex);
}

void queue_end(struct queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->is_ended = true;
    pthread_cond_signal(&q->has_full);
    pthread_mutex_unlock(&q->mutex);
}

enum queue_result queue_receive(struct queue *q, struct store_batch **ret_batch)
{
    enum queue_result result = QUEUE_BATCH;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&q->mutex);
    while (q->full_count == 0 && !q->is_ended && result == QUEUE_BATCH) {
        if (pthread_cond_timedwait(&q->has_full, &q->mutex, &until) == ETIMEDOUT)
            result = QUEUE_TIMEOUT;
    }
    if (q->full_count > 0) {
        *ret_batch = q->full[q->full_first];
        q->full_first = (q->full_first + 1) % BATCH_COUNT;
        q->full_count--;
        result = QUEUE_BATCH;
    } else if (q->is_ended) {
        result = QUEUE_END;
    }
    pthread_mutex_unlock(&q->mutex);
    return result;
}

void queue_give_back(struct queue *q, struct store_batch *b)
{
    pthread_mutex_lock(&q->mutex);
    q->empty[q->empty_count++] = b;
    pthread_cond_signal(&q->has_empty);
    pthread_mutex_unlock(&q->mutex);
}

void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->is_stopped = true;
    pthread_cond_signal(&q->has_empty);
    pthread_mutex_unlock(&q->mutex);
}
