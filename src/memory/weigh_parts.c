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

    const bool is_asked =
        m->version->counted_strings == STRING_ASKED ||
        (m->version->counted_strings == STRING_ROUNDED_FROM_32 && n > 0 && n <= 31);

    sum->counted += is_asked ? asked : given;
    sum->allocated += given;
}

uint64_t add_sampled(const struct memory_model *m, uint64_t asize, uint64_t elements_bytes,
                     uint64_t samples, uint64_t count)
{
    if (samples == 0)
        return asize;
    if (m->version->sums_exactly)
        return asize + elements_bytes;

    /* One operation a statement: a compiler may fuse a multiply and an add within an expression,
     * which rounds once where the server rounds twice. */
    const double average = (double)elements_bytes / (double)samples;
    const double all = average * (double)count;
    const double sum = (double)asize + all;

    return sum < 0x1p63 ? (uint64_t)sum : INT64_MAX; /* 4.0.0 multiplies what a file may claim */
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

void add_bytes(struct string_bytes *sum, struct string_bytes more)
{
    sum->counted += more.counted;
    sum->allocated += more.allocated;
}

struct string_bytes weigh_entries(const struct memory_model *m, enum dict_entries entries,
                                  uint64_t slots, uint64_t count)
{
    struct string_bytes w = {.counted = DICT_ENTRY_BYTES * count,
                             .allocated = m->alloc_size(DICT_ENTRY_BYTES) * count};
    double colliding;

    if (entries == ENTRY_WHOLE)
        return w;
    colliding = table_colliding(count, slots);
    w.allocated = (uint64_t)(colliding * (double)m->alloc_size(NO_VALUE_ENTRY_BYTES) + 0.5);
    if (entries == ENTRY_COLLIDING)
        w.counted = (uint64_t)(colliding * NO_VALUE_ENTRY_BYTES + 0.5);
    return w;
}

struct weight weigh_table(const struct memory_model *m, const struct key_frame *key,
                          const struct table_growth *t, const struct table_parts *p)
{
    struct weight w = {.encoding = ENCODING_HASHTABLE, .note = SIZE_EXACT};

    w.bytes =
        add_sampled(m, key->object.counted + p->asize + BUCKET_BYTES * (t->slots + t->old_slots),
                    p->elements.counted, p->element_count, p->element_count);
    w.alloc_bytes = key->object.allocated +
                    m->alloc_size(m->version->dict_bytes + p->metadata_bytes) +
                    m->alloc_size(BUCKET_BYTES * t->slots) + p->elements.allocated;
    if (t->old_slots > 0)
        w.alloc_bytes += m->alloc_size(BUCKET_BYTES * t->old_slots);
    if (table_is_random(t))
        w.note = SIZE_EXPECTED;
    return w;
}

struct weight weigh_bucket_table(const struct memory_model *m, const struct key_frame *key,
                                 const struct bucket_table *t, const struct table_parts *p)
{
    const double children = bucket_table_children(t);
    const uint64_t children_bytes = (uint64_t)(children * BUCKET_TABLE_BUCKET_BYTES + 0.5);
    const uint64_t own_bytes = m->version->bucket_table_bytes + p->metadata_bytes;
    struct weight w = {.encoding = ENCODING_HASHTABLE, .note = SIZE_EXACT};

    w.bytes = add_sampled(m,
                          key->object.counted + p->asize + own_bytes + children_bytes +
                              BUCKET_TABLE_BUCKET_BYTES * (t->buckets + t->old_buckets),
                          p->elements.counted, p->element_count, p->element_count);
    w.alloc_bytes = key->object.allocated + m->alloc_size(own_bytes) + children_bytes +
                    m->alloc_size(BUCKET_TABLE_BUCKET_BYTES * t->buckets) + p->elements.allocated;
    if (t->old_buckets > 0)
        w.alloc_bytes += m->alloc_size(BUCKET_TABLE_BUCKET_BYTES * t->old_buckets);
    if (children > 0)
        w.note = SIZE_EXPECTED;
    return w;
}
