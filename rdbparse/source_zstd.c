/* source_zstd.c -- unpacks zstd, one frame after the other.
 *
 *     28 b5 2f fd  frame header  blocks ...  [checksum]        zstd frame
 *     5x 2a 4d 18  size[4]  content                            skippable frame (pzstd writes them)
 *
 * libzstd does the frames (RFC 8878); this file finds where each begins.  A frame names the window
 * its decoder must hold, up to 2 TiB: beyond 128 MiB (what `zstd --long` uses) it is refused, so
 * that a hostile file cannot make a huge allocation.  Behind the last frame the same holds as for
 * gzip.
 */
// SPDX-License-Identifier: MIT
#include "source.h"

#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG_MAX 27

struct zstd_source {
    struct source base;
    struct feed in;
    ZSTD_DStream *z;
    bool is_in_frame;
    bool has_ended;
};

/* Between frames.  1: a frame follows; 0: the end; -1: failed. */
static int begin_frame(struct zstd_source *z)
{
    for (;;) {
        const int r = feed_skip_zeros(&z->in);
        uint32_t magic;

        if (r <= 0)
            return r;
        if (feed_need(&z->in, 4) < 0)
            return -1;
        magic = feed_left(&z->in) < 4 ? 0 : load_u32le(feed_bytes(&z->in));
        if (magic == MAGIC_ZSTD) {
            z->is_in_frame = true;
            return 1;
        }
        if (!is_skippable_magic(magic)) {
            z->base.env->note = "what follows the last zstd frame is not zstd and was left out";
            return 0;
        }
        if (feed_skip_frame(&z->in) < 0)
            return -1;
    }
}

static int fail_zstd(struct zstd_source *z, size_t code)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return source_fail(z->base.env, RDBP_ERR_NOMEM, "out of memory");
    case ZSTD_error_frameParameter_windowTooLarge:
        return source_fail(z->base.env, RDBP_ERR_DECOMPRESS,
                           "the zstd frame wants a window beyond %d MiB: unpack it first, "
                           "zstd -dc --long=31 FILE | rdblens -",
                           (1 << WINDOW_LOG_MAX) >> 20);
    default:
        return source_fail(z->base.env, RDBP_ERR_DECOMPRESS, "damaged zstd data: %s",
                           ZSTD_getErrorName(code));
    }
}

static int read_zstd(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    struct zstd_source *z = (struct zstd_source *)s;
    ZSTD_outBuffer out = {.dst = buf, .size = n, .pos = 0};

    while (out.pos == 0 && !z->has_ended) {
        ZSTD_inBuffer in;
        size_t left;

        if (s->env->has_failed)
            return -1;
        if (!z->is_in_frame) {
            const int r = begin_frame(z);

            if (r < 0)
                return -1;
            z->has_ended = r == 0;
            continue;
        }
        if (feed_need(&z->in, 1) < 0)
            return -1;
        in = (ZSTD_inBuffer){.src = z->in.buffer + z->in.pos, .size = feed_left(&z->in), .pos = 0};
        left = ZSTD_decompressStream(z->z, &out, &in);
        if (ZSTD_isError(left))
            return fail_zstd(z, left);
        z->in.pos += in.pos;
        z->is_in_frame = left != 0;
        if (z->is_in_frame && out.pos == 0 && in.size == 0 && z->in.is_at_end)
            return source_fail(s->env, RDBP_ERR_TRUNCATED, "the zstd data ends inside a frame");
    }
    *ret_n = out.pos;
    return 0;
}

static void free_zstd(struct source *s)
{
    struct zstd_source *z = (struct zstd_source *)s;

    (void)ZSTD_freeDStream(z->z);
    feed_done(&z->in);
    allocator_release(&s->env->allocator, z);
}

int zstd_source_open(struct feed *packed, struct source **ret_source)
{
    struct source_env *env = packed->up->env;
    struct zstd_source *z = allocator_get(&env->allocator, sizeof(*z));

    if (!z)
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    *z = (struct zstd_source){.base = {.env = env, .read = read_zstd, .free = free_zstd}};
    /* libzstd's allocator hooks are outside its stable interface: it uses malloc(). */
    z->z = ZSTD_createDStream();
    if (!z->z || ZSTD_isError(ZSTD_DCtx_setParameter(z->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        (void)ZSTD_freeDStream(z->z);
        allocator_release(&env->allocator, z);
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    }
    z->in = *packed;
    *packed = (struct feed){0};
    *ret_source = &z->base;
    return 0;
}
