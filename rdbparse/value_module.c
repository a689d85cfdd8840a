/* value_module.c -- module data: skipped by its opcodes, so that a module need not be known.
 *
 *      id u64: nine characters of 6 bits, first most significant, then 10 bits of encoding version
 *      items: len opcode, payload; 0 ends
 *          1 SINT len | 2 UINT len | 3 FLOAT f32 | 4 DOUBLE f64 | 5 STRING str
 *
 * Upstream: module.c (moduleTypeEncodeId), rdb.c (rdbLoadCheckModuleValue), Redis 7.2.  Type 6 (4.0
 * release candidates) has no opcodes and cannot be skipped.
 */
// SPDX-License-Identifier: MIT
#include "parser_internal.h"

enum { MODULE_EOF = 0, MODULE_SINT, MODULE_UINT, MODULE_FLOAT, MODULE_DOUBLE, MODULE_STRING };

void module_decode_id(uint64_t id, char ret_name[10], uint32_t *ret_version)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    *ret_version = (uint32_t)(id & 1023);
    id >>= 10;
    for (int i = 8; i >= 0; i--) {
        ret_name[i] = alphabet[id & 63];
        id >>= 6;
    }
    ret_name[9] = '\0';
}

static int skip_payload(rdbp_parser *p, uint64_t opcode, uint64_t offset)
{
    static const char what[] = "module data";
    uint64_t ignored;

    switch (opcode) {
    case MODULE_SINT:
    case MODULE_UINT: return read_len(p, what, &ignored);
    case MODULE_FLOAT: return reader_skip(p->reader, 4) < 0 ? fatal_input(p, what) : 0;
    case MODULE_DOUBLE: return reader_skip(p->reader, 8) < 0 ? fatal_input(p, what) : 0;
    case MODULE_STRING: return skip_str(p, what);
    default:
        return fatal(p, RDBP_ERR_CORRUPT, offset, "module opcode %llu does not exist",
                     (unsigned long long)opcode);
    }
}

int module_skip(rdbp_parser *p)
{
    uint64_t opcode, offset;

    for (uint64_t i = 1;; i++) {
        offset = reader_offset(p->reader);
        if (read_len(p, "module data", &opcode) < 0)
            return -1;
        if (opcode == MODULE_EOF)
            return 0;
        if (skip_payload(p, opcode, offset) < 0)
            return -1;
        if (i % 4096 == 0 && parser_tick(p) < 0)
            return -1;
    }
}
