/* bench_snapshot.c -- deterministic snapshots of any number of keys.
 *
 *      bench_snapshot [-p PROFILE] [-v RDB-VERSION] KEYS > FILE
 *
 *      rails         what a Rails application keeps: profile_rails.c; 378 bytes a key
 *      collections   collections of 3 to a million elements: profile_collections.c
 *      patterns      every key a pattern of its own: profile_patterns.c
 *      mixed         all of them, in five databases, with idle times in one
 *
 * Versions 9 to 12 and 80, each with the types, the AUX fields and the magic of a server of its
 * time (6.2, 7.0, 7.2, 7.4; Valkey 9.0).  Strings are compressed as a server does, where LZF saves
 * four bytes. The same arguments give the same bytes on every machine: fixed generator, fixed time,
 * own LZF.
 *
 * Memory does not grow with KEYS: the file goes out as it is made, the number of keys that expire
 * is counted before, and the largest packed value is all that is held.
 */
// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

enum { FLUSH_BYTES = 1 << 20, MIXED_DATABASES = 5 };

/* A database of the file. */
struct database {
    uint64_t number, keys;
    const struct profile *profile;
    bool has_idle;
};

/* ---- checksum and output ------------------------------------------------------------------ */

/* Slicing by 8: row k is what a byte does k bytes before the end. */
static uint64_t crc_table[8][256];

static void fill_crc_table(void)
{
    for (unsigned v = 0; v < 256; v++) {
        const uint8_t byte = (uint8_t)v;

        crc_table[0][v] = crc64_bitwise(0, &byte, 1);
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned v = 0; v < 256; v++)
            crc_table[k][v] = crc_table[0][crc_table[k - 1][v] & 255] ^ crc_table[k - 1][v] >> 8;
}

static uint64_t crc64_by_table(uint64_t crc, const uint8_t *p, size_t size_bytes)
{
    for (; size_bytes >= 8; p += 8, size_bytes -= 8) {
        uint64_t x = 0;

        for (unsigned i = 8; i > 0; i--)
            x = x << 8 | p[i - 1];
        x ^= crc;
        crc = 0;
        for (unsigned i = 0; i < 8; i++)
            crc ^= crc_table[7 - i][x >> (8 * i) & 255];
    }
    for (; size_bytes > 0; p++, size_bytes--)
        crc = crc_table[0][(crc ^ *p) & 255] ^ crc >> 8;
    return crc;
}

void bench_flush(struct bench *b, size_t above_bytes)
{
    if (b->out.size_bytes <= above_bytes)
        return;
    b->crc = crc64_by_table(b->crc, b->out.bytes, b->out.size_bytes);
    if (!b->has_failed && fwrite(b->out.bytes, 1, b->out.size_bytes, stdout) != b->out.size_bytes)
        b->has_failed = true;
    buf_clear(&b->out);
}

/* ---- the file ----------------------------------------------------------------------------- */

static void put_aux_number(struct bench *b, struct text name, uint64_t v)
{
    buf_clear(&b->text);
    add_number(&b->text, v);
    put_aux(&b->out, name, text_of_buf(&b->text));
}

static void put_head(struct bench *b, uint64_t used_bytes)
{
    const bool is_valkey = b->version >= 80;

    put_magic(&b->out, b->version);
    put_aux(&b->out, is_valkey ? LIT("valkey-ver") : LIT("redis-ver"),
            is_valkey          ? LIT("9.0.1")
            : b->version >= 12 ? LIT("7.4.1")
            : b->version == 11 ? LIT("7.2.6")
            : b->version == 10 ? LIT("7.0.15")
                               : LIT("6.2.16"));
    put_aux_number(b, LIT("redis-bits"), 64);
    put_aux_number(b, LIT("ctime"), (uint64_t)CTIME_S);
    put_aux_number(b, LIT("used-mem"), used_bytes);
    put_aux_number(b, b->version < 10 ? LIT("aof-preamble") : LIT("aof-base"), 0);
}

static void put_database(struct bench *b, const struct database *d)
{
    if (d->keys == 0)
        return;
    put_select_db(&b->out, d->number);
    put_resizedb(&b->out, d->keys, d->profile->count_expires(d->keys));
    for (uint64_t n = 0; n < d->keys && !b->has_failed; n++) {
        if (d->has_idle)
            put_idle(&b->out, n % 100000);
        d->profile->put_key(b, n, d->keys);
        bench_flush(b, FLUSH_BYTES);
    }
}

static int put_file(struct bench *b, const struct database *databases, size_t count)
{
    uint64_t used_bytes = 1000000;

    for (size_t i = 0; i < count; i++)
        used_bytes += databases[i].keys * databases[i].profile->used_bytes_a_key;
    put_head(b, used_bytes);
    for (size_t i = 0; i < count && !b->has_failed; i++)
        put_database(b, &databases[i]);
    buf_add_u8(&b->out, OP_EOF);
    bench_flush(b, 0);
    buf_add_le(&b->out, b->crc, 8);
    bench_flush(b, 0);
    return b->has_failed || fflush(stdout) != 0 ? -1 : 0;
}

/* ---- arguments ---------------------------------------------------------------------------- */

/* Returns how many databases the profile has, 0 when there is no such. */
static size_t choose_databases(const char *name, uint64_t keys, struct database *ret_databases)
{
    static const struct profile *const profiles[] = {&rails_profile, &collections_profile,
                                                     &patterns_profile};

    if (strcmp(name, "mixed") == 0) {
        ret_databases[0] = (struct database){0, keys - keys / 10 * 6, &rails_profile, false};
        ret_databases[1] = (struct database){1, keys / 10, &collections_profile, false};
        ret_databases[2] = (struct database){2, keys / 10 * 3, &rails_profile, true};
        ret_databases[3] = (struct database){7, keys / 10, &patterns_profile, false};
        ret_databases[4] = (struct database){15, keys / 10, &collections_profile, true};
        return MIXED_DATABASES;
    }
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(name, profiles[i]->name) == 0) {
            ret_databases[0] = (struct database){0, keys, profiles[i], false};
            return 1;
        }
    return 0;
}

int main(int argc, char **argv)
{
    static const unsigned versions[] = {9, 10, 11, 12, 80};
    const char *profile = "rails";
    struct database databases[MIXED_DATABASES];
    struct bench b = {.version = 11};
    uint64_t keys = 0;
    bool is_known = false;
    size_t count;
    int option, r;

    while ((option = getopt(argc, argv, "p:v:")) != -1) {
        if (option == 'p')
            profile = optarg;
        else if (option == 'v')
            b.version = (unsigned)strtoul(optarg, NULL, 10);
        else
            optind = argc;
    }
    if (optind == argc - 1)
        keys = strtoull(argv[optind], NULL, 10);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        is_known |= versions[i] == b.version;
    count = choose_databases(profile, keys, databases);
    if (keys == 0 || !is_known || count == 0) {
        fprintf(stderr, "usage: bench_snapshot [-p rails|collections|patterns|mixed]"
                        " [-v 9|10|11|12|80] KEYS > FILE\n");
        return 2;
    }
    fill_crc_table();
    r = put_file(&b, databases, count);
    if (r < 0)
        fprintf(stderr, "bench_snapshot: %s\n", strerror(errno));
    buf_done(&b.out);
    buf_done(&b.text);
    buf_done(&b.blob);
    packed_done(&b.packed);
    return r < 0 ? 1 : 0;
}
