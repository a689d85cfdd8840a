/* store.c -- the life of a report database: made or opened, filled in one transaction, made
 * durable.
 *
 * NEW, REPLACE, PRIVATE: an empty temporary file is built without journal and without syncs, the
 * fastest way to fill SQLite.  That is safe because nobody can see the file before it is whole: it
 * is synced and renamed at the very end, or it is removed.  A private file loses its name as soon
 * as SQLite has it open, so nothing is left behind however the program ends.
 *
 * There the key rows go past SQLite (key_pages.c): its transaction is committed, it lets go of the
 * file - by being closed, or in a private file, which has no name to be opened by again, by holding
 * no lock, so that it sees the header's change counter move and forgets what it has read - and
 * takes it up again after the last row.  A set of several snapshots does so for each.  When the
 * file is not as key_pages.c wants it, rows go through SQL.
 *
 * APPEND: the file is someone's only copy, so SQLite's own journal protects it and everything
 * happens in one IMMEDIATE transaction.
 *
 * --keys top: which keys are the largest is known at the end only.  Every key that is among the
 * largest so far is staged in a TEMP table, and those that stayed are copied; holding candidates in
 * memory would let a file with long names decide how much memory that takes.
 */
// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pattern/role.h"
#include "store/store_internal.h"
#include "util/embedded.h"

extern const struct embedded_file schema_files[];
extern const struct embedded_file statement_files[];

static const char *const statement_names[STATEMENT_COUNT_] = {
    [STATEMENT_SET] = "set",
    [STATEMENT_SNAPSHOT] = "snapshot",
    [STATEMENT_SNAPSHOT_END] = "snapshot-end",
    [STATEMENT_SNAPSHOT_SERVER] = "snapshot-server",
    [STATEMENT_KEY] = "key",
    [STATEMENT_DATABASE] = "database",
    [STATEMENT_PATTERN] = "pattern",
    [STATEMENT_TTL] = "ttl",
    [STATEMENT_SIZE] = "size",
    [STATEMENT_ENCODING] = "encoding",
    [STATEMENT_EXPIRY] = "expiry",
    [STATEMENT_USAGE] = "usage",
    [STATEMENT_DATED] = "dated",
    [STATEMENT_SLOT] = "slot",
    [STATEMENT_HASH_TAG] = "hash-tag",
    [STATEMENT_TOP] = "top",
    [STATEMENT_AUX] = "aux",
    [STATEMENT_FUNCTION] = "function",
    [STATEMENT_MODULE] = "module",
    [STATEMENT_DEFECT] = "defect",
    [STATEMENT_SIDEKIQ_INSTALLATION] = "sidekiq-installation",
    [STATEMENT_SIDEKIQ_SET] = "sidekiq-set",
    [STATEMENT_SIDEKIQ_JOBS] = "sidekiq-jobs",
    [STATEMENT_SIDEKIQ_STAT] = "sidekiq-stat",
    [STATEMENT_SIDEKIQ_BUCKET] = "sidekiq-bucket",
    [STATEMENT_SIDEKIQ_PROCESS] = "sidekiq-process",
    [STATEMENT_SIDEKIQ_THREAD] = "sidekiq-thread",
    [STATEMENT_SIDEKIQ_METRIC] = "sidekiq-metric",
    [STATEMENT_SIDEKIQ_LINK] = "sidekiq-link",
    [STATEMENT_JOB_SYSTEM] = "job-system",
    [STATEMENT_JOB_QUEUE] = "job-queue",
    [STATEMENT_JOB_CLASS] = "job-class",
    [STATEMENT_STRING_CLASS] = "string-class",
    [STATEMENT_STRING] = "string",
    [STATEMENT_PACKED_LIMIT] = "packed-limit",
    [STATEMENT_PAST_LIMIT] = "past-limit",
    [STATEMENT_FIELD_TTL] = "field-ttl",
    [STATEMENT_STREAM] = "stream",
    [STATEMENT_STREAM_GROUP] = "stream-group",
    [STATEMENT_STREAM_CONSUMER] = "stream-consumer",
    [STATEMENT_TYPE_NAME] = "type-name",
    [STATEMENT_RDB_NAME] = "rdb-encoding-name",
};

const char *store_sql(const char *name)
{
    static const char mark[] = "-- name: ";
    const size_t name_bytes = strlen(name);
    const char *p = statement_files[0].text;

    while ((p = strstr(p, mark)) != NULL) {
        p += sizeof mark - 1;
        if (strncmp(p, name, name_bytes) == 0 && p[name_bytes] == '\n')
            return p + name_bytes + 1;
    }
    assert(p != NULL); /* there is one of every name that is asked for */
    return "";
}

const char *keys_stored_name(enum keys_stored k)
{
    static const char *const names[] = {"all", "top", "none"};

    return names[k];
}

static bool is_no_space(int error_number)
{
    return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

/* SQLite reports a full disk as SQLITE_FULL, a file size limit or quota as a failed write.  After a
 * failed COMMIT the connection has forgotten why, but the file knows. */
static bool is_disk_full(sqlite3 *db)
{
    const int rc = sqlite3_errcode(db) & 0xff;
    int error_number = 0;

    if (rc == SQLITE_IOERR)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &error_number);
    return rc == SQLITE_FULL || is_no_space(error_number) ||
           (rc == SQLITE_IOERR && is_no_space(sqlite3_system_errno(db)));
}

static int64_t query_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t v = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        v = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return v;
}

static const char *place_of(const struct store *s)
{
    return s->path != NULL ? s->path : tempfile_folder();
}

static int fail_full(const struct store *s, struct error *err)
{
    char need[80] = "";

    if (s->progress > 0.01)
        snprintf(need, sizeof need, ", about %.0f MiB are needed",
                 (double)s->written_bytes / s->progress / (1 << 20) + 1);
    return error_set(err, EXIT_CANNOT_RUN, "%s: no space left for the report database%s%s",
                     place_of(s), need,
                     s->path == NULL ? "; put it elsewhere with -o FILE or RDBLENS_TMPDIR" : "");
}

int store_fail(struct store *s, struct error *err)
{
    return is_disk_full(s->db)
               ? fail_full(s, err)
               : error_set(err, EXIT_CANNOT_RUN, "%s: %s", place_of(s), sqlite3_errmsg(s->db));
}

int store_fail_write(struct store *s, int error_number, struct error *err)
{
    return is_no_space(error_number)
               ? fail_full(s, err)
               : error_set(err, EXIT_CANNOT_RUN, "%s: %s", place_of(s), strerror(error_number));
}

int store_exec(struct store *s, const char *sql, struct error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, err);
}

int store_run(struct store *s, const char *name, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (store_end_keys(s, err) < 0)
        return -1;
    rc = sqlite3_prepare_v2(s->db, store_sql(name), -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : store_fail(s, err);
}

int store_prepare(struct store *s, enum statement which, struct error *err)
{
    const bool is_staged = which == STATEMENT_KEY && s->keys == KEYS_TOP;
    const char *name = is_staged ? "stage-key" : statement_names[which];

    if (store_end_keys(s, err) < 0)
        return -1;
    if (s->statements[which] != NULL)
        return 0;
    if (sqlite3_prepare_v3(s->db, store_sql(name), -1, SQLITE_PREPARE_PERSISTENT,
                           &s->statements[which], NULL) != SQLITE_OK)
        return store_fail(s, err);
    return 0;
}

/* ---- names that rows refer to ------------------------------------------------------------- */

static int put_name(struct store *s, const char *table, int id, const char *name, struct error *err)
{
    char *sql = name == NULL
                    ? sqlite3_mprintf("INSERT INTO %s(id) VALUES(%d)", table, id)
                    : sqlite3_mprintf("INSERT INTO %s(id, name) VALUES(%d, %Q)", table, id, name);
    int r;

    if (sql == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    r = store_exec(s, sql, err);
    sqlite3_free(sql);
    return r;
}

static int put_names(struct store *s, struct error *err)
{
    int r = 0;

    for (int i = 0; r == 0 && i < RDBP_TYPE_COUNT_; i++)
        r = put_name(s, "type_names", i, rdbp_type_name((enum rdbp_type)i), err);
    for (int i = 0; r == 0 && i < ENCODING_COUNT_; i++)
        r = put_name(s, "encoding_names", i, encoding_name((enum encoding)i), err);
    for (int i = 0; r == 0 && i < ROLE_COUNT_; i++)
        r = put_name(s, "role_names", i, role_name((enum role)i), err);
    for (int i = 0; r == 0 && i <= SIZE_UNKNOWN; i++)
        r = put_name(s, "size_note_names", i, size_note_name((enum size_note)i), err);
    return r;
}

int store_load_module_types(struct store *s, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int r = 0;

    s->module_type_count = 0;
    if (sqlite3_prepare_v2(s->db, store_sql("module-types"), -1, &stmt, NULL) != SQLITE_OK)
        return store_fail(s, err);
    sqlite3_bind_int(stmt, 1, STORE_FIRST_MODULE_TYPE);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        char(*grown)[10] = realloc(s->module_types, (s->module_type_count + 1) * sizeof *grown);

        if (grown == NULL) {
            r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
            break;
        }
        s->module_types = grown;
        snprintf(grown[s->module_type_count++], sizeof *grown, "%s",
                 (const char *)sqlite3_column_text(stmt, 0));
    }
    if (sqlite3_finalize(stmt) != SQLITE_OK && r == 0)
        r = store_fail(s, err);
    return r;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* 1: the file starts as every SQLite database does; 0: it does not (*ret_is_empty: has no bytes);
 * -1: cannot be read. */
static int look_at_file(const char *path, bool *ret_is_empty, struct error *err)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    struct stat st;
    ssize_t n;
    int fd;

    if (stat(path, &st) < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(err, EXIT_CANNOT_RUN, "%s: is not a regular file", path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
    n = read(fd, head, sizeof head);
    close(fd);
    if (n < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
    *ret_is_empty = n == 0;
    return n == (ssize_t)sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

/* A report database of ours, of whatever version up to this program's. */
static int open_ours(const char *path, bool is_writable, int64_t *ret_version, sqlite3 **ret_db,
                     struct error *err)
{
    const int flags = is_writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    sqlite3 *db = NULL;
    bool is_empty;
    int64_t version, id;
    const int looked = look_at_file(path, &is_empty, err);

    if (looked < 0)
        return -1;
    if (looked == 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: is not a report database", path);
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL) != SQLITE_OK) {
        error_set(err, EXIT_CANNOT_RUN, "%s: %s", path,
                  db == NULL ? "out of memory" : sqlite3_errmsg(db));
        goto fail;
    }
    id = query_int(db, "PRAGMA application_id");
    version = query_int(db, "PRAGMA user_version");
    if (id != STORE_APPLICATION_ID) {
        error_set(err, EXIT_CANNOT_RUN,
                  "%s: is an SQLite database, but not a report database of rdblens", path);
        goto fail;
    }
    if (version > STORE_USER_VERSION) {
        error_set(err, EXIT_CANNOT_RUN,
                  "%s: has schema version %lld, this rdblens knows version %d: use a newer rdblens",
                  path, (long long)version, STORE_USER_VERSION);
        goto fail;
    }
    *ret_version = version;
    *ret_db = db;
    return 0;
fail:
    sqlite3_close(db);
    return -1;
}

int store_open_existing(const char *path, bool is_writable, sqlite3 **ret_db, struct error *err)
{
    int64_t version;

    if (open_ours(path, is_writable, &version, ret_db, err) < 0)
        return -1;
    if (version == STORE_USER_VERSION) {
        sqlite3_busy_timeout(*ret_db, 5000);
        return 0;
    }
    sqlite3_close(*ret_db);
    *ret_db = NULL;
    return error_set(err, EXIT_CANNOT_RUN,
                     "%s: has schema version %lld, this rdblens knows version %d: analyze the "
                     "snapshot again",
                     path, (long long)version, STORE_USER_VERSION);
}

/* --replace may only replace what is ours (that of an older version is why one analyzes again), or
 * nothing. */
static int check_replaceable(const char *path, struct error *err)
{
    bool is_empty = false;
    int64_t version;
    sqlite3 *db;
    const int looked = look_at_file(path, &is_empty, err);

    if (looked < 0)
        return -1;
    if (looked == 0 && is_empty)
        return 0;
    if (open_ours(path, false, &version, &db, err) < 0)
        return -1;
    sqlite3_close(db);
    return 0;
}

/* Without journal and syncs; see above. */
static int open_connection(struct store *s, struct error *err)
{
    static const char bulk_load[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                    "PRAGMA cache_size = -32768";

    if (sqlite3_open_v2(s->file.path, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        sqlite3_close(s->db);
        s->db = NULL;
        return error_set(err, EXIT_CANNOT_RUN, "%s: cannot be opened as a database", s->file.path);
    }
    return store_exec(s, bulk_load, err);
}

static int open_temporary(struct store *s, struct error *err)
{
    const int r = s->mode == STORE_PRIVATE ? tempfile_create_private(&s->file, err)
                                           : tempfile_create(s->path, &s->file, err);

    if (r < 0)
        return -1;
    s->fd = open(s->file.path, O_RDWR | O_CLOEXEC);
    if (s->fd < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", s->file.path, strerror(errno));
    if (open_connection(s, err) < 0 || store_exec(s, "PRAGMA auto_vacuum = NONE", err) < 0 ||
        store_exec(s, "BEGIN EXCLUSIVE", err) < 0)
        return -1;
    if (s->mode == STORE_PRIVATE)
        tempfile_remove(&s->file);
    if (store_exec(s, schema_files[0].text, err) < 0 || put_names(s, err) < 0)
        return -1;
    return 0;
}

static int open_for_append(struct store *s, struct error *err)
{
    s->is_existing = true;
    if (store_open_existing(s->path, true, &s->db, err) < 0)
        return -1;
    return store_exec(s, "BEGIN IMMEDIATE", err);
}

static int open_in_mode(struct store *s, struct error *err)
{
    const bool exists = s->path != NULL && access(s->path, F_OK) == 0;

    if (exists && s->mode == STORE_NEW)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: exists; --replace writes it anew, --append adds to it", s->path);
    if (exists && s->mode == STORE_APPEND)
        return open_for_append(s, err);
    if (exists && check_replaceable(s->path, err) < 0)
        return -1;
    s->may_replace = exists;
    return open_temporary(s, err);
}

int store_open(enum store_mode mode, const char *path, enum keys_stored keys,
               struct store **ret_store, struct error *err)
{
    struct store *s = calloc(1, sizeof *s);

    if (s == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    s->mode = mode;
    s->keys = keys;
    s->file.slot = -1;
    s->fd = -1;
    s->are_keys_by_sql = mode == STORE_APPEND || keys == KEYS_TOP;
    if (path != NULL) {
        s->path = strdup(path);
        if (s->path == NULL) {
            error_set(err, EXIT_CANNOT_RUN, "out of memory");
            goto fail;
        }
    }
    if (open_in_mode(s, err) < 0 || store_load_module_types(s, err) < 0)
        goto fail;
    if (keys == KEYS_TOP && store_run(s, "stage", err) < 0)
        goto fail;
    *ret_store = s;
    return 0;
fail:
    store_abort(s);
    return -1;
}

/* ---- key rows past SQLite ------------------------------------------------------------------- */

static void finalize_statements(struct store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT_; i++) {
        sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
}

static int let_go(struct store *s, struct error *err)
{
    finalize_statements(s);
    if (store_exec(s, "COMMIT", err) < 0)
        return -1;
    if (s->mode == STORE_PRIVATE)
        return 0;
    if (sqlite3_close(s->db) != SQLITE_OK)
        return store_fail(s, err);
    s->db = NULL;
    return 0;
}

static int take_up(struct store *s, struct error *err)
{
    if (s->db == NULL && open_connection(s, err) < 0)
        return -1;
    return store_exec(s, "BEGIN EXCLUSIVE", err);
}

int store_begin_keys(struct store *s, struct error *err)
{
    int r;

    if (s->is_in_keys || s->are_keys_by_sql)
        return 0;
    if (s->pages == NULL) {
        s->pages = key_pages_new(s->fd, (uint32_t)query_int(s->db, store_sql("key-rows-root")));
        if (s->pages == NULL)
            return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    if (let_go(s, err) < 0)
        return -1;
    r = key_pages_begin(s->pages);
    if (r < 0)
        return store_fail_write(s, errno, err);
    s->is_in_keys = r == 1;
    s->are_keys_by_sql = r == 0;
    return r == 1 ? 0 : take_up(s, err);
}

int store_end_keys(struct store *s, struct error *err)
{
    if (!s->is_in_keys)
        return 0;
    s->is_in_keys = false;
    return key_pages_end(s->pages) < 0 ? store_fail_write(s, errno, err) : take_up(s, err);
}

/* ---- closing ------------------------------------------------------------------------------ */

void store_abort(struct store *s)
{
    if (s == NULL)
        return;
    finalize_statements(s);
    if (s->db != NULL && s->is_existing)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(s->db);
    if (s->fd >= 0)
        close(s->fd);
    key_pages_free(s->pages);
    tempfile_remove(&s->file);
    free(s->module_types);
    free(s->path);
    free(s);
}

int store_end_sets(struct store *s, int64_t first_set_id, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, store_sql("sets-end"), -1, &stmt, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, first_set_id);
        rc = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : store_fail(s, err);
}

static int commit(struct store *s, struct error *err)
{
    if (store_end_keys(s, err) < 0 ||
        (s->first_set_id != 0 && store_end_sets(s, s->first_set_id, err) < 0))
        return -1;
    finalize_statements(s);
    if (s->keys == KEYS_TOP && store_exec(s, "DROP TABLE temp.staged_rows", err) < 0)
        return -1;
    return store_exec(s, "COMMIT", err);
}

int store_finish(struct store *s, sqlite3 **ret_db, struct error *err)
{
    int r = commit(s, err);

    if (r < 0)
        goto out;
    if (s->mode == STORE_PRIVATE) {
        *ret_db = s->db;
        s->db = NULL;
        goto out;
    }
    if (sqlite3_close(s->db) != SQLITE_OK)
        r = error_set(err, EXIT_CANNOT_RUN, "%s: cannot be closed", s->path);
    else
        s->db = NULL;
    if (r == 0 && !s->is_existing)
        r = tempfile_commit(&s->file, s->may_replace, err);
out:
    store_abort(s);
    return r;
}

sqlite3 *store_db(struct store *s)
{
    return s->db;
}

/* The size is taken now: when the disk is full SQLite cannot say it any more. */
void store_set_progress(struct store *s, double part)
{
    s->progress = part;
    s->written_bytes = s->is_in_keys ? key_pages_file_bytes(s->pages)
                                     : query_int(s->db, "PRAGMA page_count") *
                                           query_int(s->db, "PRAGMA page_size");
}

void store_resume_snapshot(struct store *s, uint64_t snapshot_id)
{
    s->snapshot_id = (int64_t)snapshot_id;
}
