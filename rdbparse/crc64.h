/* crc64.h -- the CRC-64 that closes an RDB file. */
#ifndef RDBPARSE_CRC64_H
#define RDBPARSE_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* The CRC after size_bytes more; start with 0.  Any split of the input gives the same result. */
uint64_t crc64_update(uint64_t crc, const uint8_t *bytes, size_t size_bytes);

/* The same through the tables only; what crc64_update() is when libisal is not there. */
uint64_t crc64_update_portable(uint64_t crc, const uint8_t *bytes, size_t size_bytes);

#endif
