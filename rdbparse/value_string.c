/* value_string.c -- string values, and what all stored strings share: the BLOB event.
 *
 * The BLOB event shows the head of a string before its content is read: lengths, whether it is an
 * integer, the packed head's count, and the first decoded bytes.  For a compressed string these
 * come from expanding only its first bytes (LZF gives out in order), so that a consumer can decide
 * without paying for the whole.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <string.h>

/* The first decoded bytes of the string at p->value.head, without consuming any. */
static int peek_prefix(rdbp_parser *p, rdbp_slice *ret_prefix)
{
    const struct str_head *h = &p->value.head;
    const size_t n = (size_t)(h->raw_bytes < PREFIX_BYTES ? h->raw_bytes : PREFIX_BYTES);
    const uint8_t *b;
    size_t stored;

    switch (h->kind) {
    case STR_INTEGER:
        *ret_prefix = (rdbp_slice){(const uint8_t *)p->integer_text,
                                   integer_to_text(h->integer, p->integer_text)};
        return 0;
    case STR_RAW:
        b = reader_peek(p->reader, n);
        if (!b)
            return fatal_input(p, "a string");
        *ret_prefix = (rdbp_slice){b, n};
        return 0;
    case STR_LZF: break;
    }
    *ret_prefix = (rdbp_slice){p->prefix, 0};
    if (h->impossible)
        return 0;
    stored =
        (size_t)(h->stored_bytes < PREFIX_STORED_BYTES ? h->stored_bytes : PREFIX_STORED_BYTES);
    b = reader_peek(p->reader, stored);
    if (!b)
        return fatal_input(p, "a compressed string");
    ret_prefix->size_bytes = lzf_prefix(b, stored, p->prefix, n);
    return 0;
}

static void fill_integer(struct rdbp_blob *blob, const struct str_head *h)
{
    if (h->kind == STR_INTEGER) {
        blob->is_integer = true;
        blob->integer = h->integer;
        blob->stored_bytes = h->integer_width;
    } else if (h->raw_bytes <= 20 && blob->prefix.size_bytes == h->raw_bytes) {
        blob->is_integer =
            parse_canonical_integer(blob->prefix.bytes, (size_t)h->raw_bytes, &blob->integer);
    }
}

/* How many listpack elements in is the live count of a stream node?  It is the first one. */
static void fill_stream_live(struct rdbp_blob *blob)
{
    struct packed_entry entry;
    struct packed walk;
    struct cursor c;

    blob->has_count = false;
    if (blob->prefix.size_bytes < 7)
        return;
    cursor_open_memory(&c, blob->prefix.bytes + 6, blob->prefix.size_bytes - 6);
    walk = (struct packed){.format = RDBP_FORMAT_LISTPACK, .cursor = &c};
    if (packed_next(&walk, &entry) == 1 && !entry.is_string && entry.integer >= 0) {
        blob->has_count = true;
        blob->entry_count = (uint64_t)entry.integer;
    }
}

int fill_blob_event(rdbp_parser *p, enum rdbp_format format)
{
    struct value *v = &p->value;
    struct rdbp_blob *blob = &p->event.u.blob;
    char message[160];

    p->event.type = RDBP_EVENT_BLOB;
    p->event.offset = v->blob_offset;
    *blob = (struct rdbp_blob){.format = format,
                               .blob_index = v->index,
                               .blob_count = v->count,
                               .raw_bytes = v->head.raw_bytes,
                               .stored_bytes = v->head.stored_bytes,
                               .is_lzf = v->head.kind == STR_LZF};
    if (peek_prefix(p, &blob->prefix) < 0)
        return -1;
    if (v->head.impossible) {
        value_damaged(p, v->blob_offset, "%s", v->head.impossible);
        return 0;
    }
    if (blob->is_lzf && blob->prefix.size_bytes < PREFIX_BYTES &&
        blob->prefix.size_bytes < blob->raw_bytes) {
        value_damaged(p, v->blob_offset, "compressed bytes are damaged");
        return 0;
    }
    if (format == RDBP_FORMAT_STRING) {
        fill_integer(blob, &v->head);
        return 1;
    }
    if (!packed_read_head(format, blob->prefix.bytes, blob->prefix.size_bytes, v->head.raw_bytes,
                          &v->blob_head, message, sizeof message)) {
        value_damaged(p, v->blob_offset, "%s", message);
        return 0;
    }
    blob->has_count = v->blob_head.has_count;
    blob->entry_count = v->blob_head.entry_count;
    blob->int_bytes = v->blob_head.int_bytes;
    if (format == RDBP_FORMAT_STREAM_LISTPACK) {
        blob->id_ms = p->stream.node_id.ms;
        blob->id_seq = p->stream.node_id.seq;
        fill_stream_live(blob);
    }
    return 1;
}

int skip_blob(rdbp_parser *p)
{
    return reader_skip(p->reader, p->value.head.stored_bytes) < 0 ? fatal_input(p, "a value") : 0;
}

int blob_failed(rdbp_parser *p, const char *message)
{
    const struct cursor *c = &p->cursor;
    const uint64_t inner = cursor_offset(c);

    if (p->error.code != RDBP_ERR_NONE) /* out of memory */
        return -1;
    if (c->input_failed)
        return fatal_input(p, "a value");
    if (c->lzf_failed)
        message = "compressed bytes are damaged";
    if (p->value.head.kind == STR_RAW)
        value_damaged(p, p->value.blob_offset + inner, "%s", message);
    else
        value_damaged(p, p->value.blob_offset, "%s (at +%llu of the expanded bytes)", message,
                      (unsigned long long)inner);
    return 0;
}

int close_blob(rdbp_parser *p)
{
    return cursor_close(&p->cursor) ? 0 : fatal_input(p, "a value");
}

/* ---- a string value: its BLOB, and at BYTES depth its content ------------------------------ */

enum { STRING_HEAD = 0, STRING_OPEN, STRING_CONTENT, STRING_CLOSED };

int string_begin(rdbp_parser *p)
{
    struct value *v = &p->value;

    if (read_str_head(p, "a string value", &v->head) < 0)
        return -1;
    reader_expect(p->reader, v->head.stored_bytes);
    v->count = 1;
    v->blob_offset = reader_offset(p->reader);
    v->elements = v->head.raw_bytes;
    v->has_elements = true;
    return 0;
}

static enum value_result string_open(rdbp_parser *p)
{
    struct value *v = &p->value;
    int r;

    if (!wants(p, RDBP_DEPTH_BYTES)) {
        v->phase = STRING_CLOSED;
        return skip_blob(p) < 0 ? VALUE_FATAL : VALUE_DONE;
    }
    r = open_str(p, &v->head);
    if (r > 0)
        value_damaged(p, v->blob_offset, "compressed bytes are damaged");
    v->phase = STRING_CONTENT;
    if (r < 0 || (r == 0 && items_begin_string(p, RDBP_ROLE_ELEMENT, v->head.raw_bytes) < 0 &&
                  blob_failed(p, "string cannot be read") < 0))
        return VALUE_FATAL;
    return VALUE_DONE;
}

enum value_result string_next(rdbp_parser *p)
{
    struct value *v = &p->value;
    int r = 1;

    if (v->phase == STRING_HEAD) {
        v->phase = STRING_OPEN;
        r = fill_blob_event(p, RDBP_FORMAT_STRING);
        if (r < 0)
            return VALUE_FATAL;
        if (r > 0 && wants(p, RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES))
            return VALUE_EVENT;
    }
    if (v->phase == STRING_OPEN && string_open(p) == VALUE_FATAL)
        return VALUE_FATAL;
    if (v->phase == STRING_CLOSED)
        return VALUE_DONE;
    p->batch_offset = v->blob_offset;
    if (p->out.is_active) {
        r = items_continue_string(p);
        if (r < 0 && blob_failed(p, "string cannot be read") < 0)
            return VALUE_FATAL;
        if (p->item_count > 0)
            return flush_items(p); /* before the scratch or window it may point into goes */
    }
    v->phase = STRING_CLOSED;
    return close_blob(p) < 0 ? VALUE_FATAL : VALUE_DONE;
}
