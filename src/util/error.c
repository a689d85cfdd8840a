/* error.c -- filling struct error.  See error.h. */
// SPDX-License-Identifier: MIT
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *err, enum exit_code code, const char *format, ...)
{
    va_list ap;

    err->exit_code = code;
    va_start(ap, format);
    vsnprintf(err->message, sizeof err->message, format, ap);
    va_end(ap);
    return -1;
}
