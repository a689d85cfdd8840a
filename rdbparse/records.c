/* records.c -- the records between values: header, opcodes, keys, end.
 *
 *      magic   REDISnnnn | VALKEYnnn
 *      record  FA str str            AUX            | FE len           SELECTDB
 *              FB len len            RESIZEDB       | F4 len len len   SLOT_INFO
 *              FD i32 LE s           EXPIRETIME     | FC i64 LE ms     EXPIRETIME_MS
 *              F8 len                IDLE           | F9 u8            FREQ
 *              F5 str                FUNCTION2      | F6 ...           FUNCTION_PRE_GA
 *              F7 len len len ...    MODULE_AUX     | F3 ... (Valkey)  SLOT_IMPORT
 *              F3 len n, n x (u32 LE class, module data) (Redis)   KEY_META, then the key's type
 *              6B len, 79 len        Redis Enterprise RAM_LRU, SLOT_NUM
 *              type str value        a key
 *      end     FF u64 LE             CRC-64 from RDB 5 on
 *
 * A loader accepts any record anywhere, so this is one flat loop.  Attributes (expiry, idle, freq)
 * stay pending until a key takes them, whatever records stand between (KeyDB writes an AUX there).
 * Nothing is gated by the file's version: writers have mixed them (rdb-format, section 8).
 * Upstream: rdb.c (rdbLoadRioWithLoadingCtx), Redis 7.4; Valkey 9.0 for SLOT_IMPORT; keymeta.c
 * (rdbLoadKeyMetadata, keyMetaClassDecode), Redis 8.6.
 */
// SPDX-License-Identifier: MIT
#include "records.h"

#include <string.h>

#include "bytes.h"

enum opcode {
    OPCODE_ENTERPRISE_RAM_LRU = 107,
    OPCODE_ENTERPRISE_SLOT_NUM = 121,
    OPCODE_242 = 242, /* HASH_TEMPLATE (Redis 8.10), UPDATE (Valkey 9.2) */
    OPCODE_243 = 243, /* KEY_META (Redis 8.6), SLOT_IMPORT (Valkey 9.0) */
    OPCODE_SLOT_INFO = 244,
    OPCODE_FUNCTION2 = 245,
    OPCODE_FUNCTION_PRE_GA = 246,
    OPCODE_MODULE_AUX = 247,
    OPCODE_IDLE = 248,
    OPCODE_FREQ = 249,
    OPCODE_AUX = 250,
    OPCODE_RESIZEDB = 251,
    OPCODE_EXPIRETIME_MS = 252,
    OPCODE_EXPIRETIME = 253,
    OPCODE_SELECTDB = 254,
    OPCODE_EOF = 255
};

enum {
    REDIS_VERSION_MAX = 14, /* newest whose types are all decoded */
    VALKEY_VERSION_MIN = 80,
    VALKEY_VERSION_MAX = 80,
    CHECKSUM_SINCE_VERSION = 5,
    SLOT_MAX = 16383,
    METADATA_CLASSES_MAX = 7
};

/* ---- header -------------------------------------------------------------------------------- */

int record_header(rdbp_parser *p)
{
    const uint8_t *magic = reader_take(p->reader, 9);
    bool valkey;
    uint32_t version = 0;
    size_t digits_at;

    if (!magic)
        return fatal_input(p, "the header");
    valkey = memcmp(magic, "VALKEY", 6) == 0;
    digits_at = valkey ? 6 : 5;
    if (!valkey && memcmp(magic, "REDIS", 5) != 0)
        return fatal(p, RDBP_ERR_NOT_RDB, 0, "not an RDB: no REDIS or VALKEY magic");
    for (size_t i = digits_at; i < 9; i++) {
        if (magic[i] < '0' || magic[i] > '9')
            return fatal(p, RDBP_ERR_NOT_RDB, i, "not an RDB: the version is not a number");
        version = version * 10 + (magic[i] - '0');
    }
    if (version == 0 || (valkey && version < VALKEY_VERSION_MIN))
        return fatal(p, RDBP_ERR_NOT_RDB, digits_at, "RDB version %u does not exist", version);
    p->rdb_version = version;
    p->numbering = valkey ? FAM_V : FAM_R;
    p->family = valkey ? RDBP_FAMILY_VALKEY : RDBP_FAMILY_REDIS;
    if (version > (valkey ? VALKEY_VERSION_MAX : REDIS_VERSION_MAX))
        warn(p, RDBP_ERR_HIGHER_VERSION, RDBP_SEVERITY_WARN, digits_at,
             "RDB version %u is newer than this program knows; reading as far as it is understood",
             version);
    p->event.type = RDBP_EVENT_HEADER;
    p->event.u.header = (struct rdbp_header){version, p->family};
    return 1;
}

/* ---- AUX ----------------------------------------------------------------------------------- */

static bool slice_is(rdbp_slice s, const char *text)
{
    return s.size_bytes == strlen(text) && memcmp(s.bytes, text, s.size_bytes) == 0;
}

static bool slice_starts(rdbp_slice s, const char *text)
{
    return s.size_bytes >= strlen(text) && memcmp(s.bytes, text, strlen(text)) == 0;
}

/* Who wrote the file decides what a type number means; a VALKEY magic has decided already. */
static void note_dialect(rdbp_parser *p, rdbp_slice name)
{
    if (slice_is(name, "valkey-ver")) {
        p->family = RDBP_FAMILY_VALKEY;
    } else if (p->is_dialect_fixed || p->numbering == FAM_V) {
        return;
    } else if (slice_is(name, "df-ver")) {
        p->family = RDBP_FAMILY_DRAGONFLY;
        p->numbering = FAM_D;
    } else if (slice_is(name, "mvcc-tstamp") || slice_starts(name, "keydb-")) {
        p->family = RDBP_FAMILY_KEYDB;
        p->numbering = FAM_K;
    }
}

static int record_aux(rdbp_parser *p)
{
    struct rdbp_aux *aux = &p->event.u.aux;
    uint64_t name_bytes;

    if (load_str(p, "an AUX name", NAME_MAX_BYTES, &p->name_bytes, &p->name_capacity, &aux->name,
                 &name_bytes) < 0 ||
        load_str(p, "an AUX value", NAME_MAX_BYTES, &p->value_bytes, &p->value_capacity,
                 &aux->value, &aux->value_bytes) < 0)
        return -1;
    note_dialect(p, aux->name);
    p->event.type = RDBP_EVENT_AUX;
    return 1;
}

/* ---- functions ----------------------------------------------------------------------------- */

static int begin_function(rdbp_parser *p, bool is_pre_ga)
{
    struct rdbp_function *f = &p->function;
    struct str_head *h = &p->value.head;
    uint64_t ignored, has_description = 0;

    *f = (struct rdbp_function){.is_pre_ga = is_pre_ga};
    if (is_pre_ga) {
        if (load_str(p, "a function's name", NAME_MAX_BYTES, &p->name_bytes, &p->name_capacity,
                     &f->name, &ignored) < 0 ||
            load_str(p, "a function's engine", NAME_MAX_BYTES, &p->value_bytes, &p->value_capacity,
                     &f->engine, &ignored) < 0 ||
            read_len(p, "a function", &has_description) < 0)
            return -1;
        if (has_description && skip_str(p, "a function's description") < 0)
            return -1;
    }
    if (read_str_head(p, "a function library", h) < 0)
        return -1;
    f->source_bytes = h->raw_bytes;
    switch (open_str(p, h)) {
    case 0: break;
    case 1:
        return fatal(p, RDBP_ERR_CORRUPT, reader_offset(p->reader),
                     "a function library: compressed bytes are damaged");
    default: return -1;
    }
    p->depth = RDBP_DEPTH_BYTES;
    if (items_begin_string(p, RDBP_ROLE_ELEMENT, h->raw_bytes) < 0)
        return fatal_input(p, "a function library");
    p->state = STATE_FUNCTION;
    return record_function_piece(p);
}

int record_function_piece(rdbp_parser *p)
{
    struct rdbp_function *f = &p->function;
    const rdbp_item *item = &p->items[0];
    int r;

    if (parser_tick(p) < 0)
        return -1;
    r = items_continue_string(p);
    if (r < 0)
        return p->cursor.lzf_failed ? fatal(p, RDBP_ERR_CORRUPT, reader_offset(p->reader),
                                            "a function library: compressed bytes are damaged")
                                    : fatal_input(p, "a function library");
    f->piece = item->bytes;
    f->piece_offset = item->piece_offset;
    f->is_last = !item->is_partial;
    p->item_count = p->arena_used = 0;
    if (f->is_last) {
        if (!cursor_close(&p->cursor))
            return fatal_input(p, "a function library");
        if (f->is_pre_ga)
            warn(p, RDBP_ERR_PRE_RELEASE, RDBP_SEVERITY_WARN, p->event.offset,
                 "function record of a Redis 7.0 release candidate: no release loads it");
        p->state = STATE_RECORD;
    }
    p->event.type = RDBP_EVENT_FUNCTION;
    p->event.u.function = *f;
    return 1;
}

/* ---- other records ------------------------------------------------------------------------- */

static int record_db(rdbp_parser *p)
{
    const uint64_t offset = reader_offset(p->reader);
    uint64_t db;

    if (read_len(p, "a database number", &db) < 0)
        return -1;
    if (db > INT64_MAX)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "database number %llu cannot be",
                     (unsigned long long)db);
    p->db = db;
    p->event.type = RDBP_EVENT_DB;
    p->event.u.db = db;
    return 1;
}

static int record_resizedb(rdbp_parser *p)
{
    struct rdbp_resizedb *e = &p->event.u.resizedb;

    if (read_len(p, "RESIZEDB", &e->key_count) < 0 ||
        read_len(p, "RESIZEDB", &e->expires_count) < 0)
        return -1;
    p->event.type = RDBP_EVENT_RESIZEDB;
    return 1;
}

/* A cluster has slots 0 to 16383, and a range runs upwards. */
static void check_slot(rdbp_parser *p, const char *what, uint64_t first, uint64_t last,
                       uint64_t offset)
{
    if (first > last || last > SLOT_MAX)
        warn(p, RDBP_ERR_SLOT, RDBP_SEVERITY_WARN, offset, "%s: slots %llu to %llu do not exist",
             what, (unsigned long long)first, (unsigned long long)last);
}

static int record_slot_info(rdbp_parser *p, uint64_t offset)
{
    struct rdbp_slot_info *e = &p->event.u.slot_info;

    if (read_len(p, "SLOT_INFO", &e->slot) < 0 || read_len(p, "SLOT_INFO", &e->key_count) < 0 ||
        read_len(p, "SLOT_INFO", &e->expires_count) < 0)
        return -1;
    check_slot(p, "SLOT_INFO", e->slot, e->slot, offset);
    p->event.type = RDBP_EVENT_SLOT_INFO;
    return 1;
}

static int record_module_aux(rdbp_parser *p, uint64_t offset)
{
    struct rdbp_module_aux aux;
    uint64_t id, opcode;

    if (read_len(p, "MODULE_AUX", &id) < 0 || read_len(p, "MODULE_AUX", &opcode) < 0 ||
        read_len(p, "MODULE_AUX", &aux.when) < 0)
        return -1;
    if (opcode != 2)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "MODULE_AUX: opcode %llu, must be 2",
                     (unsigned long long)opcode);
    if (module_skip(p) < 0)
        return -1;
    module_decode_id(id, aux.module_name, &aux.module_version);
    aux.rdb_bytes = reader_offset(p->reader) - offset;
    p->event.type = RDBP_EVENT_MODULE_AUX;
    p->event.u.module_aux = aux;
    return 1;
}

/* Valkey 9: a slot import under way; nothing of it concerns keys. */
static int record_slot_import(rdbp_parser *p, uint64_t offset)
{
    uint64_t range_count, name_bytes, first, last;
    rdbp_slice name;

    if (load_str(p, "SLOT_IMPORT", 64, &p->name_bytes, &p->name_capacity, &name, &name_bytes) < 0)
        return -1;
    if (name_bytes != 40)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "SLOT_IMPORT: job name of %llu bytes, must be 40",
                     (unsigned long long)name_bytes);
    if (read_count(p, "SLOT_IMPORT ranges", 2, &range_count) < 0)
        return -1;
    for (; range_count > 0; range_count--) {
        if (read_len(p, "SLOT_IMPORT", &first) < 0 || read_len(p, "SLOT_IMPORT", &last) < 0)
            return -1;
        check_slot(p, "SLOT_IMPORT", first, last, offset);
    }
    return 0;
}

/* ---- attributes ---------------------------------------------------------------------------- */

/* Files before RDB 9 from a big-endian host hold the time in its byte order, and nothing says so:
 * take the other order when only that is a time between 1970 and the year 3000 (rdb-format, section
 * 5). */
static int64_t choose_byte_order(const rdbp_parser *p, const uint8_t *b)
{
    const int64_t year_3000_ms = INT64_C(32503680000000);
    const int64_t le = (int64_t)load_u64le(b), be = (int64_t)load_u64be(b);

    if (p->rdb_version < 9 && (le < 0 || le > year_3000_ms) && be >= 0 && be <= year_3000_ms)
        return be;
    return le;
}

static int read_expire_ms(rdbp_parser *p)
{
    const uint8_t *b = reader_take(p->reader, 8);

    if (!b)
        return fatal_input(p, "an expiry");
    p->attributes.has_expire = true;
    p->attributes.expire_at_ms = choose_byte_order(p, b);
    return 0;
}

static int read_expire_s(rdbp_parser *p)
{
    const uint8_t *b = reader_take(p->reader, 4);

    if (!b)
        return fatal_input(p, "an expiry");
    p->attributes.has_expire = true;
    p->attributes.expire_at_ms = (int64_t)(int32_t)load_u32le(b) * 1000;
    return 0;
}

static int record_attribute(rdbp_parser *p, uint8_t opcode, uint64_t offset)
{
    uint64_t ignored;
    int r;

    if (!p->has_attributes)
        p->record_offset = offset;
    p->has_attributes = true;
    switch (opcode) {
    case OPCODE_EXPIRETIME_MS: return read_expire_ms(p);
    case OPCODE_EXPIRETIME: return read_expire_s(p);
    case OPCODE_IDLE:
        r = read_len(p, "an idle time", &p->attributes.idle_s);
        p->attributes.has_idle = true;
        return r;
    case OPCODE_FREQ:
        r = read_u8(p, "a frequency", &p->attributes.freq);
        p->attributes.has_freq = true;
        return r;
    default: return read_len(p, "a Redis Enterprise attribute", &ignored);
    }
}

/* ---- keys ---------------------------------------------------------------------------------- */

static int unknown_byte(rdbp_parser *p, uint8_t byte, uint64_t offset)
{
    if (byte >= TYPES_END)
        return fatal(p, RDBP_ERR_UNKNOWN_OPCODE, offset,
                     "opcode %u is not known in %s files (RDB %u)", byte,
                     rdbp_family_name(p->family), p->rdb_version);
    return fatal(p, RDBP_ERR_UNKNOWN_TYPE, offset,
                 "value type %u is not known in %s files (RDB %u)", byte,
                 rdbp_family_name(p->family), p->rdb_version);
}

/* Whether this module type or class of metadata comes for the first time, as far as we remember. */
static bool is_new_module(rdbp_parser *p, uint64_t id)
{
    for (size_t i = 0; i < p->modules_seen_count; i++)
        if (p->modules_seen[i] == id)
            return false;
    if (p->modules_seen_count == MODULES_SEEN)
        return false;
    p->modules_seen[p->modules_seen_count++] = id;
    return true;
}

static int read_module_id(rdbp_parser *p, struct rdbp_key *key)
{
    uint64_t id;

    if (read_len(p, "a module's id", &id) < 0)
        return -1;
    module_decode_id(id, key->module_name, &key->module_version);
    if (is_new_module(p, id))
        warn(p, RDBP_ERR_MODULE, RDBP_SEVERITY_WARN, p->record_offset,
             "module type %s (version %u): values are skipped, not decoded", key->module_name,
             key->module_version);
    return 0;
}

/* The first key: nothing changes the dialect any more. */
static void fix_dialect(rdbp_parser *p)
{
    p->is_dialect_fixed = true;
    for (unsigned byte = 0; byte < TYPES_END; byte++)
        p->types[byte] = type_find((uint8_t)byte, p->numbering);
}

static void warn_of_pre_release(rdbp_parser *p, const struct type_info *type, uint64_t offset)
{
    if (p->has_seen_pre_release || (type->rdb_type != RDBP_RDB_HASH_METADATA_PRE_GA &&
                                    type->rdb_type != RDBP_RDB_HASH_LISTPACK_EX_PRE_GA))
        return;
    p->has_seen_pre_release = true;
    warn(p, RDBP_ERR_PRE_RELEASE, RDBP_SEVERITY_WARN, offset,
         "value type %u (%s) of a Redis 7.4 release candidate", type->number, type->name);
}

/* The event, but for the name. */
static void fill_key(const rdbp_parser *p, const struct type_info *type, struct rdbp_key *key)
{
    const struct key_attributes *a = &p->attributes;

    key->db = p->db;
    key->key_index = p->key_index;
    key->rdb_type = type->rdb_type;
    key->type = type->type;
    memset(key->module_name, 0, sizeof key->module_name);
    key->module_version = 0;
    key->has_expire = a->has_expire;
    key->has_idle = a->has_idle;
    key->has_freq = a->has_freq;
    key->expire_at_ms = a->expire_at_ms;
    key->idle_s = a->idle_s;
    key->freq = a->freq;
    key->record_offset = p->record_offset;
    key->metadata_count = a->metadata_count;
}

static int record_key(rdbp_parser *p, uint8_t byte, uint64_t offset)
{
    struct rdbp_key *key = &p->event.u.key;
    const struct type_info *type;

    if (!p->is_dialect_fixed)
        fix_dialect(p);
    type = byte < TYPES_END ? p->types[byte] : NULL;
    if (!type)
        return unknown_byte(p, byte, offset);
    p->in_key = true;
    if (!p->has_attributes)
        p->record_offset = offset;
    if (type->handler == HANDLER_NOT_DECODED)
        return fatal(p, RDBP_ERR_UNSUPPORTED, offset, "value type %u (%s) %s", byte, type->name,
                     type->rdb_type == RDBP_RDB_MODULE_PRE_GA
                         ? "of a Redis 4.0 release candidate has no recorded length"
                         : "is not decoded by this version");
    if (load_str(p, "a key's name", p->options.max_key_bytes, &p->key_bytes, &p->key_capacity,
                 &key->key, &key->key_bytes) < 0)
        return -1;
    fill_key(p, type, key);
    if (type->handler == HANDLER_MODULE && read_module_id(p, key) < 0)
        return -1;
    warn_of_pre_release(p, type, offset);
    p->value = (struct value){.type = type};
    p->out.is_active = false;
    p->item_count = p->arena_used = 0;
    p->depth = p->default_depth;
    p->state = STATE_VALUE;
    p->event.type = RDBP_EVENT_KEY;
    p->event.offset = p->record_offset;
    return 1;
}

/* Class, from the low end: 3 flags, 5 bits of version, then four characters of 6 bits, first
 * character highest. */
static void warn_of_metadata(rdbp_parser *p, uint32_t class)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    char name[5] = "";

    if (!is_new_module(p, UINT64_MAX << 32 | class)) /* no module type has such an id */
        return;
    for (unsigned i = 0; i < 4; i++)
        name[i] = alphabet[class >> (26 - 6 * i) & 63];
    warn(p, RDBP_ERR_MODULE, RDBP_SEVERITY_WARN, p->record_offset,
         "metadata of modules, class %s (version %u): skipped, not decoded", name, class >> 3 & 31);
}

/* What modules hang on a key; its type byte follows at once. */
static int record_key_meta(rdbp_parser *p, uint64_t offset)
{
    uint32_t classes[METADATA_CLASSES_MAX];
    uint64_t count, type_offset;
    uint8_t byte;
    int r;

    if (!p->has_attributes)
        p->record_offset = offset;
    p->has_attributes = true;
    if (read_len(p, "KEY_META", &count) < 0)
        return -1;
    if (count > METADATA_CLASSES_MAX)
        return fatal(p, RDBP_ERR_CORRUPT, offset, "KEY_META: %llu classes, at most 7 can be",
                     (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *b = reader_take(p->reader, 4);

        if (!b)
            return fatal_input(p, "KEY_META");
        classes[i] = load_u32le(b);
        if (module_skip(p) < 0)
            return -1;
    }
    p->attributes.metadata_count = count;
    type_offset = reader_offset(p->reader);
    if (read_u8(p, "a type after KEY_META", &byte) < 0)
        return -1;
    if (byte >= TYPES_END)
        return fatal(p, RDBP_ERR_CORRUPT, type_offset,
                     "KEY_META: opcode %u where the key's type must stand", byte);
    r = record_key(p, byte, type_offset);
    for (uint64_t i = 0; r > 0 && i < count; i++) /* they follow the key */
        warn_of_metadata(p, classes[i]);
    return r;
}

/* ---- the loop's body ----------------------------------------------------------------------- */

static int dispatch(rdbp_parser *p, uint8_t byte, uint64_t offset)
{
    switch (byte) {
    case OPCODE_EXPIRETIME_MS:
    case OPCODE_EXPIRETIME:
    case OPCODE_IDLE:
    case OPCODE_FREQ:
    case OPCODE_ENTERPRISE_RAM_LRU:
    case OPCODE_ENTERPRISE_SLOT_NUM: return record_attribute(p, byte, offset);
    case OPCODE_AUX: return record_aux(p);
    case OPCODE_SELECTDB: return record_db(p);
    case OPCODE_RESIZEDB: return record_resizedb(p);
    case OPCODE_SLOT_INFO: return record_slot_info(p, offset);
    case OPCODE_FUNCTION2: return begin_function(p, false);
    case OPCODE_FUNCTION_PRE_GA: return begin_function(p, true);
    case OPCODE_MODULE_AUX: return record_module_aux(p, offset);
    case OPCODE_243:
        if (p->numbering == FAM_V)
            return record_slot_import(p, offset);
        if (p->numbering == FAM_R)
            return record_key_meta(p, offset);
        return unknown_byte(p, byte, offset);
    case OPCODE_242:
        return fatal(p, RDBP_ERR_UNSUPPORTED, offset,
                     "opcode 242 (%s) is not decoded by this version",
                     p->numbering == FAM_V ? "UPDATE" : "HASH_TEMPLATE");
    case OPCODE_EOF: p->state = STATE_CHECKSUM; return 0;
    default: return record_key(p, byte, offset);
    }
}

int record_next(rdbp_parser *p)
{
    const uint64_t offset = reader_offset(p->reader);
    uint8_t byte;

    p->event.offset = offset;
    if (read_u8(p, "no EOF opcode", &byte) < 0)
        return -1;
    return dispatch(p, byte, offset);
}

/* ---- end ----------------------------------------------------------------------------------- */

static int read_checksum(rdbp_parser *p, struct rdbp_end *end)
{
    const uint64_t offset = reader_offset(p->reader);

    if (p->rdb_version < CHECKSUM_SINCE_VERSION) {
        end->checksum = RDBP_CHECKSUM_ABSENT;
        warn(p, RDBP_ERR_NO_CHECKSUM, RDBP_SEVERITY_WARN, offset,
             "RDB version %u has no checksum: damage inside values can go unseen", p->rdb_version);
        return 0;
    }
    end->checksum_computed = p->options.verify_checksum ? reader_crc(p->reader) : 0;
    if (read_u64le(p, "the checksum", &end->checksum_stored) < 0)
        return -1;
    if (end->checksum_stored == 0) {
        end->checksum = RDBP_CHECKSUM_ZERO;
        warn(p, RDBP_ERR_ZERO_CHECKSUM, RDBP_SEVERITY_WARN, offset,
             "checksum is 0: the writer had rdbchecksum no");
    } else if (!p->options.verify_checksum) {
        end->checksum = RDBP_CHECKSUM_UNCHECKED;
    } else if (end->checksum_computed != end->checksum_stored) {
        end->checksum = RDBP_CHECKSUM_MISMATCH;
        warn(p, RDBP_ERR_CHECKSUM, RDBP_SEVERITY_FAILED, offset,
             "checksum mismatch: stored %016llx, computed %016llx",
             (unsigned long long)end->checksum_stored, (unsigned long long)end->checksum_computed);
    }
    return 0;
}

static void warn_trailing(rdbp_parser *p, const struct rdbp_end *end)
{
    const unsigned long long n = end->trailing_bytes;
    const uint64_t offset = end->rdb_bytes;

    switch (end->trailing) {
    case RDBP_TRAILING_NONE: break;
    case RDBP_TRAILING_AOF:
        warn(p, RDBP_ERR_AOF_TAIL, RDBP_SEVERITY_WARN, offset,
             "%llu bytes of commands (an AOF or replication stream) follow the RDB; not read", n);
        break;
    case RDBP_TRAILING_EOF_MARK:
        warn(p, RDBP_ERR_EOF_MARK, RDBP_SEVERITY_WARN, offset,
             "the 40-byte end mark of a replication stream follows the RDB");
        break;
    case RDBP_TRAILING_ZEROS:
        warn(p, RDBP_ERR_ZERO_PADDING, RDBP_SEVERITY_WARN, offset,
             "%llu zero bytes follow the RDB (block storage pads so)", n);
        break;
    case RDBP_TRAILING_RDB:
        warn(p, RDBP_ERR_TRAILING, RDBP_SEVERITY_FAILED, offset,
             "another RDB follows (%llu bytes); not read", n);
        break;
    case RDBP_TRAILING_OTHER:
        warn(p, RDBP_ERR_TRAILING, RDBP_SEVERITY_FAILED, offset,
             "%llu bytes that belong to nothing follow the RDB", n);
        break;
    }
}

int record_end(rdbp_parser *p)
{
    struct rdbp_end end = {0};
    enum rdbp_errcode changed;
    rdbp_error tail;

    p->in_key = false;
    if (read_checksum(p, &end) < 0)
        return -1;
    end.rdb_bytes = reader_offset(p->reader);
    end.trailing = reader_classify_tail(p->reader, &end.trailing_bytes);
    warn_trailing(p, &end);
    reader_error(p->reader, &tail);
    if (tail.code != RDBP_ERR_NONE) /* the RDB is whole, what packs it is not */
        warn(p, tail.code, RDBP_SEVERITY_FAILED, end.rdb_bytes, "after the RDB: %s", tail.message);
    if (reader_frame_fault(p->reader))
        warn(p, RDBP_ERR_FRAME, RDBP_SEVERITY_WARN, end.rdb_bytes, "%s",
             reader_frame_fault(p->reader));
    if (parser_tick(p) < 0)
        return -1;
    changed = reader_check_unchanged(p->reader);
    if (changed != RDBP_ERR_NONE)
        warn(p, changed, RDBP_SEVERITY_FAILED, end.rdb_bytes, "the file changed while it was read");
    p->event.type = RDBP_EVENT_END;
    p->event.offset = end.rdb_bytes;
    p->event.u.end = end;
    p->state = STATE_END;
    return 1;
}
