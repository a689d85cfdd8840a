/* queue.h -- batches going round between the threads of an analysis.
 *
 *      empty -> decoder -> decoded -> tally -> tallied -> writer -> empty
 *
 * A fixed number of batches, each always in one place or with one thread.  Whoever takes from a
 * place where there is none waits.
 */
#ifndef RDBLENS_QUEUE_H
#define RDBLENS_QUEUE_H

#include "store/store.h"

struct queue;

enum queue_place { QUEUE_EMPTY = 0, QUEUE_DECODED, QUEUE_TALLIED, QUEUE_PLACE_COUNT_ };

struct queue *queue_new(void); /* NULL: out of memory */
void queue_free(struct queue *q);

void queue_put(struct queue *q, enum queue_place place, struct store_batch *b);
/* Nothing more will be put there. */
void queue_end(struct queue *q, enum queue_place place);
/* First in, first out; from QUEUE_EMPTY without rows.  NULL: no more will come, or somebody gave
 * up. */
struct store_batch *queue_take(struct queue *q, enum queue_place place);
/* Every queue_take() from now on returns NULL. */
void queue_stop(struct queue *q);
bool queue_is_stopped(struct queue *q);

enum queue_result { QUEUE_BATCH, QUEUE_TIMEOUT, QUEUE_END };
/* As queue_take(), but waits 200 ms at most, so that progress can be shown. */
enum queue_result queue_try_take(struct queue *q, enum queue_place place,
                                 struct store_batch **ret_batch);

#endif
