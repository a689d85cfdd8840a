/* test_top.c -- the lists of the largest keys, against sorting everything. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/top.h"

#define KEY_COUNT 20000

static struct key_row rows[KEY_COUNT];
static int sort_measure;

static int64_t measure_of(const struct key_row *r, int measure)
{
    switch (measure) {
    case TOP_BYTES: return r->bytes;
    case TOP_ELEMENTS: return r->elements;
    case TOP_LARGEST_ELEMENT: return r->largest_element;
    case TOP_RDB_BYTES: return r->rdb_bytes;
    case TOP_KEY_BYTES: return (int64_t)r->key_bytes;
    default: return r->freq;
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct key_row *x = *(const struct key_row *const *)a;
    const struct key_row *y = *(const struct key_row *const *)b;
    const int64_t xv = measure_of(x, sort_measure), yv = measure_of(y, sort_measure);

    if (xv != yv)
        return xv > yv ? -1 : 1;
    return x->n < y->n ? -1 : 1;
}

/* shape 0: random with many ties; 1: ascending; 2: descending; 3: all the same. */
static void fill_rows(int shape)
{
    uint64_t random = 88172645463325252;

    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct key_row *r = &rows[i];
        int64_t v;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        v = shape == 0   ? (int64_t)(random % 500)
            : shape == 1 ? (int64_t)i
            : shape == 2 ? (int64_t)(KEY_COUNT - i)
                         : 7;
        memset(r, 0, sizeof *r);
        r->n = i + 1;
        r->db = random % 3;
        r->type_id = (uint32_t)(random >> 8) % 5;
        r->bytes = i % 97 == 0 ? ROW_NULL : v;
        r->elements = (int64_t)(random >> 20) % 100;
        r->largest_element = i % 2 == 0 ? ROW_NULL : v * 3;
        r->rdb_bytes = (int64_t)(random >> 30) % 100000;
        r->key_bytes = (random >> 12) % 3000;
        r->freq = i % 3 == 0 ? ROW_NULL : (int64_t)(random >> 40) % 256;
    }
}

static bool is_in_scope(const struct key_row *r, const struct top_list *l)
{
    switch (l->scope) {
    case TOP_TYPE: return r->type_id == l->scope_value;
    case TOP_DB: return r->db == l->scope_value;
    default: return true;
    }
}

static void check_list(const struct top_list *l)
{
    static const struct key_row *sorted[KEY_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (is_in_scope(&rows[i], l) && measure_of(&rows[i], (int)l->measure) != ROW_NULL)
            sorted[count++] = &rows[i];
    }
    sort_measure = (int)l->measure;
    qsort(sorted, count, sizeof *sorted, compare_rows);
    assert_int_equal(l->count, count < TOP_KEYS ? count : TOP_KEYS);
    for (size_t i = 0; i < l->count; i++) {
        assert_int_equal(l->entries[i].n, sorted[i]->n);
        assert_int_equal(l->entries[i].value, measure_of(sorted[i], (int)l->measure));
    }
}

static void test_against_sorting(void **state)
{
    static const char *const shapes[] = {"random", "ascending", "descending", "equal"};

    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        struct top *t = top_new();

        print_message("%s\n", shapes[shape]);
        fill_rows(shape);
        for (size_t i = 0; i < KEY_COUNT; i++)
            assert_true(top_add(t, &rows[i]) >= 0);
        top_sort(t);
        assert_int_equal(top_list_count(t), TOP_MEASURE_COUNT_ * (1 + 5 + 3));
        for (size_t i = 0; i < top_list_count(t); i++)
            check_list(top_list_at(t, i));
        top_free(t);
    }
}

static void test_scopes_are_bounded(void **state)
{
    struct top *t = top_new();
    struct key_row r = {.bytes = 1, .elements = 1, .largest_element = 1, .rdb_bytes = 1};

    (void)state;
    for (uint64_t db = 0; db < 1000; db++) {
        r.n = db + 1;
        r.db = db;
        assert_int_equal(top_add(t, &r),
                         1); /* fewer than TOP_KEYS so far: all are in the list over all */
    }
    assert_int_equal(top_list_count(t), TOP_MEASURE_COUNT_ * (1 + 1 + TOP_MAX_SCOPES));
    r.n = 1001;
    assert_int_equal(top_add(t, &r), 0);
    top_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_sorting),
        cmocka_unit_test(test_scopes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
