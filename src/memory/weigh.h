/* weigh.h -- one meter a type of value.
 *
 * Each is a plain struct that is zeroed (weigh_*_begin) for every value, fed with its items and
 * blobs, and asked once at the end.  What they keep is of fixed size; only the radix trees of a
 * stream own memory.  Private to src/memory.
 */
#ifndef RDBLENS_WEIGH_H
#define RDBLENS_WEIGH_H

#include "memory/model.h"
#include "memory/rax_size.h"
#include "memory/table_growth.h"

/* A hash table with its elements as MEMORY USAGE counts them, asize being what else there is; of
 * what the allocator gives only object, dict and tables. */
struct weight weigh_table(const struct memory_model *m, const struct table_growth *t,
                          uint64_t asize, uint64_t elements_bytes, uint64_t element_count);

/* ---- strings ---- */
/* integer: NULL, or the one whose text the string is. */
struct weight weigh_string(const struct memory_model *m, uint64_t n, const int64_t *integer);

/* ---- lists ---- */
struct list_meter {
    uint64_t node_count;
    uint64_t nodes_bytes; /* nodes with their entries, as counted */
    uint64_t nodes_alloc_bytes;
    uint64_t last_node_bytes; /* of the last finished node, if packed */
    bool has_plain_node;
    bool is_node_open; /* one is being filled element by element */
    uint64_t open_bytes, open_count;
};
void weigh_list_blob(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                     const struct rdbp_blob *b);
void weigh_list_item(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it);
struct weight weigh_list_end(struct list_meter *l, const struct memory_model *m, uint16_t rdb_type,
                             uint64_t element_count);

/* ---- sets ---- */
struct set_meter {
    enum { SET_IS_INTSET = 0, SET_IS_LISTPACK, SET_IS_TABLE } phase; /* of the replay */
    uint64_t member_count;
    uint64_t strings_bytes;  /* buffers of the members in a table */
    uint64_t listpack_bytes; /* all members' entries in a listpack */
    uint64_t reserved_bytes; /* a listpack made of an intset is allocated in advance */
    uint64_t longest;
    int64_t smallest_integer, largest_integer; /* of those seen as an intset */
};
void weigh_set_item(struct set_meter *s, const struct memory_model *m, const rdbp_item *it);
struct weight weigh_set_end(const struct set_meter *s, const struct memory_model *m,
                            uint16_t rdb_type, uint64_t raw_bytes, uint64_t member_count);

/* ---- hashes ---- */
struct hash_meter {
    uint64_t pair_count; /* values seen */
    bool has_long_pair;
    uint64_t first_long_pair; /* 0-based */
    uint64_t field_bytes;     /* length of the current field */
    uint64_t strings_bytes;   /* buffers of fields and values in a table */
    uint64_t listpack_bytes;  /* all entries in a listpack */
    bool has_field_ttl;       /* of the current field */
};
void weigh_hash_item(struct hash_meter *h, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it);
struct weight weigh_hash_end(const struct hash_meter *h, const struct memory_model *m,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t pair_count);

/* ---- sorted sets ---- */
struct zset_meter {
    uint64_t member_count;
    uint64_t strings_bytes;
    uint64_t listpack_bytes; /* as long as a listpack is possible */
    uint64_t longest;
};
void weigh_zset_item(struct zset_meter *z, const struct memory_model *m, uint16_t rdb_type,
                     const rdbp_item *it);
struct weight weigh_zset_end(const struct zset_meter *z, const struct memory_model *m,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t member_count,
                             double skiplist_node_mean);
/* Expected allocation of a skiplist node: a constant of the model. */
double skiplist_node_mean_bytes(const struct memory_model *m);

/* ---- streams ---- */
struct stream_meter {
    uint64_t listpacks_bytes;
    uint64_t groups_bytes; /* of finished groups and consumers, as counted */
    uint64_t groups_alloc_bytes;
    bool has_groups, is_in_group, is_in_consumer, is_estimate;
    struct rax_size nodes, group_names, group_pel, consumer_names, consumer_pel;
};
void weigh_stream_begin(struct stream_meter *s, const struct memory_model *m);
void weigh_stream_blob(struct stream_meter *s, const struct memory_model *m,
                       const struct rdbp_blob *b);
void weigh_stream_item(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it);
/* -1 when memory ran out. */
int weigh_stream_end(struct stream_meter *s, const struct memory_model *m,
                     struct weight *ret_weight);
void weigh_stream_done(struct stream_meter *s);

#endif
