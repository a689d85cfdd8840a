/* template.c -- HTML templates over rows.
 *
 * Two steps.  compile() makes an array of nodes in which every name is already resolved: which
 * columns there are is known from the SQL without a row, so an unknown name is found whatever the
 * data.  run() walks the array with one counter of rows for each open loop:
 *
 *      <ul>{{#keys}}<li>{{name}}</li>{{/keys}}</ul>
 *
 *      0 TEXT  <ul>
 *      1 ROWS  section 0, level 0          no rows: to 5
 *      2 TEXT  <li>
 *      3 VALUE level 0, column 1
 *      4 TEXT  </li>
 *      5 END   of 1                        another row: to 2
 *      6 TEXT  </ul>
 *
 * A section cannot stand inside itself, so loops nest as deep as the template says and no deeper.
 */
// SPDX-License-Identifier: MIT
#include "report/template.h"

#include <stdlib.h>
#include <string.h>

#include "report/html_text.h"

#define MAX_DEPTH 16
#define MAX_TEXT  200 /* columns of a text in a chart */

enum node_kind {
    NODE_TEXT,
    NODE_PART,
    NODE_VALUE,
    NODE_RAW,
    NODE_ROWS,    /* a loop */
    NODE_NO_ROWS, /* when a section is empty */
    NODE_IF,
    NODE_UNLESS,
    NODE_END
};

struct node {
    enum node_kind kind;
    const char *text; /* TEXT, PART */
    size_t size_bytes;
    size_t section; /* ROWS, NO_ROWS */
    size_t level;   /* which loop the column is of; ROWS: its own */
    size_t column;
    size_t partner; /* END: what it ends, and back */
};

struct compiler {
    const char *path;
    const struct template_scope *scope;
    int line;
    struct node *nodes;
    size_t count;
    size_t open[MAX_DEPTH]; /* nodes that wait for their END */
    const char *open_names[MAX_DEPTH];
    size_t open_bytes[MAX_DEPTH];
    int open_lines[MAX_DEPTH];
    size_t depth;
    size_t loops[MAX_DEPTH]; /* sections of the open loops, the outermost first */
    size_t loop_count;
    struct error *err;
};

static int fail(const struct compiler *c, const char *what, const char *name, size_t size_bytes)
{
    return error_set(c->err, EXIT_CANNOT_RUN, "%s:%d: %s {{%.*s}}", c->path, c->line, what,
                     (int)(size_bytes < 80 ? size_bytes : 80), name);
}

static struct node *add_node(struct compiler *c, enum node_kind kind)
{
    struct node *nodes = realloc(c->nodes, (c->count + 1) * sizeof *nodes);

    if (nodes == NULL) {
        error_set(c->err, EXIT_CANNOT_RUN, "%s: out of memory", c->path);
        return NULL;
    }
    c->nodes = nodes;
    nodes[c->count] = (struct node){.kind = kind};
    return &nodes[c->count++];
}

static bool is_name(const char *name, const char *text, size_t size_bytes)
{
    return strlen(name) == size_bytes && memcmp(name, text, size_bytes) == 0;
}

/* The column of that name in the innermost row that has one. */
static bool find_column(const struct compiler *c, const char *name, size_t size_bytes,
                        struct node *ret_node)
{
    for (size_t level = c->loop_count; level-- > 0;) {
        const struct row_list *rows = c->scope->sections[c->loops[level]].rows;

        for (size_t i = 0; i < rows->column_count; i++) {
            if (!is_name(rows->columns[i].name, name, size_bytes))
                continue;
            ret_node->level = level;
            ret_node->column = i;
            return true;
        }
    }
    return false;
}

static bool find_section(const struct compiler *c, const char *name, size_t size_bytes,
                         size_t *ret_section)
{
    for (size_t i = 0; i < c->scope->section_count; i++) {
        if (is_name(c->scope->sections[i].name, name, size_bytes)) {
            *ret_section = i;
            return true;
        }
    }
    return false;
}

static int add_open(struct compiler *c, bool is_inverted, const char *name, size_t size_bytes)
{
    struct node *node, found = {0};

    if (c->depth == MAX_DEPTH)
        return fail(c, "nested too deep:", name, size_bytes);
    if (find_column(c, name, size_bytes, &found)) {
        found.kind = is_inverted ? NODE_UNLESS : NODE_IF;
    } else if (find_section(c, name, size_bytes, &found.section)) {
        found.kind = is_inverted ? NODE_NO_ROWS : NODE_ROWS;
        for (size_t i = 0; i < c->loop_count; i++)
            if (c->loops[i] == found.section)
                return fail(c, "inside itself:", name, size_bytes);
    } else {
        return fail(c, "neither a column nor a section:", name, size_bytes);
    }
    node = add_node(c, found.kind);
    if (node == NULL)
        return -1;
    *node = found;
    if (found.kind == NODE_ROWS) {
        node->level = c->loop_count;
        c->loops[c->loop_count++] = found.section;
    }
    c->open[c->depth] = c->count - 1;
    c->open_names[c->depth] = name;
    c->open_bytes[c->depth] = size_bytes;
    c->open_lines[c->depth++] = c->line;
    return 0;
}

static int add_end(struct compiler *c, const char *name, size_t size_bytes)
{
    struct node *node;
    size_t opened;

    if (c->depth == 0 || c->open_bytes[c->depth - 1] != size_bytes ||
        memcmp(c->open_names[c->depth - 1], name, size_bytes) != 0)
        return fail(c, "ends what is not open:", name, size_bytes);
    node = add_node(c, NODE_END);
    if (node == NULL)
        return -1;
    opened = c->open[--c->depth];
    node->partner = opened;
    c->nodes[opened].partner = c->count - 1;
    if (c->nodes[opened].kind == NODE_ROWS)
        c->loop_count--;
    return 0;
}

static int add_part(struct compiler *c, const char *name, size_t size_bytes)
{
    for (size_t i = 0; i < c->scope->part_count; i++) {
        const struct template_part *part = &c->scope->parts[i];
        struct node *node;

        if (!is_name(part->name, name, size_bytes))
            continue;
        node = add_node(c, NODE_PART);
        if (node == NULL)
            return -1;
        node->text = part->text;
        node->size_bytes = part->size_bytes;
        return 0;
    }
    return fail(c, "no part:", name, size_bytes);
}

static int add_value(struct compiler *c, const char *name, size_t size_bytes)
{
    const bool is_raw = size_bytes > 4 && memcmp(name + size_bytes - 4, ".raw", 4) == 0;
    struct node *node, found = {.kind = is_raw ? NODE_RAW : NODE_VALUE};

    if (!find_column(c, name, is_raw ? size_bytes - 4 : size_bytes, &found))
        return fail(c, "not a column of a row here:", name, size_bytes);
    node = add_node(c, found.kind);
    if (node == NULL)
        return -1;
    *node = found;
    return 0;
}

/* What stands between the braces. */
static int add_tag(struct compiler *c, const char *tag, size_t size_bytes)
{
    const char *name = tag, *end = tag + size_bytes;
    char sign = '\0';

    if (size_bytes > 0 && strchr("#^/>!", tag[0]) != NULL)
        sign = *name++;
    while (name < end && *name == ' ')
        name++;
    while (end > name && end[-1] == ' ')
        end--;
    size_bytes = (size_t)(end - name);
    switch (sign) {
    case '!': return 0;
    case '#': return add_open(c, false, name, size_bytes);
    case '^': return add_open(c, true, name, size_bytes);
    case '/': return add_end(c, name, size_bytes);
    case '>': return add_part(c, name, size_bytes);
    default: return add_value(c, name, size_bytes);
    }
}

static void count_lines(struct compiler *c, const char *text, const char *end)
{
    for (; text < end; text++)
        c->line += *text == '\n';
}

static int compile(struct compiler *c, const char *text)
{
    c->line = 1;
    for (;;) {
        const char *open = strstr(text, "{{");
        const char *close = open != NULL ? strstr(open, "}}") : NULL;
        const size_t before = open != NULL ? (size_t)(open - text) : strlen(text);

        if (before > 0) {
            struct node *node = add_node(c, NODE_TEXT);

            if (node == NULL)
                return -1;
            node->text = text;
            node->size_bytes = before;
            count_lines(c, text, text + before);
        }
        if (open == NULL)
            break;
        if (close == NULL)
            return fail(c, "no end of", open + 2, strcspn(open + 2, "\n"));
        if (add_tag(c, open + 2, (size_t)(close - open) - 2) < 0)
            return -1;
        count_lines(c, open, close);
        text = close + 2;
    }
    if (c->depth == 0)
        return 0;
    c->line = c->open_lines[c->depth - 1];
    return fail(c, "not ended:", c->open_names[c->depth - 1], c->open_bytes[c->depth - 1]);
}

/* --- running --- */

struct running {
    const struct node *nodes;
    size_t count;
    const struct template_scope *scope;
    const struct row_list *lists[MAX_DEPTH]; /* of the open loops */
    size_t rows[MAX_DEPTH];                  /* at which row each is */
    size_t max_bytes;
    struct strbuf *b;
    bool is_cut;
};

static const struct value *value_of(const struct running *r, const struct node *node)
{
    const struct row_list *list = r->lists[node->level];

    return &list->values[r->rows[node->level] * list->column_count + node->column];
}

static bool says_something(const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL: return false;
    case VALUE_INT: return v->integer != 0;
    case VALUE_REAL: return v->real != 0;
    case VALUE_TEXT:
    case VALUE_BLOB: return v->size_bytes > 0;
    }
    return false;
}

/* Another row of the loop, or on behind it.  Without room the next is the last, which may close
 * what the first opened. */
static size_t end_loop(struct running *r, size_t at)
{
    const struct node *loop = &r->nodes[r->nodes[at].partner];
    size_t row_count;

    if (loop->kind != NODE_ROWS)
        return at + 1;
    row_count = r->lists[loop->level]->row_count;
    if (++r->rows[loop->level] == row_count)
        return at + 1;
    if (r->b->size_bytes >= r->max_bytes && r->rows[loop->level] + 1 < row_count) {
        r->rows[loop->level] = row_count - 1;
        r->is_cut = true;
    }
    return r->nodes[at].partner + 1;
}

/* Does the node; what comes next. */
static size_t step(struct running *r, size_t at)
{
    const struct node *node = &r->nodes[at];
    const struct row_list *rows;
    const struct value *v;

    switch (node->kind) {
    case NODE_TEXT:
    case NODE_PART: strbuf_add(r->b, node->text, node->size_bytes); break;
    case NODE_VALUE:
        html_shown(r->b, value_of(r, node), r->lists[node->level]->columns[node->column].kind,
                   MAX_TEXT);
        break;
    case NODE_RAW: html_raw(r->b, value_of(r, node), MAX_TEXT); break;
    case NODE_ROWS:
        r->lists[node->level] = r->scope->sections[node->section].rows;
        r->rows[node->level] = 0;
        return r->lists[node->level]->row_count > 0 ? at + 1 : node->partner + 1;
    case NODE_NO_ROWS:
        rows = r->scope->sections[node->section].rows;
        return rows->row_count == 0 ? at + 1 : node->partner + 1;
    case NODE_IF:
    case NODE_UNLESS:
        v = value_of(r, node);
        return says_something(v) == (node->kind == NODE_IF) ? at + 1 : node->partner + 1;
    case NODE_END: return end_loop(r, at);
    }
    return at + 1;
}

int template_render(const char *path, const char *text, const struct template_scope *scope,
                    size_t max_bytes, struct strbuf *b, bool *ret_is_cut, struct error *err)
{
    struct compiler c = {.path = path, .scope = scope, .err = err};
    struct running running = {.scope = scope, .max_bytes = max_bytes, .b = b};
    int r = compile(&c, text);

    if (r == 0) {
        running.nodes = c.nodes;
        running.count = c.count;
        for (size_t at = 0; at < running.count && !b->failed;)
            at = step(&running, at);
        *ret_is_cut = running.is_cut;
        if (b->failed)
            r = error_set(err, EXIT_CANNOT_RUN, "%s: out of memory", path);
    }
    free(c.nodes);
    return r;
}
