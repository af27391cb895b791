/*
 * record/attach.c -- attach, arm, stop.
 *
 * (1) A program sends nothing while cap_state.armed is 0, so probes that are attached early and
 *     probes that are attached late begin together.
 * (2) To know that no program is under way any more, a map in a map is updated: the kernel answers
 *     that only after every running program has left.
 * (3) The descriptors of perf events are handed to a process that does nothing but die: the kernel
 *     takes its 70 ms an event there, not in the exit of the recorder.
 */
#include "record/attach.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/io.h"
#include "base/vec.h"
#include "record/bpf/capture_abi.h"
#include "record/cpus.h"
#include "record/tracefs.h"

#define FDS_MAX (2 * IMG_ATTACHES_MAX)

struct perf_fd {
	int event, link;
	bool starts_late; /* counts from attach_arm() on */
};

struct attach_set {
	const struct bpf_loaded *l;
	struct vec raw; /* int: links that close quickly */
	struct vec perf; /* struct perf_fd */
	struct vec cpus; /* u32: online, the first one is the intervals' */
	const char *tracefs;
};

int attach_run_begin(const struct bpf_loaded *l, struct err *err)
{
	for (u32 i = 0; i < l->img.attach_cnt; i++) {
		const struct img_attach *a = &l->img.attaches[i];
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		int rc;

		if (a->kind != IMG_ATTACH_RUN)
			continue;
		if (l->state->exited)
			break;
		rc = bpf_prog_test_run_opts(l->prog_fds[a->prog], &opts);
		if (rc)
			return err_set_errno(err, rc, "running program %s",
					     l->img.progs[a->prog].name);
	}
	return 0;
}

static int first_cpu(const struct attach_set *s)
{
	return (int)*vec_get(&s->cpus, u32, 0);
}

static int open_event(struct perf_event_attr *attr, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int link_event(struct attach_set *s, const struct img_attach *a, int event, bool starts_late,
		      struct err *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = a->probe);
	struct perf_fd *p = vec_push(&s->perf);

	if (!p) {
		close(event);
		return err_oom(err);
	}
	*p = (struct perf_fd){ .event = event, .link = -1, .starts_late = starts_late };
	p->link = bpf_link_create(s->l->prog_fds[a->prog], event, BPF_PERF_EVENT, &opts);
	if (p->link < 0)
		return err_set_errno(err, p->link, "attaching");
	return 0;
}

static int attach_tp(struct attach_set *s, const struct img_attach *a, struct err *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.sample_period = 1,
					.wakeup_events = 1 };
	int id, fd, rc;

	if (!s->tracefs)
		s->tracefs = tracefs_find(err);
	if (!s->tracefs)
		return err ? err->code : -ENODEV;
	id = tracefs_event_id(s->tracefs, a->category, a->event, err);
	if (id < 0)
		return id;
	attr.config = id;
	fd = open_event(&attr, first_cpu(s));
	if (fd < 0)
		return err_set_errno(err, fd, "tracepoint %s:%s", a->category, a->event);
	rc = link_event(s, a, fd, false, err);
	if (rc)
		return err_wrap(err, rc, "tracepoint %s:%s", a->category, a->event);
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return err_set_errno(err, -errno, "enabling tracepoint %s:%s", a->category,
				     a->event);
	return 0;
}

/*
 * Timers have a fixed period: the kernel makes one of a frequency too, and one that is given lets
 * every CPU have the same.
 */
static int attach_sampling(struct attach_set *s, const struct img_attach *a, u32 cpu,
			   struct err *err)
{
	bool is_timer = a->kind != IMG_ATTACH_SOFTWARE;
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = is_timer ? PERF_COUNT_SW_CPU_CLOCK : a->config,
					.sample_period = a->period,
					.disabled = 1 };
	int fd = open_event(&attr, (int)cpu);

	if (fd < 0)
		return err_set_errno(err, fd,
				     is_timer ? "a timer of %llu ns on CPU %u" :
						"every %llu software events on CPU %u",
				     (unsigned long long)a->period, cpu);
	return link_event(s, a, fd, true, err);
}

static int attach_everywhere(struct attach_set *s, const struct img_attach *a, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < s->cpus.n; i++)
		rc = attach_sampling(s, a, *vec_get(&s->cpus, u32, i), err);
	return rc;
}

static int attach_raw(struct attach_set *s, const struct img_attach *a, struct err *err)
{
	const struct img_prog *p = &s->l->img.progs[a->prog];
	int *slot = vec_push(&s->raw);

	if (!slot)
		return err_oom(err);
	*slot = bpf_raw_tracepoint_open(NULL, s->l->prog_fds[a->prog]);
	if (*slot < 0)
		return err_set_errno(err, *slot, "raw tracepoint %s", p->target);
	return 0;
}

static int attach_one(struct attach_set *s, const struct img_attach *a, struct err *err)
{
	switch (a->kind) {
	case IMG_ATTACH_RAW:
		return attach_raw(s, a, err);
	case IMG_ATTACH_TP:
		return attach_tp(s, a, err);
	case IMG_ATTACH_INTERVAL:
		return attach_sampling(s, a, (u32)first_cpu(s), err);
	case IMG_ATTACH_PROFILE:
	case IMG_ATTACH_SOFTWARE:
		return attach_everywhere(s, a, err);
	default:
		return 0;
	}
}

int attach_start(const struct bpf_loaded *l, struct attach_set **ret, struct err *err)
{
	struct attach_set *s = calloc(1, sizeof(*s));
	int rc = 0;

	if (!s)
		return err_oom(err);
	s->l = l;
	vec_init(&s->raw, sizeof(int), FDS_MAX);
	vec_init(&s->perf, sizeof(struct perf_fd), FDS_MAX);
	vec_init(&s->cpus, sizeof(u32), CPUS_MAX);
	rc = cpus_online(&s->cpus, err);
	for (u32 i = 0; !rc && i < l->img.attach_cnt; i++)
		rc = attach_one(s, &l->img.attaches[i], err);
	if (rc) {
		attach_stop(s);
		attach_free(s);
		return err_wrap(err, rc, "attaching");
	}
	*ret = s;
	return 0;
}

int attach_arm(struct attach_set *s, struct err *err)
{
	__atomic_store_n(&s->l->state->armed, 1, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < s->perf.n; i++) {
		const struct perf_fd *p = vec_get(&s->perf, struct perf_fd, i);

		if (p->starts_late && ioctl(p->event, PERF_EVENT_IOC_ENABLE, 0))
			return err_set_errno(err, -errno, "starting a timer or counter");
	}
	return 0;
}

/* Invariant (2). */
static void wait_for_programs(const struct bpf_loaded *l)
{
	int outer = bpf_loaded_map(l, IMG_RINGS, 0);
	u32 key = 0;

	if (outer >= 0)
		bpf_map_update_elem(outer, &key, &l->ring_fds[0], 0);
}

void attach_stop(struct attach_set *s)
{
	__atomic_store_n(&s->l->state->armed, 0, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < s->perf.n; i++)
		ioctl(vec_get(&s->perf, struct perf_fd, i)->event, PERF_EVENT_IOC_DISABLE, 0);
	for (size_t i = 0; i < s->raw.n; i++)
		io_close(vec_get(&s->raw, int, i));
	wait_for_programs(s->l);
}

static int cmp_int(const void *x, const void *y)
{
	return *(const int *)x < *(const int *)y ? -1 : *(const int *)x > *(const int *)y;
}

/* Keep only the sorted @fds open, then end: the kernel closes them. */
static void die_with(const int *fds, size_t n)
{
	unsigned int from = 0;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned int)fds[i] > from)
			syscall(SYS_close_range, from, fds[i] - 1, 0);
		from = fds[i] + 1;
	}
	syscall(SYS_close_range, from, ~0u, 0);
	_exit(0);
}

/* Invariant (3).  The process is the child of a child, so that nobody has to wait for it. */
static void hand_over(const struct vec *perf)
{
	int *fds = malloc((2 * perf->n + 1) * sizeof(*fds));
	size_t n = 0;
	pid_t pid;

	for (size_t i = 0; fds && i < perf->n; i++) {
		const struct perf_fd *p = vec_get(perf, struct perf_fd, i);

		fds[n++] = p->event;
		if (p->link >= 0)
			fds[n++] = p->link;
	}
	if (fds && n) {
		qsort(fds, n, sizeof(*fds), cmp_int);
		pid = fork();
		if (!pid) {
			if (!fork())
				die_with(fds, n);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	free(fds);
}

void attach_free(struct attach_set *s)
{
	if (!s)
		return;
	hand_over(&s->perf);
	for (size_t i = 0; i < s->perf.n; i++) {
		struct perf_fd *p = vec_get(&s->perf, struct perf_fd, i);

		io_close(&p->link);
		io_close(&p->event);
	}
	for (size_t i = 0; i < s->raw.n; i++)
		io_close(vec_get(&s->raw, int, i));
	vec_fini(&s->raw);
	vec_fini(&s->perf);
	vec_fini(&s->cpus);
	free(s);
}
