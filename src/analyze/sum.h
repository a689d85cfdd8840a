/* sum.h -- keys and their bytes, added up without wrapping. */
#ifndef RDBLENS_SUM_H
#define RDBLENS_SUM_H

#include "key_row.h"

struct sum {
    uint64_t keys;
    int64_t bytes;
    int64_t alloc_bytes;
    uint64_t alloc_keys; /* keys whose alloc_bytes is known */
};

/* a + b, at most INT64_MAX: sums of figures that a file invented must not wrap.  Neither is
 * negative. */
static inline int64_t add_capped(int64_t a, int64_t b)
{
    const uint64_t sum = (uint64_t)a + (uint64_t)b;

    return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

static inline void sum_add(struct sum *s, const struct key_row *row)
{
    s->keys++;
    if (row->bytes != ROW_NULL)
        s->bytes = add_capped(s->bytes, row->bytes);
    if (row->alloc_bytes != ROW_NULL) {
        s->alloc_bytes = add_capped(s->alloc_bytes, row->alloc_bytes);
        s->alloc_keys++;
    }
}

/* ROW_NULL: of no key is it known. */
static inline int64_t sum_alloc(const struct sum *s)
{
    return s->alloc_keys == 0 ? ROW_NULL : s->alloc_bytes;
}

#endif
