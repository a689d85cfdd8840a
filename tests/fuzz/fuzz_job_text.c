/* fuzz_job_text.c -- both readers of job payloads, on arbitrary text.
 *
 * The first byte chooses the size of the pieces that the text is given in.  Pieces must not
 * matter: each reader finds what it finds in the text as a whole.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/json_pick.h"
#include "sidekiq/job_json.h"
#include "util/hash.h"

/* A copy of just that size, so that reading beyond it is seen. */
static void give(void (*feed)(void *reader, const uint8_t *bytes, size_t size_bytes), void *reader,
                 const uint8_t *bytes, size_t size_bytes, size_t piece_bytes)
{
    for (size_t at = 0, n; at < size_bytes; at += n) {
        uint8_t *copy;

        n = size_bytes - at < piece_bytes ? size_bytes - at : piece_bytes;
        copy = malloc(n);
        if (copy == NULL)
            abort();
        memcpy(copy, bytes + at, n);
        feed(reader, copy, n);
        free(copy);
    }
}

/* ---- jobs/json_pick.c --------------------------------------------------------------------- */

/* All values in one number. */
struct picked {
    uint64_t hash, count;
};

static void on_value(void *user, const struct json_value *v)
{
    struct picked *const picked = user;

    if (v->text_bytes > JSON_PICK_TEXT_BYTES)
        abort();
    picked->count++;
    picked->hash = picked->hash * 31 + hash_bytes(v->text, v->text_bytes, v->path);
    picked->hash = picked->hash * 31 + v->is_string;
}

static void feed_pick(void *reader, const uint8_t *bytes, size_t size_bytes)
{
    json_pick_feed(reader, bytes, size_bytes);
}

static bool pick(const uint8_t *bytes, size_t size_bytes, size_t piece_bytes, struct picked *ret)
{
    struct json_pick p = {.on_value = on_value, .user = ret};

    *ret = (struct picked){0};
    json_pick_begin(&p);
    give(feed_pick, &p, bytes, size_bytes, piece_bytes);
    return json_pick_end(&p);
}

static void check_pick(const uint8_t *bytes, size_t size_bytes, size_t piece_bytes)
{
    struct picked whole, pieces;
    const bool is_whole = pick(bytes, size_bytes, SIZE_MAX, &whole);

    if (pick(bytes, size_bytes, piece_bytes, &pieces) != is_whole || whole.count != pieces.count ||
        whole.hash != pieces.hash || whole.count > size_bytes)
        abort();
}

/* ---- sidekiq/job_json.c ------------------------------------------------------------------- */

static void feed_parser(void *reader, const uint8_t *bytes, size_t size_bytes)
{
    job_parser_feed(reader, bytes, size_bytes);
}

static bool is_same_text(const struct job_text *a, const struct job_text *b)
{
    return a->is_set == b->is_set &&
           (!a->is_set || (a->size_bytes == b->size_bytes && a->size_bytes <= sizeof a->bytes &&
                           memcmp(a->bytes, b->bytes, a->size_bytes) == 0));
}

static bool is_same(const struct job_facts *a, const struct job_facts *b)
{
    if (!a->is_object || !b->is_object)
        return a->is_object == b->is_object;
    return a->has_jid == b->has_jid && a->has_ms_times == b->has_ms_times &&
           a->has_s_times == b->has_s_times && is_same_text(&a->class_, &b->class_) &&
           is_same_text(&a->display_class, &b->display_class) &&
           is_same_text(&a->wrapped, &b->wrapped) &&
           is_same_text(&a->error_class, &b->error_class) && is_same_text(&a->jid, &b->jid) &&
           is_same_text(&a->queue, &b->queue) && is_same_text(&a->version, &b->version) &&
           is_same_text(&a->first_arg, &b->first_arg) &&
           is_same_text(&a->job_class, &b->job_class) && is_same_text(&a->mailer, &b->mailer) &&
           is_same_text(&a->method, &b->method) && a->created_at == b->created_at &&
           a->enqueued_at == b->enqueued_at && a->failed_at == b->failed_at &&
           a->run_at == b->run_at && a->retry_count == b->retry_count &&
           a->args_bytes == b->args_bytes && a->backtrace_bytes == b->backtrace_bytes &&
           a->message_bytes == b->message_bytes && a->args_hash == b->args_hash &&
           a->payload_bytes == b->payload_bytes &&
           (a->payload_bytes == 0 || memcmp(a->payload, b->payload, a->payload_bytes) == 0);
}

static const struct job_facts *parse(struct job_parser *p, const uint8_t *bytes, size_t size_bytes,
                                     size_t piece_bytes, bool is_work)
{
    if (is_work)
        job_parser_begin_work(p, size_bytes);
    else
        job_parser_begin(p, size_bytes);
    give(feed_parser, p, bytes, size_bytes, piece_bytes);
    return job_parser_end(p);
}

static void check_facts(const uint8_t *bytes, size_t size_bytes, size_t piece_bytes, bool is_work)
{
    struct job_parser *const a = job_parser_new(), *const b = job_parser_new();
    char name[JOB_CLASS_BYTES];

    if (a != NULL && b != NULL) {
        const struct job_facts *const whole = parse(a, bytes, size_bytes, SIZE_MAX, is_work);

        if (!is_same(whole, parse(b, bytes, size_bytes, piece_bytes, is_work)) ||
            job_display_class(whole, name) > sizeof name || whole->args_bytes > size_bytes ||
            whole->backtrace_bytes > size_bytes || whole->message_bytes > size_bytes)
            abort();
    }
    job_parser_free(a);
    job_parser_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    size_t piece_bytes;

    if (size_bytes < 2)
        return 0;
    piece_bytes = 1 + data[0] % 64;
    check_pick(data + 1, size_bytes - 1, piece_bytes);
    check_facts(data + 1, size_bytes - 1, piece_bytes, false);
    check_facts(data + 1, size_bytes - 1, piece_bytes, true);
    return 0;
}
