/* grow.h -- room for one more item in an array that only grows, by doubling. */
#ifndef RDBLENS_GROW_H
#define RDBLENS_GROW_H

#include <stddef.h>
#include <stdlib.h>

/* The array with room for item number `count`: itself while *capacity is larger, else moved and
 * *capacity changed.  NULL when out of memory; the array is then as it was. */
static inline void *grow_array(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    const size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown;

    if (count < *capacity)
        return items;
    grown = realloc(items, wanted * item_bytes);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

#endif
