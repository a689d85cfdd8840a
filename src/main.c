/* main.c -- finds the subcommand and lets it run.
 *
 *      rdblens COMMAND ...       the command
 *      rdblens SRC ...           rdblens report SRC ...
 *
 * A first word that is no command is taken for a source when it is `-`, an option, or looks like a
 * path or is one; any other word is more likely a misspelt command, and gets the nearest one as a
 * hint.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "commands.h"
#include "util/signals.h"
#include "util/tempfile.h"

static const struct command *const commands[] = {
    &cmd_analyze, &cmd_report, &cmd_query, &cmd_info, &cmd_verify,
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

int command_fail(const struct error *err)
{
    if (err->message[0] != '\0')
        error_print("%s", err->message);
    return err->exit_code;
}

int command_usage_error(const char *name, int getopt_result, char **argv)
{
    const char *what = getopt_result == ':' ? "needs a value" : "is not known";

    /* A long option stands in the word before optind, a short one may be inside a cluster. */
    if (optopt > 0 && optopt < 256)
        error_print("%s: option -%c %s; see rdblens help %s", name, optopt, what, name);
    else
        error_print("%s: option %.200s %s; see rdblens help %s", name, argv[optind - 1], what,
                    name);
    return EXIT_CANNOT_RUN;
}

/* The reader of a pipe went away: says so even when the write that failed is long past. */
static bool is_reader_gone(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0;
}

int command_finish_stdout(int code)
{
    const bool had_error = ferror(stdout) != 0;
    const char *why = "a write failed";

    errno = 0;
    if (fflush(stdout) == 0 && !had_error)
        return code;
    if (errno == EPIPE || is_reader_gone(STDOUT_FILENO))
        return EXIT_SIGPIPE;
    if (code == EXIT_CANNOT_RUN) /* that has been said */
        return code;
    if (errno != 0)
        why = strerror(errno);
    error_print("standard output: %s", why);
    return EXIT_CANNOT_RUN;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/* Letters to change, add, drop or swap with a neighbour, to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
    enum { MAX = 16 };
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

static int fail_unknown(const char *word)
{
    const char *nearest = NULL;
    size_t least = 3;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const size_t n = distance(word, commands[i]->name);

        if (n < least) {
            least = n;
            nearest = commands[i]->name;
        }
    }
    if (nearest != NULL)
        error_print("'%.60s' is neither a command nor a file; did you mean %s?", word, nearest);
    else
        error_print("'%.60s' is neither a command nor a file; see rdblens --help", word);
    return EXIT_CANNOT_RUN;
}

static void print_help(FILE *out)
{
    fputs(
        "usage: rdblens SRC                 report on a snapshot or a report database\n"
        "       rdblens COMMAND [ARGUMENTS]\n\n"
        "SRC is a Redis or Valkey snapshot (RDB; also gzip, LZ4, zstd), a report database made by\n"
        "`rdblens analyze -o`, or - for a snapshot from standard input.\n\n",
        out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->about);
    fputs("  help       help for a command: rdblens help COMMAND\n\n"
          "Exit codes: 0 done, 2 could not run, 3 damaged snapshot (what was read is reported),\n"
          "130 and 143 interrupted, 141 standard output was closed.\n",
          out);
}

static int help(int argc, char **argv)
{
    const struct command *c;

    if (argc < 3) {
        print_help(stdout);
        return command_finish_stdout(EXIT_DONE);
    }
    c = find_command(argv[2]);
    if (c == NULL)
        return fail_unknown(argv[2]);
    fputs(c->usage, stdout);
    return command_finish_stdout(EXIT_DONE);
}

static bool looks_like_source(const char *word)
{
    return word[0] == '-' || strpbrk(word, "/.") != NULL || access(word, F_OK) == 0;
}

/* `rdblens SRC ...` as `rdblens report SRC ...`. */
static int run_report(char **argv)
{
    static char name[] = "report";
    char *program = argv[0];
    int code, count = 1;

    while (argv[count] != NULL)
        count++;
    argv[0] = name;
    code = cmd_report.run(count, argv);
    argv[0] = program;
    return code;
}

int main(int argc, char **argv)
{
    const struct command *c;

    signals_install();
    /* No connection is used by two threads, and nobody asks how much memory SQLite has: without the
     * locks for these every statement costs a tenth less. */
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    /* SQLite's own temporary files belong where ours are. */
    setenv("SQLITE_TMPDIR", tempfile_folder(), 0);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_CANNOT_RUN;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("rdblens " RDBLENS_VERSION);
        return command_finish_stdout(EXIT_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return command_finish_stdout(EXIT_DONE);
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    c = find_command(argv[1]);
    if (c != NULL)
        return c->run(argc - 1, argv + 1);
    return looks_like_source(argv[1]) ? run_report(argv) : fail_unknown(argv[1]);
}
