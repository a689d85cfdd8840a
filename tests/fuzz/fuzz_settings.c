/* fuzz_settings.c -- settings files of arbitrary bytes.
 *
 * The first byte's lowest bit tells whether there is a second file: the system's, up to the first
 * byte 0x1e, before the user's.  Whatever comes, each file is taken or refused with a line of text,
 * and of what was taken every option of every command can be asked for.
 */
// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/option_check.h"
#include "cli/standing.h"

#define FILE_SEPARATOR 0x1e

/* Of just that size, so that reading beyond it is seen. */
static int add(struct standing *s, enum standing_level level, const uint8_t *bytes,
               size_t size_bytes)
{
    struct error err = {0};
    char *text = malloc(size_bytes + 1);

    if (text == NULL)
        return -1;
    if (size_bytes > 0)
        memcpy(text, bytes, size_bytes);
    if (standing_add_text(s, level, "settings", text, size_bytes, &err) == 0)
        return 0;
    if (err.exit_code == 0 || memchr(err.message, '\0', sizeof err.message) == NULL ||
        err.message[0] == '\0' || strchr(err.message, '\n') != NULL)
        abort();
    return -1;
}

static void check_setting(const struct setting *setting)
{
    struct error err;
    char origin[400];

    setting_origin(setting, origin, sizeof origin);
    if (origin[0] == '\0' || setting->value == NULL)
        abort();
    /* The value lies in the text and is still the one that was looked at. */
    if (setting->row->argument != NULL &&
        option_check(setting->row, origin, setting->value, &err) < 0)
        abort();
}

static void ask_for_all(const struct standing *s)
{
    const struct setting **found = malloc((s->count + 1) * sizeof *found);

    for (size_t i = 0; found != NULL && i < OPTION_COUNT_; i++) {
        for (int command = 0; command < COMMAND_COUNT_; command++) {
            const size_t count = standing_select(s, (enum command_id)command, option_at(i), found);

            if (count > s->count)
                abort();
            for (size_t k = 0; k < count; k++)
                check_setting(found[k]);
        }
    }
    free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct standing s = {0};
    const uint8_t *end;
    int r = 0;

    if (size_bytes == 0)
        return 0;
    setenv("HOME", "/home/user", 1);
    end = data[0] % 2 == 0 ? NULL : memchr(data + 1, FILE_SEPARATOR, size_bytes - 1);
    if (end != NULL)
        r = add(&s, LEVEL_SYSTEM, data + 1, (size_t)(end - data - 1));
    end = end == NULL ? data : end;
    if (r == 0 && add(&s, LEVEL_USER, end + 1, size_bytes - (size_t)(end - data) - 1) == 0)
        ask_for_all(&s);
    standing_done(&s);
    return 0;
}
