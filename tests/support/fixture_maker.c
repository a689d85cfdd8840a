/* fixture_maker.c -- what demonstration snapshots are made with: a fixed seed, ids, dates. */
// SPDX-License-Identifier: MIT
#include "fixture_maker.h"

#include <time.h>

static uint32_t next_random(struct maker *m)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(m->random >> 33);
}

uint32_t below(struct maker *m, uint32_t limit)
{
    return next_random(m) % limit;
}

void add_hex(struct maker *m, struct buf *b, size_t digits)
{
    for (size_t i = 0; i < digits; i++)
        buf_add_format(b, "%x", below(m, 16));
}

void add_uuid(struct maker *m, struct buf *b)
{
    add_hex(m, b, 8);
    buf_add_str(b, "-");
    add_hex(m, b, 4);
    buf_add_str(b, "-4");
    add_hex(m, b, 3);
    buf_add_format(b, "-%x", 8 + below(m, 4));
    add_hex(m, b, 3);
    buf_add_str(b, "-");
    add_hex(m, b, 12);
}

void format_utc(char *out, size_t out_bytes, bool is_date, int64_t at_s)
{
    const time_t t = (time_t)at_s;
    struct tm tm;

    gmtime_r(&t, &tm);
    if (is_date)
        strftime(out, out_bytes, "%Y-%m-%d", &tm);
    else
        strftime(out, out_bytes, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

struct cell cell_of(const struct buf *b)
{
    return (struct cell){text_of_buf(b), FORM_AUTO};
}
