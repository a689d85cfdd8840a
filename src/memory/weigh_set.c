/* weigh_set.c -- what a set weighs.
 *
 * SET_INTSET and SET_LISTPACK are taken as they are unless they hold too many members, which makes
 * them a table.  SET is loaded member by member: a table at once when there are more members than
 * an intset may have, else an intset until the first member that is no integer; then since 7.2 a
 * listpack while the limits hold; then a table.  The number of members is known only at the end
 * here, so the replay runs in any case and the end decides whether it counts.  A SET_LISTPACK on a
 * version before 7.2 goes the way of a SET.
 *
 * Since 7.2 a table is always made for all the members, so it never grows; before that one that was
 * an intset is made for its integers first.
 *
 * Since 7.2 the first member of a bucket needs no entry and every further one takes 16 bytes, but
 * Redis counts 24 a member all the same.  Valkey 8.1 has no entries at all (bucket_table.c).
 *
 * Upstream: rdb.c: rdbLoadObject(); t_set.c: setTypeConvertAndExpand(); listpack.c:
 * lpEstimateBytesRepeatedInteger(); dict.c: dictInsertAtPosition(), Redis 4.0 to 7.4, Valkey 8.0.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

/* ---- members -------------------------------------------------------------------------------- */

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
    const uint64_t max_value = m->settings.set_max_listpack_value;

    if (s->phase == SET_IS_INTSET) {
        if (it->is_integer) {
            if (s->member_count == 0 || it->u.integer < s->smallest_integer)
                s->smallest_integer = it->u.integer;
            if (s->member_count == 0 || it->u.integer > s->largest_integer)
                s->largest_integer = it->u.integer;
            s->leading_integers++;
            return;
        }
        s->reserved_bytes = s->member_count > 0 ? reserve_listpack(s) : 0;
        if (m->version->has_set_listpack && s->longest <= max_value) {
            s->phase = SET_IS_LISTPACK; /* if there is room; asked for below */
        } else {
            s->phase = SET_IS_TABLE;
        }
    }
    if (s->phase == SET_IS_LISTPACK &&
        (s->member_count >= m->settings.set_max_listpack_entries || it->size_bytes > max_value))
        s->phase = SET_IS_TABLE;
}

void weigh_set_item(struct set_meter *s, const struct memory_model *m, const rdbp_item *it)
{
    if (it->size_bytes > s->longest)
        s->longest = it->size_bytes;
    if (s->phase != SET_IS_TABLE)
        replay_member(s, m, it);
    s->member_count++;
    add_sds(&s->strings, m, it->size_bytes);
    s->listpack_bytes += listpack_string_bytes(it->size_bytes, it->is_integer, it->u.integer);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void replay_table(const struct set_meter *s, const struct memory_model *m, bool was_intset,
                         uint64_t member_count, struct table_growth *t)
{
    if (!was_intset || m->version->has_set_listpack) {
        table_init(t, member_count);
        return;
    }
    table_init(t, s->leading_integers);
    for (uint64_t i = 0; i < s->leading_integers; i++)
        table_add(t);
    table_expand(t, member_count);
    for (uint64_t i = s->leading_integers; i < member_count; i++)
        table_add(t);
}

static struct weight weigh_set_buckets(const struct set_meter *s, const struct memory_model *m,
                                       const struct key_frame *key, uint64_t member_count)
{
    const struct table_parts parts = {.elements = s->strings, .element_count = member_count};
    struct bucket_table table;

    bucket_table_init(&table, member_count);
    table.used = member_count;
    return weigh_bucket_table(m, key, &table, &parts);
}

static struct weight weigh_set_table(const struct set_meter *s, const struct memory_model *m,
                                     const struct key_frame *key, bool was_intset,
                                     uint64_t member_count)
{
    const struct memory_version *const v = m->version;
    struct table_parts parts = {.asize = v->dict_bytes,
                                .metadata_bytes = v->set_metadata_bytes,
                                .elements = s->strings,
                                .element_count = member_count};
    struct table_growth table;
    struct weight w;

    if (v->has_bucket_tables)
        return weigh_set_buckets(s, m, key, member_count);
    replay_table(s, m, was_intset, member_count, &table);
    add_bytes(&parts.elements, weigh_entries(m, v->set_entries, table.slots, member_count));
    w = weigh_table(m, key, &table, &parts);
    /* A single member has no other to collide with. */
    if (v->set_entries == ENTRY_COLLIDING && member_count > 1)
        w.note = SIZE_EXPECTED;
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

struct weight weigh_packed_set(const struct set_meter *s, const struct memory_model *m,
                               const struct key_frame *key, uint64_t member_count)
{
    uint64_t listpack_bytes = LISTPACK_EMPTY_BYTES + s->listpack_bytes;

    if (s->phase == SET_IS_INTSET)
        return weigh_packed(m, key, INTSET_HEADER_BYTES + intset_width(s) * member_count,
                            ENCODING_INTSET);
    if (listpack_bytes < s->reserved_bytes)
        listpack_bytes = s->reserved_bytes;
    return weigh_packed(m, key, listpack_bytes, ENCODING_LISTPACK);
}

struct weight weigh_set_end(const struct set_meter *s, const struct memory_model *m,
                            const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes,
                            uint64_t member_count)
{
    const bool is_listpack = rdb_type == RDBP_RDB_SET_LISTPACK && m->version->has_set_listpack;
    const bool is_intset = rdb_type == RDBP_RDB_SET_INTSET;

    if (is_listpack && member_count <= m->settings.set_max_listpack_entries)
        return weigh_packed(m, key, raw_bytes, ENCODING_LISTPACK);
    if (is_intset && member_count <= m->settings.set_max_intset_entries)
        return weigh_packed(m, key, raw_bytes, ENCODING_INTSET);
    if (is_listpack || is_intset || member_count > m->settings.set_max_intset_entries)
        return weigh_set_table(s, m, key, false, member_count);
    if (s->phase == SET_IS_TABLE)
        return weigh_set_table(s, m, key, true, member_count);
    return weigh_packed_set(s, m, key, member_count);
}
