/* cmd_report.c -- rdblens report SRC [NAME...]: named reports on a snapshot or a report database.
 *
 * A snapshot is analyzed into a private database first, which holds all keys only when one of the
 * reports reads them.  The outputs are opened and the reports' files read before that, so that a
 * typing error costs no time.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "analyze/analyze.h"
#include "cli/arguments.h"
#include "commands.h"
#include "report/output_file.h"
#include "report/report.h"

struct report_arguments {
    struct analyze_options analyze;
    const char *format;
    const char *set;
    const char *reports_dir;
    int width;
    bool wants_list, wants_schema;
    /* as many as there are arguments is room enough */
    const char **outputs;
    size_t output_count;
    struct report_param *params;
    size_t param_count;
    struct strbuf command; /* what was typed */
};

static void add_param(struct report_arguments *a, const char *name, const char *value,
                      bool is_standing)
{
    a->params[a->param_count++] = (struct report_param){name, value, is_standing};
}

/* NAME=VALUE, split in place. */
static void take_param(struct report_arguments *a, const struct option_given *given)
{
    char *equals = strchr(given->value, '=');

    *equals = '\0';
    add_param(a, given->value, equals + 1, given->is_standing);
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct report_arguments *const a = data;

    switch (given->id) {
    case OPTION_FORMAT: a->format = given->value; return 0;
    case OPTION_OUTPUT_FILE: a->outputs[a->output_count++] = given->value; return 0;
    case OPTION_TOP: add_param(a, "top", given->value, given->is_standing); return 0;
    case OPTION_UNDER: add_param(a, "under", given->value, given->is_standing); return 0;
    case OPTION_DEPTH: add_param(a, "depth", given->value, given->is_standing); return 0;
    case OPTION_DELIMITER: add_param(a, "delimiter", given->value, given->is_standing); return 0;
    case OPTION_PARAM: take_param(a, given); return 0;
    case OPTION_SET: a->set = given->value; return 0;
    case OPTION_REPORTS_DIR: a->reports_dir = given->value; return 0;
    case OPTION_WIDTH: a->width = (int)strtol(given->value, NULL, 10); return 0;
    case OPTION_LIST: a->wants_list = true; return 0;
    case OPTION_SCHEMA: a->wants_schema = true; return 0;
    default:
        return analyze_option(&a->analyze, (int)given->id, given->value, given->is_standing, err);
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

/* On an empty report database: the schema is of what the reports are, not of a snapshot. */
static int print_schema(const struct report_catalog *catalog, struct error *err)
{
    struct store *store = NULL;
    sqlite3 *db = NULL;
    int r;

    if (store_open(STORE_PRIVATE, NULL, KEYS_NONE, &store, err) < 0 ||
        store_finish(store, &db, err) < 0)
        return -1;
    r = report_print_schema(db, catalog, stdout, err);
    sqlite3_close(db);
    return r;
}

/* Reports on an open database; *ret_code is 0 or 3. */
static int run_reports(const struct report_arguments *a, const char *source,
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

static int run_with_catalog(struct report_arguments *a, const struct report_catalog *catalog,
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
    rq.wall_now_ms = command_wall_now_ms();
    /* A filter in it may name keys. */
    rq.command = a->analyze.redact == REDACT_NOT ? strbuf_text(&a->command) : NULL;
    r = output_set_open(a->outputs, a->output_count, a->format, a->width, rq.source, &outputs, err);
    if (r < 0)
        return -1;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.outputs[i].format == REPORT_RDBTOOLS) {
            a->analyze.keys = KEYS_ALL;
            a->analyze.opens_all = true; /* each key's largest element is one of the columns */
        }
    /* All reports of a JSON or HTML output include the user's own, which may read keys. */
    for (size_t i = 0; i < outputs.count && rq.name_count == 0; i++)
        for (size_t k = 0; k < report_catalog_count(catalog); k++)
            if ((outputs.outputs[i].format == REPORT_JSON ||
                 outputs.outputs[i].format == REPORT_HTML) &&
                report_catalog_at(catalog, k)->needs_keys)
                a->analyze.keys = KEYS_ALL;
    r = run_reports(a, words[0], &rq, &outputs, ret_code, err);
    output_set_done(&outputs);
    return r;
}

static int run_operands(struct report_arguments *a, char **operands, int count, int *ret_code,
                        struct error *err)
{
    struct report_catalog *catalog = NULL;
    int r = 0;

    if (count == 0 && !a->wants_list && !a->wants_schema)
        return error_set(err, EXIT_CANNOT_RUN, "report: no SRC; see rdblens help report");
    if (report_catalog_new(a->reports_dir, &catalog, err) < 0)
        return -1;
    if (a->wants_list)
        print_list(catalog);
    else if (a->wants_schema)
        r = print_schema(catalog, err);
    else
        r = run_with_catalog(a, catalog, (const char *const *)operands, (size_t)count, ret_code,
                             err);
    report_catalog_free(catalog);
    return r;
}

static int run(int argc, char **argv)
{
    struct report_arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    const size_t room = (size_t)argc + STANDING_MAX;
    struct arguments arguments = {0};
    struct error err = {0};
    int code = EXIT_DONE, r;

    a.outputs = calloc(room, sizeof *a.outputs);
    a.params = calloc(room, sizeof *a.params);
    command_line_add(&a.command, argc, argv);
    r = a.outputs == NULL || a.params == NULL || a.command.failed
            ? error_set(&err, EXIT_CANNOT_RUN, "out of memory")
            : arguments_parse(&arguments, COMMAND_REPORT, argc, argv, take_option, &a, &err);
    if (r == ARGUMENTS_RUN)
        r = run_operands(&a, argv + arguments.first_operand, argc - arguments.first_operand, &code,
                         &err);
    code = r < 0 ? command_fail(&err) : command_finish_stdout(code);
    analyze_options_done(&a.analyze);
    arguments_done(&arguments);
    free(a.outputs);
    free(a.params);
    strbuf_done(&a.command);
    return code;
}

const struct command cmd_report = {.id = COMMAND_REPORT, .run = run};
