/* sidekiq_keys.c -- what a key's name and type could be in a Sidekiq installation.
 *
 * Sidekiq has no prefix of its own; redis-namespace puts `app:` (or several levels) before every
 * key.  So a name is matched from its end and what stands before it is the prefix: empty, or ending
 * with a colon.  A name alone proves nothing; the collector looks inside.
 *
 *     myapp:prod:queue:default            prefix `myapp:prod:`, queue `default`
 *     myapp:queue:a:queue:b               `myapp:` + `a:queue:b`, or `myapp:queue:a:` + `b`
 *     stat:processed:2024-01-31           counter of a day
 *     web-1:4711:8c0ffee8c0ff:work        of a process
 *
 * Names as written by Sidekiq 2.x to 8.1 (its lib/sidekiq/{api,launcher,metrics/tracking}.rb).
 */
// SPDX-License-Identifier: MIT
#include "sidekiq/sidekiq_keys.h"

#include <string.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_word(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

static size_t count_digits(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n && is_digit(p[i]))
        i++;
    return i;
}

static bool is_all_hex(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_hex(p[i]))
            return false;
    return true;
}

static bool ends_with(const uint8_t *key, size_t n, const char *word)
{
    const size_t word_bytes = strlen(word);

    return n >= word_bytes && memcmp(key + n - word_bytes, word, word_bytes) == 0;
}

/* Does the key end with this word, at the beginning or behind a colon? */
static bool ends_with_segment(const uint8_t *key, size_t n, const char *word,
                              size_t *ret_prefix_bytes)
{
    const size_t word_bytes = strlen(word);

    if (!ends_with(key, n, word) || (n > word_bytes && key[n - word_bytes - 1] != ':'))
        return false;
    *ret_prefix_bytes = n - word_bytes;
    return true;
}

/* Where a segment starts with this word, first place; SIZE_MAX: nowhere. */
static size_t find_segment(const uint8_t *key, size_t n, const char *word)
{
    const size_t word_bytes = strlen(word);

    for (size_t i = 0; i + word_bytes <= n; i++) {
        const uint8_t *p;

        if ((i == 0 || key[i - 1] == ':') && memcmp(key + i, word, word_bytes) == 0)
            return i;
        p = memchr(key + i, ':', n - i);
        if (!p)
            break;
        i = (size_t)(p - key);
    }
    return SIZE_MAX;
}

bool is_identity(const uint8_t *bytes, size_t size_bytes)
{
    size_t i;

    if (size_bytes < 16 || !is_all_hex(bytes + size_bytes - 12, 12) ||
        bytes[size_bytes - 13] != ':')
        return false;
    i = size_bytes - 13;
    while (i > 0 && is_digit(bytes[i - 1]))
        i--;
    return i < size_bytes - 13 && i >= 2 && bytes[i - 1] == ':';
}

bool is_profile_name(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes > 25 && bytes[size_bytes - 25] == '-' &&
           is_all_hex(bytes + size_bytes - 24, 24);
}

size_t queue_split_before(const uint8_t *key, size_t key_bytes, size_t end)
{
    if (end > key_bytes)
        end = key_bytes;
    while (end > 0) {
        end--;
        if ((end == 0 || key[end - 1] == ':') && key_bytes - end > QUEUE_PREFIX_BYTES &&
            memcmp(key + end, "queue:", QUEUE_PREFIX_BYTES) == 0)
            return end;
    }
    return SIZE_MAX;
}

/* YYYY-MM-DD with a month and a day that can be. */
static bool is_day(const uint8_t *p)
{
    unsigned month, day;

    if (count_digits(p, 4) != 4 || p[4] != '-' || count_digits(p + 5, 2) != 2 || p[7] != '-' ||
        count_digits(p + 8, 2) != 2)
        return false;
    month = (unsigned)(p[5] - '0') * 10 + (unsigned)(p[6] - '0');
    day = (unsigned)(p[8] - '0') * 10 + (unsigned)(p[9] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static void string_name(const uint8_t *key, size_t n, struct key_name *name)
{
    size_t base = n, at;

    if (n > 11 && key[n - 11] == ':' && is_day(key + n - 10)) {
        memcpy(name->day, key + n - 10, 10);
        base = n - 11;
    }
    if (ends_with_segment(key, base, "stat:processed", &name->prefix_bytes)) {
        name->shape = KEY_SHAPE_STAT_PROCESSED;
        return;
    }
    if (ends_with_segment(key, base, "stat:failed", &name->prefix_bytes)) {
        name->shape = KEY_SHAPE_STAT_FAILED;
        return;
    }
    name->day[0] = '\0';
    /* h|<Class>-14-8:43: day of month, hour, minute */
    if (memchr(key, '|', n) && (at = find_segment(key, n, "h|")) != SIZE_MAX) {
        size_t i = n;

        while (i > at && is_digit(key[i - 1]))
            i--;
        if (i < n && n - i <= 2 && i > at + 5 && key[i - 1] == ':' && is_digit(key[i - 2])) {
            name->shape = KEY_SHAPE_HISTOGRAM;
            name->prefix_bytes = at;
        }
        return;
    }
    if ((at = find_segment(key, n, FETCHER_BEAT)) != SIZE_MAX) {
        name->shape = KEY_SHAPE_FETCHER_BEAT;
        name->prefix_bytes = at;
        return;
    }
    if (ends_with(key, n, ":started") && (at = find_segment(key, n, "worker:")) != SIZE_MAX) {
        name->shape = KEY_SHAPE_WORKER_STARTED;
        name->prefix_bytes = at;
    }
}

/* b-<bid>, then the suffix: the bid is 16 hex digits (Pro 1.x) or 14 characters of URL-safe base64.
 */
static bool is_batch(const uint8_t *key, size_t n, const char *suffix, size_t *ret_prefix_bytes)
{
    static const size_t id_bytes[] = {14, 16};

    if (!ends_with(key, n, suffix))
        return false;
    n -= strlen(suffix);
    for (size_t i = 0; i < sizeof(id_bytes) / sizeof(id_bytes[0]); i++) {
        const size_t length = id_bytes[i] + 2;
        size_t k = 0;

        if (n < length || memcmp(key + n - length, "b-", 2) != 0 ||
            (n > length && key[n - length - 1] != ':'))
            continue;
        for (const uint8_t *p = key + n - id_bytes[i]; k < id_bytes[i]; k++, p++)
            if (!is_hex(*p) && (id_bytes[i] == 16 || !is_word(*p)))
                break;
        *ret_prefix_bytes = n - length;
        if (k == id_bytes[i])
            return true;
    }
    return false;
}

static unsigned two_digits(const uint8_t *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* The day and minute of j|YYMMDD|H:MM (8) and j|YYYYMMDD|H:M (7); a ten-minute key of 8 has one
 * digit. */
static void metrics_time(const uint8_t *p, size_t n, struct key_name *name)
{
    const size_t day_bytes = name->shape == KEY_SHAPE_METRICS_8 ? 6 : 8;
    const uint8_t *const clock = p + day_bytes + 1;
    const size_t left = n - day_bytes - 1;
    const size_t hour_digits = count_digits(clock, left);
    size_t minute_digits;
    unsigned hour, minute;

    if (hour_digits < 1 || hour_digits > 2 || hour_digits + 1 >= left || clock[hour_digits] != ':')
        return;
    minute_digits = left - hour_digits - 1;
    if (minute_digits > 2 ||
        count_digits(clock + hour_digits + 1, minute_digits) != minute_digits ||
        (day_bytes == 6 && minute_digits != 2))
        return;
    hour = hour_digits == 2 ? two_digits(clock) : (unsigned)(clock[0] - '0');
    minute = minute_digits == 2 ? two_digits(clock + hour_digits + 1)
                                : (unsigned)(clock[hour_digits + 1] - '0');
    if (hour > 23 || minute > 59)
        return;
    memcpy(name->day, day_bytes == 6 ? "20" : (const char *)p, 2);
    memcpy(name->day + 2, p + day_bytes - 6, 2);
    name->day[4] = name->day[7] = '-';
    memcpy(name->day + 5, p + day_bytes - 4, 2);
    memcpy(name->day + 8, p + day_bytes - 2, 2);
    name->day[10] = '\0';
    name->minute = (int16_t)(hour * 60 + minute);
}

/* Where the segment before the one at `end` begins; SIZE_MAX: that one is the first. */
static size_t segment_before(const uint8_t *key, size_t first, size_t end)
{
    if (end <= first)
        return SIZE_MAX;
    for (end--; end > first && key[end - 1] != ':';)
        end--;
    return end;
}

/* working:queue:<queue>:<host>:<pid>:<nonce> of GitLab's fetcher, without nonce before 0.8: where
 * the host begins, 0 when it is none.  name_at: of the queue, which may hold colons. */
static size_t working_owner_at(const uint8_t *key, size_t n, size_t name_at)
{
    const size_t last = segment_before(key, name_at, n + 1);
    const size_t second = segment_before(key, name_at, last);
    const size_t third = second == SIZE_MAX ? SIZE_MAX : segment_before(key, name_at, second);

    if (second == SIZE_MAX || last == n)
        return 0;
    if (third != SIZE_MAX && third > name_at && is_all_hex(key + last, n - last) &&
        last - second > 1 && count_digits(key + second, last - 1 - second) == last - 1 - second)
        return third;
    return second > name_at && count_digits(key + last, n - last) == n - last ? second : 0;
}

static void list_name(const uint8_t *key, size_t n, struct key_name *name)
{
    static const char working[] = "working:queue:";
    size_t at;

    if (queue_split_before(key, n, n) != SIZE_MAX) {
        name->shape = KEY_SHAPE_QUEUE;
        at = find_segment(key, n, working);
        if (at != SIZE_MAX) {
            name->prefix_bytes = at;
            name->owner_at = working_owner_at(key, n, at + sizeof(working) - 1);
        }
    } else if (ends_with_segment(key, n, "failed", &name->prefix_bytes)) {
        name->shape = KEY_SHAPE_FAILED_LIST;
    }
}

static void hash_name(const uint8_t *key, size_t n, struct key_name *name)
{
    static const char locked[] = ":LOCKED";
    size_t at;

    if (ends_with(key, n, locked)) {
        name->shape = KEY_SHAPE_LOCKED;
        at = find_segment(key, n, "uniquejobs:");
        name->prefix_bytes = at == SIZE_MAX ? 0 : at; /* `lock_prefix` may be any other */
        return;
    }
    if (n > 15 && is_batch(key, n, "", &name->prefix_bytes)) {
        name->shape = KEY_SHAPE_BATCH;
        return;
    }

    if (is_identity(key, n)) {
        name->shape = KEY_SHAPE_PROCESS;
    } else if (ends_with(key, n, ":work") && is_identity(key, n - 5)) {
        name->shape = KEY_SHAPE_WORK;
        name->prefix_bytes = n - 5;
    } else if (ends_with(key, n, ":workers") && is_identity(key, n - 8)) {
        name->shape = KEY_SHAPE_WORKERS;
        name->prefix_bytes = n - 8;
    } else if (n >= 27 && memcmp(key + n - 27, "it-", 3) == 0 && is_all_hex(key + n - 24, 24) &&
               (n == 27 || key[n - 28] == ':')) {
        name->shape = KEY_SHAPE_ITERATION;
        name->prefix_bytes = n - 27;
    } else if (memchr(key, '|', n) && (at = find_segment(key, n, "j|")) != SIZE_MAX) {
        const uint8_t *p = key + at + 2;
        const size_t left = n - at - 2;
        const size_t digits = count_digits(p, left);
        const bool has_minute = memchr(p, ':', left) != NULL;

        name->prefix_bytes = at;
        if (digits == 6 && left > 7 && p[6] == '|' && is_digit(p[7]) && has_minute)
            name->shape = KEY_SHAPE_METRICS_8;
        else if (digits == 8 && left > 9 && p[8] == '|' && is_digit(p[9]))
            name->shape = has_minute ? KEY_SHAPE_METRICS_7 : KEY_SHAPE_METRICS_6_5;
        else if (digits == 8 && left == 8)
            name->shape = KEY_SHAPE_METRICS_6_5;
        if (name->shape == KEY_SHAPE_METRICS_7 || name->shape == KEY_SHAPE_METRICS_8)
            metrics_time(p, left, name);
    }
}

void key_name_of(enum rdbp_type type, const uint8_t *key, size_t n, struct key_name *ret_name)
{
    static const struct {
        enum rdbp_type type;
        const char *word;
        enum key_shape shape;
    } words[] = {
        {RDBP_TYPE_ZSET, "schedule", KEY_SHAPE_SCHEDULE},
        {RDBP_TYPE_ZSET, "retry", KEY_SHAPE_RETRY},
        {RDBP_TYPE_ZSET, "dead", KEY_SHAPE_DEAD},
        {RDBP_TYPE_ZSET, "profiles", KEY_SHAPE_PROFILES},
        {RDBP_TYPE_SET, "queues", KEY_SHAPE_QUEUES},
        {RDBP_TYPE_SET, "processes", KEY_SHAPE_PROCESSES},
        {RDBP_TYPE_SET, "paused", KEY_SHAPE_PAUSED},
        {RDBP_TYPE_SET, "batch-died", KEY_SHAPE_BATCH_DIED},
        {RDBP_TYPE_ZSET, "batches", KEY_SHAPE_BATCHES},
        {RDBP_TYPE_ZSET, "uniquejobs:digests", KEY_SHAPE_DIGESTS},
        {RDBP_TYPE_ZSET, "uniquejobs:expiring_digests", KEY_SHAPE_EXPIRING_DIGESTS},
    };

    *ret_name = (struct key_name){.minute = -1};
    switch (type) {
    case RDBP_TYPE_STRING: string_name(key, n, ret_name); break;
    case RDBP_TYPE_HASH: hash_name(key, n, ret_name); break;
    case RDBP_TYPE_LIST: list_name(key, n, ret_name); break;
    case RDBP_TYPE_SET:
    case RDBP_TYPE_ZSET:
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (words[i].type == type &&
                ends_with_segment(key, n, words[i].word, &ret_name->prefix_bytes)) {
                ret_name->shape = words[i].shape;
                return;
            }
        if (type == RDBP_TYPE_ZSET && ends_with(key, n, ":enqueued") &&
            (ret_name->prefix_bytes = find_segment(key, n, "cron_job:")) != SIZE_MAX)
            ret_name->shape = KEY_SHAPE_CRON_TIMES;
        else if (type == RDBP_TYPE_SET && n > 20 &&
                 is_batch(key, n, "-jids", &ret_name->prefix_bytes))
            ret_name->shape = KEY_SHAPE_BATCH_JIDS;
        break;
    default: break;
    }
}
