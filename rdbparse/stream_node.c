/* stream_node.c -- the entries inside one node of a stream.
 *
 *      master:  count, deleted, num-fields N, field 1 .. field N, 0
 *      entry:   flags, ms-diff, seq-diff
 *               SAMEFIELDS (2): value 1 .. value N
 *               else:           num-fields M, (field, value) x M
 *               lp-count = the elements of this entry before it: N + 3, or 2M + 4
 *
 * id = node id + (ms-diff, seq-diff), wrapping.  flags: 1 deleted, 2 the master's fields.  The
 * master's fields are kept while the node is walked, since each SAMEFIELDS entry refers to them.
 * Upstream: t_stream.c (streamValidateListpackIntegrity), Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <string.h>

enum { FLAG_DELETED = 1, FLAG_SAME_FIELDS = 2 };

/* What the next listpack element of the node is. */
enum {
    PART_FLAGS = 0,
    PART_FIELD,      /* M fields of its own: field ... */
    PART_VALUE,      /* ... and value */
    PART_SAME_FIELD, /* the master's field goes out; nothing is read */
    PART_SAME_VALUE,
    PART_COUNT /* lp-count */
};

int packed_next_integer(rdbp_parser *p, int64_t *ret_integer)
{
    struct packed *w = &p->packed;
    struct packed_entry e;
    const int r = packed_next(w, &e);

    if (r < 0)
        return -1;
    if (r == 0)
        return packed_fail(w, "stream node ends inside an entry");
    *ret_integer = e.integer;
    if (e.is_string) {
        const uint8_t *text =
            e.size_bytes <= 20 ? cursor_take(&p->cursor, (size_t)e.size_bytes) : NULL;

        if (!text || !parse_canonical_integer(text, (size_t)e.size_bytes, ret_integer))
            return packed_fail(w, "stream node: element %llu is not an integer",
                               (unsigned long long)w->entries_seen - 1);
    }
    return packed_end_entry(w);
}

/* Keeps one field name of the master entry: length always, content only where it will be shown. */
static int keep_master_field(rdbp_parser *p)
{
    struct packed *w = &p->packed;
    struct master_field *f;
    struct packed_entry e;
    size_t n;

    if (packed_next(w, &e) != 1)
        return w->message[0] ? -1 : packed_fail(w, "stream node ends inside its master entry");
    if (p->master_field_count * sizeof *f + p->master_used + e.size_bytes > MASTER_FIELDS_MAX_BYTES)
        return packed_fail(w, "stream node's master entry has more than 64 MiB of fields");
    if (parser_reserve(p, (void **)&p->master_fields, &p->master_field_capacity,
                       p->master_field_count + 1, sizeof *f) < 0)
        return -1;
    f = &p->master_fields[p->master_field_count++];
    *f = (struct master_field){.size_bytes = e.size_bytes, .at = p->master_used};
    if (!e.is_string) {
        char text[24];

        f->is_integer = true;
        f->integer = e.integer;
        f->size_bytes = integer_to_text(e.integer, text);
        if (parser_reserve(p, (void **)&p->master_bytes, &p->master_capacity, p->master_used + 24,
                           1) < 0)
            return -1;
        memcpy(p->master_bytes + p->master_used, text, (size_t)f->size_bytes);
        p->master_used += (size_t)f->size_bytes;
        return packed_end_entry(w);
    }
    if (e.size_bytes <= 20) {
        const uint8_t *text = cursor_peek(&p->cursor, (size_t)e.size_bytes);

        if (!text)
            return -1;
        f->is_integer = parse_canonical_integer(text, (size_t)e.size_bytes, &f->integer);
    }
    while (e.size_bytes > 0) {
        const uint8_t *from = cursor_chunk(&p->cursor, e.size_bytes, &n);

        if (!from)
            return -1;
        /* Kept at any depth: the caller may ask for BYTES in the middle of the node. */
        if (parser_reserve(p, (void **)&p->master_bytes, &p->master_capacity, p->master_used + n,
                           1) < 0)
            return -1;
        memcpy(p->master_bytes + p->master_used, from, n);
        p->master_used += n;
        p->cursor.pos += n;
        e.size_bytes -= n;
    }
    return packed_end_entry(w);
}

int stream_node_begin(rdbp_parser *p)
{
    struct packed *w = &p->packed;
    int64_t field_count, zero;

    p->master_field_count = 0;
    p->master_used = 0;
    p->stream.deleted_seen = 0;
    p->stream.entry_phase = PART_FLAGS;
    if (packed_next_integer(p, &p->stream.live) < 0 ||
        packed_next_integer(p, &p->stream.deleted) < 0 || packed_next_integer(p, &field_count) < 0)
        return -1;
    if (p->stream.live < 0 || p->stream.deleted < 0 || field_count < 0 ||
        (uint64_t)p->stream.live > w->cursor->raw_bytes ||
        (uint64_t)p->stream.deleted > w->cursor->raw_bytes ||
        (uint64_t)field_count > cursor_left(w->cursor) / 2)
        return packed_fail(w, "stream node's master entry has impossible counts");
    for (int64_t i = 0; i < field_count; i++)
        if (keep_master_field(p) < 0)
            return -1;
    if (packed_next_integer(p, &zero) < 0)
        return -1;
    if (zero != 0)
        return packed_fail(w, "stream node's master entry does not end in 0");
    p->stream.entries_left = (uint64_t)(p->stream.live + p->stream.deleted);
    return 0;
}

/* flags, ms-diff, seq-diff and, without SAMEFIELDS, the number of fields. */
static int begin_entry(rdbp_parser *p)
{
    struct packed *w = &p->packed;
    int64_t flags, ms, seq, field_count = (int64_t)p->master_field_count;
    rdbp_item *item;

    if (packed_next_integer(p, &flags) < 0 || packed_next_integer(p, &ms) < 0 ||
        packed_next_integer(p, &seq) < 0)
        return -1;
    p->stream.same_fields = (flags & FLAG_SAME_FIELDS) != 0;
    p->stream.parts = 3;
    if (!p->stream.same_fields) {
        if (packed_next_integer(p, &field_count) < 0)
            return -1;
        if (field_count < 0 || (uint64_t)field_count > cursor_left(w->cursor) / 2)
            return packed_fail(w, "stream entry has an impossible number of fields");
        p->stream.parts = 4;
    }
    if (flags & FLAG_DELETED)
        p->stream.deleted_seen++;
    p->stream.fields_left = (uint64_t)field_count;
    p->stream.master_at = 0;
    p->stream.entry_phase = field_count == 0        ? PART_COUNT
                            : p->stream.same_fields ? PART_SAME_FIELD
                                                    : PART_FIELD;
    item = push_item(p, RDBP_ROLE_STREAM_ENTRY);
    item->is_deleted = (flags & FLAG_DELETED) != 0;
    item->u.id = (struct rdbp_stream_id){p->stream.node_id.ms + (uint64_t)ms,
                                         p->stream.node_id.seq + (uint64_t)seq};
    return 0;
}

static void push_master_field(rdbp_parser *p)
{
    const struct master_field *f = &p->master_fields[p->stream.master_at++];
    rdbp_item *item = push_item(p, RDBP_ROLE_FIELD);

    item->size_bytes = f->size_bytes;
    item->is_integer = f->is_integer;
    if (f->is_integer)
        item->u.integer = f->integer;
    if (wants(p, RDBP_DEPTH_BYTES))
        item->bytes = (rdbp_slice){p->master_bytes + f->at, (size_t)f->size_bytes};
}

/* A field or value of the entry's own. */
static int begin_part(rdbp_parser *p, enum rdbp_role role)
{
    struct packed *w = &p->packed;
    struct packed_entry e;
    const int r = packed_next(w, &e);

    if (r < 0)
        return -1;
    if (r == 0)
        return packed_fail(w, "stream node ends inside an entry");
    p->stream.parts++;
    if (e.is_string)
        return items_begin_string(p, role, e.size_bytes);
    push_integer(p, role, e.integer);
    return packed_end_entry(w);
}

static void after_part(struct stream_value *s)
{
    switch (s->entry_phase) {
    case PART_FIELD: s->entry_phase = PART_VALUE; return;
    case PART_SAME_FIELD: s->entry_phase = PART_SAME_VALUE; return;
    default: break;
    }
    s->fields_left--;
    s->entry_phase = s->fields_left == 0 ? PART_COUNT
                     : s->same_fields    ? PART_SAME_FIELD
                                         : PART_FIELD;
}

static int end_entry(rdbp_parser *p)
{
    int64_t lp_count;

    if (packed_next_integer(p, &lp_count) < 0)
        return -1;
    if (lp_count < 0 || (uint64_t)lp_count != p->stream.parts)
        return packed_fail(&p->packed, "stream entry of %llu elements says it has %lld",
                           (unsigned long long)p->stream.parts, (long long)lp_count);
    p->stream.entries_left--;
    p->stream.entry_phase = PART_FLAGS;
    return 0;
}

static int end_node(rdbp_parser *p)
{
    struct packed *w = &p->packed;
    struct packed_entry e;
    const int r = packed_next(w, &e);

    if (r < 0)
        return -1;
    if (r > 0)
        return packed_fail(w, "stream node has elements after its last entry");
    if (p->stream.deleted_seen != (uint64_t)p->stream.deleted)
        return packed_fail(w, "stream node has %llu deleted entries, its master entry says %lld",
                           (unsigned long long)p->stream.deleted_seen,
                           (long long)p->stream.deleted);
    return 0;
}

static int run_part(rdbp_parser *p)
{
    switch (p->stream.entry_phase) {
    case PART_FLAGS: return begin_entry(p);
    case PART_SAME_FIELD:
        push_master_field(p);
        after_part(&p->stream);
        return 0;
    case PART_COUNT: return end_entry(p);
    default:
        if (begin_part(p, p->stream.entry_phase == PART_FIELD ? RDBP_ROLE_FIELD : RDBP_ROLE_VALUE) <
            0)
            return -1;
        if (!p->out.is_active)
            after_part(&p->stream);
        return 0;
    }
}

/* VALUE_EVENT: the batch is full; VALUE_DONE: the node's end; VALUE_FATAL: damaged or failed. */
enum value_result stream_node_next(rdbp_parser *p)
{
    for (;;) {
        if (p->out.is_active) {
            const int r = items_continue_string(p);

            if (r < 0)
                return VALUE_FATAL;
            if (r == 0)
                return VALUE_EVENT;
            if (packed_end_entry(&p->packed) < 0)
                return VALUE_FATAL;
            after_part(&p->stream);
        }
        if (batch_is_full(p))
            return VALUE_EVENT;
        if (p->stream.entry_phase == PART_FLAGS && p->stream.entries_left == 0)
            return end_node(p) < 0 ? VALUE_FATAL : VALUE_DONE;
        if (run_part(p) < 0)
            return VALUE_FATAL;
    }
}
