/* pattern.h -- key names to patterns, Redis' glob, and what a pattern's keys are for.
 *
 * fold() is a pure function of the key: session:4f3a... -> session:*.  The user's own rules
 * (rules.h) come before it.
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

/* The same, and *ret_stars: what the stars stand for, as struct pattern_shape has it.  is_cut: more
 * of the key's name follows that is not known. */
size_t pattern_fold_stars(const uint8_t *key, size_t key_bytes, bool is_cut, uint8_t *out,
                          unsigned *ret_stars);

/* A key's pattern, or a pattern row. */
struct pattern_shape {
    const uint8_t *bytes;
    size_t size_bytes;
    unsigned stars; /* a star: one byte or more of these classes (fold_internal.h); or ... */
    bool is_rule;   /* the bytes are a glob of the user's, and not a pattern that was folded */
};
#define PATTERN_STARS_ANY 0xffffU /* ... anything, also nothing */

/* Escapes what Redis' glob would take for more than itself; writes at most twice size_bytes and
 * returns how many.  The result hits every key of the pattern. */
size_t pattern_glob(const struct pattern_shape *shape, uint8_t *out);

/* How the keys that a shape may have stand to the glob of another one. */
enum pattern_relation {
    PATTERN_APART = 0, /* it hits none of them */
    PATTERN_INSIDE,    /* it hits all */
    PATTERN_UNDECIDED
};
struct pattern_automaton;
struct pattern_automaton *pattern_automaton_new(void); /* NULL when out of memory */
void pattern_automaton_free(struct pattern_automaton *a);
/* The shape whose glob is asked for, of at most twice PATTERN_MAX_BYTES; borrowed until the next.
 */
void pattern_automaton_set(struct pattern_automaton *a, const struct pattern_shape *of);
/* Only what is proven is told.  *steps is what may still be spent, and goes down. */
enum pattern_relation pattern_relate(struct pattern_automaton *a, const struct pattern_shape *keys,
                                     int64_t *steps);

/* Marks the bytes of a key that are not in its pattern's literal parts: key_bytes of marks, each 1 or
 * 0.  False: the key is none of the pattern's, and the marks say nothing. */
bool pattern_mark(const struct pattern_shape *shape, const uint8_t *key, size_t key_bytes,
                  uint8_t *marks);
/* The element that begins at `at`: one byte, or what may stand for others.  Returns its end. */
size_t pattern_element(const struct pattern_shape *shape, size_t at, bool *ret_is_variable,
                       uint8_t *ret_byte);

/* The next coarser pattern: last segment -> `*`, at last `*` alone (a:b:c, a:b:*, a:*, *).  In
 * place, in a buffer of at least one byte; returns the new length, or 0 when the pattern already is
 * `*`. */
size_t pattern_parent(uint8_t *pattern, size_t pattern_bytes);

/* Redis' own glob (util.c: stringmatchlen, case-sensitive) on bytes, as KEYS answers. */
bool glob_match(const uint8_t *glob, size_t glob_bytes, const uint8_t *text, size_t text_bytes);

#endif
