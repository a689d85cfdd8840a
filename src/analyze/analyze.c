/* analyze.c -- from snapshots to a report database: sets, and what becomes of an interrupted run.
 *
 * Several files of one command are nodes of one cluster: one set, summed.  With --history they are
 * nights of one server: a set each, compared.
 *
 * After Ctrl-C a new database is finished and says complete = 0: it holds what was read.  An
 * existing one (--replace, --append) stays as it was, since the rest of a night is no substitute
 * for a whole one.
 */
// SPDX-License-Identifier: MIT
#include "analyze/analyze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/load.h"
#include "util/keyed_hash.h"
#include "util/signals.h"
#include "util/text.h"

static int begin_set(struct store *s, const struct analyze_options *options, size_t first,
                     struct error *err)
{
    const size_t others = options->is_history ? 0 : options->path_count - 1;
    const char *name = load_label(options->paths[first]);
    char escaped[300], label[400];
    uint64_t set_id;

    text_escape_line((const uint8_t *)name, strlen(name), escaped, sizeof escaped);
    if (options->label != NULL)
        snprintf(label, sizeof label, "%s", options->label);
    else if (others == 0)
        snprintf(label, sizeof label, "%s", escaped);
    else
        snprintf(label, sizeof label, "%s and %zu more", escaped, others);
    return store_begin_set(s, label, &set_id, err);
}

/* All snapshots of the command line into an open store. */
static int load_all(struct store *s, const struct analyze_options *options,
                    struct analyze_outcome *outcome, struct error *err)
{
    for (size_t i = 0; i < options->path_count; i++) {
        if ((i == 0 || options->is_history) && begin_set(s, options, i, err) < 0)
            return -1;
        if (load_snapshot(s, options, options->paths[i], outcome, err) < 0)
            return -1;
        if (signals_cancelled() != 0) {
            outcome->exit_code = signals_exit_code();
            return 0;
        }
    }
    return 0;
}

static int check_redaction(const struct analyze_options *options, struct error *err)
{
    if (options->needs_redact && options->redact == REDACT_NOT)
        return error_set(err, EXIT_CANNOT_RUN, "--redact-secret is for --redact-keys");
    return 0;
}

static int check_paths(const struct analyze_options *options, struct error *err)
{
    size_t stdin_count = 0;

    if (check_redaction(options, err) < 0)
        return -1;
    for (size_t i = 0; i < options->path_count; i++)
        stdin_count += strcmp(options->paths[i], "-") == 0;
    if (stdin_count > 1)
        return error_set(err, EXIT_CANNOT_RUN, "standard input (-) can be read only once");
    if (options->label != NULL &&
        !text_is_utf8((const uint8_t *)options->label, strlen(options->label)))
        return error_set(err, EXIT_CANNOT_RUN, "--label: is not UTF-8");
    return 0;
}

/* A redacted copy of a private database takes its place. */
static int redact_into(const struct analyze_options *options, sqlite3 *src, struct store *to,
                       struct error *err)
{
    struct keyed_hash *hash = NULL;
    int r;

    if (redact_load_secret(options->redact_secret, &hash, err) < 0)
        return -1;
    r = redact_copy(src, options->redact, hash, to, err);
    keyed_hash_free(hash);
    return r;
}

static int redact_private(const struct analyze_options *options, sqlite3 **db, struct error *err)
{
    struct store *s;
    int r;

    if (options->redact == REDACT_NOT)
        return 0;
    if (store_open(STORE_PRIVATE, NULL, KEYS_ALL, &s, err) < 0)
        return -1;
    r = redact_into(options, *db, s, err);
    if (r < 0) {
        store_abort(s);
        return -1;
    }
    sqlite3_close(*db);
    *db = NULL;
    return store_finish(s, db, err);
}

/* Into a database that nobody sees, and from there redacted into the one that is kept. */
static int load_redacted(struct store *s, const struct analyze_options *options,
                         struct analyze_outcome *outcome, struct error *err)
{
    struct store *private;
    sqlite3 *db = NULL;
    int r;

    if (store_open(STORE_PRIVATE, NULL, options->keys, &private, err) < 0)
        return -1;
    if (load_all(private, options, outcome, err) < 0) {
        store_abort(private);
        return -1;
    }
    r = store_finish(private, &db, err);
    if (r == 0)
        r = redact_into(options, db, s, err);
    sqlite3_close(db);
    return r;
}

/* What has been redacted gets no names beside its hashes. */
static int check_append(struct store *s, const char *path, struct error *err)
{
    enum redact_mode mode;

    if (redact_find_mode(store_db(s), &mode, err) < 0)
        return -1;
    return mode == REDACT_NOT
               ? 0
               : error_set(err, EXIT_CANNOT_RUN,
                           "%s: its names are redacted (%s): --append cannot add to it", path,
                           redact_mode_name(mode));
}

int analyze_to_file(const struct analyze_options *options, struct analyze_outcome *ret_outcome,
                    struct error *err)
{
    const bool was_there = access(options->output, F_OK) == 0;
    const enum store_mode mode = options->may_append    ? STORE_APPEND
                                 : options->may_replace ? STORE_REPLACE
                                                        : STORE_NEW;
    const bool is_redacted = options->redact != REDACT_NOT;
    struct analyze_outcome outcome = {0};
    struct store *s;

    if (check_paths(options, err) < 0 ||
        store_open(mode, options->output, is_redacted ? KEYS_ALL : options->keys, &s, err) < 0)
        return -1;
    if ((options->may_append && was_there && check_append(s, options->output, err) < 0) ||
        (is_redacted ? load_redacted(s, options, &outcome, err)
                     : load_all(s, options, &outcome, err)) < 0) {
        store_abort(s);
        return -1;
    }
    if (signals_cancelled() != 0 && was_there) {
        store_abort(s);
        *ret_outcome = outcome;
        return 0;
    }
    if (store_finish(s, NULL, err) < 0)
        return -1;
    outcome.is_kept = true;
    *ret_outcome = outcome;
    return 0;
}

int analyze_to_private_db(const struct analyze_options *options, sqlite3 **ret_db,
                          struct analyze_outcome *ret_outcome, struct error *err)
{
    struct analyze_outcome outcome = {0};
    struct store *s;
    sqlite3 *db = NULL;

    if (check_paths(options, err) < 0 ||
        store_open(STORE_PRIVATE, NULL, options->keys, &s, err) < 0)
        return -1;
    if (load_all(s, options, &outcome, err) < 0) {
        store_abort(s);
        return -1;
    }
    if (signals_cancelled() != 0) {
        store_abort(s);
        return error_set(err, (enum exit_code)signals_exit_code(), "interrupted");
    }
    if (store_finish(s, &db, err) < 0)
        return -1;
    if (redact_private(options, &db, err) < 0) {
        sqlite3_close(db);
        return -1;
    }
    *ret_db = db;
    *ret_outcome = outcome;
    return 0;
}

/* Whether the file starts as SQLite's do.  A pipe is never opened for that: its writer would see it
 * closed again. */
static bool is_database(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    bool is_same = false;
    struct stat st;
    int fd;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head)
        is_same = memcmp(head, magic, sizeof magic) == 0;
    close(fd);
    return is_same;
}

/* Once is enough: the hashes of hashes would be comparable to nothing. */
static int check_redacted(const char *src, sqlite3 *db, struct analyze_options *options,
                          struct error *err)
{
    enum redact_mode mode;

    if (redact_find_mode(db, &mode, err) < 0)
        return -1;
    if (mode == REDACT_NOT)
        return 0;
    if (mode != options->redact)
        return error_set(
            err, EXIT_CANNOT_RUN,
            "%s: its names are redacted already, as --redact-keys=%s does: analyze the "
            "snapshot again",
            src, redact_mode_name(mode));
    error_print("%s: its names are redacted already, and stay as they are", src);
    options->redact = REDACT_NOT;
    return 0;
}

int analyze_open_source(const char *src, const struct analyze_options *options, sqlite3 **ret_db,
                        struct analyze_outcome *ret_outcome, struct error *err)
{
    struct analyze_options one = *options;
    struct analyze_outcome outcome = {0};
    sqlite3 *db, *filtered;
    int r;

    if (check_redaction(options, err) < 0)
        return -1;
    if (strcmp(src, "-") == 0 || !is_database(src)) {
        one.paths = &src;
        one.path_count = 1;
        one.deep = options->deep || options->opens_all;
        return analyze_to_private_db(&one, ret_db, ret_outcome, err);
    }
    if (options->for_snapshot != NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: is a report database: %s is for reading a snapshot", src,
                         options->for_snapshot);
    if (store_open_existing(src, false, &db, err) < 0)
        return -1;
    if (one.redact != REDACT_NOT && check_redacted(src, db, &one, err) < 0) {
        sqlite3_close(db);
        return -1;
    }
    if (options->filter.count > 0 || options->rules.count > 0 || options->now_ms != ROW_NULL) {
        r = analyze_refilter(db, &options->filter, &options->rules, options->now_ms, options->keys,
                             &filtered, err);
        sqlite3_close(db);
        if (r < 0)
            return -1;
        db = filtered;
    }
    if (redact_private(&one, &db, err) < 0) {
        sqlite3_close(db);
        return -1;
    }
    *ret_db = db;
    *ret_outcome = outcome;
    return 0;
}
