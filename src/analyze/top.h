/* top.h -- the 1,000 largest keys by each measure: over all, per type, per database. */
#ifndef RDBLENS_TOP_H
#define RDBLENS_TOP_H

#include "key_row.h"

#define TOP_KEYS       1000
#define TOP_MAX_SCOPES 64 /* types and databases, each: the first so many */

enum top_measure {
    TOP_BYTES = 0,
    TOP_ELEMENTS,
    TOP_LARGEST_ELEMENT,
    TOP_RDB_BYTES,
    TOP_KEY_BYTES, /* length of the name */
    TOP_FREQ,      /* of files with LFU data */
    TOP_MEASURE_COUNT_
};
const char *top_measure_name(enum top_measure m);

enum top_scope { TOP_ALL = 0, TOP_TYPE, TOP_DB };
const char *top_scope_name(enum top_scope s);

struct top_entry {
    int64_t value;
    uint64_t n;
};

struct top_list {
    enum top_measure measure;
    enum top_scope scope;
    uint64_t scope_value; /* type_id or db */
    struct top_entry
        *entries; /* after top_sort(): the largest first, of equal ones the earlier key */
    size_t count;
};

struct top;
struct top *top_new(void); /* NULL: out of memory */
void top_free(struct top *t);
/* Keys come by ascending row->n.  1: the key is in some list (for now); 0: in none; -1: out of
 * memory. */
int top_add(struct top *t, const struct key_row *row);
void top_sort(struct top *t);
size_t top_list_count(const struct top *t);
const struct top_list *top_list_at(const struct top *t, size_t i);

#endif
