/* cmd_query.c -- rdblens query SRC SQL: one SELECT of the user's, read-only, in any format.
 *
 * A snapshot is analyzed into a private database first, with all keys, because SQL may ask for any.
 */
// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "commands.h"
#include "report/output_file.h"
#include "report/report.h"
#include "util/text.h"

static const char usage[] =
    "usage: rdblens query SRC SQL [options]\n"
    "\n"
    "Runs one SELECT, read-only, on SRC: a report database, a snapshot, or - for standard input.\n"
    "docs/schema.md describes the tables.  A table shows sizes and times by the columns' names; "
    "the\n"
    "other formats give the values as they are.\n"
    "\n"
    "  -f, --format FORMAT    table, json, ndjson, csv or markdown (default: table, or as the file "
    "ends)\n"
    "  -o, --output FILE      write there instead of standard output; may be given several times\n"
    "      --width N          columns of a table (default: the terminal's, else what it "
    "needs)\n" ANALYZE_OPTIONS_HELP;

enum { OPTION_WIDTH = 256 };

/* Wider than any row that a person would read: nothing is cut. */
#define WIDTH_UNLIMITED 1000000

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"width", required_argument, NULL, OPTION_WIDTH},
    ANALYZE_LONG_OPTIONS,
    {0},
};

struct arguments {
    struct analyze_options analyze;
    const char *format;
    int width;
    bool wants_help;
    const char **outputs; /* as many as there are arguments is room enough */
    size_t output_count;
};

static int take_option(struct arguments *a, int option, struct error *err)
{
    int64_t width;

    switch (option) {
    case 'f': a->format = optarg; return 0;
    case 'o': a->outputs[a->output_count++] = optarg; return 0;
    case 'h': a->wants_help = true; return 0;
    case OPTION_WIDTH:
        if (text_parse_int(optarg, 20, 10000, &width) < 0)
            return error_set(err, EXIT_CANNOT_RUN, "--width: '%.40s' is not a width of 20 to 10000",
                             optarg);
        a->width = (int)width;
        return 0;
    default: return analyze_option(&a->analyze, option, optarg, err) < 0 ? -1 : 0;
    }
}

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error *err)
{
    int option;

    a->outputs = calloc((size_t)argc, sizeof *a->outputs);
    if (a->outputs == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":f:o:h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            command_usage_error("query", option, argv);
            return error_set(err, EXIT_CANNOT_RUN, "%s", "");
        }
        if (take_option(a, option, err) < 0)
            return -1;
    }
    if (argc - optind != 2 && !a->wants_help)
        return error_set(err, EXIT_CANNOT_RUN,
                         "query: takes SRC and one text of SQL; see rdblens help query");
    return 0;
}

static int run_sql(const struct arguments *a, const char *source, const char *sql,
                   struct output_set *outputs, int *ret_code, struct error *err)
{
    struct analyze_outcome outcome = {0};
    struct report_request rq = {0};
    struct timespec now;
    sqlite3 *db = NULL;
    int r;

    clock_gettime(CLOCK_REALTIME, &now);
    rq.wall_now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (analyze_open_source(source, &a->analyze, &db, &outcome, err) < 0)
        return -1;
    if (outcome.exit_code == EXIT_DONE || outcome.exit_code == EXIT_DAMAGED) {
        r = report_query(db, sql, &rq, outputs->outputs, outputs->count, err);
        if (r == 0)
            r = output_set_commit(outputs, err);
    } else {
        r = error_set(err, (enum exit_code)outcome.exit_code, "interrupted");
    }
    sqlite3_close(db);
    *ret_code = outcome.exit_code;
    return r;
}

static int run_with_outputs(const struct arguments *a, const char *source, const char *sql,
                            int *ret_code, struct error *err)
{
    struct output_set outputs = {0};
    int r;

    if (output_set_open(a->outputs, a->output_count, a->format, a->width, source, &outputs, err) <
        0)
        return -1;
    r = run_sql(a, source, sql, &outputs, ret_code, err);
    output_set_done(&outputs);
    return r;
}

static int run(int argc, char **argv)
{
    struct arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    struct error err = {0};
    int code = EXIT_DONE, r;

    a.analyze.keys = KEYS_ALL;
    r = parse_arguments(argc, argv, &a, &err);
    if (r == 0 && a.width == 0 && !isatty(STDOUT_FILENO))
        a.width = WIDTH_UNLIMITED;
    if (r == 0 && a.wants_help)
        fputs(usage, stdout);
    else if (r == 0)
        r = run_with_outputs(&a, argv[optind], argv[optind + 1], &code, &err);
    code = r < 0 ? command_fail(&err) : command_finish_stdout(code);
    analyze_options_done(&a.analyze);
    free(a.outputs);
    return code;
}

const struct command cmd_query = {
    .name = "query",
    .about = "run SQL on a snapshot or a report database",
    .usage = usage,
    .run = run,
};
