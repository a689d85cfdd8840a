/* rdbparse.h -- librdbparse: a pull parser for Redis and Valkey RDB snapshots.
 *
 * INTRODUCTION
 *
 * The parser turns a snapshot (file, pipe or memory; plain, gzip, LZ4 or zstd; bare, inside a
 * replication stream, or at the head of an AOF) into a flat sequence of events:
 *
 *     HEADER  AUX* MODULE_AUX* FUNCTION*
 *     ( DB  RESIZEDB?  SLOT_INFO?  ( KEY ( BLOB | ITEMS )* VALUE_END )* )*
 *     END
 *
 * with DEFECT events wherever something is worth a warning.  A loader may meet the records outside
 * keys anywhere, so do not rely on the order shown.
 *
 *     rdbp_parser *p;
 *     rdbp_error err;
 *     const rdbp_event *ev;
 *     int r;
 *
 *     if (rdbp_open_path("dump.rdb", NULL, &p, &err) < 0)
 *         return complain(&err);
 *     while ((r = rdbp_next(p, &ev)) > 0)
 *         if (ev->type == RDBP_EVENT_KEY)
 *             printf("%.*s\n", (int)ev->u.key.key.size_bytes, (const char *)ev->u.key.key.bytes);
 *     if (r < 0)
 *         complain(rdbp_last_error(p));
 *     rdbp_close(p);
 *
 * LIFETIME.  An event, and every slice and array reachable from it, is valid until the next call of
 * rdbp_next() or rdbp_close() on the same parser.  Nothing is NUL-terminated; bytes are bytes.
 *
 * THREADS.  One parser is used by one thread at a time.  Different parsers share nothing.  A parser
 * starts a thread only if its options ask for reading ahead; rdbp_close() ends it.
 *
 * MEMORY.  A parser holds a window (256 KiB; reading ahead, four more), scratch for small
 * compressed blobs, one batch of items and one key (up to max_key_bytes).  Nothing grows with the
 * file or with a value.
 *
 * SEVERITY.  WARN: the file deviates but nothing is lost.  FAILED: this value is damaged; its end is
 * known, so the parser goes on with the next key.  FATAL: the position is lost; rdbp_next() returns
 * -1 and will not go on.  The library never prints, exits, or installs a signal handler.
 */
#ifndef RDBPARSE_RDBPARSE_H
#define RDBPARSE_RDBPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RDBP_VERSION_MAJOR 0
#define RDBP_VERSION_MINOR 1
#define RDBP_VERSION_PATCH 0

#if defined(__GNUC__)
#define RDBP_API __attribute__((visibility("default")))
#else
#define RDBP_API
#endif

/* The version of the library that is linked, as major * 10000 + minor * 100 + patch; the macros
 * above identify the header. */
RDBP_API int rdbp_version_number(void);

typedef struct rdbp_parser rdbp_parser;

/* Borrowed bytes; see LIFETIME above. */
typedef struct rdbp_slice {
    const uint8_t *bytes;
    size_t size_bytes;
} rdbp_slice;

/* ---- errors ------------------------------------------------------------------------------- */

enum rdbp_severity {
    RDBP_SEVERITY_OK = 0,
    RDBP_SEVERITY_WARN,   /* worth a word; nothing is lost */
    RDBP_SEVERITY_FAILED, /* this value cannot be trusted; the parser goes on */
    RDBP_SEVERITY_FATAL   /* this file cannot be read on */
};

/* rdbp_errcode_name() gives each its stable short name, shown in comments here. */
enum rdbp_errcode {
    RDBP_ERR_NONE = 0,
    /* The file could not be used at all. */
    RDBP_ERR_NOMEM,     /* out-of-memory */
    RDBP_ERR_IO,        /* io-error: errno text in the message */
    RDBP_ERR_EMPTY,     /* empty-file */
    RDBP_ERR_NOT_RDB,   /* not-an-rdb: message says what it looks like */
    RDBP_ERR_CANCELLED, /* cancelled: options.check said so */
    /* The file is damaged or not understood. */
    RDBP_ERR_TRUNCATED,      /* truncated */
    RDBP_ERR_CORRUPT,        /* corrupt: framing (a length, an encoding) is impossible */
    RDBP_ERR_VALUE,          /* damaged-value: inside a value whose end is known */
    RDBP_ERR_UNKNOWN_TYPE,   /* unknown-type: not in any table we have for this dialect */
    RDBP_ERR_UNKNOWN_OPCODE, /* unknown-opcode: likewise, >= 100 */
    RDBP_ERR_UNSUPPORTED,    /* unsupported: known by name, not decoded */
    RDBP_ERR_DECOMPRESS,     /* bad-compression: gzip, LZ4 or zstd container damaged */
    RDBP_ERR_CHECKSUM,       /* checksum-mismatch */
    RDBP_ERR_TRAILING,       /* trailing-data */
    RDBP_ERR_CHANGED,        /* file-changed: size or mtime changed, or a page could not be read */
    /* Warnings. */
    RDBP_ERR_NO_CHECKSUM,    /* checksum-absent: RDB versions 1-4 have none */
    RDBP_ERR_ZERO_CHECKSUM,  /* checksum-zero: writer had rdbchecksum no */
    RDBP_ERR_HIGHER_VERSION, /* higher-version */
    RDBP_ERR_MODULE,         /* module-skipped: once a module type */
    RDBP_ERR_EMPTY_KEY,      /* empty-collection: servers since 6.2 skip such a key */
    RDBP_ERR_STREAM_LENGTH,  /* stream-length-mismatch */
    RDBP_ERR_PRE_RELEASE,    /* pre-release-layout: of a release candidate */
    RDBP_ERR_SLOT,           /* slot-out-of-range */
    RDBP_ERR_AOF_TAIL,       /* aof-tail */
    RDBP_ERR_EOF_MARK,       /* eof-mark: 40-byte replication mark after the checksum */
    RDBP_ERR_FRAME,          /* replication-frame: its announced end did not come */
    RDBP_ERR_ZERO_PADDING,   /* zero-padding */
    RDBP_ERR_COUNT_
};

#define RDBP_NO_KEY UINT64_MAX

typedef struct rdbp_error {
    enum rdbp_errcode code;
    enum rdbp_severity severity;
    uint64_t offset;    /* bytes from the RDB's first magic byte (of the unpacked content) */
    uint64_t db;        /* the database selected at that moment */
    uint64_t key_index; /* 0-based number of the key being read, or RDBP_NO_KEY */
    char message[200];  /* one line, without offset, db and key */
} rdbp_error;

/* Borrowed static text, never NULL. */
RDBP_API const char *rdbp_errcode_name(enum rdbp_errcode code);

/* ---- what a snapshot holds ---------------------------------------------------------------- */

/* Which family of servers wrote the file: the same type number means different things in them.
 * Fixed from the magic and the AUX fields before the first key. */
enum rdbp_family {
    RDBP_FAMILY_REDIS = 0,
    RDBP_FAMILY_VALKEY,
    RDBP_FAMILY_KEYDB,
    RDBP_FAMILY_DRAGONFLY,
    RDBP_FAMILY_COUNT_
};

/* The TYPE command's view of a value. */
enum rdbp_type {
    RDBP_TYPE_STRING = 0,
    RDBP_TYPE_LIST,
    RDBP_TYPE_SET,
    RDBP_TYPE_ZSET,
    RDBP_TYPE_HASH,
    RDBP_TYPE_STREAM,
    RDBP_TYPE_MODULE,
    RDBP_TYPE_ARRAY, /* Redis 8.8 */
    RDBP_TYPE_OTHER, /* fork-private; not decoded by this version */
    RDBP_TYPE_COUNT_
};

/* RDB type numbers a consumer meets in rdbp_key.rdb_type.  VALKEY's 22 is given as
 * RDBP_RDB_HASH_2, so that a number here means one thing.  Names: Redis' rdb.h. */
enum rdbp_rdb_type {
    RDBP_RDB_STRING = 0,
    RDBP_RDB_LIST = 1,
    RDBP_RDB_SET = 2,
    RDBP_RDB_ZSET = 3,
    RDBP_RDB_HASH = 4,
    RDBP_RDB_ZSET_2 = 5,
    RDBP_RDB_MODULE_PRE_GA = 6,
    RDBP_RDB_MODULE_2 = 7,
    RDBP_RDB_HASH_ZIPMAP = 9,
    RDBP_RDB_LIST_ZIPLIST = 10,
    RDBP_RDB_SET_INTSET = 11,
    RDBP_RDB_ZSET_ZIPLIST = 12,
    RDBP_RDB_HASH_ZIPLIST = 13,
    RDBP_RDB_LIST_QUICKLIST = 14,
    RDBP_RDB_STREAM_LISTPACKS = 15,
    RDBP_RDB_HASH_LISTPACK = 16,
    RDBP_RDB_ZSET_LISTPACK = 17,
    RDBP_RDB_LIST_QUICKLIST_2 = 18,
    RDBP_RDB_STREAM_LISTPACKS_2 = 19,
    RDBP_RDB_SET_LISTPACK = 20,
    RDBP_RDB_STREAM_LISTPACKS_3 = 21,
    RDBP_RDB_HASH_METADATA_PRE_GA = 22,
    RDBP_RDB_HASH_LISTPACK_EX_PRE_GA = 23,
    RDBP_RDB_HASH_METADATA = 24,
    RDBP_RDB_HASH_LISTPACK_EX = 25,
    RDBP_RDB_STREAM_LISTPACKS_4 = 26,
    RDBP_RDB_STREAM_LISTPACKS_5 = 27,
    RDBP_RDB_ARRAY = 28,
    RDBP_RDB_HASH_2 = 256 + 22 /* Valkey 9: 22 in the file */
};

/* Short name of a type number ("HASH_LISTPACK"), for people; borrowed static text, never NULL. */
RDBP_API const char *rdbp_rdb_type_name(uint16_t rdb_type);
RDBP_API const char *rdbp_type_name(enum rdbp_type type);     /* TYPE's word; "module" for modules */
RDBP_API const char *rdbp_family_name(enum rdbp_family family); /* "redis", "valkey", ... */

/* ---- events ------------------------------------------------------------------------------- */

enum rdbp_event_type {
    RDBP_EVENT_NONE = 0,
    RDBP_EVENT_HEADER,     /* u.header */
    RDBP_EVENT_AUX,        /* u.aux */
    RDBP_EVENT_DB,         /* u.db: SELECTDB */
    RDBP_EVENT_RESIZEDB,   /* u.resizedb */
    RDBP_EVENT_SLOT_INFO,  /* u.slot_info */
    RDBP_EVENT_FUNCTION,   /* u.function */
    RDBP_EVENT_MODULE_AUX, /* u.module_aux */
    RDBP_EVENT_KEY,        /* u.key: a key and its attributes; its value follows */
    RDBP_EVENT_BLOB,       /* u.blob: a string, packed structure or node begins */
    RDBP_EVENT_ITEMS,      /* u.items: a batch of elements */
    RDBP_EVENT_VALUE_END,  /* u.value_end: what is said of a key counts only here */
    RDBP_EVENT_DEFECT,     /* u.defect: a warning, or an error that does not end the parse */
    RDBP_EVENT_END,        /* u.end: after the EOF opcode, checksum and tail were looked at */
    RDBP_EVENT_COUNT_
};

struct rdbp_header {
    uint32_t rdb_version;    /* 1..99999 */
    enum rdbp_family family; /* by the magic alone: REDIS or VALKEY */
};

/* An AUX field.  A value beyond 64 KiB (a Lua script, say) comes cut to its first 64 KiB. */
struct rdbp_aux {
    rdbp_slice name;
    rdbp_slice value;
    uint64_t value_bytes; /* the whole length */
};

struct rdbp_resizedb {
    uint64_t key_count;     /* hints: untrusted numbers */
    uint64_t expires_count;
};

struct rdbp_slot_info {
    uint64_t slot;
    uint64_t key_count;
    uint64_t expires_count;
};

/* A function library's source.  FUNCTION2 carries everything in its first line; the pre-GA form
 * (7.0 release candidates) has name and engine as fields.  The source comes in pieces when long:
 * the same event repeats with the next piece until is_last. */
struct rdbp_function {
    bool is_pre_ga;
    rdbp_slice name;   /* pre-GA only, else empty */
    rdbp_slice engine; /* pre-GA only, else empty */
    rdbp_slice piece;
    uint64_t piece_offset;
    uint64_t source_bytes; /* the whole length */
    bool is_last;
};

struct rdbp_module_aux {
    char module_name[10];  /* NUL-terminated: nine characters of a fixed alphabet */
    uint32_t module_version;
    uint64_t when;         /* 1 before, 2 after the keys */
    uint64_t rdb_bytes;    /* of the whole record */
};

struct rdbp_key {
    uint64_t db;
    rdbp_slice key;     /* cut to options.max_key_bytes */
    uint64_t key_bytes; /* the true length */
    uint64_t key_index; /* 0-based, over the whole file */
    uint16_t rdb_type;  /* enum rdbp_rdb_type */
    enum rdbp_type type;
    char module_name[10]; /* MODULE: the type's name, else "" */
    uint32_t module_version;
    bool has_expire, has_idle, has_freq;
    int64_t expire_at_ms; /* absolute, Unix milliseconds; may be negative or 0 */
    uint64_t idle_s;      /* LRU idle seconds */
    uint8_t freq;         /* LFU counter */
    uint64_t record_offset; /* of the first attribute opcode, or of the type byte */
    uint64_t metadata_count; /* classes of modules that hang data on the key (Redis 8.6): skipped */
};

enum rdbp_format {
    RDBP_FORMAT_STRING = 0, /* an opaque string: a string value, or a PLAIN list node */
    RDBP_FORMAT_ZIPLIST,
    RDBP_FORMAT_LISTPACK,
    RDBP_FORMAT_INTSET,
    RDBP_FORMAT_ZIPMAP,
    RDBP_FORMAT_STREAM_LISTPACK,
    RDBP_FORMAT_COUNT_
};

/* A stored string begins: a string value, a packed blob, or one node of a list or stream.  Given
 * before its content is read; rdbp_set_depth() here still decides for this blob. */
struct rdbp_blob {
    enum rdbp_format format;
    uint64_t blob_index;   /* 0-based within the value */
    uint64_t blob_count;   /* nodes announced; 1 for a single blob */
    uint64_t raw_bytes;    /* decoded length: for an integer, of its decimal text */
    uint64_t stored_bytes; /* payload bytes in the file (compressed length, or integer width) */
    bool is_lzf;
    bool is_integer;       /* STRING: stored as integer, or <= 20 bytes of canonical int64 text */
    int64_t integer;       /* valid if is_integer */
    bool has_count;        /* the header says how many entries there are */
    uint64_t entry_count;  /* entries (not pairs) by the header; valid if has_count */
    uint32_t int_bytes;    /* INTSET: 2, 4 or 8 */
    uint64_t id_ms, id_seq; /* STREAM_LISTPACK: the node's master id */
    rdbp_slice prefix;     /* the first decoded bytes, up to 64 */
};

/* What an item is.  Items come in file order; one string, score, time or id is one item. */
enum rdbp_role {
    RDBP_ROLE_ELEMENT = 0, /* of a list or array; the string value itself (BYTES only: its BLOB has the rest) */
    RDBP_ROLE_MEMBER,      /* of a set or sorted set */
    RDBP_ROLE_SCORE,       /* u.score; follows its member.  In packed zsets also size_bytes, is_integer */
    RDBP_ROLE_FIELD,       /* of a hash, or of a stream entry */
    RDBP_ROLE_VALUE,
    RDBP_ROLE_FIELD_TTL,   /* u.expire_at_ms, 0 none. Types 22, 24: before the field; 23, 25, HASH_2: after the value */
    RDBP_ROLE_STREAM_ENTRY,     /* u.id; is_deleted.  Its fields and values follow */
    RDBP_ROLE_STREAM_META,      /* u.stream: after the last node */
    RDBP_ROLE_STREAM_GROUP,     /* u.group; bytes: name */
    RDBP_ROLE_STREAM_PENDING,   /* u.pending: an entry of the group's PEL */
    RDBP_ROLE_STREAM_CONSUMER,  /* u.consumer; bytes: name */
    RDBP_ROLE_STREAM_CONSUMER_PENDING, /* u.id: an entry of the consumer's PEL */
    RDBP_ROLE_STREAM_NACKED,    /* u.id: a pending entry that no consumer has any more; after the consumers */
    RDBP_ROLE_STREAM_PRODUCER,  /* u.producer; bytes: name.  After the last group */
    RDBP_ROLE_STREAM_IID,       /* u.id of the entry it made; size_bytes, never the content.  After its producer */
    RDBP_ROLE_STREAM_IDMP,      /* u.idmp: after the last producer */
    RDBP_ROLE_ARRAY_INDEX,      /* u.index; its ELEMENT follows */
    RDBP_ROLE_COUNT_
};

struct rdbp_stream_id {
    uint64_t ms, seq;
};

typedef struct rdbp_item {
    uint8_t role;        /* enum rdbp_role */
    bool is_integer;     /* canonical decimal text of an int64, however it is stored */
    bool is_deleted;     /* STREAM_ENTRY: a tombstone */
    bool is_partial;     /* BYTES: more of this string follows in the next item of the same role */
    uint64_t size_bytes; /* of the whole string, as decoded text */
    /* BYTES depth only (names of groups, consumers and producers: always): the content, or the piece of it
     * that starts at piece_offset; pieces of long strings are consecutive items. */
    rdbp_slice bytes;
    uint64_t piece_offset;
    union {
        int64_t integer; /* if is_integer and not one of the roles below */
        double score;
        int64_t expire_at_ms;
        struct rdbp_stream_id id;
        struct {
            uint64_t length;      /* live entries, as announced */
            struct rdbp_stream_id last_id, first_id, max_deleted_id;
            uint64_t entries_added;
            uint64_t group_count;
            bool has_v2; /* first_id, max_deleted_id and entries_added are in the file */
        } stream;
        struct {
            struct rdbp_stream_id last_id;
            uint64_t entries_read; /* UINT64_MAX: unknown */
            uint64_t pel_count;
        } group;
        struct {
            struct rdbp_stream_id id;
            int64_t delivered_at_ms;
            uint64_t delivery_count;
        } pending;
        struct {
            int64_t seen_at_ms;
            int64_t active_at_ms; /* -1: never, or not in the file (before version 3) */
            uint64_t pel_count;
        } consumer;
        struct {
            uint64_t iid_count;
        } producer;
        struct {
            uint64_t duration_s;  /* that a request's id is remembered */
            uint64_t max_entries; /* of a producer */
            uint64_t producer_count;
            uint64_t iids_added, iids_duplicates; /* of all time */
        } idmp;
        uint64_t index;
    } u;
} rdbp_item;

struct rdbp_items {
    const rdbp_item *items;
    size_t count;
};

struct rdbp_value_end {
    bool ok;                /* false: damaged; error says how */
    bool has_element_count; /* false for modules and damaged values */
    bool is_empty;          /* a list, set, zset or hash without elements: servers drop it on load */
    uint64_t element_count; /* STRLEN, LLEN, SCARD, ZCARD, HLEN, XLEN, ARCOUNT */
    uint64_t rdb_bytes;     /* from the first attribute opcode to the value's last byte */
    uint64_t longest_bytes; /* of the strings, fields, values and members that WALK passed; else 0 */
    rdbp_error error;       /* valid if !ok */
};

enum rdbp_checksum {
    RDBP_CHECKSUM_OK = 0,
    RDBP_CHECKSUM_ABSENT,   /* RDB version < 5 */
    RDBP_CHECKSUM_ZERO,     /* stored as 0 */
    RDBP_CHECKSUM_MISMATCH,
    RDBP_CHECKSUM_UNCHECKED /* options.verify_checksum was false */
};

enum rdbp_trailing {
    RDBP_TRAILING_NONE = 0,
    RDBP_TRAILING_AOF,      /* RESP commands: an AOF that starts with an RDB, or replication traffic */
    RDBP_TRAILING_EOF_MARK, /* 40 bytes of a diskless replication stream */
    RDBP_TRAILING_ZEROS,    /* zero padding */
    RDBP_TRAILING_RDB,      /* another RDB */
    RDBP_TRAILING_OTHER
};

struct rdbp_end {
    uint64_t rdb_bytes; /* length of the RDB, magic to checksum */
    enum rdbp_checksum checksum;
    uint64_t checksum_stored, checksum_computed;
    enum rdbp_trailing trailing;
    uint64_t trailing_bytes;
};

typedef struct rdbp_event {
    enum rdbp_event_type type;
    uint64_t offset; /* where the record, blob or batch begins, from the magic's first byte */
    union {
        struct rdbp_header header;
        struct rdbp_aux aux;
        uint64_t db;
        struct rdbp_resizedb resizedb;
        struct rdbp_slot_info slot_info;
        struct rdbp_function function;
        struct rdbp_module_aux module_aux;
        struct rdbp_key key;
        struct rdbp_blob blob;
        struct rdbp_items items;
        struct rdbp_value_end value_end;
        rdbp_error defect;
        struct rdbp_end end;
    } u;
} rdbp_event;

/* ---- options ------------------------------------------------------------------------------ */

/* How much of values is decoded.  SHAPE (and deeper): BLOB events and a stream's trailing items (groups, PELs).
 * ITEMS: also the elements, without content.  BYTES: with content.  WALK: packed values and list nodes are
 * opened and checked as for ITEMS, but nothing is told of their elements than value_end.longest_bytes;
 * where ITEMS or BYTES are asked for too, it has no effect.  Every value is walked as far as its end and its
 * element count need, whatever the depth. */
enum rdbp_depth {
    RDBP_DEPTH_NONE = 0, /* KEY and VALUE_END only */
    RDBP_DEPTH_SHAPE = 1,
    RDBP_DEPTH_ITEMS = 2,
    RDBP_DEPTH_BYTES = 4,
    RDBP_DEPTH_WALK = 8
};

enum rdbp_input_mode {
    RDBP_INPUT_AUTO = 0, /* mmap for a plain regular file, else read() */
    RDBP_INPUT_PREAD     /* never mmap */
};

/* Whether a thread reads and unpacks pipes and packed inputs beside the parser, or computes the
 * checksum of memory and mapped files ahead of it. */
enum rdbp_read_ahead {
    RDBP_READ_AHEAD_NEVER = 0,
    RDBP_READ_AHEAD_AUTO,  /* once the input is known to be long (512 KiB; 4 MiB in place) */
    RDBP_READ_AHEAD_ALWAYS /* from the beginning */
};

typedef struct rdbp_options {
    uint32_t struct_bytes;  /* sizeof(rdbp_options): set by RDBP_OPTIONS_INIT */
    enum rdbp_input_mode input_mode;
    unsigned depth;         /* initial mask of enum rdbp_depth */
    bool verify_checksum;
    size_t refill_bytes;    /* read at most this much at a time; 0: the default (256 KiB) */
    size_t max_key_bytes;   /* keys beyond this come cut; 0: 1 MiB */
    /* Asked now and then and before every VALUE_END; a value other than RDBP_ERR_NONE ends the parse
     * with that code (CANCELLED, CHANGED).  May be NULL. */
    enum rdbp_errcode (*check)(void *user);
    void *check_user;
    /* realloc-like; size 0 frees.  May be NULL: the C library's. */
    void *(*reallocate)(void *user, void *ptr, size_t size_bytes);
    void *reallocate_user;
    /* With a thread, reallocate may be called by two at once; check is called by the caller's only.
     * Without threads to be had the parser goes on alone.  The thread blocks all signals. */
    enum rdbp_read_ahead read_ahead;
} rdbp_options;

#define RDBP_OPTIONS_INIT                                                                          \
    {                                                                                              \
        (uint32_t)sizeof(rdbp_options), RDBP_INPUT_AUTO, RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS, true, \
            0, 0, NULL, NULL, NULL, NULL, RDBP_READ_AHEAD_NEVER                                    \
    }

/* ---- opening, reading, closing ------------------------------------------------------------ */

/* Opens a snapshot.  options may be NULL.  On success returns 0 and stores a parser the caller frees
 * with rdbp_close(); on failure returns -1, stores nothing and fills ret_error.
 * _path: opened and closed by the parser.  _fd: borrowed, stays open; need not be seekable.
 * _memory: borrowed until rdbp_close(). */
RDBP_API int rdbp_open_path(const char *path, const rdbp_options *options, rdbp_parser **ret_parser,
                            rdbp_error *ret_error);
RDBP_API int rdbp_open_fd(int fd, const rdbp_options *options, rdbp_parser **ret_parser,
                          rdbp_error *ret_error);
RDBP_API int rdbp_open_memory(const uint8_t *bytes, size_t size_bytes, const rdbp_options *options,
                              rdbp_parser **ret_parser, rdbp_error *ret_error);

/* The next event.  1: *ret_event is set.  0: END was given before.  -1: rdbp_last_error() says why;
 * every later call returns -1 too. */
RDBP_API int rdbp_next(rdbp_parser *p, const rdbp_event **ret_event);

/* Sets the depth for what has not been read yet of this value (all following blobs too); each KEY
 * starts again with the mask set by rdbp_set_default_depth() or the options. */
RDBP_API void rdbp_set_depth(rdbp_parser *p, unsigned depth);
RDBP_API void rdbp_set_default_depth(rdbp_parser *p, unsigned depth);

/* The fatal error, or NULL.  Borrowed from the parser. */
RDBP_API const rdbp_error *rdbp_last_error(const rdbp_parser *p);

/* Bytes of RDB consumed so far, from the magic. */
RDBP_API uint64_t rdbp_offset(const rdbp_parser *p);
/* Bytes of the file or pipe (packed) consumed so far; its size, or 0 when not known. */
RDBP_API uint64_t rdbp_input_offset(const rdbp_parser *p);
RDBP_API uint64_t rdbp_input_size(const rdbp_parser *p);
/* How the RDB is packed, outermost first: "plain", "gzip", "zstd", "lz4", "gzip, replication". */
RDBP_API const char *rdbp_container(const rdbp_parser *p);
/* The dialect as known so far; fixed at the first KEY. */
RDBP_API enum rdbp_family rdbp_family(const rdbp_parser *p);
RDBP_API uint32_t rdbp_rdb_version(const rdbp_parser *p);
/* The mapping, for a program that handles SIGBUS; returns false when the input is not mapped. */
RDBP_API bool rdbp_mapping(const rdbp_parser *p, const void **ret_base, size_t *ret_size_bytes);

/* NULL is fine. */
RDBP_API void rdbp_close(rdbp_parser *p);

#ifdef __cplusplus
}
#endif

#endif
