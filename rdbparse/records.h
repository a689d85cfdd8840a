/* records.h -- the opcodes outside values. */
#ifndef RDBPARSE_RECORDS_H
#define RDBPARSE_RECORDS_H

#include "parser_internal.h"

/* Each reads one record: 1 p->event is filled, 0 nothing to tell (an attribute), -1 fatal. */
int record_header(rdbp_parser *p);
int record_next(rdbp_parser *p);
/* The next piece of a function library's source. */
int record_function_piece(rdbp_parser *p);
/* After the EOF opcode: checksum and tail. */
int record_end(rdbp_parser *p);

#endif
