/* source_file.c -- bytes of a regular file (pread), of any other descriptor (read), or of memory.
 *
 * A regular file ends where fstat() said at open, even if it grows: a snapshot that is being
 * written is caught by the check at the end (size, mtime), and a known size lets the parser refuse
 * impossible lengths at once.  pread() leaves a borrowed descriptor's position alone.
 *
 * A regular file of size 0 is read like a pipe, because files of /proc say 0 and have content.
 */
// SPDX-License-Identifier: MIT
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* errno's text from a constant table: strerror() must not be called by two parsers in two threads.
 * */
static const char *describe_errno(int error_number)
{
    const char *text = strerrordesc_np(error_number);

    return text ? text : "unknown error";
}

/* Blocks until the descriptor has something, or for so long.  0: it has nothing yet. */
static int wait_readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, timeout_ms);
}

/* Waits no longer than a thread may that somebody wants to end. */
static bool has_arrived(int fd)
{
    const int r = wait_readable(fd, SOURCE_WAIT_MS);

    return r > 0 || (r < 0 && errno != EINTR); /* read() will tell */
}

static int read_file(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    struct raw_source *raw = (struct raw_source *)s;
    ssize_t got;

    if (raw->is_regular && n > raw->size_bytes - raw->bytes_read)
        n = (size_t)(raw->size_bytes - raw->bytes_read);
    if (n == 0) {
        *ret_n = 0;
        return 0;
    }
    for (;;) {
        if (source_check(s->env) < 0)
            return -1;
        if (s->env->is_stopped && !raw->is_regular && !has_arrived(raw->fd))
            continue;
        got = raw->is_regular ? pread(raw->fd, buf, n, (off_t)(raw->start_offset + raw->bytes_read))
                              : read(raw->fd, buf, n);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            got = wait_readable(raw->fd, s->env->is_stopped ? SOURCE_WAIT_MS : -1) < 0 ? -1 : -2;
        if (got >= 0)
            break;
        if (got == -1 && errno != EINTR)
            return source_fail(s->env, RDBP_ERR_IO, "read: %s", describe_errno(errno));
    }
    raw->bytes_read += (uint64_t)got;
    *ret_n = (size_t)got;
    return 0;
}

static int read_memory(struct source *s, uint8_t *buf, size_t n, size_t *ret_n)
{
    struct raw_source *raw = (struct raw_source *)s;

    if (source_check(s->env) < 0)
        return -1;
    if (n > raw->size_bytes - raw->bytes_read)
        n = (size_t)(raw->size_bytes - raw->bytes_read);
    if (n > 0)
        memcpy(buf, raw->bytes + raw->bytes_read, n);
    raw->bytes_read += n;
    *ret_n = n;
    return 0;
}

static void free_raw(struct source *s)
{
    struct raw_source *raw = (struct raw_source *)s;

    if (raw->owns_fd)
        close(raw->fd);
    allocator_release(&s->env->allocator, raw);
}

static int open_path(struct source_env *env, const char *path)
{
    int fd;

    for (;;) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd >= 0)
            return fd;
        if (errno != EINTR)
            return source_fail(env, RDBP_ERR_IO, "%s", describe_errno(errno));
        if (source_check(env) < 0) /* a FIFO nobody writes to, and Ctrl-C */
            return -1;
    }
}

int raw_source_open_file(struct source_env *env, const char *path, int fd,
                         struct raw_source **ret_source)
{
    struct raw_source *raw = allocator_get(&env->allocator, sizeof(*raw));
    off_t start;

    if (!raw)
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    *raw = (struct raw_source){
        .base = {.env = env, .read = read_file, .free = free_raw}, .fd = fd, .owns_fd = false};
    if (path) {
        raw->fd = open_path(env, path);
        raw->owns_fd = raw->fd >= 0;
        if (raw->fd < 0)
            goto fail;
    }
    if (fstat(raw->fd, &raw->opened) < 0) {
        (void)source_fail(env, RDBP_ERR_IO, "fstat: %s", describe_errno(errno));
        goto fail;
    }
    if (S_ISDIR(raw->opened.st_mode)) {
        (void)source_fail(env, RDBP_ERR_IO, "%s", describe_errno(EISDIR));
        goto fail;
    }
    if (S_ISREG(raw->opened.st_mode) && raw->opened.st_size > 0) {
        start = path ? 0 : lseek(raw->fd, 0, SEEK_CUR);
        raw->is_regular = raw->has_size = start >= 0;
        raw->start_offset = raw->is_regular ? (uint64_t)start : 0;
        if (raw->is_regular && start < raw->opened.st_size)
            raw->size_bytes = (uint64_t)(raw->opened.st_size - start);
    }
    *ret_source = raw;
    return 0;
fail:
    free_raw(&raw->base);
    return -1;
}

int raw_source_open_memory(struct source_env *env, const uint8_t *bytes, size_t size_bytes,
                           struct raw_source **ret_source)
{
    struct raw_source *raw = allocator_get(&env->allocator, sizeof(*raw));

    if (!raw)
        return source_fail(env, RDBP_ERR_NOMEM, "out of memory");
    *raw = (struct raw_source){.base = {.env = env, .read = read_memory, .free = free_raw},
                               .fd = -1,
                               .has_size = true,
                               .size_bytes = size_bytes,
                               .bytes = bytes};
    *ret_source = raw;
    return 0;
}

bool raw_source_map(const struct raw_source *raw, const uint8_t **ret_base, size_t *ret_size_bytes)
{
    const uint64_t file_bytes = raw->start_offset + raw->size_bytes;
    void *base;

    if (!raw->is_regular || raw->size_bytes == 0 || file_bytes > SIZE_MAX / 2)
        return false;
    base = mmap(NULL, (size_t)file_bytes, PROT_READ, MAP_PRIVATE, raw->fd, 0);
    if (base == MAP_FAILED)
        return false;
    (void)madvise(base, (size_t)file_bytes, MADV_SEQUENTIAL); /* a hint: no harm if refused */
    *ret_base = base;
    *ret_size_bytes = (size_t)file_bytes;
    return true;
}

bool raw_source_is_changed(const struct raw_source *raw)
{
    struct stat now;

    if (raw->fd < 0 || !S_ISREG(raw->opened.st_mode))
        return false;
    if (fstat(raw->fd, &now) < 0)
        return true;
    return now.st_size != raw->opened.st_size || now.st_mtim.tv_sec != raw->opened.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != raw->opened.st_mtim.tv_nsec;
}

void raw_source_widen_pipe(const struct raw_source *raw)
{
#ifdef F_SETPIPE_SZ
    /* The most that Linux gives to everybody; what refuses stays as it is. */
    if (raw->fd >= 0 && S_ISFIFO(raw->opened.st_mode))
        (void)fcntl(raw->fd, F_SETPIPE_SZ, 1 << 20);
#else
    (void)raw;
#endif
}

bool raw_source_seek_ahead(struct raw_source *raw, uint64_t n)
{
    if (!raw->is_regular || n > raw->size_bytes - raw->bytes_read)
        return false;
    raw->bytes_read += n;
    return true;
}
