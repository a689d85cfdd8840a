/* render_folded.c -- stacks for flame graphs, a line each.
 *
 *      user;*;cart 73400320
 *
 * What flamegraph.pl, inferno and speedscope read: frames between semicolons, a blank, a whole
 * number.  The rows come from folded.sql, the frames without blanks and semicolons of their own.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/render.h"

static void folded_row(struct renderer *r, const struct value *values)
{
    char number[24];

    snprintf(number, sizeof number, " %" PRId64 "\n", values[1].integer);
    out_bytes(&r->out, values[0].bytes, values[0].size_bytes);
    out_puts(&r->out, number);
}

static void folded_report_begin(struct renderer *r, const struct report_info *report,
                                const struct report_head *head)
{
    (void)r;
    (void)report;
    (void)head;
}

static void folded_section_begin(struct renderer *r, const struct section_view *section)
{
    (void)r;
    (void)section;
}

static void folded_nothing(struct renderer *r)
{
    (void)r;
}

static void folded_free(struct renderer *r)
{
    free(r);
}

struct renderer *render_folded_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        folded_nothing, folded_report_begin, folded_section_begin, folded_row,
        folded_nothing, folded_nothing,      folded_nothing,       folded_free,
    };
    struct renderer *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->ops = &ops;
    r->out = (struct out){.file = output->file, .path = output->path};
    return r;
}
