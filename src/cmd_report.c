/* cmd_report.c -- rdblens report SRC [NAME...]: named reports on a snapshot or a report database.
 *
 * A snapshot is analyzed into a private database first, which holds all keys only when one of the
 * reports reads them.  The outputs are opened and the reports' files read before that, so that a
 * typing error costs no time.
 */
// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/analyze.h"
#include "commands.h"
#include "report/output_file.h"
#include "report/report.h"
#include "util/text.h"

static const char usage[] =
    "usage: rdblens report SRC [NAME...] [options]\n"
    "\n"
    "Prints reports on SRC: a snapshot, a report database, or - for standard input.\n"
    "Without a NAME: summary; in JSON all reports.  rdblens report --list tells the names.\n"
    "\n"
    "  -f, --format FORMAT    table, json, ndjson, csv or markdown (default: table, or as the file "
    "ends),\n"
    "                         or rdbtools: all keys, in redis-rdb-tools' columns\n"
    "  -o, --output FILE      write there instead of standard output; may be given several times\n"
    "      --top N            how many rows the lists have\n"
    "      --param NAME=VALUE another parameter of a report\n"
    "      --set ID|LABEL     the set of snapshots to report on (default: newest)\n"
    "      --reports-dir DIR  your own reports, one file NAME.sql each; they replace ours of that "
    "name\n"
    "      --width N          columns of a table (default: the terminal's, else 80)\n"
    "      --list             list the reports and stop\n" ANALYZE_OPTIONS_HELP;

enum { OPTION_TOP = 256, OPTION_PARAM, OPTION_SET, OPTION_REPORTS_DIR, OPTION_WIDTH, OPTION_LIST };

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"top", required_argument, NULL, OPTION_TOP},
    {"param", required_argument, NULL, OPTION_PARAM},
    {"set", required_argument, NULL, OPTION_SET},
    {"reports-dir", required_argument, NULL, OPTION_REPORTS_DIR},
    {"width", required_argument, NULL, OPTION_WIDTH},
    {"list", no_argument, NULL, OPTION_LIST},
    ANALYZE_LONG_OPTIONS,
    {0},
};

struct arguments {
    struct analyze_options analyze;
    const char *format;
    const char *set;
    const char *reports_dir;
    int width;
    bool wants_list, wants_help;
    /* as many as there are arguments is room enough */
    const char **outputs;
    size_t output_count;
    struct report_param *params;
    size_t param_count;
};

static int add_param(struct arguments *a, const char *name, const char *value)
{
    a->params[a->param_count++] = (struct report_param){name, value};
    return 0;
}

/* NAME=VALUE, split in place. */
static int take_param(struct arguments *a, char *text, struct error *err)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        return error_set(err, EXIT_CANNOT_RUN, "--param: expected NAME=VALUE, got '%.80s'", text);
    *equals = '\0';
    return add_param(a, text, equals + 1);
}

static int take_top(struct arguments *a, const char *text, struct error *err)
{
    int64_t n;

    if (text_parse_int(text, 1, INT32_MAX, &n) < 0)
        return error_set(err, EXIT_CANNOT_RUN, "--top: '%.40s' is not a number of rows", text);
    return add_param(a, "top", text);
}

static int take_width(struct arguments *a, const char *text, struct error *err)
{
    int64_t n;

    if (text_parse_int(text, 20, 10000, &n) < 0)
        return error_set(err, EXIT_CANNOT_RUN, "--width: '%.40s' is not a width of 20 to 10000",
                         text);
    a->width = (int)n;
    return 0;
}

static int take_option(struct arguments *a, int option, struct error *err)
{
    switch (option) {
    case 'f': a->format = optarg; return 0;
    case 'o': a->outputs[a->output_count++] = optarg; return 0;
    case 'h': a->wants_help = true; return 0;
    case OPTION_TOP: return take_top(a, optarg, err);
    case OPTION_PARAM: return take_param(a, optarg, err);
    case OPTION_SET: a->set = optarg; return 0;
    case OPTION_REPORTS_DIR: a->reports_dir = optarg; return 0;
    case OPTION_WIDTH: return take_width(a, optarg, err);
    case OPTION_LIST: a->wants_list = true; return 0;
    default: return analyze_option(&a->analyze, option, optarg, err) < 0 ? -1 : 0;
    }
}

static void print_list(const struct report_catalog *catalog)
{
    for (size_t i = 0; i < report_catalog_count(catalog); i++) {
        const struct report_info *info = report_catalog_at(catalog, i);

        printf("%-10s  %s%s\n", info->name, info->about != NULL ? info->about : info->title,
               info->needs_keys ? " (needs all keys)" : "");
    }
}

static int64_t wall_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reports on an open database; *ret_code is 0 or 3. */
static int run_reports(const struct arguments *a, const char *source,
                       const struct report_request *rq, struct output_set *outputs, int *ret_code,
                       struct error *err)
{
    struct analyze_outcome outcome = {0};
    bool is_complete = true;
    sqlite3 *db = NULL;
    int r;

    if (analyze_open_source(source, &a->analyze, &db, &outcome, err) < 0)
        return -1;
    if (outcome.exit_code == EXIT_DONE || outcome.exit_code == EXIT_DAMAGED) {
        r = report_run(db, rq, outputs->outputs, outputs->count, &is_complete, err);
        if (r == 0)
            r = output_set_commit(outputs, err);
    } else {
        r = error_set(err, (enum exit_code)outcome.exit_code, "interrupted");
    }
    sqlite3_close(db);
    if (r == 0)
        *ret_code = is_complete && outcome.exit_code == EXIT_DONE ? EXIT_DONE : EXIT_DAMAGED;
    return r;
}

static int run_with_catalog(struct arguments *a, const struct report_catalog *catalog,
                            const char *const *words, size_t word_count, int *ret_code,
                            struct error *err)
{
    struct report_request rq = {.catalog = catalog,
                                .names = words + 1,
                                .name_count = word_count - 1,
                                .params = a->params,
                                .param_count = a->param_count,
                                .set = a->set,
                                .source = strcmp(words[0], "-") == 0 ? NULL : words[0]};
    struct output_set outputs = {0};
    bool needs_keys = false;
    int r;

    if (report_catalog_needs_keys(catalog, rq.names, rq.name_count, &needs_keys, err) < 0)
        return -1;
    a->analyze.keys = needs_keys ? KEYS_ALL : KEYS_TOP;
    rq.wall_now_ms = wall_now_ms();
    r = output_set_open(a->outputs, a->output_count, a->format, a->width, rq.source, &outputs, err);
    if (r < 0)
        return -1;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.outputs[i].format == REPORT_RDBTOOLS) {
            a->analyze.keys = KEYS_ALL;
            a->analyze.opens_all = true; /* each key's largest element is one of the columns */
        }
    /* All reports of a JSON output include the user's own, which may read keys. */
    for (size_t i = 0; i < outputs.count && rq.name_count == 0; i++)
        for (size_t k = 0; k < report_catalog_count(catalog); k++)
            if (outputs.outputs[i].format == REPORT_JSON &&
                report_catalog_at(catalog, k)->needs_keys)
                a->analyze.keys = KEYS_ALL;
    r = run_reports(a, words[0], &rq, &outputs, ret_code, err);
    output_set_done(&outputs);
    return r;
}

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error *err)
{
    int option;

    a->outputs = calloc((size_t)argc, sizeof *a->outputs);
    a->params = calloc((size_t)argc, sizeof *a->params);
    if (a->outputs == NULL || a->params == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":f:o:h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            command_usage_error("report", option, argv);
            return error_set(err, EXIT_CANNOT_RUN, "%s", "");
        }
        if (take_option(a, option, err) < 0)
            return -1;
    }
    if (optind == argc && !a->wants_list && !a->wants_help)
        return error_set(err, EXIT_CANNOT_RUN, "report: no SRC; see rdblens help report");
    return 0;
}

static int run(int argc, char **argv)
{
    struct arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    struct report_catalog *catalog = NULL;
    struct error err = {0};
    int code = EXIT_DONE, r;

    r = parse_arguments(argc, argv, &a, &err);
    if (r == 0 && !a.wants_help)
        r = report_catalog_new(a.reports_dir, &catalog, &err);
    if (r == 0 && a.wants_help)
        fputs(usage, stdout);
    else if (r == 0 && a.wants_list)
        print_list(catalog);
    else if (r == 0)
        r = run_with_catalog(&a, catalog, (const char *const *)argv + optind,
                             (size_t)(argc - optind), &code, &err);
    code = r < 0 ? command_fail(&err) : command_finish_stdout(code);
    report_catalog_free(catalog);
    analyze_options_done(&a.analyze);
    free(a.outputs);
    free(a.params);
    return code;
}

const struct command cmd_report = {
    .name = "report",
    .about = "print reports on a snapshot or a report database",
    .usage = usage,
    .run = run,
};
