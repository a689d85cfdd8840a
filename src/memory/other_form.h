/* other_form.h -- what a key would take in another form.  Private to src/memory but for the limits.
 */
#ifndef RDBLENS_OTHER_FORM_H
#define RDBLENS_OTHER_FORM_H

#include "memory/weigh.h"

/* Each is empty (FORM_NONE) when no limit raised up to four times would pack the value; alloc_bytes
 * is the value's without its key's entry and name.  longest: of fields and values. */
struct other_form packed_hash_form(const struct hash_meter *h, const struct memory_model *m,
                                   const struct key_frame *key, uint16_t rdb_type,
                                   uint64_t pair_count, uint64_t longest);
struct other_form packed_set_form(const struct set_meter *s, const struct memory_model *m,
                                  const struct key_frame *key, uint16_t rdb_type,
                                  uint64_t member_count);
struct other_form packed_zset_form(const struct zset_meter *z, const struct memory_model *m,
                                   const struct key_frame *key, uint16_t rdb_type,
                                   uint64_t member_count);

#endif
