/* seen.c -- which of many things were there before: a set of 64-bit hashes with a limit.
 *
 * Open addressing, at most half full, all bits set for a free place: so a new table is written in
 * one go, and its pages are not faulted in twice, to be read and then to be written.  A hash's
 * place is its upper bits: when the table grows, hashes move in the order in which they lie, and
 * both tables are walked from front to back.
 *
 * Many sets follow one another in one table (the members of one key, then of the next), so memory
 * that was asked for is used again: after clearing, a small table lies in the front of the room,
 * and what a table grew out of is kept for the next one that grows.
 *
 *      room    [table, 2^bits slots][ not in use ]
 *      spare   [ of the table before it grew ]
 */
// SPDX-License-Identifier: MIT
#include "util/seen.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BITS = 8,  /* slots of a new table, as a power of two */
    KEPT_BITS = 21,  /* larger room is given back when the set is cleared (16 MiB) */
    SPARE_BITS = 19, /* larger room is not kept as a spare (4 MiB) */
    GROWTH_BITS = 2  /* fourfold: fewer hashes move */
};

#define FREE_SLOT UINT64_MAX

struct room {
    uint64_t *slots; /* NULL: none */
    unsigned bits;
};

struct seen {
    struct room room, spare;
    uint64_t *slots; /* the room's */
    unsigned bits, max_bits;
    size_t count, max_count;
    bool has_memory; /* false: could not grow, and will not try again */
};

static void free_slots(uint64_t *slots, unsigned bits)
{
    memset(slots, 0xff, sizeof *slots << bits);
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
    s->room.bits = s->bits = FIRST_BITS;
    s->room.slots = s->slots = malloc(sizeof *s->slots << FIRST_BITS);
    s->max_count = max_count;
    for (s->max_bits = FIRST_BITS; (size_t)1 << (s->max_bits - 1) < max_count;)
        s->max_bits++;
    s->has_memory = true;
    if (s->slots == NULL) {
        free(s);
        return NULL;
    }
    free_slots(s->slots, s->bits);
    return s;
}

void seen_free(struct seen *s)
{
    if (s == NULL)
        return;
    free(s->room.slots);
    free(s->spare.slots);
    free(s);
}

static struct room new_room(unsigned bits)
{
    return (struct room){malloc(sizeof(uint64_t) << bits), bits};
}

/* The table in use is copied aside, so that it can grow where it lies.  NULL: no memory. */
static const uint64_t *copy_to_spare(struct seen *s)
{
    if (s->spare.slots == NULL || s->spare.bits < s->bits) {
        free(s->spare.slots);
        s->spare = new_room(s->bits);
    }
    if (s->spare.slots != NULL)
        memcpy(s->spare.slots, s->slots, sizeof *s->slots << s->bits);
    return s->spare.slots;
}

/* The table in use becomes the spare one, beside new room.  NULL: no memory. */
static const uint64_t *move_to_new_room(struct seen *s, unsigned bits)
{
    const struct room room = new_room(bits);

    if (room.slots == NULL)
        return NULL;
    free(s->spare.slots);
    s->spare = s->room;
    s->room = room;
    s->slots = room.slots;
    return s->spare.slots;
}

static bool grow(struct seen *s)
{
    const unsigned bits = s->bits + GROWTH_BITS < s->max_bits ? s->bits + GROWTH_BITS : s->max_bits;
    const size_t old_slots = (size_t)1 << s->bits;
    const uint64_t *old = NULL;

    if (s->has_memory)
        old = s->room.bits >= bits ? copy_to_spare(s) : move_to_new_room(s, bits);
    if (old == NULL) {
        s->has_memory = false;
        return false;
    }
    s->bits = bits;
    free_slots(s->slots, bits);
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i] != FREE_SLOT)
            *find(s, old[i]) = old[i];
    }
    if (s->spare.bits > SPARE_BITS) {
        free(s->spare.slots);
        s->spare = (struct room){0};
    }
    return true;
}

void seen_prefetch(const struct seen *s, uint64_t hash)
{
    __builtin_prefetch(&s->slots[place_of(s, stored_form(hash))], 1);
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
    if (s->count == 0)
        return;
    if (s->room.bits > KEPT_BITS) {
        uint64_t *const slots = malloc(sizeof *slots << FIRST_BITS);

        if (slots != NULL) {
            free(s->room.slots);
            s->room = (struct room){slots, FIRST_BITS};
            s->slots = slots;
        }
    }
    s->bits = FIRST_BITS;
    free_slots(s->slots, s->bits);
    s->count = 0;
    s->has_memory = true;
}
