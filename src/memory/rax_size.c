/* rax_size.c -- nodes and bytes of the radix tree that a series of keys makes, in one pass.
 *
 * A node is  header (4) | characters (s), padded to 8 | child pointers | value pointer,  one
 * pointer for a run of characters, s for a branching node.  With the keys "ab1", "ab2", "c":
 *
 *      (a|c) --a-- (b) ---- (1|2) --1-- ()     a branching node holds the first character of each
 *        |                    \-----2-- ()     branch, a run what follows until the next branch or
 *        \----c-- ()                           key end, and every key ends in a node
 *
 * The shape does not depend on the order of insertion.  A *point* is a place where keys branch or
 * end (and the root).  In sorted order only the points on the path to the last key can still
 * change: they are kept on a stack, and when a key leaves that path what is below becomes final.
 *
 * Upstream: rax.c: raxGenericInsert(), raxNodeCurrentLength(), Redis 7.2; the limit of 2^29
 * characters a node is out of reach of what a server takes as a name (512 MB).  Names are compared
 * in their first 4 KiB only; one that is longer ends in a longer run.
 */
// SPDX-License-Identifier: MIT
#include "memory/rax_size.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES_MAX 4096

struct rax_point {
    size_t depth;
    uint64_t beyond_bytes;     /* of a key's end: what is not compared */
    uint64_t only_child_depth; /* of the first child, while it is the only one */
    uint64_t children;         /* the finished ones */
    bool has_value;
};

static void add_node(struct rax_size *r, uint64_t characters, uint64_t children, bool has_value)
{
    const uint64_t head = (4 + characters + 7) & ~UINT64_C(7);

    r->node_count++;
    r->alloc_bytes += r->alloc_size(head + 8 * children + (has_value && !r->has_no_values ? 8 : 0));
}

static void add_run_below_branch(struct rax_size *r, size_t branch_depth, uint64_t child_depth)
{
    const uint64_t run = child_depth - branch_depth - 1;

    if (run > 0)
        add_node(r, run, 1, false);
}

static void attach_child(struct rax_size *r, struct rax_point *parent, uint64_t child_depth)
{
    if (++parent->children == 1) {
        parent->only_child_depth = child_depth;
        return;
    }
    if (parent->children == 2)
        add_run_below_branch(r, parent->depth, parent->only_child_depth);
    add_run_below_branch(r, parent->depth, child_depth);
}

static void finish_point(struct rax_size *r, const struct rax_point *p)
{
    if (p->children == 1)
        add_node(r, p->only_child_depth - p->depth, 1, p->has_value);
    else
        add_node(r, p->children, p->children, p->has_value);
}

/* Makes sure of room for two more points: a key adds its end, and a branch above it. */
static bool reserve(struct rax_size *r, size_t key_bytes)
{
    if (r->point_room < r->point_count + 2) {
        const size_t room = 2 * r->point_room + 18;
        struct rax_point *const points = realloc(r->points, room * sizeof *points);

        if (points == NULL)
            return false;
        r->points = points;
        r->point_room = room;
    }
    if (r->last_room < key_bytes) {
        uint8_t *const last = realloc(r->last, key_bytes);

        if (last == NULL)
            return false;
        r->last = last;
        r->last_room = key_bytes;
    }
    return true;
}

/* Everything below the given depth of the last key's path is final. */
static void cut_path(struct rax_size *r, size_t depth)
{
    while (r->points[r->point_count - 1].depth > depth) {
        const struct rax_point below = r->points[--r->point_count];

        finish_point(r, &below);
        if (r->points[r->point_count - 1].depth < depth)
            r->points[r->point_count++] = (struct rax_point){.depth = depth};
        attach_child(r, &r->points[r->point_count - 1], below.depth + below.beyond_bytes);
    }
}

void rax_size_clear(struct rax_size *r, uint64_t (*alloc_size)(uint64_t n), uint32_t own_bytes)
{
    r->alloc_size = alloc_size;
    r->own_bytes = own_bytes;
    r->key_count = r->node_count = r->skipped_count = 0;
    r->alloc_bytes = alloc_size(own_bytes);
    r->has_no_values = r->is_estimate = r->out_of_memory = false;
    r->last_bytes = 0;
    r->point_count = 0;
}

/* Two keys that are the same as far as they are compared: most likely they part right behind. */
static void add_alike(struct rax_size *r, uint64_t beyond_bytes)
{
    r->key_count++;
    r->is_estimate = true;
    add_node(r, beyond_bytes, 1, false);
    add_node(r, 0, 0, true);
}

void rax_size_add(struct rax_size *r, const uint8_t *key, size_t key_bytes)
{
    rax_size_add_cut(r, key, key_bytes, key_bytes);
}

void rax_size_add_cut(struct rax_size *r, const uint8_t *key, size_t stored_bytes,
                      uint64_t whole_bytes)
{
    const size_t key_bytes = stored_bytes < KEY_BYTES_MAX ? stored_bytes : KEY_BYTES_MAX;
    const uint64_t beyond_bytes = whole_bytes - key_bytes;
    size_t same = 0;

    if (r->out_of_memory || !reserve(r, key_bytes)) {
        r->out_of_memory = true;
        return;
    }
    if (r->point_count == 0)
        r->points[r->point_count++] = (struct rax_point){.depth = 0};
    while (same < key_bytes && same < r->last_bytes && key[same] == r->last[same])
        same++;
    if (r->key_count > 0 &&
        (same == key_bytes || (same < r->last_bytes && key[same] < r->last[same]))) {
        if (same == key_bytes && same == r->last_bytes) {
            if (beyond_bytes > 0)
                add_alike(r, beyond_bytes);
            return; /* else the same once more; a server would refuse the value */
        }
        r->key_count++;
        r->skipped_count++;
        r->is_estimate = true;
        return;
    }
    r->key_count++;
    cut_path(r, same);
    if (key_bytes > 0) {
        memcpy(r->last + same, key + same, key_bytes - same);
        r->points[r->point_count++] =
            (struct rax_point){.depth = key_bytes, .beyond_bytes = beyond_bytes};
    }
    r->last_bytes = key_bytes;
    r->points[r->point_count - 1].has_value = true;
}

void rax_size_add_id(struct rax_size *r, uint64_t ms, uint64_t seq)
{
    uint8_t key[16];

    for (unsigned i = 0; i < 8; i++) {
        key[i] = (uint8_t)(ms >> (56 - 8 * i));
        key[8 + i] = (uint8_t)(seq >> (56 - 8 * i));
    }
    rax_size_add(r, key, sizeof key);
}

void rax_size_finish(struct rax_size *r)
{
    const uint64_t own_bytes = r->alloc_size(r->own_bytes);

    if (r->point_count == 0) {
        add_node(r, 0, 0, false);
    } else {
        cut_path(r, 0);
        finish_point(r, &r->points[0]);
    }
    r->point_count = 0;
    if (r->skipped_count > 0) {
        /* As many nodes a key for the skipped ones as for the others. */
        const double scale = (double)r->key_count / (double)(r->key_count - r->skipped_count);

        r->node_count = (uint64_t)((double)r->node_count * scale);
        r->alloc_bytes = own_bytes + (uint64_t)((double)(r->alloc_bytes - own_bytes) * scale);
    }
}

void rax_size_done(struct rax_size *r)
{
    free(r->last);
    free(r->points);
    r->last = NULL;
    r->points = NULL;
    r->last_room = r->point_room = 0;
}
