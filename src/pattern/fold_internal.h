/* fold_internal.h -- what the three files of the key folder share: bytes' classes, shapes,
 * randomness.
 */
#ifndef RDBLENS_FOLD_INTERNAL_H
#define RDBLENS_FOLD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Classes of a byte.  0: a byte of a multi-byte UTF-8 character, which counts as a letter. */
enum {
    CLASS_DIGIT = 1,
    CLASS_LOWER = 2,
    CLASS_UPPER = 4,
    CLASS_HEX = 8,   /* also a..f or A..F */
    CLASS_DASH = 16, /* - _ : between words, and inside URL-safe base64 */
    CLASS_DOT = 32,  /* . , + ~ : between words or numbers */
    CLASS_HARD = 64, /* all other punctuation: between segments */
    CLASS_CONTROL = 128,
    CLASS_LETTER = CLASS_LOWER | CLASS_UPPER,
    CLASS_ALNUM = CLASS_DIGIT | CLASS_LETTER
};
extern const uint8_t fold_class[256];

static inline bool fold_is(uint8_t byte, unsigned classes)
{
    return (fold_class[byte] & classes) != 0;
}

/* Shapes that cross separators.  Each looks at p..end and returns the bytes of the shape that
 * starts at p, or 0; none looks further than a few dozen bytes unless said. */
size_t fold_shape_uuid(const uint8_t *p, const uint8_t *end);
size_t fold_shape_time(const uint8_t *p, const uint8_t *end);
size_t fold_shape_address(const uint8_t *p, const uint8_t *end); /* IPv6, MAC */
size_t fold_shape_mail(const uint8_t *p, const uint8_t *end);
size_t fold_shape_base64(const uint8_t *p, const uint8_t *end);
size_t fold_shape_json(const uint8_t *p, const uint8_t *end); /* searches to the end */
size_t fold_shape_pod(const uint8_t *p, const uint8_t *end);

/* How much better the bytes (letters and digits) fit random choice than words: quarter bits,
 * positive for random.  classes: the classes that occur in them. */
int fold_randomness(const uint8_t *p, size_t bytes, unsigned classes);

/* True when letters and digits look like an identifier somebody generated. */
bool fold_is_random(const uint8_t *p, size_t bytes, unsigned classes, size_t digits);

/* The random part of letters, digits, - and _ in mixed case (URL-safe base64), cut at separators.
 */
bool fold_find_random(const uint8_t *p, size_t bytes, size_t *ret_begin, size_t *ret_end);

#endif
