/* role.c -- evidence that a key belongs to a known system: signatures of values, roots of prefixes.
 *
 * A root is a prefix in a database under which keys were seen that one system writes, with the
 * types it gives them: for BullMQ `bull:mail:` with a hash `meta` whose fields are its options, a
 * stream `events`, a zset `completed`.  What was seen is kept as a set of facts; role_rules.c says
 * which facts suffice. Prefixes are kept folded, since they are compared with patterns: all queues
 * `shard-7` have one root.
 *
 * Most keys of a file are no evidence, so the way out is short: a suffix is compared only when its
 * type and last byte fit, and names are searched only for types and signatures that matter.
 *
 * Names come from the file, so the number of roots is bounded (MAX_ROOTS, and MAX_ROOTS_OF_KIND so
 * that one kind cannot take the room of the others); what finds no room is no evidence, and its
 * pattern stays `app`, which is the harmless side.
 *
 * Schemas: docs of the systems and their sources, as collected in job-queues-in-redis (sections 2
 * to 13).  Signatures: ActiveSupport's cache entries (Marshal of ActiveSupport::Cache::Entry up
 * to 6.1; 00 or 01 and Marshal or zlib in 7.0; 00 11 and a type byte from 7.1), Python's pickle (80
 * 02..05), PHP's serialize(), zlib (78 and a check of 31), XZ, zstd, express-session's {"cookie":.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "pattern/fold_internal.h"
#include "pattern/pattern.h"
#include "pattern/role_internal.h"

enum {
    MAX_ROOTS = 4096,
    MAX_ROOTS_OF_KIND = 1024,
    MAX_ROOT_KEY_BYTES = 512,
    SLOT_COUNT = 8192 /* a power of two, twice MAX_ROOTS */
};

struct role_evidence {
    struct role_root *roots;
    size_t root_count, root_room;
    size_t count_of_kind[ROOT_KIND_COUNT_];
    uint32_t last_letters[RDBP_TYPE_STREAM + 1]; /* of a type's suffixes; bit 0: a */
    uint16_t slots[SLOT_COUNT];                  /* 1-based numbers of roots */
};

const char *role_name(enum role r)
{
    static const char *const names[] = {"app",  "jobs",    "state", "counter",
                                        "lock", "metrics", "cache", "session"};

    return (unsigned)r < ROLE_COUNT_ ? names[r] : names[ROLE_APP];
}

void role_evidence_free(struct role_evidence *e)
{
    if (e == NULL)
        return;
    free(e->roots);
    free(e);
}

/* ---- roots -------------------------------------------------------------------------------- */

/* FNV-1a. */
static size_t first_slot(uint64_t db, enum role_root_kind kind, const uint8_t *prefix, size_t bytes)
{
    uint64_t hash = (0xcbf29ce484222325u ^ (db << 8 | (uint64_t)kind)) * 0x100000001b3u;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ prefix[i]) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32) & (SLOT_COUNT - 1);
}

/* The root's slot, or the empty one where it would be. */
static size_t find_slot(const struct role_evidence *e, uint64_t db, enum role_root_kind kind,
                        const uint8_t *prefix, size_t bytes)
{
    size_t slot = first_slot(db, kind, prefix, bytes);

    for (; e->slots[slot] != 0; slot = (slot + 1) & (SLOT_COUNT - 1)) {
        const struct role_root *r = &e->roots[e->slots[slot] - 1];

        if (r->db == db && r->kind == kind && r->prefix_bytes == bytes &&
            memcmp(r->prefix, prefix, bytes) == 0)
            break;
    }
    return slot;
}

const struct role_root *role_root_find(const struct role_evidence *e, uint64_t db,
                                       enum role_root_kind kind, const uint8_t *prefix,
                                       size_t prefix_bytes)
{
    size_t slot;

    if (prefix_bytes > ROOT_PREFIX_MAX_BYTES || e->count_of_kind[kind] == 0)
        return NULL;
    slot = find_slot(e, db, kind, prefix, prefix_bytes);
    return e->slots[slot] != 0 ? &e->roots[e->slots[slot] - 1] : NULL;
}

const struct role_root *role_root_next(const struct role_evidence *e, enum role_root_kind kind,
                                       size_t *at)
{
    if (e->count_of_kind[kind] == 0)
        return NULL;
    while (*at < e->root_count) {
        const struct role_root *r = &e->roots[(*at)++];

        if (r->kind == kind)
            return r;
    }
    return NULL;
}

static int note_fact(struct role_evidence *e, uint64_t db, enum role_root_kind kind,
                     const uint8_t *prefix, size_t bytes, uint32_t fact)
{
    struct role_root *r;
    size_t slot;

    if (bytes > ROOT_PREFIX_MAX_BYTES)
        return 0;
    slot = find_slot(e, db, kind, prefix, bytes);
    if (e->slots[slot] == 0) {
        if (e->root_count == MAX_ROOTS || e->count_of_kind[kind] == MAX_ROOTS_OF_KIND)
            return 0;
        if (e->root_count == e->root_room) {
            const size_t room = e->root_room ? e->root_room * 2 : 64;
            struct role_root *roots = realloc(e->roots, room * sizeof(*roots));

            if (roots == NULL)
                return -1;
            e->roots = roots;
            e->root_room = room;
        }
        r = &e->roots[e->root_count++];
        *r = (struct role_root){.db = db, .kind = (uint8_t)kind, .prefix_bytes = (uint8_t)bytes};
        memcpy(r->prefix, prefix, bytes);
        e->count_of_kind[kind]++;
        e->slots[slot] = (uint16_t)e->root_count;
    }
    r = &e->roots[e->slots[slot] - 1];
    r->facts |= fact;
    r->keys++;
    return 0;
}

/* ---- signatures --------------------------------------------------------------------------- */

static bool begins_with(const uint8_t *p, size_t bytes, const char *text, size_t text_bytes)
{
    return bytes >= text_bytes && memcmp(p, text, text_bytes) == 0;
}

/* rare: where in text its byte stands that keys and values seldom have.  It nearly always says no
 * at once, and memchr looks for it many times faster than memmem for the text. */
static inline bool contains(const uint8_t *p, size_t bytes, const char *text, size_t text_bytes,
                            size_t rare)
{
    const uint8_t *at, *end;

    if (bytes < text_bytes)
        return false;
    at = p + rare;
    end = p + (bytes - text_bytes) + rare + 1;
    while (at < end && (at = memchr(at, (uint8_t)text[rare], (size_t)(end - at))) != NULL) {
        if (memcmp(at - rare, text, text_bytes) == 0)
            return true;
        at++;
    }
    return false;
}
#define BEGINS(p, bytes, literal) begins_with(p, bytes, literal, sizeof(literal) - 1)
#define HAS(p, bytes, literal, rare_byte)                                                          \
    contains(p, bytes, literal, sizeof(literal) - 1,                                               \
             (size_t)(strchr(literal, rare_byte) - (literal)))

static bool is_integer(const uint8_t *p, size_t bytes)
{
    size_t i = bytes > 1 && p[0] == '-';

    if (bytes == 0 || bytes > 20)
        return false;
    for (; i < bytes; i++)
        if (!fold_is(p[i], CLASS_DIGIT))
            return false;
    return true;
}

static bool is_rails_entry(const uint8_t *p, size_t bytes)
{
    /* up to 6.1: Marshal 4.8 of an object of that class */
    if (BEGINS(p, bytes, "\x04\x08o: ActiveSupport::Cache::Entry"))
        return true;
    if (bytes < 4)
        return false;
    /* 7.0: a flag, then Marshal (array or object of the entry's members) or zlib */
    if (p[0] == 0 && p[1] == 4 && p[2] == 8)
        return p[3] == '[' || p[3] == 'o' || p[3] == 'I';
    if (p[0] == 1 && p[1] == 0x78)
        return ((unsigned)p[1] << 8 | p[2]) % 31 == 0;
    /* 7.1: signature, type, expiry (8), length of the version (4: -1 or small) */
    if (p[0] == 0 && p[1] == 0x11 && bytes >= 15) {
        const unsigned kind = p[2] & 0x7fu;
        const bool has_version =
            !(p[11] == 0xff && p[12] == 0xff && p[13] == 0xff && p[14] == 0xff);

        return kind >= 1 && kind <= 4 && (!has_version || (p[13] == 0 && p[14] == 0));
    }
    return false;
}

static bool is_compressed(const uint8_t *p, size_t bytes)
{
    return (bytes >= 6 && p[0] == 0x78 && ((unsigned)p[0] << 8 | p[1]) % 31 == 0) ||
           BEGINS(p, bytes,
                  "\xfd"
                  "7zXZ\0") ||
           BEGINS(p, bytes, "\x28\xb5\x2f\xfd");
}

/* s:5:"...  a:2:{  O:8:"...  i:1;  b:1;  d:0.5;  N; */
static bool is_php(const uint8_t *p, size_t bytes)
{
    size_t i = 2;

    if (bytes == 2 && p[0] == 'N' && p[1] == ';')
        return true;
    if (bytes < 4 || p[1] != ':')
        return false;
    while (i < bytes && (fold_is(p[i], CLASS_DIGIT) || p[i] == '-' || (p[0] == 'd' && p[i] == '.')))
        i++;
    if (i == 2 || i == bytes)
        return false;
    if (p[0] == 'i' || p[0] == 'b' || p[0] == 'd')
        return p[i] == ';' && i + 1 == bytes;
    if (!strchr("saOCE", p[0]) || p[i] != ':' || i + 1 == bytes)
        return false;
    return p[i + 1] == (p[0] == 'a' ? '{' : '"');
}

static unsigned string_signature(const uint8_t *p, size_t bytes)
{
    unsigned bits = 0;

    if (bytes == 0)
        return SIGNATURE_EMPTY;
    if (is_integer(p, bytes))
        return SIGNATURE_INTEGER;
    if (is_rails_entry(p, bytes))
        bits |= SIGNATURE_RAILS_ENTRY;
    if (bytes >= 3 && p[0] == 0x80 && p[1] >= 2 && p[1] <= 5)
        bits |= SIGNATURE_PICKLE;
    if (is_compressed(p, bytes))
        bits |= SIGNATURE_COMPRESSED;
    if (BEGINS(p, bytes, "{\"cookie\":{"))
        bits |= SIGNATURE_COOKIE_JSON;
    if (is_php(p, bytes))
        bits |= SIGNATURE_PHP;
    if (BEGINS(p, bytes, "{\"status\": \"") && HAS(p, bytes, "\"result\": ", '"'))
        bits |= SIGNATURE_CELERY_RESULT;
    return bits;
}

/* The prefix of a list is that of its first node: a listpack or ziplist (its header and the
 * element's length precede the text), or the element itself. */
static unsigned list_signature(const uint8_t *p, size_t bytes)
{
    unsigned bits = 0;

    if (!HAS(p, bytes, "{\"", '{'))
        return 0;
    if (HAS(p, bytes, "{\"body\": \"", '{') || HAS(p, bytes, "{\"body\":\"", '{'))
        bits |= SIGNATURE_CELERY_MESSAGE;
    if (HAS(p, bytes, "{\"displayName\":\"", '{') ||
        (HAS(p, bytes, "{\"uuid\":\"", '{') && HAS(p, bytes, "\",\"displ", ',')))
        bits |= SIGNATURE_LARAVEL_JOB;
    if (HAS(p, bytes, "{\"class\":\"", '{'))
        bits |= SIGNATURE_RUBY_JOB;
    if (HAS(p, bytes, "{\"failed_at\":", '{') || HAS(p, bytes, "{\"worker\":", '{') ||
        HAS(p, bytes, "{\"payload\":", '{') || HAS(p, bytes, "{\"queue\":", '{'))
        bits |= SIGNATURE_RESQUE_FAILURE;
    return bits;
}

static unsigned hash_signature(const uint8_t *p, size_t bytes)
{
    unsigned bits = 0;

    if (HAS(p, bytes, "opts.maxLenEvents", 'L') || HAS(p, bytes, "bullmq:", 'q'))
        bits |= SIGNATURE_BULL_META;
    /* octal 204: four bytes of text in a listpack */
    if (HAS(p, bytes, "\204name", '\204') && HAS(p, bytes, "\204data", '\204'))
        bits |= SIGNATURE_BULL_JOB;
    if (HAS(p, bytes, "lastAccessedTime", 'A') || HAS(p, bytes, "maxInactiveInterval", 'I') ||
        HAS(p, bytes, "creationTime", 'T'))
        bits |= SIGNATURE_SPRING_SESSION;
    return bits;
}

unsigned role_value_signature(enum rdbp_type type, const uint8_t *value_prefix, size_t prefix_bytes)
{
    switch (type) {
    case RDBP_TYPE_STRING: return string_signature(value_prefix, prefix_bytes);
    case RDBP_TYPE_LIST: return list_signature(value_prefix, prefix_bytes);
    case RDBP_TYPE_HASH: return hash_signature(value_prefix, prefix_bytes);
    case RDBP_TYPE_SET:
        return HAS(value_prefix, prefix_bytes, "\x06\x16", '\x16') ? SIGNATURE_KOMBU_BINDING : 0;
    default: return 0;
    }
}

/* ---- keys that are evidence by their last part --------------------------------------------- */

struct suffix_rule {
    uint8_t type;      /* enum rdbp_type */
    uint8_t signature; /* must have one of these bits; 0: need not */
    uint8_t kind;      /* enum role_root_kind */
    const char *suffix;
    uint32_t fact;
};

#define NODE_RULE(type, signature, suffix, fact)                                                   \
    {                                                                                              \
        type, signature, ROOT_NODE_QUEUE, suffix, fact                                             \
    }
static const struct suffix_rule suffix_rules[] = {
    NODE_RULE(RDBP_TYPE_STRING, SIGNATURE_INTEGER, ":id", FACT_NODE_ID),
    NODE_RULE(RDBP_TYPE_STRING, SIGNATURE_INTEGER, ":stalled-check", FACT_BULL_STALLED_CHECK),
    NODE_RULE(RDBP_TYPE_STRING, 0, ":meta-paused", FACT_BULL_META_PAUSED),
    NODE_RULE(RDBP_TYPE_STRING, 0, ":stallBlock", FACT_BEE_STALL_BLOCK),
    NODE_RULE(RDBP_TYPE_HASH, SIGNATURE_BULL_META, ":meta", FACT_BULL_META_PROOF),
    NODE_RULE(RDBP_TYPE_HASH, 0, ":meta", FACT_BULL_META),
    NODE_RULE(RDBP_TYPE_HASH, 0, ":jobs", FACT_BEE_JOBS),
    NODE_RULE(RDBP_TYPE_STREAM, 0, ":events", FACT_BULLMQ_EVENTS),
    NODE_RULE(RDBP_TYPE_LIST, 0, ":wait", FACT_BULL_WAIT),
    NODE_RULE(RDBP_TYPE_LIST, 0, ":active", FACT_NODE_ACTIVE),
    NODE_RULE(RDBP_TYPE_LIST, 0, ":paused", FACT_BULL_PAUSED),
    NODE_RULE(RDBP_TYPE_LIST, 0, ":waiting", FACT_BEE_WAITING),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":delayed", FACT_NODE_DELAYED),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":completed", FACT_BULL_COMPLETED),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":failed", FACT_BULL_FAILED),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":repeat", FACT_BULL_REPEAT),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":priority", FACT_BULL_PRIORITY),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":prioritized", FACT_BULLMQ_OTHER),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":marker", FACT_BULLMQ_MARKER),
    NODE_RULE(RDBP_TYPE_ZSET, 0, ":waiting-children", FACT_BULLMQ_OTHER),
    NODE_RULE(RDBP_TYPE_SET, 0, ":succeeded", FACT_BEE_SUCCEEDED),
    NODE_RULE(RDBP_TYPE_SET, 0, ":failed", FACT_BEE_FAILED),
    {RDBP_TYPE_SET, 0, ROOT_RESQUE, "queues", FACT_RESQUE_QUEUES},
    {RDBP_TYPE_SET, 0, ROOT_RESQUE, "workers", FACT_RESQUE_WORKERS},
    {RDBP_TYPE_LIST, SIGNATURE_RESQUE_FAILURE, ROOT_RESQUE, "failed", FACT_RESQUE_FAILED_PROOF},
    {RDBP_TYPE_LIST, 0, ROOT_RESQUE, "failed", FACT_RESQUE_FAILED},
    {RDBP_TYPE_STRING, SIGNATURE_INTEGER, ROOT_RESQUE, "stat:processed", FACT_RESQUE_STAT},
    {RDBP_TYPE_STRING, SIGNATURE_INTEGER, ROOT_RESQUE, "stat:failed", FACT_RESQUE_STAT},
    {RDBP_TYPE_ZSET, 0, ROOT_RESQUE, "delayed_queue_schedule", FACT_RESQUE_SCHEDULE},
    {RDBP_TYPE_HASH, 0, ROOT_CELERY, "unacked", FACT_CELERY_UNACKED},
    {RDBP_TYPE_ZSET, 0, ROOT_CELERY, "unacked_index", FACT_CELERY_UNACKED_INDEX},
    {RDBP_TYPE_SET, 0, ROOT_LARAVEL_CACHE, "*:standard_ref", FACT_LARAVEL_TAG},
    {RDBP_TYPE_SET, 0, ROOT_LARAVEL_CACHE, "*:forever_ref", FACT_LARAVEL_TAG},
    {RDBP_TYPE_ZSET, 0, ROOT_HORIZON, "recent_jobs", FACT_HORIZON_JOBS},
    {RDBP_TYPE_ZSET, 0, ROOT_HORIZON, "completed_jobs", FACT_HORIZON_JOBS},
    {RDBP_TYPE_ZSET, 0, ROOT_HORIZON, "recent_failed_jobs", FACT_HORIZON_RECENT_FAILED},
    {RDBP_TYPE_ZSET, 0, ROOT_HORIZON, "masters", FACT_HORIZON_MASTERS},
    {RDBP_TYPE_ZSET, 0, ROOT_HORIZON, "supervisors", FACT_HORIZON_SUPERVISORS},
    {RDBP_TYPE_SET, 0, ROOT_HANGFIRE, "servers", FACT_HANGFIRE_SERVERS},
    {RDBP_TYPE_LIST, 0, ROOT_HANGFIRE, "succeeded", FACT_HANGFIRE_SUCCEEDED},
    {RDBP_TYPE_LIST, 0, ROOT_HANGFIRE, "deleted", FACT_HANGFIRE_DELETED},
    {RDBP_TYPE_ZSET, 0, ROOT_HANGFIRE, "processing", FACT_HANGFIRE_PROCESSING},
    {RDBP_TYPE_ZSET, 0, ROOT_HANGFIRE, "recurring-jobs", FACT_HANGFIRE_RECURRING},
    {RDBP_TYPE_STRING, SIGNATURE_INTEGER, ROOT_HANGFIRE, "stats:succeeded", FACT_HANGFIRE_STAT},
    {RDBP_TYPE_STRING, SIGNATURE_INTEGER, ROOT_HANGFIRE, "stats:deleted", FACT_HANGFIRE_STAT},
};

struct role_evidence *role_evidence_new(void)
{
    struct role_evidence *e = calloc(1, sizeof(*e));

    for (size_t i = 0; e != NULL && i < sizeof(suffix_rules) / sizeof(suffix_rules[0]); i++) {
        const char *suffix = suffix_rules[i].suffix;

        e->last_letters[suffix_rules[i].type] |= 1u << (suffix[strlen(suffix) - 1] - 'a');
    }
    return e;
}

static bool ends_with(const uint8_t *p, size_t bytes, const char *text, size_t text_bytes)
{
    return bytes >= text_bytes && memcmp(p + bytes - text_bytes, text, text_bytes) == 0;
}

/* A suffix with a leading star holds for the pattern; of the key only what follows it can be seen.
 */
static int note_suffix(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                       const struct suffix_rule *rule)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    const size_t suffix_bytes = strlen(rule->suffix);
    size_t bytes = pattern_fold(key, key_bytes, pattern);

    if (!ends_with(pattern, bytes, rule->suffix, suffix_bytes))
        return 0;
    bytes -= suffix_bytes;
    if (rule->kind == ROOT_NODE_QUEUE)
        bytes++; /* the colon belongs to the prefix */
    return note_fact(e, db, (enum role_root_kind)rule->kind, pattern, bytes, rule->fact);
}

static int note_suffixes(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                         enum rdbp_type type, unsigned signature)
{
    const uint8_t last = key[key_bytes - 1];

    /* all suffixes end in a small letter */
    if (!fold_is(last, CLASS_LOWER) || (unsigned)type > RDBP_TYPE_STREAM ||
        !(e->last_letters[type] >> (last - 'a') & 1))
        return 0;
    for (size_t i = 0; i < sizeof(suffix_rules) / sizeof(suffix_rules[0]); i++) {
        const struct suffix_rule *rule = &suffix_rules[i];
        const char *suffix = rule->suffix + (rule->suffix[0] == '*');
        size_t bytes;

        if (rule->type != (uint8_t)type || (rule->signature != 0 && !(rule->signature & signature)))
            continue;
        bytes = strlen(suffix);
        if (ends_with(key, key_bytes, suffix, bytes) &&
            note_suffix(e, db, key, key_bytes, rule) < 0)
            return -1;
    }
    return 0;
}

/* ---- keys that are evidence by another part ------------------------------------------------ */

/* Notes what precedes name in the key's pattern as a root. */
static int note_before(struct role_evidence *e, uint64_t db, enum role_root_kind kind,
                       const uint8_t *key, size_t key_bytes, const char *name, uint32_t fact)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    const size_t bytes = pattern_fold(key, key_bytes, pattern);
    const uint8_t *at = memmem(pattern, bytes, name, strlen(name));

    return at != NULL ? note_fact(e, db, kind, pattern, (size_t)(at - pattern), fact) : 0;
}

/* _kombu.binding.<exchange>: the exchange is as a rule the name of a queue's list too. */
static int note_binding(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes)
{
    static const char name[] = "_kombu.binding.";
    uint8_t pattern[PATTERN_MAX_BYTES], queue[PATTERN_MAX_BYTES];
    const size_t bytes = pattern_fold(key, key_bytes, pattern);
    const uint8_t *at = memmem(pattern, bytes, name, sizeof(name) - 1);
    size_t before, after;

    if (at == NULL)
        return 0;
    before = (size_t)(at - pattern);
    after = bytes - before - (sizeof(name) - 1);
    memcpy(queue, pattern, before);
    memcpy(queue + before, at + sizeof(name) - 1, after);
    if (note_fact(e, db, ROOT_CELERY, pattern, before, FACT_CELERY_BINDING) < 0)
        return -1;
    return note_fact(e, db, ROOT_CELERY_QUEUE, queue, before + after, FACT_CELERY_BINDING);
}

/* <prefix>:<version>:<name>, no colon in the prefix. */
static int note_django(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                       uint32_t fact)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    size_t i = 0, digits = 0, bytes;
    unsigned colons = 0;

    while (i < key_bytes && i < 64 && key[i] != ':')
        i++;
    if (i == key_bytes || key[i] != ':')
        return 0;
    i++;
    while (i + digits < key_bytes && digits < 4 && fold_is(key[i + digits], CLASS_DIGIT))
        digits++;
    if (digits == 0 || digits > 3 || i + digits >= key_bytes || key[i + digits] != ':')
        return 0;
    bytes = pattern_fold(key, key_bytes, pattern);
    for (i = 0; i < bytes && colons < 2; i++)
        colons += pattern[i] == ':';
    return colons == 2 ? note_fact(e, db, ROOT_DJANGO, pattern, i, fact) : 0;
}

/* host:pid:nonce, nonce 12 hex digits; also with :work, :workers, -signals, :super_queues. */
static int note_process(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes)
{
    static const char *const tails[] = {"", ":work", ":workers", "-signals", ":super_queues"};
    uint8_t pattern[PATTERN_MAX_BYTES];

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        const size_t tail_bytes = strlen(tails[i]);
        size_t n, hex = 0, digits = 0;

        if (key_bytes < tail_bytes + 16 || !ends_with(key, key_bytes, tails[i], tail_bytes))
            continue;
        n = key_bytes - tail_bytes;
        if (key[n - 13] != ':')
            continue;
        while (hex < 13 && hex < n && fold_is(key[n - 1 - hex], CLASS_DIGIT | CLASS_HEX) &&
               !fold_is(key[n - 1 - hex], CLASS_UPPER))
            hex++;
        if (hex != 12)
            continue;
        n -= 13;
        while (digits < n && fold_is(key[n - 1 - digits], CLASS_DIGIT))
            digits++;
        if (digits == 0 || digits > 10 || n < digits + 2 || key[n - 1 - digits] != ':')
            continue;
        return note_fact(e, db, ROOT_PROCESS, pattern, pattern_fold(key, key_bytes, pattern),
                         FACT_PROCESS);
    }
    return 0;
}

static int note_rq(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                   enum rdbp_type type)
{
    const uint8_t *name = key + 3;
    const size_t bytes = key_bytes - 3;
    uint32_t fact = 0;

    if (type == RDBP_TYPE_SET && bytes == 6 && BEGINS(name, bytes, "queues"))
        fact = FACT_RQ_QUEUES;
    else if (type == RDBP_TYPE_SET && bytes == 7 && BEGINS(name, bytes, "workers"))
        fact = FACT_RQ_WORKERS;
    else if (type == RDBP_TYPE_HASH && BEGINS(name, bytes, "job:"))
        fact = FACT_RQ_JOB;
    else if (type == RDBP_TYPE_LIST && BEGINS(name, bytes, "queue:"))
        fact = FACT_RQ_QUEUE;
    else if (type == RDBP_TYPE_ZSET &&
             (BEGINS(name, bytes, "finished:") || BEGINS(name, bytes, "failed:") ||
              BEGINS(name, bytes, "wip:")))
        fact = FACT_RQ_REGISTRY;
    return fact != 0 ? note_fact(e, db, ROOT_RQ, key, 3, fact) : 0;
}

static int note_asynq(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                      enum rdbp_type type)
{
    const uint8_t *const name = key + 6, *const end = memmem(key, key_bytes, "}:", 2);
    const size_t bytes = key_bytes - 6;
    uint32_t fact = 0;

    if (type == RDBP_TYPE_SET && bytes == 6 && BEGINS(name, bytes, "queues"))
        fact = FACT_ASYNQ_QUEUES;
    else if (type == RDBP_TYPE_ZSET && bytes == 7 &&
             (BEGINS(name, bytes, "servers") || BEGINS(name, bytes, "workers")))
        fact = FACT_ASYNQ_SERVERS;
    else if (name[0] == '{' && end != NULL && type == RDBP_TYPE_HASH &&
             BEGINS(end, key_bytes - (size_t)(end - key), "}:t:"))
        fact = FACT_ASYNQ_TASK;
    else if (name[0] == '{' && end != NULL && (type == RDBP_TYPE_LIST || type == RDBP_TYPE_ZSET))
        fact = FACT_ASYNQ_STATE;
    return fact != 0 ? note_fact(e, db, ROOT_ASYNQ, key, 6, fact) : 0;
}

/* <namespace>:__heartbeats__, <namespace>:<queue>.msgs */
static int note_dramatiq(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                         uint32_t fact)
{
    uint8_t pattern[PATTERN_MAX_BYTES];
    const size_t bytes = pattern_fold(key, key_bytes, pattern);
    const uint8_t *const colon = memrchr(pattern, ':', bytes);

    return colon == NULL
               ? 0
               : note_fact(e, db, ROOT_DRAMATIQ, pattern, (size_t)(colon - pattern) + 1, fact);
}

/* <name>:YYYY-MM-DD */
static bool is_dated(const uint8_t *key, size_t key_bytes, const char *name, size_t name_bytes)
{
    static const char shape[] = "0000-00-00";

    if (key_bytes != name_bytes + sizeof(shape) - 1 ||
        !begins_with(key, key_bytes, name, name_bytes))
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++)
        if (shape[i] == '-' ? key[name_bytes + i] != '-'
                            : !fold_is(key[name_bytes + i], CLASS_DIGIT))
            return false;
    return true;
}

/* Its keys have no prefix. */
static int note_faktory(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                        enum rdbp_type type)
{
    uint32_t fact = 0;

    if (type == RDBP_TYPE_SET && key_bytes == 6 && BEGINS(key, key_bytes, "queues"))
        fact = FACT_FAKTORY_QUEUES;
    else if (type != RDBP_TYPE_STRING)
        return 0;
    else if (key_bytes == 9 && BEGINS(key, key_bytes, "processed"))
        fact = FACT_FAKTORY_PROCESSED;
    else if (key_bytes == 8 && BEGINS(key, key_bytes, "failures"))
        fact = FACT_FAKTORY_FAILURES;
    else if (is_dated(key, key_bytes, "processed:", 10))
        fact = FACT_FAKTORY_PROCESSED_DAY;
    else if (is_dated(key, key_bytes, "failures:", 9))
        fact = FACT_FAKTORY_FAILURES_DAY;
    return fact != 0 ? note_fact(e, db, ROOT_FAKTORY, key, 0, fact) : 0;
}

/* <prefix>job:<id> with the fields of a job. */
static int note_hangfire_job(struct role_evidence *e, uint64_t db, const uint8_t *key,
                             size_t key_bytes)
{
    static const char tail[] = "job:*";
    uint8_t pattern[PATTERN_MAX_BYTES];
    const size_t bytes = pattern_fold(key, key_bytes, pattern);

    if (!ends_with(pattern, bytes, tail, sizeof(tail) - 1))
        return 0;
    return note_fact(e, db, ROOT_HANGFIRE, pattern, bytes - (sizeof(tail) - 1), FACT_HANGFIRE_JOB);
}

static int note_string(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                       unsigned signature)
{
    int r = 0;

    if (signature == 0)
        return 0;
    if ((signature & SIGNATURE_CELERY_RESULT) && HAS(key, key_bytes, "celery-task-meta-", '-'))
        r = note_before(e, db, ROOT_CELERY, key, key_bytes, "celery-task-meta-",
                        FACT_CELERY_RESULT);
    if (r == 0 && (signature & (SIGNATURE_PICKLE | SIGNATURE_COMPRESSED)))
        r = note_django(e, db, key, key_bytes,
                        signature & SIGNATURE_PICKLE ? FACT_DJANGO_PICKLE : FACT_DJANGO_COMPRESSED);
    if (r == 0 && (signature & SIGNATURE_PHP)) {
        if (ends_with(key, key_bytes, ":key", 4) && HAS(key, key_bytes, ":tag:", ':'))
            r = note_before(e, db, ROOT_LARAVEL_CACHE, key, key_bytes, "tag:", FACT_LARAVEL_TAG);
        else if (HAS(key, key_bytes, "_cache_:", '_'))
            r = note_before(e, db, ROOT_LARAVEL_CACHE, key, key_bytes,
                            "_cache_:", FACT_LARAVEL_VALUE);
        else if (HAS(key, key_bytes, "_cache:", '_'))
            r = note_before(e, db, ROOT_LARAVEL_CACHE, key, key_bytes,
                            "_cache:", FACT_LARAVEL_VALUE);
    }
    if (r == 0 && (signature & SIGNATURE_EMPTY) && HAS(key, key_bytes, ":sessions:expires:", 'x'))
        r = note_before(e, db, ROOT_SPRING, key, key_bytes,
                        "sessions:expires:", FACT_SPRING_EXPIRES);
    return r;
}

static int note_list(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                     unsigned signature)
{
    if (!HAS(key, key_bytes, "queues:", 'q'))
        return 0;
    if (ends_with(key, key_bytes, ":notify", 7))
        return note_before(e, db, ROOT_LARAVEL_QUEUE, key, key_bytes,
                           "queues:", FACT_LARAVEL_NOTIFY);
    if (signature & SIGNATURE_LARAVEL_JOB)
        return note_before(e, db, ROOT_LARAVEL_QUEUE, key, key_bytes, "queues:", FACT_LARAVEL_JOB);
    return 0;
}

int role_evidence_key(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                      enum rdbp_type type, unsigned signature)
{
    int r = 0;

    if (key_bytes == 0 || key_bytes > MAX_ROOT_KEY_BYTES)
        return 0;
    r = note_suffixes(e, db, key, key_bytes, type, signature);
    if (r == 0 && key_bytes > 3 && memcmp(key, "rq:", 3) == 0)
        r = note_rq(e, db, key, key_bytes, type);
    if (r == 0 && key_bytes > 6 && memcmp(key, "asynq:", 6) == 0)
        r = note_asynq(e, db, key, key_bytes, type);
    if (r < 0)
        return r;
    switch (type) {
    case RDBP_TYPE_STRING:
        if ((signature & SIGNATURE_INTEGER) && (key[0] == 'p' || key[0] == 'f'))
            r = note_faktory(e, db, key, key_bytes, type);
        return r == 0 ? note_string(e, db, key, key_bytes, signature) : r;
    case RDBP_TYPE_LIST:
        if ((signature & SIGNATURE_FAKTORY_JOB) && key_bytes > 2 && memcmp(key, "q:", 2) == 0)
            r = note_fact(e, db, ROOT_FAKTORY, key, 0, FACT_FAKTORY_JOB);
        if (r == 0)
            r = note_list(e, db, key, key_bytes, signature);
        return r == 0 ? note_process(e, db, key, key_bytes) : r;
    case RDBP_TYPE_SET:
        if (HAS(key, key_bytes, "_kombu.binding.", '.'))
            return note_binding(e, db, key, key_bytes);
        r = note_faktory(e, db, key, key_bytes, type);
        return r == 0 ? note_process(e, db, key, key_bytes) : r;
    case RDBP_TYPE_HASH:
        if (HAS(key, key_bytes, ":sessions:", 'i'))
            r = note_before(e, db, ROOT_SPRING, key, key_bytes, "sessions:",
                            signature & SIGNATURE_SPRING_SESSION ? FACT_SPRING_PROOF
                                                                 : FACT_SPRING_SESSION);
        if (r == 0 && (signature & SIGNATURE_HANGFIRE_JOB))
            r = note_hangfire_job(e, db, key, key_bytes);
        if (r == 0 && (signature & SIGNATURE_DRAMATIQ_MESSAGE))
            r = note_dramatiq(e, db, key, key_bytes, FACT_DRAMATIQ_MESSAGES);
        return r == 0 ? note_process(e, db, key, key_bytes) : r;
    case RDBP_TYPE_ZSET:
        if (ends_with(key, key_bytes, ":entries", 8) && HAS(key, key_bytes, ":tag:", ':'))
            return note_before(e, db, ROOT_LARAVEL_CACHE, key, key_bytes, "tag:", FACT_LARAVEL_TAG);
        if (ends_with(key, key_bytes, ":__heartbeats__", 15))
            return note_dramatiq(e, db, key, key_bytes, FACT_DRAMATIQ_HEARTBEATS);
        return signature & SIGNATURE_FAKTORY_JOB
                   ? note_fact(e, db, ROOT_FAKTORY, key, 0, FACT_FAKTORY_JOB)
                   : 0;
    default: return 0;
    }
}
