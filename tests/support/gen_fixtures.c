/* gen_fixtures.c -- writes fixtures/, or checks that what is there is what it would write.
 *
 *     gen_fixtures DIR            writes every committed fixture
 *     gen_fixtures --all DIR      and those that are made at test time only
 *     gen_fixtures --check DIR    compares byte for byte; exit 1 names each difference
 *
 * The content is in fixture_rows.c, fixture_sidekiq.c, fixture_jobs.c and fixture_cluster.c.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

enum mode { MODE_WRITE = 0, MODE_WRITE_ALL, MODE_CHECK };

/* Returns the number of differences or failures. */
static int handle_file(enum mode mode, const char *dir, const char *name, const char *ending,
                       const struct buf *wanted)
{
    struct buf path = {0}, found = {0};
    int bad = 0;

    buf_add_format(&path, "%s/%s.%s", dir, name, ending);
    buf_add_u8(&path, 0);
    if (mode == MODE_CHECK) {
        if (buf_read_file(&found, (const char *)path.bytes) < 0) {
            printf("%s: %s\n", (const char *)path.bytes, strerror(errno));
            bad = 1;
        } else if (found.size_bytes != wanted->size_bytes ||
                   memcmp(found.bytes, wanted->bytes, found.size_bytes) != 0) {
            printf("%s: differs from what the generator makes (%zu bytes, expected %zu)\n",
                   (const char *)path.bytes, found.size_bytes, wanted->size_bytes);
            bad = 1;
        }
    } else if (buf_write_file(wanted, (const char *)path.bytes) < 0) {
        printf("%s: %s\n", (const char *)path.bytes, strerror(errno));
        bad = 1;
    }
    buf_done(&path);
    buf_done(&found);
    return bad;
}

int main(int argc, char **argv)
{
    enum mode mode = MODE_WRITE;
    int bad = 0;

    if (argc == 3 && strcmp(argv[1], "--all") == 0)
        mode = MODE_WRITE_ALL;
    else if (argc == 3 && strcmp(argv[1], "--check") == 0)
        mode = MODE_CHECK;
    else if (argc != 2) {
        fprintf(stderr, "usage: gen_fixtures [--all | --check] DIR\n");
        return 2;
    }
    for (size_t i = 0; i < fixture_row_count; i++) {
        const struct fixture_row *row = &fixture_rows[i];
        struct fixture f;
        struct buf json = {0};

        if (!row->is_committed && mode != MODE_WRITE_ALL)
            continue;
        row->build(&f);
        if (f.truth.size_bytes > 0)
            buf_add_buf(&json, &f.truth);
        else
            canon_document_render(&json, &f.document);
        bad += handle_file(mode, argv[argc - 1], row->name, "rdb", &f.rdb);
        bad += handle_file(mode, argv[argc - 1], row->name, "json", &json);
        buf_done(&json);
        fixture_done(&f);
    }
    return bad ? 1 : 0;
}
