/* name_day.h -- the day that a key's name is of. */
#ifndef RDBLENS_NAME_DAY_H
#define RDBLENS_NAME_DAY_H

#include <stddef.h>
#include <stdint.h>

/* The one date in a name as year * 10000 + month * 100 + day; 0: none, or more than one. */
int32_t name_day(const uint8_t *name, size_t name_bytes);

#endif
