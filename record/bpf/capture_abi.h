/*
 * record/bpf/capture_abi.h -- what capture programs and the recorder say to each other.
 *
 * A row record, one firing, in the ring of its CPU (the ring's index is the row's cpu):
 *
 *	struct cap_row				always
 *	u64 path				iff the table has bits
 *	u64 set[n]				what was captured: bit = column index - 4
 *	u64 slots				of every column after tid, in column order
 *	items					strings too long to lie in a slot; elements of lists
 *
 * record/row_layout.h computes the word offsets from a table of the plan; both sides use it.
 *
 * A slot by the column's kind (enum cap_slot):
 *   CAP_WORD    the value
 *   CAP_INLINE  a word with the length, then up to 2 words of bytes, zero-filled (type size <= 16:
 *               comm)
 *   CAP_BYTES   offset of the bytes from the start of the record << 32 | length
 *   CAP_LIST    how often it was captured; the first CAP_LIST_MAX lie among the items (fewer if
 *               CAP_ROW_CUT)
 * A TUPLE lies in its fixed form (lang/packed.h).
 * The bit in set[] is clear: not captured; the first word is then 0 (the path did not reach it)
 * or a negative errno.  A list has no bit: its count says it.
 *
 * An item: struct cap_item, its bytes, zeros up to a multiple of 8.  Items lie one behind the
 * other from the end of the slots to the end of the record, in order of capture.  A word element
 * has 8 bytes, a faulted one cap_item.err and none.
 */
#pragma once

#include <linux/types.h>

enum cap_slot { CAP_WORD, CAP_INLINE, CAP_BYTES, CAP_LIST };

#define CAP_INLINE_MAX 16
#define CAP_LIST_MAX   64
#define CAP_TABLE_MAX  4096	/* tables of a session */
#define CAP_ROW_MAX    32000	/* bytes of a record: per-CPU values stop at 32768 */

/* In cap_row.table, above the table's index. */
#define CAP_TABLE_MASK 0x00ffffffu
#define CAP_ROW_CUT    0x01000000u /* a list went on, or an item found no room */

struct cap_row {
	__u32 table;		/* plan_table.idx | CAP_ROW_* */
	__u32 size;		/* of the whole record, a multiple of 8 */
	__u64 seq;		/* rows of this table and CPU decided before: a jump is a loss */
	__u64 ts;		/* boot time, read before the slice */
	__u32 pid, tid;		/* process (tgid) and thread */
};

struct cap_item {
	__u16 col;		/* plan_col.idx */
	__s16 err;		/* negative errno: the read faulted, len 0 */
	__u32 len;
};

/* Per table and CPU, map IMG_COUNTERS (PERCPU_ARRAY by table index). */
enum cap_cause {
	CAP_LOST_RING,		/* no room in the ring */
	CAP_LOST_SCRATCH,	/* nested deeper than there is scratch; nothing ran */
	CAP_LOST_MAP_FULL,	/* a K map was full: the write was dropped, the row not */
	CAP_LOST_CTL,		/* an action was dropped: no room in its ring, or refused */
	CAP_LOST_STACK,		/* a stack could not be taken: the row says that there is none */
	CAP_CAUSE_CNT
};

struct cap_counters {
	__u64 seq;		/* rows decided, sent or not */
	__u64 lost[CAP_CAUSE_CNT];
	/* of table 0: time of the system call that is being handled, and whose it is */
	__u64 fire_ts, fire_task;
};

/* The control ring, map IMG_CTL. */
enum cap_ctl_kind {
	CAP_CTL_EXIT, CAP_CTL_PRINT, CAP_CTL_CLEAR, CAP_CTL_ZERO, CAP_CTL_SYSTEM, CAP_CTL_CAT
};

/* Bytes behind a record of SYSTEM and CAT: the arguments in their fixed form (lang/packed.h). */
#define CAP_CTL_ARGS_MAX 8192

struct cap_ctl {
	__u32 kind;		/* enum cap_ctl_kind */
	__u32 table;		/* of the firing */
	__u64 ts;		/* of the firing */
	__u64 seq;		/* of the row that this firing sends, if it sends one */
	__u32 cpu;
	__u32 pid, tid;
	__u32 action;		/* struct action.idx */
	__u32 map;		/* map_info.idx; EXIT: ~0 */
	__u32 pad;
	__s64 code;		/* EXIT: its argument */
};

/* Map IMG_STATE: one value, mapped by the recorder; everything is 0 at first. */
#define CAP_OWN_MAX 8
struct cap_state {
	__u64 start_ns;		/* boot time that `elapsed` counts from */
	__u64 exited;		/* 1: an exit() ran; programs do nothing any more */
	__u64 exit_ts;		/* earliest firing that called exit() */
	__s64 exit_code;	/* its code */
	__u32 armed;		/* 0: only BEGIN runs */
	__u32 only_pid;		/* not 0: process (tgid) that probes of tasks are limited to */
	__u32 own[CAP_OWN_MAX];	/* processes whose firings are ignored; 0: unused */
	__u32 cpid;		/* value of the builtin */
	__u32 pad;
};

/*
 * Map IMG_SCRATCH: PERCPU_ARRAY of CAP_SCRATCH_CNT values, one for each program that may be
 * under way on a CPU at once: temporaries first, then the row that is being made.
 */
#define CAP_SCRATCH_CNT 4
#define CAP_SCRATCH_SZ	32768

struct cap_scratch {
	__u64 busy;
	__u32 pos;		/* end of the row so far, from the start of the value */
	__u32 flags;		/* CAP_ROW_* */
};

/* A value of an aggregation that the slice reads; the map is per CPU. */
struct cap_agg {
	__s64 val;		/* count, sum, least, greatest; avg: sum */
	__u64 cnt;		/* of values seen */
};

/*
 * A stack's definition, among the rows of a ring: what the hash in rows and map keys stands for.
 * It is sent before the first of them, and again whenever the kernel has forgotten that it was.
 * The hash is made of all that decides what the frames mean: their addresses, the kind, and for
 * user space the process.  It has 63 bits and is never 0, which is the stack without frames.
 */
#define CAP_TABLE_STACK CAP_TABLE_MASK
#define CAP_STACK_MAX	1032	/* frames: the deepest stack and what lies on it of ourselves */

enum {
	CAP_STACK_USER = 1,
	CAP_STACK_ADDR = 2,	/* the addresses themselves were asked for */
	CAP_STACK_CUT = 4,	/* leading frames of the tracing machinery are not part of it */
	CAP_STACK_SYM = 8,	/* one address, not a stack */
};

struct cap_stack {
	__u32 table;		/* CAP_TABLE_STACK */
	__u32 size;		/* of the whole record */
	__u64 hash;
	__u64 ts;		/* of the firing that sent it */
	__u32 pid, tid;
	__u16 cnt;		/* frames that follow, leaf first */
	__u16 depth;		/* frames asked for */
	__u16 room;		/* frames there was room for: cnt == room may be cut short */
	__u16 flags;		/* CAP_STACK_* */
	/* __u64 ips[cnt] */
};

/*
 * Maps of programs that take stacks: IMG_KNOWN (LRU_HASH by hash) has the definitions that were
 * sent, IMG_STACKS (PERCPU_ARRAY of CAP_SCRATCH_CNT, taken like scratch) is where they are made.
 */
struct cap_stack_buf {
	__u64 busy;
	struct cap_stack def;
	__u64 ips[CAP_STACK_MAX];	/* those of def */
};

/*
 * Offsets that a path is found by, u32 each, at a place of the map of numbers (record/path_facts.c
 * has their names).
 */
enum cap_path_off {
	CAP_PATH_TASK_FILES, CAP_PATH_TASK_FS, CAP_PATH_FS_ROOT, CAP_PATH_FILES_FDT,
	CAP_PATH_FDT_MAX, CAP_PATH_FDT_FD, CAP_PATH_FILE_PATH, CAP_PATH_PATH_MNT,
	CAP_PATH_PATH_DENTRY, CAP_PATH_MOUNT_MNT, CAP_PATH_MOUNT_PARENT, CAP_PATH_MOUNT_POINT,
	CAP_PATH_MNT_ROOT, CAP_PATH_DENTRY_PARENT, CAP_PATH_DENTRY_NAME, CAP_PATH_DENTRY_HASH,
	CAP_PATH_DENTRY_OP, CAP_PATH_DENTRY_SB, CAP_PATH_DENTRY_INODE, CAP_PATH_QSTR_NAME,
	CAP_PATH_HASH_PPREV, CAP_PATH_OP_DNAME, CAP_PATH_SB_MAGIC, CAP_PATH_INODE_INO,
	CAP_PATH_INODE_PRIVATE, CAP_PATH_NS_OPS, CAP_PATH_OPS_NAME,
	CAP_PATH_OFF_CNT
};

/* A longer one has no text, for readlink(2) of /proc/PID/fd/N either: one page. */
#define CAP_PATH_MAX   4095
#define CAP_PATH_STEPS 256 /* names and mounts on the way to the root */

/* Where a path is made, from its end to its beginning. */
struct cap_path_walk {
	__u64 dentry, mount, mount_root;	/* mount: struct mount */
	__u64 root_dentry, root_mnt;		/* root_mnt: struct vfsmount */
	__u64 pos, end; /* in text: the first byte so far; behind the path */
	__u64 word, more;
	__s64 rc;
	char text[CAP_PATH_MAX + 257];
};

/* System call numbers; greater ones are attached as perf tracepoints. */
#define CAP_NR_MAX 512
/*
 * Tail calls that the kernel allows in one run, less one.  More clauses of one system call are
 * several chains, each with a dispatcher.
 */
#define CAP_CHAIN_MAX 32
