/* bindings.h -- what :name in the SQL of reports stands for. */
#ifndef RDBLENS_BINDINGS_H
#define RDBLENS_BINDINGS_H

#include "report/report_file.h"
#include "report/section.h"
#include "report/strbuf.h"

/* The common bindings, then the file's parameters, as they were given or else as the file has them;
 * NULL when out of memory.  Borrows all texts. */
struct binding *bindings_of(const struct binding *common, size_t common_count,
                            const struct report_file *file, const struct report_param *given,
                            size_t given_count);

/* Appends the section's SQL as `rdblens query` runs it: the parameters that it reads stand
 * behind it, `-- param: top = 20`. */
void bindings_print_sql(struct strbuf *b, const struct report_section *section,
                        const struct report_file *file, const struct report_param *given,
                        size_t given_count);

/* The SQL of a query as a file of one section, with the parameters that stand in it or are given.
 */
int bindings_read_sql(const char *sql, const struct report_param *given, size_t given_count,
                      struct report_file **ret_file, struct error *err);

#endif
