/* weigh_key.c -- what a key costs without its content: entry, name, expiry, the value's object.
 *
 *      up to Redis 8.0    entry -> name;  entry -> object -> content;  expiry: an entry of its own
 *      Valkey 8.0         entry with the name in it -> object -> content;  expiry as before
 *      Redis 8.2,         one allocation for all of it -> content:
 *      Valkey 8.1             object (16) | expiry (8) | 1 | name as sds | a short string's content
 *
 * Redis 8.6 has the expiry in front of the object, Valkey 9.1 puts a short string in the place of
 * the object's pointer.  There is room for an expiry without one where the allocation has it to
 * spare, and with every name of 128 bytes or more.
 *
 * Upstream: object.c: memoryCommand(), networking.c: processMultibulkBuffer(), Redis 4.0 to 8.0;
 * dict.c: createEmbeddedEntry(), Valkey 8.0; object.c: kvobjCreate(), kvobjSet(), Redis 8.2 to 8.8;
 * object.c: createStringObjectWithKeyAndExpire(), objectSetKeyAndExpire(), Valkey 8.1 to 9.1.
 */
// SPDX-License-Identifier: MIT
#include "memory/weigh.h"

#define EMBEDDED_ENTRY_BYTES  17 /* two pointers, and the length of the name's header */
#define EMBEDDED_STRING_BYTES 4  /* header and closing zero of an embedded string */
#define EMBEDDED_LEAST_BYTES  8  /* of a string in an object's pointer (Valkey 9.1) */
#define EXPIRY_BYTES          8
#define LONG_NAME_BYTES       128 /* from there on there is always room for an expiry */
#define BIG_ARGUMENT_BYTES    (UINT64_C(32) * 1024)   /* PROTO_MBULK_BIG_ARG */
#define MAX_SPARE_BYTES       (UINT64_C(1024) * 1024) /* SDS_MAX_PREALLOC */

/* ---- name beside or in the entry ------------------------------------------------------------ */

/* The command's copy of a name of n bytes: an embedded string, a string of its own, or from 32 KiB
 * on the query buffer itself, which is made with room to spare. */
static uint64_t argument_bytes(uint64_t n)
{
    const uint64_t read_bytes = n + 2; /* with CR LF */
    uint64_t room;

    if (n <= EMBSTR_MAX_BYTES)
        return n + EMBEDDED_STRING_BYTES;
    if (n < BIG_ARGUMENT_BYTES)
        return n + sds_header_bytes(n) + 1;
    room = read_bytes + (read_bytes < MAX_SPARE_BYTES ? read_bytes : MAX_SPARE_BYTES);
    return room + sds_header_bytes(room) + 1;
}

/* A name embedded in its entry: pointers, length of the header, the string as loaded.  Its header
 * is chosen by the room of the string it was copied from. */
static uint64_t embedded_name_bytes(const struct memory_model *m, uint64_t n)
{
    uint64_t header = sds_header_bytes(n);

    if (n >= 32) {
        const uint64_t room = m->alloc_size(header + n + 1) - header - 1;

        header = room < 256 ? 3 : room < 65536 ? 5 : 9;
    }
    return m->alloc_size(EMBEDDED_ENTRY_BYTES + header + n + 1);
}

static struct string_bytes weigh_entry(const struct memory_model *m, const struct key_frame *key)
{
    const struct memory_version *const v = m->version;
    const bool is_cluster = m->settings.cluster_enabled;
    const uint64_t entry_bytes = is_cluster ? v->cluster_entry_bytes : DICT_ENTRY_BYTES;
    struct string_bytes entry = {0, 0};

    if (v->key_layout == KEY_IN_ENTRY) {
        entry.counted = entry.allocated = embedded_name_bytes(m, key->name_bytes);
    } else {
        add_sds(&entry, m, key->name_bytes);
        if (v->counted_name == NAME_IS_SUBCOMMAND)
            entry.counted = argument_bytes(sizeof "usage" - 1);
        else if (v->counted_name == NAME_IS_ARGUMENT)
            entry.counted = argument_bytes(key->name_bytes);
        entry.counted += DICT_ENTRY_BYTES + (is_cluster ? v->cluster_counted_bytes : 0);
        entry.allocated += m->alloc_size(entry_bytes);
    }
    if (key->has_expire)
        entry.allocated += m->alloc_size(DICT_ENTRY_BYTES);
    return entry;
}

/* ---- name in the object --------------------------------------------------------------------- */

/* Here an empty string has the smallest header too, and a header's type leaves room for itself. */
uint64_t placed_string_bytes(uint64_t n)
{
    const uint64_t header = n <= 31 ? 1 : n <= 252 ? 3 : n <= 65530 ? 5 : 9;

    return n + header + 1;
}

static uint64_t expiry_bytes(const struct key_frame *key)
{
    return key->has_expire || key->name_bytes >= LONG_NAME_BYTES ? EXPIRY_BYTES : 0;
}

static struct string_bytes weigh_whole_key(const struct memory_model *m,
                                           const struct key_frame *key)
{
    const uint64_t bytes =
        OBJECT_BYTES + expiry_bytes(key) + 1 + placed_string_bytes(key->name_bytes);
    const uint64_t given = m->alloc_size(bytes);
    struct string_bytes whole = {given, given};

    if (m->version->counts_no_name)
        whole.counted = OBJECT_BYTES;
    else if (m->version->counts_asked_bytes)
        whole.counted =
            bytes + (expiry_bytes(key) == 0 && given >= bytes + EXPIRY_BYTES ? EXPIRY_BYTES : 0);
    return whole;
}

/* A string of n bytes with it, made with so many bytes for an expiry; 0: it does not fit. */
static uint64_t embed_string(const struct memory_model *m, const struct key_frame *key, uint64_t n,
                             uint64_t expiry)
{
    const uint64_t name_bytes = placed_string_bytes(key->name_bytes);
    const uint64_t value_bytes = n + EMBEDDED_STRING_BYTES;
    const uint64_t asked = OBJECT_BYTES + expiry + 1 + name_bytes + value_bytes;
    /* The name's header is taken to be that of the shortest ones. */
    const uint64_t guessed = OBJECT_BYTES + key->name_bytes + 3 + value_bytes;

    if (m->version->embeds_strings != EMBED_VALKEY_9_1 && n > EMBSTR_MAX_BYTES)
        return 0;
    switch (m->version->embeds_strings) {
    case EMBED_BY_GUESS: return guessed + expiry <= 64 ? asked : 0;
    case EMBED_BY_GUESS_OF_NAME: return guessed <= 64 ? asked : 0;
    case EMBED_BY_SIZE: return asked <= 64 ? asked : 0;
    case EMBED_VALKEY_9_1: {
        const uint64_t base = asked - value_bytes - EMBEDDED_LEAST_BYTES;

        if (value_bytes + EMBEDDED_LEAST_BYTES > 128 || base + value_bytes > 128)
            return 0;
        return base + (value_bytes < EMBEDDED_LEAST_BYTES ? EMBEDDED_LEAST_BYTES : value_bytes);
    }
    case EMBED_NEVER:
    default: return 0;
    }
}

uint64_t embedded_string_bytes(const struct memory_model *m, const struct key_frame *key,
                               uint64_t n)
{
    const uint64_t expiry = key->has_expire ? EXPIRY_BYTES : 0;
    uint64_t asked = embed_string(m, key, n, m->version->sets_expiry_after ? 0 : expiry);

    /* An expiry that comes later goes into room to spare, or into a new allocation. */
    if (m->version->sets_expiry_after && asked > 0 && m->alloc_size(asked) < asked + expiry)
        asked = embed_string(m, key, n, expiry);
    return asked == 0 ? 0 : m->alloc_size(asked);
}

struct string_bytes weigh_key(const struct memory_model *m, struct key_frame *key)
{
    if (m->version->key_layout == KEY_IN_OBJECT) {
        key->object = weigh_whole_key(m, key);
        return (struct string_bytes){0, 0};
    }
    key->object =
        (struct string_bytes){.counted = OBJECT_BYTES, .allocated = m->alloc_size(OBJECT_BYTES)};
    return weigh_entry(m, key);
}
