/* cursor.h -- the bounds-checked position inside one stored string, wherever its bytes come from.
 *
 *      blob, as decoded    |<------------- raw_bytes ------------->|
 *                          |...consumed...|pos====end|....left.....|
 *
 * A blob lies plain in the file (the window of the reader is borrowed), was expanded whole into
 * scratch (small LZF), or comes through the streaming LZF decoder (large).  The packed walkers
 * cannot tell which. Every read compares sizes, never pointers past the end.
 */
#ifndef RDBPARSE_CURSOR_H
#define RDBPARSE_CURSOR_H

#include "lzf.h"
#include "reader.h"

enum cursor_kind {
    CURSOR_MEMORY = 0, /* all of it lies in [pos, end) */
    CURSOR_FILE,       /* the reader's own window */
    CURSOR_LZF         /* the streaming decoder's buffer */
};

struct cursor {
    const uint8_t *pos, *end;
    uint64_t left; /* bytes of the blob beyond end */
    uint64_t raw_bytes;
    enum cursor_kind kind;
    bool is_stable;    /* slices outlive the next refill, until the value's blob is closed */
    bool input_failed; /* the reader ended or failed: fatal */
    bool lzf_failed;   /* the compressed bytes are damaged */
    struct reader *reader;
    struct lzf_stream *lzf;
};

void cursor_open_memory(struct cursor *c, const uint8_t *bytes, size_t size_bytes);
void cursor_open_file(struct cursor *c, struct reader *r, uint64_t size_bytes);
void cursor_open_lzf(struct cursor *c, struct lzf_stream *s);

static inline uint64_t cursor_left(const struct cursor *c)
{
    return (uint64_t)(c->end - c->pos) + c->left;
}

/* How far from the blob's first byte. */
static inline uint64_t cursor_offset(const struct cursor *c)
{
    return c->raw_bytes - cursor_left(c);
}

const uint8_t *cursor_peek_slow(struct cursor *c, size_t n);

/* n <= READER_PEEK_MAX contiguous bytes at pos, or NULL: the blob has fewer, or a flag says why. */
static inline const uint8_t *cursor_peek(struct cursor *c, size_t n)
{
    if ((size_t)(c->end - c->pos) >= n)
        return c->pos;
    return cursor_peek_slow(c, n);
}

static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
    const uint8_t *p = cursor_peek(c, n);
    if (p)
        c->pos += n;
    return p;
}

/* At least one byte, at most max, without moving; NULL at the blob's end or on failure. */
const uint8_t *cursor_chunk(struct cursor *c, uint64_t max, size_t *ret_n);
/* False when fewer than n bytes are left in the blob or the input failed. */
bool cursor_skip(struct cursor *c, uint64_t n);
/* FILE: gives the position back to the reader, lets it checksum and drop pages, and takes the
 * window again.  To be called between batches. */
void cursor_sync(struct cursor *c);
/* Leaves the reader behind the blob, however much of it was read.  False: the input failed. */
bool cursor_close(struct cursor *c);

#endif
