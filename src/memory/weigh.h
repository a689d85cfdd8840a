/* weigh.h -- one meter a type of value.
 *
 * Each is a plain struct that is zeroed (weigh_*_begin) for every value, fed with its items and
 * blobs, and asked once at the end.  What they keep is of fixed size; only the radix trees of a
 * stream own memory.  Private to src/memory.
 */
#ifndef RDBLENS_WEIGH_H
#define RDBLENS_WEIGH_H

#include "memory/bucket_table.h"
#include "memory/model.h"
#include "memory/packed_size.h"
#include "memory/rax_size.h"
#include "memory/stream_ids.h"
#include "memory/table_growth.h"
#include "memory/ttl_buckets.h"
#include "memory/vset_size.h"

/* A raised limit is looked at up to so many times its setting. */
#define RAISED_MOST 4

/* The key that a value belongs to. */
struct key_frame {
    uint64_t name_bytes;
    bool has_expire;
    bool has_private_integers;  /* small ones are not shared */
    struct string_bytes object; /* of a value; the whole key with it, where they are one */
};

/* Sets key->object; what there is beside it and the content: entries and name. */
struct string_bytes weigh_key(const struct memory_model *m, struct key_frame *key);
/* sdsReqSize(): of a string that is placed inside another allocation. */
uint64_t placed_string_bytes(uint64_t n);
/* A string of n bytes in one allocation with its key; 0 where it is not. */
uint64_t embedded_string_bytes(const struct memory_model *m, const struct key_frame *key,
                               uint64_t n);

/* A value that is one packed blob of n bytes behind its object. */
struct weight weigh_packed(const struct memory_model *m, const struct key_frame *key, uint64_t n,
                           enum encoding encoding);

/* What belongs to a hash table. */
struct table_parts {
    uint64_t asize; /* counted besides object, slots and elements */
    uint64_t metadata_bytes;
    struct string_bytes elements; /* entries, strings, nodes */
    uint64_t element_count;
};
/* Object, table and elements; of what is counted in asize the caller adds what is allocated. */
struct weight weigh_table(const struct memory_model *m, const struct key_frame *key,
                          const struct table_growth *t, const struct table_parts *p);
/* The same where a table has buckets of seven; its own structure is counted here. */
struct weight weigh_bucket_table(const struct memory_model *m, const struct key_frame *key,
                                 const struct bucket_table *t, const struct table_parts *p);
/* The entries of a dict; where there are no values an expectation. */
struct string_bytes weigh_entries(const struct memory_model *m, enum dict_entries entries,
                                  uint64_t slots, uint64_t count);
void add_bytes(struct string_bytes *sum, struct string_bytes more);

/* ---- strings ---- */
/* integer: NULL, or the one whose text the string is. */
struct weight weigh_string(const struct memory_model *m, const struct key_frame *key, uint64_t n,
                           const int64_t *integer);

/* ---- lists ---- */
struct list_meter {
    uint64_t node_count;
    uint64_t nodes_bytes; /* nodes with their entries, as counted */
    uint64_t nodes_alloc_bytes;
    uint64_t last_node_bytes; /* of the last finished node, if packed */
    bool has_plain_node;
    bool is_estimate;  /* a compressed size is not in the file */
    bool is_node_open; /* one is being filled element by element */
    uint64_t open_bytes, open_count;
    struct ziplist_size open_ziplist;
    uint64_t open_lzf_bytes; /* the node's blob was compressed to so many bytes; 0: it was not */
    uint64_t open_raw_bytes; /* from so many */
    bool has_long_element;   /* for the lists of 2.x */
};
/* What compressing the last nodes would save: only once a node has list_compress_depth others
 * behind it, it is compressed.  Zeroed memory is valid; _done frees it. */
struct node_ring {
    struct node_saving {
        uint64_t counted, allocated;
        bool is_unknown; /* whether the node compresses */
    } * savings;
    uint64_t room;
    bool out_of_memory;
};
void node_ring_done(struct node_ring *r);
void weigh_list_blob(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                     uint16_t rdb_type, const struct rdbp_blob *b);
void weigh_list_item(struct list_meter *l, struct node_ring *ring, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it);
struct weight weigh_list_end(struct list_meter *l, struct node_ring *ring,
                             const struct memory_model *m, const struct key_frame *key,
                             uint16_t rdb_type, uint64_t element_count);

/* ---- sets ---- */
struct set_meter {
    enum { SET_IS_INTSET = 0, SET_IS_LISTPACK, SET_IS_TABLE } phase; /* of the replay */
    uint64_t member_count;
    uint64_t leading_integers;   /* before the first other member */
    struct string_bytes strings; /* buffers of the members in a table */
    uint64_t listpack_bytes;     /* all members' entries in a listpack */
    uint64_t reserved_bytes;     /* a listpack made of an intset is allocated in advance */
    uint64_t longest;
    int64_t smallest_integer, largest_integer; /* of those seen as an intset */
};
void weigh_set_item(struct set_meter *s, const struct memory_model *m, const rdbp_item *it);
struct weight weigh_set_end(const struct set_meter *s, const struct memory_model *m,
                            const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes,
                            uint64_t member_count);
/* As if the limits allowed it: an intset if all members are integers, else a listpack. */
struct weight weigh_packed_set(const struct set_meter *s, const struct memory_model *m,
                               const struct key_frame *key, uint64_t member_count);

/* ---- hashes ---- */
/* The TTLs of a hash's fields, in the order in which a table would get them. Zeroed memory is
 * valid; _done frees it. */
struct field_ttls {
    struct ttl_buckets buckets; /* Redis */
    struct vset_size vset;      /* Valkey */
    bool is_vset;
    /* Of the first pairs, as long as the hash may be loaded packed: sorted before a conversion. */
    int64_t *early;
    size_t early_count, early_room;
    size_t early_before_long_pair;
    bool is_flushed;
    bool out_of_memory;
    int64_t earliest_ms; /* ROW_NULL: no field has one */
};
void field_ttls_begin(struct field_ttls *f, const struct memory_model *m);
void field_ttls_done(struct field_ttls *f);

struct hash_meter {
    uint64_t pair_count; /* values seen */
    bool has_long_pair;
    uint64_t first_long_pair;    /* 0-based */
    uint64_t field_bytes;        /* length of the current field */
    uint64_t value_bytes;        /* length of the last value, */
    struct string_bytes pair;    /* and what the last pair takes in a table */
    struct string_bytes strings; /* what all of them take */
    uint64_t listpack_bytes;     /* all fields and values in a listpack */
    uint64_t ttl_listpack_bytes; /* and all TTLs */
    struct ziplist_size ziplist; /* fields and values in a ziplist */
    bool has_field_ttl;          /* of the current field */
};
void weigh_hash_item(struct hash_meter *h, struct field_ttls *ttls, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it);
struct weight weigh_hash_end(const struct hash_meter *h, struct field_ttls *ttls,
                             const struct memory_model *m, const struct key_frame *key,
                             uint16_t rdb_type, uint64_t raw_bytes, uint64_t pair_count);

/* As if the limits allowed it; for rdb types that are not packed raw_bytes is not looked at. */
struct weight weigh_packed_hash(const struct hash_meter *h, const struct memory_model *m,
                                const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes);

/* ---- sorted sets ---- */
/* Expected allocations of skiplist nodes: constants of the model, found when first needed. */
#define NODE_MEANS 256
struct node_means {
    double of[NODE_MEANS]; /* by bytes without the levels; 0: not yet */
};
struct zset_meter {
    uint64_t member_count;
    struct string_bytes strings;
    double nodes_bytes;          /* expected */
    uint64_t listpack_bytes;     /* as long as a packed value is possible with raised limits */
    struct ziplist_size ziplist; /* likewise */
    uint64_t longest;
    uint64_t fraction_count, fraction_bytes; /* scores whose text is not an integer's */
};
void weigh_zset_item(struct zset_meter *z, struct node_means *means, const struct memory_model *m,
                     uint16_t rdb_type, const rdbp_item *it);
struct weight weigh_zset_end(const struct zset_meter *z, const struct memory_model *m,
                             const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes,
                             uint64_t member_count);
/* As if the limits allowed it, up to RAISED_MOST times of them; raw_bytes as with hashes. */
struct weight weigh_packed_zset(const struct zset_meter *z, const struct memory_model *m,
                                const struct key_frame *key, uint16_t rdb_type, uint64_t raw_bytes);

/* ---- streams ---- */
struct stream_meter {
    struct string_bytes listpacks;
    struct string_bytes groups; /* with their consumers */
    struct string_bytes names;  /* of consumers */
    uint64_t consumers_counted; /* of the group being read */
    uint64_t reference_count;   /* of entries by groups where they are pending */
    bool has_groups, is_in_group, is_in_consumer, is_estimate;
    struct rax_size nodes, group_names, group_pel, consumer_names, consumer_pel;
    struct rax_size references, pending_times;
    struct stream_ids reference_ids, pending_time_ids;
    /* Idempotent producers. */
    bool has_producers, is_in_producer;
    struct string_bytes producers; /* without their tree */
    struct table_growth iids;      /* of the producer being read */
    struct rax_size producer_names;
};
void weigh_stream_begin(struct stream_meter *s, const struct memory_model *m);
void weigh_stream_blob(struct stream_meter *s, const struct memory_model *m,
                       const struct rdbp_blob *b);
void weigh_stream_item(struct stream_meter *s, const struct memory_model *m, const rdbp_item *it);
/* -1 when memory ran out. */
int weigh_stream_end(struct stream_meter *s, const struct memory_model *m,
                     const struct key_frame *key, struct weight *ret_weight);
void weigh_stream_done(struct stream_meter *s);

#endif
