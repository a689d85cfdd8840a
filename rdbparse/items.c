/* items.c -- filling batches of item descriptors.
 *
 * A batch ends when it has ITEM_BATCH items, when their content would pass ARENA_BYTES, or with the
 * blob.  A string longer than the arena becomes several items (pieces) of at most ARENA_BYTES; a
 * shorter one is never split: if it does not fit, the batch is flushed first.  The same rules hold
 * when content is not copied (it lies in the mapping or in scratch), so that every input gives the
 * same batches and pieces.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <string.h>

enum value_result flush_items(rdbp_parser *p)
{
    p->event.type = RDBP_EVENT_ITEMS;
    p->event.offset = p->batch_offset;
    p->event.u.items = (struct rdbp_items){p->items, p->item_count};
    p->item_count = 0;
    p->arena_used = 0;
    return VALUE_EVENT;
}

void push_integer(rdbp_parser *p, enum rdbp_role role, int64_t integer)
{
    rdbp_item *item = push_item(p, role);

    item->is_integer = true;
    item->u.integer = integer;
    item->size_bytes = integer_text_bytes(integer);
    if (wants(p, RDBP_DEPTH_BYTES)) {
        char *text = (char *)p->arena + p->arena_used;

        item->bytes = (rdbp_slice){(const uint8_t *)text, integer_to_text(integer, text)};
        p->arena_used += item->bytes.size_bytes;
    }
}

int items_begin_string(rdbp_parser *p, enum rdbp_role role, uint64_t size_bytes)
{
    struct string_out *o = &p->out;

    *o = (struct string_out){.is_active = true, .role = (uint8_t)role, .size_bytes = size_bytes};
    if (size_bytes > 0 && size_bytes <= 20) {
        const uint8_t *text = cursor_peek(&p->cursor, (size_t)size_bytes);

        if (!text)
            return -1;
        o->is_integer = parse_canonical_integer(text, (size_t)size_bytes, &o->integer);
    }
    return 0;
}

static rdbp_item *push_string(rdbp_parser *p)
{
    const struct string_out *o = &p->out;
    rdbp_item *item = push_item(p, (enum rdbp_role)o->role);

    item->size_bytes = o->size_bytes;
    item->is_integer = o->is_integer;
    if (o->is_integer)
        item->u.integer = o->integer;
    return item;
}

/* The next n bytes of the cursor as a slice: in place when they stay there, else copied. */
static bool take_slice(rdbp_parser *p, size_t n, rdbp_slice *ret_slice)
{
    struct cursor *c = &p->cursor;
    uint8_t *to = p->arena + p->arena_used;
    size_t done = 0, chunk;

    p->arena_used += n;
    if (c->is_stable && (size_t)(c->end - c->pos) >= n) {
        *ret_slice = (rdbp_slice){c->pos, n};
        c->pos += n;
        return true;
    }
    while (done < n) {
        const uint8_t *from = cursor_chunk(c, n - done, &chunk);

        if (!from)
            return false;
        memcpy(to + done, from, chunk);
        c->pos += chunk;
        done += chunk;
    }
    *ret_slice = (rdbp_slice){to, n};
    return true;
}

int items_continue_string(rdbp_parser *p)
{
    struct string_out *o = &p->out;

    if (!wants(p, RDBP_DEPTH_BYTES)) {
        if (wants_items(p) && batch_is_full(p))
            return 0;
        if (!cursor_skip(&p->cursor, o->size_bytes - o->done_bytes))
            return -1;
        if (wants_items(p))
            push_string(p);
        else
            note_length(p, o->size_bytes);
        o->is_active = false;
        return 1;
    }
    do {
        const uint64_t rest = o->size_bytes - o->done_bytes;
        const uint64_t n = rest < ARENA_BYTES ? rest : ARENA_BYTES;
        rdbp_item *item;

        if (batch_is_full(p) || !arena_fits(p, n))
            return 0;
        item = push_string(p);
        item->piece_offset = o->done_bytes;
        if (!take_slice(p, (size_t)n, &item->bytes)) {
            p->item_count--;
            return -1;
        }
        o->done_bytes += n;
        item->is_partial = o->done_bytes < o->size_bytes;
    } while (o->done_bytes < o->size_bytes);
    o->is_active = false;
    return 1;
}

int read_name_item(rdbp_parser *p, enum rdbp_role role, rdbp_item **ret_item)
{
    const char *what = role == RDBP_ROLE_STREAM_GROUP      ? "a group's name"
                       : role == RDBP_ROLE_STREAM_PRODUCER ? "a producer's name"
                                                           : "a consumer's name";
    uint64_t total_bytes;
    rdbp_slice name;
    rdbp_item *item;

    if (load_str(p, what, NAME_MAX_BYTES, &p->name_bytes, &p->name_capacity, &name, &total_bytes) <
        0)
        return -1;
    item = push_item(p, role);
    item->size_bytes = total_bytes;
    item->bytes = name;
    *ret_item = item;
    return 0;
}
