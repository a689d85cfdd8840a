/* test_memory_settings.c -- directives and redis.conf files.
 *
 * Expected values come from the servers' config.c (names, ranges, units) and from what redis-server
 * 7.0 takes or refuses when it is given the same lines.
 */
// SPDX-License-Identifier: MIT
#include "memory/settings.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void write_bytes(const char *path, const void *bytes, size_t size_bytes)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size_bytes, f), size_bytes);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* Compares with the settings' text, or with the message when it starts with '!'. */
static void expect(const char *what, int r, const struct memory_settings *s,
                   const struct error *err, const char *expected)
{
    if (r < 0) {
        if (expected[0] != '!' || strcmp(err->message, expected + 1) != 0)
            fail_msg("%s: error '%s', expected '%s'", what, err->message, expected);
        assert_int_equal(err->exit_code, EXIT_CANNOT_RUN);
    }
    char *text = memory_settings_text(s);
    assert_non_null(text);
    if (r == 0 && strcmp(text, expected) != 0)
        fail_msg("%s: '%s', expected '%s'", what, text, expected);
    if (r < 0 && text[0] != '\0')
        fail_msg("%s: an error that changes the settings: '%s'", what, text);
    free(text);
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        /* the same setting by all its names */
        {"hash-max-listpack-entries=7", "hash-max-listpack-entries=7"},
        {"hash-max-ziplist-entries=7", "hash-max-listpack-entries=7"},
        {"hash-max-zipmap-entries=7", "hash-max-listpack-entries=7"},
        {"hash-max-listpack-value=7", "hash-max-listpack-value=7"},
        {"hash-max-ziplist-value=7", "hash-max-listpack-value=7"},
        {"hash-max-zipmap-value=7", "hash-max-listpack-value=7"},
        {"zset-max-listpack-entries=7", "zset-max-listpack-entries=7"},
        {"zset-max-ziplist-entries=7", "zset-max-listpack-entries=7"},
        {"zset-max-listpack-value=7", "zset-max-listpack-value=7"},
        {"zset-max-ziplist-value=7", "zset-max-listpack-value=7"},
        {"list-max-listpack-size=-1", "list-max-listpack-size=-1"},
        {"list-max-ziplist-size=128", "list-max-listpack-size=128"},
        {"list-max-ziplist-entries=7", "list-max-ziplist-entries=7"},
        {"list-max-ziplist-value=7", "list-max-ziplist-value=7"},
        {"set-max-intset-entries=7", "set-max-intset-entries=7"},
        {"set-max-listpack-entries=7", "set-max-listpack-entries=7"},
        {"set-max-listpack-value=7", "set-max-listpack-value=7"},
        {"list-compress-depth=1", "list-compress-depth=1"},
        {"databases=1", "databases=1"},
        {"cluster-databases=4", "cluster-databases=4"},
        {"maxclients=4064", "maxclients=4064"},
        {"io-threads=4", "io-threads=4"},
        {"cluster-enabled=yes", "cluster-enabled=yes"},
        {"cluster-enabled=NO", "cluster-enabled=no"},
        {"Hash-Max-LISTPACK-entries=7", "hash-max-listpack-entries=7"},
        {"hash-max-listpack-entries=512", ""}, /* the default */
        /* units */
        {"maxmemory=0", "maxmemory=0"}, /* given, though it is the default */
        {"maxmemory=1b", "maxmemory=1"},
        {"maxmemory=1k", "maxmemory=1000"},
        {"maxmemory=1kB", "maxmemory=1024"},
        {"maxmemory=1M", "maxmemory=1000000"},
        {"maxmemory=1mb", "maxmemory=1048576"},
        {"maxmemory=1g", "maxmemory=1000000000"},
        {"maxmemory=1gb", "maxmemory=1073741824"},
        {"maxmemory=18446744073709551615", "maxmemory=18446744073709551615"},
        {"maxmemory=17179869183gb", "maxmemory=18446744072635809792"},
        {"maxmemory=17179869184gb",
         "!maxmemory: '17179869184gb' is not a size from 0 to 18446744073709551615 (units: k, kb, "
         "m, mb, g, gb)"},
        {"maxmemory=18446744073709551616",
         "!maxmemory: '18446744073709551616' is not a size from 0 to 18446744073709551615 (units: "
         "k, kb, m, mb, g, gb)"},
        {"maxmemory=-1",
         "!maxmemory: '-1' is not a size from 0 to 18446744073709551615 (units: k, kb, m, mb, g, "
         "gb)"},
        {"maxmemory=1tb",
         "!maxmemory: '1tb' is not a size from 0 to 18446744073709551615 (units: k, kb, m, mb, g, "
         "gb)"},
        {"maxmemory=50%",
         "!maxmemory: '50%' is not a size from 0 to 18446744073709551615 (units: k, kb, m, mb, g, "
         "gb)"},
        {"maxmemory=\" 1\"",
         "!maxmemory: ' 1' is not a size from 0 to 18446744073709551615 (units: k, kb, m, mb, g, "
         "gb)"},
        {"hash-max-listpack-value=1kb", "hash-max-listpack-value=1024"},
        {"hash-max-ziplist-entries=1k", "hash-max-listpack-entries=1000"}, /* up to 5.0 */
        {"hash-max-listpack-entries=1k",
         "!hash-max-listpack-entries: '1k' is not a number from 0 to 9223372036854775807"},
        {"set-max-listpack-value=1k",
         "!set-max-listpack-value: '1k' is not a number from 0 to 9223372036854775807"},
        /* ranges */
        {"hash-max-listpack-entries=9223372036854775807",
         "hash-max-listpack-entries=9223372036854775807"},
        {"hash-max-listpack-entries=9223372036854775808",
         "!hash-max-listpack-entries: '9223372036854775808' is not a number from 0 to "
         "9223372036854775807"},
        {"hash-max-listpack-value=9223372036854775808",
         "!hash-max-listpack-value: '9223372036854775808' is not a size from 0 to "
         "9223372036854775807 (units: k, kb, m, mb, g, gb)"},
        {"list-max-listpack-size=-2147483648", "list-max-listpack-size=-2147483648"},
        {"list-max-listpack-size=-2147483649",
         "!list-max-listpack-size: '-2147483649' is not a number from -2147483648 to 2147483647"},
        {"list-compress-depth=-1",
         "!list-compress-depth: '-1' is not a number from 0 to 2147483647"},
        {"databases=0", "!databases: '0' is not a number from 1 to 2147483647"},
        {"databases=16x", "!databases: '16x' is not a number from 1 to 2147483647"},
        {"databases=", "!databases: a value is missing"},
        {"databases=\"\"", "!databases: '' is not a number from 1 to 2147483647"},
        {"databases=1 2", "!databases: takes 1 value, not 2"},
        {"maxclients=4294967296", "!maxclients: '4294967296' is not a number from 0 to 4294967295"},
        {"io-threads=0", "!io-threads: '0' is not a number from 1 to 256"},
        {"cluster-enabled=1", "!cluster-enabled: '1' is not yes or no"},
        {"maxmemory-policy=LRU",
         "!maxmemory-policy: 'LRU' is none of noeviction, allkeys-lru, allkeys-lfu, allkeys-lrm, "
         "allkeys-random, volatile-lru, volatile-lfu, volatile-lrm, volatile-random, volatile-ttl"},
        /* without effect */
        {"save=900 1 300 10", ""},
        {"save=\"\"", ""},
        {"save=", ""},
        {"requirepass=a b", "!requirepass: takes 1 value, not 2"},
        {"requirepass='a b'", ""},
        {"slaveof=no one", ""},
        {"replicaof=127.0.0.1 6379", ""},
        {"client-output-buffer-limit=replica 256mb 64mb 60", ""},
        {"rename-command=CONFIG \"\"", ""},
        {"rename-command=CONFIG", "!rename-command: a value is missing"},
        {"user=alice on >secret ~* +@all", ""},
        {"loadmodule=/usr/lib/m.so with arguments", ""},
        {"json.setting=7", ""},
        {"json.setting=", "!json.setting: a value is missing"},
        {"search-anything=7", ""},
        {"SEARCH-anything=", "!SEARCH-anything: a value is missing"},
        /* unknown */
        {"hash-max-listpack-entry=7",
         "!unknown directive 'hash-max-listpack-entry' (did you mean hash-max-listpack-entries?)"},
        {"MAXMEM=7", "!unknown directive 'MAXMEM' (did you mean maxmemory?)"},
        {"entirely-something-else=7", "!unknown directive 'entirely-something-else'"},
        {"=7", "!expected NAME=VALUE, got '=7'"},
        {"maxmemory", "!expected NAME=VALUE, got 'maxmemory'"},
        {"", "!expected NAME=VALUE, got ''"},
        {"maxmemory='1", "!unbalanced quotes"},
        {"include=other.conf", "!include: is for files only"},
        {"sentinel=monitor m 127.0.0.1 6379 2", "!sentinel: is for a sentinel, which has no keys"},
        {"maxmemory\n=7", "!unknown directive 'maxmemory\\x0a' (did you mean maxmemory?)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct memory_settings s = MEMORY_SETTINGS_INIT;
        struct error err = {0};
        const int r = memory_settings_set_text(&s, rows[i].text, &err);

        expect(rows[i].text, r, &s, &err, rows[i].expected);
    }
}

/* The fields themselves: the text above goes through the same table as the names. */
static void test_fields(void **state)
{
    struct memory_settings s = MEMORY_SETTINGS_INIT;
    struct error err;

#define SET(text) assert_int_equal(memory_settings_set_text(&s, text, &err), 0)
    (void)state;
    SET("hash-max-zipmap-entries=1");
    SET("hash-max-ziplist-value=2");
    SET("zset-max-ziplist-entries=3");
    SET("zset-max-ziplist-value=4");
    SET("set-max-intset-entries=5");
    SET("set-max-listpack-entries=6");
    SET("set-max-listpack-value=7");
    SET("list-max-ziplist-size=-4");
    SET("list-compress-depth=8");
    SET("list-max-ziplist-entries=9");
    SET("list-max-ziplist-value=10");
    SET("databases=11");
    SET("cluster-databases=12");
    SET("maxclients=13");
    SET("io-threads=14");
    assert_int_equal(s.hash_max_listpack_entries, 1);
    assert_int_equal(s.hash_max_listpack_value, 2);
    assert_int_equal(s.zset_max_listpack_entries, 3);
    assert_int_equal(s.zset_max_listpack_value, 4);
    assert_int_equal(s.set_max_intset_entries, 5);
    assert_int_equal(s.set_max_listpack_entries, 6);
    assert_int_equal(s.set_max_listpack_value, 7);
    assert_true(s.list_max_listpack_size == -4);
    assert_int_equal(s.list_compress_depth, 8);
    assert_int_equal(s.list_max_ziplist_entries, 9);
    assert_int_equal(s.list_max_ziplist_value, 10);
    assert_int_equal(s.databases, 11);
    assert_int_equal(s.cluster_databases, 12);
    assert_int_equal(s.maxclients, 13);
    assert_int_equal(s.io_threads, 14);
    assert_false(s.has_maxmemory);
    assert_false(s.has_maxmemory_policy);
    assert_int_equal(memory_settings_databases(&s), 11);
    assert_false(s.has_cluster_enabled);
    SET("cluster-enabled=no");
    assert_true(s.has_cluster_enabled);
    assert_false(s.cluster_enabled);
    SET("cluster-enabled=yes");
    assert_true(s.cluster_enabled);
    assert_int_equal(memory_settings_databases(&s), 12);
    SET("maxmemory=1gb");
    assert_true(s.has_maxmemory);
    assert_int_equal(s.maxmemory_bytes, 1073741824);
    SET("maxmemory-policy=noeviction");
    assert_true(s.has_maxmemory_policy);
    assert_int_equal(s.maxmemory_policy, POLICY_NOEVICTION);
#undef SET
}

static void test_policies(void **state)
{
    static const struct {
        const char *text;
        enum maxmemory_policy policy;
    } rows[] = {
        {"maxmemory-policy=noeviction", POLICY_NOEVICTION},
        {"maxmemory-policy=allkeys-lru", POLICY_ALLKEYS_LRU},
        {"maxmemory-policy=allkeys-lfu", POLICY_ALLKEYS_LFU},
        {"maxmemory-policy=allkeys-lrm", POLICY_ALLKEYS_LRM},
        {"maxmemory-policy=allkeys-random", POLICY_ALLKEYS_RANDOM},
        {"maxmemory-policy=volatile-lru", POLICY_VOLATILE_LRU},
        {"maxmemory-policy=volatile-lfu", POLICY_VOLATILE_LFU},
        {"maxmemory-policy=volatile-lrm", POLICY_VOLATILE_LRM},
        {"maxmemory-policy=volatile-random", POLICY_VOLATILE_RANDOM},
        {"maxmemory-policy=Volatile-TTL", POLICY_VOLATILE_TTL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct memory_settings s = MEMORY_SETTINGS_INIT;
        struct error err;

        assert_int_equal(memory_settings_set_text(&s, rows[i].text, &err), 0);
        assert_int_equal(s.maxmemory_policy, rows[i].policy);
        if (i < COUNT(rows) - 1) /* but for the capitals */
            expect(rows[i].text, 0, &s, &err, rows[i].text);
    }
}

/* The list itself: no name twice, all in small letters, each known by any spelling. */
static void test_names(void **state)
{
    static const char *const names[] = {
#define SETTING(name, kind, field, min, max) name,
#define NAME(name, min, max)                 name,
#define FAMILY(prefix)                       prefix "x",
#include "memory/directives.def"
#undef SETTING
#undef NAME
#undef FAMILY
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct memory_settings s = MEMORY_SETTINGS_INIT;
        struct error err = {0};
        const char *const values[] = {"1", "2"};
        char upper[80];
        size_t n = strlen(names[i]);

        assert_true(n < sizeof upper);
        for (size_t k = 0; k <= n; k++) {
            assert_false(isupper((unsigned char)names[i][k]));
            upper[k] = (char)toupper((unsigned char)names[i][k]);
        }
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(names[k], names[i]);
        if (memory_settings_set(&s, upper, values, strncmp(names[i], "rename", 6) == 0 ? 2 : 1,
                                &err) < 0 &&
            strcmp(names[i], "cluster-enabled") != 0 && strcmp(names[i], "maxmemory-policy") != 0)
            fail_msg("%s: %s", names[i], err.message);
    }
}

/* Some of each time, by hand: so that a name that falls out of the list is seen. */
static void test_names_of_all_times(void **state)
{
    static const char *const names[] = {
        "vm-enabled",
        "really-use-vm",
        "slave-serve-stale-data",
        "auto-aof-rewrite-min-size", /*2.4*/
        "lua-time-limit",
        "slowlog-max-len",
        "repl-ping-slave-period", /* 2.6 */
        "min-slaves-to-write",
        "repl-backlog-ttl",
        "notify-keyspace-events", /* 2.8 */
        "cluster-node-timeout",
        "aof-load-truncated", /* 3.0 */
        "supervised",
        "protected-mode",
        "slave-announce-ip", /* 3.2 */
        "lazyfree-lazy-eviction",
        "active-defrag-cycle-min",
        "lfu-log-factor", /* 4.0 */
        "stream-node-max-bytes",
        "dynamic-hz",
        "replica-announce-port", /* 5.0 */
        "io-threads-do-reads",
        "gopher-enabled",
        "tls-port",
        "server_cpulist", /* 6.0 */
        "acl-pubsub-default",
        "disable-thp",
        "lazyfree-lazy-user-flush", /* 6.2 */
        "appenddirname",
        "enable-debug-command",
        "shutdown-on-sigterm", /* 7.0 */
        "locale-collate",
        "cluster-announce-human-nodename", /* 7.2 */
        "hide-user-data-from-log",
        "max-new-connections-per-cycle",
        "bio-cpulist", /* 7.4 */
        "replica-full-sync-buffer-limit",
        "lookahead",
        "key-memory-histograms", /* 8 */
        "primaryauth",
        "availability-zone",
        "extended-redis-compatibility", /* Valkey 8.0 */
        "commandlog-reply-larger-than",
        "import-mode",
        "rdma-port", /* 8.1 */
        "cluster-slot-migration-log-max-len",
        "hash-seed",
        "mptcp", /* 9 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct memory_settings s = MEMORY_SETTINGS_INIT;
        struct error err = {0};
        const char *const values[] = {"1"};

        if (memory_settings_set(&s, names[i], values, 1, &err) < 0)
            fail_msg("%s: %s", names[i], err.message);
        expect(names[i], 0, &s, &err, "");
    }
}

static void test_files(void **state)
{
    static const struct {
        const char *name, *text, *expected;
    } rows[] = {
        {"empty", "", ""},
        {"only an end of line", "\n", ""},
        {"comments", "# maxmemory 1\n  # maxmemory 2\n\t#\n\n   \n", ""},
        {"no end of the last line", "databases 3", "databases=3"},
        {"blanks", "\t databases \t 3 \t\n", "databases=3"},
        {"CR LF", "databases 3\r\nmaxclients 5\r\n", "databases=3 maxclients=5"},
        {"the last wins", "databases 3\ndatabases 4\n", "databases=4"},
        {"old and new name", "hash-max-ziplist-entries 3\nhash-max-listpack-entries 4\n",
         "hash-max-listpack-entries=4"},
        {"new and old name", "hash-max-listpack-entries 4\nhash-max-ziplist-entries 3\n",
         "hash-max-listpack-entries=3"},
        {"back to the default", "databases 3\ndatabases 16\n", ""},
        {"quotes", "\"databases\" '3'\n", "databases=3"},
        {"escapes", "databases \"\\x33\"\n", "databases=3"},
        {"escapes of letters", "databases \"\\3\"\n", "databases=3"},
        {"no escapes between single quotes", "databases '\\x33'\n",
         "!f.conf:1: databases: '\\x33' is not a number from 1 to 2147483647"},
        {"an unfinished escape", "databases \"\\x3\"\n",
         "!f.conf:1: databases: 'x3' is not a number from 1 to 2147483647"},
        {"a quote inside a word", "databases 1\"2\"\n", "databases=12"},
        {"# in a line is a value", "databases 3 # three\n",
         "!f.conf:1: databases: takes 1 value, not 3"},
        {"a word behind a quote", "databases \"3\"4\n", "!f.conf:1: unbalanced quotes"},
        {"an open quote", "\n\ndatabases \"3\n", "!f.conf:3: unbalanced quotes"},
        {"an open single quote", "databases '3\\'\n", "!f.conf:1: unbalanced quotes"},
        {"a backslash at the end", "databases \"3\\", "!f.conf:1: unbalanced quotes"},
        {"an empty word", "\"\" 3\n", "!f.conf:1: unknown directive ''"},
        {"line numbers", "# 1\ndatabases 3\r\n\r\nmaxmemori 5\n",
         "!f.conf:4: unknown directive 'maxmemori' (did you mean maxmemory?)"},
        {"no value", "databases\n", "!f.conf:1: databases: a value is missing"},
        {"a password is not shown", "requirepass secret words\n",
         "!f.conf:1: requirepass: takes 1 value, not 2"},
        {"an include", "include a.conf\n", "databases=3"},
        {"an include's place in the order", "databases 5\ninclude a.conf\nmaxclients 7\n",
         "databases=3 maxclients=7"},
        {"an include is overruled", "include a.conf\ndatabases 5\n", "databases=5"},
        {"INCLUDE", "INCLUDE 'a.conf'\n", "databases=3"},
        {"an include of nothing", "# 1\ninclude none.conf\n",
         "!f.conf:2: include none.conf: No such file or directory"},
        {"an include of a folder", "include d\n", "!f.conf:1: include d: Is a directory"},
        {"an error in an include", "include bad.conf\n",
         "!bad.conf:2: databases: '0' is not a number from 1 to 2147483647"},
        {"an error in an include's include", "include nested.conf\n",
         "!bad.conf:2: databases: '0' is not a number from 1 to 2147483647"},
        {"an include from the working directory", "include d/from-cwd.conf\n", "databases=3"},
        {"a pattern, in order", "include d/[12].conf\n", "databases=12 maxclients=11"},
        {"a pattern without a match", "include none*.conf\ndatabases 2\n", "databases=2"},
        {"include without a file", "include\n", "!f.conf:1: include: is for files only"},
        {"include with two", "include a.conf a.conf\n", "!f.conf:1: include: is for files only"},
        {"an include of itself", "include f.conf\n",
         "!f.conf:1: include f.conf: more than 16 files inside each other"},
        {"an include of a growing tree", "include d/tree*\n",
         "!d/tree2:1: include d/tree2: more than 16 files inside each other"},
        {"a wide tree", "include wide/*\ninclude wide/*\n",
         "!f.conf:2: include wide/101: more than 1000 files in all"},
    };
    char path[40];

    (void)state;
    write_text("a.conf", "databases 3");
    write_text("bad.conf", "\ndatabases 0");
    write_text("nested.conf", "include bad.conf\n");
    assert_int_equal(mkdir("d", 0700), 0);
    write_text("d/from-cwd.conf", "include a.conf");
    write_text("d/1.conf", "databases 11\nmaxclients 11");
    write_text("d/2.conf", "databases 12\n");
    write_text("d/tree1", "");
    write_text("d/tree2", "include d/tree*");
    assert_int_equal(mkdir("wide", 0700), 0);
    for (int i = 0; i < 502; i++) {
        snprintf(path, sizeof path, "wide/%d", i);
        write_text(path, "");
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct memory_settings s = MEMORY_SETTINGS_INIT;
        struct error err = {0};
        int r;

        write_text("f.conf", rows[i].text);
        r = memory_settings_load(&s, "f.conf", &err);
        expect(rows[i].name, r, &s, &err, rows[i].expected);
    }
}

/* Files that a text cannot show. */
static void test_odd_files(void **state)
{
    static const char utf16[] = "\xff\xfe#\0\n\0";
    struct memory_settings s = MEMORY_SETTINGS_INIT;
    struct error err = {0};
    const size_t large_bytes = (16 << 20) + 1, long_bytes = (1 << 20) + 1;
    char *large = malloc(large_bytes);

    (void)state;
    assert_non_null(large);
    expect("missing", memory_settings_load(&s, "missing.conf", &err), &s, &err,
           "!missing.conf: No such file or directory");
    expect("folder", memory_settings_load(&s, ".", &err), &s, &err, "!.: Is a directory");
    write_bytes("odd.conf", utf16, sizeof utf16 - 1);
    expect("NUL", memory_settings_load(&s, "odd.conf", &err), &s, &err,
           "!odd.conf:1: a NUL byte: not a configuration");

    memset(large, '\n', large_bytes);
    write_bytes("odd.conf", large, large_bytes - 1);
    expect("16 MiB", memory_settings_load(&s, "odd.conf", &err), &s, &err, "");
    write_bytes("odd.conf", large, large_bytes);
    expect("more", memory_settings_load(&s, "odd.conf", &err), &s, &err,
           "!odd.conf: too large for a configuration");
    memset(large, '#', large_bytes);
    write_bytes("odd.conf", large, long_bytes - 1);
    expect("1 MiB line", memory_settings_load(&s, "odd.conf", &err), &s, &err, "");
    write_bytes("odd.conf", large, long_bytes);
    expect("longer line", memory_settings_load(&s, "odd.conf", &err), &s, &err,
           "!odd.conf:1: line of more than 1048576 bytes");
    free(large);
}

/* Every setting off its default goes through its text and comes back. */
static void test_text_round_trip(void **state)
{
    static const char all[] =
        "hash-max-listpack-entries 1\nhash-max-listpack-value 2\nzset-max-listpack-entries 3\n"
        "zset-max-listpack-value 4\nset-max-intset-entries 5\nset-max-listpack-entries 6\n"
        "set-max-listpack-value 7\nlist-max-listpack-size -5\nlist-compress-depth 8\n"
        "list-max-ziplist-entries 9\nlist-max-ziplist-value 10\nmaxmemory 11gb\n"
        "maxmemory-policy volatile-lfu\ncluster-enabled yes\ncluster-databases 12\ndatabases 13\n"
        "maxclients 14\nio-threads 15\n";
    struct memory_settings s = MEMORY_SETTINGS_INIT, again = MEMORY_SETTINGS_INIT;
    char *text, *second, *word, *rest;
    struct error err = {0};
    size_t count = 0;

    (void)state;
    write_text("all.conf", all);
    assert_int_equal(memory_settings_load(&s, "all.conf", &err), 0);
    text = memory_settings_text(&s);
    assert_non_null(text);
    for (rest = text; (word = strsep(&rest, " ")) != NULL; count++)
        if (memory_settings_set_text(&again, word, &err) < 0)
            fail_msg("%s: %s", word, err.message);
    free(text);
    assert_int_equal(count, 18);
    text = memory_settings_text(&s);
    second = memory_settings_text(&again);
    assert_string_equal(text, second);
    free(text);
    free(second);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_of_all_times),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_text_round_trip),
    };
    char folder[] = "/tmp/rdblens-settings-XXXXXX", command[80];
    int r;

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    r = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) != 0 ? 1 : r;
}
