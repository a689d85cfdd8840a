/* job_time.h -- points in time as job payloads write them. */
#ifndef RDBLENS_JOB_TIME_H
#define RDBLENS_JOB_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key_row.h"

/* A JSON number's text: an integer from 10^11 on is milliseconds (Sidekiq 8), any other seconds.
 * Unix ms, or ROW_NULL when it does not fit. */
int64_t job_time_of_number(const char *text, size_t text_bytes, bool *ret_is_ms);
/* ISO 8601, `2013-03-07 12:23:45 UTC` (2.x) or `2013/03/07 12:23:45 UTC`; ROW_NULL when it is none.
 */
int64_t job_time_of_text(const char *text, size_t text_bytes);
/* A score: float seconds in every version. */
int64_t job_time_of_score(double seconds);

#endif
