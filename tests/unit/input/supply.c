/* supply.c -- packs, frames and supplies bytes for the reader's tests. */
// SPDX-License-Identifier: MIT
#include "supply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- containers ----------------------------------------------------------------------------- */

struct bytes pack_plain(const uint8_t *p, size_t n)
{
    return bytes_copy(p, n);
}

static struct bytes join(struct bytes a, struct bytes b)
{
    bytes_append(&a, b.at, b.size_bytes);
    bytes_free(&b);
    return a;
}

static struct bytes pack_gzip_members(const uint8_t *p, size_t n)
{
    return join(join(pack_gzip(p, n / 3), pack_gzip(p, 0)), pack_gzip(p + n / 3, n - n / 3));
}

static struct bytes pack_gzip_padded(const uint8_t *p, size_t n)
{
    static const uint8_t zeros[70000];

    return join(pack_gzip(p, n), bytes_copy(zeros, sizeof(zeros)));
}

static struct bytes pack_gzip_garbage(const uint8_t *p, size_t n)
{
    return join(pack_gzip(p, n), bytes_copy("not gzip", 8));
}

static struct bytes pack_zstd_frames(const uint8_t *p, size_t n)
{
    return join(join(pack_skippable(p, 300), pack_zstd(p, n / 2)),
                join(pack_skippable(p, 0), pack_zstd(p + n / 2, n - n / 2)));
}

static struct bytes pack_lz4_frames(const uint8_t *p, size_t n)
{
    return join(join(pack_skippable(p, 70000 < n ? 70000 : n), pack_lz4(p, n / 2)),
                join(pack_skippable(p, 5), pack_lz4(p + n / 2, n - n / 2)));
}

static struct bytes pack_lz4_mixed(const uint8_t *p, size_t n)
{
    return join(pack_lz4_legacy(p, n / 2), pack_lz4(p + n / 2, n - n / 2));
}

struct bytes pack_twice(struct bytes (*outer)(const uint8_t *, size_t), struct bytes inner)
{
    struct bytes b = outer(inner.at, inner.size_bytes);

    bytes_free(&inner);
    return b;
}

struct bytes pack_nested(const uint8_t *p, size_t n)
{
    return pack_twice(pack_gzip, pack_twice(pack_lz4, pack_twice(pack_zstd, pack_gzip(p, n))));
}

struct bytes frame(const char *head, struct bytes payload)
{
    return join(bytes_copy(head, strlen(head)), payload);
}

struct bytes frame_length(const uint8_t *p, size_t n)
{
    char head[128];

    (void)snprintf(head, sizeof(head), "\n\n+FULLRESYNC %s 1\r\n\n\n\n$%zu\r\n", MARK, n);
    return frame(head, bytes_copy(p, n));
}

static struct bytes frame_length_packed(const uint8_t *p, size_t n)
{
    return pack_twice(pack_gzip, frame_length(p, n));
}

struct bytes frame_eof_mark(const uint8_t *p, size_t n)
{
    return frame("+PONG\r\n\n$EOF:" MARK "\r\n", bytes_copy(p, n));
}

const struct container_row containers[] = {
    {"plain", pack_plain, "plain", false},
    {"gzip", pack_gzip, "gzip", false},
    {"gzip members", pack_gzip_members, "gzip", false},
    {"gzip, zero padding", pack_gzip_padded, "gzip", true},
    {"gzip, garbage", pack_gzip_garbage, "gzip", true},
    {"zstd", pack_zstd, "zstd", false},
    {"zstd frames", pack_zstd_frames, "zstd", false},
    {"lz4", pack_lz4, "lz4", false},
    {"lz4 frames", pack_lz4_frames, "lz4", false},
    {"lz4 legacy", pack_lz4_legacy, "lz4", false},
    {"lz4 legacy, then a frame", pack_lz4_mixed, "lz4", false},
    {"nested", pack_nested, "gzip, lz4, zstd, gzip", false},
    {"$LENGTH", frame_length, "replication", false},
    {"$LENGTH in gzip", frame_length_packed, "gzip, replication", false},
    {"$EOF", frame_eof_mark, "replication", false},
};
const size_t container_count = sizeof(containers) / sizeof(containers[0]);

/* ---- inputs --------------------------------------------------------------------------------- */

const char *const input_names[INPUT_COUNT] = {"mmap", "pread", "fd", "pipe", "memory"};

static void write_all(int fd, const uint8_t *p, size_t n)
{
    size_t done = 0;
    uint32_t seed = 5;

    while (done < n) {
        size_t piece = 1 + next_random(&seed) % 40000;
        ssize_t put;

        if (piece > n - done)
            piece = n - done;
        put = write(fd, p + done, piece);
        if (put < 0)
            return; /* the reader has closed its end */
        done += (size_t)put;
    }
}

static void *feed_pipe(void *arg)
{
    const struct supply *s = arg;

    write_all(s->write_fd, s->bytes->at, s->bytes->size_bytes);
    close(s->write_fd);
    return NULL;
}

void supply_open(struct supply *s, enum input input, const struct bytes *b)
{
    int ends[2];

    *s = (struct supply){.input = input, .bytes = b, .fd = -1};
    switch (input) {
    case INPUT_MMAP:
    case INPUT_PREAD:
    case INPUT_FD:
        (void)snprintf(s->path, sizeof(s->path), "%s", "test_reader.XXXXXX");
        s->fd = mkstemp(s->path);
        assert_true(s->fd >= 0);
        write_all(s->fd, b->at, b->size_bytes);
        assert_true(lseek(s->fd, 0, SEEK_SET) == 0);
        break;
    case INPUT_PIPE:
        assert_int_equal(pipe(ends), 0);
        s->fd = ends[0];
        s->write_fd = ends[1];
        assert_int_equal(pthread_create(&s->writer, NULL, feed_pipe, s), 0);
        break;
    default: break;
    }
}

void supply_close(struct supply *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->input == INPUT_PIPE)
        pthread_join(s->writer, NULL);
    if (s->path[0])
        unlink(s->path);
}

static enum rdbp_read_ahead read_ahead;

void supply_take_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        assert_true(strcmp(argv[i], "ahead") == 0 || strcmp(argv[i], "ahead-late") == 0);
        read_ahead = strcmp(argv[i], "ahead") == 0 ? RDBP_READ_AHEAD_ALWAYS : RDBP_READ_AHEAD_AUTO;
    }
}

bool supply_is_ahead(void)
{
    return read_ahead == RDBP_READ_AHEAD_ALWAYS;
}

int open_supply(struct reader **ret_reader, const struct supply *s, rdbp_options options,
                rdbp_error *ret_error)
{
    if (read_ahead != RDBP_READ_AHEAD_NEVER)
        options.read_ahead = read_ahead;
    if (s->input == INPUT_PREAD)
        options.input_mode = RDBP_INPUT_PREAD;
    if (s->input == INPUT_MEMORY)
        return reader_open(ret_reader, NULL, -1, s->bytes->at, s->bytes->size_bytes, &options,
                           ret_error);
    if (s->input == INPUT_MMAP || s->input == INPUT_PREAD)
        return reader_open(ret_reader, s->path, -1, NULL, 0, &options, ret_error);
    return reader_open(ret_reader, NULL, s->fd, NULL, 0, &options, ret_error);
}
