/* streams.c -- what a snapshot says of its streams, their groups and consumers.
 *
 *      BLOB   a node: its listpack begins with the entries that live and those that were deleted
 *
 *             total bytes (4) | elements (2) | live | deleted | ...
 *
 *      ITEMS  after the last node: ids and counters, then group by group its pending entries and
 *             its consumers
 *
 * Nothing is opened for this: nodes tell by their first bytes, and the rest is told at any depth.
 *
 * How far a group is behind is what XINFO STREAM works out (t_stream.c: streamReplyWithCGLag(),
 * streamEstimateDistanceFromFirstEverEntry(), Redis 7.0 to 7.4): entries added less entries read,
 * as long as no deleted entry lies between; not known for files before 7.0, which count neither.
 */
// SPDX-License-Identifier: MIT
#include "analyze/streams.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define KEY_BYTES       1024
#define NAME_BYTES      256 /* of a group's or consumer's name, escaped */
#define LISTPACK_HEADER 6
#define NO_ENTRIES_READ UINT64_MAX

void streams_done(struct streams *s)
{
    for (size_t i = 0; i < s->stream_count; i++)
        free(s->streams[i].key);
    for (size_t i = 0; i < s->group_count; i++)
        free(s->groups[i].name);
    for (size_t i = 0; i < s->consumer_count; i++)
        free(s->consumers[i].name);
    free(s->streams);
    free(s->groups);
    free(s->consumers);
    memset(s, 0, sizeof *s);
}

/* Room for one more of `size_bytes`.  Returns the array, or NULL. */
static void *reserve(struct streams *s, void *array, size_t count, size_t *room, size_t size_bytes)
{
    const size_t wanted = *room == 0 ? 16 : 2 * *room;
    void *grown;

    if (count < *room)
        return array;
    grown = realloc(array, wanted * size_bytes);
    if (grown == NULL) {
        s->is_out_of_memory = true;
        return NULL;
    }
    *room = wanted;
    return grown;
}

static char *copy_name(struct streams *s, rdbp_slice name)
{
    char text[NAME_BYTES];
    char *copy = strdup(text_escape_line(name.bytes, name.size_bytes, text, sizeof text));

    if (copy == NULL)
        s->is_out_of_memory = true;
    return copy;
}

static int64_t number_of(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int compare_ids(struct rdbp_stream_id a, struct rdbp_stream_id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.seq < b.seq ? -1 : a.seq > b.seq;
}

static bool is_zero(struct rdbp_stream_id id)
{
    return id.ms == 0 && id.seq == 0;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* A non-negative integer at the start of p: of 7 bits, of 13, or of 2, 3, 4 or 8 bytes.  Moves p
 * behind the entry; false: it is none, or does not lie in p whole. */
static bool take_count(rdbp_slice *p, uint64_t *ret_count)
{
    static const unsigned widths[] = {2, 3, 4, 8};
    size_t used = 1;
    uint64_t v = 0;

    if (p->size_bytes == 0)
        return false;
    if (p->bytes[0] < 0x80) {
        v = p->bytes[0];
    } else if ((p->bytes[0] & 0xe0) == 0xc0) {
        used = 2;
        if (p->size_bytes < used || (p->bytes[0] & 0x10) != 0)
            return false;
        v = (uint64_t)(p->bytes[0] & 0x0f) << 8 | p->bytes[1];
    } else if (p->bytes[0] >= 0xf1 && p->bytes[0] <= 0xf4) {
        used = 1 + widths[p->bytes[0] - 0xf1];
        if (p->size_bytes < used || (p->bytes[used - 1] & 0x80) != 0)
            return false;
        for (size_t i = used - 1; i > 0; i--)
            v = v << 8 | p->bytes[i];
    } else {
        return false;
    }
    if (p->size_bytes < used + 1) /* its length again, in a byte */
        return false;
    p->bytes += used + 1;
    p->size_bytes -= used + 1;
    *ret_count = v;
    return true;
}

void streams_begin(struct streams *s, const struct rdbp_key *key)
{
    s->is_open = key->type == RDBP_TYPE_STREAM;
    if (!s->is_open)
        return;
    s->is_kept = s->stream_count < STREAMS_MAX;
    s->is_group_kept = false;
    s->stream = (struct stream_record){0};
    s->first_group = s->group_count;
    s->first_consumer = s->consumer_count;
    s->groups_beyond_before = s->groups_beyond;
    s->consumers_beyond_before = s->consumers_beyond;
}

void streams_blob(struct streams *s, const struct rdbp_blob *blob)
{
    rdbp_slice at = blob->prefix;
    uint64_t live, deleted;

    if (!s->is_open)
        return;
    if (s->stream.nodes++ == 0)
        s->stream.first_id = (struct rdbp_stream_id){blob->id_ms, blob->id_seq};
    s->stream.nodes_bytes += blob->raw_bytes;
    if (at.size_bytes < LISTPACK_HEADER)
        return;
    at.bytes += LISTPACK_HEADER;
    at.size_bytes -= LISTPACK_HEADER;
    if (take_count(&at, &live) && take_count(&at, &deleted))
        s->stream.deleted += deleted;
}

/* ---- groups and consumers ------------------------------------------------------------------- */

static void take_meta(struct streams *s, const rdbp_item *it)
{
    struct stream_record *const r = &s->stream;

    r->length = it->u.stream.length;
    r->last_id = it->u.stream.last_id;
    r->groups = it->u.stream.group_count;
    r->has_v2 = it->u.stream.has_v2;
    if (!r->has_v2)
        return;
    r->first_id = it->u.stream.first_id;
    r->max_deleted_id = it->u.stream.max_deleted_id;
    r->entries_added = it->u.stream.entries_added;
}

/* Entries ever added up to an id, as far as counters alone can tell. */
static bool count_up_to(const struct stream_record *r, struct rdbp_stream_id id,
                        uint64_t *ret_count)
{
    const int with_last = compare_ids(id, r->last_id), with_first = compare_ids(id, r->first_id);

    *ret_count = r->entries_added;
    if (!is_zero(id) && compare_ids(id, r->max_deleted_id) < 0)
        return false;
    if (with_last >= 0)
        return with_last == 0;
    if (!is_zero(r->max_deleted_id) && compare_ids(r->max_deleted_id, r->first_id) >= 0)
        return false;
    if (r->length > r->entries_added || with_first > 0)
        return false;
    *ret_count = r->entries_added - r->length + (with_first == 0 ? 1 : 0);
    return true;
}

static int64_t find_lag(const struct stream_record *r, struct rdbp_stream_id last_id,
                        uint64_t entries_read)
{
    const bool has_holes = r->length > 0 && !is_zero(r->max_deleted_id) &&
                           compare_ids(r->first_id, r->max_deleted_id) <= 0 &&
                           compare_ids(last_id, r->max_deleted_id) <= 0;
    uint64_t read = entries_read;

    if (r->length == 0) /* as servers since 7.2 say it */
        return 0;
    if (!r->has_v2)
        return compare_ids(last_id, r->last_id) == 0 ? 0 : ROW_NULL;
    if (r->entries_added == 0)
        return 0;
    if ((entries_read == NO_ENTRIES_READ || has_holes) && !count_up_to(r, last_id, &read))
        return ROW_NULL;
    return read > r->entries_added ? ROW_NULL : number_of(r->entries_added - read);
}

/* The group that was being read is whole. */
static void close_group(struct streams *s)
{
    if (s->is_group_kept)
        s->groups[s->group_count - 1] = s->group;
    s->is_group_kept = false;
}

static void begin_group(struct streams *s, const rdbp_item *it)
{
    struct stream_group_record *grown;
    const uint64_t entries_read = it->u.group.entries_read;

    close_group(s);
    s->group = (struct stream_group_record){
        .last_id = it->u.group.last_id,
        .entries_read = !s->stream.has_v2 || entries_read == NO_ENTRIES_READ
                            ? ROW_NULL
                            : number_of(entries_read),
        .lag = find_lag(&s->stream, it->u.group.last_id, entries_read),
        .first_pending_ms = ROW_NULL,
        .first_delivered_at = ROW_NULL,
        .last_delivered_at = ROW_NULL,
        .last_seen_at = ROW_NULL,
        .last_active_at = ROW_NULL,
    };
    if (!s->is_kept || s->group_count >= STREAM_GROUPS_MAX) {
        s->groups_beyond++;
        return;
    }
    grown = reserve(s, s->groups, s->group_count, &s->group_room, sizeof *grown);
    if (grown == NULL)
        return;
    s->groups = grown;
    s->group.name = copy_name(s, it->bytes);
    if (s->group.name == NULL)
        return;
    s->groups[s->group_count++] = s->group;
    s->is_group_kept = true;
}

static void note_first(int64_t *first, int64_t v)
{
    if (*first == ROW_NULL || v < *first)
        *first = v;
}

static void note_last(int64_t *last, int64_t v)
{
    if (*last == ROW_NULL || v > *last)
        *last = v;
}

static void add_pending(struct streams *s, const rdbp_item *it)
{
    struct stream_group_record *const g = &s->group;

    s->stream.pending++;
    g->pending++;
    note_first(&g->first_pending_ms, number_of(it->u.pending.id.ms));
    note_first(&g->first_delivered_at, it->u.pending.delivered_at_ms);
    note_last(&g->last_delivered_at, it->u.pending.delivered_at_ms);
    if (it->u.pending.delivery_count > g->most_deliveries)
        g->most_deliveries = it->u.pending.delivery_count;
}

static void add_consumer(struct streams *s, const rdbp_item *it)
{
    struct stream_group_record *const g = &s->group;
    const int64_t active_at = it->u.consumer.active_at_ms;
    struct stream_consumer_record *grown;
    struct stream_consumer_record c = {
        .group = g->name,
        .pending = it->u.consumer.pel_count,
        .seen_at = it->u.consumer.seen_at_ms,
        .active_at = active_at == -1 ? ROW_NULL : active_at,
    };

    s->stream.consumers++;
    g->consumers++;
    g->consumers_with_pending += c.pending > 0;
    note_last(&g->last_seen_at, c.seen_at);
    if (c.active_at != ROW_NULL)
        note_last(&g->last_active_at, c.active_at);
    if (!s->is_group_kept || s->consumer_count >= STREAM_CONSUMERS_MAX) {
        s->consumers_beyond++;
        return;
    }
    grown = reserve(s, s->consumers, s->consumer_count, &s->consumer_room, sizeof *grown);
    if (grown == NULL)
        return;
    s->consumers = grown;
    c.name = copy_name(s, it->bytes);
    if (c.name != NULL)
        s->consumers[s->consumer_count++] = c;
}

void streams_items(struct streams *s, const struct rdbp_items *items)
{
    if (!s->is_open || s->is_out_of_memory)
        return;
    for (size_t i = 0; i < items->count; i++) {
        const rdbp_item *const it = &items->items[i];

        if (it->piece_offset > 0) /* the rest of a long name */
            continue;
        switch (it->role) {
        case RDBP_ROLE_STREAM_META: take_meta(s, it); break;
        case RDBP_ROLE_STREAM_GROUP: begin_group(s, it); break;
        case RDBP_ROLE_STREAM_PENDING: add_pending(s, it); break;
        case RDBP_ROLE_STREAM_CONSUMER: add_consumer(s, it); break;
        default: break;
        }
    }
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Of a stream that turned out to be damaged nothing is kept. */
static void forget(struct streams *s)
{
    for (size_t i = s->first_group; i < s->group_count; i++)
        free(s->groups[i].name);
    for (size_t i = s->first_consumer; i < s->consumer_count; i++)
        free(s->consumers[i].name);
    s->group_count = s->first_group;
    s->consumer_count = s->first_consumer;
    s->groups_beyond = s->groups_beyond_before;
    s->consumers_beyond = s->consumers_beyond_before;
}

static int keep(struct streams *s, const struct key_row *row)
{
    const size_t n = row->key_stored_bytes < KEY_BYTES ? row->key_stored_bytes : KEY_BYTES;
    struct stream_record *grown =
        reserve(s, s->streams, s->stream_count, &s->stream_room, sizeof *grown);
    struct stream_record *r;

    if (grown == NULL)
        return -1;
    s->streams = grown;
    r = &grown[s->stream_count];
    *r = s->stream;
    r->n = row->n;
    r->db = row->db;
    r->bytes = row->bytes;
    r->alloc_bytes = row->alloc_bytes;
    r->expires_at_ms = row->expires_at_ms;
    r->key_stored_bytes = n;
    r->key = malloc(n + 1);
    if (r->key == NULL) {
        s->is_out_of_memory = true;
        return -1;
    }
    memcpy(r->key, row->key, n);
    s->stream_count++;
    for (size_t i = s->first_group; i < s->group_count; i++)
        s->groups[i].stream_n = row->n;
    for (size_t i = s->first_consumer; i < s->consumer_count; i++)
        s->consumers[i].stream_n = row->n;
    return 0;
}

int streams_end(struct streams *s, const struct rdbp_value_end *end, const struct key_row *row)
{
    if (!s->is_open)
        return 0;
    s->is_open = false;
    close_group(s);
    if (!end->ok)
        forget(s);
    else if (s->is_kept && !s->is_out_of_memory)
        return keep(s, row);
    else
        s->streams_beyond++;
    return s->is_out_of_memory ? -1 : 0;
}
