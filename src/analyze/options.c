/* options.c -- the options of every command that may read a snapshot. */
// SPDX-License-Identifier: MIT
#include "analyze/analyze.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

static int take_model(struct analyze_options *options, const char *name, struct error *err)
{
    const struct memory_version *v;
    char known[440] = "";
    size_t at = 0;

    options->model = memory_version_named(name);
    if (options->model != NULL)
        return 0;
    for (size_t i = 0; (v = memory_version_at(i)) != NULL && at < sizeof known; i++) {
        const char *const row = memory_version_name(v);

        if (strchr(row, '.') == strrchr(row, '.')) /* patches are told apart, not told */
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at > 0 ? ", " : "", row);
    }
    return error_set(err, EXIT_CANNOT_RUN, "--model: '%.40s' is none of %s", name, known);
}

static int take_config(struct analyze_options *options, const char *text, struct error *err)
{
    struct error inner;

    if (memory_settings_set_text(&options->settings, text, &inner) < 0)
        return error_set(err, inner.exit_code, "--config: %s", inner.message);
    return 0;
}

/* Options about the server whose bytes are counted; returned as analyze_option() does. */
static int take_server_option(struct analyze_options *options, int code, const char *arg,
                              struct error *err)
{
    const char *name;
    int r = 0;

    switch (code) {
    case ANALYZE_OPTION_MODEL:
        name = "--model";
        r = take_model(options, arg, err);
        break;
    case ANALYZE_OPTION_ALLOCATOR:
        name = "--allocator";
        if (!memory_allocator_find(arg, &options->allocator))
            r = error_set(err, EXIT_CANNOT_RUN,
                          "--allocator: '%.40s' is none of jemalloc, jemalloc-system, libc", arg);
        break;
    case ANALYZE_OPTION_CONFIG:
        name = "--config";
        r = take_config(options, arg, err);
        break;
    case ANALYZE_OPTION_REDIS_CONF:
        name = "--redis-conf";
        r = memory_settings_load(&options->settings, arg, err);
        break;
    case ANALYZE_OPTION_STARTUP_BYTES:
        name = "--startup-bytes";
        if (text_parse_int(arg, 0, INT64_MAX, &options->startup_bytes) < 0)
            r = error_set(err, EXIT_CANNOT_RUN, "--startup-bytes: '%.40s' is not a number of bytes",
                          arg);
        break;
    default: return 0;
    }
    if (options->weighs == NULL)
        options->weighs = name;
    return r < 0 ? -1 : 1;
}

int analyze_option(struct analyze_options *options, int code, const char *arg, struct error *err)
{
    int64_t v;

    switch (code) {
    case ANALYZE_OPTION_NOW:
        if (text_parse_time(arg, &options->now_ms) < 0)
            return error_set(err, EXIT_CANNOT_RUN,
                             "--now: '%s' is not a time (Unix seconds or milliseconds, or "
                             "2024-01-31T12:00:00Z)",
                             arg);
        return 1;
    case ANALYZE_OPTION_DEEP: options->deep = true; return 1;
    case ANALYZE_OPTION_MAX_PATTERNS:
        if (text_parse_int(arg, 1, 10000000, &v) < 0)
            return error_set(err, EXIT_CANNOT_RUN, "--max-patterns: '%s' is not a number from 1 on",
                             arg);
        options->max_patterns = (size_t)v;
        options->has_max_patterns = true;
        return 1;
    case ANALYZE_OPTION_PATTERN:
        return pattern_rules_add(&options->rules, "--pattern", arg, err) < 0 ? -1 : 1;
    case ANALYZE_OPTION_QUIET: options->is_quiet = true; return 1;
    default: break;
    }
    if (code >= ANALYZE_OPTION_FILTER && code < ANALYZE_OPTION_END) {
        const bool is_negated = code >= ANALYZE_OPTION_NOT;
        const int kind = code - (is_negated ? ANALYZE_OPTION_NOT : ANALYZE_OPTION_FILTER);

        return filter_add(&options->filter, (enum filter_kind)kind, is_negated, arg, err) < 0 ? -1
                                                                                              : 1;
    }
    return take_server_option(options, code, arg, err);
}

void analyze_options_done(struct analyze_options *options)
{
    filter_done(&options->filter);
    pattern_rules_done(&options->rules);
}
