/* sqlite_bytes.h -- numbers as SQLite's file format has them: big-endian, and varints.
 *
 * A varint holds 7 bits a byte, the highest first, all but the last byte marked by 0x80; a ninth
 * byte, which only numbers of more than 56 bits need, holds 8.
 */
#ifndef RDBLENS_SQLITE_BYTES_H
#define RDBLENS_SQLITE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void put_be16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void put_be64(uint8_t *p, uint64_t v)
{
    put_be32(p, (uint32_t)(v >> 32));
    put_be32(p + 4, (uint32_t)v);
}

static inline uint32_t get_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t get_be32(const uint8_t *p)
{
    return get_be16(p) << 16 | get_be16(p + 2);
}

/* The varint that ends before `end`; returns where it starts. */
static inline uint8_t *put_varint_before(uint8_t *end, uint64_t v)
{
    if (v >> 56 != 0) {
        *--end = (uint8_t)v;
        v >>= 8;
        for (int i = 0; i < 8; i++, v >>= 7)
            *--end = (uint8_t)(0x80 | (v & 0x7f));
        return end;
    }
    *--end = (uint8_t)(v & 0x7f);
    while ((v >>= 7) != 0)
        *--end = (uint8_t)(0x80 | (v & 0x7f));
    return end;
}

static inline size_t varint_bytes(uint64_t v)
{
    size_t n = 1;

    while (n < 9 && (v >>= 7) != 0)
        n++;
    return n;
}

#endif
