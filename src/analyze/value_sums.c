/* value_sums.c -- what is known of values beyond their rows, summed by pattern.
 *
 * A pattern's sums are made when the first of its keys has something to say, found by the pattern's
 * number, and of fixed size: memory is bounded by the number of patterns.
 */
// SPDX-License-Identifier: MIT
#include "analyze/value_sums.h"

#include <stdlib.h>

#include "analyze/sum.h"

struct value_sums {
    struct pattern_values **of; /* by pattern_n */
    size_t room;
    struct string_sum strings[STRING_CLASSES];
};

struct value_sums *value_sums_new(void)
{
    return calloc(1, sizeof(struct value_sums));
}

void value_sums_free(struct value_sums *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; i < v->room; i++)
        free(v->of[i]);
    free(v->of);
    free(v);
}

uint64_t string_class_from(int string_class)
{
    static const uint64_t from[STRING_CLASSES] = {
        TRIED_FROM_BYTES, 64, 256, 1024, 4096, 16384, 65536, 1048576};

    return from[string_class];
}

static int class_of(uint64_t size_bytes)
{
    int c = 0;

    while (c + 1 < STRING_CLASSES && size_bytes >= string_class_from(c + 1))
        c++;
    return c;
}

/* The sums of the pattern, made when they are not there yet; NULL: out of memory. */
static struct pattern_values *values_of(struct value_sums *v, uint64_t pattern_n)
{
    if (pattern_n >= v->room) {
        const size_t wanted = (size_t)pattern_n + (size_t)pattern_n / 2 + 64;
        struct pattern_values **grown = realloc(v->of, wanted * sizeof *grown);

        if (grown == NULL)
            return NULL;
        for (size_t i = v->room; i < wanted; i++)
            grown[i] = NULL;
        v->of = grown;
        v->room = wanted;
    }
    if (v->of[pattern_n] == NULL) {
        v->of[pattern_n] = calloc(1, sizeof **v->of);
        if (v->of[pattern_n] != NULL)
            v->of[pattern_n]->field_ttls.first_ms = v->of[pattern_n]->field_ttls.last_ms = ROW_NULL;
    }
    return v->of[pattern_n];
}

static int64_t capped(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void add_string(struct string_sum *s, const struct key_row *row,
                       const struct value_facts *facts)
{
    s->keys++;
    s->raw_bytes = add_capped(s->raw_bytes, row->elements);
    if (facts == NULL || facts->form.kind != FORM_COMPRESSED)
        return;
    s->lzf_keys++;
    s->lzf_raw_bytes = add_capped(s->lzf_raw_bytes, row->elements);
    s->lzf_bytes = add_capped(s->lzf_bytes, capped(facts->lzf_bytes));
    if (facts->is_expired)
        return;
    s->lzf_alloc_bytes = add_capped(s->lzf_alloc_bytes, row->alloc_bytes);
    s->lzf_alloc_bytes_after =
        add_capped(s->lzf_alloc_bytes_after, capped(facts->form.alloc_bytes));
}

static int factor_index(uint8_t factor)
{
    return factor == 1 ? 0 : factor == 2 ? 1 : 2;
}

static void add_form(struct pattern_values *p, const struct key_row *row,
                     const struct other_form *form)
{
    const int entries = factor_index(form->entries_factor);
    struct form_sum *s = &p->intset[entries];

    if (form->kind != FORM_INTSET) {
        s = &p->packed[entries][factor_index(form->value_factor)];
        p->packed_kind = form->kind;
    }
    s->keys++;
    s->elements = add_capped(s->elements, row->elements);
    s->alloc_bytes = add_capped(s->alloc_bytes, row->alloc_bytes);
    s->alloc_bytes_after = add_capped(s->alloc_bytes_after, capped(form->alloc_bytes));
}

static void add_field_ttls(struct field_ttl_sum *s, const struct key_row *row,
                           const struct value_facts *facts)
{
    s->keys++;
    s->fields = add_capped(s->fields, row->elements);
    s->ttl_fields = add_capped(s->ttl_fields, capped(facts->ttl_fields));
    s->expired_fields = add_capped(s->expired_fields, capped(facts->expired_fields));
    if (s->first_ms == ROW_NULL || facts->first_field_ttl_ms < s->first_ms)
        s->first_ms = facts->first_field_ttl_ms;
    if (s->last_ms == ROW_NULL || facts->last_field_ttl_ms > s->last_ms)
        s->last_ms = facts->last_field_ttl_ms;
}

int value_sums_add(struct value_sums *v, const struct key_row *row, const struct value_facts *facts)
{
    const bool is_tried = row->type == RDBP_TYPE_STRING && row->elements >= TRIED_FROM_BYTES;
    struct pattern_values *p;

    if (!is_tried && facts == NULL)
        return 0;
    p = values_of(v, row->pattern_n);
    if (p == NULL)
        return -1;
    if (is_tried) {
        add_string(&p->strings, row, facts);
        add_string(&v->strings[class_of((uint64_t)row->elements)], row, facts);
    }
    if (facts == NULL)
        return 0;
    if (facts->form.kind != FORM_NONE && facts->form.kind != FORM_COMPRESSED && !facts->is_expired)
        add_form(p, row, &facts->form);
    if (facts->ttl_fields > 0)
        add_field_ttls(&p->field_ttls, row, facts);
    return 0;
}

const struct pattern_values *value_sums_of(const struct value_sums *v, uint64_t pattern_n)
{
    return pattern_n < v->room ? v->of[pattern_n] : NULL;
}

const struct string_sum *value_sums_strings(const struct value_sums *v, int string_class)
{
    return &v->strings[string_class];
}
