/*
 * format/sort.c -- bring the rows of a batch into the order of the tape: (ts, cpu, order, seq,
 * place).
 *
 * Most blocks are in order and only looked at.  Otherwise a permutation is sorted and each
 * column is gathered through it into the batch's spare column, which then changes places with
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/batch_priv.h"

struct sort_key {
	u64 ts, cpu, order, seq;
	u32 row;
};

static int key_cmp(const void *pa, const void *pb)
{
	const struct sort_key *a = pa, *b = pb;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static const u64 *role_words(const struct tape_batch *b, enum tape_role role)
{
	const struct tape_column *c = tape_schema_role(b->schema, role);

	return c ? (const u64 *)b->cols[c->id].v : NULL;
}

/* Columns that make the key; all but ts may be NULL. */
struct key_cols {
	const u64 *ts, *cpu, *order, *seq;
};

static struct key_cols key_cols(const struct tape_batch *b)
{
	return (struct key_cols){ role_words(b, TAPE_ROLE_TS), role_words(b, TAPE_ROLE_CPU),
				  role_words(b, TAPE_ROLE_ORDER), role_words(b, TAPE_ROLE_SEQ) };
}

static struct sort_key key_at(const struct key_cols *k, u32 i)
{
	return (struct sort_key){ k->ts[i], k->cpu ? k->cpu[i] : 0, k->order ? k->order[i] : 0,
				  k->seq ? k->seq[i] : 0, i };
}

static struct sort_key *make_keys(const struct tape_batch *b)
{
	struct sort_key *keys = malloc((b->n_rows + (size_t)1) * sizeof(*keys));
	struct key_cols k = key_cols(b);

	for (u32 i = 0; keys && i < b->n_rows; i++)
		keys[i] = key_at(&k, i);
	return keys;
}

/* Times that rise decide alone; of equal ones the rest of the key has a say. */
static bool is_sorted(const struct tape_batch *b)
{
	const u64 *ts = role_words(b, TAPE_ROLE_TS);
	struct key_cols k = key_cols(b);

	for (u32 i = 1; i < b->n_rows; i++) {
		struct sort_key one, other;

		if (ts[i] > ts[i - 1])
			continue;
		one = key_at(&k, i - 1);
		other = key_at(&k, i);
		if (key_cmp(&one, &other) > 0)
			return false;
	}
	return true;
}

/* Elements of row @row of a column: [*begin, return). */
static u32 row_span(const struct tape_col *c, u32 row, u32 *begin)
{
	*begin = c->list_off ? c->list_off[row] : row;
	return c->list_off ? c->list_off[row + 1] : row + 1;
}

static bool grow_spare(struct batch_col *to, const struct tape_col *c, u32 n_vals, u32 n_rows)
{
	size_t bytes = c->off ? c->off[n_vals] : 0;

	return batch_grow(&to->v, &to->v_cap, n_vals, sizeof(u64)) &&
	       batch_grow(&to->ids, &to->ids_cap, n_vals, sizeof(u32)) &&
	       batch_grow(&to->nulls, &to->nulls_cap, n_vals, 1) &&
	       batch_grow(&to->off, &to->off_cap, n_vals + (size_t)1, sizeof(u32)) &&
	       batch_grow(&to->bytes, &to->bytes_cap, bytes, 1) &&
	       batch_grow(&to->list_off, &to->list_off_cap, n_rows + (size_t)1, sizeof(u32));
}

static void copy_value(struct batch_col *to, u32 at, const struct tape_col *c,
		       const struct tape_col_info *info, u32 from)
{
	if (c->v)
		to->v[at] = (u64)c->v[from];
	if (c->is_null)
		to->nulls[at] = c->is_null[from];
	if (info->ids)
		to->ids[at] = info->ids[from];
	if (c->off) {
		u32 len = c->off[from + 1] - c->off[from];

		if (len)
			memcpy(to->bytes + to->off[at], c->bytes + c->off[from], len);
		to->off[at + 1] = to->off[at] + len;
	}
}

static int gather(struct tape_batch *b, u32 id, const struct sort_key *keys)
{
	const struct tape_col *c = &b->cols[id];
	struct batch_col *to = &b->spare, old;
	u32 at = 0;

	if (!b->info[id].is_decoded)
		return 0;
	if (!grow_spare(to, c, b->own[id].n_vals, b->n_rows))
		return -ENOMEM;
	to->off[0] = 0;
	for (u32 i = 0; i < b->n_rows; i++) {
		u32 from, end = row_span(c, keys[i].row, &from);

		to->list_off[i] = at;
		for (; from < end; from++)
			copy_value(to, at++, c, &b->info[id], from);
	}
	to->list_off[b->n_rows] = at;
	to->n_vals = at;
	old = b->own[id];
	b->own[id] = *to;
	b->spare = old;
	batch_publish(b, id, c->is_null, b->info[id].ids);
	return 0;
}

int tape_batch_sort(struct tape_batch *b, struct err *err)
{
	const struct tape_column *ts = b->schema ? tape_schema_role(b->schema, TAPE_ROLE_TS) : NULL;
	struct sort_key *keys;
	int rc = 0;

	if (!ts || !b->info[ts->id].is_decoded)
		return err_set(err, -EINVAL, "sorting rows without their times");
	if (is_sorted(b))
		return 0;
	keys = make_keys(b);
	if (!keys)
		return err_oom(err);
	qsort(keys, b->n_rows, sizeof(*keys), key_cmp);
	for (u32 i = 0; !rc && i < b->schema->col_cnt; i++)
		rc = gather(b, i, keys);
	free(keys);
	return rc ? err_oom(err) : 0;
}
