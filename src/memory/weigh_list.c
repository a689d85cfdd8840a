/* weigh_list.c -- what a list weighs.
 *
 * In memory a list is a quicklist: nodes, each with a listpack or one big plain element.  How the
 * nodes come about depends on the type in the file:
 *
 *      LIST, LIST_ZIPLIST   elements are pushed one by one; we replay where a node is full
 *      LIST_QUICKLIST       each ziplist is rewritten as a listpack of its own, shrunk to fit
 *      LIST_QUICKLIST_2     nodes are taken as they are
 *
 * Nodes without entries are left out.  What ends as one small packed node becomes a plain listpack
 * object, except LIST_ZIPLIST.
 *
 * Upstream: rdb.c: rdbLoadObject(); quicklist.c: quicklistPushTail(), _quicklistNodeAllowInsert();
 * t_list.c: listTypeTryConvertQuicklist(); object.c: objectComputeSize(), Redis 7.2.
 * list-compress-depth is 0 by default, so nothing is compressed in memory.
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"
#include "memory/weigh.h"

#define PUSH_OVERHEAD_BYTES    8 /* the server's guess of what an entry takes besides its payload */
#define COUNTED_NODE_MAX_BYTES 8192 /* bound of a node whose limit is a count */

/* The two limits of list-max-listpack-size; UINT64_MAX where there is none. */
static uint64_t node_byte_limit(const struct memory_model *m)
{
    const int64_t setting = m->list_max_listpack_size;

    if (setting >= 0)
        return UINT64_MAX;
    return UINT64_C(4096) << (setting < -5 ? 4 : -setting - 1);
}

static uint64_t node_count_limit(const struct memory_model *m)
{
    const int64_t setting = m->list_max_listpack_size;

    if (setting < 0)
        return UINT64_MAX;
    return setting == 0 ? 1 : (uint64_t)setting;
}

static void add_node(struct list_meter *l, const struct memory_model *m, uint64_t entry_bytes)
{
    const uint64_t entry = m->alloc_size(entry_bytes);

    l->node_count++;
    l->nodes_bytes += m->quicklist_node_bytes + entry;
    l->nodes_alloc_bytes += m->alloc_size(m->quicklist_node_bytes) + entry;
}

static void close_node(struct list_meter *l, const struct memory_model *m)
{
    if (l->is_node_open && l->open_count > 0) {
        add_node(l, m, l->open_bytes);
        l->last_node_bytes = l->open_bytes;
    }
    l->is_node_open = false;
}

static void open_node(struct list_meter *l, const struct memory_model *m)
{
    close_node(l, m);
    l->is_node_open = true;
    l->open_bytes = LISTPACK_EMPTY_BYTES;
    l->open_count = 0;
}

static void add_plain_node(struct list_meter *l, const struct memory_model *m, uint64_t size_bytes)
{
    close_node(l, m);
    add_node(l, m, size_bytes);
    l->has_plain_node = true;
}

void weigh_list_blob(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                     const struct rdbp_blob *b)
{
    if (rdb_type == RDBP_RDB_LIST_QUICKLIST) {
        open_node(l, m);
    } else if (rdb_type == RDBP_RDB_LIST_QUICKLIST_2) {
        if (b->format == RDBP_FORMAT_STRING) {
            add_plain_node(l, m, b->raw_bytes);
        } else if (!b->has_count || b->entry_count > 0) {
            add_node(l, m, b->raw_bytes);
            l->last_node_bytes = b->raw_bytes;
        }
    }
}

static bool has_room(const struct list_meter *l, const struct memory_model *m, uint64_t size_bytes)
{
    const uint64_t new_bytes = l->open_bytes + size_bytes + PUSH_OVERHEAD_BYTES;

    if (!l->is_node_open)
        return false;
    if (m->list_max_listpack_size < 0)
        return new_bytes <= node_byte_limit(m);
    return new_bytes <= COUNTED_NODE_MAX_BYTES && l->open_count < node_count_limit(m);
}

void weigh_list_item(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it)
{
    if (rdb_type == RDBP_RDB_LIST_QUICKLIST_2)
        return;
    if (rdb_type != RDBP_RDB_LIST_QUICKLIST) {
        if (it->size_bytes >= m->list_plain_element_bytes) {
            add_plain_node(l, m, it->size_bytes);
            return;
        }
        if (!has_room(l, m, it->size_bytes))
            open_node(l, m);
    }
    l->open_count++;
    l->open_bytes += listpack_string_bytes(it->size_bytes, it->is_integer, it->u.integer);
}

struct weight weigh_list_end(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                             uint64_t element_count)
{
    const uint64_t object = m->alloc_size(OBJECT_BYTES);
    struct weight w = {.encoding = ENCODING_QUICKLIST, .note = SIZE_EXACT};

    close_node(l, m);
    if (rdb_type != RDBP_RDB_LIST_ZIPLIST && l->node_count == 1 && !l->has_plain_node &&
        l->last_node_bytes <= node_byte_limit(m) && element_count <= node_count_limit(m))
        return weigh_packed(m, l->last_node_bytes, ENCODING_LISTPACK);
    w.bytes = add_sampled(OBJECT_BYTES + QUICKLIST_BYTES, l->nodes_bytes, l->node_count);
    w.alloc_bytes = object + m->alloc_size(QUICKLIST_BYTES) + l->nodes_alloc_bytes;
    return w;
}
