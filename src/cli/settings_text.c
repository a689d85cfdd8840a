/* settings_text.c -- reads a settings file: one `key = value` a line, in sections.
 *
 *      # comment                       also with ;  Behind a value both are part of it.
 *      top = 20                        for every command that has --top
 *      [report]                        from here on for this command only
 *      width = 132
 *      match = " two blanks "          quotes around all of a value keep its blanks
 *
 * Strict, because a setting that is silently not taken is found too late: what is none of these is
 * an error with its line.  CR LF and a byte order mark, as Windows' editors leave them, are fine.
 */
// SPDX-License-Identifier: MIT
#include "cli/settings_text.h"

#include <string.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without the blanks around it; cuts the end off in place. */
static char *trim(char *text)
{
    size_t length;

    while (is_blank(*text))
        text++;
    length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static char *unquote(char *value)
{
    const size_t length = strlen(value);

    if (length < 2 || value[0] != '"' || value[length - 1] != '"')
        return value;
    value[length - 1] = '\0';
    return value + 1;
}

/* text: one trimmed line that is neither empty nor a comment. */
static int split(char *text, struct settings_line *line, struct error *err)
{
    const size_t length = strlen(text);
    char *equals;

    if (text[0] == '[') {
        if (text[length - 1] != ']')
            return error_set(err, EXIT_CANNOT_RUN, "%s: line %u: the section has no ]", line->path,
                             line->number);
        text[length - 1] = '\0';
        line->section = trim(text + 1);
        line->key = NULL;
        return 0;
    }
    equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return error_set(err, EXIT_CANNOT_RUN, "%s: line %u: expected key = value, got '%.60s'",
                         line->path, line->number, text);
    *equals = '\0';
    line->key = trim(text);
    line->value = unquote(trim(equals + 1));
    return 0;
}

int settings_text_parse(const char *path, char *text, size_t size_bytes,
                        int (*take)(void *data, const struct settings_line *line,
                                    struct error *err),
                        void *data, struct error *err)
{
    struct settings_line line = {.path = path, .section = ""};
    char *p = text, *const end = text + size_bytes;

    *end = '\0';
    if (size_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    while (p < end) {
        char *line_end = memchr(p, '\n', (size_t)(end - p));
        char *next = line_end == NULL ? end : line_end + 1, *content;

        line.number++;
        line_end = line_end == NULL ? end : line_end;
        *line_end = '\0';
        if (memchr(p, '\0', (size_t)(line_end - p)) != NULL)
            return error_set(err, EXIT_CANNOT_RUN, "%s: line %u: holds a NUL byte", path,
                             line.number);
        content = trim(p);
        p = next;
        if (content[0] == '\0' || content[0] == '#' || content[0] == ';')
            continue;
        if (split(content, &line, err) < 0 || take(data, &line, err) < 0)
            return -1;
    }
    return 0;
}
