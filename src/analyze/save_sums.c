/* save_sums.c -- what aggregates keep beside patterns, databases and TTL buckets, into the store.
 *
 *      sizes, encodings       by type
 *      expiry                 by minute, hour, day
 *      usage, days of names   by pattern
 *      slots, hash tags       of a cluster node's file
 */
// SPDX-License-Identifier: MIT
#include "analyze/save_sums.h"

static struct store_sum store_sum_of(const struct sum *s)
{
    return (struct store_sum){s->keys, s->bytes, sum_alloc(s)};
}

static int save_sizes(struct store *s, const struct type_sums *t, struct error *err)
{
    for (size_t bucket = 0; bucket < SIZE_PIECES * SIZE_PIECE_BUCKETS; bucket++) {
        const struct size_bucket *const piece = t->sizes[bucket / SIZE_PIECE_BUCKETS];
        const struct size_bucket *const b =
            piece == NULL ? NULL : &piece[bucket % SIZE_PIECE_BUCKETS];
        struct store_sum sum;

        if (b == NULL || b->sum.keys == 0)
            continue;
        sum = store_sum_of(&b->sum);
        if (store_put_size(s, t->type_id, size_bucket_low(bucket), &sum, b->largest_bytes, err) < 0)
            return -1;
    }
    return 0;
}

static int save_encodings(struct store *s, const struct type_sums *t, struct error *err)
{
    for (size_t i = 0; i < t->encoding_count; i++) {
        const struct encoding_sum *const e = &t->encodings[i];
        const struct store_encoding row = {.type_id = t->type_id,
                                           .encoding = e->encoding,
                                           .rdb_type = e->rdb_type,
                                           .sum = store_sum_of(&e->sum),
                                           .rdb_bytes = e->rdb_bytes,
                                           .elements = e->elements,
                                           .key_bytes = e->key_bytes};

        if (store_put_encoding(s, &row, err) < 0)
            return -1;
    }
    return 0;
}

static int save_expiry(struct store *s, const struct aggregate *a, struct error *err)
{
    const int64_t now_ms = aggregate_now(a);

    for (size_t i = 0; i < EXPIRY_BUCKETS; i++) {
        const struct expiry_bucket *const b = &aggregate_expiry(a)->buckets[i];
        struct store_expiry row = {.sum = store_sum_of(&b->sum),
                                   .pattern_n = b->pattern_n,
                                   .pattern_keys = b->pattern_keys};
        int64_t from_ms, until_ms;

        if (b->sum.keys == 0)
            continue;
        expiry_bucket_range(i, &from_ms, &until_ms);
        row.from_at = now_ms + from_ms; /* some key expires then or later */
        if (until_ms == ROW_NULL || __builtin_add_overflow(now_ms, until_ms, &row.until_at))
            row.until_at = ROW_NULL;
        if (store_put_expiry(s, &row, err) < 0)
            return -1;
    }
    return 0;
}

static int save_pattern(struct store *s, const struct aggregate_pattern *p, struct error *err)
{
    for (int kind = 0; kind < USAGE_KIND_COUNT_; kind++) {
        const struct sum *const buckets = p->usage.kinds[kind];

        for (size_t i = 0; buckets != NULL && i < usage_bucket_count((enum usage_kind)kind); i++) {
            const struct store_sum sum = store_sum_of(&buckets[i]);

            if (sum.keys > 0 && store_put_usage(s, p->n, kind, (int)i, &sum, err) < 0)
                return -1;
        }
    }
    if (p->dated_keys == 0 || p->dated_keys < p->all.keys)
        return 0;
    return store_put_dated(s, p->n, p->dated_keys, p->first_day, p->last_day, err);
}

static int save_tags(struct store *s, struct slot_sums *slots, struct error *err)
{
    const struct hash_tag *tags;
    const size_t count = slot_sums_tags(slots, &tags);
    const struct store_sum other = store_sum_of(slot_sums_other_tags(slots));

    for (size_t i = 0; i < count && i < HASH_TAGS_KEPT; i++) {
        const struct store_sum sum = store_sum_of(&tags[i].sum);
        const int64_t slot = tags[i].slot;

        if (store_put_hash_tag(s, slot, tags[i].tag, tags[i].kept_bytes, &sum, err) < 0)
            return -1;
    }
    return other.keys == 0 ? 0 : store_put_hash_tag(s, ROW_NULL, NULL, 0, &other, err);
}

static int save_slots(struct store *s, struct slot_sums *slots, struct error *err)
{
    if (slots == NULL)
        return 0;
    for (size_t slot = 0; slot <= CLUSTER_SLOTS; slot++) {
        const struct store_sum sum = store_sum_of(slot_sums_at(slots, slot));

        if (sum.keys > 0 &&
            store_put_slot(s, slot == CLUSTER_SLOTS ? ROW_NULL : (int64_t)slot, &sum, err) < 0)
            return -1;
    }
    return save_tags(s, slots, err);
}

int save_sums(struct store *s, const struct aggregate *a, struct error *err)
{
    for (size_t i = 0; i < aggregate_type_count(a); i++) {
        const struct type_sums *const t = aggregate_type_at(a, i);

        if (save_sizes(s, t, err) < 0 || save_encodings(s, t, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < aggregate_pattern_count(a); i++) {
        if (save_pattern(s, aggregate_pattern_at(a, i), err) < 0)
            return -1;
    }
    if (save_expiry(s, a, err) < 0)
        return -1;
    return save_slots(s, aggregate_slots(a), err);
}
