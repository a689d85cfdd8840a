/* stream_ids.c -- ids of pending entries, to be had in order and once.
 *
 * A group's pending entries come in order of their ids.  Redis 8.2 keeps one tree over those of all
 * groups of a stream, 8.4 a tree of each group's by the time of delivery: neither comes in order.
 */
// SPDX-License-Identifier: MIT
#include "memory/stream_ids.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MAX ((size_t)1 << 19) /* 12 MiB */

void stream_ids_clear(struct stream_ids *s)
{
    s->count = 0;
    s->beyond = 0;
    s->out_of_memory = false;
}

void stream_ids_done(struct stream_ids *s)
{
    free(s->keys);
    s->keys = NULL;
    s->room = 0;
}

void stream_ids_add(struct stream_ids *s, uint64_t a, uint64_t b, uint64_t c)
{
    if (s->count == KEYS_MAX) {
        s->beyond++;
        return;
    }
    if (s->count == s->room) {
        const size_t room = s->room == 0 ? 64 : 2 * s->room;
        struct stream_ids_key *const keys = realloc(s->keys, room * sizeof *keys);

        if (keys == NULL) {
            s->out_of_memory = true;
            return;
        }
        s->keys = keys;
        s->room = room;
    }
    s->keys[s->count++] = (struct stream_ids_key){{a, b, c}};
}

static int compare_keys(const void *a, const void *b)
{
    const struct stream_ids_key *const x = a, *const y = b;

    for (unsigned i = 0; i < 3; i++) {
        if (x->words[i] != y->words[i])
            return x->words[i] < y->words[i] ? -1 : 1;
    }
    return 0;
}

void stream_ids_build(struct stream_ids *s, struct rax_size *r, unsigned words)
{
    uint8_t key[24];

    if (s->count > 1)
        qsort(s->keys, s->count, sizeof *s->keys, compare_keys);
    for (size_t i = 0; i < s->count; i++) {
        if (i > 0 && compare_keys(&s->keys[i - 1], &s->keys[i]) == 0)
            continue;
        for (unsigned byte = 0; byte < 8 * words; byte++)
            key[byte] = (uint8_t)(s->keys[i].words[byte / 8] >> (56 - 8 * (byte % 8)));
        rax_size_add(r, key, 8 * (size_t)words);
    }
    if (s->beyond > 0) { /* as many of them new as among the others */
        const uint64_t more =
            (uint64_t)((double)s->beyond * (double)r->key_count / (double)s->count);

        r->key_count += more;
        r->skipped_count += more;
        r->is_estimate = true;
    }
}
