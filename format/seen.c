/*
 * format/seen.c -- a set of numbers that mostly come in order.
 */
#include "format/seen.h"

#include <errno.h>
#include <string.h>

struct range {
	u64 first, last;
};

void seen_init(struct seen *s)
{
	vec_init(&s->ranges, sizeof(struct range), SEEN_MAX + 1);
}

void seen_fini(struct seen *s)
{
	vec_fini(&s->ranges);
}

/* Of the first range that does not end before @n; the number of ranges if all do. */
static size_t find(const struct seen *s, u64 n)
{
	const struct range *r = s->ranges.items;
	size_t low = 0, high = s->ranges.n;

	if (high && r[high - 1].last < n)
		return high;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (r[mid].last < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool seen_has(const struct seen *s, u64 n)
{
	size_t at = find(s, n);

	return at < s->ranges.n && vec_get(&s->ranges, struct range, at)->first <= n;
}

/* The range behind @at has no hole before it any more. */
static void join(struct seen *s, size_t at)
{
	struct range *r = s->ranges.items;

	r[at].last = r[at + 1].last;
	memmove(&r[at + 1], &r[at + 2], (s->ranges.n - at - 2) * sizeof(*r));
	s->ranges.n--;
}

int seen_fill(struct seen *s, u64 last)
{
	struct range *r = vec_push(&s->ranges);

	if (!r)
		return -ENOMEM;
	*r = (struct range){ 0, last };
	return 0;
}

int seen_add(struct seen *s, u64 n)
{
	size_t at = find(s, n);
	struct range *r = s->ranges.items;

	if (at < s->ranges.n && r[at].first <= n)
		return 0;
	if (at && r[at - 1].last + 1 == n) {
		r[at - 1].last = n;
		if (at < s->ranges.n && r[at].first == n + 1)
			join(s, at - 1);
		return 0;
	}
	if (at < s->ranges.n && r[at].first == n + 1) {
		r[at].first = n;
		return 0;
	}
	if (!vec_push(&s->ranges))
		return -ENOMEM;
	r = s->ranges.items;
	memmove(&r[at + 1], &r[at], (s->ranges.n - at - 1) * sizeof(*r));
	r[at] = (struct range){ n, n };
	if (s->ranges.n > SEEN_MAX)
		join(s, 0);
	return 0;
}
