/* supply.h -- the same bytes in every container and through every kind of input. */
#ifndef TEST_INPUT_SUPPLY_H
#define TEST_INPUT_SUPPLY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack.h"
#include "reader.h"

/* 40 characters, as the mark of a diskless replication stream. */
#define MARK "0123456789abcdef0123456789abcdef01234567"

struct container_row {
    const char *name;
    struct bytes (*pack)(const uint8_t *p, size_t n);
    const char *container; /* reader_container() */
    bool may_be_cut;       /* some prefixes hold all of the content and are whole */
};
extern const struct container_row containers[];
extern const size_t container_count;
/* Places in the table that tests name. */
enum { CONTAINER_PLAIN = 0, CONTAINER_GZIP = 1, CONTAINER_LZ4_LEGACY = 9 };

struct bytes pack_plain(const uint8_t *p, size_t n);
struct bytes pack_nested(const uint8_t *p, size_t n); /* four deep */
struct bytes frame_length(const uint8_t *p, size_t n);
struct bytes frame_eof_mark(const uint8_t *p, size_t n);
/* Both take over their struct bytes. */
struct bytes frame(const char *head, struct bytes payload);
struct bytes pack_twice(struct bytes (*outer)(const uint8_t *, size_t), struct bytes inner);

enum input { INPUT_MMAP, INPUT_PREAD, INPUT_FD, INPUT_PIPE, INPUT_MEMORY, INPUT_COUNT };
extern const char *const input_names[INPUT_COUNT];

/* Bytes as a file, pipe or memory; a pipe is filled by a thread, in uneven pieces. */
struct supply {
    enum input input;
    const struct bytes *bytes;
    char path[64];
    int fd;
    int write_fd;
    pthread_t writer;
};

void supply_open(struct supply *s, enum input input, const struct bytes *b);
void supply_close(struct supply *s);

/* The words that meson.build gives: "ahead" opens with a thread that reads ahead from the first
 * byte on, "ahead-late" with one that comes in between. */
void supply_take_arguments(int argc, char **argv);
/* "ahead": every reader has a thread, and what asks thousands of them asks fewer. */
bool supply_is_ahead(void);

/* reader_open() of it. */
int open_supply(struct reader **ret_reader, const struct supply *s, rdbp_options options,
                rdbp_error *ret_error);

#endif
