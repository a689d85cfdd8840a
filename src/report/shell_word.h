/* shell_word.h -- text as words of a shell. */
#ifndef RDBLENS_SHELL_WORD_H
#define RDBLENS_SHELL_WORD_H

#include "report/strbuf.h"

/* A word as it was typed. */
void shell_word(struct strbuf *b, const char *text, size_t size_bytes);
/* The name of a file: not an option, whatever it begins with. */
void shell_file_name(struct strbuf *b, const char *text, size_t size_bytes);

#endif
