/* job_json.c -- the few facts of a job payload that are wanted, from JSON in pieces.
 *
 *     {"class":"A","args":[{"job_class":...,"arguments":[a,b]}],"jid":...,"error_backtrace":...}
 *      depth 1     depth 2 3                             4
 *
 * yajl reads the text; its callbacks keep the depth, which field of the outer object is open and
 * how far `args` has come, and copy what is wanted.  A field that comes twice counts as it came
 * last, as Ruby's JSON does.
 *
 * Two things stand between a hostile payload and yajl:
 *
 *   - The gate.  yajl collects a token that spans pieces, however long it is.  Of payloads longer
 *     than JOB_TOKEN_BYTES the gate therefore passes only the beginning of a long string or digit
 *     run, checking what it drops (quotes, escapes, control characters) by JSON's own rules.
 *     Nothing that is wanted is that long.  Positions count the dropped bytes.
 *   - The pool.  yajl does not check its allocations.  With tokens and depth bounded it needs at
 *     most two buffers that double from 2 KiB to 16 KiB, a stack of 256 bytes and a few structs:
 *     under 80 KiB even if nothing were given back, from a pool of 128 KiB that every payload
 *     starts anew.
 *
 * Invalid UTF-8 in strings is let through, as by Ruby's JSON; names are escaped where they are
 * shown.
 */
// SPDX-License-Identifier: MIT
#include "sidekiq/job_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "sidekiq/job_time.h"
#include "util/hash.h"

#define POOL_BYTES  ((size_t)128 * 1024)
#define GATE_DIGITS 64

enum field {
    FIELD_OTHER = 0,
    FIELD_CLASS,
    FIELD_DISPLAY_CLASS,
    FIELD_WRAPPED,
    FIELD_ERROR_CLASS,
    FIELD_VERSION,
    FIELD_JID,
    FIELD_ARGS,
    FIELD_ERROR_BACKTRACE,
    FIELD_CREATED_AT,
    FIELD_ENQUEUED_AT,
    FIELD_FAILED_AT,
    FIELD_RETRY_COUNT,
    FIELD_ERROR_MESSAGE,
    FIELD_QUEUE,
    FIELD_RUN_AT,
    FIELD_PAYLOAD
};

enum value_kind { VALUE_OTHER = 0, VALUE_STRING, VALUE_NUMBER, VALUE_MAP, VALUE_ARRAY };

struct value {
    enum value_kind kind;
    const char *text; /* STRING, NUMBER */
    size_t text_bytes;
};

/* Which part of a payload the gate is in. */
struct gate {
    bool is_on;
    bool in_string, after_backslash;
    int hex_left;
    size_t token_bytes; /* of the string or digit run so far */
};

struct job_parser {
    yajl_handle yajl; /* lives in the pool; NULL before the first payload */
    bool is_failed;
    uint64_t size_bytes;
    uint64_t fed_bytes; /* before the run that yajl has now */
    struct gate gate;

    int depth;
    enum field field;   /* at depth 1 */
    uint64_t field_end; /* position behind the field's name */
    bool in_args;       /* the value of `args` is an open array */
    size_t arg_count;   /* begun */
    bool in_first_arg;  /* args[0] is an open object */
    bool arg_is_job_class, arg_is_arguments;
    bool in_arguments;     /* args[0].arguments is an open array */
    size_t argument_count; /* begun */
    struct hash args_hash, arguments_hash;
    bool has_arguments;

    bool is_work;
    int base; /* 1 inside a work entry's payload: the job's depths begin there */
    char payload[JOB_TOKEN_BYTES];

    struct job_facts facts;
    size_t pool_used;
    max_align_t pool[POOL_BYTES / sizeof(max_align_t)];
};

/* ---- the pool ----------------------------------------------------------------------------- */

static void *pool_malloc(void *ctx, size_t size_bytes)
{
    struct job_parser *p = ctx;
    /* One unit in front keeps the size, for realloc. */
    const size_t units = size_bytes / sizeof(max_align_t) + 2;
    max_align_t *block = p->pool + p->pool_used;

    assert(units <= sizeof(p->pool) / sizeof(p->pool[0]) - p->pool_used);
    if (units > sizeof(p->pool) / sizeof(p->pool[0]) - p->pool_used)
        return NULL;
    memcpy(block, &size_bytes, sizeof(size_bytes));
    p->pool_used += units;
    return block + 1;
}

static void *pool_realloc(void *ctx, void *old, size_t size_bytes)
{
    size_t old_bytes = 0;
    void *new = pool_malloc(ctx, size_bytes);

    if (!old || !new)
        return new;
    memcpy(&old_bytes, (max_align_t *)old - 1, sizeof(old_bytes));
    memcpy(new, old, old_bytes < size_bytes ? old_bytes : size_bytes);
    return new;
}

static void pool_free(void *ctx, void *block)
{
    (void)ctx; /* all at once, by the next payload */
    (void)block;
}

/* ---- values ------------------------------------------------------------------------------- */

static void set_text(struct job_text *t, const struct value *v)
{
    t->is_set = v->kind == VALUE_STRING;
    t->size_bytes = 0;
    if (!t->is_set)
        return;
    t->size_bytes = v->text_bytes < sizeof(t->bytes) ? v->text_bytes : sizeof(t->bytes);
    memcpy(t->bytes, v->text, t->size_bytes);
}

static int64_t time_of(const struct value *v, bool *ret_is_ms)
{
    *ret_is_ms = false;
    if (v->kind == VALUE_NUMBER)
        return job_time_of_number(v->text, v->text_bytes, ret_is_ms);
    if (v->kind == VALUE_STRING)
        return job_time_of_text(v->text, v->text_bytes);
    return ROW_NULL;
}

static uint64_t count_of(const struct value *v)
{
    uint64_t count = 0;

    if (v->kind != VALUE_NUMBER || v->text_bytes == 0 || v->text_bytes > 15)
        return 0;
    for (size_t i = 0; i < v->text_bytes; i++) {
        if (v->text[i] < '0' || v->text[i] > '9')
            return 0;
        count = count * 10 + (uint64_t)(v->text[i] - '0');
    }
    return count;
}

static void forget_args(struct job_parser *p)
{
    p->facts.first_arg.is_set = false;
    p->facts.job_class.is_set = false;
    p->facts.mailer.is_set = false;
    p->facts.method.is_set = false;
    p->arg_count = 0;
    p->in_first_arg = false;
    p->in_arguments = false;
    p->has_arguments = false;
    hash_begin(&p->args_hash, 0);
}

/* One token of the arguments: its kind keeps [[1],2] and [[1,2]] apart. */
static void hash_args(struct job_parser *p, char kind, const void *text, size_t text_bytes)
{
    struct hash *const h = p->in_arguments ? &p->arguments_hash : &p->args_hash;

    if (!p->in_args || p->depth < 2)
        return;
    hash_add(h, &kind, 1);
    hash_add(h, &text_bytes, sizeof(text_bytes));
    hash_add(h, text, text_bytes);
}

static void set_payload(struct job_parser *p, const struct value *v)
{
    if (!p->is_work)
        return;
    if (v->kind == VALUE_MAP) {
        p->base = 1;
    } else if (v->kind == VALUE_STRING) {
        p->facts.payload_bytes =
            v->text_bytes < sizeof(p->payload) ? v->text_bytes : sizeof(p->payload);
        memcpy(p->payload, v->text, p->facts.payload_bytes);
        p->facts.payload = p->payload;
    }
}

/* A value of the outer object begins. */
static void set_field(struct job_parser *p, const struct value *v)
{
    struct job_facts *f = &p->facts;
    bool is_ms;

    switch (p->field) {
    case FIELD_OTHER:
    case FIELD_ERROR_BACKTRACE:
    case FIELD_ERROR_MESSAGE: break;
    case FIELD_CLASS: set_text(&f->class_, v); break;
    case FIELD_DISPLAY_CLASS: set_text(&f->display_class, v); break;
    case FIELD_WRAPPED: set_text(&f->wrapped, v); break;
    case FIELD_ERROR_CLASS: set_text(&f->error_class, v); break;
    case FIELD_VERSION: set_text(&f->version, v); break;
    case FIELD_JID:
        set_text(&f->jid, v);
        f->has_jid = f->jid.is_set && f->jid.size_bytes > 0;
        break;
    case FIELD_QUEUE: set_text(&f->queue, v); break;
    case FIELD_RUN_AT: f->run_at = time_of(v, &is_ms); break;
    case FIELD_PAYLOAD: set_payload(p, v); break;
    case FIELD_ARGS:
        forget_args(p);
        p->in_args = v->kind == VALUE_ARRAY;
        break;
    case FIELD_CREATED_AT:
        f->created_at = time_of(v, &is_ms);
        f->has_ms_times = f->created_at != ROW_NULL && is_ms;
        f->has_s_times = f->created_at != ROW_NULL && !is_ms;
        break;
    case FIELD_ENQUEUED_AT: f->enqueued_at = time_of(v, &is_ms); break;
    case FIELD_FAILED_AT: f->failed_at = time_of(v, &is_ms); break;
    case FIELD_RETRY_COUNT: f->retry_count = count_of(v); break;
    }
}

/* Any value begins; containers are counted in p->depth after this.  Returns 0 to stop yajl. */
static int begin_value(struct job_parser *p, const struct value *v)
{
    switch (p->depth - p->base) {
    case 0: return v->kind == VALUE_MAP; /* a job is an object */
    case 1: set_field(p, v); break;
    case 2:
        if (p->in_args && p->arg_count++ == 0) {
            set_text(&p->facts.first_arg, v);
            p->in_first_arg = v->kind == VALUE_MAP;
        }
        break;
    case 3:
        if (p->in_first_arg && p->arg_is_job_class)
            set_text(&p->facts.job_class, v);
        if (p->in_first_arg && p->arg_is_arguments) {
            p->facts.mailer.is_set = false;
            p->facts.method.is_set = false;
            p->argument_count = 0;
            p->in_arguments = v->kind == VALUE_ARRAY;
            p->has_arguments |= p->in_arguments;
            hash_begin(&p->arguments_hash, 0);
        }
        break;
    case 4:
        if (p->in_arguments) {
            if (p->argument_count == 0)
                set_text(&p->facts.mailer, v);
            else if (p->argument_count == 1)
                set_text(&p->facts.method, v);
            p->argument_count++;
        }
        break;
    default: break;
    }
    return 1;
}

/* Any value ended; p->depth is that of its parent. */
static void end_value(struct job_parser *p)
{
    switch (p->depth - p->base) {
    case 0:
        p->base = 0; /* the payload's end */
        p->in_args = false;
        break;
    case 1: {
        const uint64_t now = p->fed_bytes + yajl_get_bytes_consumed(p->yajl);
        const uint64_t bytes = now > p->field_end ? now - p->field_end - 1 : 0; /* the colon */

        if (p->field == FIELD_ARGS)
            p->facts.args_bytes = bytes;
        else if (p->field == FIELD_ERROR_BACKTRACE)
            p->facts.backtrace_bytes = bytes;
        else if (p->field == FIELD_ERROR_MESSAGE)
            p->facts.message_bytes = bytes;
        p->in_args = false;
        break;
    }
    case 2: p->in_first_arg = false; break;
    case 3: p->in_arguments = false; break;
    default: break;
    }
}

/* ---- yajl's callbacks --------------------------------------------------------------------- */

static int on_scalar(struct job_parser *p, enum value_kind kind, const char *text,
                     size_t text_bytes)
{
    const struct value v = {kind, text, text_bytes};

    if (!begin_value(p, &v))
        return 0;
    hash_args(p, (char)kind, text, text_bytes);
    end_value(p);
    return 1;
}

static int on_null(void *ctx)
{
    return on_scalar(ctx, VALUE_OTHER, "null", 4);
}

static int on_boolean(void *ctx, int is_true)
{
    return on_scalar(ctx, VALUE_OTHER, is_true ? "true" : "false", is_true ? 4 : 5);
}

/* As text: yajl's own conversion makes an overflow a syntax error. */
static int on_number(void *ctx, const char *text, size_t text_bytes)
{
    return on_scalar(ctx, VALUE_NUMBER, text, text_bytes);
}

static int on_string(void *ctx, const unsigned char *text, size_t text_bytes)
{
    return on_scalar(ctx, VALUE_STRING, (const char *)text, text_bytes);
}

static int on_open(struct job_parser *p, enum value_kind kind)
{
    const struct value v = {.kind = kind};

    if (!begin_value(p, &v) || p->depth >= JOB_MAX_DEPTH)
        return 0;
    hash_args(p, kind == VALUE_MAP ? '{' : '[', "", 0);
    p->depth++;
    return 1;
}

static int on_start_map(void *ctx)
{
    return on_open(ctx, VALUE_MAP);
}

static int on_start_array(void *ctx)
{
    return on_open(ctx, VALUE_ARRAY);
}

static int on_close(void *ctx)
{
    struct job_parser *p = ctx;

    p->depth--;
    hash_args(p, ')', "", 0);
    end_value(p);
    return 1;
}

static enum field field_of(const char *name, size_t name_bytes)
{
    static const struct {
        const char *name;
        enum field field;
    } fields[] = {
        {"class", FIELD_CLASS},
        {"args", FIELD_ARGS},
        {"jid", FIELD_JID},
        {"created_at", FIELD_CREATED_AT},
        {"enqueued_at", FIELD_ENQUEUED_AT},
        {"failed_at", FIELD_FAILED_AT},
        {"retry_count", FIELD_RETRY_COUNT},
        {"error_class", FIELD_ERROR_CLASS},
        {"error_backtrace", FIELD_ERROR_BACKTRACE},
        {"wrapped", FIELD_WRAPPED},
        {"display_class", FIELD_DISPLAY_CLASS},
        {"version", FIELD_VERSION},
        {"error_message", FIELD_ERROR_MESSAGE},
        {"queue", FIELD_QUEUE},
        {"run_at", FIELD_RUN_AT},
        {"payload", FIELD_PAYLOAD},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strlen(fields[i].name) == name_bytes && memcmp(fields[i].name, name, name_bytes) == 0)
            return fields[i].field;
    return FIELD_OTHER;
}

static int on_map_key(void *ctx, const unsigned char *name, size_t name_bytes)
{
    struct job_parser *p = ctx;

    hash_args(p, ':', name, name_bytes);
    if (p->depth - p->base == 1) {
        p->field = field_of((const char *)name, name_bytes);
        p->field_end = p->fed_bytes + yajl_get_bytes_consumed(p->yajl);
    } else if (p->depth - p->base == 3 && p->in_first_arg) {
        p->arg_is_job_class = name_bytes == 9 && memcmp(name, "job_class", 9) == 0;
        p->arg_is_arguments = name_bytes == 9 && memcmp(name, "arguments", 9) == 0;
    }
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_close,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_close,
};

/* ---- the gate ----------------------------------------------------------------------------- */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* One byte inside a string.  Returns whether it may be dropped; *ret_ok false: not JSON. */
static bool pass_string_byte(struct gate *g, uint8_t c, bool *ret_ok)
{
    /* Dropping begins only between two characters, and goes on to the closing quote. */
    const bool is_between = !g->after_backslash && g->hex_left == 0;
    bool is_dropped =
        g->token_bytes > JOB_TOKEN_BYTES || (g->token_bytes == JOB_TOKEN_BYTES && is_between);

    *ret_ok = c >= 0x20;
    if (g->hex_left > 0) {
        *ret_ok = is_hex(c);
        g->hex_left--;
    } else if (g->after_backslash) {
        *ret_ok = c != '\0' && strchr("\"\\/bfnrtu", c) != NULL;
        g->after_backslash = false;
        g->hex_left = c == 'u' ? 4 : 0;
    } else if (c == '\\') {
        g->after_backslash = true;
    } else if (c == '"') {
        g->in_string = false;
        g->token_bytes = 0;
        return false;
    }
    /* An escape that the limit falls into is passed whole. */
    if (is_dropped)
        g->token_bytes = JOB_TOKEN_BYTES + 1;
    else if (g->token_bytes < JOB_TOKEN_BYTES)
        g->token_bytes++;
    return is_dropped;
}

/* One byte outside of strings. */
static bool pass_other_byte(struct gate *g, uint8_t c)
{
    if (c >= '0' && c <= '9') {
        if (g->token_bytes == GATE_DIGITS)
            return true;
        g->token_bytes++;
        return false;
    }
    g->token_bytes = 0;
    g->in_string = c == '"';
    return false;
}

static void feed_run(struct job_parser *p, const uint8_t *bytes, size_t size_bytes)
{
    if (!p->is_failed && size_bytes > 0 && yajl_parse(p->yajl, bytes, size_bytes) != yajl_status_ok)
        p->is_failed = true;
}

static void feed_gated(struct job_parser *p, const uint8_t *bytes, size_t size_bytes)
{
    const uint64_t base = p->fed_bytes;
    size_t run = 0; /* start of what yajl has not got */
    bool in_run = true;

    for (size_t i = 0; i < size_bytes && !p->is_failed; i++) {
        bool is_ok = true;
        const bool is_dropped = p->gate.in_string ? pass_string_byte(&p->gate, bytes[i], &is_ok)
                                                  : pass_other_byte(&p->gate, bytes[i]);

        if (!is_ok)
            p->is_failed = true;
        if (is_dropped == !in_run)
            continue;
        if (in_run) {
            p->fed_bytes = base + run;
            feed_run(p, bytes + run, i - run);
        }
        in_run = !is_dropped;
        run = i;
    }
    if (in_run) {
        p->fed_bytes = base + run;
        feed_run(p, bytes + run, size_bytes - run);
    }
    p->fed_bytes = base + size_bytes;
}

/* ---- the parser --------------------------------------------------------------------------- */

struct job_parser *job_parser_new(void)
{
    return calloc(1, sizeof(struct job_parser));
}

void job_parser_free(struct job_parser *p)
{
    free(p); /* yajl lives in it */
}

void job_parser_begin(struct job_parser *p, uint64_t size_bytes)
{
    yajl_alloc_funcs alloc = {pool_malloc, pool_realloc, pool_free, p};
    struct job_facts *f = &p->facts;

    p->pool_used = 0;
    p->yajl = yajl_alloc(&callbacks, &alloc, p);
    yajl_config(p->yajl, yajl_dont_validate_strings, 1);
    p->is_failed = false;
    p->size_bytes = size_bytes;
    p->fed_bytes = 0;
    p->gate = (struct gate){.is_on = size_bytes > JOB_TOKEN_BYTES};
    p->depth = 0;
    p->field = FIELD_OTHER;
    p->in_args = p->is_work = false;
    p->base = 0;
    p->arg_is_job_class = p->arg_is_arguments = false;
    forget_args(p);
    /* Not the whole struct: the texts are 5 KiB, and payloads come by the million. */
    f->is_object = f->has_jid = f->has_ms_times = f->has_s_times = false;
    f->class_.is_set = f->display_class.is_set = f->wrapped.is_set = false;
    f->error_class.is_set = f->version.is_set = f->jid.is_set = f->queue.is_set = false;
    f->created_at = f->enqueued_at = f->failed_at = f->run_at = ROW_NULL;
    f->retry_count = f->args_bytes = f->backtrace_bytes = f->message_bytes = 0;
    f->payload = NULL;
    f->payload_bytes = 0;
}

void job_parser_begin_work(struct job_parser *p, uint64_t size_bytes)
{
    job_parser_begin(p, size_bytes);
    p->is_work = true;
}

void job_parser_feed(struct job_parser *p, const uint8_t *bytes, size_t size_bytes)
{
    if (p->is_failed)
        return;
    /* A caller that announced too little must not get past the gate. */
    if (size_bytes > p->size_bytes - p->fed_bytes) {
        p->is_failed = true;
    } else if (p->gate.is_on) {
        feed_gated(p, bytes, size_bytes);
    } else {
        feed_run(p, bytes, size_bytes);
        p->fed_bytes += size_bytes;
    }
}

const struct job_facts *job_parser_end_cut(struct job_parser *p)
{
    p->facts.is_object = p->facts.class_.is_set;
    return &p->facts;
}

const struct job_facts *job_parser_end(struct job_parser *p)
{
    struct job_facts *f = &p->facts;

    f->args_hash =
        hash_end(p->has_arguments && f->job_class.is_set ? &p->arguments_hash : &p->args_hash);
    if (p->fed_bytes != p->size_bytes)
        p->is_failed = true;
    if (!p->is_failed && yajl_complete_parse(p->yajl) != yajl_status_ok)
        p->is_failed = true;
    f->is_object = !p->is_failed;
    if (p->is_failed) {
        f->has_jid = false;
        f->class_.is_set = false;
        f->version.is_set = false;
    }
    return f;
}
