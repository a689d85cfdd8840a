/* tally.h -- the middle thread: what is summed over keys, between the decoder and the store.
 */
#ifndef RDBLENS_TALLY_H
#define RDBLENS_TALLY_H

#include "analyze/aggregate.h"
#include "analyze/decode.h"
#include "analyze/queue.h"
#include "analyze/top.h"
#include "analyze/value_sums.h"
#include "pattern/role.h"

struct tally {
    /* Set before the thread starts. */
    const struct analyze_options *options;
    const struct decoder *decoder; /* its now_ms once there is a batch, its result after the last */
    struct queue *queue;

    /* The thread's own, the writer's after pthread_join(). */
    struct aggregate *aggregate; /* NULL only when memory was short or somebody gave up */
    struct top *top;
    struct value_sums *values;
    struct role_evidence *evidence;
    uint64_t content; /* sum of hashes over all keys, for the identity */
    bool is_out_of_memory;
};

/* -1: out of memory. */
int tally_init(struct tally *t);
void tally_done(struct tally *t);
/* pthread_create()'s function; takes and returns the tally. */
void *tally_run(void *arg);

#endif
