/* value.h -- one cell as SQLite gave it, and what its column says about how to show it. */
#ifndef RDBLENS_VALUE_H
#define RDBLENS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type { VALUE_NULL = 0, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };

/* Text may hold any byte, NUL too: SQLite does not check what it is given. */
struct value {
    enum value_type type;
    int64_t integer;
    double real;
    const char *bytes; /* TEXT and BLOB: borrowed until the next row */
    size_t size_bytes;
    bool is_about; /* a number that is not exact */
};

/* How a number is shown to people.  Text is shown as text in a column of any kind. */
enum column_kind {
    COLUMN_COUNT = 0, /* 1,234,567 */
    COLUMN_PLAIN,     /* ids, databases, versions: no separators */
    COLUMN_BYTES,     /* 1.2 GiB */
    COLUMN_TIME,      /* Unix ms, as UTC */
    COLUMN_SECONDS,   /* a duration */
    COLUMN_MS,
    COLUMN_PERCENT
};

struct column {
    const char *name;    /* unique in its section: the name for programs */
    const char *heading; /* for people */
    enum column_kind kind;
    bool is_hidden; /* not for people: used by lines, or for programs only */
    bool is_wide;   /* shown when there is room for it */
    /* Above 0: a number is drawn as a bar that is so many columns long at 100. */
    unsigned bar_width;
    bool is_tree;
    const char *exact_name; /* as in struct report_file_column, borrowed from it */
};

/* What a column's name says (reports/README.md). */
enum column_kind column_kind_of_name(const char *name);

#endif
