/* output_file.h -- where a command's output goes: standard output, or files that are whole or not
 * there. */
#ifndef RDBLENS_OUTPUT_FILE_H
#define RDBLENS_OUTPUT_FILE_H

#include "report/report.h"
#include "util/tempfile.h"

struct output_file {
    struct tempfile temp; /* path NULL: written in place (a device, a pipe) */
    bool is_open;
};

struct output_set {
    struct report_output *outputs; /* what report_run() takes */
    struct output_file *files;     /* one for each */
    size_t count;
};

/* paths: of -o, none: standard output.  format_name: of -f, or NULL: each path's ending says it.
 * source: refused as an output, may be NULL. On failure nothing is left behind. */
int output_set_open(const char *const *paths, size_t path_count, const char *format_name, int width,
                    const char *source, struct output_set *ret_set, struct error *err);
/* Closes all files and gives them their names.  After a failure the rest is removed. */
int output_set_commit(struct output_set *s, struct error *err);
/* Removes what has no name yet; fine after commit. */
void output_set_done(struct output_set *s);

#endif
