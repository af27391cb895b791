/*
 * tseries(): a slot an interval, sorted by time, in a ring that is never wrapped: what falls off
 * the front is made up for when it is half of the block.
 *
 * (1) Slots lie in first .. first + cnt, epochs ascending, all of them within the last ts_num
 *     intervals up to the newest one.  A value that is older is left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sketch.h"

struct series {
	u32 first, cnt, cap;
	struct tseries_slot slots[];
};

u64 tseries_size(const void *state)
{
	const struct series *s = state;

	return s ? sizeof(*s) + (u64)s->cap * sizeof(s->slots[0]) : 0;
}

const struct tseries_slot *tseries_slots(const void *state, u32 *ret_cnt)
{
	const struct series *s = state;

	*ret_cnt = s ? s->cnt : 0;
	return s ? s->slots + s->first : NULL;
}

s64 tseries_value(const struct type *t, const struct tseries_slot *s)
{
	if (t->ts_func != TSERIES_AVG || !s->cnt)
		return s->val;
	return t->is_signed ? s->val / (s64)s->cnt : (s64)((u64)s->val / s->cnt);
}

/* Room for one slot more behind the last. */
static struct series *grow(void **state)
{
	struct series *s = *state;
	u32 cap = s ? s->cap * 2 : 8;

	if (s && s->first + s->cnt < s->cap)
		return s;
	if (s && s->first > s->cap / 2) {
		memmove(s->slots, s->slots + s->first, s->cnt * sizeof(s->slots[0]));
		s->first = 0;
		return s;
	}
	s = realloc(s, sizeof(*s) + (size_t)cap * sizeof(s->slots[0]));
	if (!s)
		return NULL;
	if (!*state)
		s->first = s->cnt = 0;
	s->cap = cap;
	*state = s;
	return s;
}

/* Index of the first slot at or behind @epoch; nearly always at the end. */
static u32 place_of(const struct series *s, s64 epoch)
{
	u32 i = s->first + s->cnt;

	while (i > s->first && s->slots[i - 1].epoch >= epoch)
		i--;
	return i;
}

static void forget_old(struct series *s, const struct type *t)
{
	s64 newest = s->slots[s->first + s->cnt - 1].epoch;

	while (newest - s->slots[s->first].epoch >= (s64)t->ts_num) {
		s->first++;
		s->cnt--;
	}
}

/* NULL, *ret_rc 0: too old. */
static struct tseries_slot *slot_of(void **state, const struct type *t, s64 epoch, int *ret_rc)
{
	struct series *s = *state;
	u32 i, end;

	*ret_rc = 0;
	if (s && s->cnt && s->slots[s->first + s->cnt - 1].epoch - epoch >= (s64)t->ts_num)
		return NULL;
	if (s) {
		i = place_of(s, epoch);
		if (i < s->first + s->cnt && s->slots[i].epoch == epoch)
			return &s->slots[i];
	}
	s = grow(state);
	if (!s) {
		*ret_rc = -ENOMEM;
		return NULL;
	}
	i = place_of(s, epoch);
	end = s->first + s->cnt;
	memmove(&s->slots[i + 1], &s->slots[i], (end - i) * sizeof(s->slots[0]));
	s->slots[i] = (struct tseries_slot){ .epoch = epoch };
	s->cnt++;
	if (i == end) {
		forget_old(s, t);
		return &s->slots[s->first + s->cnt - 1];
	}
	return &s->slots[i];
}

static bool is_less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

static void combine(const struct type *t, struct tseries_slot *s, const struct tseries_slot *from)
{
	bool takes = !s->cnt;

	switch (t->ts_func) {
	case TSERIES_AVG:
	case TSERIES_SUM:
		s->val = (s64)((u64)s->val + (u64)from->val);
		break;
	case TSERIES_MAX:
		takes |= is_less(t, s->val, from->val);
		break;
	case TSERIES_MIN:
		takes |= is_less(t, from->val, s->val);
		break;
	default:
		takes |= from->ts >= s->ts;
	}
	if (takes)
		s->val = from->val;
	if (!s->cnt || from->ts > s->ts)
		s->ts = from->ts;
	s->cnt += from->cnt;
}

static int put(void **state, const struct type *t, const struct tseries_slot *from)
{
	int rc;
	struct tseries_slot *s = slot_of(state, t, from->epoch, &rc);

	if (s)
		combine(t, s, from);
	return rc;
}

int tseries_add(void **state, const struct type *t, s64 val, s64 real_ns)
{
	s64 epoch = real_ns / t->ts_interval - (real_ns % t->ts_interval < 0);
	struct tseries_slot s = { .epoch = epoch, .ts = real_ns, .val = val, .cnt = 1 };

	return put(state, t, &s);
}

int tseries_merge(void **state, const struct type *t, const void *from)
{
	const struct series *s = from;
	int rc = 0;

	for (u32 i = 0; s && !rc && i < s->cnt; i++)
		rc = put(state, t, &s->slots[s->first + i]);
	return rc;
}
