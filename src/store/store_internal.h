/* store_internal.h -- what store*.c share. */
#ifndef RDBLENS_STORE_INTERNAL_H
#define RDBLENS_STORE_INTERNAL_H

#include "store/store.h"

#include "store/key_pages.h"
#include "util/tempfile.h"

/* One prepared statement each. */
enum statement {
    STATEMENT_SET = 0,
    STATEMENT_SNAPSHOT,
    STATEMENT_SNAPSHOT_END,
    STATEMENT_SNAPSHOT_SERVER,
    STATEMENT_KEY,
    STATEMENT_DATABASE,
    STATEMENT_PATTERN,
    STATEMENT_TTL,
    STATEMENT_SIZE,
    STATEMENT_ENCODING,
    STATEMENT_EXPIRY,
    STATEMENT_USAGE,
    STATEMENT_DATED,
    STATEMENT_SLOT,
    STATEMENT_HASH_TAG,
    STATEMENT_TOP,
    STATEMENT_AUX,
    STATEMENT_FUNCTION,
    STATEMENT_MODULE,
    STATEMENT_DEFECT,
    STATEMENT_SIDEKIQ_INSTALLATION,
    STATEMENT_SIDEKIQ_SET,
    STATEMENT_SIDEKIQ_JOBS,
    STATEMENT_SIDEKIQ_STAT,
    STATEMENT_SIDEKIQ_BUCKET,
    STATEMENT_SIDEKIQ_PROCESS,
    STATEMENT_SIDEKIQ_THREAD,
    STATEMENT_SIDEKIQ_METRIC,
    STATEMENT_SIDEKIQ_LINK,
    STATEMENT_JOB_SYSTEM,
    STATEMENT_JOB_QUEUE,
    STATEMENT_JOB_CLASS,
    STATEMENT_STRING_CLASS,
    STATEMENT_STRING,
    STATEMENT_PACKED_LIMIT,
    STATEMENT_PAST_LIMIT,
    STATEMENT_FIELD_TTL,
    STATEMENT_STREAM,
    STATEMENT_STREAM_GROUP,
    STATEMENT_STREAM_CONSUMER,
    STATEMENT_TYPE_NAME,
    STATEMENT_RDB_NAME,
    STATEMENT_COUNT_
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT_];
    enum store_mode mode;
    enum keys_stored keys;
    bool is_existing; /* --append to a database that was there */
    bool may_replace;
    struct tempfile file;
    int fd; /* of the temporary file; -1: none */
    struct key_pages *pages;
    bool are_keys_by_sql;
    bool is_in_keys; /* key rows are being written past SQLite, which has let go of the file */
    int64_t syncing_bytes; /* of the temporary file: on their way to the disk */
    char *path;            /* for messages; NULL: private */
    double progress;       /* of the input; written_bytes had been written by then */
    int64_t written_bytes;
    int64_t first_set_id; /* of this run; 0: none yet */
    int64_t set_id;
    int64_t snapshot_id;
    char (*module_types)[10];
    size_t module_type_count;
};

/* Takes the connection's error into *err: exit code 2, "PATH: ...". */
int store_fail(struct store *s, struct error *err);
/* The same for a write that did not go through SQLite. */
int store_fail_write(struct store *s, int error_number, struct error *err);
/* Makes s->pages the place for key rows, if they can go there: see s->are_keys_by_sql. */
int store_begin_keys(struct store *s, struct error *err);
int store_exec(struct store *s, const char *sql, struct error *err);
/* Runs a statement of statements.sql that gives no rows. */
int store_run(struct store *s, const char *name, struct error *err);
int store_prepare(struct store *s, enum statement which, struct error *err);
int store_load_module_types(struct store *s, struct error *err);

#endif
