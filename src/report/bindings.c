/* bindings.c -- what :name in the SQL of reports stands for.
 *
 * SQL that is shown to be copied has its parameters behind it, written as a report's file writes
 * them (in front of it they would be taken for an option); a query's SQL may have such lines:
 *
 *      SELECT ... LIMIT :top
 *      -- param: top = 20
 */
// SPDX-License-Identifier: MIT
#include "report/bindings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static struct value value_of_text(const char *text)
{
    struct value v = {.type = VALUE_INT};
    char *end;

    if (text_parse_int(text, INT64_MIN, INT64_MAX, &v.integer) == 0)
        return v;
    errno = 0;
    v.real = strtod(text, &end);
    if (errno == 0 && end != text && *end == '\0') {
        v.type = VALUE_REAL;
        return v;
    }
    return (struct value){.type = VALUE_TEXT, .bytes = text, .size_bytes = strlen(text)};
}

static const char *text_of_param(const struct report_file_param *param,
                                 const struct report_param *given, size_t given_count)
{
    const char *text = param->value;

    for (size_t i = 0; i < given_count; i++)
        if (strcmp(given[i].name, param->name) == 0)
            text = given[i].value;
    return text;
}

struct binding *bindings_of(const struct binding *common, size_t common_count,
                            const struct report_file *file, const struct report_param *given,
                            size_t given_count)
{
    struct binding *bindings = calloc(common_count + file->param_count + 1, sizeof *bindings);

    if (bindings == NULL)
        return NULL;
    memcpy(bindings, common, common_count * sizeof *common);
    for (size_t i = 0; i < file->param_count; i++)
        bindings[common_count + i] =
            (struct binding){file->params[i].name,
                             value_of_text(text_of_param(&file->params[i], given, given_count))};
    return bindings;
}

/* Whether :name stands in the SQL. */
static bool is_read(const char *sql, const char *name)
{
    const size_t size_bytes = strlen(name);

    for (const char *p = sql; (p = strchr(p, ':')) != NULL; p++)
        if (strncmp(p + 1, name, size_bytes) == 0 && !isalnum((unsigned char)p[1 + size_bytes]) &&
            p[1 + size_bytes] != '_')
            return true;
    return false;
}

void bindings_print_sql(struct strbuf *b, const struct report_section *section,
                        const struct report_file *file, const struct report_param *given,
                        size_t given_count)
{
    size_t size_bytes = strlen(section->sql);

    while (size_bytes > 0 && (isspace((unsigned char)section->sql[size_bytes - 1]) ||
                              section->sql[size_bytes - 1] == ';'))
        size_bytes--;
    strbuf_add(b, section->sql, size_bytes);
    for (size_t i = 0; i < file->param_count; i++) {
        const char *text = text_of_param(&file->params[i], given, given_count);

        /* A line break in a value would end the comment. */
        if (is_read(section->sql, file->params[i].name) && strpbrk(text, "\r\n") == NULL)
            strbuf_printf(b, "\n-- param: %s = %s", file->params[i].name, text);
    }
}

static bool has_param(const struct report_file *file, const char *name)
{
    for (size_t i = 0; i < file->param_count; i++)
        if (strcmp(file->params[i].name, name) == 0)
            return true;
    return false;
}

/* Given parameters that the SQL reads need no line in it. */
static int add_given(struct report_file *file, const char *sql, const struct report_param *given,
                     size_t given_count)
{
    file->params =
        reallocarray(file->params, file->param_count + given_count + 1, sizeof *file->params);
    if (file->params == NULL)
        return -1;
    for (size_t i = 0; i < given_count; i++) {
        if (!is_read(sql, given[i].name) || has_param(file, given[i].name))
            continue;
        file->params[file->param_count++] =
            (struct report_file_param){strdup(given[i].name), strdup(given[i].value)};
        if (file->params[file->param_count - 1].name == NULL ||
            file->params[file->param_count - 1].value == NULL)
            return -1;
    }
    return 0;
}

int bindings_read_sql(const char *sql, const struct report_param *given, size_t given_count,
                      struct report_file **ret_file, struct error *err)
{
    static const char word[] = "-- param:";
    const char *const whole = sql;
    struct report_file *file = NULL;
    struct strbuf head = {0};
    int r;

    strbuf_puts(&head, "-- title: query\n");
    while (*sql != '\0') {
        const size_t size_bytes = strcspn(sql, "\n");

        if (strncmp(sql, word, sizeof word - 1) == 0) {
            strbuf_add(&head, sql, size_bytes);
            strbuf_putc(&head, '\n');
        }
        sql += size_bytes + (sql[size_bytes] == '\n');
    }
    r = head.failed ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
                    : report_file_parse_panel("query", "SQL", strbuf_text(&head), &file, err);
    strbuf_done(&head);
    if (r < 0)
        return -1;
    file->sections = calloc(1, sizeof *file->sections);
    if (file->sections != NULL)
        file->sections[file->section_count++].sql = strdup(whole);
    if (file->sections == NULL || file->sections[0].sql == NULL ||
        add_given(file, whole, given, given_count) < 0) {
        report_file_free(file);
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    *ret_file = file;
    return 0;
}
