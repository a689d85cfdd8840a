/* json_value.h -- cells as JSON, for the two formats that write it. */
#ifndef RDBLENS_JSON_VALUE_H
#define RDBLENS_JSON_VALUE_H

#include <yajl/yajl_gen.h>

#include "report/out.h"
#include "report/value.h"

/* A generator that writes to o; NULL when out of memory. */
yajl_gen json_new(struct out *o);
/* Both give NULL and not-finite numbers as null, BLOBs and text that is no UTF-8 in the escaped
 * form of key_text. */
void json_value(yajl_gen gen, struct out *o, const struct value *v);
void json_text(yajl_gen gen, struct out *o, const char *text);
/* The row's fields, without the braces. */
void json_fields(yajl_gen gen, struct out *o, const struct column *columns, size_t column_count,
                 const struct value *values);

#endif
