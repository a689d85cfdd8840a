/* options.c -- the options of every command that may read a snapshot. */
// SPDX-License-Identifier: MIT
#include "analyze/analyze.h"

#include "cli/option_table.h"
#include "util/text.h"

static int take_config(struct analyze_options *options, const char *text, struct error *err)
{
    struct error inner;

    if (memory_settings_set_text(&options->settings, text, &inner) < 0)
        return error_set(err, inner.exit_code, "--config: %s", inner.message);
    return 0;
}

/* What only reading a snapshot can follow; *ret_name: the option's name when it is one of these. */
static int take_for_snapshot(struct analyze_options *options, int id, const char *value,
                             const char **ret_name, struct error *err)
{
    int64_t number;

    switch (id) {
    case OPTION_DEEP:
        *ret_name = "--deep";
        options->deep = true;
        return 0;
    case OPTION_MAX_PATTERNS:
        *ret_name = "--max-patterns";
        if (text_parse_int(value, 1, INT32_MAX, &number) == 0)
            options->max_patterns = (size_t)number;
        return 0;
    case OPTION_MODEL:
        *ret_name = "--model";
        options->model = memory_version_named(value);
        return 0;
    case OPTION_ALLOCATOR:
        *ret_name = "--allocator";
        memory_allocator_find(value, &options->allocator);
        return 0;
    case OPTION_CONFIG: *ret_name = "--config"; return take_config(options, value, err);
    case OPTION_REDIS_CONF:
        *ret_name = "--redis-conf";
        return memory_settings_load(&options->settings, value, err);
    case OPTION_STARTUP_BYTES:
        *ret_name = "--startup-bytes";
        (void)text_parse_int(value, 0, INT64_MAX, &options->startup_bytes);
        return 0;
    default: return 0;
    }
}

/* Which filter an option is; false: none. */
static bool find_filter(int id, enum filter_kind *ret_kind, bool *ret_is_negated)
{
    static const struct {
        int id;
        enum filter_kind kind;
        bool is_negated;
    } filters[] = {
        {OPTION_DB, FILTER_DB, false},
        {OPTION_TYPE, FILTER_TYPE, false},
        {OPTION_MATCH, FILTER_MATCH, false},
        {OPTION_MIN_BYTES, FILTER_MIN_BYTES, false},
        {OPTION_MAX_BYTES, FILTER_MAX_BYTES, false},
        {OPTION_NO_TTL, FILTER_NO_TTL, false},
        {OPTION_NOT_DB, FILTER_DB, true},
        {OPTION_NOT_TYPE, FILTER_TYPE, true},
        {OPTION_NOT_MATCH, FILTER_MATCH, true},
        {OPTION_NOT_MIN_BYTES, FILTER_MIN_BYTES, true},
        {OPTION_NOT_MAX_BYTES, FILTER_MAX_BYTES, true},
        {OPTION_NOT_NO_TTL, FILTER_NO_TTL, true},
        {OPTION_WITH_TTL, FILTER_NO_TTL, true},
    };

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (filters[i].id == id) {
            *ret_kind = filters[i].kind;
            *ret_is_negated = filters[i].is_negated;
            return true;
        }
    }
    return false;
}

int analyze_option(struct analyze_options *options, int id, const char *value, bool is_standing,
                   struct error *err)
{
    const char *name = NULL;
    enum filter_kind kind;
    bool is_negated;

    if (find_filter(id, &kind, &is_negated))
        return filter_add(&options->filter, kind, is_negated, value, err);
    if (id == OPTION_PATTERN)
        return pattern_rules_add(&options->rules, "--pattern", value, err);
    if (id == OPTION_REDACT_SECRET) {
        options->redact_secret = value;
        options->needs_redact = options->needs_redact || !is_standing;
        return 0;
    }
    if (id == OPTION_REDACT_KEYS) {
        options->redact = redact_mode_named(value);
        return 0;
    }
    if (id == OPTION_QUIET)
        options->is_quiet = true;
    else if (id == OPTION_NOW)
        (void)text_parse_time(value, &options->now_ms);
    else if (take_for_snapshot(options, id, value, &name, err) < 0)
        return -1;
    if (options->for_snapshot == NULL && !is_standing)
        options->for_snapshot = name;
    return 0;
}

void analyze_options_done(struct analyze_options *options)
{
    filter_done(&options->filter);
    pattern_rules_done(&options->rules);
}
