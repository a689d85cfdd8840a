/* failing_malloc.h -- the n-th allocation fails, and all after it.
 *
 * For tests that are linked with failing_malloc_args (tests/meson.build): the linker puts these
 * functions before the C library's.
 */
#ifndef RDBLENS_TEST_FAILING_MALLOC_H
#define RDBLENS_TEST_FAILING_MALLOC_H

/* So many allocations work from now on; -1: all. */
extern long allocations_left;

#endif
