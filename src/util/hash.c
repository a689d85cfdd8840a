/* hash.c -- a 64-bit hash of bytes: SipHash-1-3 (Aumasson, Bernstein).
 *
 * Keys come from files that may be hostile, and simpler multiplicative hashes have collisions that
 * hold for every seed.  The seed is one half of SipHash's key, the other half is the seed turned
 * round, so that seed 0 is the all-zero key, for which other implementations can be asked (Python's
 * hash() of bytes under PYTHONHASHSEED=0).
 *
 *      words of 8 bytes, little-endian; the last one holds what is left and the length in its top
 * byte
 */
// SPDX-License-Identifier: MIT
#include "util/hash.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t rotate_left(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static void sip_round(struct hash_state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
}

static void sip_word(struct hash_state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static struct hash_state sip_begin(uint64_t seed)
{
    const uint64_t k0 = seed, k1 = rotate_left(seed, 32);

    return (struct hash_state){k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                               k0 ^ UINT64_C(0x6c7967656e657261),
                               k1 ^ UINT64_C(0x7465646279746573)};
}

static uint64_t load_word(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* rest: the size_bytes % 8 bytes that made no word. */
static uint64_t sip_end(struct hash_state *s, const uint8_t *rest, uint64_t size_bytes)
{
    uint64_t last = size_bytes << 56;

    for (size_t i = 0; i < size_bytes % 8; i++)
        last |= (uint64_t)rest[i] << (8 * i);
    sip_word(s, last);
    s->v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed)
{
    struct hash_state s = sip_begin(seed);
    const uint8_t *p = bytes;

    for (size_t left = size_bytes; left >= 8; left -= 8, p += 8)
        sip_word(&s, load_word(p));
    return sip_end(&s, p, size_bytes);
}

void hash_begin(struct hash *h, uint64_t seed)
{
    *h = (struct hash){.state = sip_begin(seed)};
}

void hash_add(struct hash *h, const void *bytes, size_t size_bytes)
{
    const uint8_t *p = bytes;
    size_t held = h->size_bytes % 8;

    h->size_bytes += size_bytes;
    for (; held > 0 && size_bytes > 0; size_bytes--) {
        h->rest[held++] = *p++;
        if (held == 8) {
            sip_word(&h->state, load_word(h->rest));
            held = 0;
        }
    }
    for (; size_bytes >= 8; size_bytes -= 8, p += 8)
        sip_word(&h->state, load_word(p));
    if (size_bytes > 0)
        memcpy(h->rest, p, size_bytes);
}

uint64_t hash_end(const struct hash *h)
{
    struct hash_state s = h->state;

    return sip_end(&s, h->rest, h->size_bytes);
}

uint64_t hash_seed(void)
{
    static _Atomic uint64_t seed;
    uint64_t v = atomic_load(&seed), none = 0;
    struct timespec now;

    if (v != 0)
        return v;
    if (getrandom(&v, sizeof v, GRND_NONBLOCK) != (ssize_t)sizeof v) {
        clock_gettime(CLOCK_REALTIME, &now);
        v = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    }
    v |= 1; /* 0 means: not drawn yet */
    return atomic_compare_exchange_strong(&seed, &none, v) ? v : none;
}
