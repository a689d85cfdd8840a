/* weigh_stream.c -- what a stream weighs.
 *
 *      stream -- radix tree of listpacks, by master id
 *             \- radix tree of groups, by name
 *                  group -- radix tree of pending entries, by id
 *                        \- radix tree of consumers, by name
 *                             consumer -- radix tree of pending entries, by id (shared entries)
 *
 * MEMORY USAGE guesses a tree at 16 bytes a key and 244 bytes a node (development builds of Valkey
 * count its nodes), leaves out the trees of groups and of consumers, and counts a consumer's name
 * at its length.  What the allocator gives follows from the nodes' sizes.  Both come from one pass
 * over the keys (rax_size.c).
 *
 * Upstream: object.c: streamRadixTreeMemoryUsage(), objectComputeSize(); stream.h, Redis 5.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

#define GUESSED_NODE_BYTES (4 + 30 * 8) /* header and thirty words */

/* A finished tree as MEMORY USAGE counts it. */
static uint64_t count_tree(const struct memory_model *m, const struct rax_size *r)
{
    if (m->version->counts_rax_nodes)
        return r->alloc_bytes;
    return r->key_count * STREAM_ID_BYTES + r->node_count * GUESSED_NODE_BYTES;
}

static void clear_tree(struct rax_size *r, const struct memory_model *m)
{
    rax_size_clear(r, m->alloc_size, m->version->rax_bytes);
}

void weigh_stream_begin(struct stream_meter *s, const struct memory_model *m)
{
    s->listpacks = (struct string_bytes){0, 0};
    s->groups_bytes = s->groups_alloc_bytes = 0;
    s->has_groups = s->is_in_group = s->is_in_consumer = s->is_estimate = false;
    clear_tree(&s->nodes, m);
    clear_tree(&s->group_names, m);
    clear_tree(&s->group_pel, m);
    clear_tree(&s->consumer_names, m);
    clear_tree(&s->consumer_pel, m);
}

void weigh_stream_blob(struct stream_meter *s, const struct memory_model *m,
                       const struct rdbp_blob *b)
{
    const uint64_t given = m->alloc_size(b->raw_bytes);

    s->listpacks.counted += m->version->rounds_stream_listpacks ? given : b->raw_bytes;
    s->listpacks.allocated += given;
    rax_size_add_id(&s->nodes, b->id_ms, b->id_seq);
}

static void finish_consumer(struct stream_meter *s, const struct memory_model *m)
{
    if (!s->is_in_consumer)
        return;
    s->is_in_consumer = false;
    rax_size_finish(&s->consumer_pel);
    s->is_estimate |= s->consumer_pel.is_estimate;
    s->groups_bytes += count_tree(m, &s->consumer_pel);
    s->groups_alloc_bytes += s->consumer_pel.alloc_bytes;
}

static void finish_group(struct stream_meter *s, const struct memory_model *m)
{
    const uint64_t pending = s->group_pel.key_count;

    if (!s->is_in_group)
        return;
    finish_consumer(s, m);
    s->is_in_group = false;
    rax_size_finish(&s->group_pel);
    rax_size_finish(&s->consumer_names);
    s->is_estimate |= s->group_pel.is_estimate;
    s->groups_bytes += count_tree(m, &s->group_pel) + m->version->stream_nack_bytes * pending;
    s->groups_alloc_bytes += s->group_pel.alloc_bytes + s->consumer_names.alloc_bytes +
                             m->alloc_size(m->version->stream_nack_bytes) * pending;
}

/* Starts a tree anew without forgetting that an earlier one ran out of memory. */
static void restart(struct rax_size *r, const struct memory_model *m)
{
    const bool out_of_memory = r->out_of_memory;

    clear_tree(r, m);
    r->out_of_memory = out_of_memory;
}

/* Names beyond what the parser gives at a time are compared by their first piece. */
static void add_name(struct rax_size *r, const rdbp_item *it)
{
    rax_size_add(r, it->bytes.bytes, it->bytes.size_bytes);
}

void weigh_stream_item(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    switch (it->role) {
    case RDBP_ROLE_STREAM_GROUP:
        finish_group(s, m);
        s->has_groups = s->is_in_group = true;
        restart(&s->group_pel, m);
        restart(&s->consumer_names, m);
        add_name(&s->group_names, it);
        s->groups_bytes += m->version->stream_group_bytes;
        s->groups_alloc_bytes += m->alloc_size(m->version->stream_group_bytes);
        break;
    case RDBP_ROLE_STREAM_PENDING:
        rax_size_add_id(&s->group_pel, it->u.pending.id.ms, it->u.pending.id.seq);
        break;
    case RDBP_ROLE_STREAM_CONSUMER:
        finish_consumer(s, m);
        s->is_in_consumer = true;
        restart(&s->consumer_pel, m);
        add_name(&s->consumer_names, it);
        s->groups_bytes += m->version->stream_consumer_bytes + it->size_bytes;
        s->groups_alloc_bytes +=
            m->alloc_size(m->version->stream_consumer_bytes) + sds_bytes(m, it->size_bytes);
        break;
    case RDBP_ROLE_STREAM_CONSUMER_PENDING:
        rax_size_add_id(&s->consumer_pel, it->u.id.ms, it->u.id.seq);
        break;
    default: break;
    }
}

int weigh_stream_end(struct stream_meter *s, const struct memory_model *m,
                     const struct key_frame *key, struct weight *ret_weight)
{
    struct weight w = {.note = SIZE_EXACT};

    finish_group(s, m);
    if (s->nodes.out_of_memory || s->group_names.out_of_memory || s->group_pel.out_of_memory ||
        s->consumer_names.out_of_memory || s->consumer_pel.out_of_memory)
        return -1;
    rax_size_finish(&s->nodes);
    s->is_estimate |= s->nodes.is_estimate;
    if (s->is_estimate)
        w.note = SIZE_EXPECTED;
    w.encoding = m->version->has_stream_word ? ENCODING_STREAM : ENCODING_NO_WORD;
    w.bytes = key->object.counted + m->version->stream_counted_bytes + count_tree(m, &s->nodes) +
              s->listpacks.counted + s->groups_bytes;
    w.alloc_bytes = key->object.allocated + m->alloc_size(m->version->stream_bytes) +
                    s->nodes.alloc_bytes + s->listpacks.allocated + s->groups_alloc_bytes;
    if (s->has_groups) { /* the tree of groups is made with the first one */
        rax_size_finish(&s->group_names);
        w.alloc_bytes += s->group_names.alloc_bytes;
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
}
