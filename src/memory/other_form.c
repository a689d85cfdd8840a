/* other_form.c -- what a key would take in another form: packed, or compressed by its client.
 *
 *      hash, set, zset   a table or a skiplist because of a little too many elements, or too long
 * ones: packed, as a server with limits of two or four times as much would load it string as its
 * LZF text in the file, which a client could have stored as well
 *
 * Only values that the load makes a table of are looked at: those that are packed in the file come
 * from a server whose limits are higher than the settings assumed here, so raising them gives that
 * server nothing.  What a table would be packed has been summed with its elements, as a value
 * within the limits needs it; nothing is opened for this.
 *
 * Valkey keeps hashes with field TTLs in tables always, versions before 7.2 sets of texts.
 */
// SPDX-License-Identifier: MIT
#include "memory/other_form.h"

#include <stdio.h>

static uint8_t find_factor(uint64_t n, uint64_t limit)
{
    if (n <= limit)
        return 1;
    /* As n <= 2 * limit without an overflow. */
    if (n / 2 + n % 2 <= limit)
        return 2;
    return n / 4 + (n % 4 > 0) <= limit ? 4 : 0;
}

/* Both limits hold with their factors: false if one would have to be raised beyond. */
static bool find_factors(struct other_form *f, uint64_t count, uint64_t entries_limit,
                         uint64_t longest, uint64_t value_limit)
{
    f->entries_factor = find_factor(count, entries_limit);
    f->value_factor = find_factor(longest, value_limit);
    return f->entries_factor > 0 && f->value_factor > 0 &&
           (f->entries_factor > 1 || f->value_factor > 1);
}

struct other_form packed_hash_form(const struct hash_meter *h, const struct memory_model *m,
                                   const struct key_frame *key, uint16_t rdb_type,
                                   uint64_t pair_count, uint64_t longest)
{
    const struct memory_settings *const s = &m->settings;
    struct other_form f = {.kind = FORM_PACKED_HASH};

    if (rdb_type != RDBP_RDB_HASH && rdb_type != RDBP_RDB_HASH_METADATA)
        return (struct other_form){0};
    if (!find_factors(&f, pair_count, s->hash_max_listpack_entries, longest,
                      s->hash_max_listpack_value))
        return (struct other_form){0};
    f.alloc_bytes = weigh_packed_hash(h, m, key, rdb_type, 0).alloc_bytes;
    return f;
}

struct other_form packed_zset_form(const struct zset_meter *z, const struct memory_model *m,
                                   const struct key_frame *key, uint16_t rdb_type,
                                   uint64_t member_count)
{
    const struct memory_settings *const s = &m->settings;
    struct other_form f = {.kind = FORM_PACKED_ZSET};

    if (rdb_type != RDBP_RDB_ZSET && rdb_type != RDBP_RDB_ZSET_2)
        return (struct other_form){0};
    if (!find_factors(&f, member_count, s->zset_max_listpack_entries, z->longest,
                      s->zset_max_listpack_value))
        return (struct other_form){0};
    f.alloc_bytes = weigh_packed_zset(z, m, key, rdb_type, 0).alloc_bytes;
    return f;
}

struct other_form packed_set_form(const struct set_meter *s, const struct memory_model *m,
                                  const struct key_frame *key, uint16_t rdb_type,
                                  uint64_t member_count)
{
    const struct memory_settings *const limits = &m->settings;
    const bool is_intset = s->phase == SET_IS_INTSET;
    struct other_form f = {.kind = is_intset ? FORM_INTSET : FORM_PACKED_SET};

    if (rdb_type != RDBP_RDB_SET)
        return (struct other_form){0};
    if (is_intset) {
        if (!find_factors(&f, member_count, limits->set_max_intset_entries, 0, 0))
            return (struct other_form){0};
    } else if (!m->version->has_set_listpack || member_count > limits->set_max_intset_entries ||
               !find_factors(&f, member_count, limits->set_max_listpack_entries, s->longest,
                             limits->set_max_listpack_value)) {
        /* With more members than an intset may have it is loaded into a table at once. */
        return (struct other_form){0};
    }
    f.alloc_bytes = weigh_packed_set(s, m, key, member_count).alloc_bytes;
    return f;
}

/* The directives' names of the version: zipmap before 2.6, ziplist before 7.0. */
static const char *packed_word(const struct memory_version *v)
{
    return v->has_listpack ? "listpack" : v->has_zipmap ? "zipmap" : "ziplist";
}

bool form_limit_at(const struct memory_model *m, enum form_kind kind, struct form_limit *ret_limit)
{
    const struct memory_settings *const s = &m->settings;
    const char *packed = packed_word(m->version), *type = "hash";
    struct form_limit l = {.entries = s->hash_max_listpack_entries,
                           .value_bytes = s->hash_max_listpack_value};

    switch (kind) {
    case FORM_PACKED_HASH: break;
    case FORM_PACKED_ZSET:
        type = "zset";
        packed = m->version->has_listpack ? "listpack" : "ziplist";
        l.entries = s->zset_max_listpack_entries;
        l.value_bytes = s->zset_max_listpack_value;
        break;
    case FORM_PACKED_SET:
        if (!m->version->has_set_listpack)
            return false;
        type = "set";
        l.entries = s->set_max_listpack_entries;
        l.value_bytes = s->set_max_listpack_value;
        break;
    case FORM_INTSET:
        snprintf(l.entries_name, sizeof l.entries_name, "set-max-intset-entries");
        l.entries = s->set_max_intset_entries;
        *ret_limit = l;
        return true;
    default: return false;
    }
    snprintf(l.entries_name, sizeof l.entries_name, "%s-max-%s-entries", type, packed);
    snprintf(l.value_name, sizeof l.value_name, "%s-max-%s-value", type, packed);
    *ret_limit = l;
    return true;
}
