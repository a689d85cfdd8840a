/* out.c -- a stream whose first failure is remembered with its errno.  See out.h. */
// SPDX-License-Identifier: MIT
#include "report/out.h"

#include <errno.h>
#include <string.h>

void out_bytes(struct out *o, const char *bytes, size_t size_bytes)
{
    if (o->error_number != 0 || size_bytes == 0)
        return;
    errno = 0;
    if (fwrite(bytes, 1, size_bytes, o->file) < size_bytes)
        o->error_number = errno != 0 ? errno : EIO;
}

void out_puts(struct out *o, const char *text)
{
    out_bytes(o, text, strlen(text));
}

void out_putc(struct out *o, char c)
{
    out_bytes(o, &c, 1);
}

void out_flush(struct out *o)
{
    if (o->error_number != 0)
        return;
    errno = 0;
    if (fflush(o->file) != 0)
        o->error_number = errno != 0 ? errno : EIO;
}

int out_check(const struct out *o, struct error *err)
{
    if (o->error_number == 0)
        return 0;
    if (o->error_number == EPIPE)
        return error_set(err, EXIT_SIGPIPE, "%s", "");
    return error_set(err, EXIT_CANNOT_RUN, "%s: %s", o->path != NULL ? o->path : "standard output",
                     strerror(o->error_number));
}
