/*
 * record/snapshot.c -- read a map of the kernel, key by key.
 *
 * Programs go on writing meanwhile, as they do under bpftrace: a snapshot is not one moment.  A key
 * that is deleted while we stand on it makes the kernel begin anew; the walk is bounded by a
 * multiple of the map's size, and a key seen twice is read twice (the later one counts).
 */
#include "record/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/vec.h"
#include "lang/packed.h"
#include "record/bpf/capture_abi.h"

#define SNAP_MAX_SZ  (256u << 20)
#define ENTRY_MAX_SZ (64u << 10)

struct reader {
	const struct map_info *info;
	const struct img_map *img;
	int fd;
	bool is_percpu;
	u32 cpu_cnt;
	u8 *key, *next, *val; /* kernel form */
	size_t val_sz; /* of all CPUs */
	struct buf text; /* one packed value */
	struct map_copy *copy;
	struct stacks *stacks;
	struct vec entries; /* struct tape_snap_entry */
};

static bool beats(const struct type *agg, s64 v, s64 than)
{
	bool is_less = agg->is_signed ? v < than : (u64)v < (u64)than;

	return agg->agg == AGG_MIN ? is_less : !is_less;
}

struct snap_agg snapshot_merge(const struct type *agg, const struct cap_agg *by_cpu, u32 cpu_cnt)
{
	struct snap_agg r = { 0 };
	s64 best = 0;

	for (u32 i = 0; i < cpu_cnt; i++) {
		if (!by_cpu[i].cnt)
			continue;
		if (!r.cnt || beats(agg, by_cpu[i].val, best))
			best = by_cpu[i].val;
		r.cnt += by_cpu[i].cnt;
		r.sum = (s64)((u64)r.sum + (u64)by_cpu[i].val);
	}
	if (agg->agg == AGG_MIN || agg->agg == AGG_MAX) {
		r.sum = 0;
		r.min = r.max = best;
	}
	return r;
}

static struct str keep_packed(struct reader *r)
{
	return (struct str){ arena_dup(&r->copy->arena, r->text.data, r->text.len), r->text.len };
}

static int pack_plain(struct reader *r, const struct type *t, const u8 *p, size_t sz)
{
	int rc = packed_from_kernel(t, p, sz, &r->text);

	if (!rc && r->stacks && stacks_are_in(t))
		rc = stacks_translate(r->stacks, t, r->text.data, r->text.len);
	return rc;
}

static int pack_value(struct reader *r)
{
	const struct type *t = r->info->val;

	if (t->kind == TYPE_AGG) {
		struct snap_agg a = snapshot_merge(t, (const struct cap_agg *)r->val,
						   r->is_percpu ? r->cpu_cnt : 1);

		buf_put(&r->text, &a, sizeof(a));
		return 0;
	}
	return pack_plain(r, t, r->val, r->img->value_sz);
}

static int add_entry(struct reader *r)
{
	struct tape_snap_entry e, *slot;
	int rc = 0;

	buf_reset(&r->text);
	if (r->info->key)
		rc = pack_plain(r, r->info->key, r->key, r->img->key_sz);
	e.key = keep_packed(r);
	buf_reset(&r->text);
	if (!rc)
		rc = pack_value(r);
	e.val = keep_packed(r);
	if (rc)
		return rc;
	slot = e.key.s && e.val.s ? vec_push(&r->entries) : NULL;
	if (!slot)
		return -ENOMEM;
	*slot = e;
	return 0;
}

static int reset_entry(struct reader *r, enum tape_snap_reason reason)
{
	if (reason == TAPE_SNAP_CLEAR && r->img->type != BPF_MAP_TYPE_ARRAY)
		return bpf_map_delete_elem(r->fd, r->key) && errno != ENOENT ? -errno : 0;
	memset(r->val, 0, r->val_sz);
	return bpf_map_update_elem(r->fd, r->key, r->val, BPF_EXIST) && errno != ENOENT ? -errno :
											  0;
}

static int walk(struct reader *r, enum tape_snap_reason reason)
{
	u64 max = 4ull * r->img->max_entries + 16;
	bool has_next = !bpf_map_get_next_key(r->fd, NULL, r->next);

	for (u64 n = 0; has_next && n < max; n++) {
		int rc = 0;

		memcpy(r->key, r->next, r->img->key_sz);
		/* Before the entry may be deleted: a walk goes on from a key that is there. */
		has_next = !bpf_map_get_next_key(r->fd, r->key, r->next);
		if (bpf_map_lookup_elem(r->fd, r->key, r->val))
			continue;
		rc = add_entry(r);
		if (!rc && (reason == TAPE_SNAP_CLEAR || reason == TAPE_SNAP_ZERO))
			rc = reset_entry(r, reason);
		if (rc == -ENOMEM)
			r->copy->snap.is_partial = 1;
		if (rc)
			return rc;
	}
	return 0;
}

static int init_reader(struct reader *r, const struct plan *plan, const struct bpf_loaded *l,
		       u32 idx, struct err *err)
{
	const struct bpf_image *img = &l->img;
	u32 cpu_cnt = l->cpu_cnt;

	*r = (struct reader){ .info = plan->maps[idx].info, .fd = -1, .cpu_cnt = cpu_cnt };
	for (u32 i = 0; i < img->map_cnt; i++)
		if (img->maps[i].role == IMG_KMAP && img->maps[i].plan_map == idx)
			r->img = &img->maps[i];
	r->fd = bpf_loaded_map(l, IMG_KMAP, idx);
	if (!r->img || r->fd < 0)
		return 0;
	r->is_percpu = r->img->type == BPF_MAP_TYPE_PERCPU_HASH ||
		       r->img->type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
		       r->img->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	r->val_sz = ((size_t)r->img->value_sz + 7) & ~7ull;
	if (r->info->val->kind == TYPE_AGG && r->img->value_sz != sizeof(struct cap_agg))
		return err_set(err, -EBADMSG, "%s: values of %u bytes", r->info->name,
			       r->img->value_sz);
	r->val_sz *= r->is_percpu ? cpu_cnt : 1;
	buf_init(&r->text, ENTRY_MAX_SZ);
	vec_init(&r->entries, sizeof(struct tape_snap_entry), 1u << 24);
	r->key = calloc(2, r->img->key_sz + 8);
	r->val = calloc(1, r->val_sz + 8);
	r->copy = map_copy_new(SNAP_MAX_SZ);
	if (!r->key || !r->val || !r->copy)
		return err_oom(err);
	r->next = r->key + r->img->key_sz + 8;
	return 1;
}

static void fini_reader(struct reader *r)
{
	free(r->key);
	free(r->val);
	buf_fini(&r->text);
	vec_fini(&r->entries);
	map_copy_free(r->copy);
}

static int hand_over(struct reader *r, const struct snap_cause *cause, struct handover *h,
		     struct err *err)
{
	struct tape_mapsnap *s = &r->copy->snap;
	u8 is_partial = s->is_partial;

	*s = (struct tape_mapsnap){
		.ts = cause->ts,
		.table = cause->table,
		.cpu = cause->cpu,
		.seq = cause->seq,
		.clause = cause->clause,
		.action = cause->action,
		.reason = (u8)cause->reason,
		.is_partial = is_partial,
		.map = str_of(r->info->name),
		.entry_cnt = (u32)r->entries.n,
	};
	s->entries = arena_dup(&r->copy->arena, r->entries.items,
			       r->entries.n * sizeof(struct tape_snap_entry));
	if (!s->entries && r->entries.n)
		return err_oom(err);
	handover_take_map(h, r->copy);
	r->copy = NULL;
	return 0;
}

int snapshot_map(const struct plan *plan, const struct bpf_loaded *l, u32 idx,
		 const struct snap_cause *cause, struct handover *h, struct err *err)
{
	struct reader r;
	int rc = init_reader(&r, plan, l, idx, err);

	r.stacks = cause->stacks;
	if (rc > 0) {
		rc = walk(&r, cause->reason);
		if (rc == -ENOMEM)
			rc = 0; /* is_partial says so */
		rc = rc ? err_set_errno(err, rc, "reading map %s", r.info->name) :
			  hand_over(&r, cause, h, err);
	}
	fini_reader(&r);
	return rc;
}

int snapshot_all(const struct plan *plan, const struct bpf_loaded *l, struct stacks *stacks, u64 ts,
		 struct handover *h, struct err *err)
{
	const struct snap_cause cause = { .reason = TAPE_SNAP_END,
					  .stacks = stacks,
					  .ts = ts,
					  .table = TAPE_NONE,
					  .cpu = TAPE_NONE,
					  .clause = TAPE_NONE,
					  .action = TAPE_NONE };
	int rc = 0;

	for (u32 i = 0; i < plan->prog->map_cnt && !rc; i++)
		rc = snapshot_map(plan, l, i, &cause, h, err);
	return rc;
}
