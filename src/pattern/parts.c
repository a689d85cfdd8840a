/* parts.c -- which bytes of a key its pattern's stars stand for.
 *
 *      {user1000}.following        {user*}.following
 *      .....1111...........        what is marked is variable, the rest stands in the pattern
 *
 * A key can often be laid on its pattern in several ways.  Each leaves the same bytes unmarked,
 * those of the pattern's literal parts, so that no choice shows more of a key than the pattern
 * does; the leftmost is taken, as glob.c does it, since every element but a star is one byte.
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "pattern/fold_internal.h"
#include "pattern/pattern.h"

/* The element at `at`, no star, against one byte.  *ret_mark: 1 when it may stand for others. */
static bool match_element(const struct pattern_shape *shape, size_t at, uint8_t byte,
                          size_t *ret_end, uint8_t *ret_mark)
{
    const uint8_t *p = shape->bytes;

    *ret_mark = 0;
    *ret_end = at + 1;
    if (!shape->is_rule)
        return p[at] == byte;
    *ret_end = glob_element_end(p, shape->size_bytes, at);
    *ret_mark = p[at] == '?' || p[at] == '[';
    return glob_match(p + at, *ret_end - at, &byte, 1);
}

bool pattern_mark(const struct pattern_shape *shape, const uint8_t *key, size_t key_bytes,
                  uint8_t *marks)
{
    size_t at = 0, k = 0, star_at = 0, star_k = 0;
    bool has_star = false;

    while (k < key_bytes) {
        size_t end = 0;
        uint8_t mark = 0;

        if (at < shape->size_bytes && shape->bytes[at] == '*') {
            has_star = true;
            star_at = ++at;
            star_k = k;
        } else if (at < shape->size_bytes && match_element(shape, at, key[k], &end, &mark)) {
            marks[k++] = mark;
            at = end;
        } else if (has_star) {
            /* The star takes a byte more, and what follows it is tried again. */
            marks[star_k++] = 1;
            k = star_k;
            at = star_at;
        } else {
            return false;
        }
    }
    while (at < shape->size_bytes && shape->bytes[at] == '*')
        at++;
    return at == shape->size_bytes;
}

size_t pattern_element(const struct pattern_shape *shape, size_t at, bool *ret_is_variable,
                       uint8_t *ret_byte)
{
    const uint8_t byte = shape->bytes[at];
    const size_t end =
        shape->is_rule ? glob_element_end(shape->bytes, shape->size_bytes, at) : at + 1;

    *ret_is_variable = byte == '*' || (shape->is_rule && (byte == '?' || byte == '['));
    *ret_byte = shape->is_rule && byte == '\\' && end - at == 2 ? shape->bytes[at + 1] : byte;
    return end;
}
