/* fixture_sidekiq.c -- the demonstration snapshot: a small production server of a Rails application.
 *
 * One Redis 7.2 behind Rails and Sidekiq 7.3, some years old and never cleaned: queues with a backlog,
 * schedule, retry and dead sets, daily counters of which those from Sidekiq 5.0 never expire, sessions
 * that expire and caches that do not, an audit list without a bound.  Everything is made from a fixed
 * seed and a fixed time, and the jobs are counted while they are written: that count is
 * sidekiq_v11.json.
 *
 * Keys and job JSON follow docs/job-queues-in-redis.md, sections 2.1 to 2.8 (read there in Sidekiq's
 * source); encodings follow the defaults of Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "fixture_maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOW_S   INT64_C(1763089200) /* 2025-11-14 03:00:00 UTC */
#define PROCESSED "48211907"
#define FAILED    "391274"
#define DAY_S   INT64_C(86400)
#define YEARS_5 (INT64_C(5) * 365 * DAY_S)

static void add_string(struct maker *m, struct buf *key, struct buf *value)
{
    fixture_string(m->f, cell_of(key), cell_of(value));
    buf_clear(key);
    buf_clear(value);
}

/* ---- jobs --------------------------------------------------------------------------------- */

struct job_class {
    const char *class_name;   /* what Sidekiq shows */
    const char *wrapped;      /* ActiveJob's class, or NULL */
    const char *mailer, *mail; /* arguments of a mail delivery */
    const char *queue;
    const char *error_class, *error_message;
};

static const struct job_class classes[] = {
    {"ImageResizeJob", NULL, NULL, NULL, "default", "Vips::Error",
     "unable to call thumbnail_image: premature end of JPEG file"},
    {"Billing::ChargeJob", NULL, NULL, NULL, "critical", "Stripe::RateLimitError",
     "Request rate limit exceeded"},
    {"WebhookDeliveryJob", NULL, NULL, NULL, "low", "Faraday::TimeoutError",
     "Net::ReadTimeout with #<TCPSocket:(closed)>"},
    {"CourseSyncWorker", NULL, NULL, NULL, "low", "ActiveRecord::RecordNotFound",
     "Couldn't find Course"},
    {"ReportExportJob", "ReportExportJob", NULL, NULL, "default", "PG::QueryCanceled",
     "ERROR: canceling statement due to statement timeout"},
    {"UserMailer#digest", "ActionMailer::MailDeliveryJob", "UserMailer", "digest", "mailers",
     "Net::SMTPServerBusy", "450 4.7.1 try again later"},
};
enum { CLASS_COUNT = 6 };

/* Seconds with a fraction, as Ruby prints a Float. */
static void add_float_time(struct maker *m, struct buf *b, const char *name, int64_t at_s)
{
    buf_add_format(b, ",\"%s\":%" PRId64 ".%06u", name, at_s, 1 + below(m, 899999));
}

static void add_plain_args(struct maker *m, struct buf *b, const struct job_class *c)
{
    if (strcmp(c->class_name, "WebhookDeliveryJob") == 0) {
        buf_add_format(b, "[%u,\"https://hooks.example.com/v1/notify\",{\"event\":\"order.paid\"}]",
                       10000 + below(m, 90000));
    } else if (strcmp(c->class_name, "CourseSyncWorker") == 0) {
        buf_add_str(b, "[\"");
        add_uuid(m, b);
        buf_add_str(b, "\"]");
    } else {
        buf_add_format(b, "[%u]", 10000 + below(m, 990000));
    }
}

static void add_wrapped_args(struct maker *m, struct buf *b, const struct job_class *c,
                             int64_t created_s)
{
    char iso[32];

    format_utc(iso, sizeof(iso), false, created_s);
    buf_add_format(b, "[{\"job_class\":\"%s\",\"job_id\":\"", c->wrapped);
    add_uuid(m, b);
    buf_add_format(b, "\",\"provider_job_id\":null,\"queue_name\":\"%s\",\"priority\":null,"
                      "\"arguments\":[", c->queue);
    if (c->mailer)
        buf_add_format(b, "\"%s\",\"%s\",\"deliver_now\",{\"args\":[%u],"
                          "\"_aj_ruby2_keywords\":[\"args\"]}",
                       c->mailer, c->mail, 1000 + below(m, 90000));
    else
        buf_add_format(b, "%u,\"csv\"", 1000 + below(m, 90000));
    buf_add_format(b, "],\"executions\":0,\"exception_executions\":{},\"locale\":\"en\","
                      "\"timezone\":\"UTC\",\"enqueued_at\":\"%s\",\"scheduled_at\":null}]", iso);
}

/* When a job was made, and what became of it; failures 0: it waits. */
struct job_history {
    int64_t created_s;
    bool is_enqueued;
    unsigned failures;
    int64_t first_failure_s, last_failure_s;
};

static void add_job(struct maker *m, struct buf *b, const struct job_class *c,
                    const struct job_history *h)
{
    buf_add_format(b, "{\"retry\":true,\"queue\":\"%s\",", c->queue);
    if (c->wrapped)
        buf_add_format(b, "\"wrapped\":\"%s\",", c->wrapped);
    buf_add_str(b, "\"args\":");
    if (c->wrapped)
        add_wrapped_args(m, b, c, h->created_s);
    else
        add_plain_args(m, b, c);
    buf_add_format(b, ",\"class\":\"%s\",\"jid\":\"",
                   c->wrapped ? "Sidekiq::ActiveJob::Wrapper" : c->class_name);
    add_hex(m, b, 24);
    buf_add_str(b, "\"");
    add_float_time(m, b, "created_at", h->created_s);
    if (h->is_enqueued)
        add_float_time(m, b, "enqueued_at", h->failures > 1 ? h->last_failure_s : h->created_s);
    if (h->failures > 0) {
        buf_add_format(b, ",\"error_message\":\"%s\",\"error_class\":\"%s\"", c->error_message,
                       c->error_class);
        add_float_time(m, b, "failed_at", h->first_failure_s);
        buf_add_format(b, ",\"retry_count\":%u", h->failures - 1);
        if (h->failures > 1)
            add_float_time(m, b, "retried_at", h->last_failure_s);
    }
    buf_add_str(b, "}");
}

struct tally {
    unsigned by_class[CLASS_COUNT];
    unsigned total;
};

static void tally_job(struct tally *t, size_t class_index)
{
    t->by_class[class_index]++;
    t->total++;
}

static void write_tally(struct buf *out, const char *name, const struct tally *t, bool by_error)
{
    bool is_first = true;

    buf_add_format(out, "\"%s\":{", name);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (t->by_class[i] == 0)
            continue;
        buf_add_format(out, "%s\"%s\":%u", is_first ? "" : ",",
                       by_error ? classes[i].error_class : classes[i].class_name, t->by_class[i]);
        is_first = false;
    }
    buf_add_str(out, "}");
}

/* ---- queues and job sets ------------------------------------------------------------------ */

static void add_queue(struct maker *m, const char *name, size_t count, int64_t oldest_s,
                      struct tally *t)
{
    struct buf *jobs = calloc(count, sizeof(*jobs));
    struct cell *cells = calloc(count, sizeof(*cells));
    size_t candidates[CLASS_COUNT], candidate_count = 0;
    struct buf key = {0};

    if (!jobs || !cells)
        abort();
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(classes[i].queue, name) == 0)
            candidates[candidate_count++] = i;
    /* New jobs are pushed at the head, so the oldest is the last element. */
    for (size_t i = 0; i < count; i++) {
        const size_t class_index = candidates[below(m, (uint32_t)candidate_count)];
        const int64_t age_s = (NOW_S - oldest_s) * (int64_t)(i + 1) / (int64_t)count;

        add_job(m, &jobs[i], &classes[class_index],
                &(struct job_history){.created_s = NOW_S - age_s, .is_enqueued = true});
        cells[i] = cell_of(&jobs[i]);
        tally_job(t, class_index);
    }
    buf_add_format(&key, "queue:%s", name);
    fixture_list(m->f, cell_of(&key), T_LIST_QUICKLIST_2, cells, count, 20);
    for (size_t i = 0; i < count; i++)
        buf_done(&jobs[i]);
    free(jobs);
    free(cells);
    buf_done(&key);
}

/* Sidekiq waits count^4 + 15 seconds (and some jitter) after each failure. */
static int64_t retry_delay_s(unsigned retry_count)
{
    return (int64_t)retry_count * retry_count * retry_count * retry_count + 15;
}

static struct job_history failed_history(unsigned failures, int64_t last_failure_s)
{
    struct job_history h = {.is_enqueued = true,
                            .failures = failures,
                            .first_failure_s = last_failure_s,
                            .last_failure_s = last_failure_s};

    for (unsigned i = 0; i + 1 < failures; i++)
        h.first_failure_s -= retry_delay_s(i);
    h.created_s = h.first_failure_s - 30;
    return h;
}

enum job_set { SET_SCHEDULE = 0, SET_RETRY, SET_DEAD };

/* A job of the set: its history, and the score it has there. */
static struct job_history make_history(struct maker *m, enum job_set set, double *ret_score)
{
    struct job_history h;
    int64_t at_s;

    if (set == SET_SCHEDULE) {
        h = (struct job_history){.created_s = NOW_S - 60 - below(m, 86400)};
        at_s = NOW_S + 60 + below(m, 7 * 86400);
    } else if (set == SET_RETRY) {
        const unsigned failures = 1 + below(m, 12);
        const int64_t delay_s = retry_delay_s(failures - 1);

        at_s = NOW_S + 1 + below(m, (uint32_t)delay_s);
        h = failed_history(failures, at_s - delay_s);
    } else {
        at_s = NOW_S - 3600 - below(m, 170 * 86400);
        h = failed_history(26, at_s);
    }
    *ret_score = (double)at_s + (double)below(m, 1000000) / 1e6;
    return h;
}

struct scored_job {
    double score;
    struct buf job;
};

static int compare_scores_down(const void *a, const void *b)
{
    const struct scored_job *x = a, *y = b;

    return (x->score < y->score) - (x->score > y->score);
}

/* A sorted set of jobs, written from the highest score down.  Its strings are longer than a listpack
 * may hold, so it is a skiplist. */
static void add_job_set(struct maker *m, enum job_set set, size_t count, struct tally *t)
{
    static const char *const names[] = {"schedule", "retry", "dead"};
    struct scored_job *jobs = calloc(count, sizeof(*jobs));
    struct cell *cells = calloc(count, sizeof(*cells));
    double *scores = calloc(count, sizeof(*scores));

    if (!jobs || !cells || !scores)
        abort();
    for (size_t i = 0; i < count; i++) {
        const size_t class_index = below(m, CLASS_COUNT);
        const struct job_history h = make_history(m, set, &jobs[i].score);

        add_job(m, &jobs[i].job, &classes[class_index], &h);
        tally_job(t, class_index);
    }
    qsort(jobs, count, sizeof(*jobs), compare_scores_down);
    for (size_t i = 0; i < count; i++) {
        cells[i] = cell_of(&jobs[i].job);
        scores[i] = jobs[i].score;
    }
    fixture_zset(m->f, (struct cell){text_of(names[set]), FORM_AUTO}, T_ZSET_2, cells, scores,
                 count);
    for (size_t i = 0; i < count; i++)
        buf_done(&jobs[i].job);
    free(jobs);
    free(cells);
    free(scores);
}

static void add_sidekiq_jobs(struct maker *m, struct buf *truth)
{
    static const struct {
        const char *name;
        size_t count;
        int64_t oldest_s;
    } queues[] = {{"critical", 9, NOW_S - 20}, {"default", 84, NOW_S - 600},
                  {"low", 130, NOW_S - 30000}, {"mailers", 37, NOW_S - 240}};
    struct tally by_queue[4] = {0}, schedule = {0}, retry = {0}, dead = {0};
    unsigned enqueued = 0;

    fixture_set(m->f, C("queues"), T_SET_LISTPACK,
                ALL(C("default"), C("critical"), C("mailers"), C("low"), C("legacy_imports")));
    for (size_t i = 0; i < 4; i++) {
        add_queue(m, queues[i].name, queues[i].count, queues[i].oldest_s, &by_queue[i]);
        enqueued += by_queue[i].total;
    }
    add_job_set(m, SET_SCHEDULE, 45, &schedule);
    add_job_set(m, SET_RETRY, 50, &retry);
    add_job_set(m, SET_DEAD, 62, &dead);

    buf_add_format(truth, "\"processed\":" PROCESSED ",\"failed\":" FAILED ",\"enqueued\":%u,\n"
                          "\"queues\":{\"legacy_imports\":0",
                   enqueued);
    for (size_t i = 0; i < 4; i++)
        buf_add_format(truth, ",\"%s\":%u", queues[i].name, by_queue[i].total);
    buf_add_format(truth,
                   "},\n\"scheduled\":%u,\"retry\":%u,\"dead\":%u,\n"
                   "\"queue_by_class\":{\"legacy_imports\":{}",
                   schedule.total, retry.total, dead.total);
    for (size_t i = 0; i < 4; i++) {
        buf_add_str(truth, ",\n");
        write_tally(truth, queues[i].name, &by_queue[i], false);
    }
    buf_add_str(truth, "},\n");
    write_tally(truth, "scheduled_by_class", &schedule, false);
    buf_add_str(truth, ",\n");
    write_tally(truth, "retry_by_class", &retry, false);
    buf_add_str(truth, ",\n");
    write_tally(truth, "dead_by_class", &dead, false);
    buf_add_str(truth, ",\n");
    write_tally(truth, "retry_by_error", &retry, true);
    buf_add_str(truth, ",\n");
    write_tally(truth, "dead_by_error", &dead, true);
}

/* ---- Sidekiq's own keys ------------------------------------------------------------------- */

/* A counter for each of `days` days up to and including last_s.  Sidekiq 5.0 set no expiry. */
static void add_daily_stats(struct maker *m, int64_t last_s, unsigned days, bool has_ttl)
{
    static const char *const kinds[] = {"processed", "failed"};
    struct buf key = {0}, value = {0};
    char date[16];

    for (unsigned i = 0; i < days; i++) {
        const int64_t day_s = last_s - (int64_t)i * DAY_S;

        format_utc(date, sizeof(date), true, day_s);
        for (size_t k = 0; k < 2; k++) {
            buf_add_format(&key, "stat:%s:%s", kinds[k], date);
            buf_add_format(&value, "%u", k ? below(m, 400) : 5000 + below(m, 60000));
            if (has_ttl) /* renewed at each flush of its day */
                fixture_expire_ms(m->f, (day_s - day_s % DAY_S + DAY_S - 5 + YEARS_5) * 1000);
            add_string(m, &key, &value);
        }
    }
    buf_done(&key);
    buf_done(&value);
}

static void add_process(struct maker *m, const struct buf *identity, unsigned pid)
{
    struct buf info = {0}, beat = {0}, rss = {0}, work = {0}, run = {0}, payload = {0};

    buf_add_format(&info,
                   "{\"hostname\":\"web-worker-%u\",\"started_at\":%" PRId64
                   ".25,\"pid\":%u,\"tag\":\"shop\",\"concurrency\":10,\"queues\":[\"critical\","
                   "\"default\",\"mailers\",\"low\"],\"weights\":[{\"critical\":4,\"default\":2,"
                   "\"mailers\":1,\"low\":1}],\"labels\":[],\"identity\":\"%.*s\","
                   "\"version\":\"7.3.10\",\"embedded\":false}",
                   pid, NOW_S - 90000, pid, (int)identity->size_bytes,
                   (const char *)identity->bytes);
    buf_add_format(&beat, "%" PRId64 ".5312", NOW_S - 4);
    buf_add_format(&rss, "%u", 410000 + below(m, 90000));
    fixture_expire_ms(m->f, (NOW_S - 4 + 60) * 1000);
    fixture_hash(m->f, cell_of(identity), T_HASH,
                 ALL(C("info"), cell_of(&info), C("concurrency"), C("10"), C("busy"), C("1"),
                     C("beat"), cell_of(&beat), C("rtt_us"), C("412"), C("quiet"), C("false"),
                     C("rss"), cell_of(&rss)),
                 NULL);
    add_job(m, &payload, &classes[3],
            &(struct job_history){.created_s = NOW_S - 40, .is_enqueued = true});
    buf_add_str(&run, "{\"queue\":\"low\",\"payload\":\"");
    for (size_t i = 0; i < payload.size_bytes; i++) { /* the job is a JSON string inside JSON */
        if (payload.bytes[i] == '"')
            buf_add_u8(&run, '\\');
        buf_add_u8(&run, payload.bytes[i]);
    }
    buf_add_format(&run, "\",\"run_at\":%" PRId64 "}", NOW_S - 30);
    buf_add_buf(&work, identity);
    buf_add_str(&work, ":work");
    fixture_expire_ms(m->f, (NOW_S - 4 + 60) * 1000);
    fixture_hash(m->f, cell_of(&work), T_HASH, ALL(C("2kf4"), cell_of(&run)), NULL);
    buf_done(&info);
    buf_done(&beat);
    buf_done(&rss);
    buf_done(&work);
    buf_done(&run);
    buf_done(&payload);
}

static void add_processes(struct maker *m)
{
    struct buf identity[3] = {{0}, {0}, {0}};

    for (unsigned i = 0; i < 3; i++) {
        buf_add_format(&identity[i], "web-worker-%u:%u:", i, i + 7);
        add_hex(m, &identity[i], 12);
    }
    /* The third was killed: its member stays, its hash is gone. */
    fixture_set(m->f, C("processes"), T_SET_LISTPACK,
                ALL(cell_of(&identity[0]), cell_of(&identity[1]), cell_of(&identity[2])));
    add_process(m, &identity[0], 7);
    add_process(m, &identity[1], 8);
    for (unsigned i = 0; i < 3; i++)
        buf_done(&identity[i]);
}

/* Minute counters of the execution metrics: eight hours each. */
static void add_metrics(struct maker *m)
{
    struct buf key = {0}, p = {0}, ms = {0};
    char minute[32];

    for (int64_t i = 1; i <= 60; i++) {
        struct tm tm;
        const time_t t = (time_t)(NOW_S - i * 60);

        gmtime_r(&t, &tm);
        strftime(minute, sizeof(minute), "%Y%m%d", &tm);
        buf_add_format(&key, "j|%s|%d:%d", minute, tm.tm_hour, tm.tm_min);
        buf_add_format(&p, "%u", 1 + below(m, 90));
        buf_add_format(&ms, "%u", 100 + below(m, 90000));
        fixture_expire_ms(m->f, (NOW_S - i * 60 + 8 * 3600) * 1000);
        fixture_hash(m->f, cell_of(&key), T_HASH_LISTPACK,
                     ALL(C("ImageResizeJob|p"), cell_of(&p), C("ImageResizeJob|ms"), cell_of(&ms)),
                     NULL);
        buf_clear(&key);
        buf_clear(&p);
        buf_clear(&ms);
    }
    buf_done(&key);
    buf_done(&p);
    buf_done(&ms);
}

/* ---- the application's keys --------------------------------------------------------------- */

static void add_sessions(struct maker *m)
{
    struct buf key = {0}, value = {0};
    int64_t expire_at_ms;

    for (unsigned i = 0; i < 140; i++) {
        buf_add_str(&key, "session:2::");
        add_hex(m, &key, 32);
        buf_add_format(&value, "{\"session_id\":\"\",\"_csrf_token\":\"");
        add_hex(m, &value, 16);
        buf_add_format(&value, "\",\"user_id\":%u,\"locale\":\"en\",\"return_to\":\"/courses\"}",
                       1000 + below(m, 9000));
        expire_at_ms = (NOW_S + below(m, 14 * 86400)) * 1000;
        expire_at_ms += below(m, 1000);
        fixture_expire_ms(m->f, expire_at_ms);
        add_string(m, &key, &value);
    }
    buf_done(&key);
    buf_done(&value);
}

static void add_caches(struct maker *m)
{
    struct buf key = {0}, value = {0};

    for (unsigned i = 0; i < 150; i++) {
        buf_add_str(&key, "Course#linked_course_uuids_and_self/");
        add_uuid(m, &key);
        buf_add_str(&value, "[\"");
        add_uuid(m, &value);
        for (uint32_t k = below(m, 3); k > 0; k--) {
            buf_add_str(&value, "\",\"");
            add_uuid(m, &value);
        }
        buf_add_str(&value, "\"]");
        add_string(m, &key, &value);
    }
    for (unsigned i = 0; i < 150; i++) {
        const unsigned id = 100 + i * 7;

        buf_add_format(&key, "views/courses/%u-%" PRId64 "/card", id,
                       NOW_S - 1000 - below(m, 90000000));
        for (uint32_t k = 1 + below(m, 12); k > 0; k--)
            buf_add_format(&value, "<li class=\"lesson\"><a href=\"/courses/%u/lessons/%u\">Lesson"
                                   "</a></li>\n", id, k);
        add_string(m, &key, &value);
    }
    for (unsigned i = 0; i < 120; i++) {
        buf_add_format(&key, "rate_limit:10.%u", below(m, 4));
        buf_add_format(&key, ".%u", below(m, 256)); /* one draw a call: arguments have no order */
        buf_add_format(&key, ".%u", below(m, 256));
        buf_add_format(&value, "%u", 1 + below(m, 100));
        fixture_expire_ms(m->f, (NOW_S + 1 + below(m, 60)) * 1000);
        add_string(m, &key, &value);
    }
    /* Expired and not yet reclaimed. */
    for (unsigned i = 0; i < 25; i++) {
        buf_add_format(&key, "otp:%u", 100000 + below(m, 899999));
        buf_add_format(&value, "%06u", below(m, 1000000));
        fixture_expire_ms(m->f, (NOW_S - 1 - below(m, 300)) * 1000);
        add_string(m, &key, &value);
    }
    buf_done(&key);
    buf_done(&value);
}

/* Nobody trims it. */
static void add_audit_list(struct maker *m)
{
    enum { COUNT = 2400 };
    struct buf *events = calloc(COUNT, sizeof(*events));
    struct cell *cells = calloc(COUNT, sizeof(*cells));
    static const char *const actions[] = {"login", "logout", "enrol", "grade.update"};

    if (!events || !cells)
        abort();
    for (size_t i = 0; i < COUNT; i++) {
        buf_add_format(&events[i],
                       "{\"at\":%" PRId64 ",\"user_id\":%zu,\"action\":\"%s\",\"ip\":\"10.0.0.1\"}",
                       NOW_S - (int64_t)i * 60, 1000 + i % 50, actions[i % 4]);
        cells[i] = cell_of(&events[i]);
    }
    m->f->blob_form = FORM_LZF;
    fixture_list(m->f, C("audit:events"), T_LIST_QUICKLIST_2, cells, COUNT, 110);
    m->f->blob_form = FORM_AUTO;
    for (size_t i = 0; i < COUNT; i++)
        buf_done(&events[i]);
    free(events);
    free(cells);
}

static void add_leaderboards(struct maker *m)
{
    enum { COUNT = 100 };
    struct buf members[COUNT];
    struct cell cells[COUNT];
    double scores[COUNT];
    struct buf key = {0};

    memset(members, 0, sizeof(members));
    for (unsigned week = 40; week <= 46; week++) {
        for (size_t i = 0; i < COUNT; i++) {
            buf_clear(&members[i]);
            buf_add_format(&members[i], "user:%zu", 1000 + i * 13 + week);
            cells[i] = cell_of(&members[i]);
            scores[i] = (double)(i * 25 + below(m, 25));
        }
        buf_add_format(&key, "leaderboard:2025-W%u", week);
        fixture_zset(m->f, cell_of(&key), T_ZSET_LISTPACK, cells, scores, COUNT);
        buf_clear(&key);
    }
    for (size_t i = 0; i < COUNT; i++)
        buf_done(&members[i]);
    buf_done(&key);
}

static void add_hashes(struct maker *m)
{
    enum { COUNT = 300 };
    static struct cell cells[2 * COUNT];
    static struct buf texts[2 * COUNT];
    struct buf key = {0}, name = {0}, mail = {0};

    for (unsigned i = 0; i < 120; i++) {
        const unsigned id = 1000 + i * 17;

        buf_add_format(&key, "user:%u:profile", id);
        buf_add_format(&name, "Learner %u", id);
        buf_add_format(&mail, "learner%u@example.com", id);
        fixture_hash(m->f, cell_of(&key), T_HASH_LISTPACK,
                     ALL(C("name"), cell_of(&name), C("email"), cell_of(&mail), C("locale"),
                         C("en")),
                     NULL);
        buf_clear(&key);
        buf_clear(&name);
        buf_clear(&mail);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        buf_add_format(&texts[2 * i], "lesson:%u", i);
        buf_add_format(&texts[2 * i + 1], "%u", below(m, 100000));
        cells[2 * i] = cell_of(&texts[2 * i]);
        cells[2 * i + 1] = cell_of(&texts[2 * i + 1]);
    }
    fixture_hash(m->f, C("lesson_views"), T_HASH, cells, (size_t)2 * COUNT, NULL);
    for (unsigned i = 0; i < 2 * COUNT; i++)
        buf_done(&texts[i]);
    buf_done(&key);
    buf_done(&name);
    buf_done(&mail);
}

static void add_enrolments_stream(struct maker *m)
{
    enum { COUNT = 100 };
    static const struct text fields[] = {{"course_id", 9}, {"user_id", 7}};
    static char texts[COUNT][2][8];
    static struct text values[COUNT][2];
    static struct fixture_entry entries[COUNT];
    const uint64_t first_ms = (uint64_t)(NOW_S - 5000) * 1000;
    struct fixture_node node = {{first_ms, 0}, fields, 2, entries, COUNT};
    const struct stream_id last = {first_ms + 99 * 40000, 0};
    const struct fixture_pending pending[] = {{last, NOW_S * 1000 - 500, 1}};
    const struct fixture_consumer consumer = {"indexer-0", NOW_S * 1000 - 500, NOW_S * 1000 - 500,
                                              &last, 1};
    const struct fixture_group group = {"search-index", last, COUNT, pending, 1, &consumer, 1,
                                        NULL, 0};
    const struct fixture_stream stream = {.nodes = &node,
                                          .node_count = 1,
                                          .length = COUNT,
                                          .last_id = last,
                                          .first_id = {first_ms, 0},
                                          .entries_added = COUNT,
                                          .groups = &group,
                                          .group_count = 1};

    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < 2; k++) {
            snprintf(texts[i][k], sizeof(texts[i][k]), "%u", 100 + below(m, 900));
            values[i][k] = text_of(texts[i][k]);
        }
        entries[i] = (struct fixture_entry){{first_ms + i * 40000, 0}, false, true, values[i], 2};
    }
    fixture_stream(m->f, C("enrolments"), T_STREAM_LISTPACKS_3, &stream);
}

static void add_rails_cache(struct maker *m)
{
    struct buf key = {0}, value = {0};

    for (unsigned i = 0; i < 150; i++) {
        buf_add_format(&key, "cache:dashboard/widgets/%u", 500 + i);
        buf_add_format(&value, "{\"rows\":[%u", below(m, 1000));
        buf_add_format(&value, ",%u", below(m, 1000));
        buf_add_format(&value, ",%u],\"stale\":false}", below(m, 1000));
        fixture_expire_ms(m->f, (NOW_S + 60 + below(m, 3600)) * 1000);
        add_string(m, &key, &value);
    }
    buf_done(&key);
    buf_done(&value);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void add_db_0(struct fixture *f, struct buf *truth)
{
    struct maker m = {f, 20251114};

    add_sidekiq_jobs(&m, truth);
    fixture_string(f, C("stat:processed"), C(PROCESSED));
    fixture_string(f, C("stat:failed"), C(FAILED));
    add_daily_stats(&m, INT64_C(1535760000), 330, false); /* up to 2018-09-01: Sidekiq 5.0 */
    add_daily_stats(&m, NOW_S, 250, true);
    add_processes(&m);
    add_metrics(&m);
    add_sessions(&m);
    add_caches(&m);
    add_audit_list(&m);
    add_leaderboards(&m);
    add_hashes(&m);
    add_enrolments_stream(&m);
    fixture_string(f, C("feature_flags:json"), C("{\"new_checkout\":true,\"dark_mode\":false}"));
}

static void add_db_1(struct fixture *f)
{
    struct maker m = {f, 4711};

    add_rails_cache(&m);
}

void build_sidekiq_v11(struct fixture *f)
{
    struct fixture scratch;
    struct buf unused = {0};
    uint64_t key_count[2], expires_count[2];

    /* RESIZEDB stands before the keys: make them once to count them. */
    fixture_begin(&scratch, 11, "redis");
    add_db_0(&scratch, &unused);
    key_count[0] = scratch.key_count;
    expires_count[0] = scratch.expires_count;
    add_db_1(&scratch);
    key_count[1] = scratch.key_count - key_count[0];
    expires_count[1] = scratch.expires_count - expires_count[0];
    fixture_done(&scratch);
    buf_done(&unused);

    fixture_begin(f, 11, "redis");
    fixture_aux(f, LIT("redis-ver"), LIT("7.2.6"));
    fixture_aux(f, LIT("redis-bits"), LIT("64"));
    fixture_aux(f, LIT("ctime"), LIT("1763089200"));
    fixture_aux(f, LIT("used-mem"), LIT("3145728"));
    fixture_aux(f, LIT("aof-base"), LIT("0"));
    fixture_db(f, 0);
    fixture_resizedb(f, key_count[0], expires_count[0]);
    buf_add_format(&f->truth, "{\"keys\":%" PRIu64 ",\"expires\":%" PRIu64 ",\n",
                   key_count[0] + key_count[1], expires_count[0] + expires_count[1]);
    add_db_0(f, &f->truth);
    buf_add_str(&f->truth, "}\n");
    fixture_db(f, 1);
    fixture_resizedb(f, key_count[1], expires_count[1]);
    add_db_1(f);
    fixture_end(f, CHECKSUM_AUTO);
}
