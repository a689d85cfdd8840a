/* value_stream.c -- streams: their nodes, then length, ids, groups, pending entries and consumers.
 *
 *      len nodes, nodes x (str node key: ms u64 BE, seq u64 BE; str listpack)
 *      len length, last id (len ms, len seq)
 *      [2+] first id, max deleted id, len entries added
 *      len groups, groups x
 *          str name, last id, [2+] len entries read
 *          len PEL,       PEL x (16 bytes id BE, i64 LE delivered ms, len deliveries)
 *          len consumers, consumers x (str name, i64 LE seen ms, [3+] i64 LE active ms,
 *                                      len PEL, PEL x 16 bytes id BE)
 *          [5] len nacked, nacked x 16 bytes id BE
 *      [4+] len duration s, len max entries,
 *           len producers, producers x (str name, len iids, iids x (str iid, id))
 *           len iids added, len duplicates
 *
 * [2+]: types 19, 21, 26 and 27; [3+]: 21, 26, 27; [4+]: 26, 27; [5]: 27.  What follows the nodes
 * is given at any depth but NONE, since a memory model needs every id of it; the nodes' entries
 * only at ITEMS (stream_node.c).  A length other than the sum of live entries is a warning: such
 * files were written (rdb-format, 11.1), and XLEN on a server that loads one answers the announced
 * length.
 *
 * Upstream: rdb.c (rdbLoadObject), Redis 7.2; rdbLoadStreamIdmpEntries(), Redis 8.6 and 8.8.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include "bytes.h"

enum {
    NODE_HEAD = 0,
    NODE_OPEN,
    NODE_WALK,
    NODE_CLOSE,
    STREAM_META,
    GROUP_HEAD,
    GROUP_PEL,
    CONSUMER_COUNT,
    CONSUMER_HEAD,
    CONSUMER_PEL,
    GROUP_NACKED,
    IDMP_HEAD,
    PRODUCER_HEAD,
    PRODUCER_IIDS,
    IDMP_END,
    STREAM_DONE
};

static unsigned stream_version(const rdbp_parser *p)
{
    switch (p->value.type->rdb_type) {
    case RDBP_RDB_STREAM_LISTPACKS: return 1;
    case RDBP_RDB_STREAM_LISTPACKS_2: return 2;
    case RDBP_RDB_STREAM_LISTPACKS_4: return 4;
    case RDBP_RDB_STREAM_LISTPACKS_5: return 5;
    default: return 3;
    }
}

static int read_id(rdbp_parser *p, const char *what, struct rdbp_stream_id *ret_id)
{
    return read_len(p, what, &ret_id->ms) < 0 || read_len(p, what, &ret_id->seq) < 0 ? -1 : 0;
}

static int read_raw_id(rdbp_parser *p, const char *what, struct rdbp_stream_id *ret_id)
{
    const uint8_t *b = reader_take(p->reader, 16);

    if (!b)
        return fatal_input(p, what);
    *ret_id = (struct rdbp_stream_id){load_u64be(b), load_u64be(b + 8)};
    return 0;
}

int stream_begin(rdbp_parser *p)
{
    struct value *v = &p->value;

    p->stream = (struct stream_value){.knows_live = true};
    return read_count(p, "a stream's nodes", 2, &v->count);
}

/* ---- nodes --------------------------------------------------------------------------------- */

static enum value_result node_head(rdbp_parser *p)
{
    struct value *v = &p->value;
    const uint64_t offset = reader_offset(p->reader);
    uint64_t key_bytes;
    rdbp_slice key;
    int r;

    if (v->index == v->count) {
        v->phase = STREAM_META;
        return VALUE_DONE;
    }
    if (load_str(p, "a stream node's id", 16, &p->value_bytes, &p->value_capacity, &key,
                 &key_bytes) < 0)
        return VALUE_FATAL;
    if (key_bytes != 16)
        value_damaged(p, offset, "stream node id has %llu bytes, must have 16",
                      (unsigned long long)key_bytes);
    else
        p->stream.node_id =
            (struct rdbp_stream_id){load_u64be(key.bytes), load_u64be(key.bytes + 8)};
    if (read_str_head(p, "a stream node", &v->head) < 0)
        return VALUE_FATAL;
    v->blob_offset = reader_offset(p->reader);
    v->phase = NODE_OPEN;
    r = fill_blob_event(p, RDBP_FORMAT_STREAM_LISTPACK);
    if (r < 0)
        return VALUE_FATAL;
    if (r > 0 && p->event.u.blob.has_count)
        p->stream.live_sum += p->event.u.blob.entry_count;
    else
        p->stream.knows_live = false;
    return r > 0 && p->depth != RDBP_DEPTH_NONE ? VALUE_EVENT : VALUE_DONE;
}

static enum value_result node_open(rdbp_parser *p)
{
    struct value *v = &p->value;
    int r;

    if (!wants_walk(p)) {
        v->phase = NODE_HEAD;
        v->index++;
        return skip_blob(p) < 0 || parser_tick(p) < 0 ? VALUE_FATAL : VALUE_DONE;
    }
    p->batch_offset = v->blob_offset;
    v->phase = NODE_WALK;
    r = open_str(p, &v->head);
    if (r < 0)
        return VALUE_FATAL;
    if (r > 0)
        value_damaged(p, v->blob_offset, "compressed bytes are damaged");
    else if (packed_begin(&p->packed, RDBP_FORMAT_STREAM_LISTPACK, &p->cursor) < 0 ||
             stream_node_begin(p) < 0)
        r = blob_failed(p, p->packed.message);
    if (v->is_damaged)
        v->phase = NODE_CLOSE;
    return r < 0 ? VALUE_FATAL : VALUE_DONE;
}

/* A walk makes items, wanted or not. */
static void drop_items(rdbp_parser *p)
{
    for (size_t i = 0; i < p->item_count; i++)
        if (p->items[i].role != RDBP_ROLE_STREAM_ENTRY)
            note_length(p, p->items[i].size_bytes);
    p->item_count = p->arena_used = 0;
}

static enum value_result node_walk(rdbp_parser *p)
{
    enum value_result r;

    cursor_sync(&p->cursor);
    if (parser_tick(p) < 0)
        return VALUE_FATAL;
    if (!wants_walk(p)) { /* the depth was lowered inside the node */
        p->value.phase = NODE_CLOSE;
        return VALUE_DONE;
    }
    r = stream_node_next(p);
    if (r == VALUE_FATAL) {
        if (p->error.code != RDBP_ERR_NONE || blob_failed(p, p->packed.message) < 0)
            return VALUE_FATAL;
        p->item_count = p->arena_used = 0;
    }
    if (r != VALUE_EVENT)
        p->value.phase = NODE_CLOSE;
    if (!wants_items(p))
        drop_items(p);
    return p->item_count > 0 ? flush_items(p) : VALUE_DONE;
}

static enum value_result node_close(rdbp_parser *p)
{
    p->value.phase = NODE_HEAD;
    p->value.index++;
    return close_blob(p) < 0 ? VALUE_FATAL : VALUE_DONE;
}

/* ---- what follows the nodes ---------------------------------------------------------------- */

/* The least a group takes in the file. */
static uint64_t group_min_bytes(const rdbp_parser *p)
{
    const unsigned version = stream_version(p);

    return version >= 5 ? 7 : version >= 2 ? 6 : 5;
}

static enum value_result stream_meta(rdbp_parser *p)
{
    struct value *v = &p->value;
    const uint64_t offset = reader_offset(p->reader);
    rdbp_item meta = {.role = RDBP_ROLE_STREAM_META};

    p->batch_offset = offset;
    if (read_len(p, "a stream's length", &meta.u.stream.length) < 0 ||
        read_id(p, "a stream's last id", &meta.u.stream.last_id) < 0)
        return VALUE_FATAL;
    if (stream_version(p) >= 2) {
        meta.u.stream.has_v2 = true;
        if (read_id(p, "a stream's first id", &meta.u.stream.first_id) < 0 ||
            read_id(p, "a stream's max deleted id", &meta.u.stream.max_deleted_id) < 0 ||
            read_len(p, "a stream's entries added", &meta.u.stream.entries_added) < 0)
            return VALUE_FATAL;
    }
    if (read_count(p, "a stream's groups", group_min_bytes(p), &p->stream.group_count) < 0)
        return VALUE_FATAL;
    meta.u.stream.group_count = p->stream.group_count;
    if (p->depth != RDBP_DEPTH_NONE)
        p->items[p->item_count++] = meta;
    p->stream.length = meta.u.stream.length;
    v->elements = p->stream.length;
    v->has_elements = true;
    if (v->count == 0 && p->stream.length > 0)
        value_damaged(p, offset, "stream says it has %llu entries and has no nodes",
                      (unsigned long long)p->stream.length);
    if (meta.u.stream.has_v2 && meta.u.stream.entries_added < p->stream.length)
        warn(p, RDBP_ERR_STREAM_LENGTH, RDBP_SEVERITY_WARN, offset,
             "stream says it has %llu entries, and that %llu were ever added",
             (unsigned long long)p->stream.length, (unsigned long long)meta.u.stream.entries_added);
    if (p->stream.knows_live && !v->is_damaged && p->stream.live_sum != p->stream.length)
        warn(p, RDBP_ERR_STREAM_LENGTH, RDBP_SEVERITY_WARN, offset,
             "stream says it has %llu entries, its nodes have %llu",
             (unsigned long long)p->stream.length, (unsigned long long)p->stream.live_sum);
    v->phase = GROUP_HEAD;
    return VALUE_DONE;
}

/* A batch holds one name, so a group, consumer or producer begins one. */
static bool must_flush_before_name(const rdbp_parser *p)
{
    return p->item_count > 0;
}

/* Reads the name of a group, consumer or producer: as an item, or past it. */
static int take_name(rdbp_parser *p, enum rdbp_role role, rdbp_item **ret_item)
{
    *ret_item = NULL;
    p->batch_offset = reader_offset(p->reader);
    if (p->depth == RDBP_DEPTH_NONE)
        return skip_str(p, "a name");
    return read_name_item(p, role, ret_item);
}

static enum value_result group_head(rdbp_parser *p)
{
    struct value *v = &p->value;
    uint64_t entries_read = UINT64_MAX;
    struct rdbp_stream_id last_id;
    rdbp_item *item;

    if (p->stream.group_index == p->stream.group_count) {
        v->phase = stream_version(p) >= 4 ? IDMP_HEAD : STREAM_DONE;
        return VALUE_DONE;
    }
    if (must_flush_before_name(p))
        return flush_items(p);
    if (take_name(p, RDBP_ROLE_STREAM_GROUP, &item) < 0 ||
        read_id(p, "a group's last id", &last_id) < 0 ||
        (stream_version(p) >= 2 && read_len(p, "a group's entries read", &entries_read) < 0) ||
        read_count(p, "a group's pending entries", 25, &p->stream.pel_count) < 0)
        return VALUE_FATAL;
    if (item) {
        item->u.group.last_id = last_id;
        item->u.group.entries_read = entries_read;
        item->u.group.pel_count = p->stream.pel_count;
    }
    p->stream.group_index++;
    v->phase = GROUP_PEL;
    return VALUE_DONE;
}

static enum value_result group_pel(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item item = {.role = RDBP_ROLE_STREAM_PENDING};
    uint64_t delivered_at_ms;

    for (; p->stream.pel_count > 0; p->stream.pel_count--) {
        if (batch_is_full(p))
            return flush_items(p);
        if (read_raw_id(p, "a pending entry", &item.u.pending.id) < 0 ||
            read_u64le(p, "a pending entry", &delivered_at_ms) < 0 ||
            read_len(p, "a pending entry", &item.u.pending.delivery_count) < 0)
            return VALUE_FATAL;
        item.u.pending.delivered_at_ms = (int64_t)delivered_at_ms;
        if (p->depth != RDBP_DEPTH_NONE)
            p->items[p->item_count++] = item;
        else if (p->stream.pel_count % 4096 == 0 && parser_tick(p) < 0)
            return VALUE_FATAL;
    }
    v->phase = CONSUMER_COUNT;
    return VALUE_DONE;
}

static enum value_result consumer_count(rdbp_parser *p)
{
    if (read_count(p, "a group's consumers", stream_version(p) >= 3 ? 18 : 10,
                   &p->stream.consumer_count) < 0)
        return VALUE_FATAL;
    p->value.phase = CONSUMER_HEAD;
    return VALUE_DONE;
}

static enum value_result consumer_head(rdbp_parser *p)
{
    struct value *v = &p->value;
    uint64_t seen_at_ms, active_at_ms = UINT64_MAX;
    rdbp_item *item;

    if (p->stream.consumer_count == 0) {
        v->phase = GROUP_HEAD;
        if (stream_version(p) < 5)
            return VALUE_DONE;
        v->phase = GROUP_NACKED;
        return read_count(p, "a group's released entries", 16, &p->stream.nacked_count) < 0
                   ? VALUE_FATAL
                   : VALUE_DONE;
    }
    if (must_flush_before_name(p))
        return flush_items(p);
    if (take_name(p, RDBP_ROLE_STREAM_CONSUMER, &item) < 0 ||
        read_u64le(p, "a consumer's seen time", &seen_at_ms) < 0 ||
        (stream_version(p) >= 3 && read_u64le(p, "a consumer's active time", &active_at_ms) < 0) ||
        read_count(p, "a consumer's pending entries", 16, &p->stream.consumer_pel_count) < 0)
        return VALUE_FATAL;
    if (item) {
        item->u.consumer.seen_at_ms = (int64_t)seen_at_ms;
        item->u.consumer.active_at_ms = (int64_t)active_at_ms;
        item->u.consumer.pel_count = p->stream.consumer_pel_count;
    }
    p->stream.consumer_count--;
    v->phase = CONSUMER_PEL;
    return VALUE_DONE;
}

static enum value_result consumer_pel(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item item = {.role = RDBP_ROLE_STREAM_CONSUMER_PENDING};

    for (; p->stream.consumer_pel_count > 0; p->stream.consumer_pel_count--) {
        if (batch_is_full(p))
            return flush_items(p);
        if (read_raw_id(p, "a consumer's pending entry", &item.u.id) < 0)
            return VALUE_FATAL;
        if (p->depth != RDBP_DEPTH_NONE)
            p->items[p->item_count++] = item;
        else if (p->stream.consumer_pel_count % 4096 == 0 && parser_tick(p) < 0)
            return VALUE_FATAL;
    }
    v->phase = CONSUMER_HEAD;
    return VALUE_DONE;
}

/* Ids that are in the group's PEL and in no consumer's. */
static enum value_result group_nacked(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item item = {.role = RDBP_ROLE_STREAM_NACKED};

    for (; p->stream.nacked_count > 0; p->stream.nacked_count--) {
        if (batch_is_full(p))
            return flush_items(p);
        if (read_raw_id(p, "a group's released entry", &item.u.id) < 0)
            return VALUE_FATAL;
        if (p->depth != RDBP_DEPTH_NONE)
            p->items[p->item_count++] = item;
        else if (p->stream.nacked_count % 4096 == 0 && parser_tick(p) < 0)
            return VALUE_FATAL;
    }
    v->phase = GROUP_HEAD;
    return VALUE_DONE;
}

/* ---- idempotent producers ------------------------------------------------------------------ */

static enum value_result idmp_head(rdbp_parser *p)
{
    struct value *v = &p->value;

    if (read_len(p, "a stream's duration of ids", &p->stream.idmp_duration_s) < 0 ||
        read_len(p, "a stream's limit of ids", &p->stream.idmp_max_entries) < 0 ||
        read_count(p, "a stream's producers", 2, &p->stream.producer_count) < 0)
        return VALUE_FATAL;
    v->phase = PRODUCER_HEAD;
    return VALUE_DONE;
}

static enum value_result producer_head(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item *item;

    if (p->stream.producer_index == p->stream.producer_count) {
        v->phase = IDMP_END;
        return VALUE_DONE;
    }
    if (must_flush_before_name(p))
        return flush_items(p);
    if (take_name(p, RDBP_ROLE_STREAM_PRODUCER, &item) < 0 ||
        read_count(p, "a producer's ids", 3, &p->stream.iid_count) < 0)
        return VALUE_FATAL;
    if (item)
        item->u.producer.iid_count = p->stream.iid_count;
    p->stream.producer_index++;
    v->phase = PRODUCER_IIDS;
    return VALUE_DONE;
}

/* An id of a request, past its content, and of the entry it made. */
static int read_iid(rdbp_parser *p, rdbp_item *ret_item)
{
    const uint64_t offset = reader_offset(p->reader);
    struct str_head h;

    if (read_str_head(p, "a producer's id", &h) < 0)
        return -1;
    if (h.impossible)
        value_damaged(p, offset, "%s", h.impossible);
    if (reader_skip(p->reader, h.stored_bytes) < 0)
        return fatal_input(p, "a producer's id");
    ret_item->size_bytes = h.raw_bytes;
    return read_id(p, "a producer's entry", &ret_item->u.id);
}

static enum value_result producer_iids(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item item = {.role = RDBP_ROLE_STREAM_IID};

    for (; p->stream.iid_count > 0; p->stream.iid_count--) {
        if (batch_is_full(p))
            return flush_items(p);
        if (read_iid(p, &item) < 0)
            return VALUE_FATAL;
        if (p->depth != RDBP_DEPTH_NONE)
            p->items[p->item_count++] = item;
        else if (p->stream.iid_count % 4096 == 0 && parser_tick(p) < 0)
            return VALUE_FATAL;
    }
    v->phase = PRODUCER_HEAD;
    return VALUE_DONE;
}

static enum value_result idmp_end(rdbp_parser *p)
{
    struct value *v = &p->value;
    rdbp_item item = {.role = RDBP_ROLE_STREAM_IDMP};

    if (batch_is_full(p))
        return flush_items(p);
    if (read_len(p, "a stream's count of ids", &item.u.idmp.iids_added) < 0 ||
        read_len(p, "a stream's count of duplicates", &item.u.idmp.iids_duplicates) < 0)
        return VALUE_FATAL;
    item.u.idmp.duration_s = p->stream.idmp_duration_s;
    item.u.idmp.max_entries = p->stream.idmp_max_entries;
    item.u.idmp.producer_count = p->stream.producer_count;
    if (p->depth != RDBP_DEPTH_NONE)
        p->items[p->item_count++] = item;
    v->phase = STREAM_DONE;
    return VALUE_DONE;
}

enum value_result stream_next(rdbp_parser *p)
{
    static enum value_result (*const steps[])(rdbp_parser *) = {
        [NODE_HEAD] = node_head,         [NODE_OPEN] = node_open,
        [NODE_WALK] = node_walk,         [NODE_CLOSE] = node_close,
        [STREAM_META] = stream_meta,     [GROUP_HEAD] = group_head,
        [GROUP_PEL] = group_pel,         [CONSUMER_COUNT] = consumer_count,
        [CONSUMER_HEAD] = consumer_head, [CONSUMER_PEL] = consumer_pel,
        [GROUP_NACKED] = group_nacked,   [IDMP_HEAD] = idmp_head,
        [PRODUCER_HEAD] = producer_head, [PRODUCER_IIDS] = producer_iids,
        [IDMP_END] = idmp_end,
    };
    enum value_result r = VALUE_DONE;

    while (r == VALUE_DONE && p->value.phase != STREAM_DONE)
        r = parser_tick(p) < 0 ? VALUE_FATAL : steps[p->value.phase](p);
    if (r == VALUE_DONE && p->item_count > 0)
        r = flush_items(p);
    if (r == VALUE_DONE)
        p->value.has_elements = !p->value.is_damaged;
    return r;
}
