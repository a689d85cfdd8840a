/* option_check.h -- whether a value is fit for an option, wherever it was written. */
#ifndef RDBLENS_OPTION_CHECK_H
#define RDBLENS_OPTION_CHECK_H

#include "cli/option_table.h"
#include "util/error.h"

/* name: as the message shall call the option ("--top", "RDBLENS_TOP").  -1: *err says what is wrong
 * with value. */
int option_check(const struct option_row *row, const char *name, const char *value,
                 struct error *err);
/* The i-th word that the option takes; NULL behind the last, or when it takes no fixed words. */
const char *option_choice(const struct option_row *row, size_t i);
/* "yes", "no", "true", ... of an option without argument in a settings file. -1: neither. */
int option_check_switch(const char *name, const char *value, bool *ret_is_on, struct error *err);

#endif
