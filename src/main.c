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
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cli/help.h"
#include "commands.h"
#include "report/shell_word.h"
#include "util/signals.h"
#include "util/tempfile.h"

static const struct command *const commands[] = {
    &cmd_analyze, &cmd_report, &cmd_query, &cmd_diff, &cmd_info, &cmd_verify, &cmd_config,
};

_Static_assert(sizeof commands / sizeof *commands == COMMAND_COUNT_, "a command without code");

int command_fail(const struct error *err)
{
    if (err->message[0] != '\0')
        error_print("%s", err->message);
    return err->exit_code;
}

void command_line_add(struct strbuf *b, int argc, char **argv)
{
    strbuf_puts(b, "rdblens");
    for (int i = 0; i < argc; i++) {
        strbuf_putc(b, ' ');
        shell_word(b, argv[i], strlen(argv[i]));
    }
}

int64_t command_wall_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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
    for (size_t i = 0; i < COMMAND_COUNT_; i++) {
        if (strcmp(command_at(commands[i]->id)->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int fail_unknown(const char *word)
{
    const char *nearest = NULL;
    size_t least = 3;

    for (int i = 0; i < COMMAND_COUNT_; i++) {
        const char *const name = command_at((enum command_id)i)->name;
        const size_t n = word_distance(word, name);

        if (n < least) {
            least = n;
            nearest = name;
        }
    }
    if (nearest != NULL)
        error_print("'%.60s' is neither a command nor a file; did you mean %s?", word, nearest);
    else
        error_print("'%.60s' is neither a command nor a file; see rdblens --help", word);
    return EXIT_CANNOT_RUN;
}

static int help(int argc, char **argv)
{
    const struct command *c;

    if (argc < 3) {
        help_program(stdout);
        return command_finish_stdout(EXIT_DONE);
    }
    c = find_command(argv[2]);
    if (c == NULL)
        return fail_unknown(argv[2]);
    help_command(stdout, c->id, true);
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
        help_program(stderr);
        return EXIT_CANNOT_RUN;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("rdblens " RDBLENS_VERSION);
        return command_finish_stdout(EXIT_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_program(stdout);
        return command_finish_stdout(EXIT_DONE);
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    c = find_command(argv[1]);
    if (c != NULL)
        return c->run(argc - 1, argv + 1);
    return looks_like_source(argv[1]) ? run_report(argv) : fail_unknown(argv[1]);
}
