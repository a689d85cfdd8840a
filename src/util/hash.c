/* hash.c -- one fast 64-bit hash of bytes.
 *
 * Eight bytes at a time (little-endian, put together from bytes) are mixed in by xor,
 * multiplication with an odd constant and a shift; the length goes into the seed so that trailing
 * zeros count.  Not keyed: no table here grows without a bound, so crafted collisions cost time,
 * never correctness.
 */
// SPDX-License-Identifier: MIT
#include "util/hash.h"

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

static uint64_t mix(uint64_t h, uint64_t word)
{
    h ^= word;
    h *= MULTIPLIER;
    return h ^ (h >> 32);
}

uint64_t hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed)
{
    const uint8_t *p = bytes;
    uint64_t h = mix(seed ^ MULTIPLIER, size_bytes);
    size_t left = size_bytes;

    for (; left >= 8; left -= 8, p += 8)
        h = mix(h, (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
                       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
                       (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56);
    if (left > 0) {
        uint64_t word = 0;

        for (size_t i = 0; i < left; i++)
            word |= (uint64_t)p[i] << (8 * i);
        h = mix(h, word);
    }
    return mix(h, 0);
}
