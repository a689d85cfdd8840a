/* value_sums.h -- what is known of values beyond their rows, summed by pattern. */
#ifndef RDBLENS_VALUE_SUMS_H
#define RDBLENS_VALUE_SUMS_H

#include "key_row.h"

/* Strings of more than so many bytes are worth a try to a server that compresses. */
#define TRIED_FROM_BYTES 21

/* Strings that a saving server tries to compress, and those of them that it did compress. */
struct string_sum {
    uint64_t keys;
    int64_t raw_bytes;
    uint64_t lzf_keys;
    int64_t lzf_raw_bytes, lzf_bytes;
    int64_t lzf_alloc_bytes, lzf_alloc_bytes_after; /* of their keys: now, and stored compressed */
};

/* By raw length: below 64, 256, ... bytes. */
#define STRING_CLASSES 8
uint64_t string_class_from(int string_class); /* the smallest length of a class */

struct form_sum {
    uint64_t keys;
    int64_t elements;
    int64_t alloc_bytes, alloc_bytes_after;
};

struct field_ttl_sum {
    uint64_t keys;
    int64_t fields, ttl_fields, expired_fields;
    int64_t first_ms, last_ms; /* ROW_NULL: none */
};

/* Factors 1, 2, 4 of both limits, by their logarithms; listpack or ziplist first, then intset. */
#define FACTORS 3
struct pattern_values {
    struct string_sum strings;
    struct field_ttl_sum field_ttls;
    struct form_sum packed[FACTORS][FACTORS];
    struct form_sum intset[FACTORS];
    uint8_t packed_kind; /* enum form_kind, FORM_NONE: none */
};

struct value_sums;

/* NULL when out of memory. */
struct value_sums *value_sums_new(void);
void value_sums_free(struct value_sums *v); /* NULL is fine */
/* row: with its pattern_n.  facts: NULL if there are none.  -1: out of memory. */
int value_sums_add(struct value_sums *v, const struct key_row *row,
                   const struct value_facts *facts);
/* NULL: nothing is known of that pattern's values. */
const struct pattern_values *value_sums_of(const struct value_sums *v, uint64_t pattern_n);
const struct string_sum *value_sums_strings(const struct value_sums *v, int string_class);

#endif
