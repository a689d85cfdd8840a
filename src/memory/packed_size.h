/* packed_size.h -- how long an element is inside a listpack. */
#ifndef RDBLENS_PACKED_SIZE_H
#define RDBLENS_PACKED_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* An entry with its back length: an integer, a string that is not an integer's text, an item of the
 * parser (u.integer is read when it says is_integer), a score that a server writes by itself. */
uint64_t listpack_integer_bytes(int64_t integer);
uint64_t listpack_text_bytes(uint64_t size_bytes);
uint64_t listpack_string_bytes(uint64_t size_bytes, bool is_integer, int64_t integer);
uint64_t listpack_score_bytes(double score);

#endif
