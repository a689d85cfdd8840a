/* cursor.c -- moving through one stored string.  See cursor.h for the picture.
 *
 * A FILE cursor borrows the reader's window: between cursor_open_file() and cursor_close() the
 * reader is moved only here.
 */
// SPDX-License-Identifier: MIT
#include "cursor.h"

void cursor_open_memory(struct cursor *c, const uint8_t *bytes, size_t size_bytes)
{
    *c = (struct cursor){.pos = bytes,
                         .end = bytes + size_bytes,
                         .raw_bytes = size_bytes,
                         .kind = CURSOR_MEMORY,
                         .is_stable = true};
}

/* Takes as much of the reader's window as belongs to the blob; total: bytes of the blob from pos
 * on. */
static void attach(struct cursor *c, uint64_t total)
{
    const uint64_t window = (uint64_t)(c->reader->end - c->reader->pos);
    const size_t n = (size_t)(window < total ? window : total);

    c->pos = c->reader->pos;
    c->end = c->pos + n;
    c->left = total - n;
}

void cursor_open_file(struct cursor *c, struct reader *r, uint64_t size_bytes)
{
    *c = (struct cursor){
        .raw_bytes = size_bytes, .kind = CURSOR_FILE, .is_stable = r->is_stable, .reader = r};
    attach(c, size_bytes);
}

void cursor_open_lzf(struct cursor *c, struct lzf_stream *s)
{
    *c = (struct cursor){.pos = s->pos,
                         .end = s->end,
                         .left = s->raw_left,
                         .raw_bytes = (uint64_t)(s->end - s->pos) + s->raw_left,
                         .kind = CURSOR_LZF,
                         .lzf = s};
}

/* The flags a failed call of the layer below leaves on the cursor. */
static void note_lzf_failure(struct cursor *c)
{
    c->input_failed = c->lzf->input_failed;
    c->lzf_failed = !c->input_failed;
}

const uint8_t *cursor_peek_slow(struct cursor *c, size_t n)
{
    const uint64_t total = cursor_left(c);

    if (n > total || c->input_failed || c->lzf_failed)
        return NULL;
    if (c->kind == CURSOR_FILE) {
        c->reader->pos = c->pos;
        if (!reader_peek(c->reader, n)) {
            c->input_failed = true;
            return NULL;
        }
        attach(c, total);
    } else { /* LZF: a MEMORY cursor has nothing beyond end */
        c->lzf->pos = c->pos;
        if (!lzf_stream_fill(c->lzf, n)) {
            note_lzf_failure(c);
            return NULL;
        }
        c->pos = c->lzf->pos;
        c->end = c->lzf->end;
        c->left = c->lzf->raw_left;
    }
    return c->pos;
}

const uint8_t *cursor_chunk(struct cursor *c, uint64_t max, size_t *ret_n)
{
    uint64_t n;

    if (max == 0 || !cursor_peek(c, 1))
        return NULL;
    n = (uint64_t)(c->end - c->pos);
    *ret_n = (size_t)(n < max ? n : max);
    return c->pos;
}

bool cursor_skip(struct cursor *c, uint64_t n)
{
    size_t chunk;

    if (n > cursor_left(c))
        return false;
    if (c->kind == CURSOR_FILE && n > (uint64_t)(c->end - c->pos)) {
        const uint64_t total = cursor_left(c);

        c->reader->pos = c->pos;
        if (reader_skip(c->reader, n) < 0) {
            c->input_failed = true;
            return false;
        }
        attach(c, total - n);
        return true;
    }
    while (n > 0) {
        if (!cursor_chunk(c, n, &chunk))
            return false;
        c->pos += chunk;
        n -= chunk;
    }
    return true;
}

void cursor_sync(struct cursor *c)
{
    if (c->kind == CURSOR_FILE) {
        const uint64_t total = cursor_left(c);

        c->reader->pos = c->pos;
        reader_mark(c->reader);
        attach(c, total);
    }
}

bool cursor_close(struct cursor *c)
{
    if (c->kind == CURSOR_FILE) {
        const uint64_t total = cursor_left(c);

        if (c->input_failed)
            return false;
        c->reader->pos = c->pos;
        if (reader_skip(c->reader, total) < 0)
            c->input_failed = true;
    } else if (c->kind == CURSOR_LZF) {
        if (!lzf_stream_finish(c->lzf))
            c->input_failed = true;
    }
    return !c->input_failed;
}
