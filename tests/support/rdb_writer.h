/* rdb_writer.h -- writes RDB snapshots byte by byte, for tests.
 *
 * This is the oracle of the parser's tests, so it shares nothing with rdbparse/: own CRC-64, own
 * LZF, own packed structures, written from the format's description.  It writes what it is told,
 * also what no server would write: every length and every string can be forced into any form.
 *
 * Three layers: primitives (lengths, strings), packed structures (ziplist, listpack, intset, zipmap,
 * stream nodes), and records (opcodes, keys).  A value is written by the caller from primitives; the
 * content model on top of this is in fixture.h.
 */
#ifndef TESTS_SUPPORT_RDB_WRITER_H
#define TESTS_SUPPORT_RDB_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"

/* Borrowed bytes. */
struct text {
    const void *bytes;
    size_t size_bytes;
};
/* A literal, NUL bytes inside included. */
#define LIT(literal) ((struct text){(literal), sizeof(literal) - 1})
static inline struct text text_of(const char *s)
{
    return (struct text){s, strlen(s)};
}
static inline struct text text_of_buf(const struct buf *b)
{
    return (struct text){b->bytes, b->size_bytes};
}

/* ---- primitives --------------------------------------------------------------------------- */

enum length_form { LENGTH_AUTO = 0, LENGTH_6, LENGTH_14, LENGTH_32, LENGTH_64 };

/* How a string, or an entry of a packed structure, is stored.  AUTO is a server's choice. */
enum form {
    FORM_AUTO = 0,
    /* RDB strings */
    FORM_RAW,         /* shortest length form, then the bytes */
    FORM_RAW_14,
    FORM_RAW_32,
    FORM_RAW_64,
    FORM_LZF,         /* own compressor: back references where they pay */
    FORM_LZF_LITERAL, /* literal runs only: valid, larger than the content */
    FORM_LZF_LIBRARY, /* liblzf; its output is not the same on every machine */
    /* integers: RDB strings know 8, 16, 32; ziplists 4, 8, 16, 24, 32, 64; listpacks 7, 13, 16 .. 64 */
    FORM_INT_4,
    FORM_INT_7,
    FORM_INT_8,
    FORM_INT_13,
    FORM_INT_16,
    FORM_INT_24,
    FORM_INT_32,
    FORM_INT_64,
    /* strings in packed structures, by the width of their length */
    FORM_STR_6,
    FORM_STR_12,
    FORM_STR_14,
    FORM_STR_32
};
#define FORM_MASK        0xff
/* Ziplist: the length of the previous entry takes five bytes although one would do. */
#define FORM_PREVLEN_5   0x100
/* Listpack: the backward length is one byte longer than the rule says (the old writer's quirk). */
#define FORM_BACKLEN_LONG 0x200

void put_length(struct buf *b, uint64_t n, enum length_form form);
void put_string(struct buf *b, struct text s, unsigned form);
/* A string of compressed bytes made by hand. */
void put_lzf_bytes(struct buf *b, const void *stored, size_t stored_bytes, uint64_t raw_bytes);
/* Type 3's double: length byte and decimal text; 253, 254, 255 for nan, inf, -inf. */
void put_ascii_double(struct buf *b, double v);
/* Canonical decimal text of an int64. */
bool text_is_integer(struct text s, int64_t *ret_value);
/* Shortest decimal text that a server writes for a score: integers plain, else %.17g. */
void format_score(char *out, size_t out_bytes, double score);
/* Appends LZF of s; never fails, may be larger than s. */
void lzf_pack(struct buf *b, struct text s, bool literal_only);

uint64_t crc64_bitwise(uint64_t crc, const void *bytes, size_t size_bytes);

/* ---- packed structures -------------------------------------------------------------------- */

/* A ziplist or listpack being built. */
struct packed {
    struct buf entries;
    uint32_t entry_count;
    size_t last_entry_offset; /* in entries */
    size_t last_entry_bytes;
};

void packed_done(struct packed *p);
void ziplist_add(struct packed *p, struct text s, unsigned form);
void ziplist_add_integer(struct packed *p, int64_t v, unsigned form);
/* count: as written in the header; pass p->entry_count, or 0xffff for "unknown". */
void ziplist_finish(const struct packed *p, uint32_t count, struct buf *ret_blob);
void listpack_add(struct packed *p, struct text s, unsigned form);
void listpack_add_integer(struct packed *p, int64_t v, unsigned form);
void listpack_finish(const struct packed *p, uint32_t count, struct buf *ret_blob);

/* width_bytes: 2, 4 or 8.  Values as given: the caller sorts. */
void intset_build(struct buf *ret_blob, unsigned width_bytes, const int64_t *values, size_t count);

struct zipmap {
    struct buf entries;
    uint32_t entry_count;
};
/* value_form: FORM_AUTO, or FORM_STR_32 to force the five-byte length. */
void zipmap_add(struct zipmap *z, struct text field, struct text value, uint8_t free_bytes,
                unsigned value_form);
void zipmap_finish(const struct zipmap *z, uint8_t count_byte, struct buf *ret_blob);

struct stream_id {
    uint64_t ms, seq;
};
struct stream_node {
    struct stream_id master_id;
    struct packed packed;
    uint64_t live_count, deleted_count;
    const struct text *master_fields;
    size_t master_field_count;
    struct packed head; /* written at the end: it holds the counts */
};
void stream_node_init(struct stream_node *n, struct stream_id master_id, const struct text *fields,
                      size_t field_count);
/* pairs: field, value, field, value...; with is_samefields the values alone. */
void stream_node_add(struct stream_node *n, struct stream_id id, bool is_deleted,
                     bool is_samefields, const struct text *pairs, size_t text_count);
void stream_node_finish(struct stream_node *n, struct buf *ret_blob);
void stream_node_done(struct stream_node *n);

/* ---- records ------------------------------------------------------------------------------ */

enum rdb_opcode {
    OP_ENTERPRISE_RAM_LRU = 107,
    OP_ENTERPRISE_SLOT_NUM = 121,
    OP_SLOT_IMPORT = 243, /* Valkey 9 */
    OP_KEY_META = 243,    /* Redis 8.6 */
    OP_SLOT_INFO = 244,
    OP_FUNCTION2 = 245,
    OP_FUNCTION_PRE_GA = 246,
    OP_MODULE_AUX = 247,
    OP_IDLE = 248,
    OP_FREQ = 249,
    OP_AUX = 250,
    OP_RESIZEDB = 251,
    OP_EXPIRETIME_MS = 252,
    OP_EXPIRETIME = 253,
    OP_SELECTDB = 254,
    OP_EOF = 255
};

enum checksum_form { CHECKSUM_AUTO = 0, CHECKSUM_ZERO, CHECKSUM_WRONG, CHECKSUM_NONE };

/* "REDIS" and four digits up to version 79, "VALKEY" and three from 80. */
void put_magic(struct buf *b, unsigned version);
void put_aux(struct buf *b, struct text name, struct text value);
void put_select_db(struct buf *b, uint64_t db);
void put_resizedb(struct buf *b, uint64_t key_count, uint64_t expires_count);
void put_slot_info(struct buf *b, uint64_t slot, uint64_t key_count, uint64_t expires_count);
void put_expire_s(struct buf *b, int32_t at_s);
void put_expire_ms(struct buf *b, int64_t at_ms);
void put_idle(struct buf *b, uint64_t idle_s);
void put_freq(struct buf *b, uint8_t freq);
void put_enterprise(struct buf *b, enum rdb_opcode op, uint64_t value);
void put_function2(struct buf *b, struct text source, unsigned form);
/* description: bytes NULL when there is none. */
void put_function_pre_ga(struct buf *b, struct text name, struct text engine,
                         struct text description, struct text source);
void put_slot_import(struct buf *b, struct text job_name, const uint64_t *first_last,
                     size_t range_count);
/* name: four characters A-Z a-z 0-9 _ -; version 0..31, flags 0..7 */
void put_key_meta_class(struct buf *b, const char *name, unsigned version, unsigned flags);
/* name: nine characters A-Z a-z 0-9 - _ */
uint64_t module_id(const char *name, unsigned version);
void put_module_id(struct buf *b, const char *name, unsigned version);
void put_module_signed(struct buf *b, int64_t v);
void put_module_unsigned(struct buf *b, uint64_t v);
void put_module_float(struct buf *b, float v);
void put_module_double(struct buf *b, double v);
void put_module_string(struct buf *b, struct text s, unsigned form);
void put_module_end(struct buf *b);
/* The opcode, the id and `when`; items and put_module_end() follow. */
void put_module_aux_head(struct buf *b, const char *name, unsigned version, uint64_t when);
/* EOF opcode and, from version 5, the checksum of everything in b. */
void put_eof(struct buf *b, unsigned version, enum checksum_form form);

#endif
