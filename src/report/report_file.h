/* report_file.h -- a report as its .sql file says it (reports/README.md). */
#ifndef RDBLENS_REPORT_FILE_H
#define RDBLENS_REPORT_FILE_H

#include "report/report.h"

struct report_file_param {
    char *name;
    char *value;
};

struct report_file_column {
    char *name;
    char *heading;
    bool is_hidden;
    bool is_wide;
    bool is_tree;       /* drawn as a tree; the section's column `depth` says how deep a row is */
    unsigned bar_width; /* 0: no bar */
    char *exact_name;   /* the column that says 0 when this one's numbers are not exact; NULL */
};

struct report_section {
    char *name;
    char *title;
    char *note;  /* said when there are no rows; NULL: the section is left out then */
    char *doubt; /* SQL expression: whether doubt_note is said instead; NULL: never */
    char *doubt_note;
    int doubt_line;
    char *caption; /* said under the title; NULL: nothing */
    bool is_long;  /* left out of a brief report */
    char **lines;  /* the rows as lines of text instead of a table */
    size_t line_count;
    struct report_file_column *columns;
    size_t column_count;
    char *sql;
    int sql_line; /* of its first line in the file, 1-based */
};

struct report_file {
    struct report_info info; /* its texts are the three below */
    char *name;
    char *title;
    char *about;
    char *path;    /* for messages */
    char *applies; /* SQL expression: whether a brief run shows the report; NULL: always */
    int applies_line;
    struct report_file_param *params;
    size_t param_count;
    struct report_section *sections;
    size_t section_count;
    char *reports; /* of a panel: names with blanks between them: their tables stand in it */
    char *empty;   /* of a panel: said when nothing in it has a row */
};

/* Reads the report in `text`.  name: of the report; path: what messages call the file.
 * -1 and a message `PATH:LINE: ...`, exit code 2. */
int report_file_parse(const char *name, const char *path, const char *text,
                      struct report_file **ret_file, struct error *err);
/* Reads a panel of the HTML page: the same form, and it may have no section. */
int report_file_parse_panel(const char *name, const char *path, const char *text,
                            struct report_file **ret_file, struct error *err);
void report_file_free(struct report_file *f); /* NULL is fine */

/* Whether a word is a name: [a-z][a-z0-9_-]*, at most 64 characters. */
bool report_name_is_valid(const char *name, size_t size_bytes);

#endif
