/* output_file.c -- where a command's output goes.
 *
 * The files are opened before a snapshot is read: that an output cannot be written is told at once
 * and not after an hour.  What exists and is no regular file (/dev/stdout, a named pipe) cannot be
 * renamed onto; it is written in place.
 */
// SPDX-License-Identifier: MIT
#include "report/output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_same_file(const char *a, const char *b)
{
    struct stat st_a, st_b;

    return a != NULL && b != NULL && stat(a, &st_a) == 0 && stat(b, &st_b) == 0 &&
           st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

static int open_file(const char *path, struct output_file *file, struct report_output *output,
                     struct error *err)
{
    struct stat st;
    const bool in_place = stat(path, &st) == 0 && !S_ISREG(st.st_mode);

    if (!in_place && tempfile_create(path, &file->temp, err) < 0)
        return -1;
    output->file = fopen(in_place ? path : file->temp.path, "we");
    if (output->file == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
        tempfile_remove(&file->temp);
        return -1;
    }
    output->path = path;
    file->is_open = true;
    return 0;
}

static int add_output(const char *path, const char *format_name, int width, struct output_set *s,
                      struct error *err)
{
    struct report_output *output = &s->outputs[s->count];
    struct output_file *file = &s->files[s->count];
    const bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    int r = 0;

    file->temp.slot = -1;
    output->width = width;
    if (format_name != NULL)
        r = report_format_parse(format_name, &output->format, err);
    else if (!is_stdout)
        r = report_format_of_path(path, &output->format, err);
    if (r < 0)
        return -1;
    if (is_stdout)
        output->file = stdout;
    else if (open_file(path, file, output, err) < 0)
        return -1;
    output->color = output->format == REPORT_TABLE && report_wants_color(output->file);
    s->count++;
    return 0;
}

int output_set_open(const char *const *paths, size_t path_count, const char *format_name, int width,
                    const char *source, struct output_set *ret_set, struct error *err)
{
    const size_t room = path_count > 0 ? path_count : 1;
    struct output_set s = {calloc(room, sizeof *s.outputs), calloc(room, sizeof *s.files), 0};
    int r = 0;

    if (s.outputs == NULL || s.files == NULL)
        r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < path_count && r == 0; i++) {
        if (is_same_file(paths[i], source))
            r = error_set(err, EXIT_CANNOT_RUN, "%s: is the input", paths[i]);
        else
            r = add_output(paths[i], format_name, width, &s, err);
    }
    if (r == 0 && path_count == 0)
        r = add_output(NULL, format_name, width, &s, err);
    if (r < 0)
        output_set_done(&s);
    else
        *ret_set = s;
    return r;
}

static int commit_file(struct output_file *file, struct report_output *output, struct error *err)
{
    file->is_open = false;
    errno = 0;
    if (fclose(output->file) != 0) {
        if (errno == EPIPE)
            return error_set(err, EXIT_SIGPIPE, "%s", "");
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", output->path, strerror(errno));
    }
    return file->temp.path != NULL ? tempfile_commit(&file->temp, true, err) : 0;
}

int output_set_commit(struct output_set *s, struct error *err)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->files[i].is_open && commit_file(&s->files[i], &s->outputs[i], err) < 0)
            return -1;
    return 0;
}

void output_set_done(struct output_set *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->files[i].is_open)
            fclose(s->outputs[i].file);
        tempfile_remove(&s->files[i].temp);
    }
    free(s->outputs);
    free(s->files);
    *s = (struct output_set){0};
}
