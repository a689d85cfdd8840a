/* make_documents.c -- man page and completions from the tables, run by the build:
 * `make_documents man|bash|zsh|fish VERSION`.
 *
 * All of it is written at build time because the tables are C.  Where the build cannot run what it
 * builds, there is neither man page nor completion (meson.build).
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "cli/option_check.h"
#include "cli/option_table.h"
#include "report/report.h"

static struct report_catalog *catalog;

/* --- man --- */

/* Text for roff: a backslash, a minus sign that shall be one, a line that begins like a request. */
static void print_roff(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\\')
            fputs("\\e", stdout);
        else if (*p == '-')
            fputs("\\-", stdout);
        else if (*p == '`')
            putchar('"');
        else if ((*p == '.' || *p == '\'') && p == text)
            printf("\\&%c", *p);
        else
            putchar(*p);
    }
}

static void print_roff_line(const char *request, const char *text)
{
    fputs(request, stdout);
    print_roff(text);
    putchar('\n');
}

static void print_man_option(const struct option_row *row)
{
    char variable[OPTION_VARIABLE_BYTES];

    puts(".TP");
    if (row->short_name != '\0')
        printf("\\fB\\-%c\\fR, ", row->short_name);
    fputs("\\fB\\-\\-", stdout);
    print_roff(row->long_name);
    fputs("\\fR", stdout);
    if (row->argument != NULL)
        printf(row->by_itself != NULL ? "[=\\fI%s\\fR]" : " \\fI%s\\fR", row->argument);
    putchar('\n');
    print_roff(row->help);
    puts(".");
    if (row->more != NULL)
        print_roff_line("", row->more);
    if ((row->flags & OPTION_STANDING) == 0)
        return;
    option_variable(row, variable);
    if ((row->flags & OPTION_NO_VARIABLE) != 0)
        puts("Setting.");
    else
        printf("Setting; variable %s.\n", variable);
}

static void print_man_command(enum command_id command)
{
    const struct command_row *const c = command_at(command);
    const char *text = c->examples;
    bool is_command = true;

    printf(".SS rdblens %s\n", c->name);
    printf(".B rdblens %s\n", c->name);
    print_roff_line("", c->synopsis[0] != '\0' ? c->synopsis : "[OPTIONS]");
    puts(".PP");
    print_roff_line("", c->text);
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        if ((option_at(i)->commands & 1U << command) != 0)
            print_man_option(option_at(i));
    }
    puts(".PP\nExamples:");
    for (; *text != '\0'; is_command = !is_command) {
        char line[200];
        const size_t length = strcspn(text, "\n");

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (is_command)
            puts(".TP");
        print_roff_line("", line);
        text += length + (text[length] == '\n');
    }
}

static void print_man(const char *version)
{
    printf(".TH RDBLENS 1 \"\" \"rdblens %s\" \"User Commands\"\n", version);
    puts(".SH NAME\nrdblens \\- what a Redis or Valkey snapshot holds\n"
         ".SH SYNOPSIS\n.B rdblens\n.I SRC\n.br\n.B rdblens\n.I COMMAND\n[ARGUMENTS]\n"
         ".SH DESCRIPTION\nReads a Redis or Valkey snapshot (RDB), sizes every key as the server "
         "would, and\n"
         "prints reports: what fills the memory, what never expires, what job queues left behind.\n"
         "From the file alone; it never talks to a server.\n"
         ".PP\n.I SRC\nis a snapshot (also gzip, LZ4, zstd), a report database made by\n"
         ".BR \"rdblens analyze \\-o\" ,\nor \\- for a snapshot from standard input.\n"
         "Without a command,\n.B rdblens report\nis meant.\n.SH COMMANDS");
    for (int i = 0; i < COMMAND_COUNT_; i++)
        print_man_command((enum command_id)i);
    puts(".SH REPORTS");
    for (size_t i = 0; i < report_catalog_count(catalog); i++) {
        const struct report_info *const info = report_catalog_at(catalog, i);

        printf(".TP\n.B %s\n", info->name);
        print_roff_line("", info->about != NULL ? info->about : info->title);
    }
    puts(".SH \"EXIT STATUS\"\n.TP\n0\ndone\n.TP\n1\ndiff \\-\\-exit\\-code: they differ\n.TP\n2\n"
         "could not run\n.TP\n3\n"
         "damaged or incomplete snapshot: what was read is reported\n.TP\n130, 143\ninterrupted\n"
         ".TP\n141\nstandard output was closed\n"
         ".SH ENVIRONMENT\n.TP\nRDBLENS_CONFIG\nthe settings file, instead of those below\n"
         ".TP\nRDBLENS_TMPDIR, TMPDIR\nwhere private databases lie (/var/tmp)\n"
         ".TP\nNO_COLOR\nno colors\n.TP\nCOLUMNS\nthe width of a terminal\n"
         ".PP\nEvery option that is a setting has a variable of its own, as told above.\n"
         ".SH FILES\n.TP\n$XDG_CONFIG_HOME/rdblens/config, ~/.config/rdblens/config\n"
         "the user's settings\n.TP\n/etc/rdblens.conf\nthe system's settings");
}

/* --- completions --- */

static bool is_typed_on(const struct option_row *row, int command)
{
    return option_is_on(row, (enum command_id)command);
}

static bool takes_path(const struct option_row *row)
{
    return row->takes == TAKES_FILE || row->takes == TAKES_FOLDER;
}

static void print_choices(const struct option_row *row)
{
    const char *word;

    for (size_t i = 0; (word = option_choice(row, i)) != NULL; i++)
        printf("%s%s", i > 0 ? " " : "", word);
}

static void print_reports(void)
{
    for (size_t i = 0; i < report_catalog_count(catalog); i++)
        printf("%s%s", i > 0 ? " " : "", report_catalog_at(catalog, i)->name);
}

static void print_commands(void)
{
    for (int i = 0; i < COMMAND_COUNT_; i++)
        printf("%s ", command_at((enum command_id)i)->name);
    fputs("help", stdout);
}

/* What follows an option, as a case of `case $command:$before in`. */
static void print_bash_value(const struct option_row *row, int command)
{
    const char *const name = command_at((enum command_id)command)->name;

    /* Words are cut at =. */
    if (row->by_itself != NULL) {
        printf("    %s:=) [ \"${COMP_WORDS[COMP_CWORD-2]}\" = --%s ] && COMPREPLY=($(compgen -W \"",
               name, row->long_name);
        print_choices(row);
        puts("\" -- \"$word\")); return ;;");
        return;
    }
    printf("    %s:--%s", name, row->long_name);
    if (row->short_name != '\0')
        printf("|%s:-%c", name, row->short_name);
    if (row->takes == TAKES_FOLDER) {
        puts(") COMPREPLY=($(compgen -d -- \"$word\")); return ;;");
    } else if (row->takes == TAKES_FILE) {
        puts(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;");
    } else {
        fputs(") COMPREPLY=($(compgen -W \"", stdout);
        print_choices(row);
        puts("\" -- \"$word\")); return ;;");
    }
}

static void print_bash(void)
{
    puts("# bash completion for rdblens\n_rdblens() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
         "command=${COMP_WORDS[1]} options\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    fputs("        COMPREPLY=($(compgen -W \"", stdout);
    print_commands();
    puts("\" -- \"$word\") $(compgen -f -- \"$word\"))\n        return\n    fi\n"
         "    case $command in");
    for (int i = 0; i < COMMAND_COUNT_; i++) {
        printf("    %s) options=\"", command_at((enum command_id)i)->name);
        for (size_t k = 0; k < OPTION_COUNT_; k++) {
            if (is_typed_on(option_at(k), i))
                printf("%s--%s", k > 0 ? " " : "", option_at(k)->long_name);
        }
        puts("\" ;;");
    }
    fputs("    help) COMPREPLY=($(compgen -W \"", stdout);
    print_commands();
    puts("\" -- \"$word\")); return ;;\n    *) command=report ;;\n    esac\n"
         "    case $command:$before in");
    for (int i = 0; i < COMMAND_COUNT_; i++) {
        for (size_t k = 0; k < OPTION_COUNT_; k++) {
            if (is_typed_on(option_at(k), i) && option_at(k)->argument != NULL)
                print_bash_value(option_at(k), i);
        }
    }
    fputs("    esac\n    case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")); return ;;\n    esac\n"
          "    [ \"$command\" = report ] && COMPREPLY=($(compgen -W \"",
          stdout);
    print_reports();
    puts("\" -- \"$word\"))\n"
         "    [ \"$command\" = config ] || COMPREPLY+=($(compgen -f -- \"$word\"))\n}\n"
         "complete -F _rdblens rdblens");
}

/* Text inside single quotes of a shell; in zsh's specs also brackets and colons mean something. */
static void print_quoted(const char *text, const char *escaped)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            fputs("'\\''", stdout);
        else if (strchr(escaped, *p) != NULL)
            printf("\\%c", *p);
        else
            putchar(*p);
    }
}

static void print_zsh_option(const struct option_row *row)
{
    const bool repeats = (row->flags & (OPTION_REPEATABLE | OPTION_ADDS)) != 0;
    const char forms[2] = {row->short_name, '\0'};

    for (int is_long = row->short_name == '\0'; is_long <= 1; is_long++) {
        printf("        '%s%s%s%s[", repeats ? "*" : "", is_long ? "--" : "-",
               is_long ? row->long_name : forms, row->by_itself != NULL ? "=-" : "");
        print_quoted(row->help, "[]:\\");
        putchar(']');
        if (row->argument != NULL) {
            fputs(row->by_itself != NULL ? "::" : ":", stdout);
            print_quoted(row->argument, "[]:\\");
            putchar(':');
            if (row->takes == TAKES_FOLDER) {
                fputs("_files -/", stdout);
            } else if (row->takes == TAKES_FILE) {
                fputs("_files", stdout);
            } else if (option_choice(row, 0) != NULL) {
                putchar('(');
                print_choices(row);
                putchar(')');
            }
        }
        puts("' \\");
    }
}

static void print_zsh(void)
{
    puts("#compdef rdblens\n_rdblens() {\n    local command=$words[2]\n"
         "    if (( CURRENT == 2 )); then");
    fputs("        compadd -- ", stdout);
    print_commands();
    puts("\n        _files\n        return\n    fi\n    shift words\n    (( CURRENT-- ))\n"
         "    case $command in");
    for (int i = 0; i < COMMAND_COUNT_; i++) {
        const struct command_row *const c = command_at((enum command_id)i);

        printf("    %s)\n        _arguments \\\n", c->name);
        for (size_t k = 0; k < OPTION_COUNT_; k++) {
            if (is_typed_on(option_at(k), i))
                print_zsh_option(option_at(k));
        }
        if (c->operands == OPERANDS_SOURCE_AND_REPORTS) {
            fputs("        '1:SRC:_files' '*:report:(", stdout);
            print_reports();
            puts(")' ;;");
        } else {
            puts(c->operands == OPERANDS_NONE     ? "        && return ;;"
                 : c->operands == OPERANDS_SOURCE ? "        '1:SRC:_files' ;;"
                                                  : "        '*:SRC:_files' ;;");
        }
    }
    fputs("    help) compadd -- ", stdout);
    print_commands();
    puts(" ;;\n    *) _files ;;\n    esac\n}\n_rdblens \"$@\"");
}

static void print_fish(void)
{
    puts("# fish completion for rdblens");
    for (int i = 0; i < COMMAND_COUNT_; i++) {
        const struct command_row *const c = command_at((enum command_id)i);

        printf("complete -c rdblens -n __fish_use_subcommand -a %s -d '", c->name);
        print_quoted(c->about, "\\");
        puts("'");
        for (size_t k = 0; k < OPTION_COUNT_; k++) {
            const struct option_row *const row = option_at(k);

            if (!is_typed_on(row, i))
                continue;
            printf("complete -c rdblens -n '__fish_seen_subcommand_from %s' -l %s", c->name,
                   row->long_name);
            if (row->short_name != '\0')
                printf(" -s %c", row->short_name);
            if (row->argument != NULL)
                fputs(row->by_itself != NULL ? " -f" : takes_path(row) ? " -r -F" : " -x", stdout);
            if (option_choice(row, 0) != NULL) {
                fputs(" -a '", stdout);
                print_choices(row);
                putchar('\'');
            }
            fputs(" -d '", stdout);
            print_quoted(row->help, "\\");
            puts("'");
        }
    }
    fputs("complete -c rdblens -n '__fish_seen_subcommand_from report' -a '", stdout);
    print_reports();
    fputs("'\ncomplete -c rdblens -n '__fish_seen_subcommand_from help' -f -a '", stdout);
    print_commands();
    puts("'");
}

int main(int argc, char **argv)
{
    const char *const what = argc == 3 ? argv[1] : "";
    struct error err;

    if (report_catalog_new(NULL, &catalog, &err) < 0) {
        error_print("%s", err.message);
        return 1;
    }
    if (strcmp(what, "man") == 0)
        print_man(argv[2]);
    else if (strcmp(what, "bash") == 0)
        print_bash();
    else if (strcmp(what, "zsh") == 0)
        print_zsh();
    else if (strcmp(what, "fish") == 0)
        print_fish();
    else
        fputs("usage: make_documents man|bash|zsh|fish VERSION\n", stderr);
    report_catalog_free(catalog);
    return what[0] == '\0' || fflush(stdout) != 0 ? 1 : 0;
}
