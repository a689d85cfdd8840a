/* panels.h -- the panels of the HTML page, as the files of reports/html/ say them. */
#ifndef RDBLENS_PANELS_H
#define RDBLENS_PANELS_H

#include "report/report_file.h"
#include "report/row_list.h"

/* A file of reports/html/ that is built in, by its name; NULL: there is none. */
const char *panel_part_text(const char *file_name);

struct panel {
    struct report_file *file; /* NAME.sql */
    char *template_path;      /* NAME.html, for messages */
    const char *template;     /* NULL: tables only */
};

struct panels {
    struct panel *panels; /* in the page's order */
    size_t count;
    struct report_file *page; /* page.sql: what the shell says */
};

int panels_load(struct panels *ret_panels, struct error *err);
void panels_done(struct panels *p);

/* Whether the blank-separated list has the name. */
bool panel_names(const char *list, const char *name);

/* A panel's sections with their rows, and their SQL as it can be run. */
struct panel_rows {
    const struct report_file *file;
    struct row_list *lists; /* one for each section */
    char **sql;
};

int panel_rows_load(sqlite3 *db, const struct report_file *file, const struct binding *common,
                    size_t common_count, const struct report_param *given, size_t given_count,
                    struct panel_rows *ret_rows, struct error *err);
void panel_rows_done(struct panel_rows *r);

#endif
