/* hash.h -- one fast 64-bit hash of bytes, for tables that live in memory only. */
#ifndef RDBLENS_HASH_H
#define RDBLENS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The same bytes and seed give the same value on every machine: report databases hold sums of it.
 */
uint64_t hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed);

#endif
