/* test_memory_truth.c -- every key of the truth corpus, weighed, against what a server answered.
 *
 *      test_memory_truth CORPUS/truth
 *
 * A data set is NAME.rdb and NAME.truth.tsv.gz: for each key OBJECT ENCODING and MEMORY USAGE
 * SAMPLES 0 of a server that loaded the file (three times: smallest and largest).  The server is
 * the one that wrote it, with the options that NAME.info.txt names; in X.loaded-by-Y it is Y, with
 * the default options.  Servers before 4.0 tell only the encodings.
 *
 * A size that is not random must be right to the byte; that of a skiplist or of a Valkey set's
 * table within four standard deviations of what was seen; and where the three loads differ our note
 * must say that chance had a part.  glibc's malloc gives 16 bytes more now and then.
 *
 * The corpus lies beside the repository; without it the test skips (exit 77).
 */
// SPDX-License-Identifier: MIT
#include "memory/memory_model.h"

#include <glob.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define EXIT_SKIPPED   77
#define SUFFIX         ".truth.tsv.gz"
#define LOADED_BY      ".loaded-by-"
#define LINE_BYTES     (1 << 20)
#define MESSAGES_SHOWN 10
#define DATA_SETS      38 /* at least */

#define LIBC_SURPLUS_BYTES 16

/* Columns of a truth file. */
enum { DB, KEY, TYPE, ENCODING_LIVE, ENCODING, BYTES_LIVE, BYTES, BYTES_MIN, BYTES_MAX, ELEMENTS };
#define COLUMNS (ELEMENTS + 1)

/* What the server was that gave the sizes. */
struct server {
    const struct memory_version *version; /* NULL: the one that wrote the file */
    enum memory_allocator allocator;
    struct memory_settings settings;
};

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

/* ---- weighing ------------------------------------------------------------------------------- */

struct weighing {
    const struct server *server;
    bool deep;
    rdbp_parser *parser;
    char server_version[32]; /* of the AUX fields */
    const struct memory_version *version;
    struct key_meter *meter;
    struct weighed_keys keys;
};

static void take_aux(struct weighing *w, const struct rdbp_aux *aux)
{
    if (aux->name.size_bytes == 9 && memcmp(aux->name.bytes, "redis-ver", 9) == 0 &&
        w->server_version[0] != '\0')
        return; /* of a Valkey: the version it is compatible with */
    if ((aux->name.size_bytes == 9 && memcmp(aux->name.bytes, "redis-ver", 9) == 0) ||
        (aux->name.size_bytes == 10 && memcmp(aux->name.bytes, "valkey-ver", 10) == 0))
        snprintf(w->server_version, sizeof w->server_version, "%.*s", (int)aux->value.size_bytes,
                 (const char *)aux->value.bytes);
}

static int begin_key(struct weighing *w, const struct rdbp_key *key)
{
    if (w->meter == NULL) {
        struct memory_model m;
        bool is_guess;

        w->version = w->server->version;
        if (w->version == NULL)
            w->version = memory_version_of_file(rdbp_family(w->parser), w->server_version,
                                                rdbp_rdb_version(w->parser), &is_guess);
        memory_model_init(&m, w->version, w->server->allocator, &w->server->settings);
        w->meter = key_meter_new(&m, w->deep);
    }
    if (w->meter == NULL || begin_row(&w->keys, key) < 0)
        return -1;
    rdbp_set_depth(w->parser, key_meter_begin(w->meter, key));
    return 0;
}

static int weigh_event(struct weighing *w, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_AUX: take_aux(w, &ev->u.aux); return 0;
    case RDBP_EVENT_KEY: return begin_key(w, &ev->u.key);
    case RDBP_EVENT_BLOB:
        rdbp_set_depth(w->parser, key_meter_blob(w->meter, &ev->u.blob));
        return 0;
    case RDBP_EVENT_ITEMS: key_meter_items(w->meter, &ev->u.items); return 0;
    case RDBP_EVENT_VALUE_END:
        return key_meter_end(w->meter, &ev->u.value_end, &w->keys.rows[w->keys.count++].size);
    default: return 0;
    }
}

static int weigh_file(struct weighing *w, const char *path)
{
    const rdbp_event *ev;
    rdbp_error err;
    int r = -1;

    if (rdbp_open_path(path, NULL, &w->parser, &err) < 0)
        return -1;
    while ((r = rdbp_next(w->parser, &ev)) > 0)
        if (weigh_event(w, ev) < 0) {
            r = -1;
            break;
        }
    rdbp_close(w->parser);
    key_meter_free(w->meter);
    return r;
}

static int compare_rows(const void *a, const void *b)
{
    const struct weighed *const x = a, *const y = b;

    if (x->db != y->db)
        return x->db < y->db ? -1 : 1;
    return strcmp(x->key_hex, y->key_hex);
}

/* ---- comparing ------------------------------------------------------------------------------ */

struct result {
    unsigned keys, wrong;
    unsigned sizes, surpluses; /* not random ones; of those, with glibc's 16 bytes more */
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

/* Standard deviation of a size that is random on each load; 0: it is not. */
static double deviation_of(const struct weighed *w, const struct memory_version *v,
                           const char *type, double elements)
{
    if (w->size.encoding == ENCODING_SKIPLIST)
        return 12.3 * sqrt(elements);
    if (w->size.encoding == ENCODING_HASHTABLE && strcmp(type, "set") == 0 &&
        strncmp(memory_version_name(v), "valkey-", 7) == 0 &&
        strcmp(memory_version_name(v), "valkey-7.2") != 0)
        return 6.0 * sqrt(elements);
    return 0;
}

static bool is_size_right(struct result *r, const struct weighed *w,
                          const struct weighing *weighing, char *const *column)
{
    const bool is_libc = weighing->server->allocator == ALLOCATOR_LIBC;
    const int64_t least = strtoll(column[BYTES_MIN], NULL, 10);
    const int64_t most = strtoll(column[BYTES_MAX], NULL, 10);
    const double deviation =
        deviation_of(w, weighing->version, column[TYPE], strtod(column[ELEMENTS], NULL));
    /* An unfinished rehash at its border: one table's width either way. */
    const double margin = deviation > 0 ? 4 * deviation + 16 : (double)(most - least);

    r->ours += (double)w->size.bytes;
    r->theirs += strtod(column[BYTES], NULL);
    r->sizes += deviation == 0;
    if (is_libc && deviation == 0 && w->size.note == SIZE_EXACT &&
        (most == w->size.bytes + LIBC_SURPLUS_BYTES ||
         least == w->size.bytes + LIBC_SURPLUS_BYTES)) {
        r->surpluses++;
        return true;
    }
    if (least != most && w->size.note != SIZE_EXPECTED)
        return false;
    return (double)w->size.bytes >= (double)least - margin &&
           (double)w->size.bytes <= (double)most + margin;
}

static void check_key(struct result *r, const char *set, char *const *column,
                      const struct weighing *weighing)
{
    const struct weighed_keys *const k = &weighing->keys;
    const struct weighed key = {.db = strtoull(column[DB], NULL, 10), .key_hex = column[KEY]};
    const struct weighed *const w =
        bsearch(&key, k->rows, k->count, sizeof k->rows[0], compare_rows);
    bool is_right = w != NULL;

    r->keys++;
    if (w != NULL) {
        const char *const encoding = encoding_name(w->size.encoding);

        is_right = encoding != NULL && strcmp(encoding, column[ENCODING]) == 0;
        if (strcmp(column[BYTES], "-") != 0 && !is_size_right(r, w, weighing, column))
            is_right = false;
    }
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

static int compare_with_truth(struct result *r, const char *folder, const char *name,
                              const struct weighing *w)
{
    static char line[LINE_BYTES];
    char *column[COLUMNS];
    char path[4096];
    gzFile file;

    snprintf(path, sizeof path, "%s/%s" SUFFIX, folder, name);
    file = gzopen(path, "rb");
    if (file == NULL || gzgets(file, line, sizeof line) == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        gzclose(file);
        return -1;
    }
    while (gzgets(file, line, sizeof line) != NULL)
        if (split_line(line, column))
            check_key(r, name, column, w);
    gzclose(file);
    return 0;
}

/* Whether the set is as good as promised. */
static bool is_good(const struct result *r, const struct weighing *w)
{
    const double off = r->theirs > 0 ? fabs(r->ours / r->theirs - 1) : 0;

    return r->keys > 0 && r->keys == w->keys.count && r->wrong == 0 &&
           r->surpluses <= r->sizes / 50 && off <= 0.001;
}

static bool check_set(const char *folder, const char *name, const struct server *server, bool deep)
{
    struct weighing w = {.server = server, .deep = deep};
    struct result r = {0};
    const size_t rdb_name_bytes =
        strstr(name, LOADED_BY) == NULL ? strlen(name) : (size_t)(strstr(name, LOADED_BY) - name);
    char path[4096];
    bool is_right = false;

    snprintf(path, sizeof path, "%s/%.*s.rdb", folder, (int)rdb_name_bytes, name);
    if (weigh_file(&w, path) < 0) {
        fprintf(stderr, "%s: cannot be weighed\n", path);
        goto out;
    }
    qsort(w.keys.rows, w.keys.count, sizeof w.keys.rows[0], compare_rows);
    if (compare_with_truth(&r, folder, name, &w) < 0)
        goto out;
    is_right = is_good(&r, &w);
    printf("%s %s%s: %u keys, %u wrong, %u of %u sizes 16 more, sum off by %.4f %%%s\n",
           is_right ? "ok" : "NOT OK", name, deep ? " (deep)" : "", r.keys, r.wrong, r.surpluses,
           r.sizes, r.theirs > 0 ? 100 * (r.ours / r.theirs - 1) : 0.0,
           r.theirs > 0 ? "" : " (no sizes)");
out:
    for (size_t i = 0; i < w.keys.count; i++)
        free(w.keys.rows[i].key_hex);
    free(w.keys.rows);
    return is_right;
}

/* ---- data sets ------------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* "name value; name value": the options the server was started with. */
static int set_options(struct memory_settings *settings, char *text)
{
    struct error err = {0};

    text[strcspn(text, "\n")] = '\0';
    for (char *rest = text, *option; (option = strsep(&rest, ";")) != NULL;) {
        char *space;

        option += strspn(option, " ");
        space = strchr(option, ' ');
        if (space == NULL)
            continue;
        *space = '=';
        if (memory_settings_set_text(settings, option, &err) < 0) {
            fprintf(stderr, "%s: %s\n", option, err.message);
            return -1;
        }
    }
    return 0;
}

static int find_server(struct server *s, const char *folder, const char *name)
{
    static const char label[] = "options_not_default:";
    static const struct memory_settings defaults = MEMORY_SETTINGS_INIT;
    const char *const loaded_by = strstr(name, LOADED_BY);
    static char line[LINE_BYTES];
    int r = 0;
    FILE *file;

    *s = (struct server){.allocator = ALLOCATOR_JEMALLOC, .settings = defaults};
    if (loaded_by != NULL) {
        s->version = memory_version_find(loaded_by + strlen(LOADED_BY));
        return s->version == NULL ? -1 : 0;
    }
    if (ends_with(name, "-libc"))
        s->allocator = ALLOCATOR_LIBC;
    if (ends_with(name, "-debian"))
        s->allocator = ALLOCATOR_JEMALLOC_SYSTEM;
    snprintf(line, sizeof line, "%s/%s.info.txt", folder, name);
    file = fopen(line, "r");
    if (file == NULL)
        return -1;
    while (r == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, label, strlen(label)) == 0)
            r = set_options(&s->settings, line + strlen(label));
    fclose(file);
    return r;
}

int main(int argc, char **argv)
{
    bool is_right = true;
    char pattern[4096];
    glob_t found;

    if (argc != 2) {
        fprintf(stderr, "usage: test_memory_truth FOLDER\n");
        return 2;
    }
    if (access(argv[1], R_OK) != 0) {
        printf("skipped: %s is not there\n", argv[1]);
        return EXIT_SKIPPED;
    }
    snprintf(pattern, sizeof pattern, "%s/*" SUFFIX, argv[1]);
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc < DATA_SETS) {
        fprintf(stderr, "%s: fewer than %d data sets\n", argv[1], DATA_SETS);
        return 1;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *const name = strrchr(found.gl_pathv[i], '/') + 1;
        struct server server;

        name[strlen(name) - strlen(SUFFIX)] = '\0';
        if (find_server(&server, argv[1], name) < 0) {
            fprintf(stderr, "%s: no such server or options\n", name);
            is_right = false;
            continue;
        }
        is_right &= check_set(argv[1], name, &server, false);
        is_right &= check_set(argv[1], name, &server, true);
    }
    globfree(&found);
    return is_right ? 0 : 1;
}
