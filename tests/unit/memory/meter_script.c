/* meter_script.c -- events of one value, written as a line of text (meter_script.h). */
// SPDX-License-Identifier: MIT
#include "meter_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- servers ---- */

static void take_word(const char *server, const char *word, enum memory_allocator *allocator,
                      struct memory_settings *settings)
{
    struct error err = {0};

    if (memory_allocator_find(word, allocator))
        return;
    if (memory_settings_set_text(settings, word, &err) < 0)
        fail_msg("%s: %s", server, err.message);
}

struct memory_model model_of(const char *server)
{
    enum memory_allocator allocator = ALLOCATOR_JEMALLOC;
    struct memory_settings settings = MEMORY_SETTINGS_INIT;
    const struct memory_version *version;
    char words[256], *rest = words, *word;
    struct memory_model m;

    snprintf(words, sizeof words, "%s", server);
    version = memory_version_find(strsep(&rest, " "));
    if (version == NULL)
        fail_msg("%s: no such version", server);
    while ((word = strsep(&rest, " ")) != NULL)
        take_word(server, word, &allocator, &settings);
    memory_model_init(&m, version, allocator, &settings);
    return m;
}

struct key_meter *meter_of(const char *server, bool deep)
{
    const struct memory_model m = model_of(server);
    struct key_meter *const k = key_meter_new(&m, deep);

    assert_non_null(k);
    return k;
}

/* ---- scripts ---- */

static enum rdbp_type type_of(uint16_t rdb_type)
{
    switch (rdb_type) {
    case RDBP_RDB_STRING: return RDBP_TYPE_STRING;
    case RDBP_RDB_LIST:
    case RDBP_RDB_LIST_ZIPLIST:
    case RDBP_RDB_LIST_QUICKLIST:
    case RDBP_RDB_LIST_QUICKLIST_2: return RDBP_TYPE_LIST;
    case RDBP_RDB_SET:
    case RDBP_RDB_SET_INTSET:
    case RDBP_RDB_SET_LISTPACK: return RDBP_TYPE_SET;
    case RDBP_RDB_ZSET:
    case RDBP_RDB_ZSET_2:
    case RDBP_RDB_ZSET_ZIPLIST:
    case RDBP_RDB_ZSET_LISTPACK: return RDBP_TYPE_ZSET;
    case RDBP_RDB_MODULE_2: return RDBP_TYPE_MODULE;
    case RDBP_RDB_STREAM_LISTPACKS:
    case RDBP_RDB_STREAM_LISTPACKS_2:
    case RDBP_RDB_STREAM_LISTPACKS_3: return RDBP_TYPE_STREAM;
    default: return RDBP_TYPE_HASH;
    }
}

static uint64_t parse_number(const char **p)
{
    char *end;
    const uint64_t n = strtoull(*p, &end, 10);

    assert_ptr_not_equal(end, *p);
    *p = end;
    return n;
}

static void parse_id(const char **p, uint64_t *ret_ms, uint64_t *ret_seq)
{
    *ret_ms = parse_number(p);
    assert_int_equal(*(*p)++, '-');
    *ret_seq = parse_number(p);
}

static void parse_count(const char **p, struct rdbp_blob *b)
{
    (*p)++;
    if (**p == '?') {
        (*p)++;
        return;
    }
    b->has_count = true;
    b->entry_count = parse_number(p);
}

static void parse_sized_blob(const char **p, struct rdbp_blob *b)
{
    static const char letters[] = "SZLIMX"; /* enum rdbp_format */

    b->format = (enum rdbp_format)(strchr(letters, *(*p)++) - letters);
    if (b->format == RDBP_FORMAT_STREAM_LISTPACK)
        parse_id(p, &b->id_ms, &b->id_seq);
    assert_int_equal(*(*p)++, ':');
    b->raw_bytes = b->stored_bytes = parse_number(p);
    if (**p == ':')
        parse_count(p, b);
    if (**p == '/') {
        (*p)++;
        b->is_lzf = true;
        b->stored_bytes = parse_number(p);
    }
}

static void parse_integer_blob(const char **p, struct rdbp_blob *b)
{
    char *end;

    b->format = RDBP_FORMAT_STRING;
    b->is_integer = true;
    *p += 2;
    b->raw_bytes = parse_number(p);
    (*p)++;
    b->integer = strtoll(*p, &end, 10);
    *p = end;
}

static void parse_payload(const char **p, rdbp_item *it)
{
    if (**p == '#') {
        char *end;

        it->is_integer = true;
        it->u.integer = strtoll(*p + 1, &end, 10);
        it->size_bytes = (uint64_t)(end - *p - 1);
        *p = end;
    } else {
        it->size_bytes = parse_number(p);
    }
}

static void parse_score(const char **p, rdbp_item *it)
{
    char *end;

    it->role = RDBP_ROLE_SCORE;
    it->u.score = strtod(*p, &end);
    it->size_bytes = (uint64_t)(end - *p);
    it->is_integer = memchr(*p, '.', it->size_bytes) == NULL;
    *p = end;
}

static void parse_name(const char **p, rdbp_item *it)
{
    it->bytes.bytes = (const uint8_t *)*p;
    it->bytes.size_bytes = it->size_bytes = strcspn(*p, " ,");
    *p += it->size_bytes;
}

static void parse_item(const char **p, rdbp_item *it)
{
    char *end;

    switch (*(*p)++) {
    case 'e':
        it->role = RDBP_ROLE_ELEMENT;
        parse_payload(p, it);
        break;
    case 'm':
        it->role = RDBP_ROLE_MEMBER;
        parse_payload(p, it);
        break;
    case 'f':
        it->role = RDBP_ROLE_FIELD;
        parse_payload(p, it);
        break;
    case 'v':
        it->role = RDBP_ROLE_VALUE;
        parse_payload(p, it);
        break;
    case 's': parse_score(p, it); break;
    case 't':
        it->role = RDBP_ROLE_FIELD_TTL;
        it->u.expire_at_ms = strtoll(*p, &end, 10);
        *p = end;
        break;
    case 'G':
        it->role = RDBP_ROLE_STREAM_GROUP;
        parse_name(p, it);
        break;
    case 'C':
        it->role = RDBP_ROLE_STREAM_CONSUMER;
        parse_name(p, it);
        break;
    case 'P':
        it->role = RDBP_ROLE_STREAM_PENDING;
        parse_id(p, &it->u.pending.id.ms, &it->u.pending.id.seq);
        if (**p == '@') {
            (*p)++;
            it->u.pending.delivered_at_ms = (int64_t)parse_number(p);
        }
        break;
    case 'Q':
        it->role = RDBP_ROLE_STREAM_CONSUMER_PENDING;
        parse_id(p, &it->u.id.ms, &it->u.id.seq);
        break;
    default: fail_msg("script: '%s'", *p - 1);
    }
}

static void give_token(struct meter_run *run, const char **p)
{
    if (strchr("SZLIMXN", **p) != NULL) {
        struct rdbp_blob b = {.blob_index = run->blob_count++, .is_lzf = run->is_lzf};

        if (**p == 'N')
            parse_integer_blob(p, &b);
        else
            parse_sized_blob(p, &b);
        run->depth = key_meter_blob(run->meter, &b);
    } else {
        rdbp_item it = {0};
        const struct rdbp_items items = {&it, 1};

        parse_item(p, &it);
        key_meter_items(run->meter, &items);
    }
    run->asked_for_items |= (run->depth & RDBP_DEPTH_ITEMS) != 0;
    run->asked_to_open |= (run->depth & (RDBP_DEPTH_ITEMS | RDBP_DEPTH_WALK)) != 0;
}

/* One word of a script: [<times>*]token,token,... */
static void give_word(struct meter_run *run, const char **p)
{
    const char *start = *p;
    uint64_t times = 1;

    if (*start >= '0' && *start <= '9') {
        times = parse_number(&start);
        assert_int_equal(*start++, '*');
    }
    for (uint64_t i = 0; i < times; i++) {
        *p = start;
        give_token(run, p);
        while (**p == ',') {
            (*p)++;
            give_token(run, p);
        }
    }
}

struct rdbp_key key_of(uint16_t rdb_type)
{
    return (struct rdbp_key){.key_bytes = 12, .rdb_type = rdb_type, .type = type_of(rdb_type)};
}

struct key_size weigh_script(struct meter_run *run, const struct rdbp_key *key, const char *script,
                             uint64_t elements)
{
    const struct rdbp_value_end end = {
        .ok = true, .has_element_count = true, .element_count = elements};
    struct key_size size;
    const char *p = script;

    run->blob_count = 0;
    run->depth = key_meter_begin(run->meter, key);
    run->asked_for_items = run->asked_to_open = (run->depth & RDBP_DEPTH_ITEMS) != 0;
    while (*p != '\0') {
        give_word(run, &p);
        while (*p == ' ')
            p++;
    }
    assert_int_equal(key_meter_end(run->meter, &end, &size), 0);
    return size;
}

void check_figure(const char *name, const char *what, int64_t found, int64_t expected)
{
    if (found != expected)
        fail_msg("%s: %s %lld, expected %lld", name, what, (long long)found, (long long)expected);
}
