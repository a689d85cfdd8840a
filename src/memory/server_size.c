/* server_size.c -- the memory of the whole server that has loaded a snapshot.
 *
 * Tables.  Slots are pointers of 8 bytes, their number a power of two, 4 at least.
 *
 *      up to 7.2        both tables of a database are made for the file's hint, which counts keys
 *                       past their time too, and an empty one gets 4 slots; without a hint they
 *                       grow.  When less than 10 % of the slots are in use they are shrunk.
 *      kvstore          (Redis 7.4, Valkey 8.0) dicts are made when their first key comes, the hint
 *                       comes before that and has no effect: they grow.  It has from Redis 8.6 and
 *                       Valkey 8.1 on.  One that is exactly full is doubled by the cron.
 *      KEY_IN_OBJECT    (Redis 8.2) a name alone in its bucket takes no entry
 *      bucket tables    (Valkey 8.1) see bucket_table.c; no entries at all.  Made for the hint too,
 *                       shrunk when at most 13 % filled
 *      cluster mode     of a kvstore: one dict a slot; up to 6.2 the tree of slot_keys.c besides
 *
 * A table that has grown keeps its predecessor while keys move over, one bucket with every
 * addition.  With u keys in s slots s (1 - (1 - 1/s)^u) buckets are occupied, so the predecessor
 * of s slots is still there for up to about 1.63 s keys; afterwards only the background rehash goes
 * on.  That is rehash_bytes.
 *
 * Function libraries and scripts are reckoned from their sources: names of functions as far as they
 * stand there in quotes.  From Redis 7.4 on Lua itself allocates as the server does, which is a
 * multiple of the code and no more than an estimate.
 *
 * Upstream: rdb.c: rdbLoadRioWithLoadingCtx(); db.c: dbAddRDBLoad(); dict.c: dictExpand();
 * server.c: htNeedsResize(); kvstore.c: createDictIfNeeded(), kvstoreTryResizeDicts(); functions.c:
 * engineLibraryCreate(), functionLibCreateFunction(); scripting.c: luaCreateFunction(); Redis 4.0
 * to 7.4, Valkey 8.0.
 */
// SPDX-License-Identifier: MIT
#include "memory/server_size.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory/bucket_table.h"
#include "memory/server_costs.h"
#include "memory/slot_keys.h"
#include "memory/table_growth.h"
#include "memory/ttl_buckets.h"
#include "util/hash.h"

/* A failed allocation inside uthash leaves the element out of the table; the caller checks. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element)                                                               \
    do {                                                                                           \
        (element)->is_lost = true;                                                                 \
    } while (0)
#include <uthash.h>

enum {
    MIN_FILL_PERCENT = 10, /* up to 7.2 */
    MIN_FILL = 8,          /* one in so many, from 7.4 on; HASHTABLE_MIN_FILL */
    SLOT_NAMES_BYTES = 32 << 20,
    SHA1_TEXT_BYTES = 40,
    LIBRARY_BYTES = 32,  /* functionLibInfo */
    FUNCTION_BYTES = 40, /* functionInfo */
    FUNCTION_HANDLE_BYTES = 4,
    GUESSED_NAME_BYTES = 12,
    /* What Lua takes for a byte of code: 3 to 8 in files of 3 to 600 functions, garbage included.
     */
    LUA_BYTES_A_BYTE = 5
};

/* A server that is asked for more gives up; a sum over all databases must not wrap. */
#define LARGEST_TABLE (UINT64_C(1) << 40)
#define LARGEST_SUM   (UINT64_C(1) << 62)

struct counts {
    uint64_t keys, expires;
    uint64_t timed_hashes; /* Valkey 9.0 has a table of them */
};

struct slot {
    struct counts counts[SERVER_SIDE_COUNT_];
    struct counts hint;
    bool is_used;
};

struct database {
    struct server_database result;
    struct counts counts[SERVER_SIDE_COUNT_];
    bool has_hint;
    struct counts hint;
    uint64_t fields_bytes[SERVER_SIDE_COUNT_]; /* of finished TTL buckets */
    bool has_slots;                            /* tables of them are in the result */
    bool is_lost;
    UT_hash_handle hh;
};

struct server_meter {
    struct memory_model model;
    const struct server_costs *costs;
    int64_t startup_bytes;
    uint64_t seed;
    struct database *databases, *last;
    size_t database_count;
    uint64_t largest_db;
    uint64_t keys_bytes[SERVER_SIDE_COUNT_];
    uint64_t keys_without_size;
    bool is_estimate;

    struct database *fields_of; /* whose hashes are in fields[] */
    struct ttl_buckets fields[SERVER_SIDE_COUNT_];
    struct database *slots_of; /* whose keys are in slots[] */
    struct slot *slots;        /* NULL: none needed */
    uint16_t *used_slots;
    size_t used_slot_count;
    bool has_keys;
    struct slot_tree *slot_tree; /* of database 0; NULL: none needed */

    uint64_t library_count, function_count; /* finished ones */
    uint64_t library_functions;             /* of the open one */
    uint64_t functions_bytes;               /* without the tables over all of them */
    uint64_t script_count, scripts_bytes;
};

static int need_slots(struct server_meter *s)
{
    if (s->costs->tables != TABLES_BY_HINT && s->slots == NULL) {
        s->slots = calloc(CLUSTER_SLOTS, sizeof *s->slots);
        s->used_slots = calloc(CLUSTER_SLOTS, sizeof *s->used_slots);
        if (s->slots == NULL || s->used_slots == NULL)
            return -1;
    }
    if (s->costs->has_slots_tree && s->slot_tree == NULL) {
        s->slot_tree = slot_tree_new(SLOT_NAMES_BYTES);
        if (s->slot_tree == NULL)
            return -1;
    }
    return 0;
}

static void clear_fields(struct server_meter *s, unsigned side)
{
    ttl_buckets_clear(&s->fields[side], s->model.alloc_size);
    s->fields[side].rax_bytes = s->model.version->rax_bytes;
}

struct server_meter *server_meter_new(const struct memory_model *m, int64_t startup_bytes)
{
    struct server_meter *const s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->model = *m;
    s->costs = server_costs_of(m->version);
    s->startup_bytes = startup_bytes;
    s->seed = hash_seed();
    for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++)
        clear_fields(s, side);
    if (m->settings.cluster_enabled && need_slots(s) < 0) {
        server_meter_free(s);
        return NULL;
    }
    return s;
}

void server_meter_free(struct server_meter *s)
{
    struct database *d, *next;

    if (s == NULL)
        return;
    HASH_ITER(hh, s->databases, d, next)
    {
        HASH_DEL(s->databases, d);
        free(d);
    }
    for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++)
        ttl_buckets_done(&s->fields[side]);
    slot_tree_free(s->slot_tree);
    free(s->slots);
    free(s->used_slots);
    free(s);
}

/* ---- databases ---- */

static unsigned hash_db(const struct server_meter *s, int64_t db)
{
    const uint64_t h = hash_bytes(&db, sizeof db, s->seed);

    return (unsigned)(h ^ h >> 32);
}

static struct database *find_database(const struct server_meter *s, int64_t db, unsigned hash)
{
    struct database *d = NULL;

    HASH_FIND_BYHASHVALUE(hh, s->databases, &db, sizeof db, hash, d);
    return d;
}

/* NULL: out of memory. */
static struct database *need_database(struct server_meter *s, uint64_t db)
{
    int64_t number = db > INT64_MAX ? SERVER_DATABASE_OTHER : (int64_t)db;
    struct database *d = s->last;
    unsigned hash;

    if (d != NULL && d->result.db == number)
        return d;
    hash = hash_db(s, number);
    d = find_database(s, number, hash);
    if (d == NULL && s->database_count >= SERVER_DATABASES_MAX) {
        number = SERVER_DATABASE_OTHER;
        hash = hash_db(s, number);
        d = find_database(s, number, hash);
    }
    if (d == NULL) {
        d = calloc(1, sizeof *d);
        if (d == NULL)
            return NULL;
        d->result.db = number;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, s->databases, &d->result.db, sizeof d->result.db, hash, d);
        if (d->is_lost) {
            free(d);
            return NULL;
        }
        s->database_count++;
    }
    if (db > s->largest_db && db < SERVER_DATABASE_NUMBERS)
        s->largest_db = db;
    s->last = d;
    return d;
}

const struct server_database *server_meter_database(const struct server_meter *s, int64_t db)
{
    const struct database *const d = find_database(s, db, hash_db(s, db));

    return d == NULL ? NULL : &d->result;
}

/* ---- tables ---- */

static uint64_t pointers_bytes(const struct server_meter *s, uint64_t slots)
{
    return s->model.alloc_size(BUCKET_BYTES * slots);
}

static uint64_t slots_for(uint64_t members)
{
    return table_slots(members < LARGEST_TABLE ? members : LARGEST_TABLE);
}

/* Slots of the table that one of `slots` has grown from, if members are still in it.  Each addition
 * takes so many steps of the rehash; the one that makes the new table takes none. */
static uint64_t unfinished_slots(uint64_t members, uint64_t slots, unsigned steps)
{
    const uint64_t old = slots / 2;
    const double s = (double)old;

    if (old < TABLE_SLOTS_MIN)
        return 0;
    return (double)steps * (double)(members - old - 1) < round(-s * expm1(s * log1p(-1.0 / s)))
               ? old
               : 0;
}

/* A dict that has grown to its members: what it takes in the end, and what of it goes away. */
static uint64_t grown_bytes(const struct server_meter *s, uint64_t members, uint64_t *rehash_bytes)
{
    const uint64_t slots = slots_for(members);
    const uint64_t old = unfinished_slots(members, slots, 1);

    if (members == 0)
        return 0;
    if (old > 0)
        *rehash_bytes += pointers_bytes(s, old);
    return pointers_bytes(s, slots);
}

/* A dict of the times before kvstores. */
static uint64_t hinted_bytes(const struct server_meter *s, uint64_t members, bool has_hint,
                             uint64_t hint, uint64_t *rehash_bytes)
{
    const uint64_t slots = slots_for(hint);

    if (!has_hint || members > slots)
        return grown_bytes(s, members, rehash_bytes);
    if (slots > TABLE_SLOTS_MIN && (double)members * 100 / (double)slots < MIN_FILL_PERCENT) {
        *rehash_bytes += pointers_bytes(s, slots);
        return pointers_bytes(s, slots_for(members));
    }
    return pointers_bytes(s, slots);
}

/* A dict of a kvstore without the structure itself.  A server that has come to rest doubles one
 * that is exactly full. */
static uint64_t stored_dict_bytes(const struct server_meter *s, uint64_t members, uint64_t hint,
                                  uint64_t *rehash_bytes)
{
    const struct memory_version *const v = s->model.version;
    uint64_t slots = slots_for(members > hint ? members : hint), old = 0;

    if (members > slots_for(hint))
        old = unfinished_slots(members, slots, 1);
    if (members * MIN_FILL <= slots && slots > TABLE_SLOTS_MIN) {
        old = slots;
        slots = slots_for(members);
    }
    if (old > 0)
        *rehash_bytes += pointers_bytes(s, old);
    if (members == slots && slots > TABLE_SLOTS_MIN)
        slots *= 2;
    return pointers_bytes(s, slots) + (v->key_layout == KEY_IN_OBJECT
                                           ? (uint64_t)(table_colliding(members, slots) + 0.5) *
                                                 s->model.alloc_size(NO_VALUE_ENTRY_BYTES)
                                           : 0);
}

static uint64_t bucket_table_all_bytes(const struct server_meter *s, uint64_t members,
                                       uint64_t hint, uint64_t *rehash_bytes)
{
    struct bucket_table t;
    uint64_t loaded, old;

    bucket_table_init(&t, hint < LARGEST_TABLE ? hint : LARGEST_TABLE);
    bucket_table_add(&t, members);
    loaded = t.buckets;
    old = t.old_buckets;
    bucket_table_settle(&t);
    if (t.buckets != loaded && members > 0) /* an empty one goes at once */
        old = loaded;
    if (old > 0)
        *rehash_bytes += s->model.alloc_size(BUCKET_TABLE_BUCKET_BYTES * old);
    return s->model.alloc_size(BUCKET_TABLE_BUCKET_BYTES * t.buckets) +
           (uint64_t)(bucket_table_children(&t) + 0.5) *
               s->model.alloc_size(BUCKET_TABLE_BUCKET_BYTES);
}

/* A table of a kvstore, with its structure, which is made with the first member or, if that counts,
 * for the hint (0: there is none). */
static uint64_t stored_bytes(const struct server_meter *s, uint64_t members, uint64_t hint,
                             uint64_t metadata_bytes, uint64_t *rehash_bytes)
{
    const struct memory_version *const v = s->model.version;

    if (s->costs->tables != TABLES_STORED_BY_HINT)
        hint = 0;
    if (members == 0 && hint == 0)
        return 0;
    if (v->has_bucket_tables)
        return s->model.alloc_size(v->bucket_table_bytes + metadata_bytes) +
               bucket_table_all_bytes(s, members, hint, rehash_bytes);
    return s->model.alloc_size(v->dict_bytes + metadata_bytes) +
           stored_dict_bytes(s, members, hint, rehash_bytes);
}

/* Whether the version has a table of them. */
static bool has_timed_hashes(const struct server_meter *s)
{
    return s->model.version->field_ttl == FIELD_TTL_VSET;
}

static void add_stored_tables(const struct server_meter *s, struct server_tables *t,
                              const struct counts *n, const struct counts *hint)
{
    t->main_bytes +=
        stored_bytes(s, n->keys, hint->keys, s->costs->keys_metadata_bytes, &t->rehash_bytes);
    t->expires_bytes += stored_bytes(s, n->expires, hint->expires, s->costs->expires_metadata_bytes,
                                     &t->rehash_bytes);
    t->other_bytes += stored_bytes(s, n->timed_hashes, has_timed_hashes(s) ? hint->timed_hashes : 0,
                                   s->costs->expires_metadata_bytes, &t->rehash_bytes);
}

/* Sizes that a file invented must not wrap. */
static void add_capped(uint64_t *sum, uint64_t bytes)
{
    *sum = bytes > LARGEST_SUM - *sum ? LARGEST_SUM : *sum + bytes;
}

static void add_tables(struct server_tables *sum, const struct server_tables *more)
{
    add_capped(&sum->main_bytes, more->main_bytes);
    add_capped(&sum->expires_bytes, more->expires_bytes);
    add_capped(&sum->other_bytes, more->other_bytes);
    add_capped(&sum->rehash_bytes, more->rehash_bytes);
}

/* The tables of the database whose slots are at hand; none are then. */
static void finish_slots(struct server_meter *s)
{
    for (size_t i = 0; i < s->used_slot_count; i++) {
        struct slot *const slot = &s->slots[s->used_slots[i]];

        for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++) {
            struct server_tables t = {0};

            add_stored_tables(s, &t, &slot->counts[side], &slot->hint);
            add_tables(&s->slots_of->result.sides[side], &t);
        }
        *slot = (struct slot){0};
    }
    s->used_slot_count = 0;
    s->slots_of = NULL;
}

/* The slots of a database come one after the other, so only one has them counted. */
static struct slot *use_slot(struct server_meter *s, struct database *d, unsigned number)
{
    struct slot *const slot = &s->slots[number];

    if (s->slots_of != d) {
        finish_slots(s);
        s->slots_of = d;
        s->is_estimate |= d->has_slots; /* it comes again */
        d->has_slots = true;
    }
    if (!slot->is_used) {
        slot->is_used = true;
        s->used_slots[s->used_slot_count++] = (uint16_t)number;
    }
    return slot;
}

/* ---- what the file brings ---- */

int server_meter_slot(struct server_meter *s, const struct server_slot *slot, bool *ret_is_cluster)
{
    struct database *d;

    *ret_is_cluster = s->slots != NULL;
    if (s->costs->tables == TABLES_BY_HINT || slot->slot >= CLUSTER_SLOTS)
        return 0;
    if (s->slots == NULL) {
        if (s->has_keys || s->model.settings.has_cluster_enabled)
            return 0;
        if (need_slots(s) < 0)
            return -1;
        s->model.settings.cluster_enabled = true;
    }
    d = need_database(s, slot->db);
    if (d == NULL)
        return -1;
    if (!slot->is_aux || s->model.version->is_valkey)
        use_slot(s, d, (unsigned)slot->slot)->hint = (struct counts){
            .keys = slot->keys, .expires = slot->expires, .timed_hashes = slot->timed_hashes};
    *ret_is_cluster = true;
    return 0;
}

int server_meter_hint(struct server_meter *s, uint64_t db, uint64_t keys, uint64_t expires)
{
    struct database *const d = need_database(s, db);

    if (d == NULL)
        return -1;
    d->has_hint = true;
    d->hint = (struct counts){.keys = keys, .expires = expires};
    return 0;
}

/* The hashes of a database come one after the other, so only one has its times replayed. */
static int finish_fields(struct server_meter *s)
{
    for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++) {
        struct ttl_buckets *const b = &s->fields[side];

        if (s->fields_of != NULL)
            s->fields_of->fields_bytes[side] += ttl_buckets_bytes(b);
        if (b->out_of_memory)
            return -1;
        s->is_estimate |= b->is_estimate;
        clear_fields(s, side);
    }
    s->fields_of = NULL;
    return 0;
}

static void count_key(struct counts *n, const struct server_key *key, enum field_ttl_kind kind)
{
    n->keys++;
    n->expires += key->has_expire;
    n->timed_hashes += kind == FIELD_TTL_VSET && key->first_field_ttl_ms != ROW_NULL;
}

int server_meter_key(struct server_meter *s, const struct server_key *key)
{
    struct database *const d = need_database(s, key->db);
    struct slot *slot = NULL;

    if (d == NULL)
        return -1;
    if (s->fields_of != NULL && s->fields_of != d && finish_fields(s) < 0)
        return -1;
    if (key->alloc_bytes == ROW_NULL)
        s->keys_without_size++;
    s->has_keys = true;
    if (s->slots != NULL)
        slot = use_slot(s, d, slot_of_key(key->name, key->stored_bytes));
    for (unsigned side = key->is_expired ? SERVER_REPLICA : 0; side < SERVER_SIDE_COUNT_; side++) {
        if (key->alloc_bytes != ROW_NULL)
            add_capped(&s->keys_bytes[side], (uint64_t)key->alloc_bytes);
        count_key(&d->counts[side], key, s->model.version->field_ttl);
        if (slot != NULL)
            count_key(&slot->counts[side], key, s->model.version->field_ttl);
        if (key->first_field_ttl_ms != ROW_NULL &&
            s->model.version->field_ttl == FIELD_TTL_BUCKETS) {
            s->fields_of = d;
            ttl_buckets_add(&s->fields[side], (uint64_t)key->first_field_ttl_ms);
        }
    }
    if (key->db != 0)
        return 0;
    if (s->slot_tree != NULL)
        return slot_tree_add(s->slot_tree, key->name, key->stored_bytes, key->name_bytes,
                             key->is_expired);
    return 0;
}

/* ---- function libraries and scripts ---- */

/* A table of libraries or functions.  A name is looked up before it is added, and nothing finishes
 * the rehash afterwards. */
static uint64_t library_table_bytes(const struct server_meter *s, uint64_t members)
{
    const uint64_t slots = slots_for(members);
    const uint64_t old = unfinished_slots(members, slots, 2);

    if (members == 0)
        return 0;
    return pointers_bytes(s, slots) + (old == 0 ? 0 : pointers_bytes(s, old));
}

static const char *find_text(const char *text, const char *end, const char *wanted)
{
    return text < end ? memmem(text, (size_t)(end - text), wanted, strlen(wanted)) : NULL;
}

/* The length of the string in quotes that follows, after nothing but blanks and what may lead to
 * it: ( or = or '] = ; 0: none does. */
static uint64_t quoted_bytes(const char *text, const char *end)
{
    const char *close;

    if (end - text > 1 && (text[0] == '\'' || text[0] == '"') && text[1] == ']')
        text += 2;
    while (text < end && memchr(" \t\r\n(=", *text, 6) != NULL)
        text++;
    if (text == end || (*text != '\'' && *text != '"'))
        return 0;
    close = memchr(text + 1, *text, (size_t)(end - text - 1));
    return close == NULL ? 0 : (uint64_t)(close - text - 1);
}

/*      redis.register_function('name', ...)
 *      redis.register_function{function_name='name', ..., description='text'}
 */
static void count_functions(struct server_meter *s, const char *source, const char *end)
{
    static const char call[] = "register_function", name[] = "function_name",
                      text[] = "description";
    const struct memory_model *const m = &s->model;
    const char *at = find_text(source, end, call);

    while (at != NULL) {
        const char *const next = find_text(at + strlen(call), end, call);
        const char *const until = next == NULL ? end : next;
        const char *const named = find_text(at, until, name);
        const char *const described = find_text(at, until, text);
        uint64_t name_bytes = quoted_bytes(at + strlen(call), until);
        uint64_t text_bytes = 0;

        if (name_bytes == 0 && named != NULL)
            name_bytes = quoted_bytes(named + strlen(name), until);
        if (name_bytes == 0)
            name_bytes = GUESSED_NAME_BYTES;
        if (described != NULL)
            text_bytes = quoted_bytes(described + strlen(text), until);
        s->functions_bytes += m->alloc_size(FUNCTION_BYTES) + 3 * sds_bytes(m, name_bytes) +
                              2 * m->alloc_size(DICT_ENTRY_BYTES) +
                              m->alloc_size(FUNCTION_HANDLE_BYTES) +
                              (text_bytes == 0 ? 0 : sds_bytes(m, text_bytes));
        s->library_functions++;
        at = next;
    }
}

/* Of "#!lua name=mylib"; pre-GA records have it beside the source. */
static uint64_t library_name_bytes(const struct rdbp_function *f, const char *source,
                                   const char *end)
{
    static const char name[] = " name=";
    const char *const line_end = memchr(source, '\n', (size_t)(end - source));
    const char *at;
    uint64_t bytes = 0;

    if (f->is_pre_ga)
        return f->name.size_bytes;
    if (line_end != NULL)
        end = line_end;
    at = find_text(source, end, name);
    if (at == NULL)
        return GUESSED_NAME_BYTES;
    for (at += strlen(name); at < end && memchr(" \t\r\n", *at, 4) == NULL; at++)
        bytes++;
    return bytes;
}

/* Of lines that are no comments. */
static uint64_t code_bytes(const char *source, const char *end)
{
    uint64_t bytes = 0;

    while (source < end) {
        const char *const line_end = memchr(source, '\n', (size_t)(end - source));
        const char *const next = line_end == NULL ? end : line_end + 1;

        while (source < next && (*source == ' ' || *source == '\t'))
            source++;
        if (next - source < 2 || (memcmp(source, "--", 2) != 0 && memcmp(source, "#!", 2) != 0))
            bytes += (uint64_t)(next - source);
        source = next;
    }
    return bytes;
}

void server_meter_function(struct server_meter *s, const struct rdbp_function *f)
{
    const struct memory_model *const m = &s->model;
    const char *const source = (const char *)f->piece.bytes;
    const char *const end = source + f->piece.size_bytes;

    if (!s->costs->has_functions || source == NULL)
        return;
    if (f->piece_offset == 0) {
        s->library_functions = 0;
        s->functions_bytes += m->alloc_size(DICT_ENTRY_BYTES) +
                              2 * sds_bytes(m, library_name_bytes(f, source, end)) +
                              m->alloc_size(LIBRARY_BYTES) + m->alloc_size(m->version->dict_bytes) +
                              sds_bytes(m, f->source_bytes);
    }
    count_functions(s, source, end);
    if (s->costs->counts_lua && m->allocator != ALLOCATOR_LIBC)
        s->functions_bytes += LUA_BYTES_A_BYTE * code_bytes(source, end);
    if (!f->is_last)
        return;
    s->functions_bytes += library_table_bytes(s, s->library_functions);
    s->library_count++;
    s->function_count += s->library_functions;
}

void server_meter_script(struct server_meter *s, uint64_t body_bytes)
{
    const struct memory_model *const m = &s->model;

    if (!s->costs->has_scripts)
        return;
    s->script_count++;
    s->scripts_bytes += m->alloc_size(DICT_ENTRY_BYTES) + sds_bytes(m, SHA1_TEXT_BYTES);
    s->scripts_bytes += body_bytes <= EMBSTR_MAX_BYTES
                            ? m->alloc_size(body_bytes + EMBSTR_OVERHEAD_BYTES)
                            : m->alloc_size(OBJECT_BYTES) + sds_bytes(m, body_bytes);
}

/* ---- the end ---- */

static void weigh_tables(const struct server_meter *s, struct database *d, unsigned side)
{
    struct server_tables *const t = &d->result.sides[side];
    const struct counts *const n = &d->counts[side];

    t->other_bytes += d->fields_bytes[side];
    if (d->result.db != 0 && n->keys > 0)
        t->other_bytes += s->slots == NULL ? s->costs->used_database_bytes
                                           : s->costs->used_database_cluster_bytes;
    if (s->slots != NULL)
        return; /* those of slots are in it */
    if (s->costs->tables != TABLES_BY_HINT) {
        add_stored_tables(s, t, n, &d->hint);
    } else {
        t->main_bytes = hinted_bytes(s, n->keys, d->has_hint, d->hint.keys, &t->rehash_bytes);
        t->expires_bytes =
            hinted_bytes(s, n->expires, d->has_hint, d->hint.expires, &t->rehash_bytes);
    }
}

/* The server must have a database to load it. */
static uint64_t database_count(const struct server_meter *s)
{
    const uint64_t wanted = s->largest_db + 1;

    return wanted > s->model.settings.databases ? wanted : s->model.settings.databases;
}

int server_meter_end(struct server_meter *s, struct server_size *ret_size)
{
    struct server_size size = {.keys_without_size = s->keys_without_size};
    struct database *d, *next;
    const unsigned hash = hash_db(s, 0);

    if (finish_fields(s) < 0)
        return -1;
    finish_slots(s);
    size.startup_bytes = s->startup_bytes != ROW_NULL
                             ? (uint64_t)s->startup_bytes
                             : server_startup_bytes(&s->model, database_count(s));
    size.functions_bytes = s->functions_bytes + library_table_bytes(s, s->library_count) +
                           library_table_bytes(s, s->function_count);
    size.scripts_bytes = s->scripts_bytes;
    if (s->script_count > 0)
        size.scripts_bytes += pointers_bytes(s, slots_for(s->script_count));
    for (unsigned side = 0; side < SERVER_SIDE_COUNT_; side++) {
        struct server_side_size *const sum = &size.sides[side];

        HASH_ITER(hh, s->databases, d, next)
        weigh_tables(s, d, side);
        d = find_database(s, 0, hash);
        if (s->slot_tree != NULL && d != NULL) {
            uint64_t bytes;
            bool is_estimate;

            if (slot_tree_bytes(s->slot_tree, s->model.alloc_size, side == SERVER_REPLICA, &bytes,
                                &is_estimate) < 0)
                return -1;
            d->result.sides[side].other_bytes += bytes;
            s->is_estimate |= is_estimate;
        }
        sum->keys_bytes = s->keys_bytes[side];
        HASH_ITER(hh, s->databases, d, next)
        {
            const struct server_tables *const t = &d->result.sides[side];

            sum->tables_bytes += t->main_bytes + t->expires_bytes + t->other_bytes;
            add_capped(&sum->rehash_bytes, t->rehash_bytes);
        }
        sum->used_memory = size.startup_bytes + size.functions_bytes + size.scripts_bytes +
                           sum->tables_bytes + sum->keys_bytes;
    }
    size.is_estimate = s->is_estimate;
    *ret_size = size;
    return 0;
}
