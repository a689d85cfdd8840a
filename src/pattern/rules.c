/* rules.c -- the user's own patterns.
 *
 *      --pattern 'cart:*:items' --pattern 'cart:*'
 *
 *      cart:17:items     cart:*:items      the first that matches
 *      cart:17:owner     cart:*
 *      user:17           user:*            folded, as no rule matches
 *
 * A rule is a glob as Redis has them, and a key's pattern is the rule itself, so that its glob can
 * be typed as it is.  Most keys are told from a rule by its literal begin, before anything is
 * matched.
 */
// SPDX-License-Identifier: MIT
#include "pattern/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

int pattern_rules_add(struct pattern_rules *r, const char *option, const char *glob,
                      struct error *err)
{
    const size_t bytes = strlen(glob);
    struct pattern_rule *items, *rule;

    if (bytes == 0 || bytes > PATTERN_MAX_BYTES)
        return error_set(err, EXIT_CANNOT_RUN, "%s: a pattern has 1 to %d bytes, this one has %zu",
                         option, PATTERN_MAX_BYTES, bytes);
    if (r->count == PATTERN_MAX_RULES)
        return error_set(err, EXIT_CANNOT_RUN, "%s: more than %d patterns", option,
                         PATTERN_MAX_RULES);
    items = realloc(r->items, (r->count + 1) * sizeof *items);
    if (items == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    r->items = items;
    rule = &items[r->count];
    rule->glob = malloc(bytes);
    if (rule->glob == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    memcpy(rule->glob, glob, bytes);
    rule->glob_bytes = bytes;
    rule->prefix_bytes = strcspn(glob, "*?[\\");
    r->count++;
    return 0;
}

void pattern_rules_done(struct pattern_rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->items[i].glob);
    free(r->items);
    *r = (struct pattern_rules){0};
}

bool pattern_rules_shape(const struct pattern_rules *r, const uint8_t *key, size_t key_bytes,
                         struct pattern_shape *ret_shape)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct pattern_rule *const rule = &r->items[i];

        if (key_bytes >= rule->prefix_bytes &&
            (rule->prefix_bytes == 0 || memcmp(key, rule->glob, rule->prefix_bytes) == 0) &&
            glob_match(rule->glob, rule->glob_bytes, key, key_bytes)) {
            *ret_shape =
                (struct pattern_shape){rule->glob, rule->glob_bytes, PATTERN_STARS_ANY, true};
            return true;
        }
    }
    return false;
}

int pattern_rules_text(const struct pattern_rules *r, char **ret_text)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out;

    *ret_text = NULL;
    if (r->count == 0)
        return 0;
    out = open_memstream(&text, &size_bytes);
    if (out == NULL)
        return -1;
    for (size_t i = 0; i < r->count; i++) {
        fputc(i == 0 ? '[' : ',', out);
        text_write_json(out, r->items[i].glob, r->items[i].glob_bytes);
    }
    fputc(']', out);
    if (fclose(out) != 0) {
        free(text);
        return -1;
    }
    *ret_text = text;
    return 0;
}
