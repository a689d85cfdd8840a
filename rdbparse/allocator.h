/* allocator.h -- the caller's realloc-like hook, or the C library's.
 *
 * Sizes are size_t and already bounded by whoever asks; nothing here multiplies.
 */
#ifndef RDBPARSE_ALLOCATOR_H
#define RDBPARSE_ALLOCATOR_H

#include <stddef.h>
#include <stdlib.h>

struct allocator {
    void *(*reallocate)(void *user, void *ptr, size_t size_bytes); /* NULL: realloc() and free() */
    void *user;
};

/* ptr may be NULL; size_bytes > 0.  NULL when there is no memory: ptr is then still valid. */
static inline void *allocator_resize(const struct allocator *a, void *ptr, size_t size_bytes)
{
    if (a->reallocate)
        return a->reallocate(a->user, ptr, size_bytes);
    return realloc(ptr, size_bytes);
}

static inline void *allocator_get(const struct allocator *a, size_t size_bytes)
{
    return allocator_resize(a, NULL, size_bytes);
}

static inline void allocator_release(const struct allocator *a, void *ptr)
{
    if (!ptr)
        return;
    if (a->reallocate)
        (void)a->reallocate(a->user, ptr, 0);
    else
        free(ptr);
}

#endif
