/* weigh_hash.c -- what a hash weighs.
 *
 * Packed types are taken as they are (old ones rewritten as a listpack) unless they hold too many
 * pairs.  HASH is loaded pair by pair:
 *
 *      more pairs than a listpack may have     a table for all of them, at once
 *      no field or value too long              a listpack
 *      else, at the first long pair (number i) a table for i pairs; the i pairs and the long one
 *                                              are added; if more than four remain, the table is
 *                                              expanded to the number of those; they are added
 *
 * In the last case the table may rehash, and may not be through with it when the load ends: so the
 * additions are replayed (table_growth.c).
 *
 * Hashes with field TTLs (HASH_METADATA, HASH_LISTPACK_EX, their release-candidate forms and
 * Valkey's HASH_2) cannot be loaded by a 7.2 server.  They are weighed by 7.4's structures: a
 * listpackex is a listpack of triples behind a structure of 32 bytes; a field of a table is another
 * kind of string that carries its TTL in front.  Buckets of fields by TTL, which no command counts
 * per key, are left out of alloc_bytes.  A table of HASH_METADATA with too many pairs grows as it
 * goes.
 *
 * Upstream: rdb.c: rdbLoadObject(), Redis 7.2 and 7.4; t_hash.c: hashTypeConvert(); mstr.c.
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"
#include "memory/weigh.h"

#define LISTPACK_EX_BYTES       32
#define FIELD_TTL_BYTES         16 /* of a field with TTL, */
#define FIELD_TTL_FLAG_BYTES    2  /* before its string */
#define DICT_TTL_METADATA_BYTES 32 /* behind the dict of a hash with field TTLs */
#define EXPAND_MORE_THAN        4  /* remaining pairs that are worth expanding for */

/* The TTL stands before its field (true) or after the value. */
static bool is_ttl_first(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH_METADATA || rdb_type == RDBP_RDB_HASH_METADATA_PRE_GA;
}

static bool is_ttl_type(uint16_t rdb_type)
{
    return is_ttl_first(rdb_type) || rdb_type == RDBP_RDB_HASH_LISTPACK_EX ||
           rdb_type == RDBP_RDB_HASH_LISTPACK_EX_PRE_GA || rdb_type == RDBP_RDB_HASH_2;
}

/* A field of a 7.4 hash table. */
static uint64_t ttl_field_bytes(const struct memory_model *m, uint64_t n, bool has_ttl)
{
    const uint64_t header = n <= 31 ? 1 : n <= 65535 ? 3 : 9;

    return m->alloc_size((has_ttl ? FIELD_TTL_BYTES + FIELD_TTL_FLAG_BYTES : 0) + header + n + 1);
}

static void note_long_pair(struct hash_meter *h, const struct memory_model *m, uint64_t size_bytes)
{
    if (size_bytes > m->hash_max_listpack_value && !h->has_long_pair) {
        h->has_long_pair = true;
        h->first_long_pair = h->pair_count;
    }
}

static void add_field_ttl(struct hash_meter *h, const struct memory_model *m, uint16_t rdb_type,
                          int64_t expire_at_ms)
{
    h->listpack_bytes += listpack_integer_bytes(expire_at_ms);
    h->has_field_ttl = expire_at_ms != 0;
    if (!is_ttl_first(rdb_type) && h->has_field_ttl)
        h->strings_bytes +=
            ttl_field_bytes(m, h->field_bytes, true) - ttl_field_bytes(m, h->field_bytes, false);
}

void weigh_hash_item(struct hash_meter *h, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it)
{
    const uint64_t n = it->size_bytes;

    switch (it->role) {
    case RDBP_ROLE_FIELD_TTL: add_field_ttl(h, m, rdb_type, it->u.expire_at_ms); return;
    case RDBP_ROLE_FIELD:
        h->field_bytes = n;
        if (is_ttl_type(rdb_type))
            h->strings_bytes += ttl_field_bytes(m, n, is_ttl_first(rdb_type) && h->has_field_ttl);
        else
            h->strings_bytes += sds_bytes(m, n);
        note_long_pair(h, m, n);
        break;
    case RDBP_ROLE_VALUE:
        h->strings_bytes += sds_bytes(m, n);
        note_long_pair(h, m, n);
        h->pair_count++;
        break;
    default: return;
    }
    h->listpack_bytes += listpack_string_bytes(n, it->is_integer, it->u.integer);
}

static void add_many(struct table_growth *t, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        table_add(t);
}

/* Pairs behind the first long one. */
static uint64_t count_remaining(const struct hash_meter *h, uint64_t pair_count)
{
    return pair_count > h->first_long_pair ? pair_count - h->first_long_pair - 1 : 0;
}

/* A HASH that turned out to need a table half-way. */
static void replay_conversion(const struct hash_meter *h, uint64_t pair_count,
                              struct table_growth *t)
{
    const uint64_t packed = h->first_long_pair, remaining = count_remaining(h, pair_count);

    table_init(t, packed);
    add_many(t, packed + 1);
    if (remaining > EXPAND_MORE_THAN)
        table_expand(t, remaining);
    add_many(t, remaining);
}

/* The same for HASH_METADATA: expanded before the long pair is added. */
static void replay_ttl_conversion(const struct hash_meter *h, uint64_t pair_count,
                                  struct table_growth *t)
{
    const uint64_t packed = h->first_long_pair, remaining = count_remaining(h, pair_count);

    table_init(t, packed);
    add_many(t, packed);
    if (remaining > EXPAND_MORE_THAN)
        table_expand(t, remaining);
    add_many(t, remaining + 1);
}

static struct weight weigh_hash_table(const struct hash_meter *h, const struct memory_model *m,
                                      const struct table_growth *t, bool has_ttl_dict,
                                      uint64_t pair_count)
{
    struct weight w = weigh_table(m, t, OBJECT_BYTES,
                                  h->strings_bytes + DICT_ENTRY_BYTES * pair_count, pair_count);

    w.alloc_bytes += h->strings_bytes + pair_count * m->alloc_size(DICT_ENTRY_BYTES);
    if (has_ttl_dict)
        w.alloc_bytes +=
            m->alloc_size(m->dict_bytes + DICT_TTL_METADATA_BYTES) - m->alloc_size(m->dict_bytes);
    return w;
}

static struct weight weigh_listpack_ex(const struct memory_model *m, uint64_t n)
{
    struct weight w = weigh_packed(m, n, ENCODING_LISTPACKEX);

    w.bytes += m->alloc_size(LISTPACK_EX_BYTES);
    w.alloc_bytes += m->alloc_size(LISTPACK_EX_BYTES);
    return w;
}

static struct weight weigh_ttl_hash_end(const struct hash_meter *h, const struct memory_model *m,
                                        uint16_t rdb_type, uint64_t raw_bytes, uint64_t pair_count)
{
    const bool is_over = pair_count > m->hash_max_listpack_entries;
    struct table_growth table;

    if (is_ttl_first(rdb_type)) {
        if (!is_over && !h->has_long_pair)
            return weigh_listpack_ex(m, LISTPACK_EMPTY_BYTES + h->listpack_bytes);
        if (is_over) {
            table_init(&table, 0);
            add_many(&table, pair_count);
        } else {
            replay_ttl_conversion(h, pair_count, &table);
        }
    } else {
        if (rdb_type != RDBP_RDB_HASH_2 && !is_over)
            return weigh_listpack_ex(m, raw_bytes);
        table_init(&table, pair_count);
    }
    return weigh_hash_table(h, m, &table, true, pair_count);
}

struct weight weigh_hash_end(const struct hash_meter *h, const struct memory_model *m,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t pair_count)
{
    const bool is_over = pair_count > m->hash_max_listpack_entries;
    struct table_growth table;

    if (is_ttl_type(rdb_type))
        return weigh_ttl_hash_end(h, m, rdb_type, raw_bytes, pair_count);
    if (rdb_type == RDBP_RDB_HASH_LISTPACK && !is_over)
        return weigh_packed(m, raw_bytes, ENCODING_LISTPACK);
    /* Lengths do not matter in a ziplist; in a zipmap and a HASH they do. */
    if (!is_over && (!h->has_long_pair || rdb_type == RDBP_RDB_HASH_ZIPLIST))
        return weigh_packed(m, LISTPACK_EMPTY_BYTES + h->listpack_bytes, ENCODING_LISTPACK);
    if (!is_over && rdb_type == RDBP_RDB_HASH)
        replay_conversion(h, pair_count, &table);
    else
        table_init(&table, pair_count);
    return weigh_hash_table(h, m, &table, false, pair_count);
}
