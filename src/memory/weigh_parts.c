/* weigh_parts.c -- what several types of value have in common.
 *
 * Upstream: sds.c: sdsReqType(), sdsnewlen(); object.c: objectComputeSize(), Redis 4.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

uint64_t sds_header_bytes(uint64_t n)
{
    if (n == 0) /* an empty one is expected to grow, so it never gets the smallest header */
        return 3;
    if (n < 1U << 5)
        return 1;
    if (n < 1U << 8)
        return 3;
    if (n < 1U << 16)
        return 5;
    return n < UINT64_C(1) << 32 ? 9 : 17;
}

uint64_t sds_bytes(const struct memory_model *m, uint64_t n)
{
    return m->alloc_size(n + sds_header_bytes(n) + 1);
}

void add_sds(struct string_bytes *sum, const struct memory_model *m, uint64_t n)
{
    const uint64_t asked = n + sds_header_bytes(n) + 1, given = m->alloc_size(asked);

    sum->counted += m->version->rounds_strings ? given : asked;
    sum->allocated += given;
}

uint64_t add_sampled(uint64_t asize, uint64_t elements_bytes, uint64_t samples, uint64_t count)
{
    if (samples == 0)
        return asize;

    /* One operation a statement: a compiler may fuse a multiply and an add within an expression,
     * which rounds once where the server rounds twice. */
    const double average = (double)elements_bytes / (double)samples;
    const double all = average * (double)count;
    const double sum = (double)asize + all;

    return (uint64_t)sum;
}

struct weight weigh_packed(const struct memory_model *m, const struct key_frame *key, uint64_t n,
                           enum encoding encoding)
{
    const uint64_t blob = m->alloc_size(n);

    return (struct weight){.bytes = key->object.counted + (m->version->rounds_blobs ? blob : n),
                           .alloc_bytes = key->object.allocated + blob,
                           .encoding = encoding,
                           .note = SIZE_EXACT};
}

struct weight weigh_table(const struct memory_model *m, const struct key_frame *key,
                          const struct table_growth *t, uint64_t asize, uint64_t elements_bytes,
                          uint64_t element_count)
{
    const uint64_t dict_bytes = m->version->dict_bytes;
    struct weight w = {.encoding = ENCODING_HASHTABLE, .note = SIZE_EXACT};

    asize += BUCKET_BYTES * (t->slots + t->old_slots);
    w.bytes = add_sampled(asize, elements_bytes, element_count, element_count);
    w.alloc_bytes = key->object.allocated + m->alloc_size(dict_bytes) +
                    m->alloc_size(BUCKET_BYTES * t->slots);
    if (t->old_slots > 0)
        w.alloc_bytes += m->alloc_size(BUCKET_BYTES * t->old_slots);
    if (table_is_random(t))
        w.note = SIZE_EXPECTED;
    return w;
}
