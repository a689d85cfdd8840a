/* reader.h -- the window of bytes every decoder reads through.
 *
 * Contract (after libarchive's read-ahead / consume pair): reader_peek() shows at least n
 * contiguous bytes without moving, reader_consume() moves.  Memory, mapped files, pipes and
 * decompressors all look the same.  The reader knows its logical offset, keeps the CRC-64 of all
 * that was consumed since the magic, and drops mapped pages behind itself so that RSS does not grow
 * with the file.
 *
 *      already consumed       window               not read yet (or the rest of the mapping)
 *   ...................|pos=============end|..............................
 *                       ^ offset            ^ end_offset
 *
 * Errors are sticky: after a failed peek reader_error() says whether the input ended (TRUNCATED),
 * could not be read (IO, DECOMPRESS), or the caller's check() stopped it.
 */
#ifndef RDBPARSE_READER_H
#define RDBPARSE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rdbparse/rdbparse.h"

/* The most a caller may peek at; the window of a streaming input is at least this. */
#define READER_PEEK_MAX ((size_t)64 * 1024)

struct reader {
    const uint8_t *pos;
    const uint8_t *end;
    uint64_t end_offset;    /* logical offset (from the magic) of `end` */
    bool is_stable;         /* mapped or in memory: slices stay until reader_free() */
    bool has_size;          /* the end of input is known: reader_may_have() is exact */
    const uint8_t *mark_at; /* reader_mark() does its work once pos passes this */
    struct reader_impl *impl;
};

/* Opens the input, peels containers (gzip, LZ4, zstd, in any nesting) and framing (replication
 * keep-alives, +FULLRESYNC, $EOF:, $LENGTH), and leaves pos at the magic's first byte with offset
 * 0. fd is borrowed when path is NULL; bytes (size_bytes) is used when fd is -1 and path is NULL.
 * options may be NULL and are copied.  A regular file is read from where fd stands, without moving
 * it. Returns 0, or -1 with *ret_error filled: IO, EMPTY, NOT_RDB (message says what the content
 * looks like), TRUNCATED, DECOMPRESS, NOMEM, or what check() said. */
int reader_open(struct reader **ret_reader, const char *path, int fd, const uint8_t *bytes,
                size_t size_bytes, const rdbp_options *options, rdbp_error *ret_error);
void reader_free(struct reader *r); /* NULL is fine */

static inline uint64_t reader_offset(const struct reader *r)
{
    return r->end_offset - (uint64_t)(r->end - r->pos);
}

/* Makes n <= READER_PEEK_MAX bytes contiguous at pos; NULL when the input has fewer (or failed):
 * pos has not moved then, and a smaller peek still works.  When is_stable, n may be any size: the
 * window moves over the bytes in steps, but they are all there. */
const uint8_t *reader_peek_slow(struct reader *r, size_t n);

static inline const uint8_t *reader_peek(struct reader *r, size_t n)
{
    if ((size_t)(r->end - r->pos) >= n)
        return r->pos;
    return reader_peek_slow(r, n);
}

/* n must have been peeked at. */
static inline void reader_consume(struct reader *r, size_t n)
{
    r->pos += n;
}

static inline const uint8_t *reader_take(struct reader *r, size_t n)
{
    const uint8_t *p = reader_peek(r, n);
    if (p)
        r->pos += n;
    return p;
}

/* What is n bytes further on will be wanted soon, if it is in the window. */
static inline void reader_expect(const struct reader *r, uint64_t n)
{
    if (n < (uint64_t)(r->end - r->pos))
        __builtin_prefetch(r->pos + n);
}

/* Whatever is in the window, at least one byte (it refills when empty): *ret_n bytes, at most max.
 * NULL at the end of input or on failure.  Does not move. */
const uint8_t *reader_chunk(struct reader *r, uint64_t max, size_t *ret_n);

/* Moves n bytes on without needing them in one piece.  0, or -1 when the input ends first: then pos
 * is at the end of the input, and reader_error() gives the offset where the skip began. */
int reader_skip(struct reader *r, uint64_t n);

/* False when fewer than n bytes can possibly follow: exact for files and memory; on a pipe, where
 * the end is unknown, always true. */
bool reader_may_have(const struct reader *r, uint64_t n);

/* To be called between events: brings the checksum up to pos and drops pages behind, every MiB or
 * so. */
void reader_mark_slow(struct reader *r);
static inline void reader_mark(struct reader *r)
{
    if (r->pos >= r->mark_at)
        reader_mark_slow(r);
}

/* CRC-64 (Jones) of everything from the magic to pos. */
uint64_t reader_crc(struct reader *r);

/* Fills code, message and offset with why the last call failed (TRUNCATED at the end of input). */
void reader_error(const struct reader *r, rdbp_error *ret_error);

/* Looks at what follows pos (the byte after the RDB's checksum) to the end of the input, without
 * keeping it.  Knows the framing that was peeled: the $EOF: mark belongs to it.  Packed data carry
 * their own checksums behind the RDB and are read to the end here: afterwards reader_error() has
 * code NONE, or tells how the rest is damaged or cut.  reader_crc() stays what it was. */
enum rdbp_trailing reader_classify_tail(struct reader *r, uint64_t *ret_trailing_bytes);

/* After reader_classify_tail(): what a replication frame announced about its end and did not keep, in
 * words (static text); NULL when there is no frame or it is whole. */
const char *reader_frame_fault(const struct reader *r);

/* At the end: RDBP_ERR_CHANGED when a regular file's size or mtime is not what it was at open. */
enum rdbp_errcode reader_check_unchanged(const struct reader *r);

uint64_t reader_input_offset(const struct reader *r); /* packed bytes consumed */
uint64_t reader_input_size(const struct reader *r);   /* 0: unknown */
const char *reader_container(const struct reader *r);
bool reader_mapping(const struct reader *r, const void **ret_base, size_t *ret_size_bytes);

#endif
