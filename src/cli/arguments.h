/* arguments.h -- a command's options, from everywhere they may stand, handed over one by one.
 *
 *      struct arguments a;
 *      r = arguments_parse(&a, COMMAND_VERIFY, argc, argv, take_option, &mine, &err);
 *      if (r == ARGUMENTS_RUN) ... argv[a.first_operand], up to argc ...
 *      arguments_done(&a);                 the options' values live until here
 *
 * Each value has been checked (option_check.h) before take() sees it.
 */
#ifndef RDBLENS_ARGUMENTS_H
#define RDBLENS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option_table.h"
#include "cli/standing.h"
#include "util/error.h"

struct option_given {
    enum option_id id;
    char *value;      /* NULL when it takes none */
    bool is_standing; /* not typed for this run: where it does not fit, it does not matter */
};

/* Takes one option.  -1 and *err: not possible. */
typedef int (*option_taker)(void *data, const struct option_given *given, struct error *err);

enum arguments_result { ARGUMENTS_FAILED = -1, ARGUMENTS_RUN = 0, ARGUMENTS_HELPED = 1 };

struct arguments {
    int first_operand;         /* argv is permuted: options come first */
    struct option_given *line; /* what was typed, in its order */
    size_t line_count;
    struct standing standing;
};

/* Parses the command line; -h and --help print and end.  argv[0] is the command's name. */
enum arguments_result arguments_parse(struct arguments *a, enum command_id command, int argc,
                                      char **argv, option_taker take, void *data,
                                      struct error *err);
void arguments_done(struct arguments *a);

#endif
