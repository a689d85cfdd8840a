/* test_memory_files.c -- keys of fixtures of Redis 8.6 and 8.8, against what these servers say.
 *
 * Expected: MEMORY USAGE and OBJECT ENCODING of redis-server 8.6 and 8.8 (jemalloc) that loaded the
 * same file.  Arrays are lower bounds: at most the server's figure, and more than nothing.  The stream
 * whose groups are not in order of their names, as no server writes them, is an estimate.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/memory_model.h"
#include "rdbparse/rdbparse.h"

struct answer {
    const char *fixture, *server, *key;
    int64_t bytes;
    enum encoding encoding;
    enum size_note note;
};

static const struct answer answers[] = {
    {"stream_v13", "redis-8.6", "no groups", 532, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v13", "redis-8.6", "groups", 2273, ENCODING_STREAM, SIZE_EXPECTED},
    {"stream_v13", "redis-8.6", "compressed nodes", 748, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v13", "redis-8.6", "empty", 224, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v13", "redis-8.6", "producers", 844, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v14", "redis-8.8", "no groups", 532, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v14", "redis-8.8", "groups", 2297, ENCODING_STREAM, SIZE_EXPECTED},
    {"stream_v14", "redis-8.8", "compressed nodes", 756, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v14", "redis-8.8", "empty", 224, ENCODING_STREAM, SIZE_EXACT},
    {"stream_v14", "redis-8.8", "producers", 2410, ENCODING_STREAM, SIZE_EXACT},
    {"array_v14", "redis-8.8", "doubles", 280, ENCODING_SLICED_ARRAY, SIZE_LOWER_BOUND},
    {"array_v14", "redis-8.8", "mixed", 33304, ENCODING_SLICED_ARRAY, SIZE_LOWER_BOUND},
    {"array_v14", "redis-8.8", "after", 32, ENCODING_EMBSTR, SIZE_EXACT},
};

static const char *fixtures_dir;

static void check(const struct answer *a, const struct key_size *size)
{
    if (a->note == SIZE_LOWER_BOUND) {
        assert_true(size->bytes > 0 && size->bytes <= a->bytes);
        assert_true(size->largest_element > 0);
    } else if (a->note == SIZE_EXPECTED) {
        assert_true(llabs(size->bytes - a->bytes) * 100 < a->bytes);
    } else if (size->bytes != a->bytes) {
        fail_msg("%s '%s': %lld bytes, %s says %lld", a->fixture, a->key, (long long)size->bytes,
                 a->server, (long long)a->bytes);
    }
    assert_int_equal(size->encoding, a->encoding);
    assert_int_equal(size->note, a->note);
}

static bool is_key(const struct rdbp_key *key, const char *name)
{
    return key->key.size_bytes == strlen(name) &&
           memcmp(key->key.bytes, name, key->key.size_bytes) == 0;
}

/* The sizes of a whole file; true when the key was there. */
static bool weigh(const struct answer *a, struct key_meter *k)
{
    bool is_wanted = false, was_there = false;
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    struct key_size size;
    rdbp_error err;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.rdb", fixtures_dir, a->fixture);
    assert_int_equal(rdbp_open_path(path, NULL, &p, &err), 0);
    while (rdbp_next(p, &ev) > 0) {
        if (ev->type == RDBP_EVENT_KEY) {
            is_wanted = is_key(&ev->u.key, a->key);
            rdbp_set_depth(p, key_meter_begin(k, &ev->u.key));
        } else if (ev->type == RDBP_EVENT_BLOB) {
            rdbp_set_depth(p, key_meter_blob(k, &ev->u.blob));
        } else if (ev->type == RDBP_EVENT_ITEMS) {
            key_meter_items(k, &ev->u.items);
        } else if (ev->type == RDBP_EVENT_VALUE_END) {
            assert_int_equal(key_meter_end(k, &ev->u.value_end, &size), 0);
            if (is_wanted)
                check(a, &size);
            was_there |= is_wanted;
        }
    }
    assert_null(rdbp_last_error(p));
    rdbp_close(p);
    return was_there;
}

static struct key_meter *meter_of_version(const char *name)
{
    const struct memory_settings settings = MEMORY_SETTINGS_INIT;
    const struct memory_version *version = memory_version_find(name);
    struct memory_model m;
    struct key_meter *k;

    assert_non_null(version);
    memory_model_init(&m, version, ALLOCATOR_JEMALLOC, &settings);
    k = key_meter_new(&m, false);
    assert_non_null(k);
    return k;
}

static void test_as_the_servers_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct key_meter *k = meter_of_version(answers[i].server);

        if (!weigh(&answers[i], k))
            fail_msg("%s: no key '%s'", answers[i].fixture, answers[i].key);
        key_meter_free(k);
    }
}

/* What modules hang on a key has no known size. */
static void test_metadata_makes_a_lower_bound(void **state)
{
    static const struct answer rows[] = {
        {"key_meta_v13", "redis-8.6", "all", 1 << 20, ENCODING_LISTPACK, SIZE_LOWER_BOUND},
        {"key_meta_v13", "redis-8.6", "one", 1 << 20, ENCODING_EMBSTR, SIZE_LOWER_BOUND},
        {"key_meta_v13", "redis-8.6", "none", 32, ENCODING_EMBSTR, SIZE_EXACT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct key_meter *k = meter_of_version(rows[i].server);

        assert_true(weigh(&rows[i], k));
        key_meter_free(k);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_servers_say),
        cmocka_unit_test(test_metadata_makes_a_lower_bound),
    };

    if (argc != 2)
        return 2;
    fixtures_dir = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
