/* rdbdump.c -- prints the logical content of a snapshot as canonical JSON, for tests.
 *
 *     rdbdump [--pread] [--refill N] FILE        (FILE "-": standard input)
 *
 * Exit 0 at the end of the file, 3 after a fatal error (what was read is printed, the error goes to
 * stderr), 2 when it cannot be opened, 4 when the parser contradicted its own contract.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_json.h"

static void complain(const rdbp_error *e)
{
    fprintf(stderr, "%s: offset %" PRIu64 ": %s\n", rdbp_errcode_name(e->code), e->offset,
            e->message);
}

int main(int argc, char **argv)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    struct buf out = {0}, problems = {0};
    const char *path = NULL;
    rdbp_parser *p;
    rdbp_error error;
    int r;

    options.depth = RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--pread") == 0)
            options.input_mode = RDBP_INPUT_PREAD;
        else if (strcmp(argv[i], "--refill") == 0 && i + 1 < argc)
            options.refill_bytes = (size_t)strtoul(argv[++i], NULL, 10);
        else
            path = argv[i];
    }
    if (!path) {
        fprintf(stderr, "usage: rdbdump [--pread] [--refill N] FILE\n");
        return 2;
    }
    r = strcmp(path, "-") == 0 ? rdbp_open_fd(0, &options, &p, &error)
                               : rdbp_open_path(path, &options, &p, &error);
    if (r < 0) {
        complain(&error);
        return 2;
    }
    dump_json(p, &out, &problems);
    fwrite(out.bytes, 1, out.size_bytes, stdout);
    if (rdbp_last_error(p)) {
        complain(rdbp_last_error(p));
        r = 3;
    }
    if (problems.size_bytes > 0) {
        fwrite(problems.bytes, 1, problems.size_bytes, stderr);
        r = 4;
    }
    rdbp_close(p);
    buf_done(&out);
    buf_done(&problems);
    return r;
}
