/* json_value.c -- cells as JSON.
 *
 * yajl writes the syntax; what it is given is checked here.  SQLite's TEXT may hold any bytes, and
 * JSON may hold only Unicode, so text that is no UTF-8 is written as key_text would be: every other
 * byte as \xNN, backslash doubled.  Integers keep all their digits, though a reader that takes
 * numbers for doubles will round those above 2^53.
 */
// SPDX-License-Identifier: MIT
#include "report/json_value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/display.h"
#include "util/text.h"

static void write_piece(void *data, const char *text, size_t size_bytes)
{
    out_bytes(data, text, size_bytes);
}

yajl_gen json_new(struct out *o)
{
    yajl_gen gen = yajl_gen_alloc(NULL);

    if (gen != NULL)
        yajl_gen_config(gen, yajl_gen_print_callback, write_piece, o);
    return gen;
}

static void write_string(yajl_gen gen, struct out *o, const char *bytes, size_t size_bytes,
                         bool is_blob)
{
    struct strbuf text = {0};

    /* A NUL is fine in JSON, but key_text shows it escaped: only BLOBs and broken text have that.
     */
    if (!is_blob) {
        size_t i = 0, n = 1;

        while (i < size_bytes && n > 0) {
            n = text_utf8_sequence((const uint8_t *)bytes + i, size_bytes - i);
            i += n;
        }
        if (i >= size_bytes && n > 0) {
            yajl_gen_string(gen, (const unsigned char *)bytes, size_bytes);
            return;
        }
    }
    display_blob_as_text(&text, bytes, size_bytes);
    if (text.failed && o->error_number == 0)
        o->error_number = ENOMEM;
    yajl_gen_string(gen, (const unsigned char *)strbuf_text(&text), text.size_bytes);
    strbuf_done(&text);
}

static void write_real(yajl_gen gen, double real)
{
    char text[40];
    int n = 0;

    if (!isfinite(real)) {
        yajl_gen_null(gen);
        return;
    }
    /* The shortest form that reads back as the same number. */
    for (int digits = 15; digits <= 17; digits++) {
        double back = 0;

        n = snprintf(text, sizeof text, "%.*g", digits, real);
        if (sscanf(text, "%lf", &back) == 1 && back == real)
            break;
    }
    yajl_gen_number(gen, text, (size_t)n);
}

void json_value(yajl_gen gen, struct out *o, const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL: yajl_gen_null(gen); break;
    case VALUE_INT: yajl_gen_integer(gen, v->integer); break;
    case VALUE_REAL: write_real(gen, v->real); break;
    case VALUE_TEXT: write_string(gen, o, v->bytes, v->size_bytes, false); break;
    case VALUE_BLOB: write_string(gen, o, v->bytes, v->size_bytes, true); break;
    }
}

void json_text(yajl_gen gen, struct out *o, const char *text)
{
    write_string(gen, o, text, strlen(text), false);
}

void json_fields(yajl_gen gen, struct out *o, const struct column *columns, size_t column_count,
                 const struct value *values)
{
    for (size_t i = 0; i < column_count; i++) {
        json_text(gen, o, columns[i].name);
        json_value(gen, o, &values[i]);
    }
}
