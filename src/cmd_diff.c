/* cmd_diff.c -- rdblens diff OLD NEW: what changed between two snapshots or sets of snapshots.
 *
 *      OLD --> old_db --(rows of the views)--> TEMP old_* in new_db <-- NEW
 *                                              reports/diff/diff.sql, all formats
 *
 * With one operand both sides are sets of one report database, which is opened twice: a filter or
 * another --now makes a database of its own of each.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/analyze.h"
#include "cli/arguments.h"
#include "commands.h"
#include "report/baseline.h"
#include "report/output_file.h"
#include "report/report.h"
#include "report/shell_word.h"
#include "report/views.h"
#include "util/text.h"

struct diff_arguments {
    struct analyze_options analyze;
    const char *format;
    const char *set, *baseline_set;
    int width;
    bool wants_exit_code;
    char maxmemory[24]; /* in bytes */
    /* as many as there are arguments is room enough */
    const char **outputs;
    size_t output_count;
    struct report_param *params;
    size_t param_count;
    struct strbuf command; /* what was typed */
};

/* One of the two, open. */
struct side {
    const char *source;
    sqlite3 *db;
    int64_t set;
    struct analyze_outcome outcome;
};

static void add_param(struct diff_arguments *a, const char *name, const char *value,
                      bool is_standing)
{
    a->params[a->param_count++] = (struct report_param){name, value, is_standing};
}

/* NAME=VALUE, split in place. */
static void take_param(struct diff_arguments *a, const struct option_given *given)
{
    char *equals = strchr(given->value, '=');

    *equals = '\0';
    add_param(a, given->value, equals + 1, given->is_standing);
}

static void take_maxmemory(struct diff_arguments *a, const struct option_given *given)
{
    int64_t bytes = 0;

    (void)text_parse_size(given->value, &bytes);
    if (a->maxmemory[0] == '\0')
        add_param(a, "maxmemory", a->maxmemory, given->is_standing);
    snprintf(a->maxmemory, sizeof a->maxmemory, "%" PRId64, bytes);
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct diff_arguments *const a = data;

    switch (given->id) {
    case OPTION_FORMAT: a->format = given->value; return 0;
    case OPTION_OUTPUT_FILE: a->outputs[a->output_count++] = given->value; return 0;
    case OPTION_TOP: add_param(a, "top", given->value, given->is_standing); return 0;
    case OPTION_PARAM: take_param(a, given); return 0;
    case OPTION_SET: a->set = given->value; return 0;
    case OPTION_BASELINE_SET: a->baseline_set = given->value; return 0;
    case OPTION_MAXMEMORY: take_maxmemory(a, given); return 0;
    case OPTION_EXIT_CODE: a->wants_exit_code = true; return 0;
    case OPTION_WIDTH: a->width = (int)strtol(given->value, NULL, 10); return 0;
    default:
        return analyze_option(&a->analyze, (int)given->id, given->value, given->is_standing, err);
    }
}

static int open_side(const struct diff_arguments *a, const char *source, struct side *side,
                     struct error *err)
{
    side->source = source;
    if (analyze_open_source(source, &a->analyze, &side->db, &side->outcome, err) < 0)
        return -1;
    if (side->outcome.exit_code != EXIT_DONE && side->outcome.exit_code != EXIT_DAMAGED)
        return error_set(err, (enum exit_code)side->outcome.exit_code, "interrupted");
    return 0;
}

/* Which set of each side is meant. */
static int choose_sets(const struct diff_arguments *a, struct side *old, struct side *new_,
                       bool is_one, struct error *err)
{
    struct error inner;
    int64_t newest;

    if (views_choose_set(new_->db, a->set, &new_->set, &newest, err) < 0)
        return -1;
    if (!is_one || a->baseline_set != NULL)
        return views_choose_set(old->db, a->baseline_set, &old->set, &newest, err);
    if (views_choose_set_before(old->db, new_->set, &old->set, &inner) == 0)
        return 0;
    return error_set(err, inner.exit_code,
                     "diff: %s: %s; give OLD and NEW, or a report database of several sets",
                     old->source, inner.message);
}

static int run_diff(const struct diff_arguments *a, struct side *old, struct side *new_,
                    bool is_one, const struct report_request *rq, struct output_set *outputs,
                    int *ret_code, struct error *err)
{
    struct report_request with_set = *rq;
    bool differs, is_old_complete, is_complete = true;
    char set[24];

    if (open_side(a, old->source, old, err) < 0 || open_side(a, new_->source, new_, err) < 0 ||
        choose_sets(a, old, new_, is_one, err) < 0)
        return -1;
    if (baseline_make(new_->db, err) < 0 || baseline_copy(old->db, old->set, new_->db, err) < 0 ||
        baseline_compare(new_->db, new_->set, err) < 0 ||
        baseline_verdict(new_->db, &differs, &is_old_complete, err) < 0)
        return -1;
    snprintf(set, sizeof set, "%" PRId64, new_->set);
    with_set.set = set;
    if (report_run(new_->db, &with_set, outputs->outputs, outputs->count, &is_complete, err) < 0 ||
        output_set_commit(outputs, err) < 0)
        return -1;
    if (!is_complete || !is_old_complete || old->outcome.exit_code == EXIT_DAMAGED ||
        new_->outcome.exit_code == EXIT_DAMAGED)
        *ret_code = EXIT_DAMAGED;
    else
        *ret_code = a->wants_exit_code && differs ? EXIT_FINDINGS : EXIT_DONE;
    return 0;
}

static int run_with_catalog(struct diff_arguments *a, const struct report_catalog *catalog,
                            char **operands, int count, int *ret_code, struct error *err)
{
    static const char *const names[] = {"diff"};
    struct side old = {.source = operands[0]}, new_ = {.source = operands[count - 1]};
    struct output_set outputs = {0};
    struct strbuf again = {0};
    struct report_request rq = {
        .catalog = catalog,
        .names = names,
        .name_count = 1,
        .params = a->params,
        .param_count = a->param_count,
        .source = strcmp(new_.source, "-") == 0 ? NULL : new_.source,
        .wall_now_ms = command_wall_now_ms(),
        /* A filter in it may name keys. */
        .command = a->analyze.redact == REDACT_NOT ? strbuf_text(&a->command) : NULL};
    int r = -1;

    strbuf_puts(&again, "rdblens diff");
    for (int i = 0; i < count; i++) {
        strbuf_putc(&again, ' ');
        shell_file_name(&again, operands[i], strlen(operands[i]));
    }
    rq.diff_command = strbuf_text(&again);
    if (again.failed)
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
    else if (output_set_open(a->outputs, a->output_count, a->format, a->width, old.source, &outputs,
                             err) == 0)
        r = run_diff(a, &old, &new_, count == 1, &rq, &outputs, ret_code, err);
    sqlite3_close(old.db);
    sqlite3_close(new_.db);
    output_set_done(&outputs);
    strbuf_done(&again);
    return r;
}

static int run_operands(struct diff_arguments *a, char **operands, int count, int *ret_code,
                        struct error *err)
{
    struct report_catalog *catalog = NULL;
    int r;

    if (count < 1 || count > 2)
        return error_set(err, EXIT_CANNOT_RUN,
                         "diff: takes OLD and NEW, or one report database; see rdblens help diff");
    if (strcmp(operands[0], "-") == 0 && strcmp(operands[count - 1], "-") == 0)
        return error_set(err, EXIT_CANNOT_RUN, "diff: only one of the two can be standard input");
    if (a->analyze.redact != REDACT_NOT && a->analyze.redact_secret == NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "diff: --redact-keys needs --redact-secret: with a secret of each run's "
                         "own no name would be found again");
    if (report_catalog_new_diff(&catalog, err) < 0)
        return -1;
    a->analyze.keys = KEYS_TOP;
    r = run_with_catalog(a, catalog, operands, count, ret_code, err);
    report_catalog_free(catalog);
    return r;
}

static int run(int argc, char **argv)
{
    struct diff_arguments a = {.analyze = ANALYZE_OPTIONS_INIT};
    const size_t room = (size_t)argc + STANDING_MAX;
    struct arguments arguments = {0};
    struct error err = {0};
    int code = EXIT_DONE, r;

    a.outputs = calloc(room, sizeof *a.outputs);
    a.params = calloc(room, sizeof *a.params);
    command_line_add(&a.command, argc, argv);
    r = a.outputs == NULL || a.params == NULL || a.command.failed
            ? error_set(&err, EXIT_CANNOT_RUN, "out of memory")
            : arguments_parse(&arguments, COMMAND_DIFF, argc, argv, take_option, &a, &err);
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

const struct command cmd_diff = {.id = COMMAND_DIFF, .run = run};
