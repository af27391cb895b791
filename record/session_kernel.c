/*
 * record/session_kernel.c -- the kernel's side of a recording: load, arm, poll, disarm.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/features.h"
#include "record/session_priv.h"
#include "record/snapshot.h"

#define RING_MAX_SZ	 (64ull << 20)
#define RING_MIN_SZ	 (64ull << 10)
#define RING_SMALL_SZ	 (4ull << 20)
#define CONTROL_SZ	 (256u << 10)
#define QUEUE_MIN_PIECES 64
#define QUEUE_MAX_PIECES 512
#define BIT(n)		 (1ull << (n))

/* At most 64 MB a CPU and a sixteenth of the memory in all. */
static u64 ring_size(u64 wanted, u32 cpu_cnt)
{
	u64 sz = wanted, pow = 4096;

	if (!sz) {
		sz = features_memory() / 16 / cpu_cnt;
		sz = sz > RING_MAX_SZ ? RING_MAX_SZ : sz;
		while (pow * 2 <= sz)
			pow *= 2;
		return pow < RING_MIN_SZ ? RING_MIN_SZ : pow;
	}
	while (pow < sz)
		pow *= 2;
	return pow;
}

static void set_state(struct session *s)
{
	struct cap_state *st = s->loaded.state;
	int n = 0;

	if (!st)
		return;
	st->start_ns = s->start_ns;
	st->only_pid = (u32)s->o->pid;
	st->cpid = (u32)s->command.pid;
	st->own[n++] = (u32)getpid();
	for (int i = 0; i < s->o->hide.n && n < CAP_OWN_MAX; i++)
		st->own[n++] = s->o->hide_pids[i];
}

static int open_rings(struct session *s, struct err *err)
{
	u64 total = s->loaded.ring_sz * s->cpu_cnt;
	u64 pieces = total / QUEUE_PIECE_SZ;

	pieces = pieces < QUEUE_MIN_PIECES ? QUEUE_MIN_PIECES : pieces;
	pieces = pieces > QUEUE_MAX_PIECES ? QUEUE_MAX_PIECES : pieces;
	s->queue = queue_new((u32)pieces);
	s->rings = arena_new_n(&s->arena, struct ring, s->cpu_cnt);
	if (!s->queue || !s->rings)
		return err_oom(err);
	for (u32 i = 0; i < s->cpu_cnt; i++) {
		int rc = ring_open(&s->rings[i], s->loaded.ring_fds[i], s->loaded.ring_sz, err);

		if (rc)
			return err_wrap(err, rc, "CPU %u", i);
	}
	return 0;
}

int session_compile(struct session *s, struct err *err)
{
	const struct compile_opts o = { &s->facts, s->o->self, s->o->quantum };
	int rc = machine_facts_read(&s->facts, err);

	s->has_facts = !rc;
	if (!rc && path_facts_wanted(s->script.prog))
		path_facts_read(&s->facts.path);
	return rc ? rc : compile_script(&s->script, &o, &s->image, err);
}

int session_load(struct session *s, struct err *err)
{
	const struct bpf_load_opts lo = {
		.facts = &s->facts,
		.ring_sz = ring_size(s->o->buffer_sz, s->cpu_cnt),
		.ctl_sz = CONTROL_SZ,
		.known_cnt = session_known_stacks(),
		.script_name = s->script.src.name,
	};
	int rc = features_check_privileges(err);

	if (!rc)
		rc = session_compile(s, err);
	if (!rc)
		rc = bpf_load(&s->image, &lo, &s->loaded, err);
	if (rc)
		return rc;
	s->is_loaded = true;
	session_start(s); /* compiling took its time; BEGIN is next */
	s->cpu_cnt = s->loaded.cpu_cnt;
	set_state(s);
	rc = open_rings(s, err);
	if (!rc)
		rc = control_open(&s->control, s->script.plan, &s->loaded, s->handover, GUARD_NS,
				  err);
	s->control.deeds = s->deeds;
	if (!rc)
		rc = counters_new(&s->loaded, s->script.plan->table_cnt, clock_now_ns(),
				  &s->counters, err);
	return rc ? rc : session_open_stacks(s, err);
}

/* Names of tasks are a help for other scripts: without them the recording goes on. */
static void start_tasks(struct session *s)
{
	struct err why = { 0 };

	if (!tasks_open(&s->tasks, &why) &&
	    !tasks_scan(s->tasks, handover_put_task, s->handover, &why))
		return;
	handover_put_log(s->handover, TAPE_LOG_WARN, why.msg);
	report_note(&s->report, "warning: no task table: %s", why.msg);
}

/* What reading maps and counters still needs; tracing goes on without. */
static void give_up_rights(void)
{
	struct err ignored;

	/* Lower rights are a precaution; not being allowed to lower them changes nothing. */
	if (features_keep_caps(BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_DAC_READ_SEARCH) |
				       BIT(CAP_SYSLOG) | BIT(CAP_SYS_PTRACE),
			       &ignored))
		return;
}

/* A small ring is full before long. */
static u64 longest_pause(const struct session *s)
{
	return s->is_live || s->loaded.ring_sz < RING_SMALL_SZ ? SLOW_LIVE_NS : SLOW_FILE_NS;
}

static int start_threads(struct session *s, struct err *err)
{
	const struct drain_opts o = {
		.rings = s->rings,
		.ring_cnt = s->cpu_cnt,
		.queue = s->queue,
		.control = s->control.has_ring ? &s->control.ring : NULL,
		.handover = s->handover,
		.guard_ns = GUARD_NS,
		.slow_ns = longest_pause(s),
	};
	int rc = spool_start(s->spool, err);

	return rc ? rc : drain_start(&o, &s->drain, err);
}

/* On one CPU: clauses whose rounded times are equal are in order there only. */
static int run_kernel_begin(struct session *s, struct err *err)
{
	cpu_set_t one, before;
	bool is_pinned = false;
	int cpu = sched_getcpu(), rc;

	CPU_ZERO(&one);
	if (s->o->quantum > 1 && cpu >= 0 && cpu < CPU_SETSIZE &&
	    !sched_getaffinity(0, sizeof(before), &before)) {
		CPU_SET(cpu, &one);
		is_pinned = !sched_setaffinity(0, sizeof(one), &one);
	}
	rc = attach_run_begin(&s->loaded, err);
	if (is_pinned)
		sched_setaffinity(0, sizeof(before), &before);
	return rc;
}

/*
 * BEGIN of the script: ours first, then what must run in the kernel.  What fires next must not have
 * the same time: it could be on a CPU with a lower number.
 */
static int run_begin(struct session *s, struct err *err)
{
	int rc = own_rows_put(&s->own, PROBE_BEGIN, &s->has_exit, &s->exit_code, err);

	clock_pass(s->o->quantum);
	if (!rc && !s->has_exit && s->is_loaded)
		rc = run_kernel_begin(s, err);
	clock_pass(s->o->quantum);
	if (!rc && s->is_loaded && control_has_exited(&s->control)) {
		s->has_exit = true;
		s->exit_code = s->loaded.state->exit_code;
	}
	return rc;
}

int session_arm(struct session *s, struct err *err)
{
	int rc = run_begin(s, err);

	if (rc || !s->is_loaded)
		return rc;
	rc = start_threads(s, err);
	if (rc || s->has_exit || !session_attached_cnt(s))
		return rc;
	start_tasks(s);
	rc = attach_start(&s->loaded, &s->attached, err);
	if (!rc)
		rc = attach_arm(s->attached, err);
	if (rc)
		return rc;
	s->armed_ns = clock_now_ns();
	give_up_rights();
	return 0;
}

static void poll_tasks(struct session *s, bool is_full)
{
	u64 lost;

	if (!s->tasks)
		return;
	tasks_drain(s->tasks, handover_put_task, s->handover);
	if (!is_full)
		return;
	lost = tasks_lost(s->tasks);
	if (lost > s->tasks_lost)
		handover_put_loss(s->handover, &(struct tape_loss){ .cause = TAPE_LOSS_SIDEBAND,
								    .table = TAPE_NONE,
								    .cpu = TAPE_NONE,
								    .count = lost - s->tasks_lost,
								    .first_ts = s->start_ns,
								    .last_ts = clock_now_ns(),
								    .note = STR("task events") });
	s->tasks_lost = lost;
}

int session_poll(struct session *s, bool is_full, struct err *err)
{
	int rc;

	if (!s->is_loaded)
		return 0;
	rc = control_drain(&s->control, err);
	poll_tasks(s, is_full);
	if (is_full)
		session_poll_stacks(s);
	if (!rc && is_full)
		rc = counters_poll(s->counters, clock_now_ns(), s->handover, err);
	return rc;
}

static void join_threads(struct session *s)
{
	if (s->drain)
		drain_stop(s->drain);
	else if (s->queue)
		queue_close(s->queue);
	s->drain = NULL;
	if (s->spool)
		spool_join(s->spool);
}

int session_disarm(struct session *s, struct err *err)
{
	int rc = 0;

	if (s->attached)
		attach_stop(s->attached);
	s->end_ts = clock_now_ns();
	join_threads(s);
	if (s->is_loaded) {
		rc = session_poll(s, true, err);
		if (control_has_exited(&s->control)) {
			s->has_exit = true;
			s->exit_code = s->loaded.state->exit_code;
		}
	}
	if (!rc && s->is_loaded)
		rc = snapshot_all(s->script.plan, &s->loaded, s->stacks, s->end_ts, s->handover,
				  err);
	session_check_stacks(s);
	return rc;
}

void session_unload(struct session *s)
{
	join_threads(s);
	attach_free(s->attached);
	tasks_close(s->tasks);
	control_close(&s->control);
	counters_free(s->counters);
	for (u32 i = 0; s->rings && i < s->cpu_cnt; i++)
		ring_close(&s->rings[i]);
	if (s->is_loaded)
		bpf_unload(&s->loaded);
	queue_free(s->queue);
	if (s->has_facts)
		machine_facts_fini(&s->facts);
}
