/* save_sums.h -- what aggregates keep beside patterns, databases and TTL buckets, into the store.
 */
#ifndef RDBLENS_SAVE_SUMS_H
#define RDBLENS_SAVE_SUMS_H

#include "analyze/aggregate.h"
#include "store/store.h"

int save_sums(struct store *s, const struct aggregate *a, struct error *err);

#endif
