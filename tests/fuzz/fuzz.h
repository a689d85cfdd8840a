/* fuzz.h -- the one entry point every fuzz target has. */
#ifndef RDBLENS_FUZZ_H
#define RDBLENS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

#endif
