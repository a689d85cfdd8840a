/* container.h -- what an RDB is packed and framed in. */
#ifndef RDBPARSE_CONTAINER_H
#define RDBPARSE_CONTAINER_H

#include "source.h"

#define CONTAINER_EOF_MARK_BYTES 40

struct container {
    char name[64];     /* "plain", "gzip", "zstd, lz4", "gzip, replication", ... */
    unsigned depth;    /* how many unpackers are in the chain */
    bool is_framed;    /* some head of a replication stream was there */
    bool has_eof_mark; /* by $EOF: */
    uint8_t eof_mark[CONTAINER_EOF_MARK_BYTES];
    bool has_length; /* by $LENGTH */
    uint64_t length_bytes;
};

/* Opens unpackers on top of *top, one after the other, until unpacked bytes show, passes over
 * replication framing, and leaves *top at the RDB's magic.  0, or -1 with the env's error set; *top
 * is the caller's to free in both cases. */
int container_peel(struct feed *top, struct container *ret_container);

#endif
