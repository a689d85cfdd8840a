/* pattern_tree.c -- pattern_tree(delimiter, under, depth, rows): namespaces and what fills them.
 *
 *      user:                 100 MiB       a namespace: all patterns that begin so
 *        *:cart               70 MiB       a pattern in it
 *        admin:               20 MiB       a namespace that is not opened: too small, or too deep
 *        and 7 more           10 MiB       what is left of user:
 *
 * How: the patterns come sorted, so a namespace's lie side by side and the tree is made in one
 * pass, each node behind its parent.  A namespace with one node in it says nothing: the node takes
 * its place.  Of all nodes the largest are shown, as many as there is room for; since no node is
 * larger than its parent, what is shown hangs together.  What is left in a namespace of which
 * something is shown becomes one row, so that the rows of each level add up to the one above.
 *
 * Rows come in the order of a drawn tree, the largest first on each level, with their depth.
 */
// SPDX-License-Identifier: MIT
#include "report/pattern_tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/strbuf.h"
#include "util/grow.h"

enum { MAX_DEPTH = 32, NO_NODE = -1 };

enum node_kind { NODE_ALL, NODE_DATABASE, NODE_NAMESPACE, NODE_PATTERN, NODE_MORE };
static const char *const kind_names[] = {"all", "database", "namespace", "pattern", "more"};

/* Sums over a node's patterns. */
enum sum_index { KEYS, BYTES, SIZE, KEYS_NO_TTL, SIZE_NO_TTL, PATTERNS, SUM_COUNT };

/* Texts that a node has when all its patterns agree. */
enum word_index { TYPE, ROLE, SYSTEM, WHOSE, WORD_COUNT };

struct node {
    enum node_kind kind;
    int32_t parent, children, shown_children, first_shown, next_shown;
    int32_t depth;
    bool is_shown, is_gone; /* gone: its only child took its place */
    int64_t db;
    size_t text_at, text_bytes; /* the whole path */
    int64_t sums[SUM_COUNT];
    const char *words[WORD_COUNT]; /* interned; NULL: none, or not the same in all */
};

struct tree {
    struct node *nodes;
    int32_t count;
    size_t capacity;
    struct strbuf text;
    char **words;
    size_t word_count, word_capacity;
    const char *delimiter;
    size_t delimiter_bytes;
    bool has_databases;          /* more than one */
    int32_t open[MAX_DEPTH + 3]; /* the path to the node that was added last */
    int open_count;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct tree tree;
    struct node *rows; /* to be given, in order */
    size_t row_count, row_capacity, at;
};

struct table {
    sqlite3_vtab base;
    sqlite3 *db;
};

static void tree_done(struct tree *t)
{
    for (size_t i = 0; i < t->word_count; i++)
        free(t->words[i]);
    free(t->words);
    free(t->nodes);
    strbuf_done(&t->text);
    *t = (struct tree){0};
}

/* ---- building ------------------------------------------------------------------------------- */

/* There are few words; the last are asked for most. */
static const char *intern(struct tree *t, const char *word)
{
    char **words;

    if (word == NULL)
        return NULL;
    for (size_t i = t->word_count; i-- > 0;)
        if (strcmp(t->words[i], word) == 0)
            return t->words[i];
    words = grow_array(t->words, t->word_count, &t->word_capacity, sizeof *words);
    if (words == NULL)
        return NULL;
    t->words = words;
    words[t->word_count] = strdup(word);
    return words[t->word_count] == NULL ? NULL : words[t->word_count++];
}

/* Adds a node below the one that is open, and opens it.  Its path is a part of the texts. */
static int open_node(struct tree *t, enum node_kind kind, int64_t db, size_t text_at,
                     size_t text_bytes)
{
    struct node *const nodes = grow_array(t->nodes, (size_t)t->count, &t->capacity, sizeof *nodes);
    struct node *n;

    if (nodes == NULL || t->count == INT32_MAX)
        return -1;
    t->nodes = nodes;
    n = &nodes[t->count];
    *n = (struct node){.kind = kind,
                       .parent = t->open_count > 0 ? t->open[t->open_count - 1] : NO_NODE,
                       .first_shown = NO_NODE,
                       .db = db,
                       .text_at = text_at,
                       .text_bytes = text_bytes};
    t->open[t->open_count++] = t->count++;
    return 0;
}

/* Whether the node at that level of the open path is the one wanted. */
static bool is_open(const struct tree *t, int level, enum node_kind kind, int64_t db,
                    const char *text, size_t text_bytes)
{
    const struct node *n;

    if (level >= t->open_count)
        return false;
    n = &t->nodes[t->open[level]];
    return n->kind == kind && n->db == db && n->text_bytes == text_bytes &&
           memcmp(strbuf_text(&t->text) + n->text_at, text, text_bytes) == 0;
}

/* Opens the node at that level of the path unless it is open already. */
static int enter(struct tree *t, int *level, enum node_kind kind, int64_t db, size_t text_at,
                 size_t text_bytes)
{
    if (!is_open(t, *level, kind, db, strbuf_text(&t->text) + text_at, text_bytes)) {
        t->open_count = *level;
        if (open_node(t, kind, db, text_at, text_bytes) < 0)
            return -1;
    }
    (*level)++;
    return 0;
}

/* The pattern's sums to all nodes on its path. */
static void add_pattern(struct tree *t, const int64_t *sums, const char *const *words)
{
    for (int i = 0; i < t->open_count; i++) {
        struct node *const n = &t->nodes[t->open[i]];

        for (int w = 0; w < WORD_COUNT; w++)
            n->words[w] = n->sums[PATTERNS] == 0 || n->words[w] == words[w] ? words[w] : NULL;
        for (int s = 0; s < SUM_COUNT; s++)
            if (__builtin_add_overflow(n->sums[s], sums[s], &n->sums[s]))
                n->sums[s] = INT64_MAX;
    }
}

static int take_pattern(struct tree *t, sqlite3_stmt *stmt)
{
    enum { C_DB, C_TEXT, C_SUMS, C_WORDS = C_SUMS + PATTERNS };
    const int64_t db = sqlite3_column_int64(stmt, C_DB);
    const char *text = (const char *)sqlite3_column_text(stmt, C_TEXT);
    const size_t text_bytes = (size_t)sqlite3_column_bytes(stmt, C_TEXT);
    const size_t text_at = t->text.size_bytes;
    const char *words[WORD_COUNT], *next;
    int64_t sums[SUM_COUNT] = {[PATTERNS] = 1};
    int level = 1, depth = 0;
    size_t from = 0;

    for (int i = 0; i < PATTERNS; i++)
        sums[i] = sqlite3_column_int64(stmt, C_SUMS + i);
    for (int i = 0; i < WORD_COUNT; i++)
        words[i] = intern(t, (const char *)sqlite3_column_text(stmt, C_WORDS + i));
    if (text_bytes > 0)
        strbuf_add(&t->text, text, text_bytes);
    if (t->text.failed)
        return -1;
    text = strbuf_text(&t->text) + text_at;
    if (t->has_databases && enter(t, &level, NODE_DATABASE, db, text_at, 0) < 0)
        return -1;
    while (t->delimiter_bytes > 0 && depth < MAX_DEPTH && from < text_bytes &&
           (next = memmem(text + from, text_bytes - from, t->delimiter, t->delimiter_bytes)) !=
               NULL) {
        from = (size_t)(next - text) + t->delimiter_bytes;
        depth++;
        if (enter(t, &level, NODE_NAMESPACE, db, text_at, from) < 0)
            return -1;
    }
    t->open_count = level;
    if (open_node(t, NODE_PATTERN, db, text_at, text_bytes) < 0)
        return -1;
    add_pattern(t, sums, words);
    return 0;
}

static int read_patterns(sqlite3 *db, struct tree *t, sqlite3_value *under)
{
    sqlite3_stmt *stmt = NULL;
    int r = sqlite3_prepare_v2(db,
                               "SELECT db, pattern_text, keys, bytes, size_bytes, keys_without_ttl,"
                               "       size_bytes_without_ttl, type, role, system, kind"
                               "  FROM temp.report_patterns WHERE is_below(pattern_text, ?1, ?2)"
                               " ORDER BY db, pattern_text",
                               -1, &stmt, NULL);

    if (r == SQLITE_OK)
        r = sqlite3_bind_value(stmt, 1, under);
    if (r == SQLITE_OK)
        r = sqlite3_bind_text(stmt, 2, t->delimiter, (int)t->delimiter_bytes, SQLITE_TRANSIENT);
    while (r == SQLITE_OK && (r = sqlite3_step(stmt)) == SQLITE_ROW)
        r = take_pattern(t, stmt) < 0 ? SQLITE_NOMEM : SQLITE_OK;
    sqlite3_finalize(stmt);
    return r == SQLITE_DONE ? SQLITE_OK : r;
}

static int read_tree(sqlite3 *db, struct tree *t, sqlite3_value *under)
{
    sqlite3_stmt *stmt = NULL;
    int r = sqlite3_prepare_v2(
        db, "SELECT count(*) FROM (SELECT DISTINCT db FROM temp.report_patterns LIMIT 2)", -1,
        &stmt, NULL);

    if (r == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        t->has_databases = sqlite3_column_int(stmt, 0) > 1;
    sqlite3_finalize(stmt);
    if (r == SQLITE_OK && open_node(t, NODE_ALL, 0, 0, 0) < 0)
        r = SQLITE_NOMEM;
    return r == SQLITE_OK ? read_patterns(db, t, under) : r;
}

/* ---- choosing what is shown ----------------------------------------------------------------- */

/* Where only one node is in a namespace, it takes the namespace's place.  Parents come first. */
static void join_single(struct tree *t)
{
    for (int32_t i = 1; i < t->count; i++)
        t->nodes[t->nodes[i].parent].children++;
    for (int32_t i = 1; i < t->count; i++)
        t->nodes[i].is_gone = t->nodes[i].kind == NODE_NAMESPACE && t->nodes[i].children == 1;
    for (int32_t i = 1; i < t->count; i++) {
        struct node *const n = &t->nodes[i];

        if (t->nodes[n->parent].is_gone)
            n->parent = t->nodes[n->parent].parent;
        n->depth = t->nodes[n->parent].depth + 1;
        if (n->is_gone)
            n->depth--;
    }
}

struct ranked {
    int64_t size;
    int32_t node;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *const x = a, *const y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Rows when the first `count` of the ranked are shown. */
static size_t count_rows(struct tree *t, const struct ranked *ranked, size_t count)
{
    size_t rows = count;

    for (int32_t i = 0; i < t->count; i++)
        t->nodes[i].shown_children = 0;
    for (size_t i = 0; i < count; i++)
        t->nodes[t->nodes[ranked[i].node].parent].shown_children++;
    for (int32_t i = 0; i < t->count; i++)
        rows += t->nodes[i].shown_children > 0 && t->nodes[i].shown_children < t->nodes[i].children;
    return rows;
}

static int choose(struct tree *t, int64_t max_depth, int64_t max_rows)
{
    struct ranked *const ranked = malloc(((size_t)t->count + 1) * sizeof *ranked);
    size_t count = 0, low = 0, high;

    if (ranked == NULL)
        return -1;
    for (int32_t i = 1; i < t->count; i++)
        if (!t->nodes[i].is_gone && t->nodes[i].depth <= max_depth + (t->has_databases ? 1 : 0))
            ranked[count++] = (struct ranked){t->nodes[i].sums[SIZE], i};
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    high = max_rows < 0 || (uint64_t)max_rows > count ? count : (size_t)max_rows;
    while (low < high) {
        const size_t middle = high - (high - low) / 2;

        if (max_rows < 0 || count_rows(t, ranked, middle) <= (size_t)max_rows)
            low = middle;
        else
            high = middle - 1;
    }
    count_rows(t, ranked, low);
    for (size_t i = 0; i < low; i++)
        t->nodes[ranked[i].node].is_shown = true;
    /* A row for what is left can just as well be the one node that is left. */
    for (size_t i = low; i < count; i++) {
        struct node *const n = &t->nodes[ranked[i].node], *const parent = &t->nodes[n->parent];

        if (parent->shown_children > 0 && parent->shown_children + 1 == parent->children) {
            n->is_shown = true;
            parent->shown_children++;
        }
    }
    for (size_t i = count; i-- > 0;) {
        struct node *const n = &t->nodes[ranked[i].node];

        if (!n->is_shown)
            continue;
        n->next_shown = t->nodes[n->parent].first_shown;
        t->nodes[n->parent].first_shown = ranked[i].node;
    }
    free(ranked);
    return 0;
}

/* What is left of a node when its shown children are taken away. */
static struct node rest_of(const struct tree *t, int32_t parent)
{
    struct node more = t->nodes[parent];

    more.kind = NODE_MORE;
    more.parent = parent;
    more.depth++;
    memset(more.words, 0, sizeof more.words);
    for (int32_t i = t->nodes[parent].first_shown; i != NO_NODE; i = t->nodes[i].next_shown)
        for (int s = 0; s < SUM_COUNT; s++)
            more.sums[s] -= t->nodes[i].sums[s];
    return more;
}

static int put_row(struct cursor *c, const struct node *n)
{
    struct node *const rows = grow_array(c->rows, c->row_count, &c->row_capacity, sizeof *rows);

    if (rows == NULL)
        return -1;
    c->rows = rows;
    rows[c->row_count++] = *n;
    return 0;
}

/* Down to the first child, else to the next, else up, where the rest of the parent is told. */
static int put_rows(struct cursor *c)
{
    const struct tree *const t = &c->tree;
    int32_t at = 0, next = t->nodes[0].first_shown;

    for (;;) {
        while (next != NO_NODE) {
            at = next;
            if (put_row(c, &t->nodes[at]) < 0)
                return -1;
            next = t->nodes[at].first_shown;
        }
        if (at == 0)
            return 0;
        next = t->nodes[at].next_shown;
        at = t->nodes[at].parent;
        if (next == NO_NODE && t->nodes[at].shown_children < t->nodes[at].children) {
            const struct node more = rest_of(t, at);

            if (put_row(c, &more) < 0)
                return -1;
        }
    }
}

/* ---- the virtual table ---------------------------------------------------------------------- */

enum column_index {
    COL_NAME,
    COL_DEPTH,
    COL_KIND,
    COL_NODE,
    COL_PARENT,
    COL_DB,
    COL_SUMS,
    COL_WORDS = COL_SUMS + SUM_COUNT,
    COL_DELIMITER = COL_WORDS + WORD_COUNT,
    COL_UNDER,
    COL_MAX_DEPTH,
    COL_MAX_ROWS
};
#define DECLARATION                                                                                \
    "CREATE TABLE x(name, depth, kind, node, parent, db, keys, bytes, size_bytes,"                 \
    " keys_without_ttl, size_bytes_without_ttl, patterns, type, role, system, whose,"              \
    " arg_delimiter HIDDEN, arg_under HIDDEN, arg_depth HIDDEN, arg_rows HIDDEN)"
enum { ARGUMENT_COUNT = COL_MAX_ROWS - COL_DELIMITER + 1 };

static int tree_connect(sqlite3 *db, void *data, int argc, const char *const *argv,
                        sqlite3_vtab **ret_table, char **ret_message)
{
    struct table *t;
    const int r = sqlite3_declare_vtab(db, DECLARATION);

    (void)data;
    (void)argc;
    (void)argv;
    (void)ret_message;
    if (r != SQLITE_OK)
        return r;
    t = calloc(1, sizeof *t);
    if (t == NULL)
        return SQLITE_NOMEM;
    t->db = db;
    *ret_table = &t->base;
    return SQLITE_OK;
}

static int tree_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* All four arguments, or nothing can be done. */
static int tree_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int seen = 0;

    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        const int argument = info->aConstraint[i].iColumn - COL_DELIMITER;

        if (argument < 0 || argument >= ARGUMENT_COUNT ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = argument + 1;
        info->aConstraintUsage[i].omit = 1;
        seen |= 1 << argument;
    }
    info->estimatedCost = 1000;
    info->estimatedRows = 100;
    if (seen == (1 << ARGUMENT_COUNT) - 1)
        return SQLITE_OK;
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("pattern_tree(delimiter, under, depth, rows)");
    return SQLITE_ERROR;
}

static int tree_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    struct cursor *const c = calloc(1, sizeof *c);

    (void)table;
    if (c == NULL)
        return SQLITE_NOMEM;
    *ret_cursor = &c->base;
    return SQLITE_OK;
}

static void cursor_clear(struct cursor *c)
{
    tree_done(&c->tree);
    free(c->rows);
    c->rows = NULL;
    c->row_count = c->row_capacity = c->at = 0;
}

static int tree_close(sqlite3_vtab_cursor *cursor)
{
    cursor_clear((struct cursor *)cursor);
    free(cursor);
    return SQLITE_OK;
}

/* No number: no limit. */
static int64_t limit_of(sqlite3_value *v, int64_t none)
{
    return sqlite3_value_numeric_type(v) == SQLITE_INTEGER ? sqlite3_value_int64(v) : none;
}

static int tree_filter(sqlite3_vtab_cursor *cursor, int index, const char *index_text, int argc,
                       sqlite3_value **argv)
{
    struct cursor *const c = (struct cursor *)cursor;
    const char *delimiter = (const char *)sqlite3_value_text(argv[0]);
    int64_t depth = limit_of(argv[2], MAX_DEPTH + 1);
    int r;

    (void)index;
    (void)index_text;
    (void)argc;
    cursor_clear(c);
    c->tree.delimiter = delimiter == NULL ? "" : delimiter;
    c->tree.delimiter_bytes = strlen(c->tree.delimiter);
    depth = depth < 1 ? 1 : depth > MAX_DEPTH + 1 ? MAX_DEPTH + 1 : depth;
    r = read_tree(((struct table *)cursor->pVtab)->db, &c->tree, argv[1]);
    if (r != SQLITE_OK)
        return r;
    join_single(&c->tree);
    return choose(&c->tree, depth, limit_of(argv[3], -1)) < 0 || put_rows(c) < 0 ? SQLITE_NOMEM
                                                                                 : SQLITE_OK;
}

static int tree_next(sqlite3_vtab_cursor *cursor)
{
    ((struct cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int tree_eof(sqlite3_vtab_cursor *cursor)
{
    const struct cursor *const c = (const struct cursor *)cursor;

    return c->at >= c->row_count;
}

static int tree_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret_id)
{
    *ret_id = (sqlite3_int64)((struct cursor *)cursor)->at;
    return SQLITE_OK;
}

/* The path of a node, as --under takes it. */
static void give_path(sqlite3_context *context, const struct cursor *c, const struct node *n)
{
    if (n->kind == NODE_NAMESPACE || n->kind == NODE_PATTERN)
        sqlite3_result_text(context, strbuf_text(&c->tree.text) + n->text_at, (int)n->text_bytes,
                            SQLITE_TRANSIENT);
}

/* The path without the parent's. */
static void give_name(sqlite3_context *context, const struct cursor *c, const struct node *n)
{
    const struct node *const parent = &c->tree.nodes[n->parent];
    const size_t before = parent->kind == NODE_NAMESPACE ? parent->text_bytes : 0;
    char *text = NULL;

    if (n->kind == NODE_MORE)
        text = sqlite3_mprintf("and %,lld more", (long long)n->sums[PATTERNS]);
    else if (n->kind == NODE_DATABASE && n->db < 0)
        text = sqlite3_mprintf("other databases");
    else if (n->kind == NODE_DATABASE)
        text = sqlite3_mprintf("db %lld", (long long)n->db);
    else if (n->text_bytes > before)
        text = sqlite3_mprintf("%.*s", (int)(n->text_bytes - before),
                               strbuf_text(&c->tree.text) + n->text_at + before);
    else
        text = sqlite3_mprintf("(no name)");
    if (text == NULL)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, text, -1, sqlite3_free);
}

static int tree_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    const struct cursor *const c = (const struct cursor *)cursor;
    const struct node *const n = &c->rows[c->at];

    if (column == COL_NAME)
        give_name(context, c, n);
    else if (column == COL_DEPTH)
        sqlite3_result_int(context, n->depth - 1);
    else if (column == COL_KIND)
        sqlite3_result_text(context, kind_names[n->kind], -1, SQLITE_STATIC);
    else if (column == COL_NODE)
        give_path(context, c, n);
    else if (column == COL_PARENT)
        give_path(context, c, &c->tree.nodes[n->parent]);
    else if (column == COL_DB &&
             !(n->kind == NODE_MORE && c->tree.nodes[n->parent].kind == NODE_ALL))
        sqlite3_result_int64(context, n->db);
    else if (column >= COL_SUMS && column < COL_WORDS)
        sqlite3_result_int64(context, n->sums[column - COL_SUMS]);
    else if (column >= COL_WORDS && column < COL_DELIMITER && n->words[column - COL_WORDS] != NULL)
        sqlite3_result_text(context, n->words[column - COL_WORDS], -1, SQLITE_TRANSIENT);
    return SQLITE_OK;
}

int pattern_tree_register(sqlite3 *db, struct error *err)
{
    static const sqlite3_module module = {
        .xConnect = tree_connect,
        .xBestIndex = tree_best_index,
        .xDisconnect = tree_disconnect,
        .xOpen = tree_open,
        .xClose = tree_close,
        .xFilter = tree_filter,
        .xNext = tree_next,
        .xEof = tree_eof,
        .xColumn = tree_column,
        .xRowid = tree_rowid,
    };

    if (sqlite3_create_module_v2(db, "pattern_tree", &module, NULL, NULL) != SQLITE_OK)
        return error_set(err, EXIT_CANNOT_RUN, "SQLite: %s", sqlite3_errmsg(db));
    return 0;
}
