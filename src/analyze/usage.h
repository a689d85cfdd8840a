/* usage.h -- how long keys were idle, how often they were used: sums by pattern. */
#ifndef RDBLENS_USAGE_H
#define RDBLENS_USAGE_H

#include "analyze/sum.h"

enum usage_kind { USAGE_IDLE = 0, USAGE_FREQ, USAGE_KIND_COUNT_ };

/* usage_bucket_names of schema.sql has the same limits. */
#define IDLE_BUCKETS 5 /* from 0 s, 1 h, 1 d, 7 d, 30 d */
#define FREQ_BUCKETS 7 /* from 0, 1, 5, 6, 10, 50, 255 */

/* Made with the first key that has the figure: nearly all files have none. */
struct usage {
    struct sum *kinds[USAGE_KIND_COUNT_];
};

/* -1: out of memory. */
int usage_add(struct usage *u, const struct key_row *row);
void usage_done(struct usage *u);
size_t usage_bucket_count(enum usage_kind kind);
size_t usage_bucket(enum usage_kind kind, int64_t value);

#endif
