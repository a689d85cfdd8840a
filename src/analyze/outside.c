/* outside.c -- what a snapshot holds beside keys.
 *
 * Scripts and function libraries are programs of their owner: of them only name, engine, length and
 * SHA-1 (which is how EVALSHA knows a script) are kept.  An EVAL script comes as AUX `lua`
 * (Redis 4.0 to 6.2) or as AUX 0xDB "__lua_script__" SHA1 "__" 0xDB (Redis Enterprise), a library
 * as a function record that opens with
 *
 *      #!lua name=mylib
 */
// SPDX-License-Identifier: MIT
#include "analyze/outside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define KEY_TEXT_BYTES 512

void outside_init(struct outside *o)
{
    memset(o, 0, sizeof *o);
    o->created_at_ms = ROW_NULL;
    o->used_memory = ROW_NULL;
}

void outside_done(struct outside *o)
{
    for (size_t i = 0; i < o->aux_count; i++) {
        free(o->aux[i].name);
        free(o->aux[i].value);
    }
    for (size_t i = 0; i < o->function_count; i++) {
        free(o->functions[i].name);
        free(o->functions[i].engine);
    }
    for (size_t i = 0; i < o->defect_count; i++)
        free(o->defects[i].key);
    free(o->aux);
    free(o->functions);
    free(o->modules);
    free(o->defects);
    outside_init(o);
}

/* One more element at the end of an array, zeroed; NULL when out of memory.  Doubles at powers of
 * two. */
static void *append(struct outside *o, void **array, size_t *count, size_t element_bytes)
{
    if ((*count & (*count - 1)) == 0) { /* 0, 1, 2, 4, ...: full */
        const size_t room = *count == 0 ? 1 : *count * 2;
        void *grown = realloc(*array, room * element_bytes);

        if (grown == NULL) {
            o->is_out_of_memory = true;
            return NULL;
        }
        *array = grown;
    }
    memset((char *)*array + *count * element_bytes, 0, element_bytes);
    return (char *)*array + (*count)++ * element_bytes;
}

/* The escaped form of at most max_bytes of the bytes, on the heap. */
static char *escaped_copy(struct outside *o, const uint8_t *bytes, size_t size_bytes,
                          size_t max_bytes)
{
    const size_t n = size_bytes < max_bytes ? size_bytes : max_bytes;
    const size_t text_bytes = text_escaped_bytes(bytes, n);
    char *text = malloc(text_bytes + 1);

    if (text == NULL) {
        o->is_out_of_memory = true;
        return NULL;
    }
    text_escape(bytes, n, text);
    text[text_bytes] = '\0';
    return text;
}

static bool slice_is(const rdbp_slice *s, const char *text)
{
    return s->size_bytes == strlen(text) && memcmp(s->bytes, text, s->size_bytes) == 0;
}

static bool slice_starts(const rdbp_slice *s, const char *text)
{
    return s->size_bytes >= strlen(text) && memcmp(s->bytes, text, strlen(text)) == 0;
}

static void write_sha1(SHA1_CTX *context, char out[41])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA1_DIGEST_LENGTH];

    SHA1Final(digest, context);
    for (size_t i = 0; i < SHA1_DIGEST_LENGTH; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[40] = '\0';
}

static void count_beyond(uint64_t *count, uint64_t *first_offset, uint64_t offset)
{
    if ((*count)++ == 0)
        *first_offset = offset;
}

static bool is_function_wanted(struct outside *o, uint64_t offset)
{
    if (o->function_count < OUTSIDE_MAX_FUNCTIONS)
        return true;
    count_beyond(&o->functions_beyond, &o->functions_beyond_offset, offset);
    return false;
}

static void add_script(struct outside *o, uint64_t offset, const struct rdbp_aux *aux)
{
    struct function_record *f;
    SHA1_CTX context;

    if (!is_function_wanted(o, offset))
        return;
    f = append(o, (void **)&o->functions, &o->function_count, sizeof *f);
    if (f == NULL)
        return;
    f->offset = offset;
    f->is_script = true;
    f->source_bytes = aux->value_bytes;
    f->engine = strdup("lua");
    if (aux->value.size_bytes == aux->value_bytes) {
        SHA1Init(&context);
        SHA1Update(&context, aux->value.bytes, aux->value.size_bytes);
        write_sha1(&context, f->sha1);
    }
}

/* A decimal number in an AUX value; false when it is something else. */
static bool slice_number(const rdbp_slice *s, int64_t *ret_value)
{
    char text[24];

    if (s->size_bytes == 0 || s->size_bytes >= sizeof text)
        return false;
    memcpy(text, s->bytes, s->size_bytes);
    text[s->size_bytes] = '\0';
    return text_parse_int(text, INT64_MIN + 1, INT64_MAX, ret_value) == 0;
}

/*      AUX slot-info   "slot,keys,expires[,hashes that have fields with a TTL]"
 *
 * Versions to come may add numbers; a server takes what it knows.
 */
bool outside_slot(const struct rdbp_aux *aux, struct server_slot *ret_slot)
{
    const char *text = (const char *)aux->value.bytes, *end;
    int64_t numbers[4] = {0};
    size_t count = 0;

    if (!slice_is(&aux->name, "slot-info") || text == NULL)
        return false;
    end = text + aux->value.size_bytes;
    while (count < sizeof numbers / sizeof *numbers) {
        const char *const comma = text < end ? memchr(text, ',', (size_t)(end - text)) : NULL;
        const char *const until = comma == NULL ? end : comma;
        const rdbp_slice word = {(const uint8_t *)text, (size_t)(until - text)};

        if (!slice_number(&word, &numbers[count]) || numbers[count] < 0)
            break;
        count++;
        if (comma == NULL)
            break;
        text = comma + 1;
    }
    if (count < 3)
        return false;
    *ret_slot = (struct server_slot){.slot = (uint64_t)numbers[0],
                                     .keys = (uint64_t)numbers[1],
                                     .expires = (uint64_t)numbers[2],
                                     .timed_hashes = (uint64_t)numbers[3],
                                     .is_aux = true};
    return true;
}

static void note_header_field(struct outside *o, const struct rdbp_aux *aux)
{
    int64_t v;

    if (slice_is(&aux->name, "ctime") && slice_number(&aux->value, &v) && v > 0 &&
        v < INT64_MAX / 1000)
        o->created_at_ms = v * 1000;
    else if (slice_is(&aux->name, "used-mem") && slice_number(&aux->value, &v) && v >= 0)
        o->used_memory = v;
    else if (slice_is(&aux->name, "redis-ver") || slice_is(&aux->name, "valkey-ver"))
        text_escape_line(aux->value.bytes, aux->value.size_bytes, o->server_version,
                         sizeof o->server_version);
}

void outside_aux(struct outside *o, uint64_t offset, uint64_t db, const struct rdbp_aux *aux)
{
    struct aux_record *a;

    if (slice_is(&aux->name, "lua") || slice_starts(&aux->name, "\xdb__lua_script__")) {
        add_script(o, offset, aux);
        return;
    }
    note_header_field(o, aux);
    if (o->aux_count >= OUTSIDE_MAX_AUX) {
        count_beyond(&o->aux_beyond, &o->aux_beyond_offset, offset);
        return;
    }
    a = append(o, (void **)&o->aux, &o->aux_count, sizeof *a);
    if (a == NULL)
        return;
    a->offset = offset;
    a->db = db;
    a->value_bytes = aux->value_bytes;
    a->name = escaped_copy(o, aux->name.bytes, aux->name.size_bytes, OUTSIDE_VALUE_BYTES);
    a->value = escaped_copy(o, aux->value.bytes, aux->value.size_bytes, OUTSIDE_VALUE_BYTES);
}

/* "#!ENGINE name=NAME ...": other words of the line are passed over. */
static void read_first_line(struct outside *o, struct function_record *f)
{
    const char *end = memchr(o->first_line, '\n', o->first_line_bytes);
    const char *p = o->first_line;
    bool is_first = true;

    if (end == NULL)
        end = o->first_line + o->first_line_bytes;
    if (end - p < 2 || p[0] != '#' || p[1] != '!')
        return;
    p += 2;
    while (p < end) {
        const char *word = p;

        while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
            p++;
        if (is_first && p > word)
            f->engine = escaped_copy(o, (const uint8_t *)word, (size_t)(p - word), 64);
        else if (p - word > 5 && memcmp(word, "name=", 5) == 0 && f->name == NULL)
            f->name = escaped_copy(o, (const uint8_t *)word + 5, (size_t)(p - word) - 5, 200);
        is_first = false;
        while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
    }
}

void outside_function(struct outside *o, uint64_t offset, const struct rdbp_function *f)
{
    const size_t room = sizeof o->first_line - o->first_line_bytes;
    struct function_record *r;
    size_t n;

    if (f->piece_offset == 0) {
        SHA1Init(&o->sha1);
        o->first_line_bytes = 0;
    }
    if (f->piece.size_bytes > 0)
        SHA1Update(&o->sha1, f->piece.bytes, f->piece.size_bytes);
    n = f->piece_offset == 0 ? sizeof o->first_line : room;
    if (n > f->piece.size_bytes)
        n = f->piece.size_bytes;
    if (n > 0)
        memcpy(o->first_line + o->first_line_bytes, f->piece.bytes, n);
    o->first_line_bytes += n;
    if (!f->is_last || !is_function_wanted(o, offset))
        return;
    r = append(o, (void **)&o->functions, &o->function_count, sizeof *r);
    if (r == NULL)
        return;
    r->offset = offset;
    r->source_bytes = f->source_bytes;
    write_sha1(&o->sha1, r->sha1);
    if (f->is_pre_ga) {
        r->name = escaped_copy(o, f->name.bytes, f->name.size_bytes, 200);
        r->engine = escaped_copy(o, f->engine.bytes, f->engine.size_bytes, 64);
    } else {
        read_first_line(o, r);
    }
}

/* The module's row; the row "(other)" when there are too many. */
static struct module_record *module_of(struct outside *o, const char *name, uint32_t version)
{
    const bool is_full = o->module_count >= OUTSIDE_MAX_MODULES;
    struct module_record *m;

    for (size_t i = o->module_count; i > 0; i--) {
        if (strcmp(o->modules[i - 1].name, name) == 0)
            return &o->modules[i - 1];
    }
    if (is_full && strcmp(name, "(other)") != 0)
        return module_of(o, "(other)", 0);
    m = append(o, (void **)&o->modules, &o->module_count, sizeof *m);
    if (m == NULL)
        return NULL;
    memcpy(m->name, name, strlen(name) + 1);
    m->version = version;
    return m;
}

void outside_module_aux(struct outside *o, const struct rdbp_module_aux *aux)
{
    struct module_record *m = module_of(o, aux->module_name, aux->module_version);

    if (m == NULL)
        return;
    m->aux_records++;
    m->aux_bytes += aux->rdb_bytes;
}

void outside_module_key(struct outside *o, const char *name, uint32_t version, uint64_t rdb_bytes)
{
    struct module_record *m = module_of(o, name, version);

    if (m == NULL)
        return;
    m->keys++;
    m->rdb_bytes += rdb_bytes;
}

static void add_defect(struct outside *o, const char *code_name, const rdbp_error *e,
                       const uint8_t *key, size_t key_bytes)
{
    struct defect_record *d = append(o, (void **)&o->defects, &o->defect_count, sizeof *d);
    if (d == NULL)
        return;
    d->offset = e->offset;
    d->db = e->key_index == RDBP_NO_KEY || e->db > INT64_MAX ? -1 : (int64_t)e->db;
    d->key_index = e->key_index;
    d->severity = e->severity;
    d->code = e->code;
    d->code_name = code_name;
    snprintf(d->message, sizeof d->message, "%s", e->message);
    if (key != NULL)
        d->key = escaped_copy(o, key, key_bytes, KEY_TEXT_BYTES);
}

static bool is_defect_wanted(struct outside *o)
{
    if (o->defect_count < OUTSIDE_MAX_DEFECTS)
        return true;
    o->defects_beyond++;
    return false;
}

void outside_defect(struct outside *o, const rdbp_error *e, const uint8_t *key, size_t key_bytes)
{
    if (is_defect_wanted(o))
        add_defect(o, rdbp_errcode_name(e->code), e, key, key_bytes);
}

void outside_warning(struct outside *o, const char *code_name, const rdbp_error *e,
                     const uint8_t *key, size_t key_bytes)
{
    rdbp_error warning = *e;

    warning.code = RDBP_ERR_NONE;
    warning.severity = RDBP_SEVERITY_WARN;
    if (is_defect_wanted(o))
        add_defect(o, code_name, &warning, key, key_bytes);
}

void outside_limit(struct outside *o, uint64_t offset, const char *format, ...)
{
    rdbp_error e = {.severity = RDBP_SEVERITY_WARN, .offset = offset, .key_index = RDBP_NO_KEY};
    va_list ap;

    va_start(ap, format);
    vsnprintf(e.message, sizeof e.message, format, ap);
    va_end(ap);
    add_defect(o, "limit", &e, NULL, 0);
}

void outside_end(struct outside *o, uint64_t end_offset, uint64_t sidekiq_ignored)
{
    if (o->aux_beyond > 0)
        outside_limit(o, o->aux_beyond_offset,
                      "AUX fields: the first %d are kept, %" PRIu64 " more are not",
                      OUTSIDE_MAX_AUX, o->aux_beyond);
    if (o->functions_beyond > 0)
        outside_limit(o, o->functions_beyond_offset,
                      "functions and scripts: the first %d are kept, %" PRIu64 " more are not",
                      OUTSIDE_MAX_FUNCTIONS, o->functions_beyond);
    if (o->module_count > OUTSIDE_MAX_MODULES)
        outside_limit(o, end_offset, "modules: the first %d are told apart, the others are summed",
                      OUTSIDE_MAX_MODULES);
    if (sidekiq_ignored > 0)
        outside_limit(o, end_offset,
                      "Sidekiq: something was left out for a limit %" PRIu64
                      " times; its figures are of the rest",
                      sidekiq_ignored);
}

void outside_jobs_end(struct outside *o, uint64_t end_offset, uint64_t jobs_ignored)
{
    if (jobs_ignored > 0)
        outside_limit(o, end_offset,
                      "job queues: something was left out for a limit %" PRIu64
                      " times; classes are of the rest",
                      jobs_ignored);
}
