/* profile_patterns.c -- every key a pattern of its own: names of words alone, which nothing folds.
 *
 *      board:paper:grade:window    four words of 64, more when there are more than 64^4 keys
 *
 * The values are small counters: this profile is for what is kept for every pattern.
 */
// SPDX-License-Identifier: MIT
#include "bench.h"

static uint64_t count_expires(uint64_t keys)
{
    (void)keys;
    return 0;
}

static void put_key(struct bench *b, uint64_t number, uint64_t keys)
{
    uint64_t id = permute(number, keys);

    buf_clear(&b->text);
    for (int part = 0; part < 4 || id > 0; part++, id /= BENCH_WORDS) {
        if (part)
            buf_add_u8(&b->text, ':');
        buf_add_str(&b->text, bench_word(id));
    }
    put_key_name(b, 0, text_of_buf(&b->text));
    buf_clear(&b->text);
    add_number(&b->text, number % 1000);
    put_string(&b->out, text_of_buf(&b->text), FORM_AUTO);
}

const struct profile patterns_profile = {"patterns", 120, count_expires, put_key};
