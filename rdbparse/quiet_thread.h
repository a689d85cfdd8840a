/* quiet_thread.h -- starting a thread of the library's own, which no signal is delivered to.
 */
#ifndef RDBPARSE_QUIET_THREAD_H
#define RDBPARSE_QUIET_THREAD_H

#include <pthread.h>

/* pthread_create() with all signals blocked in the new thread but those of a fault, whose handlers
 * run where it happened.  0, or why there is no thread. */
int quiet_thread_start(pthread_t *ret_thread, void *(*run)(void *), void *arg);

#endif
