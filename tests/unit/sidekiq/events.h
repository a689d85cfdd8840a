/* events.h -- a parser's events for one key after another, made by hand. */
#ifndef TESTS_UNIT_SIDEKIQ_EVENTS_H
#define TESTS_UNIT_SIDEKIQ_EVENTS_H

#include "sidekiq/sidekiq.h"

struct feed {
    struct sidekiq_collector *collector;
    uint64_t db;
    int64_t expire_at_ms; /* of the keys to come; ROW_NULL: none */
    size_t piece_bytes;   /* elements come in pieces of this; 0: whole */
    bool is_damaged;      /* the values to come */
    size_t items_a_blob;  /* elements in one node; 0: all */
    size_t elements_read; /* of the last value, before the collector wanted no more */
};

struct feed feed_new(void);
void feed_done(struct feed *f);

/* bytes of each key are 100, so that sums are counts. */
#define FEED_KEY_BYTES 100

void feed_string(struct feed *f, const char *key, const char *value);
/* NULL-terminated element lists. */
void feed_list(struct feed *f, const char *key, const char *const *elements);
void feed_set(struct feed *f, const char *key, const char *const *members);
void feed_zset(struct feed *f, const char *key, const char *const *members, const double *scores);
void feed_hash(struct feed *f, const char *key, const char *const *fields_and_values);
/* The same element count times. */
void feed_repeat(struct feed *f, enum rdbp_type type, const char *key, const char *element,
                 size_t count);

#endif
