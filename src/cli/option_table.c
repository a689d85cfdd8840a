/* option_table.c -- the rows of commands.def and options.def, and looking them up. */
// SPDX-License-Identifier: MIT
#include "cli/option_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ON(command) (1U << COMMAND_##command)
#define ON_READERS  (ON(ANALYZE) | ON(REPORT) | ON(QUERY) | ON(DIFF))
#define ON_ALL      ((1U << COMMAND_COUNT_) - 1)
#define FILTER_ROW                                                                                 \
    .commands = ON_READERS, .group = GROUP_FILTERS, .flags = OPTION_STANDING | OPTION_REPEATABLE

static const struct command_row commands[] = {
#define COMMAND(id, ...) [COMMAND_##id] = {__VA_ARGS__},
#include "cli/commands.def"
#undef COMMAND
};

static const struct option_row options[] = {
#define OPTION(name, ...) {.id = OPTION_##name, __VA_ARGS__},
#include "cli/options.def"
#undef OPTION
};

const struct command_row *command_at(enum command_id id)
{
    return &commands[id];
}

int command_named(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT_; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return i;
    }
    return -1;
}

const struct option_row *option_at(size_t i)
{
    return &options[i];
}

bool option_is_on(const struct option_row *row, enum command_id command)
{
    return command == COMMAND_COUNT_ || (row->commands & 1U << command) != 0 ||
           (command == COMMAND_CONFIG && (row->flags & OPTION_STANDING) != 0);
}

const struct option_row *option_named(enum command_id command, const char *long_name)
{
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        if (option_is_on(&options[i], command) && strcmp(options[i].long_name, long_name) == 0)
            return &options[i];
    }
    return NULL;
}

const struct option_row *option_returned(enum command_id command, int value)
{
    for (size_t i = 0; i < OPTION_COUNT_ && value != 0; i++) {
        const struct option_row *const row = &options[i];

        if (option_is_on(row, command) && ((int)row->id == value || row->short_name == value))
            return row;
    }
    return NULL;
}

const char *option_group_title(enum option_group group)
{
    static const char *const titles[GROUP_COUNT_] = {
        [GROUP_OUTPUT] = "Output",
        [GROUP_REPORTS] = "Reports",
        [GROUP_DATABASE] = "The report database",
        [GROUP_FILTERS] = "Filters (the same option twice: either; different ones: all)",
        [GROUP_READING] = "Reading",
        [GROUP_NAMES] = "Names of keys in all that is written",
        [GROUP_SERVER] = "The server whose bytes are counted (for a snapshot only)",
        [GROUP_GENERAL] = "General",
    };

    return titles[group];
}

void option_getopt_init(enum command_id command, struct option_getopt *ret)
{
    size_t count = 0;
    char *s = ret->short_options;

    *s++ = ':'; /* a missing value is told apart from an option that is not known */
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        const struct option_row *const row = &options[i];

        if (!option_is_on(row, command))
            continue;
        ret->long_options[count++] = (struct option){
            .name = row->long_name,
            .has_arg = row->argument == NULL    ? no_argument
                       : row->by_itself != NULL ? optional_argument
                                                : required_argument,
            .val = (int)row->id,
        };
        if (row->short_name == '\0')
            continue;
        *s++ = row->short_name;
        if (row->argument != NULL)
            *s++ = ':';
    }
    *s = '\0';
    ret->long_options[count] = (struct option){0};
}

void option_variable(const struct option_row *row, char out[OPTION_VARIABLE_BYTES])
{
    snprintf(out, OPTION_VARIABLE_BYTES, "RDBLENS_%s", row->long_name);
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

size_t word_distance(const char *a, const char *b)
{
    enum { MAX = 24 };
    const size_t a_length = strlen(a), b_length = strlen(b);
    size_t d[MAX + 1][MAX + 1];

    if (a_length > MAX || b_length > MAX)
        return MAX;
    for (size_t i = 0; i <= a_length; i++) {
        for (size_t k = 0; k <= b_length; k++) {
            size_t least = i == 0 ? k : i;

            if (i > 0 && k > 0) {
                const size_t changed = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);

                least = d[i - 1][k] < d[i][k - 1] ? d[i - 1][k] + 1 : d[i][k - 1] + 1;
                least = changed < least ? changed : least;
                if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                    d[i - 2][k - 2] + 1 < least)
                    least = d[i - 2][k - 2] + 1;
            }
            d[i][k] = least;
        }
    }
    return d[a_length][b_length];
}

size_t option_count_starting(enum command_id command, const char *start)
{
    size_t count = 0;

    for (size_t i = 0; i < OPTION_COUNT_; i++)
        count += option_is_on(&options[i], command) &&
                 strncmp(options[i].long_name, start, strlen(start)) == 0;
    return count;
}

const char *option_nearest(enum command_id command, unsigned flags, const char *word)
{
    const char *nearest = NULL;
    size_t least = 3;

    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        const struct option_row *const row = &options[i];
        size_t n;

        if (!option_is_on(row, command) || (row->flags & flags) != flags)
            continue;
        n = word_distance(word, row->long_name);
        if (n < least && 2 * n < strlen(row->long_name)) {
            least = n;
            nearest = row->long_name;
        }
    }
    return nearest;
}
