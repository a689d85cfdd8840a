/* test_keyed_hash.c -- HMAC-SHA256 against the vectors of RFC 4231. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/keyed_hash.h"

static void expect(const void *secret, size_t secret_bytes, const char *text, const char *wanted)
{
    struct keyed_hash *const h = keyed_hash_new(secret, secret_bytes);
    uint8_t hash[KEYED_HASH_BYTES];
    char told[2 * KEYED_HASH_BYTES + 1];

    assert_non_null(h);
    for (int again = 0; again < 2; again++) {
        keyed_hash_of(h, text, strlen(text), hash);
        for (size_t i = 0; i < sizeof hash; i++)
            snprintf(told + 2 * i, 3, "%02x", hash[i]);
        assert_string_equal(told, wanted);
    }
    keyed_hash_free(h);
}

static void test_vectors(void **state)
{
    uint8_t secret[131];

    (void)state;
    memset(secret, 0x0b, 20);
    expect(secret, 20, "Hi There",
           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    expect("Jefe", 4, "what do ya want for nothing?",
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(secret, 0xaa, sizeof secret);
    expect(secret, sizeof secret, "Test Using Larger Than Block-Size Key - Hash Key First",
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
