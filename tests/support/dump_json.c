/* dump_json.c -- renders a parse at BYTES depth as canonical JSON (canon.h).
 *
 * One pass: the items of a value are joined to whole strings and put where their role says; the value
 * becomes a line at VALUE_END.  On the way every string is held against what was said of it.
 */
// SPDX-License-Identifier: MIT
#include "dump_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"

struct dump {
    struct canon_document document;
    struct buf *problems;

    /* The key being read. */
    struct rdbp_key key;
    struct buf key_bytes;
    struct canon_elements elements;
    struct buf string;  /* the item being joined */
    int64_t ttl_before; /* types 22 and 24: stands before its field */
    uint64_t index;     /* stands before its element */
    struct buf stream;
    unsigned stream_part; /* enum rdbp_role of the last structural item */
    bool has_value_item;
    struct buf function;
};

static void report(struct dump *d, const char *what)
{
    buf_add_format(d->problems, "key %" PRIu64 ": %s\n", d->key.key_index, what);
}

static struct text text_of_slice(rdbp_slice s)
{
    return (struct text){s.bytes, s.size_bytes};
}

/* ---- records ------------------------------------------------------------------------------ */

static struct buf *begin_record(struct dump *d, const char *name)
{
    struct buf *r = &d->document.records;

    canon_separate(r, ",\n");
    buf_add_format(r, "[\"%s\"", name);
    return r;
}

static void add_text(struct buf *r, struct text s)
{
    buf_add_u8(r, ',');
    canon_text(r, s);
}

static void dump_aux(struct dump *d, const struct rdbp_aux *a)
{
    struct buf *r = begin_record(d, "aux");

    add_text(r, text_of_slice(a->name));
    add_text(r, text_of_slice(a->value));
    buf_add_u8(r, ']');
    if (a->value.size_bytes != (a->value_bytes < 65536 ? a->value_bytes : 65536))
        report(d, "AUX value neither whole nor cut to 64 KiB");
}

static void dump_function(struct dump *d, const struct rdbp_function *f)
{
    struct buf *r;

    if (f->piece_offset != d->function.size_bytes)
        report(d, "function piece out of place");
    buf_add(&d->function, f->piece.bytes, f->piece.size_bytes);
    if (!f->is_last)
        return;
    if (f->source_bytes != d->function.size_bytes)
        report(d, "function length is not its content's");
    r = begin_record(d, f->is_pre_ga ? "function-pre-ga" : "function");
    if (f->is_pre_ga) {
        add_text(r, text_of_slice(f->name));
        add_text(r, text_of_slice(f->engine));
    }
    add_text(r, text_of_buf(&d->function));
    buf_add_u8(r, ']');
    buf_clear(&d->function);
}

/* ---- streams ------------------------------------------------------------------------------ */

static struct stream_id id_of(struct rdbp_stream_id id)
{
    return (struct stream_id){id.ms, id.seq};
}

/* Closes what the new part ends: entries end at META, consumers at the next group, ... */
static void close_stream_parts(struct dump *d, unsigned next)
{
    struct buf *s = &d->stream;
    const unsigned last = d->stream_part;
    const bool is_in_group = last >= RDBP_ROLE_STREAM_GROUP && last <= RDBP_ROLE_STREAM_NACKED;

    if (last == RDBP_ROLE_STREAM_ENTRY)
        buf_add_str(s, "]}");
    if (next == RDBP_ROLE_STREAM_META)
        buf_add_str(s, "]");
    if ((last == RDBP_ROLE_STREAM_CONSUMER || last == RDBP_ROLE_STREAM_CONSUMER_PENDING) &&
        next != RDBP_ROLE_STREAM_CONSUMER_PENDING)
        buf_add_str(s, "]}");
    if ((last == RDBP_ROLE_STREAM_PRODUCER || last == RDBP_ROLE_STREAM_IID) &&
        next != RDBP_ROLE_STREAM_IID)
        buf_add_str(s, "]}");
    if (is_in_group && (next == RDBP_ROLE_STREAM_GROUP || next >= RDBP_ROLE_STREAM_PRODUCER ||
                        next == 0)) {
        if (last <= RDBP_ROLE_STREAM_PENDING)
            buf_add_str(s, "],\"consumers\":[");
        buf_add_str(s, "]}");
    }
    if (next >= RDBP_ROLE_STREAM_PRODUCER && last <= RDBP_ROLE_STREAM_NACKED)
        buf_add_str(s, "],\"producers\":[");
    if (next == 0)
        buf_add_str(s, "]}");
}

static void dump_stream_meta(struct buf *s, const rdbp_item *i)
{
    buf_add_format(s, ",\"length\":%" PRIu64 ",\"last_id\":", i->u.stream.length);
    canon_id(s, id_of(i->u.stream.last_id));
    if (i->u.stream.has_v2) {
        buf_add_str(s, ",\"first_id\":");
        canon_id(s, id_of(i->u.stream.first_id));
        buf_add_str(s, ",\"max_deleted_id\":");
        canon_id(s, id_of(i->u.stream.max_deleted_id));
        buf_add_format(s, ",\"entries_added\":%" PRIu64, i->u.stream.entries_added);
    }
    buf_add_str(s, ",\"groups\":[");
}

static void dump_stream_producer(struct dump *d, const rdbp_item *i, unsigned last)
{
    struct buf *s = &d->stream;

    switch (i->role) {
    case RDBP_ROLE_STREAM_PRODUCER:
        buf_add_str(s, last == RDBP_ROLE_STREAM_PRODUCER || last == RDBP_ROLE_STREAM_IID
                           ? ",{\"name\":"
                           : "{\"name\":");
        canon_text(s, text_of_slice(i->bytes));
        buf_add_str(s, ",\"iids\":[");
        break;
    case RDBP_ROLE_STREAM_IID:
        buf_add_format(s, "%s[%" PRIu64 ",", last == RDBP_ROLE_STREAM_IID ? "," : "",
                       i->size_bytes);
        canon_id(s, id_of(i->u.id));
        buf_add_u8(s, ']');
        break;
    case RDBP_ROLE_STREAM_IDMP:
        buf_add_format(s, "],\"idmp\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                       i->u.idmp.duration_s, i->u.idmp.max_entries, i->u.idmp.iids_added,
                       i->u.idmp.iids_duplicates);
        break;
    default: report(d, "role outside its place");
    }
}

static void dump_stream_item(struct dump *d, const rdbp_item *i)
{
    struct buf *s = &d->stream;
    const unsigned last = d->stream_part;

    if (s->size_bytes == 0)
        buf_add_str(s, "{\"entries\":[");
    close_stream_parts(d, i->role);
    d->stream_part = i->role;
    switch (i->role) {
    case RDBP_ROLE_STREAM_ENTRY:
        if (last == RDBP_ROLE_STREAM_ENTRY)
            buf_add_u8(s, ',');
        buf_add_str(s, "{\"id\":");
        canon_id(s, id_of(i->u.id));
        buf_add_str(s, i->is_deleted ? ",\"deleted\":true,\"items\":[" : ",\"items\":[");
        d->has_value_item = false;
        break;
    case RDBP_ROLE_STREAM_META: dump_stream_meta(s, i); break;
    case RDBP_ROLE_STREAM_GROUP:
        if (last != RDBP_ROLE_STREAM_META)
            buf_add_u8(s, ',');
        buf_add_str(s, "{\"name\":");
        canon_text(s, text_of_slice(i->bytes));
        buf_add_str(s, ",\"last_id\":");
        canon_id(s, id_of(i->u.group.last_id));
        if (i->u.group.entries_read != UINT64_MAX && d->key.rdb_type != RDBP_RDB_STREAM_LISTPACKS)
            buf_add_format(s, ",\"entries_read\":%" PRIu64, i->u.group.entries_read);
        buf_add_str(s, ",\"pending\":[");
        break;
    case RDBP_ROLE_STREAM_PENDING:
        buf_add_str(s, last == RDBP_ROLE_STREAM_PENDING ? ",[" : "[");
        canon_id(s, id_of(i->u.pending.id));
        buf_add_format(s, ",%" PRId64 ",%" PRIu64 "]", i->u.pending.delivered_at_ms,
                       i->u.pending.delivery_count);
        break;
    case RDBP_ROLE_STREAM_CONSUMER:
        buf_add_str(s, last <= RDBP_ROLE_STREAM_PENDING ? "],\"consumers\":[{" : ",{");
        buf_add_str(s, "\"name\":");
        canon_text(s, text_of_slice(i->bytes));
        buf_add_format(s, ",\"seen_at_ms\":%" PRId64 ",\"active_at_ms\":%" PRId64 ",\"pending\":[",
                       i->u.consumer.seen_at_ms, i->u.consumer.active_at_ms);
        break;
    case RDBP_ROLE_STREAM_CONSUMER_PENDING:
        if (last == RDBP_ROLE_STREAM_CONSUMER_PENDING)
            buf_add_u8(s, ',');
        canon_id(s, id_of(i->u.id));
        break;
    case RDBP_ROLE_STREAM_NACKED:
        if (last <= RDBP_ROLE_STREAM_PENDING)
            buf_add_str(s, "],\"consumers\":[");
        buf_add_str(s, last == RDBP_ROLE_STREAM_NACKED ? "," : "],\"nacked\":[");
        canon_id(s, id_of(i->u.id));
        break;
    default: dump_stream_producer(d, i, last);
    }
}

/* ---- strings ------------------------------------------------------------------------------ */

static void check_string(struct dump *d, const rdbp_item *i)
{
    int64_t v = 0;
    const bool is_integer = text_is_integer(text_of_buf(&d->string), &v);

    if (i->size_bytes != d->string.size_bytes)
        report(d, "item length is not its content's");
    if (i->is_integer != is_integer)
        report(d, is_integer ? "integer not marked" : "marked as integer, is none");
    else if (is_integer && i->role != RDBP_ROLE_SCORE && i->u.integer != v)
        report(d, "wrong integer");
}

static void take_string(struct dump *d, const rdbp_item *i)
{
    struct canon_element *e;

    if (d->key.type == RDBP_TYPE_STREAM) {
        if (d->has_value_item)
            buf_add_u8(&d->stream, ',');
        canon_text(&d->stream, text_of_buf(&d->string));
        d->has_value_item = true;
    } else if (i->role == RDBP_ROLE_VALUE) {
        if (d->elements.count == 0) {
            report(d, "value without a field");
            return;
        }
        e = &d->elements.items[d->elements.count - 1];
        buf_add_buf(&e->value, &d->string);
    } else {
        e = canon_elements_add(&d->elements);
        buf_add_buf(&e->name, &d->string);
        e->expire_at_ms = d->ttl_before;
        e->index = d->index;
        d->ttl_before = 0;
    }
}

static bool is_ttl_before_field(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH_METADATA || rdb_type == RDBP_RDB_HASH_METADATA_PRE_GA;
}

static void dump_item(struct dump *d, const rdbp_item *i)
{
    struct canon_element *last =
        d->elements.count > 0 ? &d->elements.items[d->elements.count - 1] : NULL;

    if (i->role == RDBP_ROLE_ARRAY_INDEX) {
        d->index = i->u.index;
    } else if (i->role >= RDBP_ROLE_STREAM_ENTRY) {
        dump_stream_item(d, i);
    } else if (i->role == RDBP_ROLE_SCORE) {
        if (last)
            last->score = i->u.score;
        else
            report(d, "score without a member");
    } else if (i->role == RDBP_ROLE_FIELD_TTL) {
        if (is_ttl_before_field(d->key.rdb_type))
            d->ttl_before = i->u.expire_at_ms;
        else if (last)
            last->expire_at_ms = i->u.expire_at_ms;
        else
            report(d, "field TTL without a field");
    } else {
        if (i->piece_offset != d->string.size_bytes)
            report(d, "piece out of place");
        buf_add(&d->string, i->bytes.bytes, i->bytes.size_bytes);
        if (i->is_partial)
            return;
        check_string(d, i);
        take_string(d, i);
        buf_clear(&d->string);
    }
}

/* ---- keys --------------------------------------------------------------------------------- */

static void begin_key(struct dump *d, const struct rdbp_key *k)
{
    d->key = *k;
    buf_clear(&d->key_bytes);
    buf_add(&d->key_bytes, k->key.bytes, k->key.size_bytes);
    buf_clear(&d->string);
    buf_clear(&d->stream);
    d->stream_part = 0;
    d->ttl_before = 0;
    canon_elements_done(&d->elements);
}

static bool has_field_ttls(uint16_t rdb_type)
{
    return rdb_type == RDBP_RDB_HASH_2 ||
           (rdb_type >= RDBP_RDB_HASH_METADATA_PRE_GA && rdb_type <= RDBP_RDB_HASH_LISTPACK_EX);
}

static void render_value(struct dump *d, struct buf *out)
{
    switch (d->key.type) {
    case RDBP_TYPE_STRING:
        if (d->elements.count == 1)
            canon_text(out, text_of_buf(&d->elements.items[0].name));
        else
            report(d, "a string value is one item");
        break;
    case RDBP_TYPE_LIST: canon_elements_render(out, CANON_LIST, &d->elements); break;
    case RDBP_TYPE_SET: canon_elements_render(out, CANON_SET, &d->elements); break;
    case RDBP_TYPE_ZSET: canon_elements_render(out, CANON_ZSET, &d->elements); break;
    case RDBP_TYPE_HASH:
        canon_elements_render(out, has_field_ttls(d->key.rdb_type) ? CANON_HASH_TTL : CANON_HASH,
                              &d->elements);
        break;
    case RDBP_TYPE_ARRAY: canon_elements_render(out, CANON_ARRAY, &d->elements); break;
    case RDBP_TYPE_STREAM:
        close_stream_parts(d, 0);
        buf_add_buf(out, &d->stream);
        break;
    default:
        buf_add_format(out, "{\"module\":\"%s\",\"version\":%u}", d->key.module_name,
                       d->key.module_version);
    }
}

static void check_counts(struct dump *d, const struct rdbp_value_end *v)
{
    uint64_t counted = d->elements.count;

    if (d->key.type == RDBP_TYPE_STREAM || d->key.type == RDBP_TYPE_MODULE)
        return;
    if (d->key.type == RDBP_TYPE_STRING)
        counted = counted ? d->elements.items[0].name.size_bytes : 0;
    if (!v->has_element_count || v->element_count != counted)
        report(d, "element count is not the number of items");
    if (v->is_empty != (counted == 0 && d->key.type != RDBP_TYPE_STRING))
        report(d, "is_empty is wrong");
}

static void end_key(struct dump *d, const struct rdbp_value_end *v)
{
    const struct canon_attributes attributes = {
        .has_expire = d->key.has_expire,
        .has_idle = d->key.has_idle,
        .has_freq = d->key.has_freq,
        .expire_at_ms = d->key.expire_at_ms,
        .idle_s = d->key.idle_s,
        .freq = d->key.freq,
    };
    struct buf value = {0};

    if (v->ok) {
        render_value(d, &value);
        check_counts(d, v);
    }
    canon_key(&d->document.keys, d->key.db, text_of_buf(&d->key_bytes),
              rdbp_type_name(d->key.type), rdbp_rdb_type_name(d->key.rdb_type), &attributes,
              v->ok ? NULL : rdbp_errcode_name(v->error.code),
              v->has_element_count ? v->element_count : UINT64_MAX, &value);
    buf_done(&value);
}

/* ---- the walk ----------------------------------------------------------------------------- */

static void dump_event(struct dump *d, const rdbp_event *ev)
{
    static const char *const checksums[] = {"ok", "absent", "zero", "mismatch", "unchecked"};
    static const char *const trailings[] = {"none", "aof", "eof-mark", "zeros", "rdb", "other"};

    switch (ev->type) {
    case RDBP_EVENT_HEADER: d->document.rdb_version = ev->u.header.rdb_version; break;
    case RDBP_EVENT_AUX: dump_aux(d, &ev->u.aux); break;
    case RDBP_EVENT_DB: buf_add_format(begin_record(d, "db"), ",%" PRIu64 "]", ev->u.db); break;
    case RDBP_EVENT_RESIZEDB:
        buf_add_format(begin_record(d, "resizedb"), ",%" PRIu64 ",%" PRIu64 "]",
                       ev->u.resizedb.key_count, ev->u.resizedb.expires_count);
        break;
    case RDBP_EVENT_SLOT_INFO:
        buf_add_format(begin_record(d, "slot-info"), ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
                       ev->u.slot_info.slot, ev->u.slot_info.key_count,
                       ev->u.slot_info.expires_count);
        break;
    case RDBP_EVENT_FUNCTION: dump_function(d, &ev->u.function); break;
    case RDBP_EVENT_MODULE_AUX:
        buf_add_format(begin_record(d, "module-aux"), ",\"%s\",%u,%" PRIu64 "]",
                       ev->u.module_aux.module_name, ev->u.module_aux.module_version,
                       ev->u.module_aux.when);
        break;
    case RDBP_EVENT_KEY: begin_key(d, &ev->u.key); break;
    case RDBP_EVENT_ITEMS:
        for (size_t i = 0; i < ev->u.items.count; i++)
            dump_item(d, &ev->u.items.items[i]);
        break;
    case RDBP_EVENT_VALUE_END: end_key(d, &ev->u.value_end); break;
    case RDBP_EVENT_DEFECT:
        canon_separate(&d->document.defects, ",");
        buf_add_format(&d->document.defects, "\"%s\"", rdbp_errcode_name(ev->u.defect.code));
        break;
    case RDBP_EVENT_END:
        d->document.checksum = checksums[ev->u.end.checksum];
        d->document.trailing = trailings[ev->u.end.trailing];
        break;
    default: break;
    }
}

void dump_json(rdbp_parser *p, struct buf *out, struct buf *problems)
{
    struct dump d;
    const rdbp_event *ev;
    int r;

    memset(&d, 0, sizeof(d));
    d.problems = problems;
    while ((r = rdbp_next(p, &ev)) > 0)
        dump_event(&d, ev);
    if (r < 0)
        d.document.error = rdbp_errcode_name(rdbp_last_error(p)->code);
    d.document.family = rdbp_family_name(rdbp_family(p));
    canon_document_render(out, &d.document);
    canon_document_done(&d.document);
    canon_elements_done(&d.elements);
    buf_done(&d.key_bytes);
    buf_done(&d.string);
    buf_done(&d.stream);
    buf_done(&d.function);
}
