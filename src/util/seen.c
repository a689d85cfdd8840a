/* seen.c -- which of many things were there before: a set of 64-bit hashes with a limit.
 *
 * Open addressing, at most half full, all bits set for a free place: so a new table is written in
 * one go, and its pages are not faulted in twice, to be read and then to be written.  A hash's
 * place is its upper bits: when the table grows, hashes move in the order in which they lie, and
 * both tables are walked from front to back.
 */
// SPDX-License-Identifier: MIT
#include "util/seen.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BITS = 8, /* slots of a new table, as a power of two */
    KEPT_BITS = 16  /* a larger table is not kept when it is cleared */
};

#define FREE_SLOT UINT64_MAX

struct seen {
    uint64_t *slots;
    unsigned bits, max_bits;
    size_t count, max_count;
    bool has_memory; /* false: could not grow, and will not try again */
};

static uint64_t *new_slots(unsigned bits)
{
    uint64_t *slots = malloc(sizeof *slots << bits);

    if (slots != NULL)
        memset(slots, 0xff, sizeof *slots << bits);
    return slots;
}

static size_t place_of(const struct seen *s, uint64_t hash)
{
    return (size_t)(hash >> (64 - s->bits));
}

/* Where the hash is, or the free slot where it would be put. */
static uint64_t *find(const struct seen *s, uint64_t hash)
{
    const size_t mask = ((size_t)1 << s->bits) - 1;
    size_t i = place_of(s, hash);

    while (s->slots[i] != FREE_SLOT && s->slots[i] != hash)
        i = (i + 1) & mask;
    return &s->slots[i];
}

static uint64_t stored_form(uint64_t hash)
{
    return hash == FREE_SLOT ? 0 : hash;
}

struct seen *seen_new(size_t max_count)
{
    struct seen *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->bits = FIRST_BITS;
    s->slots = new_slots(s->bits);
    s->max_count = max_count;
    for (s->max_bits = FIRST_BITS; (size_t)1 << (s->max_bits - 1) < max_count;)
        s->max_bits++;
    s->has_memory = true;
    if (s->slots != NULL)
        return s;
    free(s);
    return NULL;
}

void seen_free(struct seen *s)
{
    if (s != NULL)
        free(s->slots);
    free(s);
}

/* Fourfold: pages touched for the first time cost more than the hashes that move. */
static bool grow(struct seen *s)
{
    const unsigned bits = s->bits + 2 < s->max_bits ? s->bits + 2 : s->max_bits;
    const size_t old_slots = (size_t)1 << s->bits;
    uint64_t *const old = s->slots;
    uint64_t *slots = s->has_memory ? new_slots(bits) : NULL;

    if (slots == NULL) {
        s->has_memory = false;
        return false;
    }
    s->slots = slots;
    s->bits = bits;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i] != FREE_SLOT)
            *find(s, old[i]) = old[i];
    }
    free(old);
    return true;
}

enum seen_result seen_add(struct seen *s, uint64_t hash)
{
    uint64_t *slot;

    hash = stored_form(hash);
    slot = find(s, hash);
    if (*slot != FREE_SLOT)
        return SEEN_BEFORE;
    if (s->count >= s->max_count)
        return SEEN_FULL;
    if (s->count >= (size_t)1 << (s->bits - 1)) {
        if (!grow(s))
            return SEEN_FULL;
        slot = find(s, hash);
    }
    *slot = hash;
    s->count++;
    return SEEN_NEW;
}

bool seen_has(const struct seen *s, uint64_t hash)
{
    return *find(s, stored_form(hash)) != FREE_SLOT;
}

size_t seen_count(const struct seen *s)
{
    return s->count;
}

void seen_clear(struct seen *s)
{
    uint64_t *slots = NULL;

    if (s->count == 0)
        return;
    if (s->bits > KEPT_BITS)
        slots = new_slots(FIRST_BITS);
    if (slots != NULL) {
        free(s->slots);
        s->slots = slots;
        s->bits = FIRST_BITS;
    } else {
        memset(s->slots, 0xff, sizeof(uint64_t) << s->bits);
    }
    s->count = 0;
    s->has_memory = true;
}
