/* bench_snapshot.c -- a deterministic snapshot of a Rails application, of any number of keys.
 *
 *      bench_snapshot KEYS > FILE
 *
 * Out of every 20 keys: 6 sessions (JSON, TTL), 5 small hashes (user records), 4 cached fragments (JSON, two in
 * four with TTL), 4 counters, 1 set of tags or list of ids.  38 % carry a TTL.  The same KEYS give the same bytes
 * on every machine: a fixed generator (xorshift64*), a fixed ctime, own LZF.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rdb_writer.h"

#define CTIME_S INT64_C(1764000000)

struct bench {
    struct buf out;
    uint64_t random;
    uint64_t crc;
    struct buf text;
};

static uint64_t next_random(struct bench *b)
{
    b->random ^= b->random >> 12;
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;
    return b->random * UINT64_C(2685821657736338717);
}

static uint64_t random_below(struct bench *b, uint64_t n)
{
    return next_random(b) % n;
}

static int flush(struct bench *b)
{
    b->crc = crc64_bitwise(b->crc, b->out.bytes, b->out.size_bytes);
    if (fwrite(b->out.bytes, 1, b->out.size_bytes, stdout) != b->out.size_bytes)
        return -1;
    buf_clear(&b->out);
    return 0;
}

static void put_expiry(struct bench *b, uint64_t within_s)
{
    buf_add_u8(&b->out, 252);
    buf_add_le(&b->out, ((uint64_t)CTIME_S + random_below(b, within_s)) * 1000, 8);
}

static void put_key(struct bench *b, uint8_t type, const char *name)
{
    buf_add_u8(&b->out, type);
    put_string(&b->out, text_of(name), FORM_AUTO);
}

static void add_words(struct bench *b, size_t count)
{
    static const char *const words[] = {"course", "lesson", "teacher", "grade",   "enrolled",
                                        "active", "locale", "en-GB",   "premium", "completed"};

    for (size_t i = 0; i < count; i++)
        buf_add_format(&b->text, "\"%s_%" PRIu64 "\":%" PRIu64 ",",
                       words[random_below(b, sizeof words / sizeof words[0])], random_below(b, 100),
                       random_below(b, 1000000));
}

static void put_session(struct bench *b)
{
    uint64_t id[4];
    char name[128];

    put_expiry(b, 1209600);
    for (size_t i = 0; i < 4; i++)
        id[i] = next_random(b);
    snprintf(name, sizeof name, "session:2::%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
             id[0], id[1], id[2], id[3]);
    put_key(b, 0, name);
    buf_clear(&b->text);
    buf_add_format(&b->text, "{\"session_id\":\"%016" PRIx64 "\",\"user_id\":%" PRIu64 ",", next_random(b),
                   random_below(b, 5000000));
    add_words(b, 8 + random_below(b, 8));
    buf_add_str(&b->text, "\"flash\":{}}");
    put_string(&b->out, text_of_buf(&b->text), FORM_AUTO);
}

static void put_user(struct bench *b, uint64_t id)
{
    struct packed p = {0};
    struct buf blob = {0};
    char text[64];

    snprintf(text, sizeof text, "user:%" PRIu64, id);
    put_key(b, 16, text);
    listpack_add(&p, LIT("name"), FORM_AUTO);
    snprintf(text, sizeof text, "Name %" PRIu64 " Surname", random_below(b, 100000));
    listpack_add(&p, text_of(text), FORM_AUTO);
    listpack_add(&p, LIT("email"), FORM_AUTO);
    snprintf(text, sizeof text, "user%" PRIu64 "@example.org", id);
    listpack_add(&p, text_of(text), FORM_AUTO);
    listpack_add(&p, LIT("logins"), FORM_AUTO);
    listpack_add_integer(&p, (int64_t)random_below(b, 1000), FORM_AUTO);
    listpack_add(&p, LIT("seen_at"), FORM_AUTO);
    listpack_add_integer(&p, CTIME_S - (int64_t)random_below(b, 9000000), FORM_AUTO);
    listpack_finish(&p, p.entry_count, &blob);
    put_string(&b->out, text_of_buf(&blob), FORM_AUTO);
    packed_done(&p);
    buf_done(&blob);
}

static void put_fragment(struct bench *b, uint64_t id)
{
    char name[128];

    if (random_below(b, 2) == 0)
        put_expiry(b, 86400);
    snprintf(name, sizeof name, "views/courses/show:%016" PRIx64 "%016" PRIx64 "/courses/%" PRIu64,
             UINT64_C(0x9ae16a3b2f90404f), UINT64_C(0xc949d7c7509e6557), id);
    put_key(b, 0, name);
    buf_clear(&b->text);
    buf_add_str(&b->text, "{\"html\":{");
    add_words(b, 15 + random_below(b, 20));
    buf_add_str(&b->text, "\"end\":1}}");
    put_string(&b->out, text_of_buf(&b->text), FORM_AUTO);
}

static void put_counter(struct bench *b, uint64_t id)
{
    char name[64];

    snprintf(name, sizeof name, "course:%" PRIu64 ":views", id);
    put_key(b, 0, name);
    snprintf(name, sizeof name, "%" PRIu64, random_below(b, 3000000));
    put_string(&b->out, text_of(name), FORM_AUTO);
}

static void put_collection(struct bench *b, uint64_t id)
{
    struct packed p = {0};
    struct buf blob = {0};
    const bool is_list = random_below(b, 2) == 0;
    const uint64_t count = 3 + random_below(b, 60);
    char text[64];

    snprintf(text, sizeof text, is_list ? "feed:%" PRIu64 : "course:%" PRIu64 ":tags", id);
    put_key(b, is_list ? 18 : 20, text);
    for (uint64_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, is_list ? "item-%" PRIu64 : "tag-%" PRIu64, i * 7919 + id % 977);
        listpack_add(&p, text_of(text), FORM_AUTO);
    }
    listpack_finish(&p, p.entry_count, &blob);
    if (is_list) {
        put_length(&b->out, 1, LENGTH_AUTO);
        put_length(&b->out, 2, LENGTH_AUTO);
    }
    put_string(&b->out, text_of_buf(&blob), FORM_AUTO);
    packed_done(&p);
    buf_done(&blob);
}

static void put_head(struct bench *b, uint64_t keys)
{
    buf_add_str(&b->out, "REDIS0011");
    buf_add_u8(&b->out, 250);
    put_string(&b->out, LIT("redis-ver"), FORM_AUTO);
    put_string(&b->out, LIT("7.2.6"), FORM_AUTO);
    buf_add_u8(&b->out, 250);
    put_string(&b->out, LIT("ctime"), FORM_AUTO);
    put_string(&b->out, LIT("1764000000"), FORM_AUTO);
    buf_add_u8(&b->out, 254);
    put_length(&b->out, 0, LENGTH_AUTO);
    buf_add_u8(&b->out, 251);
    put_length(&b->out, keys, LENGTH_AUTO);
    put_length(&b->out, keys * 38 / 100, LENGTH_AUTO);
}

static void put_nth(struct bench *b, uint64_t n)
{
    switch (n % 20) {
    case 0:
    case 3:
    case 6:
    case 9:
    case 12:
    case 15: put_session(b); break;
    case 1:
    case 5:
    case 10:
    case 14:
    case 18: put_user(b, n); break;
    case 2:
    case 7:
    case 11:
    case 16: put_fragment(b, n); break;
    case 19: put_collection(b, n); break;
    default: put_counter(b, n); break;
    }
}

int main(int argc, char **argv)
{
    const uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    struct bench b = {.random = UINT64_C(0x9e3779b97f4a7c15)};
    struct buf tail = {0};
    int r = 1;

    if (keys == 0) {
        fprintf(stderr, "usage: bench_snapshot KEYS > FILE\n");
        return 2;
    }
    put_head(&b, keys);
    for (uint64_t n = 0; n < keys; n++) {
        put_nth(&b, n);
        if (b.out.size_bytes > 1024 * 1024 && flush(&b) < 0)
            goto out;
    }
    buf_add_u8(&b.out, 255);
    if (flush(&b) < 0)
        goto out;
    buf_add_le(&tail, b.crc, 8);
    if (fwrite(tail.bytes, 1, 8, stdout) != 8 || fflush(stdout) != 0)
        goto out;
    r = 0;
out:
    if (r != 0)
        perror("bench_snapshot");
    buf_done(&b.out);
    buf_done(&b.text);
    buf_done(&tail);
    return r;
}
