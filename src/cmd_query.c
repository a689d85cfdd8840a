/* cmd_query.c -- rdblens query SRC SQL: one SELECT of the user's, read-only, in any format.
 *
 * A snapshot is analyzed into a private database first, with all keys, because SQL may ask for any.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "cli/arguments.h"
#include "commands.h"
#include "report/output_file.h"
#include "report/report.h"

/* Wider than any row that a person would read: nothing is cut. */
#define WIDTH_UNLIMITED 1000000

struct query_arguments {
    struct analyze_options analyze;
    const char *format;
    const char *set;
    int width;
    /* as many as there are arguments is room enough */
    const char **outputs;
    size_t output_count;
    struct report_param *params;
    size_t param_count;
};

/* NAME=VALUE, split in place. */
static void take_param(struct query_arguments *a, const struct option_given *given)
{
    char *equals = strchr(given->value, '=');

    *equals = '\0';
    a->params[a->param_count++] =
        (struct report_param){given->value, equals + 1, given->is_standing};
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct query_arguments *const a = data;

    switch (given->id) {
    case OPTION_FORMAT: a->format = given->value; return 0;
    case OPTION_OUTPUT_FILE: a->outputs[a->output_count++] = given->value; return 0;
    case OPTION_PARAM: take_param(a, given); return 0;
    case OPTION_SET: a->set = given->value; return 0;
    case OPTION_WIDTH: a->width = (int)strtol(given->value, NULL, 10); return 0;
    default:
        return analyze_option(&a->analyze, (int)given->id, given->value, given->is_standing, err);
    }
}

static int run_sql(const struct query_arguments *a, const char *source, const char *sql,
                   struct output_set *outputs, int *ret_code, struct error *err)
{
    struct analyze_outcome outcome = {0};
    struct report_request rq = {.params = a->params,
                                .param_count = a->param_count,
                                .set = a->set,
                                .source = strcmp(source, "-") == 0 ? NULL : source};
    sqlite3 *db = NULL;
    int r;

    rq.wall_now_ms = command_wall_now_ms();
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

static int run_with_outputs(const struct query_arguments *a, const char *source, const char *sql,
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

static int run_operands(struct query_arguments *a, char **operands, int count, int *ret_code,
                        struct error *err)
{
    if (count != 2)
        return error_set(err, EXIT_CANNOT_RUN,
                         "query: takes SRC and one text of SQL; see rdblens help query");
    if (a->width == 0 && !isatty(STDOUT_FILENO))
        a->width = WIDTH_UNLIMITED;
    return run_with_outputs(a, operands[0], operands[1], ret_code, err);
}

static int run(int argc, char **argv)
{
    struct query_arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    struct arguments arguments = {0};
    struct error err = {0};
    int code = EXIT_DONE, r;

    a.analyze.keys = KEYS_ALL;
    a.outputs = calloc((size_t)argc, sizeof *a.outputs);
    a.params = calloc((size_t)argc + STANDING_MAX, sizeof *a.params);
    r = a.outputs == NULL || a.params == NULL
            ? error_set(&err, EXIT_CANNOT_RUN, "out of memory")
            : arguments_parse(&arguments, COMMAND_QUERY, argc, argv, take_option, &a, &err);
    if (r == ARGUMENTS_RUN)
        r = run_operands(&a, argv + arguments.first_operand, argc - arguments.first_operand, &code,
                         &err);
    code = r < 0 ? command_fail(&err) : command_finish_stdout(code);
    analyze_options_done(&a.analyze);
    arguments_done(&arguments);
    free(a.outputs);
    free(a.params);
    return code;
}

const struct command cmd_query = {.id = COMMAND_QUERY, .run = run};
