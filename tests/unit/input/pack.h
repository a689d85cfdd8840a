/* pack.h -- makes packed inputs with the packers of the formats' own libraries. */
#ifndef TEST_INPUT_PACK_H
#define TEST_INPUT_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes on the heap; bytes_free() when done. */
struct bytes {
    uint8_t *at;
    size_t size_bytes;
};

struct bytes bytes_copy(const void *from, size_t size_bytes);
void bytes_append(struct bytes *b, const void *from, size_t size_bytes);
void bytes_free(struct bytes *b);

/* "REDIS0011" and then bytes of which about half can be packed; the same for the same size. */
struct bytes make_content(size_t size_bytes);

struct bytes pack_gzip(const uint8_t *from, size_t size_bytes);
struct bytes pack_zstd(const uint8_t *from, size_t size_bytes);
struct bytes pack_lz4(const uint8_t *from, size_t size_bytes);
struct bytes pack_lz4_legacy(const uint8_t *from, size_t size_bytes);
/* A skippable frame, which zstd and LZ4 share. */
struct bytes pack_skippable(const uint8_t *from, size_t size_bytes);

uint32_t next_random(uint32_t *state);

#endif
