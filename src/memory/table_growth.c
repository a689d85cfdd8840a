/* table_growth.c -- how many slots a dict has after a series of additions.
 *
 * A dict rehashes a step per addition, so what a load leaves behind may be two tables.  Whether a
 * rehash is over depends on how many buckets of the old table were occupied, and that on the hash
 * seed: with u members in s slots it is s (1 - (1 - 1/s)^u) on average.  We take the likelier of
 * the two outcomes and say where it was a matter of chance.
 *
 * Upstream: dict.c: dictAddRaw(), _dictExpandIfNeeded(), _dictExpand(), dictRehash(), Redis 7.2. An
 * addition first does its step (one occupied bucket is moved; runs of ten empty ones, which take a
 * step of their own, are too rare at the loads met here to matter), then asks for more room when
 * the table is full, then adds, to the new table while a rehash runs.
 */
// SPDX-License-Identifier: MIT
#include "memory/table_growth.h"

#include <math.h>

/* Beyond so many standard deviations from the border the outcome counts as certain. */
#define CERTAIN_DEVIATIONS 4.0

uint64_t table_slots(uint64_t want)
{
    uint64_t slots = TABLE_SLOTS_MIN;

    while (slots < want && slots < UINT64_C(1) << 62)
        slots *= 2;
    return slots;
}

double table_colliding(uint64_t members, uint64_t slots)
{
    const double s = (double)slots, n = (double)members;

    return n + s * expm1(n * log1p(-1.0 / s));
}

void table_init(struct table_growth *t, uint64_t want)
{
    *t = (struct table_growth){.slots = table_slots(want)};
}

/* Whether chance decided if the last rehash is over. */
static bool is_rehash_random(const struct table_growth *t)
{
    uint64_t most;
    double distance;

    if (t->rehash_slots == 0 || t->steps == 0)
        return false;
    /* Every member in a bucket of its own, and the empty runs. */
    most = t->rehash_used + (t->rehash_slots - t->rehash_used) / 10;
    if (t->steps >= most)
        return false;
    distance = fabs((double)t->steps + 0.5 - t->steps_mean);
    return distance < CERTAIN_DEVIATIONS * t->steps_deviation;
}

bool table_is_random(const struct table_growth *t)
{
    return t->was_random || is_rehash_random(t);
}

void table_expand(struct table_growth *t, uint64_t want)
{
    const uint64_t slots = table_slots(want);
    const double s = (double)t->slots, load = (double)t->used / s;
    double variance;

    /* A request is heard only between two rehashes. */
    t->was_random |= is_rehash_random(t);
    if (t->old_slots != 0 || t->used > want || slots == t->slots)
        return;
    t->old_slots = t->slots;
    t->slots = slots;
    t->rehash_slots = t->old_slots;
    t->rehash_used = t->used;
    t->steps = 0;
    t->steps_mean = -s * expm1((double)t->used * log1p(-1.0 / s));
    variance = s * (exp(-load) - (1.0 + load) * exp(-2.0 * load));
    t->steps_deviation = variance > 0 ? sqrt(variance) : 0;
    t->steps_needed = t->steps_mean < 1 ? 1 : (uint64_t)(t->steps_mean + 0.5);
}

void table_add(struct table_growth *t)
{
    t->steps++;
    if (t->old_slots != 0 && t->steps >= t->steps_needed)
        t->old_slots = 0;
    if (t->old_slots == 0 && t->used >= t->slots)
        table_expand(t, t->used + 1);
    t->used++;
}
