/* error.h -- what the program's functions say when they fail: one line and an exit code.
 *
 * Codes are the contract's: 2 could not run, 3 damaged input; see docs/ARCHITECTURE.md.
 */
#ifndef RDBLENS_ERROR_H
#define RDBLENS_ERROR_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FINDINGS = 1,
    EXIT_CANNOT_RUN = 2,
    EXIT_DAMAGED = 3,
    EXIT_SIGINT = 130,
    EXIT_SIGPIPE = 141,
    EXIT_SIGTERM = 143
};

struct error {
    enum exit_code exit_code;
    char message[512]; /* one line, without "rdblens: " and without the final newline */
};

/* Fills *err and returns -1, so that callers can write `return error_set(err, ...)`.  Names of files
 * may be given as they are: control characters and what is no UTF-8 become \xNN. */
int error_set(struct error *err, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "rdblens: ..." as a line on standard error, made fit for one as above. */
void error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
