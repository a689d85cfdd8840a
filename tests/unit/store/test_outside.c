/* test_outside.c -- AUX, functions, modules, defects: what is kept, and the limits. */
// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/outside.h"

static rdbp_slice slice(const char *text)
{
    return (rdbp_slice){(const uint8_t *)text, strlen(text)};
}

static void give_aux(struct outside *o, const char *name, const char *value)
{
    const struct rdbp_aux aux = {slice(name), slice(value), strlen(value)};

    outside_aux(o, 9, 0, &aux);
}

static void test_header_fields(void **state)
{
    struct outside o;

    (void)state;
    outside_init(&o);
    assert_true(o.created_at_ms == ROW_NULL && o.used_memory == ROW_NULL);
    give_aux(&o, "redis-ver", "7.2.6");
    give_aux(&o, "ctime", "1706695200");
    give_aux(&o, "used-mem", "123456");
    assert_string_equal(o.server_version, "7.2.6");
    assert_int_equal(o.created_at_ms, 1706695200000);
    assert_int_equal(o.used_memory, 123456);
    give_aux(&o, "ctime", "soon");
    give_aux(&o, "ctime", "0");
    give_aux(&o, "ctime", "99999999999999999");
    assert_int_equal(o.created_at_ms, 1706695200000);
    assert_int_equal(o.aux_count, 6);
    outside_done(&o);
}

/* The forms are those of Valkey 8.0 and 9.0; a server refuses fewer than three numbers. */
static void test_slots(void **state)
{
    static const char *const others[] = {
        "", ",,", "1", "1,2", "1,2,", "1,,3", "-1,2,3", "1,2,x", "1,2,99999999999999999999"};
    struct rdbp_aux aux = {slice("slot-info"), slice("15495,7,3"), 9};
    struct server_slot slot;

    (void)state;
    assert_true(outside_slot(&aux, &slot));
    assert_true(slot.slot == 15495 && slot.keys == 7 && slot.expires == 3);
    assert_int_equal(slot.timed_hashes, 0);
    aux.value = slice("0,7,3,2");
    assert_true(outside_slot(&aux, &slot));
    assert_true(slot.slot == 0 && slot.timed_hashes == 2);
    aux.value = slice("16383,7,3,2,9");
    assert_true(outside_slot(&aux, &slot));
    assert_true(slot.slot == 16383 && slot.timed_hashes == 2);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        aux.value = slice(others[i]);
        assert_false(outside_slot(&aux, &slot));
    }
    aux.value = (rdbp_slice){NULL, 0};
    assert_false(outside_slot(&aux, &slot));
    aux = (struct rdbp_aux){slice("slots"), slice("1,2,3"), 5};
    assert_false(outside_slot(&aux, &slot));
}

/* SHA-1 values: printf TEXT | sha1sum */
static void test_scripts_are_hashed_only(void **state)
{
    struct outside o;
    struct rdbp_aux cut = {slice("lua"), slice("return 1"), 70000};

    (void)state;
    outside_init(&o);
    give_aux(&o, "lua", "return 1");
    give_aux(&o, "\xdb__lua_script__e0e1f9fabfc9d4800c877a703b823ac0578ff8db__\xdb", "return 1");
    outside_aux(&o, 9, 0, &cut);
    assert_int_equal(o.aux_count, 0);
    assert_int_equal(o.function_count, 3);
    for (size_t i = 0; i < 2; i++) {
        assert_true(o.functions[i].is_script);
        assert_string_equal(o.functions[i].sha1, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
        assert_int_equal(o.functions[i].source_bytes, 8);
    }
    assert_string_equal(o.functions[2].sha1, ""); /* did not come whole */
    assert_int_equal(o.functions[2].source_bytes, 70000);
    outside_done(&o);
}

static void test_functions(void **state)
{
    static const struct {
        const char *name, *source, *library, *engine;
    } rows[] = {
        {"usual", "#!lua name=mylib\nredis.register_function()", "mylib", "lua"},
        {"more words", "#!lua  x=1 name=a_b \r\nreturn", "a_b", "lua"},
        {"one line", "#!js name=z", "z", "js"},
        {"no name", "#!lua\nname=no", NULL, "lua"},
        {"no shebang", "return 1", NULL, NULL},
        {"empty", "", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t size_bytes = strlen(rows[i].source);
        char whole[41];

        print_message("%s\n", rows[i].name);
        for (size_t piece_bytes = 1; piece_bytes <= size_bytes + 1; piece_bytes++) {
            struct outside o;
            size_t at = 0;

            outside_init(&o);
            do {
                const size_t left = size_bytes - at, n = left < piece_bytes ? left : piece_bytes;
                const struct rdbp_function f = {
                    .piece = {(const uint8_t *)rows[i].source + at, n},
                    .piece_offset = at,
                    .source_bytes = size_bytes,
                    .is_last = at + n == size_bytes,
                };

                outside_function(&o, 100, &f);
                at += n;
            } while (at < size_bytes);
            assert_int_equal(o.function_count, 1);
            assert_int_equal(o.functions[0].source_bytes, size_bytes);
            if (rows[i].library == NULL)
                assert_null(o.functions[0].name);
            else
                assert_string_equal(o.functions[0].name, rows[i].library);
            if (rows[i].engine == NULL)
                assert_null(o.functions[0].engine);
            else
                assert_string_equal(o.functions[0].engine, rows[i].engine);
            if (piece_bytes == 1)
                memcpy(whole, o.functions[0].sha1, sizeof whole);
            assert_string_equal(o.functions[0].sha1, whole);
            outside_done(&o);
        }
    }
}

static void test_empty_source_hash(void **state)
{
    const struct rdbp_function f = {.is_last = true};
    struct outside o;

    (void)state;
    outside_init(&o);
    outside_function(&o, 0, &f);
    /* FIPS 180: SHA-1 of no bytes */
    assert_string_equal(o.functions[0].sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    outside_done(&o);
}

static void test_limits(void **state)
{
    struct outside o;
    rdbp_error e = {.code = RDBP_ERR_VALUE,
                    .severity = RDBP_SEVERITY_FAILED,
                    .key_index = 3,
                    .message = "listpack entry 7 needs 40 bytes, 12 left"};
    uint64_t keys = 0;

    (void)state;
    outside_init(&o);
    for (int i = 0; i < OUTSIDE_MAX_AUX + 5; i++)
        give_aux(&o, "x", "y");
    for (int i = 0; i < OUTSIDE_MAX_DEFECTS + 7; i++)
        outside_defect(&o, &e, (const uint8_t *)"k\xff", 2);
    for (int i = 0; i < OUTSIDE_MAX_MODULES + 50; i++) {
        char name[24];

        snprintf(name, sizeof name, "mod%06d", i);
        outside_module_key(&o, name, 1, 10);
    }
    assert_int_equal(o.aux_count, OUTSIDE_MAX_AUX);
    assert_int_equal(o.defect_count, OUTSIDE_MAX_DEFECTS);
    assert_int_equal(o.defects_beyond, 7);
    assert_string_equal(o.defects[0].key, "k\\xff");
    assert_int_equal(o.module_count, OUTSIDE_MAX_MODULES + 1);
    for (size_t i = 0; i < o.module_count; i++)
        keys += o.modules[i].keys;
    assert_int_equal(keys, OUTSIDE_MAX_MODULES + 50);
    assert_string_equal(o.modules[OUTSIDE_MAX_MODULES].name, "(other)");
    assert_int_equal(o.modules[OUTSIDE_MAX_MODULES].keys, 50);
    outside_done(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_scripts_are_hashed_only),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_empty_source_hash),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
