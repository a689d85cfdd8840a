/* key_record.h -- a row of key_rows as SQLite stores it. */
#ifndef RDBLENS_KEY_RECORD_H
#define RDBLENS_KEY_RECORD_H

#include "store/store.h"

/* No record is longer than its names and this; the bytes before it that may be scribbled on are
 * counted. */
#define KEY_RECORD_FIXED_BYTES 192

/* Writes the record so that it ends at `end` and returns where it starts. */
uint8_t *key_record_write(uint8_t *end, const struct store_batch *b, const struct store_key *k);

#endif
