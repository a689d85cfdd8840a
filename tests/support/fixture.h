/* fixture.h -- builds a snapshot and, beside it, the statement of what it holds.
 *
 * Every call writes RDB bytes through rdb_writer.h and the same content, from its arguments, as
 * canonical JSON (canon.h).  The JSON never comes from a parser.
 */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canon.h"
#include "rdb_writer.h"

/* A string and how it is stored where it stands. */
struct cell {
    struct text text;
    unsigned form;
};
#define C(literal)            ((struct cell){LIT(literal), FORM_AUTO})
#define CF(literal, form)     ((struct cell){LIT(literal), (form)})
/* The same for static tables, which take no compound literals. */
#define K(literal)            {{(literal), sizeof(literal) - 1}, FORM_AUTO}
#define KF(literal, form)     {{(literal), sizeof(literal) - 1}, (form)}
#define CELLS(...)            ((const struct cell[]){__VA_ARGS__})
#define CELL_COUNT(...)       (sizeof(CELLS(__VA_ARGS__)) / sizeof(struct cell))
/* A literal array of cells and its length, for two arguments in a row. */
#define ALL(...)              CELLS(__VA_ARGS__), CELL_COUNT(__VA_ARGS__)

/* Type bytes by the names of Redis' rdb.h; HASH_2 is Valkey's 22 and is told apart by the version. */
enum rdb_type_byte {
    T_STRING = 0, T_LIST, T_SET, T_ZSET, T_HASH, T_ZSET_2, T_MODULE_PRE_GA, T_MODULE_2,
    T_HASH_ZIPMAP = 9, T_LIST_ZIPLIST, T_SET_INTSET, T_ZSET_ZIPLIST, T_HASH_ZIPLIST,
    T_LIST_QUICKLIST, T_STREAM_LISTPACKS, T_HASH_LISTPACK, T_ZSET_LISTPACK, T_LIST_QUICKLIST_2,
    T_STREAM_LISTPACKS_2, T_SET_LISTPACK, T_STREAM_LISTPACKS_3, T_HASH_METADATA_PRE_GA,
    T_HASH_LISTPACK_EX_PRE_GA, T_HASH_METADATA, T_HASH_LISTPACK_EX, T_STREAM_LISTPACKS_4,
    T_STREAM_LISTPACKS_5, T_ARRAY,
    T_HASH_2 = 256 + 22
};

struct fixture {
    struct buf rdb;
    struct canon_document document;
    /* Instead of the content, what <name>.json says when that would be too long to read. */
    struct buf truth;
    unsigned version;
    uint64_t db;
    uint64_t key_count, expires_count;
    struct canon_attributes pending;
    /* How the following values are written; reset to AUTO by whoever sets them. */
    unsigned blob_form;            /* of packed blobs and list nodes */
    enum length_form count_form;   /* of element and node counts */
    bool hide_packed_count;        /* 0xffff in packed headers, 254 in zipmaps */
    size_t plain_from_bytes;       /* quicklist 2: longer elements get a PLAIN node; 0: none */
};

/* The family is what a reader must make of magic and AUX together: "redis", "valkey", "keydb". */
void fixture_begin(struct fixture *f, unsigned version, const char *family);
void fixture_end(struct fixture *f, enum checksum_form form);
/* Bytes follow the last record that no reader can get over: the document ends with this error. */
void fixture_end_fatal(struct fixture *f, const char *error);
void fixture_done(struct fixture *f);
void fixture_expect_defect(struct fixture *f, const char *code);

void fixture_aux(struct fixture *f, struct text name, struct text value);
void fixture_db(struct fixture *f, uint64_t db);
void fixture_resizedb(struct fixture *f, uint64_t key_count, uint64_t expires_count);
void fixture_slot_info(struct fixture *f, uint64_t slot, uint64_t key_count, uint64_t expires);
void fixture_function(struct fixture *f, struct text source, unsigned form);
void fixture_function_pre_ga(struct fixture *f, struct text name, struct text engine,
                             struct text description, struct text source);
/* The caller then writes module items and put_module_end() to f->rdb. */
void fixture_module_aux(struct fixture *f, const char *name, unsigned version, uint64_t when);

/* Attributes of the next key, written at once. */
void fixture_expire_ms(struct fixture *f, int64_t at_ms);
void fixture_expire_s(struct fixture *f, int32_t at_s);
void fixture_idle(struct fixture *f, uint64_t idle_s);
void fixture_freq(struct fixture *f, uint8_t freq);
/* The caller then writes each class with put_key_meta_class(), items and put_module_end(). */
void fixture_key_meta(struct fixture *f, uint64_t class_count);

void fixture_string(struct fixture *f, struct cell key, struct cell value);
/* per_node: entries a quicklist node; ignored elsewhere. */
void fixture_list(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *elements, size_t count, size_t per_node);
void fixture_set(struct fixture *f, struct cell key, enum rdb_type_byte type,
                 const struct cell *members, size_t count);
void fixture_zset(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *members, const double *scores, size_t count);
/* pairs: field, value, field, value...; cell_count counts both.  expires: one a pair, absolute, 0 none;
 * only for the types that hold them, else NULL. */
void fixture_hash(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *pairs, size_t cell_count, const int64_t *expires);

struct fixture_entry {
    struct stream_id id;
    bool is_deleted, is_samefields;
    const struct text *texts; /* values, or fields and values */
    size_t text_count;
};
struct fixture_node {
    struct stream_id master_id;
    const struct text *fields;
    size_t field_count;
    const struct fixture_entry *entries;
    size_t entry_count;
};
struct fixture_pending {
    struct stream_id id;
    int64_t delivered_at_ms;
    uint64_t delivery_count;
};
struct fixture_consumer {
    const char *name;
    int64_t seen_at_ms, active_at_ms;
    const struct stream_id *pending;
    size_t pending_count;
};
struct fixture_group {
    const char *name;
    struct stream_id last_id;
    uint64_t entries_read;
    const struct fixture_pending *pending;
    size_t pending_count;
    const struct fixture_consumer *consumers;
    size_t consumer_count;
    const struct stream_id *nacked; /* type 27 */
    size_t nacked_count;
};
struct fixture_iid {
    struct cell iid;
    struct stream_id id;
};
struct fixture_producer {
    const char *name;
    const struct fixture_iid *iids;
    size_t iid_count;
};
struct fixture_stream {
    const struct fixture_node *nodes;
    size_t node_count;
    uint64_t length;
    struct stream_id last_id, first_id, max_deleted_id;
    uint64_t entries_added;
    const struct fixture_group *groups;
    size_t group_count;
    /* Types 26 and 27. */
    uint64_t idmp_duration_s, idmp_max_entries;
    const struct fixture_producer *producers;
    size_t producer_count;
    uint64_t iids_added, iids_duplicates;
};
void fixture_stream(struct fixture *f, struct cell key, enum rdb_type_byte type,
                    const struct fixture_stream *s);

/* How an array's element is stored. */
enum array_tag { ARRAY_STRING = 0, ARRAY_INTEGER, ARRAY_DOUBLE, ARRAY_SHORT_STRING };
struct fixture_slot {
    uint64_t index;
    enum array_tag tag;
    double number;    /* ARRAY_DOUBLE: what is stored, */
    struct cell cell; /* and the text of any of them */
};
/* insert_index: UINT64_MAX: none. */
void fixture_array(struct fixture *f, struct cell key, const struct fixture_slot *slots,
                   size_t count, uint64_t insert_index);

/* Writes type, key and id; the caller then writes module items and put_module_end() to f->rdb. */
void fixture_module(struct fixture *f, struct cell key, const char *name, unsigned version);
/* Writes type, key and the given value bytes, which a reader must call damaged, and get over. */
void fixture_damaged(struct fixture *f, struct cell key, enum rdb_type_byte type,
                     const char *type_word, const struct buf *value, const char *error);

/* Where value bytes that are made by hand end and begin: type byte and key. */
void fixture_put_key(struct fixture *f, struct cell key, enum rdb_type_byte type);

const char *type_byte_name(enum rdb_type_byte type);

/* ---- the catalogue ------------------------------------------------------------------------ */

struct fixture_row {
    const char *name;  /* of the files, without ending */
    void (*build)(struct fixture *f);
    bool is_committed; /* in fixtures/; the others are made at test time because of their size */
};
extern const struct fixture_row fixture_rows[];
extern const size_t fixture_row_count;

void build_sidekiq_v11(struct fixture *f); /* fixture_sidekiq.c */
void build_jobs_v11(struct fixture *f);    /* fixture_jobs.c */
void build_cluster_1_v12(struct fixture *f); /* fixture_cluster.c, with the next two */
void build_cluster_2_v12(struct fixture *f);
void build_cluster_3_v12(struct fixture *f);

#endif
