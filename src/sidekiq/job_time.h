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
/* Is `at_ms` so many days after a moment of that day (YYYY-MM-DD) or of the next, as the expiry of
 * a dated counter is?  The last flush of a day may come a little after midnight. */
bool job_time_is_days_after(const char *day, int64_t at_ms, unsigned days);

/* How long dated counters live: as 2.12.3 to 2.x set it, and as 3.x and 5.2 and later do. */
#define STAT_DAYS_180     180
#define STAT_DAYS_5_YEARS (5 * 365)

#endif
