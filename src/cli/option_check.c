/* option_check.c -- one check of values for command line, environment and settings files.
 *
 * The words themselves belong to the modules that act on them; this asks them.
 */
// SPDX-License-Identifier: MIT
#include "cli/option_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analyze/filter.h"
#include "analyze/redact.h"
#include "memory/memory_model.h"
#include "report/report.h"
#include "store/store.h"
#include "util/text.h"

/* Patch levels are told apart, not told. */
static const char *model_name(size_t i)
{
    const struct memory_version *v;

    for (size_t k = 0; (v = memory_version_at(k)) != NULL; k++) {
        const char *const name = memory_version_name(v);

        if (strchr(name, '.') == strrchr(name, '.') && i-- == 0)
            return name;
    }
    return NULL;
}

const char *option_choice(const struct option_row *row, size_t i)
{
    static const char *const text_or_json[] = {"text", "json"};

    switch (row->takes) {
    case TAKES_FORMAT: return i < REPORT_FORMAT_COUNT_ ? report_format_name(i) : NULL;
    case TAKES_TEXT_OR_JSON: return i < 2 ? text_or_json[i] : NULL;
    case TAKES_REDACTION:
        return i < REDACT_MODE_COUNT_ ? redact_mode_name((enum redact_mode)i) : NULL;
    case TAKES_KEYS: return i <= KEYS_NONE ? keys_stored_name((enum keys_stored)i) : NULL;
    case TAKES_TYPE: return i < RDBP_TYPE_OTHER ? rdbp_type_name((enum rdbp_type)i) : NULL;
    case TAKES_MODEL: return model_name(i);
    case TAKES_ALLOCATOR:
        return i < ALLOCATOR_COUNT_ ? memory_allocator_name((enum memory_allocator)i) : NULL;
    default: return NULL;
    }
}

static int fail_choice(const struct option_row *row, const char *name, const char *value,
                       struct error *err)
{
    char known[400] = "";
    const char *word;
    size_t at = 0;

    for (size_t i = 0; (word = option_choice(row, i)) != NULL && at < sizeof known; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "", word);
    if (row->takes == TAKES_TYPE)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: '%.40s' is not a type (%s, or the nine characters of a module type)",
                         name, value, known);
    return error_set(err, EXIT_CANNOT_RUN, "%s: '%.40s' is none of %s", name, value, known);
}

static int check_choice(const struct option_row *row, const char *name, const char *value,
                        struct error *err)
{
    const char *word;

    if (row->takes == TAKES_MODEL && memory_version_named(value) != NULL)
        return 0;
    if (row->takes == TAKES_TYPE && filter_is_type(value))
        return 0;
    for (size_t i = 0; (word = option_choice(row, i)) != NULL; i++) {
        if (strcmp(word, value) == 0)
            return 0;
    }
    return fail_choice(row, name, value, err);
}

static int check_number(const struct option_row *row, const char *name, const char *value,
                        struct error *err)
{
    int64_t number;

    if (text_parse_int(value, row->min, row->max, &number) == 0)
        return 0;
    if (row->max == INT64_MAX || row->max == INT32_MAX)
        return error_set(err, EXIT_CANNOT_RUN, "%s: '%.40s' is not a number from %" PRId64 " on",
                         name, value, row->min);
    return error_set(err, EXIT_CANNOT_RUN,
                     "%s: '%.40s' is not a number from %" PRId64 " to %" PRId64, name, value,
                     row->min, row->max);
}

static int check_server_setting(const char *name, const char *value, struct error *err)
{
    struct memory_settings scratch = MEMORY_SETTINGS_INIT;
    struct error inner;

    if (memory_settings_set_text(&scratch, value, &inner) < 0)
        return error_set(err, inner.exit_code, "%s: %s", name, inner.message);
    return 0;
}

int option_check(const struct option_row *row, const char *name, const char *value,
                 struct error *err)
{
    int64_t scratch;

    if (value[0] == '\0' && row->takes != TAKES_TEXT)
        return error_set(err, EXIT_CANNOT_RUN, "%s: its value is empty", name);
    switch (row->takes) {
    case TAKES_NUMBER: return check_number(row, name, value, err);
    case TAKES_SIZE:
        if (text_parse_size(value, &scratch) < 0)
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s: '%.40s' is not a size (as 1500, 10k, 4MiB, 1gb)", name, value);
        return 0;
    case TAKES_TIME:
        if (text_parse_time(value, &scratch) < 0)
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s: '%.40s' is not a time (Unix seconds or milliseconds, or "
                             "2024-01-31T12:00:00Z)",
                             name, value);
        return 0;
    case TAKES_PAIR:
        if (value[0] == '=' || strchr(value, '=') == NULL)
            return error_set(err, EXIT_CANNOT_RUN, "%s: expected NAME=VALUE, got '%.80s'", name,
                             value);
        return 0;
    case TAKES_SERVER_SETTING: return check_server_setting(name, value, err);
    case TAKES_TEXT:
    case TAKES_FILE:
    case TAKES_FOLDER: return 0;
    default: return check_choice(row, name, value, err);
    }
}

int option_check_switch(const char *name, const char *value, bool *ret_is_on, struct error *err)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], value) == 0) {
            *ret_is_on = i % 2 == 1;
            return 0;
        }
    }
    return error_set(err, EXIT_CANNOT_RUN, "%s: '%.40s' is neither yes nor no", name, value);
}
