/* name_day.c -- the day that a key's name is of.
 *
 *      stat:processed:2023-11-20      visits:20231120:home      log.2023.11.20      2023/11/20
 *
 * Four digits of a year from 2000 to 2099, two of a month, two of a day that exists, with the same
 * one of `-` `/` `.` `:` `_` between them or nothing.  Digits and letters directly before, and
 * digits directly after, make it something else: a longer number, a part of a hash.
 *
 * A number of eight digits may look like a day by chance, so whoever says that names are dated asks
 * that every name of a pattern is: of a running number only one in some 27 passes.
 */
// SPDX-License-Identifier: MIT
#include "analyze/name_day.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* -1 when they are no digits. */
static int two_digits(const uint8_t *p)
{
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    /* 2000, the only hundred in reach, is a leap year. */
    return month == 2 && year % 4 == 0 ? 29 : days[month - 1];
}

/* The date that starts at p, 0 when none does. */
static int32_t day_at(const uint8_t *p, size_t left_bytes, size_t *ret_bytes)
{
    const size_t gap = left_bytes > 4 && !is_digit(p[4]);
    const size_t size_bytes = 8 + 2 * gap;
    int year, month, day;

    if (left_bytes < size_bytes || p[0] != '2' || p[1] != '0')
        return 0;
    if (gap == 1 && (strchr("-/.:_", p[4]) == NULL || p[4] == '\0' || p[7] != p[4]))
        return 0;
    year = two_digits(p + 2);
    month = two_digits(p + 4 + gap);
    day = two_digits(p + 6 + 2 * gap);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) ||
        (left_bytes > size_bytes && is_digit(p[size_bytes])))
        return 0;
    *ret_bytes = size_bytes;
    return (2000 + year) * 10000 + month * 100 + day;
}

int32_t name_day(const uint8_t *name, size_t name_bytes)
{
    int32_t found = 0;

    for (size_t i = 0; i + 8 <= name_bytes; i++) {
        size_t size_bytes;
        int32_t day;

        if (name[i] != '2' || (i > 0 && (is_digit(name[i - 1]) || is_letter(name[i - 1]))))
            continue;
        day = day_at(name + i, name_bytes - i, &size_bytes);
        if (day == 0)
            continue;
        if (found != 0)
            return 0;
        found = day;
        i += size_bytes - 1;
    }
    return found;
}
