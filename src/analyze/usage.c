/* usage.c -- idle times (LRU) and counters of use (LFU) of a pattern's keys, in buckets.
 *
 * A server writes one of them before each key when its maxmemory-policy keeps it (RDB opcodes IDLE
 * and FREQ).  The LFU counter is logarithmic and starts at 5: 5 has a bucket of its own because it
 * says nothing, and 255 because it is the end of the scale.
 *
 * Upstream: evict.c: LFULogIncr(), server.h: LFU_INIT_VAL.
 */
// SPDX-License-Identifier: MIT
#include "analyze/usage.h"

#include <stdlib.h>

static const int64_t idle_from[IDLE_BUCKETS] = {0, 3600, 86400, 7 * 86400, 30 * 86400};
static const int64_t freq_from[FREQ_BUCKETS] = {0, 1, 5, 6, 10, 50, 255};

size_t usage_bucket_count(enum usage_kind kind)
{
    return kind == USAGE_IDLE ? IDLE_BUCKETS : FREQ_BUCKETS;
}

size_t usage_bucket(enum usage_kind kind, int64_t value)
{
    const int64_t *const from = kind == USAGE_IDLE ? idle_from : freq_from;
    size_t i = usage_bucket_count(kind) - 1;

    while (i > 0 && value < from[i])
        i--;
    return i;
}

static int add_value(struct usage *u, enum usage_kind kind, int64_t value,
                     const struct key_row *row)
{
    if (value == ROW_NULL)
        return 0;
    if (u->kinds[kind] == NULL) {
        u->kinds[kind] = calloc(usage_bucket_count(kind), sizeof(struct sum));
        if (u->kinds[kind] == NULL)
            return -1;
    }
    sum_add(&u->kinds[kind][usage_bucket(kind, value)], row);
    return 0;
}

int usage_add(struct usage *u, const struct key_row *row)
{
    int r;

    if (row->idle_seconds == ROW_NULL && row->freq == ROW_NULL)
        return 0;
    r = add_value(u, USAGE_IDLE, row->idle_seconds, row);
    return r < 0 ? r : add_value(u, USAGE_FREQ, row->freq, row);
}

void usage_done(struct usage *u)
{
    for (size_t kind = 0; kind < USAGE_KIND_COUNT_; kind++)
        free(u->kinds[kind]);
}
