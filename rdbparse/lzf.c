/* lzf.c -- LZF expansion: whole, a prefix, or as a stream with 8 KiB of memory of what it gave.
 *
 *     000LLLLL  <L+1 bytes>                  literal run of 1..32 bytes
 *     LLLooooo  oooooooo                     copy L+2 bytes (L 1..6) from o+1 bytes back, o 13 bits
 *     111ooooo  LLLLLLLL  oooooooo           copy L+9 bytes (9..264)
 *
 * A copy may overlap what it writes: that is how runs are stored.  The distance is at most 8192, so
 * 8 KiB of history are enough to go on, and a value of any size can be walked through one buffer:
 *
 *     |  history, at least 8 KiB  | given, not taken |  work area: decoded into next  |
 *     buffer                      pos                end        + LZF_STREAM_BUFFER_BYTES
 *
 * The stream takes whole operations from the reader's window as long as both the window and the
 * work area have room for the largest (33 bytes in, 264 out), and near either border byte by byte,
 * keeping what is left of a run or copy in pending_*.  Where the borders lie cannot be seen in the
 * result.
 *
 * Whole blobs are expanded in one go by the same loop, then byte by byte near their end.  The loop
 * is about twice as fast as liblzf's, which copies byte by byte; the tests hold them against each
 * other, on damaged input too.
 *
 * Format: liblzf's lzf_d.c; use in an RDB: Redis' rdb.c, rdbLoadLzfStringObject().
 */
// SPDX-License-Identifier: MIT
#include "lzf.h"

#include <string.h>

#define HISTORY_BYTES ((size_t)8 * 1024)
#define LITERAL_MAX   32
#define COPY_MAX      264
/* Copies are done in steps of 16 bytes and may write up to 15 more than asked. */
#define STEP_BYTES 16

enum pending_kind { PENDING_NONE = 0, PENDING_LITERAL, PENDING_COPY };

/* One decoded control sequence. */
struct operation {
    enum pending_kind kind;
    uint32_t size_bytes; /* to write */
    uint32_t distance;   /* COPY: from so far back */
};

/* How long the control sequence that starts with this byte is, without a literal run's bytes. */
static inline size_t control_bytes(uint8_t first)
{
    return first < 32 ? 1 : first < 224 ? 2 : 3;
}

/* p has control_bytes(*p) bytes. */
static inline struct operation decode_control(const uint8_t *p)
{
    const uint32_t high = (uint32_t)(p[0] & 31) << 8;

    if (p[0] < 32)
        return (struct operation){.kind = PENDING_LITERAL, .size_bytes = p[0] + 1u};
    if (p[0] < 224)
        return (struct operation){PENDING_COPY, (uint32_t)(p[0] >> 5) + 2, (high | p[1]) + 1};
    return (struct operation){PENDING_COPY, (uint32_t)p[1] + 9, (high | p[2]) + 1};
}

/* Writes n bytes at out from distance back, the overlap being repetition. */
static inline void copy_back(uint8_t *out, size_t distance, size_t n)
{
    const uint8_t *from = out - distance;

    if (distance == 1) {
        memset(out, *from, n);
    } else if (distance >= n) {
        memcpy(out, from, n);
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = from[i];
    }
}

/* The same, in steps that may write up to STEP_BYTES - 1 more. */
static inline void copy_back_in_steps(uint8_t *out, size_t distance, size_t n)
{
    const uint8_t *const from = out - distance;

    if (distance >= STEP_BYTES)
        for (size_t i = 0; i < n; i += STEP_BYTES)
            memcpy(out + i, from + i, STEP_BYTES);
    else if (distance >= STEP_BYTES / 2)
        for (size_t i = 0; i < n; i += STEP_BYTES / 2)
            memcpy(out + i, from + i, STEP_BYTES / 2);
    else
        copy_back(out, distance, n);
}

struct borders {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
    const uint8_t *out_begin; /* what can be copied from starts here */
};

/* Moves in and out over whole operations while neither border is near.  A damaged one is left to
 * the careful way. */
static inline void expand_fast(struct borders *b)
{
    const uint8_t *in = b->in, *in_stop;
    uint8_t *out = b->out, *out_stop;

    if (b->in_end - in < 1 + LITERAL_MAX || b->out_end - out < COPY_MAX + STEP_BYTES)
        return;
    in_stop = b->in_end - (1 + LITERAL_MAX);
    out_stop = b->out_end - (COPY_MAX + STEP_BYTES);
    while (in <= in_stop && out <= out_stop) {
        struct operation op;

        if (*in < LITERAL_MAX) {
            memcpy(out, in + 1, LITERAL_MAX);
            out += *in + 1;
            in += *in + 2;
            continue;
        }
        op = decode_control(in);
        if (op.distance > (size_t)(out - b->out_begin))
            break;
        copy_back_in_steps(out, op.distance, op.size_bytes);
        out += op.size_bytes;
        in += control_bytes(*in);
    }
    b->in = in;
    b->out = out;
}

bool lzf_expand(const uint8_t *in, size_t stored_bytes, uint8_t *out, size_t raw_bytes)
{
    struct borders b = {in, in + stored_bytes, out, out + raw_bytes, out};

    expand_fast(&b);
    while (b.in < b.in_end) {
        const size_t control = control_bytes(*b.in);
        struct operation op;

        if (control > (size_t)(b.in_end - b.in))
            return false;
        op = decode_control(b.in);
        b.in += control;
        if (op.size_bytes > (size_t)(b.out_end - b.out))
            return false;
        if (op.kind == PENDING_LITERAL) {
            if (op.size_bytes > (size_t)(b.in_end - b.in))
                return false;
            memcpy(b.out, b.in, op.size_bytes);
            b.in += op.size_bytes;
        } else {
            if (op.distance > (size_t)(b.out - b.out_begin))
                return false;
            copy_back(b.out, op.distance, op.size_bytes);
        }
        b.out += op.size_bytes;
    }
    return b.out == b.out_end;
}

size_t lzf_prefix(const uint8_t *in, size_t in_bytes, uint8_t *out, size_t out_bytes)
{
    size_t taken = 0, given = 0;

    while (taken < in_bytes && given < out_bytes) {
        const size_t control = control_bytes(in[taken]);
        struct operation op;
        size_t n;

        if (control > in_bytes - taken)
            break;
        op = decode_control(in + taken);
        taken += control;
        n = op.size_bytes < out_bytes - given ? op.size_bytes : out_bytes - given;
        if (op.kind == PENDING_LITERAL) {
            if (n > in_bytes - taken)
                n = in_bytes - taken;
            memcpy(out + given, in + taken, n);
            taken += n;
        } else {
            if (op.distance > given)
                break;
            copy_back(out + given, op.distance, n);
        }
        given += n;
    }
    return given;
}

/* ---- stream --------------------------------------------------------------------------------- */

void lzf_stream_init(struct lzf_stream *s, struct reader *reader, uint64_t stored_bytes,
                     uint64_t raw_bytes, uint8_t *buffer)
{
    *s = (struct lzf_stream){.pos = buffer,
                             .end = buffer,
                             .raw_left = raw_bytes,
                             .stored_left = stored_bytes,
                             .reader = reader,
                             .buffer = buffer};
}

/* Where decoding goes on: s->end without its const. */
static uint8_t *work_area(const struct lzf_stream *s)
{
    return s->buffer + (s->end - s->buffer);
}

static size_t work_room(const struct lzf_stream *s)
{
    const size_t room = LZF_STREAM_BUFFER_BYTES - (size_t)(s->end - s->buffer);

    return room < s->raw_left ? room : (size_t)s->raw_left;
}

static void give(struct lzf_stream *s, size_t n)
{
    s->end += n;
    s->raw_left -= n;
}

/* Whole operations while neither border is near. */
static void decode_fast(struct lzf_stream *s)
{
    struct reader *r = s->reader;
    const size_t window = (size_t)(r->end - r->pos);
    const size_t in_bytes = window < s->stored_left ? window : (size_t)s->stored_left;
    uint8_t *const out = work_area(s);
    struct borders b = {r->pos, r->pos + in_bytes, out, out + work_room(s), s->buffer};

    if (s->pending_bytes > 0)
        return;
    expand_fast(&b);
    s->stored_left -= (uint64_t)(b.in - r->pos);
    reader_consume(r, (size_t)(b.in - r->pos));
    give(s, (size_t)(b.out - out));
}

/* Takes one control sequence and makes it pending. */
static bool begin_operation(struct lzf_stream *s)
{
    const uint8_t *p = s->stored_left > 0 ? reader_peek(s->reader, 1) : NULL;
    struct operation op;
    size_t n;

    if (!p) {
        s->failed = s->stored_left == 0;
        s->input_failed = !s->failed;
        return false;
    }
    n = control_bytes(*p);
    if (n > s->stored_left) {
        s->failed = true;
        return false;
    }
    p = reader_take(s->reader, n);
    if (!p) {
        s->input_failed = true;
        return false;
    }
    s->stored_left -= n;
    op = decode_control(p);
    s->failed = op.size_bytes > s->raw_left ||
                (op.kind == PENDING_LITERAL ? op.size_bytes > s->stored_left
                                            : op.distance > (size_t)(s->end - s->buffer));
    s->pending_kind = (uint8_t)op.kind;
    s->pending_bytes = s->failed ? 0 : op.size_bytes;
    s->pending_distance = op.distance;
    return !s->failed;
}

/* As much of the pending run or copy as the work area, and for a run the reader's window, allow. */
static bool continue_operation(struct lzf_stream *s)
{
    const size_t room = work_room(s);
    size_t n = s->pending_bytes < room ? s->pending_bytes : room;

    if (s->pending_kind == PENDING_LITERAL) {
        const uint8_t *p = reader_chunk(s->reader, n, &n);

        if (!p) {
            s->input_failed = true;
            return false;
        }
        memcpy(work_area(s), p, n);
        reader_consume(s->reader, n);
        s->stored_left -= n;
    } else {
        copy_back(work_area(s), s->pending_distance, n);
    }
    s->pending_bytes -= (uint32_t)n;
    give(s, n);
    return true;
}

/* Makes room: keeps what was not taken, and 8 KiB before the end. */
static void compact(struct lzf_stream *s)
{
    const size_t used = (size_t)(s->end - s->buffer), left = (size_t)(s->end - s->pos);
    size_t keep = left > HISTORY_BYTES ? left : HISTORY_BYTES;

    if (keep > used)
        keep = used;
    memmove(s->buffer, s->end - keep, keep);
    s->end = s->buffer + keep;
    s->pos = s->end - left;
}

bool lzf_stream_fill(struct lzf_stream *s, size_t n)
{
    if ((size_t)(s->end - s->pos) >= n)
        return true;
    if (s->failed || s->input_failed)
        return false;
    compact(s);
    while (work_room(s) > 0) {
        decode_fast(s);
        if (work_room(s) == 0)
            break;
        if (s->pending_bytes == 0 && !begin_operation(s))
            return false;
        if (!continue_operation(s))
            return false;
    }
    if (s->raw_left == 0 && s->stored_left > 0)
        s->failed = true; /* more was packed than announced */
    return !s->failed && (size_t)(s->end - s->pos) >= n;
}

bool lzf_stream_finish(struct lzf_stream *s)
{
    const uint64_t left = s->stored_left;

    if (s->input_failed)
        return false;
    s->stored_left = 0;
    s->input_failed = reader_skip(s->reader, left) < 0;
    return !s->input_failed;
}
