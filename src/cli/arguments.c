/* arguments.c -- getopt_long() over the rows of a command. */
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

struct given_list {
    struct option_given *items;
    size_t count;
};

/* Collects what is on the command line. */
static enum arguments_result read_line(enum command_id command, int argc, char **argv,
                                       struct given_list *list, struct error *err)
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
        if (row->argument != NULL && option_check(row, name, optarg, err) < 0)
            return ARGUMENTS_FAILED;
        list->items[list->count++] = (struct option_given){.id = row->id, .value = optarg};
    }
    return ARGUMENTS_RUN;
}

enum arguments_result arguments_parse(struct arguments *a, enum command_id command, int argc,
                                      char **argv, option_taker take, void *data, struct error *err)
{
    struct given_list line = {0};
    enum arguments_result r;
    size_t room = 0;

    *a = (struct arguments){0};
    for (int i = 0; i < argc; i++)
        room += strlen(argv[i]); /* each option takes a byte at least */
    line.items = calloc(room + 1, sizeof *line.items);
    if (line.items == NULL) {
        error_set(err, EXIT_CANNOT_RUN, "out of memory");
        return ARGUMENTS_FAILED;
    }
    r = read_line(command, argc, argv, &line, err);
    a->first_operand = optind;
    for (size_t i = 0; i < line.count && r == ARGUMENTS_RUN; i++) {
        if (take(data, &line.items[i], err) < 0)
            r = ARGUMENTS_FAILED;
    }
    free(line.items);
    return r;
}

void arguments_done(struct arguments *a)
{
    *a = (struct arguments){0};
}
