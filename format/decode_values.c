/*
 * format/decode_values.c -- the values of a column.
 *
 * Values behind a NULLS part are dense; they are decoded to the front of the array and then
 * moved to their places from the back, so no second array is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/decode_priv.h"
#include "format/planes.h"

#define SHORT_STRING 16

static void spread(u64 *v, const u8 *nulls, u32 n, u32 n_dense)
{
	for (u32 i = n; i-- > 0;)
		v[i] = nulls[i] ? 0 : v[--n_dense];
}

static int decode_raw(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		      u32 n, u64 *v)
{
	bool is_signed = p->flags & TAPE_PART_SIGNED;
	u32 unused = 64 - 8 * (p->width & 7);
	const u8 *bytes;
	int rc;

	if (p->width != 1 && p->width != 2 && p->width != 4 && p->width != 8)
		return -EBADMSG;
	rc = decode_bytes(d, job, p, (size_t)n * p->width, &bytes);
	if (rc)
		return rc;
	if (p->width == 8) {
		memcpy(v, bytes, (size_t)n * 8);
		return 0;
	}
	for (u32 i = 0; i < n; i++) {
		u64 x = 0;

		memcpy(&x, bytes + (size_t)i * p->width, p->width);
		v[i] = is_signed ? (u64)((s64)(x << unused) >> unused) : x;
	}
	return 0;
}

static int decode_delta(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			u32 n, u64 *v)
{
	const u8 *bytes;
	u64 last = p->aux;
	int rc;

	if (!n || p->width > 8)
		return -EBADMSG;
	rc = decode_bytes(d, job, p, (size_t)(n - 1) * p->width, &bytes);
	if (rc)
		return rc;
	planes_join(bytes, n - 1, 0, p->width, v + 1);
	v[0] = last;
	if (p->flags & TAPE_PART_ZIGZAG) {
		for (u32 i = 1; i < n; i++)
			v[i] = last += v[i] >> 1 ^ -(v[i] & 1);
	} else {
		for (u32 i = 1; i < n; i++)
			v[i] = last += v[i] + p->step;
	}
	return 0;
}

static int decode_part(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		       u32 n, u64 *v)
{
	switch (p->enc) {
	case TAPE_ENC_CONST:
		planes_join(NULL, n, p->aux, 0, v);
		return 0;
	case TAPE_ENC_RAW:
		return decode_raw(d, job, p, n, v);
	case TAPE_ENC_FOR:
		return decode_for(d, job, p, n, v);
	case TAPE_ENC_DELTA:
		return decode_delta(d, job, p, n, v);
	case TAPE_ENC_PALETTE:
		return decode_palette(d, job, p, n, v);
	default:
		return -EBADMSG;
	}
}

/* Words of @p that stand in the order of @k's palette; @k NULL: in their own. */
static int decode_words(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			const struct decode_key *k, struct decode_value *val)
{
	u32 n = val->n_dense;
	u64 *v;
	int rc;

	if (!batch_grow(&val->own->v, &val->own->v_cap, val->n, sizeof(u64)) ||
	    (k && !batch_grow(&d->work, &d->work_cap, n, sizeof(u64))))
		return -ENOMEM;
	v = val->own->v;
	rc = decode_part(d, job, p, n, k ? d->work : v);
	if (!rc && k)
		decode_ungroup(k, d->work, n, v);
	if (!rc && val->has_nulls)
		spread(v, val->own->nulls, val->n, n);
	val->has_zone = p->flags & TAPE_PART_ZONE;
	val->zone_min = p->min;
	val->zone_max = p->max;
	return rc;
}

/* off[] from lengths in d->work, NULLs spread; *ret: all bytes. */
static int make_offsets(struct decoder *d, struct decode_value *val, size_t *ret)
{
	struct batch_col *c = val->own;
	u64 sum = 0;

	if (val->has_nulls)
		spread(d->work, c->nulls, val->n, val->n_dense);
	if (!batch_grow(&c->off, &c->off_cap, val->n + (size_t)1, sizeof(u32)))
		return -ENOMEM;
	for (u32 i = 0; i < val->n; i++) {
		c->off[i] = (u32)sum;
		if (d->work[i] > d->limits->str)
			return decode_beyond(d, TAPE_BEYOND(str));
		sum += d->work[i];
		if (sum > d->limits->col_bytes)
			return decode_beyond(d, TAPE_BEYOND(col_bytes));
	}
	c->off[val->n] = (u32)sum;
	*ret = sum;
	if (decode_charge(d, sum))
		return -EBADMSG;
	return batch_grow(&c->bytes, &c->bytes_cap, sum + SHORT_STRING, 1) ? 0 : -ENOMEM;
}

static int decode_var(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		      struct decode_value *val)
{
	const u8 *bytes;
	size_t sz;
	int rc;

	if (p[1].enc != TAPE_ENC_RAW || p[1].width != 1)
		return -EBADMSG;
	rc = decode_for(d, job, p, val->n_dense, d->work);
	if (!rc)
		rc = make_offsets(d, val, &sz);
	if (!rc)
		rc = decode_bytes(d, job, &p[1], sz, &bytes);
	if (rc)
		return rc;
	if (sz)
		memcpy(val->own->bytes, bytes, sz);
	return 0;
}

/* A lost entry is shown by its number; nothing else can tell which rows had the same value. */
static struct str id_text(const struct dict *dict, u32 id, char *scratch, size_t sz)
{
	struct str s = dict_get(dict, id);

	if (!s.s) {
		snprintf(scratch, sz, "<lost dict %u>", id);
		s = str_of(scratch);
	}
	return s;
}

/* Where the text of each id goes; the ids are in d->work. */
static int place_ids(struct decoder *d, const struct dict *dict, struct decode_value *val)
{
	struct batch_col *c = val->own;
	char scratch[48];
	u32 last = 0, len = 0;
	size_t sz;

	for (u32 i = 0; i < val->n; i++) {
		bool is_null = val->has_nulls && c->nulls[i];
		u64 id = d->work[i];

		c->ids[i] = is_null || id > UINT32_MAX ? UINT32_MAX : (u32)id;
		if (!i || c->ids[i] != last)
			len = (u32)id_text(dict, c->ids[i], scratch, sizeof(scratch)).len;
		last = c->ids[i];
		d->work[i] = is_null ? 0 : len;
	}
	/* The lengths are in their places already. */
	return make_offsets(d, &(struct decode_value){ .own = c, .n = val->n }, &sz);
}

/* Most strings are short and the same as the one before: these are copied a vector at a time. */
static void copy_ids(const struct dict *dict, struct batch_col *c, u32 n)
{
	char scratch[48];
	u8 vector[SHORT_STRING] = { 0 };
	struct str s = { 0 };

	for (u32 i = 0; i < n; i++) {
		u32 len = c->off[i + 1] - c->off[i];

		if (!len)
			continue;
		if (!s.s || c->ids[i] != c->ids[i - 1]) {
			s = id_text(dict, c->ids[i], scratch, sizeof(scratch));
			memcpy(vector, s.s, len < SHORT_STRING ? len : SHORT_STRING);
		}
		if (len <= SHORT_STRING)
			memcpy(c->bytes + c->off[i], vector, SHORT_STRING);
		else
			memcpy(c->bytes + c->off[i], s.s, len);
	}
}

/* @p behind the key that its ids are grouped by, or NULL. */
static int decode_ids(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		      const struct decode_key *k, struct decode_value *val)
{
	const struct dict *dict = job->dicts[val->col->dict];
	struct batch_col *c = val->own;
	u64 *to = d->work;
	int rc;

	if (k && !batch_grow(&c->v, &c->v_cap, val->n, sizeof(u64)))
		return -ENOMEM;
	to = k ? c->v : d->work;
	rc = decode_for(d, job, p, val->n_dense, to);
	if (rc)
		return rc;
	if (k)
		decode_ungroup(k, to, val->n, d->work);
	if (!batch_grow(&c->ids, &c->ids_cap, val->n, sizeof(u32)))
		return -ENOMEM;
	if (val->has_nulls)
		spread(d->work, c->nulls, val->n, val->n_dense);
	rc = place_ids(d, dict, val);
	if (rc)
		return rc;
	copy_ids(dict, c, val->n);
	val->has_ids = true;
	return 0;
}

static bool may_be_grouped(const struct decode_value *val)
{
	return !val->has_nulls && !(val->col->flags & TAPE_COL_LIST);
}

static int decode_grouped_ids(struct decoder *d, const struct decode_job *job,
			      const struct tape_part *p, struct decode_value *val)
{
	const struct decode_key *k;
	int rc = may_be_grouped(val) ? decode_key(d, job, p, &k) : -EBADMSG;

	return rc ? rc : decode_ids(d, job, &p[1], k, val);
}

static int decode_strings(struct decoder *d, const struct decode_job *job,
			  const struct tape_part *p, u32 n_parts, struct decode_value *val)
{
	if (!batch_grow(&d->work, &d->work_cap, val->n, sizeof(u64)))
		return -ENOMEM;
	if (n_parts == 1 && p->enc == TAPE_ENC_DICT && val->col->dict)
		return decode_ids(d, job, p, NULL, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_GROUP && p[1].enc == TAPE_ENC_DICT && val->col->dict)
		return decode_grouped_ids(d, job, p, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_VAR)
		return decode_var(d, job, p, val);
	return -EBADMSG;
}

/* NULLs among them are 0 and stay so. */
static int decode_scaled(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			 struct decode_value *val)
{
	u64 k = p->aux;
	u64 *v;
	int rc;

	if (k < 2 || p[1].enc == TAPE_ENC_SCALE)
		return -EBADMSG;
	rc = decode_words(d, job, &p[1], NULL, val);
	v = val->own->v;
	for (u32 i = 0; !rc && i < val->n; i++)
		v[i] *= k;
	return rc;
}

static int decode_grouped(struct decoder *d, const struct decode_job *job,
			  const struct tape_part *p, struct decode_value *val)
{
	const struct decode_key *k;
	int rc = may_be_grouped(val) ? decode_key(d, job, p, &k) : -EBADMSG;

	return rc ? rc : decode_words(d, job, &p[1], k, val);
}

int decode_value(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		 u32 n_parts, struct decode_value *val)
{
	if (val->col->phys == TAPE_PHYS_BYTES)
		return decode_strings(d, job, p, n_parts, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_SCALE)
		return decode_scaled(d, job, p, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_GROUP)
		return decode_grouped(d, job, p, val);
	return n_parts == 1 ? decode_words(d, job, p, NULL, val) : -EBADMSG;
}
