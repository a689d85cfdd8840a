/* memory_model.c -- the server versions we can weigh for, and how their allocations round.
 *
 * Each row holds the defaults of redis.conf and the structure sizes of one version; the rules that
 * read them are in weigh_*.c.  Sources: redis 7.2 config.c (defaults), server.h, dict.h,
 * quicklist.h, stream.h (structures), zmalloc.c and jemalloc 5.3's size classes with an 8-byte
 * quantum. Confirmed against MEMORY USAGE of servers that loaded the files of the truth corpus.
 */
// SPDX-License-Identifier: MIT
#include "memory/model.h"

#include <string.h>

/* Valkey 7.2 is Redis 7.2 in all that is weighed here. */
#define ROW_REDIS_7_2(row_name)                                                                    \
    {                                                                                              \
        .name = row_name, .alloc_size = alloc_size_jemalloc_8, .hash_max_listpack_entries = 512,   \
        .hash_max_listpack_value = 64, .zset_max_listpack_entries = 128,                           \
        .zset_max_listpack_value = 64, .set_max_intset_entries = 512,                              \
        .set_max_listpack_entries = 128, .set_max_listpack_value = 64,                             \
        .list_max_listpack_size = -2, .list_plain_element_bytes = UINT64_C(1) << 30,               \
        .dict_bytes = 56, .quicklist_node_bytes = 40, .stream_bytes = 80,                          \
        .stream_group_bytes = 40, .stream_consumer_bytes = 32, .skiplist_max_level = 32,           \
    }

static const struct memory_model models[] = {
    ROW_REDIS_7_2("redis-7.2"),
    ROW_REDIS_7_2("valkey-7.2"),
};

const struct memory_model *memory_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}

const char *memory_model_name(const struct memory_model *m)
{
    return m->name;
}

uint64_t alloc_size_jemalloc_8(uint64_t n)
{
    /* No value is that long; a sum of such sizes must not wrap. */
    const uint64_t limit = UINT64_C(1) << 56;
    uint64_t step = 8;

    if (n > limit)
        n = limit;
    if (n == 0) /* zmalloc() asks for a word at least */
        n = 1;
    if (n > 64) {
        const unsigned log2_floor = 63U - (unsigned)__builtin_clzll(n - 1);
        step = UINT64_C(1) << (log2_floor - 2);
    }
    return (n + step - 1) & ~(step - 1);
}
