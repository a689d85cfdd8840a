/* cmd_info.c -- rdblens info: what a snapshot says of itself, without reading its keys. */
// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "commands.h"
#include "open_snapshot.h"
#include "rdb_error.h"
#include "rdbparse/rdbparse.h"
#include "util/text.h"

#define MAX_AUX 200

/* One line of text, or one member of a JSON object. */
struct printer {
    bool is_json;
    bool has_members;
};

static void print_name(struct printer *p, const uint8_t *name, size_t name_bytes,
                       const char *indent)
{
    char text[200];

    if (!p->is_json) {
        printf("%s%-*s ", indent, 16 - (int)strlen(indent),
               text_escape_line(name, name_bytes, text, sizeof text));
        return;
    }
    printf("%s\n  %s", p->has_members ? "," : "", indent);
    p->has_members = true;
    text_write_json(stdout, name, name_bytes);
    fputs(": ", stdout);
}

static void print_text(struct printer *p, const char *name, const uint8_t *value,
                       size_t value_bytes)
{
    char text[1200];

    print_name(p, (const uint8_t *)name, strlen(name), "");
    if (p->is_json)
        text_write_json(stdout, value, value_bytes);
    else
        puts(text_escape_line(value, value_bytes, text, sizeof text));
}

static void print_number(struct printer *p, const char *name, uint64_t value)
{
    print_name(p, (const uint8_t *)name, strlen(name), "");
    printf(p->is_json ? "%" PRIu64 : "%" PRIu64 "\n", value);
}

static void print_string(struct printer *p, const char *name, const char *value)
{
    print_text(p, name, (const uint8_t *)value, strlen(value));
}

struct aux_copy {
    uint8_t *name, *value;
    size_t name_bytes, value_bytes;
};

struct header {
    struct aux_copy aux[MAX_AUX];
    size_t aux_count;
    uint64_t functions, module_aux;
    bool has_db, has_hints;
    uint64_t db, hint_keys, hint_expires;
};

static int copy_slice(const rdbp_slice *s, size_t max_bytes, uint8_t **ret_bytes, size_t *ret_size)
{
    const size_t n = s->size_bytes < max_bytes ? s->size_bytes : max_bytes;

    *ret_bytes = malloc(n + 1);
    if (*ret_bytes == NULL)
        return -1;
    if (n > 0)
        memcpy(*ret_bytes, s->bytes, n);
    *ret_size = n;
    return 0;
}

static int note_aux(struct header *h, const struct rdbp_aux *aux)
{
    struct aux_copy *a = &h->aux[h->aux_count];

    if (h->aux_count == MAX_AUX)
        return 0;
    if (copy_slice(&aux->name, 200, &a->name, &a->name_bytes) < 0)
        return -1;
    if (copy_slice(&aux->value, 1000, &a->value, &a->value_bytes) < 0) {
        free(a->name);
        return -1;
    }
    h->aux_count++;
    return 0;
}

/* Up to the first key, or the first database's hints. */
static int read_header(rdbp_parser *p, struct header *h, const char *path, struct error *err)
{
    const rdbp_event *ev;
    int r;

    while ((r = rdbp_next(p, &ev)) > 0) {
        switch (ev->type) {
        case RDBP_EVENT_AUX:
            if (note_aux(h, &ev->u.aux) < 0)
                return error_set(err, EXIT_CANNOT_RUN, "out of memory");
            break;
        case RDBP_EVENT_FUNCTION: h->functions += ev->u.function.is_last; break;
        case RDBP_EVENT_MODULE_AUX: h->module_aux++; break;
        case RDBP_EVENT_DB:
            if (h->has_db)
                return 0;
            h->has_db = true;
            h->db = ev->u.db;
            break;
        case RDBP_EVENT_RESIZEDB:
            h->has_hints = true;
            h->hint_keys = ev->u.resizedb.key_count;
            h->hint_expires = ev->u.resizedb.expires_count;
            return 0;
        case RDBP_EVENT_KEY:
        case RDBP_EVENT_END: return 0;
        default: break;
        }
    }
    return r == 0 ? 0 : rdb_error_set(err, path, rdbp_last_error(p));
}

static void print_aux(struct printer *pr, const struct header *h)
{
    struct printer members = {.is_json = pr->is_json};
    char text[4100];

    if (pr->is_json) {
        print_name(pr, (const uint8_t *)"aux", 3, "");
        putchar('{');
    }
    for (size_t i = 0; i < h->aux_count; i++) {
        const struct aux_copy *a = &h->aux[i];

        print_name(&members, a->name, a->name_bytes, pr->is_json ? "  " : "");
        if (pr->is_json)
            text_write_json(stdout, a->value, a->value_bytes);
        else
            puts(text_escape_line(a->value, a->value_bytes, text, sizeof text));
    }
    if (pr->is_json)
        fputs(members.has_members ? "\n  }" : "}", stdout);
}

static void print_header(const char *path, rdbp_parser *p, const struct header *h, bool is_json)
{
    struct printer pr = {.is_json = is_json};

    if (is_json)
        putchar('{');
    print_string(&pr, "file", path);
    print_string(&pr, "container", rdbp_container(p));
    if (rdbp_input_size(p) > 0)
        print_number(&pr, "file_bytes", rdbp_input_size(p));
    print_string(&pr, "family", rdbp_family_name(rdbp_family(p)));
    print_number(&pr, "rdb_version", rdbp_rdb_version(p));
    print_aux(&pr, h);
    if (h->functions > 0)
        print_number(&pr, "functions", h->functions);
    if (h->module_aux > 0)
        print_number(&pr, "module_aux", h->module_aux);
    if (h->has_db)
        print_number(&pr, "first_db", h->db);
    if (h->has_hints) {
        print_number(&pr, "hint_keys", h->hint_keys);
        print_number(&pr, "hint_expires", h->hint_expires);
    }
    if (is_json)
        fputs("\n}\n", stdout);
}

static int show(const char *path, bool is_json, struct error *err)
{
    rdbp_options options = RDBP_OPTIONS_INIT;
    struct header *h = calloc(1, sizeof *h);
    rdbp_parser *p = NULL;
    int r;

    if (h == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    options.depth = RDBP_DEPTH_NONE;
    options.verify_checksum = false;
    r = open_snapshot(path, &options, &p, err);
    if (r < 0)
        goto out;
    r = read_header(p, h, path, err);
    if (r == 0 || err->exit_code == EXIT_DAMAGED)
        print_header(path, p, h, is_json);
out:
    close_snapshot(p);
    for (size_t i = 0; i < h->aux_count; i++) {
        free(h->aux[i].name);
        free(h->aux[i].value);
    }
    free(h);
    return r;
}

static int take_option(void *data, const struct option_given *given, struct error *err)
{
    bool *const is_json = data;

    (void)err;
    if (given->id == OPTION_INFO_FORMAT)
        *is_json = strcmp(given->value, "json") == 0;
    return 0;
}

static int run(int argc, char **argv)
{
    struct error err = {.exit_code = EXIT_DONE};
    struct arguments arguments;
    const char *path;
    bool is_json = false;
    int r;

    r = arguments_parse(&arguments, COMMAND_INFO, argc, argv, take_option, &is_json, &err);
    if (r == ARGUMENTS_RUN) {
        path = snapshot_argument("info", argc, argv, arguments.first_operand, &err);
        r = path == NULL ? -1 : show(path, is_json, &err);
    }
    arguments_done(&arguments);
    return command_finish_stdout(r < 0 ? command_fail(&err) : EXIT_DONE);
}

const struct command cmd_info = {.id = COMMAND_INFO, .run = run};
