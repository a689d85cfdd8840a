/* stream_ids.h -- ids of pending entries, to be had in order and once. */
#ifndef RDBLENS_STREAM_IDS_H
#define RDBLENS_STREAM_IDS_H

#include "memory/rax_size.h"

struct stream_ids {
    struct stream_ids_key {
        uint64_t words[3];
    } * keys;
    size_t count, room;
    uint64_t beyond; /* of those that were not kept */
    bool out_of_memory;
};

/* Zeroed memory is a valid empty struct; _clear keeps what is allocated, _done frees it. */
void stream_ids_clear(struct stream_ids *s);
void stream_ids_done(struct stream_ids *s);
/* A key of three big-endian words; one of two has 0 in the last. */
void stream_ids_add(struct stream_ids *s, uint64_t a, uint64_t b, uint64_t c);
/* Adds all of them, in order and each once, to a tree of keys of so many words (2 or 3).  Many of
 * them are known by number only; the tree is then an estimate. */
void stream_ids_build(struct stream_ids *s, struct rax_size *r, unsigned words);

#endif
