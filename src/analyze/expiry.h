/* expiry.h -- when how much expires: minutes of the first day, hours of 30 days, days of 10 years.
 */
#ifndef RDBLENS_EXPIRY_H
#define RDBLENS_EXPIRY_H

#include "analyze/sum.h"

#define EXPIRY_MINUTES (24 * 60)
#define EXPIRY_HOURS   (29 * 24)
#define EXPIRY_DAYS    (3652 - 30)
#define EXPIRY_BUCKETS (EXPIRY_MINUTES + EXPIRY_HOURS + EXPIRY_DAYS + 1) /* the last: later */

struct expiry_bucket {
    struct sum sum;
    uint64_t pattern_n;    /* has more than half of the keys if any pattern has */
    uint64_t pattern_keys; /* so many of the keys are surely of it */
    uint64_t votes;
};

struct expiry {
    struct expiry_bucket buckets[EXPIRY_BUCKETS];
};

/* left_ms: from now until the key expires, not negative. */
void expiry_add(struct expiry *e, uint64_t left_ms, const struct key_row *row, uint64_t pattern_n);
/* A bucket holds what has from_ms or more left, but less than until_ms (ROW_NULL: any). */
void expiry_bucket_range(size_t bucket, int64_t *ret_from_ms, int64_t *ret_until_ms);

#endif
