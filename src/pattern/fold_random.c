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

/* Costs beside those of the letters themselves. */
enum {
    COST_FIRST_UPPER = 6, /* a token that begins with a capital */
    COST_HUMP = 14,       /* a capital after a small letter: a new word inside the token */
    COST_UPPER_RUN = 10,  /* a capital after a capital in a token that has small letters too ... */
    COST_UPPER_MOST = 30, /* ... at most: acronyms have no usual pairs of letters */
    COST_DIGIT_BEGINS = 33,
    COST_DIGIT_GOES_ON = 15,
    COST_DIGIT_ENDS = 12, /* a letter after a digit, besides its cost as the first of a word */
    COST_DASH = 12
};

/* First letters of words. */
static const uint8_t first_cost[26] = {16, 16, 14, 16, 19, 18, 20, 19, 19, 26, 26, 20, 17,
                                       22, 22, 15, 31, 17, 13, 17, 21, 24, 21, 36, 32, 34};

/* pair_cost[a][b]: of b after a. */
static const uint8_t pair_cost[26][26] = {
    {39, 19, 16, 18, 31, 27, 20, 30, 19, 39, 25, 13, 18,
     11, 39, 19, 39, 12, 16, 11, 22, 24, 26, 32, 23, 30}, /* a */
    {11, 19, 31, 32, 11, 37, 39, 37, 13, 31, 42, 10, 32,
     34, 12, 38, 49, 14, 19, 28, 14, 36, 38, 45, 25, 52}, /* b */
    {11, 41, 23, 37, 13, 41, 43, 12, 15, 53, 14, 18, 37,
     40, 10, 37, 36, 16, 25, 15, 17, 41, 56, 46, 25, 44}, /* c */
    {15, 28, 30, 20, 7,  30, 22, 30, 9,  31, 42, 19, 27,
     28, 15, 31, 44, 17, 16, 32, 18, 29, 28, 46, 24, 41}, /* d */
    {18, 28, 19, 12, 21, 25, 25, 32, 26, 39, 34, 17, 21,
     13, 28, 23, 33, 9,  10, 18, 31, 25, 27, 24, 27, 36}, /* e */
    {14, 35, 34, 35, 12, 14, 39, 38, 10, 47, 41, 13, 34,
     32, 12, 34, 47, 14, 22, 19, 13, 45, 39, 45, 22, 56}, /* f */
    {13, 34, 37, 36, 9,  35, 18, 15, 13, 45, 42, 15, 26,
     19, 16, 34, 49, 13, 16, 30, 16, 45, 33, 49, 24, 39}, /* g */
    {10, 29, 37, 33, 8,  32, 41, 36, 10, 42, 39, 25, 25,
     27, 10, 36, 46, 19, 22, 18, 17, 44, 29, 52, 20, 46}, /* h */
    {18, 24, 15, 20, 15, 23, 20, 42, 39, 43, 31, 17, 20,
     7,  15, 23, 35, 21, 14, 15, 32, 21, 43, 34, 49, 21}, /* i */
    {8,  39, 39, 39, 10, 36, 46, 46, 14, 46, 36, 39, 39,
     46, 9,  34, 46, 34, 33, 39, 8,  39, 39, 46, 46, 46}, /* j */
    {15, 26, 33, 30, 7,  29, 35, 23, 9,  38, 29, 17, 27,
     19, 20, 29, 54, 24, 12, 29, 23, 44, 26, 47, 20, 47}, /* k */
    {12, 30, 29, 23, 9,  29, 30, 37, 10, 49, 29, 13, 28,
     32, 14, 29, 50, 37, 19, 22, 19, 29, 39, 44, 14, 45}, /* l */
    {9,  17, 29, 36, 9,  32, 43, 38, 10, 60, 45, 30, 18,
     28, 13, 13, 45, 35, 18, 36, 18, 38, 40, 51, 27, 53}, /* m */
    {16, 31, 16, 15, 12, 24, 9,  31, 15, 35, 24, 29, 33,
     22, 19, 32, 34, 32, 13, 12, 24, 27, 34, 41, 30, 37}, /* n */
    {22, 23, 19, 21, 27, 26, 20, 32, 23, 40, 25, 16, 17,
     9,  18, 19, 39, 12, 17, 18, 14, 21, 20, 30, 28, 34}, /* o */
    {12, 34, 33, 36, 10, 34, 38, 16, 13, 46, 36, 15, 33,
     34, 13, 16, 47, 11, 18, 19, 18, 47, 36, 49, 27, 46}, /* p */
    {30, 39, 45, 45, 36, 45, 36, 45, 28, 45, 45, 32, 39,
     36, 36, 34, 36, 36, 31, 39, 0,  45, 39, 45, 45, 45}, /* q */
    {11, 25, 22, 20, 9,  29, 24, 31, 11, 40, 25, 25, 21,
     22, 13, 26, 41, 21, 14, 18, 20, 28, 32, 47, 22, 44}, /* r */
    {17, 32, 17, 34, 12, 32, 35, 15, 14, 44, 24, 20, 21,
     24, 18, 17, 29, 34, 13, 9,  18, 38, 26, 50, 25, 49}, /* s */
    {14, 33, 25, 38, 9,  31, 38, 16, 9,  48, 46, 22, 31,
     32, 15, 34, 60, 14, 15, 19, 19, 43, 29, 43, 21, 33}, /* t */
    {19, 19, 18, 20, 19, 25, 21, 39, 18, 40, 32, 13, 16,
     11, 28, 19, 46, 12, 11, 14, 43, 33, 43, 33, 38, 31}, /* u */
    {11, 39, 37, 38, 4,  38, 41, 40, 9,  48, 43, 32, 35,
     40, 15, 36, 48, 34, 30, 32, 25, 32, 43, 43, 31, 48}, /* v */
    {9,  26, 32, 24, 10, 31, 34, 16, 10, 54, 28, 21, 31,
     17, 12, 29, 47, 18, 17, 29, 33, 47, 36, 54, 30, 39}, /* w */
    {16, 34, 14, 31, 11, 26, 36, 20, 10, 47, 36, 29, 31,
     30, 19, 11, 36, 32, 27, 11, 20, 26, 32, 22, 22, 41}, /* x */
    {14, 21, 17, 21, 13, 27, 23, 27, 13, 37, 32, 17, 16,
     16, 18, 14, 42, 18, 11, 20, 24, 37, 23, 31, 38, 29}, /* y */
    {12, 34, 38, 35, 5,  49, 43, 28, 9,  49, 37, 20, 31,
     33, 17, 34, 43, 38, 34, 34, 26, 34, 34, 49, 24, 15}, /* z */
};

/* log2 of the alphabet's size, in quarter bits. */
static int sign_cost(unsigned classes)
{
    const bool has_both = (classes & CLASS_LETTER) == CLASS_LETTER;

    if (classes & CLASS_DASH)
        return 24;
    if (classes & CLASS_DIGIT)
        return has_both ? 24 : 21;
    return has_both ? 23 : 19;
}

static int letter_index(uint8_t byte)
{
    return (byte | 0x20) - 'a';
}

static int first_letter_cost(uint8_t byte)
{
    return first_cost[letter_index(byte)];
}

static int letter_cost(uint8_t byte, unsigned class_, uint8_t before, bool is_mixed)
{
    const unsigned class_before = fold_class[before];
    int cost;

    if (class_before & CLASS_DIGIT)
        return first_letter_cost(byte) + COST_DIGIT_ENDS;
    if ((class_ & CLASS_UPPER) && (class_before & CLASS_LOWER))
        return first_letter_cost(byte) + COST_HUMP;
    cost = pair_cost[letter_index(before)][letter_index(byte)] + 1;
    if (!(class_ & CLASS_UPPER) || !is_mixed)
        return cost;
    return cost + COST_UPPER_RUN < COST_UPPER_MOST ? cost + COST_UPPER_RUN : COST_UPPER_MOST;
}

int fold_randomness(const uint8_t *p, size_t bytes, unsigned classes)
{
    const bool is_mixed = (classes & CLASS_LETTER) == CLASS_LETTER;
    const int per_sign = sign_cost(classes);
    int cost = 0;

    for (size_t i = 0; i < bytes; i++) {
        const unsigned class_ = fold_class[p[i]];

        if (!(class_ & CLASS_ALNUM))
            return 0; /* other scripts: no opinion */
        if (class_ & CLASS_DIGIT)
            cost +=
                i > 0 && fold_is(p[i - 1], CLASS_DIGIT) ? COST_DIGIT_GOES_ON : COST_DIGIT_BEGINS;
        else if (i == 0)
            cost += first_letter_cost(p[i]) +
                    ((class_ & CLASS_UPPER) && is_mixed ? COST_FIRST_UPPER : 2);
        else
            cost += letter_cost(p[i], class_, p[i - 1], is_mixed);
    }
    return cost - per_sign * (int)bytes;
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

    if (bytes < 5)
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
        return bytes >= 6 && (classes & CLASS_LETTER) == CLASS_LETTER && score > 36;
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
