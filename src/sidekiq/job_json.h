/* job_json.h -- the few facts of a job payload that are wanted, from JSON in pieces.
 *
 *      job_parser_begin()   the payload's whole length
 *      job_parser_feed()    its bytes, in any pieces
 *      job_parser_end()     the facts
 *
 * Memory does not depend on the payload: no tree is built, and of a string longer than
 * JOB_TOKEN_BYTES only that much reaches the JSON library.
 */
#ifndef RDBLENS_JOB_JSON_H
#define RDBLENS_JOB_JSON_H

#include "key_row.h"

#define JOB_TEXT_BYTES  512  /* of a string that is kept */
#define JOB_TOKEN_BYTES 8192 /* of a string the JSON library sees */
#define JOB_MAX_DEPTH   100  /* Ruby's JSON refuses more, so Sidekiq does */

/* A JSON string's content, unescaped; not NUL-terminated. */
struct job_text {
    bool is_set; /* the field is there, and a string */
    size_t size_bytes;
    char bytes[JOB_TEXT_BYTES];
};

struct job_facts {
    bool is_object;                 /* valid JSON, an object; else nothing below is set */
    bool has_jid;                   /* a string, not empty */
    bool has_ms_times, has_s_times; /* of created_at: Sidekiq 8's unit, the older one */
    struct job_text class_, display_class, wrapped, error_class, jid, queue;
    struct job_text version;                    /* of a process' `info` */
    struct job_text first_arg;                  /* args[0] when it is a string */
    struct job_text job_class;                  /* args[0].job_class */
    struct job_text mailer, method;             /* args[0].arguments[0..1] */
    int64_t created_at, enqueued_at, failed_at; /* Unix ms or ROW_NULL */
    int64_t run_at;                             /* of a work hash's entry */
    uint64_t retry_count;
    /* Of the values, from behind the colon to their end. */
    uint64_t args_bytes, backtrace_bytes, message_bytes;
    /* Of what the arguments hold (an ActiveJob's own: the wrapper's ids differ with every job), up
     * to JOB_TOKEN_BYTES of each string.  Not keyed: for comparing jobs of one file only. */
    uint64_t args_hash;
    /* Of a work hash's entry: `payload` when it is a string, cut to JOB_TOKEN_BYTES. */
    const char *payload;
    size_t payload_bytes;
};

struct job_parser;
struct job_parser *job_parser_new(void); /* NULL: out of memory */
void job_parser_free(struct job_parser *p);

void job_parser_begin(struct job_parser *p, uint64_t size_bytes);
/* The same for an entry of a work hash: a `payload` that is an object (up to 6.0.1) is looked into
 * for the job's fields. */
void job_parser_begin_work(struct job_parser *p, uint64_t size_bytes);
void job_parser_feed(struct job_parser *p, const uint8_t *bytes, size_t size_bytes);
/* Valid until the next job_parser_begin(). */
const struct job_facts *job_parser_end(struct job_parser *p);
/* The same for a text that was cut: what came before the cut counts. */
const struct job_facts *job_parser_end_cut(struct job_parser *p);

/* The class as Sidekiq's own pages show it, at most JOB_TEXT_BYTES * 2 + 1 bytes; returns its
 * length, 0 when the payload has no class. */
#define JOB_CLASS_BYTES (2 * JOB_TEXT_BYTES + 1)
size_t job_display_class(const struct job_facts *job, char *out);

#endif
