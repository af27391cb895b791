/*
 * format/schema.h -- the contents of a tape's table blocks as C structures.
 *
 * The same structures are given to the writer (borrowed for the call) and handed out by the
 * reader (owned by it until it is closed).  Texts are slices; s == NULL means absent and
 * survives the tape.  This folder stores names of leaves, types and conditions and never looks
 * into them.
 */
#pragma once

#include "format/fields.h"
#include "format/tape.h"

/* ---- META: key -> text or number; a later value of a key replaces the former ---- */

enum tape_meta_kind { TAPE_META_TEXT = 0, TAPE_META_NUM = 1 };

struct tape_meta_item {
	struct str key;
	u8 kind;
	u64 num;
	struct str text;
};

/* Keys known to this document; others are kept and shown as they are. */
#define TAPE_KEY_TOOL	     "tool"		/* name and version of the recorder */
#define TAPE_KEY_COMMAND     "command"		/* the command line, words joined by blanks */
#define TAPE_KEY_SCRIPT_NAME "script_name"
#define TAPE_KEY_SCRIPT	     "script"		/* its text as it was compiled */
#define TAPE_KEY_HOSTNAME    "hostname"
#define TAPE_KEY_KERNEL	     "kernel"		/* uname -r */
#define TAPE_KEY_ARCH	     "arch"
#define TAPE_KEY_BOOT_ID     "boot_id"
#define TAPE_KEY_TS_CLOCK    "ts_clock"		/* "boottime" */
#define TAPE_KEY_NCPUS	     "ncpus"
#define TAPE_KEY_START	     "start_ts"		/* boottime ns */
#define TAPE_KEY_END	     "end_ts"
#define TAPE_KEY_START_REAL  "start_real"	/* realtime ns */
#define TAPE_KEY_COMPAT	     "compat"
#define TAPE_KEY_FILTER_PID  "filter_pid"
#define TAPE_KEY_UID	     "uid"
#define TAPE_KEY_CPID	     "cpid"
#define TAPE_KEY_EXIT_CODE   "exit_code"
#define TAPE_KEY_TS_QUANTUM  "ts_quantum_ns" /* times of rows are multiples of it; absent: 1 */

/* ---- SCHEMA ---- */

struct tape_probe {
	u32 id;			/* value in the probe column */
	struct str name;	/* canonical: "tracepoint:syscalls:sys_enter_read" */
};

#define TAPE_COL_LIST 1

struct tape_column {
	u16 id;		/* dense within the table, from 0, in this order */
	u8 phys;	/* enum tape_phys: of the value, or of a list's elements */
	u8 role;	/* enum tape_role */
	u8 flags;	/* TAPE_COL_* */
	u32 ref;	/* ERRNO: id of the column it belongs to; else TAPE_NONE */
	u32 dict;		/* BYTES: dictionary (shared by columns of like content), from 1;
				 * 0: none */
	struct str name;
	struct str unit;	/* "ns" "bytes"; may be absent */
	struct str fmt;		/* "%d" "0x%x"; may be absent */
};

struct tape_schema {
	u32 id;			/* of the table */
	u32 clause;		/* index in the script */
	struct str name;	/* "sys_exit_read_2" */
	struct tape_probe *probes;
	u32 probe_cnt;
	struct tape_column *cols;
	u32 col_cnt;
};

/* ---- PLAN ---- */

#define TAPE_PLAN_LIST	    1
#define TAPE_PLAN_CAN_FAULT 2

struct tape_plan_col {
	u32 col;		/* id in the schema; TAPE_NONE: not on the tape */
	u16 idx;		/* order of capture */
	u8 role;		/* number of the language's own; stored as given */
	u8 flags;		/* TAPE_PLAN_* */
	u32 span_off, span_len;	/* in the script's text */
	u32 node;
	struct str name, leaf, type;
	struct str cond;	/* absent: captured in every row */
};

struct tape_plan_bit {
	u16 idx;
	u32 span_off, span_len;
	u32 node;
	struct str text;
};

#define TAPE_PLAN_EMITS	    1
#define TAPE_PLAN_IN_KERNEL 2

struct tape_plan_table {
	u32 table;		/* id of the schema; TAPE_NONE: the clause has no rows */
	u32 clause;
	u32 span_off, span_len;	/* of the clause */
	u32 flags;		/* TAPE_PLAN_EMITS, TAPE_PLAN_IN_KERNEL */
	struct str name;
	struct str text;	/* of the clause */
	struct str filter;	/* predicate that the kernel applied; absent: none */
	struct tape_plan_col *cols;
	u32 col_cnt;
	struct tape_plan_bit *bits;
	u32 bit_cnt;
	struct str args;	/* TYPES record of the probes' arguments; absent: none */
};

enum tape_map_class { TAPE_MAP_T = 0, TAPE_MAP_K = 1 };

struct tape_plan_map {
	u32 idx;
	u8 cls;					/* enum tape_map_class */
	u8 is_percpu;
	u32 max_keys;
	struct str name, key_type, val_type;	/* key_type absent: scalar */
	struct str why;
};

struct tape_plan {
	struct tape_plan_table *tables;
	u32 table_cnt;
	struct tape_plan_map *maps;
	u32 map_cnt;
};

/* ---- TYPES ---- */

struct tape_type_field {
	struct str name, type;
	u32 off;
	u16 bit_off, bit_sz;
	u8 is_data_loc;
};

struct tape_type_record {
	struct str name;	/* "struct file", or whatever a plan or an expansion calls its
				 * arguments */
	u32 size;
	struct tape_type_field *fields;
	u32 field_cnt;
};

struct tape_type_const {
	struct str name, type;
	u64 val;
};

struct tape_expansion_probe {
	u32 id;
	struct str name;
	struct str args;	/* name of a record; absent: none */
};

struct tape_expansion {
	struct str pattern;	/* as written */
	struct tape_expansion_probe *probes;
	u32 probe_cnt;
};

/*
 * Anything else that is a text by a name: ("tz", "name"), ("uid", "1000"), ("param", "1"),
 * ("config", "max_strlen").
 */
struct tape_fact {
	struct str space, key, val;
};

struct tape_types {
	struct tape_type_record *records;
	u32 record_cnt;
	struct tape_type_const *consts;
	u32 const_cnt;
	struct tape_expansion *expansions;
	u32 expansion_cnt;
	struct tape_fact *facts;
	u32 fact_cnt;
};

/* ---- rows of the other table blocks ---- */

struct tape_task {
	u32 tid, pid;		/* kernel's names: pid, tgid */
	u32 ppid, uid, gid;
	u64 start_ts;		/* boottime ns; (tid, start_ts) names a task for ever */
	u64 from_ts, to_ts;	/* this row holds in [from, to); to 0: still */
	struct str comm;
	u64 cgroup;
};

/* ---- FILE, MMAP, FRAME, STACK, SYM: what the numbers of stacks in rows mean ---- */

enum tape_file_kind {
	TAPE_FILE_KERNEL = 0,	/* path "kernel" */
	TAPE_FILE_MODULE = 1,	/* path: its name */
	TAPE_FILE_BPF = 2,	/* path: the program's name */
	TAPE_FILE_ELF = 3,
	TAPE_FILE_VDSO = 4,
	TAPE_FILE_ANON = 5,	/* memory without a file */
	TAPE_FILE_OTHER = 6,
	TAPE_FILE_KIND_CNT
};

struct tape_file {
	u32 id;			/* dense, from 1 */
	u8 kind;		/* enum tape_file_kind */
	struct str path;
	struct str build_id;	/* bytes; absent: unknown */
	u64 dev, inode, size, mtime_ns;
};

enum tape_mmap_kind {
	TAPE_MMAP_MAP = 0,
	TAPE_MMAP_EXEC = 1,	/* all mappings of pid are gone */
	TAPE_MMAP_EXIT = 2,
	TAPE_MMAP_FORK = 3,	/* pid got those of parent */
	TAPE_MMAP_KIND_CNT
};

struct tape_mmap {
	u64 ts;
	u32 pid;
	u8 kind;	/* enum tape_mmap_kind */
	u32 parent;	/* FORK; else 0 */
	u32 file;	/* MAP; else TAPE_NONE */
	u64 start, len, off;
	u8 prot;	/* PROT_* */
};

struct tape_frame {
	u32 id;		/* dense, from 1 */
	u32 file;	/* TAPE_NONE: of nothing, off is the raw address */
	u64 off;	/* KERNEL: from _text; MODULE: from its base; BPF: from its start; ELF:
			 * in the file */
	u64 addr;	/* absolute, where the script asked for it; else 0 */
};

struct tape_node {	/* of the tree of all stacks: outermost frames are children of the root */
	u32 parent;	/* 0: the root; else an id below its own */
	u32 frame;
};

#define TAPE_STACK_TRUNCATED 1	/* cut at the depth asked for */
#define TAPE_STACK_LOST	     2	/* the definition never came */

enum tape_stack_space { TAPE_STACK_KERNEL = 0, TAPE_STACK_USER = 1 };

struct tape_stack_id {
	u32 id;		/* the number in rows, from 1; in any order */
	u32 node;	/* innermost frame; 0: empty */
	u8 space;	/* enum tape_stack_space */
	u8 flags;	/* TAPE_STACK_* */
};

/* Nodes have the ids first_node, first_node + 1 ...: dense from 1 over the tape. */
struct tape_stacks {
	u32 first_node;
	struct tape_node *nodes;
	u32 node_cnt;
	struct tape_stack_id *stacks;
	u32 stack_cnt;
};

struct tape_sym {	/* covers [off, off + size), counted as in frames */
	u32 file;
	u64 off, size;	/* size 0: from off to the next one */
	struct str name;
};

struct tape_clock {	/* one reading of all clocks */
	u64 boot, mono, raw, real, tai;
	u64 width_ns;	/* taken within this long */
};

struct tape_loss {
	u32 cause;		/* enum tape_loss_cause */
	u32 table;		/* TAPE_NONE: of no table */
	u32 cpu;		/* TAPE_NONE: unknown */
	u64 count;
	u64 first_ts, last_ts;
	struct str note;	/* a map's name and the like; may be absent */
	/*
	 * CORRUPT, NONE: what of the tape is damaged, in bytes from its start; len 0: blocks are
	 * missing in front of off; off 0 too: not given.
	 */
	u64 off, len;
};

enum tape_snap_reason {
	TAPE_SNAP_PRINT = 0,
	TAPE_SNAP_CLEAR = 1,
	TAPE_SNAP_ZERO = 2,
	TAPE_SNAP_END = 3,
	TAPE_SNAP_READ = 4
};

struct tape_snap_entry {
	struct str key, val;	/* packed bytes */
};

struct tape_mapsnap {
	u64 ts;
	u32 table, cpu;		/* the firing that asked; TAPE_NONE: none (end) */
	u64 seq;
	u32 clause, action;	/* where in the script; TAPE_NONE: nowhere */
	u8 reason;		/* enum tape_snap_reason */
	u8 is_partial;		/* more entries than were read */
	struct str map;
	struct tape_snap_entry *entries;
	u32 entry_cnt;
};

enum tape_log_level {
	TAPE_LOG_INFO = 0,
	TAPE_LOG_WARN = 1,
	TAPE_LOG_ERROR = 2,
	TAPE_LOG_OUTPUT = 3
};

struct tape_log {
	u64 ts;
	u8 level;	/* OUTPUT: what a side effect printed; ERROR: why it came to nothing */
	struct str text;
	/* OUTPUT, ERROR: the firing that had it done; TAPE_NONE: none */
	u32 table, cpu;
	u64 seq;
	u32 action;	/* likewise: where in the script; TAPE_NONE: nowhere */
};

struct tape_checkpoint {
	u64 watermark;	/* every row with ts <= this is in an earlier block, or is counted LATE */
	u64 prev_off;	/* the checkpoint before; 0: none */
	u64 index_off;	/* the last INDEX before; 0: none */
	u64 rows, lost;	/* so far */
};

/*
 * How each is stored; a block's payload is u32 count and the records (PLAN, TYPES, STACK: one
 * record).
 */
extern const struct fields_desc tape_meta_desc, tape_schema_desc, tape_plan_desc, tape_types_desc,
	tape_task_desc, tape_file_desc, tape_mmap_desc, tape_frame_desc, tape_stacks_desc,
	tape_sym_desc, tape_clock_desc, tape_loss_desc, tape_mapsnap_desc, tape_log_desc,
	tape_checkpoint_desc;

/*
 * Does a table make sense: ids dense, one TS column, known kinds, dictionaries only for bytes,
 * counts within limits? -EINVAL and the reason.  The writer refuses others, the reader treats
 * them as damage.
 */
int tape_schema_check(const struct tape_schema *s, struct err *err);
/* The same but for the counts. */
int tape_schema_check_shape(const struct tape_schema *s, struct err *err);
/* Column of a role, or NULL. */
const struct tape_column *tape_schema_role(const struct tape_schema *s, enum tape_role role);
const char *tape_loss_cause_name(u32 cause);	/* "ring full"; "cause 99" is "unknown" */
