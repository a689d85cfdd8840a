/* arguments.c -- getopt_long() over the rows of a command, and the settings that stand.
 *
 * The command line is read first: it may name the settings file, and what is typed replaces what
 * stands.  The command then gets standing settings before typed ones, so that for NAME=VALUE the
 * typed one wins by being the last.
 */
// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/option_check.h"

/* After getopt_long() has returned '?' or ':'; word is what it looked at. */
static int fail_option(enum command_id command, int result, const char *word, struct error *err)
{
    const char *const name = command_at(command)->name;
    const struct option_row *const row = option_returned(command, optopt);
    const char *nearest;
    char text[64];

    /* A short option may be inside a cluster, so it is told by its letter. */
    if (optopt > 0 && optopt < 256)
        return error_set(err, EXIT_CANNOT_RUN, "%s: option -%c %s; see rdblens help %s", name,
                         optopt, result == ':' ? "needs a value" : "is not known", name);
    if (result == ':')
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: option %.200s needs a value; see rdblens help %s", name, word, name);
    if (row != NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: option --%s takes no value; see rdblens help %s", name,
                         row->long_name, name);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(word, "="), word);
    if (option_count_starting(command, text + strspn(text, "-")) > 1)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: option %.200s may be several; see rdblens help %s", name, word, name);
    nearest = option_nearest(command, 0, text + strspn(text, "-"));
    if (nearest != NULL)
        return error_set(err, EXIT_CANNOT_RUN, "%s: option %.200s is not known; did you mean --%s?",
                         name, word, nearest);
    return error_set(err, EXIT_CANNOT_RUN, "%s: option %.200s is not known; see rdblens help %s",
                     name, word, name);
}

/* Collects what is on the command line. */
static enum arguments_result read_line(enum command_id command, int argc, char **argv,
                                       struct arguments *a, struct error *err)
{
    struct option_getopt tables;
    int value;

    option_getopt_init(command, &tables);
    opterr = 0;
    while ((value = getopt_long(argc, argv, tables.short_options, tables.long_options, NULL)) !=
           -1) {
        const struct option_row *row;
        char name[OPTION_VARIABLE_BYTES];

        if (value == '?' || value == ':') {
            fail_option(command, value, argv[optind - 1], err);
            return ARGUMENTS_FAILED;
        }
        if (value == 'h' || value == OPTION_HELP) {
            help_command(stdout, command, value != 'h');
            return ARGUMENTS_HELPED;
        }
        row = option_returned(command, value);
        snprintf(name, sizeof name, "--%s", row->long_name);
        if (optarg == NULL)
            optarg = (char *)row->by_itself;
        if (row->argument != NULL && option_check(row, name, optarg, err) < 0)
            return ARGUMENTS_FAILED;
        a->line[a->line_count++] = (struct option_given){.id = row->id, .value = optarg};
    }
    return ARGUMENTS_RUN;
}

static bool is_typed(const struct arguments *a, enum option_id id)
{
    for (size_t i = 0; i < a->line_count; i++) {
        if (a->line[i].id == id)
            return true;
    }
    return false;
}

static int take_setting(const struct setting *setting, option_taker take, void *data,
                        struct error *err)
{
    const bool is_switch = setting->row->argument == NULL;
    const struct option_given given = {
        .id = setting->row->id, .value = is_switch ? NULL : setting->value, .is_standing = true};
    struct error inner;
    char origin[400];

    if ((is_switch && strcmp(setting->value, "no") == 0) || take(data, &given, &inner) == 0)
        return 0;
    setting_origin(setting, origin, sizeof origin);
    return error_set(err, inner.exit_code, "%s: %s", origin, inner.message);
}

/* The settings of options whose first value counts come behind the command line, others before. */
static int take_standing(const struct arguments *a, enum command_id command, bool is_behind,
                         option_taker take, void *data, struct error *err)
{
    const struct setting **found = calloc(a->standing.count + 1, sizeof *found);
    int r = found == NULL ? error_set(err, EXIT_CANNOT_RUN, "out of memory") : 0;

    for (size_t i = 0; i < OPTION_COUNT_ && r == 0; i++) {
        const struct option_row *const row = option_at(i);
        size_t count;

        if (!option_is_on(row, command) || (row->flags & OPTION_STANDING) == 0 ||
            ((row->flags & OPTION_FIRST_COUNTS) != 0) != is_behind ||
            ((row->flags & OPTION_ADDS) == 0 && is_typed(a, row->id)))
            continue;
        count = standing_select(&a->standing, command, row, found);
        for (size_t k = 0; k < count && r == 0; k++)
            r = take_setting(found[k], take, data, err);
    }
    free(found);
    return r;
}

static int load_standing(struct arguments *a, struct error *err)
{
    const char *config_file = NULL;

    for (size_t i = 0; i < a->line_count; i++) {
        if (a->line[i].id == OPTION_CONFIG_FILE)
            config_file = a->line[i].value;
    }
    return standing_load(&a->standing, config_file, err);
}

static int take_all(struct arguments *a, enum command_id command, option_taker take, void *data,
                    struct error *err)
{
    if (take_standing(a, command, false, take, data, err) < 0)
        return -1;
    for (size_t i = 0; i < a->line_count; i++) {
        if (take(data, &a->line[i], err) < 0)
            return -1;
    }
    return take_standing(a, command, true, take, data, err);
}

enum arguments_result arguments_parse(struct arguments *a, enum command_id command, int argc,
                                      char **argv, option_taker take, void *data, struct error *err)
{
    enum arguments_result r;
    size_t room = 1;

    *a = (struct arguments){0};
    for (int i = 0; i < argc; i++)
        room += strlen(argv[i]); /* each option takes a byte at least */
    a->line = calloc(room, sizeof *a->line);
    if (a->line == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        return ARGUMENTS_FAILED;
    }
    r = read_line(command, argc, argv, a, err);
    a->first_operand = optind;
    if (r == ARGUMENTS_RUN &&
        (load_standing(a, err) < 0 || take_all(a, command, take, data, err) < 0))
        r = ARGUMENTS_FAILED;
    return r;
}

void arguments_done(struct arguments *a)
{
    free(a->line);
    standing_done(&a->standing);
    *a = (struct arguments){0};
}
