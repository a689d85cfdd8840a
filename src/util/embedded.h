/* embedded.h -- files built into the program by scripts/embed.py. */
#ifndef RDBLENS_EMBEDDED_H
#define RDBLENS_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; /* without its folder */
    const char *text; /* NUL-terminated; the NUL is not counted */
    size_t size_bytes;
};

#endif
