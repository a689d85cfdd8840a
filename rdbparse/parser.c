/* parser.c -- opening a snapshot and giving its events one by one.
 *
 *      HEADER --> RECORD <--> VALUE          FUNCTION: pieces of a library's source
 *                   |  <----> FUNCTION
 *                   v
 *               CHECKSUM --> END             any state --> FAILED (sticky)
 *
 * States are event boundaries; inside an event the code reads straight on from a blocking source,
 * so no step needs to remember how far into a length it was.  Warnings found on the way wait in a
 * queue and are given before the event that follows them.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "records.h"

#define DEFAULT_MAX_KEY_BYTES ((size_t)1024 * 1024)

int rdbp_version_number(void)
{
    return RDBP_VERSION_MAJOR * 10000 + RDBP_VERSION_MINOR * 100 + RDBP_VERSION_PATCH;
}

/* ---- opening ------------------------------------------------------------------------------- */

static void *raw_realloc(const rdbp_options *o, void *ptr, size_t size_bytes)
{
    if (o->reallocate)
        return o->reallocate(o->reallocate_user, ptr, size_bytes);
    if (size_bytes == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, size_bytes);
}

static int out_of_memory(rdbp_error *ret_error)
{
    *ret_error = (rdbp_error){.code = RDBP_ERR_NOMEM,
                              .severity = RDBP_SEVERITY_FATAL,
                              .key_index = RDBP_NO_KEY,
                              .message = "out of memory"};
    return -1;
}

static int open_source(const char *path, int fd, const uint8_t *bytes, size_t size_bytes,
                       const rdbp_options *options, rdbp_parser **ret_parser, rdbp_error *ret_error)
{
    rdbp_options o = RDBP_OPTIONS_INIT;
    struct reader *reader = NULL;
    rdbp_parser *p = NULL;
    int r = -1;

    if (options) /* a caller built against an older header has a shorter struct */
        memcpy(&o, options, options->struct_bytes < sizeof o ? options->struct_bytes : sizeof o);
    if (o.max_key_bytes == 0)
        o.max_key_bytes = DEFAULT_MAX_KEY_BYTES;
    if (reader_open(&reader, path, fd, bytes, size_bytes, &o, ret_error) < 0)
        return -1;
    p = raw_realloc(&o, NULL, sizeof *p);
    if (!p) {
        out_of_memory(ret_error);
        goto out;
    }
    memset(p, 0, sizeof *p);
    p->options = o;
    p->arena = parser_realloc(p, NULL, ARENA_BYTES);
    p->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!p->arena || !p->c_locale) {
        out_of_memory(ret_error);
        goto out;
    }
    p->default_depth = p->depth = o.depth;
    p->reader = reader;
    reader = NULL;
    *ret_parser = p;
    p = NULL;
    r = 0;
out:
    reader_free(reader);
    rdbp_close(p);
    return r;
}

int rdbp_open_path(const char *path, const rdbp_options *options, rdbp_parser **ret_parser,
                   rdbp_error *ret_error)
{
    return open_source(path, -1, NULL, 0, options, ret_parser, ret_error);
}

int rdbp_open_fd(int fd, const rdbp_options *options, rdbp_parser **ret_parser,
                 rdbp_error *ret_error)
{
    return open_source(NULL, fd, NULL, 0, options, ret_parser, ret_error);
}

int rdbp_open_memory(const uint8_t *bytes, size_t size_bytes, const rdbp_options *options,
                     rdbp_parser **ret_parser, rdbp_error *ret_error)
{
    return open_source(NULL, -1, bytes, size_bytes, options, ret_parser, ret_error);
}

void rdbp_close(rdbp_parser *p)
{
    if (!p)
        return;
    reader_free(p->reader);
    if (p->c_locale)
        freelocale(p->c_locale);
    parser_realloc(p, p->arena, 0);
    parser_realloc(p, p->scratch, 0);
    parser_realloc(p, p->lzf_buffer, 0);
    parser_realloc(p, p->key_bytes, 0);
    parser_realloc(p, p->name_bytes, 0);
    parser_realloc(p, p->value_bytes, 0);
    parser_realloc(p, p->master_fields, 0);
    parser_realloc(p, p->master_bytes, 0);
    raw_realloc(&(rdbp_options){.reallocate = p->options.reallocate,
                                .reallocate_user = p->options.reallocate_user},
                p, 0);
}

/* ---- values -------------------------------------------------------------------------------- */

int value_begin(rdbp_parser *p)
{
    switch (p->value.type->handler) {
    case HANDLER_STRING: return string_begin(p);
    case HANDLER_TABLE: return table_begin(p);
    case HANDLER_PACKED:
    case HANDLER_QUICKLIST: return packed_value_begin(p);
    case HANDLER_STREAM: return stream_begin(p);
    case HANDLER_MODULE: return module_skip(p);
    case HANDLER_NOT_DECODED: break;
    }
    return fatal(p, RDBP_ERR_UNSUPPORTED, reader_offset(p->reader), "value type is not decoded");
}

enum value_result value_next(rdbp_parser *p)
{
    switch (p->value.type->handler) {
    case HANDLER_STRING: return string_next(p);
    case HANDLER_TABLE: return table_next(p);
    case HANDLER_PACKED:
    case HANDLER_QUICKLIST: return packed_value_next(p);
    case HANDLER_STREAM: return stream_next(p);
    case HANDLER_MODULE:
    case HANDLER_NOT_DECODED: break;
    }
    return VALUE_DONE;
}

static bool is_empty_collection(const struct value *v)
{
    switch (v->type->type) {
    case RDBP_TYPE_LIST:
    case RDBP_TYPE_SET:
    case RDBP_TYPE_ZSET:
    case RDBP_TYPE_HASH: return v->has_elements && v->elements == 0;
    default: return false;
    }
}

/* The value's last byte was read: what is said of the key counts from here. */
static int end_value(rdbp_parser *p)
{
    const struct value *v = &p->value;
    struct rdbp_value_end *end = &p->event.u.value_end;

    if (parser_tick(p) < 0)
        return -1;
    /* Not by a whole new struct: the error in it is large. */
    end->ok = !v->is_damaged;
    end->has_element_count = v->has_elements && !v->is_damaged;
    end->is_empty = is_empty_collection(v);
    end->element_count = v->elements;
    end->longest_bytes = v->longest_bytes;
    end->rdb_bytes = reader_offset(p->reader) - p->record_offset;
    if (v->is_damaged)
        end->error = p->damage;
    if (end->is_empty)
        warn(p, RDBP_ERR_EMPTY_KEY, RDBP_SEVERITY_WARN, p->record_offset,
             "%s without elements: servers since 6.2 skip such a key",
             rdbp_type_name(v->type->type));
    p->event.type = RDBP_EVENT_VALUE_END;
    p->event.offset = reader_offset(p->reader);
    p->key_index++;
    p->in_key = p->has_attributes = false;
    p->attributes = (struct key_attributes){0};
    p->state = STATE_RECORD;
    return 1;
}

static int next_of_value(rdbp_parser *p)
{
    if (!p->value.has_begun) {
        p->value.has_begun = true;
        if (value_begin(p) < 0)
            return -1;
    }
    switch (value_next(p)) {
    case VALUE_EVENT: return 1;
    case VALUE_DONE: return end_value(p);
    case VALUE_FATAL: break;
    }
    return -1;
}

/* ---- events -------------------------------------------------------------------------------- */

static int next_event(rdbp_parser *p)
{
    switch (p->state) {
    case STATE_HEADER: p->state = STATE_RECORD; return record_header(p);
    case STATE_RECORD: return record_next(p);
    case STATE_FUNCTION: return record_function_piece(p);
    case STATE_VALUE: return next_of_value(p);
    case STATE_CHECKSUM: return record_end(p);
    case STATE_END:
    case STATE_FAILED: break;
    }
    return -1;
}

static bool take_defect(rdbp_parser *p, rdbp_event *ret_event)
{
    if (p->defect_count == 0)
        return false;
    ret_event->type = RDBP_EVENT_DEFECT;
    ret_event->u.defect = p->defects[p->defect_first];
    ret_event->offset = ret_event->u.defect.offset;
    p->defect_first = (p->defect_first + 1) % DEFECT_QUEUE;
    p->defect_count--;
    return true;
}

int rdbp_next(rdbp_parser *p, const rdbp_event **ret_event)
{
    int r = 0;

    if (p->defect_count == 0 && !p->has_pending_end) {
        if (p->state == STATE_END)
            return 0;
        while (r == 0 && p->state != STATE_FAILED)
            r = next_event(p);
        if (r < 0)
            p->state = STATE_FAILED;
        if (r > 0 && p->state != STATE_END) {
            *ret_event = &p->event;
            return 1;
        }
        /* END comes last: the warnings it caused go out before it. */
        p->has_pending_end = p->state == STATE_END;
    }
    if (take_defect(p, &p->defect_event)) {
        *ret_event = &p->defect_event;
        return 1;
    }
    if (p->state == STATE_FAILED)
        return -1;
    p->has_pending_end = false;
    *ret_event = &p->event;
    return 1;
}

void rdbp_set_depth(rdbp_parser *p, unsigned depth)
{
    if (!p->value.is_damaged)
        p->depth = depth;
}

void rdbp_set_default_depth(rdbp_parser *p, unsigned depth)
{
    p->default_depth = depth;
}

/* ---- what is known so far ------------------------------------------------------------------ */

const rdbp_error *rdbp_last_error(const rdbp_parser *p)
{
    return p->error.code == RDBP_ERR_NONE ? NULL : &p->error;
}

uint64_t rdbp_offset(const rdbp_parser *p)
{
    return reader_offset(p->reader);
}

uint64_t rdbp_input_offset(const rdbp_parser *p)
{
    return reader_input_offset(p->reader);
}

uint64_t rdbp_input_size(const rdbp_parser *p)
{
    return reader_input_size(p->reader);
}

const char *rdbp_container(const rdbp_parser *p)
{
    return reader_container(p->reader);
}

enum rdbp_family rdbp_family(const rdbp_parser *p)
{
    return p->family;
}

uint32_t rdbp_rdb_version(const rdbp_parser *p)
{
    return p->rdb_version;
}

bool rdbp_mapping(const rdbp_parser *p, const void **ret_base, size_t *ret_size_bytes)
{
    return reader_mapping(p->reader, ret_base, ret_size_bytes);
}
