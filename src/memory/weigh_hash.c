/* weigh_hash.c -- what a hash weighs.
 *
 * Packed types are taken as they are (those of other versions rewritten as a listpack or ziplist)
 * unless they hold too many pairs.  HASH is loaded pair by pair:
 *
 *      more pairs than a packed hash may have   a table, made for all of them at once (4.0: that
 *                                               grows)
 *      no field or value too long               packed
 *      else, at the first long pair (number i)  a table (since 7.0: for i pairs); the i pairs and
 *                                               the long one are added; if more than four remain,
 *                                               the table is expanded to the number of those; they
 *                                               are added
 *
 * In the last case the table may rehash, and may not be through with it when the load ends: so the
 * additions are replayed (table_growth.c).
 *
 * Hashes with field TTLs (HASH_METADATA, HASH_LISTPACK_EX, their release-candidate forms and
 * Valkey's HASH_2) need 7.4: a listpackex is a listpack of triples behind a structure of 32 bytes,
 * and a table keeps its fields by TTL as well (ttl_buckets.c).  A table of HASH_METADATA with too
 * many pairs grows as it goes.  Valkey has no packed form for them, and orders them by TTL in a
 * vset.  Versions without field TTLs are given the same hash without them.
 *
 * A pair in a table is two strings; from Redis 7.4 to 8.4 the field is one of its own kind, with
 * the TTL in front; in Valkey 8.1 and Redis 8.6 field and value are one allocation unless that
 * would be large, in which case the field points to the value.
 *
 * Upstream: rdb.c: rdbLoadObject(); t_hash.c: hashTypeConvert(); mstr.c, Redis 4.0 to 8.4; entry.c,
 * Redis 8.6 and Valkey 9.0; t_hash.c: hashTypeCreateEntry(), Valkey 8.1.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "memory/weigh.h"

#define FIELD_TTL_BYTES      16  /* of a field with TTL, */
#define FIELD_TTL_FLAG_BYTES 2   /* before its string */
#define EXPAND_MORE_THAN     4   /* remaining pairs that are worth expanding for */
#define JOINED_PAIR_BYTES    128 /* field and value are one allocation up to that */
#define PAIR_POINTER_BYTES   8   /* to a value of its own */
#define PAIR_TTL_BYTES       8   /* of a pair in Valkey, */
#define PAIR_TTL_META_BYTES  16  /* and in Redis */

/* So many TTLs are kept for sorting; a limit beyond that is nobody's. */
#define EARLY_TTLS_MAX ((size_t)1 << 17)

/* Pairs are strings of their own in the file. */
static bool is_spread_out(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH || rdb_type == RDBP_RDB_HASH_METADATA ||
           rdb_type == RDBP_RDB_HASH_METADATA_PRE_GA || rdb_type == RDBP_RDB_HASH_2;
}

/* The TTL stands before its field (true) or after the value. */
static bool is_ttl_first(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH_METADATA || rdb_type == RDBP_RDB_HASH_METADATA_PRE_GA;
}

static bool is_listpack_ex(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH_LISTPACK_EX || rdb_type == RDBP_RDB_HASH_LISTPACK_EX_PRE_GA;
}

static bool keeps_ttls(const struct memory_model *m, uint16_t rdb_type)
{
    return m->version->field_ttl != FIELD_TTL_NONE &&
           (is_ttl_first(rdb_type) || is_listpack_ex(rdb_type) || rdb_type == RDBP_RDB_HASH_2);
}

/* ---- field TTLs ----------------------------------------------------------------------------- */

void field_ttls_begin(struct field_ttls *f, const struct memory_model *m)
{
    ttl_buckets_clear(&f->buckets, m->alloc_size);
    f->buckets.rax_bytes = m->version->rax_bytes;
    vset_size_clear(&f->vset, m->alloc_size, m->version->bucket_table_bytes);
    f->early_count = f->early_before_long_pair = 0;
    f->out_of_memory = false;
    f->is_vset = m->version->field_ttl == FIELD_TTL_VSET;
    f->is_flushed = f->is_vset; /* never packed */
    f->earliest_ms = ROW_NULL;
}

void field_ttls_done(struct field_ttls *f)
{
    ttl_buckets_done(&f->buckets);
    vset_size_done(&f->vset);
    free(f->early);
    f->early = NULL;
    f->early_room = 0;
}

static void flush_early(struct field_ttls *f)
{
    for (size_t i = 0; i < f->early_count; i++)
        ttl_buckets_add(&f->buckets, (uint64_t)f->early[i]);
    f->early_count = 0;
    f->is_flushed = true;
}

static void add_ttl(struct field_ttls *f, int64_t expire_at_ms)
{
    if (f->earliest_ms == ROW_NULL || expire_at_ms < f->earliest_ms)
        f->earliest_ms = expire_at_ms;
    if (!f->is_flushed && f->early_count >= EARLY_TTLS_MAX)
        flush_early(f);
    if (f->is_vset) {
        vset_size_add(&f->vset, (uint64_t)expire_at_ms);
        return;
    }
    if (f->is_flushed) {
        ttl_buckets_add(&f->buckets, (uint64_t)expire_at_ms);
        return;
    }
    if (f->early_count == f->early_room) {
        const size_t room = 2 * f->early_room + 64;
        int64_t *const early = realloc(f->early, room * sizeof *early);

        if (early == NULL) {
            f->out_of_memory = true;
            return;
        }
        f->early = early;
        f->early_room = room;
    }
    f->early[f->early_count++] = expire_at_ms;
}

static int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Bytes of the buckets of a table.  sorts: the hash was a listpackex up to its first long pair. */
static uint64_t finish_ttls(struct field_ttls *f, bool sorts)
{
    if (f->out_of_memory) /* the key gets no size */
        return 0;
    if (sorts && !f->is_flushed && f->early_before_long_pair > 1)
        qsort(f->early, f->early_before_long_pair, sizeof *f->early, compare_times);
    if (!f->is_flushed)
        flush_early(f);
    f->out_of_memory |= f->buckets.out_of_memory | f->vset.out_of_memory;
    return f->is_vset ? vset_size_bytes(&f->vset) : ttl_buckets_bytes(&f->buckets);
}

/* ---- items ---------------------------------------------------------------------------------- */

/* A field of a table since 7.4. */
static uint64_t field_string_bytes(const struct memory_model *m, uint64_t n, bool has_ttl)
{
    const uint64_t header = n <= 31 ? 1 : n <= 65535 ? 3 : 9;

    return m->alloc_size((has_ttl ? FIELD_TTL_BYTES + FIELD_TTL_FLAG_BYTES : 0) + header + n + 1);
}

/* A string that is never given the shortest header. */
static uint64_t value_bytes(uint64_t n)
{
    return n <= 31 ? n + 4 : placed_string_bytes(n);
}

/* A pair in one allocation, or a field that points to its value. */
static void add_joined_pair(struct string_bytes *sum, const struct memory_model *m,
                            uint64_t field_bytes, uint64_t value_size, bool has_ttl)
{
    const uint64_t ttl_bytes = !has_ttl                ? 0
                               : m->version->is_valkey ? PAIR_TTL_BYTES
                                                       : PAIR_TTL_META_BYTES;
    const uint64_t field =
        ttl_bytes + (has_ttl ? value_bytes(field_bytes) : placed_string_bytes(field_bytes));
    uint64_t asked = field + value_bytes(value_size);

    if (asked > JOINED_PAIR_BYTES) {
        asked = ttl_bytes + PAIR_POINTER_BYTES + value_bytes(field_bytes);
        add_sds(sum, m, value_size);
    }
    sum->allocated += m->alloc_size(asked);
    sum->counted += m->version->hash_pairs == PAIR_JOINED_AS_ASKED ? asked : m->alloc_size(asked);
}

/* The pair whose value has just come; a TTL may still follow. */
static void add_pair(struct hash_meter *h, const struct memory_model *m, uint64_t value_size)
{
    h->pair = (struct string_bytes){0, 0};
    h->value_bytes = value_size;
    switch (m->version->hash_pairs) {
    case PAIR_APART: add_sds(&h->pair, m, h->field_bytes); break;
    case PAIR_FIELD_STRING:
        h->pair.counted = field_string_bytes(m, h->field_bytes, h->has_field_ttl);
        h->pair.allocated = h->pair.counted;
        break;
    case PAIR_JOINED:
    case PAIR_JOINED_AS_ASKED:
        add_joined_pair(&h->pair, m, h->field_bytes, value_size, h->has_field_ttl);
        add_bytes(&h->strings, h->pair);
        return;
    }
    add_sds(&h->pair, m, value_size);
    add_bytes(&h->strings, h->pair);
}

static void note_long_pair(struct hash_meter *h, struct field_ttls *ttls,
                           const struct memory_model *m, uint64_t size_bytes)
{
    if (size_bytes > m->settings.hash_max_listpack_value && !h->has_long_pair) {
        h->has_long_pair = true;
        h->first_long_pair = h->pair_count;
        /* The TTL of the long pair itself, if any, is there already. */
        if (!ttls->is_flushed && !ttls->out_of_memory)
            ttls->early_before_long_pair = ttls->early_count - (h->has_field_ttl ? 1 : 0);
    }
}

static void take_field_ttl(struct hash_meter *h, struct field_ttls *ttls,
                           const struct memory_model *m, uint16_t rdb_type, int64_t expire_at_ms)
{
    if (!keeps_ttls(m, rdb_type))
        return;
    h->ttl_listpack_bytes += listpack_integer_bytes(expire_at_ms);
    h->has_field_ttl = expire_at_ms != 0;
    if (h->has_field_ttl)
        add_ttl(ttls, expire_at_ms);
    if (!is_ttl_first(rdb_type) && h->has_field_ttl) { /* of the pair before */
        h->strings.counted -= h->pair.counted;
        h->strings.allocated -= h->pair.allocated;
        add_pair(h, m, h->value_bytes);
        h->has_field_ttl = false;
    }
}

void weigh_hash_item(struct hash_meter *h, struct field_ttls *ttls, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it)
{
    const uint64_t n = it->size_bytes;

    switch (it->role) {
    case RDBP_ROLE_FIELD_TTL: take_field_ttl(h, ttls, m, rdb_type, it->u.expire_at_ms); return;
    case RDBP_ROLE_FIELD:
        h->field_bytes = n;
        note_long_pair(h, ttls, m, n);
        break;
    case RDBP_ROLE_VALUE:
        add_pair(h, m, n);
        note_long_pair(h, ttls, m, n);
        if (++h->pair_count > m->settings.hash_max_listpack_entries && !ttls->is_flushed)
            flush_early(ttls); /* never packed: in file order */
        break;
    default: return;
    }
    if (m->version->has_listpack)
        h->listpack_bytes += listpack_string_bytes(n, it->is_integer, it->u.integer);
    else
        ziplist_size_add(&h->ziplist, n, it->is_integer, it->u.integer);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void add_many(struct table_growth *t, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        table_add(t);
}

static void grow_table(struct table_growth *t, uint64_t count)
{
    table_init(t, 0);
    add_many(t, count);
}

/* A hash that turned out to need a table half-way. */
static void replay_conversion(const struct hash_meter *h, const struct memory_model *m,
                              uint64_t pair_count, bool has_ttls, struct table_growth *t)
{
    const struct memory_version *const v = m->version;
    const uint64_t packed = h->first_long_pair;
    const uint64_t remaining = pair_count > packed ? pair_count - packed - 1 : 0;
    const uint64_t want = v->expands_hash_whole ? pair_count : remaining;
    /* HASH_METADATA is expanded before the long pair is added. */
    const uint64_t before = has_ttls ? packed : packed + 1;

    table_init(t, v->expands_hash_first ? packed : 0);
    add_many(t, before);
    if (want > EXPAND_MORE_THAN && v->expands_tables)
        table_expand(t, want);
    add_many(t, pair_count > before ? pair_count - before : 0);
}

static void replay_load(const struct hash_meter *h, const struct memory_model *m, uint16_t rdb_type,
                        uint64_t pair_count, struct table_growth *t)
{
    const bool is_over = pair_count > m->settings.hash_max_listpack_entries;
    const bool has_ttls = keeps_ttls(m, rdb_type) && is_ttl_first(rdb_type);
    const bool is_expanded = is_spread_out(rdb_type) ? m->version->expands_tables && !has_ttls
                                                     : m->version->expands_hash_first;

    if (is_spread_out(rdb_type) && !is_over)
        replay_conversion(h, m, pair_count, has_ttls, t);
    else if (is_expanded)
        table_init(t, pair_count);
    else
        grow_table(t, pair_count);
}

/* The same with Valkey's tables. */
static void replay_bucket_load(const struct hash_meter *h, const struct memory_model *m,
                               uint16_t rdb_type, uint64_t pair_count, struct bucket_table *t)
{
    const uint64_t packed = h->first_long_pair;
    const bool is_converted =
        is_spread_out(rdb_type) && h->has_long_pair && !keeps_ttls(m, rdb_type) &&
        pair_count <= m->settings.hash_max_listpack_entries && pair_count > packed;

    bucket_table_init(t, is_converted ? packed : pair_count);
    if (is_converted) {
        bucket_table_add(t, packed + 1);
        bucket_table_expand(t, pair_count - packed - 1);
        bucket_table_add(t, pair_count - packed - 1);
    } else {
        t->used = pair_count;
    }
}

static struct weight weigh_hash_table(const struct hash_meter *h, struct field_ttls *ttls,
                                      const struct memory_model *m, const struct key_frame *key,
                                      uint16_t rdb_type, uint64_t pair_count)
{
    const struct memory_version *const v = m->version;
    const bool has_ttls = keeps_ttls(m, rdb_type);
    const uint64_t ttls_bytes =
        has_ttls ? finish_ttls(ttls, is_spread_out(rdb_type) && h->has_long_pair) : 0;
    struct table_parts parts = {.asize = v->dict_bytes,
                                .metadata_bytes =
                                    has_ttls ? v->ttl_metadata_bytes : v->hash_metadata_bytes,
                                .elements = h->strings,
                                .element_count = pair_count};
    struct bucket_table buckets;
    struct table_growth table;
    struct weight w;

    if (v->has_bucket_tables) {
        replay_bucket_load(h, m, rdb_type, pair_count, &buckets);
        parts.asize = ttls_bytes;
        w = weigh_bucket_table(m, key, &buckets, &parts);
        if (has_ttls && (ttls->vset.is_random || ttls->vset.is_estimate))
            w.note = SIZE_EXPECTED;
    } else {
        replay_load(h, m, rdb_type, pair_count, &table);
        add_bytes(&parts.elements, weigh_entries(m, v->hash_entries, table.slots, pair_count));
        w = weigh_table(m, key, &table, &parts);
    }
    w.alloc_bytes += ttls_bytes;
    return w;
}

static struct weight weigh_listpack_ex(const struct memory_model *m, const struct key_frame *key,
                                       uint64_t n)
{
    struct weight w = weigh_packed(m, key, n, ENCODING_LISTPACKEX);

    w.bytes += m->alloc_size(m->version->listpack_ex_bytes);
    w.alloc_bytes += m->alloc_size(m->version->listpack_ex_bytes);
    return w;
}

struct weight weigh_packed_hash(const struct hash_meter *h, const struct memory_model *m,
                                const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes)
{
    if (keeps_ttls(m, rdb_type))
        return weigh_listpack_ex(m, key,
                                 is_listpack_ex(rdb_type)
                                     ? raw_bytes
                                     : LISTPACK_EMPTY_BYTES + h->listpack_bytes +
                                           h->ttl_listpack_bytes);
    if (m->version->has_listpack)
        return weigh_packed(m, key,
                            rdb_type == RDBP_RDB_HASH_LISTPACK
                                ? raw_bytes
                                : LISTPACK_EMPTY_BYTES + h->listpack_bytes,
                            ENCODING_LISTPACK);
    return weigh_packed(m, key,
                        rdb_type == RDBP_RDB_HASH_ZIPLIST ? raw_bytes
                                                          : ZIPLIST_EMPTY_BYTES + h->ziplist.bytes,
                        m->version->has_zipmap ? ENCODING_ZIPMAP : ENCODING_ZIPLIST);
}

struct weight weigh_hash_end(const struct hash_meter *h, struct field_ttls *ttls,
                             const struct memory_model *m, const struct key_frame *key,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t pair_count)
{
    /* Lengths matter where strings are added one by one; packed blobs are trusted. */
    const bool checks_lengths = is_spread_out(rdb_type) || rdb_type == RDBP_RDB_HASH_ZIPMAP;

    /* Valkey keeps a hash with field TTLs in a table always. */
    if (pair_count > m->settings.hash_max_listpack_entries ||
        (checks_lengths && h->has_long_pair) ||
        (m->version->field_ttl == FIELD_TTL_VSET && keeps_ttls(m, rdb_type)))
        return weigh_hash_table(h, ttls, m, key, rdb_type, pair_count);
    return weigh_packed_hash(h, m, key, rdb_type, raw_bytes);
}
