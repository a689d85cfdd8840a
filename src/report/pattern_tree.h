/* pattern_tree.h -- the table-valued SQL function pattern_tree(): patterns as a tree of namespaces.
 */
#ifndef RDBLENS_PATTERN_TREE_H
#define RDBLENS_PATTERN_TREE_H

#include <sqlite3.h>

#include "util/error.h"

int pattern_tree_register(sqlite3 *db, struct error *err);

#endif
