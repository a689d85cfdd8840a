/* parser_error.c -- how a parser says that something is wrong.
 *
 * One place fills offset, db and key number, so that no caller can forget them.  The first fatal
 * error stands; warnings wait in a short queue until the next event boundary (each record queues at
 * most a few, so the queue cannot overflow; were it full, the oldest would stay).
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 6, 0)))
fill(const rdbp_parser *p, rdbp_error *e, enum rdbp_errcode code, enum rdbp_severity severity,
     uint64_t offset, const char *format, va_list ap)
{
    e->code = code;
    e->severity = severity;
    e->offset = offset;
    e->db = p->db;
    e->key_index = p->in_key ? p->key_index : RDBP_NO_KEY;
    vsnprintf(e->message, sizeof e->message, format, ap);
}

int fatal(rdbp_parser *p, enum rdbp_errcode code, uint64_t offset, const char *format, ...)
{
    va_list ap;

    if (p->error.code == RDBP_ERR_NONE) {
        va_start(ap, format);
        fill(p, &p->error, code, RDBP_SEVERITY_FATAL, offset, format, ap);
        va_end(ap);
    }
    return -1;
}

int fatal_input(rdbp_parser *p, const char *what)
{
    rdbp_error e = {0};

    reader_error(p->reader, &e);
    if (e.code == RDBP_ERR_NONE || e.code == RDBP_ERR_TRUNCATED)
        return fatal(p, RDBP_ERR_TRUNCATED, e.offset, "%s: %s", what,
                     e.code == RDBP_ERR_NONE ? "the input ends" : e.message);
    return fatal(p, e.code, e.offset, "%s", e.message);
}

void warn(rdbp_parser *p, enum rdbp_errcode code, enum rdbp_severity severity, uint64_t offset,
          const char *format, ...)
{
    va_list ap;

    if (p->defect_count == DEFECT_QUEUE)
        return;
    va_start(ap, format);
    fill(p, &p->defects[(p->defect_first + p->defect_count++) % DEFECT_QUEUE], code, severity,
         offset, format, ap);
    va_end(ap);
}

void value_damaged(rdbp_parser *p, uint64_t offset, const char *format, ...)
{
    va_list ap;

    if (!p->value.is_damaged) {
        va_start(ap, format);
        fill(p, &p->damage, RDBP_ERR_VALUE, RDBP_SEVERITY_FAILED, offset, format, ap);
        va_end(ap);
    }
    p->value.is_damaged = true;
    p->depth = RDBP_DEPTH_NONE;
    p->out.is_active = false;
}

int parser_tick(rdbp_parser *p)
{
    enum rdbp_errcode code;

    reader_mark(p->reader);
    if (!p->options.check)
        return 0;
    code = p->options.check(p->options.check_user);
    if (code == RDBP_ERR_NONE)
        return 0;
    return fatal(p, code, reader_offset(p->reader), "%s",
                 code == RDBP_ERR_CANCELLED ? "interrupted" : "file shrank or cannot be read");
}
