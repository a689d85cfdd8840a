/* filter.h -- --db, --type, --match and the like, with their --not- forms: which keys count.
 *
 * The same option given twice means either of them; different options must all hold.  A --not-
 * option excludes what its pair would select.
 */
#ifndef RDBLENS_FILTER_H
#define RDBLENS_FILTER_H

#include "key_row.h"
#include "util/error.h"

enum filter_kind {
    FILTER_DB = 0,
    FILTER_TYPE,
    FILTER_MATCH,
    FILTER_MIN_BYTES,
    FILTER_MAX_BYTES,
    FILTER_NO_TTL,
    FILTER_KIND_COUNT_
};

struct filter_term {
    enum filter_kind kind;
    bool is_negated;
    int64_t number;   /* DB, MIN_BYTES, MAX_BYTES */
    const char *text; /* TYPE, MATCH: borrowed from the command line */
};

#define FILTER_MAX_TERMS 256

struct filter {
    struct filter_term *terms;
    size_t count;
};

/* Adds a term; text is what followed the option (NULL for NO_TTL) and stays borrowed. */
int filter_add(struct filter *f, enum filter_kind kind, bool is_negated, const char *text,
               struct error *err);
void filter_done(struct filter *f);
/* A word of TYPE's, or what may be a module type's name: nine characters of its 64. */
bool filter_is_type(const char *word);

/* Names longer than 1 MiB are matched by their first 1,024 bytes.  A size that is not known lies
 * within no bound, so only the --not- form selects it: an option and its pair split the keys in
 * two. */
bool filter_passes(const struct filter *f, const struct key_row *row);
/* Looks at db, type and name only: for what is known of a group of keys. */
bool filter_passes_name(const struct filter *f, uint64_t db, enum rdbp_type type,
                        const uint8_t *key, size_t key_bytes);
/* The options as they could be typed again, for snapshots.filter; NULL when there are none.  The
 * caller frees it.  -1: out of memory. */
int filter_text(const struct filter *f, char **ret_text);

#endif
