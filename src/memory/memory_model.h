/* memory_model.h -- what a key weighs on a server that has loaded it.
 *
 * The rules are one engine, the server versions rows of data (docs: memory-model.md).  A key_meter
 * weighs one key at a time from the parser's events:
 *
 *      key_meter_begin()  at KEY         -> the depth it needs
 *      key_meter_blob()   at each BLOB   -> the depth it needs for this blob
 *      key_meter_items()  at each ITEMS
 *      key_meter_end()    at VALUE_END   -> bytes, alloc_bytes, encoding, largest element
 *
 * It allocates only what a value's replay needs (bounded by the version's conversion limits) and
 * keeps it from key to key.
 */
#ifndef RDBLENS_MEMORY_MODEL_H
#define RDBLENS_MEMORY_MODEL_H

#include "key_row.h"

struct memory_model; /* one server version with its settings: immutable data */

/* "redis-7.2" and so on; NULL when there is no such model. */
const struct memory_model *memory_model_find(const char *name);
const char *memory_model_name(const struct memory_model *m);

/* Both figures are ROW_NULL for a damaged value, 0 for an empty collection: servers drop it. */
struct key_size {
    int64_t bytes;
    int64_t alloc_bytes;
    enum encoding encoding;
    enum size_note note;     /* of `bytes`; alloc_bytes of a set's table is always an expectation */
    int64_t largest_element; /* ROW_NULL where an element was not looked at */
};

struct key_meter;

/* deep: open every value, so that largest_element is always known. NULL when out of memory. */
struct key_meter *key_meter_new(const struct memory_model *m, bool deep);
void key_meter_free(struct key_meter *k);

/* _begin and _blob return the mask for rdbp_set_depth(); a caller that wants more adds its own
 * bits.  Items beyond what was asked for, and strings in pieces, do no harm. */
unsigned key_meter_begin(struct key_meter *k, const struct rdbp_key *key);
unsigned key_meter_blob(struct key_meter *k, const struct rdbp_blob *blob);
void key_meter_items(struct key_meter *k, const struct rdbp_items *items);
/* Returns 0, or -1 when memory ran out while weighing (the figures are then ROW_NULL). */
int key_meter_end(struct key_meter *k, const struct rdbp_value_end *end, struct key_size *ret_size);

#endif
