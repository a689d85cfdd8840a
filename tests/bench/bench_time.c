/* bench_time.c -- runs a command and says what it took: `bench_time RESULT COMMAND [ARGUMENT...]`.
 *
 * RESULT gets one line: wall ns, user us, system us, peak RSS in KiB, exit code (256 + N: signal N).
 *
 * Times and memory are the kernel's account of the finished child and of the children it waited
 * for: a shell's sum over a pipeline, and the largest of its processes.  A program of its own, not
 * wait4() in the script that calls it: a child's peak begins with the pages of the process it was
 * forked from, and an interpreter has ten times those of the commands measured here.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t to_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int fail(const char *what)
{
    fprintf(stderr, "bench_time: %s: %s\n", what, strerror(errno));
    return 2;
}

int main(int argc, char **argv)
{
    struct rusage used;
    int64_t started_ns;
    FILE *result;
    int status;
    pid_t child;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_time RESULT COMMAND [ARGUMENT...]\n");
        return 2;
    }
    started_ns = read_clock_ns();
    child = fork();
    if (child < 0)
        return fail("fork");
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(fail(argv[2]));
    }
    while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR)
            return fail("wait4");
    const int64_t wall_ns = read_clock_ns() - started_ns;

    result = fopen(argv[1], "w");
    if (!result)
        return fail(argv[1]);
    fprintf(result, "%" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n", wall_ns, to_us(used.ru_utime),
            to_us(used.ru_stime), used.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status));
    return fclose(result) != 0 ? fail(argv[1]) : 0;
}
