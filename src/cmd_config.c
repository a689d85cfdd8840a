/* cmd_config.c -- rdblens config: which settings are in force, and where each comes from.
 *
 * The rows go through a private database and the renderers of `query`, so that every format of
 * theirs is one of `config`, too.  An option that is not in force alike in all its commands has a
 * row for each value.
 */
// SPDX-License-Identifier: MIT
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "commands.h"
#include "report/output_file.h"
#include "report/report.h"
#include "util/tempfile.h"

extern char **environ;

struct config_arguments {
    const char *format;
    int width;
    const char **outputs;
    size_t output_count;
};

/* One line of the table. */
struct config_row {
    const char *name, *value;
    char from[400];
};

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    struct config_arguments *const a = data;

    (void)err;
    switch (given->id) {
    case OPTION_FORMAT: a->format = given->value; break;
    case OPTION_WIDTH: a->width = (int)strtol(given->value, NULL, 10); break;
    case OPTION_OUTPUT_FILE: a->outputs[a->output_count++] = given->value; break;
    default: break; /* a setting: it is shown */
    }
    return 0;
}

static int insert(sqlite3_stmt *st, const struct config_row *row, const char *commands)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    sqlite3_bind_text(st, 1, row->name, -1, SQLITE_TRANSIENT);
    if (row->value != NULL)
        sqlite3_bind_text(st, 2, row->value, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(st, 3, commands, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(st, 4, row->from, -1, SQLITE_TRANSIENT);
    return sqlite3_step(st) == SQLITE_DONE ? 0 : -1;
}

static void add_typed(const struct arguments *a, const struct option_row *row,
                      struct config_row *rows, size_t *count)
{
    const bool is_list = (row->flags & (OPTION_ADDS | OPTION_REPEATABLE)) != 0;

    for (size_t i = 0; i < a->line_count; i++) {
        const struct option_given *const given = &a->line[i];

        if (given->id != row->id)
            continue;
        if (!is_list)
            *count = 0; /* the last one counts */
        rows[*count] = (struct config_row){.name = row->long_name,
                                           .value = given->value != NULL ? given->value : "yes"};
        snprintf(rows[(*count)++].from, sizeof rows->from, "command line");
    }
}

static void add_standing(const struct arguments *a, enum command_id command,
                         const struct option_row *row, const struct setting **found,
                         struct config_row *rows, size_t *count)
{
    const size_t found_count = standing_select(&a->standing, command, row, found);

    for (size_t i = 0; i < found_count; i++) {
        const struct setting *const s = found[i];
        struct config_row *const out = &rows[(*count)++];

        *out = (struct config_row){.name = row->long_name, .value = s->value};
        if (s->path != NULL)
            snprintf(out->from, sizeof out->from, "%.300s:%u", s->path, s->line);
        else
            setting_origin(s, out->from, sizeof out->from);
    }
}

/* What is in force of an option for a command, in the order in which it is taken. */
static size_t list_values(const struct arguments *a, enum command_id command,
                          const struct option_row *row, const struct setting **found,
                          struct config_row *rows)
{
    const bool adds = (row->flags & OPTION_ADDS) != 0;
    const bool is_typed_first = !adds || (row->flags & OPTION_FIRST_COUNTS) != 0;
    size_t count = 0;

    if (is_typed_first)
        add_typed(a, row, rows, &count);
    if (adds || count == 0)
        add_standing(a, command, row, found, rows, &count);
    if (!is_typed_first) {
        struct config_row *const rest = rows + count;
        size_t typed = 0;

        add_typed(a, row, rest, &typed);
        count += typed;
    }
    if (count == 0) {
        rows[count] = (struct config_row){.name = row->long_name, .value = row->by_default};
        snprintf(rows[count++].from, sizeof rows->from, "default");
    }
    return count;
}

static bool is_equal(const struct config_row *a, const struct config_row *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(a[i].from, b[i].from) != 0 ||
            strcmp(a[i].value != NULL ? a[i].value : "", b[i].value != NULL ? b[i].value : "") != 0)
            return false;
    }
    return true;
}

/* An option's rows: one group for all commands in which the same is in force. */
static int insert_option(const struct arguments *a, const struct option_row *row,
                         struct config_row *rows, struct config_row *others,
                         const struct setting **found, sqlite3_stmt *st)
{
    unsigned told = 0;

    for (int c = 0; c < COMMAND_COUNT_; c++) {
        char commands[100] = "";
        size_t count, at = 0;

        if ((row->commands & ~told & 1U << c) == 0)
            continue;
        count = list_values(a, (enum command_id)c, row, found, rows);
        for (int k = c; k < COMMAND_COUNT_; k++) {
            if ((row->commands & ~told & 1U << k) == 0 ||
                list_values(a, (enum command_id)k, row, found, others) != count ||
                !is_equal(rows, others, count))
                continue;
            told |= 1U << k;
            at += (size_t)snprintf(commands + at, sizeof commands - at, "%s%s", at > 0 ? " " : "",
                                   command_at((enum command_id)k)->name);
        }
        for (size_t i = 0; i < count; i++) {
            if (insert(st, &rows[i], commands) < 0)
                return -1;
        }
    }
    return 0;
}

static int insert_file(const struct standing_file *file, const char *whose, sqlite3_stmt *st)
{
    struct config_row row = {.name = "config-file", .value = file->path};

    if (file->path == NULL)
        return 0;
    snprintf(row.from, sizeof row.from, "%s%s", whose, file->was_read ? "" : ", not there");
    return insert(st, &row, "all");
}

static int insert_others(const struct arguments *a, sqlite3_stmt *st)
{
    struct config_row row = {.name = "tmpdir", .value = tempfile_folder()};
    const char *const own = getenv("RDBLENS_TMPDIR"), *const common = getenv("TMPDIR");
    const char *const named = getenv("RDBLENS_CONFIG");
    const char *whose = named != NULL && named[0] != '\0' ? "RDBLENS_CONFIG" : "user's file";

    for (size_t i = 0; i < a->line_count; i++) {
        if (a->line[i].id == OPTION_CONFIG_FILE)
            whose = "command line";
    }
    snprintf(row.from, sizeof row.from, "%s",
             own != NULL && own[0] != '\0'         ? "RDBLENS_TMPDIR"
             : common != NULL && common[0] != '\0' ? "TMPDIR"
                                                   : "default");
    if (insert(st, &row, "all") < 0)
        return -1;
    return insert_file(&a->standing.system, "system's file", st) < 0 ||
                   insert_file(&a->standing.user, whose, st) < 0
               ? -1
               : 0;
}

static int fill(const struct arguments *a, sqlite3_stmt *st, struct error *err)
{
    const size_t room = a->standing.count + a->line_count + 1;
    struct config_row *rows = calloc(2 * room, sizeof *rows);
    const struct setting **found = calloc(room, sizeof *found);
    int r = rows == NULL || found == NULL ? -1 : 0;

    for (size_t i = 0; i < OPTION_COUNT_ && r == 0; i++) {
        if ((option_at(i)->flags & OPTION_STANDING) != 0)
            r = insert_option(a, option_at(i), rows, rows + room, found, st);
    }
    if (r == 0)
        r = insert_others(a, st);
    free(rows);
    free(found);
    return r == 0 ? 0 : error_set(err, EXIT_CANNOT_RUN, "out of memory");
}

static int make_database(const struct arguments *a, sqlite3 **ret_db, struct error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int r = -1;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "CREATE TABLE settings(setting TEXT, value TEXT, commands TEXT, source TEXT)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO settings VALUES (?, ?, ?, ?)", -1, &st, NULL) !=
            SQLITE_OK)
        error_set(err, EXIT_CANNOT_RUN, "%s", db != NULL ? sqlite3_errmsg(db) : "out of memory");
    else
        r = fill(a, st, err);
    sqlite3_finalize(st);
    if (r < 0)
        sqlite3_close(db);
    else
        *ret_db = db;
    return r;
}

/* Variables that look like settings and are none: nobody else would tell. */
static void tell_unknown_variables(void)
{
    for (char **e = environ; *e != NULL; e++) {
        const size_t length = strcspn(*e, "=");
        bool is_known = false;
        char name[OPTION_VARIABLE_BYTES];

        if (strncmp(*e, "RDBLENS_", 8) != 0 || length >= sizeof name)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)length, *e);
        is_known = strcmp(name, "RDBLENS_CONFIG") == 0 || strcmp(name, "RDBLENS_TMPDIR") == 0;
        for (size_t i = 0; i < OPTION_COUNT_ && !is_known; i++) {
            char known[OPTION_VARIABLE_BYTES];

            option_variable(option_at(i), known);
            is_known = (option_at(i)->flags & OPTION_STANDING) != 0 && strcmp(name, known) == 0;
        }
        if (!is_known)
            error_print("%s is not a setting, and not looked at", name);
    }
}

static int print_settings(const struct config_arguments *c, const struct arguments *a,
                          struct error *err)
{
    static const char sql[] =
        "SELECT setting, value, commands, source AS \"from\" FROM settings ORDER BY rowid";
    struct report_request rq = {0};
    struct output_set outputs = {0};
    sqlite3 *db = NULL;
    int r;

    /* Where a file or a program reads it, nothing is cut. */
    if (output_set_open(c->outputs, c->output_count, c->format,
                        c->width == 0 && !isatty(STDOUT_FILENO) ? 10000 : c->width, NULL, &outputs,
                        err) < 0)
        return -1;
    r = make_database(a, &db, err);
    if (r == 0)
        r = report_query(db, sql, &rq, outputs.outputs, outputs.count, err);
    if (r == 0)
        r = output_set_commit(&outputs, err);
    sqlite3_close(db);
    output_set_done(&outputs);
    tell_unknown_variables();
    return r;
}

static int run(int argc, char **argv)
{
    struct config_arguments c = {.outputs = calloc((size_t)argc, sizeof *c.outputs)};
    struct arguments a = {0};
    struct error err = {0};
    int r;

    r = c.outputs == NULL
            ? error_set(&err, EXIT_CANNOT_RUN, "out of memory")
            : (int)arguments_parse(&a, COMMAND_CONFIG, argc, argv, take_option, &c, &err);
    if (r == ARGUMENTS_RUN && a.first_operand < argc)
        r = error_set(&err, EXIT_CANNOT_RUN, "config: takes no '%.40s'; see rdblens help config",
                      argv[a.first_operand]);
    else if (r == ARGUMENTS_RUN)
        r = print_settings(&c, &a, &err);
    arguments_done(&a);
    free(c.outputs);
    return command_finish_stdout(r < 0 ? command_fail(&err) : EXIT_DONE);
}

const struct command cmd_config = {.id = COMMAND_CONFIG, .run = run};
