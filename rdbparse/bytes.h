/* bytes.h -- fixed-width integers put together from bytes: alignment-safe, one load each. */
#ifndef RDBPARSE_BYTES_H
#define RDBPARSE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t load_u16le(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)p[1] << 8);
}

static inline uint32_t load_u24le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t load_u32le(const uint8_t *p)
{
    return load_u24le(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t load_u64le(const uint8_t *p)
{
    return (uint64_t)load_u32le(p) | (uint64_t)load_u32le(p + 4) << 32;
}

static inline uint32_t load_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t load_u64be(const uint8_t *p)
{
    return (uint64_t)load_u32be(p) << 32 | load_u32be(p + 4);
}

/* Two's complement of an n-bit value (1 <= n <= 64) held in the low bits of v. */
static inline int64_t sign_extend(uint64_t v, unsigned n)
{
    const uint64_t sign = UINT64_C(1) << (n - 1);

    return (int64_t)((v ^ sign) - sign);
}

static inline double load_f64le(const uint8_t *p)
{
    const uint64_t bits = load_u64le(p);
    double d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

#endif
