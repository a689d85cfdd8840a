/* transcript.c -- everything a parse says, as text that does not depend on how the input was cut.
 *
 * Strings are joined over their pieces and shown as length and CRC-64 (their content is compared through
 * dump_json.c); offsets of batches are left out, as a batch may begin anywhere.
 */
// SPDX-License-Identifier: MIT
#include "transcript.h"

#include <inttypes.h>
#include <string.h>

#include "rdb_writer.h"

static void add_bytes(struct buf *b, const char *name, rdbp_slice s)
{
    buf_add_format(b, " %s=%zu:%016" PRIx64, name, s.size_bytes,
                   crc64_bitwise(0, s.bytes, s.size_bytes));
}

static void add_error(struct buf *b, const rdbp_error *e)
{
    buf_add_format(b, " %s severity=%d offset=%" PRIu64 " db=%" PRIu64 " key=%" PRIu64 " '%s'",
                   rdbp_errcode_name(e->code), (int)e->severity, e->offset, e->db, e->key_index,
                   e->message);
}

static void add_key(struct buf *b, const struct rdbp_key *k)
{
    buf_add_format(b, "KEY %" PRIu64 " db=%" PRIu64 " type=%s/%s module=%s/%u record=%" PRIu64,
                   k->key_index, k->db, rdbp_type_name(k->type), rdbp_rdb_type_name(k->rdb_type),
                   k->module_name, k->module_version, k->record_offset);
    buf_add_format(b, " bytes=%" PRIu64, k->key_bytes);
    add_bytes(b, "key", k->key);
    if (k->has_expire)
        buf_add_format(b, " expire=%" PRId64, k->expire_at_ms);
    if (k->has_idle)
        buf_add_format(b, " idle=%" PRIu64, k->idle_s);
    if (k->has_freq)
        buf_add_format(b, " freq=%u", k->freq);
}

static void add_blob(struct buf *b, const struct rdbp_blob *x)
{
    buf_add_format(b, "BLOB %" PRIu64 "/%" PRIu64 " format=%d raw=%" PRIu64 " stored=%" PRIu64,
                   x->blob_index, x->blob_count, (int)x->format, x->raw_bytes, x->stored_bytes);
    buf_add_format(b, " lzf=%d integer=%d count=%d", x->is_lzf, x->is_integer, x->has_count);
    if (x->is_integer)
        buf_add_format(b, " value=%" PRId64, x->integer);
    if (x->has_count)
        buf_add_format(b, " entries=%" PRIu64, x->entry_count);
    if (x->format == RDBP_FORMAT_INTSET)
        buf_add_format(b, " width=%u", x->int_bytes);
    if (x->format == RDBP_FORMAT_STREAM_LISTPACK)
        buf_add_format(b, " id=%" PRIu64 "-%" PRIu64, x->id_ms, x->id_seq);
    add_bytes(b, "prefix", x->prefix);
}

/* The part of an item that is not a string. */
static void add_item_facts(struct buf *b, const rdbp_item *i)
{
    switch (i->role) {
    case RDBP_ROLE_SCORE: buf_add_format(b, " score=%.17g", i->u.score); break;
    case RDBP_ROLE_FIELD_TTL: buf_add_format(b, " ttl=%" PRId64, i->u.expire_at_ms); break;
    case RDBP_ROLE_STREAM_ENTRY:
    case RDBP_ROLE_STREAM_CONSUMER_PENDING:
    case RDBP_ROLE_STREAM_NACKED:
    case RDBP_ROLE_STREAM_IID:
        buf_add_format(b, " id=%" PRIu64 "-%" PRIu64 " deleted=%d", i->u.id.ms, i->u.id.seq,
                       i->is_deleted);
        break;
    case RDBP_ROLE_STREAM_META:
        buf_add_format(b, " length=%" PRIu64 " last=%" PRIu64 "-%" PRIu64 " added=%" PRIu64
                          " groups=%" PRIu64,
                       i->u.stream.length, i->u.stream.last_id.ms, i->u.stream.last_id.seq,
                       i->u.stream.entries_added, i->u.stream.group_count);
        break;
    case RDBP_ROLE_STREAM_GROUP:
        buf_add_format(b, " last=%" PRIu64 "-%" PRIu64 " read=%" PRIu64 " pel=%" PRIu64,
                       i->u.group.last_id.ms, i->u.group.last_id.seq, i->u.group.entries_read,
                       i->u.group.pel_count);
        add_bytes(b, "name", i->bytes);
        break;
    case RDBP_ROLE_STREAM_PENDING:
        buf_add_format(b, " id=%" PRIu64 "-%" PRIu64 " at=%" PRId64 " count=%" PRIu64,
                       i->u.pending.id.ms, i->u.pending.id.seq, i->u.pending.delivered_at_ms,
                       i->u.pending.delivery_count);
        break;
    case RDBP_ROLE_STREAM_CONSUMER:
        buf_add_format(b, " seen=%" PRId64 " active=%" PRId64 " pel=%" PRIu64,
                       i->u.consumer.seen_at_ms, i->u.consumer.active_at_ms,
                       i->u.consumer.pel_count);
        add_bytes(b, "name", i->bytes);
        break;
    case RDBP_ROLE_STREAM_PRODUCER:
        buf_add_format(b, " iids=%" PRIu64, i->u.producer.iid_count);
        add_bytes(b, "name", i->bytes);
        break;
    case RDBP_ROLE_STREAM_IDMP:
        buf_add_format(b, " duration=%" PRIu64 " max=%" PRIu64 " producers=%" PRIu64
                          " added=%" PRIu64 " duplicates=%" PRIu64,
                       i->u.idmp.duration_s, i->u.idmp.max_entries, i->u.idmp.producer_count,
                       i->u.idmp.iids_added, i->u.idmp.iids_duplicates);
        break;
    case RDBP_ROLE_ARRAY_INDEX: buf_add_format(b, " index=%" PRIu64, i->u.index); break;
    default:
        if (i->is_integer)
            buf_add_format(b, " value=%" PRId64, i->u.integer);
    }
}

/* crc: of the pieces so far; carried over items and batches. */
static void add_items(struct buf *b, const struct rdbp_items *items, uint64_t *crc)
{
    for (size_t k = 0; k < items->count; k++) {
        const rdbp_item *i = &items->items[k];

        if (i->role < RDBP_ROLE_STREAM_ENTRY)
            *crc = crc64_bitwise(*crc, i->bytes.bytes, i->bytes.size_bytes);
        if (i->is_partial)
            continue;
        buf_add_format(b, "  item role=%d size=%" PRIu64 " integer=%d crc=%016" PRIx64, i->role,
                       i->size_bytes, i->is_integer, *crc);
        add_item_facts(b, i);
        buf_add_u8(b, '\n');
        *crc = 0;
    }
}

static void add_outside(struct buf *b, const rdbp_event *ev)
{
    switch (ev->type) {
    case RDBP_EVENT_HEADER:
        buf_add_format(b, "HEADER %u family=%s", ev->u.header.rdb_version,
                       rdbp_family_name(ev->u.header.family));
        break;
    case RDBP_EVENT_AUX:
        buf_add_format(b, "AUX %" PRIu64, ev->u.aux.value_bytes);
        add_bytes(b, "name", ev->u.aux.name);
        add_bytes(b, "value", ev->u.aux.value);
        break;
    case RDBP_EVENT_DB: buf_add_format(b, "DB %" PRIu64, ev->u.db); break;
    case RDBP_EVENT_RESIZEDB:
        buf_add_format(b, "RESIZEDB %" PRIu64 " %" PRIu64, ev->u.resizedb.key_count,
                       ev->u.resizedb.expires_count);
        break;
    case RDBP_EVENT_SLOT_INFO:
        buf_add_format(b, "SLOT_INFO %" PRIu64 " %" PRIu64 " %" PRIu64, ev->u.slot_info.slot,
                       ev->u.slot_info.key_count, ev->u.slot_info.expires_count);
        break;
    case RDBP_EVENT_MODULE_AUX:
        buf_add_format(b, "MODULE_AUX %s/%u when=%" PRIu64 " bytes=%" PRIu64,
                       ev->u.module_aux.module_name, ev->u.module_aux.module_version,
                       ev->u.module_aux.when, ev->u.module_aux.rdb_bytes);
        break;
    case RDBP_EVENT_END:
        buf_add_format(b, "END bytes=%" PRIu64 " checksum=%d %016" PRIx64 " %016" PRIx64
                          " trailing=%d %" PRIu64,
                       ev->u.end.rdb_bytes, (int)ev->u.end.checksum, ev->u.end.checksum_stored,
                       ev->u.end.checksum_computed, (int)ev->u.end.trailing,
                       ev->u.end.trailing_bytes);
        break;
    default: buf_add_format(b, "EVENT %d", (int)ev->type);
    }
}

static void add_value_end(struct buf *b, const struct rdbp_value_end *v)
{
    buf_add_format(b, "VALUE_END ok=%d bytes=%" PRIu64 " empty=%d", v->ok, v->rdb_bytes,
                   v->is_empty);
    if (v->has_element_count)
        buf_add_format(b, " elements=%" PRIu64, v->element_count);
    if (!v->ok)
        add_error(b, &v->error);
}

static void add_event(struct transcript *t, const rdbp_event *ev, uint64_t *crc)
{
    struct buf *b = &t->text;

    if (ev->type == RDBP_EVENT_ITEMS) {
        add_items(b, &ev->u.items, crc);
        return;
    }
    if (ev->type == RDBP_EVENT_FUNCTION) { /* comes in pieces, too */
        *crc = crc64_bitwise(*crc, ev->u.function.piece.bytes, ev->u.function.piece.size_bytes);
        if (!ev->u.function.is_last)
            return;
        buf_add_format(b, "FUNCTION pre_ga=%d bytes=%" PRIu64 " crc=%016" PRIx64 "\n",
                       ev->u.function.is_pre_ga, ev->u.function.source_bytes, *crc);
        *crc = 0;
        return;
    }
    if (ev->type == RDBP_EVENT_KEY) {
        add_key(b, &ev->u.key);
        t->key_count++;
    } else if (ev->type == RDBP_EVENT_BLOB) {
        add_blob(b, &ev->u.blob);
    } else if (ev->type == RDBP_EVENT_VALUE_END) {
        add_value_end(b, &ev->u.value_end);
    } else if (ev->type == RDBP_EVENT_DEFECT) {
        buf_add_str(b, "DEFECT");
        add_error(b, &ev->u.defect);
    } else {
        add_outside(b, ev);
    }
    buf_add_format(b, " @%" PRIu64 "\n", ev->offset);
}

void transcript_make(struct transcript *t, rdbp_parser *p)
{
    const rdbp_event *ev;
    uint64_t crc = 0;
    int r;

    memset(t, 0, sizeof(*t));
    while ((r = rdbp_next(p, &ev)) > 0) {
        t->event_count++;
        if (ev->offset > t->last_offset)
            t->last_offset = ev->offset;
        add_event(t, ev, &crc);
        /* From KEY to VALUE_END it is a value in the making. */
        if (ev->type != RDBP_EVENT_KEY && ev->type != RDBP_EVENT_BLOB &&
            ev->type != RDBP_EVENT_ITEMS)
            t->complete_bytes = t->text.size_bytes;
    }
    if (r < 0) {
        const rdbp_error *e = rdbp_last_error(p);

        t->error = e->code;
        t->error_offset = e->offset;
        buf_add_str(&t->text, "FATAL");
        add_error(&t->text, e);
        buf_add_u8(&t->text, '\n');
    }
}

void transcript_done(struct transcript *t)
{
    buf_done(&t->text);
}
