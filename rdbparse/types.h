/* types.h -- what the table of RDB types (types.def) says of each type byte. */
#ifndef RDBPARSE_TYPES_H
#define RDBPARSE_TYPES_H

#include "rdbparse/rdbparse.h"

/* The dialects by which type numbers are read; see rdb-format "same number, different meaning". */
enum numbering { FAM_R = 1, FAM_V = 2, FAM_K = 4, FAM_D = 8 };

enum value_handler {
    HANDLER_NOT_DECODED = 0,
    HANDLER_STRING,
    HANDLER_TABLE,     /* count, then count x the steps of the layout */
    HANDLER_PACKED,    /* one blob */
    HANDLER_QUICKLIST, /* count of nodes, then blobs */
    HANDLER_STREAM,
    HANDLER_MODULE
};

/* One part of a table's tuple. */
enum table_step {
    STEP_END = 0,
    STEP_STRING,       /* str; its role is the next of layout.roles */
    STEP_OLD_DOUBLE,   /* length byte and ASCII */
    STEP_DOUBLE,       /* f64 LE */
    STEP_TTL_ABSOLUTE, /* len: absolute ms, 0 none */
    STEP_TTL_RELATIVE, /* len: 0 none, else minExpire + t - 1 */
    STEP_TTL_I64,      /* i64 LE ms, -1 none */
    STEP_INDEX,        /* len */
    STEP_TAGGED        /* len tag: 0, 3 str; 1 i64 LE; 2 f64 LE */
};

/* How a collection's elements lie in the file. */
struct layout {
    enum rdbp_format format; /* PACKED, QUICKLIST */
    uint8_t arity;           /* strings (or packed entries) an element is made of */
    uint8_t roles[3];        /* enum rdbp_role of each */
    uint8_t steps[4];        /* TABLE: enum table_step, STEP_END closes */
    uint8_t min_tuple_bytes; /* TABLE: the least one element takes */
    bool has_min_expire;     /* an i64 LE stands before the count or blob */
    bool has_insert_index;   /* after the count: len 0, or len 1 and len index */
};

struct type_info {
    uint8_t number;
    uint8_t families;  /* enum numbering, or-ed */
    uint16_t rdb_type; /* as the API gives it */
    const char *name;
    enum rdbp_type type;
    uint8_t since_rdb_version;
    enum value_handler handler;
    const struct layout *layout; /* NULL where the handler needs none */
};

/* Value types are numbered below this, opcodes from here on. */
#define TYPES_END 100

/* The meaning of a type byte in a dialect (one enum numbering bit); NULL when it has none. */
const struct type_info *type_find(uint8_t number, enum numbering dialect);

#endif
