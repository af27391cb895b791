/*
 * record/machine_facts.c -- offsets and ids of the running kernel, in one pass over its BTF.
 *
 * System calls are told apart by the registers of the process, so this file has a row for each
 * architecture whose registers are known; on others the perf tracepoints are used.
 */
#include "record/machine_facts.h"

#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include "record/btf_scan.h"
#include "record/features.h"

#define EVENTS_MAX 65536
#define RAW_PREFIX "btf_trace_"

enum { REGS_NR = 6, REGS_CNT };

/* A member of struct @record, or @add bytes behind it. */
struct place {
	const char *record, *member;
	u32 add;
};

/* Where an architecture keeps a system call. */
#if defined(__x86_64__)
#define REGS "pt_regs"
static const struct place regs[REGS_CNT] = { { REGS, "di", 0 },	    { REGS, "si", 0 },
					     { REGS, "dx", 0 },	    { REGS, "r10", 0 },
					     { REGS, "r8", 0 },	    { REGS, "r9", 0 },
					     { REGS, "orig_ax", 0 } };
static const struct place compat = { "thread_info", "status", 0 };
#define COMPAT_SZ   4
#define COMPAT_MASK 0x2 /* TS_COMPAT */
#elif defined(__aarch64__)
/* struct pt_regs begins with struct user_pt_regs; regs[0] is the result at exit, orig_x0 stays */
#define USER	    "user_pt_regs"
static const struct place regs[REGS_CNT] = { { "pt_regs", "orig_x0", 0 },  { USER, "regs", 8 },
					     { USER, "regs", 16 },	   { USER, "regs", 24 },
					     { USER, "regs", 32 },	   { USER, "regs", 40 },
					     { "pt_regs", "syscallno", 0 } };
static const struct place compat = { "thread_info", "flags", 0 };
#define COMPAT_SZ   8
#define COMPAT_MASK (1ull << 22) /* TIF_32BIT */
#else
static const struct place regs[REGS_CNT], compat;
#define COMPAT_SZ   0
#define COMPAT_MASK 0
#endif
static const struct place thread_info = { "task_struct", "thread_info", 0 };

enum { WHO_LEADER, WHO_START, WHO_EXEC, WHO_PARENT, WHO_TGID, WHO_COMM, WHO_CNT };
static const struct place who[WHO_CNT] = { { "task_struct", "group_leader", 0 },
					   { "task_struct", "start_boottime", 0 },
					   { "task_struct", "self_exec_id", 0 },
					   { "task_struct", "real_parent", 0 },
					   { "task_struct", "tgid", 0 },
					   { "task_struct", "comm", 0 } };

struct facts_scan {
	struct machine_facts *f;
	const struct btf_scan *btf;
	int regs[REGS_CNT], compat, thread_info, who[WHO_CNT]; /* -1: not seen yet */
};

static void look_for(const struct facts_scan *s, const struct btf_type *t, const char *name,
		     const struct place *p, int *ret)
{
	int off;

	if (!p->record || strcmp(name, p->record))
		return;
	off = btf_scan_member(s->btf, t, p->member);
	if (off >= 0)
		*ret = off + (int)p->add;
}

static void take_struct(struct facts_scan *s, const struct btf_type *t, const char *name)
{
	for (int i = 0; i < REGS_CNT; i++)
		look_for(s, t, name, &regs[i], &s->regs[i]);
	for (int i = 0; i < WHO_CNT; i++)
		look_for(s, t, name, &who[i], &s->who[i]);
	look_for(s, t, name, &compat, &s->compat);
	look_for(s, t, name, &thread_info, &s->thread_info);
}

static int take_type(struct facts_scan *s, const struct btf_type *t, u32 id)
{
	const char *name = btf_scan_str(s->btf, t->name_off);
	u32 kind = BTF_INFO_KIND(t->info);

	if (kind == BTF_KIND_STRUCT)
		take_struct(s, t, name);
	else if (kind == BTF_KIND_TYPEDEF && !strncmp(name, RAW_PREFIX, strlen(RAW_PREFIX)))
		return strmap_put(&s->f->raw_events, str_of(name + strlen(RAW_PREFIX)),
				  (void *)(uintptr_t)id, NULL);
	return 0;
}

static void take_syscalls(const struct facts_scan *s)
{
	struct machine_facts *f = s->f;

	for (int i = 0; i < REGS_CNT; i++) {
		if (s->regs[i] < 0)
			return;
	}
	if (s->compat < 0 || s->thread_info < 0)
		return;
	for (int i = 0; i < 6; i++)
		f->regs_arg_off[i] = s->regs[i];
	f->regs_nr_off = s->regs[REGS_NR];
	f->compat_off = s->thread_info + s->compat;
	f->compat_sz = COMPAT_SZ;
	f->compat_mask = COMPAT_MASK;
	f->has_syscalls = true;
}

static void take_who(const struct facts_scan *s)
{
	for (int i = 0; i < WHO_CNT; i++) {
		if (s->who[i] < 0)
			return;
	}
	s->f->leader_off = s->who[WHO_LEADER];
	s->f->start_off = s->who[WHO_START];
	s->f->exec_off = s->who[WHO_EXEC];
	s->f->parent_off = s->who[WHO_PARENT];
	s->f->tgid_off = s->who[WHO_TGID];
	s->f->comm_off = s->who[WHO_COMM];
}

int machine_facts_read(struct machine_facts *f, struct err *err)
{
	struct btf_scan btf;
	struct facts_scan s = { .f = f, .btf = &btf, .compat = -1, .thread_info = -1 };
	struct btf_scan_pos pos = { 0 };
	const struct btf_type *t;
	int rc = 0;

	memset(s.regs, -1, sizeof(s.regs));
	memset(s.who, -1, sizeof(s.who));
	*f = (struct machine_facts){ .cpu_cnt = features_cpu_cnt() };
	strmap_init(&f->raw_events, EVENTS_MAX);
	if (btf_scan_open(&btf, "/sys/kernel/btf/vmlinux", NULL))
		return 0;
	f->has_btf = true;
	while (!rc && (t = btf_scan_next(&btf, &pos)))
		rc = take_type(&s, t, pos.id);
	btf_scan_close(&btf);
	if (rc) {
		machine_facts_fini(f);
		return err_set_errno(err, rc, "listing the kernel's raw tracepoints");
	}
	take_syscalls(&s);
	take_who(&s);
	return 0;
}

void machine_facts_fini(struct machine_facts *f)
{
	strmap_fini(&f->raw_events);
}

u32 machine_facts_raw_event(const struct machine_facts *f, const char *event)
{
	return (uintptr_t)strmap_find(&f->raw_events, str_of(event));
}
