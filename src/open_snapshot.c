/* open_snapshot.c -- for commands that read one snapshot and write no database. */
// SPDX-License-Identifier: MIT
#include "open_snapshot.h"

#include <string.h>
#include <unistd.h>

#include "rdb_error.h"
#include "util/signals.h"

const char *snapshot_argument(const char *command, int argc, char **argv, int first,
                              struct error *err)
{
    if (argc - first != 1) {
        error_set(err, EXIT_CANNOT_RUN, "%s: give one snapshot; see rdblens help %s", command,
                  command);
        return NULL;
    }
    if (strcmp(argv[first], "-") == 0 && isatty(STDIN_FILENO)) {
        error_set(err, EXIT_CANNOT_RUN, "standard input is a terminal; pipe a snapshot into it");
        return NULL;
    }
    return argv[first];
}

static enum rdbp_errcode check(void *user)
{
    (void)user;
    if (signals_mapping_failed())
        return RDBP_ERR_CHANGED;
    return signals_cancelled() != 0 ? RDBP_ERR_CANCELLED : RDBP_ERR_NONE;
}

int open_snapshot(const char *path, rdbp_options *options, rdbp_parser **ret_parser,
                  struct error *err)
{
    rdbp_error parse_error;
    const void *base;
    size_t size_bytes;
    int r;

    options->check = check;
    r = strcmp(path, "-") == 0 ? rdbp_open_fd(STDIN_FILENO, options, ret_parser, &parse_error)
                               : rdbp_open_path(path, options, ret_parser, &parse_error);
    if (r < 0)
        return rdb_error_set(err, path, &parse_error);
    if (rdbp_mapping(*ret_parser, &base, &size_bytes))
        signals_guard_mapping(base, size_bytes);
    return 0;
}

void close_snapshot(rdbp_parser *p)
{
    signals_guard_mapping(NULL, 0);
    rdbp_close(p);
}
