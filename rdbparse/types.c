/* types.c -- the table of RDB types, and the names the public header promises.
 *
 * types.def is the one list; here it becomes the lookup and the layouts it names.  A new type is a
 * line there and, if its shape is new, a layout here.  The search is linear: the parser keeps what
 * it found for a dialect in a table of its own.
 */
// SPDX-License-Identifier: MIT
#include "types.h"

static const struct layout layout_LIST = {
    .arity = 1, .roles = {RDBP_ROLE_ELEMENT}, .steps = {STEP_STRING}, .min_tuple_bytes = 1};
static const struct layout layout_SET = {
    .arity = 1, .roles = {RDBP_ROLE_MEMBER}, .steps = {STEP_STRING}, .min_tuple_bytes = 1};
static const struct layout layout_ZSET = {.arity = 1,
                                          .roles = {RDBP_ROLE_MEMBER},
                                          .steps = {STEP_STRING, STEP_OLD_DOUBLE},
                                          .min_tuple_bytes = 2};
static const struct layout layout_ZSET_2 = {.arity = 1,
                                            .roles = {RDBP_ROLE_MEMBER},
                                            .steps = {STEP_STRING, STEP_DOUBLE},
                                            .min_tuple_bytes = 9};
static const struct layout layout_HASH = {.arity = 2,
                                          .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE},
                                          .steps = {STEP_STRING, STEP_STRING},
                                          .min_tuple_bytes = 2};
static const struct layout layout_HASH_2 = {.arity = 2,
                                            .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE},
                                            .steps = {STEP_STRING, STEP_STRING, STEP_TTL_I64},
                                            .min_tuple_bytes = 10};
static const struct layout layout_HASH_TTL_ABSOLUTE = {
    .arity = 2,
    .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE},
    .steps = {STEP_TTL_ABSOLUTE, STEP_STRING, STEP_STRING},
    .min_tuple_bytes = 3};
static const struct layout layout_HASH_TTL_RELATIVE = {
    .arity = 2,
    .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE},
    .steps = {STEP_TTL_RELATIVE, STEP_STRING, STEP_STRING},
    .min_tuple_bytes = 3,
    .has_min_expire = true};
static const struct layout layout_ARRAY = {.arity = 1,
                                           .roles = {RDBP_ROLE_ELEMENT},
                                           .steps = {STEP_INDEX, STEP_TAGGED},
                                           .min_tuple_bytes = 3,
                                           .has_insert_index = true};
static const struct layout layout_HASH_ZIPMAP = {
    .format = RDBP_FORMAT_ZIPMAP, .arity = 2, .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE}};
static const struct layout layout_HASH_ZIPLIST = {
    .format = RDBP_FORMAT_ZIPLIST, .arity = 2, .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE}};
static const struct layout layout_HASH_LISTPACK = {
    .format = RDBP_FORMAT_LISTPACK, .arity = 2, .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE}};
static const struct layout layout_HASH_LISTPACK_EX = {
    .format = RDBP_FORMAT_LISTPACK,
    .arity = 3,
    .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE, RDBP_ROLE_FIELD_TTL}};
static const struct layout layout_HASH_LISTPACK_EX_MIN = {
    .format = RDBP_FORMAT_LISTPACK,
    .arity = 3,
    .roles = {RDBP_ROLE_FIELD, RDBP_ROLE_VALUE, RDBP_ROLE_FIELD_TTL},
    .has_min_expire = true};
static const struct layout layout_LIST_ZIPLIST = {
    .format = RDBP_FORMAT_ZIPLIST, .arity = 1, .roles = {RDBP_ROLE_ELEMENT}};
static const struct layout layout_LIST_LISTPACK = {
    .format = RDBP_FORMAT_LISTPACK, .arity = 1, .roles = {RDBP_ROLE_ELEMENT}};
static const struct layout layout_SET_INTSET = {
    .format = RDBP_FORMAT_INTSET, .arity = 1, .roles = {RDBP_ROLE_MEMBER}};
static const struct layout layout_SET_LISTPACK = {
    .format = RDBP_FORMAT_LISTPACK, .arity = 1, .roles = {RDBP_ROLE_MEMBER}};
static const struct layout layout_ZSET_ZIPLIST = {
    .format = RDBP_FORMAT_ZIPLIST, .arity = 2, .roles = {RDBP_ROLE_MEMBER, RDBP_ROLE_SCORE}};
static const struct layout layout_ZSET_LISTPACK = {
    .format = RDBP_FORMAT_LISTPACK, .arity = 2, .roles = {RDBP_ROLE_MEMBER, RDBP_ROLE_SCORE}};
static const struct layout layout_NONE = {.arity = 1};

static const struct type_info table[] = {
#define X(number, families, rdb_type, name, type, since, handler, layout)                          \
    {number,           families, rdb_type,          #name,                                         \
     RDBP_TYPE_##type, since,    HANDLER_##handler, &layout_##layout},
#include "types.def"
#undef X
};

const struct type_info *type_find(uint8_t number, enum numbering dialect)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].number == number && (table[i].families & dialect))
            return &table[i];
    return NULL;
}

const char *rdbp_rdb_type_name(uint16_t rdb_type)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].rdb_type == rdb_type)
            return table[i].name;
    return "?";
}

const char *rdbp_type_name(enum rdbp_type type)
{
    static const char *const names[RDBP_TYPE_COUNT_] = {"string", "list",   "set",   "zset", "hash",
                                                        "stream", "module", "array", "other"};

    return (unsigned)type < RDBP_TYPE_COUNT_ ? names[type] : "?";
}

const char *rdbp_family_name(enum rdbp_family family)
{
    static const char *const names[RDBP_FAMILY_COUNT_] = {"redis", "valkey", "keydb", "dragonfly"};

    return (unsigned)family < RDBP_FAMILY_COUNT_ ? names[family] : "?";
}

const char *rdbp_errcode_name(enum rdbp_errcode code)
{
    static const char *const names[RDBP_ERR_COUNT_] = {
        [RDBP_ERR_NONE] = "none",
        [RDBP_ERR_NOMEM] = "out-of-memory",
        [RDBP_ERR_IO] = "io-error",
        [RDBP_ERR_EMPTY] = "empty-file",
        [RDBP_ERR_NOT_RDB] = "not-an-rdb",
        [RDBP_ERR_CANCELLED] = "cancelled",
        [RDBP_ERR_TRUNCATED] = "truncated",
        [RDBP_ERR_CORRUPT] = "corrupt",
        [RDBP_ERR_VALUE] = "damaged-value",
        [RDBP_ERR_UNKNOWN_TYPE] = "unknown-type",
        [RDBP_ERR_UNKNOWN_OPCODE] = "unknown-opcode",
        [RDBP_ERR_UNSUPPORTED] = "unsupported",
        [RDBP_ERR_DECOMPRESS] = "bad-compression",
        [RDBP_ERR_CHECKSUM] = "checksum-mismatch",
        [RDBP_ERR_TRAILING] = "trailing-data",
        [RDBP_ERR_CHANGED] = "file-changed",
        [RDBP_ERR_NO_CHECKSUM] = "checksum-absent",
        [RDBP_ERR_ZERO_CHECKSUM] = "checksum-zero",
        [RDBP_ERR_HIGHER_VERSION] = "higher-version",
        [RDBP_ERR_MODULE] = "module-skipped",
        [RDBP_ERR_EMPTY_KEY] = "empty-collection",
        [RDBP_ERR_STREAM_LENGTH] = "stream-length-mismatch",
        [RDBP_ERR_PRE_RELEASE] = "pre-release-layout",
        [RDBP_ERR_SLOT] = "slot-out-of-range",
        [RDBP_ERR_AOF_TAIL] = "aof-tail",
        [RDBP_ERR_EOF_MARK] = "eof-mark",
        [RDBP_ERR_FRAME] = "replication-frame",
        [RDBP_ERR_ZERO_PADDING] = "zero-padding",
    };

    return (unsigned)code < RDBP_ERR_COUNT_ ? names[code] : "?";
}
