/* key_row.h -- one key as the program knows it: what the parser said, what the meter weighed.
 *
 * This is the only thing that travels from the decoder thread to the store, and from a report
 * database back into the aggregates, so each fact about a key has one place.
 */
#ifndef RDBLENS_KEY_ROW_H
#define RDBLENS_KEY_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rdbparse/rdbparse.h"

/* "Not known", for every signed 64-bit figure below; NULL in SQL. */
#define ROW_NULL INT64_MIN

/* OBJECT ENCODING on the loaded server. Stored as these numbers: append only. */
enum encoding {
    ENCODING_UNKNOWN = 0,
    ENCODING_INT,
    ENCODING_EMBSTR,
    ENCODING_RAW,
    ENCODING_LINKEDLIST,
    ENCODING_ZIPLIST,
    ENCODING_QUICKLIST,
    ENCODING_LISTPACK,
    ENCODING_INTSET,
    ENCODING_HASHTABLE,
    ENCODING_SKIPLIST,
    ENCODING_ZIPMAP,
    ENCODING_LISTPACKEX,
    ENCODING_STREAM,
    ENCODING_NO_WORD, /* the server has none for a stream and says "unknown" */
    ENCODING_SLICED_ARRAY,
    ENCODING_COUNT_
};
const char *encoding_name(enum encoding e); /* NULL for ENCODING_UNKNOWN */

/* How far `bytes` can be trusted.  Stored as these numbers: append only. */
enum size_note {
    SIZE_EXACT = 0,
    SIZE_EXPECTED, /* the server itself is random here (skiplist levels, an unfinished rehash): an
                      expectation */
    SIZE_LOWER_BOUND, /* a part cannot be known from the file (modules) */
    SIZE_UNKNOWN      /* damaged value: no size */
};
const char *size_note_name(enum size_note n); /* "exact", "expected", "lower bound", "unknown" */

/* Another form that a value could have.  Stored as these numbers: append only. */
enum form_kind {
    FORM_NONE = 0,
    FORM_COMPRESSED,  /* a string, by its client: as the file has it */
    FORM_PACKED_HASH, /* a listpack or ziplist, with raised limits */
    FORM_PACKED_SET,
    FORM_PACKED_ZSET,
    FORM_INTSET,
    FORM_COUNT_
};

struct other_form {
    uint8_t kind; /* enum form_kind */
    /* What the limits of entries and of their bytes must be raised to: 1 (they hold), 2 or 4 times.
     */
    uint8_t entries_factor, value_factor;
    uint64_t alloc_bytes; /* of the key in this form */
};

/* What only the decoder sees of a value.  No part of its row: it is summed by pattern. */
struct value_facts {
    struct other_form form;
    bool is_expired;    /* the key, at `now`: in another form it would gain nothing */
    uint64_t lzf_bytes; /* of a string that is compressed in the file; else 0 */
    /* Fields of a hash that have a TTL. */
    uint64_t ttl_fields, expired_fields;
    int64_t first_field_ttl_ms, last_field_ttl_ms; /* ROW_NULL: none */
};

struct key_row {
    uint64_t n; /* 1-based number of the key in its snapshot; key_rows.id = snapshot_id << 40 | n */
    uint64_t db;
    const uint8_t *key;      /* borrowed; key_stored_bytes of it */
    size_t key_stored_bytes; /* the whole key, or its first 1,024 bytes when longer than 1 MiB */
    uint64_t key_bytes;      /* true length */
    enum rdbp_type type;
    uint16_t rdb_type;
    char module_name[10];
    uint32_t type_id; /* type_names.id: type, or 100 and more for module types */
    enum encoding encoding;
    enum size_note size_note;
    int64_t bytes;       /* MEMORY USAGE key SAMPLES 0 after loading */
    int64_t alloc_bytes; /* what the allocator really gives */
    int64_t rdb_bytes;
    int64_t elements;
    int64_t largest_element;
    int64_t expires_at_ms;
    int64_t idle_seconds;
    int64_t freq;
    uint64_t pattern_n; /* 1-based number of its pattern row; 0: none */
};

/* A keyed hash of database, name and length: equal for a key that is there twice.  A name that
 * comes cut is told by its first bytes and its length. */
uint64_t hash_key(const struct rdbp_key *key);

#endif
