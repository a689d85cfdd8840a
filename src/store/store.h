/* store.h -- the sink: writes one report database, all of it or nothing.
 *
 *      store_open()
 *      store_begin_set()            one set or more
 *        store_begin_snapshot()     one snapshot or more
 *          store_put_keys()         in batches, in file order
 *          store_put_pattern() ...  what is known after the last key, any order
 *        store_end_snapshot()
 *      store_finish()  or  store_abort()
 *
 * A new database is built without journal in a temporary file and renamed when it is whole; there
 * key rows go past SQLite (key_pages.h), all else through prepared statements.  --append is a real
 * transaction in the existing file.  Everything here runs on one thread.
 */
#ifndef RDBLENS_STORE_H
#define RDBLENS_STORE_H

#include <sqlite3.h>

#include "key_row.h"
#include "util/error.h"

#define STORE_APPLICATION_ID    0x52444c53 /* 'RDLS', as in schema.sql */
#define STORE_USER_VERSION      4
#define STORE_FIRST_MODULE_TYPE 100 /* type_names.id of the first module type */

enum keys_stored {
    KEYS_ALL = 0,
    KEYS_TOP, /* only keys that are in top_rows */
    KEYS_NONE
};
const char *keys_stored_name(enum keys_stored k);

enum store_mode {
    STORE_PRIVATE = 0, /* an unlinked file; store_finish() hands the connection over */
    STORE_NEW,
    STORE_REPLACE,
    STORE_APPEND
};

struct store;

/* path: NULL for STORE_PRIVATE.  NEW: an existing path is an error; REPLACE and APPEND: an existing
 * path must be a report database of ours, one that is not there is made. */
int store_open(enum store_mode mode, const char *path, enum keys_stored keys,
               struct store **ret_store, struct error *err);
/* Forgets everything written and frees the store.  NULL is fine. */
void store_abort(struct store *s);
/* Commits, makes durable, renames and frees; on failure nothing is kept (and the store is freed
 * too). ret_db: for STORE_PRIVATE, else NULL. */
int store_finish(struct store *s, sqlite3 **ret_db, struct error *err);

/* The connection, for copying rows; it belongs to the store. */
sqlite3 *store_db(struct store *s);
/* The part of the input that is stored (0..1), to name the space needed when the disk is full. */
void store_set_progress(struct store *s, double part);

int store_begin_set(struct store *s, const char *label, uint64_t *ret_set_id, struct error *err);

struct store_snapshot_start {
    const char *path;
    const char *label;
};
int store_begin_snapshot(struct store *s, const struct store_snapshot_start *start,
                         uint64_t *ret_snapshot_id, struct error *err);

/* Goes on with a snapshot whose row is there already. */
void store_resume_snapshot(struct store *s, uint64_t snapshot_id);
/* --keys top: of the keys that were put, those in top_rows stay.  store_end_snapshot() does it; it
 * is for a resumed one. */
int store_keep_top_rows(struct store *s, struct error *err);
/* Works out sets.taken_at from this set on; store_finish() does it for the sets begun here. */
int store_end_sets(struct store *s, int64_t first_set_id, struct error *err);

/* The statement of that name in statements.sql.  More may follow it in the text: SQLite compiles
 * only the first. */
const char *store_sql(const char *name);

/* A key as the store takes it: key_row's pointer is replaced by places in the batch's bytes. */
struct store_key {
    struct key_row row; /* row.key is not used */
    size_t key_offset;
    size_t text_offset; /* the escaped form */
    size_t text_bytes;  /* 0: the same as the key */
    bool key_is_text;   /* valid UTF-8 without NUL */
    /* For who sums up between decoder and store. */
    bool is_dropped;   /* an empty collection: a server that loads it drops it */
    bool has_facts;    /* struct value_facts, beside the batch's keys */
    uint32_t facts;    /* which */
    uint8_t signature; /* role_value_signature() of its value */
    bool is_clustered; /* the file is of a cluster node, as far as it was read */
};

/* Longer keys are stored by their first bytes. */
#define STORE_MAX_KEY_BYTES (1U << 20)
#define STORE_CUT_KEY_BYTES 1024U

#define STORE_BATCH_KEYS  2048
#define STORE_BATCH_BYTES (1U << 18) /* a batch is full when its names reach this */

struct store_batch {
    struct store_key *keys; /* STORE_BATCH_KEYS of room */
    size_t count;
    struct value_facts
        *facts; /* of the few keys that have any: no more than keys; NULL: none yet */
    size_t fact_count;
    uint8_t *bytes; /* grows by a name and by escaped forms beyond STORE_BATCH_BYTES */
    size_t size_bytes, capacity_bytes;
};

/* Empty, with room.  -1: out of memory. */
int store_batch_init(struct store_batch *b);
void store_batch_done(struct store_batch *b);
void store_batch_clear(struct store_batch *b); /* no keys, the room stays */
bool store_batch_is_full(const struct store_batch *b);
/* Appends a key's name (cut as key_rows wants it) and returns the new entry, whose row the caller
 * fills; NULL when out of memory.  Not counted until store_batch_accept(). */
struct store_key *store_batch_add(struct store_batch *b, const uint8_t *key,
                                  size_t key_stored_bytes, uint64_t key_bytes);
void store_batch_accept(struct store_batch *b);
/* Beside the key that was added last.  -1: out of memory. */
int store_batch_add_facts(struct store_batch *b, struct store_key *k, const struct value_facts *f);
/* NULL: it has none. */
const struct value_facts *store_batch_facts(const struct store_batch *b, const struct store_key *k);
/* Works out, for a key that was accepted, whether its name is text and how it is escaped: what
 * store_put_keys() needs.  -1: out of memory. */
int store_batch_add_text(struct store_batch *b, struct store_key *k);
/* The stored name; valid until the batch changes. */
const uint8_t *store_batch_key(const struct store_batch *b, const struct store_key *k);

/* Rows of a snapshot come by ascending n, snapshots by ascending id. */
int store_put_keys(struct store *s, const struct store_batch *b, struct error *err);
/* After store_put_keys() the database cannot be read or written by SQL until this is done.  Other
 * functions here do it by themselves; who asks for store_db() calls it before. */
int store_end_keys(struct store *s, struct error *err);

struct store_database {
    int64_t db; /* -1: all beyond the limit, see docs/schema.md */
    uint64_t keys, expires;
    int64_t bytes, alloc_bytes; /* alloc figures: ROW_NULL when not known */
    int64_t bytes_without_ttl, alloc_bytes_without_ttl;
    uint64_t expired_keys;
    int64_t expired_bytes, expired_alloc_bytes;
    int64_t resizedb_keys, resizedb_expires; /* ROW_NULL: none */
    int64_t main_table_bytes, expires_table_bytes, other_table_bytes, rehash_bytes; /* likewise */
};
int store_put_database(struct store *s, const struct store_database *d, struct error *err);

struct store_pattern {
    uint64_t n; /* 1-based */
    int64_t db;
    const uint8_t *pattern;
    size_t pattern_bytes;
    uint32_t type_id;
    int role;           /* enum role */
    const char *system; /* or NULL */
    const char *family; /* or NULL */
    uint64_t keys;
    int64_t bytes, alloc_bytes, rdb_bytes;
    int64_t elements;
    uint64_t keys_without_ttl;
    int64_t bytes_without_ttl, alloc_bytes_without_ttl;
    uint64_t expired_keys;
    int64_t expired_bytes, expired_alloc_bytes;
    int64_t first_expires_at, last_expires_at; /* ROW_NULL: none */
    int64_t largest_bytes;                     /* ROW_NULL: none has a size */
    const uint8_t *largest_key;                /* NULL: likewise */
    size_t largest_key_bytes;
    bool is_rule;
    unsigned stars;
    int64_t key_bytes; /* of all names */
};
int store_put_pattern(struct store *s, const struct store_pattern *p, struct error *err);

struct store_ttl {
    int64_t db;
    uint32_t type_id;
    int bucket; /* ttl_bucket_names.id */
    uint64_t keys;
    int64_t bytes, alloc_bytes;
};
int store_put_ttl(struct store *s, const struct store_ttl *t, struct error *err);

/* Sums that a row of the tables below is about; figures ROW_NULL when not known. */
struct store_sum {
    uint64_t keys;
    int64_t bytes, alloc_bytes;
};
int store_put_size(struct store *s, uint32_t type_id, int64_t low_bytes,
                   const struct store_sum *sum, int64_t largest_bytes, struct error *err);

struct store_encoding {
    uint32_t type_id;
    enum encoding encoding;
    uint16_t rdb_type;
    struct store_sum sum;
    int64_t rdb_bytes, elements, key_bytes;
};
int store_put_encoding(struct store *s, const struct store_encoding *e, struct error *err);

struct store_expiry {
    int64_t from_at, until_at; /* ROW_NULL: no end */
    struct store_sum sum;
    uint64_t pattern_n, pattern_keys;
};
int store_put_expiry(struct store *s, const struct store_expiry *e, struct error *err);

int store_put_usage(struct store *s, uint64_t pattern_n, int kind, int bucket,
                    const struct store_sum *sum, struct error *err);
/* Days as year * 10000 + month * 100 + day. */
int store_put_dated(struct store *s, uint64_t pattern_n, uint64_t keys, int32_t first_day,
                    int32_t last_day, struct error *err);
/* slot: ROW_NULL when it is not known. */
int store_put_slot(struct store *s, int64_t slot, const struct store_sum *sum, struct error *err);
/* tag: NULL for all that were not told apart. */
int store_put_hash_tag(struct store *s, int64_t slot, const uint8_t *tag, size_t tag_bytes,
                       const struct store_sum *sum, struct error *err);

/* One list, the largest first.  By ascending measure, scope and scope_value is the fastest. */
struct store_top {
    const char *measure, *scope, *scope_value;
    const uint64_t *n; /* of the keys */
    size_t count;
};
int store_put_top(struct store *s, const struct store_top *t, struct error *err);

/* Of values; pattern_n 0: of all strings that have from_bytes or more. */
struct string_sum;
int store_put_strings(struct store *s, uint64_t pattern_n, uint64_t from_bytes,
                      const struct string_sum *sum, struct error *err);
struct form_limit;
int store_put_packed_limit(struct store *s, enum form_kind kind, const struct form_limit *limit,
                           struct error *err);
struct form_sum;
int store_put_past_limit(struct store *s, uint64_t pattern_n, const struct other_form *form,
                         const struct form_sum *sum, struct error *err);
struct field_ttl_sum;
int store_put_field_ttls(struct store *s, uint64_t pattern_n, const struct field_ttl_sum *sum,
                         struct error *err);
struct stream_record;
struct stream_group_record;
struct stream_consumer_record;
int store_put_stream(struct store *s, const struct stream_record *r, struct error *err);
int store_put_stream_group(struct store *s, const struct stream_group_record *g, struct error *err);
int store_put_stream_consumer(struct store *s, const struct stream_consumer_record *c,
                              struct error *err);

int store_put_aux(struct store *s, uint64_t offset, uint64_t db, const char *name,
                  const char *value, uint64_t value_bytes, struct error *err);
/* sha1: NULL when the source did not come whole. */
int store_put_function(struct store *s, uint64_t offset, const char *kind, const char *name,
                       const char *engine, uint64_t bytes, const char *sha1, struct error *err);
int store_put_module(struct store *s, const char *name, uint64_t version, uint64_t keys,
                     uint64_t rdb_bytes, uint64_t aux_records, uint64_t aux_bytes,
                     struct error *err);
/* db -1 and key NULL: not in a key. */
int store_put_defect(struct store *s, uint64_t offset, int64_t db, const char *key,
                     const char *severity, const char *code, const char *message,
                     struct error *err);

struct sidekiq_installation;
struct sidekiq_set;
struct sidekiq_job_group;
struct sidekiq_stat;
struct sidekiq_bucket;
struct sidekiq_process;
struct sidekiq_thread;
struct sidekiq_metric;
struct sidekiq_link;
int store_put_sidekiq_installation(struct store *s, const struct sidekiq_installation *i,
                                   struct error *err);
int store_put_sidekiq_set(struct store *s, const struct sidekiq_set *set, struct error *err);
int store_put_sidekiq_jobs(struct store *s, const struct sidekiq_job_group *g, struct error *err);
struct jobs_system;
struct jobs_queue;
struct jobs_class;
int store_put_job_system(struct store *s, const struct jobs_system *j, struct error *err);
int store_put_job_queue(struct store *s, const struct jobs_queue *q, struct error *err);
int store_put_job_class(struct store *s, const struct jobs_class *j, struct error *err);
int store_put_sidekiq_stat(struct store *s, const struct sidekiq_stat *stat, struct error *err);
int store_put_sidekiq_bucket(struct store *s, const struct sidekiq_bucket *b, struct error *err);
int store_put_sidekiq_process(struct store *s, const struct sidekiq_process *p, struct error *err);
int store_put_sidekiq_thread(struct store *s, const struct sidekiq_thread *t, struct error *err);
int store_put_sidekiq_metric(struct store *s, const struct sidekiq_metric *m, struct error *err);
int store_put_sidekiq_link(struct store *s, const struct sidekiq_link *l, struct error *err);

/* Names that rows refer to by number.  Module types are numbered over the whole database:
 * store_module_type_name() gives those known so far, NULL beyond the last. */
const char *store_module_type_name(const struct store *s, size_t index);
int store_put_module_type(struct store *s, uint32_t type_id, const char *name, struct error *err);
int store_put_rdb_type(struct store *s, uint16_t rdb_type, struct error *err);

/* The snapshots row as it is at the end. Text may be NULL where the column may. */
struct store_snapshot {
    const char *container, *server, *server_version, *checksum, *trailing, *depth, *filter, *model;
    const char *now_source, *identity, *pattern_rules;
    int64_t file_bytes, bytes_read, rdb_version, created_at, used_memory, trailing_bytes;
    bool is_complete;
    uint64_t keys, expires;
    int64_t bytes, alloc_bytes, rdb_bytes;
    uint64_t keys_without_size;
    int64_t now_ms;
    uint64_t patterns_merged_keys;
};
/* What is said about the server the snapshot would make; figures ROW_NULL when not known. */
struct store_server {
    const char *model_note, *allocator, *config; /* NULL where the column may be */
    int64_t startup_bytes, functions_bytes, tables_bytes, tables_bytes_with_expired, rehash_bytes;
    int64_t predicted_used_memory, predicted_used_memory_with_expired;
};
int store_put_server(struct store *s, const struct store_server *server, struct error *err);

/* Exit code 2 when a snapshot of this identity is there already. */
int store_end_snapshot(struct store *s, const struct store_snapshot *snapshot, struct error *err);

/* Opens an existing report database for reading; says what is wrong with any other file. */
int store_open_existing(const char *path, bool is_writable, sqlite3 **ret_db, struct error *err);

#endif
