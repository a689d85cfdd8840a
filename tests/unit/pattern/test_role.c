/* test_role.c -- which patterns belong to a known system, and which look as if they did.
 *
 * A scenario is one database: all its keys are given as evidence, then every key's pattern is asked
 * for. Key schemas, types and first bytes of values are those of the systems (job-queues-in-redis,
 * sections 2 to 13; values cut to what is judged).  Where a row says NULL the pattern must stay the
 * application's.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pattern/pattern.h"
#include "pattern/role.h"

struct key {
    const char *name;
    enum rdbp_type type;
    const char *value; /* first bytes of a string, or of a first node; NULL: nothing known */
    const char *system;
    enum role role;
};

struct scenario {
    const char *name;
    const char *namespace_; /* of a resolved Sidekiq installation; NULL: none */
    const char
        *jobs[3]; /* keys of its queues (lists) and job sets (zsets), as sidekiq/ proved them */
    struct key keys[40];
};

#define S        RDBP_TYPE_STRING
#define L        RDBP_TYPE_LIST
#define SET      RDBP_TYPE_SET
#define Z        RDBP_TYPE_ZSET
#define H        RDBP_TYPE_HASH
#define STREAM   RDBP_TYPE_STREAM
#define RAILS_61 "\x04\x08o: ActiveSupport::Cache::Entry\t:\x0b@value"
#define COOKIE   "{\"cookie\":{\"originalMaxAge\":null,\"expires\":null"
#define PICKLE   "\x80\x04\x95H"
#define UUID     "550e8400-e29b-41d4-a716-446655440000"

static const struct scenario scenarios[] = {
    {"sidekiq without a prefix",
     "",
     {"queue:default", "retry", "dead"},
     {{"queues", SET, NULL, "sidekiq", ROLE_STATE},
      {"queue:default", L, NULL, "sidekiq", ROLE_JOBS},
      {"retry", Z, NULL, "sidekiq", ROLE_JOBS},
      {"dead", Z, NULL, "sidekiq", ROLE_JOBS},
      {"stat:processed", S, "17", "sidekiq", ROLE_COUNTER},
      {"stat:failed:2024-01-31", S, "3", "sidekiq", ROLE_METRICS},
      {"processes", SET, NULL, "sidekiq", ROLE_STATE},
      {"vm:25854:765dd240f2c1", H, NULL, "sidekiq", ROLE_STATE},
      {"vm:25854:765dd240f2c1:work", H, NULL, "sidekiq", ROLE_STATE},
      {"vm:25854:765dd240f2c1-signals", L, NULL, "sidekiq", ROLE_STATE},
      {"process_cleanup", S, "1", "sidekiq", ROLE_LOCK},
      {"j|20240131|10:5", H, NULL, "sidekiq", ROLE_METRICS},
      {"h|MyJob-31-8:05", S, NULL, "sidekiq", ROLE_METRICS},
      {"Billing::MyJob-23-14:7", S, NULL, "sidekiq", ROLE_METRICS},
      {"it-b4a577edbccf1d805744efa9", H, NULL, "sidekiq", ROLE_STATE},
      {"b-Xy3kP0aQzT1vW9", H, NULL, "sidekiq", ROLE_STATE},
      {"b-Xy3kP0aQzT1vW9-jids", SET, NULL, "sidekiq", ROLE_STATE},
      {"unique:da39a3ee5e6b4b0d3255bfef95601890afd80709", S, NULL, "sidekiq", ROLE_LOCK},
      {"uniquejobs:7d793037a0760186574b0282f2f435e7:LOCKED", H, NULL, "sidekiq", ROLE_LOCK},
      {"cron_job:nightly", H, NULL, "sidekiq", ROLE_STATE},
      /* the application's, side by side with it */
      {"queue:foo", L, NULL, NULL, ROLE_APP},
      {"queue:default", SET, NULL, NULL, ROLE_APP},
      {"stat:foo", S, "1", NULL, ROLE_APP},
      {"stat:processed:today", S, "1", NULL, ROLE_APP},
      {"session:123", H, NULL, NULL, ROLE_APP},
      {"schedule", Z, NULL, NULL, ROLE_APP}, /* not proven by its content */
      {"queues", L, NULL, NULL, ROLE_APP},
      {"user:12:profile", H, NULL, NULL, ROLE_APP},
      {"cache:7", S, "x", NULL, ROLE_APP}}},
    {"sidekiq in a namespace with a number",
     "shop2:prod",
     {"shop2:prod:queue:low", NULL, NULL},
     {{"shop2:prod:queue:low", L, NULL, "sidekiq", ROLE_JOBS},
      {"shop2:prod:stat:processed:2018-03-01", S, "5", "sidekiq", ROLE_METRICS},
      {"shop2:prod:app-7d9f8b6c5-x2x9z:1:0a1b2c3d4e5f", H, NULL, "sidekiq", ROLE_STATE},
      {"stat:processed", S, "1", NULL, ROLE_APP},
      {"shop2:prod:user:1", S, "1", NULL, ROLE_APP}}},
    {"no sidekiq, only its names",
     NULL,
     {NULL, NULL, NULL},
     {{"queues", SET, NULL, NULL, ROLE_APP},
      {"queue:default", L, NULL, NULL, ROLE_APP},
      {"stat:processed", S, "1", NULL, ROLE_APP},
      {"retry", Z, NULL, NULL, ROLE_APP},
      {"vm:25854:765dd240f2c1", H, NULL, NULL, ROLE_APP}}},
    {"identity-like ids",
     "",
     {NULL, NULL, NULL},
     {{"user:12:0a1b2c3d4e5f", H, NULL, NULL, ROLE_APP},
      {"user:13:plain", H, NULL, NULL, ROLE_APP},
      {"user:13:14", H, NULL, NULL, ROLE_APP}}},
    {"resque",
     NULL,
     {NULL, NULL, NULL},
     {{"resque:queues", SET, NULL, "resque", ROLE_STATE},
      {"resque:queue:low", L, NULL, "resque", ROLE_JOBS},
      {"resque:failed", L, NULL, "resque", ROLE_JOBS},
      {"resque:stat:processed:web:4242:low", S, "1", "resque", ROLE_COUNTER},
      {"resque:stat:failed", S, "67", "resque", ROLE_COUNTER},
      {"resque:worker:vm:15621:low:started", S, "x", "resque", ROLE_STATE},
      {"resque:delayed:1795956187", L, NULL, "resque", ROLE_JOBS},
      {"resque:timestamps:{\"class\":\"SendMail\"}", SET, NULL, "resque", ROLE_JOBS},
      {"resque:connection_test_key", S, "ok", NULL, ROLE_APP},
      {"queue:low", L, NULL, NULL, ROLE_APP}}},
    {"resque without its prefix",
     NULL,
     {NULL, NULL, NULL},
     {{"queues", SET, NULL, "resque", ROLE_STATE},
      {"workers", SET, NULL, "resque", ROLE_STATE},
      {"failed", L, "....{\"failed_at\":\"2024/01/31 10:20:30 UTC\"", "resque", ROLE_JOBS},
      {"stat:processed", S, "1", "resque", ROLE_COUNTER}}},
    {"bullmq",
     NULL,
     {NULL, NULL, NULL},
     {{"bull:mail:meta", H, "....\x91opts.maxLenEvents\x12", "bullmq", ROLE_STATE},
      {"bull:mail:id", S, "480", "bullmq", ROLE_COUNTER},
      {"bull:mail:17", H, NULL, "bullmq", ROLE_JOBS},
      {"bull:mail:invoice-2026-11", H, NULL, "bullmq", ROLE_JOBS},
      {"bull:mail:17:logs", L, NULL, "bullmq", ROLE_JOBS},
      {"bull:mail:17:lock", S, UUID, "bullmq", ROLE_LOCK},
      {"bull:mail:events", STREAM, NULL, "bullmq", ROLE_STATE},
      {"bull:mail:completed", Z, NULL, "bullmq", ROLE_JOBS},
      {"bull:mail:de:user-4", S, "10", "bullmq", ROLE_LOCK},
      {"bull:mail:metrics:completed", H, NULL, "bullmq", ROLE_METRICS},
      {"bull:other:17", H, NULL, NULL, ROLE_APP},
      {"bull:mail:note", S, "x", NULL, ROLE_APP}}},
    {"bull, known by its structures alone",
     NULL,
     {NULL, NULL, NULL},
     {{"{shop}:orders3:id", S, "32", "bull", ROLE_COUNTER},
      {"{shop}:orders3:completed", Z, NULL, "bull", ROLE_JOBS},
      {"{shop}:orders3:stalled-check", S, "1795435597329", "bull", ROLE_LOCK},
      {"{shop}:orders3:17", H, NULL, "bull", ROLE_JOBS}}},
    {"one structure is no queue",
     NULL,
     {NULL, NULL, NULL},
     {{"order:12:id", S, "12", NULL, ROLE_APP},
      {"order:12:completed", Z, NULL, NULL, ROLE_APP},
      {"order:12:lines", H, NULL, NULL, ROLE_APP}}},
    {"bee-queue",
     NULL,
     {NULL, NULL, NULL},
     {{"bq:mail:id", S, "9", "bee-queue", ROLE_COUNTER},
      {"bq:mail:jobs", H, NULL, "bee-queue", ROLE_JOBS},
      {"bq:mail:waiting", L, NULL, "bee-queue", ROLE_JOBS},
      {"bq:mail:failed", SET, NULL, "bee-queue", ROLE_JOBS},
      {"bq:mail:stallBlock", S, "1", "bee-queue", ROLE_LOCK}}},
    {"celery",
     NULL,
     {NULL, NULL, NULL},
     {{"_kombu.binding.celery", SET,
       "....\x90"
       "celery\x06\x16",
       "celery", ROLE_STATE},
      {"_kombu.binding.mail", SET, NULL, "celery", ROLE_STATE},
      {"celery", L, NULL, "celery", ROLE_JOBS},
      {"mail", L, NULL, "celery", ROLE_JOBS},
      {"mail\x06\x16"
       "6",
       L, NULL, "celery", ROLE_JOBS},
      {"unacked", H, NULL, "celery", ROLE_JOBS},
      {"unacked_index", Z, NULL, "celery", ROLE_JOBS},
      {"celery-task-meta-" UUID, S, "{\"status\": \"SUCCESS\", \"result\": null", "celery",
       ROLE_STATE},
      {UUID ".reply.celery.pidbox", L, NULL, "celery", ROLE_STATE},
      {"letters", L, NULL, NULL, ROLE_APP},
      {"tasks", L, "....{\"body\": \"W1tdLCB7fSw", "celery", ROLE_JOBS}}},
    {"celery with a prefix",
     NULL,
     {NULL, NULL, NULL},
     {{"shopapp__kombu.binding.celery", SET, NULL, "celery", ROLE_STATE},
      {"shopapp_celery", L, NULL, "celery", ROLE_JOBS},
      {"shopapp_unacked_index", Z, NULL, "celery", ROLE_JOBS},
      {"celery", L, NULL, NULL, ROLE_APP}}},
    {"rq",
     NULL,
     {NULL, NULL, NULL},
     {{"rq:queues", SET, NULL, "rq", ROLE_STATE},
      {"rq:queue:high", L, NULL, "rq", ROLE_JOBS},
      {"rq:job:" UUID, H, NULL, "rq", ROLE_JOBS},
      {"rq:job::" UUID ":dependencies", SET, NULL, "rq", ROLE_STATE},
      {"rq:results:" UUID, STREAM, NULL, "rq", ROLE_STATE},
      {"rq:failed:high", Z, NULL, "rq", ROLE_JOBS},
      {"rq:clean_registries:high", S, "1", "rq", ROLE_LOCK},
      {"rq:note:1", S, "1", NULL, ROLE_APP}}},
    {"not rq",
     NULL,
     {NULL, NULL, NULL},
     {{"rq:job:17", H, NULL, NULL, ROLE_APP}, {"rq:queues", Z, NULL, NULL, ROLE_APP}}},
    {"laravel",
     NULL,
     {NULL, NULL, NULL},
     {{"shop_database_queues:default", L,
       "....{\"uuid\":\"463223d2-f7dd-417c-b773-132885125e26\",\"displayN", "laravel", ROLE_JOBS},
      {"shop_database_queues:default:reserved", Z, NULL, "laravel", ROLE_JOBS},
      {"shop_database_queues:default:notify", L, NULL, "laravel", ROLE_JOBS},
      {"shop_database_shop_cache::tag:team1:key", S, "s:22:\"60b8\";", "laravel", ROLE_CACHE},
      {"shop_database_shop_cache::user.17", S, "a:2:{s:2:\"id\"", "laravel", ROLE_CACHE},
      {"shop_database_shop_cache::hits.17", S, "3", "laravel", ROLE_CACHE},
      {"shop_database_shop_cache::6b042baadcffe437095727c9dd1cb0e3a2f5b7d1:standard_ref", SET, NULL,
       "laravel", ROLE_CACHE},
      {"shop_database_other:17", S, "a:2:{s:2:\"id\"", NULL, ROLE_APP},
      {"other_queues:default", L, NULL, NULL, ROLE_APP}}},
    {"laravel's cache without tags",
     NULL,
     {NULL, NULL, NULL},
     {{"laravel_cache_:user.17", S, "O:8:\"App\\User\"", "laravel", ROLE_CACHE},
      {"laravel_cache_:plain.17", S, "text", NULL, ROLE_APP}}},
    {"horizon",
     NULL,
     {NULL, NULL, NULL},
     {{"shop_horizon:recent_jobs", Z, NULL, "laravel", ROLE_JOBS},
      {"shop_horizon:masters", Z, NULL, "laravel", ROLE_STATE},
      {"shop_horizon:" UUID, H, NULL, "laravel", ROLE_JOBS},
      {"shop_horizon:snapshot:job:App\\Jobs\\Mail", Z, NULL, "laravel", ROLE_METRICS}}},
    {"rails cache",
     NULL,
     {NULL, NULL, NULL},
     {{"views/products/17", S, RAILS_61, "rails cache", ROLE_CACHE},
      {"app70/17", S, "\x01\x78\x9c\x4b\x4c\x4a", "rails cache", ROLE_CACHE},
      {"views/raw/17", S, "<div>", NULL, ROLE_APP},
      {"views/hash/17", H, NULL, NULL, ROLE_APP}}},
    {"django",
     NULL,
     {NULL, NULL, NULL},
     {{":1:user:211", S, PICKLE, "django", ROLE_CACHE},
      {":1:hits:27", S, "454890", "django", ROLE_CACHE},
      {":1:django.contrib.sessions.cacheflgmr22yro2quzvaxh0w8k1b9d7e3c5a", S, PICKLE, "django",
       ROLE_SESSION},
      {"shop:2:basket:53", S, "\x78\x9c\xab\x56\xca\x2c\x49", "django", ROLE_CACHE},
      {":1:text:1", S, "plain text", NULL, ROLE_APP},
      {"user:17", S, PICKLE, NULL, ROLE_APP}}},
    {"compressed values are not django",
     NULL,
     {NULL, NULL, NULL},
     {{"doc:2:body", S, "\x78\x9c\xab\x56\xca\x2c\x49", NULL, ROLE_APP}}},
    {"express sessions",
     NULL,
     {NULL, NULL, NULL},
     {{"sess:sPNdJdFoEDaTAt5SK81UpJAT1F0u-u8L", S, COOKIE, "express session", ROLE_SESSION},
      {"session:123", S, "{\"user\":1}", NULL, ROLE_APP}}},
    {"spring session",
     NULL,
     {NULL, NULL, NULL},
     {{"spring:session:sessions:" UUID, H, NULL, "spring session", ROLE_SESSION},
      {"spring:session:sessions:expires:" UUID, S, "", "spring session", ROLE_SESSION},
      {"spring:session:expirations:1700000040000", SET, NULL, "spring session", ROLE_SESSION},
      {"spring:session:index:a.PRINCIPAL_NAME_INDEX_NAME:anna", SET, NULL, "spring session",
       ROLE_SESSION},
      {"user:sessions:17", H, NULL, NULL, ROLE_APP}}},
    {"spring session by its fields",
     NULL,
     {NULL, NULL, NULL},
     {{"shop:sessions:" UUID, H,
       "....\x8c"
       "creationTime\r",
       "spring session", ROLE_SESSION},
      {"spring:session:sessions:" UUID, H, NULL, NULL, ROLE_APP}}},
};

static unsigned signature_of(const struct key *k)
{
    return k->value ? role_value_signature(k->type, (const uint8_t *)k->value, strlen(k->value))
                    : 0;
}

static void fill_sidekiq(const struct scenario *s, uint64_t db,
                         struct sidekiq_installation *installation, struct sidekiq_set *sets,
                         struct sidekiq_result *result)
{
    *result = (struct sidekiq_result){.installations = installation, .sets = sets};
    if (s->namespace_ == NULL)
        return;
    *installation = (struct sidekiq_installation){.db = db, .namespace_ = s->namespace_};
    result->installation_count = 1;
    for (size_t i = 0; i < 3 && s->jobs[i] != NULL; i++) {
        const bool is_queue = strstr(s->jobs[i], "queue:") != NULL;

        sets[i] = (struct sidekiq_set){.db = db,
                                       .namespace_ = s->namespace_,
                                       .kind = is_queue ? SIDEKIQ_QUEUE : SIDEKIQ_RETRY,
                                       .key = (const uint8_t *)s->jobs[i],
                                       .key_bytes = strlen(s->jobs[i])};
        result->set_count = i + 1;
    }
}

/* The pattern of key k over the keys of its scenario. */
static void sum_pattern(const struct scenario *s, const struct key *k, uint64_t db,
                        uint8_t *pattern, struct role_pattern *p)
{
    *p = (struct role_pattern){.db = db, .pattern = pattern, .type = k->type};
    p->pattern_bytes = pattern_fold((const uint8_t *)k->name, strlen(k->name), pattern);
    for (const struct key *other = s->keys; other->name != NULL; other++) {
        uint8_t text[PATTERN_MAX_BYTES];
        const size_t n = pattern_fold((const uint8_t *)other->name, strlen(other->name), text);
        unsigned signature = signature_of(other);

        if (other->type != k->type || n != p->pattern_bytes || memcmp(text, pattern, n) != 0)
            continue;
        p->keys++;
        for (unsigned i = 0; i < 8; i++)
            p->signature_keys[i] += signature >> i & 1;
    }
}

/* Every scenario is a database of one server, so each must hold beside all the others. */
static void test_scenarios(void **state)
{
    enum { COUNT = sizeof(scenarios) / sizeof(scenarios[0]) };
    struct role_evidence *e = role_evidence_new();
    unsigned failed = 0;

    (void)state;
    assert_non_null(e);
    for (size_t i = 0; i < COUNT; i++)
        for (const struct key *k = scenarios[i].keys; k->name != NULL; k++)
            assert_int_equal(role_evidence_key(e, i, (const uint8_t *)k->name, strlen(k->name),
                                               k->type, signature_of(k)),
                             0);
    for (size_t i = 0; i < COUNT; i++) {
        struct sidekiq_installation installation;
        struct sidekiq_set sets[3];
        struct sidekiq_result sidekiq;

        fill_sidekiq(&scenarios[i], i, &installation, sets, &sidekiq);
        for (const struct key *k = scenarios[i].keys; k->name != NULL; k++) {
            uint8_t pattern[PATTERN_MAX_BYTES];
            struct role_pattern p;
            const char *system;
            enum role role;

            sum_pattern(&scenarios[i], k, i, pattern, &p);
            role = role_of_pattern(e, &sidekiq, &p, &system, NULL);
            if (role == k->role && (system == NULL) == (k->system == NULL) &&
                (system == NULL || strcmp(system, k->system) == 0))
                continue;
            print_error("%s: %s: expected %s of %s, found %s of %s\n", scenarios[i].name, k->name,
                        role_name(k->role), k->system ? k->system : "the application",
                        role_name(role), system ? system : "the application");
            failed++;
        }
    }
    role_evidence_free(e);
    assert_int_equal(failed, 0);
}

/* Roots and installations hold in their own database only. */
static void test_other_database(void **state)
{
    struct role_evidence *e = role_evidence_new();
    struct sidekiq_installation installation = {.db = 3, .namespace_ = ""};
    const struct sidekiq_result sidekiq = {.installations = &installation, .installation_count = 1};

    (void)state;
    assert_non_null(e);
    assert_int_equal(role_evidence_key(e, 3, (const uint8_t *)"rq:queues", 9, SET, 0), 0);
    assert_int_equal(role_evidence_key(e, 3, (const uint8_t *)"rq:job:17", 9, H, 0), 0);
    for (uint64_t db = 2; db <= 4; db++) {
        struct role_pattern p = {.db = db,
                                 .pattern = (const uint8_t *)"rq:job:*",
                                 .pattern_bytes = 8,
                                 .type = H,
                                 .keys = 1};
        const char *system;

        assert_int_equal(role_of_pattern(e, &sidekiq, &p, &system, NULL), db == 3 ? ROLE_JOBS : ROLE_APP);
        p.pattern = (const uint8_t *)"processes";
        p.pattern_bytes = 9;
        p.type = SET;
        assert_int_equal(role_of_pattern(e, &sidekiq, &p, &system, NULL),
                         db == 3 ? ROLE_STATE : ROLE_APP);
    }
    role_evidence_free(e);
}

/* A signature counts when nearly all keys of the pattern carry it. */
static void test_share(void **state)
{
    static const struct {
        uint64_t keys, with_signature;
        enum role role;
    } rows[] = {
        {1, 1, ROLE_CACHE},    {1, 0, ROLE_APP},    {10, 9, ROLE_APP},
        {100, 95, ROLE_CACHE}, {100, 94, ROLE_APP}, {1000000, 950000, ROLE_CACHE},
    };
    struct role_evidence *e = role_evidence_new();

    (void)state;
    assert_non_null(e);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct role_pattern p = {.pattern = (const uint8_t *)"users/*",
                                 .pattern_bytes = 7,
                                 .type = S,
                                 .keys = rows[i].keys};
        const unsigned bit =
            role_value_signature(S, (const uint8_t *)RAILS_61, sizeof(RAILS_61) - 1);
        const char *system;

        for (unsigned k = 0; k < 8; k++)
            p.signature_keys[k] = bit >> k & 1 ? rows[i].with_signature : 0;
        if (role_of_pattern(e, NULL, &p, &system, NULL) != rows[i].role)
            fail_msg("%u of %u keys: not %s", (unsigned)rows[i].with_signature,
                     (unsigned)rows[i].keys, role_name(rows[i].role));
    }
    role_evidence_free(e);
}

/* Values that are nearly a known one. */
static void test_signatures(void **state)
{
    static const struct {
        const char *name;
        enum rdbp_type type;
        const char *bytes;
        size_t size;
        bool is_known;
    } rows[] = {
#define ROW(name, type, bytes, is_known) {name, type, bytes, sizeof(bytes) - 1, is_known}
        ROW("rails 6.1", S, RAILS_61, true),
        ROW("rails 7.0, Marshal", S, "\x00\x04\x08[\x07I\"", true),
        ROW("rails 7.0, zlib", S, "\x01\x78\x9c\x4b\x4c", true),
        ROW("rails 7.1, string, no expiry, no version", S,
            "\x00\x11\x02\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff"
            "text",
            true),
        ROW("rails 7.1, unknown type byte", S,
            "\x00\x11\x09\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff"
            "text",
            false),
        ROW("another Marshal", S,
            "\x04\x08{\x06:\x06"
            "aI\"",
            false),
        ROW("text with a leading NUL", S,
            "\x00"
            "abc",
            false),
        ROW("zlib", S, "\x78\x9c\xab\x56\xca\x2c", true),
        ROW("text beginning with x", S, "xylophone", false),
        ROW("pickle", S, "\x80\x05\x95", true),
        ROW("UTF-8", S, "\xc3\x80\x05\x95", false),
        ROW("integer", S, "-17", true),
        ROW("minus", S, "-", false),
        ROW("float", S, "1.5", false),
        ROW("php array", S, "a:1:{i:0;", true),
        ROW("php integer", S, "i:17;", true),
        ROW("php null", S, "N;", true),
        ROW("php string, cut", S, "s:207:\"xxxx", true),
        ROW("a time", S, "a:10:20", false),
        ROW("class names", S, "s:word", false),
        ROW("a cookie", S, "{\"cookie\":\"chocolate\"}", false),
        ROW("a status", S, "{\"status\": \"open\"}", false),
        ROW("list of words", L, "....word", false),
        ROW("list of other JSON", L, "....{\"id\":17}", false),
        ROW("hash of words", H, "....\x84name\x05", false),
        ROW("nothing of a list", L, "", false),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t n = 0; n <= rows[i].size; n++) {
            /* exactly the bytes there are, for the sanitizers */
            uint8_t *copy = test_malloc(n ? n : 1);
            unsigned bits;

            memcpy(copy, rows[i].bytes, n);
            bits = role_value_signature(rows[i].type, copy, n);
            test_free(copy);
            if (n == rows[i].size && (bits != 0) != rows[i].is_known)
                fail_msg("%s: signature %u", rows[i].name, bits);
        }
    assert_int_not_equal(role_value_signature(S, NULL, 0), 0); /* empty: Spring's expiry marks */
    assert_int_equal(role_value_signature(L, NULL, 0), 0);
}

/* Millions of keys that look like roots: memory stays bounded, and others' roots still find room.
 */
static void test_many_roots(void **state)
{
    struct role_evidence *e = role_evidence_new();
    struct role_pattern p = {
        .pattern = (const uint8_t *)"rq:job:*", .pattern_bytes = 8, .type = H, .keys = 1};
    const char *system;
    char name[64];

    (void)state;
    assert_non_null(e);
    for (unsigned i = 0; i < 100000; i++) {
        /* letters, for digits would fold */
        const int n = snprintf(name, sizeof(name), "p:q%c%c%c%c:id", 'a' + (int)(i % 26),
                               'a' + (int)(i / 26 % 26), 'a' + (int)(i / 676 % 26),
                               'a' + (int)(i / 17576 % 26));

        assert_int_equal(role_evidence_key(e, i % 3, (const uint8_t *)name, (size_t)n, S,
                                           role_value_signature(S, (const uint8_t *)"1", 1)),
                         0);
    }
    assert_int_equal(role_evidence_key(e, 0, (const uint8_t *)"rq:queues", 9, SET, 0), 0);
    assert_int_equal(role_evidence_key(e, 0, (const uint8_t *)"rq:job:17", 9, H, 0), 0);
    assert_int_equal(role_of_pattern(e, NULL, &p, &system, NULL), ROLE_JOBS);
    role_evidence_free(e);
}

/* Any key, any type, any value: no crash, no leak. */
static void test_random_keys(void **state)
{
    static const char alphabet[] = "abq:rs0129_{}.*queuestatfailedidmeta\x06\x16\xff";
    struct role_evidence *e = role_evidence_new();
    uint64_t x = 88172645463325252u;

    (void)state;
    assert_non_null(e);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t key[40], pattern[PATTERN_MAX_BYTES];
        struct role_pattern p = {.pattern = pattern, .keys = 1};
        const char *system;
        size_t n;

        x = x * 6364136223846793005u + 1442695040888963407u;
        n = (x >> 33) % sizeof(key);
        for (size_t k = 0; k < n; k++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            key[k] = (uint8_t)alphabet[(x >> 33) % (sizeof(alphabet) - 1)];
        }
        p.type = (enum rdbp_type)(i % RDBP_TYPE_COUNT_);
        assert_int_equal(role_evidence_key(e, 0, key, n, p.type, i & 0xff), 0);
        p.pattern_bytes = pattern_fold(key, n, pattern);
        assert_true((unsigned)role_of_pattern(e, NULL, &p, &system, NULL) < ROLE_COUNT_);
    }
    role_evidence_free(e);
    role_evidence_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios),      cmocka_unit_test(test_share),
        cmocka_unit_test(test_other_database), cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_many_roots),     cmocka_unit_test(test_random_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
