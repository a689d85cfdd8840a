/* head.h -- the head of every report: which snapshots, whole or not, how old. */
#ifndef RDBLENS_HEAD_H
#define RDBLENS_HEAD_H

#include "report/render.h"
#include "report/section.h"

struct head {
    struct report_head report_head; /* points into the rest */
    struct row_list set, snapshots;
    struct head_line *lines;
    size_t line_count;
    bool is_complete; /* all snapshots are */
};

/* The views of views.sql must be there. */
int head_load(sqlite3 *db, const struct binding *bindings, size_t binding_count,
              struct head *ret_head, struct error *err);
void head_done(struct head *h);

/* A file of src/report/ that is built in, by its name. */
const char *head_part_text(const char *name);

#endif
