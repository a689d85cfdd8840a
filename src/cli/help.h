/* help.h -- what --help and -h print, from the tables. */
#ifndef RDBLENS_HELP_H
#define RDBLENS_HELP_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/option_table.h"

/* The commands, and what SRC is. */
void help_program(FILE *out);
/* One command: its usual options in 24 lines, or all of them in groups. */
void help_command(FILE *out, enum command_id command, bool is_long);

#endif
