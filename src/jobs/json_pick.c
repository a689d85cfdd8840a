/* json_pick.c -- a few values out of JSON that comes in pieces, by their path.
 *
 * A state a byte; no memory but the struct.  Structure is checked (brackets that match, names,
 * colons, commas, what an escape may be); numbers and literals are only told apart by their
 * letters, since nothing is computed from a wrong one.
 *
 *      {"headers": {"task": "mail.welcome"}, ...}
 *       ^ depth 1   ^ depth 2: path headers, task
 *
 * Sidekiq's payloads have a parser of their own (sidekiq/job_json.c), which must be as strict as
 * Ruby's, because an element that does not parse is a finding there.
 */
// SPDX-License-Identifier: MIT
#include "jobs/json_pick.h"

#include <string.h>

enum state {
    STATE_VALUE = 0,  /* before a value */
    STATE_FIRST_ITEM, /* after [: a value or ] */
    STATE_FIRST_NAME, /* after {: a name or } */
    STATE_NAME,       /* after a comma in an object */
    STATE_COLON,
    STATE_NEXT, /* after a value: comma or a closing bracket */
    STATE_STRING,
    STATE_WORD, /* a number, true, false, null */
    STATE_END
};

static enum json_name name_of(const char *text, size_t bytes)
{
    static const struct {
        const char *text;
        enum json_name name;
    } names[] = {
        {"actor_name", JSON_NAME_ACTOR_NAME},
        {"class", JSON_NAME_CLASS},
        {"createdAt", JSON_NAME_CREATED_AT},
        {"created_at", JSON_NAME_CREATED_AT},
        {"displayName", JSON_NAME_DISPLAY_NAME},
        {"errtype", JSON_NAME_ERRTYPE},
        {"exc_type", JSON_NAME_EXC_TYPE},
        {"exception", JSON_NAME_EXCEPTION},
        {"failed_at", JSON_NAME_FAILED_AT},
        {"failure", JSON_NAME_FAILURE},
        {"headers", JSON_NAME_HEADERS},
        {"jid", JSON_NAME_JID},
        {"job", JSON_NAME_JOB},
        {"jobtype", JSON_NAME_JOBTYPE},
        {"message_timestamp", JSON_NAME_MESSAGE_TIMESTAMP},
        {"options", JSON_NAME_OPTIONS},
        {"payload", JSON_NAME_PAYLOAD},
        {"pushedAt", JSON_NAME_PUSHED_AT},
        {"result", JSON_NAME_RESULT},
        {"stacktraces", JSON_NAME_STACKTRACES},
        {"status", JSON_NAME_STATUS},
        {"task", JSON_NAME_TASK},
        {"timestamp", JSON_NAME_TIMESTAMP},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i].text) == bytes && memcmp(names[i].text, text, bytes) == 0)
            return names[i].name;
    return JSON_NAME_OTHER;
}

static bool is_array(const struct json_pick *p)
{
    return p->depth > 0 && (p->arrays >> (p->depth - 1) & 1);
}

static void tell_value(struct json_pick *p, bool is_string)
{
    struct json_value v = {.is_string = is_string, .text = p->text, .text_bytes = p->text_bytes};

    if (p->depth == 0 || p->depth > sizeof(p->steps))
        return;
    for (unsigned i = 0; i < p->depth; i++)
        v.path = v.path << 8 | p->steps[i];
    p->on_value(p->user, &v);
}

static void put_byte(struct json_pick *p, uint8_t c)
{
    if (p->text_bytes < sizeof(p->text))
        p->text[p->text_bytes++] = (char)c;
}

/* Half of a pair alone becomes a question mark: it is no character. */
static void put_code_point(struct json_pick *p, uint32_t c)
{
    if (c >= 0xd800 && c <= 0xdfff)
        c = '?';
    if (sizeof(p->text) - p->text_bytes < 4)
        return; /* not a part of a character */
    if (c < 0x80) {
        put_byte(p, (uint8_t)c);
    } else if (c < 0x800) {
        put_byte(p, (uint8_t)(0xc0 | c >> 6));
        put_byte(p, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        put_byte(p, (uint8_t)(0xe0 | c >> 12));
        put_byte(p, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        put_byte(p, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        put_byte(p, (uint8_t)(0xf0 | c >> 18));
        put_byte(p, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        put_byte(p, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        put_byte(p, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

static void end_hex(struct json_pick *p)
{
    const uint32_t c = p->hex, high = p->high_surrogate;

    p->high_surrogate = 0;
    if (high != 0 && c >= 0xdc00 && c <= 0xdfff) {
        put_code_point(p, 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00));
    } else if (c >= 0xd800 && c <= 0xdbff) {
        p->high_surrogate = c;
    } else {
        put_code_point(p, c);
    }
}

static bool feed_escape(struct json_pick *p, uint8_t c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at;

    if (p->hex_left > 0) {
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        p->hex = p->hex << 4 | digit;
        if (--p->hex_left == 0)
            end_hex(p);
        return true;
    }
    p->is_escaped = false;
    if (c == 'u') {
        p->hex = 0;
        p->hex_left = 4;
        return true;
    }
    at = c != '\0' ? strchr(from, c) : NULL;
    if (at == NULL)
        return false;
    put_byte(p, (uint8_t)to[at - from]);
    return true;
}

/* A value is complete: what may come next depends on where it stands. */
static void end_value(struct json_pick *p)
{
    p->state = p->depth == 0 ? STATE_END : STATE_NEXT;
}

static bool feed_string(struct json_pick *p, uint8_t c)
{
    if (p->is_escaped || p->hex_left > 0)
        return feed_escape(p, c);
    if (c == '\\') {
        p->is_escaped = true;
        return true;
    }
    if (c != '"') {
        put_byte(p, c);
        return c >= 0x20;
    }
    if (p->is_name) {
        p->is_name = false;
        if (p->depth <= sizeof(p->steps))
            p->steps[p->depth - 1] = (uint8_t)name_of(p->text, p->text_bytes);
        p->state = STATE_COLON;
    } else {
        tell_value(p, true);
        end_value(p);
    }
    return true;
}

static bool begin_string(struct json_pick *p, bool is_name)
{
    p->is_name = is_name;
    p->is_escaped = false;
    p->hex_left = 0;
    p->high_surrogate = 0;
    p->text_bytes = 0;
    p->state = STATE_STRING;
    return true;
}

static bool open_level(struct json_pick *p, bool is_array_)
{
    if (p->depth == JSON_PICK_MAX_DEPTH)
        return false;
    p->depth++;
    if (is_array_)
        p->arrays |= (uint64_t)1 << (p->depth - 1);
    else
        p->arrays &= ~((uint64_t)1 << (p->depth - 1));
    if (p->depth <= sizeof(p->steps))
        p->steps[p->depth - 1] = is_array_ ? JSON_INDEX(0) : JSON_NAME_OTHER;
    p->is_container = true;
    p->state = is_array_ ? STATE_FIRST_ITEM : STATE_FIRST_NAME;
    return true;
}

static bool close_level(struct json_pick *p, bool is_array_)
{
    if (p->depth == 0 || is_array(p) != is_array_)
        return false;
    p->depth--;
    end_value(p);
    return true;
}

static bool is_word_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static bool begin_value(struct json_pick *p, uint8_t c)
{
    if (c == '{' || c == '[')
        return open_level(p, c == '[');
    if (c == '"')
        return begin_string(p, false);
    if (!is_word_byte(c))
        return false;
    p->text_bytes = 0;
    put_byte(p, c);
    p->state = STATE_WORD;
    return true;
}

static bool next_item(struct json_pick *p)
{
    if (!is_array(p)) {
        p->state = STATE_NAME;
        return true;
    }
    if (p->depth <= sizeof(p->steps) && p->steps[p->depth - 1] < 0xff)
        p->steps[p->depth - 1]++;
    p->state = STATE_VALUE;
    return true;
}

static bool feed_byte(struct json_pick *p, uint8_t c)
{
    if (p->state == STATE_STRING)
        return feed_string(p, c);
    if (p->state == STATE_WORD) {
        if (is_word_byte(c)) {
            put_byte(p, c);
            return true;
        }
        tell_value(p, false);
        end_value(p);
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return true;
    switch ((enum state)p->state) {
    case STATE_VALUE: return begin_value(p, c);
    case STATE_FIRST_ITEM: return c == ']' ? close_level(p, true) : begin_value(p, c);
    case STATE_FIRST_NAME:
        if (c == '}')
            return close_level(p, false);
        return c == '"' && begin_string(p, true);
    case STATE_NAME: return c == '"' && begin_string(p, true);
    case STATE_COLON: p->state = STATE_VALUE; return c == ':';
    case STATE_NEXT:
        if (c == ',')
            return next_item(p);
        return (c == '}' || c == ']') && close_level(p, c == ']');
    default: return false;
    }
}

/* Bytes of a string that is kept no further need not be looked at one by one. */
static size_t skip_string(const struct json_pick *p, const uint8_t *bytes, size_t size_bytes)
{
    size_t i = 0;

    if (p->state != STATE_STRING || p->is_escaped || p->hex_left > 0 ||
        p->text_bytes < sizeof(p->text))
        return 0;
    while (i < size_bytes && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] >= 0x20)
        i++;
    return i;
}

void json_pick_begin(struct json_pick *p)
{
    p->state = STATE_VALUE;
    p->is_failed = p->is_name = p->is_escaped = p->is_container = false;
    p->hex_left = 0;
    p->high_surrogate = 0;
    p->depth = 0;
    p->arrays = 0;
    p->text_bytes = 0;
}

void json_pick_feed(struct json_pick *p, const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes && !p->is_failed; i++) {
        i += skip_string(p, bytes + i, size_bytes - i);
        if (i < size_bytes && !feed_byte(p, bytes[i]))
            p->is_failed = true;
    }
}

bool json_pick_end(const struct json_pick *p)
{
    return !p->is_failed && p->state == STATE_END && p->is_container;
}
