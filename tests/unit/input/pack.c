/* pack.c -- packed inputs for the reader's tests.
 *
 * The legacy LZ4 form has no library call for its framing: magic 02 21 4c 18, then for each 8 MiB
 * of content a u32 LE size and an LZ4 block (lz4's doc/lz4_Frame_format.md).
 */
// SPDX-License-Identifier: MIT
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

/* A test without memory cannot say anything: stop. */
static void *get(size_t size_bytes)
{
    void *p = malloc(size_bytes ? size_bytes : 1);

    if (!p)
        abort();
    return p;
}

uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct bytes bytes_copy(const void *from, size_t size_bytes)
{
    struct bytes b = {get(size_bytes), size_bytes};

    if (size_bytes > 0)
        memcpy(b.at, from, size_bytes);
    return b;
}

void bytes_append(struct bytes *b, const void *from, size_t size_bytes)
{
    uint8_t *grown = get(b->size_bytes + size_bytes);

    if (b->size_bytes > 0)
        memcpy(grown, b->at, b->size_bytes);
    if (size_bytes > 0)
        memcpy(grown + b->size_bytes, from, size_bytes);
    free(b->at);
    b->at = grown;
    b->size_bytes += size_bytes;
}

void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){0};
}

struct bytes make_content(size_t size_bytes)
{
    struct bytes b = {get(size_bytes), size_bytes};
    uint32_t seed = 20240131;

    for (size_t i = 0; i < size_bytes; i++)
        b.at[i] = (i / 64) % 2 ? (uint8_t)next_random(&seed) : (uint8_t)("session:"[i % 8]);
    memcpy(b.at, "REDIS0011", size_bytes < 9 ? size_bytes : 9);
    return b;
}

struct bytes pack_gzip(const uint8_t *from, size_t size_bytes)
{
    const size_t room = size_bytes + size_bytes / 8 + 1024;
    struct bytes b = {get(room), 0};
    z_stream z = {.next_in = (uint8_t *)from,
                  .avail_in = (uInt)size_bytes,
                  .next_out = b.at,
                  .avail_out = (uInt)room};

    if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    b.size_bytes = room - z.avail_out;
    (void)deflateEnd(&z);
    return b;
}

struct bytes pack_zstd(const uint8_t *from, size_t size_bytes)
{
    const size_t room = ZSTD_compressBound(size_bytes);
    struct bytes b = {get(room), 0};
    ZSTD_CCtx *c = ZSTD_createCCtx();

    if (!c || ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)))
        abort();
    b.size_bytes = ZSTD_compress2(c, b.at, room, from, size_bytes);
    if (ZSTD_isError(b.size_bytes))
        abort();
    (void)ZSTD_freeCCtx(c);
    return b;
}

struct bytes pack_lz4(const uint8_t *from, size_t size_bytes)
{
    LZ4F_preferences_t preferences = {
        .frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
    const size_t room = LZ4F_compressFrameBound(size_bytes, &preferences);
    struct bytes b = {get(room), 0};

    b.size_bytes = LZ4F_compressFrame(b.at, room, from, size_bytes, &preferences);
    if (LZ4F_isError(b.size_bytes))
        abort();
    return b;
}

static void put_u32(uint8_t *p, size_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> (8 * i));
}

struct bytes pack_lz4_legacy(const uint8_t *from, size_t size_bytes)
{
    const size_t block_bytes = size_bytes < 8u << 20 ? size_bytes : 8u << 20;
    const int room = LZ4_compressBound((int)block_bytes);
    uint8_t *packed = get((size_t)room + 4);
    struct bytes b = bytes_copy("\x02\x21\x4c\x18", 4);

    for (size_t done = 0; done < size_bytes; done += block_bytes) {
        const size_t n = size_bytes - done < block_bytes ? size_bytes - done : block_bytes;
        const int packed_bytes =
            LZ4_compress_default((const char *)from + done, (char *)packed + 4, (int)n, room);

        if (packed_bytes <= 0)
            abort();
        put_u32(packed, (size_t)packed_bytes);
        bytes_append(&b, packed, (size_t)packed_bytes + 4);
    }
    free(packed);
    return b;
}

struct bytes pack_skippable(const uint8_t *from, size_t size_bytes)
{
    uint8_t head[8] = {0x53, 0x2a, 0x4d, 0x18};
    struct bytes b;

    put_u32(head + 4, size_bytes);
    b = bytes_copy(head, sizeof(head));
    bytes_append(&b, from, size_bytes);
    return b;
}
