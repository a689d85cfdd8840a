/* html_text.c -- values as text of an HTML page.
 *
 * Names are made harmless twice: first as for a terminal (display.h: control characters, bidi,
 * bytes that are no UTF-8), then for HTML.
 */
// SPDX-License-Identifier: MIT
#include "report/html_text.h"

#include <math.h>
#include <string.h>

#include "report/display.h"

bool html_is_number(const struct value *v)
{
    return v->type == VALUE_INT || v->type == VALUE_REAL;
}

void html_escape(struct strbuf *b, const char *text, size_t size_bytes)
{
    size_t from = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        const char *reference;

        switch (text[i]) {
        case '&': reference = "&amp;"; break;
        case '<': reference = "&lt;"; break;
        case '>': reference = "&gt;"; break;
        case '"': reference = "&quot;"; break;
        case '\'': reference = "&#39;"; break;
        default: continue;
        }
        strbuf_add(b, text + from, i - from);
        strbuf_puts(b, reference);
        from = i + 1;
    }
    strbuf_add(b, text + from, size_bytes - from);
}

bool html_shown(struct strbuf *b, const struct value *v, enum column_kind kind, size_t max_width)
{
    struct strbuf shown = {0}, cut = {0};
    bool is_whole;

    display_value(&shown, v, kind);
    display_cut(&cut, strbuf_text(&shown), shown.size_bytes, max_width);
    is_whole =
        cut.size_bytes == shown.size_bytes && strcmp(strbuf_text(&cut), strbuf_text(&shown)) == 0;
    html_escape(b, strbuf_text(&cut), cut.size_bytes);
    b->failed = b->failed || shown.failed || cut.failed;
    strbuf_done(&shown);
    strbuf_done(&cut);
    return is_whole;
}

/* Digits without zeros behind the point that say nothing. */
static void add_real(struct strbuf *b, double real)
{
    if (!isfinite(real)) {
        strbuf_puts(b, real > 0 ? "inf" : "-inf");
        return;
    }
    strbuf_printf(b, "%.6f", real);
    while (b->size_bytes > 1 && b->text[b->size_bytes - 1] == '0')
        b->text[--b->size_bytes] = '\0';
    if (b->size_bytes > 1 && b->text[b->size_bytes - 1] == '.')
        b->text[--b->size_bytes] = '\0';
}

void html_raw(struct strbuf *b, const struct value *v, size_t max_width)
{
    struct strbuf digits = {0};

    switch (v->type) {
    case VALUE_NULL: return;
    case VALUE_INT: strbuf_printf(b, "%lld", (long long)v->integer); return;
    case VALUE_REAL:
        add_real(&digits, v->real);
        strbuf_puts(b, strbuf_text(&digits));
        b->failed = b->failed || digits.failed;
        strbuf_done(&digits);
        return;
    case VALUE_TEXT:
    case VALUE_BLOB: html_shown(b, v, COLUMN_PLAIN, max_width); return;
    }
}

void html_exact(struct strbuf *b, const struct value *v, enum column_kind kind)
{
    static const char *const units[] = {
        [COLUMN_COUNT] = "",     [COLUMN_PLAIN] = "",     [COLUMN_BYTES] = " bytes",
        [COLUMN_TIME] = " ms",   [COLUMN_SECONDS] = " s", [COLUMN_MS] = " ms",
        [COLUMN_PERCENT] = " %",
    };

    if (!html_is_number(v) || (v->type == VALUE_REAL && !isfinite(v->real)))
        return;
    if (kind == COLUMN_BYTES && fabs(v->type == VALUE_REAL ? v->real : (double)v->integer) < 1024)
        return;
    if (v->type == VALUE_INT && (kind == COLUMN_COUNT || kind == COLUMN_PLAIN))
        return;
    if (v->type == VALUE_INT && kind != COLUMN_TIME)
        display_count(b, v->integer);
    else
        html_raw(b, v, 0);
    strbuf_puts(b, units[kind]);
}
