/*
 * record/bpf/capture_field.bpf.h -- the part of capture_rt.bpf.c that makes fields of tracepoints
 * from the arguments of the call behind them; it is included there and nowhere else.
 */
#pragma once

#define TASK_REPORT	   0x7f		/* states that have a bit in the record */
#define TASK_REPORT_IDLE   0x80
#define TASK_REPORT_MAX	   0x100	/* taken off the CPU while it ran */
#define TASK_UNINTERRUPTED 0x02
#define TASK_IDLE	   0x402
#define TASK_RTLOCK_FROZEN 0x9000	/* told as uninterruptible */

/* The lowest bit that is set in the record is the highest one of the state. */
FN __u64 cap_tp_state(__u64 preempt, __u64 state, __u64 exit_state)
{
	__u64 s = (state | exit_state) & TASK_REPORT;

	if (preempt & 0xff)
		return TASK_REPORT_MAX;
	if ((state & TASK_IDLE) == TASK_IDLE)
		s = TASK_REPORT_IDLE;
	if (state & TASK_RTLOCK_FROZEN)
		s = TASK_UNINTERRUPTED;
	s |= s >> 1;
	s |= s >> 2;
	s |= s >> 4;
	return s - (s >> 1);
}

FN __u64 cap_tp_devt(__u64 major, __u64 minor)
{
	return (__u32)(major << 20 | minor);
}

/* A command of the driver's own has no place on the disk. */
static FN int is_passthrough(__u64 cmd_flags)
{
	__u64 op = cmd_flags & 0xff;

	return op == 34 || op == 35;
}

FN __u64 cap_tp_sector(__u64 cmd_flags, __u64 sector)
{
	return is_passthrough(cmd_flags) || sector == ~0ull ? 0 : sector;
}

FN __u64 cap_tp_nr_sector(__u64 cmd_flags, __u64 bytes)
{
	return is_passthrough(cmd_flags) ? 0 : bytes >> 9;
}

FN __u64 cap_tp_sectors(__u64 bytes)
{
	return bytes >> 9;
}

/* Signals without a record: 0 is one of the user's, 1 one of the kernel's. */
FN __u64 cap_tp_sigcode(__u64 info, __u64 code)
{
	return info == 0 ? 0 : info == 1 ? 0x80 : code;
}

/* Negated twice: the verifier forgets what the register was at the first one. */
FN __u64 cap_plain(__u64 v)
{
	v = -v;
	OPAQUE(v);
	return -v;
}

FN __u64 cap_cookie(void *ctx)
{
	return bpf_get_attach_cookie(ctx);
}

/* A number that is written into the copy of the program for each probe (bpf_emit_progs.c). */
FN __u64 cap_probe_mark(void)
{
	return load_pseudo(CAP_PSEUDO_PROBE, 0);
}

FN void cap_exit(struct cap_fire *f, __u32 table, __s64 code)
{
	struct cap_state *st = state();

	if (!__sync_lock_test_and_set(&st->exited, 1)) {
		st->exit_code = code;
		st->exit_ts = cap_now(f);
	}
	cap_control(f, CAP_CTL_EXIT, table, 0, ~0u, code);
}

static FN void fill_control(struct cap_ctl *r, struct cap_fire *f, __u32 kind, __u32 table,
			    __u32 action)
{
	struct cap_counters *c = counters(table);

	r->kind = kind;
	r->table = table;
	r->ts = cap_now(f);
	r->seq = c ? c->seq : 0;
	r->cpu = bpf_get_smp_processor_id();
	r->pid = f->pid_tgid >> 32;
	r->tid = f->pid_tgid;
	r->action = action;
	r->map = ~0u;
	r->pad = 0;
	r->code = 0;
}

FN void cap_control(struct cap_fire *f, __u32 kind, __u32 table, __u32 action, __u32 map,
		    __s64 code)
{
	struct cap_ctl *r = bpf_ringbuf_reserve(map_of(CAP_MAP_CTL), sizeof(*r), 0);

	if (!r) {
		lost(table, CAP_LOST_CTL);
		return;
	}
	fill_control(r, f, kind, table, action);
	r->map = map;
	r->code = code;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

FN void cap_control_args(struct cap_fire *f, __u32 kind, __u32 table, __u32 action,
			 const void *args, __u32 sz)
{
	struct cap_ctl *r = bpf_ringbuf_reserve(map_of(CAP_MAP_CTL), sizeof(*r) + sz, 0);

	if (!r) {
		lost(table, CAP_LOST_CTL);
		return;
	}
	fill_control(r, f, kind, table, action);
	if (sz)
		bpf_probe_read_kernel(r + 1, sz, args);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

FN void cap_signal(__u32 sig, __u32 table, __u32 only_thread)
{
	if (only_thread ? bpf_send_signal_thread(sig) : bpf_send_signal(sig))
		lost(table, CAP_LOST_CTL);
}

FN void cap_debug(const char *fmt, __u32 sz, __u64 a, __u64 b, __u64 c, __u32 table)
{
	if (bpf_trace_printk(fmt, sz, a, b, c) < 0)
		lost(table, CAP_LOST_CTL);
}
