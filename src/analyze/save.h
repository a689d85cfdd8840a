/* save.h -- what is known after the last key, into the store. */
#ifndef RDBLENS_SAVE_H
#define RDBLENS_SAVE_H

#include "analyze/decode.h"
#include "analyze/tally.h"

/* patterns, databases, TTL buckets.  hints: the file's own figures; server: who knows the tables,
 * NULL if nobody does. is_filtered: databases without a key that passed are left out. */
int save_aggregate(struct store *s, const struct aggregate *a, const struct hints *hints,
                   const struct server_meter *server, bool is_filtered, struct error *err);
/* type_name: a type_id's name, for scope_value. */
int save_top(struct store *s, const struct top *t, const char *(*type_name)(const void *, uint32_t),
             const void *user, struct error *err);
bool save_sidekiq_set_passes(const struct filter *f, const struct sidekiq_set *set);
/* Statistics are sums over many keys: they are kept whole when their names pass. */
bool save_sidekiq_stat_passes(const struct filter *f, const struct sidekiq_stat *stat);
/* Read to its end, nothing damaged. */
bool save_is_complete(const struct decoder *d);
/* All of a snapshot but its key rows and the most part of its `snapshots` row. */
int save_snapshot_parts(struct store *s, const struct decoder *d, const struct tally *t,
                        struct error *err);

#endif
