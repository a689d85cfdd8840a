/* weigh_parts.c -- what several types of value have in common.
 *
 * Upstream: sds.c: sdsReqType(), sdsnewlen(); object.c: objectComputeSize(), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

uint64_t sds_bytes(const struct memory_model *m, uint64_t n)
{
    uint64_t header = 17;

    if (n == 0) /* an empty one is expected to grow, so it never gets the smallest header */
        header = 3;
    else if (n < 1U << 5)
        header = 1;
    else if (n < 1U << 8)
        header = 3;
    else if (n < 1U << 16)
        header = 5;
    else if (n < UINT64_C(1) << 32)
        header = 9;
    return m->alloc_size(n + header + 1);
}

uint64_t add_sampled(uint64_t asize, uint64_t elements_bytes, uint64_t element_count)
{
    if (element_count == 0)
        return asize;

    /* One operation a statement: a compiler may fuse a multiply and an add within an expression,
     * which rounds once where the server rounds twice. */
    const double average = (double)elements_bytes / (double)element_count;
    const double all = average * (double)element_count;
    const double sum = (double)asize + all;

    return (uint64_t)sum;
}

struct weight weigh_packed(const struct memory_model *m, uint64_t n, enum encoding encoding)
{
    const uint64_t blob = m->alloc_size(n);

    return (struct weight){.bytes = OBJECT_BYTES + blob,
                           .alloc_bytes = m->alloc_size(OBJECT_BYTES) + blob,
                           .encoding = encoding,
                           .note = SIZE_EXACT};
}

struct weight weigh_table(const struct memory_model *m, const struct table_growth *t,
                          uint64_t asize, uint64_t elements_bytes, uint64_t element_count)
{
    struct weight w = {.encoding = ENCODING_HASHTABLE, .note = SIZE_EXACT};

    asize += m->dict_bytes + BUCKET_BYTES * (t->slots + t->old_slots);
    w.bytes = add_sampled(asize, elements_bytes, element_count);
    w.alloc_bytes = m->alloc_size(OBJECT_BYTES) + m->alloc_size(m->dict_bytes) +
                    m->alloc_size(BUCKET_BYTES * t->slots);
    if (t->old_slots > 0)
        w.alloc_bytes += m->alloc_size(BUCKET_BYTES * t->old_slots);
    if (table_is_random(t))
        w.note = SIZE_EXPECTED;
    return w;
}
