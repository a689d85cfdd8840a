/* rules.h -- the user's own patterns: globs that go before automatic folding. */
#ifndef RDBLENS_RULES_H
#define RDBLENS_RULES_H

#include "pattern/pattern.h"
#include "util/error.h"

#define PATTERN_MAX_RULES 256

struct pattern_rule {
    uint8_t *glob;
    size_t glob_bytes;
    size_t prefix_bytes; /* literally at the begin of each key */
};

struct pattern_rules {
    struct pattern_rule *items;
    size_t count;
};

/* Adds a rule behind the others; the text is copied.  option: who asks, for the message. */
int pattern_rules_add(struct pattern_rules *r, const char *option, const char *glob,
                      struct error *err);
void pattern_rules_done(struct pattern_rules *r);

/* The first rule that matches is the key's pattern.  False: none does. */
bool pattern_rules_shape(const struct pattern_rules *r, const uint8_t *key, size_t key_bytes,
                         struct pattern_shape *ret_shape);

/* A JSON array of the globs, for snapshots.pattern_rules; NULL when there are none.  The caller
 * frees it.  -1: out of memory. */
int pattern_rules_text(const struct pattern_rules *r, char **ret_text);

#endif
