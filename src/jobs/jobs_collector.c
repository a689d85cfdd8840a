/* jobs_collector.c -- job queues other than Sidekiq, collected from the parser's events.
 *
 * What a state holds comes in three forms:
 *
 *     JSON       Resque, Celery, Laravel, Faktory: the list's elements are the jobs
 *     ids        Bull, BullMQ, RQ, asynq, Hangfire: bull:mail:wait holds 7, the job is the hash
 *                bull:mail:7
 *     one hash   bee-queue, Dramatiq: bq:mail:waiting holds 7, the job is field 7 of bq:mail:jobs
 *
 * In the last two the class is with the job and the state with the id.  Of both a hash of the job's
 * key is kept, 24 bytes each, and they are brought together after the last key (jobs_resolve.c).
 *
 * A value is opened only when its name, type or first bytes let it be one of these, and closed
 * again when its first field or element says otherwise.  Nothing is proven here.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_tables.h"
#include "pattern/role_internal.h"
#include "sidekiq/job_time.h"
#include "util/hash.h"

#define DEPTH_CONTENT     (RDBP_DEPTH_SHAPE | RDBP_DEPTH_ITEMS | RDBP_DEPTH_BYTES)
#define MAX_OTHER_FIELDS  3 /* of a job's hash, that are not known here */
#define LATE_MS           (60 * 1000)
#define LATE_DELIVERED_MS (3600 * 1000) /* Kombu's visibility timeout */
#define JDK_STRING_BYTES  7             /* ac ed 00 05 t and a length of two bytes */
#define MAX_ID_SECONDS    UINT32_MAX

enum job_field {
    FIELD_NONE = 0,
    FIELD_NAME,
    FIELD_DATA,
    FIELD_TIMESTAMP,
    FIELD_STACKTRACE,
    FIELD_DESCRIPTION,
    FIELD_CREATED_AT,
    FIELD_VERSION,
    FIELD_PAUSED,
    FIELD_MAX_EVENTS,
    FIELD_MESSAGE,       /* asynq's, a protobuf */
    FIELD_PENDING_SINCE, /* in nanoseconds */
    FIELD_TYPE,          /* Hangfire's */
    FIELD_METHOD,
    FIELD_CREATED,
    FIELD_EXCEPTION_TYPE,
    FIELD_EXC_INFO,   /* RQ's, up to 1.11 or on old servers */
    FIELD_EXC_STRING, /* in its stream of results */
    FIELD_KNOWN       /* of a job, not wanted */
};

/* ---- facts of a job ----------------------------------------------------------------------- */

static void forget_facts(struct jobs_facts *f)
{
    /* Not the whole struct: the texts are 1 KiB, and jobs come by the million. */
    f->class_.is_set = f->error.is_set = f->status.is_set = f->stack.is_set = false;
    f->method.is_set = false;
    f->at = ROW_NULL;
    f->has_jid = f->has_jobtype = f->has_actor = f->has_message = false;
    f->has_name = f->has_data = f->has_timestamp = f->has_created = false;
}

static void set_text(struct jobs_text *t, const void *bytes, size_t size_bytes)
{
    t->is_set = size_bytes > 0;
    t->size_bytes = size_bytes < sizeof(t->bytes) ? size_bytes : sizeof(t->bytes);
    if (t->size_bytes > 0)
        memcpy(t->bytes, bytes, t->size_bytes);
}

static bool is_text(const struct jobs_text *t, const char *text)
{
    return t->is_set && t->size_bytes == strlen(text) && memcmp(t->bytes, text, t->size_bytes) == 0;
}

static int64_t time_of_value(const struct json_value *v)
{
    bool is_ms;
    int64_t at = job_time_of_number(v->text, v->text_bytes, &is_ms);

    if (at == ROW_NULL && v->is_string)
        at = job_time_of_text(v->text, v->text_bytes);
    return at;
}

static void on_json_value(void *user, const struct json_value *v)
{
    struct jobs_facts *f = &((struct jobs_collector *)user)->facts;

    switch (v->path) {
    case JSON_PATH1(JSON_NAME_JOBTYPE):
    case JSON_PATH2(JSON_NAME_JOB, JSON_NAME_JOBTYPE):
        f->has_jobtype |= v->is_string;
        if (v->is_string)
            set_text(&f->class_, v->text, v->text_bytes);
        break;
    case JSON_PATH1(JSON_NAME_ACTOR_NAME):
        f->has_actor |= v->is_string;
        if (v->is_string)
            set_text(&f->class_, v->text, v->text_bytes);
        break;
    case JSON_PATH1(JSON_NAME_CLASS):
    case JSON_PATH1(JSON_NAME_DISPLAY_NAME):
    case JSON_PATH2(JSON_NAME_PAYLOAD, JSON_NAME_CLASS):
    case JSON_PATH2(JSON_NAME_HEADERS, JSON_NAME_TASK):
    case JSON_PATH3(JSON_INDEX(0), JSON_NAME_HEADERS, JSON_NAME_TASK):
        if (v->is_string)
            set_text(&f->class_, v->text, v->text_bytes);
        break;
    case JSON_PATH1(JSON_NAME_EXCEPTION):
    case JSON_PATH2(JSON_NAME_FAILURE, JSON_NAME_ERRTYPE):
    case JSON_PATH3(JSON_NAME_JOB, JSON_NAME_FAILURE, JSON_NAME_ERRTYPE):
    case JSON_PATH2(JSON_NAME_RESULT, JSON_NAME_EXC_TYPE):
        if (v->is_string)
            set_text(&f->error, v->text, v->text_bytes);
        break;
    case JSON_PATH1(JSON_NAME_STATUS):
        if (v->is_string)
            set_text(&f->status, v->text, v->text_bytes);
        break;
    case JSON_PATH3(JSON_NAME_OPTIONS, JSON_NAME_STACKTRACES, JSON_INDEX(0)):
        if (v->is_string)
            set_text(&f->stack, v->text, v->text_bytes);
        break;
    case JSON_PATH1(JSON_NAME_CREATED_AT):
    case JSON_PATH1(JSON_NAME_PUSHED_AT):
    case JSON_PATH1(JSON_NAME_FAILED_AT):
    case JSON_PATH1(JSON_NAME_MESSAGE_TIMESTAMP):
    case JSON_PATH2(JSON_NAME_JOB, JSON_NAME_CREATED_AT):
    case JSON_PATH2(JSON_NAME_OPTIONS, JSON_NAME_TIMESTAMP): f->at = time_of_value(v); break;
    case JSON_PATH1(JSON_NAME_JID): f->has_jid = true; break;
    default: break;
    }
}

/* Bull's field stacktrace: the newest is the last. */
static void on_stack_value(void *user, const struct json_value *v)
{
    struct jobs_facts *f = &((struct jobs_collector *)user)->facts;

    if (v->is_string && (v->path & 0xffffff80u) == JSON_INDEX(0))
        set_text(&f->stack, v->text, v->text_bytes);
}

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '$' || c == ':' || c == '\\';
}

/* The head of a text that is a name and followed by `end`: an error's class before its message, a
 * function before its arguments.  0: there is none, and the text itself may be private. */
static size_t head_name(const struct jobs_text *t, char end)
{
    size_t n = 0;

    if (!t->is_set)
        return 0;
    while (n < t->size_bytes && is_name_byte(t->bytes[n]) && t->bytes[n] != end)
        n++;
    return n < t->size_bytes && t->bytes[n] == end ? n : 0;
}

static uint32_t names_of_facts(struct jobs_collector *c)
{
    static const char unknown[] = "(unknown)";
    const struct jobs_facts *f = &c->facts;
    const size_t stack_bytes = is_text(&f->status, "succeeded") ? 0 : head_name(&f->stack, ':');
    const char *error = f->error.is_set ? f->error.bytes : f->stack.bytes;
    const size_t error_bytes = f->error.is_set ? f->error.size_bytes : stack_bytes;

    if (f->class_.is_set)
        return jobs_names_get(c, f->class_.bytes, f->class_.size_bytes, error, error_bytes);
    return jobs_names_get(c, unknown, sizeof(unknown) - 1, error, error_bytes);
}

/* ---- sets of jobs ------------------------------------------------------------------------- */

/* Bytes of the key that tell its set from others; the rest is told together. */
static size_t ident_bytes(const struct jobs_collector *c)
{
    switch (c->name.shape) {
    case JOBS_SHAPE_RESQUE_DELAYED:
    case JOBS_SHAPE_TIMESTAMPS:
    case JOBS_SHAPE_SPRING_INDEX:
    case JOBS_SHAPE_RESULT: return c->name.base_bytes;
    default: return c->key_bytes;
    }
}

/* A status is a word of Celery's; other bytes are told together. */
static void label_of_status(const struct jobs_text *status, char *out, size_t out_bytes)
{
    size_t n = 0;

    for (; status->is_set && n < status->size_bytes && n + 1 < out_bytes; n++) {
        if (status->bytes[n] < 'A' || status->bytes[n] > 'Z') {
            n = 0;
            break;
        }
        out[n] = (char)(status->bytes[n] | 0x20);
    }
    out[n] = '\0';
}

static uint32_t need_set(struct jobs_collector *c)
{
    struct jobs_set like = {.db = c->db,
                            .shape = c->name.shape,
                            .type = c->type,
                            .key = (const char *)c->key,
                            .key_bytes = c->key_bytes,
                            .base_bytes = c->name.base_bytes,
                            .signature = c->signature};
    char label[24];

    if (c->set != JOBS_NO_ITEM)
        return c->set;
    if (c->name.shape == JOBS_SHAPE_TIMESTAMPS) /* its name goes on with a job */
        like.key_bytes = c->name.base_bytes + sizeof("timestamps:{") - 1;
    if (c->name.shape == JOBS_SHAPE_RESULT) {
        label_of_status(&c->facts.status, label, sizeof(label));
        like.label = label;
    }
    c->is_stranger = (c->name.shape == JOBS_SHAPE_IDS || c->name.shape == JOBS_SHAPE_HANGFIRE_IDS ||
                      c->name.shape == JOBS_SHAPE_LARGE_ZSET) &&
                     jobs_base_find(c, c->db, c->key, c->name.base_bytes) == JOBS_NO_ITEM;
    c->set = jobs_set_get(c, &like, ident_bytes(c), c->is_stranger);
    if (c->set == JOBS_NO_ITEM)
        c->is_dropped = true;
    return c->set;
}

/* Seconds, milliseconds, or Bull's milliseconds times 4,096 with a counter below. */
static int64_t time_of_score(double score)
{
    if (!(score > 0 && score < 9e18))
        return ROW_NULL;
    if (score >= 1e14)
        return (int64_t)(score / 4096);
    if (score >= 1e11)
        return (int64_t)score;
    return job_time_of_score(score);
}

static bool is_key_end(const struct jobs_collector *c, const char *tail)
{
    return jobs_ends_with(c->key, c->key_bytes, tail);
}

static bool is_key_begin(const struct jobs_collector *c, const char *head)
{
    const size_t bytes = strlen(head);

    return c->key_bytes >= bytes && memcmp(c->key, head, bytes) == 0;
}

/* <prefix>job:<UUID>, as Hangfire has it. */
static bool is_hangfire_name(const struct jobs_collector *c)
{
    const size_t at = c->name.base_bytes;

    return c->name.shape == JOBS_SHAPE_JOB && c->key_bytes == at + 4 + JOBS_UUID_BYTES &&
           memcmp(c->key + at, "job:", 4) == 0;
}

static void note_due(struct jobs_collector *c, int64_t at, int64_t late_ms)
{
    if (at == ROW_NULL)
        return;
    c->first_due_at = jobs_earlier(c->first_due_at, at);
    if (at < c->now_ms - late_ms)
        c->overdue++;
}

/* A zset's score. */
static void note_score(struct jobs_collector *c, double score)
{
    const int64_t at = time_of_score(score);

    switch (c->name.shape) {
    case JOBS_SHAPE_UNACKED_INDEX: note_due(c, at, LATE_DELIVERED_MS); break;
    case JOBS_SHAPE_TAG_ENTRIES: note_due(c, at, 0); break;
    case JOBS_SHAPE_RQ_IDS:
        if (is_key_begin(c, "rq:scheduled:"))
            note_due(c, at, LATE_MS);
        break;
    case JOBS_SHAPE_HORIZON:
        c->oldest_at = jobs_earlier(c->oldest_at, time_of_score(-score));
        c->newest_at = jobs_later(c->newest_at, time_of_score(-score));
        break;
    case JOBS_SHAPE_IDS:
        if (is_key_end(c, ":delayed") || is_key_end(c, ":reserved")) {
            note_due(c, at, LATE_MS);
        } else if (is_key_end(c, ":completed") || is_key_end(c, ":failed")) {
            c->oldest_at = jobs_earlier(c->oldest_at, at);
            c->newest_at = jobs_later(c->newest_at, at);
        }
        break;
    case JOBS_SHAPE_ASYNQ_IDS:
        if (is_key_end(c, ":scheduled") || is_key_end(c, ":retry") || is_key_end(c, ":lease")) {
            note_due(c, at, LATE_MS);
        } else if (!is_key_end(c, ":completed")) { /* whose score is the end of its retention */
            c->oldest_at = jobs_earlier(c->oldest_at, at);
            c->newest_at = jobs_later(c->newest_at, at);
        }
        break;
    case JOBS_SHAPE_HANGFIRE_IDS:
        if (is_key_end(c, ":schedule")) {
            note_due(c, at, LATE_MS);
        } else if (is_key_end(c, ":processing")) {
            c->oldest_at = jobs_earlier(c->oldest_at, at);
            c->newest_at = jobs_later(c->newest_at, at);
        }
        break;
    case JOBS_SHAPE_FAKTORY:
        if (!is_key_end(c, "dead")) /* whose score is the end of its 180 days */
            note_due(c, at, LATE_MS);
        break;
    case JOBS_SHAPE_DRAMATIQ_IDS:
        c->oldest_at = jobs_earlier(c->oldest_at, at);
        c->newest_at = jobs_later(c->newest_at, at);
        break;
    default: break;
    }
}

static uint64_t hash_of_parts(const struct jobs_collector *c, const void *a, size_t a_bytes,
                              const char *middle, const void *b, size_t b_bytes)
{
    struct hash h;

    hash_begin(&h, c->db);
    hash_add(&h, a, a_bytes);
    hash_add(&h, middle, strlen(middle));
    hash_add(&h, b, b_bytes);
    return hash_end(&h);
}

/* Messages of <ns>:<queue>, its delayed and its dead ones are in <the same key>.msgs; those being
 * worked on are named by <ns>:__acks__.<worker>.<queue>. */
static uint64_t hash_of_message(const struct jobs_collector *c)
{
    static const char acks[] = "__acks__.", messages[] = ".msgs:";
    const size_t base = c->name.base_bytes;
    const size_t queue = base + sizeof(acks) - 1 + JOBS_UUID_BYTES + 1;
    struct hash h;

    hash_begin(&h, c->db);
    if (c->type == RDBP_TYPE_SET && c->key_bytes > queue) {
        hash_add(&h, c->key, base);
        hash_add(&h, c->key + queue, c->key_bytes - queue);
    } else {
        hash_add(&h, c->key, c->key_bytes);
    }
    hash_add(&h, messages, sizeof(messages) - 1);
    hash_add(&h, c->text, c->text_bytes);
    return hash_end(&h);
}

/* The job's key, from the id in c->text. */
static uint64_t hash_of_id(const struct jobs_collector *c)
{
    const uint8_t *id = c->text;
    size_t bytes = c->text_bytes;

    if (c->name.shape == JOBS_SHAPE_RQ_IDS)
        return hash_of_parts(c, "rq:", 3, "job:", id, bytes);
    if (c->name.shape == JOBS_SHAPE_ASYNQ_IDS)
        return hash_of_parts(c, c->key, c->name.base_bytes, "t:", id, bytes);
    if (c->name.shape == JOBS_SHAPE_HANGFIRE_IDS && bytes > JOBS_UUID_BYTES) {
        id += bytes - JOBS_UUID_BYTES; /* in schedule also <queue>:<id> */
        bytes = JOBS_UUID_BYTES;
    }
    if (c->name.shape == JOBS_SHAPE_DRAMATIQ_IDS)
        return hash_of_message(c);
    if (c->name.shape == JOBS_SHAPE_DRAMATIQ_MSGS)
        return hash_of_parts(c, c->key, c->key_bytes, ":", id, bytes);
    if (c->name.shape == JOBS_SHAPE_SPRING_INDEX) {
        if (bytes > JDK_STRING_BYTES && memcmp(id, "\xac\xed\0\5t", 5) == 0) {
            id += JDK_STRING_BYTES;
            bytes -= JDK_STRING_BYTES;
        }
        return hash_of_parts(c, c->key, c->name.base_bytes, "sessions:", id, bytes);
    }
    return hash_of_parts(c, c->key, c->name.base_bytes, "", id, bytes);
}

static bool has_ids(const struct jobs_collector *c)
{
    switch (c->name.shape) {
    case JOBS_SHAPE_IDS: return !is_key_end(c, ":repeat");
    case JOBS_SHAPE_ASYNQ_IDS: return !is_key_end(c, ":lease"); /* of the active ones */
    case JOBS_SHAPE_RQ_IDS:
    case JOBS_SHAPE_TIMESTAMPS:
    case JOBS_SHAPE_DRAMATIQ_IDS:
    case JOBS_SHAPE_HANGFIRE_IDS:
    case JOBS_SHAPE_MONITORING:
    case JOBS_SHAPE_SPRING_INDEX: return true;
    default: return false;
    }
}

static void end_id(struct jobs_collector *c, uint32_t set)
{
    const struct jobs_id id = {.item = set & 0x3fff, .base = JOBS_NO_BASE, .kind = JOBS_ID_MEMBER};

    if (!has_ids(c))
        return;
    /* Bull's and BullMQ's mark for "look at delayed" is no id. */
    if (c->name.shape == JOBS_SHAPE_IDS && c->text_bytes >= 2 && memcmp(c->text, "0:", 2) == 0) {
        c->mark_count++;
        return;
    }
    if (c->is_text_cut) {
        c->ignored++;
        c->are_members_cut = true;
    }
    if (c->is_text_cut || !jobs_id_add(c, &id, c->member_hash, c->is_stranger))
        c->sets.items[set].left_out++;
}

/* An element is complete, in a zset with its score. */
static void end_element(struct jobs_collector *c, bool has_score, double score)
{
    const uint32_t set = need_set(c);

    c->has_member = false;
    c->element_count++;
    if (set == JOBS_NO_ITEM)
        return;
    if (has_score)
        note_score(c, score);
    if (!c->is_json) {
        end_id(c, set);
        return;
    }
    if (!json_pick_end(&c->json)) {
        jobs_tally_add(c, set, jobs_names_get(c, "(unparsable)", 12, "", 0),
                       (int64_t)c->element_bytes, ROW_NULL);
        return;
    }
    if (c->name.shape == JOBS_SHAPE_FAKTORY)
        c->signature |= c->facts.has_jobtype ? SIGNATURE_FAKTORY_JOB : 0;
    if (c->facts.has_jid && !c->facts.has_jobtype) { /* Sidekiq's */
        c->sets.items[set].is_foreign = true;
        c->is_dropped = true;
        return;
    }
    c->oldest_at = jobs_earlier(c->oldest_at, c->facts.at);
    c->newest_at = jobs_later(c->newest_at, c->facts.at);
    jobs_tally_add(c, set, names_of_facts(c), (int64_t)c->element_bytes, c->facts.at);
}

/* Takes a piece of an element: JSON goes to its parser, an id is joined.  True: it is whole. */
static bool take_piece(struct jobs_collector *c, const rdbp_item *item)
{
    const uint8_t *bytes = item->bytes.bytes;
    const size_t n = item->bytes.size_bytes;

    if (!c->in_element) {
        c->text_bytes = 0;
        c->is_text_cut = false;
        c->element_bytes = item->size_bytes;
        c->is_json = n > 0 && (bytes[0] == '{' || bytes[0] == '[');
        if (c->is_json) {
            forget_facts(&c->facts);
            json_pick_begin(&c->json);
        }
    }
    if (c->is_json) {
        json_pick_feed(&c->json, bytes, n);
    } else if (n > sizeof(c->text) - c->text_bytes) {
        c->is_text_cut = true;
    } else if (n > 0) {
        memcpy(c->text + c->text_bytes, bytes, n);
        c->text_bytes += n;
    }
    c->in_element = item->is_partial;
    return !item->is_partial;
}

/* An application's list q:words, orders:deleted: no JSON, or no ids as Hangfire makes them. */
static bool is_of_others(const struct jobs_collector *c)
{
    size_t at;

    if (c->name.shape == JOBS_SHAPE_FAKTORY)
        return !c->is_json;
    if (c->name.shape != JOBS_SHAPE_HANGFIRE_IDS)
        return false;
    if (c->is_json || c->text_bytes < JOBS_UUID_BYTES)
        return true;
    at = c->text_bytes - JOBS_UUID_BYTES;
    return !jobs_is_uuid(c->text + at, JOBS_UUID_BYTES) || (at > 0 && c->text[at - 1] != ':');
}

static void collection_item(struct jobs_collector *c, const rdbp_item *item)
{
    if (item->role == RDBP_ROLE_SCORE) {
        if (c->has_member)
            end_element(c, true, item->u.score);
        return;
    }
    if ((item->role != RDBP_ROLE_ELEMENT && item->role != RDBP_ROLE_MEMBER) || !take_piece(c, item))
        return;
    if (is_of_others(c)) {
        c->is_dropped = true;
        if (c->set != JOBS_NO_ITEM)
            c->sets.items[c->set].is_foreign = true;
        return;
    }
    if (!c->is_json)
        c->member_hash = hash_of_id(c);
    c->has_member = true;
    if (c->type != RDBP_TYPE_ZSET)
        end_element(c, false, 0);
}

/* ---- hashes ------------------------------------------------------------------------------- */

static enum job_field field_of(const struct jobs_collector *c)
{
    static const struct {
        const char *name;
        enum job_field field;
    } fields[] = {
        {"name", FIELD_NAME},
        {"data", FIELD_DATA},
        {"timestamp", FIELD_TIMESTAMP},
        {"stacktrace", FIELD_STACKTRACE},
        {"opts", FIELD_KNOWN},
        {"delay", FIELD_KNOWN},
        {"priority", FIELD_KNOWN},
        {"processedOn", FIELD_KNOWN},
        {"finishedOn", FIELD_KNOWN},
        {"returnvalue", FIELD_KNOWN},
        {"failedReason", FIELD_KNOWN},
        {"attemptsMade", FIELD_KNOWN},
        {"atm", FIELD_KNOWN},
        {"ats", FIELD_KNOWN},
        {"stc", FIELD_KNOWN},
        {"parentKey", FIELD_KNOWN},
        {"parent", FIELD_KNOWN},
        {"rjk", FIELD_KNOWN},
        {"nrjid", FIELD_KNOWN},
        {"deid", FIELD_KNOWN},
        {"progress", FIELD_KNOWN},
        {"pb", FIELD_KNOWN},
        {"defa", FIELD_KNOWN},
        {"created_at", FIELD_CREATED_AT},
        {"description", FIELD_DESCRIPTION},
        {"version", FIELD_VERSION},
        {"paused", FIELD_PAUSED},
        {"opts.maxLenEvents", FIELD_MAX_EVENTS},
        {"msg", FIELD_MESSAGE},
        {"pending_since", FIELD_PENDING_SINCE},
        {"Type", FIELD_TYPE},
        {"Method", FIELD_METHOD},
        {"CreatedAt", FIELD_CREATED},
        {"ExceptionType", FIELD_EXCEPTION_TYPE},
        {"exc_info", FIELD_EXC_INFO},
        {"exc_string", FIELD_EXC_STRING},
    };

    for (size_t i = 0; !c->is_text_cut && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].name[0] == (char)c->text[0] && strlen(fields[i].name) == c->text_bytes &&
            memcmp(fields[i].name, c->text, c->text_bytes) == 0)
            return fields[i].field;
    return FIELD_NONE;
}

/* Whose names say more than its first field does. */
static bool is_told_by_name(const struct jobs_collector *c)
{
    return is_key_begin(c, "rq:job:") || is_key_begin(c, "asynq:{") || is_hangfire_name(c);
}

/* A field of what may be a job: foreign hashes are left at their first field or soon after. */
static void job_field(struct jobs_collector *c)
{
    c->field = field_of(c);
    c->facts.has_data |= c->field == FIELD_DATA;
    if (c->field == FIELD_NONE && c->name.shape == JOBS_SHAPE_JOB && !is_told_by_name(c) &&
        (c->is_first_field || ++c->element_count > MAX_OTHER_FIELDS))
        c->is_dropped = true;
    c->is_first_field = false;
    if (c->field == FIELD_MAX_EVENTS && c->name.shape == JOBS_SHAPE_META)
        c->signature |= SIGNATURE_BULL_META;
}

static void set_version(struct jobs_collector *c)
{
    const size_t at = sizeof("bullmq:") - 1;
    size_t bytes;

    if (c->text_bytes <= at || memcmp(c->text, "bullmq:", at) != 0)
        return;
    bytes = c->text_bytes - at;
    if (bytes >= sizeof(c->version))
        return;
    for (size_t i = at; i < c->text_bytes; i++)
        if (c->text[i] <= ' ' || c->text[i] >= 0x7f)
            return;
    memcpy(c->version, c->text + at, bytes);
    c->version[bytes] = '\0';
    if (c->name.shape == JOBS_SHAPE_META)
        c->signature |= SIGNATURE_BULL_META;
}

/* A message begins with its type: 0a, its length, its bytes. */
static void take_message(struct jobs_collector *c)
{
    const uint8_t *p = c->text;
    size_t at = 2, bytes;

    if (c->text_bytes < 3 || p[0] != 0x0a)
        return;
    bytes = p[1];
    if (bytes >= 0x80) {
        bytes = (bytes & 0x7f) | (size_t)p[2] << 7;
        at = 3;
    }
    if (bytes == 0 || bytes > c->text_bytes - at)
        return;
    set_text(&c->facts.class_, p + at, bytes);
    c->facts.has_message = true;
}

/* Namespace.Class, Assembly, ...: the class alone. */
static size_t type_name_bytes(const struct jobs_collector *c)
{
    size_t n = 0;

    while (n < c->text_bytes && c->text[n] != ',' && c->text[n] != '[')
        n++;
    return n;
}

static int64_t time_of_field(const struct jobs_collector *c)
{
    bool is_ms;
    const int64_t at = job_time_of_number((const char *)c->text, c->text_bytes, &is_ms);

    return at != ROW_NULL ? at : job_time_of_text((const char *)c->text, c->text_bytes);
}

/* A field's value is complete in c->text. */
static void end_job_value(struct jobs_collector *c)
{
    struct jobs_facts *f = &c->facts;
    bool is_ms;

    switch ((enum job_field)c->field) {
    case FIELD_NAME:
        set_text(&f->class_, c->text, c->text_bytes);
        f->has_name = true;
        break;
    case FIELD_TIMESTAMP:
        f->at = job_time_of_number((const char *)c->text, c->text_bytes, &is_ms);
        f->has_timestamp = f->at != ROW_NULL;
        break;
    case FIELD_CREATED_AT:
        f->at = job_time_of_text((const char *)c->text, c->text_bytes);
        f->has_created = true;
        break;
    case FIELD_DESCRIPTION: {
        struct jobs_text t;

        set_text(&t, c->text, c->text_bytes);
        set_text(&f->class_, t.bytes, head_name(&t, '('));
        break;
    }
    case FIELD_VERSION: set_version(c); break;
    case FIELD_PAUSED: c->is_paused = true; break;
    case FIELD_MESSAGE: take_message(c); break;
    case FIELD_PENDING_SINCE:
        if (c->text_bytes > 6) /* nanoseconds */
            f->at = job_time_of_number((const char *)c->text, c->text_bytes - 6, &is_ms);
        break;
    case FIELD_TYPE: set_text(&f->class_, c->text, type_name_bytes(c)); break;
    case FIELD_METHOD: set_text(&f->method, c->text, c->text_bytes); break;
    case FIELD_CREATED: f->at = time_of_field(c); break;
    case FIELD_EXCEPTION_TYPE: set_text(&f->error, c->text, type_name_bytes(c)); break;
    default: break;
    }
}

static void end_traceback(struct jobs_collector *c)
{
    size_t bytes;
    const char *class_ = python_error_class(&c->python, &bytes);

    set_text(&c->facts.error, class_, bytes);
}

/* As take_piece(), but of a value that is kept as text and cut: it may be of any length. */
static bool take_text(struct jobs_collector *c, const rdbp_item *item)
{
    const size_t room = c->in_element ? sizeof(c->text) - c->text_bytes : sizeof(c->text);
    const size_t n = item->bytes.size_bytes < room ? item->bytes.size_bytes : room;

    if (!c->in_element) {
        c->text_bytes = 0;
        c->is_text_cut = false;
    }
    c->is_text_cut |= n < item->bytes.size_bytes;
    if (n > 0)
        memcpy(c->text + c->text_bytes, item->bytes.bytes, n);
    c->text_bytes += n;
    c->in_element = item->is_partial;
    return !item->is_partial;
}

static void job_item(struct jobs_collector *c, const rdbp_item *item)
{
    if (item->role == RDBP_ROLE_FIELD) {
        if (take_text(c, item))
            job_field(c);
        return;
    }
    if (item->role != RDBP_ROLE_VALUE || c->field == FIELD_NONE || c->field == FIELD_KNOWN ||
        c->field == FIELD_DATA)
        return;
    if (c->field == FIELD_STACKTRACE) {
        if (item->piece_offset == 0)
            json_pick_begin(&c->json);
        json_pick_feed(&c->json, item->bytes.bytes, item->bytes.size_bytes);
        return;
    }
    if (c->field == FIELD_EXC_INFO || c->field == FIELD_EXC_STRING) {
        if (item->piece_offset == 0)
            python_error_begin(&c->python, c->field == FIELD_EXC_STRING);
        python_error_feed(&c->python, item->bytes.bytes, item->bytes.size_bytes);
        if (!item->is_partial)
            end_traceback(c);
        return;
    }
    if (take_text(c, item))
        end_job_value(c);
}

static uint32_t capped_bytes(int64_t bytes)
{
    return bytes < 0 ? 0 : bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static uint32_t seconds_of(int64_t at)
{
    return at == ROW_NULL || at <= 0 || at / 1000 > MAX_ID_SECONDS ? 0 : (uint32_t)(at / 1000);
}

/* has_base: it counts as an orphan when no state names it. */
static void add_job(struct jobs_collector *c, uint64_t hash, int64_t bytes, bool is_without_ttl,
                    bool has_base)
{
    const uint32_t base = jobs_base_get(c, c->db, c->key, c->name.base_bytes, false);
    const struct jobs_id id = {
        .item = names_of_facts(c) & 0x3fff,
        .base = (base == JOBS_NO_ITEM || !has_base ? JOBS_NO_BASE : base) & 0x3fff,
        .made_at_s = seconds_of(c->facts.at),
        .bytes = capped_bytes(bytes),
        .kind = JOBS_ID_JOB,
        .is_without_ttl = is_without_ttl,
    };

    jobs_id_add(c, &id, hash, base == JOBS_NO_ITEM);
}

/* Its states name a job by its id, which stands behind job: in its key.  One with an expiry is in
 * no list once that was trimmed, which is no loss. */
static void end_hangfire_job(struct jobs_collector *c, const struct key_row *row)
{
    struct jobs_text *const t = &c->facts.class_;
    const struct jobs_text *const method = &c->facts.method;
    const size_t base = c->name.base_bytes;

    c->signature |= SIGNATURE_HANGFIRE_JOB;
    if (t->size_bytes + 1 + method->size_bytes <= sizeof(t->bytes)) {
        t->bytes[t->size_bytes++] = '.';
        memcpy(t->bytes + t->size_bytes, method->bytes, method->size_bytes);
        t->size_bytes += method->size_bytes;
    }
    add_job(c,
            hash_of_parts(c, c->key, base, "", c->key + c->key_bytes - JOBS_UUID_BYTES,
                          JOBS_UUID_BYTES),
            row->bytes, row->expires_at_ms == ROW_NULL, row->expires_at_ms == ROW_NULL);
}

static void end_job(struct jobs_collector *c, const struct key_row *row)
{
    const struct jobs_facts *f = &c->facts;
    const bool is_rq = is_key_begin(c, "rq:job:") && f->has_created;
    const bool is_asynq = is_key_begin(c, "asynq:{") && f->has_message;

    if (c->is_dropped)
        return;
    if (is_hangfire_name(c)) {
        if (f->class_.is_set && f->method.is_set) {
            end_hangfire_job(c, row);
            return;
        }
        c->name.base_bytes += sizeof("job:") - 1; /* a queue of Bull's may be called job */
    }
    if (!is_rq && !is_asynq && !(f->has_data && f->has_timestamp))
        return;
    add_job(c, hash_of_parts(c, c->key, c->key_bytes, "", "", 0), row->bytes,
            row->expires_at_ms == ROW_NULL, true);
}

/* The error of a failed job that is kept beside it: Hangfire's state, RQ's results. */
static void end_state(struct jobs_collector *c)
{
    const struct jobs_text *const error = &c->facts.error;
    struct jobs_id id = {.base = JOBS_NO_BASE, .kind = JOBS_ID_STATE};
    const size_t base = c->name.base_bytes;

    if (!error->is_set)
        return;
    id.item = jobs_names_get(c, "", 0, error->bytes, error->size_bytes) & 0x3fff;
    if (c->name.shape == JOBS_SHAPE_RQ_RESULTS) {
        jobs_id_add(c, &id, hash_of_parts(c, "rq:", 3, "job:", c->key + base, c->key_bytes - base),
                    true);
        return;
    }
    jobs_id_add(
        c, &id,
        hash_of_parts(c, c->key, base, "", c->key + base + sizeof("job:") - 1, JOBS_UUID_BYTES),
        true);
}

/* bee-queue's jobs, Dramatiq's and Celery's unacknowledged messages: JSON in every value. */
static void element_item(struct jobs_collector *c, const rdbp_item *item)
{
    const bool is_dramatiq = c->name.shape == JOBS_SHAPE_DRAMATIQ_MSGS;
    const bool has_jobs = c->name.shape == JOBS_SHAPE_BEE_JOBS || is_dramatiq;

    if (item->role == RDBP_ROLE_FIELD) {
        if (take_text(c, item) && has_jobs)
            c->member_hash = hash_of_id(c);
        return;
    }
    if (item->role != RDBP_ROLE_VALUE || !take_piece(c, item))
        return;
    if (!has_jobs) {
        end_element(c, false, 0);
        return;
    }
    /* An application's hash may be called jobs too. */
    if (!c->is_json || !json_pick_end(&c->json) || (is_dramatiq && !c->facts.has_actor)) {
        c->is_dropped = ++c->element_count > MAX_OTHER_FIELDS;
        return;
    }
    if (is_dramatiq)
        c->signature |= SIGNATURE_DRAMATIQ_MESSAGE;
    add_job(c, c->member_hash, (int64_t)c->element_bytes, true, true);
}

/* ---- events ------------------------------------------------------------------------------- */

struct jobs_collector *jobs_collector_new(void)
{
    struct jobs_collector *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->arena.limit_bytes = JOBS_MAX_ARENA_BYTES;
    c->result_arena.limit_bytes = JOBS_MAX_RESULT_BYTES;
    c->json.user = c;
    return c;
}

void jobs_collector_free(struct jobs_collector *c)
{
    if (!c)
        return;
    free(c->bases.items);
    free(c->names.items);
    free(c->sets.items);
    free(c->tallies.items);
    free(c->ids.items);
    free(c->systems.items);
    free(c->queues.items);
    free(c->classes.items);
    hash_index_clear(&c->base_index);
    hash_index_clear(&c->name_index);
    hash_index_clear(&c->set_index);
    hash_index_clear(&c->tally_index);
    arena_clear(&c->arena);
    arena_clear(&c->result_arena);
    python_error_done(&c->python);
    free(c);
}

static void begin_value(struct jobs_collector *c, const uint8_t *key, size_t key_bytes)
{
    c->key_bytes = key_bytes;
    memcpy(c->key, key, key_bytes);
    c->is_dropped = c->in_element = c->is_json = c->has_member = c->is_paused = false;
    c->is_first_field = true;
    c->element_count = c->mark_count = 0;
    c->set = JOBS_NO_ITEM;
    c->field = FIELD_NONE;
    c->oldest_at = c->newest_at = c->first_due_at = ROW_NULL;
    c->overdue = 0;
    c->version[0] = '\0';
    c->json.on_value = c->name.shape == JOBS_SHAPE_JOB ? on_stack_value : on_json_value;
    forget_facts(&c->facts);
}

/* Of which the name, or the number of elements, is all that counts. */
static bool is_closed(enum jobs_shape shape)
{
    return shape == JOBS_SHAPE_LOCK || shape == JOBS_SHAPE_SPRING_SESSION ||
           shape == JOBS_SHAPE_REPLIES || shape == JOBS_SHAPE_ASYNQ_PAUSED ||
           shape == JOBS_SHAPE_LARGE_ZSET;
}

unsigned jobs_begin(struct jobs_collector *c, const struct rdbp_key *key, int64_t now_ms)
{
    const size_t bytes = key->key.size_bytes;

    c->name.shape = JOBS_SHAPE_NONE;
    c->signature = 0;
    c->db = key->db;
    c->type = key->type;
    c->now_ms = now_ms;
    if (bytes == 0 || key->key_bytes != bytes)
        return 0;
    c->name = jobs_name_of(key->type, key->key.bytes, bytes);
    if (c->name.shape == JOBS_SHAPE_NONE)
        return 0;
    /* A job in the name may be long; only what precedes it is needed. */
    if (bytes > JOBS_MAX_KEY_BYTES &&
        (c->name.shape != JOBS_SHAPE_TIMESTAMPS || c->name.base_bytes > JOBS_MAX_KEY_BYTES / 2)) {
        c->name.shape = JOBS_SHAPE_NONE;
        return 0;
    }
    begin_value(c, key->key.bytes, bytes < JOBS_MAX_KEY_BYTES ? bytes : JOBS_MAX_KEY_BYTES);
    return is_closed(c->name.shape) ? 0 : DEPTH_CONTENT;
}

/* Of the first 64 bytes: no string inside them is longer. */
static unsigned result_depth(struct jobs_collector *c, const struct rdbp_blob *blob)
{
    json_pick_begin(&c->json);
    json_pick_feed(&c->json, blob->prefix.bytes, blob->prefix.size_bytes);
    if (is_text(&c->facts.status, "FAILURE") || is_text(&c->facts.status, "RETRY"))
        return DEPTH_CONTENT;
    c->is_dropped = true;
    return 0;
}

/* A packed hash of a job begins with its field name, as Bull writes it; RQ's are told by name. */
static bool may_be_job(const struct jobs_collector *c, const struct rdbp_blob *blob)
{
    const uint8_t *p = blob->prefix.bytes;
    const size_t n = blob->prefix.size_bytes;

    if (is_told_by_name(c))
        return true;
    return (n > 11 && memcmp(p + 7, "name", 4) == 0) || (n > 16 && memcmp(p + 12, "name", 4) == 0);
}

/* What only its first bytes give away: a list of JSON, a Celery result. */
static void find_by_value(struct jobs_collector *c, const uint8_t *key, size_t key_bytes,
                          unsigned signature)
{
    size_t base = 0;

    if (signature == 0 || key_bytes == 0 || key_bytes > JOBS_MAX_KEY_BYTES)
        return;
    if (c->type == RDBP_TYPE_STRING) {
        if (!(signature & SIGNATURE_CELERY_RESULT))
            return;
        base = jobs_find_last(key, key_bytes, "celery-task-meta-");
        if (base == SIZE_MAX)
            return;
        c->name = (struct jobs_name){JOBS_SHAPE_RESULT, base};
    } else if (c->type == RDBP_TYPE_LIST) {
        c->name = (struct jobs_name){JOBS_SHAPE_JSON, 0};
    } else {
        return;
    }
    c->signature = signature;
    begin_value(c, key, key_bytes);
}

/* A list whose name may be Hangfire's, Faktory's or Dramatiq's, and whose first element is as
 * another system writes it. */
static bool is_of_another(const struct jobs_collector *c, unsigned signature)
{
    const unsigned others = SIGNATURE_CELERY_MESSAGE | SIGNATURE_LARAVEL_JOB | SIGNATURE_RUBY_JOB;

    if (c->type != RDBP_TYPE_LIST)
        return false;
    if (c->name.shape == JOBS_SHAPE_FAKTORY)
        return (signature & others) != 0;
    return signature != 0 &&
           (c->name.shape == JOBS_SHAPE_HANGFIRE_IDS || c->name.shape == JOBS_SHAPE_DRAMATIQ_IDS);
}

unsigned jobs_blob(struct jobs_collector *c, rdbp_slice key, const struct rdbp_blob *blob,
                   unsigned signature)
{
    if (c->name.shape == JOBS_SHAPE_NONE) {
        if (blob->blob_index != 0)
            return 0;
        find_by_value(c, key.bytes, key.size_bytes, signature);
        if (c->name.shape == JOBS_SHAPE_NONE)
            return 0;
        if (c->name.shape == JOBS_SHAPE_RESULT)
            return result_depth(c, blob);
    }
    if (is_closed(c->name.shape))
        return 0;
    if (c->name.shape == JOBS_SHAPE_JOB && !may_be_job(c, blob))
        c->is_dropped = true;
    if (blob->blob_index == 0 && is_of_another(c, signature))
        find_by_value(c, key.bytes, key.size_bytes, signature);
    return c->is_dropped ? 0 : DEPTH_CONTENT;
}

static void mark_paused(struct jobs_collector *c, const uint8_t *base, size_t base_bytes)
{
    const uint32_t i = jobs_base_get(c, c->db, base, base_bytes, false);

    if (i != JOBS_NO_ITEM)
        c->bases.items[i].is_paused = true;
}

/* Faktory's set `paused` has the queues' names; their lists are q:<name>. */
static void paused_queue(struct jobs_collector *c, const rdbp_item *item)
{
    uint8_t base[sizeof(c->text) + 2] = "q:";

    if ((item->role != RDBP_ROLE_ELEMENT && item->role != RDBP_ROLE_MEMBER) ||
        !take_text(c, item) || c->is_text_cut)
        return;
    memcpy(base + 2, c->text, c->text_bytes);
    mark_paused(c, base, c->text_bytes + 2);
}

void jobs_items(struct jobs_collector *c, const struct rdbp_items *items)
{
    for (size_t i = 0; i < items->count && !c->is_dropped; i++) {
        switch (c->name.shape) {
        case JOBS_SHAPE_NONE:
        case JOBS_SHAPE_LOCK:
        case JOBS_SHAPE_REPLIES:
        case JOBS_SHAPE_ASYNQ_PAUSED:
        case JOBS_SHAPE_LARGE_ZSET:
        case JOBS_SHAPE_SPRING_SESSION: return;
        case JOBS_SHAPE_FAKTORY_PAUSED: paused_queue(c, &items->items[i]); break;
        case JOBS_SHAPE_HANGFIRE_STATE:
        case JOBS_SHAPE_RQ_RESULTS:
        case JOBS_SHAPE_JOB:
        case JOBS_SHAPE_META: job_item(c, &items->items[i]); break;
        case JOBS_SHAPE_BEE_JOBS:
        case JOBS_SHAPE_DRAMATIQ_MSGS:
        case JOBS_SHAPE_UNACKED: element_item(c, &items->items[i]); break;
        case JOBS_SHAPE_RESULT: take_piece(c, &items->items[i]); break;
        default: collection_item(c, &items->items[i]); break;
        }
    }
}

/* The set's figures; of a damaged value nothing is said. */
static void end_set(struct jobs_collector *c, const struct rdbp_value_end *end,
                    const struct key_row *row)
{
    const bool is_merged = ident_bytes(c) != c->key_bytes;
    uint64_t jobs = end->has_element_count ? end->element_count : c->element_count;
    struct jobs_set *s;

    if (need_set(c) == JOBS_NO_ITEM)
        return;
    s = &c->sets.items[c->set];
    if (!end->ok) {
        s->is_foreign |= !is_merged;
        return;
    }
    if (c->name.shape == JOBS_SHAPE_RESULT || c->name.shape == JOBS_SHAPE_TIMESTAMPS)
        jobs = 1;
    if (c->name.shape == JOBS_SHAPE_RESULT)
        jobs_tally_add(c, c->set, names_of_facts(c), row->bytes, ROW_NULL);
    if (c->name.shape == JOBS_SHAPE_RESQUE_DELAYED) {
        const size_t at = c->name.base_bytes + sizeof("delayed:") - 1;
        bool is_ms;
        const int64_t due =
            job_time_of_number((const char *)c->key + at, c->key_bytes - at, &is_ms);

        s->first_due_at = jobs_earlier(s->first_due_at, due);
        if (due != ROW_NULL && due < c->now_ms - LATE_MS)
            s->overdue += jobs;
    }
    s->jobs += jobs - (c->mark_count < jobs ? c->mark_count : jobs);
    s->bytes += row->bytes == ROW_NULL ? 0 : row->bytes;
    s->without_ttl += row->expires_at_ms == ROW_NULL;
    s->overdue += c->overdue;
    s->oldest_at = jobs_earlier(s->oldest_at, c->oldest_at);
    s->newest_at = jobs_later(s->newest_at, c->newest_at);
    s->first_due_at = jobs_earlier(s->first_due_at, c->first_due_at);
}

static void end_meta(struct jobs_collector *c)
{
    uint32_t i;

    if (c->version[0] == '\0' && !c->is_paused)
        return;
    i = jobs_base_get(c, c->db, c->key, c->name.base_bytes, c->version[0] != '\0');
    if (i == JOBS_NO_ITEM)
        return;
    c->bases.items[i].is_paused = c->is_paused;
    memcpy(c->bases.items[i].version, c->version, sizeof(c->version));
}

/* A key whose name is all that counts: a lock, a session; a list that a timestamps: set names. */
static void add_key_id(struct jobs_collector *c, enum jobs_id_kind kind, size_t key_bytes)
{
    const struct jobs_id id = {.base = JOBS_NO_BASE, .kind = (unsigned)kind & 7};

    jobs_id_add(c, &id, hash_of_parts(c, c->key, key_bytes, "", "", 0), true);
}

/* Whose it is is told by a set that names it. */
static void end_large_zset(struct jobs_collector *c, const struct rdbp_value_end *end,
                           const struct key_row *row)
{
    struct jobs_id id = {.base = JOBS_NO_BASE, .kind = JOBS_ID_ZSET};

    if (!end->ok || end->element_count < JOBS_MIN_TAG_JOBS || row->expires_at_ms != ROW_NULL)
        return;
    end_set(c, end, row);
    if (c->set == JOBS_NO_ITEM)
        return;
    id.item = c->set & 0x3fff;
    jobs_id_add(c, &id, hash_of_parts(c, c->key, c->key_bytes, "", "", 0), true);
}

int jobs_end(struct jobs_collector *c, const struct rdbp_value_end *end, const struct key_row *row)
{
    const enum jobs_shape shape = c->name.shape;

    switch (shape) {
    case JOBS_SHAPE_NONE: break;
    case JOBS_SHAPE_LOCK: add_key_id(c, JOBS_ID_LOCK, c->name.base_bytes); break;
    case JOBS_SHAPE_SPRING_SESSION: add_key_id(c, JOBS_ID_JOB, c->key_bytes); break;
    case JOBS_SHAPE_JOB:
        if (end->ok)
            end_job(c, row);
        break;
    case JOBS_SHAPE_META:
        if (end->ok)
            end_meta(c);
        break;
    case JOBS_SHAPE_HANGFIRE_STATE:
    case JOBS_SHAPE_RQ_RESULTS:
        if (end->ok)
            end_state(c);
        break;
    case JOBS_SHAPE_ASYNQ_PAUSED: mark_paused(c, c->key, c->name.base_bytes); break;
    case JOBS_SHAPE_FAKTORY_PAUSED: break;
    case JOBS_SHAPE_LARGE_ZSET: end_large_zset(c, end, row); break;
    case JOBS_SHAPE_RESQUE_DELAYED:
        add_key_id(c, JOBS_ID_JOB, c->key_bytes);
        end_set(c, end, row);
        break;
    default: end_set(c, end, row); break;
    }
    c->name.shape = JOBS_SHAPE_NONE;
    return c->is_out_of_memory ? -1 : 0;
}

unsigned jobs_signature(const struct jobs_collector *c)
{
    return c->signature;
}

uint64_t jobs_ignored(const struct jobs_collector *c)
{
    return c->ignored;
}
