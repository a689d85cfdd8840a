/* source_gzip.c -- unpacks gzip, one member after the other.
 *
 *     member: 1f 8b 08 flags mtime[4] xfl os [extra] [name] [comment] [crc16]
 *             deflate data ...  crc32[4]  size modulo 2^32 [4]
 *     file:   member+ padding?
 *
 * pigz, bgzip and `cat a.gz b.gz` make many members; their contents are one stream.  zlib checks
 * each member's CRC-32 and size.  What follows the last member and is not a member is left out, as
 * gzip(1) does: zeros silently (block storage pads), anything else with a note, told only if the
 * RDB turns out to be cut.  The size field is never trusted: it is modulo 2^32 (RFC 1952).
 */
// SPDX-License-Identifier: MIT
#include "source.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

struct gzip_source {
    struct source base;
    struct feed in;
    z_stream z;
    bool is_in_member;
    bool has_ended;
};

static void *zlib_get(void *opaque, unsigned count, unsigned item_bytes)
{
    const struct source_env *env = opaque;

    if (item_bytes != 0 && count > UINT_MAX / item_bytes)
        return NULL;
    return allocator_get(&env->allocator, (size_t)count * item_bytes);
}

static void zlib_release(void *opaque, void *ptr)
{
    const struct source_env *env = opaque;

    allocator_release(&env->allocator, ptr);
}

/* Behind a member.  1: another follows; 0: the end; -1: failed. */
static int begin_member(struct gzip_source *g)
{
    const int r = feed_skip_zeros(&g->in);

    if (r <= 0)
        return r;
    if (feed_need(&g->in, 2) < 0)
        return -1;
    if (feed_left(&g->in) < 2 || feed_bytes(&g->in)[0] != 0x1f || feed_bytes(&g->in)[1] != 0x8b) {
        g->base.env->note = "what follows the last gzip member is not gzip and was left out";
        return 0;
    }
    (void)inflateReset(&g->z); /* fails only on a broken z_stream */
    g->is_in_member = true;
    return 1;
}

/* One call of inflate(): -1 failed, else how many bytes came out. */
static int64_t inflate_some(struct gzip_source *g, uint8_t *buf, size_t n)
{
    const uInt room = n > UINT_MAX ? UINT_MAX : (uInt)n;
    int64_t produced;
    int r;

    if (feed_need(&g->in, 1) < 0)
        return -1;
    /* zlib's next_in is not const for history's sake; it does not write there. */
    g->z.next_in = g->in.buffer + g->in.pos;
    g->z.avail_in = (uInt)feed_left(&g->in);
    g->z.next_out = buf;
    g->z.avail_out = room;
    r = inflate(&g->z, Z_NO_FLUSH);
    g->in.pos = g->in.end - g->z.avail_in;
    produced = room - g->z.avail_out;
    if (r == Z_STREAM_END)
        g->is_in_member = false;
    if (produced > 0 || r == Z_STREAM_END || r == Z_OK)
        return produced; /* damage behind good bytes is met again by the next call */
    if (r == Z_BUF_ERROR && feed_left(&g->in) == 0 && g->in.is_at_end)
        return source_fail(g->base.env, RDBP_ERR_TRUNCATED, "the gzip data ends inside a member");
    if (r == Z_BUF_ERROR)
        return 0;
    if (r == Z_MEM_ERROR)
        return source_fail(g->base.env, RDBP_ERR_NOMEM, "out of memory");
    return source_fail(g->base.env, RDBP_ERR_DECOMPRESS, "damaged gzip data: %s",
                       g->z.msg ? g->z.msg : "cannot be unpacked");
}

static int read_gzip(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    struct gzip_source *g = (struct gzip_source *)s;

    while (!g->has_ended) {
        int64_t produced;

        if (s->env->has_failed)
            return -1;
        if (!g->is_in_member) {
            const int r = begin_member(g);

            if (r < 0)
                return -1;
            g->has_ended = r == 0;
            continue;
        }
        produced = inflate_some(g, buf, n);
        if (produced < 0)
            return -1;
        if (produced > 0) {
            *ret_n = (size_t)produced;
            return 0;
        }
    }
    *ret_n = 0;
    return 0;
}

static void free_gzip(struct source *s)
{
    struct gzip_source *g = (struct gzip_source *)s;

    (void)inflateEnd(&g->z);
    feed_done(&g->in);
    allocator_release(&s->env->allocator, g);
}

int gzip_source_open(struct feed *packed, struct source **ret_source)
{
    struct source_env *env = packed->up->env;
    struct gzip_source *g = allocator_get(&env->allocator, sizeof(*g));
    int r;

    if (!g)
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    *g = (struct gzip_source){.base = {.env = env, .read = read_gzip, .free = free_gzip},
                              .z = {.zalloc = zlib_get, .zfree = zlib_release, .opaque = env}};
    r = inflateInit2(&g->z, 16 + MAX_WBITS); /* 16: gzip only, with its header and checks */
    if (r != Z_OK) {
        allocator_release(&env->allocator, g);
        return source_fail(env, r == Z_MEM_ERROR ? RDBP_ERR_NOMEM : RDBP_ERR_DECOMPRESS,
                           r == Z_MEM_ERROR ? "out of memory" : "zlib cannot be used");
    }
    g->in = *packed;
    *packed = (struct feed){0};
    g->is_in_member = true; /* whoever called saw its first bytes */
    *ret_source = &g->base;
    return 0;
}
