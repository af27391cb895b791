/*
 * record/bpf/capture_rt.h -- functions of capture_rt.bpf.c and the numbers that the code which
 * calls them (record/target_bpf.c) must know.  All are inlined; `table` is a constant of the
 * caller.
 */
#pragma once

#include "record/bpf/capture_abi.h"

/* Index of each map in the image; maps of the script follow. */
enum {
	CAP_MAP_STATE,
	CAP_MAP_COUNTERS,
	CAP_MAP_RINGS,
	CAP_MAP_CTL,
	CAP_MAP_SCRATCH,
	CAP_MAP_ENTER,
	CAP_MAP_EXIT,
	CAP_MAP_NUMBERS,
	CAP_MAP_SCRIPT,
};

enum {
	CAP_ENTER_UNARMED = 1,	/* BEGIN */
	CAP_ENTER_TASK = 2,	/* -p limits it */
	CAP_ENTER_NO_SELF = 4,	/* our own processes are ignored */
	CAP_ENTER_LATE_TS = 8,	/* the time is read by cap_now() */
	CAP_ENTER_CHAINED = 16,	/* the time is that of the firing's clause before, if it read one */
};

/* As enum addr_space. */
enum { CAP_AS_ANY, CAP_AS_KERNEL, CAP_AS_USER };

/* AVG is a sum whose count is used. */
enum { CAP_AGG_COUNT, CAP_AGG_SUM, CAP_AGG_MIN, CAP_AGG_MAX, CAP_AGG_UMIN, CAP_AGG_UMAX };

/* Kind of a 64-bit load: the probe's id, in programs that are copied for each probe. */
#define CAP_PSEUDO_PROBE 15

struct cap_fire {
	__u64 ts, pid_tgid;
};

int cap_enter(struct cap_fire *f, __u32 flags);
__u64 cap_now(struct cap_fire *f);
int cap_is_compat(__u32 off, __u32 sz, __u64 mask);
int cap_nr_in(__u64 nr, __u32 off);
__u64 cap_nr_probe(__u64 nr, __u32 off);
/* On to the next clause of the firing. */
void cap_next(struct cap_fire *f, void *ctx, __u32 map, __u64 nr, __u32 row);
/* @head: row of the first clauses; 0: it is the first chain of the firing. */
void cap_dispatch(void *ctx, __u32 map, __u64 nr, __u32 set_off, __u64 where, __u64 mask,
		  __u32 head);
/* Fields of tracepoints made of their calls' arguments (record/tp_equiv.c). */
__u64 cap_tp_state(__u64 preempt, __u64 state, __u64 exit_state);
__u64 cap_tp_devt(__u64 major, __u64 minor);
__u64 cap_tp_sector(__u64 cmd_flags, __u64 sector);
__u64 cap_tp_nr_sector(__u64 cmd_flags, __u64 bytes);
__u64 cap_tp_sectors(__u64 bytes);
__u64 cap_tp_sigcode(__u64 info, __u64 code);
/* The same number, which the verifier does not take for a pointer. */
__u64 cap_plain(__u64 v);
__u64 cap_cookie(void *ctx);
__u64 cap_probe_mark(void);
void cap_exit(struct cap_fire *f, __u32 table, __s64 code);
void cap_control(struct cap_fire *f, __u32 kind, __u32 table, __u32 action, __u32 map,
		 __s64 code);

void cap_control_args(struct cap_fire *f, __u32 kind, __u32 table, __u32 action, const void *args,
		      __u32 sz);
void cap_signal(__u32 sig, __u32 table, __u32 only_thread);
void cap_debug(const char *fmt, __u32 sz, __u64 a, __u64 b, __u64 c, __u32 table);

struct cap_scratch *cap_scratch_take(__u32 table);
void cap_scratch_drop(struct cap_scratch *s);

/* Rows of fixed size: numbered, reserved, filled, submitted; or lost. */
__u64 cap_row_decide(__u32 table);
void *cap_row_reserve(__u32 size);
void cap_row_fill(void *to, struct cap_fire *f, __u32 table, __u32 size, __u64 seq);
void cap_row_submit(void *r);
void cap_row_lost(__u32 table);
/* Others: built in scratch from byte @row on. */
void cap_row_send(struct cap_fire *f, struct cap_scratch *s, __u32 row, __u32 table);
__u64 cap_put_bytes(struct cap_scratch *s, __u32 row, __u32 col, const void *p, __u64 len,
		    __u32 cap);
void cap_put_word(struct cap_scratch *s, __u32 col, __u64 v, __s64 err);
void cap_put_fault(struct cap_scratch *s, __u32 col, __s64 err);

__s64 cap_read(void *to, __u32 size, __u64 addr, __u32 aspace);
__s64 cap_read_str(void *to, __u32 cap, __u64 addr, __u64 max, __u32 aspace);
/* @n bytes, at most @cap; how many, or -errno. */
__s64 cap_read_bytes(void *to, __u32 cap, __u64 addr, __u64 n, __u32 aspace);
__u64 cap_copy(void *to, __u64 len, __u32 cap, const void *p);

/*
 * The path of the file behind descriptor @what (is_fd), or of the struct path at that address, as
 * the running task sees it: its length, or -errno.  @to has @cap + 8 bytes; @offs: place of the
 * offsets among the numbers.
 */
__s64 cap_path(void *to, __u32 cap, struct cap_path_walk *w, __u64 what, __u32 is_fd, __u32 offs);
/* ---- capture_str.bpf.h ---- */
#define CAP_ENOENT     2
#define CAP_NEEDLE_MAX 64	/* bytes that can be searched for */
#define CAP_FIND_WORK  2048	/* bytes of work space */

void cap_append(void *to, __u64 off, __u32 off_max, const void *p, __u64 len, __u32 cap);
__s64 cap_find(const __u8 *hay, __u64 n, __u32 hay_cap, const __u8 *needle, __u64 m,
	       __u32 needle_cap, __u64 *work);
__s64 cap_diff(const __u8 *a, __u64 a_len, __u32 a_cap, const __u8 *b, __u64 b_len, __u32 b_cap,
	       __u64 n);

__u64 cap_comm(__u64 *to);	/* 16 bytes, zero-filled; the length */
__u64 cap_uid_gid(void);
__u64 cap_cpu(void);
__u64 cap_rand(void);
__u64 cap_cpid(void);
__u64 cap_parent(__u32 off);		/* the struct task_struct that the task has at @off */
__u64 cap_task_u32(__u64 task, __u32 off);
__u64 cap_cgroup(void);
__u64 cap_numaid(void);
__u64 cap_jiffies(void);
__u64 cap_curtask(void);
__u64 cap_start(void);

/*
 * The hash of the stack; its definition is sent if it is new.  @maps: index of IMG_KNOWN,
 * IMG_STACKS is the next one; @flags: CAP_STACK_*; @depth_room: frames asked for << 32 | to take.
 * @who: offsets of group_leader << 32 | start time in task_struct, @exec_off: of the number of
 * execs; 0: not known.
 */
__u64 cap_stack(struct cap_fire *f, void *ctx, __u32 table, __u32 maps, __u32 flags,
		__u64 depth_room, __u64 who, __u32 exec_off);
/* The same of one address. */
__u64 cap_sym(struct cap_fire *f, __u32 table, __u32 maps, __u32 flags, __u64 addr, __u64 who,
	      __u32 exec_off);

__s64 cap_map_get(__u32 map, const void *key);
void *cap_map_find(__u32 map, const void *key);
void cap_map_put(__u32 map, const void *key, const void *val, __u32 table);
void cap_map_set(__u32 map, const void *key, __s64 v, __u32 table);
__u64 cap_map_delete(__u32 map, const void *key);
__s64 cap_map_add(__u32 map, const void *key, __s64 delta, __u32 table);
void cap_agg(__u32 map, const void *key, __s64 v, __u32 kind, __u32 table);
__s64 cap_agg_read(__u32 map, const void *key, __u32 kind, __u32 cpu_cnt, __u64 *ret_cnt);
