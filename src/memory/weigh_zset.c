/* weigh_zset.c -- what a sorted set weighs.
 *
 * ZSET and ZSET_2 are loaded into a skiplist and a table, and packed afterwards when they are
 * small.  Packed types are taken as they are (those of other versions rewritten as a listpack or
 * ziplist), unless there are too many members.  The table is made for all members in advance where
 * the version knows how; else it grows.
 *
 * A skiplist node has a random number of levels, P(k) = 3/4 * 1/4^(k-1): sizes are an expectation.
 *
 * Upstream: rdb.c: rdbLoadObject(); t_zset.c: zslRandomLevel(), zsetConvertAndExpand(); object.c:
 * objectComputeSize(), Redis 4.0 to 7.4.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

static uint64_t skiplist_node_bytes(const struct memory_model *m, unsigned levels)
{
    return m->alloc_size(SKIPLIST_NODE_BYTES + (uint64_t)levels * SKIPLIST_LEVEL_BYTES);
}

double skiplist_node_mean_bytes(const struct memory_model *m)
{
    double mean = 0, rest = 1;

    for (unsigned level = 1; level < m->version->skiplist_max_level; level++) {
        mean += 0.75 * rest * (double)skiplist_node_bytes(m, level);
        rest *= 0.25;
    }
    return mean + rest * (double)skiplist_node_bytes(m, m->version->skiplist_max_level);
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
    e = score_element_of(it->u.score, score_format_of(m->version));
    add_packed(z, m, e.size_bytes, e.is_integer, e.integer);
}

void weigh_zset_item(struct zset_meter *z, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it)
{
    if (it->role == RDBP_ROLE_MEMBER) {
        z->member_count++;
        if (it->size_bytes > z->longest)
            z->longest = it->size_bytes;
        add_sds(&z->strings, m, it->size_bytes);
    }
    /* The text of a score is worth finding only for a zset that may be packed. */
    if (z->member_count > m->settings.zset_max_listpack_entries)
        return;
    if (it->role == RDBP_ROLE_MEMBER)
        add_packed(z, m, it->size_bytes, it->is_integer, it->u.integer);
    else if (it->role == RDBP_ROLE_SCORE)
        add_score(z, m, rdb_type, it);
}

static struct weight weigh_skiplist(const struct zset_meter *z, const struct memory_model *m,
                                    const struct key_frame *key, uint16_t rdb_type,
                                    uint64_t member_count, double skiplist_node_mean)
{
    const struct memory_version *const v = m->version;
    const uint64_t header = skiplist_node_bytes(m, v->skiplist_max_level);
    const uint64_t nodes = (uint64_t)((double)member_count * skiplist_node_mean + 0.5);
    uint64_t asize = key->object.counted + ZSET_BYTES;
    struct table_growth table;
    struct weight w;

    if (is_table_type(rdb_type) ? v->expands_tables : v->expands_zset_first) {
        table_init(&table, member_count);
    } else {
        table_init(&table, 0);
        for (uint64_t i = 0; i < member_count; i++)
            table_add(&table);
    }
    if (v->counts_skiplist)
        asize += ZSKIPLIST_BYTES + header + v->dict_bytes;
    w = weigh_table(m, key, &table, asize, z->strings.counted + DICT_ENTRY_BYTES * member_count + nodes,
                    member_count);
    w.alloc_bytes += m->alloc_size(ZSET_BYTES) + m->alloc_size(ZSKIPLIST_BYTES) + header +
                     z->strings.allocated + member_count * m->alloc_size(DICT_ENTRY_BYTES) + nodes;
    w.encoding = ENCODING_SKIPLIST;
    w.note = SIZE_EXPECTED;
    return w;
}

struct weight weigh_zset_end(const struct zset_meter *z, const struct memory_model *m,
                             const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes,
                             uint64_t member_count, double skiplist_node_mean)
{
    if (member_count > m->settings.zset_max_listpack_entries ||
        (is_table_type(rdb_type) && z->longest > m->settings.zset_max_listpack_value))
        return weigh_skiplist(z, m, key, rdb_type, member_count, skiplist_node_mean);
    if (m->version->has_listpack)
        return weigh_packed(m, key,
                            rdb_type == RDBP_RDB_ZSET_LISTPACK
                                ? raw_bytes
                                : LISTPACK_EMPTY_BYTES + z->listpack_bytes,
                            ENCODING_LISTPACK);
    return weigh_packed(
        m, key, rdb_type == RDBP_RDB_ZSET_ZIPLIST ? raw_bytes : ZIPLIST_EMPTY_BYTES + z->ziplist.bytes,
        ENCODING_ZIPLIST);
}
