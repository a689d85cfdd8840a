/* profile_collections.c -- hashes, sets, sorted sets, lists, streams and intsets of all sizes.
 *
 * The key of rank r (0 is the largest) has LARGEST * W / (W + r) elements: a few with up to a
 * million, a long tail of a dozen.  LARGEST is 8 for each key, at most a million: a small file has
 * all forms too. Ten ranks in a row are
 *
 *      hash  zset  list  set  stream  hash  intset  zset  list  set
 *
 * and the next ten have other kinds of elements (numbers, names with a number, UUIDs, JSON).  A
 * hash, a set or a sorted set is packed up to the server's default limit and a table above; one in
 * ten is packed whatever its size, as a server with higher limits writes it, and so are all
 * intsets.  From RDB 12 on one hash in eight has fields with a TTL.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "bench.h"

enum {
    LARGEST = 1000000,
    LARGEST_A_KEY = 8, /* for each key of the file */
    W = 3,
    TAIL_ELEMENTS = 3, /* at least */
    PACKED_HASH_MAX = 512,
    PACKED_SET_MAX = 128,
    PACKED_ZSET_MAX = 128,
    FORCED_MAX = 100000,
    FLUSH_BYTES = 1 << 20
};

enum element { NUMBERS, NAMES, UUIDS, JSON, ELEMENT_KINDS };

struct shape {
    uint64_t id, rank, count;
    enum element element;
    bool is_packed_by_force;
    bool has_field_ttl;
};

static struct shape choose_shape(uint64_t id, uint64_t keys)
{
    const uint64_t rank = permute(id, keys); /* the name says nothing of the size */
    uint64_t largest = keys * LARGEST_A_KEY, count;

    if (largest > LARGEST)
        largest = LARGEST;
    count = largest * W / (W + rank);
    return (struct shape){
        .id = id,
        .rank = rank,
        .count = count > TAIL_ELEMENTS ? count : TAIL_ELEMENTS,
        .element = (enum element)(rank / 10 % ELEMENT_KINDS),
        .is_packed_by_force = count <= FORCED_MAX && rank / 10 % 10 == 7,
        .has_field_ttl = rank / 10 % 8 == 3,
    };
}

static void put_built(struct bench *b)
{
    put_string(&b->out, text_of_buf(&b->text), FORM_AUTO);
}

static void put_name(struct bench *b, uint8_t type, const char *head, const struct shape *s)
{
    buf_clear(&b->text);
    buf_add_str(&b->text, head);
    add_number(&b->text, s->id);
    put_key_name(b, type, text_of_buf(&b->text));
}

/* The n-th of the key's elements, no two alike. */
static void build_element(struct bench *b, const struct shape *s, uint64_t n)
{
    struct buf *t = &b->text;

    buf_clear(t);
    switch (s->element) {
    case NUMBERS: add_number(t, n * 37 + s->id % 37 + 1000); break;
    case NAMES:
        buf_add_str(t, bench_word(s->rank));
        buf_add_u8(t, ':');
        add_number(t, n * 37 + s->id % 37 + 100000);
        break;
    case UUIDS: add_uuid(t, n << 24 ^ s->id); break;
    default:
        buf_add_str(t, "{\"id\":");
        add_number(t, n);
        buf_add_str(t, ",\"sku\":\"");
        add_random_hex(b, t, 16);
        buf_add_str(t, "\",\"qty\":");
        add_number(t, random_below(b, 20));
        buf_add_str(t, ",\"title\":\"");
        add_words(b, t, 4 + random_below(b, 12));
        buf_add_str(t, "\"}");
    }
}

/* A hash's value: short ones, so that the name of the field is not alone. */
static void build_value(struct bench *b, const struct shape *s, uint64_t n)
{
    struct buf *t = &b->text;

    buf_clear(t);
    if (s->rank % 20 < 10) {
        add_number(t, random_below(b, 5000000));
        return;
    }
    buf_add_str(t, bench_word(n));
    buf_add_u8(t, ' ');
    add_random_base64(b, t, 4 + (unsigned)random_below(b, 376));
}

/* ---- hashes ------------------------------------------------------------------------------- */

/* Every fourth field expires; the later the field, the later it does. */
static uint64_t field_expires_at_ms(uint64_t n)
{
    return n % 4 ? 0 : (uint64_t)CTIME_S * 1000 + 86400000 + n * 250;
}

static void pack_pair(struct bench *b, const struct shape *s, uint64_t n)
{
    build_element(b, s, n);
    pack_text(b, text_of_buf(&b->text));
    build_value(b, s, n);
    pack_text(b, text_of_buf(&b->text));
}

static void put_packed_hash(struct bench *b, const struct shape *s, bool has_ttl)
{
    if (!has_ttl) {
        put_name(b, packed_type(b, VALUE_HASH), "profile:", s);
        for (uint64_t n = 0; n < s->count; n++)
            pack_pair(b, s, n);
        put_packed(b);
        return;
    }
    put_name(b, 25, "profile:", s); /* HASH_LISTPACK_EX: those that expire first come first */
    buf_add_le(&b->out, field_expires_at_ms(0), 8);
    for (int pass = 0; pass < 2; pass++)
        for (uint64_t n = 0; n < s->count; n++) {
            const uint64_t at_ms = field_expires_at_ms(n);

            if ((at_ms == 0) != (pass == 1))
                continue;
            pack_pair(b, s, n);
            pack_number(b, (int64_t)at_ms);
        }
    put_packed(b);
}

static void put_hash_table(struct bench *b, const struct shape *s, bool has_ttl)
{
    const bool is_valkey = b->version >= 80;
    const uint64_t first_ms = field_expires_at_ms(0);

    put_name(b, !has_ttl ? 4 : is_valkey ? 22 : 24, "profile:", s);
    if (has_ttl && !is_valkey)
        buf_add_le(&b->out, first_ms, 8);
    put_length(&b->out, s->count, LENGTH_AUTO);
    for (uint64_t i = 0; i < s->count; i++) {
        const uint64_t n = permute(i, s->count), at_ms = field_expires_at_ms(n);

        if (has_ttl && !is_valkey)
            put_length(&b->out, at_ms ? at_ms - first_ms + 1 : 0, LENGTH_AUTO);
        build_element(b, s, n);
        put_built(b);
        build_value(b, s, n);
        put_built(b);
        if (has_ttl && is_valkey)
            buf_add_le(&b->out, at_ms ? at_ms : UINT64_MAX, 8);
        bench_flush(b, FLUSH_BYTES);
    }
}

static void put_hash(struct bench *b, const struct shape *s)
{
    const bool has_ttl = b->version >= 12 && s->has_field_ttl;

    /* Valkey keeps a hash with such fields as a table, however small. */
    if ((s->count <= PACKED_HASH_MAX || s->is_packed_by_force) && !(has_ttl && b->version >= 80))
        put_packed_hash(b, s, has_ttl);
    else
        put_hash_table(b, s, has_ttl);
}

/* ---- sets --------------------------------------------------------------------------------- */

static void put_set(struct bench *b, const struct shape *s)
{
    const uint8_t packed = packed_type(b, VALUE_SET);

    if (packed && (s->count <= PACKED_SET_MAX || s->is_packed_by_force)) {
        put_name(b, packed, "members:", s);
        for (uint64_t n = 0; n < s->count; n++) {
            build_element(b, s, n);
            pack_text(b, text_of_buf(&b->text));
        }
        put_packed(b);
        return;
    }
    put_name(b, 2, "members:", s);
    put_length(&b->out, s->count, LENGTH_AUTO);
    for (uint64_t i = 0; i < s->count; i++) {
        build_element(b, s, permute(i, s->count));
        put_built(b);
        bench_flush(b, FLUSH_BYTES);
    }
}

/* Ascending, with gaps; of 16 bits where that is enough, of 64 for one key in ten. */
static void put_intset(struct bench *b, const struct shape *s)
{
    const bool is_wide = s->rank / 10 % 10 == 3;
    const unsigned width_bytes = is_wide ? 8 : s->count * 16 < 32768 ? 2 : 4;
    uint64_t v = is_wide ? UINT64_C(1) << 40 : 1;

    put_name(b, 11, "followers:", s);
    buf_clear(&b->blob);
    buf_add_le(&b->blob, width_bytes, 4);
    buf_add_le(&b->blob, s->count, 4);
    for (uint64_t n = 0; n < s->count; n++) {
        buf_add_le(&b->blob, v, width_bytes);
        v += 1 + random_below(b, 15);
    }
    put_string(&b->out, text_of_buf(&b->blob), FORM_AUTO);
}

/* ---- sorted sets -------------------------------------------------------------------------- */

static void put_zset(struct bench *b, const struct shape *s)
{
    if (s->count <= PACKED_ZSET_MAX || s->is_packed_by_force) {
        put_name(b, packed_type(b, VALUE_ZSET), "ranking:", s);
        for (uint64_t n = 0; n < s->count; n++) {
            build_element(b, s, n);
            pack_text(b, text_of_buf(&b->text));
            buf_clear(&b->text);
            add_number(&b->text, 100 + n / 2 * 3);
            if (n % 2)
                buf_add_str(&b->text, ".5");
            pack_text(b, text_of_buf(&b->text));
        }
        put_packed(b);
        return;
    }
    put_name(b, 5, "ranking:", s);
    put_length(&b->out, s->count, LENGTH_AUTO);
    for (uint64_t n = s->count; n > 0; n--) {
        build_element(b, s, n);
        put_built(b);
        put_score(b, (double)CTIME_S + (double)n * 0.125);
        bench_flush(b, FLUSH_BYTES);
    }
}

/* ---- lists -------------------------------------------------------------------------------- */

static void put_list(struct bench *b, const struct shape *s)
{
    /* About 8 KiB, as list-max-listpack-size -2 says. */
    static const unsigned items_a_node[] = {
        [NUMBERS] = 1600, [NAMES] = 480, [UUIDS] = 210, [JSON] = 64};
    const unsigned a_node = items_a_node[s->element];

    put_name(b, list_type(b), "timeline:", s);
    put_length(&b->out, (s->count + a_node - 1) / a_node, LENGTH_AUTO);
    for (uint64_t n = 0; n < s->count; n++) {
        build_element(b, s, n);
        pack_text(b, text_of_buf(&b->text));
        if (n % a_node == a_node - 1 || n == s->count - 1)
            put_list_node(b);
        bench_flush(b, FLUSH_BYTES);
    }
}

/* ---- streams ------------------------------------------------------------------------------ */

enum { ENTRIES_A_NODE = 60, PENDING_MAX = 20 };

/* One entry in ten milliseconds, and every third has the time of the one before. */
static struct stream_id entry_id(uint64_t n)
{
    return (struct stream_id){(uint64_t)CTIME_S * 1000 - 100000000 + n / 3 * 10 + n % 3 / 2 * 5,
                              n % 3 == 1 ? 1 : 0};
}

static void add_stream_id(struct buf *to, struct stream_id id)
{
    buf_add_be(to, id.ms, 8);
    buf_add_be(to, id.seq, 8);
}

static void put_stream_id(struct bench *b, struct stream_id id)
{
    put_length(&b->out, id.ms, LENGTH_AUTO);
    put_length(&b->out, id.seq, LENGTH_AUTO);
}

static void put_stream_node(struct bench *b, const struct shape *s, uint64_t first, uint64_t end)
{
    static const struct text fields[] = {{"event", 5}, {"user", 4}, {"payload", 7}};
    struct stream_node node;
    struct buf key = {0};

    stream_node_init(&node, entry_id(first), fields, 3);
    for (uint64_t n = first; n < end; n++) {
        char user[24];
        const int user_bytes = snprintf(user, sizeof user, "%u", (unsigned)random_below(b, 500000));

        build_element(b, s, n);
        const struct text values[] = {
            text_of(bench_word(n % 7)), {user, (size_t)user_bytes}, text_of_buf(&b->text)};
        stream_node_add(&node, entry_id(n), false, true, values, 3);
    }
    add_stream_id(&key, entry_id(first));
    put_string(&b->out, text_of_buf(&key), FORM_RAW);
    stream_node_finish(&node, &b->blob);
    put_string(&b->out, text_of_buf(&b->blob), FORM_AUTO);
    stream_node_done(&node);
    buf_done(&key);
}

/* One group that has read all and not yet acknowledged the last few. */
static void put_group(struct bench *b, const struct shape *s)
{
    const uint64_t pending = s->count < PENDING_MAX ? s->count : PENDING_MAX;

    put_string(&b->out, LIT("indexers"), FORM_AUTO);
    put_stream_id(b, entry_id(s->count - 1));
    if (b->version >= 10)
        put_length(&b->out, s->count, LENGTH_AUTO);
    put_length(&b->out, pending, LENGTH_AUTO);
    for (uint64_t n = s->count - pending; n < s->count; n++) {
        add_stream_id(&b->out, entry_id(n));
        buf_add_le(&b->out, (uint64_t)CTIME_S * 1000 - 500, 8);
        put_length(&b->out, 1, LENGTH_AUTO);
    }
    put_length(&b->out, 1, LENGTH_AUTO);
    put_string(&b->out, LIT("worker-1"), FORM_AUTO);
    buf_add_le(&b->out, (uint64_t)CTIME_S * 1000 - 500, 8);
    if (b->version >= 11)
        buf_add_le(&b->out, (uint64_t)CTIME_S * 1000 - 500, 8);
    put_length(&b->out, pending, LENGTH_AUTO);
    for (uint64_t n = s->count - pending; n < s->count; n++)
        add_stream_id(&b->out, entry_id(n));
}

static void put_stream(struct bench *b, const struct shape *s)
{
    put_name(b, b->version < 10 ? 15 : b->version < 11 ? 19 : 21, "events:", s);
    put_length(&b->out, (s->count + ENTRIES_A_NODE - 1) / ENTRIES_A_NODE, LENGTH_AUTO);
    for (uint64_t n = 0; n < s->count; n += ENTRIES_A_NODE) {
        put_stream_node(b, s, n, n + ENTRIES_A_NODE < s->count ? n + ENTRIES_A_NODE : s->count);
        bench_flush(b, FLUSH_BYTES);
    }
    put_length(&b->out, s->count, LENGTH_AUTO);
    put_stream_id(b, entry_id(s->count - 1));
    if (b->version >= 10) {
        put_stream_id(b, entry_id(0));
        put_stream_id(b, (struct stream_id){0, 0});
        put_length(&b->out, s->count, LENGTH_AUTO);
    }
    put_length(&b->out, 1, LENGTH_AUTO);
    put_group(b, s);
}

/* ---- the profile -------------------------------------------------------------------------- */

static uint64_t count_expires(uint64_t keys)
{
    (void)keys;
    return 0;
}

static void put_key(struct bench *b, uint64_t number, uint64_t keys)
{
    static void (*const put[10])(struct bench *, const struct shape *) = {
        put_hash, put_zset,   put_list, put_set,  put_stream,
        put_hash, put_intset, put_zset, put_list, put_set};
    const struct shape s = choose_shape(number, keys);

    seed_random(b, s.id + (UINT64_C(1) << 40));
    put[s.rank % 10](b, &s);
}

const struct profile collections_profile = {"collections", 16000, count_expires, put_key};
