/* reader.c -- one window of bytes over every kind of input.
 *
 * Two ways to have a window:
 *
 *   stable    The bytes are all there: memory, or a mapped file.  `end` moves over them in steps
 *             of 256 KiB, and at each step the checksum reads the new window (the parser then finds
 *             it in the cache), pages far behind are given back, and the caller's check() is asked.
 *             So RSS is bounded and Ctrl-C works whatever the parser does in between, for the price
 *             of four calls a MiB.  Pages given back are the page cache's: slices into them stay
 *             valid, touching them only costs a fault.  A thread may do the checksum and the pages
 *             (crc_ahead.h).
 *
 *   streamed  A buffer of 64 KiB (the most a caller may peek at) and 256 KiB (one read).  When a
 *             peek wants more than is there, the rest moves to the front and the source is read
 *             behind it.  The rest is smaller than the peek, so moving costs less than the caller's
 *             own reading.  With a thread that reads ahead (read_ahead.h) the window lies over the
 *             thread's pieces, and the rest moves in front of the next one.
 *
 * Opening always begins streamed, because only the content says whether it is packed; once the
 * magic is found in a plain file or plain memory, the window is put over the mapping at that place.
 *
 *        magic                 pos       end                  limit        content_end
 *     .....|....................|=========|.....................|................|
 *          |<--- pages given -->|<-window>|                     |<- replication->|
 *          |       back                                            traffic
 *          |<------------- CRC ---------->|
 *
 * `limit` is nearer than the end of the content only inside $LENGTH framing.
 */
// SPDX-License-Identifier: MIT
#include "reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "container.h"
#include "crc64.h"
#include "crc_ahead.h"
#include "read_ahead.h"
#include "source.h"

#define WINDOW_STEP_BYTES ((size_t)256 * 1024)
/* Pages are given back in pieces of at least this (a system call each), and stay this far behind
 * pos. */
#define DROP_BYTES        ((size_t)4 * 1024 * 1024)
#define DROP_BEHIND_BYTES ((size_t)1024 * 1024)
#define BUFFER_BYTES      (READER_PEEK_MAX + SOURCE_READ_BYTES)
#define TAIL_HEAD_BYTES   64
/* A shorter input is not worth a thread. */
#define AHEAD_FROM_BYTES     ((uint64_t)512 * 1024)
#define CRC_AHEAD_FROM_BYTES ((size_t)4 * 1024 * 1024)

struct crc_mark {
    const uint8_t *at;
    uint64_t crc; /* of everything before */
};

struct reader_impl {
    struct source_env env;   /* the reader's own */
    struct source_env chain; /* the sources' */
    struct raw_source *raw;  /* the chain's first; owned by the chain */
    struct feed top;         /* the chain's end, and what detection read ahead of it */
    struct container container;
    uint64_t magic_offset; /* in the input; plain only */
    bool verify_checksum;
    uint64_t crc;
    const uint8_t *crc_at; /* crc is of everything before */
    /* stable: crc runs ahead of pos; here it was at the ends of the two windows before */
    struct crc_mark crc_behind, crc_between;
    uint64_t crc_ahead_from;     /* bytes that are worth a thread; UINT64_MAX: never */
    struct crc_ahead *crc_ahead; /* has the checksum and the pages; NULL: not now */

    /* stable */
    const uint8_t *limit, *content_end;
    const uint8_t *map_base; /* NULL: not mapped */
    size_t map_bytes;
    const uint8_t *kept_from; /* mapped pages before it were given back */

    /* streamed */
    uint8_t *buffer;
    bool is_at_end;
    const char *frame_fault; /* after the tail was looked at; NULL: none */
    uint64_t limit_left;     /* bytes the window may still take from top; UINT64_MAX: no limit */

    /* reading ahead */
    uint64_t ahead_from;      /* the offset from which on it is worth it; UINT64_MAX: never */
    struct read_ahead *ahead; /* NULL: not now */
    size_t piece_left;        /* of its piece, behind the window */
    uint64_t input_offset;

    /* The last call that found too little. */
    bool is_short;
    uint64_t short_offset, short_needed, short_left;
};

struct reader_block {
    struct reader reader;
    struct reader_impl impl;
};

/* ---- checksum and errors -------------------------------------------------------------------- */

static void update_crc(struct reader *r)
{
    struct reader_impl *impl = r->impl;

    if (impl->verify_checksum && r->pos > impl->crc_at)
        impl->crc = crc64_update(impl->crc, impl->crc_at, (size_t)(r->pos - impl->crc_at));
    impl->crc_at = r->pos;
}

/* The other way round: the checksum is the first to read the window, so that the parser, which
 * jumps from head to head, finds it in the cache. */
static void crc_window(struct reader *r)
{
    struct reader_impl *impl = r->impl;

    if (!impl->verify_checksum)
        return;
    if (impl->crc_at <= r->pos) {
        update_crc(r);
        impl->crc_behind = impl->crc_between = (struct crc_mark){r->pos, impl->crc};
    } else if (impl->crc_between.at <= r->pos) {
        impl->crc_behind = impl->crc_between;
        impl->crc_between = (struct crc_mark){impl->crc_at, impl->crc};
    }
    if (r->end > impl->crc_at) {
        impl->crc = crc64_update(impl->crc, impl->crc_at, (size_t)(r->end - impl->crc_at));
        impl->crc_at = r->end;
    }
}

uint64_t reader_crc(struct reader *r)
{
    const struct reader_impl *impl = r->impl;
    const struct crc_mark *place = &impl->crc_between;

    if (impl->crc_ahead)
        return crc_ahead_get(impl->crc_ahead, r->pos);
    if (!r->is_stable || impl->crc_at <= r->pos) {
        update_crc(r);
        return impl->crc;
    }
    if (place->at > r->pos)
        place = &impl->crc_behind;
    return crc64_update(place->crc, place->at, (size_t)(r->pos - place->at));
}

static void note_short(struct reader_impl *impl, uint64_t offset, uint64_t needed, uint64_t left)
{
    impl->is_short = true;
    impl->short_offset = offset;
    impl->short_needed = needed;
    impl->short_left = left;
}

void reader_error(const struct reader *r, rdbp_error *ret_error)
{
    const struct reader_impl *impl = r->impl;

    *ret_error = (rdbp_error){
        .severity = RDBP_SEVERITY_FATAL, .offset = reader_offset(r), .key_index = RDBP_NO_KEY};
    if (impl->env.has_failed) {
        ret_error->code = impl->env.code;
        memcpy(ret_error->message, impl->env.message, sizeof(ret_error->message));
    } else if (impl->is_short) {
        ret_error->code = RDBP_ERR_TRUNCATED;
        ret_error->offset = impl->short_offset;
        (void)snprintf(ret_error->message, sizeof(ret_error->message),
                       "the input ends: %llu bytes needed, %llu left%s%s%s",
                       (unsigned long long)impl->short_needed, (unsigned long long)impl->short_left,
                       impl->container.has_length ? " of what the replication stream announced"
                                                  : "",
                       impl->env.note ? "; " : "", impl->env.note ? impl->env.note : "");
    } else {
        ret_error->severity = RDBP_SEVERITY_OK;
    }
}

/* ---- the stable window ---------------------------------------------------------------------- */

static void drop_pages_behind(struct reader *r)
{
    struct reader_impl *impl = r->impl;
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    size_t from, to;

    if (!impl->map_base)
        return;
    from = (size_t)(impl->kept_from - impl->map_base);
    to = (size_t)(r->pos - impl->map_base);
    if (to < from + DROP_BYTES + DROP_BEHIND_BYTES)
        return;
    to = (to - DROP_BEHIND_BYTES) / page_bytes * page_bytes;
    (void)madvise((uint8_t *)impl->map_base + from, to - from, MADV_DONTNEED);
    impl->kept_from = impl->map_base + to;
}

/* Puts end as far behind pos as n bytes or one step want, whichever is more. */
static void set_window(struct reader *r, size_t n)
{
    const size_t left = (size_t)(r->impl->limit - r->pos);
    size_t window = n > WINDOW_STEP_BYTES ? n : WINDOW_STEP_BYTES;
    const uint64_t offset = reader_offset(r);

    if (window > left)
        window = left;
    r->end = r->pos + window;
    r->end_offset = offset + window;
    r->mark_at = r->end;
}

/* After a failure: nothing in the window, so that the next peek finds the failure. */
static void close_window(struct reader *r)
{
    r->end_offset = reader_offset(r);
    r->end = r->pos;
}

/* The checksum comes back from the thread; what is behind pos was given back there. */
static void end_crc_ahead(struct reader *r)
{
    struct reader_impl *impl = r->impl;

    if (!impl->crc_ahead)
        return;
    impl->crc = crc_ahead_get(impl->crc_ahead, r->pos);
    impl->crc_at = r->pos;
    crc_ahead_stop(impl->crc_ahead);
    impl->crc_ahead = NULL;
}

/* The first window is behind us. */
static void start_crc_ahead(struct reader *r)
{
    struct reader_impl *impl = r->impl;
    const struct crc_ahead_range range = {
        .bytes = impl->crc_at,
        .size_bytes = (size_t)(impl->limit - impl->crc_at),
        .crc = impl->crc,
        .map_base = impl->map_base,
    };

    if (range.size_bytes >= impl->crc_ahead_from)
        impl->crc_ahead = crc_ahead_start(&impl->env.allocator, &range);
    impl->crc_ahead_from = UINT64_MAX; /* not again, however this went */
}

static int step_window(struct reader *r, size_t n)
{
    struct reader_impl *impl = r->impl;

    if (source_check(&impl->env) < 0) {
        close_window(r);
        return -1;
    }
    if (impl->crc_ahead_from != UINT64_MAX)
        start_crc_ahead(r);
    if (impl->crc_ahead && crc_ahead_move(impl->crc_ahead, r->pos) < 0)
        end_crc_ahead(r);
    if (!impl->crc_ahead)
        drop_pages_behind(r);
    set_window(r, n);
    if (!impl->crc_ahead)
        crc_window(r);
    return 0;
}

static const uint8_t *peek_stable(struct reader *r, size_t n)
{
    const size_t left = (size_t)(r->impl->limit - r->pos);

    if (step_window(r, n) < 0)
        return NULL;
    if (left < n) {
        note_short(r->impl, reader_offset(r), n, left);
        return NULL;
    }
    return r->pos;
}

void reader_mark_slow(struct reader *r)
{
    if (r->is_stable && !r->impl->env.has_failed)
        (void)step_window(r, 0);
}

static int skip_stable(struct reader *r, uint64_t n)
{
    const uint64_t left = (uint64_t)(r->impl->limit - r->pos);

    if (r->impl->env.has_failed)
        return -1;
    if (left < n) {
        note_short(r->impl, reader_offset(r), n, left);
        r->end_offset = reader_offset(r) + left; /* at the end, as a stream would be */
        r->end = r->pos = r->impl->crc_at = r->impl->limit;
        return -1;
    }
    while (n > 0) {
        size_t step = (size_t)n;

        /* The checksum reads what is passed over, so that pages must be given back on the way. */
        if (r->impl->verify_checksum && step > WINDOW_STEP_BYTES)
            step = WINDOW_STEP_BYTES;
        r->end_offset = reader_offset(r) + step;
        r->end = r->pos += step;
        n -= step;
        if (step_window(r, 0) < 0)
            return -1;
    }
    return 0;
}

/* ---- the streamed window -------------------------------------------------------------------- */

/* The sources failed, or have something to say about their end. */
static int end_as_chain(struct reader_impl *impl)
{
    const struct source_env *chain = &impl->chain;

    impl->env.note = chain->note;
    if (!chain->has_failed)
        return 0;
    return source_fail(&impl->env, chain->code, "%s", chain->message);
}

/* Once there is reason to. */
static void start_ahead(struct reader *r)
{
    struct reader_impl *impl = r->impl;

    if (r->end_offset < impl->ahead_from)
        return;
    impl->ahead_from = UINT64_MAX; /* not again, however this goes */
    impl->input_offset = impl->raw->bytes_read;
    raw_source_widen_pipe(impl->raw);
    impl->ahead = read_ahead_start(&impl->top, impl->raw, READER_PEEK_MAX);
}

/* Puts the window over the next piece, behind the rest of this one. */
static int take_piece(struct reader *r)
{
    struct reader_impl *impl = r->impl;
    const size_t have = (size_t)(r->end - r->pos);
    struct ahead_piece piece;
    const int more = read_ahead_next(impl->ahead, r->pos, have, &impl->env, &piece);

    if (more <= 0) {
        impl->is_at_end = true;
        return impl->env.has_failed ? -1 : end_as_chain(impl);
    }
    impl->crc_at = r->pos = piece.bytes - have;
    r->end = piece.bytes;
    r->mark_at = piece.bytes + piece.size_bytes + 1; /* where pos never comes */
    impl->piece_left = piece.size_bytes;
    impl->input_offset = piece.input_offset;
    return 0;
}

static int refill_ahead(struct reader *r, size_t n)
{
    struct reader_impl *impl = r->impl;

    while ((size_t)(r->end - r->pos) < n && !impl->is_at_end) {
        size_t step = impl->piece_left;

        if (source_check(&impl->env) < 0)
            return -1;
        if (impl->limit_left == 0)
            break;
        if (step == 0) {
            if (take_piece(r) < 0)
                return -1;
            continue;
        }
        if (step > impl->limit_left)
            step = (size_t)impl->limit_left;
        if (impl->limit_left != UINT64_MAX)
            impl->limit_left -= step;
        impl->piece_left -= step;
        r->end += step;
        r->end_offset += step;
    }
    return 0;
}

static int refill_alone(struct reader *r, size_t n)
{
    struct reader_impl *impl = r->impl;
    size_t have = (size_t)(r->end - r->pos);

    memmove(impl->buffer, r->pos, have);
    impl->crc_at = r->pos = impl->buffer;
    r->end = impl->buffer + have;
    while (have < n && !impl->is_at_end) {
        size_t room = BUFFER_BYTES - have, got;

        if (source_check(&impl->env) < 0)
            return -1;
        if (room > impl->limit_left)
            room = (size_t)impl->limit_left;
        if (room == 0)
            break;
        if (feed_read(&impl->top, impl->buffer + have, room, &got) < 0)
            return end_as_chain(impl);
        impl->is_at_end = got == 0;
        if (impl->limit_left != UINT64_MAX)
            impl->limit_left -= got;
        have += got;
        r->end = impl->buffer + have;
        r->end_offset += got;
    }
    return end_as_chain(impl);
}

/* Reads until n bytes are in the window or there are no more.  -1: failed. */
static int refill(struct reader *r, size_t n)
{
    assert(n <= READER_PEEK_MAX);
    update_crc(r);
    start_ahead(r);
    return r->impl->ahead ? refill_ahead(r, n) : refill_alone(r, n);
}

static const uint8_t *peek_streamed(struct reader *r, size_t n)
{
    size_t have;

    if (refill(r, n) < 0)
        return NULL;
    have = (size_t)(r->end - r->pos);
    if (have < n) {
        note_short(r->impl, reader_offset(r), n, have);
        return NULL;
    }
    return r->pos;
}

/* Moves a plain file's source on without reading, when nobody wants the checksum. */
static uint64_t seek_streamed(struct reader *r, uint64_t n)
{
    struct reader_impl *impl = r->impl;

    if (impl->verify_checksum || impl->ahead || impl->container.depth > 0 ||
        feed_left(&impl->top) > 0 || n > impl->limit_left || !raw_source_seek_ahead(impl->raw, n))
        return 0;
    if (impl->limit_left != UINT64_MAX)
        impl->limit_left -= n;
    r->end_offset += n; /* the window is empty */
    return n;
}

static int skip_streamed(struct reader *r, uint64_t n)
{
    const uint64_t start = reader_offset(r);
    uint64_t done = 0;

    while (done < n) {
        size_t step = (size_t)(r->end - r->pos);

        if (step == 0) {
            done += seek_streamed(r, n - done);
            if (done == n)
                break;
            if (refill(r, 1) < 0)
                return -1;
            step = (size_t)(r->end - r->pos);
        }
        if (step == 0) {
            note_short(r->impl, start, n, done);
            return -1;
        }
        if (step > n - done)
            step = (size_t)(n - done);
        r->pos += step;
        done += step;
    }
    return 0;
}

/* ---- what callers use ----------------------------------------------------------------------- */

const uint8_t *reader_peek_slow(struct reader *r, size_t n)
{
    if (r->impl->env.has_failed)
        return NULL;
    return r->is_stable ? peek_stable(r, n) : peek_streamed(r, n);
}

const uint8_t *reader_chunk(struct reader *r, uint64_t max, size_t *ret_n)
{
    const uint8_t *p = reader_peek(r, 1);
    const size_t n = (size_t)(r->end - r->pos);

    if (p)
        *ret_n = n < max ? n : (size_t)max;
    return p;
}

int reader_skip(struct reader *r, uint64_t n)
{
    if ((size_t)(r->end - r->pos) >= n) {
        r->pos += n;
        return 0;
    }
    return r->is_stable ? skip_stable(r, n) : skip_streamed(r, n);
}

bool reader_may_have(const struct reader *r, uint64_t n)
{
    const struct reader_impl *impl = r->impl;
    const uint64_t window = (uint64_t)(r->end - r->pos);
    uint64_t beyond = impl->limit_left;

    if (n <= window)
        return true;
    if (r->is_stable)
        return n <= (uint64_t)(impl->limit - r->pos);
    if (impl->container.depth == 0 && impl->raw->has_size) {
        const uint64_t left =
            feed_left(&impl->top) + (impl->raw->size_bytes - impl->raw->bytes_read);

        beyond = left < beyond ? left : beyond;
    }
    return impl->is_at_end ? false : n - window <= beyond;
}

uint64_t reader_input_offset(const struct reader *r)
{
    const struct reader_impl *impl = r->impl;

    if (impl->container.depth == 0)
        return impl->magic_offset + reader_offset(r);
    return impl->ahead ? impl->input_offset : impl->raw->bytes_read;
}

uint64_t reader_input_size(const struct reader *r)
{
    return r->impl->raw->has_size ? r->impl->raw->size_bytes : 0;
}

const char *reader_container(const struct reader *r)
{
    return r->impl->container.name;
}

bool reader_mapping(const struct reader *r, const void **ret_base, size_t *ret_size_bytes)
{
    if (!r->impl->map_base)
        return false;
    *ret_base = r->impl->map_base;
    *ret_size_bytes = r->impl->map_bytes;
    return true;
}

enum rdbp_errcode reader_check_unchanged(const struct reader *r)
{
    return raw_source_is_changed(r->impl->raw) ? RDBP_ERR_CHANGED : RDBP_ERR_NONE;
}

/* ---- behind the RDB ------------------------------------------------------------------------- */

struct tail {
    uint8_t head[TAIL_HEAD_BYTES];
    size_t head_bytes;
    uint64_t size_bytes;
    bool is_zeros;
};

static bool are_zeros(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static bool are_alphanumeric(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') ||
              (p[i] >= 'A' && p[i] <= 'Z')))
            return false;
    return true;
}

/* Reads on to the end.  A failure (a damaged gzip trailer, say) stays in the env for
 * reader_error(). */
static void read_tail(struct reader *r, struct tail *t)
{
    const uint8_t *p;
    size_t n;

    t->is_zeros = true;
    while ((p = reader_chunk(r, UINT64_MAX, &n)) != NULL) {
        const size_t room = TAIL_HEAD_BYTES - t->head_bytes;
        const size_t head = n < room ? n : room;

        memcpy(t->head + t->head_bytes, p, head);
        t->head_bytes += head;
        t->size_bytes += n;
        t->is_zeros = t->is_zeros && are_zeros(p, n);
        reader_consume(r, n);
        if (r->is_stable && !t->is_zeros && t->head_bytes == TAIL_HEAD_BYTES) {
            const uint64_t rest = (uint64_t)(r->impl->limit - r->pos);

            t->size_bytes += rest;
            (void)reader_skip(r, rest); /* no need to look: it neither fails nor is zeros */
        }
    }
}

static enum rdbp_trailing classify(const struct container *c, const struct tail *t)
{
    const uint8_t *p = t->head;
    size_t n = t->head_bytes;

    if (n == 0)
        return RDBP_TRAILING_NONE;
    if (t->is_zeros)
        return RDBP_TRAILING_ZEROS;
    if (n >= CONTAINER_EOF_MARK_BYTES) {
        const bool ends = n == CONTAINER_EOF_MARK_BYTES || p[CONTAINER_EOF_MARK_BYTES] == '*';

        if (c->has_eof_mark ? memcmp(p, c->eof_mark, CONTAINER_EOF_MARK_BYTES) == 0
                            : ends && are_alphanumeric(p, CONTAINER_EOF_MARK_BYTES))
            return RDBP_TRAILING_EOF_MARK;
    }
    if (c->has_eof_mark)
        return RDBP_TRAILING_OTHER; /* the mark had to come first */
    if ((n >= 5 && memcmp(p, "REDIS", 5) == 0) || (n >= 6 && memcmp(p, "VALKEY", 6) == 0))
        return RDBP_TRAILING_RDB;
    if (n > 2 && p[0] == '\r' && p[1] == '\n')
        p += 2;
    return p[0] == '*' || p[0] == '#' ? RDBP_TRAILING_AOF : RDBP_TRAILING_OTHER;
}

/* Replication traffic behind a $LENGTH payload: commands, and the keep-alives and status lines
 * between them. */
static bool is_replication_traffic(const struct tail *t)
{
    return t->head_bytes > 0 && t->head[0] != 0 && strchr("*#$+-:\r\n", t->head[0]) != NULL;
}

/* What a replication stream announced about its end, if it did not come. */
static const char *find_frame_fault(const struct container *c, uint64_t rdb_bytes,
                                    const struct tail *t)
{
    if (c->has_eof_mark && t->size_bytes == 0)
        return "the end mark that the replication stream announced is missing";
    if (c->has_length && rdb_bytes + t->size_bytes < c->length_bytes)
        return "the replication stream announced more bytes than are there";
    return NULL;
}

/* Lets the window go beyond a $LENGTH frame. */
static void lift_limit(struct reader *r)
{
    r->impl->limit = r->impl->content_end;
    r->impl->limit_left = UINT64_MAX;
    if (r->is_stable)
        set_window(r, 0);
}

enum rdbp_trailing reader_classify_tail(struct reader *r, uint64_t *ret_trailing_bytes)
{
    struct reader_impl *impl = r->impl;
    const uint64_t rdb_bytes = reader_offset(r);
    struct tail t = {0};
    enum rdbp_trailing trailing;
    bool fills_frame;

    end_crc_ahead(r);
    impl->crc = reader_crc(r);
    impl->crc_at = r->pos;
    impl->verify_checksum = false; /* what follows is not part of it */
    impl->crc_ahead_from = UINT64_MAX;
    fills_frame = impl->container.has_length && reader_peek(r, 1) == NULL;
    if (!impl->env.has_failed)
        lift_limit(r);
    read_tail(r, &t);
    trailing = classify(&impl->container, &t);
    if (fills_frame && trailing == RDBP_TRAILING_OTHER && is_replication_traffic(&t))
        trailing = RDBP_TRAILING_AOF; /* the commands since the snapshot, with their keep-alives */
    impl->frame_fault = find_frame_fault(&impl->container, rdb_bytes, &t);
    impl->is_short = false; /* the end was looked for, and found */
    *ret_trailing_bytes = t.size_bytes;
    return trailing;
}

const char *reader_frame_fault(const struct reader *r)
{
    return r->impl->frame_fault;
}

/* ---- opening -------------------------------------------------------------------------------- */

static void init_env(struct source_env *env, const rdbp_options *options)
{
    *env = (struct source_env){
        .allocator = {.reallocate = options->reallocate, .user = options->reallocate_user},
        .check = options->check,
        .check_user = options->check_user,
        .read_bytes = SIZE_MAX,
    };
    if (options->refill_bytes > 0)
        env->read_bytes = options->refill_bytes;
}

/* From how many bytes on a thread is worth it. */
static uint64_t ahead_from(const rdbp_options *options, uint64_t enough_bytes)
{
    switch (options->read_ahead) {
    case RDBP_READ_AHEAD_AUTO: return enough_bytes;
    case RDBP_READ_AHEAD_ALWAYS: return 0;
    default: return UINT64_MAX;
    }
}

/* The bytes the raw source is over, if they are to be used in place; else NULL. */
static const uint8_t *find_stable_bytes(struct reader_impl *impl, const rdbp_options *options)
{
    const struct raw_source *raw = impl->raw;

    if (impl->container.depth > 0 || options->refill_bytes > 0)
        return NULL;
    if (raw->fd < 0)
        return raw->bytes;
    if (options->input_mode != RDBP_INPUT_AUTO ||
        !raw_source_map(raw, &impl->map_base, &impl->map_bytes))
        return NULL;
    return impl->map_base + raw->start_offset;
}

static void begin_stable(struct reader *r, const uint8_t *bytes, const rdbp_options *options)
{
    struct reader_impl *impl = r->impl;

    impl->content_end = bytes + impl->raw->size_bytes;
    impl->limit = impl->content_end;
    r->pos = r->end = impl->crc_at = bytes + impl->magic_offset;
    impl->kept_from = impl->map_base;
    if (impl->container.has_length &&
        impl->container.length_bytes < (uint64_t)(impl->content_end - r->pos))
        impl->limit = r->pos + impl->container.length_bytes;
    r->is_stable = true;
    r->has_size = true;
    impl->crc_ahead_from =
        impl->verify_checksum ? ahead_from(options, CRC_AHEAD_FROM_BYTES) : UINT64_MAX;
    set_window(r, 0);
}

static int begin_streamed(struct reader *r, const rdbp_options *options)
{
    struct reader_impl *impl = r->impl;

    /* One byte more than is used: mark_at may then stand where pos never comes. */
    impl->buffer = allocator_get(&impl->env.allocator, BUFFER_BYTES + 1);
    if (!impl->buffer)
        return source_fail(&impl->env, RDBP_ERR_NOMEM, "out of memory");
    impl->limit_left = impl->container.has_length ? impl->container.length_bytes : UINT64_MAX;
    r->pos = r->end = impl->crc_at = impl->buffer;
    r->mark_at = impl->buffer + BUFFER_BYTES + 1;
    r->has_size = impl->container.depth == 0 && impl->raw->has_size;
    /* Reading a plain file is next to nothing. */
    impl->ahead_from = r->has_size ? UINT64_MAX : ahead_from(options, AHEAD_FROM_BYTES);
    return 0;
}

static int open_window(struct reader *r, const rdbp_options *options)
{
    struct reader_impl *impl = r->impl;
    const uint8_t *bytes;

    if (container_peel(&impl->top, &impl->container) < 0)
        return end_as_chain(impl);
    impl->magic_offset = impl->raw->bytes_read - feed_left(&impl->top);
    bytes = find_stable_bytes(impl, options);
    if (!bytes)
        return begin_streamed(r, options);
    begin_stable(r, bytes, options);
    return 0;
}

int reader_open(struct reader **ret_reader, const char *path, int fd, const uint8_t *bytes,
                size_t size_bytes, const rdbp_options *options, rdbp_error *ret_error)
{
    static const rdbp_options defaults = RDBP_OPTIONS_INIT;
    struct source_env env;
    struct reader_block *block;
    struct reader *r;
    int result;

    if (!options)
        options = &defaults;
    init_env(&env, options);
    block = allocator_get(&env.allocator, sizeof(*block));
    if (!block) {
        *ret_error = (rdbp_error){.code = RDBP_ERR_NOMEM,
                                  .severity = RDBP_SEVERITY_FATAL,
                                  .key_index = RDBP_NO_KEY,
                                  .message = "out of memory"};
        return -1;
    }
    *block = (struct reader_block){
        .reader = {.impl = &block->impl},
        .impl = {.env = env, .chain = env, .verify_checksum = options->verify_checksum}};
    r = &block->reader;
    result = path || fd >= 0
                 ? raw_source_open_file(&r->impl->chain, path, fd, &r->impl->raw)
                 : raw_source_open_memory(&r->impl->chain, bytes, size_bytes, &r->impl->raw);
    if (result < 0)
        goto fail;
    if (feed_init(&r->impl->top, &r->impl->raw->base) < 0) {
        source_free(&r->impl->raw->base);
        goto fail;
    }
    if (open_window(r, options) < 0)
        goto fail;
    *ret_reader = r;
    return 0;
fail:
    (void)end_as_chain(r->impl);
    reader_error(r, ret_error);
    reader_free(r);
    return -1;
}

void reader_free(struct reader *r)
{
    struct allocator allocator;

    if (!r)
        return;
    allocator = r->impl->env.allocator;
    read_ahead_stop(r->impl->ahead);
    crc_ahead_stop(r->impl->crc_ahead);
    if (r->impl->map_base)
        (void)munmap((void *)r->impl->map_base, r->impl->map_bytes);
    allocator_release(&allocator, r->impl->buffer);
    feed_done(&r->impl->top);
    allocator_release(&allocator, r); /* the block's first member */
}
