/* read_ahead.h -- a thread that fetches and unpacks the input beside the parser.
 *
 * From read_ahead_start() to read_ahead_stop() the feed, its chain of sources and their env belong
 * to the thread.  Once read_ahead_next() has returned 0, or -1 that is not the asker's check(), the
 * thread has let go of them: then the env may be looked at.
 */
#ifndef RDBPARSE_READ_AHEAD_H
#define RDBPARSE_READ_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "source.h"

struct read_ahead;

struct ahead_piece {
    uint8_t *bytes;
    size_t size_bytes;
    uint64_t input_offset; /* raw_source.bytes_read when the piece was whole */
};

/* NULL when there is no memory or no thread to be had: then the caller goes on reading itself.
 * room_bytes: the most that read_ahead_next() will be asked to put in front of a piece. */
struct read_ahead *read_ahead_start(struct feed *feed, const struct raw_source *raw,
                                    size_t room_bytes);

/* Waits for the next piece, copies rest in front of it, and takes the piece before back: rest may
 * be a part of that.  asker: the caller's own env, whose check() is asked while waiting.  1:
 * *ret_piece; 0: the end; -1: the asker's check said so, or the env of the chain tells why.  After
 * 0 or -1 the piece before is still there. */
int read_ahead_next(struct read_ahead *a, const uint8_t *rest, size_t rest_bytes,
                    struct source_env *asker, struct ahead_piece *ret_piece);

/* Ends the thread; the feed is the caller's again.  NULL is fine. */
void read_ahead_stop(struct read_ahead *a);

#endif
