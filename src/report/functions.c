/* functions.c -- SQL functions for reports and queries.
 *
 *      pct(part, whole)        100 * part / whole as a number; NULL when whole is 0 or not known
 *      age_ms(now, at)         now - at; 0 when `at` is less than a second ahead, because ctime has
 * no ms human_bytes(n)          '1.2 GiB'       human_count(n)     '1,234,567' human_duration(ms)
 * '3 d 4 h'       human_time(ms)     '2026-11-20 02:00:13', in UTC shell_word(text)        text as
 * one word of a shell's command line redis_match(glob, key)  1 when Redis' own glob matches the
 * bytes of key
 *
 *      count_text(n, words)           '1 key', '2 keys' for 'key', see display_noun()
 *
 *      text_of_largest(n, text)       aggregate: the text of the row with the largest n
 *
 *      glob_of(pattern, is_rule)      the glob to type for a pattern
 *      is_below(pattern, node, delimiter)      1 when it is in that namespace
 *
 * All of them are pure, so that a database's own views may call them too.
 */
// SPDX-License-Identifier: MIT
#include "report/functions.h"

#include <stdlib.h>
#include <string.h>

#include "pattern/pattern.h"
#include "report/display.h"
#include "report/globs.h"
#include "report/pattern_tree.h"
#include "report/shell_word.h"

static void pct(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const double whole = sqlite3_value_double(argv[1]);

    (void)argc;
    if (sqlite3_value_type(argv[0]) != SQLITE_NULL && whole != 0)
        sqlite3_result_double(context, 100 * sqlite3_value_double(argv[0]) / whole);
}

static void age_ms(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    int64_t age;

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL ||
        __builtin_sub_overflow(sqlite3_value_int64(argv[0]), sqlite3_value_int64(argv[1]), &age))
        return;
    sqlite3_result_int64(context, age < 0 && age > -1000 ? 0 : age);
}

static void human(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const enum column_kind *kind = sqlite3_user_data(context);
    struct strbuf text = {0};
    struct value v = {0};

    (void)argc;
    switch (sqlite3_value_type(argv[0])) {
    case SQLITE_INTEGER:
        v.type = VALUE_INT;
        v.integer = sqlite3_value_int64(argv[0]);
        break;
    case SQLITE_FLOAT:
        v.type = VALUE_REAL;
        v.real = sqlite3_value_double(argv[0]);
        break;
    default: return;
    }
    display_value(&text, &v, *kind);
    if (text.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, strbuf_text(&text), (int)text.size_bytes, SQLITE_TRANSIENT);
    strbuf_done(&text);
}

/* count_text(n, words): the number and what is counted, see display_noun(). */
static void count_text(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const struct value n = {.type = VALUE_INT, .integer = sqlite3_value_int64(argv[0])};
    const unsigned char *const words = sqlite3_value_text(argv[1]);
    struct strbuf text = {0};

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || words == NULL)
        return;
    display_count(&text, n.integer);
    strbuf_putc(&text, ' ');
    display_noun(&text, &n, (const char *)words, (size_t)sqlite3_value_bytes(argv[1]));
    if (text.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, strbuf_text(&text), (int)text.size_bytes, SQLITE_TRANSIENT);
    strbuf_done(&text);
}

static void sql_shell_word(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const unsigned char *text = sqlite3_value_text(argv[0]);
    struct strbuf word = {0};

    (void)argc;
    if (text == NULL)
        return;
    shell_file_name(&word, (const char *)text, (size_t)sqlite3_value_bytes(argv[0]));
    if (word.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, strbuf_text(&word), (int)word.size_bytes, SQLITE_TRANSIENT);
    strbuf_done(&word);
}

static void redis_match(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const uint8_t *glob = sqlite3_value_blob(argv[0]);
    const uint8_t *key = sqlite3_value_blob(argv[1]);

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
        return;
    /* An empty BLOB is a NULL pointer. */
    sqlite3_result_int(context, glob_match(glob != NULL ? glob : (const uint8_t *)"",
                                           (size_t)sqlite3_value_bytes(argv[0]),
                                           key != NULL ? key : (const uint8_t *)"",
                                           (size_t)sqlite3_value_bytes(argv[1])));
}

/* is_below(pattern, node, delimiter): 1 when the pattern is the node or lies below it; '' is above
 * all. */
static void is_below(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const unsigned char *pattern = sqlite3_value_text(argv[0]), *node = sqlite3_value_text(argv[1]);
    const unsigned char *delimiter = sqlite3_value_text(argv[2]);
    const size_t pattern_bytes = (size_t)sqlite3_value_bytes(argv[0]);
    const size_t node_bytes = (size_t)sqlite3_value_bytes(argv[1]);
    const size_t delimiter_bytes = (size_t)sqlite3_value_bytes(argv[2]);
    bool is;

    (void)argc;
    if (pattern == NULL || node == NULL || delimiter == NULL)
        return;
    is = node_bytes <= pattern_bytes && memcmp(pattern, node, node_bytes) == 0;
    if (is && node_bytes > 0 && node_bytes < pattern_bytes)
        is = (node_bytes >= delimiter_bytes &&
              memcmp(node + node_bytes - delimiter_bytes, delimiter, delimiter_bytes) == 0) ||
             (pattern_bytes - node_bytes >= delimiter_bytes &&
              memcmp(pattern + node_bytes, delimiter, delimiter_bytes) == 0);
    sqlite3_result_int(context, is);
}

/* One frame, escaped as names are, without what separates frames and numbers. */
static void put_frame(struct strbuf *b, const unsigned char *text, size_t size_bytes)
{
    if (size_bytes == 0)
        strbuf_puts(b, "(none)");
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] <= ' ' || text[i] == ';' || text[i] == 0x7f)
            strbuf_printf(b, "\\x%02x", text[i]);
        else
            strbuf_putc(b, (char)text[i]);
    }
}

/* folded_stack(pattern, delimiter): its namespaces as frames. */
static void folded_stack(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const unsigned char *text = sqlite3_value_text(argv[0]);
    const unsigned char *delimiter = sqlite3_value_text(argv[1]);
    const size_t size_bytes = (size_t)sqlite3_value_bytes(argv[0]);
    const size_t delimiter_bytes = (size_t)sqlite3_value_bytes(argv[1]);
    struct strbuf stack = {0};
    size_t from = 0;

    (void)argc;
    if (text == NULL || delimiter == NULL)
        return;
    for (;;) {
        const unsigned char *next =
            delimiter_bytes > 0 ? memmem(text + from, size_bytes - from, delimiter, delimiter_bytes)
                                : NULL;

        put_frame(&stack, text + from,
                  next == NULL ? size_bytes - from : (size_t)(next - text) - from);
        if (next == NULL)
            break;
        strbuf_putc(&stack, ';');
        from = (size_t)(next - text) + delimiter_bytes;
    }
    if (stack.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, strbuf_text(&stack), (int)stack.size_bytes, SQLITE_TRANSIENT);
    strbuf_done(&stack);
}

/* glob_of(pattern, is_rule): what to type for it. */
static void glob_of(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const struct pattern_shape shape = {.bytes = sqlite3_value_blob(argv[0]),
                                        .size_bytes = (size_t)sqlite3_value_bytes(argv[0]),
                                        .is_rule = sqlite3_value_int(argv[1]) != 0};
    uint8_t *glob;
    size_t n;

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    glob = malloc(2 * shape.size_bytes + 1);
    if (glob == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    n = pattern_glob(&shape, glob);
    if (sqlite3_value_type(argv[0]) == SQLITE_BLOB)
        sqlite3_result_blob64(context, glob, n, free);
    else
        sqlite3_result_text64(context, (char *)glob, n, free, SQLITE_UTF8);
}

/* text_of_largest(n, text): of equal n the greatest text; NULL when no row has a text. */
struct largest_text {
    sqlite3_int64 n;
    char *text; /* NULL: none yet */
    size_t size_bytes, capacity;
};

static void text_of_largest_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct largest_text *const l = sqlite3_aggregate_context(context, sizeof *l);
    const sqlite3_int64 n = sqlite3_value_int64(argv[0]);
    const unsigned char *const text = sqlite3_value_text(argv[1]);
    const size_t size_bytes = (size_t)sqlite3_value_bytes(argv[1]);
    int order = 1;

    (void)argc;
    if (l == NULL || text == NULL || (l->text != NULL && n < l->n))
        return;
    if (l->text != NULL && n == l->n) {
        order = memcmp(text, l->text, size_bytes < l->size_bytes ? size_bytes : l->size_bytes);
        order = order != 0 ? order : size_bytes > l->size_bytes ? 1 : -1;
    }
    if (order < 0)
        return;
    if (l->text == NULL || size_bytes > l->capacity) {
        char *const grown = realloc(l->text, size_bytes + 16);

        if (grown == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
        l->text = grown;
        l->capacity = size_bytes + 16;
    }
    memcpy(l->text, text, size_bytes);
    l->size_bytes = size_bytes;
    l->n = n;
}

static void text_of_largest_end(sqlite3_context *context)
{
    struct largest_text *const l = sqlite3_aggregate_context(context, 0);

    if (l != NULL && l->text != NULL)
        sqlite3_result_text64(context, l->text, l->size_bytes, free, SQLITE_UTF8);
}

int functions_register(sqlite3 *db, struct error *err)
{
    static const enum column_kind bytes = COLUMN_BYTES, count = COLUMN_COUNT, ms = COLUMN_MS,
                                  time = COLUMN_TIME;
    static const struct {
        const char *name;
        int argc;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
        const void *data;
    } functions[] = {
        {"pct", 2, pct, NULL},
        {"age_ms", 2, age_ms, NULL},
        {"human_bytes", 1, human, &bytes},
        {"human_count", 1, human, &count},
        {"human_duration", 1, human, &ms},
        {"human_time", 1, human, &time},
        {"count_text", 2, count_text, NULL},
        {"shell_word", 1, sql_shell_word, NULL},
        {"redis_match", 2, redis_match, NULL},
        {"glob_of", 2, glob_of, NULL},
        {"is_below", 3, is_below, NULL},
        {"folded_stack", 2, folded_stack, NULL},
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (sqlite3_create_function_v2(db, functions[i].name, functions[i].argc, flags,
                                       (void *)functions[i].data, functions[i].run, NULL, NULL,
                                       NULL) != SQLITE_OK)
            return error_set(err, EXIT_CANNOT_RUN, "SQLite: %s", sqlite3_errmsg(db));
    if (sqlite3_create_function_v2(db, "text_of_largest", 2, flags, NULL, NULL,
                                   text_of_largest_step, text_of_largest_end, NULL) != SQLITE_OK)
        return error_set(err, EXIT_CANNOT_RUN, "SQLite: %s", sqlite3_errmsg(db));
    return globs_register(db, err) < 0 ? -1 : pattern_tree_register(db, err);
}
