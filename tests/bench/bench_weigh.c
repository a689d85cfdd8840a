/* bench_weigh.c -- what the decoder does with every key: `bench_weigh FILE` decodes a snapshot,
 * weighs it as the server that wrote it, and collects Sidekiq's structures, without patterns, sums,
 * rows and threads.
 *
 * What it prints besides the time it took are sums over all keys: they must not change with the
 * speed.
 */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "memory/memory_model.h"
#include "rdbparse/rdbparse.h"
#include "sidekiq/sidekiq.h"

struct bench {
    struct memory_model model;
    struct key_meter *meter;
    struct sidekiq_collector *collector;
    struct key_row row;
    char server_version[32];
    uint64_t keys, bytes, alloc_bytes, elements;
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void take_aux(struct bench *b, const struct rdbp_aux *aux)
{
    if ((aux->name.size_bytes == 9 && memcmp(aux->name.bytes, "redis-ver", 9) == 0) ||
        (aux->name.size_bytes == 10 && memcmp(aux->name.bytes, "valkey-ver", 10) == 0))
        snprintf(b->server_version, sizeof b->server_version, "%.*s", (int)aux->value.size_bytes,
                 (const char *)aux->value.bytes);
}

static void begin_key(struct bench *b, rdbp_parser *p, const struct rdbp_key *key)
{
    static const struct memory_settings settings = MEMORY_SETTINGS_INIT;
    bool is_guess;

    if (b->meter == NULL) {
        memory_model_init(&b->model,
                          memory_version_of_file(rdbp_family(p), b->server_version,
                                                 rdbp_rdb_version(p), &is_guess),
                          ALLOCATOR_JEMALLOC, &settings);
        b->meter = key_meter_new(&b->model, false);
    }
    b->row.type = key->type;
    b->row.expires_at_ms = key->has_expire ? key->expire_at_ms : ROW_NULL;
    rdbp_set_depth(p, key_meter_begin(b->meter, key) | sidekiq_begin(b->collector, key) |
                          RDBP_DEPTH_SHAPE);
}

static int end_key(struct bench *b, const struct rdbp_value_end *end)
{
    struct key_size size;

    if (key_meter_end(b->meter, end, &size) < 0)
        return -1;
    b->row.bytes = size.bytes;
    b->keys++;
    b->elements += end->element_count;
    if (size.bytes != ROW_NULL) {
        b->bytes += (uint64_t)size.bytes;
        b->alloc_bytes += (uint64_t)size.alloc_bytes;
    }
    return sidekiq_end(b->collector, end, &b->row);
}

static int take_event(struct bench *b, rdbp_parser *p, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_AUX: take_aux(b, &ev->u.aux); return 0;
    case RDBP_EVENT_KEY: begin_key(b, p, &ev->u.key); return 0;
    case RDBP_EVENT_BLOB:
        rdbp_set_depth(p, key_meter_blob(b->meter, &ev->u.blob) |
                              sidekiq_blob(b->collector, &ev->u.blob) | RDBP_DEPTH_SHAPE);
        return 0;
    case RDBP_EVENT_ITEMS:
        key_meter_items(b->meter, &ev->u.items);
        sidekiq_items(b->collector, &ev->u.items);
        return 0;
    case RDBP_EVENT_VALUE_END: return end_key(b, &ev->u.value_end);
    default: return 0;
    }
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    rdbp_error err;
    uint64_t wall, cpu;
    int r;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_weigh FILE\n");
        return 2;
    }
    wall = now_ns(CLOCK_MONOTONIC);
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    b.collector = sidekiq_collector_new();
    if (b.collector == NULL || rdbp_open_path(argv[1], NULL, &p, &err) < 0) {
        fprintf(stderr, "bench_weigh: %s cannot be opened\n", argv[1]);
        sidekiq_collector_free(b.collector);
        return 2;
    }
    while ((r = rdbp_next(p, &ev)) > 0)
        if (take_event(&b, p, ev) < 0)
            break;
    wall = now_ns(CLOCK_MONOTONIC) - wall;
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%" PRIu64 " keys, %" PRIu64 " elements, %" PRIu64 " bytes, %" PRIu64 " allocated\n",
           b.keys, b.elements, b.bytes, b.alloc_bytes);
    printf("wall %.3f s, cpu %.3f s, %.1f ns of cpu a key\n", (double)wall / 1e9, (double)cpu / 1e9,
           b.keys > 0 ? (double)cpu / (double)b.keys : 0);
    rdbp_close(p);
    key_meter_free(b.meter);
    sidekiq_collector_free(b.collector);
    return r < 0 ? 3 : 0;
}
