/* canon.c -- the canonical JSON in which fixtures state their content and parses are rendered.
 *
 * See canon.h for the form.  Text, not a tree: two documents are compared as bytes, and a difference is
 * read with diff.
 */
// SPDX-License-Identifier: MIT
#include "canon.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void canon_text(struct buf *out, struct text s)
{
    const uint8_t *p = s.bytes;

    if (s.size_bytes > CANON_TEXT_MAX) {
        buf_add_format(out, "{\"bytes\":%zu,\"crc64\":\"%016" PRIx64 "\"}", s.size_bytes,
                       crc64_bitwise(0, p, s.size_bytes));
        return;
    }
    buf_add_u8(out, '"');
    for (size_t i = 0; i < s.size_bytes; i++) {
        if (p[i] == '"')
            buf_add_str(out, "\\\"");
        else if (p[i] == '\\')
            buf_add_str(out, "\\\\\\\\"); /* doubled, and each escaped for JSON */
        else if (p[i] < 0x20 || p[i] > 0x7e)
            buf_add_format(out, "\\\\x%02x", p[i]);
        else
            buf_add_u8(out, p[i]);
    }
    buf_add_u8(out, '"');
}

void canon_score(struct buf *out, double score)
{
    if (isinf(score))
        buf_add_str(out, score > 0 ? "\"inf\"" : "\"-inf\"");
    else
        buf_add_format(out, "\"%.17g\"", score == 0 ? 0.0 : score);
}

void canon_id(struct buf *out, struct stream_id id)
{
    buf_add_format(out, "\"%" PRIu64 "-%" PRIu64 "\"", id.ms, id.seq);
}

struct canon_element *canon_elements_add(struct canon_elements *e)
{
    if (e->count == e->capacity) {
        e->capacity = e->capacity ? e->capacity * 2 : 64;
        e->items = realloc(e->items, e->capacity * sizeof(*e->items));
        if (!e->items)
            abort();
    }
    memset(&e->items[e->count], 0, sizeof(*e->items));
    return &e->items[e->count++];
}

void canon_elements_done(struct canon_elements *e)
{
    for (size_t i = 0; i < e->count; i++) {
        buf_done(&e->items[i].name);
        buf_done(&e->items[i].value);
    }
    free(e->items);
    memset(e, 0, sizeof(*e));
}

static int compare_bufs(const struct buf *a, const struct buf *b)
{
    const size_t n = a->size_bytes < b->size_bytes ? a->size_bytes : b->size_bytes;
    const int r = n ? memcmp(a->bytes, b->bytes, n) : 0;

    if (r != 0)
        return r;
    return (a->size_bytes > b->size_bytes) - (a->size_bytes < b->size_bytes);
}

/* Damaged files may hold a member twice: the value decides then. */
static int compare_elements(const void *a, const void *b)
{
    const struct canon_element *x = a, *y = b;
    int r = compare_bufs(&x->name, &y->name);

    if (r == 0)
        r = compare_bufs(&x->value, &y->value);
    return r ? r : (x->score > y->score) - (x->score < y->score);
}

void canon_elements_render(struct buf *out, enum canon_kind kind, struct canon_elements *e)
{
    if (kind != CANON_LIST && kind != CANON_ARRAY && e->count > 0)
        qsort(e->items, e->count, sizeof(*e->items), compare_elements);
    buf_add_u8(out, '[');
    for (size_t i = 0; i < e->count; i++) {
        const struct canon_element *x = &e->items[i];

        if (i > 0)
            buf_add_u8(out, ',');
        if (kind == CANON_LIST || kind == CANON_SET) {
            canon_text(out, text_of_buf(&x->name));
            continue;
        }
        if (kind == CANON_ARRAY) {
            buf_add_format(out, "[%" PRIu64 ",", x->index);
            canon_text(out, text_of_buf(&x->name));
            buf_add_u8(out, ']');
            continue;
        }
        buf_add_u8(out, '[');
        canon_text(out, text_of_buf(&x->name));
        buf_add_u8(out, ',');
        if (kind == CANON_ZSET)
            canon_score(out, x->score);
        else
            canon_text(out, text_of_buf(&x->value));
        if (kind == CANON_HASH_TTL)
            buf_add_format(out, ",%" PRId64, x->expire_at_ms);
        buf_add_u8(out, ']');
    }
    buf_add_u8(out, ']');
}

void canon_key(struct buf *out, uint64_t db, struct text key, const char *type,
               const char *rdb_type, const struct canon_attributes *attributes, const char *error,
               uint64_t elements, const struct buf *value)
{
    canon_separate(out, ",\n");
    buf_add_format(out, "{\"db\":%" PRIu64 ",\"key\":", db);
    canon_text(out, key);
    buf_add_format(out, ",\"type\":\"%s\",\"rdb_type\":\"%s\"", type, rdb_type);
    if (attributes->has_expire)
        buf_add_format(out, ",\"expire_at_ms\":%" PRId64, attributes->expire_at_ms);
    if (attributes->has_idle)
        buf_add_format(out, ",\"idle_s\":%" PRIu64, attributes->idle_s);
    if (attributes->has_freq)
        buf_add_format(out, ",\"freq\":%u", attributes->freq);
    if (error) {
        buf_add_format(out, ",\"error\":\"%s\"}", error);
        return;
    }
    if (elements != UINT64_MAX)
        buf_add_format(out, ",\"elements\":%" PRIu64, elements);
    buf_add_str(out, ",\"value\":");
    buf_add_buf(out, value);
    buf_add_u8(out, '}');
}

void canon_separate(struct buf *lines, const char *separator)
{
    if (lines->size_bytes > 0)
        buf_add_str(lines, separator);
}

static void render_optional(struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_add_format(out, ",\"%s\":\"%s\"", name, value);
    else
        buf_add_format(out, ",\"%s\":null", name);
}

void canon_document_render(struct buf *out, const struct canon_document *d)
{
    buf_add_format(out, "{\"rdb_version\":%u,\"family\":\"%s\",\n\"records\":[\n", d->rdb_version,
                   d->family);
    buf_add_buf(out, &d->records);
    buf_add_str(out, "\n],\n\"keys\":[\n");
    buf_add_buf(out, &d->keys);
    buf_add_str(out, "\n],\n\"defects\":[");
    buf_add_buf(out, &d->defects);
    buf_add_str(out, "]");
    render_optional(out, "checksum", d->checksum);
    render_optional(out, "trailing", d->trailing);
    render_optional(out, "error", d->error);
    buf_add_str(out, "}\n");
}

void canon_document_done(struct canon_document *d)
{
    buf_done(&d->records);
    buf_done(&d->keys);
    buf_done(&d->defects);
}
