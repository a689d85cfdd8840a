/* panels.c -- the panels of the HTML page.
 *
 * A panel is NAME.sql, in the form of a report, with what only its chart needs, and NAME.html, a
 * template (template.h) over the rows of its sections.  `reports:` says whose tables stand below
 * the chart.  page.sql and page.html are the shell around them.
 */
// SPDX-License-Identifier: MIT
#include "report/panels.h"

#include <stdlib.h>
#include <string.h>

#include "report/bindings.h"
#include "report/strbuf.h"
#include "util/embedded.h"

#define PAGE_SQL "page.sql"
#define MAX_ROWS 5000 /* of a section of a panel */

extern const struct embedded_file embedded_page[];
extern const size_t embedded_page_count;

static int fail_memory(struct error *err)
{
    return error_set(err, EXIT_CANNOT_RUN, "out of memory");
}

const char *panel_part_text(const char *file_name)
{
    for (size_t i = 0; i < embedded_page_count; i++)
        if (strcmp(embedded_page[i].name, file_name) == 0)
            return embedded_page[i].text;
    return NULL;
}

static int add_panel(struct panels *p, const char *name, struct report_file *file,
                     struct error *err)
{
    struct panel *panel = &p->panels[p->count++];
    struct strbuf path = {0};

    panel->file = file;
    strbuf_printf(&path, "html/%s.html", name);
    if (path.failed)
        return fail_memory(err);
    panel->template_path = path.text;
    panel->template = panel_part_text(path.text + strlen("html/"));
    return 0;
}

static int load_file(struct panels *p, const struct embedded_file *embedded, struct error *err)
{
    const size_t size_bytes = strlen(embedded->name);
    struct report_file *file = NULL;
    struct strbuf path = {0}; /* for messages: reports have such names too */
    char *name;
    int r;

    if (size_bytes < 5 || strcmp(embedded->name + size_bytes - 4, ".sql") != 0)
        return 0;
    name = strndup(embedded->name, size_bytes - 4);
    strbuf_printf(&path, "html/%s", embedded->name);
    r = name == NULL || path.failed
            ? fail_memory(err)
            : report_file_parse_panel(name, strbuf_text(&path), embedded->text, &file, err);
    if (r == 0 && strcmp(embedded->name, PAGE_SQL) == 0)
        p->page = file;
    else if (r == 0)
        r = add_panel(p, name, file, err);
    free(name);
    strbuf_done(&path);
    return r;
}

int panels_load(struct panels *ret_panels, struct error *err)
{
    struct panels p = {.panels = calloc(embedded_page_count + 1, sizeof *p.panels)};
    int r = p.panels == NULL ? fail_memory(err) : 0;

    for (size_t i = 0; i < embedded_page_count && r == 0; i++)
        r = load_file(&p, &embedded_page[i], err);
    if (r < 0)
        panels_done(&p);
    else
        *ret_panels = p;
    return r;
}

void panels_done(struct panels *p)
{
    for (size_t i = 0; i < p->count; i++) {
        report_file_free(p->panels[i].file);
        free(p->panels[i].template_path);
    }
    free(p->panels);
    report_file_free(p->page);
    *p = (struct panels){0};
}

bool panel_names(const char *list, const char *name)
{
    const size_t size_bytes = strlen(name);

    for (const char *p = list; p != NULL && *p != '\0';) {
        const size_t word_bytes = strcspn(p, " ");

        if (word_bytes == size_bytes && memcmp(p, name, size_bytes) == 0)
            return true;
        p += word_bytes;
        p += strspn(p, " ");
    }
    return false;
}

int panel_rows_load(sqlite3 *db, const struct report_file *file, const struct binding *common,
                    size_t common_count, const struct report_param *given, size_t given_count,
                    struct panel_rows *ret_rows, struct error *err)
{
    struct binding *bindings = bindings_of(common, common_count, file, given, given_count);
    struct panel_rows rows = {.file = file,
                              .lists = calloc(file->section_count + 1, sizeof *rows.lists),
                              .sql = calloc(file->section_count + 1, sizeof *rows.sql)};
    int r = bindings == NULL || rows.lists == NULL || rows.sql == NULL ? fail_memory(err) : 0;

    for (size_t i = 0; i < file->section_count && r == 0; i++) {
        struct strbuf sql = {0};

        bindings_print_sql(&sql, &file->sections[i], file, given, given_count);
        rows.sql[i] = sql.text;
        r = sql.failed
                ? fail_memory(err)
                : row_list_load(db, &file->sections[i], file->path, bindings,
                                common_count + file->param_count, MAX_ROWS, &rows.lists[i], err);
    }
    free(bindings);
    if (r < 0)
        panel_rows_done(&rows);
    else
        *ret_rows = rows;
    return r;
}

void panel_rows_done(struct panel_rows *r)
{
    for (size_t i = 0; r->file != NULL && i < r->file->section_count; i++) {
        if (r->lists != NULL)
            row_list_done(&r->lists[i]);
        if (r->sql != NULL)
            free(r->sql[i]);
    }
    free(r->lists);
    free(r->sql);
    *r = (struct panel_rows){0};
}
