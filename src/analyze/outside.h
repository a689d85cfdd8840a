/* outside.h -- what a snapshot holds beside keys: AUX, functions and scripts, modules, defects.
 *
 * All bounded: a file may hold any number of each.  What is beyond a limit is counted.
 */
#ifndef RDBLENS_OUTSIDE_H
#define RDBLENS_OUTSIDE_H

#include <sha1.h>
#include <sys/types.h>

#include "key_row.h"
#include "memory/server_size.h"

#define OUTSIDE_MAX_AUX       1000
#define OUTSIDE_MAX_FUNCTIONS 10000
#define OUTSIDE_MAX_MODULES   1000
#define OUTSIDE_MAX_DEFECTS   10000
#define OUTSIDE_VALUE_BYTES   1024 /* of an AUX value, so much is kept (escaped) */

struct aux_record {
    uint64_t offset, db, value_bytes;
    char *name, *value; /* escaped */
};

struct function_record {
    uint64_t offset, source_bytes;
    bool is_script;
    char *name, *engine; /* escaped; NULL: not known */
    char sha1[41];       /* "" when the source did not come whole */
};

struct module_record {
    char name[10]; /* "(other)" beyond the limit */
    uint32_t version;
    uint64_t keys, rdb_bytes, aux_records, aux_bytes;
};

struct defect_record {
    uint64_t offset;
    int64_t db;         /* -1: none */
    uint64_t key_index; /* RDBP_NO_KEY: not in a key */
    char *key;          /* escaped and cut, or NULL */
    enum rdbp_severity severity;
    enum rdbp_errcode code; /* NONE: found by the program itself */
    const char *code_name;  /* static */
    char message[200];
};

struct outside {
    struct aux_record *aux;
    struct function_record *functions;
    struct module_record *modules;
    struct defect_record *defects;
    size_t aux_count, function_count, module_count, defect_count;
    /* Not kept. */
    uint64_t aux_beyond, functions_beyond, defects_beyond;
    uint64_t aux_beyond_offset, functions_beyond_offset; /* of the first */
    /* A function library whose pieces are still coming. */
    SHA1_CTX sha1;
    char first_line[256];
    size_t first_line_bytes;
    /* From AUX: ROW_NULL or "" when not there. */
    int64_t created_at_ms, used_memory;
    char server_version[64];
    bool is_out_of_memory; /* something was not kept for that reason */
};

void outside_init(struct outside *o);
void outside_done(struct outside *o);

void outside_aux(struct outside *o, uint64_t offset, uint64_t db, const struct rdbp_aux *aux);
/* Whether it is what Valkey writes before the keys of a slot; ret_slot->db is left 0. */
bool outside_slot(const struct rdbp_aux *aux, struct server_slot *ret_slot);
void outside_function(struct outside *o, uint64_t offset, const struct rdbp_function *f);
void outside_module_aux(struct outside *o, const struct rdbp_module_aux *m);
void outside_module_key(struct outside *o, const char *name, uint32_t version, uint64_t rdb_bytes);
/* key: NULL when the defect is in none. */
void outside_defect(struct outside *o, const rdbp_error *e, const uint8_t *key, size_t key_bytes);
/* The same for a warning that is the program's own: code_name, static, is what `defects` calls it;
 * e->code is not looked at. */
void outside_warning(struct outside *o, const char *code_name, const rdbp_error *e,
                     const uint8_t *key, size_t key_bytes);
/* A warning that a limit was reached. */
void __attribute__((format(printf, 3, 4)))
outside_limit(struct outside *o, uint64_t offset, const char *format, ...);
/* After the last event: a warning for each limit that was reached.  These are always kept.
 * end_offset: where the limits without a place are told; sidekiq_ignored: sidekiq_result's. */
void outside_end(struct outside *o, uint64_t end_offset, uint64_t sidekiq_ignored);
/* The same for other job queues, which are resolved later. */
void outside_jobs_end(struct outside *o, uint64_t end_offset, uint64_t jobs_ignored);

#endif
