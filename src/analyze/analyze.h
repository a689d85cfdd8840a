/* analyze.h -- from snapshots to a report database.
 *
 * One thread parses, weighs, folds and aggregates; the calling thread does nothing but SQLite.
 * Damage and Ctrl-C are not errors here: what was read is stored, marked incomplete, and the
 * outcome says so.
 */
#ifndef RDBLENS_ANALYZE_H
#define RDBLENS_ANALYZE_H

#include <getopt.h>
#include <sqlite3.h>

#include "analyze/filter.h"
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
    bool has_max_patterns; /* it was given */
    bool is_quiet;         /* no progress */
    /* What keys are weighed by. */
    const struct memory_version *model; /* NULL: of the server that wrote the file */
    enum memory_allocator allocator;
    struct memory_settings settings;
    int64_t startup_bytes; /* used_memory of the server when empty; ROW_NULL: as measured */
    const char *weighs;    /* the first option given of these, "--model"; NULL: none */
    struct filter filter;
    struct pattern_rules rules; /* the user's patterns: pattern_rules_add() */
};

#define ANALYZE_MAX_PATTERNS 65536
#define ANALYZE_OPTIONS_INIT                                                                       \
    {                                                                                              \
        .now_ms = ROW_NULL, .max_patterns = ANALYZE_MAX_PATTERNS,                                  \
        .settings = MEMORY_SETTINGS_INIT, .startup_bytes = ROW_NULL                                \
    }

struct analyze_outcome {
    int exit_code; /* 0, 3, 130, 143 */
    bool is_kept;  /* -o: the file was written */
    bool has_sidekiq;
    uint64_t snapshot_count;
};

/* The options that every command which may read a snapshot takes, for getopt_long(): put
 * ANALYZE_LONG_OPTIONS into the command's table and give codes >= ANALYZE_OPTION_FIRST to
 * analyze_option().  The filter options are among them. */
enum analyze_option_code {
    ANALYZE_OPTION_FIRST = 1000,
    ANALYZE_OPTION_NOW = ANALYZE_OPTION_FIRST,
    ANALYZE_OPTION_DEEP,
    ANALYZE_OPTION_MAX_PATTERNS,
    ANALYZE_OPTION_PATTERN,
    ANALYZE_OPTION_QUIET,
    ANALYZE_OPTION_MODEL,
    ANALYZE_OPTION_ALLOCATOR,
    ANALYZE_OPTION_CONFIG,
    ANALYZE_OPTION_REDIS_CONF,
    ANALYZE_OPTION_STARTUP_BYTES,
    ANALYZE_OPTION_FILTER, /* + enum filter_kind */
    ANALYZE_OPTION_NOT = ANALYZE_OPTION_FILTER + FILTER_KIND_COUNT_,
    ANALYZE_OPTION_END = ANALYZE_OPTION_NOT + FILTER_KIND_COUNT_
};

#define ANALYZE_LONG_OPTIONS                                                                       \
    {"now", required_argument, NULL, ANALYZE_OPTION_NOW},                                          \
        {"deep", no_argument, NULL, ANALYZE_OPTION_DEEP},                                          \
        {"max-patterns", required_argument, NULL, ANALYZE_OPTION_MAX_PATTERNS},                    \
        {"pattern", required_argument, NULL, ANALYZE_OPTION_PATTERN},                              \
        {"quiet", no_argument, NULL, ANALYZE_OPTION_QUIET},                                        \
        {"model", required_argument, NULL, ANALYZE_OPTION_MODEL},                                  \
        {"allocator", required_argument, NULL, ANALYZE_OPTION_ALLOCATOR},                          \
        {"config", required_argument, NULL, ANALYZE_OPTION_CONFIG},                                \
        {"redis-conf", required_argument, NULL, ANALYZE_OPTION_REDIS_CONF},                        \
        {"startup-bytes", required_argument, NULL, ANALYZE_OPTION_STARTUP_BYTES},                  \
        {"db", required_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_DB},                        \
        {"type", required_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_TYPE},                    \
        {"match", required_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_MATCH},                  \
        {"min-bytes", required_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_MIN_BYTES},          \
        {"max-bytes", required_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_MAX_BYTES},          \
        {"no-ttl", no_argument, NULL, ANALYZE_OPTION_FILTER + FILTER_NO_TTL},                      \
        {"not-db", required_argument, NULL, ANALYZE_OPTION_NOT + FILTER_DB},                       \
        {"not-type", required_argument, NULL, ANALYZE_OPTION_NOT + FILTER_TYPE},                   \
        {"not-match", required_argument, NULL, ANALYZE_OPTION_NOT + FILTER_MATCH},                 \
        {"not-min-bytes", required_argument, NULL, ANALYZE_OPTION_NOT + FILTER_MIN_BYTES},         \
        {"not-max-bytes", required_argument, NULL, ANALYZE_OPTION_NOT + FILTER_MAX_BYTES},         \
        {"not-no-ttl", no_argument, NULL, ANALYZE_OPTION_NOT + FILTER_NO_TTL},                     \
    {                                                                                              \
        "with-ttl", no_argument, NULL, ANALYZE_OPTION_NOT + FILTER_NO_TTL                          \
    }

/* For help texts. */
#define ANALYZE_OPTIONS_HELP                                                                       \
    "  --now TIME             take TTLs from this moment (Unix s or ms, or ISO 8601)\n"            \
    "  --deep                 open every value, so that largest_element is always known; not\n"    \
    "                         for a report database, which was made with it or without\n"          \
    "  --max-patterns N       at most N key patterns a snapshot (65536); likewise\n"               \
    "  --pattern GLOB         keys that match are one pattern; may be given several times, the\n"  \
    "                         first that matches counts\n"                                         \
    "  --quiet                no progress on the terminal\n"                                       \
    "The server whose bytes are counted, for a snapshot only:\n"                                   \
    "  --model NAME           redis-7.2, valkey-8.0 and so on (default: by the file)\n"            \
    "  --allocator NAME       jemalloc, jemalloc-system or libc (jemalloc)\n"                      \
    "  --config NAME=VALUE    a directive of redis.conf, by its old or its new name\n"             \
    "  --redis-conf FILE      all of a redis.conf; of options and lines the last one counts\n"     \
    "  --startup-bytes N      used_memory_startup, as the server's INFO memory has it\n"           \
    "Filters (the same option twice: either; each also as --not-...):\n"                           \
    "  --db N                 --type TYPE             --match GLOB\n"                              \
    "  --min-bytes SIZE       --max-bytes SIZE        --no-ttl (--with-ttl)\n"

/* 1: taken; 0: not one of these codes; -1: *err. */
int analyze_option(struct analyze_options *options, int code, const char *arg, struct error *err);
void analyze_options_done(struct analyze_options *options);

/* Reads all snapshots into options->output.  The database is closed when this returns. */
int analyze_to_file(const struct analyze_options *options, struct analyze_outcome *ret_outcome,
                    struct error *err);
/* The same into a private database, which the caller closes with sqlite3_close(). */
int analyze_to_private_db(const struct analyze_options *options, sqlite3 **ret_db,
                          struct analyze_outcome *ret_outcome, struct error *err);

/* Opens SRC for reports: a report database is opened read-only (with a filter or --now: rebuilt
 * into a private one; with what only a snapshot can answer: exit code 2), anything else is analyzed
 * into a private one as the options say.  options->paths is not looked at. */
int analyze_open_source(const char *src, const struct analyze_options *options, sqlite3 **ret_db,
                        struct analyze_outcome *ret_outcome, struct error *err);

/* Runs the aggregates again over the keys of src that pass, into a private database, which holds
 * these keys (KEYS_ALL) or only the largest (KEYS_TOP).  rules: go before the patterns that the
 * keys have.  now_ms: what TTLs are taken from; ROW_NULL: as it was.  Exit code 2 when src does not
 * hold all keys. */
int analyze_refilter(sqlite3 *src, const struct filter *filter, const struct pattern_rules *rules,
                     int64_t now_ms, enum keys_stored keys, sqlite3 **ret_db, struct error *err);

#endif
