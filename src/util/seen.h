/* seen.h -- which of many things were there before: a set of 64-bit hashes with a limit.
 *
 * Two different things are taken for one when their hashes are equal: among 2^22 of them once in
 * two million sets.  The hashes must be keyed (util/hash.h), so that no file can bring it about.
 */
#ifndef RDBLENS_SEEN_H
#define RDBLENS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen;

enum seen_result {
    SEEN_NEW = 0, /* remembered from now on */
    SEEN_BEFORE,
    SEEN_FULL /* not there, and not remembered: the limit is reached, or memory */
};

/* A set of at most max_count hashes; it grows to 16 bytes for each of them, rounded up to a power
 * of two.  NULL: out of memory. */
struct seen *seen_new(size_t max_count);
/* NULL is fine. */
void seen_free(struct seen *s);
enum seen_result seen_add(struct seen *s, uint64_t hash);
bool seen_has(const struct seen *s, uint64_t hash);
size_t seen_count(const struct seen *s);
/* Costs what was added, not what the limit allows, and gives large memory back. */
void seen_clear(struct seen *s);

#endif
