/* fold_shape.c -- variable parts of key names that have a fixed shape.
 *
 * Each recogniser answers "how many bytes of this shape start here".  They are strict, since a
 * false hit would swallow a name; what they miss is usually folded anyway, digits by digits.
 *
 *   UUID       8-4-4-4-12 hex digits
 *   time       2024-01-31 2024/01/31 2024.01.31, with an optional time of day behind `T` or a blank
 *              (fraction, Z, +02:00, ` +0200`, ` UTC`); 20240131T102030Z; 2024-W05 2024W05 2024-Q1
 *   address    IPv6 with `::` or eight groups, as Redis clients and express-rate-limit write it
 *              (2001:db8::1, fe80::..., ::1, ::ffff:10.0.0.1); MAC addresses
 *   mail       local@domain.tld, also with %40
 *   base64     a run with + or / in it, of a length that base64 gives
 *   JSON       {"... or ["...: a whole document in a key name, as resque-scheduler writes
 *   pod        hash and suffix that Kubernetes appends to a Deployment's pods: -7d9f8b6c5-x2x9z.
 * Their alphabet has no vowels and no 0, 1, 3 (k8s.io/apimachinery, util/rand), so that no word
 *              comes out
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "pattern/fold_internal.h"

#define D CLASS_DIGIT
#define e (CLASS_DIGIT | CLASS_POD)
#define L (CLASS_LOWER | CLASS_NO_HEX)
#define p (CLASS_LOWER | CLASS_NO_HEX | CLASS_POD)
#define U (CLASS_UPPER | CLASS_NO_HEX)
#define l (CLASS_LOWER | CLASS_HEX)
#define k (CLASS_LOWER | CLASS_HEX | CLASS_POD)
#define u (CLASS_UPPER | CLASS_HEX)
#define S CLASS_DASH
#define M CLASS_DOT
#define H CLASS_HARD
#define C CLASS_CONTROL
#define o CLASS_OTHER
const uint16_t fold_class[256] = {
    /*        0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f */
    /* 00 */ C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    /* 10 */ C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    /* 20 */ H, H, H, H, H, H, H, H, H, H, H, M, M, S, M, H,
    /* 30 */ D, D, e, D, e, e, e, e, e, e, H, H, H, H, H, H,
    /* 40 */ H, u, u, u, u, u, u, U, U, U, U, U, U, U, U, U,
    /* 50 */ U, U, U, U, U, U, U, U, U, U, U, H, H, H, H, S,
    /* 60 */ H, l, k, k, k, l, k, p, p, L, p, p, p, p, p, L,
    /* 70 */ p, p, p, p, p, L, p, p, p, L, p, H, H, H, M, C,
    /* 80 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* 90 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* a0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* b0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* c0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* d0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* e0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    /* f0 */ o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
};
#undef D
#undef e
#undef L
#undef p
#undef U
#undef l
#undef k
#undef u
#undef S
#undef M
#undef H
#undef C
#undef o

static bool is_hex(uint8_t byte)
{
    return fold_is(byte, CLASS_DIGIT | CLASS_HEX);
}

static size_t count_class(const uint8_t *p, const uint8_t *end, unsigned classes, size_t limit)
{
    size_t n = 0;

    while (n < limit && p + n < end && fold_is(p[n], classes))
        n++;
    return n;
}

static size_t left(const uint8_t *p, const uint8_t *end)
{
    return (size_t)(end - p);
}

size_t fold_shape_uuid(const uint8_t *p, const uint8_t *end)
{
    if (left(p, end) < 36 || p[8] != '-' || p[13] != '-')
        return 0;
    for (size_t i = 0; i < 36; i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? p[i] != '-' : !is_hex(p[i]))
            return 0;
    }
    if (left(p, end) > 36 && fold_is(p[36], CLASS_ALNUM))
        return 0;
    return 36;
}

/* ---- time --------------------------------------------------------------------------------- */

static bool are_digits(const uint8_t *p, const uint8_t *end, size_t count)
{
    return left(p, end) >= count && count_class(p, end, CLASS_DIGIT, count) == count;
}

static unsigned two_digits(const uint8_t *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* Z, +02:00, -0500, ` UTC`, ` +0000`. */
static size_t match_zone(const uint8_t *p, const uint8_t *end)
{
    size_t n = 0;

    if (left(p, end) >= 1 && (p[0] == 'Z' || p[0] == 'z'))
        return 1;
    if (left(p, end) >= 4 && (memcmp(p, " UTC", 4) == 0 || memcmp(p, " GMT", 4) == 0))
        return 4;
    if (left(p, end) >= 1 && p[0] == ' ')
        n = 1;
    if (left(p + n, end) < 3 || (p[n] != '+' && p[n] != '-') || !are_digits(p + n + 1, end, 2))
        return 0;
    n += 3;
    if (left(p + n, end) >= 3 && p[n] == ':' && are_digits(p + n + 1, end, 2))
        return n + 3;
    return are_digits(p + n, end, 2) ? n + 2 : 0;
}

/* T10, T10:20, T10:20:30.123Z, T102030Z; a blank in place of the T needs minutes. */
static size_t match_time_of_day(const uint8_t *p, const uint8_t *end)
{
    const bool has_t = left(p, end) >= 1 && (p[0] == 'T' || p[0] == 't');
    size_t n = 3, packed;

    if (left(p, end) < 3 || (!has_t && p[0] != ' ') || !are_digits(p + 1, end, 2))
        return 0;
    packed = 1 + count_class(p + 1, end, CLASS_DIGIT, 10);
    if (packed > 3) {
        if (!has_t || (packed != 5 && packed != 7 && packed != 10))
            return 0;
        n = packed;
    } else if (left(p + n, end) >= 3 && p[n] == ':' && are_digits(p + n + 1, end, 2)) {
        n += 3;
        if (left(p + n, end) >= 3 && p[n] == ':' && are_digits(p + n + 1, end, 2))
            n += 3;
    } else if (!has_t) {
        return 0;
    }
    if (left(p + n, end) >= 2 && (p[n] == '.' || p[n] == ',') && are_digits(p + n + 1, end, 1))
        n += 1 + count_class(p + n + 1, end, CLASS_DIGIT, 12);
    n += match_zone(p + n, end);
    if (left(p + n, end) >= 1 && fold_is(p[n], CLASS_ALNUM))
        return 0;
    return n;
}

static size_t match_week_or_quarter(const uint8_t *p, const uint8_t *end)
{
    size_t n = 4;

    if (left(p, end) < 6)
        return 0;
    if (p[n] == '-')
        n++;
    if ((p[n] == 'W' || p[n] == 'w') && are_digits(p + n + 1, end, 2)) {
        n += 3;
        if (left(p + n, end) >= 2 && p[n] == '-' && are_digits(p + n + 1, end, 1) &&
            (left(p + n, end) == 2 || !fold_is(p[n + 2], CLASS_ALNUM)))
            n += 2;
    } else if ((p[n] == 'Q' || p[n] == 'q') && left(p + n, end) >= 2 && p[n + 1] >= '1' &&
               p[n + 1] <= '4') {
        n += 2;
    } else {
        return 0;
    }
    return left(p + n, end) >= 1 && fold_is(p[n], CLASS_ALNUM) ? 0 : n;
}

size_t fold_shape_time(const uint8_t *p, const uint8_t *end)
{
    size_t n, digits;

    if (left(p, end) < 6 || (two_digits(p) != 19 && two_digits(p) != 20))
        return 0;
    digits = count_class(p, end, CLASS_DIGIT, 9);
    if (digits != 4 && digits != 8)
        return 0;
    if (digits == 8) {
        n = match_time_of_day(p + 8, end);
        return n > 0 && p[8] != ' ' ? 8 + n : 0;
    }
    n = match_week_or_quarter(p, end);
    if (n > 0)
        return n;
    if (left(p, end) < 10 || !fold_is(p[4], CLASS_DASH | CLASS_DOT | CLASS_HARD) || p[4] == ':' ||
        p[4] != p[7] || !are_digits(p + 5, end, 2) || !are_digits(p + 8, end, 2) ||
        two_digits(p + 5) > 12 || two_digits(p + 8) > 31)
        return 0;
    n = 10 + match_time_of_day(p + 10, end);
    return left(p + n, end) >= 1 && fold_is(p[n], CLASS_ALNUM) ? 0 : n;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static size_t match_ipv4(const uint8_t *p, const uint8_t *end)
{
    size_t n = 0;

    for (int i = 0; i < 4; i++) {
        const size_t digits = count_class(p + n, end, CLASS_DIGIT, 4);

        if (digits == 0 || digits > 3)
            return 0;
        n += digits;
        if (i < 3) {
            if (left(p + n, end) < 1 || p[n] != '.')
                return 0;
            n++;
        }
    }
    return n;
}

static bool ends_here(const uint8_t *p, const uint8_t *end)
{
    return p == end || (fold_is(*p, CLASS_HARD) && *p != ':');
}

/* Groups of hex digits between colons.  `::` may stand once in place of groups. */
static size_t match_groups(const uint8_t *p, const uint8_t *end)
{
    size_t n = 0, groups = 0, two_wide = 0, first_width = 0, digits = 0;
    bool has_gap = false;

    for (;;) {
        const size_t width = count_class(p + n, end, CLASS_DIGIT | CLASS_HEX, 5);

        if (width > 4 || (width == 0 && !has_gap))
            return 0;
        if (width > 0)
            groups++;
        if (groups == 1 && n == 0)
            first_width = width;
        two_wide += width == 2;
        digits += count_class(p + n, end, CLASS_DIGIT, width);
        n += width;
        if (left(p + n, end) == 0 || p[n] != ':' || groups == 8)
            break;
        if (groups == 6 && two_wide == 6 && !has_gap)
            break;
        if (left(p + n, end) >= 2 && p[n + 1] == ':') {
            if (has_gap)
                break;
            has_gap = true;
            n++;
        } else if (width == 0 || left(p + n, end) < 2 || !is_hex(p[n + 1])) {
            break; /* another level of the key's name, as in 2001:db8::1:hits */
        }
        n++;
    }
    if (left(p + n, end) >= 1 && fold_is(p[n], CLASS_ALNUM | CLASS_DASH | CLASS_DOT))
        return 0;
    if (groups == 6 && two_wide == 6 && !has_gap && digits > 0)
        return n; /* MAC */
    if (!has_gap)
        return groups == 8 && digits > 0 ? n : 0;
    /* Global and local addresses begin with a full group; rq:job::dependencies does not. */
    return first_width == 4 && digits > 0 && groups >= 2 ? n : 0;
}

size_t fold_shape_address(const uint8_t *p, const uint8_t *end)
{
    size_t n;

    if (left(p, end) < 3)
        return 0;
    if (p[0] == ':' && p[1] == ':') {
        if (p[2] == '1' && ends_here(p + 3, end))
            return 3;
        if (left(p, end) < 14 || (memcmp(p, "::ffff:", 7) != 0 && memcmp(p, "::FFFF:", 7) != 0))
            return 0;
        n = match_ipv4(p + 7, end);
        return n > 0 ? 7 + n : 0;
    }
    n = count_class(p, end, CLASS_DIGIT | CLASS_HEX, 5);
    if (n < 2 || n > 4 || left(p + n, end) < 1 || p[n] != ':')
        return 0;
    return match_groups(p, end);
}

/* ---- mail, base64, JSON, pods -------------------------------------------------------------- */

size_t fold_shape_mail(const uint8_t *p, const uint8_t *end)
{
    size_t n = 0, top = 0;

    while (n < 64 && p + n < end &&
           (fold_is(p[n], CLASS_ALNUM | CLASS_DASH) || p[n] == '.' || p[n] == '+'))
        n++;
    if (n == 0 || p + n == end)
        return 0;
    if (p[n] == '@')
        n++;
    else if (left(p + n, end) >= 3 && memcmp(p + n, "%40", 3) == 0)
        n += 3;
    else
        return 0;
    for (size_t from = n; n - from < 128 && p + n < end; n++) {
        if (p[n] == '.')
            top = n + 1;
        else if (!fold_is(p[n], CLASS_ALNUM) && p[n] != '-')
            break;
    }
    if (top == 0 || n - top < 2 || count_class(p + top, end, CLASS_LETTER, n - top) != n - top)
        return 0;
    return n;
}

size_t fold_shape_base64(const uint8_t *p, const uint8_t *end, const uint8_t **nowhere_before)
{
    enum { MAX_BYTES = 128 };
    const uint8_t *limit = left(p, end) < MAX_BYTES ? end : p + MAX_BYTES, *stop = p;
    uint8_t signs[MAX_BYTES];
    size_t n, padding = 0, sign_count = 0;
    unsigned classes = 0;

    if (p < *nowhere_before)
        return 0;
    while ((stop = fold_skip(stop, limit, CLASS_ALNUM, &classes)) < limit &&
           (*stop == '+' || *stop == '/'))
        classes |= fold_class[*stop++];
    n = left(p, stop);
    while (padding < 2 && p + n + padding < end && p[n + padding] == '=')
        padding++;
    if (n < 16 || !(classes & (CLASS_DOT | CLASS_HARD)) ||
        (!(classes & CLASS_DIGIT) && padding == 0) || (classes & CLASS_LETTER) != CLASS_LETTER) {
        if (n < MAX_BYTES)
            *nowhere_before = stop; /* no part of it has what the whole has not */
        return 0;
    }
    if (padding > 0 ? (n + padding) % 4 != 0 : n % 4 == 1)
        return 0;
    if (p + n + padding < end &&
        fold_is(p[n + padding], CLASS_ALNUM | (padding > 0 ? 0 : CLASS_DASH)))
        return 0;
    /* Paths of words and numbers are no base64: what is between + and / must be random too. */
    for (size_t i = 0; i < n; i++)
        if (fold_is(p[i], CLASS_ALNUM))
            signs[sign_count++] = p[i];
    if (fold_randomness(signs, sign_count, CLASS_ALNUM) <= (int)sign_count)
        return 0;
    return n + padding;
}

size_t fold_shape_json(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *last;

    if (left(p, end) < 4 || (p[0] != '{' && p[0] != '['))
        return 0;
    if (p[1] != '"' && !(p[0] == '[' && p[1] == '{' && p[2] == '"'))
        return 0;
    last = memrchr(p, p[0] == '{' ? '}' : ']', left(p, end));
    return last ? left(p, last) + 1 : left(p, end);
}

size_t fold_shape_pod(const uint8_t *p, const uint8_t *end)
{
    const size_t n = count_class(p, end, CLASS_POD, 11);
    bool has_digit = false;

    if (n < 6 || n > 10 || left(p + n, end) < 6 || p[n] != '-' ||
        count_class(p + n + 1, end, CLASS_POD, 6) != 5)
        return 0;
    for (size_t i = 0; i < n + 6; i++)
        has_digit = has_digit || fold_is(p[i], CLASS_DIGIT);
    if ((!has_digit && fold_randomness(p, n, CLASS_LOWER) < 20) ||
        (p + n + 6 < end && fold_is(p[n + 6], CLASS_ALNUM | CLASS_DASH)))
        return 0;
    return n + 6;
}
