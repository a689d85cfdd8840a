/* hash.h -- a 64-bit hash of bytes that a file cannot play tricks with. */
#ifndef RDBLENS_HASH_H
#define RDBLENS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3.  The same bytes and seed give the same value on every machine. */
uint64_t hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed);

/* The same for bytes that come in pieces: how they are cut makes no difference. */
struct hash_state {
    uint64_t v0, v1, v2, v3;
};
struct hash {
    struct hash_state state;
    uint64_t size_bytes;
    uint8_t rest[8]; /* the first size_bytes % 8 of them: bytes that make no word yet */
};
void hash_begin(struct hash *h, uint64_t seed);
void hash_add(struct hash *h, const void *bytes, size_t size_bytes);
uint64_t hash_end(const struct hash *h);

/* A secret of this run, the seed of tables whose keys come from a file: otherwise a file could be
 * made of keys that all fall into one place. */
uint64_t hash_seed(void);

#endif
