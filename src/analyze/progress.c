/* progress.c -- one line on standard error:  " 42 %  512 MB/s  1234567 keys  0:07 left". */
// SPDX-License-Identifier: MIT
#include "analyze/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MS 200

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_start(struct progress *p, bool is_wanted, uint64_t total_bytes)
{
    memset(p, 0, sizeof *p);
    p->is_on = is_wanted && isatty(STDERR_FILENO);
    p->total_bytes = total_bytes;
    p->started_ms = p->shown_ms = now_ms();
}

void progress_show(struct progress *p, uint64_t done_bytes, uint64_t keys)
{
    char part[16] = "", left[32] = "";
    double seconds, rate;
    int64_t now;

    if (!p->is_on)
        return;
    now = now_ms();
    if (now - p->shown_ms < INTERVAL_MS)
        return;
    p->shown_ms = now;
    seconds = (double)(now - p->started_ms) / 1000;
    rate = (double)done_bytes / seconds;
    if (p->total_bytes > 0 && done_bytes <= p->total_bytes && rate > 0) {
        const int64_t s = (int64_t)((double)(p->total_bytes - done_bytes) / rate);

        snprintf(part, sizeof part, "%3.0f %%  ",
                 100 * (double)done_bytes / (double)p->total_bytes);
        snprintf(left, sizeof left, "  %" PRId64 ":%02" PRId64 " left", s / 60, s % 60);
    }
    fprintf(stderr, "\r%s%.0f MB/s  %" PRIu64 " keys%s\033[K", part, rate / 1e6, keys, left);
    fflush(stderr);
    p->is_shown = true;
}

void progress_clear(struct progress *p)
{
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
}
