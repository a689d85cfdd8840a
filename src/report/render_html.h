/* render_html.h -- the HTML page beside its rows: panels and the shell around them. */
#ifndef RDBLENS_RENDER_HTML_H
#define RDBLENS_RENDER_HTML_H

#include "report/panels.h"
#include "report/render.h"

/* These are for the renderer of an output of REPORT_HTML, after the reports and before end(). */

/* The panel with its chart and its reports' tables. */
int render_html_panel(struct renderer *r, const struct panel *panel, const struct panel_rows *rows,
                      struct error *err);
/* Reports that no panel has taken get one each. */
int render_html_others(struct renderer *r, struct error *err);
/* The whole page, which end() writes. */
int render_html_page(struct renderer *r, const struct panel_rows *page, struct error *err);

#endif
