/* weigh_list.c -- what a list weighs.
 *
 * In memory a list is a quicklist: nodes, each with a listpack (before 7.0 a ziplist) or one big
 * plain element.  How the nodes come about depends on the type in the file:
 *
 *      LIST, LIST_ZIPLIST   elements are pushed one by one; we replay where a node is full
 *      LIST_QUICKLIST       nodes are taken as they are; since 7.0 each ziplist is rewritten as a
 *                           listpack of its own, shrunk to fit
 *      LIST_QUICKLIST_2     nodes are taken as they are; versions before 7.0 are given the same
 *                           elements in ziplists
 *
 * Nodes without entries are left out.  Since 7.2 what ends as one small packed node becomes a plain
 * listpack object, except LIST_ZIPLIST.
 *
 * With list-compress-depth d all nodes but the first d and the last d are compressed, if they have
 * 48 bytes and win more than 8 by it.  The compressed size is in the file where the node is stored
 * compressed: the saver uses the same LZF.  A node that is rewritten is taken to compress as well
 * as it did.
 *
 * Lists of 2.x are linkedlists or ziplists; they are weighed as 4.0 loads them.
 *
 * Upstream: rdb.c: rdbLoadObject(); quicklist.c: quicklistPushTail(), _quicklistNodeAllowInsert(),
 * isLargeElement(), __quicklistCompressNode(); t_list.c: listTypeTryConvertQuicklist(); object.c:
 * objectComputeSize(), Redis 4.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "memory/weigh.h"

#define PUSH_OVERHEAD_BYTES    8 /* the server's guess of what an entry takes besides its payload */
#define COUNTED_NODE_MAX_BYTES 8192 /* bound of a node whose limit is a count */
#define PLAIN_BYTES            (UINT64_C(1) << 30)
#define COUNT_MAX              32767 /* of list-max-listpack-size: a field of 16 bits */
#define DEPTH_MAX              65535 /* of list-compress-depth: likewise */
#define MIN_COMPRESS_BYTES     48    /* smaller nodes are not compressed, */
#define MIN_COMPRESS_GAIN      8     /* nor where no more than this is won */

/* ---- limits --------------------------------------------------------------------------------- */

/* The two limits of list-max-listpack-size; UINT64_MAX where there is none. */
static uint64_t node_byte_limit(const struct memory_model *m)
{
    const int64_t setting = m->settings.list_max_listpack_size;

    if (setting >= 0)
        return UINT64_MAX;
    return UINT64_C(4096) << (setting < -5 ? 4 : -setting - 1);
}

static uint64_t node_count_limit(const struct memory_model *m)
{
    const int64_t setting = m->settings.list_max_listpack_size;

    if (setting < 0)
        return UINT64_MAX;
    if (setting == 0)
        return 1;
    return setting > COUNT_MAX ? COUNT_MAX : (uint64_t)setting;
}

static bool is_plain_element(const struct memory_model *m, uint64_t size_bytes)
{
    const uint64_t limit = node_byte_limit(m);

    switch (m->version->plain_nodes) {
    case PLAIN_FROM_1_GIB: return size_bytes >= PLAIN_BYTES;
    case PLAIN_ABOVE_NODE_SIZE:
        return size_bytes > (limit == UINT64_MAX ? COUNTED_NODE_MAX_BYTES : limit);
    case PLAIN_NEVER:
    default: return false;
    }
}

/* What a node is taken to grow by. */
static uint64_t push_overhead_bytes(const struct memory_model *m, uint64_t n)
{
    if (m->version->has_listpack)
        return PUSH_OVERHEAD_BYTES;
    return (n < 254 ? 1U : 5U) + (n < 64 ? 1U : n < 16384 ? 2U : 5U);
}

static bool has_room(const struct list_meter *l, const struct memory_model *m, uint64_t size_bytes)
{
    const uint64_t new_bytes = l->open_bytes + size_bytes + push_overhead_bytes(m, size_bytes);

    if (!l->is_node_open)
        return false;
    if (m->settings.list_max_listpack_size < 0)
        return new_bytes <= node_byte_limit(m);
    return new_bytes <= COUNTED_NODE_MAX_BYTES && l->open_count < node_count_limit(m);
}

/* ---- compression ---------------------------------------------------------------------------- */

static uint64_t compress_depth(const struct memory_model *m)
{
    const uint64_t setting = m->settings.list_compress_depth;

    return setting > DEPTH_MAX ? DEPTH_MAX : setting;
}

void node_ring_done(struct node_ring *r)
{
    free(r->savings);
    r->savings = NULL;
    r->room = 0;
}

static int reserve_ring(struct node_ring *r, uint64_t depth)
{
    if (r->room < depth) {
        struct node_saving *const savings = realloc(r->savings, depth * sizeof *savings);

        if (savings == NULL) {
            r->out_of_memory = true;
            return -1;
        }
        r->savings = savings;
        r->room = depth;
    }
    return 0;
}

/* What compressing this node would save; nothing if it stays as it is.  One that the file stores
 * uncompressed either does not compress, or its saver did not try: rdbcompression no. */
static struct node_saving find_saving(const struct memory_model *m, uint64_t entry_bytes,
                                      uint64_t lzf_bytes)
{
    const struct memory_version *const v = m->version;
    struct node_saving saving = {.is_unknown = lzf_bytes == 0 && entry_bytes >= MIN_COMPRESS_BYTES};
    uint64_t compressed, counted;

    if (lzf_bytes == 0 || entry_bytes < MIN_COMPRESS_BYTES ||
        lzf_bytes + MIN_COMPRESS_GAIN >= entry_bytes)
        return saving;
    compressed = m->alloc_size(v->lzf_header_bytes + lzf_bytes);
    counted = v->rounds_blobs ? compressed : v->lzf_header_counted_bytes + lzf_bytes;
    saving.allocated = m->alloc_size(entry_bytes) - compressed;
    saving.counted = (v->rounds_blobs ? m->alloc_size(entry_bytes) : entry_bytes) - counted;
    return saving;
}

/* The node before the last `depth` ones is compressed now, unless it is among the first `depth`. */
static void pass_ring(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                      struct node_saving saving)
{
    const uint64_t depth = compress_depth(m);
    const uint64_t index = l->node_count; /* of this node */
    struct node_saving *slot;

    if (depth == 0 || reserve_ring(ring, depth) < 0)
        return;
    slot = &ring->savings[index % depth];
    if (index >= 2 * depth) {
        l->nodes_bytes -= slot->counted;
        l->nodes_alloc_bytes -= slot->allocated;
        l->is_estimate |= slot->is_unknown;
    }
    *slot = saving;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* lzf_bytes: its compressed size, 0 when it does not compress. */
static void add_node(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                     uint64_t entry_bytes, uint64_t lzf_bytes)
{
    const struct memory_version *const v = m->version;
    const uint64_t entry = m->alloc_size(entry_bytes);

    pass_ring(l, ring, m, find_saving(m, entry_bytes, lzf_bytes));
    l->node_count++;
    l->nodes_bytes += v->quicklist_node_bytes + (v->rounds_blobs ? entry : entry_bytes);
    l->nodes_alloc_bytes += m->alloc_size(v->quicklist_node_bytes) + entry;
}

/* Compressed size of the open node: as its blob compressed, if it was one. */
static uint64_t guess_lzf_bytes(struct list_meter *l, const struct memory_model *m)
{
    if (compress_depth(m) == 0)
        return 0;
    if (l->open_raw_bytes != l->open_bytes)
        l->is_estimate = true;
    if (l->open_lzf_bytes >= l->open_raw_bytes) /* none, or nothing won by it */
        return 0;
    return (uint64_t)((double)l->open_lzf_bytes / (double)l->open_raw_bytes *
                      (double)l->open_bytes);
}

static void close_node(struct list_meter *l, struct node_ring *ring, const struct memory_model *m)
{
    if (l->is_node_open && l->open_count > 0) {
        add_node(l, ring, m, l->open_bytes, guess_lzf_bytes(l, m));
        l->last_node_bytes = l->open_bytes;
    }
    l->is_node_open = false;
}

static void open_node(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                      const struct rdbp_blob *blob)
{
    close_node(l, ring, m);
    l->is_node_open = true;
    l->open_bytes = m->version->has_listpack ? LISTPACK_EMPTY_BYTES : ZIPLIST_EMPTY_BYTES;
    l->open_count = 0;
    l->open_ziplist = (struct ziplist_size){0};
    l->open_raw_bytes = blob == NULL ? 0 : blob->raw_bytes;
    l->open_lzf_bytes = blob == NULL || !blob->is_lzf ? 0 : blob->stored_bytes;
}

static void add_blob_node(struct list_meter *l, struct node_ring *ring,
                          const struct memory_model *m, const struct rdbp_blob *b)
{
    if (b->has_count && b->entry_count == 0)
        return;
    add_node(l, ring, m, b->raw_bytes, b->is_lzf ? b->stored_bytes : 0);
    l->last_node_bytes = b->raw_bytes;
}

/* Nodes of this type keep their blobs. */
static bool keeps_blobs(const struct memory_model *m, uint16_t rdb_type)
{
    return rdb_type ==
           (m->version->has_listpack ? RDBP_RDB_LIST_QUICKLIST_2 : RDBP_RDB_LIST_QUICKLIST);
}

void weigh_list_blob(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                     uint16_t rdb_type, const struct rdbp_blob *b)
{
    if (b->format == RDBP_FORMAT_STRING && rdb_type == RDBP_RDB_LIST_QUICKLIST_2) {
        close_node(l, ring, m);
        if (m->version->plain_nodes == PLAIN_NEVER) {
            open_node(l, ring, m, b);
            ziplist_size_add(&l->open_ziplist, b->raw_bytes, false, 0);
            l->open_bytes += l->open_ziplist.bytes;
            l->open_count++;
            close_node(l, ring, m);
        } else {
            add_node(l, ring, m, b->raw_bytes, b->is_lzf ? b->stored_bytes : 0);
            l->has_plain_node = true;
        }
    } else if (keeps_blobs(m, rdb_type)) {
        add_blob_node(l, ring, m, b);
    } else if (rdb_type == RDBP_RDB_LIST_QUICKLIST || rdb_type == RDBP_RDB_LIST_QUICKLIST_2) {
        open_node(l, ring, m, b);
    }
}

static void add_element(struct list_meter *l, const struct memory_model *m, const rdbp_item *it)
{
    l->open_count++;
    if (m->version->has_listpack) {
        l->open_bytes += listpack_string_bytes(it->size_bytes, it->is_integer, it->u.integer);
    } else {
        ziplist_size_add(&l->open_ziplist, it->size_bytes, it->is_integer, it->u.integer);
        l->open_bytes = ZIPLIST_EMPTY_BYTES + l->open_ziplist.bytes;
    }
}

void weigh_list_item(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it)
{
    const bool is_pushed = rdb_type == RDBP_RDB_LIST || rdb_type == RDBP_RDB_LIST_ZIPLIST;

    if (it->size_bytes > m->settings.list_max_ziplist_value)
        l->has_long_element = true;
    if (keeps_blobs(m, rdb_type))
        return;
    if (is_pushed && is_plain_element(m, it->size_bytes)) {
        close_node(l, ring, m);
        add_node(l, ring, m, it->size_bytes, 0);
        l->has_plain_node = true;
        l->is_estimate |= compress_depth(m) > 0;
        return;
    }
    if (is_pushed && !has_room(l, m, it->size_bytes))
        open_node(l, ring, m, NULL);
    if (l->is_node_open) /* a plain node's element was taken with its blob */
        add_element(l, m, it);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* OBJECT ENCODING before there were quicklists. */
static enum encoding old_encoding(const struct list_meter *l, const struct memory_model *m,
                                  uint16_t rdb_type, uint64_t element_count)
{
    /* A ziplist is trusted with what it holds. */
    if (element_count > m->settings.list_max_ziplist_entries ||
        (rdb_type == RDBP_RDB_LIST && l->has_long_element))
        return ENCODING_LINKEDLIST;
    return ENCODING_ZIPLIST;
}

struct weight weigh_list_end(struct list_meter *l, struct node_ring *ring,
                             const struct memory_model *m, const struct key_frame *key,
                             uint16_t rdb_type, uint64_t element_count)
{
    const struct memory_version *const v = m->version;
    struct weight w = {.encoding = ENCODING_QUICKLIST, .note = SIZE_EXACT};

    close_node(l, ring, m);
    if (v->has_list_listpack && rdb_type != RDBP_RDB_LIST_ZIPLIST && l->node_count == 1 &&
        !l->has_plain_node && l->last_node_bytes <= node_byte_limit(m) &&
        element_count <= node_count_limit(m))
        return weigh_packed(m, key, l->last_node_bytes, ENCODING_LISTPACK);
    w.bytes = add_sampled(m, key->object.counted + v->quicklist_bytes, l->nodes_bytes,
                          v->list_samples == LIST_BY_ELEMENTS ? element_count : l->node_count,
                          v->list_samples == LIST_BY_NODES ? l->node_count : element_count);
    w.alloc_bytes =
        key->object.allocated + m->alloc_size(v->quicklist_bytes) + l->nodes_alloc_bytes;
    if (l->is_estimate)
        w.note = SIZE_EXPECTED;
    if (!v->has_quicklist)
        w.encoding = old_encoding(l, m, rdb_type, element_count);
    return w;
}
