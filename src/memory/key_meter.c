/* key_meter.c -- weighs keys from the parser's events, one at a time.
 *
 * It knows which part of a value must be decoded for its size, keeps what all types have in common
 * (largest element, depth) and hands the rest to the meter of the key (weigh_key.c) and of the type
 * (weigh_*.c).
 *
 * Depth.  Opening a blob costs time, so one that is compressed is opened only if its size after the
 * load hangs on its elements: a type that the load rewrites, or more elements than a packed value
 * may have.  What lies uncompressed in the file is always walked: that is cheap, gives the largest
 * element and finds damage; nothing else of the elements is asked for.
 *
 * A module's value cannot be weighed from the file, and most modules report nothing: only the key
 * is counted (rdb.c, module.c: moduleGetMemUsage(), Redis 7.2).  Of an array, too: its slices and
 * their directory are not modelled (sparsearray.c, Redis 8.8).
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "memory/other_form.h"

#define DEPTH_OPEN ((unsigned)RDBP_DEPTH_SHAPE | (unsigned)RDBP_DEPTH_ITEMS)
#define DEPTH_WALK ((unsigned)RDBP_DEPTH_SHAPE | (unsigned)RDBP_DEPTH_WALK)

struct key_meter {
    struct memory_model model;
    bool shares_no_integers; /* by the settings; else the file's FREQ and IDLE say so */
    bool is_deep;
    struct node_means node_means;

    /* The current key. */
    struct key_frame key;
    enum rdbp_type type;
    uint16_t rdb_type;
    bool has_metadata;    /* of modules: not known how large */
    bool has_closed_blob; /* one was not opened: its elements are not known */
    bool stays_packed;    /* it weighs what its one blob does, whoever wants the items */
    uint64_t largest_element;
    /* The value, where it is one string. */
    uint64_t raw_bytes;
    uint64_t lzf_bytes; /* 0: not compressed */
    bool is_integer;
    int64_t integer;
    union {
        struct list_meter list;
        struct set_meter set;
        struct hash_meter hash;
        struct zset_meter zset;
    } value;
    struct stream_meter stream;
    struct node_ring ring;
    struct field_ttls ttls;
    bool out_of_memory;
};

/* Under these each key needs a clock of its own, so none can share its value. */
static bool is_lru_or_lfu(enum maxmemory_policy p)
{
    switch (p) {
    case POLICY_ALLKEYS_LRU:
    case POLICY_ALLKEYS_LFU:
    case POLICY_ALLKEYS_LRM:
    case POLICY_VOLATILE_LRU:
    case POLICY_VOLATILE_LFU:
    case POLICY_VOLATILE_LRM: return true;
    default: return false;
    }
}

struct key_meter *key_meter_new(const struct memory_model *m, bool deep)
{
    struct key_meter *k = calloc(1, sizeof *k);

    if (k == NULL)
        return NULL;
    k->model = *m;
    k->shares_no_integers =
        m->settings.maxmemory_bytes > 0 && is_lru_or_lfu(m->settings.maxmemory_policy);
    k->is_deep = deep;
    return k;
}

void key_meter_free(struct key_meter *k)
{
    if (k == NULL)
        return;
    weigh_stream_done(&k->stream);
    node_ring_done(&k->ring);
    field_ttls_done(&k->ttls);
    free(k);
}

/* Types whose elements are strings of their own in the file: no blob announces them. */
static bool is_spread_out(uint16_t rdb_type)
{
    switch (rdb_type) {
    case RDBP_RDB_LIST:
    case RDBP_RDB_SET:
    case RDBP_RDB_ZSET:
    case RDBP_RDB_ZSET_2:
    case RDBP_RDB_HASH:
    case RDBP_RDB_HASH_METADATA_PRE_GA:
    case RDBP_RDB_HASH_METADATA:
    case RDBP_RDB_HASH_2:
    case RDBP_RDB_ARRAY: return true;
    default: return false;
    }
}

/* A file with frequencies or idle times comes from a server with such a policy, which nobody sets
 * without a maxmemory. */
static bool has_private_integers(const struct key_meter *k, const struct rdbp_key *key)
{
    const struct memory_settings *const s = &k->model.settings;

    if (s->has_maxmemory || s->has_maxmemory_policy)
        return k->shares_no_integers;
    return key->has_freq || key->has_idle;
}

unsigned key_meter_begin(struct key_meter *k, const struct rdbp_key *key)
{
    const struct memory_model *const m = &k->model;

    k->key = (struct key_frame){.name_bytes = key->key_bytes,
                                .has_expire = key->has_expire,
                                .has_private_integers = has_private_integers(k, key)};
    k->type = key->type;
    k->rdb_type = key->rdb_type;
    k->has_metadata = key->metadata_count > 0;
    k->has_closed_blob = k->stays_packed = false;
    k->largest_element = 0;
    k->raw_bytes = k->lzf_bytes = 0;
    k->is_integer = false;
    switch (key->type) {
    case RDBP_TYPE_LIST: k->value.list = (struct list_meter){0}; break;
    case RDBP_TYPE_SET: k->value.set = (struct set_meter){0}; break;
    case RDBP_TYPE_ZSET: k->value.zset = (struct zset_meter){0}; break;
    case RDBP_TYPE_HASH:
        k->value.hash = (struct hash_meter){0};
        field_ttls_begin(&k->ttls, m);
        break;
    case RDBP_TYPE_STREAM: weigh_stream_begin(&k->stream, m); break;
    default: break;
    }
    return k->is_deep || is_spread_out(key->rdb_type) ? DEPTH_OPEN : (unsigned)RDBP_DEPTH_SHAPE;
}

/* More elements than `limit` by the header, or nobody knows how many. */
static bool may_exceed(const struct rdbp_blob *b, uint64_t entries_per_element, uint64_t limit)
{
    return !b->has_count || b->entry_count / entries_per_element > limit;
}

/* The size after the load depends on the elements in this blob. */
static bool needs_elements(const struct key_meter *k, const struct rdbp_blob *b)
{
    const struct memory_version *const v = k->model.version;
    const struct memory_settings *const s = &k->model.settings;

    switch (k->rdb_type) {
    case RDBP_RDB_HASH_ZIPMAP: /* rewritten, or longest string wanted */
    case RDBP_RDB_LIST_ZIPLIST:
    case RDBP_RDB_HASH_LISTPACK_EX: /* the first TTL counts for the database */
    case RDBP_RDB_HASH_LISTPACK_EX_PRE_GA: return true;
    /* What the version does not have is rewritten. */
    case RDBP_RDB_LIST_QUICKLIST: return v->has_listpack;
    case RDBP_RDB_LIST_QUICKLIST_2: return !v->has_listpack;
    case RDBP_RDB_ZSET_ZIPLIST:
        return v->has_listpack || may_exceed(b, 2, s->zset_max_listpack_entries);
    case RDBP_RDB_HASH_ZIPLIST:
        return v->has_listpack || may_exceed(b, 2, s->hash_max_listpack_entries);
    case RDBP_RDB_ZSET_LISTPACK:
        return !v->has_listpack || may_exceed(b, 2, s->zset_max_listpack_entries);
    case RDBP_RDB_HASH_LISTPACK:
        return !v->has_listpack || may_exceed(b, 2, s->hash_max_listpack_entries);
    case RDBP_RDB_SET_LISTPACK:
        return !v->has_set_listpack || may_exceed(b, 1, s->set_max_listpack_entries);
    case RDBP_RDB_SET_INTSET: return may_exceed(b, 1, s->set_max_intset_entries);
    default: return false;
    }
}

static bool is_one_blob(enum rdbp_type type)
{
    return type == RDBP_TYPE_HASH || type == RDBP_TYPE_SET || type == RDBP_TYPE_ZSET;
}

unsigned key_meter_blob(struct key_meter *k, const struct rdbp_blob *blob)
{
    const bool is_string = blob->format == RDBP_FORMAT_STRING;
    bool needs_items, is_opened;

    if (blob->blob_index == 0) {
        k->raw_bytes = blob->raw_bytes;
        k->lzf_bytes = blob->is_lzf ? blob->stored_bytes : 0;
        k->is_integer = blob->is_integer;
        k->integer = blob->integer;
    }
    if (k->type == RDBP_TYPE_LIST)
        weigh_list_blob(&k->value.list, &k->ring, &k->model, k->rdb_type, blob);
    else if (k->type == RDBP_TYPE_STREAM)
        weigh_stream_blob(&k->stream, &k->model, blob);

    if (is_string && blob->raw_bytes > k->largest_element)
        k->largest_element = blob->raw_bytes;
    needs_items = needs_elements(k, blob);
    is_opened = k->is_deep || (!is_string && !blob->is_lzf) || needs_items;
    if (!is_opened && !is_string)
        k->has_closed_blob = true;
    k->stays_packed = !is_string && !needs_items && is_one_blob(k->type);
    return needs_items ? DEPTH_OPEN : is_opened ? DEPTH_WALK : (unsigned)RDBP_DEPTH_SHAPE;
}

static bool has_payload(uint8_t role)
{
    return role == RDBP_ROLE_ELEMENT || role == RDBP_ROLE_MEMBER || role == RDBP_ROLE_FIELD ||
           role == RDBP_ROLE_VALUE;
}

void key_meter_items(struct key_meter *k, const struct rdbp_items *items)
{
    const struct memory_model *const m = &k->model;

    for (size_t i = 0; i < items->count; i++) {
        const rdbp_item *const it = &items->items[i];

        if (it->piece_offset > 0) /* the rest of a long string: counted with its first piece */
            continue;
        if (has_payload(it->role) && it->size_bytes > k->largest_element)
            k->largest_element = it->size_bytes;
        if (k->stays_packed)
            continue;
        switch (k->type) {
        case RDBP_TYPE_LIST: weigh_list_item(&k->value.list, &k->ring, m, k->rdb_type, it); break;
        case RDBP_TYPE_SET: weigh_set_item(&k->value.set, m, it); break;
        case RDBP_TYPE_ZSET:
            weigh_zset_item(&k->value.zset, &k->node_means, m, k->rdb_type, it);
            break;
        case RDBP_TYPE_HASH: weigh_hash_item(&k->value.hash, &k->ttls, m, k->rdb_type, it); break;
        case RDBP_TYPE_STREAM: weigh_stream_item(&k->stream, m, it); break;
        default: break;
        }
    }
}

/* The object is counted with what the module says only since the key is in it, and then as it is
 * allocated. */
static struct weight weigh_module(const struct memory_model *m, const struct key_frame *key)
{
    const bool is_counted = m->version->key_layout == KEY_IN_OBJECT && !m->version->counts_no_name;

    return (struct weight){.bytes = is_counted ? key->object.allocated : 0,
                           .alloc_bytes = key->object.allocated + m->alloc_size(MODULE_VALUE_BYTES),
                           .encoding = ENCODING_RAW,
                           .note = SIZE_LOWER_BOUND};
}

static struct weight weigh_array(const struct key_frame *key)
{
    return (struct weight){.bytes = key->object.counted,
                           .alloc_bytes = key->object.allocated,
                           .encoding = ENCODING_SLICED_ARRAY,
                           .note = SIZE_LOWER_BOUND};
}

static struct weight weigh_stream(struct key_meter *k)
{
    struct weight w = {.note = SIZE_LOWER_BOUND};

    k->out_of_memory = weigh_stream_end(&k->stream, &k->model, &k->key, &w) < 0;
    return w;
}

/* Returned and not put somewhere: copied as a whole right after it was written member by member, it
 * would keep the processor waiting for the stores. */
static struct weight weigh_value(struct key_meter *k, uint64_t element_count)
{
    const struct memory_model *const m = &k->model;
    const struct key_frame *const key = &k->key;
    const uint64_t raw_bytes = k->raw_bytes;

    switch (k->type) {
    case RDBP_TYPE_STRING:
        return weigh_string(m, key, raw_bytes, k->is_integer ? &k->integer : NULL);
    case RDBP_TYPE_LIST:
        return weigh_list_end(&k->value.list, &k->ring, m, key, k->rdb_type, element_count);
    case RDBP_TYPE_SET:
        return weigh_set_end(&k->value.set, m, key, k->rdb_type, raw_bytes, element_count);
    case RDBP_TYPE_ZSET:
        return weigh_zset_end(&k->value.zset, m, key, k->rdb_type, raw_bytes, element_count);
    case RDBP_TYPE_HASH:
        return weigh_hash_end(&k->value.hash, &k->ttls, m, key, k->rdb_type, raw_bytes,
                              element_count);
    case RDBP_TYPE_STREAM: return weigh_stream(k);
    case RDBP_TYPE_MODULE: return weigh_module(m, key);
    case RDBP_TYPE_ARRAY: return weigh_array(key);
    default: return (struct weight){.note = SIZE_LOWER_BOUND};
    }
}

/* Most values have no other form, and are not asked for one. */
static bool may_have_form(const struct key_meter *k, enum encoding encoding)
{
    return k->type == RDBP_TYPE_STRING
               ? k->lzf_bytes > 0
               : encoding == ENCODING_HASHTABLE || encoding == ENCODING_SKIPLIST;
}

/* Of the value without its key's entry; empty if it is in no other one. */
static struct other_form find_form(const struct key_meter *k, uint64_t element_count)
{
    const struct memory_model *const m = &k->model;

    if (k->type == RDBP_TYPE_STRING)
        return (struct other_form){.kind = FORM_COMPRESSED,
                                   .entries_factor = 1,
                                   .value_factor = 1,
                                   .alloc_bytes =
                                       weigh_string(m, &k->key, k->lzf_bytes, NULL).alloc_bytes};
    if (k->type == RDBP_TYPE_HASH)
        return packed_hash_form(&k->value.hash, m, &k->key, k->rdb_type, element_count,
                                k->largest_element);
    if (k->type == RDBP_TYPE_SET)
        return packed_set_form(&k->value.set, m, &k->key, k->rdb_type, element_count);
    return packed_zset_form(&k->value.zset, m, &k->key, k->rdb_type, element_count);
}

static int64_t clamp_to_row(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

int key_meter_end(struct key_meter *k, const struct rdbp_value_end *end, struct key_size *ret_size)
{
    const struct string_bytes entry = weigh_key(&k->model, &k->key);
    const bool has_elements = k->type <= RDBP_TYPE_STREAM || k->type == RDBP_TYPE_ARRAY;
    struct weight w;

    if (!end->ok || end->is_empty) { /* an empty one is not loaded at all */
        *ret_size = (struct key_size){.bytes = end->ok ? 0 : ROW_NULL,
                                      .alloc_bytes = end->ok ? 0 : ROW_NULL,
                                      .encoding = ENCODING_UNKNOWN,
                                      .note = end->ok ? SIZE_EXACT : SIZE_UNKNOWN,
                                      .largest_element = ROW_NULL,
                                      .first_field_ttl_ms = ROW_NULL};
        return 0;
    }
    w = weigh_value(k, end->element_count);
    if (k->out_of_memory || k->ring.out_of_memory || k->ttls.out_of_memory)
        return -1;
    if (end->longest_bytes > k->largest_element)
        k->largest_element = end->longest_bytes;
    ret_size->bytes = clamp_to_row(entry.counted + w.bytes);
    ret_size->encoding = w.encoding;
    ret_size->largest_element =
        has_elements && !k->has_closed_blob ? clamp_to_row(k->largest_element) : ROW_NULL;
    ret_size->note = k->has_metadata ? SIZE_LOWER_BOUND : w.note;
    ret_size->alloc_bytes = clamp_to_row(entry.allocated + w.alloc_bytes);
    ret_size->first_field_ttl_ms = k->type == RDBP_TYPE_HASH ? k->ttls.earliest_ms : ROW_NULL;
    ret_size->lzf_bytes = k->type == RDBP_TYPE_STRING ? k->lzf_bytes : 0;
    ret_size->form.kind = FORM_NONE;
    if (may_have_form(k, w.encoding))
        ret_size->form = find_form(k, end->element_count);
    if (ret_size->form.kind != FORM_NONE)
        ret_size->form.alloc_bytes += entry.allocated;
    return 0;
}
