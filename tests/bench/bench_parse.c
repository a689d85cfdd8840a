/* bench_parse.c -- the parser alone: `bench_parse FILE DEPTH` reads a snapshot and counts.
 *
 * DEPTH is a mask of enum rdbp_depth: 0 keys only, 1 SHAPE, 3 with ITEMS, 7 with BYTES.  Nothing is kept, so
 * the time is that of decoding and of the checksum.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rdbparse/rdbparse.h"

int main(int argc, char **argv)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    uint64_t keys = 0, items = 0;
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    rdbp_error err;
    int r;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_parse FILE DEPTH\n");
        return 2;
    }
    options.depth = (unsigned)strtoul(argv[2], NULL, 0);
    if (rdbp_open_path(argv[1], &options, &p, &err) < 0) {
        fprintf(stderr, "bench_parse: %s\n", err.message);
        return 2;
    }
    while ((r = rdbp_next(p, &ev)) > 0) {
        keys += ev->type == RDBP_EVENT_VALUE_END;
        items += ev->type == RDBP_EVENT_ITEMS ? ev->u.items.count : 0;
    }
    if (r < 0)
        fprintf(stderr, "bench_parse: %s\n", rdbp_last_error(p)->message);
    printf("%" PRIu64 " keys, %" PRIu64 " items\n", keys, items);
    rdbp_close(p);
    return r < 0 ? 3 : 0;
}
