/* decode.h -- the decoder thread: a snapshot to batches of weighed keys. */
#ifndef RDBLENS_DECODE_H
#define RDBLENS_DECODE_H

#include <stdatomic.h>

#include "analyze/analyze.h"
#include "analyze/field_times.h"
#include "analyze/hints.h"
#include "analyze/outside.h"
#include "analyze/queue.h"
#include "analyze/streams.h"
#include "jobs/jobs.h"
#include "memory/memory_model.h"
#include "memory/server_size.h"
#include "sidekiq/sidekiq.h"
#include "util/seen.h"

#define MAX_MODULE_TYPES 1000 /* beyond: type "module" */
/* Among so many keys duplicates are looked for: 4 MiB.  More would cost more time than a warning is
 * worth; `verify` goes further. */
#define MAX_KEYS_SEEN ((size_t)1 << 18)

struct decoder {
    /* Set before the thread starts. */
    const struct analyze_options *options;
    rdbp_parser *parser;
    struct queue *queue;
    int64_t mtime_ms; /* of a regular file, else ROW_NULL */

    /* Shared with the writer while the thread runs. */
    atomic_bool is_stopped; /* by whoever gave up */
    atomic_uint_fast64_t keys_done, input_offset;

    /* The thread's own, the writer's after pthread_join(). */
    struct memory_model model; /* known with the first key: meter is NULL until then */
    bool is_model_guessed;     /* the file does not say what server wrote it */
    struct key_meter *meter;
    struct server_meter *server; /* likewise */
    struct server_size server_size;
    struct hints *hints;
    struct outside outside;
    struct sidekiq_collector *collector;
    const struct sidekiq_result *sidekiq;
    struct jobs_collector *jobs_collector;
    const struct jobs_result *jobs; /* by decoder_resolve_jobs() */
    struct streams streams;
    struct field_times field_times; /* of the value being read */
    char (*module_types)[10];
    size_t module_type_count;
    struct seen *seen; /* keys */
    bool rdb_types_used[65536];
    int64_t now_ms;
    const char *now_source;
    uint32_t rdb_version;
    uint64_t key_count; /* in the file, before filters */
    bool has_end;
    struct rdbp_end end;
    bool has_fatal;
    rdbp_error fatal;
    int worst_exit_code; /* of all defects: 0 or 3 */
    bool is_out_of_memory;

    /* The key being read, or read last. */
    uint64_t db;
    struct store_batch *batch;
    struct store_key *pending; /* until the next key; NULL: none yet */
    uint64_t pending_index;
    uint32_t pending_module_version;
};

/* Everything but parser, options, queue and the like.  -1: out of memory. */
int decoder_init(struct decoder *d);
void decoder_done(struct decoder *d);
/* For options.check of the parser; user is the decoder. */
enum rdbp_errcode decoder_check(void *user);
/* pthread_create()'s function; takes and returns the decoder. */
void *decoder_run(void *arg);
/* After the threads: evidence is the tally's.  -1: out of memory. */
int decoder_resolve_jobs(struct decoder *d, const struct role_evidence *e);

#endif
