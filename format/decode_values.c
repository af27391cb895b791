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

static int decode_words(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			struct decode_value *val)
{
	u32 n = val->n_dense;
	u64 *v;
	int rc = 0;

	if (!batch_grow(&val->own->v, &val->own->v_cap, val->n, sizeof(u64)))
		return -ENOMEM;
	v = val->own->v;
	switch (p->enc) {
	case TAPE_ENC_CONST:
		planes_join(NULL, n, p->aux, 0, v);
		break;
	case TAPE_ENC_RAW:
		rc = decode_raw(d, job, p, n, v);
		break;
	case TAPE_ENC_FOR:
		rc = decode_for(d, job, p, n, v);
		break;
	case TAPE_ENC_DELTA:
		rc = decode_delta(d, job, p, n, v);
		break;
	default:
		return -EBADMSG;
	}
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
	return batch_grow(&c->bytes, &c->bytes_cap, sum, 1) ? 0 : -ENOMEM;
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

static int decode_ids(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		      struct decode_value *val)
{
	const struct dict *dict = job->dicts[val->col->dict];
	struct batch_col *c = val->own;
	char scratch[48];
	size_t sz;
	int rc = decode_for(d, job, p, val->n_dense, d->work);

	if (rc)
		return rc;
	if (!batch_grow(&c->ids, &c->ids_cap, val->n, sizeof(u32)))
		return -ENOMEM;
	if (val->has_nulls)
		spread(d->work, c->nulls, val->n, val->n_dense);
	for (u32 i = 0; i < val->n; i++) {
		bool is_null = val->has_nulls && c->nulls[i];
		u64 id = d->work[i];

		c->ids[i] = is_null || id > UINT32_MAX ? UINT32_MAX : (u32)id;
		d->work[i] = is_null ? 0 : id_text(dict, c->ids[i], scratch, sizeof(scratch)).len;
	}
	/* The lengths are in their places already. */
	rc = make_offsets(d, &(struct decode_value){ .own = c, .n = val->n }, &sz);
	if (rc)
		return rc;
	for (u32 i = 0; i < val->n; i++) {
		u32 len = c->off[i + 1] - c->off[i];

		if (len)
			memcpy(c->bytes + c->off[i],
			       id_text(dict, c->ids[i], scratch, sizeof(scratch)).s, len);
	}
	val->has_ids = true;
	return 0;
}

static int decode_strings(struct decoder *d, const struct decode_job *job,
			  const struct tape_part *p, u32 n_parts, struct decode_value *val)
{
	if (!batch_grow(&d->work, &d->work_cap, val->n, sizeof(u64)))
		return -ENOMEM;
	if (n_parts == 1 && p->enc == TAPE_ENC_DICT && val->col->dict)
		return decode_ids(d, job, p, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_VAR)
		return decode_var(d, job, p, val);
	return -EBADMSG;
}

/* NULLs among them are 0 and stay so. */
static int decode_scaled(struct decoder *d, const struct decode_job *job,
			 const struct tape_part *p, struct decode_value *val)
{
	u64 k = p->aux;
	u64 *v;
	int rc;

	if (k < 2 || p[1].enc == TAPE_ENC_SCALE)
		return -EBADMSG;
	rc = decode_words(d, job, &p[1], val);
	v = val->own->v;
	for (u32 i = 0; !rc && i < val->n; i++)
		v[i] *= k;
	return rc;
}

int decode_value(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		 u32 n_parts, struct decode_value *val)
{
	if (val->col->phys == TAPE_PHYS_BYTES)
		return decode_strings(d, job, p, n_parts, val);
	if (n_parts == 2 && p->enc == TAPE_ENC_SCALE)
		return decode_scaled(d, job, p, val);
	return n_parts == 1 ? decode_words(d, job, p, val) : -EBADMSG;
}
