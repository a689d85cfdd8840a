/* fuzz_meter.c -- the key meter on whatever the parser makes of arbitrary bytes.
 *
 * The first byte chooses server version, allocator, settings and depth, the rest is the file.
 * Whatever comes, a damaged value has no size and no other size is negative.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>

#include "memory/memory_model.h"

static void choose_settings(struct memory_settings *s, unsigned choice)
{
    switch (choice) {
    case 1: /* everything packed */
        s->hash_max_listpack_entries = s->hash_max_listpack_value = UINT64_MAX;
        s->zset_max_listpack_entries = s->zset_max_listpack_value = UINT64_MAX;
        s->set_max_listpack_entries = s->set_max_listpack_value = UINT64_MAX;
        s->set_max_intset_entries = UINT64_MAX;
        s->list_max_listpack_size = INT64_MIN;
        s->list_compress_depth = UINT64_MAX;
        break;
    case 2: /* nothing */
        s->hash_max_listpack_entries = s->hash_max_listpack_value = 0;
        s->zset_max_listpack_entries = s->zset_max_listpack_value = 0;
        s->set_max_listpack_entries = s->set_max_listpack_value = 0;
        s->set_max_intset_entries = 0;
        s->list_max_listpack_size = 0;
        s->list_compress_depth = 1;
        break;
    case 3: /* conversions half-way */
        s->hash_max_listpack_value = s->zset_max_listpack_value = s->set_max_listpack_value = 3;
        s->list_max_listpack_size = 2;
        s->list_compress_depth = 2;
        s->cluster_enabled = true;
        s->maxmemory_policy = POLICY_ALLKEYS_LFU;
        s->maxmemory_bytes = INT64_MAX;
        s->has_maxmemory = s->has_maxmemory_policy = true;
        break;
    default: break;
    }
}

static struct key_meter *choose_meter(uint8_t choice)
{
    struct memory_settings settings = MEMORY_SETTINGS_INIT;
    struct memory_model m;
    unsigned count = 0, round;

    while (memory_version_at(count) != NULL)
        count++;
    round = choice / count; /* of the versions */
    choose_settings(&settings, round % 4);
    memory_model_init(&m, memory_version_at(choice % count),
                      (enum memory_allocator)((choice + round) % ALLOCATOR_COUNT_), &settings);
    return key_meter_new(&m, choice % 2 != 0);
}

static void check_size(const struct rdbp_value_end *end, const struct key_size *size)
{
    if (!end->ok) {
        if (size->bytes != ROW_NULL || size->note != SIZE_UNKNOWN)
            abort();
    } else if (size->bytes < 0 || size->alloc_bytes < 0 || size->note == SIZE_UNKNOWN) {
        abort();
    }
}

static void feed(struct key_meter *k, rdbp_parser *p, const rdbp_event *ev)
{
    struct key_size size;

    switch (ev->type) {
    case RDBP_EVENT_KEY: rdbp_set_depth(p, key_meter_begin(k, &ev->u.key)); break;
    case RDBP_EVENT_BLOB: rdbp_set_depth(p, key_meter_blob(k, &ev->u.blob)); break;
    case RDBP_EVENT_ITEMS: key_meter_items(k, &ev->u.items); break;
    case RDBP_EVENT_VALUE_END:
        if (key_meter_end(k, &ev->u.value_end, &size) == 0)
            check_size(&ev->u.value_end, &size);
        break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct key_meter *k = NULL;
    rdbp_parser *p = NULL;
    const rdbp_event *ev;
    rdbp_error err;

    if (size_bytes == 0 || rdbp_open_memory(data + 1, size_bytes - 1, NULL, &p, &err) < 0)
        return 0;
    k = choose_meter(data[0]);
    if (k == NULL)
        goto out;
    while (rdbp_next(p, &ev) > 0)
        feed(k, p, ev);
out:
    key_meter_free(k);
    rdbp_close(p);
    return 0;
}
