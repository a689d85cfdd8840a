/* cmd_analyze.c -- rdblens analyze: snapshots into a report database, then the short reports. */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analyze/analyze.h"
#include "cli/arguments.h"
#include "commands.h"
#include "report/report.h"
#include "util/signals.h"

struct analyze_arguments {
    struct analyze_options analyze;
    bool has_keys; /* --keys was typed */
};

static int check_options(const struct analyze_options *o, struct error *err)
{
    if (o->path_count == 0)
        return error_set(err, EXIT_CANNOT_RUN,
                         "analyze: no snapshot given; see rdblens help analyze");
    if (o->may_replace && o->may_append)
        return error_set(err, EXIT_CANNOT_RUN, "--replace and --append exclude each other");
    if (o->redact != REDACT_NOT && o->may_append)
        return error_set(err, EXIT_CANNOT_RUN,
                         "--redact-keys and --append exclude each other: one database has one kind "
                         "of names");
    if (o->output == NULL && (o->may_replace || o->may_append))
        return error_set(err, EXIT_CANNOT_RUN, "%s needs -o FILE",
                         o->may_replace ? "--replace" : "--append");
    return 0;
}

/* The short reports on standard output, `summary` last. */
static int print_reports(sqlite3 *db, const struct analyze_options *o,
                         const struct analyze_outcome *outcome, struct error *err)
{
    const char *names[4];
    size_t count = 0;
    struct report_catalog *catalog = NULL;
    struct report_output out = {
        .file = stdout, .format = REPORT_TABLE, .color = report_wants_color(stdout)};
    struct report_request rq = {.brief = true};
    struct timespec now;
    bool is_complete;
    int r;

    names[count++] = "bigkeys";
    names[count++] = "ttl";
    if (outcome->has_sidekiq)
        names[count++] = "sidekiq";
    names[count++] = "summary";
    clock_gettime(CLOCK_REALTIME, &now);
    if (report_catalog_new(NULL, &catalog, err) < 0)
        return -1;
    rq.catalog = catalog;
    rq.names = names;
    rq.name_count = count;
    rq.source = o->output != NULL ? o->output : o->paths[0];
    rq.wall_now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    r = report_run(db, &rq, &out, 1, &is_complete, err);
    report_catalog_free(catalog);
    return r;
}

static int analyze(const struct analyze_options *o, struct error *err)
{
    struct analyze_outcome outcome = {0};
    sqlite3 *db = NULL;
    int r;

    if (o->output == NULL) {
        r = analyze_to_private_db(o, &db, &outcome, err);
    } else {
        r = analyze_to_file(o, &outcome, err);
        if (r == 0 && signals_cancelled() != 0) {
            if (outcome.is_kept)
                return error_set(err, (enum exit_code)outcome.exit_code,
                                 "interrupted: %.200s holds what was read, marked incomplete",
                                 o->output);
            return error_set(err, (enum exit_code)outcome.exit_code,
                             "interrupted: %.200s is as it was", o->output);
        }
        if (r == 0)
            r = store_open_existing(o->output, false, &db, err);
    }
    if (r < 0)
        return -1;
    r = print_reports(db, o, &outcome, err);
    sqlite3_close(db);
    return r < 0 ? -1 : outcome.exit_code;
}

static enum keys_stored find_keys(const char *word)
{
    int k = KEYS_ALL;

    while (k < KEYS_NONE && strcmp(word, keys_stored_name((enum keys_stored)k)) != 0)
        k++;
    return (enum keys_stored)k;
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct analyze_arguments *const a = data;

    switch (given->id) {
    case OPTION_OUTPUT: a->analyze.output = given->value; return 0;
    case OPTION_REPLACE: a->analyze.may_replace = true; return 0;
    case OPTION_APPEND: a->analyze.may_append = true; return 0;
    case OPTION_KEYS:
        a->has_keys = !given->is_standing;
        a->analyze.keys = find_keys(given->value);
        return 0;
    case OPTION_HISTORY: a->analyze.is_history = true; return 0;
    case OPTION_LABEL: a->analyze.label = given->value; return 0;
    default:
        return analyze_option(&a->analyze, (int)given->id, given->value, given->is_standing, err);
    }
}

static int analyze_operands(struct analyze_arguments *a, int argc, char **argv, int first,
                            struct error *err)
{
    struct analyze_options *const o = &a->analyze;

    o->paths = (const char *const *)argv + first;
    o->path_count = (size_t)(argc - first);
    /* Nobody will see the keys of a private database: the short reports need the largest only. */
    if (o->output == NULL && !a->has_keys)
        o->keys = KEYS_TOP;
    return check_options(o, err) < 0 ? -1 : analyze(o, err);
}

static int run(int argc, char **argv)
{
    struct analyze_arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    struct error err = {.exit_code = EXIT_DONE};
    struct arguments arguments;
    int code;

    code = arguments_parse(&arguments, COMMAND_ANALYZE, argc, argv, take_option, &a, &err);
    if (code == ARGUMENTS_RUN)
        code = analyze_operands(&a, argc, argv, arguments.first_operand, &err);
    else if (code == ARGUMENTS_HELPED)
        code = EXIT_DONE;
    code = command_finish_stdout(code < 0 ? command_fail(&err) : code);
    analyze_options_done(&a.analyze);
    arguments_done(&arguments);
    return code;
}

const struct command cmd_analyze = {.id = COMMAND_ANALYZE, .run = run};
