/* filter.c -- which keys count.
 *
 * A key passes when, for every kind of option that was given straight, one of them selects it, and
 * no negated one does:   (db 0 or db 3) and (match a* or match b*) and not (match *:tmp).
 */
// SPDX-License-Identifier: MIT
#include "analyze/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern/pattern.h"
#include "util/text.h"

static const char *const option_names[FILTER_KIND_COUNT_] = {
    [FILTER_DB] = "db",
    [FILTER_TYPE] = "type",
    [FILTER_MATCH] = "match",
    [FILTER_MIN_BYTES] = "min-bytes",
    [FILTER_MAX_BYTES] = "max-bytes",
    [FILTER_NO_TTL] = "no-ttl",
};

bool filter_is_type(const char *word)
{
    static const char name_chars[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (int i = 0; i < RDBP_TYPE_COUNT_; i++) {
        if (strcmp(word, rdbp_type_name((enum rdbp_type)i)) == 0)
            return true;
    }
    return strlen(word) == 9 && word[strspn(word, name_chars)] == '\0';
}

static int parse_term(struct filter_term *t, struct error *err)
{
    switch (t->kind) {
    case FILTER_DB:
        if (text_parse_int(t->text, 0, INT64_MAX, &t->number) < 0)
            return error_set(err, EXIT_CANNOT_RUN, "--%sdb: '%s' is not a database number",
                             t->is_negated ? "not-" : "", t->text);
        return 0;
    case FILTER_MIN_BYTES:
    case FILTER_MAX_BYTES:
        if (text_parse_size(t->text, &t->number) < 0)
            return error_set(err, EXIT_CANNOT_RUN,
                             "--%s%s: '%s' is not a size (as 1500, 10k, 4MiB, 1gb)",
                             t->is_negated ? "not-" : "", option_names[t->kind], t->text);
        return 0;
    case FILTER_TYPE:
        if (!filter_is_type(t->text))
            return error_set(err, EXIT_CANNOT_RUN,
                             "--%stype: '%.40s' is not a type (string, list, set, zset, hash, "
                             "stream, module, or the nine characters of a module type)",
                             t->is_negated ? "not-" : "", t->text);
        return 0;
    default: return 0;
    }
}

int filter_add(struct filter *f, enum filter_kind kind, bool is_negated, const char *text,
               struct error *err)
{
    struct filter_term term = {.kind = kind, .is_negated = is_negated, .text = text};
    struct filter_term *grown;

    if (parse_term(&term, err) < 0)
        return -1;
    if (f->count == FILTER_MAX_TERMS)
        return error_set(err, EXIT_CANNOT_RUN, "more than %d filter options", FILTER_MAX_TERMS);
    grown = realloc(f->terms, (f->count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    grown[f->count++] = term;
    f->terms = grown;
    return 0;
}

void filter_done(struct filter *f)
{
    free(f->terms);
    f->terms = NULL;
    f->count = 0;
}

static bool type_selects(const char *word, const struct key_row *row)
{
    return strcmp(word, rdbp_type_name(row->type)) == 0 ||
           (row->type == RDBP_TYPE_MODULE && strcmp(word, row->module_name) == 0);
}

/* What the option would select, without its negation. */
static bool term_selects(const struct filter_term *t, const struct key_row *row)
{
    switch (t->kind) {
    case FILTER_DB: return row->db == (uint64_t)t->number;
    case FILTER_TYPE: return type_selects(t->text, row);
    case FILTER_MATCH:
        return glob_match((const uint8_t *)t->text, strlen(t->text), row->key,
                          row->key_stored_bytes);
    case FILTER_MIN_BYTES: return row->bytes != ROW_NULL && row->bytes >= t->number;
    case FILTER_MAX_BYTES: return row->bytes != ROW_NULL && row->bytes <= t->number;
    default: return row->expires_at_ms == ROW_NULL; /* FILTER_NO_TTL */
    }
}

/* kinds: a bit for each kind that is looked at. */
static bool passes_kinds(const struct filter *f, const struct key_row *row, unsigned kinds)
{
    unsigned given = 0, satisfied = 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct filter_term *t = &f->terms[i];
        const unsigned bit = 1U << t->kind;

        if ((kinds & bit) == 0 || (!t->is_negated && (satisfied & bit) != 0))
            continue;
        if (!t->is_negated)
            given |= bit;
        if (!term_selects(t, row))
            continue;
        if (t->is_negated)
            return false;
        satisfied |= bit;
    }
    return given == satisfied;
}

bool filter_passes(const struct filter *f, const struct key_row *row)
{
    return passes_kinds(f, row, (1U << FILTER_KIND_COUNT_) - 1);
}

bool filter_passes_name(const struct filter *f, uint64_t db, enum rdbp_type type,
                        const uint8_t *key, size_t key_bytes)
{
    const struct key_row row = {.db = db, .type = type, .key = key, .key_stored_bytes = key_bytes};

    return passes_kinds(f, &row, 1U << FILTER_DB | 1U << FILTER_TYPE | 1U << FILTER_MATCH);
}

/* Words that a shell would take apart or expand stand in single quotes. */
static void write_word(FILE *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

int filter_text(const struct filter *f, char **ret_text)
{
    char *text = NULL, *escaped;
    size_t size_bytes = 0, escaped_bytes;
    FILE *out;

    *ret_text = NULL;
    if (f->count == 0)
        return 0;
    out = open_memstream(&text, &size_bytes);
    if (out == NULL)
        return -1;
    for (size_t i = 0; i < f->count; i++) {
        const struct filter_term *t = &f->terms[i];

        fprintf(out, "%s--%s%s", i == 0 ? "" : " ", t->is_negated ? "not-" : "",
                option_names[t->kind]);
        if (t->text != NULL) {
            fputc(' ', out);
            write_word(out, t->text);
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return -1;
    }
    if (text_is_utf8((const uint8_t *)text, size_bytes)) {
        *ret_text = text;
        return 0;
    }
    escaped_bytes = text_escaped_bytes((const uint8_t *)text, size_bytes);
    escaped = malloc(escaped_bytes + 1);
    if (escaped != NULL) {
        text_escape((const uint8_t *)text, size_bytes, escaped);
        escaped[escaped_bytes] = '\0';
    }
    free(text);
    *ret_text = escaped;
    return escaped == NULL ? -1 : 0;
}
