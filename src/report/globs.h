/* globs.h -- SQL functions that say what a glob would hit, from patterns instead of all keys. */
#ifndef RDBLENS_GLOBS_H
#define RDBLENS_GLOBS_H

#include <sqlite3.h>

#include "util/error.h"

/* glob_keys(db, glob), glob_bytes(db, glob), glob_is_exact(db, glob): about the chosen set
 * (views.sql).  To be called again whenever the set changes. */
int globs_register(sqlite3 *db, struct error *err);

#endif
