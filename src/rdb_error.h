/* rdb_error.h -- what the parser says, as messages and exit codes of the program. */
#ifndef RDBLENS_RDB_ERROR_H
#define RDBLENS_RDB_ERROR_H

#include <stdbool.h>

#include "rdbparse/rdbparse.h"
#include "util/error.h"

/* 2: the file could not be used; 3: damaged or not understood; 0: a warning; CANCELLED: 130 or 143.
 */
int rdb_exit_code(enum rdbp_errcode code);
/* "warning", "failed", "fatal". */
const char *rdb_severity_name(enum rdbp_severity severity);
/* "PATH: offset 1234, db 0, key 17: MESSAGE" into *err, with its exit code; without a place when
 * the file could not be used at all.  path NULL: without it.  Returns -1. */
int rdb_error_set(struct error *err, const char *path, const rdbp_error *e);

#endif
