/* fixture_maker.h -- what demonstration snapshots are made with: a fixed seed, ids, dates. */
#ifndef TESTS_SUPPORT_FIXTURE_MAKER_H
#define TESTS_SUPPORT_FIXTURE_MAKER_H

#include "fixture.h"

struct maker {
    struct fixture *f;
    uint64_t random;
};

uint32_t below(struct maker *m, uint32_t limit);
void add_hex(struct maker *m, struct buf *b, size_t digits);
void add_uuid(struct maker *m, struct buf *b);
/* YYYY-MM-DD, or with the time too. */
void format_utc(char *out, size_t out_bytes, bool is_date, int64_t at_s);
struct cell cell_of(const struct buf *b);

#endif
