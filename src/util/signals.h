/* signals.h -- Ctrl-C, a closed pipe, and pages of a mapped file that are gone.
 *
 * SIGINT, SIGTERM and SIGHUP set a flag; a second one, more than half a second later, removes
 * unfinished files and ends the program. SIGPIPE and SIGXFSZ are ignored, so that writes fail with
 * an error.  SIGBUS inside the guarded mapping puts a page of zeros there and sets a flag; elsewhere
 * it ends the program as usual.
 */
#ifndef RDBLENS_SIGNALS_H
#define RDBLENS_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

void signals_install(void);
/* The signal that asked for the end, or 0. */
int signals_cancelled(void);
/* 130 or 143. */
int signals_exit_code(void);

/* One mapping at a time; base NULL ends it.  Also clears signals_mapping_failed(). */
void signals_guard_mapping(const void *base, size_t size_bytes);
bool signals_mapping_failed(void);

#endif
