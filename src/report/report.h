/* report.h -- runs reports over a report database and prints them in any format.
 *
 * A report is a file of SQL (reports/README.md).  The ones in reports/ are embedded at build time,
 * --reports-dir adds the user's own: together they are the catalog.  report_run() runs reports on a
 * connection and feeds every row to all outputs, so a query runs once however many files are
 * written.
 *
 *      struct report_catalog *catalog = NULL;
 *      const char *const names[] = {"bigkeys", "ttl", "summary"};
 *      const struct report_request rq = {.catalog = catalog, .names = names, .name_count = 3, ...};
 *      struct report_output out = {.file = stdout, .format = REPORT_TABLE};
 *
 *      if (report_catalog_new(NULL, &catalog, &err) < 0 ||
 *          report_run(db, &rq, &out, 1, &is_complete, &err) < 0)
 *          ...
 *
 * While SQL of a report runs, the connection has an authorizer that allows reading and nothing
 * else, and a progress handler that looks for a signal (util/signals.h).  Both are gone when
 * report_run() returns; the TEMP views that reports read stay.
 */
#ifndef RDBLENS_REPORT_H
#define RDBLENS_REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

enum report_format {
    REPORT_TABLE = 0, /* for a terminal */
    REPORT_JSON,
    REPORT_NDJSON,
    REPORT_CSV,
    REPORT_MARKDOWN,
    REPORT_HTML,     /* one page with charts */
    REPORT_FOLDED,   /* of patterns only: stacks for flame graphs */
    REPORT_RDBTOOLS, /* no reports: all keys, in redis-rdb-tools' columns */
    REPORT_FORMAT_COUNT_
};

/* "table", "json", ...; i < REPORT_FORMAT_COUNT_. */
const char *report_format_name(size_t i);
/* "table", "json", ... -> format.  -1 and a message for a name that is not known. */
int report_format_parse(const char *name, enum report_format *ret_format, struct error *err);
/* From the ending of a file's name (.txt .json .ndjson .jsonl .csv .md .markdown .html .htm). */
int report_format_of_path(const char *path, enum report_format *ret_format, struct error *err);

struct report_info {
    const char *name;
    const char *title;
    const char *about;
    bool needs_keys; /* reads key_rows: the database must hold all keys */
};

struct report_catalog;

/* reports_dir: a folder with the user's own *.sql (a name that exists replaces ours), or NULL. */
int report_catalog_new(const char *reports_dir, struct report_catalog **ret_catalog,
                       struct error *err);
/* The one report `diff`, on a connection with a baseline (baseline.h). */
int report_catalog_new_diff(struct report_catalog **ret_catalog, struct error *err);
void report_catalog_free(struct report_catalog *c); /* NULL is fine */
size_t report_catalog_count(const struct report_catalog *c);
const struct report_info *report_catalog_at(const struct report_catalog *c, size_t i);
/* Whether any of the named reports needs the key rows.  -1: one of the names is not known. */
int report_catalog_needs_keys(const struct report_catalog *c, const char *const *names,
                              size_t name_count, bool *ret_needs_keys, struct error *err);

struct report_param {
    const char *name;
    const char *value;
    bool is_standing; /* from a settings file: it may be for other reports than the chosen */
};

/* Everything is borrowed for the call. */
struct report_request {
    const struct report_catalog *catalog;
    const char *const *names; /* none: `summary`; in a JSON or HTML output all reports */
    size_t name_count;
    const struct report_param
        *params; /* --top N is {"top", "N"}; one that no report has is an error */
    size_t param_count;
    const char *set; /* id, label or "newest"; NULL: the newest */
    const char
        *source; /* what the user typed as SRC, for the commands that reports suggest; NULL: none */
    const char *command;      /* what was typed, for a page to say; NULL: it is not to be said */
    int64_t wall_now_ms;      /* the clock, for ages */
    const char *diff_command; /* what makes the tables of an earlier snapshot (baseline.h), for a
                               * page to say; NULL: there are none */
    bool brief; /* only the sections that are not marked `long`, only reports that apply */
};

struct report_output {
    FILE *file;
    const char *path; /* for messages; NULL: standard output */
    enum report_format format;
    int width;  /* columns of a table; 0: of the terminal behind `file`, else 80 */
    bool color; /* table only; see report_wants_color() */
};

/* True when `file` is a terminal and NO_COLOR is not set. */
bool report_wants_color(FILE *file);

/* Sets LC_CTYPE from the environment (UTF-8 when it says nothing).  report_run() and report_query()
 * call it; who prints names beside them may call it first. */
void report_use_locale(void);

/* Prints the header of the snapshots and the reports on every output.  0, or -1 and *err: exit code
 * 2, or 141 for a closed pipe (empty message), or 130 or 143 when cancelled. *ret_is_complete:
 * false when any snapshot of the set is not complete (the program then exits with 3). */
int report_run(sqlite3 *db, const struct report_request *rq, const struct report_output *outputs,
               size_t output_count, bool *ret_is_complete, struct error *err);

/* Prints the JSON Schema of JSON outputs, with the catalog's reports.  db: an empty report
 * database.
 */
int report_print_schema(sqlite3 *db, const struct report_catalog *catalog, FILE *file,
                        struct error *err);

/* One SELECT of the user's, read-only, under the same guard.  Prints its rows alone. */
int report_query(sqlite3 *db, const char *sql, const struct report_request *rq,
                 const struct report_output *outputs, size_t output_count, struct error *err);

#endif
