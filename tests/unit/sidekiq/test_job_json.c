/* test_job_json.c -- job payloads as Sidekiq writes them, and as nobody should.
 *
 * Every payload is fed whole and in pieces of 1, 2, 7 and 4096 bytes; the facts must be the same.
 * Display classes are what JobRecord#display_class gives; times and byte counts are worked out by
 * hand.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sidekiq/job_json.h"
#include "sidekiq/job_time.h"

#define WRAPPER "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper"
#define JOB     "\"jid\":\"0123456789abcdef01234567\""

static const size_t piece_sizes[] = {0, 1, 2, 7, 4096};

static const struct job_facts *parse(struct job_parser *p, const void *json, size_t size_bytes,
                                     size_t piece_bytes)
{
    const uint8_t *bytes = json;

    job_parser_begin(p, size_bytes);
    if (piece_bytes == 0)
        piece_bytes = size_bytes > 0 ? size_bytes : 1;
    for (size_t at = 0; at < size_bytes; at += piece_bytes) {
        const size_t left = size_bytes - at;

        job_parser_feed(p, bytes + at, left < piece_bytes ? left : piece_bytes);
    }
    return job_parser_end(p);
}

/* ---- classes ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *json;
    const char *class_; /* NULL: no class, or no job */
    bool has_jid;
} class_rows[] = {
    {"plain", "{\"class\":\"HardWorker\",\"args\":[1]," JOB "}", "HardWorker", true},
    {"no jid", "{\"class\":\"A\",\"args\":[]}", "A", false},
    {"empty jid", "{\"class\":\"A\",\"jid\":\"\"}", "A", false},
    {"jid is a number", "{\"class\":\"A\",\"jid\":5}", "A", false},
    {"spaces", " {\n\"class\" : \"A\" ,\t" JOB " }\r\n", "A", true},
    {"escapes", "{\"class\":\"A\\u0042\\\"\\n\"," JOB "}", "AB\"\n", true},
    {"escaped field name", "{\"cl\\u0061ss\":\"A\"," JOB "}", "A", true},
    {"nested class does not count", "{\"args\":[{\"class\":\"B\",\"jid\":\"1\"}]}", NULL, false},
    {"class number", "{\"class\":5," JOB "}", NULL, true},
    {"class null", "{\"class\":null," JOB "}", NULL, true},
    {"class object", "{\"class\":{\"class\":\"A\"}," JOB "}", NULL, true},
    {"class empty", "{\"class\":\"\"," JOB "}", NULL, true},
    {"class twice", "{\"class\":\"A\",\"class\":\"B\"," JOB "}", "B", true},
    {"class twice, then a number", "{\"class\":\"A\",\"class\":5," JOB "}", NULL, true},
    {"display_class", "{\"class\":\"A\",\"display_class\":\"Shown\"," JOB "}", "Shown", true},
    {"display_class null", "{\"class\":\"A\",\"display_class\":null," JOB "}", "A", true},
    {"ActiveJob", "{\"class\":\"" WRAPPER "\",\"wrapped\":\"InvoiceJob\",\"args\":[{}]," JOB "}",
     "InvoiceJob", true},
    {"ActiveJob of Sidekiq 8",
     "{\"class\":\"Sidekiq::ActiveJob::Wrapper\",\"wrapped\":\"X\"," JOB "}", "X", true},
    {"ActiveJob without wrapped",
     "{\"class\":\"" WRAPPER "\",\"args\":[{\"queue_name\":\"q\",\"job_class\":\"Y\"}]," JOB "}",
     "Y", true},
    {"job_class of args[1] does not count",
     "{\"class\":\"" WRAPPER "\",\"args\":[{},{\"job_class\":\"Y\"}]," JOB "}", WRAPPER, true},
    {"job_class deeper does not count",
     "{\"class\":\"" WRAPPER "\",\"args\":[[{\"job_class\":\"Y\"}]]," JOB "}", WRAPPER, true},
    {"wrapped without a wrapper", "{\"class\":\"A\",\"wrapped\":\"B\"," JOB "}", "A", true},
    {"mailer",
     "{\"class\":\"" WRAPPER
     "\",\"wrapped\":\"ActionMailer::MailDeliveryJob\",\"args\":[{\"arguments\":"
     "[\"UserMailer\",\"welcome\",\"deliver_now\",{\"args\":[\"x\",\"y\"]}]}]," JOB "}",
     "UserMailer#welcome", true},
    {"old mailer, args first",
     "{\"args\":[{\"job_class\":\"ActionMailer::DeliveryJob\",\"arguments\":[\"M\",\"m\"]}],"
     "\"class\":\"" WRAPPER "\"," JOB "}",
     "M#m", true},
    {"mailer, arguments twice",
     "{\"class\":\"" WRAPPER
     "\",\"wrapped\":\"ActionMailer::DeliveryJob\",\"args\":[{\"arguments\":"
     "[\"A\",\"a\"],\"arguments\":[\"B\",\"b\"]}]," JOB "}",
     "B#b", true},
    {"mailer, args twice",
     "{\"class\":\"" WRAPPER
     "\",\"wrapped\":\"ActionMailer::DeliveryJob\",\"args\":[{\"arguments\":"
     "[\"A\",\"a\"]}],\"args\":[{}]," JOB "}",
     "ActionMailer::DeliveryJob", true},
    {"mailer without a method",
     "{\"class\":\"" WRAPPER
     "\",\"wrapped\":\"ActionMailer::DeliveryJob\",\"args\":[{\"arguments\":"
     "[\"A\"]}]," JOB "}",
     "A", true},
    {"mailer, arguments no array",
     "{\"class\":\"" WRAPPER
     "\",\"wrapped\":\"ActionMailer::DeliveryJob\",\"args\":[{\"arguments\":{"
     "\"a\":\"b\"}}]," JOB "}",
     "ActionMailer::DeliveryJob", true},
    {"delayed class",
     "{\"class\":\"Sidekiq::Extensions::DelayedClass\",\"args\":[\"---\\n- !ruby/class "
     "'Report'\\n- "
     ":run\\n- - 42\\n\"]," JOB "}",
     "Report.run", true},
    {"delayed mailer",
     "{\"class\":\"Sidekiq::Extensions::DelayedMailer\",\"args\":[\"---\\n- !ruby/class "
     "'My::Mailer'\\n- :hi!\\n- []\\n\"]," JOB "}",
     "My::Mailer.hi!", true},
    {"delayed model",
     "{\"class\":\"Sidekiq::Extensions::DelayedModel\",\"args\":[\"---\\n- !ruby/object:User\\n  "
     "attributes:\\n    name: x\\n  - y\\n- :touch\\n- []\\n\"]," JOB "}",
     "User.touch", true},
    {"delayed, no YAML list",
     "{\"class\":\"Sidekiq::Extensions::DelayedClass\",\"args\":[\"- \"]," JOB "}",
     "Sidekiq::Extensions::DelayedClass", true},
    {"delayed, no args", "{\"class\":\"Sidekiq::Extensions::DelayedClass\"," JOB "}",
     "Sidekiq::Extensions::DelayedClass", true},
    {"invalid UTF-8 goes through", "{\"class\":\"A\xff\"," JOB "}", "A\xff", true},
    {"huge numbers",
     "{\"class\":\"A\",\"retry\":1e999999,\"x\":123456789012345678901234567890," JOB "}", "A",
     true},
    /* Not a job at all. */
    {"nothing", "", NULL, false},
    {"blank", " ", NULL, false},
    {"text", "hello", NULL, false},
    {"integer", "17", NULL, false},
    {"string", "\"class\"", NULL, false},
    {"array", "[{\"class\":\"A\"," JOB "}]", NULL, false},
    {"null", "null", NULL, false},
    {"truncated", "{\"class\":\"A\"," JOB, NULL, false},
    {"truncated in a string", "{\"class\":\"A\",\"jid\":\"0", NULL, false},
    {"two objects", "{\"class\":\"A\"," JOB "}{}", NULL, false},
    {"trailing text", "{\"class\":\"A\"," JOB "} x", NULL, false},
    {"trailing comma", "{\"class\":\"A\"," JOB ",}", NULL, false},
    {"comment", "{\"class\":\"A\",/* x */" JOB "}", NULL, false},
    {"raw line feed in a string", "{\"class\":\"A\nB\"," JOB "}", NULL, false},
    {"bad escape", "{\"class\":\"A\\x\"," JOB "}", NULL, false},
    {"bad hex", "{\"class\":\"A\\u00g0\"," JOB "}", NULL, false},
    {"NaN", "{\"class\":\"A\",\"x\":NaN," JOB "}", NULL, false},
    {"single quotes", "{'class':'A'}", NULL, false},
};

static void test_classes(void **state)
{
    struct job_parser *p = job_parser_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(class_rows) / sizeof(class_rows[0]); i++)
        for (size_t k = 0; k < sizeof(piece_sizes) / sizeof(piece_sizes[0]); k++) {
            const char *want = class_rows[i].class_;
            const struct job_facts *f =
                parse(p, class_rows[i].json, strlen(class_rows[i].json), piece_sizes[k]);
            char got[JOB_CLASS_BYTES + 1];

            got[job_display_class(f, got)] = '\0';
            if (strcmp(got, want ? want : "") != 0 || f->has_jid != class_rows[i].has_jid)
                fail_msg("%s, pieces of %zu: got '%s', jid %d", class_rows[i].name, piece_sizes[k],
                         got, f->has_jid);
        }
    job_parser_free(p);
}

/* ---- figures ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *json;
    int64_t created_at, enqueued_at, failed_at;
    uint64_t retry_count, args_bytes, backtrace_bytes;
    bool has_ms_times;
    const char *error_class;
} figure_rows[] = {
    {"7.x",
     "{\"created_at\":1795429403.0741906,\"enqueued_at\":1795429403.0742009,\"args\":[1,{}]}",
     1795429403074, 1795429403074, ROW_NULL, 0, 6, 0, false, NULL},
    {"8.x",
     "{\"created_at\":1795429590918,\"enqueued_at\":1795429590919,\"failed_at\":1795429590920}",
     1795429590918, 1795429590919, 1795429590920, 0, 0, 0, true, NULL},
    {"both units", "{\"created_at\":1e9,\"failed_at\":100000000000}", 1000000000000, ROW_NULL,
     100000000000, 0, 0, 0, false, NULL},
    {"just below the cut", "{\"created_at\":99999999999}", 99999999999000, ROW_NULL, ROW_NULL, 0, 0,
     0, false, NULL},
    {"a float beyond the cut is seconds", "{\"created_at\":100000000000.0}", 100000000000000,
     ROW_NULL, ROW_NULL, 0, 0, 0, false, NULL},
    {"exponents", "{\"created_at\":1.5E+3,\"enqueued_at\":15e-1,\"failed_at\":-2.0004}", 1500000,
     1500, -2000, 0, 0, 0, false, NULL},
    {"rounded", "{\"created_at\":1.0005,\"enqueued_at\":1.00049}", 1001, 1000, ROW_NULL, 0, 0, 0,
     false, NULL},
    {"too large",
     "{\"created_at\":1e999,\"enqueued_at\":99999999999999999999,\"failed_at\":1e-999}", ROW_NULL,
     ROW_NULL, 0, 0, 0, 0, false, NULL},
    {"text of 2.x",
     "{\"failed_at\":\"2013-03-07 12:23:45 UTC\",\"enqueued_at\":\"2013-03-07T12:23:45Z\"}",
     ROW_NULL, 1362659025000, 1362659025000, 0, 0, 0, false, NULL},
    {"text of Resque",
     "{\"failed_at\":\"2013/03/07 12:23:45 UTC\",\"created_at\":\"2013/03/07 13:23:45 +0100\"}",
     1362659025000, ROW_NULL, 1362659025000, 0, 0, 0, false, NULL},
    {"no times", "{\"created_at\":null,\"enqueued_at\":\"soon\",\"failed_at\":[1]}", ROW_NULL,
     ROW_NULL, ROW_NULL, 0, 0, 0, false, NULL},
    {"last one wins",
     "{\"created_at\":5,\"created_at\":6,\"retry_count\":3,\"retry_count\":2,"
     "\"args\":[1,2,3],\"args\":[]}",
     6000, ROW_NULL, ROW_NULL, 2, 2, 0, false, NULL},
    {"retry_count as text", "{\"retry_count\":\"7\",\"error_class\":\"E\"}", ROW_NULL, ROW_NULL,
     ROW_NULL, 0, 0, 0, false, "E"},
    {"retry_count negative", "{\"retry_count\":-1}", ROW_NULL, ROW_NULL, ROW_NULL, 0, 0, 0, false,
     NULL},
    {"array backtrace", "{\"error_backtrace\":[\"a:1\",\"b\"],\"retry_count\":24}", ROW_NULL,
     ROW_NULL, ROW_NULL, 24, 0, 11, false, NULL},
    {"packed backtrace", "{\"error_backtrace\":\"eJy\\n0=\",\"args\":[\"\\u00e9\"]}", ROW_NULL,
     ROW_NULL, ROW_NULL, 0, 10, 9, false, NULL},
    {"args no array", "{\"args\":12345,\"error_backtrace\":null}", ROW_NULL, ROW_NULL, ROW_NULL, 0,
     5, 4, false, NULL},
};

static void test_figures(void **state)
{
    struct job_parser *p = job_parser_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(figure_rows) / sizeof(figure_rows[0]); i++)
        for (size_t k = 0; k < sizeof(piece_sizes) / sizeof(piece_sizes[0]); k++) {
            const struct job_facts *f =
                parse(p, figure_rows[i].json, strlen(figure_rows[i].json), piece_sizes[k]);
            const char *error = figure_rows[i].error_class;

            if (!f->is_object || f->created_at != figure_rows[i].created_at ||
                f->enqueued_at != figure_rows[i].enqueued_at ||
                f->failed_at != figure_rows[i].failed_at ||
                f->retry_count != figure_rows[i].retry_count ||
                f->args_bytes != figure_rows[i].args_bytes ||
                f->backtrace_bytes != figure_rows[i].backtrace_bytes ||
                f->has_ms_times != figure_rows[i].has_ms_times ||
                f->error_class.is_set != (error != NULL) ||
                (error && memcmp(f->error_class.bytes, error, strlen(error)) != 0))
                fail_msg("%s, pieces of %zu: object %d times %lld %lld %lld retry %llu args %llu "
                         "backtrace %llu",
                         figure_rows[i].name, piece_sizes[k], f->is_object,
                         (long long)f->created_at, (long long)f->enqueued_at,
                         (long long)f->failed_at, (unsigned long long)f->retry_count,
                         (unsigned long long)f->args_bytes, (unsigned long long)f->backtrace_bytes);
        }
    job_parser_free(p);
}

/* ---- long and deep ones ------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t size_bytes, cap;
};

static void add(struct text *t, const char *bytes, size_t size_bytes)
{
    if (t->cap - t->size_bytes < size_bytes) {
        t->cap = (t->cap + size_bytes) * 2;
        t->bytes = realloc(t->bytes, t->cap);
        assert_non_null(t->bytes);
    }
    memcpy(t->bytes + t->size_bytes, bytes, size_bytes);
    t->size_bytes += size_bytes;
}

static void add_str(struct text *t, const char *s)
{
    add(t, s, strlen(s));
}

static void add_repeat(struct text *t, const char *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_str(t, s);
}

static void check_text(struct job_parser *p, struct text *t, const char *name, bool is_job,
                       uint64_t args_bytes)
{
    static const size_t pieces[] = {0, 7, 4096, 65536};

    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        const struct job_facts *f = parse(p, t->bytes, t->size_bytes, pieces[k]);
        char got[JOB_CLASS_BYTES];
        const size_t got_bytes = job_display_class(f, got);

        if (f->is_object != is_job || (is_job && (got_bytes != 1 || got[0] != 'A' || !f->has_jid ||
                                                  f->args_bytes != args_bytes)))
            fail_msg("%s, pieces of %zu: object %d jid %d args %llu", name, pieces[k], f->is_object,
                     f->has_jid, (unsigned long long)f->args_bytes);
    }
    free(t->bytes);
    *t = (struct text){0};
}

/* Strings that begin to be dropped in every position of an escape, valid and broken. */
static void test_gate(void **state)
{
    static const struct {
        const char *unit;
        bool is_job;
    } units[] = {
        {"x", true},        {"\\\"", true},           {"\\\\", true}, {"\\u00e9", true},
        {"\xc3\xa9", true}, {"\\ud83d\\ude00", true}, {"\\q", false}, {"\\u00x9", false},
        {"\n", false},      {"\x01", false},
    };
    struct job_parser *p = job_parser_new();
    struct text t = {0};
    char name[64];

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        for (size_t before = JOB_TOKEN_BYTES - 14; before < JOB_TOKEN_BYTES + 14; before++) {
            add_str(&t, "{\"class\":\"A\",\"args\":[\"");
            add_repeat(&t, "y", before);
            add_str(&t, units[i].unit);
            add_repeat(&t, "z", 20000);
            add_str(&t, "\",1]," JOB "}");
            snprintf(name, sizeof(name), "unit %zu behind %zu", i, before);
            check_text(p, &t, name, units[i].is_job, before + strlen(units[i].unit) + 20006);
        }
    /* A quote behind what was dropped ends the string: the rest is no JSON. */
    add_str(&t, "{\"class\":\"A\",\"args\":[\"");
    add_repeat(&t, "y", 50000);
    add_str(&t, "\"class\":\"B\",\"jid\":\"1\"}");
    check_text(p, &t, "quote in a long string", false, 0);
    job_parser_free(p);
}

static void test_large(void **state)
{
    struct job_parser *p = job_parser_new();
    struct text t = {0};

    (void)state;
    assert_non_null(p);
    add_str(&t, "{\"class\":\"A\",\"args\":[\"");
    add_repeat(&t, "0123456789abcdef", 5 * 65536);
    add_str(&t, "\"]," JOB "}");
    check_text(p, &t, "5 MiB in one string", true, 5 * 1048576 + 4);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":[");
    add_repeat(&t, "\"ab\",", 200000);
    add_str(&t, "1]}");
    check_text(p, &t, "many strings", true, 1000003);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":[");
    add_repeat(&t, "7", 1000000);
    add_str(&t, ".");
    add_repeat(&t, "7", 1000000);
    add_str(&t, "]}");
    check_text(p, &t, "a number of two million digits", true, 2000003);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"");
    add_repeat(&t, "k", 100000);
    add_str(&t, "\":1,\"args\":[");
    add_repeat(&t, " ", 100000);
    add_str(&t, "]}");
    check_text(p, &t, "long field name, long blank", true, 100002);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":[\"");
    add_repeat(&t, "y", 100000);
    check_text(p, &t, "cut in a long string", false, 0);
    job_parser_free(p);
}

static void test_depth(void **state)
{
    struct job_parser *p = job_parser_new();
    struct text t = {0};

    (void)state;
    assert_non_null(p);
    /* The outer object and the array of args are two of the hundred. */
    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":[");
    add_repeat(&t, "[", 98);
    add_repeat(&t, "]", 98);
    add_str(&t, "]}");
    check_text(p, &t, "depth 100", true, 198);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":[");
    add_repeat(&t, "[", 99);
    add_repeat(&t, "]", 99);
    add_str(&t, "]}");
    check_text(p, &t, "depth 101", false, 0);

    add_str(&t, "{\"class\":\"A\"," JOB ",\"args\":");
    add_repeat(&t, "[", 100000);
    check_text(p, &t, "depth 100,000", false, 0);

    add_repeat(&t, "{\"a\":", 100000);
    check_text(p, &t, "objects 100,000 deep", false, 0);
    job_parser_free(p);
}

static void test_nul_and_length(void **state)
{
    static const char nul[] = "{\"class\":\"A\0B\"}";
    static const char escaped_nul[] = "{\"class\":\"A\\u0000B\"," JOB "}";
    struct job_parser *p = job_parser_new();
    const struct job_facts *f;
    char got[JOB_CLASS_BYTES];

    (void)state;
    assert_non_null(p);
    assert_false(parse(p, nul, sizeof(nul) - 1, 0)->is_object);
    f = parse(p, escaped_nul, sizeof(escaped_nul) - 1, 0);
    assert_int_equal(job_display_class(f, got), 3);
    assert_memory_equal(got, "A\0B", 3);
    /* Fewer bytes than announced, and more. */
    job_parser_begin(p, 5);
    job_parser_feed(p, (const uint8_t *)"{}", 2);
    assert_false(job_parser_end(p)->is_object);
    job_parser_begin(p, 2);
    job_parser_feed(p, (const uint8_t *)"{} ", 3);
    assert_false(job_parser_end(p)->is_object);
    job_parser_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_figures),
        cmocka_unit_test(test_gate),    cmocka_unit_test(test_large),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_nul_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
