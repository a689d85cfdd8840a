/* fixture.c -- builds a snapshot and, beside it, the statement of what it holds.
 *
 * One function a value kind: it writes the bytes for the given type number, then the canonical JSON from
 * the same arguments.  The two halves share nothing but the arguments.
 */
// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the file ----------------------------------------------------------------------------- */

void fixture_begin(struct fixture *f, unsigned version, const char *family)
{
    memset(f, 0, sizeof(*f));
    f->version = version;
    f->document.rdb_version = version;
    f->document.family = family;
    put_magic(&f->rdb, version);
}

void fixture_end(struct fixture *f, enum checksum_form form)
{
    static const char *const names[] = {"ok", "zero", "mismatch", "absent"};

    put_eof(&f->rdb, f->version, form);
    if (form == CHECKSUM_AUTO && f->version < 5)
        form = CHECKSUM_NONE;
    f->document.checksum = names[form];
    f->document.trailing = "none";
    if (form == CHECKSUM_ZERO)
        fixture_expect_defect(f, "checksum-zero");
    else if (form == CHECKSUM_WRONG)
        fixture_expect_defect(f, "checksum-mismatch");
    else if (form == CHECKSUM_NONE)
        fixture_expect_defect(f, "checksum-absent");
}

void fixture_end_fatal(struct fixture *f, const char *error)
{
    f->document.error = error;
}

void fixture_done(struct fixture *f)
{
    buf_done(&f->rdb);
    buf_done(&f->truth);
    canon_document_done(&f->document);
}

void fixture_expect_defect(struct fixture *f, const char *code)
{
    canon_separate(&f->document.defects, ",");
    buf_add_format(&f->document.defects, "\"%s\"", code);
}

/* ---- records ------------------------------------------------------------------------------ */

static struct buf *begin_record(struct fixture *f, const char *name)
{
    struct buf *r = &f->document.records;

    canon_separate(r, ",\n");
    buf_add_format(r, "[\"%s\"", name);
    return r;
}

static void add_record_text(struct buf *r, struct text s)
{
    buf_add_u8(r, ',');
    canon_text(r, s);
}

void fixture_aux(struct fixture *f, struct text name, struct text value)
{
    struct buf *r = begin_record(f, "aux");

    put_aux(&f->rdb, name, value);
    add_record_text(r, name);
    add_record_text(r, value);
    buf_add_u8(r, ']');
}

void fixture_db(struct fixture *f, uint64_t db)
{
    put_select_db(&f->rdb, db);
    buf_add_format(begin_record(f, "db"), ",%" PRIu64 "]", db);
    f->db = db;
}

void fixture_resizedb(struct fixture *f, uint64_t key_count, uint64_t expires_count)
{
    put_resizedb(&f->rdb, key_count, expires_count);
    buf_add_format(begin_record(f, "resizedb"), ",%" PRIu64 ",%" PRIu64 "]", key_count,
                   expires_count);
}

void fixture_slot_info(struct fixture *f, uint64_t slot, uint64_t key_count, uint64_t expires)
{
    put_slot_info(&f->rdb, slot, key_count, expires);
    buf_add_format(begin_record(f, "slot-info"), ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", slot,
                   key_count, expires);
}

void fixture_function(struct fixture *f, struct text source, unsigned form)
{
    struct buf *r = begin_record(f, "function");

    put_function2(&f->rdb, source, form);
    add_record_text(r, source);
    buf_add_u8(r, ']');
}

void fixture_function_pre_ga(struct fixture *f, struct text name, struct text engine,
                             struct text description, struct text source)
{
    struct buf *r = begin_record(f, "function-pre-ga");

    put_function_pre_ga(&f->rdb, name, engine, description, source);
    add_record_text(r, name);
    add_record_text(r, engine);
    add_record_text(r, source);
    buf_add_u8(r, ']');
}

void fixture_module_aux(struct fixture *f, const char *name, unsigned version, uint64_t when)
{
    put_module_aux_head(&f->rdb, name, version, when);
    buf_add_format(begin_record(f, "module-aux"), ",\"%s\",%u,%" PRIu64 "]", name, version, when);
}

/* ---- attributes --------------------------------------------------------------------------- */

void fixture_expire_ms(struct fixture *f, int64_t at_ms)
{
    put_expire_ms(&f->rdb, at_ms);
    f->pending.has_expire = true;
    f->pending.expire_at_ms = at_ms;
}

void fixture_expire_s(struct fixture *f, int32_t at_s)
{
    put_expire_s(&f->rdb, at_s);
    f->pending.has_expire = true;
    f->pending.expire_at_ms = (int64_t)at_s * 1000;
}

void fixture_idle(struct fixture *f, uint64_t idle_s)
{
    put_idle(&f->rdb, idle_s);
    f->pending.has_idle = true;
    f->pending.idle_s = idle_s;
}

void fixture_freq(struct fixture *f, uint8_t freq)
{
    put_freq(&f->rdb, freq);
    f->pending.has_freq = true;
    f->pending.freq = freq;
}

void fixture_key_meta(struct fixture *f, uint64_t class_count)
{
    buf_add_u8(&f->rdb, OP_KEY_META);
    put_length(&f->rdb, class_count, LENGTH_AUTO);
}

/* ---- keys --------------------------------------------------------------------------------- */

const char *type_byte_name(enum rdb_type_byte type)
{
    static const char *const names[] = {
        "STRING", "LIST", "SET", "ZSET", "HASH", "ZSET_2", "MODULE_PRE_GA", "MODULE_2", "8",
        "HASH_ZIPMAP", "LIST_ZIPLIST", "SET_INTSET", "ZSET_ZIPLIST", "HASH_ZIPLIST",
        "LIST_QUICKLIST", "STREAM_LISTPACKS", "HASH_LISTPACK", "ZSET_LISTPACK", "LIST_QUICKLIST_2",
        "STREAM_LISTPACKS_2", "SET_LISTPACK", "STREAM_LISTPACKS_3", "HASH_METADATA_PRE_GA",
        "HASH_LISTPACK_EX_PRE_GA", "HASH_METADATA", "HASH_LISTPACK_EX", "STREAM_LISTPACKS_4",
        "STREAM_LISTPACKS_5", "ARRAY"};

    return type == T_HASH_2 ? "HASH_2" : names[type];
}

void fixture_put_key(struct fixture *f, struct cell key, enum rdb_type_byte type)
{
    buf_add_u8(&f->rdb, (uint8_t)type); /* HASH_2: 22 */
    put_string(&f->rdb, key.text, key.form);
}

static void state_key(struct fixture *f, struct cell key, enum rdb_type_byte type,
                      const char *type_word, const char *error, uint64_t elements,
                      const struct buf *value)
{
    canon_key(&f->document.keys, f->db, key.text, type_word, type_byte_name(type), &f->pending,
              error, elements, value);
    f->key_count++;
    f->expires_count += f->pending.has_expire;
    memset(&f->pending, 0, sizeof(f->pending));
}

static void state_elements(struct fixture *f, struct cell key, enum rdb_type_byte type,
                           const char *type_word, enum canon_kind kind, struct canon_elements *e)
{
    struct buf value = {0};
    const size_t count = e->count;

    canon_elements_render(&value, kind, e);
    state_key(f, key, type, type_word, NULL, count, &value);
    if (count == 0)
        fixture_expect_defect(f, "empty-collection");
    buf_done(&value);
    canon_elements_done(e);
}

static void set_buf(struct buf *b, struct text s)
{
    buf_add(b, s.bytes, s.size_bytes);
}

void fixture_string(struct fixture *f, struct cell key, struct cell value)
{
    struct buf json = {0};

    fixture_put_key(f, key, T_STRING);
    put_string(&f->rdb, value.text, value.form);
    canon_text(&json, value.text);
    state_key(f, key, T_STRING, "string", NULL, value.text.size_bytes, &json);
    buf_done(&json);
}

static void put_blob(struct fixture *f, const struct buf *blob)
{
    put_string(&f->rdb, text_of_buf(blob), f->blob_form);
}

static uint32_t packed_count(const struct fixture *f, const struct packed *p)
{
    return f->hide_packed_count ? 0xffff : p->entry_count;
}

static void put_ziplist(struct fixture *f, struct packed *p)
{
    struct buf blob = {0};

    ziplist_finish(p, packed_count(f, p), &blob);
    put_blob(f, &blob);
    buf_done(&blob);
    packed_done(p);
}

static void put_listpack(struct fixture *f, struct packed *p)
{
    struct buf blob = {0};

    listpack_finish(p, packed_count(f, p), &blob);
    put_blob(f, &blob);
    buf_done(&blob);
    packed_done(p);
}

/* One node of a list: a ziplist (types 10, 14) or a listpack with its container byte (18). */
static void put_list_node(struct fixture *f, enum rdb_type_byte type, const struct cell *cells,
                          size_t count)
{
    struct packed p = {0};

    for (size_t i = 0; i < count; i++) {
        if (type == T_LIST_QUICKLIST_2)
            listpack_add(&p, cells[i].text, cells[i].form);
        else
            ziplist_add(&p, cells[i].text, cells[i].form);
    }
    if (type == T_LIST_QUICKLIST_2) {
        put_length(&f->rdb, 2, LENGTH_AUTO);
        put_listpack(f, &p);
    } else {
        put_ziplist(f, &p);
    }
}

static bool is_plain(const struct fixture *f, enum rdb_type_byte type, const struct cell *c)
{
    return type == T_LIST_QUICKLIST_2 && f->plain_from_bytes > 0 &&
           c->text.size_bytes >= f->plain_from_bytes;
}

/* Entries of the node that begins at cells[0]: a PLAIN one stands alone. */
static size_t node_span(const struct fixture *f, enum rdb_type_byte type, const struct cell *cells,
                        size_t count, size_t per_node)
{
    size_t n = 1;

    if (is_plain(f, type, &cells[0]))
        return 1;
    while (n < count && n < per_node && !is_plain(f, type, &cells[n]))
        n++;
    return n;
}

static void put_quicklist(struct fixture *f, enum rdb_type_byte type, const struct cell *cells,
                          size_t count, size_t per_node)
{
    uint64_t node_count = 0;

    for (size_t i = 0; i < count; i += node_span(f, type, cells + i, count - i, per_node))
        node_count++;
    put_length(&f->rdb, node_count, f->count_form);
    for (size_t i = 0; i < count;) {
        const size_t n = node_span(f, type, cells + i, count - i, per_node);

        if (is_plain(f, type, &cells[i])) {
            put_length(&f->rdb, 1, LENGTH_AUTO);
            put_string(&f->rdb, cells[i].text, cells[i].form);
        } else {
            put_list_node(f, type, cells + i, n);
        }
        i += n;
    }
}

void fixture_list(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *elements, size_t count, size_t per_node)
{
    struct canon_elements e = {0};

    fixture_put_key(f, key, type);
    if (type == T_LIST) {
        put_length(&f->rdb, count, f->count_form);
        for (size_t i = 0; i < count; i++)
            put_string(&f->rdb, elements[i].text, elements[i].form);
    } else if (type == T_LIST_ZIPLIST) {
        put_list_node(f, type, elements, count);
    } else {
        put_quicklist(f, type, elements, count, per_node);
    }
    for (size_t i = 0; i < count; i++)
        set_buf(&canon_elements_add(&e)->name, elements[i].text);
    state_elements(f, key, type, "list", CANON_LIST, &e);
}

static void put_intset(struct fixture *f, const struct cell *members, size_t count)
{
    int64_t *values = calloc(count + 1, sizeof(*values));
    unsigned width = 2;
    struct buf blob = {0};

    if (!values)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (!text_is_integer(members[i].text, &values[i]))
            abort();
        if (values[i] != (int32_t)values[i])
            width = 8;
        else if (values[i] != (int16_t)values[i] && width < 4)
            width = 4;
    }
    intset_build(&blob, width, values, count);
    put_blob(f, &blob);
    buf_done(&blob);
    free(values);
}

void fixture_set(struct fixture *f, struct cell key, enum rdb_type_byte type,
                 const struct cell *members, size_t count)
{
    struct canon_elements e = {0};
    struct packed p = {0};

    fixture_put_key(f, key, type);
    if (type == T_SET) {
        put_length(&f->rdb, count, f->count_form);
        for (size_t i = 0; i < count; i++)
            put_string(&f->rdb, members[i].text, members[i].form);
    } else if (type == T_SET_INTSET) {
        put_intset(f, members, count);
    } else {
        for (size_t i = 0; i < count; i++)
            listpack_add(&p, members[i].text, members[i].form);
        put_listpack(f, &p);
    }
    for (size_t i = 0; i < count; i++)
        set_buf(&canon_elements_add(&e)->name, members[i].text);
    state_elements(f, key, type, "set", CANON_SET, &e);
}

static void put_zset_packed(struct fixture *f, enum rdb_type_byte type, const struct cell *members,
                            const double *scores, size_t count)
{
    struct packed p = {0};

    for (size_t i = 0; i < count; i++) {
        char score[40];

        format_score(score, sizeof(score), scores[i]);
        if (type == T_ZSET_ZIPLIST) {
            ziplist_add(&p, members[i].text, members[i].form);
            ziplist_add(&p, text_of(score), FORM_AUTO);
        } else {
            listpack_add(&p, members[i].text, members[i].form);
            listpack_add(&p, text_of(score), FORM_AUTO);
        }
    }
    if (type == T_ZSET_ZIPLIST)
        put_ziplist(f, &p);
    else
        put_listpack(f, &p);
}

void fixture_zset(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *members, const double *scores, size_t count)
{
    struct canon_elements e = {0};

    fixture_put_key(f, key, type);
    if (type == T_ZSET || type == T_ZSET_2) {
        put_length(&f->rdb, count, f->count_form);
        for (size_t i = 0; i < count; i++) {
            put_string(&f->rdb, members[i].text, members[i].form);
            if (type == T_ZSET)
                put_ascii_double(&f->rdb, scores[i]);
            else
                buf_add_f64(&f->rdb, scores[i]);
        }
    } else {
        put_zset_packed(f, type, members, scores, count);
    }
    for (size_t i = 0; i < count; i++) {
        struct canon_element *x = canon_elements_add(&e);

        set_buf(&x->name, members[i].text);
        x->score = scores[i];
    }
    state_elements(f, key, type, "zset", CANON_ZSET, &e);
}

/* ---- hashes ------------------------------------------------------------------------------- */

static int64_t least_expire(const int64_t *expires, size_t count)
{
    int64_t least = 0;

    for (size_t i = 0; i < count; i++)
        if (expires[i] && (!least || expires[i] < least))
            least = expires[i];
    return least;
}

static void put_hash_table(struct fixture *f, enum rdb_type_byte type, const struct cell *pairs,
                           size_t count, const int64_t *expires)
{
    const int64_t least = expires ? least_expire(expires, count) : 0;

    if (type == T_HASH_METADATA)
        buf_add_le(&f->rdb, (uint64_t)least, 8);
    put_length(&f->rdb, count, f->count_form);
    for (size_t i = 0; i < count; i++) {
        if (type == T_HASH_METADATA) /* relative to the least, plus one; 0 none */
            put_length(&f->rdb, expires[i] ? (uint64_t)(expires[i] - least + 1) : 0, LENGTH_AUTO);
        else if (type == T_HASH_METADATA_PRE_GA)
            put_length(&f->rdb, (uint64_t)expires[i], LENGTH_AUTO);
        put_string(&f->rdb, pairs[2 * i].text, pairs[2 * i].form);
        put_string(&f->rdb, pairs[2 * i + 1].text, pairs[2 * i + 1].form);
        if (type == T_HASH_2)
            buf_add_le(&f->rdb, expires[i] ? (uint64_t)expires[i] : UINT64_MAX, 8);
    }
}

static void put_hash_packed(struct fixture *f, enum rdb_type_byte type, const struct cell *pairs,
                            size_t count, const int64_t *expires)
{
    struct packed p = {0};
    const bool has_expires = type == T_HASH_LISTPACK_EX || type == T_HASH_LISTPACK_EX_PRE_GA;

    if (type == T_HASH_LISTPACK_EX)
        buf_add_le(&f->rdb, (uint64_t)least_expire(expires, count), 8);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 2 * i; k < 2 * i + 2; k++) {
            if (type == T_HASH_ZIPLIST)
                ziplist_add(&p, pairs[k].text, pairs[k].form);
            else
                listpack_add(&p, pairs[k].text, pairs[k].form);
        }
        if (has_expires)
            listpack_add_integer(&p, expires[i], FORM_AUTO);
    }
    if (type == T_HASH_ZIPLIST)
        put_ziplist(f, &p);
    else
        put_listpack(f, &p);
}

/* A value cell's form in the high byte gives its free bytes: FORM_AUTO | free << 16. */
static void put_zipmap(struct fixture *f, const struct cell *pairs, size_t count)
{
    struct zipmap z = {0};
    struct buf blob = {0};

    for (size_t i = 0; i < count; i++)
        zipmap_add(&z, pairs[2 * i].text, pairs[2 * i + 1].text,
                   (uint8_t)(pairs[2 * i + 1].form >> 16), FORM_AUTO);
    zipmap_finish(&z, f->hide_packed_count || count > 253 ? 254 : (uint8_t)count, &blob);
    put_blob(f, &blob);
    buf_done(&z.entries);
    buf_done(&blob);
}

void fixture_hash(struct fixture *f, struct cell key, enum rdb_type_byte type,
                  const struct cell *pairs, size_t cell_count, const int64_t *expires)
{
    struct canon_elements e = {0};
    const size_t count = cell_count / 2;

    fixture_put_key(f, key, type);
    switch (type) {
    case T_HASH_ZIPMAP: put_zipmap(f, pairs, count); break;
    case T_HASH:
    case T_HASH_METADATA_PRE_GA:
    case T_HASH_METADATA:
    case T_HASH_2: put_hash_table(f, type, pairs, count, expires); break;
    default: put_hash_packed(f, type, pairs, count, expires);
    }
    for (size_t i = 0; i < count; i++) {
        struct canon_element *x = canon_elements_add(&e);

        set_buf(&x->name, pairs[2 * i].text);
        set_buf(&x->value, pairs[2 * i + 1].text);
        x->expire_at_ms = expires ? expires[i] : 0;
    }
    state_elements(f, key, type, "hash", expires ? CANON_HASH_TTL : CANON_HASH, &e);
}

/* ---- streams ------------------------------------------------------------------------------ */

static void put_raw_id(struct buf *b, struct stream_id id)
{
    buf_add_be(b, id.ms, 8);
    buf_add_be(b, id.seq, 8);
}

static void put_length_id(struct buf *b, struct stream_id id)
{
    put_length(b, id.ms, LENGTH_AUTO);
    put_length(b, id.seq, LENGTH_AUTO);
}

static void put_stream_node(struct fixture *f, const struct fixture_node *node)
{
    struct stream_node n;
    struct buf blob = {0}, key = {0};

    stream_node_init(&n, node->master_id, node->fields, node->field_count);
    for (size_t i = 0; i < node->entry_count; i++) {
        const struct fixture_entry *e = &node->entries[i];

        stream_node_add(&n, e->id, e->is_deleted, e->is_samefields, e->texts, e->text_count);
    }
    stream_node_finish(&n, &blob);
    put_raw_id(&key, node->master_id);
    put_string(&f->rdb, text_of_buf(&key), FORM_RAW);
    put_blob(f, &blob);
    stream_node_done(&n);
    buf_done(&blob);
    buf_done(&key);
}

static void put_group(struct buf *b, enum rdb_type_byte type, const struct fixture_group *g)
{
    put_string(b, text_of(g->name), FORM_AUTO);
    put_length_id(b, g->last_id);
    if (type >= T_STREAM_LISTPACKS_2)
        put_length(b, g->entries_read, LENGTH_AUTO);
    put_length(b, g->pending_count, LENGTH_AUTO);
    for (size_t i = 0; i < g->pending_count; i++) {
        put_raw_id(b, g->pending[i].id);
        buf_add_le(b, (uint64_t)g->pending[i].delivered_at_ms, 8);
        put_length(b, g->pending[i].delivery_count, LENGTH_AUTO);
    }
    put_length(b, g->consumer_count, LENGTH_AUTO);
    for (size_t i = 0; i < g->consumer_count; i++) {
        const struct fixture_consumer *c = &g->consumers[i];

        put_string(b, text_of(c->name), FORM_AUTO);
        buf_add_le(b, (uint64_t)c->seen_at_ms, 8);
        if (type >= T_STREAM_LISTPACKS_3)
            buf_add_le(b, (uint64_t)c->active_at_ms, 8);
        put_length(b, c->pending_count, LENGTH_AUTO);
        for (size_t k = 0; k < c->pending_count; k++)
            put_raw_id(b, c->pending[k]);
    }
    if (type >= T_STREAM_LISTPACKS_5) {
        put_length(b, g->nacked_count, LENGTH_AUTO);
        for (size_t i = 0; i < g->nacked_count; i++)
            put_raw_id(b, g->nacked[i]);
    }
}

static void put_producers(struct buf *b, const struct fixture_stream *s)
{
    put_length(b, s->idmp_duration_s, LENGTH_AUTO);
    put_length(b, s->idmp_max_entries, LENGTH_AUTO);
    put_length(b, s->producer_count, LENGTH_AUTO);
    for (size_t i = 0; i < s->producer_count; i++) {
        const struct fixture_producer *p = &s->producers[i];

        put_string(b, text_of(p->name), FORM_AUTO);
        put_length(b, p->iid_count, LENGTH_AUTO);
        for (size_t k = 0; k < p->iid_count; k++) {
            put_string(b, p->iids[k].iid.text, p->iids[k].iid.form);
            put_length_id(b, p->iids[k].id);
        }
    }
    put_length(b, s->iids_added, LENGTH_AUTO);
    put_length(b, s->iids_duplicates, LENGTH_AUTO);
}

/* An entry's fields and values, whether the file names the fields or leaves them to the node. */
static void state_entry(struct buf *out, const struct fixture_node *node,
                        const struct fixture_entry *e)
{
    buf_add_str(out, "{\"id\":");
    canon_id(out, e->id);
    if (e->is_deleted)
        buf_add_str(out, ",\"deleted\":true");
    buf_add_str(out, ",\"items\":[");
    for (size_t i = 0; i < e->text_count; i++) {
        if (i > 0)
            buf_add_u8(out, ',');
        if (e->is_samefields) {
            canon_text(out, node->fields[i]);
            buf_add_u8(out, ',');
        }
        canon_text(out, e->texts[i]);
    }
    buf_add_str(out, "]}");
}

static void state_consumer(struct buf *out, enum rdb_type_byte type,
                           const struct fixture_consumer *c)
{
    buf_add_str(out, "{\"name\":");
    canon_text(out, text_of(c->name));
    buf_add_format(out, ",\"seen_at_ms\":%" PRId64 ",\"active_at_ms\":%" PRId64 ",\"pending\":[",
                   c->seen_at_ms, type >= T_STREAM_LISTPACKS_3 ? c->active_at_ms : -1);
    for (size_t i = 0; i < c->pending_count; i++) {
        if (i > 0)
            buf_add_u8(out, ',');
        canon_id(out, c->pending[i]);
    }
    buf_add_str(out, "]}");
}

static void state_group(struct buf *out, enum rdb_type_byte type, const struct fixture_group *g)
{
    buf_add_str(out, "{\"name\":");
    canon_text(out, text_of(g->name));
    buf_add_str(out, ",\"last_id\":");
    canon_id(out, g->last_id);
    if (type >= T_STREAM_LISTPACKS_2 && g->entries_read != UINT64_MAX)
        buf_add_format(out, ",\"entries_read\":%" PRIu64, g->entries_read);
    buf_add_str(out, ",\"pending\":[");
    for (size_t i = 0; i < g->pending_count; i++) {
        if (i > 0)
            buf_add_u8(out, ',');
        buf_add_u8(out, '[');
        canon_id(out, g->pending[i].id);
        buf_add_format(out, ",%" PRId64 ",%" PRIu64 "]", g->pending[i].delivered_at_ms,
                       g->pending[i].delivery_count);
    }
    buf_add_str(out, "],\"consumers\":[");
    for (size_t i = 0; i < g->consumer_count; i++) {
        if (i > 0)
            buf_add_u8(out, ',');
        state_consumer(out, type, &g->consumers[i]);
    }
    for (size_t i = 0; i < g->nacked_count; i++) {
        buf_add_str(out, i == 0 ? "],\"nacked\":[" : ",");
        canon_id(out, g->nacked[i]);
    }
    buf_add_str(out, "]}");
}

/* Of a request's id its length: the content is not given. */
static void state_producers(struct buf *out, const struct fixture_stream *s)
{
    buf_add_str(out, "],\"producers\":[");
    for (size_t i = 0; i < s->producer_count; i++) {
        const struct fixture_producer *p = &s->producers[i];

        buf_add_str(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        canon_text(out, text_of(p->name));
        buf_add_str(out, ",\"iids\":[");
        for (size_t k = 0; k < p->iid_count; k++) {
            buf_add_format(out, "%s[%zu,", k == 0 ? "" : ",", p->iids[k].iid.text.size_bytes);
            canon_id(out, p->iids[k].id);
            buf_add_u8(out, ']');
        }
        buf_add_str(out, "]}");
    }
    buf_add_format(out, "],\"idmp\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                   s->idmp_duration_s, s->idmp_max_entries, s->iids_added, s->iids_duplicates);
}

static void state_stream(struct buf *out, enum rdb_type_byte type, const struct fixture_stream *s)
{
    bool is_first = true;

    buf_add_str(out, "{\"entries\":[");
    for (size_t n = 0; n < s->node_count; n++) {
        for (size_t i = 0; i < s->nodes[n].entry_count; i++) {
            if (!is_first)
                buf_add_u8(out, ',');
            is_first = false;
            state_entry(out, &s->nodes[n], &s->nodes[n].entries[i]);
        }
    }
    buf_add_format(out, "],\"length\":%" PRIu64 ",\"last_id\":", s->length);
    canon_id(out, s->last_id);
    if (type >= T_STREAM_LISTPACKS_2) {
        buf_add_str(out, ",\"first_id\":");
        canon_id(out, s->first_id);
        buf_add_str(out, ",\"max_deleted_id\":");
        canon_id(out, s->max_deleted_id);
        buf_add_format(out, ",\"entries_added\":%" PRIu64, s->entries_added);
    }
    buf_add_str(out, ",\"groups\":[");
    for (size_t i = 0; i < s->group_count; i++) {
        if (i > 0)
            buf_add_u8(out, ',');
        state_group(out, type, &s->groups[i]);
    }
    if (type >= T_STREAM_LISTPACKS_4)
        state_producers(out, s);
    buf_add_str(out, "]}");
}

static uint64_t count_live(const struct fixture_stream *s)
{
    uint64_t live = 0;

    for (size_t n = 0; n < s->node_count; n++)
        for (size_t i = 0; i < s->nodes[n].entry_count; i++)
            live += !s->nodes[n].entries[i].is_deleted;
    return live;
}

void fixture_stream(struct fixture *f, struct cell key, enum rdb_type_byte type,
                    const struct fixture_stream *s)
{
    struct buf value = {0};
    const uint64_t live = count_live(s);

    fixture_put_key(f, key, type);
    put_length(&f->rdb, s->node_count, f->count_form);
    for (size_t i = 0; i < s->node_count; i++)
        put_stream_node(f, &s->nodes[i]);
    put_length(&f->rdb, s->length, LENGTH_AUTO);
    put_length_id(&f->rdb, s->last_id);
    if (type >= T_STREAM_LISTPACKS_2) {
        put_length_id(&f->rdb, s->first_id);
        put_length_id(&f->rdb, s->max_deleted_id);
        put_length(&f->rdb, s->entries_added, LENGTH_AUTO);
    }
    put_length(&f->rdb, s->group_count, LENGTH_AUTO);
    for (size_t i = 0; i < s->group_count; i++)
        put_group(&f->rdb, type, &s->groups[i]);
    if (type >= T_STREAM_LISTPACKS_4)
        put_producers(&f->rdb, s);
    state_stream(&value, type, s);
    /* XLEN on a server that loads it: what the file announces. */
    state_key(f, key, type, "stream", NULL, s->length, &value);
    if (live != s->length)
        fixture_expect_defect(f, "stream-length-mismatch");
    buf_done(&value);
}

/* ---- arrays ------------------------------------------------------------------------------- */

static void put_slot(struct fixture *f, const struct fixture_slot *slot)
{
    int64_t integer = 0;

    put_length(&f->rdb, slot->index, LENGTH_AUTO);
    put_length(&f->rdb, (uint64_t)slot->tag, LENGTH_AUTO);
    switch (slot->tag) {
    case ARRAY_INTEGER:
        if (!text_is_integer(slot->cell.text, &integer))
            abort();
        buf_add_le(&f->rdb, (uint64_t)integer, 8);
        break;
    case ARRAY_DOUBLE: buf_add_f64(&f->rdb, slot->number); break;
    case ARRAY_STRING:
    case ARRAY_SHORT_STRING: put_string(&f->rdb, slot->cell.text, slot->cell.form);
    }
}

void fixture_array(struct fixture *f, struct cell key, const struct fixture_slot *slots,
                   size_t count, uint64_t insert_index)
{
    struct canon_elements e = {0};

    fixture_put_key(f, key, T_ARRAY);
    put_length(&f->rdb, count, f->count_form);
    put_length(&f->rdb, insert_index == UINT64_MAX ? 0 : 1, LENGTH_AUTO);
    if (insert_index != UINT64_MAX)
        put_length(&f->rdb, insert_index, LENGTH_AUTO);
    for (size_t i = 0; i < count; i++) {
        struct canon_element *x = canon_elements_add(&e);

        put_slot(f, &slots[i]);
        set_buf(&x->name, slots[i].cell.text);
        x->index = slots[i].index;
    }
    state_elements(f, key, T_ARRAY, "array", CANON_ARRAY, &e);
}

/* ---- modules, damage ---------------------------------------------------------------------- */

void fixture_module(struct fixture *f, struct cell key, const char *name, unsigned version)
{
    struct buf value = {0};

    fixture_put_key(f, key, T_MODULE_2);
    put_module_id(&f->rdb, name, version);
    buf_add_format(&value, "{\"module\":\"%s\",\"version\":%u}", name, version);
    state_key(f, key, T_MODULE_2, "module", NULL, UINT64_MAX, &value);
    buf_done(&value);
}

void fixture_damaged(struct fixture *f, struct cell key, enum rdb_type_byte type,
                     const char *type_word, const struct buf *value, const char *error)
{
    fixture_put_key(f, key, type);
    buf_add_buf(&f->rdb, value);
    state_key(f, key, type, type_word, error, UINT64_MAX, NULL);
}
