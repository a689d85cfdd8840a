/* render.h -- what the formats have in common: one file a format, each a table of functions.
 *
 *      begin
 *        report_begin  (head: the snapshots)
 *          section_begin   row*   section_end
 *        report_end
 *      end
 *
 * A renderer writes through its `out`, which remembers a failure; the engine asks it after every
 * row. Running out of memory is reported the same way, as ENOMEM.
 */
#ifndef RDBLENS_RENDER_H
#define RDBLENS_RENDER_H

#include "report/out.h"
#include "report/report.h"
#include "report/report_file.h"
#include "report/row_list.h"
#include "report/value.h"

/* A line of the header for people, e.g. "Server", "redis 7.2.6". */
struct head_line {
    const char *label;
    const char *text; /* already displayed text (display.h) */
    bool is_alarm;    /* what must not be overlooked */
};

struct report_head {
    const struct head_line *lines;
    size_t line_count;
    const struct row_list *set;       /* one row */
    const struct row_list *snapshots; /* of the set */
    bool is_complete;                 /* all of them are */
};

struct section_view {
    const char *name;
    const char *title;
    const char *note;
    const char *caption;
    const char *const *lines; /* templates, see line.h; none: a table */
    size_t line_count;
    const struct column *columns;
    size_t column_count;
    const char *sql; /* as `rdblens query` runs it; NULL: no output shows it */
};

struct renderer;

struct renderer_ops {
    void (*begin)(struct renderer *r);
    void (*report_begin)(struct renderer *r, const struct report_info *report,
                         const struct report_head *head);
    void (*section_begin)(struct renderer *r, const struct section_view *section);
    void (*row)(struct renderer *r, const struct value *values);
    void (*section_end)(struct renderer *r);
    void (*report_end)(struct renderer *r);
    void (*end)(struct renderer *r);
    void (*free)(struct renderer *r);
};

/* The start of every format's own struct. */
struct renderer {
    const struct renderer_ops *ops;
    struct out out;
    const struct section_view *section; /* between section_begin and section_end */
    size_t row_count;                   /* of the section, so far */
    bool is_query;                      /* one section without a header: a query's rows */
    bool has_many_reports;              /* more than one will follow in this output */
    bool has_many_sections;             /* more than one section will follow in this output */
    size_t section_count;               /* that will follow in this output */
    const char *source_word;            /* SRC for commands that are shown */
    const char *diff_command; /* the command that is shown instead, without SQL; or NULL */
};

/* NULL when out of memory. */
struct renderer *render_table_new(const struct report_output *output);
struct renderer *render_json_new(const struct report_output *output);
struct renderer *render_ndjson_new(const struct report_output *output);
struct renderer *render_csv_new(const struct report_output *output); /* and REPORT_RDBTOOLS */
struct renderer *render_folded_new(const struct report_output *output);
struct renderer *render_markdown_new(const struct report_output *output);
struct renderer *render_html_new(const struct report_output *output); /* see render_html.h */

#endif
