/* meter_script.h -- events of one value, written as a line of text.
 *
 * A script stands for the events of one value, in file order:
 *
 *      S:<n>          a string of n bytes (a value, or a plain list node)
 *      N:<n>:<int>    a string value that is an integer, n characters of text
 *      L:<n>:<count>  a blob: L listpack, Z ziplist, M zipmap, I intset; count in its header, or ?
 *                     L:<n>:<count>/<lzf> and S:<n>/<lzf>: compressed, to so many bytes
 *      X<ms>-<seq>:<n>  a stream's listpack
 *      e5 e#77        items: e element, m member, f field, v value; by length, or an integer
 *      s1.5 t1700     a score (also with the text's length), a field's TTL
 *      G<name> P<ms>-<seq> C<name> Q<ms>-<seq>   group, its pending entry, consumer, its entry
 *      P<ms>-<seq>@<ms>                          with the time of its delivery
 *      20*f5,v5       twenty times f5 v5
 */
#ifndef RDBLENS_TESTS_METER_SCRIPT_H
#define RDBLENS_TESTS_METER_SCRIPT_H

#include "memory/memory_model.h"

struct meter_run {
    struct key_meter *meter;
    bool is_lzf;          /* all blobs are compressed */
    unsigned depth;       /* as asked for last */
    bool asked_for_items; /* at any time, */
    bool asked_to_open;   /* or at least for a walk */
    uint64_t blob_count;
};

/* A server: its version, then whatever differs: an allocator, settings as NAME=VALUE.
 * "redis-7.2 libc list-compress-depth=1" */
struct memory_model model_of(const char *server);
struct key_meter *meter_of(const char *server, bool deep);

/* A key of a name of 12 bytes and nothing else. */
struct rdbp_key key_of(uint16_t rdb_type);
/* Gives the script's events to run->meter; elements: as the parser would say at the value's end. */
struct key_size weigh_script(struct meter_run *run, const struct rdbp_key *key, const char *script,
                             uint64_t elements);

void check_figure(const char *name, const char *what, int64_t found, int64_t expected);

#endif
