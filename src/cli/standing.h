/* standing.h -- settings that stand: of the environment, the user's file and the system's.
 *
 * What counts for an option, from high to low:
 *
 *      command line > RDBLENS_... > user's file > system's file > default
 *
 * and inside a file the section of the command before the lines above all sections.  The highest
 * source that gives an option gives all its values, except for options that add up
 * (OPTION_ADDS).
 */
#ifndef RDBLENS_STANDING_H
#define RDBLENS_STANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option_table.h"
#include "util/error.h"

/* The most values that all these give together. */
#define STANDING_MAX 4096

enum standing_level {
    LEVEL_SYSTEM = 0,
    LEVEL_SYSTEM_SECTION,
    LEVEL_USER,
    LEVEL_USER_SECTION,
    LEVEL_ENVIRONMENT,
    LEVEL_COUNT_
};

struct setting {
    const struct option_row *row;
    enum command_id command; /* of its section; COMMAND_COUNT_: every one */
    char *value;             /* "yes" or "no" for an option without argument */
    enum standing_level level;
    const char *path; /* NULL: the environment */
    unsigned line;
};

struct standing_file {
    char *path; /* NULL: none was looked for */
    bool was_read;
};

struct standing {
    struct setting *items; /* files first, each in its order */
    size_t count;
    char **owned; /* what the items' texts lie in */
    size_t owned_count;
    struct standing_file system, user;
};

/* config_file: of --config-file, instead of the user's and the system's; NULL: not given. */
int standing_load(struct standing *s, const char *config_file, struct error *err);
/* One file's text, which s owns from now on (size_bytes and a byte more); level: SYSTEM or USER. */
int standing_add_text(struct standing *s, enum standing_level level, const char *path, char *text,
                      size_t size_bytes, struct error *err);
void standing_done(struct standing *s);

/* The settings in force of an option for a command, in the order in which they are to be taken;
 * found has room for s->count of them. */
size_t standing_select(const struct standing *s, enum command_id command,
                       const struct option_row *row, const struct setting **found);
/* "RDBLENS_TOP" or "FILE: line 3: top". */
void setting_origin(const struct setting *setting, char *out, size_t out_bytes);

#endif
