/* parser_internal.h -- the parser's state, shared by parser.c (records) and value_*.c (values).
 *
 * A value handler is a small machine with two calls: value_begin_*() reads what stands in front of
 * the elements, value_next_*() is called again and again and answers VALUE_EVENT   p->event is
 * filled, give it to the caller and come back VALUE_DONE    the value's last byte was consumed
 *      VALUE_FATAL   the position is lost; p->error says why
 * Damage inside a value whose end is known is noted by value_damaged() and the rest is skipped.
 */
#ifndef RDBPARSE_PARSER_INTERNAL_H
#define RDBPARSE_PARSER_INTERNAL_H

#include <locale.h>
#include <string.h>

#include "bytes.h"
#include "packed.h"
#include "reader.h"
#include "types.h"

enum {
    ITEM_BATCH = 256,
    ARENA_BYTES = 64 * 1024, /* content of one batch; longer strings come in pieces of this */
    PREFIX_BYTES = 64,       /* of decoded content shown in a BLOB event */
    PREFIX_STORED_BYTES =
        192, /* LZF bytes enough for PREFIX_BYTES: at worst 2 a byte, and a spare */
    SCRATCH_BYTES = 64 * 1024,  /* LZF blobs up to this are expanded whole */
    NAME_MAX_BYTES = 64 * 1024, /* AUX, function, group and consumer names */
    DEFECT_QUEUE = 8,
    MODULES_SEEN = 64,
    DOUBLE_TEXT_BYTES = 32,
    INTEGER_TEXT_MAX = 20
};
#define MASTER_FIELDS_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define EXPIRE_AT_MAX_MS                                                                           \
    ((INT64_C(1) << 48) - 1) /* of a hash field: ebuckets.h EB_EXPIRE_TIME_MAX */

/* The head of an RDB string (rdb-format, "Strings"); the reader stands at its payload. */
enum str_kind { STR_RAW = 0, STR_INTEGER, STR_LZF };
struct str_head {
    enum str_kind kind;
    uint64_t raw_bytes;    /* decoded */
    uint64_t stored_bytes; /* payload in the file; for an integer 0: it was taken with the head */
    uint64_t integer_width;
    int64_t integer;        /* STR_INTEGER: its decimal text is raw_bytes long */
    const char *impossible; /* LZF sizes that cannot be: why; NULL when fine */
};

enum value_result { VALUE_FATAL = -1, VALUE_DONE = 0, VALUE_EVENT = 1 };

/* A string on its way from the cursor into items. */
struct string_out {
    bool is_active;
    uint8_t role;
    bool is_integer;
    int64_t integer;
    uint64_t size_bytes;
    uint64_t done_bytes;
};

/* A field name of a stream node's master entry. */
struct master_field {
    uint64_t size_bytes;
    size_t at; /* in master_bytes */
    bool is_integer;
    int64_t integer;
};

/* The value being read.  Which members count depends on the handler.  It is cleared for every key,
 * so what is large and seldom needed is not in it. */
struct value {
    const struct type_info *type;
    uint8_t phase;
    bool has_begun;
    bool is_damaged;
    uint64_t count;      /* tuples, nodes, groups ... announced */
    uint64_t index;      /* reached */
    uint8_t step;        /* TABLE: in layout.steps; PACKED: in layout.roles */
    uint8_t string_step; /* TABLE: in layout.roles */
    int64_t min_expire_ms;
    int64_t previous_ttl_ms; /* listpackex: of the field before, 0 none */
    uint64_t entries;        /* packed entries of all nodes so far */
    uint64_t longest_bytes;  /* of the entries walked without items */
    uint64_t elements;
    bool has_elements;
    struct str_head head; /* of the current blob or string */
    uint64_t blob_offset; /* of the current blob's payload */
    struct packed_head blob_head;
    bool is_plain; /* quicklist node that is one element */
};

/* And what a stream needs besides. */
struct stream_value {
    struct rdbp_stream_id node_id;
    uint64_t length, live_sum;
    bool knows_live; /* every node said its live count */
    uint64_t group_count, group_index;
    uint64_t pel_count, consumer_count, consumer_pel_count, nacked_count;
    uint64_t producer_index, iid_count;
    uint64_t idmp_duration_s, idmp_max_entries, producer_count;
    /* Inside a node: */
    int64_t live, deleted; /* by the master entry */
    uint64_t entries_left, deleted_seen;
    uint64_t fields_left;
    uint64_t parts; /* listpack elements of the current entry so far */
    uint64_t master_at;
    bool same_fields;
    uint8_t entry_phase;
};

enum parser_state {
    STATE_HEADER = 0,
    STATE_RECORD,
    STATE_FUNCTION,
    STATE_VALUE,
    STATE_CHECKSUM,
    STATE_END,
    STATE_FAILED
};

/* What opcodes in front of a key say of it. */
struct key_attributes {
    bool has_expire, has_idle, has_freq;
    int64_t expire_at_ms;
    uint64_t idle_s;
    uint8_t freq;
    uint64_t metadata_count;
};

struct rdbp_parser {
    struct reader *reader;
    rdbp_options options;
    enum parser_state state;
    rdbp_error error;
    rdbp_event event;
    rdbp_event defect_event;
    bool has_pending_end; /* END waits behind the warnings it caused */
    locale_t c_locale;    /* doubles in text form are written with a point */

    /* Dialect. */
    uint32_t rdb_version;
    enum numbering numbering;
    enum rdbp_family family;
    bool is_dialect_fixed;
    const struct type_info *types[TYPES_END]; /* by type byte, once the dialect is fixed */

    /* Record. */
    uint64_t db;
    uint64_t key_index; /* of the next key */
    bool in_key;
    uint64_t record_offset;
    bool has_attributes;              /* a record has begun with attribute opcodes */
    struct key_attributes attributes; /* pending until a key takes them */
    unsigned default_depth, depth;
    struct rdbp_function function;

    /* Warnings waiting to be given. */
    rdbp_error defects[DEFECT_QUEUE];
    size_t defect_first, defect_count;
    uint64_t modules_seen[MODULES_SEEN];
    size_t modules_seen_count;
    bool has_seen_pre_release;

    /* Value. */
    struct value value;
    rdbp_error damage;          /* of the value, if it is damaged */
    struct stream_value stream; /* if it is one */
    struct cursor cursor;
    struct packed packed;
    struct string_out out;
    struct lzf_stream lzf;

    /* Batch. */
    rdbp_item items[ITEM_BATCH];
    size_t item_count;
    size_t arena_used;
    uint64_t batch_offset;

    /* Memory: allocated when first needed, kept. */
    uint8_t *arena;      /* ARENA_BYTES */
    uint8_t *scratch;    /* SCRATCH_BYTES */
    uint8_t *lzf_buffer; /* LZF_STREAM_BUFFER_BYTES */
    uint8_t *key_bytes;
    size_t key_capacity;
    uint8_t *name_bytes;
    size_t name_capacity; /* AUX name, function name */
    uint8_t *value_bytes;
    size_t value_capacity; /* AUX value, function engine, node key */
    struct master_field *master_fields;
    size_t master_field_count, master_field_capacity;
    uint8_t *master_bytes;
    size_t master_used, master_capacity;
    uint8_t prefix[PREFIX_BYTES];
    char integer_text[24]; /* of a string stored as an integer */
};

/* ---- errors (parser_error.c)
 * ---------------------------------------------------------------------- */

/* Sets p->error unless one stands already; returns -1. */
int fatal(rdbp_parser *p, enum rdbp_errcode code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The reader could not give what was asked for: what was being read. */
int fatal_input(rdbp_parser *p, const char *what);
/* Queues a DEFECT event. */
void warn(rdbp_parser *p, enum rdbp_errcode code, enum rdbp_severity severity, uint64_t offset,
          const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The value is damaged, its end is known: keeps the first reason, and lowers the depth to nothing.
 */
void value_damaged(rdbp_parser *p, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Checksum, page drop, and the caller's check; 0 or -1 (fatal).  Also between batches. */
int parser_tick(rdbp_parser *p);

/* ---- primitives (primitives.c); all 0 or -1 (fatal) ---------------------------------------- */

int read_u8(rdbp_parser *p, const char *what, uint8_t *ret);
int read_u64le(rdbp_parser *p, const char *what, uint64_t *ret);
int read_len_slow(rdbp_parser *p, const char *what, uint64_t *ret);
/* A count of things that take at least min_bytes each: must fit into what is left. */
int read_count(rdbp_parser *p, const char *what, uint64_t min_bytes, uint64_t *ret);
int read_str_head_slow(rdbp_parser *p, const char *what, struct str_head *ret);
int skip_str(rdbp_parser *p, const char *what);
/* Points p->cursor at the string's content: 0, -1 fatal, 1 the compressed bytes are damaged (the
 * reader then stands behind them and the cursor is empty). */
int open_str(rdbp_parser *p, const struct str_head *h);
/* Reads a whole string, at most max_bytes of it into *buffer (grown as data arrives), and skips the
 * rest.  Damage in it is fatal: it names something.  The slice may point into the mapping. */
int load_str(rdbp_parser *p, const char *what, size_t max_bytes, uint8_t **buffer, size_t *capacity,
             rdbp_slice *ret_slice, uint64_t *ret_total_bytes);
void *parser_realloc(rdbp_parser *p, void *ptr, size_t size_bytes);
/* Makes room for need bytes by doubling: 0, -1 fatal. */
int parser_reserve(rdbp_parser *p, void **buffer, size_t *capacity, size_t need,
                   size_t element_bytes);

/* C0, C1, C2: an integer of 1, 2 or 4 bytes. */
static inline int64_t load_integer_form(const uint8_t *b, size_t width)
{
    return width == 1 ? (int8_t)b[0] : width == 2 ? (int16_t)load_u16le(b) : (int32_t)load_u32le(b);
}

/* The lengths that nearly all are, of LEN_MAX_SHORT bytes at b: how many they take.  0: one of 64
 * bits, a special form, or damage, all of which the slow way tells apart. */
enum { LEN_MAX_SHORT = 5 };
static inline size_t decode_short_len(const uint8_t *b, uint64_t *ret)
{
    if (b[0] < 0x40) {
        *ret = b[0];
        return 1;
    }
    if (b[0] < 0x80) {
        *ret = (uint64_t)(b[0] & 0x3F) << 8 | b[1];
        return 2;
    }
    if (b[0] == 0x80) {
        *ret = load_u32be(b + 1);
        return 5;
    }
    return 0;
}

static inline int read_len(rdbp_parser *p, const char *what, uint64_t *ret)
{
    struct reader *r = p->reader;
    size_t n;

    if ((size_t)(r->end - r->pos) >= LEN_MAX_SHORT) {
        n = decode_short_len(r->pos, ret);
        r->pos += n;
        if (n > 0)
            return 0;
    }
    return read_len_slow(p, what, ret);
}

/* Most strings are plain and lie in the window whole. */
static inline int read_str_head(rdbp_parser *p, const char *what, struct str_head *ret)
{
    struct reader *r = p->reader;
    const size_t window = (size_t)(r->end - r->pos);
    uint64_t size_bytes = 0;
    size_t n;

    if (window >= LEN_MAX_SHORT) {
        n = decode_short_len(r->pos, &size_bytes);
        if (n > 0 && size_bytes <= window - n) {
            r->pos += n;
            ret->kind = STR_RAW;
            ret->raw_bytes = ret->stored_bytes = size_bytes;
            ret->impossible = NULL;
            return 0;
        }
    }
    return read_str_head_slow(p, what, ret);
}

/* ---- items (items.c) ----------------------------------------------------------------------- */

static inline bool wants(const rdbp_parser *p, unsigned depth)
{
    return (p->depth & depth) != 0;
}
static inline bool wants_items(const rdbp_parser *p)
{
    return (p->depth & (RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)) != 0;
}
/* Packed values are walked, even if their heads say enough. */
static inline bool wants_walk(const rdbp_parser *p)
{
    return (p->depth & (RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES | RDBP_DEPTH_WALK)) != 0;
}
/* No room for another item and a number's text. */
static inline bool batch_is_full(const rdbp_parser *p)
{
    return p->item_count == ITEM_BATCH || p->arena_used > ARENA_BYTES - DOUBLE_TEXT_BYTES;
}
/* Room in the arena for n bytes of one string, or for as much of it as a piece may have. */
static inline bool arena_fits(const rdbp_parser *p, uint64_t n)
{
    return n <= ARENA_BYTES - p->arena_used || p->arena_used == 0;
}
/* The caller has seen that the batch is not full. */
static inline rdbp_item *push_item(rdbp_parser *p, enum rdbp_role role)
{
    rdbp_item *item = &p->items[p->item_count++];

    /* Of the union, which is larger than all the rest, only what most roles have. */
    item->role = (uint8_t)role;
    item->is_integer = item->is_deleted = item->is_partial = false;
    item->size_bytes = 0;
    item->bytes = (rdbp_slice){NULL, 0};
    item->piece_offset = 0;
    item->u.integer = 0;
    return item;
}
void push_integer(rdbp_parser *p, enum rdbp_role role, int64_t integer);
/* A string that lies in memory whole; false: it must wait for the next batch, or comes in pieces.
 * is_stable: its bytes stay there. */
static inline bool push_text(rdbp_parser *p, enum rdbp_role role, const uint8_t *text, size_t n,
                             bool is_stable)
{
    const bool has_bytes = wants(p, RDBP_DEPTH_BYTES);
    rdbp_item *item;

    if (has_bytes && n > ARENA_BYTES - p->arena_used)
        return false;
    item = push_item(p, role);
    item->size_bytes = n;
    if (n > 0 && n <= 20 && text[0] <= '9')
        item->is_integer = parse_canonical_integer(text, n, &item->u.integer);
    if (has_bytes) {
        if (!is_stable)
            text = memcpy(p->arena + p->arena_used, text, n);
        p->arena_used += n;
        item->bytes = (rdbp_slice){text, n};
    }
    return true;
}
/* A string or integer that lies in memory whole, as an item or, if none is wanted, as a length. */
static inline void note_length(rdbp_parser *p, uint64_t size_bytes)
{
    if (size_bytes > p->value.longest_bytes)
        p->value.longest_bytes = size_bytes;
}
static inline bool take_text(rdbp_parser *p, enum rdbp_role role, const uint8_t *text, size_t n,
                             bool is_stable)
{
    if (wants_items(p))
        return push_text(p, role, text, n, is_stable);
    note_length(p, n);
    return true;
}
static inline void take_integer(rdbp_parser *p, enum rdbp_role role, int64_t integer)
{
    if (wants_items(p))
        push_integer(p, role, integer);
    else if (p->value.longest_bytes < INTEGER_TEXT_MAX)
        note_length(p, integer_text_bytes(integer));
}
/* Turns what is in the batch into an ITEMS event. */
enum value_result flush_items(rdbp_parser *p);
/* Begins the string of size_bytes at the cursor; items_continue_string() moves it: 1 done, 0 the
 * batch must be flushed first, -1 the cursor failed. */
int items_begin_string(rdbp_parser *p, enum rdbp_role role, uint64_t size_bytes);
int items_continue_string(rdbp_parser *p);
/* A name of a group, consumer or producer: always with content, up to 64 KiB.  The batch must be
 * empty (a batch holds one name). */
int read_name_item(rdbp_parser *p, enum rdbp_role role, rdbp_item **ret_item);

/* ---- values -------------------------------------------------------------------------------- */

/* Makes p->event the BLOB whose head is p->value.head.  1 filled, 0 its head is impossible (noted
 * as damage, nothing consumed), -1 fatal. */
int fill_blob_event(rdbp_parser *p, enum rdbp_format format);
/* Skips the payload of p->value.head, which has not been opened. */
int skip_blob(rdbp_parser *p);
/* A step inside the open blob failed: 0 noted as damage, go on behind the blob; -1 the input
 * failed. */
int blob_failed(rdbp_parser *p, const char *message);
/* Leaves the open blob for what follows it; 0, -1 fatal. */
int close_blob(rdbp_parser *p);
/* An entry that must be an integer (a stream's bookkeeping): 0, or -1 damaged or failed. */
int packed_next_integer(rdbp_parser *p, int64_t *ret_integer);
bool parse_double(rdbp_parser *p, const uint8_t *text, size_t n, double *ret_double);
/* Text of an array's double, as the server gives it; its length. */
size_t double_to_text(double value, char ret_text[DOUBLE_TEXT_BYTES]);

int value_begin(rdbp_parser *p);
enum value_result value_next(rdbp_parser *p);

int string_begin(rdbp_parser *p);
enum value_result string_next(rdbp_parser *p);
int table_begin(rdbp_parser *p);
enum value_result table_next(rdbp_parser *p);
int packed_value_begin(rdbp_parser *p);
enum value_result packed_value_next(rdbp_parser *p);
int stream_begin(rdbp_parser *p);
enum value_result stream_next(rdbp_parser *p);
/* Module data up to and with its closing opcode 0. */
int module_skip(rdbp_parser *p);
void module_decode_id(uint64_t id, char ret_name[10], uint32_t *ret_version);

/* One node of a stream: begins at the open cursor; 1 event, 0 walked to its end, -1 failed. */
int stream_node_begin(rdbp_parser *p);
enum value_result stream_node_next(rdbp_parser *p);

#endif
