/* counting_alloc.h -- a reallocate hook that counts, caps and fails on demand.
 */
#ifndef TESTS_SUPPORT_COUNTING_ALLOC_H
#define TESTS_SUPPORT_COUNTING_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "rdbparse/rdbparse.h"

struct counting_alloc {
    size_t live_bytes, peak_bytes;
    size_t live_blocks;
    uint64_t call_count; /* allocations and growths, not frees */
    uint64_t fail_at;    /* the n-th of them fails, 1-based; 0: none */
};

/* Sets the hook in options. */
void counting_alloc_use(struct counting_alloc *a, rdbp_options *options);

#endif
