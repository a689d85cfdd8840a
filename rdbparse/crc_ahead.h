/* crc_ahead.h -- a thread that computes the checksum of mapped bytes ahead of the parser.
 *
 * The parser finds what the thread has read in the cache and its pages present; the pages that both
 * are through with are given back.  All of it is the thread's work, and the parser's is to say now
 * and then where it stands.
 */
#ifndef RDBPARSE_CRC_AHEAD_H
#define RDBPARSE_CRC_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "allocator.h"

struct crc_ahead;

struct crc_ahead_range {
    const uint8_t *bytes; /* stay where they are until crc_ahead_stop() */
    size_t size_bytes;
    uint64_t crc; /* of what is before them */
    /* Of the file mapping they are in; NULL: memory, nothing is given back. */
    const uint8_t *map_base;
};

/* NULL when there is no memory or no thread to be had: then the caller does all of it alone. */
struct crc_ahead *crc_ahead_start(const struct allocator *allocator,
                                  const struct crc_ahead_range *range);

/* The parser stands at pos, never before where it stood.  Waits if it has got too far ahead of the
 * thread.  -1: the thread has met a page that is not there and has ended; the caller goes on alone
 * from crc_ahead_get(). */
int crc_ahead_move(struct crc_ahead *a, const uint8_t *pos);

/* The CRC of all before pos, which is where the last crc_ahead_move() said or behind it in the same
 * window. */
uint64_t crc_ahead_get(struct crc_ahead *a, const uint8_t *pos);

/* Ends the thread.  NULL is fine. */
void crc_ahead_stop(struct crc_ahead *a);

#endif
