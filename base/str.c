/*
 * base/str.c -- slices, globs, hashing and "did you mean".
 *
 * The hash is seeded with the kernel's AT_RANDOM bytes: a tape or script made to collide would
 * otherwise turn every table into a list.  The seed is the same in the whole process, also in
 * modules that carry their own copy of this file.
 */
#include "base/str.h"

#include <limits.h>
#include <string.h>
#include <sys/auxv.h>

#define DISTANCE_LEN_MAX 256 /* words longer than this are never near */

static u64 hash_seed;

__attribute__((constructor)) static void seed_hash(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);

	if (random)
		memcpy(&hash_seed, random, sizeof(hash_seed));
}

struct str str_of(const char *cstr)
{
	return cstr ? (struct str){ cstr, strlen(cstr) } : (struct str){ "", 0 };
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len));
}

bool str_is(struct str a, const char *cstr)
{
	return str_eq(a, str_of(cstr));
}

int str_cmp(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.s, b.s, len) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_has_prefix(struct str a, const char *prefix)
{
	struct str p = str_of(prefix);

	return a.len >= p.len && (!p.len || !memcmp(a.s, p.s, p.len));
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str a)
{
	while (a.len && is_blank(a.s[0])) {
		a.s++;
		a.len--;
	}
	while (a.len && is_blank(a.s[a.len - 1]))
		a.len--;
	return a;
}

bool str_split(struct str a, char sep, struct str *head, struct str *tail)
{
	const char *at = a.len ? memchr(a.s, sep, a.len) : NULL;

	if (!at) {
		*head = a;
		*tail = (struct str){ a.s + a.len, 0 };
		return false;
	}
	*head = (struct str){ a.s, (size_t)(at - a.s) };
	*tail = (struct str){ at + 1, a.len - head->len - 1 };
	return true;
}

/* On a mismatch only the last star is retried: an earlier one could not do better. */
bool str_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static u64 mix(u64 a, u64 b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (u64)m ^ (u64)(m >> 64);
}

u32 str_hash(const void *p, size_t len)
{
	u64 h = hash_seed ^ mix(len ^ 0x9e3779b97f4a7c15u, 0xd1b54a32d192ed03u), word;
	const u8 *s = p;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = mix(h ^ word, 0x2127599bf4325c37u ^ hash_seed);
	}
	if (len) {
		word = 0;
		memcpy(&word, s, len);
		h = mix(h ^ word, 0x880355f21e6d1965u ^ hash_seed);
	}
	h = mix(h, 0x9e3779b97f4a7c15u);
	return (u32)(h ^ (h >> 32));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Three rows of the usual table: this one, the one above, and the one above that for swaps. */
int str_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), longer = la > lb ? la : lb;
	int rows[3][DISTANCE_LEN_MAX + 1], *up2 = rows[0], *up = rows[1], *row = rows[2];

	if (longer > DISTANCE_LEN_MAX)
		return longer > INT_MAX ? INT_MAX : (int)longer;
	for (size_t j = 0; j <= lb; j++)
		up[j] = (int)j;
	for (size_t i = 1; i <= la; i++) {
		int *recycled = up2;

		row[0] = (int)i;
		for (size_t j = 1; j <= lb; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]) &&
			    up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
		up2 = up;
		up = row;
		row = recycled;
	}
	return up[lb];
}

void str_nearest_init(struct str_nearest *n, const char *word)
{
	*n = (struct str_nearest){ .word = word };
}

void str_nearest_offer(struct str_nearest *n, const char *candidate)
{
	int limit = (int)((strnlen(n->word, DISTANCE_LEN_MAX) + 2) / 3);
	int distance = str_distance(n->word, candidate), at;

	if (distance > limit)
		return;
	for (int i = 0; i < n->n; i++)
		if (!strcmp(n->best[i].text, candidate))
			return;
	for (at = 0; at < n->n && n->best[at].distance <= distance; at++)
		;
	if (at == (int)countof(n->best))
		return;
	if (n->n < (int)countof(n->best))
		n->n++;
	for (int i = n->n - 1; i > at; i--)
		n->best[i] = n->best[i - 1];
	n->best[at].text = candidate;
	n->best[at].distance = distance;
}
