/* gen_refused.c -- writes snapshots whose every byte can be read, and that a server refuses or
 * loads.
 *
 *     gen_refused DIR
 *
 * What becomes of each stands in tests/integration/refused.py.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

#define ID(ms, seq) ((struct stream_id){(ms), (seq)})
#define IDS(...)                                                                                   \
    (const struct stream_id[]){__VA_ARGS__},                                                       \
        sizeof((const struct stream_id[]){__VA_ARGS__}) / sizeof(struct stream_id)
#define ARRAY(type, ...)                                                                           \
    (const struct type[]){__VA_ARGS__},                                                            \
        sizeof((const struct type[]){__VA_ARGS__}) / sizeof(struct type)
#define LONG_TEXT                                                                                  \
    "a text of more than sixty-four bytes, which no packed hash keeps packed: 64 is its limit"

enum { MAX_MEMBERS = 1000, BIG_BYTES = 200000 };

struct row {
    const char *name;
    unsigned version;
    void (*build)(struct fixture *f, const struct row *row);
    enum rdb_type_byte type;
    size_t count; /* of members or fields; the last one is the first again */
    struct text value;
};

/* Members "m0", "m1", ... whose last is "m0" again. */
static void fill_members(struct cell *cells, size_t stride, const struct row *row)
{
    static char names[MAX_MEMBERS][24];

    for (size_t i = 0; i < row->count; i++) {
        const int n = snprintf(names[i], sizeof names[i], "m%zu", i + 1 == row->count ? 0 : i);

        cells[i * stride] = (struct cell){{names[i], (size_t)n}, FORM_AUTO};
        if (stride == 2)
            cells[i * 2 + 1] = (struct cell){row->value, FORM_AUTO};
    }
}

static void build_set(struct fixture *f, const struct row *row)
{
    struct cell cells[MAX_MEMBERS];

    fill_members(cells, 1, row);
    fixture_set(f, C("k"), row->type, cells, row->count);
}

static void build_zset(struct fixture *f, const struct row *row)
{
    static const double scores[MAX_MEMBERS];
    struct cell cells[MAX_MEMBERS];

    fill_members(cells, 1, row);
    fixture_zset(f, C("k"), row->type, cells, scores, row->count);
}

static void build_hash(struct fixture *f, const struct row *row)
{
    static const int64_t none[MAX_MEMBERS];
    struct cell cells[2 * MAX_MEMBERS];
    const bool has_times = row->type >= T_HASH_METADATA_PRE_GA;

    fill_members(cells, 2, row);
    fixture_hash(f, C("k"), row->type, cells, 2 * row->count, has_times ? none : NULL);
}

/* A member that comes in pieces, and another that differs in its first byte, or not at all. */
static void build_long_members(struct fixture *f, const struct row *row)
{
    char *one = malloc(BIG_BYTES), *other = malloc(BIG_BYTES);
    const struct cell cells[] = {{{one, BIG_BYTES}, FORM_RAW}, {{other, BIG_BYTES}, FORM_LZF}};

    if (one == NULL || other == NULL)
        abort();
    memset(one, 'x', BIG_BYTES);
    memset(other, 'x', BIG_BYTES);
    if (row->count == 0)
        other[0] = 'y';
    fixture_set(f, C("k"), row->type, cells, 2);
    free(one);
    free(other);
}

static void build_key_twice(struct fixture *f, const struct row *row)
{
    fixture_string(f, C("a"), C("1"));
    if (row->count == 0)
        fixture_db(f, 1);
    fixture_string(f, C("a"), C("2"));
}

static void build_empty_plain_node(struct fixture *f, const struct row *row)
{
    fixture_put_key(f, C("k"), row->type);
    put_length(&f->rdb, 1, LENGTH_AUTO);
    put_length(&f->rdb, 1, LENGTH_AUTO); /* PLAIN */
    put_string(&f->rdb, LIT(""), FORM_RAW);
}

static void build_function(struct fixture *f, const struct row *row)
{
    fixture_function(f, row->value, FORM_RAW);
}

static void build_function_pre_ga(struct fixture *f, const struct row *row)
{
    (void)row;
    fixture_function_pre_ga(f, LIT("lib"), LIT("LUA"), (struct text){NULL, 0}, LIT("return 1"));
}

/* ---- streams ------------------------------------------------------------------------------- */

static void put_stream(struct fixture *f, const struct row *row, size_t node_count,
                       const struct fixture_group *groups, size_t group_count)
{
    static const struct text fields[] = {{"f", 1}}, values[] = {{"v", 1}};
    const struct fixture_entry entries[] = {{{1000, 1}, false, true, values, 1},
                                            {{1000, 2}, false, true, values, 1}};
    const struct fixture_node node = {{1000, 1}, fields, 1, entries, 2};
    const struct fixture_node nodes[] = {node, node};
    const struct fixture_stream stream = {.nodes = nodes,
                                          .node_count = node_count,
                                          .length = 2 * node_count,
                                          .last_id = ID(1000, 2),
                                          .first_id = ID(1000, 1),
                                          .entries_added = 2 * node_count,
                                          .groups = groups,
                                          .group_count = group_count,
                                          .idmp_duration_s = 100,
                                          .idmp_max_entries = 100};

    fixture_stream(f, C("k"), row->type, &stream);
}

static void build_stream_node(struct fixture *f, const struct row *row)
{
    put_stream(f, row, row->count, NULL, 0);
}

static void build_stream_group(struct fixture *f, const struct row *row)
{
    const struct fixture_group group = {"G", ID(1000, 2), 2, NULL, 0, NULL, 0, NULL, 0};
    const struct fixture_group groups[] = {group, group};

    put_stream(f, row, 1, groups, row->count);
}

/* Two groups may have consumers of one name, with the same pending entries; a name may have the
 * bytes of an id. */
static void build_stream_alike(struct fixture *f, const struct row *row)
{
    const struct stream_id letters = {UINT64_C(0x4141414141414141), UINT64_C(0x4141414141414141)};
    const struct fixture_group groups[] = {
        {"G", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}),
         ARRAY(fixture_consumer, {"G", 7, 7, IDS({1000, 1})}), NULL, 0},
        {"H", letters, 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}, {letters, 7, 1}),
         ARRAY(fixture_consumer, {"G", 7, 7, IDS({1000, 1}, letters)},
               {"AAAAAAAAAAAAAAAA", 7, 7, NULL, 0}), NULL, 0}};

    put_stream(f, row, 1, groups, 2);
}

static void build_stream_consumer(struct fixture *f, const struct row *row)
{
    const struct fixture_group group = {
        "G",  ID(1000, 2), 2,
        NULL, 0,           ARRAY(fixture_consumer, {"c", 7, 7, NULL, 0}, {"c", 7, 7, NULL, 0}),
        NULL, 0};

    put_stream(f, row, 1, &group, 1);
}

static void build_stream_pending(struct fixture *f, const struct row *row)
{
    const struct fixture_group group = {
        "G", ID(1000, 2), 2,
        ARRAY(fixture_pending, {{1000, 1}, 7, 1}, {{1000, 2}, 7, 1}, {{1000, 1}, 7, 1}),
        ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 1}, {1000, 2})}),
        NULL, 0};

    put_stream(f, row, 1, &group, 1);
}

static void build_stream_foreign(struct fixture *f, const struct row *row)
{
    const struct fixture_group groups[] = {
        {"before", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 2}, 7, 1}),
         ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 2})}), NULL, 0},
        {"G", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}),
         ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 1}, {1000, 2})}), NULL, 0}};

    put_stream(f, row, 1, groups, 2);
}

static void build_stream_owned_twice(struct fixture *f, const struct row *row)
{
    const struct fixture_group group = {
        "G", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}),
        ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 1}, {1000, 1})}),
        NULL, 0};

    put_stream(f, row, 1, &group, 1);
}

static void build_stream_unowned(struct fixture *f, const struct row *row)
{
    const struct fixture_group group = {
        "G", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}, {{1000, 2}, 7, 1}),
        ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 1})}),
        NULL, 0};

    put_stream(f, row, 1, &group, 1);
}

/* Given back by its consumer: 0 as it should be and once more, 1 not pending, 2 with a consumer. */
static void build_stream_released(struct fixture *f, const struct row *row)
{
    static const struct stream_id again[] = {{1000, 2}, {1000, 2}}, foreign[] = {{1000, 3}},
                                  owned[] = {{1000, 1}};
    static const struct stream_id *const released[] = {again, foreign, owned};
    const struct fixture_group group = {
        "G", ID(1000, 2), 2, ARRAY(fixture_pending, {{1000, 1}, 7, 1}, {{1000, 2}, 7, 1}),
        ARRAY(fixture_consumer, {"c", 7, 7, IDS({1000, 1})}),
        released[row->count], row->count == 0 ? 2 : 1};

    put_stream(f, row, 1, &group, 1);
}

/* Its elements stand for others in the rows above: nothing is twice. */
static void build_clean(struct fixture *f, const struct row *row)
{
    fixture_set(f, C("set"), T_SET, ALL(C("1"), C("01"), C("")));
    (void)row;
}

static const struct row rows[] = {
    {"set", 10, build_set, T_SET, 3, {0}},
    {"set-of-600", 10, build_set, T_SET, 600, {0}},
    {"set-listpack", 11, build_set, T_SET_LISTPACK, 3, {0}},
    {"set-listpack-of-129", 11, build_set, T_SET_LISTPACK, 129, {0}},
    {"set-long", 10, build_long_members, T_SET, 2, {0}},
    {"set-long-differs", 10, build_long_members, T_SET, 0, {0}},
    {"zset-old", 10, build_zset, T_ZSET, 3, {0}},
    {"zset", 10, build_zset, T_ZSET_2, 3, {0}},
    {"zset-ziplist", 10, build_zset, T_ZSET_ZIPLIST, 3, {0}},
    {"zset-listpack", 10, build_zset, T_ZSET_LISTPACK, 3, {0}},
    {"zset-listpack-of-128", 10, build_zset, T_ZSET_LISTPACK, 128, {0}},
    {"zset-listpack-of-129", 10, build_zset, T_ZSET_LISTPACK, 129, {0}},
    {"hash", 10, build_hash, T_HASH, 3, {"v", 1}},
    {"hash-of-512", 10, build_hash, T_HASH, 512, {"v", 1}},
    {"hash-of-513", 10, build_hash, T_HASH, 513, {"v", 1}},
    {"hash-long-value", 10, build_hash, T_HASH, 3, {LONG_TEXT, sizeof LONG_TEXT - 1}},
    {"hash-64-byte-value", 10, build_hash, T_HASH, 3, {LONG_TEXT, 64}},
    {"hash-65-byte-value", 10, build_hash, T_HASH, 3, {LONG_TEXT, 65}},
    {"hash-zipmap", 10, build_hash, T_HASH_ZIPMAP, 3, {"v", 1}},
    {"hash-ziplist", 10, build_hash, T_HASH_ZIPLIST, 3, {"v", 1}},
    {"hash-listpack", 10, build_hash, T_HASH_LISTPACK, 3, {"v", 1}},
    {"hash-listpack-long-value", 10, build_hash, T_HASH_LISTPACK, 3, {LONG_TEXT, 80}},
    {"hash-listpack-of-512", 10, build_hash, T_HASH_LISTPACK, 512, {"v", 1}},
    {"hash-listpack-of-513", 10, build_hash, T_HASH_LISTPACK, 513, {"v", 1}},
    {"hash-ttl", 12, build_hash, T_HASH_METADATA, 3, {"v", 1}},
    {"hash-ttl-of-513", 12, build_hash, T_HASH_METADATA, 513, {"v", 1}},
    {"hash-ttl-listpack", 12, build_hash, T_HASH_LISTPACK_EX, 3, {"v", 1}},
    {"hash-2", 80, build_hash, T_HASH_2, 3, {"v", 1}},
    {"plain-node", 10, build_empty_plain_node, T_LIST_QUICKLIST_2, 0, {0}},
    {"function", 10, build_function, T_STRING, 0, {"return 1", 8}},
    {"function-pre-ga", 10, build_function_pre_ga, T_STRING, 0, {0}},
    {"key", 10, build_key_twice, T_STRING, 1, {0}},
    {"key-in-two-databases", 10, build_key_twice, T_STRING, 0, {0}},
    {"stream", 10, build_stream_node, T_STREAM_LISTPACKS_2, 1, {0}},
    {"stream-node", 10, build_stream_node, T_STREAM_LISTPACKS_2, 2, {0}},
    {"stream-group", 10, build_stream_group, T_STREAM_LISTPACKS_2, 2, {0}},
    {"stream-alike", 10, build_stream_alike, T_STREAM_LISTPACKS_2, 0, {0}},
    {"stream-consumer", 10, build_stream_consumer, T_STREAM_LISTPACKS, 0, {0}},
    {"stream-pending", 10, build_stream_pending, T_STREAM_LISTPACKS_2, 0, {0}},
    {"stream-foreign", 10, build_stream_foreign, T_STREAM_LISTPACKS_2, 0, {0}},
    {"stream-owned-twice", 11, build_stream_owned_twice, T_STREAM_LISTPACKS_3, 0, {0}},
    {"stream-owned-twice-10", 10, build_stream_owned_twice, T_STREAM_LISTPACKS_2, 0, {0}},
    {"stream-unowned", 10, build_stream_unowned, T_STREAM_LISTPACKS_2, 0, {0}},
    {"clean", 10, build_clean, T_SET, 0, {0}},
    {"stream-released", 14, build_stream_released, T_STREAM_LISTPACKS_5, 0, {0}},
    {"stream-released-foreign", 14, build_stream_released, T_STREAM_LISTPACKS_5, 1, {0}},
    {"stream-released-owned", 14, build_stream_released, T_STREAM_LISTPACKS_5, 2, {0}},
    {"version-15", 15, build_clean, T_SET, 0, {0}},
    {"version-99", 99, build_clean, T_SET, 0, {0}},
    {"version-ttl-rc", 12, build_hash, T_HASH_METADATA_PRE_GA, 1, {"v", 1}},
};

static int write_row(const char *dir, const struct row *row)
{
    struct fixture f;
    char path[1000];
    int r;

    /* From 80 on the writer's magic is Valkey's. */
    fixture_begin(&f, row->version, row->version == 80 ? "valkey" : "redis");
    fixture_db(&f, 0);
    row->build(&f, row);
    fixture_end(&f, CHECKSUM_AUTO);
    snprintf(path, sizeof path, "%s/%s.rdb", dir, row->name);
    r = buf_write_file(&f.rdb, path);
    if (r < 0)
        perror(path);
    fixture_done(&f);
    return r;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gen_refused DIR\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (write_row(argv[1], &rows[i]) < 0)
            return 1;
    return 0;
}
