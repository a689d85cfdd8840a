/* test_memory_truth.c -- every key of the truth corpus, weighed, against what a server answered.
 *
 *      test_memory_truth CORPUS/truth
 *
 * The corpus holds snapshots and, for each key, OBJECT ENCODING and MEMORY USAGE SAMPLES 0 of a
 * server that loaded them (three times: smallest and largest).  It lies beside the repository;
 * without it the test skips (exit 77).  A size that is not random must be right to the byte; of a
 * skiplist within four standard deviations; and where the three loads differ our note must say that
 * chance had a part.
 */
// SPDX-License-Identifier: MIT
#include "memory/memory_model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define EXIT_SKIPPED   77
#define LINE_BYTES     (1 << 20)
#define MESSAGES_SHOWN 10

/* Columns of a truth file. */
enum { DB, KEY, TYPE, ENCODING_LIVE, ENCODING, BYTES_LIVE, BYTES, BYTES_MIN, BYTES_MAX, ELEMENTS };
#define COLUMNS (ELEMENTS + 1)

struct weighed {
    uint64_t db;
    char *key_hex;
    struct key_size size;
};

struct weighed_keys {
    struct weighed *rows;
    size_t count, room;
};

static char *copy_as_hex(rdbp_slice s)
{
    static const char digits[] = "0123456789abcdef";
    char *const hex = malloc(2 * s.size_bytes + 1);

    if (hex == NULL)
        return NULL;
    for (size_t i = 0; i < s.size_bytes; i++) {
        hex[2 * i] = digits[s.bytes[i] >> 4];
        hex[2 * i + 1] = digits[s.bytes[i] & 15];
    }
    hex[2 * s.size_bytes] = '\0';
    return hex;
}

static int begin_row(struct weighed_keys *k, const struct rdbp_key *key)
{
    if (k->count == k->room) {
        const size_t room = 2 * k->room + 1024;
        struct weighed *const rows = realloc(k->rows, room * sizeof *rows);

        if (rows == NULL)
            return -1;
        k->rows = rows;
        k->room = room;
    }
    k->rows[k->count] = (struct weighed){.db = key->db, .key_hex = copy_as_hex(key->key)};
    return k->rows[k->count].key_hex == NULL ? -1 : 0;
}

static int weigh_event(struct weighed_keys *k, struct key_meter *meter, rdbp_parser *p,
                       const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_KEY:
        if (begin_row(k, &ev->u.key) < 0)
            return -1;
        rdbp_set_depth(p, key_meter_begin(meter, &ev->u.key));
        return 0;
    case RDBP_EVENT_BLOB: rdbp_set_depth(p, key_meter_blob(meter, &ev->u.blob)); return 0;
    case RDBP_EVENT_ITEMS: key_meter_items(meter, &ev->u.items); return 0;
    case RDBP_EVENT_VALUE_END:
        return key_meter_end(meter, &ev->u.value_end, &k->rows[k->count++].size);
    default: return 0;
    }
}

static int weigh_file(struct weighed_keys *k, const char *path, bool deep)
{
    struct key_meter *const meter = key_meter_new(memory_model_find("redis-7.2"), deep);
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    rdbp_error err;
    int r = -1;

    if (meter == NULL || rdbp_open_path(path, NULL, &p, &err) < 0)
        goto out;
    while ((r = rdbp_next(p, &ev)) > 0)
        if (weigh_event(k, meter, p, ev) < 0) {
            r = -1;
            break;
        }
out:
    rdbp_close(p);
    key_meter_free(meter);
    return r;
}

static int compare_rows(const void *a, const void *b)
{
    const struct weighed *const x = a, *const y = b;

    if (x->db != y->db)
        return x->db < y->db ? -1 : 1;
    return strcmp(x->key_hex, y->key_hex);
}

struct result {
    unsigned keys, wrong;
    double ours, theirs;
};

static void complain(struct result *r, const char *set, char *const *column,
                     const struct weighed *w)
{
    const char *const encoding = w == NULL ? NULL : encoding_name(w->size.encoding);

    if (r->wrong++ >= MESSAGES_SHOWN)
        return;
    fprintf(stderr, "%s: db %s key %.40s: ", set, column[DB], column[KEY]);
    if (w == NULL)
        fprintf(stderr, "not in the file\n");
    else
        fprintf(stderr, "%s %" PRId64 " (%s), expected %s %s..%s\n",
                encoding == NULL ? "?" : encoding, w->size.bytes, size_note_name(w->size.note),
                column[ENCODING], column[BYTES_MIN], column[BYTES_MAX]);
}

/* surplus: bytes a key that a setting adds on that server. */
static void check_key(struct result *r, const char *set, char *const *column,
                      const struct weighed_keys *k, int64_t surplus)
{
    const struct weighed key = {.db = strtoull(column[DB], NULL, 10), .key_hex = column[KEY]};
    const struct weighed *const w =
        bsearch(&key, k->rows, k->count, sizeof k->rows[0], compare_rows);
    const int64_t least = strtoll(column[BYTES_MIN], NULL, 10) - surplus;
    const int64_t most = strtoll(column[BYTES_MAX], NULL, 10) - surplus;
    const double margin = 4 * 12.3 * sqrt(strtod(column[ELEMENTS], NULL)) + 16;
    bool is_right;

    r->keys++;
    if (w == NULL) {
        complain(r, set, column, w);
        return;
    }
    r->ours += (double)w->size.bytes;
    r->theirs += strtod(column[BYTES], NULL) - (double)surplus;
    if (w->size.encoding == ENCODING_SKIPLIST)
        is_right = (double)w->size.bytes >= (double)least - margin &&
                   (double)w->size.bytes <= (double)most + margin;
    else
        is_right = w->size.bytes >= least && w->size.bytes <= most;
    if (least != most && w->size.note != SIZE_EXPECTED)
        is_right = false;
    if (encoding_name(w->size.encoding) == NULL ||
        strcmp(encoding_name(w->size.encoding), column[ENCODING]) != 0)
        is_right = false;
    if (!is_right)
        complain(r, set, column, w);
}

static bool split_line(char *line, char **column)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        column[i] = line;
        line = strchr(line, '\t');
        if (line == NULL)
            return false;
        *line++ = '\0';
    }
    return true;
}

static int check_set(const char *folder, const char *rdb, const char *truth, int64_t surplus,
                     bool deep)
{
    static char line[LINE_BYTES];
    struct weighed_keys k = {0};
    struct result r = {0};
    char *column[COLUMNS];
    char path[4096];
    gzFile file = NULL;
    int failed = 1;

    snprintf(path, sizeof path, "%s/%s.rdb", folder, rdb);
    if (weigh_file(&k, path, deep) < 0) {
        fprintf(stderr, "%s: cannot be weighed\n", path);
        goto out;
    }
    qsort(k.rows, k.count, sizeof k.rows[0], compare_rows);
    snprintf(path, sizeof path, "%s/%s.truth.tsv.gz", folder, truth);
    file = gzopen(path, "rb");
    if (file == NULL || gzgets(file, line, sizeof line) == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        goto out;
    }
    while (gzgets(file, line, sizeof line) != NULL)
        if (split_line(line, column))
            check_key(&r, truth, column, &k, surplus);
    printf("%s%s: %u keys, %u wrong, sum off by %.4f %%\n", truth, deep ? " (deep)" : "", r.keys,
           r.wrong, 100 * (r.ours / r.theirs - 1));
    failed = r.keys == 0 || r.keys != k.count || r.wrong > 0 || fabs(r.ours / r.theirs - 1) > 0.001;
out:
    if (file != NULL)
        gzclose(file);
    for (size_t i = 0; i < k.count; i++)
        free(k.rows[i].key_hex);
    free(k.rows);
    return failed;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *rdb, *truth;
        int64_t surplus;
    } sets[] = {
        {"redis-7.2.6", "redis-7.2.6", 0},
        {"redis-7.2.6-lfu", "redis-7.2.6-lfu", 0},
        {"redis-7.2.6-lru", "redis-7.2.6-lru", 0},
        {"redis-7.2.6-modules", "redis-7.2.6-modules", 0},
        {"redis-7.2.6-nochecksum", "redis-7.2.6-nochecksum", 0},
        {"redis-7.2.6-nocompress", "redis-7.2.6-nocompress", 0},
        {"valkey-7.2.7", "valkey-7.2.7", 0},
        {"redis-2.4.18", "redis-2.4.18.loaded-by-redis-7.2.6", 0},
        {"redis-2.8.24", "redis-2.8.24.loaded-by-redis-7.2.6", 0},
        {"redis-3.2.13", "redis-3.2.13.loaded-by-redis-7.2.6", 0},
        /* In cluster mode a 7.2 server counts 8 bytes more a key. */
        {"redis-7.2.6-cluster", "redis-7.2.6-cluster", 8},
        /* What 7.2 does not load is weighed by 7.4's rules, and these files hold nothing else that
         * 7.4 weighs differently. */
        {"redis-7.4.1", "redis-7.4.1", 0},
        {"redis-unstable", "redis-unstable", 0},
    };
    int failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: test_memory_truth FOLDER\n");
        return 2;
    }
    if (access(argv[1], R_OK) != 0) {
        printf("skipped: %s is not there\n", argv[1]);
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        failed |= check_set(argv[1], sets[i].rdb, sets[i].truth, sets[i].surplus, false);
        failed |= check_set(argv[1], sets[i].rdb, sets[i].truth, sets[i].surplus, true);
    }
    return failed;
}
