/*
 * record/bpf/tasks_abi.h -- what the task programs say about threads; shared by the kernel's side
 * and ours.
 */
#pragma once

#define TASK_COMM_SZ 16

enum task_event { TASK_ALIVE, TASK_NEW, TASK_EXEC, TASK_RENAME, TASK_EXIT, TASK_EVENT_CNT };

/* 80 bytes, no holes; the same layout from the ring and from the iterator. */
struct task_rec {
	__u64 ts; /* boot time; ALIVE: of the scan */
	__u64 start_ns; /* boot time at which the thread began: with tid the identity */
	__u64 cgroup_id;
	__u32 event; /* enum task_event */
	__u32 tid, pid; /* thread, process (tgid) */
	__u32 ppid; /* process of the parent */
	__u32 uid, gid;
	__u32 exit_code; /* EXIT: as wait() gives it */
	__u32 pad;
	char comm[TASK_COMM_SZ]; /* RENAME, EXEC: the new one */
};

/* Index of the counters array. */
enum { TASK_CNT_LOST, TASK_CNT_CNT };
