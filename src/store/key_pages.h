/* key_pages.h -- writes the b-tree of key_rows straight into the database file, without SQLite.
 *
 *      key_pages_new()
 *      key_pages_begin()       SQLite has let go of the file
 *        key_pages_add()       in batches, ids ascending
 *      key_pages_end()         SQLite may have it again; key_pages_begin() goes on later
 *      key_pages_free()
 *
 * Functions that fail return -1 and set errno; the file is good for nothing then.
 */
#ifndef RDBLENS_KEY_PAGES_H
#define RDBLENS_KEY_PAGES_H

#include "store/store.h"

struct key_pages;

/* fd: the database, open for reading and writing; borrowed.  root_page: of key_rows, as
 * sqlite_schema says.  NULL when out of memory. */
struct key_pages *key_pages_new(int fd, uint32_t root_page);
void key_pages_free(struct key_pages *p);

/* 1: rows may come; 0: this is not a file for it (nothing was changed), use SQL; -1: error.  The
 * first time the table must be empty, and from then on nobody else may write into it. */
int key_pages_begin(struct key_pages *p);
int key_pages_add(struct key_pages *p, uint64_t snapshot_id, const struct store_batch *b);
/* Makes the rows part of the table. */
int key_pages_end(struct key_pages *p);

/* The length the file has come to. */
int64_t key_pages_file_bytes(const struct key_pages *p);

#endif
