/* dump_json.h -- renders a parse at BYTES depth as canonical JSON (canon.h).
 */
#ifndef TESTS_SUPPORT_DUMP_JSON_H
#define TESTS_SUPPORT_DUMP_JSON_H

#include "buf.h"
#include "rdbparse/rdbparse.h"

/* Walks p, opened with RDBP_DEPTH_BYTES among others, to its end or its fatal error; closes nothing.
 * problems gets a line for every event that contradicts the parser's own contract: a length that is not
 * the content's, an integer mark that the text does not bear out, pieces that do not join. */
void dump_json(rdbp_parser *p, struct buf *out, struct buf *problems);

#endif
