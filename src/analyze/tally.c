/* tally.c -- the middle thread: patterns, sums and lists of the largest, from batches of keys.
 *
 *      [k0 k1 k2 k3 ...] --> evidence, filter, pattern, sums, largest --> [k0 k2 ...]
 *       of the decoder                                                     to the store
 *
 * Evidence and the identity see every key, whatever the filter: a pattern's role is a fact of the
 * whole snapshot.  The filter decides about sums and rows.  A batch is compacted where it lies to
 * the keys that are to be stored; one without any goes straight back to the decoder.
 *
 * Folding names and finding their sums costs about as much as decoding, and hangs on nothing but
 * rows in file order: hence a thread of its own.
 */
// SPDX-License-Identifier: MIT
#include "analyze/tally.h"

#include <string.h>

#include "util/hash.h"

int tally_init(struct tally *t)
{
    t->top = top_new();
    t->evidence = role_evidence_new();
    t->values = value_sums_new();
    if (t->top != NULL && t->evidence != NULL && t->values != NULL)
        return 0;
    tally_done(t);
    return -1;
}

void tally_done(struct tally *t)
{
    aggregate_free(t->aggregate);
    top_free(t->top);
    role_evidence_free(t->evidence);
    value_sums_free(t->values);
    t->aggregate = NULL;
    t->top = NULL;
    t->evidence = NULL;
    t->values = NULL;
}

/* TTLs are measured from a moment that the decoder knows with the first key. */
static int need_aggregate(struct tally *t)
{
    if (t->aggregate == NULL)
        t->aggregate = aggregate_new(t->decoder->now_ms, t->options->max_patterns);
    return t->aggregate == NULL ? -1 : 0;
}

/* folded: room for what the result may point to.  Of a name that was cut no rule can be sure. */
static struct pattern_shape pattern_of_key(const struct pattern_rules *rules,
                                           const struct key_row *row, uint8_t *folded)
{
    const bool is_cut = row->key_stored_bytes < row->key_bytes;
    struct pattern_shape pattern;

    if (rules->count > 0 && !is_cut &&
        pattern_rules_shape(rules, row->key, row->key_stored_bytes, &pattern))
        return pattern;
    pattern = (struct pattern_shape){.bytes = folded};
    pattern.size_bytes =
        pattern_fold_stars(row->key, row->key_stored_bytes, is_cut, folded, &pattern.stars);
    return pattern;
}

/* 1: the key is to be stored; 0: it is not; -1: out of memory. */
static int take_key(struct tally *t, const struct store_batch *b, struct store_key *k)
{
    struct key_row *const row = &k->row;
    const uint64_t seed = (row->db << 8 ^ row->rdb_type) + (uint64_t)row->rdb_bytes;
    uint8_t folded[PATTERN_MAX_BYTES];
    struct pattern_shape pattern;
    int is_top;

    t->content += hash_bytes(row->key, row->key_stored_bytes, seed);
    if (role_evidence_key(t->evidence, row->db, row->key, row->key_stored_bytes, row->type,
                          k->signature) < 0)
        return -1;
    if (k->is_dropped || !filter_passes(&t->options->filter, row))
        return 0;
    pattern = pattern_of_key(&t->options->rules, row, folded);
    row->pattern_n = aggregate_add(t->aggregate, row, &pattern, k->signature);
    if (row->pattern_n == 0 || (k->is_clustered && aggregate_add_slot(t->aggregate, row) < 0) ||
        value_sums_add(t->values, row, store_batch_facts(b, k)) < 0)
        return -1;
    is_top = t->options->keys == KEYS_NONE ? 0 : top_add(t->top, row);
    return t->options->keys == KEYS_ALL ? (is_top < 0 ? -1 : 1) : is_top;
}

/* Leaves the keys to be stored.  -1: out of memory. */
static int take_batch(struct tally *t, struct store_batch *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct store_key *const k = &b->keys[i];
        int is_kept;

        k->row.key = store_batch_key(b, k);
        is_kept = take_key(t, b, k);
        if (is_kept < 0 || (is_kept > 0 && store_batch_add_text(b, k) < 0))
            return -1;
        if (is_kept > 0 && kept < i)
            b->keys[kept] = *k;
        kept += (size_t)is_kept;
    }
    b->count = kept;
    return 0;
}

static void assign_roles(struct tally *t)
{
    for (size_t i = 0; i < aggregate_pattern_count(t->aggregate); i++) {
        struct aggregate_pattern *p = aggregate_pattern_at(t->aggregate, i);
        struct role_pattern facts = {
            .db = (uint64_t)p->group->db,
            .pattern = p->pattern,
            .pattern_bytes = p->pattern_bytes,
            .type = p->type,
            .keys = p->all.keys,
            .keys_without_ttl = p->without_ttl.keys,
        };

        memcpy(facts.signature_keys, p->signature_keys, sizeof facts.signature_keys);
        if (p->group->db != AGGREGATE_DB_OTHER)
            p->role = (int)role_of_pattern(t->evidence, t->decoder->sidekiq, &facts, &p->system,
                                           &p->family);
    }
}

void *tally_run(void *arg)
{
    struct tally *const t = arg;
    struct store_batch *b;

    while ((b = queue_take(t->queue, QUEUE_DECODED)) != NULL) {
        if (need_aggregate(t) < 0 || take_batch(t, b) < 0)
            goto out_of_memory;
        queue_put(t->queue, b->count > 0 ? QUEUE_TALLIED : QUEUE_EMPTY, b);
    }
    if (!queue_is_stopped(t->queue)) {
        if (need_aggregate(t) < 0)
            goto out_of_memory;
        assign_roles(t);
        top_sort(t->top);
    }
    queue_end(t->queue, QUEUE_TALLIED);
    return t;
out_of_memory:
    t->is_out_of_memory = true;
    queue_stop(t->queue);
    return t;
}
