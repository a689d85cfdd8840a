/* bench_values.c -- numbers, text and values for the profiles of bench_snapshot.
 *
 * Nothing here prints through stdio: a number is made in 10 ns that takes snprintf 100.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* ---- numbers ------------------------------------------------------------------------------ */

/* The finalizer of splitmix64: every step can be undone, so no two numbers meet. */
uint64_t mix_bits(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void seed_random(struct bench *b, uint64_t seed)
{
    b->random = mix_bits(seed + UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t next_random(struct bench *b)
{
    b->random += UINT64_C(0x9e3779b97f4a7c15);
    return mix_bits(b->random);
}

uint64_t random_below(struct bench *b, uint64_t n)
{
    return (next_random(b) >> 32) * n >> 32;
}

uint64_t permute(uint64_t i, uint64_t n)
{
    unsigned bits = 1;
    uint64_t mask;

    while (bits < 63 && UINT64_C(1) << bits < n)
        bits++;
    mask = (UINT64_C(1) << bits) - 1;
    do { /* a permutation of [0, 2^bits), walked until it falls below n */
        i = (i * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x632be59bd9b4e019)) & mask;
        i ^= i >> (bits / 2 + 1);
        i = i * UINT64_C(0xd1342543de82ef95) & mask;
        i ^= i >> (bits / 2 + 1);
    } while (i >= n);
    return i;
}

/* ---- text --------------------------------------------------------------------------------- */

void add_number(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, digits + at, sizeof digits - at);
}

void add_hex(struct buf *b, uint64_t v, unsigned digits)
{
    char text[16];

    for (unsigned i = digits; i > 0; i--, v >>= 4)
        text[i - 1] = "0123456789abcdef"[v & 15];
    buf_add(b, text, digits);
}

void add_random_hex(struct bench *b, struct buf *to, unsigned digits)
{
    for (; digits > 16; digits -= 16)
        add_hex(to, next_random(b), 16);
    add_hex(to, next_random(b), digits);
}

void add_random_base64(struct bench *b, struct buf *to, unsigned count)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    while (count > 0) {
        uint64_t bits = next_random(b);
        char text[10];
        const unsigned n = count < 10 ? count : 10;

        for (unsigned i = 0; i < n; i++, bits >>= 6)
            text[i] = alphabet[bits & 63];
        buf_add(to, text, n);
        count -= n;
    }
}

void add_uuid(struct buf *b, uint64_t n)
{
    const uint64_t low = mix_bits(n), high = mix_bits(low + 1);

    add_hex(b, low >> 32, 8);
    buf_add(b, "-", 1);
    add_hex(b, low >> 16, 4);
    buf_add(b, "-4", 2);
    add_hex(b, low, 3);
    buf_add(b, "-a", 2);
    add_hex(b, low >> 12, 3);
    buf_add(b, "-", 1);
    add_hex(b, high, 12);
}

static const char words[BENCH_WORDS][9] = {
    "active",   "amount",  "answer",  "article",  "avatar",  "balance",  "basic",   "board",
    "branch",   "budget",  "button",  "calendar", "camera",  "chapter",  "circle",  "client",
    "comment",  "country", "course",  "credit",   "custom",  "delivery", "detail",  "display",
    "enrolled", "event",   "family",  "filter",   "forest",  "garden",   "grade",   "happy",
    "history",  "image",   "invoice", "journey",  "kitchen", "language", "lesson",  "library",
    "market",   "member",  "message", "minute",   "month",   "notice",   "number",  "office",
    "order",    "paper",   "people",  "picture",  "planet",  "premium",  "product", "quality",
    "reader",   "review",  "school",  "season",   "student", "teacher",  "title",   "window"};

const char *bench_word(uint64_t n)
{
    return words[n % BENCH_WORDS];
}

void add_words(struct bench *b, struct buf *to, uint64_t count)
{
    for (uint64_t bits = 0; count > 0; count--, bits >>= 6) {
        if (bits == 0)
            bits = next_random(b);
        buf_add_str(to, bench_word(bits & 63));
        if (count > 1)
            buf_add(to, " ", 1);
    }
}

/* ---- values ------------------------------------------------------------------------------- */

void put_expiry(struct bench *b, uint64_t at_ms)
{
    put_expire_ms(&b->out, (int64_t)at_ms);
}

void put_key_name(struct bench *b, uint8_t type, struct text name)
{
    buf_add_u8(&b->out, type);
    put_string(&b->out, name, FORM_AUTO);
}

uint8_t packed_type(const struct bench *b, enum value_type type)
{
    switch (type) {
    case VALUE_HASH: return b->version < 10 ? 13 : 16;
    case VALUE_ZSET: return b->version < 10 ? 12 : 17;
    default: return b->version < 11 ? 0 : 20;
    }
}

uint8_t list_type(const struct bench *b)
{
    return b->version < 10 ? 14 : 18;
}

void pack_text(struct bench *b, struct text s)
{
    if (b->version < 10)
        ziplist_add(&b->packed, s, FORM_AUTO);
    else
        listpack_add(&b->packed, s, FORM_AUTO);
}

void pack_number(struct bench *b, int64_t v)
{
    if (b->version < 10)
        ziplist_add_integer(&b->packed, v, FORM_AUTO);
    else
        listpack_add_integer(&b->packed, v, FORM_AUTO);
}

void put_packed(struct bench *b)
{
    if (b->version < 10)
        ziplist_finish(&b->packed, b->packed.entry_count, &b->blob);
    else
        listpack_finish(&b->packed, b->packed.entry_count, &b->blob);
    put_string(&b->out, text_of_buf(&b->blob), FORM_AUTO);
    buf_clear(&b->packed.entries);
    b->packed.entry_count = 0;
    b->packed.last_entry_offset = b->packed.last_entry_bytes = 0;
}

void put_list_node(struct bench *b)
{
    if (b->version >= 10)
        put_length(&b->out, 2, LENGTH_AUTO); /* QUICKLIST_NODE_CONTAINER_PACKED */
    put_packed(b);
}

void put_score(struct bench *b, double score)
{
    buf_add_f64(&b->out, score);
}
