/*
 * format/decode_groups.c -- palettes, and rows that were brought together by one.
 *
 * The key of a group is another column of the block, whatever columns are wanted: its bytes are
 * undone once and kept for the next columns that name it.
 */
#include <errno.h>
#include <string.h>

#include "format/decode_priv.h"
#include "format/groups.h"
#include "format/planes.h"
#include "format/wide.h"

LOOP_HOT static u8 greatest(const u8 *p, u32 n)
{
	u8 most = 0;

	for (u32 i = 0; i < n; i++)
		most = p[i] > most ? p[i] : most;
	return most;
}

/* The numbers of the rows, all of them below the number of words; the words are before them. */
static int read_palette(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
			u32 n, const u8 **ret)
{
	size_t table = (size_t)p->step * p->width;
	int rc;

	if (!p->step || p->step > TAPE_PALETTE_MAX || p->width > 8)
		return -EBADMSG;
	rc = decode_bytes(d, job, p, table + n, ret);
	if (rc)
		return rc;
	return n && greatest(*ret + table, n) >= p->step ? -EBADMSG : 0;
}

int decode_palette(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		   u32 n, u64 *v)
{
	u64 words[TAPE_PALETTE_MAX];
	const u8 *bytes, *idx;
	int rc = read_palette(d, job, p, n, &bytes);

	if (rc)
		return rc;
	planes_join(bytes, p->step, p->aux, p->width, words);
	idx = bytes + (size_t)p->step * p->width;
	for (u32 i = 0; i < n; i++)
		v[i] = words[idx[i]];
	return 0;
}

static void count_starts(struct decode_key *k, u32 n)
{
	u32 changes = 0;

	memset(k->starts, 0, sizeof(k->starts));
	for (u32 i = 1; i < n; i++)
		changes += k->idx[i] != k->idx[i - 1];
	k->has_runs = changes < n / GROUP_RUN_ROWS;
	for (u32 i = 0; i < n;) {
		u32 first = i;

		do
			i++;
		while (i < n && k->idx[i] == k->idx[first]);
		k->starts[k->idx[first]] += i - first;
	}
	group_starts(k->starts);
}

int decode_key(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
	       const struct decode_key **ret)
{
	struct decode_key *k = &d->keys[d->key_next];
	u32 n = job->n_rows;
	struct decode_group g;
	const u8 *bytes;
	int rc;

	if (p->aux >= p->col_id || p->stored || p->raw)
		return -EBADMSG;
	for (u32 i = 0; i < d->key_cnt; i++) {
		*ret = &d->keys[i];
		if ((*ret)->col == p->aux)
			return 0;
	}
	if (decode_find_group(job, d->n_parts, (u32)p->aux, &g) || g.n != 1 ||
	    g.parts[0].enc != TAPE_ENC_PALETTE)
		return -EBADMSG;
	rc = read_palette(d, job, &g.parts[0], n, &bytes);
	if (rc)
		return rc;
	if (!batch_grow(&k->idx, &k->idx_cap, n, 1))
		return -ENOMEM;
	memcpy(k->idx, bytes + (size_t)g.parts[0].step * g.parts[0].width, n);
	count_starts(k, n);
	k->col = (u32)p->aux;
	d->key_next = (d->key_next + 1) % DECODE_KEYS_MAX;
	d->key_cnt += d->key_cnt < DECODE_KEYS_MAX;
	*ret = k;
	return 0;
}

void decode_ungroup(const struct decode_key *k, const u64 *v, u32 n, u64 *ret)
{
	u32 at[TAPE_PALETTE_MAX];

	memcpy(at, k->starts, sizeof(at));
	for (u32 i = 0; i < n && !k->has_runs; i++)
		ret[i] = v[at[k->idx[i]]++];
	for (u32 i = 0; i < n && k->has_runs;) { /* a cursor in memory has to be waited for */
		u32 from = at[k->idx[i]], first = i;

		do
			ret[i++] = v[from++];
		while (i < n && k->idx[i] == k->idx[first]);
		at[k->idx[first]] = from;
	}
}
