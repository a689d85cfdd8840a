/* shell_word.c -- text as words of a shell.
 *
 * What is plain stays as it is; all else stands between single quotes, in which only the single
 * quote itself means something:  it's  ->  'it'\''s'
 */
// SPDX-License-Identifier: MIT
#include "report/shell_word.h"

#include <string.h>

static bool is_plain(const char *text, size_t size_bytes)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:,+@%=";

    for (size_t i = 0; i < size_bytes; i++)
        if (text[i] == '\0' || strchr(plain, text[i]) == NULL)
            return false;
    return size_bytes > 0;
}

static void add_quoted(struct strbuf *b, const char *text, size_t size_bytes)
{
    strbuf_putc(b, '\'');
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] == '\'')
            strbuf_puts(b, "'\\''");
        else
            strbuf_putc(b, text[i]);
    }
    strbuf_putc(b, '\'');
}

void shell_word(struct strbuf *b, const char *text, size_t size_bytes)
{
    if (is_plain(text, size_bytes))
        strbuf_add(b, text, size_bytes);
    else
        add_quoted(b, text, size_bytes);
}

void shell_file_name(struct strbuf *b, const char *text, size_t size_bytes)
{
    if (size_bytes > 0 && text[0] == '-') {
        strbuf_puts(b, "./");
        add_quoted(b, text, size_bytes);
    } else {
        shell_word(b, text, size_bytes);
    }
}
