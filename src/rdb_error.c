/* rdb_error.c -- what the parser says, as messages and exit codes of the program.
 *
 * The exit code hangs on the kind of error alone, not on how far the parser could go on: a damaged
 * value that costs one key and a cut that costs half the file are both "damaged" to a nightly job.
 */
// SPDX-License-Identifier: MIT
#include "rdb_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/signals.h"

int rdb_exit_code(enum rdbp_errcode code)
{
    switch (code) {
    case RDBP_ERR_NOMEM:
    case RDBP_ERR_IO:
    case RDBP_ERR_EMPTY:
    case RDBP_ERR_NOT_RDB: return EXIT_CANNOT_RUN;
    case RDBP_ERR_CANCELLED: return signals_exit_code();
    case RDBP_ERR_TRUNCATED:
    case RDBP_ERR_CORRUPT:
    case RDBP_ERR_VALUE:
    case RDBP_ERR_UNKNOWN_TYPE:
    case RDBP_ERR_UNKNOWN_OPCODE:
    case RDBP_ERR_UNSUPPORTED:
    case RDBP_ERR_DECOMPRESS:
    case RDBP_ERR_CHECKSUM:
    case RDBP_ERR_TRAILING:
    case RDBP_ERR_CHANGED: return EXIT_DAMAGED;
    default: return EXIT_DONE;
    }
}

const char *rdb_severity_name(enum rdbp_severity severity)
{
    switch (severity) {
    case RDBP_SEVERITY_FAILED: return "failed";
    case RDBP_SEVERITY_FATAL: return "fatal";
    default: return "warning";
    }
}

int rdb_error_set(struct error *err, const char *path, const rdbp_error *e)
{
    const int code = rdb_exit_code(e->code);
    const char *warning = code == EXIT_DONE ? "warning: " : "";
    char head[204] = "";

    if (path != NULL)
        snprintf(head, sizeof head, "%.200s: ", strcmp(path, "-") == 0 ? "stdin" : path);
    if (e->code == RDBP_ERR_CANCELLED)
        error_set(err, (enum exit_code)code, "%sinterrupted", head);
    else if (code == EXIT_CANNOT_RUN && e->offset == 0)
        error_set(err, EXIT_CANNOT_RUN, "%s%s", head, e->message);
    else if (e->key_index == RDBP_NO_KEY)
        error_set(err, (enum exit_code)code, "%soffset %" PRIu64 ": %s%s", head, e->offset, warning,
                  e->message);
    else
        error_set(err, (enum exit_code)code,
                  "%soffset %" PRIu64 ", db %" PRIu64 ", key %" PRIu64 ": %s%s", head, e->offset,
                  e->db, e->key_index, warning, e->message);
    return -1;
}
