/* load.h -- one snapshot into an open store. */
#ifndef RDBLENS_LOAD_H
#define RDBLENS_LOAD_H

#include "analyze/analyze.h"

/* 0: *outcome is brought up to date (its exit code only gets worse); -1: *err, nothing can be kept.
 */
int load_snapshot(struct store *s, const struct analyze_options *options, const char *path,
                  struct analyze_outcome *outcome, struct error *err);

/* The last part of a path; "stdin" for "-". */
const char *load_label(const char *path);

#endif
