/* progress.h -- one line on standard error while a snapshot is read; nothing when it is no
 * terminal. */
#ifndef RDBLENS_PROGRESS_H
#define RDBLENS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool is_on, is_shown;
    uint64_t total_bytes; /* 0: not known */
    int64_t started_ms, shown_ms;
};

void progress_start(struct progress *p, bool is_wanted, uint64_t total_bytes);
/* At most five times a second. */
void progress_show(struct progress *p, uint64_t done_bytes, uint64_t keys);
/* Takes the line away. */
void progress_clear(struct progress *p);

#endif
