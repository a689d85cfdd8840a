/* weigh_stream.c -- what a stream weighs.
 *
 *      stream -- radix tree of listpacks, by master id
 *             \- radix tree of groups, by name
 *                  group -- radix tree of pending entries, by id
 *                        \- radix tree of consumers, by name
 *                             consumer -- radix tree of pending entries, by id (shared entries)
 *
 *             \- radix tree of pending entries, by id, each with its groups (Redis 8.2)
 *             \- radix tree of producers, by name (Redis 8.6)
 *                  producer -- dict of ids of requests, each an allocation of its own
 *
 * MEMORY USAGE guesses a tree at 16 bytes a key and 244 bytes a node (Valkey since 8.1 counts its
 * nodes), leaves out the trees of groups and of consumers, and counts a consumer's name at its
 * length.  Redis 8.4 counts all but the lists of groups by entry.  What the allocator gives follows
 * from the nodes' sizes.  All come from one pass over the keys (rax_size.c).
 *
 * Valkey since 8.1.1 (7.2.9, 8.0.3) adds groups, and a group's consumers, as means of samples.
 *
 * From 8.4 on until 8.6 a group has another tree: its pending entries by time of delivery.
 *
 * Producers' dicts are not counted, in 8.6 their tree neither; 8.8 has for each stream with
 * producers its name once more.  All ids of the file are taken: 8.8 drops what has expired when it
 * loads, and 8.6 soon after.
 *
 * Upstream: object.c: streamRadixTreeMemoryUsage(), objectComputeSize(); t_stream.c:
 * streamNewNACK(), streamLinkCGroupToEntry(), idmpEntryCreate(), streamKeyLoaded(); rdb.c:
 * rdbLoadStreamIdmpEntries(); stream.h, Redis 5.0 to 8.8, Valkey 8.0 to 9.1.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

#define GUESSED_NODE_BYTES (4 + 30 * 8) /* header and thirty words */
#define LIST_BYTES         48           /* of an entry's groups, */
#define LIST_NODE_BYTES    24           /* and each of them */
#define PRODUCER_BYTES     24
#define IID_BYTES          32 /* and the id itself */

/* A finished tree as MEMORY USAGE counts it. */
static uint64_t count_tree(const struct memory_model *m, const struct rax_size *r)
{
    if (m->version->counts_rax_nodes)
        return r->alloc_bytes;
    return r->key_count * STREAM_ID_BYTES + r->node_count * GUESSED_NODE_BYTES;
}

/* Parts of a sum as MEMORY USAGE adds them. */
static uint64_t add_parts(const struct memory_model *m, uint64_t sum, uint64_t parts_bytes,
                          uint64_t count)
{
    if (!m->version->averages_groups)
        return sum + parts_bytes;
    return add_sampled(m, sum, parts_bytes, count, count);
}

static void clear_tree(struct rax_size *r, const struct memory_model *m)
{
    rax_size_clear(r, m->alloc_size, m->version->rax_bytes);
}

void weigh_stream_begin(struct stream_meter *s, const struct memory_model *m)
{
    s->listpacks = s->groups = s->names = (struct string_bytes){0, 0};
    s->reference_count = s->consumers_counted = 0;
    s->has_groups = s->is_in_group = s->is_in_consumer = s->is_estimate = false;
    clear_tree(&s->nodes, m);
    clear_tree(&s->group_names, m);
    clear_tree(&s->group_pel, m);
    clear_tree(&s->consumer_names, m);
    clear_tree(&s->consumer_pel, m);
    clear_tree(&s->references, m);
    clear_tree(&s->pending_times, m);
    stream_ids_clear(&s->reference_ids);
    stream_ids_clear(&s->pending_time_ids);
    s->has_producers = s->is_in_producer = false;
    s->producers = (struct string_bytes){0, 0};
    clear_tree(&s->producer_names, m);
}

void weigh_stream_blob(struct stream_meter *s, const struct memory_model *m,
                       const struct rdbp_blob *b)
{
    const uint64_t given = m->alloc_size(b->raw_bytes);

    s->listpacks.counted += m->version->rounds_stream_listpacks ? given : b->raw_bytes;
    s->listpacks.allocated += given;
    rax_size_add_id(&s->nodes, b->id_ms, b->id_seq);
}

/* Starts a tree anew without forgetting that an earlier one ran out of memory. */
static void restart(struct rax_size *r, const struct memory_model *m)
{
    const bool out_of_memory = r->out_of_memory;

    clear_tree(r, m);
    r->out_of_memory = out_of_memory;
}

/* ---- groups and consumers ------------------------------------------------------------------- */

static void finish_consumer(struct stream_meter *s, const struct memory_model *m)
{
    if (!s->is_in_consumer)
        return;
    s->is_in_consumer = false;
    rax_size_finish(&s->consumer_pel);
    s->is_estimate |= s->consumer_pel.is_estimate;
    s->consumers_counted += count_tree(m, &s->consumer_pel);
    s->groups.allocated += s->consumer_pel.alloc_bytes;
}

static void finish_pending_times(struct stream_meter *s, const struct memory_model *m)
{
    restart(&s->pending_times, m);
    s->pending_times.has_no_values = true;
    stream_ids_build(&s->pending_time_ids, &s->pending_times, 3);
    stream_ids_clear(&s->pending_time_ids);
    rax_size_finish(&s->pending_times);
    s->is_estimate |= s->pending_times.is_estimate;
    s->groups.counted += s->pending_times.alloc_bytes;
    s->groups.allocated += s->pending_times.alloc_bytes;
}

static void finish_group(struct stream_meter *s, const struct memory_model *m)
{
    const uint32_t nack_bytes = m->version->stream_nack_bytes;
    const uint64_t pending = s->group_pel.key_count;

    if (!s->is_in_group)
        return;
    finish_consumer(s, m);
    s->is_in_group = false;
    rax_size_finish(&s->group_pel);
    rax_size_finish(&s->consumer_names);
    s->is_estimate |= s->group_pel.is_estimate;
    s->groups.counted =
        add_parts(m, s->groups.counted + count_tree(m, &s->group_pel) + nack_bytes * pending,
                  s->consumers_counted, s->consumer_names.key_count);
    s->consumers_counted = 0;
    s->groups.allocated += s->group_pel.alloc_bytes + s->consumer_names.alloc_bytes +
                           m->alloc_size(nack_bytes) * pending;
    if (m->version->counts_whole_stream) {
        s->is_estimate |= s->consumer_names.is_estimate;
        s->groups.counted += s->consumer_names.alloc_bytes;
    }
    if (m->version->has_pending_times)
        finish_pending_times(s, m);
}

/* Names beyond what the parser gives at a time are compared by their first piece. */
static void add_name(struct rax_size *r, const rdbp_item *it)
{
    rax_size_add(r, it->bytes.bytes, it->bytes.size_bytes);
}

static void begin_group(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    finish_group(s, m);
    s->has_groups = s->is_in_group = true;
    restart(&s->group_pel, m);
    restart(&s->consumer_names, m);
    add_name(&s->group_names, it);
    s->groups.counted += m->version->stream_group_bytes;
    s->groups.allocated += m->alloc_size(m->version->stream_group_bytes);
}

static void begin_consumer(struct stream_meter *s, const struct memory_model *m,
                           const rdbp_item *it)
{
    finish_consumer(s, m);
    s->is_in_consumer = true;
    restart(&s->consumer_pel, m);
    add_name(&s->consumer_names, it);
    add_sds(&s->names, m, it->size_bytes);
    s->consumers_counted += m->version->stream_consumer_bytes;
    s->groups.allocated += m->alloc_size(m->version->stream_consumer_bytes);
    if (!m->version->counts_whole_stream)
        s->consumers_counted += it->size_bytes;
}

static void add_pending(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    const uint64_t ms = it->u.pending.id.ms, seq = it->u.pending.id.seq;

    rax_size_add_id(&s->group_pel, ms, seq);
    if (m->version->has_group_refs) {
        stream_ids_add(&s->reference_ids, ms, seq, 0);
        s->reference_count++;
    }
    if (m->version->has_pending_times)
        stream_ids_add(&s->pending_time_ids, (uint64_t)it->u.pending.delivered_at_ms, ms, seq);
}

/* ---- producers ------------------------------------------------------------------------------ */

static void finish_producer(struct stream_meter *s, const struct memory_model *m)
{
    const uint64_t slots = s->iids.slots + s->iids.old_slots;

    if (!s->is_in_producer)
        return;
    s->is_in_producer = false;
    s->producers.allocated += m->alloc_size(m->version->dict_bytes);
    if (s->iids.used > 0)
        s->producers.allocated += m->alloc_size(slots * 8);
}

static void begin_producer(struct stream_meter *s, const struct memory_model *m,
                           const rdbp_item *it)
{
    const uint64_t bytes = m->alloc_size(PRODUCER_BYTES);

    finish_producer(s, m);
    if (!m->version->has_producers ||
        (m->version->counts_producers && it->u.producer.iid_count == 0))
        return;
    s->has_producers = s->is_in_producer = true;
    table_init(&s->iids, 0);
    add_name(&s->producer_names, it);
    s->producers.counted += bytes;
    s->producers.allocated += bytes;
}

static void add_iid(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    const uint64_t bytes = m->alloc_size(IID_BYTES + it->size_bytes);

    if (!s->is_in_producer)
        return;
    table_add(&s->iids);
    s->producers.counted += bytes;
    s->producers.allocated += bytes + m->alloc_size(DICT_ENTRY_BYTES);
}

/* The name of a stream with producers, as an object. */
static uint64_t tracked_name_bytes(const struct memory_model *m, const struct key_frame *key)
{
    if (key->name_bytes <= EMBSTR_MAX_BYTES)
        return m->alloc_size(OBJECT_BYTES + 4 + key->name_bytes);
    return m->alloc_size(OBJECT_BYTES) + sds_bytes(m, key->name_bytes);
}

static void finish_producers(struct stream_meter *s, const struct memory_model *m,
                             const struct key_frame *key)
{
    finish_producer(s, m);
    if (!s->has_producers)
        return;
    rax_size_finish(&s->producer_names);
    s->producers.allocated += s->producer_names.alloc_bytes;
    if (!m->version->counts_producers)
        return;
    s->is_estimate |= s->producer_names.is_estimate;
    s->producers.counted += s->producer_names.alloc_bytes;
    s->producers.allocated += tracked_name_bytes(m, key);
}

void weigh_stream_item(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    switch (it->role) {
    case RDBP_ROLE_STREAM_GROUP: begin_group(s, m, it); break;
    case RDBP_ROLE_STREAM_PENDING: add_pending(s, m, it); break;
    case RDBP_ROLE_STREAM_CONSUMER: begin_consumer(s, m, it); break;
    case RDBP_ROLE_STREAM_CONSUMER_PENDING:
        rax_size_add_id(&s->consumer_pel, it->u.id.ms, it->u.id.seq);
        break;
    case RDBP_ROLE_STREAM_PRODUCER: begin_producer(s, m, it); break;
    case RDBP_ROLE_STREAM_IID: add_iid(s, m, it); break;
    default: break;
    }
}

/* ---- the end -------------------------------------------------------------------------------- */

/* The tree of pending entries with lists of their groups; made with the first one. */
static void finish_references(struct stream_meter *s, const struct memory_model *m)
{
    if (s->reference_count == 0)
        return;
    stream_ids_build(&s->reference_ids, &s->references, 2);
    rax_size_finish(&s->references);
    s->is_estimate |= s->references.is_estimate;
    s->groups.allocated += s->references.alloc_bytes +
                           s->references.key_count * m->alloc_size(LIST_BYTES) +
                           s->reference_count * m->alloc_size(LIST_NODE_BYTES);
    if (m->version->counts_whole_stream)
        s->groups.counted += s->references.alloc_bytes;
}

static bool is_out_of_memory(const struct stream_meter *s)
{
    return s->nodes.out_of_memory || s->group_names.out_of_memory || s->group_pel.out_of_memory ||
           s->consumer_names.out_of_memory || s->consumer_pel.out_of_memory ||
           s->references.out_of_memory || s->pending_times.out_of_memory ||
           s->reference_ids.out_of_memory || s->pending_time_ids.out_of_memory ||
           s->producer_names.out_of_memory;
}

int weigh_stream_end(struct stream_meter *s, const struct memory_model *m,
                     const struct key_frame *key, struct weight *ret_weight)
{
    const struct memory_version *const v = m->version;
    const uint64_t own_bytes = m->alloc_size(v->stream_bytes);
    struct weight w = {.note = SIZE_EXACT};

    finish_group(s, m);
    finish_references(s, m);
    finish_producers(s, m, key);
    rax_size_finish(&s->group_names);
    if (v->counts_whole_stream)
        s->is_estimate |= s->group_names.is_estimate;
    if (is_out_of_memory(s))
        return -1;
    rax_size_finish(&s->nodes);
    s->is_estimate |= s->nodes.is_estimate;
    if (s->is_estimate)
        w.note = SIZE_EXPECTED;
    w.encoding = v->has_stream_word ? ENCODING_STREAM : ENCODING_NO_WORD;
    w.bytes = key->object.counted +
              (v->counts_whole_stream ? own_bytes + s->names.counted : v->stream_counted_bytes) +
              count_tree(m, &s->nodes) + s->listpacks.counted;
    w.bytes =
        add_parts(m, w.bytes, s->groups.counted, s->group_names.key_count) + s->producers.counted;
    w.alloc_bytes = key->object.allocated + own_bytes + s->nodes.alloc_bytes +
                    s->listpacks.allocated + s->groups.allocated + s->names.allocated +
                    s->producers.allocated;
    if (s->has_groups) { /* the tree of groups is made with the first one */
        w.alloc_bytes += s->group_names.alloc_bytes;
        if (v->counts_whole_stream)
            w.bytes += s->group_names.alloc_bytes;
    }
    *ret_weight = w;
    return 0;
}

void weigh_stream_done(struct stream_meter *s)
{
    rax_size_done(&s->nodes);
    rax_size_done(&s->group_names);
    rax_size_done(&s->group_pel);
    rax_size_done(&s->consumer_names);
    rax_size_done(&s->consumer_pel);
    rax_size_done(&s->references);
    rax_size_done(&s->pending_times);
    rax_size_done(&s->producer_names);
    stream_ids_done(&s->reference_ids);
    stream_ids_done(&s->pending_time_ids);
}
