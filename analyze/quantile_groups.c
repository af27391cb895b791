/*
 * Values by group: a hash table of groups for each thread, merged when it closes.
 *
 * (1) In narrowing passes the table of all groups does not change: threads share it and count with
 *     atomic additions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/quantile_priv.h"

/* ---- groups ---- */

static u32 hash_key(struct str key)
{
	u64 h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (u8)key.s[i]) * 0x100000001b3u;
	return (u32)(h ^ (h >> 32));
}

static bool is_key(const struct group *g, u32 hash, struct str key)
{
	return g->hash == hash && g->key_sz == key.len &&
	       (!key.len || !memcmp(g->key, key.s, key.len));
}

static struct group **find_slot(const struct group_table *t, u32 hash, struct str key)
{
	for (u32 i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1))
		if (!t->slots[i] || is_key(t->slots[i], hash, key))
			return &t->slots[i];
}

static struct group *find_group(const struct group_table *t, struct str key)
{
	return t->cap ? *find_slot(t, hash_key(key), key) : NULL;
}

static int grow_table(struct group_table *t)
{
	u32 cap = t->cap ? t->cap * 2 : 64;
	struct group **list = realloc(t->list, cap * sizeof(*list)), **slots;

	if (!list)
		return -ENOMEM;
	t->list = list;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	for (u32 i = 0; i < t->cnt; i++) {
		struct group *g = t->list[i];

		*find_slot(t, g->hash, (struct str){ g->key, g->key_sz }) = g;
	}
	return 0;
}

static struct group *make_group(struct str key, u32 hash)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->key = malloc(key.len + 1);
	if (!g->key) {
		free(g);
		return NULL;
	}
	if (key.len)
		memcpy(g->key, key.s, key.len);
	g->key_sz = (u32)key.len;
	g->hash = hash;
	g->min = UINT64_MAX;
	return g;
}

static int get_group(struct group_table *t, struct str key, struct group **ret, struct err *err)
{
	u32 hash = hash_key(key);
	struct group **slot;

	if (t->cnt * 2 >= t->cap && grow_table(t))
		return err_oom(err);
	slot = find_slot(t, hash, key);
	if (!*slot && t->cnt >= QUANTILE_GROUPS_MAX) {
		err_set(err, -E2BIG, "more than %u groups", QUANTILE_GROUPS_MAX);
		err_hint(err, "use fewer distinct keys, or a shorter range with --from and --to");
		return -E2BIG;
	}
	if (!*slot) {
		*slot = make_group(key, hash);
		if (!*slot)
			return err_oom(err);
		t->list[t->cnt++] = *slot;
	}
	*ret = *slot;
	return 0;
}

void group_table_free(struct group_table *t)
{
	for (u32 i = 0; i < t->cnt; i++) {
		free(t->list[i]->key);
		free(t->list[i]->vals);
		free(t->list[i]->ranges);
		free(t->list[i]->at);
		free(t->list[i]);
	}
	free(t->list);
	free(t->slots);
	*t = (struct group_table){ 0 };
}

/* ---- one value ---- */

u64 quantile_ordered(const struct quantiles *q, s64 v)
{
	return q->o.is_signed ? (u64)v ^ (1ull << 63) : (u64)v;
}

s64 quantile_plain(const struct quantiles *q, u64 v)
{
	return q->o.is_signed ? (s64)(v ^ (1ull << 63)) : (s64)v;
}

static int grow_vals(struct group *g, size_t need)
{
	size_t cap = g->val_cap ? g->val_cap * 2 : 16;
	u64 *vals;

	if (need <= g->val_cap)
		return 0;
	cap = cap < need ? need : cap;
	vals = realloc(g->vals, cap * sizeof(*vals));
	if (!vals)
		return -ENOMEM;
	g->vals = vals;
	g->val_cap = cap;
	return 0;
}

static int keep(struct quantile_thread *t, struct group *g, u64 v)
{
	struct quantiles *q = t->q;

	if (atomic_load_explicit(&q->is_over, memory_order_relaxed))
		return 0;
	if (g->val_cnt == g->val_cap) {
		size_t more = g->val_cap ? g->val_cap : 16;

		if (atomic_fetch_add(&q->kept, more) + more > q->o.values_max) {
			atomic_store(&q->is_over, true);
			return 0;
		}
		if (grow_vals(g, g->val_cap + more))
			return -ENOMEM;
	}
	g->vals[g->val_cnt++] = v;
	return 0;
}

static int add_first(struct quantile_thread *t, struct group *g, s64 val, struct err *err)
{
	u64 v = quantile_ordered(t->q, val);

	g->cnt++;
	g->sum += t->q->o.is_signed ? (__int128)val : (__int128)(u64)val;
	g->min = v < g->min ? v : g->min;
	g->max = v > g->max ? v : g->max;
	return keep(t, g, v) ? err_oom(err) : 0;
}

int quantiles_add(struct quantile_thread *t, struct str key, s64 val, struct err *err)
{
	struct group *g = t->last;
	int rc;

	if (!g || g->key_sz != key.len || (key.len && memcmp(g->key, key.s, key.len))) {
		rc = 0;
		if (t->q->narrows)
			g = find_group(&t->q->groups, key);
		else
			rc = get_group(&t->groups, key, &g, err);
		if (rc || !g)
			return rc; /* a tape that grows meanwhile may have new groups */
		t->last = g;
	}
	if (!t->q->narrows)
		return add_first(t, g, val, err);
	quantile_count(t->q, g, quantile_ordered(t->q, val));
	return 0;
}

/* ---- threads ---- */

struct quantile_thread *quantiles_open(struct quantiles *q, struct err *err)
{
	struct quantile_thread *t = calloc(1, sizeof(*t));

	if (!t)
		err_oom(err);
	else
		t->q = q;
	return t;
}

static int merge_group(struct quantiles *q, struct group *from, struct err *err)
{
	struct str key = { from->key, from->key_sz };
	struct group *g;
	int rc = get_group(&q->groups, key, &g, err);

	if (rc)
		return rc;
	g->cnt += from->cnt;
	g->sum += from->sum;
	g->min = from->min < g->min ? from->min : g->min;
	g->max = from->max > g->max ? from->max : g->max;
	if (atomic_load(&q->is_over))
		return 0;
	if (!g->vals) {
		g->vals = from->vals;
		g->val_cnt = from->val_cnt;
		g->val_cap = from->val_cap;
		from->vals = NULL;
		return 0;
	}
	if (grow_vals(g, g->val_cnt + from->val_cnt))
		return err_oom(err);
	memcpy(g->vals + g->val_cnt, from->vals, from->val_cnt * sizeof(*g->vals));
	g->val_cnt += from->val_cnt;
	return 0;
}

int quantiles_close(struct quantile_thread *t, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < t->groups.cnt; i++)
		rc = merge_group(t->q, t->groups.list[i], err);
	group_table_free(&t->groups);
	free(t);
	return rc;
}
