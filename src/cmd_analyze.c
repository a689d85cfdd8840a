/* cmd_analyze.c -- rdblens analyze: snapshots into a report database, then the short reports. */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analyze/analyze.h"
#include "commands.h"
#include "report/report.h"
#include "util/signals.h"

static const char usage[] =
    "usage: rdblens analyze SNAPSHOT... [-o REPORT.db] [OPTIONS]\n\n"
    "Reads snapshots (- is standard input), weighs every key, and prints the short reports.  With "
    "-o\n"
    "the report database is kept: see rdblens report and rdblens query.\n\n"
    "  -o, --output FILE      keep the report database as FILE, which must not exist\n"
    "  --replace              FILE may exist and is replaced at once when the new one is whole\n"
    "  --append               FILE may exist and gets the snapshots added\n"
    "  --keys all|top|none    which keys are stored one by one (all)\n"
    "  --history              each snapshot is a point in time; else all are one set, summed\n"
    "  --label TEXT           what to call the set\n" ANALYZE_OPTIONS_HELP
    "  -h, --help             this text\n";

enum { OPTION_REPLACE = 256, OPTION_APPEND, OPTION_KEYS, OPTION_HISTORY, OPTION_LABEL };

static int parse_keys(const char *word, enum keys_stored *ret_keys, struct error *err)
{
    for (int k = KEYS_ALL; k <= KEYS_NONE; k++) {
        if (strcmp(word, keys_stored_name((enum keys_stored)k)) == 0) {
            *ret_keys = (enum keys_stored)k;
            return 0;
        }
    }
    return error_set(err, EXIT_CANNOT_RUN, "--keys: '%.40s' is not all, top or none", word);
}

static int check_options(const struct analyze_options *o, struct error *err)
{
    if (o->path_count == 0)
        return error_set(err, EXIT_CANNOT_RUN,
                         "analyze: no snapshot given; see rdblens help analyze");
    if (o->may_replace && o->may_append)
        return error_set(err, EXIT_CANNOT_RUN, "--replace and --append exclude each other");
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

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"replace", no_argument, NULL, OPTION_REPLACE},
        {"append", no_argument, NULL, OPTION_APPEND},
        {"keys", required_argument, NULL, OPTION_KEYS},
        {"history", no_argument, NULL, OPTION_HISTORY},
        {"label", required_argument, NULL, OPTION_LABEL},
        {"help", no_argument, NULL, 'h'},
        ANALYZE_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    struct analyze_options o = ANALYZE_OPTIONS_INIT;
    struct error err = {.exit_code = EXIT_DONE};
    bool has_keys = false;
    int c, code = EXIT_DONE;

    opterr = 0;
    while (code == EXIT_DONE && (c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        switch (c) {
        case 'o': o.output = optarg; break;
        case OPTION_REPLACE: o.may_replace = true; break;
        case OPTION_APPEND: o.may_append = true; break;
        case OPTION_KEYS:
            has_keys = true;
            if (parse_keys(optarg, &o.keys, &err) < 0)
                code = command_fail(&err);
            break;
        case OPTION_HISTORY: o.is_history = true; break;
        case OPTION_LABEL: o.label = optarg; break;
        case 'h':
            fputs(usage, stdout);
            analyze_options_done(&o);
            return command_finish_stdout(EXIT_DONE);
        case '?':
        case ':': code = command_usage_error("analyze", c, argv); break;
        default:
            if (analyze_option(&o, c, optarg, &err) < 0)
                code = command_fail(&err);
            break;
        }
    }
    if (code == EXIT_DONE) {
        o.paths = (const char *const *)argv + optind;
        o.path_count = (size_t)(argc - optind);
        /* Nobody will see the keys of a private database: the short reports need the largest only.
         */
        if (o.output == NULL && !has_keys)
            o.keys = KEYS_TOP;
        if (check_options(&o, &err) < 0) {
            code = command_fail(&err);
        } else {
            code = analyze(&o, &err);
            code = command_finish_stdout(code < 0 ? command_fail(&err) : code);
        }
    }
    analyze_options_done(&o);
    return code;
}

const struct command cmd_analyze = {
    .name = "analyze",
    .about = "decode and weigh snapshots, keep the result in a report database",
    .usage = usage,
    .run = run,
};
