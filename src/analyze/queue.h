/* queue.h -- batches between the decoder thread and the thread that writes SQLite.
 *
 * A fixed number of batches circulates: the decoder takes an empty one, fills it and sends it; the
 * writer receives it and gives it back.  Either waits when there is none.
 */
#ifndef RDBLENS_QUEUE_H
#define RDBLENS_QUEUE_H

#include "store/store.h"

struct queue;

struct queue *queue_new(void); /* NULL: out of memory */
void queue_free(struct queue *q);

/* Decoder.  NULL: the writer gave up (queue_stop). */
struct store_batch *queue_take_empty(struct queue *q);
void queue_send(struct queue *q, struct store_batch *b);
/* No more will be sent. */
void queue_end(struct queue *q);

enum queue_result { QUEUE_BATCH, QUEUE_TIMEOUT, QUEUE_END };
/* Writer.  Waits 200 ms at most, so that progress can be shown. */
enum queue_result queue_receive(struct queue *q, struct store_batch **ret_batch);
void queue_give_back(struct queue *q, struct store_batch *b);
/* The decoder's next queue_take_empty() returns NULL. */
void queue_stop(struct queue *q);

#endif
