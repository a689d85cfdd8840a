/* fixture_cluster.c -- the demonstration of a cluster: three nodes, saved minutes apart.
 *
 * Carts, products and one tenant whose keys share a hash tag and so lie on one node.  A key goes to
 * the node of its slot, CRC16 of its name or of its hash tag, modulo 16,384; in each file the keys
 * stand by slot, behind what Redis 7.4 says of it:
 *
 *     node 1   slots 0 to 5460       node 2   5461 to 10922       node 3   10923 to 16383
 */
// SPDX-License-Identifier: MIT
#include "fixture_maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S INT64_C(1763089200) /* 2025-11-14 03:00:00 UTC */

enum { CARTS = 240, PRODUCTS = 160, ORDERS = 110, KEYS = CARTS + PRODUCTS + ORDERS, NODES = 3 };

struct key {
    char name[40];
    unsigned slot, number;
    bool has_end;
};

/* CRC-16/XMODEM, bit by bit. */
static unsigned crc16(const char *bytes, size_t size_bytes)
{
    unsigned crc = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= (unsigned)(uint8_t)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc;
}

static unsigned slot_of(const char *name)
{
    const char *open = strchr(name, '{'), *close = open ? strchr(open, '}') : NULL;

    if (close != NULL && close > open + 1)
        return crc16(open + 1, (size_t)(close - open - 1)) % 16384;
    return crc16(name, strlen(name)) % 16384;
}

static int compare_slots(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return x->slot != y->slot ? (x->slot > y->slot) - (x->slot < y->slot)
                              : (x->number > y->number) - (x->number < y->number);
}

static void make_keys(struct key keys[KEYS])
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct key *k = &keys[i];

        k->number = i;
        k->has_end = i < CARTS;
        if (i < CARTS)
            snprintf(k->name, sizeof(k->name), "cart:%u", 10000 + i * 37);
        else if (i < CARTS + PRODUCTS)
            snprintf(k->name, sizeof(k->name), "product:%u", 500 + i);
        else
            snprintf(k->name, sizeof(k->name), "{tenant:42}:order:%u", 90000 + i * 7);
        k->slot = slot_of(k->name);
    }
    qsort(keys, KEYS, sizeof(*keys), compare_slots);
}

static void add_key(struct maker *m, const struct key *k)
{
    const struct cell name = {text_of(k->name), FORM_AUTO};
    struct buf value = {0};

    if (k->has_end)
        fixture_expire_ms(m->f, (NOW_S + 60 + (int64_t)below(m, 172800)) * 1000);
    if (k->number < CARTS) {
        buf_add_format(&value, "%u", 1 + below(m, 9));
        fixture_hash(m->f, name, T_HASH_LISTPACK, ALL(C("sku-1"), cell_of(&value), C("locale"), C("en")),
                     NULL);
    } else {
        buf_add_str(&value, "{\"state\":\"open\",\"note\":\"");
        add_hex(m, &value, k->number < CARTS + PRODUCTS ? 90 : 700);
        buf_add_str(&value, "\"}");
        fixture_string(m->f, name, cell_of(&value));
    }
    buf_done(&value);
}

static void build_node(struct fixture *f, unsigned node)
{
    static struct key keys[KEYS];
    struct maker m = {f, 8000 + node};
    static const unsigned firsts[NODES + 1] = {0, 5461, 10923, 16384};
    const unsigned first = firsts[node], end = firsts[node + 1];
    struct buf saved = {0};
    size_t from = 0, to = 0, expires = 0;

    make_keys(keys);
    while (from < KEYS && keys[from].slot < first)
        from++;
    for (to = from; to < KEYS && keys[to].slot < end; to++)
        expires += keys[to].has_end;
    fixture_begin(f, 12, "redis");
    fixture_aux(f, LIT("redis-ver"), LIT("7.4.1"));
    fixture_aux(f, LIT("redis-bits"), LIT("64"));
    buf_add_format(&saved, "%" PRId64, NOW_S + 170 * (int64_t)node);
    fixture_aux(f, LIT("ctime"), text_of_buf(&saved));
    fixture_db(f, 0);
    fixture_resizedb(f, to - from, expires);
    for (size_t i = from, next; i < to; i = next) {
        size_t with_end = 0;

        for (next = i; next < to && keys[next].slot == keys[i].slot; next++)
            with_end += keys[next].has_end;
        fixture_slot_info(f, keys[i].slot, next - i, with_end);
        for (size_t k = i; k < next; k++)
            add_key(&m, &keys[k]);
    }
    fixture_end(f, CHECKSUM_AUTO);
    buf_done(&saved);
    buf_add_format(&f->truth, "{\"keys\":%zu,\"expires\":%zu,\"slots\":[%u,%u]}\n", to - from, expires,
                   first, end - 1);
}

void build_cluster_1_v12(struct fixture *f)
{
    build_node(f, 0);
}

void build_cluster_2_v12(struct fixture *f)
{
    build_node(f, 1);
}

void build_cluster_3_v12(struct fixture *f)
{
    build_node(f, 2);
}
