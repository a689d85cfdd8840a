/* events.c -- a parser's events for one key after another, made by hand.
 *
 * They keep the parser's promises: depth asked at KEY and at each BLOB is obeyed, elements come in
 * batches, long strings as consecutive pieces, and nothing is terminated.
 */
// SPDX-License-Identifier: MIT
#include "events.h"

#include <stdlib.h>
#include <string.h>

struct feed feed_new(void)
{
    return (struct feed){.collector = sidekiq_collector_new(), .expire_at_ms = ROW_NULL};
}

void feed_done(struct feed *f)
{
    sidekiq_collector_free(f->collector);
}

static unsigned begin_key(struct feed *f, enum rdbp_type type, const char *key)
{
    const struct rdbp_key k = {
        .db = f->db,
        .key = {(const uint8_t *)key, strlen(key)},
        .key_bytes = strlen(key),
        .type = type,
        .has_expire = f->expire_at_ms != ROW_NULL,
        .expire_at_ms = f->expire_at_ms,
    };

    f->elements_read = 0;
    return sidekiq_begin(f->collector, &k);
}

static void end_key(struct feed *f, uint64_t elements)
{
    const struct rdbp_value_end end = {
        .ok = !f->is_damaged, .has_element_count = !f->is_damaged, .element_count = elements};
    const struct key_row row = {.db = f->db,
                                .alloc_bytes = 96,
                                .bytes = f->is_damaged ? ROW_NULL : FEED_KEY_BYTES,
                                .expires_at_ms = f->expire_at_ms};

    if (sidekiq_end(f->collector, &end, &row) < 0)
        abort();
}

static unsigned give_blob(struct feed *f, enum rdbp_format format, const char *text)
{
    struct rdbp_blob blob = {.format = format, .blob_count = 1};

    if (text) {
        char *rest;

        blob.raw_bytes = strlen(text);
        blob.prefix = (rdbp_slice){(const uint8_t *)text, strlen(text) > 64 ? 64 : strlen(text)};
        blob.integer = strtoll(text, &rest, 10);
        blob.is_integer = *rest == '\0' && *text != '\0' && (*text != '0' || text[1] == '\0') &&
                          strlen(text) < 19;
    }
    return sidekiq_blob(f->collector, &blob);
}

/* One string as one item, or as several pieces. */
static void give_text(struct feed *f, enum rdbp_role role, const char *text, size_t text_bytes)
{
    size_t at = 0;

    do {
        const size_t left = text_bytes - at;
        const size_t n = f->piece_bytes == 0 || left < f->piece_bytes ? left : f->piece_bytes;
        /* A copy of just that size, so that reading beyond it is seen. */
        uint8_t *copy = malloc(n > 0 ? n : 1);
        rdbp_item item = {.role = (uint8_t)role,
                          .size_bytes = text_bytes,
                          .is_partial = n < left,
                          .piece_offset = at};
        const struct rdbp_items items = {&item, 1};

        if (!copy)
            abort();
        memcpy(copy, text + at, n);
        item.bytes = (rdbp_slice){copy, n};
        sidekiq_items(f->collector, &items);
        free(copy);
        at += n;
    } while (at < text_bytes);
}

static void give_score(struct feed *f, double score)
{
    const rdbp_item item = {.role = RDBP_ROLE_SCORE, .u.score = score};
    const struct rdbp_items items = {&item, 1};

    sidekiq_items(f->collector, &items);
}

void feed_string(struct feed *f, const char *key, const char *value)
{
    if (begin_key(f, RDBP_TYPE_STRING, key) & RDBP_DEPTH_SHAPE)
        if (give_blob(f, RDBP_FORMAT_STRING, value) & RDBP_DEPTH_BYTES)
            give_text(f, RDBP_ROLE_ELEMENT, value, strlen(value));
    end_key(f, strlen(value));
}

static void give_all(struct feed *f, enum rdbp_type type, const char *key, const char *const *texts,
                     size_t count, const double *scores)
{
    const enum rdbp_role role = type == RDBP_TYPE_LIST ? RDBP_ROLE_ELEMENT : RDBP_ROLE_MEMBER;
    unsigned depth = begin_key(f, type, key);

    for (size_t i = 0; i < count; i++) {
        if (i % (f->items_a_blob ? f->items_a_blob : SIZE_MAX) == 0 && (depth & RDBP_DEPTH_SHAPE))
            depth = give_blob(f, RDBP_FORMAT_LISTPACK, NULL);
        if ((depth & RDBP_DEPTH_BYTES) == 0)
            break;
        f->elements_read++;
        give_text(f, role, texts[i], strlen(texts[i]));
        if (type == RDBP_TYPE_ZSET)
            give_score(f, scores ? scores[i] : (double)i);
    }
    end_key(f, count);
}

static size_t count_of(const char *const *texts)
{
    size_t n = 0;

    while (texts[n])
        n++;
    return n;
}

void feed_list(struct feed *f, const char *key, const char *const *elements)
{
    give_all(f, RDBP_TYPE_LIST, key, elements, count_of(elements), NULL);
}

void feed_set(struct feed *f, const char *key, const char *const *members)
{
    give_all(f, RDBP_TYPE_SET, key, members, count_of(members), NULL);
}

void feed_zset(struct feed *f, const char *key, const char *const *members, const double *scores)
{
    give_all(f, RDBP_TYPE_ZSET, key, members, count_of(members), scores);
}

void feed_hash(struct feed *f, const char *key, const char *const *fields_and_values)
{
    const size_t n = count_of(fields_and_values);
    unsigned depth = begin_key(f, RDBP_TYPE_HASH, key);

    if (depth & RDBP_DEPTH_SHAPE)
        depth = give_blob(f, RDBP_FORMAT_LISTPACK, NULL);
    for (size_t i = 0; i < n && (depth & RDBP_DEPTH_BYTES); i++)
        give_text(f, i % 2 == 0 ? RDBP_ROLE_FIELD : RDBP_ROLE_VALUE, fields_and_values[i],
                  strlen(fields_and_values[i]));
    end_key(f, n / 2);
}

void feed_repeat(struct feed *f, enum rdbp_type type, const char *key, const char *element,
                 size_t count)
{
    const char **texts = calloc(count + 1, sizeof(*texts));

    if (!texts)
        abort();
    for (size_t i = 0; i < count; i++)
        texts[i] = element;
    give_all(f, type, key, texts, count, NULL);
    free(texts);
}
