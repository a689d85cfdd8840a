/* open_snapshot.h -- for commands that read one snapshot and write no database. */
#ifndef RDBLENS_OPEN_SNAPSHOT_H
#define RDBLENS_OPEN_SNAPSHOT_H

#include "rdbparse/rdbparse.h"
#include "util/error.h"

/* The one argument that stands behind the options, from argv[first] on.  NULL: there is none, or several, or it
 * is "-" and standard input a terminal; *err says so. */
const char *snapshot_argument(const char *command, int argc, char **argv, int first,
                              struct error *err);

/* Opens a path, or standard input for "-", with Ctrl-C and a file that shrinks looked after; sets
 * options->check.  0 and a parser for close_snapshot(), or -1. */
int open_snapshot(const char *path, rdbp_options *options, rdbp_parser **ret_parser,
                  struct error *err);
/* NULL is fine. */
void close_snapshot(rdbp_parser *p);

#endif
