/* bucket_table.h -- how many buckets a Valkey 8.1 hashtable has after a series of additions. */
#ifndef RDBLENS_BUCKET_TABLE_H
#define RDBLENS_BUCKET_TABLE_H

#include <stdint.h>

#define BUCKET_TABLE_BUCKET_BYTES 64

struct bucket_table {
    uint64_t buckets;     /* of the table that takes new members */
    uint64_t old_buckets; /* of the one being emptied; 0: no rehash runs */
    uint64_t used;
    uint64_t old_used;   /* members when the rehash began */
    uint64_t steps_left; /* additions until the old one is empty */
};

/* A table made for `want` members. */
void bucket_table_init(struct bucket_table *t, uint64_t want);
/* hashtableExpand() */
void bucket_table_expand(struct bucket_table *t, uint64_t want);
/* hashtableAdd() of so many new members. */
void bucket_table_add(struct bucket_table *t, uint64_t count);
/* What a keyspace's table becomes when the server comes to rest: rehashes are over, a full one has
 * grown, and one that is nearly empty, made for more than came, has shrunk. */
void bucket_table_settle(struct bucket_table *t);
/* Child buckets to be expected: what does not fit into a bucket goes into a chain of them. */
double bucket_table_children(const struct bucket_table *t);

#endif
