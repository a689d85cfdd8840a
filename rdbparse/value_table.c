/* value_table.c -- collections stored element by element.
 *
 *      LIST, SET    len n, n x str                     ZSET    n x (str, old double)
 *      HASH         n x (str, str)                     ZSET_2  n x (str, f64 LE)
 *      HASH_METADATA         i64 minExpire, n x (len ttl, str, str)   ttl 0: none, else minExpire +
 * ttl - 1 HASH_METADATA_PRE_GA                 n x (len absolute ms, str, str) HASH_2 (Valkey) n x
 * (str, str, i64 ms)    -1: none
 *      ARRAY        len n, len 0 | len 1, len insert index;  n x (len index, len tag, payload)
 *                   tag 0 str, 1 i64 LE, 2 f64 LE, 3 str of at most 7 bytes
 *
 * An array's indices reach to 2^64 - 2 and nothing is ever sized by them.
 *
 * What an element is made of stands in the type's layout; this file walks the steps.  Upstream:
 * rdb.c (rdbLoadObject), Redis 1.0 to 8.8 and Valkey 9.0.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

#include <math.h>
#include <string.h>

#include "bytes.h"

enum { TAG_STRING = 0, TAG_INTEGER, TAG_DOUBLE, TAG_SHORT_STRING, SHORT_STRING_BYTES = 7 };

static int skip_insert_index(rdbp_parser *p)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t flag, ignored;

    if (read_len(p, "an array's insert index", &flag) < 0)
        return -1;
    if (flag > 1)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "an array's insert index: %llu, must be 0 or 1",
                     (unsigned long long)flag);
    return flag ? read_len(p, "an array's insert index", &ignored) : 0;
}

int table_begin(rdbp_parser *p)
{
    struct value *v = &p->value;
    const uint64_t offset = reader_offset(p->reader);
    uint64_t min_expire;

    if (v->type->layout->has_min_expire) {
        if (read_u64le(p, "a hash's earliest expiry", &min_expire) < 0)
            return -1;
        v->min_expire_ms = (int64_t)min_expire;
    }
    if (read_count(p, "a collection's elements", v->type->layout->min_tuple_bytes, &v->count) < 0)
        return -1;
    v->elements = v->count;
    v->has_elements = true;
    if (v->type->layout->has_insert_index) {
        if (v->count == 0)
            value_damaged(p, offset, "array without elements");
        if (skip_insert_index(p) < 0)
            return -1;
    }
    p->batch_offset = reader_offset(p->reader);
    return 0;
}

static void push_ttl(rdbp_parser *p, int64_t expire_at_ms)
{
    if (wants_items(p))
        push_item(p, RDBP_ROLE_FIELD_TTL)->u.expire_at_ms = expire_at_ms;
}

static int read_ttl(rdbp_parser *p, enum table_step step)
{
    struct value *v = &p->value;
    const uint64_t offset = reader_offset(p->reader);
    int64_t expire_at_ms;
    uint64_t t;

    if (step == STEP_TTL_I64) {
        if (read_u64le(p, "a field's expiry", &t) < 0)
            return -1;
        expire_at_ms = (int64_t)t == -1 ? 0 : (int64_t)t;
        if (expire_at_ms < 0)
            value_damaged(p, offset, "field expiry %lld is not a time", (long long)expire_at_ms);
    } else {
        if (read_len(p, "a field's expiry", &t) < 0)
            return -1;
        if (t == 0)
            expire_at_ms = 0;
        else if (step == STEP_TTL_ABSOLUTE && t <= (uint64_t)EXPIRE_AT_MAX_MS)
            expire_at_ms = (int64_t)t;
        else if (step == STEP_TTL_RELATIVE && v->min_expire_ms >= 0 &&
                 v->min_expire_ms <= EXPIRE_AT_MAX_MS &&
                 t - 1 <= (uint64_t)(EXPIRE_AT_MAX_MS - v->min_expire_ms))
            expire_at_ms = v->min_expire_ms + (int64_t)(t - 1);
        else {
            value_damaged(p, offset, "field expiry is beyond 2^48 ms");
            return 0;
        }
    }
    push_ttl(p, expire_at_ms);
    return 0;
}

/* u8 n: 253 NaN, 254 +inf, 255 -inf, else n bytes of ASCII. */
static int read_old_double(rdbp_parser *p, double *ret_score)
{
    const uint64_t offset = reader_offset(p->reader);
    const uint8_t *text;
    uint8_t n;

    if (read_u8(p, "a score", &n) < 0)
        return -1;
    if (n == 254 || n == 255) {
        *ret_score = n == 254 ? (double)INFINITY : -(double)INFINITY;
        return 0;
    }
    text = n == 253 ? NULL : reader_take(p->reader, n);
    if (n != 253 && !text)
        return fatal_input(p, "a score");
    *ret_score = 0;
    if (!text || !parse_double(p, text, n, ret_score))
        value_damaged(p, offset, "score is not a number");
    return 0;
}

static int read_score(rdbp_parser *p, enum table_step step)
{
    const uint64_t offset = reader_offset(p->reader);
    double score;

    if (step == STEP_OLD_DOUBLE) {
        if (read_old_double(p, &score) < 0)
            return -1;
    } else {
        const uint8_t *b = reader_take(p->reader, 8);

        if (!b)
            return fatal_input(p, "a score");
        score = load_f64le(b);
        if (isnan(score))
            value_damaged(p, offset, "score is not a number");
    }
    if (wants_items(p))
        push_item(p, RDBP_ROLE_SCORE)->u.score = score;
    return 0;
}

/* A plain string whose content is not wanted: the common case, without a cursor. */
static int take_plain_string(rdbp_parser *p, const struct str_head *h, enum rdbp_role role)
{
    rdbp_item *item;

    if (wants_items(p)) {
        item = push_item(p, role);
        item->size_bytes = h->raw_bytes;
        if (h->raw_bytes <= 20) {
            const uint8_t *text = reader_peek(p->reader, (size_t)h->raw_bytes);

            if (!text)
                return fatal_input(p, "an element");
            item->is_integer =
                parse_canonical_integer(text, (size_t)h->raw_bytes, &item->u.integer);
        }
    }
    return reader_skip(p->reader, h->raw_bytes) < 0 ? fatal_input(p, "an element") : 0;
}

/* Reads the next string's head and takes or begins it. */
static int begin_string(rdbp_parser *p, uint64_t max_bytes)
{
    struct value *v = &p->value;
    const enum rdbp_role role = (enum rdbp_role)v->type->layout->roles[v->string_step++];
    struct str_head *h = &v->head;
    int r;

    if (read_str_head(p, "an element", h) < 0)
        return -1;
    v->blob_offset = reader_offset(p->reader);
    if (h->raw_bytes > max_bytes)
        value_damaged(p, v->blob_offset, "string of %llu bytes, at most %llu can be",
                      (unsigned long long)h->raw_bytes, (unsigned long long)max_bytes);
    if (h->kind == STR_RAW && !wants(p, RDBP_DEPTH_BYTES))
        return take_plain_string(p, h, role);
    if (h->kind == STR_INTEGER) {
        if (wants_items(p))
            push_integer(p, role, h->integer);
        return 0;
    }
    if (h->kind == STR_LZF && !wants(p, RDBP_DEPTH_BYTES) &&
        (h->raw_bytes > 20 || !wants_items(p)) && !h->impossible) {
        if (wants_items(p))
            push_item(p, role)->size_bytes = h->raw_bytes;
        return skip_blob(p);
    }
    r = open_str(p, h);
    if (r < 0)
        return -1;
    if (r > 0)
        value_damaged(p, v->blob_offset, "%s",
                      h->impossible ? h->impossible : "compressed bytes are damaged");
    else if (items_begin_string(p, role, h->raw_bytes) < 0)
        return blob_failed(p, "element cannot be read") < 0 ? -1 : close_blob(p);
    return 0;
}

/* Moves the open string; 1 done, 0 flush first, -1 fatal. */
static int continue_string(rdbp_parser *p)
{
    int r = items_continue_string(p);

    if (r < 0 && blob_failed(p, "element cannot be read") < 0)
        return -1;
    if (r == 0)
        return 0;
    return close_blob(p) < 0 ? -1 : 1;
}

static int read_index(rdbp_parser *p)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t index;

    if (read_len(p, "an array's index", &index) < 0)
        return -1;
    if (index == UINT64_MAX)
        value_damaged(p, offset, "array index %llu cannot be", (unsigned long long)index);
    if (wants_items(p))
        push_item(p, RDBP_ROLE_ARRAY_INDEX)->u.index = index;
    return 0;
}

static void push_double(rdbp_parser *p, double value)
{
    rdbp_item *item = push_item(p, RDBP_ROLE_ELEMENT);
    char text[DOUBLE_TEXT_BYTES];

    item->size_bytes = double_to_text(value, text);
    if (wants(p, RDBP_DEPTH_BYTES)) {
        memcpy(p->arena + p->arena_used, text, (size_t)item->size_bytes);
        item->bytes = (rdbp_slice){p->arena + p->arena_used, (size_t)item->size_bytes};
        p->arena_used += (size_t)item->size_bytes;
    }
}

static int read_number(rdbp_parser *p, uint64_t tag)
{
    const uint8_t *b = reader_take(p->reader, 8);

    if (!b)
        return fatal_input(p, "an array's number");
    if (!wants_items(p))
        return 0;
    if (tag == TAG_INTEGER)
        push_integer(p, RDBP_ROLE_ELEMENT, (int64_t)load_u64le(b));
    else
        push_double(p, load_f64le(b));
    return 0;
}

static int read_tagged(rdbp_parser *p)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t tag;

    if (read_len(p, "an array's element", &tag) < 0)
        return -1;
    switch (tag) {
    case TAG_INTEGER:
    case TAG_DOUBLE: return read_number(p, tag);
    case TAG_STRING: return begin_string(p, UINT64_MAX);
    case TAG_SHORT_STRING: return begin_string(p, SHORT_STRING_BYTES);
    default:
        return fatal(p, RDBP_ERR_CORRUPT, offset, "array element's tag %llu does not exist",
                     (unsigned long long)tag);
    }
}

static int run_step(rdbp_parser *p, enum table_step step)
{
    switch (step) {
    case STEP_STRING: return begin_string(p, UINT64_MAX);
    case STEP_OLD_DOUBLE:
    case STEP_DOUBLE: return read_score(p, step);
    case STEP_TTL_ABSOLUTE:
    case STEP_TTL_RELATIVE:
    case STEP_TTL_I64: return read_ttl(p, step);
    case STEP_INDEX: return read_index(p);
    case STEP_TAGGED: return read_tagged(p);
    case STEP_END: break;
    }
    return 0;
}

/* A string that lies in the window whole, plain or as an integer: the bytes it takes.  0: it does
 * not, or the batch has no room for it. */
static inline size_t take_window_string(rdbp_parser *p, enum rdbp_role role, const uint8_t *b,
                                        size_t left)
{
    uint64_t size_bytes;
    size_t n;

    if (left < LEN_MAX_SHORT)
        return 0;
    n = decode_short_len(b, &size_bytes);
    if (n > 0) {
        if (size_bytes > left - n ||
            (wants_items(p) &&
             !push_text(p, role, b + n, (size_t)size_bytes, p->reader->is_stable)))
            return 0;
        return n + (size_t)size_bytes;
    }
    if (b[0] < 0xC0 || b[0] > 0xC2)
        return 0;
    n = (size_t)1 << (b[0] & 3);
    if (wants_items(p))
        push_integer(p, role, load_integer_form(b + 1, n));
    return 1 + n;
}

/* 0: it is not in the window, or not a number. */
static inline size_t take_window_score(rdbp_parser *p, const uint8_t *b, size_t left)
{
    double score;

    if (left < 8)
        return 0;
    score = load_f64le(b);
    if (isnan(score))
        return 0;
    if (wants_items(p))
        push_item(p, RDBP_ROLE_SCORE)->u.score = score;
    return 8;
}

/* Strings and scores that lie in the window whole, one after the other, until the batch is full. */
static void take_window(rdbp_parser *p)
{
    struct value *v = &p->value;
    const struct layout *const layout = v->type->layout;
    const uint8_t *const end = p->reader->end;
    const uint8_t *pos = p->reader->pos;
    size_t n;

    while (v->index < v->count && !batch_is_full(p)) {
        const enum table_step step = (enum table_step)layout->steps[v->step];

        if (step == STEP_STRING)
            n = take_window_string(p, (enum rdbp_role)layout->roles[v->string_step], pos,
                                   (size_t)(end - pos));
        else if (step == STEP_DOUBLE)
            n = take_window_score(p, pos, (size_t)(end - pos));
        else
            break;
        if (n == 0)
            break;
        pos += n;
        if (step == STEP_STRING)
            v->string_step++;
        v->step++;
        if (layout->steps[v->step] == STEP_END) {
            v->step = v->string_step = 0;
            v->index++;
        }
    }
    p->reader->pos = pos;
}

/* Content in scratch or in the decoder's buffer is gone when the next string opens. */
static bool must_flush(const rdbp_parser *p, bool string_done)
{
    return batch_is_full(p) ||
           (string_done && wants(p, RDBP_DEPTH_BYTES) && p->value.head.kind == STR_LZF);
}

static enum value_result flush_table(rdbp_parser *p)
{
    const enum value_result r = flush_items(p);

    p->batch_offset = reader_offset(p->reader);
    return r;
}

enum value_result table_next(rdbp_parser *p)
{
    struct value *v = &p->value;

    if (parser_tick(p) < 0)
        return VALUE_FATAL;
    while (v->index < v->count || p->out.is_active) {
        bool string_done = false;

        if (!p->out.is_active)
            take_window(p);
        if (p->item_count > 0 && must_flush(p, false))
            return flush_table(p);
        if (v->index == v->count && !p->out.is_active)
            break;
        if (p->out.is_active) {
            const int r = continue_string(p);

            if (r < 0)
                return VALUE_FATAL;
            if (r == 0)
                return flush_table(p);
            string_done = true;
        } else {
            const enum table_step step = (enum table_step)v->type->layout->steps[v->step++];

            if (run_step(p, step) < 0)
                return VALUE_FATAL;
        }
        if (!p->out.is_active && (v->step == 4 || v->type->layout->steps[v->step] == STEP_END)) {
            v->step = v->string_step = 0;
            v->index++;
            if (v->index % 4096 == 0 && parser_tick(p) < 0)
                return VALUE_FATAL;
        }
        if (v->is_damaged)
            p->item_count = p->arena_used = 0;
        if (p->item_count > 0 && must_flush(p, string_done))
            return flush_table(p);
    }
    v->has_elements = !v->is_damaged;
    return p->item_count > 0 ? flush_table(p) : VALUE_DONE;
}
