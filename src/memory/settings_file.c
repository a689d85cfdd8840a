/* settings_file.c -- redis.conf: lines, words, quotes, includes.
 *
 *      # comment                       a line of its own; elsewhere # is a character like any other
 *      maxmemory 100mb                 words apart by blanks
 *      requirepass "a \"b\" \x00\n"    escapes between double quotes
 *      logfile 'a \'b\' \n'            between single quotes only \' is one
 *      include conf.d/[a-m]*.conf      from the server's working directory, not from the file's; a
 *                                      pattern may match nothing, a name must be there
 *
 * As the servers read it: config.c: loadServerConfig() and loadServerConfigFromString(), sds.c:
 * sdssplitargs(), Redis 7.4.  Included files stand on a stack, so that no file can make this
 * recurse; how many there are, how deep, and how large in total is bounded, which also ends files
 * that include each other.  Nothing is taken unless everything is: an error leaves the settings as
 * they were.
 */
// SPDX-License-Identifier: MIT
#include "memory/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util/signals.h"

enum {
    FILES_MAX = 1000,
    DEPTH_MAX = 16,
    TOTAL_MAX_BYTES = 16 << 20,
    LINE_MAX_BYTES = 1 << 20,
};

/* The words of one line, NUL-terminated in one buffer. */
struct words {
    char *bytes;
    const char **at;
    size_t count;
};

static void words_done(struct words *w)
{
    free(w->bytes);
    free(w->at);
    *w = (struct words){0};
}

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\n\v\f", c) != NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* What stands at p, behind a backslash between double quotes; returns its length. */
static size_t read_escape(const char *p, char *ret_byte)
{
    static const char letters[] = "nrtba", bytes[] = "\n\r\t\b\a";
    const char *letter;

    if (p[0] == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        *ret_byte = (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
        return 3;
    }
    letter = strchr(letters, p[0]);
    *ret_byte = letter != NULL ? bytes[letter - letters] : p[0];
    return 1;
}

/* One word from *p to *out; -1 when its quotes do not close, or close inside a word. */
static int read_word(const char **p, char **out)
{
    char quote = '\0';
    const char *s = *p;
    char *o = *out;

    for (;; s++) {
        if (quote != '\0' && *s == '\0')
            return -1;
        if (quote == '"' && *s == '\\' && s[1] != '\0') {
            s += read_escape(s + 1, o++);
        } else if (quote == '\'' && *s == '\\' && s[1] == '\'') {
            *o++ = *++s;
        } else if (quote != '\0' && *s == quote) {
            if (s[1] != '\0' && !is_blank(s[1]))
                return -1;
            s++;
            break;
        } else if (quote == '\0' && (*s == '\0' || strchr(" \t\r\n", *s) != NULL)) {
            break;
        } else if (quote == '\0' && (*s == '"' || *s == '\'')) {
            quote = *s;
        } else {
            *o++ = *s;
        }
    }
    *o++ = '\0';
    *p = s;
    *out = o;
    return 0;
}

static int words_split(const char *line, struct words *ret_words, struct error *err)
{
    const size_t size_bytes = strlen(line);
    /* A word takes a byte and a blank at least; two quotes become one NUL. */
    struct words w = {.bytes = malloc(size_bytes + 1),
                      .at = calloc(size_bytes / 2 + 1, sizeof *w.at)};
    char *out = w.bytes;

    if (w.bytes == NULL || w.at == NULL) {
        words_done(&w);
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    for (;;) {
        while (is_blank(*line))
            line++;
        if (*line == '\0')
            break;
        w.at[w.count++] = out;
        if (read_word(&line, &out) < 0) {
            words_done(&w);
            return error_set(err, EXIT_CANNOT_RUN, "unbalanced quotes");
        }
    }
    *ret_words = w;
    return 0;
}

int memory_settings_set_text(struct memory_settings *s, const char *text, struct error *err)
{
    const char *equals = strchr(text, '=');
    struct words w = {0};
    char name[128];
    int r;

    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof name)
        return error_set(err, EXIT_CANNOT_RUN, "expected NAME=VALUE, got '%.80s'", text);
    if (strlen(text) > LINE_MAX_BYTES)
        return error_set(err, EXIT_CANNOT_RUN, "longer than %d bytes", LINE_MAX_BYTES);
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    if (words_split(equals + 1, &w, err) < 0)
        return -1;
    r = memory_settings_set(s, name, w.at, w.count, err);
    words_done(&w);
    return r;
}

struct source {
    char *path;
    size_t depth;
    char *text; /* NULL: not opened yet */
    size_t size_bytes, at;
    size_t line;
};

struct loader {
    struct memory_settings settings;
    struct source *sources; /* a stack; files of one pattern lie in reverse order */
    size_t count;
    size_t file_count, total_bytes;
};

static struct source *top(struct loader *l)
{
    return &l->sources[l->count - 1];
}

static void pop(struct loader *l)
{
    free(top(l)->path);
    free(top(l)->text);
    l->count--;
}

/* Puts the place of `line` of the source before the message. */
static int error_at(const struct source *source, struct error *err)
{
    const struct error inner = *err;

    return error_set(err, inner.exit_code, "%.200s:%zu: %s", source->path, source->line,
                     inner.message);
}

static int push(struct loader *l, const char *path, size_t depth, struct error *err)
{
    char *copy;

    if (depth > DEPTH_MAX || l->file_count == FILES_MAX)
        return error_set(err, EXIT_CANNOT_RUN, "include %.120s: more than %d files %s", path,
                         depth > DEPTH_MAX ? DEPTH_MAX : FILES_MAX,
                         depth > DEPTH_MAX ? "inside each other" : "in all");
    copy = strdup(path);
    if (copy == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    l->sources[l->count++] = (struct source){.path = copy, .depth = depth};
    l->file_count++;
    return 0;
}

static int include(struct loader *l, const char *pattern, struct error *err)
{
    const size_t depth = top(l)->depth + 1;
    glob_t found = {0};
    int r = 0;

    if (strpbrk(pattern, "*?[") == NULL)
        return push(l, pattern, depth, err);
    switch (glob(pattern, 0, NULL, &found)) {
    case 0:
        for (size_t i = found.gl_pathc; r == 0 && i-- > 0;)
            r = push(l, found.gl_pathv[i], depth, err);
        break;
    case GLOB_NOSPACE: r = error_set(err, EXIT_CANNOT_RUN, "out of memory"); break;
    default: break;
    }
    globfree(&found);
    return r;
}

/* Reads what is there; a size beforehand would not hold for a pipe. */
static int read_all(int fd, size_t max_bytes, char **ret_text, size_t *ret_size_bytes)
{
    size_t size_bytes = 0, room_bytes = 0;
    char *text = NULL, *larger;
    ssize_t n = 1;

    while (n != 0) {
        if (room_bytes - size_bytes < 2) {
            room_bytes = room_bytes == 0 ? 1 << 16 : room_bytes * 2;
            larger = realloc(text, room_bytes);
            if (larger == NULL)
                goto fail;
            text = larger;
        }
        n = read(fd, text + size_bytes, room_bytes - size_bytes - 1);
        if (n < 0 && errno == EINTR && signals_cancelled() == 0)
            continue;
        if (n < 0)
            goto fail;
        size_bytes += (size_t)n;
        if (size_bytes > max_bytes) {
            errno = EFBIG;
            goto fail;
        }
    }
    text[size_bytes] = '\0';
    *ret_text = text;
    *ret_size_bytes = size_bytes;
    return 0;
fail:
    free(text);
    return -1;
}

/* Opens the top of the stack. */
static int open_source(struct loader *l, struct error *err)
{
    struct source *source = top(l);
    int fd = open(source->path, O_RDONLY | O_CLOEXEC), r = -1, reason = errno;

    if (fd >= 0) {
        r = read_all(fd, TOTAL_MAX_BYTES - l->total_bytes, &source->text, &source->size_bytes);
        reason = errno;
        close(fd);
    }
    if (r == 0) {
        l->total_bytes += source->size_bytes;
        return 0;
    }
    if (reason == EINTR && signals_cancelled() != 0) /* of a pipe that nobody writes to */
        return error_set(err, (enum exit_code)signals_exit_code(), "%.200s: interrupted",
                         source->path);
    error_set(err, EXIT_CANNOT_RUN, "%s%.200s: %s", source->depth > 0 ? "include " : "",
              source->path, reason == EFBIG ? "too large for a configuration" : strerror(reason));
    /* Below it lie other files of the same pattern, then the one that includes them. */
    for (size_t i = l->count - 1; i-- > 0;)
        if (l->sources[i].text != NULL)
            return error_at(&l->sources[i], err);
    return -1;
}

static int take_line(struct loader *l, char *line, struct error *err)
{
    struct words w = {0};
    int r = 0;

    line += strspn(line, " \t\r");
    if (line[0] == '#' || line[0] == '\0')
        return 0;
    if (words_split(line, &w, err) < 0)
        return -1;
    if (w.count == 2 && strcasecmp(w.at[0], "include") == 0)
        r = include(l, w.at[1], err);
    else if (w.count > 0)
        r = memory_settings_set(&l->settings, w.at[0], w.at + 1, w.count - 1, err);
    words_done(&w);
    return r;
}

static int next_line(struct loader *l, struct error *err)
{
    struct source *source = top(l);
    char *line = source->text + source->at;
    const size_t left_bytes = source->size_bytes - source->at;
    char *end = memchr(line, '\n', left_bytes);
    const size_t size_bytes = end != NULL ? (size_t)(end - line) : left_bytes;
    int r;

    source->line++;
    source->at += size_bytes + (end != NULL ? 1 : 0);
    line[size_bytes] = '\0';
    if (size_bytes > LINE_MAX_BYTES)
        r = error_set(err, EXIT_CANNOT_RUN, "line of more than %d bytes", LINE_MAX_BYTES);
    else if (strlen(line) < size_bytes)
        r = error_set(err, EXIT_CANNOT_RUN, "a NUL byte: not a configuration");
    else
        r = take_line(l, line, err);
    return r < 0 ? error_at(source, err) : 0;
}

int memory_settings_load(struct memory_settings *s, const char *path, struct error *err)
{
    struct loader l = {.settings = *s, .sources = calloc(FILES_MAX, sizeof *l.sources)};
    int r;

    if (l.sources == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    r = push(&l, path, 0, err);
    while (r == 0 && l.count > 0) {
        if (top(&l)->text == NULL)
            r = open_source(&l, err);
        else if (top(&l)->at == top(&l)->size_bytes)
            pop(&l);
        else
            r = next_line(&l, err);
    }
    if (r == 0)
        *s = l.settings;
    while (l.count > 0)
        pop(&l);
    free(l.sources);
    return r;
}
