/* counting_alloc.c -- a reallocate hook that counts, caps and fails on demand.
 *
 * Each block carries its size in front of it, in 16 bytes so that alignment holds.
 */
// SPDX-License-Identifier: MIT
#include "counting_alloc.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 16

static void *count_realloc(void *user, void *ptr, size_t size_bytes)
{
    struct counting_alloc *a = user;
    uint8_t *block = ptr ? (uint8_t *)ptr - HEAD_BYTES : NULL;
    size_t old_bytes = 0;

    if (block)
        memcpy(&old_bytes, block, sizeof(old_bytes));
    if (size_bytes == 0) {
        a->live_blocks -= block != NULL;
        a->live_bytes -= old_bytes;
        free(block);
        return NULL;
    }
    a->call_count++;
    if (a->call_count == a->fail_at)
        return NULL;
    a->live_blocks += block == NULL;
    block = realloc(block, size_bytes + HEAD_BYTES);
    if (!block)
        return NULL;
    memcpy(block, &size_bytes, sizeof(size_bytes));
    a->live_bytes += size_bytes - old_bytes;
    if (a->live_bytes > a->peak_bytes)
        a->peak_bytes = a->live_bytes;
    return block + HEAD_BYTES;
}

void counting_alloc_use(struct counting_alloc *a, rdbp_options *options)
{
    memset(a, 0, sizeof(*a));
    options->reallocate = count_realloc;
    options->reallocate_user = a;
}
