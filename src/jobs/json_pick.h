/* json_pick.h -- a few values out of JSON that comes in pieces, by their path.
 *
 *      json_pick_begin()   a new text
 *      json_pick_feed()    its bytes, in any pieces; calls back for each scalar on a known path
 *      json_pick_end()     whether the text was whole
 *
 * Memory is this struct, whatever the text: no tree is built, and of a string its first
 * JSON_PICK_TEXT_BYTES are kept.
 */
#ifndef RDBLENS_JSON_PICK_H
#define RDBLENS_JSON_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_PICK_TEXT_BYTES 300
#define JSON_PICK_MAX_DEPTH  64

/* Names that paths are made of. */
enum json_name {
    JSON_NAME_OTHER = 0,
    JSON_NAME_ACTOR_NAME,
    JSON_NAME_CLASS,
    JSON_NAME_CREATED_AT,
    JSON_NAME_DISPLAY_NAME,
    JSON_NAME_ERRTYPE,
    JSON_NAME_EXC_TYPE,
    JSON_NAME_EXCEPTION,
    JSON_NAME_FAILED_AT,
    JSON_NAME_FAILURE,
    JSON_NAME_HEADERS,
    JSON_NAME_JID,
    JSON_NAME_JOB,
    JSON_NAME_JOBTYPE,
    JSON_NAME_MESSAGE_TIMESTAMP,
    JSON_NAME_OPTIONS,
    JSON_NAME_PAYLOAD,
    JSON_NAME_PUSHED_AT,
    JSON_NAME_RESULT,
    JSON_NAME_STACKTRACES,
    JSON_NAME_STATUS,
    JSON_NAME_TASK,
    JSON_NAME_TIMESTAMP
};

/* A path has a byte a level, the outermost first: a name, or JSON_INDEX(i) in an array. */
#define JSON_INDEX(i)       (0x80u | (i))
#define JSON_PATH1(a)       ((uint32_t)(a))
#define JSON_PATH2(a, b)    ((uint32_t)(a) << 8 | (uint32_t)(b))
#define JSON_PATH3(a, b, c) (JSON_PATH2(a, b) << 8 | (uint32_t)(c))

struct json_value {
    uint32_t path;    /* of at most 4 levels; deeper values are not told */
    bool is_string;   /* else a number, true, false or null, as it is written */
    const char *text; /* unescaped; cut, not NUL-terminated */
    size_t text_bytes;
};

struct json_pick {
    void (*on_value)(void *user, const struct json_value *value);
    void *user;

    /* Its own. */
    uint8_t state;
    bool is_failed, is_name, is_escaped, is_container;
    uint8_t hex_left;
    uint32_t hex, high_surrogate;
    unsigned depth;
    uint64_t arrays; /* bit d - 1: level d is an array */
    uint8_t steps[4];
    size_t text_bytes;
    char text[JSON_PICK_TEXT_BYTES];
};

void json_pick_begin(struct json_pick *p);
void json_pick_feed(struct json_pick *p, const uint8_t *bytes, size_t size_bytes);
/* A whole object or array. */
bool json_pick_end(const struct json_pick *p);

#endif
