/* lzf.h -- LZF expansion in the three sizes the decoders need.
 *
 * Bounds every caller must have checked first: 0 < stored_bytes, 0 < raw_bytes <= 88 *
 * stored_bytes.
 */
#ifndef RDBPARSE_LZF_H
#define RDBPARSE_LZF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"

/* Whole small blob.  True only when all of `in` makes exactly raw_bytes. */
bool lzf_expand(const uint8_t *in, size_t stored_bytes, uint8_t *out, size_t raw_bytes);

/* The first bytes only: expands until out_bytes are there or in (perhaps only the head of the
 * compressed bytes) is used up.  Returns how many were written; less than asked when in ended or is
 * damaged (the damage is then found by whoever expands it all). */
size_t lzf_prefix(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t out_bytes);

/* Large blobs: takes exactly stored_bytes from the reader and gives the content through a buffer
 * that keeps 8 KiB of history.  After lzf_stream_init(), [pos, end) is readable; the user moves
 * pos. */
struct lzf_stream {
    const uint8_t *pos, *end;
    uint64_t raw_left;    /* decoded bytes beyond end */
    uint64_t stored_left; /* compressed bytes not yet taken from the reader */
    struct reader *reader;
    uint8_t *buffer;      /* LZF_STREAM_BUFFER_BYTES, owned by the caller */
    uint8_t pending_kind; /* a literal run or back reference cut by the buffer's end */
    uint32_t pending_bytes;
    uint32_t pending_distance;
    bool failed;       /* damaged compressed data */
    bool input_failed; /* the reader ended or failed */
};
#define LZF_STREAM_BUFFER_BYTES ((size_t)(8 + 64 + 64) * 1024)

void lzf_stream_init(struct lzf_stream *s, struct reader *reader, uint64_t stored_bytes,
                     uint64_t raw_bytes, uint8_t *buffer);
/* Makes n <= READER_PEEK_MAX bytes contiguous at s->pos.  False: damage, or less than n remain. */
bool lzf_stream_fill(struct lzf_stream *s, size_t n);
/* Leaves the reader at the blob's end, whatever was decoded.  False: the input ended first. */
bool lzf_stream_finish(struct lzf_stream *s);

#endif
