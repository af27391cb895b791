/*
 * format/decode.c -- an EVENTS payload into columns.
 *
 * The directory is read first: parts in ascending order of column, grouped by it.  Then each
 * wanted column is decoded on its own; one that is bad becomes NULL and leaves the others as
 * they are.
 */
#include "format/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/decode_priv.h"
#include "format/planes.h"

int decoder_init(struct decoder *d, const struct tape_limits *limits)
{
	memset(d, 0, sizeof(*d));
	d->limits = limits;
	buf_init(&d->plain, limits->raw_len);
	d->codec = codec_new(0);
	if (!d->codec)
		return -ENOMEM;
	codec_set_window(d->codec, limits->window_log);
	return 0;
}

void decoder_fini(struct decoder *d)
{
	codec_free(d->codec);
	buf_fini(&d->plain);
	free(d->work);
	for (u32 i = 0; i < DECODE_KEYS_MAX; i++)
		free(d->keys[i].idx);
	memset(d, 0, sizeof(*d));
}

static int read_part(const struct decode_job *job, u32 i, struct tape_part *ret)
{
	memcpy(ret, job->payload + sizeof(struct tape_columns) + i * sizeof(*ret), sizeof(*ret));
	if (ret->off > job->len || ret->stored > job->len - ret->off)
		return -EBADMSG;
	return 0;
}

/* The whole directory is looked at before anything is decoded: sizes, places, order of columns. */
static int count_parts(struct decoder *d, const struct decode_job *job, u32 *ret)
{
	struct tape_columns head;
	u16 last = 0;
	u64 raw;

	if (job->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, job->payload, sizeof(head));
	if (head.n_parts > (job->len - sizeof(head)) / sizeof(struct tape_part))
		return -EBADMSG;
	raw = sizeof(head) + (u64)head.n_parts * sizeof(struct tape_part);
	for (u32 i = 0; i < head.n_parts; i++) {
		struct tape_part p;

		if (read_part(job, i, &p) || p.col_id < last)
			return -EBADMSG;
		last = p.col_id;
		if (p.raw > d->limits->raw_len)
			return decode_beyond(d, TAPE_BEYOND(raw_len));
		raw += (p.raw + 7ull) & ~7ull;
	}
	*ret = head.n_parts;
	return job->raw_len && raw != job->raw_len ? -EBADMSG : 0;
}

int decode_find_group(const struct decode_job *job, u32 n_parts, u32 id, struct decode_group *g)
{
	u32 low = 0, high = n_parts;
	struct tape_part p;

	g->n = 0;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (read_part(job, mid, &p))
			return -EBADMSG;
		if (p.col_id < id)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n_parts && !read_part(job, low, &p) && p.col_id == id; low++) {
		if (g->n == countof(g->parts))
			return -EBADMSG;
		g->parts[g->n++] = p;
	}
	return 0;
}

/* The next group at *pos. */
static int next_group(const struct decode_job *job, u32 n_parts, u32 *pos, struct decode_group *g)
{
	struct tape_part p;

	g->n = 0;
	g->is_bad = false;
	while (*pos < n_parts) {
		if (read_part(job, *pos, &p))
			return -EBADMSG;
		if (g->n && p.col_id != g->parts[0].col_id)
			return 0;
		(*pos)++;
		g->is_bad |= g->n == countof(g->parts); /* which costs the column, no more */
		if (!g->is_bad)
			g->parts[g->n++] = p;
	}
	return 0;
}

int decode_beyond(struct decoder *d, const char *beyond)
{
	d->beyond = beyond;
	return -EBADMSG;
}

int decode_charge(struct decoder *d, u64 sz)
{
	if (sz > d->limits->batch - d->spent)
		return decode_beyond(d, TAPE_BEYOND(batch));
	d->spent += sz;
	return 0;
}

int decode_bytes(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		 size_t sz, const u8 **ret)
{
	void *dst;
	int rc;

	*ret = job->payload + p->off;
	if (p->raw != sz)
		return -EBADMSG;
	if (!(p->flags & TAPE_PART_ZSTD))
		return p->stored == sz ? 0 : -EBADMSG;
	buf_reset(&d->plain);
	dst = buf_extend(&d->plain, sz);
	if (!dst)
		return sz ? -ENOMEM : -EBADMSG;
	*ret = dst;
	rc = codec_unpack(d->codec, job->payload + p->off, p->stored, dst, sz);
	if (rc)
		d->beyond = codec_fault(d->codec, d->beyond);
	return rc;
}

int decode_for(struct decoder *d, const struct decode_job *job, const struct tape_part *p, u32 n,
	       u64 *v)
{
	const u8 *bytes;
	int rc;

	if (p->width > 8)
		return -EBADMSG;
	rc = decode_bytes(d, job, p, (size_t)n * p->width, &bytes);
	if (!rc)
		planes_join(bytes, n, p->aux, p->width, v);
	return rc;
}

static int decode_list(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		       struct batch_col *c, u32 *ret_n)
{
	u64 sum = 0;
	int rc;

	if (!batch_grow(&d->work, &d->work_cap, job->n_rows, sizeof(u64)) ||
	    !batch_grow(&c->list_off, &c->list_off_cap, job->n_rows + (size_t)1, sizeof(u32)))
		return -ENOMEM;
	rc = decode_for(d, job, p, job->n_rows, d->work);
	if (rc)
		return rc;
	for (u32 i = 0; i < job->n_rows; i++) {
		c->list_off[i] = (u32)sum;
		if (d->work[i] > d->limits->elems - sum)
			return decode_beyond(d, TAPE_BEYOND(elems));
		sum += d->work[i];
	}
	c->list_off[job->n_rows] = (u32)sum;
	*ret_n = (u32)sum;
	return decode_charge(d, sum * sizeof(u64));
}

static int decode_nulls(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			struct batch_col *c, u32 n)
{
	const u8 *bits;
	u64 cnt = 0;
	int rc = decode_bytes(d, job, p, ((size_t)n + 7) / 8, &bits);

	if (rc)
		return rc;
	if (!batch_grow(&c->nulls, &c->nulls_cap, n, 1))
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		c->nulls[i] = bits[i / 8] >> (i % 8) & 1;
		cnt += c->nulls[i];
	}
	return cnt == p->aux ? 0 : -EBADMSG;
}

/* [LIST] [NULLS] value, of the right kind for the schema. */
static int decode_column(struct decoder *d, const struct decode_job *job, struct decode_group *g,
			 struct tape_batch *b)
{
	u32 id = g->parts[0].col_id, n = job->n_rows;
	const struct tape_column *col = &job->schema->cols[id];
	struct decode_value val = { .col = col, .own = &b->own[id] };
	u32 at = 0;
	int rc;

	if (col->flags & TAPE_COL_LIST) {
		if (g->parts[at].enc != TAPE_ENC_LIST)
			return -EBADMSG;
		rc = decode_list(d, job, &g->parts[at++], val.own, &n);
		if (rc)
			return rc;
	}
	val.n = val.n_dense = n;
	if (at < g->n && g->parts[at].enc == TAPE_ENC_NULLS) {
		if (g->parts[at].aux > n)
			return -EBADMSG;
		val.n_dense = n - (u32)g->parts[at].aux;
		val.has_nulls = true;
		rc = decode_nulls(d, job, &g->parts[at++], val.own, n);
		if (rc)
			return rc;
	}
	val.own->n_vals = n;
	rc = decode_value(d, job, &g->parts[at], g->n - at, &val);
	if (rc)
		return rc;
	batch_publish(b, id, val.has_nulls, val.has_ids);
	b->info[id].has_zone = val.has_zone;
	b->info[id].zone_min = val.zone_min;
	b->info[id].zone_max = val.zone_max;
	return 0;
}

bool decode_is_plain(const struct decode_group *g)
{
	return g->parts[0].enc != TAPE_ENC_LIST && g->parts[0].enc != TAPE_ENC_NULLS;
}

/* A column that says the same as another: its value parts are the other's. */
static int resolve_same(const struct decode_job *job, u32 n_parts, struct decode_group *g)
{
	struct tape_part *last = &g->parts[g->n - 1];
	struct decode_group other;
	u16 id = last->col_id;

	if (last->enc != TAPE_ENC_SAMEAS)
		return 0;
	if (g->n != 1 || last->aux >= id ||
	    decode_find_group(job, n_parts, (u32)last->aux, &other) || !other.n ||
	    !decode_is_plain(&other) || other.parts[0].enc == TAPE_ENC_SAMEAS)
		return -EBADMSG;
	*g = other;
	g->parts[0].col_id = id;
	return 0;
}

static bool is_outside(const struct tape_column *c, const struct tape_part *p,
		       const struct decode_zone *z)
{
	u64 flip = c->phys == TAPE_PHYS_S64 ? 1ull << 63 : 0;

	return (p->max ^ flip) < (z->min ^ flip) || (p->min ^ flip) > (z->max ^ flip);
}

/* A NULL is 0 to a script, so a column with NULLs also holds 0. */
static bool group_excluded(const struct decode_job *job, const struct decode_group *g)
{
	const struct tape_part *last = &g->parts[g->n - 1];
	const struct tape_column *c = &job->schema->cols[last->col_id];
	const struct tape_part zero = { 0 };

	if (!(last->flags & TAPE_PART_ZONE) || c->phys == TAPE_PHYS_BYTES)
		return false;
	for (size_t i = 0; i < job->zone_cnt; i++) {
		const struct decode_zone *z = &job->zones[i];

		if (z->table != job->schema->id || z->col != last->col_id ||
		    !is_outside(c, last, z))
			continue;
		if (decode_is_plain(g) || is_outside(c, &zero, z))
			return true;
	}
	return false;
}

/* Even lost columns take memory a row: refuse what no writer makes before taking any. */
static int charge_rows(struct decoder *d, const struct decode_job *job)
{
	u64 n = 0;

	for (u32 i = 0; i < job->schema->col_cnt; i++)
		n += !job->want || job->want[i];
	if (job->n_rows > d->limits->rows)
		return decode_beyond(d, TAPE_BEYOND(rows));
	return decode_charge(d, n * job->n_rows * sizeof(u64));
}

static int lose_missing(struct decoder *d, const struct decode_job *job, struct tape_batch *b)
{
	for (u32 i = 0; i < job->schema->col_cnt; i++) {
		bool is_wanted = !job->want || job->want[i];

		if (!is_wanted || b->info[i].is_decoded)
			continue;
		d->has_lost = true;
		if (batch_lose(b, i))
			return -ENOMEM;
	}
	return 0;
}

int decode_rows(struct decoder *d, const struct decode_job *job, struct tape_batch *b)
{
	struct decode_group g;
	u32 n_parts = 0, pos = 0;
	int rc;

	d->beyond = NULL;
	d->has_lost = false;
	d->spent = d->before;
	d->key_cnt = d->key_next = 0;
	if (count_parts(d, job, &n_parts) || charge_rows(d, job))
		return -EBADMSG;
	d->n_parts = n_parts;
	for (pos = 0; job->zone_cnt && pos < n_parts;) {
		if (next_group(job, n_parts, &pos, &g))
			return -EBADMSG;
		if (g.parts[0].col_id < job->schema->col_cnt && !g.is_bad &&
		    group_excluded(job, &g))
			return 0;
	}
	if (batch_begin(b, job->schema, job->n_rows))
		return -ENOMEM;
	for (pos = 0; pos < n_parts;) {
		u32 id;

		if (next_group(job, n_parts, &pos, &g))
			return -EBADMSG;
		id = g.parts[0].col_id;
		if (g.is_bad || id >= job->schema->col_cnt || (job->want && !job->want[id]))
			continue;
		rc = resolve_same(job, n_parts, &g);
		if (!rc)
			rc = decode_column(d, job, &g, b);
		if (rc == -ENOMEM)
			return rc;
	}
	return lose_missing(d, job, b) ? -ENOMEM : 1;
}
