/* test_template.c -- HTML templates: what they print, and which are refused where. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/template.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        .type = VALUE_TEXT, .bytes = (s), .size_bytes = sizeof(s) - 1                              \
    }
#define INTEGER(n)                                                                                 \
    {                                                                                              \
        .type = VALUE_INT, .integer = (n)                                                          \
    }
#define REAL(n)                                                                                    \
    {                                                                                              \
        .type = VALUE_REAL, .real = (n)                                                            \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        .type = VALUE_NULL, .bytes = ""                                                            \
    }

/* keys: three rows; names: a column of the same name as one of keys; none: no rows. */
static struct column key_columns[] = {
    {.name = "name", .kind = COLUMN_COUNT},
    {.name = "bytes", .kind = COLUMN_BYTES},
    {.name = "share", .kind = COLUMN_PERCENT},
    {.name = "at", .kind = COLUMN_TIME},
};
static struct value key_values[] = {
    TEXT("a"), INTEGER(2048), REAL(12.3456789), INTEGER(0), TEXT("<b>&\"'"), INTEGER(0),
    REAL(0),   NOTHING,       TEXT(""),         NOTHING,    REAL(-0.25),     INTEGER(1700000000000),
};
static const struct row_list keys = {key_columns, 4, key_values, 3};
static struct column name_columns[] = {{.name = "name", .kind = COLUMN_PLAIN}, {.name = "n"}};
static struct value name_values[] = {TEXT("x"), INTEGER(1), TEXT("y"), INTEGER(1234567)};
static const struct row_list names = {name_columns, 2, name_values, 2};
static const struct row_list none = {name_columns, 2, NULL, 0};

static const struct template_section sections[] = {
    {"keys", &keys}, {"names", &names}, {"none", &none}};
static const struct template_part parts[] = {{"style", "b > i {}", 8}};
static const struct template_scope scope = {sections, 3, parts, 1};

static void test_output(void **state)
{
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"", ""},
        {"plain { } }} text", "plain { } }} text"},
        {"{{#keys}}[{{bytes}}]{{/keys}}", "[2.0 KiB][0 B][-]"},
        {"{{#keys}}[{{bytes.raw}}|{{share.raw}}]{{/keys}}", "[2048|12.345679][0|0][|-0.25]"},
        {"{{#keys}}{{share}},{{/keys}}", "12.3 %,0.0 %,-0.2 %,"},
        {"{{#keys}}{{at}};{{/keys}}", "1970-01-01 00:00:00;-;2023-11-14 22:13:20;"},
        {"{{#keys}}{{name}}{{/keys}}", "a&lt;b&gt;&amp;&quot;&#39;"},
        {"{{#keys}}{{name.raw}}{{/keys}}", "a&lt;b&gt;&amp;&quot;&#39;"},
        /* a condition: NULL, 0 and '' are nothing */
        {"{{#keys}}{{#name}}n{{/name}}{{^name}}-{{/name}}{{#bytes}}b{{/bytes}} {{/keys}}",
         "nb n - "},
        {"{{#keys}}{{^bytes}}0{{/bytes}}{{^share}}s{{/share}}{{#at}}t{{/at}}.{{/keys}}", ".0s.0t."},
        /* no rows */
        {"{{#none}}a{{name}}{{/none}}{{^none}}b{{/none}}{{^keys}}c{{/keys}}", "b"},
        /* the innermost row first, then those around */
        {"{{#names}}{{#keys}}{{name}}{{n}} {{/keys}}{{/names}}",
         "a1 &lt;b&gt;&amp;&quot;&#39;1 1 a1,234,567 &lt;b&gt;&amp;&quot;&#39;1,234,567 "
         "1,234,567 "},
        {"{{#keys}}{{#names}}{{name}}{{/names}}{{/keys}}", "xyxyxy"},
        {"{{#names}}{{#keys}}{{/keys}}{{name}}{{/names}}", "xy"},
        {"{{#names}}{{#none}}{{name}}{{/none}}{{/names}}", ""},
        {"{{!{{#keys}}}}", "}}"},
        {"a{{! remark }}b", "ab"},
        {"{{# keys }}.{{/ keys }}", "..."},
        {"<style>{{>style}}</style>", "<style>b > i {}</style>"},
        {"{{#names}}{{#names}}{{/names}}{{/names}}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf b = {0};
        struct error err = {0};
        bool is_cut = true;
        const int r = template_render("t.html", rows[i].text, &scope, SIZE_MAX, &b, &is_cut, &err);

        if (rows[i].html == NULL) {
            assert_int_equal(r, -1);
        } else {
            assert_int_equal(r, 0);
            assert_false(is_cut);
            assert_string_equal(strbuf_text(&b), rows[i].html);
        }
        strbuf_done(&b);
    }
}

static void test_errors(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"\n\n{{name}}", "t.html:3: not a column of a row here: {{name}}"},
        {"{{#keys}}\n{{nothing}}{{/keys}}", "t.html:2: not a column of a row here: {{nothing}}"},
        {"{{#keys}}{{bytes.text}}{{/keys}}",
         "t.html:1: not a column of a row here: {{bytes.text}}"},
        {"{{#keys}}{{keys}}{{/keys}}", "t.html:1: not a column of a row here: {{keys}}"},
        {"{{#no}}{{/no}}", "t.html:1: neither a column nor a section: {{no}}"},
        {"{{^bytes}}{{/bytes}}", "t.html:1: neither a column nor a section: {{bytes}}"},
        /* names are known without a row */
        {"{{#none}}{{nothing}}{{/none}}", "t.html:1: not a column of a row here: {{nothing}}"},
        {"a\n{{#keys}}\n\n", "t.html:2: not ended: {{keys}}"},
        {"{{/keys}}", "t.html:1: ends what is not open: {{keys}}"},
        {"{{#keys}}{{#name}}{{/keys}}{{/name}}", "t.html:1: ends what is not open: {{keys}}"},
        {"{{#keys}}\n{{#names}}{{#keys}}{{/keys}}{{/names}}{{/keys}}",
         "t.html:2: inside itself: {{keys}}"},
        {"\n{{#keys}", "t.html:2: no end of {{#keys}}}"},
        {"{{}}", "t.html:1: not a column of a row here: {{}}"},
        {"{{>script}}", "t.html:1: no part: {{script}}"},
        {"{{&name}}", "t.html:1: not a column of a row here: {{&name}}"},
        {"{{{name}}}", "t.html:1: not a column of a row here: {{{name}}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf b = {0};
        struct error err = {0};
        bool is_cut;

        assert_int_equal(
            template_render("t.html", rows[i].text, &scope, SIZE_MAX, &b, &is_cut, &err), -1);
        assert_int_equal(err.exit_code, EXIT_CANNOT_RUN);
        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(b.size_bytes, 0);
        strbuf_done(&b);
    }
}

/* A column may stand inside itself, so only the depth bounds it. */
static void test_depth(void **state)
{
    (void)state;
    for (int depth = 14; depth <= 17; depth++) {
        struct strbuf text = {0}, b = {0};
        struct error err = {0};
        bool is_cut;
        int r;

        strbuf_puts(&text, "{{#names}}");
        for (int i = 1; i < depth; i++)
            strbuf_puts(&text, "{{#n}}");
        strbuf_puts(&text, "!");
        for (int i = 1; i < depth; i++)
            strbuf_puts(&text, "{{/n}}");
        strbuf_puts(&text, "{{/names}}");
        r = template_render("t.html", strbuf_text(&text), &scope, SIZE_MAX, &b, &is_cut, &err);
        assert_int_equal(r, depth <= 16 ? 0 : -1);
        assert_string_equal(r == 0 ? strbuf_text(&b) : err.message,
                            r == 0 ? "!!" : "t.html:1: nested too deep: {{n}}");
        strbuf_done(&text);
        strbuf_done(&b);
    }
}

/* Once there is no room the next row is the last: it may close what the first opened. */
static void test_room(void **state)
{
    struct strbuf b = {0};
    struct error err = {0};
    bool is_cut = false;

    (void)state;
    strbuf_puts(&b, "12345");
    assert_int_equal(
        template_render("t.html", "<ul>{{#keys}}<li>{{/keys}}</ul>", &scope, 12, &b, &is_cut, &err),
        0);
    assert_true(is_cut);
    assert_string_equal(strbuf_text(&b), "12345<ul><li><li></ul>");
    strbuf_done(&b);
}

/* Long texts are cut, and what a reader could not see stands as an escape. */
static void test_hostile(void **state)
{
    static char name[1000];
    static struct value value = {.type = VALUE_TEXT, .bytes = name, .size_bytes = sizeof name};
    static const struct row_list rows = {name_columns, 1, &value, 1};
    static const struct template_section section = {"rows", &rows};
    const struct template_scope one = {&section, 1, NULL, 0};
    static const char bad[] = "\xe2\x80\xae\xff\x1b\n{{name}}</script>";
    struct strbuf b = {0};
    struct error err = {0};
    bool is_cut;

    (void)state;
    memset(name, '"', sizeof name);
    assert_int_equal(
        template_render("t.html", "{{#rows}}{{name}}{{/rows}}", &one, SIZE_MAX, &b, &is_cut, &err),
        0);
    assert_true(b.size_bytes <= 200 * strlen("&quot;"));
    assert_null(strchr(strbuf_text(&b), '"'));
    strbuf_clear(&b);
    memcpy(name, bad, sizeof bad - 1);
    value.size_bytes = sizeof bad - 1;
    assert_int_equal(
        template_render("t.html", "{{#rows}}{{name}}{{/rows}}", &one, SIZE_MAX, &b, &is_cut, &err),
        0);
    assert_string_equal(strbuf_text(&b), "\\xe2\\x80\\xae\\xff\\x1b\\x0a{{name}}&lt;/script&gt;");
    strbuf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output), cmocka_unit_test(test_errors),  cmocka_unit_test(test_depth),
        cmocka_unit_test(test_room),   cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
