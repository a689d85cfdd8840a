/* weigh_zset.c -- what a sorted set weighs.
 *
 * ZSET and ZSET_2 are loaded into a skiplist and a table, and packed afterwards when they are
 * small.  Packed types are taken as they are (those of other versions rewritten as a listpack or
 * ziplist), unless there are too many members.  The table is made for all members in advance where
 * the version knows how; else it grows.
 *
 * A skiplist node has a random number of levels, P(k) = 3/4 * 1/4^(k-1): sizes are an expectation.
 * In Redis 8.6 and Valkey 9.1 the member is inside the node.
 *
 * Upstream: rdb.c: rdbLoadObject(); t_zset.c: zslRandomLevel(), zsetConvertAndExpand(); object.c:
 * objectComputeSize(), Redis 4.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include <math.h>

#include "memory/weigh.h"

#define SKIPLIST_HEAD_BYTES                                                                        \
    16 /* of a node whose member is embedded: without one, and the levels                          \
        */

#define MEAN_FRACTIONS 16 /* texts of scores whose mean is taken for those beyond the limit */

static uint64_t skiplist_node_bytes(const struct memory_model *m, uint64_t base_bytes,
                                    unsigned levels)
{
    return m->alloc_size(base_bytes + (uint64_t)levels * SKIPLIST_LEVEL_BYTES);
}

/* Expected allocation of a node that has so many bytes besides its levels. */
static double find_node_mean(const struct memory_model *m, uint64_t base_bytes)
{
    const unsigned top = m->version->skiplist_max_level;
    double mean = 0, rest = 1;

    for (unsigned level = 1; level < top; level++) {
        mean += 0.75 * rest * (double)skiplist_node_bytes(m, base_bytes, level);
        rest *= 0.25;
    }
    return mean + rest * (double)skiplist_node_bytes(m, base_bytes, top);
}

static double node_mean(struct node_means *means, const struct memory_model *m,
                        uint64_t member_bytes)
{
    const uint32_t overhead = m->version->embedded_member_overhead;
    const uint64_t base_bytes =
        overhead == 0 ? SKIPLIST_NODE_BYTES : overhead + placed_string_bytes(member_bytes);

    if (base_bytes >= NODE_MEANS)
        return find_node_mean(m, base_bytes);
    if (means->of[base_bytes] == 0)
        means->of[base_bytes] = find_node_mean(m, base_bytes);
    return means->of[base_bytes];
}

static bool is_table_type(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_ZSET || rdb_type == RDBP_RDB_ZSET_2;
}

/* The integer a packed score stands for; only its magnitude matters. */
static int64_t score_integer(double score)
{
    if (score >= 0x1p63)
        return INT64_MAX;
    if (!(score >= -0x1p63))
        return INT64_MIN;
    return (int64_t)score;
}

static enum score_format score_format_of(const struct memory_version *v)
{
    if (v->has_shortest_score)
        return SCORE_SHORTEST;
    return v->has_listpack ? SCORE_G17 : SCORE_G17_NARROW;
}

static void add_packed(struct zset_meter *z, const struct memory_model *m, uint64_t size_bytes,
                       bool is_integer, int64_t integer)
{
    if (m->version->has_listpack)
        z->listpack_bytes += listpack_string_bytes(size_bytes, is_integer, integer);
    else
        ziplist_size_add(&z->ziplist, size_bytes, is_integer, integer);
}

/* A blob's own texts stay when a ziplist becomes a listpack; otherwise the server writes them. */
static void add_score(struct zset_meter *z, const struct memory_model *m, uint16_t rdb_type,
                      const rdbp_item *it)
{
    struct score_element e;

    if (!is_table_type(rdb_type) && m->version->has_listpack) {
        add_packed(z, m, it->size_bytes, it->is_integer, score_integer(it->u.score));
        return;
    }
    /* The text of a fraction takes long to find.  For what a raised limit would give their mean
     * length does. */
    if (z->member_count > m->settings.zset_max_listpack_entries &&
        z->fraction_count >= MEAN_FRACTIONS && it->u.score != trunc(it->u.score)) {
        add_packed(z, m, z->fraction_bytes / z->fraction_count, false, 0);
        return;
    }
    e = score_element_of(it->u.score, score_format_of(m->version));
    if (!e.is_integer) {
        z->fraction_count++;
        z->fraction_bytes += e.size_bytes;
    }
    add_packed(z, m, e.size_bytes, e.is_integer, e.integer);
}

/* With limits raised as far as is looked at. */
static bool may_be_packed(const struct zset_meter *z, const struct memory_settings *s)
{
    return z->member_count <= s->zset_max_listpack_entries ||
           (z->member_count / RAISED_MOST <= s->zset_max_listpack_entries &&
            z->longest / RAISED_MOST <= s->zset_max_listpack_value);
}

void weigh_zset_item(struct zset_meter *z, struct node_means *means, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it)
{
    if (it->role == RDBP_ROLE_MEMBER) {
        z->member_count++;
        if (it->size_bytes > z->longest)
            z->longest = it->size_bytes;
        z->nodes_bytes += node_mean(means, m, it->size_bytes);
        if (m->version->embedded_member_overhead == 0)
            add_sds(&z->strings, m, it->size_bytes);
    }
    /* The text of a score is worth finding only for a zset that may be packed. */
    if (!may_be_packed(z, &m->settings))
        return;
    if (it->role == RDBP_ROLE_MEMBER)
        add_packed(z, m, it->size_bytes, it->is_integer, it->u.integer);
    else if (it->role == RDBP_ROLE_SCORE)
        add_score(z, m, rdb_type, it);
}

static void replay_table(const struct memory_model *m, uint16_t rdb_type, uint64_t member_count,
                         struct table_growth *t)
{
    const struct memory_version *const v = m->version;

    if (is_table_type(rdb_type) ? v->expands_tables : v->expands_zset_first) {
        table_init(t, member_count);
        return;
    }
    table_init(t, 0);
    for (uint64_t i = 0; i < member_count; i++)
        table_add(t);
}

/* The zset's table with its members, nodes and all; `parts` has the skiplist itself. */
static struct weight weigh_members(const struct zset_meter *z, const struct memory_model *m,
                                   const struct key_frame *key, uint16_t rdb_type,
                                   struct table_parts *parts)
{
    const struct memory_version *const v = m->version;
    const uint64_t nodes_bytes = (uint64_t)(z->nodes_bytes + 0.5);
    struct string_bytes entries;
    struct bucket_table buckets;
    struct table_growth table;

    parts->elements = z->strings;
    parts->elements.counted += nodes_bytes;
    parts->elements.allocated += nodes_bytes;
    if (v->has_bucket_tables) {
        bucket_table_init(&buckets, parts->element_count);
        buckets.used = parts->element_count;
        return weigh_bucket_table(m, key, &buckets, parts);
    }
    replay_table(m, rdb_type, parts->element_count, &table);
    entries = weigh_entries(m, v->zset_entries, table.slots, parts->element_count);
    entries.counted = v->zset_entry_counted_bytes * parts->element_count;
    add_bytes(&parts->elements, entries);
    return weigh_table(m, key, &table, parts);
}

static struct weight weigh_skiplist(const struct zset_meter *z, const struct memory_model *m,
                                    const struct key_frame *key, uint16_t rdb_type,
                                    uint64_t member_count)
{
    const struct memory_version *const v = m->version;
    /* The node before the first has all levels and no member. */
    const uint64_t head =
        v->has_head_in_skiplist
            ? 0
            : skiplist_node_bytes(
                  m, v->embedded_member_overhead > 0 ? SKIPLIST_HEAD_BYTES : SKIPLIST_NODE_BYTES,
                  v->skiplist_max_level);
    struct table_parts parts = {.asize = ZSET_BYTES, .element_count = member_count};
    struct weight w;

    if (v->counts_skiplist)
        parts.asize += v->skiplist_bytes + head + (v->has_bucket_tables ? 0 : v->dict_bytes);
    w = weigh_members(z, m, key, rdb_type, &parts);
    w.alloc_bytes += m->alloc_size(ZSET_BYTES) + m->alloc_size(v->skiplist_bytes) + head;
    w.encoding = ENCODING_SKIPLIST;
    w.note = SIZE_EXPECTED;
    return w;
}

struct weight weigh_packed_zset(const struct zset_meter *z, const struct memory_model *m,
                                const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes)
{
    if (m->version->has_listpack)
        return weigh_packed(m, key,
                            rdb_type == RDBP_RDB_ZSET_LISTPACK
                                ? raw_bytes
                                : LISTPACK_EMPTY_BYTES + z->listpack_bytes,
                            ENCODING_LISTPACK);
    return weigh_packed(m, key,
                        rdb_type == RDBP_RDB_ZSET_ZIPLIST ? raw_bytes
                                                          : ZIPLIST_EMPTY_BYTES + z->ziplist.bytes,
                        ENCODING_ZIPLIST);
}

struct weight weigh_zset_end(const struct zset_meter *z, const struct memory_model *m,
                             const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes,
                             uint64_t member_count)
{
    if (member_count > m->settings.zset_max_listpack_entries ||
        (is_table_type(rdb_type) && z->longest > m->settings.zset_max_listpack_value))
        return weigh_skiplist(z, m, key, rdb_type, member_count);
    return weigh_packed_zset(z, m, key, rdb_type, raw_bytes);
}
