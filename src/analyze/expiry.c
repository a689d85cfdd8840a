/* expiry.c -- when how much expires, and the pattern that has the most part of it.
 *
 *      [0 h, 24 h)          1,440 minutes      counted from now, not from the full hour
 *      [24 h, 30 d)           696 hours
 *      [30 d, 3652 d)       3,622 days
 *      [3652 d, ...)            1
 *
 * Whose keys they are is found by voting (Boyer and Moore): a key of the candidate adds a vote, any
 * other takes one away, and at none left the next key's pattern is the candidate.  A pattern that
 * has more than half of a bucket's keys is the candidate in the end, in 16 bytes a bucket, however
 * many patterns there are.  The candidate's keys since it became that are counted: so many are
 * proven.
 */
// SPDX-License-Identifier: MIT
#include "analyze/expiry.h"

static const uint64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;

static size_t bucket_of(uint64_t left_ms)
{
    if (left_ms < day_ms)
        return (size_t)(left_ms / minute_ms);
    if (left_ms < 30 * day_ms)
        return EXPIRY_MINUTES + (size_t)((left_ms - day_ms) / hour_ms);
    if (left_ms < (30 + EXPIRY_DAYS) * day_ms)
        return EXPIRY_MINUTES + EXPIRY_HOURS + (size_t)((left_ms - 30 * day_ms) / day_ms);
    return EXPIRY_BUCKETS - 1;
}

void expiry_bucket_range(size_t bucket, int64_t *ret_from_ms, int64_t *ret_until_ms)
{
    uint64_t from = bucket * minute_ms, step = minute_ms;

    if (bucket >= EXPIRY_MINUTES + EXPIRY_HOURS) {
        step = day_ms;
        from = (bucket - EXPIRY_MINUTES - EXPIRY_HOURS + 30) * day_ms;
    } else if (bucket >= EXPIRY_MINUTES) {
        step = hour_ms;
        from = (bucket - EXPIRY_MINUTES + 24) * hour_ms;
    }
    *ret_from_ms = (int64_t)from;
    *ret_until_ms = bucket == EXPIRY_BUCKETS - 1 ? ROW_NULL : (int64_t)(from + step);
}

void expiry_add(struct expiry *e, uint64_t left_ms, const struct key_row *row, uint64_t pattern_n)
{
    struct expiry_bucket *const b = &e->buckets[bucket_of(left_ms)];

    sum_add(&b->sum, row);
    if (b->pattern_n == pattern_n) {
        b->votes++;
        b->pattern_keys++;
    } else if (b->votes == 0) {
        b->pattern_n = pattern_n;
        b->pattern_keys = b->votes = 1;
    } else {
        b->votes--;
    }
}
