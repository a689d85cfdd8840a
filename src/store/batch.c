/* batch.c -- key rows on their way from the decoder thread to the database.
 *
 *      keys:   [row 0][row 1] ... [row n-1]        fixed room, STORE_BATCH_KEYS
 *      bytes:  key 0, key 1, key 2, ... text 1     names, then the escaped forms of those few that
 *                                                  are not plain
 *
 * Rows hold offsets instead of pointers, since the bytes may move while they grow.
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
    free(b->facts);
    free(b->bytes);
    memset(b, 0, sizeof *b);
}

void store_batch_clear(struct store_batch *b)
{
    b->count = 0;
    b->fact_count = 0;
    b->size_bytes = 0;
}

bool store_batch_is_full(const struct store_batch *b)
{
    return b->count == STORE_BATCH_KEYS || b->size_bytes >= STORE_BATCH_BYTES;
}

/* Room for n more bytes at the end.  Grows in whole steps: names and escaped forms come one by
 * one. */
static int reserve(struct store_batch *b, size_t n)
{
    const size_t steps = (b->size_bytes + n) / STORE_BATCH_BYTES + 1;
    uint8_t *bytes;

    if (n <= b->capacity_bytes - b->size_bytes)
        return 0;
    bytes = realloc(b->bytes, steps * STORE_BATCH_BYTES);
    if (bytes == NULL)
        return -1;
    b->bytes = bytes;
    b->capacity_bytes = steps * STORE_BATCH_BYTES;
    return 0;
}

/* Any byte of eight that is NUL, a backslash or beyond ASCII: the usual test for a zero byte, which
 * may also hit the byte above one; then the name is only looked at again. */
static bool has_odd_byte(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    const uint64_t slashed = word ^ ones * '\\';

    return ((word | (word - ones) | (slashed - ones)) & tops) != 0;
}

/* Plain ASCII without NUL and backslash, as nearly all keys are, needs no second look. */
static bool is_plain(const uint8_t *key, size_t key_bytes)
{
    uint64_t word;

    for (; key_bytes >= sizeof word; key += sizeof word, key_bytes -= sizeof word) {
        memcpy(&word, key, sizeof word);
        if (has_odd_byte(word))
            return false;
    }
    for (size_t i = 0; i < key_bytes; i++) {
        if (key[i] == 0 || key[i] >= 0x80 || key[i] == '\\')
            return false;
    }
    return true;
}

struct store_key *store_batch_add(struct store_batch *b, const uint8_t *key,
                                  size_t key_stored_bytes, uint64_t key_bytes)
{
    struct store_key *const k = &b->keys[b->count];

    if (reserve(b, key_stored_bytes) < 0)
        return NULL;
    memset(k, 0, sizeof *k);
    k->row.key_stored_bytes = key_stored_bytes;
    k->row.key_bytes = key_bytes;
    k->key_offset = b->size_bytes;
    if (key_stored_bytes > 0)
        memcpy(b->bytes + k->key_offset, key, key_stored_bytes);
    return k;
}

void store_batch_accept(struct store_batch *b)
{
    b->size_bytes += b->keys[b->count++].row.key_stored_bytes;
}

int store_batch_add_facts(struct store_batch *b, struct store_key *k, const struct value_facts *f)
{
    if (b->facts == NULL)
        b->facts = malloc(STORE_BATCH_KEYS * sizeof *b->facts);
    if (b->facts == NULL)
        return -1;
    k->has_facts = true;
    k->facts = (uint32_t)b->fact_count;
    b->facts[b->fact_count++] = *f;
    return 0;
}

const struct value_facts *store_batch_facts(const struct store_batch *b, const struct store_key *k)
{
    return k->has_facts ? &b->facts[k->facts] : NULL;
}

int store_batch_add_text(struct store_batch *b, struct store_key *k)
{
    const size_t key_bytes = k->row.key_stored_bytes;
    const uint8_t *key = store_batch_key(b, k);
    size_t text_bytes;

    k->key_is_text = is_plain(key, key_bytes);
    if (k->key_is_text)
        return 0;
    k->key_is_text = text_is_utf8(key, key_bytes);
    text_bytes = text_escaped_bytes(key, key_bytes);
    if (text_bytes == key_bytes)
        return 0;
    if (reserve(b, text_bytes) < 0)
        return -1;
    k->text_offset = b->size_bytes;
    k->text_bytes = text_bytes;
    text_escape(store_batch_key(b, k), key_bytes, (char *)b->bytes + k->text_offset);
    b->size_bytes += text_bytes;
    return 0;
}

const uint8_t *store_batch_key(const struct store_batch *b, const struct store_key *k)
{
    return b->bytes + k->key_offset;
}
