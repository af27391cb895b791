/*
 * format/encode_values.c -- the encoding of a column's values, chosen from one look at them.
 *
 * Words: all equal -> CONST; the same as an earlier column -> SAMEAS; few distinct ones of more
 * than a byte -> PALETTE; else whichever of FOR and DELTA needs fewer bytes a value, RAW where
 * neither saves one; divided by the time's quantum first if they are multiples of it; GROUP where
 * an earlier palette brings equal values together.  Strings: DICT if they repeat,
 * VAR if not.
 *
 * (1) The choice depends on the batch and the dictionaries only, so the same rows give the same
 *     bytes.
 */
#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "format/encode_priv.h"
#include "format/planes.h"
#include "format/survey.h"
#include "format/wide.h"

/*
 * The writer's own bounds for dictionaries, so that a recorder's memory stays small; beyond
 * them: VAR.
 */
#define DICTS_BYTES_MAX	  (64u << 20)
#define DICTS_ENTRIES_MAX (1u << 20)
#define DICT_BLOCK_MAX	  (64u << 10) /* distinct strings of a column of a block */
#define DICT_FEW	  8 /* so many new strings are always taken */

#define CONST_STEP	  64 /* values that are looked at in one go */

LOOP_HOT static bool is_const(const u64 *v, u32 n)
{
	for (u32 i = 1; i < n;) {
		u32 end = i + CONST_STEP < n ? i + CONST_STEP : n;
		u64 odd = 0;

		for (; i < end; i++)
			odd |= v[i] ^ v[0];
		if (odd)
			return false;
	}
	return true;
}

static u16 find_same(const struct encoder *e, u32 col, const u64 *v, u32 n,
		     const struct tape_part *zone, bool is_signed)
{
	for (u32 i = 0; i < col; i++) {
		const struct seen_col *o = &e->seen[i];

		if (o->v && o->is_signed == is_signed && o->min == zone->min &&
		    o->max == zone->max && !memcmp(o->v, v, n * sizeof(*v)))
			return (u16)i;
	}
	return UINT16_MAX;
}

static u32 delta_width(const struct survey *s, u32 *ret_step)
{
	*ret_step = 0;
	if (!s->is_rising)
		return planes_width(s->zigzag);
	*ret_step = s->step_min > UINT32_MAX ? UINT32_MAX : (u32)s->step_min;
	return planes_width(s->step_max - *ret_step);
}

static int put_delta(struct encoder *e, struct tape_part *p, const u64 *v, u32 n,
		     const struct survey *s)
{
	u8 *out;

	p->enc = TAPE_ENC_DELTA;
	p->width = (u8)delta_width(s, &p->step);
	p->aux = v[0];
	p->flags |= s->is_rising ? 0 : TAPE_PART_ZIGZAG;
	if (!p->width)
		return encode_store(e, p, NULL, 0);
	if (!array_grow(&e->work, &e->work_cap, n, sizeof(u64)))
		return -ENOMEM;
	if (s->is_rising)
		survey_steps(v, n, p->step, e->work);
	else
		survey_zigzags(v, n, e->work);
	buf_reset(&e->plain);
	out = buf_extend(&e->plain, (size_t)(n - 1) * p->width);
	if (!out)
		return -E2BIG;
	planes_split(e->work, n - 1, 0, p->width, out);
	return encode_store_planes(e, p, e->plain.data, n - 1);
}

static void set_zone(struct tape_part *p, u64 min, u64 max, bool is_signed)
{
	p->min = min;
	p->max = max;
	p->flags |= TAPE_PART_ZONE | (is_signed ? TAPE_PART_SIGNED : 0);
}

/* FOR, DELTA or RAW of words that differ. */
static int put_words(struct encoder *e, struct tape_part *p, const u64 *v, u32 n,
		     const struct survey *s)
{
	u32 width = planes_width(s->max - s->min), step;

	if (delta_width(s, &step) < width)
		return put_delta(e, p, v, n, s);
	if (width == 8) {
		p->enc = TAPE_ENC_RAW;
		p->width = 8;
		return encode_store(e, p, v, n * sizeof(*v));
	}
	p->enc = TAPE_ENC_FOR;
	return encode_for(e, p, v, n, s->min, s->max);
}

/*
 * The same where rows may be brought together by an earlier column, and where few distinct words
 * become a palette: by it later columns' rows may be.
 */
static int put_grouped(struct encoder *e, struct tape_part *p, const u64 *v, u32 n,
		       struct survey *s)
{
	/* times follow from nothing, and what counts up evenly costs nothing as it is */
	bool may_follow = !e->is_time && (s->step_min != s->step_max);
	const struct encode_key *by = may_follow ? encode_best_key(e, v, n) : NULL;
	bool is_signed = p->flags & TAPE_PART_SIGNED;
	struct encode_key *own = NULL;
	u32 step;

	if (by) {
		v = encode_group(e, by, v, n);
		p = v ? encode_front(e, p, TAPE_ENC_GROUP, by->col) : NULL;
		if (!p)
			return -ENOMEM;
	}
	if (planes_width(s->max - s->min) > 1 && delta_width(s, &step))
		own = encode_find_key(e, p->col_id, v, n);
	if (!own && by)
		*s = survey_words(v, n, is_signed);
	if (!own)
		return put_words(e, p, v, n, s);
	if (by)
		e->key_cnt--; /* its numbers are not in the order of rows */
	return encode_palette(e, p, own, n);
}

int encode_words(struct encoder *e, const struct tape_column *c, const u64 *v, u32 n, bool may_same)
{
	bool is_signed = c->phys == TAPE_PHYS_S64;
	struct tape_part *p = encode_part(e, c->id, TAPE_ENC_CONST);
	struct survey s;
	const u64 *all = v;
	u16 same;
	u64 k;

	if (!p)
		return -E2BIG;
	if (is_const(v, n)) {
		p->aux = n ? v[0] : 0;
		if (n)
			set_zone(p, v[0], v[0], is_signed);
		return 0;
	}
	k = is_signed ? 1 : encode_scale(e, &v, n);
	s = survey_words(v, n, is_signed);
	set_zone(p, k * s.min, k * s.max, is_signed);
	same = may_same ? find_same(e, c->id, all, n, p, is_signed) : UINT16_MAX;
	if (same != UINT16_MAX) {
		p->enc = TAPE_ENC_SAMEAS;
		p->aux = same;
		return 0;
	}
	if (may_same)
		e->seen[c->id] = (struct seen_col){ all, p->min, p->max, is_signed };
	if (k == 1 && may_same && encode_may_group(e, n))
		return put_grouped(e, p, v, n, &s);
	if (k != 1)
		p = encode_front(e, p, TAPE_ENC_SCALE, k);
	return p ? put_words(e, p, v, n, &s) : -E2BIG;
}

/* The bytes of all values, one behind the other. */
static int put_bytes(struct encoder *e, struct tape_part *p, const struct row_col *col,
		     const u64 *v, u32 n, u64 sum)
{
	if (col->n_runs == n) /* none is twice */
		return encode_store(e, p, col->bytes, sum);
	buf_reset(&e->plain);
	for (u32 i = 0; i < n; i++)
		buf_put(&e->plain, col->bytes + col->runs[v[i]].off, col->runs[v[i]].len);
	return e->plain.is_full ? -E2BIG : encode_store(e, p, e->plain.data, sum);
}

static int put_var(struct encoder *e, u16 id, const struct row_col *col, const u64 *v, u32 n)
{
	struct tape_part *p = encode_part(e, id, TAPE_ENC_VAR);
	u64 min = UINT64_MAX, max = 0, sum = 0;
	int rc;

	if (!p)
		return -E2BIG;
	if (!array_grow(&e->work, &e->work_cap, n, sizeof(u64)))
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		u64 len = col->runs[v[i]].len;

		e->work[i] = len;
		min = len < min ? len : min;
		max = len > max ? len : max;
		sum += len;
	}
	rc = encode_for(e, p, e->work, n, n ? min : 0, max);
	if (rc)
		return rc;
	p = encode_part(e, id, TAPE_ENC_RAW);
	if (!p)
		return -E2BIG;
	p->width = 1;
	return put_bytes(e, p, col, v, n, sum);
}

/* Which of the block's distinct strings each run is, in of_run.  -1: too many, or no memory. */
static s64 find_distinct(struct encoder *e, const struct row_col *col)
{
	u32 mask = 1024, cnt = 0, at = 0, n = col->n_runs;

	while (mask < 2 * n && mask < 2 * DICT_BLOCK_MAX)
		mask *= 2;
	if (!array_grow(&e->slots, &e->slots_cap, mask, sizeof(u32)) ||
	    !array_grow(&e->distinct, &e->distinct_cap, mask / 2, sizeof(*e->distinct)) ||
	    !array_grow(&e->of_run, &e->of_run_cap, n, sizeof(u32)))
		return -1;
	memset(e->slots, 0, mask-- * sizeof(u32));
	for (u32 i = 0; i < n; i++) {
		struct distinct x = { col->bytes + col->runs[i].off, col->runs[i].len, 0, -1 };

		x.hash = dict_hash(x.p, x.len);
		for (at = x.hash & mask; e->slots[at]; at = (at + 1) & mask) {
			const struct distinct *o = &e->distinct[e->slots[at] - 1];

			if (o->hash == x.hash && o->len == x.len && !memcmp(o->p, x.p, x.len))
				break;
		}
		if (!e->slots[at]) {
			if (cnt > mask / 2)
				return -1;
			e->distinct[cnt++] = x;
			e->slots[at] = cnt;
		}
		e->of_run[i] = e->slots[at] - 1;
	}
	return cnt;
}

/* All distinct strings into the dictionary if that pays.  1: done; 0: it does not. */
static int add_distinct(struct encoder *e, u32 dict_id, u32 cnt, u32 n)
{
	struct dict **d = &e->dicts[dict_id];
	u32 unknown = 0;
	u64 bytes = 0;

	if (!*d)
		*d = dict_new();
	if (!*d)
		return 0;
	if (e->dict_top <= dict_id)
		e->dict_top = dict_id + 1;
	for (u32 i = 0; i < cnt; i++) {
		struct distinct *x = &e->distinct[i];

		x->id = dict_find(*d, x->hash, (struct str){ (const char *)x->p, x->len });
		unknown += x->id < 0;
		bytes += x->id < 0 ? x->len : 0;
	}
	if (unknown > DICT_FEW && unknown > n / 2)
		return 0;
	if (e->dict_entries + unknown > DICTS_ENTRIES_MAX ||
	    e->dict_bytes + bytes > DICTS_BYTES_MAX)
		return 0;
	for (u32 i = 0; i < cnt; i++) {
		struct distinct *x = &e->distinct[i];

		if (x->id < 0)
			x->id = dict_add(*d, x->hash, (struct str){ (const char *)x->p, x->len });
		if (x->id < 0)
			return 0;
	}
	e->dict_entries += unknown;
	e->dict_bytes += bytes;
	return 1;
}

static int put_ids(struct encoder *e, u16 col, const u64 *v, u32 n, bool may_same)
{
	const struct encode_key *by = NULL;
	struct tape_part *p = encode_part(e, col, TAPE_ENC_DICT);
	u64 min = UINT64_MAX, max = 0;

	if (!p)
		return -E2BIG;
	if (!array_grow(&e->work, &e->work_cap, n, sizeof(u64)))
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		u64 id = (u64)e->distinct[e->of_run[v[i]]].id;

		e->work[i] = id;
		min = id < min ? id : min;
		max = id > max ? id : max;
	}
	set_zone(p, min, max, false);
	if (may_same && encode_may_group(e, n))
		by = encode_best_key(e, e->work, n);
	if (!by)
		return encode_for(e, p, e->work, n, min, max);
	v = encode_group(e, by, e->work, n);
	p = v ? encode_front(e, p, TAPE_ENC_GROUP, by->col) : NULL;
	return p ? encode_for(e, p, v, n, min, max) : -ENOMEM;
}

int encode_strings(struct encoder *e, const struct tape_column *c, const struct row_col *col,
		   const u64 *v, u32 n, bool may_same)
{
	s64 cnt = c->dict && n ? find_distinct(e, col) : -1;

	if (cnt >= 0 && add_distinct(e, c->dict, (u32)cnt, n))
		return put_ids(e, c->id, v, n, may_same);
	return put_var(e, c->id, col, v, n);
}
