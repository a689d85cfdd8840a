/* settings_text.h -- the lines of a settings file. */
#ifndef RDBLENS_SETTINGS_TEXT_H
#define RDBLENS_SETTINGS_TEXT_H

#include <stddef.h>

#include "util/error.h"

#define SETTINGS_TEXT_MAX_BYTES ((size_t)1 << 20)

struct settings_line {
    const char *path; /* as given */
    unsigned number;
    const char *section; /* "": before the first */
    const char *key;     /* NULL: the section begins here */
    char *value;         /* all of them NUL-terminated inside the text */
};

/* Calls take() for each `[section]` and `key = value`.  text has size_bytes and one byte more for a
 * NUL, and is cut into pieces.  -1: *err names path and line. */
int settings_text_parse(const char *path, char *text, size_t size_bytes,
                        int (*take)(void *data, const struct settings_line *line,
                                    struct error *err),
                        void *data, struct error *err);

#endif
