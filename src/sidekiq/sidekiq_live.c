/* sidekiq_live.c -- what runs and ran: heartbeats, work hashes, execution metrics.
 *
 *     web-1:4711:8c0ffee8c0ff         info {"hostname":..,"queues":[..]}  busy 3  beat 17.. rss
 * 90000 web-1:4711:8c0ffee8c0ff:work    thread -> {"queue":..,"payload":"{job}","run_at":17..}
 *     j|20231114|22:13                MyJob|p 12  MyJob|f 1  MyJob|ms 5300
 *
 * `info` is kept as it was written, up to a limit, and taken apart by SQL.  A work entry's payload
 * is a JSON text in a JSON string (an object up to 6.0.1), so it is decoded twice; of one longer
 * than JOB_TOKEN_BYTES its beginning is enough, because the class stands before the arguments.
 * Metrics count only from keys of one minute in the eight hours before now: the ten-minute keys of
 * 8 say the same once more.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "sidekiq/job_time.h"
#include "sidekiq/sidekiq_tables.h"
#include "util/hash.h"
#include "util/text.h"

#define MAX_FIELDS       64   /* of a heartbeat, which has 6 or 7 */
#define MAX_WORK_FIELDS  1000 /* threads of one process */
#define MAX_CLASS_FIELDS 30000
#define METRICS_MS       (INT64_C(8) * 3600 * 1000)

/* The field's name goes aside, its value comes next.  True when the name is whole. */
static bool join_field(struct sidekiq_collector *c, const rdbp_item *item, uint64_t max_fields)
{
    if (!join_text(c, item))
        return false;
    memcpy(c->field_text, c->text, c->text_bytes);
    c->field_bytes = c->text_bytes;
    c->is_field_cut = c->is_text_cut;
    c->is_dropped = ++c->element_count > max_fields;
    return true;
}

static bool is_field(const struct sidekiq_collector *c, const char *word)
{
    return !c->is_field_cut && c->field_bytes == strlen(word) &&
           memcmp(c->field_text, word, c->field_bytes) == 0;
}

/* ---- heartbeats --------------------------------------------------------------------------- */

static void end_info(struct sidekiq_collector *c)
{
    const struct job_text *v = &job_parser_end(c->parser)->version;

    c->found.info = NULL;
    if (!c->is_info_cut && text_is_utf8(c->info, c->info_bytes) &&
        memchr(c->info, '\0', c->info_bytes) == NULL)
        c->found.info = (const char *)c->info;
    if (!v->is_set || v->size_bytes >= sizeof(c->found.version))
        return;
    for (size_t i = 0; i < v->size_bytes; i++)
        if ((uint8_t)v->bytes[i] <= ' ' || (uint8_t)v->bytes[i] >= 0x7f)
            return;
    memcpy(c->found.version, v->bytes, v->size_bytes);
    c->found.version[v->size_bytes] = '\0';
}

static void info_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (!c->in_element) {
        job_parser_begin(c->parser, item->size_bytes);
        c->info_bytes = 0;
        c->is_info_cut = item->size_bytes > sizeof(c->info);
    }
    job_parser_feed(c->parser, item->bytes.bytes, item->bytes.size_bytes);
    if (!c->is_info_cut && item->bytes.size_bytes <= sizeof(c->info) - c->info_bytes) {
        memcpy(c->info + c->info_bytes, item->bytes.bytes, item->bytes.size_bytes);
        c->info_bytes += item->bytes.size_bytes;
    }
    c->in_element = item->is_partial;
    if (!item->is_partial) {
        c->is_info = false;
        end_info(c);
    }
}

static int64_t count_of_text(const uint8_t *text, size_t text_bytes)
{
    int64_t count = 0;

    if (text_bytes == 0 || text_bytes > 15)
        return ROW_NULL;
    for (size_t i = 0; i < text_bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ROW_NULL;
        count = count * 10 + (text[i] - '0');
    }
    return count;
}

void process_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    bool is_ms;

    if (item->role == RDBP_ROLE_FIELD) {
        if (join_field(c, item, MAX_FIELDS))
            c->is_info = is_field(c, "info");
        return;
    }
    if (item->role != RDBP_ROLE_VALUE)
        return;
    if (c->is_info) {
        info_item(c, item);
        return;
    }
    if (!join_text(c, item) || c->is_text_cut)
        return;
    if (is_field(c, "busy"))
        c->found.busy = count_of_text(c->text, c->text_bytes);
    else if (is_field(c, "concurrency")) /* 8.1: no more in info */
        c->found.concurrency = count_of_text(c->text, c->text_bytes);
    else if (is_field(c, "rss"))
        c->found.rss_kb = count_of_text(c->text, c->text_bytes);
    else if (is_field(c, "quiet"))
        c->found.quiet = c->text_bytes == 4 && memcmp(c->text, "true", 4) == 0;
    else if (is_field(c, "beat"))
        c->found.beat_at = job_time_of_number((const char *)c->text, c->text_bytes, &is_ms);
}

void end_process(struct sidekiq_collector *c, const struct key_row *row)
{
    struct process *p = process_get(c, c->key_bytes);
    const char *info = NULL;

    if (!p)
        return;
    if (c->found.info) {
        info = arena_copy(&c->info_arena, c->info, c->info_bytes);
        if (!info && !arena_is_full(&c->info_arena, c->info_bytes + 1))
            c->is_out_of_memory = true;
    }
    p->has_heartbeat = true;
    p->expires_at = row->expires_at_ms;
    memcpy(p->version, c->found.version, sizeof(p->version));
    p->info = info;
    p->busy = c->found.busy;
    p->concurrency = c->found.concurrency;
    p->rss_kb = c->found.rss_kb;
    p->quiet = c->found.quiet;
    p->beat_at = c->found.beat_at;
}

/* ---- work hashes -------------------------------------------------------------------------- */

static void end_thread(struct sidekiq_collector *c)
{
    const struct job_facts *job = job_parser_end(c->parser);
    struct thread t = {.process = NO_ITEM, .run_at = job->run_at};
    char class_[JOB_CLASS_BYTES];
    struct job_text queue;

    if (!job->is_object || c->is_field_cut)
        return;
    if (c->threads.count >= MAX_THREADS) {
        c->ignored_keys++;
        return;
    }
    queue = job->queue;
    if (job->payload) {
        const size_t n = job->payload_bytes;

        memcpy(c->payload, job->payload, n);
        job_parser_begin(c->parser, n);
        job_parser_feed(c->parser, (const uint8_t *)c->payload, n);
        job = n < JOB_TOKEN_BYTES ? job_parser_end(c->parser) : job_parser_end_cut(c->parser);
    }
    note_jid(c, SIDEKIQ_QUEUE, &job->jid);
    t.class_bytes = job->is_object ? job_display_class(job, class_) : 0;
    if (t.class_bytes > MAX_NAME_BYTES)
        t.class_bytes = MAX_NAME_BYTES;
    t.queue_bytes = !queue.is_set                       ? 0
                    : queue.size_bytes < MAX_NAME_BYTES ? queue.size_bytes
                                                        : MAX_NAME_BYTES;
    t.name_bytes = c->field_bytes < MAX_NAME_BYTES ? c->field_bytes : MAX_NAME_BYTES;
    t.name = keep_bytes(c, c->field_text, t.name_bytes);
    t.queue = keep_bytes(c, queue.bytes, t.queue_bytes);
    t.class_ = keep_bytes(c, class_, t.class_bytes);
    if (t.name && t.queue && t.class_ && TABLE_RESERVE(c, c->threads))
        c->threads.items[c->threads.count++] = t;
}

void work_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (item->role == RDBP_ROLE_FIELD) {
        join_field(c, item, MAX_WORK_FIELDS);
        return;
    }
    if (item->role != RDBP_ROLE_VALUE)
        return;
    if (!c->in_element)
        job_parser_begin_work(c->parser, item->size_bytes);
    job_parser_feed(c->parser, item->bytes.bytes, item->bytes.size_bytes);
    c->in_element = item->is_partial;
    if (!item->is_partial)
        end_thread(c);
}

void end_work(struct sidekiq_collector *c, const struct rdbp_value_end *end,
              const struct key_row *row)
{
    struct process *p = end->ok ? process_get(c, c->name.prefix_bytes) : NULL;

    if (!p) {
        c->threads.count = c->first_thread;
        return;
    }
    p->has_work |= c->name.shape == KEY_SHAPE_WORK;
    p->has_workers |= c->name.shape == KEY_SHAPE_WORKERS;
    p->work_expires_at = row->expires_at_ms;
    for (size_t i = c->first_thread; i < c->threads.count; i++)
        c->threads.items[i].process = (uint32_t)(p - c->processes.items);
}

/* ---- metrics ------------------------------------------------------------------------------ */

static int64_t minute_at(const struct sidekiq_collector *c)
{
    int64_t day_at;

    if (c->name.minute < 0 || text_parse_time(c->name.day, &day_at) != 0)
        return ROW_NULL;
    return day_at + (int64_t)c->name.minute * 60000;
}

bool wants_metrics(const struct sidekiq_collector *c)
{
    const int64_t at = minute_at(c);

    return at != ROW_NULL && c->now_ms != ROW_NULL && at > c->now_ms - METRICS_MS &&
           at <= c->now_ms;
}

static struct metric *metric_of(struct sidekiq_collector *c, const uint8_t *class_,
                                size_t class_bytes)
{
    const uint64_t hash = hash_bytes(class_, class_bytes, c->root);
    struct metric metric = {.root = c->root, .class_bytes = class_bytes};
    size_t cursor = 0;
    uint32_t i;

    while ((i = hash_index_next(&c->metric_index, hash, &cursor)) != NO_ITEM) {
        struct metric *m = &c->metrics.items[i];

        if (m->root == c->root && m->class_bytes == class_bytes &&
            memcmp(m->class_, class_, class_bytes) == 0)
            return m;
    }
    if (c->metrics.count >= MAX_METRICS) {
        c->ignored_keys++;
        return NULL;
    }
    metric.first_at = metric.last_at = metric.seen_at = ROW_NULL;
    metric.class_ = keep_bytes(c, class_, class_bytes);
    if (!metric.class_ || !TABLE_RESERVE(c, c->metrics) ||
        !table_index(c, &c->metric_index, hash, c->metrics.count))
        return NULL;
    c->metrics.items[c->metrics.count] = metric;
    return &c->metrics.items[c->metrics.count++];
}

/* <Class>|p, |f or |ms with its count. */
static void add_metric(struct sidekiq_collector *c)
{
    const int64_t count = count_of_text(c->text, c->text_bytes), at = minute_at(c);
    size_t n = c->field_bytes;
    const uint8_t *word;
    size_t word_bytes;
    struct metric *m;

    while (n > 0 && c->field_text[n - 1] != '|')
        n--;
    word = c->field_text + n;
    word_bytes = c->field_bytes - n;
    if (n < 2 || n > MAX_NAME_BYTES || count == ROW_NULL)
        return;
    if (word_bytes == 0 || word_bytes > 2 || !strchr("pfm", word[0]) ||
        (word[0] == 'm') != (word_bytes == 2 && word[1] == 's') ||
        (m = metric_of(c, c->field_text, n - 1)) == NULL)
        return;
    switch (word[0]) {
    case 'p': m->processed += (uint64_t)count; break;
    case 'f': m->failed += (uint64_t)count; break;
    default: m->total_ms += (uint64_t)count; break;
    }
    if (at != m->seen_at)
        m->minutes++; /* the fields of a minute stand in one hash */
    m->seen_at = at;
    if (m->first_at == ROW_NULL || at < m->first_at)
        m->first_at = at;
    if (m->last_at == ROW_NULL || at > m->last_at)
        m->last_at = at;
}

void metrics_item(struct sidekiq_collector *c, const rdbp_item *item)
{
    if (c->root == NO_ITEM && (c->root = root_get(c)) == NO_ITEM) {
        c->is_dropped = true;
        return;
    }
    if (item->role == RDBP_ROLE_FIELD)
        join_field(c, item, MAX_CLASS_FIELDS);
    else if (item->role == RDBP_ROLE_VALUE && join_text(c, item) && !c->is_field_cut &&
             !c->is_text_cut)
        add_metric(c);
}

/* ---- the result --------------------------------------------------------------------------- */

/* The installation a heartbeat's key belongs to: the prefix before host:pid:nonce, or none at all
 * when the host's name holds colons.  *ret_name_at: where the identity begins. */
static uint32_t root_of_process(const struct sidekiq_collector *c, const struct process *p,
                                size_t *ret_name_at)
{
    size_t at = p->key_bytes;
    uint32_t root;

    for (int colons = 0; at > 0; at--)
        if (p->key[at - 1] == ':' && ++colons == 3)
            break;
    for (int i = 0; i < 2; i++) {
        *ret_name_at = i == 0 ? at : 0;
        root = root_find(c, p->db, (const uint8_t *)p->key, *ret_name_at);
        if (root != NO_ITEM && (c->roots.items[root].flags & ROOT_INSTALLED) != 0)
            return root;
    }
    return NO_ITEM;
}

static struct sidekiq_process result_process(struct sidekiq_collector *c, uint32_t root,
                                             const char *identity, const struct process *p)
{
    struct sidekiq_process out = {
        .db = c->roots.items[root].db,
        .namespace_ = c->roots.items[root].namespace_,
        .identity = identity,
        .expires_at = ROW_NULL,
        .version = "",
        .busy = ROW_NULL,
        .concurrency = ROW_NULL,
        .rss_kb = ROW_NULL,
        .quiet = ROW_NULL,
        .beat_at = ROW_NULL,
        .work_expires_at = ROW_NULL,
    };

    if (!p)
        return out;
    out.has_heartbeat = p->has_heartbeat;
    out.has_work = p->has_work || p->has_workers;
    out.work_expires_at = p->work_expires_at;
    if (!p->has_heartbeat)
        return out;
    out.expires_at = p->expires_at;
    out.info = p->info;
    out.version = p->version;
    out.busy = p->busy;
    out.concurrency = p->concurrency;
    out.rss_kb = p->rss_kb;
    out.quiet = p->quiet;
    out.beat_at = p->beat_at;
    return out;
}

static int compare_processes(const void *va, const void *vb)
{
    const struct sidekiq_process *a = va, *b = vb;
    int r = a->db != b->db ? (a->db < b->db ? -1 : 1) : strcmp(a->namespace_, b->namespace_);

    return r != 0 ? r : strcmp(a->identity, b->identity);
}

static bool build_processes(struct sidekiq_collector *c)
{
    struct sidekiq_process *out = calloc(c->members.count + c->processes.count + 1, sizeof(*out));
    uint8_t key[2 * MAX_KEY_BYTES];
    size_t n = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < c->processes.count; i++)
        c->processes.items[i].is_member = false;
    for (size_t i = 0; i < c->members.count; i++) {
        const struct member *m = &c->members.items[i];
        const struct root *r = &c->roots.items[m->root];
        struct process *p;

        if (m->set != KEY_SHAPE_PROCESSES || m->is_void || (r->flags & ROOT_INSTALLED) == 0)
            continue;
        memcpy(key, r->prefix, r->prefix_bytes);
        memcpy(key + r->prefix_bytes, m->name, m->name_bytes);
        p = process_find_mutable(c, r->db, key, r->prefix_bytes + m->name_bytes);
        out[n] = result_process(c, m->root, escaped_name(c, m->name, m->name_bytes, true), p);
        out[n++].is_member = true;
        if (p)
            p->is_member = true;
    }
    for (size_t i = 0; i < c->processes.count; i++) {
        const struct process *p = &c->processes.items[i];
        size_t at;
        const uint32_t root = p->is_member ? NO_ITEM : root_of_process(c, p, &at);

        if (root != NO_ITEM)
            out[n++] =
                result_process(c, root, escaped_name(c, p->key + at, p->key_bytes - at, true), p);
    }
    qsort(out, n, sizeof(*out), compare_processes);
    c->result.processes = out;
    c->result.process_count = n;
    return true;
}

static int compare_threads(const void *va, const void *vb)
{
    const struct sidekiq_thread *a = va, *b = vb;
    int r = a->db != b->db ? (a->db < b->db ? -1 : 1) : strcmp(a->namespace_, b->namespace_);

    if (r == 0)
        r = strcmp(a->identity, b->identity);
    return r != 0 ? r : strcmp(a->thread, b->thread);
}

static bool build_threads(struct sidekiq_collector *c)
{
    struct sidekiq_thread *out = calloc(c->threads.count + 1, sizeof(*out));
    size_t n = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < c->threads.count; i++) {
        const struct thread *t = &c->threads.items[i];
        const struct process *p = t->process == NO_ITEM ? NULL : &c->processes.items[t->process];
        size_t at;
        const uint32_t root = p ? root_of_process(c, p, &at) : NO_ITEM;

        if (root == NO_ITEM)
            continue;
        out[n++] = (struct sidekiq_thread){
            .db = p->db,
            .namespace_ = c->roots.items[root].namespace_,
            .identity = escaped_name(c, p->key + at, p->key_bytes - at, true),
            .thread = escaped_name(c, t->name, t->name_bytes, true),
            .queue = escaped_name(c, t->queue, t->queue_bytes, true),
            .class_ = escaped_name(c, t->class_, t->class_bytes, true),
            .run_at = t->run_at,
        };
    }
    qsort(out, n, sizeof(*out), compare_threads);
    c->result.threads = out;
    c->result.thread_count = n;
    return true;
}

static int compare_metrics(const void *va, const void *vb)
{
    const struct sidekiq_metric *a = va, *b = vb;
    int r = a->db != b->db ? (a->db < b->db ? -1 : 1) : strcmp(a->namespace_, b->namespace_);

    return r != 0 ? r : strcmp(a->class_, b->class_);
}

static bool build_metrics(struct sidekiq_collector *c)
{
    struct sidekiq_metric *out = calloc(c->metrics.count + 1, sizeof(*out));
    size_t n = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < c->metrics.count; i++) {
        const struct metric *m = &c->metrics.items[i];
        const struct root *r = &c->roots.items[m->root];

        if ((r->flags & ROOT_INSTALLED) == 0)
            continue;
        out[n++] = (struct sidekiq_metric){
            .db = r->db,
            .namespace_ = r->namespace_,
            .class_ = escaped_name(c, m->class_, m->class_bytes, true),
            .processed = m->processed,
            .failed = m->failed,
            .total_ms = m->total_ms,
            .minutes = m->minutes,
            .first_at = m->first_at,
            .last_at = m->last_at,
        };
    }
    qsort(out, n, sizeof(*out), compare_metrics);
    c->result.metrics = out;
    c->result.metric_count = n;
    return true;
}

bool build_live(struct sidekiq_collector *c)
{
    return build_processes(c) && build_threads(c) && build_metrics(c);
}
