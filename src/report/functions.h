/* functions.h -- SQL functions for reports and queries. */
#ifndef RDBLENS_FUNCTIONS_H
#define RDBLENS_FUNCTIONS_H

#include <sqlite3.h>

#include "util/error.h"

/* See reports/README.md for what they are. */
int functions_register(sqlite3 *db, struct error *err);

#endif
