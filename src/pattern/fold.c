/* fold.c -- a key's name to its pattern: variable parts become `*`, names stay.
 *
 *     stat:processed:2024-01-31             stat:processed:*
 *     {user1000}.following                  {user*}.following
 *     bull:emails:402:logs                  bull:emails:*:logs
 *
 * How: a key is cut at hard punctuation (: / | # @ ...) into segments, a segment at dots and commas
 * into runs, a run at - and _ into tokens.  Shapes that cross separators (UUIDs, times, addresses,
 * mail, base64, JSON) are tried where they may begin; what is left is judged token by token:
 * numbers, hex digests and random tokens become `*`, a number inside or behind a word becomes `*`,
 * everything else is a word and stays.  Stars joined by - _ . , + ~ or a blank become one, since
 * their number says nothing (`25-20240131`, `1.2.3.4`); stars on different levels (`*:*`) stay.
 *
 * Why a pure function, though neighbours would help to tell ids from names: sums of patterns must
 * equal GROUP BY over keys, whatever the order of the file and whatever was folded before.
 *
 * Words with digits in them that name one thing (sha256, ipv4, k8s, v2) are listed below.
 *
 * A pattern is for people: bytes that are no text become `*` too, and glob characters of the key
 * stay as they are.  With these escaped it is a glob that hits every key of the pattern
 * (pattern_glob), because all that is left out lies where a star stands.  What else such a glob can
 * hit hangs on what the stars stand for, so the classes of those bytes are told beside the pattern.
 */
// SPDX-License-Identifier: MIT
#include <string.h>

#include "pattern/fold_internal.h"
#include "pattern/pattern.h"

enum {
    READ_MAX_BYTES = 4096, /* what is beyond folds to one star, which bounds the work per key */
    WORD_MAX_BYTES = 7
};

struct writer {
    uint8_t *out;
    size_t bytes;
    unsigned stars; /* classes of the bytes that stars stand for */
    bool is_full;
};

static void put(struct writer *w, const uint8_t *p, size_t bytes)
{
    if (bytes > PATTERN_MAX_BYTES - w->bytes) {
        bytes = PATTERN_MAX_BYTES - w->bytes;
        w->is_full = true;
    }
    memcpy(w->out + w->bytes, p, bytes);
    w->bytes += bytes;
}

static void put_byte(struct writer *w, uint8_t byte)
{
    if (w->bytes < PATTERN_MAX_BYTES)
        w->out[w->bytes++] = byte;
    else
        w->is_full = true;
}

static unsigned classes_of(const uint8_t *p, size_t bytes)
{
    unsigned classes = 0;

    for (size_t i = 0; i < bytes; i++)
        classes |= fold_class[p[i]];
    return classes;
}

/* classes: of the bytes it stands for. */
static void put_star(struct writer *w, unsigned classes)
{
    size_t n = w->bytes;

    w->stars |= classes;
    while (n > 0 && w->bytes - n < 2 &&
           (fold_is(w->out[n - 1], CLASS_DASH | CLASS_DOT) || w->out[n - 1] == ' '))
        n--;
    if (n > 0 && w->out[n - 1] == '*') {
        w->stars |= classes_of(w->out + n, w->bytes - n);
        w->bytes = n;
        return;
    }
    put_byte(w, '*');
}

/* A number's star takes the sign before it: -12, +49151. */
static void put_number_star(struct writer *w)
{
    const size_t n = w->bytes;

    if (n > 0 && (w->out[n - 1] == '-' || w->out[n - 1] == '+') &&
        (n == 1 || fold_is(w->out[n - 2], CLASS_HARD))) {
        w->stars |= fold_class[w->out[n - 1]];
        w->bytes--;
    }
    put_star(w, CLASS_DIGIT);
}

/* ---- tokens ------------------------------------------------------------------------------- */

/* In the order of their bytes.  Not here: what is as often one of a series (web3, p99, x11).  With
 * the NUL each has eight bytes, so that they are compared as numbers. */
static const char known_words[][WORD_MAX_BYTES + 1] = {
    "a11y",    "aes128",  "aes192", "aes256", "argon2",  "asn1",    "b2b",     "b2c",    "base16",
    "base32",  "base36",  "base58", "base62", "base64",  "base85",  "bcp47",   "blake2", "blake2b",
    "blake3",  "bm25",    "bz2",    "c2c",    "cp1252",  "crc16",   "crc32",   "crc64",  "e2e",
    "ec2",     "ed25519", "es256",  "f2f",    "fido2",   "float32", "float64", "g11n",   "ga4",
    "geo2ip",  "h264",    "h265",   "h2o",    "hs256",   "hs512",   "html5",   "http2",  "http3",
    "i18n",    "i2c",     "int16",  "int32",  "int64",   "int8",    "ipv4",    "ipv6",   "iso8601",
    "k3s",     "k8s",     "l10n",   "latin1", "log4j",   "lz4",     "m2m",     "m3u8",   "md4",
    "md5",     "mp3",     "mp4",    "neo4j",  "o11y",    "oauth1",  "oauth2",  "p2p",    "pbkdf2",
    "rfc3339", "rs256",   "s2s",    "s3",     "saml2",   "sha1",    "sha2",    "sha224", "sha256",
    "sha3",    "sha384",  "sha512", "sql92",  "u2f",     "uint16",  "uint32",  "uint64", "uint8",
    "utf16",   "utf32",   "utf7",   "utf8",   "utf8mb4", "uuid4",   "w3c",     "win32",  "win64",
    "x264",    "x265",    "x509",   "x64",    "x86",     "xxh3",    "xxh64",
};

static uint64_t word_number(const char *word)
{
    uint64_t x = 0;

    for (int i = 0; i <= WORD_MAX_BYTES; i++)
        x = x << 8 | (uint8_t)word[i];
    return x;
}

static bool is_known_word(const uint8_t *p, size_t bytes)
{
    size_t low = 0, high = sizeof(known_words) / sizeof(known_words[0]);
    uint64_t word = 0;

    if (bytes < 2 || bytes > WORD_MAX_BYTES)
        return false;
    for (size_t i = 0; i < bytes; i++)
        word = word << 8 | (fold_is(p[i], CLASS_UPPER) ? p[i] | 0x20u : p[i]);
    word <<= 8 * (WORD_MAX_BYTES + 1 - bytes);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const uint64_t known = word_number(known_words[middle]);

        if (word == known)
            return true;
        if (word < known)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* 24h, 7d, 15min, 500ms, 4xx, 2fa: windows and sizes are names, and there are few of them. */
static bool is_quantity(const uint8_t *p, size_t bytes)
{
    static const char units[][5] = {"s",  "m",  "h",  "d",  "w",   "y",   "k",   "ms", "mo", "xx",
                                    "kb", "mb", "gb", "hr", "sec", "min", "day", "fa", "px"};
    size_t digits = 0, unit_bytes;

    if (bytes > 6 || p[0] == '0')
        return false;
    while (digits < bytes && fold_is(p[digits], CLASS_DIGIT))
        digits++;
    unit_bytes = bytes - digits;
    if (digits == 0 || digits > 3)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i]) == unit_bytes && memcmp(p + digits, units[i], unit_bytes) == 0)
            return true;
    return false;
}

/* Letters and digits in a row. */
struct token {
    const uint8_t *p;
    size_t bytes;
    unsigned classes;
};

static struct token read_token(const uint8_t *p, const uint8_t *end)
{
    struct token t = {p, 0, 0};

    t.bytes = (size_t)(fold_skip(p, end, CLASS_TOKEN, &t.classes) - p);
    return t;
}

static size_t count_digits(const struct token *t)
{
    size_t digits = 0;

    for (size_t i = 0; i < t->bytes; i++)
        digits += fold_is(t->p[i], CLASS_DIGIT);
    return digits;
}

/* Of digits and of letters. */
static size_t count_runs(const struct token *t)
{
    size_t runs = 1;

    for (size_t i = 1; i < t->bytes; i++)
        runs += fold_is(t->p[i], CLASS_DIGIT) != fold_is(t->p[i - 1], CLASS_DIGIT);
    return runs;
}

static bool is_hex_token(const struct token *t)
{
    const uint8_t *p = t->p;

    if (!(t->classes & CLASS_NO_HEX))
        return t->bytes >= 8 && (t->classes & CLASS_LETTER) != CLASS_LETTER;
    /* 0x..., in any case: Ethereum's addresses use the case as a checksum. */
    if (t->bytes < 6 || p[0] != '0' || p[1] != 'x')
        return false;
    for (size_t i = 2; i < t->bytes; i++)
        if (fold_is(p[i], CLASS_NO_HEX))
            return false;
    return true;
}

static bool is_digest(const uint8_t *p, size_t bytes)
{
    size_t hex = 0, digits = 0;

    for (size_t i = 0; i < bytes; i++) {
        hex += fold_is(p[i], CLASS_DIGIT | CLASS_HEX);
        digits += fold_is(p[i], CLASS_DIGIT);
        if (fold_is(p[i], CLASS_UPPER))
            return false;
    }
    return digits > 0 && (hex == bytes || fold_randomness(p, bytes, CLASS_DIGIT | CLASS_LOWER) > 0);
}

/* django.contrib.sessions.cache<32 characters>, get_pages<md5>: a word and a digest without a
 * separator.  Returns the bytes of the word, 0 if it is nothing of that kind. */
static size_t word_before_digest(const struct token *t)
{
    static const uint8_t usual[] = {64, 40, 32};

    for (size_t i = 0; i < sizeof(usual); i++) {
        const size_t word_bytes = t->bytes - usual[i];
        unsigned classes = 0;

        if (t->bytes <= usual[i] + 3u || word_bytes > 24)
            continue;
        for (size_t k = 0; k < word_bytes && !(classes & CLASS_DIGIT); k++)
            classes |= fold_class[t->p[k]];
        if (!(classes & CLASS_DIGIT) && fold_randomness(t->p, word_bytes, classes) < 0 &&
            is_digest(t->p + word_bytes, usual[i]))
            return word_bytes;
    }
    return 0;
}

/* A digit run that belongs to a name: S3Uploader, OAuth2Token, face2face. */
static bool is_digit_of_name(const struct token *t, size_t from, size_t to)
{
    size_t hump = from;

    if (is_known_word(t->p, to))
        return true;
    while (hump > 0 && !(fold_is(t->p[hump], CLASS_UPPER) && fold_is(t->p[hump - 1], CLASS_LOWER)))
        hump--;
    if (hump > 0 && is_known_word(t->p + hump, to - hump))
        return true;
    return to - from == 1 && (t->p[from] == '2' || t->p[from] == '4') && from >= 3 &&
           t->bytes - to >= 3 && fold_is(t->p[from - 1], CLASS_LOWER) &&
           fold_is(t->p[to], CLASS_LETTER);
}

static void put_word_with_numbers(struct writer *w, const struct token *t)
{
    for (size_t i = 0; i < t->bytes;) {
        size_t from = i;
        const bool is_digit = fold_is(t->p[i], CLASS_DIGIT);

        while (i < t->bytes && fold_is(t->p[i], CLASS_DIGIT) == is_digit)
            i++;
        if (is_digit && !is_digit_of_name(t, from, i))
            put_star(w, CLASS_DIGIT);
        else
            put(w, t->p + from, i - from);
    }
}

/* Width x height. */
static bool is_size(const struct token *t)
{
    return fold_is(t->p[0], CLASS_DIGIT) && t->p[0] != '0' &&
           fold_is(t->p[t->bytes - 1], CLASS_DIGIT) &&
           !(t->classes & (CLASS_UPPER | CLASS_HEX | CLASS_OTHER)) &&
           memchr(t->p, 'x', t->bytes) != NULL && count_digits(t) == t->bytes - 1;
}

/* v1, v2 tell schemas apart; v1.2.3 is a release.  next: the byte behind the token, 0 at the end.
 */
static bool is_version(const struct token *t, uint8_t next)
{
    const uint8_t *p = t->p;

    return (p[0] == 'v' || p[0] == 'V') && t->bytes >= 2 && t->bytes <= 3 &&
           fold_is(p[1], CLASS_DIGIT) && fold_is(p[t->bytes - 1], CLASS_DIGIT) && next != '.';
}

/* Letters and digits. */
static void put_mixed_token(struct writer *w, const struct token *t, uint8_t next)
{
    const bool is_ascii = !(t->classes & CLASS_OTHER);
    size_t word_bytes;

    if (is_size(t)) { /* 100x200 */
        put_word_with_numbers(w, t);
        return;
    }
    if (is_version(t, next) || is_known_word(t->p, t->bytes) || is_quantity(t->p, t->bytes)) {
        put(w, t->p, t->bytes);
        return;
    }
    word_bytes = is_ascii ? word_before_digest(t) : 0;
    if (word_bytes > 0) {
        put(w, t->p, word_bytes);
        put_star(w, t->classes);
    } else if (is_ascii && (is_hex_token(t) || (t->bytes < 8 && count_runs(t) >= 4) ||
                            fold_is_random(t->p, t->bytes, t->classes, count_digits(t)))) {
        put_star(w, t->classes);
    } else {
        put_word_with_numbers(w, t);
    }
}

/* next: the byte behind the token, 0 at the end. */
static void put_token(struct writer *w, const struct token *t, uint8_t next)
{
    if ((t->classes & CLASS_TOKEN) == CLASS_DIGIT)
        put_number_star(w);
    else if (t->classes & CLASS_DIGIT)
        put_mixed_token(w, t, next);
    else if (!(t->classes & CLASS_OTHER) && fold_is_random(t->p, t->bytes, t->classes, 0))
        put_star(w, t->classes);
    else
        put(w, t->p, t->bytes);
}

/* ---- runs, segments, keys ------------------------------------------------------------------ */

/* Tokens of p..stop.  A time may reach beyond stop; returns where reading goes on. */
static const uint8_t *put_tokens(struct writer *w, const uint8_t *p, const uint8_t *stop,
                                 const uint8_t *end)
{
    while (p < stop && !w->is_full) {
        struct token t;
        size_t n = 0;

        if (!fold_is(*p, CLASS_TOKEN)) {
            put_byte(w, *p++);
            continue;
        }
        if (fold_is(*p, CLASS_DIGIT))
            n = fold_shape_time(p, end);
        t = read_token(p, stop);
        if (n == 0 && t.bytes == 8)
            n = fold_shape_uuid(p, end);
        if (n == 0 && t.bytes >= 6 && t.bytes <= 10 && p + t.bytes < stop)
            n = fold_shape_pod(p, end);
        if (n > 0) {
            put_star(w, classes_of(p, n));
            p += n;
            continue;
        }
        p += t.bytes;
        put_token(w, &t, p < end ? *p : 0);
    }
    return p;
}

/* Sidekiq Pro's batches, b-<bid> and b-<bid>-jids, and sidekiq-batch's BID-<bid>: the id is 14
 * characters of URL-safe base64 with whatever separators fall into it.  Returns the bytes before
 * the id, or 0. */
static size_t match_batch(const uint8_t *p, const uint8_t *stop)
{
    const size_t bytes = (size_t)(stop - p);
    const size_t prefix = bytes > 2 && memcmp(p, "b-", 2) == 0     ? 2
                          : bytes > 4 && memcmp(p, "BID-", 4) == 0 ? 4
                                                                   : 0;
    unsigned classes = 0;

    if (prefix == 0 || bytes < prefix + 14 || (bytes > prefix + 14 && p[prefix + 14] != '-'))
        return 0;
    for (size_t i = 0; i < 14; i++)
        classes |= fold_class[p[prefix + i]];
    return (classes & CLASS_LETTER) == CLASS_LETTER ? prefix : 0;
}

/* Letters, digits, - and _. */
static const uint8_t *put_run(struct writer *w, const uint8_t *p, const uint8_t *stop,
                              const uint8_t *end, unsigned classes)
{
    size_t from, to = match_batch(p, stop);

    if (to > 0) {
        put(w, p, to);
        put_byte(w, '*'); /* never one with a star before it */
        w->stars |= classes_of(p + to, 14);
        p += to + 14;
    } else if ((classes & CLASS_DASH) && (classes & CLASS_LETTER) == CLASS_LETTER &&
               fold_find_random(p, (size_t)(stop - p), &from, &to)) {
        put_tokens(w, p, p + from, p + from);
        put_star(w, classes_of(p + from, to - from));
        p += to;
    }
    return put_tokens(w, p, stop, end);
}

/* From a hard separator (or the key's begin) to the next. */
static const uint8_t *put_segment(struct writer *w, const uint8_t *p, const uint8_t *end)
{
    while (p < end && !w->is_full && !fold_is(*p, CLASS_HARD)) {
        const uint8_t *stop = p;
        unsigned classes = 0;

        if (fold_is(*p, CLASS_DOT)) {
            put_byte(w, *p++);
            continue;
        }
        while (stop < end && !fold_is(*stop, CLASS_HARD | CLASS_DOT))
            classes |= fold_class[*stop++];
        p = put_run(w, p, stop, end, classes);
    }
    return p;
}

/* A shape that may begin with the segment p..stop, in which `classes` occur. */
static size_t match_segment(const uint8_t *p, const uint8_t *stop, const uint8_t *end,
                            unsigned classes, const uint8_t **no_base64_before)
{
    size_t n = 0;

    if (stop < end) {
        if (*stop == ':') {
            n = fold_is(*p, CLASS_DIGIT | CLASS_HEX) && stop - p <= 4 ? fold_shape_address(p, end)
                                                                      : 0;
        } else if (*stop == '@' || *stop == '%') {
            n = fold_shape_mail(p, end);
        } else if (*stop == '/' || *stop == '=') {
            return fold_shape_base64(p, end, no_base64_before);
        }
    }
    if (n == 0 && (classes & CLASS_DOT) && memchr(p, '+', (size_t)(stop - p)))
        n = fold_shape_base64(p, end, no_base64_before);
    return n;
}

/* The = that ends base64, once or twice. */
static bool is_padding(const struct writer *w, const uint8_t *p, const uint8_t *end)
{
    if (*p != '=' || w->bytes == 0 || w->out[w->bytes - 1] != '*')
        return false;
    p++;
    if (p < end && *p == '=')
        p++;
    return p == end || (fold_is(*p, CLASS_HARD) && *p != '=');
}

/* Rack's session id, second form: 2::<digest>.  The 2 says which form, not which session. */
static bool is_rack_session(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *digest = p + 3;
    unsigned classes = 0;

    if (end - p < 4 || p[0] != '2' || p[1] != ':' || p[2] != ':')
        return false;
    while (end - digest >= 8 && digest - p < 32 + 3 &&
           !((classes = fold_classes_of_eight(fold_load(digest))) & CLASS_NO_HEX) && classes != 0)
        digest += 8;
    while (digest < end && digest - p < 32 + 3 && fold_is(*digest, CLASS_DIGIT | CLASS_HEX))
        digest++;
    return digest - p >= 32 + 3 || p[3] == '*'; /* or a pattern of such keys */
}

/* A segment, or a shape that begins where it begins. */
static const uint8_t *put_name(struct writer *w, const uint8_t *p, const uint8_t *end,
                               bool is_begin, const uint8_t **no_base64_before)
{
    struct token t = read_token(p, end);
    const uint8_t *token_end = p + t.bytes, *stop = token_end;
    unsigned classes = t.classes;
    size_t n;

    while (stop < end && !fold_is(*stop, CLASS_HARD))
        classes |= fold_class[*stop++];
    if (is_begin) {
        n = match_segment(p, stop, end, classes, no_base64_before);
        if (n > 0) {
            put_star(w, classes_of(p, n));
            return p + n;
        }
        if (is_rack_session(p, end)) {
            put(w, p, 3);
            return p + 3;
        }
    }
    /* Most segments are one token; of the shapes only a time is made of such. */
    if (stop > token_end || (fold_is(*p, CLASS_DIGIT) && fold_shape_time(p, end) > 0))
        return put_segment(w, p, end);
    put_token(w, &t, stop < end ? *stop : 0);
    return stop;
}

/* Hard punctuation, or a shape that begins with it. */
static const uint8_t *put_punctuation(struct writer *w, const uint8_t *key, const uint8_t *p,
                                      const uint8_t *end, const uint8_t **no_base64_before)
{
    size_t n = 0;

    switch (*p) {
    case '{':
    case '[': n = fold_shape_json(p, end); break;
    case ':': n = p == key || p[-1] == ':' ? fold_shape_address(p, end) : 0; break;
    case '/': n = p > key && p[-1] == ':' ? fold_shape_base64(p, end, no_base64_before) : 0; break;
    case '*': n = 1; break;
    case '%':
        if (end - p < 3 || !fold_is(p[1], CLASS_DIGIT | CLASS_HEX) ||
            !fold_is(p[2], CLASS_DIGIT | CLASS_HEX))
            break;
        put(w, p, 3); /* URL encoding: a separator, not a number */
        return put_segment(w, p + 3, end);
    case '=':
        if (is_padding(w, p, end)) {
            w->stars |= CLASS_HARD;
            return p + 1;
        }
        break;
    default: break;
    }
    if (n == 0) {
        put_byte(w, *p);
        return p + 1;
    }
    put_star(w, classes_of(p, n));
    return p + n;
}

/* key: where the whole key begins, to look back. */
static void put_text(struct writer *w, const uint8_t *key, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *no_base64_before = p;

    while (p < end && !w->is_full) {
        if (fold_is(*p, CLASS_HARD))
            p = put_punctuation(w, key, p, end, &no_base64_before);
        else
            p = put_name(w, p, end, p == key || fold_is(p[-1], CLASS_HARD), &no_base64_before);
    }
}

/* ---- bytes that are no text ---------------------------------------------------------------- */

/* Bytes of the well-formed UTF-8 character at p (not a C0 or C1 control), 0 if it is none. */
static size_t match_char(const uint8_t *p, const uint8_t *end)
{
    const size_t left = (size_t)(end - p);
    uint32_t c;
    size_t n;

    if (p[0] < 0x80)
        return fold_is(p[0], CLASS_CONTROL) ? 0 : 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (n > left)
        return 0;
    c = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
        (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return n;
}

/* Four letters in a row that fit a word. */
static bool has_word(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *from = p;
        unsigned classes = 0;
        size_t n = 0, letters = 0;

        while (p < end && ((n = match_char(p, end)) > 1 || fold_is(*p, CLASS_LETTER))) {
            classes |= n > 1 ? CLASS_CONTROL : fold_class[*p];
            letters++;
            p += n;
        }
        if (letters >= (classes & CLASS_CONTROL ? 6u : 4u) &&
            ((classes & CLASS_CONTROL) ||
             fold_randomness(from, letters, classes & CLASS_LETTER) < 0))
            return true;
        if (p < end)
            p++;
    }
    return false;
}

/* Behind the last separator that follows names: user:17:, app/users/. */
static const uint8_t *end_of_names(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *name = p, *names_end = p;

    for (; p < end; p++) {
        if (fold_is(*p, CLASS_TOKEN | CLASS_DASH | CLASS_DOT))
            continue;
        if ((*p != ':' && *p != '/') || (p - name < 2 && (p != name || *p == '/')))
            break;
        name = names_end = p + 1;
    }
    return names_end;
}

/* Keys with bytes that are no text: those fold to a star, and so does what stands between them by
 * chance, as in raw digests and serialized objects.  Text islands with a word in them stay. */
static void put_binary(struct writer *w, const uint8_t *key, const uint8_t *end)
{
    const uint8_t *p = key;

    /* A key that Java serialized: magic, TC_STRING, its length in two bytes. */
    if (end - p > 7 && memcmp(p, "\xac\xed\x00\x05t", 5) == 0) {
        put_star(w, CLASS_ALL);
        p += 7;
    }
    while (p < end && !w->is_full) {
        const uint8_t *stop = p, *word;
        size_t n;

        while (stop < end && (n = match_char(stop, end)) > 0)
            stop += n;
        word = p == key ? end_of_names(p, stop) : p;
        /* Kombu puts 06 16 and a priority behind a queue's name. */
        if (has_word(word, stop) || (end - stop >= 2 && stop[0] == 6 && stop[1] == 0x16))
            word = stop;
        if (word > p)
            put_text(w, p, p, word);
        if (stop < end || word < stop)
            put_star(w, CLASS_ALL);
        p = stop;
        while (p < end && match_char(p, end) == 0)
            p++;
    }
}

/* Eight bytes of 0x20..0x7e. */
static bool are_printable(uint64_t x)
{
    return !((x | (x - FOLD_EACH(0x20)) | (x + FOLD_EACH(1))) & FOLD_EACH(0x80));
}

static bool is_text(const uint8_t *key, const uint8_t *end)
{
    const uint8_t *p = key;

    while (p < end) {
        size_t n = 1;

        if (end - p >= 8 && are_printable(fold_load(p)))
            n = 8;
        else if (end - p < 8 && end - key >= 8 && are_printable(fold_load(end - 8)))
            return true; /* what is left, and some bytes again */
        else if (*p < 0x20 || *p >= 0x7f)
            n = match_char(p, end);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

static void put_key(struct writer *w, const uint8_t *key, const uint8_t *end)
{
    const uint8_t *p = key;

    if (!is_text(key, end)) {
        put_binary(w, key, end);
        return;
    }
    /* Django writes <prefix>:<version>:<name>; an empty prefix leaves :1: in front. */
    if (end - p > 3 && p[0] == ':' && fold_is(p[1], CLASS_DIGIT) && p[2] == ':') {
        put(w, p, 3);
        p += 3;
    }
    put_text(w, key, p, end);
}

size_t pattern_fold_stars(const uint8_t *key, size_t key_bytes, bool is_cut, uint8_t *out,
                          unsigned *ret_stars)
{
    struct writer w = {out, 0, 0, false};
    const size_t read_bytes = key_bytes > READ_MAX_BYTES ? READ_MAX_BYTES : key_bytes;

    put_key(&w, key, key + read_bytes);
    if (is_cut || read_bytes < key_bytes)
        put_star(&w, CLASS_ALL);
    if (w.is_full) {
        w.bytes = PATTERN_MAX_BYTES - 1;
        while (w.bytes > 0 && (out[w.bytes] & 0xc0) == 0x80)
            w.bytes--; /* not inside a character */
        w.is_full = false;
        put_star(&w, CLASS_ALL);
    }
    *ret_stars = w.stars & CLASS_ALL;
    return w.bytes;
}

size_t pattern_fold(const uint8_t *key, size_t key_bytes, uint8_t *out)
{
    unsigned stars;

    return pattern_fold_stars(key, key_bytes, false, out, &stars);
}
