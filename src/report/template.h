/* template.h -- HTML templates over rows: the language of reports/html/NAME.html.
 *
 *      {{#name}}..{{/name}}  a section: for each of its rows;
 *                            a column: if its value is not NULL, 0 or an empty text
 *      {{^name}}..{{/name}}  when the section has no rows; when the column is NULL, 0 or empty
 *      {{column}}            its value as people read it
 *      {{column.raw}}        the value itself: numbers in digits, reals with at most 6 decimals
 *      {{>part}}             a part of the page as it is; only the page's shell has such
 *      {{! remark }}
 *
 * A name is a column of the innermost row, else of the rows around it, else a section.  Everything
 * is escaped; only parts are not, which are never of a snapshot.  A name that nothing has, a
 * section inside itself and tags that do not pair are errors: `FILE:LINE: ...`.
 */
#ifndef RDBLENS_TEMPLATE_H
#define RDBLENS_TEMPLATE_H

#include "report/row_list.h"
#include "report/strbuf.h"

struct template_section {
    const char *name;
    const struct row_list *rows;
};

struct template_part {
    const char *name;
    const char *text;
    size_t size_bytes;
};

struct template_scope {
    const struct template_section *sections;
    size_t section_count;
    const struct template_part *parts;
    size_t part_count;
};

/* Appends the template to b.  Once b holds max_bytes each loop goes on with its last row:
 * *ret_is_cut. path: for messages. */
int template_render(const char *path, const char *text, const struct template_scope *scope,
                    size_t max_bytes, struct strbuf *b, bool *ret_is_cut, struct error *err);

#endif
