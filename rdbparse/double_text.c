/* double_text.c -- a double as text, as an array of a server shows it.
 *
 *      3.25  0.0001  1e-05  7.0  1e+300  inf  nan
 *
 * The fewest digits that read back the same; whole numbers up to 2^52 in full; an exponent where
 * the point would be far from the digits; ".0" behind what would look like an integer.  The digits
 * come from %e at rising precision, so that nothing depends on the locale but its decimal point,
 * which is left out.
 *
 * Upstream: sparsearray.c (arFormatFloat), util.c (d2string), fpconv_dtoa.c (emit_digits), Redis
 * 8.8.  Upstream's digits (Grisu2) are not the fewest for about one double in a thousand.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MAX 4503599627370496.0 /* 2^52 */

/* Digits without point and trailing zeros, and the exponent of the first one. */
static int find_digits(double value, char ret_digits[DOUBLE_TEXT_BYTES], int *ret_exponent)
{
    char text[DOUBLE_TEXT_BYTES + 8];
    const char *c = text;
    int n = 0;

    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    for (; *c != '\0' && *c != 'e'; c++)
        if (*c >= '0' && *c <= '9')
            ret_digits[n++] = *c;
    while (n > 1 && ret_digits[n - 1] == '0')
        n--;
    *ret_exponent = *c == 'e' ? (int)strtol(c + 1, NULL, 10) : 0;
    return n;
}

static size_t put(char *text, size_t at, const char *from, int n)
{
    memcpy(text + at, from, (size_t)n);
    return at + (size_t)n;
}

static size_t put_zeros(char *text, size_t at, int n)
{
    memset(text + at, '0', (size_t)n);
    return at + (size_t)n;
}

/* A finite positive value. */
static size_t put_value(double value, char *text, size_t at)
{
    char digits[DOUBLE_TEXT_BYTES];
    int exponent;
    const int n = find_digits(value, digits, &exponent);
    const int power = exponent - n + 1; /* value = digits as an integer x 10^power */
    const int magnitude = abs(exponent), left = n + power; /* digits before the point */

    if (power >= 0 && (magnitude < n + 7 || value <= WHOLE_MAX)) {
        at = put_zeros(text, put(text, at, digits, n), power);
        return put(text, at, ".0", 2);
    }
    if (power < 0 && (power > -7 || magnitude < 4)) {
        if (left > 0)
            return put(text, put(text, put(text, at, digits, left), ".", 1), digits + left,
                       n - left);
        return put(text, put_zeros(text, put(text, at, "0.", 2), -left), digits, n);
    }
    at = put(text, at, digits, 1);
    if (n > 1)
        at = put(text, put(text, at, ".", 1), digits + 1, n - 1);
    return at + (size_t)snprintf(text + at, DOUBLE_TEXT_BYTES - at, "e%c%d",
                                 exponent < 0 ? '-' : '+', magnitude);
}

size_t double_to_text(double value, char ret_text[DOUBLE_TEXT_BYTES])
{
    size_t at = 0;

    if (isnan(value))
        return put(ret_text, 0, "nan", 3);
    if (signbit(value))
        at = put(ret_text, at, "-", 1);
    if (isinf(value))
        return put(ret_text, at, "inf", 3);
    if (value == 0)
        return put(ret_text, at, "0.0", 3);
    return put_value(fabs(value), ret_text, at);
}
