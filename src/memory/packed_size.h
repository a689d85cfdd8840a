/* packed_size.h -- how long an element is inside a listpack or a ziplist. */
#ifndef RDBLENS_PACKED_SIZE_H
#define RDBLENS_PACKED_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* A listpack entry with its back length: an integer, a string that is not an integer's text, an
 * item of the parser (integer is read when it is one). */
uint64_t listpack_integer_bytes(int64_t integer);
uint64_t listpack_text_bytes(uint64_t size_bytes);
uint64_t listpack_string_bytes(uint64_t size_bytes, bool is_integer, int64_t integer);

/* The entries of a ziplist so far, without its header and end mark: an entry tells the length of
 * the one before it. */
struct ziplist_size {
    uint64_t bytes;
    uint64_t last_entry_bytes;
};
void ziplist_size_add(struct ziplist_size *z, uint64_t size_bytes, bool is_integer,
                      int64_t integer);

/* How a server turns a score of a packed zset into an element. */
enum score_format {
    SCORE_G17_NARROW = 0, /* up to 6.2: integers within 2^52 as such, others as %.17g */
    SCORE_G17,            /* 7.0: integers within 2^62 */
    SCORE_SHORTEST        /* since 7.2: others as the shortest text that reads back the same */
};
struct score_element {
    uint64_t size_bytes; /* of its text, unless it is an integer */
    bool is_integer;     /* stored as one; only the magnitude matters */
    int64_t integer;
};
struct score_element score_element_of(double score, enum score_format format);

#endif
