/* schema.c -- the JSON Schema of what render_json.c prints: `rdblens report --schema`.
 *
 * report.schema.json has what is the same for all reports.  Which sections and columns each report
 * has stands in its file and nowhere else, so they are asked for here: every section's SQL is
 * prepared, and what its columns are called says what they hold, as everywhere (value.h).  A row of
 * a section needs all columns that the section has today; more may come.
 *
 *      {"if": {"properties": {"name": {"const": "bigkeys"}}},
 *       "then": {"properties": {"sections": {"allOf": [
 *         {"contains": {"properties": {"name": {"const": "largest"}}}}, ...
 *         {"items": {"if": {"properties": {"name": {"const": "largest"}}},
 *                    "then": {"properties": {"rows": {"items": ROW}}}}}, ...]}}}}
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "report/catalog.h"
#include "report/functions.h"
#include "report/guard.h"
#include "report/head.h"
#include "report/json_value.h"
#include "report/section.h"

#define TEMPLATE "report.schema.json"

/* What every report may bind, before its own parameters. */
static const char *const common_names[] = {"wall_now", "newest_set", "source", "command",
                                           "rdblens_version"};
#define COMMON_COUNT (sizeof common_names / sizeof common_names[0])

struct schema {
    sqlite3 *db;
    struct out out;
    yajl_gen gen;
};

static void put_key(struct schema *s, const char *name)
{
    json_text(s->gen, &s->out, name);
}

static void open_map(struct schema *s, const char *name)
{
    if (name != NULL)
        put_key(s, name);
    yajl_gen_map_open(s->gen);
}

static void close_maps(struct schema *s, int count)
{
    while (count-- > 0)
        yajl_gen_map_close(s->gen);
}

/* {"properties": {"name": {"const": NAME}}} as the value of `key`. */
static void put_name_test(struct schema *s, const char *key, const char *name)
{
    open_map(s, key);
    open_map(s, "properties");
    open_map(s, "name");
    put_key(s, "const");
    put_key(s, name);
    close_maps(s, 3);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t text_bytes = strlen(text), end_bytes = strlen(end);

    return text_bytes >= end_bytes && strcmp(text + text_bytes - end_bytes, end) == 0;
}

/* What $defs calls the kind. */
static const char *type_of(const struct column *column)
{
    switch (column->kind) {
    case COLUMN_PLAIN: return "#/$defs/plain";
    case COLUMN_BYTES: return "#/$defs/bytes";
    case COLUMN_TIME: return "#/$defs/time";
    case COLUMN_SECONDS: return "#/$defs/seconds";
    case COLUMN_MS: return "#/$defs/ms";
    case COLUMN_PERCENT: return "#/$defs/percent";
    case COLUMN_COUNT: break;
    }
    return ends_with(column->name, "key_text") || ends_with(column->name, "pattern_text") ||
                   ends_with(column->name, "_note")
               ? "#/$defs/text"
               : "#/$defs/count";
}

/* The value: an object with these columns. */
static void put_row_type(struct schema *s, const struct section_run *section)
{
    yajl_gen_map_open(s->gen);
    put_key(s, "required");
    yajl_gen_array_open(s->gen);
    for (size_t i = 0; i < section->column_count; i++)
        put_key(s, section->columns[i].name);
    yajl_gen_array_close(s->gen);
    open_map(s, "properties");
    for (size_t i = 0; i < section->column_count; i++) {
        open_map(s, section->columns[i].name);
        put_key(s, "$ref");
        put_key(s, type_of(&section->columns[i]));
        close_maps(s, 1);
    }
    close_maps(s, 1);
    put_key(s, "type");
    put_key(s, "object");
    close_maps(s, 1);
}

/* Prepares the section's SQL, which names its columns; it is not run, so what is bound is NULL. */
static int open_section(struct schema *s, const struct report_file *file, size_t n,
                        struct section_run *ret_run, struct error *err)
{
    const size_t count = COMMON_COUNT + file->param_count;
    struct binding *bindings = calloc(count, sizeof *bindings);
    int r;

    if (bindings == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < count; i++)
        bindings[i].name = i < COMMON_COUNT ? common_names[i] : file->params[i - COMMON_COUNT].name;
    r = section_open(s->db, &file->sections[n], NULL, file->path, file->sections[n].sql_line,
                     bindings, count, ret_run, err);
    free(bindings);
    return r;
}

static int put_section(struct schema *s, const struct report_file *file, size_t n,
                       struct error *err)
{
    struct section_run run;

    if (open_section(s, file, n, &run, err) < 0)
        return -1;
    yajl_gen_map_open(s->gen);
    put_name_test(s, "contains", file->sections[n].name);
    open_map(s, "items");
    put_name_test(s, "if", file->sections[n].name);
    open_map(s, "then");
    open_map(s, "properties");
    open_map(s, "rows");
    put_key(s, "items");
    put_row_type(s, &run);
    close_maps(s, 5);
    section_close(&run);
    return 0;
}

static int put_report(struct schema *s, const struct report_file *file, struct error *err)
{
    yajl_gen_map_open(s->gen);
    put_name_test(s, "if", file->info.name);
    open_map(s, "then");
    open_map(s, "properties");
    open_map(s, "sections");
    put_key(s, "allOf");
    yajl_gen_array_open(s->gen);
    for (size_t i = 0; i < file->section_count; i++)
        if (put_section(s, file, i, err) < 0)
            return -1;
    yajl_gen_array_close(s->gen);
    close_maps(s, 4);
    return 0;
}

static int put_reports(struct schema *s, const struct report_catalog *catalog, struct error *err)
{
    for (size_t i = 0; i < report_catalog_count(catalog); i++) {
        if (i > 0)
            out_puts(&s->out, ",\n");
        yajl_gen_reset(s->gen, NULL);
        if (put_report(s, report_catalog_file(catalog, i), err) < 0)
            return -1;
    }
    out_putc(&s->out, '\n');
    return 0;
}

/* "head_set" and "head_snapshots"; the head's other section is for people. */
static int put_head(struct schema *s, struct error *err)
{
    struct report_file *file = NULL;
    int r = report_file_parse("head", "head.sql", head_part_text("head.sql"), &file, err);

    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct section_run run;

        r = open_section(s, file, i, &run, err);
        if (r < 0)
            break;
        yajl_gen_reset(s->gen, NULL);
        out_puts(&s->out, i > 0 ? ",\n\"head_" : "\"head_");
        out_puts(&s->out, file->sections[i].name);
        out_puts(&s->out, "\": ");
        put_row_type(s, &run);
        section_close(&run);
    }
    out_putc(&s->out, '\n');
    report_file_free(file);
    return r;
}

/* The template, with what its two lines in @ stand for. */
static int put_template(struct schema *s, const struct report_catalog *catalog, struct error *err)
{
    const char *text = head_part_text(TEMPLATE);

    while (*text != '\0') {
        const size_t size_bytes = strcspn(text, "\n") + 1;
        int r = 0;

        if (strncmp(text, "@REPORTS@", 9) == 0)
            r = put_reports(s, catalog, err);
        else if (strncmp(text, "@HEAD@", 6) == 0)
            r = put_head(s, err);
        else
            out_bytes(&s->out, text, size_bytes);
        if (r < 0)
            return -1;
        text += size_bytes;
    }
    return 0;
}

int report_print_schema(sqlite3 *db, const struct report_catalog *catalog, FILE *file,
                        struct error *err)
{
    struct schema s = {.db = db, .out = {.file = file}};
    int r = functions_register(db, err);

    if (r < 0)
        return -1;
    if (sqlite3_exec(db, head_part_text("set.sql"), NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, head_part_text("views.sql"), NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, head_part_text("sidekiq_views.sql"), NULL, NULL, NULL) != SQLITE_OK)
        return error_set(err, EXIT_CANNOT_RUN, "report database: %s", sqlite3_errmsg(db));
    s.gen = json_new(&s.out);
    if (s.gen == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    guard_on(db);
    r = put_template(&s, catalog, err);
    guard_off(db);
    yajl_gen_free(s.gen);
    return r < 0 ? -1 : out_check(&s.out, err);
}
