/* streams.h -- what a snapshot says of its streams, their groups and consumers. */
#ifndef RDBLENS_STREAMS_H
#define RDBLENS_STREAMS_H

#include "key_row.h"

/* So many of each are kept, the first in the file; a group's and a stream's own sums are of all. */
#define STREAMS_MAX          10000
#define STREAM_GROUPS_MAX    10000
#define STREAM_CONSUMERS_MAX 10000

struct stream_record {
    uint64_t n, db; /* the key's row */
    uint8_t *key;   /* its first 1,024 bytes */
    size_t key_stored_bytes;
    int64_t expires_at_ms;
    int64_t bytes, alloc_bytes;
    uint64_t length;
    struct rdbp_stream_id first_id, last_id, max_deleted_id;
    bool has_v2;            /* entries_added and max_deleted_id are known, and first_id is exact */
    uint64_t entries_added; /* of all time */
    uint64_t deleted;       /* entries that were deleted and still take room in their nodes */
    uint64_t nodes, nodes_bytes;
    uint64_t groups, consumers, pending;
};

struct stream_group_record {
    uint64_t stream_n;
    char *name; /* escaped, cut */
    struct rdbp_stream_id last_id;
    int64_t entries_read, lag; /* ROW_NULL: not known */
    uint64_t consumers, pending;
    uint64_t consumers_with_pending;
    int64_t first_pending_ms; /* of the oldest pending entry's id; ROW_NULL: none */
    int64_t first_delivered_at, last_delivered_at; /* of pending entries, last time each */
    uint64_t most_deliveries;
    int64_t last_seen_at, last_active_at; /* of all consumers */
};

struct stream_consumer_record {
    uint64_t stream_n;
    char *group, *name; /* group: borrowed from its record */
    uint64_t pending;
    int64_t seen_at, active_at; /* ROW_NULL: never, or not in the file */
};

struct streams {
    struct stream_record *streams;
    struct stream_group_record *groups;
    struct stream_consumer_record *consumers;
    size_t stream_count, group_count, consumer_count;
    size_t stream_room, group_room, consumer_room;
    uint64_t streams_beyond, groups_beyond, consumers_beyond; /* not kept */

    /* The stream being read. */
    bool is_open, is_kept, is_group_kept;
    struct stream_record stream;
    struct stream_group_record group;
    size_t first_group, first_consumer; /* of this stream */
    uint64_t groups_beyond_before, consumers_beyond_before;
    bool is_out_of_memory;
};

void streams_done(struct streams *s);
void streams_begin(struct streams *s, const struct rdbp_key *key);
void streams_blob(struct streams *s, const struct rdbp_blob *blob);
void streams_items(struct streams *s, const struct rdbp_items *items);
/* row: the key's, weighed.  -1: out of memory, now or earlier. */
int streams_end(struct streams *s, const struct rdbp_value_end *end, const struct key_row *row);

#endif
