/* fold_random.c -- does a token look like a word or like the output of a random generator?
 *
 * Random tokens (nanoids, KSUIDs, session ids, base64) have no fixed shape, so they are judged by
 * two models of how bytes follow each other, and the difference of the two code lengths decides:
 *
 *   words    a letter costs -log2 P(letter | letter before); a change of case inside a token, a
 * digit after a letter and a letter after a digit cost extra, as they are rare in names random
 * every character costs log2 of the alphabet that the token uses (26, 36, 52 or 62 signs)
 *
 * All costs are in quarter bits.  The letter pairs were counted over distinct words of Debian's
 * wamerican list and the parts of identifiers in C, Python and Perl sources (so that `src`, `ctx`,
 * `uuid` and `http` count as words), each word once, with half a count for pairs never seen.
 *
 * Why not a digit count or Shannon's entropy of the characters: one in ten random tokens of 14
 * base62 characters has no digit, and an English word's characters are as varied as a random one's.
 * What differs is which letter follows which.  Each token that slips through is a pattern of its
 * own, so misses cost more than elsewhere.
 */
// SPDX-License-Identifier: MIT
#include "pattern/fold_internal.h"

/* Costs of capitals beside those below, in a token that has small letters too. */
enum {
    COST_FIRST_UPPER = 4, /* a token that begins with a capital */
    COST_HUMP = 12,       /* a capital after a small letter begins a new word inside the token */
    COST_UPPER_RUN = 10,  /* a capital after a capital ... */
    COST_UPPER_MOST = 30, /* ... at most: acronyms have no usual pairs of letters */
    COST_DASH = 12
};

/* What stands somewhere, beside the letters 0..25. */
enum { SIGN_DIGIT = 26, SIGN_NONE = 27 };

/* sign_cost[a][b]: of b after a. */
static const uint8_t sign_cost[28][27] = {
    {40, 20, 17, 19, 32, 28, 21, 31, 20, 40, 26, 14, 19, 12,
     40, 20, 40, 13, 17, 12, 23, 25, 27, 33, 24, 31, 33}, /* a */
    {12, 20, 32, 33, 12, 38, 40, 38, 14, 32, 43, 11, 33, 35,
     13, 39, 50, 15, 20, 29, 15, 37, 39, 46, 26, 53, 33}, /* b */
    {12, 42, 24, 38, 14, 42, 44, 13, 16, 54, 15, 19, 38, 41,
     11, 38, 37, 17, 26, 16, 18, 42, 57, 47, 26, 45, 33}, /* c */
    {16, 29, 31, 21, 8,  31, 23, 31, 10, 32, 43, 20, 28, 29,
     16, 32, 45, 18, 17, 33, 19, 30, 29, 47, 25, 42, 33}, /* d */
    {19, 29, 20, 13, 22, 26, 26, 33, 27, 40, 35, 18, 22, 14,
     29, 24, 34, 10, 11, 19, 32, 26, 28, 25, 28, 37, 33}, /* e */
    {15, 36, 35, 36, 13, 15, 40, 39, 11, 48, 42, 14, 35, 33,
     13, 35, 48, 15, 23, 20, 14, 46, 40, 46, 23, 57, 33}, /* f */
    {14, 35, 38, 37, 10, 36, 19, 16, 14, 46, 43, 16, 27, 20,
     17, 35, 50, 14, 17, 31, 17, 46, 34, 50, 25, 40, 33}, /* g */
    {11, 30, 38, 34, 9,  33, 42, 37, 11, 43, 40, 26, 26, 28,
     11, 37, 47, 20, 23, 19, 18, 45, 30, 53, 21, 47, 33}, /* h */
    {19, 25, 16, 21, 16, 24, 21, 43, 40, 44, 32, 18, 21, 8,
     16, 24, 36, 22, 15, 16, 33, 22, 44, 35, 50, 22, 33}, /* i */
    {9,  40, 40, 40, 11, 37, 47, 47, 15, 47, 37, 40, 40, 47,
     10, 35, 47, 35, 34, 40, 9,  40, 40, 47, 47, 47, 33}, /* j */
    {16, 27, 34, 31, 8,  30, 36, 24, 10, 39, 30, 18, 28, 20,
     21, 30, 55, 25, 13, 30, 24, 45, 27, 48, 21, 48, 33}, /* k */
    {13, 31, 30, 24, 10, 30, 31, 38, 11, 50, 30, 14, 29, 33,
     15, 30, 51, 38, 20, 23, 20, 30, 40, 45, 15, 46, 33}, /* l */
    {10, 18, 30, 37, 10, 33, 44, 39, 11, 61, 46, 31, 19, 29,
     14, 14, 46, 36, 19, 37, 19, 39, 41, 52, 28, 54, 33}, /* m */
    {17, 32, 17, 16, 13, 25, 10, 32, 16, 36, 25, 30, 34, 23,
     20, 33, 35, 33, 14, 13, 25, 28, 35, 42, 31, 38, 33}, /* n */
    {23, 24, 20, 22, 28, 27, 21, 33, 24, 41, 26, 17, 18, 10,
     19, 20, 40, 13, 18, 19, 15, 22, 21, 31, 29, 35, 33}, /* o */
    {13, 35, 34, 37, 11, 35, 39, 17, 14, 47, 37, 16, 34, 35,
     14, 17, 48, 12, 19, 20, 19, 48, 37, 50, 28, 47, 33}, /* p */
    {31, 40, 46, 46, 37, 46, 37, 46, 29, 46, 46, 33, 40, 37,
     37, 35, 37, 37, 32, 40, 1,  46, 40, 46, 46, 46, 33}, /* q */
    {12, 26, 23, 21, 10, 30, 25, 32, 12, 41, 26, 26, 22, 23,
     14, 27, 42, 22, 15, 19, 21, 29, 33, 48, 23, 45, 33}, /* r */
    {18, 33, 18, 35, 13, 33, 36, 16, 15, 45, 25, 21, 22, 25,
     19, 18, 30, 35, 14, 10, 19, 39, 27, 51, 26, 50, 33}, /* s */
    {15, 34, 26, 39, 10, 32, 39, 17, 10, 49, 47, 23, 32, 33,
     16, 35, 61, 15, 16, 20, 20, 44, 30, 44, 22, 34, 33}, /* t */
    {20, 20, 19, 21, 20, 26, 22, 40, 19, 41, 33, 14, 17, 12,
     29, 20, 47, 13, 12, 15, 44, 34, 44, 34, 39, 32, 33}, /* u */
    {12, 40, 38, 39, 5,  39, 42, 41, 10, 49, 44, 33, 36, 41,
     16, 37, 49, 35, 31, 33, 26, 33, 44, 44, 32, 49, 33}, /* v */
    {10, 27, 33, 25, 11, 32, 35, 17, 11, 55, 29, 22, 32, 18,
     13, 30, 48, 19, 18, 30, 34, 48, 37, 55, 31, 40, 33}, /* w */
    {17, 35, 15, 32, 12, 27, 37, 21, 11, 48, 37, 30, 32, 31,
     20, 12, 37, 33, 28, 12, 21, 27, 33, 23, 23, 42, 33}, /* x */
    {15, 22, 18, 22, 14, 28, 24, 28, 14, 38, 33, 18, 17, 17,
     19, 15, 43, 19, 12, 21, 25, 38, 24, 32, 39, 30, 33}, /* y */
    {13, 35, 39, 36, 6,  50, 44, 29, 10, 50, 38, 21, 32, 34,
     18, 35, 44, 39, 35, 35, 27, 35, 35, 50, 25, 16, 33}, /* z */
    {28, 28, 26, 28, 31, 30, 32, 31, 31, 38, 38, 32, 29, 34,
     34, 27, 43, 29, 25, 29, 33, 36, 33, 48, 44, 46, 15}, /* digit */
    {18, 18, 16, 18, 21, 20, 22, 21, 21, 28, 28, 22, 19, 24,
     24, 17, 33, 19, 15, 19, 23, 26, 23, 38, 34, 36, 33}, /* none */
};

/* log2 of the alphabet's size, in quarter bits. */
static int random_cost(unsigned classes)
{
    const bool has_both = (classes & CLASS_LETTER) == CLASS_LETTER;

    if (classes & CLASS_DASH)
        return 24;
    if (classes & CLASS_DIGIT)
        return has_both ? 24 : 21;
    return has_both ? 23 : 19;
}

/* Of a capital in a token of mixed case. */
static int upper_cost(unsigned letter, unsigned before, bool is_after_lower)
{
    const int cost = sign_cost[before][letter];

    if (before == SIGN_NONE)
        return cost + COST_FIRST_UPPER;
    if (before == SIGN_DIGIT)
        return cost;
    if (is_after_lower)
        return sign_cost[SIGN_NONE][letter] + COST_HUMP;
    return cost + COST_UPPER_RUN < COST_UPPER_MOST ? cost + COST_UPPER_RUN : COST_UPPER_MOST;
}

int fold_randomness(const uint8_t *p, size_t bytes, unsigned classes)
{
    const bool is_mixed = (classes & CLASS_LETTER) == CLASS_LETTER;
    unsigned before = SIGN_NONE;
    int cost = 0;

    for (size_t i = 0; i < bytes; i++) {
        const unsigned class_ = fold_class[p[i]];
        const unsigned sign = class_ & CLASS_DIGIT ? SIGN_DIGIT : (p[i] | 0x20u) - 'a';

        if (!(class_ & CLASS_ALNUM))
            return 0; /* other scripts: no opinion */
        if (is_mixed && (class_ & CLASS_UPPER))
            cost += upper_cost(sign, before, i > 0 && fold_is(p[i - 1], CLASS_LOWER));
        else
            cost += sign_cost[before][sign];
        before = sign;
    }
    return cost - random_cost(classes) * (int)bytes;
}

/* The word of word-with-a-number; the number says nothing of it. */
static bool is_random_before_number(const uint8_t *p, size_t letters, unsigned classes)
{
    if (letters < 5)
        return false;
    return fold_randomness(p, letters, classes & ~(unsigned)CLASS_DIGIT) > (letters < 8 ? 20 : 10);
}

bool fold_is_random(const uint8_t *p, size_t bytes, unsigned classes, size_t digits)
{
    size_t tail = 0;
    int score;

    if (bytes < 5 ||
        (digits == 0 && bytes < 8 && (bytes < 6 || (classes & CLASS_LETTER) != CLASS_LETTER)))
        return false;
    if (bytes > 256)
        return fold_randomness(p, 256, classes) > 0; /* enough to know */
    while (tail < digits && fold_is(p[bytes - 1 - tail], CLASS_DIGIT))
        tail++;
    if (digits > 0 && tail == digits)
        return is_random_before_number(p, bytes - digits, classes);
    score = fold_randomness(p, bytes, classes);
    if (digits > 0)
        return score > (bytes < 8 ? 4 : -6);
    if (bytes < 8)
        return score > 36;
    if ((classes & CLASS_LETTER) == CLASS_LETTER)
        return score > (bytes < 10 ? 32 : 26); /* CamelCase of abbreviations comes near */
    return score > (bytes < 10 ? 26 : 16);
}

/* Lengths that generators of URL-safe tokens give: 8 bytes 11, Sidekiq's batches 14, Firebase 20,
 * nanoid 21, 16 bytes 22, 20 bytes 27, 24 bytes 32, 30 bytes 40, 32 bytes 43, 48 bytes 64, 64
 * bytes 86. */
static bool is_usual_length(size_t bytes)
{
    static const uint8_t usual[] = {11, 14, 20, 21, 22, 24, 27, 28, 32, 36, 40, 43, 44, 64, 86};

    for (size_t i = 0; i < sizeof(usual); i++)
        if (usual[i] == bytes)
            return true;
    return false;
}

enum {
    MAX_PIECES = 24,
    MAX_RANDOM_BYTES = 512,
    MIN_FOUND_BYTES = 11,
    MIN_FOUND_SCORE = 24,
    WORD_SCORE = -12 /* a piece below is a word that somebody wrote */
};

/* What stands between - and _. */
struct piece {
    size_t begin, end;
    int score;
    bool is_short_mix; /* too short to judge, but of mixed case or with a digit */
};

static size_t split_pieces(const uint8_t *p, size_t bytes, struct piece *pieces)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes && count < MAX_PIECES;) {
        struct piece *piece = &pieces[count];
        unsigned classes = 0;

        if (fold_is(p[i], CLASS_DASH)) {
            i++;
            continue;
        }
        piece->begin = i;
        while (i < bytes && !fold_is(p[i], CLASS_DASH))
            classes |= fold_class[p[i++]];
        piece->end = i;
        piece->score = fold_randomness(p + piece->begin, i - piece->begin, classes | CLASS_DASH);
        piece->is_short_mix = i - piece->begin <= 4 && piece->score > -4 &&
                              ((classes & CLASS_LETTER) == CLASS_LETTER || (classes & CLASS_DIGIT));
        count++;
    }
    return count;
}

/* The pieces in a row whose scores, less the price of the separators between them, sum to the most.
 */
static int find_best_row(const struct piece *pieces, size_t count, size_t *ret_first,
                         size_t *ret_last)
{
    size_t first = 0;
    int sum = 0, best = 0;

    for (size_t i = 0; i < count; i++) {
        sum += pieces[i].score - (i > first ? COST_DASH : 0);
        if (sum <= 0) {
            sum = 0;
            first = i + 1;
        } else if (sum > best) {
            best = sum;
            *ret_first = first;
            *ret_last = i;
        }
    }
    return best;
}

/* Small letters before the first separator: rather somebody's prefix, as in b-<bid>. */
static bool is_prefix(const uint8_t *p, const struct piece *piece)
{
    for (size_t i = piece->begin; i < piece->end; i++)
        if (!fold_is(p[i], CLASS_LOWER))
            return false;
    return piece->begin == 0 && piece->end <= 3;
}

/* Up to three pieces more on either side, none of them a word, that make the length a usual one:
 * the longest such.  The outermost separators may belong to the token too. */
static bool widen_to_usual(const uint8_t *p, size_t bytes, const struct piece *pieces, size_t count,
                           size_t first, size_t last, size_t *ret_begin, size_t *ret_end)
{
    size_t longest = 0;
    bool has_prefix = false;

    for (size_t i = first; first - i <= 3; i--) {
        const size_t begin = i == 0 ? 0 : pieces[i - 1].end + 1;
        const bool is_with_prefix = i == 0 && is_prefix(p, &pieces[0]);

        if (i < first && pieces[i].score < WORD_SCORE)
            break;
        for (size_t k = last; k < count && k - last <= 3; k++) {
            const size_t end = k + 1 == count ? bytes : pieces[k + 1].begin - 1;

            if (k > last && pieces[k].score < WORD_SCORE)
                break;
            if (!is_usual_length(end - begin) || end - begin <= longest)
                continue;
            if (is_with_prefix && (end - begin < 20 || (longest > 0 && !has_prefix)))
                continue;
            longest = end - begin;
            has_prefix = is_with_prefix;
            *ret_begin = begin;
            *ret_end = end;
        }
        if (i == 0)
            break;
    }
    return longest > 0;
}

bool fold_find_random(const uint8_t *p, size_t bytes, size_t *ret_begin, size_t *ret_end)
{
    struct piece pieces[MAX_PIECES];
    size_t count, inner, first = 0, last = 0;

    if (bytes < MIN_FOUND_BYTES || bytes > MAX_RANDOM_BYTES)
        return false;
    count = split_pieces(p, bytes, pieces);
    if (find_best_row(pieces, count, &first, &last) < MIN_FOUND_SCORE)
        return false;
    if (widen_to_usual(p, bytes, pieces, count, first, last, ret_begin, ret_end))
        return true;
    while (first > 0 && pieces[first - 1].is_short_mix)
        first--;
    while (last + 1 < count && pieces[last + 1].is_short_mix)
        last++;
    inner = pieces[last].end - pieces[first].begin;
    if (inner < MIN_FOUND_BYTES)
        return false;
    /* A word by chance at an end: when all is of a usual length and the rest is not. */
    if (bytes >= 20 && is_usual_length(bytes) && !is_usual_length(inner) && inner != 16 &&
        bytes - inner <= 6) {
        *ret_begin = 0;
        *ret_end = bytes;
        return true;
    }
    /* Of two separators in a row one belongs to the token. */
    *ret_begin = first == 0 ? 0 : pieces[first - 1].end + 1;
    *ret_end = last + 1 == count ? bytes : pieces[last + 1].begin - 1;
    return true;
}
