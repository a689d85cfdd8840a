/* run.c -- runs reports and feeds their rows to the outputs.
 *
 * How it works: choose the set, make the TEMP views, put the guard on, load the head; then report
 * by report, section by section, every row goes to all renderers whose output wants the report.  An
 * output wants the named reports; without names it wants `summary`, and a JSON output everything,
 * so one call can run a report for one output and not for another.
 *
 * The views are made before the guard is on, because after it nothing can be made; what only some
 * reports read (patterns, Sidekiq's views) between choosing the reports and running them.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/bindings.h"
#include "report/catalog.h"
#include "report/functions.h"
#include "report/guard.h"
#include "report/head.h"
#include "report/panels.h"
#include "report/render.h"
#include "report/render_html.h"
#include "report/shell_word.h"
#include "report/strbuf.h"
#include "report/views.h"

#define DEFAULT_REPORT "summary"
#define RDBTOOLS_SQL   "rdbtools.sql"
#define FOLDED_SQL     "folded.sql"
#define FOLDED_REPORT  "patterns" /* what -f folded is a format of */

/* Bindings that every report may use, before its own parameters. */
enum {
    BINDING_WALL_NOW,
    BINDING_NEWEST_SET,
    BINDING_SOURCE,
    BINDING_COMMAND,
    BINDING_VERSION,
    BINDING_COUNT_
};

struct run {
    sqlite3 *db;
    const struct report_request *rq;
    struct renderer **renderers;
    const struct report_output *outputs;
    size_t output_count;
    const struct report_file **reports; /* to be run, in order */
    size_t report_count;
    struct binding common[BINDING_COUNT_];
    struct head head;
    struct panels panels; /* for an HTML output */
    struct strbuf source_word;
};

static bool wants_stacks(const struct run *run)
{
    for (size_t i = 0; i < run->output_count; i++)
        if (run->outputs[i].format == REPORT_FOLDED)
            return true;
    return false;
}

/* A panel is shown when one of its reports was chosen. */
static bool is_panel_wanted(const struct run *run, const struct panel *panel)
{
    for (size_t i = 0; i < run->report_count; i++)
        if (panel_names(panel->file->reports, run->reports[i]->info.name))
            return true;
    return false;
}

static bool is_named_in(const struct report_file *file, const char *name, size_t name_bytes)
{
    for (size_t i = 0; i < file->section_count; i++) {
        const char *sql = file->sections[i].sql;

        if (memmem(sql, strlen(sql), name, name_bytes) != NULL)
            return true;
    }
    return false;
}

/* Whether a chosen report, or a panel that will be on a page, names the view. */
static bool is_named(const struct run *run, const char *name, size_t name_bytes)
{
    for (size_t i = 0; i < run->report_count; i++)
        if (is_named_in(run->reports[i], name, name_bytes))
            return true;
    for (size_t i = 0; i < run->panels.count; i++)
        if (is_panel_wanted(run, &run->panels.panels[i]) &&
            is_named_in(run->panels.panels[i].file, name, name_bytes))
            return true;
    return run->panels.page != NULL && is_named_in(run->panels.page, name, name_bytes);
}

/* Whether a chosen report names a view that the text makes. */
static bool is_any_view_named(const struct run *run, const char *views_sql)
{
    static const char before[] = "CREATE TEMP VIEW IF NOT EXISTS ";
    const char *p = views_sql;

    while ((p = strstr(p, before)) != NULL) {
        p += sizeof before - 1;
        if (is_named(run, p, strcspn(p, " (\n")))
            return true;
    }
    return false;
}

/* What only some reports read is made when one of the chosen reports names it. */
static int make_named(const struct run *run, struct error *err)
{
    const char *sidekiq_sql = head_part_text("sidekiq_views.sql");

    if (is_any_view_named(run, sidekiq_sql) && views_make_sidekiq(run->db, err) < 0)
        return -1;
    if (is_named(run, "report_screen", strlen("report_screen")) &&
        views_execute(run->db, "INSERT INTO temp.report_screen SELECT * FROM report_screen_sums",
                      err) < 0)
        return -1;
    if (wants_stacks(run) || is_named(run, "report_patterns", strlen("report_patterns")) ||
        is_named(run, "pattern_tree", strlen("pattern_tree")))
        return views_fill_patterns(run->db, err);
    return 0;
}

/* --- what runs, for which output --- */

/* Whether the output wants report i of the request. */
static bool is_wanted(const struct run *run, size_t output, const struct report_file *report)
{
    return run->outputs[output].format != REPORT_RDBTOOLS &&
           run->outputs[output].format != REPORT_FOLDED &&
           (run->rq->name_count > 0 || run->outputs[output].format == REPORT_JSON ||
            run->outputs[output].format == REPORT_HTML ||
            strcmp(report->info.name, DEFAULT_REPORT) == 0);
}

static bool is_wanted_by_any(const struct run *run, const struct report_file *report)
{
    for (size_t i = 0; i < run->output_count; i++)
        if (is_wanted(run, i, report))
            return true;
    return false;
}

/* Whether a brief run shows the report. */
static int ask(struct run *run, const char *expression, const char *path, int line, bool *ret_is,
               struct error *err)
{
    struct strbuf sql = {0};
    struct section_run section;
    int r = -1;

    strbuf_printf(&sql, "SELECT (%s)", expression);
    if (sql.failed)
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
    else
        r = section_open(run->db, NULL, strbuf_text(&sql), path, line, run->common, BINDING_COUNT_,
                         &section, err);
    strbuf_done(&sql);
    if (r < 0)
        return -1;
    r = section_next(&section, err);
    if (r == 1)
        *ret_is = section.values[0].type == VALUE_INT && section.values[0].integer != 0;
    section_close(&section);
    return r < 0 ? -1 : 0;
}

static int applies(struct run *run, const struct report_file *report, bool *ret_applies,
                   struct error *err)
{
    *ret_applies = true;
    if (!run->rq->brief || report->applies == NULL)
        return 0;
    return ask(run, report->applies, report->path, report->applies_line, ret_applies, err);
}

static int choose_reports(struct run *run, struct error *err)
{
    const struct report_catalog *c = run->rq->catalog;
    const size_t count = run->rq->name_count > 0 ? run->rq->name_count : report_catalog_count(c);

    run->reports = calloc(count + 1, sizeof *run->reports);
    if (run->reports == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct report_file *report;
        size_t n = i;
        bool does_apply;

        if (run->rq->name_count > 0 && report_catalog_require(c, run->rq->names[i], &n, err) < 0)
            return -1;
        report = report_catalog_file(c, n);
        if (applies(run, report, &does_apply, err) < 0)
            return -1;
        if (does_apply && is_wanted_by_any(run, report))
            run->reports[run->report_count++] = report;
    }
    return 0;
}

/* A parameter that no report has is a typing error. */
static int check_params(const struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->rq->param_count; i++) {
        const char *const name = run->rq->params[i].name;
        bool is_known =
            run->rq->params[i].is_standing ||
            (wants_stacks(run) && (strcmp(name, "delimiter") == 0 || strcmp(name, "under") == 0));

        for (size_t k = 0; k < run->report_count; k++)
            for (size_t n = 0; n < run->reports[k]->param_count; n++)
                is_known = is_known ||
                           strcmp(run->rq->params[i].name, run->reports[k]->params[n].name) == 0;
        if (!is_known)
            return error_set(err, EXIT_CANNOT_RUN, "no parameter '%.80s' in the chosen reports",
                             run->rq->params[i].name);
    }
    return 0;
}

/* --- outputs --- */

static struct renderer *renderer_new(const struct report_output *output)
{
    switch (output->format) {
    case REPORT_TABLE: return render_table_new(output);
    case REPORT_JSON: return render_json_new(output);
    case REPORT_NDJSON: return render_ndjson_new(output);
    case REPORT_RDBTOOLS:
    case REPORT_CSV: return render_csv_new(output);
    case REPORT_MARKDOWN: return render_markdown_new(output);
    case REPORT_HTML: return render_html_new(output);
    case REPORT_FOLDED: return render_folded_new(output);
    case REPORT_FORMAT_COUNT_: break;
    }
    return NULL;
}

static int make_renderers(struct run *run, struct error *err)
{
    run->renderers = calloc(run->output_count + 1, sizeof(struct renderer *));
    if (run->renderers == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < run->output_count; i++) {
        run->renderers[i] = renderer_new(&run->outputs[i]);
        if (run->renderers[i] == NULL)
            return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    return 0;
}

static bool is_shown(const struct run *run, const struct report_section *section)
{
    return !(run->rq->brief && section->is_long);
}

static void count_what_follows(struct run *run)
{
    for (size_t i = 0; i < run->output_count; i++) {
        size_t reports = 0, sections = 0;

        for (size_t k = 0; k < run->report_count; k++) {
            if (!is_wanted(run, i, run->reports[k]))
                continue;
            reports++;
            for (size_t n = 0; n < run->reports[k]->section_count; n++)
                sections += is_shown(run, &run->reports[k]->sections[n]);
        }
        run->renderers[i]->has_many_reports = reports > 1;
        run->renderers[i]->has_many_sections = sections > 1;
        run->renderers[i]->section_count = sections;
        run->renderers[i]->source_word = strbuf_text(&run->source_word);
        run->renderers[i]->diff_command = run->rq->diff_command;
    }
}

static int check_outputs(const struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->output_count; i++)
        if (out_check(&run->renderers[i]->out, err) < 0)
            return -1;
    return 0;
}

static int end_outputs(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->output_count; i++) {
        run->renderers[i]->ops->end(run->renderers[i]);
        out_flush(&run->renderers[i]->out);
    }
    return check_outputs(run, err);
}

/* --- running --- */

/* A section's rows to the outputs for which is_for[] is true. */
static int feed_rows(struct run *run, struct section_run *section, const struct section_view *view,
                     const bool *is_for, struct error *err)
{
    int r = 0;

    for (size_t i = 0; i < run->output_count; i++) {
        if (!is_for[i])
            continue;
        run->renderers[i]->section = view;
        run->renderers[i]->row_count = 0;
        run->renderers[i]->ops->section_begin(run->renderers[i], view);
    }
    while (r == 0 && (r = section_next(section, err)) == 1) {
        for (size_t i = 0; i < run->output_count; i++) {
            if (!is_for[i])
                continue;
            run->renderers[i]->row_count++;
            run->renderers[i]->ops->row(run->renderers[i], section->values);
        }
        r = check_outputs(run, err);
    }
    /* Also after an error: they free what they keep for a section. */
    for (size_t i = 0; i < run->output_count; i++)
        if (is_for[i])
            run->renderers[i]->ops->section_end(run->renderers[i]);
    return r;
}

static bool wants_html(const struct run *run)
{
    for (size_t i = 0; i < run->output_count; i++)
        if (run->outputs[i].format == REPORT_HTML)
            return true;
    return false;
}

/* The common bindings and the report's parameters, as the request or the file has them. */
static struct binding *bind_report(const struct run *run, const struct report_file *report)
{
    return bindings_of(run->common, BINDING_COUNT_, report, run->rq->params, run->rq->param_count);
}

static int run_section(struct run *run, const struct report_file *report,
                       const struct report_section *s, const struct binding *bindings,
                       const bool *is_for, struct error *err)
{
    struct section_run section;
    struct section_view view;
    struct strbuf sql = {0};
    bool is_in_doubt = false;
    int r;

    if (s->doubt != NULL && ask(run, s->doubt, report->path, s->doubt_line, &is_in_doubt, err) < 0)
        return -1;
    if (section_open(run->db, s, NULL, report->path, s->sql_line, bindings,
                     BINDING_COUNT_ + report->param_count, &section, err) < 0)
        return -1;
    /* What is shown on a page can be run as it is: not so what needs a baseline. */
    if (wants_html(run) && run->rq->diff_command == NULL)
        bindings_print_sql(&sql, s, report, run->rq->params, run->rq->param_count);
    view = (struct section_view){s->name,
                                 s->title,
                                 is_in_doubt ? s->doubt_note : s->note,
                                 s->caption,
                                 (const char *const *)s->lines,
                                 s->line_count,
                                 section.columns,
                                 section.column_count,
                                 sql.text};
    r = feed_rows(run, &section, &view, is_for, err);
    section_close(&section);
    strbuf_done(&sql);
    return r;
}

static int run_sections(struct run *run, const struct report_file *report,
                        const struct binding *bindings, const bool *is_for, struct error *err)
{
    for (size_t i = 0; i < report->section_count; i++)
        if (is_shown(run, &report->sections[i]) &&
            run_section(run, report, &report->sections[i], bindings, is_for, err) < 0)
            return -1;
    return 0;
}

static int run_report(struct run *run, const struct report_file *report, struct error *err)
{
    struct binding *bindings = bind_report(run, report);
    bool *is_for = calloc(run->output_count + 1, sizeof *is_for);
    int r = -1;

    if (bindings == NULL || is_for == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    for (size_t i = 0; i < run->output_count; i++) {
        is_for[i] = is_wanted(run, i, report);
        if (is_for[i])
            run->renderers[i]->ops->report_begin(run->renderers[i], &report->info,
                                                 &run->head.report_head);
    }
    r = run_sections(run, report, bindings, is_for, err);
    for (size_t i = 0; i < run->output_count && r == 0; i++)
        if (is_for[i])
            run->renderers[i]->ops->report_end(run->renderers[i]);
out:
    free(is_for);
    free(bindings);
    return r;
}

/* The head, and which reports there will be: guarded, since `applies` is SQL of others. */
static int prepare(struct run *run, struct error *err)
{
    int r;

    guard_on(run->db);
    r = head_load(run->db, run->common, BINDING_COUNT_, &run->head, err);
    if (r == 0)
        r = choose_reports(run, err);
    guard_off(run->db);
    return r < 0 || check_params(run, err) < 0 ? -1 : 0;
}

/* What has to be so for all keys to be printed: the section `whole` has no row. */
static int check_keys(struct run *run, const struct report_section *whole, struct error *err)
{
    struct section_run section;
    int r = section_open(run->db, whole, NULL, RDBTOOLS_SQL, whole->sql_line, run->common,
                         BINDING_COUNT_, &section, err);

    if (r < 0)
        return -1;
    r = section_next(&section, err);
    if (r == 1)
        r = error_set(err, EXIT_CANNOT_RUN,
                      "the report database was made with --keys %.*s: -f rdbtools prints all keys",
                      (int)section.values[0].size_bytes, section.values[0].bytes);
    section_close(&section);
    return r;
}

/* All keys, to the outputs that want redis-rdb-tools' columns. */
static int run_keys(struct run *run, struct error *err)
{
    bool *is_for = calloc(run->output_count + 1, sizeof *is_for);
    struct report_file *file = NULL;
    bool is_wanted_at_all = false;
    int r = 0;

    if (is_for == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < run->output_count; i++) {
        is_for[i] = run->outputs[i].format == REPORT_RDBTOOLS;
        is_wanted_at_all = is_wanted_at_all || is_for[i];
    }
    if (!is_wanted_at_all)
        goto out;
    r = run->rq->name_count > 0
            ? error_set(err, EXIT_CANNOT_RUN, "-f rdbtools prints all keys and no report")
            : report_file_parse("rdbtools", RDBTOOLS_SQL, head_part_text(RDBTOOLS_SQL), &file, err);
    if (r == 0)
        r = check_keys(run, &file->sections[0], err);
    if (r == 0)
        r = run_section(run, file, &file->sections[1], run->common, is_for, err);
out:
    report_file_free(file);
    free(is_for);
    return r;
}

/* Stacks to the outputs that want them. */
static int run_stacks(struct run *run, struct error *err)
{
    bool *is_for = calloc(run->output_count + 1, sizeof *is_for);
    struct report_file *file = NULL;
    struct binding *bindings = NULL;
    int r = 0;

    if (is_for == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < run->output_count; i++)
        is_for[i] = run->outputs[i].format == REPORT_FOLDED;
    if (!wants_stacks(run))
        goto out;
    r = run->rq->name_count > 1 ||
                (run->rq->name_count == 1 && strcmp(run->rq->names[0], FOLDED_REPORT) != 0)
            ? error_set(err, EXIT_CANNOT_RUN, "-f folded is for the report " FOLDED_REPORT)
            : report_file_parse("folded", FOLDED_SQL, head_part_text(FOLDED_SQL), &file, err);
    if (r < 0)
        goto out;
    bindings = bind_report(run, file);
    r = bindings == NULL ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
                         : run_section(run, file, &file->sections[0], bindings, is_for, err);
out:
    free(bindings);
    report_file_free(file);
    free(is_for);
    return r;
}

static int run_panels_of(struct run *run, struct renderer *renderer, struct error *err)
{
    struct panel_rows rows = {0};
    int r = 0;

    for (size_t i = 0; i < run->panels.count && r == 0; i++) {
        const struct panel *panel = &run->panels.panels[i];

        if (!is_panel_wanted(run, panel))
            continue;
        r = panel_rows_load(run->db, panel->file, run->common, BINDING_COUNT_, run->rq->params,
                            run->rq->param_count, &rows, err);
        if (r == 0)
            r = render_html_panel(renderer, panel, &rows, err);
        panel_rows_done(&rows);
    }
    if (r == 0)
        r = render_html_others(renderer, err);
    if (r == 0)
        r = panel_rows_load(run->db, run->panels.page, run->common, BINDING_COUNT_, NULL, 0, &rows,
                            err);
    if (r == 0)
        r = render_html_page(renderer, &rows, err);
    panel_rows_done(&rows);
    return r;
}

/* The pages' panels, once their reports have run. */
static int run_panels(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->output_count; i++)
        if (run->outputs[i].format == REPORT_HTML && run_panels_of(run, run->renderers[i], err) < 0)
            return -1;
    return 0;
}

static int run_all(struct run *run, struct error *err)
{
    count_what_follows(run);
    for (size_t i = 0; i < run->output_count; i++)
        run->renderers[i]->ops->begin(run->renderers[i]);
    for (size_t i = 0; i < run->report_count; i++)
        if (run_report(run, run->reports[i], err) < 0)
            return -1;
    if (run_panels(run, err) < 0 || run_keys(run, err) < 0 || run_stacks(run, err) < 0)
        return -1;
    return end_outputs(run, err);
}

static void run_done(struct run *run)
{
    for (size_t i = 0; i < run->output_count && run->renderers != NULL; i++)
        if (run->renderers[i] != NULL)
            run->renderers[i]->ops->free(run->renderers[i]);
    free(run->renderers);
    free(run->reports);
    panels_done(&run->panels);
    strbuf_done(&run->source_word);
    head_done(&run->head);
}

static struct binding bind_text(const char *name, const char *text)
{
    struct binding b = {name, {.type = VALUE_NULL}};

    if (text != NULL)
        b.value = (struct value){.type = VALUE_TEXT, .bytes = text, .size_bytes = strlen(text)};
    return b;
}

static int bind_common(struct run *run, int64_t newest, struct error *err)
{
    const char *source = run->rq->source != NULL ? run->rq->source : "-";

    shell_file_name(&run->source_word, source, strlen(source));
    if (run->source_word.failed)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    run->common[BINDING_WALL_NOW] =
        (struct binding){"wall_now", {.type = VALUE_INT, .integer = run->rq->wall_now_ms}};
    run->common[BINDING_NEWEST_SET] =
        (struct binding){"newest_set", {.type = VALUE_INT, .integer = newest}};
    run->common[BINDING_SOURCE] = bind_text("source", run->rq->source);
    run->common[BINDING_COMMAND] = bind_text("command", run->rq->command);
    run->common[BINDING_VERSION] = bind_text("rdblens_version", RDBLENS_VERSION);
    return 0;
}

int report_run(sqlite3 *db, const struct report_request *rq, const struct report_output *outputs,
               size_t output_count, bool *ret_is_complete, struct error *err)
{
    struct run run = {.db = db, .rq = rq, .outputs = outputs, .output_count = output_count};
    int64_t set = 0, newest = 0;
    int r;

    report_use_locale();
    r = functions_register(db, err);
    if (r == 0)
        r = views_choose_set(db, rq->set, &set, &newest, err);
    if (r == 0)
        r = views_make(db, set, err);
    if (r == 0)
        r = make_renderers(&run, err);
    if (r < 0)
        goto out;
    r = bind_common(&run, newest, err);
    if (r == 0 && wants_html(&run))
        r = panels_load(&run.panels, err);
    if (r == 0)
        r = prepare(&run, err);
    if (r == 0)
        r = make_named(&run, err);
    if (r < 0)
        goto out;
    guard_on(db);
    r = run_all(&run, err);
    guard_off(db);
    if (r == 0)
        *ret_is_complete = run.head.is_complete;
out:
    run_done(&run);
    return r;
}

/* Whether the SQL reads what is made of a set: the views of reports, and functions over them. */
static bool reads_set(const char *sql)
{
    static const char *const words[] = {"report_", "pattern_tree", "glob_"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(sql, words[i]) != NULL)
            return true;
    return false;
}

/* What a report's SQL would find.  A query of tables alone does without, in less time. */
static int make_query_views(struct run *run, const struct report_file *query, struct error *err)
{
    int64_t set = 0, newest = 0;
    int r = 0;

    if (reads_set(query->sections[0].sql)) {
        r = views_choose_set(run->db, run->rq->set, &set, &newest, err);
        if (r == 0)
            r = views_make(run->db, set, err);
        if (r == 0)
            r = make_named(run, err);
    }
    return r < 0 ? -1 : bind_common(run, newest, err);
}

static int run_query(struct run *run, const struct report_file *query, struct error *err)
{
    struct section_run section;
    struct section_view view;
    struct binding *bindings = bind_report(run, query);
    bool *is_for = calloc(run->output_count + 1, sizeof *is_for);
    int r = -1;

    if (is_for == NULL || bindings == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    r = section_open(run->db, NULL, query->sections[0].sql, NULL, 1, bindings,
                     BINDING_COUNT_ + query->param_count, &section, err);
    if (r < 0)
        goto out;
    for (size_t i = 0; i < run->output_count; i++) {
        is_for[i] = true;
        run->renderers[i]->is_query = true;
        run->renderers[i]->ops->begin(run->renderers[i]);
    }
    view = (struct section_view){.name = "query",
                                 .title = "",
                                 .columns = section.columns,
                                 .column_count = section.column_count};
    r = feed_rows(run, &section, &view, is_for, err);
    section_close(&section);
    if (r == 0)
        r = end_outputs(run, err);
out:
    free(bindings);
    free(is_for);
    return r;
}

static int check_query_formats(const struct report_output *outputs, size_t output_count,
                               struct error *err)
{
    for (size_t i = 0; i < output_count; i++) {
        if (outputs[i].format == REPORT_FOLDED)
            return error_set(err, EXIT_CANNOT_RUN, "-f folded is for the report " FOLDED_REPORT);
        if (outputs[i].format == REPORT_HTML)
            return error_set(err, EXIT_CANNOT_RUN, "-f html is for reports, not for a query");
        if (outputs[i].format == REPORT_RDBTOOLS)
            return error_set(err, EXIT_CANNOT_RUN,
                             "-f rdbtools prints all keys, without SQL: rdblens report SRC -f "
                             "rdbtools");
    }
    return 0;
}

int report_query(sqlite3 *db, const char *sql, const struct report_request *rq,
                 const struct report_output *outputs, size_t output_count, struct error *err)
{
    struct run run = {.db = db, .rq = rq, .outputs = outputs, .output_count = output_count};
    struct report_file *query = NULL;
    int r;

    report_use_locale();
    if (check_query_formats(outputs, output_count, err) < 0)
        return -1;
    r = bindings_read_sql(sql, rq->params, rq->param_count, &query, err);
    if (r == 0) {
        run.reports = calloc(1, sizeof *run.reports);
        r = run.reports == NULL ? error_set(err, EXIT_CANNOT_RUN, "out of memory") : 0;
    }
    if (r == 0) {
        run.reports[run.report_count++] = query;
        r = check_params(&run, err);
    }
    if (r == 0)
        r = functions_register(db, err);
    if (r == 0)
        r = make_query_views(&run, query, err);
    if (r == 0)
        r = make_renderers(&run, err);
    if (r == 0) {
        guard_on(db);
        r = run_query(&run, query, err);
        guard_off(db);
    }
    run_done(&run);
    report_file_free(query);
    return r;
}
