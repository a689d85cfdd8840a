/* load.c -- one snapshot into an open store: the writer's side.
 *
 *      decoder thread              tally thread             this thread
 *      parse, weigh --> batches --> fold, sum --> batches --> rows into the database
 *                         ...                       ...       join, then all that was summed
 *
 * The cancelling signals are held back here and in the tally while the decoder runs, so that they
 * reach the decoder: it is the one that may be waiting in read() for a pipe.
 *
 * A snapshot's identity, by which the same one given twice is known, is made of what is inside it:
 * RDB version, length, stored checksum, ctime, used-mem, number of keys, and a sum of hashes over
 * keys and their sizes in the file (for files whose checksum is absent, zero, or was not reached).
 * Name, container and filter are no part of it: a gzipped copy is the same snapshot.
 */
// SPDX-License-Identifier: MIT
#include "analyze/load.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/decode.h"
#include "analyze/progress.h"
#include "analyze/save.h"
#include "analyze/tally.h"
#include "rdb_error.h"
#include "util/signals.h"
#include "util/text.h"

#define MAX_DEFECTS_SHOWN 10

struct loader {
    struct store *store;
    const struct analyze_options *options;
    const char *path;
    struct queue *queue;
    struct decoder decoder;
    struct tally tally;
    struct progress progress;
};

const char *load_label(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (strcmp(path, "-") == 0)
        return "stdin";
    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

static char *text_of(const char *bytes)
{
    const size_t size_bytes = strlen(bytes);
    size_t text_bytes;
    char *text;

    if (text_is_utf8((const uint8_t *)bytes, size_bytes))
        return strdup(bytes);
    text_bytes = text_escaped_bytes((const uint8_t *)bytes, size_bytes);
    text = malloc(text_bytes + 1);
    if (text != NULL) {
        text_escape((const uint8_t *)bytes, size_bytes, text);
        text[text_bytes] = '\0';
    }
    return text;
}

/* ---- opening -------------------------------------------------------------------------------- */

static int open_parser(struct loader *l, struct error *err)
{
    const bool is_stdin = strcmp(l->path, "-") == 0;
    rdbp_options options = RDBP_OPTIONS_INIT;
    rdbp_error parse_error;
    const void *base;
    size_t size_bytes;
    struct stat st;
    int r;

    if (is_stdin && isatty(STDIN_FILENO))
        return error_set(err, EXIT_CANNOT_RUN,
                         "standard input is a terminal; pipe a snapshot into it");
    r = is_stdin ? fstat(STDIN_FILENO, &st) : stat(l->path, &st);
    if (r < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", l->path, strerror(errno));
    l->decoder.mtime_ms = S_ISREG(st.st_mode)
                              ? (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000
                              : ROW_NULL;
    options.depth = RDBP_DEPTH_SHAPE;
    options.read_ahead = RDBP_READ_AHEAD_AUTO;
    options.check = decoder_check;
    options.check_user = &l->decoder;
    r = is_stdin ? rdbp_open_fd(STDIN_FILENO, &options, &l->decoder.parser, &parse_error)
                 : rdbp_open_path(l->path, &options, &l->decoder.parser, &parse_error);
    if (r < 0)
        return rdb_error_set(err, l->path, &parse_error);
    if (rdbp_mapping(l->decoder.parser, &base, &size_bytes))
        signals_guard_mapping(base, size_bytes);
    return 0;
}

static int take_module_types(struct loader *l, struct error *err)
{
    struct decoder *d = &l->decoder;
    size_t count = 0;

    while (store_module_type_name(l->store, count) != NULL)
        count++;
    if (count == 0)
        return 0;
    d->module_types = malloc(count * sizeof *d->module_types);
    if (d->module_types == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < count; i++)
        memcpy(d->module_types[i], store_module_type_name(l->store, i), sizeof *d->module_types);
    d->module_type_count = count;
    return 0;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Until the last batch, or until somebody gives up. */
static int write_batches(struct loader *l, struct error *err)
{
    struct decoder *d = &l->decoder;
    const double total = (double)l->progress.total_bytes;

    for (;;) {
        struct store_batch *b = NULL;
        const enum queue_result got = queue_try_take(l->queue, QUEUE_TALLIED, &b);
        const uint64_t offset = atomic_load_explicit(&d->input_offset, memory_order_relaxed);

        if (got == QUEUE_END)
            return 0;
        if (got == QUEUE_BATCH) {
            if (total > 0)
                store_set_progress(l->store, (double)offset / total);
            if (store_put_keys(l->store, b, err) < 0)
                return -1;
            queue_put(l->queue, QUEUE_EMPTY, b);
        }
        progress_show(&l->progress, offset,
                      atomic_load_explicit(&d->keys_done, memory_order_relaxed));
    }
}

static void give_up(struct loader *l)
{
    queue_stop(l->queue); /* first: else the tally may take the decoder's end for the snapshot's */
    atomic_store(&l->decoder.is_stopped, true);
}

static int run_threads(struct loader *l, struct error *err)
{
    sigset_t cancelling, before;
    pthread_t decoder, tally;
    bool has_decoder = false, has_tally = false;
    int r;

    l->queue = l->decoder.queue = l->tally.queue = queue_new();
    if (l->queue == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    r = pthread_create(&decoder, NULL, decoder_run, &l->decoder);
    has_decoder = r == 0;
    sigemptyset(&cancelling);
    sigaddset(&cancelling, SIGINT);
    sigaddset(&cancelling, SIGTERM);
    sigaddset(&cancelling, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &cancelling, &before);
    if (r == 0) {
        r = pthread_create(&tally, NULL, tally_run, &l->tally);
        has_tally = r == 0;
    }
    if (r != 0)
        r = error_set(err, EXIT_CANNOT_RUN, "cannot start a thread: %s", strerror(r));
    else
        r = write_batches(l, err);
    if (r < 0)
        give_up(l);
    if (has_tally)
        pthread_join(tally, NULL);
    if (l->tally.is_out_of_memory)
        give_up(l);
    if (has_decoder)
        pthread_join(decoder, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    progress_clear(&l->progress);
    return r;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* What makes the whole run fail, rather than a snapshot that is stored as incomplete. */
static int check_threads(const struct loader *l, struct error *err)
{
    const struct decoder *d = &l->decoder;

    if (d->is_out_of_memory || l->tally.is_out_of_memory)
        return error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", l->path);
    if (d->has_fatal && rdb_exit_code(d->fatal.code) == EXIT_CANNOT_RUN)
        return rdb_error_set(err, l->path, &d->fatal);
    return 0;
}

/* Where the others can be read: in the database if it is kept, else by reading the file again. */
static void print_more_defects(const struct loader *l, uint64_t count)
{
    const char *source = l->options->output != NULL ? l->options->output : l->path;
    const char *path = strcmp(l->path, "-") == 0 ? "stdin" : l->path;
    char limit[40] = "";

    if (l->decoder.outside.defects_beyond > 0)
        snprintf(limit, sizeof limit, " (the first %d)", OUTSIDE_MAX_DEFECTS);
    if (strcmp(source, "-") == 0)
        error_print("%s: %" PRIu64 " more like these; keep the report database with -o to see them",
                    path, count);
    else
        error_print("%s: %" PRIu64 " more like these; rdblens report %s defects lists them%s", path,
                    count, source, limit);
}

static void print_defects(const struct loader *l)
{
    const struct outside *o = &l->decoder.outside;
    const uint64_t total = o->defect_count + o->defects_beyond;
    bool is_fatal_shown = false;
    struct error text;

    for (size_t i = 0; i < o->defect_count && i < MAX_DEFECTS_SHOWN; i++) {
        const struct defect_record *d = &o->defects[i];
        rdbp_error e = {.code = d->code,
                        .severity = d->severity,
                        .offset = d->offset,
                        .db = d->db < 0 ? 0 : (uint64_t)d->db,
                        .key_index = d->key_index};

        if (d->code == RDBP_ERR_CANCELLED)
            continue;
        is_fatal_shown |= d->severity == RDBP_SEVERITY_FATAL;
        snprintf(e.message, sizeof e.message, "%s", d->message);
        rdb_error_set(&text, l->path, &e);
        error_print("%s", text.message);
    }
    if (total > MAX_DEFECTS_SHOWN)
        print_more_defects(l, total - MAX_DEFECTS_SHOWN);
    if (l->decoder.has_fatal && !is_fatal_shown && l->decoder.fatal.code != RDBP_ERR_CANCELLED) {
        rdb_error_set(&text, l->path, &l->decoder.fatal);
        error_print("%s", text.message);
    }
}

static const char *checksum_name(const struct decoder *d)
{
    static const char *const names[] = {
        [RDBP_CHECKSUM_OK] = "ok",        [RDBP_CHECKSUM_ABSENT] = "absent",
        [RDBP_CHECKSUM_ZERO] = "zero",    [RDBP_CHECKSUM_MISMATCH] = "mismatch",
        [RDBP_CHECKSUM_UNCHECKED] = NULL,
    };

    return d->has_end ? names[d->end.checksum] : NULL;
}

static const char *trailing_name(const struct decoder *d)
{
    static const char *const names[] = {
        [RDBP_TRAILING_NONE] = "none",         [RDBP_TRAILING_AOF] = "aof",
        [RDBP_TRAILING_EOF_MARK] = "eof-mark", [RDBP_TRAILING_ZEROS] = "zeros",
        [RDBP_TRAILING_RDB] = "rdb",           [RDBP_TRAILING_OTHER] = "other",
    };

    return d->has_end ? names[d->end.trailing] : NULL;
}

static void write_identity(const struct decoder *d, uint64_t content, char *out, size_t out_bytes)
{
    const uint64_t bytes = d->has_end ? d->end.rdb_bytes : rdbp_offset(d->parser);
    int n;

    n = snprintf(out, out_bytes,
                 "rdb=%" PRIu32 " bytes=%" PRIu64 " keys=%" PRIu64 " content=%016" PRIx64,
                 d->rdb_version, bytes, d->key_count, content);
    if (d->has_end && d->end.checksum != RDBP_CHECKSUM_ABSENT)
        n += snprintf(out + n, out_bytes - (size_t)n, " checksum=%016" PRIx64,
                      d->end.checksum_stored);
    if (d->outside.created_at_ms != ROW_NULL)
        n += snprintf(out + n, out_bytes - (size_t)n, " ctime=%" PRId64,
                      d->outside.created_at_ms / 1000);
    if (d->outside.used_memory != ROW_NULL)
        snprintf(out + n, out_bytes - (size_t)n, " used-mem=%" PRId64, d->outside.used_memory);
}

static int end_snapshot(struct loader *l, const char *filter, const char *rules, struct error *err)
{
    const struct decoder *d = &l->decoder;
    const struct aggregate_totals t = aggregate_totals(l->tally.aggregate);
    const uint64_t input_bytes = rdbp_input_size(d->parser);
    char identity[256];
    const struct store_snapshot row = {
        .container = rdbp_container(d->parser),
        .server = rdbp_family_name(rdbp_family(d->parser)),
        .server_version = d->outside.server_version[0] == '\0' ? NULL : d->outside.server_version,
        .checksum = checksum_name(d),
        .trailing = trailing_name(d),
        .depth = l->options->deep ? "deep" : "needed",
        .filter = filter,
        .pattern_rules = rules,
        .model = memory_version_sizes_name(d->model.version),
        .now_source = d->now_source,
        .identity = identity,
        .file_bytes = input_bytes == 0 ? ROW_NULL : (int64_t)input_bytes,
        .bytes_read = (int64_t)rdbp_offset(d->parser),
        .rdb_version = d->rdb_version == 0 ? ROW_NULL : (int64_t)d->rdb_version,
        .created_at = d->outside.created_at_ms,
        .used_memory = d->outside.used_memory,
        .trailing_bytes = d->has_end ? (int64_t)d->end.trailing_bytes : ROW_NULL,
        .is_complete = save_is_complete(d),
        .keys = t.all.keys,
        .expires = t.expires,
        .bytes = t.all.bytes,
        .alloc_bytes = t.all.alloc_keys == 0 ? ROW_NULL : t.all.alloc_bytes,
        .rdb_bytes = t.rdb_bytes,
        .keys_without_size = t.keys_without_size,
        .now_ms = d->now_ms,
        .patterns_merged_keys = t.merged_keys,
    };

    write_identity(d, l->tally.content, identity, sizeof identity);
    return store_end_snapshot(l->store, &row, err);
}

static int save_all(struct loader *l, struct analyze_outcome *outcome, struct error *err)
{
    const struct decoder *d = &l->decoder;
    char *filter = NULL, *rules = NULL;
    int r = 0;

    if (filter_text(&l->options->filter, &filter) < 0 ||
        pattern_rules_text(&l->options->rules, &rules) < 0)
        r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
    if (r == 0)
        r = save_snapshot_parts(l->store, d, &l->tally, err);
    if (r == 0)
        r = end_snapshot(l, filter, rules, err);
    free(filter);
    free(rules);
    if (r < 0)
        return r;
    outcome->snapshot_count++;
    outcome->has_sidekiq |= d->sidekiq->installation_count > 0 || d->sidekiq->set_count > 0;
    if (d->worst_exit_code > outcome->exit_code)
        outcome->exit_code = d->worst_exit_code;
    if (d->has_fatal && d->fatal.code == RDBP_ERR_CANCELLED)
        outcome->exit_code = rdb_exit_code(d->fatal.code);
    return 0;
}

int load_snapshot(struct store *s, const struct analyze_options *options, const char *path,
                  struct analyze_outcome *outcome, struct error *err)
{
    struct loader *l = calloc(1, sizeof *l);
    struct store_snapshot_start start;
    char *path_text = NULL, *label = NULL;
    uint64_t snapshot_id;
    int r = -1;

    if (l == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    l->store = s;
    l->options = options;
    l->path = path;
    path_text = text_of(path);
    label = text_of(load_label(path));
    l->decoder.options = l->tally.options = options;
    l->tally.decoder = &l->decoder;
    if (path_text == NULL || label == NULL || decoder_init(&l->decoder) < 0 ||
        tally_init(&l->tally) < 0) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    start.path = path_text;
    start.label = label;
    if (open_parser(l, err) < 0 || store_begin_snapshot(s, &start, &snapshot_id, err) < 0 ||
        take_module_types(l, err) < 0)
        goto out;
    progress_start(&l->progress, !options->is_quiet, rdbp_input_size(l->decoder.parser));
    if (run_threads(l, err) < 0 || check_threads(l, err) < 0)
        goto out;
    if (decoder_resolve_jobs(&l->decoder, l->tally.evidence) < 0) {
        error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", l->path);
        goto out;
    }
    print_defects(l);
    r = save_all(l, outcome, err);
out:
    signals_guard_mapping(NULL, 0);
    rdbp_close(l->decoder.parser);
    queue_free(l->queue);
    decoder_done(&l->decoder);
    tally_done(&l->tally);
    free(path_text);
    free(label);
    free(l);
    return r;
}
