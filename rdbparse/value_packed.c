/* value_packed.c -- values that are packed blobs: one, or the nodes of a quicklist.
 *
 *      PACKED      [i64 minExpire] blob
 *      QUICKLIST   len nodes, nodes x blob                            (14: ziplists)
 *                  len nodes, nodes x (len container, str)            (18: 1 PLAIN element, 2
 * listpack)
 *
 * Each blob is announced (BLOB), then walked when elements are wanted or when its head does not say
 * how many there are; else skipped.  A damaged blob costs this value: the rest of it is skipped by
 * its outer length.  Upstream: rdb.c (rdbLoadObject), Redis 7.4.
 */
// SPDX-License-Identifier: MIT
#include "packed_span.h"
#include "parser_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOB_HEAD = 0, BLOB_OPEN, BLOB_WALK, BLOB_CLOSE };
enum { CONTAINER_PLAIN = 1, CONTAINER_PACKED = 2 };

bool parse_double(rdbp_parser *p, const uint8_t *text, size_t n, double *ret_double)
{
    char copy[256], *end; /* the old form has at most 252 bytes */

    if (n == 0 || n >= sizeof copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    *ret_double = strtod_l(copy, &end, p->c_locale);
    return end == copy + n && !isnan(*ret_double);
}

int packed_value_begin(rdbp_parser *p)
{
    struct value *v = &p->value;
    uint64_t min_expire;

    v->count = 1;
    if (v->type->layout->has_min_expire) {
        if (read_u64le(p, "a hash's earliest expiry", &min_expire) < 0)
            return -1;
        v->min_expire_ms = (int64_t)min_expire;
    }
    if (v->type->handler == HANDLER_QUICKLIST)
        return read_count(p, "a list's nodes", v->type->rdb_type == RDBP_RDB_LIST_QUICKLIST ? 1 : 2,
                          &v->count);
    return 0;
}

/* The blob's frame: container (type 18) and string head. */
static int read_blob_head(rdbp_parser *p)
{
    struct value *v = &p->value;
    const uint64_t offset = reader_offset(p->reader);
    uint64_t container = CONTAINER_PACKED;

    if (v->type->rdb_type == RDBP_RDB_LIST_QUICKLIST_2 &&
        read_len(p, "a list node's container", &container) < 0)
        return -1;
    if (container != CONTAINER_PACKED && container != CONTAINER_PLAIN)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "list node of container %llu, must be 1 or 2",
                     (unsigned long long)container);
    v->is_plain = container == CONTAINER_PLAIN;
    if (read_str_head(p, "a packed value", &v->head) < 0)
        return -1;
    reader_expect(p->reader, v->head.stored_bytes);
    v->blob_offset = reader_offset(p->reader);
    return 0;
}

/* Announces the blob.  VALUE_DONE: no event is wanted. */
static enum value_result begin_blob(rdbp_parser *p)
{
    struct value *v = &p->value;
    int r;

    if (read_blob_head(p) < 0)
        return VALUE_FATAL;
    v->phase = BLOB_OPEN;
    r = fill_blob_event(p, v->is_plain ? RDBP_FORMAT_STRING : v->type->layout->format);
    if (r < 0)
        return VALUE_FATAL;
    if (r > 0 && !v->is_plain && v->blob_head.has_count &&
        v->blob_head.entry_count % v->type->layout->arity != 0) {
        value_damaged(p, v->blob_offset, "%llu entries do not make whole elements of %u",
                      (unsigned long long)v->blob_head.entry_count, v->type->layout->arity);
        r = 0;
    }
    return r > 0 && p->depth != RDBP_DEPTH_NONE ? VALUE_EVENT : VALUE_DONE;
}

static int open_blob(rdbp_parser *p)
{
    struct value *v = &p->value;
    const bool walks = wants_walk(p) || (!v->is_plain && !v->blob_head.has_count);
    int r;

    if (v->is_damaged || !walks) {
        v->entries += v->is_plain ? 1 : v->blob_head.entry_count;
        v->phase = BLOB_HEAD;
        v->index++;
        return skip_blob(p) < 0 ? -1 : parser_tick(p);
    }
    r = open_str(p, &v->head);
    if (r < 0)
        return -1;
    if (r > 0) {
        value_damaged(p, v->blob_offset, "compressed bytes are damaged");
    } else if (v->is_plain) {
        if (items_begin_string(p, RDBP_ROLE_ELEMENT, v->head.raw_bytes) < 0)
            r = blob_failed(p, "list node cannot be read");
        v->entries++;
    } else if (packed_begin(&p->packed, v->type->layout->format, &p->cursor) < 0) {
        r = blob_failed(p, p->packed.message);
    }
    v->step = 0;
    p->batch_offset = v->blob_offset;
    v->phase = v->is_damaged ? BLOB_CLOSE : BLOB_WALK;
    return r < 0 ? -1 : 0;
}

static void push_integer_score(rdbp_parser *p, int64_t integer)
{
    rdbp_item *item = push_item(p, RDBP_ROLE_SCORE);

    item->is_integer = true;
    item->size_bytes = integer_text_bytes(integer);
    item->u.score = (double)integer;
}

/* A score: integer or text.  The text is short, so it is whole at the cursor. */
static int push_score(rdbp_parser *p, const struct packed_entry *e)
{
    const uint8_t *text;
    int64_t integer;
    rdbp_item *item;
    double score;

    if (!e->is_string) {
        if (wants_items(p))
            push_integer_score(p, e->integer);
        return 0;
    }
    text = e->size_bytes < 256 ? cursor_take(&p->cursor, (size_t)e->size_bytes) : NULL;
    if (!text || !parse_double(p, text, (size_t)e->size_bytes, &score))
        return packed_fail(&p->packed, "score of entry %llu is not a number",
                           (unsigned long long)p->packed.entries_seen - 1);
    if (wants_items(p)) {
        item = push_item(p, RDBP_ROLE_SCORE);
        item->is_integer = parse_canonical_integer(text, (size_t)e->size_bytes, &integer);
        item->size_bytes = e->size_bytes;
        item->u.score = score;
    }
    return 0;
}

/* Fields are ordered by expiry, those without one come last. */
static int push_ttl(rdbp_parser *p, const struct packed_entry *e)
{
    struct value *v = &p->value;

    if (e->is_string || e->integer < 0 || e->integer > EXPIRE_AT_MAX_MS)
        return packed_fail(&p->packed, "field TTL of entry %llu is not a time",
                           (unsigned long long)p->packed.entries_seen - 1);
    if (p->packed.entries_seen > v->type->layout->arity && e->integer != 0 &&
        e->integer < v->previous_ttl_ms)
        return packed_fail(&p->packed, "field TTL of entry %llu is before the one before it",
                           (unsigned long long)p->packed.entries_seen - 1);
    v->previous_ttl_ms = e->integer == 0 ? INT64_MAX : e->integer;
    if (wants_items(p))
        push_item(p, RDBP_ROLE_FIELD_TTL)->u.expire_at_ms = e->integer;
    return 0;
}

/* One entry's head into the batch; strings go on through p->out. */
static int take_entry(rdbp_parser *p, const struct packed_entry *e)
{
    struct value *v = &p->value;
    const enum rdbp_role role = (enum rdbp_role)v->type->layout->roles[v->step];

    v->step = (uint8_t)(v->step + 1 == v->type->layout->arity ? 0 : v->step + 1);
    if (role == RDBP_ROLE_SCORE)
        return push_score(p, e);
    if (role == RDBP_ROLE_FIELD_TTL)
        return push_ttl(p, e);
    if (e->is_string)
        return items_begin_string(p, role, e->size_bytes);
    take_integer(p, role, e->integer);
    return 0;
}

/* An entry that needs no closer look.  False: it does, or the batch has no room for it. */
static inline bool take_span(rdbp_parser *p, enum rdbp_role role, const uint8_t *b,
                             const struct packed_span *s)
{
    if (wants_items(p) && batch_is_full(p))
        return false;
    if (role == RDBP_ROLE_FIELD_TTL || (role == RDBP_ROLE_SCORE && s->is_string))
        return false;
    if (s->is_string)
        return take_text(p, role, b + s->text_at, s->text_bytes, p->cursor.is_stable);
    if (role != RDBP_ROLE_SCORE)
        take_integer(p, role, s->integer);
    else if (wants_items(p))
        push_integer_score(p, s->integer);
    return true;
}

/* The entries that lie in the window whole, one after the other. */
static void walk_window(rdbp_parser *p)
{
    const struct layout *layout = p->value.type->layout;
    struct packed *w = &p->packed;
    struct cursor *c = &p->cursor;
    const uint64_t offset = cursor_offset(c);
    const uint8_t *const start = c->pos, *const end = c->end;
    const uint8_t *pos = start;
    unsigned step = p->value.step;
    struct packed_span s = {0};

    while (packed_span(w, pos, (size_t)(end - pos), &s) &&
           take_span(p, (enum rdbp_role)layout->roles[step], pos, &s)) {
        packed_pass(w, &s, offset + (uint64_t)(pos - start));
        pos += s.size_bytes;
        step = step + 1 == layout->arity ? 0 : step + 1;
    }
    p->value.step = (uint8_t)step;
    c->pos = pos;
}

/* Walks until the batch is full (0) or the blob ends (1); -1 damaged or failed. */
static int walk_entries(rdbp_parser *p)
{
    struct packed *w = &p->packed;
    struct packed_entry e;
    int r;

    for (;;) {
        if (p->out.is_active) {
            r = items_continue_string(p);
            if (r <= 0)
                return r;
            if (packed_end_entry(w) < 0)
                return -1;
        }
        walk_window(p);
        if (wants_items(p) && batch_is_full(p))
            return 0;
        r = packed_next(w, &e);
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        if (take_entry(p, &e) < 0)
            return -1;
        if (!p->out.is_active && packed_end_entry(w) < 0)
            return -1;
        /* Without items nothing makes the walk come up for air. */
        if (!wants_items(p) && w->entries_seen % 65536 == 0)
            return 0;
    }
    if (w->entries_seen % p->value.type->layout->arity != 0)
        return packed_fail(w, "%llu entries do not make whole elements of %u",
                           (unsigned long long)w->entries_seen, p->value.type->layout->arity);
    p->value.entries += w->entries_seen;
    return 1;
}

/* The one element of a PLAIN node. */
static int walk_plain(rdbp_parser *p)
{
    return p->out.is_active ? items_continue_string(p) : 1;
}

static enum value_result walk_blob(rdbp_parser *p)
{
    struct value *v = &p->value;
    int r;

    cursor_sync(&p->cursor);
    if (parser_tick(p) < 0)
        return VALUE_FATAL;
    r = v->is_plain ? walk_plain(p) : walk_entries(p);
    if (r < 0) {
        if (blob_failed(p, v->is_plain ? "list node cannot be read" : p->packed.message) < 0)
            return VALUE_FATAL;
        p->item_count = 0;
        p->arena_used = 0;
    }
    if (r != 0)
        v->phase = BLOB_CLOSE;
    return p->item_count > 0 ? flush_items(p) : VALUE_DONE;
}

static int end_blob(rdbp_parser *p)
{
    p->value.phase = BLOB_HEAD;
    p->value.index++;
    return close_blob(p);
}

enum value_result packed_value_next(rdbp_parser *p)
{
    struct value *v = &p->value;
    enum value_result r = VALUE_DONE;

    while (v->phase != BLOB_HEAD || v->index < v->count) {
        switch (v->phase) {
        case BLOB_HEAD: r = begin_blob(p); break;
        case BLOB_OPEN: r = open_blob(p) < 0 ? VALUE_FATAL : VALUE_DONE; break;
        case BLOB_WALK: r = walk_blob(p); break;
        default: r = end_blob(p) < 0 || parser_tick(p) < 0 ? VALUE_FATAL : VALUE_DONE; break;
        }
        if (r != VALUE_DONE)
            return r;
    }
    v->elements = v->entries / v->type->layout->arity;
    v->has_elements = !v->is_damaged;
    return VALUE_DONE;
}
