/*
 * record/bpf/tasks.kern.c -- who is who: threads that exist, begin, exec, are renamed, end.
 *
 * Raw tracepoints with BTF types (cheap to detach) and an iterator for those that are there
 * already.  Only the members named here are read; their offsets are the running kernel's (relocated
 * by libbpf).  A record that finds no room is counted per CPU.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "record/bpf/tasks_abi.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	unsigned int val;
} kuid_t;
typedef struct {
	unsigned int val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	int pid, tgid;
	int exit_code;
	__u64 start_boottime;
	struct task_struct *real_parent;
	const struct cred *cred;
	struct css_set *cgroups;
	char comm[TASK_COMM_SZ];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

char tasks_license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} task_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TASK_CNT_CNT);
	__type(key, __u32);
	__type(value, __u64);
} task_counters SEC(".maps");

static __always_inline void fill(struct task_rec *r, struct task_struct *t, __u32 event)
{
	r->ts = bpf_ktime_get_boot_ns();
	r->start_ns = BPF_CORE_READ(t, start_boottime);
	r->cgroup_id = BPF_CORE_READ(t, cgroups, dfl_cgrp, kn, id);
	r->event = event;
	r->tid = BPF_CORE_READ(t, pid);
	r->pid = BPF_CORE_READ(t, tgid);
	r->ppid = BPF_CORE_READ(t, real_parent, tgid);
	r->uid = BPF_CORE_READ(t, cred, uid.val);
	r->gid = BPF_CORE_READ(t, cred, gid.val);
	r->exit_code = event == TASK_EXIT ? BPF_CORE_READ(t, exit_code) : 0;
	r->pad = 0;
	BPF_CORE_READ_INTO(&r->comm, t, comm);
}

static __always_inline struct task_rec *reserve(void)
{
	struct task_rec *r = bpf_ringbuf_reserve(&task_ring, sizeof(*r), 0);
	__u32 key = TASK_CNT_LOST;
	__u64 *lost;

	if (!r) {
		lost = bpf_map_lookup_elem(&task_counters, &key);
		if (lost)
			__sync_fetch_and_add(lost, 1);
	}
	return r;
}

static __always_inline int report(struct task_struct *t, __u32 event, const char *comm)
{
	struct task_rec *r = reserve();

	if (!r)
		return 0;
	fill(r, t, event);
	if (comm)
		bpf_probe_read_kernel_str(r->comm, sizeof(r->comm), comm);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	return report(child, TASK_NEW, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *t)
{
	return report(t, TASK_EXEC, 0);
}

SEC("tp_btf/task_rename")
int BPF_PROG(on_rename, struct task_struct *t, const char *comm)
{
	return report(t, TASK_RENAME, comm);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	return report(t, TASK_EXIT, 0);
}

SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct task_rec r;

	if (!t)
		return 0;
	fill(&r, t, TASK_ALIVE);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}
