/* source.c -- the buffer in front of a source, and how a chain of sources fails.
 *
 * Every read of the whole chain goes through source_read(), so that one option (refill_bytes) makes
 * all of them give one byte at a time: the test that finds code which believes reads are whole.
 *
 * The first failure wins: a gzip source that is refused by the file below it has nothing to add.
 */
// SPDX-License-Identifier: MIT
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int source_fail(struct source_env *env, enum rdbp_errcode code, const char *format, ...)
{
    va_list args;

    if (env->has_failed)
        return -1;
    env->has_failed = true;
    env->code = code;
    va_start(args, format);
    (void)vsnprintf(env->message, sizeof(env->message), format, args);
    va_end(args);
    return -1;
}

int source_check(struct source_env *env)
{
    enum rdbp_errcode code;

    if (env->has_failed)
        return -1;
    if (env->is_stopped && atomic_load(env->is_stopped))
        return source_fail(env, RDBP_ERR_CANCELLED, "reading ahead has ended");
    if (!env->check)
        return 0;
    code = env->check(env->check_user);
    if (code == RDBP_ERR_NONE)
        return 0;
    return source_fail(env, code, "%s",
                       code == RDBP_ERR_CHANGED ? "the file shrank or cannot be read any more"
                                                : "stopped by the caller");
}

int feed_init(struct feed *f, struct source *up)
{
    *f = (struct feed){0};
    f->buffer = allocator_get(&up->env->allocator, FEED_BYTES);
    if (!f->buffer)
        return source_fail(up->env, RDBP_ERR_NOMEM, "out of memory");
    f->up = up;
    return 0;
}

void feed_done(struct feed *f)
{
    if (!f->up)
        return;
    allocator_release(&f->up->env->allocator, f->buffer);
    source_free(f->up);
    *f = (struct feed){0};
}

int feed_need(struct feed *f, size_t n)
{
    if (feed_left(f) >= n)
        return 0;
    if (f->pos > 0) {
        memmove(f->buffer, f->buffer + f->pos, feed_left(f));
        f->end -= f->pos;
        f->pos = 0;
    }
    while (f->end < n && !f->is_at_end) {
        size_t got;

        if (source_read(f->up, f->buffer + f->end, FEED_BYTES - f->end, &got) < 0)
            return -1;
        f->end += got;
        f->is_at_end = got == 0;
    }
    return 0;
}

int feed_skip(struct feed *f, uint64_t n, uint64_t *ret_n)
{
    uint64_t done = 0;

    while (done < n) {
        size_t step;

        if (feed_need(f, 1) < 0)
            return -1;
        step = feed_left(f);
        if (step == 0)
            break;
        if (step > n - done)
            step = (size_t)(n - done);
        f->pos += step;
        done += step;
    }
    *ret_n = done;
    return 0;
}

int feed_read(struct feed *f, uint8_t *buf, size_t n, size_t *ret_n)
{
    const size_t left = feed_left(f);

    if (left == 0) {
        *ret_n = 0;
        if (f->is_at_end)
            return 0;
        if (source_read(f->up, buf, n, ret_n) < 0)
            return -1;
        f->is_at_end = *ret_n == 0;
        return 0;
    }
    if (n > left)
        n = left;
    if (n > f->up->env->read_bytes)
        n = f->up->env->read_bytes;
    memcpy(buf, feed_bytes(f), n);
    f->pos += n;
    *ret_n = n;
    return 0;
}

int feed_skip_zeros(struct feed *f)
{
    for (;;) {
        if (feed_need(f, 1) < 0)
            return -1;
        if (feed_left(f) == 0)
            return 0;
        while (f->pos < f->end && f->buffer[f->pos] == 0)
            f->pos++;
        if (f->pos < f->end)
            return 1;
    }
}

int feed_skip_frame(struct feed *f)
{
    uint64_t content_bytes, passed;

    if (feed_need(f, 8) < 0)
        return -1;
    if (feed_left(f) < 8)
        return source_fail(f->up->env, RDBP_ERR_TRUNCATED,
                           "the packed data ends inside the head of a skippable frame");
    content_bytes = load_u32le(feed_bytes(f) + 4);
    f->pos += 8;
    if (feed_skip(f, content_bytes, &passed) < 0)
        return -1;
    if (passed < content_bytes)
        return source_fail(f->up->env, RDBP_ERR_TRUNCATED,
                           "the packed data ends inside a skippable frame of %llu bytes",
                           (unsigned long long)content_bytes);
    return 0;
}
