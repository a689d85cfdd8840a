/* options.c -- the options of every command that may read a snapshot. */
// SPDX-License-Identifier: MIT
#include "analyze/analyze.h"

#include "util/text.h"

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
    case ANALYZE_OPTION_QUIET: options->is_quiet = true; return 1;
    default: break;
    }
    if (code >= ANALYZE_OPTION_FILTER && code < ANALYZE_OPTION_END) {
        const bool is_negated = code >= ANALYZE_OPTION_NOT;
        const int kind = code - (is_negated ? ANALYZE_OPTION_NOT : ANALYZE_OPTION_FILTER);

        return filter_add(&options->filter, (enum filter_kind)kind, is_negated, arg, err) < 0 ? -1
                                                                                              : 1;
    }
    return 0;
}

void analyze_options_done(struct analyze_options *options)
{
    filter_done(&options->filter);
}
