/* display.c -- values as people read them: units, UTC, and names that cannot disturb a terminal.
 *
 * A key's name is bytes that a stranger chose.  Printed raw, it can move the cursor, recolour the
 * screen, or turn the reading order of its line (U+202E).  So a character is shown as it is only
 * when it is plainly visible, and every other byte as \xNN, the form that key_text uses.  What is
 * not plainly visible is decided twice: by a short table of characters that are harmful in every
 * locale, then by the locale's own iswprint() and wcwidth(), because in the C locale a terminal
 * shows ASCII alone.
 *
 * Percentages never lie at the ends: what is not nothing is not shown as 0.0 %, what is not all is
 * not shown as 100 %.
 */
// SPDX-License-Identifier: MIT
#include "report/display.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "util/text.h"

/* On one character: living scripts use fewer, and a heap of them covers the lines above. */
#define MAX_MARKS 3

/* Columns of the character, or -1 when it must not be shown. */
static int char_width(uint32_t c)
{
    if (text_is_harmful(c))
        return -1;
    if (c < 0x80)
        return 1;
    /* glibc and musl keep Unicode in wchar_t; a locale that cannot print it says no. */
    if (MB_CUR_MAX == 1 || !iswprint((wint_t)c))
        return -1;
    return wcwidth((wchar_t)c);
}

static void add_escaped(struct strbuf *b, const char *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        strbuf_printf(b, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
}

void display_text(struct strbuf *b, const char *bytes, size_t size_bytes)
{
    size_t marks_left = 0; /* a combining mark needs something to stand on */

    for (size_t i = 0; i < size_bytes;) {
        uint32_t c = 0;
        const size_t n = text_utf8_char((const uint8_t *)bytes + i, size_bytes - i, &c);
        const int width = n > 0 ? char_width(c) : -1;

        if (width < 0 || (width == 0 && marks_left == 0)) {
            add_escaped(b, bytes + i, n > 0 ? n : 1);
            marks_left = 0;
        } else {
            strbuf_add(b, bytes + i, n);
            marks_left = width == 0 ? marks_left - 1 : MAX_MARKS;
        }
        i += n > 0 ? n : 1;
    }
}

void display_blob_as_text(struct strbuf *b, const char *bytes, size_t size_bytes)
{
    const size_t escaped_bytes = text_escaped_bytes((const uint8_t *)bytes, size_bytes);
    char *room = strbuf_extend(b, escaped_bytes);

    if (room != NULL)
        text_escape((const uint8_t *)bytes, size_bytes, room);
}

void display_bytes(struct strbuf *b, double bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const double size = fabs(bytes);
    double n = bytes;
    size_t unit = 0;

    if (size < 1024) {
        strbuf_printf(b, "%.0f B", bytes);
        return;
    }
    n /= 1024;
    /* 1023.96 would be rounded to 1024.0 */
    while (fabs(n) >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]) {
        n /= 1024;
        unit++;
    }
    strbuf_printf(b, "%.1f %s", n, units[unit]);
}

void display_count(struct strbuf *b, int64_t count)
{
    const uint64_t size = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    char digits[32];
    const int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);

    if (count < 0)
        strbuf_putc(b, '-');
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            strbuf_putc(b, ',');
        strbuf_putc(b, digits[i]);
    }
}

void display_duration_ms(struct strbuf *b, double ms)
{
    static const struct {
        double ms;
        const char *name;
    } units[] = {{86400e3, "d"}, {3600e3, "h"}, {60e3, "min"}, {1e3, "s"}};
    const double size = fabs(ms);
    const char *sign = ms < 0 ? "-" : "";
    const double year_ms = 365.25 * 86400e3;

    if (size == 0) {
        strbuf_puts(b, "0 s");
    } else if (size < 1e3) {
        strbuf_printf(b, "%s%.0f ms", sign, size);
    } else if (size >= 2 * year_ms) {
        strbuf_printf(b, "%s%.1f years", sign, size / year_ms);
    } else if (size >= 14 * 86400e3) {
        strbuf_printf(b, "%s%.0f d", sign, floor(size / 86400e3));
    } else {
        size_t i = 0;
        double whole, rest;

        while (size < units[i].ms)
            i++;
        whole = floor(size / units[i].ms);
        strbuf_printf(b, "%s%.0f %s", sign, whole, units[i].name);
        if (i + 1 == sizeof units / sizeof units[0])
            return;
        rest = floor((size - whole * units[i].ms) / units[i + 1].ms);
        if (rest > 0)
            strbuf_printf(b, " %.0f %s", rest, units[i + 1].name);
    }
}

void display_time_ms(struct strbuf *b, int64_t unix_ms)
{
    const int64_t seconds = unix_ms >= 0 ? unix_ms / 1000 : -((999 - unix_ms) / 1000);
    const time_t when = (time_t)seconds;
    struct tm tm;
    char text[64];

    /* A score read as a time can lie anywhere: far years are kept, absurd ones are numbers. */
    if (seconds > 253402300799LL * 10 || seconds < -62135596800LL || gmtime_r(&when, &tm) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        strbuf_printf(b, "%lld ms", (long long)unix_ms);
        return;
    }
    strbuf_puts(b, text);
}

void display_percent(struct strbuf *b, double percent)
{
    if (percent > 0 && percent < 0.05)
        strbuf_puts(b, "<0.1 %");
    else if (percent < 0 && percent > -0.05)
        strbuf_puts(b, ">-0.1 %");
    else if (percent > 99.95 && percent < 100)
        strbuf_puts(b, ">99.9 %");
    else
        strbuf_printf(b, "%.1f %%", percent);
}

static void display_number(struct strbuf *b, const struct value *v, enum column_kind kind)
{
    const double real = v->type == VALUE_REAL ? v->real : (double)v->integer;

    if (!isfinite(real)) { /* SQLite knows no NaN: it is NULL */
        strbuf_puts(b, real > 0 ? "inf" : "-inf");
        return;
    }
    switch (kind) {
    case COLUMN_BYTES: display_bytes(b, real); return;
    case COLUMN_SECONDS: display_duration_ms(b, real * 1e3); return;
    case COLUMN_MS: display_duration_ms(b, real); return;
    case COLUMN_PERCENT: display_percent(b, real); return;
    case COLUMN_TIME:
        if (v->type == VALUE_INT) {
            display_time_ms(b, v->integer);
            return;
        }
        break;
    case COLUMN_COUNT:
        if (v->type == VALUE_INT) {
            display_count(b, v->integer);
            return;
        }
        break;
    case COLUMN_PLAIN: break;
    }
    if (v->type == VALUE_INT)
        strbuf_printf(b, "%lld", (long long)v->integer);
    else
        strbuf_printf(b, "%.6g", v->real);
}

void display_value(struct strbuf *b, const struct value *v, enum column_kind kind)
{
    struct strbuf text = {0};

    switch (v->type) {
    case VALUE_NULL: strbuf_puts(b, "-"); break;
    case VALUE_INT:
    case VALUE_REAL:
        if (v->is_about)
            strbuf_puts(b, MB_CUR_MAX > 1 ? "\xe2\x89\x88" : "~"); /* almost equal to */
        display_number(b, v, kind);
        break;
    case VALUE_TEXT: display_text(b, v->bytes, v->size_bytes); break;
    case VALUE_BLOB:
        display_blob_as_text(&text, v->bytes, v->size_bytes);
        display_text(b, strbuf_text(&text), text.size_bytes);
        b->failed = b->failed || text.failed;
        strbuf_done(&text);
        break;
    }
}

void display_bar(struct strbuf *b, double percent, unsigned width)
{
    /* U+258F to U+2589: one to seven eighths of a column, from the left. */
    static const char *const eighths[] = {"\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d",
                                          "\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a",
                                          "\xe2\x96\x89"};
    const bool has_blocks = MB_CUR_MAX > 1 && iswprint(0x2588);
    const unsigned steps = has_blocks ? 8 : 1, all = width * steps;
    unsigned filled;

    if (!(percent > 0))
        return;
    filled = percent >= 100 ? all : (unsigned)(percent / 100 * all);
    for (unsigned i = 0; i < filled / steps; i++)
        strbuf_puts(b, has_blocks ? "\xe2\x96\x88" : "#");
    if (filled == 0) /* less than a step, but something */
        strbuf_puts(b, has_blocks ? eighths[0] : ".");
    else if (filled % steps > 0)
        strbuf_puts(b, eighths[filled % steps - 1]);
}

void display_cell(struct strbuf *b, const struct value *v, const struct column *column)
{
    if (column->bar_width == 0 || (v->type != VALUE_INT && v->type != VALUE_REAL))
        display_value(b, v, column->kind);
    else
        display_bar(b, v->type == VALUE_REAL ? v->real : (double)v->integer, column->bar_width);
}

void display_noun(struct strbuf *b, const struct value *count, const char *words,
                  size_t words_bytes)
{
    const bool is_one = (count->type == VALUE_INT && count->integer == 1) ||
                        (count->type == VALUE_REAL && count->real == 1);
    const char *const bar = memchr(words, '|', words_bytes);
    const size_t one_bytes = bar != NULL ? (size_t)(bar - words) : words_bytes;

    if (is_one || bar == NULL)
        strbuf_add(b, words, one_bytes);
    else
        strbuf_add(b, bar + 1, words_bytes - one_bytes - 1);
    if (!is_one && bar == NULL)
        strbuf_putc(b, 's');
}

/* Displayed text holds only valid, printable characters (or, in the C locale, ASCII). */
static size_t step(const char *text, size_t size_bytes, size_t *ret_width)
{
    uint32_t c = 0;
    const size_t n = text_utf8_char((const uint8_t *)text, size_bytes, &c);
    const int width = n > 0 ? char_width(c) : 1;

    *ret_width = width > 0 ? (size_t)width : 0;
    return n > 0 ? n : 1;
}

size_t display_width(const char *text, size_t size_bytes)
{
    size_t sum = 0, width;

    for (size_t i = 0; i < size_bytes; sum += width)
        i += step(text + i, size_bytes - i, &width);
    return sum;
}

void display_cut(struct strbuf *b, const char *text, size_t size_bytes, size_t width)
{
    const char *const mark = MB_CUR_MAX > 1 ? "\xe2\x80\xa6" : "~"; /* ellipsis */
    const size_t all = display_width(text, size_bytes);
    size_t head, tail_from, i = 0, at = 0, w;

    if (all <= width) {
        strbuf_add(b, text, size_bytes);
        return;
    }
    if (width == 0)
        return;
    /* Names of one kind differ at their ends: the larger part of the room goes to the head, the
     * rest to the tail. */
    head = width - 1 - (width - 1) / 3;
    tail_from = all - (width - 1) / 3;
    while (i < size_bytes) {
        const size_t n = step(text + i, size_bytes - i, &w);

        if (at + w > head)
            break;
        strbuf_add(b, text + i, n);
        at += w;
        i += n;
    }
    strbuf_puts(b, mark);
    /* A mark of no width belongs to the character before it, which was cut: it goes with it. */
    while (i < size_bytes && (at < tail_from || (step(text + i, size_bytes - i, &w), w == 0))) {
        i += step(text + i, size_bytes - i, &w);
        at += w;
    }
    strbuf_add(b, text + i, size_bytes - i);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t text_bytes = strlen(text), end_bytes = strlen(end);

    return text_bytes >= end_bytes && strcmp(text + text_bytes - end_bytes, end) == 0;
}

enum column_kind column_kind_of_name(const char *name)
{
    static const char *const plain[] = {"id",     "db",      "n",          "rank",
                                        "offset", "version", "rdb_version"};

    if (ends_with(name, "_pct"))
        return COLUMN_PERCENT;
    if (ends_with(name, "_at") || strcmp(name, "now") == 0)
        return COLUMN_TIME;
    if (ends_with(name, "_seconds"))
        return COLUMN_SECONDS;
    if (ends_with(name, "_ms"))
        return COLUMN_MS;
    if (ends_with(name, "_note")) /* bytes_note: how sure the size is, in words */
        return COLUMN_COUNT;
    if (strcmp(name, "bytes") == 0 || starts_with(name, "bytes_") || ends_with(name, "_bytes") ||
        strstr(name, "_bytes_") != NULL || strcmp(name, "largest_element") == 0 ||
        strcmp(name, "used_memory") == 0)
        return COLUMN_BYTES;
    if (ends_with(name, "_id"))
        return COLUMN_PLAIN;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(name, plain[i]) == 0)
            return COLUMN_PLAIN;
    return COLUMN_COUNT;
}
