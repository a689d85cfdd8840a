/* standalone.c -- runs a fuzz target over files, with any compiler: `fuzz_rdb [-p BYTE]...
 * FILE...`.
 *
 * Each FILE is given as it is; with -p also behind the prefix byte BYTE (targets whose first byte
 * chooses a mode take plain snapshots as a corpus that way).  Ends 0 when every input came back.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int run_file(const char *path, const unsigned char *prefixes, size_t prefix_count)
{
    uint8_t *bytes = NULL;
    FILE *f = fopen(path, "rb");
    long size;
    int r = -1;

    if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) < 0)
        goto out;
    bytes = malloc((size_t)size + 1);
    if (!bytes || fread(bytes + 1, 1, (size_t)size, f) != (size_t)size)
        goto out;
    if (prefix_count == 0)
        LLVMFuzzerTestOneInput(bytes + 1, (size_t)size);
    for (size_t i = 0; i < prefix_count; i++) {
        bytes[0] = prefixes[i];
        LLVMFuzzerTestOneInput(bytes, (size_t)size + 1);
    }
    r = 0;
out:
    if (r < 0)
        fprintf(stderr, "%s: cannot be read\n", path);
    free(bytes);
    if (f)
        fclose(f);
    return r;
}

int main(int argc, char **argv)
{
    unsigned char prefixes[64];
    size_t prefix_count = 0;
    int failures = 0, files = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-p") == 0 && i + 1 < argc && prefix_count < sizeof prefixes) {
            prefixes[prefix_count++] = (unsigned char)strtoul(argv[++i], NULL, 0);
            continue;
        }
        failures += run_file(argv[i], prefixes, prefix_count) < 0;
        files++;
    }
    printf("%d inputs, %d unreadable\n", files, failures);
    return failures > 0;
}
