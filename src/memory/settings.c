/* settings.c -- directives one by one: which there are, which count, what values they take.
 *
 * directives.def is the one list.  A name that no version knows is an error, with the nearest known
 * one, because a typing error in a limit would give wrong sizes without a sign.  Values are checked
 * where keys' weights depend on them, the way the servers do (config.c: numericParseString(), and
 * util.c: memtoull(), Redis 7.4), except for two things that a server lets pass and that cannot be
 * meant: a unit without a number is 0 there, and a number past 64 bits wraps.  Messages name no
 * value of any other directive: passwords are among them.
 */
// SPDX-License-Identifier: MIT
#include "memory/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

enum value_kind { KIND_NONE, KIND_INTEGER, KIND_SIZE, KIND_YES_NO, KIND_POLICY };

#define MANY SIZE_MAX

struct directive {
    const char *name;
    enum value_kind kind;
    size_t min_values, max_values;
    size_t field; /* offset in struct memory_settings */
    int64_t min;
    uint64_t max;
};

static const struct directive directives[] = {
#define SETTING(name, kind, field, min, max)                                                       \
    {name, KIND_##kind, 1, 1, offsetof(struct memory_settings, field), min, (uint64_t)(max)},
#define NAME(name, min, max) {name, KIND_NONE, min, max, 0, 0, 0},
#define FAMILY(prefix)
#include "memory/directives.def"
#undef SETTING
#undef NAME
#undef FAMILY
};

#define DIRECTIVE_COUNT (sizeof directives / sizeof directives[0])

static const char *const families[] = {
#define SETTING(name, kind, field, min, max)
#define NAME(name, min, max)
#define FAMILY(prefix) prefix,
#include "memory/directives.def"
#undef SETTING
#undef NAME
#undef FAMILY
};

static const struct {
    const char *name;
    enum maxmemory_policy policy;
} policies[] = {
    {"noeviction", POLICY_NOEVICTION},           {"allkeys-lru", POLICY_ALLKEYS_LRU},
    {"allkeys-lfu", POLICY_ALLKEYS_LFU},         {"allkeys-lrm", POLICY_ALLKEYS_LRM},
    {"allkeys-random", POLICY_ALLKEYS_RANDOM},   {"volatile-lru", POLICY_VOLATILE_LRU},
    {"volatile-lfu", POLICY_VOLATILE_LFU},       {"volatile-lrm", POLICY_VOLATILE_LRM},
    {"volatile-random", POLICY_VOLATILE_RANDOM}, {"volatile-ttl", POLICY_VOLATILE_TTL},
};

#define POLICY_COUNT (sizeof policies / sizeof policies[0])

static const struct directive *directive_find(const char *name)
{
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
        if (strcasecmp(directives[i].name, name) == 0)
            return &directives[i];
    return NULL;
}

/* module.setting, or a setting of the modules that come with Redis 8. */
static bool is_module_setting(const char *name)
{
    if (strchr(name, '.') != NULL)
        return true;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strncasecmp(name, families[i], strlen(families[i])) == 0)
            return true;
    return false;
}

#define HINT_MAX_BYTES 63

/* Letters to insert, remove or replace; both texts are at most HINT_MAX_BYTES long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[HINT_MAX_BYTES + 1];
    const size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            const bool is_same = tolower((unsigned char)a[i]) == b[j];
            size_t best = diagonal + (is_same ? 0 : 1);

            diagonal = row[j + 1];
            if (diagonal + 1 < best)
                best = diagonal + 1;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[width];
}

/* The known name that is most like it; NULL when none is. */
static const char *directive_like(const char *name)
{
    const size_t size_bytes = strlen(name);
    size_t best_distance = size_bytes / 3 + 2;
    const char *best = NULL;

    if (size_bytes > HINT_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
        const size_t distance = edit_distance(name, directives[i].name);

        if (distance < best_distance) {
            best_distance = distance;
            best = directives[i].name;
        }
    }
    return best;
}

static int unknown_directive(const char *name, struct error *err)
{
    const char *like = directive_like(name);

    if (strcasecmp(name, "include") == 0)
        return error_set(err, EXIT_CANNOT_RUN, "include: is for files only");
    if (strcasecmp(name, "sentinel") == 0)
        return error_set(err, EXIT_CANNOT_RUN, "sentinel: is for a sentinel, which has no keys");
    if (like != NULL)
        return error_set(err, EXIT_CANNOT_RUN, "unknown directive '%.80s' (did you mean %s?)", name,
                         like);
    return error_set(err, EXIT_CANNOT_RUN, "unknown directive '%.80s'", name);
}

/* Decimal digits and one of the units; 2^64 and more is an error. */
static int parse_size(const char *text, uint64_t *ret_bytes)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {
        {"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
        {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30},
    };
    char *end;
    uint64_t v;

    if (!isdigit((unsigned char)text[0]))
        return -1;
    errno = 0;
    v = strtoull(text, &end, 10);
    if (errno != 0)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcasecmp(end, units[i].name) == 0) {
            if (v > UINT64_MAX / units[i].factor)
                return -1;
            *ret_bytes = v * units[i].factor;
            return 0;
        }
    return -1;
}

static int set_number(struct memory_settings *s, const struct directive *d, const char *value,
                      struct error *err)
{
    char *field = (char *)s + d->field;
    uint64_t size;
    int64_t v;

    if (d->kind == KIND_SIZE) {
        if (parse_size(value, &size) < 0 || size > d->max)
            return error_set(err, EXIT_CANNOT_RUN,
                             "%s: '%.80s' is not a size from 0 to %" PRIu64
                             " (units: k, kb, m, mb, g, gb)",
                             d->name, value, d->max);
        memcpy(field, &size, sizeof size);
        return 0;
    }
    if (text_parse_int(value, d->min, (int64_t)d->max, &v) < 0)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: '%.80s' is not a number from %" PRId64 " to %" PRIu64, d->name, value,
                         d->min, d->max);
    memcpy(field, &v, sizeof v);
    return 0;
}

static int set_yes_no(struct memory_settings *s, const struct directive *d, const char *value,
                      struct error *err)
{
    bool *field = (bool *)((char *)s + d->field);

    if (strcasecmp(value, "yes") != 0 && strcasecmp(value, "no") != 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: '%.80s' is not yes or no", d->name, value);
    *field = strcasecmp(value, "yes") == 0;
    if (d->field == offsetof(struct memory_settings, cluster_enabled))
        s->has_cluster_enabled = true;
    return 0;
}

static int set_policy(struct memory_settings *s, const struct directive *d, const char *value,
                      struct error *err)
{
    for (size_t i = 0; i < POLICY_COUNT; i++)
        if (strcasecmp(policies[i].name, value) == 0) {
            s->maxmemory_policy = policies[i].policy;
            s->has_maxmemory_policy = true;
            return 0;
        }
    return error_set(err, EXIT_CANNOT_RUN,
                     "%s: '%.80s' is none of noeviction, allkeys-lru, allkeys-lfu, allkeys-lrm, "
                     "allkeys-random, volatile-lru, volatile-lfu, volatile-lrm, volatile-random, "
                     "volatile-ttl",
                     d->name, value);
}

static int check_value_count(const char *name, size_t min, size_t max, size_t count,
                             struct error *err)
{
    if (count < min)
        return error_set(err, EXIT_CANNOT_RUN, "%.80s: a value is missing", name);
    if (count > max)
        return error_set(err, EXIT_CANNOT_RUN, "%.80s: takes %zu value%s, not %zu", name, max,
                         max == 1 ? "" : "s", count);
    return 0;
}

int memory_settings_set(struct memory_settings *s, const char *name, const char *const *values,
                        size_t value_count, struct error *err)
{
    const struct directive *d = directive_find(name);
    int r;

    if (d == NULL && is_module_setting(name))
        return check_value_count(name, 1, MANY, value_count, err);
    if (d == NULL)
        return unknown_directive(name, err);
    if (check_value_count(d->name, d->min_values, d->max_values, value_count, err) < 0)
        return -1;
    switch (d->kind) {
    case KIND_INTEGER:
    case KIND_SIZE: r = set_number(s, d, values[0], err); break;
    case KIND_YES_NO: r = set_yes_no(s, d, values[0], err); break;
    case KIND_POLICY: r = set_policy(s, d, values[0], err); break;
    case KIND_NONE:
    default: r = 0; break;
    }
    if (r == 0 && d->field == offsetof(struct memory_settings, maxmemory_bytes) &&
        d->kind == KIND_SIZE)
        s->has_maxmemory = true;
    return r;
}

static const char *policy_name(enum maxmemory_policy policy)
{
    for (size_t i = 0; i < POLICY_COUNT; i++)
        if (policies[i].policy == policy)
            return policies[i].name;
    return "noeviction";
}

/* Whether the table's first names a field: its other names are older ones. */
static bool is_first_name(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (directives[i].kind != KIND_NONE && directives[i].field == directives[index].field)
            return false;
    return true;
}

static bool is_given(const struct memory_settings *s, const struct directive *d)
{
    static const struct memory_settings defaults = MEMORY_SETTINGS_INIT;
    const char *field = (const char *)s + d->field;
    const char *normal = (const char *)&defaults + d->field;

    if (d->kind == KIND_POLICY)
        return s->has_maxmemory_policy;
    if (d->field == offsetof(struct memory_settings, cluster_enabled))
        return s->has_cluster_enabled || s->cluster_enabled;
    if (d->field == offsetof(struct memory_settings, maxmemory_bytes))
        return s->has_maxmemory;
    return memcmp(field, normal, sizeof(uint64_t)) != 0;
}

char *memory_settings_text(const struct memory_settings *s)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *f = open_memstream(&text, &size_bytes);
    bool has_failed;

    if (f == NULL)
        return NULL;
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
        const struct directive *d = &directives[i];
        const char *field = (const char *)s + d->field;
        uint64_t v;

        if (d->kind == KIND_NONE || !is_first_name(i) || !is_given(s, d))
            continue;
        fprintf(f, "%s%s=", ftell(f) > 0 ? " " : "", d->name);
        if (d->kind == KIND_YES_NO) {
            fputs(*(const bool *)field ? "yes" : "no", f);
        } else if (d->kind == KIND_POLICY) {
            fputs(policy_name(s->maxmemory_policy), f);
        } else {
            memcpy(&v, field, sizeof v);
            if (d->min < 0)
                fprintf(f, "%" PRId64, (int64_t)v);
            else
                fprintf(f, "%" PRIu64, v);
        }
    }
    has_failed = ferror(f) != 0;
    if (fclose(f) != 0 || has_failed) {
        free(text);
        return NULL;
    }
    return text;
}

uint64_t memory_settings_databases(const struct memory_settings *s)
{
    return s->cluster_enabled ? s->cluster_databases : s->databases;
}
