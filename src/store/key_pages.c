/* key_pages.c -- writes the b-tree of key_rows straight into the database file, without SQLite.
 *
 * INSERT costs about 1.0 us a row, of which the row itself is a tenth: the rest is the virtual
 * machine and finding the place in a tree whose rows always come last.  Rows that come in the order
 * of their ids need no search.  A table b-tree is (https://www.sqlite.org/fileformat2.html):
 *
 *      leaf       [13][0 2][cells 2][start of cells 2][0]     [cell 2][cell 2]... gap [cells]
 *                 cell: [varint: record's bytes][varint: id][record]
 *                   or: [varint: record's bytes][varint: id][record's start][overflow page 4]
 *      interior   [5][0 2][cells 2][start of cells 2][0][right child 4] as above
 *                 cell: [left child 4][varint: largest id under it]
 *      overflow   [next page 4, 0 in the last][as much of the record as fits]
 *
 * Rows fill the open leaf from its end.  A full leaf gets the next page number, goes with others
 * like it to the end of the file, and leaves (page, largest id) to the open interior page above it,
 * which does the same when it is full.  So what is in memory is a buffer of leaves and one interior
 * page a level, whatever the number of rows:
 *
 *      level 1   [child, child, ...            ]  open: its right child is the open page below
 *      level 0   [leaf, leaf, leaf, ...        ]  open: its right child is the open leaf
 *      leaf      [row, row, ...                ]  open
 *
 * A page is closed only when there is something to put into the next one.  Hence no open page but
 * the uppermost is ever without children, and none is written that SQLite would call empty.
 *
 * key_pages_end() writes the open pages, each to a number of its own but the uppermost, which goes
 * to the page CREATE TABLE gave the table: last of all, after the file's header, so that the rows
 * are there at once or not at all.  The open pages stay in memory, and key_pages_begin() goes on
 * filling them for the next snapshot: no page is lost or half empty in between.
 *
 * The page that holds byte 2^30 is for SQLite's locks and never used.
 */
// SPDX-License-Identifier: MIT
#include "store/key_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/key_record.h"
#include "store/sqlite_bytes.h"

#define BUFFER_BYTES (1U << 20)

/* Of a page: 12 for interior ones. */
#define LEAF_HEADER_BYTES     8
#define INTERIOR_HEADER_BYTES 12
#define LEAF_TYPE             13
#define INTERIOR_TYPE         5

/* Two varints, and the number of an overflow page. */
#define CELL_HEAD_BYTES     18
#define OVERFLOW_LINK_BYTES 4

/* The file's header: offsets, and what this knows how to add to. */
#define FILE_HEADER_BYTES    100
#define OFFSET_PAGE_SIZE     16
#define OFFSET_WRITE_VERSION 18
#define OFFSET_READ_VERSION  19
#define OFFSET_RESERVED      20
#define OFFSET_CHANGES       24
#define OFFSET_PAGE_COUNT    28
#define OFFSET_SCHEMA_FORMAT 44
#define OFFSET_AUTO_VACUUM   52
#define OFFSET_TEXT_ENCODING 56
#define OFFSET_VALID_FOR     92
#define SCHEMA_FORMAT        4 /* with serial types 8 and 9 */
#define UTF_8                1

#define LOCK_BYTE      0x40000000U
#define MAX_PAGE_COUNT 1073741823U /* SQLite's own default */

/* A page of 512 bytes, the smallest, has 33 children at least, so seven levels hold more pages than
 * there are numbers. */
#define MAX_LEVELS 8

struct child {
    uint32_t page;
    int64_t last_id;
};

struct level {
    struct child *children; /* closed ones; the open page below is not among them */
    size_t count;
    size_t cell_bytes; /* of the children, with their offsets */
    uint32_t page;     /* 0: none yet */
};

struct key_pages {
    int fd;
    uint32_t root_page;
    uint32_t page_size;
    uint32_t lock_page;
    uint32_t page_count;
    size_t max_local; /* a record that is longer than this spills ... */
    size_t min_local; /* ... and this much of it stays at least */
    int64_t last_id;

    /* Closed leaves that follow each other in the file, then the open one. */
    uint8_t *buffer;
    size_t buffer_pages;
    size_t waiting_at, waiting_count; /* places in the buffer */
    uint32_t waiting_page;            /* the first one's number */

    uint8_t *leaf;
    uint32_t leaf_page; /* 0: none yet */
    size_t cell_count;
    size_t content; /* where its cells start */

    struct level levels[MAX_LEVELS];
    uint8_t *page;   /* for one that is not a leaf */
    uint8_t *record; /* for one that has to be looked at first; made when needed */
    size_t record_capacity;
};

struct key_pages *key_pages_new(int fd, uint32_t root_page)
{
    struct key_pages *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->fd = fd;
    p->root_page = root_page;
    p->last_id = INT64_MIN;
    return p;
}

void key_pages_free(struct key_pages *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < MAX_LEVELS; i++)
        free(p->levels[i].children);
    free(p->buffer);
    free(p->page);
    free(p->record);
    free(p);
}

int64_t key_pages_file_bytes(const struct key_pages *p)
{
    return (int64_t)p->page_count * p->page_size;
}

/* ---- the file ------------------------------------------------------------------------------- */

static int read_at(int fd, uint8_t *bytes, size_t size_bytes, int64_t offset)
{
    while (size_bytes > 0) {
        const ssize_t n = pread(fd, bytes, size_bytes, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return -1;
        }
        bytes += n;
        size_bytes -= (size_t)n;
        offset += n;
    }
    return 0;
}

static int write_at(int fd, const uint8_t *bytes, size_t size_bytes, int64_t offset)
{
    while (size_bytes > 0) {
        const ssize_t n = pwrite(fd, bytes, size_bytes, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return -1;
        }
        bytes += n;
        size_bytes -= (size_t)n;
        offset += n;
    }
    return 0;
}

static int write_page(struct key_pages *p, const uint8_t *bytes, uint32_t page, size_t count)
{
    return write_at(p->fd, bytes, count * p->page_size, ((int64_t)page - 1) * p->page_size);
}

/* The next number at the end of the file. */
static int take_page(struct key_pages *p, uint32_t *ret_page)
{
    uint32_t page = p->page_count + 1;

    if (page == p->lock_page)
        page++;
    if (page > MAX_PAGE_COUNT) {
        errno = EFBIG;
        return -1;
    }
    p->page_count = page;
    *ret_page = page;
    return 0;
}

/* ---- interior pages ------------------------------------------------------------------------- */

static int write_interior(struct key_pages *p, const struct level *l, size_t count,
                          uint32_t right_child, uint32_t page)
{
    uint8_t *cell = p->page + p->page_size;

    memset(p->page, 0, p->page_size);
    for (size_t i = 0; i < count; i++) {
        cell = put_varint_before(cell, (uint64_t)l->children[i].last_id);
        cell -= 4;
        put_be32(cell, l->children[i].page);
        put_be16(p->page + INTERIOR_HEADER_BYTES + 2 * i, (size_t)(cell - p->page));
    }
    p->page[0] = INTERIOR_TYPE;
    put_be16(p->page + 3, count);
    put_be16(p->page + 5, (size_t)(cell - p->page));
    put_be32(p->page + 8, right_child);
    return write_page(p, p->page, page, 1);
}

/* Gives a closed page to the level above it, which may close a page there, and so on. */
static int add_child(struct key_pages *p, struct child child)
{
    const size_t room = p->page_size - INTERIOR_HEADER_BYTES;

    for (size_t i = 0; i < MAX_LEVELS; i++) {
        struct level *l = &p->levels[i];
        const size_t cell_bytes = 2 + 4 + varint_bytes((uint64_t)child.last_id);
        struct child last;

        if (l->children == NULL) {
            l->children = malloc((room / (2 + 4 + 1) + 1) * sizeof *l->children);
            if (l->children == NULL)
                return -1;
        }
        if (l->cell_bytes + cell_bytes <= room) {
            l->children[l->count++] = child;
            l->cell_bytes += cell_bytes;
            return 0;
        }
        last = l->children[l->count - 1];
        if ((l->page == 0 && take_page(p, &l->page) < 0) ||
            write_interior(p, l, l->count - 1, last.page, l->page) < 0)
            return -1;
        l->children[0] = child;
        l->count = 1;
        l->cell_bytes = cell_bytes;
        child = (struct child){.page = l->page, .last_id = last.last_id};
        l->page = 0;
    }
    errno = EFBIG;
    return -1;
}

/* ---- leaves --------------------------------------------------------------------------------- */

static int write_waiting(struct key_pages *p)
{
    const uint8_t *bytes = p->buffer + p->waiting_at * p->page_size;

    if (p->waiting_count > 0 && write_page(p, bytes, p->waiting_page, p->waiting_count) < 0)
        return -1;
    p->waiting_at += p->waiting_count;
    p->waiting_count = 0;
    return 0;
}

static void start_leaf(struct key_pages *p)
{
    p->leaf = p->buffer + (p->waiting_at + p->waiting_count) * p->page_size;
    p->leaf_page = 0;
    p->cell_count = 0;
    p->content = p->page_size;
}

/* Header and gap of the open leaf, which is a valid page then. */
static void finish_leaf(struct key_pages *p)
{
    const size_t cells = LEAF_HEADER_BYTES + 2 * p->cell_count;

    memset(p->leaf, 0, LEAF_HEADER_BYTES);
    memset(p->leaf + cells, 0, p->content - cells);
    p->leaf[0] = LEAF_TYPE;
    put_be16(p->leaf + 3, p->cell_count);
    put_be16(p->leaf + 5, p->content);
}

static int close_leaf(struct key_pages *p)
{
    finish_leaf(p);
    if (p->leaf_page == 0 && take_page(p, &p->leaf_page) < 0)
        return -1;
    if (p->leaf_page != p->waiting_page + p->waiting_count) {
        if (write_waiting(p) < 0)
            return -1;
        p->waiting_page = p->leaf_page;
    }
    p->waiting_count++;
    if (p->waiting_at + p->waiting_count == p->buffer_pages) {
        if (write_waiting(p) < 0)
            return -1;
        p->waiting_at = 0;
    }
    if (add_child(p, (struct child){.page = p->leaf_page, .last_id = p->last_id}) < 0)
        return -1;
    start_leaf(p);
    return 0;
}

/* Bytes between the last cell's offset and the cells. */
static size_t leaf_room(const struct key_pages *p)
{
    return p->content - LEAF_HEADER_BYTES - 2 * p->cell_count;
}

static void add_cell_offset(struct key_pages *p, const uint8_t *cell)
{
    p->content = (size_t)(cell - p->leaf);
    put_be16(p->leaf + LEAF_HEADER_BYTES + 2 * p->cell_count, p->content);
    p->cell_count++;
}

/* The end of a record on pages of its own. */
static int write_overflow(struct key_pages *p, const uint8_t *bytes, size_t size_bytes,
                          uint32_t *ret_first_page)
{
    const size_t room = p->page_size - OVERFLOW_LINK_BYTES;
    uint32_t page, next;

    if (take_page(p, &page) < 0)
        return -1;
    *ret_first_page = page;
    while (size_bytes > 0) {
        const size_t n = size_bytes < room ? size_bytes : room;

        next = 0;
        if (n < size_bytes && take_page(p, &next) < 0)
            return -1;
        put_be32(p->page, next);
        memcpy(p->page + OVERFLOW_LINK_BYTES, bytes, n);
        memset(p->page + OVERFLOW_LINK_BYTES + n, 0, room - n);
        if (write_page(p, p->page, page, 1) < 0)
            return -1;
        bytes += n;
        size_bytes -= n;
        page = next;
    }
    return 0;
}

static int reserve_record(struct key_pages *p, size_t size_bytes)
{
    uint8_t *grown;

    if (size_bytes <= p->record_capacity)
        return 0;
    grown = realloc(p->record, size_bytes);
    if (grown == NULL)
        return -1;
    p->record = grown;
    p->record_capacity = size_bytes;
    return 0;
}

/* A row that may not fit into the open leaf, or into any: its record is made beside it. */
static int add_row_apart(struct key_pages *p, int64_t id, const struct store_batch *b,
                         const struct store_key *k)
{
    const size_t capacity = KEY_RECORD_FIXED_BYTES + k->row.key_stored_bytes + k->text_bytes;
    const size_t spill_unit = p->page_size - OVERFLOW_LINK_BYTES;
    const uint8_t *record;
    size_t size_bytes, local, cell_bytes;
    uint32_t overflow_page = 0;
    uint8_t *cell;

    if (reserve_record(p, capacity) < 0)
        return -1;
    record = key_record_write(p->record + capacity, b, k);
    size_bytes = local = (size_t)(p->record + capacity - record);
    if (size_bytes > p->max_local) {
        local = p->min_local + (size_bytes - p->min_local) % spill_unit;
        if (local > p->max_local)
            local = p->min_local;
        if (write_overflow(p, record + local, size_bytes - local, &overflow_page) < 0)
            return -1;
    }
    cell_bytes = varint_bytes(size_bytes) + varint_bytes((uint64_t)id) + local +
                 (overflow_page == 0 ? 0 : OVERFLOW_LINK_BYTES);
    if (cell_bytes + 2 > leaf_room(p) && close_leaf(p) < 0)
        return -1;
    cell = p->leaf + p->content;
    if (overflow_page != 0) {
        cell -= OVERFLOW_LINK_BYTES;
        put_be32(cell, overflow_page);
    }
    cell -= local;
    memcpy(cell, record, local);
    cell = put_varint_before(cell, (uint64_t)id);
    add_cell_offset(p, put_varint_before(cell, size_bytes));
    return 0;
}

static int add_row(struct key_pages *p, int64_t id, const struct store_batch *b,
                   const struct store_key *k)
{
    const size_t bound = KEY_RECORD_FIXED_BYTES + k->row.key_stored_bytes + k->text_bytes;
    uint8_t *end = p->leaf + p->content;
    uint8_t *record, *cell;

    if (bound > p->max_local || bound + CELL_HEAD_BYTES + 2 > leaf_room(p))
        return add_row_apart(p, id, b, k);
    record = key_record_write(end, b, k);
    cell = put_varint_before(record, (uint64_t)id);
    add_cell_offset(p, put_varint_before(cell, (size_t)(end - record)));
    return 0;
}

int key_pages_add(struct key_pages *p, uint64_t snapshot_id, const struct store_batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct store_key *k = &b->keys[i];
        const int64_t id = (int64_t)(snapshot_id << 40 | k->row.n);

        if (id <= p->last_id) {
            errno = EINVAL;
            return -1;
        }
        if (add_row(p, id, b, k) < 0)
            return -1;
        p->last_id = id;
    }
    return 0;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

/* Whether the file is as this writes it; only then *ret_page_size and *ret_page_count. */
static bool is_known_format(const uint8_t *header, off_t file_bytes, uint32_t *ret_page_size,
                            uint32_t *ret_page_count)
{
    const uint32_t page_size =
        get_be16(header + OFFSET_PAGE_SIZE) == 1 ? 65536 : get_be16(header + OFFSET_PAGE_SIZE);
    const uint32_t page_count = get_be32(header + OFFSET_PAGE_COUNT);

    if (memcmp(header, "SQLite format 3", 16) != 0 || page_size < 512 ||
        (page_size & (page_size - 1)) != 0)
        return false;
    if (header[OFFSET_WRITE_VERSION] != 1 || header[OFFSET_READ_VERSION] != 1 ||
        header[OFFSET_RESERVED] != 0 || get_be32(header + OFFSET_SCHEMA_FORMAT) != SCHEMA_FORMAT ||
        get_be32(header + OFFSET_AUTO_VACUUM) != 0 ||
        get_be32(header + OFFSET_TEXT_ENCODING) != UTF_8 ||
        get_be32(header + OFFSET_CHANGES) != get_be32(header + OFFSET_VALID_FOR))
        return false;
    *ret_page_size = page_size;
    *ret_page_count = page_count;
    return file_bytes == (off_t)page_count * page_size;
}

/* 1: the table's root is a leaf without rows; 0: it is not. */
static int check_root(struct key_pages *p)
{
    uint8_t head[LEAF_HEADER_BYTES];

    if (p->root_page < 2 || p->root_page > p->page_count)
        return 0;
    if (read_at(p->fd, head, sizeof head, ((int64_t)p->root_page - 1) * p->page_size) < 0)
        return -1;
    return head[0] == LEAF_TYPE && get_be16(head + 3) == 0;
}

/* The first time: sizes that follow from the page's.  1, as key_pages_begin(). */
static int set_up(struct key_pages *p)
{
    p->lock_page = LOCK_BYTE / p->page_size + 1;
    p->max_local = p->page_size - 35;
    p->min_local = (p->page_size - 12) * 32 / 255 - 23;
    p->buffer_pages = BUFFER_BYTES / p->page_size;
    p->buffer = malloc(BUFFER_BYTES);
    p->page = malloc(p->page_size);
    if (p->buffer == NULL || p->page == NULL)
        return -1;
    start_leaf(p);
    return 1;
}

int key_pages_begin(struct key_pages *p)
{
    uint8_t header[FILE_HEADER_BYTES];
    const bool is_first = p->page_size == 0;
    uint32_t page_size, page_count;
    struct stat st;
    int r;

    if (fstat(p->fd, &st) < 0)
        return -1;
    if (st.st_size < FILE_HEADER_BYTES)
        return 0;
    if (read_at(p->fd, header, sizeof header, 0) < 0)
        return -1;
    if (!is_known_format(header, st.st_size, &page_size, &page_count) ||
        (!is_first && page_size != p->page_size))
        return 0;
    p->page_size = page_size;
    p->page_count = page_count;
    if (!is_first)
        return 1;
    r = check_root(p);
    return r == 1 ? set_up(p) : r;
}

/* The open pages below the root; *ret_top: the level that goes there, MAX_LEVELS for the leaf. */
static int write_open_pages(struct key_pages *p, size_t *ret_top, uint32_t *ret_right_child)
{
    size_t top = 0;
    uint32_t child;

    finish_leaf(p);
    if (p->levels[0].count == 0) {
        *ret_top = MAX_LEVELS;
        return 0;
    }
    if ((p->leaf_page == 0 && take_page(p, &p->leaf_page) < 0) ||
        write_page(p, p->leaf, p->leaf_page, 1) < 0)
        return -1;
    child = p->leaf_page;
    for (; top + 1 < MAX_LEVELS && p->levels[top + 1].count > 0; top++) {
        struct level *l = &p->levels[top];

        if ((l->page == 0 && take_page(p, &l->page) < 0) ||
            write_interior(p, l, l->count, child, l->page) < 0)
            return -1;
        child = l->page;
    }
    *ret_top = top;
    *ret_right_child = child;
    return 0;
}

/* The new length, and a change that makes SQLite forget what it has read. */
static int write_file_header(struct key_pages *p)
{
    uint8_t header[FILE_HEADER_BYTES];
    uint32_t changes;

    if (read_at(p->fd, header, sizeof header, 0) < 0)
        return -1;
    changes = get_be32(header + OFFSET_CHANGES) + 1;
    put_be32(header + OFFSET_CHANGES, changes);
    put_be32(header + OFFSET_PAGE_COUNT, p->page_count);
    put_be32(header + OFFSET_VALID_FOR, changes);
    return write_at(p->fd, header, sizeof header, 0);
}

int key_pages_end(struct key_pages *p)
{
    uint32_t right_child = 0;
    size_t top;

    if (p->cell_count == 0)
        return 0;
    if (write_waiting(p) < 0 || write_open_pages(p, &top, &right_child) < 0 ||
        write_file_header(p) < 0)
        return -1;
    if (top == MAX_LEVELS)
        return write_page(p, p->leaf, p->root_page, 1);
    return write_interior(p, &p->levels[top], p->levels[top].count, right_child, p->root_page);
}
