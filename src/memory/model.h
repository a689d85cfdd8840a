/* model.h -- a server version as a row of data, and the sums every part of the meter makes.
 *
 * Private to src/memory.  What is the same in every version with MEMORY USAGE is a constant here;
 * what differs is a field of struct memory_version.  "Counted" is what MEMORY USAGE adds up,
 * "allocated" what the allocator gives.
 */
#ifndef RDBLENS_MEMORY_MODEL_ROW_H
#define RDBLENS_MEMORY_MODEL_ROW_H

#include "memory/memory_model.h"

/* sizeof() of the structures, 64-bit. */
enum {
    OBJECT_BYTES = 16,     /* robj */
    DICT_ENTRY_BYTES = 24, /* dictEntry */
    BUCKET_BYTES = 8,
    ZSET_BYTES = 16,
    SKIPLIST_NODE_BYTES = 24,  /* zskiplistNode without its levels */
    SKIPLIST_LEVEL_BYTES = 16, /* one zskiplistLevel */
    SKIPLIST_MAX_LEVEL = 32,   /* ZSKIPLIST_MAXLEVEL, 64 in 5.0 only */
    STREAM_ID_BYTES = 16,
    MODULE_VALUE_BYTES = 16,
};

enum {
    LISTPACK_EMPTY_BYTES = 7, /* header of 6 and the end mark */
    ZIPLIST_EMPTY_BYTES = 11, /* header of 10 and the end mark */
    INTSET_HEADER_BYTES = 8,
    EMBSTR_MAX_BYTES = 44,      /* longer strings get an allocation of their own */
    EMBSTR_OVERHEAD_BYTES = 20, /* object, 3-byte header, closing zero */
    SHARED_INTEGERS = 10000,    /* 0..9999 exist since startup */
};

/* Where the name of a key is. */
enum key_layout {
    KEY_BESIDE_ENTRY = 0, /* dictEntry and a string */
    KEY_IN_ENTRY,         /* embedded in the dictEntry: Valkey 8.0 */
    KEY_IN_OBJECT         /* entry, name, expiry and object are one */
};

/* Which strings join the key in its object. */
enum embedded_strings {
    EMBED_NEVER = 0,
    EMBED_BY_GUESS,         /* up to 64 bytes together, the name's header guessed */
    EMBED_BY_GUESS_OF_NAME, /* the same without the expiry */
    EMBED_BY_SIZE,          /* up to 64 bytes together */
    EMBED_VALKEY_9_1        /* up to 128, in the place of the pointer */
};

/* Whose length is counted as that of the key's name. */
enum counted_name {
    NAME_IS_KEY = 0,
    NAME_IS_ARGUMENT,  /* of the command: an embedded string up to 44 bytes */
    NAME_IS_SUBCOMMAND /* of "usage" */
};

/* How a list's big elements are kept. */
enum plain_nodes {
    PLAIN_NEVER = 0,
    PLAIN_FROM_1_GIB,     /* Redis 7.0 */
    PLAIN_ABOVE_NODE_SIZE /* Redis 7.4, Valkey 8.0 */
};

/* Entries of a dict. */
enum dict_entries {
    ENTRY_WHOLE = 0, /* a dictEntry for each element */
    ENTRY_COUNTED,   /* without values: only behind another in their bucket, but all are counted */
    ENTRY_COLLIDING  /* the same, and only these are counted */
};

/* What MEMORY USAGE counts of a string's buffer. */
enum counted_strings {
    STRING_ASKED = 0,      /* header, text, closing zero */
    STRING_ROUNDED,        /* the allocation */
    STRING_ROUNDED_FROM_32 /* the allocation, but the shortest as asked for */
};

/* Field and value of a pair in a table. */
enum hash_pairs {
    PAIR_APART = 0,      /* two strings */
    PAIR_FIELD_STRING,   /* the field is a string of another kind (mstr) */
    PAIR_JOINED,         /* one allocation, if not too large */
    PAIR_JOINED_AS_ASKED /* the same, counted unrounded */
};

/* Which hash fields can have a TTL. */
enum field_ttl_kind {
    FIELD_TTL_NONE = 0,
    FIELD_TTL_BUCKETS, /* Redis 7.4: ebuckets */
    FIELD_TTL_VSET     /* Valkey 9.0 */
};

/* What the mean size of a list's nodes is taken of and multiplied with. */
enum list_samples {
    LIST_BY_NODES = 0,
    LIST_NODES_BY_ELEMENTS, /* mean of a node times the elements (a bug of 4.0) */
    LIST_BY_ELEMENTS
};

struct memory_version {
    const char *name;
    bool is_valkey;
    uint32_t number;      /* of its first patch: major * 10000 + minor * 100 + patch */
    const char *sizes_of; /* NULL: its own */

    /* How MEMORY USAGE counts: the allocation's size, or what was asked for. */
    enum counted_strings counted_strings;
    bool rounds_stream_listpacks;
    bool rounds_blobs; /* of packed values and list nodes */
    bool counts_embstr_rounded;
    bool counts_asked_bytes; /* of the key, with room to spare for an expiry */
    bool counts_no_name;     /* of a key in its object, unless a string is with it */
    bool sums_exactly;       /* in integers, not as a sample's mean in doubles */

    enum key_layout key_layout;
    enum embedded_strings embeds_strings;
    bool sets_expiry_after; /* a loaded key gets its expiry once it is there */
    enum counted_name counted_name;
    uint32_t cluster_entry_bytes;   /* dictEntry with cluster-enabled, where it is larger */
    uint32_t cluster_counted_bytes; /* what is counted for that */

    bool keeps_embstr_of_integers; /* the text becomes an integer within its allocation */
    bool shares_stored_integers;   /* integers stored as such, whatever the maxmemory policy */
    uint32_t embstr_below_bytes;   /* shorter ones, if joined, are "embstr" to OBJECT ENCODING */

    bool has_listpack;  /* for what was a ziplist */
    bool has_zipmap;    /* 2.4 */
    bool has_quicklist; /* since 3.2 */
    bool has_set_listpack;
    bool has_list_listpack;  /* small lists without a quicklist */
    bool has_shortest_score; /* scores as the shortest text, not as %.17g */
    enum field_ttl_kind field_ttl;
    bool has_stream_word; /* OBJECT ENCODING says "stream", not "unknown" */

    /* Tables. */
    bool expands_tables;     /* HASH and ZSET are loaded into a table made for all of them */
    bool expands_hash_first; /* a packed hash is converted into a table made for its pairs */
    bool expands_zset_first; /* likewise a zset */
    bool expands_hash_whole; /* a hash converted half-way: for all of its pairs */
    bool has_bucket_tables;  /* Valkey's hashtable instead of dicts */
    uint32_t bucket_table_bytes;
    uint32_t hash_metadata_bytes; /* behind the table of every hash, */
    uint32_t ttl_metadata_bytes;  /* and of one with field TTLs */
    uint32_t set_metadata_bytes;  /* behind the table of a set */
    uint32_t dict_bytes;
    enum dict_entries set_entries;
    enum dict_entries hash_entries;
    enum dict_entries zset_entries;
    uint32_t zset_entry_counted_bytes;
    enum hash_pairs hash_pairs;
    uint32_t listpack_ex_bytes;

    bool counts_skiplist; /* skiplist, its head and the dict of a zset */
    uint32_t skiplist_max_level;
    uint32_t skiplist_bytes;
    bool has_head_in_skiplist;         /* the node before the first is part of it */
    uint32_t embedded_member_overhead; /* of a member inside its node; 0: it is a string apart */

    enum plain_nodes plain_nodes;
    enum list_samples list_samples;
    uint32_t quicklist_bytes;
    uint32_t quicklist_node_bytes;
    uint32_t lzf_header_bytes;         /* of a compressed node, */
    uint32_t lzf_header_counted_bytes; /* and as counted */

    bool counts_rax_nodes; /* by their real size, not as 244 bytes each */
    uint32_t rax_bytes;
    uint32_t stream_bytes, stream_counted_bytes;
    uint32_t stream_group_bytes;
    uint32_t stream_consumer_bytes;
    uint32_t stream_nack_bytes;
    bool averages_groups;     /* adds groups and consumers as means, in doubles */
    bool has_producers;       /* idempotent ones */
    bool counts_producers;    /* their tree too; empty ones are left out, streams' names kept */
    bool counts_whole_stream; /* all that is allocated but lists of groups */
    bool has_group_refs;      /* a tree of all pending ids with their groups */
    bool has_pending_times;   /* a tree of pending entries by time in each group */
};

/* What a value weighs, its object included, its key not. */
struct weight {
    uint64_t bytes;
    uint64_t alloc_bytes;
    enum encoding encoding;
    enum size_note note;
};

/* A string's buffer, or several: as counted, and as allocated. */
struct string_bytes {
    uint64_t counted;
    uint64_t allocated;
};

uint64_t alloc_size_jemalloc(uint64_t n);
uint64_t alloc_size_jemalloc_system(uint64_t n);
uint64_t alloc_size_libc(uint64_t n);

/* Bytes of the sds header of a string of n bytes that was made for them. */
uint64_t sds_header_bytes(uint64_t n);
/* A string's buffer (sds) for n payload bytes: header, payload, closing zero; as allocated. */
uint64_t sds_bytes(const struct memory_model *m, uint64_t n);
/* Adds one to a sum of both. */
void add_sds(struct string_bytes *sum, const struct memory_model *m, uint64_t n);

/* asize + `count` times the mean of the elements looked at, as objectComputeSize() adds it: through
 * doubles, in this order, so that the result may be one less than the integer sum. */
uint64_t add_sampled(const struct memory_model *m, uint64_t asize, uint64_t elements_bytes,
                     uint64_t samples, uint64_t count);

#endif
