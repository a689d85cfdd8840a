/* container.c -- finds the RDB in what was given: unpacks, unframes, or says what it is instead.
 *
 * Everything is told by content: people rename backups.  One round looks at the head of the data:
 *
 *     1f 8b | 28 b5 2f fd | 04 22 4d 18 | 02 21 4c 18   unpack, look again (at most four deep)
 *     5x 2a 4d 18                                       zstd or LZ4 skippable frame: pass over it
 *     \n   +...\r\n   $EOF:<40>\r\n   $<n>\r\n          head of a replication stream, any mix
 *     REDIS dddd | VALKEY ddd                           found
 *     anything else                                     an error that names it and says what to do
 *
 * The head of a replication stream (Redis' src/replication.c): keep-alive newlines while the
 * primary saves, the status line that answers PSYNC, then the length of the payload, or for a
 * diskless one a mark that will be repeated behind it.  Bytes behind the RDB are reader.c's
 * business.
 *
 * Formats that would need one more library (bzip2, xz, zip, ...) and encrypted files are named with
 * the command that unpacks them: a backup is often handed on by somebody who does not know what it
 * is.
 */
// SPDX-License-Identifier: MIT
#include "container.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX       4
#define MAGIC_BYTES     9
#define STATUS_LINE_MAX 1024
/* Enough for every signature: tar's is at 257. */
#define HEAD_BYTES 512

enum round { ROUND_FAILED = -1, ROUND_FOUND = 0, ROUND_AGAIN = 1 };

struct signature {
    const char *bytes;
    size_t size_bytes;
    const char *what; /* and, after ": ", what to do */
};

/* clang-format off */
#define SIGNATURE(bytes, what) {bytes, sizeof(bytes) - 1, what}
/* clang-format on */

static const struct signature signatures[] = {
    SIGNATURE("BZh", "bzip2 data: unpack it first, bzip2 -dc FILE | rdblens -"),
    SIGNATURE("\xfd\x37zXZ\0", "xz data: unpack it first, xz -dc FILE | rdblens -"),
    SIGNATURE("LZIP", "lzip data: unpack it first, lzip -dc FILE | rdblens -"),
    SIGNATURE("\x89LZO\0", "lzop data: unpack it first, lzop -dc FILE | rdblens -"),
    SIGNATURE("\x1f\x9d", "compress (.Z) data: unpack it first, gzip -dc FILE | rdblens -"),
    SIGNATURE("PK\x03\x04", "a zip archive: unpack it first, unzip -p FILE | rdblens -"),
    SIGNATURE("PK\x05\x06", "an empty zip archive"),
    SIGNATURE("7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first, 7z x -so FILE | rdblens -"),
    SIGNATURE("Rar!\x1a\x07", "a RAR archive: unpack it first, unrar p -inul FILE | rdblens -"),
    SIGNATURE("\xff\x06\0\0sNaPpY",
              "framed snappy data: unpack it first, snzip -dc FILE | rdblens -"),
    SIGNATURE("Salted__",
              "encrypted by openssl enc: decrypt it first, openssl enc -d ... | rdblens -"),
    SIGNATURE("age-encryption.org/v1",
              "encrypted by age: decrypt it first, age -d FILE | rdblens -"),
    SIGNATURE("-----BEGIN AGE ENCRYPTED",
              "encrypted by age: decrypt it first, age -d FILE | rdblens -"),
    SIGNATURE("-----BEGIN PGP", "OpenPGP data: decrypt it first, gpg -d FILE | rdblens -"),
    SIGNATURE("VCS\x01", "a Valkey 9.2 snapshot envelope, which this version does not read"),
    SIGNATURE("SQLite format 3", "an SQLite database"),
    SIGNATURE("file ", "an AOF manifest: give the file it names with 'type b' (the base)"),
    SIGNATURE("-ERR", "an error reply of a server: the dump was never sent"),
    SIGNATURE("-NOAUTH", "an error reply of a server (NOAUTH): the dump was never sent"),
    SIGNATURE("-NOPERM", "an error reply of a server (NOPERM): the dump was never sent"),
    SIGNATURE("-LOADING", "an error reply of a server (LOADING): the dump was never sent"),
    SIGNATURE("UkVESVMwMD", "an RDB in base64: decode it first, base64 -d FILE | rdblens -"),
    SIGNATURE("VkFMS0VZ", "an RDB in base64: decode it first, base64 -d FILE | rdblens -"),
    SIGNATURE(
        "\xff\xfeR\0E\0D\0I\0S\0",
        "an RDB spoilt by conversion to UTF-16 (PowerShell's '>' does that): copy it as bytes"),
    SIGNATURE("<!DOCTYPE", "an HTML page: was the download refused?"),
    SIGNATURE("<html", "an HTML page: was the download refused?"),
    SIGNATURE("<?xml", "an XML document: was the download refused?"),
};

static bool starts_with(const uint8_t *p, size_t n, const char *bytes, size_t size_bytes)
{
    return n >= size_bytes && memcmp(p, bytes, size_bytes) == 0;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool are_digits(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_digit(p[i]))
            return false;
    return true;
}

/* The magic, or as much of it as a file cut inside of it has. */
static bool looks_like_magic(const uint8_t *p, size_t n)
{
    static const struct {
        const char *word;
        size_t word_bytes;
    } magics[] = {{"REDIS", 5}, {"VALKEY", 6}};

    if (n > MAGIC_BYTES)
        n = MAGIC_BYTES;
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        const size_t word_bytes = n < magics[i].word_bytes ? n : magics[i].word_bytes;

        if (memcmp(p, magics[i].word, word_bytes) == 0 &&
            are_digits(p + word_bytes, n - word_bytes))
            return true;
    }
    return false;
}

/* RFC 4880, 4.2: the first byte has the top bit set and names the packet.  Encrypted messages begin
 * with packet 1, 3, 9 or 18; the versions these packets begin with keep other binary data out. */
static bool looks_like_openpgp(const uint8_t *p, size_t n)
{
    unsigned tag;
    size_t body;

    if (n < 8 || !(p[0] & 0x80))
        return false;
    if (p[0] & 0x40) {
        tag = p[0] & 0x3f;
        body = p[1] < 192 ? 2 : p[1] < 224 ? 3 : p[1] == 255 ? 6 : 2;
    } else {
        static const size_t body_by_length_type[4] = {2, 3, 5, 1};

        tag = (p[0] >> 2) & 0xf;
        body = body_by_length_type[p[0] & 3];
    }
    switch (tag) {
    case 1: return p[body] == 3 || p[body] == 6;
    case 3: return p[body] >= 4 && p[body] <= 6;
    case 9: return true;
    case 18: return p[body] == 1 || p[body] == 2;
    default: return false;
    }
}

static bool are_zeros(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static bool looks_like_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] < 0x20 || p[i] > 0x7e) && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
            return false;
    return true;
}

/* What the head says, or NULL. */
static const char *describe_head(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
        if (starts_with(p, n, signatures[i].bytes, signatures[i].size_bytes))
            return signatures[i].what;
    if (n >= 257 + 5 && memcmp(p + 257, "ustar", 5) == 0)
        return "a tar archive: extract the snapshot, tar -xOf FILE NAME.rdb | rdblens -";
    if (n >= 2 && p[0] == '*' && is_digit(p[1]))
        return "an AOF without an RDB at its head, or replication traffic: it holds commands, not "
               "a snapshot";
    if (n >= 4 && memcmp(p, "#TS:", 4) == 0)
        return "an AOF without an RDB at its head: it holds commands, not a snapshot";
    if (are_zeros(p, n))
        return "nothing but zeros at its start: a sparse or zeroed file, the copy went wrong";
    if (looks_like_openpgp(p, n))
        return "what looks like OpenPGP data: decrypt it first, gpg -d FILE | rdblens -";
    if ((p[0] == '{' || p[0] == '[') && looks_like_text(p, n < 64 ? n : 64))
        return "JSON or other text, not a snapshot";
    return NULL;
}

/* " (inside gzip, zstd)", or "" */
static void describe_depth(const struct container *c, char *ret_text, size_t text_bytes)
{
    ret_text[0] = '\0';
    if (c->name[0])
        (void)snprintf(ret_text, text_bytes, " (inside %s)", c->name);
}

/* Framing that is cut or malformed. */
static int refuse_frame(const struct feed *top, bool is_cut)
{
    if (is_cut)
        return source_fail(top->up->env, RDBP_ERR_TRUNCATED,
                           "a replication stream that ends before its snapshot");
    return source_fail(top->up->env, RDBP_ERR_NOT_RDB,
                       "not an RDB: starts like a replication stream, but its head has a line that "
                       "is none of its kinds");
}

static int refuse(const struct feed *top, const struct container *c)
{
    struct source_env *env = top->up->env;
    const uint8_t *p = feed_bytes(top);
    const size_t n = feed_left(top);
    const char *what;
    char inside[sizeof(c->name) + 16], hex[3 * 8 + 1] = "";

    describe_depth(c, inside, sizeof(inside));
    if (n == 0 && c->is_framed)
        return refuse_frame(top, true);
    if (n == 0)
        return source_fail(env, RDBP_ERR_EMPTY, "the input is empty%s", inside);
    if (n < MAGIC_BYTES && looks_like_magic(p, n))
        return source_fail(env, RDBP_ERR_TRUNCATED,
                           "the RDB ends inside its magic: %d bytes needed, %zu left%s",
                           MAGIC_BYTES, n, inside);
    what = describe_head(p, n);
    if (what) {
        const char *colon = strstr(what, ": ");
        const int words = colon ? (int)(colon - what) : (int)strlen(what);

        return source_fail(env, RDBP_ERR_NOT_RDB, "%.*s%s%s", words, what, inside,
                           colon ? colon : "");
    }
    for (size_t i = 0; i < n && i < 8; i++)
        (void)snprintf(hex + 3 * i, 4, "%02x ", p[i]);
    hex[strlen(hex) - 1] = '\0';
    return source_fail(env, RDBP_ERR_NOT_RDB, "not an RDB%s: starts with '%s%s'", inside, hex,
                       n > 8 ? " ..." : "");
}

/* ---- containers ----------------------------------------------------------------------------- */

static void add_name(struct container *c, const char *name)
{
    const size_t used = strlen(c->name);

    (void)snprintf(c->name + used, sizeof(c->name) - used, "%s%s", used ? ", " : "", name);
}

static enum round open_unpacker(struct feed *top, struct container *c, const char *name,
                                int (*open)(struct feed *, struct source **))
{
    struct source_env *env = top->up->env;
    struct source *unpacker;

    if (c->depth == DEPTH_MAX) {
        (void)source_fail(env, RDBP_ERR_NOT_RDB, "packed more than %d times: %s, %s", DEPTH_MAX,
                          c->name, name);
        return ROUND_FAILED;
    }
    if (open(top, &unpacker) < 0)
        return ROUND_FAILED;
    if (feed_init(top, unpacker) < 0) {
        source_free(unpacker);
        return ROUND_FAILED;
    }
    c->depth++;
    add_name(c, name);
    return ROUND_AGAIN;
}

/* ---- replication framing -------------------------------------------------------------------- */

/* The line at the feed's position, up to and with its \n.  -1: there is none, or reading failed. */
static int find_line(struct feed *top, size_t *ret_bytes)
{
    for (size_t want = 64; want <= STATUS_LINE_MAX; want *= 2) {
        const uint8_t *newline;

        if (feed_need(top, want) < 0)
            return -1;
        newline = memchr(feed_bytes(top), '\n', feed_left(top));
        if (newline) {
            *ret_bytes = (size_t)(newline - feed_bytes(top)) + 1;
            return 0;
        }
        if (top->is_at_end)
            break;
    }
    return refuse_frame(top, top->is_at_end);
}

/* "$<decimal>\r\n", at most 19 digits. */
static bool parse_length(const uint8_t *line, size_t line_bytes, uint64_t *ret_length)
{
    uint64_t length = 0;

    if (line_bytes < 4 || line_bytes > 3 + 19 || line[line_bytes - 2] != '\r' ||
        !are_digits(line + 1, line_bytes - 3))
        return false;
    for (size_t i = 1; i < line_bytes - 2; i++)
        length = length * 10 + (uint64_t)(line[i] - '0');
    *ret_length = length;
    return true;
}

static enum round peel_payload_head(struct feed *top, struct container *c)
{
    const uint8_t *line;
    size_t line_bytes;

    if (find_line(top, &line_bytes) < 0)
        return ROUND_FAILED;
    line = feed_bytes(top);
    if (starts_with(line, line_bytes, "$EOF:", 5)) {
        if (line_bytes != 5 + CONTAINER_EOF_MARK_BYTES + 2 || line[line_bytes - 2] != '\r')
            goto malformed;
        memcpy(c->eof_mark, line + 5, CONTAINER_EOF_MARK_BYTES);
        c->has_eof_mark = true;
    } else if (parse_length(line, line_bytes, &c->length_bytes)) {
        c->has_length = true;
    } else {
        goto malformed;
    }
    top->pos += line_bytes;
    return ROUND_AGAIN;
malformed:
    (void)refuse_frame(top, false);
    return ROUND_FAILED;
}

/* Passes over one keep-alive, status line or payload head.  ROUND_FOUND: there is none here. */
static enum round peel_frame(struct feed *top, struct container *c)
{
    const uint8_t first = feed_bytes(top)[0];
    size_t line_bytes;

    if (c->has_eof_mark || c->has_length)
        return ROUND_FOUND;
    switch (first) {
    case '\n': top->pos++; return ROUND_AGAIN;
    case '+':
        if (find_line(top, &line_bytes) < 0)
            return ROUND_FAILED;
        top->pos += line_bytes;
        return ROUND_AGAIN;
    case '$': return peel_payload_head(top, c);
    default: return ROUND_FOUND;
    }
}

/* ---- the rounds ----------------------------------------------------------------------------- */

/* Opens the unpacker the head asks for.  ROUND_FOUND: it asks for none. */
static enum round peel_container(struct feed *top, struct container *c)
{
    uint8_t head[4] = {0};
    uint32_t magic;

    memcpy(head, feed_bytes(top), feed_left(top) < 4 ? feed_left(top) : 4);
    magic = load_u32le(head);
    if (head[0] == 0x1f && head[1] == 0x8b)
        return open_unpacker(top, c, "gzip", gzip_source_open);
    if (magic == MAGIC_ZSTD)
        return open_unpacker(top, c, "zstd", zstd_source_open);
    if (magic == MAGIC_LZ4 || magic == MAGIC_LZ4_LEGACY)
        return open_unpacker(top, c, "lz4", lz4_source_open);
    if (is_skippable_magic(magic))
        return feed_skip_frame(top) < 0 ? ROUND_FAILED : ROUND_AGAIN;
    return ROUND_FOUND;
}

static enum round peel_round(struct feed *top, struct container *c)
{
    enum round r = ROUND_FOUND;

    if (feed_need(top, MAGIC_BYTES) < 0)
        return ROUND_FAILED;
    if (feed_left(top) >= MAGIC_BYTES && looks_like_magic(feed_bytes(top), MAGIC_BYTES))
        return ROUND_FOUND;
    if (feed_left(top) > 0 && !c->is_framed)
        r = peel_container(top, c);
    if (feed_left(top) > 0 && r == ROUND_FOUND) {
        r = peel_frame(top, c);
        c->is_framed = c->is_framed || r == ROUND_AGAIN;
    }
    if (r != ROUND_FOUND)
        return r;
    if (feed_need(top, HEAD_BYTES) == 0)
        (void)refuse(top, c);
    return ROUND_FAILED;
}

int container_peel(struct feed *top, struct container *ret_container)
{
    struct container c = {0};
    enum round r;

    do {
        r = peel_round(top, &c);
    } while (r == ROUND_AGAIN);
    if (r == ROUND_FAILED)
        return -1;
    if (c.is_framed)
        add_name(&c, "replication");
    else if (c.depth == 0)
        add_name(&c, "plain");
    *ret_container = c;
    return 0;
}
