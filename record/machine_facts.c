/*
 * record/machine_facts.c -- offsets and ids of the running kernel.
 *
 * System calls are told apart by the registers of the process, so this file has a row for each
 * architecture whose registers are known; on others the perf tracepoints are used.
 */
#include "record/machine_facts.h"

#include <errno.h>

#include "record/features.h"
#include "record/ktypes.h"

#define EVENTS_MAX 65536

/* Where an architecture keeps a system call. */
static const struct {
	const char *args[6], *nr; /* members of struct pt_regs */
	const char *compat; /* member of struct thread_info */
	u32 compat_sz;
	u64 compat_mask;
} arch = {
#if defined(__x86_64__)
	.args = { "di", "si", "dx", "r10", "r8", "r9" },
	.nr = "orig_ax",
	.compat = "status",
	.compat_sz = 4,
	.compat_mask = 0x2, /* TS_COMPAT */
#elif defined(__aarch64__)
	/* regs[0] is gone at exit, at entry it is orig_x0 too */
	.args = { "orig_x0", "regs+8", "regs+16", "regs+24", "regs+32", "regs+40" },
	.nr = "syscallno",
	.compat = "flags",
	.compat_sz = 8,
	.compat_mask = 1ull << 22, /* TIF_32BIT */
#else
	.nr = NULL,
#endif
};

static int add_event(void *ctx, const char *name, u32 id)
{
	struct strmap *m = ctx;

	return strmap_put(m, str_of(name), (void *)(uintptr_t)id, NULL);
}

/* "member" or "member+BYTES" of struct pt_regs. */
static int regs_off(struct ktypes *k, const char *what)
{
	struct str head, tail;
	char name[32];
	int off;

	str_split(str_of(what), '+', &head, &tail);
	if (head.len >= sizeof(name))
		return -ENOENT;
	for (size_t i = 0; i < head.len; i++)
		name[i] = head.s[i];
	name[head.len] = '\0';
	off = ktypes_member_off(k, "struct pt_regs", name);
	if (off < 0)
		off = ktypes_member_off(k, "struct user_pt_regs", name);
	for (size_t i = 0, add = 0; off >= 0 && i < tail.len; i++) {
		off -= add;
		add = add * 10 + (tail.s[i] - '0');
		off += add;
	}
	return off;
}

static void read_syscalls(struct machine_facts *f, struct ktypes *k)
{
	int ti, status, nr;

	if (!arch.nr)
		return;
	ti = ktypes_member_off(k, "struct task_struct", "thread_info");
	status = ktypes_member_off(k, "struct thread_info", arch.compat);
	nr = regs_off(k, arch.nr);
	if (ti < 0 || status < 0 || nr < 0)
		return;
	for (int i = 0; i < 6; i++) {
		int off = regs_off(k, arch.args[i]);

		if (off < 0)
			return;
		f->regs_arg_off[i] = off;
	}
	f->regs_nr_off = nr;
	f->compat_off = ti + status;
	f->compat_sz = arch.compat_sz;
	f->compat_mask = arch.compat_mask;
	f->has_syscalls = true;
}

int machine_facts_read(struct machine_facts *f, struct err *err)
{
	struct ktypes *k;
	int rc;

	*f = (struct machine_facts){ .cpu_cnt = features_cpu_cnt() };
	strmap_init(&f->raw_events, EVENTS_MAX);
	if (ktypes_open(NULL, &k, NULL))
		return 0;
	f->has_btf = true;
	read_syscalls(f, k);
	rc = ktypes_each_typedef(k, "btf_trace_", add_event, &f->raw_events);
	ktypes_close(k);
	if (!rc)
		return 0;
	machine_facts_fini(f);
	return err_set_errno(err, rc, "listing the kernel's raw tracepoints");
}

void machine_facts_fini(struct machine_facts *f)
{
	strmap_fini(&f->raw_events);
}

u32 machine_facts_raw_event(const struct machine_facts *f, const char *event)
{
	return (uintptr_t)strmap_find(&f->raw_events, str_of(event));
}
