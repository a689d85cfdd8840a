/* redact.h -- --redact-keys: report databases whose names are keyed hashes.
 *
 * Redaction is a copy: rows go from a finished database into a new one, names through the functions
 * that redact.sql names, so that no original byte ever is in the new file.
 */
#ifndef RDBLENS_REDACT_H
#define RDBLENS_REDACT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/store.h"
#include "util/error.h"

enum redact_mode {
    REDACT_PARTS = 0, /* what varies from key to key of a pattern */
    REDACT_NAMES,     /* whole names, and the patterns */
    REDACT_NOT,
    REDACT_MODE_COUNT_
};
/* "parts", "names", "no". */
const char *redact_mode_name(enum redact_mode mode);
enum redact_mode redact_mode_named(const char *name);

struct keyed_hash;
/* With the secret in a file, else (path is NULL) with one of this run.  Exit code 2 when the file
 * cannot be read or holds too little to be a secret. */
int redact_load_secret(const char *path, struct keyed_hash **ret_hash, struct error *err);

/* Whether the database has been redacted; *ret_mode is REDACT_NOT when it has not. */
int redact_find_mode(sqlite3 *db, enum redact_mode *ret_mode, struct error *err);

/* All rows of src, which gets functions of its own by this, into a new and empty store. */
int redact_copy(sqlite3 *src, enum redact_mode mode, const struct keyed_hash *hash,
                struct store *to, struct error *err);

#endif
