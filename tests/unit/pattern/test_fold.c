/* test_fold.c -- key shapes of real systems with the pattern that a person would write.
 *
 * Expected patterns are written by hand, from the key schemas of the projects named with each
 * group; random parts are made up or taken from public examples.  A row whose pattern is equal to
 * its key says that names stay.
 */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pattern/pattern.h"

struct row {
    const char *key, *pattern;
};

#define UUID   "550e8400-e29b-41d4-a716-446655440000"
#define MD5    "7d793037a0760186574b0282f2f435e7"
#define SHA1   "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define JID    "b4a577edbccf1d805744efa9"

static const struct row rows[] = {
    /* Sidekiq and its plugins: sidekiq/sidekiq, sidekiq-cron, sidekiq-unique-jobs, sidekiq-status,
     * sidekiq-statistic, gitlab-sidekiq-fetcher, redis-namespace */
    {"queue:default", "queue:default"},
    {"queue:sq|web.1:4:2f1c3a5b7d9e|critical", "queue:sq|web.*:*:*|critical"},
    {"stat:processed", "stat:processed"},
    {"stat:processed:2024-01-31", "stat:processed:*"},
    {"myapp:prod:stat:failed:2018-03-01", "myapp:prod:stat:failed:*"},
    {"vm:25854:765dd240f2c1", "vm:*:*"},
    {"app-worker-7d9f8b6c5-x2x9z:1:0a1b2c3d4e5f:work", "app-worker-*:*:*:work"},
    {"app-worker-7d9f8b6c5-xkzqd:1:0a1b2c3d4e5f-signals", "app-worker-*:*:*-signals"},
    {"ip-10-0-12-34:2345:99887766aabb:workers", "ip-*:*:*:workers"},
    {"j|20240131", "j|*"},
    {"j|20240131|10", "j|*|*"},
    {"j|20240131|10:5", "j|*|*:*"},
    {"j|250214|8:4", "j|*|*:*"},
    {"MyJob-23-14:7", "MyJob-*:*"},
    {"Billing::InvoiceJob-05-9:59", "Billing::InvoiceJob-*:*"},
    {"h|MyJob-31-8:05", "h|MyJob-*:*"},
    {"20240131-marks", "*-marks"},
    {"it-" JID, "it-*"},
    {"b-Xy3kP0aQzT1vW9", "b-*"},
    {"b-aB3_dE5fGh1-jK-failinfo", "b-*-failinfo"},
    {"b-mn-Y15kiLpGPy4-jids", "b-*-jids"},
    {"BID-nq0_Ds7UmxZ2lw-callbacks-complete", "BID-*-callbacks-complete"},
    {"unique:" SHA1, "unique:*"},
    {"uniquejobs:" MD5 ":LOCKED", "uniquejobs:*:LOCKED"},
    {"uniquejobs:" MD5 ":RUN:GRABBED", "uniquejobs:*:RUN:GRABBED"},
    {"uniquejobs:expiring_digests", "uniquejobs:expiring_digests"},
    {"sidekiq:status:" JID, "sidekiq:status:*"},
    {"cron_job:nightly report 8:enqueued", "cron_job:nightly report *:enqueued"},
    {"2024-01-31:HardWorker:timeslist", "*:HardWorker:timeslist"},
    {"reliable-fetcher-heartbeat-vm-15723-857bd5a7e257", "reliable-fetcher-heartbeat-vm-*"},
    {"working:queue:held:vm:15723:857bd5a7e257", "working:queue:held:vm:*:*"},
    {"lmtr-c-user-4711", "lmtr-c-user-*"},
    /* Resque and resque-scheduler */
    {"resque:queue:mailers", "resque:queue:mailers"},
    {"resque:worker:web1.example.com:4242:high,low:started",
     "resque:worker:web*.example.com:*:high,low:started"},
    {"resque:delayed:1700000000", "resque:delayed:*"},
    {"resque:timestamps:{\"class\":\"SendMail\",\"args\":[17,\"a\"],\"queue\":\"low\"}",
     "resque:timestamps:*"},
    /* Bull, BullMQ, bee-queue */
    {"bull:emails:402", "bull:emails:*"},
    {"bull:emails:402:logs", "bull:emails:*:logs"},
    {"bull:emails:stalled-check", "bull:emails:stalled-check"},
    {"bull:cron:repeat:" MD5 ":1700000000000", "bull:cron:repeat:*:*"},
    {"bull:images:803a8263-c1d6-4e05-9e47-b962461da680:processed", "bull:images:*:processed"},
    {"{bull}:orders:32", "{bull}:orders:*"},
    {"bull:emails:metrics:completed:data", "bull:emails:metrics:completed:data"},
    {"bq:mail:stallBlock", "bq:mail:stallBlock"},
    /* Celery, Kombu, RQ, Dramatiq */
    {"celery-task-meta-" UUID, "celery-task-meta-*"},
    {"celery-taskset-meta-" UUID ".j", "celery-taskset-meta-*.j"},
    {"_kombu.binding.celery", "_kombu.binding.celery"},
    {"_kombu.binding.reply.celery.pidbox", "_kombu.binding.reply.celery.pidbox"},
    {UUID ".reply.celery.pidbox", "*.reply.celery.pidbox"},
    {"celeryev.876d3311-7a0a-498b-8410-51d8b91e1346", "celeryev.*"},
    {"mail\x06\x16"
     "6",
     "mail*"},
    {"low\x06\x16"
     "3",
     "low*"},
    {"rq:job:" UUID, "rq:job:*"},
    {"rq:job::" UUID ":dependencies", "rq:job::*:dependencies"},
    {"rq:clean_registries:default", "rq:clean_registries:default"},
    {"rq:worker:af75191add494eb19a6d04ddadd9a446", "rq:worker:*"},
    {"dramatiq:default.DQ.msgs", "dramatiq:default.DQ.msgs"},
    {"dramatiq:__acks__." UUID ".default", "dramatiq:__acks__.*.default"},
    /* Rails cache: fragments, collections, low-level, truncated keys (ActiveSupport) */
    {"views/products/index:0a1b2c3d4e5f60718293a4b5c6d7e8f9/products/query-" MD5
     "-25-20240131101010000000",
     "views/products/index:*/products/query-*"},
    {"views/articles/123-20240101120000000000", "views/articles/*"},
    {"views/courses/show:0000000000000000a11034f48864e928/courses/121-20261101113125",
     "views/courses/show:*/courses/*"},
    {"myapp:cache:users/1-20240101120000000000", "myapp:cache:users/*"},
    {"Course#linked_course_uuids_and_self/" UUID, "Course#linked_course_uuids_and_self/*"},
    {"user_stats/2024-01-31 10:20:30 UTC", "user_stats/*"},
    {"app:report/summary/2024/01/31", "app:report/summary/*"},
    {"views/localhost:3000/products?page=2&sort=asc", "views/localhost:*/products?page=*&sort=asc"},
    {"long_name_of_a_fragment:hash:" SHA256, "long_name_of_a_fragment:hash:*"},
    {"views/posts/show:" MD5 "/posts/query-" MD5 "-0", "views/posts/show:*/posts/query-*"},
    {"jbuilder/v1/users/42-20240101", "jbuilder/v1/users/*"},
    /* Rack::Attack, Devise, Flipper, ActionCable, rollout, redis-objects */
    {"rack::attack:28480123:logins/ip:1.2.3.4", "rack::attack:*:logins/ip:*"},
    {"rack::attack:28480123:req/ip:2001:db8::1", "rack::attack:*:req/ip:*"},
    {"rack::attack:allow2ban:ban:login:10.0.0.7", "rack::attack:allow2ban:ban:login:*"},
    {"flipper_features", "flipper_features"},
    {"feature:chat:users", "feature:chat:users"},
    {"_session_id:2::" SHA256, "_session_id:2::*"},
    {"team:1234:roster", "team:*:roster"},
    /* GitLab, Discourse, Mastodon, Diaspora, Sentry, Grafana */
    {"cache:gitlab:can_be_resolved_in_ui?:my/project:" SHA1,
     "cache:gitlab:can_be_resolved_in_ui?:my/project:*"},
    {"cache:gitlab:gon/abcde:projects:279/languages",
     "cache:gitlab:gon/abcde:projects:*/languages"},
    {"session:gitlab:2::" SHA256, "session:gitlab:2::*"},
    {"etag:/gitlab-org/gitlab/-/pipelines/12345.json",
     "etag:/gitlab-org/gitlab/-/pipelines/*.json"},
    {"default:discourse_rate_limit:1.2.3.4", "default:discourse_rate_limit:*"},
    {"feed:home:123", "feed:home:*"},
    {"feed:home:109876543210987654:reblogs", "feed:home:*:reblogs"},
    {"timeline:109876543210987654", "timeline:*"},
    {"ts:0:1706659200:4711", "ts:*:*:*"},
    {"c:1:e:4711:group", "c:*:e:*:group"},
    {"alertmanager:silences:org-1", "alertmanager:silences:org-*"},
    /* Django, Flask, Channels */
    {":1:django.contrib.sessions.cacheflgmr22yro2quzvaxh0w8k1b9d7e3c5a",
     ":1:django.contrib.sessions.cache*"},
    {":1:user:211", ":1:user:*"},
    {":1:views.decorators.cache.cache_page.." MD5 "." MD5 ".en-us.UTC",
     ":1:views.decorators.cache.cache_page..*.en-us.UTC"},
    {"session:" UUID, "session:*"},
    {"flask_cache_view//api/items/17", "flask_cache_view//api/items/*"},
    {"asgi:group:chat_42", "asgi:group:chat_*"},
    {"asgi:specific.a1b2c3d4e5f6!", "asgi:specific.*!"},
    /* Laravel, Horizon, PHP sessions, WordPress, Magento, Drupal, Symfony */
    {"laravel_database_queues:default", "laravel_database_queues:default"},
    {"laravel_database_queues:default:reserved", "laravel_database_queues:default:reserved"},
    {"laravel_cache:" SHA1, "laravel_cache:*"},
    {"laravel_cache_:user.17", "laravel_cache_:user.*"},
    {"shop_cache::" SHA1 ":standard_ref", "shop_cache::*:standard_ref"},
    {"laravel_horizon:" UUID, "laravel_horizon:*"},
    {"laravel_horizon:snapshot:job:App\\Jobs\\SendMail",
     "laravel_horizon:snapshot:job:App\\Jobs\\SendMail"},
    {"PHPREDIS_SESSION:k3f9a0q1b2c3d4e5f6g7h8i9j0", "PHPREDIS_SESSION:*"},
    {"wp_:posts:123", "wp_:posts:*"},
    {"wp_:post_meta:4711", "wp_:post_meta:*"},
    {"wp_:posts:get_pages:" MD5 ":0.12345600 1700000000", "wp_:posts:get_pages:*:*"},
    {"wp_:transient:feed_mod_" MD5, "wp_:transient:feed_mod_*"},
    {"wp_:options:alloptions", "wp_:options:alloptions"},
    {"zc:k:b30_CATALOG_CATEGORY_VIEW", "zc:k:b*_CATALOG_CATEGORY_VIEW"},
    {"zc:ti:b30_CAT_P_1234", "zc:ti:b*_CAT_P_*"},
    {"sess_" MD5, "sess_*"},
    {"drupal.redis.8.9.1..::cache_render:entity_view:node:17:teaser",
     "drupal.redis.*..::cache_render:entity_view:node:*:teaser"},
    /* Express, connect-redis, rate-limit stores, socket.io, NextAuth, Parse */
    {"sess:sPNdJdFoEDaTAt5SK81UpJAT1F0u-u8L", "sess:*"},
    {"sess:CkVuVmfIXSx6KyvcgtjKvO2PeCkkdIoT", "sess:*"},
    {"app2:sess:-WcCRYzIcMqRtiV8sD2-9f_KjQ0aLmNb", "app*:sess:*"},
    {"rl:::ffff:127.0.0.1", "rl:*"},
    {"rl:::1", "rl:*"},
    {"rate:api:192.168.10.17:60s", "rate:api:*:60s"},
    {"socket.io#/chat#room-17#", "socket.io#/chat#room-*#"},
    {"user:email:john.doe+spam@example.co.uk", "user:email:*"},
    {"verify:jane%40example.com:token", "verify:*:token"},
    {"nanoid:V1StGXR8_Z5jdHi6B-myT", "nanoid:*"},
    {"yt:video:dQw4w9WgXcQ", "yt:video:*"},
    {"yt:video:9bZkp7q19f0:views", "yt:video:*:views"},
    {"push:-JhLeOlGIEjaIOFHR0xd", "push:*"},
    /* Spring Session, Spring Cache, Redisson, Keycloak, Shiro, JetCache, Java serialization */
    {"spring:session:sessions:" UUID, "spring:session:sessions:*"},
    {"spring:session:sessions:expires:" UUID, "spring:session:sessions:expires:*"},
    {"spring:session:expirations:1700000040000", "spring:session:expirations:*"},
    {"spring:session:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_"
     "NAME_INDEX_NAME:anna",
     "spring:session:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_"
     "NAME_INDEX_NAME:anna"},
    {"books::42", "books::*"},
    {"redisson_lock__channel:{orders:17}", "redisson_lock__channel:{orders:*}"},
    {"redisson__timeout__set:{map}", "redisson__timeout__set:{map}"},
    {"shiro_redis_session:" UUID, "shiro_redis_session:*"},
    {"\xac\xed\x00\x05t\x00\x07user:12", "*user:*"},
    /* Hangfire, asynq, Faktory, StackExchange, Orleans, SignalR */
    {"{hangfire}:job:" UUID ":state", "{hangfire}:job:*:state"},
    {"{hangfire}:stats:succeeded:2024-01-31-10", "{hangfire}:stats:succeeded:*"},
    {"asynq:{default}:t:" UUID, "asynq:{default}:t:*"},
    {"asynq:{default}:processed:2024-01-31", "asynq:{default}:processed:*"},
    {"processed:2024-01-31", "processed:*"},
    /* Redis' documentation, the twitter clone, books on Redis, lua rate limiters */
    {"{user1000}.following", "{user*}.following"},
    {"{user1000}.followers", "{user*}.followers"},
    {"user:1000:password", "user:*:password"},
    {"object-type:42", "object-type:*"},
    {"bike:1:stats", "bike:*:stats"},
    {"comment:4321:reply-to", "comment:*:reply-to"},
    {"rate_limit:{127.0.0.1}:1700000000", "rate_limit:{*}:*"},
    {"bf:seen:2024-W05", "bf:seen:*"},
    {"hll:uniques:20240131", "hll:uniques:*"},
    {"geo:37.7749,-122.4194", "geo:*"},
    {"tile:12/2047/1362", "tile:*/*/*"},
    {"leaderboard:2024-Q1", "leaderboard:*"},
    {"online:users:2024-01-31T10:20", "online:users:*"},
    {"event:2024-01-31T10:20:30.123Z:count", "event:*:count"},
    {"event:20240131T102030Z", "event:*"},
    {"log:2024-01-31T10:20:30+02:00", "log:*"},
    {"ohlc:btcusdt:15m:1700000000", "ohlc:btcusdt:15m:*"},
    {"temp:-12", "temp:*"},
    {"phone:+4915112345678:otp", "phone:*:otp"},
    {"acct:DE89370400440532013000", "acct:*"},
    {"device:00:1b:44:11:3a:b7:seen", "device:*:seen"},
    {"ip:2001:0db8:85a3:0000:0000:8a2e:0370:7334", "ip:*"},
    {"ip:fe80::1ff:fe23:4567:890a:hits", "ip:*:hits"},
    {"1.2.3.4:6379", "*:*"},
    /* generated identifiers: ULID, KSUID, cuid, ObjectId, Stripe, AWS, JWT, base64, Ethereum,
       Snowflake */
    {"evt:01ARZ3NDEKTSV4RRFFQ69G5FAV", "evt:*"},
    {"evt:01h455vb4pex5vsknk084sn02q", "evt:*"},
    {"evt:0ujtsYcgvSTl8PAuAdqWYSMnLOv", "evt:*"},
    {"cart:cjld2cjxh0000qzrmn831i7rn", "cart:*"},
    {"doc:507f1f77bcf86cd799439011:meta", "doc:*:meta"},
    {"cus_NffrFeUfNV2Hib:invoices", "cus_*:invoices"},
    {"msg:175928847299117063", "msg:*"},
    {"tx:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "tx:*"},
    {"jwt:eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
     "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
     "jwt:*"},
    {"etag:Xy/3kP0aQzT1vW9+41d8cd9Ef00AbCdEfGhIjKlMnOw=", "etag:*"},
    {"nonce:dGhpcyBpcyBhIHRlc3Q=", "nonce:*"},
    {"commit:9fceb02:status", "commit:*:status"},
    {"invite:qzxkvjwpfhbd", "invite:*"},
    {"magic-link:kTzWqPbVxNcRdYmH", "magic-link:*"},
    {"promo:X7K2P", "promo:*"},
    {"i-0abcd1234efgh5678:metrics", "i-*:metrics"},
    {"UUID:{" UUID "}", "UUID:{*}"},
    {"GUID:550E8400-E29B-41D4-A716-446655440000", "GUID:*"},
    {"session:" UUID ":" UUID, "session:*:*"},
    /* words stay: versions, names of formats, hex-like words, CamelCase, sizes and windows */
    {"deadbeef", "deadbeef"},
    {"cafe:facade:added:decade:feedface", "cafe:facade:added:decade:feedface"},
    {"api:v1:users", "api:v1:users"},
    {"api:v2.10.3:users", "api:v*:users"},
    {"app:1.2.3:config", "app:*:config"},
    {"md5:sha1:sha256:base64:utf8:oauth2:s3:ipv4:h264:http2:k8s:i18n",
     "md5:sha1:sha256:base64:utf8:oauth2:s3:ipv4:h264:http2:k8s:i18n"},
    {"S3Uploader:OAuth2Token:Base64Encoder:Sha256Digest",
     "S3Uploader:OAuth2Token:Base64Encoder:Sha256Digest"},
    {"LinkedCourseUuids:HTTPServerErrorHandler", "LinkedCourseUuids:HTTPServerErrorHandler"},
    {"XMLHttpRequest:iPhone:GitHub:PostgreSQL:eBay",
     "XMLHttpRequest:iPhone:GitHub:PostgreSQL:eBay"},
    {"internationalization:authentication_strategies",
     "internationalization:authentication_strategies"},
    {"requests:24h:7d:5min:500ms", "requests:24h:7d:5min:500ms"},
    {"errors:5xx", "errors:5xx"},
    {"mfa:2fa:totp", "mfa:2fa:totp"},
    {"user1000", "user*"},
    {"shard-03", "shard-*"},
    {"node3:shard12:replica0", "node*:shard*:replica*"},
    {"step1done", "step*done"},
    {"text2speech", "text2speech"},
    {"nginx:vts:httpd:mysqld:memcached:xmlrpc", "nginx:vts:httpd:mysqld:memcached:xmlrpc"},
    {"config:feature_flags:new-checkout_enabled", "config:feature_flags:new-checkout_enabled"},
    {"AUTH_TOKEN_EXPIRY_SECONDS", "AUTH_TOKEN_EXPIRY_SECONDS"},
    {"Stra\xc3\x9f"
     "e:M\xc3\xbcnchen:42",
     "Stra\xc3\x9f"
     "e:M\xc3\xbcnchen:*"},
    {"\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87:17", "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87:*"},
    {"\xe7\x94\xa8\xe6\x88\xb7:1001", "\xe7\x94\xa8\xe6\x88\xb7:*"},
    /* punctuation, glob characters, edges */
    {"", ""},
    {"*", "*"},
    {"17", "*"},
    {":", ":"},
    {"a*b[c]?\\d", "a*b[c]?\\d"},
    {"a**b", "a*b"},
    {"::", "::"},
    {"ids:1,2,3,17", "ids:*"},
    {"ids:[4,8,15]", "ids:[*]"},
    {"room:12:34", "room:*:*"},
    {"100x200", "*x*"},
    {"path:%2Fapi%2Fv1%2Fusers%2F17", "path:%2Fapi%2Fv1%2Fusers%2F*"},
    {"https://example.com/items/17?ref=mail", "https://example.com/items/*?ref=mail"},
};

/* The row that Java serialized has NUL bytes in it: 7 bytes before the name. */
static size_t key_length(const char *key)
{
    return strncmp(key, "\xac\xed", 2) == 0 ? 7 + strlen("user:12") : strlen(key);
}

static void test_shapes(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[PATTERN_MAX_BYTES];
        const size_t n = pattern_fold((const uint8_t *)rows[i].key, key_length(rows[i].key), out);

        if (n != strlen(rows[i].pattern) || memcmp(out, rows[i].pattern, n) != 0) {
            print_error("%s: expected %s, found %.*s\n", rows[i].key, rows[i].pattern, (int)n,
                        (const char *)out);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

/* Folding a pattern again changes nothing that would merge two families: stars stay stars. */
static void test_pattern_of_pattern(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t once[PATTERN_MAX_BYTES], twice[PATTERN_MAX_BYTES];
        const size_t n = pattern_fold((const uint8_t *)rows[i].key, key_length(rows[i].key), once);
        const size_t m = pattern_fold(once, n, twice);

        if (n != m || memcmp(once, twice, n) != 0)
            fail_msg("%.*s folds to %.*s", (int)n, (const char *)once, (int)m, (const char *)twice);
    }
}

static uint64_t random_state = 88172645463325252u;

static unsigned next_random(unsigned limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % limit;
}

/* Tokens of the same generator must not make many patterns: at most one in `allowed` per thousand
 * differs.  The generators' alphabets and lengths are those of the projects named. */
static void test_random_tokens(void **state)
{
    static const char hex[] = "0123456789abcdef", base36[] = "0123456789abcdefghijklmnopqrstuvwxyz",
                      base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                      base64url[] =
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                      crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    static const struct {
        const char *name, *alphabet, *before, *behind, *pattern;
        size_t bytes;
        unsigned allowed;
    } families[] = {
        {"short digest", hex, "k:", "", "k:*", 8, 1},
        {"jid", hex, "it-", "", "it-*", 24, 0},
        {"md5", hex, "views/x:", "/users", "views/x:*/users", 32, 0},
        {"md5 behind a word", hex, "get_page", "", "get_page*", 32, 0},
        {"django session", base36, ":1:django.contrib.sessions.cache", "",
         ":1:django.contrib.sessions.cache*", 32, 1},
        {"cuid", base36, "cart:c", "", "cart:*", 24, 1},
        {"ksuid", base62, "evt:", "", "evt:*", 27, 1},
        {"ulid", crockford, "evt:01", "", "evt:*", 24, 1},
        {"bid", base64url, "b-", "-jids", "b-*-jids", 14, 1},
        {"nanoid", base64url, "n:", "", "n:*", 21, 20},
        {"express session", base64url, "sess:", "", "sess:*", 32, 20},
    };

    (void)state;
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
        const size_t before = strlen(families[f].before), behind = strlen(families[f].behind);
        unsigned others = 0;

        for (unsigned i = 0; i < 5000; i++) {
            char key[128];
            uint8_t out[PATTERN_MAX_BYTES];
            size_t n = before, m;

            memcpy(key, families[f].before, before);
            for (size_t k = 0; k < families[f].bytes; k++)
                key[n++] =
                    families[f].alphabet[next_random((unsigned)strlen(families[f].alphabet))];
            memcpy(key + n, families[f].behind, behind);
            m = pattern_fold((const uint8_t *)key, n + behind, out);
            others += m != strlen(families[f].pattern) || memcmp(out, families[f].pattern, m) != 0;
        }
        if (others > families[f].allowed * 5)
            fail_msg("%s: %u of 5000 tokens have a pattern of their own", families[f].name, others);
    }
}

/* A copy of exactly the key's size, so that a sanitizer sees any byte read beyond. */
static size_t fold_exact(const uint8_t *key, size_t bytes, uint8_t *out)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    size_t n;

    assert_non_null(copy);
    memcpy(copy, key, bytes);
    n = pattern_fold(copy, bytes, out);
    free(copy);
    return n;
}

static void test_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t n = 0; n <= key_length(rows[i].key); n++) {
            uint8_t out[PATTERN_MAX_BYTES];

            assert_true(fold_exact((const uint8_t *)rows[i].key, n, out) <= PATTERN_MAX_BYTES);
        }
}

static void test_random_bytes(void **state)
{
    static const char likely[] = "0123456789abcdefABCxyz:::--__..//@%{}[]\"'*=+ T\x01\x80\xc3\xff";

    (void)state;
    for (unsigned i = 0; i < 60000; i++) {
        uint8_t key[700], out[PATTERN_MAX_BYTES], again[PATTERN_MAX_BYTES];
        const size_t bytes = next_random(i % 50 == 0 ? sizeof(key) : 48);
        size_t n;

        for (size_t k = 0; k < bytes; k++)
            key[k] = i % 2 ? (uint8_t)next_random(256)
                           : (uint8_t)likely[next_random(sizeof(likely) - 1)];
        n = fold_exact(key, bytes, out);
        assert_true(n <= PATTERN_MAX_BYTES);
        assert_true((n == 0) == (bytes == 0));
        assert_int_equal(pattern_fold(key, bytes, again), n);
        assert_memory_equal(out, again, n);
    }
}

/* Raw digests make one pattern, or few: not one a key. */
static void test_raw_digests(void **state)
{
    unsigned others = 0;

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t key[21] = "user:", out[PATTERN_MAX_BYTES];

        for (size_t k = 5; k < sizeof(key); k++)
            key[k] = (uint8_t)next_random(256);
        others += pattern_fold(key, sizeof(key), out) != 6 || memcmp(out, "user:*", 6) != 0;
    }
    if (others > 100)
        fail_msg("%u of 5000 raw digests have a pattern of their own", others);
}

static void test_long_keys(void **state)
{
    static uint8_t key[1 << 20];
    uint8_t out[PATTERN_MAX_BYTES];
    size_t n;

    (void)state;
    memset(key, 'k', sizeof(key));
    for (size_t i = 0; i < sizeof(key); i += 8)
        key[i] = ':';
    n = pattern_fold(key, sizeof(key), out);
    assert_int_equal(n, PATTERN_MAX_BYTES);
    assert_int_equal(out[n - 1], '*');
    assert_memory_equal(out, key, n - 1);
    /* not inside a character: 511 bytes of two-byte characters would end in half of one */
    for (size_t i = 0; i < 600; i += 2)
        memcpy(key + i, "\xc3\xa9", 2);
    n = pattern_fold(key, 600, out);
    assert_int_equal(n, 511);
    assert_memory_equal(out + n - 3, "\xc3\xa9*", 3);
    /* numbers take no room */
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)('0' + i % 10);
    assert_int_equal(pattern_fold(key, sizeof(key), out), 1);
    assert_int_equal(out[0], '*');
}

static void test_parent(void **state)
{
    static const struct row parents[] = {
        {"a:b:c", "a:b:*"},
        {"a:b:*", "a:*"},
        {"a:*", "*"},
        {"user:*:cart", "user:*:*"},
        {"user:*:*", "user:*"},
        {"user*", "*"},
        {"{user*}.following", "{user*}.*"},
        {"{user*}.*", "{*"},
        {"{*", "*"},
        {"views/x:*/posts/query-*", "views/x:*/posts/*"},
        {"views/x:*/posts/*", "views/x:*/*"},
        {"word", "*"},
        {"", "*"},
        {"a::b", "a::*"},
        {"a::*", "*"},
        {"::", "*"},
        {"stat:processed:*", "stat:*"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        uint8_t pattern[PATTERN_MAX_BYTES];
        size_t n = strlen(parents[i].key);

        memcpy(pattern, parents[i].key, n);
        n = pattern_parent(pattern, n);
        if (n != strlen(parents[i].pattern) || memcmp(pattern, parents[i].pattern, n) != 0)
            fail_msg("%s: expected %s, found %.*s", parents[i].key, parents[i].pattern, (int)n,
                     (const char *)pattern);
    }
    assert_int_equal(pattern_parent((uint8_t[]){'*'}, 1), 0);
}

/* Whatever the pattern, its ancestors end at `*`, each shorter than the one before or a star more.
 */
static void test_parents_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t key[200], pattern[PATTERN_MAX_BYTES];
        const size_t bytes = next_random(sizeof(key));
        size_t n, steps = 0;

        for (size_t k = 0; k < bytes; k++)
            key[k] = (uint8_t) "abc123:::-_./*{}"[next_random(16)];
        n = pattern_fold(key, bytes, pattern);
        while ((n = pattern_parent(pattern, n)) > 0) {
            assert_int_equal(pattern[n - 1], '*');
            assert_true(++steps <= 2 * sizeof(key));
        }
        assert_int_equal(pattern[0], '*');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),        cmocka_unit_test(test_pattern_of_pattern),
        cmocka_unit_test(test_random_tokens), cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_random_bytes),  cmocka_unit_test(test_raw_digests),
        cmocka_unit_test(test_long_keys),     cmocka_unit_test(test_parent),
        cmocka_unit_test(test_parents_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
