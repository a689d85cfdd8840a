/* source_lz4.c -- unpacks LZ4 frames and legacy LZ4 files.
 *
 *     04 22 4d 18  descriptor  blocks ...  0[4]  [checksum]     frame: liblz4's LZ4F_* does it
 *     5x 2a 4d 18  size[4]  content                             skippable frame
 *     02 21 4c 18  ( size[4] block )*                           legacy: blocks of 8 MiB unpacked,
 *                                                               the last one smaller, no end mark
 *
 * Frames may follow each other.  A legacy file ends where the input does, or where the next "size"
 * is larger than any packed block can be, because it is then the next frame's magic (lz4's
 * doc/lz4_Frame_format.md).  LZ4F_* does not know the legacy form, so it is done here with the
 * block call; its two buffers grow to what the blocks need, at most 16 MiB together.
 */
// SPDX-License-Identifier: MIT
#include "source.h"

#include <string.h>

#include <lz4.h>
#include <lz4frame.h>

#define LEGACY_BLOCK_BYTES (8 * 1024 * 1024)
#define LEGACY_PACKED_MAX  LZ4_COMPRESSBOUND(LEGACY_BLOCK_BYTES)
/* An LZ4 block cannot unpack to more than this many times its size. */
#define BLOCK_RATIO_MAX 255

enum lz4_state { BETWEEN_FRAMES = 0, IN_FRAME, IN_LEGACY, ENDED };

struct lz4_source {
    struct source base;
    struct feed in;
    LZ4F_dctx *frame;
    enum lz4_state state;
    uint8_t *legacy_packed;                            /* at most LEGACY_PACKED_MAX */
    uint8_t *legacy_unpacked;                          /* at most LEGACY_BLOCK_BYTES */
    size_t legacy_packed_bytes, legacy_unpacked_bytes; /* their sizes */
    size_t legacy_pos, legacy_end;
};

static int reserve(struct lz4_source *z, uint8_t **buffer, size_t *size_bytes, size_t needed_bytes)
{
    uint8_t *grown;

    if (*size_bytes >= needed_bytes)
        return 0;
    grown = allocator_resize(&z->base.env->allocator, *buffer, needed_bytes);
    if (!grown)
        return source_fail(z->base.env, RDBP_ERR_NOMEM, "out of memory");
    *buffer = grown;
    *size_bytes = needed_bytes;
    return 0;
}

/* Looks at what comes next, between frames, and sets the state. */
static int begin_frame(struct lz4_source *z)
{
    const int r = feed_skip_zeros(&z->in);
    uint32_t magic;

    if (r < 0)
        return -1;
    if (r == 0) {
        z->state = ENDED;
        return 0;
    }
    if (feed_need(&z->in, 4) < 0)
        return -1;
    magic = feed_left(&z->in) < 4 ? 0 : load_u32le(feed_bytes(&z->in));
    if (is_skippable_magic(magic))
        return feed_skip_frame(&z->in);
    if (magic == MAGIC_LZ4_LEGACY) {
        z->in.pos += 4;
        z->state = IN_LEGACY;
        return 0;
    }
    z->state = magic == MAGIC_LZ4 ? IN_FRAME : ENDED;
    if (z->state == ENDED)
        z->base.env->note = "what follows the last LZ4 frame is not LZ4 and was left out";
    return 0;
}

static int fail_frame(struct lz4_source *z, size_t code)
{
    const char *name = LZ4F_getErrorName(code); /* the numbers are not in the stable interface */

    if (strcmp(name, "ERROR_allocation_failed") == 0)
        return source_fail(z->base.env, RDBP_ERR_NOMEM, "out of memory");
    return source_fail(z->base.env, RDBP_ERR_DECOMPRESS, "damaged LZ4 data: %s", name);
}

static int read_frame(struct lz4_source *z, uint8_t *buf, size_t n, size_t *ret_n)
{
    size_t in_bytes, out_bytes = n, left;

    if (feed_need(&z->in, 1) < 0)
        return -1;
    in_bytes = feed_left(&z->in);
    left = LZ4F_decompress(z->frame, buf, &out_bytes, feed_bytes(&z->in), &in_bytes, NULL);
    if (LZ4F_isError(left))
        return fail_frame(z, left);
    if (left != 0 && out_bytes == 0 && in_bytes == 0 && z->in.is_at_end)
        return source_fail(z->base.env, RDBP_ERR_TRUNCATED, "the LZ4 data ends inside a frame");
    z->in.pos += in_bytes;
    if (left == 0)
        z->state = BETWEEN_FRAMES;
    *ret_n = out_bytes;
    return 0;
}

/* Unpacks the next legacy block, or finds that there is none. */
static int unpack_legacy(struct lz4_source *z)
{
    uint32_t packed_bytes;
    size_t have = 0, room;
    int unpacked_bytes;

    if (feed_need(&z->in, 4) < 0)
        return -1;
    if (feed_left(&z->in) == 0) {
        z->state = ENDED;
        return 0;
    }
    packed_bytes = feed_left(&z->in) < 4 ? 0 : load_u32le(feed_bytes(&z->in));
    if (packed_bytes == 0 || packed_bytes > LEGACY_PACKED_MAX) {
        z->state = BETWEEN_FRAMES;
        return 0;
    }
    z->in.pos += 4;
    room = packed_bytes < LEGACY_BLOCK_BYTES / BLOCK_RATIO_MAX ? packed_bytes * BLOCK_RATIO_MAX
                                                               : LEGACY_BLOCK_BYTES;
    if (reserve(z, &z->legacy_packed, &z->legacy_packed_bytes, packed_bytes) < 0 ||
        reserve(z, &z->legacy_unpacked, &z->legacy_unpacked_bytes, room) < 0)
        return -1;
    while (have < packed_bytes) {
        size_t got;

        if (feed_read(&z->in, z->legacy_packed + have, packed_bytes - have, &got) < 0)
            return -1;
        if (got == 0)
            return source_fail(z->base.env, RDBP_ERR_TRUNCATED,
                               "the LZ4 data ends inside a block: %u bytes needed, %zu left",
                               packed_bytes, have);
        have += got;
    }
    unpacked_bytes = LZ4_decompress_safe((const char *)z->legacy_packed, (char *)z->legacy_unpacked,
                                         (int)packed_bytes, (int)room);
    if (unpacked_bytes < 0)
        return source_fail(z->base.env, RDBP_ERR_DECOMPRESS,
                           "damaged LZ4 data: a legacy block of %u bytes cannot be unpacked",
                           packed_bytes);
    z->legacy_pos = 0;
    z->legacy_end = (size_t)unpacked_bytes;
    return 0;
}

static int read_legacy(struct lz4_source *z, uint8_t *buf, size_t n, size_t *ret_n)
{
    const size_t left = z->legacy_end - z->legacy_pos;

    if (left == 0) {
        *ret_n = 0;
        return unpack_legacy(z);
    }
    if (n > left)
        n = left;
    memcpy(buf, z->legacy_unpacked + z->legacy_pos, n);
    z->legacy_pos += n;
    *ret_n = n;
    return 0;
}

static int read_lz4(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    struct lz4_source *z = (struct lz4_source *)s;

    *ret_n = 0;
    while (*ret_n == 0) {
        int r = 0;

        if (s->env->has_failed)
            return -1;
        switch (z->state) {
        case BETWEEN_FRAMES: r = begin_frame(z); break;
        case IN_FRAME: r = read_frame(z, buf, n, ret_n); break;
        case IN_LEGACY: r = read_legacy(z, buf, n, ret_n); break;
        case ENDED: return 0;
        }
        if (r < 0)
            return -1;
    }
    return 0;
}

static void free_lz4(struct source *s)
{
    struct lz4_source *z = (struct lz4_source *)s;

    (void)LZ4F_freeDecompressionContext(z->frame);
    allocator_release(&s->env->allocator, z->legacy_packed);
    allocator_release(&s->env->allocator, z->legacy_unpacked);
    feed_done(&z->in);
    allocator_release(&s->env->allocator, z);
}

int lz4_source_open(struct feed *packed, struct source **ret_source)
{
    struct source_env *env = packed->up->env;
    struct lz4_source *z = allocator_get(&env->allocator, sizeof(*z));

    if (!z)
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    *z = (struct lz4_source){.base = {.env = env, .read = read_lz4, .free = free_lz4}};
    /* liblz4's allocator hooks are outside its stable interface: it uses malloc(). */
    if (LZ4F_isError(LZ4F_createDecompressionContext(&z->frame, LZ4F_VERSION))) {
        allocator_release(&env->allocator, z);
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    }
    z->in = *packed;
    *packed = (struct feed){0};
    *ret_source = &z->base;
    return 0;
}
