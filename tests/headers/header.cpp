/* header.cpp -- rdbparse.h needs nothing before it. */
// SPDX-License-Identifier: MIT
#include "rdbparse/rdbparse.h"

typedef int header_is_whole[sizeof(rdbp_event) > 0 ? 1 : -1];
