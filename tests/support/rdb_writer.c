/* rdb_writer.c -- writes RDB snapshots byte by byte, for tests.
 *
 * Length:   00nnnnnn | 01nnnnnn nnnnnnnn | 80 u32 BE | 81 u64 BE
 * String:   length bytes | c0 i8 | c1 i16 LE | c2 i32 LE | c3 length(stored) length(raw) LZF
 * Ziplist:  u32 bytes, u32 tail, u16 count, { prevlen encoding data }, ff
 * Listpack: u32 bytes, u16 count, { encoding data backlen }, ff
 * Intset:   u32 width, u32 count, ascending integers
 * Zipmap:   u8 count, { length field length u8-free value free-bytes }, ff
 *
 * Written from docs/rdb-format.md alone and on purpose apart from rdbparse/, so that a mistake made
 * there is not made here too; test_rdb_writer.c holds it against bytes that servers wrote.  Upstream's
 * writers: rdb.c, ziplist.c, listpack.c, intset.c, zipmap.c, t_stream.c.
 */
// SPDX-License-Identifier: MIT
#include "rdb_writer.h"

#include <liblzf/lzf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A test that asks for the impossible is a programming error: stop at once. */
static void refuse(const char *why)
{
    fprintf(stderr, "rdb_writer: %s\n", why);
    abort();
}

/* ---- primitives --------------------------------------------------------------------------- */

void put_length(struct buf *b, uint64_t n, enum length_form form)
{
    if (form == LENGTH_AUTO)
        form = n < 64 ? LENGTH_6 : n < 16384 ? LENGTH_14 : n <= UINT32_MAX ? LENGTH_32 : LENGTH_64;
    switch (form) {
    case LENGTH_6:
        buf_add_u8(b, (uint8_t)(n & 63));
        break;
    case LENGTH_14:
        buf_add_be(b, 0x4000 | (n & 0x3fff), 2);
        break;
    case LENGTH_32:
        buf_add_u8(b, 0x80);
        buf_add_be(b, n, 4);
        break;
    default:
        buf_add_u8(b, 0x81);
        buf_add_be(b, n, 8);
    }
}

bool text_is_integer(struct text s, int64_t *ret_value)
{
    const uint8_t *p = s.bytes;
    const size_t sign_bytes = s.size_bytes > 1 && p[0] == '-';
    uint64_t v = 0;

    if (s.size_bytes == 0 || s.size_bytes > 20 || (p[sign_bytes] == '0' && s.size_bytes > 1))
        return false;
    for (size_t i = sign_bytes; i < s.size_bytes; i++) {
        if (p[i] < '0' || p[i] > '9' || v > (UINT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (p[i] - '0');
    }
    if (v > (uint64_t)INT64_MAX + sign_bytes)
        return false;
    *ret_value = (int64_t)(sign_bytes ? 0 - v : v);
    return true;
}

/* The room is there: lzf_pack() has reserved it. */
static uint8_t *write_literals(uint8_t *out, const uint8_t *p, size_t n)
{
    while (n > 0) {
        const size_t run = n < 32 ? n : 32;

        *out++ = (uint8_t)(run - 1);
        memcpy(out, p, run);
        out += run;
        p += run;
        n -= run;
    }
    return out;
}

static uint32_t lzf_hash(const uint8_t *p)
{
    return ((uint32_t)(p[0] << 16 | p[1] << 8 | p[2]) * 2654435761u) >> 18;
}

/* Greedy, with the last position of every three-byte sequence's hash.  Its own code rather than
 * liblzf because liblzf does not clear its table: its output need not be the same twice, and the
 * committed fixtures must be. */
void lzf_pack(struct buf *b, struct text s, bool literal_only)
{
    static size_t last_seen[1 << 14]; /* what is not above before is of an earlier call */
    static size_t before;
    const uint8_t *in = s.bytes;
    const size_t size = s.size_bytes;
    size_t done = 0, at = 0;
    uint8_t *out;

    buf_reserve(b, size + size / 32 + 1); /* literals alone; a back reference is never longer */
    out = b->bytes + b->size_bytes;
    while (!literal_only && at + 2 < size) {
        const uint32_t h = lzf_hash(in + at);
        const size_t at_match = at;
        const size_t seen = last_seen[h] > before ? last_seen[h] - before : 0; /* position + 1 */
        size_t match = 0;

        last_seen[h] = before + at + 1;
        if (seen && at - (seen - 1) <= 8192)
            while (match < 264 && at + match < size && in[seen - 1 + match] == in[at + match])
                match++;
        if (match < 3) {
            at++;
            continue;
        }
        const size_t offset = at - (seen - 1) - 1;

        out = write_literals(out, in + done, at - done);
        if (match - 2 < 7) {
            *out++ = (uint8_t)((match - 2) << 5 | offset >> 8);
        } else {
            *out++ = (uint8_t)(7 << 5 | offset >> 8);
            *out++ = (uint8_t)(match - 2 - 7);
        }
        *out++ = (uint8_t)offset;
        for (const size_t end = at + match; ++at < end && at + 2 < size;)
            last_seen[lzf_hash(in + at)] = before + at + 1;
        at = done = at_match + match;
    }
    before += size;
    out = write_literals(out, in + done, size - done);
    b->size_bytes = (size_t)(out - b->bytes);
}

void put_lzf_bytes(struct buf *b, const void *stored, size_t stored_bytes, uint64_t raw_bytes)
{
    buf_add_u8(b, 0xc3);
    put_length(b, stored_bytes, LENGTH_AUTO);
    put_length(b, raw_bytes, LENGTH_AUTO);
    buf_add(b, stored, stored_bytes);
}

static void put_lzf(struct buf *b, struct text s, unsigned form)
{
    struct buf stored = {0};

    if (form == FORM_LZF_LIBRARY) {
        unsigned n;

        buf_add_repeat(&stored, 0, s.size_bytes * 2 + 64);
        n = lzf_compress(s.bytes, (unsigned)s.size_bytes, stored.bytes,
                         (unsigned)stored.size_bytes);
        if (n == 0)
            refuse("liblzf gave nothing");
        stored.size_bytes = n;
    } else {
        lzf_pack(&stored, s, form == FORM_LZF_LITERAL);
    }
    put_lzf_bytes(b, stored.bytes, stored.size_bytes, s.size_bytes);
    buf_done(&stored);
}

static void put_raw_string(struct buf *b, struct text s, enum length_form form)
{
    put_length(b, s.size_bytes, form);
    buf_add(b, s.bytes, s.size_bytes);
}

/* What a server with rdbcompression writes: small integers, then LZF when four bytes are won. */
static void put_string_as_server(struct buf *b, struct text s)
{
    static struct buf stored; /* kept: a snapshot has millions of strings */
    int64_t v;

    if (s.size_bytes <= 11 && text_is_integer(s, &v) && v >= INT32_MIN && v <= INT32_MAX) {
        put_string(b, s, v == (int8_t)v ? FORM_INT_8 : v == (int16_t)v ? FORM_INT_16 : FORM_INT_32);
        return;
    }
    if (s.size_bytes > 20) {
        buf_clear(&stored);
        lzf_pack(&stored, s, false);
        if (stored.size_bytes + 4 <= s.size_bytes) {
            put_lzf_bytes(b, stored.bytes, stored.size_bytes, s.size_bytes);
            return;
        }
    }
    put_raw_string(b, s, LENGTH_AUTO);
}

void put_string(struct buf *b, struct text s, unsigned form)
{
    int64_t v = 0;

    if (form == FORM_AUTO) {
        put_string_as_server(b, s);
        return;
    }
    if (form >= FORM_INT_8 && form <= FORM_INT_32 && !text_is_integer(s, &v))
        refuse("integer form of a text that is no integer");
    switch (form) {
    case FORM_RAW: put_raw_string(b, s, LENGTH_AUTO); break;
    case FORM_RAW_14: put_raw_string(b, s, LENGTH_14); break;
    case FORM_RAW_32: put_raw_string(b, s, LENGTH_32); break;
    case FORM_RAW_64: put_raw_string(b, s, LENGTH_64); break;
    case FORM_INT_8:
        buf_add_u8(b, 0xc0);
        buf_add_le(b, (uint64_t)v, 1);
        break;
    case FORM_INT_16:
        buf_add_u8(b, 0xc1);
        buf_add_le(b, (uint64_t)v, 2);
        break;
    case FORM_INT_32:
        buf_add_u8(b, 0xc2);
        buf_add_le(b, (uint64_t)v, 4);
        break;
    case FORM_LZF:
    case FORM_LZF_LITERAL:
    case FORM_LZF_LIBRARY: put_lzf(b, s, form); break;
    default: refuse("not a form of an RDB string");
    }
}

void format_score(char *out, size_t out_bytes, double score)
{
    if (isinf(score))
        snprintf(out, out_bytes, score > 0 ? "inf" : "-inf");
    else if (fabs(score) < 1e15 && score == floor(score))
        snprintf(out, out_bytes, "%lld", (long long)score);
    else
        snprintf(out, out_bytes, "%.17g", score);
}

void put_ascii_double(struct buf *b, double v)
{
    char text[40];

    if (isnan(v) || isinf(v)) {
        buf_add_u8(b, isnan(v) ? 253 : v > 0 ? 254 : 255);
        return;
    }
    format_score(text, sizeof(text), v);
    buf_add_u8(b, (uint8_t)strlen(text));
    buf_add_str(b, text);
}

uint64_t crc64_bitwise(uint64_t crc, const void *bytes, size_t size_bytes)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ UINT64_C(0x95ac9329ac4bc9b5) : crc >> 1;
    }
    return crc;
}

/* ---- ziplist ------------------------------------------------------------------------------ */

void packed_done(struct packed *p)
{
    buf_done(&p->entries);
    memset(p, 0, sizeof(*p));
}

static void packed_begin_entry(struct packed *p, size_t *ret_start)
{
    *ret_start = p->entries.size_bytes;
}

static void packed_end_entry(struct packed *p, size_t start)
{
    p->last_entry_offset = start;
    p->last_entry_bytes = p->entries.size_bytes - start;
    p->entry_count++;
}

static void ziplist_put_prevlen(struct packed *p, unsigned form)
{
    if (p->last_entry_bytes >= 254 || form & FORM_PREVLEN_5) {
        buf_add_u8(&p->entries, 0xfe);
        buf_add_le(&p->entries, p->last_entry_bytes, 4);
    } else {
        buf_add_u8(&p->entries, (uint8_t)p->last_entry_bytes);
    }
}

static unsigned choose_ziplist_integer(int64_t v)
{
    if (v >= 0 && v <= 12)
        return FORM_INT_4;
    if (v == (int8_t)v)
        return FORM_INT_8;
    if (v == (int16_t)v)
        return FORM_INT_16;
    if (v >= -(1 << 23) && v < 1 << 23)
        return FORM_INT_24;
    return v == (int32_t)v ? FORM_INT_32 : FORM_INT_64;
}

void ziplist_add_integer(struct packed *p, int64_t v, unsigned form)
{
    static const struct {
        unsigned form;
        uint8_t byte;
        size_t width_bytes;
    } rows[] = {{FORM_INT_8, 0xfe, 1},  {FORM_INT_16, 0xc0, 2}, {FORM_INT_24, 0xf0, 3},
                {FORM_INT_32, 0xd0, 4}, {FORM_INT_64, 0xe0, 8}};
    const unsigned wanted =
        (form & FORM_MASK) == FORM_AUTO ? choose_ziplist_integer(v) : form & FORM_MASK;
    size_t start;

    packed_begin_entry(p, &start);
    ziplist_put_prevlen(p, form);
    if (wanted == FORM_INT_4) {
        buf_add_u8(&p->entries, (uint8_t)(0xf1 + v));
        packed_end_entry(p, start);
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].form == wanted) {
            buf_add_u8(&p->entries, rows[i].byte);
            buf_add_le(&p->entries, (uint64_t)v, rows[i].width_bytes);
            packed_end_entry(p, start);
            return;
        }
    }
    refuse("not a ziplist integer form");
}

void ziplist_add(struct packed *p, struct text s, unsigned form)
{
    unsigned wanted = form & FORM_MASK;
    const size_t n = s.size_bytes;
    int64_t v;
    size_t start;

    if (wanted >= FORM_INT_4 && wanted <= FORM_INT_64 && !text_is_integer(s, &v))
        refuse("integer form of a text that is no integer");
    if ((wanted == FORM_AUTO && text_is_integer(s, &v)) ||
        (wanted >= FORM_INT_4 && wanted <= FORM_INT_64)) {
        ziplist_add_integer(p, v, form);
        return;
    }
    if (wanted == FORM_AUTO)
        wanted = n < 64 ? FORM_STR_6 : n < 16384 ? FORM_STR_14 : FORM_STR_32;
    packed_begin_entry(p, &start);
    ziplist_put_prevlen(p, form);
    if (wanted == FORM_STR_6) {
        buf_add_u8(&p->entries, (uint8_t)n);
    } else if (wanted == FORM_STR_14) {
        buf_add_be(&p->entries, 0x4000 | n, 2);
    } else if (wanted == FORM_STR_32) {
        buf_add_u8(&p->entries, 0x80);
        buf_add_be(&p->entries, n, 4);
    } else {
        refuse("not a ziplist string form");
    }
    buf_add(&p->entries, s.bytes, n);
    packed_end_entry(p, start);
}

void ziplist_finish(const struct packed *p, uint32_t count, struct buf *ret_blob)
{
    const size_t head_bytes = 10;

    buf_clear(ret_blob);
    buf_add_le(ret_blob, head_bytes + p->entries.size_bytes + 1, 4);
    buf_add_le(ret_blob, head_bytes + (p->entry_count ? p->last_entry_offset : 0), 4);
    buf_add_le(ret_blob, count < 0xffff ? count : 0xffff, 2);
    buf_add_buf(ret_blob, &p->entries);
    buf_add_u8(ret_blob, 0xff);
}

/* ---- listpack ----------------------------------------------------------------------------- */

/* Groups of seven bits, the leftmost without the continuation bit. */
static void listpack_put_backlen(struct packed *p, size_t entry_bytes, unsigned form)
{
    static const size_t limits[] = {127, 16383, 2097151, 268435455};
    size_t width = 1;

    while (width < 5 && entry_bytes > limits[width - 1])
        width++;
    if (form & FORM_BACKLEN_LONG)
        width++;
    for (size_t i = width; i > 0; i--)
        buf_add_u8(&p->entries, (uint8_t)((entry_bytes >> (7 * (i - 1)) & 127) |
                                          (i == width ? 0 : 128)));
}

static unsigned choose_listpack_integer(int64_t v)
{
    if (v >= 0 && v <= 127)
        return FORM_INT_7;
    if (v >= -4096 && v <= 4095)
        return FORM_INT_13;
    if (v == (int16_t)v)
        return FORM_INT_16;
    if (v >= -(1 << 23) && v < 1 << 23)
        return FORM_INT_24;
    return v == (int32_t)v ? FORM_INT_32 : FORM_INT_64;
}

void listpack_add_integer(struct packed *p, int64_t v, unsigned form)
{
    const unsigned wanted =
        (form & FORM_MASK) == FORM_AUTO ? choose_listpack_integer(v) : form & FORM_MASK;
    struct buf *e = &p->entries;
    size_t start;

    packed_begin_entry(p, &start);
    switch (wanted) {
    case FORM_INT_7: buf_add_u8(e, (uint8_t)v); break;
    case FORM_INT_13: buf_add_be(e, 0xc000 | ((uint64_t)v & 0x1fff), 2); break;
    case FORM_INT_16:
        buf_add_u8(e, 0xf1);
        buf_add_le(e, (uint64_t)v, 2);
        break;
    case FORM_INT_24:
        buf_add_u8(e, 0xf2);
        buf_add_le(e, (uint64_t)v, 3);
        break;
    case FORM_INT_32:
        buf_add_u8(e, 0xf3);
        buf_add_le(e, (uint64_t)v, 4);
        break;
    case FORM_INT_64:
        buf_add_u8(e, 0xf4);
        buf_add_le(e, (uint64_t)v, 8);
        break;
    default: refuse("not a listpack integer form");
    }
    listpack_put_backlen(p, e->size_bytes - start, form);
    packed_end_entry(p, start);
}

void listpack_add(struct packed *p, struct text s, unsigned form)
{
    unsigned wanted = form & FORM_MASK;
    const size_t n = s.size_bytes;
    const bool is_integer_form = wanted >= FORM_INT_7 && wanted <= FORM_INT_64;
    int64_t v;
    size_t start;

    if ((wanted == FORM_AUTO || is_integer_form) && text_is_integer(s, &v)) {
        listpack_add_integer(p, v, form);
        return;
    }
    if (is_integer_form)
        refuse("integer form of a text that is no integer");
    if (wanted == FORM_AUTO)
        wanted = n < 64 ? FORM_STR_6 : n < 4096 ? FORM_STR_12 : FORM_STR_32;
    packed_begin_entry(p, &start);
    if (wanted == FORM_STR_6) {
        buf_add_u8(&p->entries, (uint8_t)(0x80 | n));
    } else if (wanted == FORM_STR_12) {
        buf_add_be(&p->entries, 0xe000 | n, 2);
    } else if (wanted == FORM_STR_32) {
        buf_add_u8(&p->entries, 0xf0);
        buf_add_le(&p->entries, n, 4);
    } else {
        refuse("not a listpack string form");
    }
    buf_add(&p->entries, s.bytes, n);
    listpack_put_backlen(p, p->entries.size_bytes - start, form);
    packed_end_entry(p, start);
}

void listpack_finish(const struct packed *p, uint32_t count, struct buf *ret_blob)
{
    buf_clear(ret_blob);
    buf_add_le(ret_blob, 6 + p->entries.size_bytes + 1, 4);
    buf_add_le(ret_blob, count < 0xffff ? count : 0xffff, 2);
    buf_add_buf(ret_blob, &p->entries);
    buf_add_u8(ret_blob, 0xff);
}

/* ---- intset, zipmap ----------------------------------------------------------------------- */

void intset_build(struct buf *ret_blob, unsigned width_bytes, const int64_t *values, size_t count)
{
    buf_clear(ret_blob);
    buf_add_le(ret_blob, width_bytes, 4);
    buf_add_le(ret_blob, count, 4);
    for (size_t i = 0; i < count; i++)
        buf_add_le(ret_blob, (uint64_t)values[i], width_bytes);
}

static void zipmap_put_length(struct buf *b, size_t n, unsigned form)
{
    if (n >= 254 || form == FORM_STR_32) {
        buf_add_u8(b, 0xfe);
        buf_add_le(b, n, 4);
    } else {
        buf_add_u8(b, (uint8_t)n);
    }
}

void zipmap_add(struct zipmap *z, struct text field, struct text value, uint8_t free_bytes,
                unsigned value_form)
{
    zipmap_put_length(&z->entries, field.size_bytes, FORM_AUTO);
    buf_add(&z->entries, field.bytes, field.size_bytes);
    zipmap_put_length(&z->entries, value.size_bytes, value_form);
    buf_add_u8(&z->entries, free_bytes);
    buf_add(&z->entries, value.bytes, value.size_bytes);
    /* Freed space keeps what was there; 0xff is the worst a walker can meet. */
    buf_add_repeat(&z->entries, 0xff, free_bytes);
    z->entry_count++;
}

void zipmap_finish(const struct zipmap *z, uint8_t count_byte, struct buf *ret_blob)
{
    buf_clear(ret_blob);
    buf_add_u8(ret_blob, count_byte);
    buf_add_buf(ret_blob, &z->entries);
    buf_add_u8(ret_blob, 0xff);
}

/* ---- stream nodes ------------------------------------------------------------------------- */

void stream_node_init(struct stream_node *n, struct stream_id master_id, const struct text *fields,
                      size_t field_count)
{
    memset(n, 0, sizeof(*n));
    n->master_id = master_id;
    n->master_fields = fields;
    n->master_field_count = field_count;
}

void stream_node_add(struct stream_node *n, struct stream_id id, bool is_deleted,
                     bool is_samefields, const struct text *pairs, size_t text_count)
{
    struct packed *p = &n->packed;

    listpack_add_integer(p, (is_deleted ? 1 : 0) | (is_samefields ? 2 : 0), FORM_AUTO);
    listpack_add_integer(p, (int64_t)(id.ms - n->master_id.ms), FORM_AUTO);
    listpack_add_integer(p, (int64_t)(id.seq - n->master_id.seq), FORM_AUTO);
    if (!is_samefields)
        listpack_add_integer(p, (int64_t)(text_count / 2), FORM_AUTO);
    for (size_t i = 0; i < text_count; i++)
        listpack_add(p, pairs[i], FORM_AUTO);
    /* Elements of this entry before its count: three numbers, the field count if any, the texts. */
    listpack_add_integer(p, (int64_t)(text_count + (is_samefields ? 3 : 4)), FORM_AUTO);
    if (is_deleted)
        n->deleted_count++;
    else
        n->live_count++;
}

void stream_node_finish(struct stream_node *n, struct buf *ret_blob)
{
    struct packed *h = &n->head;

    listpack_add_integer(h, (int64_t)n->live_count, FORM_AUTO);
    listpack_add_integer(h, (int64_t)n->deleted_count, FORM_AUTO);
    listpack_add_integer(h, (int64_t)n->master_field_count, FORM_AUTO);
    for (size_t i = 0; i < n->master_field_count; i++)
        listpack_add(h, n->master_fields[i], FORM_AUTO);
    listpack_add_integer(h, 0, FORM_AUTO);
    buf_add_buf(&h->entries, &n->packed.entries);
    h->entry_count += n->packed.entry_count;
    listpack_finish(h, h->entry_count, ret_blob);
}

void stream_node_done(struct stream_node *n)
{
    packed_done(&n->packed);
    packed_done(&n->head);
}

/* ---- records ------------------------------------------------------------------------------ */

void put_magic(struct buf *b, unsigned version)
{
    if (version < 80)
        buf_add_format(b, "REDIS%04u", version);
    else
        buf_add_format(b, "VALKEY%03u", version);
}

void put_aux(struct buf *b, struct text name, struct text value)
{
    buf_add_u8(b, OP_AUX);
    put_string(b, name, FORM_AUTO);
    put_string(b, value, FORM_AUTO);
}

void put_select_db(struct buf *b, uint64_t db)
{
    buf_add_u8(b, OP_SELECTDB);
    put_length(b, db, LENGTH_AUTO);
}

void put_resizedb(struct buf *b, uint64_t key_count, uint64_t expires_count)
{
    buf_add_u8(b, OP_RESIZEDB);
    put_length(b, key_count, LENGTH_AUTO);
    put_length(b, expires_count, LENGTH_AUTO);
}

void put_slot_info(struct buf *b, uint64_t slot, uint64_t key_count, uint64_t expires_count)
{
    buf_add_u8(b, OP_SLOT_INFO);
    put_length(b, slot, LENGTH_AUTO);
    put_length(b, key_count, LENGTH_AUTO);
    put_length(b, expires_count, LENGTH_AUTO);
}

void put_expire_s(struct buf *b, int32_t at_s)
{
    buf_add_u8(b, OP_EXPIRETIME);
    buf_add_le(b, (uint64_t)at_s, 4);
}

void put_expire_ms(struct buf *b, int64_t at_ms)
{
    buf_add_u8(b, OP_EXPIRETIME_MS);
    buf_add_le(b, (uint64_t)at_ms, 8);
}

void put_idle(struct buf *b, uint64_t idle_s)
{
    buf_add_u8(b, OP_IDLE);
    put_length(b, idle_s, LENGTH_AUTO);
}

void put_freq(struct buf *b, uint8_t freq)
{
    buf_add_u8(b, OP_FREQ);
    buf_add_u8(b, freq);
}

void put_enterprise(struct buf *b, enum rdb_opcode op, uint64_t value)
{
    buf_add_u8(b, (uint8_t)op);
    put_length(b, value, LENGTH_AUTO);
}

void put_function2(struct buf *b, struct text source, unsigned form)
{
    buf_add_u8(b, OP_FUNCTION2);
    put_string(b, source, form);
}

void put_function_pre_ga(struct buf *b, struct text name, struct text engine,
                         struct text description, struct text source)
{
    buf_add_u8(b, OP_FUNCTION_PRE_GA);
    put_string(b, name, FORM_AUTO);
    put_string(b, engine, FORM_AUTO);
    put_length(b, description.bytes ? 1 : 0, LENGTH_AUTO);
    if (description.bytes)
        put_string(b, description, FORM_AUTO);
    put_string(b, source, FORM_AUTO);
}

void put_slot_import(struct buf *b, struct text job_name, const uint64_t *first_last,
                     size_t range_count)
{
    buf_add_u8(b, OP_SLOT_IMPORT);
    put_string(b, job_name, FORM_RAW);
    put_length(b, range_count, LENGTH_AUTO);
    for (size_t i = 0; i < range_count * 2; i++)
        put_length(b, first_last[i], LENGTH_AUTO);
}

void put_key_meta_class(struct buf *b, const char *name, unsigned version, unsigned flags)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    uint64_t class = 0;

    if (strlen(name) != 4)
        refuse("a metadata class's name has four characters");
    for (size_t i = 0; i < 4; i++) {
        const char *at = strchr(alphabet, name[i]);

        if (!at)
            refuse("character outside the metadata alphabet");
        class = class << 6 | (uint64_t)(at - alphabet);
    }
    buf_add_le(b, class << 8 | (version & 31) << 3 | (flags & 7), 4);
}

uint64_t module_id(const char *name, unsigned version)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t id = 0;

    if (strlen(name) != 9)
        refuse("a module type's name has nine characters");
    for (size_t i = 0; i < 9; i++) {
        const char *at = strchr(alphabet, name[i]);

        if (!at)
            refuse("character outside the module alphabet");
        id = id << 6 | (uint64_t)(at - alphabet);
    }
    return id << 10 | version;
}

void put_module_id(struct buf *b, const char *name, unsigned version)
{
    put_length(b, module_id(name, version), LENGTH_64);
}

void put_module_signed(struct buf *b, int64_t v)
{
    put_length(b, 1, LENGTH_AUTO);
    put_length(b, (uint64_t)v, LENGTH_AUTO);
}

void put_module_unsigned(struct buf *b, uint64_t v)
{
    put_length(b, 2, LENGTH_AUTO);
    put_length(b, v, LENGTH_AUTO);
}

void put_module_float(struct buf *b, float v)
{
    put_length(b, 3, LENGTH_AUTO);
    buf_add_f32(b, v);
}

void put_module_double(struct buf *b, double v)
{
    put_length(b, 4, LENGTH_AUTO);
    buf_add_f64(b, v);
}

void put_module_string(struct buf *b, struct text s, unsigned form)
{
    put_length(b, 5, LENGTH_AUTO);
    put_string(b, s, form);
}

void put_module_end(struct buf *b)
{
    put_length(b, 0, LENGTH_AUTO);
}

void put_module_aux_head(struct buf *b, const char *name, unsigned version, uint64_t when)
{
    buf_add_u8(b, OP_MODULE_AUX);
    put_module_id(b, name, version);
    put_length(b, 2, LENGTH_AUTO);
    put_length(b, when, LENGTH_AUTO);
}

void put_eof(struct buf *b, unsigned version, enum checksum_form form)
{
    uint64_t crc;

    buf_add_u8(b, OP_EOF);
    if (form == CHECKSUM_NONE || (form == CHECKSUM_AUTO && version < 5))
        return;
    crc = crc64_bitwise(0, b->bytes, b->size_bytes);
    if (form == CHECKSUM_ZERO)
        crc = 0;
    else if (form == CHECKSUM_WRONG)
        crc ^= 1;
    buf_add_le(b, crc, 8);
}
