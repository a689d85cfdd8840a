/* views.h -- the chosen set of snapshots, and the TEMP views that SQL of reports and checks reads.
 */
#ifndef RDBLENS_VIEWS_H
#define RDBLENS_VIEWS_H

#include <sqlite3.h>
#include <stdint.h>

#include "util/error.h"

/* The set that is meant: an id, else a label; NULL or "newest": the newest.  *ret_newest: the
 * newest in any case.  -1, exit code 2: there is none such. */
int views_choose_set(sqlite3 *db, const char *wanted, int64_t *ret_set, int64_t *ret_newest,
                     struct error *err);
/* The set taken before this one; exit code 2: there is none. */
int views_choose_set_before(sqlite3 *db, int64_t set, int64_t *ret_set, struct error *err);
/* Makes the views (reports/README.md) of the set, in place of those of another.  The functions must
 * be registered (functions.h). */
int views_make(sqlite3 *db, int64_t set, struct error *err);
/* After views_make(): the views report_sidekiq_*. */
int views_make_sidekiq(sqlite3 *db, struct error *err);
/* After views_make(), once: the rows of report_patterns. */
int views_fill_patterns(sqlite3 *db, struct error *err);
/* Runs SQL of our own, in which a signal is heeded: before the guard is on. */
int views_execute(sqlite3 *db, const char *sql, struct error *err);

#endif
