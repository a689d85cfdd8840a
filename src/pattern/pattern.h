/* pattern.h -- key names to patterns, Redis' glob, and what a pattern's keys are for.
 *
 * fold() is a pure function of the key: session:4f3a... -> session:*.
 */
#ifndef RDBLENS_PATTERN_H
#define RDBLENS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_MAX_BYTES 512

/* Writes the key's pattern to out (PATTERN_MAX_BYTES of room) and returns its length.  A pattern
 * has no more bytes than PATTERN_MAX_BYTES: a longer one ends in `*`.  Works on bytes; never fails.
 * Only an empty key has an empty pattern.  A pattern is for people: glob characters of the key are
 * not escaped. */
size_t pattern_fold(const uint8_t *key, size_t key_bytes, uint8_t *out);

/* The next coarser pattern: last segment -> `*`, at last `*` alone (a:b:c, a:b:*, a:*, *).  In
 * place, in a buffer of at least one byte; returns the new length, or 0 when the pattern already is
 * `*`. */
size_t pattern_parent(uint8_t *pattern, size_t pattern_bytes);

/* Redis' own glob (util.c: stringmatchlen, case-sensitive) on bytes, as KEYS answers. */
bool glob_match(const uint8_t *glob, size_t glob_bytes, const uint8_t *text, size_t text_bytes);

#endif
