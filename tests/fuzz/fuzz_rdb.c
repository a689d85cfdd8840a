/* fuzz_rdb.c -- the whole parser on arbitrary bytes.
 *
 * The first byte chooses depth and refill size, the rest is the file.  Whatever comes, the parser
 * must end: with END or with an error, without touching memory it does not own and without asking
 * for more than a bound that does not depend on the file's numbers.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>

#include "rdbparse/rdbparse.h"

/* The largest single need: a zstd window of 128 MiB (windowLog 27) and its margin. */
#define ALLOCATION_MAX_BYTES ((size_t)160 * 1024 * 1024)

static void *bounded_realloc(void *user, void *ptr, size_t size_bytes)
{
    (void)user;
    if (size_bytes == 0) {
        free(ptr);
        return NULL;
    }
    if (size_bytes > ALLOCATION_MAX_BYTES)
        abort();
    return realloc(ptr, size_bytes);
}

/* Keeps the compiler from leaving out what is only looked at. */
static volatile unsigned seen;

/* Touches what an event points to, so that a sanitizer sees a slice that is not there. */
static unsigned touch(const rdbp_event *ev)
{
    unsigned sum = 0;

    if (ev->type == RDBP_EVENT_KEY) {
        for (size_t i = 0; i < ev->u.key.key.size_bytes; i++)
            sum += ev->u.key.key.bytes[i];
    } else if (ev->type == RDBP_EVENT_BLOB) {
        for (size_t i = 0; i < ev->u.blob.prefix.size_bytes; i++)
            sum += ev->u.blob.prefix.bytes[i];
    } else if (ev->type == RDBP_EVENT_ITEMS) {
        for (size_t i = 0; i < ev->u.items.count; i++)
            for (size_t j = 0; j < ev->u.items.items[i].bytes.size_bytes; j++)
                sum += ev->u.items.items[i].bytes.bytes[j];
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static const size_t refill_bytes[4] = {0, 1, 7, 4096};
    rdbp_options options = RDBP_OPTIONS_INIT;
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    unsigned sum = 0;
    rdbp_error err;

    if (size_bytes == 0)
        return 0;
    options.depth = (data[0] & 7u) | (data[0] & 64u ? (unsigned)RDBP_DEPTH_WALK : 0u);
    options.refill_bytes = refill_bytes[data[0] >> 3 & 3];
    options.verify_checksum = (data[0] & 32u) != 0;
    options.reallocate = bounded_realloc;
    if (rdbp_open_memory(data + 1, size_bytes - 1, &options, &p, &err) < 0)
        return 0;
    while (rdbp_next(p, &ev) > 0)
        sum += touch(ev);
    rdbp_close(p);
    seen = sum;
    return 0;
}
