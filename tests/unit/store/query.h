/* query.h -- what a database answers, for tests of the store.  Both fail the test when a statement
 * cannot be prepared or has no row.
 */
#ifndef RDBLENS_TEST_QUERY_H
#define RDBLENS_TEST_QUERY_H

#include <stdint.h>

#include <sqlite3.h>

/* The first column of the first row. */
int64_t query_int(sqlite3 *db, const char *sql);
void assert_query_text(sqlite3 *db, const char *sql, const char *expected);

#endif
