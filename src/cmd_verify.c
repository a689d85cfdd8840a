/* cmd_verify.c -- rdblens verify: everything opened and checked; would a server load this file?
 *
 * Every value is decoded down to its bytes and the checksum is computed.  A server refuses a file
 * (or stops while it loads it) that is cut, damaged, of an unknown type, with a wrong checksum,
 * that has the same key twice in a database (rdb.c: "RDB has duplicated key"), or a value in which
 * something does not fit together (value_check.c).  The last line says whether any of that is so.
 *
 * Keys seen are kept as 64-bit hashes: up to 2^23 of them, in 128 MiB.  Beyond that new keys are
 * not remembered, and the result says so.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/progress.h"
#include "cli/arguments.h"
#include "commands.h"
#include "key_row.h"
#include "open_snapshot.h"
#include "rdb_error.h"
#include "rdbparse/rdbparse.h"
#include "util/seen.h"
#include "util/text.h"
#include "value_check.h"

#define MAX_KEYS_SEEN     ((size_t)1 << 23)
#define MAX_DEFECTS_SHOWN 100
#define MAX_MODULES       20

struct verify {
    const char *path;
    struct seen *seen; /* keys */
    struct value_check *values;
    uint64_t unchecked_keys;
    uint64_t keys, expires, empty_keys, failed_values, defects, duplicates;
    uint64_t db;
    bool has_higher_version, has_pre_ga_functions, has_pre_ga_values;
    bool has_deep_finding; /* something that only sanitize-dump-payload yes refuses */
    char modules[MAX_MODULES][10];
    size_t module_count;
    bool has_more_modules;
    int exit_code;
    bool hides_names; /* --redact-keys: of keys only their numbers are told */
    char reason[512]; /* the first that forbids a restore; "" none */
    bool has_end;
    struct rdbp_end end;
};

static void forbid(struct verify *v, const char *reason)
{
    if (v->reason[0] == '\0')
        snprintf(v->reason, sizeof v->reason, "%s", reason);
}

static void note_error(struct verify *v, const rdbp_error *e)
{
    struct error text;
    const int code = rdb_exit_code(e->code);

    if (v->defects++ < MAX_DEFECTS_SHOWN) {
        rdb_error_set(&text, v->path, e);
        error_print("%s", text.message);
    }
    if (code != EXIT_DONE) {
        v->exit_code = code > v->exit_code ? code : v->exit_code;
        /* A server does not look behind the checksum. */
        if (e->code == RDBP_ERR_TRAILING)
            return;
        rdb_error_set(&text, NULL, e); /* the line before has the path */
        forbid(v, text.message);
    }
}

static void note_module(struct verify *v, const char *name)
{
    for (size_t i = 0; i < v->module_count; i++) {
        if (strcmp(v->modules[i], name) == 0)
            return;
    }
    if (v->module_count == MAX_MODULES) {
        v->has_more_modules = true;
        return;
    }
    snprintf(v->modules[v->module_count++], sizeof v->modules[0], "%s", name);
}

static void describe_key(const struct rdbp_key *key, char *out, size_t out_bytes)
{
    char name[200];

    text_escape_line(key->key.bytes, key->key.size_bytes, name, sizeof name);
    snprintf(out, out_bytes, "'%s'", name);
}

static void note_key(struct verify *v, const rdbp_event *ev)
{
    const struct rdbp_key *key = &ev->u.key;
    enum seen_result r;

    v->keys++;
    v->db = key->db;
    v->has_pre_ga_values |= key->rdb_type == RDBP_RDB_HASH_METADATA_PRE_GA ||
                            key->rdb_type == RDBP_RDB_HASH_LISTPACK_EX_PRE_GA;
    v->expires += key->has_expire;
    if (key->type == RDBP_TYPE_MODULE)
        note_module(v, key->module_name);
    r = seen_add(v->seen, hash_key(key));
    v->unchecked_keys += r == SEEN_FULL;
    if (r == SEEN_BEFORE) {
        char name[204];

        if (v->hides_names)
            snprintf(name, sizeof name, "number %" PRIu64, key->key_index);
        else
            describe_key(key, name, sizeof name);
        if (v->duplicates++ < MAX_DEFECTS_SHOWN)
            error_print("%.200s: offset %" PRIu64 ", db %" PRIu64 ", key %" PRIu64
                        ": warning: key %s is there twice",
                        v->path, ev->offset, key->db, key->key_index, name);
        if (v->reason[0] == '\0')
            snprintf(v->reason, sizeof v->reason,
                     "key %s of db %" PRIu64 " is there twice, where a server stops loading", name,
                     key->db);
    }
}

/* A value that can be read, and that a server refuses: as bad as a damaged one. */
static void note_finding(struct verify *v, const struct value_finding *f)
{
    rdbp_error e = {
        .code = f->is_refused ? RDBP_ERR_VALUE : RDBP_ERR_NONE,
        .severity = f->is_refused ? RDBP_SEVERITY_FAILED : RDBP_SEVERITY_WARN,
        .offset = f->offset,
        .db = v->db,
        .key_index = v->keys - 1,
    };

    snprintf(e.message, sizeof e.message, "%.140s%s", f->message,
             f->is_refused ? "" : ": refused with sanitize-dump-payload yes");
    v->failed_values += f->is_refused;
    v->has_deep_finding |= !f->is_refused;
    note_error(v, &e);
}

static void note_value_end(struct verify *v, const struct rdbp_value_end *end)
{
    const struct value_finding *f = value_check_result(v->values);

    if (!end->ok) {
        v->failed_values++;
        note_error(v, &end->error);
    } else if (f != NULL) {
        note_finding(v, f);
    } else if (end->is_empty) {
        v->empty_keys++;
    }
}

/* The source itself is not compiled here; a server does, and stops at an error. */
static void note_function(struct verify *v, uint64_t offset, const struct rdbp_function *f)
{
    rdbp_error e = {
        .code = RDBP_ERR_VALUE,
        .severity = RDBP_SEVERITY_FAILED,
        .offset = offset,
        .key_index = RDBP_NO_KEY,
        .message = "function library does not begin with #!",
    };

    v->has_pre_ga_functions |= f->is_pre_ga;
    if (f->is_pre_ga || f->piece_offset > 0)
        return;
    if (f->piece.size_bytes < 2 || memcmp(f->piece.bytes, "#!", 2) != 0)
        note_error(v, &e);
}

static void note_event(struct verify *v, const rdbp_event *ev)
{
    value_check_event(v->values, ev);
    switch (ev->type) {
    case RDBP_EVENT_KEY: note_key(v, ev); break;
    case RDBP_EVENT_FUNCTION: note_function(v, ev->offset, &ev->u.function); break;
    case RDBP_EVENT_MODULE_AUX: note_module(v, ev->u.module_aux.module_name); break;
    case RDBP_EVENT_VALUE_END: note_value_end(v, &ev->u.value_end); break;
    case RDBP_EVENT_DEFECT:
        v->has_higher_version |= ev->u.defect.code == RDBP_ERR_HIGHER_VERSION;
        note_error(v, &ev->u.defect);
        break;
    case RDBP_EVENT_END:
        v->has_end = true;
        v->end = ev->u.end;
        break;
    default: break;
    }
}

/* -1: could not run, or interrupted; damage is in v. */
static int read_all(struct verify *v, rdbp_parser *p, bool is_quiet, struct error *err)
{
    struct progress progress;
    const rdbp_event *ev;
    int r;

    progress_start(&progress, !is_quiet, rdbp_input_size(p));
    while ((r = rdbp_next(p, &ev)) > 0) {
        note_event(v, ev);
        if (ev->type == RDBP_EVENT_KEY || ev->type == RDBP_EVENT_ITEMS)
            progress_show(&progress, rdbp_input_offset(p), v->keys);
    }
    progress_clear(&progress);
    if (r == 0)
        return 0;
    if (rdbp_last_error(p)->code == RDBP_ERR_CANCELLED ||
        rdb_exit_code(rdbp_last_error(p)->code) == EXIT_CANNOT_RUN)
        return rdb_error_set(err, v->path, rdbp_last_error(p));
    note_error(v, rdbp_last_error(p));
    return 0;
}

static const char *checksum_words(const struct verify *v)
{
    if (!v->has_end)
        return "not reached";
    switch (v->end.checksum) {
    case RDBP_CHECKSUM_OK: return "ok";
    case RDBP_CHECKSUM_ABSENT: return "none in this RDB version";
    case RDBP_CHECKSUM_ZERO: return "none: written with rdbchecksum no";
    case RDBP_CHECKSUM_MISMATCH: return "wrong";
    default: return "not checked";
    }
}

static void print_verdict(const struct verify *v, const rdbp_parser *p)
{
    const char *container = rdbp_container(p);

    if (v->reason[0] != '\0') {
        printf("restorable: no, because %s\n", v->reason);
        return;
    }
    if (v->has_pre_ga_functions)
        fputs("restorable: only by a release candidate of Redis 7.0, and by no release", stdout);
    else if (v->has_higher_version)
        printf("restorable: only by a server that reads RDB version %" PRIu32 " (%s)",
               rdbp_rdb_version(p), rdbp_family_name(rdbp_family(p)));
    else if (v->has_pre_ga_values)
        fputs("restorable: only by Redis 7.4 and later", stdout);
    else
        fputs("restorable: yes", stdout);
    if (strcmp(container, "plain") != 0)
        printf(", once unpacked (%s)", container);
    if (v->module_count > 0)
        fputs(", by a server that has these modules", stdout);
    if (v->has_deep_finding)
        fputs(", unless sanitize-dump-payload is yes there", stdout);
    if (v->has_end && v->end.trailing == RDBP_TRAILING_OTHER)
        printf(", but %" PRIu64 " bytes of something else follow", v->end.trailing_bytes);
    if (v->unchecked_keys > 0 || value_check_unchecked(v->values) > 0)
        fputs(", if nothing that was not checked is there twice", stdout);
    putchar('\n');
}

static void print_result(const struct verify *v, const rdbp_parser *p)
{
    printf("keys: %" PRIu64 ", %" PRIu64 " with a TTL\n", v->keys, v->expires);
    printf("format: RDB version %" PRIu32 " (%s), %s, %" PRIu64 " bytes\n", rdbp_rdb_version(p),
           rdbp_family_name(rdbp_family(p)), rdbp_container(p),
           v->has_end ? v->end.rdb_bytes : rdbp_offset(p));
    printf("checksum: %s\n", checksum_words(v));
    printf("damaged values: %" PRIu64 "\n", v->failed_values);
    if (v->empty_keys > 0)
        printf("empty collections, which a server drops: %" PRIu64 "\n", v->empty_keys);
    if (v->unchecked_keys > 0)
        printf("duplicate keys: %" PRIu64 " among the first %" PRIu64 " keys; %" PRIu64
               " were not checked\n",
               v->duplicates, v->keys - v->unchecked_keys, v->unchecked_keys);
    else
        printf("duplicate keys: %" PRIu64 "\n", v->duplicates);
    if (value_check_unchecked(v->values) > 0)
        printf("duplicate elements: %" PRIu64 " elements of very large values were not checked\n",
               value_check_unchecked(v->values));
    if (v->module_count > 0) {
        fputs("needs modules:", stdout);
        for (size_t i = 0; i < v->module_count; i++)
            printf(" %s", v->modules[i]);
        puts(v->has_more_modules ? " and more" : "");
    }
    print_verdict(v, p);
}

struct verify_arguments {
    bool is_quiet, hides_names;
};

static int verify(const char *path, const struct verify_arguments *a, struct error *err)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    struct verify *v = calloc(1, sizeof *v);
    rdbp_parser *p = NULL;
    int r = -1;

    if (v != NULL) {
        v->seen = seen_new(MAX_KEYS_SEEN);
        v->values = value_check_new();
    }
    if (v == NULL || v->seen == NULL || v->values == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    v->hides_names = a->hides_names;
    v->path = strcmp(path, "-") == 0 ? "stdin" : path;
    options.depth = RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES;
    options.read_ahead = RDBP_READ_AHEAD_AUTO;
    r = open_snapshot(path, &options, &p, err);
    if (r < 0)
        goto out;
    r = read_all(v, p, a->is_quiet, err);
    if (r == 0) {
        print_result(v, p);
        r = v->exit_code;
    }
out:
    close_snapshot(p);
    if (v != NULL) {
        seen_free(v->seen);
        value_check_free(v->values);
    }
    free(v);
    return r;
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct verify_arguments *const a = data;

    (void)err;
    if (given->id == OPTION_QUIET)
        a->is_quiet = true;
    else if (given->id == OPTION_REDACT_KEYS)
        a->hides_names = strcmp(given->value, "no") != 0;
    return 0;
}

static int run(int argc, char **argv)
{
    struct error err = {.exit_code = EXIT_DONE};
    struct arguments arguments;
    const char *path;
    struct verify_arguments a = {0};
    int code;

    code = arguments_parse(&arguments, COMMAND_VERIFY, argc, argv, take_option, &a, &err);
    if (code == ARGUMENTS_RUN) {
        path = snapshot_argument("verify", argc, argv, arguments.first_operand, &err);
        code = path == NULL ? -1 : verify(path, &a, &err);
    } else if (code == ARGUMENTS_HELPED) {
        code = EXIT_DONE;
    }
    arguments_done(&arguments);
    return command_finish_stdout(code < 0 ? command_fail(&err) : code);
}

const struct command cmd_verify = {.id = COMMAND_VERIFY, .run = run};
