/* tempfile.c -- files that are whole or not there.
 *
 * A name enters the registry with signals held back since its creation, and leaves it after it is
 * gone, so a signal at any moment leaves no file behind.  The registry is a fixed array of atomic
 * pointers, since a signal handler may read nothing else.
 *
 * The target is resolved (realpath) first: replacing what a symbolic link points to must not
 * replace the link.  A new file takes its name by link(), which fails when the name is taken in the
 * meantime; file systems without hard links get a rename().
 */
// SPDX-License-Identifier: MIT
#include "util/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_COUNT 8

static _Atomic(char *) registry[SLOT_COUNT];

static int registry_add(char *path)
{
    for (int i = 0; i < SLOT_COUNT; i++) {
        char *none = NULL;

        if (atomic_compare_exchange_strong(&registry[i], &none, path))
            return i;
    }
    return -1; /* more files at once than the program ever opens: not removed by a signal */
}

static void registry_remove(int slot)
{
    if (slot >= 0)
        atomic_store(&registry[slot], NULL);
}

void tempfile_remove_all_from_signal(void)
{
    for (int i = 0; i < SLOT_COUNT; i++) {
        const char *path = atomic_load(&registry[i]);

        if (path != NULL)
            unlink(path);
    }
}

const char *tempfile_folder(void)
{
    static const char *const names[] = {"RDBLENS_TMPDIR", "TMPDIR"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);

        if (v != NULL && v[0] != '\0')
            return v;
    }
    return "/var/tmp";
}

/* The mode a new file would get from open(), for mkstemp() makes 0600. */
static unsigned default_mode(void)
{
    const mode_t mask = umask(0);

    umask(mask);
    return 0666U & ~(unsigned)mask;
}

/* folder/.name.XXXXXX, made by mkstemp. */
static int make_file(const char *folder, const char *name, struct tempfile *file, struct error *err)
{
    const size_t size_bytes = strlen(folder) + strlen(name) + sizeof "/..XXXXXX";
    sigset_t all, before;
    int fd, error_number;

    file->path = malloc(size_bytes);
    if (file->path == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    snprintf(file->path, size_bytes, "%s/.%s.XXXXXX", folder, name);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    fd = mkstemp(file->path);
    error_number = errno;
    if (fd >= 0)
        file->slot = registry_add(file->path);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (fd < 0) {
        error_set(err, EXIT_CANNOT_RUN, "%s: cannot create a file there: %s", folder,
                  strerror(error_number));
        free(file->path);
        file->path = NULL;
        return -1;
    }
    close(fd);
    return 0;
}

/* The absolute path of target, links followed; it need not exist, its folder must. */
static int resolve_target(const char *target, char **ret_target, struct error *err)
{
    char *resolved = realpath(target, NULL);
    const char *slash;
    struct stat st;
    char *folder;
    size_t size_bytes;

    if (resolved != NULL) {
        *ret_target = resolved;
        return 0;
    }
    if (lstat(target, &st) == 0 && S_ISLNK(st.st_mode))
        return error_set(err, EXIT_CANNOT_RUN, "%s: is a symbolic link that leads to no file",
                         target);
    slash = strrchr(target, '/');
    folder = slash == NULL ? strdup(".") : strndup(target, (size_t)(slash - target) + 1);
    if (folder == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    resolved = realpath(folder, NULL);
    free(folder);
    if (resolved == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", target, strerror(errno));
    slash = slash == NULL ? target : slash + 1;
    if (*slash == '\0') {
        free(resolved);
        return error_set(err, EXIT_CANNOT_RUN, "%s: is a folder", target);
    }
    size_bytes = strlen(resolved) + strlen(slash) + 2;
    *ret_target = malloc(size_bytes);
    if (*ret_target != NULL)
        snprintf(*ret_target, size_bytes, "%s/%s", resolved, slash);
    free(resolved);
    return *ret_target == NULL ? error_set(err, EXIT_CANNOT_RUN, "out of memory") : 0;
}

int tempfile_create(const char *target, struct tempfile *ret_file, struct error *err)
{
    struct tempfile file = {.slot = -1};
    struct stat st;
    char *slash;
    int r;

    if (resolve_target(target, &file.target, err) < 0)
        return -1;
    file.mode = stat(file.target, &st) == 0 ? (unsigned)(st.st_mode & 0777) : default_mode();
    slash = strrchr(file.target, '/');
    *slash = '\0';
    r = make_file(slash == file.target ? "/" : file.target, slash + 1, &file, err);
    *slash = '/';
    if (r < 0) {
        free(file.target);
        return -1;
    }
    *ret_file = file;
    return 0;
}

int tempfile_create_private(struct tempfile *ret_file, struct error *err)
{
    struct tempfile file = {.slot = -1};

    if (make_file(tempfile_folder(), "rdblens", &file, err) < 0)
        return -1;
    *ret_file = file;
    return 0;
}

static int sync_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC);
    int r;

    if (fd < 0)
        return -1;
    r = fsync(fd);
    close(fd);
    return r;
}

static int take_name(const struct tempfile *file, bool may_replace)
{
    if (may_replace)
        return rename(file->path, file->target);
    if (link(file->path, file->target) == 0) {
        unlink(file->path);
        return 0;
    }
    if (errno == EEXIST)
        return -1;
    if (access(file->target, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(file->path, file->target);
}

static void forget(struct tempfile *file)
{
    registry_remove(file->slot);
    free(file->path);
    free(file->target);
    file->path = NULL;
    file->target = NULL;
    file->slot = -1;
}

int tempfile_commit(struct tempfile *file, bool may_replace, struct error *err)
{
    char *slash = strrchr(file->target, '/');

    if (chmod(file->path, file->mode) < 0 || sync_path(file->path, O_RDONLY) < 0 ||
        take_name(file, may_replace) < 0) {
        error_set(err, EXIT_CANNOT_RUN, "%s: %s", file->target, strerror(errno));
        tempfile_remove(file);
        return -1;
    }
    *slash = '\0';
    /* Some file systems cannot sync a folder; the file itself is safe. */
    (void)sync_path(slash == file->target ? "/" : file->target, O_RDONLY | O_DIRECTORY);
    forget(file);
    return 0;
}

void tempfile_remove(struct tempfile *file)
{
    if (file->path != NULL)
        unlink(file->path);
    forget(file);
}
