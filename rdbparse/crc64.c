/* crc64.c -- CRC-64 "Jones" as Redis computes it.
 *
 * Polynomial 0xad93d23594c935a9, reflected in and out (so the shifting loop goes right and uses
 * 0x95ac9329ac4bc9b5), initial value 0, no final xor.  Check value: "123456789" gives
 * 0xe9c6d914c4b8d9ca (Redis' src/crc64.c).
 *
 * Two ways to the same number.  libisal folds with carry-less multiplications and runs at memory
 * bandwidth; its crc64_jones_refl() inverts the value it is given and the value it returns, which
 * the caller here undoes on both sides.  Without libisal, slicing-by-8: table[k][b] is the CRC of
 * byte b followed by k zero bytes, so eight bytes are eight independent look-ups:
 *
 *     x = crc ^ next 8 bytes (little-endian)
 *     crc = table[7][byte 0 of x] ^ table[6][byte 1] ^ ... ^ table[0][byte 7]
 *
 * The tables (16 KiB) are computed on first use: 2048 numbers are worse to review than twelve
 * lines.
 */
// SPDX-License-Identifier: MIT
#include "crc64.h"

#include <pthread.h>

#include "bytes.h"

#ifdef HAVE_ISAL
#include <isa-l/crc64.h>
#endif

#define POLYNOMIAL_REFLECTED UINT64_C(0x95ac9329ac4bc9b5)

static uint64_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL_REFLECTED : 0);
        table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 8; zeros++)
        for (unsigned byte = 0; byte < 256; byte++) {
            const uint64_t before = table[zeros - 1][byte];
            table[zeros][byte] = table[0][before & 0xff] ^ (before >> 8);
        }
}

uint64_t crc64_update_portable(uint64_t crc, const uint8_t *bytes, size_t size_bytes)
{
    pthread_once(&table_once, fill_table);
    while (size_bytes >= 8) {
        const uint64_t x = crc ^ load_u64le(bytes);

        crc = table[7][x & 0xff] ^ table[6][(x >> 8) & 0xff] ^ table[5][(x >> 16) & 0xff] ^
              table[4][(x >> 24) & 0xff] ^ table[3][(x >> 32) & 0xff] ^ table[2][(x >> 40) & 0xff] ^
              table[1][(x >> 48) & 0xff] ^ table[0][x >> 56];
        bytes += 8;
        size_bytes -= 8;
    }
    while (size_bytes > 0) {
        crc = table[0][(crc ^ *bytes++) & 0xff] ^ (crc >> 8);
        size_bytes--;
    }
    return crc;
}

uint64_t crc64_update(uint64_t crc, const uint8_t *bytes, size_t size_bytes)
{
#ifdef HAVE_ISAL
    return ~crc64_jones_refl(~crc, bytes, size_bytes);
#else
    return crc64_update_portable(crc, bytes, size_bytes);
#endif
}
