/* alloc_size.c -- what an allocator really gives for n bytes.
 *
 *      jemalloc          8 16 24 32 .. 64, then four classes a doubling: 80 96 112 128 160 ...
 *      system jemalloc   8 16 32 48 64 80 .. 128, then the same
 *      glibc             24 40 56 72 ... ; from 128 KiB on whole pages, by mmap()
 *
 * The servers' own jemalloc is configured with --with-lg-quantum=3 (deps/Makefile), distributions
 * build it with its default of 4.  glibc's chunks carry a word in front and are multiples of 16
 * (malloc.c: request2size()); mapped ones carry two.  Its threshold for mapping moves with what a
 * process frees, and a free chunk too small to be split is given whole, so that glibc gives 16
 * bytes more now and then: the formulas are right for about 98 of 100 allocations.
 *
 * Upstream: jemalloc 5 size classes (sc.c); zmalloc.c: zmalloc_size(), Redis 4.0 to 8.0.
 */
// SPDX-License-Identifier: MIT
#include "memory/model.h"

#include <string.h>

/* No value is that long; a sum of such sizes must not wrap. */
#define LIMIT (UINT64_C(1) << 56)

#define LIBC_LEAST_BYTES     24
#define LIBC_MMAP_FROM_BYTES (UINT64_C(128) * 1024)
#define LIBC_PAGE_BYTES      UINT64_C(4096)

static uint64_t round_up(uint64_t n, uint64_t step)
{
    return (n + step - 1) & ~(step - 1);
}

/* quantum classes up to eight times the quantum, then four a doubling */
static uint64_t round_to_class(uint64_t n, uint64_t quantum)
{
    if (n > LIMIT)
        n = LIMIT;
    if (n <= 8) /* zmalloc() asks for a word at least */
        return 8;
    if (n <= 8 * quantum)
        return round_up(n, quantum);
    return round_up(n, UINT64_C(1) << (61U - (unsigned)__builtin_clzll(n - 1)));
}

uint64_t alloc_size_jemalloc(uint64_t n)
{
    return round_to_class(n, 8);
}

uint64_t alloc_size_jemalloc_system(uint64_t n)
{
    return round_to_class(n, 16);
}

uint64_t alloc_size_libc(uint64_t n)
{
    uint64_t chunk_bytes;

    if (n > LIMIT)
        n = LIMIT;
    chunk_bytes = round_up(n + 8, 16);
    if (chunk_bytes >= LIBC_MMAP_FROM_BYTES)
        return round_up(chunk_bytes + 8, LIBC_PAGE_BYTES) - 16;
    return chunk_bytes - 8 < LIBC_LEAST_BYTES ? LIBC_LEAST_BYTES : chunk_bytes - 8;
}

static const char *const names[] = {
    [ALLOCATOR_JEMALLOC] = "jemalloc",
    [ALLOCATOR_JEMALLOC_SYSTEM] = "jemalloc-system",
    [ALLOCATOR_LIBC] = "libc",
};

const char *memory_allocator_name(enum memory_allocator a)
{
    return names[a];
}

bool memory_allocator_find(const char *name, enum memory_allocator *ret_allocator)
{
    for (unsigned a = 0; a < ALLOCATOR_COUNT_; a++) {
        if (strcmp(names[a], name) == 0) {
            *ret_allocator = (enum memory_allocator)a;
            return true;
        }
    }
    return false;
}
