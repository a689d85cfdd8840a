/* cmd_verify.c -- rdblens verify: everything opened and checked; would a server load this file?
 *
 * Every value is decoded down to its bytes and the checksum is computed.  A server refuses a file
 * (or stops while it loads it) that is cut, damaged, of an unknown type, with a wrong checksum, or
 * that has the same key twice in a database (rdb.c: "RDB has duplicated key"); the last line says
 * whether any of that is so.
 *
 * Keys seen are kept as 64-bit hashes in a table of fixed size: 2^23 keys in 128 MiB.  Beyond that
 * new keys are not remembered, and the result says so.
 */
// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/progress.h"
#include "commands.h"
#include "rdb_error.h"
#include "rdbparse/rdbparse.h"
#include "util/hash.h"
#include "util/signals.h"
#include "util/text.h"

static const char usage[] =
    "usage: rdblens verify SNAPSHOT\n\n"
    "Opens every value, checks every length and the checksum.  The last line is\n"
    "`restorable: yes` or `restorable: no, because ...`.\n\n"
    "  --quiet                no progress on the terminal\n"
    "  -h, --help             this text\n";

#define SEEN_SLOTS        (UINT64_C(1) << 24) /* at most half of them used */
#define MAX_DEFECTS_SHOWN 100
#define MAX_MODULES       20

struct verify {
    const char *path;
    uint64_t *seen; /* 0: free */
    uint64_t seen_count, unchecked_keys;
    uint64_t keys, expires, empty_keys, failed_values, defects, duplicates;
    char modules[MAX_MODULES][10];
    size_t module_count;
    bool has_more_modules;
    int exit_code;
    char reason[400]; /* the first that forbids a restore; "" none */
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

    rdb_error_set(&text, v->path, e);
    if (v->defects++ < MAX_DEFECTS_SHOWN)
        fprintf(stderr, "rdblens: %s\n", text.message);
    if (code != EXIT_DONE) {
        const char *place = text.message + strlen(v->path) + 2;

        v->exit_code = code > v->exit_code ? code : v->exit_code;
        /* A server does not look behind the checksum. */
        if (e->code == RDBP_ERR_TRAILING)
            return;
        /* Without the path: the line before has it. */
        forbid(v, strlen(text.message) > strlen(v->path) + 2 ? place : text.message);
    }
}

/* False when the key was there before. */
static bool remember_key(struct verify *v, uint64_t hash)
{
    uint64_t i = hash & (SEEN_SLOTS - 1);

    if (hash == 0)
        hash = 1;
    while (v->seen[i] != 0) {
        if (v->seen[i] == hash)
            return false;
        i = (i + 1) & (SEEN_SLOTS - 1);
    }
    if (v->seen_count >= SEEN_SLOTS / 2) {
        v->unchecked_keys++;
        return true;
    }
    v->seen[i] = hash;
    v->seen_count++;
    return true;
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

static void note_key(struct verify *v, const rdbp_event *ev)
{
    const struct rdbp_key *key = &ev->u.key;
    uint64_t seed;

    v->keys++;
    v->expires += key->has_expire;
    if (key->type == RDBP_TYPE_MODULE)
        note_module(v, key->module_name);
    /* A cut key is told by its first bytes and its length. */
    seed = hash_bytes(&key->db, sizeof key->db, key->key_bytes ^ hash_seed());
    if (!remember_key(v, hash_bytes(key->key.bytes, key->key.size_bytes, seed))) {
        char name[200];

        text_escape_line(key->key.bytes, key->key.size_bytes, name, sizeof name);
        if (v->duplicates++ < MAX_DEFECTS_SHOWN)
            fprintf(stderr,
                    "rdblens: %s: offset %" PRIu64 ", db %" PRIu64 ", key %" PRIu64
                    ": warning: key '%s' is there twice\n",
                    v->path, ev->offset, key->db, key->key_index, name);
        if (v->reason[0] == '\0')
            snprintf(v->reason, sizeof v->reason,
                     "key '%s' of db %" PRIu64 " is there twice, where a server stops loading",
                     name, key->db);
    }
}

static void note_event(struct verify *v, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_KEY: note_key(v, ev); break;
    case RDBP_EVENT_MODULE_AUX: note_module(v, ev->u.module_aux.module_name); break;
    case RDBP_EVENT_VALUE_END:
        if (!ev->u.value_end.ok) {
            v->failed_values++;
            note_error(v, &ev->u.value_end.error);
        } else if (ev->u.value_end.is_empty) {
            v->empty_keys++;
        }
        break;
    case RDBP_EVENT_DEFECT: note_error(v, &ev->u.defect); break;
    case RDBP_EVENT_END:
        v->has_end = true;
        v->end = ev->u.end;
        break;
    default: break;
    }
}

static enum rdbp_errcode check(void *user)
{
    (void)user;
    if (signals_mapping_failed())
        return RDBP_ERR_CHANGED;
    return signals_cancelled() != 0 ? RDBP_ERR_CANCELLED : RDBP_ERR_NONE;
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

static void print_verdict(const struct verify *v, const char *container)
{
    if (v->reason[0] != '\0') {
        printf("restorable: no, because %s\n", v->reason);
        return;
    }
    fputs("restorable: yes", stdout);
    if (strcmp(container, "plain") != 0)
        printf(", once unpacked (%s)", container);
    if (v->module_count > 0)
        fputs(", by a server that has these modules", stdout);
    if (v->has_end && v->end.trailing == RDBP_TRAILING_OTHER)
        printf(", but %" PRIu64 " bytes of something else follow", v->end.trailing_bytes);
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
    if (v->module_count > 0) {
        fputs("needs modules:", stdout);
        for (size_t i = 0; i < v->module_count; i++)
            printf(" %s", v->modules[i]);
        puts(v->has_more_modules ? " and more" : "");
    }
    print_verdict(v, rdbp_container(p));
}

static int verify(const char *path, bool is_quiet, struct error *err)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    struct verify *v = calloc(1, sizeof *v);
    rdbp_parser *p = NULL;
    rdbp_error parse_error;
    const void *base;
    size_t size_bytes;
    int r = -1;

    if (v != NULL)
        v->seen = calloc(SEEN_SLOTS, sizeof *v->seen); /* pages come as they are used */
    if (v == NULL || v->seen == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    v->path = strcmp(path, "-") == 0 ? "stdin" : path;
    options.depth = RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES;
    options.check = check;
    r = strcmp(path, "-") == 0 ? rdbp_open_fd(STDIN_FILENO, &options, &p, &parse_error)
                               : rdbp_open_path(path, &options, &p, &parse_error);
    if (r < 0) {
        rdb_error_set(err, path, &parse_error);
        goto out;
    }
    if (rdbp_mapping(p, &base, &size_bytes))
        signals_guard_mapping(base, size_bytes);
    r = read_all(v, p, is_quiet, err);
    if (r == 0) {
        print_result(v, p);
        r = v->exit_code;
    }
out:
    signals_guard_mapping(NULL, 0);
    rdbp_close(p);
    if (v != NULL)
        free(v->seen);
    free(v);
    return r;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct error err = {.exit_code = EXIT_DONE};
    bool is_quiet = false;
    int c, code;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":hq", options, NULL)) != -1) {
        switch (c) {
        case 'q': is_quiet = true; break;
        case 'h': fputs(usage, stdout); return command_finish_stdout(EXIT_DONE);
        default: return command_usage_error("verify", c, argv);
        }
    }
    if (argc - optind != 1)
        error_set(&err, EXIT_CANNOT_RUN, "verify: give one snapshot; see rdblens help verify");
    else if (strcmp(argv[optind], "-") == 0 && isatty(STDIN_FILENO))
        error_set(&err, EXIT_CANNOT_RUN, "standard input is a terminal; pipe a snapshot into it");
    if (err.exit_code != EXIT_DONE)
        return command_fail(&err);
    code = verify(argv[optind], is_quiet, &err);
    if (code < 0)
        code = command_fail(&err);
    return command_finish_stdout(code);
}

const struct command cmd_verify = {
    .name = "verify",
    .about = "opens and checks everything; says whether a server would load it",
    .usage = usage,
    .run = run,
};
