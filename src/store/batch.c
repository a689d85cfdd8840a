/* batch.c -- key rows on their way from the decoder thread to SQLite.
 *
 *      keys:   [row 0][row 1] ... [row n-1]        fixed room, STORE_BATCH_KEYS
 *      bytes:  key 0, text 0, key 1, key 2, ...    names and, where it differs, their escaped form
 *
 * Rows hold offsets instead of pointers, since the bytes may move while they grow.  Whether a name
 * is text, and its escaped form, are worked out here, on the decoder's side, because the thread
 * that writes SQLite is the one everybody waits for.
 */
// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "util/text.h"

int store_batch_init(struct store_batch *b)
{
    memset(b, 0, sizeof *b);
    b->keys = malloc(STORE_BATCH_KEYS * sizeof *b->keys);
    b->bytes = malloc(STORE_BATCH_BYTES);
    b->capacity_bytes = STORE_BATCH_BYTES;
    if (b->keys == NULL || b->bytes == NULL) {
        store_batch_done(b);
        return -1;
    }
    return 0;
}

void store_batch_done(struct store_batch *b)
{
    free(b->keys);
    free(b->bytes);
    memset(b, 0, sizeof *b);
}

bool store_batch_is_full(const struct store_batch *b)
{
    return b->count == STORE_BATCH_KEYS || b->size_bytes >= STORE_BATCH_BYTES;
}

/* Room for n more bytes at the end. */
static int reserve(struct store_batch *b, size_t n)
{
    uint8_t *bytes;

    if (n <= b->capacity_bytes - b->size_bytes)
        return 0;
    bytes = realloc(b->bytes, b->size_bytes + n);
    if (bytes == NULL)
        return -1;
    b->bytes = bytes;
    b->capacity_bytes = b->size_bytes + n;
    return 0;
}

/* Plain ASCII without NUL and backslash, as nearly all keys are, needs no second look. */
static bool is_plain(const uint8_t *key, size_t key_bytes)
{
    for (size_t i = 0; i < key_bytes; i++) {
        if (key[i] == 0 || key[i] >= 0x80 || key[i] == '\\')
            return false;
    }
    return true;
}

struct store_key *store_batch_add(struct store_batch *b, const uint8_t *key,
                                  size_t key_stored_bytes, uint64_t key_bytes)
{
    struct store_key *k = &b->keys[b->count];
    size_t text_bytes = 0;

    memset(k, 0, sizeof *k);
    k->row.key_stored_bytes = key_stored_bytes;
    k->row.key_bytes = key_bytes;
    k->key_is_text = true;
    if (!is_plain(key, key_stored_bytes)) {
        k->key_is_text = text_is_utf8(key, key_stored_bytes);
        text_bytes = text_escaped_bytes(key, key_stored_bytes);
        if (text_bytes == key_stored_bytes)
            text_bytes = 0;
    }
    if (reserve(b, key_stored_bytes + text_bytes) < 0)
        return NULL;
    k->key_offset = b->size_bytes;
    if (key_stored_bytes > 0)
        memcpy(b->bytes + k->key_offset, key, key_stored_bytes);
    k->text_offset = k->key_offset + key_stored_bytes;
    k->text_bytes = text_bytes;
    if (text_bytes > 0)
        text_escape(key, key_stored_bytes, (char *)b->bytes + k->text_offset);
    return k;
}

void store_batch_accept(struct store_batch *b)
{
    const struct store_key *k = &b->keys[b->count];

    b->size_bytes = k->text_offset + k->text_bytes;
    b->count++;
}

const uint8_t *store_batch_key(const struct store_batch *b, const struct store_key *k)
{
    return b->bytes + k->key_offset;
}
