/* model.h -- a server version as a row of data, and the sums every part of the meter makes.
 *
 * Private to src/memory.  What is the same in every version with MEMORY USAGE is a constant here;
 * what differs is a field of struct memory_model.
 */
#ifndef RDBLENS_MEMORY_MODEL_ROW_H
#define RDBLENS_MEMORY_MODEL_ROW_H

#include "memory/memory_model.h"

/* sizeof() of the structures, 64-bit. */
enum {
    OBJECT_BYTES = 16,     /* robj */
    DICT_ENTRY_BYTES = 24, /* dictEntry */
    BUCKET_BYTES = 8,
    QUICKLIST_BYTES = 40,
    ZSET_BYTES = 16,
    ZSKIPLIST_BYTES = 32,
    SKIPLIST_NODE_BYTES = 24,  /* zskiplistNode without its levels */
    SKIPLIST_LEVEL_BYTES = 16, /* one zskiplistLevel */
    STREAM_ID_BYTES = 16,
    STREAM_NACK_BYTES = 24,
    MODULE_VALUE_BYTES = 16,
};

enum {
    LISTPACK_EMPTY_BYTES = 7, /* header of 6 and the end mark */
    INTSET_HEADER_BYTES = 8,
    EMBSTR_MAX_BYTES = 44,      /* longer strings get an allocation of their own */
    EMBSTR_OVERHEAD_BYTES = 20, /* object, 3-byte header, closing zero */
    SHARED_INTEGERS = 10000,    /* 0..9999 exist since startup */
};

/* One server version with its settings. */
struct memory_model {
    const char *name;

    /* The allocator: usable bytes of an allocation of n bytes. */
    uint64_t (*alloc_size)(uint64_t n);

    /* Settings that decide about encodings, as configured.  list_max_listpack_size: -1..-5 a size
     * per node, 0 and more a count. */
    uint64_t hash_max_listpack_entries, hash_max_listpack_value;
    uint64_t zset_max_listpack_entries, zset_max_listpack_value;
    uint64_t set_max_intset_entries;
    uint64_t set_max_listpack_entries, set_max_listpack_value;
    int64_t list_max_listpack_size;

    /* An element this long, pushed to a list, becomes a plain node. */
    uint64_t list_plain_element_bytes;

    /* Structure sizes. */
    uint32_t dict_bytes;
    uint32_t quicklist_node_bytes;
    uint32_t stream_bytes;
    uint32_t stream_group_bytes;
    uint32_t stream_consumer_bytes;
    uint32_t skiplist_max_level;
};

/* What a value weighs, its object included, its key not. */
struct weight {
    uint64_t bytes;
    uint64_t alloc_bytes;
    enum encoding encoding;
    enum size_note note;
};

/* jemalloc as bundled with the servers: 8 16 24 .. 64, then four classes a doubling. */
uint64_t alloc_size_jemalloc_8(uint64_t n);

/* A string's buffer (sds) for n payload bytes: header, payload, closing zero. */
uint64_t sds_bytes(const struct memory_model *m, uint64_t n);

/* asize + the elements' sum, as objectComputeSize() adds it: through doubles, in this order, so
 * that the result may be one less than the integer sum. */
uint64_t add_sampled(uint64_t asize, uint64_t elements_bytes, uint64_t element_count);

/* A value that is one packed blob of n bytes behind its object. */
struct weight weigh_packed(const struct memory_model *m, uint64_t n, enum encoding encoding);

#endif
