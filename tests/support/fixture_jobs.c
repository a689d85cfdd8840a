/* fixture_jobs.c -- the demonstration of job queues other than Sidekiq: one server, three systems.
 *
 *     db 0   BullMQ 5: a queue with its defaults (every job kept), one paused, a worker that was
 *            killed, jobs that nothing names
 *     db 1   Celery: a queue, messages not acknowledged for hours, results with and without an end
 *     db 2   Laravel: queues, a tagged cache, Horizon whose master has stopped
 *
 * From a fixed seed and a fixed time; jobs are counted while they are written, and that count is
 * jobs_v11.json.  Keys, fields and their order follow docs/job-queues-in-redis.md, sections 9 to 11
 * (read there in the libraries' sources); encodings the defaults of Redis 7.2.
 */
// SPDX-License-Identifier: MIT
#include "fixture_maker.h"

#include <inttypes.h>

#define NOW_S INT64_C(1763089200) /* 2025-11-14 03:00:00 UTC */
#define DAY_S INT64_C(86400)

enum { MAX_IDS = 120 }; /* what a sorted set's listpack may hold */

/* ---- counting ----------------------------------------------------------------------------- */

/* A line of the truth: db, system, queue, state, class, error, jobs. */
static void tell(struct buf *truth, unsigned db, const char *system, const char *queue,
                 const char *state, const char *class_, const char *error, unsigned jobs)
{
    if (jobs > 0)
        buf_add_format(truth, "%s[%u,\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",%u]",
                       truth->bytes[truth->size_bytes - 1] == '[' ? "\n" : ",\n", db, system, queue,
                       state, class_, error, jobs);
}

/* ---- BullMQ ------------------------------------------------------------------------------- */

struct bull_name {
    const char *name, *data, *error; /* error: how it fails, when it does */
    const char *error_class;
};

static const struct bull_name bull_names[] = {
    {"welcome-mail", "\"template\":\"welcome\",\"user\"", "SmtpError: 450 try again later",
     "SmtpError"},
    {"invoice-pdf", "\"format\":\"A4\",\"order\"", "RenderError: font not found", "RenderError"},
    {"sync-course", "\"full\":false,\"course\"", "TimeoutError: no answer in 30 s", "TimeoutError"},
};
enum { BULL_NAMES = 3 };

enum bull_state {
    BULL_WAIT = 0,
    BULL_ACTIVE,
    BULL_DELAYED,
    BULL_COMPLETED,
    BULL_FAILED,
    BULL_ORPHAN,
    BULL_STATES
};
static const char *const bull_states[] = {"wait",      "active", "delayed",
                                          "completed", "failed", "orphan"};

struct bull_queue {
    struct maker *m;
    const char *name;
    unsigned last_id;
    unsigned counts[BULL_STATES][BULL_NAMES];
};

/* Fields of a hash as they are written. */
struct fields {
    struct buf texts[12];
    struct cell cells[24];
    size_t count;
};

static struct buf *add_field(struct fields *f, const char *name)
{
    f->cells[2 * f->count] = (struct cell){text_of(name), FORM_AUTO};
    return &f->texts[f->count++];
}

static void write_fields(struct fixture *f, const struct buf *key, enum rdb_type_byte type,
                         struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        fields->cells[2 * i + 1] = cell_of(&fields->texts[i]);
    fixture_hash(f, cell_of(key), type, fields->cells, 2 * fields->count, NULL);
    for (size_t i = 0; i < fields->count; i++)
        buf_done(&fields->texts[i]);
}

/* A job's hash; its id is the return value.  at_ms: when it ended, is due, or was made. */
static unsigned add_bull_job(struct bull_queue *q, enum bull_state state, int64_t at_ms)
{
    const unsigned kind = below(q->m, BULL_NAMES), id = ++q->last_id;
    const struct bull_name *n = &bull_names[kind];
    const int64_t delay_ms = state == BULL_DELAYED ? 3600000 : 0;
    struct fields f = {0};
    struct buf key = {0};

    buf_add_format(&key, "bull:%s:%u", q->name, id);
    buf_add_str(add_field(&f, "name"), n->name);
    buf_add_format(add_field(&f, "data"), "{%s:%u}", n->data, 1000 + below(q->m, 9000));
    buf_add_str(add_field(&f, "opts"), "{\"attempts\":3}");
    buf_add_format(add_field(&f, "timestamp"), "%" PRId64, at_ms - delay_ms);
    buf_add_format(add_field(&f, "delay"), "%" PRId64, delay_ms);
    buf_add_str(add_field(&f, "priority"), "0");
    if (state == BULL_COMPLETED)
        buf_add_str(add_field(&f, "returnvalue"), "{\"ok\":true}");
    if (state == BULL_FAILED) {
        buf_add_str(add_field(&f, "failedReason"), n->error);
        buf_add_format(add_field(&f, "stacktrace"), "[\"%s\\n    at run (/app/jobs/%s.js:41:13)\"]",
                       n->error, n->name);
    }
    if (state == BULL_COMPLETED || state == BULL_FAILED)
        buf_add_format(add_field(&f, "finishedOn"), "%" PRId64, at_ms);
    write_fields(q->m->f, &key, state == BULL_FAILED ? T_HASH : T_HASH_LISTPACK, &f);
    q->counts[state][kind]++;
    buf_done(&key);
    return id;
}

/* `count` jobs and the list or sorted set that names them. */
static void add_bull_state(struct bull_queue *q, enum bull_state state, size_t count,
                           int64_t first_s, int64_t step_s)
{
    struct buf key = {0}, ids[MAX_IDS] = {{0}};
    struct cell cells[MAX_IDS];
    double scores[MAX_IDS];

    for (size_t i = 0; i < count; i++) {
        const int64_t at_ms = (first_s + step_s * (int64_t)i) * 1000;

        buf_add_format(&ids[i], "%u", add_bull_job(q, state, at_ms));
        cells[i] = cell_of(&ids[i]);
        scores[i] = (double)at_ms * (state == BULL_DELAYED ? 4096 : 1);
    }
    buf_add_format(&key, "bull:%s:%s", q->name, bull_states[state]);
    if (state == BULL_WAIT || state == BULL_ACTIVE)
        fixture_list(q->m->f, cell_of(&key), T_LIST_QUICKLIST_2, cells, count, MAX_IDS);
    else
        fixture_zset(q->m->f, cell_of(&key), T_ZSET_LISTPACK, cells, scores, count);
    for (size_t i = 0; i < count; i++)
        buf_done(&ids[i]);
    buf_done(&key);
}

static void end_bull_queue(struct bull_queue *q, bool is_paused, struct buf *truth)
{
    struct fields meta = {0};
    struct buf key = {0}, last = {0};

    buf_add_format(&key, "bull:%s:meta", q->name);
    buf_add_str(add_field(&meta, "opts.maxLenEvents"), "10000");
    buf_add_str(add_field(&meta, "version"), "bullmq:5.81.5");
    if (is_paused)
        buf_add_str(add_field(&meta, "paused"), "1");
    write_fields(q->m->f, &key, T_HASH_LISTPACK, &meta);
    buf_clear(&key);
    buf_add_format(&key, "bull:%s:id", q->name);
    buf_add_format(&last, "%u", q->last_id);
    fixture_string(q->m->f, cell_of(&key), cell_of(&last));
    for (size_t s = 0; s < BULL_STATES; s++)
        for (size_t k = 0; k < BULL_NAMES; k++)
            tell(truth, 0, "bullmq", q->name, bull_states[s],
                 s == BULL_ORPHAN ? "" : bull_names[k].name,
                 s == BULL_FAILED ? bull_names[k].error_class : "", q->counts[s][k]);
    buf_done(&key);
    buf_done(&last);
}

static void add_bullmq(struct fixture *f, struct buf *truth)
{
    struct maker m = {f, 5815};
    struct bull_queue mail = {.m = &m, .name = "mail"}, import = {.m = &m, .name = "import"};

    add_bull_state(&mail, BULL_COMPLETED, 120, NOW_S - 21 * DAY_S, 15000);
    add_bull_state(&mail, BULL_FAILED, 34, NOW_S - 19 * DAY_S, 40000);
    add_bull_state(&mail, BULL_DELAYED, 12, NOW_S - 500, 300);
    add_bull_state(&mail, BULL_WAIT, 41, NOW_S - 900, 20);
    add_bull_state(&mail, BULL_ACTIVE, 3, NOW_S - 700, 1);
    /* One of the three is at work; the worker of the others was killed. */
    fixture_expire_ms(f, (NOW_S + 21) * 1000);
    fixture_string(f, C("bull:mail:210:lock"), C("5a1d4f0c-9d4e-4a57-b5a3-1f7a0c0d9b11:12"));
    end_bull_queue(&mail, false, truth);
    add_bull_state(&import, BULL_WAIT, 18, NOW_S - 7200, 60);
    for (size_t i = 0; i < 6; i++)
        add_bull_job(&import, BULL_ORPHAN, (NOW_S - 40 * DAY_S) * 1000);
    end_bull_queue(&import, true, truth);
}

/* ---- Celery ------------------------------------------------------------------------------- */

static const char *const tasks[] = {"shop.tasks.send_receipt", "shop.tasks.resize_image",
                                    "reports.tasks.nightly"};
enum { TASKS = 3 };

static unsigned add_message(struct maker *m, struct buf *b)
{
    const unsigned kind = below(m, TASKS);

    buf_add_format(b,
                   "{\"body\": \"W1sxN10sIHt9LCB7fV0=\", \"content-encoding\": \"utf-8\", "
                   "\"content-type\": \"application/json\", \"headers\": {\"lang\": \"py\", "
                   "\"task\": \"%s\", \"id\": \"",
                   tasks[kind]);
    add_uuid(m, b);
    buf_add_str(b, "\", \"retries\": 0, \"eta\": null}, \"properties\": {\"delivery_mode\": 2, "
                   "\"priority\": 0, \"body_encoding\": \"base64\"}}");
    return kind;
}

static void add_task_queue(struct maker *m, struct buf *truth)
{
    enum { COUNT = 55 };
    struct buf messages[COUNT] = {{0}};
    struct cell cells[COUNT];
    unsigned counts[TASKS] = {0};

    for (size_t i = 0; i < COUNT; i++) {
        counts[add_message(m, &messages[i])]++;
        cells[i] = cell_of(&messages[i]);
    }
    fixture_set(m->f, C("_kombu.binding.celery"), T_SET_LISTPACK,
                ALL(C("celery\x06\x16\x06\x16" "celery")));
    fixture_list(m->f, C("celery"), T_LIST_QUICKLIST_2, cells, COUNT, 20);
    for (size_t i = 0; i < COUNT; i++)
        buf_done(&messages[i]);
    for (size_t k = 0; k < TASKS; k++)
        tell(truth, 1, "celery", "celery", "queue", tasks[k], "", counts[k]);
}

/* Delivered to a worker three hours ago, and never acknowledged. */
static void add_unacked(struct maker *m, struct buf *truth)
{
    enum { COUNT = 7 };
    struct buf tags[COUNT] = {{0}}, values[COUNT] = {{0}};
    struct cell pairs[2 * COUNT], members[COUNT];
    double scores[COUNT];
    unsigned counts[TASKS] = {0};

    for (size_t i = 0; i < COUNT; i++) {
        add_uuid(m, &tags[i]);
        buf_add_str(&values[i], "[");
        counts[add_message(m, &values[i])]++;
        buf_add_str(&values[i], ", \"\", \"celery\"]");
        pairs[2 * i] = members[i] = cell_of(&tags[i]);
        pairs[2 * i + 1] = cell_of(&values[i]);
        scores[i] = (double)(NOW_S - 3 * 3600 + (int64_t)i);
    }
    fixture_hash(m->f, C("unacked"), T_HASH, pairs, (size_t)2 * COUNT, NULL);
    fixture_zset(m->f, C("unacked_index"), T_ZSET_LISTPACK, members, scores, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        buf_done(&tags[i]);
        buf_done(&values[i]);
    }
    for (size_t k = 0; k < TASKS; k++)
        tell(truth, 1, "celery", "", "unacked", tasks[k], "", counts[k]);
}

/* has_end: of an application with the default of a day; else one with result_expires=None. */
static void add_results(struct maker *m, unsigned count, bool is_failure, bool has_end)
{
    struct buf key = {0}, value = {0}, id = {0};

    for (unsigned i = 0; i < count; i++) {
        add_uuid(m, &id);
        buf_add_str(&key, "celery-task-meta-");
        buf_add_buf(&key, &id);
        buf_add_format(&value, "{\"status\": \"%s\", \"result\": %s, \"traceback\": null, "
                               "\"children\": [], \"date_done\": \"2025-11-13T22:10:00.000000\", "
                               "\"task_id\": \"",
                       is_failure ? "FAILURE" : "SUCCESS",
                       is_failure ? "{\"exc_type\": \"SMTPServerDisconnected\", \"exc_message\": "
                                    "[\"\"], \"exc_module\": \"smtplib\"}"
                                  : "null");
        buf_add_buf(&value, &id);
        buf_add_str(&value, "\"}");
        if (has_end)
            fixture_expire_ms(m->f, (NOW_S + 1 + below(m, 86400)) * 1000);
        fixture_string(m->f, cell_of(&key), cell_of(&value));
        buf_clear(&key);
        buf_clear(&value);
        buf_clear(&id);
    }
    buf_done(&key);
    buf_done(&value);
    buf_done(&id);
}

static void add_celery(struct fixture *f, struct buf *truth)
{
    struct maker m = {f, 526};

    add_task_queue(&m, truth);
    add_unacked(&m, truth);
    add_results(&m, 64, false, true);
    add_results(&m, 80, false, false);
    add_results(&m, 9, true, true);
    /* The results of good ones are not opened: their tasks are not in them. */
    tell(truth, 1, "celery", "", "success", "(unknown)", "", 64 + 80);
    tell(truth, 1, "celery", "", "failure", "(unknown)", "SMTPServerDisconnected", 9);
}

/* ---- Laravel ------------------------------------------------------------------------------ */

static const char *const laravel_jobs[] = {"SendInvoice", "SyncStock", "PruneCarts"};
enum { LARAVEL_JOBS = 3 };

static unsigned add_laravel_job(struct maker *m, struct buf *b)
{
    const unsigned kind = below(m, LARAVEL_JOBS);

    buf_add_str(b, "{\"uuid\":\"");
    add_uuid(m, b);
    buf_add_format(b, "\",\"displayName\":\"App\\\\Jobs\\\\%s\",\"job\":"
                      "\"Illuminate\\\\Queue\\\\CallQueuedHandler@call\",\"maxTries\":null,"
                      "\"timeout\":null,\"data\":{\"commandName\":\"App\\\\Jobs\\\\%s\"},"
                      "\"type\":\"job\",\"tags\":[],\"pushedAt\":\"%" PRId64 ".25\"}",
                   laravel_jobs[kind], laravel_jobs[kind], NOW_S - 30 - (int64_t)below(m, 600));
    return kind;
}

static void add_laravel_queue(struct maker *m, const char *key, const char *state, size_t count,
                              struct buf *truth)
{
    enum { MOST = 30 };
    struct buf jobs[MOST] = {{0}};
    struct cell cells[MOST];
    double scores[MOST];
    unsigned counts[LARAVEL_JOBS] = {0};
    const struct cell name = {text_of(key), FORM_AUTO};

    for (size_t i = 0; i < count; i++) {
        counts[add_laravel_job(m, &jobs[i])]++;
        cells[i] = cell_of(&jobs[i]);
        scores[i] = (double)(NOW_S + 60 + 90 * (int64_t)(count - i)); /* the highest is first */
    }
    if (state[0] == 'q')
        fixture_list(m->f, name, T_LIST_QUICKLIST_2, cells, count, 20);
    else
        fixture_zset(m->f, name, T_ZSET_2, cells, scores, count);
    for (size_t i = 0; i < count; i++)
        buf_done(&jobs[i]);
    for (size_t k = 0; k < LARAVEL_JOBS; k++) {
        struct buf class_ = {0};

        /* as databases have it: a backslash is escaped, and once more in JSON */
        buf_add_format(&class_, "App\\\\\\\\Jobs\\\\\\\\%s", laravel_jobs[k]);
        buf_add_u8(&class_, 0);
        tell(truth, 2, "laravel", "default", state, (const char *)class_.bytes, "", counts[k]);
        buf_done(&class_);
    }
}

/* Ids by minus the time; Horizon's master trims them to an hour or a week, when it runs. */
static void add_horizon_jobs(struct maker *m, const char *state, size_t count, int64_t first_s,
                             int64_t step_s, struct buf *truth)
{
    struct buf key = {0}, ids[MAX_IDS] = {{0}};
    struct cell cells[MAX_IDS];
    double scores[MAX_IDS];

    for (size_t i = 0; i < count; i++) {
        add_uuid(m, &ids[i]);
        cells[i] = cell_of(&ids[i]);
        scores[i] = -(double)(first_s - step_s * (int64_t)i);
    }
    buf_add_format(&key, "shop_horizon:%s", state);
    fixture_zset(m->f, cell_of(&key), T_ZSET_LISTPACK, cells, scores, count);
    for (size_t i = 0; i < count; i++)
        buf_done(&ids[i]);
    buf_done(&key);
    tell(truth, 2, "laravel", "", state, "", "", (unsigned)count);
}

/* Entries of a tag, most of which are past their time: nobody prunes them. */
static void add_tag(struct maker *m, struct buf *truth)
{
    enum { COUNT = 90 };
    struct buf members[COUNT] = {{0}};
    struct cell cells[COUNT];
    double scores[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        add_hex(m, &members[i], 40);
        buf_add_format(&members[i], ":product.%zu", 100 + i);
        cells[i] = cell_of(&members[i]);
        scores[i] = (double)(NOW_S - 80 * 600 + 600 * (int64_t)i);
    }
    fixture_zset(m->f, C("shop_database_shop_cache_:tag:products:entries"), T_ZSET_LISTPACK, cells,
                 scores, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        buf_done(&members[i]);
    tell(truth, 2, "laravel", "products", "tag entries", "", "", COUNT);
}

static void add_cache_entries(struct maker *m)
{
    struct buf key = {0}, value = {0};

    for (unsigned i = 0; i < 40; i++) {
        buf_add_format(&key, "shop_database_shop_cache_:product.%u", 180 + i);
        buf_add_format(&value, "a:2:{s:2:\"id\";i:%u;s:5:\"price\";i:%u;}", 180 + i,
                       100 + below(m, 9000));
        fixture_expire_ms(m->f, (NOW_S + 1 + below(m, 6000)) * 1000);
        fixture_string(m->f, cell_of(&key), cell_of(&value));
        buf_clear(&key);
        buf_clear(&value);
    }
    buf_done(&key);
    buf_done(&value);
}

static void add_laravel(struct fixture *f, struct buf *truth)
{
    const double stopped = (double)(NOW_S - 3 * DAY_S);
    struct maker m = {f, 1192};

    add_laravel_queue(&m, "shop_database_queues:default", "queue", 26, truth);
    add_laravel_queue(&m, "shop_database_queues:default:delayed", "delayed", 11, truth);
    add_horizon_jobs(&m, "recent_jobs", 100, NOW_S - 3 * DAY_S, 30, truth);
    add_horizon_jobs(&m, "completed_jobs", 96, NOW_S - 3 * DAY_S, 30, truth);
    add_horizon_jobs(&m, "failed_jobs", 8, NOW_S - 3 * DAY_S, 900, truth);
    /* The master was killed: its hash ran out, its name stays. */
    fixture_zset(f, C("shop_horizon:masters"), T_ZSET_LISTPACK, CELLS(C("web-1-x7Qd")),
                 &stopped, 1);
    fixture_set(f, C("shop_horizon:measured_jobs"), T_SET_LISTPACK,
                ALL(C("job:App\\Jobs\\SendInvoice"), C("job:App\\Jobs\\SyncStock")));
    add_tag(&m, truth);
    add_cache_entries(&m);
}

/* ---- the whole ---------------------------------------------------------------------------- */

void build_jobs_v11(struct fixture *f)
{
    static void (*const add[])(struct fixture *, struct buf *) = {add_bullmq, add_celery,
                                                                  add_laravel};
    enum { COUNT = sizeof(add) / sizeof(add[0]) };
    uint64_t keys[COUNT + 1] = {0}, expires[COUNT + 1] = {0};
    struct fixture scratch;
    struct buf unused = {0};

    /* RESIZEDB stands before the keys: make them once to count them. */
    buf_add_str(&unused, "[");
    fixture_begin(&scratch, 11, "redis");
    for (size_t i = 0; i < COUNT; i++) {
        add[i](&scratch, &unused);
        keys[i + 1] = scratch.key_count;
        expires[i + 1] = scratch.expires_count;
    }
    fixture_done(&scratch);
    buf_done(&unused);

    fixture_begin(f, 11, "redis");
    fixture_aux(f, LIT("redis-ver"), LIT("7.2.6"));
    fixture_aux(f, LIT("redis-bits"), LIT("64"));
    fixture_aux(f, LIT("ctime"), LIT("1763089200"));
    fixture_aux(f, LIT("used-mem"), LIT("1310720"));
    fixture_aux(f, LIT("aof-base"), LIT("0"));
    buf_add_format(&f->truth, "{\"keys\":%" PRIu64 ",\"expires\":%" PRIu64 ",\"jobs\":[",
                   keys[COUNT], expires[COUNT]);
    for (size_t i = 0; i < COUNT; i++) {
        fixture_db(f, i);
        fixture_resizedb(f, keys[i + 1] - keys[i], expires[i + 1] - expires[i]);
        add[i](f, &f->truth);
    }
    buf_add_str(&f->truth, "\n]}\n");
    fixture_end(f, CHECKSUM_AUTO);
}
