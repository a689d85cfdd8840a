/* weigh_zset.c -- what a sorted set weighs.
 *
 * ZSET and ZSET_2 are loaded into a skiplist and a table, and packed afterwards when they are
 * small. ZSET_ZIPLIST is rewritten as a listpack, ZSET_LISTPACK taken as it is, unless there are
 * too many members.  The table is made for all members in advance.
 *
 * A skiplist node has a random number of levels, P(k) = 3/4 * 1/4^(k-1): sizes are an expectation.
 *
 * Upstream: rdb.c: rdbLoadObject(); t_zset.c: zslRandomLevel(), zsetConvertAndExpand(); object.c:
 * objectComputeSize(), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"
#include "memory/weigh.h"

static uint64_t skiplist_node_bytes(const struct memory_model *m, unsigned levels)
{
    return m->alloc_size(SKIPLIST_NODE_BYTES + (uint64_t)levels * SKIPLIST_LEVEL_BYTES);
}

double skiplist_node_mean_bytes(const struct memory_model *m)
{
    double mean = 0, rest = 1;

    for (unsigned level = 1; level < m->skiplist_max_level; level++) {
        mean += 0.75 * rest * (double)skiplist_node_bytes(m, level);
        rest *= 0.25;
    }
    return mean + rest * (double)skiplist_node_bytes(m, m->skiplist_max_level);
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

void weigh_zset_item(struct zset_meter *z, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it)
{
    if (it->role == RDBP_ROLE_MEMBER) {
        z->member_count++;
        if (it->size_bytes > z->longest)
            z->longest = it->size_bytes;
        z->strings_bytes += sds_bytes(m, it->size_bytes);
    }
    /* The text of a score is worth finding only for a zset that may be packed. */
    if (z->member_count > m->zset_max_listpack_entries)
        return;
    if (it->role == RDBP_ROLE_MEMBER)
        z->listpack_bytes += listpack_string_bytes(it->size_bytes, it->is_integer, it->u.integer);
    else if (it->role == RDBP_ROLE_SCORE && is_table_type(rdb_type))
        z->listpack_bytes += listpack_score_bytes(it->u.score);
    else if (it->role == RDBP_ROLE_SCORE)
        z->listpack_bytes +=
            listpack_string_bytes(it->size_bytes, it->is_integer, score_integer(it->u.score));
}

static struct weight weigh_skiplist(const struct zset_meter *z, const struct memory_model *m,
                                    uint64_t member_count, double skiplist_node_mean)
{
    const uint64_t header = skiplist_node_bytes(m, m->skiplist_max_level);
    const uint64_t nodes = (uint64_t)((double)member_count * skiplist_node_mean + 0.5);
    struct table_growth table;
    struct weight w;

    table_init(&table, member_count);
    w = weigh_table(m, &table, OBJECT_BYTES + ZSET_BYTES + ZSKIPLIST_BYTES + header,
                    z->strings_bytes + DICT_ENTRY_BYTES * member_count + nodes, member_count);
    w.alloc_bytes += m->alloc_size(ZSET_BYTES) + m->alloc_size(ZSKIPLIST_BYTES) + header +
                     z->strings_bytes + member_count * m->alloc_size(DICT_ENTRY_BYTES) + nodes;
    w.encoding = ENCODING_SKIPLIST;
    w.note = SIZE_EXPECTED;
    return w;
}

struct weight weigh_zset_end(const struct zset_meter *z, const struct memory_model *m,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t member_count,
                             double skiplist_node_mean)
{
    if (member_count > m->zset_max_listpack_entries ||
        (is_table_type(rdb_type) && z->longest > m->zset_max_listpack_value))
        return weigh_skiplist(z, m, member_count, skiplist_node_mean);
    if (rdb_type == RDBP_RDB_ZSET_LISTPACK)
        return weigh_packed(m, raw_bytes, ENCODING_LISTPACK);
    return weigh_packed(m, LISTPACK_EMPTY_BYTES + z->listpack_bytes, ENCODING_LISTPACK);
}
