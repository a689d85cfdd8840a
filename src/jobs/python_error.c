/* python_error.c -- the exception's class out of a Python traceback that RQ keeps compressed.
 *
 *     Traceback (most recent call last):
 *       File "/app/worker.py", line 1361, in perform_job
 *         rv = job.perform()
 *     redis.exceptions.ConnectionError: secret words
 *
 * The first line behind it that is not indented names the class; what follows the colon, lines of
 * it too, may be private and is not kept.  Of chained exceptions each has a traceback, and the last
 * is the one that ended the job.
 */
// SPDX-License-Identifier: MIT
#include "jobs/python_error.h"

#include <string.h>

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.';
}

static void end_line(struct python_error *e)
{
    static const char head[] = "Traceback (most recent call last)";
    size_t n = 0;

    if (e->line_bytes >= sizeof(head) - 1 && memcmp(e->line, head, sizeof(head) - 1) == 0) {
        e->is_wanted = true;
    } else if (e->is_wanted && e->line_bytes > 0 && e->line[0] != ' ') {
        e->is_wanted = false;
        while (n < e->line_bytes && is_name_byte(e->line[n]))
            n++;
        /* a name that goes on beyond what is kept is none */
        if (n == sizeof(e->line) || (n < e->line_bytes && e->line[n] != ':'))
            n = 0;
        e->class_bytes = n;
        memcpy(e->class_, e->line, e->class_bytes);
    }
    e->line_bytes = 0;
}

static void take_text(struct python_error *e, const uint8_t *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] == '\n')
            end_line(e);
        else if (e->line_bytes < sizeof(e->line))
            e->line[e->line_bytes++] = (char)text[i];
    }
}

static void unpack(struct python_error *e, const uint8_t *bytes, size_t size_bytes)
{
    uint8_t out[1024], in[256];

    while (size_bytes > 0 && !e->is_failed) {
        const size_t n = size_bytes < sizeof(in) ? size_bytes : sizeof(in);

        memcpy(in, bytes, n); /* zlib takes no const */
        bytes += n;
        size_bytes -= n;
        e->z.next_in = in;
        e->z.avail_in = (uInt)n;
        do {
            int rc;
            size_t made;

            e->z.next_out = out;
            e->z.avail_out = sizeof(out);
            rc = inflate(&e->z, Z_NO_FLUSH);
            made = sizeof(out) - e->z.avail_out;
            if (made > e->left_bytes)
                made = e->left_bytes;
            e->left_bytes -= made;
            take_text(e, out, made);
            e->is_failed = rc != Z_OK || e->left_bytes == 0; /* the end, too */
        } while (!e->is_failed && (e->z.avail_in > 0 || e->z.avail_out == 0));
    }
}

void python_error_begin(struct python_error *e, bool is_base64)
{
    const int rc = e->is_ready ? inflateReset(&e->z) : inflateInit(&e->z);

    e->is_ready = e->is_ready || rc == Z_OK;
    e->is_failed = rc != Z_OK;
    e->is_base64 = is_base64;
    e->is_wanted = false;
    e->bits = 0;
    e->bit_count = 0;
    e->left_bytes = PYTHON_ERROR_MAX_BYTES;
    e->line_bytes = e->class_bytes = 0;
}

/* 64: not of the alphabet. */
static uint32_t base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

void python_error_feed(struct python_error *e, const uint8_t *bytes, size_t size_bytes)
{
    uint8_t decoded[256];
    size_t n = 0;

    if (!e->is_base64) {
        unpack(e, bytes, size_bytes);
        return;
    }
    for (size_t i = 0; i < size_bytes && !e->is_failed; i++) {
        const uint32_t value = base64_value(bytes[i]);

        if (value == 64) /* what fills up the last group */
            continue;
        e->bits = (e->bits << 6 | value) & 0xffff;
        e->bit_count += 6;
        if (e->bit_count >= 8) {
            e->bit_count -= 8;
            decoded[n++] = (uint8_t)(e->bits >> e->bit_count);
        }
        if (n == sizeof(decoded)) {
            unpack(e, decoded, n);
            n = 0;
        }
    }
    unpack(e, decoded, n);
}

const char *python_error_class(struct python_error *e, size_t *ret_bytes)
{
    end_line(e);
    *ret_bytes = e->class_bytes;
    return e->class_;
}

void python_error_done(struct python_error *e)
{
    if (e->is_ready)
        inflateEnd(&e->z);
    e->is_ready = false;
}
