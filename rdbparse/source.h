/* source.h -- where bytes come from: a file, a pipe, memory, or another source that is packed.
 *
 * A source has read() and free().  Packed sources own a feed: a buffer in front of the source they
 * unpack.  So a chain is owned by its last source, and freeing that one frees all:
 *
 *     fd --> feed > gzip --> feed > zstd --> feed (the reader's)
 */
#ifndef RDBPARSE_SOURCE_H
#define RDBPARSE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "allocator.h"
#include "bytes.h"
#include "rdbparse/rdbparse.h"

/* Read at once by the parser itself. */
#define SOURCE_READ_BYTES ((size_t)256 * 1024)
/* What detection and the unpackers see of their input at a time. */
#define FEED_BYTES ((size_t)64 * 1024)

/* While a thread reads ahead, nobody waits longer than this before looking whether to stop. */
#define SOURCE_WAIT_MS 50

/* What all sources of one reader share. */
struct source_env {
    struct allocator allocator;
    enum rdbp_errcode (*check)(void *user);
    void *check_user;
    atomic_bool *is_stopped; /* NULL, or what ends the thread that reads ahead (read_ahead.h) */
    size_t read_bytes;       /* no read() gives more than this */
    bool has_failed;         /* error below is set: reading is over */
    enum rdbp_errcode code;
    char message[200];
    const char *note; /* a remark for whoever finds the data too short, or NULL */
};

/* Notes why reading failed, unless something deeper already did.  Returns -1. */
int source_fail(struct source_env *env, enum rdbp_errcode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Asks the caller whether to go on: 0, or -1 with the error noted. */
int source_check(struct source_env *env);

struct source {
    struct source_env *env;
    /* At most n > 0 bytes into buf.  0 with *ret_n > 0; 0 with *ret_n 0 at the end; -1 with the
     * env's error set.  May be called again after the end or a failure, and then says the same. */
    int (*read)(struct source *s, uint8_t *buf, size_t n, size_t *ret_n);
    void (*free)(struct source *s);
};

/* Through here so that read_bytes holds for every source. */
static inline int source_read(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    return s->read(s, buf, n < s->env->read_bytes ? n : s->env->read_bytes, ret_n);
}

static inline void source_free(struct source *s)
{
    if (s)
        s->free(s);
}

/* ---- raw sources ---------------------------------------------------------------------------- */

struct raw_source {
    struct source base;
    int fd; /* -1: memory */
    bool owns_fd;
    bool is_regular; /* read by pread() from start_offset up to start_offset + size_bytes */
    bool has_size;
    uint64_t start_offset; /* where a borrowed descriptor stood */
    uint64_t size_bytes;   /* of the input, from start_offset; valid if has_size */
    uint64_t bytes_read;
    const uint8_t *bytes; /* memory */
    struct stat opened;   /* fstat() at open; valid unless memory */
};

/* fd is borrowed when path is NULL.  Both return 0, or -1 with the env's error set. */
int raw_source_open_file(struct source_env *env, const char *path, int fd,
                         struct raw_source **ret_source);
int raw_source_open_memory(struct source_env *env, const uint8_t *bytes, size_t size_bytes,
                           struct raw_source **ret_source);

/* Maps all of a regular file, from its first byte.  False when it cannot be mapped. */
bool raw_source_map(const struct raw_source *raw, const uint8_t **ret_base, size_t *ret_size_bytes);

/* True when a regular file's size or mtime is not what it was at open. */
bool raw_source_is_changed(const struct raw_source *raw);

/* Asks for more room in a pipe, so that its writer is held up less often. */
void raw_source_widen_pipe(const struct raw_source *raw);

/* Moves on without reading.  False: not possible here, read instead. */
bool raw_source_seek_ahead(struct raw_source *raw, uint64_t n);

/* ---- a buffer in front of a source ---------------------------------------------------------- */

struct feed {
    struct source *up; /* owned */
    uint8_t *buffer;   /* FEED_BYTES, or NULL */
    size_t pos, end;   /* what is in the buffer and not taken */
    bool is_at_end;    /* up has no more */
};

/* Takes over up.  On failure (-1, NOMEM) up still belongs to the caller. */
int feed_init(struct feed *f, struct source *up);
void feed_done(struct feed *f); /* frees up too; an all-zero feed is fine */

static inline const uint8_t *feed_bytes(const struct feed *f)
{
    return f->buffer + f->pos;
}
static inline size_t feed_left(const struct feed *f)
{
    return f->end - f->pos;
}

/* Reads until n <= FEED_BYTES bytes are there or up ends: then feed_left() is smaller.  -1: failed.
 * */
int feed_need(struct feed *f, size_t n);
/* Passes over n bytes, however many of them are buffered.  *ret_n: how many there were. */
int feed_skip(struct feed *f, uint64_t n, uint64_t *ret_n);
/* Buffered bytes first, then straight from up; like source_read(). */
int feed_read(struct feed *f, uint8_t *buf, size_t n, size_t *ret_n);

/* Between two frames or members: passes over zero padding (backups on block storage end with it).
 * Returns 1 when a byte other than zero comes next, 0 at the end, -1 on failure. */
int feed_skip_zeros(struct feed *f);

/* ---- unpackers ------------------------------------------------------------------------------ */

/* Each takes the feed's content over (the feed is then empty) and gives the unpacked bytes; on
 * failure (-1, env's error set) the feed is as before. */
int gzip_source_open(struct feed *packed, struct source **ret_source);
int lz4_source_open(struct feed *packed, struct source **ret_source);
int zstd_source_open(struct feed *packed, struct source **ret_source);

/* Frame magics, as u32 LE: zstd's and LZ4's share the skippable ones. */
#define MAGIC_ZSTD       0xfd2fb528u
#define MAGIC_LZ4        0x184d2204u
#define MAGIC_LZ4_LEGACY 0x184c2102u
#define MAGIC_SKIPPABLE  0x184d2a50u /* ... to 0x184d2a5f */

static inline bool is_skippable_magic(uint32_t magic)
{
    return (magic & 0xfffffff0u) == MAGIC_SKIPPABLE;
}

/* Passes over the skippable frame that begins at the feed's position.  -1: failed, or cut. */
int feed_skip_frame(struct feed *f);

#endif
