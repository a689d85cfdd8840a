/* fold_internal.h -- what the three files of the key folder share: bytes' classes, shapes,
 * randomness.
 */
#ifndef RDBLENS_FOLD_INTERNAL_H
#define RDBLENS_FOLD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Classes of a byte. */
enum {
    CLASS_DIGIT = 1,
    CLASS_LOWER = 2,
    CLASS_UPPER = 4,
    CLASS_HEX = 8,     /* also a..f or A..F */
    CLASS_NO_HEX = 16, /* also g..z or G..Z */
    CLASS_OTHER = 32,  /* of a multi-byte UTF-8 character, which counts as a letter */
    CLASS_DASH = 64,   /* - _ : between words, and inside URL-safe base64 */
    CLASS_DOT = 128,   /* . , + ~ : between words or numbers */
    CLASS_HARD = 256,  /* all other punctuation: between segments */
    CLASS_CONTROL = 512,
    CLASS_POD = 1024, /* also a digit or letter of Kubernetes' random names */
    CLASS_LETTER = CLASS_LOWER | CLASS_UPPER,
    CLASS_ALNUM = CLASS_DIGIT | CLASS_LETTER,
    CLASS_TOKEN = CLASS_ALNUM | CLASS_OTHER,
    CLASS_ALL = CLASS_POD - 1 /* every byte has one of these; CLASS_POD says nothing by itself */
};
extern const uint16_t fold_class[256];

static inline bool fold_is(uint8_t byte, unsigned classes)
{
    return (fold_class[byte] & classes) != 0;
}

/* Eight bytes at once; the order of the bytes does not matter to those who ask. */
static inline uint64_t fold_load(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}
#define FOLD_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

/* The top bit of each byte that is >= least; all bytes must be below 0x80. */
static inline uint64_t fold_at_least(uint64_t x, unsigned least)
{
    return (x + FOLD_EACH(0x80 - least)) & FOLD_EACH(0x80);
}

/* The classes that occur in eight bytes when all are digits or small letters, else 0. */
static inline unsigned fold_classes_of_eight(uint64_t x)
{
    const uint64_t a = fold_at_least(x, 'a'), g = fold_at_least(x, 'g');
    const uint64_t digits = fold_at_least(x, '0') & ~fold_at_least(x, '9' + 1);

    if (x & FOLD_EACH(0x80) || (digits | (a & ~fold_at_least(x, 'z' + 1))) != FOLD_EACH(0x80))
        return 0;
    return (digits != 0 ? CLASS_DIGIT : 0u) | ((a & ~g) != 0 ? CLASS_LOWER | CLASS_HEX : 0u) |
           (g != 0 ? CLASS_LOWER | CLASS_NO_HEX : 0u);
}

/* Behind the bytes at p that are of `wanted`, all letters and digits among them; *classes gets what
 * occurs in them. */
static inline const uint8_t *fold_skip(const uint8_t *p, const uint8_t *end, unsigned wanted,
                                       unsigned *classes)
{
    unsigned eight, class_;

    while (end - p >= 8 && (eight = fold_classes_of_eight(fold_load(p))) != 0) {
        *classes |= eight;
        p += 8;
    }
    while (p < end && ((class_ = fold_class[*p]) & wanted) != 0) {
        *classes |= class_;
        p++;
    }
    return p;
}

/* Shapes that cross separators.  Each looks at p..end and returns the bytes of the shape that
 * starts at p, or 0; none looks further than a few dozen bytes unless said. */
size_t fold_shape_uuid(const uint8_t *p, const uint8_t *end);
size_t fold_shape_time(const uint8_t *p, const uint8_t *end);
size_t fold_shape_address(const uint8_t *p, const uint8_t *end); /* IPv6, MAC */
size_t fold_shape_mail(const uint8_t *p, const uint8_t *end);
/* *nowhere_before: no base64 begins before; only ever moved on, for the same end. */
size_t fold_shape_base64(const uint8_t *p, const uint8_t *end, const uint8_t **nowhere_before);
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

/* Behind the element of a glob that begins at `at`. */
size_t glob_element_end(const uint8_t *glob, size_t glob_bytes, size_t at);

#endif
