/* signals.c -- Ctrl-C, a closed pipe, and pages of a mapped file that are gone.
 *
 * A page of a mapping raises SIGBUS when the file was truncated under us or the disk cannot read
 * it. The handler replaces that page by an anonymous one, so the load that faulted goes on and
 * reads zeros; the parser asks for the flag before it believes any value.  mmap() is not in POSIX'
 * list of async-signal-safe functions, but on Linux it is a bare system call, and the fault is
 * synchronous: it interrupts no lock holder.
 *
 * SA_RESTART is not set for the cancelling signals: a read() that waits for a pipe must come back.
 */
// SPDX-License-Identifier: MIT
#include "util/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "util/error.h"
#include "util/tempfile.h"

/* timeout(1) signals its child and then the whole group, so one wish to stop arrives twice; within
 * this time a repeat is the same wish. */
#define REPEAT_MS 500

static atomic_int cancel_signal;
static _Atomic int64_t cancelled_at_ms;
static atomic_bool mapping_failed;
static atomic_uintptr_t mapping_base;
static atomic_size_t mapping_bytes;
static atomic_size_t page_bytes;

static int exit_code_of(int signal_number)
{
    return signal_number == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
}

static int64_t monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t); /* async-signal-safe by POSIX */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_cancel(int signal_number)
{
    const int64_t now_ms = monotonic_ms();
    int64_t never = 0;
    int none = 0;

    atomic_compare_exchange_strong(&cancelled_at_ms, &never, now_ms);
    if (atomic_compare_exchange_strong(&cancel_signal, &none, signal_number) ||
        now_ms - atomic_load(&cancelled_at_ms) < REPEAT_MS)
        return;
    tempfile_remove_all_from_signal();
    _exit(exit_code_of(signal_number));
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    const uintptr_t base = atomic_load(&mapping_base);
    const uintptr_t at = (uintptr_t)info->si_addr;
    const size_t page = atomic_load(&page_bytes);

    (void)context;
    if (base != 0 && at >= base && at - base < atomic_load(&mapping_bytes)) {
        void *start = (void *)(at - at % page);

        if (mmap(start, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start) {
            atomic_store(&mapping_failed, true);
            return;
        }
    }
    /* Not ours: the fault happens again at once and ends the program. */
    tempfile_remove_all_from_signal();
    signal(signal_number, SIG_DFL);
}

void signals_install(void)
{
    struct sigaction cancel = {.sa_handler = on_cancel};
    struct sigaction bus = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

    atomic_store(&page_bytes, (size_t)sysconf(_SC_PAGESIZE));
    sigemptyset(&cancel.sa_mask);
    sigemptyset(&bus.sa_mask);
    sigaction(SIGINT, &cancel, NULL);
    sigaction(SIGTERM, &cancel, NULL);
    sigaction(SIGHUP, &cancel, NULL);
    sigaction(SIGBUS, &bus, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int signals_cancelled(void)
{
    return atomic_load(&cancel_signal);
}

int signals_exit_code(void)
{
    return exit_code_of(signals_cancelled());
}

void signals_guard_mapping(const void *base, size_t size_bytes)
{
    atomic_store(&mapping_base, 0);
    atomic_store(&mapping_bytes, size_bytes);
    atomic_store(&mapping_failed, false);
    atomic_store(&mapping_base, (uintptr_t)base);
}

bool signals_mapping_failed(void)
{
    return atomic_load(&mapping_failed);
}
