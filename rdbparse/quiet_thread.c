/* quiet_thread.c -- starting a thread of the library's own, which no signal is delivered to.
 *
 * The caller's program may count on a signal interrupting a call of its own threads; taken here it
 * would tell nobody.
 */
// SPDX-License-Identifier: MIT
#include "quiet_thread.h"

#include <signal.h>

int quiet_thread_start(pthread_t *ret_thread, void *(*run)(void *), void *arg)
{
    sigset_t quiet, before;
    int r;

    sigfillset(&quiet);
    sigdelset(&quiet, SIGBUS);
    sigdelset(&quiet, SIGSEGV);
    sigdelset(&quiet, SIGFPE);
    sigdelset(&quiet, SIGILL);
    pthread_sigmask(SIG_SETMASK, &quiet, &before);
    r = pthread_create(ret_thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}
