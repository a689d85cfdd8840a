/* text.h -- bytes as text: UTF-8, the escaped form of key names, JSON strings, sizes and times. */
#ifndef RDBLENS_TEXT_H
#define RDBLENS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the UTF-8 sequence at bytes (1..4), or 0 when it is not one (overlong forms, surrogates
 * and values above U+10FFFF are not). */
size_t text_utf8_sequence(const uint8_t *bytes, size_t left_bytes);

/* The same, and which character it is. */
size_t text_utf8_char(const uint8_t *bytes, size_t left_bytes, uint32_t *ret_char);

/* Characters that hide, or that change how the rest of the line reads, in every locale: controls
 * (C0, DEL, C1), bidi marks, overrides and isolates, and what has no width.  Whatever is read by
 * people has them as \xNN. */
bool text_is_harmful(uint32_t c);

/* Valid UTF-8 without NUL: what SQLite may hold as TEXT. */
bool text_is_utf8(const uint8_t *bytes, size_t size_bytes);

/* The escaped form: valid UTF-8 as it is, NUL and every other byte as \xNN, backslash doubled.  It
 * is always TEXT, and no two names share one.  text_escaped_bytes() == size_bytes means: the same.
 */
size_t text_escaped_bytes(const uint8_t *bytes, size_t size_bytes);
/* Writes text_escaped_bytes() bytes, without a NUL. */
void text_escape(const uint8_t *bytes, size_t size_bytes, char *out);
/* The escaped form cut to what fits into out with its NUL, never inside an escape or a sequence;
 * harmful characters are escaped too, so that it may go to a terminal.  Returns out. */
char *text_escape_line(const uint8_t *bytes, size_t size_bytes, char *out, size_t out_bytes);

/* For messages made of words, names and parts that are escaped already: harmful characters and what
 * is no UTF-8 become \xNN, a backslash stays one.  Cut and returned as above. */
char *text_one_line(const char *text, char *out, size_t out_bytes);

/* A JSON string with its quotes; bytes that are no UTF-8 are written in the escaped form. */
void text_write_json(FILE *f, const uint8_t *bytes, size_t size_bytes);

/* "1500", "10k" (1000), "10kb" and "10KiB" (1024), likewise m and g, t; -1 when it is none of that
 * or does not fit. */
int text_parse_size(const char *text, int64_t *ret_bytes);
/* Unix seconds or milliseconds (from 10^11 on), or 2024-01-31[T10:20[:30[.5]]][Z|+01:00]; UTC when
 * it does not say.  -1 when it is none of that. */
int text_parse_time(const char *text, int64_t *ret_ms);
/* A whole decimal number; -1 when it is not one or lies outside min..max. */
int text_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value);

#endif
