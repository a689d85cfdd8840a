/* packed_size.c -- how long an element is inside a listpack or a ziplist, without building one.
 *
 *      listpack  total bytes (4) | count (2) | entry* | 0xff
 *                entry: encoding and data (e) | back: e in 7-bit groups
 *      ziplist   total bytes (4) | tail (4) | count (2) | entry* | 0xff
 *                entry: length of the entry before (1, or 5 from 254 on) | encoding and data
 *
 * A string that is the canonical text of an int64 is stored as that integer.  Upstream: listpack.c:
 * lpEncodeGetType(), lpEncodeBacklen(), Redis 7.2; ziplist.c: zipTryEncoding(),
 * zipStoreEntryEncoding(), Redis 6.2.
 *
 * Scores: t_zset.c: zzlInsertAt() stores the text util.c: d2string() makes, and since 7.0 an
 * integral score as an integer at once.  The text was %.17g, and is the shortest that reads back
 * the same since 7.2 (fpconv_dtoa()).
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t add_back_length(uint64_t e)
{
    if (e <= 127)
        return e + 1;
    if (e < 16383)
        return e + 2;
    if (e < 2097151)
        return e + 3;
    if (e < 268435455)
        return e + 4;
    return e + 5;
}

uint64_t listpack_integer_bytes(int64_t v)
{
    if (v >= 0 && v <= 127)
        return 1 + 1;
    if (v >= -4096 && v <= 4095)
        return 2 + 1;
    if (v >= INT16_MIN && v <= INT16_MAX)
        return 3 + 1;
    if (v >= -(1 << 23) && v < 1 << 23)
        return 4 + 1;
    if (v >= INT32_MIN && v <= INT32_MAX)
        return 5 + 1;
    return 9 + 1;
}

uint64_t listpack_text_bytes(uint64_t n)
{
    if (n < 64)
        return add_back_length(n + 1);
    if (n < 4096)
        return add_back_length(n + 2);
    return add_back_length(n + 5);
}

uint64_t listpack_string_bytes(uint64_t size_bytes, bool is_integer, int64_t integer)
{
    return is_integer ? listpack_integer_bytes(integer) : listpack_text_bytes(size_bytes);
}

/* Digits of the shortest decimal that reads back as value, and its decimal exponent: d.ddd x 10^e.
 * %e at 15 digits keeps every shorter decimal as it is, with zeros behind it; only subnormal
 * numbers have fewer digits than that to give. */
static unsigned count_shortest_digits(double value, int *ret_exponent)
{
    char text[40];
    unsigned digits = 0, significant = 0;
    const char *p = text;

    for (int precision = isnormal(value) ? 14 : 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* Whatever the locale puts as decimal point is neither a digit nor an e. */
    for (; *p != '\0' && *p != 'e'; p++) {
        if (*p < '0' || *p > '9')
            continue;
        digits++;
        if (*p != '0')
            significant = digits;
    }
    *ret_exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) : 0;
    return significant;
}

/* fpconv_dtoa()'s text of a finite positive value: its length; whether it is all digits. */
static uint64_t count_score_text(double value, bool *ret_is_integral)
{
    int exponent;
    const int digits = (int)count_shortest_digits(value, &exponent);
    const int power = exponent - digits + 1; /* value = digits as an integer x 10^power */
    const int magnitude = abs(exponent);
    int length = digits;

    *ret_is_integral = power >= 0 && magnitude < digits + 7;
    if (*ret_is_integral)
        return (uint64_t)(digits + power);
    if (power < 0 && (power > -7 || magnitude < 4)) {
        const int left = digits + power; /* digits before the point */
        return (uint64_t)(left > 0 ? digits + 1 : digits + 2 - left);
    }
    if (digits > 1)
        length++; /* the point */
    length += 2;  /* e and its sign */
    length += magnitude > 99 ? 3 : magnitude > 9 ? 2 : 1;
    return (uint64_t)length;
}

/* Length of %.17g; *ret_integer is set when the text is an integer's. */
static uint64_t count_g17_text(double score, bool *ret_is_integer, int64_t *ret_integer)
{
    char text[40];
    const int length = snprintf(text, sizeof text, "%.17g", score);
    char *end;
    long long v;

    errno = 0;
    v = strtoll(text, &end, 10);
    *ret_is_integer = *end == '\0' && errno == 0 && strcmp(text, "-0") != 0;
    if (*ret_is_integer)
        *ret_integer = v;
    return (uint64_t)length;
}

struct score_element score_element_of(double score, enum score_format format)
{
    const double magnitude = fabs(score);
    const uint64_t sign = signbit(score) ? 1 : 0;
    struct score_element e = {0};

    if (isnan(score) || isinf(score)) {
        e.size_bytes = 3 + (isinf(score) ? sign : 0);
        return e;
    }
    /* The narrow form prints 0 and -0 as texts of their own. */
    if (format == SCORE_G17_NARROW
            ? magnitude < 0x1p52 && score == trunc(score) && (score != 0 || sign == 0)
            : magnitude <= 0x1p62 && score == trunc(score)) {
        e.is_integer = true;
        e.integer = (int64_t)score;
    } else if (format == SCORE_SHORTEST) {
        e.size_bytes = count_score_text(magnitude, &e.is_integer) + sign;
        /* From 2^62 to 2^63 it is a text, but one that the listpack takes for an integer. */
        e.is_integer = e.is_integer && magnitude < 0x1p63;
        e.integer = INT64_MAX;
    } else {
        e.size_bytes = count_g17_text(score, &e.is_integer, &e.integer);
    }
    return e;
}

static uint64_t ziplist_integer_bytes(int64_t v)
{
    if (v >= 0 && v <= 12)
        return 1;
    if (v >= INT8_MIN && v <= INT8_MAX)
        return 2;
    if (v >= INT16_MIN && v <= INT16_MAX)
        return 3;
    if (v >= -(1 << 23) && v < 1 << 23)
        return 4;
    return v >= INT32_MIN && v <= INT32_MAX ? 5 : 9;
}

static uint64_t ziplist_text_bytes(uint64_t n)
{
    if (n < 64)
        return n + 1;
    return n + (n < 16384 ? 2 : 5);
}

void ziplist_size_add(struct ziplist_size *z, uint64_t size_bytes, bool is_integer, int64_t integer)
{
    const uint64_t entry_bytes =
        (z->last_entry_bytes < 254 ? 1 : 5) +
        (is_integer ? ziplist_integer_bytes(integer) : ziplist_text_bytes(size_bytes));

    z->bytes += entry_bytes;
    z->last_entry_bytes = entry_bytes;
}
