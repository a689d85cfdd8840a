/* commands.h -- the table main() walks: one struct command a subcommand, one file each (cmd_*.c).
 */
#ifndef RDBLENS_COMMANDS_H
#define RDBLENS_COMMANDS_H

#include "util/error.h"

struct command {
    const char *name;
    const char *about; /* one line for the list of commands */
    const char *usage; /* the whole help text */
    /* argv[0] is the command's name.  Returns the exit code; has printed its errors. */
    int (*run)(int argc, char **argv);
};

extern const struct command cmd_analyze;
extern const struct command cmd_report;
extern const struct command cmd_query;
extern const struct command cmd_info;
extern const struct command cmd_verify;

/* Prints "rdblens: MESSAGE" unless the message is empty; returns err's exit code. */
int command_fail(const struct error *err);
/* After a getopt error: "rdblens: COMMAND: unknown option ..., see rdblens help COMMAND";
 * returns 2. To be used with opterr = 0 and an option string that starts with ':'. */
int command_usage_error(const char *name, int getopt_result, char **argv);
/* Flushes stdout and returns code, or what the failure to write calls for (141 or 2, with a
 * message). */
int command_finish_stdout(int code);

#endif
