/* table_growth.h -- how many slots a dict has after a series of additions. */
#ifndef RDBLENS_TABLE_GROWTH_H
#define RDBLENS_TABLE_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#define TABLE_SLOTS_MIN      UINT64_C(4)
#define NO_VALUE_ENTRY_BYTES 16 /* dictEntryNoValue: of a member behind another in its slot */

struct table_growth {
    uint64_t slots;     /* of the table that takes new members */
    uint64_t old_slots; /* of the one being emptied; 0: no rehash runs */
    uint64_t used;
    /* The last rehash. */
    uint64_t rehash_used;  /* members when it began */
    uint64_t rehash_slots; /* slots of the table it empties; 0: there was none */
    uint64_t steps;        /* taken since */
    uint64_t steps_needed; /* most likely */
    double steps_mean, steps_deviation;
    bool was_random; /* chance decided about an earlier one, and with that about this */
};

/* The slots of a table for `want` members (0: the smallest). */
uint64_t table_slots(uint64_t want);
/* Members that share their slot with an earlier one, on average: n - s (1 - (1 - 1/s)^n). */
double table_colliding(uint64_t members, uint64_t slots);

/* A table made for `want` members (0: the smallest). */
void table_init(struct table_growth *t, uint64_t want);
/* dictExpand() */
void table_expand(struct table_growth *t, uint64_t want);
/* dictAdd() of a new member. */
void table_add(struct table_growth *t);
/* Whether chance decided about the slots. */
bool table_is_random(const struct table_growth *t);

#endif
