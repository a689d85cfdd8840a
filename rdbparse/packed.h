/* packed.h -- walking ziplists, listpacks, intsets and zipmaps entry by entry.
 *
 *      packed_begin()                     header read and checked
 *      while packed_next() == 1           an integer, or a string whose bytes are next at the
 * cursor consume entry.size_bytes of the cursor when it is a string packed_end_entry() back length,
 * free bytes packed_next() == 0                 everything agreed: count, tail, end mark, size
 *
 * One walker a format (ziplist.c, listpack.c, intset.c, zipmap.c), all through the cursor, so the
 * same step both validates and walks (see rdb-format, lessons: CVE-2026-25243 came of two different
 * steps).
 */
#ifndef RDBPARSE_PACKED_H
#define RDBPARSE_PACKED_H

#include "cursor.h"

struct packed {
    enum rdbp_format format;
    struct cursor *cursor;
    bool has_count;
    uint64_t entry_count; /* by the header */
    uint64_t entries_seen;
    uint64_t entry_offset; /* of the current entry, inside the blob */
    /* Per format: */
    uint64_t previous_bytes;  /* ziplist: size of the entry before */
    uint64_t tail_offset;     /* ziplist: by the header */
    uint64_t last_offset;     /* ziplist: of the last entry walked */
    uint64_t body_bytes;      /* listpack: encoding + data of the current entry */
    uint64_t free_bytes;      /* zipmap: after the current value */
    uint32_t int_bytes;       /* intset */
    int64_t previous_integer; /* intset */
    char message[160];        /* why it is damaged */
};

struct packed_entry {
    bool is_string;
    int64_t integer;     /* if !is_string */
    uint64_t size_bytes; /* if is_string: bytes at the cursor */
};

/* What a blob's first bytes promise, without walking: false (message set) when they are impossible.
 * head: its first min(raw_bytes, 11) bytes or more. */
struct packed_head {
    bool has_count;
    uint64_t entry_count;
    uint32_t int_bytes;
};
bool packed_read_head(enum rdbp_format format, const uint8_t *head, size_t head_bytes,
                      uint64_t raw_bytes, struct packed_head *ret_head, char *message,
                      size_t message_size);

/* All return -1 when damaged (message is set) or when the cursor failed (its flags say so). */
int packed_begin(struct packed *w, enum rdbp_format format, struct cursor *c);
int packed_next(struct packed *w, struct packed_entry *ret_entry); /* 1 entry, 0 end */
int packed_end_entry(struct packed *w);

/* For the format files. */
int packed_fail(struct packed *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ziplist_next(struct packed *w, struct packed_entry *ret_entry);
int ziplist_end_entry(struct packed *w);
int listpack_next(struct packed *w, struct packed_entry *ret_entry);
int listpack_end_entry(struct packed *w);
int intset_next(struct packed *w, struct packed_entry *ret_entry);
int zipmap_next(struct packed *w, struct packed_entry *ret_entry);
int zipmap_end_entry(struct packed *w);

/* The int64 that n <= 20 bytes spell in canonical decimal form (no plus, no leading zero, no -0),
 * as Redis' string2ll() does it; false when they do not. */
bool parse_canonical_integer(const uint8_t *text, size_t n, int64_t *ret_integer);
/* Length of the canonical decimal text of v, and the text itself (at least 21 bytes of room). */
size_t integer_text_bytes(int64_t v);
size_t integer_to_text(int64_t v, char *out);

#endif
