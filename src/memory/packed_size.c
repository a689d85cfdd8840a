/* packed_size.c -- how long an element is inside a listpack, without building one.
 *
 * A listpack is  total bytes (4) | count (2) | entry* | 0xff,  an entry  encoding+data (e) | back,
 * where back holds e in 7-bit groups.  A string that is the canonical text of an int64 is stored as
 * that integer.  Upstream: listpack.c: lpEncodeGetType(), lpEncodeBacklen(), Redis 7.2.
 *
 * Scores: t_zset.c: zzlInsertAt() stores an integral score as an integer, another one as the text
 * util.c: d2string() makes, the shortest that reads back the same (fpconv_dtoa() since 7.2).
 */
// SPDX-License-Identifier: MIT
#include "memory/packed_size.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

uint64_t listpack_score_bytes(double score)
{
    const double magnitude = fabs(score);
    const uint64_t sign = signbit(score) ? 1 : 0;
    bool is_integral;
    uint64_t length;

    if (isnan(score))
        return listpack_text_bytes(3);
    if (isinf(score))
        return listpack_text_bytes(3 + sign);
    if (magnitude <= 0x1p62 && score == trunc(score)) /* double2ll() looks no further than 2^62 */
        return listpack_integer_bytes((int64_t)score);
    length = count_score_text(magnitude, &is_integral) + sign;
    /* From there to 2^63 it is a text, but one that the listpack takes for an integer. */
    if (is_integral && magnitude < 0x1p63)
        return listpack_integer_bytes(INT64_MAX);
    return listpack_text_bytes(length);
}
