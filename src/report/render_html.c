/* render_html.c -- reports as one HTML page that needs nothing beside itself.
 *
 *      page.html  head, style, list of panels
 *        panel    chart (a template over the panel's rows), tables of its reports, their SQL
 *        panel
 *        ...
 *
 * Reports come in their order and panels have another, so each report's tables and SQL are kept as
 * a fragment until its panel takes them.  A page stays below 1 MB whatever the snapshot: tables,
 * charts and SQL have budgets, and what is left out is said with the command that prints it.
 *
 * The page may run its own script and style only: their hashes stand in its content security
 * policy. Beyond the built-in parts nothing gets onto the page unescaped.
 */
// SPDX-License-Identifier: MIT
#include "report/render_html.h"

#include <errno.h>
#include <locale.h>
#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/html_table.h"
#include "report/html_text.h"
#include "report/template.h"

#define TABLES_MAX_BYTES   480000 /* of all tables */
#define SECTION_SURE_BYTES 3000   /* that each section has, whatever the others take */
#define SECTION_MORE_BYTES 45000
#define FAIR_SHARES        12 /* of the rest: so many times what each would get */
#define CHARTS_MAX_BYTES   200000
#define CHART_MAX_BYTES    80000
#define SQL_MAX_BYTES      220000
#define HASH_TEXT_BYTES    45 /* of 32 bytes as base64, with a NUL */

#define NO_ROWS "The report has no rows."

/* A report on its way to its panel. */
struct fragment {
    char *name;
    char *title;
    struct strbuf said; /* HTML: the first note or line */
    struct strbuf tables;
    struct strbuf sql;
    size_t row_count;  /* of tables */
    size_t line_count; /* of text */
    bool is_placed;
};

struct entry {
    char *name; /* of the panel: its id is panel-NAME */
    char *title;
};

struct html {
    struct renderer base;
    locale_t locale; /* UTF-8: the page is, whatever the terminal */
    locale_t before;
    const struct report_head *head;
    struct fragment *fragments;
    size_t fragment_count;
    size_t section_number; /* of all there will be */
    struct html_table table;
    size_t table_bytes, chart_bytes, sql_bytes;
    struct entry *entries;
    size_t entry_count;
    struct strbuf panels;
    struct strbuf page;
};

static void fail_memory(struct html *h)
{
    if (h->base.out.error_number == 0)
        h->base.out.error_number = ENOMEM;
}

static void locale_begin(struct html *h)
{
    h->before = h->locale != (locale_t)0 ? uselocale(h->locale) : (locale_t)0;
}

static void locale_end(struct html *h)
{
    if (h->before != (locale_t)0)
        uselocale(h->before);
}

static void put_text(struct strbuf *b, const char *text)
{
    html_escape(b, text, strlen(text));
}

/* --- fragments --- */

static struct fragment *current(struct html *h)
{
    return &h->fragments[h->fragment_count - 1];
}

static void html_report_begin(struct renderer *r, const struct report_info *report,
                              const struct report_head *head)
{
    struct html *h = (struct html *)r;
    struct fragment *all = realloc(h->fragments, (h->fragment_count + 1) * sizeof *h->fragments);

    h->head = head;
    if (all == NULL) {
        fail_memory(h);
        return;
    }
    h->fragments = all;
    all[h->fragment_count++] =
        (struct fragment){.name = strdup(report->name), .title = strdup(report->title)};
    if (current(h)->name == NULL || current(h)->title == NULL)
        fail_memory(h);
}

/* What each section has for sure. */
static size_t sure_bytes(const struct html *h)
{
    const size_t share = TABLES_MAX_BYTES / 2 / h->base.section_count;

    return share < SECTION_SURE_BYTES ? share : SECTION_SURE_BYTES;
}

/* Of what is left beyond that, a section may take more than its share. */
static size_t budget_of_section(const struct html *h)
{
    const size_t sure = sure_bytes(h), sections_left = h->base.section_count - h->section_number;
    const size_t taken = h->table_bytes + sure * sections_left;
    const size_t left = taken < TABLES_MAX_BYTES ? TABLES_MAX_BYTES - taken : 0;
    const size_t more =
        left / (sections_left > FAIR_SHARES ? sections_left : FAIR_SHARES) * FAIR_SHARES;

    return sure + (more < SECTION_MORE_BYTES ? more : SECTION_MORE_BYTES);
}

static void html_section_begin(struct renderer *r, const struct section_view *section)
{
    struct html *h = (struct html *)r;

    if (r->out.error_number != 0)
        return;
    html_table_begin(&h->table, current(h)->name, section, budget_of_section(h));
    h->section_number++;
}

static void html_row(struct renderer *r, const struct value *values)
{
    struct html *h = (struct html *)r;

    if (r->out.error_number != 0)
        return;
    locale_begin(h);
    html_table_row(&h->table, values);
    locale_end(h);
}

/* The SQL of a section below its report's, or where to find it once there is no room. */
static void put_sql(struct html *h, struct strbuf *b, const char *kind, const char *name,
                    const char *section, const char *sql)
{
    const size_t before = b->size_bytes;

    if (h->sql_bytes + strlen(sql) > SQL_MAX_BYTES) {
        strbuf_puts(b, "<p class=\"note\">");
        put_text(b, section);
        strbuf_puts(b, ": its SQL is longer than this page has room for</p>\n");
        return;
    }
    strbuf_printf(b, "<h4>%s", kind);
    put_text(b, name);
    strbuf_puts(b, ", ");
    put_text(b, section);
    strbuf_puts(b, "</h4>\n<button type=\"button\" class=\"copy\" hidden>Copy</button>\n"
                   "<pre tabindex=\"0\">");
    put_text(b, sql);
    strbuf_puts(b, "</pre>\n");
    h->sql_bytes += b->size_bytes - before;
}

static void put_command(const struct html *h, const char *names, struct strbuf *b)
{
    if (h->base.diff_command != NULL)
        strbuf_puts(b, h->base.diff_command);
    else
        strbuf_printf(b, "rdblens report %s %s", h->base.source_word, names);
}

static void count_section(struct fragment *f, const struct html_table *table, const char *note)
{
    if (table->section->line_count == 0)
        f->row_count += table->row_count;
    f->line_count += table->text_line_count;
    if (f->said.size_bytes > 0)
        return;
    if (table->row_count == 0 && note != NULL)
        put_text(&f->said, note);
    else
        strbuf_add(&f->said, strbuf_text(&table->first_line), table->first_line.size_bytes);
}

static void html_section_end(struct renderer *r)
{
    struct html *h = (struct html *)r;
    struct fragment *f;
    struct strbuf command = {0};
    size_t before;

    if (h->table.section == NULL)
        return;
    f = current(h);
    before = f->tables.size_bytes;
    count_section(f, &h->table, r->section->note);
    put_command(h, f->name, &command);
    locale_begin(h);
    html_table_end(&h->table, strbuf_text(&command), &f->tables);
    locale_end(h);
    h->table_bytes += f->tables.size_bytes - before;
    if (r->section->sql != NULL)
        put_sql(h, &f->sql, "", f->name, r->section->name, r->section->sql);
    if (f->tables.failed || f->sql.failed || f->said.failed || command.failed)
        fail_memory(h);
    strbuf_done(&command);
}

static void html_nothing(struct renderer *r)
{
    (void)r;
}

/* --- panels --- */

static int add_entry(struct html *h, const char *name, const char *title, struct error *err)
{
    struct entry *entries = realloc(h->entries, (h->entry_count + 1) * sizeof *entries);

    if (entries == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    h->entries = entries;
    entries[h->entry_count++] = (struct entry){strdup(name), strdup(title)};
    if (entries[h->entry_count - 1].name == NULL || entries[h->entry_count - 1].title == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    return 0;
}

static void open_panel(struct strbuf *b, const struct entry *entry)
{
    strbuf_printf(b,
                  "<section class=\"panel\" id=\"panel-%s\" aria-labelledby=\"title-%s\">\n"
                  "<h2 id=\"title-%s\">",
                  entry->name, entry->name, entry->name);
    put_text(b, entry->title);
    strbuf_puts(b, "</h2>\n");
}

static void close_panel(const struct html *h, struct strbuf *b, const char *names,
                        const struct strbuf *sql)
{
    struct strbuf command = {0};

    put_command(h, names, &command);
    strbuf_puts(b, "<details class=\"sql\"><summary>How this was computed</summary>\n"
                   "<p>The same in a terminal: <code>");
    put_text(b, strbuf_text(&command));
    if (h->base.diff_command != NULL) {
        strbuf_puts(b, "</code></p>\n");
    } else {
        strbuf_puts(b, "</code>. Each piece of SQL runs as it stands: <code>rdblens query ");
        put_text(b, h->base.source_word);
        strbuf_puts(b, " &quot;SQL&quot;</code></p>\n");
    }
    strbuf_add(b, strbuf_text(sql), sql->size_bytes);
    strbuf_puts(b, "</details>\n</section>\n");
    b->failed = b->failed || command.failed;
    strbuf_done(&command);
}

static void put_note(struct strbuf *b, const char *class, const char *text)
{
    strbuf_printf(b, "<p class=\"%s\">", class);
    put_text(b, text);
    strbuf_puts(b, "</p>\n");
}

/* The head's lines as rows for templates; borrowed from the head. */
static int head_rows(const struct html *h, struct row_list *rows, struct error *err)
{
    static struct column columns[] = {{.name = "label"}, {.name = "text"}, {.name = "is_alarm"}};
    const size_t count = h->head != NULL ? h->head->line_count : 0;

    *rows = (struct row_list){.columns = columns, .column_count = 3, .row_count = count};
    rows->values = calloc(count * 3 + 1, sizeof *rows->values);
    if (rows->values == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct head_line *line = &h->head->lines[i];
        struct value *v = rows->values + i * 3;

        v[0] = (struct value){VALUE_TEXT, .bytes = line->label, .size_bytes = strlen(line->label)};
        v[1] = (struct value){VALUE_TEXT, .bytes = line->text, .size_bytes = strlen(line->text)};
        v[2] = (struct value){VALUE_INT, .integer = line->is_alarm};
    }
    return 0;
}

/* The panel's rows and the head's as a template's sections; NULL when out of memory. */
static struct template_section *sections_of(const struct panel_rows *rows,
                                            const struct row_list *head, size_t room)
{
    const size_t count = rows->file->section_count;
    struct template_section *sections = calloc(count + 1 + room, sizeof *sections);

    for (size_t i = 0; i < count && sections != NULL; i++)
        sections[i] = (struct template_section){rows->file->sections[i].name, &rows->lists[i]};
    if (sections != NULL)
        sections[count] = (struct template_section){"head", head};
    return sections;
}

static int put_chart(struct html *h, const struct panel *panel, const struct panel_rows *rows,
                     struct strbuf *chart, struct error *err)
{
    const size_t left = h->chart_bytes < CHARTS_MAX_BYTES ? CHARTS_MAX_BYTES - h->chart_bytes : 0;
    struct template_section *sections = NULL;
    struct row_list head = {0};
    bool is_cut = false;
    int r = head_rows(h, &head, err);

    if (r == 0) {
        sections = sections_of(rows, &head, 0);
        r = sections == NULL ? error_set(err, EXIT_CANNOT_RUN, "out of memory") : 0;
    }
    if (r == 0) {
        const struct template_scope scope = {.sections = sections,
                                             .section_count = rows->file->section_count + 1};

        locale_begin(h);
        r = template_render(panel->template_path, panel->template, &scope,
                            left < CHART_MAX_BYTES ? left : CHART_MAX_BYTES, chart, &is_cut, err);
        locale_end(h);
    }
    if (r == 0 && is_cut)
        put_note(chart, "note",
                 "The chart shows the first of its rows: the page has no room for all.");
    h->chart_bytes += chart->size_bytes;
    free(sections);
    free(head.values);
    return r;
}

static size_t count_rows(const struct panel_rows *rows)
{
    size_t sum = 0;

    for (size_t i = 0; i < rows->file->section_count; i++)
        sum += rows->lists[i].row_count;
    return sum;
}

/* What stands in a panel below its chart. */
struct content {
    struct strbuf names; /* of its reports */
    struct strbuf tables;
    struct strbuf sql;
    struct strbuf said; /* instead, when there is no data */
    bool has_data;
};

static void content_done(struct content *c)
{
    strbuf_done(&c->names);
    strbuf_done(&c->tables);
    strbuf_done(&c->sql);
    strbuf_done(&c->said);
}

static bool has_failed(const struct content *c)
{
    return c->names.failed || c->tables.failed || c->sql.failed || c->said.failed;
}

/* A line alone says why there is nothing; more of them, or rows, are something. */
static bool has_data(const struct fragment *f)
{
    return f->row_count > 0 || f->line_count > 1;
}

static void add_fragment(struct content *c, struct fragment *f)
{
    f->is_placed = true;
    c->has_data = c->has_data || has_data(f);
    if (c->names.size_bytes > 0) {
        strbuf_putc(&c->names, ' ');
        strbuf_puts(&c->tables, "<h3 class=\"report\">");
        put_text(&c->tables, f->title);
        strbuf_puts(&c->tables, "</h3>\n");
    }
    strbuf_puts(&c->names, f->name);
    strbuf_add(&c->tables, strbuf_text(&f->tables), f->tables.size_bytes);
    strbuf_add(&c->sql, strbuf_text(&f->sql), f->sql.size_bytes);
    if (f->said.size_bytes == 0 || strstr(strbuf_text(&c->said), strbuf_text(&f->said)) != NULL)
        return;
    if (c->said.size_bytes > 0)
        strbuf_putc(&c->said, ' ');
    strbuf_add(&c->said, strbuf_text(&f->said), f->said.size_bytes);
}

/* The reports in their order whose tables stand in the panel. */
static void take_fragments(struct html *h, const struct report_file *file, struct content *c)
{
    for (size_t i = 0; i < h->fragment_count; i++)
        if (!h->fragments[i].is_placed && panel_names(file->reports, h->fragments[i].name))
            add_fragment(c, &h->fragments[i]);
}

/* What a file does not hold is proven only when it was read to its end. */
static void put_nothing(const struct html *h, const char *html, struct strbuf *b)
{
    strbuf_printf(b, "<p class=\"note empty\">%s", html);
    if (h->head != NULL && !h->head->is_complete)
        strbuf_puts(b, " Not all of it was read: the rest may hold some.");
    strbuf_puts(b, "</p>\n</section>\n");
}

/* The panel with all it has, or why it has nothing. */
static int put_panel(struct html *h, const struct content *c, const char *empty,
                     const struct strbuf *chart, struct error *err)
{
    struct strbuf *b = &h->panels;

    open_panel(b, &h->entries[h->entry_count - 1]);
    if (c->has_data) {
        strbuf_add(b, strbuf_text(chart), chart->size_bytes);
        strbuf_add(b, strbuf_text(&c->tables), c->tables.size_bytes);
        close_panel(h, b, strbuf_text(&c->names), &c->sql);
    } else if (c->said.size_bytes > 0) {
        put_nothing(h, strbuf_text(&c->said), b);
    } else {
        put_nothing(h, empty, b);
    }
    return b->failed || chart->failed || has_failed(c)
               ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
               : 0;
}

int render_html_panel(struct renderer *r, const struct panel *panel, const struct panel_rows *rows,
                      struct error *err)
{
    struct html *h = (struct html *)r;
    const struct report_file *file = panel->file;
    const bool has_rows = count_rows(rows) > 0;
    struct content content = {.has_data = has_rows};
    struct strbuf chart = {0}, empty = {0};
    int result = add_entry(h, file->name, file->title, err);

    put_text(&empty, file->empty != NULL ? file->empty : NO_ROWS);

    if (result == 0 && panel->template != NULL && has_rows)
        result = put_chart(h, panel, rows, &chart, err);
    if (result == 0) {
        for (size_t i = 0; i < file->section_count && has_rows; i++)
            put_sql(h, &content.sql, "chart ", file->name, file->sections[i].name, rows->sql[i]);
        take_fragments(h, file, &content);
        result = put_panel(h, &content, strbuf_text(&empty), &chart, err);
    }
    content_done(&content);
    strbuf_done(&empty);
    strbuf_done(&chart);
    return result;
}

/* One report in a panel of its own.  No panel of ours is called report-... */
static int put_report(struct html *h, struct fragment *f, struct error *err)
{
    struct strbuf name = {0}, chart = {0};
    struct content content = {0};
    int r;

    strbuf_printf(&name, "report-%s", f->name);
    r = name.failed ? error_set(err, EXIT_CANNOT_RUN, "out of memory")
                    : add_entry(h, strbuf_text(&name), f->title, err);
    if (r == 0) {
        add_fragment(&content, f);
        content.has_data = content.has_data || f->line_count > 0;
        r = put_panel(h, &content, NO_ROWS, &chart, err);
    }
    content_done(&content);
    strbuf_done(&name);
    return r;
}

int render_html_others(struct renderer *r, struct error *err)
{
    struct html *h = (struct html *)r;

    for (size_t i = 0; i < h->fragment_count; i++)
        if (!h->fragments[i].is_placed && put_report(h, &h->fragments[i], err) < 0)
            return -1;
    return 0;
}

/* --- the page --- */

/* The text's SHA-256 in base64, as a content security policy has it. */
static void hash_text(const char *text, char hash[HASH_TEXT_BYTES])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[SHA256_DIGEST_LENGTH + 1] = {0}; /* 33: eleven groups of three */
    SHA2_CTX context;

    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)text, strlen(text));
    SHA256Final(digest, &context);
    for (size_t i = 0; i < sizeof digest / 3; i++) {
        const uint32_t group = (uint32_t)digest[i * 3] << 16 | (uint32_t)digest[i * 3 + 1] << 8 |
                               (uint32_t)digest[i * 3 + 2];

        for (size_t k = 0; k < 4; k++)
            hash[i * 4 + k] = digits[group >> (18 - 6 * k) & 63];
    }
    hash[HASH_TEXT_BYTES - 2] = '=';
    hash[HASH_TEXT_BYTES - 1] = '\0';
}

static struct value text_value(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .bytes = text, .size_bytes = strlen(text)};
}

static int entry_rows(const struct html *h, struct row_list *rows, struct error *err)
{
    static struct column columns[] = {{.name = "name"}, {.name = "title"}};

    *rows = (struct row_list){.columns = columns, .column_count = 2, .row_count = h->entry_count};
    rows->values = calloc(h->entry_count * 2 + 1, sizeof *rows->values);
    if (rows->values == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    for (size_t i = 0; i < h->entry_count; i++) {
        rows->values[i * 2] = text_value(h->entries[i].name);
        rows->values[i * 2 + 1] = text_value(h->entries[i].title);
    }
    return 0;
}

static int put_page(struct html *h, const struct panel_rows *page, const struct row_list *head,
                    const struct row_list *entries, struct error *err)
{
    const char *style = panel_part_text("style.css"), *script = panel_part_text("script.js");
    char style_hash[HASH_TEXT_BYTES], script_hash[HASH_TEXT_BYTES];
    struct column columns[] = {{.name = "style_hash"}, {.name = "script_hash"}};
    struct value hashes[2];
    const struct row_list security = {columns, 2, hashes, 1};
    struct template_section *sections = sections_of(page, head, 2);
    const size_t count = page->file->section_count;
    const struct template_part parts[] = {
        {"style", style, strlen(style)},
        {"script", script, strlen(script)},
        {"panels", strbuf_text(&h->panels), h->panels.size_bytes},
    };
    const struct template_scope scope = {sections, count + 3, parts, 3};
    bool is_cut;
    int r;

    if (sections == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    hash_text(style, style_hash);
    hash_text(script, script_hash);
    hashes[0] = text_value(style_hash);
    hashes[1] = text_value(script_hash);
    sections[count + 1] = (struct template_section){"panels", entries};
    sections[count + 2] = (struct template_section){"security", &security};
    locale_begin(h);
    r = template_render("html/page.html", panel_part_text("page.html"), &scope, SIZE_MAX, &h->page,
                        &is_cut, err);
    locale_end(h);
    free(sections);
    return r;
}

int render_html_page(struct renderer *r, const struct panel_rows *page, struct error *err)
{
    struct html *h = (struct html *)r;
    struct row_list head = {0}, entries = {0};
    int result = head_rows(h, &head, err);

    if (result == 0)
        result = entry_rows(h, &entries, err);
    if (result == 0)
        result = put_page(h, page, &head, &entries, err);
    free(head.values);
    free(entries.values);
    return result;
}

static void html_end(struct renderer *r)
{
    struct html *h = (struct html *)r;

    out_bytes(&r->out, strbuf_text(&h->page), h->page.size_bytes);
}

static void html_free(struct renderer *r)
{
    struct html *h = (struct html *)r;

    for (size_t i = 0; i < h->fragment_count; i++) {
        free(h->fragments[i].name);
        free(h->fragments[i].title);
        strbuf_done(&h->fragments[i].said);
        strbuf_done(&h->fragments[i].tables);
        strbuf_done(&h->fragments[i].sql);
    }
    for (size_t i = 0; i < h->entry_count; i++) {
        free(h->entries[i].name);
        free(h->entries[i].title);
    }
    free(h->fragments);
    free(h->entries);
    strbuf_done(&h->panels);
    strbuf_done(&h->page);
    if (h->locale != (locale_t)0)
        freelocale(h->locale);
    free(h);
}

struct renderer *render_html_new(const struct report_output *output)
{
    static const struct renderer_ops ops = {
        html_nothing,     html_report_begin, html_section_begin, html_row,
        html_section_end, html_nothing,      html_end,           html_free,
    };
    struct html *h = calloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    h->base.ops = &ops;
    h->base.out = (struct out){.file = output->file, .path = output->path};
    h->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return &h->base;
}
