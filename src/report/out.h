/* out.h -- a stream whose first failure is remembered with its errno.
 *
 * stdio tells that a write failed, but not why, once other calls have changed errno; and whether a
 * pipe was closed or a disk is full makes different exit codes.
 */
#ifndef RDBLENS_OUT_H
#define RDBLENS_OUT_H

#include <stdio.h>

#include "util/error.h"

struct out {
    FILE *file;
    const char *path; /* NULL: standard output */
    int error_number; /* 0: all well */
};

void out_bytes(struct out *o, const char *bytes, size_t size_bytes);
void out_puts(struct out *o, const char *text);
void out_putc(struct out *o, char c);
void out_flush(struct out *o);
/* -1 and *err when something failed: 141 without a message for a closed pipe, else 2. */
int out_check(const struct out *o, struct error *err);

#endif
