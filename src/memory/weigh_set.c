/* weigh_set.c -- what a set weighs.
 *
 * SET_INTSET and SET_LISTPACK are taken as they are unless they hold too many members, which makes
 * them a table.  SET is loaded member by member: a table at once when there are more members than
 * an intset may have, else an intset until the first member that is no integer, then a listpack
 * while the limits hold, then a table.  The number of members is known only at the end here, so the
 * replay runs in any case and the end decides whether it counts.
 *
 * A table is always made for all the members, so it never grows.  MEMORY USAGE counts an entry of
 * 24 bytes a member, but since 7.2 the first member of a bucket needs none and every further one
 * takes 16: for alloc_bytes that is an expectation, as it depends on the hash seed.
 *
 * Upstream: rdb.c: rdbLoadObject(); t_set.c: setTypeConvertAndExpand(); listpack.c:
 * lpEstimateBytesRepeatedInteger(); dict.c: dictInsertAtPosition(), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"
#include "memory/weigh.h"

#include <math.h>

#define CHAINED_ENTRY_BYTES 16 /* dictEntryNoValue */

/* Allocated size of the listpack that takes over `count` integers: room for each as if it were the
 * smallest or the largest of them. */
static uint64_t reserve_listpack(const struct set_meter *s)
{
    const uint64_t a = listpack_integer_bytes(s->smallest_integer);
    const uint64_t b = listpack_integer_bytes(s->largest_integer);

    return LISTPACK_EMPTY_BYTES + s->member_count * (a > b ? a : b);
}

static void replay_member(struct set_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    if (s->phase == SET_IS_INTSET) {
        if (it->is_integer) {
            if (s->member_count == 0 || it->u.integer < s->smallest_integer)
                s->smallest_integer = it->u.integer;
            if (s->member_count == 0 || it->u.integer > s->largest_integer)
                s->largest_integer = it->u.integer;
            return;
        }
        if (s->longest <= m->set_max_listpack_value) {
            s->phase = SET_IS_LISTPACK; /* if there is room; asked for below */
            s->reserved_bytes = s->member_count > 0 ? reserve_listpack(s) : 0;
        } else {
            s->phase = SET_IS_TABLE;
        }
    }
    if (s->phase == SET_IS_LISTPACK && (s->member_count >= m->set_max_listpack_entries ||
                                        it->size_bytes > m->set_max_listpack_value))
        s->phase = SET_IS_TABLE;
}

void weigh_set_item(struct set_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    if (it->size_bytes > s->longest)
        s->longest = it->size_bytes;
    if (s->phase != SET_IS_TABLE)
        replay_member(s, m, it);
    s->member_count++;
    s->strings_bytes += sds_bytes(m, it->size_bytes);
    s->listpack_bytes += listpack_string_bytes(it->size_bytes, it->is_integer, it->u.integer);
}

/* Members that share their bucket with an earlier one: n - slots (1 - (1 - 1/slots)^n). */
static double count_chained_members(uint64_t slots, uint64_t members)
{
    const double s = (double)slots, n = (double)members;

    return n + s * expm1(n * log1p(-1.0 / s));
}

static struct weight weigh_set_table(const struct set_meter *s, const struct memory_model *m,
                                     uint64_t member_count)
{
    struct table_growth table;
    struct weight w;
    double chained;

    table_init(&table, member_count);
    w = weigh_table(m, &table, OBJECT_BYTES, s->strings_bytes + DICT_ENTRY_BYTES * member_count,
                    member_count);
    chained = count_chained_members(table.slots, member_count);
    w.alloc_bytes +=
        s->strings_bytes + (uint64_t)(chained * (double)m->alloc_size(CHAINED_ENTRY_BYTES) + 0.5);
    return w;
}

/* Width of an intset's members. */
static uint64_t intset_width(const struct set_meter *s)
{
    if (s->smallest_integer < INT32_MIN || s->largest_integer > INT32_MAX)
        return 8;
    if (s->smallest_integer < INT16_MIN || s->largest_integer > INT16_MAX)
        return 4;
    return 2;
}

struct weight weigh_set_end(const struct set_meter *s, const struct memory_model *m,
                            uint16_t rdb_type, uint64_t raw_bytes, uint64_t member_count)
{
    uint64_t listpack_bytes;

    if (rdb_type == RDBP_RDB_SET_LISTPACK && member_count <= m->set_max_listpack_entries)
        return weigh_packed(m, raw_bytes, ENCODING_LISTPACK);
    if (rdb_type == RDBP_RDB_SET_INTSET && member_count <= m->set_max_intset_entries)
        return weigh_packed(m, raw_bytes, ENCODING_INTSET);
    if (rdb_type != RDBP_RDB_SET || member_count > m->set_max_intset_entries ||
        s->phase == SET_IS_TABLE)
        return weigh_set_table(s, m, member_count);
    if (s->phase == SET_IS_INTSET)
        return weigh_packed(m, INTSET_HEADER_BYTES + intset_width(s) * member_count,
                            ENCODING_INTSET);
    listpack_bytes = LISTPACK_EMPTY_BYTES + s->listpack_bytes;
    if (listpack_bytes < s->reserved_bytes)
        listpack_bytes = s->reserved_bytes;
    return weigh_packed(m, listpack_bytes, ENCODING_LISTPACK);
}
