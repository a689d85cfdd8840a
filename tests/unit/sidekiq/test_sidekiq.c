/* test_sidekiq.c -- installations, sets, jobs and counters from hand-made events.
 *
 * The first tests follow the list of fixtures worth having in the reference on job queues (items 1
 * to 6 and 9); then come the rules about names, and limits.  Expected values are counted by hand.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

#define NOW INT64_C(1700000000000)
#define JID "\"jid\":\"0123456789abcdef01234567\""

#define LIST(...)   ((const char *const[]){__VA_ARGS__, NULL})
#define SCORES(...) ((const double[]){__VA_ARGS__})

/* One line a fact, so that a test says what it expects as one text. */
static void describe(const struct sidekiq_result *r, char *out, size_t out_bytes)
{
    FILE *f = fmemopen(out, out_bytes, "w");

    assert_non_null(f);
    for (size_t i = 0; i < r->installation_count; i++) {
        const struct sidekiq_installation *x = &r->installations[i];

        fprintf(f, "at %d '%s' version '%s' processes %d live %d\n", (int)x->db, x->namespace_,
                x->version, (int)x->processes, (int)x->live_processes);
    }
    for (size_t i = 0; i < r->set_count; i++) {
        const struct sidekiq_set *x = &r->sets[i];

        fprintf(f, "%d '%s' %s '%s' jobs %d%s%s", (int)x->db, x->namespace_,
                sidekiq_kind_name(x->kind), x->name, (int)x->jobs,
                x->kind == SIDEKIQ_QUEUE && !x->is_registered ? " unregistered" : "",
                x->is_private ? " private" : "");
        if (x->unparsable > 0)
            fprintf(f, " unparsable %d", (int)x->unparsable);
        fprintf(f, "\n");
    }
    for (size_t i = 0; i < r->job_count; i++) {
        const struct sidekiq_job_group *x = &r->jobs[i];

        fprintf(f, "  %s '%s': %s/%s %d\n", sidekiq_kind_name(x->kind), x->set_name, x->class_,
                x->error_class, (int)x->jobs);
    }
    for (size_t i = 0; i < r->stat_count; i++) {
        const struct sidekiq_stat *x = &r->stats[i];

        fprintf(
            f, "stat '%s' %s total %lld days %d/%d zero %d bytes %d/%d alloc %d/%d %s..%s %s..%s\n",
            x->namespace_, x->stat, x->total == ROW_NULL ? -1LL : (long long)x->total,
            (int)x->dated_keys, (int)x->dated_keys_without_ttl, (int)x->dated_keys_zero,
            (int)x->dated_bytes, (int)x->dated_bytes_without_ttl, (int)x->dated_alloc_bytes,
            (int)x->dated_alloc_bytes_without_ttl, x->first_day, x->last_day,
            x->first_day_without_ttl, x->last_day_without_ttl);
    }
    if (r->ignored_keys > 0)
        fprintf(f, "ignored %d\n", (int)r->ignored_keys);
    fclose(f);
}

static void expect(struct feed *f, const char *want)
{
    static char got[65536];
    const struct sidekiq_result *r = sidekiq_resolve(f->collector, NOW);

    assert_non_null(r);
    memset(got, 0, sizeof(got));
    describe(r, got, sizeof(got));
    assert_string_equal(got, want);
}

static const struct sidekiq_set *set_of(struct feed *f, enum sidekiq_kind kind, const char *name)
{
    const struct sidekiq_result *r = sidekiq_resolve(f->collector, NOW);

    assert_non_null(r);
    for (size_t i = 0; i < r->set_count; i++)
        if (r->sets[i].kind == kind && strcmp(r->sets[i].name, name) == 0)
            return &r->sets[i];
    fail_msg("no set %s", name);
    return NULL;
}

static const struct sidekiq_job_group *group_of(struct feed *f, const char *class_)
{
    const struct sidekiq_result *r = sidekiq_resolve(f->collector, NOW);

    assert_non_null(r);
    for (size_t i = 0; i < r->job_count; i++)
        if (strcmp(r->jobs[i].class_, class_) == 0)
            return &r->jobs[i];
    fail_msg("no class %s", class_);
    return NULL;
}

/* ---- generations of Sidekiq --------------------------------------------------------------- */

/* 400 days without TTL under a namespace, an array as backtrace. */
static void test_5_1(void **state)
{
    struct feed f = feed_new();
    char key[64];

    (void)state;
    feed_zset(&f, "myapp:retry",
              LIST("{\"class\":\"A\",\"args\":[]," JID ",\"error_class\":\"E\",\"retry_count\":3,"
                   "\"failed_at\":1699999990.5,\"error_backtrace\":[\"x:1\",\"y:2\"]}"),
              SCORES(1700000100.0006));
    for (int day = 0; day < 400; day++) { /* 2016-01-01 on, months of 28 days */
        snprintf(key, sizeof(key), "myapp:stat:%s:2016-%02d-%02d", day % 2 ? "failed" : "processed",
                 1 + day / 2 / 28, 1 + day / 2 % 28);
        feed_string(&f, key, day % 10 == 0 ? "0" : "17");
    }
    feed_string(&f, "myapp:stat:processed:2016-13-01", "1"); /* no day */
    feed_string(&f, "myapp:stat:processed:2016-01-00", "1");
    feed_string(&f, "myapp:stat:processed", "123456");
    feed_string(&f, "myapp:stat:failed", "12");
    expect(&f,
           "at 0 'myapp' version '4.0-5.1' processes 0 live 0\n"
           "0 'myapp' retry 'retry' jobs 1\n"
           "  retry 'retry': A/E 1\n"
           "stat 'myapp' processed total 123456 days 200/200 zero 40 bytes 20000/20000 alloc "
           "19200/19200 "
           "2016-01-01..2016-08-04 2016-01-01..2016-08-04\n"
           "stat 'myapp' failed total 12 days 200/200 zero 0 bytes 20000/20000 alloc 19200/19200 "
           "2016-01-01..2016-08-04 2016-01-01..2016-08-04\n");
    assert_int_equal(group_of(&f, "A")->backtrace_bytes, 13);
    assert_int_equal(group_of(&f, "A")->retry_count_max, 3);
    assert_int_equal(group_of(&f, "A")->oldest_at, 1699999990500);
    assert_int_equal(set_of(&f, SIDEKIQ_RETRY, "retry")->first_score_at, 1700000100001);
    feed_done(&f);
}

/* Backtraces as base64, with and without line feeds; five years on the newest day, none on older
 * ones. */
static void test_6(void **state)
{
    struct feed f = feed_new();

    (void)state;
    feed_zset(&f, "dead",
              LIST("{\"class\":\"A\",\"args\":[1]," JID ",\"error_class\":\"E\",\"retry_count\":0,"
                   "\"error_backtrace\":\"eJyL\\nVkpU\\n\"}",
                   "{\"class\":\"A\",\"args\":[1]," JID ",\"error_class\":\"E\",\"retry_count\":24,"
                   "\"error_backtrace\":\"eJyLVkpU\"}"),
              SCORES(1600000000, 1690000000));
    feed_string(&f, "stat:processed:2018-01-01", "1");
    /* 2023-11-14T00:10:00Z and five years, set by the last flush after midnight */
    f.expire_at_ms = INT64_C(1699920600000) + INT64_C(157680000000);
    feed_string(&f, "stat:processed:2023-11-13", "0");
    f.expire_at_ms = ROW_NULL;
    expect(&f, "at 0 '' version '>= 5.2' processes 0 live 0\n"
               "0 '' dead 'dead' jobs 2\n"
               "  dead 'dead': A/E 2\n"
               "stat '' processed total -1 days 2/1 zero 1 bytes 200/100 alloc 192/96 "
               "2018-01-01..2023-11-13 2018-01-01..2018-01-01\n");
    assert_int_equal(group_of(&f, "A")->backtrace_bytes, 14 + 10);
    assert_int_equal(group_of(&f, "A")->args_bytes, 6);
    assert_int_equal(group_of(&f, "A")->retry_count_max, 24);
    assert_int_equal(set_of(&f, SIDEKIQ_DEAD, "dead")->oldest_at, 1600000000000);
    assert_int_equal(set_of(&f, SIDEKIQ_DEAD, "dead")->newest_at, 1690000000000);
    feed_done(&f);
}

/* A live process, work hashes, iteration state, metrics; a dead set at its limit. */
static void test_7_3(void **state)
{
    struct feed f = feed_new();

    (void)state;
    feed_string(&f, "HardWorker-23-14:7", "\x01");
    f.expire_at_ms = NOW + 55000;
    feed_hash(&f, "web-1:42:8c0ffee8c0ff",
              LIST("info", "{\"hostname\":\"web-1\",\"version\":\"7.3.2\"}", "busy", "1", "beat",
                   "1699999995.1"));
    feed_hash(&f, "web-1:42:8c0ffee8c0ff:work", LIST("t1", "{\"queue\":\"q\",\"payload\":\"{}\"}"));
    feed_hash(&f, "it-0123456789abcdef01234567", LIST("ex", "1"));
    feed_hash(&f, "j|20231114|22:13", LIST("A|p", "1"));
    f.expire_at_ms = ROW_NULL;
    feed_set(&f, "processes", LIST("web-1:42:8c0ffee8c0ff"));
    feed_repeat(&f, RDBP_TYPE_ZSET, "dead",
                "{\"class\":\"A\",\"args\":[]," JID ",\"error_class\":\"E\"}", 9999);
    expect(&f, "at 0 '' version '7.3.2' processes 1 live 1\n"
               "0 '' dead 'dead' jobs 9999\n"
               "  dead 'dead': A/E 9999\n");
    feed_done(&f);
}

/* Milliseconds and what 7.x left behind, side by side in one set. */
static void test_8(void **state)
{
    struct feed f = feed_new();
    const struct sidekiq_result *r;

    (void)state;
    feed_zset(&f, "schedule",
              LIST("{\"class\":\"A\",\"args\":[]," JID ",\"created_at\":1690000000000}",
                   "{\"class\":\"A\",\"args\":[]," JID ",\"created_at\":1650000000.25}"),
              SCORES(1700000300.5, 1700000400));
    feed_string(&f, "h|Billing::ChargeJob-14-8:43", "\x01");
    feed_hash(&f, "j|231114|8:4", LIST("A|p", "1"));
    feed_zset(&f, "profiles", LIST("tok-0123456789abcdef01234567"), NULL);
    expect(&f, "at 0 '' version '>= 8' processes 0 live 0\n"
               "0 '' schedule 'schedule' jobs 2\n"
               "  schedule 'schedule': A/ 2\n");
    assert_int_equal(set_of(&f, SIDEKIQ_SCHEDULE, "schedule")->oldest_at, 1650000000250);
    assert_int_equal(set_of(&f, SIDEKIQ_SCHEDULE, "schedule")->newest_at, 1690000000000);
    assert_int_equal(set_of(&f, SIDEKIQ_SCHEDULE, "schedule")->last_score_at, 1700000400000);
    assert_int_equal(set_of(&f, SIDEKIQ_SCHEDULE, "schedule")->latency_ms, ROW_NULL);
    r = sidekiq_resolve(f.collector, NOW);
    assert_string_equal(r->installations[0].evidence,
                        "jobs in schedule; version by metrics keys of 8; jobs from a client < 8");
    feed_done(&f);
}

/* A payload that is no JSON, empty args, 5 MB of them, no created_at. */
static void test_odd_payloads(void **state)
{
    static const char head[] = "{\"class\":\"Big\"," JID ",\"args\":[\"";
    const size_t big = 5000000;
    char *job = malloc(sizeof(head) + big + 3);
    struct feed f = feed_new();

    (void)state;
    assert_non_null(job);
    memcpy(job, head, sizeof(head));
    memset(job + sizeof(head) - 1, 'x', big);
    memcpy(job + sizeof(head) - 1 + big, "\"]}", 4);
    for (f.piece_bytes = 0; f.piece_bytes < 200000; f.piece_bytes += 131072) {
        feed_done(&f);
        f = (struct feed){.collector = sidekiq_collector_new(),
                          .expire_at_ms = ROW_NULL,
                          .piece_bytes = f.piece_bytes};
        feed_zset(&f, "dead",
                  LIST("not json", "{\"class\":\"A\",\"args\":[]," JID "}", job, "[1]", ""),
                  SCORES(1, 2, 3, 4, 5));
        expect(&f, "at 0 '' version '' processes 0 live 0\n"
                   "0 '' dead 'dead' jobs 5 unparsable 3\n"
                   "  dead 'dead': (unparsable)/ 3\n"
                   "  dead 'dead': A/ 1\n"
                   "  dead 'dead': Big/ 1\n");
        assert_int_equal(group_of(&f, "Big")->args_bytes, big + 4);
        assert_int_equal(group_of(&f, "Big")->payload_bytes, strlen(job));
        assert_int_equal(group_of(&f, "(unparsable)")->payload_bytes, 8 + 3);
        assert_int_equal(group_of(&f, "(unparsable)")->oldest_at, 1000);
    }
    feed_done(&f);
    free(job);
}

/* One process alive, one expired, one without a hash; private queues of the dead. */
static void test_processes(void **state)
{
    struct feed f = feed_new();

    (void)state;
    feed_set(&f, "processes", LIST("a:1:000000000001", "b:2:000000000002", "c:3:000000000003"));
    f.expire_at_ms = NOW + 30000;
    feed_hash(&f, "a:1:000000000001", LIST("busy", "0", "info", "{\"version\":\"8.0.1\"}"));
    feed_hash(&f, "x:9:000000000009", LIST("info", "{\"version\":\"9.9.9\"}")); /* of nobody */
    f.expire_at_ms = NOW;
    feed_hash(&f, "b:2:000000000002", LIST("info", "{\"version\":\"7.0.0\"}"));
    f.expire_at_ms = ROW_NULL;
    feed_list(&f, "queue:sq|c:3:000000000003|default",
              LIST("{\"class\":\"A\",\"args\":[]," JID "}"));
    feed_list(&f, "queue:sq_c:3:000000000003_low", LIST("{\"class\":\"B\",\"args\":[]," JID "}"));
    expect(&f, "at 0 '' version '8.0.1' processes 3 live 1\n"
               "0 '' queue 'sq_c:3:000000000003_low' jobs 1 unregistered private\n"
               "0 '' queue 'sq|c:3:000000000003|default' jobs 1 unregistered private\n"
               "  queue 'sq_c:3:000000000003_low': B/ 1\n"
               "  queue 'sq|c:3:000000000003|default': A/ 1\n");
    feed_done(&f);
}

/* Resque and Sidekiq in one database; the same names again in another one. */
static void test_resque_beside(void **state)
{
    struct feed f = feed_new();

    (void)state;
    feed_string(&f, "resque:stat:processed", "5");
    feed_set(&f, "resque:queues", LIST("mail"));
    feed_list(&f, "resque:queue:mail", LIST("{\"class\":\"R\",\"args\":[]}"));
    feed_string(&f, "side:stat:processed", "7");
    feed_set(&f, "side:queues", LIST("mail"));
    feed_list(&f, "side:queue:mail", LIST("{\"class\":\"S\",\"args\":[]," JID "}"));
    f.db = 1; /* Resque under other prefixes */
    feed_string(&f, "a:stat:processed", "5");
    feed_list(&f, "a:failed", LIST("{}"));
    feed_string(&f, "b:stat:processed", "5");
    feed_list(&f, "b:queue:x", LIST("{\"class\":\"R\",\"args\":[]}"));
    feed_string(&f, "c:stat:processed", "5");
    feed_string(&f, "c:resque:stat:processed", "5");
    expect(&f, "at 0 'side' version '' processes 0 live 0\n"
               "at 1 'c' version '' processes 0 live 0\n"
               "0 'side' queue 'mail' jobs 1\n"
               "  queue 'mail': S/ 1\n"
               "stat 'side' processed total 7 days 0/0 zero 0 bytes 0/0 alloc 0/0 .. ..\n"
               "stat 'c' processed total 5 days 0/0 zero 0 bytes 0/0 alloc 0/0 .. ..\n");
    feed_done(&f);
}

/* ---- names -------------------------------------------------------------------------------- */

/* The order of keys in a file is that of hashes: lists may come before what proves their prefix. */
static void test_splits(void **state)
{
    static const char *const job[] = {"{\"class\":\"A\",\"args\":[]," JID "}", NULL};
    struct feed f = feed_new();

    (void)state;
    feed_list(&f, "app:queue:a:queue:b", job); /* `app` has a:queue:b */
    feed_list(&f, "app:queue:x:queue:y", job); /* `app:queue:x` is an installation */
    feed_list(&f, "app:queue:x:queue:z", job); /* both have it: the last split */
    feed_list(&f, "app:queue:low:prio", job);  /* not in `queues` */
    feed_list(&f, "other:queue:low", job);     /* of nobody */
    feed_list(&f, "working:queue:a:h:1:0123", job);
    feed_list(&f, "app:queue:", job); /* no name */
    feed_list(&f, "app:myqueue:a", job);
    feed_list(&f, "app:queue:caf\xc3\xa9\xff\\", job);
    feed_set(&f, "app:queues", LIST("a:queue:b", "x:queue:z", "drained", "caf\xc3\xa9\xff\\"));
    feed_zset(&f, "app:queue:x:retry", job, NULL);
    feed_set(&f, "app:queue:x:queues", LIST("z"));
    feed_zset(&f, "xretry", job, NULL);
    feed_zset(&f, "app:retry:x", job, NULL);
    expect(&f, "at 0 'app' version '' processes 0 live 0\n"
               "at 0 'app:queue:x' version '' processes 0 live 0\n"
               "0 'app' queue 'a:queue:b' jobs 1\n"
               "0 'app' queue 'caf\xc3\xa9\\xff\\\\' jobs 1\n"
               "0 'app' queue 'drained' jobs 0\n"
               "0 'app' queue 'low:prio' jobs 1 unregistered\n"
               "0 'app' queue 'x:queue:z' jobs 0\n"
               "0 'app:queue:x' queue 'y' jobs 1 unregistered\n"
               "0 'app:queue:x' queue 'z' jobs 1\n"
               "0 'app:queue:x' retry 'retry' jobs 1\n"
               "  queue 'a:queue:b': A/ 1\n"
               "  queue 'caf\xc3\xa9\\xff\\\\': A/ 1\n"
               "  queue 'low:prio': A/ 1\n"
               "  queue 'y': A/ 1\n"
               "  queue 'z': A/ 1\n"
               "  retry 'retry': A/ 1\n");
    assert_null(set_of(&f, SIDEKIQ_QUEUE, "drained")->key);
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "drained")->bytes, 0);
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "a:queue:b")->bytes, FEED_KEY_BYTES);
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "a:queue:b")->key_bytes, 19);
    feed_done(&f);
}

/* What proves nothing. */
static void test_no_proof(void **state)
{
    static const char *const job[] = {"{\"class\":\"A\",\"args\":[]," JID "}", NULL};
    struct feed f = feed_new();

    (void)state;
    feed_string(&f, "stat:processed", "12x");
    feed_string(&f, "a:stat:processed", "-5");
    feed_string(&f, "b:stat:failed", "5");
    feed_string(&f, "b:stat:processed:2024-13-01", "5");
    feed_string(&f, "b:stat:processed:2024-01-01", "5");
    feed_string(&f, "xstat:processed", "5");
    feed_set(&f, "queues", LIST("other"));
    feed_list(&f, "queue:default", job);
    feed_set(&f, "processes", LIST("host:12", "host:x:0123456789ab", ":12:0123456789ab"));
    feed_hash(&f, "host:1:0123456789ab", LIST("info", "{\"version\":\"7.0.0\"}"));
    feed_zset(&f, "bull:q:retry", LIST("1", "2"), NULL);
    feed_zset(&f, "profiles", LIST("alice", "bob"), NULL);
    feed_list(&f, "retry", job);
    feed_set(&f, "dead", job);
    feed_hash(&f, "it-0123456789abcdef01234567", LIST("ex", "1"));
    expect(&f, "");
    feed_done(&f);
}

/* The version by what is left when no process speaks. */
static void test_versions(void **state)
{
    static const struct {
        const char *name, *key, *version;
        enum rdbp_type type;
    } rows[] = {
        {"nothing", "x", "", RDBP_TYPE_STRING},
        {"histogram", "p:h|A::B-3-4:05", ">= 8", RDBP_TYPE_STRING},
        {"histogram of another prefix", "q:h|A::B-3-4:05", "", RDBP_TYPE_STRING},
        {"no histogram", "p:h|whatever", "", RDBP_TYPE_STRING},
        {"six digits", "p:j|250214|8:43", ">= 8", RDBP_TYPE_HASH},
        {"eight digits", "p:j|20250214|8:43", "7", RDBP_TYPE_HASH},
        {"hour", "p:j|20250214|8", "6.5", RDBP_TYPE_HASH},
        {"day", "p:j|20250214", "6.5", RDBP_TYPE_HASH},
        {"other day", "p:j|2025021", "", RDBP_TYPE_HASH},
        {"iteration", "p:it-0123456789abcdef01234567", ">= 7.3", RDBP_TYPE_HASH},
        {"short jid", "p:it-0123456789abcdef0123456", "", RDBP_TYPE_HASH},
        {"work", "p:h:1:0123456789ab:work", ">= 6.4.2", RDBP_TYPE_HASH},
        {"workers", "p:h:1:0123456789ab:workers", "<= 6.4.1", RDBP_TYPE_HASH},
        {"work of another", "p:h:2:0123456789ab:work", "", RDBP_TYPE_HASH},
        {"heartbeat without version", "p:h:1:0123456789ab", "", RDBP_TYPE_HASH},
        {"2.x", "p:worker:h:1-x:started", "2", RDBP_TYPE_STRING},
        {"days without TTL", "p:stat:failed:2017-01-01", "4.0-5.1", RDBP_TYPE_STRING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feed f = feed_new();
        const struct sidekiq_result *r;

        if (rows[i].type == RDBP_TYPE_HASH)
            feed_hash(&f, rows[i].key, LIST("info", "{}"));
        else
            feed_string(&f, rows[i].key, "1");
        feed_set(&f, "p:processes", LIST("h:1:0123456789ab"));
        r = sidekiq_resolve(f.collector, NOW);
        assert_non_null(r);
        assert_int_equal(r->installation_count, 1);
        if (strcmp(r->installations[0].version, rows[i].version) != 0)
            fail_msg("%s: version '%s'", rows[i].name, r->installations[0].version);
        feed_done(&f);
    }
}

/* ---- lists -------------------------------------------------------------------------------- */

static void test_queue_times(void **state)
{
    struct feed f = feed_new();
    const struct sidekiq_set *s;

    (void)state;
    feed_set(&f, "queues", LIST("q", "old", "bad"));
    feed_list(&f, "queue:q",
              LIST("{\"class\":\"A\"," JID
                   ",\"created_at\":1699999999.5,\"enqueued_at\":1699999999.5}",
                   "{\"class\":\"A\"," JID
                   ",\"created_at\":1600000000.0,\"enqueued_at\":1699999990.25}"));
    feed_list(&f, "queue:old", LIST("{\"class\":\"A\"," JID ",\"created_at\":1699999000}"));
    feed_list(&f, "queue:bad", LIST("{\"class\":\"A\"," JID ",\"enqueued_at\":1600000000}", "{"));
    s = set_of(&f, SIDEKIQ_QUEUE, "q");
    assert_int_equal(s->oldest_at, 1699999990250);
    assert_int_equal(s->newest_at, 1699999999500);
    assert_int_equal(s->latency_ms, 9750); /* of the last element */
    assert_int_equal(s->first_score_at, ROW_NULL);
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "old")->latency_ms, 1000000);
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "bad")->latency_ms, ROW_NULL);
    feed_done(&f);
}

/* 1,000 elements decide whether a candidate is read on. */
static void test_trial(void **state)
{
    static const size_t counts[] = {999, 1000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char **texts = calloc(5002, sizeof(*texts));
        struct feed f = feed_new();
        char want[512];

        assert_non_null(texts);
        f.items_a_blob = 100;
        for (size_t k = 0; k < 5001; k++)
            texts[k] = k == counts[i] ? "{\"class\":\"A\"," JID "}" : "x";
        feed_set(&f, "queues", LIST("late"));
        feed_list(&f, "queue:late", texts);
        assert_int_equal(f.elements_read, i == 0 ? 5001 : 1000);
        /* Without the proof there is no installation, and nothing is said. */
        expect(&f, i == 0 ? "at 0 '' version '' processes 0 live 0\n"
                            "0 '' queue 'late' jobs 5001 unparsable 5000\n"
                            "  queue 'late': (unparsable)/ 5000\n"
                            "  queue 'late': A/ 1\n"
                          : "");
        /* With another one, its length counts as Sidekiq counts it. */
        feed_string(&f, "stat:processed", "1");
        snprintf(want, sizeof(want),
                 "at 0 '' version '' processes 0 live 0\n"
                 "0 '' queue 'late' jobs 5001 unparsable %d\n"
                 "  queue 'late': (unparsable)/ %d\n"
                 "%s"
                 "stat '' processed total 1 days 0/0 zero 0 bytes 0/0 alloc 0/0 .. ..\n",
                 i == 0 ? 5000 : 5001, i == 0 ? 5000 : 5001,
                 i == 0 ? "  queue 'late': A/ 1\n" : "");
        expect(&f, want);
        feed_done(&f);
        free(texts);
    }
}

static void test_damaged(void **state)
{
    static const char *const job[] = {"{\"class\":\"A\"," JID "}", NULL};
    struct feed f = feed_new();

    (void)state;
    feed_string(&f, "stat:processed", "1");
    feed_set(&f, "queues", LIST("good", "bad", "worse"));
    f.is_damaged = true;
    feed_list(&f, "queue:bad", job);
    feed_list(&f, "queue:worse", LIST("x"));
    feed_zset(&f, "retry", job, NULL);
    feed_string(&f, "stat:failed", "7");
    feed_set(&f, "p:processes", LIST("h:1:0123456789ab"));
    f.is_damaged = false;
    feed_list(&f, "queue:good", job);
    /* A damaged queue is no drained one either. */
    expect(&f, "at 0 '' version '' processes 0 live 0\n"
               "0 '' queue 'good' jobs 1\n"
               "  queue 'good': A/ 1\n"
               "stat '' processed total 1 days 0/0 zero 0 bytes 0/0 alloc 0/0 .. ..\n");
    feed_done(&f);
}

/* ---- limits ------------------------------------------------------------------------------- */

static void test_many_classes(void **state)
{
    char(*jobs)[64] = calloc(10011, sizeof(*jobs));
    const char **texts = calloc(10012, sizeof(*texts));
    struct feed f = feed_new();

    (void)state;
    assert_true(jobs && texts);
    for (int i = 0; i < 10011; i++) {
        snprintf(jobs[i], sizeof(jobs[i]), "{\"class\":\"C%d\",\"jid\":\"1\"}", i < 10010 ? i : 3);
        texts[i] = jobs[i];
    }
    feed_zset(&f, "dead", texts, NULL);
    assert_int_equal(sidekiq_resolve(f.collector, NOW)->job_count, 10001);
    assert_int_equal(group_of(&f, "(other)")->jobs, 10);
    assert_int_equal(group_of(&f, "C3")->jobs, 2);
    assert_int_equal(group_of(&f, "C9999")->jobs, 1);
    feed_done(&f);
    free(texts);
    free(jobs);
}

static void test_long_names(void **state)
{
    char key[3000], job[1200];
    struct feed f = feed_new();

    (void)state;
    /* Cut before the sequence that begins at byte 255. */
    snprintf(job, sizeof(job),
             "{\"class\":\"%0255d\xc3\xa9\",\"jid\":\"1\",\"error_class\":\"%0300d\"}", 0, 0);
    feed_list(&f, "queue:q", LIST(job));
    feed_set(&f, "queues", LIST("q"));
    assert_int_equal(strlen(sidekiq_resolve(f.collector, NOW)->jobs[0].class_), 255);
    assert_int_equal(strlen(sidekiq_resolve(f.collector, NOW)->jobs[0].error_class), 256);
    memset(key, 'x', sizeof(key));
    memcpy(key + 2000, ":retry", 7);
    feed_zset(&f, key, LIST(job), NULL);
    assert_int_equal(sidekiq_resolve(f.collector, NOW)->installation_count, 1);
    f.piece_bytes = 100;
    feed_set(&f, "queues", LIST(key)); /* a name no key can have */
    assert_int_equal(sidekiq_resolve(f.collector, NOW)->set_count, 1);
    assert_int_equal(sidekiq_resolve(f.collector, NOW)->ignored_keys, 1);
    feed_done(&f);
}

static void test_many_keys(void **state)
{
    char key[64], name[64];
    struct feed f = feed_new();
    const struct sidekiq_result *r;

    (void)state;
    for (int i = 0; i < 70000; i++) {
        snprintf(key, sizeof(key), "p%d:queue:q", i);
        feed_list(&f, key, LIST("{\"class\":\"A\",\"jid\":\"1\"}"));
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "p%d:queues", i);
        feed_set(&f, key, LIST("q"));
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "p0:h:%d:0123456789ab", i);
        feed_hash(&f, key, LIST("info", "{\"version\":\"7.0.0\"}"));
    }
    feed_string(&f, "stat:processed",
                "1"); /* after all that there is still room for the usual one */
    r = sidekiq_resolve(f.collector, NOW);
    assert_non_null(r);
    assert_int_equal(r->installation_count, 16384 + 1);
    assert_int_equal(r->set_count, 16384);
    assert_int_equal(r->ignored_keys, (70000 - 65536) + (20000 - 16384) + (20000 - 16384));
    feed_done(&f);

    f = feed_new();
    for (int set = 0; set < 8; set++) {
        const char **names = calloc(12001, sizeof(*names));
        char(*texts)[16] = calloc(12000, sizeof(*texts));

        assert_true(names && texts);
        for (int i = 0; i < 12000; i++) {
            snprintf(texts[i], sizeof(texts[i]), "q%d", i);
            names[i] = texts[i];
        }
        snprintf(name, sizeof(name), "n%d:queues", set);
        f.items_a_blob = 1000;
        feed_set(&f, name, names);
        snprintf(name, sizeof(name), "n%d:stat:processed", set);
        feed_string(&f, name, "1");
        free(texts);
        free(names);
    }
    r = sidekiq_resolve(f.collector, NOW);
    assert_int_equal(r->installation_count, 8);
    assert_int_equal(r->set_count, 65536);
    assert_true(r->ignored_keys > 0);
    feed_done(&f);
}

/* The result does not depend on how the elements come. */
static void test_pieces(void **state)
{
    static const size_t pieces[] = {0, 1, 3, 64};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct feed f = feed_new();

        f.piece_bytes = pieces[i];
        feed_set(&f, "a:queues", LIST("default", "low"));
        feed_set(&f, "a:processes", LIST("h:1:0123456789ab"));
        f.expire_at_ms = NOW + 1;
        feed_hash(&f, "a:h:1:0123456789ab",
                  LIST("beat", "1", "info", "{\"a\":{\"version\":\"1\"},\"version\":\"7.1.0\"}"));
        f.expire_at_ms = ROW_NULL;
        feed_list(&f, "a:queue:default", LIST("{\"class\":\"A\"," JID "}", "x"));
        expect(&f, "at 0 'a' version '7.1.0' processes 1 live 1\n"
                   "0 'a' queue 'default' jobs 2 unparsable 1\n"
                   "0 'a' queue 'low' jobs 0\n"
                   "  queue 'default': (unparsable)/ 1\n"
                   "  queue 'default': A/ 1\n");
        feed_done(&f);
    }
}

/* What runs, and what points to jobs that are not there; in pieces of any size. */
static void test_live_and_links(void **state)
{
    static const size_t pieces[] = {0, 1, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct feed f = feed_new();
        const struct sidekiq_result *r;

        sidekiq_set_now(f.collector, NOW);
        f.piece_bytes = pieces[i];
        feed_set(&f, "processes", LIST("h:1:0123456789ab"));
        feed_hash(&f, "h:1:0123456789ab",
                  LIST("info", "{\"version\":\"7.1.0\"}", "busy", "2", "rss", "77", "beat",
                       "1699999990.5", "quiet", "true"));
        /* A text twice encoded (6.0.2 and later), and an object (before). */
        feed_hash(&f, "h:1:0123456789ab:work",
                  LIST("t1",
                       "{\"queue\":\"q\",\"payload\":\"{\\\"class\\\":\\\"W\\\",\\\"jid\\\":"
                       "\\\"w1\\\",\\\"queue\\\":\\\"other\\\"}\",\"run_at\":1699999000}",
                       "t2",
                       "{\"queue\":\"q\",\"payload\":{\"class\":\"V\",\"args\":[],\"jid\":\"w2\"},"
                       "\"run_at\":1699999900}",
                       "t3", "no JSON"));
        feed_hash(&f, "uniquejobs:a:LOCKED", LIST("w1", "1"));
        feed_hash(&f, "uniquejobs:b:LOCKED", LIST("nowhere", "1", "w2", "1"));
        feed_hash(&f, "uniquejobs:c:LOCKED", LIST("nowhere", "1"));
        feed_zset(&f, "uniquejobs:digests", LIST("uniquejobs:a", "uniquejobs:z"), SCORES(1, 2));
        feed_zset(&f, "retry", LIST("{\"class\":\"A\",\"jid\":\"a\",\"retry_count\":3}"),
                  SCORES(1700000030));
        r = sidekiq_resolve(f.collector, NOW);
        assert_non_null(r);
        assert_int_equal(r->process_count, 1);
        assert_int_equal(r->processes[0].busy, 2);
        assert_int_equal(r->processes[0].rss_kb, 77);
        assert_int_equal(r->processes[0].quiet, 1);
        assert_int_equal(r->processes[0].beat_at, INT64_C(1699999990500));
        assert_string_equal(r->processes[0].info, "{\"version\":\"7.1.0\"}");
        assert_int_equal(r->thread_count, 2);
        assert_string_equal(r->threads[0].class_, "W");
        assert_string_equal(r->threads[0].queue, "q");
        assert_int_equal(r->threads[0].run_at, INT64_C(1699999000000));
        assert_string_equal(r->threads[1].class_, "V");
        assert_int_equal(r->link_count, 2);
        assert_string_equal(r->links[0].name, "lock");
        assert_int_equal(r->links[0].entries, 3);
        assert_int_equal(r->links[0].lost, 1);
        assert_int_equal(r->links[0].lost_without_ttl, 1);
        assert_int_equal(r->links[0].lost_bytes, FEED_KEY_BYTES);
        assert_string_equal(r->links[1].name, "digests");
        assert_int_equal(r->links[1].entries, 2);
        assert_int_equal(r->links[1].lost, 1);
        assert_int_equal(r->bucket_count, 2);
        assert_string_equal(r->buckets[0].bucket, "3");
        assert_string_equal(r->buckets[1].bucket, "within 1 h");
        feed_done(&f);
    }
}

/* What a damaged key says does not count, and hides what it may have had. */
static void test_damaged_links(void **state)
{
    struct feed f = feed_new();
    const struct sidekiq_result *r;

    (void)state;
    sidekiq_set_now(f.collector, NOW);
    feed_string(&f, "stat:processed", "1");
    feed_hash(&f, "uniquejobs:c:LOCKED", LIST("nowhere", "1"));
    f.is_damaged = true;
    feed_hash(&f, "h:1:0123456789ab:work",
              LIST("t1", "{\"queue\":\"q\",\"payload\":\"{}\",\"run_at\":1}"));
    feed_list(&f, "queue:default", LIST("{\"class\":\"A\"," JID "}"));
    r = sidekiq_resolve(f.collector, NOW);
    assert_non_null(r);
    assert_int_equal(r->thread_count, 0);
    assert_int_equal(r->link_count, 1);
    assert_int_equal(r->links[0].lost, ROW_NULL); /* its job may be in the damaged queue */
    feed_done(&f);
}

/* The same class and arguments, whatever blanks and escapes; an ActiveJob's own arguments only. */
static void test_duplicates(void **state)
{
    struct feed f = feed_new();

    (void)state;
    feed_set(&f, "queues", LIST("q"));
    feed_list(
        &f, "queue:q",
        LIST(
            "{\"class\":\"A\",\"args\":[1,[2]],\"jid\":\"1\"}",
            "{\"class\":\"A\",\"args\":[1, [2] ],\"jid\":\"2\"}", /* the first again */
            "{\"class\":\"A\",\"args\":[[1],2],\"jid\":\"3\"}",
            "{\"class\":\"A\",\"args\":[\"1\",[2]],\"jid\":\"4\"}",
            "{\"class\":\"B\",\"args\":[1,[2]],\"jid\":\"5\"}",
            "{\"class\":\"Sidekiq::ActiveJob::Wrapper\",\"wrapped\":\"M\",\"args\":[{\"job_class\":"
            "\"M\",\"job_id\":\"x\",\"arguments\":[7]}],\"jid\":\"6\"}",
            "{\"class\":\"Sidekiq::ActiveJob::Wrapper\",\"wrapped\":\"M\",\"args\":[{\"job_class\":"
            "\"M\",\"job_id\":\"y\",\"arguments\":[7]}],\"jid\":\"7\"}")); /* again */
    assert_int_equal(set_of(&f, SIDEKIQ_QUEUE, "q")->duplicates, 2);
    feed_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_1),           cmocka_unit_test(test_6),
        cmocka_unit_test(test_7_3),           cmocka_unit_test(test_8),
        cmocka_unit_test(test_odd_payloads),  cmocka_unit_test(test_processes),
        cmocka_unit_test(test_resque_beside), cmocka_unit_test(test_splits),
        cmocka_unit_test(test_no_proof),      cmocka_unit_test(test_versions),
        cmocka_unit_test(test_queue_times),   cmocka_unit_test(test_trial),
        cmocka_unit_test(test_damaged),       cmocka_unit_test(test_many_classes),
        cmocka_unit_test(test_long_names),    cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_pieces),        cmocka_unit_test(test_live_and_links),
        cmocka_unit_test(test_damaged_links), cmocka_unit_test(test_duplicates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
