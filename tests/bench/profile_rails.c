/* profile_rails.c -- the snapshot of a Rails application: sessions, caches, counters, small hashes.
 *
 * Of 100 keys:
 *
 *      keys  TTL
 *        28   28   session:2::DIGEST             JSON with a token, a password salt, flash messages
 *        10    8   api:v2:courses:ID:page:N      JSON; of two in five, zlib's output in Marshal
 *        12        views/courses/show:...        fragments of HTML in JSON
 *        19        course:ID:views               counters
 *         2    2   rack::attack:...              counters of a minute
 *        16        user:ID                       hashes of seven fields
 *         6        cart:ID                       hashes of two to a dozen fields
 *         3        feed:ID                       lists of ids
 *         2        course:ID:tags                sets
 *         2        leaderboard:ID                zsets
 *
 * which makes 38 % with a TTL.  The first of them are Sidekiq's: queues of jobs, the three sorted
 * sets of waiting jobs, daily counts; a job for about every hundred keys.  How far values compress
 * is left to their text: JSON with names and words does, tokens, digests and zlib's output do not.
 */
// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum kind { SESSION, API, FRAGMENT, COUNTER, THROTTLE, USER, CART, FEED, TAGS, BOARD };
static const struct {
    enum kind kind;
    unsigned keys, expires; /* of 100 */
} shares[] = {{SESSION, 28, 28}, {API, 10, 8},  {FRAGMENT, 12, 0}, {COUNTER, 19, 0},
              {THROTTLE, 2, 2},  {USER, 16, 0}, {CART, 6, 0},      {FEED, 3, 0},
              {TAGS, 2, 0},      {BOARD, 2, 0}};

enum { SIDEKIQ_KEYS = 32, SIDEKIQ_FROM_KEYS = 1000 };

static bool is_sidekiq(uint64_t id, uint64_t keys)
{
    return keys >= SIDEKIQ_FROM_KEYS && id < SIDEKIQ_KEYS;
}

/* What the key of this number is, and whether it has a TTL. */
static enum kind choose_kind(uint64_t id, bool *ret_expires)
{
    unsigned at = (unsigned)(id % 100), i = 0;

    for (; at >= shares[i].keys; i++)
        at -= shares[i].keys;
    *ret_expires = at < shares[i].expires;
    return shares[i].kind;
}

static uint64_t count_expires(uint64_t keys)
{
    uint64_t count = 0;

    for (uint64_t id = 0; id < keys; id++) {
        bool expires;

        choose_kind(id, &expires);
        count += expires && !is_sidekiq(id, keys);
    }
    return count;
}

static void put_text(struct bench *b)
{
    put_string(&b->out, text_of_buf(&b->text), FORM_AUTO);
}

/* A name that ends in a number. */
static void put_numbered(struct bench *b, uint8_t type, const char *head, uint64_t id,
                         const char *tail)
{
    buf_clear(&b->text);
    buf_add_str(&b->text, head);
    add_number(&b->text, id);
    buf_add_str(&b->text, tail);
    put_key_name(b, type, text_of_buf(&b->text));
    buf_clear(&b->text);
}

/* ---- strings ------------------------------------------------------------------------------ */

static void put_session(struct bench *b, uint64_t id)
{
    struct buf *t = &b->text;

    buf_clear(t);
    buf_add_str(t, "session:2::");
    add_random_hex(b, t, 64);
    put_key_name(b, 0, text_of_buf(t));
    buf_clear(t);
    buf_add_str(t, "{\"session_id\":\"");
    add_random_hex(b, t, 32);
    buf_add_str(t, "\",\"_csrf_token\":\"");
    add_random_base64(b, t, 43);
    buf_add_str(t, "=\",\"locale\":\"en-GB\",\"warden.user.user.key\":[[");
    add_number(t, id);
    buf_add_str(t, "],\"$2a$12$");
    add_random_base64(b, t, 22);
    buf_add_str(t, "\"],\"user_return_to\":\"/courses/");
    add_number(t, random_below(b, 90000));
    buf_add_str(t, "/lessons/");
    add_number(t, random_below(b, 900000));
    buf_add_str(t, "\",\"last_request_at\":");
    add_number(t, (uint64_t)CTIME_S - random_below(b, 1209600));
    if (random_below(b, 2) == 0) { /* signed state of an identity provider */
        buf_add_str(t, ",\"omniauth.state\":\"");
        add_random_base64(b, t, 180);
        buf_add_str(t, "\"");
    }
    buf_add_str(t, ",\"flash\":{\"discard\":[],\"flashes\":{\"notice\":\"");
    add_words(b, t, random_below(b, 12));
    buf_add_str(t, "\"}}}");
    put_text(b);
}

static void add_json_courses(struct bench *b, uint64_t count)
{
    struct buf *t = &b->text;

    for (uint64_t i = 0; i < count; i++) {
        buf_add_str(t, i ? ",{\"id\":" : "{\"id\":");
        add_number(t, random_below(b, 900000));
        buf_add_str(t, ",\"title\":\"");
        add_words(b, t, 2 + random_below(b, 5));
        buf_add_str(t, "\",\"teacher_id\":");
        add_number(t, random_below(b, 50000));
        buf_add_str(t, ",\"published\":true,\"price_cents\":");
        add_number(t, random_below(b, 20000));
        buf_add_str(t, "}");
    }
}

static void put_api(struct bench *b, uint64_t id)
{
    struct buf *t = &b->text;

    put_numbered(b, 0, "api:v2:courses:", id, ":page:1");
    if (random_below(b, 5) < 2) {
        /* Above 1 KiB the cache store compresses: bytes that nothing makes smaller. */
        buf_add_str(t, "\x04\bo: ActiveSupport::Cache::Entry\n:\v@valueI\"\x02");
        for (uint64_t i = 40 + random_below(b, 140); i > 0; i--)
            buf_add_le(t, next_random(b), 8);
        buf_add_str(t, ":\r@version0:\x10@created_atf\x17");
        add_number(t, (uint64_t)CTIME_S - random_below(b, 86400));
        buf_add_str(t, ".25:\x10@expires_in0:\x10@compressedT");
    } else {
        buf_add_str(t, "{\"data\":[");
        add_json_courses(b, 2 + random_below(b, 9));
        buf_add_str(t, "],\"meta\":{\"page\":1,\"per_page\":10,\"total\":");
        add_number(t, random_below(b, 500));
        buf_add_str(t, "}}");
    }
    put_text(b);
}

static void put_fragment(struct bench *b, uint64_t id)
{
    struct buf *t = &b->text;

    put_numbered(b, 0, "views/courses/show:9ae16a3b2f90404fc949d7c7509e6557/courses/", id,
                 "-20371231235959000000");
    buf_add_str(t, "{\"html\":\"<div class=\\\"course\\\" data-id=\\\"");
    add_number(t, id);
    buf_add_str(t, "\\\"><h2>");
    add_words(b, t, 3 + random_below(b, 5));
    buf_add_str(t, "</h2>");
    for (uint64_t i = 2 + random_below(b, 10); i > 0; i--) {
        buf_add_str(t, "<p class=\\\"text\\\">");
        add_words(b, t, 6 + random_below(b, 20));
        buf_add_str(t, "</p>");
    }
    buf_add_str(t, "<img src=\\\"/rails/active_storage/blobs/");
    add_random_base64(b, t, 88);
    buf_add_str(t, "\\\"></div>\"}");
    put_text(b);
}

static void put_counter(struct bench *b, uint64_t id)
{
    put_numbered(b, 0, "course:", id, ":views");
    add_number(&b->text, random_below(b, 3000000));
    put_text(b);
}

static void put_throttle(struct bench *b, uint64_t id)
{
    put_numbered(b, 0, "rack::attack:35765280:req/ip:10.", id, ".7");
    add_number(&b->text, 1 + random_below(b, 120));
    put_text(b);
}

/* ---- packed values ------------------------------------------------------------------------ */

static void pack_built(struct bench *b)
{
    pack_text(b, text_of_buf(&b->text));
    buf_clear(&b->text);
}

static void put_user(struct bench *b, uint64_t id)
{
    struct buf *t = &b->text;

    put_numbered(b, packed_type(b, VALUE_HASH), "user:", id, "");
    pack_text(b, LIT("name"));
    add_words(b, t, 2);
    pack_built(b);
    pack_text(b, LIT("email"));
    buf_add_str(t, bench_word(next_random(b)));
    add_number(t, id);
    buf_add_str(t, "@example.org");
    pack_built(b);
    pack_text(b, LIT("logins"));
    pack_number(b, (int64_t)random_below(b, 1000));
    pack_text(b, LIT("seen_at"));
    pack_number(b, CTIME_S - (int64_t)random_below(b, 9000000));
    pack_text(b, LIT("plan"));
    pack_text(b, random_below(b, 4) ? LIT("free") : LIT("premium"));
    pack_text(b, LIT("locale"));
    pack_text(b, LIT("en-GB"));
    pack_text(b, LIT("avatar"));
    add_random_hex(b, t, 40);
    pack_built(b);
    put_packed(b);
}

static void put_cart(struct bench *b, uint64_t id)
{
    put_numbered(b, packed_type(b, VALUE_HASH), "cart:", id, "");
    for (uint64_t i = 0, n = 1 + random_below(b, 6), sku = random_below(b, 9000); i < n; i++) {
        buf_add_str(&b->text, "sku-");
        add_number(&b->text, sku += 1 + random_below(b, 50));
        pack_built(b);
        pack_number(b, 1 + (int64_t)random_below(b, 5));
    }
    put_packed(b);
}

static void put_feed(struct bench *b, uint64_t id)
{
    put_numbered(b, list_type(b), "feed:", id, "");
    put_length(&b->out, 1, LENGTH_AUTO);
    for (uint64_t i = 5 + random_below(b, 60); i > 0; i--) {
        buf_add_str(&b->text, "item-");
        add_number(&b->text, random_below(b, 900000));
        pack_built(b);
    }
    put_list_node(b);
}

static void put_tags(struct bench *b, uint64_t id)
{
    const uint64_t count = 3 + random_below(b, 12);
    const uint8_t packed = packed_type(b, VALUE_SET);

    put_numbered(b, packed ? packed : 2, "course:", id, ":tags");
    if (!packed)
        put_length(&b->out, count, LENGTH_AUTO);
    for (uint64_t i = 0, word = next_random(b) >> 8; i < count; i++, word++) {
        buf_add_str(&b->text, bench_word(word));
        if (packed) {
            pack_built(b);
        } else {
            put_text(b);
            buf_clear(&b->text);
        }
    }
    if (packed)
        put_packed(b);
}

static void put_board(struct bench *b, uint64_t id)
{
    int64_t score = (int64_t)random_below(b, 100);

    put_numbered(b, packed_type(b, VALUE_ZSET), "leaderboard:", id, "");
    for (uint64_t i = 0, n = 5 + random_below(b, 90); i < n; i++) {
        buf_add_str(&b->text, "user:");
        add_number(&b->text, i * 40961 + id % 40961);
        pack_built(b);
        pack_number(b, score += 1 + (int64_t)random_below(b, 30));
    }
    put_packed(b);
}

/* ---- Sidekiq ------------------------------------------------------------------------------ */

static void add_job(struct bench *b, const char *queue)
{
    static const char *const classes[] = {"SendMailJob", "Reports::WeeklyJob", "SyncCourseJob",
                                          "ImportGradesJob", "NotifyTeacherJob"};
    struct buf *t = &b->text;

    buf_clear(t);
    buf_add_str(t, "{\"retry\":true,\"queue\":\"");
    buf_add_str(t, queue);
    buf_add_str(t, "\",\"args\":[");
    add_number(t, random_below(b, 900000));
    buf_add_str(t, ",{\"course_id\":");
    add_number(t, random_below(b, 90000));
    buf_add_str(t, ",\"note\":\"");
    add_words(b, t, random_below(b, 8));
    buf_add_str(t, "\"}],\"class\":\"");
    buf_add_str(t, classes[random_below(b, 5)]);
    buf_add_str(t, "\",\"jid\":\"");
    add_random_hex(b, t, 24);
    buf_add_str(t, "\",\"created_at\":");
    add_number(t, (uint64_t)CTIME_S - random_below(b, 40000));
    buf_add_str(t, ".5,\"enqueued_at\":");
    add_number(t, (uint64_t)CTIME_S - random_below(b, 400));
    buf_add_str(t, ".25}");
}

static void put_job_queue(struct bench *b, const char *queue, uint64_t jobs)
{
    enum { JOBS_A_NODE = 32 }; /* 8 KiB a node, as list-max-listpack-size -2 says */
    const uint64_t nodes = (jobs + JOBS_A_NODE - 1) / JOBS_A_NODE;

    buf_clear(&b->text);
    buf_add_str(&b->text, "queue:");
    buf_add_str(&b->text, queue);
    put_key_name(b, list_type(b), text_of_buf(&b->text));
    put_length(&b->out, nodes, LENGTH_AUTO);
    for (uint64_t i = 0; i < jobs; i++) {
        add_job(b, queue);
        pack_built(b);
        if (i % JOBS_A_NODE == JOBS_A_NODE - 1 || i == jobs - 1)
            put_list_node(b);
        bench_flush(b, 1 << 20);
    }
}

/* From the highest score to the lowest, as servers write. */
static void put_job_set(struct bench *b, struct text name, uint64_t jobs, int64_t highest_s)
{
    put_key_name(b, 5, name);
    put_length(&b->out, jobs, LENGTH_AUTO);
    for (uint64_t i = 0; i < jobs; i++) {
        add_job(b, "default");
        put_text(b);
        put_score(b, (double)highest_s - (double)i * 0.25);
        bench_flush(b, 1 << 20);
    }
}

static void put_queue_names(struct bench *b)
{
    put_key_name(b, 2, LIT("queues"));
    put_length(&b->out, 4, LENGTH_AUTO);
    put_string(&b->out, LIT("mailers"), FORM_AUTO);
    put_string(&b->out, LIT("default"), FORM_AUTO);
    put_string(&b->out, LIT("critical"), FORM_AUTO);
    put_string(&b->out, LIT("low"), FORM_AUTO);
}

static void put_sidekiq(struct bench *b, uint64_t id, uint64_t keys)
{
    const bool is_failed = id % 2 == 1;

    switch (id) {
    case 0: put_queue_names(b); break;
    case 1: put_job_queue(b, "default", keys / 200); break;
    case 2: put_job_queue(b, "mailers", keys / 500); break;
    case 3: put_job_queue(b, "critical", 3); break;
    case 4: put_job_queue(b, "low", keys / 1000); break;
    case 5: put_job_set(b, LIT("schedule"), keys / 1000, CTIME_S + 500000); break;
    case 6: put_job_set(b, LIT("retry"), keys < 2000 ? 1 : keys / 2000, CTIME_S + 100000); break;
    case 7: put_job_set(b, LIT("dead"), keys < 10000000 ? keys / 1000 : 10000, CTIME_S); break;
    case 8:
    case 9:
        put_key_name(b, 0, is_failed ? LIT("stat:failed") : LIT("stat:processed"));
        put_string(&b->out, is_failed ? LIT("81234") : LIT("48000000"), FORM_AUTO);
        break;
    default:
        put_numbered(b, 0, is_failed ? "stat:failed:2037-12-" : "stat:processed:2037-12-",
                     10 + (id - 10) / 2, "");
        add_number(&b->text, random_below(b, is_failed ? 900 : 900000));
        put_text(b);
    }
}

static void put_key(struct bench *b, uint64_t number, uint64_t keys)
{
    static void (*const put[])(struct bench *, uint64_t) = {
        [SESSION] = put_session, [API] = put_api,           [FRAGMENT] = put_fragment,
        [COUNTER] = put_counter, [THROTTLE] = put_throttle, [USER] = put_user,
        [CART] = put_cart,       [FEED] = put_feed,         [TAGS] = put_tags,
        [BOARD] = put_board};
    static const uint64_t longest_s[] = {[SESSION] = 1209600, [API] = 86400, [THROTTLE] = 60};
    const uint64_t id = permute(number, keys);
    enum kind kind;
    bool expires;

    seed_random(b, id);
    if (is_sidekiq(id, keys)) {
        put_sidekiq(b, id, keys);
        return;
    }
    kind = choose_kind(id, &expires);
    if (expires)
        put_expiry(b, (uint64_t)CTIME_S * 1000 + 1000 + random_below(b, longest_s[kind] * 1000));
    put[kind](b, id);
}

const struct profile rails_profile = {"rails", 600, count_expires, put_key};
