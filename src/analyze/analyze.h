/* analyze.h -- from snapshots to a report database.
 *
 * One thread parses, weighs, folds and aggregates; the calling thread does nothing but SQLite.
 * Damage and Ctrl-C are not errors here: what was read is stored, marked incomplete, and the
 * outcome says so.
 */
#ifndef RDBLENS_ANALYZE_H
#define RDBLENS_ANALYZE_H

#include <sqlite3.h>

#include "analyze/filter.h"
#include "analyze/redact.h"
#include "memory/memory_model.h"
#include "pattern/rules.h"
#include "store/store.h"
#include "util/error.h"

struct analyze_options {
    const char *const *paths; /* "-": standard input */
    size_t path_count;
    const char *output; /* -o; NULL: a private database */
    bool may_replace, may_append;
    bool is_history;   /* each snapshot its own set */
    const char *label; /* of the set, else of each snapshot its path's last part */
    enum keys_stored keys;
    bool deep;
    bool opens_all; /* as deep, of a snapshot; a report database is taken as it is */
    int64_t now_ms; /* ROW_NULL: not given */
    size_t max_patterns;
    bool is_quiet; /* no progress */
    /* What keys are weighed by. */
    const struct memory_version *model; /* NULL: of the server that wrote the file */
    enum memory_allocator allocator;
    struct memory_settings settings;
    int64_t startup_bytes; /* used_memory of the server when empty; ROW_NULL: as measured */
    /* The first option typed that only reading a snapshot can follow, "--model"; NULL: none. */
    const char *for_snapshot;
    struct filter filter;
    struct pattern_rules rules; /* the user's patterns: pattern_rules_add() */
    enum redact_mode redact;
    const char *redact_secret; /* a file; NULL: a secret of this run */
    bool needs_redact;         /* the secret was typed for this run */
};

#define ANALYZE_MAX_PATTERNS 65536
#define ANALYZE_OPTIONS_INIT                                                                       \
    {                                                                                              \
        .now_ms = ROW_NULL, .max_patterns = ANALYZE_MAX_PATTERNS,                                  \
        .settings = MEMORY_SETTINGS_INIT, .startup_bytes = ROW_NULL, .redact = REDACT_NOT          \
    }

struct analyze_outcome {
    int exit_code; /* 0, 3, 130, 143 */
    bool is_kept;  /* -o: the file was written */
    bool has_sidekiq;
    uint64_t snapshot_count;
};

/* Takes one of the options that every command which may read a snapshot has; its value has been
 * checked (cli/option_check.h).  is_standing: from the environment or a settings file, which says
 * nothing of this source.  0: taken, or not one of these; -1: *err. */
int analyze_option(struct analyze_options *options, int id, const char *value, bool is_standing,
                   struct error *err);
void analyze_options_done(struct analyze_options *options);

/* Reads all snapshots into options->output.  The database is closed when this returns. */
int analyze_to_file(const struct analyze_options *options, struct analyze_outcome *ret_outcome,
                    struct error *err);
/* The same into a private database, which the caller closes with sqlite3_close(). */
int analyze_to_private_db(const struct analyze_options *options, sqlite3 **ret_db,
                          struct analyze_outcome *ret_outcome, struct error *err);

/* Opens SRC for reports: a report database is opened read-only (with a filter or --now: rebuilt
 * into a private one, likewise to redact it; with what only a snapshot can answer: exit code 2),
 * anything else is analyzed into a private one as the options say.  options->paths is not looked
 * at.
 */
int analyze_open_source(const char *src, const struct analyze_options *options, sqlite3 **ret_db,
                        struct analyze_outcome *ret_outcome, struct error *err);

/* Runs the aggregates again over the keys of src that pass, into a private database, which holds
 * these keys (KEYS_ALL) or only the largest (KEYS_TOP).  rules: go before the patterns that the
 * keys have.  now_ms: what TTLs are taken from; ROW_NULL: as it was.  Exit code 2 when src does not
 * hold all keys. */
int analyze_refilter(sqlite3 *src, const struct filter *filter, const struct pattern_rules *rules,
                     int64_t now_ms, enum keys_stored keys, sqlite3 **ret_db, struct error *err);

#endif
