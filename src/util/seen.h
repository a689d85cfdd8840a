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
 * of two, and 4 MiB.  NULL: out of memory. */
struct seen *seen_new(size_t max_count);
/* NULL is fine. */
void seen_free(struct seen *s);
/* Has the memory fetched that the next calls for this hash will need: for who knows several hashes
 * before the first is added. */
void seen_prefetch(const struct seen *s, uint64_t hash);
enum seen_result seen_add(struct seen *s, uint64_t hash);
bool seen_has(const struct seen *s, uint64_t hash);
size_t seen_count(const struct seen *s);
/* Costs next to nothing, and gives back what is more than 16 MiB. */
void seen_clear(struct seen *s);

#endif
