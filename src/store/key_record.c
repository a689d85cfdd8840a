/* key_record.c -- a row of key_rows as SQLite stores it, byte for byte.
 *
 *      header                                          body
 *      [bytes of header][type of id]...[of pattern_n]  [db][key][key_text]...[pattern_n]
 *
 * (https://www.sqlite.org/fileformat2.html, "Record Format").  A column's serial type says how many
 * bytes of the body are its own:
 *
 *      0  NULL          5, 6     integer of 6, 8 bytes     12 + 2n  BLOB of n bytes
 *      1..4  integer    8, 9     the integers 0 and 1      13 + 2n  TEXT of n bytes
 *            of as many bytes
 *
 * SQLite takes the shortest, and so does this: a database is the same whoever wrote its rows.  The
 * id is the row's number in the tree and NULL here.  Columns stand as in schema.sql.
 *
 * The record is written from its end to its start, because cells fill a page from its end: no
 * length is needed before it is known, and eight bytes can be stored for an integer of any width,
 * since what stands before it comes later.
 */
// SPDX-License-Identifier: MIT
#include "store/key_record.h"

#include <string.h>

#include "store/sqlite_bytes.h"

/* All serial types: one byte a column but for the two names, which need up to four. */
#define MAX_TYPES_BYTES 32

struct writer {
    uint8_t *body; /* both move towards the start */
    uint8_t *types;
};

static inline void put_null(struct writer *w)
{
    *--w->types = 0;
}

static inline void put_integer(struct writer *w, int64_t v)
{
    /* By the bits that are used beside the sign. */
    static const uint8_t serial_types[64] = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2,
                                             3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4,
                                             5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
                                             6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6};
    static const uint8_t bytes[] = {0, 1, 2, 3, 4, 6, 8};
    const uint64_t magnitude = (uint64_t)(v < 0 ? ~v : v);
    uint8_t type;

    if ((uint64_t)v <= 1) {
        *--w->types = (uint8_t)(8 + v);
        return;
    }
    type = serial_types[64 - __builtin_clzll(magnitude | 1)];
    *--w->types = type;
    put_be64(w->body - 8, (uint64_t)v);
    w->body -= bytes[type];
}

static inline void put_nullable(struct writer *w, int64_t v)
{
    if (v == ROW_NULL)
        put_null(w);
    else
        put_integer(w, v);
}

static inline void put_bytes(struct writer *w, const uint8_t *bytes, size_t size_bytes,
                             bool is_text)
{
    w->types = put_varint_before(w->types, 12 + 2 * (uint64_t)size_bytes + is_text);
    w->body -= size_bytes;
    if (size_bytes > 0)
        memcpy(w->body, bytes, size_bytes);
}

/* SQLite's integers are signed: what does not fit is the largest. */
static inline int64_t number(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

uint8_t *key_record_write(uint8_t *end, const struct store_batch *b, const struct store_key *k)
{
    const struct key_row *row = &k->row;
    uint8_t types[MAX_TYPES_BYTES] = {0};
    struct writer w = {.body = end, .types = types + sizeof types};
    size_t header_bytes;

    put_nullable(&w, row->pattern_n == 0 ? ROW_NULL : number(row->pattern_n));
    put_nullable(&w, row->freq);
    put_nullable(&w, row->idle_seconds);
    put_nullable(&w, row->expires_at_ms);
    put_nullable(&w, row->largest_element);
    put_nullable(&w, row->elements);
    put_nullable(&w, row->rdb_bytes);
    put_nullable(&w, row->alloc_bytes);
    put_nullable(&w, row->bytes);
    put_integer(&w, (int64_t)row->size_note);
    put_integer(&w, row->rdb_type);
    put_integer(&w, (int64_t)row->encoding);
    put_integer(&w, row->type_id);
    put_nullable(&w, row->key_bytes == row->key_stored_bytes ? ROW_NULL : number(row->key_bytes));
    if (k->text_bytes > 0)
        put_bytes(&w, b->bytes + k->text_offset, k->text_bytes, true);
    else
        put_null(&w);
    put_bytes(&w, store_batch_key(b, k), row->key_stored_bytes, k->key_is_text);
    put_integer(&w, number(row->db));
    put_null(&w); /* id */

    header_bytes = (size_t)(types + sizeof types - w.types) + 1;
    w.types[-1] = (uint8_t)header_bytes; /* below 128: one byte */
    memcpy(w.body - sizeof types, types, sizeof types);
    return w.body - header_bytes;
}
