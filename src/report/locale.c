/* locale.c -- which characters the terminal can show.
 *
 * In a pod nobody sets LANG, and the C locale would turn every name that is not ASCII into escapes;
 * a terminal of today shows UTF-8.  Whoever sets a locale gets it.
 */
// SPDX-License-Identifier: MIT
#include <locale.h>
#include <stdlib.h>

#include "report/report.h"

void report_use_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    bool is_set = false;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        is_set = is_set || (value != NULL && value[0] != '\0');
    }
    setlocale(LC_CTYPE, is_set ? "" : "C.UTF-8");
}
