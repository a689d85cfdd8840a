/* job_time.c -- points in time as job payloads write them.
 *
 *     1795429403.0741906    float seconds: Sidekiq up to 7
 *     1795429403074         integer milliseconds: from 8
 *     "2013-03-07 12:23:45 UTC"    2.x
 *
 * After an upgrade all stand side by side in one set, so each value is judged for itself: 10^11
 * seconds is the year 5138, 10^11 ms is March 1973.  Numbers are taken as decimal text and scaled
 * as integers: strtod() would listen to the locale, and a double rounds.
 */
// SPDX-License-Identifier: MIT
#include "sidekiq/job_time.h"

#include <string.h>

#include "util/text.h"

#define FIRST_MS INT64_C(100000000000)
#define DAY_MS   INT64_C(86400000)
/* Far beyond any date (the year 292277 is 2^63 us); keeps all sums of times far from overflow. */
#define TIME_LIMIT_MS INT64_C(9000000000000000)

struct decimal {
    bool is_negative, is_integer;
    uint64_t digits; /* the first 18 significant ones */
    int64_t exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The parser has seen that this is a JSON number. */
static struct decimal decimal_of(const char *text, size_t n)
{
    struct decimal d = {.is_integer = true};
    bool in_fraction = false;
    int significant = 0;
    size_t i = 0;

    if (i < n && text[i] == '-') {
        d.is_negative = true;
        i++;
    }
    for (; i < n && (is_digit(text[i]) || text[i] == '.'); i++) {
        if (text[i] == '.') {
            in_fraction = true;
            d.is_integer = false;
            continue;
        }
        if (significant < 18) {
            d.digits = d.digits * 10 + (uint64_t)(text[i] - '0');
            significant += d.digits != 0;
            d.exponent -= in_fraction;
        } else {
            d.exponent += !in_fraction;
        }
    }
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        bool is_negative = false;
        int64_t e = 0;

        d.is_integer = false;
        i++;
        if (i < n && (text[i] == '+' || text[i] == '-'))
            is_negative = text[i++] == '-';
        for (; i < n && is_digit(text[i]); i++)
            if (e < 100000)
                e = e * 10 + (text[i] - '0');
        d.exponent += is_negative ? -e : e;
    }
    return d;
}

int64_t job_time_of_number(const char *text, size_t text_bytes, bool *ret_is_ms)
{
    struct decimal d = decimal_of(text, text_bytes);
    uint64_t v = d.digits;

    *ret_is_ms = d.is_integer && !d.is_negative &&
                 (d.exponent > 0 || (d.exponent == 0 && v >= (uint64_t)FIRST_MS));
    if (!*ret_is_ms)
        d.exponent += 3;
    for (; v != 0 && d.exponent > 0; d.exponent--) {
        if (v > (uint64_t)TIME_LIMIT_MS)
            return ROW_NULL;
        v *= 10;
    }
    for (; v != 0 && d.exponent < 0; d.exponent++)
        v = d.exponent == -1 ? (v + 5) / 10 : v / 10;
    if (v > (uint64_t)TIME_LIMIT_MS)
        return ROW_NULL;
    return d.is_negative ? -(int64_t)v : (int64_t)v;
}

/* Brings the forms Ruby has used into the one text_parse_time() reads: dashes, and the zone joined.
 */
int64_t job_time_of_text(const char *text, size_t text_bytes)
{
    char iso[48];
    size_t n = 0;
    int64_t ms;

    if (text_bytes < 10 || text_bytes >= sizeof(iso) || memchr(text, '\0', text_bytes) ||
        (text[4] != '-' && text[4] != '/'))
        return ROW_NULL;
    if (text_bytes > 14 && memcmp(text + text_bytes - 4, " UTC", 4) == 0)
        text_bytes -= 4; /* what does not say is UTC */
    for (size_t i = 0; i < text_bytes; i++) {
        if (i < 10 && text[i] == '/')
            iso[n++] = '-';
        else if (i <= 10 || text[i] != ' ')
            iso[n++] = text[i];
    }
    iso[n] = '\0';
    if (text_parse_time(iso, &ms) < 0)
        return ROW_NULL;
    return ms;
}

int64_t job_time_of_score(double seconds)
{
    const double ms = seconds * 1000;

    if (!(ms > -(double)TIME_LIMIT_MS && ms < (double)TIME_LIMIT_MS))
        return ROW_NULL; /* also NaN */
    return (int64_t)(ms < 0 ? ms - 0.5 : ms + 0.5);
}

bool job_time_is_days_after(const char *day, int64_t at_ms, unsigned days)
{
    int64_t day_at;

    return at_ms != ROW_NULL && text_parse_time(day, &day_at) == 0 &&
           at_ms >= day_at + (int64_t)days * DAY_MS &&
           at_ms < day_at + (int64_t)(days + 2) * DAY_MS;
}
