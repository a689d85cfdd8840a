/* bench.h -- what the profiles of bench_snapshot share: the file being written, text, values.
 *
 * A key's content hangs on the profile, its number and the RDB version alone, so it is the same on
 * every machine, and no profile keeps more than one key's packed value in memory.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "rdb_writer.h"

/* The moment of saving, 2038-01-01 UTC: a server that loads the file drops what has expired, and
 * then it would load less than we read.  Seconds still fit 32 bits, as they do in today's files. */
#define CTIME_S INT64_C(2145916800)

struct bench {
    struct buf out; /* not yet written; bench_flush() keeps it small */
    uint64_t crc;
    unsigned version; /* RDB version: 9, 10, 11, 12 or 80 */
    uint64_t random;
    struct buf text; /* of the string being made */
    struct buf blob; /* of the packed value being made */
    struct packed packed;
    bool has_failed; /* a write did; errno says why */
};

struct profile {
    const char *name;
    uint64_t used_bytes_a_key; /* roughly what a server needs */
    uint64_t (*count_expires)(uint64_t keys);
    /* Keys 0 <= number < keys of a database, in the order in which they are asked for. */
    void (*put_key)(struct bench *b, uint64_t number, uint64_t keys);
};
extern const struct profile rails_profile, collections_profile, patterns_profile;

/* Gives what has gathered to stdout when it is much. */
void bench_flush(struct bench *b, size_t above_bytes);

/* ---- numbers ------------------------------------------------------------------------------ */

void seed_random(struct bench *b, uint64_t seed);
uint64_t next_random(struct bench *b);
uint64_t random_below(struct bench *b, uint64_t n);
uint64_t mix_bits(uint64_t x); /* a permutation of all 64-bit numbers */
/* A permutation of [0, n): keys lie in a file in the order of their hashes. */
uint64_t permute(uint64_t i, uint64_t n);

/* ---- text --------------------------------------------------------------------------------- */

void add_number(struct buf *b, uint64_t v);
void add_hex(struct buf *b, uint64_t v, unsigned digits); /* the low digits */
void add_random_hex(struct bench *b, struct buf *to, unsigned digits);
void add_random_base64(struct bench *b, struct buf *to, unsigned count);
void add_uuid(struct buf *b, uint64_t n);
void add_words(struct bench *b, struct buf *to, uint64_t count);
const char *bench_word(uint64_t n); /* one of BENCH_WORDS */
#define BENCH_WORDS 64

/* ---- values ------------------------------------------------------------------------------- */

/* Every other kind of value by the version: the packed form of its time, or the table. */
enum value_type { VALUE_HASH, VALUE_SET, VALUE_ZSET };

void put_expiry(struct bench *b, uint64_t at_ms);
void put_key_name(struct bench *b, uint8_t type, struct text name);
uint8_t packed_type(const struct bench *b, enum value_type type); /* 0: the version has none */
uint8_t list_type(const struct bench *b);
/* Elements of the packed value, a ziplist before version 10 and a listpack since. */
void pack_text(struct bench *b, struct text s);
void pack_number(struct bench *b, int64_t v);
void put_packed(struct bench *b);    /* as a string, and begins the next */
void put_list_node(struct bench *b); /* the same as a node of a list */
void put_score(struct bench *b, double score);

#endif
