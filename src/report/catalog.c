/* catalog.c -- the reports there are: ours, built in, and the user's, from a folder.
 *
 * A file of the user's with the name of one of ours takes its place, so that a built-in report can
 * be copied and changed.  All files are read when the catalog is made: an error in one is told
 * before a snapshot is analyzed, not after.
 */
// SPDX-License-Identifier: MIT
#include "report/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/strbuf.h"
#include "util/embedded.h"

/* A report is written by hand: more than this is another kind of file. */
#define MAX_FILE_BYTES (1U << 20)

extern const struct embedded_file embedded_reports[];
extern const size_t embedded_reports_count;
extern const struct embedded_file embedded_diff[];
extern const size_t embedded_diff_count;

struct report_catalog {
    struct report_file **files;
    size_t count;
};

/* The name of the report in a file called `name`.sql: its length, or 0 when it is none. */
static size_t report_name_bytes(const char *file_name)
{
    const size_t size_bytes = strlen(file_name);

    if (size_bytes <= 4 || strcmp(file_name + size_bytes - 4, ".sql") != 0)
        return 0;
    return report_name_is_valid(file_name, size_bytes - 4) ? size_bytes - 4 : 0;
}

/* Adds the file, which the catalog then owns, or lets it replace the one of its name. */
static int add_file(struct report_catalog *c, struct report_file *file, struct error *err)
{
    struct report_file **files;

    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->files[i]->info.name, file->info.name) != 0)
            continue;
        report_file_free(c->files[i]);
        c->files[i] = file;
        return 0;
    }
    files = realloc(c->files, (c->count + 1) * sizeof *files);
    if (files == NULL) {
        report_file_free(file);
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    c->files = files;
    files[c->count++] = file;
    return 0;
}

static int add_text(struct report_catalog *c, const char *file_name, const char *path,
                    const char *text, struct error *err)
{
    struct report_file *file = NULL;
    char *name = strndup(file_name, report_name_bytes(file_name));
    int r;

    if (name == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    r = report_file_parse(name, path, text, &file, err);
    free(name);
    return r < 0 ? -1 : add_file(c, file, err);
}

static int read_text(const char *path, struct strbuf *text, struct error *err)
{
    FILE *file = fopen(path, "re");
    char buffer[8192];
    size_t n;
    int r = 0;

    if (file == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
    errno = 0;
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0 && text->size_bytes <= MAX_FILE_BYTES)
        strbuf_add(text, buffer, n);
    if (ferror(file))
        r = error_set(err, EXIT_CANNOT_RUN, "%s: %s", path, strerror(errno));
    else if (text->failed)
        r = error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", path);
    else if (text->size_bytes > MAX_FILE_BYTES || strlen(strbuf_text(text)) < text->size_bytes)
        r = error_set(err, EXIT_CANNOT_RUN, "%s: not a report: too long, or with NUL bytes", path);
    fclose(file);
    return r;
}

static int add_path(struct report_catalog *c, const char *folder, const char *file_name,
                    struct error *err)
{
    struct strbuf path = {0}, text = {0};
    int r;

    strbuf_printf(&path, "%s/%s", folder, file_name);
    r = path.failed ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
                    : read_text(strbuf_text(&path), &text, err);
    if (r == 0)
        r = add_text(c, file_name, strbuf_text(&path), strbuf_text(&text), err);
    strbuf_done(&path);
    strbuf_done(&text);
    return r;
}

static int is_report_entry(const struct dirent *entry)
{
    return report_name_bytes(entry->d_name) > 0;
}

static int add_folder(struct report_catalog *c, const char *folder, struct error *err)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_report_entry, alphasort);
    int r = 0;

    if (count < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = add_path(c, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    if (r == 0 && count == 0)
        r = error_set(err, EXIT_CANNOT_RUN, "%s: no report there: no file NAME.sql", folder);
    return r;
}

static int new_catalog(const struct embedded_file *built_in, size_t count, const char *reports_dir,
                       struct report_catalog **ret_catalog, struct error *err)
{
    struct report_catalog *c = calloc(1, sizeof *c);
    int r = 0;

    if (c == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < count && r == 0; i++)
        r = add_text(c, built_in[i].name, built_in[i].name, built_in[i].text, err);
    if (r == 0 && reports_dir != NULL)
        r = add_folder(c, reports_dir, err);
    if (r < 0)
        report_catalog_free(c);
    else
        *ret_catalog = c;
    return r;
}

int report_catalog_new(const char *reports_dir, struct report_catalog **ret_catalog,
                       struct error *err)
{
    return new_catalog(embedded_reports, embedded_reports_count, reports_dir, ret_catalog, err);
}

int report_catalog_new_diff(struct report_catalog **ret_catalog, struct error *err)
{
    return new_catalog(embedded_diff, embedded_diff_count, NULL, ret_catalog, err);
}

void report_catalog_free(struct report_catalog *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++)
        report_file_free(c->files[i]);
    free(c->files);
    free(c);
}

size_t report_catalog_count(const struct report_catalog *c)
{
    return c->count;
}

const struct report_info *report_catalog_at(const struct report_catalog *c, size_t i)
{
    return &c->files[i]->info;
}

const struct report_file *report_catalog_file(const struct report_catalog *c, size_t i)
{
    return c->files[i];
}

int report_catalog_require(const struct report_catalog *c, const char *name, size_t *ret_i,
                           struct error *err)
{
    struct strbuf names = {0};

    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->files[i]->info.name, name) == 0) {
            strbuf_done(&names);
            *ret_i = i;
            return 0;
        }
        strbuf_printf(&names, " %s", c->files[i]->info.name);
    }
    error_set(err, EXIT_CANNOT_RUN, "no report '%.80s'; there are:%s", name, strbuf_text(&names));
    strbuf_done(&names);
    return -1;
}

int report_catalog_needs_keys(const struct report_catalog *c, const char *const *names,
                              size_t name_count, bool *ret_needs_keys, struct error *err)
{
    bool needs_keys = false;
    size_t n;

    for (size_t i = 0; i < name_count; i++) {
        if (report_catalog_require(c, names[i], &n, err) < 0)
            return -1;
        needs_keys = needs_keys || c->files[n]->info.needs_keys;
    }
    *ret_needs_keys = needs_keys;
    return 0;
}
