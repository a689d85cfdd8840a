/* commands.h -- the table main() walks: one struct command a subcommand, one file each (cmd_*.c).
 */
#ifndef RDBLENS_COMMANDS_H
#define RDBLENS_COMMANDS_H

#include <stdint.h>

#include "cli/option_table.h"
#include "report/strbuf.h"
#include "util/error.h"

struct command {
    enum command_id id; /* its row of cli/commands.def */
    /* argv[0] is the command's name.  Returns the exit code; has printed its errors. */
    int (*run)(int argc, char **argv);
};

extern const struct command cmd_analyze;
extern const struct command cmd_report;
extern const struct command cmd_query;
extern const struct command cmd_diff;
extern const struct command cmd_info;
extern const struct command cmd_verify;
extern const struct command cmd_config;

/* Prints "rdblens: MESSAGE" unless the message is empty; returns err's exit code. */
int command_fail(const struct error *err);
/* What was typed, as a shell takes it.  Parsing the arguments splits and moves them: before that.
 */
void command_line_add(struct strbuf *b, int argc, char **argv);
/* The clock, Unix milliseconds. */
int64_t command_wall_now_ms(void);
/* Flushes stdout and returns code, or what the failure to write calls for (141 or 2, with a
 * message). */
int command_finish_stdout(int code);

#endif
