/* bucket_table.c -- how many buckets a Valkey 8.1 hashtable has after a series of additions.
 *
 *      bucket (64): 7 entries, or 6 and a pointer to a child bucket
 *
 * A table made for n members has as many buckets as keep it filled to 32 of 35 entries, a power of
 * two.  It grows when a member comes that would fill more than 7 a bucket; then every addition
 * moves one bucket of the old table, empty or not, so a rehash ends after as many additions as that
 * had buckets: unlike a dict's it is not a matter of chance.  Child buckets are: members fall into
 * buckets by a hash whose seed is new at each start.
 *
 * A server's cron does more for the tables of its databases: one that is full grows before the next
 * member comes, one filled to 13 % or less becomes as small as its members allow.
 *
 * Upstream: hashtable.c: nextBucketExp(), expandIfNeeded(), rehashStep(), findBucketForInsert(),
 * hashtableShrinkIfNeeded(); kvstore.c: kvstoreTryResizeHashtables(); Valkey 8.1 to 9.1.
 */
// SPDX-License-Identifier: MIT
#include "memory/bucket_table.h"

#include <math.h>

#define ENTRIES_PER_BUCKET 7U
#define ENTRIES_PER_CHAIN  6U /* in a bucket with a child */
#define MIN_FILL_PERCENT   13U

static uint64_t count_buckets(uint64_t members)
{
    uint64_t buckets = 1;

    while (buckets * 32 < members * 5 && buckets < UINT64_C(1) << 56)
        buckets *= 2;
    return buckets;
}

void bucket_table_init(struct bucket_table *t, uint64_t want)
{
    *t = (struct bucket_table){.buckets = count_buckets(want)};
}

static void resize(struct bucket_table *t, uint64_t buckets)
{
    if (t->used > 0) {
        t->old_buckets = t->buckets;
        t->old_used = t->used;
        t->steps_left = t->buckets;
    }
    t->buckets = buckets;
}

void bucket_table_expand(struct bucket_table *t, uint64_t want)
{
    const uint64_t buckets = count_buckets(want);

    if (want < t->used || t->old_buckets != 0 || buckets <= t->buckets)
        return;
    resize(t, buckets);
}

void bucket_table_add(struct bucket_table *t, uint64_t count)
{
    while (count > 0) {
        const uint64_t room = t->buckets * ENTRIES_PER_BUCKET;
        uint64_t batch = count;

        if (t->old_buckets != 0 && batch > t->steps_left)
            batch = t->steps_left;
        if (t->old_buckets == 0 && t->used >= room) {
            /* The addition that makes it grow does not move a bucket yet. */
            resize(t, count_buckets(t->used + 1));
            t->used++;
            count--;
            continue;
        }
        if (t->old_buckets == 0 && batch > room - t->used)
            batch = room - t->used;
        t->used += batch;
        count -= batch;
        if (t->old_buckets != 0) {
            t->steps_left -= batch;
            if (t->steps_left == 0)
                t->old_buckets = 0;
        }
    }
}

void bucket_table_settle(struct bucket_table *t)
{
    const uint64_t room = t->buckets * ENTRIES_PER_BUCKET;

    if (t->used <= room * MIN_FILL_PERCENT / 100) /* at most 2^59 of them: no overflow */
        t->buckets = count_buckets(t->used);
    else if (t->used >= room)
        t->buckets = count_buckets(t->used + 1);
    t->old_buckets = t->steps_left = 0;
}

/* Mean of a bucket's children in a table of m buckets with n members. */
static double count_children(double n, double m)
{
    double p, sum = 0;

    if (n <= ENTRIES_PER_BUCKET)
        return 0;
    if (m < 2)
        return ceil((n - ENTRIES_PER_BUCKET) / ENTRIES_PER_CHAIN);
    /* Members of a bucket: binomial, n trials at 1/m; the mean is at most 7. */
    p = exp(n * log1p(-1.0 / m));
    for (double k = 0; k <= n && k < 80; k++) {
        if (k > ENTRIES_PER_BUCKET)
            sum += p * ceil((k - ENTRIES_PER_BUCKET) / ENTRIES_PER_CHAIN);
        p *= (n - k) / (k + 1) / (m - 1);
    }
    return sum;
}

double bucket_table_children(const struct bucket_table *t)
{
    const double n = (double)t->used, m = (double)t->buckets;
    const double old = (double)t->old_buckets, left = (double)t->steps_left;

    if (t->old_buckets == 0)
        return m * count_children(n, m);
    /* Buckets that still wait to be moved keep the children they had, and what came since has not
     * filled their successors. */
    return left * count_children((double)t->old_used, old) +
           m * (1 - left / old) * count_children(n, m);
}
