/* text.c -- bytes as text: UTF-8, the escaped form of key names, JSON strings, sizes and times.
 *
 * Key names are bytes.  SQL, terminals and JSON want text, so there is one escaped form for all of
 * them, and it can be undone: a backslash in it always starts an escape.  See design: `key_text`.
 */
// SPDX-License-Identifier: MIT
#include "util/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ESCAPED_BYTES 16 /* of a character of four bytes */

size_t text_utf8_sequence(const uint8_t *bytes, size_t left_bytes)
{
    uint32_t c, min;
    size_t n;

    if (left_bytes == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    if ((bytes[0] & 0xe0) == 0xc0) {
        n = 2;
        c = bytes[0] & 0x1f;
        min = 0x80;
    } else if ((bytes[0] & 0xf0) == 0xe0) {
        n = 3;
        c = bytes[0] & 0x0f;
        min = 0x800;
    } else if ((bytes[0] & 0xf8) == 0xf0) {
        n = 4;
        c = bytes[0] & 0x07;
        min = 0x10000;
    } else {
        return 0;
    }
    if (left_bytes < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (bytes[i] & 0x3f);
    }
    if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return n;
}

size_t text_utf8_char(const uint8_t *bytes, size_t left_bytes, uint32_t *ret_char)
{
    const size_t n = text_utf8_sequence(bytes, left_bytes);
    uint32_t c;

    if (n == 0)
        return 0;
    c = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (bytes[i] & 0x3fu);
    *ret_char = c;
    return n;
}

bool text_is_harmful(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f},   /* C0 */
        {0x007f, 0x009f},   /* DEL, C1 */
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner: shows nothing */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x17b4, 0x17b5},   /* Khmer vowels that show nothing */
        {0x180b, 0x180f},   /* Mongolian selectors */
        {0x200b, 0x200f},   /* zero width, direction marks */
        {0x2028, 0x202e},   /* line separators, bidi embedding and override */
        {0x2060, 0x206f},   /* invisible operators, bidi isolates */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xfe00, 0xfe0f},   /* variation selectors */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xffa0, 0xffa0},   /* half-width filler */
        {0xfff0, 0xfffb},   /* unassigned ones that show nothing, annotation marks */
        {0x1bca0, 0x1bca3}, /* shorthand format controls */
        {0x1d173, 0x1d17a}, /* musical format controls */
        {0xe0000, 0xe0fff}, /* tags, more selectors */
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

bool text_is_utf8(const uint8_t *bytes, size_t size_bytes)
{
    size_t i = 0;

    while (i < size_bytes) {
        size_t n;

        if (bytes[i] == 0)
            return false;
        n = text_utf8_sequence(bytes + i, size_bytes - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t text_escaped_bytes(const uint8_t *bytes, size_t size_bytes)
{
    size_t i = 0, total = 0;

    while (i < size_bytes) {
        const size_t n = text_utf8_sequence(bytes + i, size_bytes - i);

        if (n == 0 || bytes[i] == 0)
            total += 4;
        else if (bytes[i] == '\\')
            total += 2;
        else
            total += n;
        i += n == 0 ? 1 : n;
    }
    return total;
}

static size_t put_hex_escape(uint8_t byte, char *out)
{
    static const char digits[] = "0123456789abcdef";

    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
    return 4;
}

/* One character or byte at bytes, escaped; *ret_used says how much of the input it took. */
static size_t escape_one(const uint8_t *bytes, size_t left_bytes, bool without_harmful, char *out,
                         size_t *ret_used)
{
    uint32_t c = 0;
    const size_t n = text_utf8_char(bytes, left_bytes, &c);

    *ret_used = n == 0 ? 1 : n;
    if (n == 0 || c == 0)
        return put_hex_escape(bytes[0], out);
    if (bytes[0] == '\\') {
        out[0] = out[1] = '\\';
        return 2;
    }
    if (without_harmful && text_is_harmful(c)) {
        for (size_t i = 0; i < n; i++)
            put_hex_escape(bytes[i], out + 4 * i);
        return 4 * n;
    }
    memcpy(out, bytes, n);
    return n;
}

void text_escape(const uint8_t *bytes, size_t size_bytes, char *out)
{
    size_t i = 0;

    while (i < size_bytes) {
        size_t used;

        out += escape_one(bytes + i, size_bytes - i, false, out, &used);
        i += used;
    }
}

char *text_escape_line(const uint8_t *bytes, size_t size_bytes, char *out, size_t out_bytes)
{
    size_t i = 0, o = 0;

    while (i < size_bytes) {
        char piece[MAX_ESCAPED_BYTES];
        size_t used;
        const size_t n = escape_one(bytes + i, size_bytes - i, true, piece, &used);

        if (n >= out_bytes - o)
            break;
        memcpy(out + o, piece, n);
        o += n;
        i += used;
    }
    out[o] = '\0';
    return out;
}

char *text_one_line(const char *text, char *out, size_t out_bytes)
{
    const uint8_t *bytes = (const uint8_t *)text;
    const size_t size_bytes = strlen(text);
    size_t i = 0, o = 0;

    while (i < size_bytes) {
        char piece[MAX_ESCAPED_BYTES] = "\\";
        size_t used = 1, n = 1;

        if (bytes[i] != '\\')
            n = escape_one(bytes + i, size_bytes - i, true, piece, &used);
        if (n >= out_bytes - o)
            break;
        memcpy(out + o, piece, n);
        o += n;
        i += used;
    }
    out[o] = '\0';
    return out;
}

void text_write_json(FILE *f, const uint8_t *bytes, size_t size_bytes)
{
    const bool is_text = text_is_utf8(bytes, size_bytes);
    size_t i = 0;

    fputc('"', f);
    while (i < size_bytes) {
        char piece[4] = {(char)bytes[i]};
        size_t used = 1, n = 1;

        if (!is_text)
            n = escape_one(bytes + i, size_bytes - i, false, piece, &used);
        for (size_t k = 0; k < n; k++) {
            const unsigned char c = (unsigned char)piece[k];

            if (c == '"' || c == '\\')
                fprintf(f, "\\%c", c);
            else if (c < 0x20 || c == 0x7f)
                fprintf(f, "\\u%04x", c);
            else
                fputc(c, f);
        }
        i += used;
    }
    fputc('"', f);
}

int text_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    char *end;
    long long v;

    if (!isdigit((unsigned char)text[0]) && text[0] != '-')
        return -1;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < min || v > max)
        return -1;
    *ret_value = v;
    return 0;
}

int text_parse_size(const char *text, int64_t *ret_bytes)
{
    static const struct {
        const char *suffix;
        int64_t factor;
    } units[] = {
        {"", 1},
        {"b", 1},
        {"k", 1000},
        {"kb", INT64_C(1) << 10},
        {"ki", INT64_C(1) << 10},
        {"kib", INT64_C(1) << 10},
        {"m", 1000000},
        {"mb", INT64_C(1) << 20},
        {"mi", INT64_C(1) << 20},
        {"mib", INT64_C(1) << 20},
        {"g", 1000000000},
        {"gb", INT64_C(1) << 30},
        {"gi", INT64_C(1) << 30},
        {"gib", INT64_C(1) << 30},
        {"t", INT64_C(1000000000000)},
        {"tb", INT64_C(1) << 40},
        {"ti", INT64_C(1) << 40},
        {"tib", INT64_C(1) << 40},
    };
    char *end;
    long long v;

    if (!isdigit((unsigned char)text[0]))
        return -1;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (errno != 0)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(end, units[i].suffix) != 0)
            continue;
        if (v > INT64_MAX / units[i].factor)
            return -1;
        *ret_bytes = v * units[i].factor;
        return 0;
    }
    return -1;
}

/* Exactly `digits` decimal digits at *p; moves *p past them. */
static int take_digits(const char **p, int digits, int min, int max, int *ret_value)
{
    int v = 0;

    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)(*p)[i]))
            return -1;
        v = v * 10 + ((*p)[i] - '0');
    }
    if (v < min || v > max)
        return -1;
    *p += digits;
    *ret_value = v;
    return 0;
}

/* [Z|+hh[:]mm|-hh[:]mm] and the end of the text. */
static int take_zone(const char *p, int64_t *ret_offset_s)
{
    int hours = 0, minutes = 0, sign;

    *ret_offset_s = 0;
    if (*p == 'Z' || *p == 'z')
        return p[1] == '\0' ? 0 : -1;
    if (*p == '\0')
        return 0;
    if (*p != '+' && *p != '-')
        return -1;
    sign = *p++ == '-' ? -1 : 1;
    if (take_digits(&p, 2, 0, 14, &hours) < 0)
        return -1;
    if (*p == ':')
        p++;
    if (*p != '\0' && take_digits(&p, 2, 0, 59, &minutes) < 0)
        return -1;
    if (*p != '\0')
        return -1;
    *ret_offset_s = sign * (hours * INT64_C(3600) + minutes * 60);
    return 0;
}

static int parse_iso(const char *p, int64_t *ret_ms)
{
    struct tm tm = {0}, check;
    int64_t zone_s, ms = 0;
    time_t t;

    if (take_digits(&p, 4, 1970, 9999, &tm.tm_year) < 0 || *p++ != '-' ||
        take_digits(&p, 2, 1, 12, &tm.tm_mon) < 0 || *p++ != '-' ||
        take_digits(&p, 2, 1, 31, &tm.tm_mday) < 0)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (*p == 'T' || *p == ' ') {
        p++;
        if (take_digits(&p, 2, 0, 23, &tm.tm_hour) < 0 || *p++ != ':' ||
            take_digits(&p, 2, 0, 59, &tm.tm_min) < 0)
            return -1;
        if (*p == ':') {
            p++;
            if (take_digits(&p, 2, 0, 60, &tm.tm_sec) < 0)
                return -1;
        }
        if (*p == '.') {
            int scale = 100;

            if (!isdigit((unsigned char)*++p))
                return -1;
            for (; isdigit((unsigned char)*p); p++, scale /= 10)
                ms += (*p - '0') * scale;
        }
    }
    if (take_zone(p, &zone_s) < 0)
        return -1;
    check = tm;
    t = timegm(&check);
    if (check.tm_mday != tm.tm_mday) /* February 30th */
        return -1;
    *ret_ms = ((int64_t)t - zone_s) * 1000 + ms;
    return 0;
}

int text_parse_time(const char *text, int64_t *ret_ms)
{
    int64_t v;

    if (text_parse_int(text, 0, INT64_MAX, &v) < 0)
        return parse_iso(text, ret_ms);
    *ret_ms = v < INT64_C(100000000000) ? v * 1000 : v;
    return 0;
}
