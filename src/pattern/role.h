/* role.h -- which patterns belong to a known system, by evidence and never by a name alone.
 *
 * Fed with every key while streaming; asked once after the last one.  Evidence is a root (a key
 * that only that system writes, with its type and content) plus type and name shape of the keys
 * under the same prefix in the same database, or the signature of the values themselves (a
 * Marshal'ed cache entry, a JSON session with a cookie).
 */
#ifndef RDBLENS_ROLE_H
#define RDBLENS_ROLE_H

#include "rdbparse/rdbparse.h"
#include "sidekiq/sidekiq.h"

/* Stored as these numbers: append only. */
enum role {
    ROLE_APP = 0,
    ROLE_JOBS,
    ROLE_STATE,
    ROLE_COUNTER,
    ROLE_LOCK,
    ROLE_METRICS,
    ROLE_CACHE,
    ROLE_SESSION,
    ROLE_COUNT_
};
const char *role_name(enum role r); /* "app", "jobs", ... */

struct role_evidence;
struct role_evidence *role_evidence_new(void);
void role_evidence_free(struct role_evidence *e);

/* Evidence that a single value gives, as a small bit set; 0 none.  value_prefix: the first decoded
 * bytes
 * (<= 64) of a string value, or of the first blob (blob_index 0) of a list, set or hash, packed as
 * it is; may be NULL when empty.  For a collection without a blob do not ask: 0.  What the bits
 * mean depends on the type.  Strings alone already name all systems; the others prove more of them
 * (a Celery queue of any name, a BullMQ queue without jobs, a Resque without its prefix). */
unsigned role_value_signature(enum rdbp_type type, const uint8_t *value_prefix,
                              size_t prefix_bytes);

/* Notes a key that may be a root.  signature: of its value.  Returns 0, -1 out of memory.  To be
 * called for every key; cheap for most.  Keeps at most 4,096 roots (about 700 KiB). */
int role_evidence_key(struct role_evidence *e, uint64_t db, const uint8_t *key, size_t key_bytes,
                      enum rdbp_type type, unsigned signature);

/* What aggregates know of a pattern when the last key was read. */
struct role_pattern {
    uint64_t db;
    const uint8_t *pattern;
    size_t pattern_bytes;
    enum rdbp_type type;
    uint64_t keys, keys_without_ttl;
    uint64_t signature_keys[8]; /* keys whose value had signature bit i */
};

/* sidekiq: resolved installations (may be NULL).  p->pattern: as pattern_fold() gave it, or a
 * parent of such.  *ret_system: the system's name ("sidekiq", "bullmq", "rails cache", ...;
 * static), or NULL for ROLE_APP.  *ret_family (ret_family may be NULL): which of the system's
 * structures it is, the rest of the name as that system's rules have it ("wait", "*:lock",
 * "stat:processed:[*]", "entry"; static), or NULL for ROLE_APP. */
enum role role_of_pattern(const struct role_evidence *e, const struct sidekiq_result *sidekiq,
                          const struct role_pattern *p, const char **ret_system,
                          const char **ret_family);

#endif
