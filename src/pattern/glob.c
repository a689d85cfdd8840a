/* glob.c -- Redis' glob, and the next coarser pattern.
 *
 *     *        any bytes, also none       [a-c]  one byte of the class; ranges work backwards too
 *     ?        one byte                   [^a]   one byte that is not in it
 *     \x       x itself, also in classes
 *
 * Rules, quirks included, as Redis 7 answers KEYS and SCAN MATCH (util.c, stringmatchlen): a class
 * that is not closed ends with the pattern; a range takes the byte after - even if it is ]; []
 * matches nothing and [^] any byte; a \ at the end is itself; against an empty name only the
 * patterns "" and
 * "*" match (the server compares no name with "*": it gives all keys).
 *
 * Redis recurses at each star.  Here the last star alone is remembered: when what follows it does
 * not match, it takes one byte more.  Earlier stars need not be tried again, since every other
 * element of a pattern takes exactly one byte, so that the leftmost match of what stands between
 * two stars leaves the most for the rest.  Worst case: pattern bytes times text bytes, no stack.
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "pattern/fold_internal.h"
#include "pattern/pattern.h"

/* A class begins at glob[at], behind its [.  Returns whether byte is in it; *ret_end: behind its ].
 */
static bool match_class(const uint8_t *glob, size_t glob_bytes, size_t at, uint8_t byte,
                        size_t *ret_end)
{
    bool is_negated = false, is_in = false;

    if (at < glob_bytes && glob[at] == '^') {
        is_negated = true;
        at++;
    }
    for (; at < glob_bytes && glob[at] != ']'; at++) {
        if (glob[at] == '\\' && glob_bytes - at >= 2) {
            at++;
            is_in = is_in || glob[at] == byte;
        } else if (glob_bytes - at >= 3 && glob[at + 1] == '-') {
            const uint8_t from = glob[at], to = glob[at + 2];

            is_in = is_in || (from <= to ? byte >= from && byte <= to : byte >= to && byte <= from);
            at += 2;
        } else {
            is_in = is_in || glob[at] == byte;
        }
    }
    *ret_end = at < glob_bytes ? at + 1 : at;
    return is_in != is_negated;
}

/* One element of the glob, no star, against one byte; *ret_end: where the next element begins. */
static bool match_one(const uint8_t *glob, size_t glob_bytes, size_t at, uint8_t byte,
                      size_t *ret_end)
{
    if (glob[at] == '[')
        return match_class(glob, glob_bytes, at + 1, byte, ret_end);
    if (glob[at] == '\\' && glob_bytes - at >= 2)
        at++;
    else if (glob[at] == '?')
        byte = '?';
    *ret_end = at + 1;
    return glob[at] == byte;
}

size_t glob_element_end(const uint8_t *glob, size_t glob_bytes, size_t at)
{
    size_t end = at + 1;

    if (glob[at] != '*')
        match_one(glob, glob_bytes, at, 0, &end);
    return end;
}

bool glob_match(const uint8_t *glob, size_t glob_bytes, const uint8_t *text, size_t text_bytes)
{
    size_t g = 0, t = 0, star_g = 0, star_t = 0;
    bool has_star = false;

    if (text_bytes == 0)
        return glob_bytes == 0 || (glob_bytes == 1 && glob[0] == '*');
    while (t < text_bytes) {
        size_t next;

        if (g < glob_bytes && glob[g] == '*') {
            while (g < glob_bytes && glob[g] == '*')
                g++;
            if (g == glob_bytes)
                return true;
            has_star = true;
            star_g = g;
            star_t = t;
        } else if (g < glob_bytes && match_one(glob, glob_bytes, g, text[t], &next)) {
            g = next;
            t++;
        } else if (has_star) {
            g = star_g;
            t = ++star_t;
        } else {
            return false;
        }
    }
    while (g < glob_bytes && glob[g] == '*')
        g++;
    return g == glob_bytes;
}

static bool is_between(uint8_t byte)
{
    return byte != '*' && fold_is(byte, CLASS_HARD | CLASS_DASH | CLASS_DOT);
}

size_t pattern_parent(uint8_t *pattern, size_t pattern_bytes)
{
    size_t n = pattern_bytes;

    if (n == 1 && pattern[0] == '*')
        return 0;
    /* A last segment that is a star is dropped with its separators; what precedes is the last. */
    if (n > 0 && pattern[n - 1] == '*' && (n < 2 || is_between(pattern[n - 2])))
        n--;
    while (n > 0 && is_between(pattern[n - 1]))
        n--;
    while (n > 0 && !is_between(pattern[n - 1]))
        n--;
    pattern[n] = '*';
    return n + 1;
}
