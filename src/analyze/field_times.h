/* field_times.h -- the TTLs of a hash's fields, as the file has them. */
#ifndef RDBLENS_FIELD_TIMES_H
#define RDBLENS_FIELD_TIMES_H

#include "key_row.h"

struct field_times {
    bool is_open; /* the value being read may have some */
    int64_t now_ms;
    uint64_t fields, expired_fields; /* with a TTL */
    int64_t first_ms, last_ms;
};

static inline bool has_field_times(uint16_t rdb_type)
{
    return (rdb_type >= RDBP_RDB_HASH_METADATA_PRE_GA && rdb_type <= RDBP_RDB_HASH_LISTPACK_EX) ||
           rdb_type == RDBP_RDB_HASH_2;
}

/* The key meter asks for the items of such values. */
static inline void field_times_begin(struct field_times *f, uint16_t rdb_type, int64_t now_ms)
{
    f->is_open = has_field_times(rdb_type);
    f->now_ms = now_ms;
    f->fields = f->expired_fields = 0;
    f->first_ms = f->last_ms = ROW_NULL;
}

static inline void field_times_items(struct field_times *f, const struct rdbp_items *items)
{
    for (size_t i = 0; f->is_open && i < items->count; i++) {
        const int64_t at = items->items[i].u.expire_at_ms;

        if (items->items[i].role != RDBP_ROLE_FIELD_TTL || at == 0)
            continue;
        f->fields++;
        f->expired_fields += at < f->now_ms;
        if (f->fields == 1 || at < f->first_ms)
            f->first_ms = at;
        if (f->fields == 1 || at > f->last_ms)
            f->last_ms = at;
    }
}

#endif
