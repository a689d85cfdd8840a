/* test_memory_newer.c -- keys on Redis 8.0 to 8.8 and Valkey 8.1 to 9.1, as these servers say.
 *
 * The figures of the tables are answers of servers built from their sources (Valkey 8.1.7, 9.0.4,
 * 9.1.0; Redis' development branch as of the releases of 8.0, 8.2, 8.4, 8.6 and 8.8) that had
 * loaded a file with just these values: MEMORY USAGE, and what DEL gave back.  Where a hash seed or
 * a skiplist's dice decide, it is the mean of twelve starts, with four standard errors for slack.
 * Patch versions that were not run are sums by hand.
 */
// SPDX-License-Identifier: MIT
#include "meter_script.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const servers[] = {
    "valkey-8.1", "valkey-9.0", "valkey-9.1", "redis-8.0",
    "redis-8.2",  "redis-8.4",  "redis-8.6",  "redis-8.8",
};
enum { SERVERS = COUNT(servers) };

#define ANY (-1) /* other things were given back with the key */

struct row {
    uint16_t rdb_type;
    const char *script;
    uint64_t elements, name_bytes;
    bool has_expire;
    int64_t bytes[SERVERS], alloc_bytes[SERVERS];
    const char *encodings; /* a letter a server; -: it does not know the type */
};

struct random_row {
    uint16_t rdb_type;
    const char *script;
    uint64_t elements;
    const char *encodings;
    double bytes[SERVERS], bytes_slack[SERVERS], alloc_bytes[SERVERS], alloc_slack[SERVERS];
};

static enum encoding encoding_of(char letter)
{
    switch (letter) {
    case 'e': return ENCODING_EMBSTR;
    case 'h': return ENCODING_HASHTABLE;
    case 'i': return ENCODING_INT;
    case 'k': return ENCODING_SKIPLIST;
    case 'l': return ENCODING_LISTPACK;
    case 'n': return ENCODING_INTSET;
    case 'q': return ENCODING_QUICKLIST;
    case 'r': return ENCODING_RAW;
    case 's': return ENCODING_STREAM;
    case 'x': return ENCODING_LISTPACKEX;
    default: return ENCODING_UNKNOWN;
    }
}

static struct rdbp_key key_of_row(uint16_t rdb_type, uint64_t name_bytes, bool has_expire)
{
    struct rdbp_key key = key_of(rdb_type);

    key.key_bytes = name_bytes;
    key.has_expire = has_expire;
    return key;
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t s = 0; s < SERVERS; s++) {
        struct meter_run run = {.meter = meter_of(servers[s], false)};

        for (size_t i = 0; i < count; i++) {
            const struct row *const r = &rows[i];
            const struct rdbp_key key = key_of_row(r->rdb_type, r->name_bytes, r->has_expire);
            struct key_size size;
            char name[300];

            if (r->encodings[s] == '-')
                continue;
            size = weigh_script(&run, &key, r->script, r->elements);
            snprintf(name, sizeof name, "%s: type %u, name of %u%s, %s", servers[s], r->rdb_type,
                     (unsigned)r->name_bytes, r->has_expire ? " with TTL" : "", r->script);
            check_figure(name, "bytes", size.bytes, r->bytes[s]);
            if (r->alloc_bytes[s] != ANY)
                check_figure(name, "alloc_bytes", size.alloc_bytes, r->alloc_bytes[s]);
            check_figure(name, "encoding", size.encoding, encoding_of(r->encodings[s]));
        }
        key_meter_free(run.meter);
    }
}

static void check_mean(const char *name, const char *what, int64_t found, double mean, double slack)
{
    if (fabs((double)found - mean) > slack)
        fail_msg("%s: %s %lld, expected %.1f +- %.1f", name, what, (long long)found, mean, slack);
}

static void check_random_rows(const struct random_row *rows, size_t count)
{
    for (size_t s = 0; s < SERVERS; s++) {
        struct meter_run run = {.meter = meter_of(servers[s], false)};

        for (size_t i = 0; i < count; i++) {
            const struct random_row *const r = &rows[i];
            const struct rdbp_key key = key_of(r->rdb_type);
            struct key_size size;
            char name[100];

            if (r->encodings[s] == '-')
                continue;
            size = weigh_script(&run, &key, r->script, r->elements);
            snprintf(name, sizeof name, "%s: %s", servers[s], r->script);
            check_mean(name, "bytes", size.bytes, r->bytes[s], r->bytes_slack[s]);
            check_mean(name, "alloc_bytes", size.alloc_bytes, r->alloc_bytes[s], r->alloc_slack[s]);
            check_figure(name, "encoding", size.encoding, encoding_of(r->encodings[s]));
        }
        key_meter_free(run.meter);
    }
}

/* ---- measured ---- */

/* clang-format off */
/* Type, script, elements, bytes of the name, TTL; answers, freed bytes, encodings. */
static const struct row string_rows[] = {
    {0, "N:1:7", 1, 0, false,
     {24, 24, 24, 48, 24, 19, 24, 24},
     {24, 24, 24, 32, 24, 24, 24, 24}, "iiiiiiii"},
    {0, "N:1:7", 1, 0, true,
     {32, 32, 32, 48, 32, 27, 32, 32},
     {32, 32, 32, 56, 32, 32, 32, 32}, "iiiiiiii"},
    {0, "N:1:7", 1, 12, false,
     {32, 32, 32, 56, 32, 31, 32, 32},
     {32, 32, 32, 40, 32, 32, 32, 32}, "iiiiiiii"},
    {0, "N:1:7", 1, 12, true,
     {40, 40, 40, 56, 40, 39, 40, 40},
     {40, 40, 40, 64, 40, 40, 40, 40}, "iiiiiiii"},
    {0, "N:1:7", 1, 31, false,
     {56, 56, 56, 80, 56, 50, 56, 56},
     {56, 56, 56, 64, 56, 56, 56, 56}, "iiiiiiii"},
    {0, "N:1:7", 1, 31, true,
     {64, 64, 64, 80, 64, 58, 64, 64},
     {64, 64, 64, 88, 64, 64, 64, 64}, "iiiiiiii"},
    {0, "N:1:7", 1, 32, false,
     {56, 56, 56, 80, 56, 53, 56, 56},
     {56, 56, 56, 64, 56, 56, 56, 56}, "iiiiiiii"},
    {0, "N:1:7", 1, 32, true,
     {64, 64, 64, 80, 64, 61, 64, 64},
     {64, 64, 64, 88, 64, 64, 64, 64}, "iiiiiiii"},
    {0, "N:1:7", 1, 127, false,
     {160, 160, 160, 200, 160, 156, 160, 160},
     {160, 160, 160, 184, 160, 160, 160, 160}, "iiiiiiii"},
    {0, "N:1:7", 1, 127, true,
     {160, 160, 160, 200, 160, 156, 160, 160},
     {160, 160, 160, 208, 160, 160, 160, 160}, "iiiiiiii"},
    {0, "N:1:7", 1, 128, false,
     {160, 160, 160, 200, 160, 157, 160, 160},
     {160, 160, 160, 184, 160, 160, 160, 160}, "iiiiiiii"},
    {0, "N:1:7", 1, 128, true,
     {160, 160, 160, 200, 160, 157, 160, 160},
     {160, 160, 160, 208, 160, 160, 160, 160}, "iiiiiiii"},
    {0, "N:1:7", 1, 136, false,
     {192, 192, 192, 200, 192, 165, 192, 192},
     {192, 192, 192, 184, ANY, ANY, 192, 192}, "iiiiiiii"},
    {0, "N:1:7", 1, 252, false,
     {320, 320, 320, 296, 320, 281, 320, 320},
     {320, 320, 320, 280, 320, 320, 320, 320}, "iiiiiiii"},
    {0, "N:1:7", 1, 252, true,
     {320, 320, 320, 296, 320, 281, 320, 320},
     {320, 320, 320, 304, 320, 320, 320, 320}, "iiiiiiii"},
    {0, "N:1:7", 1, 253, false,
     {320, 320, 320, 360, 320, 284, 320, 320},
     {320, 320, 320, 344, 320, 320, 320, 320}, "iiiiiiii"},
    {0, "N:1:7", 1, 253, true,
     {320, 320, 320, 360, 320, 284, 320, 320},
     {320, 320, 320, 368, 320, 320, 320, 320}, "iiiiiiii"},
    {0, "N:1:7", 1, 70000, false,
     {81920, 81920, 81920, 81960, 81920, 70035, 81920, 81920},
     {81920, 81920, 81920, 81944, 81920, 81920, 81920, 81920}, "iiiiiiii"},
    {0, "N:1:7", 1, 70000, true,
     {81920, 81920, 81920, 81960, 81920, 70035, 81920, 81920},
     {81920, 81920, 81920, 81968, 81920, 81920, 81920, 81920}, "iiiiiiii"},
    {0, "S:0", 0, 12, false,
     {40, 40, 32, 64, 40, 40, 40, 40},
     {40, 40, 32, 64, 40, 40, 40, 40}, "eeeeeeee"},
    {0, "S:0", 0, 12, true,
     {48, 48, 40, 64, 48, 48, 48, 48},
     {48, 48, 40, 88, 48, 48, 48, 48}, "eeeeeeee"},
    {0, "S:23", 23, 12, false,
     {64, 64, 56, 88, 64, 64, 64, 64},
     {64, 64, 56, 88, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:23", 23, 12, true,
     {72, 72, 64, 88, 72, 64, 80, 80},
     {72, 72, 64, 112, 72, 72, 80, 80}, "rreerree"},
    {0, "S:24", 24, 12, false,
     {64, 64, 56, 88, 64, 64, 64, 64},
     {64, 64, 56, 88, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:24", 24, 12, true,
     {72, 72, 64, 88, 72, 65, 80, 80},
     {72, 72, 64, 112, 72, 72, 80, 80}, "rreerree"},
    {0, "S:29", 29, 12, false,
     {64, 64, 56, 96, 64, 64, 64, 64},
     {64, 64, 56, 96, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:29", 29, 12, true,
     {72, 72, 64, 96, 72, 70, 80, 80},
     {72, 72, 64, 120, 72, 72, 80, 80}, "rreerree"},
    {0, "S:31", 31, 12, false,
     {72, 72, 64, 96, 72, 64, 65, 65},
     {72, 72, 64, 96, 72, 72, 72, 72}, "rreerrrr"},
    {0, "S:31", 31, 12, true,
     {80, 80, 80, 96, 80, 72, 73, 73},
     {80, 80, 80, 120, 80, 80, 80, 80}, "rreerrrr"},
    {0, "S:32", 32, 12, false,
     {72, 72, 64, 96, 72, 71, 72, 72},
     {72, 72, 64, 96, 72, 72, 72, 72}, "rreerrrr"},
    {0, "S:32", 32, 12, true,
     {80, 80, 80, 96, 80, 79, 80, 80},
     {80, 80, 80, 120, 80, 80, 80, 80}, "rreerrrr"},
    {0, "S:44", 44, 12, false,
     {80, 80, 80, 104, 80, 79, 80, 80},
     {80, 80, 80, 104, 80, 80, 80, 80}, "rreerrrr"},
    {0, "S:44", 44, 12, true,
     {88, 88, 80, 104, 88, 87, 88, 88},
     {88, 88, 80, 128, 88, 88, 88, 88}, "rreerrrr"},
    {0, "S:45", 45, 12, false,
     {88, 88, 80, 112, 88, 87, 88, 88},
     {88, 88, 80, 112, 88, 88, 88, 88}, "rrerrrrr"},
    {0, "S:45", 45, 12, true,
     {96, 96, 80, 112, 96, 95, 96, 96},
     {96, 96, 80, 136, 96, 96, 96, 96}, "rrerrrrr"},
    {0, "S:64", 64, 12, false,
     {112, 112, 96, 136, 112, 111, 112, 112},
     {112, 112, 96, 136, 112, 112, 112, 112}, "rrerrrrr"},
    {0, "S:64", 64, 12, true,
     {120, 120, 112, 136, 120, 119, 120, 120},
     {120, 120, 112, 160, 120, 120, 120, 120}, "rrerrrrr"},
    {0, "S:88", 88, 12, false,
     {128, 128, 128, 152, 128, 127, 128, 128},
     {128, 128, 128, 152, 128, 128, 128, 128}, "rrerrrrr"},
    {0, "S:88", 88, 12, true,
     {136, 136, 128, 152, 136, 135, 136, 136},
     {136, 136, 128, 176, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:91", 91, 12, false,
     {128, 128, 128, 152, 128, 127, 128, 128},
     {128, 128, 128, 152, 128, 128, 128, 128}, "rrerrrrr"},
    {0, "S:91", 91, 12, true,
     {136, 136, 128, 152, 136, 135, 136, 136},
     {136, 136, 128, 176, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:92", 92, 12, false,
     {128, 128, 128, 152, 128, 127, 128, 128},
     {128, 128, 128, 152, 128, 128, 128, 128}, "rrerrrrr"},
    {0, "S:92", 92, 12, true,
     {136, 136, 128, 152, 136, 135, 136, 136},
     {136, 136, 128, 176, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:93", 93, 12, false,
     {144, 144, 128, 168, 144, 143, 144, 144},
     {144, 144, 128, 168, 144, 144, 144, 144}, "rrerrrrr"},
    {0, "S:93", 93, 12, true,
     {152, 152, 128, 168, 152, 151, 152, 152},
     {152, 152, 128, 192, 152, 152, 152, 152}, "rrerrrrr"},
    {0, "S:94", 94, 12, false,
     {144, 144, 128, 168, 144, 143, 144, 144},
     {144, 144, 128, 168, 144, 144, 144, 144}, "rrerrrrr"},
    {0, "S:94", 94, 12, true,
     {152, 152, 152, 168, 152, 151, 152, 152},
     {152, 152, 152, 192, 152, 152, 152, 152}, "rrrrrrrr"},
    {0, "S:124", 124, 12, false,
     {160, 160, 160, 184, 160, 159, 160, 160},
     {160, 160, 160, 184, 160, 160, 160, 160}, "rrrrrrrr"},
    {0, "S:124", 124, 12, true,
     {168, 168, 168, 184, 168, 167, 168, 168},
     {168, 168, 168, 208, 168, 168, 168, 168}, "rrrrrrrr"},
    {0, "S:300", 300, 12, false,
     {352, 352, 352, 376, 352, 351, 352, 352},
     {352, 352, 352, 376, 352, 352, 352, 352}, "rrrrrrrr"},
    {0, "S:300", 300, 12, true,
     {360, 360, 360, 376, 360, 359, 360, 360},
     {360, 360, 360, 400, 360, 360, 360, 360}, "rrrrrrrr"},
    {0, "S:40", 40, 0, false,
     {64, 64, 56, 96, 64, 64, 64, 64},
     {64, 64, 56, 96, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:40", 40, 0, true,
     {80, 80, 64, 96, 80, 75, 80, 80},
     {80, 80, 64, 120, 80, 80, 80, 80}, "rreerree"},
    {0, "S:44", 44, 0, false,
     {72, 72, 64, 96, 72, 67, 72, 72},
     {72, 72, 64, 96, 72, 72, 72, 72}, "rreerrrr"},
    {0, "S:44", 44, 0, true,
     {80, 80, 80, 96, 80, 75, 80, 80},
     {80, 80, 80, 120, 80, 80, 80, 80}, "rreerrrr"},
    {0, "S:10", 10, 31, false,
     {64, 64, 56, 96, 64, 64, 64, 64},
     {64, 64, 56, 96, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:10", 10, 31, true,
     {80, 80, 64, 96, 80, 70, 80, 80},
     {80, 80, 64, 120, 80, 80, 80, 80}, "rreerree"},
    {0, "S:11", 11, 31, false,
     {72, 72, 64, 96, 72, 63, 69, 69},
     {72, 72, 64, 96, 72, 72, 72, 72}, "rreerrrr"},
    {0, "S:11", 11, 31, true,
     {80, 80, 80, 96, 80, 71, 77, 77},
     {80, 80, 80, 120, 80, 80, 80, 80}, "rreerrrr"},
    {0, "S:7", 7, 32, false,
     {64, 64, 56, 96, 64, 64, 64, 64},
     {64, 64, 56, 96, 64, 64, 64, 64}, "eeeeeeee"},
    {0, "S:7", 7, 32, true,
     {80, 80, 64, 96, 80, 70, 80, 80},
     {80, 80, 64, 120, 80, 80, 80, 80}, "rreerree"},
    {0, "S:8", 8, 32, false,
     {80, 72, 64, 96, 80, 80, 80, 80},
     {80, 72, 64, 96, 80, 80, 80, 80}, "ereeeeee"},
    {0, "S:8", 8, 32, true,
     {80, 80, 80, 96, 80, 71, 80, 80},
     {80, 80, 80, 120, 80, 80, 80, 80}, "ereerree"},
    {0, "S:9", 9, 32, false,
     {80, 72, 64, 96, 80, 80, 80, 80},
     {80, 72, 64, 96, 80, 80, 80, 80}, "ereeeeee"},
    {0, "S:9", 9, 32, true,
     {80, 80, 80, 96, 80, 72, 80, 80},
     {80, 80, 80, 120, 80, 80, 80, 80}, "ereerree"},
    {0, "S:75", 75, 31, false,
     {136, 136, 128, 160, 136, 130, 136, 136},
     {136, 136, 128, 160, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:75", 75, 31, true,
     {144, 144, 144, 160, 144, 138, 144, 144},
     {144, 144, 144, 184, 144, 144, 144, 144}, "rrrrrrrr"},
    {0, "S:71", 71, 32, false,
     {136, 136, 128, 160, 136, 133, 136, 136},
     {136, 136, 128, 160, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:71", 71, 32, true,
     {144, 144, 128, 160, 144, 141, 144, 144},
     {144, 144, 128, 184, 144, 144, 144, 144}, "rrerrrrr"},
    {0, "S:72", 72, 32, false,
     {136, 136, 128, 160, 136, 133, 136, 136},
     {136, 136, 128, 160, 136, 136, 136, 136}, "rrerrrrr"},
    {0, "S:72", 72, 32, true,
     {144, 144, 144, 160, 144, 141, 144, 144},
     {144, 144, 144, 184, 144, 144, 144, 144}, "rrrrrrrr"},
    {0, "S:1", 1, 40, false,
     {80, 72, 64, 96, 80, 80, 80, 80},
     {80, 72, 64, 96, 80, 80, 80, 80}, "ereeeeee"},
    {0, "S:1", 1, 40, true,
     {80, 88, 80, 96, 88, 72, 80, 80},
     {80, 88, 80, 120, 88, 88, 80, 80}, "ereerree"},
    {0, "S:0", 0, 41, false,
     {80, 72, 64, 96, 80, 80, 80, 80},
     {80, 72, 64, 96, 80, 80, 80, 80}, "ereeeeee"},
    {0, "S:0", 0, 41, true,
     {80, 88, 80, 96, 88, 78, 80, 80},
     {80, 88, 80, 120, 88, 88, 80, 80}, "ereerree"},
    {0, "S:0", 0, 42, false,
     {72, 72, 64, 96, 72, 71, 72, 72},
     {72, 72, 64, 96, 72, 72, 72, 72}, "rreerrrr"},
    {0, "S:0", 0, 42, true,
     {88, 88, 80, 96, 88, 79, 88, 88},
     {88, 88, 80, 120, 88, 88, 88, 88}, "rreerrrr"},
    {0, "S:3", 3, 100, false,
     {136, 136, 128, 160, 136, 126, 133, 133},
     {136, 136, 128, 160, 136, 136, 136, 136}, "rreerrrr"},
    {0, "S:3", 3, 100, true,
     {168, 168, 160, 160, 168, 134, 165, 165},
     {168, 168, 160, 184, 168, 168, 168, 168}, "rreerrrr"},
    {0, "S:3", 3, 103, false,
     {136, 136, 128, 160, 136, 129, 133, 133},
     {136, 136, 128, 160, 136, 136, 136, 136}, "rreerrrr"},
    {0, "S:3", 3, 103, true,
     {168, 168, 168, 160, 168, 137, 165, 165},
     {168, 168, 168, 184, 168, 168, 168, 168}, "rrrerrrr"},
    {0, "S:0", 0, 127, false,
     {168, 168, 168, 208, 168, 164, 168, 168},
     {168, 168, 168, 208, 168, 168, 168, 168}, "rrrerrrr"},
    {0, "S:0", 0, 127, true,
     {168, 168, 168, 208, 168, 164, 168, 168},
     {168, 168, 168, 232, 168, 168, 168, 168}, "rrrerrrr"},
    {0, "S:20", 20, 128, false,
     {184, 184, 184, 224, 184, 179, 182, 182},
     {184, 184, 184, 224, 184, 184, 184, 184}, "rrrerrrr"},
    {0, "S:20", 20, 128, true,
     {184, 184, 184, 224, 184, 179, 182, 182},
     {184, 184, 184, 248, 184, 184, 184, 184}, "rrrerrrr"},
    {0, "S:3", 3, 252, false,
     {328, 328, 328, 304, 328, 286, 325, 325},
     {328, 328, 328, 304, 328, 328, 328, 328}, "rrrerrrr"},
    {0, "S:3", 3, 252, true,
     {328, 328, 328, 304, 328, 286, 325, 325},
     {328, 328, 328, 328, 328, 328, 328, 328}, "rrrerrrr"},
    {0, "S:3", 3, 253, false,
     {328, 328, 328, 368, 328, 289, 325, 325},
     {328, 328, 328, 368, 328, 328, 328, 328}, "rrrerrrr"},
    {0, "S:3", 3, 253, true,
     {328, 328, 328, 368, 328, 289, 325, 325},
     {328, 328, 328, 392, 328, 328, 328, 328}, "rrrerrrr"},
};

static const struct row list_rows[] = {
    {18, "L:129:10", 10, 12, false,
     {192, 192, 192, 216, 192, 160, 161, 161},
     {192, 192, 192, 216, 192, 192, 192, 192}, "llllllll"},
    {18, "L:128:10", 10, 12, false,
     {160, 160, 160, 184, 160, 159, 160, 160},
     {160, 160, 160, 184, 160, 160, 160, 160}, "llllllll"},
    {18, "L:1025:3", 3, 12, false,
     {1312, 1312, 1312, 1336, 1312, 1056, 1057, 1057},
     {1312, 1312, 1312, 1336, 1312, 1312, 1312, 1312}, "llllllll"},
    {18, "S:9001", 1, 12, false,
     {10352, 10352, 10352, 10376, 10352, 9120, 9121, 9121},
     {10352, 10352, 10352, 10376, 10352, 10360, 10360, 10360}, "qqqqqqqq"},
    {18, "L:127:10 L:129:11", 21, 12, false,
     {440, 440, 440, 464, 440, 415, 416, 416},
     {440, 440, 440, 464, 440, 448, 448, 448}, "qqqqqqqq"},
    {18, "L:97:10 L:97:10 L:97:10 L:33:3 L:33:3 L:33:3 L:33:3", 42, 12, false,
     {848, 848, 848, 871, 847, 782, 783, 783},
     {848, 848, 848, 872, 848, 856, 856, 856}, "qqqqqqqq"},
    {18, "L:129:6 L:129:6 L:129:6 L:33:3 L:33:3 L:33:3 L:33:3", 30, 12, false,
     {991, 991, 991, 1016, 992, 878, 879, 879},
     {992, 992, 992, 1016, 992, 1000, 1000, 1000}, "qqqqqqqq"},
    {18, "L:129:11 L:129:11 L:129:11 L:33:3 L:33:3 L:33:3 L:33:3", 45, 12, false,
     {991, 991, 991, 1015, 991, 878, 879, 879},
     {992, 992, 992, 1016, 992, 1000, 1000, 1000}, "qqqqqqqq"},
};

static const struct row packed_rows[] = {
    {20, "L:207:20", 20, 12, false,
     {256, 256, 256, 280, 256, 238, 239, 239},
     {256, 256, 256, 280, 256, 256, 256, 256}, "llllllll"},
    {20, "L:207:20", 20, 128, false,
     {384, 384, 384, 424, 384, 364, 367, 367},
     {384, 384, 384, 424, 384, 384, 384, 384}, "llllllll"},
    {16, "L:113:10", 5, 12, false,
     {160, 160, 160, 184, 160, 144, 145, 145},
     {160, 160, 160, 184, 160, 160, 160, 160}, "llllllll"},
    {16, "L:113:10", 5, 12, true,
     {168, 168, 168, 184, 168, 152, 153, 153},
     {168, 168, 168, 208, 168, 168, 168, 168}, "llllllll"},
    {17, "L:321:40", 20, 12, false,
     {416, 416, 416, 440, 416, 352, 353, 353},
     {416, 416, 416, 440, 416, 416, 416, 416}, "llllllll"},
    {11, "I:208:50", 50, 12, false,
     {256, 256, 256, 280, 256, 239, 240, 240},
     {256, 256, 256, 280, 256, 256, 256, 256}, "nnnnnnnn"},
    {25, "L:193:30", 10, 12, false,
     {0, 0, 0, 312, 280, 248, 249, 249},
     {0, 0, 0, 312, 280, 280, 280, 280}, "---xxxxx"},
};

static const struct row table_rows[] = {
    {2, "m65", 1, 12, false,
     {248, 248, 256, 248, 224, 223, 224, 224},
     {256, 256, 256, 224, 200, 208, 208, 208}, "hhhhhhhh"},
    {2, "m252", 1, 12, false,
     {424, 424, 432, 424, 400, 399, 400, 400},
     {432, 432, 432, 400, 376, 384, 384, 384}, "hhhhhhhh"},
    {2, "m5 m65", 2, 12, false,
     {256, 256, 264, 280, 256, 254, 255, 255},
     {264, 264, 264, ANY, ANY, ANY, ANY, ANY}, "hhhhhhhh"},
    {2, "6*m5 m65", 7, 12, false,
     {360, 360, 368, 472, 448, 441, 442, 442},
     {368, 368, 368, ANY, ANY, ANY, ANY, ANY}, "hhhhhhhh"},
    {4, "f5,v65", 1, 12, false,
     {248, 256, 264, 256, 232, 231, 220, 220},
     {256, 256, 272, 256, 232, 240, 208, 208}, "hhhhhhhh"},
    {4, "f5,v117", 1, 12, false,
     {296, 304, 312, 304, 280, 279, 272, 272},
     {304, 304, 320, 304, 280, 288, 256, 256}, "hhhhhhhh"},
    {4, "f5,v116", 1, 12, false,
     {296, 304, 312, 304, 280, 279, 271, 271},
     {304, 304, 320, 304, 280, 288, 256, 256}, "hhhhhhhh"},
    {4, "f5,v118", 1, 12, false,
     {320, 328, 336, 304, 280, 279, 289, 289},
     {328, 328, 344, 304, 280, 288, 280, 280}, "hhhhhhhh"},
    {4, "f31,v91", 1, 12, false,
     {296, 304, 312, 304, 280, 279, 272, 272},
     {304, 304, 320, 304, 280, 288, 256, 256}, "hhhhhhhh"},
    {4, "f31,v92", 1, 12, false,
     {312, 320, 328, 304, 280, 279, 283, 283},
     {320, 320, 336, 304, 280, 288, 272, 272}, "hhhhhhhh"},
    {4, "f32,v88", 1, 12, false,
     {296, 304, 312, 304, 280, 279, 272, 272},
     {304, 304, 320, 304, 280, 288, 256, 256}, "hhhhhhhh"},
    {4, "f32,v89", 1, 12, false,
     {312, 320, 328, 304, 280, 279, 284, 284},
     {320, 320, 336, 304, 280, 288, 272, 272}, "hhhhhhhh"},
    {4, "f100,v20", 1, 12, false,
     {296, 304, 312, 304, 280, 277, 272, 272},
     {304, 304, 320, 304, 280, 288, 256, 256}, "hhhhhhhh"},
    {4, "f100,v21", 1, 12, false,
     {304, 312, 320, 304, 280, 278, 279, 279},
     {312, 312, 328, 304, 280, 288, 264, 264}, "hhhhhhhh"},
    {4, "f124,v0", 1, 12, false,
     {336, 344, 352, 304, 280, 279, 288, 288},
     {344, 344, 360, 304, 280, 288, 296, 296}, "hhhhhhhh"},
    {4, "f123,v0", 1, 12, false,
     {336, 344, 352, 304, 280, 279, 287, 287},
     {344, 344, 360, 304, 280, 288, 296, 296}, "hhhhhhhh"},
    {4, "f252,v3", 1, 12, false,
     {496, 504, 512, 432, 408, 404, 413, 413},
     {504, 504, 520, 432, 408, 416, 456, 456}, "hhhhhhhh"},
    {4, "f253,v300", 1, 12, false,
     {808, 816, 824, 808, 784, 783, 731, 731},
     {816, 816, 832, 808, 784, 792, 768, 768}, "hhhhhhhh"},
    {4, "f5,v65", 1, 128, false,
     {376, 384, 392, 400, 360, 357, 348, 348},
     {384, 384, 400, 400, 360, 368, 336, 336}, "hhhhhhhh"},
    {4, "f5,v65", 1, 12, true,
     {256, 264, 272, 256, 240, 239, 228, 228},
     {264, 264, 280, 280, 240, 248, 216, ANY}, "hhhhhhhh"},
    {4, "f5,v5 f5,v65 f5,v5", 3, 12, false,
     {280, 288, 296, 336, 312, 309, 300, 300},
     {288, 288, 304, 336, 312, 320, ANY, ANY}, "hhhhhhhh"},
    {4, "f5,v65 5*f5,v5", 6, 12, false,
     {328, 336, 344, 488, 464, 458, 452, 452},
     {336, 336, 352, 488, 464, 472, ANY, ANY}, "hhhhhhhh"},
    {4, "f5,v65 6*f5,v5", 7, 12, false,
     {344, 352, 360, 528, 504, 497, 492, 492},
     {352, 352, 368, 528, 504, 512, ANY, ANY}, "hhhhhhhh"},
    {4, "6*f5,v5 f5,v65", 7, 12, false,
     {344, 352, 360, 528, 504, 497, 492, 492},
     {352, 352, 368, 528, 504, 512, ANY, ANY}, "hhhhhhhh"},
};

static const struct row field_ttl_rows[] = {
    {24, "2*t4102444800000,f5,v5 8*t0,f5,v5", 10, 12, false,
     {0, 0, 0, 280, 248, 238, 239, 239},
     {0, 0, 0, 280, 248, 248, 248, 248}, "---xxxxx"},
    {24, "t4102444800000,f5,v65", 1, 12, false,
     {0, 0, 0, 280, 256, 255, 238, 238},
     {0, 0, 0, 320, 280, 296, 256, 256}, "---hhhhh"},
    {24, "t4102444800000,f5,v65 t0,f5,v5", 2, 12, false,
     {0, 0, 0, 320, 296, 294, 278, 278},
     {0, 0, 0, 360, 320, 336, ANY, ANY}, "---hhhhh"},
    {24, "t4102444800000,f5,v99 t0,f5,v116", 2, 12, false,
     {0, 0, 0, 472, 448, 447, 423, 423},
     {0, 0, 0, 512, 472, 488, ANY, ANY}, "---hhhhh"},
    {24, "t4102444800000,f5,v100 t0,f5,v117", 2, 12, false,
     {0, 0, 0, 472, 448, 447, 441, 441},
     {0, 0, 0, 512, 472, 488, ANY, ANY}, "---hhhhh"},
    {24, "t4102444800000,f32,v100 t4102444800000,f100,v3 t0,f32,v89", 3, 12, false,
     {0, 0, 0, 656, 632, 628, 631, 631},
     {0, 0, 0, 696, 656, 672, ANY, ANY}, "---hhhhh"},
    {24, "600*t4102444800000,f5,v5", 600, 12, false,
     {0, 0, 0, 50800, 50776, 50175, 47176, 47176},
     {0, 0, 0, 51816, 51776, 51800, ANY, ANY}, "---hhhhh"},
    {RDBP_RDB_HASH_2, "f5,v5,t4102444800000", 1, 12, false,
     {0, 208, 216, 0, 0, 0, 0, 0},
     {0, 208, 224, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f5,v5,t4102444800000 f5,v5,t0", 2, 12, false,
     {0, 224, 232, 0, 0, 0, 0, 0},
     {0, 224, 240, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f5,v107,t4102444800000 f5,v117,t0", 2, 12, false,
     {0, 432, 440, 0, 0, 0, 0, 0},
     {0, 432, 448, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f5,v108,t4102444800000 f5,v117,t0", 2, 12, false,
     {0, 448, 456, 0, 0, 0, 0, 0},
     {0, 448, 464, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f5,v106,t4102444800000 f5,v118,t0", 2, 12, false,
     {0, 456, 464, 0, 0, 0, 0, 0},
     {0, 456, 472, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f32,v100,t4102444800000 f100,v3,t4102444800000 f32,v89,t0", 3, 12, false,
     {0, 640, 648, 0, 0, 0, 0, 0},
     {0, 640, 656, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "7*f5,v5,t4102444800000", 7, 12, false,
     {0, 528, 536, 0, 0, 0, 0, 0},
     {0, 528, 544, 0, 0, 0, 0, 0}, "-hh-----"},
    {RDBP_RDB_HASH_2, "f5,v5,t4102444800000 f5,v5,t4102444900000 f5,v5,t4102445000000 "
     "f5,v5,t4102445100000 f5,v5,t4102445200000 f5,v5,t4102445300000 f5,v5,t4102445400000",
     7, 12, false,
     {0, 528, 536, 0, 0, 0, 0, 0},
     {0, 528, 544, 0, 0, 0, 0, 0}, "-hh-----"},
};

static const struct row stream_rows[] = {
    {21, "X1526919030474-0:97", 3, 12, false,
     {304, 304, 304, 752, 760, 336, 369, 369},
     {304, 304, 304, 320, 328, 352, 384, 384}, "ssssssss"},
    {21, "X5-0:97 X5-1:127 X7-0:1025", 3, 12, false,
     {1832, 1832, 1832, 3656, 3664, 1608, 1641, 1641},
     {1832, 1832, 1832, 1848, 1856, 1880, 1912, 1912}, "ssssssss"},
    {21, "X1-0:97 Gg", 3, 12, false,
     {384, 384, 384, 1036, 1044, 568, 569, 577},
     {488, 488, 488, 480, 488, 584, 584, 592}, "ssssssss"},
    {21, "X1-0:97 Gg P1-0@1700000000000 Cconsumer Q1-0", 3, 12, false,
     {568, 568, 568, 1864, 1880, 914, 907, 915},
     {712, 712, 712, 696, 856, 1008, 1000, 1008}, "ssssssss"},
    {21, "X1-0:97 Gg P1-0@1700000000000 P1-1@1700000000000 P1-2@1700000000256 "
     "Ca Q1-0 Q1-2 Ccccccccccccccccccccccccccccccccc Q1-1", 3, 12, false,
     {857, 857, 857, 3741, 3773, 1467, 1412, 1420},
     {1072, 1072, 1072, 1048, 1432, 1704, 1648, 1656}, "ssssssss"},
    {21, "X1-0:97 Gg P1-0@1700000070000 P2-1@1700000000005 P3-2@1700000000000 "
     "Ca Q1-0 Q2-1 Q3-2", 3, 12, false,
     {865, 865, 865, 4897, 4929, 1507, 1404, 1412},
     {1000, 1000, 1000, 984, 1432, 1744, 1640, 1648}, "ssssssss"},
    {21, "X1-0:97 Gg P1-0@1700000000000 P1-1@1700000000000 Ca Q1-0 Q1-1 Gh "
     "P1-1@1700000000000 P9-0@1700000000000 Ca Q1-1 Q9-0", 3, 12, false,
     {1106, 1106, 1106, 6002, 6042, 1870, 1783, 1799},
     {1336, 1336, 1336, 1296, 1768, 2136, 2048, 2064}, "ssssssss"},
};

/* The same without name and TTL: mean and slack of the answers, then of the freed bytes. */
static const struct random_row random_rows[] = {
    {2, "600*m5", 600, "hhhhhhhh",
     {13954.7, 13992, 13898.7, 27504, 27480, 26879, 26880, 26880},
     {283.7, 167.7, 183.3, 0.6, 0.6, 0.6, 0.6, 0.6},
     {13968, 14000, 13898.7, 15485.3, 15454.7, 15434.7, 15438.7, 15401.3},
     {303.7, 187.7, 203.3, 171.1, 106, 175.4, 179.8, 136.9}},
    {2, "1790*m5", 1790, "hhhhhhhh",
     {48024, 48098.7, 48048, 73776, 73752, 71961, 71962, 71962},
     {184.7, 286.1, 131.4, 0.6, 0.6, 0.6, 0.6, 0.6},
     {48032, 48106.7, 48048, 40237.3, 40425.3, 40466.7, 40425.3, 40318.7},
     {204.7, 306.1, 151.4, 205.9, 320.7, 214.3, 228.6, 156.9}},
    {2, "897*m30", 897, "hhhhhhhh",
     {45656, 45677.3, 45626.7, 58536, 58512, 58511, 58512, 58512},
     {210.3, 213.5, 208.4, 0.6, 0.6, 0.6, 0.6, 0.6},
     {45664, 45685.3, 45626.7, 41817.3, 41718.7, 41800, 41770.7, 41773.3},
     {230.3, 233.5, 228.4, 190, 174.3, 226.1, 177.6, 194.3}},
    {4, "100*f5,v5 f5,v65 99*f5,v5", 200, "hhhhhhhh",
     {5970.7, 6021.3, 6008, 11256, 11232, 11032, 10196, 10196},
     {149.9, 168.7, 127, 0.6, 0.6, 0.6, 0.6, 0.6},
     {5978.7, 6021.3, 6016, 11256, 11241.3, 11245.3, 6394.7, 6408},
     {169.9, 188.7, 147, 21, 30.5, 30.1, 112.6, 105.3}},
    {4, "600*f5,v5", 600, "hhhhhhhh",
     {18786.7, 18714.7, 18808, 32304, 32280, 31679, 32280, 32280},
     {198.9, 149.9, 184.7, 0.6, 0.6, 0.6, 0.6, 0.6},
     {18805.3, 18714.7, 18816, 32304, 32282.7, 32294.7, 20254.7, 20158.7},
     {226.3, 169.9, 204.7, 21, 28.2, 30.5, 190.6, 202.3}},
    {5, "m65,s1.5", 1, "kkkkkkkk",
     {982.1, 981.8, 838.1, 981.8, 950, 964.8, 958.4, 958.1},
     {1.4, 1.5, 1.7, 1.6, 1.5, 1.5, 2, 1.7},
     {994.8, 990.4, 950.6, 981.9, 961.7, 969.4, 938.2, 937.8},
     {RDBP_RDB_HASH_2, 21.6, 21.7, 21.8, 21.9, 21.7, 22.1, 21.7}},
    {5, "5*m5,s1.5 m65,s1.5", 6, "kkkkkkkk",
     {1250.4, 1250, 1067.3, 1402.6, 1330.4, 1381.5, 1338.8, 1338.3},
     {3.1, 4.2, 3.1, 4.1, 3.9, 3.1, 3.4, 4.2},
     {1260.7, 1258.4, 1179.3, 1402.8, 1386.3, 1395.7, 1228.9, 1230.2},
     {23.4, 24.2, 23.3, 24.5, 23.7, 23.5, 41, 35.9}},
    {5, "200*m5,s1.5", 200, "kkkkkkkk",
     {14150.7, 14214.7, 12471.8, 18445.3, 16801.2, 18194.6, 16776.6, 16791.9},
     {138, 194.3, 117.8, 41.1, 56.8, 37.7, 57.6, 56.8},
     {14158.7, 14222.9, 12582.4, 18446.2, 18410, 18402.9, 12965.9, 12987.3},
     {158, 214.2, 139.7, 60.9, 76.4, 56.5, 119.1, 101.5}},
    {5, "100*m31,s1.5 100*m32,s1.5", 200, "kkkkkkkk",
     {20566.8, 20608.8, 20368.5, 24820.8, 23175.9, 24097.6, 24698.3, 24702},
     {100.9, 131.7, 119.6, 63.7, 46.7, 32.4, 45.4, 49.1},
     {20575.8, 20616.8, 20478.4, 24821.1, 24785.4, 24803.9, 20899.1, 20883.9},
     {120.2, 151.7, 140.5, 83.9, 71, 54.4, 85.9, 85.9}},
    {5, "m300,s1.5", 1, "kkkkkkkk",
     {1221.9, 1221.9, 1105.3, 1221.9, 1190.1, 1205.4, 1224.9, 1225},
     {1.7, 2.6, 1.9, 2.5, 2.4, 2.2, 1.9, 2},
     {1230.2, 1229.9, 1217.3, 1222.2, 1206.9, 1215.1, 1210, 1209.9},
     {21.5, 22.6, 22, 22.6, 22.4, 23.1, 22.3, 22.4}},
    {RDBP_RDB_HASH_2, "127*f5,v5,t4102444800000", 127, "-hh-----",
     {0, 7333.3, 7325.3, 0, 0, 0, 0, 0},
     {0, 86.3, 67.5, 0, 0, 0, 0, 0},
     {0, 7333.3, 7358.7, 0, 0, 0, 0, 0},
     {0, 106.3, 126.2, 0, 0, 0, 0, 0}},
    {RDBP_RDB_HASH_2, "128*f5,v5,t4102444800000", 128, "-hh-----",
     {0, 9664, 9664, 0, 0, 0, 0, 0},
     {0, 110.2, 106.1, 0, 0, 0, 0, 0},
     {0, 9657.3, 9675.3, 0, 0, 0, 0, 0},
     {0, 142.8, 156.4, 0, 0, 0, 0, 0}},
};
/* clang-format on */

static void test_strings(void **state)
{
    (void)state;
    check_rows(string_rows, COUNT(string_rows));
}

static void test_lists(void **state)
{
    (void)state;
    check_rows(list_rows, COUNT(list_rows));
}

static void test_packed(void **state)
{
    (void)state;
    check_rows(packed_rows, COUNT(packed_rows));
}

static void test_tables(void **state)
{
    (void)state;
    check_rows(table_rows, COUNT(table_rows));
}

static void test_field_ttls(void **state)
{
    (void)state;
    check_rows(field_ttl_rows, COUNT(field_ttl_rows));
}

static void test_streams(void **state)
{
    (void)state;
    check_rows(stream_rows, COUNT(stream_rows));
}

static void test_random_tables(void **state)
{
    (void)state;
    check_random_rows(random_rows, COUNT(random_rows));
}

/* ---- by hand ---- */

/* Before Redis 8.2.2 and Valkey 8.1.4 an object of 16 is counted for what is one allocation with
 * the name, unless the string is in it, too. */
static void test_names_not_counted(void **state)
{
    static const struct {
        uint16_t rdb_type;
        const char *script;
        uint64_t elements;
        int64_t redis, valkey;
    } rows[] = {
        {RDBP_RDB_STRING, "N:1:7", 1, 16, 16},
        {RDBP_RDB_STRING, "S:45", 45, 16 + 56, 16 + 56},
        {RDBP_RDB_STRING, "S:3", 3, 40, 40}, /* 16 + 1 + 14 + 7 */
        {RDBP_RDB_LIST_QUICKLIST_2, "L:128:10", 10, 16 + 128, 16 + 128},
        {RDBP_RDB_LIST_QUICKLIST_2, "S:9001", 1, 16 + 40 + 40 + 10240, 16 + 40 + 40 + 10240},
        {RDBP_RDB_SET, "m65", 1, 16 + 56 + 8 * 4 + 24 + 80, 16 + 72 + 64 + 80},
        {RDBP_RDB_HASH, "f5,v65", 1, 16 + 56 + 8 * 4 + 24 + 8 + 80, 16 + 72 + 64 + 80},
        {RDBP_RDB_STREAM_LISTPACKS_3, "X1526919030474-0:97", 3, 16 + 112 + 16 + 2 * 244 + 112,
         16 + 80 + (32 + 32 + 16) + 112},
    };
    static const struct {
        const char *server, *like;
        bool is_counted;
    } patches[] = {
        {"redis-8.2.0", "redis-8.2", false},   {"redis-8.2.1", "redis-8.2", false},
        {"redis-8.2.2", "redis-8.2", true},    {"valkey-8.1.0", "valkey-8.1", false},
        {"valkey-8.1.3", "valkey-8.1", false}, {"valkey-8.1.4", "valkey-8.1", true},
    };

    (void)state;
    for (size_t p = 0; p < COUNT(patches); p++) {
        struct meter_run run = {.meter = meter_of(patches[p].server, false)};
        struct meter_run like = {.meter = meter_of(patches[p].like, false)};

        for (size_t i = 0; i < COUNT(rows); i++) {
            const struct rdbp_key key = key_of(rows[i].rdb_type);
            const struct key_size a = weigh_script(&run, &key, rows[i].script, rows[i].elements);
            const struct key_size b = weigh_script(&like, &key, rows[i].script, rows[i].elements);

            if (patches[p].is_counted)
                check_figure(patches[p].server, rows[i].script, a.bytes, b.bytes);
            else
                check_figure(patches[p].server, rows[i].script, a.bytes,
                             patches[p].server[0] == 'r' ? rows[i].redis : rows[i].valkey);
            check_figure(patches[p].server, rows[i].script, a.alloc_bytes, b.alloc_bytes);
        }
        key_meter_free(run.meter);
        key_meter_free(like.meter);
    }
}

/* What a module says of its value is not known: only the key is counted.  A name of 12 bytes is
 * 16 + 1 + 14 with its object, 8 more with a TTL; Redis 8.4 counts a lone value as it is given. */
static void test_modules(void **state)
{
    static const struct {
        const char *server;
        int64_t bytes, bytes_with_ttl;
    } rows[] = {
        {"redis-8.0", 40, 40},  {"redis-8.2.0", 0, 0},  {"redis-8.2", 32, 40},
        {"redis-8.4", 32, 40},  {"redis-8.6", 32, 40},  {"redis-8.8", 32, 40},
        {"valkey-8.1.0", 0, 0}, {"valkey-8.1", 32, 40}, {"valkey-9.0", 32, 40},
        {"valkey-9.1", 32, 40},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meter_run run = {.meter = meter_of(rows[i].server, false)};
        struct rdbp_key key = key_of(RDBP_RDB_MODULE_2);
        struct key_size size = weigh_script(&run, &key, "", 0);

        check_figure(rows[i].server, "module", size.bytes, rows[i].bytes);
        check_figure(rows[i].server, "note", size.note, SIZE_LOWER_BOUND);
        key.has_expire = true;
        size = weigh_script(&run, &key, "", 0);
        check_figure(rows[i].server, "module with TTL", size.bytes, rows[i].bytes_with_ttl);
        key_meter_free(run.meter);
    }
}

/* Servers without field TTLs are given the same hash without them; Valkey's table never is packed
 * with them. */
static void test_field_ttls_of_others(void **state)
{
    static const struct {
        const char *server;
        uint16_t rdb_type;
        const char *script;
        int64_t bytes;
        enum encoding encoding;
    } rows[] = {
        /* 7 + (7 + 7) * 2 */
        {"valkey-8.1", RDBP_RDB_HASH_2, "f5,v5,t4102444800000 f5,v5,t0", 32 + 40,
         ENCODING_LISTPACK},
        {"valkey-8.1", RDBP_RDB_HASH_METADATA, "t4102444800000,f5,v5 t0,f5,v5", 32 + 40,
         ENCODING_LISTPACK},
        /* As HASH_2 on 9.0: a table of 80 + 64, a pair of 8 + 9 + 9 and one of 7 + 9. */
        {"valkey-9.0", RDBP_RDB_HASH_METADATA, "t4102444800000,f5,v5 t0,f5,v5", 32 + 144 + 32 + 16,
         ENCODING_HASHTABLE},
        /* And that on Redis: 7 + (7 + 7 + 10) + (7 + 7 + 2) */
        {"redis-8.2", RDBP_RDB_HASH_2, "f5,v5,t4102444800000 f5,v5,t0", 32 + 24 + 48,
         ENCODING_LISTPACKEX},
        {"redis-8.8", RDBP_RDB_HASH_2, "f5,v5,t4102444800000 f5,v5,t0", 32 + 24 + 47,
         ENCODING_LISTPACKEX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meter_run run = {.meter = meter_of(rows[i].server, false)};
        const struct rdbp_key key = key_of(rows[i].rdb_type);
        const struct key_size size = weigh_script(&run, &key, rows[i].script, 2);

        check_figure(rows[i].server, rows[i].script, size.bytes, rows[i].bytes);
        check_figure(rows[i].server, "encoding", size.encoding, rows[i].encoding);
        key_meter_free(run.meter);
    }
}

/* A note of chance is given where and only where chance decides. */
static void test_notes(void **state)
{
    static const struct {
        const char *server;
        uint16_t rdb_type;
        const char *script;
        uint64_t elements;
        enum size_note note;
    } rows[] = {
        {"valkey-9.0", RDBP_RDB_SET, "6*m5 m65", 7, SIZE_EXACT},
        {"valkey-9.0", RDBP_RDB_SET, "600*m5", 600, SIZE_EXPECTED},
        {"valkey-9.0", RDBP_RDB_HASH_2, "7*f5,v5,t4102444800000", 7, SIZE_EXACT},
        {"valkey-9.0", RDBP_RDB_ZSET_2, "m65,s1.5", 1, SIZE_EXPECTED},
        {"redis-8.4", RDBP_RDB_SET, "600*m5", 600, SIZE_EXACT},
        {"redis-8.8", RDBP_RDB_HASH, "600*f5,v5", 600, SIZE_EXACT},
        {"redis-8.8", RDBP_RDB_ZSET_2, "m65,s1.5", 1, SIZE_EXPECTED},
        {"redis-8.4", RDBP_RDB_STREAM_LISTPACKS_3, "X1-0:97 Gg P1-0@5 Ca Q1-0", 3, SIZE_EXACT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meter_run run = {.meter = meter_of(rows[i].server, false)};
        const struct rdbp_key key = key_of(rows[i].rdb_type);
        const struct key_size size = weigh_script(&run, &key, rows[i].script, rows[i].elements);

        check_figure(rows[i].server, rows[i].script, size.note, rows[i].note);
        key_meter_free(run.meter);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),       cmocka_unit_test(test_lists),
        cmocka_unit_test(test_packed),        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_field_ttls),    cmocka_unit_test(test_streams),
        cmocka_unit_test(test_random_tables), cmocka_unit_test(test_names_not_counted),
        cmocka_unit_test(test_modules),       cmocka_unit_test(test_field_ttls_of_others),
        cmocka_unit_test(test_notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
