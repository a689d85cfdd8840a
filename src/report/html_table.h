/* html_table.h -- the rows of one section as an HTML table or lines, within a budget of bytes. */
#ifndef RDBLENS_HTML_TABLE_H
#define RDBLENS_HTML_TABLE_H

#include "report/render.h"
#include "report/strbuf.h"

struct html_table {
    const struct section_view *section;
    const char *report;
    size_t budget_bytes;
    size_t row_count; /* with those that are not shown */
    size_t shown_rows;
    size_t cell_width; /* columns of text that a cell may have */
    size_t text_line_count;
    struct strbuf first_line; /* of a section of lines, as HTML */
    struct strbuf cells;
    size_t *ends; /* of the cells in `cells` */
    size_t end_count, end_room;
    bool *is_said; /* by column: some cell says something */
    bool *is_text;
    bool is_list_open; /* lines: a <dl> */
    bool failed;       /* out of memory */
};

void html_table_begin(struct html_table *t, const char *report, const struct section_view *section,
                      size_t budget_bytes);
void html_table_row(struct html_table *t, const struct value *values);
/* Appends the section with its title and frees what the table has.  command: that prints the rows
 * left out. */
void html_table_end(struct html_table *t, const char *command, struct strbuf *b);

#endif
