/* value_check.c -- what a server refuses in a value whose every byte can be read.
 *
 * Redis 7.0 to 8 and Valkey (rdb.c, rdbLoadObject) stop at
 *
 *      sets, zsets as tables (2, 3, 5)     a member twice
 *      zipmaps, ziplist pairs (9, 12, 13)  a field or member twice: they are rebuilt on load
 *      hashes as tables (4, 22, 24)        a field twice, if the server makes a table of it: above
 *                                          512 fields, or one field or value above 64 bytes
 *      HASH_2 (Valkey 22)                  a field twice
 *      listpacks (16, 17, 20, 23, 25)      the same, if it has more entries than the server keeps
 *                                          packed
 *      plain list nodes                    an empty one
 *      streams                             a node, group, or consumer of a group twice; an id twice
 *                                          in a group's or consumer's pending entries; an id of a
 *                                          consumer that is not its group's, or one that was
 *                                          released (27) and is not, or has a consumer
 *
 * and otherwise load a duplicate, unless sanitize-dump-payload is yes; only then, too, do they
 * look for pending entries that no consumer has.  The limits are the servers' defaults.
 *
 * What was there is kept as hashes, of one value or of one group of a stream: up to 2^22 (64 MiB),
 * and 2^20 nodes and groups; what is beyond is counted as not checked.
 */
// SPDX-License-Identifier: MIT
#include "value_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/hash.h"
#include "util/seen.h"
#include "util/text.h"

enum {
    MAX_ELEMENTS = 1 << 22,
    MAX_NAMES = 1 << 20,
    NAME_TEXT_BYTES = 80,
    AHEAD = 64, /* items that are hashed before they are looked up */
    /* hash-max-listpack-entries, -value; zset- and set-max-listpack-entries */
    HASH_PACKED_ENTRIES = 512,
    HASH_PACKED_VALUE_BYTES = 64,
    ZSET_PACKED_ENTRIES = 128,
    SET_PACKED_ENTRIES = 128
};

/* What a hash is a hash of: the same bytes may be a group, and a consumer of it. */
enum kind {
    KIND_NODE = 1,
    KIND_GROUP,
    KIND_PENDING,
    KIND_CONSUMER,
    KIND_CONSUMER_PENDING,
    KIND_OWNED,
    KIND_RELEASED
};

struct rule {
    uint16_t rdb_type;
    uint8_t role;
    const char *word;
    uint64_t packed_entries; /* a duplicate is refused above so many; 0: always */
    bool has_value_limit;    /* or with longer content than stays packed */
};

static const struct rule rules[] = {
    {RDBP_RDB_SET, RDBP_ROLE_MEMBER, "member", 0, false},
    {RDBP_RDB_ZSET, RDBP_ROLE_MEMBER, "member", 0, false},
    {RDBP_RDB_ZSET_2, RDBP_ROLE_MEMBER, "member", 0, false},
    {RDBP_RDB_ZSET_ZIPLIST, RDBP_ROLE_MEMBER, "member", 0, false},
    {RDBP_RDB_HASH_ZIPMAP, RDBP_ROLE_FIELD, "field", 0, false},
    {RDBP_RDB_HASH_ZIPLIST, RDBP_ROLE_FIELD, "field", 0, false},
    {RDBP_RDB_HASH_2, RDBP_ROLE_FIELD, "field", 0, false},
    {RDBP_RDB_HASH, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, true},
    {RDBP_RDB_HASH_METADATA_PRE_GA, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, true},
    {RDBP_RDB_HASH_METADATA, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, true},
    {RDBP_RDB_HASH_LISTPACK, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, false},
    {RDBP_RDB_HASH_LISTPACK_EX_PRE_GA, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, false},
    {RDBP_RDB_HASH_LISTPACK_EX, RDBP_ROLE_FIELD, "field", HASH_PACKED_ENTRIES, false},
    {RDBP_RDB_ZSET_LISTPACK, RDBP_ROLE_MEMBER, "member", ZSET_PACKED_ENTRIES, false},
    {RDBP_RDB_SET_LISTPACK, RDBP_ROLE_MEMBER, "member", SET_PACKED_ENTRIES, false},
};

struct value_check {
    struct seen *elements; /* of the value; of the group in a stream */
    struct seen *names;    /* a stream's nodes and groups */
    uint64_t seed, unchecked;

    /* The value being read. */
    const struct rule *rule; /* NULL: nothing can be twice */
    bool is_stream;
    uint16_t rdb_type;
    uint64_t entries;
    bool has_long;
    struct hash hash; /* of the element whose pieces are coming */
    bool has_duplicate;
    struct value_finding duplicate; /* whose weight is known at the end */
    bool has_finding;
    struct value_finding finding;

    /* The group being read. */
    uint64_t pending_count, owned_count, consumer_index;
    bool is_group_checked; /* all its pending entries are remembered */
};

struct value_check *value_check_new(void)
{
    struct value_check *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->elements = seen_new(MAX_ELEMENTS);
    c->names = seen_new(MAX_NAMES);
    c->seed = hash_seed();
    if (c->elements != NULL && c->names != NULL)
        return c;
    value_check_free(c);
    return NULL;
}

void value_check_free(struct value_check *c)
{
    if (c == NULL)
        return;
    seen_free(c->elements);
    seen_free(c->names);
    free(c);
}

/* Remembers the first thing of a value that every server refuses, else the first that some do. */
static void find(struct value_check *c, bool is_refused, uint64_t offset, const char *message)
{
    struct value_finding *f = &c->finding;

    if (c->has_finding && (f->is_refused || !is_refused))
        return;
    c->has_finding = true;
    f->is_refused = is_refused;
    f->offset = offset;
    snprintf(f->message, sizeof f->message, "%s", message);
}

/* False when it was there before. */
static bool add(struct value_check *c, struct seen *s, uint64_t hash)
{
    const enum seen_result r = seen_add(s, hash);

    c->unchecked += r == SEEN_FULL;
    return r != SEEN_BEFORE;
}

static void begin_key(struct value_check *c, const struct rdbp_key *key)
{
    seen_clear(c->elements);
    seen_clear(c->names);
    c->rule = NULL;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].rdb_type == key->rdb_type)
            c->rule = &rules[i];
    }
    c->rdb_type = key->rdb_type;
    c->is_stream = key->type == RDBP_TYPE_STREAM;
    c->entries = 0;
    c->has_long = c->has_duplicate = c->has_finding = false;
    c->pending_count = c->owned_count = 0;
}

/* ---- sets, zsets, hashes -------------------------------------------------------------------- */

static bool is_in_pieces(const rdbp_item *item)
{
    return item->is_partial || item->piece_offset > 0;
}

/* Of the pieces so far. */
static uint64_t hash_piece(struct value_check *c, const rdbp_item *item)
{
    if (item->piece_offset == 0)
        hash_begin(&c->hash, c->seed);
    hash_add(&c->hash, item->bytes.bytes, item->bytes.size_bytes);
    return hash_end(&c->hash);
}

static void note_element(struct value_check *c, uint64_t offset, const rdbp_item *item,
                         uint64_t hash)
{
    char name[NAME_TEXT_BYTES];

    if (item->is_partial)
        return;
    c->entries++;
    if (add(c, c->elements, hash) || c->has_duplicate)
        return;
    c->has_duplicate = true;
    c->duplicate.offset = offset;
    if (item->piece_offset == 0)
        snprintf(c->duplicate.message, sizeof c->duplicate.message, "%s '%s' is there twice",
                 c->rule->word,
                 text_escape_line(item->bytes.bytes, item->bytes.size_bytes, name, sizeof name));
    else
        snprintf(c->duplicate.message, sizeof c->duplicate.message,
                 "a %s of %" PRIu64 " bytes is there twice", c->rule->word, item->size_bytes);
}

/* At most AHEAD items.  All are hashed before the first is looked up: the places lie anywhere in up
 * to 64 MiB, and are fetched while the others are hashed. */
static void note_items(struct value_check *c, uint64_t offset, const rdbp_item *items, size_t count)
{
    uint64_t hashes[AHEAD];

    for (size_t i = 0; i < count; i++) {
        const rdbp_item *const item = &items[i];

        if (item->role == RDBP_ROLE_FIELD || item->role == RDBP_ROLE_VALUE)
            c->has_long |= item->size_bytes > HASH_PACKED_VALUE_BYTES;
        if (item->role != c->rule->role)
            continue;
        hashes[i] = is_in_pieces(item)
                        ? hash_piece(c, item)
                        : hash_bytes(item->bytes.bytes, item->bytes.size_bytes, c->seed);
        seen_prefetch(c->elements, hashes[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i].role == c->rule->role)
            note_element(c, offset, &items[i], hashes[i]);
    }
}

static void end_elements(struct value_check *c)
{
    const struct rule *rule = c->rule;

    if (!c->has_duplicate)
        return;
    find(c, c->entries > rule->packed_entries || (rule->has_value_limit && c->has_long),
         c->duplicate.offset, c->duplicate.message);
}

/* ---- streams -------------------------------------------------------------------------------- */

static uint64_t hash_id(const struct value_check *c, enum kind kind, uint64_t ms, uint64_t seq)
{
    const uint64_t words[] = {ms, seq};

    return hash_bytes(words, sizeof words, c->seed + (uint64_t)kind);
}

static uint64_t hash_name(const struct value_check *c, enum kind kind, const rdbp_slice *name)
{
    return hash_bytes(name->bytes, name->size_bytes, c->seed + (uint64_t)kind);
}

static void find_id(struct value_check *c, uint64_t offset, const struct rdbp_stream_id *id,
                    const char *what)
{
    char message[200];

    snprintf(message, sizeof message, "%s (%" PRIu64 "-%" PRIu64 ")", what, id->ms, id->seq);
    find(c, true, offset, message);
}

static void find_name(struct value_check *c, uint64_t offset, const char *word,
                      const rdbp_slice *name)
{
    char text[NAME_TEXT_BYTES], message[200];

    snprintf(message, sizeof message, "%s '%s' is there twice", word,
             text_escape_line(name->bytes, name->size_bytes, text, sizeof text));
    find(c, true, offset, message);
}

static void end_group(struct value_check *c, uint64_t offset)
{
    char message[200];

    if (!c->is_group_checked || c->owned_count >= c->pending_count)
        return;
    snprintf(message, sizeof message, "%" PRIu64 " pending entries of a group have no consumer",
             c->pending_count - c->owned_count);
    find(c, false, offset, message);
}

static void begin_group(struct value_check *c, uint64_t offset, const rdbp_item *item)
{
    end_group(c, offset);
    if (!add(c, c->names, hash_name(c, KIND_GROUP, &item->bytes)))
        find_name(c, offset, "consumer group", &item->bytes);
    seen_clear(c->elements);
    c->pending_count = c->owned_count = c->consumer_index = 0;
    c->is_group_checked = true;
}

static void note_pending(struct value_check *c, uint64_t offset, const struct rdbp_stream_id *id)
{
    const enum seen_result r = seen_add(c->elements, hash_id(c, KIND_PENDING, id->ms, id->seq));

    c->pending_count++;
    if (r == SEEN_BEFORE)
        find_id(c, offset, id, "pending entry of a group is there twice");
    if (r == SEEN_FULL) {
        c->is_group_checked = false;
        c->unchecked++;
    }
}

static void note_owned(struct value_check *c, uint64_t offset, const struct rdbp_stream_id *id)
{
    const uint64_t words[] = {id->ms, id->seq, c->consumer_index};
    enum seen_result r;

    if (!c->is_group_checked) {
        c->unchecked++;
        return;
    }
    if (!seen_has(c->elements, hash_id(c, KIND_PENDING, id->ms, id->seq)))
        find_id(c, offset, id, "pending entry of a consumer is not among its group's");
    if (!add(c, c->elements,
             hash_bytes(words, sizeof words, c->seed + (uint64_t)KIND_CONSUMER_PENDING)))
        find_id(c, offset, id, "pending entry of a consumer is there twice");
    r = seen_add(c->elements, hash_id(c, KIND_OWNED, id->ms, id->seq));
    c->owned_count += r != SEEN_BEFORE;
}

/* An entry its consumer gave back: it is the group's, and nobody's. */
static void note_released(struct value_check *c, uint64_t offset, const struct rdbp_stream_id *id)
{
    if (!c->is_group_checked) {
        c->unchecked++;
        return;
    }
    if (!seen_has(c->elements, hash_id(c, KIND_PENDING, id->ms, id->seq)))
        find_id(c, offset, id, "released entry of a group is not pending");
    if (seen_has(c->elements, hash_id(c, KIND_OWNED, id->ms, id->seq)))
        find_id(c, offset, id, "released entry of a group has a consumer");
    c->owned_count +=
        seen_add(c->elements, hash_id(c, KIND_RELEASED, id->ms, id->seq)) != SEEN_BEFORE;
}

static void note_stream_item(struct value_check *c, uint64_t offset, const rdbp_item *item)
{
    switch (item->role) {
    case RDBP_ROLE_STREAM_GROUP: begin_group(c, offset, item); break;
    case RDBP_ROLE_STREAM_PENDING: note_pending(c, offset, &item->u.pending.id); break;
    case RDBP_ROLE_STREAM_CONSUMER:
        c->consumer_index++;
        if (!add(c, c->elements, hash_name(c, KIND_CONSUMER, &item->bytes)))
            find_name(c, offset, "consumer", &item->bytes);
        break;
    case RDBP_ROLE_STREAM_CONSUMER_PENDING: note_owned(c, offset, &item->u.id); break;
    case RDBP_ROLE_STREAM_NACKED: note_released(c, offset, &item->u.id); break;
    default: break;
    }
}

static void note_blob(struct value_check *c, uint64_t offset, const struct rdbp_blob *blob)
{
    const struct rdbp_stream_id id = {blob->id_ms, blob->id_seq};

    if (c->is_stream && !add(c, c->names, hash_id(c, KIND_NODE, id.ms, id.seq)))
        find_id(c, offset, &id, "stream node is there twice");
    if (c->rdb_type == RDBP_RDB_LIST_QUICKLIST_2 && blob->format == RDBP_FORMAT_STRING &&
        blob->raw_bytes == 0)
        find(c, true, offset, "plain list node is empty");
}

void value_check_event(struct value_check *c, const rdbp_event *ev)
{
    const struct rdbp_items *items = &ev->u.items;
    size_t n;

    switch (ev->type) {
    case RDBP_EVENT_KEY: begin_key(c, &ev->u.key); break;
    case RDBP_EVENT_BLOB: note_blob(c, ev->offset, &ev->u.blob); break;
    case RDBP_EVENT_ITEMS:
        for (size_t i = 0; i < items->count && c->is_stream; i++)
            note_stream_item(c, ev->offset, &items->items[i]);
        for (size_t i = 0; i < items->count && c->rule != NULL; i += n) {
            n = items->count - i < AHEAD ? items->count - i : AHEAD;
            note_items(c, ev->offset, &items->items[i], n);
        }
        break;
    case RDBP_EVENT_VALUE_END:
        if (c->rule != NULL)
            end_elements(c);
        if (c->is_stream)
            end_group(c, ev->offset);
        break;
    default: break;
    }
}

const struct value_finding *value_check_result(const struct value_check *c)
{
    return c->has_finding ? &c->finding : NULL;
}

uint64_t value_check_unchecked(const struct value_check *c)
{
    return c->unchecked;
}
