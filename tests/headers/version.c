/* version.c -- the header and the linked library are of one version. */
// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "rdbparse/rdbparse.h"

int main(void)
{
    const int header =
        RDBP_VERSION_MAJOR * 10000 + RDBP_VERSION_MINOR * 100 + RDBP_VERSION_PATCH;

    printf("header %d, library %d\n", header, rdbp_version_number());
    return header == rdbp_version_number() ? 0 : 1;
}
