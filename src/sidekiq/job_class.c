/* job_class.c -- the class of a job as Sidekiq's own pages show it.
 *
 *     display_class                                      when the client sets it
 *     ActiveJob's wrapper       wrapped, else args[0].job_class
 *       of a mailer job         Mailer#method: the first two of args[0].arguments
 *     Sidekiq::Extensions::Delayed*
 *                               Target.method: the first two items of the YAML list in args[0]
 *     else                      class
 *
 * Upstream: sidekiq lib/sidekiq/api.rb, JobRecord#display_class (6.4 to 8.1).  The YAML may hold
 * Ruby objects; it is only ever matched as text:
 *
 *     ---                               ---
 *     - !ruby/class 'UserMailer'        - !ruby/object:User
 *     - :welcome                          attributes: ...
 *     - - 42                            - :touch
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "sidekiq/job_json.h"

static bool is_text(const struct job_text *t, const char *word)
{
    return t->is_set && t->size_bytes == strlen(word) && memcmp(t->bytes, word, t->size_bytes) == 0;
}

static bool starts_with(const struct job_text *t, const char *word)
{
    return t->is_set && t->size_bytes >= strlen(word) && memcmp(t->bytes, word, strlen(word)) == 0;
}

static size_t put(char *out, const struct job_text *t)
{
    memcpy(out, t->bytes, t->size_bytes);
    return t->size_bytes;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':' || c == '?' || c == '!' || (c & 0x80);
}

/* The name in a list item behind its dash: tag, quotes and a symbol's colon left out. */
static size_t item_name(const char *p, const char *end, const char **ret_name)
{
    static const char *const tags[] = {"!ruby/class ", "!ruby/module ",
                                       "!ruby/object:", "!ruby/ActiveRecord:"};
    const char *name;

    while (p < end && *p == ' ')
        p++;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        const size_t tag_bytes = strlen(tags[i]);

        if ((size_t)(end - p) > tag_bytes && memcmp(p, tags[i], tag_bytes) == 0) {
            p += tag_bytes;
            break;
        }
    }
    if (p < end && (*p == '\'' || *p == '"'))
        p++;
    if (p < end && *p == ':')
        p++;
    for (name = p; p < end && is_name(*p);)
        p++;
    *ret_name = name;
    return (size_t)(p - name);
}

/* Target.method of a delayed extension's YAML, or 0.  Items of the outer list stand in the first
 * column. */
static size_t delayed_name(const struct job_text *yaml, char *out)
{
    const char *p = yaml->bytes, *const end = yaml->bytes + yaml->size_bytes;
    size_t used = 0;
    int items = 0;

    if (!yaml->is_set)
        return 0;
    while (p < end && items < 2) {
        const char *const newline = memchr(p, '\n', (size_t)(end - p));
        const char *const line_end = newline ? newline : end;
        const char *name;
        size_t n;

        if (line_end - p > 2 && p[0] == '-' && p[1] == ' ') {
            n = item_name(p + 2, line_end, &name);
            if (n == 0)
                return 0;
            if (items == 1)
                out[used++] = '.';
            memcpy(out + used, name, n);
            used += n;
            items++;
        }
        p = newline ? newline + 1 : end;
    }
    return items == 2 ? used : 0;
}

size_t job_display_class(const struct job_facts *job, char *out)
{
    const struct job_text *real;
    size_t used;

    if (!job->class_.is_set || job->class_.size_bytes == 0)
        return 0;
    if (job->display_class.is_set && job->display_class.size_bytes > 0)
        return put(out, &job->display_class);
    if (is_text(&job->class_, "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper") ||
        is_text(&job->class_, "Sidekiq::ActiveJob::Wrapper")) {
        real = job->wrapped.is_set ? &job->wrapped : &job->job_class;
        if (!real->is_set || real->size_bytes == 0)
            return put(out, &job->class_);
        if (!job->mailer.is_set || (!is_text(real, "ActionMailer::DeliveryJob") &&
                                    !is_text(real, "ActionMailer::MailDeliveryJob")))
            return put(out, real);
        used = put(out, &job->mailer);
        if (job->method.is_set) {
            out[used++] = '#';
            used += put(out + used, &job->method);
        }
        return used;
    }
    if (starts_with(&job->class_, "Sidekiq::Extensions::Delayed")) {
        used = delayed_name(&job->first_arg, out);
        if (used > 0)
            return used;
    }
    return put(out, &job->class_);
}
