/* shape.c -- which keys a pattern's glob hits: all of another pattern's, none, or who knows.
 *
 * A glob is a row of elements, each one byte out of a set, or a loop over any bytes (a star).  The
 * keys that a pattern may have are such a row, too.  A folded star stands for one byte or more of
 * the classes that were seen under it, so it is a byte and a loop over the same set:
 *
 *      glob  user:*:cart       u s e r : (any)* : c a r t
 *      keys  user:*            u s e r : [0-9] [0-9]*          no key of these has a second colon
 *
 * Apart: no name is in both, which is a search through pairs (place in the glob, place in the
 * shape), forwards only, a bit a pair.  The begins and ends, compared byte by byte before, settle
 * nearly all pairs of patterns.
 *
 * Inside: the shape, read as a text in which stars are no bytes of the glob, is matched by the
 * glob: then its stars swallow the shape's whatever these stand for.  Where that fails the glob may
 * still hit all by chance ([0-9] and stars of digits): undecided, which is never wrong.
 *
 * The server compares no name with the glob `*`: it gives all keys.  Any other glob hits the empty
 * name only if it is empty itself (glob.c).
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "pattern/fold_internal.h"
#include "pattern/pattern.h"

enum { MAX_ELEMENTS = 2 * PATTERN_MAX_BYTES, MAX_SETS = PATTERN_MAX_BYTES + 1 };

struct byte_set {
    uint64_t bits[4];
};

struct element {
    bool is_loop;
    uint8_t byte; /* when there is no set */
    uint16_t set; /* number in the row's sets; NO_SET: the one byte */
};
#define NO_SET UINT16_MAX

struct row {
    struct element elements[MAX_ELEMENTS];
    size_t count;
    struct byte_set sets[MAX_SETS];
    size_t set_count;
};

struct pattern_automaton {
    struct pattern_shape of;
    struct row glob, keys;
    size_t prefix_count, suffix_count; /* elements of the glob that are one byte, at its ends */
    bool reached[2][MAX_ELEMENTS + 1];
};

static bool is_special(uint8_t byte)
{
    return byte == '*' || byte == '?' || byte == '[' || byte == ']' || byte == '\\';
}

size_t pattern_glob(const struct pattern_shape *shape, uint8_t *out)
{
    size_t n = 0;

    if (shape->is_rule) {
        if (shape->size_bytes > 0)
            memcpy(out, shape->bytes, shape->size_bytes);
        return shape->size_bytes;
    }
    for (size_t i = 0; i < shape->size_bytes; i++) {
        if (is_special(shape->bytes[i]) && shape->bytes[i] != '*')
            out[n++] = '\\';
        out[n++] = shape->bytes[i];
    }
    return n;
}

/* ---- rows of elements ----------------------------------------------------------------------- */

static bool set_has(const struct byte_set *s, uint8_t byte)
{
    return (s->bits[byte / 64] >> byte % 64 & 1) != 0;
}

static void set_add(struct byte_set *s, uint8_t byte)
{
    s->bits[byte / 64] |= UINT64_C(1) << byte % 64;
}

static struct byte_set set_of_stars(unsigned stars)
{
    struct byte_set s = {{0}};

    for (unsigned byte = 0; byte < 256; byte++)
        if ((fold_class[byte] & CLASS_ALL & ~stars) == 0)
            set_add(&s, (uint8_t)byte);
    return s;
}

static uint16_t add_set(struct row *r, const struct byte_set *set)
{
    r->sets[r->set_count] = *set;
    return (uint16_t)r->set_count++;
}

static void add_element(struct row *r, bool is_loop, uint8_t byte, uint16_t set)
{
    r->elements[r->count++] = (struct element){is_loop, byte, set};
}

/* stars: what a star stands for.  A pattern is a glob in which * alone is special. */
static void read_pattern(struct row *r, const struct pattern_shape *shape, unsigned stars)
{
    const struct byte_set set = set_of_stars(stars);

    r->count = r->set_count = 0;
    add_set(r, &set);
    for (size_t i = 0; i < shape->size_bytes; i++) {
        if (shape->bytes[i] != '*') {
            add_element(r, false, shape->bytes[i], NO_SET);
            continue;
        }
        if (stars != PATTERN_STARS_ANY)
            add_element(r, false, 0, 0);
        add_element(r, true, 0, 0);
    }
}

/* Which bytes the element of a glob at `at` matches is asked of glob_match itself. */
static void read_glob(struct row *r, const struct pattern_shape *shape)
{
    const struct byte_set all = set_of_stars(CLASS_ALL);

    r->count = r->set_count = 0;
    add_set(r, &all);
    for (size_t i = 0, end; i < shape->size_bytes; i = end) {
        struct byte_set set = {{0}};

        end = glob_element_end(shape->bytes, shape->size_bytes, i);
        if (shape->bytes[i] == '*') {
            add_element(r, true, 0, 0);
        } else if (shape->bytes[i] == '?') {
            add_element(r, false, 0, 0);
        } else if (shape->bytes[i] == '[') {
            for (unsigned byte = 0; byte < 256; byte++) {
                const uint8_t one = (uint8_t)byte;

                if (glob_match(shape->bytes + i, end - i, &one, 1))
                    set_add(&set, one);
            }
            add_element(r, false, 0, add_set(r, &set));
        } else {
            add_element(r, false, shape->bytes[end - 1], NO_SET);
        }
    }
}

static bool have_common_byte(const struct row *a, const struct element *x, const struct row *b,
                             const struct element *y)
{
    uint64_t common = 0;

    if (x->set == NO_SET && y->set == NO_SET)
        return x->byte == y->byte;
    if (x->set == NO_SET)
        return set_has(&b->sets[y->set], x->byte);
    if (y->set == NO_SET)
        return set_has(&a->sets[x->set], y->byte);
    for (int i = 0; i < 4; i++)
        common |= a->sets[x->set].bits[i] & b->sets[y->set].bits[i];
    return common != 0;
}

/* ---- relations ------------------------------------------------------------------------------ */

struct pattern_automaton *pattern_automaton_new(void)
{
    return calloc(1, sizeof(struct pattern_automaton));
}

void pattern_automaton_free(struct pattern_automaton *a)
{
    free(a);
}

static bool is_byte(const struct element *e)
{
    return !e->is_loop && e->set == NO_SET;
}

void pattern_automaton_set(struct pattern_automaton *a, const struct pattern_shape *of)
{
    a->of = *of;
    if (of->is_rule)
        read_glob(&a->glob, of);
    else
        read_pattern(&a->glob, of, PATTERN_STARS_ANY);
    a->prefix_count = a->suffix_count = 0;
    while (a->prefix_count < a->glob.count && is_byte(&a->glob.elements[a->prefix_count]))
        a->prefix_count++;
    while (a->suffix_count < a->glob.count &&
           is_byte(&a->glob.elements[a->glob.count - 1 - a->suffix_count]))
        a->suffix_count++;
}

/* Whether the pairs that can be reached lead to both ends.  Row by row of the glob: reached[0] is
 * the row, reached[1] the next. */
static bool have_common_name(struct pattern_automaton *a, int64_t *steps)
{
    const struct row *const g = &a->glob, *const k = &a->keys;
    bool *row = a->reached[0], *next = a->reached[1];
    size_t first = 0; /* before it nothing is reached any more */

    memset(row, 0, k->count + 1);
    row[0] = true;
    for (size_t i = 0; i <= g->count; i++) {
        size_t next_first = k->count + 1;

        memset(next, 0, k->count + 1);
        *steps -= (int64_t)(k->count + 1 - first);
        for (size_t j = first; j <= k->count; j++) {
            const struct element *const x = i < g->count ? &g->elements[i] : NULL;
            const struct element *const y = j < k->count ? &k->elements[j] : NULL;

            if (!row[j])
                continue;
            if (y != NULL && y->is_loop)
                row[j + 1] = true;
            if (x != NULL && x->is_loop)
                next[j] = true;
            if (x != NULL && y != NULL && !(x->is_loop && y->is_loop) &&
                have_common_byte(g, x, k, y))
                (x->is_loop ? row : next)[y->is_loop ? j : j + 1] = true;
            if (next[j] && j < next_first)
                next_first = j;
            else if (j < k->count && next[j + 1] && j + 1 < next_first)
                next_first = j + 1;
        }
        if (i == g->count)
            return row[k->count];
        if (next_first > k->count)
            return false;
        first = next_first;
        row = next;
        next = row == a->reached[0] ? a->reached[1] : a->reached[0];
    }
    return false;
}

/* Begins and ends that differ before either has a star. */
static bool differ_at_ends(const struct row *g, const struct row *k)
{
    for (size_t i = 0; i < g->count && i < k->count; i++) {
        if (g->elements[i].is_loop || k->elements[i].is_loop)
            break;
        if (!have_common_byte(g, &g->elements[i], k, &k->elements[i]))
            return true;
    }
    for (size_t i = 1; i <= g->count && i <= k->count; i++) {
        const struct element *const x = &g->elements[g->count - i], *y = &k->elements[k->count - i];

        /* A loop that follows a byte of its own set ends with such a byte, too. */
        if (!x->is_loop && y->is_loop && i < k->count && y[-1].set == y->set && !y[-1].is_loop)
            return !have_common_byte(g, x, k, y);
        if (x->is_loop || y->is_loop)
            break;
        if (!have_common_byte(g, x, k, y))
            return true;
    }
    return false;
}

/* Most pairs differ in the bytes before the first star of either, or behind the last: looked at in
 * the pattern's own bytes. */
static bool differ_in_bytes(const struct pattern_automaton *a, const struct pattern_shape *keys)
{
    const struct element *const elements = a->glob.elements;

    for (size_t i = 0; i < a->prefix_count && i < keys->size_bytes && keys->bytes[i] != '*'; i++)
        if (elements[i].byte != keys->bytes[i])
            return true;
    for (size_t i = 1; i <= a->suffix_count && i <= keys->size_bytes; i++) {
        const uint8_t byte = keys->bytes[keys->size_bytes - i];

        if (byte == '*')
            return false;
        if (elements[a->glob.count - i].byte != byte)
            return true;
    }
    return false;
}

/* The greedy match of glob.c, over elements: a loop of the shape is a byte that only a loop of the
 * glob takes. */
static bool is_inside(const struct row *g, const struct row *k)
{
    size_t i = 0, j = 0, star_i = 0, star_j = 0;
    bool has_star = false;

    while (j < k->count) {
        const struct element *const x = i < g->count ? &g->elements[i] : NULL;
        const struct element *const y = &k->elements[j];

        if (x != NULL && x->is_loop) {
            has_star = true;
            star_i = ++i;
            star_j = j;
        } else if (x != NULL && !y->is_loop &&
                   (x->set == NO_SET ? y->set == NO_SET && y->byte == x->byte
                                     : y->set == NO_SET && set_has(&g->sets[x->set], y->byte))) {
            i++;
            j++;
        } else if (has_star) {
            i = star_i;
            j = ++star_j;
        } else {
            return false;
        }
    }
    while (i < g->count && g->elements[i].is_loop)
        i++;
    return i == g->count;
}

enum pattern_relation pattern_relate(struct pattern_automaton *a, const struct pattern_shape *keys,
                                     int64_t *steps)
{
    const bool is_all = a->of.size_bytes == 1 && a->of.bytes[0] == '*';
    const bool may_be_empty = keys->stars == PATTERN_STARS_ANY || keys->is_rule;

    *steps -= 8;
    if (is_all)
        return PATTERN_INSIDE;
    if (keys->size_bytes == 0 || a->of.size_bytes == 0)
        return keys->size_bytes == a->of.size_bytes ? PATTERN_INSIDE
               : may_be_empty                       ? PATTERN_UNDECIDED
                                                    : PATTERN_APART;
    if (!keys->is_rule && differ_in_bytes(a, keys))
        return PATTERN_APART;
    if (*steps < 0)
        return PATTERN_UNDECIDED;
    if (keys->is_rule)
        read_glob(&a->keys, keys);
    else
        read_pattern(&a->keys, keys, keys->stars);
    *steps -= (int64_t)(a->keys.count + a->glob.count);
    if (differ_at_ends(&a->glob, &a->keys))
        return PATTERN_APART;
    if (is_inside(&a->glob, &a->keys)) {
        /* A star that may stand for nothing may leave the empty name. */
        for (size_t i = 0; may_be_empty && i < a->keys.count; i++)
            if (!a->keys.elements[i].is_loop)
                return PATTERN_INSIDE;
        return may_be_empty ? PATTERN_UNDECIDED : PATTERN_INSIDE;
    }
    return have_common_name(a, steps) ? PATTERN_UNDECIDED : PATTERN_APART;
}
