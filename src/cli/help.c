/* help.c -- help texts in 80 columns, made from commands.def and options.def. */
// SPDX-License-Identifier: MIT
#include "cli/help.h"

#include <string.h>

enum { COLUMNS = 80, NAME_COLUMNS = 24 };

/* Words of text from column `at` on, next lines from column `indent`; ends the line. */
static void print_wrapped(FILE *out, const char *text, int at, int indent)
{
    bool is_first = true;

    while (*text != '\0') {
        const int length = (int)strcspn(text, " ");

        if (!is_first && at + 1 + length > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            is_first = true;
        }
        fprintf(out, "%s%.*s", is_first ? "" : " ", length, text);
        at += length + !is_first;
        is_first = false;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* "  -f, --format FORMAT"; returns its length. */
static int print_name(FILE *out, const struct option_row *row)
{
    int at =
        row->short_name != '\0' ? fprintf(out, "  -%c, ", row->short_name) : fprintf(out, "      ");

    at += fprintf(out, "--%s", row->long_name);
    if (row->argument != NULL)
        at += fprintf(out, row->by_itself != NULL ? "[=%s]" : " %s", row->argument);
    return at;
}

static void print_row(FILE *out, const struct option_row *row)
{
    const int at = print_name(out, row), column = 2 + NAME_COLUMNS;

    if (at + 1 >= column)
        fprintf(out, "\n%*s", column, "");
    else
        fprintf(out, "%*s", column - at, "");
    print_wrapped(out, row->help, column, column);
}

static void print_groups(FILE *out, enum command_id command)
{
    for (int group = 0; group < GROUP_COUNT_; group++) {
        bool has_title = false;

        for (size_t i = 0; i < OPTION_COUNT_; i++) {
            const struct option_row *const row = option_at(i);

            if (!option_is_on(row, command) || (int)row->group != group)
                continue;
            if (!has_title)
                fprintf(out, "\n%s:\n", option_group_title((enum option_group)group));
            has_title = true;
            print_row(out, row);
            if (row->more != NULL) {
                fprintf(out, "%*s", 2 + NAME_COLUMNS, "");
                print_wrapped(out, row->more, 2 + NAME_COLUMNS, 2 + NAME_COLUMNS);
            }
        }
    }
}

static void print_examples(FILE *out, const char *text)
{
    bool is_command = true;

    fputs("\nExamples:\n", out);
    for (; *text != '\0'; is_command = !is_command) {
        const int length = (int)strcspn(text, "\n");

        fprintf(out, is_command ? "  %.*s\n" : "      %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

void help_command(FILE *out, enum command_id command, bool is_long)
{
    const struct command_row *const row = command_at(command);

    fprintf(out, "usage: rdblens %s %s [OPTIONS]\n\n", row->name, row->synopsis);
    print_wrapped(out, row->text, 0, 0);
    if (is_long) {
        print_groups(out, command);
        print_examples(out, row->examples);
        return;
    }
    fputc('\n', out);
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        if (option_is_on(option_at(i), command) && (option_at(i)->flags & OPTION_COMMON) != 0)
            print_row(out, option_at(i));
    }
}

void help_program(FILE *out)
{
    fputs("usage: rdblens SRC                 report on a snapshot or a report database\n"
          "       rdblens COMMAND [ARGUMENTS]\n\n"
          "SRC is a Redis or Valkey snapshot (RDB; also gzip, LZ4, zstd), a report database\n"
          "made by `rdblens analyze -o`, or - for a snapshot from standard input.\n\n",
          out);
    for (int i = 0; i < COMMAND_COUNT_; i++)
        fprintf(out, "  %-10s %s\n", command_at((enum command_id)i)->name,
                command_at((enum command_id)i)->about);
    fputs("  help       help for a command: rdblens help COMMAND\n\n"
          "rdblens COMMAND -h tells the usual options, --help all of them.\n\n"
          "Exit codes: 0 done, 1 diff --exit-code: they differ, 2 could not run, 3 damaged\n"
          "snapshot (what was read is reported), 130 and 143 interrupted, 141 standard\n"
          "output was closed.\n",
          out);
}
