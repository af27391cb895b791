/*
 * record/control.c -- the control ring.
 */
#include "record/control.h"

#include <string.h>

#include "record/bpf/capture_abi.h"
#include "record/clock.h"
#include "record/snapshot.h"

int control_open(struct control *c, const struct plan *plan, const struct bpf_loaded *l,
		 struct handover *h, u64 guard_ns, struct err *err)
{
	int fd = bpf_loaded_map(l, IMG_CTL, 0), rc;

	*c = (struct control){ .plan = plan, .l = l, .handover = h, .guard_ns = guard_ns };
	if (fd < 0)
		return 0;
	rc = ring_open(&c->ring, fd, l->ctl_sz, err);
	c->has_ring = !rc;
	return rc;
}

void control_close(struct control *c)
{
	if (c->has_ring)
		ring_close(&c->ring);
	c->has_ring = false;
}

static const enum tape_snap_reason reasons[] = {
	[CAP_CTL_PRINT] = TAPE_SNAP_PRINT,
	[CAP_CTL_CLEAR] = TAPE_SNAP_CLEAR,
	[CAP_CTL_ZERO] = TAPE_SNAP_ZERO,
};

static void take_deed(struct control *c, const struct cap_ctl *r, const u8 *args, size_t sz)
{
	const struct program *prog = c->plan->prog;
	struct deed what = {
		.ts = r->ts, .seq = r->seq, .table = r->table, .cpu = r->cpu, .action = r->action
	};
	enum builtin_id id = r->kind == CAP_CTL_CAT ? BI_CAT : BI_SYSTEM;
	struct buf packed;

	buf_init(&packed, CAP_CTL_ARGS_MAX);
	if (!c->deeds || r->table >= c->plan->table_cnt || r->action >= prog->action_cnt ||
	    prog->actions[r->action]->b->id != id ||
	    deed_pack_args(prog->actions[r->action], args, sz, &packed)) {
		c->bad_cnt++;
	} else {
		what.args = (struct str){ (const char *)packed.data, packed.len };
		deeds_put(c->deeds, &what);
	}
	buf_fini(&packed);
}

static int take_record(struct control *c, const struct cap_ctl *r, struct err *err)
{
	struct snap_cause cause = {
		.stacks = c->stacks, .ts = r->ts, .seq = r->seq, .table = r->table, .cpu = r->cpu,
		.action = r->action
	};

	if (r->kind == CAP_CTL_EXIT)
		return 0; /* the state has the earliest one */
	if (r->kind >= countof(reasons) || r->table >= c->plan->table_cnt ||
	    r->map >= c->plan->prog->map_cnt) {
		c->bad_cnt++;
		return 0;
	}
	cause.reason = reasons[r->kind];
	cause.clause = c->plan->tables[r->table].inst->clause->idx;
	return snapshot_map(c->plan, c->l, r->map, &cause, c->handover, err);
}

static int take_run(struct control *c, const u8 *run, size_t run_sz, struct err *err)
{
	const u8 *rec;
	size_t off = 0;
	u32 sz;
	int rc = 0;

	while (!rc && ring_run_next(run, run_sz, &off, &rec, &sz) > 0) {
		struct cap_ctl r;

		if (sz < sizeof(r)) {
			c->bad_cnt++;
			continue;
		}
		memcpy(&r, rec, sizeof(r));
		if (r.kind == CAP_CTL_SYSTEM || r.kind == CAP_CTL_CAT)
			take_deed(c, &r, rec + sizeof(r), sz - sizeof(r));
		else
			rc = take_record(c, &r, err);
	}
	return rc;
}

int control_drain(struct control *c, struct err *err)
{
	u64 now = clock_now_ns();
	const u8 *run;
	size_t n;
	int rc = 0;

	while (c->has_ring && !rc && (n = ring_peek(&c->ring, c->ring.sz, &run)) > 0) {
		rc = take_run(c, run, n, err);
		ring_release(&c->ring, n);
	}
	if (!rc && (!c->has_ring || !ring_used(&c->ring)))
		handover_set_control_ts(c->handover, now - c->guard_ns);
	return rc;
}

bool control_has_exited(const struct control *c)
{
	return c->l->state && __atomic_load_n(&c->l->state->exited, __ATOMIC_ACQUIRE);
}
