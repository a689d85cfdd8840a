/* format.c -- the formats' names and the endings of files that mean them. */
// SPDX-License-Identifier: MIT
#include <string.h>
#include <strings.h>

#include "report/report.h"

static const struct {
    const char *text;
    enum report_format format;
} names[] =
    {
        {"table", REPORT_TABLE}, {"json", REPORT_JSON},         {"ndjson", REPORT_NDJSON},
        {"csv", REPORT_CSV},     {"markdown", REPORT_MARKDOWN}, {"rdbtools", REPORT_RDBTOOLS},
        {"html", REPORT_HTML},   {"folded", REPORT_FOLDED},
},
  endings[] = {
      {"txt", REPORT_TABLE},         {"json", REPORT_JSON},     {"ndjson", REPORT_NDJSON},
      {"jsonl", REPORT_NDJSON},      {"csv", REPORT_CSV},       {"md", REPORT_MARKDOWN},
      {"markdown", REPORT_MARKDOWN}, {"folded", REPORT_FOLDED}, {"html", REPORT_HTML},
      {"htm", REPORT_HTML},
};

#define FORMATS "table, json, ndjson, csv, markdown, html, rdbtools, folded"

const char *report_format_name(size_t i)
{
    return names[i].text;
}

int report_format_parse(const char *name, enum report_format *ret_format, struct error *err)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].text, name) == 0) {
            *ret_format = names[i].format;
            return 0;
        }
    }
    return error_set(err, EXIT_CANNOT_RUN, "no format '%.80s'; formats are " FORMATS, name);
}

int report_format_of_path(const char *path, enum report_format *ret_format, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash != NULL ? slash : path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(endings[i].text, dot + 1) == 0) {
            *ret_format = endings[i].format;
            return 0;
        }
    }
    return error_set(err, EXIT_CANNOT_RUN,
                     "%s: its ending says no format: use .txt .json .ndjson .csv .md .html, or -f",
                     path);
}
