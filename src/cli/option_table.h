/* option_table.h -- the commands and their options as rows (commands.def, options.def).
 *
 * A row is all there is to know of an option, so that help, man page, completions, settings file
 * and environment cannot tell different things.
 */
#ifndef RDBLENS_OPTION_TABLE_H
#define RDBLENS_OPTION_TABLE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_id {
#define COMMAND(id, ...) COMMAND_##id,
#include "cli/commands.def"
#undef COMMAND
    COMMAND_COUNT_
};

enum operands {
    OPERANDS_NONE = 0,
    OPERANDS_FILES,
    OPERANDS_SOURCE,             /* one file */
    OPERANDS_SOURCE_AND_REPORTS, /* one file, then names of reports */
    OPERANDS_COMMANDS
};

struct command_row {
    const char *name, *about, *synopsis, *text, *examples;
    enum operands operands;
};

/* From 1000 on: getopt_long() returns them, and short options as their letters. */
enum option_id {
    OPTION_NONE = 999,
#define OPTION(id, ...) OPTION_##id,
#include "cli/options.def"
#undef OPTION
    OPTION_END_,
    OPTION_COUNT_ = OPTION_END_ - 1000
};

enum option_group {
    GROUP_OUTPUT = 0,
    GROUP_REPORTS,
    GROUP_DATABASE,
    GROUP_FILTERS,
    GROUP_READING,
    GROUP_NAMES,
    GROUP_SERVER,
    GROUP_GENERAL,
    GROUP_COUNT_
};

/* What a value is: how it is checked and how it completes. */
enum option_takes {
    TAKES_TEXT = 0,
    TAKES_NUMBER, /* min to max */
    TAKES_SIZE,
    TAKES_TIME,
    TAKES_PAIR, /* NAME=VALUE */
    TAKES_SERVER_SETTING,
    TAKES_FILE,
    TAKES_FOLDER,
    TAKES_FIRST_CHOICE_, /* from here on: one of the words that option_choice() tells */
    TAKES_FORMAT = TAKES_FIRST_CHOICE_,
    TAKES_TEXT_OR_JSON,
    TAKES_KEYS,
    TAKES_REDACTION,
    TAKES_TYPE,
    TAKES_MODEL,
    TAKES_ALLOCATOR
};

enum option_flags {
    OPTION_STANDING = 1, /* may stand in a settings file and in the environment */
    OPTION_REPEATABLE =
        2,             /* a source may give it several times; a higher source replaces them all */
    OPTION_ADDS = 4,   /* repeatable, and a higher source adds to the lower ones */
    OPTION_COMMON = 8, /* -h shows it */
    OPTION_NO_VARIABLE = 16, /* in a settings file only */
    OPTION_FIRST_COUNTS = 32 /* with OPTION_ADDS: higher sources go first */
};

struct option_row {
    enum option_id id;
    char short_name;       /* 0: none */
    const char *long_name; /* also its name in a settings file */
    const char *argument;  /* NULL: it takes none */
    const char *by_itself; /* the value when it is typed without one; NULL: it needs one */
    enum option_takes takes;
    int64_t min, max;
    unsigned commands; /* a bit for each command_id */
    enum option_group group;
    unsigned flags;
    const char *by_default; /* what is in force when nobody says anything; NULL: nothing */
    const char *help;       /* one line */
    const char *more;       /* what else there is to say; NULL: nothing */
};

const struct command_row *command_at(enum command_id id);
/* -1: there is none of that name. */
int command_named(const char *name);

const struct option_row *option_at(size_t i); /* i < OPTION_COUNT_ */
/* `config` has every option that can be a setting; COMMAND_COUNT_: any command. */
bool option_is_on(const struct option_row *row, enum command_id command);
/* The row that a command has under this long name, or any command when it is COMMAND_COUNT_; NULL:
 * none. */
const struct option_row *option_named(enum command_id command, const char *long_name);
/* The row of what getopt_long() has returned. */
const struct option_row *option_returned(enum command_id command, int value);
const char *option_group_title(enum option_group group);

/* Tables for getopt_long(), made from the rows of a command. */
struct option_getopt {
    struct option long_options[OPTION_COUNT_ + 1];
    char short_options[2 * OPTION_COUNT_ + 2];
};
void option_getopt_init(enum command_id command, struct option_getopt *ret);

/* "RDBLENS_MAX_PATTERNS" of "max-patterns". */
#define OPTION_VARIABLE_BYTES 64
void option_variable(const struct option_row *row, char out[OPTION_VARIABLE_BYTES]);

/* How many options of the command start so: getopt_long() takes a start that only one has. */
size_t option_count_starting(enum command_id command, const char *start);
/* Letters to change, add, drop or swap with a neighbour, to make one word of the other; large for
 * long words. */
size_t word_distance(const char *a, const char *b);
/* The command's option, or with OPTION_STANDING in flags the setting, that word was perhaps meant
 * to be; NULL: none is near. */
const char *option_nearest(enum command_id command, unsigned flags, const char *word);

#endif
