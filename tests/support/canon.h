/* canon.h -- the canonical JSON in which fixtures state their content and parses are rendered.
 *
 *     {"rdb_version":9,"family":"redis",
 *     "records":[
 *     ["aux","redis-ver","7.0.0"],
 *     ["db",0]
 *     ],
 *     "keys":[
 *     {"db":0,"key":"a","type":"string","rdb_type":"STRING","elements":1,"value":"5"}
 *     ],
 *     "defects":[],"checksum":"ok","trailing":"none","error":null}
 *
 * One record or key a line, ASCII only.  A string is its bytes with everything outside printable ASCII
 * as \xNN and the backslash doubled, and that text as a JSON string; beyond 4,096 bytes it is an object
 * of length and CRC-64.  Members of sets, hashes and sorted sets are sorted by bytes, as their order in
 * a file means nothing.  The fixture generator fills this from its own model, dump_json.c from the
 * parser's events: the only thing they share is this file.
 */
#ifndef TESTS_SUPPORT_CANON_H
#define TESTS_SUPPORT_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "rdb_writer.h"

#define CANON_TEXT_MAX ((size_t)4096)

void canon_text(struct buf *out, struct text s);
void canon_score(struct buf *out, double score);
void canon_id(struct buf *out, struct stream_id id);

enum canon_kind { CANON_LIST = 0, CANON_SET, CANON_ZSET, CANON_HASH, CANON_HASH_TTL, CANON_ARRAY };

struct canon_element {
    struct buf name;  /* element, member or field */
    struct buf value; /* of a hash field */
    double score;
    int64_t expire_at_ms; /* of a hash field; 0: none */
    uint64_t index;       /* of an array's element */
};

struct canon_elements {
    struct canon_element *items;
    size_t count, capacity;
};

/* The new element, zeroed; valid until the next call. */
struct canon_element *canon_elements_add(struct canon_elements *e);
void canon_elements_done(struct canon_elements *e);
/* Sorts unless it is a list or array. */
void canon_elements_render(struct buf *out, enum canon_kind kind, struct canon_elements *e);

struct canon_attributes {
    bool has_expire, has_idle, has_freq;
    int64_t expire_at_ms;
    uint64_t idle_s;
    uint8_t freq;
};

/* One key's line.  error: the damage's code name, then value is not looked at; elements UINT64_MAX: not
 * countable.  value is JSON. */
void canon_key(struct buf *out, uint64_t db, struct text key, const char *type,
               const char *rdb_type, const struct canon_attributes *attributes, const char *error,
               uint64_t elements, const struct buf *value);

/* A whole document. */
struct canon_document {
    unsigned rdb_version;
    const char *family;
    struct buf records, keys, defects;
    const char *checksum, *trailing; /* NULL: not reached */
    const char *error;               /* code name of what ended the parse; NULL: it reached the end */
};

/* Begins a new line of records or keys, or a new item of defects. */
void canon_separate(struct buf *lines, const char *separator);
void canon_document_render(struct buf *out, const struct canon_document *d);
void canon_document_done(struct canon_document *d);

#endif
