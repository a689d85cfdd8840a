/* standing.c -- finds and reads what stands in settings files and in the environment.
 *
 * Everything is checked when it is read, whichever command runs: a typing error in a section that
 * is used once a month shall not wait for that day.  Variables that are no settings are let alone:
 * Kubernetes makes RDBLENS_PORT and the like of a service that is called so.
 */
// SPDX-License-Identifier: MIT
#include "cli/standing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_check.h"
#include "cli/settings_text.h"

#define SYSTEM_FILE "/etc/rdblens.conf"

struct reading {
    struct standing *standing;
    enum standing_level level;
};

/* Takes what is allocated, NULL too: then there was no memory for it. */
static int own(struct standing *s, char *text, struct error *err)
{
    char **grown = realloc(s->owned, (s->owned_count + 1) * sizeof *grown);

    if (grown != NULL)
        s->owned = grown;
    if (grown == NULL || text == NULL) {
        free(text);
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    }
    s->owned[s->owned_count++] = text;
    return 0;
}

static int add(struct standing *s, const struct setting *setting, const char *name,
               struct error *err)
{
    static char yes[] = "yes", no[] = "no";
    struct setting new = *setting;
    bool is_on;

    if (setting->row->argument != NULL) {
        if (option_check(setting->row, name, setting->value, err) < 0)
            return -1;
    } else {
        if (option_check_switch(name, setting->value, &is_on, err) < 0)
            return -1;
        new.value = is_on ? yes : no;
    }
    if (s->count == STANDING_MAX)
        return error_set(err, EXIT_CANNOT_RUN, "%s: more than %d settings", name, STANDING_MAX);
    if (s->items == NULL)
        s->items = calloc(STANDING_MAX, sizeof *s->items);
    if (s->items == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "out of memory");
    s->items[s->count++] = new;
    return 0;
}

/* "~/x" becomes a path; one that would depend on the current folder is refused. */
static int resolve_path(struct standing *s, const char *name, char **value, struct error *err)
{
    const char *home = getenv("HOME");
    size_t size_bytes;
    char *path;

    if ((*value)[0] == '/')
        return 0;
    if (strncmp(*value, "~/", 2) != 0 || home == NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: '%.80s' is not a whole path: begin it with / or ~/", name, *value);
    size_bytes = strlen(home) + strlen(*value);
    path = malloc(size_bytes);
    if (path != NULL)
        snprintf(path, size_bytes, "%s%s", home, *value + 1);
    if (own(s, path, err) < 0)
        return -1;
    *value = path;
    return 0;
}

static int fail_key(const struct settings_line *line, enum command_id command, struct error *err)
{
    const struct option_row *const row = option_named(command, line->key);
    const char *const nearest = option_nearest(command, OPTION_STANDING, line->key);

    if (row != NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: line %u: '%.40s' is an option for the command line only", line->path,
                         line->number, line->key);
    if (nearest != NULL)
        return error_set(err, EXIT_CANNOT_RUN,
                         "%s: line %u: '%.40s' is not known; did you mean %s?", line->path,
                         line->number, line->key, nearest);
    return error_set(
        err, EXIT_CANNOT_RUN, "%s: line %u: '%.40s' is not known%s%s; see rdblens config",
        line->path, line->number, line->key, line->section[0] != '\0' ? " to " : "", line->section);
}

static int find_command(const struct settings_line *line, enum command_id *ret_command,
                        struct error *err)
{
    const int command = command_named(line->section);

    if (line->section[0] == '\0')
        *ret_command = COMMAND_COUNT_;
    else if (command < 0)
        return error_set(err, EXIT_CANNOT_RUN, "%s: line %u: [%.40s] is not a command", line->path,
                         line->number, line->section);
    else
        *ret_command = (enum command_id)command;
    return 0;
}

static const struct option_row *standing_row(enum command_id command, const char *key)
{
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        const struct option_row *const row = option_at(i);

        if ((row->flags & OPTION_STANDING) != 0 && option_is_on(row, command) &&
            strcmp(row->long_name, key) == 0)
            return row;
    }
    return NULL;
}

static int check_once(const struct standing *s, const struct setting *setting, const char *name,
                      struct error *err)
{
    if ((setting->row->flags & (OPTION_REPEATABLE | OPTION_ADDS)) != 0)
        return 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct setting *const other = &s->items[i];

        if (other->row == setting->row && other->level == setting->level &&
            other->command == setting->command)
            return error_set(err, EXIT_CANNOT_RUN, "%s: has been set in line %u", name,
                             other->line);
    }
    return 0;
}

static int take_line(void *data, const struct settings_line *line, struct error *err)
{
    const struct reading *const reading = data;
    struct setting setting = {.value = line->value, .path = line->path, .line = line->number};
    char name[400];

    if (find_command(line, &setting.command, err) < 0)
        return -1;
    if (line->key == NULL)
        return 0;
    setting.row = standing_row(setting.command, line->key);
    if (setting.row == NULL)
        return fail_key(line, setting.command, err);
    setting.level = (enum standing_level)(reading->level + (setting.command != COMMAND_COUNT_));
    setting_origin(&setting, name, sizeof name);
    if (check_once(reading->standing, &setting, name, err) < 0)
        return -1;
    if ((setting.row->takes == TAKES_FILE || setting.row->takes == TAKES_FOLDER) &&
        resolve_path(reading->standing, name, &setting.value, err) < 0)
        return -1;
    return add(reading->standing, &setting, name, err);
}

int standing_add_text(struct standing *s, enum standing_level level, const char *path, char *text,
                      size_t size_bytes, struct error *err)
{
    struct reading reading = {s, level};

    if (own(s, text, err) < 0)
        return -1;
    return settings_text_parse(path, text, size_bytes, take_line, &reading, err);
}

static int add_file(struct standing *s, enum standing_level level, struct standing_file *file,
                    bool must_exist, struct error *err)
{
    FILE *f = fopen(file->path, "re");
    char *text = NULL;
    size_t size_bytes;
    int r;

    /* Out of reach is as good as absent where nobody has asked for it: the home of another user. */
    if (f == NULL && !must_exist && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return 0;
    if (f == NULL)
        return error_set(err, EXIT_CANNOT_RUN, "%s: %s", file->path, strerror(errno));
    text = malloc(SETTINGS_TEXT_MAX_BYTES + 2);
    if (text == NULL) {
        r = error_set(err, EXIT_CANNOT_RUN, "out of memory");
        goto out;
    }
    size_bytes = fread(text, 1, SETTINGS_TEXT_MAX_BYTES + 1, f);
    if (ferror(f)) {
        r = error_set(err, EXIT_CANNOT_RUN, "%s: %s", file->path, strerror(errno));
    } else if (size_bytes > SETTINGS_TEXT_MAX_BYTES) {
        r = error_set(err, EXIT_CANNOT_RUN, "%s: larger than 1 MiB: not a settings file",
                      file->path);
    } else {
        file->was_read = true;
        r = standing_add_text(s, level, file->path, text, size_bytes, err);
        text = NULL;
    }
out:
    free(text);
    fclose(f);
    return r;
}

static char *join(const char *folder, const char *rest)
{
    const size_t size_bytes = strlen(folder) + strlen(rest) + 1;
    char *path = malloc(size_bytes);

    if (path != NULL)
        snprintf(path, size_bytes, "%s%s", folder, rest);
    return path;
}

static int add_files(struct standing *s, const char *config_file, struct error *err)
{
    const char *named = config_file != NULL ? config_file : getenv("RDBLENS_CONFIG");
    const char *const xdg = getenv("XDG_CONFIG_HOME"), *const home = getenv("HOME");
    const bool is_named = named != NULL && named[0] != '\0';

    if (config_file != NULL && !is_named)
        return error_set(err, EXIT_CANNOT_RUN, "--config-file: its value is empty");
    if (!is_named) {
        s->system.path = strdup(SYSTEM_FILE);
        if (own(s, s->system.path, err) < 0 ||
            add_file(s, LEVEL_SYSTEM, &s->system, false, err) < 0)
            return -1;
    }
    if (is_named)
        s->user.path = strdup(named);
    else if (xdg != NULL && xdg[0] == '/')
        s->user.path = join(xdg, "/rdblens/config");
    else if (home != NULL && home[0] == '/')
        s->user.path = join(home, "/.config/rdblens/config");
    else
        return 0;
    if (own(s, s->user.path, err) < 0)
        return -1;
    return add_file(s, LEVEL_USER, &s->user, is_named, err);
}

/* Options that may be repeated have a value a line. */
static int add_variable(struct standing *s, const struct option_row *row, struct error *err)
{
    struct setting setting = {
        .row = row, .command = COMMAND_COUNT_, .level = LEVEL_ENVIRONMENT, .path = NULL};
    const bool is_list = (row->flags & (OPTION_REPEATABLE | OPTION_ADDS)) != 0;
    char name[OPTION_VARIABLE_BYTES], *next;
    const char *text;

    option_variable(row, name);
    text = getenv(name);
    if (text == NULL || text[0] == '\0')
        return 0;
    if (own(s, strdup(text), err) < 0)
        return -1;
    for (char *p = s->owned[s->owned_count - 1]; p != NULL; p = next) {
        next = is_list ? strchr(p, '\n') : NULL;
        if (next != NULL)
            *next++ = '\0';
        setting.value = p;
        if ((p[0] != '\0' || !is_list) && add(s, &setting, name, err) < 0)
            return -1;
    }
    return 0;
}

int standing_load(struct standing *s, const char *config_file, struct error *err)
{
    if (add_files(s, config_file, err) < 0)
        return -1;
    for (size_t i = 0; i < OPTION_COUNT_; i++) {
        const struct option_row *const row = option_at(i);

        if ((row->flags & OPTION_STANDING) != 0 && (row->flags & OPTION_NO_VARIABLE) == 0 &&
            add_variable(s, row, err) < 0)
            return -1;
    }
    return 0;
}

void standing_done(struct standing *s)
{
    for (size_t i = 0; i < s->owned_count; i++)
        free(s->owned[i]);
    free(s->owned);
    free(s->items);
    *s = (struct standing){0};
}

size_t standing_select(const struct standing *s, enum command_id command,
                       const struct option_row *row, const struct setting **found)
{
    const bool adds = (row->flags & OPTION_ADDS) != 0;
    const bool is_downward = !adds || (row->flags & OPTION_FIRST_COUNTS) != 0;
    size_t count = 0;

    for (int k = 0; k < LEVEL_COUNT_ && (adds || count == 0); k++) {
        const int level = is_downward ? LEVEL_COUNT_ - 1 - k : k;

        for (size_t i = 0; i < s->count; i++) {
            const struct setting *const item = &s->items[i];

            if (item->row == row && (int)item->level == level &&
                (item->command == COMMAND_COUNT_ || item->command == command))
                found[count++] = item;
        }
    }
    return count;
}

void setting_origin(const struct setting *setting, char *out, size_t out_bytes)
{
    char name[OPTION_VARIABLE_BYTES];

    option_variable(setting->row, name);
    if (setting->path == NULL)
        snprintf(out, out_bytes, "%s", name);
    else
        snprintf(out, out_bytes, "%.300s: line %u: %s", setting->path, setting->line,
                 setting->row->long_name);
}
