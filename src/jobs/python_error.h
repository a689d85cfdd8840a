/* python_error.h -- the exception's class out of a Python traceback that RQ keeps compressed.
 *
 *      python_error_begin()    a new text: zlib, or base64 of it
 *      python_error_feed()     its bytes, in any pieces
 *      python_error_class()    the class of the last traceback in it; 0 bytes: none was found
 *
 * Memory is this struct and what zlib takes, whatever the text; at most PYTHON_ERROR_MAX_BYTES are
 * unpacked of one.
 */
#ifndef RDBLENS_PYTHON_ERROR_H
#define RDBLENS_PYTHON_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#define PYTHON_ERROR_MAX_BYTES ((size_t)1024 * 1024)

/* All zero before its first use. */
struct python_error {
    z_stream z;
    bool is_ready; /* z is */
    bool is_failed, is_base64;
    bool is_wanted; /* a traceback began, its class has not come */
    uint32_t bits;  /* of base64 that are no byte yet */
    unsigned bit_count;
    size_t left_bytes;
    char line[256], class_[256];
    size_t line_bytes, class_bytes;
};

void python_error_begin(struct python_error *e, bool is_base64);
void python_error_feed(struct python_error *e, const uint8_t *bytes, size_t size_bytes);
const char *python_error_class(struct python_error *e, size_t *ret_bytes);
void python_error_done(struct python_error *e);

#endif
