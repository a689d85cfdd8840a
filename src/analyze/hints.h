/* hints.h -- RESIZEDB: what the file itself says of how many keys each database has. */
#ifndef RDBLENS_HINTS_H
#define RDBLENS_HINTS_H

#include <stddef.h>
#include <stdint.h>

#define HINTS_MAX 65536 /* databases; what is said of others is not kept */

struct hint {
    uint64_t db;
    uint64_t keys, expires;
};

struct hints;

struct hints *hints_new(void); /* NULL: out of memory */
void hints_free(struct hints *h);
/* Several for one database are summed.  -1: out of memory. */
int hints_add(struct hints *h, uint64_t db, uint64_t keys, uint64_t expires);
/* In order of first appearance; valid until the next add. */
size_t hints_count(const struct hints *h);
const struct hint *hints_at(const struct hints *h, size_t i);

#endif
