/* save_values.c -- what is known of values beyond their rows, into the store.
 *
 *      strings             by length and by pattern: how they compress
 *      tables, skiplists   by pattern: a little past the limits of packed values
 *      hashes              by pattern: fields with a TTL
 *      streams             one by one, with their groups and consumers
 */
// SPDX-License-Identifier: MIT
#include "analyze/save_values.h"

static int save_forms(struct store *s, uint64_t pattern_n, const struct pattern_values *v,
                      struct error *err)
{
    for (int entries = 0; entries < FACTORS; entries++) {
        const struct other_form intset = {
            .kind = FORM_INTSET, .entries_factor = (uint8_t)(1 << entries), .value_factor = 1};

        if (v->intset[entries].keys > 0 &&
            store_put_past_limit(s, pattern_n, &intset, &v->intset[entries], err) < 0)
            return -1;
        for (int value = 0; value < FACTORS; value++) {
            const struct other_form packed = {.kind = v->packed_kind,
                                              .entries_factor = (uint8_t)(1 << entries),
                                              .value_factor = (uint8_t)(1 << value)};

            if (v->packed[entries][value].keys > 0 &&
                store_put_past_limit(s, pattern_n, &packed, &v->packed[entries][value], err) < 0)
                return -1;
        }
    }
    return 0;
}

static int save_patterns(struct store *s, const struct value_sums *values, size_t pattern_count,
                         struct error *err)
{
    for (uint64_t n = 1; n <= pattern_count; n++) {
        const struct pattern_values *const v = value_sums_of(values, n);

        if (v == NULL)
            continue;
        if (v->strings.keys > 0 && store_put_strings(s, n, 0, &v->strings, err) < 0)
            return -1;
        if (v->field_ttls.keys > 0 && store_put_field_ttls(s, n, &v->field_ttls, err) < 0)
            return -1;
        if (save_forms(s, n, v, err) < 0)
            return -1;
    }
    return 0;
}

static int save_limits(struct store *s, const struct memory_model *m, struct error *err)
{
    for (int kind = FORM_PACKED_HASH; kind < FORM_COUNT_; kind++) {
        struct form_limit limit;

        if (form_limit_at(m, (enum form_kind)kind, &limit) &&
            store_put_packed_limit(s, (enum form_kind)kind, &limit, err) < 0)
            return -1;
    }
    return 0;
}

static bool stream_passes(const struct filter *f, const struct stream_record *r)
{
    const struct key_row row = {
        .db = r->db,
        .key = r->key,
        .key_stored_bytes = r->key_stored_bytes,
        .type = RDBP_TYPE_STREAM,
        .bytes = r->bytes,
        .expires_at_ms = r->expires_at_ms,
    };

    return filter_passes(f, &row);
}

/* Groups and consumers come in the order of their streams. */
static int save_streams(struct store *s, const struct streams *all, const struct filter *f,
                        struct error *err)
{
    size_t group = 0, consumer = 0;

    for (size_t i = 0; i < all->stream_count; i++) {
        const struct stream_record *const r = &all->streams[i];
        const bool passes = stream_passes(f, r);

        if (passes && store_put_stream(s, r, err) < 0)
            return -1;
        for (; group < all->group_count && all->groups[group].stream_n == r->n; group++) {
            if (passes && store_put_stream_group(s, &all->groups[group], err) < 0)
                return -1;
        }
        for (; consumer < all->consumer_count && all->consumers[consumer].stream_n == r->n;
             consumer++) {
            if (passes && store_put_stream_consumer(s, &all->consumers[consumer], err) < 0)
                return -1;
        }
    }
    return 0;
}

int save_values(struct store *s, const struct decoder *d, const struct tally *t, struct error *err)
{
    for (int i = 0; i < STRING_CLASSES; i++) {
        const struct string_sum *const sum = value_sums_strings(t->values, i);

        if (sum->keys > 0 && store_put_strings(s, 0, string_class_from(i), sum, err) < 0)
            return -1;
    }
    if (save_limits(s, &d->model, err) < 0 ||
        save_patterns(s, t->values, aggregate_pattern_count(t->aggregate), err) < 0)
        return -1;
    return save_streams(s, &d->streams, &d->options->filter, err);
}
