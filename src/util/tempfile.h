/* tempfile.h -- files that are whole or not there: written beside their target, renamed at the end.
 *
 * The name of an unfinished file is registered for as long as it exists, so that a second Ctrl-C
 * (signals.h) can remove it.
 */
#ifndef RDBLENS_TEMPFILE_H
#define RDBLENS_TEMPFILE_H

#include <stdbool.h>

#include "util/error.h"

struct tempfile {
    char *path;   /* the temporary file's; NULL: none */
    char *target; /* what it will be called; NULL for a private file */
    int slot;     /* in the registry */
    unsigned mode;
};

/* An empty file beside target, created exclusively.  The umask decides its mode in the end. */
int tempfile_create(const char *target, struct tempfile *ret_file, struct error *err);
/* An empty file in $RDBLENS_TMPDIR, $TMPDIR or /var/tmp: the first that is set. */
int tempfile_create_private(struct tempfile *ret_file, struct error *err);
/* The folder tempfile_create_private() uses; borrowed. */
const char *tempfile_folder(void);
/* Makes the content durable and gives it its name.  may_replace: over an existing file, at once.
 * Without, an existing file is an error. */
int tempfile_commit(struct tempfile *file, bool may_replace, struct error *err);
/* Removes the name; open descriptors go on.  Nothing happens when there is none. */
void tempfile_remove(struct tempfile *file);

/* Only for signal handlers: removes all unfinished files. */
void tempfile_remove_all_from_signal(void);

#endif
