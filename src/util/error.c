/* error.c -- filling struct error, and messages on standard error.  See error.h.
 *
 * Every message goes through here, so here is where names of files, which may hold any byte, are
 * made fit for one line of a terminal.
 */
// SPDX-License-Identifier: MIT
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/text.h"

/* Room for a message whose bytes are dropped or quadrupled later. */
#define RAW_BYTES 1024

int error_set(struct error *err, enum exit_code code, const char *format, ...)
{
    char raw[RAW_BYTES];
    va_list ap;

    err->exit_code = code;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    text_one_line(raw, err->message, sizeof err->message);
    return -1;
}

void error_print(const char *format, ...)
{
    char raw[RAW_BYTES], line[RAW_BYTES];
    va_list ap;

    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    fprintf(stderr, "rdblens: %s\n", text_one_line(raw, line, sizeof line));
}
