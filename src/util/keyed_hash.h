/* keyed_hash.h -- HMAC-SHA256 (RFC 2104), for hashes that nobody can guess without the secret. */
#ifndef RDBLENS_KEYED_HASH_H
#define RDBLENS_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

#define KEYED_HASH_BYTES 32

struct keyed_hash;

/* The secret may have any length; it is not kept.  NULL: out of memory. */
struct keyed_hash *keyed_hash_new(const void *secret, size_t secret_bytes);
/* Wipes what comes from the secret.  NULL is fine. */
void keyed_hash_free(struct keyed_hash *h);
void keyed_hash_of(const struct keyed_hash *h, const void *bytes, size_t size_bytes,
                   uint8_t out[KEYED_HASH_BYTES]);

#endif
