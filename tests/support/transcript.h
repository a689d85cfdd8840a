/* transcript.h -- everything a parse says, as text that does not depend on how the input was cut.
 *
 * One line an event.  Items are listed without their batches and strings without their pieces, as those
 * follow the window; all else, offsets included, must be the same however the bytes arrive.
 */
#ifndef TESTS_SUPPORT_TRANSCRIPT_H
#define TESTS_SUPPORT_TRANSCRIPT_H

#include <stdint.h>

#include "buf.h"
#include "rdbparse/rdbparse.h"

/* What a parse came to, beside its text. */
struct transcript {
    struct buf text;
    size_t complete_bytes; /* of text: up to the last whole line group (key, record) */
    uint64_t event_count, key_count;
    uint64_t last_offset; /* the largest offset any event or error named */
    enum rdbp_errcode error;
    uint64_t error_offset;
};

void transcript_make(struct transcript *t, rdbp_parser *p);
void transcript_done(struct transcript *t);

#endif
