/* baseline.h -- an earlier snapshot beside the one that is reported on, for `diff` and `check`.
 *
 *      baseline_make(db, &err)                  empty TEMP tables old_*: there is no baseline yet
 *      baseline_copy(old_db, set, db, &err)     what the views report_* say of the earlier set
 *      baseline_compare(db, set, &err)          the tables diff_*, of both
 */
#ifndef RDBLENS_BASELINE_H
#define RDBLENS_BASELINE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* Empty tables old_NAME in TEMP, with the columns of the views report_NAME (reports/README.md), in
 * place of those of another baseline. */
int baseline_make(sqlite3 *db, struct error *err);
/* After baseline_make(db): fills them from a set of old_db, in which the views are made. */
int baseline_copy(sqlite3 *old_db, int64_t old_set, sqlite3 *db, struct error *err);
/* After baseline_copy(): makes diff_pair and diff_patterns (baseline.sql) with this set as the
 * newer side. */
int baseline_compare(sqlite3 *db, int64_t set, struct error *err);
/* After baseline_compare().  *ret_differs: in keys, bytes, TTLs or patterns.  *ret_is_complete:
 * every snapshot of the baseline is. */
int baseline_verdict(sqlite3 *db, bool *ret_differs, bool *ret_is_complete, struct error *err);

#endif
