/* redact.c -- a finished report database copied, its names made keyed hashes.
 *
 *                                    parts                    names
 *      session:3f9ab2                session:#5be1c20d9f4e    #e0a7...:#5be1...
 *      session:*                     session:*                #e0a7...:*
 *
 * How: redact.sql has a statement for each table of the new database, which gives its rows; names
 * go through the functions below.  A hash is HMAC-SHA256 cut to 48 bits, so that nobody can try
 * names without the secret, and the same text has the same hash wherever it stands: a queue can be
 * found again in the name of its key.
 *
 * A key is cut by its own pattern (pattern_mark), whose literal parts all may see in `parts`. Other
 * names have no pattern.  They are folded, and of what that leaves only words stay that stand in a
 * literal part of some pattern: else a queue's name would tell what a coarser pattern, a user's or
 * one of too many, has put behind its star.
 *
 * The new database is written in its own file from rows that are redacted, with secure_delete: what
 * was in memory before cannot get into the unused parts of its pages either.
 */
// SPDX-License-Identifier: MIT
#include "analyze/redact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pattern/pattern.h"
#include "pattern/rules.h"
#include "util/embedded.h"
#include "util/hash.h"
#include "util/keyed_hash.h"
#include "util/seen.h"
#include "util/signals.h"
#include "util/text.h"

enum {
    HASH_BYTES = 6,                       /* that are shown */
    HASH_TEXT_BYTES = 1 + 2 * HASH_BYTES, /* # and hexadecimal digits */
    SECRET_MIN_BYTES = 16,
    SECRET_MAX_BYTES = 4096,
    MAX_WORDS = 1 << 22,
    ROWS_BETWEEN_CHECKS = 4096
};

extern const struct embedded_file redact_files[];

/* Bytes that stay in whole names, so that the tree does. */
static const char separators[] = ":/|.,;@#{}";

struct redactor {
    sqlite3 *src;
    struct store *to;
    enum redact_mode mode;
    const struct keyed_hash *hash;
    struct seen *words; /* of literal parts of patterns */
    uint64_t seed;
    uint8_t *marks, *out;
    size_t marks_capacity, out_capacity, out_bytes;
    bool was_cancelled; /* before: what was read until then is copied all the same */
};

static const char *const mode_names[REDACT_MODE_COUNT_] = {"parts", "names", "no"};

const char *redact_mode_name(enum redact_mode mode)
{
    return mode_names[mode];
}

enum redact_mode redact_mode_named(const char *name)
{
    int mode = 0;

    while (mode < REDACT_NOT && strcmp(mode_names[mode], name) != 0)
        mode++;
    return (enum redact_mode)mode;
}

/* ---- the secret ----------------------------------------------------------------------------- */

static int read_secret(const char *path, uint8_t *secret, size_t *ret_bytes, struct error *err)
{
    FILE *const f = fopen(path, "re");
    size_t n;
    int r = 0;

    if (f == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "--redact-secret: %.300s: %s", path,
                         strerror(errno));
    setvbuf(f, NULL, _IONBF, 0); /* no copy in a buffer that is given back as it is */
    n = fread(secret, 1, SECRET_MAX_BYTES + 1, f);
    if (ferror(f))
        r = error_set(err, EXIT_CANNOT_RUN, "--redact-secret: %.300s: %s", path, strerror(errno));
    fclose(f);
    while (n > 0 && (secret[n - 1] == '\n' || secret[n - 1] == '\r'))
        n--; /* an editor's, not the secret's */
    if (r == 0 && (n < SECRET_MIN_BYTES || n > SECRET_MAX_BYTES))
        r = error_set(err, EXIT_CANNOT_RUN,
                      "--redact-secret: %.300s: a secret has %d to %d bytes; openssl rand -hex 32 "
                      "makes one",
                      path, SECRET_MIN_BYTES, SECRET_MAX_BYTES);
    *ret_bytes = n;
    return r;
}

int redact_load_secret(const char *path, struct keyed_hash **ret_hash, struct error *err)
{
    uint8_t secret[SECRET_MAX_BYTES + 1];
    size_t n = KEYED_HASH_BYTES;
    int r = 0;

    if (path != NULL)
        r = read_secret(path, secret, &n, err);
    else if (getrandom(secret, n, 0) != (ssize_t)n)
        r = error_set(err, EXIT_CANNOT_RUN, "no random bytes: %s", strerror(errno));
    if (r == 0) {
        *ret_hash = keyed_hash_new(secret, n);
        if (*ret_hash == NULL)
            r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    explicit_bzero(secret, sizeof secret);
    return r;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_separator(uint8_t byte)
{
    return byte != '\0' && strchr(separators, byte) != NULL;
}

/* Room for the marks of a name, and for what it becomes at most: a hash for every second byte. */
static int reserve(struct redactor *r, size_t size_bytes)
{
    const size_t out_bytes = (size_bytes + 1) * HASH_TEXT_BYTES;

    r->out_bytes = 0;
    if (size_bytes + 1 > r->marks_capacity) {
        uint8_t *const marks = realloc(r->marks, size_bytes + 1);

        if (marks == NULL)
            return -1;
        r->marks = marks;
        r->marks_capacity = size_bytes + 1;
    }
    if (out_bytes > r->out_capacity) {
        uint8_t *const out = realloc(r->out, out_bytes);

        if (out == NULL)
            return -1;
        r->out = out;
        r->out_capacity = out_bytes;
    }
    return 0;
}

static void put_hash(struct redactor *r, const uint8_t *p, size_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[KEYED_HASH_BYTES];

    keyed_hash_of(r->hash, p, size_bytes, hash);
    r->out[r->out_bytes++] = '#';
    for (size_t i = 0; i < HASH_BYTES; i++) {
        r->out[r->out_bytes++] = (uint8_t)digits[hash[i] >> 4];
        r->out[r->out_bytes++] = (uint8_t)digits[hash[i] & 15];
    }
}

/* Behind the word that begins at i: bytes that are neither marked nor separators. */
static size_t word_end(const struct redactor *r, const uint8_t *p, size_t i, size_t size_bytes)
{
    while (i < size_bytes && !r->marks[i] && !is_separator(p[i]))
        i++;
    return i;
}

/* What is marked becomes hashes, run by run; in whole names words do, too. */
static void put_marked(struct redactor *r, const uint8_t *p, size_t size_bytes)
{
    for (size_t i = 0, end; i < size_bytes; i = end) {
        end = i + 1;
        if (r->marks[i]) {
            while (end < size_bytes && r->marks[end])
                end++;
            put_hash(r, p + i, end - i);
        } else if (is_separator(p[i]) || r->mode == REDACT_PARTS) {
            r->out[r->out_bytes++] = p[i];
        } else {
            end = word_end(r, p, i, size_bytes);
            put_hash(r, p + i, end - i);
        }
    }
}

/* By what folding would put a star for. */
static void mark_by_folding(struct redactor *r, const uint8_t *p, size_t size_bytes)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    struct pattern_shape shape = {.bytes = pattern};

    shape.size_bytes = pattern_fold(p, size_bytes, pattern);
    if (!pattern_mark(&shape, p, size_bytes, r->marks))
        memset(r->marks, 1, size_bytes);
}

/* Words that no pattern shows are marked, too. */
static void mark_unknown_words(struct redactor *r, const uint8_t *p, size_t size_bytes)
{
    for (size_t i = 0, end; i<size_bytes; i = end> i ? end : i + 1) {
        end = word_end(r, p, i, size_bytes);
        if (end > i && !seen_has(r->words, hash_bytes(p + i, end - i, r->seed)))
            memset(r->marks + i, 1, end - i);
    }
}

static void put_name(struct redactor *r, const uint8_t *p, size_t size_bytes)
{
    mark_by_folding(r, p, size_bytes);
    if (r->mode == REDACT_PARTS)
        mark_unknown_words(r, p, size_bytes);
    put_marked(r, p, size_bytes);
}

static void put_key(struct redactor *r, const uint8_t *p, size_t size_bytes,
                    const struct pattern_shape *shape)
{
    if (pattern_mark(shape, p, size_bytes, r->marks))
        put_marked(r, p, size_bytes);
    else
        put_name(r, p, size_bytes);
}

/* The literal bytes of a pattern in r->out, with marks where something variable stands. */
static size_t take_literals(struct redactor *r, const struct pattern_shape *shape,
                            uint8_t *literals)
{
    size_t n = 0;
    bool is_variable;

    for (size_t at = 0; at < shape->size_bytes; n++) {
        at = pattern_element(shape, at, &is_variable, &literals[n]);
        r->marks[n] = is_variable;
    }
    return n;
}

static void put_pattern(struct redactor *r, const struct pattern_shape *shape)
{
    uint8_t literals[PATTERN_MAX_BYTES];
    const size_t n = take_literals(r, shape, literals);

    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (r->marks[i]) {
            if (r->out_bytes == 0 || r->out[r->out_bytes - 1] != '*')
                r->out[r->out_bytes++] = '*';
        } else if (is_separator(literals[i])) {
            r->out[r->out_bytes++] = literals[i];
        } else {
            end = word_end(r, literals, i, n);
            put_hash(r, literals + i, end - i);
        }
    }
}

/* ---- functions of SQL ----------------------------------------------------------------------- */

static const uint8_t *value_bytes(sqlite3_value *value, size_t *ret_bytes)
{
    const uint8_t *p = sqlite3_value_blob(value);

    *ret_bytes = (size_t)sqlite3_value_bytes(value);
    return p != NULL ? p : (const uint8_t *)"";
}

static struct pattern_shape value_shape(sqlite3_value *pattern, sqlite3_value *is_rule)
{
    struct pattern_shape shape = {.is_rule = sqlite3_value_int(is_rule) != 0};

    shape.bytes = value_bytes(pattern, &shape.size_bytes);
    if (shape.size_bytes > PATTERN_MAX_BYTES)
        shape.size_bytes = PATTERN_MAX_BYTES;
    return shape;
}

/* The result, TEXT when it is some, as names are stored. */
static void give(sqlite3_context *context, const struct redactor *r)
{
    if (text_is_utf8(r->out, r->out_bytes))
        sqlite3_result_text64(context, (const char *)r->out, r->out_bytes, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    else
        sqlite3_result_blob64(context, r->out, r->out_bytes, SQLITE_TRANSIENT);
}

/* The name to redact; NULL: there is none, or an error has been given. */
static const uint8_t *take_name(sqlite3_context *context, sqlite3_value *value, size_t *ret_bytes)
{
    const uint8_t *p;

    if (sqlite3_value_type(value) == SQLITE_NULL)
        return NULL;
    p = value_bytes(value, ret_bytes);
    if (reserve(sqlite3_user_data(context), *ret_bytes) == 0)
        return p;
    sqlite3_result_error_nomem(context);
    return NULL;
}

static void redact_key(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    struct pattern_shape shape;
    size_t n;
    const uint8_t *const p = take_name(context, argv[0], &n);

    (void)argc;
    if (p == NULL)
        return;
    shape = value_shape(argv[1], argv[2]);
    if (sqlite3_value_type(argv[1]) == SQLITE_NULL)
        put_name(r, p, n);
    else
        put_key(r, p, n, &shape);
    give(context, r);
}

static void redact_pattern(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    struct pattern_shape shape;
    size_t n;

    (void)argc;
    if (r->mode == REDACT_PARTS) {
        sqlite3_result_value(context, argv[0]);
        return;
    }
    if (take_name(context, argv[0], &n) == NULL)
        return;
    shape = value_shape(argv[0], argv[1]);
    put_pattern(r, &shape);
    give(context, r);
}

static void redact_name(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    size_t n;
    const uint8_t *const p = take_name(context, argv[0], &n);

    (void)argc;
    if (p == NULL)
        return;
    put_name(r, p, n);
    give(context, r);
}

/* What this program says where there is no class. */
static bool is_own_word(const uint8_t *p, size_t size_bytes)
{
    static const char *const words[] = {"(unparsable)", "(other)", "(unknown)"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == size_bytes && memcmp(words[i], p, size_bytes) == 0)
            return true;
    }
    return false;
}

static void redact_word(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    size_t n;
    const uint8_t *const p = take_name(context, argv[0], &n);

    (void)argc;
    if (p == NULL)
        return;
    if (r->mode == REDACT_PARTS || is_own_word(p, n)) {
        sqlite3_result_value(context, argv[0]);
        return;
    }
    put_name(r, p, n);
    give(context, r);
}

static void redact_whole(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    size_t n;
    const uint8_t *const p = take_name(context, argv[0], &n);

    (void)argc;
    if (p == NULL)
        return;
    if (n > 0)
        put_hash(r, p, n);
    give(context, r);
}

/* Behind the word at p of options as filter_text() writes them: quotes keep blanks together. */
static size_t option_word_end(const uint8_t *p, size_t i, size_t size_bytes)
{
    bool is_quoted = false;

    for (; i < size_bytes && (is_quoted || p[i] != ' '); i++) {
        if (p[i] == '\\' && !is_quoted && i + 1 < size_bytes)
            i++;
        else if (p[i] == '\'')
            is_quoted = !is_quoted;
    }
    return i;
}

static bool ends_with(const uint8_t *p, size_t size_bytes, const char *end)
{
    const size_t n = strlen(end);

    return size_bytes >= n && memcmp(p + size_bytes - n, end, n) == 0;
}

/* Globs that were typed become hashes: they may be whole names. */
static void redact_filter(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct redactor *const r = sqlite3_user_data(context);
    bool is_glob = false;
    size_t n;
    const uint8_t *const p = take_name(context, argv[0], &n);

    (void)argc;
    if (p == NULL)
        return;
    for (size_t i = 0, end; i < n; i = end) {
        end = option_word_end(p, i, n);
        if (is_glob && end > i)
            put_hash(r, p + i, end - i);
        else
            for (size_t k = i; k < end; k++)
                r->out[r->out_bytes++] = p[k];
        is_glob = !is_glob && ends_with(p + i, end - i, "-match");
        while (end < n && p[end] == ' ')
            r->out[r->out_bytes++] = p[end++];
    }
    give(context, r);
}

static void redact_mode(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const struct redactor *const r = sqlite3_user_data(context);

    (void)argc;
    (void)argv;
    sqlite3_result_text(context, redact_mode_name(r->mode), -1, SQLITE_STATIC);
}

static void escaped(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    size_t n, text_bytes;
    const uint8_t *const p = value_bytes(argv[0], &n);
    char *text;

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    text_bytes = text_escaped_bytes(p, n);
    if (text_bytes == n)
        return;
    text = malloc(text_bytes + 1);
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    text_escape(p, n, text);
    sqlite3_result_text64(context, text, text_bytes, free, SQLITE_UTF8);
}

static int fail_source(const struct redactor *r, struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "redaction: %s", sqlite3_errmsg(r->src));
}

static int register_functions(struct redactor *r, struct error *err)
{
    static const struct {
        const char *name;
        int argc;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"redact_key", 3, redact_key},     {"redact_pattern", 2, redact_pattern},
        {"redact_name", 1, redact_name},   {"redact_word", 1, redact_word},
        {"redact_whole", 1, redact_whole}, {"redact_filter", 1, redact_filter},
        {"redact_mode", 0, redact_mode},   {"escaped", 1, escaped},
    };

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (sqlite3_create_function_v2(r->src, functions[i].name, functions[i].argc,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, r,
                                       functions[i].run, NULL, NULL, NULL) != SQLITE_OK)
            return fail_source(r, err);
    return 0;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* The words of all patterns' literal parts. */
static int learn_words(struct redactor *r, struct error *err)
{
    uint8_t literals[PATTERN_MAX_BYTES];
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(r->src, "SELECT pattern, is_rule FROM main.pattern_rows", -1, &stmt,
                                NULL);

    if (rc == SQLITE_OK && reserve(r, PATTERN_MAX_BYTES) < 0)
        rc = SQLITE_NOMEM;
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const struct pattern_shape shape =
            value_shape(sqlite3_column_value(stmt, 0), sqlite3_column_value(stmt, 1));
        const size_t n = take_literals(r, &shape, literals);

        for (size_t i = 0, end; i<n; i = end> i ? end : i + 1) {
            end = word_end(r, literals, i, n);
            if (end > i)
                seen_add(r->words, hash_bytes(literals + i, end - i, r->seed));
        }
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : fail_source(r, err);
}

static int fail_copy(const struct redactor *r, struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "the redacted database: %s",
                     sqlite3_errmsg(store_db(r->to)));
}

/* INSERT with a parameter for each column of the table, as many as the statement has to give. */
static int prepare_insert(const struct redactor *r, const char *table, int columns,
                          sqlite3_stmt **ret_stmt, struct error *err)
{
    char values[2 * 64 + 1] = "";
    char *sql;
    int rc;

    for (int i = 0; i < columns && i < 64; i++) {
        values[2 * i] = i == 0 ? ' ' : ',';
        values[2 * i + 1] = '?';
        values[2 * i + 2] = '\0';
    }
    sql = sqlite3_mprintf("INSERT OR REPLACE INTO main.%s VALUES(%s)", table, values);
    if (sql == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    rc = sqlite3_prepare_v2(store_db(r->to), sql, -1, ret_stmt, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? 0 : fail_copy(r, err);
}

static int copy_row(const struct redactor *r, sqlite3_stmt *from, sqlite3_stmt *to,
                    struct error *err)
{
    for (int i = 0; i < sqlite3_column_count(from); i++)
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
    if (sqlite3_step(to) != SQLITE_DONE) {
        fail_copy(r, err);
        sqlite3_reset(to);
        return -1;
    }
    sqlite3_reset(to);
    return 0;
}

static int copy_table(const struct redactor *r, const char *table, const char *select,
                      struct error *err)
{
    sqlite3_stmt *from = NULL, *to = NULL;
    unsigned rows = 0;
    int rc, result = -1;

    if (sqlite3_prepare_v2(r->src, select, -1, &from, NULL) != SQLITE_OK) {
        fail_source(r, err);
        goto out;
    }
    if (prepare_insert(r, table, sqlite3_column_count(from), &to, err) < 0)
        goto out;
    while ((rc = sqlite3_step(from)) == SQLITE_ROW) {
        if (copy_row(r, from, to, err) < 0)
            goto out;
        if (++rows % ROWS_BETWEEN_CHECKS == 0 && !r->was_cancelled && signals_cancelled() != 0) {
            error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
            goto out;
        }
    }
    result = rc == SQLITE_DONE ? 0 : fail_source(r, err);
out:
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    return result;
}

/* The statement of a table in redact.sql; NULL: there is none. */
static const char *find_statement(const char *table)
{
    static const char mark[] = "-- table: ";
    const size_t table_bytes = strlen(table);
    const char *p = redact_files[0].text;

    while ((p = strstr(p, mark)) != NULL) {
        p += sizeof mark - 1;
        if (strncmp(p, table, table_bytes) == 0 && p[table_bytes] == '\n')
            return p + table_bytes + 1;
    }
    return NULL;
}

/* Every table that the new database has: none can be forgotten. */
static int copy_tables(const struct redactor *r, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store_db(r->to),
                                "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
                                "   AND name NOT GLOB 'sqlite_*' ORDER BY rowid",
                                -1, &stmt, NULL);
    int result = 0;

    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *const table = (const char *)sqlite3_column_text(stmt, 0);
        const char *const select = find_statement(table);

        result = select == NULL ? error_set(err, EXIT_CANNOT_RUN,
                                            "redaction: nobody says what is in table %s", table)
                                : copy_table(r, table, select, err);
        if (result < 0)
            break;
        rc = SQLITE_OK;
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = fail_copy(r, err);
    sqlite3_finalize(stmt);
    return result;
}

int redact_find_mode(sqlite3 *db, enum redact_mode *ret_mode, struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        db, "SELECT redacted FROM main.snapshots WHERE redacted IS NOT NULL LIMIT 1", -1, &stmt,
        NULL);

    *ret_mode = REDACT_NOT;
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *ret_mode = redact_mode_named((const char *)sqlite3_column_text(stmt, 0));
        rc = SQLITE_DONE;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE
               ? 0
               : error_set(err, EXIT_CANNOT_RUN, "the report database: %s", sqlite3_errmsg(db));
}

int redact_copy(sqlite3 *src, enum redact_mode mode, const struct keyed_hash *hash,
                struct store *to, struct error *err)
{
    struct redactor r = {.src = src,
                         .to = to,
                         .mode = mode,
                         .hash = hash,
                         .seed = hash_seed(),
                         .was_cancelled = signals_cancelled() != 0};
    int result = -1;

    r.words = seen_new(MAX_WORDS);
    if (r.words == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    if (sqlite3_exec(store_db(to), "PRAGMA secure_delete = ON", NULL, NULL, NULL) != SQLITE_OK) {
        fail_copy(&r, err);
        goto out;
    }
    if (register_functions(&r, err) == 0 && learn_words(&r, err) == 0)
        result = copy_tables(&r, err);
out:
    seen_free(r.words);
    free(r.marks);
    free(r.out);
    return result;
}
