/* top.c -- the largest keys by each measure, kept while streaming.
 *
 * Every list is a binary heap with its smallest entry at the root.  Keys come in file order, and of
 * equal ones the earlier stays: a newcomer must be strictly larger than the root, and among equal
 * roots the latest leaves first.  The lists are then the first TOP_KEYS of ORDER BY value DESC, n.
 *
 * What a newcomer must exceed is kept beside the lists of its scope, so that a key that is not
 * among the largest, as nearly all are, costs a comparison a measure:
 *
 *      all           floors: bytes, elements, largest_element, rdb_bytes, ...
 *      type string   floors: ...
 *      db 0          floors: ...
 *
 * A key without the figure (NULL) is in no list of that measure.
 */
// SPDX-License-Identifier: MIT
#include "analyze/top.h"

#include <stdbool.h>
#include <stdlib.h>

#define MAX_LISTS (TOP_MEASURE_COUNT_ * (1 + 2 * TOP_MAX_SCOPES))

struct scope_lists {
    uint64_t value;
    struct top_list *lists;             /* TOP_MEASURE_COUNT_ of them */
    int64_t floors[TOP_MEASURE_COUNT_]; /* the root's value; ROW_NULL, the least, while not full */
};

struct top {
    struct top_list lists[MAX_LISTS];
    size_t list_count;
    struct scope_lists all, types[TOP_MAX_SCOPES], dbs[TOP_MAX_SCOPES];
    size_t type_count, db_count;
};

const char *top_measure_name(enum top_measure m)
{
    static const char *const names[] = {"bytes",     "elements",  "largest_element",
                                        "rdb_bytes", "key_bytes", "freq"};

    return names[m];
}

const char *top_scope_name(enum top_scope s)
{
    static const char *const names[] = {"all", "type", "db"};

    return names[s];
}

/* A list for each measure, in a row. */
static int make_scope(struct top *t, struct scope_lists *ret, enum top_scope scope, uint64_t value)
{
    struct scope_lists made = {.value = value, .lists = &t->lists[t->list_count]};

    for (int m = 0; m < TOP_MEASURE_COUNT_; m++) {
        struct top_list *l = &t->lists[t->list_count];

        l->entries = malloc(TOP_KEYS * sizeof *l->entries);
        if (l->entries == NULL)
            return -1;
        l->measure = (enum top_measure)m;
        l->scope = scope;
        l->scope_value = value;
        made.floors[m] = ROW_NULL;
        t->list_count++;
    }
    *ret = made;
    return 0;
}

struct top *top_new(void)
{
    struct top *t = calloc(1, sizeof *t);

    if (t != NULL && make_scope(t, &t->all, TOP_ALL, 0) < 0) {
        top_free(t);
        return NULL;
    }
    return t;
}

void top_free(struct top *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < MAX_LISTS; i++)
        free(t->lists[i].entries);
    free(t);
}

/* Smaller, or equal and later in the file: leaves earlier. */
static bool is_less(const struct top_entry *a, const struct top_entry *b)
{
    return a->value < b->value || (a->value == b->value && a->n > b->n);
}

static void sift_up(struct top_entry *e, size_t i)
{
    while (i > 0) {
        const size_t parent = (i - 1) / 2;
        struct top_entry moved;

        if (!is_less(&e[i], &e[parent]))
            return;
        moved = e[i];
        e[i] = e[parent];
        e[parent] = moved;
        i = parent;
    }
}

static void sift_down(struct top_entry *e, size_t count)
{
    size_t i = 0;

    for (;;) {
        size_t least = i;
        struct top_entry moved;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++) {
            if (is_less(&e[child], &e[least]))
                least = child;
        }
        if (least == i)
            return;
        moved = e[i];
        e[i] = e[least];
        e[least] = moved;
        i = least;
    }
}

/* value: above the floor.  Returns the new floor. */
static int64_t list_add(struct top_list *l, int64_t value, uint64_t n)
{
    const struct top_entry entry = {value, n};

    if (l->count < TOP_KEYS) {
        l->entries[l->count] = entry;
        sift_up(l->entries, l->count++);
    } else {
        l->entries[0] = entry;
        sift_down(l->entries, l->count);
    }
    return l->count < TOP_KEYS ? ROW_NULL : l->entries[0].value;
}

/* A bit for each measure whose value is above the floor. */
static unsigned above_floors(const struct scope_lists *s, const int64_t *values)
{
    unsigned above = 0;

    for (int m = 0; m < TOP_MEASURE_COUNT_; m++)
        above |= (unsigned)(values[m] > s->floors[m]) << m;
    return above;
}

static void lists_add(struct scope_lists *s, const int64_t *values, unsigned above, uint64_t n)
{
    for (int m = 0; m < TOP_MEASURE_COUNT_; m++) {
        if (above >> m & 1)
            s->floors[m] = list_add(&s->lists[m], values[m], n);
    }
}

/* *ret_scope: NULL when there are too many of its kind.  -1: out of memory. */
static int need_scope(struct top *t, enum top_scope scope, struct scope_lists *scopes,
                      size_t *count, uint64_t value, struct scope_lists **ret_scope)
{
    size_t i = 0;

    while (i < *count && scopes[i].value != value)
        i++;
    if (i == *count && i < TOP_MAX_SCOPES) {
        if (make_scope(t, &scopes[i], scope, value) < 0)
            return -1;
        (*count)++;
    }
    *ret_scope = i < TOP_MAX_SCOPES ? &scopes[i] : NULL;
    return 0;
}

/* What is among the largest of all is among those of its type and of its database: the lists of all
 * are asked only about what is above the others' floors, and that is hardly ever any. */
int top_add(struct top *t, const struct key_row *row)
{
    const int64_t values[TOP_MEASURE_COUNT_] = {
        row->bytes,     row->elements,           row->largest_element,
        row->rdb_bytes, (int64_t)row->key_bytes, row->freq};
    const unsigned any = (1u << TOP_MEASURE_COUNT_) - 1;
    unsigned in_type, in_db, in_all;
    struct scope_lists *type, *db;

    if (need_scope(t, TOP_TYPE, t->types, &t->type_count, row->type_id, &type) < 0 ||
        need_scope(t, TOP_DB, t->dbs, &t->db_count, row->db, &db) < 0)
        return -1;
    in_type = type == NULL ? any : above_floors(type, values);
    in_db = db == NULL ? any : above_floors(db, values);
    if ((in_type | in_db) == 0)
        return 0;
    in_all = in_type & in_db;
    in_all = in_all == 0 ? 0 : in_all & above_floors(&t->all, values);
    in_type = type == NULL ? 0 : in_type;
    in_db = db == NULL ? 0 : in_db;
    lists_add(&t->all, values, in_all, row->n);
    if (in_type != 0)
        lists_add(type, values, in_type, row->n);
    if (in_db != 0)
        lists_add(db, values, in_db, row->n);
    return (in_all | in_type | in_db) != 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct top_entry *x = a, *y = b;

    return is_less(x, y) ? 1 : is_less(y, x) ? -1 : 0;
}

void top_sort(struct top *t)
{
    for (size_t i = 0; i < t->list_count; i++)
        qsort(t->lists[i].entries, t->lists[i].count, sizeof *t->lists[i].entries, compare_entries);
}

size_t top_list_count(const struct top *t)
{
    return t->list_count;
}

const struct top_list *top_list_at(const struct top *t, size_t i)
{
    return &t->lists[i];
}
