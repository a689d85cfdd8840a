/* hash.h -- a 64-bit hash of bytes that a file cannot play tricks with. */
#ifndef RDBLENS_HASH_H
#define RDBLENS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3.  The same bytes and seed give the same value on every machine. */
uint64_t hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed);

/* A secret of this run, the seed of tables whose keys come from a file: otherwise a file could be
 * made of keys that all fall into one place. */
uint64_t hash_seed(void);

#endif
