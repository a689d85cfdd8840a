/* catalog.h -- what report_catalog holds, for the engine. */
#ifndef RDBLENS_CATALOG_H
#define RDBLENS_CATALOG_H

#include "report/report_file.h"

/* The report's file; i < report_catalog_count(). */
const struct report_file *report_catalog_file(const struct report_catalog *c, size_t i);
/* The report's number, or -1 and a message that lists the names. */
int report_catalog_require(const struct report_catalog *c, const char *name, size_t *ret_i,
                           struct error *err);

#endif
