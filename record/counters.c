/*
 * record/counters.c -- per table and CPU: rows decided and what was lost of them.
 *
 * One system call reads all tables (a batch), where the kernel can; else one a table.
 */
#include "record/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "record/bpf/capture_abi.h"

struct counters {
	const struct bpf_loaded *l;
	int map_fd;
	u32 table_cnt;
	u64 last_ts;
	bool has_no_batch;
	u32 *keys;
	struct cap_counters *before, *now; /* table_cnt * cpu_cnt */
	u64 *missed; /* by program: recursion, as last seen */
};

static const u32 causes[CAP_CAUSE_CNT] = {
	[CAP_LOST_RING] = TAPE_LOSS_RING,
	[CAP_LOST_SCRATCH] = TAPE_LOSS_SCRATCH,
	[CAP_LOST_MAP_FULL] = TAPE_LOSS_MAP,
	[CAP_LOST_CTL] = TAPE_LOSS_CONTROL,
	[CAP_LOST_STACK] = TAPE_LOSS_STACK,
};

int counters_new(const struct bpf_loaded *l, u32 table_cnt, u64 now, struct counters **ret,
		 struct err *err)
{
	struct counters *c = calloc(1, sizeof(*c));
	size_t n = (size_t)table_cnt * l->cpu_cnt;

	if (!c)
		return err_oom(err);
	*c = (struct counters){
		.l = l,
		.map_fd = bpf_loaded_map(l, IMG_COUNTERS, 0),
		.table_cnt = table_cnt,
		.last_ts = now,
		.keys = calloc(table_cnt + 1, sizeof(u32)),
		.before = calloc(n + 1, sizeof(struct cap_counters)),
		.now = calloc(n + 1, sizeof(struct cap_counters)),
		.missed = calloc(l->img.prog_cnt + 1, sizeof(u64)),
	};
	if (!c->keys || !c->before || !c->now || !c->missed) {
		counters_free(c);
		return err_oom(err);
	}
	*ret = c;
	return 0;
}

void counters_free(struct counters *c)
{
	if (!c)
		return;
	free(c->keys);
	free(c->before);
	free(c->now);
	free(c->missed);
	free(c);
}

static int read_one_by_one(struct counters *c)
{
	for (u32 i = 0; i < c->table_cnt; i++)
		if (bpf_map_lookup_elem(c->map_fd, &i, &c->now[(size_t)i * c->l->cpu_cnt]))
			return -errno;
	return 0;
}

static int read_all(struct counters *c)
{
	u32 next = 0, cnt = c->table_cnt;

	if (c->has_no_batch || c->table_cnt < 4)
		return read_one_by_one(c);
	/* ENOENT says that the end was reached, which is what we want. */
	if (bpf_map_lookup_batch(c->map_fd, NULL, &next, c->keys, c->now, &cnt, NULL) &&
	    errno != ENOENT)
		c->has_no_batch = true;
	if (cnt != c->table_cnt)
		c->has_no_batch = true;
	return c->has_no_batch ? read_one_by_one(c) : 0;
}

void counters_diff(const struct cap_counters *before, const struct cap_counters *after,
		   u32 table_cnt, u32 cpu_cnt, u64 from_ts, u64 to_ts, struct handover *h)
{
	for (size_t i = 0; i < (size_t)table_cnt * cpu_cnt; i++) {
		for (u32 k = 0; k < CAP_CAUSE_CNT; k++) {
			u64 n = after[i].lost[k] - before[i].lost[k];
			const struct tape_loss loss = {
				.cause = causes[k],
				.table = (u32)(i / cpu_cnt),
				.cpu = (u32)(i % cpu_cnt),
				.count = n,
				.first_ts = from_ts,
				.last_ts = to_ts,
			};

			if (n)
				handover_put_loss(h, &loss);
		}
	}
}

/* Firings that the kernel did not run because the program was running on that CPU already. */
static void poll_missed(struct counters *c, u64 now, struct handover *h)
{
	for (u32 i = 0; i < c->l->img.prog_cnt; i++) {
		struct bpf_prog_info info = { 0 };
		u32 sz = sizeof(info);
		struct tape_loss loss = {
			.cause = TAPE_LOSS_RECURSION,
			.table = c->l->img.progs[i].table,
			.cpu = TAPE_NONE,
			.first_ts = c->last_ts,
			.last_ts = now,
		};

		if (c->l->prog_fds[i] < 0 || bpf_obj_get_info_by_fd(c->l->prog_fds[i], &info, &sz))
			continue;
		loss.count = info.recursion_misses - c->missed[i];
		c->missed[i] = info.recursion_misses;
		if (loss.count)
			handover_put_loss(h, &loss);
	}
}

int counters_poll(struct counters *c, u64 now, struct handover *h, struct err *err)
{
	struct cap_counters *swap = c->before;
	int rc = c->map_fd >= 0 ? read_all(c) : 0;

	if (rc)
		return err_set_errno(err, rc, "reading the loss counters");
	counters_diff(c->before, c->now, c->table_cnt, c->l->cpu_cnt, c->last_ts, now, h);
	poll_missed(c, now, h);
	c->before = c->now;
	c->now = swap;
	c->last_ts = now;
	return 0;
}
