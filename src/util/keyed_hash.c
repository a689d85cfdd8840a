/* keyed_hash.c -- HMAC-SHA256 over libmd's SHA-256.
 *
 *      SHA256(secret ^ 5c5c.. | SHA256(secret ^ 3636.. | bytes))
 *
 * Both inner states after the padded secret are made once and copied for each hash, which halves
 * the work for names of usual length.
 */
// SPDX-License-Identifier: MIT
#include "util/keyed_hash.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

struct keyed_hash {
    SHA2_CTX inner, outer;
};

static void begin(SHA2_CTX *context, const uint8_t secret[SHA256_BLOCK_LENGTH], uint8_t pad)
{
    uint8_t block[SHA256_BLOCK_LENGTH];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = secret[i] ^ pad;
    SHA256Init(context);
    SHA256Update(context, block, sizeof block);
    explicit_bzero(block, sizeof block);
}

struct keyed_hash *keyed_hash_new(const void *secret, size_t secret_bytes)
{
    struct keyed_hash *const h = malloc(sizeof *h);
    uint8_t block[SHA256_BLOCK_LENGTH] = {0};
    SHA2_CTX context;

    if (h == NULL)
        return NULL;
    if (secret_bytes > sizeof block) {
        SHA256Init(&context);
        SHA256Update(&context, secret, secret_bytes);
        SHA256Final(block, &context);
        explicit_bzero(&context, sizeof context);
    } else if (secret_bytes > 0) {
        memcpy(block, secret, secret_bytes);
    }
    begin(&h->inner, block, 0x36);
    begin(&h->outer, block, 0x5c);
    explicit_bzero(block, sizeof block);
    return h;
}

void keyed_hash_free(struct keyed_hash *h)
{
    if (h != NULL)
        explicit_bzero(h, sizeof *h);
    free(h);
}

void keyed_hash_of(const struct keyed_hash *h, const void *bytes, size_t size_bytes,
                   uint8_t out[KEYED_HASH_BYTES])
{
    SHA2_CTX context = h->inner;

    if (size_bytes > 0)
        SHA256Update(&context, bytes, size_bytes);
    SHA256Final(out, &context);
    context = h->outer;
    SHA256Update(&context, out, KEYED_HASH_BYTES);
    SHA256Final(out, &context);
}
