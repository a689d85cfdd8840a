/* save_values.h -- what is known of values beyond their rows, into the store. */
#ifndef RDBLENS_SAVE_VALUES_H
#define RDBLENS_SAVE_VALUES_H

#include "analyze/decode.h"
#include "analyze/tally.h"

int save_values(struct store *s, const struct decoder *d, const struct tally *t, struct error *err);

#endif
