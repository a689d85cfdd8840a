/* value_check.h -- what a server refuses in a value whose every byte can be read: things that are
 * there twice, and pending entries that do not fit together. */
#ifndef RDBLENS_VALUE_CHECK_H
#define RDBLENS_VALUE_CHECK_H

#include "rdbparse/rdbparse.h"

struct value_check;

struct value_finding {
    bool is_refused; /* by every server; else only with sanitize-dump-payload yes */
    uint64_t offset;
    char message[200];
};

/* NULL: out of memory. */
struct value_check *value_check_new(void);
/* NULL is fine. */
void value_check_free(struct value_check *c);

/* Each event of a value, read at depth BYTES. */
void value_check_event(struct value_check *c, const rdbp_event *ev);
/* After VALUE_END: what is wrong with that value, or NULL.  Valid until its next KEY. */
const struct value_finding *value_check_result(const struct value_check *c);
/* Elements and ids, of all values so far, for which there was no room. */
uint64_t value_check_unchecked(const struct value_check *c);

#endif
